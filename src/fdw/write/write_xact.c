/*
 * write_xact.c
 *	  What a transaction writes to S3: targets, destinations, callbacks.
 *
 * Everything lives in a context below TopTransactionContext: portals are gone
 * when transaction callbacks run, that context is not.  Handles of the core are freed
 * with it.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include <time.h>

#include "access/xact.h"
#include "common/hashfn.h"
#include "miscadmin.h"
#include "utils/backend_status.h"
#include "utils/memutils.h"

#include "core/base/calendar.h"
#include "fdw/catalog/cache.h"
#include "fdw/base/connection.h"
#include "fdw/base/error_map.h"
#include "fdw/write/write_internal.h"

/* ---- the transaction ---- */

/* names of objects begin with this: time for people, random bits for uniqueness */
static void
make_id(char id[48])
{
	unsigned char bits[16];
	char		when[20];
	int			n;
	int			i;

	if (!pg_strong_random(bits, sizeof(bits)))
		ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not get random bits")));
	if (!pds_utc_text(time(NULL), "%Y%m%d_%H%M%S", when, sizeof(when)))
		ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
						errmsg("the clock is out of range")));
	n = snprintf(id, 48, "%.15s_", when);
	for (i = 0; i < 10; i++)
		n += snprintf(id + n, 48 - n, "%02x", bits[i]);
}

static void
begin_writes(void)
{
	MemoryContext cxt;

	pds_check_not_broken();
	if (pds_writes)
		return;
	cxt = AllocSetContextCreate(TopTransactionContext, "pds_fdw writes", ALLOCSET_DEFAULT_SIZES);
	pds_writes = MemoryContextAllocZero(cxt, sizeof(PdsWriteXact));
	pds_writes->cxt = cxt;
	make_id(pds_writes->id);
}

/* ---- targets ---- */

/* for pds.stat_scans, before uploads are freed */
static void
count_target(void *arg, PdsStatCounts *counts)
{
	const PdsWriteTarget *t = arg;
	const PdsWriteDest *s;
	const PdsStream *st;

	counts->rows = t->rows;
	for (s = t->dests; s; s = s->next)
		for (st = s->streams; st; st = st->next)
		{
			counts->objects++;
			if (st->upload)
				counts->bytes += pds_upload_bytes(st->upload);
		}
}

/* relid: of a table; else name says what it is */
static PdsWriteTarget *
new_target(Oid serverid, Oid userid, Oid relid, const char *name)
{
	PdsWriteTarget *t = MemoryContextAllocZero(pds_writes->cxt, sizeof(PdsWriteTarget));
	PdsWriteTarget **at;
	PdsActivityOptions activity = {
		.kind = PDS_STAT_WRITE,
		.relid = relid,
		.name = name,
		.count = count_target,
		.arg = t
	};

	Assert(pds_writes != NULL);
	t->userid = userid;
	t->relid = relid;
	t->conn = activity.conn = pds_connection_get(serverid, userid, pds_writes->cxt);
	t->activity = pds_activity_begin(&activity, pds_writes->cxt);
	t->base = TopSubTransactionId;
	/* in order: of two objects of the same name the later one stays */
	for (at = &pds_writes->targets; *at; at = &(*at)->next)
		;
	*at = t;
	return t;
}

PdsWriteTarget *
pds_target_of_table(Oid relid, Oid userid)
{
	PdsWriteTarget *t;

	begin_writes();
	for (t = pds_writes->targets; t; t = t->next)
		if (t->relid == relid && t->userid == userid)
			return t;
	return new_target(GetForeignTable(relid)->serverid, userid, relid, NULL);
}

PdsWriteTarget *
pds_target_by_hand(Oid serverid, Oid userid, const char *name)
{
	PdsWriteTarget *t;

	begin_writes();
	t = new_target(serverid, userid, InvalidOid, name);
	t->base = GetCurrentSubTransactionId();
	return t;
}

PdsConnection *
pds_target_connection(const PdsWriteTarget *t)
{
	return t->conn;
}

/* The table as it is now, for listings and registrations at commit. */
static void
keep_target_table(PdsWriteTarget *t)
{
	t->table = pds_table_open(t->relid, t->conn, pds_writes->cxt);
	pds_table_load_catalog(t->table, t->conn);
}

/* ---- destinations ---- */

static bool
same_name(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool
same_dest(const PdsWriteDest *s, const PdsWriteDestOptions *o)
{
	return strcmp(s->o.bucket, o->bucket) == 0 && same_name(s->o.prefix, o->prefix) &&
		same_name(s->o.key, o->key) && s->o.codec == o->codec && s->o.level == o->level &&
		s->o.max_rows == o->max_rows && s->o.max_bytes == o->max_bytes &&
		s->header_len == o->header->len &&
		memcmp(s->header, pds_str_text(o->header), s->header_len) == 0;
}

static char *
keep_text(const char *s)
{
	return s ? MemoryContextStrdup(pds_writes->cxt, s) : NULL;
}

static char **
keep_texts(char *const *s, int n)
{
	char	  **copy = MemoryContextAlloc(pds_writes->cxt, Max(n, 1) * sizeof(char *));
	int			i;

	for (i = 0; i < n; i++)
		copy[i] = keep_text(s[i]);
	return copy;
}

PdsWriteDest *
pds_target_dest(PdsWriteTarget *t, const PdsWriteDestOptions *o)
{
	const char *path = o->key ? o->key : o->prefix;
	uint32		hash = DatumGetUInt32(hash_any((const unsigned char *) path, (int) strlen(path)));
	PdsWriteDest **bucket = &t->buckets[hash % PDS_DEST_BUCKETS];
	PdsWriteDest *s;

	Assert(o->header != NULL);
	for (s = *bucket; s; s = s->same_hash)
		if (s->hash == hash && same_dest(s, o))
			return s;
	if (t->ndests >= PDS_MAX_DESTS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("more than %d partitions are written to in one transaction", PDS_MAX_DESTS),
				 errhint("Write in several transactions, each with fewer partitions.")));
	s = MemoryContextAllocZero(pds_writes->cxt, sizeof(PdsWriteDest));
	s->hash = hash;
	s->target = t;
	s->o = *o;
	s->o.bucket = keep_text(o->bucket);
	s->o.prefix = keep_text(o->prefix);
	s->o.key = keep_text(o->key);
	if (o->values)
	{
		s->o.values = keep_texts(o->values, o->nvalues);
		if (t->table == NULL)
			keep_target_table(t);
	}
	s->header_len = o->header->len;
	s->header = keep_text(pds_str_text(o->header));
	s->o.header = NULL;
	s->same_hash = *bucket;
	*bucket = s;
	s->next = t->dests;
	t->dests = s;
	t->ndests++;
	return s;
}

void
pds_dest_add(PdsWriteDest *s, const char *row, size_t len)
{
	Assert(pds_writes != NULL);
	pds_check_not_broken();
	s->target->rows++;
	s->target->text_bytes += len;
	pds_wait_add(s, row, len);
}

/* ---- replacing ---- */

static void
make_deep(PdsWriteDest *s)
{
	if (s->deep)
		return;
	Assert(s->next_deep == NULL);
	s->deep = true;
	s->next_deep = pds_writes->deep;
	pds_writes->deep = s;
}

void
pds_target_replace(PdsWriteTarget *t)
{
	if (t->replace != InvalidSubTransactionId)
		return;
	keep_target_table(t);
	t->replace = GetCurrentSubTransactionId();
}

void
pds_dest_replace(PdsWriteDest *s)
{
	if (s->replace != InvalidSubTransactionId)
		return;
	s->replace = GetCurrentSubTransactionId();
	if (s->replace != s->target->base)
		make_deep(s);
}

/* has the destination anything that a rollback of the current level would have to bring back? */
static bool
outer_rows(const PdsWriteDest *s, SubTransactionId current)
{
	const PdsSegment *seg;
	const PdsStream *st;

	for (st = s->streams; st && s->target->base != current; st = st->next)
		if (st->state != PDS_STREAM_GONE)
			return true;
	for (seg = s->top; seg; seg = seg->outer)
		if (seg->subid != current && pds_wait_bytes(seg) > 0)
			return true;
	return false;
}

void
pds_target_truncate(PdsWriteTarget *t)
{
	SubTransactionId current = GetCurrentSubTransactionId();
	PdsWriteDest *s;
	PdsStream  *st;

	for (s = t->dests; s; s = s->next)
	{
		pds_wait_settle(s);
		if (outer_rows(s, current))
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_IN_USE),
					 errmsg("rows inserted before the current savepoint cannot be truncated"),
					 errhint("Truncate first, or without a savepoint between.")));
	}
	for (s = t->dests; s; s = s->next)
	{
		pds_wait_drop(s, current);
		for (st = s->streams; st; st = st->next)
			pds_stream_abort(s, st);
	}
	pds_target_replace(t);
}

/* ---- targets by hand ---- */

void
pds_dest_touch(PdsWriteDest *s)
{
	if (s->streams == NULL && pds_wait_bytes(s->top) == 0)
		pds_stream_open(s);
}

static int
compare_written(const void *a, const void *b)
{
	return strcmp(((const PdsWrittenObject *) a)->uri, ((const PdsWrittenObject *) b)->uri);
}

PdsWrittenObject *
pds_target_finish(PdsWriteTarget *t, int *n)
{
	PdsWrittenObject *all;
	PdsWriteDest *s;
	PdsStream  *st;

	*n = 0;
	for (s = t->dests; s; s = s->next)
	{
		pds_wait_settle(s);
		pds_wait_drain(s);
		pds_stream_finish(s);
		for (st = s->streams; st; st = st->next)
			(*n)++;
	}
	all = palloc(Max(*n, 1) * sizeof(PdsWrittenObject));
	*n = 0;
	for (s = t->dests; s; s = s->next)
		for (st = s->streams; st; st = st->next)
		{
			all[*n].uri = psprintf("s3://%s/%s", s->o.bucket, st->key);
			all[*n].rows = st->rows;
			all[(*n)++].bytes = pds_upload_bytes(st->upload);
		}
	qsort(all, *n, sizeof(PdsWrittenObject), compare_written);
	return all;
}

/* ---- callbacks ---- */

static void
end_activities(bool failed)
{
	PdsWriteTarget *t;

	for (t = pds_writes->targets; t; t = t->next)
		pds_activity_end(t->activity, failed);
}

static void
write_on_xact(XactEvent event, void *arg)
{
	if (pds_writes == NULL)
		return;
	switch (event)
	{
		case XACT_EVENT_PRE_COMMIT:
			pds_write_pre_commit();
			break;
		case XACT_EVENT_PRE_PREPARE:
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("a transaction that wrote to S3 cannot be prepared"),
					 errhint("Commit it.")));
			break;
		case XACT_EVENT_COMMIT:
			Assert(pds_writes->nopen == 0 && !pds_writes->broken);
			/* the next statement sees the new objects */
			pds_cache_forget();
			end_activities(false);
			pds_writes = NULL;
			break;
		case XACT_EVENT_ABORT:
			pds_write_abort();
			pds_cache_forget();
			end_activities(true);
			pds_writes = NULL;
			break;
		default:
			break;
	}
}

static void
replace_ended(SubTransactionId *replace, bool commit, SubTransactionId mine,
			  SubTransactionId parent)
{
	if (*replace == mine)
		*replace = commit ? parent : InvalidSubTransactionId;
}

static void
end_dest(PdsWriteDest *s, bool commit, SubTransactionId mine, SubTransactionId parent)
{
	Assert(s->deep);
	replace_ended(&s->replace, commit, mine, parent);
	if (commit)
		pds_wait_retag(s, mine, parent);
	else
		pds_wait_drop(s, mine);
}

/* does anything of the destination belong to a subtransaction? */
static bool
still_deep(const PdsWriteDest *s)
{
	return (s->top && s->top->subid != s->target->base) ||
		(s->replace != InvalidSubTransactionId && s->replace != s->target->base);
}

/* a target by hand goes with the subtransaction it began in */
static void
end_target_by_hand(PdsWriteTarget *t)
{
	PdsWriteDest *s;

	for (s = t->dests; s; s = s->next)
		pds_wait_drop(s, t->base);
	pds_forget_interrupt();
	pds_set_deadline(PDS_ABORT_MS);
	pds_write_abort_target(t);
	pds_set_deadline(0);
	pds_activity_end(t->activity, true);
}

static void
write_on_subxact(SubXactEvent event, SubTransactionId mine, SubTransactionId parent, void *arg)
{
	bool		commit = event == SUBXACT_EVENT_COMMIT_SUB;
	PdsWriteTarget **at;
	PdsWriteDest **link;

	if (pds_writes == NULL || (!commit && event != SUBXACT_EVENT_ABORT_SUB))
		return;
	for (link = &pds_writes->deep; *link;)
	{
		PdsWriteDest *s = *link;

		end_dest(s, commit, mine, parent);
		if (still_deep(s))
			link = &s->next_deep;
		else
		{
			s->deep = false;
			*link = s->next_deep;
			s->next_deep = NULL;
		}
	}
	for (at = &pds_writes->targets; *at;)
	{
		PdsWriteTarget *t = *at;

		replace_ended(&t->replace, commit, mine, parent);
		if (t->relid == InvalidOid && t->base == mine && !commit)
		{
			end_target_by_hand(t);
			*at = t->next;
			continue;
		}
		if (t->base == mine)
		{
			PdsWriteDest *s;

			t->base = parent;
			for (s = t->dests; s; s = s->next)
				pds_wait_retag(s, mine, parent);
		}
		at = &t->next;
	}
}

void
pds_write_init(void)
{
	RegisterXactCallback(write_on_xact, NULL);
	RegisterSubXactCallback(write_on_subxact, NULL);
}
