/*
 * rel_info.h
 *	  What the planner knows of a relation (RelOptInfo.fdw_private).
 */
#ifndef PDS_FDW_REL_INFO_H
#define PDS_FDW_REL_INFO_H

#include "nodes/pathnodes.h"

#include "fdw/catalog/catalog.h"
#include "fdw/plan/plan_private.h"

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

/* a condition of a base relation, written when the relation is made (ship_conditions.c) */
typedef struct PdsWrittenCondition
{
	RestrictInfo *ri;
	struct PdsSql *sql;			/* NULL: it cannot be sent */
	bool		has_param;		/* a value that may turn out not to be
								 * sendable */
	bool		may_raise;
	bool		other_error;	/* ... with another SQLSTATE than PostgreSQL's */
} PdsWrittenCondition;

typedef struct PdsBaseRel
{
	PdsTable   *table;
	List	   *written;		/* PdsWrittenConditions: all that can be sent */
	List	   *partition_conds;	/* only partition keys, constants and
									 * parameters: prune */
	char	   *glue_expression;	/* of these, what Glue is asked with;
									 * NULL: nothing */
	List	   *object_conds;	/* the same with pseudo-columns of objects */
	Bitmapset  *attrs_used;		/* FirstLowInvalidHeapAttributeNumber offsets */
	PdsObjectSet *objects;		/* NULL when no listing was made */
} PdsBaseRel;

typedef struct PdsJoinRel
{
	RelOptInfo *outer;
	RelOptInfo *inner;
	JoinType	jointype;
	List	   *clauses;		/* ON (RestrictInfos) */
	Relids		nullable;		/* relations of which there may be no row */
	List	   *exists;			/* semi- and anti-joins in it (PdsRelInfos),
								 * conditions of WHERE */
	Relids		visible;		/* relations whose columns may be named; NULL:
								 * all */
} PdsJoinRel;

/* groups, windows, DISTINCT, ORDER BY and LIMIT */
typedef struct PdsUpperRel
{
	RelOptInfo *below;			/* what is grouped, sorted, ... */
	List	   *tlist;			/* what Athena gives (TargetEntries) */
	List	   *unused;			/* expressions of the target without a value:
								 * nobody looks at them */
	bool		subquery;		/* window, distinct: a SELECT around it takes
								 * some of its rows */
	List	   *keys;			/* group: expressions of GROUP BY; distinct:
								 * of ON */
	List	   *grouping_sets;	/* each a list of keys; NIL: one set, of all
								 * keys */
	bool		partial;		/* group: its aggregates are transition states */
	bool		some;			/* group: without a key, but there is none of
								 * no rows */
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
} PdsUpperRel;

typedef struct PdsRelEstimate
{
	double		total_rows;		/* before any filter */
	int64		scan_bytes;		/* to be read after pruning, -1: unknown */
	double		text_share;		/* pds_text_share of a table; 0: unknown */
	double		width;			/* group and above: bytes of a row; 0: unknown */
} PdsRelEstimate;

typedef struct PdsRelInfo
{
	PdsRelKind	kind;
	PdsConnection *conn;		/* pinned by the planner's context */
	Oid			userid;			/* whose rights and credentials count */
	PdsEngine	engine;			/* what was asked for; never DEFAULT */
	bool		direct_ok;		/* a direct path may be made */
	bool		athena_ok;		/* an Athena path may be made */

	/*
	 * base, join: the conditions, sorted (RestrictInfos); of a join, those
	 * above its inputs
	 */
	List	   *remote_conds;	/* Athena evaluates these */
	List	   *local_conds;	/* evaluated here, maybe there, too */

	List	  **params;			/* expressions of parameters in what is
								 * written: one list a query */
	struct PdsStatement *statement; /* what rows of it are written in; made
									 * when it is wanted */
	PdsRelEstimate est;
	union						/* by kind; only through the macros below */
	{
		PdsBaseRel	base;
		PdsJoinRel	join;
		PdsUpperRel upper;
	};
} PdsRelInfo;

#define PDS_BASE(info)	(AssertMacro((info)->kind == PDS_REL_BASE), &(info)->base)
#define PDS_JOIN(info)	(AssertMacro((info)->kind == PDS_REL_JOIN), &(info)->join)
#define PDS_UPPER(info) (AssertMacro((info)->kind >= PDS_REL_GROUP), &(info)->upper)

/* a semi- or anti-join: the other side is a condition */
static inline bool
pds_is_exists(const PdsRelInfo *info)
{
	return info->kind == PDS_REL_JOIN &&
		(info->join.jointype == JOIN_SEMI || info->join.jointype == JOIN_ANTI);
}

/* relations whose columns may be named: not those that are only asked for */
static inline Relids
pds_visible(const RelOptInfo *rel)
{
	const PdsRelInfo *info = rel->fdw_private;

	return info->kind == PDS_REL_JOIN && info->join.visible ? info->join.visible : rel->relids;
}

/* conditions over groups and windows that are evaluated here; of other relations none */
static inline List *
pds_local_having(const PdsRelInfo *info)
{
	return info->kind >= PDS_REL_GROUP ? info->upper.having : NIL;
}

/* what a path of one engine carries (ForeignPath.fdw_private) */
extern List *pds_path_private(PdsEngine engine);
extern PdsEngine pds_path_engine(const ForeignPath *path);

/* the path of ours by that engine which this is, what core put above it taken off; else NULL */
extern ForeignPath *pds_path_of_engine(Path *path, PdsEngine engine);

/* what planning saw of the objects of all tables below */
extern PdsPlanned pds_planned(const PdsRelInfo *info);

/* user whose credentials count for a base relation, at planning */
extern Oid	pds_rel_userid(RelOptInfo *rel);

/*
 * Is the query that is being planned evaluated for each row of one around it?  While it is
 * planned, the outer one's plan_params are the values that it is given.
 */
extern bool pds_is_rescanned(const PlannerInfo *root);

#endif							/* PDS_FDW_REL_INFO_H */
