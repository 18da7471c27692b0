/*
 * direct_scan.h
 *	  The state of a direct scan: what direct_scan.c, the parallel scan and
 *	  aggregates inside the scan share.
 */
#ifndef PDS_FDW_DIRECT_SCAN_H
#define PDS_FDW_DIRECT_SCAN_H

#include "fdw/direct/direct_queue.h"
#include "fdw/direct/parallel.h"
#include "fdw/plan/plan_private.h"
#include "fdw/rows/row_source.h"
#include "fdw/scan/scan_common.h"
#include "fdw/scan/spool.h"

/* what a scan did; workers add theirs to the leader's (parallel.c) */
typedef struct PdsScanTotals
{
	int64		objects_read;	/* whole objects, or parts of them */
	int64		rows;			/* handed out */
	uint64		bytes_read;
	uint64		malformed;
	int64		rejected;
	int64		ragged;
	int64		filtered;
	int64		archived;		/* objects that S3 refused as archived */
	int64		beyond;			/* rows that a Top-N's bound took out */
	int64		flushes;		/* of an aggregate's groups
								 * (direct_aggregate.c); times that a Top-N's
								 * rows went on to a tuplesort */
	Size		kept_memory;	/* bytes of groups or of a Top-N's rows, the
								 * most that one process has used */
	PdsHttpCounters http;		/* of workers only */
} PdsScanTotals;

/* what a listing found and left out */
typedef struct PdsScanListing
{
	int			npartitions;
	int64		npruned;
	int			nobjects;
	bool		goes_on;		/* it has not come to its end */
	int64		objects_pruned;
	int64		nskipped;
	int64		narchived;
} PdsScanListing;

typedef struct PdsWorkerTotals PdsWorkerTotals;

typedef struct PdsDirectScan
{
	PdsScanCommon common;		/* first */
	const PdsPlan *plan;		/* NULL: a sample */
	MemoryContext cxt;			/* of one (re)scan */
	List	   *returned;		/* attnums of columns to be filled */
	List	   *attnums;		/* ... and of those that raw filters look at */
	const PdsColumnUse *uses;	/* what a node that takes all rows itself (an
								 * aggregate, a Top-N) needs of them, by
								 * attnum - 1; NULL: the executor takes them */
	bool		started;
	bool		summed;			/* its counters are in the totals */
	bool		handed_over;	/* ... which a worker has left to the leader */
	PdsObjectSet *set;
	PdsObjectQueue queue;		/* its objects */
	struct PdsPruner *pruner;	/* of a listing that goes on, or NULL */
	PdsObjectReader in;
	PdsRowSource *rows;
	int			nkeys;			/* key columns to be filled */
	int		   *key_attnos;		/* attnum - 1 */
	int		   *key_numbers;
	int			npseudo;		/* pseudo-columns to be filled */
	int		   *pseudo_attnos;	/* attnum - 1 */
	int			pseudo_object;	/* object that pseudo_values are of; -1: none */
	Datum	   *pseudo_values;
	bool		told_of_places; /* of those that hold nothing */
	bool		numbered;		/* $row_number is one of them */
	bool		no_data;		/* no field of the data is needed */
	Bitmapset  *param_ids;		/* PARAM_EXEC numbers that say which rows are
								 * read */
	PdsSpool	spool;			/* rows kept for rescans */
	bool		sample;			/* of ranges of objects (ANALYZE) */
	PdsParallelScan *parallel;	/* the plan is one of several processes; NULL:
								 * it is not */
	PdsWorkerTotals *worker_totals; /* worker_totals.h, or NULL */
	PdsRejectLog reject_log;	/* of all (re)scans */
	PdsScanListing listing;		/* for EXPLAIN: of the last (re)scan */
	PdsScanTotals totals;		/* ... and over all of them */
} PdsDirectScan;

extern const PdsEngineMethods pds_direct_methods;
extern const PdsEngineMethods pds_aggregate_methods;	/* direct_aggregate.c */
extern const PdsEngineMethods pds_top_methods;	/* direct_top.c */
extern const PdsEngineMethods pds_mixed_methods;	/* direct_mixed.c */
extern const PdsEngineMethods pds_mixed_result_methods;

/*
 * List what is to be read now, with the values that parameters have, in cxt;
 * an error when that is more than max_scan_bytes.
 */
extern PdsObjectSet *pds_direct_list(ForeignScanState *node, PdsDirectScan *s, MemoryContext cxt);

/*
 * The same for a scan by one process: reading begins when the first objects are known.  end_listing
 * before its context goes.
 */
extern void pds_direct_begin_queue(ForeignScanState *node, PdsDirectScan *s);
extern void pds_direct_fill_queue(ForeignScanState *node, PdsDirectScan *s);
extern void pds_direct_end_listing(PdsDirectScan *s);

/* may object number n be read in parts? */
extern bool pds_direct_splittable(const PdsDirectScan *s, const PdsObjectSet *set, int n);

/* add what this (re)scan did to the totals, once */
extern void pds_direct_sum_up(PdsDirectScan *s);

/*
 * A scan whose rows an aggregate takes without the executor.
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
extern PdsDirectScan *pds_direct_sample(const PdsConnection *conn, PdsTable *table,
										PdsObjectSet *set, PdsNextSplitFn next, void *arg,
										MemoryContext cxt);

/* The next row into slot, valid until the next call; false at the end. */
extern bool pds_direct_sample_next(PdsDirectScan *s, TupleTableSlot *slot);
extern const PdsObjectReader *pds_direct_sample_in(const PdsDirectScan *s);

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

extern PdsMalformedWatch *pds_malformed_watch;

#endif							/* PDS_FDW_DIRECT_SCAN_H */
