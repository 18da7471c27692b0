/*
 * write_commit.c
 *	  The end of a transaction that wrote to S3: commit in four steps, abort.
 *
 * Commit: finish every upload; register partitions; complete every upload; delete old
 * objects.  Until the third step nothing is visible.  An error in any step aborts the
 * transaction, and the abort takes back what can be.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "miscadmin.h"

#include "fdw/catalog/cache.h"
#include "fdw/base/connection.h"
#include "fdw/base/error_map.h"
#include "fdw/write/write_internal.h"

#define EACH_SINK(t, s) \
	for (t = pds_writes->targets; t; t = t->next) \
		for (s = t->dests; s; s = s->next)

/* ---- objects to be deleted ---- */

typedef struct OldObjects
{
	PdsWriteTarget *target;
	const char *bucket;
	char	  **keys;
	size_t		n;
	size_t		cap;
} OldObjects;

static void
add_key(OldObjects *o, char *key)
{
	if (o->n == o->cap)
	{
		o->cap = o->cap ? o->cap * 2 : 64;
		o->keys = o->keys ? repalloc_huge(o->keys, o->cap * sizeof(char *))
			: palloc(o->cap * sizeof(char *));
	}
	o->keys[o->n++] = key;
}

/* one entry a bucket and target */
static OldObjects *
old_of(List **all, PdsWriteTarget *t, const char *bucket)
{
	OldObjects *o;
	ListCell   *lc;

	foreach(lc, *all)
	{
		o = lfirst(lc);
		if (o->target == t && strcmp(o->bucket, bucket) == 0)
			return o;
	}
	o = palloc0(sizeof(OldObjects));
	o->target = t;
	o->bucket = bucket;
	*all = lappend(*all, o);
	return o;
}

/* what scans of the table read now */
static void
old_of_table(List **all, PdsWriteTarget *t)
{
	PdsObjectSet *set = pds_table_objects(t->table, t->conn, NULL, NULL, false, pds_writes->cxt);
	int			i;

	for (i = 0; i < set->nobjects; i++)
		add_key(old_of(all, t, set->objects[i].bucket), set->objects[i].key);
}

static void
old_of_sink(List **all, PdsWriteDest *s)
{
	const PdsObjectList *list = pds_cached_listing(s->target->conn, s->o.bucket, s->o.prefix, 0,
												   pds_writes->cxt);
	size_t		i;

	for (i = 0; i < list->n; i++)
		if (!pds_object_hidden(list->objects[i].key, strlen(s->o.prefix)))
			add_key(old_of(all, s->target, s->o.bucket), list->objects[i].key);
}

static bool
has_objects(const PdsWriteDest *s)
{
	const PdsStream *st;

	for (st = s->streams; st; st = st->next)
		if (st->state == PDS_STREAM_FINISHED)
			return true;
	return false;
}

/* before anything of this transaction is visible */
static List *
find_old(void)
{
	List	   *all = NIL;
	PdsWriteTarget *t;
	PdsWriteDest *s;

	/* others may have committed since the listings were made */
	pds_cache_forget();
	for (t = pds_writes->targets; t; t = t->next)
		if (t->replace != InvalidSubTransactionId && t->table)
			old_of_table(&all, t);
	EACH_SINK(t, s)
	{
		if (t->replace != InvalidSubTransactionId)
		{
			/*
			 * what lies in a folder that was no partition would become the
			 * table's
			 */
			if (s->o.values && has_objects(s))
				old_of_sink(&all, s);
		}
		else if (s->replace != InvalidSubTransactionId && s->o.key == NULL)
			old_of_sink(&all, s);
	}
	return all;
}

static void
delete_old(List *all)
{
	size_t		done = 0;
	ListCell   *lc;

	foreach(lc, all)
	{
		OldObjects *o = lfirst(lc);
		size_t		deleted = 0;
		PdsError	err;

		pds_error_clear(&err);
		if (pds_s3_delete_many(o->target->conn->aws, o->bucket, o->keys, o->n, &deleted, &err))
		{
			done += deleted;
			continue;
		}
		done += deleted;
		/* nothing is lost yet: back */
		if (done == 0)
			pds_raise(&err);
		if (err.kind == PDS_ERR_CANCELLED)
			pds_forget_interrupt();
		ereport(WARNING,
				(errcode(pds_sqlstate(&err)),
				 errmsg_plural("%zu old object of s3://%s could not be deleted: %s",
							   "%zu old objects of s3://%s could not be deleted: %s", o->n - deleted,
							   o->n - deleted, o->bucket,
							   err.kind == PDS_ERR_CANCELLED ? "cancelled" : err.message),
				 errdetail("The new objects are there, and others of the old ones are gone already."),
				 errhint("Delete them by hand: their rows are read beside the new ones.")));
	}
}

/* ---- steps 1 to 3 ---- */

static void
finish_uploads(void)
{
	PdsWriteTarget *t;
	PdsWriteDest *s;

	EACH_SINK(t, s)
	{
		pds_wait_settle(s);
		pds_wait_drain(s);
		pds_stream_finish(s);
	}
	Assert(pds_writes->nopen == 0 && pds_writes->waiting == 0);
	if (pds_writes->file)
		BufFileClose(pds_writes->file);
	pds_writes->file = NULL;
}

/* "s3://bucket/a=1/": with and without a slash at its end the same folder */
static bool
same_folder(const char *a, const char *b)
{
	size_t		n = strlen(a);
	size_t		m = strlen(b);

	n -= n > 0 && a[n - 1] == '/';
	m -= m > 0 && b[m - 1] == '/';
	return n == m && memcmp(a, b, n) == 0;
}

static bool
same_partition(char *const *a, char *const *b, int n)
{
	int			i;

	for (i = 0; i < n; i++)
		if (strcmp(a[i], b[i]) != 0)
			return false;
	return true;
}

/* Another session was first: it must have chosen the same folder. */
static void
check_registered(PdsWriteTarget *t, const PdsPartitionInput *parts, int n, int nvalues)
{
	const PdsPartitionList *list;
	int			i;
	int			k;

	pds_cache_forget();
	list = pds_cached_partitions(t->conn, t->table->glue, NULL, pds_writes->cxt);
	for (i = 0; i < n; i++)
		for (k = 0; k < list->n; k++)
		{
			const PdsCachedPartition *g = list->items[k];

			if (g->nvalues == nvalues && same_partition(g->values, parts[i].values, nvalues) &&
				g->location && !same_folder(g->location, parts[i].location))
				ereport(ERROR,
						(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
						 errmsg("another session has registered a partition of %s.%s in %s",
								t->table->options.database, t->table->options.table_name,
								g->location),
						 errhint("Try again: the rows will go there.")));
		}
}

static void
register_partitions(PdsWriteTarget *t)
{
	PdsPartitionInput *parts = palloc0(Max(t->ndests, 1) * sizeof(PdsPartitionInput));
	PdsError	err;
	PdsWriteDest *s;
	int			nvalues = 0;
	int			n = 0;
	int			created = 0;

	for (s = t->dests; s; s = s->next)
	{
		if (s->o.values == NULL || !has_objects(s))
			continue;
		Assert(nvalues == 0 || nvalues == s->o.nvalues);
		nvalues = s->o.nvalues;
		parts[n].values = s->o.values;
		parts[n++].location = psprintf("s3://%s/%s", s->o.bucket, s->o.prefix);
	}
	if (n == 0)
		return;
	pds_error_clear(&err);
	if (!pds_glue_create_partitions(t->conn->aws, t->conn->options.catalog_id, t->table->glue,
									parts, n, &created, &err))
		pds_raise(&err);
	if (created < n)
		check_registered(t, parts, n, nvalues);
	else
	{
		/* all are ours: an abort takes them back */
		t->registered = parts;
		t->nregistered = n;
	}
}

static void
complete_all(void)
{
	PdsWriteTarget *t;
	PdsWriteDest *s;
	PdsStream  *st;
	PdsError	err;

	EACH_SINK(t, s)
		for (st = s->streams; st; st = st->next)
	{
		if (st->state != PDS_STREAM_FINISHED)
			continue;
		st->state = PDS_STREAM_COMPLETING;
		pds_error_clear(&err);
		if (!pds_upload_complete(st->upload, &err))
			pds_raise(&err);
		st->state = PDS_STREAM_COMPLETE;
	}
}

void
pds_write_pre_commit(void)
{
	MemoryContext old = MemoryContextSwitchTo(pds_writes->cxt);
	PdsWriteTarget *t;
	List	   *doomed;

	pds_check_not_broken();
	for (t = pds_writes->targets; t; t = t->next)
		pds_activity_phase(t->activity, PDS_PHASE_COMMITTING);
	finish_uploads();
	doomed = find_old();
	for (t = pds_writes->targets; t; t = t->next)
		register_partitions(t);
	complete_all();
	delete_old(doomed);
	MemoryContextSwitchTo(old);
}

/* ---- abort ---- */

/* Objects that are visible already, and should not be. */
static void
take_back(PdsWriteDest *s, PdsStream *st)
{
	PdsError	err;

	pds_error_clear(&err);
	if (!pds_s3_delete(s->target->conn->aws, s->o.bucket, st->key, &err))
		ereport(WARNING,
				(errcode(pds_sqlstate(&err)),
				 errmsg("s3://%s/%s is there although the transaction was rolled back: %s",
						s->o.bucket, st->key,
						err.kind == PDS_ERR_CANCELLED ? "no reply in time to its deletion"
						: err.message),
				 errhint("Delete it by hand.")));
	else
		st->state = PDS_STREAM_GONE;
}

/* an object of a key that was given may be somebody else's */
static bool
is_ours(const PdsWriteDest *s, const PdsStream *st)
{
	return st->state == PDS_STREAM_COMPLETE ||
		(st->state == PDS_STREAM_COMPLETING && s->o.key == NULL);
}

void
pds_write_abort_target(PdsWriteTarget *t)
{
	PdsWriteDest *s;
	PdsStream  *st;
	PdsError	err;

	for (s = t->dests; s; s = s->next)
		for (st = s->streams; st; st = st->next)
		{
			pds_stream_abort(s, st);
			if (is_ours(s, st))
				take_back(s, st);
		}
	if (t->nregistered > 0 &&
		!pds_glue_delete_partitions(t->conn->aws, t->conn->options.catalog_id,
									t->table->options.database, t->table->options.table_name,
									t->table->nkeys, t->registered, t->nregistered, NULL, &err))
		ereport(WARNING,
				(errcode(pds_sqlstate(&err)),
				 errmsg("new partitions of %s.%s are still registered: %s",
						t->table->options.database, t->table->options.table_name,
						err.kind == PDS_ERR_CANCELLED ? "no reply in time" : err.message),
				 errhint("They are empty and do no harm.")));
	t->nregistered = 0;
}

void
pds_write_abort(void)
{
	PdsWriteTarget *t;

	/* whatever interrupted the transaction must not interrupt this */
	pds_forget_interrupt();
	pds_set_deadline(PDS_ABORT_MS);
	for (t = pds_writes->targets; t; t = t->next)
		pds_write_abort_target(t);
	pds_set_deadline(0);
}
