/*
 * athena_scan.h
 *	  Execution of a scan by Athena.
 */
#ifndef PDS_FDW_ATHENA_SCAN_H
#define PDS_FDW_ATHENA_SCAN_H

#include "core/aws/athena.h"
#include "fdw/scan/scan_common.h"

extern const PdsEngineMethods pds_athena_methods;

/*
 * A scan in steps, for asynchronous execution:
 * Start the execution unless that was done; was it?  Is there a result (look: ask Athena once)?
 * The execution as it was seen last.
 */
extern void pds_athena_scan_start(ForeignScanState *node);
extern bool pds_athena_scan_ready(ForeignScanState *node, bool look);
extern bool pds_athena_scan_started(ForeignScanState *node);
extern const PdsAthenaExecution *pds_athena_scan_execution(ForeignScanState *node);

#endif							/* PDS_FDW_ATHENA_SCAN_H */
