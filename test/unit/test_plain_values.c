/*
 * test_plain_values.c
 *	  Plain values against the parsers of the SerDes, and the cut-out of quoted
 *	  fields against a plain one, on random texts.
 */
#include <inttypes.h>

#include "core/base/calendar.h"
#include "core/serde/field_cut.h"
#include "core/serde/plain_values.h"
#include "unit.h"

#define ROUNDS 200000

static uint64_t random_state = UINT64_C(0x9E3779B97F4A7C15);

static unsigned int
pick(unsigned int n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (unsigned int) (random_state >> 33) % n;
}

/* a text with PDS_PLAIN_SLACK bytes behind it, that are other digits each time */
typedef struct Text
{
	char		s[64];
	size_t		n;
} Text;

static void
finish(Text *t)
{
	size_t		i;

	for (i = t->n; i < sizeof(t->s); i++)
		t->s[i] = (char) ('0' + pick(10));
}

static void
append(Text *t, const char *from, unsigned int count)
{
	size_t		n = strlen(from);

	while (count-- > 0 && t->n < 40)
		t->s[t->n++] = from[pick((unsigned int) n)];
}

/* now and then a byte is another */
static void
spoil(Text *t)
{
	static const char bytes[] = "0123456789-+.,: eTx/;\0\x7f\x80\xff\xb0";

	if (t->n > 0 && pick(4) == 0)
		t->s[pick((unsigned int) t->n)] = bytes[pick(sizeof(bytes) - 1)];
	if (pick(20) == 0)
		t->n = pick((unsigned int) t->n + 1);
	finish(t);
}

static bool
wrong(const char *what, const Text *t)
{
	printf("# %s: \"%.*s\"\n", what, (int) t->n, t->s);
	return false;
}

static bool
int_round(void)
{
	Text		t = {.n = 0};
	int64_t		got;
	int64_t		want;

	append(&t, "-", pick(2));
	append(&t, "0123456789", pick(21));
	spoil(&t);
	if (!pds_plain_int(t.s, t.n, &got))
		return true;
	if (pds_lazy_int(t.s, t.n, INT64_MIN, INT64_MAX, &want) != PDS_VALUE_OK || got != want)
		return wrong("integer", &t);
	return true;
}

static bool
decimal_round(void)
{
	Text		t = {.n = 0};
	PdsPlainDecimal d;
	char		out[64];
	size_t		n;
	int64_t		scaled;
	bool		fits;

	append(&t, "-", pick(2));
	append(&t, "0123456789", pick(12));
	append(&t, ".", pick(2));
	append(&t, "0123456789", pick(10));
	spoil(&t);
	if (!pds_plain_decimal(t.s, t.n, &d))
		return true;
	if (d.scale > PDS_PLAIN_DIGITS || d.fraction >= pds_powers_of_ten[d.scale] ||
		pds_lazy_decimal(t.s, t.n, 18, d.scale, out, &n, &scaled, &fits) != PDS_VALUE_OK || !fits ||
		scaled != pds_plain_scaled(&d) || d.negative != (t.s[0] == '-'))
		return wrong("decimal", &t);
	return true;
}

/* the SerDe asks for the plain date first: it proves nothing */
static bool
slow_date(const Text *t, int32_t *days)
{
	char		text[64];
	char		shown[64];
	int			y,
				m,
				d;

	snprintf(text, sizeof(text), "%.*s", (int) t->n, t->s);
	if (sscanf(text, "%4d-%2d-%2d", &y, &m, &d) != 3 || y < 1 || m < 1 || m > 12 || d < 1)
		return false;
	snprintf(shown, sizeof(shown), "%04d-%02d-%02d", y, m, d);
	*days = (int32_t) pds_days_of_month(y, m) + d - 1;
	return strcmp(text, shown) == 0 && *days < pds_days_of_month(y, m + 1);
}

static bool
same_double(double a, double b)
{
	return memcmp(&a, &b, sizeof(a)) == 0;
}

static bool
same_float(float a, float b)
{
	return memcmp(&a, &b, sizeof(a)) == 0;
}

/* is what the text is taken for, if it is plain, what the C library makes of it? */
static bool
float_text(Text *t, unsigned int *plain)
{
	char		text[64];
	double		d;
	float		f;

	finish(t);
	snprintf(text, sizeof(text), "%.*s", (int) t->n, t->s);
	if (pds_plain_double(t->s, t->n, &d))
	{
		++*plain;
		if (!same_double(d, strtod(text, NULL)))
			return wrong("double", t);
	}
	if (pds_plain_float(t->s, t->n, &f) && !same_float(f, strtof(text, NULL)))
		return wrong("float", t);
	return true;
}

static Text
text_of(const char *s)
{
	Text		t = {.n = strlen(s)};

	memcpy(t.s, s, t.n);
	return t;
}

static uint64_t
random_bits(void)
{
	return (uint64_t) pick(1u << 31) << 33 ^ (uint64_t) pick(1u << 31) << 15 ^ pick(1u << 15);
}

/*
 * Doubles and floats as programs print them, and the decimals halfway between two
 * neighbours, with one more and one less in the last digit.  PDS_FLOATS: how many.
 */
static void
test_printed_floats(void)
{
	static const char *const fractions[] = {"5", "25", "75", "499999", "500001"};
	long		rounds = getenv("PDS_FLOATS") ? atol(getenv("PDS_FLOATS")) : ROUNDS;
	unsigned int plain = 0;
	bool		ok = true;
	long		i;
	char		s[64];
	Text		t;

	for (i = 0; i < rounds; i++)
	{
		/* 53 bits, divided by powers of two so that the digits end */
		uint64_t	m = UINT64_C(1) << 53 | (random_bits() & ((UINT64_C(1) << 53) - 1));
		int			digits = (int) pick(18);

		snprintf(s, sizeof(s), "%.17g", (double) (m >> 1) / 9007199254740992.0);
		t = text_of(s);
		ok = float_text(&t, &plain) && ok;
		snprintf(s, sizeof(s), "%.*f", digits, (double) m / (double) (UINT64_C(1) << pick(60)));
		t = text_of(s);
		if (t.n < 40)
			ok = float_text(&t, &plain) && ok;
		snprintf(s, sizeof(s), "%.9g", (double) (float) m / (double) (UINT64_C(1) << (20 + pick(40))));
		t = text_of(s);
		ok = float_text(&t, &plain) && ok;
		/* halfway: odd, and one bit too long */
		m = (m | 1) >> pick(2) * 29 | 1;
		snprintf(s, sizeof(s), "%" PRIu64, m + pick(3) - 1);
		t = text_of(s);
		ok = float_text(&t, &plain) && ok;
		snprintf(s, sizeof(s), "%" PRIu64 ".%s", m / 10, fractions[pick(5)]);
		t = text_of(s);
		ok = float_text(&t, &plain) && ok;
	}
	CHECK_MSG(ok, "doubles and floats as they are printed are those of the C library");
	CHECK_MSG(plain > (unsigned long) rounds * 4, "most of them are plain");
}

/* doubles and floats by the C library, and the SerDe's */
static bool
floating_round(void)
{
	Text		t = {.n = 0};
	char		text[64];
	double		d;
	double		lazy;
	float		f;
	float		lazy_f;
	bool		number;
	PdsPlainDecimal decimal;

	append(&t, "-", pick(2));
	append(&t, "0123456789", pick(20));
	append(&t, ".", pick(2));
	append(&t, "0123456789", pick(14));
	if (pick(3) == 0)
	{
		append(&t, "eE", 1);
		append(&t, "+-", pick(2));
		append(&t, "0123456789", pick(3));
	}
	spoil(&t);
	snprintf(text, sizeof(text), "%.*s", (int) t.n, t.s);
	if (pds_plain_double(t.s, t.n, &d) &&
		(!same_double(d, strtod(text, NULL)) || pds_lazy_double(t.s, t.n, &lazy) != PDS_VALUE_OK || d != lazy))
		return wrong("double", &t);
	if (pds_plain_float(t.s, t.n, &f) &&
		(!same_float(f, strtof(text, NULL)) || pds_lazy_float(t.s, t.n, &lazy_f) != PDS_VALUE_OK || f != lazy_f))
		return wrong("float", &t);
	number = pds_plain_number(t.s, t.n, true);
	if (number &&
		(pds_lazy_double(t.s, t.n, &lazy) != PDS_VALUE_OK || lazy != strtod(text, NULL)))
		return wrong("number", &t);
	if (pds_plain_number(t.s, t.n, false) != (number && strpbrk(text, "eE") == NULL) ||
		(pds_plain_decimal(t.s, t.n, &decimal) && !number))
		return wrong("number without exponent", &t);
	return true;
}

/* a text that ends where its memory ends gives the same */
static bool
copy_round(void)
{
	Text		t = {.n = 0};
	char		buf[PDS_PLAIN_MAX + PDS_PLAIN_SLACK];
	char	   *tight;
	int64_t		a = 0;
	int64_t		b = 0;
	bool		same;

	append(&t, "-", pick(2));
	append(&t, "0123456789", pick(30));
	spoil(&t);
	tight = malloc(t.n + 1);
	memcpy(tight, t.s, t.n);
	same = pds_plain_int(t.s, t.n, &a) ==
		pds_plain_int(pds_plain_copy(tight, t.n, buf), t.n, &b) && a == b;
	free(tight);
	return same || wrong("copy", &t);
}

static bool
time_round(void)
{
	Text		t = {.n = 0};
	int			digits = (int) pick(7);
	int32_t		days;
	int32_t		want_days;
	int64_t		us;
	int64_t		want;

	t.n = (size_t) snprintf(t.s, sizeof(t.s), "%04u-%02u-%02u", pick(5) ? 1880 + pick(240) : pick(10000),
							pick(14), pick(33));
	if (pick(2))
	{
		spoil(&t);
		if (!pds_plain_date_days(t.s, t.n, &days))
			return true;
		return (slow_date(&t, &want_days) && days == want_days) || wrong("date", &t);
	}
	t.n += (size_t) snprintf(t.s + t.n, sizeof(t.s) - t.n, " %02u:%02u:%02u", pick(25), pick(61), pick(61));
	append(&t, ".", pick(2));
	append(&t, "0123456789", pick(8));
	spoil(&t);
	if (!pds_plain_timestamp(t.s, t.n, digits, &us))
		return true;
	if (pds_lazy_timestamp_rounded(t.s, t.n, digits, &want) != PDS_VALUE_OK || us != want)
		return wrong("timestamp", &t);
	return true;
}

/* the usual forms are plain: else the other tests would prove nothing */
static void
test_taken(void)
{
	static const char *const ints[] = {"0", "-1", "12345678", "123456789", "-1234567890123456",
	"12345678901234567", "999999999999999999"};
	static const char *const none[] = {"", "-", "+1", "1 ", " 1", "1.", "1e2", "1234567890123456789", "--1"};
	static const char *const decimals[] = {"0.5", "-12.34", "400", "1234567890.12345678", "-0"};
	static const char *const no_decimals[] = {"", ".5", "5.", "-", "-.5", "1.2.3", "1e2",
	"1234567890.123456789", "NaN"};
	Text		t;
	int64_t		v;
	int32_t		days;
	PdsPlainDecimal d;
	size_t		i;

#define TEXT(s_) (t.n = strlen(s_), memcpy(t.s, s_, t.n), finish(&t))
	for (i = 0; i < sizeof(ints) / sizeof(ints[0]); i++)
	{
		TEXT(ints[i]);
		CHECK_MSG(pds_plain_int(t.s, t.n, &v) && v == strtoll(ints[i], NULL, 10), ints[i]);
	}
	for (i = 0; i < sizeof(none) / sizeof(none[0]); i++)
	{
		TEXT(none[i]);
		CHECK_MSG(!pds_plain_int(t.s, t.n, &v), none[i]);
	}
	for (i = 0; i < sizeof(decimals) / sizeof(decimals[0]); i++)
	{
		TEXT(decimals[i]);
		CHECK_MSG(pds_plain_decimal(t.s, t.n, &d), decimals[i]);
	}
	for (i = 0; i < sizeof(no_decimals) / sizeof(no_decimals[0]); i++)
	{
		TEXT(no_decimals[i]);
		CHECK_MSG(!pds_plain_decimal(t.s, t.n, &d), no_decimals[i]);
	}
	TEXT("2024-02-29");
	CHECK(pds_plain_date_days(t.s, t.n, &days) && days == 19782);
	TEXT("2023-02-29");
	CHECK(!pds_plain_date_days(t.s, t.n, &days));
	TEXT("1900-01-01");
	CHECK(pds_plain_date_days(t.s, t.n, &days) && days == (int32_t) pds_days_of_month(1900, 1));
	TEXT("2099-12-31");
	CHECK(pds_plain_date_days(t.s, t.n, &days) && days == (int32_t) pds_days_of_month(2100, 1) - 1);
	TEXT("2100-02-29");
	CHECK(!pds_plain_date_days(t.s, t.n, &days));
	TEXT("2100-12-31");
	CHECK(pds_plain_date_days(t.s, t.n, &days) && days == (int32_t) pds_days_of_month(2101, 1) - 1);
	TEXT("0001-01-01");
	CHECK(pds_plain_date_days(t.s, t.n, &days) && days == (int32_t) pds_days_of_month(1, 1));
	TEXT("9999-12-31");
	CHECK(pds_plain_date_days(t.s, t.n, &days) && days == (int32_t) pds_days_of_month(10000, 1) - 1);
	TEXT("0000-12-31");
	CHECK(!pds_plain_date_days(t.s, t.n, &days));
	TEXT("1850-00-10");
	CHECK(!pds_plain_date_days(t.s, t.n, &days));
	TEXT("1850-13-10");
	CHECK(!pds_plain_date_days(t.s, t.n, &days));
	TEXT("1850-01-00");
	CHECK(!pds_plain_date_days(t.s, t.n, &days));
	TEXT("1970-01-01 00:00:01.5");
	CHECK(pds_plain_timestamp(t.s, t.n, 6, &v) && v == 1500000);
	TEXT("1969-12-31 23:59:59.999999");
	CHECK(pds_plain_timestamp(t.s, t.n, 6, &v) && v == -1);
	CHECK(!pds_plain_timestamp(t.s, t.n, 5, &v));
	TEXT("1970-01-01 24:00:00");
	CHECK(!pds_plain_timestamp(t.s, t.n, 6, &v));
	TEXT("1970-01-01 00:00:00.");
	CHECK(!pds_plain_timestamp(t.s, t.n, 6, &v));
}

/* ---- quoted fields ---- */

/* COPY's rule, byte by byte */
static size_t
plain_unquote(const char *p, size_t len, char quote, char escape, char *out)
{
	bool		inside = false;
	size_t		n = 0;
	size_t		i;

	for (i = 0; i < len; i++)
	{
		if (inside && p[i] == escape && i + 1 < len && (p[i + 1] == escape || p[i + 1] == quote))
			out[n++] = p[++i];
		else if (p[i] == quote)
			inside = !inside;
		else
			out[n++] = p[i];
	}
	return n;
}

static bool
unquote_round(PdsArena *arena)
{
	static const char bytes[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"\\,";
	char		raw[200];
	char		want[200];
	size_t		len = 1 + pick(150);
	size_t		n;
	size_t		i;
	PdsDialect	d;
	PdsField	f;

	pds_dialect_init(&d, PDS_FORMAT_CSV);
	d.escape = pick(3) ? '"' : '\\';
	memset(raw, '"', sizeof(raw));
	for (i = pick(2); i < len; i++)
		raw[i] = bytes[pick(sizeof(bytes) - 1)];
	if (pick(2))
		raw[len - 1] = '"';
	n = plain_unquote(raw, len, '"', d.escape, want);
	pds_arena_reset(arena);
	if (!pds_csv_unquote(&d, raw, (uint32_t) len, &f, arena))
		return false;
	if (f.len == n && memcmp(f.data, want, n) == 0 && f.room == 4)
		return true;
	printf("# %.*s: %.*s, not %.*s\n", (int) len, raw, (int) f.len, f.data, (int) n, want);
	return false;
}

static void
test_has_byte(void)
{
	char		buf[200];
	size_t		n;
	bool		ok = true;

	for (n = 0; n < 100; n++)
	{
		size_t		i;

		memset(buf, 'x', sizeof(buf));
		memset(buf + n, '"', sizeof(buf) - n);
		ok = ok && !pds_has_byte(buf, n, '"');
		for (i = 0; i < n; i++)
		{
			buf[i] = '"';
			ok = ok && pds_has_byte(buf, n, '"');
			buf[i] = 'x';
		}
	}
	CHECK_MSG(ok, "a byte is found where it is, and not behind the end");
}

int
main(void)
{
	bool		ints = true;
	bool		decimals = true;
	bool		times = true;
	bool		floats = true;
	bool		copies = true;
	bool		quotes = true;
	PdsArena	arena;
	int			i;

	pds_arena_init(&arena);
	/* without the table of days, and with it */
	test_taken();
	pds_plain_init();
	test_taken();
	test_has_byte();
	test_printed_floats();
	for (i = 0; i < ROUNDS; i++)
	{
		ints = int_round() && ints;
		decimals = decimal_round() && decimals;
		times = time_round() && times;
		floats = floating_round() && floats;
		copies = copy_round() && copies;
		quotes = unquote_round(&arena) && quotes;
	}
	CHECK_MSG(ints, "random integers are those of the SerDe");
	CHECK_MSG(decimals, "random decimals are those of the SerDe");
	CHECK_MSG(times, "random dates and timestamps are those of the SerDe");
	CHECK_MSG(floats, "random doubles and floats are those of the C library and of the SerDe");
	CHECK_MSG(copies, "a copy with slack behind it gives the same");
	CHECK_MSG(quotes, "random quoted fields are cut out as the rule says");
	pds_arena_free(&arena);
	unit_unused();
	return unit_done();
}
