/*
 * athena_result.h
 *	  Rows of an execution's result, for foreign scans and SQL functions.
 *
 * The result object is read by the same fetcher, index and converters as a
 * direct scan; by pages of the API only where S3 cannot be read.
 */
#ifndef PDS_FDW_ATHENA_RESULT_H
#define PDS_FDW_ATHENA_RESULT_H

#include "core/aws/athena.h"
#include "fdw/base/connection.h"
#include "fdw/rows/row_source.h"

/* one column of the result, in its order; the name is borrowed */
typedef struct PdsResultColumn
{
	int			attno;			/* attnum - 1 in the slot */
	Oid			typid;
	int32		typmod;
	const PdsHiveType *hive;	/* NULL: typid decides */
	const char *name;			/* for errors */
	PdsConvertFn fn;			/* in place of the usual conversion; NULL:
								 * that one */
} PdsResultColumn;

typedef struct PdsResultOptions
{
	int			natts;			/* of the slot */
	int			ncolumns;		/* 0: rows are only counted */
	const PdsResultColumn *columns;
	bool		no_labels;		/* not a SELECT: the API gives no row of
								 * labels */
	bool		by_api;			/* do not try the object */
	char	  **labels;			/* what the object's first line has to say, in
								 * UTF-8, ncolumns of them; NULL: not known */
	const PdsAthenaPage *first_page;	/* with by_api: it was asked for
										 * already; copied */
} PdsResultOptions;

typedef struct PdsAthenaResult
{
	MemoryContext cxt;
	PdsConnection *conn;
	const PdsAthenaExecution *exec; /* borrowed */
	bool		by_api;			/* pages of the API are read */

	/* private to athena_result.c */
	PdsResultOptions opt;
	PdsResultColumn *columns;
	PdsDialect	dialect;
	PdsReadUnit unit;
	char	   *bucket;			/* of the result object */
	char	   *key;
	char		etag[128];
	int64		size;
	bool		given;			/* the one split was handed out */
	PdsFetch   *fetch;
	PdsReader  *reader;
	PdsRowSource *rows;
	PdsPager	pager;			/* of the API's pages */
} PdsAthenaResult;

/*
 * One pass over the result; it lives in cxt, which is the caller's to reset when he has done
 * with it: that frees everything.  Raises errors.
 */
extern PdsAthenaResult *pds_athena_result_open(MemoryContext cxt, PdsConnection *conn,
											   const PdsAthenaExecution *exec,
											   const PdsResultOptions *opt);

/* As pds_rows_next: values into the slot's arrays, valid until the next call. */
extern bool pds_athena_result_next(PdsAthenaResult *r, TupleTableSlot *slot);

#endif							/* PDS_FDW_ATHENA_RESULT_H */
