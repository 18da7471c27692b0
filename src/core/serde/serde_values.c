/*
 * serde_values.c
 *	  Scalar values by the rules of lazysimple and of Athena's typed OpenCSV
 *	  (doc/dev/serdes.md §2, doc/dev/aws.md §6.3 and §6.4).
 */
#include <errno.h>
#include <float.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/calendar.h"
#include "core/serde/serde.h"

static inline bool
is_digit(char c)
{
	return (unsigned char) (c - '0') < 10;
}

/* Java's trim: everything up to the blank goes */
static void
trim(const char **s, size_t *n)
{
	while (*n > 0 && (unsigned char) **s <= ' ')
	{
		(*s)++;
		(*n)--;
	}
	while (*n > 0 && (unsigned char) (*s)[*n - 1] <= ' ')
		(*n)--;
}

/* ---- integers: [+-]digits[.digits], the fraction is dropped ---- */

PdsValueResult
pds_lazy_int(const char *s, size_t n, int64_t min, int64_t max, int64_t *out)
{
	const char *end = s + n;
	bool		negative = false;
	uint64_t	v = 0;
	size_t		digits = 0;
	uint64_t	limit;

	if (n == 0)
		return PDS_VALUE_NULL;
	if (*s == '-' || *s == '+')
	{
		negative = *s == '-';
		s++;
	}
	while (s < end && is_digit(*s))
	{
		unsigned int c = (unsigned int) (*s - '0');

		if (v > (UINT64_MAX - c) / 10)
			return PDS_VALUE_NULL;
		v = v * 10 + c;
		digits++;
		s++;
	}
	if (s < end)
	{
		if (*s != '.')
			return PDS_VALUE_NULL;
		for (s++; s < end; s++)
			if (!is_digit(*s))
				return PDS_VALUE_NULL;
	}
	else if (digits == 0)
		return PDS_VALUE_NULL;
	limit = negative ? (uint64_t) -(min + 1) + 1 : (uint64_t) max;
	if (v > limit)
		return PDS_VALUE_NULL;
	*out = negative ? (int64_t) (0 - v) : (int64_t) v;
	return PDS_VALUE_OK;
}

/* ---- floating point: Java's grammar, correctly rounded ---- */

static const double powers_of_ten[] = {
	1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
	1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22
};

/* a number that passed the grammar, taken apart */
typedef struct Number
{
	bool		negative;
	uint64_t	mantissa;
	int			exponent;		/* of ten */
	bool		exact;			/* mantissa holds every digit */
	bool		hex;
	const char *begin;			/* without a type suffix */
	const char *end;
} Number;

/* 0x[hex][.hex]p[+-]digits */
static bool
hex_grammar(const char *p, const char *end)
{
	bool		digits = false;
	bool		point = false;

	for (; p < end; p++)
	{
		if (*p == '.' && !point)
			point = true;
		else if (is_digit(*p) || (*p >= 'a' && *p <= 'f') || (*p >= 'A' && *p <= 'F'))
			digits = true;
		else
			break;
	}
	if (!digits || p >= end || (*p != 'p' && *p != 'P'))
		return false;
	p++;
	if (p < end && (*p == '+' || *p == '-'))
		p++;
	if (p >= end)
		return false;
	for (; p < end; p++)
		if (!is_digit(*p))
			return false;
	return true;
}

/* digits[.digits][e[+-]digits] from p, after the sign */
static bool
decimal_grammar(const char *p, const char *end, Number *num)
{
	bool		digits = false;
	bool		point = false;
	int			significant = 0;
	long		exponent = 0;

	num->exact = true;
	for (; p < end; p++)
	{
		if (is_digit(*p))
		{
			digits = true;
			if (significant > 0 || *p != '0')
				significant++;
			if (significant <= 18)
				num->mantissa = num->mantissa * 10 + (uint64_t) (*p - '0');
			else
			{
				num->exact = false;
				exponent++;
			}
			exponent -= point;
		}
		else if (*p == '.' && !point)
			point = true;
		else
			break;
	}
	if (!digits)
		return false;
	if (p < end && (*p == 'e' || *p == 'E'))
	{
		bool		minus = false;
		long		e = 0;

		p++;
		if (p < end && (*p == '+' || *p == '-'))
			minus = *p++ == '-';
		if (p >= end || !is_digit(*p))
			return false;
		for (; p < end && is_digit(*p); p++)
			if (e < 100000)
				e = e * 10 + (*p - '0');
		exponent += minus ? -e : e;
	}
	num->exponent = (int) exponent;
	return p == end;
}

/* Special names give their value at once in *special. */
static PdsValueResult
parse_number(const char *s, size_t n, Number *num, double *special)
{
	const char *end;

	memset(num, 0, sizeof(*num));
	*special = 0;
	trim(&s, &n);
	if (n == 0)
		return PDS_VALUE_NULL;
	end = s + n;
	num->begin = s;
	if (*s == '+' || *s == '-')
		num->negative = *s++ == '-';
	if (end - s == 3 && memcmp(s, "NaN", 3) == 0)
		*special = NAN;
	else if (end - s == 8 && memcmp(s, "Infinity", 8) == 0)
		*special = num->negative ? -INFINITY : INFINITY;
	if (*special != 0)
		return PDS_VALUE_OK;
	if (end > s && strchr("fFdD", end[-1]) && end[-1] != '\0' &&
		!(end - s > 2 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X') &&
		  memchr(s, 'p', (size_t) (end - s)) == NULL && memchr(s, 'P', (size_t) (end - s)) == NULL))
		end--;
	num->end = end;
	if (end - s > 2 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X'))
	{
		num->hex = true;
		return hex_grammar(s + 2, end) ? PDS_VALUE_OK : PDS_VALUE_NULL;
	}
	return decimal_grammar(s, end, num) ? PDS_VALUE_OK : PDS_VALUE_NULL;
}

/* by the C library, for what the fast path does not take */
static bool
slow_copy(const Number *num, char *buf, size_t cap, char **text)
{
	size_t		n = (size_t) (num->end - num->begin);

	*text = n < cap ? buf : malloc(n + 1);
	if (*text == NULL)
		return false;
	memcpy(*text, num->begin, n);
	(*text)[n] = '\0';
	return true;
}

PdsValueResult
pds_lazy_double(const char *s, size_t n, double *out)
{
	Number		num;
	double		v;
	char		buf[128];
	char	   *text;

	if (parse_number(s, n, &num, &v) != PDS_VALUE_OK)
		return PDS_VALUE_NULL;
	if (v != 0)
	{
		*out = v;
		return PDS_VALUE_OK;
	}
	/* both operands exact: one rounding */
	if (!num.hex && num.exact && num.mantissa <= (UINT64_C(1) << 53) &&
		num.exponent >= -22 && num.exponent <= 22)
	{
		v = (double) num.mantissa;
		v = num.exponent < 0 ? v / powers_of_ten[-num.exponent] : v * powers_of_ten[num.exponent];
		*out = num.negative ? -v : v;
		return PDS_VALUE_OK;
	}
	if (!slow_copy(&num, buf, sizeof(buf), &text))
		return PDS_VALUE_ERROR;
	*out = strtod(text, NULL);
	if (text != buf)
		free(text);
	return PDS_VALUE_OK;
}

PdsValueResult
pds_lazy_float(const char *s, size_t n, float *out)
{
	Number		num;
	double		v;
	char		buf[128];
	char	   *text;

	if (parse_number(s, n, &num, &v) != PDS_VALUE_OK)
		return PDS_VALUE_NULL;
	if (v != 0)
	{
		*out = (float) v;
		return PDS_VALUE_OK;
	}
	if (!num.hex && num.exact && num.mantissa <= (UINT64_C(1) << 24) &&
		num.exponent >= -10 && num.exponent <= 10)
	{
		float		f = (float) num.mantissa;

		f = num.exponent < 0 ? f / (float) powers_of_ten[-num.exponent]
			: f * (float) powers_of_ten[num.exponent];
		*out = num.negative ? -f : f;
		return PDS_VALUE_OK;
	}
	if (!slow_copy(&num, buf, sizeof(buf), &text))
		return PDS_VALUE_ERROR;
	*out = strtof(text, NULL);
	if (text != buf)
		free(text);
	return PDS_VALUE_OK;
}

/* ---- boolean ---- */

static bool
equal_fold(const char *s, const char *word, size_t n)
{
	size_t		i;

	for (i = 0; i < n; i++)
		if ((s[i] | 0x20) != word[i])
			return false;
	return true;
}

PdsValueResult
pds_lazy_bool(const char *s, size_t n, bool *out)
{
	if (n == 4 && equal_fold(s, "true", 4))
		*out = true;
	else if (n == 5 && equal_fold(s, "false", 5))
		*out = false;
	else
		return PDS_VALUE_NULL;
	return PDS_VALUE_OK;
}

/* ---- date and timestamp: proleptic Gregorian, lenient fields roll over ---- */

/* 1 to 10 digits that fit int32 */
static bool
read_int(const char **p, const char *end, int64_t *out, int *digits)
{
	int64_t		v = 0;
	int			n = 0;

	while (*p < end && is_digit(**p))
	{
		v = v * 10 + (**p - '0');
		if (++n > 10 || v > INT_MAX)
			return false;
		(*p)++;
	}
	*out = v;
	*digits = n;
	return n > 0;
}

typedef struct DateText
{
	int64_t		year,
				month,
				day;
	bool		iso;			/* fields have the widths of ISO 8601 */
} DateText;

static bool
read_date(const char **p, const char *end, DateText *d)
{
	char		sign = 0;
	int			n[3];

	if (*p < end && (**p == '-' || **p == '+'))
		sign = *(*p)++;
	if (!read_int(p, end, &d->year, &n[0]) || *p >= end || *(*p)++ != '-' ||
		!read_int(p, end, &d->month, &n[1]) || *p >= end || *(*p)++ != '-' ||
		!read_int(p, end, &d->day, &n[2]))
		return false;
	/* ISO: a plus only before more than four digits, no minus zero */
	d->iso = n[1] == 2 && n[2] == 2 && (n[0] == 4 ? sign != '+' : sign && n[0] > 4) &&
		(sign != '-' || d->year != 0);
	if (sign == '-')
		d->year = -d->year;
	return true;
}

PdsValueResult
pds_lazy_date(const char *s, size_t n, int32_t *days)
{
	const char *blank;
	const char *p;
	DateText	d;
	int			y,
				m,
				dd;
	int64_t		v;

	if (n == 10 && pds_plain_date(s, &y, &m, &dd))
	{
		*days = (int32_t) (pds_days_of_month(y, m) + dd - 1);
		return PDS_VALUE_OK;
	}
	trim(&s, &n);
	blank = memchr(s, ' ', n);
	if (blank)
		n = (size_t) (blank - s);
	p = s;
	if (!read_date(&p, s + n, &d) || p != s + n)
		return PDS_VALUE_NULL;
	v = pds_days_of_month(d.year, d.month) + d.day - 1;
	if (v < INT32_MIN || v > INT32_MAX)
		return PDS_VALUE_ERROR;
	*days = (int32_t) v;
	return PDS_VALUE_OK;
}

/* fraction digits at p to us, rounded half up once to `digits`; false: too many digits */
static bool
read_fraction(const char **p, const char *end, int digits, int64_t *us)
{
	static const int64_t units[] = {1000000, 100000, 10000, 1000, 100, 10, 1};
	int			n = 0;

	*us = 0;
	while (*p < end && is_digit(**p))
	{
		int			c = **p - '0';

		if (n < digits)
			*us += c * units[n + 1];
		else if (n == digits && c >= 5)
			*us += units[digits];
		if (++n > 9)
			return false;
		(*p)++;
	}
	return true;
}

static bool
days_in_month_ok(const DateText *d)
{
	return d->month >= 1 && d->month <= 12 && d->day >= 1 &&
		d->day <= pds_days_of_month(d->year, d->month + 1) - pds_days_of_month(d->year, d->month);
}

PdsValueResult
pds_lazy_timestamp_rounded(const char *s, size_t n, int precision, int64_t *us)
{
	const char *p;
	const char *end;
	DateText	d;
	int64_t		hms[3] = {0, 0, 0};
	int64_t		fraction = 0;
	int64_t		days;
	int64_t		seconds;
	bool		iso;
	int			digits[3] = {2, 2, 2};

	trim(&s, &n);
	if (n < 8)
		return PDS_VALUE_NULL;
	p = s;
	end = s + n;
	if (!read_date(&p, end, &d) || p >= end || (*p != ' ' && *p != 'T' && *p != 't'))
		return PDS_VALUE_NULL;
	iso = *p++ != ' ';
	if (!read_int(&p, end, &hms[0], &digits[0]) || p >= end || *p++ != ':' ||
		!read_int(&p, end, &hms[1], &digits[1]))
		return PDS_VALUE_NULL;
	if (p < end && *p == ':')
	{
		p++;
		if (!read_int(&p, end, &hms[2], &digits[2]))
			return PDS_VALUE_NULL;
		if (p < end && *p == '.')
		{
			p++;
			if (!read_fraction(&p, end, precision, &fraction))
				return PDS_VALUE_NULL;
		}
	}
	else if (!iso)
		return PDS_VALUE_NULL;
	if (p != end)
		return PDS_VALUE_NULL;
	/* the form with T is ISO 8601 strictly, the one with a blank is lenient */
	if (iso && (!d.iso || digits[0] != 2 || digits[1] != 2 || digits[2] != 2 ||
				!days_in_month_ok(&d) || hms[0] > 23 || hms[1] > 59 || hms[2] > 59))
		return PDS_VALUE_NULL;
	days = pds_days_of_month(d.year, d.month) + d.day - 1;
	seconds = days * 86400 + hms[0] * 3600 + hms[1] * 60 + hms[2];
	if (__builtin_mul_overflow(seconds, 1000000, us) ||
		__builtin_add_overflow(*us, fraction, us))
		return PDS_VALUE_ERROR;
	return PDS_VALUE_OK;
}

PdsValueResult
pds_dialect_timestamp(const PdsDialect *d, const char *s, size_t n, int digits, int64_t *us)
{
	if (d->timestamp_formats && n >= 8)
	{
		trim(&s, &n);
		if (pds_timestamp_by_formats(d->timestamp_formats, s, n, us))
			return PDS_VALUE_OK;
	}
	return pds_lazy_timestamp_rounded(s, n, digits, us);
}

/* ---- decimal ---- */

/* add one to the digits of text[0..n) (points are passed over); true: carry out */
static bool
increment(char *text, size_t n)
{
	while (n-- > 0)
	{
		if (text[n] == '.')
			continue;
		if (text[n] != '9')
		{
			text[n]++;
			return false;
		}
		text[n] = '0';
	}
	return true;
}

PdsValueResult
pds_lazy_decimal(const char *s, size_t n, int precision, int scale,
				 char *out, size_t *outlen, int64_t *scaled, bool *fits)
{
	const char *end = s + n;
	const char *p;
	const char *point = NULL;
	const char *first;			/* first digit */
	const char *last;			/* one past the last digit or the point */
	bool		negative = false;
	bool		any = false;
	int64_t		exponent = 0;
	char		digits[48];		/* the result's digits, without point and sign */
	int64_t		top;			/* power of ten of the digit at first */
	int64_t		at;
	int			nout = 0;
	bool		round_up = false;
	bool		nonzero = false;
	int64_t		v = 0;
	int			i;

	*fits = false;
	if (n == 0)
		return PDS_VALUE_NULL;
	if (*s == '+' || *s == '-')
		negative = *s++ == '-';
	first = s;
	for (p = s; p < end; p++)
	{
		if (is_digit(*p))
			any = true;
		else if (*p == '.' && point == NULL)
			point = p;
		else
			break;
	}
	last = p;
	if (!any)
		return PDS_VALUE_NULL;
	if (p < end && (*p == 'e' || *p == 'E'))
	{
		bool		minus = false;
		int			count = 0;

		p++;
		if (p < end && (*p == '+' || *p == '-'))
			minus = *p++ == '-';
		for (; p < end && is_digit(*p); p++, count++)
			if (exponent < 10000000)
				exponent = exponent * 10 + (*p - '0');
		if (count == 0)
			return PDS_VALUE_NULL;
		if (minus)
			exponent = -exponent;
	}
	if (p != end)
		return PDS_VALUE_NULL;
	top = (int64_t) ((point ? point : last) - first) - 1 + exponent;
	/* digits from 10^(precision-scale-1) down to 10^-scale */
	memset(digits, '0', sizeof(digits));
	nout = precision;
	at = top;
	for (p = first; p < last; p++)
	{
		int64_t		place;

		if (*p == '.')
			continue;
		place = (precision - scale - 1) - at;	/* index in digits */
		if (place < 0)
		{
			if (*p != '0')
				return PDS_VALUE_NULL;	/* too large */
		}
		else if (place < nout)
		{
			digits[place] = *p;
			nonzero = nonzero || *p != '0';
		}
		else if (place == nout)
			round_up = *p >= '5';
		else
			break;
		at--;
	}
	if (round_up)
	{
		nonzero = true;
		if (nout == 0 || increment(digits, (size_t) nout))
			return PDS_VALUE_NULL;
	}
	n = 0;
	if (negative && nonzero)
		out[n++] = '-';
	for (i = 0; i < precision - scale - 1 && digits[i] == '0'; i++)
		;
	if (precision == scale)
		out[n++] = '0';
	for (; i < precision - scale; i++)
		out[n++] = digits[i];
	if (scale > 0)
	{
		out[n++] = '.';
		memcpy(out + n, digits + (precision - scale), (size_t) scale);
		n += (size_t) scale;
	}
	*outlen = n;
	if (precision <= 18)
	{
		for (i = 0; i < precision; i++)
			v = v * 10 + (digits[i] - '0');
		*scaled = negative ? -v : v;
		*fits = true;
	}
	return PDS_VALUE_OK;
}

/* ---- binary ---- */

static int
base64_value(unsigned char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+' || c == '-')
		return 62;
	if (c == '/' || c == '_')
		return 63;
	return -1;
}

PdsValueResult
pds_lazy_binary(const char *s, size_t n, char *out, size_t *outlen)
{
	unsigned int bits = 0;
	int			nbits = 0;
	size_t		o = 0;
	size_t		i;

	/* anything that is not base64 throughout is taken as it is */
	for (i = 0; i < n; i++)
		if (base64_value((unsigned char) s[i]) < 0 && s[i] != '=' && s[i] != ' ' &&
			s[i] != '\t' && s[i] != '\r' && s[i] != '\n')
		{
			memcpy(out, s, n);
			*outlen = n;
			return PDS_VALUE_OK;
		}
	for (i = 0; i < n && s[i] != '='; i++)
	{
		int			v = base64_value((unsigned char) s[i]);

		if (v < 0)
			continue;
		bits = bits << 6 | (unsigned int) v;
		nbits += 6;
		if (nbits >= 8)
		{
			nbits -= 8;
			out[o++] = (char) (bits >> nbits);
		}
	}
	*outlen = o;
	return PDS_VALUE_OK;
}

/* ---- typed OpenCSV: numbers since the epoch ---- */

PdsValueResult
pds_opencsv_date(const char *s, size_t n, int32_t *days)
{
	int64_t		v;

	if (n == 0 || memchr(s, '.', n) != NULL ||
		pds_lazy_int(s, n, INT32_MIN, INT32_MAX, &v) != PDS_VALUE_OK)
		return PDS_VALUE_ERROR;
	*days = (int32_t) v;
	return PDS_VALUE_OK;
}

PdsValueResult
pds_opencsv_timestamp(const char *s, size_t n, int64_t *us)
{
	int64_t		v;

	if (n == 0 || memchr(s, '.', n) != NULL ||
		pds_lazy_int(s, n, INT64_MIN / 1000, INT64_MAX / 1000, &v) != PDS_VALUE_OK)
		return PDS_VALUE_ERROR;
	*us = v * 1000;
	return PDS_VALUE_OK;
}
