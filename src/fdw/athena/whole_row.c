/*
 * whole_row.c
 *	  Whole rows of tables in the rows of a join by Athena.
 *
 * A statement that locks or changes a row of a local table keeps the rows that it was joined to, as
 * values (ROW_MARK_COPY): EvalPlanQual joins them again.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "access/htup_details.h"
#include "funcapi.h"
#include "nodes/plannodes.h"
#include "utils/typcache.h"

#include "fdw/athena/whole_row.h"

typedef struct PdsWholeRow
{
	int			at;				/* where it is in the slot */
	TupleDesc	desc;
	int		   *columns;		/* where its columns are; -1: it was dropped */
	Datum	   *values;
	bool	   *nulls;
} PdsWholeRow;

/* where the column stands; the scan's rows have it (athena_join.c) */
static int
find_row_column(const List *tlist, Index varno, AttrNumber attno)
{
	ListCell   *lc;

	foreach(lc, tlist)
	{
		const TargetEntry *tle = lfirst(lc);
		const Var  *v = (const Var *) tle->expr;

		if (IsA(v, Var) && v->varno == varno && v->varattno == attno)
			return tle->resno - 1;
	}
	elog(ERROR, "a column of a whole row is not among those of the scan");
}

List *
pds_whole_rows(ForeignScanState *node, int ncolumns)
{
	List	   *tlist = ((ForeignScan *) node->ss.ps.plan)->fdw_scan_tlist;
	List	   *rows = NIL;
	ListCell   *lc;
	int			i;

	foreach(lc, tlist)
	{
		const TargetEntry *tle = lfirst(lc);
		const Var  *v = (const Var *) tle->expr;
		PdsWholeRow *r;

		if (tle->resno <= ncolumns || !IsA(v, Var) || v->varattno != 0)
			continue;
		r = palloc(sizeof(PdsWholeRow));
		r->at = tle->resno - 1;
		r->desc = lookup_rowtype_tupdesc_copy(v->vartype, -1);
		r->columns = palloc(r->desc->natts * sizeof(int));
		r->values = palloc0(r->desc->natts * sizeof(Datum));
		r->nulls = palloc(r->desc->natts * sizeof(bool));
		for (i = 0; i < r->desc->natts; i++)
			r->columns[i] = TupleDescAttr(r->desc, i)->attisdropped ||
				PDS_IS_VIRTUAL(TupleDescAttr(r->desc, i)) ? -1
				: find_row_column(tlist, v->varno, i + 1);
		rows = lappend(rows, r);
	}
	return rows;
}

void
pds_whole_rows_fill(List *rows, ForeignScanState *node, TupleTableSlot *slot)
{
	MemoryContext old = MemoryContextSwitchTo(node->ss.ps.ps_ExprContext->ecxt_per_tuple_memory);
	ListCell   *lc;
	int			i;

	foreach(lc, rows)
	{
		PdsWholeRow *r = lfirst(lc);

		for (i = 0; i < r->desc->natts; i++)
		{
			r->nulls[i] = r->columns[i] < 0 || slot->tts_isnull[r->columns[i]];
			if (!r->nulls[i])
				r->values[i] = slot->tts_values[r->columns[i]];
		}
		slot->tts_values[r->at] = HeapTupleGetDatum(heap_form_tuple(r->desc, r->values, r->nulls));
		slot->tts_isnull[r->at] = false;
	}
	MemoryContextSwitchTo(old);
}
