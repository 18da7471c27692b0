/*
 * row_bound.h
 *	  A bound of the rows that are wanted: whoever keeps the first rows of an order needs no
 *	  record that comes after the last of them.
 *
 * The bound is one column's value, compared as bytes (raw_filter.h).  It is no condition of the
 * query: a record beyond it is a row all the same.  So the other values of one are looked at
 * before it is dropped, and a record with any that is not plain is given like others: it raises
 * its error, is skipped or counted by on_error, as it would be without a bound.
 */
#ifndef PDS_FDW_ROW_BOUND_H
#define PDS_FDW_ROW_BOUND_H

#include "fdw/rows/raw_filter.h"

struct PdsRowSource;

typedef struct PdsRowBound
{
	PdsRawFilter *filter;
	int			column;			/* of src's: the one that is compared */
	Datum		value;			/* of the last row that is wanted; borrowed */
	bool		isnull;
	bool		changed;		/* since the filter was told */
	bool		usable;			/* bytes tell how it compares */
	MemoryContext cxt;			/* of the filter's constant */
	int64		dropped;		/* rows beyond it */
} PdsRowBound;

/*
 * Lets src drop what does not come before a value that is set later.  attno: of the slot, - 1.  The
 * rest as pds_raw_bound_make says.  NULL: bytes do not tell.
 */
extern PdsRowBound *pds_row_bound_create(struct PdsRowSource *src, int attno, Oid opno,
										 Oid collation, bool nulls_first, bool ties);

/* The value from now on; it stays where it is until the next one. */
static inline void
pds_row_bound_set(PdsRowBound *b, Datum value, bool isnull)
{
	b->value = value;
	b->isnull = isnull;
	b->changed = true;
}

/* The records of src->chunk that are beyond the bound are taken out. */
extern void pds_row_bound_pass(struct PdsRowSource *src);

#endif							/* PDS_FDW_ROW_BOUND_H */
