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

#include "fdw/scan/spool.h"

void
pds_spool_begin(PdsSpool *spool, ForeignScanState *node)
{
	MemoryContext old = MemoryContextSwitchTo(node->ss.ps.state->es_query_cxt);

	Assert(spool->store == NULL);
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
	Assert(spool->slot->tts_tupleDescriptor->natts == natts);
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
	/* what has ended gives no more rows */
	Assert(!spool->complete);
	/* read to its end, it stays so: the position moves over what is added */
	if (spool->store)
		tuplestore_puttupleslot(spool->store, slot);
}

void
pds_spool_rewind(PdsSpool *spool)
{
	Assert(spool->store != NULL);
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
