/*
 * ship_conditions.c
 *	  Conditions: which of them Athena evaluates instead of PostgreSQL, and
 *	  in which order (doc/dev/pitfalls.md §3).
 *
 * A condition that may raise an error is evaluated by PostgreSQL on no row
 * that a CASE, a join or another condition of the table excludes.  So it is
 * sent behind them, and only where all of them are sent.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "optimizer/restrictinfo.h"

#include "fdw/ship/ship_table.h"

/* what Athena makes of a condition */
typedef enum QualClass
{
	SHIP_LOCAL,					/* nothing */
	SHIP_RECHECK,				/* it may leave too much: evaluated here, too */
	SHIP_MAY_RAISE,				/* the same as PostgreSQL, errors included */
	SHIP_EXACT
} QualClass;

static QualClass
class_of_qual(const PdsWrittenCondition *w)
{
	if (w->sql == NULL)
		return SHIP_LOCAL;
	if (w->has_param || w->other_error)
		return SHIP_RECHECK;
	return w->may_raise ? SHIP_MAY_RAISE : SHIP_EXACT;
}

/* Write it; w->sql is NULL when it can be evaluated here alone. */
static QualClass
classify_qual(PdsShipContext *cxt, Expr *expr, PdsWrittenCondition *w)
{
	PdsShipValue v;

	cxt->has_param = cxt->may_raise = cxt->other_error = false;
	w->sql = pds_ship_value_text(cxt, expr, &v);
	if (w->sql && v.type != ATHENA_BOOLEAN)
		w->sql = NULL;
	w->has_param = cxt->has_param;
	w->may_raise = cxt->may_raise;
	w->other_error = cxt->other_error;
	return class_of_qual(w);
}

/* where it would raise, the row comes here, and PostgreSQL says what it has to say */
static PdsSql *
wrap_in_try(const PdsWrittenCondition *w)
{
	return w->may_raise ? pds_sql_form("coalesce(try($1), true)", w->sql) : w->sql;
}

bool
pds_ship_condition(PdsShipContext *cxt, Expr *expr)
{
	PdsWrittenCondition w;

	if (classify_qual(cxt, expr, &w) == SHIP_LOCAL)
		return false;
	pds_sql_append(cxt->buf, wrap_in_try(&w));
	return true;
}

bool
pds_is_shippable(PlannerInfo *root, Relids relids, Expr *expr, bool *has_param)
{
	PdsShipContext cxt = {.root = root, .relids = relids};
	PdsWrittenCondition w;
	QualClass	qclass = classify_qual(&cxt, expr, &w);

	*has_param = qclass != SHIP_EXACT;
	return qclass != SHIP_LOCAL;
}

/* ---- which are evaluated here ---- */

static bool
shares_column(Node *e, List *vars)
{
	ListCell   *lc;

	foreach(lc, pull_var_clause(e, PVC_RECURSE_AGGREGATES | PVC_RECURSE_WINDOWFUNCS |
								PVC_RECURSE_PLACEHOLDERS))
	{
		if (list_member(vars, lfirst(lc)))
			return true;
	}
	return false;
}

/*
 * Is a column of e equal to one of another table?  Engines conclude from it that e holds of that
 * one, and evaluate it there, on rows without a partner.
 */
static bool
has_join_key(PlannerInfo *root, RelOptInfo *rel, Expr *e)
{
	List	   *vars = pull_var_clause((Node *) e, PVC_RECURSE_PLACEHOLDERS);
	ListCell   *lc;

	/* what is known of a child's columns depends on the release */
	if (IS_OTHER_REL(rel) && (rel->has_eclass_joins || rel->joininfo != NIL))
		return true;
	foreach(lc, rel->joininfo)
	{
		if (shares_column((Node *) lfirst_node(RestrictInfo, lc)->clause, vars))
			return true;
	}
	foreach(lc, root->eq_classes)
	{
		EquivalenceClass *ec = lfirst_node(EquivalenceClass, lc);
		ListCell   *lm;

		if (bms_membership(ec->ec_relids) != BMS_MULTIPLE ||
			!bms_overlap(ec->ec_relids, rel->relids))
			continue;
		foreach(lm, ec->ec_members)
		{
			if (shares_column((Node *) lfirst_node(EquivalenceMember, lm)->em_expr, vars))
				return true;
		}
	}
	return false;
}

bool
pds_stops_early(const PlannerInfo *root)
{
	const Query *q = root->parse;

	return q->limitCount != NULL && q->sortClause == NIL && q->groupClause == NIL &&
		q->groupingSets == NIL && q->distinctClause == NIL && !q->hasAggs && !q->hasWindowFuncs;
}

void
pds_classify_conditions(PlannerInfo *root, RelOptInfo *baserel)
{
	PdsRelInfo *info = baserel->fdw_private;
	PdsBaseRel *base = PDS_BASE(info);
	PdsShipContext cxt = {.root = root, .relids = baserel->relids, .qualify = true,
	.params = info->params};
	List	   *raising = NIL;
	ListCell   *lc;

	foreach(lc, baserel->baserestrictinfo)
	{
		RestrictInfo *ri = lfirst_node(RestrictInfo, lc);
		QualClass	qclass = SHIP_LOCAL;

		if (!ri->pseudoconstant && restriction_is_securely_promotable(ri, baserel))
		{
			PdsWrittenCondition *w = palloc(sizeof(PdsWrittenCondition));

			w->ri = ri;
			qclass = classify_qual(&cxt, ri->clause, w);
			if (qclass != SHIP_LOCAL)
				base->written = lappend(base->written, w);
		}
		if (qclass == SHIP_MAY_RAISE &&
			(pds_stops_early(root) || has_join_key(root, baserel, ri->clause)))
			qclass = SHIP_RECHECK;
		if (qclass != SHIP_LOCAL)
			info->remote_conds = lappend(info->remote_conds, ri);
		if (qclass == SHIP_MAY_RAISE)
			raising = lappend(raising, ri);
		else if (qclass != SHIP_EXACT)
			info->local_conds = lappend(info->local_conds, ri);
	}
	/* what is evaluated here excludes rows, too */
	if (info->local_conds != NIL)
		info->local_conds = list_concat(info->local_conds, raising);
}

/* ---- how they are written ---- */

typedef struct Written
{
	RestrictInfo *ri;
	PdsSql	   *sql;
	bool		raises;			/* and PostgreSQL leaves that to Athena */
	bool		done;
} Written;

/* as it was written when its table was looked at; NULL: it is of several tables */
static const PdsWrittenCondition *
written_before(const PdsShipContext *cxt, const RestrictInfo *ri)
{
	int			relid;
	PdsRelInfo *info;
	ListCell   *lc;

	if (!bms_get_singleton_member(ri->clause_relids, &relid) ||
		relid >= cxt->root->simple_rel_array_size || cxt->root->simple_rel_array[relid] == NULL)
		return NULL;
	info = cxt->root->simple_rel_array[relid]->fdw_private;
	if (info == NULL)
		return NULL;
	foreach(lc, PDS_BASE(info)->written)
	{
		const PdsWrittenCondition *w = lfirst(lc);

		if (w->ri == ri)
			return w;
	}
	return NULL;
}

static void
write_condition(Written *w, const PdsShipContext *like, RestrictInfo *ri, bool again)
{
	const PdsWrittenCondition *c = written_before(like, ri);
	PdsWrittenCondition now;

	if (c == NULL)
	{
		PdsShipContext cxt = *like;

		classify_qual(&cxt, ri->clause, &now);
		c = &now;
	}
	if (c->sql == NULL)
		elog(ERROR, "a condition that was shippable is not any more");
	w->ri = ri;
	w->done = false;
	w->raises = !again && class_of_qual(c) == SHIP_MAY_RAISE;
	w->sql = w->raises ? c->sql : wrap_in_try(c);
	if (!w->raises && c->has_param)
		w->sql = pds_sql_condition(w->sql);
}

/* what cannot raise of the conditions on w's tables alone, with AND between them; NULL: nothing */
static PdsSql *
guard_of(const Written *w, const Written *all, int n)
{
	PdsSql	   *buf = pds_sql_new();
	int			i;

	for (i = 0; i < n; i++)
		if (!all[i].raises && bms_is_subset(all[i].ri->clause_relids, w->ri->clause_relids))
		{
			pds_sql_add(buf, pds_sql_is_empty(buf) ? "" : " AND ");
			pds_sql_append(buf, all[i].sql);
		}
	return pds_sql_is_empty(buf) ? NULL : buf;
}

/* w, and the others that may raise on the same tables, each behind those before it */
static PdsSql *
chain_of(Written *w, Written *all, int n)
{
	int			i;

	w->done = true;
	for (i = 0; i < n; i++)
		if (all[i].raises && !all[i].done &&
			bms_equal(all[i].ri->clause_relids, w->ri->clause_relids))
			return pds_sql_form("CASE WHEN $1 THEN $2 ELSE false END", w->sql,
								chain_of(&all[i], all, n));
	return w->sql;
}

void
pds_deparse_conditions(PdsSql *buf, const PdsShipContext *like, const char *prefix, List *conds,
					   List *again)
{
	Written    *all = palloc(Max(list_length(conds), 1) * sizeof(Written));
	int			n = 0;
	int			i;
	ListCell   *lc;

	foreach(lc, conds)
		write_condition(&all[n++], like, lfirst_node(RestrictInfo, lc),
						list_member_ptr(again, lfirst(lc)));
	for (i = 0; i < n; i++)
		if (!all[i].raises)
		{
			pds_sql_add(buf, prefix);
			pds_sql_append(buf, all[i].sql);
			prefix = " AND ";
		}
	for (i = 0; i < n; i++)
	{
		PdsSql	   *guard;
		PdsSql	   *chain;

		if (!all[i].raises || all[i].done)
			continue;
		guard = guard_of(&all[i], all, n);
		chain = chain_of(&all[i], all, n);
		if (guard)
			chain = pds_sql_form("CASE WHEN $1 THEN $2 ELSE false END", guard, chain);
		pds_sql_add(buf, prefix);
		pds_sql_append(buf, chain);
		prefix = " AND ";
	}
}
