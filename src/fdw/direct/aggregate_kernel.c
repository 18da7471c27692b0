/*
 * aggregate_kernel.c
 *	  Sums, differences and products of integers and numerics, and lengths of texts, in 64 bits.
 *
 * All these functions are strict.  Both sides are looked at even where one is NULL: the
 * other may be an error.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "access/sysattr.h"
#include "access/transam.h"
#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "nodes/nodeFuncs.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"

#include "fdw/agg/agg_states.h"
#include "fdw/base/int_datum.h"
#include "fdw/base/numeric_image.h"
#include "fdw/direct/aggregate_kernel.h"

typedef enum KernelKind
{
	KERNEL_INTEGER,				/* a column */
	KERNEL_NUMERIC,				/* a column */
	KERNEL_CONSTANT,
	KERNEL_CHARACTERS,			/* of a text column */
	KERNEL_BYTES,
	KERNEL_ADD,
	KERNEL_SUBTRACT,
	KERNEL_MULTIPLY
} KernelKind;

struct PdsKernel
{
	KernelKind	kind;
	Oid			own;			/* the type it is computed in: results have to
								 * fit into it */
	Oid			typid;			/* ... and is widened to then */
	int			attno;			/* attnum - 1, of columns */
	const Datum *value;
	const bool *isnull;
	int64		v;				/* CONSTANT: v * 10^-scale */
	int			scale;
	PdsKernel  *left;
	PdsKernel  *right;
};

/* ---- what can be computed ---- */

static bool
computes_as_int(Oid typid)
{
	return typid == INT2OID || typid == INT4OID || typid == INT8OID;
}

static PdsKernel *
make_node(KernelKind kind, Oid typid)
{
	PdsKernel  *k = palloc0(sizeof(PdsKernel));

	k->kind = kind;
	k->own = k->typid = typid;
	return k;
}

static PdsKernel *
make_column(const Var *v, KernelKind kind, const TupleTableSlot *slot)
{
	PdsKernel  *k = make_node(kind, v->vartype);

	k->attno = v->varattno - 1;
	k->value = &slot->tts_values[k->attno];
	k->isnull = &slot->tts_isnull[k->attno];
	return k;
}

static PdsKernel *
make_length(const Var *v, KernelKind kind, const TupleTableSlot *slot)
{
	PdsKernel  *k = make_column(v, kind, slot);

	k->own = k->typid = INT4OID;
	return k;
}

static PdsKernel *
make_constant(const Const *c)
{
	PdsKernel  *k;
	bool		finite;

	if (c->constisnull || !(computes_as_int(c->consttype) || c->consttype == NUMERICOID))
		return NULL;
	k = make_node(KERNEL_CONSTANT, c->consttype);
	if (c->consttype != NUMERICOID)
		k->v = pds_int_of_datum(c->consttype, c->constvalue);
	else if (!pds_numeric_scaled(PointerGetDatum(PG_DETOAST_DATUM(c->constvalue)), &k->v, &k->scale,
								 &finite))
		return NULL;
	return k;
}

/* + - * of PostgreSQL's own, within the integers or within numeric */
static PdsKernel *
make_operation(const OpExpr *op, const TupleTableSlot *slot)
{
	const char *name = op->opno < FirstNormalObjectId ? get_opname(op->opno) : NULL;
	bool		numeric = op->opresulttype == NUMERICOID;
	PdsKernel  *k;

	if (name == NULL || strlen(name) != 1 || strchr("+-*", *name) == NULL ||
		list_length(op->args) != 2 || !(numeric || computes_as_int(op->opresulttype)))
		return NULL;
	k = make_node(*name == '+' ? KERNEL_ADD : *name == '-' ? KERNEL_SUBTRACT : KERNEL_MULTIPLY,
				  op->opresulttype);
	k->left = pds_kernel_make(linitial(op->args), slot);
	k->right = pds_kernel_make(lsecond(op->args), slot);
	if (k->left == NULL || k->right == NULL || (k->left->typid == NUMERICOID) != numeric ||
		(k->right->typid == NUMERICOID) != numeric)
		return NULL;
	return k;
}

static PdsKernel *
make_function(const FuncExpr *f, const TupleTableSlot *slot)
{
	Expr	   *arg = list_length(f->args) == 1 ? linitial(f->args) : NULL;
	PdsKernel  *k;

	switch (f->funcid)
	{
		case F_INT4_INT2:
		case F_INT8_INT2:
		case F_INT8_INT4:
		case F_NUMERIC_INT2:
		case F_NUMERIC_INT4:
		case F_NUMERIC_INT8:
			/* the same number in a wider type */
			k = pds_kernel_make(arg, slot);
			if (k)
				k->typid = f->funcresulttype;
			return k;
		case F_LENGTH_TEXT:
		case F_CHAR_LENGTH_TEXT:
		case F_CHARACTER_LENGTH_TEXT:
		case F_OCTET_LENGTH_TEXT:
			while (IsA(arg, RelabelType))
				arg = ((RelabelType *) arg)->arg;
			if (!IsA(arg, Var) || (((Var *) arg)->vartype != TEXTOID &&
								   ((Var *) arg)->vartype != VARCHAROID))
				return NULL;
			if (f->funcid == F_OCTET_LENGTH_TEXT || pg_database_encoding_max_length() == 1)
				return make_length((Var *) arg, KERNEL_BYTES, slot);
			if (GetDatabaseEncoding() == PG_UTF8)
				return make_length((Var *) arg, KERNEL_CHARACTERS, slot);
			return NULL;
		default:
			return NULL;
	}
}

PdsKernel *
pds_kernel_make(const Expr *e, const TupleTableSlot *slot)
{
	const Var  *v = (const Var *) e;

	if (IsA(e, Var))
	{
		if (computes_as_int(v->vartype))
			return make_column(v, KERNEL_INTEGER, slot);
		return v->vartype == NUMERICOID ? make_column(v, KERNEL_NUMERIC, slot) : NULL;
	}
	if (IsA(e, Const))
		return make_constant((const Const *) e);
	if (IsA(e, OpExpr))
		return make_operation((const OpExpr *) e, slot);
	return IsA(e, FuncExpr) ? make_function((const FuncExpr *) e, slot) : NULL;
}

Bitmapset *
pds_kernel_numerics(const PdsKernel *k)
{
	if (k->kind == KERNEL_NUMERIC)
		return bms_make_singleton(k->attno + 1 - FirstLowInvalidHeapAttributeNumber);
	if (k->left == NULL)
		return NULL;
	return bms_join(pds_kernel_numerics(k->left), pds_kernel_numerics(k->right));
}

/* ---- values ---- */

/* characters of UTF-8 that is known to be valid: bytes that begin one */
static int64
characters_of(const char *p, Size n)
{
	int64		count = 0;
	Size		i;

	for (i = 0; i < n; i++)
		count += (signed char) p[i] >= -64;
	return count;
}

static PdsKernelResult
eval_length(const PdsKernel *k, int64 *v)
{
	const char *p = DatumGetPointer(*k->value);

	if (VARATT_IS_COMPRESSED(p) || VARATT_IS_EXTERNAL(p))
		return PDS_KERNEL_NONE;
	*v = VARSIZE_ANY_EXHDR(p);
	if (k->kind == KERNEL_CHARACTERS)
		*v = characters_of(VARDATA_ANY(p), *v);
	return PDS_KERNEL_VALUE;
}

static bool
fits(Oid typid, int64 v)
{
	if (typid == INT2OID)
		return v >= PG_INT16_MIN && v <= PG_INT16_MAX;
	if (typid == INT4OID)
		return v >= PG_INT32_MIN && v <= PG_INT32_MAX;
	return true;
}

/* False: the result does not fit. */
static bool
combine(const PdsKernel *k, int64 a, int a_scale, int64 b, int b_scale, int64 *v, int *scale)
{
	bool		overflow;

	if (k->kind == KERNEL_MULTIPLY)
	{
		*scale = a_scale + b_scale;
		overflow = __builtin_mul_overflow(a, b, v);
	}
	else
	{
		*scale = Max(a_scale, b_scale);
		if (!pds_times_ten(&a, *scale - a_scale) || !pds_times_ten(&b, *scale - b_scale))
			return false;
		overflow = k->kind == KERNEL_ADD ? __builtin_add_overflow(a, b, v)
			: __builtin_sub_overflow(a, b, v);
	}
	return !overflow && *scale < PDS_AGG_SCALE_END && fits(k->own, *v);
}

PdsKernelResult
pds_kernel_eval(const PdsKernel *k, const PdsColumnUse *uses, bool plain, int64 *v, int *scale)
{
	PdsKernelResult left,
				right;
	int64		a,
				b;
	int			a_scale,
				b_scale;
	bool		finite;

	*scale = 0;
	if (k->isnull && *k->isnull)
		return PDS_KERNEL_NULL;
	switch (k->kind)
	{
		case KERNEL_INTEGER:
			*v = pds_int_of_datum(k->own, *k->value);
			return PDS_KERNEL_VALUE;
		case KERNEL_NUMERIC:
			if (plain && uses[k->attno] == PDS_USE_SCALED)
				*v = pds_datum_scaled(*k->value, scale);
			else if (!pds_numeric_scaled(*k->value, v, scale, &finite) ||
					 *scale >= PDS_AGG_SCALE_END)
				return PDS_KERNEL_NONE;
			return PDS_KERNEL_VALUE;
		case KERNEL_CONSTANT:
			*v = k->v;
			*scale = k->scale;
			return PDS_KERNEL_VALUE;
		case KERNEL_CHARACTERS:
		case KERNEL_BYTES:
			return eval_length(k, v);
		default:
			left = pds_kernel_eval(k->left, uses, plain, &a, &a_scale);
			right = pds_kernel_eval(k->right, uses, plain, &b, &b_scale);
			if (left == PDS_KERNEL_NONE || right == PDS_KERNEL_NONE)
				return PDS_KERNEL_NONE;
			if (left == PDS_KERNEL_NULL || right == PDS_KERNEL_NULL)
				return PDS_KERNEL_NULL;
			return combine(k, a, a_scale, b, b_scale, v, scale) ? PDS_KERNEL_VALUE
				: PDS_KERNEL_NONE;
	}
}
