/*
 * opencsv.c
 *	  The line parser of OpenCSVSerde (AWS.md 6.4), oddities included.
 *
 * It is not RFC 4180: a quote in the middle of a field is sometimes kept, an
 * escape that protects nothing vanishes, an unterminated quote loses its field
 * and all that follow.
 */
#include <string.h>

#include "serde_internal.h"

typedef struct Line
{
	const PdsDialect *d;
	const char *p;
	size_t		len;
	char	   *out;			/* text of the field being made */
	size_t		n;
	bool		in_quotes;
	bool		in_field;
} Line;

static bool
all_blank(const char *s, size_t n)
{
	size_t		i;

	for (i = 0; i < n; i++)
		if (s[i] != ' ' && (s[i] < '\t' || s[i] > '\r') && (s[i] < 0x1C || s[i] > 0x1F))
			return false;
	return true;
}

/* the next character is a quote (or escape) of a field that has begun */
static bool
next_is_quote(const Line *l, size_t i)
{
	return (l->in_quotes || l->in_field) && i + 1 < l->len && l->p[i + 1] == l->d->quote;
}

static bool
next_is_escapable(const Line *l, size_t i)
{
	return (l->in_quotes || l->in_field) && i + 1 < l->len &&
		(l->p[i + 1] == l->d->quote || l->p[i + 1] == l->d->escape);
}

/* a quote at i that is not doubled */
static void
lone_quote(Line *l, size_t i)
{
	/* in the middle of a field: between characters that are no separators */
	if (i > 2 && l->p[i - 1] != l->d->delimiter && i + 1 < l->len &&
		l->p[i + 1] != l->d->delimiter)
	{
		if (l->n > 0 && all_blank(l->out, l->n))
			l->n = 0;
		else
			l->out[l->n++] = l->d->quote;
	}
	l->in_quotes = !l->in_quotes;
}

/* Characters from *at to the end of a field.  False: the line ended in quotes. */
static bool
next_field(Line *l, size_t *at)
{
	size_t		i;

	l->n = 0;
	l->in_field = false;
	for (i = *at; i < l->len; i++)
	{
		char		c = l->p[i];

		if (l->d->escape != 0 && c == l->d->escape)
		{
			if (next_is_escapable(l, i))
				l->out[l->n++] = l->p[++i];
		}
		else if (l->d->quote != 0 && c == l->d->quote)
		{
			if (next_is_quote(l, i))
				l->out[l->n++] = l->p[++i];
			else
				lone_quote(l, i);
			l->in_field = !l->in_field;
		}
		else if (c == l->d->delimiter && !l->in_quotes)
		{
			*at = i + 1;
			return true;
		}
		else
		{
			l->out[l->n++] = c;
			l->in_field = true;
		}
	}
	*at = l->len + 1;
	return !l->in_quotes;
}

/* no quote and no escape in the line: the fields are where the separators are */
static void
plain_fields(const PdsDialect *d, const char *line, size_t len, const int *wanted, int nwanted,
			 PdsField *out)
{
	const char *p = line;
	const char *end = line + len;
	int			field = 0;
	int			i = 0;

	while (i < nwanted && p <= end)
	{
		const char *stop = memchr(p, d->delimiter, (size_t) (end - p));

		if (stop == NULL)
			stop = end;
		if (wanted[i] == field)
		{
			out[i].data = (char *) p;
			out[i].len = (uint32_t) (stop - p);
			out[i].room = p > line ? 1 : 0;
			out[i].escaped = false;
			i++;
		}
		field++;
		p = stop + 1;
	}
}

bool
pds_opencsv_fields(const PdsDialect *d, const char *line, size_t len,
				   const int *wanted, int nwanted, PdsField *out, PdsArena *arena)
{
	Line		l = {.d = d, .p = line, .len = len};
	size_t		at = 0;
	int			field = 0;
	int			i;

	for (i = 0; i < nwanted; i++)
		out[i] = (PdsField) {0};
	if (len == 0 || nwanted == 0)
		return true;
	if ((d->quote == 0 || memchr(line, d->quote, len) == NULL) &&
		(d->escape == 0 || memchr(line, d->escape, len) == NULL))
	{
		plain_fields(d, line, len, wanted, nwanted, out);
		return true;
	}
	i = 0;
	while (i < nwanted && at <= len)
	{
		char	   *block = pds_arena_alloc(arena, len - at + 4);

		if (block == NULL)
			return false;
		l.out = block + 4;
		if (!next_field(&l, &at))
			break;
		/* give back what the field did not need */
		arena->used -= (size_t) (arena->data + arena->used - block);
		arena->used += (l.n + 4 + 7) & ~(size_t) 7;
		if (wanted[i] == field)
		{
			out[i].data = l.out;
			out[i].len = (uint32_t) l.n;
			out[i].room = 4;
			i++;
		}
		field++;
	}
	return true;
}
