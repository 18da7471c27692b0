/*
 * prune.h
 *	  Partitions against the conditions on partition keys.
 */
#ifndef PDS_FDW_PRUNE_H
#define PDS_FDW_PRUNE_H

#include "nodes/execnodes.h"

#include "fdw/catalog.h"

typedef struct PdsPruner
{
	const PdsTable *table;
	ExprState  *quals;
	ExprContext *econtext;
	TupleTableSlot *slot;
} PdsPruner;

/*
 * quals are bare clauses over partition keys of the relation.  parent gives
 * the parameters of an execution; NULL while planning, where there are none.
 */
extern void pds_pruner_init(PdsPruner *p, const PdsTable *table, List *quals, PlanState *parent);
extern void pds_pruner_end(PdsPruner *p);
/* a PdsPartitionFilter; arg is the PdsPruner */
extern bool pds_pruner_keeps(void *arg, const PdsPartition *part);

#endif							/* PDS_FDW_PRUNE_H */
