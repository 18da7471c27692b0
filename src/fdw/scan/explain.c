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
										   es->verbose || pds_explain_several_relations(es), false),
						es);
}

void
pds_explain_filters(ForeignScanState *node, const PdsPlan *plan, ExplainState *es)
{
	explain_quals(node, es, "Filter in Scan",
				  ((ForeignScan *) node->ss.ps.plan)->fdw_recheck_quals);
	explain_quals(node, es, "Partition Filter", plan->partition_quals);
	if (plan->partition_quals && plan->glue_expression)
		ExplainPropertyText("Glue Expression", plan->glue_expression, es);
	explain_quals(node, es, "Object Filter", plan->object_quals);
}

void
pds_explain_planned(const PdsPlanned *p, ExplainState *es)
{
	if (!p->known || !es->costs)
		return;
	if (p->pruned != 0 || p->partitions > 1)
	{
		ExplainPropertyInteger("Partitions", NULL, p->partitions, es);
		ExplainPropertyInteger("Partitions Pruned", NULL, p->pruned, es);
	}
	ExplainPropertyInteger(p->truncated ? "Objects At Least" : "Objects", NULL, p->objects, es);
	ExplainPropertyInteger(p->truncated ? "Object Bytes At Least" : "Object Bytes", "B", p->bytes,
						   es);
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
