/*
 * explain.c
 *	  What EXPLAIN says of our scans.
 *
 * Without ANALYZE and with COSTS OFF nothing is printed that changes with the
 * data, so that regression tests are stable.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "nodes/makefuncs.h"
#include "utils/ruleutils.h"

#include "fdw/plan/plan_private.h"
#include "fdw/scan/explain.h"

static void
explain_quals(ForeignScanState *node, ExplainState *es, const char *label, List *quals)
{
	Plan	   *plan = node->ss.ps.plan;
	List	   *context;

	if (quals == NIL)
		return;
	context = set_deparse_context_plan(es->deparse_cxt, plan, NIL);
	ExplainPropertyText(label,
						deparse_expression((Node *) make_ands_explicit(quals), context,
										   es->verbose || list_length(es->rtable) > 1, false),
						es);
}

void
pds_explain_filters(ForeignScanState *node, ExplainState *es)
{
	ForeignScan *plan = (ForeignScan *) node->ss.ps.plan;
	int			n = intVal(list_nth(plan->fdw_private, PdsScanPrivateNPartConds));
	const char *expression = strVal(list_nth(plan->fdw_private, PdsScanPrivatePartition));

	explain_quals(node, es, "Filter in Scan", plan->fdw_recheck_quals);
	explain_quals(node, es, "Partition Filter", list_truncate(list_copy(plan->fdw_exprs), n));
	if (n > 0 && expression[0])
		ExplainPropertyText("Glue Expression", expression, es);
	explain_quals(node, es, "Object Filter",
				  list_truncate(list_copy_tail(plan->fdw_exprs, n),
								intVal(list_nth(plan->fdw_private, PdsScanPrivateNObjectConds))));
}

void
pds_explain_planned(ForeignScan *plan, ExplainState *es)
{
	List	   *p = list_nth(plan->fdw_private, PdsScanPrivatePlanned);
	bool		more;

	if (p == NIL || !es->costs)
		return;
	more = intVal(list_nth(p, 4)) != 0;
	if (intVal(linitial(p)) >= 0 && (strcmp(strVal(lthird(p)), "0") != 0 || intVal(lsecond(p)) > 1))
	{
		ExplainPropertyInteger("Partitions", NULL, intVal(lsecond(p)), es);
		ExplainPropertyInteger("Partitions Pruned", NULL, strtoll(strVal(lthird(p)), NULL, 10),
							   es);
	}
	ExplainPropertyInteger(more ? "Objects At Least" : "Objects", NULL, intVal(linitial(p)), es);
	ExplainPropertyInteger(more ? "Object Bytes At Least" : "Object Bytes", "B",
						   strtoll(strVal(lfourth(p)), NULL, 10), es);
}

void
pds_explain_http(const PdsScanCommon *c, const PdsHttpCounters *workers, ExplainState *es)
{
	PdsHttpCounters n;

	if (c->conn == NULL)
		return;
	n = pds_scan_http(c);
	if (workers)
		pds_add_http(&n, workers);
	ExplainPropertyInteger("Requests", NULL, (int64) n.requests, es);
	ExplainPropertyInteger("Retries", NULL, (int64) n.retries, es);
	ExplainPropertyInteger("Bytes Received", "B", (int64) n.bytes_in, es);
	if (n.bytes_cached > 0)
		ExplainPropertyInteger("Bytes From Cache", "B", (int64) n.bytes_cached, es);
	if (es->timing)
		ExplainPropertyFloat("Network Wait", "ms", n.wait_us / 1000.0, 3, es);
}
