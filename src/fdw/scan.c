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
		case PDS_PLAN_ATHENA_TABLE:
		case PDS_PLAN_ATHENA_RELATION:
			return &pds_athena_methods;
	}
	elog(ERROR, "the plan of a foreign scan is none of pds_fdw's");
}

void
pds_begin_scan(ForeignScanState *node, int eflags)
{
	methods_of(node)->begin(node, eflags);
}

TupleTableSlot *
pds_iterate_scan(ForeignScanState *node)
{
	return ((PdsScanCommon *) node->fdw_state)->methods->iterate(node);
}

void
pds_rescan(ForeignScanState *node)
{
	((PdsScanCommon *) node->fdw_state)->methods->rescan(node);
}

void
pds_end_scan(ForeignScanState *node)
{
	if (node->fdw_state)
		((PdsScanCommon *) node->fdw_state)->methods->end(node);
}

void
pds_explain_scan(ForeignScanState *node, ExplainState *es)
{
	methods_of(node)->explain(node, es);
}
