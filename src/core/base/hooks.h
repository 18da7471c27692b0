/*
 * hooks.h
 *	  What the core asks of the program around it: waiting and logging.
 *
 * The PostgreSQL side waits on its latch together with the core's one file
 * descriptor; a unit test simply polls.
 */
#ifndef PDS_CORE_HOOKS_H
#define PDS_CORE_HOOKS_H

#include <stdbool.h>

/* what is being waited for; the PostgreSQL side names a wait event after it */
typedef enum PdsWaitFor
{
	PDS_WAIT_HTTP,				/* a reply of S3, Glue, STS */
	PDS_WAIT_S3_DATA,			/* bytes of an object */
	PDS_WAIT_ATHENA,			/* an execution to end (poll interval) */
	PDS_WAIT_ATHENA_QUEUE,		/* ... to leave QUEUED, or to be taken at all */
	PDS_WAIT_RETRY,				/* back-off before the next attempt */
	PDS_WAIT_PROCESS			/* credential_process */
} PdsWaitFor;

typedef enum PdsWaitResult
{
	PDS_WAIT_READY,				/* fd readable, time over, or woken up: look
								 * again */
	PDS_WAIT_CANCEL				/* stop now: the core unwinds with
								 * PDS_ERR_CANCELLED */
} PdsWaitResult;

typedef struct PdsHooks
{
	/*
	 * Wait until fd is readable (fd -1: just the time) or timeout_ms has
	 * passed (-1: no limit).  Must return within 100 ms of a cancel request;
	 * must not longjmp.
	 */
	PdsWaitResult (*wait) (void *arg, int fd, long timeout_ms, PdsWaitFor what);
	/* Cheap: has a cancel been requested?  Called between steps of long work. */
	bool		(*cancelled) (void *arg);
	/* Debug line without secrets; may be NULL.  Must not longjmp. */
	void		(*log) (void *arg, const char *line);

	/*
	 * Called before and after every libcurl call that may start its resolver
	 * thread, so that signals stay with the main thread; may be NULL.
	 */
	void		(*block_signals) (void *arg, bool block);
	void	   *arg;
} PdsHooks;

/* hooks for programs without a latch: plain poll(), never cancelled */
extern const PdsHooks pds_plain_hooks;

#endif							/* PDS_CORE_HOOKS_H */
