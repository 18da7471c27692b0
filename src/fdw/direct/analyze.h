/*
 * analyze.h
 *	  ANALYZE of a foreign table.
 */
#ifndef PDS_FDW_ANALYZE_H
#define PDS_FDW_ANALYZE_H

#include "foreign/fdwapi.h"

/* FdwRoutine.AnalyzeForeignTable; totalpages are the stored bytes in blocks of PostgreSQL's */
extern bool pds_analyze_table(Relation rel, AcquireSampleRowsFunc *func,
							  BlockNumber *totalpages);

/*
 * FdwRoutine.ImportForeignStatistics (19): the catalog's statistics of the columns that are
 * named, or of all; false: take a sample.
 */
extern bool pds_import_statistics(Relation rel, List *names, int elevel);

#endif							/* PDS_FDW_ANALYZE_H */
