/*
 * raw_filter.c
 *	  Conditions on one column and constants: which they are, and their
 *	  evaluation over the records of a chunk.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/pg_locale.h"
#include "utils/timestamp.h"
#include "utils/typcache.h"

#include "core/serde/field_cut.h"
#include "fdw/base/epoch.h"
#include "fdw/base/int_datum.h"
#include "fdw/rows/convert_internal.h"
#include "fdw/rows/raw_clause.h"
#include "fdw/rows/raw_filter.h"
#include "fdw/rows/raw_pattern.h"
#include "fdw/rows/row_source.h"
#include "fdw/base/types.h"

/* constants from which on a list is searched by halves */
#define LONG_LIST 8

/* a numeric constant */
typedef struct RawDecimal
{
	int64		scaled;
	int			scale;
} RawDecimal;

typedef struct RawText
{
	const char *data;
	uint32		len;
} RawText;

struct PdsRawFilter
{
	RawClause	c;
	PdsPlainKind kind;			/* how the column's plain values are read */
	int			column;			/* of the source's */
	bool		never;			/* holds for no value and not for NULL */
	bool		null_passes;
	bool		nulls_first;	/* of a bound, as is the next */
	bool		ties;
	int			nbranches;		/* of TEST_ANY, which has nothing else */
	PdsRawFilter *branches;
	/* the constants, as plain values are compared; sorted when they are many */
	bool		plain;			/* false: they have no such form */
	int			n;
	int64	   *ints;
	RawDecimal *decimals;
	RawText    *texts;
	PdsRawPattern *pattern;
	/* ... and for the operator */
	FmgrInfo	fn;
	int			ndatums;
	Datum	   *datums;
};

/* ---- which columns? ---- */

List *
pds_raw_filter_columns(List *clauses, List *attnums)
{
	ListCell   *lc;
	RawClause	c;

	foreach(lc, clauses)
	{
		if (!pds_raw_clause(lfirst(lc), &c))
			continue;
		if (c.test == TEST_ANY)
			attnums = pds_raw_filter_columns(c.branches, attnums);
		else
			attnums = list_append_unique_int(attnums, c.attnum);
	}
	return attnums;
}

/* ---- constants ---- */

static int
compare_ints(const void *a, const void *b)
{
	int64		x = *(const int64 *) a;
	int64		y = *(const int64 *) b;

	return (x > y) - (x < y);
}

/* by length first: that is quick, and any order serves */
static int
compare_raw_texts(const void *a, const void *b)
{
	const RawText *x = a;
	const RawText *y = b;

	if (x->len != y->len)
		return x->len < y->len ? -1 : 1;
	return memcmp(x->data, y->data, x->len);
}

/* Integers in the order of doubles that PostgreSQL has: zeros are equal, NaN is the greatest. */
static inline int64
int_of_double(double d)
{
	int64		bits;

	if (isnan(d))
		return PG_INT64_MAX;
	d += 0.0;					/* -0 becomes 0 */
	memcpy(&bits, &d, sizeof(bits));
	return bits < 0 ? bits ^ PG_INT64_MAX : bits;
}

/* values of the columns are compared in units and since the epoch of plain_values.h */
static bool
int_of_datum(Oid column, Oid type, Datum value, int64 *out)
{
	switch (type)
	{
		case INT2OID:
		case INT4OID:
		case INT8OID:
			*out = pds_int_of_datum(type, value);
			return true;
		case DATEOID:
			if (DATE_NOT_FINITE(DatumGetDateADT(value)))
				*out = DATE_IS_NOBEGIN(DatumGetDateADT(value)) ? PG_INT64_MIN : PG_INT64_MAX;
			else
			{
				*out = (int64) DatumGetDateADT(value) + PDS_EPOCH_DAYS;
				if (column == TIMESTAMPOID)
					return !__builtin_mul_overflow(*out, USECS_PER_DAY, out);
			}
			return true;
		case FLOAT8OID:
			*out = int_of_double(DatumGetFloat8(value));
			return true;
		case FLOAT4OID:
			*out = int_of_double(DatumGetFloat4(value));
			return true;
		case TIMESTAMPOID:
			*out = DatumGetTimestamp(value);
			if (TIMESTAMP_NOT_FINITE(*out))
				return true;
			return !__builtin_add_overflow(*out, PDS_EPOCH_US, out);
		default:
			return false;
	}
}

/* scale: the column's, or -1 */
static bool
decimal_of_datum(Datum value, int scale, RawDecimal *out)
{
	char		buf[PDS_PLAIN_MAX + PDS_PLAIN_SLACK];
	char	   *text = DatumGetCString(DirectFunctionCall1(numeric_out, value));
	PdsPlainDecimal d;
	size_t		n = strlen(text);

	bool		plain = pds_plain_decimal(pds_plain_copy(text, n, buf), n, &d);

	pfree(text);
	if (!plain)
		return false;
	out->scaled = pds_plain_scaled(&d);
	out->scale = d.scale;
	/* in the column's own scale the usual comparison needs no multiplication */
	if (scale > d.scale && scale <= PDS_PLAIN_DIGITS &&
		!__builtin_mul_overflow(out->scaled, (int64) pds_powers_of_ten[scale - d.scale],
								&out->scaled))
		out->scale = scale;
	else
		out->scaled = pds_plain_scaled(&d);
	return true;
}

static void
plain_constants(PdsRawFilter *f, Oid type, int scale)
{
	int			i;

	f->n = f->ndatums;
	f->plain = true;
	if (f->kind == PDS_PLAIN_TEXT)
	{
		f->texts = palloc(Max(f->n, 1) * sizeof(RawText));
		for (i = 0; i < f->n; i++)
		{
			f->texts[i].data = VARDATA_ANY(DatumGetPointer(f->datums[i]));
			f->texts[i].len = VARSIZE_ANY_EXHDR(DatumGetPointer(f->datums[i]));
		}
		if (f->n >= LONG_LIST)
			qsort(f->texts, f->n, sizeof(RawText), compare_raw_texts);
	}
	else if (f->kind == PDS_PLAIN_NUMERIC)
	{
		f->decimals = palloc(Max(f->n, 1) * sizeof(RawDecimal));
		for (i = 0; i < f->n; i++)
			f->plain = f->plain && decimal_of_datum(f->datums[i], scale, &f->decimals[i]);
	}
	else
	{
		f->ints = palloc(Max(f->n, 1) * sizeof(int64));
		for (i = 0; i < f->n; i++)
			f->plain = f->plain && int_of_datum(f->c.type, type, f->datums[i], &f->ints[i]);
		if (f->plain && f->n >= LONG_LIST)
			qsort(f->ints, f->n, sizeof(int64), compare_ints);
	}
}

static void
pattern_constant(PdsRawFilter *f)
{
	f->pattern = pds_raw_pattern_make(VARDATA_ANY(DatumGetPointer(f->datums[0])),
									  VARSIZE_ANY_EXHDR(DatumGetPointer(f->datums[0])),
									  f->c.any_case, f->c.collation);
	f->plain = true;
}

/*
 * TEST_CUT: a stretch of timestamps, as its first and last one, or all but it (c.negated).  Near
 * the ends of the calendar the operator decides.
 */
static void
stretch_of_constant(PdsRawFilter *f)
{
	Timestamp	c = DatumGetTimestamp(f->datums[0]);
	const Timestamp margin = 2 * 366 * USECS_PER_DAY;
	Datum		unit = f->c.unit->constvalue;
	const char *name = TextDatumGetCString(unit);
	char	   *length = strcmp(name, "quarter") == 0 ? "3 months" : psprintf("1 %s", name);
	Datum		step = DirectFunctionCall3(interval_in, CStringGetDatum(length),
										   ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
	Timestamp	begin;
	Timestamp	next;
	Timestamp	ceiling;
	int64		ends[2] = {PG_INT64_MIN, PG_INT64_MAX};
	int			i;

	if (c < MIN_TIMESTAMP + margin || c > END_TIMESTAMP - PDS_EPOCH_US - margin)
		return;
	begin = DatumGetTimestamp(DirectFunctionCall2(timestamp_trunc, unit, TimestampGetDatum(c)));
	next = DatumGetTimestamp(DirectFunctionCall2(timestamp_pl_interval, TimestampGetDatum(begin),
												 step));
	ceiling = begin == c ? begin : next;
	f->c.negated = f->c.keep == (LESS | GREATER);
	if (f->c.keep == LESS)
		ends[1] = ceiling - 1;
	else if (f->c.keep == (LESS | EQUAL))
		ends[1] = next - 1;
	else if (f->c.keep == GREATER)
		ends[0] = next;
	else if (f->c.keep == (GREATER | EQUAL))
		ends[0] = ceiling;
	else
	{
		/* none, where the constant is no begin */
		ends[0] = ceiling;
		ends[1] = next - 1;
	}
	f->ints = palloc(sizeof(ends));
	for (i = 0; i < 2; i++)
		f->ints[i] = TIMESTAMP_NOT_FINITE(ends[i]) ? ends[i] : ends[i] + PDS_EPOCH_US;
	f->plain = true;
}

/* the elements that are not NULL */
static void
elements(PdsRawFilter *f, Datum array)
{
	bool	   *nulls;
	Oid			type;
	int			n = pds_array_elements(PointerGetDatum(DatumGetArrayTypePCopy(array)), &type,
									   &f->datums, &nulls);
	int			i;

	for (i = 0; i < n; i++)
		if (!nulls[i])
			f->datums[f->ndatums++] = f->datums[i];
	/* x <> NULL is never true, x = NULL is never either */
	f->never = f->c.negated ? f->ndatums < n : f->ndatums == 0;
	f->null_passes = f->c.negated && n == 0;
}

/* the constants' values now */
static void
get_constants(PdsRawFilter *f, PlanState *ps, int scale)
{
	Oid			type = exprType((Node *) f->c.value);
	ExprState  *state = ExecInitExpr(f->c.value, ps);
	bool		isnull;
	Datum		value = ExecEvalExprSwitchContext(state, ps->ps_ExprContext, &isnull);
	int16		len;
	bool		byval;

	Assert(OidIsValid(f->c.opno) && f->c.test != TEST_TRUE && f->c.test != TEST_NULL);
	fmgr_info(get_opcode(f->c.opno), &f->fn);
	if (isnull)
	{
		f->never = true;
		return;
	}
	if (f->c.test == TEST_IN)
	{
		elements(f, value);
		type = get_element_type(type);
	}
	else
	{
		get_typlenbyval(type, &len, &byval);
		f->datums = palloc(sizeof(Datum));
		f->datums[0] = len == -1 ? PointerGetDatum(PG_DETOAST_DATUM_COPY(value))
			: datumCopy(value, byval, len);
		f->ndatums = 1;
	}
	if (f->c.test == TEST_LIKE)
		pattern_constant(f);
	else if (f->c.test == TEST_CUT)
		stretch_of_constant(f);
	else
		plain_constants(f, type, scale);
}

static PdsRawFilter *make_filters(PdsRowSource *src, List *clauses, PlanState *ps);

static void
make_filter(PdsRowSource *src, PdsRawFilter *f, Node *clause, PlanState *ps)
{
	if (!pds_raw_clause(clause, &f->c))
		elog(ERROR, "not a condition that the scan evaluates");
	if (f->c.test == TEST_ANY)
	{
		f->column = -1;
		f->nbranches = list_length(f->c.branches);
		f->branches = make_filters(src, f->c.branches, ps);
		return;
	}
	f->kind = pds_raw_kind(f->c.type);
	while (f->column < src->ncolumns && src->columns[f->column].attno != f->c.attnum - 1)
		f->column++;
	if (f->column == src->ncolumns)
		elog(ERROR, "column %d of a condition is not read", f->c.attnum);
	f->plain = f->c.value == NULL;
	if (f->c.test == TEST_NULL)
		f->null_passes = !f->c.negated;
	if (f->c.value)
		get_constants(f, ps, src->columns[f->column].conv.plain_scale);
}

static PdsRawFilter *
make_filters(PdsRowSource *src, List *clauses, PlanState *ps)
{
	PdsRawFilter *filters = palloc0(Max(list_length(clauses), 1) * sizeof(PdsRawFilter));
	PdsRawFilter *f = filters;
	ListCell   *lc;

	foreach(lc, clauses)
		make_filter(src, f++, lfirst(lc), ps);
	return filters;
}

void
pds_raw_filters_set(PdsRowSource *src, List *clauses, PlanState *ps)
{
	MemoryContext old = MemoryContextSwitchTo(src->cxt);

	src->filters = make_filters(src, clauses, ps);
	src->nfilters = list_length(clauses);
	MemoryContextSwitchTo(old);
}

/* ---- bounds ---- */

PdsRawFilter *
pds_raw_bound_make(PdsRowSource *src, int column, Oid opno, Oid collation, bool nulls_first,
				   bool ties)
{
	const PdsConverter *c = &src->columns[column].conv;
	PdsPlainKind kind = pds_raw_kind(c->typid);
	int			keep = kind == PDS_PLAIN_NONE || kind == PDS_PLAIN_BOOL ? 0
		: pds_raw_outcomes(c->typid, opno);
	PdsRawFilter *f;

	if ((keep != LESS && keep != GREATER) ||
		(kind == PDS_PLAIN_TEXT && !(OidIsValid(collation) && pds_collation_is_c(collation))))
		return NULL;
	f = MemoryContextAllocZero(src->cxt, sizeof(PdsRawFilter));
	f->c.attnum = src->columns[column].attno + 1;
	f->c.type = c->typid;
	f->c.keep = ties ? keep | EQUAL : keep;
	f->c.opno = opno;
	f->c.collation = collation;
	f->kind = kind;
	f->column = column;
	f->nulls_first = nulls_first;
	f->ties = ties;
	f->datums = MemoryContextAlloc(src->cxt, sizeof(Datum));
	f->ndatums = 1;
	return f;
}

bool
pds_raw_bound_set(PdsRawFilter *f, const PdsRowSource *src, Datum value, bool isnull)
{
	f->datums[0] = value;
	if (isnull)
	{
		/* other values come before it, or after */
		f->c.test = TEST_NULL;
		f->c.negated = !f->nulls_first;
		f->null_passes = f->ties;
		f->plain = true;
		return true;
	}
	f->c.test = TEST_COMPARE;
	f->null_passes = f->nulls_first;
	plain_constants(f, f->c.type, src->columns[f->column].conv.plain_scale);
	return f->plain;
}

/* ---- one value ---- */

const PdsRawFilter *
pds_raw_filter(const PdsRowSource *src, int i)
{
	return &src->filters[i];
}

int
pds_raw_filter_nbranches(const PdsRawFilter *f)
{
	return f->c.test == TEST_ANY ? f->nbranches : 1;
}

const PdsRawFilter *
pds_raw_filter_branch(const PdsRawFilter *f, int i)
{
	return f->c.test == TEST_ANY ? &f->branches[i] : f;
}

int
pds_raw_filter_column(const PdsRawFilter *f)
{
	return f->never ? -1 : f->column;
}

bool
pds_raw_filter_holds(const PdsRawFilter *filter, Datum value, bool isnull)
{
	PdsRawFilter *f = unconstify(PdsRawFilter *, filter);
	int			i;

	Assert(!f->never && f->c.test != TEST_ANY);
	if (isnull)
		return f->null_passes;
	if (f->c.test == TEST_NULL)
		return f->c.negated;
	if (f->c.test == TEST_TRUE)
		return DatumGetBool(value) != f->c.negated;
	if (f->c.test == TEST_CUT)
		value = DirectFunctionCall2(timestamp_trunc, f->c.unit->constvalue, value);
	for (i = 0; i < f->ndatums; i++)
	{
		bool		holds = DatumGetBool(FunctionCall2Coll(&f->fn, f->c.collation, value,
														   f->datums[i]));

		if (f->c.test != TEST_IN || holds != f->c.negated)
			return holds;
	}
	return f->c.negated;
}

/* ---- a chunk ---- */

static inline int
outcome(int64 a, int64 b)
{
	return a < b ? LESS : a == b ? EQUAL : GREATER;
}

static inline int
decimal_outcome(const RawDecimal *a, const RawDecimal *b)
{
	__int128	x = a->scaled;
	__int128	y = b->scaled;

	if (a->scale == b->scale)
		return outcome(a->scaled, b->scaled);
	if (a->scale < b->scale)
		x *= pds_powers_of_ten[b->scale - a->scale];
	else
		y *= pds_powers_of_ten[a->scale - b->scale];
	return x < y ? LESS : x == y ? EQUAL : GREATER;
}

/* as the C collation has it */
static inline int
text_outcome(const char *p, uint32 n, const RawText *b)
{
	int			order = memcmp(p, b->data, Min(n, b->len));

	if (order != 0)
		return order < 0 ? LESS : GREATER;
	return outcome(n, b->len);
}

static bool
text_test(const PdsRawFilter *f, const char *p, uint32 n)
{
	RawText		t = {p, n};
	bool		found = false;
	int			i;

	Assert(f->kind == PDS_PLAIN_TEXT && f->texts != NULL);
	if (f->c.test == TEST_COMPARE && (f->c.keep == EQUAL || f->c.keep == (LESS | GREATER)))
		return (n == f->texts->len && memcmp(p, f->texts->data, n) == 0) == (f->c.keep == EQUAL);
	if (f->c.test == TEST_COMPARE)
		return (text_outcome(p, n, f->texts) & f->c.keep) != 0;
	if (f->n >= LONG_LIST)
		found = bsearch(&t, f->texts, f->n, sizeof(RawText), compare_raw_texts) != NULL;
	else
		for (i = 0; i < f->n && !found; i++)
			found = n == f->texts[i].len && memcmp(p, f->texts[i].data, n) == 0;
	return found != f->c.negated;
}

static inline bool
decimal_test(const PdsRawFilter *f, const PdsPlainDecimal *d)
{
	RawDecimal	v = {pds_plain_scaled(d), d->scale};
	bool		found = false;
	int			i;

	Assert(f->kind == PDS_PLAIN_NUMERIC && f->decimals != NULL);
	if (f->c.test == TEST_COMPARE)
		return (decimal_outcome(&v, f->decimals) & f->c.keep) != 0;
	for (i = 0; i < f->n && !found; i++)
		found = decimal_outcome(&v, &f->decimals[i]) == EQUAL;
	return found != f->c.negated;
}

static inline bool
int_test(const PdsRawFilter *f, int64 v)
{
	bool		found = false;
	int			i;

	Assert(f->kind != PDS_PLAIN_TEXT && f->kind != PDS_PLAIN_NUMERIC && f->ints != NULL);
	if (f->c.test == TEST_COMPARE)
		return (outcome(v, f->ints[0]) & f->c.keep) != 0;
	if (f->c.test == TEST_CUT)
		return (v >= f->ints[0] && v <= f->ints[1]) != f->c.negated;
	if (f->n >= LONG_LIST)
		found = bsearch(&v, f->ints, f->n, sizeof(int64), compare_ints) != NULL;
	else
		for (i = 0; i < f->n && !found; i++)
			found = v == f->ints[i];
	return found != f->c.negated;
}

/* Is the value plain?  Then *keep: does it meet the condition? */
static inline __attribute__((always_inline))
bool
test_bytes(const PdsRawFilter *f, const PdsConverter *c, const PdsPlainKind kind, const char *p,
		   uint32 n, bool *keep)
{
	bool		null_test = f->c.test == TEST_NULL;
	PdsPlainDecimal d;
	double		f8;
	float		f4;
	int64		v;

	switch (kind)
	{
		case PDS_PLAIN_FLOAT8:
			if (!pds_plain_double(p, n, &f8))
				return false;
			v = int_of_double(f8);
			break;
		case PDS_PLAIN_FLOAT4:
			if (!pds_plain_float(p, n, &f4))
				return false;
			v = int_of_double(f4);
			break;
		case PDS_PLAIN_NUMERIC:
			if (!pds_plain_decimal(p, n, &d) || !pds_plain_fits(c, &d))
				return false;
			/* the value may have too many digits in the column's scale */
			if (d.scale > 0 && d.whole >= pds_powers_of_ten[PDS_PLAIN_DIGITS - d.scale])
				return false;
			*keep = null_test ? f->c.negated : decimal_test(f, &d);
			return true;
		case PDS_PLAIN_BOOL:
			if (!pds_plain_units(c, kind, p, n, &v))
				return false;
			*keep = null_test ? f->c.negated : (v != 0) != f->c.negated;
			return true;
		default:
			if (!pds_plain_units(c, kind, p, n, &v))
				return false;
			break;
	}
	*keep = null_test ? f->c.negated : int_test(f, v);
	return true;
}

/* the same for text, quotes removed where there are any within */
static bool
test_text(const PdsRawFilter *f, PdsConverter *c, const PdsDialect *d, PdsCut cut, const char *p,
		  uint32 n, bool escapes, bool *keep)
{
	PdsField	unquoted;

	if (n > c->text_limit)
		return false;
	if (f->c.test == TEST_NULL)
	{
		*keep = f->c.negated;
		return true;
	}
	if (cut == PDS_CUT_PLAIN)
	{
		/* lazysimple: the escapes are still there */
		if (escapes && memchr(p, d->escape, n) != NULL)
			return false;
	}
	else if (cut == PDS_CUT_MESSY || pds_has_byte(p, n, d->quote) ||
			 (escapes && pds_has_byte(p, n, d->escape)))
	{
		if (!pds_csv_unquote(d, cut == PDS_CUT_MESSY ? p : p - 1,
							 cut == PDS_CUT_MESSY ? n : n + 2, &unquoted, c->arena))
			pds_convert_no_memory();
		p = unquoted.data;
		n = unquoted.len;
	}
	if (f->c.test == TEST_LIKE)
	{
		if (!pds_raw_pattern_test(f->pattern, p, n, keep))
			return false;
		*keep = *keep != f->c.negated;
		return true;
	}
	*keep = text_test(f, p, n);
	return true;
}

static inline __attribute__((always_inline))
void
pass(PdsRowSource *src, const PdsRawFilter *f, const PdsPlainKind kind, const bool quotes)
{
	PdsRowChunk *chunk = &src->chunk;
	PdsConverter *c = &src->columns[f->column].conv;
	const PdsDialect *d = src->batch.unit->dialect;
	const PdsIndex *ix = src->batch.ix;
	char	   *buf = src->batch.buf;
	uint32		field = (uint32) src->wanted[f->column];
	bool		escapes = d->escape != 0 && (quotes ? d->escape != d->quote : ix->any_escape);
	int			n = 0;
	int			k;

	for (k = 0; k < chunk->nselected; k++)
	{
		int			r = chunk->selected[k];
		bool		keep = true;
		char	   *p;
		uint32_t	len;
		PdsCut		cut;

		if (!chunk->slow[r])
		{
			cut = pds_cut(d, ix, buf, chunk->first + r, field, quotes, &p, &len);
			if (cut == PDS_CUT_NULL)
				keep = f->null_passes;
			else if (kind != PDS_PLAIN_TEXT && cut == PDS_CUT_MESSY)
				chunk->slow[r] = true;
			else if (!(kind == PDS_PLAIN_TEXT
					   ? test_text(f, c, d, cut, p, len,
								   escapes && (!quotes || cut != PDS_CUT_PLAIN), &keep)
					   : test_bytes(f, c, kind, p, len, &keep)))
				chunk->slow[r] = true;
		}
		chunk->selected[n] = (uint8) r;
		n += keep;
	}
	src->filtered += chunk->nselected - n;
	chunk->nselected = n;
}

/* all records that are not NULL in the column are slow */
static void
slow_pass(PdsRowSource *src, const PdsRawFilter *f)
{
	int			k;

	for (k = 0; k < src->chunk.nselected; k++)
		src->chunk.slow[src->chunk.selected[k]] = true;
}

/*
 * Those of the selected records pass that a branch lets pass; slow ones do.  All branches look at
 * all of them: what passes is in the answer, so a bad value in any of the columns counts.
 */
static void
pass_any(PdsRowSource *src, const PdsRawFilter *f)
{
	PdsRowChunk *chunk = &src->chunk;
	uint8		all[PDS_CHUNK_RECORDS];
	bool		kept[PDS_CHUNK_RECORDS] = {false};
	int64		filtered = src->filtered;
	int			n = chunk->nselected;
	int			i;
	int			k;

	memcpy(all, chunk->selected, n);
	for (i = 0; i < f->nbranches; i++)
	{
		memcpy(chunk->selected, all, n);
		chunk->nselected = n;
		pds_raw_filter_pass(src, &f->branches[i]);
		for (k = 0; k < chunk->nselected; k++)
			kept[chunk->selected[k]] = true;
	}
	chunk->nselected = 0;
	for (k = 0; k < n; k++)
		if (kept[all[k]])
			chunk->selected[chunk->nselected++] = all[k];
	src->filtered = filtered + n - chunk->nselected;
}

void
pds_raw_filter_pass(PdsRowSource *src, const PdsRawFilter *f)
{
	bool		quotes = src->batch.unit->dialect->format != PDS_FORMAT_LAZYSIMPLE;
	PdsPlainKind kind;

	/* constants make the compiler write a loop for each case */
#define CASE(k) \
	case k: \
		if (quotes) \
			pass(src, f, k, true); \
		else \
			pass(src, f, k, false); \
		break

	if (f->c.test == TEST_ANY)
	{
		pass_any(src, f);
		return;
	}
	if (f->never)
	{
		int			n = 0;
		int			k;

		/* what an earlier condition looks at comes first */
		for (k = 0; k < src->chunk.nselected; k++)
		{
			src->chunk.selected[n] = src->chunk.selected[k];
			n += src->chunk.slow[src->chunk.selected[k]];
		}
		src->filtered += src->chunk.nselected - n;
		src->chunk.nselected = n;
		return;
	}
	kind = pds_converter_plain(&src->columns[f->column].conv);
	if (kind != PDS_PLAIN_TEXT && pds_quotes_in_values(src->batch.unit->dialect))
		kind = PDS_PLAIN_NONE;
	switch (f->plain && kind == f->kind ? kind : PDS_PLAIN_NONE)
	{
			CASE(PDS_PLAIN_INT);
			CASE(PDS_PLAIN_NUMERIC);
			CASE(PDS_PLAIN_FLOAT8);
			CASE(PDS_PLAIN_FLOAT4);
			CASE(PDS_PLAIN_BOOL);
			CASE(PDS_PLAIN_DATE);
			CASE(PDS_PLAIN_TIMESTAMP);
			CASE(PDS_PLAIN_TEXT);
		default:
			slow_pass(src, f);
	}
#undef CASE
}
