/*
 * deparse.h
 *	  Shippable expressions and Athena SQL (doc/dev/aws.md §7.6, doc/dev/pitfalls.md §3).
 */
#ifndef PDS_FDW_DEPARSE_H
#define PDS_FDW_DEPARSE_H

#include "fdw/plan/rel_info.h"
#include "fdw/ship/sql_pieces.h"

typedef struct PdsStatement PdsStatement;

/* what an expression is written against */
typedef struct PdsShipContext
{
	PlannerInfo *root;
	Relids		relids;			/* base relations whose columns may be named */
	bool		qualify;		/* ... with their alias: r1."col" */
	PdsSql	   *buf;
	List	  **params;			/* expressions of the parameters met; NULL:
								 * only look */
	bool		aggregates;		/* Aggrefs may be written, too: HAVING,
								 * expressions over groups */
	const PdsSql *over;			/* the next aggregate is a window function: "
								 * OVER (...)" */
	List	   *subquery;		/* FROM is one: PdsSubqueryColumns
								 * (statement.h), by which alone values are
								 * had */
	Expr	   *case_arg;		/* what a CaseTestExpr stands for */
	bool		has_param;		/* out: a value that may turn out not to be
								 * sendable */
	bool		may_raise;		/* out: raises on some values, as PostgreSQL
								 * does */
	bool		other_error;	/* out: ... but with another SQLSTATE */
} PdsShipContext;

/*
 * Write expr as Athena SQL.  False when Athena would not evaluate it with
 * exactly PostgreSQL's result; buf then holds rubbish.  (shippable.c)
 */
extern bool pds_ship_condition(PdsShipContext *cxt, Expr *expr);

/*
 * Does LIMIT alone end the query?  PostgreSQL then never looks at the rows behind those it gives,
 * and what may raise on them is not sent.
 */
extern bool pds_stops_early(const PlannerInfo *root);

/*
 * Can Athena evaluate the condition?  *has_param: it has to be evaluated here, too: it holds a
 * parameter, or may raise (on rows that PostgreSQL would not look at, maybe).
 */
extern bool pds_is_shippable(PlannerInfo *root, Relids relids, Expr *expr, bool *has_param);

/* the column that a Var of one of cxt->relids is; NULL: none that can be named */
extern const PdsColumn *pds_ship_find_column(const PdsShipContext *cxt, const Var *v);
extern const PdsTable *pds_ship_table(const PdsShipContext *cxt, const Var *v);

/* its name, with the alias where that is wanted */
extern void pds_ship_column_name(PdsShipContext *cxt, const Var *v, const PdsColumn *c);

/*
 * An aggregate, exactly as PostgreSQL computes it; false when it is not.  *parts: it is written as
 * a text of which the reader makes the value (PDS_OUTPUT_PARTS).
 */
extern bool pds_ship_aggregate(PdsShipContext *cxt, Aggref *a, bool *parts);

/*
 * An expression in a select list: read back as its type (pds_converter_init with its type and no
 * Hive type), it is the value that PostgreSQL computes, a numeric's scale included.  Never what may
 * raise another error there, what holds a parameter that may not be sendable, or parts.  With
 * cxt->aggregates an expression over aggregates.  Whether all its columns are columns of the
 * result's rows (keys, arguments of aggregates) is the caller's affair.
 */
extern bool pds_ship_output(PdsShipContext *cxt, Expr *e);

/* a grouping expression with columns in it: as pds_ship_output, and values that are equal here are
 * equal there */
extern bool pds_ship_group_key(PdsShipContext *cxt, Expr *e);

/* an expression with columns or aggregates in it that Athena orders as PostgreSQL does */
extern bool pds_ship_sort_key(PdsShipContext *cxt, Expr *e);

/* " ASC NULLS LAST" and the like behind it; false: the order is of another operator than < or > */
extern bool pds_ship_sort_order(PdsSql *buf, const SortGroupClause *s);
extern void pds_append_sort_order(PdsSql *buf, bool descending, bool nulls_first);

/*
 * A value of the select list of a query with groups or windows: an aggregate (*parts as for
 * pds_ship_aggregate), a window function (the same), or else as pds_ship_output.  (ship_window.c)
 */
extern bool pds_ship_upper(PdsShipContext *cxt, Expr *e, bool *parts);

/* c3, of a subquery that FROM is (statement.c) */
extern void pds_ship_subquery_column(PdsShipContext *cxt, int number);

/*
 * A typed Athena literal: DECIMAL '1.50', DATE '2024-01-31', CAST(NULL AS ...).
 * False: Athena would not treat this value as PostgreSQL does.
 */
extern bool pds_ship_literal(StringInfo buf, Datum value, bool isnull, Oid typid);

/* The same for the value of a parameter: numerics within what numeric_ok allowed. */
extern bool pds_ship_param_value(StringInfo buf, Datum value, bool isnull, Oid typid);

/* digits before and after the point of a numeric parameter */
#define PDS_PARAM_DIGITS 19

/* Sort baserestrictinfo into remote_conds and local_conds. */
extern void pds_classify_conditions(PlannerInfo *root, RelOptInfo *baserel);

/*
 * What the result calls a column of that select list, in UTF-8, palloc'd; NULL:
 * it is an expression there, whose name is Athena's.
 */
extern char *pds_base_column_label(const PdsColumn *c);

/*
 * SELECT of the given columns of a base relation with remote_conds
 * (RestrictInfos).  *params collects the expressions of parameters.
 */
extern List *pds_deparse_base_select(PlannerInfo *root, RelOptInfo *rel, List *columns,
									 List *remote_conds, List **params);

/*
 * SELECT of tlist (TargetEntries of Vars and Aggrefs) from what is no base relation.  *outputs: as
 * PdsPlan.outputs; *relations: for EXPLAIN.  (deparse_relation.c)
 */
extern List *pds_deparse_relation_select(PlannerInfo *root, RelOptInfo *rel, List *tlist,
										 List **params, List **outputs, char **relations);

/* the database and the table */
extern void pds_deparse_table(PdsSql *buf, const PdsTable *table);

/*
 * Conditions (RestrictInfos) joined by AND after prefix; nothing when there are none.  Those that
 * may raise come last, each behind what excludes rows here: CASE WHEN others THEN it ELSE false
 * END.  again: those that are evaluated here, too.  (ship_conditions.c)
 */
extern void pds_deparse_conditions(PdsSql *buf, const PdsShipContext *like, const char *prefix,
								   List *conds, List *again);

/* a column in the select list, in a form whose text can be read back; false: there is none */
extern bool pds_deparse_column(PdsShipContext *cxt, const Var *v);

/* "name", quoted for Athena's DML */
extern void pds_quote_athena_name(StringInfo buf, const char *name);

/* a nested column in the select list, as JSON (deparse_nested.c) */
extern void pds_deparse_nested(PdsSql *buf, const PdsColumn *c, const PdsSql *name);

/*
 * partition quals as an expression for GetPartitions (doc/dev/aws.md §5.1); NULL
 * when none can be sent
 */
extern char *pds_deparse_partition_filter(PlannerInfo *root, RelOptInfo *baserel,
										  PdsTable *table, List *partition_conds);

#endif							/* PDS_FDW_DEPARSE_H */
