/*
 * spool.h
 *	  Rows of a foreign scan kept for its rescans, in memory or a temporary file.
 */
#ifndef PDS_FDW_SPOOL_H
#define PDS_FDW_SPOOL_H

#include "executor/tuptable.h"
#include "nodes/execnodes.h"
#include "nodes/pathnodes.h"
#include "utils/tuplestore.h"

/* zeroed: nothing is kept */
typedef struct PdsSpool
{
	Tuplestorestate *store;		/* NULL: nothing is kept */
	TupleTableSlot *slot;
	bool		complete;		/* the source was read to its end */
} PdsSpool;

/* From here on rows are kept; the source is at its beginning. */
extern void pds_spool_begin(PdsSpool *spool, ForeignScanState *node);
/*
 * The next row that is kept, its values lent to slot.  False: there is none; if not complete, the
 * caller takes the next one from its source and puts it here.
 */
extern bool pds_spool_next(PdsSpool *spool, TupleTableSlot *slot);
/* keeps a row, if rows are kept */
extern void pds_spool_put(PdsSpool *spool, TupleTableSlot *slot);
extern void pds_spool_rewind(PdsSpool *spool);
/* Forgets the rows. */
extern void pds_spool_drop(PdsSpool *spool);
/* Releases all. */
extern void pds_spool_end(PdsSpool *spool);
/* PARAM_EXEC numbers in expressions: a change of one of them makes other rows */
extern Bitmapset *pds_exec_params(List *exprs);
/* An initplan's value does not change during the query; an outer row's does. */
extern bool pds_is_initplan_param(PlannerInfo *root, int paramid);
/* Does the expression ask for an outer row's value? */
extern bool pds_has_outer_param(PlannerInfo *root, Node *expr);

#endif							/* PDS_FDW_SPOOL_H */
