/*
 * key_value.c
 *	  Texts of partition keys: the engine behind Athena parses them by other rules than fields.
 *
 * Fields are read leniently; of a key, what its type cannot hold as it is written is refused
 * (Trino's HIVE_INVALID_PARTITION_VALUE).
 */
#include <string.h>

#include "core/base/utf8.h"
#include "core/serde/key_value.h"
#include "core/serde/serde.h"

#define DAY_US INT64_C(86400000000)
#define KEY_TIMESTAMPS "yyyy-M-d,yyyy-M-d H:m,yyyy-M-d H:m:s,yyyy-M-d H:m:s.SSSSSSSSS"

bool
pds_key_timestamp(const char *s, size_t n, int64_t *us)
{
	return pds_timestamp_by_formats(KEY_TIMESTAMPS, s, n, us);
}

bool
pds_key_date(const char *s, size_t n, int32_t *days)
{
	int64_t		us;

	/* a time is allowed if it is midnight */
	if (!pds_key_timestamp(s, n, &us) || us % DAY_US != 0)
		return false;
	*days = (int32_t) (us / DAY_US);
	return true;
}

/* Java's BigDecimal takes digits with a suffix that says so */
size_t
pds_key_decimal_len(const char *s, size_t n)
{
	return n > 2 && memcmp(s + n - 2, "BD", 2) == 0 ? n - 2 : n;
}

/* Are the digits that `scale` leaves out all zeros?  s is a decimal that pds_lazy_decimal took. */
static bool
is_exact(const char *s, size_t n, int scale)
{
	const char *end = s + n;
	const char *e;
	const char *p;
	int64_t		exponent = 0;
	int64_t		place = 0;		/* power of ten below the digit at hand */
	bool		minus = false;

	for (e = s; e < end && *e != 'e' && *e != 'E'; e++)
		;
	if (e < end)
	{
		p = e + 1;
		if (*p == '+' || *p == '-')
			minus = *p++ == '-';
		for (; p < end; p++)
			if (exponent < 10000000)
				exponent = exponent * 10 + (*p - '0');
	}
	for (p = s; p < e && *p != '.'; p++)
		;
	if (p < e)
		place = -(int64_t) (e - p - 1);
	place += minus ? -exponent : exponent;
	/* from the last digit on */
	for (p = e - 1; p >= s && place < -scale; p--)
	{
		if (*p == '.')
			continue;
		if (*p > '0' && *p <= '9')
			return false;
		place++;
	}
	return true;
}

static bool
holds_decimal(const PdsHiveType *t, const char *s, size_t n)
{
	char		text[64];
	size_t		len;
	int64_t		scaled;
	bool		fits;

	n = pds_key_decimal_len(s, n);
	return pds_lazy_decimal(s, n, t->precision, t->scale, text, &len, &scaled,
							&fits) == PDS_VALUE_OK &&
		is_exact(s, n, t->scale);
}

static bool
holds_int(const char *s, size_t n, int64_t min, int64_t max)
{
	int64_t		v;

	/* a field may have a fraction, which is cut off */
	return memchr(s, '.', n) == NULL && pds_lazy_int(s, n, min, max, &v) == PDS_VALUE_OK;
}

/* no more than `chars` code points */
static bool
holds_text(const char *s, size_t n, int chars)
{
	return pds_utf8_prefix(s, n, chars) == n;
}

bool
pds_key_holds(const PdsHiveType *t, const char *s, size_t n)
{
	int64_t		us;
	int32_t		days;
	double		d;
	float		f;
	bool		b;

	switch (t->kind)
	{
		case PDS_HIVE_BOOLEAN:
			return pds_lazy_bool(s, n, &b) == PDS_VALUE_OK;
		case PDS_HIVE_TINYINT:
			return holds_int(s, n, INT8_MIN, INT8_MAX);
		case PDS_HIVE_SMALLINT:
			return holds_int(s, n, INT16_MIN, INT16_MAX);
		case PDS_HIVE_INT:
			return holds_int(s, n, INT32_MIN, INT32_MAX);
		case PDS_HIVE_BIGINT:
			return holds_int(s, n, INT64_MIN, INT64_MAX);
		case PDS_HIVE_FLOAT:
			return pds_lazy_float(s, n, &f) == PDS_VALUE_OK;
		case PDS_HIVE_DOUBLE:
			return pds_lazy_double(s, n, &d) == PDS_VALUE_OK;
		case PDS_HIVE_DECIMAL:
			return holds_decimal(t, s, n);
		case PDS_HIVE_DATE:
			return pds_key_date(s, n, &days);
		case PDS_HIVE_TIMESTAMP:
			return pds_key_timestamp(s, n, &us);
		case PDS_HIVE_VARCHAR:
			return t->precision <= 0 || holds_text(s, n, t->precision);
		case PDS_HIVE_CHAR:
			while (n > 0 && s[n - 1] == ' ')
				n--;
			return holds_text(s, n, t->precision);
		default:
			return true;
	}
}
