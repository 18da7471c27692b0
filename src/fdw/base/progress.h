/*
 * progress.h
 *	  pds.progress: what long scans and executions have done so far, as a NOTICE
 *	  at most once a second.
 *
 * The core's hooks (hooks.c) look at the clock between steps and while they
 * wait, so that a scan which only waits is told of, too.
 */
#ifndef PDS_FDW_PROGRESS_H
#define PDS_FDW_PROGRESS_H

#include "datatype/timestamp.h"
#include "port/atomics.h"

#include "core/aws/athena.h"
#include "core/read/fetch.h"

/* what the processes of a parallel scan have done together, in shared memory */
typedef struct PdsSharedProgress
{
	pg_atomic_uint64 bytes;
	pg_atomic_uint64 told;		/* when the last NOTICE was sent (TimestampTz) */
} PdsSharedProgress;

extern void pds_progress_init_shared(PdsSharedProgress *shared);

/*
 * Tell of a scan until cxt goes, which must be before fetch does: what it reads of so many
 * objects and stored bytes, which are all, or those that are known so far.  shared NULL: one
 * process.  Everything is borrowed.
 */
extern void pds_progress_scan(const char *name, const PdsFetch *fetch, int64 objects, int64 bytes,
							  bool all, PdsSharedProgress *shared, MemoryContext cxt);

/* More objects are known. */
extern void pds_progress_listed(const PdsFetch *fetch, int64 objects, int64 bytes, bool all);

/* Tell of an execution that is being waited for; NULL: no more. */
extern void pds_progress_execution(const PdsAthenaExecution *e);

/*
 * Tell of one of several that run since began, if it is time for a NOTICE: not
 * from the core's hooks.
 */
extern void pds_progress_pending(const PdsAthenaExecution *e, TimestampTz began);

/* Time for a NOTICE?  Raises nothing. */
extern void pds_progress_look(void);

/* no wait may be longer, in ms; -1: any may */
extern long pds_progress_wait(void);

#endif							/* PDS_FDW_PROGRESS_H */
