/*
 * sql_pieces.h
 *	  The SQL of a plan as a list of pieces, of which the statement is made when it is executed.
 *
 *	  While expressions are composed, marks stand in their text where a piece is to begin or end; what
 *	  a mark looks like, this file's functions alone know.  When the statement is complete it is taken
 *	  apart, once: the plan, its execution and EXPLAIN see pieces only.
 */
#ifndef PDS_FDW_SQL_PIECES_H
#define PDS_FDW_SQL_PIECES_H

#include "lib/stringinfo.h"
#include "nodes/pg_list.h"

/* ---- composing ---- */

/* the value of parameter number n */
extern void pds_mark_param(StringInfo buf, int n);

/*
 * A condition that is evaluated here, too: a value of a parameter that Athena would compare otherwise
 * makes it `true` there.
 */
extern char *pds_mark_condition(const char *sql);

/* the name of a table before its column or behind the table, which goes where one is enough */
extern void pds_mark_alias(StringInfo buf, const char *name);

/* LIMIT of the sum of some parameters; it goes where they say nothing */
extern void pds_mark_bound(StringInfo buf, const List *numbers);

/* must not be in a constant that is sent */
extern bool pds_is_mark(char c);

/* with the names of tables, or without them; palloc'd */
extern char *pds_resolve_aliases(const char *sql, bool keep);

/* ---- pieces ---- */

/*
 * The complete statement, its names resolved, as pieces (nodes, which can be copied and sent to
 * workers).  all: what the numbers of parameters in it mean; those it holds are appended to *used,
 * and numbered by that.
 */
extern List *pds_sql_pieces(const char *sql, List *all, List **used);

/* writes a value as a literal; false: it cannot be sent */
typedef bool (*PdsWriteValue) (StringInfo buf, Datum value, bool isnull, Oid typid);

/* The statement with these values of its parameters; palloc'd, in UTF-8. */
extern char *pds_sql_text(List *pieces, const Datum *values, const bool *nulls, const Oid *types,
						  PdsWriteValue write);

/* for EXPLAIN: $1 where a parameter goes, numbered as PostgreSQL does; in the database's encoding */
extern char *pds_sql_shown(List *pieces, List *params);

#endif							/* PDS_FDW_SQL_PIECES_H */
