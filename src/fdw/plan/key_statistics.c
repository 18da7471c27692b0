/*
 * key_statistics.c
 *	  Partition keys in estimates: how many rows partitions hold, what a condition leaves of them.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "access/htup_details.h"
#include "catalog/pg_statistic.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

#include "fdw/plan/key_statistics.h"

/* what is assumed of the length of an array that is not known, as PostgreSQL does */
#define UNKNOWN_ARRAY_LENGTH	10

/* ---- rows of partitions ---- */

/* how often a key has a value */
typedef struct KeyStatistics
{
	HeapTuple	tuple;
	AttStatsSlot common;		/* values and their frequencies */
	FmgrInfo   *equal;
	Oid			collation;
	double		nullfrac;
	double		other;			/* frequency of a value that is not common */
} KeyStatistics;

static HeapTuple
statistics_of(Oid relid, AttrNumber attnum)
{
	return SearchSysCache3(STATRELATTINH, ObjectIdGetDatum(relid), Int16GetDatum(attnum),
						   BoolGetDatum(false));
}

static bool
open_key(const PdsTable *t, const PdsColumn *c, double tuples, KeyStatistics *k)
{
	TypeCacheEntry *type = lookup_type_cache(c->typid, TYPECACHE_EQ_OPR_FINFO);
	Form_pg_statistic stats;
	double		distinct;
	double		rest;
	int			i;

	k->tuple = statistics_of(t->relid, c->attnum);
	if (!HeapTupleIsValid(k->tuple))
		return false;
	stats = (Form_pg_statistic) GETSTRUCT(k->tuple);
	k->equal = &type->eq_opr_finfo;
	k->collation = c->collation;
	k->nullfrac = stats->stanullfrac;
	distinct = stats->stadistinct < 0 ? -stats->stadistinct * tuples : stats->stadistinct;
	if (!OidIsValid(type->eq_opr) ||
		!get_attstatsslot(&k->common, k->tuple, STATISTIC_KIND_MCV, InvalidOid,
						  ATTSTATSSLOT_VALUES | ATTSTATSSLOT_NUMBERS))
		memset(&k->common, 0, sizeof(k->common));
	rest = 1 - k->nullfrac;
	for (i = 0; i < k->common.nvalues; i++)
		rest -= k->common.numbers[i];
	distinct -= k->common.nvalues;

	/*
	 * a value that ANALYZE did not see is one more, but of a projection, most
	 * of whose values have no rows
	 */
	k->other = distinct >= 1 ? Max(rest, 0) / distinct
		: t->projection ? 0 : 1 / (k->common.nvalues + 1.0);
	return true;
}

static void
close_key(KeyStatistics *k)
{
	free_attstatsslot(&k->common);
	ReleaseSysCache(k->tuple);
}

static double
frequency(const KeyStatistics *k, Datum value, bool isnull)
{
	int			i;

	if (isnull)
		return k->nullfrac;
	for (i = 0; i < k->common.nvalues; i++)
		if (DatumGetBool(FunctionCall2Coll(k->equal, k->collation, k->common.values[i], value)))
			return k->common.numbers[i];
	return k->other;
}

double
pds_key_share(const PdsTable *t, const PdsObjectSet *set, double tuples)
{
	KeyStatistics *keys = palloc0(t->nkeys * sizeof(KeyStatistics));
	bool	   *known = palloc0(t->nkeys * sizeof(bool));
	bool		any = false;
	double		share = 0;
	int			step = Max(set->npartitions / 1000, 1); /* of many, some */
	int			i;
	int			k;

	for (k = 0; k < t->nkeys; k++)
		if (t->key_columns[k] >= 0)
			any |= known[k] = open_key(t, &t->columns[t->key_columns[k]], tuples, &keys[k]);
	for (i = 0; i < set->npartitions; i += step)
	{
		const PdsPartition *p = &set->partitions[i];
		double		one = 1;

		for (k = 0; k < t->nkeys; k++)
			if (known[k])
				one *= frequency(&keys[k], p->key_datums[k], p->key_nulls[k]);
		share += one * step;
	}
	for (k = 0; k < t->nkeys; k++)
		if (known[k])
			close_key(&keys[k]);
	return any ? Min(share, 1) : -1;
}

/* ---- conditions that prune only when they are executed ---- */

static const PdsColumn *
key_operand(const PdsTable *t, const RelOptInfo *rel, Node *node)
{
	while (node && IsA(node, RelabelType))
		node = (Node *) ((RelabelType *) node)->arg;
	if (node == NULL || !IsA(node, Var) || ((Var *) node)->varno != rel->relid ||
		((Var *) node)->varattno <= 0 || t->columns[((Var *) node)->varattno - 1].key < 0)
		return NULL;
	return &t->columns[((Var *) node)->varattno - 1];
}

/* the key that the condition says equals something, and how many values at most */
static const PdsColumn *
equated_key(const PdsTable *t, const RelOptInfo *rel, Node *clause, int *nvalues)
{
	OpExpr	   *op = (OpExpr *) clause;
	ScalarArrayOpExpr *any = (ScalarArrayOpExpr *) clause;
	const PdsColumn *c = NULL;

	*nvalues = 1;
	if (IsA(clause, OpExpr) && list_length(op->args) == 2)
	{
		c = key_operand(t, rel, linitial(op->args));
		if (c == NULL)
			c = key_operand(t, rel, lsecond(op->args));
		return c && get_oprrest(op->opno) == F_EQSEL ? c : NULL;
	}
	if (IsA(clause, ScalarArrayOpExpr) && any->useOr)
	{
		*nvalues = UNKNOWN_ARRAY_LENGTH;
		c = key_operand(t, rel, linitial(any->args));
		return c && get_oprrest(any->opno) == F_EQSEL ? c : NULL;
	}
	return NULL;
}

static int
compare_texts(const void *a, const void *b)
{
	return strcmp(*(char *const *) a, *(char *const *) b);
}

/* values of a key in the partitions that have objects, as far as they were listed */
static int
distinct_values(const PdsObjectSet *set, int key)
{
	char	  **texts = palloc((set->npartitions + 1) * sizeof(char *));
	bool	   *seen = palloc0((set->npartitions + 1) * sizeof(bool));
	int			n = 0;
	int			distinct = 0;
	int			i;

	for (i = 0; i < set->nobjects; i++)
		seen[set->objects[i].partition] = true;
	for (i = 0; i < set->npartitions; i++)
		if (seen[i] || set->truncated)
			texts[n++] = set->partitions[i].values[key];
	qsort(texts, n, sizeof(char *), compare_texts);
	for (i = 0; i < n; i++)
		distinct += i == 0 || strcmp(texts[i], texts[i - 1]) != 0;
	pfree(texts);
	pfree(seen);
	return Max(distinct, 1);
}

double
pds_conditions_selectivity(PlannerInfo *root, RelOptInfo *baserel, const PdsTable *t,
						   const PdsObjectSet *set, List *conds)
{
	List	   *others = NIL;
	double		selectivity = 1;
	ListCell   *lc;

	foreach(lc, conds)
	{
		RestrictInfo *ri = lfirst_node(RestrictInfo, lc);
		int			nvalues;
		const PdsColumn *c = set->npartitions > 0
			? equated_key(t, baserel, (Node *) ri->clause, &nvalues) : NULL;
		HeapTuple	stats = c ? statistics_of(t->relid, c->attnum) : NULL;

		if (c == NULL || HeapTupleIsValid(stats))
			others = lappend(others, ri);
		else
			selectivity *= Min((double) nvalues / distinct_values(set, c->key), 1);
		if (HeapTupleIsValid(stats))
			ReleaseSysCache(stats);
	}
	return selectivity * clauselist_selectivity(root, others, baserel->relid, JOIN_INNER, NULL);
}
