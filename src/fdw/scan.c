/*
 * scan.c
 *	  Execution of foreign scans: the dispatch on the engine of the plan.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "fdw/athena/athena_scan.h"
#include "fdw/direct/direct_scan.h"
#include "fdw/plan/plan_private.h"
#include "fdw/routine.h"

static const PdsEngineMethods *
methods_of(ForeignScanState *node)
{
	switch (pds_plan_kind((ForeignScan *) node->ss.ps.plan))
	{
		case PDS_PLAN_DIRECT:
			return &pds_direct_methods;
		case PDS_PLAN_AGGREGATE:
			return &pds_aggregate_methods;
		case PDS_PLAN_TOP_N:
			return &pds_top_methods;
		case PDS_PLAN_MIXED:
			return &pds_mixed_methods;
		case PDS_PLAN_MIXED_RESULT:
			return &pds_mixed_result_methods;
		case PDS_PLAN_ATHENA_TABLE:
		case PDS_PLAN_ATHENA_RELATION:
			return &pds_athena_methods;
	}
	elog(ERROR, "the plan of a foreign scan is none of pds_fdw's");
}

/* the state that begin has made, whose methods are those of the plan */
static const PdsEngineMethods *
begun_methods(ForeignScanState *node)
{
	const PdsScanCommon *c = node->fdw_state;

	Assert(c != NULL);
	Assert(c->methods == methods_of(node));
	return c->methods;
}

void
pds_begin_scan(ForeignScanState *node, int eflags)
{
	Assert(node->fdw_state == NULL);
	methods_of(node)->begin(node, eflags);
	Assert(node->fdw_state != NULL);
}

TupleTableSlot *
pds_iterate_scan(ForeignScanState *node)
{
	return begun_methods(node)->iterate(node);
}

void
pds_rescan(ForeignScanState *node)
{
	begun_methods(node)->rescan(node);
}

void
pds_end_scan(ForeignScanState *node)
{
	if (node->fdw_state)
		begun_methods(node)->end(node);
}

void
pds_explain_scan(ForeignScanState *node, ExplainState *es)
{
	methods_of(node)->explain(node, es);
}
