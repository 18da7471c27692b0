/*
 * timestamp_formats.c
 *	  The property timestamp.formats of lazysimple: Joda patterns, "millis".
 *
 * A pattern is interpreted as it stands; none is compiled or kept.  What needs
 * a table of time zones or weeks of years is refused: such tables are read by
 * Athena only.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/calendar.h"
#include "core/base/clock.h"
#include "core/serde/serde.h"
#include "core/base/strbuf.h"

#define MAX_PATTERN 256

/* ---- the list ---- */

/*
 * The next pattern of the comma list at *p, its escapes removed.  False at the
 * end; *bad: an escape that is none, or a pattern too long.
 */
static bool
next_pattern(const char **p, char pattern[MAX_PATTERN], bool *bad)
{
	size_t		n = 0;

	*bad = false;
	for (;; (*p)++)
	{
		char		c = **p;

		if (c == '\0' || c == ',')
		{
			if (c == ',')
				(*p)++;
			/* empty ones do not count */
			if (n > 0)
				break;
			if (c == '\0')
				return false;
			(*p)--;
			continue;
		}
		if (c == '\\')
		{
			c = *++(*p);
			if (c != ',' && c != '\\')
			{
				*bad = true;
				return false;
			}
		}
		if (n + 1 >= MAX_PATTERN)
		{
			*bad = true;
			return false;
		}
		pattern[n++] = c;
	}
	pattern[n] = '\0';
	return true;
}

/* ---- tokens of a pattern ---- */

typedef struct FormatToken
{
	char		letter;			/* 0: literal text */
	int			count;			/* how often the letter stands there */
	char		text[MAX_PATTERN];
	size_t		len;
} FormatToken;

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* False at the end of the pattern. */
static bool
next_token(const char **p, FormatToken *t)
{
	bool		quoted = false;

	if (**p == '\0')
		return false;
	t->letter = 0;
	t->count = 0;
	t->len = 0;
	if (is_letter(**p))
	{
		t->letter = **p;
		for (; **p == t->letter; (*p)++)
			t->count++;
		return true;
	}
	for (; **p; (*p)++)
	{
		if (**p == '\'')
		{
			/* a doubled one is itself */
			if ((*p)[1] == '\'')
				(*p)++;
			else
			{
				quoted = !quoted;
				continue;
			}
		}
		else if (!quoted && is_letter(**p))
			break;
		t->text[t->len++] = **p;
	}
	return true;
}

/* would the token after this one begin with a digit? */
static bool
numeric_follows(const char *p)
{
	FormatToken t;

	if (!next_token(&p, &t) || t.letter == 0)
		return false;
	if (t.letter == 'M')
		return t.count <= 2;
	return strchr("cCxyYdhHmsSeDFwWkK", t.letter) != NULL;
}

static bool
check_pattern(const char *pattern, PdsError *err)
{
	const char *p = pattern;
	FormatToken t;

	if (pds_strcasecmp(pattern, "millis") == 0)
		return true;
	while (next_token(&p, &t))
	{
		if (t.letter == 0 || strchr("yYMdDEaKhHkmsSZ", t.letter) != NULL)
		{
			if (t.letter != 'Z' || t.count <= 2)
				continue;
		}
		else if (strchr("GCxwezZ", t.letter) == NULL)
		{
			pds_error_set(err, PDS_ERR_CONFIG,
						  "its timestamp.formats have the pattern \"%s\", in which %c means nothing",
						  pattern, t.letter);
			pds_error_hint(err, "Correct it in Glue: Athena refuses such a table too.");
			return false;
		}
		return pds_error_set(err, PDS_ERR_UNSUPPORTED,
							 "its timestamp.formats have the pattern \"%s\", of which %c is read by Athena only",
							 pattern, t.letter);
	}
	return true;
}

bool
pds_timestamp_formats_check(const char *formats, PdsError *err)
{
	char		pattern[MAX_PATTERN];
	const char *p = formats;
	bool		bad;

	while (next_pattern(&p, pattern, &bad))
		if (!check_pattern(pattern, err))
			return false;
	if (bad)
	{
		pds_error_set(err, PDS_ERR_CONFIG,
					  "its timestamp.formats \"%s\" do not parse: a backslash stands before a comma or a backslash only, and a pattern has less than %d bytes",
					  formats, MAX_PATTERN);
		pds_error_hint(err, "Correct them in Glue: Athena refuses such a table too.");
	}
	return !bad;
}

/* ---- parsing ---- */

typedef struct TimeParts
{
	int64_t		year;
	int			month;
	int			day;
	int			day_of_year;	/* 0: not given */
	int			weekday;		/* 1 Monday to 7; 0: not given */
	int			half;			/* 0 am, 1 pm */
	int			hour_of_half;	/* 0 to 11, or -1 */
	int			hour;
	int			minute;
	int			second;
	int			ms;
	int			offset;			/* seconds east of Greenwich */
} TimeParts;

typedef struct Input
{
	const char *p;
	const char *end;
} Input;

static inline bool
digit_at(const Input *in, int i)
{
	return in->end - in->p > i && in->p[i] >= '0' && in->p[i] <= '9';
}

/* up to max digits, with a sign when it may have one; *digits: how many */
static bool
number(Input *in, int max, bool sign, int64_t *out, int *digits)
{
	bool		negative = false;
	int64_t		v = 0;
	int			n = 0;

	if (sign && in->p < in->end && (*in->p == '-' || *in->p == '+') && digit_at(in, 1))
		negative = *in->p++ == '-';
	while (n < max && digit_at(in, 0))
	{
		v = v * 10 + (*in->p++ - '0');
		n++;
	}
	*out = negative ? -v : v;
	*digits = n;
	return n > 0;
}

/* one of these names, by their first three letters or whole, as Java writes them or in one case */
static bool
name(Input *in, const char *const *names, int count, int *out)
{
	int			i;
	int			whole;

	for (whole = 1; whole >= 0; whole--)
		for (i = 0; i < count; i++)
		{
			int			n = whole ? (int) strlen(names[i]) : 3;
			int			k = 0;
			bool		upper = true;
			bool		lower = true;
			bool		title = true;

			if (in->end - in->p < n)
				continue;
			for (; k < n; k++)
			{
				char		c = in->p[k];
				char		want = names[i][k];
				char		up = want >= 'a' && want <= 'z' ? want - 32 : want;

				upper = upper && c == up;
				lower = lower && c == (char) (up + 32);
				title = title && c == want;
			}
			if (upper || lower || title)
			{
				in->p += n;
				*out = i + 1;
				return true;
			}
		}
	return false;
}

static bool
literal(Input *in, const FormatToken *t)
{
	size_t		i;

	if ((size_t) (in->end - in->p) < t->len)
		return false;
	for (i = 0; i < t->len; i++)
	{
		char		a = in->p[i];
		char		b = t->text[i];

		if (a >= 'A' && a <= 'Z')
			a += 32;
		if (b >= 'A' && b <= 'Z')
			b += 32;
		if (a != b)
			return false;
	}
	in->p += t->len;
	return true;
}

/* Z, +hh, +hhmm or +hh:mm (and seconds) */
static bool
offset(Input *in, int *out)
{
	int			value[3] = {0, 0, 0};
	int			sign;
	int			i;
	bool		colons = false;

	if (in->p < in->end && (*in->p == 'Z' || *in->p == 'z'))
	{
		in->p++;
		*out = 0;
		return true;
	}
	if (in->end - in->p < 3 || (*in->p != '+' && *in->p != '-'))
		return false;
	sign = *in->p++ == '-' ? -1 : 1;
	for (i = 0; i < 3; i++)
	{
		if (i == 1)
			colons = in->p < in->end && *in->p == ':';
		if (i > 0 && colons)
		{
			if (in->p >= in->end || *in->p != ':')
				break;
			in->p++;
		}
		if (i > 0 && !colons && !digit_at(in, 0))
			break;
		if (!digit_at(in, 0) || !digit_at(in, 1))
			return false;
		value[i] = (in->p[0] - '0') * 10 + (in->p[1] - '0');
		if (value[i] > (i == 0 ? 23 : 59))
			return false;
		in->p += 2;
	}
	*out = sign * (value[0] * 3600 + value[1] * 60 + value[2]);
	return true;
}

/* two digits are the year nearest to thirty years ago, as Joda has it */
static int64_t
near_year(int64_t two)
{
	int64_t		now;
	int			month;
	int			day;
	int			low;
	int			t;

	pds_date_of_days(pds_wall_time() / 86400, &now, &month, &day);
	low = (int) now - 30 - 50;
	t = low % 100;
	return two + (low - t) + (two < t ? 100 : 0);
}

static bool
year(Input *in, const FormatToken *t, const char *rest, TimeParts *out)
{
	bool		numeric = numeric_follows(rest);
	const char *start = in->p;
	int			digits;

	if (t->count == 2)
	{
		if (!number(in, numeric ? 2 : 9, !numeric, &out->year, &digits) || (numeric && digits < 2))
			return false;
		if (digits == 2 && in->p - start == 2)
			out->year = near_year(out->year);
		return true;
	}
	return number(in, numeric ? t->count : 9, t->letter == 'y', &out->year, &digits);
}

/* digits after the point: milliseconds count, more are dropped */
static bool
fraction(Input *in, int max, int *ms)
{
	int			unit = 100;
	int			n = 0;

	*ms = 0;
	for (; n < max && digit_at(in, 0); n++, unit /= 10)
		*ms += (*in->p++ - '0') * unit;
	return n > 0;
}

static bool
small_number(Input *in, int max, int *out)
{
	int64_t		v;
	int			digits;

	if (!number(in, max, false, &v, &digits))
		return false;
	*out = (int) v;
	return true;
}

static const char *const halves[] = {"AM", "PM"};

/* a field of the date, or something else than a field of the time */
static bool
date_token(Input *in, const FormatToken *t, const char *rest, TimeParts *out)
{
	switch (t->letter)
	{
		case 'y':
		case 'Y':
			return year(in, t, rest, out);
		case 'M':
			return t->count > 2 ? name(in, pds_month_names, PDS_MONTHS, &out->month)
				: small_number(in, 2, &out->month);
		case 'd':
			return small_number(in, 2, &out->day);
		case 'D':
			return small_number(in, 3, &out->day_of_year) && out->day_of_year > 0;
		case 'E':
			return name(in, pds_weekday_names, PDS_WEEKDAYS, &out->weekday);
		case 'Z':
			return offset(in, &out->offset);
		default:
			return literal(in, t);
	}
}

static bool
pattern_token(Input *in, const FormatToken *t, const char *rest, TimeParts *out)
{
	int			v;

	switch (t->letter)
	{
		case 'a':
			if (!name(in, halves, 2, &v))
				return false;
			out->half = v - 1;
			return true;
		case 'h':
		case 'K':
			if (!small_number(in, 2, &v))
				return false;
			/* 1 to 12, or 0 to 11 */
			out->hour_of_half = t->letter == 'K' ? v : v == 12 ? 0 : v == 0 ? 12 : v;
			return true;
		case 'H':
		case 'k':
			if (!small_number(in, 2, &v))
				return false;
			/* 0 to 23, or 1 to 24 */
			out->hour = t->letter == 'H' ? v : v == 24 ? 0 : v == 0 ? 24 : v;
			return true;
		case 'm':
			return small_number(in, 2, &out->minute);
		case 's':
			return small_number(in, 2, &out->second);
		case 'S':
			return fraction(in, t->count, &out->ms);
		default:
			return date_token(in, t, rest, out);
	}
}

/* False: a field is out of its range. */
static bool
put_together(const TimeParts *d, int64_t *us)
{
	int64_t		days;
	int64_t		seconds;

	if (d->month < 1 || d->month > 12 || d->day < 1 || d->hour > 23 || d->minute > 59 ||
		d->second > 59 || d->hour_of_half > 11)
		return false;
	days = pds_days_of_month(d->year, d->month);
	if (d->day > pds_days_of_month(d->year, d->month + 1) - days)
		return false;
	days += d->day - 1;
	if (d->day_of_year > 0)
	{
		if (d->day_of_year > pds_days_of_month(d->year + 1, 1) - pds_days_of_month(d->year, 1))
			return false;
		days = pds_days_of_month(d->year, 1) + d->day_of_year - 1;
	}
	/* the day of the week moves the date within its week */
	if (d->weekday > 0)
		days += d->weekday - 1 - (((days + 3) % 7 + 7) % 7);
	seconds = days * 86400 - d->offset + d->minute * 60 + d->second +
		(d->hour_of_half >= 0 ? d->half * 12 + d->hour_of_half : d->hour) * 3600;
	return !__builtin_mul_overflow(seconds, 1000000, us) &&
		!__builtin_add_overflow(*us, (int64_t) d->ms * 1000, us);
}

/* -?digits[.digits]: milliseconds since 1970 */
static bool
millis(const char *s, size_t n, int64_t *us)
{
	Input		in = {s, s + n};
	int64_t		v;
	int			digits;

	if (n == 0 || *s == '+' || !number(&in, 18, true, &v, &digits))
		return false;
	if (in.p < in.end && *in.p == '.')
	{
		if (++in.p == in.end)
			return false;
		while (digit_at(&in, 0))
			in.p++;
	}
	return in.p == in.end && !__builtin_mul_overflow(v, 1000, us);
}

/* Does the pattern take the whole text? */
static bool
by_pattern(const char *pattern, const char *s, size_t n, TimeParts *out)
{
	Input		in = {s, s + n};
	const char *p = pattern;
	FormatToken t;

	memset(out, 0, sizeof(*out));
	out->year = 1970;
	out->month = out->day = 1;
	out->hour_of_half = -1;
	while (next_token(&p, &t))
		if (!pattern_token(&in, &t, p, out))
			return false;
	return in.p == in.end;
}

bool
pds_timestamp_by_formats(const char *formats, const char *s, size_t n, int64_t *us)
{
	char		pattern[MAX_PATTERN];
	TimeParts	parts;
	bool		bad;

	/*
	 * the first that takes all of it decides, even when its fields are out of
	 * range then
	 */
	while (next_pattern(&formats, pattern, &bad))
		if (pds_strcasecmp(pattern, "millis") == 0)
		{
			if (millis(s, n, us))
				return true;
		}
		else if (by_pattern(pattern, s, n, &parts))
			return put_together(&parts, us);
	return false;
}
