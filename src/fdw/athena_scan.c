/*
 * athena_scan.c
 *	  Execution of a scan by Athena: start, poll, read the result.
 *
 * The result object is read by the same fetcher, index and converters as a
 * direct scan; by pages of the API only where S3 cannot be read.  A rescan with
 * unchanged parameters reads the same result again, and from the second time
 * on a local tuplestore.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "access/xact.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/tuplestore.h"

#include "fdw/deparse.h"
#include "fdw/error_map.h"
#include "fdw/explain.h"
#include "fdw/row_source.h"
#include "fdw/scan.h"

#define API_PAGE 1000
/* to find and stop an execution whose start was cancelled */
#define FIND_MS 200

typedef struct AthenaScan
{
	PdsScanCommon common;		/* first */
	int			ncolumns;		/* of the result */
	List	   *param_states;
	Bitmapset  *param_ids;		/* PARAM_EXEC numbers in them */
	char	   *sql;			/* as sent */
	SubTransactionId subid;		/* in which the scan was opened */

	bool		succeeded;		/* there is a result to read */
	bool		done;			/* it was read to its end */
	PdsAthenaExecution exec;
	char		last_id[64];	/* for EXPLAIN */
	int			executions;		/* over all rescans */
	int64		bytes_scanned;
	double		price;			/* US dollars */

	/* one pass over the result */
	MemoryContext cxt;
	bool		open;
	PdsDialect	dialect;
	PdsReadUnit unit;
	char	   *bucket;			/* of the result object */
	char	   *key;
	char		etag[128];
	int64		size;
	bool		given;			/* the one split was handed out */
	PdsFetch   *fetch;
	PdsReader  *reader;
	PdsRowSource *rows;
	bool		by_api;
	char	   *next_token;		/* of the page to come, palloc'd in cxt */
	bool		last_page;

	/* rows kept for rescans */
	Tuplestorestate *store;
	TupleTableSlot *store_slot;
	bool		storing;
	bool		stored;			/* it is complete */
} AthenaScan;

/* ---- begin ---- */

static bool
param_walker(Node *node, Bitmapset **ids)
{
	if (node == NULL)
		return false;
	if (IsA(node, Param) && ((Param *) node)->paramkind == PARAM_EXEC)
		*ids = bms_add_member(*ids, ((Param *) node)->paramid);
	return expression_tree_walker(node, param_walker, ids);
}

static void
free_execution(void *arg)
{
	AthenaScan *s = arg;

	pds_athena_execution_clear(&s->exec);
}

static void
begin(ForeignScanState *node, int eflags)
{
	ForeignScan *plan = (ForeignScan *) node->ss.ps.plan;
	EState	   *estate = node->ss.ps.state;
	AthenaScan *s = palloc0(sizeof(AthenaScan));
	MemoryContextCallback *cb;

	node->fdw_state = s;
	s->common.methods = &pds_athena_methods;
	pds_athena_execution_init(&s->exec);
	if (eflags & EXEC_FLAG_EXPLAIN_ONLY)
		return;
	s->subid = GetCurrentSubTransactionId();
	pds_scan_connect(node, &s->common);
	s->ncolumns = plan->scan.scanrelid == 0 ? list_length(plan->fdw_scan_tlist)
		: list_length(list_nth(plan->fdw_private, PdsScanPrivateRetrieved));
	s->param_states = ExecInitExprList(plan->fdw_exprs, &node->ss.ps);
	param_walker((Node *) plan->fdw_exprs, &s->param_ids);
	s->cxt = AllocSetContextCreate(estate->es_query_cxt, "pds_fdw Athena scan",
								   ALLOCSET_DEFAULT_SIZES);
	cb = palloc(sizeof(MemoryContextCallback));
	cb->func = free_execution;
	cb->arg = s;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, cb);
}

/* ---- the execution ---- */

static void
build_sql(ForeignScanState *node, AthenaScan *s)
{
	ForeignScan *plan = (ForeignScan *) node->ss.ps.plan;
	const char *text = strVal(list_nth(plan->fdw_private, PdsScanPrivateSql));
	int			n = list_length(plan->fdw_exprs);
	Datum	   *values = palloc(Max(n, 1) * sizeof(Datum));
	bool	   *nulls = palloc(Max(n, 1) * sizeof(bool));
	Oid		   *types = palloc(Max(n, 1) * sizeof(Oid));
	ListCell   *lc;
	int			i = 0;

	foreach(lc, s->param_states)
	{
		types[i] = exprType(list_nth(plan->fdw_exprs, i));
		values[i] = ExecEvalExpr(lfirst(lc), node->ss.ps.ps_ExprContext, &nulls[i]);
		i++;
	}
	s->sql = MemoryContextStrdup(node->ss.ps.state->es_query_cxt,
								 pds_substitute_params(text, values, nulls, types));
}

/* the smallest of the limits of all tables; -1: none */
static int64
smallest_limit(ForeignScanState *node, AthenaScan *s)
{
	ForeignScan *plan = (ForeignScan *) node->ss.ps.plan;
	const PdsServerOptions *server = &s->common.conn->options;
	int64		limit = -1;
	int			rti = -1;

	if (s->common.table)
		return pds_effective_max_scan_bytes(server, &s->common.table->options);
	while ((rti = bms_next_member(plan->fs_relids, rti)) >= 0)
	{
		RangeTblEntry *rte = exec_rt_fetch(rti, node->ss.ps.state);
		PdsTableOptions options;
		int64		one;

		if (rte->rtekind != RTE_RELATION)
			continue;
		pds_get_table_options(rte->relid, &options);
		one = pds_effective_max_scan_bytes(server, &options);
		if (one >= 0 && (limit < 0 || one < limit))
			limit = one;
	}
	return limit;
}

static void
check_limit(ForeignScanState *node, AthenaScan *s)
{
	ForeignScan *plan = (ForeignScan *) node->ss.ps.plan;
	List	   *planned = list_nth(plan->fdw_private, PdsScanPrivatePlanned);
	int64		limit = smallest_limit(node, s);
	int64		bytes;

	if (limit < 0 || planned == NIL)
		return;
	bytes = strtoll(strVal(lfourth(planned)), NULL, 10);
	if (bytes > limit)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("Athena would scan " INT64_FORMAT " bytes of \"%s\", more than max_scan_bytes allows (" INT64_FORMAT ")",
						bytes, pds_scan_name(node), limit),
				 errhint("Add conditions on partition keys, or raise the limit (option of server and table, setting pds.max_scan_bytes).")));
}

/*
 * Start the execution.  A cancel while the reply is awaited leaves open whether
 * Athena has it: the same request again (the token makes it the same
 * execution) tells its id, so that it can be stopped.
 */
static void
start_execution(PdsAws *aws, PdsAthenaStart *start, PdsAthenaExecution *exec)
{
	char		token[PDS_ATHENA_TOKEN];
	PdsError	err;
	PdsError	ignored;

	pds_error_clear(&err);
	if (!pds_athena_token(token, &err))
		pds_raise(&err);
	start->token = token;
	if (pds_athena_start(aws, start, exec, &err))
		return;
	if (err.kind == PDS_ERR_CANCELLED)
	{
		HOLD_INTERRUPTS();
		pds_set_deadline(FIND_MS);
		if (pds_athena_start(aws, start, exec, &ignored))
			(void) pds_athena_stop(aws, exec->id, &ignored);
		pds_set_deadline(0);
		RESUME_INTERRUPTS();
	}
	pds_raise(&err);
}

/* Start and wait for the end. */
static void
execute(ForeignScanState *node, AthenaScan *s)
{
	PdsConnection *conn = s->common.conn;
	PdsAthenaStart start;
	PdsError	err;
	bool		ok;
	const char *doomed;

	check_limit(node, s);
	build_sql(node, s);
	memset(&start, 0, sizeof(start));
	start.sql = s->sql;
	start.catalog = conn->options.athena_catalog;
	start.database = s->common.table ? s->common.table->options.database : NULL;
	start.workgroup = conn->options.workgroup;
	start.output_location = conn->options.output_location;
	start.reuse_minutes = conn->options.result_reuse_minutes;
	pds_athena_execution_clear(&s->exec);
	pds_error_clear(&err);
	start_execution(conn->aws, &start, &s->exec);
	pds_registry_add(conn, s->exec.id, s->subid);
	if (pds_log_remote_sql)
		ereport(LOG, (errmsg("pds_fdw: Athena execution %s: %s", s->exec.id, s->sql),
					  errhidestmt(true)));
	memcpy(s->last_id, s->exec.id, sizeof(s->last_id));
	s->executions++;
	ok = pds_athena_wait(conn->aws, &s->exec, &err);
	doomed = conn->options.keep_results || conn->options.result_reuse_minutes > 0 ||
		s->exec.reused ? NULL : s->exec.output_location;
	if (ok || err.kind == PDS_ERR_QUERY_FAILED || err.kind == PDS_ERR_QUERY_CANCELLED)
		pds_registry_ended(s->exec.id, ok ? doomed : NULL);
	if (!ok)
		pds_raise(&err);
	if (s->exec.bytes_scanned > 0)
		s->bytes_scanned += s->exec.bytes_scanned;
	/* a result that was reused costs nothing */
	if (!s->exec.reused)
		s->price += pds_athena_price(s->exec.bytes_scanned);
	s->succeeded = true;
}

/* ---- reading the result ---- */

static void
close_reader(void *arg)
{
	AthenaScan *s = arg;

	pds_reader_free(s->reader);
	pds_fetch_free(s->fetch);
	s->reader = NULL;
	s->fetch = NULL;
	s->rows = NULL;
	s->open = false;
}

/* called from the core: the result is one split */
static bool
result_split(void *arg, PdsSplit *split)
{
	AthenaScan *s = arg;

	if (s->given)
		return false;
	s->given = true;
	memset(split, 0, sizeof(*split));
	split->bucket = s->bucket;
	split->key = s->key;
	split->etag = s->etag;
	split->end = s->size;
	split->object_size = s->size;
	split->user = &s->unit;
	return true;
}

/* 'sum/count': avg as numeric, which Athena would round */
static PdsConvertResult
convert_avg(PdsConverter *c, PdsField *f, Datum *value, bool *isnull)
{
	MemoryContext old = MemoryContextSwitchTo(c->value_cxt);
	char	   *sum = pnstrdup(f->data, f->len);
	char	   *count = strchr(sum, '/');
	Datum		parts[2];
	int			i;

	if (count == NULL)
		elog(ERROR, "the result of Athena has no average where one was asked for");
	*count++ = '\0';
	for (i = 0; i < 2; i++)
		parts[i] = DirectFunctionCall3(numeric_in, CStringGetDatum(i == 0 ? sum : count),
									   ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
	*value = DirectFunctionCall2(numeric_div, parts[0], parts[1]);
	*isnull = false;
	MemoryContextSwitchTo(old);
	return PDS_CONVERT_OK;
}

static void
column_converter(AthenaScan *s, PdsRowColumn *col, const PdsColumn *c)
{
	pds_converter_init(&col->conv, PDS_FORMAT_ATHENA_RESULT, &s->dialect, c->typid, c->typmod,
					   c->hive_known ? &c->hive : NULL, NULL, NULL, c->attname);
}

/* columns of a join or a group, in the order of fdw_scan_tlist */
static void
relation_columns(ForeignScanState *node, AthenaScan *s, PdsRowColumn *cols)
{
	ForeignScan *plan = (ForeignScan *) node->ss.ps.plan;
	List	   *outputs = list_nth(plan->fdw_private, PdsScanPrivateOutputs);
	PdsTable   *table = NULL;
	int			i;

	for (i = 0; i < s->ncolumns; i++)
	{
		TargetEntry *tle = list_nth_node(TargetEntry, plan->fdw_scan_tlist, i);
		Oid			relid = linitial_oid(list_nth(outputs, i));
		int			what = lsecond_oid(list_nth(outputs, i));

		cols[i].attno = i;
		if (OidIsValid(relid))
		{
			if (table == NULL || table->relid != relid)
				table = pds_table_open(relid, s->common.conn, CurrentMemoryContext);
			column_converter(s, &cols[i], &table->columns[what - 1]);
			continue;
		}
		pds_converter_init(&cols[i].conv, PDS_FORMAT_ATHENA_RESULT, &s->dialect,
						   exprType((Node *) tle->expr), exprTypmod((Node *) tle->expr), NULL,
						   NULL, NULL, "aggregate");
		if (what == PDS_OUTPUT_AVG)
			cols[i].conv.fn = convert_avg;
	}
}

static void
make_rows(ForeignScanState *node, AthenaScan *s)
{
	ForeignScan *plan = (ForeignScan *) node->ss.ps.plan;
	PdsRowColumn *cols = palloc0(Max(s->ncolumns, 1) * sizeof(PdsRowColumn));
	int		   *wanted = palloc(Max(s->ncolumns, 1) * sizeof(int));
	ListCell   *lc;
	int			i;

	for (i = 0; i < s->ncolumns; i++)
		wanted[i] = i;
	i = 0;
	if (s->common.table == NULL)
		relation_columns(node, s, cols);
	else
		foreach(lc, (List *) list_nth(plan->fdw_private, PdsScanPrivateRetrieved))
		{
			const PdsColumn *c = &s->common.table->columns[lfirst_int(lc) - 1];

			cols[i].attno = c->attnum - 1;
			column_converter(s, &cols[i++], c);
		}
	s->rows = pds_rows_create(s->cxt, s->reader,
							  node->ss.ss_ScanTupleSlot->tts_tupleDescriptor->natts, s->ncolumns,
							  cols, wanted, Max(s->ncolumns, 1), PG_UTF8);
}

/* a result has one column at least: SELECT 1 when none is needed */
static PdsReaderOptions
reader_options(const AthenaScan *s)
{
	PdsReaderOptions opt = {
		.ncolumns = Max(s->ncolumns, 1),
		.count_only = s->ncolumns == 0
	};

	return opt;
}

static bool
open_object(AthenaScan *s, PdsError *err)
{
	PdsObject	head;
	PdsReaderOptions reader = reader_options(s);
	char	   *bucket;
	char	   *key;

	if (!pds_s3_parse_uri(s->exec.output_location, &bucket, &key, err))
		return false;
	s->bucket = pstrdup(bucket);
	s->key = pstrdup(key);
	free(bucket);
	free(key);
	if (!pds_s3_head(s->common.conn->aws, s->bucket, s->key, &head, err))
		return false;
	free(head.key);
	memcpy(s->etag, head.etag, sizeof(s->etag));
	s->size = head.size;
	s->given = false;
	s->fetch = pds_scan_fetch(s->common.conn, NULL, result_split, s, err);
	if (s->fetch == NULL)
		return false;
	s->reader = pds_reader_new(s->fetch, &reader, &pds_pg_hooks, err);
	return s->reader != NULL;
}

/* One page of the API as the text of a result object, so that one reader serves both. */
static void
append_page(StringInfo buf, const PdsAthenaPage *page, int from)
{
	int			r;
	int			c;

	for (r = from; r < page->nrows; r++)
	{
		for (c = 0; c < page->ncolumns; c++)
		{
			const char *v = page->values[(size_t) r * page->ncolumns + c];

			if (c > 0)
				appendStringInfoChar(buf, ',');
			if (v == NULL)
				continue;
			appendStringInfoChar(buf, '"');
			for (; *v; v++)
			{
				if (*v == '"')
					appendStringInfoChar(buf, '"');
				appendStringInfoChar(buf, *v);
			}
			appendStringInfoChar(buf, '"');
		}
		appendStringInfoChar(buf, '\n');
	}
}

/* False: there was no further page. */
static bool
next_page(ForeignScanState *node, AthenaScan *s)
{
	PdsAthenaPage page;
	PdsReaderOptions reader = reader_options(s);
	StringInfoData text;
	PdsError	err;
	bool		first = s->next_token == NULL;

	if (s->last_page)
		return false;
	pds_error_clear(&err);
	if (!pds_athena_results(s->common.conn->aws, s->exec.id, s->next_token, API_PAGE, &page,
							&err))
		pds_raise(&err);
	PG_TRY();
	{
		initStringInfo(&text);
		/* the first row of a SELECT's first page is the labels (AWS.md 7.3) */
		append_page(&text, &page, first && page.nrows > 0 ? 1 : 0);
		s->last_page = page.next_token == NULL;
		s->next_token = page.next_token ? pstrdup(page.next_token) : NULL;
	}
	PG_FINALLY();
	{
		pds_athena_page_free(&page);
	}
	PG_END_TRY();
	pds_reader_free(s->reader);
	s->dialect.header_lines = 0;
	s->reader = pds_reader_from_memory(text.data, text.len, &s->unit, &reader, &err);
	if (s->reader == NULL)
		pds_raise(&err);
	pfree(text.data);
	if (s->rows == NULL)
		make_rows(node, s);
	s->rows->reader = s->reader;
	s->rows->have_batch = false;
	return true;
}

static void
open_result(ForeignScanState *node, AthenaScan *s)
{
	MemoryContext old;
	MemoryContextCallback *cb;
	PdsError	err;

	MemoryContextReset(s->cxt);
	old = MemoryContextSwitchTo(s->cxt);
	cb = palloc(sizeof(MemoryContextCallback));
	cb->func = close_reader;
	cb->arg = s;
	MemoryContextRegisterResetCallback(s->cxt, cb);
	pds_dialect_init(&s->dialect, PDS_FORMAT_ATHENA_RESULT);
	s->dialect.header_lines = 1;
	memset(&s->unit, 0, sizeof(s->unit));
	s->unit.dialect = &s->dialect;
	s->unit.partition = -1;
	s->next_token = NULL;
	s->last_page = false;
	s->by_api = s->exec.output_location == NULL;
	pds_error_clear(&err);
	if (!s->by_api && !open_object(s, &err))
	{
		/* the API may be allowed where the bucket is not */
		if (err.kind != PDS_ERR_ACCESS_DENIED)
			pds_raise(&err);
		s->by_api = true;
	}
	if (s->by_api)
		next_page(node, s);
	else
		make_rows(node, s);
	s->open = true;
	MemoryContextSwitchTo(old);
}

/* ---- rows ---- */

static void
start_storing(AthenaScan *s, ForeignScanState *node)
{
	MemoryContext old = MemoryContextSwitchTo(node->ss.ps.state->es_query_cxt);

	if (s->store_slot == NULL)
		s->store_slot = MakeSingleTupleTableSlot(node->ss.ss_ScanTupleSlot->tts_tupleDescriptor,
												 &TTSOpsMinimalTuple);

	s->store = tuplestore_begin_heap(true, false, work_mem);
	s->storing = true;
	MemoryContextSwitchTo(old);
}

/* the next row of the store, its values lent to slot */
static TupleTableSlot *
stored_row(AthenaScan *s, TupleTableSlot *slot)
{
	int			natts = slot->tts_tupleDescriptor->natts;
	MemoryContext old;
	bool		got;

	/* a tuple that was spilled is palloc'd, and freed with the next one */
	old = MemoryContextSwitchTo(s->store_slot->tts_mcxt);
	got = tuplestore_gettupleslot(s->store, true, false, s->store_slot);
	MemoryContextSwitchTo(old);
	if (!got)
	{
		s->done = true;
		return slot;
	}
	slot_getallattrs(s->store_slot);
	memcpy(slot->tts_values, s->store_slot->tts_values, natts * sizeof(Datum));
	memcpy(slot->tts_isnull, s->store_slot->tts_isnull, natts * sizeof(bool));
	return ExecStoreVirtualTuple(slot);
}

static TupleTableSlot *
iterate(ForeignScanState *node)
{
	AthenaScan *s = (AthenaScan *) node->fdw_state;
	TupleTableSlot *slot = node->ss.ss_ScanTupleSlot;

	ExecClearTuple(slot);
	if (s->done)
		return slot;
	if (s->stored)
		return stored_row(s, slot);
	if (!s->succeeded)
		execute(node, s);
	if (!s->open)
	{
		open_result(node, s);
		memset(slot->tts_isnull, true, slot->tts_tupleDescriptor->natts * sizeof(bool));
	}
	while (!pds_rows_next(s->rows, slot))
	{
		MemoryContext old = MemoryContextSwitchTo(s->cxt);
		bool		more = s->by_api && next_page(node, s);

		MemoryContextSwitchTo(old);
		if (more)
			continue;
		if (s->storing)
		{
			s->storing = false;
			s->stored = true;
		}
		s->done = true;
		return slot;
	}
	ExecStoreVirtualTuple(slot);
	if (s->storing)
		tuplestore_puttupleslot(s->store, slot);
	return slot;
}

/* ---- end ---- */

static void
drop_store(AthenaScan *s)
{
	if (s->store)
	{
		ExecClearTuple(s->store_slot);
		tuplestore_end(s->store);
	}
	s->store = NULL;
	s->storing = s->stored = false;
}

static void
finish_execution(AthenaScan *s)
{
	bool		any = s->exec.id[0] != '\0';

	if (any)
		pds_registry_finish(s->exec.id);
	s->exec.id[0] = '\0';
	s->succeeded = false;
	/* a cancel that came while the result was deleted is still a cancel */
	if (any)
		pds_rethrow_interrupt();
}

static void
rescan(ForeignScanState *node)
{
	AthenaScan *s = (AthenaScan *) node->fdw_state;

	if (s->exec.id[0] == '\0')
		return;					/* nothing was asked for yet */
	s->done = false;
	if (bms_overlap(node->ss.ps.chgParam, s->param_ids))
	{
		MemoryContextReset(s->cxt);
		drop_store(s);
		finish_execution(s);
	}
	else if (s->stored)
		tuplestore_rescan(s->store);
	else
	{
		MemoryContextReset(s->cxt);
		drop_store(s);
		start_storing(s, node);
	}
}

static void
end(ForeignScanState *node)
{
	AthenaScan *s = (AthenaScan *) node->fdw_state;

	if (s->cxt == NULL)
		return;
	drop_store(s);
	if (s->store_slot)
		ExecDropSingleTupleTableSlot(s->store_slot);
	MemoryContextDelete(s->cxt);
	s->cxt = NULL;
	finish_execution(s);
}

/* ---- EXPLAIN ---- */

/* the SQL of a plan with $1 where a parameter goes, numbered as PostgreSQL does */
static char *
shown_sql(const char *sql, List *params)
{
	StringInfoData buf;

	initStringInfo(&buf);
	for (; *sql; sql++)
	{
		if (*sql == PDS_PARAM_BEGIN)
		{
			appendStringInfo(&buf, "$%d", castNode(Param, list_nth(params, atoi(sql + 1)))->paramid);
			while (*sql != PDS_PARAM_END)
				sql++;
		}
		else if (*sql != PDS_COND_BEGIN && *sql != PDS_COND_END)
			appendStringInfoChar(&buf, *sql);
	}
	return pg_any_to_server(buf.data, buf.len, PG_UTF8);
}

static void
explain(ForeignScanState *node, ExplainState *es)
{
	AthenaScan *s = (AthenaScan *) node->fdw_state;
	ForeignScan *plan = (ForeignScan *) node->ss.ps.plan;
	const char *text = strVal(list_nth(plan->fdw_private, PdsScanPrivateSql));

	ExplainPropertyText("Engine", "athena", es);
	if (plan->scan.scanrelid == 0)
		ExplainPropertyText("Relations", pds_scan_name(node), es);
	ExplainPropertyText("Remote SQL", es->analyze && s->sql
						? pg_any_to_server(s->sql, strlen(s->sql), PG_UTF8)
						: shown_sql(text, plan->fdw_exprs), es);
	if (!es->analyze)
	{
		pds_explain_planned(plan, es);
		return;
	}
	if (s->executions == 0)
		return;
	ExplainPropertyText("Execution ID", s->last_id, es);
	if (s->executions > 1)
		ExplainPropertyInteger("Executions", NULL, s->executions, es);
	if (es->timing)
	{
		ExplainPropertyInteger("Queue Time", "ms", s->exec.queue_ms, es);
		ExplainPropertyInteger("Engine Time", "ms", s->exec.engine_ms, es);
	}
	ExplainPropertyInteger("Bytes Scanned", "B", s->bytes_scanned, es);
	ExplainPropertyFloat("Price", "USD", s->price, 6, es);
	if (s->exec.reused)
		ExplainPropertyBool("Result Reused", true, es);
	ExplainPropertyText("Result", s->by_api ? "API" : "S3", es);
	pds_explain_http(&s->common, es);
}

const PdsEngineMethods pds_athena_methods = {
	.begin = begin,
	.iterate = iterate,
	.rescan = rescan,
	.end = end,
	.explain = explain
};
