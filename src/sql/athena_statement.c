/*
 * athena_statement.c
 *	  What a text sent to Athena is, as far as its first words tell.
 *
 * Athena says what a statement is only after it was started.  None of its
 * statements that change something begins as a query does: INSERT and CREATE
 * TABLE come before WITH.
 */
#include "postgres.h"

#include "sql/athena_statement.h"

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

bool
pds_statement_is_query(const char *sql)
{
	const char *p = skip_blank(sql);

	while (*p == '(')
		p = skip_blank(p + 1);
	return accept_word(&p, "SELECT") || accept_word(&p, "WITH") || accept_word(&p, "VALUES") ||
		accept_word(&p, "TABLE");
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
