/*
 * ship_functions.c
 *	  The table of what is sent: functions.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"

#include "fdw/ship/session_zone.h"
#include "fdw/ship/ship_table.h"

/* texts longer than that are not made there */
#define MAX_PAD		100000
/* an array there */
#define MAX_REPEAT	1000

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

/* of a negative count: all but so many */
static bool
check_left(PdsShipCall *call)
{
	int64		n;

	if (!pds_const_int(call, 1, &n))
		return false;
	if (n < 0)
		call->form = psprintf("substr(%%1, 1, greatest(length(%%1) - " INT64_FORMAT ", 0))", -n);
	return true;
}

static bool
check_right(PdsShipCall *call)
{
	int64		n;

	if (!pds_const_int(call, 1, &n))
		return false;
	if (n <= 0)
		call->form = n == 0 ? "substr(%1, 1, 0)" : psprintf("substr(%%1, " INT64_FORMAT ")", 1 - n);
	return true;
}

static bool
check_repeat(PdsShipCall *call)
{
	int64		n;

	if (!pds_const_int(call, 1, &n) || n > MAX_REPEAT)
		return false;
	call->form = psprintf("CASE WHEN %%1 IS NOT NULL THEN array_join(repeat(%%1, %d), '') END",
						  (int) Max(n, 0));
	return true;
}

static bool
check_to_hex(PdsShipCall *call)
{
	const PdsShipValue *v = &call->values[0];

	/* of a negative number, the digits of its two's complement */
	if (v->lo >= 0)
		call->form = "to_base(%1, 16)";
	else if (v->typid != INT8OID)
		call->form = "CASE WHEN %1 < 0 THEN lower(to_hex(to_big_endian_32(%1))) ELSE to_base(%1, 16) END";
	return true;
}

/* constants: where it begins, and how many characters go */
static bool
check_overlay(PdsShipCall *call)
{
	int64		start;
	int64		len;

	if (!pds_const_int(call, 2, &start) || start < 1)
		return false;
	if (call->nargs == 3)
		return true;
	if (!pds_const_int(call, 3, &len) || len < 0 || start + len > PG_INT32_MAX)
		return false;
	call->form = psprintf("(substr(%%1, 1, $3 - 1) || %%2 || substr(%%1, " INT64_FORMAT "))",
						  start + len);
	return true;
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
check_split_part(PdsShipCall *call)
{
	int64		n;

	if (!some_text(call, 1) || !pds_const_int(call, 2, &n) || n == 0)
		return false;
	if (n < 0)
		call->form = "CASE WHEN %1 IS NOT NULL THEN coalesce(element_at(split(%1, %2), $3), '') END";
	return true;
}

/* as concat() and concat_ws() make a text of it; NULL: another than there */
static const char *
as_text(const PdsShipCall *call, int i)
{
	switch (pds_family_of(call->values[i].typid))
	{
		case FAMILY_TEXT:
			return psprintf("%%%d", i + 1);
		case FAMILY_INT:
			return psprintf("CAST(%%%d AS varchar)", i + 1);
		case FAMILY_NUMERIC:
			return call->values[i].same_scale ? psprintf("CAST(%%%d AS varchar)", i + 1) : NULL;
		default:
			return NULL;
	}
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
	{
		const char *text = as_text(call, i);

		if (text == NULL)
			return false;
		appendStringInfo(&form, "%scoalesce(%s, '')", i == 0 ? "(" : " || ", text);
	}
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
	{
		const char *text = as_text(call, i);

		if (text == NULL)
			return false;
		appendStringInfo(&form, "%s%s", i == 0 ? "concat_ws(" : ", ", text);
	}
	appendStringInfoChar(&form, ')');
	call->form = form.data;
	return true;
}

/* ---- dates ---- */

typedef struct FieldUnit
{
	const char *name;
	bool		of_dates;
	bool		of_times;
	const char *form;			/* of the value %2 */
	int			whole;
	int			scale;
} FieldUnit;

#define MILLISECONDS "date_diff('millisecond', TIMESTAMP '1970-01-01 00:00:00.000', %2)"

/* extract() gives a numeric with the scale of the unit; years are those of tables, 1 to 9999 */
static const FieldUnit units[] = {
	{"year", true, true, "year(%2)", 7, 0},
	{"quarter", true, true, "quarter(%2)", 1, 0},
	{"month", true, true, "month(%2)", 2, 0},
	{"week", true, true, "week(%2)", 2, 0},
	{"day", true, true, "day(%2)", 2, 0},
	{"doy", true, true, "day_of_year(%2)", 3, 0},
	{"dow", true, true, "(day_of_week(%2) %% 7)", 1, 0},
	{"isodow", true, true, "day_of_week(%2)", 1, 0},
	{"isoyear", true, true, "year_of_week(%2)", 7, 0},
	{"decade", true, true, "(year(%2) / 10)", 7, 0},
	{"century", true, true, "((year(%2) + 99) / 100)", 7, 0},
	{"millennium", true, true, "((year(%2) + 999) / 1000)", 7, 0},
	{"julian", true, false, "(date_diff('day', DATE '0001-01-01', %2) + 1721426)", 8, 0},
	{"hour", false, true, "hour(%2)", 2, 0},
	{"minute", false, true, "minute(%2)", 2, 0},
	{"second", false, true,
		"CAST((CAST(second(%2) * 1000 + millisecond(%2) AS decimal(6,0)) * DECIMAL '0.001') "
		"AS decimal(8,6))",
	2, 6},
	{"milliseconds", false, true,
		"CAST((second(%2) * 1000 + millisecond(%2)) AS decimal(8,3))",
	5, 3},
	{"microseconds", false, true, "((second(%2) * 1000 + millisecond(%2)) * 1000)", 8, 0},
	{"epoch", true, false, "(date_diff('day', DATE '1970-01-01', %2) * 86400)", 12, 0},
	{"epoch", false, true,
		"CAST((CAST(" MILLISECONDS " AS decimal(18,0)) * DECIMAL '0.001') AS decimal(24,6))",
	18, 6}
};

static const FieldUnit *
find_unit(const PdsShipCall *call)
{
	const char *name = pds_const_text(call, 0);
	bool		date = pds_family_of(call->values[1].typid) == FAMILY_DATE;
	int			i;

	for (i = 0; name && i < lengthof(units); i++)
		if (pg_strcasecmp(units[i].name, name) == 0 &&
			(date ? units[i].of_dates : units[i].of_times))
			return &units[i];
	return NULL;
}

/* of a timestamptz, all but its epoch depend on the zone */
static bool
zone_ok(const PdsShipCall *call)
{
	return pds_family_of(call->values[1].typid) != FAMILY_TIMESTAMPTZ || pds_session_is_utc();
}

static bool
check_extract(PdsShipCall *call)
{
	const FieldUnit *unit = find_unit(call);

	if (unit == NULL || !zone_ok(call))
		return false;
	call->form = unit->form;
	call->result.whole = unit->whole;
	call->result.scale = unit->scale;
	if (unit->scale == 0)
	{
		call->result.type = ATHENA_BIGINT;
		call->result.hi = INT64CONST(1000000000000);
		call->result.lo = -call->result.hi;
	}
	return true;
}

/* as double: the same steps as here, each rounded alike */
static bool
check_date_part(PdsShipCall *call)
{
	const FieldUnit *unit = find_unit(call);

	if (unit == NULL || !zone_ok(call))
		return false;
	call->result.nan = false;
	if (strcmp(unit->name, "second") == 0)
		call->form = "(CAST(second(%2) AS double) + CAST(millisecond(%2) AS double) / 1E3)";
	else if (strcmp(unit->name, "milliseconds") == 0)
		call->form = "CAST((second(%2) * 1000 + millisecond(%2)) AS double)";
	else if (unit->scale != 0)
		call->form = "(CAST(" MILLISECONDS " * 1000 AS double) / 1E6)";
	else
		call->form = psprintf("CAST(%s AS double)", unit->form);
	return true;
}

/* ---- to_char ---- */

/* patterns of to_char(), the longer first, and of format_datetime() */
static const struct
{
	const char *here;
	const char *there;
}			patterns[] = {
	{"YYYY", "yyyy"}, {"IYYY", "xxxx"}, {"HH24", "HH"}, {"HH12", "hh"}, {"DDD", "DDD"},
	{"MM", "MM"}, {"DD", "dd"}, {"MI", "mm"}, {"SS", "ss"}, {"MS", "SSS"}, {"IW", "ww"}
};

/* one of them at p, all in capitals or all not; NULL: another pattern */
static const char *
find_pattern(const char *p, int *len)
{
	int			i;

	for (i = 0; i < lengthof(patterns); i++)
	{
		const char *name = patterns[i].here;
		bool		lower = *p >= 'a' && *p <= 'z';
		int			k = 0;

		while (name[k] && p[k] == (lower ? pg_ascii_tolower((unsigned char) name[k]) : name[k]))
			k++;
		*len = k;
		if (name[k] == '\0')
			return patterns[i].there;
	}
	return NULL;
}

/* numbers of fixed width with punctuation between them */
static bool
check_to_char(PdsShipCall *call)
{
	const char *p = pds_const_text(call, 1);
	StringInfoData form;
	int			len;

	if (p == NULL || (pds_family_of(call->values[0].typid) == FAMILY_TIMESTAMPTZ &&
					  !pds_session_is_utc()))
		return false;
	initStringInfo(&form);
	for (; *p; p += len)
	{
		const char *there = find_pattern(p, &len);

		if (there)
			appendStringInfoString(&form, there);
		else if (strchr("-/.:, ", *p))
		{
			appendStringInfoChar(&form, *p);
			len = 1;
		}
		else if (strncmp(p, "\"T\"", 3) == 0)
		{
			appendStringInfoString(&form, "''T''");
			len = 3;
		}
		else
			return false;
	}
	if (form.len == 0)
		return false;
	call->form = psprintf("format_datetime(%%1, '%s')", form.data);
	return true;
}

/* ---- zones ---- */

static bool
check_zone(PdsShipCall *call)
{
	const char *zone = pds_const_text(call, 0);

	return zone && pds_zone_is_utc(zone);
}

static bool
check_date_trunc(PdsShipCall *call)
{
	static const char *const names[] = {
		"millisecond", "second", "minute", "hour", "day", "week", "month", "quarter", "year"
	};
	const char *name = pds_const_text(call, 0);
	int			i;

	if (!zone_ok(call))
		return false;
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
#define WHEN_UTC "the TimeZone of the session is UTC, as Athena's"
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
	FUNCTION("mod", "nn", "(%1 %% %2)", ATHENA_SAME, pds_check_numeric_mod,
			 "by a constant other than 0, with no more than 38 digits"),
	NEVER("gcd,lcm", "ii|nn", "Athena does not have it"),
	NEVER("factorial", "i", "Athena does not have it"),
	NEVER("scale,min_scale,trim_scale", "n", "scale is a property of the type there"),
	NEVER("width_bucket", "nnni|dddi",
		  "of numeric it is exact here; of NaN and bad bounds the errors are others there"),

	FUNCTION("length,char_length,character_length", "t", "length(%1)", ATHENA_BIGINT, check_count,
			 NULL),
	FUNCTION("octet_length", "t", "length(to_utf8(%1))", ATHENA_BIGINT, check_count, NULL),
	FUNCTION("bit_length", "t", "(length(to_utf8(%1)) * 8)", ATHENA_BIGINT, check_count, NULL),
	NEVER("lower,upper,initcap", "t", "letters are folded by the locale here, by Unicode there"),
	FUNCTION("left", "ti", "substr(%1, 1, $2)", ATHENA_SAME, check_left,
			 "a constant. Below 0: substr(%1, 1, greatest(length(%1) - n, 0))"),
	FUNCTION("right", "ti", "CASE WHEN length(%1) > $2 THEN substr(%1, - $2) ELSE %1 END",
			 ATHENA_SAME, check_right, "a constant. Below 0: substr(%1, n + 1)"),
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
			 check_split_part,
			 "the delimiter a constant and not empty, the number a constant. Below 0: "
			 "element_at(split(%1, %2), $3)"),
	FUNCTION("starts_with", "tt", "starts_with(%1, %2)", ATHENA_SAME, NULL, NULL),
	FUNCTION("reverse", "t", "reverse(%1)", ATHENA_SAME, NULL, NULL),
	FUNCTION("md5", "t", "lower(to_hex(md5(to_utf8(%1))))", ATHENA_SAME, NULL, NULL),
	FUNCTION("concat", "*+", "(coalesce(%1, '') || ...)", ATHENA_SAME, check_concat,
			 "texts, integers and numeric of one scale, at most 9"),
	FUNCTION("concat_ws", "t*+", "concat_ws(%1, %2, ...)", ATHENA_SAME, check_concat_ws,
			 "the same"),
	FUNCTION("ascii", "t", "CASE WHEN %1 = '' THEN 0 ELSE codepoint(CAST(%1 AS varchar(1))) END",
			 ATHENA_SAME, check_count, NULL),
	FUNCTION("overlay", "tti|ttii",
			 "(substr(%1, 1, $3 - 1) || %2 || substr(%1, $3 + length(%2)))", ATHENA_SAME,
			 check_overlay, "a constant start from 1, a constant length that is not negative"),
	NEVER("quote_literal,quote_ident,quote_nullable,unistr", "t", "Athena does not have it"),
	FUNCTION("repeat", "ti", "CASE WHEN %1 IS NOT NULL THEN array_join(repeat(%1, $2), '') END",
			 ATHENA_SAME, check_repeat, "a constant of at most 1,000"),
	FUNCTION("to_hex", "i",
			 "CASE WHEN %1 < 0 THEN lower(to_hex(to_big_endian_64(%1))) ELSE to_base(%1, 16) END",
			 ATHENA_SAME, check_to_hex, "to_big_endian_32 of integer"),
	NEVER("chr", "i", "not with the same errors there"),
	NEVER("format", "t|t*+", "formats differ"),
	NEVER("like_escape", "tt", "a pattern made of columns"),
	NEVER("normalize", "t|tt", "the engines' versions of Unicode are not settled"),
	NEVER("encode,decode,convert_to,convert_from", "yt|tt", "not of types that are written there"),
	NEVER("regexp_replace,regexp_match,regexp_matches,regexp_split_to_array,regexp_like,"
		  "regexp_count,regexp_instr,regexp_substr",
		  "tt|ttt|tttt", "the engines' regular expressions differ"),

	FUNCTION("extract", "tD|tT", "year(%2), ...", ATHENA_SAME, check_extract,
			 "year, quarter, month, week, day, doy, dow, isodow, isoyear, decade, century, millennium, "
			 "epoch; of a date also julian; of a timestamp also hour, minute, second, milliseconds, "
			 "microseconds"),
	FUNCTION("date_part", "tD|tT", "CAST(year(%2) AS double), ...", ATHENA_SAME, check_date_part,
			 "the same"),
	FUNCTION("date_trunc", "tT", "date_trunc(%1, %2)", ATHENA_SAME, check_date_trunc,
			 "millisecond, second, minute, hour, day, week, month, quarter, year"),
	FUNCTION("extract", "tZ", "year(%2), ...", ATHENA_SAME, check_extract, WHEN_UTC),
	FUNCTION("date_part", "tZ", "CAST(year(%2) AS double), ...", ATHENA_SAME, check_date_part,
			 WHEN_UTC),
	FUNCTION("date_trunc", "tZ", "date_trunc(%1, %2)", ATHENA_SAME, check_date_trunc,
			 WHEN_UTC ". So is that of a date, which is a timestamptz"),
	NEVER("date_trunc", "tZt", "the engines' time zone data may differ"),
	NEVER("date_bin", "ITT", "Athena does not have it"),
	NEVER("age", "T|TT|Z|ZZ", "intervals are another type there"),
	FUNCTION("timezone", "tT", "with_timezone(%2, 'UTC')", ATHENA_SAME, check_zone,
			 "AT TIME ZONE 'UTC'. Of other zones the engines' data may differ"),
	FUNCTION("timezone", "tZ", "CAST(%2 AS timestamp)", ATHENA_SAME, check_zone, "the same"),
	NEVER("timezone", "IT|IZ", "offsets are no zones there"),
	FUNCTION("to_char", "Tt", "format_datetime(%1, 'yyyy-MM-dd ...')", ATHENA_SAME, check_to_char,
			 "a constant of YYYY, IYYY, MM, DD, DDD, IW, HH24, HH12, MI, SS, MS, blanks, - / . : , and "
			 "\"T\""),
	FUNCTION("to_char", "Zt", "format_datetime(%1, 'yyyy-MM-dd ...')", ATHENA_SAME, check_to_char,
			 WHEN_UTC ". So is that of a date, which is a timestamptz"),
	NEVER("to_char", "nt|it|dt|ft|It", "patterns of numbers differ"),
	NEVER("to_date,to_timestamp,to_number", "tt|d", "patterns and errors differ"),
	NEVER("make_date", "iii", "not with the same errors there"),
	NEVER("random,clock_timestamp,timeofday,gen_random_uuid", "", "another value with each call"),
};

const PdsShipTable pds_ship_functions = {rows, lengthof(rows)};
