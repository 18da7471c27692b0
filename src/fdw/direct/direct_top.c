/*
 * direct_top.c
 *	  Top-N inside a direct scan: of its rows only those are kept, and for the most part made,
 *	  that ORDER BY ... LIMIT asks for.
 *
 * The rows kept are a heap with the last of them on top.  When it is full, the scan is told of that
 * row's first key, and drops records that come after it as bytes (row_bound.h).  Rows that outgrow
 * work_mem go on to a tuplesort.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "executor/instrument.h"
#include "lib/binaryheap.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/ruleutils.h"
#include "utils/sortsupport.h"
#include "utils/tuplesort.h"
#include "utils/typcache.h"

#include "fdw/direct/direct_scan.h"
#include "fdw/direct/direct_top.h"
#include "fdw/rows/row_bound.h"
#include "fdw/scan/explain.h"

/* a row that is kept; what its values point to follows */
typedef struct TopRow
{
	Datum	   *values;			/* by column of the output */
	bool	   *nulls;
} TopRow;

typedef struct TopColumn
{
	int			attno;			/* of the table's slot, - 1 */
	bool		byval;
	int16		typlen;
} TopColumn;

typedef struct TopScan
{
	PdsScanCommon common;		/* first */
	const PdsPlan *plan;
	ForeignScanState *scan;		/* of the table */
	int			ncolumns;
	TopColumn  *columns;
	int			nkeys;
	SortSupport keys;			/* ssup_attno: column of the output, from 1 */
	binaryheap *heap;			/* of TopRows, the last of the order on top */
	MemoryContext rows_cxt;		/* the rows */
	PdsRowBound *bound;			/* of the scan that runs, or NULL */
	Tuplesortstate *sort;		/* has the rows; NULL: the heap has them */
	TupleTableSlot *put;		/* into it */
	TupleTableSlot *got;		/* ... and out of it */
	bool		filled;			/* all rows were read */
	int			next;			/* of the heap's rows, now in order: the one
								 * to be given */
} TopScan;

static inline PdsDirectScan *
scan_below(const TopScan *s)
{
	return (PdsDirectScan *) s->scan->fdw_state;
}

/* ---- begin ---- */

static void
prepare_key(TopScan *s, const List *key, SortSupport ssup)
{
	AttrNumber	attnum = (AttrNumber) list_nth_oid(key, PdsTopKeyColumn);
	int			i = 0;

	while (s->columns[i].attno != attnum - 1)
		i++;
	ssup->ssup_cxt = CurrentMemoryContext;
	ssup->ssup_collation = list_nth_oid(key, PdsTopKeyCollation);
	ssup->ssup_nulls_first = list_nth_oid(key, PdsTopKeyNullsFirst) != 0;
	ssup->ssup_attno = (AttrNumber) (i + 1);
	PrepareSortSupportFromOrderingOp(list_nth_oid(key, PdsTopKeyOperator), ssup);
}

static inline int
compare_in_order(const TopScan *s, const Datum *a, const bool *anulls, const Datum *b,
				 const bool *bnulls)
{
	int			order = 0;
	int			k;

	for (k = 0; k < s->nkeys && order == 0; k++)
	{
		int			i = s->keys[k].ssup_attno - 1;

		order = ApplySortComparator(a[i], anulls[i], b[i], bnulls[i], &s->keys[k]);
	}
	return order;
}

/* a binaryheap_comparator */
static int
compare_top_rows(Datum a, Datum b, void *arg)
{
	const TopRow *x = (const TopRow *) DatumGetPointer(a);
	const TopRow *y = (const TopRow *) DatumGetPointer(b);

	return compare_in_order(arg, x->values, x->nulls, y->values, y->nulls);
}

static void
begin_top_scan(ForeignScanState *node, int eflags)
{
	EState	   *estate = node->ss.ps.state;
	TopScan    *s = palloc0(sizeof(TopScan));
	TupleDesc	desc = node->ss.ss_ScanTupleSlot->tts_tupleDescriptor;
	ListCell   *lc;
	int			i = 0;

	node->fdw_state = s;
	s->common.methods = &pds_top_methods;
	s->plan = pds_plan_unpack((ForeignScan *) node->ss.ps.plan);
	s->scan = castNode(ForeignScanState, outerPlanState(node));
	if (eflags & EXEC_FLAG_EXPLAIN_ONLY)
		return;
	s->ncolumns = list_length(s->plan->columns);
	s->columns = palloc(s->ncolumns * sizeof(TopColumn));
	foreach(lc, s->plan->columns)
	{
		TopColumn  *c = &s->columns[i];

		c->attno = lfirst_int(lc) - 1;
		get_typlenbyval(TupleDescAttr(desc, i)->atttypid, &c->typlen, &c->byval);
		i++;
	}
	s->nkeys = list_length(s->plan->sort);
	s->keys = palloc0(s->nkeys * sizeof(SortSupportData));
	i = 0;
	foreach(lc, s->plan->sort)
		prepare_key(s, lfirst(lc), &s->keys[i++]);
	s->rows_cxt = AllocSetContextCreate(estate->es_query_cxt, "pds_fdw Top-N",
										ALLOCSET_DEFAULT_SIZES);
	s->heap = binaryheap_allocate((int) s->plan->limit, compare_top_rows, s);
	s->put = ExecInitExtraTupleSlot(estate, desc, &TTSOpsVirtual);
	s->got = ExecInitExtraTupleSlot(estate, desc, &TTSOpsMinimalTuple);
	/* all columns whole, and all rows */
	scan_below(s)->uses =
		palloc0(RelationGetDescr(s->scan->ss.ss_currentRelation)->natts * sizeof(PdsColumnUse));
}

/* ---- rows in ---- */

static TopRow *
copy_row(TopScan *s)
{
	const Datum *values = s->put->tts_values;
	const bool *nulls = s->put->tts_isnull;
	Size		size = MAXALIGN(sizeof(TopRow)) + MAXALIGN(s->ncolumns * (sizeof(Datum) + sizeof(bool)));
	char	   *p;
	TopRow	   *row;
	int			i;

	for (i = 0; i < s->ncolumns; i++)
		if (!nulls[i] && !s->columns[i].byval)
			size += MAXALIGN(datumGetSize(values[i], false, s->columns[i].typlen));
	p = MemoryContextAllocHuge(s->rows_cxt, size);
	row = (TopRow *) p;
	row->values = (Datum *) (p + MAXALIGN(sizeof(TopRow)));
	row->nulls = (bool *) (row->values + s->ncolumns);
	p = (char *) row->values + MAXALIGN(s->ncolumns * (sizeof(Datum) + sizeof(bool)));
	memcpy(row->nulls, nulls, s->ncolumns * sizeof(bool));
	for (i = 0; i < s->ncolumns; i++)
	{
		row->values[i] = values[i];
		if (!nulls[i] && !s->columns[i].byval)
		{
			Size		n = datumGetSize(values[i], false, s->columns[i].typlen);

			memcpy(p, DatumGetPointer(values[i]), n);
			row->values[i] = PointerGetDatum(p);
			p += MAXALIGN(n);
		}
	}
	return row;
}

/* Rows that the memory does not hold: a tuplesort keeps them, in files if it must. */
static void
spill_rows(TopScan *s)
{
	TupleDesc	desc = s->put->tts_tupleDescriptor;
	AttrNumber *attnos = palloc(s->nkeys * sizeof(AttrNumber));
	Oid		   *operators = palloc(s->nkeys * sizeof(Oid));
	Oid		   *collations = palloc(s->nkeys * sizeof(Oid));
	bool	   *nulls_first = palloc(s->nkeys * sizeof(bool));
	MemoryContext old = MemoryContextSwitchTo(GetMemoryChunkContext(s));
	int			i;

	for (i = 0; i < s->nkeys; i++)
	{
		attnos[i] = s->keys[i].ssup_attno;
		operators[i] = list_nth_oid(list_nth(s->plan->sort, i), PdsTopKeyOperator);
		collations[i] = s->keys[i].ssup_collation;
		nulls_first[i] = s->keys[i].ssup_nulls_first;
	}
	s->sort = tuplesort_begin_heap(desc, s->nkeys, attnos, operators, collations, nulls_first,
								   work_mem, NULL, TUPLESORT_RANDOMACCESS | TUPLESORT_ALLOWBOUNDED);
	tuplesort_set_bound(s->sort, s->plan->limit);
	/* the bound stays what it is: nobody tells a later one */
	if (s->bound)
	{
		PdsRowBound *b = s->bound;
		bool		byval = s->columns[s->keys[0].ssup_attno - 1].byval;

		if (!b->isnull)
			b->value = datumCopy(b->value, byval, s->columns[s->keys[0].ssup_attno - 1].typlen);
		b->changed = true;
	}
	MemoryContextSwitchTo(old);
	for (i = 0; i < s->heap->bh_size; i++)
	{
		const TopRow *row = (const TopRow *) DatumGetPointer(s->heap->bh_nodes[i]);

		ExecClearTuple(s->put);
		memcpy(s->put->tts_values, row->values, s->ncolumns * sizeof(Datum));
		memcpy(s->put->tts_isnull, row->nulls, s->ncolumns * sizeof(bool));
		ExecStoreVirtualTuple(s->put);
		tuplesort_puttupleslot(s->sort, s->put);
	}
	binaryheap_reset(s->heap);
	MemoryContextReset(s->rows_cxt);
	scan_below(s)->totals.flushes++;
}

/* The heap is full: from now on there may be a bound. */
static void
make_bound(TopScan *s)
{
	SortSupport key = &s->keys[0];

	/*
	 * a condition that is evaluated above the bytes may raise for a row that
	 * is beyond it
	 */
	if (s->scan->ss.ps.qual == NULL)
		s->bound = pds_row_bound_create(scan_below(s)->rows,
										s->columns[key->ssup_attno - 1].attno,
										list_nth_oid(linitial(s->plan->sort), PdsTopKeyOperator),
										key->ssup_collation, key->ssup_nulls_first, s->nkeys > 1);
}

/* The scan need not give what comes after the row on top. */
static void
tell_bound(TopScan *s)
{
	const TopRow *last = (const TopRow *) DatumGetPointer(binaryheap_first(s->heap));
	SortSupport key = &s->keys[0];

	if (s->bound)
		pds_row_bound_set(s->bound, last->values[key->ssup_attno - 1],
						  last->nulls[key->ssup_attno - 1]);
}

/* the row of the table's slot */
static void
take_row(TopScan *s)
{
	const TupleTableSlot *from = s->scan->ss.ss_ScanTupleSlot;
	Size		memory;
	int			i;

	ExecClearTuple(s->put);
	for (i = 0; i < s->ncolumns; i++)
	{
		s->put->tts_values[i] = from->tts_values[s->columns[i].attno];
		s->put->tts_isnull[i] = from->tts_isnull[s->columns[i].attno];
	}
	if (s->sort)
	{
		ExecStoreVirtualTuple(s->put);
		tuplesort_puttupleslot(s->sort, s->put);
		return;
	}
	if (s->heap->bh_size < s->heap->bh_space)
	{
		binaryheap_add_unordered(s->heap, PointerGetDatum(copy_row(s)));
		if (s->heap->bh_size == s->heap->bh_space)
		{
			binaryheap_build(s->heap);
			make_bound(s);
			tell_bound(s);
		}
	}
	else
	{
		TopRow	   *last = (TopRow *) DatumGetPointer(binaryheap_first(s->heap));

		if (compare_in_order(s, s->put->tts_values, s->put->tts_isnull, last->values,
							 last->nulls) >= 0)
			return;
		binaryheap_replace_first(s->heap, PointerGetDatum(copy_row(s)));
		tell_bound(s);
		pfree(last);
	}
	memory = MemoryContextMemAllocated(s->rows_cxt, false);
	scan_below(s)->totals.kept_memory = Max(scan_below(s)->totals.kept_memory, memory);
	if (memory > work_mem * (Size) 1024)
		spill_rows(s);
}

/* an ORDER that qsort understands */
static int
compare_nodes(const void *a, const void *b, void *arg)
{
	return compare_top_rows(*(const Datum *) a, *(const Datum *) b, arg);
}

static void
fill_top(TopScan *s)
{
	PlanState  *scan = &s->scan->ss.ps;
	ExprContext *econtext = scan->ps_ExprContext;
	double		nrows = 0;

	/* the executor would do this for a node that it calls */
	if (scan->chgParam != NULL)
		ExecReScan(scan);
	if (scan->instrument)
		InstrStartNode(scan->instrument);
	while (pds_direct_next(s->scan))
	{
		CHECK_FOR_INTERRUPTS();
		if (scan->qual)
		{
			ResetExprContext(econtext);
			econtext->ecxt_scantuple = s->scan->ss.ss_ScanTupleSlot;
			if (!ExecQual(scan->qual, econtext))
			{
				InstrCountFiltered1(s->scan, 1);
				continue;
			}
		}
		nrows++;
		take_row(s);
	}
	if (s->bound)
		nrows += s->bound->dropped;
	if (scan->instrument)
		InstrStopNode(scan->instrument, nrows);
	if (s->sort)
		tuplesort_performsort(s->sort);
	else
		qsort_arg(s->heap->bh_nodes, s->heap->bh_size, sizeof(Datum), compare_nodes, s);
	s->filled = true;
	s->next = 0;
}

/* ---- rows out ---- */

static TupleTableSlot *
iterate_top_scan(ForeignScanState *node)
{
	TopScan    *s = (TopScan *) node->fdw_state;
	TupleTableSlot *slot = node->ss.ss_ScanTupleSlot;
	const Datum *values;
	const bool *nulls;

	ExecClearTuple(slot);
	if (!s->filled)
		fill_top(s);
	if (s->sort)
	{
		if (!tuplesort_gettupleslot(s->sort, true, false, s->got, NULL))
			return slot;
		slot_getallattrs(s->got);
		values = s->got->tts_values;
		nulls = s->got->tts_isnull;
	}
	else
	{
		const TopRow *row;

		if (s->next >= s->heap->bh_size)
			return slot;
		row = (const TopRow *) DatumGetPointer(s->heap->bh_nodes[s->next++]);
		values = row->values;
		nulls = row->nulls;
	}
	memcpy(slot->tts_values, values, s->ncolumns * sizeof(Datum));
	memcpy(slot->tts_isnull, nulls, s->ncolumns * sizeof(bool));
	return ExecStoreVirtualTuple(slot);
}

/* ---- end ---- */

static void
rescan_top(ForeignScanState *node)
{
	TopScan    *s = (TopScan *) node->fdw_state;
	const PlanState *scan = &s->scan->ss.ps;

	/* does the scan below give the same rows again? */
	if (s->filled && !scan->plan->parallel_aware && scan->chgParam == NULL &&
		!contain_volatile_functions((Node *) scan->plan->qual))
	{
		s->next = 0;
		if (s->sort)
			tuplesort_rescan(s->sort);
		return;
	}
	if (s->sort)
		tuplesort_end(s->sort);
	s->sort = NULL;
	s->bound = NULL;
	s->filled = false;
	binaryheap_reset(s->heap);
	MemoryContextReset(s->rows_cxt);
}

static void
end_top_scan(ForeignScanState *node)
{
	TopScan    *s = (TopScan *) node->fdw_state;

	/* all memory is the query's, but a tuplesort may have files */
	if (s->sort)
		tuplesort_end(s->sort);
	s->sort = NULL;
}

/* "price DESC", as a plan of core's Sort shows it */
static void
append_key(StringInfo buf, const char *column, Oid type, const List *key)
{
	Oid			collation = list_nth_oid(key, PdsTopKeyCollation);
	Oid			operator = list_nth_oid(key, PdsTopKeyOperator);
	bool		nulls_first = list_nth_oid(key, PdsTopKeyNullsFirst) != 0;
	const TypeCacheEntry *order = lookup_type_cache(type, TYPECACHE_LT_OPR | TYPECACHE_GT_OPR);
	bool		descending = operator == order->gt_opr;

	appendStringInfo(buf, "%s%s", buf->data[buf->len - 1] == ' ' ? "" : ", ", column);
	if (OidIsValid(collation) && collation != get_typcollation(type))
		appendStringInfo(buf, " COLLATE %s", quote_identifier(get_collation_name(collation)));
	if (descending)
		appendStringInfoString(buf, " DESC");
	else if (operator != order->lt_opr)
		appendStringInfo(buf, " USING %s", get_opname(operator));
	if (nulls_first != descending)
		appendStringInfoString(buf, nulls_first ? " NULLS FIRST" : " NULLS LAST");
}

static void
explain_top_scan(ForeignScanState *node, ExplainState *es)
{
	TopScan    *s = (TopScan *) node->fdw_state;
	ForeignScan *plan = (ForeignScan *) node->ss.ps.plan;
	List	   *context = set_deparse_context_plan(es->deparse_cxt, (Plan *) plan, NIL);
	bool		prefix = es->verbose || pds_explain_several_relations(es);
	const PdsScanTotals *totals;
	StringInfoData buf;
	ListCell   *lc;

	ExplainPropertyText("Engine", "direct", es);
	initStringInfo(&buf);
	appendStringInfo(&buf, INT64_FORMAT " by ", s->plan->limit);
	foreach(lc, s->plan->sort)
	{
		const TargetEntry *tle = plan->fdw_scan_tlist ? linitial(plan->fdw_scan_tlist) : NULL;
		ListCell   *lv;

		foreach(lv, plan->fdw_scan_tlist)
		{
			tle = lfirst(lv);
			if (((Var *) tle->expr)->varattno == (AttrNumber) linitial_oid(lfirst(lc)))
				break;
		}
		append_key(&buf, deparse_expression((Node *) tle->expr, context, prefix, false),
				   exprType((Node *) tle->expr), lfirst(lc));
	}
	ExplainPropertyText("Top-N", buf.data, es);
	if (!es->analyze)
		return;
	pds_direct_sum_up(scan_below(s));
	totals = &scan_below(s)->totals;
	ExplainPropertyInteger("Rows Dropped in Scan", NULL, totals->beyond, es);
	ExplainPropertyInteger("Memory Usage", "kB", (int64) ((totals->kept_memory + 1023) / 1024), es);
	if (totals->flushes > 0)
		ExplainPropertyInteger("Spilled", NULL, totals->flushes, es);
}

const PdsEngineMethods pds_top_methods = {
	.begin = begin_top_scan,
	.iterate = iterate_top_scan,
	.rescan = rescan_top,
	.end = end_top_scan,
	.explain = explain_top_scan
};
