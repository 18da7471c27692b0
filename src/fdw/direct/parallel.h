/*
 * parallel.h
 *	  Direct scans by several processes of a parallel query.
 *
 * The leader lists partitions and objects once, and leaves them in the query's
 * shared memory with a queue of splits: objects, or equal parts of those that
 * can be read in parts.  Each process, the leader too, takes the next split
 * when its fetch window has room, so that whoever is faster reads more.
 */
#ifndef PDS_FDW_PARALLEL_H
#define PDS_FDW_PARALLEL_H

#include "access/parallel.h"
#include "nodes/execnodes.h"
#include "nodes/pathnodes.h"
#include "port/atomics.h"

#include "fdw/catalog/catalog.h"
#include "fdw/base/progress.h"
#include "fdw/rows/rejects.h"
#include "fdw/rows/row_header.h"

struct PdsDirectScan;
struct PdsSplitStates;

typedef struct PdsParallelScan PdsParallelScan;

/* FdwRoutine callbacks */
extern bool pds_is_parallel_safe(PlannerInfo *root, RelOptInfo *rel, RangeTblEntry *rte);
extern Size pds_estimate_dsm(ForeignScanState *node, ParallelContext *pcxt);
extern void pds_initialize_dsm(ForeignScanState *node, ParallelContext *pcxt, void *coordinate);
extern void pds_reinitialize_dsm(ForeignScanState *node, ParallelContext *pcxt, void *coordinate);
extern void pds_initialize_worker(ForeignScanState *node, shm_toc *toc, void *coordinate);
extern void pds_shutdown_scan(ForeignScanState *node);

/* What is to be read, from shared memory, in cxt. */
extern PdsObjectSet *pds_parallel_objects(PdsParallelScan *p, const PdsTable *table,
										  MemoryContext cxt);

/*
 * Take the next split: object number *object from byte *first on, *step bytes or to its end;
 * *step 0: the whole object.  *states: what its readers share, or NULL.  False: none is left.
 */
extern bool pds_parallel_next(PdsParallelScan *p, int *object, int64 *first, int64 *step,
							  PdsSplit *split);

/* PdsReaderOptions.presence of this process */
extern uint32 *pds_parallel_presence(const PdsParallelScan *p);

/* Where headers of objects are kept for all processes, palloc'd; NULL: nobody needs them. */
extern PdsHeaderStore *pds_parallel_headers(PdsParallelScan *p);

/* processes that share the fetch memory, at least 1 */
extern int	pds_parallel_participants(const PdsParallelScan *p);
extern bool pds_parallel_is_worker(const PdsParallelScan *p);

/* what all processes have read */
extern PdsSharedProgress *pds_parallel_progress(PdsParallelScan *p);

/* where a worker leaves its rejects; NULL: it is the leader, or nobody wants them */
extern PdsRejectArea *pds_parallel_reject_area(PdsParallelScan *p);

/* rejected values over all processes (reject_limit) */
extern pg_atomic_uint64 *pds_parallel_rejected(PdsParallelScan *p);

#endif							/* PDS_FDW_PARALLEL_H */
