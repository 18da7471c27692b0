/*
 * plan_private.h
 *	  What a plan carries to the executor (ForeignScan.fdw_private).
 */
#ifndef PDS_FDW_PLAN_PRIVATE_H
#define PDS_FDW_PLAN_PRIVATE_H

#include "nodes/pg_list.h"

/* ForeignScan.fdw_private of every plan of ours */
enum PdsScanPrivateIndex
{
	PdsScanPrivateEngine,		/* Integer: PdsEngine, DIRECT or ATHENA */
	PdsScanPrivateSql,			/* String: remote SQL; empty for direct */
	PdsScanPrivateRetrieved,	/* Integer list: attnums of the remote
								 * columns, in order (athena); attnums needed
								 * (direct), without those that only raw
								 * filters (fdw_recheck_quals) look at */
	PdsScanPrivatePartition,	/* String: expression for GetPartitions, or "" */
	PdsScanPrivateNPartConds,	/* Integer: the first n of fdw_exprs are
								 * partition quals (direct); 0 for athena,
								 * whose fdw_exprs are the parameters of the
								 * SQL */
	PdsScanPrivatePlanned,		/* List: what planning saw: objects,
								 * partitions (Integers), pruned, bytes
								 * (Strings), cut short (Integer); NIL:
								 * nothing was listed */
	PdsScanPrivateNObjectConds, /* Integer, direct only: so many fdw_exprs
								 * after those are quals on pseudo-columns of
								 * objects */

	/*
	 * of joins and groups only: their columns are the first of
	 * fdw_scan_tlist; those after them are whole rows of tables, made of the
	 * others, or have no value
	 */
	PdsScanPrivateOutputs = PdsScanPrivateNObjectConds, /* List: for each column
														 * a table's OID and an
														 * attnum (OID list), or
														 * 0 and a PdsOutputKind */
	PdsScanPrivateRelations		/* String: for EXPLAIN */
};

/* columns of a result that are no columns of a table */
typedef enum PdsOutputKind
{
	PDS_OUTPUT_VALUE,			/* a value of the expression's type */
	PDS_OUTPUT_PARTS,			/* a numeric as 'sum/count', 'sum@scale' or
								 * 'sum@scale/count' */

	/*
	 * 'sum/count' and 'sum@scale/count' for the transition states of partial
	 * aggregates
	 */
	PDS_OUTPUT_AVG_STATE,		/* of avg(smallint, integer) */
	PDS_OUTPUT_BIGINT_STATE,	/* of sum, avg(bigint) */
	PDS_OUTPUT_NUMERIC_STATE	/* of sum, avg(numeric) */
} PdsOutputKind;

#endif							/* PDS_FDW_PLAN_PRIVATE_H */
