/*
 * athena_sql.h
 *	  A statement of the user's, read as the engines behind Athena read it.
 *
 * Athena tells what a statement does only after it was started, so whether it may be
 * started is decided by its tokens.  What is sent is those tokens and nothing else:
 * comments and whatever could begin one elsewhere are blanked out, so that no lexer
 * can see another statement than this one did.
 *
 * Trino (queries) and Hive (DDL, SHOW, DESCRIBE) differ in one thing only that moves
 * the border of a token: in Hive a backslash takes the quote behind it along.
 */
#ifndef PDS_CORE_ATHENA_SQL_H
#define PDS_CORE_ATHENA_SQL_H

#include "core/base/strbuf.h"

typedef enum PdsSqlKind
{
	PDS_SQL_OTHER,				/* it may change something, or is not one
								 * statement */
	PDS_SQL_READS,				/* SHOW, DESCRIBE, EXPLAIN [ANALYZE] of a
								 * query */
	PDS_SQL_QUERY				/* SELECT, VALUES, TABLE, WITH ... SELECT,
								 * also in parentheses */
} PdsSqlKind;

typedef struct PdsAthenaSql
{
	PdsSqlKind	kind;
	bool		balanced;		/* so are its parentheses: it can stand in
								 * others */
	const char *why;			/* of OTHER, what is wrong with it; static,
								 * NULL: nothing */

	/*
	 * What to send: tokens at their places (an error's line and column stay
	 * true), no semicolon at the end.  A statement of kind OTHER that Trino
	 * and Hive would read differently is left as it is.
	 */
	PdsStr		text;
} PdsAthenaSql;

/* sql is UTF-8.  False when out of memory; s is to be freed in any case. */
extern bool pds_athena_sql_read(const char *sql, PdsAthenaSql *s);
extern void pds_athena_sql_free(PdsAthenaSql *s);

#endif							/* PDS_CORE_ATHENA_SQL_H */
