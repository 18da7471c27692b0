/*
 * aggregate_inputs.c
 *	  Columns and expressions that aggregates and groups in a direct scan take of its rows.
 *
 * An expression is PostgreSQL's own, evaluated over the scan's slot: errors are its own.  Two
 * shorter ways give the same value: a kernel (aggregate_kernel.h), and a memo of what was found for
 * the same day, or the same date, before.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "access/sysattr.h"
#include "access/transam.h"
#include "catalog/pg_type.h"
#include "datatype/timestamp.h"
#include "executor/executor.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"

#include "core/base/strbuf.h"
#include "fdw/agg/agg_states.h"
#include "fdw/base/int_datum.h"
#include "fdw/direct/aggregate_inputs.h"

/* ---- what can be evaluated ---- */

static bool
has_impossible(Node *node, void *context)
{
	if (node == NULL)
		return false;
	switch (nodeTag(node))
	{
		case T_Var:
			return ((Var *) node)->varattno <= 0 || ((Var *) node)->varlevelsup != 0;
		case T_Param:
			/* values of other nodes change between rescans */
			return ((Param *) node)->paramkind != PARAM_EXTERN;
		case T_Aggref:
		case T_GroupingFunc:
		case T_WindowFunc:
		case T_SubLink:
		case T_SubPlan:
		case T_AlternativeSubPlan:
		case T_PlaceHolderVar:
		case T_CurrentOfExpr:
			return true;
		default:
			return expression_tree_walker(node, has_impossible, context);
	}
}

bool
pds_input_possible(const Expr *e)
{
	return get_typlen(exprType((const Node *) e)) != -2 && !has_impossible((Node *) e, NULL) &&
		!expression_returns_set((Node *) e) && !contain_volatile_functions((Node *) e);
}

/* ---- memo ---- */

#define MEMO_SLOTS	512

/* An expression of one column whose value is the same in all of a stretch of its values. */
typedef struct PdsInputMemo
{
	int			attno;
	Oid			column_type;
	int64		step;			/* from one stretch to the next */
	bool		byval;			/* of the result */
	int16		typlen;
	MemoryContext cxt;
	int64		keys[MEMO_SLOTS];
	bool		used[MEMO_SLOTS];
	bool		nulls[MEMO_SLOTS];
	Datum		values[MEMO_SLOTS];
} PdsInputMemo;

/* The stretch of a timestamp in which function of (unit, timestamp) is the same; 0: not known. */
static int64
stretch_of_unit(Oid funcid, const Expr *unit)
{
	static const char *const cut_to_days[] = {"day", "week", "month", "quarter", "year", "decade",
	"century", "millennium", NULL};
	static const char *const fields_of_days[] = {"day", "dow", "doy", "isodow", "week", "isoyear",
	"month", "quarter", "year", "decade", "century", "millennium", NULL};
	const Const *c = (const Const *) unit;
	char	   *name;

	if (!IsA(unit, Const) || c->constisnull || c->consttype != TEXTOID)
		return 0;
	name = TextDatumGetCString(c->constvalue);
	if (pds_str_is_one_of(name,
						  funcid == F_DATE_TRUNC_TEXT_TIMESTAMP ? cut_to_days : fields_of_days))
		return USECS_PER_DAY;
	if (strcmp(name, "hour") == 0)
		return USECS_PER_HOUR;
	return strcmp(name, "minute") == 0 ? USECS_PER_MINUTE : 0;
}

typedef struct StretchContext
{
	const Var  *column;			/* the only one; NULL: none yet */
	int64		step;			/* the least */
} StretchContext;

static bool
add_stretch(StretchContext *cxt, const Var *v, int64 step)
{
	if (step == 0 || (cxt->column && cxt->column->varattno != v->varattno))
		return true;
	cxt->column = v;
	cxt->step = cxt->step == 0 ? step : Min(cxt->step, step);
	return false;
}

/* True: its value is not known to be the same in stretches of one column. */
static bool
find_stretch(Node *node, void *context)
{
	StretchContext *cxt = context;
	FuncExpr   *f = (FuncExpr *) node;

	if (node == NULL)
		return false;
	if (IsA(node, Var))
		return add_stretch(cxt, (Var *) node, ((Var *) node)->vartype == DATEOID ? 1 : 0);
	if (!IsA(node, FuncExpr) || f->args == NIL || !IsA(llast(f->args), Var) ||
		((Var *) llast(f->args))->vartype != TIMESTAMPOID)
		return expression_tree_walker(node, find_stretch, context);
	switch (f->funcid)
	{
		case F_DATE_TIMESTAMP:
			return add_stretch(cxt, llast(f->args), USECS_PER_DAY);
		case F_DATE_TRUNC_TEXT_TIMESTAMP:
		case F_EXTRACT_TEXT_TIMESTAMP:
		case F_DATE_PART_TEXT_TIMESTAMP:
			return add_stretch(cxt, llast(f->args), stretch_of_unit(f->funcid, linitial(f->args)));
		default:
			return true;
	}
}

static PdsInputMemo *
make_memo(const Expr *e, MemoryContext cxt)
{
	StretchContext found = {NULL, 0};
	PdsInputMemo *memo;

	if (find_stretch((Node *) e, &found) || found.column == NULL)
		return NULL;
	memo = MemoryContextAllocZero(cxt, sizeof(PdsInputMemo));
	memo->attno = found.column->varattno - 1;
	memo->column_type = found.column->vartype;
	memo->step = found.step;
	memo->cxt = cxt;
	get_typlenbyval(exprType((const Node *) e), &memo->typlen, &memo->byval);
	return memo;
}

/* the number of the stretch that the column's value lies in; not NULL */
static inline int64
memo_key(const PdsInputMemo *memo, Datum value)
{
	int64		v = pds_int_of_datum(memo->column_type, value);
	int64		key = v / memo->step;

	return v % memo->step < 0 ? key - 1 : key;
}

static inline int
memo_slot(int64 key)
{
	return (int) ((uint64) key % MEMO_SLOTS);
}

static void
memo_keep(PdsInputMemo *memo, int64 key, Datum value, bool isnull)
{
	int			i = memo_slot(key);

	if (memo->used[i] && !memo->nulls[i] && !memo->byval)
		pfree(DatumGetPointer(memo->values[i]));
	memo->used[i] = false;
	memo->keys[i] = key;
	memo->nulls[i] = isnull;
	if (isnull || memo->byval)
		memo->values[i] = value;
	else
	{
		MemoryContext old = MemoryContextSwitchTo(memo->cxt);

		memo->values[i] = datumCopy(value, false, memo->typlen);
		MemoryContextSwitchTo(old);
	}
	memo->used[i] = true;
}

/* ---- inputs ---- */

void
pds_inputs_init(PdsInputs *set, TupleTableSlot *slot, EState *estate, int most)
{
	set->slot = slot;
	set->estate = estate;
	set->inputs = palloc0(Max(most, 1) * sizeof(PdsInput));
}

static void
prepare_expression(PdsInputs *set, PdsInput *in)
{
	if (set->econtext == NULL)
		set->econtext = CreateExprContext(set->estate);
	in->attno = -1;
	in->value = &in->made;
	in->isnull = &in->made_null;
	in->varlena = get_typlen(in->typid) == -1;
	in->state = ExecInitExprWithParams((Expr *) in->expr, set->estate->es_param_list_info);
	in->kernel = pds_kernel_make(in->expr, set->slot);
	/* a numeric that must be one is made by PostgreSQL */
	if (in->kernel && in->typid == NUMERICOID && in->need == PDS_INPUT_VALUE)
		in->kernel = NULL;
	if (in->kernel == NULL)
		in->memo = make_memo(in->expr, set->estate->es_query_cxt);
}

PdsInput *
pds_inputs_add(PdsInputs *set, const Expr *e, PdsInputNeed need)
{
	PdsInput   *in;
	int			i;

	/* a node that does nothing (direct_mixed_paths.c) */
	while (IsA(e, RelabelType) &&
		   ((const RelabelType *) e)->resulttype == exprType((Node *) ((const RelabelType *) e)->arg))
		e = ((const RelabelType *) e)->arg;
	for (i = 0; i < set->n; i++)
		if (set->inputs[i].need == need && equal(set->inputs[i].expr, e))
			return &set->inputs[i];
	in = &set->inputs[set->n++];
	in->expr = e;
	in->need = need;
	in->typid = getBaseType(exprType((const Node *) e));
	if (!IsA(e, Var))
	{
		prepare_expression(set, in);
		return in;
	}
	in->attno = ((const Var *) e)->varattno - 1;
	in->value = &set->slot->tts_values[in->attno];
	in->isnull = &set->slot->tts_isnull[in->attno];
	return in;
}

/* what an input needs whole, and what it takes scaled */
static void
add_needed(const PdsInput *in, Index relid, Bitmapset **whole, Bitmapset **scaled)
{
	Bitmapset  *all = NULL;
	Bitmapset  *numerics;

	pull_varattnos((Node *) in->expr, relid, &all);
	if (in->kernel == NULL)
	{
		*whole = bms_join(*whole, all);
		return;
	}
	numerics = pds_kernel_numerics(in->kernel);
	*whole = bms_join(*whole, bms_difference(all, numerics));
	*scaled = bms_join(*scaled, numerics);
}

const PdsColumnUse *
pds_inputs_uses(PdsInputs *set, Index relid, const Bitmapset *other)
{
	TupleDesc	desc = set->slot->tts_tupleDescriptor;
	PdsColumnUse *uses = palloc0(Max(desc->natts, 1) * sizeof(PdsColumnUse));
	Bitmapset  *whole = bms_copy(other);
	Bitmapset  *scaled = NULL;
	Bitmapset  *present = NULL;
	int			i;

	set->uses = uses;
	/* the whole row */
	if (bms_is_member(0 - FirstLowInvalidHeapAttributeNumber, whole))
		return uses;
	for (i = 0; i < set->n; i++)
	{
		const PdsInput *in = &set->inputs[i];
		int			number = in->attno + 1 - FirstLowInvalidHeapAttributeNumber;

		if (in->attno < 0)
			add_needed(in, relid, &whole, &scaled);
		else if (in->need == PDS_INPUT_VALUE)
			whole = bms_add_member(whole, number);
		else if (in->need == PDS_INPUT_SCALED)
			scaled = bms_add_member(scaled, number);
		else
			present = bms_add_member(present, number);
	}
	for (i = 0; i < desc->natts; i++)
	{
		int			number = i + 1 - FirstLowInvalidHeapAttributeNumber;

		if (bms_is_member(number, whole))
			continue;
		if (SIZEOF_DATUM >= 8 && bms_is_member(number, scaled))
		{
			uses[i] = PDS_USE_SCALED;
			set->any_scaled = true;
		}
		else if (bms_is_member(number, present))
			uses[i] = PDS_USE_PRESENCE;
	}
	for (i = 0; i < set->n; i++)
		if (set->inputs[i].attno >= 0 && set->inputs[i].need == PDS_INPUT_SCALED)
			set->inputs[i].scaled = uses[set->inputs[i].attno] == PDS_USE_SCALED;
	if (set->any_scaled && set->econtext)
		set->whole = ExecInitExtraTupleSlot(set->estate, desc, &TTSOpsVirtual);
	return uses;
}

/* ---- values ---- */

/* The row as PostgreSQL's expressions take it. */
static TupleTableSlot *
whole_row(PdsInputs *set)
{
	TupleTableSlot *from = set->slot;
	TupleTableSlot *to = set->whole;
	int			natts = from->tts_tupleDescriptor->natts;
	MemoryContext old;
	int			i;

	if (!set->any_scaled || !set->plain)
		return from;
	if (set->whole_row == set->row)
		return to;
	ExecClearTuple(to);
	memcpy(to->tts_values, from->tts_values, natts * sizeof(Datum));
	memcpy(to->tts_isnull, from->tts_isnull, natts * sizeof(bool));
	old = MemoryContextSwitchTo(set->econtext->ecxt_per_tuple_memory);
	for (i = 0; i < natts; i++)
		if (set->uses[i] == PDS_USE_SCALED && !from->tts_isnull[i])
		{
			int			scale;
			int64		v = pds_datum_scaled(from->tts_values[i], &scale);

			to->tts_values[i] = pds_agg_scaled_numeric(v, scale);
		}
	MemoryContextSwitchTo(old);
	ExecStoreVirtualTuple(to);
	set->whole_row = set->row;
	return to;
}

static void
evaluate_whole(PdsInputs *set, PdsInput *in)
{
	set->econtext->ecxt_scantuple = whole_row(set);
	in->made = ExecEvalExprSwitchContext(in->state, set->econtext, &in->made_null);
	if (in->varlena && !in->made_null && VARATT_IS_EXTENDED(DatumGetPointer(in->made)))
	{
		MemoryContext old = MemoryContextSwitchTo(set->econtext->ecxt_per_tuple_memory);

		in->made = PointerGetDatum(PG_DETOAST_DATUM_PACKED(in->made));
		MemoryContextSwitchTo(old);
	}
}

/* True: the kernel has it. */
static bool
try_kernel(PdsInputs *set, PdsInput *in)
{
	PdsKernelResult r = pds_kernel_eval(in->kernel, set->uses, set->plain, &in->v, &in->scale);

	if (r == PDS_KERNEL_NONE)
		return false;
	in->made_null = r == PDS_KERNEL_NULL;
	in->scaled = in->typid == NUMERICOID;
	if (!in->scaled && !in->made_null)
		in->made = pds_datum_of_int(in->typid, in->v);
	return true;
}

void
pds_input_evaluate(PdsInputs *set, PdsInput *in)
{
	PdsInputMemo *memo = in->memo;
	int64		key = 0;
	int			i;

	in->row = set->row;
	in->scaled = false;
	if (in->kernel && try_kernel(set, in))
		return;
	if (memo && !set->slot->tts_isnull[memo->attno])
	{
		key = memo_key(memo, set->slot->tts_values[memo->attno]);
		i = memo_slot(key);
		if (memo->used[i] && memo->keys[i] == key)
		{
			in->made = memo->values[i];
			in->made_null = memo->nulls[i];
			return;
		}
	}
	evaluate_whole(set, in);
	if (memo && !set->slot->tts_isnull[memo->attno])
		memo_keep(memo, key, in->made, in->made_null);
}
