/*
 * athena_async.c
 *	  Asynchronous execution: the foreign scans of an Append that Athena answers
 *	  are started together, and each is read when it has a result.
 *
 * Append waits for one descriptor of each scan, and has no timer: our descriptor
 * is one (poller.h), which comes due when Athena is to be asked again.  It comes
 * more often than that, because some releases do not look for a cancel while
 * they wait.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "executor/execAsync.h"
#include "miscadmin.h"
#include "storage/fd.h"
#include "storage/latch.h"
#include "utils/timestamp.h"

#include "core/net/poller.h"
#include "fdw/athena/athena_async.h"
#include "fdw/athena/athena_scan.h"
#include "fdw/base/on_reset.h"
#include "fdw/base/progress.h"
#include "fdw/plan/rel_info.h"

/* a cancel is seen so often, ms */
#define TICK_MS 90

typedef struct PdsAsync
{
	int			timer;			/* comes due when somebody is to look */
	bool		running;		/* one of those that are counted */
	TimestampTz begin;			/* of its execution */
	TimestampTz due;			/* when Athena is to be asked again */
} PdsAsync;

/* executions of this session that were started here and have not ended */
static int	nrunning;

static void
ended(PdsAsync *a)
{
	if (a->running)
		nrunning--;
	a->running = false;
}

static void
release_timer(void *arg)
{
	PdsAsync   *a = arg;

	ended(a);
	pds_timer_close(a->timer);
	ReleaseExternalFD();
}

static PdsAsync *
async_of(ForeignScanState *node)
{
	PdsScanCommon *common = (PdsScanCommon *) node->fdw_state;
	MemoryContext cxt = node->ss.ps.state->es_query_cxt;
	PdsAsync   *a = common->async;

	if (a)
		return a;
	a = MemoryContextAllocZero(cxt, sizeof(PdsAsync));
	if (!AcquireExternalFD())
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_RESOURCES),
				 errmsg("too many descriptors are open for another scan by Athena"),
				 errhint("ALTER SERVER ... OPTIONS (ADD async_capable 'false') runs one at a time.")));
	a->timer = pds_timer_open();
	if (a->timer < 0)
	{
		ReleaseExternalFD();
		ereport(ERROR,
				(errcode_for_socket_access(),
				 errmsg("could not open a descriptor to wait with: %m")));
	}
	pds_on_reset(cxt, release_timer, a);
	common->async = a;
	return a;
}

/* Ask Athena, if that is due.  True: rows may be fetched. */
static bool
look_at_execution(ForeignScanState *node, PdsAsync *a)
{
	TimestampTz now = GetCurrentTimestamp();
	const PdsAthenaExecution *e;

	if (pds_athena_scan_ready(node, false))
		return true;
	if (!pds_athena_scan_started(node))
	{
		ended(a);				/* of parameters that are no more */
		if (nrunning >= PDS_ASYNC_EXECUTIONS)
		{
			a->due = now + TICK_MS * 1000;
			return false;
		}
		pds_athena_scan_start(node);
		a->running = true;
		nrunning++;
		a->begin = now = GetCurrentTimestamp();
	}
	else if (now < a->due)
		return false;
	else if (pds_athena_scan_ready(node, true))
	{
		ended(a);
		return true;
	}
	e = pds_athena_scan_execution(node);
	pds_progress_pending(e, a->begin);
	a->due = now + (TimestampTz) pds_athena_poll_delay(e, (now - a->begin) / 1000) * 1000;
	return false;
}

static void
answer(AsyncRequest *areq)
{
	ForeignScanState *node = (ForeignScanState *) areq->requestee;
	PdsAsync   *a = async_of(node);

	if (look_at_execution(node, a))
		ExecAsyncRequestDone(areq, node->ss.ps.ExecProcNodeReal(&node->ss.ps));
	else
		ExecAsyncRequestPending(areq);
}

static bool
is_async_capable(ForeignPath *path)
{
	const PdsRelInfo *info = path->path.parent->fdw_private;

	return info && pds_path_of_engine((Path *) path, PDS_ENGINE_ATHENA) &&
		info->conn->options.async_capable;
}

static void
configure_wait(AsyncRequest *areq)
{
	PdsAsync   *a = async_of((ForeignScanState *) areq->requestee);
	AppendState *append = (AppendState *) areq->requestor;
	TimestampTz now = GetCurrentTimestamp();
	long		ms = a->due > now ? (long) ((a->due - now) / 1000) + 1 : 1;

	pds_timer_set(a->timer, Min(ms, TICK_MS));
	AddWaitEventToSet(append->as_eventset, WL_SOCKET_READABLE, a->timer, NULL, areq);
}

static void
notify(AsyncRequest *areq)
{
	CHECK_FOR_INTERRUPTS();
	answer(areq);
}

void
pds_async_callbacks(FdwRoutine *r)
{
	r->IsForeignPathAsyncCapable = is_async_capable;
	r->ForeignAsyncRequest = answer;
	r->ForeignAsyncConfigureWait = configure_wait;
	r->ForeignAsyncNotify = notify;
}
