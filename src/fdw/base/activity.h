/*
 * activity.h
 *	  A scan, a statement of Athena, a write, a plan, ANALYZE or IMPORT as others see it: while it
 *	  goes on in pds.stat_progress, at its end in pds.stat_scans.
 *
 * It ends with the memory context it was begun in, if nobody has ended it: then it has failed.
 * Nothing is done for a record or a row; what goes on is looked at where the core waits (hooks.c).
 */
#ifndef PDS_FDW_ACTIVITY_H
#define PDS_FDW_ACTIVITY_H

#include "core/aws/athena.h"
#include "core/read/fetch.h"
#include "fdw/base/connection.h"
#include "fdw/base/progress_slots.h"

typedef struct PdsActivity PdsActivity;

/*
 * Adds what it has done, but for what is said of requests, memory and time; at its end, also while
 * its memory goes: it allocates nothing and raises nothing.  Scans are 1; 0 says that it was part
 * of what another activity counts.
 */
typedef void (*PdsCountFn) (void *arg, PdsStatCounts *counts);

typedef struct PdsActivityOptions
{
	PdsStatKind kind;
	PdsConnection *conn;		/* pinned as long as cxt */
	Oid			userid;			/* whose it is; Invalid: the current user's */
	Oid			relid;			/* Invalid: name says what it is */
	const char *name;			/* for that; in the database's encoding */
	int64		queryid;		/* 0: that of the session's statement */
	PdsCountFn	count;			/* NULL: there is nothing but requests */
	void	   *arg;
} PdsActivityOptions;

extern PdsActivity *pds_activity_begin(const PdsActivityOptions *o, MemoryContext cxt);

/* Once; NULL is nothing. */
extern void pds_activity_end(PdsActivity *a, bool failed);

extern void pds_activity_phase(PdsActivity *a, PdsPhase phase);

/*
 * What it reads until cxt goes, which must be before fetch and rows do; of so many objects and
 * stored bytes (-1: not known yet).  Everything is borrowed.
 */
extern void pds_activity_reads(PdsActivity *a, const PdsFetch *fetch, const int64 *rows,
							   int64 objects, int64 bytes, MemoryContext cxt);

/* ... which are known now */
extern void pds_activity_listed(PdsActivity *a, int64 objects, int64 bytes);

/* The execution it waits for, borrowed until its end; NULL: none. */
extern void pds_activity_execution(PdsActivity *a, const PdsAthenaExecution *e);

/* What it has done so far, of what is in all: for what pds_activity_reads cannot tell. */
extern void pds_activity_total(PdsActivity *a, int64 objects, int64 bytes);
extern void pds_activity_done(PdsActivity *a, int64 objects, int64 bytes, int64 rows);

/* The requests of other processes, which belong to it. */
extern void pds_count_http(PdsStatCounts *counts, const PdsHttpCounters *http);

/* A parallel worker has told its leader what it did up to now. */
extern void pds_activity_handed_over(PdsActivity *a);

/* Shows what all of them have done so far.  Raises nothing. */
extern void pds_activities_look(void);

#endif							/* PDS_FDW_ACTIVITY_H */
