/*
 * direct_mixed.c
 *	  DISTINCT aggregates beside others over a direct scan: states of those with DISTINCT.
 *
 * The scan has dropped most of what an aggregate has seen already; what is left is sorted, and rows are
 * compared by the rules of their types.  So each value is taken once, in the order in which
 * core's own DISTINCT takes them.  States of the other aggregates pass as they come.
 *
 * Two nodes are here, with the Finalize Agg between them: the states, and the result, whose columns
 * have the names that the query knows them by.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "executor/executor.h"
#include "executor/instrument.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "utils/lsyscache.h"
#include "utils/ruleutils.h"
#include "utils/tuplesort.h"

#include "fdw/agg/agg_states.h"
#include "fdw/direct/direct_mixed.h"
#include "fdw/direct/direct_scan.h"
#include "fdw/scan/explain.h"

/* a column of the result */
typedef struct MixedOutput
{
	PdsMixedRole role;
	int			column;			/* of the row below */
	PdsAgg		agg;			/* DISTINCT */
	PdsAggState state;
}			MixedOutput;

typedef struct MixedScan
{
	PdsScanCommon common;		/* first */
	int			noutputs;
	MixedOutput *outputs;
	int			nkeys;			/* of the columns of the sort: the first ones */
	int			nsort;
	AttrNumber *sort_columns;
	Oid		   *sort_less;
	Oid		   *sort_collations;
	bool	   *sort_nulls_first;
	ExprState  *same_keys;		/* of two rows: outer and inner */
	ExprState  *same_row;
	Tuplesortstate *sort;		/* arguments of DISTINCT; NULL: none so far */
	bool		sorted;			/* all rows below were taken */
	bool		ended;
	TupleTableSlot *rows[2];	/* the row at hand, and the one before or next */
	int			at;				/* which is at hand */
	bool		begins;			/* it is the first of its group, and not taken
								 * yet */
	PdsAggMemory memory;
}			MixedScan;

/* A row of the plan below, which keeps what it must in the context that the executor calls it in. */
static TupleTableSlot *
next_below(ForeignScanState *node)
{
	MemoryContext old = MemoryContextSwitchTo(node->ss.ps.state->es_query_cxt);
	TupleTableSlot *row = ExecProcNode(outerPlanState(node));

	MemoryContextSwitchTo(old);
	return row;
}

/* ---- begin ---- */

static void
prepare_output(MixedOutput * o, const TargetEntry *tle)
{
	PdsAggKind	kind;
	Oid			transfn;
	Expr	   *arg;
	const Aggref *a = (const Aggref *) tle->expr;

	if (o->role != PDS_MIXED_DISTINCT)
		return;
	Assert(IsA(a, Aggref));
	if (!pds_agg_supported(a, &kind, &transfn, &arg) || arg == NULL)
		elog(ERROR, "an aggregate of the plan cannot be computed");
	pds_agg_init(&o->agg, kind, transfn, getBaseType(exprType((Node *) arg)), a->inputcollid);
}

static void
prepare_sort(MixedScan * s, const List *sort, PlanState *below, PlanState *parent)
{
	TupleDesc	desc = ExecGetResultType(below);
	Oid		   *equal;
	ListCell   *lc;
	int			i = 0;

	s->nsort = list_length(sort);
	s->sort_columns = palloc(s->nsort * sizeof(AttrNumber));
	s->sort_less = palloc(s->nsort * sizeof(Oid));
	s->sort_collations = palloc(s->nsort * sizeof(Oid));
	s->sort_nulls_first = palloc0(s->nsort * sizeof(bool));
	equal = palloc(s->nsort * sizeof(Oid));
	foreach(lc, sort)
	{
		const List *item = lfirst(lc);

		s->sort_columns[i] = (AttrNumber) list_nth_oid(item, PdsMixedSortColumn);
		s->sort_less[i] = list_nth_oid(item, PdsMixedSortLess);
		equal[i] = list_nth_oid(item, PdsMixedSortEqual);
		s->sort_collations[i] = list_nth_oid(item, PdsMixedSortCollation);
		s->nkeys += list_nth_oid(item, PdsMixedSortIsKey) != 0;
		i++;
	}
	s->same_keys = execTuplesMatchPrepare(desc, s->nkeys, s->sort_columns, equal,
										  s->sort_collations, parent);
	s->same_row = execTuplesMatchPrepare(desc, s->nsort, s->sort_columns, equal,
										 s->sort_collations, parent);
}

static void
begin_mixed_scan(ForeignScanState *node, int eflags)
{
	ForeignScan *plan = (ForeignScan *) node->ss.ps.plan;
	PdsPlan    *private = pds_plan_unpack(plan);
	EState	   *estate = node->ss.ps.state;
	MixedScan  *s = palloc0(sizeof(MixedScan));
	PlanState  *below = outerPlanState(node);
	int			i;

	node->fdw_state = s;
	s->common.methods = &pds_mixed_methods;
	if (eflags & EXEC_FLAG_EXPLAIN_ONLY)
		return;
	s->noutputs = list_length(private->outputs);
	s->outputs = palloc0(s->noutputs * sizeof(MixedOutput));
	for (i = 0; i < s->noutputs; i++)
	{
		s->outputs[i].role = list_nth_int(private->outputs, i);
		s->outputs[i].column = list_nth_int(private->columns, i) - 1;
		prepare_output(&s->outputs[i], list_nth_node(TargetEntry, plan->fdw_scan_tlist, i));
	}
	prepare_sort(s, private->sort, below, &node->ss.ps);
	for (i = 0; i < (int) lengthof(s->rows); i++)
		s->rows[i] = ExecInitExtraTupleSlot(estate, ExecGetResultType(below), &TTSOpsMinimalTuple);
	pds_agg_memory_init(&s->memory, estate->es_query_cxt);
}

/* ---- rows in ---- */

/* Does the row have an argument of DISTINCT, and not states? */
static bool
has_argument(const MixedScan * s, TupleTableSlot *row)
{
	int			i;

	for (i = s->nkeys; i < s->nsort; i++)
		if (!row->tts_isnull[s->sort_columns[i] - 1])
			return true;
	return false;
}

static void
keep_row(MixedScan * s, TupleTableSlot *row)
{
	if (s->sort == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(GetMemoryChunkContext(s));

		s->sort = tuplesort_begin_heap(row->tts_tupleDescriptor, s->nsort, s->sort_columns,
									   s->sort_less, s->sort_collations, s->sort_nulls_first,
									   work_mem, NULL, TUPLESORT_NONE);
		MemoryContextSwitchTo(old);
	}
	tuplesort_puttupleslot(s->sort, row);
}

/* The next row of states into slot; false: all rows were taken. */
static bool
next_states(MixedScan * s, ForeignScanState *node, TupleTableSlot *slot)
{
	for (;;)
	{
		TupleTableSlot *row = next_below(node);
		int			i;

		if (TupIsNull(row))
			return false;
		slot_getallattrs(row);
		if (has_argument(s, row))
		{
			keep_row(s, row);
			continue;
		}
		for (i = 0; i < s->noutputs; i++)
		{
			const		MixedOutput *o = &s->outputs[i];

			slot->tts_isnull[i] = o->role == PDS_MIXED_DISTINCT || row->tts_isnull[o->column];
			slot->tts_values[i] = slot->tts_isnull[i] ? (Datum) 0 : row->tts_values[o->column];
		}
		return true;
	}
}

/* ---- groups out ---- */

static bool
match(MixedScan * s, ExprState *same, TupleTableSlot *a, TupleTableSlot *b, ExprContext *econtext)
{
	econtext->ecxt_outertuple = a;
	econtext->ecxt_innertuple = b;
	return ExecQualAndReset(same, econtext);
}

/* states of the row's group; first: it has none yet */
static void
take_values(MixedScan * s, TupleTableSlot *row, bool first)
{
	int			i;

	if (first)
		MemoryContextReset(s->memory.states);
	slot_getallattrs(row);
	for (i = 0; i < s->noutputs; i++)
	{
		MixedOutput *o = &s->outputs[i];
		Datum		value;

		if (o->role != PDS_MIXED_DISTINCT)
			continue;
		if (first)
			memset(&o->state, 0, sizeof(o->state));
		if (row->tts_isnull[o->column])
			continue;
		value = row->tts_values[o->column];
		/* in a tuple it may have a short header */
		if (o->agg.kind == PDS_AGG_NUMERIC)
			value = PointerGetDatum(PG_DETOAST_DATUM(value));
		pds_agg_advance(&o->agg, &o->state, value, &s->memory);
		if (value != row->tts_values[o->column])
			pfree(DatumGetPointer(value));
	}
}

/* the group that the row is one of */
static void
give_states(MixedScan * s, TupleTableSlot *row, TupleTableSlot *slot)
{
	int			i;

	MemoryContextReset(s->memory.values);
	for (i = 0; i < s->noutputs; i++)
	{
		MixedOutput *o = &s->outputs[i];

		slot->tts_values[i] = (Datum) 0;
		slot->tts_isnull[i] = true;
		if (o->role == PDS_MIXED_DISTINCT)
			slot->tts_values[i] = pds_agg_value(&o->agg, &o->state, &s->memory, &slot->tts_isnull[i]);
		else if (o->role == PDS_MIXED_KEY)
		{
			slot->tts_values[i] = row->tts_values[o->column];
			slot->tts_isnull[i] = row->tts_isnull[o->column];
		}
	}
}

/* The next row of the sort into its slot, which owns it; false: there are no more. */
static bool
next_sorted(MixedScan * s, TupleTableSlot *row)
{
	MemoryContext old = MemoryContextSwitchTo(row->tts_mcxt);
	bool		got = tuplesort_gettupleslot(s->sort, true, true, row, NULL);

	MemoryContextSwitchTo(old);
	return got;
}

/* The next group of the sorted rows; false: there are no more. */
static bool
next_sorted_group(MixedScan * s, ExprContext *econtext, TupleTableSlot *slot)
{
	while (!s->ended)
	{
		TupleTableSlot *last = s->rows[s->at];
		TupleTableSlot *row = s->rows[1 - s->at];

		CHECK_FOR_INTERRUPTS();
		/* not before: what was given last is of the states of its group */
		if (s->begins)
			take_values(s, last, true);
		s->begins = false;
		if (!next_sorted(s, row))
		{
			s->ended = true;
			if (TupIsNull(last))
				return false;
			give_states(s, last, slot);
			return true;
		}
		s->at = 1 - s->at;
		if (TupIsNull(last))
			s->begins = true;
		else if (!match(s, s->same_keys, row, last, econtext))
		{
			s->begins = true;
			give_states(s, last, slot);
			return true;
		}
		else if (!match(s, s->same_row, row, last, econtext))
			take_values(s, row, false);
	}
	return false;
}

static TupleTableSlot *
iterate_mixed_scan(ForeignScanState *node)
{
	MixedScan  *s = (MixedScan *) node->fdw_state;
	TupleTableSlot *slot = node->ss.ss_ScanTupleSlot;
	bool		got = false;

	ExecClearTuple(slot);
	if (!s->sorted)
	{
		got = next_states(s, node, slot);
		if (!got)
		{
			s->sorted = true;
			s->ended = s->sort == NULL;
			if (s->sort)
				tuplesort_performsort(s->sort);
		}
	}
	if (!got && !next_sorted_group(s, node->ss.ps.ps_ExprContext, slot))
		return slot;
	return ExecStoreVirtualTuple(slot);
}

/* ---- end ---- */

static void
end_mixed_scan(ForeignScanState *node)
{
	MixedScan  *s = (MixedScan *) node->fdw_state;

	/* all memory is the query's, but a tuplesort may have files */
	if (s->sort)
		tuplesort_end(s->sort);
	s->sort = NULL;
}

/* The executor starts the plan below anew, which need not read again for that. */
static void
rescan_mixed(ForeignScanState *node)
{
	MixedScan  *s = (MixedScan *) node->fdw_state;
	int			i;

	end_mixed_scan(node);
	for (i = 0; i < (int) lengthof(s->rows); i++)
		ExecClearTuple(s->rows[i]);
	s->sorted = s->ended = s->begins = false;
}

static void
explain_mixed_scan(ForeignScanState *node, ExplainState *es)
{
	ForeignScan *plan = (ForeignScan *) node->ss.ps.plan;
	List	   *context = set_deparse_context_plan(es->deparse_cxt, (Plan *) plan, NIL);
	bool		prefix = es->verbose || pds_explain_several_relations(es);
	List	   *states = NIL;
	ListCell   *lc;
	ListCell   *role;

	ExplainPropertyText("Engine", "direct", es);
	forboth(lc, plan->fdw_scan_tlist, role, pds_plan_unpack(plan)->outputs)
	{
		const Aggref *a = (const Aggref *) ((TargetEntry *) lfirst(lc))->expr;

		if (lfirst_int(role) == PDS_MIXED_DISTINCT)
			states = list_append_unique(states, makeString(
														   deparse_expression((Node *) linitial_node(TargetEntry, a->args)->expr,
																			  context, prefix, false)));
	}
	foreach(lc, states)
		lfirst(lc) = strVal(lfirst(lc));
	ExplainPropertyList("Distinct", states, es);
}

const PdsEngineMethods pds_mixed_methods = {
	.begin = begin_mixed_scan,
	.iterate = iterate_mixed_scan,
	.rescan = rescan_mixed,
	.end = end_mixed_scan,
	.explain = explain_mixed_scan
};

/* ---- the result ---- */

static void
begin_result(ForeignScanState *node, int eflags)
{
	PdsScanCommon *c = palloc0(sizeof(PdsScanCommon));

	c->methods = &pds_mixed_result_methods;
	node->fdw_state = c;
}

static TupleTableSlot *
iterate_result(ForeignScanState *node)
{
	TupleTableSlot *slot = node->ss.ss_ScanTupleSlot;
	TupleTableSlot *row = next_below(node);
	int			n = slot->tts_tupleDescriptor->natts;

	ExecClearTuple(slot);
	if (TupIsNull(row))
		return slot;
	slot_getallattrs(row);
	Assert(row->tts_tupleDescriptor->natts == n);
	memcpy(slot->tts_values, row->tts_values, n * sizeof(Datum));
	memcpy(slot->tts_isnull, row->tts_isnull, n * sizeof(bool));
	return ExecStoreVirtualTuple(slot);
}

/* the executor starts the plan below anew */
static void
rescan_result(ForeignScanState *node)
{
}

static void
end_result(ForeignScanState *node)
{
}

static void
explain_result(ForeignScanState *node, ExplainState *es)
{
	ExplainPropertyText("Engine", "direct", es);
}

const PdsEngineMethods pds_mixed_result_methods = {
	.begin = begin_result,
	.iterate = iterate_result,
	.rescan = rescan_result,
	.end = end_result,
	.explain = explain_result
};
