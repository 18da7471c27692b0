/*
 * direct_top.h
 *	  What the plan of a Top-N in a direct scan tells its execution.
 *
 * The plan is a ForeignScan over the ForeignScan of the table, below core's Limit (and Gather
 * Merge).  It gives the first PdsPlan.limit rows in the order of PdsPlan.sort, a list of OID lists,
 * one a key.
 */
#ifndef PDS_FDW_DIRECT_TOP_H
#define PDS_FDW_DIRECT_TOP_H

#include "fdw/plan/plan_private.h"

enum PdsTopKeyIndex
{
	PdsTopKeyColumn,			/* attnum */
	PdsTopKeyOperator,			/* < or > */
	PdsTopKeyCollation,
	PdsTopKeyNullsFirst,		/* 0 or 1 */
	PdsTopKeyItems
};

#endif							/* PDS_FDW_DIRECT_TOP_H */
