/*
 * athena_scan.c
 *	  Execution of a scan by Athena.  What runs the statement and what reads its
 *	  result are in athena_run.c and athena_result.c.
 *
 * A rescan with unchanged parameters reads the same result again, and from the
 * second time on the rows kept of it.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "mb/pg_wchar.h"
#include "nodes/nodeFuncs.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/ruleutils.h"

#include "fdw/athena/athena_output.h"
#include "fdw/athena/athena_result.h"
#include "fdw/athena/athena_run.h"
#include "fdw/athena/athena_scan.h"
#include "fdw/athena/printable.h"
#include "fdw/athena/whole_row.h"
#include "fdw/base/on_reset.h"
#include "fdw/base/params.h"
#include "fdw/plan/plan_private.h"
#include "fdw/scan/explain.h"
#include "fdw/scan/spool.h"
#include "fdw/ship/ship_table.h"
#include "fdw/ship/sql_pieces.h"

typedef struct AthenaScan
{
	PdsScanCommon common;		/* first */
	const PdsPlan *plan;
	int			ncolumns;		/* of the result */
	List	   *whole_rows;		/* ... that are made of them (whole_row.h) */
	List	   *param_states;
	Bitmapset  *param_ids;		/* PARAM_EXEC numbers in them */
	char	   *sql;			/* as sent */

	PdsAthenaRun run;
	bool		started;		/* it runs, or has ended */
	bool		succeeded;		/* there is a result to read */
	bool		done;			/* it was read to its end */
	char		last_id[64];	/* for EXPLAIN */
	int			executions;		/* over all rescans */
	int64		bytes_scanned;
	double		price;			/* US dollars */
	bool		by_api;
	int64		rows;			/* over all passes that have ended */

	/* one pass over the result */
	MemoryContext cxt;
	PdsAthenaResult *result;

	PdsSpool	spool;			/* rows kept for rescans */
} AthenaScan;

/* ---- begin ---- */

static void
begin_athena_scan(ForeignScanState *node, int eflags)
{
	ForeignScan *plan = (ForeignScan *) node->ss.ps.plan;
	EState	   *estate = node->ss.ps.state;
	AthenaScan *s = palloc0(sizeof(AthenaScan));

	node->fdw_state = s;
	s->common.methods = &pds_athena_methods;
	pds_make_printable(plan);
	s->plan = pds_plan_unpack(plan);
	Assert(pds_plan_is_athena(s->plan->kind));
	if (eflags & EXEC_FLAG_EXPLAIN_ONLY)
		return;
	pds_scan_connect(node, &s->common);
	pds_athena_run_init(&s->run, s->common.conn, CurrentMemoryContext);
	s->run.activity = s->common.activity;
	if (s->plan->kind == PDS_PLAN_ATHENA_RELATION)
	{
		s->ncolumns = list_length(s->plan->outputs);
		s->whole_rows = pds_whole_rows(node, s->ncolumns);
	}
	else
		s->ncolumns = list_length(s->plan->columns);
	s->param_states = ExecInitExprList(plan->fdw_exprs, &node->ss.ps);
	s->param_ids = pds_exec_params(plan->fdw_exprs);
	s->cxt = AllocSetContextCreate(estate->es_query_cxt, "pds_fdw Athena scan",
								   ALLOCSET_DEFAULT_SIZES);
}

/* ---- the execution ---- */

static void
build_sql(ForeignScanState *node, AthenaScan *s)
{
	ForeignScan *plan = (ForeignScan *) node->ss.ps.plan;
	int			n = list_length(plan->fdw_exprs);
	Datum	   *values = palloc(Max(n, 1) * sizeof(Datum));
	bool	   *nulls = palloc(Max(n, 1) * sizeof(bool));
	Oid		   *types = palloc(Max(n, 1) * sizeof(Oid));
	ListCell   *lc;
	int			i = 0;

	Assert(list_length(s->param_states) == n);
	foreach(lc, s->param_states)
	{
		types[i] = exprType(list_nth(plan->fdw_exprs, i));
		values[i] = ExecEvalExpr(lfirst(lc), node->ss.ps.ps_ExprContext, &nulls[i]);
		i++;
	}
	s->sql = MemoryContextStrdup(node->ss.ps.state->es_query_cxt,
								 pds_pieces_statement(s->plan->sql, values, nulls, types,
													  pds_ship_param_value,
													  pds_ship_param_pattern));
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
check_planned_bytes(ForeignScanState *node, AthenaScan *s)
{
	const PdsPlanned *planned = &s->plan->planned;
	int64		limit = smallest_limit(node, s);

	if (limit >= 0 && planned->known && planned->bytes > limit)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("Athena would scan " INT64_FORMAT " bytes of \"%s\", more than max_scan_bytes allows (" INT64_FORMAT ")",
						planned->bytes, pds_scan_name(node), limit),
				 errhint("Add conditions on partition keys, or raise the limit (option of server and table, setting pds.max_scan_bytes).")));
}

void
pds_athena_scan_start(ForeignScanState *node)
{
	AthenaScan *s = (AthenaScan *) node->fdw_state;
	PdsConnection *conn = s->common.conn;
	PdsAthenaStart start;

	if (s->started)
		return;
	Assert(!s->succeeded && s->result == NULL);
	check_planned_bytes(node, s);
	build_sql(node, s);
	memset(&start, 0, sizeof(start));
	start.sql = s->sql;
	start.database = s->common.table ? s->common.table->options.database : NULL;
	start.reuse_minutes = conn->options.result_reuse_minutes;
	pds_athena_run_start(&s->run, &start, smallest_limit(node, s), false, PDS_SOURCE_SCAN);
	s->started = true;
}

static void
note_success(AthenaScan *s)
{
	Assert(s->started && !s->succeeded);
	Assert(s->run.exec.state == PDS_ATHENA_SUCCEEDED);
	memcpy(s->last_id, s->run.exec.id, sizeof(s->last_id));
	s->executions++;
	if (s->run.exec.bytes_scanned > 0)
		s->bytes_scanned += s->run.exec.bytes_scanned;
	s->price += pds_execution_price(&s->run.exec);
	s->succeeded = true;
}

bool
pds_athena_scan_ready(ForeignScanState *node, bool look)
{
	AthenaScan *s = (AthenaScan *) node->fdw_state;

	if (!s->succeeded && s->started && look && pds_athena_run_poll(&s->run))
		note_success(s);
	return s->succeeded;
}

bool
pds_athena_scan_started(ForeignScanState *node)
{
	return ((AthenaScan *) node->fdw_state)->started;
}

const PdsAthenaExecution *
pds_athena_scan_execution(ForeignScanState *node)
{
	return &((AthenaScan *) node->fdw_state)->run.exec;
}

/* Start, unless that was done, and wait for the end. */
static void
execute(ForeignScanState *node, AthenaScan *s)
{
	pds_athena_scan_start(node);
	pds_athena_run_wait(&s->run);
	note_success(s);
}

/* ---- reading the result ---- */

static void
table_column(PdsResultColumn *r, const PdsColumn *c)
{
	r->typid = c->typid;
	r->typmod = c->typmod;
	r->hive = c->hive_known ? &c->hive : NULL;
	r->name = c->attname;
}

/* columns of a join or a group, in the order of fdw_scan_tlist */
static void
relation_columns(ForeignScanState *node, AthenaScan *s, PdsResultColumn *cols, char **labels)
{
	ForeignScan *plan = (ForeignScan *) node->ss.ps.plan;
	List	   *outputs = s->plan->outputs;
	PdsTable   *table = NULL;
	int			i;

	Assert(list_length(plan->fdw_scan_tlist) >= s->ncolumns);
	for (i = 0; i < s->ncolumns; i++)
	{
		TargetEntry *tle = list_nth_node(TargetEntry, plan->fdw_scan_tlist, i);
		Oid			relid = linitial_oid(list_nth(outputs, i));
		int			what = lsecond_oid(list_nth(outputs, i));

		Assert(list_length(list_nth(outputs, i)) == 3);
		cols[i].attno = i;
		if (OidIsValid(relid))
		{
			if (table == NULL || table->relid != relid)
				table = pds_table_open(relid, s->common.conn, CurrentMemoryContext);
			Assert(what >= 1 && what <= table->natts);
			table_column(&cols[i], &table->columns[what - 1]);
			if (lthird_oid(list_nth(outputs, i)) != 0)
				labels[i] = pds_base_column_label(&table->columns[what - 1]);
			continue;
		}
		cols[i].typid = exprType((Node *) tle->expr);
		cols[i].typmod = exprTypmod((Node *) tle->expr);
		cols[i].name = "aggregate";
		cols[i].fn = pds_output_convert(what);
	}
}

static void
result_gone(void *arg)
{
	AthenaScan *s = arg;

	s->rows += s->result->rows->rows;
	s->result = NULL;
}

static void
open_scan_result(ForeignScanState *node, AthenaScan *s)
{
	PdsResultOptions opt;
	PdsResultColumn *cols;
	char	  **labels;			/* in the order of the select list */
	MemoryContext old;
	ListCell   *lc;
	int			i = 0;

	Assert(s->succeeded && s->result == NULL);
	MemoryContextReset(s->cxt);
	old = MemoryContextSwitchTo(s->cxt);
	cols = palloc0(Max(s->ncolumns, 1) * sizeof(PdsResultColumn));
	labels = palloc0(Max(s->ncolumns, 1) * sizeof(char *));
	if (s->common.table == NULL)
		relation_columns(node, s, cols, labels);
	else
	{
		foreach(lc, s->plan->columns)
		{
			const PdsColumn *c = &s->common.table->columns[lfirst_int(lc) - 1];

			cols[i].attno = c->attnum - 1;
			labels[i] = pds_base_column_label(c);
			table_column(&cols[i++], c);
		}
	}
	Assert(s->common.table == NULL || i == s->ncolumns);
	memset(&opt, 0, sizeof(opt));
	opt.natts = node->ss.ss_ScanTupleSlot->tts_tupleDescriptor->natts;
	opt.ncolumns = s->ncolumns;
	opt.columns = cols;
	opt.labels = labels;
	s->result = pds_athena_result_open(s->cxt, s->common.conn, &s->run.exec, &opt);
	s->by_api = s->result->by_api;
	if (s->result->fetch)
		pds_activity_reads(s->common.activity, s->result->fetch, &s->result->rows->rows, 1,
						   s->result->size, s->cxt);
	pds_on_reset(s->cxt, result_gone, s);
	MemoryContextSwitchTo(old);
}

/* forgets what was read of it so far */
static void
close_result(AthenaScan *s)
{
	MemoryContextReset(s->cxt);
}

/* ---- rows ---- */

static TupleTableSlot *
iterate_athena_scan(ForeignScanState *node)
{
	AthenaScan *s = (AthenaScan *) node->fdw_state;
	TupleTableSlot *slot = node->ss.ss_ScanTupleSlot;

	Assert(s->cxt != NULL);
	ExecClearTuple(slot);
	if (s->done)
		return slot;
	if (pds_spool_next(&s->spool, slot))
		return slot;
	if (s->spool.complete)
	{
		s->done = true;
		return slot;
	}
	if (!s->succeeded)
		execute(node, s);
	if (s->result == NULL)
	{
		open_scan_result(node, s);
		memset(slot->tts_isnull, true, slot->tts_tupleDescriptor->natts * sizeof(bool));
	}
	if (!pds_athena_result_next(s->result, slot))
	{
		s->spool.complete = s->spool.store != NULL;
		s->done = true;
		return slot;
	}
	if (s->whole_rows)
		pds_whole_rows_fill(s->whole_rows, node, slot);
	ExecStoreVirtualTuple(slot);
	pds_spool_put(&s->spool, slot);
	return slot;
}

/* ---- end ---- */

static void
rescan_athena(ForeignScanState *node)
{
	AthenaScan *s = (AthenaScan *) node->fdw_state;

	Assert(s->cxt != NULL);
	Assert(!s->succeeded || s->started);
	if (s->run.exec.id[0] == '\0')
		return;					/* nothing was asked for yet */
	s->done = false;
	if (bms_overlap(node->ss.ps.chgParam, s->param_ids))
	{
		close_result(s);
		pds_spool_drop(&s->spool);
		s->started = s->succeeded = false;
		pds_athena_run_finish(&s->run);
	}
	else if (s->spool.store)
		pds_spool_rewind(&s->spool);
	else if (s->succeeded)
	{
		close_result(s);
		pds_spool_begin(&s->spool, node);
	}
}

static void
end_athena_scan(ForeignScanState *node)
{
	AthenaScan *s = (AthenaScan *) node->fdw_state;

	if (s->cxt == NULL)
		return;
	pds_spool_end(&s->spool);
	MemoryContextDelete(s->cxt);
	s->cxt = NULL;
	s->started = s->succeeded = false;
	pds_athena_run_finish(&s->run);
	pds_activity_end(s->common.activity, false);
}

/* for pds.stat_scans */
static void
count_athena_scan(void *arg, PdsStatCounts *counts)
{
	const AthenaScan *s = arg;

	counts->rows = s->rows;
	pds_athena_run_count(&s->run, counts);
}

/* ---- EXPLAIN ---- */

static void
explain_athena_scan(ForeignScanState *node, ExplainState *es)
{
	AthenaScan *s = (AthenaScan *) node->fdw_state;
	ForeignScan *plan = (ForeignScan *) node->ss.ps.plan;

	ExplainPropertyText("Engine", "athena", es);
	if (plan->scan.scanrelid == 0)
		ExplainPropertyText("Relations", pds_scan_name(node), es);
	ExplainPropertyText("Remote SQL", es->analyze && s->sql
						? pg_any_to_server(s->sql, strlen(s->sql), PG_UTF8)
						: pds_pieces_shown(s->plan->sql, plan->fdw_exprs), es);
	if (!es->analyze)
	{
		pds_explain_planned(&s->plan->planned, es);
		return;
	}
	if (s->executions == 0)
		return;
	ExplainPropertyText("Execution ID", s->last_id, es);
	if (s->executions > 1)
		ExplainPropertyInteger("Executions", NULL, s->executions, es);
	if (es->timing)
	{
		ExplainPropertyInteger("Queue Time", "ms", s->run.exec.queue_ms, es);
		ExplainPropertyInteger("Engine Time", "ms", s->run.exec.engine_ms, es);
	}
	ExplainPropertyInteger("Bytes Scanned", "B", s->bytes_scanned, es);
	ExplainPropertyFloat("Price", "USD", s->price, 6, es);
	if (s->run.exec.reused)
		ExplainPropertyBool("Result Reused", true, es);
	ExplainPropertyText("Result", s->by_api ? "API" : "S3", es);
	pds_explain_http(&s->common, NULL, es);
}

const PdsEngineMethods pds_athena_methods = {
	.begin = begin_athena_scan,
	.iterate = iterate_athena_scan,
	.rescan = rescan_athena,
	.end = end_athena_scan,
	.explain = explain_athena_scan,
	.kind = PDS_STAT_ATHENA,
	.count = count_athena_scan
};
