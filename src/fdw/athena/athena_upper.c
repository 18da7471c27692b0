/*
 * athena_upper.c
 *	  What lies above scans and joins, done by Athena: GROUP BY and HAVING,
 *	  window functions, DISTINCT, ORDER BY, LIMIT, and the select list.
 *
 * All of it is one SELECT.  Each level tells what Athena has to give for its
 * target: whole expressions where they are exact there, else the values that
 * they are made of, and the rest is evaluated here, on what comes back.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/tlist.h"
#include "rewrite/rewriteManip.h"
#include "utils/selfuncs.h"

#include "fdw/athena/athena_paths.h"
#include "fdw/plan/costs.h"
#include "fdw/plan/estimate.h"
#include "fdw/ship/statement.h"

/* ---- what Athena has to give ---- */

/* one level of a query: what its values are made of, and those that are to be sent */
typedef struct Level
{
	PdsStatement *s;
	bool		grouped;		/* its rows are groups */
	List	   *keys;			/* of groups */
	bool		distinct;		/* tlist is that of SELECT DISTINCT: nothing
								 * joins it */
	List	   *unused;			/* junk of the target: nobody looks at it any
								 * more */
	List	   *tlist;			/* out: TargetEntries */
	bool		computed;		/* out: one of them is an expression of
								 * columns */
} Level;

/* the level whose rows rel gives */
static Level
level_of(PlannerInfo *root, RelOptInfo *rel)
{
	PdsRelInfo *info = rel->fdw_private;
	Level		l = {.s = pds_statement_of(root, rel)};

	for (; info->kind >= PDS_REL_GROUP &&
		 !PDS_UPPER(info)->subquery; info = PDS_UPPER(info)->below->fdw_private)
	{
		if (info->kind == PDS_REL_DISTINCT)
		{
			l.distinct = true;
			l.tlist = list_copy(PDS_UPPER(info)->tlist);
			l.unused = PDS_UPPER(info)->unused;
		}
		else if (info->kind == PDS_REL_GROUP)
		{
			l.grouped = true;
			l.keys = PDS_UPPER(info)->keys;
		}
	}
	return l;
}

/* Can e be written in that position?  Says nothing of which columns are keys. */
static bool
can_write(const Level *l, PdsClausePosition position, Expr *e)
{
	return pds_statement_write(l->s, position, e)->sql != NULL;
}

/* of a group, a column that is no key is no value: outside of aggregates, in windows, too */
static bool
lacks_key(Node *n, const Level *l)
{
	PlannerInfo *root = l->s->root;
	ListCell   *lc;

	/*
	 * what GROUPING has are keys, which 18 does not mark as they are
	 * elsewhere (RTE_GROUP)
	 */
	if (n == NULL || IsA(n, Aggref) || IsA(n, GroupingFunc) || list_member(l->keys, n))
		return false;
	if (IsA(n, Var))
		return true;
	if (IsA(n, WindowFunc))
	{
		foreach(lc, root->parse->windowClause)
		{
			WindowClause *c = lfirst_node(WindowClause, lc);

			if (c->winref == ((WindowFunc *) n)->winref &&
				(lacks_key((Node *) get_sortgrouplist_exprs(c->partitionClause,
															root->processed_tlist), l) ||
				 lacks_key((Node *) get_sortgrouplist_exprs(c->orderClause,
															root->processed_tlist), l)))
				return true;
		}
	}
	return expression_tree_walker(n, lacks_key, (void *) l);
}

static bool
only_keys(const Level *l, Node *e)
{
	return !l->grouped || !lacks_key(e, l);
}

/* columns, aggregates or window functions in it? */
static bool
has_values(Node *n)
{
	return contain_windowfuncs(n) ||
		pull_var_clause(n, PVC_INCLUDE_AGGREGATES | PVC_RECURSE_WINDOWFUNCS |
						PVC_RECURSE_PLACEHOLDERS) != NIL;
}

/*
 * The values that n is made of join l->tlist.  True: one of them cannot be had
 * (as walkers say it).
 */
static bool
collect_outputs_walker(Node *n, Level *l)
{
	bool		single;
	bool		key;

	if (n == NULL || tlist_member((Expr *) n, l->tlist))
		return false;
	if (IsA(n, List) || !has_values(n))
		return expression_tree_walker(n, collect_outputs_walker, l);
	/* what is not made of others that are here */
	single = IsA(n, Var) || IsA(n, Aggref) || IsA(n, GroupingFunc) || IsA(n, WindowFunc);
	key = list_member(l->keys, n);
	if (l->distinct || (IsA(n, RelabelType) && !key) || !only_keys(l, n) ||
		!can_write(l, PDS_POSITION_OUTPUT, (Expr *) n))
		return single || expression_tree_walker(n, collect_outputs_walker, l);
	if (!single && !key)
		l->computed = true;
	l->tlist = lappend(l->tlist, makeTargetEntry(copyObject((Expr *) n),
												 list_length(l->tlist) + 1, NULL, false));
	return false;
}

/*
 * The expressions of the target, without those that only groups and windows below looked at: what
 * is neither shown nor sorted by stays in rows without a value (l->unused).
 */
static List *
used_exprs(PlannerInfo *root, PathTarget *target, Level *l)
{
	List	   *used = NIL;
	List	   *junk = NIL;
	ListCell   *lc;
	int			i = 0;

	/* else expressions are evaluated above of what is in the target */
	if (target != root->upper_targets[UPPERREL_FINAL])
		return target->exprs;
	foreach(lc, target->exprs)
	{
		Index		ref = get_pathtarget_sortgroupref(target, i++);

		if (ref != 0 && get_sortgroupref_tle(ref, root->processed_tlist)->resjunk &&
			get_sortgroupref_clause_noerr(ref, root->parse->sortClause) == NULL)
			junk = lappend(junk, lfirst(lc));
		else
			used = lappend(used, lfirst(lc));
	}
	l->unused = list_difference(junk, used);
	return used;
}

/* what is left without a value, when the list is complete */
static List *
left_over(const Level *l)
{
	List	   *left = NIL;
	ListCell   *lc;

	foreach(lc, l->unused)
	{
		if (!tlist_member(lfirst(lc), l->tlist))
			left = lappend(left, lfirst(lc));
	}
	return left;
}

/* ---- paths ---- */

/* a relation above `below`, with what it has of it */
static PdsRelInfo *
new_info(PdsRelKind kind, RelOptInfo *below, List *tlist)
{
	PdsRelInfo *in = below->fdw_private;
	PdsRelInfo *info = palloc0(sizeof(PdsRelInfo));

	info->kind = kind;
	info->conn = in->conn;
	info->userid = in->userid;
	info->engine = in->engine;
	info->athena_ok = true;
	PDS_UPPER(info)->below = below;
	info->params = in->params;
	info->statement = in->statement;
	info->est.scan_bytes = in->est.scan_bytes;
	PDS_UPPER(info)->tlist = tlist;
	return info;
}

/* Rows of a relation: of an upper one the planner keeps no number, of a join it is not believed. */
static double
rows_of(const RelOptInfo *rel)
{
	const PdsRelInfo *info = rel->fdw_private;

	return info->kind == PDS_REL_BASE ? rel->rows : info->est.total_rows;
}

/*
 * Each level that is left to Athena costs a little less than what it gives: work that is done here
 * on the rows below is no alternative, and add_path takes costs that differ by less than a
 * hundredth for equal, so that the order of rows would decide (doc/internals.md, "Costs").  A LIMIT
 * is a level above that of its order.
 */
static double
share_of_levels(const PdsRelInfo *info)
{
	double		share = 1;

	for (; info->kind >= PDS_REL_GROUP; info = PDS_UPPER(info)->below->fdw_private)
		share *= PDS_UPPER(info)->limited ? PDS_ATHENA_LEVEL_SHARE * PDS_ATHENA_LEVEL_SHARE
			: PDS_ATHENA_LEVEL_SHARE;
	return share;
}

static Path *
upper_path(PlannerInfo *root, RelOptInfo *rel, PdsRelInfo *info, PathTarget *target,
		   double rows, List *pathkeys)
{
	PdsUpperRel *upper = PDS_UPPER(info);
	const PdsRelInfo *below = upper->below->fdw_private;
	ForeignPath *path;
	Cost		startup;
	Cost		total;
	double		share;

	rel->fdw_private = info;
	info->est.total_rows = rows;
	/* what was to be sent of the rows below is no reason to do the rest here */
	info->est.width = target->width + 4;
	if (below->est.width > 0)
		info->est.width = Min(info->est.width, below->est.width);
	pds_athena_cost(info, rows, info->est.width, &startup, &total);
	if (list_difference(target->exprs, get_tlist_exprs(upper->tlist, true)) != NIL)
		total += target->cost.startup + target->cost.per_tuple * rows;
	share = share_of_levels(info);
	path = pds_create_foreign_upper_path(root, rel, target, rows, share * startup,
										 share * total, pathkeys,
										 pds_path_private(PDS_ENGINE_ATHENA));
	path->path.parallel_safe = false;
	return (Path *) path;
}

static void
add_upper_path(PlannerInfo *root, RelOptInfo *rel, PdsRelInfo *info, PathTarget *target,
			   double rows, List *pathkeys)
{
	add_path(rel, upper_path(root, rel, info, target, rows, pathkeys));
}

/* ---- GROUP BY and HAVING ---- */

/* the same for each row */
static bool
is_constant_expr(Node *n)
{
	return !has_values(n) && !contain_volatile_functions(n) && !contain_subplans(n);
}

/* Keys of the target come first; false: one cannot be a key there. */
static bool
group_keys(Level *l, PathTarget *target)
{
	PlannerInfo *root = l->s->root;
	List	   *clause = root->parse->groupClause;
	List	   *missing = list_copy(PDS_GROUP_CLAUSE(root));
	ListCell   *lc;
	int			i = 0;

	foreach(lc, target->exprs)
	{
		Index		ref = get_pathtarget_sortgroupref(target, i++);
		SortGroupClause *key = ref ? get_sortgroupref_clause_noerr(ref, clause) : NULL;
		Node	   *e = lfirst(lc);
		TargetEntry *tle;

		/*
		 * a column that is no key has one value in each group: it goes with
		 * them
		 */
		if (key == NULL && !(IsA(e, Var) && clause != NIL))
			continue;
		missing = list_delete(missing, key);
		/* what has one value makes no groups */
		if (is_constant_expr(e) && root->parse->groupingSets == NIL)
			continue;
		/* several sets can be had of columns only */
		if (!can_write(l, PDS_POSITION_GROUP, (Expr *) e) ||
			(root->parse->groupingSets && !IsA(e, Var)))
			return false;
		tle = makeTargetEntry(copyObject((Expr *) e), list_length(l->tlist) + 1, NULL, false);
		tle->ressortgroupref = ref;
		l->tlist = lappend(l->tlist, tle);
		l->keys = lappend(l->keys, tle->expr);
	}
	return missing == NIL;
}

/* GROUPING SETS as lists of keys; NIL: there is a set for which the engines differ */
static List *
grouping_sets(const Level *l)
{
	List	   *found = NIL;
	bool		empty = false;
	ListCell   *lc;

	foreach(lc, l->s->root->parse->groupingSets)
	{
		List	   *keys = NIL;
		ListCell   *lr;

		foreach(lr, (List *) lfirst(lc))
		{
			ListCell   *lt;

			foreach(lt, l->tlist)
			{
				if (lfirst_node(TargetEntry, lt)->ressortgroupref == (Index) lfirst_int(lr))
					keys = lappend(keys, lfirst_node(TargetEntry, lt)->expr);
			}
		}
		if (list_length(keys) != list_length(lfirst(lc)) || (keys == NIL && empty))
			return NIL;
		empty |= keys == NIL;
		found = lappend(found, keys);
	}
	return found;
}

/* Conditions go where they can be evaluated; what is needed for the rest joins the list. */
static bool
sort_conditions(Level *inner, Level *outer, List *conditions, PdsRelInfo *info)
{
	PdsUpperRel *upper = PDS_UPPER(info);
	ListCell   *lc;

	foreach(lc, conditions)
	{
		Node	   *e = lfirst(lc);
		const PdsSqlExpr *w = !only_keys(outer, e) || contain_volatile_functions(e) ? NULL
			: pds_statement_write(outer->s, PDS_POSITION_CONDITION, (Expr *) e);

		if (w && w->sql)
			upper->remote_having = lappend(upper->remote_having, e);
		if (w == NULL || w->sql == NULL || w->recheck)
			upper->having = lappend(upper->having, e);
	}
	return !collect_outputs_walker((Node *) upper->having, inner);
}

static double
group_count(PlannerInfo *root, List *tlist, const PdsRelInfo *info, double rows)
{
	double		groups = 1;

	if (root->parse->groupClause)
		groups = estimate_num_groups(root, get_sortgrouplist_exprs(root->parse->groupClause,
																   tlist),
									 rows, NULL, NULL);
	return groups * Max(list_length(PDS_UPPER(info)->grouping_sets), 1);
}

static void
add_group_path(PlannerInfo *root, RelOptInfo *input, RelOptInfo *output,
			   GroupPathExtraData *extra, bool partial)
{
	PdsUpperRel *upper;
	Query	   *parse = root->parse;
	PdsRelInfo *in = input->fdw_private;
	PdsRelInfo *info;
	Level		l = {.s = NULL};

	if ((parse->groupClause == NIL && !parse->hasAggs) || parse->hasTargetSRFs ||
		in->kind >= PDS_REL_GROUP || in->local_conds != NIL ||
		partial != (extra->patype == PARTITIONWISE_AGGREGATE_PARTIAL))
		return;
	l.s = pds_statement_new(root, input, true);
	l.grouped = true;
	if (!group_keys(&l, output->reltarget))
		return;
	info = new_info(PDS_REL_GROUP, input, NIL);
	upper = PDS_UPPER(info);
	info->statement = l.s;
	upper->partial = partial;
	upper->some = l.keys == NIL && parse->groupClause != NIL;
	if ((parse->groupingSets && (upper->grouping_sets = grouping_sets(&l)) == NIL) ||
		collect_outputs_walker((Node *) output->reltarget->exprs, &l) ||
		(!partial && !sort_conditions(&l, &l, (List *) extra->havingQual, info)))
		return;
	upper->tlist = l.tlist;
	upper->keys = l.keys;
	add_upper_path(root, output, info, output->reltarget,
				   group_count(root, extra->targetList, info, input->rows), NIL);
}

/* ---- DISTINCT ---- */

/* the expression of a sort key that the rows below have */
static Expr *
key_expression(PathKey *key, PathTarget *target)
{
	ListCell   *lc;
	int			i = 0;

	foreach(lc, target->exprs)
	{
		Expr	   *e = lfirst(lc);
		Index		ref = get_pathtarget_sortgroupref(target, i++);
		ListCell   *lm;

		if (ref == 0)
			continue;
		foreach(lm, key->pk_eclass->ec_members)
		{
			EquivalenceMember *em = lfirst(lm);
			Expr	   *member = em->em_expr;

			/* a binary-compatible cast of the key does not change its order */
			while (IsA(member, RelabelType))
				member = ((RelabelType *) member)->arg;
			if (!em->em_is_const && (equal(em->em_expr, e) || equal(member, e)))
				return em->em_expr;
		}
	}
	return NULL;
}

/* Keys of ORDER BY; false when one orders otherwise there. */
static bool
sort_keys(PlannerInfo *root, const Level *l, PathTarget *target, List **keys)
{
	ListCell   *lc;

	*keys = NIL;
	foreach(lc, root->sort_pathkeys)
	{
		PathKey    *pk = lfirst_node(PathKey, lc);
		PdsSortKey *k = palloc(sizeof(PdsSortKey));

		k->expr = pk->pk_eclass->ec_has_volatile ? NULL : key_expression(pk, target);
		if (k->expr == NULL || !only_keys(l, (Node *) k->expr) ||
			(l->distinct && !tlist_member(k->expr, l->tlist)) ||
			!can_write(l, PDS_POSITION_SORT, k->expr))
			return false;
		k->descending = !pds_pathkey_ascending(pk);
		k->nulls_first = pk->pk_nulls_first;
		*keys = lappend(*keys, k);
	}
	return true;
}

/* One window function may not stand in the window of another. */
static bool
has_windows(List *keys, List *sort)
{
	ListCell   *lc;

	foreach(lc, sort)
	{
		if (contain_windowfuncs((Node *) ((PdsSortKey *) lfirst(lc))->expr))
			return true;
	}
	return contain_windowfuncs((Node *) keys);
}

/* ON: the first row of each group, in a subquery that numbers them */
static bool
distinct_on(PlannerInfo *root, Level *l, PathTarget *target, PdsRelInfo *info)
{
	PdsUpperRel *upper = PDS_UPPER(info);
	ListCell   *lc;

	foreach(lc, root->parse->distinctClause)
	{
		Expr	   *e = (Expr *) get_sortgroupclause_expr(lfirst(lc), root->processed_tlist);

		if (is_constant_expr((Node *) e))
			continue;
		if (!only_keys(l, (Node *) e) || !can_write(l, PDS_POSITION_GROUP, e))
			return false;
		upper->keys = lappend(upper->keys, e);
	}
	if (upper->keys == NIL || !sort_keys(root, l, target, &upper->sort) ||
		has_windows(upper->keys, upper->sort) ||
		collect_outputs_walker((Node *) used_exprs(root, target, l), l))
		return false;
	upper->tlist = l->tlist;
	upper->unused = left_over(l);
	upper->subquery = true;
	info->statement = pds_statement_over(l->s, upper->tlist);
	return true;
}

static void
add_distinct_path(PlannerInfo *root, RelOptInfo *input, RelOptInfo *output)
{
	PdsUpperRel *upper;
	Query	   *parse = root->parse;
	PdsRelInfo *in = input->fdw_private;
	PathTarget *target = root->upper_targets[UPPERREL_DISTINCT];
	Level		l = level_of(root, input);
	PdsRelInfo *info;
	double		rows = rows_of(input);
	ListCell   *lc;

	if (in->kind > PDS_REL_WINDOW || in->local_conds != NIL || pds_local_having(in) != NIL ||
		parse->hasTargetSRFs || target == NULL || target->exprs == NIL)
		return;
	info = new_info(PDS_REL_DISTINCT, input, NIL);
	upper = PDS_UPPER(info);
	if (parse->hasDistinctOn)
	{
		if (!distinct_on(root, &l, target, info))
			return;
	}
	else
	{
		foreach(lc, used_exprs(root, target, &l))
		{
			Expr	   *e = lfirst(lc);

			if (!only_keys(&l, (Node *) e) || !can_write(&l, PDS_POSITION_DISTINCT, e) ||
				!can_write(&l, PDS_POSITION_OUTPUT, e))
				return;
			/* twice, it would be nobody knows which in ORDER BY */
			if (tlist_member(e, upper->tlist))
				continue;
			upper->tlist = lappend(upper->tlist, makeTargetEntry(e, list_length(upper->tlist) + 1,
																 NULL, false));
		}
		upper->unused = l.unused;
	}
	add_upper_path(root, output, info, target,
				   estimate_num_groups(root, parse->hasDistinctOn ? upper->keys
									   : get_tlist_exprs(upper->tlist, false), rows, NULL, NULL),
				   NIL);
}

/* ---- window functions ---- */

static void
add_window_path(PlannerInfo *root, RelOptInfo *input, RelOptInfo *output)
{
	PdsUpperRel *upper;
	PdsRelInfo *in = input->fdw_private;
	PathTarget *target = root->upper_targets[UPPERREL_WINDOW];
	Level		l = level_of(root, input);
	Level		around = {.s = NULL};
	PdsRelInfo *info;
	List	   *conditions;

	if (in->kind > PDS_REL_GROUP || in->local_conds != NIL || pds_local_having(in) != NIL ||
		root->parse->hasTargetSRFs || target == NULL ||
		collect_outputs_walker((Node *) used_exprs(root, target, &l), &l))
		return;
	info = new_info(PDS_REL_WINDOW, input, NIL);
	upper = PDS_UPPER(info);
	conditions = pds_run_conditions(root->parse,
									pull_var_clause((Node *) target->exprs,
													PVC_RECURSE_AGGREGATES | PVC_INCLUDE_WINDOWFUNCS |
													PVC_RECURSE_PLACEHOLDERS));
	/* they are of windows only, and evaluated by another SELECT around */
	if (conditions)
	{
		ListCell   *lc;

		foreach(lc, conditions)
		{
			if (collect_outputs_walker((Node *) lfirst_node(OpExpr, lc)->args, &l))
				return;
		}
		upper->subquery = true;
		info->statement = around.s = pds_statement_over(l.s, l.tlist);
		if (!sort_conditions(&l, &around, conditions, info))
			return;
	}
	upper->tlist = l.tlist;
	upper->unused = left_over(&l);
	add_upper_path(root, output, info, target,
				   rows_of(input), NIL);
}

/* ---- ORDER BY and LIMIT ---- */

static void
add_sort_path(PlannerInfo *root, RelOptInfo *input, RelOptInfo *output)
{
	PdsUpperRel *upper;
	PdsRelInfo *in = input->fdw_private;
	PathTarget *target = root->upper_targets[UPPERREL_FINAL];
	Level		l = level_of(root, input);
	PdsRelInfo *info;
	List	   *keys;

	/* what is filtered here may come ordered */
	if (root->parse->hasTargetSRFs || root->parse->rowMarks || in->kind == PDS_REL_SORT ||
		in->local_conds != NIL || !sort_keys(root, &l, target, &keys) ||
		collect_outputs_walker((Node *) used_exprs(root, target, &l), &l) ||
		collect_outputs_walker((Node *) pds_local_having(in), &l))
		return;
	info = new_info(PDS_REL_SORT, input, l.tlist);
	upper = PDS_UPPER(info);
	upper->unused = left_over(&l);
	upper->sort = keys;
	upper->having = pds_local_having(in);
	upper->offset = 0;
	upper->limit = -1;
	add_upper_path(root, output, info, target,
				   rows_of(input), root->sort_pathkeys);
}

/* a constant of LIMIT or OFFSET; false when it is not known while planning */
static bool
constant_count(Node *n, int64 none, int64 *count)
{
	Const	   *c = (Const *) n;

	*count = none;
	if (n == NULL)
		return true;
	if (!IsA(n, Const) || c->consttype != INT8OID)
		return false;
	if (!c->constisnull)
		*count = DatumGetInt64(c->constvalue);
	return c->constisnull || *count >= 0;
}

/*
 * LIMIT and OFFSET: constants, or (bound) known when the statement is executed; false: not even
 * that, or Athena would not take them.
 */
static bool
find_limit(PlannerInfo *root, PdsRelKind below, PdsRelInfo *info, PdsStatement *s)
{
	PdsUpperRel *upper = PDS_UPPER(info);
	Query	   *parse = root->parse;

	upper->limited = true;
	upper->ties = parse->limitOption == LIMIT_OPTION_WITH_TIES;
	if (upper->ties && below != PDS_REL_SORT)
		return false;
	if (constant_count(parse->limitCount, -1, &upper->limit) &&
		constant_count(parse->limitOffset, 0, &upper->offset))
		return upper->limit <= PG_INT32_MAX && (!upper->ties || upper->limit >= 1);
	if (upper->ties || parse->limitCount == NULL ||
		pds_statement_count(s, parse->limitCount) < 0 ||
		(parse->limitOffset && pds_statement_count(s, parse->limitOffset) < 0))
		return false;
	upper->limit = -1;
	upper->offset = 0;
	upper->bound = list_make1(parse->limitCount);
	if (parse->limitOffset)
		upper->bound = lappend(upper->bound, parse->limitOffset);
	return true;
}

static void
add_limit_path(PlannerInfo *root, RelOptInfo *input, RelOptInfo *output,
			   FinalPathExtraData *extra)
{
	Query	   *parse = root->parse;
	PdsRelInfo *in = input->fdw_private;
	PathTarget *target = root->upper_targets[UPPERREL_FINAL];
	PdsRelInfo *info;
	Path	   *path;
	double		rows = rows_of(input);

	if (parse->commandType != CMD_SELECT || parse->rowMarks || parse->hasTargetSRFs ||
		!extra->limit_needed || in->local_conds != NIL || pds_local_having(in) != NIL)
		return;
	if (in->kind == PDS_REL_SORT)
	{
		/* the same statement with its end */
		info = palloc(sizeof(PdsRelInfo));
		*info = *in;
	}
	else
	{
		Level		l = level_of(root, input);

		if (collect_outputs_walker((Node *) used_exprs(root, target, &l), &l))
			return;
		info = new_info(PDS_REL_SORT, input, l.tlist);
		PDS_UPPER(info)->unused = left_over(&l);
	}
	if (!find_limit(root, in->kind, info, pds_statement_of(root, input)))
		return;
	rows = Max(rows - PDS_UPPER(info)->offset, 1);
	if (PDS_UPPER(info)->limit >= 0)
		rows = Min(rows, Max(PDS_UPPER(info)->limit, 1));
	path = upper_path(root, output, info, target, rows, root->sort_pathkeys);
	/* what is known only when the statement is executed is done here, too */
	if (PDS_UPPER(info)->bound)
		path = (Path *) create_limit_path(root, output, path, parse->limitOffset,
										  parse->limitCount, parse->limitOption,
										  extra->offset_est, extra->count_est);
	add_path(output, path);
}

/* ---- the select list ---- */

static double
text_width(List *exprs)
{
	double		width = 0;
	ListCell   *lc;

	foreach(lc, exprs)
	{
		Node	   *e = lfirst(lc);

		if (IsA(e, TargetEntry))
			e = (Node *) ((TargetEntry *) e)->expr;
		width += 3 + pds_text_width(exprType(e), exprTypmod(e));
	}
	return width;
}

/* the path of Athena's among those of a relation */
static Path *
athena_path(RelOptInfo *rel)
{
	ListCell   *lc;

	foreach(lc, rel->pathlist)
	{
		ForeignPath *p = pds_path_of_engine(lfirst(lc), PDS_ENGINE_ATHENA);

		if (p)
			return (Path *) p;
	}
	return NULL;
}

/* Expressions over a scan or a join: sent where their values are no wider than their columns. */
static void
add_list_path(PlannerInfo *root, RelOptInfo *input, RelOptInfo *output)
{
	Query	   *parse = root->parse;
	PdsRelInfo *in = input->fdw_private;
	PathTarget *target = root->upper_targets[UPPERREL_FINAL];
	Level		l = level_of(root, input);
	Path	   *below = athena_path(input);
	PdsRelInfo *info;
	ForeignPath *path;
	List	   *columns;
	Cost		saved;

	if (parse->commandType != CMD_SELECT || parse->rowMarks || parse->hasTargetSRFs ||
		in->kind >= PDS_REL_GROUP || in->local_conds != NIL || below == NULL ||
		collect_outputs_walker((Node *) target->exprs, &l) || !l.computed)
		return;
	info = new_info(PDS_REL_SORT, input, l.tlist);
	PDS_UPPER(info)->limit = -1;
	info->est.total_rows = in->est.total_rows;
	output->fdw_private = info;
	columns = add_to_flat_tlist(NIL, pull_var_clause((Node *) target->exprs,
													 PVC_RECURSE_PLACEHOLDERS));
	saved = (cpu_operator_cost + (text_width(columns) - text_width(l.tlist)) *
			 PDS_ATHENA_RESULT_COST) * below->rows;
	path = pds_create_foreign_upper_path(root, output, target, below->rows, below->startup_cost,
										 Max(below->total_cost - saved, below->startup_cost), NIL,
										 pds_path_private(PDS_ENGINE_ATHENA));
	path->path.parallel_safe = false;
	add_path(output, (Path *) path);
}

void
pds_athena_upper_paths(PlannerInfo *root, UpperRelationKind stage, RelOptInfo *input_rel,
					   RelOptInfo *output_rel, void *extra)
{
	PdsRelInfo *in = input_rel->fdw_private;

	if (in == NULL || !in->athena_ok || output_rel->fdw_private)
		return;
	switch (stage)
	{
		case UPPERREL_GROUP_AGG:
		case UPPERREL_PARTIAL_GROUP_AGG:
			add_group_path(root, input_rel, output_rel, extra,
						   stage == UPPERREL_PARTIAL_GROUP_AGG);
			break;
		case UPPERREL_WINDOW:
			add_window_path(root, input_rel, output_rel);
			break;
		case UPPERREL_DISTINCT:
			add_distinct_path(root, input_rel, output_rel);
			break;
		case UPPERREL_ORDERED:
			add_sort_path(root, input_rel, output_rel);
			break;
		case UPPERREL_FINAL:
			add_limit_path(root, input_rel, output_rel, extra);
			if (!((FinalPathExtraData *) extra)->limit_needed)
				add_list_path(root, input_rel, output_rel);
			break;
		default:
			break;
	}
}
