/*
 * functions.h
 *	  What the SQL-callable functions share.
 */
#ifndef PDS_SQL_FUNCTIONS_H
#define PDS_SQL_FUNCTIONS_H

#include "funcapi.h"
#include "utils/tuplestore.h"

#include "fdw/base/connection.h"

/* The server of that name: an error unless it is one of pds_fdw and the user has USAGE on it. */
extern Oid	pds_usable_server(const char *name);

/* The current user's session on it; as pds_connection_get. */
extern PdsConnection *pds_function_connection(const char *server, MemoryContext cxt);

/* Bucket and key of an argument, palloc'd; 22023 where it is no location in S3. */
extern void pds_location_arg(const char *uri, char **bucket, char **key);

/*
 * The result of a set-returning function that gives all its rows at once: a tuple store,
 * which goes to disk beyond work_mem.  desc is the function's declared row type, or that of the
 * query's column list.  Raises an error where a set cannot be taken.
 */
typedef struct PdsResult
{
	Tuplestorestate *store;
	TupleDesc	desc;
} PdsResult;

extern void pds_result_begin(FunctionCallInfo fcinfo, PdsResult *result);

/* NULL where it is "" or not known */
extern Datum pds_known_text(const char *text, bool *isnull);

/* one row; n: of how many columns, as in the function's declaration */
extern void pds_result_row(PdsResult *result, int n, Datum *values, bool *nulls);

/* The result of a function that gives one row, of its declared type. */
extern Datum pds_row_datum(FunctionCallInfo fcinfo, int n, Datum *values, bool *nulls);

/*
 * What makes a text of a value in a query over somebody else's table: "::text" for the server's own
 * types, "" for others, whose output function SPI_getvalue then calls.  A cast that the owner of
 * a type has made would run with the rights of whoever looks at the table.
 */
extern const char *pds_text_cast(Oid base_type);

#endif							/* PDS_SQL_FUNCTIONS_H */
