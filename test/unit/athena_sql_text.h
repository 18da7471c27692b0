/*
 * athena_sql_text.h
 *	  Statements on one line, for test_athena_sql.c and athena_sql_check.c.
 */
#ifndef ATHENA_SQL_TEXT_H
#define ATHENA_SQL_TEXT_H

#include <stdio.h>
#include <string.h>

#include "core/aws/athena_sql.h"

static const char escaped_bytes[] = "\n\r\t\f\v\\";
static const char escape_letters[] = "nrtfv\\";

static inline const char *
kind_name(PdsSqlKind kind)
{
	return kind == PDS_SQL_QUERY ? "query" : kind == PDS_SQL_READS ? "reads" : "other";
}

/* in place */
static inline void
unescape_text(char *s)
{
	char	   *to = s;

	for (; *s; s++)
	{
		const char *letter = *s == '\\' && s[1] ? strchr(escape_letters, s[1]) : NULL;

		*to++ = letter ? escaped_bytes[letter - escape_letters] : *s;
		if (letter)
			s++;
	}
	*to = '\0';
}

/* out holds twice as many bytes */
static inline const char *
escape_text(const char *s, char *out)
{
	char	   *to = out;

	for (; *s; s++)
	{
		const char *byte = strchr(escaped_bytes, *s);

		if (byte)
			*to++ = '\\';
		*to++ = byte ? escape_letters[byte - escaped_bytes] : *s;
	}
	*to = '\0';
	return out;
}

#endif							/* ATHENA_SQL_TEXT_H */
