/*
 * hive_type_verdict.c
 *	  What the engine behind Athena makes of a type's text.
 *
 * Its parser cuts the text into runs of name characters, blanks among them,
 * and single signs; and it knows few names.  Followed to the letter, because a
 * table that Athena refuses must not give rows here in silence.
 */
#include <stdlib.h>
#include <string.h>

#include "core/serde/hive_type.h"

#define MAX_TOKENS 4096
#define MAX_DEPTH 64

typedef struct TypeToken
{
	const char *p;
	size_t		n;
	bool		name;
} TypeToken;

static TypeToken
token(const char *from, const char *end, bool word)
{
	TypeToken	t = {from, (size_t) (end - from), word};

	return t;
}

typedef struct TypeTokens
{
	TypeToken  *t;
	int			n;
	int			at;
	int			depth;
	bool		not_selected;
} TypeTokens;

static bool
name_char(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		c == '_' || c == '.' || c == ' ' || c == '$' || c >= 0x80;
}

static bool
equals(const TypeToken *t, const char *word)
{
	size_t		i;

	if (t->n != strlen(word))
		return false;
	for (i = 0; i < t->n; i++)
		if ((t->p[i] >= 'A' && t->p[i] <= 'Z' ? t->p[i] + 32 : t->p[i]) != word[i])
			return false;
	return true;
}

static bool
cut_tokens(const char *text, TypeTokens *ts)
{
	const char *p = text;

	while (*p)
	{
		const char *start = p;

		if (ts->n == MAX_TOKENS)
			return false;
		while (name_char((unsigned char) *p))
			p++;
		/* ('...'): the quotes do not count */
		if (*p == '\'' && p == start && ts->n > 0 && ts->t[ts->n - 1].p[0] == '(')
		{
			const char *close = strchr(p + 1, '\'');

			if (close == NULL)
				return false;
			start = p + 1;
			ts->t[ts->n++] = token(start, close, true);
			p = close + 1;
			continue;
		}
		if (p == start)
			p++;
		ts->t[ts->n++] = token(start, p, name_char((unsigned char) *start));
	}
	return true;
}

static bool
take_word(TypeTokens *ts, const char *sign)
{
	if (ts->at >= ts->n || !equals(&ts->t[ts->at], sign))
		return false;
	ts->at++;
	return true;
}

/* ( name [, name ...] ) into up to two numbers; *count: how many there were */
static bool
parameters(TypeTokens *ts, int numbers[2], int *count)
{
	*count = 0;
	if (!take_word(ts, "("))
		return true;
	for (;;)
	{
		const TypeToken *t = &ts->t[ts->at];
		char		text[16];
		char	   *end;

		if (ts->at >= ts->n || !t->name || t->n >= sizeof(text))
			return false;
		memcpy(text, t->p, t->n);
		text[t->n] = '\0';
		if (*count < 2)
			numbers[*count] = text[0] == ' ' ? -1 : (int) strtol(text, &end, 10);
		if (*count < 2 && (text[0] == ' ' || *end != '\0'))
			numbers[*count] = -1;
		(*count)++;
		ts->at++;
		if (take_word(ts, ")"))
			return true;
		if (!take_word(ts, ","))
			return false;
	}
}

/* sizes of decimal, varchar and char */
static bool
sizes_fine(const TypeToken *t, const int numbers[2], int count)
{
	if (equals(t, "decimal"))
	{
		int			p = count > 0 ? numbers[0] : 10;
		int			s = count > 1 ? numbers[1] : 0;

		return count <= 2 && p >= 1 && p <= 38 && s >= 0 && s <= p;
	}
	if (equals(t, "varchar"))
		return count == 1 && numbers[0] >= 1 && numbers[0] <= 65535;
	if (equals(t, "char"))
		return count == 1 && numbers[0] >= 1 && numbers[0] <= 255;
	return true;
}

static const char *const scalars[] = {"binary", "string", "char", "varchar", "boolean", "int",
"bigint", "float", "double", "tinyint", "smallint", "date", "timestamp", "decimal", NULL};
static const char *const hidden[] = {"void", "timestamp with local time zone",
"interval_year_month", "interval_day_time", NULL};

static bool
among(const TypeToken *t, const char *const *words)
{
	for (; *words; words++)
		if (equals(t, *words))
			return true;
	return false;
}

static bool
names_type(const TypeToken *t)
{
	return among(t, scalars) || among(t, hidden) || equals(t, "array") || equals(t, "map") ||
		equals(t, "struct") || equals(t, "uniontype") || equals(t, "unknown");
}

static bool parse(TypeTokens *ts);

/* name:type, ...; one at least */
static bool
fields(TypeTokens *ts)
{
	int			n = 0;

	do
	{
		/* a comma may be the last thing */
		if (n > 0 && take_word(ts, ">"))
			return true;
		if (ts->at >= ts->n || !ts->t[ts->at].name)
			return false;
		ts->at++;
		if (!take_word(ts, ":") || !parse(ts))
			return false;
		n++;
	} while (take_word(ts, ","));
	return take_word(ts, ">");
}

static bool
list(TypeTokens *ts, int count)
{
	int			n = 0;

	do
	{
		if (!parse(ts))
			return false;
		n++;
	} while ((count == 0 || n < count) && take_word(ts, ","));
	return (count == 0 || n == count) && take_word(ts, ">");
}

static bool
parse(TypeTokens *ts)
{
	const TypeToken *t = &ts->t[ts->at];
	int			numbers[2] = {0, 0};
	int			count;
	bool		ok = false;

	if (ts->at >= ts->n || ts->depth >= MAX_DEPTH)
		return false;
	ts->at++;
	if (among(t, scalars) || among(t, hidden))
	{
		if (among(t, hidden))
			ts->not_selected = true;
		return parameters(ts, numbers, &count) && sizes_fine(t, numbers, count);
	}
	if (!names_type(t) || !take_word(ts, "<"))
		return false;
	ts->depth++;
	if (equals(t, "array"))
		ok = list(ts, 1);
	else if (equals(t, "map"))
		ok = list(ts, 2);
	else if (equals(t, "uniontype"))
		ok = list(ts, 0);
	else if (equals(t, "struct"))
		ok = fields(ts);
	ts->depth--;
	return ok;
}

PdsTypeVerdict
pds_hive_type_verdict(const char *text)
{
	TypeTokens	ts = {0};
	bool		ok;

	ts.t = malloc(MAX_TOKENS * sizeof(TypeToken));
	if (ts.t == NULL)
		return PDS_TYPE_FINE;
	ok = cut_tokens(text, &ts) && parse(&ts) && ts.at == ts.n;
	free(ts.t);
	return !ok ? PDS_TYPE_REFUSED : ts.not_selected ? PDS_TYPE_NOT_SELECTED : PDS_TYPE_FINE;
}
