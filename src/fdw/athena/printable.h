/*
 * printable.h
 *	  Plans that EXPLAIN can print.
 */
#ifndef PDS_FDW_PRINTABLE_H
#define PDS_FDW_PRINTABLE_H

#include "nodes/plannodes.h"

/*
 * Changes what the columns of a scan stand for to what EXPLAIN VERBOSE prints of
 * a plan without WindowAgg.
 */
extern void pds_make_printable(ForeignScan *plan);

#endif							/* PDS_FDW_PRINTABLE_H */
