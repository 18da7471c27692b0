/*
 * date_pattern.c
 *	  Java's DateTimeFormatter patterns, as far as partition projection needs
 *	  them.  Rules: java.time.format.DateTimeFormatter, locale ENGLISH, with
 *	  the resolver's default style (SMART).
 */
#include "core/glue/date_pattern.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/calendar.h"

#define MS_PER_DAY	INT64_C(86400000)

typedef struct PatternToken
{
	char		letter;			/* 0: a literal */
	int			count;
	char	   *literal;
} PatternToken;

struct PdsDatePattern
{
	PatternToken *tokens;
	int			n;
};

/* what a time consists of, or what a text names of it (-1: nothing) */
typedef struct Fields
{
	int			year,
				month,
				day,
				day_of_year;
	int			hour,
				hour12,
				pm,
				minute,
				second,
				nano;
	int			weekday;		/* 0 is Monday */
} Fields;

/* ---- patterns ---- */

/* the largest count of a letter that is supported here, 0: none */
static int
max_count(char letter)
{
	switch (letter)
	{
		case 'y':
		case 'u':
		case 'M':
		case 'L':
		case 'E':
			return 4;
		case 'D':
			return 3;
		case 'd':
		case 'H':
		case 'h':
		case 'k':
		case 'K':
		case 'm':
		case 's':
			return 2;
		case 'S':
			return 9;
		case 'a':
			return 1;
		default:
			return 0;
	}
}

static bool
add_token(PdsDatePattern *p, char letter, int count, const char *literal, size_t len)
{
	PatternToken *grown = realloc(p->tokens, (size_t) (p->n + 1) * sizeof(PatternToken));
	PatternToken *t;

	if (grown == NULL)
		return false;
	p->tokens = grown;
	t = &p->tokens[p->n];
	t->letter = letter;
	t->count = count;
	t->literal = literal ? pds_strndup(literal, len) : NULL;
	if (literal && t->literal == NULL)
		return false;
	p->n++;
	return true;
}

/* 'text', or '' for a quote; *at stands behind it afterwards */
static bool
quoted_text(PdsDatePattern *p, const char **at, PdsError *err)
{
	const char *s = *at + 1;
	PdsStr		text;
	bool		ok;

	if (*s == '\'')
	{
		*at = s + 1;
		return add_token(p, 0, 0, "'", 1) || pds_error_oom(err);
	}
	pds_str_init(&text);
	for (; *s && (*s != '\'' || s[1] == '\''); s++)
	{
		pds_str_append_c(&text, *s);
		if (*s == '\'')
			s++;
	}
	ok = !text.failed && add_token(p, 0, 0, pds_str_text(&text), text.len);
	pds_str_free(&text);
	if (!ok)
		return pds_error_oom(err);
	if (*s == '\0')
		return pds_error_set(err, PDS_ERR_CONFIG, "a quote in it is not closed");
	*at = s + 1;
	return true;
}

static bool
parse_pattern(PdsDatePattern *p, const char *s, PdsError *err)
{
	while (*s)
	{
		size_t		run = 1;

		if (*s == '\'')
		{
			if (!quoted_text(p, &s, err))
				return false;
			continue;
		}
		if ((*s >= 'A' && *s <= 'Z') || (*s >= 'a' && *s <= 'z'))
		{
			while (s[run] == *s)
				run++;
			if (run > (size_t) max_count(*s))
				return pds_error_set(err, PDS_ERR_UNSUPPORTED,
									 "\"%.*s\" in it is not supported here", (int) run, s);
			if (!add_token(p, *s, (int) run, NULL, 0))
				return pds_error_oom(err);
		}
		else if (strchr("[]{}#", *s))
			return pds_error_set(err, PDS_ERR_UNSUPPORTED, "\"%c\" in it is not supported here",
								 *s);
		else if (!add_token(p, 0, 0, s, 1))
			return pds_error_oom(err);
		s += run;
	}
	return p->n > 0 || pds_error_set(err, PDS_ERR_CONFIG, "it is empty");
}

PdsDatePattern *
pds_date_pattern_new(const char *text, PdsError *err)
{
	PdsDatePattern *p = calloc(1, sizeof(PdsDatePattern));

	if (p == NULL)
		pds_error_oom(err);
	else if (!parse_pattern(p, text, err))
	{
		pds_date_pattern_free(p);
		p = NULL;
	}
	return p;
}

void
pds_date_pattern_free(PdsDatePattern *p)
{
	int			i;

	if (p == NULL)
		return;
	for (i = 0; i < p->n; i++)
		free(p->tokens[i].literal);
	free(p->tokens);
	free(p);
}

static bool
has_letter(const PdsDatePattern *p, const char *letters)
{
	int			i;

	for (i = 0; i < p->n; i++)
		if (p->tokens[i].letter && strchr(letters, p->tokens[i].letter))
			return true;
	return false;
}

bool
pds_date_pattern_has_time(const PdsDatePattern *p)
{
	return has_letter(p, "HhkKmsSa");
}

bool
pds_date_pattern_has_day(const PdsDatePattern *p)
{
	return has_letter(p, "dD");
}

bool
pds_date_pattern_ordered(const PdsDatePattern *p)
{
	static const char order[] = "yMdHmsS";
	int			next = 0;
	int			i;

	for (i = 0; i < p->n; i++)
	{
		const PatternToken *t = &p->tokens[i];
		char		letter = t->letter == 'u' ? 'y' : t->letter == 'L' ? 'M' : t->letter;

		if (letter == 0)
			continue;

		/*
		 * from the largest to the smallest, none left out, each of a fixed
		 * width
		 */
		if (letter != order[next] ||
			(letter != 'S' && t->count != (letter == 'y' ? 4 : 2)))
			return false;
		next++;
	}
	return next > 0;
}

/* ---- times ---- */

static void
fields_of(int64_t ms, Fields *f)
{
	int64_t		days = ms / MS_PER_DAY - (ms % MS_PER_DAY < 0);
	int			of_day = (int) (ms - days * MS_PER_DAY);
	int64_t		year;

	pds_date_of_days(days, &year, &f->month, &f->day);
	f->year = (int) year;
	f->day_of_year = (int) (days - pds_days_of_month(year, 1)) + 1;
	f->hour = of_day / 3600000;
	f->hour12 = f->hour % 12;
	f->pm = f->hour >= 12;
	f->minute = of_day / 60000 % 60;
	f->second = of_day / 1000 % 60;
	f->nano = of_day % 1000 * 1000000;
	/* 1970-01-01 was a Thursday */
	f->weekday = (int) ((days % 7 + 7 + 3) % 7);
}

/* SMART: a day that the month lacks becomes its last one */
static bool
ms_of(const Fields *f, int64_t *ms)
{
	int			month = f->month < 0 ? 1 : f->month;
	int			day = f->day < 0 ? 1 : f->day;
	int			hour = f->hour;
	int64_t		days;
	int			length;

	if (f->year < 1 || f->year > 9999 || month < 1 || month > 12 || day < 1 || day > 31)
		return false;
	days = pds_days_of_month(f->year, month);
	length = (int) (pds_days_of_month(f->year, month + 1) - days);
	days += (day > length ? length : day) - 1;
	if (f->day_of_year >= 0)
	{
		days = pds_days_of_month(f->year, 1) + f->day_of_year - 1;
		if (f->day_of_year < 1 || days >= pds_days_of_month(f->year + 1, 1))
			return false;
	}
	if (hour < 0)
		hour = f->hour12 < 0 ? 0 : f->hour12 % 12 + (f->pm > 0 ? 12 : 0);
	if (hour > 23 || f->minute > 59 || f->second > 59 || f->hour12 > 12)
		return false;
	*ms = days * MS_PER_DAY + hour * INT64_C(3600000) + (f->minute < 0 ? 0 : f->minute) * 60000 +
		(f->second < 0 ? 0 : f->second) * 1000 + (f->nano < 0 ? 0 : f->nano / 1000000);
	return true;
}

/* ---- formatting ---- */

static void
append_number(PdsStr *out, int value, int width)
{
	pds_str_appendf(out, "%0*d", width, value);
}

static void
append_fraction(PdsStr *out, int nano, int digits)
{
	char		text[16];

	snprintf(text, sizeof(text), "%09d", nano);
	pds_str_append_n(out, text, (size_t) digits);
}

void
pds_date_pattern_format(const PdsDatePattern *p, int64_t ms, PdsStr *out)
{
	Fields		f;
	int			i;

	fields_of(ms, &f);
	for (i = 0; i < p->n; i++)
	{
		const PatternToken *t = &p->tokens[i];

		switch (t->letter)
		{
			case 0:
				pds_str_append(out, t->literal);
				break;
			case 'y':
			case 'u':
				append_number(out, t->count == 2 ? f.year % 100 : f.year, t->count);
				break;
			case 'M':
			case 'L':
				if (t->count < 3)
					append_number(out, f.month, t->count);
				else
					pds_str_append_n(out, pds_month_names[f.month - 1],
									 t->count == 3 ? 3 : strlen(pds_month_names[f.month - 1]));
				break;
			case 'E':
				pds_str_append_n(out, pds_weekday_names[f.weekday],
								 t->count < 4 ? 3 : strlen(pds_weekday_names[f.weekday]));
				break;
			case 'd':
				append_number(out, f.day, t->count);
				break;
			case 'D':
				append_number(out, f.day_of_year, t->count);
				break;
			case 'H':
				append_number(out, f.hour, t->count);
				break;
			case 'k':
				append_number(out, f.hour == 0 ? 24 : f.hour, t->count);
				break;
			case 'K':
				append_number(out, f.hour12, t->count);
				break;
			case 'h':
				append_number(out, f.hour12 == 0 ? 12 : f.hour12, t->count);
				break;
			case 'a':
				pds_str_append(out, f.pm ? "PM" : "AM");
				break;
			case 'm':
				append_number(out, f.minute, t->count);
				break;
			case 's':
				append_number(out, f.second, t->count);
				break;
			case 'S':
				append_fraction(out, f.nano, t->count);
				break;
		}
	}
}

/* ---- parsing ---- */

/* one of these names, in full or its first three letters; its number, or -1 */
static int
parse_name(const char **at, const char *const *names, int n, bool full)
{
	int			i;

	for (i = 0; i < n; i++)
	{
		size_t		len = full ? strlen(names[i]) : 3;

		if (strncmp(*at, names[i], len) == 0)
		{
			*at += len;
			return i;
		}
	}
	return -1;
}

static bool
is_name(const PatternToken *t)
{
	return t->letter == 'E' || t->letter == 'a' ||
		((t->letter == 'M' || t->letter == 'L') && t->count > 2);
}

/*
 * The number of token i.  One letter takes as many digits as there are, but
 * leaves those that fixed numbers right behind it need; more letters fix the
 * width.
 */
static bool
parse_pattern_number(const PdsDatePattern *p, int i, const char **at, int *value)
{
	const PatternToken *t = &p->tokens[i];
	size_t		digits = strspn(*at, "0123456789");
	size_t		width = (size_t) t->count;
	int			k;
	size_t		j;

	if (t->count == 1 && t->letter != 'S')
	{
		size_t		reserved = 0;

		for (k = i + 1; k < p->n && p->tokens[k].letter && !is_name(&p->tokens[k]) &&
			 p->tokens[k].count > 1; k++)
			reserved += (size_t) p->tokens[k].count;
		width = digits > reserved ? digits - reserved : 0;
	}
	if (width == 0 || width > 9 || digits < width)
		return false;
	*value = 0;
	for (j = 0; j < width; j++)
		*value = *value * 10 + ((*at)[j] - '0');
	*at += width;
	return true;
}

static bool
parse_token(const PdsDatePattern *p, int i, const char **at, Fields *f)
{
	const PatternToken *t = &p->tokens[i];
	int			v;

	if (t->letter == 0)
	{
		if (!pds_str_has_prefix(*at, t->literal))
			return false;
		*at += strlen(t->literal);
		return true;
	}
	if (t->letter == 'a')
	{
		if (strncmp(*at, "AM", 2) != 0 && strncmp(*at, "PM", 2) != 0)
			return false;
		f->pm = **at == 'P';
		*at += 2;
		return true;
	}
	if (t->letter == 'E')
		return parse_name(at, pds_weekday_names, PDS_WEEKDAYS, t->count == 4) >= 0;
	if (is_name(t))
	{
		f->month = parse_name(at, pds_month_names, PDS_MONTHS, t->count == 4) + 1;
		return f->month > 0;
	}
	if (!parse_pattern_number(p, i, at, &v))
		return false;
	switch (t->letter)
	{
		case 'y':
		case 'u':
			f->year = t->count == 2 ? 2000 + v : v;
			break;
		case 'M':
		case 'L':
			f->month = v;
			break;
		case 'd':
			f->day = v;
			break;
		case 'D':
			f->day_of_year = v;
			break;
		case 'H':
			f->hour = v;
			break;
		case 'k':
			f->hour = v == 24 ? 0 : v;
			break;
		case 'K':
		case 'h':
			f->hour12 = v;
			break;
		case 'm':
			f->minute = v;
			break;
		case 's':
			f->second = v;
			break;
		case 'S':
			for (int k = t->count; k < 9; k++)
				v *= 10;
			f->nano = v;
			break;
	}
	return true;
}

bool
pds_date_pattern_parse(const PdsDatePattern *p, const char *text, int64_t *ms)
{
	Fields		f = {-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1};
	int			i;

	for (i = 0; i < p->n; i++)
		if (!parse_token(p, i, &text, &f))
			return false;
	return *text == '\0' && ms_of(&f, ms);
}
