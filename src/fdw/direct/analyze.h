/*
 * analyze.h
 *	  ANALYZE of a foreign table (analyze.c), and what planning makes of it and of
 *	  other statistics (estimate.c).
 */
#ifndef PDS_FDW_ANALYZE_H
#define PDS_FDW_ANALYZE_H

#include "foreign/fdwapi.h"

#include "fdw/relation.h"

/* what a compressed object holds, in multiples of its size, where nothing else is known */
#define PDS_COMPRESSED_RATIO	4

/* FdwRoutine.AnalyzeForeignTable; totalpages are the stored bytes in blocks of PostgreSQL's */
extern bool pds_analyze_table(Relation rel, AcquireSampleRowsFunc *func,
							  BlockNumber *totalpages);

/*
 * Rows in `set` (NULL: not listed), before any filter: from ANALYZE, else from
 * Glue's statistics, else from sizes and types.  factor: so many times as much
 * as was listed is there.  Call it before anything else writes baserel->tuples.
 */
extern double pds_estimate_rows(const RelOptInfo *baserel, const PdsTable *table,
								const PdsObjectSet *set, double factor);

#endif							/* PDS_FDW_ANALYZE_H */
