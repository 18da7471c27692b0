/*
 * shippable.c
 *	  What Athena evaluates with exactly PostgreSQL's result, and how it is
 *	  written there (AWS.md 7.6, PITFALLS.md 3; doc/pushdown.md for users).
 *
 * One walk decides and writes, so that the two cannot differ.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include <math.h>

#include "access/transam.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#include "fdw/deparse.h"

/* families of types within which comparisons mean the same */
typedef enum Family
{
	FAMILY_NONE, FAMILY_INT, FAMILY_NUMERIC, FAMILY_FLOAT, FAMILY_TEXT, FAMILY_BOOL,
	FAMILY_DATE, FAMILY_TIMESTAMP,
	FAMILY_TIMESTAMPTZ			/* of the pseudo-column $file_modified_time only */
} Family;

static bool ship(PdsShipContext *cxt, Expr *expr);

static Family
family_of(Oid typid)
{
	switch (typid)
	{
		case INT2OID:
		case INT4OID:
		case INT8OID:
			return FAMILY_INT;
		case NUMERICOID:
			return FAMILY_NUMERIC;
		case FLOAT4OID:
		case FLOAT8OID:
			return FAMILY_FLOAT;
		case TEXTOID:
		case VARCHAROID:
			return FAMILY_TEXT;
		case BOOLOID:
			return FAMILY_BOOL;
		case DATEOID:
			return FAMILY_DATE;
		case TIMESTAMPOID:
			return FAMILY_TIMESTAMP;
		case TIMESTAMPTZOID:
			return FAMILY_TIMESTAMPTZ;
		default:
			return FAMILY_NONE;
	}
}

/* ---- literals ---- */

/* text in UTF-8 between quotes; false when it cannot be sent */
static bool
ship_text(StringInfo buf, const char *s)
{
	const char *p;
	char	   *utf8;

	for (p = s; *p; p++)
	{
		/* our placeholders; SQL_ASCII's other bytes have no known meaning */
		if (*p >= PDS_PARAM_BEGIN && *p <= PDS_COND_END)
			return false;
		if ((unsigned char) *p >= 0x80 && GetDatabaseEncoding() == PG_SQL_ASCII)
			return false;
	}
	utf8 = pg_server_to_any(s, strlen(s), PG_UTF8);
	appendStringInfoChar(buf, '\'');
	for (p = utf8; *p; p++)
	{
		if (*p == '\'')
			appendStringInfoChar(buf, '\'');
		appendStringInfoChar(buf, *p);
	}
	appendStringInfoChar(buf, '\'');
	return true;
}

static bool
ship_numeric(StringInfo buf, Datum value)
{
	char	   *s = DatumGetCString(DirectFunctionCall1(numeric_out, value));
	int			digits = 0;
	const char *p;

	for (p = s; *p; p++)
	{
		if (*p >= '0' && *p <= '9')
			digits++;
		else if (*p != '-' && *p != '.')
			return false;		/* NaN, Infinity */
	}
	if (digits > 38)
		return false;
	appendStringInfo(buf, "DECIMAL '%s'", s);
	return true;
}

static bool
ship_float(StringInfo buf, double v, bool real)
{
	char	   *s;

	if (isnan(v) || isinf(v))
		return false;
	s = real ? psprintf("%.9g", v) : psprintf("%.17g", v);
	if (real)
		appendStringInfo(buf, "REAL '%s'", s);
	else
		appendStringInfo(buf, "DOUBLE '%s'", s);
	return true;
}

static bool
ship_date(StringInfo buf, DateADT d)
{
	int			y,
				m,
				day;

	if (DATE_NOT_FINITE(d))
		return false;
	j2date(d + POSTGRES_EPOCH_JDATE, &y, &m, &day);
	if (y < 1 || y > 9999)
		return false;
	appendStringInfo(buf, "DATE '%04d-%02d-%02d'", y, m, day);
	return true;
}

/* zone: "", or " UTC" for an instant */
static bool
ship_timestamp(StringInfo buf, Timestamp t, const char *zone)
{
	struct pg_tm tm;
	fsec_t		fsec;

	if (TIMESTAMP_NOT_FINITE(t) || timestamp2tm(t, NULL, &tm, &fsec, NULL, NULL) != 0 ||
		tm.tm_year < 1 || tm.tm_year > 9999)
		return false;
	appendStringInfo(buf, "TIMESTAMP '%04d-%02d-%02d %02d:%02d:%02d", tm.tm_year, tm.tm_mon,
					 tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
	if (fsec % 1000 != 0)
		appendStringInfo(buf, ".%06d%s'", fsec, zone);
	else
		appendStringInfo(buf, ".%03d%s'", fsec / 1000, zone);
	return true;
}

static void
ship_int(StringInfo buf, int64 v)
{
	if (v >= 0)
		appendStringInfo(buf, INT64_FORMAT, v);
	else
		appendStringInfo(buf, "BIGINT '" INT64_FORMAT "'", v);
}

static const char *
athena_type(Oid typid)
{
	switch (family_of(typid))
	{
		case FAMILY_INT:
			return "bigint";
		case FAMILY_NUMERIC:
			return "decimal(38,0)";
		case FAMILY_FLOAT:
			return "double";
		case FAMILY_TEXT:
			return "varchar";
		case FAMILY_BOOL:
			return "boolean";
		case FAMILY_DATE:
			return "date";
		case FAMILY_TIMESTAMP:
			return "timestamp";
		case FAMILY_TIMESTAMPTZ:
			return "timestamp with time zone";
		case FAMILY_NONE:
			break;
	}
	return NULL;
}

bool
pds_ship_literal(StringInfo buf, Datum value, bool isnull, Oid typid)
{
	if (isnull)
	{
		const char *type = athena_type(typid);

		if (type)
			appendStringInfo(buf, "CAST(NULL AS %s)", type);
		return type != NULL;
	}
	switch (typid)
	{
		case BOOLOID:
			appendStringInfoString(buf, DatumGetBool(value) ? "true" : "false");
			return true;
		case INT2OID:
			ship_int(buf, DatumGetInt16(value));
			return true;
		case INT4OID:
			ship_int(buf, DatumGetInt32(value));
			return true;
		case INT8OID:
			ship_int(buf, DatumGetInt64(value));
			return true;
		case NUMERICOID:
			return ship_numeric(buf, value);
		case FLOAT4OID:
			return ship_float(buf, DatumGetFloat4(value), true);
		case FLOAT8OID:
			return ship_float(buf, DatumGetFloat8(value), false);
		case TEXTOID:
		case VARCHAROID:
			return ship_text(buf, TextDatumGetCString(value));
		case DATEOID:
			return ship_date(buf, DatumGetDateADT(value));
		case TIMESTAMPOID:
			return ship_timestamp(buf, DatumGetTimestamp(value), "");
		case TIMESTAMPTZOID:
			return ship_timestamp(buf, DatumGetTimestampTz(value), " UTC");
		default:
			return false;
	}
}

bool
pds_ship_param_value(StringInfo buf, Datum value, bool isnull, Oid typid)
{
	int			start = buf->len;
	const char *point;
	const char *digits;

	if (!pds_ship_literal(buf, value, isnull, typid))
		return false;
	if (isnull || typid != NUMERICOID)
		return true;
	/* DECIMAL '-12.50' */
	digits = strchr(buf->data + start, '\'') + 1;
	if (*digits == '-')
		digits++;
	point = strchr(digits, '.');
	return (point ? point - digits : (long) strlen(digits) - 1) <= PDS_PARAM_DIGITS &&
		(point == NULL || (long) strlen(point + 1) - 1 <= PDS_PARAM_DIGITS);
}

/* ---- operands ---- */

/* without relabelling between text and varchar */
static Expr *
strip(Expr *e)
{
	while (e && IsA(e, RelabelType))
	{
		RelabelType *r = (RelabelType *) e;
		Oid			inner = exprType((Node *) r->arg);

		if (family_of(r->resulttype) != FAMILY_TEXT || family_of(inner) != FAMILY_TEXT)
			break;
		e = r->arg;
	}
	return e;
}

const PdsColumn *
pds_ship_find_column(const PdsShipContext *cxt, const Var *v)
{
	const PdsRelInfo *info;
	const PdsColumn *c;

	if (v->varlevelsup != 0 || v->varattno <= 0 || !bms_is_member(v->varno, cxt->relids))
		return NULL;
	info = cxt->root->simple_rel_array[v->varno]->fdw_private;
	if (v->varattno > info->table->natts)
		return NULL;
	c = &info->table->columns[v->varattno - 1];
	return c->name && c->hive_known ? c : NULL;
}

void
pds_ship_column_name(PdsShipContext *cxt, const Var *v, const PdsColumn *c)
{
	if (cxt->qualify)
		appendStringInfo(cxt->buf, "r%u.", v->varno);
	pds_quote_athena_name(cxt->buf, c->name);
}

/* does a value of a column mean there what it means here? */
static const PdsColumn *
shippable_column(PdsShipContext *cxt, Var *v)
{
	const PdsColumn *c = pds_ship_find_column(cxt, v);

	if (c == NULL || family_of(c->typid) == FAMILY_NONE || c->hive.kind == PDS_HIVE_OTHER ||
		c->hive.kind == PDS_HIVE_UNION ||
		(c->typid == TIMESTAMPTZOID && c->field != PDS_FIELD_FILE_MODIFIED))
		return NULL;
	return c;
}

/* An initplan's value does not change during the query; an outer row's does. */
static bool
is_initplan_param(PlannerInfo *root, const Param *p)
{
	for (; root; root = root->parent_root)
	{
		ListCell   *lc;

		foreach(lc, root->init_plans)
			if (list_member_int(((SubPlan *) lfirst(lc))->setParam, p->paramid))
				return true;
	}
	return false;
}

/* types each of whose values has a literal: a condition with it need not be checked again here */
static bool
always_sent(Oid typid)
{
	return family_of(typid) == FAMILY_INT || family_of(typid) == FAMILY_BOOL;
}

static bool
ship_param(PdsShipContext *cxt, Param *p)
{
	int			number = 0;
	ListCell   *lc;

	if (family_of(p->paramtype) == FAMILY_NONE ||
		(p->paramkind != PARAM_EXTERN &&
		 !(p->paramkind == PARAM_EXEC && is_initplan_param(cxt->root, p))))
		return false;
	if (!always_sent(p->paramtype))
		cxt->has_param = true;
	if (cxt->params)
	{
		foreach(lc, *cxt->params)
		{
			if (equal(lfirst(lc), p))
				break;
			number++;
		}
		if (lc == NULL)
			*cxt->params = lappend(*cxt->params, copyObject(p));
	}
	appendStringInfo(cxt->buf, "%c%d%c", PDS_PARAM_BEGIN, number, PDS_PARAM_END);
	return true;
}

/* a cast that widens an integer or makes a numeric of it: Trino coerces alike */
static Expr *
widened_int(Expr *e)
{
	FuncExpr   *f = (FuncExpr *) e;

	if (!IsA(e, FuncExpr) || list_length(f->args) != 1)
		return NULL;
	switch (f->funcid)
	{
		case PDS_F_INT2_TO_INT4:
		case PDS_F_INT2_TO_INT8:
		case PDS_F_INT4_TO_INT8:
		case PDS_F_INT2_TO_NUMERIC:
		case PDS_F_INT4_TO_NUMERIC:
		case PDS_F_INT8_TO_NUMERIC:
			return linitial(f->args);
		default:
			return NULL;
	}
}

/* a column, constant or parameter; *column is set for a column */
static bool
ship_operand(PdsShipContext *cxt, Expr *e, const PdsColumn **column)
{
	Expr	   *inner;

	*column = NULL;
	e = strip(e);
	if (IsA(e, Var))
	{
		*column = shippable_column(cxt, (Var *) e);
		if (*column)
			pds_ship_column_name(cxt, (Var *) e, *column);
		return *column != NULL;
	}
	if (IsA(e, Const))
		return pds_ship_literal(cxt->buf, ((Const *) e)->constvalue, ((Const *) e)->constisnull,
								((Const *) e)->consttype);
	if (IsA(e, Param))
		return ship_param(cxt, (Param *) e);
	inner = widened_int(e);
	if (inner)
		return ship_operand(cxt, inner, column);
	return false;
}

/* ---- comparisons ---- */

/* name of a built-in comparison; NULL: another operator */
static const char *
comparison_name(Oid opno)
{
	static const char *const names[] = {"=", "<>", "<", "<=", ">", ">="};
	char	   *name;
	int			i;

	if (opno >= FirstGenbkiObjectId)
		return NULL;
	name = get_opname(opno);
	for (i = 0; name && i < lengthof(names); i++)
		if (strcmp(name, names[i]) == 0)
			return names[i];
	return NULL;
}

static const char *
commuted(const char *op)
{
	switch (op[0])
	{
		case '<':
			return op[1] == '=' ? ">=" : op[1] == '>' ? "<>" : ">";
		case '>':
			return op[1] == '=' ? "<=" : "<";
		default:
			return op;
	}
}

static bool
is_order(const char *op)
{
	return op[0] == '>' || (op[0] == '<' && op[1] != '>');
}

/* bytewise equality, and for order also bytewise order */
static bool
text_collation_ok(Oid collation, bool order)
{
	if (!OidIsValid(collation))
		return !order;
	/* Athena orders the bytes of UTF-8 */
	return order ? pds_collation_is_c(collation) && GetDatabaseEncoding() == PG_UTF8
		: get_collation_isdeterministic(collation);
}

/* digits before and after the point that a numeric operand may have */
static void
decimal_digits(Expr *e, const PdsColumn *c, int *whole, int *scale)
{
	e = strip(e);
	*whole = PDS_PARAM_DIGITS;
	*scale = 0;
	if (c && c->hive.kind == PDS_HIVE_DECIMAL)
	{
		*whole = c->hive.precision - c->hive.scale;
		*scale = c->hive.scale;
	}
	else if (IsA(e, Param) && ((Param *) e)->paramtype == NUMERICOID)
		*scale = PDS_PARAM_DIGITS;	/* pds_ship_param_value sees to it */
	else if (IsA(e, Const) && ((Const *) e)->consttype == NUMERICOID &&
			 !((Const *) e)->constisnull)
	{
		char	   *s = DatumGetCString(DirectFunctionCall1(numeric_out,
															((Const *) e)->constvalue));
		char	   *point = strchr(s, '.');

		*whole = (int) (point ? point - s : (long) strlen(s));
		*scale = point ? (int) strlen(point + 1) : 0;
	}
}

/*
 * Both sides in one family, with the values' meaning the same.  Trino brings
 * two decimals to a common type, of 38 digits at most.
 */
static bool
numeric_ok(Expr *left, const PdsColumn *lc, Expr *right, const PdsColumn *rc)
{
	int			w1,
				s1,
				w2,
				s2;

	decimal_digits(left, lc, &w1, &s1);
	decimal_digits(right, rc, &w2, &s2);
	return Max(w1, w2) + Max(s1, s2) <= 38;
}

/* NaN is above all and equal to itself here; there no comparison with it holds */
static bool
ship_float_comparison(PdsShipContext *cxt, const char *op, Expr *left, Expr *right)
{
	const PdsColumn *column;
	const PdsColumn *none;
	int			start;
	char	   *name;

	if (!IsA(strip(left), Var))
	{
		Expr	   *swap = left;

		left = right;
		right = swap;
		op = commuted(op);
	}
	/* a column against a value */
	if (!IsA(strip(left), Var) || IsA(strip(right), Var))
		return false;
	start = cxt->buf->len;
	if (!ship_operand(cxt, left, &column))
		return false;
	name = pstrdup(cxt->buf->data + start);
	if (column->typid == FLOAT4OID && exprType((Node *) right) != FLOAT4OID)
	{
		cxt->buf->len = start;
		appendStringInfo(cxt->buf, "CAST(%s AS double)", name);
	}
	appendStringInfo(cxt->buf, " %s ", op);
	if (!ship_operand(cxt, right, &none) || none != NULL)
		return false;
	if (op[0] == '>' && !(IsA(strip(right), Const) && ((Const *) strip(right))->constisnull))
	{
		char	   *comparison = pstrdup(cxt->buf->data + start);

		cxt->buf->len = start;
		appendStringInfo(cxt->buf, "(%s OR is_nan(%s)", comparison, name);
		/* NULL compares as NULL, with NaN too */
		if (!IsA(strip(right), Const))
		{
			appendStringInfoString(cxt->buf, " AND ");
			if (!ship_operand(cxt, right, &none))
				return false;
			appendStringInfoString(cxt->buf, " IS NOT NULL");
		}
		appendStringInfoChar(cxt->buf, ')');
	}
	return true;
}

static bool
ship_comparison(PdsShipContext *cxt, const char *op, Expr *left, Expr *right, Oid collation)
{
	Family		lf = family_of(exprType((Node *) left));
	Family		rf = family_of(exprType((Node *) right));
	const PdsColumn *lc;
	const PdsColumn *rc;

	if (lf == FAMILY_NONE || lf != rf)
		return false;
	if (lf == FAMILY_FLOAT)
		return ship_float_comparison(cxt, op, left, right);
	if (lf == FAMILY_TEXT && !text_collation_ok(collation, is_order(op)))
		return false;
	if (!ship_operand(cxt, left, &lc))
		return false;
	appendStringInfo(cxt->buf, " %s ", op);
	if (!ship_operand(cxt, right, &rc))
		return false;
	return lf != FAMILY_NUMERIC || numeric_ok(left, lc, right, rc);
}

/* ---- LIKE ---- */

/*
 * The pattern in a form both understand alike: Trino has no default escape,
 * and refuses one before an ordinary character.  False: a lone escape at the
 * end.
 */
static bool
canonical_pattern(const char *p, StringInfo out, bool *escaped)
{
	*escaped = false;
	for (; *p; p++)
	{
		if (*p != '\\')
		{
			appendStringInfoChar(out, *p);
			continue;
		}
		if (*++p == '\0')
			return false;
		if (*p == '%' || *p == '_' || *p == '\\')
		{
			appendStringInfoChar(out, '\\');
			*escaped = true;
		}
		appendStringInfoChar(out, *p);
	}
	return true;
}

static bool
ship_like(PdsShipContext *cxt, OpExpr *op, bool negated)
{
	Expr	   *pattern = strip(lsecond(op->args));
	const PdsColumn *column;
	StringInfoData canonical;
	bool		escaped;

	if (!IsA(pattern, Const) || ((Const *) pattern)->constisnull ||
		!text_collation_ok(op->inputcollid, false) ||
		!ship_operand(cxt, linitial(op->args), &column) || column == NULL)
		return false;
	initStringInfo(&canonical);
	if (!canonical_pattern(text_to_cstring(DatumGetTextPP(((Const *) pattern)->constvalue)),
						   &canonical, &escaped))
		return false;
	appendStringInfoString(cxt->buf, negated ? " NOT LIKE " : " LIKE ");
	if (!ship_text(cxt->buf, canonical.data))
		return false;
	if (escaped)
		appendStringInfoString(cxt->buf, " ESCAPE '\\'");
	return true;
}

static bool
ship_op(PdsShipContext *cxt, OpExpr *op)
{
	const char *name = comparison_name(op->opno);

	if (list_length(op->args) != 2)
		return false;
	if (op->opno == OID_TEXT_LIKE_OP)
		return ship_like(cxt, op, false);
	if (get_opcode(op->opno) == F_TEXTNLIKE)
		return ship_like(cxt, op, true);
	if (name == NULL)
		return false;
	return ship_comparison(cxt, name, linitial(op->args), lsecond(op->args), op->inputcollid);
}

/* x op ANY / ALL (constant array) */
static bool
ship_array_op(PdsShipContext *cxt, ScalarArrayOpExpr *op)
{
	const char *name = comparison_name(op->opno);
	Expr	   *array = lsecond(op->args);
	ArrayType  *arr;
	Oid			elemtype;
	int16		len;
	bool		byval;
	char		align;
	Datum	   *values;
	bool	   *nulls;
	int			n;
	int			i;

	if (name == NULL || !IsA(array, Const) || ((Const *) array)->constisnull)
		return false;
	arr = DatumGetArrayTypeP(((Const *) array)->constvalue);
	elemtype = ARR_ELEMTYPE(arr);
	get_typlenbyvalalign(elemtype, &len, &byval, &align);
	deconstruct_array(arr, elemtype, len, byval, align, &values, &nulls, &n);
	if (n == 0)
	{
		appendStringInfoString(cxt->buf, op->useOr ? "false" : "true");
		return true;
	}
	appendStringInfoChar(cxt->buf, '(');
	for (i = 0; i < n; i++)
	{
		Const	   *c = makeConst(elemtype, -1, op->inputcollid, len, values[i], nulls[i], byval);

		if (i > 0)
			appendStringInfoString(cxt->buf, op->useOr ? " OR " : " AND ");
		if (!ship_comparison(cxt, name, linitial(op->args), (Expr *) c, op->inputcollid))
			return false;
	}
	appendStringInfoChar(cxt->buf, ')');
	return true;
}

/* = ANY and <> ALL of anything but floats, in the usual form */
static bool
ship_in(PdsShipContext *cxt, ScalarArrayOpExpr *op, bool *done)
{
	const char *name = comparison_name(op->opno);
	Expr	   *left = linitial(op->args);
	Expr	   *array = lsecond(op->args);
	const PdsColumn *column;
	Family		family = family_of(exprType((Node *) left));
	ArrayType  *arr;
	int16		len;
	bool		byval;
	char		align;
	Datum	   *values;
	bool	   *nulls;
	int			n;
	int			i;

	*done = false;
	if (name == NULL || !IsA(array, Const) || ((Const *) array)->constisnull ||
		family == FAMILY_FLOAT || family == FAMILY_NONE ||
		!((op->useOr && strcmp(name, "=") == 0) || (!op->useOr && strcmp(name, "<>") == 0)))
		return false;
	arr = DatumGetArrayTypeP(((Const *) array)->constvalue);
	if (family_of(ARR_ELEMTYPE(arr)) != family || family == FAMILY_NUMERIC)
		return false;
	get_typlenbyvalalign(ARR_ELEMTYPE(arr), &len, &byval, &align);
	deconstruct_array(arr, ARR_ELEMTYPE(arr), len, byval, align, &values, &nulls, &n);
	if (n == 0)
		return false;
	*done = true;
	if (family == FAMILY_TEXT && !text_collation_ok(op->inputcollid, false))
		return false;
	if (!ship_operand(cxt, left, &column))
		return false;
	appendStringInfoString(cxt->buf, op->useOr ? " IN (" : " NOT IN (");
	for (i = 0; i < n; i++)
	{
		if (i > 0)
			appendStringInfoString(cxt->buf, ", ");
		if (!pds_ship_literal(cxt->buf, values[i], nulls[i], ARR_ELEMTYPE(arr)))
			return false;
	}
	appendStringInfoChar(cxt->buf, ')');
	return true;
}

/* ---- the walk ---- */

static bool
ship_bool(PdsShipContext *cxt, BoolExpr *b)
{
	ListCell   *lc;

	if (b->boolop == NOT_EXPR)
	{
		appendStringInfoString(cxt->buf, "(NOT ");
		if (!ship(cxt, linitial(b->args)))
			return false;
		appendStringInfoChar(cxt->buf, ')');
		return true;
	}
	appendStringInfoChar(cxt->buf, '(');
	foreach(lc, b->args)
	{
		if (lc != list_head(b->args))
			appendStringInfoString(cxt->buf, b->boolop == AND_EXPR ? " AND " : " OR ");
		if (!ship(cxt, lfirst(lc)))
			return false;
	}
	appendStringInfoChar(cxt->buf, ')');
	return true;
}

static bool
ship_null_test(PdsShipContext *cxt, NullTest *t)
{
	const PdsColumn *column;
	Expr	   *arg = strip(t->arg);

	if (t->argisrow || !IsA(arg, Var))
		return false;
	/* NULL or not is the same for columns of any type that are read alike */
	column = pds_ship_find_column(cxt, (Var *) arg);
	if (column == NULL)
		return false;
	pds_ship_column_name(cxt, (Var *) arg, column);
	appendStringInfoString(cxt->buf, t->nulltesttype == IS_NULL ? " IS NULL" : " IS NOT NULL");
	return true;
}

static bool
ship_boolean_test(PdsShipContext *cxt, BooleanTest *t)
{
	static const char *const forms[][2] = {
		[IS_TRUE] = {"coalesce(", ", false)"},
		[IS_NOT_TRUE] = {"NOT coalesce(", ", false)"},
		[IS_FALSE] = {"NOT coalesce(", ", true)"},
		[IS_NOT_FALSE] = {"coalesce(", ", true)"},
		[IS_UNKNOWN] = {"(", ") IS NULL"},
		[IS_NOT_UNKNOWN] = {"(", ") IS NOT NULL"}
	};

	appendStringInfo(cxt->buf, "(%s", forms[t->booltesttype][0]);
	if (!ship(cxt, t->arg))
		return false;
	appendStringInfo(cxt->buf, "%s)", forms[t->booltesttype][1]);
	return true;
}

static bool
ship_distinct(PdsShipContext *cxt, DistinctExpr *d)
{
	if (family_of(exprType(linitial(d->args))) == FAMILY_FLOAT ||
		comparison_name(d->opno) == NULL)
		return false;
	appendStringInfoChar(cxt->buf, '(');
	if (!ship_comparison(cxt, "IS DISTINCT FROM", linitial(d->args), lsecond(d->args),
						 d->inputcollid))
		return false;
	appendStringInfoChar(cxt->buf, ')');
	return true;
}

static bool
ship(PdsShipContext *cxt, Expr *e)
{
	const PdsColumn *column;
	bool		done;
	int			start = cxt->buf->len;

	if (e == NULL)
		return false;
	switch (nodeTag(e))
	{
		case T_Var:
		case T_Const:
		case T_Param:
			return exprType((Node *) e) == BOOLOID && ship_operand(cxt, e, &column);
		case T_OpExpr:
			appendStringInfoChar(cxt->buf, '(');
			if (!ship_op(cxt, (OpExpr *) e))
				return false;
			appendStringInfoChar(cxt->buf, ')');
			return true;
		case T_DistinctExpr:
			return ship_distinct(cxt, (DistinctExpr *) e);
		case T_ScalarArrayOpExpr:
			appendStringInfoChar(cxt->buf, '(');
			if (!ship_in(cxt, (ScalarArrayOpExpr *) e, &done))
			{
				cxt->buf->len = start;
				cxt->buf->data[start] = '\0';
				return !done && ship_array_op(cxt, (ScalarArrayOpExpr *) e);
			}
			appendStringInfoChar(cxt->buf, ')');
			return true;
		case T_BoolExpr:
			return ship_bool(cxt, (BoolExpr *) e);
		case T_NullTest:
			appendStringInfoChar(cxt->buf, '(');
			if (!ship_null_test(cxt, (NullTest *) e))
				return false;
			appendStringInfoChar(cxt->buf, ')');
			return true;
		case T_BooleanTest:
			return ship_boolean_test(cxt, (BooleanTest *) e);
		default:
			return false;
	}
}

bool
pds_ship_condition(PdsShipContext *cxt, Expr *expr)
{
	cxt->has_param = false;
	return ship(cxt, expr);
}

bool
pds_is_shippable(PlannerInfo *root, Relids relids, Expr *expr, bool *has_param)
{
	StringInfoData buf;
	PdsShipContext cxt = {.root = root,.relids = relids,.buf = &buf};
	bool		ok;

	initStringInfo(&buf);
	ok = pds_ship_condition(&cxt, expr);
	*has_param = cxt.has_param;
	pfree(buf.data);
	return ok;
}

void
pds_classify_conditions(PlannerInfo *root, RelOptInfo *baserel)
{
	PdsRelInfo *info = baserel->fdw_private;
	ListCell   *lc;

	foreach(lc, baserel->baserestrictinfo)
	{
		RestrictInfo *ri = lfirst_node(RestrictInfo, lc);
		bool		has_param;

		if (!ri->pseudoconstant && restriction_is_securely_promotable(ri, baserel) &&
			pds_is_shippable(root, baserel->relids, ri->clause, &has_param))
		{
			info->remote_conds = lappend(info->remote_conds, ri);
			/* the value is not known yet: checked here, too */
			if (has_param)
				info->local_conds = lappend(info->local_conds, ri);
		}
		else
			info->local_conds = lappend(info->local_conds, ri);
	}
}

/* ---- aggregates ---- */

/* an argument that is a column, in parentheses or not */
static const PdsColumn *
aggregate_column(PdsShipContext *cxt, Aggref *a, Expr **arg)
{
	TargetEntry *tle = linitial(a->args);

	*arg = strip(tle->expr);
	return IsA(*arg, Var) ? shippable_column(cxt, (Var *) *arg) : NULL;
}

static bool
ship_count(PdsShipContext *cxt, Aggref *a)
{
	const PdsColumn *c;
	Expr	   *arg;

	if (a->args == NIL)
	{
		appendStringInfoString(cxt->buf, "count(*)");
		return true;
	}
	arg = strip(((TargetEntry *) linitial(a->args))->expr);
	if (!IsA(arg, Var))
		return false;
	/* NULL or not is the same for columns of any type that are read alike */
	c = a->aggdistinct ? shippable_column(cxt, (Var *) arg)
		: pds_ship_find_column(cxt, (Var *) arg);
	if (c == NULL)
		return false;
	if (a->aggdistinct)
	{
		SortGroupClause *d = linitial(a->aggdistinct);

		/* NaN and -0; bytes */
		if (family_of(c->typid) == FAMILY_FLOAT ||
			(family_of(c->typid) == FAMILY_TEXT && !text_collation_ok(a->inputcollid, false)) ||
			comparison_name(d->eqop) == NULL)
			return false;
	}
	appendStringInfo(cxt->buf, "count(%s", a->aggdistinct ? "DISTINCT " : "");
	pds_ship_column_name(cxt, (Var *) arg, c);
	appendStringInfoChar(cxt->buf, ')');
	return true;
}

/* sum as an exact number: bigint would overflow there, where numeric goes on here */
static bool
ship_sum(PdsShipContext *cxt, const PdsColumn *c, Expr *arg)
{
	switch (c->typid)
	{
		case INT2OID:
		case INT4OID:
			appendStringInfoString(cxt->buf, "sum(");
			pds_ship_column_name(cxt, (Var *) arg, c);
			appendStringInfoChar(cxt->buf, ')');
			return true;
		case INT8OID:
			appendStringInfoString(cxt->buf, "sum(CAST(");
			pds_ship_column_name(cxt, (Var *) arg, c);
			appendStringInfoString(cxt->buf, " AS decimal(38,0)))");
			return true;
		case NUMERICOID:
			/* Athena's sums end at 38 digits: room for 10^10 rows */
			if (c->hive.kind != PDS_HIVE_DECIMAL || c->hive.precision > 28)
				return false;
			appendStringInfoString(cxt->buf, "sum(");
			pds_ship_column_name(cxt, (Var *) arg, c);
			appendStringInfoChar(cxt->buf, ')');
			return true;
		default:
			return false;
	}
}

static bool
ship_extreme(PdsShipContext *cxt, const char *name, const PdsColumn *c, Expr *arg, Oid collation)
{
	switch (family_of(c->typid))
	{
		case FAMILY_TEXT:
			if (!text_collation_ok(collation, true))
				return false;
			break;
		case FAMILY_INT:
		case FAMILY_NUMERIC:
		case FAMILY_DATE:
		case FAMILY_TIMESTAMP:
			break;
		default:
			return false;
	}
	appendStringInfo(cxt->buf, "%s(", name);
	pds_ship_column_name(cxt, (Var *) arg, c);
	appendStringInfoChar(cxt->buf, ')');
	return true;
}

static bool
ship_avg(PdsShipContext *cxt, const PdsColumn *c, Expr *arg, const char *filter)
{
	appendStringInfoString(cxt->buf, "CAST(");
	if (!ship_sum(cxt, c, arg))
		return false;
	appendStringInfo(cxt->buf, "%s AS varchar) || '/' || CAST(count(", filter);
	pds_ship_column_name(cxt, (Var *) arg, c);
	appendStringInfo(cxt->buf, ")%s AS varchar)", filter);
	return true;
}

/* FILTER (WHERE ...), or "" */
static char *
ship_filter(PdsShipContext *cxt, Expr *filter)
{
	StringInfo	outer = cxt->buf;
	StringInfoData buf;
	bool		ok;

	if (filter == NULL)
		return "";
	initStringInfo(&buf);
	appendStringInfoString(&buf, " FILTER (WHERE ");
	cxt->buf = &buf;
	ok = ship(cxt, filter) && !cxt->has_param;
	cxt->buf = outer;
	appendStringInfoChar(&buf, ')');
	return ok ? buf.data : NULL;
}

bool
pds_ship_aggregate(PdsShipContext *cxt, Aggref *a, bool *avg)
{
	char	   *name = get_func_name(a->aggfnoid);
	const PdsColumn *c = NULL;
	Expr	   *arg = NULL;
	char	   *filter;
	bool		ok;

	*avg = false;
	if (a->aggfnoid >= FirstGenbkiObjectId || name == NULL || a->agglevelsup != 0 ||
		a->aggsplit != AGGSPLIT_SIMPLE || a->aggorder != NIL || a->aggdirectargs != NIL ||
		a->aggvariadic || list_length(a->args) > 1)
		return false;
	filter = ship_filter(cxt, a->aggfilter);
	if (filter == NULL)
		return false;
	if (strcmp(name, "count") == 0)
		ok = ship_count(cxt, a);
	else
	{
		if (a->args == NIL || (c = aggregate_column(cxt, a, &arg)) == NULL)
			return false;
		/* DISTINCT changes nothing of these, and is refused for the others */
		if (strcmp(name, "min") == 0 || strcmp(name, "max") == 0)
			ok = ship_extreme(cxt, name, c, arg, a->inputcollid);
		else if ((strcmp(name, "bool_and") == 0 || strcmp(name, "bool_or") == 0 ||
				  strcmp(name, "every") == 0) && c->typid == BOOLOID)
		{
			appendStringInfo(cxt->buf, "%s(", name);
			pds_ship_column_name(cxt, (Var *) arg, c);
			appendStringInfoChar(cxt->buf, ')');
			ok = true;
		}
		else if (a->aggdistinct)
			return false;
		else if (strcmp(name, "sum") == 0)
			ok = ship_sum(cxt, c, arg);
		else if (strcmp(name, "avg") == 0)
		{
			*avg = true;
			return ship_avg(cxt, c, arg, filter);
		}
		else
			return false;
	}
	if (ok)
		appendStringInfoString(cxt->buf, filter);
	return ok;
}

/* plain column whose values Athena tells apart as PostgreSQL does; NULL: not one */
static const PdsColumn *
key_column(PdsShipContext *cxt, Expr *e, Oid collation, bool order)
{
	const PdsColumn *c;

	if (!IsA(e, Var) || (c = shippable_column(cxt, (Var *) e)) == NULL ||
		family_of(c->typid) == FAMILY_FLOAT ||
		(family_of(c->typid) == FAMILY_TEXT && !text_collation_ok(collation, order)))
		return NULL;
	return c;
}

bool
pds_ship_group_key(PdsShipContext *cxt, Expr *e)
{
	const PdsColumn *c = key_column(cxt, strip(e), exprCollation((Node *) e), false);

	if (c)
	{
		pds_ship_column_name(cxt, (Var *) strip(e), c);
		return true;
	}
	/* whether a condition holds */
	return exprType((Node *) e) == BOOLOID && !IsA(e, Const) && !IsA(e, Var) &&
		pds_ship_condition(cxt, e) && !cxt->has_param;
}

bool
pds_ship_sort_key(PdsShipContext *cxt, Expr *e)
{
	Oid			collation = exprCollation((Node *) e);
	bool		avg;

	e = strip(e);
	if (IsA(e, Aggref))
		return family_of(exprType((Node *) e)) != FAMILY_FLOAT &&
			(family_of(exprType((Node *) e)) != FAMILY_TEXT || text_collation_ok(collation, true)) &&
			pds_ship_aggregate(cxt, (Aggref *) e, &avg) && !avg;
	if (key_column(cxt, e, collation, true) == NULL)
		return false;
	pds_ship_column_name(cxt, (Var *) e, pds_ship_find_column(cxt, (Var *) e));
	return true;
}
