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
	List	   *clauses;		/* what quals evaluates */
	PlanState  *parent;			/* NULL while planning */
} PdsPruner;

/*
 * quals are bare clauses over partition keys of the relation.  parent gives
 * the parameters of an execution; NULL while planning, where there are none.
 */
extern void pds_pruner_init(PdsPruner *p, const PdsTable *table, List *quals, PlanState *parent);
extern void pds_pruner_end(PdsPruner *p);
/* does the partition meet the conditions? */
extern bool pds_pruner_keeps(PdsPruner *p, const PdsPartition *part);
/* does a row with this value, and NULL elsewhere, meet a condition? */
extern bool pds_pruner_tests(PdsPruner *p, ExprState *state, AttrNumber attnum, Datum value,
							 bool isnull);

#endif							/* PDS_FDW_PRUNE_H */
