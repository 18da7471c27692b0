/*
 * target_values.c
 *	  Values of text.
 */
#include "fuzz.h"

#include <math.h>

#include "core/base/utf8.h"
#include "core/serde/plain_values.h"
#include "core/serde/serde.h"
#include "core/serde/serde_nested.h"

/* what PostgreSQL has of times, and some more */
#define MOST_SECONDS	INT64_C(20000000000000)

static void
check_decimal(const char *s, size_t n)
{
	char		text[64];
	char		again[64];
	size_t		len;
	size_t		len2;
	int64_t		scaled;
	bool		fits;
	int			precision = 1 + (int) (n % 38);
	int			scale = n > 0 ? (unsigned char) s[0] % (precision + 1) : 0;

	if (pds_lazy_decimal(s, n, precision, scale, text, &len, &scaled, &fits) != PDS_VALUE_OK)
		return;
	FUZZ_CHECK(len > 0 && len < 64);
	/* what it gives is a decimal of that type, and the same */
	FUZZ_CHECK(pds_lazy_decimal(text, len, precision, scale, again, &len2, &scaled, &fits) ==
			   PDS_VALUE_OK && len2 == len && memcmp(text, again, len) == 0);
	FUZZ_CHECK(fits == (precision <= 18));
}

static void
check_numbers(const char *s, size_t n)
{
	int64_t		i;
	double		d;
	double		d2;
	float		f;
	float		f2;
	bool		b;
	char		text[40];
	size_t		len;

	if (pds_lazy_int(s, n, -128, 127, &i) == PDS_VALUE_OK)
		FUZZ_CHECK(i >= -128 && i <= 127);
	(void) pds_lazy_int(s, n, INT64_MIN, INT64_MAX, &i);
	(void) pds_lazy_bool(s, n, &b);
	/* Java's text of a number is read as that number */
	if (pds_lazy_double(s, n, &d) == PDS_VALUE_OK)
	{
		len = pds_java_double(d, text);
		FUZZ_CHECK(len < sizeof(text));
		FUZZ_CHECK(pds_lazy_double(text, len, &d2) == PDS_VALUE_OK);
		FUZZ_SAY(isnan(d) ? isnan(d2) : memcmp(&d, &d2, sizeof(d)) == 0, text);
	}
	if (pds_lazy_float(s, n, &f) == PDS_VALUE_OK)
	{
		len = pds_java_float(f, text);
		FUZZ_CHECK(pds_lazy_float(text, len, &f2) == PDS_VALUE_OK);
		FUZZ_SAY(isnan(f) ? isnan(f2) : memcmp(&f, &f2, sizeof(f)) == 0, text);
	}
}

/* one text by every parser of scalars */
void
fuzz_values(FuzzInput *in)
{
	size_t		n;
	char	   *text = fuzz_rest(in, &n);
	char	   *s = malloc(n ? n : 1);
	char	   *binary = malloc(n ? n : 1);
	size_t		len;
	int32_t		days;
	int64_t		us;
	int64_t		ms;

	/* no byte behind it */
	memcpy(s, text, n);
	check_numbers(s, n);
	check_decimal(s, n);
	(void) pds_lazy_date(s, n, &days);
	if (pds_lazy_timestamp_rounded(s, n, 6, &us) == PDS_VALUE_OK)
	{
		FUZZ_CHECK(llabs(us) / 1000000 <= INT64_C(400) * 366 * 86400 * 1000);
		FUZZ_CHECK(pds_lazy_timestamp(s, n, &ms) == PDS_VALUE_OK && ms % 1000 == 0 &&
				   llabs(ms - us) <= 1000);
	}
	if (pds_lazy_binary(s, n, binary, &len) == PDS_VALUE_OK)
		FUZZ_CHECK(len <= n);
	(void) pds_opencsv_date(s, n, &days);
	(void) pds_opencsv_timestamp(s, n, &us);
	FUZZ_CHECK(pds_utf8_prefix(s, n, 3) <= n);
	FUZZ_CHECK(pds_utf8_scalar(s, n) == pds_utf8_valid(s, n));
	free(s);
	free(binary);
	free(text);
}

/* what is plain is what the SerDe's own parsers make of it */
void
fuzz_plain(FuzzInput *in)
{
	size_t		n;
	char	   *text = fuzz_rest(in, &n);
	char	   *s = calloc(1, n + PDS_PLAIN_SLACK + 1);
	PdsPlainDecimal dec;
	char		canonical[64];
	size_t		len;
	int64_t		a;
	int64_t		b;
	int32_t		days;
	int32_t		days2;
	bool		x;
	bool		y;
	bool		fits;
	int			digits;

	memcpy(s, text, n);
	memset(s + n, '7', PDS_PLAIN_SLACK);
	pds_plain_init();
	if (pds_plain_int(s, n, &a))
		FUZZ_CHECK(pds_lazy_int(s, n, INT64_MIN, INT64_MAX, &b) == PDS_VALUE_OK && a == b);
	if (pds_plain_decimal(s, n, &dec))
		FUZZ_CHECK(pds_lazy_decimal(s, n, 18, dec.scale, canonical, &len, &b, &fits) ==
				   PDS_VALUE_OK && fits && b == pds_plain_scaled(&dec));
	if (pds_plain_bool(s, n, &x))
		FUZZ_CHECK(pds_lazy_bool(s, n, &y) == PDS_VALUE_OK && x == y);
	if (pds_plain_date_days(s, n, &days))
		FUZZ_CHECK(pds_lazy_date(s, n, &days2) == PDS_VALUE_OK && days == days2);
	for (digits = 0; digits <= 6; digits++)
		if (pds_plain_timestamp(s, n, digits, &a))
			FUZZ_CHECK(pds_lazy_timestamp_rounded(s, n, digits, &b) == PDS_VALUE_OK && a == b);
	free(s);
	free(text);
}

/* formats, then a text */
void
fuzz_timestamp_formats(FuzzInput *in)
{
	char	   *formats = fuzz_line(in);
	size_t		n;
	char	   *text = fuzz_rest(in, &n);
	PdsError	err;
	int64_t		us;

	if (fuzz_check_call(pds_timestamp_formats_check(formats, &err), &err) &&
		pds_timestamp_by_formats(formats, text, n, &us))
		FUZZ_CHECK(us / 1000000 > -MOST_SECONDS && us / 1000000 < MOST_SECONDS);
	free(formats);
	free(text);
}

static int
depth_of(const PdsHiveType *t)
{
	int			most = 0;
	int			i;

	for (i = 0; i < t->nchildren; i++)
	{
		int			d = depth_of(&t->children[i]);

		most = d > most ? d : most;
	}
	return most + 1;
}

/* escape, nesting, a type, then a line in which the value stands behind the first tab: JSON comes of it */
void
fuzz_nested(FuzzInput *in)
{
	PdsDialect	d;
	PdsHiveType t;
	PdsError	err;
	PdsStr		out;
	PdsField	field;
	PdsField	e;
	char	   *type;
	char	   *line;
	char	   *value;
	size_t		n;
	size_t		at = 0;
	size_t		elements = 0;
	cJSON	   *json;

	pds_dialect_init(&d, PDS_FORMAT_LAZYSIMPLE);
	d.collection_delim = '|';
	d.mapkey_delim = ':';
	d.escape = fuzz_byte(in, 2) ? '\\' : 0;
	d.nesting = (PdsNesting) fuzz_byte(in, 3);
	type = fuzz_line(in);
	line = fuzz_rest(in, &n);
	value = n > 0 && memchr(line, '\t', n) ? (char *) memchr(line, '\t', n) + 1 : line;
	n -= (size_t) (value - line);
	pds_str_init(&out);
	if (pds_hive_type_parse(type, &t, &err))
	{
		if (pds_nested_levels(&t) <= pds_dialect_levels(&d) &&
			pds_lazy_json(&d, &t, line, value, n, &out) == PDS_VALUE_OK && !out.failed)
		{
			/*
			 * numbers that JSON does not have, and deeper than the parser
			 * goes
			 */
			json = cJSON_ParseWithLengthOpts(pds_str_text(&out), out.len + 1, NULL, true);
			FUZZ_SAY(json != NULL || depth_of(&t) > 500, pds_str_text(&out));
			cJSON_Delete(json);
			FUZZ_CHECK(out.len <= 64 + (strlen(type) + 64) * (n + 2) * 8);
		}
		pds_hive_type_clear(&t);
	}
	field.data = value;
	field.len = (uint32_t) n;
	field.room = 0;
	field.escaped = false;
	while (pds_lazy_next_element(&d, line, &field, &at, &e))
	{
		FUZZ_CHECK(e.data == NULL || (e.data >= value && e.data + e.len <= value + n));
		FUZZ_CHECK(++elements <= n + 1);
	}
	pds_str_free(&out);
	free(type);
	free(line);
}
