/*
 * relation.h
 *	  What the planner knows of a foreign table (RelOptInfo.fdw_private), and
 *	  what a plan carries to the executor.
 */
#ifndef PDS_FDW_RELATION_H
#define PDS_FDW_RELATION_H

#include "executor/tuptable.h"
#include "nodes/pathnodes.h"

#include "fdw/catalog/catalog.h"

/*
 * Costs.  A millisecond is about ten units: a query by Athena (one and a half
 * seconds before its first row) stays far below jit_above_cost.  How they were
 * measured is in doc/internals.md, "Costs".
 */
#define PDS_DIRECT_STARTUP_COST		500.0	/* connect, first range */
#define PDS_DIRECT_COST_PER_BYTE	0.00020 /* by one connection: 50 MB/s */
#define PDS_DIRECT_COST_PER_BYTE_LEAST	0.00001 /* by any number of them: 1 GB/s */
#define PDS_DIRECT_COST_PER_OBJECT	300.0	/* 30 ms to the first byte, by one connection */
#define PDS_DIRECT_COST_PER_ROW		0.001	/* 0.1 us */
#define PDS_DIRECT_COST_PER_VALUE	0.0008	/* 80 ns: cut out and converted */
#define PDS_ATHENA_STARTUP_COST		15000.0
#define PDS_ATHENA_COST_PER_BYTE	0.00001 /* scanned there */
#define PDS_ATHENA_RESULT_COST		0.00016 /* a byte of the result: written, fetched, parsed */
/* rows when nothing is known of the size */
#define PDS_DEFAULT_ROWS			1000000.0

typedef enum PdsRelKind
{
	PDS_REL_BASE, PDS_REL_JOIN, PDS_REL_GROUP,
	PDS_REL_WINDOW,				/* window functions over one of those */
	PDS_REL_DISTINCT,			/* SELECT DISTINCT [ON] over one of those */
	PDS_REL_SORT				/* ORDER BY, LIMIT or just a select list over one of the others */
} PdsRelKind;

/* one key of ORDER BY */
typedef struct PdsSortKey
{
	Expr	   *expr;
	bool		descending;
	bool		nulls_first;
} PdsSortKey;

typedef struct PdsRelInfo
{
	PdsRelKind	kind;
	PdsConnection *conn;		/* pinned by the planner's context */
	PdsTable   *table;
	Oid			userid;			/* whose rights and credentials count */
	PdsEngine	engine;			/* what was asked for; never DEFAULT */
	bool		direct_ok;		/* a direct path may be made */
	bool		athena_ok;		/* an Athena path may be made */

	/* baserestrictinfo, sorted (RestrictInfo lists) */
	List	   *remote_conds;	/* Athena can evaluate these exactly */
	List	   *local_conds;	/* it cannot */
	List	   *partition_conds;	/* only partition keys and constants/params: prune */
	char	   *glue_expression;	/* of these, what Glue is asked with; NULL: nothing */
	List	   *object_conds;	/* the same with pseudo-columns of objects */
	Bitmapset  *attrs_used;		/* FirstLowInvalidHeapAttributeNumber offsets */

	/* joins and groups: table is NULL, conditions are those above their inputs */
	RelOptInfo *outer;			/* join: left side; group, sort: what is grouped or sorted */
	RelOptInfo *inner;			/* join: right side */
	JoinType	jointype;
	List	   *joinclauses;	/* ON (RestrictInfos) */
	Relids		nullable;		/* join: relations of which there may be no row */
	List	   *exists;			/* join: semi- and anti-joins in it (PdsRelInfos), conditions of WHERE */
	Relids		visible;		/* join: relations whose columns may be named; NULL: all */
	List	   *tlist;			/* group, window, sort: what Athena gives (TargetEntries); a join's
								 * is made with its plan */
	struct PdsStatement *statement; /* what rows of it are written in; made when it is wanted */
	bool		subquery;		/* window, distinct: a SELECT around it takes some of its rows */
	List	   *unused;			/* group and above: expressions of the target without a value: nobody
								 * looks at them any more */
	double		width;			/* group and above: of its rows; 0: unknown */
	List	   *keys;			/* group: expressions of GROUP BY; distinct: of ON */
	bool		partial;		/* group: its aggregates are transition states */
	bool		some;			/* group: without a key, but there is none of no rows */
	List	   *grouping_sets;	/* group: each a list of keys, of which there are at least one; NIL: one
								 * set, of all keys */
	List	   *having;			/* group, window: conditions evaluated here (clauses) */
	List	   *remote_having;	/* group: those that Athena evaluates; window: of the function's
								 * values, in an outer WHERE */
	List	   *sort;			/* sort, distinct: PdsSortKeys, maybe none */
	bool		limited;		/* sort: only so many rows */
	List	   *bound;			/* ... as many as these expressions together, known only when the
								 * statement is executed: LIMIT and OFFSET, done here */
	bool		ties;			/* ... and those that the order does not tell from the last */
	int64		limit;			/* -1: all after offset */
	int64		offset;

	/* estimates */
	PdsObjectSet *objects;		/* NULL when no listing was made */
	double		total_rows;		/* before any filter */
	int64		scan_bytes;		/* to be read after pruning, -1: unknown */
} PdsRelInfo;

/* a semi- or anti-join: the other side is a condition */
static inline bool
pds_is_exists(const PdsRelInfo *info)
{
	return info->kind == PDS_REL_JOIN &&
		(info->jointype == JOIN_SEMI || info->jointype == JOIN_ANTI);
}

/* relations whose columns may be named: not those that are only asked for */
static inline Relids
pds_visible(const RelOptInfo *rel)
{
	const PdsRelInfo *info = rel->fdw_private;

	return info->visible ? info->visible : rel->relids;
}

/* ForeignScan.fdw_private of every plan of ours */
enum PdsScanPrivateIndex
{
	PdsScanPrivateEngine,		/* Integer: PdsEngine, DIRECT or ATHENA */
	PdsScanPrivateSql,			/* String: remote SQL; empty for direct */
	PdsScanPrivateRetrieved,	/* Integer list: attnums of the remote columns, in order
								 * (athena); attnums needed (direct), without those that only
								 * raw filters (fdw_recheck_quals) look at */
	PdsScanPrivatePartition,	/* String: expression for GetPartitions, or "" */
	PdsScanPrivateNPartConds,	/* Integer: the first n of fdw_exprs are partition
								 * quals (direct); 0 for athena, whose fdw_exprs are
								 * the parameters of the SQL */
	PdsScanPrivatePlanned,		/* List: what planning saw: objects, partitions (Integers), pruned,
								 * bytes (Strings), cut short (Integer); NIL: nothing was listed */
	PdsScanPrivateNObjectConds,	/* Integer, direct only: so many fdw_exprs after those are
								 * quals on pseudo-columns of objects */
	/*
	 * of joins and groups only: their columns are the first of fdw_scan_tlist; those after them are
	 * whole rows of tables, made of the others, or have no value
	 */
	PdsScanPrivateOutputs = PdsScanPrivateNObjectConds, /* List: for each column a table's OID and
														 * an attnum (OID list), or 0 and a
														 * PdsOutputKind */
	PdsScanPrivateRelations		/* String: for EXPLAIN */
};

/* columns of a result that are no columns of a table */
typedef enum PdsOutputKind
{
	PDS_OUTPUT_VALUE,			/* a value of the expression's type */
	PDS_OUTPUT_PARTS,			/* a numeric as 'sum/count', 'sum@scale' or 'sum@scale/count' */
	/* 'sum/count' and 'sum@scale/count' for the transition states of partial aggregates */
	PDS_OUTPUT_AVG_STATE,		/* of avg(smallint, integer) */
	PDS_OUTPUT_BIGINT_STATE,	/* of sum, avg(bigint) */
	PDS_OUTPUT_NUMERIC_STATE	/* of sum, avg(numeric) */
} PdsOutputKind;

/* the path of ours by that engine which this is, what core put above it taken off; else NULL */
extern ForeignPath *pds_path_of_engine(Path *path, PdsEngine engine);

/* FdwRoutine callbacks of the planner (relation.c, paths.c) */
extern void pds_get_rel_size(PlannerInfo *root, RelOptInfo *baserel, Oid relid);
extern void pds_get_paths(PlannerInfo *root, RelOptInfo *baserel, Oid relid);
extern ForeignScan *pds_get_plan(PlannerInfo *root, RelOptInfo *baserel, Oid relid,
								 ForeignPath *best_path, List *tlist,
								 List *scan_clauses, Plan *outer_plan);

/* direct (direct_paths.c) */
extern void pds_direct_add_paths(PlannerInfo *root, RelOptInfo *baserel);
extern ForeignScan *pds_direct_plan(PlannerInfo *root, RelOptInfo *baserel,
									ForeignPath *best_path, List *tlist,
									List *scan_clauses, Plan *outer_plan);
/*
 * Cost of scanning the relation directly, with its conditions (direct_cost.c).  Workers have
 * connections of their own: they share all of run.
 */
extern void pds_direct_cost(PlannerInfo *root, RelOptInfo *baserel, Cost *startup, Cost *run);
/* Athena (athena_paths.c) */
extern void pds_athena_add_paths(PlannerInfo *root, RelOptInfo *baserel);
extern ForeignScan *pds_athena_plan(PlannerInfo *root, RelOptInfo *baserel,
									ForeignPath *best_path, List *tlist,
									List *scan_clauses, Plan *outer_plan);
/* ... of joins and of what lies above scans (athena_join.c, athena_upper.c) */
extern void pds_get_join_paths(PlannerInfo *root, RelOptInfo *joinrel, RelOptInfo *outerrel,
							   RelOptInfo *innerrel, JoinType jointype,
							   JoinPathExtraData *extra);
extern void pds_get_upper_paths(PlannerInfo *root, UpperRelationKind stage, RelOptInfo *input_rel,
								RelOptInfo *output_rel, void *extra);
extern ForeignScan *pds_athena_relation_plan(PlannerInfo *root, RelOptInfo *rel,
											 List *scan_clauses, List *tlist, Plan *outer_plan);
/* a pushed join's row, looked at again (athena_join.c) */
extern bool pds_recheck_join(struct ForeignScanState *node, TupleTableSlot *slot);
/* what a result of these rows of reltarget costs beyond the scan of the inputs */
extern void pds_athena_cost(const PdsRelInfo *info, double rows, double width, Cost *startup,
							Cost *total);
/* sort baserestrictinfo into remote_conds and local_conds (shippable.c) */
extern void pds_classify_conditions(PlannerInfo *root, RelOptInfo *baserel);

/* bytes of a value as text, about (estimate.c) */
extern int	pds_text_width(Oid typid, int32 typmod);
/* PdsScanPrivatePlanned of a plan */
extern List *pds_planned(const PdsRelInfo *info);
/* ... of two scans together; of one of them, where only that is known */
extern List *pds_planned_join(List *a, List *b);

/* user whose credentials count for a base relation, at planning */
extern Oid	pds_rel_userid(RelOptInfo *rel);

#endif							/* PDS_FDW_RELATION_H */
