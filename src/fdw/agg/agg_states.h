/*
 * agg_states.h
 *	  Transition states of PostgreSQL's aggregates, as a partial Agg node would
 *	  hand them to the Finalize Agg above it.
 *
 * While rows are read a state is kept in a form that is cheap to advance;
 * pds_agg_value makes the transition value of it.  States that PostgreSQL
 * keeps in structs of its own (type internal) are made, combined and serialised
 * by PostgreSQL's own functions: their form differs by release.
 */
#ifndef PDS_FDW_AGG_STATES_H
#define PDS_FDW_AGG_STATES_H

#include "fmgr.h"
#include "nodes/primnodes.h"

#include "fdw/base/int_datum.h"

typedef enum PdsAggKind
{
	PDS_AGG_ROWS,				/* count(*) */
	PDS_AGG_COUNT,				/* count(column) */
	PDS_AGG_SUM_INT,			/* sum(smallint, integer): a bigint */
	PDS_AGG_AVG_INT,			/* avg(smallint, integer): bigint[2] */
	PDS_AGG_BIGINT,				/* sum, avg(bigint): internal */
	PDS_AGG_NUMERIC,			/* sum, avg(numeric): internal */
	PDS_AGG_SUM_FLOAT8,			/* sum(double precision) */
	PDS_AGG_FLOATS,				/* avg, variance ... of floats: double
								 * precision[3] */
	PDS_AGG_MIN_INT,			/* min of what compares as integers do */
	PDS_AGG_MAX_INT,
	PDS_AGG_STRICT				/* strict function of (type, type) that
								 * combines, too: min(text) ... */
} PdsAggKind;

/* one aggregate of a scan */
typedef struct PdsAgg
{
	PdsAggKind	kind;
	Oid			argtype;		/* type of the argument's values */
	Oid			collation;
	bool		byval;			/* of the argument's type */
	int16		typlen;
	FmgrInfo	fn;				/* STRICT: the transition function */
} PdsAgg;

typedef struct PdsAggState
{
	union
	{
		int64		i;			/* BIGINT, NUMERIC: a sum that is not in
								 * `internal` yet */
		double		d;
		Datum		value;		/* STRICT */
		Datum		floats;		/* FLOATS: PostgreSQL's array */
	}			v;
	int64		n;				/* values so far; NUMERIC: finite ones */
	void	   *internal;		/* BIGINT, NUMERIC: PostgreSQL's state, of
								 * some sums and all that the sum here cannot
								 * hold; or NULL */
	uint32		cap;			/* STRICT: bytes at `value` */
	int16		scale;			/* NUMERIC: the sum is in units of 10^-scale */
} PdsAggState;

/* Where states and values are kept. */
typedef struct PdsAggMemory
{
	MemoryContext states;		/* of all groups; reset when they have been
								 * given away */
	MemoryContext values;		/* of one row that is given away */
	struct AggState *fake;		/* what PostgreSQL's functions ask for the
								 * context of states */
} PdsAggMemory;

/*
 * Can the aggregate be kept here, whatever its argument and FILTER are?  Sets its
 * kind, its transition function and the argument (NULL: count(*)).
 */
extern bool pds_agg_supported(const Aggref *a, PdsAggKind *kind, Oid *transfn, Expr **arg);

/* Is it min or max, or the like: of equal values it needs but one? */
extern bool pds_agg_is_extreme(const Aggref *a);

/* The kind of its state, whatever its argument is; false: none of those. */
extern bool pds_agg_kind(const Aggref *a, PdsAggKind *kind);

/*
 * BIGINT, NUMERIC: the transition value of n values with that sum (numeric), n > 0, in the current
 * memory context.
 */
extern Datum pds_agg_sum_state(PdsAggKind kind, Datum sum, int64 n);

/* argtype InvalidOid: count(*) */
extern void pds_agg_init(PdsAgg *agg, PdsAggKind kind, Oid transfn, Oid argtype, Oid collation);
extern void pds_agg_memory_init(PdsAggMemory *m, MemoryContext parent);

/* what pds_agg_advance leaves to it; value is not NULL */
extern void pds_agg_advance_slow(PdsAgg *agg, PdsAggState *s, Datum value, PdsAggMemory *m);

/* v * 10^-scale, as numeric; scale below PDS_AGG_SCALE_END */
#define PDS_AGG_SCALE_END	40
extern Datum pds_agg_scaled_numeric(int64 v, int scale);

/* NUMERIC: the state takes v * 10^-scale, scale below PDS_AGG_SCALE_END */
extern void pds_agg_add_scaled(PdsAgg *agg, PdsAggState *s, int64 v, int scale, PdsAggMemory *m);

/* Transition value, in m->values or borrowed from the state. */
extern Datum pds_agg_value(PdsAgg *agg, PdsAggState *s, PdsAggMemory *m, bool *isnull);

/* bytes of a group's state that are not in PdsAggState, about: for estimates */
extern int	pds_agg_extra_width(PdsAggKind kind, Oid transtype);

/* *v becomes v * 10^n; false: it does not fit */
static inline bool
pds_times_ten(int64 *v, int n)
{
	for (; n > 0; n--)
		if (__builtin_mul_overflow(*v, (int64) 10, v))
			return false;
	return true;
}

/* The state advances by a value that is not NULL; count(*): by a row. */
static inline void
pds_agg_advance(PdsAgg *agg, PdsAggState *s, Datum value, PdsAggMemory *m)
{
	int64		i;

	switch (agg->kind)
	{
		case PDS_AGG_ROWS:
		case PDS_AGG_COUNT:
			s->n++;
			break;
		case PDS_AGG_SUM_INT:
		case PDS_AGG_AVG_INT:
			/* wraps around where PostgreSQL's does */
			s->v.i = (int64) ((uint64) s->v.i + (uint64) pds_int_of_datum(agg->argtype, value));
			s->n++;
			break;
		case PDS_AGG_MIN_INT:
			i = pds_int_of_datum(agg->argtype, value);
			if (s->n++ == 0 || i < s->v.i)
				s->v.i = i;
			break;
		case PDS_AGG_MAX_INT:
			i = pds_int_of_datum(agg->argtype, value);
			if (s->n++ == 0 || i > s->v.i)
				s->v.i = i;
			break;
		default:
			pds_agg_advance_slow(agg, s, value, m);
			break;
	}
}

#endif							/* PDS_FDW_AGG_STATES_H */
