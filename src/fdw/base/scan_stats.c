/*
 * scan_stats.c
 *	  The table of pds.stat_scans: hashed by chains of numbers, since processes map it at
 *	  different addresses.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "common/hashfn.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "storage/shmem.h"
#include "utils/guc.h"
#include "utils/timestamp.h"

#include "core/base/error.h"
#include "fdw/base/scan_stats.h"
#include "fdw/base/shared_state.h"

/* what others used before counts less each time that a row has to go */
#define USAGE_DECAY	0.99

#define ROWS		1000		/* unless pds.stat_scans_max says otherwise */
#define MOST_ROWS	10000		/* all are looked at when one has to go */

typedef struct PdsStatTable
{
	LWLock		lock;
	int			max;
	int			used;
	int			nchains;
	int			chains[FLEXIBLE_ARRAY_MEMBER];	/* first entry; -1: none */
} PdsStatTable;

static int	stat_scans_max = ROWS;

static int
most_rows(PdsSharing sharing)
{
	return sharing == PDS_MAIN_SEGMENT ? stat_scans_max : ROWS;
}

static Size
chains_size(int max)
{
	return MAXALIGN(add_size(offsetof(PdsStatTable, chains), mul_size(max, sizeof(int))));
}

static Size
stat_table_size(PdsSharing sharing)
{
	int			max = most_rows(sharing);

	return add_size(chains_size(max), mul_size(max, sizeof(PdsStatEntry)));
}

static PdsStatEntry *
entries_of(PdsStatTable *t)
{
	return (PdsStatEntry *) ((char *) t + chains_size(t->max));
}

static void
empty_table(PdsStatTable *t)
{
	int			i;

	t->used = 0;
	for (i = 0; i < t->nchains; i++)
		t->chains[i] = -1;
}

static void
format_stat_table(void *memory, PdsSharing sharing, int tranche)
{
	PdsStatTable *t = memory;

	LWLockInitialize(&t->lock, tranche);
	t->max = t->nchains = most_rows(sharing);
	empty_table(t);
}

static PdsSharedPart part =
{
	stat_table_size, format_stat_table
};

void
pds_scan_stats_init(void)
{
	/* what a session loads by itself cannot have a setting of the postmaster */
	DefineCustomIntVariable("pds.stat_scans_max",
							"Rows that pds.stat_scans keeps.",
							"It counts where shared_preload_libraries names the library.",
							&stat_scans_max, ROWS, 100, MOST_ROWS,
							process_shared_preload_libraries_in_progress ? PGC_POSTMASTER
							: PGC_SIGHUP, 0, NULL, NULL, NULL);
	pds_shared_part(&part);
}

/* ---- rows ---- */

static int *
stat_chain(PdsStatTable *t, const PdsStatKey *key)
{
	uint32		hash = hash_bytes((const unsigned char *) key, sizeof(PdsStatKey));

	return &t->chains[hash % (uint32) t->nchains];
}

static PdsStatEntry *
find_row(PdsStatTable *t, const PdsStatKey *key)
{
	PdsStatEntry *all = entries_of(t);
	int			i;

	for (i = *stat_chain(t, key); i >= 0; i = all[i].next)
		if (memcmp(&all[i].key, key, sizeof(PdsStatKey)) == 0)
			return &all[i];
	return NULL;
}

/*
 * the number of the row that is used least, out of its chain; of several, the one
 * used longest ago
 */
static int
evict_row(PdsStatTable *t)
{
	PdsStatEntry *all = entries_of(t);
	int		   *link;
	int			least = 0;
	int			i;

	for (i = 0; i < t->used; i++)
	{
		all[i].usage *= USAGE_DECAY;
		if (all[i].usage < all[least].usage ||
			(all[i].usage == all[least].usage && all[i].last < all[least].last))
			least = i;
	}
	for (link = stat_chain(t, &all[least].key); *link != least; link = &all[*link].next)
		;
	*link = all[least].next;
	return least;
}

static PdsStatEntry *
make_row(PdsStatTable *t, const PdsStatKey *key, const char *server, const char *relation)
{
	int			n = t->used < t->max ? t->used++ : evict_row(t);
	PdsStatEntry *e = &entries_of(t)[n];
	int		   *chain = stat_chain(t, key);

	memset(e, 0, sizeof(*e));
	e->key = *key;
	e->encoding = GetDatabaseEncoding();
	pds_copy_cut(e->server, sizeof(e->server), server, strlen(server));
	pds_copy_cut(e->relation, sizeof(e->relation), relation, strlen(relation));
	e->since = GetCurrentTimestamp();
	e->next = *chain;
	*chain = n;
	return e;
}

static void
add_counts(PdsStatCounts *sum, const PdsStatCounts *n)
{
	sum->scans += n->scans;
	sum->failed += n->failed;
	sum->rows += n->rows;
	sum->objects += n->objects;
	sum->bytes += n->bytes;
	sum->requests += n->requests;
	sum->retries += n->retries;
	sum->bytes_received += n->bytes_received;
	sum->bytes_sent += n->bytes_sent;
	sum->memory_hits += n->memory_hits;
	sum->disk_hits += n->disk_hits;
	sum->disk_bytes += n->disk_bytes;
	sum->rejected += n->rejected;
	sum->executions += n->executions;
	sum->bytes_scanned += n->bytes_scanned;
	sum->price += n->price;
	sum->network_ms += n->network_ms;
	sum->total_ms += n->total_ms;
}

void
pds_stat_table_add(const PdsStatKey *key, const char *server, const char *relation,
				   const PdsStatCounts *counts)
{
	PdsStatTable *t = part.memory;
	PdsStatEntry *e;

	if (t == NULL)
		return;
	pds_state_lock(&t->lock, LW_EXCLUSIVE);
	e = find_row(t, key);
	if (e == NULL)
		e = make_row(t, key, server, relation);
	add_counts(&e->counts, counts);
	e->usage += 1;
	e->last = GetCurrentTimestamp();
	pds_state_unlock(&t->lock);
}

PdsStatEntry *
pds_stat_table_copy(int *n)
{
	PdsStatTable *t;
	PdsStatEntry *copy;

	pds_shared_attach();
	t = part.memory;
	copy = MemoryContextAllocHuge(CurrentMemoryContext, mul_size(t->max, sizeof(PdsStatEntry)));
	pds_state_lock(&t->lock, LW_SHARED);
	*n = t->used;
	memcpy(copy, entries_of(t), t->used * sizeof(PdsStatEntry));
	pds_state_unlock(&t->lock);
	return copy;
}

void
pds_stat_table_reset(void)
{
	PdsStatTable *t;

	pds_shared_attach();
	t = part.memory;
	pds_state_lock(&t->lock, LW_EXCLUSIVE);
	empty_table(t);
	pds_state_unlock(&t->lock);
}

/* ---- names ---- */

char *
pds_shown_name(const char *name, int encoding)
{
	char	   *shown = pstrdup(name);
	char	   *p;

	for (p = shown; encoding != GetDatabaseEncoding() && *p; p++)
		if (IS_HIGHBIT_SET(*p))
			*p = '?';
	return shown;
}

void
pds_keep_name(char *field, Size size, const char *name)
{
	int			n = pg_mbcliplen(name, (int) strlen(name), (int) size - 1);

	memcpy(field, name, n);
	field[n] = '\0';
}
