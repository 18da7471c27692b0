/*
 * test_values.c
 *	  Edge cases of the scalar values that serde_cases.json does not have.
 */
#include <float.h>
#include <math.h>
#include <stdint.h>

#include "core/base/strbuf.h"
#include "core/base/utf8.h"
#include "core/glue/table_kind.h"
#include "core/serde/key_value.h"
#include "core/serde/serde.h"
#include "unit.h"

#define DAY INT64_C(86400000000)

static uint64_t random_state = UINT64_C(0x9E3779B97F4A7C15);

static uint64_t
next_random(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

/*
 * The functions get the text in a block of its exact size, so that a read
 * behind it is seen by the sanitizers.
 */
static char *
exact(const char *s, size_t n)
{
	char	   *p = malloc(n ? n : 1);

	if (p == NULL)
		exit(2);
	memcpy(p, s, n);
	return p;
}

static const char *
result_name(PdsValueResult r)
{
	return r == PDS_VALUE_OK ? "OK" : r == PDS_VALUE_NULL ? "NULL" : "ERROR";
}

/* ---- integers ---- */

static void
check_int(const char *s, int64_t min, int64_t max, const char *want)
{
	size_t		n = strlen(s);
	char	   *p = exact(s, n);
	int64_t		v;
	char		got[64];
	char		what[200];
	PdsValueResult r = pds_lazy_int(p, n, min, max, &v);

	if (r == PDS_VALUE_OK)
		snprintf(got, sizeof(got), "%lld", (long long) v);
	else
		snprintf(got, sizeof(got), "%s", result_name(r));
	snprintf(what, sizeof(what), "int \"%.150s\"", s);
	unit_str(got, want, what, __FILE__, __LINE__);
	free(p);
}

static void
test_int(void)
{
	check_int("9223372036854775807", INT64_MIN, INT64_MAX, "9223372036854775807");
	check_int("9223372036854775807.999", INT64_MIN, INT64_MAX, "9223372036854775807");
	check_int("9223372036854775808", INT64_MIN, INT64_MAX, "NULL");
	check_int("-9223372036854775808", INT64_MIN, INT64_MAX, "-9223372036854775808");
	check_int("-9223372036854775808.5", INT64_MIN, INT64_MAX, "-9223372036854775808");
	check_int("-9223372036854775809", INT64_MIN, INT64_MAX, "NULL");
	check_int("18446744073709551615", INT64_MIN, INT64_MAX, "NULL");
	check_int("18446744073709551616", INT64_MIN, INT64_MAX, "NULL");
	check_int("18446744073709551617", INT64_MIN, INT64_MAX, "NULL");
	check_int("100000000000000000000000000000000", INT64_MIN, INT64_MAX, "NULL");
	check_int("0000000000000000000000000000000000000000012", INT64_MIN, INT64_MAX, "12");
	check_int("+9223372036854775807", INT64_MIN, INT64_MAX, "9223372036854775807");
	check_int("2147483648", INT32_MIN, INT32_MAX, "NULL");
	check_int("-2147483648", INT32_MIN, INT32_MAX, "-2147483648");
	check_int("-2147483649", INT32_MIN, INT32_MAX, "NULL");
	check_int("127", INT8_MIN, INT8_MAX, "127");
	check_int("128", INT8_MIN, INT8_MAX, "NULL");
	check_int("-128", INT8_MIN, INT8_MAX, "-128");
	check_int("-129", INT8_MIN, INT8_MAX, "NULL");
	check_int("-0", INT8_MIN, INT8_MAX, "0");
	check_int("1.99999999999999999999999999999999999", INT8_MIN, INT8_MAX, "1");
	check_int("1.-5", INT64_MIN, INT64_MAX, "NULL");
	check_int("1.5 ", INT64_MIN, INT64_MAX, "NULL");
	check_int("1..5", INT64_MIN, INT64_MAX, "NULL");
	check_int("", INT64_MIN, INT64_MAX, "NULL");
}

/* ---- decimals ---- */

static void
check_decimal(const char *s, int precision, int scale, const char *want)
{
	size_t		n = strlen(s);
	char	   *p = exact(s, n);
	char		got[80];
	size_t		len;
	int64_t		scaled;
	bool		fits;
	char		what[200];
	PdsValueResult r = pds_lazy_decimal(p, n, precision, scale, got, &len, &scaled, &fits);

	snprintf(what, sizeof(what), "decimal(%d,%d) \"%.100s\"", precision, scale, s);
	if (r == PDS_VALUE_OK)
		got[len] = '\0';
	else
		snprintf(got, sizeof(got), "%s", result_name(r));
	if (unit_str(got, want, what, __FILE__, __LINE__) && r == PDS_VALUE_OK)
	{
		char		plain[80];
		char	   *q = plain;
		size_t		i;

		/* the text without its point is the scaled integer */
		for (i = 0; i < len; i++)
			if (got[i] != '.')
				*q++ = got[i];
		*q = '\0';
		CHECK_INT(fits, precision <= 18);
		if (fits)
			CHECK_INT(scaled, strtoll(plain, NULL, 10));
	}
	free(p);
}

/* head, k times c, tail */
static void
check_long_decimal(const char *head, char c, size_t k, const char *tail, int precision, int scale,
				   const char *want)
{
	char	   *text = malloc(strlen(head) + k + strlen(tail) + 1);

	if (text == NULL)
		exit(2);
	strcpy(text, head);
	memset(text + strlen(head), c, k);
	strcpy(text + strlen(head) + k, tail);
	check_decimal(text, precision, scale, want);
	free(text);
}

static void
test_decimal(void)
{
	check_decimal("9.994", 3, 2, "9.99");
	check_decimal("9.995", 3, 2, "NULL");
	check_decimal("-9.995", 3, 2, "NULL");
	check_decimal("9.995", 4, 2, "10.00");
	check_decimal("-9.995", 4, 2, "-10.00");
	check_decimal("99.5", 2, 0, "NULL");
	check_decimal("99.4999999999999999999999999999999999999999999999999999999", 2, 0, "99");
	check_decimal("0.5", 1, 0, "1");
	check_decimal("0.49", 1, 0, "0");
	check_decimal("-0.5", 1, 0, "-1");
	check_decimal("-0.4", 1, 0, "0");
	check_decimal("-0", 5, 2, "0.00");
	check_decimal("-0.001", 5, 2, "0.00");
	check_decimal("0.9995", 3, 3, "NULL");
	check_decimal("0.9994", 3, 3, "0.999");
	check_decimal("0.0005", 3, 3, "0.001");
	check_decimal("0.00049", 3, 3, "0.000");
	check_decimal("1", 3, 3, "NULL");
	check_decimal(".5", 3, 2, "0.50");
	check_decimal("5.", 3, 2, "5.00");
	check_decimal(".", 3, 2, "NULL");
	check_decimal("-", 3, 2, "NULL");
	check_decimal("+", 3, 2, "NULL");
	check_decimal("", 3, 2, "NULL");
	check_decimal("1e", 3, 2, "NULL");
	check_decimal("1e+", 3, 2, "NULL");
	check_decimal("e1", 3, 2, "NULL");
	check_decimal("1.2.3", 3, 2, "NULL");
	check_decimal("1e1.0", 3, 2, "NULL");
	check_decimal("000000000000000000000000000000000000000000000000000012.5", 3, 1, "12.5");
	check_decimal("1234e-2", 4, 2, "12.34");
	check_decimal("0.001234E4", 4, 2, "12.34");
	check_decimal("0.00000000000000000000000000000000000000000000001e48", 4, 2, "10.00");
	check_decimal("5e-3", 4, 2, "0.01");
	check_decimal("4e-3", 4, 2, "0.00");
	check_decimal("9e-4", 4, 2, "0.00");
	check_decimal("5e-1000000", 4, 2, "0.00");
	check_decimal("5e1000000", 4, 2, "NULL");
	check_decimal("999999999999999999", 18, 0, "999999999999999999");
	check_decimal("-999999999999999999", 18, 0, "-999999999999999999");
	check_decimal("99999999999999999.95", 18, 1, "NULL");
	check_decimal("99999999999999999999999999999999999999", 38, 0,
				  "99999999999999999999999999999999999999");
	check_decimal("99999999999999999999999999999999999999.5", 38, 0, "NULL");
	check_decimal("-0.99999999999999999999999999999999999999", 38, 38,
				  "-0.99999999999999999999999999999999999999");
	check_decimal("0.999999999999999999999999999999999999995", 38, 38, "NULL");
	check_long_decimal("0.", '0', 100000, "1", 10, 2, "0.00");
	check_long_decimal("1", '0', 100000, "", 38, 0, "NULL");
	check_long_decimal("1", '0', 100000, "e-100000", 10, 2, "1.00");
	check_long_decimal("0.00", '4', 100000, "9", 10, 2, "0.00");
	check_long_decimal("0.00", '9', 100000, "", 10, 2, "0.01");
}

/* ---- floating point ---- */

static bool
same_double(double a, double b)
{
	return (isnan(a) && isnan(b)) || memcmp(&a, &b, sizeof(a)) == 0;
}

static void
check_double(const char *s, PdsValueResult want, double value)
{
	size_t		n = strlen(s);
	char	   *p = exact(s, n);
	double		v = 0;
	float		f = 0;
	char		what[200];

	snprintf(what, sizeof(what), "double \"%.150s\"", s);
	CHECK_MSG(pds_lazy_double(p, n, &v) == want &&
			  (want != PDS_VALUE_OK || same_double(v, value)), what);
	snprintf(what, sizeof(what), "float \"%.150s\"", s);
	CHECK_MSG(pds_lazy_float(p, n, &f) == want &&
			  (want != PDS_VALUE_OK || isnan(value) || !isfinite(value) || value == 0 ||
			   f == strtof(s, NULL)), what);
	free(p);
}

static void
test_double_text(void)
{
	check_double("", PDS_VALUE_NULL, 0);
	check_double(" ", PDS_VALUE_NULL, 0);
	check_double(".", PDS_VALUE_NULL, 0);
	check_double("-", PDS_VALUE_NULL, 0);
	check_double("f", PDS_VALUE_NULL, 0);
	check_double("1e", PDS_VALUE_NULL, 0);
	check_double("1e+", PDS_VALUE_NULL, 0);
	check_double("1ef", PDS_VALUE_NULL, 0);
	check_double("1.5ff", PDS_VALUE_NULL, 0);
	check_double("1 5", PDS_VALUE_NULL, 0);
	check_double("nan", PDS_VALUE_NULL, 0);
	check_double("inf", PDS_VALUE_NULL, 0);
	check_double("infinity", PDS_VALUE_NULL, 0);
	check_double("nan(1)", PDS_VALUE_NULL, 0);
	check_double("0x", PDS_VALUE_NULL, 0);
	check_double("0x1", PDS_VALUE_NULL, 0);
	check_double("0x.p1", PDS_VALUE_NULL, 0);
	check_double("0x1p", PDS_VALUE_NULL, 0);
	check_double("0x1f", PDS_VALUE_NULL, 0);
	check_double("NaN", PDS_VALUE_OK, NAN);
	check_double("-NaN", PDS_VALUE_OK, NAN);
	check_double("+Infinity", PDS_VALUE_OK, INFINITY);
	check_double("-Infinity", PDS_VALUE_OK, -INFINITY);
	check_double("1e400", PDS_VALUE_OK, INFINITY);
	check_double("-1e400", PDS_VALUE_OK, -INFINITY);
	check_double("1e99999999999999999999", PDS_VALUE_OK, INFINITY);
	check_double("1e-99999999999999999999", PDS_VALUE_OK, 0);
	check_double("0e99999999999999999999", PDS_VALUE_OK, 0);
	check_double("-0", PDS_VALUE_OK, -0.0);
	check_double("-0.0e-5", PDS_VALUE_OK, -0.0);
	check_double("1.5d", PDS_VALUE_OK, 1.5);
	check_double("\t 1.5F\r", PDS_VALUE_OK, 1.5);
	check_double("0x1.8p1", PDS_VALUE_OK, 3);
	check_double("-0x.8P-1", PDS_VALUE_OK, -0.25);
	check_double("0x1p3f", PDS_VALUE_OK, 8);
	check_double("0xfp0d", PDS_VALUE_OK, 15);
	check_double("4.9e-324", PDS_VALUE_OK, 4.9e-324);
	check_double("2.4703282292062327e-324", PDS_VALUE_OK, 0);
	check_double("2.2250738585072011e-308", PDS_VALUE_OK, 2.2250738585072011e-308);
	check_double("1.7976931348623157e308", PDS_VALUE_OK, DBL_MAX);
	check_double("9007199254740993", PDS_VALUE_OK, 9007199254740992.0);
	check_double("9007199254740992e22", PDS_VALUE_OK, 9007199254740992e22);
	check_double("16777217", PDS_VALUE_OK, 16777217);
	check_double("16777216e10", PDS_VALUE_OK, 16777216e10);
	check_double("1.00000017881393432617187499", PDS_VALUE_OK, 1.00000017881393432617187499);
	check_double("0.000000000000000000000000000000000000000000000000000000000000001e63",
				 PDS_VALUE_OK, 1);
}

/* the last bit that a round-about way through double would lose */
static void
test_float_rounding(void)
{
	float		f;

	CHECK(pds_lazy_float("1.00000017881393432617187499", 28, &f) == PDS_VALUE_OK &&
		  f == 1.00000011920928955078125f);
	CHECK(pds_lazy_float("1.00000017881393432617187501", 28, &f) == PDS_VALUE_OK &&
		  f == 1.0000002384185791015625f);
	CHECK(pds_lazy_float("3.4028235e38", 12, &f) == PDS_VALUE_OK && f == FLT_MAX);
	CHECK(pds_lazy_float("3.5e38", 6, &f) == PDS_VALUE_OK && isinf(f));
	CHECK(pds_lazy_float("1.4e-45", 7, &f) == PDS_VALUE_OK && f > 0);
}

static int
differs(const char *text)
{
	size_t		n = strlen(text);
	double		d;
	float		f;
	float		f4 = strtof(text, NULL);

	if (pds_lazy_double(text, n, &d) == PDS_VALUE_OK && same_double(d, strtod(text, NULL)) &&
		pds_lazy_float(text, n, &f) == PDS_VALUE_OK && memcmp(&f, &f4, sizeof(f)) == 0)
		return 0;
	printf("#   differs: %s\n", text);
	return 1;
}

static void
test_random_floats(void)
{
	int			wrong = 0;
	int			i;
	char		text[400];

	for (i = 0; i < 200000 && wrong < 20; i++)
	{
		uint64_t	bits = next_random();
		uint32_t	bits4 = (uint32_t) next_random();
		double		d;
		float		f;

		memcpy(&d, &bits, sizeof(d));
		memcpy(&f, &bits4, sizeof(f));
		if (isfinite(d))
		{
			snprintf(text, sizeof(text), "%.17g", d);
			wrong += differs(text);
			snprintf(text, sizeof(text), "%g", d);
			wrong += differs(text);
		}
		if (isfinite(f))
		{
			snprintf(text, sizeof(text), "%.9g", (double) f);
			wrong += differs(text);
			snprintf(text, sizeof(text), "%g", (double) f);
			wrong += differs(text);
		}
	}
	CHECK_MSG(wrong == 0, "random doubles and floats read as by strtod and strtof");
}

static void
test_short_floats(void)
{
	int			wrong = 0;
	int			i;
	char		text[400];

	for (i = 0; i < 200000 && wrong < 20; i++)
	{
		uint64_t	m = next_random() >> (next_random() % 64);
		int			e = (int) (next_random() % 60) - 30;

		snprintf(text, sizeof(text), "%s%llue%d", i & 1 ? "-" : "", (unsigned long long) m, e);
		wrong += differs(text);
		snprintf(text, sizeof(text), "%.*f", (int) (next_random() % 12),
				 (double) (int64_t) next_random() / (double) (1 + next_random() % 1000000000));
		wrong += differs(text);
		snprintf(text, sizeof(text), "%u.%02u", (unsigned) (next_random() % 100000),
				 (unsigned) (next_random() % 100));
		wrong += differs(text);
	}
	CHECK_MSG(wrong == 0, "short forms read as by strtod and strtof");
}

/* ---- booleans ---- */

static void
test_bool(void)
{
	bool		b;

	CHECK(pds_lazy_bool("true", 4, &b) == PDS_VALUE_OK && b);
	CHECK(pds_lazy_bool("FaLsE", 5, &b) == PDS_VALUE_OK && !b);
	CHECK(pds_lazy_bool("", 0, &b) == PDS_VALUE_NULL);
	CHECK(pds_lazy_bool("t", 1, &b) == PDS_VALUE_NULL);
	CHECK(pds_lazy_bool("1", 1, &b) == PDS_VALUE_NULL);
	CHECK(pds_lazy_bool("true ", 5, &b) == PDS_VALUE_NULL);
	CHECK(pds_lazy_bool("\x14RUE", 4, &b) == PDS_VALUE_NULL);
	CHECK(pds_lazy_bool("tr\x55\x45", 4, &b) == PDS_VALUE_OK && b);
}

/* ---- dates and timestamps ---- */

static void
check_date(const char *s, PdsValueResult want, int32_t days)
{
	size_t		n = strlen(s);
	char	   *p = exact(s, n);
	int32_t		v = 0;
	char		what[120];

	snprintf(what, sizeof(what), "date \"%s\"", s);
	CHECK_MSG(pds_lazy_date(p, n, &v) == want && (want != PDS_VALUE_OK || v == days), what);
	free(p);
}

static void
test_date(void)
{
	check_date("1970-01-01", PDS_VALUE_OK, 0);
	check_date("1969-12-31", PDS_VALUE_OK, -1);
	check_date("2000-02-29", PDS_VALUE_OK, 11016);
	check_date("2000-03-01", PDS_VALUE_OK, 11017);
	check_date("0000-03-01", PDS_VALUE_OK, -719468);
	check_date("-0001-03-01", PDS_VALUE_OK, -719834);
	check_date("-4713-11-24", PDS_VALUE_OK, -2440588);
	check_date("1970-01-99", PDS_VALUE_OK, 98);
	check_date("1970-99-01", PDS_VALUE_OK, 8 * 365 + 2 + 31 + 28);
	check_date("1970-1-00000001", PDS_VALUE_OK, 0);
	check_date("1970-01-2147483647", PDS_VALUE_OK, 2147483646);
	check_date("1970-02-2147483647", PDS_VALUE_ERROR, 0);
	check_date("2147483647-01-01", PDS_VALUE_ERROR, 0);
	check_date("-2147483647-01-01", PDS_VALUE_ERROR, 0);
	check_date("2147483648-01-01", PDS_VALUE_NULL, 0);
	check_date("99999999999999999999-01-01", PDS_VALUE_NULL, 0);
	check_date("5881580-07-11", PDS_VALUE_OK, INT32_MAX);
	check_date("5881580-07-12", PDS_VALUE_ERROR, 0);
	check_date("-5877641-06-23", PDS_VALUE_OK, INT32_MIN);
	check_date("-5877641-06-22", PDS_VALUE_ERROR, 0);
	check_date("1970-01-0x", PDS_VALUE_NULL, 0);
	check_date("1970-01-", PDS_VALUE_NULL, 0);
	check_date("1970--1-01", PDS_VALUE_NULL, 0);
	check_date("1970", PDS_VALUE_NULL, 0);
	check_date("-", PDS_VALUE_NULL, 0);
	check_date("--", PDS_VALUE_NULL, 0);
	check_date("", PDS_VALUE_NULL, 0);
	check_date(" 1970-01-02 anything", PDS_VALUE_OK, 1);
}

/* the days of four hundred years, one after the other */
static void
test_calendar(void)
{
	static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int32_t		want = -4 * 146097; /* 0370-01-01 */
	int			wrong = 0;
	int			y;
	int			m;
	int			d;

	for (y = 370; y < 2770; y++)
		for (m = 1; m <= 12; m++)
		{
			int			leap = m == 2 && y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);

			for (d = 1; d <= lengths[m - 1] + leap; d++)
			{
				char		text[80];
				int32_t		days = 0;
				int64_t		us = 0;

				snprintf(text, sizeof(text), "%04d-%02d-%02d 00:00:00", y, m, d);
				wrong += pds_lazy_date(text, 10, &days) != PDS_VALUE_OK || days != want;
				wrong += pds_lazy_date(text, 19, &days) != PDS_VALUE_OK || days != want;
				wrong += pds_lazy_timestamp(text, 19, &us) != PDS_VALUE_OK || us != want * DAY;
				text[10] = 'T';
				wrong += pds_lazy_timestamp(text, 19, &us) != PDS_VALUE_OK || us != want * DAY;
				want++;
			}
		}
	CHECK_MSG(wrong == 0, "every day from 370 to 2769");
}

static void
check_timestamp(const char *s, PdsValueResult want, int64_t us)
{
	size_t		n = strlen(s);
	char	   *p = exact(s, n);
	int64_t		v = 0;
	char		what[120];

	snprintf(what, sizeof(what), "timestamp \"%s\"", s);
	CHECK_MSG(pds_lazy_timestamp(p, n, &v) == want && (want != PDS_VALUE_OK || v == us), what);
	free(p);
}

static void
test_timestamp_lenient(void)
{
	check_timestamp("1970-01-01 00:00:00", PDS_VALUE_OK, 0);
	check_timestamp("1970-1-1 0:0:0", PDS_VALUE_OK, 0);
	check_timestamp("1970-01-01 00:00:00.", PDS_VALUE_OK, 0);
	check_timestamp("1970-01-01 00:00:00.0004", PDS_VALUE_OK, 0);
	check_timestamp("1970-01-01 00:00:00.0005", PDS_VALUE_OK, 1000);
	check_timestamp("1970-01-01 00:00:00.000499999", PDS_VALUE_OK, 0);
	check_timestamp("1970-01-01 00:00:00.9995", PDS_VALUE_OK, 1000000);
	check_timestamp("1970-01-01 00:00:00.999499999", PDS_VALUE_OK, 999000);
	check_timestamp("1969-12-31 23:59:59.9995", PDS_VALUE_OK, 0);
	check_timestamp("1970-01-01 00:00:00.0000000000", PDS_VALUE_NULL, 0);
	check_timestamp("1970-01-01 99:99:99", PDS_VALUE_OK,
					(99 * 3600 + 99 * 60 + 99) * INT64_C(1000000));
	check_timestamp("-0001-03-01 00:00:00", PDS_VALUE_OK, -719834 * DAY);
	check_timestamp("1970-01-01 00:00", PDS_VALUE_NULL, 0);
	check_timestamp("1970-01-01 00:00:", PDS_VALUE_NULL, 0);
	check_timestamp("1970-01-01 00:00:00.5x", PDS_VALUE_NULL, 0);
	check_timestamp("1970-01-01 00:00:-1", PDS_VALUE_NULL, 0);
	check_timestamp("1970-01-01 ", PDS_VALUE_NULL, 0);
	check_timestamp("1970-01-01", PDS_VALUE_NULL, 0);
	check_timestamp("", PDS_VALUE_NULL, 0);
	check_timestamp("294247-01-10 04:00:54.775", PDS_VALUE_OK, INT64_C(9223372036854775000));
	check_timestamp("294247-01-10 04:00:54.776", PDS_VALUE_ERROR, 0);
	check_timestamp("294247-01-10 04:00:55", PDS_VALUE_ERROR, 0);
	check_timestamp("-290308-12-21 19:59:06", PDS_VALUE_OK, INT64_C(-9223372036854000000));
	check_timestamp("-290308-12-21 19:59:04", PDS_VALUE_ERROR, 0);
	check_timestamp("2147483647-12-31 00:00:00", PDS_VALUE_ERROR, 0);
	check_timestamp("-2147483647-2147483647-2147483647 2147483647:2147483647:2147483647",
					PDS_VALUE_ERROR, 0);
}

static void
test_timestamp_iso(void)
{
	check_timestamp("1970-01-01T00:00:00", PDS_VALUE_OK, 0);
	check_timestamp("1970-01-01t00:00:01", PDS_VALUE_OK, 1000000);
	check_timestamp("1970-01-01T00:01", PDS_VALUE_OK, 60000000);
	check_timestamp("1970-01-01T23:59:59.9995", PDS_VALUE_OK, DAY);
	check_timestamp("  1970-01-01T00:00:00\t", PDS_VALUE_OK, 0);
	check_timestamp("-0001-03-01T00:00:00", PDS_VALUE_OK, -719834 * DAY);
	check_timestamp("0000-03-01T00:00:00", PDS_VALUE_OK, -719468 * DAY);
	check_timestamp("+10000-01-01T00:00:00", PDS_VALUE_OK, INT64_C(253402300800000000));
	check_timestamp("10000-01-01T00:00:00", PDS_VALUE_NULL, 0);
	check_timestamp("+1970-01-01T00:00:00", PDS_VALUE_NULL, 0);
	check_timestamp("-0000-01-01T00:00:00", PDS_VALUE_NULL, 0);
	check_timestamp("970-01-01T00:00:00", PDS_VALUE_NULL, 0);
	check_timestamp("1970-1-01T00:00:00", PDS_VALUE_NULL, 0);
	check_timestamp("1970-01-1T00:00:00", PDS_VALUE_NULL, 0);
	check_timestamp("1970-01-01T0:00:00", PDS_VALUE_NULL, 0);
	check_timestamp("1970-01-01T00:0:00", PDS_VALUE_NULL, 0);
	check_timestamp("1970-01-01T00:00:0", PDS_VALUE_NULL, 0);
	check_timestamp("1970-01-01T24:00:00", PDS_VALUE_NULL, 0);
	check_timestamp("1970-01-01T00:60:00", PDS_VALUE_NULL, 0);
	check_timestamp("1970-01-01T00:00:60", PDS_VALUE_NULL, 0);
	check_timestamp("1970-13-01T00:00:00", PDS_VALUE_NULL, 0);
	check_timestamp("1970-00-01T00:00:00", PDS_VALUE_NULL, 0);
	check_timestamp("1970-01-00T00:00:00", PDS_VALUE_NULL, 0);
	check_timestamp("1970-01-32T00:00:00", PDS_VALUE_NULL, 0);
	check_timestamp("1970-02-29T00:00:00", PDS_VALUE_NULL, 0);
	check_timestamp("1972-02-29T00:00:00", PDS_VALUE_OK, 789 * DAY);
	check_timestamp("1900-02-29T00:00:00", PDS_VALUE_NULL, 0);
	check_timestamp("1970-12-31T00:00:00", PDS_VALUE_OK, 364 * DAY);
	check_timestamp("1970-12-32T00:00:00", PDS_VALUE_NULL, 0);
	check_timestamp("1970-01-01T00:00:00Z", PDS_VALUE_NULL, 0);
	check_timestamp("1970-01-01T00:00:00+01:00", PDS_VALUE_NULL, 0);
	check_timestamp("1970-01-01T", PDS_VALUE_NULL, 0);
}

/* ---- binary ---- */

static void
check_binary(const char *s, const char *want, size_t want_len)
{
	size_t		n = strlen(s);
	char	   *p = exact(s, n);
	char	   *out = malloc(n ? n : 1);
	size_t		len = 0;
	char		what[120];

	if (out == NULL)
		exit(2);
	snprintf(what, sizeof(what), "binary \"%.100s\"",
			 (unsigned char) s[0] < 0x80 ? s : "(no text)");
	if (strpbrk(what, "\r\n"))
		strcpy(what, "binary over two lines");
	CHECK_MSG(pds_lazy_binary(p, n, out, &len) == PDS_VALUE_OK && len == want_len &&
			  memcmp(out, want, len) == 0, what);
	free(out);
	free(p);
}

static void
test_binary(void)
{
	check_binary("", "", 0);
	check_binary("Zg==", "f", 1);
	check_binary("Zm8=", "fo", 2);
	check_binary("Zm9v", "foo", 3);
	check_binary("Zm9vYg==", "foob", 4);
	check_binary("Zm9vYmE=", "fooba", 5);
	check_binary("Zm9vYmFy", "foobar", 6);
	check_binary("Zm9vYmE", "fooba", 5);
	check_binary("Zm9v\r\nYmFy", "foobar", 6);
	check_binary("AAEC/f7/", "\0\1\2\xFD\xFE\xFF", 6);
	check_binary("AAEC_f7_", "\0\1\2\xFD\xFE\xFF", 6);
	check_binary("+/+-", "\xFB\xFF\xBE", 3);
	check_binary("Zg==Zm9v", "f", 1);
	check_binary("====", "", 0);
	check_binary("Z", "", 0);
	check_binary("Zm9v!", "Zm9v!", 5);
	check_binary("\xFF\xFE", "\xFF\xFE", 2);
}

/* ---- typed OpenCSV ---- */

static void
check_opencsv(const char *s, PdsValueResult date, int32_t days, PdsValueResult time, int64_t us)
{
	size_t		n = strlen(s);
	char	   *p = exact(s, n);
	int32_t		d = 0;
	int64_t		t = 0;
	char		what[120];

	snprintf(what, sizeof(what), "opencsv date and timestamp \"%s\"", s);
	CHECK_MSG(pds_opencsv_date(p, n, &d) == date && (date != PDS_VALUE_OK || d == days) &&
			  pds_opencsv_timestamp(p, n, &t) == time && (time != PDS_VALUE_OK || t == us), what);
	free(p);
}

static void
test_opencsv(void)
{
	check_opencsv("0", PDS_VALUE_OK, 0, PDS_VALUE_OK, 0);
	check_opencsv("19753", PDS_VALUE_OK, 19753, PDS_VALUE_OK, 19753000);
	check_opencsv("-1", PDS_VALUE_OK, -1, PDS_VALUE_OK, -1000);
	check_opencsv("2147483647", PDS_VALUE_OK, INT32_MAX, PDS_VALUE_OK, INT64_C(2147483647000));
	check_opencsv("2147483648", PDS_VALUE_ERROR, 0, PDS_VALUE_OK, INT64_C(2147483648000));
	check_opencsv("-2147483648", PDS_VALUE_OK, INT32_MIN, PDS_VALUE_OK, INT64_C(-2147483648000));
	check_opencsv("1706695872123", PDS_VALUE_ERROR, 0, PDS_VALUE_OK, INT64_C(1706695872123000));
	check_opencsv("9223372036854775", PDS_VALUE_ERROR, 0, PDS_VALUE_OK,
				  INT64_C(9223372036854775000));
	check_opencsv("9223372036854776", PDS_VALUE_ERROR, 0, PDS_VALUE_ERROR, 0);
	check_opencsv("-9223372036854775", PDS_VALUE_ERROR, 0, PDS_VALUE_OK,
				  INT64_C(-9223372036854775000));
	check_opencsv("-9223372036854776", PDS_VALUE_ERROR, 0, PDS_VALUE_ERROR, 0);
	check_opencsv("", PDS_VALUE_ERROR, 0, PDS_VALUE_ERROR, 0);
	check_opencsv("1.5", PDS_VALUE_ERROR, 0, PDS_VALUE_ERROR, 0);
	check_opencsv("2024-01-31", PDS_VALUE_ERROR, 0, PDS_VALUE_ERROR, 0);
	check_opencsv(" 1", PDS_VALUE_ERROR, 0, PDS_VALUE_ERROR, 0);
	check_opencsv("abc", PDS_VALUE_ERROR, 0, PDS_VALUE_ERROR, 0);
}

/* ---- text ---- */

static void
test_prefix(void)
{
	static const char text[] = "a\xC3\xA9\xE6\x97\xA5\xF0\x9F\x98\x80z";

	CHECK_INT(pds_utf8_prefix(text, 11, 0), 0);
	CHECK_INT(pds_utf8_prefix(text, 11, 1), 1);
	CHECK_INT(pds_utf8_prefix(text, 11, 2), 3);
	CHECK_INT(pds_utf8_prefix(text, 11, 3), 6);
	CHECK_INT(pds_utf8_prefix(text, 11, 4), 10);
	CHECK_INT(pds_utf8_prefix(text, 11, 5), 11);
	CHECK_INT(pds_utf8_prefix(text, 11, 99), 11);
	CHECK_INT(pds_utf8_prefix(text, 0, 3), 0);
	CHECK_INT(pds_utf8_count(text, 11), 5);
	CHECK_INT(pds_utf8_count(text, 6), 3);
	CHECK_INT(pds_utf8_count(text, 0), 0);
}

static void
test_lists(void)
{
	static const char *const words[] = {"day", "Week", NULL};
	static const char *const none[] = {NULL};

	CHECK(pds_str_is_one_of("day", words));
	CHECK(pds_str_is_one_of("Week", words));
	CHECK(!pds_str_is_one_of("week", words));
	CHECK(!pds_str_is_one_of("days", words));
	CHECK(!pds_str_is_one_of("", words));
	CHECK(!pds_str_is_one_of("day", none));
	CHECK(pds_str_is_one_of_any_case("DAY", words));
	CHECK(pds_str_is_one_of_any_case("week", words));
	CHECK(!pds_str_is_one_of_any_case("wee", words));
	CHECK(!pds_str_is_one_of_any_case("week", none));
}

/* ---- partition keys ---- */

/* each type: a text that it holds, then '|', one that it does not, and so on */
static const struct
{
	const char *type;
	const char *holds;
	const char *refuses;
}			key_cases[] =

{
	{"boolean", "true|FALSE", "|t|1|yes| true"},
	{"tinyint", "127|-128|+1|007", "128|-129|1.0|x||1e1| 1"},
	{"smallint", "32767|-32768", "32768|1.|"},
	{"int", "2147483647|-1", "2147483648|1.5|0x1|"},
	{"bigint", "9223372036854775807", "9223372036854775808|"},
	{"float", "1.5|1e10|NaN|Infinity| 2", "x||1,5"},
	{"double", "1.5|-1e300|1e400|1.5d", "x||1,5"},
	{"decimal(10,2)", "1.5|1.50|1.500|-0|12345678.99|1e2|150e-2|1500E-3|0.00000|1.55BD",
	"1.555|0.001|123456789|1e8|1555e-3|x||BD| 1|1.5 "},
	{"decimal(3,0)", "999|1e2|10e-1|1.0", "1000|9.5|1e3|1e-1"},
	{"date", "2024-02-29|2024-2-9|2024-01-01 0:0|2024-01-01 00:00:00.000000000",
	"2024-02-30|2023-02-29|2024-13-01|20240101|2024-01-01 01:00| 2024-01-01|2024-01-01T00:00:00|"},
	{"timestamp", "2024-02-29|2024-02-29 1:2|2024-02-29 01:02:03.5",
	"2024-02-30 00:00:00|2024-02-29 24:00|2024-02-29T01:02:03|x|"},
	{"varchar(3)", "|abc|\xC3\xA9\xC3\xA9\xC3\xA9", "abcd|abc "},
	{"char(3)", "|abc|abc   ", "abcd|   a"},
	{"string", "|anything", NULL},
};

static void
check_key_texts(const PdsHiveType *t, const char *type, const char *texts, bool holds)
{
	while (texts)
	{
		const char *bar = strchr(texts, '|');
		size_t		n = bar ? (size_t) (bar - texts) : strlen(texts);
		char	   *s = exact(texts, n);

		if (!CHECK(pds_key_holds(t, s, n) == holds))
			printf("# %s: \"%.*s\"\n", type, (int) n, texts);
		free(s);
		texts = bar ? bar + 1 : NULL;
	}
}

static void
test_keys(void)
{
	size_t		i;
	int32_t		days;
	int64_t		us;

	for (i = 0; i < sizeof(key_cases) / sizeof(key_cases[0]); i++)
	{
		PdsHiveType t;
		PdsError	err;

		if (!CHECK(pds_hive_type_parse(key_cases[i].type, &t, &err)))
			continue;
		check_key_texts(&t, key_cases[i].type, key_cases[i].holds, true);
		check_key_texts(&t, key_cases[i].type, key_cases[i].refuses, false);
		pds_hive_type_clear(&t);
	}
	CHECK(pds_key_date("1969-12-31 00:00", 16, &days) && days == -1);
	CHECK(pds_key_timestamp("1970-1-2 0:0:1", 14, &us) && us == DAY + 1000000);
}

/* ---- fields cut at NUL bytes ---- */

static void
test_delimiter_zero(void)
{
	char		key[] = "field.delim";
	char		zero[] = "0";
	char		input[] = "org.apache.hadoop.mapred.TextInputFormat";
	char		serde[] = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe";
	PdsKeyValue item = {key, zero};
	PdsProperties none = {0};
	PdsStorageDescriptor sd = {0};
	PdsDialect	d;
	PdsScanDialect scan;
	PdsIndex	ix;
	PdsArena	arena;
	PdsField	f[3];
	int			wanted[3] = {0, 1, 2};
	char		buf[256] = "a\0bc\0\n\\\0d\n";
	PdsError	err;

	sd.input_format = input;
	sd.serde = serde;
	sd.serde_parameters.items = &item;
	sd.serde_parameters.n = 1;
	if (!CHECK(pds_dialect_from_glue(&d, &none, &sd, NULL, &err)))
		return;
	pds_dialect_scan(&d, &scan);
	pds_index_init(&ix);
	pds_arena_init(&arena);
	CHECK(pds_index_build(&ix, &scan, buf, 10, true) && ix.nrec == 2);
	CHECK(pds_record_fields(&d, &ix, buf, 0, wanted, 3, f, &arena));
	CHECK(f[0].len == 1 && f[0].data[0] == 'a' && f[1].len == 2 && f[1].data[1] == 'c' &&
		  f[2].data && f[2].len == 0);
	CHECK(pds_record_fields(&d, &ix, buf, 1, wanted, 3, f, &arena));
	CHECK(f[0].len == 1 && f[0].data[0] == '\\' && f[1].len == 1 && f[2].data == NULL);
	pds_arena_free(&arena);
	pds_index_free(&ix);
}

/* more zeros than an exponent was once counted to: the digits decide */
static void
test_long_fractions(void)
{
	size_t		zeros = 120000;
	char	   *s = malloc(zeros + 40);
	char		got[80];
	size_t		len;
	size_t		n;
	int64_t		scaled;
	bool		fits;
	double		d = 0;
	float		f = 0;

	memset(s, '0', zeros);
	s[1] = '.';
	n = zeros + (size_t) sprintf(s + zeros, "5e%zu", zeros - 2);
	CHECK(pds_lazy_decimal(s, n, 3, 1, got, &len, &scaled, &fits) == PDS_VALUE_OK && scaled == 5);
	CHECK(pds_lazy_double(s, n, &d) == PDS_VALUE_OK && d == 0.5);
	CHECK(pds_lazy_float(s, n, &f) == PDS_VALUE_OK && f == 0.5f);
	n = zeros + (size_t) sprintf(s + zeros, "5e1199990000");
	CHECK(pds_lazy_double(s, n, &d) == PDS_VALUE_OK && isinf(d));
	n = zeros + (size_t) sprintf(s + zeros, "5e99999999999999999999");
	CHECK(pds_lazy_decimal(s, n, 3, 1, got, &len, &scaled, &fits) == PDS_VALUE_NULL);
	n = zeros + (size_t) sprintf(s + zeros, "5e-99999999999999999999");
	CHECK(pds_lazy_decimal(s, n, 3, 1, got, &len, &scaled, &fits) == PDS_VALUE_OK && scaled == 0);
	CHECK(pds_lazy_double(s, n, &d) == PDS_VALUE_OK && d == 0);
	free(s);
}

int
main(void)
{
	test_int();
	test_decimal();
	test_double_text();
	test_float_rounding();
	test_random_floats();
	test_short_floats();
	test_bool();
	test_date();
	test_calendar();
	test_timestamp_lenient();
	test_timestamp_iso();
	test_binary();
	test_opencsv();
	test_prefix();
	test_lists();
	test_keys();
	test_delimiter_zero();
	test_long_fractions();
	return unit_done();
}
