/*
 * scan_common.h
 *	  What the scans of both engines share: session, counters, the reading of objects.
 */
#ifndef PDS_FDW_SCAN_COMMON_H
#define PDS_FDW_SCAN_COMMON_H

#include "commands/explain.h"
#include "executor/executor.h"

#include "core/read/reader.h"
#include "fdw/base/activity.h"
#include "fdw/catalog/catalog.h"

typedef struct PdsEngineMethods
{
	void		(*begin) (ForeignScanState *node, int eflags);
	TupleTableSlot *(*iterate) (ForeignScanState *node);
	void		(*rescan) (ForeignScanState *node);
	void		(*end) (ForeignScanState *node);	/* also when the query
													 * fails: no network but
													 * Stop */
	void		(*explain) (ForeignScanState *node, ExplainState *es);
	PdsStatKind kind;
	PdsCountFn	count;			/* of the ForeignScanState's fdw_state */
} PdsEngineMethods;

/* ForeignScanState.fdw_state always begins with this */
typedef struct PdsScanCommon
{
	const PdsEngineMethods *methods;
	PdsConnection *conn;		/* NULL under EXPLAIN without ANALYZE if not
								 * needed */
	PdsTable   *table;			/* NULL: a join or a group */
	Oid			userid;
	PdsActivity *activity;		/* NULL: it will not run */
	struct PdsAsync *async;		/* athena_async.c; NULL: nobody waits for it */
	PdsHttpCounters before;		/* of conn->http when the scan began: EXPLAIN
								 * shows differences */
} PdsScanCommon;

/* session, table and counters of a scan that will run */
extern void pds_scan_connect(ForeignScanState *node, PdsScanCommon *c);

/* what was sent and received since then; only what EXPLAIN shows is kept */
extern PdsHttpCounters pds_scan_http(const PdsScanCommon *c);
extern void pds_add_http(PdsHttpCounters *sum, const PdsHttpCounters *n);

/* what messages call it */
extern const char *pds_scan_name(ForeignScanState *node);

/* bytes of the fetch window, over all processes of a scan */
#define PDS_FETCH_MEMORY	((size_t) 64 * 1024 * 1024)
/* a fetcher with the options of the server and the table (NULL: none); sharing: so many
 * processes have one window together */
extern PdsFetch *pds_scan_fetch(const PdsConnection *conn, const PdsTableOptions *table,
								int sharing, PdsNextSplitFn next, void *arg, PdsError *err);

/* What reads the objects of a scan. */
typedef struct PdsObjectReader
{
	PdsFetch   *fetch;
	PdsReader  *reader;
} PdsObjectReader;

/* the unit and a split of object number n of the set; step, first and end: as PdsSplit has them */
extern void pds_object_unit(const PdsObjectSet *set, int n, PdsReadUnit *unit);
extern void pds_object_split(const PdsDataObject *o, PdsReadUnit *unit, int64 step, int64 first,
							 int64 end, PdsSplit *split);

/* Fills o; both are freed, and made NULL, with cxt.  next and arg as pds_fetch_new has them. */
extern void pds_object_reader_open(PdsObjectReader *o, const PdsConnection *conn,
								   const PdsTableOptions *table, int sharing,
								   PdsNextSplitFn next, void *arg, const PdsReaderOptions *reader,
								   MemoryContext cxt);

#endif							/* PDS_FDW_SCAN_COMMON_H */
