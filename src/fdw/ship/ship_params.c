/*
 * ship_params.c
 *	  Constants, and what is known when the statement is executed: parameters, the clock, names
 *	  of the session.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "access/transam.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "nodes/nodeFuncs.h"
#include "pgtime.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "fdw/base/int_datum.h"
#include "fdw/base/params.h"
#include "fdw/ship/ship_table.h"

/* ---- constants and parameters ---- */

bool
pds_ship_const(PdsShipContext *cxt, Const *c, PdsShipValue *v)
{
	const char *s;
	const char *point;

	*v = pds_value_of_type(c->consttype);
	if (!pds_ship_literal(pds_sql_text(cxt->buf), c->constvalue, c->constisnull, c->consttype))
		return false;
	v->nan = false;
	if (c->constisnull)
	{
		if (pds_ship_is_integer(v->type))
			v->type = ATHENA_BIGINT;
		v->whole = 1;
		return true;
	}
	switch (c->consttype)
	{
		case INT2OID:
		case INT4OID:
		case INT8OID:
			v->lo = v->hi = pds_int_of_datum(c->consttype, c->constvalue);
			break;
		case NUMERICOID:
			s = DatumGetCString(DirectFunctionCall1(numeric_out, c->constvalue));
			point = strchr(s, '.');
			v->whole = (int) (point ? point - s : (long) strlen(s));
			v->scale = point ? (int) strlen(point + 1) : 0;
			break;
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			v->micro = DatumGetTimestamp(c->constvalue) % 1000 != 0;
			break;
		default:
			break;
	}
	if (pds_ship_is_integer(v->type))
		v->type = v->lo < 0 || v->lo > PG_INT32_MAX ? ATHENA_BIGINT : ATHENA_INTEGER;
	return true;
}

/* the number of what is evaluated here when the statement is executed */
int
pds_param_number(PdsShipContext *cxt, Expr *e)
{
	ListCell   *lc;

	if (cxt->params == NULL)
		return 0;
	foreach(lc, *cxt->params)
	{
		if (equal(lfirst(lc), e))
			return foreach_current_index(lc);
	}
	*cxt->params = lappend(*cxt->params, copyObject(e));
	return list_length(*cxt->params) - 1;
}

/* Has each value of the type a literal? */
static bool
always_literal(Oid type, const PdsShipValue *v)
{
	/* of SQL_ASCII not each text is known */
	if (type == TEXTOID || type == VARCHAROID)
		return GetDatabaseEncoding() != PG_SQL_ASCII;
	return pds_ship_is_integer(v->type) || v->type == ATHENA_BOOLEAN;
}

/* what is evaluated here when the statement is executed, and put in as a literal */
static bool
ship_here(PdsShipContext *cxt, Expr *e, bool always_sent, PdsShipValue *v)
{
	*v = pds_value_of_type(exprType((Node *) e));
	if (v->type == ATHENA_SAME)
		return false;
	if (pds_ship_is_integer(v->type))
		v->type = ATHENA_SOME_INTEGER;
	else if (v->type == ATHENA_DECIMAL)
	{
		v->whole = v->scale = PDS_PARAM_DIGITS; /* pds_ship_param_value sees
												 * to it */
		v->same_scale = false;
	}
	v->nan = false;
	v->micro = v->type == ATHENA_TIMESTAMP || v->type == ATHENA_TIMESTAMPTZ;

	/* what is sent in any case need not be checked again here */
	if (!always_sent && !always_literal(exprType((Node *) e), v))
		cxt->has_param = true;
	pds_sql_add_param(cxt->buf, pds_param_number(cxt, e));
	return true;
}

/* one value for the whole statement? */
bool
pds_is_fixed_param(const PdsShipContext *cxt, const Param *p)
{
	return p->paramkind == PARAM_EXTERN ||
		(p->paramkind == PARAM_EXEC && pds_is_initplan_param(cxt->root, p->paramid));
}

bool
pds_ship_param(PdsShipContext *cxt, Param *p, PdsShipValue *v)
{
	return pds_is_fixed_param(cxt, p) && ship_here(cxt, (Expr *) p, false, v);
}

/* of text, and known here */
static bool
is_zone_constant(const Const *c)
{
	return !c->constisnull && c->consttype == TEXTOID &&
		pg_tzset(TextDatumGetCString(c->constvalue)) != NULL;
}

/*
 * Today and now, some constants more or less: known when the statement is executed, of four
 * digits a year.  No more is taken, because to evaluate it must not raise an error that
 * PostgreSQL would not meet.
 */
static bool
is_clock(Node *n)
{
	static const struct
	{
		const char *name;
		int			nargs;
	}			functions[] = {
		{"now", 0}, {"transaction_timestamp", 0}, {"statement_timestamp", 0},
		{"date", 1}, {"timestamp", 1}, {"timestamp", 2}, {"timestamptz", 1}
	};
	FuncExpr   *f = (FuncExpr *) n;
	OpExpr	   *op = (OpExpr *) n;
	Const	   *c;
	Oid			type = exprType(n);
	int			i;

	if (type != DATEOID && type != TIMESTAMPOID && type != TIMESTAMPTZOID)
		return false;
	if (IsA(n, SQLValueFunction))
		return true;
	if (IsA(n, FuncExpr) && f->funcid < FirstGenbkiObjectId)
	{
		const char *name = get_func_name(f->funcid);

		for (i = 0; name && i < lengthof(functions); i++)
			if (strcmp(name, functions[i].name) == 0 &&
				list_length(f->args) == functions[i].nargs)
				return f->args == NIL || is_clock(linitial(f->args));
		if (name == NULL || list_length(f->args) != 2 || !IsA(linitial(f->args), Const) ||
			!is_clock(lsecond(f->args)))
			return false;
		return strcmp(name, "date_trunc") == 0 ||
			(strcmp(name, "timezone") == 0 && is_zone_constant(linitial(f->args)));
	}
	if (!IsA(n, OpExpr) || op->opno >= FirstGenbkiObjectId || list_length(op->args) != 2 ||
		!is_clock(linitial(op->args)) || !IsA(lsecond(op->args), Const))
		return false;
	c = lsecond(op->args);
	if (c->constisnull)
		return false;
	if (c->consttype == INT4OID)
		return abs(DatumGetInt32(c->constvalue)) < 365 * 1000;
	if (c->consttype == INTERVALOID)
	{
		Interval   *span = DatumGetIntervalP(c->constvalue);

		return span->month > -12 * 1000 && span->month < 12 * 1000 &&
			span->day > -365 * 1000 && span->day < 365 * 1000 &&
			span->time > -365 * 1000 * USECS_PER_DAY && span->time < 365 * 1000 * USECS_PER_DAY;
	}
	return false;
}

/* current_user and its like, as a text */
static bool
is_name_of_session(Node *n)
{
	FuncExpr   *f = (FuncExpr *) n;

	if (IsA(n, SQLValueFunction))
		return true;
	if (IsA(n, RelabelType))
		return is_name_of_session((Node *) ((RelabelType *) n)->arg);
	if (!IsA(n, FuncExpr) || f->funcid >= FirstGenbkiObjectId || list_length(f->args) > 1)
		return false;
	if (f->args != NIL)
		return exprType(linitial(f->args)) == NAMEOID && is_name_of_session(linitial(f->args));
	return exprType(n) == NAMEOID && func_volatile(f->funcid) == PROVOLATILE_STABLE;
}

/* without columns, and evaluated here when the statement is executed */
bool
pds_ship_stable(PdsShipContext *cxt, Expr *e, PdsShipValue *v, bool *done)
{
	Oid			type = exprType((Node *) e);

	*done = true;
	if (is_clock((Node *) e))
		return ship_here(cxt, e, true, v);
	if (pds_family_of(type) == FAMILY_TEXT && is_name_of_session((Node *) e))
		return ship_here(cxt, e, false, v);
	*done = false;
	return false;
}
