/*
 * agg_states.c
 *	  Transition states of PostgreSQL's aggregates, made outside of its executor.
 *
 * Sums of bigint and numeric are kept as integers of 64 bits and handed to
 * PostgreSQL's own state, as one value, when they would overflow and when the
 * group is given away; so is each value that no such integer holds (NaN,
 * infinities, many digits).  A sum of exact sums is exact, only the number of
 * values must be put right: of the serialised form this is assumed, that it
 * begins with that number, eight bytes in network order.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "access/htup_details.h"
#include "access/transam.h"
#include "catalog/pg_aggregate.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/execnodes.h"
#include "nodes/nodeFuncs.h"
#include "port/pg_bswap.h"
#include "utils/array.h"
#include "utils/datum.h"
#include "utils/float.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

#include "fdw/agg/agg_states.h"
#include "fdw/base/int_datum.h"
#include "fdw/base/numeric_image.h"

static bool states_known(void);

/* ---- which ---- */

/* the kinds that are known by their transition function */
static bool
known_kind(Oid transfn, PdsAggKind *kind)
{
	switch (transfn)
	{
		case F_INT8INC:
			*kind = PDS_AGG_ROWS;
			return true;
		case F_INT8INC_ANY:
			*kind = PDS_AGG_COUNT;
			return true;
		case F_INT2_SUM:
		case F_INT4_SUM:
			*kind = PDS_AGG_SUM_INT;
			return true;
		case F_INT2_AVG_ACCUM:
		case F_INT4_AVG_ACCUM:
			*kind = PDS_AGG_AVG_INT;
			return true;
		case F_INT8_AVG_ACCUM:
			*kind = PDS_AGG_BIGINT;
			return states_known();
		case F_NUMERIC_AVG_ACCUM:
			*kind = PDS_AGG_NUMERIC;
			return states_known();
		case F_FLOAT8PL:
			*kind = PDS_AGG_SUM_FLOAT8;
			return true;
		case F_FLOAT4_ACCUM:
		case F_FLOAT8_ACCUM:
			*kind = PDS_AGG_FLOATS;
			return true;
		default:
			return false;
	}
}

static bool
compares_as_int(Oid typid)
{
	switch (typid)
	{
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case DATEOID:
		case TIMEOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			return true;
		default:
			return false;
	}
}

/* a strict function of (type, type) that is its own combining function, without a first value */
static bool
strict_kind(Form_pg_aggregate f, bool no_initval, Oid argtype, Oid transtype, PdsAggKind *kind)
{
	*kind = PDS_AGG_STRICT;
	if (f->aggtransfn != f->aggcombinefn || !no_initval || argtype != transtype ||
		transtype == INTERNALOID || !func_strict(f->aggtransfn))
		return false;
	if (OidIsValid(f->aggsortop) && compares_as_int(argtype))
	{
		TypeCacheEntry *type = lookup_type_cache(argtype, TYPECACHE_LT_OPR | TYPECACHE_GT_OPR);

		if (f->aggsortop == type->lt_opr)
			*kind = PDS_AGG_MIN_INT;
		else if (f->aggsortop == type->gt_opr)
			*kind = PDS_AGG_MAX_INT;
	}
	return true;
}

static bool
transition_ok(const Aggref *a, Oid argtype, PdsAggKind *kind, Oid *transfn)
{
	HeapTuple	tup = SearchSysCache1(AGGFNOID, ObjectIdGetDatum(a->aggfnoid));
	Form_pg_aggregate f;
	bool		no_initval;
	bool		ok;

	if (!HeapTupleIsValid(tup))
		return false;
	f = (Form_pg_aggregate) GETSTRUCT(tup);
	*transfn = f->aggtransfn;
	no_initval = heap_attisnull(tup, Anum_pg_aggregate_agginitval, NULL);
	ok = f->aggkind == AGGKIND_NORMAL && OidIsValid(f->aggcombinefn) &&
		f->aggtransfn < FirstNormalObjectId &&
		(known_kind(f->aggtransfn, kind) ||
		 strict_kind(f, no_initval, argtype, a->aggtranstype, kind));
	ReleaseSysCache(tup);
	return ok;
}

bool
pds_agg_supported(const Aggref *a, PdsAggKind *kind, Oid *transfn, Expr **arg)
{
	Oid			argtype;

	*arg = NULL;
	if (a->aggfnoid >= FirstNormalObjectId || a->aggorder || a->aggdistinct || a->aggvariadic ||
		a->aggdirectargs || a->agglevelsup != 0 || list_length(a->args) > 1)
		return false;
	if (a->args == NIL)
		return a->aggstar && transition_ok(a, InvalidOid, kind, transfn) &&
			*kind == PDS_AGG_ROWS;
	*arg = linitial_node(TargetEntry, a->args)->expr;
	argtype = exprType((Node *) *arg);
	/* the same bytes under the name of another type */
	while (IsA(*arg, RelabelType))
		*arg = ((RelabelType *) *arg)->arg;
	return get_typlen(argtype) != -2 && transition_ok(a, argtype, kind, transfn) &&
		*kind != PDS_AGG_ROWS;
}

bool
pds_agg_is_extreme(const Aggref *a)
{
	HeapTuple	tup = SearchSysCache1(AGGFNOID, ObjectIdGetDatum(a->aggfnoid));
	bool		extreme;

	if (!HeapTupleIsValid(tup))
		return false;
	extreme = OidIsValid(((Form_pg_aggregate) GETSTRUCT(tup))->aggsortop);
	ReleaseSysCache(tup);
	return extreme;
}

bool
pds_agg_kind(const Aggref *a, PdsAggKind *kind)
{
	Oid			argtype = InvalidOid;
	Oid			transfn;

	if (a->args)
		argtype = exprType((Node *) linitial_node(TargetEntry, a->args)->expr);
	return a->aggfnoid < FirstNormalObjectId && list_length(a->args) <= 1 &&
		transition_ok(a, argtype, kind, &transfn);
}

int
pds_agg_extra_width(PdsAggKind kind, Oid transtype)
{
	if (kind == PDS_AGG_FLOATS)
		return ARR_OVERHEAD_NONULLS(1) + 3 * sizeof(float8) + 16;
	if (kind == PDS_AGG_STRICT && !get_typbyval(transtype))
		return get_typavgwidth(transtype, -1) + 16;
	return 0;
}

void
pds_agg_init(PdsAgg *agg, PdsAggKind kind, Oid transfn, Oid argtype, Oid collation)
{
	agg->kind = kind;
	agg->argtype = argtype;
	agg->collation = collation;
	fmgr_info(transfn, &agg->fn);
	if (OidIsValid(argtype))
		get_typlenbyval(argtype, &agg->typlen, &agg->byval);
}

/* ---- PostgreSQL's own functions ---- */

void
pds_agg_memory_init(PdsAggMemory *m, MemoryContext parent)
{
	MemoryContext old = MemoryContextSwitchTo(parent);
	ExprContext *cxt = makeNode(ExprContext);

	m->states = AllocSetContextCreate(parent, "pds_fdw aggregates", ALLOCSET_DEFAULT_SIZES);
	m->values = AllocSetContextCreate(parent, "pds_fdw aggregate values", ALLOCSET_SMALL_SIZES);
	cxt->ecxt_per_tuple_memory = m->states;
	m->fake = makeNode(AggState);
	m->fake->curaggcontext = cxt;
	MemoryContextSwitchTo(old);
}

/* One of PostgreSQL's functions for aggregates.  a 0: NULL. */
static Datum
call_agg_function(const PdsAggMemory *m, PGFunction fn, Datum a, Datum b, int nargs)
{
	LOCAL_FCINFO(fcinfo, 2);
	Datum		result;

	InitFunctionCallInfoData(*fcinfo, NULL, nargs, InvalidOid, (Node *) m->fake, NULL);
	fcinfo->args[0].value = a;
	fcinfo->args[0].isnull = a == (Datum) 0;
	fcinfo->args[1].value = b;
	fcinfo->args[1].isnull = false;
	result = fn(fcinfo);
	if (fcinfo->isnull)
		elog(ERROR, "a function of an aggregate returned NULL");
	return result;
}

/* a state of PostgreSQL's takes a value; it is made when it is NULL */
static void
accumulate(const PdsAggMemory *m, PGFunction accum, void **state, Datum value)
{
	*state = DatumGetPointer(call_agg_function(m, accum, PointerGetDatum(*state), value, 2));
}

/* the serialised state, of n values */
static bytea *
serialize(const PdsAggMemory *m, PGFunction fn, void *state, int64 n)
{
	bytea	   *b = DatumGetByteaP(call_agg_function(m, fn, PointerGetDatum(state), (Datum) 0, 1));
	uint64		net = pg_hton64((uint64) n);

	memcpy(VARDATA(b), &net, sizeof(net));
	return b;
}

/* ---- sums ---- */

/* digits of an int64, a point and a sign */
#define SUM_TEXT	(PDS_AGG_SCALE_END + 4)

Datum
pds_agg_scaled_numeric(int64 v, int scale)
{
	char		digits[SUM_TEXT];
	char		text[SUM_TEXT];
	uint64		rest = v < 0 ? 0 - (uint64) v : (uint64) v;
	int			n = 0;
	int			len = 0;

	for (; rest != 0 || n <= scale; rest /= 10)
		digits[n++] = (char) ('0' + rest % 10);
	if (v < 0)
		text[len++] = '-';
	while (n > 0)
	{
		text[len++] = digits[--n];
		if (n == scale && n > 0)
			text[len++] = '.';
	}
	return pds_numeric_image(palloc(PDS_NUMERIC_IMAGE_SIZE(len)), text, len);
}

/* PostgreSQL's state takes the sum, as one value */
static void
hand_over_sum(PdsAgg *agg, PdsAggState *s, const PdsAggMemory *m)
{
	if (agg->kind == PDS_AGG_BIGINT)
		accumulate(m, int8_avg_accum, &s->internal, Int64GetDatum(s->v.i));
	else
	{
		Datum		sum = pds_agg_scaled_numeric(s->v.i, s->scale);

		accumulate(m, numeric_avg_accum, &s->internal, sum);
		pfree(DatumGetPointer(sum));
	}
	s->v.i = 0;
}

/* False: the sum cannot take it. */
static inline bool
add_scaled(PdsAggState *s, int64 v, int scale)
{
	int64		sum = s->v.i;
	int			common = Max(scale, s->scale);

	if (scale != s->scale &&
		(!pds_times_ten(&v, common - scale) || !pds_times_ten(&sum, common - s->scale)))
		return false;
	if (__builtin_add_overflow(sum, v, &sum))
		return false;
	s->v.i = sum;
	s->scale = (int16) common;
	return true;
}

void
pds_agg_add_scaled(PdsAgg *agg, PdsAggState *s, int64 v, int scale, PdsAggMemory *m)
{
	s->n++;
	if (add_scaled(s, v, scale))
		return;
	hand_over_sum(agg, s, m);
	s->v.i = v;
	s->scale = (int16) scale;
}

static void
add_numeric(PdsAgg *agg, PdsAggState *s, Datum value, PdsAggMemory *m)
{
	int64		v;
	int			scale;
	bool		finite;

	if (pds_numeric_scaled(value, &v, &scale, &finite) && scale < PDS_AGG_SCALE_END)
		pds_agg_add_scaled(agg, s, v, scale, m);
	else
	{
		/* only finite ones are counted where the number of values stands */
		s->n += finite;
		accumulate(m, numeric_avg_accum, &s->internal, value);
	}
}

static void
add_bigint(PdsAgg *agg, PdsAggState *s, int64 v, PdsAggMemory *m)
{
	s->n++;
	if (!__builtin_add_overflow(s->v.i, v, &s->v.i))
		return;
	/* what overflowed is what the sum was, and v, modulo 2^64 */
	s->v.i = (int64) ((uint64) s->v.i - (uint64) v);
	hand_over_sum(agg, s, m);
	s->v.i = v;
}

/* the greatest bigint in the direction of v */
static int64
next_part(Datum v)
{
	Datum		max = DirectFunctionCall1(int8_numeric, Int64GetDatum(PG_INT64_MAX));
	Datum		min = DirectFunctionCall1(int8_numeric, Int64GetDatum(PG_INT64_MIN));

	if (DatumGetBool(DirectFunctionCall2(numeric_gt, v, max)))
		return PG_INT64_MAX;
	if (DatumGetBool(DirectFunctionCall2(numeric_lt, v, min)))
		return PG_INT64_MIN;
	return DatumGetInt64(DirectFunctionCall1(numeric_int8, v));
}

Datum
pds_agg_sum_state(PdsAggKind kind, Datum sum, int64 n)
{
	PdsAggMemory m;
	void	   *state = NULL;
	int64		part;
	Datum		value;
	MemoryContext states;

	pds_agg_memory_init(&m, CurrentMemoryContext);
	states = m.states;
	if (kind == PDS_AGG_NUMERIC)
		accumulate(&m, numeric_avg_accum, &state, sum);
	else
		do
		{
			/* the values were bigint: there are no more parts than values */
			CHECK_FOR_INTERRUPTS();
			part = next_part(sum);
			accumulate(&m, int8_avg_accum, &state, Int64GetDatum(part));
			sum = DirectFunctionCall2(numeric_sub, sum,
									  DirectFunctionCall1(int8_numeric, Int64GetDatum(part)));
		} while (part == PG_INT64_MAX || part == PG_INT64_MIN);
	value = PointerGetDatum(serialize(&m, kind == PDS_AGG_BIGINT ? int8_avg_serialize
									  : numeric_avg_serialize, state, n));
	MemoryContextDelete(states);
	MemoryContextDelete(m.values);
	return value;
}

/* ---- the other kinds ---- */

static Datum
no_floats(void)
{
	Datum		zeros[3] = {Float8GetDatum(0), Float8GetDatum(0), Float8GetDatum(0)};

	return PointerGetDatum(construct_array(zeros, 3, FLOAT8OID, sizeof(float8),
										   FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

static void
add_float(PdsAgg *agg, PdsAggState *s, Datum value, PdsAggMemory *m)
{
	if (s->n++ == 0)
	{
		MemoryContext old = MemoryContextSwitchTo(m->states);

		s->v.floats = no_floats();
		MemoryContextSwitchTo(old);
	}
	s->v.floats = call_agg_function(m, agg->fn.fn_addr, s->v.floats, value, 2);
}

/* a copy of the value in the state's own memory */
static void
keep_value(PdsAgg *agg, PdsAggState *s, Datum value, PdsAggMemory *m)
{
	Size		n;

	if (agg->byval)
	{
		s->v.value = value;
		return;
	}
	n = datumGetSize(value, false, agg->typlen);
	if (n > s->cap)
	{
		if (s->cap > 0)
			pfree(DatumGetPointer(s->v.value));
		s->cap = (uint32) n + (uint32) n / 2;
		s->v.value = PointerGetDatum(MemoryContextAlloc(m->states, s->cap));
	}
	memcpy(DatumGetPointer(s->v.value), DatumGetPointer(value), n);
}

static void
add_strict(PdsAgg *agg, PdsAggState *s, Datum value, PdsAggMemory *m)
{
	MemoryContext old;
	Datum		result;

	if (s->n++ == 0)
	{
		keep_value(agg, s, value, m);
		return;
	}
	old = MemoryContextSwitchTo(m->values);
	result = FunctionCall2Coll(&agg->fn, agg->collation, s->v.value, value);
	MemoryContextSwitchTo(old);
	if (agg->byval || DatumGetPointer(result) != DatumGetPointer(s->v.value))
	{
		keep_value(agg, s, result, m);
		MemoryContextReset(m->values);
	}
}

void
pds_agg_advance_slow(PdsAgg *agg, PdsAggState *s, Datum value, PdsAggMemory *m)
{
	switch (agg->kind)
	{
		case PDS_AGG_BIGINT:
			add_bigint(agg, s, DatumGetInt64(value), m);
			break;
		case PDS_AGG_NUMERIC:
			add_numeric(agg, s, value, m);
			break;
		case PDS_AGG_SUM_FLOAT8:
			s->v.d = s->n++ == 0 ? DatumGetFloat8(value) : float8_pl(s->v.d, DatumGetFloat8(value));
			break;
		case PDS_AGG_FLOATS:
			add_float(agg, s, value, m);
			break;
		case PDS_AGG_STRICT:
			add_strict(agg, s, value, m);
			break;
		default:
			elog(ERROR, "an aggregate of kind %d has no values", (int) agg->kind);
	}
}

/* ---- transition values ---- */

static Datum
internal_value(PdsAgg *agg, PdsAggState *s, PdsAggMemory *m, bool *isnull)
{
	MemoryContext states = m->states;
	PdsAggState made = *s;

	*isnull = s->n == 0 && s->internal == NULL;
	if (*isnull)
		return (Datum) 0;

	/*
	 * what is made only now is gone with the row; the state stays as it is,
	 * and may be asked again
	 */
	if (s->internal == NULL)
		s = &made;
	m->fake->curaggcontext->ecxt_per_tuple_memory = m->values;
	if (s->n > 0)
		hand_over_sum(agg, s, m);
	m->fake->curaggcontext->ecxt_per_tuple_memory = states;
	return PointerGetDatum(serialize(m, agg->kind == PDS_AGG_BIGINT ? int8_avg_serialize
									 : numeric_avg_serialize, s->internal, s->n));
}

static Datum
avg_int_value(const PdsAggState *s)
{
	Datum		pair[2] = {Int64GetDatum(s->n), Int64GetDatum(s->v.i)};

	return PointerGetDatum(construct_array(pair, 2, INT8OID, sizeof(int64), FLOAT8PASSBYVAL,
										   TYPALIGN_DOUBLE));
}

Datum
pds_agg_value(PdsAgg *agg, PdsAggState *s, PdsAggMemory *m, bool *isnull)
{
	MemoryContext old = MemoryContextSwitchTo(m->values);
	Datum		value = (Datum) 0;

	*isnull = s->n == 0;
	switch (agg->kind)
	{
		case PDS_AGG_ROWS:
		case PDS_AGG_COUNT:
			*isnull = false;
			value = Int64GetDatum(s->n);
			break;
		case PDS_AGG_SUM_INT:
			value = Int64GetDatum(s->v.i);
			break;
		case PDS_AGG_AVG_INT:
			*isnull = false;
			value = avg_int_value(s);
			break;
		case PDS_AGG_BIGINT:
		case PDS_AGG_NUMERIC:
			value = internal_value(agg, s, m, isnull);
			break;
		case PDS_AGG_SUM_FLOAT8:
			value = Float8GetDatum(s->v.d);
			break;
		case PDS_AGG_FLOATS:
			value = *isnull ? no_floats() : s->v.floats;
			*isnull = false;
			break;
		case PDS_AGG_MIN_INT:
		case PDS_AGG_MAX_INT:
			value = pds_datum_of_int(agg->argtype, s->v.i);
			break;
		case PDS_AGG_STRICT:
			value = s->v.value;
			break;
	}
	MemoryContextSwitchTo(old);
	return value;
}

/* ---- the assumption ---- */

/* Is the average of one value, said to be two, half of it? */
static bool
half(const PdsAggMemory *m, PGFunction accum, PGFunction serial, PGFunction deserial,
	 PGFunction avg, Datum value, Datum expected)
{
	void	   *state = NULL;
	bytea	   *b;
	Datum		copy;

	accumulate(m, accum, &state, value);
	b = serialize(m, serial, state, 2);
	copy = call_agg_function(m, deserial, PointerGetDatum(b), (Datum) 0, 2);
	return DatumGetBool(DirectFunctionCall2(numeric_eq,
											call_agg_function(m, avg, copy, (Datum) 0, 1),
											expected));
}

/* Does PostgreSQL serialise its states as is assumed here?  Found out once a session. */
static bool
states_known(void)
{
	static int	known = -1;
	MemoryContext cxt;
	MemoryContext old;
	PdsAggMemory m;
	Datum		expected;

	if (known >= 0)
		return known;
	cxt = AllocSetContextCreate(CurrentMemoryContext, "pds_fdw aggregates",
								ALLOCSET_DEFAULT_SIZES);
	old = MemoryContextSwitchTo(cxt);
	pds_agg_memory_init(&m, cxt);
	expected = pds_agg_scaled_numeric(-35, 1);
	known = half(&m, int8_avg_accum, int8_avg_serialize, int8_avg_deserialize, numeric_poly_avg,
				 Int64GetDatum(-7), expected) &&
		half(&m, numeric_avg_accum, numeric_avg_serialize, numeric_avg_deserialize, numeric_avg,
			 pds_agg_scaled_numeric(-700, 2), expected);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(cxt);
	return known;
}
