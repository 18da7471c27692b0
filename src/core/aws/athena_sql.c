/*
 * athena_sql.c
 *	  A statement of the user's, read as the engines behind Athena read it.
 *
 * Rules of tokens: Trino's SqlBase.g4 and Hive's HiveLexer.g.  A comment is -- up to a
 * line feed or a carriage return, or from slash and asterisk to the next asterisk and
 * slash, not nested.  Strings, delimited identifiers and Unicode literals end at a quote
 * that is not doubled; for the borders of tokens a doubled one is two texts side by side.
 */
#include "core/aws/athena_sql.h"

#include <stdlib.h>
#include <string.h>

typedef enum Engine
{
	ENGINE_TRINO, ENGINE_HIVE
} Engine;

typedef enum TokenKind
{
	TOKEN_WORD,					/* keyword, identifier, number */
	TOKEN_QUOTED,				/* '...', "..." or `...` */
	TOKEN_SYMBOL				/* one character of ASCII */
} TokenKind;

typedef struct SqlToken
{
	TokenKind	kind;
	const char *text;			/* in the statement */
	size_t		len;
} SqlToken;

typedef struct SqlTokens
{
	SqlToken   *items;
	size_t		n;
	size_t		cap;
	bool		failed;			/* out of memory */
	bool		foreign;		/* there are characters beyond ASCII outside
								 * of quotes */
	const char *why;			/* it cannot be read */
} SqlTokens;

/* ---- tokens ---- */

static bool
is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool
is_word_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static void
append_token(SqlTokens *t, TokenKind kind, const char *text, size_t len)
{
	if (t->n == t->cap)
	{
		size_t		cap = t->cap ? t->cap * 2 : 64;
		SqlToken   *items = realloc(t->items, cap * sizeof(SqlToken));

		t->failed = t->failed || items == NULL;
		if (items == NULL)
			return;
		t->items = items;
		t->cap = cap;
	}
	t->items[t->n].kind = kind;
	t->items[t->n].text = text;
	t->items[t->n++].len = len;
}

/* behind blanks and comments; NULL: a comment does not end */
static const char *
skip_blank(const char *p)
{
	for (;;)
	{
		if (is_blank(*p))
			p++;
		else if (p[0] == '-' && p[1] == '-')
			p += strcspn(p, "\r\n");
		else if (p[0] == '/' && p[1] == '*')
		{
			p = strstr(p + 2, "*/");
			if (p == NULL)
				return NULL;
			p += 2;
		}
		else
			return p;
	}
}

/* behind the text in quotes that begins at p; NULL: it does not end */
static const char *
skip_quoted(const char *p, Engine engine)
{
	char		quote = *p++;

	for (; *p; p++)
	{
		if (*p == quote)
			return p + 1;
		if (engine == ENGINE_HIVE && quote != '`' && *p == '\\' && p[1])
			p++;
	}
	return NULL;
}

/* All tokens of a text; t->why says why it has none. */
static void
scan(const char *sql, Engine engine, SqlTokens *t)
{
	const char *p = sql;

	memset(t, 0, sizeof(*t));
	while (!t->failed)
	{
		const char *end;

		p = skip_blank(p);
		if (p == NULL)
			t->why = "A comment does not end.";
		if (p == NULL || *p == '\0')
			return;
		end = p + 1;
		if (*p == '\'' || *p == '"' || *p == '`')
		{
			end = skip_quoted(p, engine);
			if (end == NULL)
			{
				t->why = "A text in quotes does not end.";
				return;
			}
			append_token(t, TOKEN_QUOTED, p, end - p);
		}
		else if (is_word_char(*p))
		{
			while (is_word_char(*end))
				end++;
			append_token(t, TOKEN_WORD, p, end - p);
		}
		else
		{
			t->foreign = t->foreign || ((unsigned char) *p & 0x80) != 0;
			append_token(t, TOKEN_SYMBOL, p, 1);
		}
		p = end;
	}
}

static bool
is_symbol(const SqlTokens *t, size_t i, char c)
{
	return i < t->n && t->items[i].kind == TOKEN_SYMBOL && *t->items[i].text == c;
}

static bool
is_keyword(const SqlTokens *t, size_t i, const char *word)
{
	size_t		k;

	if (i >= t->n || t->items[i].kind != TOKEN_WORD || t->items[i].len != strlen(word))
		return false;
	for (k = 0; word[k]; k++)
		if ((t->items[i].text[k] & ~0x20) != (word[k] & ~0x20))
			return false;
	return true;
}

/* ---- kinds of statements ---- */

/* a name, or texts side by side, which a quote inside quotes makes: behind it */
static size_t
skip_name(const SqlTokens *t, size_t i)
{
	if (i < t->n && t->items[i].kind == TOKEN_WORD)
		return i + 1;
	while (i < t->n && t->items[i].kind == TOKEN_QUOTED)
		i++;
	return i;
}

/* behind the parenthesis that closes the one at i */
static size_t
skip_parentheses(const SqlTokens *t, size_t i)
{
	int			depth = 0;

	for (; i < t->n; i++)
	{
		depth += is_symbol(t, i, '(') - is_symbol(t, i, ')');
		if (depth == 0)
			return i + 1;
	}
	return i;
}

/* behind name [(columns)] AS (query) [, ...]; the end where that is not so */
static size_t
skip_with_list(const SqlTokens *t, size_t i)
{
	if (is_keyword(t, i, "RECURSIVE") && !is_keyword(t, i + 1, "AS") && !is_symbol(t, i + 1, '('))
		i++;
	for (;;)
	{
		i = skip_name(t, i);
		if (is_symbol(t, i, '('))
			i = skip_parentheses(t, i);
		if (!is_keyword(t, i, "AS") || !is_symbol(t, i + 1, '('))
			return t->n;
		i = skip_parentheses(t, i + 1);
		if (!is_symbol(t, i, ','))
			return i;
		i++;
	}
}

static bool
begins_query(const SqlTokens *t, size_t i)
{
	while (is_symbol(t, i, '('))
		i++;
	if (is_keyword(t, i, "WITH"))
	{
		i = skip_with_list(t, i + 1);
		while (is_symbol(t, i, '('))
			i++;
	}
	return is_keyword(t, i, "SELECT") || is_keyword(t, i, "VALUES") || is_keyword(t, i, "TABLE");
}

/* EXPLAIN [ANALYZE [VERBOSE]] [(options)] query; the others it might run, or an engine to come */
static bool
explains_query(const SqlTokens *t)
{
	size_t		i = 1;

	if (is_keyword(t, i, "ANALYZE"))
		i += is_keyword(t, i + 1, "VERBOSE") ? 2 : 1;
	if (is_symbol(t, i, '(') && (is_keyword(t, i + 1, "TYPE") || is_keyword(t, i + 1, "FORMAT")))
		i = skip_parentheses(t, i);
	return begins_query(t, i);
}

/*
 * TABLE(name(...)) calls a table function.  Those of a connector take a statement in the language
 * of another system, system.query above all, and what that does there nobody knows.
 */
static bool
calls_connector(const SqlTokens *t)
{
	size_t		i;

	for (i = 0; i < t->n; i++)
	{
		size_t		name = i + 2;
		size_t		end;

		if (!is_keyword(t, i, "TABLE") || !is_symbol(t, i + 1, '('))
			continue;
		end = skip_name(t, name);
		if (is_symbol(t, end, '(') &&
			(is_keyword(t, name, "SEQUENCE") || is_keyword(t, name, "EXCLUDE_COLUMNS") ||
			 is_keyword(t, name, "SELECT") || is_keyword(t, name, "VALUES") ||
			 is_keyword(t, name, "WITH") || is_keyword(t, name, "TABLE")))
			continue;
		while (is_symbol(t, end, '.'))
			end = skip_name(t, end + 1);
		if (is_symbol(t, end, '('))
			return true;
	}
	return false;
}

static bool
is_balanced(const SqlTokens *t)
{
	int			depth = 0;
	size_t		i;

	for (i = 0; i < t->n && depth >= 0; i++)
		depth += is_symbol(t, i, '(') - is_symbol(t, i, ')');
	return depth == 0;
}

static bool
has_semicolon(const SqlTokens *t)
{
	size_t		i;

	for (i = 0; i < t->n; i++)
		if (is_symbol(t, i, ';'))
			return true;
	return false;
}

static PdsSqlKind
statement_kind(const SqlTokens *t, const char **why)
{
	PdsSqlKind	kind = PDS_SQL_OTHER;

	*why = t->why;
	if (t->why)
		return PDS_SQL_OTHER;
	if (begins_query(t, 0))
		kind = PDS_SQL_QUERY;
	else if (is_keyword(t, 0, "SHOW") || is_keyword(t, 0, "DESCRIBE") || is_keyword(t, 0, "DESC") ||
			 (is_keyword(t, 0, "EXPLAIN") && explains_query(t)))
		kind = PDS_SQL_READS;
	if (kind == PDS_SQL_OTHER)
		*why = NULL;
	else if (has_semicolon(t))
		*why = "It is more than one statement.";
	else if (t->foreign)
		*why = "It has letters beyond ASCII outside of quotes: such names need double quotes.";
	else if (calls_connector(t))
		*why = "A table function of a connector hands a statement to another system.";
	return *why ? PDS_SQL_OTHER : kind;
}

/* ---- what is sent ---- */

/* Everything that is in no token becomes blanks, one for a character; lines stay. */
static void
write_tokens(const SqlTokens *t, const char *sql, PdsStr *out)
{
	const char *p = sql;
	size_t		i;

	for (i = 0; i < t->n; i++)
	{
		for (; p < t->items[i].text; p++)
			if (((unsigned char) *p & 0xC0) != 0x80)
				pds_str_append_c(out, *p == '\n' ? '\n' : ' ');
		pds_str_append_n(out, t->items[i].text, t->items[i].len);
		p = t->items[i].text + t->items[i].len;
	}
}

/* The text itself, without blanks and semicolons at its end. */
static void
write_as_is(const char *sql, PdsStr *out)
{
	size_t		n = strlen(sql);

	while (n > 0 && (is_blank(sql[n - 1]) || sql[n - 1] == ';'))
		n--;
	pds_str_append_n(out, sql, n);
}

bool
pds_athena_sql_read(const char *sql, PdsAthenaSql *s)
{
	SqlTokens	t;
	SqlTokens	hive;
	const char *why;
	bool		same = strchr(sql, '\\') == NULL;

	memset(s, 0, sizeof(*s));
	pds_str_init(&s->text);
	scan(sql, ENGINE_TRINO, &t);
	while (t.n > 0 && is_symbol(&t, t.n - 1, ';'))
		t.n--;
	s->kind = statement_kind(&t, &s->why);
	s->balanced = is_balanced(&t);
	if (s->kind != PDS_SQL_OTHER || (same && t.why == NULL))
		write_tokens(&t, sql, &s->text);
	else
		write_as_is(sql, &s->text);
	if (s->kind != PDS_SQL_OTHER && !same && !s->text.failed)
	{
		/* what Hive cannot read it cannot run, either */
		scan(pds_str_text(&s->text), ENGINE_HIVE, &hive);
		if (hive.why == NULL && statement_kind(&hive, &why) == PDS_SQL_OTHER)
		{
			s->kind = PDS_SQL_OTHER;
			s->why = "A backslash stands before a quote: engines read that in two ways.";
		}
		t.failed = t.failed || hive.failed;
		free(hive.items);
	}
	free(t.items);
	return !t.failed && !s->text.failed;
}

void
pds_athena_sql_free(PdsAthenaSql *s)
{
	pds_str_free(&s->text);
}
