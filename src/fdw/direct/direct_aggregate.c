/*
 * direct_aggregate.c
 *	  Aggregates inside a direct scan: its rows go into a table of groups without
 *	  passing through the executor.
 *
 * What comes out are partial groups.  When the table has used the memory that
 * a hash may have, all its groups are given away and it begins anew: the
 * Finalize Agg above puts together what belongs together.  So groups may be
 * told apart more finely here than SQL does, and are: by the bytes of the keys.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "access/sysattr.h"
#include "executor/instrument.h"
#include "miscadmin.h"
#include "optimizer/optimizer.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/ruleutils.h"

#include "fdw/agg/agg_groups.h"
#include "fdw/direct/aggregate_inputs.h"
#include "fdw/direct/direct_aggregate.h"
#include "fdw/direct/direct_scan.h"
#include "fdw/scan/explain.h"

/* where a column of the output comes from */
typedef struct Output
{
	bool		is_key;
	int			number;			/* of the key or of the aggregate */
} Output;

/* an aggregate, and what it takes */
typedef struct Aggregate
{
	PdsAgg		agg;
	PdsInput   *arg;			/* NULL: count(*) */
	PdsInput   *filter;			/* NULL: all rows */
} Aggregate;

typedef struct AggregateScan
{
	PdsScanCommon common;		/* first */
	ForeignScanState *scan;		/* of the table */
	int			noutputs;
	Output	   *outputs;
	PdsInputs	inputs;
	int			nkeys;			/* that are grouped by */
	int			nkept;
	PdsGroupKey *keys;
	PdsInput  **key_inputs;
	int			first_alone;	/* keys from here to nkeys are PDS_ROLE_ALONE */
	bool	   *alone_nulls;	/* by key: as NULL as it is taken to be */
	int			naggs;
	Aggregate  *aggs;
	PdsGroups  *groups;
	PdsGroups  *seen;			/* beside aggregates: what is alone, by the
								 * keys; or NULL */
	bool		counts_only;	/* no aggregate looks at a row */
	bool		ended;			/* no more rows */
	int64		next_group;		/* to be given away; -1: rows are being read */
	bool		flushed;		/* groups were given away that are not in the
								 * table any more */
	PdsSpool	spool;			/* what was given, for rescans: where the
								 * table did not hold all */
} AggregateScan;

static inline PdsDirectScan *
scan_of(const AggregateScan *s)
{
	return (PdsDirectScan *) s->scan->fdw_state;
}

/* ---- begin ---- */

static int
find_agg(const AggregateScan *s, const Aggregate *a)
{
	int			i;

	for (i = 0; i < s->naggs; i++)
		if (s->aggs[i].agg.fn.fn_oid == a->agg.fn.fn_oid && s->aggs[i].arg == a->arg &&
			s->aggs[i].filter == a->filter && s->aggs[i].agg.collation == a->agg.collation)
			return i;
	return -1;
}

static void
prepare_aggregate(AggregateScan *s, const Aggref *a, Output *o)
{
	PdsAggKind	kind;
	Oid			transfn;
	Expr	   *arg;
	Aggregate	made;

	memset(&made, 0, sizeof(made));
	if (!pds_agg_supported(a, &kind, &transfn, &arg))
		elog(ERROR, "an aggregate of the plan cannot be computed");
	if (arg)
		made.arg = pds_inputs_add(&s->inputs, arg, kind == PDS_AGG_COUNT ? PDS_INPUT_PRESENCE :
								  kind == PDS_AGG_NUMERIC ? PDS_INPUT_SCALED : PDS_INPUT_VALUE);
	if (a->aggfilter)
		made.filter = pds_inputs_add(&s->inputs, a->aggfilter, PDS_INPUT_VALUE);
	pds_agg_init(&made.agg, kind, transfn, made.arg ? made.arg->typid : InvalidOid, a->inputcollid);
	s->counts_only = s->counts_only && arg == NULL && a->aggfilter == NULL;
	/* sum and avg of a column have the same state */
	o->number = find_agg(s, &made);
	if (o->number < 0)
	{
		o->number = s->naggs++;
		s->aggs[o->number] = made;
	}
}

/* The keys of that role come next. */
static void
prepare_keys(AggregateScan *s, const List *tlist, const List *outputs, PdsAggregateRole role)
{
	int			i;

	for (i = 0; i < s->noutputs; i++)
	{
		PdsInput   *in;

		if (list_nth_int(outputs, i) != (int) role)
			continue;
		in = pds_inputs_add(&s->inputs, list_nth_node(TargetEntry, tlist, i)->expr,
							PDS_INPUT_VALUE);
		s->outputs[i].is_key = true;
		s->outputs[i].number = s->nkept;
		s->key_inputs[s->nkept] = in;
		pds_group_key_init(&s->keys[s->nkept], in->value,
						   role == PDS_ROLE_ALONE ? &s->alone_nulls[s->nkept] : in->isnull,
						   in->typid);
		s->nkept++;
	}
}

static void
prepare_outputs(AggregateScan *s, const List *tlist, const List *outputs)
{
	int			n = list_length(outputs);
	int			i;

	Assert(list_length(tlist) == n);
	s->noutputs = n;
	s->outputs = palloc0(Max(n, 1) * sizeof(Output));
	s->keys = palloc0(Max(n, 1) * sizeof(PdsGroupKey));
	s->key_inputs = palloc0(Max(n, 1) * sizeof(PdsInput *));
	s->aggs = palloc0(Max(n, 1) * sizeof(Aggregate));
	s->alone_nulls = palloc0(Max(n, 1) * sizeof(bool));
	prepare_keys(s, tlist, outputs, PDS_ROLE_KEY);
	s->first_alone = s->nkept;
	prepare_keys(s, tlist, outputs, PDS_ROLE_ALONE);
	s->nkeys = s->nkept;
	prepare_keys(s, tlist, outputs, PDS_ROLE_FIRST);
	Assert(s->first_alone == s->nkeys || s->nkept == s->nkeys);
	s->counts_only = true;
	for (i = 0; i < n; i++)
		if (!s->outputs[i].is_key)
			prepare_aggregate(s, castNode(Aggref, list_nth_node(TargetEntry, tlist, i)->expr),
							  &s->outputs[i]);
}

/*
 * Aggregates beside columns that are alone have groups without those: rows of states, in which
 * the columns are NULL.
 */
static void
make_tables(AggregateScan *s, MemoryContext cxt)
{
	bool		both = s->naggs > 0 && s->first_alone < s->nkeys;

	if (both)
	{
		s->seen = pds_groups_create(cxt, s->nkeys, s->nkeys, s->keys, 0);
		s->groups = pds_groups_create(cxt, s->first_alone, s->first_alone, s->keys, s->naggs);
	}
	else
		s->groups = pds_groups_create(cxt, s->nkeys, s->nkept, s->keys, s->naggs);
}

static bool
tables_full(const AggregateScan *s)
{
	if (s->seen == NULL)
		return pds_groups_full(s->groups);
	return pds_groups_memory(s->groups) + pds_groups_memory(s->seen) > s->groups->limit;
}

static int64
all_groups(const AggregateScan *s)
{
	return s->groups->ngroups + (s->seen ? s->seen->ngroups : 0);
}

static void
reset_tables(AggregateScan *s)
{
	pds_groups_reset(s->groups);
	if (s->seen)
		pds_groups_reset(s->seen);
}

static void
begin_aggregate_scan(ForeignScanState *node, int eflags)
{
	ForeignScan *plan = (ForeignScan *) node->ss.ps.plan;
	List	   *outputs = pds_plan_unpack(plan)->outputs;
	AggregateScan *s = palloc0(sizeof(AggregateScan));
	Scan	   *table;
	Bitmapset  *whole = NULL;

	node->fdw_state = s;
	s->common.methods = &pds_aggregate_methods;
	s->scan = castNode(ForeignScanState, outerPlanState(node));
	if (eflags & EXEC_FLAG_EXPLAIN_ONLY)
		return;
	/* each output has an argument and a filter at most */
	pds_inputs_init(&s->inputs, s->scan->ss.ss_ScanTupleSlot, node->ss.ps.state,
					2 * list_length(outputs));
	prepare_outputs(s, plan->fdw_scan_tlist, outputs);
	table = (Scan *) s->scan->ss.ps.plan;
	pull_varattnos((Node *) table->plan.qual, table->scanrelid, &whole);
	scan_of(s)->uses = pds_inputs_uses(&s->inputs, table->scanrelid, whole);
	make_tables(s, node->ss.ps.state->es_query_cxt);
	s->next_group = -1;
}

/* ---- rows in ---- */

/*
 * The groups of the row at hand for each column that is alone.  Without a value there is one for
 * the first column only, where no other row tells that there are such keys.
 */
static PdsGroup *
find_alone(AggregateScan *s, PdsGroups *table)
{
	PdsGroup   *g = NULL;
	bool		grown = false;
	int			i;

	for (i = s->first_alone; i < s->nkeys; i++)
		s->alone_nulls[i] = true;
	for (i = s->first_alone; i < s->nkeys; i++)
	{
		if ((s->seen || i > s->first_alone) && *s->key_inputs[i]->isnull)
			continue;
		s->alone_nulls[i] = *s->key_inputs[i]->isnull;
		g = pds_groups_find(table);
		s->alone_nulls[i] = true;
		grown = grown || table->grown;
	}
	table->grown = grown;
	return g;
}

/* the group of the row at hand, whose states it advances */
static inline PdsGroup *
find_group(AggregateScan *s)
{
	int			i;

	for (i = 0; i < s->nkept; i++)
		pds_input_make(&s->inputs, s->key_inputs[i]);
	if (s->seen)
		find_alone(s, s->seen);
	else if (s->first_alone < s->nkeys)
		return find_alone(s, s->groups);
	return pds_groups_find(s->groups);
}

static inline bool
filter_passes(AggregateScan *s, PdsInput *filter)
{
	pds_input_make(&s->inputs, filter);
	return !*filter->isnull && DatumGetBool(*filter->value);
}

static inline void
advance_group(AggregateScan *s, PdsGroup *g)
{
	PdsAggState *states = pds_group_states(s->groups, g);
	int			i;

	for (i = 0; i < s->naggs; i++)
	{
		Aggregate  *a = &s->aggs[i];
		PdsInput   *arg = a->arg;

		if (a->filter && !filter_passes(s, a->filter))
			continue;
		if (arg == NULL)
		{
			states[i].n++;
			continue;
		}
		pds_input_make(&s->inputs, arg);
		if (*arg->isnull)
			continue;
		if (a->agg.kind != PDS_AGG_NUMERIC || !arg->scaled ||
			(arg->attno >= 0 && !s->inputs.plain))
			pds_agg_advance(&a->agg, &states[i], *arg->value, &s->groups->memory);
		else if (arg->attno < 0)
			pds_agg_add_scaled(&a->agg, &states[i], arg->v, arg->scale, &s->groups->memory);
		else
		{
			int			scale;
			int64		v = pds_datum_scaled(*arg->value, &scale);

			pds_agg_add_scaled(&a->agg, &states[i], v, scale, &s->groups->memory);
		}
	}
}

/* Batches of rows that all have the same keys.  True: that is how this scan is. */
static bool
take_batches(AggregateScan *s, double *nrows)
{
	int64		n;

	if (s->scan->ss.ps.qual != NULL || !s->counts_only)
		return false;
	while (pds_direct_next_batch(s->scan, &n))
	{
		PdsAggState *states;
		int			i;

		s->ended = n == 0;
		if (s->ended)
			return true;
		*nrows += n;
		pds_inputs_next(&s->inputs, false);
		states = pds_group_states(s->groups, find_group(s));
		for (i = 0; i < s->naggs; i++)
			states[i].n += n;
		CHECK_FOR_INTERRUPTS();
		if (tables_full(s))
			return true;
	}
	return false;
}

/* rows between two looks at the memory that grows without new groups */
#define LOOK_ROWS 1024

static void
take_rows(AggregateScan *s, double *nrows)
{
	ForeignScanState *scan = s->scan;
	TupleTableSlot *slot = scan->ss.ss_ScanTupleSlot;
	ExprContext *econtext = scan->ss.ps.ps_ExprContext;
	ExprState  *qual = scan->ss.ps.qual;
	int			look = LOOK_ROWS;

	while (pds_direct_next(scan))
	{
		CHECK_FOR_INTERRUPTS();
		if (qual)
		{
			bool		passed;

			ResetExprContext(econtext);
			econtext->ecxt_scantuple = slot;
			passed = ExecQual(qual, econtext);
			if (!passed)
			{
				InstrCountFiltered1(scan, 1);
				continue;
			}
		}
		*nrows += 1;
		pds_inputs_next(&s->inputs, s->inputs.any_scaled && pds_rows_plain(scan_of(s)->rows));
		advance_group(s, find_group(s));
		if (s->groups->grown || (s->seen && s->seen->grown) || --look == 0)
		{
			look = LOOK_ROWS;
			if (tables_full(s))
				return;
		}
	}
	s->ended = true;
}

/* Read until the end, or until the memory is used. */
static void
fill(AggregateScan *s)
{
	PlanState  *scan = &s->scan->ss.ps;
	PdsScanTotals *totals = &scan_of(s)->totals;
	double		nrows = 0;
	Size		memory;

	/* the executor would do this for a node that it calls */
	if (scan->chgParam != NULL)
		ExecReScan(scan);
	if (scan->instrument)
		InstrStartNode(scan->instrument);
	if (!take_batches(s, &nrows))
		take_rows(s, &nrows);
	if (scan->instrument)
		InstrStopNode(scan->instrument, nrows);
	/* without keys there is a group even when there are no rows */
	if (s->groups->nkept == 0)
		pds_groups_find(s->groups);
	memory = pds_groups_memory(s->groups) + (s->seen ? pds_groups_memory(s->seen) : 0);
	totals->kept_memory = Max(totals->kept_memory, memory);
	totals->flushes += !s->ended;
	s->flushed = s->flushed || !s->ended;
	s->next_group = 0;
}

/* ---- groups out ---- */

/* g is of the table; what the table does not have is NULL */
static void
give_group(AggregateScan *s, PdsGroups *table, PdsGroup *g, TupleTableSlot *slot)
{
	PdsAggState *states = pds_group_states(table, g);
	int			i;

	MemoryContextReset(s->groups->memory.values);
	for (i = 0; i < s->noutputs; i++)
	{
		int			number = s->outputs[i].number;

		slot->tts_values[i] = (Datum) 0;
		slot->tts_isnull[i] = true;
		if (s->outputs[i].is_key)
		{
			if (number < table->nkept)
				slot->tts_values[i] = pds_group_key(table, g, number, &slot->tts_isnull[i]);
		}
		else if (number < table->naggs)
			slot->tts_values[i] = pds_agg_value(&s->aggs[number].agg, &states[number],
												&s->groups->memory, &slot->tts_isnull[i]);
	}
}

/* The next group, filling the table when it has no more. */
static bool
next_group(AggregateScan *s, TupleTableSlot *slot)
{
	int64		n;

	while (s->next_group < 0 || s->next_group >= all_groups(s))
	{
		if (s->next_group >= 0)
		{
			if (s->ended)
				return false;
			reset_tables(s);
		}
		fill(s);
	}
	n = s->next_group++;
	if (n < s->groups->ngroups)
		give_group(s, s->groups, pds_groups_nth(s->groups, n), slot);
	else
		give_group(s, s->seen, pds_groups_nth(s->seen, n - s->groups->ngroups), slot);
	ExecStoreVirtualTuple(slot);
	return true;
}

static TupleTableSlot *
iterate_aggregate_scan(ForeignScanState *node)
{
	AggregateScan *s = (AggregateScan *) node->fdw_state;
	TupleTableSlot *slot = node->ss.ss_ScanTupleSlot;

	ExecClearTuple(slot);
	if (pds_spool_next(&s->spool, slot) || s->spool.complete)
		return slot;
	if (next_group(s, slot))
		pds_spool_put(&s->spool, slot);
	else
		s->spool.complete = s->spool.store != NULL;
	return slot;
}

/* ---- end ---- */

/* Does the scan below give the same rows again? */
static bool
same_rows(const AggregateScan *s)
{
	const PlanState *scan = &s->scan->ss.ps;

	/* processes that share a scan are given other rows each time */
	return !scan->plan->parallel_aware && scan->chgParam == NULL &&
		!contain_volatile_functions((Node *) scan->plan->qual);
}

/*
 * Groups that are all in the table are given again.  Where it was flushed, what is given
 * now is kept for the rescans after this one.
 */
static void
rescan_aggregate(ForeignScanState *node)
{
	AggregateScan *s = (AggregateScan *) node->fdw_state;
	bool		same = same_rows(s);

	if (same && s->spool.store)
	{
		pds_spool_rewind(&s->spool);
		return;
	}
	if (same && s->ended && !s->flushed)
	{
		s->next_group = 0;
		return;
	}
	pds_spool_drop(&s->spool);
	if (same && s->next_group >= 0)
		pds_spool_begin(&s->spool, node);
	reset_tables(s);
	s->ended = s->flushed = false;
	s->next_group = -1;
}

static void
end_aggregate_scan(ForeignScanState *node)
{
	AggregateScan *s = (AggregateScan *) node->fdw_state;

	/* all memory is the query's, but a spool may have files */
	pds_spool_end(&s->spool);
}

static void
explain_aggregate_scan(ForeignScanState *node, ExplainState *es)
{
	AggregateScan *s = (AggregateScan *) node->fdw_state;
	ForeignScan *plan = (ForeignScan *) node->ss.ps.plan;
	List	   *context = set_deparse_context_plan(es->deparse_cxt, (Plan *) plan, NIL);
	bool		prefix = es->verbose || pds_explain_several_relations(es);
	List	   *keys = NIL;
	List	   *alone = NIL;
	List	   *aggregates = NIL;
	const PdsScanTotals *totals;
	ListCell   *lc;
	ListCell   *role;

	ExplainPropertyText("Engine", "direct", es);
	forboth(lc, plan->fdw_scan_tlist, role, pds_plan_unpack(plan)->outputs)
	{
		TargetEntry *tle = lfirst(lc);
		char	   *text = deparse_expression((Node *) tle->expr, context, prefix, false);

		if (IsA(tle->expr, Aggref))
			aggregates = lappend(aggregates, text);
		else if (lfirst_int(role) == PDS_ROLE_KEY)
			keys = lappend(keys, text);
		else if (lfirst_int(role) == PDS_ROLE_ALONE)
			alone = lappend(alone, text);
	}
	if (keys)
		ExplainPropertyList("Group Key", keys, es);
	if (alone)
		ExplainPropertyList("Distinct in Scan", alone, es);
	if (aggregates)
		ExplainPropertyList("Aggregates in Scan", aggregates, es);
	if (!es->analyze)
		return;
	totals = &scan_of(s)->totals;
	ExplainPropertyInteger("Groups Flushed", NULL, totals->flushes, es);
	ExplainPropertyInteger("Memory Usage", "kB", (int64) ((totals->kept_memory + 1023) / 1024), es);
}

const PdsEngineMethods pds_aggregate_methods = {
	.begin = begin_aggregate_scan,
	.iterate = iterate_aggregate_scan,
	.rescan = rescan_aggregate,
	.end = end_aggregate_scan,
	.explain = explain_aggregate_scan
};
