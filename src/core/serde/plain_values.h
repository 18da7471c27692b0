/*
 * plain_values.h
 *	  The plain forms of values, which all formats read alike, fast: eight
 *	  digits at once, without calls or allocations.
 *
 *		integer		[-]digits								18 digits at most
 *		decimal		[-]digits[.digits]						18 in all
 *		double		a decimal; "0." does not count among the digits
 *		number		[-]digits and a point[e[+-]digits]		PDS_PLAIN_NUMBER bytes
 *		boolean		true | false
 *		date		yyyy-MM-dd								a day of years 1 to 9999
 *		timestamp	date HH:mm:ss[.f]						one to six f
 *
 * This is the only grammar of them.  Each function says true and gives the
 * value, or false for anything that is not plain: the caller then asks the
 * format's own parser.  Where a function says true, PostgreSQL's input functions
 * and the parsers of the SerDes give the same value (tests compare them on
 * random texts).
 *
 * Up to PDS_PLAIN_SLACK bytes behind a text may be read, never used; those who
 * have none there ask pds_plain_copy.
 */
#ifndef PDS_CORE_PLAIN_VALUES_H
#define PDS_CORE_PLAIN_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define PDS_PLAIN_SLACK 16

/* digits of a number that these functions take: the value fits int64 */
#define PDS_PLAIN_DIGITS 18

extern const uint64_t pds_powers_of_ten[PDS_PLAIN_DIGITS + 1];

/* powers of ten that a double holds exactly; a float, the first eleven */
extern const double pds_exact_powers[23];

/* No text is longer that has a value here, but a number's. */
#define PDS_PLAIN_MAX 26

/* The text where slack is behind it: a copy in buf, or itself where it is not plain anyway. */
static inline const char *
pds_plain_copy(const char *p, size_t n, char buf[PDS_PLAIN_MAX + PDS_PLAIN_SLACK])
{
	if (n > PDS_PLAIN_MAX)
		return p;
	memcpy(buf, p, n);
	memset(buf + n, 0, PDS_PLAIN_SLACK);
	return buf;
}

/* the byte at p is the lowest */
static inline uint64_t
pds_load8(const char *p)
{
	uint64_t	w;

	memcpy(&w, p, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	w = __builtin_bswap64(w);
#endif
	return w;
}

/* is some byte of w above nine? */
static inline uint64_t
pds_not_digits(uint64_t w)
{
	return ((w + UINT64_C(0x7676767676767676)) | w) & UINT64_C(0x8080808080808080);
}

/* 1 to 8 digits */
static inline bool
pds_digits8(const char *p, size_t n, uint64_t *out)
{
	/* zeros stand before them */
	uint64_t	w = (pds_load8(p) ^ UINT64_C(0x3030303030303030)) << (64 - 8 * n);

	if (pds_not_digits(w))
		return false;
	w = (w * 2561) >> 8 & UINT64_C(0x00FF00FF00FF00FF);
	w = (w * 6553601) >> 16 & UINT64_C(0x0000FFFF0000FFFF);
	*out = (w * UINT64_C(42949672960001)) >> 32;
	return true;
}

/* 9 to PDS_PLAIN_DIGITS digits; false also for other numbers of them */
static __attribute__((noinline, unused))
bool
pds_many_digits(const char *p, size_t n, uint64_t *out)
{
	uint64_t	low;

	if (n - 9 >= PDS_PLAIN_DIGITS - 8)
		return false;
	if (n > 16)
	{
		uint64_t	middle;

		if (!pds_digits8(p, n - 16, out) || !pds_digits8(p + n - 16, 8, &middle))
			return false;
		*out = *out * 100000000 + middle;
	}
	else if (!pds_digits8(p, n - 8, out))
		return false;
	if (!pds_digits8(p + n - 8, 8, &low))
		return false;
	*out = *out * 100000000 + low;
	return true;
}

/* 1 to PDS_PLAIN_DIGITS digits */
static inline __attribute__((always_inline))
bool
pds_digits(const char *p, size_t n, uint64_t *out)
{
	return n - 1 < 8 ? pds_digits8(p, n, out) : pds_many_digits(p, n, out);
}

/* [-]digits */
static inline bool
pds_plain_int(const char *p, size_t n, int64_t *out)
{
	uint64_t	v;
	size_t		minus = n > 0 && *p == '-';

	if (!pds_digits(p + minus, n - minus, &v))
		return false;
	*out = minus ? -(int64_t) v : (int64_t) v;
	return true;
}

typedef struct PdsPlainDecimal
{
	bool		negative;
	int			scale;			/* digits of fraction */
	uint64_t	whole;
	uint64_t	fraction;		/* below 10^scale */
} PdsPlainDecimal;

/* [-]digits[.digits], no more than PDS_PLAIN_DIGITS in all */
static inline bool
pds_plain_decimal(const char *p, size_t n, PdsPlainDecimal *out)
{
	size_t		point;

	out->negative = n > 0 && *p == '-';
	p += out->negative;
	n -= out->negative;
	if (n > PDS_PLAIN_DIGITS + 1)
		return false;
	/* two digits of fraction are what there is most */
	if (n > 3 && p[n - 3] == '.')
		point = n - 3;
	else
		for (point = 0; point < n && p[point] != '.';)
			point++;
	if (!pds_digits(p, point, &out->whole))
		return false;
	out->scale = 0;
	out->fraction = 0;
	if (point == n)
		return true;
	out->scale = (int) (n - point - 1);
	return pds_digits(p + point + 1, n - point - 1, &out->fraction);
}

/* the digits without the point */
static inline int64_t
pds_plain_scaled(const PdsPlainDecimal *d)
{
	int64_t		v = (int64_t) (d->whole * pds_powers_of_ten[d->scale] + d->fraction);

	return d->negative ? -v : v;
}

/* years whose days are looked up */
#define PDS_PLAIN_YEAR_FIRST	1900
#define PDS_PLAIN_YEAR_END		2100

/* days since 1970-01-01 of the first of each month from PDS_PLAIN_YEAR_FIRST on */
extern int32_t pds_plain_months[(PDS_PLAIN_YEAR_END - PDS_PLAIN_YEAR_FIRST) * 12 + 1];

/* Fills the tables.  Without them dates are parsed slower, and fewer doubles are plain. */
extern void pds_plain_init(void);

/* pds_plain_day without the table */
extern bool pds_plain_day_of_any_year(unsigned int year, unsigned int month, unsigned int day,
									  int32_t *days);

/* days since 1970-01-01 of a day that there is, in the years 1 to 9999 */
static inline bool
pds_plain_day(unsigned int year, unsigned int month, unsigned int day, int32_t *days)
{
	unsigned int at = (year - PDS_PLAIN_YEAR_FIRST) * 12 + month - 1;

	if (year - PDS_PLAIN_YEAR_FIRST < PDS_PLAIN_YEAR_END - PDS_PLAIN_YEAR_FIRST &&
		month - 1 < 12 && day >= 1)
	{
		*days = pds_plain_months[at] + (int32_t) day - 1;
		if (*days < pds_plain_months[at + 1])
			return true;
	}
	return pds_plain_day_of_any_year(year, month, day, days);
}

/* what eight bytes are, taken apart: pairs of digits, and separators that must be as given */
static inline bool
pds_pairs(const char *p, uint64_t form, uint64_t separators, uint64_t *pairs)
{
	uint64_t	w = pds_load8(p) ^ form;

	*pairs = w * 10 + (w >> 8);
	return (pds_not_digits(w) | (w & separators)) == 0;
}

#define PDS_PAIR(pairs, byte) ((unsigned int) ((pairs) >> (8 * (byte)) & 0xFF))

/* yyyy-MM-dd, the ten bytes at p: no slack is read */
static inline bool
pds_plain_date_at(const char *p, int32_t *days)
{
	uint64_t	a;
	uint64_t	b;

	/* "yyyy-MM-" and "yy-MM-dd" */
	if (!pds_pairs(p, UINT64_C(0x2D30302D30303030), UINT64_C(0xFF0000FF00000000), &a) ||
		!pds_pairs(p + 2, UINT64_C(0x30302D30302D3030), UINT64_C(0x0000FF0000FF0000), &b))
		return false;
	return pds_plain_day(PDS_PAIR(a, 0) * 100 + PDS_PAIR(a, 2), PDS_PAIR(a, 5), PDS_PAIR(b, 6),
						 days);
}

static inline bool
pds_plain_date_days(const char *p, size_t n, int32_t *days)
{
	return n == 10 && pds_plain_date_at(p, days);
}

/* yyyy-MM-dd HH:mm:ss[.f], up to `digits` of fraction; microseconds since 1970 */
static inline bool
pds_plain_timestamp(const char *p, size_t n, int digits, int64_t *us)
{
	uint64_t	t;
	int32_t		days;
	unsigned int hour;
	unsigned int minute;
	unsigned int second;
	uint64_t	fraction = 0;

	if (n < 19 || !pds_plain_date_at(p, &days) || p[10] != ' ' ||
	/* "HH:mm:ss" */
		!pds_pairs(p + 11, UINT64_C(0x30303A30303A3030), UINT64_C(0x0000FF0000FF0000), &t))
		return false;
	hour = PDS_PAIR(t, 0);
	minute = PDS_PAIR(t, 3);
	second = PDS_PAIR(t, 6);
	if (hour > 23 || minute > 59 || second > 59)
		return false;
	if (n > 19)
	{
		size_t		nf = n - 20;

		if (p[19] != '.' || nf - 1 >= 6 || nf > (size_t) digits ||
			!pds_digits8(p + 20, nf, &fraction))
			return false;
		fraction *= pds_powers_of_ten[6 - nf];
	}
	*us = ((int64_t) days * 86400 + (int64_t) (hour * 3600 + minute * 60 + second)) * 1000000 +
		(int64_t) fraction;
	return true;
}

/* m * 10^exponent as a double where both operands are exact: one rounding */
static inline bool
pds_exact_double(uint64_t m, int64_t exponent, double *out)
{
	if (m > UINT64_C(1) << 53 || exponent < -22 || exponent > 22)
		return false;
	*out = exponent < 0 ? (double) m / pds_exact_powers[-exponent]
		: (double) m * pds_exact_powers[exponent];
	return true;
}

/* the same as a float */
static inline bool
pds_exact_float(uint64_t m, int64_t exponent, float *out)
{
	if (m > UINT64_C(1) << 24 || exponent < -10 || exponent > 10)
		return false;
	*out = exponent < 0 ? (float) m / (float) pds_exact_powers[-exponent]
		: (float) m * (float) pds_exact_powers[exponent];
	return true;
}

/*
 * m / 10^scale, rounded once to a double or float; m has PDS_PLAIN_DIGITS digits at
 * most.  False where that needs more than 128 bits to tell.
 */
extern bool pds_nearest_double(uint64_t m, int scale, double *out);
extern bool pds_nearest_float(uint64_t m, int scale, float *out);

/* a decimal, but for "0." in front: what is below 1 is written with one more digit */
static inline bool
pds_plain_mantissa(const char *p, size_t n, bool *negative, uint64_t *m, int *scale)
{
	PdsPlainDecimal d;
	size_t		minus = n > 0 && *p == '-';

	if (n - minus == PDS_PLAIN_DIGITS + 2 && p[minus] == '0' && p[minus + 1] == '.')
	{
		*negative = minus;
		*scale = PDS_PLAIN_DIGITS;
		return pds_many_digits(p + minus + 2, PDS_PLAIN_DIGITS, m);
	}
	if (!pds_plain_decimal(p, n, &d))
		return false;
	*negative = d.negative;
	*scale = d.scale;
	*m = d.whole * pds_powers_of_ten[d.scale] + d.fraction;
	return true;
}

/* Those that are exact but for one division are told apart here: they are the most. */
static inline bool
pds_plain_double(const char *p, size_t n, double *out)
{
	bool		negative;
	uint64_t	m;
	int			scale;

	if (!pds_plain_mantissa(p, n, &negative, &m, &scale) ||
		!(pds_exact_double(m, -scale, out) || pds_nearest_double(m, scale, out)))
		return false;
	*out = negative ? -*out : *out;
	return true;
}

static inline bool
pds_plain_float(const char *p, size_t n, float *out)
{
	bool		negative;
	uint64_t	m;
	int			scale;

	if (!pds_plain_mantissa(p, n, &negative, &m, &scale) ||
		!(pds_exact_float(m, -scale, out) || pds_nearest_float(m, scale, out)))
		return false;
	*out = negative ? -*out : *out;
	return true;
}

/* bytes of a number at most */
#define PDS_PLAIN_NUMBER 60

/*
 * Is the text a number, of any digits, with a point before, among or behind them
 * and, where the caller allows one, an exponent of one or two digits?  Its value
 * is for the caller to make.
 */
static inline bool
pds_plain_number(const char *p, size_t n, bool exponent)
{
	const char *end = p + n;
	bool		digits = false;
	bool		point = false;

	if (n > PDS_PLAIN_NUMBER)
		return false;
	if (p < end && *p == '-')
		p++;
	for (; p < end; p++)
	{
		if (*p >= '0' && *p <= '9')
			digits = true;
		else if (*p == '.' && !point)
			point = true;
		else
			break;
	}
	if (digits && p < end && exponent && (*p == 'e' || *p == 'E'))
	{
		p++;
		if (p < end && (*p == '-' || *p == '+'))
			p++;
		if (p == end || end - p > 2)
			return false;
		for (; p < end; p++)
			if (*p < '0' || *p > '9')
				return false;
	}
	return digits && p == end;
}

/* true and false as both PostgreSQL and the SerDes read them */
static inline bool
pds_plain_bool(const char *p, size_t n, bool *out)
{
	*out = n == 4;
	return (n == 4 && memcmp(p, "true", 4) == 0) || (n == 5 && memcmp(p, "false", 5) == 0);
}

#endif							/* PDS_CORE_PLAIN_VALUES_H */
