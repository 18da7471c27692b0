/*
 * rel_info.h
 *	  What the planner knows of a relation (RelOptInfo.fdw_private).
 */
#ifndef PDS_FDW_REL_INFO_H
#define PDS_FDW_REL_INFO_H

#include "nodes/pathnodes.h"

#include "fdw/catalog/catalog.h"

typedef enum PdsRelKind
{
	PDS_REL_BASE, PDS_REL_JOIN, PDS_REL_GROUP,
	PDS_REL_WINDOW,				/* window functions over one of those */
	PDS_REL_DISTINCT,			/* SELECT DISTINCT [ON] over one of those */
	PDS_REL_SORT				/* ORDER BY, LIMIT or just a select list over
								 * one of the others */
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
	List	   *partition_conds;	/* only partition keys and
									 * constants/params: prune */
	char	   *glue_expression;	/* of these, what Glue is asked with;
									 * NULL: nothing */
	List	   *object_conds;	/* the same with pseudo-columns of objects */
	Bitmapset  *attrs_used;		/* FirstLowInvalidHeapAttributeNumber offsets */

	/*
	 * joins and groups: table is NULL, conditions are those above their
	 * inputs
	 */
	RelOptInfo *outer;			/* join: left side; group, sort: what is
								 * grouped or sorted */
	RelOptInfo *inner;			/* join: right side */
	JoinType	jointype;
	List	   *joinclauses;	/* ON (RestrictInfos) */
	Relids		nullable;		/* join: relations of which there may be no
								 * row */
	List	   *exists;			/* join: semi- and anti-joins in it
								 * (PdsRelInfos), conditions of WHERE */
	Relids		visible;		/* join: relations whose columns may be named;
								 * NULL: all */
	List	   *tlist;			/* group, window, sort: what Athena gives
								 * (TargetEntries); a join's is made with its
								 * plan */
	struct PdsStatement *statement; /* what rows of it are written in; made
									 * when it is wanted */
	bool		subquery;		/* window, distinct: a SELECT around it takes
								 * some of its rows */
	List	   *unused;			/* group and above: expressions of the target
								 * without a value: nobody looks at them any
								 * more */
	double		width;			/* group and above: of its rows; 0: unknown */
	List	   *keys;			/* group: expressions of GROUP BY; distinct:
								 * of ON */
	bool		partial;		/* group: its aggregates are transition states */
	bool		some;			/* group: without a key, but there is none of
								 * no rows */
	List	   *grouping_sets;	/* group: each a list of keys, of which there
								 * are at least one; NIL: one set, of all keys */
	List	   *having;			/* group, window: conditions evaluated here
								 * (clauses) */
	List	   *remote_having;	/* group: those that Athena evaluates; window:
								 * of the function's values, in an outer WHERE */
	List	   *sort;			/* sort, distinct: PdsSortKeys, maybe none */
	bool		limited;		/* sort: only so many rows */
	List	   *bound;			/* ... as many as these expressions together,
								 * known only when the statement is executed:
								 * LIMIT and OFFSET, done here */
	bool		ties;			/* ... and those that the order does not tell
								 * from the last */
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

/* the path of ours by that engine which this is, what core put above it taken off; else NULL */
extern ForeignPath *pds_path_of_engine(Path *path, PdsEngine engine);

/* PdsScanPrivatePlanned of a plan */
extern List *pds_planned(const PdsRelInfo *info);

/* ... of two scans together; of one of them, where only that is known */
extern List *pds_planned_join(List *a, List *b);

/* user whose credentials count for a base relation, at planning */
extern Oid	pds_rel_userid(RelOptInfo *rel);

/*
 * Is the query that is being planned evaluated for each row of one around it?  While it is
 * planned, the outer one's plan_params are the values that it is given.
 */
extern bool pds_is_rescanned(const PlannerInfo *root);

#endif							/* PDS_FDW_REL_INFO_H */
