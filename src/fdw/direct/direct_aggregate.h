/*
 * direct_aggregate.h
 *	  What the plan of an aggregate in a direct scan tells its execution.
 *
 * The plan is a ForeignScan over the ForeignScan of the table.  It gives partial
 * groups, each a row of keys and transition states, to a Finalize Agg above it;
 * the same group may come several times.
 */
#ifndef PDS_FDW_DIRECT_AGGREGATE_H
#define PDS_FDW_DIRECT_AGGREGATE_H

#include "fdw/plan/plan_private.h"

/* PdsPlan.outputs: a list of OID lists, one an output */

/* an output that is a column has its attnum only, which is the first member of all */
enum PdsAggregateOutputIndex
{
	PdsAggregateOutputColumn,	/* attnum; 0: count(*) */
	PdsAggregateOutputKind,		/* PdsAggKind */
	PdsAggregateOutputFunction, /* its transition function */
	PdsAggregateOutputCollation
};

#endif							/* PDS_FDW_DIRECT_AGGREGATE_H */
