/*
 * prune.h
 *	  Partitions against the conditions on partition keys, objects against
 *	  those on pseudo-columns.
 */
#ifndef PDS_FDW_PRUNE_H
#define PDS_FDW_PRUNE_H

#include "nodes/execnodes.h"

#include "fdw/catalog/catalog.h"

typedef struct PdsPruner
{
	const PdsTable *table;
	ExprState  *quals;
	ExprContext *econtext;
	TupleTableSlot *slot;
	List	   *clauses;		/* what quals evaluates */
	PlanState  *parent;			/* NULL while planning */
	ExprState  *object_quals;	/* conditions on objects; NULL: none */
	const char *path_prefix;	/* what they let "$path" begin with, in UTF-8;
								 * NULL: anything */
} PdsPruner;

/*
 * quals are bare clauses over partition keys of the relation, object_quals over
 * pseudo-columns of objects, too.  parent gives the parameters of an execution;
 * NULL while planning, where there are none.
 */
extern void pds_pruner_init(PdsPruner *p, const PdsTable *table, List *quals, List *object_quals,
							PlanState *parent);
extern void pds_pruner_end(PdsPruner *p);

/* does the partition meet the conditions? */
extern bool pds_pruner_keeps(PdsPruner *p, const PdsPartition *part);
extern bool pds_pruner_keeps_object(PdsPruner *p, const PdsPartition *part,
									const PdsDataObject *o);

/* does a row with this value, and NULL elsewhere, meet a condition? */
extern bool pds_pruner_tests(PdsPruner *p, ExprState *state, AttrNumber attnum, Datum value,
							 bool isnull);

#endif							/* PDS_FDW_PRUNE_H */
