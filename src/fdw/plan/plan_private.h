/*
 * plan_private.h
 *	  What a plan carries to the executor (ForeignScan.fdw_private), packed and unpacked here alone.
 */
#ifndef PDS_FDW_PLAN_PRIVATE_H
#define PDS_FDW_PLAN_PRIVATE_H

#include "nodes/plannodes.h"

#include "fdw/base/guc.h"

typedef enum PdsPlanKind
{
	PDS_PLAN_DIRECT,			/* a table, read here */
	PDS_PLAN_AGGREGATE,			/* aggregates of the direct scan that is the
								 * plan below */
	PDS_PLAN_TOP_N,				/* the first rows, in an order, of the direct
								 * scan that is the plan below */
	PDS_PLAN_MIXED,				/* states of DISTINCT aggregates, of what such
								 * aggregates give */
	PDS_PLAN_MIXED_RESULT,		/* a row of the plan below as that of a query
								 * with DISTINCT aggregates */
	PDS_PLAN_ATHENA_TABLE,		/* a table, by Athena */
	PDS_PLAN_ATHENA_RELATION	/* a join, or what lies above, by Athena */
} PdsPlanKind;

/* what planning saw of objects and partitions */
typedef struct PdsPlanned
{
	bool		known;			/* false: nothing was listed */
	bool		truncated;		/* the listing stopped early, or is not of all
								 * tables */
	int			objects;
	int			partitions;
	int64		pruned;			/* partitions */
	int64		bytes;
} PdsPlanned;

typedef struct PdsPlan
{
	PdsPlanKind kind;

	/* DIRECT and those by Athena */
	PdsPlanned	planned;

	/*
	 * DIRECT: attnums of the columns returned, without those that only raw
	 * filters (fdw_recheck_quals) look at; TOP_N, ATHENA_TABLE: attnums of
	 * the columns of the result, in order; MIXED: as direct_mixed.h says
	 */
	List	   *columns;

	/* DIRECT: fdw_exprs are the first of these, then the second */
	List	   *partition_quals;
	List	   *object_quals;	/* on pseudo-columns of objects */
	char	   *glue_expression;	/* for GetPartitions; NULL: none */
	const char *athena_reason;	/* of a table of Glue: why Athena cannot read
								 * it; NULL: it can */

	/*
	 * ATHENA_RELATION: for each column of the result an OID list: a table's
	 * OID and an attnum, or 0 and a PdsOutputKind; then 1 where Athena labels
	 * a column with its own name, 0 where it is out of a subquery, which gave
	 * it another.  They are the first of fdw_scan_tlist; those after them are
	 * whole rows of tables, made of the others, or have no value.  AGGREGATE:
	 * as direct_aggregate.h says; MIXED: as direct_mixed.h does.
	 */
	List	   *outputs;

	/*
	 * ATHENA_TABLE, ATHENA_RELATION: pieces of the SQL (sql_pieces.h);
	 * fdw_exprs: its parameters
	 */
	List	   *sql;
	char	   *relations;		/* ATHENA_RELATION: for EXPLAIN */

	/*
	 * TOP_N: how many rows, and their order, as direct_top.h says; MIXED: the
	 * order alone, as direct_mixed.h does
	 */
	int64		limit;
	List	   *sort;
} PdsPlan;

extern List *pds_plan_pack(const PdsPlan *plan);

/* palloc'd; borrows from the plan */
extern PdsPlan *pds_plan_unpack(const ForeignScan *scan);
extern PdsPlanKind pds_plan_kind(const ForeignScan *scan);
static inline bool
pds_plan_is_athena(PdsPlanKind kind)
{
	return kind == PDS_PLAN_ATHENA_TABLE || kind == PDS_PLAN_ATHENA_RELATION;
}

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
