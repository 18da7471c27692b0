/*
 * hooks.c
 *	  How the core waits in a backend: latch, interrupts, wait events, signals.
 *
 * The core must not be jumped over.  An interrupt that raises an error is
 * therefore caught here and kept; the core unwinds with PDS_ERR_CANCELLED, and
 * pds_rethrow_interrupt raises what was kept.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include <signal.h>

#include "libpq/pqsignal.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "fdw/base/activity.h"
#include "fdw/base/connection.h"
#include "fdw/base/progress.h"

static ErrorData *kept_error;
static TimestampTz deadline;	/* 0: none */

/* Run pending interrupts.  True: one of them raised an error, which is kept. */
static bool
take_interrupts(void)
{
	volatile bool raised = false;
	MemoryContext cxt = CurrentMemoryContext;

	if (InterruptHoldoffCount > 0)
		return false;
	if (kept_error)
		return true;
	PG_TRY();
	{
		CHECK_FOR_INTERRUPTS();
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(TopTransactionContext ? TopTransactionContext : TopMemoryContext);
		kept_error = CopyErrorData();
		FlushErrorState();
		raised = true;
	}
	PG_END_TRY();
	MemoryContextSwitchTo(cxt);
	return raised;
}

void
pds_rethrow_interrupt(void)
{
	ErrorData  *e = kept_error;

	kept_error = NULL;
	if (e)
		ReThrowError(e);
}

void
pds_forget_interrupt(void)
{
	kept_error = NULL;
}

void
pds_set_deadline(long ms)
{
	deadline = ms > 0 ? TimestampTzPlusMilliseconds(GetCurrentTimestamp(), ms) : 0;
}

/* ms until the deadline, at least 0; -1: there is none */
static long
deadline_left(void)
{
	TimestampTz now;

	if (deadline == 0)
		return -1;
	now = GetCurrentTimestamp();
	return now >= deadline ? 0 : (long) ((deadline - now) / 1000) + 1;
}

static uint32
wait_event(PdsWaitFor what)
{
	static uint32 events[PDS_WAIT_PROCESS + 1];
	static const char *const names[] = {
		"PdsHttp", "PdsS3Data", "PdsAthena", "PdsAthenaQueue", "PdsRetry", "PdsProcess"
	};

	StaticAssertDecl(lengthof(names) == lengthof(events), "a wait event has no name");

	if (events[what] == 0)
		events[what] = PDS_WAIT_EVENT_NEW(names[what]);
	return events[what];
}

static PdsWaitResult
pg_wait(void *arg, int fd, long timeout_ms, PdsWaitFor what)
{
	int			flags = WL_LATCH_SET | WL_EXIT_ON_PM_DEATH;
	int			rc;
	long		left = deadline_left();
	long		most = pds_progress_wait();

	pds_activities_look();
	if (left == 0 || (InterruptPending && take_interrupts()))
		return PDS_WAIT_CANCEL;
	if (left > 0 && (timeout_ms < 0 || timeout_ms > left))
		timeout_ms = left;
	if (most >= 0 && (timeout_ms < 0 || timeout_ms > most))
		timeout_ms = most;
	if (fd >= 0)
		flags |= WL_SOCKET_READABLE;
	if (timeout_ms >= 0)
		flags |= WL_TIMEOUT;
	rc = WaitLatchOrSocket(MyLatch, flags, fd >= 0 ? fd : PGINVALID_SOCKET, timeout_ms,
						   wait_event(what));
	if (rc & WL_LATCH_SET)
		ResetLatch(MyLatch);
	pds_progress_look();
	if (InterruptPending && take_interrupts())
		return PDS_WAIT_CANCEL;
	return PDS_WAIT_READY;
}

static bool
pg_cancelled(void *arg)
{
	pds_activities_look();
	pds_progress_look();
	return deadline_left() == 0 || (InterruptPending && take_interrupts());
}

static void
pg_log(void *arg, const char *line)
{
	ereport(DEBUG2, (errmsg_internal("pds_fdw: %s", line), errhidestmt(true)));
}

/*
 * curl's resolver thread inherits the mask: our handlers stay with this
 * thread.  Calls nest.
 */
static void
pg_block_signals(void *arg, bool block)
{
	static sigset_t before;
	static int	depth = 0;

	if (block)
	{
		sigset_t	all;

		if (depth++ > 0)
			return;
		sigfillset(&all);
		sigdelset(&all, SIGSEGV);
		sigdelset(&all, SIGBUS);
		sigdelset(&all, SIGFPE);
		sigdelset(&all, SIGILL);
		sigdelset(&all, SIGABRT);
		sigprocmask(SIG_SETMASK, &all, &before);
	}
	else if (--depth == 0)
		sigprocmask(SIG_SETMASK, &before, NULL);
}

const PdsHooks pds_pg_hooks = {
	.wait = pg_wait,
	.cancelled = pg_cancelled,
	.log = pg_log,
	.block_signals = pg_block_signals
};
