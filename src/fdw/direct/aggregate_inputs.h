/*
 * aggregate_inputs.h
 *	  What aggregates and groups in a direct scan take of a row: columns where the scan has them,
 *	  and expressions, each evaluated once a row at most, when somebody asks.
 */
#ifndef PDS_FDW_AGGREGATE_INPUTS_H
#define PDS_FDW_AGGREGATE_INPUTS_H

#include "nodes/execnodes.h"

#include "fdw/direct/aggregate_kernel.h"
#include "fdw/rows/convert.h"

typedef enum PdsInputNeed
{
	PDS_INPUT_VALUE,
	PDS_INPUT_PRESENCE,			/* whether it is NULL */
	PDS_INPUT_SCALED			/* numeric: where it can be as v * 10^-scale,
								 * so */
} PdsInputNeed;

typedef struct PdsInput
{
	const Expr *expr;
	PdsInputNeed need;
	Oid			typid;			/* of the value; a domain's base type */
	int			attno;			/* attnum - 1 of a column; -1: an expression */
	const Datum *value;			/* where the row at hand has it */
	const bool *isnull;
	bool		scaled;			/* not there: of an expression in v and scale,
								 * of a column where its rows are plain in
								 * pds_scaled_datum */
	int64		v;
	int			scale;

	/* of an expression */
	Datum		made;
	bool		made_null;
	uint64		row;			/* it was evaluated for */
	bool		varlena;
	ExprState  *state;
	PdsKernel  *kernel;			/* or NULL */
	struct PdsInputMemo *memo;	/* or NULL */
} PdsInput;

typedef struct PdsInputs
{
	TupleTableSlot *slot;		/* of the scan */
	EState	   *estate;
	ExprContext *econtext;		/* values of one row; NULL: all inputs are
								 * columns */
	const PdsColumnUse *uses;
	TupleTableSlot *whole;		/* the row with whole values; NULL: as the
								 * scan's slot has them */
	uint64		whole_row;		/* it has that row */
	bool		any_scaled;		/* some columns are PDS_USE_SCALED */
	bool		plain;			/* ... and are so in the row at hand */
	uint64		row;
	int			n;
	PdsInput   *inputs;			/* at most the number said to pds_inputs_init */
} PdsInputs;

/* May a scan evaluate it for each of its rows? */
extern bool pds_input_possible(const Expr *e);

extern void pds_inputs_init(PdsInputs *set, TupleTableSlot *slot, EState *estate, int most);

/* the input of that expression, which stands where it is */
extern PdsInput *pds_inputs_add(PdsInputs *set, const Expr *e, PdsInputNeed need);

/*
 * After the last of them: what is needed of each column of the table, by attnum - 1.  Those of
 * other are needed whole (attnum - FirstLowInvalidHeapAttributeNumber).
 */
extern const PdsColumnUse *pds_inputs_uses(PdsInputs *set, Index relid, const Bitmapset *other);

extern void pds_input_evaluate(PdsInputs *set, PdsInput *in);

/* The slot has the next row; plain: pds_rows_plain of it, where any_scaled. */
static inline void
pds_inputs_next(PdsInputs *set, bool plain)
{
	set->row++;
	set->plain = plain;
	if (set->econtext)
		ResetExprContext(set->econtext);
}

/* Now value, isnull and scaled are those of the row. */
static inline void
pds_input_make(PdsInputs *set, PdsInput *in)
{
	if (in->attno < 0 && in->row != set->row)
		pds_input_evaluate(set, in);
}

#endif							/* PDS_FDW_AGGREGATE_INPUTS_H */
