/*
 * direct_scan.c
 *	  Execution of a direct scan: partitions pruned with the values of this
 *	  execution, objects fetched ahead, records converted.
 *
 * What to read is settled at the first row, when parameters have their values.
 * A rescan that reads the same objects keeps its rows for the next ones.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "access/parallel.h"
#include "access/relation.h"
#include "access/transam.h"
#include "executor/executor.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "rewrite/rewriteHandler.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "fdw/base/error_map.h"
#include "fdw/base/on_reset.h"
#include "fdw/base/params.h"
#include "fdw/catalog/cache.h"
#include "fdw/catalog/prune.h"
#include "fdw/direct/direct_scan.h"
#include "fdw/direct/worker_totals.h"
#include "fdw/plan/plan_private.h"
#include "fdw/scan/explain.h"

/* ---- begin ---- */

/* which fields of the data are needed */
static void
look_at_columns(PdsDirectScan *s)
{
	ListCell   *lc;

	s->no_data = true;
	foreach(lc, s->attnums)
	{
		const PdsColumn *c = &s->common.table->columns[lfirst_int(lc) - 1];

		Assert(lfirst_int(lc) >= 1 && lfirst_int(lc) <= s->common.table->natts);
		s->numbered = s->numbered || c->field == PDS_FIELD_ROW_NUMBER;
		s->no_data = s->no_data && (c->key >= 0 || pds_is_pseudo(c));
	}
}

static void
begin_direct_scan(ForeignScanState *node, int eflags)
{
	ForeignScan *plan = (ForeignScan *) node->ss.ps.plan;
	EState	   *estate = node->ss.ps.state;
	Relation	rel = node->ss.ss_currentRelation;
	PdsDirectScan *s = palloc0(sizeof(PdsDirectScan));
	Bitmapset  *attrs = NULL;
	ListCell   *lc;

	node->fdw_state = s;
	s->common.methods = &pds_direct_methods;
	s->plan = pds_plan_unpack(plan);
	Assert(s->plan->kind == PDS_PLAN_DIRECT);
	if (eflags & EXEC_FLAG_EXPLAIN_ONLY)
		return;
	pds_scan_connect(node, &s->common);
	s->reject_log.userid = GetUserId();
	s->reject_log.relid = s->common.table->relid;
	s->reject_log.verbosity = s->common.table->options.log_verbosity;
	pds_table_load_catalog(s->common.table, s->common.conn);
	s->returned = s->plan->columns;
	s->attnums = pds_raw_filter_columns(plan->fdw_recheck_quals, list_copy(s->returned));
	foreach(lc, s->attnums)
		attrs = bms_add_member(attrs, lfirst_int(lc) - FirstLowInvalidHeapAttributeNumber);
	pds_table_check_columns(s->common.table, attrs);
	look_at_columns(s);
	if (s->common.table->direct_reason)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("foreign table \"%s\" cannot be scanned directly: %s",
						RelationGetRelationName(rel), s->common.table->direct_reason),
				 s->common.table->direct_hint
				 ? errhint("%s", s->common.table->direct_hint) : 0));
	s->param_ids = bms_union(pds_exec_params(plan->fdw_exprs),
							 pds_exec_params(plan->fdw_recheck_quals));
	s->cxt = AllocSetContextCreate(estate->es_query_cxt, "pds_fdw direct scan",
								   ALLOCSET_DEFAULT_SIZES);
	s->worker_totals = pds_worker_totals_begin(node);
}

/* ---- start: what to read ---- */

/* called from the core */
static bool
next_direct_split(void *arg, PdsSplit *split)
{
	PdsDirectScan *s = arg;
	PdsDataObject *o;
	PdsReadUnit *unit;
	int			number = s->queue.next;
	int64		first = 0;
	int64		step = 0;
	PdsSplit	shared = {0};

	if (s->parallel)
	{
		if (!pds_parallel_next(s->parallel, &number, &first, &step, &shared))
			return false;
	}
	else
	{
		if (pds_queue_is_low(&s->queue))
			pds_listing_page_ahead(s->queue.listing);
		if (number >= s->queue.known)
			return false;
	}
	Assert(number >= 0 && number < s->queue.known);
	o = pds_queue_object(&s->queue, number, &unit);
	pds_object_split(o, unit, step, first,
					 step > 0 ? Min(first + step, o->size) : o->size, split);
	split->states = shared.states;
	split->line_ends = shared.line_ends;
	s->queue.next++;
	if (split->first == 0)
		s->totals.objects_read++;
	return true;
}

static int
compare_fields(const void *a, const void *b, void *arg)
{
	const PdsTable *t = arg;

	return t->columns[*(const int *) a].field - t->columns[*(const int *) b].field;
}

/* a check_function_callback */
static bool
is_own_function(Oid funcid, void *context)
{
	return funcid >= FirstUnpinnedObjectId;
}

static bool
calls_own_function(Node *node, void *context)
{
	if (node == NULL)
		return false;
	return check_functions_in_node(node, is_own_function, context) ||
		expression_tree_walker(node, calls_own_function, context);
}

/*
 * The default of a column, where a text stands for it.  Whoever reads the table evaluates what its
 * owner has written: as in virtual generated columns, only what the server itself has.
 */
static void
prepare_default(PdsDirectScan *s, const PdsColumn *c)
{
	Relation	rel = relation_open(s->common.table->relid, AccessShareLock);
	Node	   *value = build_column_default(rel, c->attnum);

	relation_close(rel, AccessShareLock);
	if (calls_own_function(value, NULL))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("the default of column \"%s\" calls a function that is not built in",
						c->attname),
				 errdetail("With the option \"default\" it would run with the rights of whoever reads the table."),
				 errhint("Give the column another default, or ALTER FOREIGN TABLE ... OPTIONS (DROP \"default\").")));
	c->rules->default_value = value ? ExecInitExpr(expression_planner((Expr *) value), NULL) : NULL;
	c->rules->econtext = CreateStandaloneExprContext();
}

/* Converters of the columns to be read, in the order of their fields. */
static void
prepare_columns(PdsDirectScan *s, int natts)
{
	PdsTable   *t = s->common.table;
	int		   *atts = palloc(natts * sizeof(int));
	int		   *wanted;
	PdsRowColumn *cols;
	int			n = 0;
	int			i;
	int			encoding = -1;
	ListCell   *lc;

	s->nkeys = s->npseudo = 0;
	s->pseudo_object = -1;
	s->pseudo_attnos = palloc(natts * sizeof(int));
	s->pseudo_values = palloc0(natts * sizeof(Datum));
	s->key_attnos = palloc(natts * sizeof(int));
	s->key_numbers = palloc(natts * sizeof(int));
	foreach(lc, s->attnums)
	{
		const PdsColumn *c = &t->columns[lfirst_int(lc) - 1];

		if (pds_is_pseudo(c))
			s->pseudo_attnos[s->npseudo++] = c->attnum - 1;
		else if (c->key >= 0)
		{
			s->key_attnos[s->nkeys] = c->attnum - 1;
			s->key_numbers[s->nkeys++] = c->key;
		}
		else
			atts[n++] = c->attnum - 1;
	}
	Assert(n + s->nkeys + s->npseudo == list_length(s->attnums));
	qsort_arg(atts, n, sizeof(int), compare_fields, t);
	wanted = palloc(Max(n, 1) * sizeof(int));
	cols = palloc0(Max(n, 1) * sizeof(PdsRowColumn));
	for (i = 0; i < n; i++)
	{
		const PdsColumn *c = &t->columns[atts[i]];

		Assert(c->field >= 0 && c->field < t->nfields);
		wanted[i] = c->field;
		if (i > 0 && wanted[i] == wanted[i - 1])
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("columns \"%s\" and \"%s\" are the same column in Glue",
							t->columns[atts[i - 1]].attname, c->attname)));
		cols[i].attno = atts[i];
		cols[i].not_returned = !list_member_int(s->returned, c->attnum);
		cols[i].hive = c->hive;
		cols[i].hive_known = c->hive_known;
		pds_converter_init(&cols[i].conv, t->dialect.format, &t->dialect, c->typid, c->typmod,
						   c->hive_known ? &c->hive : NULL, NULL, NULL, c->attname);
		cols[i].conv.rules = c->rules;
		if (c->rules && c->rules->default_text)
			prepare_default(s, c);
		cols[i].conv.soft = t->options.on_error == PDS_ON_ERROR_NULL ||
			t->options.on_error == PDS_ON_ERROR_SKIP;
		cols[i].conv.strict = t->options.on_error != PDS_ON_ERROR_SERDE;
		cols[i].conv.use = s->uses ? s->uses[atts[i]] : PDS_USE_VALUE;
	}
	if (t->options.encoding)
		encoding = pg_char_to_encoding(t->options.encoding);
	s->rows = pds_rows_create(s->cxt, s->in.reader, natts, n, cols, wanted, t->nfields, encoding);
	s->rows->numbered = s->numbered;
	s->rows->null_padding = t->options.null_padding;
	s->rows->on_error = t->options.on_error;
	s->rows->reject_limit = t->options.reject_limit;
}

/* The names that headers of objects are compared with, where the table asks for that. */
static void
prepare_names(PdsDirectScan *s)
{
	const PdsTable *t = s->common.table;
	PdsHeaderNames names = {.n = t->nfields, .any_case = t->in_catalog};
	int			i;

	if (t->dialect.header_mode == PDS_HEADER_SKIPPED)
		return;
	names.names = palloc(Max(names.n, 1) * sizeof(char *));
	for (i = 0; t->in_catalog && i < names.n; i++)
		names.names[i] = t->glue->sd.columns[i].name;
	for (i = 0; !t->in_catalog && i < t->natts; i++)
	{
		const PdsColumn *c = &t->columns[i];

		if (c->name && c->field >= 0)
			names.names[c->field] = pg_server_to_any(c->header_name, strlen(c->header_name),
													 PG_UTF8);
	}
	if (s->parallel)
		names.store = pds_parallel_headers(s->parallel);
	pds_rows_set_names(s->rows, &names);
}

/* What a partition declares otherwise than the table must be coercible (coerce.h). */
static void
check_overrides(PdsDirectScan *s, const PdsPartition *p)
{
	PdsTable   *t = s->common.table;
	const PdsColumnOverride *d;
	int			i;

	Assert(t->glue != NULL);
	for (d = p->overrides; d->field >= 0; d++)
		for (i = 0; i < s->rows->ncolumns; i++)
			if (s->rows->declared[i] == d->field && !pds_rows_coercible(s->rows, i, d->type))
				ereport(ERROR,
						(errcode(ERRCODE_FDW_INVALID_DATA_TYPE),
						 errmsg("partition s3://%s/%s declares column \"%s\" as %s, the Glue table %s.%s as %s",
								p->bucket, p->prefix, s->rows->columns[i].conv.column_name, d->type,
								t->options.database, t->options.table_name,
								t->glue->sd.columns[d->field].type),
						 errhint("There is no such conversion here: correct the partition in Glue, or, for arrays, maps and structs, ask Athena: SET pds.engine = 'athena'.")));
}

/* columns of other SerDes are strings to Athena whatever their types */
static void
prepare_overrides(PdsDirectScan *s)
{
	const PdsColumnOverride **partition_overrides = NULL;
	int			i;

	for (i = 0; i < s->set->npartitions; i++)
	{
		const PdsPartition *p = &s->set->partitions[i];

		if (p->overrides == NULL || p->dialect->format != PDS_FORMAT_LAZYSIMPLE)
			continue;
		check_overrides(s, p);
		if (partition_overrides == NULL)
			partition_overrides = MemoryContextAllocExtended(s->cxt,
															 s->set->npartitions * sizeof(PdsColumnOverride *),
															 MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
		partition_overrides[i] = p->overrides;
	}
	s->rows->partition_overrides = partition_overrides;
}

/* fields of a record, from its first, up to the last one that is read */
static uint32
fields_kept(const PdsDirectScan *s)
{
	int			last = 0;
	ListCell   *lc;

	foreach(lc, s->attnums)
	{
		const PdsColumn *c = &s->common.table->columns[lfirst_int(lc) - 1];

		if (c->key < 0 && !pds_is_pseudo(c))
			last = Max(last, c->field);
	}
	return (uint32) last + 1;
}

/* an error: nobody else will */
static void
sum_up_failed(void *arg)
{
	pds_direct_sum_up(arg);
}

static void
start_direct_scan(ForeignScanState *node, PdsDirectScan *s)
{
	MemoryContext old = MemoryContextSwitchTo(s->cxt);
	int			natts = RelationGetDescr(node->ss.ss_currentRelation)->natts;
	PdsReaderOptions reader;

	Assert(!s->started && s->cxt != NULL);
	memset(&reader, 0, sizeof(reader));
	reader.ncolumns = s->common.table->nfields;
	reader.count_only = s->no_data && !s->numbered;
	reader.keep = fields_kept(s);
	if (s->parallel)
	{
		s->set = pds_parallel_objects(s->parallel, s->common.table, s->cxt);
		pds_queue_all(&s->queue, s->set, s->cxt);
		reader.presence = pds_parallel_presence(s->parallel);
	}
	else
		pds_direct_begin_queue(node, s);
	pds_object_reader_open(&s->in, s->common.conn, &s->common.table->options,
						   s->parallel ? pds_parallel_participants(s->parallel) : 1,
						   next_direct_split, s, &reader, s->cxt);
	/* aggregates and Top-N take all rows */
	pds_fetch_expect(s->in.fetch, s->parallel || s->queue.listing ? 0 : s->set->bytes,
					 s->uses != NULL);
	pds_progress_scan(pds_scan_name(node), s->in.fetch, s->queue.known, s->set->bytes,
					  s->queue.listing == NULL,
					  s->parallel ? pds_parallel_progress(s->parallel) : NULL, s->cxt);
	prepare_columns(s, natts);
	s->rows->reject_log = &s->reject_log;
	prepare_names(s);
	if (s->parallel)
	{
		s->rows->shared_rejected = pds_parallel_rejected(s->parallel);
		s->reject_log.area = pds_parallel_reject_area(s->parallel);
	}
	pds_raw_filters_set(s->rows, ((ForeignScan *) node->ss.ps.plan)->fdw_recheck_quals,
						&node->ss.ps);
	prepare_overrides(s);
	pds_activity_reads(s->common.activity, s->in.fetch, &s->rows->rows,
					   s->queue.listing ? -1 : s->queue.known,
					   s->queue.listing ? -1 : s->set->bytes, s->cxt);
	pds_on_reset(s->cxt, sum_up_failed, s);
	s->started = true;
	MemoryContextSwitchTo(old);
}

/* ---- rows ---- */

/* for every row: a slot that was materialised has given its values back */
static void
set_row_keys(PdsDirectScan *s, TupleTableSlot *slot)
{
	const PdsPartition *p = &s->set->partitions[s->rows->batch.unit->partition];
	int			i;

	Assert(s->rows->batch.unit->partition >= 0 &&
		   s->rows->batch.unit->partition < s->set->npartitions);
	for (i = 0; i < s->nkeys; i++)
	{
		slot->tts_values[s->key_attnos[i]] = p->key_datums[s->key_numbers[i]];
		slot->tts_isnull[s->key_attnos[i]] = p->key_nulls[s->key_numbers[i]];
	}
}

/* Values of the object that the rows lie in now. */
static void
next_object(PdsDirectScan *s, int number)
{
	PdsReadUnit *unit;
	const PdsDataObject *o = s->sample ? &s->set->objects[number]
		: pds_queue_object(&s->queue, number, &unit);
	MemoryContext old = MemoryContextSwitchTo(s->cxt);
	int			i;

	for (i = 0; i < s->npseudo; i++)
	{
		const PdsColumn *c = &s->common.table->columns[s->pseudo_attnos[i]];

		if (!pds_is_object_column(c))
			continue;
		if (c->field == PDS_FIELD_PATH && s->pseudo_object >= 0)
			pfree(DatumGetPointer(s->pseudo_values[i]));
		s->pseudo_values[i] = pds_object_value(c, o);
	}
	s->pseudo_object = number;
	MemoryContextSwitchTo(old);
}

/* number of the record in its object, from 1, without header lines */
static int64
row_number(const PdsDirectScan *s)
{
	const PdsBatch *b = &s->rows->batch;

	if (b->record_offset < 0 && s->sample)
		return b->split->first / Max(b->len / Max(b->nrec, 1), 1) + (int64) s->rows->next;
	if (b->record_offset < 0)
		elog(ERROR, "the records of an object read in parts have no numbers");
	return b->record_offset + (int64) s->rows->next - b->unit->dialect->header_lines -
		b->unit->dialect->skip_lines;
}

static void
set_pseudo(PdsDirectScan *s, TupleTableSlot *slot)
{
	int			number = s->rows->batch.unit->object;
	int			i;

	if (number != s->pseudo_object)
		next_object(s, number);
	for (i = 0; i < s->npseudo; i++)
	{
		int			attno = s->pseudo_attnos[i];

		slot->tts_isnull[attno] = false;
		slot->tts_values[attno] =
			s->common.table->columns[attno].field == PDS_FIELD_ROW_NUMBER
			? Int64GetDatum(row_number(s)) : s->pseudo_values[i];
	}
}

/* Start the scan when it has not begun. */
static void
ensure_started(ForeignScanState *node, PdsDirectScan *s)
{
	TupleTableSlot *slot = node->ss.ss_ScanTupleSlot;

	if (s->started)
		return;
	start_direct_scan(node, s);
	memset(slot->tts_isnull, true, slot->tts_tupleDescriptor->natts * sizeof(bool));
}

static inline void
set_constants(PdsDirectScan *s, TupleTableSlot *slot)
{
	if (s->nkeys > 0)
		set_row_keys(s, slot);
	if (s->npseudo > 0)
		set_pseudo(s, slot);
}

/*
 * More objects, where the listing goes on and few are left.  Not from within the core, which what
 * fails here must not jump over.
 */
static void
list_ahead(ForeignScanState *node, PdsDirectScan *s)
{
	pds_listing_ahead(s->queue.listing);
	if (!pds_listing_waits(s->queue.listing))
		pds_direct_fill_queue(node, s);
}

/* All objects that are known were read: are there more? */
static bool
list_more(ForeignScanState *node, PdsDirectScan *s)
{
	int			known = s->queue.known;

	while (s->queue.listing && s->queue.known == known)
		pds_direct_fill_queue(node, s);
	return s->queue.known > known;
}

bool
pds_direct_next(ForeignScanState *node)
{
	PdsDirectScan *s = (PdsDirectScan *) node->fdw_state;
	TupleTableSlot *slot = node->ss.ss_ScanTupleSlot;

	ExecClearTuple(slot);
	ensure_started(node, s);
	if (unlikely(pds_queue_is_low(&s->queue)))
		list_ahead(node, s);
	while (!pds_rows_next(s->rows, slot))
		if (!list_more(node, s))
			return false;
	set_constants(s, slot);
	ExecStoreVirtualTuple(slot);
	return true;
}

bool
pds_direct_next_batch(ForeignScanState *node, int64 *nrows)
{
	PdsDirectScan *s = (PdsDirectScan *) node->fdw_state;
	TupleTableSlot *slot = node->ss.ss_ScanTupleSlot;
	bool		some;
	int			i;

	/* rows are not kept for rescans here */
	Assert(s->spool.store == NULL);
	ensure_started(node, s);
	for (i = 0; i < s->rows->ncolumns; i++)
		if (!s->rows->columns[i].not_returned)
			return false;
	if (s->numbered)
		return false;
	ExecClearTuple(slot);
	if (pds_queue_is_low(&s->queue))
		list_ahead(node, s);
	while ((some = pds_rows_count(s->rows, nrows)) == false && list_more(node, s))
		;
	if (some)
	{
		set_constants(s, slot);
		ExecStoreVirtualTuple(slot);
	}
	return true;
}

static TupleTableSlot *
iterate_direct_scan(ForeignScanState *node)
{
	PdsDirectScan *s = (PdsDirectScan *) node->fdw_state;
	TupleTableSlot *slot = node->ss.ss_ScanTupleSlot;

	ExecClearTuple(slot);
	if (pds_spool_next(&s->spool, slot) || s->spool.complete)
		return slot;
	if (pds_direct_next(node))
		pds_spool_put(&s->spool, slot);
	else
		s->spool.complete = s->spool.store != NULL;
	return slot;
}

/* ---- samples ---- */

PdsDirectScan *
pds_direct_sample(const PdsConnection *conn, PdsTable *table, PdsObjectSet *set,
				  PdsNextSplitFn next, void *arg, MemoryContext cxt)
{
	MemoryContext old = MemoryContextSwitchTo(cxt);
	PdsDirectScan *s = palloc0(sizeof(PdsDirectScan));
	PdsReaderOptions reader = {.ncolumns = table->nfields};
	int			i;

	Assert(table->nfields > 0 || table->nkeys > 0);
	s->common.table = table;
	s->cxt = cxt;
	s->set = set;
	s->sample = true;
	for (i = 0; i < table->natts; i++)
		if (table->columns[i].name && table->columns[i].field != PDS_FIELD_MISSING)
			s->attnums = lappend_int(s->attnums, i + 1);
	s->returned = s->attnums;
	s->numbered = true;
	pds_object_reader_open(&s->in, conn, &table->options, 1, next, arg, &reader, cxt);
	prepare_columns(s, table->natts);
	prepare_names(s);
	prepare_overrides(s);
	MemoryContextSwitchTo(old);
	return s;
}

bool
pds_direct_sample_next(PdsDirectScan *s, TupleTableSlot *slot)
{
	ExecClearTuple(slot);
	/* columns that are dropped, or that Glue does not have */
	memset(slot->tts_isnull, true, slot->tts_tupleDescriptor->natts * sizeof(bool));
	if (!pds_rows_next(s->rows, slot))
		return false;
	set_constants(s, slot);
	ExecStoreVirtualTuple(slot);
	return true;
}

const PdsObjectReader *
pds_direct_sample_in(const PdsDirectScan *s)
{
	return &s->in;
}

/* ---- end ---- */

static void
rescan_direct(ForeignScanState *node)
{
	PdsDirectScan *s = (PdsDirectScan *) node->fdw_state;

	/*
	 * processes that share a scan are given other rows each time; aggregates
	 * and Top-N keep what they give
	 */
	bool		same = !node->ss.ps.plan->parallel_aware && s->uses == NULL &&
		!bms_overlap(node->ss.ps.chgParam, s->param_ids);

	Assert(s->cxt != NULL);
	if (same && s->spool.store)
	{
		pds_spool_rewind(&s->spool);
		return;
	}
	pds_spool_drop(&s->spool);
	if (same && s->started)
		pds_spool_begin(&s->spool, node);
	pds_direct_sum_up(s);
	pds_direct_end_listing(s);
	s->started = s->summed = false;
	MemoryContextReset(s->cxt);
}

static void
warn_of_values(const PdsDirectScan *s, const char *relname)
{
	uint64		n = s->totals.malformed;

	pds_rows_warn(s->common.table->options.on_error, s->totals.rejected, s->totals.ragged, relname);
	if (s->totals.rejected > 0 || n == 0)
		return;
	ereport(WARNING,
			(errmsg_plural(UINT64_FORMAT " value of \"%s\" could not be read and is NULL, by the rules of its SerDe",
						   UINT64_FORMAT " values of \"%s\" could not be read and are NULL, by the rules of its SerDe",
						   n, n, relname),
			 errhint("The table option on_error says what else to do: stop or skip.")));
}

static void
end_worker_totals(PdsDirectScan *s)
{
	if (IsParallelWorker())
		pds_worker_totals_leave(s->worker_totals, s);
	else
		pds_worker_totals_take(s->worker_totals, s);
	pds_worker_totals_end(s->worker_totals);
	s->worker_totals = NULL;
}

/* for pds.stat_scans */
static void
count_direct_scan(void *arg, PdsStatCounts *counts)
{
	const PdsDirectScan *s = arg;
	const PdsScanTotals *t = &s->totals;

	if (s->handed_over)
		return;
	counts->rows = t->rows;
	counts->objects = t->objects_read;
	counts->bytes = (int64) t->bytes_read;
	counts->rejected = t->rejected;
	pds_count_http(counts, &t->http);
}

static void
end_direct_scan(ForeignScanState *node)
{
	PdsDirectScan *s = (PdsDirectScan *) node->fdw_state;

	if (s->cxt == NULL)
		return;
	pds_direct_sum_up(s);
	pds_direct_end_listing(s);
	s->started = false;
	pds_spool_end(&s->spool);
	/* of a worker the leader tells */
	if (!(s->parallel && pds_parallel_is_worker(s->parallel)) &&
		s->reject_log.verbosity != PDS_VERBOSITY_SILENT)
		warn_of_values(s, RelationGetRelationName(node->ss.ss_currentRelation));
	if (s->worker_totals)
		end_worker_totals(s);
	pds_activity_end(s->common.activity, false);
	MemoryContextDelete(s->cxt);
	s->cxt = NULL;
}

static void
explain_direct_scan(ForeignScanState *node, ExplainState *es)
{
	PdsDirectScan *s = (PdsDirectScan *) node->fdw_state;
	ForeignScan *plan = (ForeignScan *) node->ss.ps.plan;

	ExplainPropertyText("Engine", "direct", es);
	if (s->plan->athena_reason)
		ExplainPropertyText("Not by Athena", s->plan->athena_reason, es);
	pds_explain_filters(node, s->plan, es);
	if (!es->analyze)
	{
		pds_explain_planned(&s->plan->planned, es);
		return;
	}
	pds_direct_sum_up(s);
	if (s->worker_totals)
		pds_worker_totals_take(s->worker_totals, s);
	if (plan->fdw_recheck_quals)
		ExplainPropertyInteger("Rows Removed in Scan", NULL, s->totals.filtered, es);
	if (s->common.table->nkeys > 0)
	{
		ExplainPropertyInteger("Partitions", NULL, s->listing.npartitions, es);
		ExplainPropertyInteger("Partitions Pruned", NULL, s->listing.npruned, es);
	}
	ExplainPropertyInteger(s->listing.goes_on ? "Objects At Least" : "Objects", NULL,
						   s->listing.nobjects, es);
	ExplainPropertyInteger("Objects Read", NULL, s->totals.objects_read, es);
	if (s->plan->object_quals)
		ExplainPropertyInteger("Objects Pruned", NULL, s->listing.objects_pruned, es);
	if (s->listing.nskipped > 0)
		ExplainPropertyInteger("Objects Skipped", NULL, s->listing.nskipped, es);
	if (s->listing.narchived + s->totals.archived > 0)
		ExplainPropertyInteger("Objects Archived", NULL, s->listing.narchived + s->totals.archived,
							   es);
	ExplainPropertyInteger("Bytes Read", "B", (int64) s->totals.bytes_read, es);
	pds_explain_http(&s->common, &s->totals.http, es);
	if (s->totals.malformed > 0)
		ExplainPropertyInteger("Malformed Values", NULL, (int64) s->totals.malformed, es);
	if (s->totals.rejected > 0)
		ExplainPropertyInteger("Rejected", NULL, s->totals.rejected, es);
	if (s->totals.ragged > 0)
		ExplainPropertyInteger("Ragged Records", NULL, s->totals.ragged, es);
}

const PdsEngineMethods pds_direct_methods = {
	.begin = begin_direct_scan,
	.iterate = iterate_direct_scan,
	.rescan = rescan_direct,
	.end = end_direct_scan,
	.explain = explain_direct_scan,
	.kind = PDS_STAT_DIRECT,
	.count = count_direct_scan
};
