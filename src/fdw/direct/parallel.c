/*
 * parallel.c
 *	  Direct scans by several processes: what they share.
 *
 * The coordinate of the node holds counters and a pointer to the list of
 * objects, which lies in the query's dynamic shared area: its size is known
 * only when the parameters are.  Without shared memory there are no workers, and
 * the leader scans as if it were alone.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "executor/execParallel.h"
#include "optimizer/optimizer.h"
#include "storage/dsm.h"
#include "storage/shm_toc.h"
#include "storage/spin.h"
#include "utils/datum.h"
#include "utils/dsa.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "fdw/base/on_reset.h"
#include "fdw/catalog/cache.h"
#include "fdw/direct/direct_scan.h"
#include "fdw/direct/parallel.h"
#include "fdw/direct/worker_totals.h"
#include "fdw/direct/parallel_borders.h"
#include "fdw/direct/parallel_headers.h"

/* a split is at least so large, and at most */
#define SPLIT_MIN		((int64) 1024 * 1024)
#define SPLIT_MAX		((int64) 16 * 1024 * 1024)
/* splits for each process, about: the last ones end at nearly the same time */
#define SPLITS_EACH		8
/* header lines must end in the first split of an object */
#define SPLIT_HEADER	((int64) 1024)


/* in the DSM segment */
typedef struct Shared
{
	dsa_pointer list;			/* the list of objects (write_list) */
	Size		list_size;
	int64		step;			/* of objects read in parts */
	dsa_pointer states;			/* of splits (parallel_borders.h), or invalid */
	dsa_pointer headers;		/* of objects (parallel_headers.h), or invalid */
	int			participants;
	int			processes;		/* at most: the leader, who may not take part,
								 * and workers */
	pg_atomic_uint32 next;		/* split to be taken next */
	pg_atomic_uint64 rejected;
	PdsSharedProgress progress;
	slock_t		mutex;			/* of totals */
	PdsScanTotals totals;		/* of workers that have ended */
	bool		keeps_rejects;	/* their PdsRejectArea follows */
} Shared;

/* it follows what is shared */
#define REJECT_AREA(shared) ((PdsRejectArea *) ((char *) (shared) + MAXALIGN(sizeof(Shared))))

struct PdsParallelScan
{
	Shared	   *shared;
	dsa_area   *area;
	bool		worker;
	PdsDirectScan *scan;		/* the leader's */
	dsm_segment *seg;			/* the leader's, while it is attached; then
								 * shared is gone, too */
	/* of one (re)scan, in its context */
	int			nobjects;
	uint32	   *last_split;		/* by object: one past the number of its last
								 * split */
	void	   *block;			/* what is shared of objects read in parts
								 * (parallel_borders.h), or NULL */
	PdsSplitStates **states;	/* by object; NULL: none are shared */
};

/*
 * ----- the list, flat -----
 */

/* of any size: a StringInfo ends at 1 GB, some millions of objects */
typedef struct ListWriter
{
	char	   *data;
	Size		len;
	Size		cap;
} ListWriter;

/* Room for n bytes at the end. */
static char *
reserve_shared(ListWriter *b, Size n)
{
	if (b->cap - b->len < n)
	{
		b->cap = Max(2 * b->cap, b->len + n);
		b->data = b->data ? repalloc_huge(b->data, b->cap)
			: MemoryContextAllocHuge(CurrentMemoryContext, b->cap);
	}
	return b->data + b->len;
}

static void
put_bytes(ListWriter *b, const void *s, Size n)
{
	memcpy(reserve_shared(b, n), s, n);
	b->len += n;
}

static void
write_shared_int(ListWriter *b, int64 v)
{
	put_bytes(b, &v, sizeof(v));
}

/* s may be NULL; it stays NUL-terminated in the list */
static void
write_shared_text(ListWriter *b, const char *s)
{
	int64		n = s ? (int64) strlen(s) : -1;

	write_shared_int(b, n);
	if (s)
		put_bytes(b, s, (Size) n + 1);
}

static int64
read_shared_int(char **at)
{
	int64		v;

	memcpy(&v, *at, sizeof(v));
	*at += sizeof(v);
	return v;
}

static char *
read_shared_text(char **at)
{
	int64		n = read_shared_int(at);
	char	   *s = *at;

	if (n < 0)
		return NULL;
	Assert(s[n] == '\0');
	*at += n + 1;
	return s;
}

static void
put_dialect(ListWriter *b, const PdsDialect *d)
{
	put_bytes(b, d, sizeof(PdsDialect));
	write_shared_text(b, d->timestamp_formats);
	write_shared_text(b, d->unusable);
}

static PdsDialect *
get_dialect(char **at)
{
	PdsDialect *d = palloc(sizeof(PdsDialect));

	memcpy(d, *at, sizeof(PdsDialect));
	*at += sizeof(PdsDialect);
	d->timestamp_formats = read_shared_text(at);
	d->unusable = read_shared_text(at);
	return d;
}

static void
write_shared_overrides(ListWriter *b, const PdsColumnOverride *overrides)
{
	const PdsColumnOverride *d;
	int64		n = 0;

	for (d = overrides; d && d->field >= 0; d++)
		n++;
	write_shared_int(b, n);
	for (d = overrides; d && d->field >= 0; d++)
	{
		write_shared_int(b, d->field);
		write_shared_text(b, d->type);
	}
}

static const PdsColumnOverride *
read_shared_overrides(char **at)
{
	int64		n = read_shared_int(at);
	PdsColumnOverride *d;
	int64		i;

	if (n == 0)
		return NULL;
	d = palloc((n + 1) * sizeof(PdsColumnOverride));
	for (i = 0; i < n; i++)
	{
		d[i].field = (int) read_shared_int(at);
		d[i].type = read_shared_text(at);
	}
	d[n].field = -1;
	d[n].type = NULL;
	return d;
}

/* type of a key's datums */
static void
key_type(const PdsTable *t, int key, int16 *len, bool *by_value)
{
	int			column = t->key_columns[key];

	/* a key that is no column here has no datum */
	*len = sizeof(Datum);
	*by_value = true;
	if (column >= 0)
		get_typlenbyval(t->columns[column].typid, len, by_value);
}

static void
put_keys(ListWriter *b, const PdsTable *t, const PdsPartition *p)
{
	int			k;

	for (k = 0; k < t->nkeys; k++)
	{
		bool		isnull = t->key_columns[k] < 0 || p->key_nulls[k];
		Datum		value = isnull ? (Datum) 0 : p->key_datums[k];
		int16		len;
		bool		by_value;
		Size		size;
		char	   *at;

		key_type(t, k, &len, &by_value);
		size = datumEstimateSpace(value, isnull, by_value, len);
		at = reserve_shared(b, size);
		datumSerialize(value, isnull, by_value, len, &at);
		b->len += size;
	}
}

static void
get_keys(char **at, const PdsTable *t, PdsPartition *p)
{
	int			k;

	p->key_datums = palloc(Max(t->nkeys, 1) * sizeof(Datum));
	p->key_nulls = palloc(Max(t->nkeys, 1) * sizeof(bool));
	for (k = 0; k < t->nkeys; k++)
		p->key_datums[k] = datumRestore(at, &p->key_nulls[k]);
}

/* dialects are few, and shared by partitions */
static int
dialect_number(List **dialects, const PdsDialect *d)
{
	ListCell   *lc;
	int			n = 0;

	foreach(lc, *dialects)
	{
		if (lfirst(lc) == d || memcmp(lfirst(lc), d, sizeof(PdsDialect)) == 0)
			return n;
		n++;
	}
	*dialects = lappend(*dialects, unconstify(PdsDialect *, d));
	return n;
}

/* an object in the order of the queue */
typedef struct Queued
{
	const PdsDataObject *object;
	PdsObjectParts parts;
	int64		unit;			/* bytes that are taken at once */
} Queued;

static uint32
splits_of(int64 size, PdsObjectParts parts, int64 step)
{
	return parts == PDS_PARTS_WHOLE ? 1 : (uint32) ((size + step - 1) / step);
}

/* the largest first: nobody shall wait for it at the end */
static int
compare_queued(const void *a, const void *b)
{
	const Queued *x = a;
	const Queued *y = b;

	return x->unit < y->unit ? 1 : x->unit > y->unit ? -1 : 0;
}

/* Returns the number of splits. */
static uint32
put_objects(ListWriter *b, const PdsDirectScan *s, const PdsObjectSet *set, int64 step)
{
	Queued	   *queue = MemoryContextAllocHuge(CurrentMemoryContext,
											   Max(set->nobjects, 1) * sizeof(Queued));
	uint32		nsplits = 0;
	int			i;

	for (i = 0; i < set->nobjects; i++)
	{
		const PdsDataObject *o = &set->objects[i];

		queue[i].object = o;
		queue[i].parts = PDS_PARTS_WHOLE;
		if (o->size > step)
			queue[i].parts = pds_object_parts(s, set, i);
		queue[i].unit = queue[i].parts != PDS_PARTS_WHOLE ? step : o->size;
		nsplits += splits_of(o->size, queue[i].parts, step);
	}
	qsort(queue, set->nobjects, sizeof(Queued), compare_queued);
	write_shared_int(b, set->nobjects);
	for (i = 0; i < set->nobjects; i++)
	{
		const PdsDataObject *o = queue[i].object;

		write_shared_int(b, o->partition);
		write_shared_int(b, queue[i].parts);
		write_shared_int(b, o->size);
		write_shared_int(b, o->modified_us);
		write_shared_int(b, o->codec);
		write_shared_text(b, strcmp(o->bucket, set->partitions[o->partition].bucket) == 0 ? NULL
						  : o->bucket);
		write_shared_text(b, o->key);
		write_shared_text(b, o->etag);
		write_shared_text(b, o->version_id);
	}
	pfree(queue);
	return nsplits;
}

/* Returns the number of splits. */
static uint32
write_list(ListWriter *b, const PdsDirectScan *s, const PdsObjectSet *set, int64 step)
{
	const PdsTable *t = s->common.table;
	List	   *dialects = NIL;
	ListCell   *lc;
	uint32		nsplits;
	int			i;

	write_shared_int(b, set->npartitions);
	for (i = 0; i < set->npartitions; i++)
	{
		const PdsPartition *p = &set->partitions[i];

		write_shared_int(b, dialect_number(&dialects, p->dialect));
		write_shared_text(b, p->bucket);
		write_shared_text(b, p->prefix);
		write_shared_overrides(b, p->overrides);
		put_keys(b, t, p);
	}
	nsplits = put_objects(b, s, set, step);
	write_shared_int(b, list_length(dialects));
	foreach(lc, dialects)
		put_dialect(b, lfirst(lc));
	return nsplits;
}

/* What this process has of the states of splits; parts by object. */
static void
attach_states(PdsParallelScan *p, const PdsObjectSet *set, const PdsObjectParts *parts)
{
	Shared	   *shared = p->shared;
	List	   *scans = NIL;
	int			i;

	p->states = NULL;
	p->block = NULL;
	if (!DsaPointerIsValid(shared->states))
		return;
	p->block = dsa_get_address(p->area, shared->states);
	p->states = MemoryContextAllocExtended(CurrentMemoryContext,
										   Max(set->nobjects, 1) * sizeof(PdsSplitStates *),
										   MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	for (i = 0; i < set->nobjects; i++)
		if (parts[i] == PDS_PARTS_STATES)
			p->states[i] = pds_object_states(p->block, shared->processes, ParallelWorkerNumber + 1,
											 set->nobjects, i > 0 ? p->last_split[i - 1] : 0,
											 set->partitions[set->objects[i].partition].dialect,
											 &scans);
}

static PdsObjectSet *
read_list(PdsParallelScan *p, char *at, const PdsTable *t)
{
	PdsObjectSet *set = palloc0(sizeof(PdsObjectSet));
	const char *list PG_USED_FOR_ASSERTS_ONLY = at;
	int64		step = p->shared->step;
	int		   *numbers;
	PdsDialect **dialects;
	PdsObjectParts *parts;
	uint32		nsplits = 0;
	int			n;
	int			i;

	set->npartitions = (int) read_shared_int(&at);
	set->partitions = MemoryContextAllocExtended(CurrentMemoryContext,
												 Max(set->npartitions, 1) * sizeof(PdsPartition),
												 MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	numbers = palloc(Max(set->npartitions, 1) * sizeof(int));
	for (i = 0; i < set->npartitions; i++)
	{
		PdsPartition *part = &set->partitions[i];

		numbers[i] = (int) read_shared_int(&at);
		part->bucket = read_shared_text(&at);
		part->prefix = read_shared_text(&at);
		part->overrides = read_shared_overrides(&at);
		get_keys(&at, t, part);
	}
	set->nobjects = p->nobjects = (int) read_shared_int(&at);
	set->objects = MemoryContextAllocExtended(CurrentMemoryContext,
											  Max(set->nobjects, 1) * sizeof(PdsDataObject),
											  MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	p->last_split = MemoryContextAllocExtended(CurrentMemoryContext,
											   Max(set->nobjects, 1) * sizeof(uint32),
											   MCXT_ALLOC_HUGE);
	parts = MemoryContextAllocHuge(CurrentMemoryContext,
								   Max(set->nobjects, 1) * sizeof(PdsObjectParts));
	for (i = 0; i < set->nobjects; i++)
	{
		PdsDataObject *o = &set->objects[i];

		o->partition = (int) read_shared_int(&at);
		Assert(o->partition >= 0 && o->partition < set->npartitions);
		parts[i] = (PdsObjectParts) read_shared_int(&at);
		o->size = read_shared_int(&at);
		o->modified_us = read_shared_int(&at);
		o->codec = (PdsCodec) read_shared_int(&at);
		o->bucket = read_shared_text(&at);
		if (o->bucket == NULL)
			o->bucket = set->partitions[o->partition].bucket;
		o->key = read_shared_text(&at);
		o->etag = read_shared_text(&at);
		o->version_id = read_shared_text(&at);
		set->bytes += o->size;
		nsplits += splits_of(o->size, parts[i], step);
		p->last_split[i] = nsplits;
	}
	n = (int) read_shared_int(&at);
	dialects = palloc(Max(n, 1) * sizeof(PdsDialect *));
	for (i = 0; i < n; i++)
		dialects[i] = get_dialect(&at);
	for (i = 0; i < set->npartitions; i++)
	{
		Assert(numbers[i] >= 0 && numbers[i] < n);
		set->partitions[i].dialect = dialects[numbers[i]];
	}
	/* what was written has been read, all of it */
	Assert((Size) (at - list) == p->shared->list_size);
	attach_states(p, set, parts);
	pfree(parts);
	return set;
}

PdsObjectSet *
pds_parallel_objects(PdsParallelScan *p, const PdsTable *table, MemoryContext cxt)
{
	MemoryContext old = MemoryContextSwitchTo(cxt);
	char	   *copy = MemoryContextAllocHuge(cxt, p->shared->list_size);
	PdsObjectSet *set;

	/* what it holds is used until the scan ends, shared memory may go before */
	memcpy(copy, dsa_get_address(p->area, p->shared->list), p->shared->list_size);
	set = read_list(p, copy, table);
	MemoryContextSwitchTo(old);
	return set;
}

/*
 * ----- the queue -----
 */

bool
pds_parallel_next(PdsParallelScan *p, int *object, int64 *first, int64 *step, PdsSplit *split)
{
	uint32		n;
	uint32		begin;
	int			low = 0;
	int			high = p->nobjects;

	if (p->shared == NULL)
		return false;
	n = pg_atomic_fetch_add_u32(&p->shared->next, 1);
	/* the object whose splits n is among */
	while (low < high)
	{
		int			mid = low + (high - low) / 2;

		if (p->last_split[mid] <= n)
			low = mid + 1;
		else
			high = mid;
	}
	if (low >= p->nobjects)
	{
		/* not further, lest the counter wrap around */
		pg_atomic_write_u32(&p->shared->next, p->nobjects > 0 ? p->last_split[p->nobjects - 1] : 0);
		return false;
	}
	begin = low > 0 ? p->last_split[low - 1] : 0;
	Assert(begin <= n && n < p->last_split[low]);
	*object = low;
	*step = p->last_split[low] - begin > 1 ? p->shared->step : 0;
	*first = (int64) (n - begin) * *step;
	if (p->block)
	{
		split->states = p->states[low];
		split->line_ends = pds_object_line_ends(p->block, p->shared->processes, low);
	}
	if (split->states)
		pds_states_claim(split->states, (int) (n - begin));
	return true;
}

/*
 * ----- headers -----
 */

/* Do others read parts of the object, too, and is what they share still there? */
static bool
header_is_shared(const PdsParallelScan *p, int object)
{
	return p->shared != NULL &&
		p->last_split[object] - (object > 0 ? p->last_split[object - 1] : 0) > 1;
}

/* PdsHeaderStore */
static bool
find_shared_header(void *arg, int object, char **text, Size *len)
{
	const PdsParallelScan *p = arg;

	return header_is_shared(p, object) &&
		pds_shared_header_find(p->area, p->shared->headers, object, text, len);
}

static void
keep_shared_header(void *arg, int object, const char *text, Size len, bool fetched)
{
	const PdsParallelScan *p = arg;

	if (header_is_shared(p, object))
		pds_shared_header_keep(p->area, p->shared->headers, object, text, len, fetched);
}

PdsHeaderStore *
pds_parallel_headers(PdsParallelScan *p)
{
	PdsHeaderStore *store;

	if (!DsaPointerIsValid(p->shared->headers))
		return NULL;
	store = palloc(sizeof(PdsHeaderStore));
	store->arg = p;
	store->find = find_shared_header;
	store->keep = keep_shared_header;
	return store;
}

int
pds_parallel_participants(const PdsParallelScan *p)
{
	return p->shared->participants;
}

bool
pds_parallel_is_worker(const PdsParallelScan *p)
{
	return p->worker;
}

uint32 *
pds_parallel_presence(const PdsParallelScan *p)
{
	return p->block ? (uint32 *) p->block + ParallelWorkerNumber + 1 : NULL;
}

PdsSharedProgress *
pds_parallel_progress(PdsParallelScan *p)
{
	return &p->shared->progress;
}

pg_atomic_uint64 *
pds_parallel_rejected(PdsParallelScan *p)
{
	return &p->shared->rejected;
}

PdsRejectArea *
pds_parallel_reject_area(PdsParallelScan *p)
{
	return p->worker && p->shared->keeps_rejects ? REJECT_AREA(p->shared) : NULL;
}

/*
 * ----- callbacks -----
 */

bool
pds_is_parallel_safe(PlannerInfo *root, RelOptInfo *rel, RangeTblEntry *rte)
{
	PdsTableOptions options;

	/* pds.profile counts in this process */
	if (pds_malformed_watch != NULL)
		return false;
	/* defaults are of any kind */
	pds_get_table_options(rte->relid, &options);
	return options.default_text == NULL;
}

static bool
keeps_rejects(const PdsDirectScan *s)
{
	return s->common.table && (s->common.table->options.on_error == PDS_ON_ERROR_NULL ||
							   s->common.table->options.on_error == PDS_ON_ERROR_SKIP);
}

Size
pds_estimate_dsm(ForeignScanState *node, ParallelContext *pcxt)
{
	PdsDirectScan *s = (PdsDirectScan *) node->fdw_state;

	return MAXALIGN(sizeof(Shared)) + (keeps_rejects(s) ? PDS_REJECTS_SHARED : 0);
}

static int64
choose_step(const PdsObjectSet *set, int participants)
{
	int64		step = set->bytes / participants / SPLITS_EACH;
	int			i;

	if (pds_split_size > 0)
		step = pds_split_size;
	else
		step = Min(Max(step, SPLIT_MIN), SPLIT_MAX);
	/* whole blocks, so that the disk cache can keep them */
	if (pds_split_size == 0 && step > PDS_CACHE_BLOCK)
		step -= step % PDS_CACHE_BLOCK;
	for (i = 0; i < set->npartitions; i++)
		if (set->partitions[i].dialect->header_lines > 0 ||
			set->partitions[i].dialect->skip_lines > 0)
			return Max(step, SPLIT_HEADER);
	/* a byte order mark and one more */
	return Max(step, 4);
}

/* csv is read in parts with states, or at least its line ends are looked at */
static bool
has_csv(const PdsObjectSet *set)
{
	int			i;

	for (i = 0; i < set->npartitions; i++)
		if (set->partitions[i].dialect->format == PDS_FORMAT_CSV)
			return true;
	return false;
}

/* List what is to be read and share it. */
static void
share_list(ForeignScanState *node, PdsDirectScan *s)
{
	PdsParallelScan *p = s->parallel;
	Shared	   *shared = p->shared;
	MemoryContext cxt = AllocSetContextCreate(node->ss.ps.state->es_query_cxt,
											  "pds_fdw parallel list", ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(cxt);
	PdsObjectSet *set = pds_direct_list(node, s, cxt);
	ListWriter	b = {0};
	uint32		nsplits;

	Assert(!p->worker && shared->participants >= 1 && shared->participants <= shared->processes);
	shared->step = choose_step(set, shared->participants);
	if (has_csv(set))
		shared->step = Min(shared->step, PDS_STATES_SPLIT);
	nsplits = write_list(&b, s, set, shared->step);
	if (has_csv(set))
		shared->states = dsa_allocate_extended(p->area,
											   pds_states_size(shared->processes, set->nobjects,
															   nsplits),
											   DSA_ALLOC_HUGE | DSA_ALLOC_ZERO);
	if (s->common.table->dialect.header_mode == PDS_HEADER_NAMES)
		shared->headers = pds_shared_headers_make(p->area, set->nobjects);
	shared->list = dsa_allocate_extended(p->area, b.len, DSA_ALLOC_HUGE);
	memcpy(dsa_get_address(p->area, shared->list), b.data, b.len);
	shared->list_size = b.len;
	pg_atomic_write_u32(&shared->next, 0);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(cxt);
}

static PdsParallelScan *
attach(ForeignScanState *node, void *coordinate, bool worker)
{
	PdsParallelScan *p = MemoryContextAllocZero(node->ss.ps.state->es_query_cxt,
												sizeof(PdsParallelScan));

	/* workers and the leader that has no area do not come here */
	Assert(node->ss.ps.state->es_query_dsa != NULL);
	p->shared = coordinate;
	p->area = node->ss.ps.state->es_query_dsa;
	p->worker = worker;
	return p;
}

/* What workers have left, once. */
static void
take_totals(PdsParallelScan *p)
{
	Shared	   *shared = p->shared;
	PdsScanTotals taken;

	Assert(!p->worker && p->scan != NULL);
	SpinLockAcquire(&shared->mutex);
	taken = shared->totals;
	memset(&shared->totals, 0, sizeof(shared->totals));
	SpinLockRelease(&shared->mutex);
	pds_add_totals(&p->scan->totals, &taken);
	if (shared->keeps_rejects)
		pds_rejects_take(&p->scan->reject_log, REJECT_AREA(shared));
}

/*
 * The leader lets go of the segment: the workers have ended.  When a LIMIT ends
 * the query they do so only after the leader's pds_shutdown_scan.
 */
static void
segment_detached(dsm_segment *seg, Datum arg)
{
	PdsParallelScan *p = (PdsParallelScan *) DatumGetPointer(arg);

	take_totals(p);
	p->seg = NULL;
	p->shared = NULL;
}

/* The scan's memory goes first (an error). */
static void
forget_segment(void *arg)
{
	PdsParallelScan *p = arg;

	if (p->seg)
		cancel_on_dsm_detach(p->seg, segment_detached, PointerGetDatum(p));
	p->seg = NULL;
}

static void
watch_segment(PdsParallelScan *p, PdsDirectScan *s, dsm_segment *seg, MemoryContext cxt)
{
	p->scan = s;
	pds_on_reset(cxt, forget_segment, p);
	on_dsm_detach(seg, segment_detached, PointerGetDatum(p));
	p->seg = seg;
}

void
pds_initialize_dsm(ForeignScanState *node, ParallelContext *pcxt, void *coordinate)
{
	PdsDirectScan *s = (PdsDirectScan *) node->fdw_state;
	Shared	   *shared = coordinate;

	memset(shared, 0, sizeof(Shared));
	shared->keeps_rejects = keeps_rejects(s);
	if (shared->keeps_rejects)
		pds_reject_area_init(REJECT_AREA(shared), PDS_REJECTS_SHARED);
	if (node->ss.ps.state->es_query_dsa == NULL)
		return;
	SpinLockInit(&shared->mutex);
	pg_atomic_init_u32(&shared->next, 0);
	pg_atomic_init_u64(&shared->rejected, 0);
	pds_progress_init_shared(&shared->progress);
	shared->participants = pcxt->nworkers + (parallel_leader_participation ? 1 : 0);
	shared->participants = Max(shared->participants, 1);
	shared->processes = pcxt->nworkers + 1;
	shared->states = shared->headers = InvalidDsaPointer;
	s->parallel = attach(node, coordinate, false);
	watch_segment(s->parallel, s, pcxt->seg, node->ss.ps.state->es_query_cxt);
	share_list(node, s);
}

void
pds_reinitialize_dsm(ForeignScanState *node, ParallelContext *pcxt, void *coordinate)
{
	PdsDirectScan *s = (PdsDirectScan *) node->fdw_state;

	if (s->parallel == NULL)
		return;
	dsa_free(s->parallel->area, s->parallel->shared->list);
	if (DsaPointerIsValid(s->parallel->shared->states))
		dsa_free(s->parallel->area, s->parallel->shared->states);
	if (DsaPointerIsValid(s->parallel->shared->headers))
		pds_shared_headers_free(s->parallel->area, s->parallel->shared->headers);
	s->parallel->shared->states = s->parallel->shared->headers = InvalidDsaPointer;
	pg_atomic_write_u64(&s->parallel->shared->rejected, 0);
	if (s->parallel->shared->keeps_rejects)
		pds_rejects_take(&s->reject_log, REJECT_AREA(s->parallel->shared));
	pds_progress_init_shared(&s->parallel->shared->progress);
	share_list(node, s);
}

void
pds_initialize_worker(ForeignScanState *node, shm_toc *toc, void *coordinate)
{
	PdsDirectScan *s = (PdsDirectScan *) node->fdw_state;

	s->parallel = attach(node, coordinate, true);
}

/* A worker leaves its totals, the leader takes those of workers that have ended. */
void
pds_shutdown_scan(ForeignScanState *node)
{
	PdsDirectScan *s = (PdsDirectScan *) node->fdw_state;
	Shared	   *shared;

	if (!node->ss.ps.plan->parallel_aware || s == NULL || s->parallel == NULL)
		return;
	shared = s->parallel->shared;
	if (shared == NULL)
		return;
	if (!s->parallel->worker)
	{
		take_totals(s->parallel);
		return;
	}
	pds_direct_sum_up(s);
	s->totals.http = pds_scan_http(&s->common);
	SpinLockAcquire(&shared->mutex);
	pds_add_totals(&shared->totals, &s->totals);
	SpinLockRelease(&shared->mutex);
	memset(&s->totals, 0, sizeof(s->totals));
	pds_activity_handed_over(s->common.activity);
}
