/*
 * spool.h
 *	  Rows of a foreign scan kept for its rescans, in memory or a temporary file.
 */
#ifndef PDS_FDW_SPOOL_H
#define PDS_FDW_SPOOL_H

#include "executor/tuptable.h"
#include "nodes/execnodes.h"
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

#endif							/* PDS_FDW_SPOOL_H */
