/*
 * scan.h
 *	  Execution of foreign scans: scan.c dispatches on the engine of the plan.
 */
#ifndef PDS_FDW_SCAN_H
#define PDS_FDW_SCAN_H

#include "commands/explain.h"
#include "executor/executor.h"

#include "core/aws/athena.h"
#include "core/read/reader.h"
#include "fdw/relation.h"

typedef struct PdsEngineMethods
{
	void		(*begin) (ForeignScanState *node, int eflags);
	TupleTableSlot *(*iterate) (ForeignScanState *node);
	void		(*rescan) (ForeignScanState *node);
	void		(*end) (ForeignScanState *node);	/* also when the query fails: no network but Stop */
	void		(*explain) (ForeignScanState *node, ExplainState *es);
} PdsEngineMethods;

extern const PdsEngineMethods pds_direct_methods;	/* direct_scan.c */
extern const PdsEngineMethods pds_athena_methods;	/* athena_scan.c */
extern const PdsEngineMethods pds_aggregate_methods;	/* direct_aggregate.c */

/* ForeignScanState.fdw_state always begins with this */
typedef struct PdsScanCommon
{
	const PdsEngineMethods *methods;
	PdsConnection *conn;		/* NULL under EXPLAIN without ANALYZE if not needed */
	PdsTable   *table;			/* NULL: a join or a group */
	Oid			userid;
	struct PdsAsync *async;		/* athena_async.c; NULL: nobody waits for it */
	PdsHttpCounters before;		/* of conn->http when the scan began: EXPLAIN shows differences */
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
								   PdsNextSplitFn next, void *arg, const PdsReaderOptions *reader, MemoryContext cxt);

/*
 * A direct scan whose rows an aggregate takes without the executor (direct_scan.c).
 * The next row into the node's scan slot, false at the end; conditions are the caller's.
 */
extern bool pds_direct_next(ForeignScanState *node);
/*
 * Where no field of the data is needed: so many rows at once, all with the values
 * that the slot has then; 0 at the end.  False: not such a scan.
 */
extern bool pds_direct_next_batch(ForeignScanState *node, int64 *nrows);

/*
 * Rows of any splits of the objects in set, with all columns, outside a plan: for ANALYZE
 * (direct_scan.c).  PdsSplit.user of next's splits is a PdsReadUnit whose numbers are those of set;
 * $row_number of a split that does not begin its object is a guess.  Freed with cxt.
 */
extern struct PdsDirectScan *pds_direct_sample(const PdsConnection *conn, PdsTable *table,
											PdsObjectSet *set, PdsNextSplitFn next, void *arg,
											MemoryContext cxt);
/* The next row into slot, valid until the next call; false at the end. */
extern bool pds_direct_sample_next(struct PdsDirectScan *s, TupleTableSlot *slot);
extern const PdsObjectReader *pds_direct_sample_in(const struct PdsDirectScan *s);

/*
 * Somebody counts the malformed values of a table's direct scans by column (pds.profile):
 * set while his query runs, else NULL.
 */
typedef struct PdsMalformedWatch
{
	Oid			relid;
	int64	   *counts;			/* by attnum - 1 */
	bool		seen;			/* a direct scan has added its counts */
} PdsMalformedWatch;

extern PdsMalformedWatch *pds_malformed_watch;	/* direct_scan.c */

/* FdwRoutine callbacks (scan.c) */
extern void pds_begin_scan(ForeignScanState *node, int eflags);
extern TupleTableSlot *pds_iterate_scan(ForeignScanState *node);
extern void pds_rescan(ForeignScanState *node);
extern void pds_end_scan(ForeignScanState *node);
extern void pds_explain_scan(ForeignScanState *node, ExplainState *es);

/* Athena's latency does not turn the JIT compiler on (athena_jit.c); from _PG_init */
extern void pds_athena_jit_init(void);

/*
 * ---- Athena scans in steps (athena_scan.c), for asynchronous execution ----
 *
 * Start the execution unless that was done; was it?  Is there a result (look: ask Athena once)?
 * The execution as it was seen last.
 */
extern void pds_athena_scan_start(ForeignScanState *node);
extern bool pds_athena_scan_ready(ForeignScanState *node, bool look);
extern bool pds_athena_scan_started(ForeignScanState *node);
extern const PdsAthenaExecution *pds_athena_scan_execution(ForeignScanState *node);

/* user whose credentials count, at execution (checkAsUser) */
extern Oid	pds_scan_userid(ForeignScanState *node);

#endif							/* PDS_FDW_SCAN_H */
