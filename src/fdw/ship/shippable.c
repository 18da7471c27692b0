/*
 * shippable.c
 *	  What Athena evaluates with exactly PostgreSQL's result, and how it is
 *	  written there: the walk over expressions.  What may be sent, and on which
 *	  condition, is said by the rows of ship_table.h.
 *
 * One walk decides and writes, so that the two cannot differ.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "access/transam.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "rewrite/rewriteManip.h"
#include "utils/lsyscache.h"

#include "fdw/base/types.h"
#include "fdw/ship/ship_table.h"
#include "fdw/ship/statement.h"

/* ---- columns ---- */

Expr *
pds_ship_strip(Expr *e)
{
	while (e && IsA(e, RelabelType))
	{
		RelabelType *r = (RelabelType *) e;
		Oid			inner = exprType((Node *) r->arg);

		/* the same type with another typmod, too, where no value changes */
		if (r->resulttype != inner &&
			(pds_family_of(r->resulttype) != FAMILY_TEXT || pds_family_of(inner) != FAMILY_TEXT))
			break;
		e = r->arg;
	}
	return e;
}

const PdsTable *
pds_ship_table(const PdsShipContext *cxt, const Var *v)
{
	Assert(bms_is_member(v->varno, cxt->relids));
	return PDS_BASE((PdsRelInfo *) cxt->root->simple_rel_array[v->varno]->fdw_private)->table;
}

const PdsColumn *
pds_ship_find_column(const PdsShipContext *cxt, const Var *v)
{
	const PdsRelInfo *info;
	const PdsColumn *c;

	if (v->varlevelsup != 0 || v->varattno <= 0 || !bms_is_member(v->varno, cxt->relids))
		return NULL;
	info = cxt->root->simple_rel_array[v->varno]->fdw_private;
	if (v->varattno > PDS_BASE(info)->table->natts)
		return NULL;
	c = &PDS_BASE(info)->table->columns[v->varattno - 1];
	return c->name && c->hive_known ? c : NULL;
}

void
pds_ship_column_name(PdsShipContext *cxt, const Var *v, const PdsColumn *c)
{
	if (cxt->qualify)
		pds_sql_add_alias(cxt->buf, psprintf("r%u.", v->varno));
	pds_quote_athena_name(pds_sql_text(cxt->buf), c->name);
}

/* A value of a column that means there what it means here. */
static bool
ship_column(PdsShipContext *cxt, Var *var, PdsShipValue *v)
{
	const PdsColumn *c = pds_ship_find_column(cxt, var);

	if (c == NULL || c->hive.kind == PDS_HIVE_OTHER || c->hive.kind == PDS_HIVE_UNION ||
		(c->typid == TIMESTAMPTZOID && c->field != PDS_FIELD_FILE_MODIFIED))
		return false;
	*v = pds_value_of_type(c->typid);
	if (v->type == ATHENA_SAME)
		return false;
	if (c->typid == NUMERICOID)
	{
		if (c->hive.kind != PDS_HIVE_DECIMAL)
			return false;
		v->whole = c->hive.precision - c->hive.scale;
		v->scale = c->hive.scale;
	}
	else if (c->hive.kind == PDS_HIVE_TINYINT)
	{
		v->type = ATHENA_TINYINT;
		v->lo = -128;
		v->hi = 127;
		v->whole = 3;
	}
	pds_ship_column_name(cxt, var, c);
	return true;
}

/* ---- values together ---- */

bool
pds_merge_values(PdsShipValue *into, const PdsShipValue *other)
{
	if (into->typid != other->typid &&
		pds_family_of(into->typid) != pds_family_of(other->typid))
		return false;
	if (into->micro || other->micro)
		return false;
	into->nan = into->nan || other->nan;
	into->lo = Min(into->lo, other->lo);
	into->hi = Max(into->hi, other->hi);
	into->same_scale = into->same_scale && other->same_scale && into->scale == other->scale;
	into->scale_sql = NULL;
	into->whole = Max(into->whole, other->whole);
	into->scale = Max(into->scale, other->scale);
	if (pds_ship_is_integer(into->type) && pds_ship_is_integer(other->type))
		into->type = Max(into->type, other->type);
	else if (pds_ship_is_integer(into->type))
		into->type = other->type;
	return into->whole + into->scale <= 38;
}

const PdsSql *
pds_ship_scale(const PdsShipValue *v, const Expr *e, const PdsSql *sql)
{
	PdsSql	   *scale;

	if (!v->same_scale)
		return v->scale_sql;
	if (IsA(e, Const) && ((const Const *) e)->constisnull)
		return pds_sql_form("NULL");
	scale = pds_sql_new();
	if (IsA(e, Const))
	{
		pds_sql_addf(scale, "%d", v->scale);
		return scale;
	}
	pds_sql_append_form(scale, "CASE WHEN $1 IS NOT NULL THEN ", sql);
	pds_sql_addf(scale, "%d END", v->scale);
	return scale;
}

/* ---- operators ---- */

/* name of a built-in operator; NULL: another */
static const char *
operator_name(Oid opno)
{
	return opno < FirstGenbkiObjectId ? get_opname(opno) : NULL;
}

/* The elements of an array that is written out, if each is a constant or a parameter. */
static bool
written_elements(PdsShipContext *cxt, const ArrayExpr *array, List **elements)
{
	ListCell   *lc;

	if (array->multidims)
		return false;
	foreach(lc, array->elements)
	{
		Expr	   *e = pds_ship_strip(lfirst(lc));

		if (!IsA(e, Const) && !(IsA(e, Param) && pds_is_fixed_param(cxt, (Param *) e)))
			return false;
	}
	*elements = array->elements;
	return true;
}

/* An array's elements, those of a constant one as constants; false: not known. */
static bool
array_elements(PdsShipContext *cxt, const ScalarArrayOpExpr *op, List **elements)
{
	const Const *array = lsecond(op->args);
	Oid			type;
	int16		len;
	bool		byval;
	Datum	   *values;
	bool	   *nulls;
	int			n;
	int			i;

	if (IsA(array, ArrayExpr))
		return written_elements(cxt, lsecond(op->args), elements);
	if (!IsA(array, Const) || array->constisnull)
		return false;
	n = pds_array_elements(array->constvalue, &type, &values, &nulls);
	get_typlenbyval(type, &len, &byval);
	*elements = NIL;
	for (i = 0; i < n; i++)
		*elements = lappend(*elements, makeConst(type, -1, op->inputcollid, len, values[i],
												 nulls[i], byval));
	return true;
}

/* do values of its operand and of that type need nothing but themselves to be compared? */
static bool
is_plain_in(const ScalarArrayOpExpr *op, Oid element)
{
	PdsFamily	family = pds_family_of(exprType(linitial(op->args)));

	return family != FAMILY_NONE && family != FAMILY_NUMERIC && family != FAMILY_REAL &&
		family != FAMILY_DOUBLE && pds_family_of(element) == family &&
		(family != FAMILY_TEXT || pds_text_collation_ok(op->inputcollid, false));
}

/* = ANY and <> ALL of an array that is known when the statement is executed */
static bool
ship_in_param(PdsShipContext *cxt, const ScalarArrayOpExpr *op)
{
	Param	   *p = lsecond(op->args);
	PdsShipValue v;
	PdsSql	   *left;

	if (!IsA(p, Param) || !pds_is_fixed_param(cxt, p) ||
		!is_plain_in(op, get_element_type(exprType((Node *) p))) ||
		(left = pds_ship_value_text(cxt, linitial(op->args), &v)) == NULL || v.micro)
		return false;
	cxt->has_param = true;
	pds_sql_add_list(cxt->buf, left, pds_param_number(cxt, (Expr *) p), !op->useOr);
	return true;
}

/* = ANY and <> ALL of what needs nothing but itself to be compared, in the usual form */
static bool
ship_in(PdsShipContext *cxt, const ScalarArrayOpExpr *op, List *elements)
{
	Expr	   *left = linitial(op->args);
	PdsShipValue v;
	ListCell   *lc;

	if (!is_plain_in(op, exprType(linitial(elements))))
		return false;
	pds_sql_add(cxt->buf, "(");
	if (!pds_ship_value(cxt, left, &v))
		return false;
	pds_sql_add(cxt->buf, op->useOr ? " IN (" : " NOT IN (");
	foreach(lc, elements)
	{
		const Const *c = lfirst(lc);
		PdsShipValue element;

		if (lc != list_head(elements))
			pds_sql_add(cxt->buf, ", ");
		if (!IsA(c, Const))
		{
			if (!pds_ship_value(cxt, lfirst(lc), &element))
				return false;
		}
		else if (!pds_ship_literal(pds_sql_text(cxt->buf), c->constvalue, c->constisnull, c->consttype))
			return false;
	}
	pds_sql_add(cxt->buf, "))");
	return true;
}

/* x op ANY / ALL (array of constants and parameters) */
static bool
ship_array_op(PdsShipContext *cxt, const ScalarArrayOpExpr *op)
{
	const char *name = operator_name(op->opno);
	PdsSqlEnd	start = pds_sql_end(cxt->buf);
	List	   *elements;
	ListCell   *lc;

	if (name == NULL)
		return false;
	if (strcmp(name, op->useOr ? "=" : "<>") == 0 && ship_in_param(cxt, op))
		return true;
	if (!array_elements(cxt, op, &elements))
		return false;
	if (elements == NIL)
	{
		pds_sql_add(cxt->buf, op->useOr ? "false" : "true");
		return true;
	}
	if (strcmp(name, op->useOr ? "=" : "<>") == 0 && ship_in(cxt, op, elements))
		return true;
	pds_sql_cut(cxt->buf, start);
	pds_sql_add(cxt->buf, "(");
	foreach(lc, elements)
	{
		if (lc != list_head(elements))
			pds_sql_add(cxt->buf, op->useOr ? " OR " : " AND ");
		if (!pds_ship_row(cxt, PDS_SHIP_OPERATOR, name,
						  list_make2(linitial(op->args), lfirst(lc)), op->inputcollid, BOOLOID,
						  NULL))
			return false;
	}
	pds_sql_add(cxt->buf, ")");
	return true;
}

/* (a, b) < (c, d): the first pair that differs decides */
static bool
ship_row_compare(PdsShipContext *cxt, const RowCompareExpr *r)
{
	int			n = list_length(r->opnos);
	int			i;

	Assert(list_length(r->largs) == n && list_length(r->rargs) == n &&
		   list_length(r->inputcollids) == n);
	for (i = 0; i < n; i++)
	{
		const char *name = operator_name(list_nth_oid(r->opnos, i));
		List	   *pair = list_make2(list_nth(r->largs, i), list_nth(r->rargs, i));
		Oid			collation = list_nth_oid(r->inputcollids, i);

		if (name == NULL)
			return false;
		pds_sql_add(cxt->buf, "(");
		if (i == n - 1)
		{
			if (!pds_ship_row(cxt, PDS_SHIP_OPERATOR, name, pair, collation, BOOLOID, NULL))
				return false;
			break;
		}
		if (!pds_ship_row(cxt, PDS_SHIP_OPERATOR, name[0] == '<' ? "<" : ">", pair, collation,
						  BOOLOID, NULL))
			return false;
		pds_sql_add(cxt->buf, " OR (");
		if (!pds_ship_row(cxt, PDS_SHIP_OPERATOR, "=", pair, collation, BOOLOID, NULL))
			return false;
		pds_sql_add(cxt->buf, " AND ");
	}
	for (i = 0; i < 2 * n - 1; i++)
		pds_sql_add(cxt->buf, ")");
	return true;
}

/* ---- what has a node of its own ---- */

static bool
ship_bool(PdsShipContext *cxt, BoolExpr *b)
{
	PdsShipValue v;
	ListCell   *lc;

	pds_sql_add(cxt->buf, b->boolop == NOT_EXPR ? "(NOT " : "(");
	foreach(lc, b->args)
	{
		if (lc != list_head(b->args))
			pds_sql_add(cxt->buf, b->boolop == AND_EXPR ? " AND " : " OR ");
		if (!pds_ship_value(cxt, lfirst(lc), &v))
			return false;
	}
	pds_sql_add(cxt->buf, ")");
	return true;
}

static bool
ship_null_test(PdsShipContext *cxt, NullTest *t)
{
	const PdsColumn *column;
	Expr	   *arg = pds_ship_strip(t->arg);
	PdsShipValue v;

	if (t->argisrow)
		return false;
	pds_sql_add(cxt->buf, "(");
	if (IsA(arg, Var))
	{
		/* NULL or not is the same for columns of any type that are read alike */
		column = pds_ship_find_column(cxt, (Var *) arg);
		if (column == NULL)
			return false;
		pds_ship_column_name(cxt, (Var *) arg, column);
	}
	else if (!pds_ship_value(cxt, arg, &v))
		return false;
	pds_sql_add(cxt->buf, t->nulltesttype == IS_NULL ? " IS NULL)" : " IS NOT NULL)");
	return true;
}

static bool
ship_boolean_test(PdsShipContext *cxt, BooleanTest *t, PdsShipValue *v)
{
	static const char *const names[] = {
		[IS_TRUE] = "IS TRUE",
		[IS_NOT_TRUE] = "IS NOT TRUE",
		[IS_FALSE] = "IS FALSE",
		[IS_NOT_FALSE] = "IS NOT FALSE",
		[IS_UNKNOWN] = "IS UNKNOWN",
		[IS_NOT_UNKNOWN] = "IS NOT UNKNOWN"
	};

	StaticAssertDecl(lengthof(names) == IS_NOT_UNKNOWN + 1, "a test has no name");
	return pds_ship_row(cxt, PDS_SHIP_EXPRESSION, names[t->booltesttype], list_make1(t->arg),
						InvalidOid, BOOLOID, v);
}

/* one result of CASE; *v becomes what holds all of them, *scale as pds_ship_scale */
static bool
ship_branch(PdsShipContext *cxt, Expr *e, PdsShipValue *v, bool *first, const PdsSql **scale)
{
	PdsShipValue one;
	PdsSqlEnd	start = pds_sql_end(cxt->buf);

	/* of any type */
	if (IsA(e, Const) && ((Const *) e)->constisnull)
	{
		*scale = pds_sql_form("NULL");
		pds_sql_append(cxt->buf, *scale);
		return true;
	}
	if (!pds_ship_value(cxt, e, &one) || one.micro)
		return false;
	*scale = pds_ship_scale(&one, e, pds_sql_since(cxt->buf, start));
	if (!*first)
		return pds_merge_values(v, &one);
	*v = one;
	*first = false;
	return true;
}

static bool
ship_case(PdsShipContext *cxt, CaseExpr *c, PdsShipValue *v)
{
	Expr	   *outer = cxt->case_arg;
	PdsShipValue condition;
	PdsSql	   *scales = pds_sql_form("CASE");
	const PdsSql *scale;
	bool		scales_known = true;
	bool		first = true;
	ListCell   *lc;

	pds_sql_add(cxt->buf, "CASE");
	foreach(lc, c->args)
	{
		CaseWhen   *w = lfirst_node(CaseWhen, lc);
		PdsSqlEnd	start = pds_sql_end(cxt->buf);
		bool		ok;

		pds_sql_add(cxt->buf, " WHEN ");
		cxt->case_arg = c->arg ? c->arg : outer;
		ok = pds_ship_value(cxt, w->expr, &condition);
		cxt->case_arg = outer;
		if (!ok)
			return false;
		pds_sql_add(cxt->buf, " THEN ");
		pds_sql_append(scales, pds_sql_since(cxt->buf, start));
		if (!ship_branch(cxt, w->result, v, &first, &scale))
			return false;
		scales_known = scales_known && scale;
		if (scale)
			pds_sql_append(scales, scale);
	}
	if (c->defresult && !(IsA(c->defresult, Const) && ((Const *) c->defresult)->constisnull))
	{
		pds_sql_add(cxt->buf, " ELSE ");
		if (!ship_branch(cxt, c->defresult, v, &first, &scale))
			return false;
		scales_known = scales_known && scale;
		if (scale)
			pds_sql_append_form(scales, " ELSE $1", scale);
	}
	pds_sql_add(cxt->buf, " END");
	pds_sql_add(scales, " END");
	if (!first && !v->same_scale && scales_known)
		v->scale_sql = scales;
	return !first;
}

/* what a CaseTestExpr stands for, as it was outside of this CASE */
static bool
ship_case_arg(PdsShipContext *cxt, PdsShipValue *v)
{
	Expr	   *arg = cxt->case_arg;
	bool		ok;

	if (arg == NULL)
		return false;
	cxt->case_arg = NULL;
	ok = pds_ship_value(cxt, arg, v);
	cxt->case_arg = arg;
	return ok;
}

/* ---- functions and casts ---- */

/* concat() and its like have their arguments one by one, or as one array */
static bool
ship_function(PdsShipContext *cxt, FuncExpr *f, PdsShipValue *v)
{
	const char *name = f->funcid < FirstGenbkiObjectId ? get_func_name(f->funcid) : NULL;
	PdsSqlEnd	start = pds_sql_end(cxt->buf);

	if (name == NULL || f->funcvariadic)
		return false;
	if (pds_ship_row(cxt, PDS_SHIP_FUNCTION, name, f->args, f->inputcollid, f->funcresulttype, v))
		return true;
	pds_sql_cut(cxt->buf, start);
	return pds_ship_row(cxt, PDS_SHIP_CAST, name, f->args, f->inputcollid, f->funcresulttype, v);
}

static bool
ship_io_cast(PdsShipContext *cxt, CoerceViaIO *c, PdsShipValue *v)
{
	return pds_family_of(c->resulttype) == FAMILY_TEXT &&
		pds_ship_row(cxt, PDS_SHIP_CAST, c->resulttype == TEXTOID ? "text" : "varchar",
					 list_make1(c->arg), InvalidOid, c->resulttype, v);
}

static bool ship_aggregate(PdsShipContext *cxt, PdsShipCall *call, PdsShipValue *v);

/* in an expression: HAVING, ORDER BY, a value over groups */
static bool
ship_aggref(PdsShipContext *cxt, Aggref *a, PdsShipValue *v)
{
	PdsShipCall call = {.aggref = a, .inside = true};

	return cxt->aggregates && ship_aggregate(cxt, &call, v) && !call.parts &&
		v->type != ATHENA_SAME;
}

/* ---- the walk ---- */

bool
pds_ship_value(PdsShipContext *cxt, Expr *e, PdsShipValue *v)
{
	const PdsSubqueryColumn *column;
	bool		done;
	bool		ok;

	check_stack_depth();
	e = pds_ship_strip(e);
	if (e == NULL)
		return false;
	if (cxt->subquery && (column = pds_subquery_column(cxt, e)) != NULL)
	{
		pds_ship_subquery_column(cxt, column->number);
		*v = column->value;
		return v->type != ATHENA_SAME;
	}
	ok = pds_ship_stable(cxt, e, v, &done);
	if (done)
		return ok;
	/* conditions, unless another type is said */
	*v = pds_value_of_type(BOOLOID);
	switch (nodeTag(e))
	{
		case T_Var:
			return ship_column(cxt, (Var *) e, v);
		case T_Const:
			return pds_ship_const(cxt, (Const *) e, v);
		case T_Param:
			return pds_ship_param(cxt, (Param *) e, v);
		case T_CaseTestExpr:
			return ship_case_arg(cxt, v);
		case T_OpExpr:
			{
				OpExpr	   *op = (OpExpr *) e;
				const char *name = operator_name(op->opno);

				return name && pds_ship_row(cxt, PDS_SHIP_OPERATOR, name, op->args,
											op->inputcollid, op->opresulttype, v);
			}
		case T_DistinctExpr:
			return operator_name(((DistinctExpr *) e)->opno) &&
				pds_ship_row(cxt, PDS_SHIP_EXPRESSION, "IS DISTINCT FROM",
							 ((DistinctExpr *) e)->args, ((DistinctExpr *) e)->inputcollid,
							 BOOLOID, v);
		case T_NullIfExpr:
			return operator_name(((NullIfExpr *) e)->opno) &&
				pds_ship_row(cxt, PDS_SHIP_EXPRESSION, "NULLIF", ((NullIfExpr *) e)->args,
							 ((NullIfExpr *) e)->inputcollid, exprType((Node *) e), v);
		case T_CoalesceExpr:
			return pds_ship_row(cxt, PDS_SHIP_EXPRESSION, "COALESCE", ((CoalesceExpr *) e)->args,
								InvalidOid, exprType((Node *) e), v);
		case T_MinMaxExpr:
			return pds_ship_row(cxt, PDS_SHIP_EXPRESSION,
								((MinMaxExpr *) e)->op == IS_GREATEST ? "greatest" : "least",
								((MinMaxExpr *) e)->args, ((MinMaxExpr *) e)->inputcollid,
								exprType((Node *) e), v);
		case T_CaseExpr:
			return ship_case(cxt, (CaseExpr *) e, v);
		case T_ScalarArrayOpExpr:
			return ship_array_op(cxt, (ScalarArrayOpExpr *) e);
		case T_RowCompareExpr:
			return ship_row_compare(cxt, (RowCompareExpr *) e);
		case T_BoolExpr:
			return ship_bool(cxt, (BoolExpr *) e);
		case T_NullTest:
			return ship_null_test(cxt, (NullTest *) e);
		case T_BooleanTest:
			return ship_boolean_test(cxt, (BooleanTest *) e, v);
		case T_FuncExpr:
			return ship_function(cxt, (FuncExpr *) e, v);
		case T_CoerceViaIO:
			return ship_io_cast(cxt, (CoerceViaIO *) e, v);
		case T_Aggref:
			return ship_aggref(cxt, (Aggref *) e, v);
		case T_WindowFunc:
		case T_GroupingFunc:
			return pds_ship_window_value(cxt, e, v);
		default:
			return false;
	}
}

PdsSql *
pds_ship_value_text(PdsShipContext *cxt, Expr *e, PdsShipValue *v)
{
	PdsSql	   *outer = cxt->buf;
	PdsSql	   *own = pds_sql_new();
	bool		ok;

	cxt->buf = own;
	ok = pds_ship_value(cxt, e, v);
	cxt->buf = outer;
	return ok ? own : NULL;
}

/* ---- select lists, groups, order ---- */

/* the condition of FILTER, or nothing; NULL: it is not sent */
static PdsSql *
ship_filter(PdsShipContext *cxt, Expr *filter)
{
	PdsShipValue v;
	PdsSql	   *sql;

	if (filter == NULL)
		return pds_sql_new();
	sql = pds_ship_value_text(cxt, filter, &v);
	return sql && v.type == ATHENA_BOOLEAN ? sql : NULL;
}

/* an argument that count() looks at is NULL or not, whatever its type */
static bool
ship_count_column(PdsShipContext *cxt, Aggref *a, const PdsSql *filter)
{
	Expr	   *arg = pds_ship_strip(linitial_node(TargetEntry, a->args)->expr);
	const PdsColumn *c;

	if (a->aggdistinct != NIL || !IsA(arg, Var) ||
		(c = pds_ship_find_column(cxt, (Var *) arg)) == NULL)
		return false;
	pds_sql_add(cxt->buf, "count(");
	pds_ship_column_name(cxt, (Var *) arg, c);
	pds_sql_append_form(cxt->buf, ")$1", filter);
	return true;
}

/* values that DISTINCT tells apart by an operator of ours */
static bool
distinct_ok(const Aggref *a)
{
	ListCell   *lc;

	foreach(lc, a->aggdistinct)
	{
		if (operator_name(lfirst_node(SortGroupClause, lc)->eqop) == NULL)
			return false;
	}
	return true;
}

static bool
ship_aggregate_row(PdsShipContext *cxt, PdsShipCall *call, PdsShipValue *v)
{
	Aggref	   *a = call->aggref;
	List	   *args = NIL;
	ListCell   *lc;

	/* OVER stands where FILTER would */
	if (call->filter)
		call->condition = pds_sql_new();
	else
		call->condition = ship_filter(cxt, a->aggfilter);
	if (call->condition == NULL)
		return false;
	if (call->filter == NULL)
		call->filter = a->aggfilter ? pds_sql_form(" FILTER (WHERE $1)", call->condition)
			: pds_sql_new();
	if (strcmp(call->name, "count") == 0 && a->args != NIL &&
		ship_count_column(cxt, a, call->filter))
	{
		*v = pds_value_of_type(INT8OID);
		return true;
	}
	/* others are keys of its ORDER BY */
	foreach(lc, a->args)
	{
		if (!lfirst_node(TargetEntry, lc)->resjunk)
			args = lappend(args, lfirst_node(TargetEntry, lc)->expr);
	}
	if (!pds_ship_call(call, PDS_SHIP_AGGREGATE, args, a->aggtype))
		return false;
	*v = call->result;
	return true;
}

static bool
ship_aggregate(PdsShipContext *cxt, PdsShipCall *call, PdsShipValue *v)
{
	PdsShipContext inner = *cxt;
	Aggref	   *a = call->aggref;

	call->cxt = &inner;
	call->filter = cxt->over;
	call->collation = a->inputcollid;
	call->name = a->aggfnoid < FirstGenbkiObjectId ? get_func_name(a->aggfnoid) : NULL;
	if (call->name == NULL || a->agglevelsup != 0 || a->aggsplit != AGGSPLIT_SIMPLE ||
		(a->aggorder != NIL && strcmp(call->name, "string_agg") != 0) ||
		a->aggdirectargs != NIL || a->aggvariadic || !distinct_ok(a))
		return false;
	/* a window may be over groups */
	inner.aggregates = cxt->over && cxt->aggregates;
	inner.over = NULL;
	inner.has_param = inner.may_raise = inner.other_error = false;
	if (!ship_aggregate_row(&inner, call, v))
		return false;

	/*
	 * an argument is evaluated on the rows of the group here and there: so
	 * are its errors
	 */
	return !inner.has_param && !inner.other_error;
}

bool
pds_ship_aggregate_value(PdsShipContext *cxt, Aggref *a, bool *parts, PdsShipValue *v)
{
	PdsShipCall call = {.aggref = a};
	bool		ok = ship_aggregate(cxt, &call, v);

	*parts = ok && call.parts;
	return ok;
}

bool
pds_ship_aggregate(PdsShipContext *cxt, Aggref *a, bool *parts)
{
	PdsShipValue v;

	return pds_ship_aggregate_value(cxt, a, parts, &v);
}

/* an expression whose value is written exactly, but for its scale; *v what is known of it */
static bool
ship_exact(PdsShipContext *cxt, Expr *e, PdsShipValue *v)
{
	PdsSql	   *sql;

	cxt->has_param = cxt->other_error = false;
	sql = pds_ship_value_text(cxt, e, v);
	if (sql == NULL || cxt->has_param || cxt->other_error || v->micro)
		return false;
	/* a CASE is written without parentheses */
	pds_sql_append(cxt->buf, sql);
	return true;
}

bool
pds_ship_output(PdsShipContext *cxt, Expr *e)
{
	PdsShipValue v;

	return ship_exact(cxt, e, &v) && v.same_scale;
}

/*
 * columns, aggregates or window functions?  A constant in GROUP BY or ORDER BY
 * would be the number of a column
 */
static bool
has_columns(Expr *e)
{
	return contain_var_clause((Node *) e) || contain_agg_clause((Node *) e) ||
		contain_windowfuncs((Node *) e);
}

bool
pds_ship_group_key(PdsShipContext *cxt, Expr *e)
{
	PdsShipValue v;

	return has_columns(e) && ship_exact(cxt, e, &v) && v.same_scale && v.type != ATHENA_REAL &&
		v.type != ATHENA_DOUBLE &&
		(v.type != ATHENA_VARCHAR || pds_text_collation_ok(exprCollation((Node *) e), false));
}

bool
pds_ship_sort_order(PdsSql *buf, const SortGroupClause *s)
{
	const char *op = s->sortop < FirstGenbkiObjectId ? get_opname(s->sortop) : NULL;

	if (op == NULL || (strcmp(op, "<") != 0 && strcmp(op, ">") != 0))
		return false;
	pds_append_sort_order(buf, op[0] == '>', s->nulls_first);
	return true;
}

void
pds_append_sort_order(PdsSql *buf, bool descending, bool nulls_first)
{
	/* where NULLs go is not the same there when it is not said */
	pds_sql_addf(buf, " %s NULLS %s", descending ? "DESC" : "ASC", nulls_first ? "FIRST" : "LAST");
}

bool
pds_ship_sort_key(PdsShipContext *cxt, Expr *e)
{
	PdsShipValue v;
	bool		aggregates = cxt->aggregates;
	bool		ok;

	cxt->aggregates = true;
	ok = has_columns(e) && ship_exact(cxt, e, &v) && v.type != ATHENA_REAL &&
		v.type != ATHENA_DOUBLE &&
		(v.type != ATHENA_VARCHAR || pds_text_collation_ok(exprCollation((Node *) e), true));
	cxt->aggregates = aggregates;
	return ok;
}
