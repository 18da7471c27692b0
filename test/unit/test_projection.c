/*
 * test_projection.c
 *	  Date patterns and partition projection.  Expected texts of patterns are
 *	  what java.time.format.DateTimeFormatter gives.
 */
#include "unit.h"

#include "core/base/calendar.h"
#include "core/glue/date_pattern.h"
#include "core/glue/projection.h"

/* 2024-02-29 13:05:09.042 UTC, a Thursday */
#define NOW_MS INT64_C(1709211909042)

/* ---- patterns ---- */

static const char *
formatted(const char *pattern, int64_t ms)
{
	static char out[128];
	PdsError	err;
	PdsDatePattern *p = pds_date_pattern_new(pattern, &err);
	PdsStr		s;

	if (p == NULL)
		return "(no pattern)";
	pds_str_init(&s);
	pds_date_pattern_format(p, ms, &s);
	snprintf(out, sizeof(out), "%s", pds_str_text(&s));
	pds_str_free(&s);
	pds_date_pattern_free(p);
	return out;
}

/* -1: not of the pattern */
static int64_t
parsed(const char *pattern, const char *text)
{
	PdsError	err;
	PdsDatePattern *p = pds_date_pattern_new(pattern, &err);
	int64_t		ms = -1;

	if (p && !pds_date_pattern_parse(p, text, &ms))
		ms = -1;
	pds_date_pattern_free(p);
	return ms;
}

static void
check_patterns(void)
{
	static const struct
	{
		const char *pattern;
		const char *text;
	}			cases[] = {
		{"yyyy-MM-dd", "2024-02-29"}, {"yyyy/MM/dd/HH", "2024/02/29/13"}, {"yyyyMMdd", "20240229"},
		{"yy-M-d", "24-2-29"}, {"y", "2024"}, {"uuuu-MM", "2024-02"}, {"dd-MMM-yyyy", "29-Feb-2024"},
		{"MMMM d, yyyy", "February 29, 2024"}, {"yyyy-DDD", "2024-060"}, {"EEE", "Thu"}, {"EEEE", "Thursday"},
		{"yyyy-MM-dd'T'HH:mm:ss", "2024-02-29T13:05:09"}, {"hh:mm a", "01:05 PM"}, {"h K k H", "1 1 13 13"},
		{"HH:mm:ss.SSS", "13:05:09.042"}, {"SSSSSS", "042000"}, {"S", "0"}, {"''yyyy''", "'2024'"},
		{"'o''clock' H", "o'clock 13"}, {"yyyy.MM.dd HH-mm", "2024.02.29 13-05"},
		{"'year='yyyy'/month='MM", "year=2024/month=02"}, {"LL", "02"}
	};
	size_t		i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		unit_str(formatted(cases[i].pattern, NOW_MS), cases[i].text, cases[i].pattern, __FILE__, __LINE__);
	CHECK_STR(formatted("yyyy-MM-dd HH:mm:ss.SSS", -1), "1969-12-31 23:59:59.999");
	CHECK_STR(formatted("yyyy-MM-dd EEE", -86400000), "1969-12-31 Wed");
	CHECK_STR(formatted("kk hh KK a", 0), "24 12 00 AM");

	CHECK_INT(parsed("yyyy-MM-dd", "2024-02-29"), INT64_C(1709164800000));
	CHECK_INT(parsed("yyyyMMddHH", "2024022913"), INT64_C(1709211600000));
	CHECK_INT(parsed("yMMdd", "20240229"), INT64_C(1709164800000));
	CHECK_INT(parsed("yyyy-M-d", "2024-02-29"), INT64_C(1709164800000));
	CHECK_INT(parsed("yyyy-M-d", "2024-2-29"), INT64_C(1709164800000));
	CHECK_INT(parsed("yyyy-MM-dd", "2023-02-31"), INT64_C(1677542400000));	/* SMART: the 28th */
	CHECK_INT(parsed("yyyy-MM", "1970-02"), INT64_C(2678400000));
	CHECK_INT(parsed("yy-MM-dd", "70-01-01"), INT64_C(3155760000000));
	CHECK_INT(parsed("dd MMM yyyy", "02 Jan 1970"), INT64_C(86400000));
	CHECK_INT(parsed("yyyy-DDD", "1970-032"), INT64_C(2678400000));
	CHECK_INT(parsed("yyyy-MM-dd hh a", "1970-01-01 12 AM"), 0);
	CHECK_INT(parsed("yyyy-MM-dd hh a", "1970-01-01 01 PM"), 46800000);
	CHECK_INT(parsed("yyyy-MM-dd HH:mm:ss.SSS", "1970-01-01 00:00:00.042"), 42);
	CHECK_INT(parsed("EEE, dd MMM yyyy", "Thu, 01 Jan 1970"), 0);
	CHECK_INT(parsed("yyyy-MM-dd", "2024-2-29"), -1);
	CHECK_INT(parsed("yyyy-MM-dd", "2024-02-29x"), -1);
	CHECK_INT(parsed("yyyy-MM-dd", "2024-02-"), -1);
	CHECK_INT(parsed("yyyy-MM-dd", "2024-13-01"), -1);
	CHECK_INT(parsed("yyyy-MM-dd", "2024-00-01"), -1);
	CHECK_INT(parsed("yyyy-DDD", "2023-366"), -1);
	CHECK_INT(parsed("HH", "13"), -1);	/* no year */
	CHECK_INT(parsed("yyyy HH", "2024 24"), -1);
	CHECK_INT(parsed("yyyy", "0000"), -1);
}

static const char *
pattern_error(const char *pattern)
{
	static PdsError err;
	PdsDatePattern *p = pds_date_pattern_new(pattern, &err);

	if (p == NULL)
		return err.message;
	pds_date_pattern_free(p);
	return "";
}

static void
check_pattern_kinds(void)
{
	static const struct
	{
		const char *pattern;
		bool		ordered;
	}			cases[] = {
		{"yyyy-MM-dd", true}, {"yyyy/MM/dd/HH/mm/ss", true}, {"yyyy", true}, {"uuuuLLdd", true},
		{"yyyy-MM-dd HH:mm:ss.SSS", true}, {"dd-MM-yyyy", false}, {"yyyy-dd", false},
		{"yyyy-M-dd", false}, {"yy-MM", false}, {"yyyy-MMM", false}, {"HH", false}, {"''", false}
	};
	size_t		i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		PdsError	err;
		PdsDatePattern *p = pds_date_pattern_new(cases[i].pattern, &err);

		CHECK_MSG(p && pds_date_pattern_ordered(p) == cases[i].ordered, cases[i].pattern);
		pds_date_pattern_free(p);
	}
	CHECK_STR(pattern_error("YYYY-ww"), "\"YYYY\" in it is not supported here");
	CHECK_STR(pattern_error("yyyyMMddZ"), "\"Z\" in it is not supported here");
	CHECK_STR(pattern_error("yyyy[MM]"), "\"[\" in it is not supported here");
	CHECK_STR(pattern_error("MMMMM"), "\"MMMMM\" in it is not supported here");
	CHECK_STR(pattern_error("yyyy'x"), "a quote in it is not closed");
	CHECK_STR(pattern_error(""), "it is empty");
}

/* ---- projection ---- */

static PdsProjection *
project(const char *type, const char *const *props, int n, PdsError *err)
{
	static char names[8][64];
	PdsKeyValue items[8];
	PdsGlueColumn key = {"k", (char *) type, NULL};
	PdsGlueTable t;
	int			i;

	memset(&t, 0, sizeof(t));
	t.partition_keys = &key;
	t.npartition_keys = 1;
	t.sd.location = "s3://b/base";
	t.parameters.items = items;
	for (i = 0; i < n; i++)
	{
		snprintf(names[i], sizeof(names[i]), "%s%s", strchr(props[2 * i], '.') ? "" : "projection.k.",
				 props[2 * i]);
		if (strcmp(props[2 * i], "interval.unit") == 0)
			strcpy(names[i], "projection.k.interval.unit");
		items[i].key = names[i];
		items[i].value = (char *) props[2 * i + 1];
	}
	t.parameters.n = n;
	return pds_projection_new(&t, NOW_MS, err);
}

#define PROJECT(type, err, ...) \
	project(type, (const char *const []) {__VA_ARGS__}, \
			(int) (sizeof((const char *const []) {__VA_ARGS__}) / sizeof(char *) / 2), err)

/* "count: v0=f0 v1=f1 ... last" of a projection, or the error */
static const char *
values_of(PdsProjection *p, const PdsError *err)
{
	static char out[1024];
	PdsStr		s;
	PdsStr		v;
	PdsStr		f;
	int64_t		n;
	int64_t		i;

	if (p == NULL)
		return err->message;
	pds_str_init(&s);
	pds_str_init(&v);
	pds_str_init(&f);
	n = pds_projection_count(p, 0);
	pds_str_appendf(&s, "%lld%s:", (long long) n, pds_projection_ordered(p, 0) ? "<" : "");
	for (i = 0; i < n; i++)
	{
		if (i == 4 && n > 5)
		{
			pds_str_append(&s, " ..");
			i = n - 1;
		}
		pds_projection_value(p, 0, i, &v, &f);
		pds_str_appendf(&s, " %s", pds_str_text(&v));
		if (strcmp(pds_str_text(&v), pds_str_text(&f)) != 0)
			pds_str_appendf(&s, "=%s", pds_str_text(&f));
	}
	snprintf(out, sizeof(out), "%s", pds_str_text(&s));
	pds_str_free(&s);
	pds_str_free(&v);
	pds_str_free(&f);
	pds_projection_free(p);
	return out;
}

#define VALUES(type, ...) (p = PROJECT(type, &err, __VA_ARGS__), values_of(p, &err))

static void
check_values(void)
{
	PdsError	err;
	PdsProjection *p;

	CHECK_STR(VALUES("string", "type", "ENUM", "values", "a, b,,c "), "3: a  b c ");
	CHECK_STR(VALUES("int", "type", "Integer", "range", "1,10"), "10<: 1 2 3 4 .. 10");
	CHECK_STR(VALUES("string", "type", "integer", "range", "1,10"), "10: 1 2 3 4 .. 10");
	CHECK_STR(VALUES("string", "type", "integer", "range", "1, 9", "interval", "3"), "3<: 1 4 7");
	CHECK_STR(VALUES("string", "type", "integer", "range", "08,11", "digits", "3"), "4<: 008 009 010 011");
	CHECK_STR(VALUES("string", "type", "integer", "range", "-1,1", "digits", "3"), "3: -01 000 001");
	CHECK_STR(VALUES("bigint", "type", "integer", "range", "-5000000000,5000000000"),
			  "10000000001<: -5000000000 -4999999999 -4999999998 -4999999997 .. 5000000000");
	CHECK_STR(VALUES("date", "type", "date", "range", "2024-02-28,2024-03-01", "format", "yyyy-MM-dd"),
			  "3<: 2024-02-28 2024-02-29 2024-03-01");
	CHECK_STR(VALUES("date", "type", "date", "range", "2024/02/28,NOW", "format", "yyyy/MM/dd"),
			  "2<: 2024-02-28=2024/02/28 2024-02-29=2024/02/29");
	CHECK_STR(VALUES("string", "type", "date", "range", "NOW-2DAYS,NOW", "format", "yyyy/MM/dd"),
			  "3<: 2024/02/27 2024/02/28 2024/02/29");
	CHECK_STR(VALUES("string", "type", "date", "range", " NOW - 1 YEAR , NOW + 1 MONTH", "format", "yyyy-MM"),
			  "14<: 2023-02 2023-03 2023-04 2023-05 .. 2024-03");
	CHECK_STR(VALUES("string", "type", "date", "range", "NOW-3HOURS,NOW", "format", "yyyy-MM-dd-HH",
					 "interval", "2", "interval.unit", "HOURS"), "2<: 2024-02-29-10 2024-02-29-12");
	CHECK_STR(VALUES("string", "type", "date", "range", "2024-01-31,2024-04-30", "format", "yyyy-MM-dd",
					 "interval.unit", "months"), "4<: 2024-01-31 2024-02-29 2024-03-31 2024-04-30");
	CHECK_STR(VALUES("string", "type", "date", "range", "2020,2024", "format", "yyyy", "interval", "2",
					 "interval.unit", "YEARS"), "3<: 2020 2022 2024");
	CHECK_STR(VALUES("string", "type", "date", "range", "01-01-2024,20-01-2024", "format", "dd-MM-yyyy",
					 "interval", "1", "interval.unit", "WEEKS"), "3: 01-01-2024 08-01-2024 15-01-2024");
	CHECK_STR(VALUES("timestamp", "type", "date", "range", "2024-01-01 00,2024-01-01 01", "format",
					 "yyyy-MM-dd HH", "interval.unit", "HOURS"),
			  "2<: 2024-01-01 00:00:00.000=2024-01-01 00 2024-01-01 01:00:00.000=2024-01-01 01");
	CHECK_STR(VALUES("string", "type", "date", "range", "2014-01-01 00:00:00,NOW", "format",
					 "yyyy-MM-dd HH:mm:ss", "interval", "1", "interval.unit", "SECONDS"),
			  "320677510<: 2014-01-01 00:00:00 2014-01-01 00:00:01 2014-01-01 00:00:02 2014-01-01 00:00:03 .. 2024-02-29 13:05:09");
	CHECK_STR(VALUES("string", "type", "injected"), "0:");
}

static void
check_errors(void)
{
	PdsError	err;
	PdsProjection *p;

	CHECK_STR(VALUES("string", "values", "a"),
			  "the property projection.k.type is missing: enum, integer, date or injected is needed");
	CHECK_STR(VALUES("string", "type", "list"),
			  "the property projection.k.type is \"list\": enum, integer, date or injected is needed");
	CHECK_STR(VALUES("string", "type", "enum"), "the property projection.k.values is missing: an enum needs its values");
	CHECK_STR(VALUES("string", "type", "enum", "values", ","),
			  "the property projection.k.values is \",\": an enum needs its values");
	CHECK_STR(VALUES("int", "type", "integer"), "the property projection.k.range is missing: two numbers are needed");
	CHECK_STR(VALUES("int", "type", "integer", "range", "1-2"),
			  "the property projection.k.range is \"1-2\": two numbers are needed");
	CHECK_STR(VALUES("int", "type", "integer", "range", "1,x"),
			  "the property projection.k.range is \"1,x\": two numbers are needed");
	CHECK_STR(VALUES("int", "type", "integer", "range", "2,1"),
			  "the property projection.k.range is \"2,1\": it ends before it begins");
	CHECK_STR(VALUES("bigint", "type", "integer", "range", "-9223372036854775808,9223372036854775807"),
			  "the property projection.k.range is \"-9223372036854775808,9223372036854775807\": it has too many values");
	CHECK_STR(VALUES("int", "type", "integer", "range", "1,2", "interval", "0"),
			  "the property projection.k.interval is \"0\": a positive number is needed");
	CHECK_STR(VALUES("int", "type", "integer", "range", "1,2", "digits", "x"),
			  "the property projection.k.digits is \"x\": a positive number is needed");
	CHECK_STR(VALUES("date", "type", "date", "range", "2024-01-01,NOW"),
			  "the property projection.k.format is missing: a date needs its format");
	CHECK_STR(VALUES("date", "type", "date", "format", "yyyy-MM-dd"),
			  "the property projection.k.range is missing: two dates are needed");
	CHECK_STR(VALUES("date", "type", "date", "format", "yyyy-MM-dd", "range", "2024-01-01,NOW-2FORTNIGHTS"),
			  "the property projection.k.range is \"2024-01-01,NOW-2FORTNIGHTS\": two dates of the format, or NOW, or like NOW-3YEARS, are needed");
	CHECK_STR(VALUES("date", "type", "date", "format", "yyyy-MM-dd", "range", "2025-01-01,NOW"),
			  "the property projection.k.range is \"2025-01-01,NOW\": it ends before it begins");
	CHECK_STR(VALUES("string", "type", "date", "format", "yyyy-MM-dd-HH", "range", "2024-01-01-00,NOW"),
			  "the property projection.k.interval.unit is missing: it is needed where the format is finer than a day");
	CHECK_STR(VALUES("string", "type", "date", "format", "YYYY-ww", "range", "2024-01,NOW"),
			  "the property projection.k.format is \"YYYY-ww\": \"YYYY\" in it is not supported here");
	CHECK_INT(err.kind, PDS_ERR_UNSUPPORTED);
	CHECK_STR(VALUES("string", "type", "date", "format", "yyyy'", "range", "2024,NOW"),
			  "the property projection.k.format is \"yyyy'\": a quote in it is not closed");
	CHECK_STR(VALUES("date", "type", "date", "format", "yyyy-MM-dd", "range", "2024-01-01,NOW", "interval.unit", "HOURS"),
			  "the property projection.k.interval.unit is \"HOURS\": a key of type date has no times of day");
	CHECK_STR(VALUES("string", "type", "date", "format", "yyyy-MM-dd", "range", "2024-01-01,NOW", "interval.unit", "eons"),
			  "the property projection.k.interval.unit is \"eons\": YEARS, MONTHS, WEEKS, DAYS, HOURS, MINUTES, SECONDS or MILLISECONDS is needed");
	CHECK_STR(VALUES("date", "type", "injected"),
			  "the property projection.k.type is \"injected\": it is for keys of type string or integer");
	CHECK_STR(VALUES("string", "type", "injected", "storage.location.template", "s3://b/x/"),
			  "the property storage.location.template \"s3://b/x/\" does not name the partition key k");
	CHECK_STR(VALUES("string", "type", "injected", "storage.location.template", "s3://b/${k}/${j}"),
			  "the property storage.location.template \"s3://b/${k}/${j}/\" names something else than partition keys");
}

static void
check_find(void)
{
	PdsError	err;
	PdsProjection *p = PROJECT("string", &err, "type", "integer", "range", "5,1000000000", "interval", "5");

	CHECK_INT(pds_projection_find(p, 0, "5"), 0);
	CHECK_INT(pds_projection_find(p, 0, "1000000000"), 199999999);
	CHECK_INT(pds_projection_find(p, 0, "7"), -1);
	CHECK_INT(pds_projection_find(p, 0, "010"), -1);
	CHECK_INT(pds_projection_find(p, 0, "+10"), -1);
	CHECK_INT(pds_projection_find(p, 0, "0"), -1);
	CHECK_INT(pds_projection_find(p, 0, "x"), -1);
	CHECK_INT(pds_projection_find(p, 0, ""), -1);
	pds_projection_free(p);
	p = PROJECT("string", &err, "type", "date", "range", "2000/01/01/00,2024/12/31/23", "format", "yyyy/MM/dd/HH",
				"interval", "1", "interval.unit", "HOURS");
	CHECK_INT(pds_projection_find(p, 0, "2000/01/01/01"), 1);
	CHECK_INT(pds_projection_find(p, 0, "2000/01/01"), -1);
	CHECK_INT(pds_projection_find(p, 0, "2025/01/01/00"), -1);
	CHECK_INT(pds_projection_find(p, 0, "1999/12/31/23"), -1);
	pds_projection_free(p);
	p = PROJECT("string", &err, "type", "date", "range", "01-2024,12-2024", "format", "MM-yyyy");
	CHECK_INT(pds_projection_find(p, 0, "02-2024"), -2);
	pds_projection_free(p);
	p = PROJECT("string", &err, "type", "enum", "values", "a,b,b");
	CHECK_INT(pds_projection_find(p, 0, "b"), 1);
	CHECK_INT(pds_projection_find(p, 0, "c"), -1);
	pds_projection_free(p);
}

static const char *
location(PdsProjection *p, const char *folder)
{
	static char out[256];
	PdsStr		s;

	pds_str_init(&s);
	pds_projection_location(p, &folder, &s);
	snprintf(out, sizeof(out), "%s", pds_str_text(&s));
	pds_str_free(&s);
	pds_projection_free(p);
	return out;
}

static void
check_locations(void)
{
	PdsKeyValue on = {"projection.enabled", "TRUE"};
	PdsKeyValue off = {"projection.enabled", "false"};
	PdsProperties none = {NULL, 0};
	PdsProperties with = {&on, 1};
	PdsProperties without = {&off, 1};
	PdsError	err;

	CHECK_STR(location(PROJECT("string", &err, "type", "injected"), "2024/01 x:y"), "s3://b/base/k=2024%2F01 x%3Ay/");
	CHECK_STR(location(PROJECT("string", &err, "type", "injected", "storage.location.template", "s3://c/${k}/d/${k}"), "2024/01"),
			  "s3://c/2024/01/d/2024/01/");
	CHECK(!pds_projection_enabled(&none));
	CHECK(pds_projection_enabled(&with));
	CHECK(!pds_projection_enabled(&without));
}

static void
check_calendar(void)
{
	int64_t		day;
	int			wrong = 0;

	for (day = pds_days_of_month(1, 1); day < pds_days_of_month(3000, 1); day += 17)
	{
		int64_t		y;
		int			m,
					d;

		pds_date_of_days(day, &y, &m, &d);
		wrong += pds_days_of_month(y, m) + d - 1 != day;
	}
	CHECK_INT(wrong, 0);
}

int
main(void)
{
	check_calendar();
	check_patterns();
	check_pattern_kinds();
	check_values();
	check_errors();
	check_find();
	check_locations();
	return unit_done();
}
