/*
 * athena_statement.h
 *	  What a text sent to Athena is, as far as its first words tell.
 */
#ifndef PDS_SQL_ATHENA_STATEMENT_H
#define PDS_SQL_ATHENA_STATEMENT_H

/* the statement without blanks, comments and semicolons at its end; palloc'd */
extern char *pds_bare_statement(const char *sql);

/* Does it only read: SELECT, WITH, VALUES, TABLE, SHOW, DESCRIBE, EXPLAIN of anything that is not run? */
extern bool pds_statement_reads(const char *sql);

/* Is it a query, which CREATE TABLE AS and UNLOAD take? */
extern bool pds_statement_is_query(const char *sql);

#endif							/* PDS_SQL_ATHENA_STATEMENT_H */
