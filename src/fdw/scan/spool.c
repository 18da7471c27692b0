/*
 * spool.c
 *	  Rows of a foreign scan kept for its rescans.
 *
 * A nested loop or a correlated subquery starts its scan anew for every outer
 * row, and often leaves it before the end.  Rows are kept from the second scan
 * on, as they come: what is asked for again comes from here, the rest from the
 * source, which is read once more in all.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "miscadmin.h"
#include "nodes/nodeFuncs.h"

#include "fdw/scan/spool.h"

void
pds_spool_begin(PdsSpool *spool, ForeignScanState *node)
{
	MemoryContext old = MemoryContextSwitchTo(node->ss.ps.state->es_query_cxt);

	if (spool->slot == NULL)
		spool->slot = MakeSingleTupleTableSlot(node->ss.ss_ScanTupleSlot->tts_tupleDescriptor,
											   &TTSOpsMinimalTuple);
	spool->store = tuplestore_begin_heap(true, false, work_mem);
	tuplestore_set_eflags(spool->store, EXEC_FLAG_REWIND);
	spool->complete = false;
	MemoryContextSwitchTo(old);
}

bool
pds_spool_next(PdsSpool *spool, TupleTableSlot *slot)
{
	int			natts = slot->tts_tupleDescriptor->natts;
	MemoryContext old;
	bool		got;

	if (spool->store == NULL)
		return false;
	/* a tuple that was spilled is palloc'd, and freed with the next one */
	old = MemoryContextSwitchTo(spool->slot->tts_mcxt);
	got = tuplestore_gettupleslot(spool->store, true, false, spool->slot);
	MemoryContextSwitchTo(old);
	if (!got)
		return false;
	slot_getallattrs(spool->slot);
	memcpy(slot->tts_values, spool->slot->tts_values, natts * sizeof(Datum));
	memcpy(slot->tts_isnull, spool->slot->tts_isnull, natts * sizeof(bool));
	ExecStoreVirtualTuple(slot);
	return true;
}

void
pds_spool_put(PdsSpool *spool, TupleTableSlot *slot)
{
	/* read to its end, it stays so: the position moves over what is added */
	if (spool->store)
		tuplestore_puttupleslot(spool->store, slot);
}

void
pds_spool_rewind(PdsSpool *spool)
{
	tuplestore_rescan(spool->store);
}

void
pds_spool_drop(PdsSpool *spool)
{
	if (spool->store)
	{
		ExecClearTuple(spool->slot);
		tuplestore_end(spool->store);
	}
	spool->store = NULL;
	spool->complete = false;
}

void
pds_spool_end(PdsSpool *spool)
{
	pds_spool_drop(spool);
	if (spool->slot)
		ExecDropSingleTupleTableSlot(spool->slot);
	spool->slot = NULL;
}

static bool
param_walker(Node *node, Bitmapset **ids)
{
	if (node == NULL)
		return false;
	if (IsA(node, Param) && ((Param *) node)->paramkind == PARAM_EXEC)
		*ids = bms_add_member(*ids, ((Param *) node)->paramid);
	return expression_tree_walker(node, param_walker, ids);
}

Bitmapset *
pds_exec_params(List *exprs)
{
	Bitmapset  *ids = NULL;

	param_walker((Node *) exprs, &ids);
	return ids;
}

bool
pds_is_initplan_param(PlannerInfo *root, int paramid)
{
	for (; root; root = root->parent_root)
	{
		ListCell   *lc;

		foreach(lc, root->init_plans)
			if (list_member_int(((SubPlan *) lfirst(lc))->setParam, paramid))
				return true;
	}
	return false;
}

bool
pds_has_outer_param(PlannerInfo *root, Node *expr)
{
	Bitmapset  *ids = NULL;
	int			id = -1;

	param_walker(expr, &ids);
	while ((id = bms_next_member(ids, id)) >= 0)
		if (!pds_is_initplan_param(root, id))
			return true;
	return false;
}
