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

/*
 * PdsPlan.outputs: an integer list, the role of each entry of fdw_scan_tlist, which has the
 * expressions.
 */
typedef enum PdsAggregateRole
{
	PDS_ROLE_KEY,				/* grouped by */
	PDS_ROLE_ALONE,				/* the same, but each column alone: in rows
								 * where the others are NULL */
	PDS_ROLE_FIRST,				/* of the first row of the group */
	PDS_ROLE_AGGREGATE
} PdsAggregateRole;

#endif							/* PDS_FDW_DIRECT_AGGREGATE_H */
