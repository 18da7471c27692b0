/*
 * test_text_format.c
 *	  Numbers and dates as people write them.
 */
#include "unit.h"

#include <string.h>

#include "core/serde/text_format.h"

static const char *
normal(const char *s, char decimal, char thousands)
{
	static char out[100];
	size_t		n;

	if (!pds_number_normal(s, strlen(s), decimal, thousands, out, &n))
		return "no";
	out[n] = '\0';
	return out;
}

static void
test_numbers(void)
{
	CHECK_STR(normal("1.234.567,89", ',', '.'), "1234567.89");
	CHECK_STR(normal("-1234567,89", ',', '.'), "-1234567.89");
	CHECK_STR(normal("+0,5e-3", ',', '.'), "+0.5e-3");
	CHECK_STR(normal(",5", ',', '.'), ".5");
	CHECK_STR(normal(" 12 ", ',', '.'), " 12 ");
	CHECK_STR(normal("1 234", '.', ' '), "1234");
	CHECK_STR(normal("1'234.5", '.', '\''), "1234.5");
	CHECK_STR(normal("NaN", ',', '.'), "NaN");
	CHECK_STR(normal("abc", ',', '.'), "abc");
	CHECK_STR(normal("", ',', '.'), "");
	CHECK_STR(normal("12.34", ',', '.'), "no");
	CHECK_STR(normal("1.2345", ',', '.'), "no");
	CHECK_STR(normal("1234.567", ',', '.'), "no");
	CHECK_STR(normal("1..234", ',', '.'), "no");
	CHECK_STR(normal("1.234.", ',', '.'), "no");
	CHECK_STR(normal("1,5,5", ',', '.'), "no");
	CHECK_STR(normal("0.5", ',', 0), "no");
	CHECK_STR(normal("1,234", '.', 0), "1,234");
}

/* read, then written by another format */
static const char *
through(const char *format, const char *text, const char *out_format)
{
	static PdsStr out;
	int64_t		us;

	pds_str_reset(&out);
	if (!pds_time_by_format(format, text, strlen(text), &us) || !pds_time_print(out_format, us, &out))
		return "no";
	return pds_str_text(&out);
}

#define ISO "%Y-%m-%d %H:%M:%S.%f"

static void
test_times(void)
{
	CHECK_STR(through("%d.%m.%Y", "31.01.2024", ISO), "2024-01-31 00:00:00.000000");
	CHECK_STR(through("%d.%m.%Y", "1.2.2024", ISO), "2024-02-01 00:00:00.000000");
	CHECK_STR(through("%d.%m.%Y", "29.02.2023", ISO), "no");
	CHECK_STR(through("%d.%m.%Y", "29.02.2024", ISO), "2024-02-29 00:00:00.000000");
	CHECK_STR(through("%d.%m.%Y", "31.01.24", ISO), "no");
	CHECK_STR(through("%d.%m.%Y", "31.01.2024x", ISO), "no");
	CHECK_STR(through("%d.%m.%Y", "31.13.2024", ISO), "no");
	CHECK_STR(through("%d/%m/%y", "31/12/68", "%Y"), "2068");
	CHECK_STR(through("%d/%m/%y", "31/12/69", "%Y"), "1969");
	CHECK_STR(through("%b %d %Y %I:%M:%S %p", "SEP 05 1969 12:30:00 am", ISO), "1969-09-05 00:30:00.000000");
	CHECK_STR(through("%B %e, %Y", "December 31, 1899", "%A %-d %b %y, %-I %p"), "Sunday 31 Dec 99, 12 AM");
	CHECK_STR(through("%Y%j", "2024366", ISO), "2024-12-31 00:00:00.000000");
	CHECK_STR(through("%Y%j", "2023366", ISO), "no");
	CHECK_STR(through("%Y-%m-%dT%H:%M:%S.%f", "0001-01-01T23:59:59.000001", ISO), "0001-01-01 23:59:59.000001");
	CHECK_STR(through("%Y-%m-%dT%H:%M:%S.%f", "2024-01-01T24:00:00.0", ISO), "no");
	CHECK_STR(through("%Y %m %d", "2024  1\t2", "%j%%"), "002%");
	CHECK(pds_time_format_fault("%d.%m.%Y") == NULL && pds_time_format_fault("%Y%j") == NULL);
	CHECK(pds_time_format_fault("%d.%m") != NULL && pds_time_format_fault("%d.%m.%Y %") != NULL &&
		  pds_time_format_fault("%d.%m.%Y %z") != NULL && pds_time_format_fault("%-Y%m%d") != NULL);
}

/* every day of four hundred years and more, there and back */
static void
test_days(void)
{
	int64_t		day;
	int			bad = 0;
	PdsStr		out;

	pds_str_init(&out);
	for (day = -719162; day < 2932896; day += 7)
	{
		int64_t		us = day * INT64_C(86400000000) + (day & 1 ? 86399999999 : 0);
		int64_t		back;

		pds_str_reset(&out);
		bad += !pds_time_print(ISO, us, &out) ||
			!pds_time_by_format(ISO, pds_str_text(&out), out.len, &back) || back != us;
	}
	CHECK_MSG(bad == 0, "days from year 1 to 9999");
	pds_str_reset(&out);
	CHECK(!pds_time_print(ISO, INT64_C(-719163) * 86400000000, &out) &&
		  !pds_time_print(ISO, INT64_C(2932897) * 86400000000, &out));
	pds_str_free(&out);
}

int
main(void)
{
	test_numbers();
	test_times();
	test_days();
	return unit_done();
}
