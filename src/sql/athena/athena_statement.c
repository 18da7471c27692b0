/*
 * athena_statement.c
 *	  What a text sent to Athena is, as far as its first words tell.
 *
 * Athena says what a statement is only after it was started.
 */
#include "postgres.h"

#include "sql/athena/athena_statement.h"

/* behind blanks and comments */
static const char *
skip_blank(const char *p)
{
	for (;;)
	{
		if (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r' || *p == '\f')
			p++;
		else if (p[0] == '-' && p[1] == '-')
			p += strcspn(p, "\n");
		else if (p[0] == '/' && p[1] == '*')
		{
			p = strstr(p + 2, "*/");
			if (p == NULL)
				return "";
			p += 2;
		}
		else
			return p;
	}
}

/* Is this the next word?  Then *p moves behind it. */
static bool
accept_word(const char **p, const char *word)
{
	size_t		n = strlen(word);
	char		after;

	if (pg_strncasecmp(*p, word, n) != 0)
		return false;
	after = (*p)[n];
	if (after == '_' || (after >= '0' && after <= '9') || ((unsigned char) after & 0x80) ||
		(pg_ascii_tolower((unsigned char) after) >= 'a' &&
		 pg_ascii_tolower((unsigned char) after) <= 'z'))
		return false;
	*p = skip_blank(*p + n);
	return true;
}

char *
pds_bare_statement(const char *sql)
{
	const char *p = skip_blank(sql);
	const char *end = p;

	while (*p)
	{
		/* a quote inside quotes is doubled: two texts side by side, for this */
		if (*p == '\'' || *p == '"' || *p == '`')
		{
			const char *close = strchr(p + 1, *p);

			p = close ? close + 1 : p + strlen(p);
			end = p;
		}
		else if (*p++ != ';')
			end = p;
		p = skip_blank(p);
	}
	return pnstrdup(sql, end - sql);
}

/* behind what is in parentheses; p is at the first of them */
static const char *
skip_parentheses(const char *p)
{
	int			depth = 0;

	while (*p)
	{
		if (*p == '\'' || *p == '"' || *p == '`')
		{
			const char *close = strchr(p + 1, *p);

			p = close ? close + 1 : p + strlen(p);
		}
		else
		{
			depth += (*p == '(') - (*p == ')');
			p++;
		}
		p = skip_blank(p);
		if (depth == 0)
			break;
	}
	return p;
}

/* behind a name, in quotes or without */
static const char *
skip_name(const char *p)
{
	if (*p != '"')
		return skip_blank(p + strcspn(p, " \t\r\n\f(),\"'"));
	while (*p == '"')
	{
		const char *close = strchr(p + 1, '"');

		p = close ? close + 1 : "";
	}
	return skip_blank(p);
}

/* behind name [(columns)] AS (query) [, ...]: where the statement itself begins; "" where that is not so */
static const char *
skip_with_list(const char *p)
{
	(void) accept_word(&p, "RECURSIVE");
	for (;;)
	{
		p = skip_name(p);
		if (*p == '(')
			p = skip_parentheses(p);
		if (!accept_word(&p, "AS") || *p != '(')
			return "";
		p = skip_parentheses(p);
		if (*p != ',')
			return p;
		p = skip_blank(p + 1);
	}
}

bool
pds_statement_is_query(const char *sql)
{
	const char *p = skip_blank(sql);

	while (*p == '(')
		p = skip_blank(p + 1);
	if (accept_word(&p, "WITH"))
		return pds_statement_is_query(skip_with_list(p));
	return accept_word(&p, "SELECT") || accept_word(&p, "VALUES") || accept_word(&p, "TABLE");
}

bool
pds_statement_reads(const char *sql)
{
	const char *p = skip_blank(sql);

	if (pds_statement_is_query(p) || accept_word(&p, "SHOW") || accept_word(&p, "DESCRIBE") ||
		accept_word(&p, "DESC"))
		return true;
	if (!accept_word(&p, "EXPLAIN"))
		return false;
	/* EXPLAIN ANALYZE runs what it explains */
	if (!accept_word(&p, "ANALYZE"))
		return true;
	(void) accept_word(&p, "VERBOSE");
	if (*p == '(' && !pds_statement_is_query(p))
		p = skip_blank(p + strcspn(p, ")") + (strchr(p, ')') != NULL));
	return pds_statement_is_query(p);
}
