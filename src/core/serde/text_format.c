/*
 * text_format.c
 *	  Numbers and dates as people write them.
 */
#include "core/serde/text_format.h"

#include <string.h>

#include "core/base/calendar.h"

#define DAY_US INT64_C(86400000000)

/* ---- numbers ---- */

static bool
is_ascii_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The whole part of a number, from *i on; its digits to out. */
static bool
whole_part(const char *s, size_t n, char thousands, size_t *i, char *out, size_t *len)
{
	size_t		group = 0;
	bool		grouped = false;

	for (; *i < n; (*i)++)
	{
		if (is_ascii_digit(s[*i]))
		{
			out[(*len)++] = s[*i];
			group++;
			continue;
		}
		if (thousands == 0 || s[*i] != thousands)
			break;
		if (group == 0 || group > 3 || (grouped && group != 3))
			return false;
		grouped = true;
		group = 0;
	}
	return !grouped || group == 3;
}

bool
pds_number_normal(const char *s, size_t n, char decimal, char thousands, char *out, size_t *len)
{
	size_t		i = 0;

	*len = 0;
	while (i < n && (s[i] == ' ' || s[i] == '\t'))
		out[(*len)++] = s[i++];
	if (i < n && (s[i] == '-' || s[i] == '+'))
		out[(*len)++] = s[i++];
	if (i == n || !(is_ascii_digit(s[i]) || s[i] == decimal))
	{
		memcpy(out, s, n);
		*len = n;
		return true;
	}
	if (!whole_part(s, n, thousands, &i, out, len))
		return false;
	if (i < n && s[i] == decimal)
	{
		out[(*len)++] = '.';
		i++;
	}
	for (; i < n; i++)
	{
		if (s[i] == decimal || s[i] == '.' || (thousands != 0 && s[i] == thousands))
			return false;
		out[(*len)++] = s[i];
	}
	return true;
}

/* ---- dates: what formats are made of ---- */

/* The specifier at *p behind its %, which is moved behind it; *bare: written without zeros. */
static char
specifier(const char **p, bool *bare)
{
	*bare = **p == '-';
	if (*bare)
		(*p)++;
	return **p ? *(*p)++ : '\0';
}

const char *
pds_time_format_fault(const char *format)
{
	bool		year = false;
	bool		month = false;
	bool		day = false;
	const char *p = format;

	while (*p)
	{
		bool		bare;
		char		c;

		if (*p++ != '%')
			continue;
		c = specifier(&p, &bare);
		if (c == '\0' || strchr("YymbBdeHIpMSfjaA%", c) == NULL)
			return "it has a specifier that is not known";
		if (bare && strchr("mdeHIMSj", c) == NULL)
			return "%- stands before a number of several digits only";
		year = year || c == 'Y' || c == 'y';
		month = month || c == 'm' || c == 'b' || c == 'B' || c == 'j';
		day = day || c == 'd' || c == 'e' || c == 'j';
	}
	return year && month && day ? NULL : "it does not say year, month and day";
}

/* ---- reading ---- */

typedef struct Time
{
	int			year;
	int			month;
	int			day;
	int			day_of_year;	/* 0: not given */
	int			hour;
	int			half_hour;		/* 1 to 12; 0: not given */
	int			half;			/* 1 am, 2 pm; 0: not given */
	int			minute;
	int			second;
	int			us;
} Time;

typedef struct Text
{
	const char *p;
	const char *end;
} Text;

static bool
is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char) (c + 32) : c;
}

/* 1 to max digits */
static bool
take_number(Text *t, int max, int low, int high, int *out)
{
	int			v = 0;
	int			n = 0;

	for (; n < max && t->p < t->end && is_ascii_digit(*t->p); n++)
		v = v * 10 + (*t->p++ - '0');
	*out = v;
	return n > 0 && v >= low && v <= high;
}

/* one of these names, whole or its first three letters; *out from 1 */
static bool
take_name(Text *t, const char *const *names, int count, int *out)
{
	int			i;
	int			whole;

	for (whole = 1; whole >= 0; whole--)
		for (i = 0; i < count; i++)
		{
			size_t		n = whole ? strlen(names[i]) : 3;
			size_t		k = 0;

			if ((size_t) (t->end - t->p) < n)
				continue;
			while (k < n && lower(t->p[k]) == lower(names[i][k]))
				k++;
			if (k < n)
				continue;
			t->p += n;
			*out = i + 1;
			return true;
		}
	return false;
}

static bool
take_fraction(Text *t, int *us)
{
	int			unit = 100000;
	int			n = 0;

	*us = 0;
	for (; n < 6 && t->p < t->end && is_ascii_digit(*t->p); n++, unit /= 10)
		*us += (*t->p++ - '0') * unit;
	return n > 0;
}

static bool
take_half(Text *t, int *half)
{
	if (t->end - t->p < 2 || lower(t->p[1]) != 'm' ||
		(lower(t->p[0]) != 'a' && lower(t->p[0]) != 'p'))
		return false;
	*half = lower(t->p[0]) == 'a' ? 1 : 2;
	t->p += 2;
	return true;
}

static bool
take_field(Text *t, char c, Time *out)
{
	const char *start = t->p;
	int			unused;

	switch (c)
	{
		case 'Y':
			return take_number(t, 4, 1, 9999, &out->year) && t->p - start == 4;
		case 'y':
			/* as POSIX has it */
			if (!take_number(t, 2, 0, 99, &out->year))
				return false;
			out->year += out->year < 69 ? 2000 : 1900;
			return true;
		case 'm':
			return take_number(t, 2, 1, 12, &out->month);
		case 'b':
		case 'B':
			return take_name(t, pds_month_names, PDS_MONTHS, &out->month);
		case 'd':
		case 'e':
			return take_number(t, 2, 1, 31, &out->day);
		case 'j':
			return take_number(t, 3, 1, 366, &out->day_of_year);
		case 'H':
			return take_number(t, 2, 0, 23, &out->hour);
		case 'I':
			return take_number(t, 2, 1, 12, &out->half_hour);
		case 'p':
			return take_half(t, &out->half);
		case 'M':
			return take_number(t, 2, 0, 59, &out->minute);
		case 'S':
			return take_number(t, 2, 0, 59, &out->second);
		case 'f':
			return take_fraction(t, &out->us);
		case 'a':
		case 'A':
			return take_name(t, pds_weekday_names, PDS_WEEKDAYS, &unused);
		default:
			return t->p < t->end && *t->p++ == '%';
	}
}

/* False: there is no such day. */
static bool
put_time_together(const Time *t, int64_t *us)
{
	int64_t		days;
	int			hour = t->hour;

	if (t->day_of_year > 0)
	{
		days = pds_days_of_month(t->year, 1) + t->day_of_year - 1;
		if (days >= pds_days_of_month(t->year + 1, 1))
			return false;
	}
	else
	{
		days = pds_days_of_month(t->year, t->month) + t->day - 1;
		if (days >= pds_days_of_month(t->year, t->month + 1))
			return false;
	}
	if (t->half_hour > 0)
		hour = t->half_hour % 12 + (t->half == 2 ? 12 : 0);
	*us = days * DAY_US + ((int64_t) hour * 3600 + t->minute * 60 + t->second) * 1000000 + t->us;
	return true;
}

bool
pds_time_by_format(const char *format, const char *s, size_t n, int64_t *us)
{
	Text		t = {s, s + n};
	Time		time = {.year = 1970, .month = 1, .day = 1};
	bool		bare;

	while (*format)
	{
		if (is_space(*format))
		{
			while (t.p < t.end && is_space(*t.p))
				t.p++;
			format++;
		}
		else if (*format == '%')
		{
			format++;
			if (!take_field(&t, specifier(&format, &bare), &time))
				return false;
		}
		else if (t.p < t.end && *t.p == *format)
		{
			t.p++;
			format++;
		}
		else
			return false;
	}
	return t.p == t.end && put_time_together(&time, us);
}

/* ---- writing ---- */

static void
print_field(char c, bool bare, const Time *t, int64_t days, PdsStr *out)
{
	int			weekday = (int) (((days + 3) % 7 + 7) % 7);
	int			half_hour = t->hour % 12 == 0 ? 12 : t->hour % 12;

#define NUMBER(width, v) pds_str_appendf(out, "%0*d", bare ? 1 : width, v)
	switch (c)
	{
		case 'Y':
			NUMBER(4, t->year);
			break;
		case 'y':
			NUMBER(2, t->year % 100);
			break;
		case 'm':
			NUMBER(2, t->month);
			break;
		case 'b':
			pds_str_append_n(out, pds_month_names[t->month - 1], 3);
			break;
		case 'B':
			pds_str_append(out, pds_month_names[t->month - 1]);
			break;
		case 'd':
		case 'e':
			NUMBER(2, t->day);
			break;
		case 'j':
			NUMBER(3, t->day_of_year);
			break;
		case 'H':
			NUMBER(2, t->hour);
			break;
		case 'I':
			NUMBER(2, half_hour);
			break;
		case 'p':
			pds_str_append(out, t->hour < 12 ? "AM" : "PM");
			break;
		case 'M':
			NUMBER(2, t->minute);
			break;
		case 'S':
			NUMBER(2, t->second);
			break;
		case 'f':
			pds_str_appendf(out, "%06d", t->us);
			break;
		case 'a':
			pds_str_append_n(out, pds_weekday_names[weekday], 3);
			break;
		case 'A':
			pds_str_append(out, pds_weekday_names[weekday]);
			break;
		default:
			pds_str_append_c(out, '%');
			break;
	}
#undef NUMBER
}

bool
pds_time_print(const char *format, int64_t us, PdsStr *out)
{
	int64_t		days = us / DAY_US - (us % DAY_US < 0);
	int64_t		rest = us - days * DAY_US;
	int			seconds = (int) (rest / 1000000);
	Time		t = {
		.hour = seconds / 3600, .minute = seconds / 60 % 60, .second = seconds % 60,
		.us = (int) (rest % 1000000)
	};
	int64_t		year;
	bool		bare;

	pds_date_of_days(days, &year, &t.month, &t.day);
	if (year < 1 || year > 9999)
		return false;
	t.year = (int) year;
	t.day_of_year = (int) (days - pds_days_of_month(year, 1)) + 1;
	while (*format)
	{
		char		c = *format++;

		if (c == '%')
		{
			c = specifier(&format, &bare);
			print_field(c, bare, &t, days, out);
		}
		else
			pds_str_append_c(out, c);
	}
	return true;
}
