/*
 * ship_functions.c
 *	  The table of what is sent: functions.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "utils/builtins.h"

#include "fdw/ship_table.h"

/* texts longer than that are not made there */
#define MAX_PAD		100000

/* ---- numbers ---- */

/* to a whole number: rounding up may need a digit more */
static bool
check_numeric_whole(PdsShipCall *call)
{
	call->result.whole = call->values[0].whole + 1;
	call->result.scale = 0;
	return true;
}

static bool
check_numeric_sign(PdsShipCall *call)
{
	call->result.whole = 1;
	call->result.scale = 0;
	return true;
}

/* to a constant number of digits: Trino would keep the scale of the type */
static bool
check_numeric_round(PdsShipCall *call)
{
	int64		n;

	if (!pds_const_int(call, 1, &n) || n < 0 || n > 38)
		return false;
	call->result.whole = call->values[0].whole + 1;
	call->result.scale = (int) n;
	if (n >= call->values[0].scale)
	{
		call->result.whole--;
		call->form = "CAST(%1 AS %t)";
		return true;
	}
	/* the result has the scale of the argument there, before it is cast */
	return call->result.whole + call->values[0].scale <= 38;
}

/* ---- text ---- */

static bool
check_count(PdsShipCall *call)
{
	call->result.lo = 0;
	return true;
}

static bool
check_left(PdsShipCall *call)
{
	int64		n;

	return pds_const_int(call, 1, &n) && n >= 0;
}

static bool
check_right(PdsShipCall *call)
{
	int64		n;

	return pds_const_int(call, 1, &n) && n >= 1;
}

/* Positions before the first count here, and mean another thing there. */
static bool
check_substr(PdsShipCall *call)
{
	int64		start;
	int64		len;

	if (!pds_const_int(call, 1, &start))
		return false;
	if (call->nargs == 2)
	{
		call->form = psprintf("substr(%%1, %d)", (int) Max(start, 1));
		return true;
	}
	/* a negative length is an error here */
	if (!pds_const_int(call, 2, &len) || len < 0)
		return false;
	len = Max(Min(start + len, PG_INT32_MAX) - Max(start, 1), 0);
	call->form = psprintf("substr(%%1, %d, %d)", (int) Max(start, 1), (int) len);
	return true;
}

/* a constant that is not empty */
static bool
some_text(const PdsShipCall *call, int i)
{
	const char *s = pds_const_text(call, i);

	return s && *s;
}

static bool
check_second_text(PdsShipCall *call)
{
	return some_text(call, 1);
}

static bool
check_translate(PdsShipCall *call)
{
	return some_text(call, 1) && pds_const_text(call, 2) != NULL;
}

static bool
check_pad(PdsShipCall *call)
{
	int64		n;

	return pds_const_int(call, 1, &n) && n >= 0 && n <= MAX_PAD && some_text(call, 2);
}

static bool
check_split(PdsShipCall *call)
{
	int64		n;

	return some_text(call, 1) && pds_const_int(call, 2, &n) && n >= 1;
}

/* NULLs are passed over here, and make NULL there */
static bool
check_concat(PdsShipCall *call)
{
	StringInfoData form;
	int			i;

	if (call->nargs > 9)
		return false;
	initStringInfo(&form);
	for (i = 0; i < call->nargs; i++)
		appendStringInfo(&form, "%scoalesce(%%%d, '')", i == 0 ? "(" : " || ", i + 1);
	appendStringInfoChar(&form, ')');
	call->form = form.data;
	return true;
}

static bool
check_concat_ws(PdsShipCall *call)
{
	StringInfoData form;
	int			i;

	if (call->nargs < 3 || call->nargs > 9)
		return false;
	initStringInfo(&form);
	for (i = 0; i < call->nargs; i++)
		appendStringInfo(&form, "%s%%%d", i == 0 ? "concat_ws(" : ", ", i + 1);
	appendStringInfoChar(&form, ')');
	call->form = form.data;
	return true;
}

/* ---- dates ---- */

typedef struct Unit
{
	const char *name;
	bool		of_dates;
	const char *form;			/* of the value %2 */
	int			whole;
	int			scale;
} Unit;

/* extract() gives a numeric with the scale of the unit */
static const Unit units[] = {
	{"year", true, "year(%2)", 7, 0},
	{"quarter", true, "quarter(%2)", 1, 0},
	{"month", true, "month(%2)", 2, 0},
	{"week", true, "week(%2)", 2, 0},
	{"day", true, "day(%2)", 2, 0},
	{"doy", true, "day_of_year(%2)", 3, 0},
	{"dow", true, "(day_of_week(%2) %% 7)", 1, 0},
	{"isodow", true, "day_of_week(%2)", 1, 0},
	{"isoyear", true, "year_of_week(%2)", 7, 0},
	{"hour", false, "hour(%2)", 2, 0},
	{"minute", false, "minute(%2)", 2, 0},
	{"second", false,
		"CAST((CAST(second(%2) * 1000 + millisecond(%2) AS decimal(6,0)) * DECIMAL '0.001') "
		"AS decimal(8,6))",
	2, 6},
	{"epoch", false,
		"CAST((CAST(date_diff('millisecond', TIMESTAMP '1970-01-01 00:00:00.000', %2) "
		"AS decimal(18,0)) * DECIMAL '0.001') AS decimal(24,6))",
	18, 6}
};

static const Unit *
find_unit(const PdsShipCall *call)
{
	const char *name = pds_const_text(call, 0);
	bool		date = pds_family_of(call->values[1].typid) == FAMILY_DATE;
	int			i;

	for (i = 0; name && i < lengthof(units); i++)
		if (pg_strcasecmp(units[i].name, name) == 0)
			return units[i].of_dates || !date ? &units[i] : NULL;
	return NULL;
}

static bool
check_extract(PdsShipCall *call)
{
	const Unit *unit = find_unit(call);

	if (unit == NULL)
		return false;
	call->form = unit->form;
	call->result.whole = unit->whole;
	call->result.scale = unit->scale;
	if (unit->scale == 0)
	{
		call->result.type = ATHENA_BIGINT;
		call->result.hi = PG_INT32_MAX;
		call->result.lo = PG_INT32_MIN;
	}
	return true;
}

static bool
check_date_part(PdsShipCall *call)
{
	const Unit *unit = find_unit(call);

	if (unit == NULL || unit->scale != 0)
		return false;
	call->form = psprintf("CAST(%s AS double)", unit->form);
	call->result.nan = false;
	return true;
}

static bool
check_date_trunc(PdsShipCall *call)
{
	static const char *const names[] = {
		"millisecond", "second", "minute", "hour", "day", "week", "month", "quarter", "year"
	};
	const char *name = pds_const_text(call, 0);
	int			i;

	for (i = 0; name && i < lengthof(names); i++)
		if (pg_strcasecmp(names[i], name) == 0)
		{
			call->form = psprintf("date_trunc('%s', %%2)", names[i]);
			return true;
		}
	return false;
}

/* ---- the rows ---- */

#define FUNCTION(names, args, form, returns, check, when) \
	{PDS_SHIP_FUNCTION, names, args, form, returns, check, when}
#define NEVER(names, args, why) FUNCTION(names, args, NULL, ATHENA_SAME, NULL, why)
#define INEXACT(names, args, form) \
	FUNCTION(names, args, form, ATHENA_SAME, pds_check_inexact, \
			 "allow_inexact: the last digits may differ")
/* where PostgreSQL raises an error, so does this; the condition is evaluated here, too */
#define DOMAIN_ERROR(condition, form) \
	"CASE WHEN " condition " THEN CAST(1 / 0 AS double) ELSE " form " END"

static bool
check_domain(PdsShipCall *call)
{
	call->cxt->may_raise = call->cxt->other_error = true;
	return true;
}

static bool
check_inexact_domain(PdsShipCall *call)
{
	call->cxt->may_raise = call->cxt->other_error = true;
	return pds_check_inexact(call);
}

#define INEXACT_DOMAIN(names, condition, form) \
	FUNCTION(names, "d", DOMAIN_ERROR(condition, form), ATHENA_SAME, check_inexact_domain, \
			 "allow_inexact: the last digits may differ; evaluated here, too")

static const PdsShipRow rows[] = {
	FUNCTION("abs", "i", "abs(%1)", ATHENA_SAME, pds_check_int_abs,
			 "may fail where it may be the least of its type"),
	FUNCTION("abs", "n", "abs(%1)", ATHENA_SAME, pds_check_same_digits, NULL),
	FUNCTION("abs", "f|d", "abs(%1)", ATHENA_SAME, NULL, NULL),
	FUNCTION("ceil,ceiling", "n", "ceil(%1)", ATHENA_SAME, check_numeric_whole, NULL),
	FUNCTION("ceil,ceiling", "d", "ceil(%1)", ATHENA_SAME, NULL, NULL),
	FUNCTION("floor", "n", "floor(%1)", ATHENA_SAME, check_numeric_whole, NULL),
	FUNCTION("floor", "d", "floor(%1)", ATHENA_SAME, NULL, NULL),
	FUNCTION("round", "ni", "CAST(round(%1, $2) AS %t)", ATHENA_SAME, check_numeric_round,
			 "to 0 to 38 digits, a constant; of at most 37 digits where it rounds"),
	NEVER("round", "d", "halves go to the even number here, away from zero there"),
	FUNCTION("trunc", "ni", "CAST(truncate(%1, $2) AS %t)", ATHENA_SAME, check_numeric_round,
			 "to 0 to 38 digits, a constant; of at most 37 digits where it cuts"),
	FUNCTION("trunc", "d", "truncate(%1)", ATHENA_SAME, NULL, NULL),
	FUNCTION("sign", "n", "CAST(sign(%1) AS decimal(1,0))", ATHENA_SAME, check_numeric_sign, NULL),
	NEVER("sign", "d", "NaN and -0 differ"),
	FUNCTION("mod", "ii", "(%1 %% %2)", ATHENA_SAME, pds_check_int_mod,
			 "may fail where the divisor may be 0"),
	FUNCTION("sqrt", "d", DOMAIN_ERROR("%1 < 0", "sqrt(%1)"), ATHENA_SAME, check_domain,
			 "evaluated here, too: of a negative number it is an error here"),
	NEVER("sqrt", "n", "of numeric it is exact here"),
	INEXACT("cbrt", "d", "cbrt(%1)"),
	INEXACT("atan", "d", "atan(%1)"),
	INEXACT("atan2", "dd", "atan2(%1, %2)"),
	INEXACT("tanh", "d", "tanh(%1)"),
	INEXACT("degrees", "d", "degrees(%1)"),
	INEXACT("radians", "d", "radians(%1)"),
	INEXACT_DOMAIN("sin", "is_infinite(%1)", "sin(%1)"),
	INEXACT_DOMAIN("cos", "is_infinite(%1)", "cos(%1)"),
	INEXACT_DOMAIN("tan", "is_infinite(%1)", "tan(%1)"),
	INEXACT_DOMAIN("asin", "abs(%1) > 1", "asin(%1)"),
	INEXACT_DOMAIN("acos", "abs(%1) > 1", "acos(%1)"),
	INEXACT_DOMAIN("ln", "%1 <= 0", "ln(%1)"),
	INEXACT_DOMAIN("log,log10", "%1 <= 0", "log10(%1)"),
	NEVER("ln,log,log10,exp", "n", "of numeric it is exact here"),
	NEVER("log", "nn", "of numeric it is exact here"),
	NEVER("exp", "d", "overflow and underflow are errors here, Infinity and 0 there"),
	NEVER("sinh,cosh,asinh,acosh,atanh,cot,sind,cosd,tand,cotd,asind,acosd,atand", "d",
		  "not the same functions, or not with the same errors there"),
	NEVER("power,pow", "nn|dd",
		  "powers of numeric are exact here; 0 to a negative power is an error here"),
	NEVER("div", "nn", "Athena keeps the scale"),
	NEVER("mod", "nn", "use %"),
	NEVER("gcd,lcm", "ii|nn", "Athena does not have it"),
	NEVER("factorial", "i", "Athena does not have it"),
	NEVER("scale,min_scale,trim_scale", "n", "scale is a property of the type there"),
	NEVER("width_bucket", "nnni|dddi", "what Athena does at the bounds is not settled"),

	FUNCTION("length,char_length,character_length", "t", "length(%1)", ATHENA_BIGINT, check_count,
			 NULL),
	FUNCTION("octet_length", "t", "length(to_utf8(%1))", ATHENA_BIGINT, check_count, NULL),
	FUNCTION("bit_length", "t", "(length(to_utf8(%1)) * 8)", ATHENA_BIGINT, check_count, NULL),
	NEVER("lower,upper,initcap", "t", "letters are folded by the locale here, by Unicode there"),
	FUNCTION("left", "ti", "substr(%1, 1, $2)", ATHENA_SAME, check_left,
			 "a constant that is not negative"),
	FUNCTION("right", "ti", "CASE WHEN length(%1) > $2 THEN substr(%1, - $2) ELSE %1 END",
			 ATHENA_SAME, check_right, "a constant above 0"),
	FUNCTION("substr,substring", "ti|tii", "substr(%1, $2)", ATHENA_SAME, check_substr,
			 "constants, the length not negative. What lies before the first character is taken "
			 "off the length"),
	NEVER("substring", "tt|ttt", "the engines' regular expressions differ"),
	FUNCTION("strpos,position", "tt", "strpos(%1, %2)", ATHENA_BIGINT, check_count, NULL),
	FUNCTION("replace", "ttt", "replace(%1, %2, %3)", ATHENA_SAME, check_second_text,
			 "what is replaced is a constant and not empty"),
	FUNCTION("translate", "ttt", "translate(%1, %2, %3)", ATHENA_SAME, check_translate,
			 "constants, the first not empty"),
	FUNCTION("btrim", "t", "trim(BOTH ' ' FROM %1)", ATHENA_SAME, NULL, NULL),
	FUNCTION("ltrim", "t", "trim(LEADING ' ' FROM %1)", ATHENA_SAME, NULL, NULL),
	FUNCTION("rtrim", "t", "trim(TRAILING ' ' FROM %1)", ATHENA_SAME, NULL, NULL),
	FUNCTION("btrim", "tt", "trim(BOTH %2 FROM %1)", ATHENA_SAME, check_second_text,
			 "the characters are a constant and not empty"),
	FUNCTION("ltrim", "tt", "trim(LEADING %2 FROM %1)", ATHENA_SAME, check_second_text, "the same"),
	FUNCTION("rtrim", "tt", "trim(TRAILING %2 FROM %1)", ATHENA_SAME, check_second_text,
			 "the same"),
	FUNCTION("lpad,rpad", "tit", "%o(%1, $2, %3)", ATHENA_SAME, check_pad,
			 "a constant length from 0 to 100,000, the fill a constant and not empty"),
	FUNCTION("split_part", "tti",
			 "CASE WHEN %1 IS NOT NULL THEN coalesce(split_part(%1, %2, $3), '') END", ATHENA_SAME,
			 check_split, "the delimiter a constant and not empty, the number a constant above 0"),
	FUNCTION("starts_with", "tt", "starts_with(%1, %2)", ATHENA_SAME, NULL, NULL),
	FUNCTION("reverse", "t", "reverse(%1)", ATHENA_SAME, NULL, NULL),
	FUNCTION("md5", "t", "lower(to_hex(md5(to_utf8(%1))))", ATHENA_SAME, NULL, NULL),
	FUNCTION("concat", "t+", "(coalesce(%1, '') || ...)", ATHENA_SAME, check_concat,
			 "texts, at most 9"),
	FUNCTION("concat_ws", "tt+", "concat_ws(%1, %2, ...)", ATHENA_SAME, check_concat_ws,
			 "texts, at most 9"),
	NEVER("ascii,quote_literal,quote_ident,quote_nullable,unistr", "t", "Athena does not have it"),
	NEVER("repeat", "ti", "makes an array there"),
	NEVER("chr,to_hex", "i", "not with the same errors or signs there"),
	NEVER("format", "t|t*+", "formats differ"),
	NEVER("like_escape", "tt", "a pattern made of columns"),
	NEVER("normalize", "t|tt", "the engines' versions of Unicode are not settled"),
	NEVER("encode,decode,convert_to,convert_from", "yt|tt", "not of types that are written there"),
	NEVER("regexp_replace,regexp_match,regexp_matches,regexp_split_to_array,regexp_like,"
		  "regexp_count,regexp_instr,regexp_substr",
		  "tt|ttt|tttt", "the engines' regular expressions differ"),

	FUNCTION("extract", "tD|tT", "year(%2), ...", ATHENA_SAME, check_extract,
			 "year, quarter, month, week, day, doy, dow, isodow, isoyear; of a timestamp also hour, "
			 "minute, second, epoch"),
	FUNCTION("date_part", "tD|tT", "CAST(year(%2) AS double), ...", ATHENA_SAME, check_date_part,
			 "the same without second and epoch"),
	FUNCTION("date_trunc", "tT", "date_trunc(%1, %2)", ATHENA_SAME, check_date_trunc,
			 "millisecond, second, minute, hour, day, week, month, quarter, year"),
	NEVER("extract,date_part,date_trunc", "tZ|ttZ",
		  "the time zone of the session counts here, UTC there"),
	NEVER("date_bin", "ITT", "Athena does not have it"),
	NEVER("age", "T|TT|Z|ZZ", "intervals are another type there"),
	NEVER("timezone", "tT|tZ|IT|IZ", "the engines' time zone data may differ"),
	NEVER("to_char,to_date,to_timestamp,to_number", "Tt|Zt|nt|it|tt|d",
		  "patterns and errors differ"),
	NEVER("make_date", "iii", "not with the same errors there"),
	NEVER("random,clock_timestamp,timeofday,gen_random_uuid", "", "another value with each call"),
};

const PdsShipTable pds_ship_functions = {rows, lengthof(rows)};
