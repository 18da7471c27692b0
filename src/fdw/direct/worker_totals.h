/*
 * worker_totals.h
 *	  What workers did for a scan that is not parallel-aware.
 */
#ifndef PDS_FDW_WORKER_TOTALS_H
#define PDS_FDW_WORKER_TOTALS_H

#include "nodes/execnodes.h"

#include "fdw/direct/direct_scan.h"

/* Adds t to sum. */
extern void pds_add_totals(PdsScanTotals *sum, const PdsScanTotals *t);

/*
 * Where EXPLAIN ANALYZE will ask and workers may run the whole scan: the place for their totals,
 * made by the leader and found by a worker.  NULL: nobody asks.
 */
extern PdsWorkerTotals *pds_worker_totals_begin(ForeignScanState *node);

/* A worker leaves the scan's totals; the leader adds those of workers that have ended, once. */
extern void pds_worker_totals_leave(PdsWorkerTotals *w, PdsDirectScan *s);
extern void pds_worker_totals_take(PdsWorkerTotals *w, PdsDirectScan *s);

extern void pds_worker_totals_end(PdsWorkerTotals *w);

#endif							/* PDS_FDW_WORKER_TOTALS_H */
