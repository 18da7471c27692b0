/*
 * statement.c
 *	  Expressions of a statement for Athena, each written once.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "catalog/pg_type.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "parser/parse_func.h"
#include "utils/lsyscache.h"

#include "fdw/agg/agg_states.h"
#include "fdw/base/params.h"
#include "fdw/plan/plan_private.h"
#include "fdw/ship/sql_pieces.h"
#include "fdw/ship/statement.h"

PdsStatement *
pds_statement_new(PlannerInfo *root, RelOptInfo *scan, bool grouped)
{
	PdsStatement *s = palloc0(sizeof(PdsStatement));

	s->root = root;
	s->scan = scan;
	s->grouped = grouped;
	s->params = ((PdsRelInfo *) scan->fdw_private)->params;
	return s;
}

PdsStatement *
pds_statement_of(PlannerInfo *root, RelOptInfo *rel)
{
	PdsRelInfo *info = rel->fdw_private;

	if (info->statement == NULL)
		info->statement = pds_statement_new(root, rel, false);
	return info->statement;
}

static PdsShipContext
context(PdsStatement *s)
{
	PdsShipContext cxt = {
		.root = s->root,
		.relids = s->scan ? pds_visible(s->scan) : NULL,
		.qualify = true,
		.buf = pds_sql_new(),
		.params = s->params,
		.aggregates = s->grouped,
		.subquery = s->columns
	};

	return cxt;
}

/* ---- subqueries ---- */

PdsStatement *
pds_statement_over(PdsStatement *inner, List *tlist)
{
	PdsStatement *s = palloc0(sizeof(PdsStatement));
	ListCell   *lc;

	s->root = inner->root;
	s->params = inner->params;
	foreach(lc, tlist)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);
		PdsSubqueryColumn *c = palloc0(sizeof(PdsSubqueryColumn));
		PdsShipContext cxt = context(inner);

		c->expr = tle->expr;
		c->number = tle->resno;
		c->output = pds_statement_write(inner, PDS_POSITION_OUTPUT, tle->expr)->output;
		if (!pds_ship_value(&cxt, tle->expr, &c->value) ||
			equal(c->output, list_make2_oid(InvalidOid, PDS_OUTPUT_PARTS)))
			c->value.type = ATHENA_SAME;
		s->columns = lappend(s->columns, c);
	}
	return s;
}

const PdsSubqueryColumn *
pds_subquery_column(const PdsShipContext *cxt, const Expr *e)
{
	ListCell   *lc;

	foreach(lc, cxt->subquery)
	{
		PdsSubqueryColumn *c = lfirst(lc);

		if (equal(c->expr, e) || equal(pds_ship_strip(c->expr), e))
			return c;
	}
	return NULL;
}

void
pds_ship_subquery_column(PdsShipContext *cxt, int number)
{
	pds_sql_add_alias(cxt->buf, "w.");
	pds_sql_addf(cxt->buf, "c%d", number);
}

/* ---- transition states (UPPERREL_PARTIAL_GROUP_AGG) ---- */

/* avg of the same values: Athena gives their sum and their number */
static void
make_avg(Aggref *a)
{
	Oid			type = exprType((Node *) linitial_node(TargetEntry, a->args)->expr);

	a->aggfnoid = LookupFuncName(list_make2(makeString("pg_catalog"), makeString("avg")), 1,
								 &type, false);
}

/* what a partial aggregate gives, of values that Athena knows exactly */
static bool
write_state(PdsShipContext *cxt, const Aggref *partial, PdsOutputKind *kind)
{
	Aggref	   *a = copyObject((Aggref *) partial);
	PdsAggKind	state;
	bool		avg = false;

	if (!pds_agg_kind(partial, &state))
		return false;
	a->aggsplit = AGGSPLIT_SIMPLE;
	*kind = PDS_OUTPUT_VALUE;
	switch (state)
	{
		case PDS_AGG_AVG_INT:
			*kind = PDS_OUTPUT_AVG_STATE;
			break;
		case PDS_AGG_BIGINT:
			*kind = PDS_OUTPUT_BIGINT_STATE;
			make_avg(a);
			break;
		case PDS_AGG_NUMERIC:
			*kind = PDS_OUTPUT_NUMERIC_STATE;
			make_avg(a);
			break;
		case PDS_AGG_SUM_FLOAT8:
		case PDS_AGG_FLOATS:
			return false;		/* added up in another order */
		default:
			break;
	}
	a->aggtype = get_func_rettype(a->aggfnoid);
	return pds_ship_aggregate(cxt, a, &avg) && avg == (*kind != PDS_OUTPUT_VALUE);
}

/* ---- writing ---- */

/* a value of the select list */
static bool
write_output(PdsShipContext *cxt, Expr *e, List **output)
{
	const PdsSubqueryColumn *column = pds_subquery_column(cxt, e);
	PdsOutputKind kind = PDS_OUTPUT_VALUE;
	bool		avg = false;

	if (column)
	{
		pds_ship_subquery_column(cxt, column->number);
		*output = column->output;
		return true;
	}
	if (IsA(e, Var))
	{
		Var		   *v = (Var *) e;

		/*
		 * range table indexes change when subqueries become part of the whole
		 * plan
		 */
		if (!pds_deparse_column(cxt, v))
			return false;
		*output = list_make2_oid(pds_ship_table(cxt, v)->relid, v->varattno);
		return true;
	}
	if (IsA(e, Aggref) && ((Aggref *) e)->aggsplit != AGGSPLIT_SIMPLE)
	{
		if (!write_state(cxt, (Aggref *) e, &kind))
			return false;
	}
	else if (!pds_ship_upper(cxt, e, &avg))
		return false;
	*output = list_make2_oid(InvalidOid, avg ? PDS_OUTPUT_PARTS : kind);
	return true;
}

static bool
write_in(PdsShipContext *cxt, PdsSqlExpr *w)
{
	switch (w->position)
	{
		case PDS_POSITION_OUTPUT:
			return write_output(cxt, w->expr, &w->output);
		case PDS_POSITION_GROUP:
			return pds_ship_group_key(cxt, w->expr);
		case PDS_POSITION_DISTINCT:
			return contain_var_clause((Node *) w->expr) || cxt->aggregates
				? pds_ship_group_key(cxt, w->expr) : pds_ship_output(cxt, w->expr);
		case PDS_POSITION_SORT:
			return pds_ship_sort_key(cxt, w->expr);
		case PDS_POSITION_CONDITION:
			if (!pds_ship_condition(cxt, w->expr))
				return false;
			w->recheck = cxt->has_param || cxt->may_raise;
			cxt->has_param = cxt->may_raise = false;
			return true;
	}
	return false;
}

int
pds_statement_count(PdsStatement *s, Node *e)
{
	if (exprType(e) != INT8OID || contain_var_clause(e) || contain_volatile_functions(e) ||
		contain_subplans(e) || pds_has_outer_param(s->root, e))
		return -1;
	*s->params = lappend(*s->params, copyObject(e));
	return list_length(*s->params) - 1;
}

/*
 * Is an expression that may raise evaluated on the rows on which PostgreSQL does?  Over groups and
 * windows HAVING and the like leave rows out; arguments of aggregates are not asked about.
 */
static bool
raises_alike(PdsStatement *s, PdsClausePosition position, Expr *e)
{
	ListCell   *lc;

	if (s->scan == NULL || position == PDS_POSITION_GROUP)
		return s->scan != NULL;
	if (!s->grouped)
		return !s->root->parse->hasWindowFuncs && !pds_stops_early(s->root);
	/* a key has been evaluated before */
	foreach(lc, s->written)
	{
		PdsSqlExpr *w = lfirst(lc);

		if (w->position == PDS_POSITION_GROUP && w->sql && equal(w->expr, e))
			return true;
	}
	return false;
}

const PdsSqlExpr *
pds_statement_write(PdsStatement *s, PdsClausePosition position, Expr *e)
{
	PdsShipContext cxt = context(s);
	PdsSqlExpr *w;
	ListCell   *lc;

	/* the columns of a table, or those of a subquery */
	Assert((s->scan != NULL) != (s->columns != NIL) || s->scan == NULL);
	foreach(lc, s->written)
	{
		w = lfirst(lc);
		if (w->position == position && equal(w->expr, e))
			return w;
	}
	w = palloc0(sizeof(PdsSqlExpr));
	w->expr = copyObject(e);
	w->position = position;
	s->written = lappend(s->written, w);
	if (write_in(&cxt, w) && !cxt.has_param && (!cxt.may_raise || raises_alike(s, position, e)))
		w->sql = w->recheck ? pds_sql_condition(cxt.buf) : cxt.buf;
	return w;
}
