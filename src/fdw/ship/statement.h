/*
 * statement.h
 *	  A statement for Athena while it is planned: what can be written in it, and how.
 *
 * Groups, windows, DISTINCT, ORDER BY and LIMIT over one FROM are one SELECT.  Where another one
 * has to be put around it (conditions on window functions, DISTINCT ON), the inner is a subquery
 * whose columns are c1, c2, ...  Each expression is written when it is first looked at; the
 * statement is put together from the same texts.
 */
#ifndef PDS_FDW_STATEMENT_H
#define PDS_FDW_STATEMENT_H

#include "fdw/ship/ship_table.h"

/* where in a SELECT an expression stands */
typedef enum PdsClausePosition
{
	PDS_POSITION_OUTPUT,		/* read back: the select list */
	PDS_POSITION_GROUP,			/* GROUP BY, PARTITION BY */
	PDS_POSITION_DISTINCT,		/* the select list of SELECT DISTINCT */
	PDS_POSITION_SORT,			/* ORDER BY */
	PDS_POSITION_CONDITION		/* WHERE of a subquery, HAVING */
} PdsClausePosition;

/* an expression, as it was written */
typedef struct PdsSqlExpr
{
	Expr	   *expr;
	PdsClausePosition position;
	PdsSql	   *sql;			/* NULL: it cannot stand there */
	bool		recheck;		/* a condition that has to be evaluated here,
								 * too */
	List	   *output;			/* read back as (as in PdsPlan.outputs) */
} PdsSqlExpr;

/* a column of a subquery */
typedef struct PdsSubqueryColumn
{
	Expr	   *expr;			/* what it is of the rows of the inner
								 * statement */
	int			number;			/* cN */
	PdsShipValue value;			/* type ATHENA_SAME: it can only be read back */
	List	   *output;
} PdsSubqueryColumn;

struct PdsStatement
{
	PlannerInfo *root;
	RelOptInfo *scan;			/* FROM: base relation or join; NULL: a
								 * subquery */
	List	   *columns;		/* ... its PdsSubqueryColumns */
	bool		grouped;		/* its rows are groups */
	List	  **params;			/* of this statement and those inside */
	List	   *written;		/* PdsSqlExpr, all that was asked for */
};

/* what rows of the relation are written in */
extern PdsStatement *pds_statement_of(PlannerInfo *root, RelOptInfo *rel);

/* a SELECT from that base relation or join */
extern PdsStatement *pds_statement_new(PlannerInfo *root, RelOptInfo *scan, bool grouped);

/* ... from a subquery with that select list (TargetEntries) */
extern PdsStatement *pds_statement_over(PdsStatement *inner, List *tlist);

/*
 * The expression in that position; ->sql is NULL when Athena cannot evaluate it there with exactly
 * PostgreSQL's result.  Whether the columns in it are keys of groups is the caller's affair.
 */
extern const PdsSqlExpr *pds_statement_write(PdsStatement *s, PdsClausePosition position, Expr *e);

/*
 * the number of a parameter whose value is known when the statement is executed,
 * once; -1: not so
 */
extern int	pds_statement_count(PdsStatement *s, Node *e);

/* the column of cxt's subquery that e is; NULL: none */
extern const PdsSubqueryColumn *pds_subquery_column(const PdsShipContext *cxt, const Expr *e);

#endif							/* PDS_FDW_STATEMENT_H */
