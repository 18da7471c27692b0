/*
 * whole_row.h
 *	  Whole rows of tables in the rows of a join by Athena, made of its columns.
 */
#ifndef PDS_FDW_WHOLE_ROW_H
#define PDS_FDW_WHOLE_ROW_H

#include "nodes/execnodes.h"

/* Those among the columns of the scan's rows from ncolumns on; in the current memory context. */
extern List *pds_whole_rows(ForeignScanState *node, int ncolumns);

/* Their values, of those that are in the slot; they live as long as a row's. */
extern void pds_whole_rows_fill(List *rows, ForeignScanState *node, TupleTableSlot *slot);

#endif							/* PDS_FDW_WHOLE_ROW_H */
