/*
 * ship_casts.c
 *	  The table of what is sent: casts, and expressions that have a node of their own.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/numeric.h"

#include "fdw/ship/ship_table.h"

/* ---- casts ---- */

/* the value remains as it is written; its type is brought along where it counts (ship_table.c) */
static bool
check_widened(PdsShipCall *call)
{
	const PdsShipValue wanted = call->result;

	call->result = call->values[0];
	call->result.typid = wanted.typid;
	return pds_ship_is_integer(call->result.type) &&
		(wanted.typid == NUMERICOID ||
		 (call->result.lo >= wanted.lo && call->result.hi <= wanted.hi));
}

static bool
check_narrowed(PdsShipCall *call)
{
	const PdsShipValue *v = &call->values[0];

	if (v->lo < call->result.lo || v->hi > call->result.hi)
		call->cxt->may_raise = true;
	else
	{
		call->result.lo = v->lo;
		call->result.hi = v->hi;
	}
	return true;
}

/* out of range is an error here and there */
static bool
check_numeric_to_int(PdsShipCall *call)
{
	if (call->values[0].whole + 1 >= call->result.whole)
		call->cxt->may_raise = true;
	return true;
}

/* both numerator and denominator are exact as double: so is the quotient's rounding */
static bool
check_numeric_to_double(PdsShipCall *call)
{
	call->result.nan = false;
	return call->values[0].whole + call->values[0].scale <= 15;
}

static bool
check_int_to_float(PdsShipCall *call)
{
	call->result.nan = false;
	return true;
}

static bool
check_numeric_typmod(PdsShipCall *call)
{
	int64		typmod;
	int			precision;
	int			whole = call->values[0].whole;

	if (!pds_const_int(call, 1, &typmod) || typmod < (int64) VARHDRSZ)
		return false;
	typmod -= VARHDRSZ;
	precision = (int) (typmod >> 16) & 0xffff;

	/*
	 * 15: eleven bits with a sign; before, never negative and never above the
	 * precision
	 */
	call->result.scale = (int) (((typmod & 0x7ff) ^ 1024) - 1024);
	call->result.whole = precision - call->result.scale;
	if (call->result.scale < 0 || call->result.whole < 0)
		return false;
	/* rounding up may need a digit more */
	if (call->values[0].scale > call->result.scale)
		whole++;
	if (whole > call->result.whole)
		call->cxt->may_raise = true;
	return true;
}

static bool
check_varchar_typmod(PdsShipCall *call)
{
	int64		typmod;
	const Const *explicit = (const Const *) call->args[2];

	if (!pds_const_int(call, 1, &typmod) || typmod <= (int64) VARHDRSZ ||
		!IsA(explicit, Const) || !DatumGetBool(explicit->constvalue))
		return false;
	call->form = psprintf("CAST(%%1 AS varchar(%d))", (int) (typmod - VARHDRSZ));
	return true;
}

static bool
check_timestamp_typmod(PdsShipCall *call)
{
	int64		typmod;

	return pds_const_int(call, 1, &typmod) && typmod >= 3;
}

static bool
check_same_scale(PdsShipCall *call)
{
	return call->values[0].same_scale;
}

static bool
check_bit(PdsShipCall *call)
{
	call->result.lo = 0;
	call->result.hi = 1;
	return true;
}

#define CAST_TO(names, args, form, returns, check, when) \
	{PDS_SHIP_CAST, names, args, form, returns, check, when}
#define WHEN_UTC "the TimeZone of the session is UTC, as Athena's"
#define NEVER(names, args, why) CAST_TO(names, args, NULL, ATHENA_SAME, NULL, why)

static const PdsShipRow casts[] = {
	CAST_TO("int4,int8,numeric", "i", "$1", ATHENA_SAME, check_widened,
			"to a type that is not smaller. Written where the type counts"),
	CAST_TO("int2,int4", "i", "CAST(%1 AS %t)", ATHENA_SAME, check_narrowed,
			"to a smaller type: may fail where it may be out of range"),
	CAST_TO("int2,int4,int8", "n", "CAST(%1 AS %t)", ATHENA_SAME, check_numeric_to_int,
			"may fail where it may be out of range. Halves go away from zero"),
	CAST_TO("float4,float8", "i", "CAST(%1 AS %t)", ATHENA_SAME, check_int_to_float, NULL),
	CAST_TO("float8", "f", "CAST(%1 AS double)", ATHENA_SAME, NULL, NULL),
	CAST_TO("float8", "n", "CAST(%1 AS double)", ATHENA_SAME, check_numeric_to_double,
			"at most 15 digits"),
	NEVER("float4", "d|n", "overflow is an error here, Infinity there"),
	NEVER("numeric", "f|d", "Athena has no numeric without a scale"),
	NEVER("int2,int4,int8", "f|d", "halves go to the even number here, away from zero there"),
	CAST_TO("numeric", "ni", "CAST(%1 AS %t)", ATHENA_SAME, check_numeric_typmod,
			"numeric(p,s) of at most 38 digits; may fail where it may not fit"),
	CAST_TO("bool", "i", "(%1 <> 0)", ATHENA_SAME, NULL, NULL),
	CAST_TO("int4", "b", "CAST(%1 AS integer)", ATHENA_SAME, check_bit, NULL),
	CAST_TO("text,varchar", "i|b", "CAST(%1 AS varchar)", ATHENA_SAME, NULL, NULL),
	CAST_TO("text,varchar", "n", "CAST(%1 AS varchar)", ATHENA_SAME, check_same_scale,
			"each value has the same number of digits after the point"),
	NEVER("text,varchar", "f|d", "Athena's texts of these types have changed"),
	NEVER("text,varchar", "D|T|Z", "DateStyle and TimeZone of the session count here"),
	NEVER("int2,int4,int8,numeric,float4,float8,bool,date,timestamp,timestamptz", "t",
		  "the spellings that are taken, and the errors, differ"),
	CAST_TO("varchar", "tib", "CAST(%1 AS varchar(n))", ATHENA_SAME, check_varchar_typmod,
			"an explicit cast"),
	NEVER("bpchar", "t|ci|cib", "what Athena does with trailing blanks is not settled"),
	NEVER("text,varchar", "c", "what Athena does with trailing blanks is not settled"),
	CAST_TO("date", "T", "CAST(%1 AS date)", ATHENA_SAME, NULL, NULL),
	CAST_TO("timestamp", "D", "CAST(%1 AS timestamp)", ATHENA_SAME, NULL, NULL),
	CAST_TO("timestamp", "Ti", "$1", ATHENA_SAME, check_timestamp_typmod,
			"to three or more digits"),
	CAST_TO("timestamptz", "T", "with_timezone(%1, 'UTC')", ATHENA_SAME, pds_check_utc, WHEN_UTC),
	CAST_TO("timestamptz", "D", "with_timezone(CAST(%1 AS timestamp), 'UTC')", ATHENA_SAME,
			pds_check_utc, WHEN_UTC),
	CAST_TO("date,timestamp", "Z", "CAST(%1 AS %t)", ATHENA_SAME, pds_check_utc, WHEN_UTC),
};

const PdsShipTable pds_ship_casts = {casts, lengthof(casts)};

/* ---- expressions: written by the walk (shippable.c), which asks here whether ---- */

static bool
check_order(PdsShipCall *call)
{
	return pds_family_of(call->values[0].typid) != FAMILY_TEXT ||
		pds_text_collation_ok(call->collation, true);
}

static bool
check_distinct_digits(PdsShipCall *call)
{
	const PdsShipValue *v = call->values;

	return Max(v[0].whole, v[1].whole) + Max(v[0].scale, v[1].scale) <= 38;
}

static bool
check_nullif(PdsShipCall *call)
{
	Oid			typid = call->result.typid;

	if (pds_family_of(typid) == FAMILY_NUMERIC && !check_distinct_digits(call))
		return false;
	call->result = call->values[0];
	call->result.typid = typid;
	/* NULL where the value is */
	call->result.scale_sql = NULL;
	return true;
}

/* one of several values of one type */
static bool
check_coalesce(PdsShipCall *call)
{
	Oid			typid = call->result.typid;
	int			i;

	if (call->nargs > 9)
		return false;
	call->result = call->values[0];
	for (i = 1; i < call->nargs; i++)
		if (!pds_merge_values(&call->result, &call->values[i]))
			return false;
	call->result.typid = typid;
	return true;
}

/* the scale of the first that is not NULL */
static const PdsSql *
scale_of_coalesce(const PdsShipCall *call)
{
	PdsSql	   *buf = pds_sql_new();
	int			i;

	for (i = 0; i < call->nargs; i++)
	{
		const PdsSql *scale = pds_ship_scale(&call->values[i], call->args[i], call->sql[i]);

		if (scale == NULL)
			return NULL;
		pds_sql_add(buf, i == 0 ? "coalesce(" : ", ");
		pds_sql_append(buf, scale);
	}
	pds_sql_add(buf, ")");
	return buf;
}

static bool
check_coalesce_form(PdsShipCall *call)
{
	StringInfoData form;
	int			i;

	/* of one, which the planner may leave of several, there is none there */
	if (call->nargs == 1)
	{
		call->form = "$1";
		return check_coalesce(call);
	}
	initStringInfo(&form);
	for (i = 0; i < call->nargs; i++)
		appendStringInfo(&form, "%s$%d", i == 0 ? "coalesce(" : ", ", i + 1);
	appendStringInfoChar(&form, ')');
	call->form = form.data;
	if (!check_coalesce(call))
		return false;
	if (!call->result.same_scale)
		call->result.scale_sql = scale_of_coalesce(call);
	return true;
}

/* NULLs are passed over here, and make NULL there: each is replaced by another argument */
static bool
check_greatest(PdsShipCall *call)
{
	StringInfoData form;
	int			i;
	int			k;

	if (!check_order(call) || !check_coalesce(call))
		return false;
	if (call->nargs == 1)
	{
		call->form = "$1";
		return true;
	}
	initStringInfo(&form);
	appendStringInfoString(&form, "%o(");
	for (i = 0; i < call->nargs; i++)
	{
		appendStringInfo(&form, "%scoalesce(", i == 0 ? "" : ", ");
		for (k = 0; k < call->nargs; k++)
			appendStringInfo(&form, "%s$%d", k == 0 ? "" : ", ", (i + k) % call->nargs + 1);
		appendStringInfoChar(&form, ')');
	}
	appendStringInfoChar(&form, ')');
	call->form = form.data;
	return true;
}

#define EXPRESSION(names, args, form, check, when) \
	{PDS_SHIP_EXPRESSION, names, args, form, ATHENA_SAME, check, when}
#define NO_EXPRESSION(names, args, why) EXPRESSION(names, args, NULL, NULL, why)

static const PdsShipRow expressions[] = {
	EXPRESSION("AND,OR", "b+", "($1 %o $2)", NULL, "if all parts are"),
	EXPRESSION("NOT", "b", "(NOT $1)", NULL, NULL),
	EXPRESSION("IS NULL,IS NOT NULL", "*", "($1 %o)", NULL,
			   "of a column of any type, or of an expression that is sent"),
	EXPRESSION("IS TRUE", "b", "(coalesce($1, false))", NULL, NULL),
	EXPRESSION("IS NOT TRUE", "b", "(NOT coalesce($1, false))", NULL, NULL),
	EXPRESSION("IS FALSE", "b", "(NOT coalesce($1, true))", NULL, NULL),
	EXPRESSION("IS NOT FALSE", "b", "(coalesce($1, true))", NULL, NULL),
	EXPRESSION("IS UNKNOWN", "b", "(($1) IS NULL)", NULL, NULL),
	EXPRESSION("IS NOT UNKNOWN", "b", "(($1) IS NOT NULL)", NULL, NULL),
	EXPRESSION("IS DISTINCT FROM", "ii|bb|DD|TT|ZZ|tt", "($1 IS DISTINCT FROM $2)", NULL, NULL),
	EXPRESSION("IS DISTINCT FROM", "nn", "($1 IS DISTINCT FROM $2)", check_distinct_digits,
			   "both fit together into 38 digits"),
	NO_EXPRESSION("IS DISTINCT FROM", "ff|dd|fd|df", "NaN is equal to itself here"),
	EXPRESSION("IN,NOT IN", "i+|t+|b+|D+|T+|Z+", "($1 %o ($2, ...))", NULL,
			   "a list of constants and parameters, an array of constants; an array that is a parameter as well, and then evaluated "
			   "here, too"),
	EXPRESSION("IN,NOT IN", "n+|f+|d+", "(($1 = $2) OR ...)", NULL,
			   "a list of constants and parameters or an array of constants, each as for the operator"),
	EXPRESSION("ANY,ALL", "*+", "(($1 operator $2) OR ...)", NULL,
			   "of an array of constants, each as for the operator. An empty array is false or "
			   "true"),
	EXPRESSION("ROW <,ROW <=,ROW >,ROW >=", "*+",
			   "(($1 < $3) OR (($1 = $3) AND ($2 < $4)))", NULL, "each pair as for the operator"),
	EXPRESSION("CURRENT_DATE,LOCALTIMESTAMP,now,transaction_timestamp,statement_timestamp", "",
			   "TIMESTAMP '...'", NULL,
			   "evaluated here when the statement is executed, also cast, truncated, at a time zone, and "
			   "with constants added"),
	EXPRESSION("CURRENT_USER,SESSION_USER,CURRENT_CATALOG,CURRENT_SCHEMA", "", "'...'", NULL,
			   "evaluated here when the statement is executed; the condition is evaluated here, "
			   "too"),
	EXPRESSION("CASE", "i+|n+|f+|d+|t+|b+|D+|T+", "CASE WHEN ... THEN $1 ... ELSE $2 END",
			   check_coalesce, "if all parts are, of one type of at most 38 digits"),
	EXPRESSION("COALESCE", "i+|n+|f+|d+|t+|b+|D+|T+", "coalesce($1, $2)", check_coalesce_form,
			   "at most 9 parts, of one type of at most 38 digits"),
	EXPRESSION("NULLIF", "ii|nn|tt|bb|DD|TT", "nullif($1, $2)", check_nullif, NULL),
	NO_EXPRESSION("NULLIF", "ff|dd", "NaN is equal to itself here"),
	EXPRESSION("greatest,least", "i+|n+|t+|D+|T+", "%o(coalesce($1, $2), coalesce($2, $1))",
			   check_greatest, "at most 9 parts; texts with collation C, POSIX or ucs_basic"),
	NO_EXPRESSION("greatest,least", "f+|d+", "NaN is greater than all here"),
};

const PdsShipTable pds_ship_expressions = {expressions, lengthof(expressions)};
