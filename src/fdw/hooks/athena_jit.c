/*
 * athena_jit.c
 *	  Waiting for Athena is nothing that the JIT compiler could shorten.
 *
 * The planner turns it on by the cost of the whole plan, of which Athena's share is latency: a
 * table of 100 GB would have the expressions for its ten rows compiled (doc/dev/pitfalls.md §1).
 * Before a plan is started, that share is taken off and the settings are applied to what is left.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "executor/executor.h"
#include "foreign/fdwapi.h"
#include "jit/jit.h"

#include "fdw/base/guc.h"
#include "fdw/hooks/server_hooks.h"
#include "fdw/plan/plan_private.h"
#include "fdw/routine.h"

static ExecutorStart_hook_type next_executor_start;

static bool
is_athena_scan(const ForeignScan *scan)
{
	return OidIsValid(scan->fs_server) &&
		GetFdwRoutineByServerId(scan->fs_server)->BeginForeignScan == pds_begin_scan &&
		pds_plan_is_athena(pds_plan_kind(scan));
}

static Cost latency(Plan *plan);

static Cost
latency_of_all(List *plans)
{
	Cost		sum = 0;
	ListCell   *lc;

	foreach(lc, plans)
		sum += latency(lfirst(lc));
	return sum;
}

/* what the scans by Athena in a plan cost before their first row */
static Cost
latency(Plan *plan)
{
	if (plan == NULL)
		return 0;
	switch (nodeTag(plan))
	{
		case T_ForeignScan:
			if (is_athena_scan((ForeignScan *) plan))
				return plan->startup_cost;
			break;
		case T_Append:
			return latency_of_all(((Append *) plan)->appendplans);
		case T_MergeAppend:
			return latency_of_all(((MergeAppend *) plan)->mergeplans);
		case T_SubqueryScan:
			return latency(((SubqueryScan *) plan)->subplan);
		case T_CustomScan:
			return latency_of_all(((CustomScan *) plan)->custom_plans);
		default:
			break;
	}
	return latency(plan->lefttree) + latency(plan->righttree);
}

/* jitFlags that the settings give a plan of that cost, of those it has */
static int
flags_of(int flags, Cost cost)
{
	if (cost <= jit_above_cost)
		return PGJIT_NONE;
	if (cost <= jit_optimize_above_cost)
		flags &= ~PGJIT_OPT3;
	if (cost <= jit_inline_above_cost)
		flags &= ~PGJIT_INLINE;
	return flags;
}

static void
executor_start(QueryDesc *desc, int eflags)
{
	PlannedStmt *stmt = desc->plannedstmt;

	if (stmt->jitFlags != PGJIT_NONE && stmt->planTree)
	{
		Cost		waiting = latency(stmt->planTree) + latency_of_all(stmt->subplans);

		if (waiting > 0)
		{
			/* the plan may be a cached one: it is not ours to change */
			desc->plannedstmt = makeNode(PlannedStmt);
			memcpy(desc->plannedstmt, stmt, sizeof(PlannedStmt));
			desc->plannedstmt->jitFlags = flags_of(stmt->jitFlags,
												   stmt->planTree->total_cost - waiting);
		}
	}
	if (next_executor_start)
		next_executor_start(desc, eflags);
	else
		standard_ExecutorStart(desc, eflags);
}

void
pds_athena_jit_init(void)
{
	next_executor_start = ExecutorStart_hook;
	ExecutorStart_hook = executor_start;
}
