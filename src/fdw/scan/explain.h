/*
 * explain.h
 *	  What EXPLAIN says of our scans, in text and in the structured formats.
 */
#ifndef PDS_FDW_EXPLAIN_H
#define PDS_FDW_EXPLAIN_H

#include "fdw/plan/plan_private.h"
#include "fdw/scan/scan_common.h"

/* the conditions that choose partitions and objects (direct) */
extern void pds_explain_filters(ForeignScanState *node, const PdsPlan *plan, ExplainState *es);

/* what planning saw of objects and partitions; only with COSTS */
extern void pds_explain_planned(const PdsPlanned *planned, ExplainState *es);

/* requests, retries, bytes since the scan began */
/* workers: what other processes of the scan did, or NULL */
extern void pds_explain_http(const PdsScanCommon *c, const PdsHttpCounters *workers,
							 ExplainState *es);

#endif							/* PDS_FDW_EXPLAIN_H */
