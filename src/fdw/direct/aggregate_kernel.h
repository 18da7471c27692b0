/*
 * aggregate_kernel.h
 *	  Expressions of integers, numerics and lengths of texts that aggregates take in a direct scan,
 *	  evaluated in 64 bits without PostgreSQL's functions.
 *
 * What does not fit, and what is an error, is left to PostgreSQL's own expression.
 */
#ifndef PDS_FDW_AGGREGATE_KERNEL_H
#define PDS_FDW_AGGREGATE_KERNEL_H

#include "executor/tuptable.h"
#include "nodes/bitmapset.h"
#include "nodes/primnodes.h"

#include "fdw/rows/convert.h"

typedef struct PdsKernel PdsKernel;

typedef enum PdsKernelResult
{
	PDS_KERNEL_VALUE,			/* v * 10^-scale */
	PDS_KERNEL_NULL,
	PDS_KERNEL_NONE				/* the expression must be evaluated */
} PdsKernelResult;

/* Of the columns of the slot; NULL: not such an expression. */
extern PdsKernel *pds_kernel_make(const Expr *e, const TupleTableSlot *slot);

/* its numeric columns, by attnum - FirstLowInvalidHeapAttributeNumber */
extern Bitmapset *pds_kernel_numerics(const PdsKernel *k);

/*
 * plain: numeric columns whose use is PDS_USE_SCALED have such values in the row at hand.
 */
extern PdsKernelResult pds_kernel_eval(const PdsKernel *k, const PdsColumnUse *uses, bool plain,
									   int64 *v, int *scale);

#endif							/* PDS_FDW_AGGREGATE_KERNEL_H */
