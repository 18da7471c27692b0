/*
 * ship_operators.c
 *	  The table of what is sent: operators.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "catalog/pg_type.h"
#include "common/int.h"
#include "nodes/nodeFuncs.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "fdw/ship/ship_table.h"

/* ---- comparisons ---- */

/* Trino brings two decimals to a common type, of 38 digits at most. */
static bool
check_digits(PdsShipCall *call)
{
	const PdsShipValue *v = call->values;

	return Max(v[0].whole, v[1].whole) + Max(v[0].scale, v[1].scale) <= 38;
}

static bool
check_text_order(PdsShipCall *call)
{
	return pds_text_collation_ok(call->collation, true);
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

/* Is it a constant that is NULL, or not zero as real either? */
static bool
is_never_zero(const Expr *e)
{
	const Const *c = (const Const *) e;

	if (!IsA(c, Const))
		return false;
	if (c->constisnull)
		return true;
	return c->consttype == FLOAT4OID ? DatumGetFloat4(c->constvalue) != 0
		: c->consttype == FLOAT8OID && (float) DatumGetFloat8(c->constvalue) != 0;
}

/* Both may be zero, so that reals are compared as double. */
static bool
may_be_zero(const PdsShipCall *call)
{
	return !is_never_zero(pds_ship_strip(call->args[0])) &&
		!is_never_zero(pds_ship_strip(call->args[1]));
}

/* Is it a real, or computed of one? */
static bool
has_real(Node *node, void *cxt)
{
	if (node == NULL)
		return false;
	switch (nodeTag(node))
	{
		case T_Var:
			/* the column of a subquery is an expression there */
			if (((Var *) node)->vartype == FLOAT4OID || ((PdsShipContext *) cxt)->subquery != NIL)
				return true;
			break;
		case T_FuncExpr:
			if (((FuncExpr *) node)->funcresulttype == FLOAT4OID)
				return true;
			break;
		case T_CaseTestExpr:
			return true;
		default:
			break;
	}
	return expression_tree_walker(node, has_real, cxt);
}

/*
 * One side of a comparison of real or double.  Trino makes IN of what is compared with several
 * values, and there it looks for a real by its bits, in which 0 and -0 differ; for a double it does
 * not.  So a real that may be zero is compared as double, and 0 is added lest Trino take the cast
 * away again, which it also does with a cast that was ours.
 */
static const char *
float_side(const PdsShipCall *call, int i)
{
	bool		real = call->values[i].type == ATHENA_REAL;
	const Expr *e = pds_ship_strip(call->args[i]);

	if (!may_be_zero(call) && call->values[1 - i].type == call->values[i].type)
		return psprintf("$%d", i + 1);
	if (may_be_zero(call) && !IsA(e, Const) && !IsA(e, Param) && has_real((Node *) e, call->cxt))
		return psprintf(real ? "(CAST($%d AS double) + DOUBLE '0')" : "($%d + DOUBLE '0')", i + 1);
	return psprintf(real ? "CAST($%d AS double)" : "$%d", i + 1);
}

/* NaN is above all and equal to itself here; there no comparison with it holds */
static bool
check_float_comparison(PdsShipCall *call)
{
	int			x = call->values[1].nan ? 1 : 0;
	const char *op = x == 0 ? call->name : commuted(call->name);
	const Expr *other = pds_ship_strip(call->args[1 - x]);
	const char *left = float_side(call, x);
	const char *right = float_side(call, 1 - x);
	StringInfoData form;

	if (call->values[1 - x].nan)
		return false;
	initStringInfo(&form);
	if (op[0] != '>' || !call->values[x].nan ||
		(IsA(other, Const) && ((const Const *) other)->constisnull))
		appendStringInfo(&form, "(%s %s %s)", left, op, right);
	else
	{
		appendStringInfo(&form, "((%s %s %s) OR (is_nan($%d)", left, op, right, x + 1);
		/* NULL compares as NULL, with NaN too */
		if (!IsA(other, Const))
			appendStringInfo(&form, " AND $%d IS NOT NULL", 2 - x);
		appendStringInfoString(&form, "))");
	}
	call->form = form.data;
	return true;
}

/* ---- LIKE ---- */

/*
 * The pattern in a form both understand alike: Trino has no default escape,
 * and refuses one before an ordinary character.  False: a lone escape at the
 * end.  *any_one: it has a _ for any character.
 */
static bool
canonical_pattern(const char *p, StringInfo out, bool *escaped, bool *any_one)
{
	*escaped = *any_one = false;
	for (; *p; p++)
	{
		if (*p != '\\')
		{
			*any_one = *any_one || *p == '_';
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

/* Is a character of the database one of Unicode's? */
static bool
characters_are_unicode(void)
{
	return GetDatabaseEncoding() == PG_UTF8 ||
		(GetDatabaseEncoding() != PG_SQL_ASCII && pg_database_encoding_max_length() == 1);
}

static bool
ship_pattern(StringInfo buf, const char *pattern)
{
	StringInfoData canonical;
	bool		escaped;
	bool		any_one;

	initStringInfo(&canonical);
	if (!canonical_pattern(pattern, &canonical, &escaped, &any_one) ||
		(any_one && !characters_are_unicode()) || !pds_ship_text(buf, canonical.data))
		return false;
	if (escaped)
		appendStringInfoString(buf, " ESCAPE '\\'");
	return true;
}

bool
pds_ship_param_pattern(StringInfo buf, Datum value, bool isnull, Oid typid)
{
	return isnull ? pds_ship_literal(buf, value, true, typid)
		: ship_pattern(buf, pds_text_of(value, typid));
}

static bool
check_like(PdsShipCall *call)
{
	char	   *pattern = pds_const_text(call, 1);
	PdsSql	   *literal = pds_sql_new();

	/* evaluated here, too: a lone escape at its end is an error here */
	if (IsA(pds_ship_strip(call->args[1]), Param))
	{
		call->cxt->has_param = true;
		call->sql[1] = pds_sql_pattern(call->sql[1]);
		return true;
	}
	if (pattern == NULL || !ship_pattern(pds_sql_text(literal), pattern))
		return false;
	call->sql[1] = literal;
	return true;
}

/* ---- integers ---- */

/* Results beyond the type raise here and there. */
static bool
in_range(PdsShipCall *call, bool overflow, int64 lo, int64 hi)
{
	if (overflow || lo < call->result.lo || hi > call->result.hi)
	{
		call->cxt->may_raise = true;
		return true;
	}
	call->result.lo = lo;
	call->result.hi = hi;
	return true;
}

static bool
check_int_add(PdsShipCall *call)
{
	const PdsShipValue *a = &call->values[0];
	const PdsShipValue *b = &call->values[1];
	int64		lo,
				hi;
	bool		overflow;

	if (call->name[0] == '+')
		overflow = pg_add_s64_overflow(a->lo, b->lo, &lo) || pg_add_s64_overflow(a->hi, b->hi, &hi);
	else
		overflow = pg_sub_s64_overflow(a->lo, b->hi, &lo) || pg_sub_s64_overflow(a->hi, b->lo, &hi);
	return in_range(call, overflow, overflow ? 0 : lo, overflow ? 0 : hi);
}

static bool
check_int_mul(PdsShipCall *call)
{
	const PdsShipValue *a = &call->values[0];
	const PdsShipValue *b = &call->values[1];
	int64		p[4];
	int64		lo,
				hi;
	int			i;

	if (pg_mul_s64_overflow(a->lo, b->lo, &p[0]) || pg_mul_s64_overflow(a->lo, b->hi, &p[1]) ||
		pg_mul_s64_overflow(a->hi, b->lo, &p[2]) || pg_mul_s64_overflow(a->hi, b->hi, &p[3]))
		return in_range(call, true, 0, 0);
	lo = hi = p[0];
	for (i = 1; i < 4; i++)
	{
		lo = Min(lo, p[i]);
		hi = Max(hi, p[i]);
	}
	return in_range(call, false, lo, hi);
}

static bool
check_divisor(PdsShipCall *call)
{
	const PdsShipValue *b = &call->values[1];

	if (b->lo <= 0 && b->hi >= 0)
		call->cxt->may_raise = true;
	return true;
}

bool
pds_check_int_mod(PdsShipCall *call)
{
	const PdsShipValue *b = &call->values[1];

	/* the result is nearer to zero than the divisor */
	if (b->lo > call->result.lo)
	{
		call->result.hi = Max(Max(b->hi, -b->lo) - 1, 0);
		call->result.lo = -call->result.hi;
	}
	return check_divisor(call);
}

static bool
check_int_div(PdsShipCall *call)
{
	const PdsShipValue *a = &call->values[0];
	const PdsShipValue *b = &call->values[1];

	/*
	 * the least integer by -1 is out of range here, and no error of that name
	 * there
	 */
	if (a->lo <= call->result.lo && b->lo <= -1 && b->hi >= -1)
	{
		call->cxt->may_raise = true;
		call->form = "CASE WHEN %2 = -1 THEN (- %1) ELSE (%1 / %2) END";
	}
	return check_divisor(call);
}

bool
pds_check_int_abs(PdsShipCall *call)
{
	const PdsShipValue *a = &call->values[0];

	if (a->lo <= call->result.lo)
		call->cxt->may_raise = true;
	call->result.lo = 0;
	return true;
}

static bool
check_int_negate(PdsShipCall *call)
{
	const PdsShipValue *a = &call->values[0];

	if (a->lo <= call->result.lo)
		call->cxt->may_raise = true;
	else
	{
		call->result.lo = -a->hi;
		call->result.hi = -a->lo;
	}
	return true;
}

/* ---- numerics: decimals of 38 digits, in which nothing may be lost ---- */

/* the scale of a result of two arguments; form: of theirs */
static void
set_scale(PdsShipCall *call, int scale, const char *form)
{
	const PdsSql *of[2];
	int			i;

	call->result.scale = scale;
	call->result.same_scale = call->values[0].same_scale && call->values[1].same_scale;
	if (call->result.same_scale)
		return;
	for (i = 0; i < 2; i++)
		of[i] = pds_ship_scale(&call->values[i], call->args[i], call->sql[i]);
	if (of[0] && of[1])
		call->result.scale_sql = pds_sql_form(form, of[0], of[1]);
}

static bool
check_numeric_add(PdsShipCall *call)
{
	const PdsShipValue *v = call->values;

	call->result.whole = Max(v[0].whole, v[1].whole) + 1;
	set_scale(call, Max(v[0].scale, v[1].scale), "greatest($1, $2)");
	return true;
}

static bool
check_numeric_mul(PdsShipCall *call)
{
	const PdsShipValue *v = call->values;

	call->result.whole = v[0].whole + v[1].whole;
	set_scale(call, v[0].scale + v[1].scale, "($1 + $2)");
	return true;
}

bool
pds_check_numeric_mod(PdsShipCall *call)
{
	const PdsShipValue *v = call->values;
	const Const *c = (const Const *) call->args[1];

	/* a constant that is not zero */
	if (!IsA(c, Const) || c->constisnull || !pds_sql_has_any(call->sql[1], "123456789"))
		return false;
	call->result.whole = Max(v[0].whole, v[1].whole);
	set_scale(call, Max(v[0].scale, v[1].scale), "greatest($1, $2)");
	return true;
}

bool
pds_check_same_digits(PdsShipCall *call)
{
	Oid			typid = call->result.typid;

	call->result = call->values[0];
	call->result.typid = typid;
	/* integers are written as decimals: "%1" */
	if (pds_ship_is_integer(call->result.type))
		call->result.type = ATHENA_DECIMAL;
	return true;
}

/* ---- dates ---- */

/* so many days from any date of four digits is a date in both */
#define MAX_DAYS	100000

static bool
check_days(PdsShipCall *call)
{
	int			days = pds_family_of(call->values[0].typid) == FAMILY_INT ? 0 : 1;

	return call->values[days].lo >= -MAX_DAYS && call->values[days].hi <= MAX_DAYS;
}

/* months, days, milliseconds are added one after the other, as here */
static bool
check_interval(PdsShipCall *call)
{
	int			which = exprType((Node *) call->args[1]) == INTERVALOID ? 1 : 0;
	const Const *c = (const Const *) call->args[which];
	const Interval *span;
	int			sign = call->name[0] == '-' ? -1 : 1;
	StringInfoData form;

	if (!IsA(c, Const) || c->constisnull || c->consttype != INTERVALOID)
		return false;
	span = DatumGetIntervalP(c->constvalue);
	if (span->time % 1000 != 0 || span->month < -12 * 1000 || span->month > 12 * 1000 ||
		span->day < -MAX_DAYS || span->day > MAX_DAYS ||
		span->time < -MAX_DAYS * USECS_PER_DAY || span->time > MAX_DAYS * USECS_PER_DAY)
		return false;
	initStringInfo(&form);
	appendStringInfo(&form, pds_family_of(call->values[1 - which].typid) == FAMILY_DATE
					 ? "CAST(%%%d AS timestamp)" : "%%%d", 2 - which);
	if (span->month != 0)
	{
		char	   *inner = pstrdup(form.data);

		resetStringInfo(&form);
		appendStringInfo(&form, "date_add('month', %d, %s)", sign * span->month, inner);
	}
	if (span->day != 0)
	{
		char	   *inner = pstrdup(form.data);

		resetStringInfo(&form);
		appendStringInfo(&form, "date_add('day', %d, %s)", sign * span->day, inner);
	}
	if (span->time != 0)
	{
		char	   *inner = pstrdup(form.data);

		resetStringInfo(&form);
		appendStringInfo(&form, "date_add('millisecond', " INT64_FORMAT ", %s)",
						 sign * (span->time / 1000), inner);
	}
	call->form = form.data;
	return true;
}

/* ---- the rows ---- */

#define OPERATOR(names, args, form, returns, check, when) \
	{PDS_SHIP_OPERATOR, names, args, form, returns, check, when}
#define WHEN_UTC "the TimeZone of the session is UTC, as Athena's"
#define NEVER(names, args, why) OPERATOR(names, args, NULL, ATHENA_SAME, NULL, why)

static const PdsShipRow rows[] = {
	OPERATOR("=,<>,<,<=,>,>=", "ii|bb|DD|TT|ZZ", "($1 %o $2)", ATHENA_SAME, NULL, NULL),
	OPERATOR("=,<>,<,<=,>,>=", "nn", "($1 %o $2)", ATHENA_SAME, check_digits,
			 "both fit together into 38 digits. A negative constant counts one digit more"),
	OPERATOR("=,<>,<,<=,>,>=", "ff|dd|fd|df", "($1 %o $2)", ATHENA_SAME, check_float_comparison,
			 "one side is a constant or parameter. NaN is greater than all here, and compares with "
			 "nothing there: > and >= are ((x > y) OR (is_nan(x))). A real is compared with what may "
			 "be 0 as (CAST(x AS double) + DOUBLE '0'): in a list, 0 and -0 of real differ there"),
	OPERATOR("=,<>", "tt", "($1 %o $2)", ATHENA_SAME, NULL, NULL),
	OPERATOR("<,<=,>,>=", "tt", "($1 %o $2)", ATHENA_SAME, check_text_order,
			 "collation C, POSIX or ucs_basic, in a UTF-8 database: Athena orders by bytes"),
	OPERATOR("=,<>,<,<=,>,>=", "DT", "(CAST($1 AS timestamp) %o $2)", ATHENA_SAME, NULL, NULL),
	OPERATOR("=,<>,<,<=,>,>=", "TD", "($1 %o CAST($2 AS timestamp))", ATHENA_SAME, NULL, NULL),
	OPERATOR("=,<>,<,<=,>,>=", "TZ", "(with_timezone($1, 'UTC') %o $2)", ATHENA_SAME,
			 pds_check_utc, WHEN_UTC),
	OPERATOR("=,<>,<,<=,>,>=", "ZT", "($1 %o with_timezone($2, 'UTC'))", ATHENA_SAME,
			 pds_check_utc, WHEN_UTC),
	OPERATOR("=,<>,<,<=,>,>=", "DZ", "(with_timezone(CAST($1 AS timestamp), 'UTC') %o $2)",
			 ATHENA_SAME, pds_check_utc, WHEN_UTC),
	OPERATOR("=,<>,<,<=,>,>=", "ZD", "($1 %o with_timezone(CAST($2 AS timestamp), 'UTC'))",
			 ATHENA_SAME, pds_check_utc, WHEN_UTC),
	NEVER("=,<>,<,<=,>,>=", "cc",
		  "trailing blanks do not count here; what Athena does is not settled"),
	NEVER("=,<>,<,<=,>,>=", "yy|II|jj", "not of types that are compared there"),
	OPERATOR("~~", "tt", "($1 LIKE $2)", ATHENA_SAME, check_like,
			 "a constant pattern that does not end in a lone \\. With ESCAPE '\\' where it has a "
			 "backslash; \\ before an ordinary character is taken away, Athena refuses it. A parameter "
			 "the same, and evaluated here, too"),
	OPERATOR("!~~", "tt", "($1 NOT LIKE $2)", ATHENA_SAME, check_like, "the same"),
	NEVER("~~*,!~~*", "tt", "letters are folded by the locale here, by Unicode there"),
	NEVER("~,!~,~*,!~*", "tt", "the engines' regular expressions differ"),
	OPERATOR("^@", "tt", "starts_with(%1, %2)", ATHENA_SAME, NULL, NULL),
	OPERATOR("||", "tt", "(%1 || %2)", ATHENA_SAME, NULL, NULL),
	NEVER("||", "yy|jj", "not of types that are written there"),

	OPERATOR("+,-", "ii", "(%1 %o %2)", ATHENA_SAME, check_int_add,
			 "may fail where the result may be out of range"),
	OPERATOR("*", "ii", "(%1 * %2)", ATHENA_SAME, check_int_mul, "the same"),
	OPERATOR("/", "ii", "(%1 / %2)", ATHENA_SAME, check_int_div,
			 "may fail where the divisor may be 0. Where the least of its type may be divided by -1: "
			 "CASE WHEN %2 = -1 THEN (- %1) ELSE (%1 / %2) END"),
	OPERATOR("%", "ii", "(%1 %% %2)", ATHENA_SAME, pds_check_int_mod,
			 "may fail where the divisor may be 0"),
	OPERATOR("-", "i", "(- %1)", ATHENA_SAME, check_int_negate,
			 "may fail where it may be the least of its type"),
	OPERATOR("@", "i", "abs(%1)", ATHENA_SAME, pds_check_int_abs, "the same"),
	OPERATOR("&", "ii", "CAST(bitwise_and(%1, %2) AS %t)", ATHENA_SAME, NULL, NULL),
	OPERATOR("|", "ii", "CAST(bitwise_or(%1, %2) AS %t)", ATHENA_SAME, NULL, NULL),
	OPERATOR("#", "ii", "CAST(bitwise_xor(%1, %2) AS %t)", ATHENA_SAME, NULL, NULL),
	OPERATOR("~", "i", "CAST(bitwise_not(%1) AS %t)", ATHENA_SAME, NULL, NULL),
	NEVER("<<,>>", "ii", "the rules for the count of bits differ"),

	OPERATOR("+,-", "nn", "(%1 %o %2)", ATHENA_SAME, check_numeric_add,
			 "no result needs more than 38 digits"),
	OPERATOR("*", "nn", "(%1 * %2)", ATHENA_SAME, check_numeric_mul, "the same"),
	OPERATOR("%", "nn", "(%1 %% %2)", ATHENA_SAME, pds_check_numeric_mod,
			 "by a constant other than 0, with no more than 38 digits"),
	NEVER("/", "nn", "Athena keeps the scale, PostgreSQL gives at least 16 digits"),
	OPERATOR("-", "n", "(- %1)", ATHENA_SAME, pds_check_same_digits, NULL),
	OPERATOR("@", "n", "abs(%1)", ATHENA_SAME, pds_check_same_digits, NULL),
	NEVER("^", "nn|dd", "powers of numeric are exact here; 0 to a negative power is an error here"),

	NEVER("+,-,*,/", "ff|dd|fd|df",
		  "overflow and underflow are errors here, Infinity and 0 there"),
	OPERATOR("-", "f|d", "(- %1)", ATHENA_SAME, NULL, NULL),
	OPERATOR("@", "f|d", "abs(%1)", ATHENA_SAME, NULL, NULL),
	NEVER("|/,||/", "d", "use sqrt() and cbrt()"),

	OPERATOR("+", "Di", "date_add('day', %2, %1)", ATHENA_SAME, check_days,
			 "at most 100,000 days"),
	OPERATOR("+", "iD", "date_add('day', %1, %2)", ATHENA_SAME, check_days, "the same"),
	OPERATOR("-", "Di", "date_add('day', - %2, %1)", ATHENA_SAME, check_days, "the same"),
	OPERATOR("-", "DD", "date_diff('day', %2, %1)", ATHENA_BIGINT, NULL, NULL),
	OPERATOR("+,-", "DI|TI", "date_add('day', 1, %1)", ATHENA_SAME, check_interval,
			 "a constant interval in whole milliseconds: its months, days and milliseconds are "
			 "added one after the other, as here. A date is cast to timestamp"),
	OPERATOR("+", "ID|IT", "date_add('day', 1, %2)", ATHENA_SAME, check_interval, "the same"),
	NEVER("-", "TT", "intervals are another type there"),
	NEVER("+,-", "ZI|IZ|ZZ", "days may have other than 24 hours here"),
	NEVER("+,-,*,/", "II|Id|dI", "intervals are another type there"),
	NEVER("->,->>", "jt|ji", "not of types that are written there"),
};

const PdsShipTable pds_ship_operators = {rows, lengthof(rows)};
