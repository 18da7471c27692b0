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

#include "core/base/assert.h"
#include "core/base/calendar.h"
#include "core/serde/plain_values.h"
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

/* a number that passed the grammar, taken apart */
typedef struct Number
{
	bool		negative;
	const char *first;			/* the first digit or the point */
	const char *last;			/* one past the last of them */
	const char *point;			/* NULL: none */
	int64_t		exponent;		/* of ten, as it is written */
	uint64_t	mantissa;		/* the first digits that count */
	int64_t		dropped;		/* digits that mantissa lacks */
	bool		hex;
	const char *begin;			/* with the sign, without a type suffix */
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

/* larger exponents are all alike: no text has as many digits */
#define MOST_EXPONENT	INT64_C(1000000000000)

/* digits[.digits][e[+-]digits] from p, after the sign: for doubles and decimals */
static bool
decimal_grammar(const char *p, const char *end, Number *num)
{
	bool		digits = false;
	int			significant = 0;
	bool		minus = false;

	num->first = p;
	num->point = NULL;
	num->mantissa = 0;
	num->dropped = 0;
	num->exponent = 0;
	for (; p < end; p++)
	{
		if (is_digit(*p))
		{
			digits = true;
			significant += significant > 0 || *p != '0';
			if (significant <= PDS_PLAIN_DIGITS)
				num->mantissa = num->mantissa * 10 + (uint64_t) (*p - '0');
			else
				num->dropped++;
		}
		else if (*p == '.' && num->point == NULL)
			num->point = p;
		else
			break;
	}
	num->last = p;
	if (!digits)
		return false;
	if (p < end && (*p == 'e' || *p == 'E'))
	{
		p++;
		if (p < end && (*p == '+' || *p == '-'))
			minus = *p++ == '-';
		if (p >= end || !is_digit(*p))
			return false;
		for (; p < end && is_digit(*p); p++)
			if (num->exponent < MOST_EXPONENT)
				num->exponent = num->exponent * 10 + (*p - '0');
		if (minus)
			num->exponent = -num->exponent;
	}
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

/* the power of ten of mantissa's last digit */
static int64_t
mantissa_exponent(const Number *num)
{
	return num->exponent + num->dropped - (num->point ? num->last - num->point - 1 : 0);
}

/* By the C library, for what is not exact.  False: out of memory. */
static bool
library_value(const Number *num, bool single, double *out)
{
	size_t		n = (size_t) (num->end - num->begin);
	char		buf[128];
	char	   *text = n < sizeof(buf) ? buf : malloc(n + 1);

	if (text == NULL)
		return false;
	memcpy(text, num->begin, n);
	text[n] = '\0';
	*out = single ? strtof(text, NULL) : strtod(text, NULL);
	if (text != buf)
		free(text);
	return true;
}

PdsValueResult
pds_lazy_double(const char *s, size_t n, double *out)
{
	Number		num;

	if (parse_number(s, n, &num, out) != PDS_VALUE_OK)
		return PDS_VALUE_NULL;
	if (*out != 0)
		return PDS_VALUE_OK;
	if (!num.hex && num.dropped == 0 &&
		pds_exact_double(num.mantissa, mantissa_exponent(&num), out))
		*out = num.negative ? -*out : *out;
	else if (!library_value(&num, false, out))
		return PDS_VALUE_ERROR;
	return PDS_VALUE_OK;
}

PdsValueResult
pds_lazy_float(const char *s, size_t n, float *out)
{
	Number		num;
	double		v;

	if (parse_number(s, n, &num, &v) != PDS_VALUE_OK)
		return PDS_VALUE_NULL;
	if (v == 0 && !num.hex && num.dropped == 0 &&
		pds_exact_float(num.mantissa, mantissa_exponent(&num), out))
	{
		*out = num.negative ? -*out : *out;
		return PDS_VALUE_OK;
	}
	/* rounded once, to a float, which a double holds */
	if (v == 0 && !library_value(&num, true, &v))
		return PDS_VALUE_ERROR;
	*out = (float) v;
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
	int64_t		v;

	if (pds_plain_date_days(s, n, days))
		return PDS_VALUE_OK;
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

/* of Hive's largest precision, 38, with room */
#define PDS_DECIMAL_DIGITS	48

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

/*
 * The precision digits of num in that scale, rounded half up once, without
 * point and sign.  False: it is too large.
 */
static bool
decimal_digits(const Number *num, int precision, int scale, char *digits)
{
	const char *point = num->point ? num->point : num->last;

	/*
	 * which of the digits the first one of the text is: none where it is
	 * negative
	 */
	int64_t		place = (precision - scale) - (point - num->first) - num->exponent;
	const char *p;
	bool		round_up = false;

	memset(digits, '0', (size_t) precision);
	for (p = num->first; p < num->last && place <= precision; p++)
	{
		if (*p == '.')
			continue;
		if (place < 0 && *p != '0')
			return false;
		if (place == precision)
			round_up = *p >= '5';
		else if (place >= 0)
			digits[place] = *p;
		place++;
	}
	return !round_up || (precision > 0 && !increment(digits, (size_t) precision));
}

PdsValueResult
pds_lazy_decimal(const char *s, size_t n, int precision, int scale,
				 char *out, size_t *outlen, int64_t *scaled, bool *fits)
{
	Number		num;
	bool		negative = n > 0 && *s == '-';
	char		digits[PDS_DECIMAL_DIGITS];
	int			whole = precision - scale;
	int64_t		v = 0;
	int			i;
	size_t		len = 0;

	*fits = false;
	PDS_ASSERT(precision <= PDS_DECIMAL_DIGITS && scale <= precision);
	if (n > 0 && (*s == '+' || *s == '-'))
	{
		s++;
		n--;
	}
	if (!decimal_grammar(s, s + n, &num) || !decimal_digits(&num, precision, scale, digits))
		return PDS_VALUE_NULL;
	for (i = 0; i < precision && digits[i] == '0'; i++)
		;
	if (negative && i < precision)
		out[len++] = '-';
	if (whole == 0)
		out[len++] = '0';
	/* leading zeros go, but for the last before the point */
	for (i = i < whole ? i : whole - 1; i >= 0 && i < whole; i++)
		out[len++] = digits[i];
	if (scale > 0)
	{
		out[len++] = '.';
		memcpy(out + len, digits + whole, (size_t) scale);
		len += (size_t) scale;
	}
	*outlen = len;
	if (precision <= PDS_PLAIN_DIGITS)
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
