/*
 * costs.h
 *	  The cost model: what the planner of both engines reckons with.
 */
#ifndef PDS_FDW_COSTS_H
#define PDS_FDW_COSTS_H

/*
 * Costs.  A millisecond is about ten units: a query by Athena (one and a half
 * seconds before its first row) stays far below jit_above_cost.  How they were
 * measured is in doc/internals.md, "Costs".
 */
#define PDS_DIRECT_STARTUP_COST		500.0	/* connect, first range */
#define PDS_DIRECT_COST_PER_BYTE	0.00020 /* by one connection: 50 MB/s */
#define PDS_DIRECT_COST_PER_BYTE_LEAST	0.00001 /* by any number of them: 1
												 * GB/s */
#define PDS_DIRECT_COST_PER_OBJECT	300.0	/* 30 ms to the first byte, by one
											 * connection */
#define PDS_DIRECT_COST_PER_ROW		0.001	/* 0.1 us */
#define PDS_DIRECT_COST_PER_VALUE	0.0008	/* 80 ns: cut out and converted */
#define PDS_ATHENA_STARTUP_COST		15000.0
#define PDS_ATHENA_COST_PER_BYTE	0.00001 /* scanned there */
#define PDS_ATHENA_RESULT_COST		0.00016 /* a byte of the result: written,
											 * fetched, parsed */
#define PDS_ATHENA_LEVEL_SHARE		0.989	/* of the cost, for each level
											 * above a scan or join */

#endif							/* PDS_FDW_COSTS_H */
