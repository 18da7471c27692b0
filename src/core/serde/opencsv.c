/*
 * opencsv.c
 *	  The line parser of OpenCSVSerde (doc/dev/aws.md §6.4), oddities included.
 *
 * It is not RFC 4180: a quote in the middle of a field is sometimes kept, an
 * escape that protects nothing vanishes, an unterminated quote loses its field
 * and all that follow.
 */
#include <string.h>

#include "core/serde/serde_internal.h"

typedef struct Line
{
	const PdsDialect *d;
	const char *p;
	size_t		len;
	char	   *out;			/* text of the field being made */
	size_t		n;
	bool		solid;			/* it is known to hold more than blanks */
	bool		in_quotes;
	bool		in_field;
} Line;

/* bytes of the white space (Java's) at s, 0: it is none */
static size_t
blank_bytes(const unsigned char *s, size_t n)
{
	if (s[0] == ' ' || (s[0] >= '\t' && s[0] <= '\r') || (s[0] >= 0x1C && s[0] <= 0x1F))
		return 1;
	if (n < 3)
		return 0;
	if (s[0] == 0xE1 && s[1] == 0x9A && s[2] == 0x80)
		return 3;
	if (s[0] == 0xE2 && s[1] == 0x80 && ((s[2] >= 0x80 && s[2] <= 0x8A && s[2] != 0x87) ||
										 s[2] == 0xA8 || s[2] == 0xA9))
		return 3;
	if ((s[0] == 0xE2 && s[1] == 0x81 && s[2] == 0x9F) ||
		(s[0] == 0xE3 && s[1] == 0x80 && s[2] == 0x80))
		return 3;
	return 0;
}

static bool
all_blank(const char *s, size_t n)
{
	size_t		i = 0;

	while (i < n)
	{
		size_t		k = blank_bytes((const unsigned char *) s + i, n - i);

		if (k == 0)
			return false;
		i += k;
	}
	return true;
}

/* Stand more than two of Java's characters (UTF-16 units) before byte i of the line? */
static bool
after_two_chars(const Line *l, size_t i)
{
	int			units = 0;
	size_t		k;

	if (i > 6)
		return true;
	for (k = 0; k < i; k++)
	{
		unsigned char c = (unsigned char) l->p[k];

		units += (c & 0xC0) != 0x80 || c >= PDS_WIDE_STANDIN ? 1 : 0;
		units += c >= 0xF0 && c < PDS_WIDE_STANDIN;
	}
	return units > 2;
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
	if (after_two_chars(l, i) && l->p[i - 1] != l->d->delimiter && i + 1 < l->len &&
		l->p[i + 1] != l->d->delimiter)
	{
		/* looked at once: what follows does not change it */
		if (l->n > 0 && !l->solid)
			l->solid = !all_blank(l->out, l->n);
		if (l->n > 0 && !l->solid)
			l->n = 0;
		else
		{
			l->out[l->n++] = l->d->quote;
			l->solid = true;
		}
	}
	l->in_quotes = !l->in_quotes;
}

/*
 * Characters from *at to the end of a field.  False: the line ended in quotes, or, with
 * *at where it was, it was cancelled.
 */
static bool
next_field(Line *l, size_t *at, const PdsArena *arena)
{
	size_t		ask = *at + PDS_LONG_WORK;
	size_t		i;

	l->n = 0;
	l->solid = false;
	l->in_field = false;
	for (i = *at; i < l->len; i++)
	{
		char		c = l->p[i];

		if (i >= ask)
		{
			if (pds_arena_cancelled(arena))
				return false;
			ask = i + PDS_LONG_WORK;
		}
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

/* ---- wide characters ---- */

/* the line with stand-ins for the wide characters; NULL: out of memory */
static char *
with_standins(const PdsDialect *d, const char *line, size_t *len, PdsArena *arena)
{
	char	   *copy = pds_arena_alloc(arena, *len + 1);
	size_t		ask = PDS_LONG_WORK;
	size_t		n = 0;
	size_t		i = 0;

	if (copy == NULL)
		return NULL;
	while (i < *len)
	{
		int			w;

		if (i >= ask)
		{
			if (pds_arena_cancelled(arena))
				return NULL;
			ask = i + PDS_LONG_WORK;
		}
		for (w = 0; w < 3; w++)
		{
			size_t		k = strlen(d->wide[w]);

			if (k > 0 && *len - i >= k && memcmp(line + i, d->wide[w], k) == 0)
			{
				copy[n++] = (char) (PDS_WIDE_STANDIN + w);
				i += k;
				break;
			}
		}
		if (w == 3)
			copy[n++] = line[i++];
	}
	*len = n;
	return copy;
}

/* what is left of the stand-ins is data */
static bool
without_standins(const PdsDialect *d, PdsField *f, PdsArena *arena)
{
	char	   *block;
	char	   *out;
	uint32_t	i = 0;

	/* no UTF-8 has bytes as high as they */
	while (f->data && i < f->len && (unsigned char) f->data[i] < PDS_WIDE_STANDIN)
		i++;
	if (f->data == NULL || i == f->len)
		return true;
	block = pds_arena_alloc(arena, (size_t) f->len * 3 + 4);
	if (block == NULL)
		return false;
	out = block + 4;
	for (i = 0; i < f->len; i++)
	{
		int			w = (unsigned char) f->data[i] - PDS_WIDE_STANDIN;

		if (w >= 0 && d->wide[w][0])
		{
			memcpy(out, d->wide[w], strlen(d->wide[w]));
			out += strlen(d->wide[w]);
		}
		else
			*out++ = f->data[i];
		if (i % PDS_LONG_WORK == PDS_LONG_WORK - 1 && pds_arena_cancelled(arena))
			return false;
	}
	f->data = block + 4;
	f->len = (uint32_t) (out - f->data);
	f->room = 4;
	return true;
}

static bool line_fields(const PdsDialect *d, const char *line, size_t len, const int *wanted,
						int nwanted, PdsField *out, PdsArena *arena);

bool
pds_opencsv_fields(const PdsDialect *d, const char *line, size_t len,
				   const int *wanted, int nwanted, PdsField *out, PdsArena *arena)
{
	int			i;

	if (!d->wide[0][0] && !d->wide[1][0] && !d->wide[2][0])
		return line_fields(d, line, len, wanted, nwanted, out, arena);
	line = with_standins(d, line, &len, arena);
	if (line == NULL || !line_fields(d, line, len, wanted, nwanted, out, arena))
		return false;
	for (i = 0; i < nwanted; i++)
		if (!without_standins(d, &out[i], arena))
			return false;
	return true;
}

static bool
line_fields(const PdsDialect *d, const char *line, size_t len, const int *wanted, int nwanted,
			PdsField *out, PdsArena *arena)
{
	Line		l = {.d = d, .p = line, .len = len};
	size_t		at = 0;
	size_t		before;
	int			field = 0;
	int			i;

	memset(out, 0, (size_t) nwanted * sizeof(PdsField));
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
		before = at;
		if (!next_field(&l, &at, arena))
		{
			if (at == before)
				return false;
			break;
		}
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
