/*
 * sql_pieces.h
 *	  SQL with places whose text is known later: composed while planning, kept in the plan as a list
 *	  of pieces, made the statement when it is executed.
 *
 *	  Text and places are kept apart (a place knows which byte it is in front of), so no byte of a
 *	  name or a constant can be mistaken for one.
 */
#ifndef PDS_FDW_SQL_PIECES_H
#define PDS_FDW_SQL_PIECES_H

#include "lib/stringinfo.h"
#include "nodes/pg_list.h"

/* ---- composing ---- */

typedef struct PdsSql PdsSql;

extern PdsSql *pds_sql_new(void);

/* text at its end; pds_sql_text takes what others append */
extern void pds_sql_add(PdsSql *sql, const char *text);
extern void pds_sql_addf(PdsSql *sql, const char *format,...) pg_attribute_printf(2, 3);
extern StringInfo pds_sql_text(PdsSql *sql);

/* other SQL at its end, with its places; the other may be appended more than once */
extern void pds_sql_append(PdsSql *sql, const PdsSql *other);

/* form, with one of the others (at most 9) where $1, $2 ... stand in it */
extern void pds_sql_append_form(PdsSql *sql, const char *form,...);
extern PdsSql *pds_sql_form(const char *form,...);

/* what has been written up to now; the rest may be dropped, or copied */
typedef struct PdsSqlEnd
{
	int			len;
	int			nplaces;
} PdsSqlEnd;

extern PdsSqlEnd pds_sql_end(const PdsSql *sql);
extern void pds_sql_cut(PdsSql *sql, PdsSqlEnd end);
extern PdsSql *pds_sql_since(const PdsSql *sql, PdsSqlEnd end);

extern bool pds_sql_is_empty(const PdsSql *sql);

/* has it one of these characters? */
extern bool pds_sql_has_any(const PdsSql *sql, const char *characters);

/* ---- places ---- */

/* the value of parameter number n */
extern void pds_sql_add_param(PdsSql *sql, int n);

/*
 * ... of a text that is a LIKE pattern, with its ESCAPE; param: what
 * pds_sql_add_param alone wrote
 */
extern PdsSql *pds_sql_pattern(const PdsSql *param);

/*
 * left IN (elements of an array, the value of parameter number n), or NOT IN: = ANY and <> ALL.  As
 * long as it may be, only where pds_sql_condition is around it.
 */
extern void pds_sql_add_list(PdsSql *sql, const PdsSql *left, int n, bool negated);

/*
 * A condition that is evaluated here, too: a value of a parameter that Athena would compare
 * otherwise makes it `true` there.
 */
extern PdsSql *pds_sql_condition(const PdsSql *condition);

/* the name of a table before its column or behind the table, which goes where one is enough */
extern void pds_sql_add_alias(PdsSql *sql, const char *name);

/* LIMIT of the sum of some parameters; it goes where they say nothing */
extern void pds_sql_add_bound(PdsSql *sql, const List *numbers);

/* with the names of tables, or without them */
extern PdsSql *pds_sql_resolve_aliases(const PdsSql *sql, bool keep);

/* ---- pieces ---- */

/*
 * The complete statement, its aliases resolved, as pieces (nodes, which can be copied and sent to
 * workers).  all: what the numbers of parameters in it mean; those it holds are appended to *used,
 * and numbered by that.
 */
extern List *pds_sql_pieces(const PdsSql *sql, List *all, List **used);

/* writes a value as a literal; false: it cannot be sent */
typedef bool (*PdsWriteValue) (StringInfo buf, Datum value, bool isnull, Oid typid);

/*
 * The statement with these values of its parameters, some of which are patterns;
 * palloc'd, in UTF-8.
 */
extern char *pds_pieces_statement(List *pieces, const Datum *values, const bool *nulls,
								  const Oid *types,
								  PdsWriteValue write, PdsWriteValue write_pattern);

/*
 * for EXPLAIN: $1 where a parameter goes, numbered as PostgreSQL does; in the
 * database's encoding
 */
extern char *pds_pieces_shown(List *pieces, List *params);

#endif							/* PDS_FDW_SQL_PIECES_H */
