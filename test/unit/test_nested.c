/*
 * test_nested.c
 *	  Nested values of lazysimple as JSON, and timestamp.formats: what the
 *	  engine itself gave for the same texts.
 */
#include <float.h>
#include <math.h>

#include "core/base/calendar.h"
#include "core/serde/serde_nested.h"
#include "unit.h"

/* before: bytes of the line in front of the value.  want NULL: an error */
static void
json(const char *type, const char *text, size_t before, const char *want)
{
	PdsDialect	d;
	PdsHiveType t;
	PdsError	err;
	PdsStr		out;
	char		line[512];
	PdsValueResult r;

	pds_error_clear(&err);
	pds_dialect_init(&d, PDS_FORMAT_LAZYSIMPLE);
	d.collection_delim = '|';
	d.mapkey_delim = ':';
	d.escape = '\\';
	memset(line, 'x', before);
	strcpy(line + before, text);
	pds_str_init(&out);
	if (!pds_hive_type_parse(type, &t, &err))
	{
		CHECK_MSG(false, type);
		return;
	}
	r = pds_lazy_json(&d, &t, line, line + before, strlen(text), &out);
	if (want == NULL)
		CHECK_MSG(r == PDS_VALUE_ERROR, text);
	else
		unit_str(pds_str_text(&out), want, text, __FILE__, __LINE__);
	pds_hive_type_clear(&t);
	pds_str_free(&out);
}

static void
test_json(void)
{
	json("array<int>", "1|x||3", 0, "[1,null,null,3]");
	json("array<int>", "", 0, "[]");
	json("array<string>", "a\\|b|\\N|", 0, "[\"a|b\",null,\"\"]");
	json("array<string>", "a\\|b", 9, "[\"a\\\\\",\"b\"]");
	json("array<array<int>>", "1:2|", 0, "[[1,2],[]]");
	json("map<string,int>", "a:1|b|a:2|\\N:3", 0, "{\"a\":2,\"b\":null,\"a\":1}");
	json("map<int,string>", "1:a|x:b|2:c:d", 0, "{\"2\":\"c:d\",\"1\":\"a\"}");
	json("map<double,int>", "0:1|-0:2|NaN:3|NaN:4|1e10:5", 0, "{\"1.0E10\":5,\"NaN\":4,\"0.0\":1}");
	json("struct<A:int,b:string>", "1", 0, "{\"a\":1,\"b\":null}");
	json("struct<a:int,b:string>", "1|x|y", 0, "{\"a\":1,\"b\":\"x\"}");
	json("struct<a:string,b:int>", "", 0, "{\"a\":\"\",\"b\":null}");
	json("struct<a:string>", "x\\|y", 99, "{\"a\":\"x|y\"}");
	json("uniontype<int,date>", "1||2024-02-30", 0, "{\"tag\":1,\"field0\":null,\"field1\":\"2024-03-01\"}");
	json("array<timestamp>", "2024-01-31 10:11:12.0006|9999-12-31 23:59:59.9999", 0,
		 "[\"2024-01-31 10:11:12.001\",\"+10000-01-01 00:00:00.000\"]");
	json("array<decimal(4,1)>", "1.25|-0", 0, "[1.3,0.0]");
	json("array<boolean>", "TRUE|1", 0, "[true,null]");
	json("array<binary>", "aGVsbG8=", 0, "[\"aGVsbG8=\"]");
	json("array<char(3)>", "a|\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9", 0, "[\"a  \",\"\xC3\xA9\xC3\xA9\xC3\xA9\"]");
	json("array<string>", "\"\t", 0, "[\"\\\"\\u0009\"]");
	json("array<date>", "5881581-01-01", 0, NULL);
}

static void
test_numbers(void)
{
	static const struct
	{
		double		v;
		const char *want;
	}			doubles[] = {
		{0, "0.0"}, {-0.0, "-0.0"}, {1, "1.0"}, {100, "100.0"}, {1e7, "1.0E7"}, {9999999, "9999999.0"},
		{12345678.5, "1.23456785E7"}, {0.001, "0.001"}, {0.0001, "1.0E-4"}, {1e23, "1.0E23"},
		{4.9e-324, "4.9E-324"}, {DBL_MAX, "1.7976931348623157E308"}, {0.1, "0.1"}, {NAN, "NaN"},
		{-INFINITY, "-Infinity"}, {123456789012345680.0, "1.2345678901234568E17"}, {-1.5, "-1.5"}
	};
	char		text[40];
	size_t		i;

	for (i = 0; i < sizeof(doubles) / sizeof(doubles[0]); i++)
	{
		pds_java_double(doubles[i].v, text);
		unit_str(text, doubles[i].want, "double", __FILE__, __LINE__);
	}
	pds_java_float(16777216.0f, text);
	unit_str(text, "1.6777216E7", "float", __FILE__, __LINE__);
	pds_java_float(0.1f, text);
	unit_str(text, "0.1", "float", __FILE__, __LINE__);
	pds_java_float(1e-45f, text);
	unit_str(text, "1.4E-45", "subnormal float", __FILE__, __LINE__);
}

/* want "": none of the formats takes it */
static void
formatted(const char *formats, const char *text, const char *want)
{
	char		got[64] = "";
	char		date[32];
	int64_t		us;

	if (pds_timestamp_by_formats(formats, text, strlen(text), &us))
	{
		int64_t		days = us >= 0 ? us / 86400000000 : -((86399999999 - us) / 86400000000);
		int			ms = (int) ((us - days * 86400000000) / 1000);

		pds_iso_date(days, date);
		snprintf(got, sizeof(got), "%s %02d:%02d:%02d.%03d", date, ms / 3600000,
				 ms / 60000 % 60, ms / 1000 % 60, ms % 1000);
	}
	unit_str(got, want, formats, __FILE__, __LINE__);
}

static void
test_formats(void)
{
	PdsError	err;

	formatted("MM/dd/yyyy HH:mm", "01/31/2024 10:11", "2024-01-31 10:11:00.000");
	formatted("MM/dd/yyyy HH:mm", "1/31/2024 9:05", "2024-01-31 09:05:00.000");
	formatted("MM/dd/yyyy HH:mm", "31/01/2024 10:11", "");
	formatted("MM/dd/yyyy", "02/30/2024", "");
	formatted("yyyyMMdd", "20240131", "2024-01-31 00:00:00.000");
	formatted("yyyy-MM-dd'T'HH:mm:ss.SSS", "2024-01-31t10:11:12.123", "2024-01-31 10:11:12.123");
	formatted("yyyy-MM-dd'T'HH:mm:ss.SSS", "2024-01-31T10:11:12.1234", "");
	formatted("yyyy-MM-dd HH:mm:ss.SSSSSS", "2024-01-31 10:11:12.123999", "2024-01-31 10:11:12.123");
	formatted("yyyy-MM-dd HH:mm:ssZ", "2024-01-31 10:11:12Z", "2024-01-31 10:11:12.000");
	formatted("yyyy-MM-dd HH:mm:ssZ", "2024-01-31 10:11:12-05:30", "2024-01-31 15:41:12.000");
	formatted("dd MMM yyyy h:mm a", "31 JAN 2024 12:05 am", "2024-01-31 00:05:00.000");
	formatted("dd MMM yyyy h:mm a", "31 January 2024 12:05 PM", "2024-01-31 12:05:00.000");
	formatted("dd MMM yyyy h:mm a", "31 jaN 2024 12:05 PM", "");
	formatted("HH:mm", "10:11", "1970-01-01 10:11:00.000");
	formatted("HH:mm", "24:00", "");
	formatted("yyyy DDD", "2024 366", "2024-12-31 00:00:00.000");
	formatted("yyyy DDD", "2023 366", "");
	formatted("'it''s' yyyy", "it's 2024", "2024-01-01 00:00:00.000");
	formatted("a\\,b yyyy,,yyyy", "2024", "2024-01-01 00:00:00.000");
	formatted("millis", "1706695872000.5", "2024-01-31 10:11:12.000");
	formatted("Millis", "-1500", "1969-12-31 23:59:58.500");
	formatted("millis", "1e3", "");
	CHECK(pds_timestamp_formats_check("yyyy-MM-dd,millis,'x\\,y' HH", &err));
	pds_error_clear(&err);
	CHECK(!pds_timestamp_formats_check("yyyy-bb", &err) && err.kind == PDS_ERR_CONFIG);
	pds_error_clear(&err);
	CHECK(!pds_timestamp_formats_check("yyyy\\d", &err) && err.kind == PDS_ERR_CONFIG);
	pds_error_clear(&err);
	CHECK(!pds_timestamp_formats_check("yyyy zzz", &err) && err.kind == PDS_ERR_UNSUPPORTED);
}

int
main(void)
{
	test_json();
	test_numbers();
	test_formats();
	return unit_done();
}
