/*
 * projected.c
 *	  Which partitions of a projected table a query wants.
 *
 * The conditions on a key become a set of numbers of its values: comparisons by
 * binary search with the comparison function of the operator's own family, so
 * that a range of seconds or of a thousand million numbers is never walked
 * through.  What a condition of another kind leaves is then evaluated value by
 * value, and at last partition by partition: the sets only spare work.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "access/nbtree.h"
#include "access/stratnum.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

#include "core/glue/projection.h"
#include "fdw/base/no_memory.h"
#include "fdw/rows/convert.h"
#include "fdw/catalog/projected.h"
#include "fdw/base/types.h"

/* numbers first .. end - 1 */
typedef struct KeyRange
{
	int64		first;
	int64		end;
} KeyRange;

/* a set of values of one key: spans in order, or texts of an injected key */
typedef struct KeySet
{
	bool		all;
	int			n;
	KeyRange   *spans;
	List	   *texts;			/* char pointers */
} KeySet;

typedef struct KeyWork
{
	const PdsTable *table;
	const PdsColumn *column;
	PdsPruner  *pruner;
	int			key;
	bool		injected;
	int64		count;
	PdsStr		value;
	PdsStr		folder;
	MemoryContext scratch;		/* of one comparison */
	bool		disordered;		/* a search met a value without order */
} KeyWork;

/* ---- sets ---- */

static KeySet
empty_set(void)
{
	KeySet		s = {false, 0, NULL, NIL};

	return s;
}

static KeySet
full_set(void)
{
	KeySet		s = {true, 0, NULL, NIL};

	return s;
}

static KeySet
span_set(int64 first, int64 end)
{
	KeySet		s = empty_set();

	if (first < end)
	{
		s.spans = palloc(sizeof(KeyRange));
		s.spans[0].first = first;
		s.spans[0].end = end;
		s.n = 1;
	}
	return s;
}

static bool
has_text(const List *texts, const char *text)
{
	ListCell   *lc;

	foreach(lc, texts)
	{
		if (strcmp(lfirst(lc), text) == 0)
			return true;
	}
	return false;
}

static KeySet
intersect(KeySet a, KeySet b)
{
	KeySet		s = empty_set();
	ListCell   *lc;
	int			i = 0;
	int			k = 0;

	if (a.all)
		return b;
	if (b.all)
		return a;
	s.spans = palloc((a.n + b.n + 1) * sizeof(KeyRange));
	while (i < a.n && k < b.n)
	{
		int64		first = Max(a.spans[i].first, b.spans[k].first);
		int64		end = Min(a.spans[i].end, b.spans[k].end);

		if (first < end)
		{
			s.spans[s.n].first = first;
			s.spans[s.n++].end = end;
		}
		if (a.spans[i].end < b.spans[k].end)
			i++;
		else
			k++;
	}
	foreach(lc, a.texts)
	{
		if (has_text(b.texts, lfirst(lc)))
			s.texts = lappend(s.texts, lfirst(lc));
	}
	return s;
}

static int
compare_spans(const void *a, const void *b)
{
	const KeyRange *x = a;
	const KeyRange *y = b;

	return x->first < y->first ? -1 : x->first > y->first;
}

/* sort, and join what touches */
static void
tidy(KeySet *s)
{
	int			n = 0;
	int			i;

	qsort(s->spans, s->n, sizeof(KeyRange), compare_spans);
	for (i = 0; i < s->n; i++)
	{
		if (n > 0 && s->spans[i].first <= s->spans[n - 1].end)
			s->spans[n - 1].end = Max(s->spans[n - 1].end, s->spans[i].end);
		else
			s->spans[n++] = s->spans[i];
	}
	s->n = n;
}

static KeySet
unite(KeySet a, KeySet b)
{
	KeySet		s = empty_set();
	ListCell   *lc;

	if (a.all || b.all)
		return full_set();
	s.spans = palloc((a.n + b.n + 1) * sizeof(KeyRange));
	if (a.n)
		memcpy(s.spans, a.spans, a.n * sizeof(KeyRange));
	if (b.n)
		memcpy(s.spans + a.n, b.spans, b.n * sizeof(KeyRange));
	s.n = a.n + b.n;
	tidy(&s);
	s.texts = list_copy(a.texts);
	foreach(lc, b.texts)
	{
		if (!has_text(s.texts, lfirst(lc)))
			s.texts = lappend(s.texts, lfirst(lc));
	}
	return s;
}

/* ---- comparisons ---- */

/* an operator of the key's btree family, with what compares two values */
typedef struct Comparison
{
	int			strategy;
	FmgrInfo	compare;
	Oid			collation;
	Oid			left;
	Oid			right;
} Comparison;

static Node *
strip(Node *node)
{
	while (node && IsA(node, RelabelType))
		node = (Node *) ((RelabelType *) node)->arg;
	return node;
}

static bool
is_projected_key(const KeyWork *w, Node *node)
{
	node = strip(node);
	return node && IsA(node, Var) && ((Var *) node)->varattno == w->column->attnum;
}

static bool
find_comparison(const KeyWork *w, Oid opno, Oid collation, Comparison *c)
{
	TypeCacheEntry *type = lookup_type_cache(w->column->typid, TYPECACHE_BTREE_OPFAMILY);
	Oid			proc;

	if (!OidIsValid(type->btree_opf) || !op_in_opfamily(opno, type->btree_opf))
		return false;
	get_op_opfamily_properties(opno, type->btree_opf, false, &c->strategy, &c->left, &c->right);
	proc = get_opfamily_proc(type->btree_opf, c->left, c->right, BTORDER_PROC);
	if (!OidIsValid(proc))
		return false;
	fmgr_info(proc, &c->compare);
	c->collation = collation;
	return true;
}

/* value number n; false: the type cannot hold it */
static bool
value_at(KeyWork *w, int64 n, Datum *value, bool *isnull)
{
	const PdsColumn *c = w->column;

	pds_projection_value(w->table->projection, w->key, n, &w->value, &w->folder);
	return pds_key_datum(pds_str_text(&w->value), &c->hive, c->typid, c->typmod, c->attname,
						 value, isnull);
}

/*
 * The first number whose value is not below x (or: is above it).  An integer that the type cannot
 * hold lies beyond its others; another such value is nowhere in the order: then w->disordered is
 * set, and the result means nothing.
 */
static int64
search(KeyWork *w, Comparison *c, Datum x, bool above)
{
	int64		low = 0;
	int64		high = w->count;

	while (low < high)
	{
		int64		mid = low + (high - low) / 2;
		MemoryContext old = MemoryContextSwitchTo(w->scratch);
		bool		isnull;
		Datum		v;
		int			r = 0;

		if (value_at(w, mid, &v, &isnull))
			r = DatumGetInt32(FunctionCall2Coll(&c->compare, c->collation, v, x));
		else if (pds_projection_kind(w->table->projection, w->key) == PDS_PROJECTION_INTEGER)
			r = pds_str_text(&w->value)[0] == '-' ? -1 : 1;
		else
			w->disordered = true;
		MemoryContextSwitchTo(old);
		MemoryContextReset(w->scratch);
		if (above ? r <= 0 : r < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static bool
is_text_type(Oid typid)
{
	return typid == TEXTOID || typid == VARCHAROID;
}

/* an equality of texts that is one of bytes */
static bool
byte_equality(const KeyWork *w, const Comparison *c)
{
	return c->strategy == BTEqualStrategyNumber && is_text_type(w->column->typid) &&
		(!OidIsValid(c->collation) || get_collation_isdeterministic(c->collation));
}

static KeySet
injected_value(const KeyWork *w, const Comparison *c, Datum x)
{
	KeySet		s = empty_set();
	Oid			out;
	bool		is_varlena;

	if (c->strategy != BTEqualStrategyNumber ||
		(is_text_type(w->column->typid) && !byte_equality(w, c)))
		return full_set();
	getTypeOutputInfo(c->right, &out, &is_varlena);
	s.texts = list_make1(OidOutputFunctionCall(out, x));
	return s;
}

static KeySet
searched(KeyWork *w, Comparison *c, Datum x)
{
	int64		n;

	if (w->injected)
		return injected_value(w, c, x);
	if (byte_equality(w, c))
	{
		n = pds_projection_find(w->table->projection, w->key, TextDatumGetCString(x));
		if (n == -1)
			return empty_set();
		if (n >= 0 && pds_projection_ordered(w->table->projection, w->key))
			return span_set(n, search(w, c, x, true));
		/* the same text may be there again */
		if (n >= 0 && pds_projection_kind(w->table->projection, w->key) == PDS_PROJECTION_INTEGER)
			return span_set(n, n + 1);
		return full_set();
	}
	if (!pds_projection_ordered(w->table->projection, w->key))
		return full_set();
	switch (c->strategy)
	{
		case BTLessStrategyNumber:
			return span_set(0, search(w, c, x, false));
		case BTLessEqualStrategyNumber:
			return span_set(0, search(w, c, x, true));
		case BTEqualStrategyNumber:
			return span_set(search(w, c, x, false), search(w, c, x, true));
		case BTGreaterEqualStrategyNumber:
			return span_set(search(w, c, x, false), w->count);
		case BTGreaterStrategyNumber:
			return span_set(search(w, c, x, true), w->count);
		default:
			return full_set();
	}
}

/* the values v with v OP x */
static KeySet
compared(KeyWork *w, Comparison *c, Datum x)
{
	KeySet		s;

	w->disordered = false;
	s = searched(w, c, x);
	return w->disordered ? full_set() : s;
}

/* ---- conditions ---- */

static Datum
evaluate(KeyWork *w, Node *node, bool *isnull)
{
	ExprState  *state = ExecInitExpr((Expr *) node, w->pruner->parent);

	return ExecEvalExprSwitchContext(state, w->pruner->econtext, isnull);
}

/* something that has the same value for every row */
static bool
is_fixed(Node *node)
{
	return !contain_var_clause(node) && !contain_volatile_functions(node) &&
		!contain_subplans(node);
}

static KeySet
of_operator(KeyWork *w, OpExpr *op)
{
	Comparison	c;
	Oid			opno = op->opno;
	Node	   *other;
	Datum		x;
	bool		isnull;

	if (list_length(op->args) != 2)
		return full_set();
	if (is_projected_key(w, linitial(op->args)))
		other = lsecond(op->args);
	else if (is_projected_key(w, lsecond(op->args)))
	{
		other = linitial(op->args);
		opno = get_commutator(opno);
	}
	else
		return full_set();
	if (!OidIsValid(opno) || !is_fixed(other) || !find_comparison(w, opno, op->inputcollid, &c))
		return full_set();
	x = evaluate(w, other, &isnull);
	return isnull ? empty_set() : compared(w, &c, x);
}

static KeySet
of_array(KeyWork *w, ScalarArrayOpExpr *op)
{
	KeySet		s = empty_set();
	Comparison	c;
	Datum		x;
	Datum	   *values;
	bool	   *nulls;
	bool		isnull;
	Oid			type;
	int			n;
	int			i;

	if (!op->useOr || !is_projected_key(w, linitial(op->args)) || !is_fixed(lsecond(op->args)) ||
		!find_comparison(w, op->opno, op->inputcollid, &c))
		return full_set();
	x = evaluate(w, lsecond(op->args), &isnull);
	if (isnull)
		return s;
	n = pds_array_elements(x, &type, &values, &nulls);
	s.spans = palloc((n + 1) * sizeof(KeyRange));
	for (i = 0; i < n; i++)
	{
		KeySet		one;
		ListCell   *lc;

		if (nulls[i])
			continue;
		one = compared(w, &c, values[i]);
		if (one.all)
			return one;
		if (one.n)
			s.spans[s.n++] = one.spans[0];
		foreach(lc, one.texts)
		{
			if (!has_text(s.texts, lfirst(lc)))
				s.texts = lappend(s.texts, lfirst(lc));
		}
	}
	tidy(&s);
	return s;
}

/* the values of the key for which the condition may be true */
static KeySet
of_condition(KeyWork *w, Node *node)
{
	KeySet		s;
	ListCell   *lc;

	check_stack_depth();
	CHECK_FOR_INTERRUPTS();
	if (IsA(node, OpExpr))
		return of_operator(w, (OpExpr *) node);
	if (IsA(node, ScalarArrayOpExpr))
		return of_array(w, (ScalarArrayOpExpr *) node);
	if (IsA(node, BoolExpr) && ((BoolExpr *) node)->boolop != NOT_EXPR)
	{
		bool		and = ((BoolExpr *) node)->boolop == AND_EXPR;

		s = and ? full_set() : empty_set();
		foreach(lc, ((BoolExpr *) node)->args)
		{
			KeySet		one = of_condition(w, lfirst(lc));

			s = and ? intersect(s, one) : unite(s, one);
		}
		return s;
	}
	return full_set();
}

/* ---- values ---- */

static bool
find_attnums(Node *node, Bitmapset **attnums)
{
	if (node == NULL)
		return false;
	if (IsA(node, Var))
		*attnums = bms_add_member(*attnums, ((Var *) node)->varattno);
	return expression_tree_walker(node, find_attnums, attnums);
}

/* conditions on this key alone, to be evaluated for each of its values */
static ExprState *
own_conditions(const KeyWork *w)
{
	List	   *own = NIL;
	ListCell   *lc;

	foreach(lc, w->pruner->clauses)
	{
		Bitmapset  *attnums = NULL;

		find_attnums(lfirst(lc), &attnums);
		if (bms_is_member(w->column->attnum, attnums) &&
			bms_membership(attnums) == BMS_SINGLETON)
			own = lappend(own, lfirst(lc));
	}
	return own ? ExecInitQual(own, w->pruner->parent) : NULL;
}

static int
compare_projected(const void *a, const void *b)
{
	const PdsProjectedValue *x = *(PdsProjectedValue *const *) a;
	const PdsProjectedValue *y = *(PdsProjectedValue *const *) b;
	int			r = strcmp(x->text, y->text);

	/* of equal ones the first stays */
	return r ? r : x < y ? -1 : x > y;
}

/* Leave one of each text: coarse formats and lists give some twice. */
static void
drop_duplicates(PdsProjectedKey *k)
{
	PdsProjectedValue **order = palloc((k->nvalues + 1) * sizeof(*order));
	int			n = 0;
	int			i;

	for (i = 0; i < k->nvalues; i++)
		order[i] = &k->values[i];
	qsort(order, k->nvalues, sizeof(*order), compare_projected);
	for (i = k->nvalues - 1; i > 0; i--)
		if (strcmp(order[i]->text, order[i - 1]->text) == 0)
			order[i]->text = NULL;
	for (i = 0; i < k->nvalues; i++)
		if (k->values[i].text)
			k->values[n++] = k->values[i];
	k->nvalues = n;
	pfree(order);
}

static void
add_value(KeyWork *w, PdsProjectedKey *k, ExprState *own, const char *text, const char *folder)
{
	PdsProjectedValue v = {NULL, NULL, (Datum) 0, true, false};

	if (w->column)
		v.bad = !pds_key_datum(text, &w->column->hive, w->column->typid, w->column->typmod,
							   w->column->attname, &v.datum, &v.isnull);
	/* what a bad value leaves of the conditions is the partition's matter */
	if (own && !v.bad &&
		!pds_pruner_tests(w->pruner, own, w->column->attnum, v.datum, v.isnull))
	{
		k->contiguous = false;
		return;
	}
	v.text = pstrdup(text);
	v.folder = strcmp(text, folder) == 0 ? v.text : pstrdup(folder);
	/* doubled at powers of two */
	if (k->values == NULL)
		k->values = palloc(16 * sizeof(PdsProjectedValue));
	else if (k->nvalues >= 16 && (k->nvalues & (k->nvalues - 1)) == 0)
		k->values = repalloc_huge(k->values,
								  (Size) k->nvalues * 2 * sizeof(PdsProjectedValue));
	k->values[k->nvalues++] = v;
}

static void
add_values(KeyWork *w, PdsProjectedKey *k, KeySet set)
{
	ExprState  *own = w->pruner && w->column ? own_conditions(w) : NULL;
	ListCell   *lc;
	int			i;
	int64		n;

	foreach(lc, set.texts)
		add_value(w, k, own, lfirst(lc), lfirst(lc));
	for (i = 0; i < set.n; i++)
		for (n = set.spans[i].first; n < set.spans[i].end; n++)
		{
			CHECK_FOR_INTERRUPTS();
			pds_projection_value(w->table->projection, w->key, n, &w->value, &w->folder);
			if (w->value.failed || w->folder.failed)
				pds_raise_no_memory();
			add_value(w, k, own, pds_str_text(&w->value), pds_str_text(&w->folder));
		}
	k->contiguous = k->contiguous && set.n <= 1 && list_length(set.texts) <= 1;
	drop_duplicates(k);
}

static bool
one_key(KeyWork *w, PdsProjectedKey *k, const char **why, const char **hint)
{
	KeySet		set = full_set();
	ListCell   *lc;
	double		n = 0;
	int			i;

	/* a column declared otherwise than in Glue has another order */
	if (w->pruner && w->column &&
		pds_type_matches_hive(&w->column->hive, w->column->typid, w->column->typmod))
	{
		foreach(lc, w->pruner->clauses)
			set = intersect(set, of_condition(w, lfirst(lc)));
	}
	k->count = (double) w->count;
	k->contiguous = true;
	if (set.all && w->injected)
	{
		*why = psprintf("the partition key \"%s\" is injected: the query must name its values",
						w->table->key_names[w->key]);
		*hint = psprintf("Add a condition %s = constant, or %s IN (...).",
						 w->table->key_names[w->key], w->table->key_names[w->key]);
		return false;
	}
	if (set.all)
		set = span_set(0, w->count);
	for (i = 0; i < set.n; i++)
		n += (double) (set.spans[i].end - set.spans[i].first);
	if (n > PDS_MAX_PROJECTED)
	{
		*why = psprintf("the projection of partition key \"%s\" has %.0f values for this query, at most %d can be looked at",
						w->table->key_names[w->key], n, PDS_MAX_PROJECTED);
		*hint = psprintf("Add conditions (=, IN, <, >, BETWEEN) on %s.",
						 w->table->key_names[w->key]);
		return false;
	}
	add_values(w, k, set);
	return true;
}

PdsProjectedKey *
pds_projected_keys(const PdsTable *t, PdsPruner *pruner, const char **why, const char **hint)
{
	PdsProjectedKey *keys = palloc0(t->nkeys * sizeof(PdsProjectedKey));
	KeyWork		w;
	bool		ok = true;
	double		product = 1;
	int			i;

	memset(&w, 0, sizeof(w));
	w.table = t;
	w.pruner = pruner;
	w.scratch = AllocSetContextCreate(CurrentMemoryContext, "pds_fdw projection",
									  ALLOCSET_SMALL_SIZES);
	pds_str_init(&w.value);
	pds_str_init(&w.folder);
	PG_TRY();
	{
		for (i = 0; i < t->nkeys && ok; i++)
		{
			w.key = i;
			w.column = t->key_columns[i] < 0 ? NULL : &t->columns[t->key_columns[i]];
			w.injected = pds_projection_kind(t->projection, i) == PDS_PROJECTION_INJECTED;
			w.count = pds_projection_count(t->projection, i);
			ok = one_key(&w, &keys[i], why, hint);
			product *= keys[i].nvalues;
		}
	}
	PG_FINALLY();
	{
		pds_str_free(&w.value);
		pds_str_free(&w.folder);
	}
	PG_END_TRY();
	MemoryContextDelete(w.scratch);
	if (ok && product > PDS_MAX_PROJECTED)
	{
		*why = psprintf("the projection of partition keys has %.0f partitions for this query, at most %d can be looked at",
						product, PDS_MAX_PROJECTED);
		*hint = "Add conditions on the partition keys.";
		ok = false;
	}
	return ok ? keys : NULL;
}
