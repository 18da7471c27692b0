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

#include "access/transam.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/tlist.h"
#include "utils/lsyscache.h"

#include "fdw/deparse.h"
#include "fdw/direct_aggregate.h"
#include "fdw/relation.h"

/* ---- what Athena has to give ---- */

/* one level of a query: what its values are made of, and those that are to be sent */
typedef struct Level
{
	PlannerInfo *root;
	RelOptInfo *scan;			/* the base relation or join at the bottom */
	bool		grouped;		/* its rows are groups */
	bool		sets;			/* ... of several sets of keys */
	bool		windows;		/* window functions may be sent */
	List	   *keys;			/* of groups */
	List	   *tlist;			/* out: TargetEntries */
	bool		computed;		/* out: one of them is an expression of columns */
} Level;

/* the level whose rows rel gives */
static Level
level_of(PlannerInfo *root, RelOptInfo *rel)
{
	PdsRelInfo *info = rel->fdw_private;
	Level		l = {.root = root};

	for (; info->kind >= PDS_REL_GROUP; rel = info->outer, info = rel->fdw_private)
	{
		if (info->kind == PDS_REL_WINDOW)
			l.windows = true;
		if (info->kind == PDS_REL_GROUP)
		{
			l.grouped = true;
			l.keys = info->keys;
			l.sets = info->grouping_sets != NIL;
		}
	}
	l.scan = rel;
	return l;
}

typedef enum Place
{
	PLACE_OUTPUT, PLACE_KEY, PLACE_SORT, PLACE_CONDITION
} Place;

/* Can e be written in that place?  Says nothing of which columns are keys. */
static bool
writes(const Level *l, Place place, Expr *e)
{
	StringInfoData buf;
	PdsShipContext cxt = {
		.root = l->root,
		.relids = pds_visible(l->scan),
		.aggregates = l->grouped,
		.buf = &buf
	};
	bool		avg;
	bool		ok = false;

	initStringInfo(&buf);
	switch (place)
	{
		case PLACE_OUTPUT:
			ok = pds_ship_upper(&cxt, e, &avg);
			break;
		case PLACE_KEY:
			ok = pds_ship_group_key(&cxt, e);
			break;
		case PLACE_SORT:
			ok = pds_ship_upper_sort_key(&cxt, e);
			break;
		case PLACE_CONDITION:
			ok = pds_ship_condition(&cxt, e) && !cxt.may_raise;
			break;
	}
	pfree(buf.data);
	/* over groups and windows, HAVING and the like exclude rows here */
	return ok && !cxt.has_param &&
		(!cxt.may_raise || place == PLACE_KEY || (!l->grouped && !l->windows));
}

/* Of a group, only keys and aggregates are values. */
static bool
only_keys(const Level *l, Node *e)
{
	ListCell   *lc;

	if (!l->grouped || list_member(l->keys, e))
		return true;
	foreach(lc, pull_var_clause(e, PVC_INCLUDE_AGGREGATES | PVC_RECURSE_WINDOWFUNCS |
								PVC_RECURSE_PLACEHOLDERS))
		if (IsA(lfirst(lc), Var) && !list_member(l->keys, lfirst(lc)))
			return false;
	return true;
}

/* the columns that a window is over are no arguments of its functions */
static bool
window_keys_ok(const Level *l, const WindowFunc *w)
{
	ListCell   *lc;

	foreach(lc, l->root->parse->windowClause)
	{
		WindowClause *c = lfirst_node(WindowClause, lc);

		if (c->winref == w->winref)
			return only_keys(l, (Node *) get_sortgrouplist_exprs(c->partitionClause,
																 l->root->processed_tlist)) &&
				only_keys(l, (Node *) get_sortgrouplist_exprs(c->orderClause,
															  l->root->processed_tlist));
	}
	return false;
}

static bool
column_ok(const Level *l, const Var *v)
{
	PdsShipContext cxt = {.root = l->root,.relids = pds_visible(l->scan)};

	return pds_ship_find_column(&cxt, v) != NULL;
}

static bool
is_window_function(Node *n, void *unused)
{
	if (n == NULL)
		return false;
	return IsA(n, WindowFunc) || expression_tree_walker(n, is_window_function, unused);
}

static bool
has_values(Node *n)
{
	return pull_var_clause(n, PVC_INCLUDE_AGGREGATES | PVC_RECURSE_WINDOWFUNCS |
						   PVC_RECURSE_PLACEHOLDERS) != NIL;
}

/* The values that n is made of join l->tlist.  True: one of them cannot be had (as walkers say it). */
static bool
lacks(Node *n, Level *l)
{
	if (n == NULL || tlist_member((Expr *) n, l->tlist))
		return false;
	if (IsA(n, List))
		return expression_tree_walker(n, lacks, l);
	if (l->grouped && list_member(l->keys, n))
		;						/* in the list, where there is one for it */
	else if (IsA(n, Var))
	{
		if (l->grouped || !column_ok(l, (Var *) n))
			return true;
	}
	else if (IsA(n, Aggref) || IsA(n, GroupingFunc))
	{
		if (!l->grouped || !writes(l, PLACE_OUTPUT, (Expr *) n))
			return true;
	}
	else if (IsA(n, WindowFunc))
	{
		if (!l->windows || !only_keys(l, n) || !window_keys_ok(l, (WindowFunc *) n) ||
			!writes(l, PLACE_OUTPUT, (Expr *) n))
			return true;
	}
	else if (!IsA(n, RelabelType) && !is_window_function(n, NULL) && has_values(n) && only_keys(l, n) && !l->sets &&
			 writes(l, PLACE_OUTPUT, (Expr *) n))
		l->computed = true;
	else
		return expression_tree_walker(n, lacks, l);
	l->tlist = lappend(l->tlist, makeTargetEntry(copyObject((Expr *) n),
												 list_length(l->tlist) + 1, NULL, false));
	return false;
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
	info->outer = below;
	info->scan_bytes = in->scan_bytes;
	info->tlist = tlist;
	return info;
}

static void
add_upper_path(PlannerInfo *root, RelOptInfo *rel, PdsRelInfo *info, PathTarget *target,
			   double rows, List *pathkeys)
{
	ForeignPath *path;
	Cost		startup;
	Cost		total;

	rel->fdw_private = info;
	info->total_rows = rows;
	pds_athena_cost(info, rows, target->width + 4, &startup, &total);
	total += target->cost.startup + target->cost.per_tuple * rows;
	/* with LIMIT here instead, Athena would write all rows before the first one comes */
	if (info->limited)
	{
		startup -= cpu_tuple_cost;
		total -= cpu_tuple_cost;
	}
	path = pds_create_foreign_upper_path(root, rel, target, rows, startup, total, pathkeys,
										 list_make1(makeInteger(PDS_ENGINE_ATHENA)));
	path->path.parallel_safe = false;
	add_path(rel, (Path *) path);
}

/* ---- GROUP BY and HAVING ---- */

/* Keys of the target come first; false: one cannot be a key there. */
static bool
group_keys(Level *l, PathTarget *target)
{
	Query	   *parse = l->root->parse;
	ListCell   *lc;
	int			i = 0;

	foreach(lc, target->exprs)
	{
		Index		ref = get_pathtarget_sortgroupref(target, i++);
		TargetEntry *tle;

		if (ref == 0 || get_sortgroupref_clause_noerr(ref, parse->groupClause) == NULL)
			continue;
		/* several sets can be had of columns only */
		if (!writes(l, PLACE_KEY, lfirst(lc)) ||
			(parse->groupingSets && !IsA(lfirst(lc), Var)))
			return false;
		tle = makeTargetEntry(copyObject(lfirst(lc)), list_length(l->tlist) + 1, NULL, false);
		tle->ressortgroupref = ref;
		l->tlist = lappend(l->tlist, tle);
		l->keys = lappend(l->keys, tle->expr);
	}
	return list_length(l->keys) == list_length(parse->groupClause);
}

/* GROUPING SETS as lists of keys; NIL: there is a set for which the engines differ */
static List *
grouping_sets(const Level *l)
{
	List	   *found = NIL;
	bool		empty = false;
	ListCell   *lc;

	foreach(lc, l->root->parse->groupingSets)
	{
		List	   *keys = NIL;
		ListCell   *lr;

		foreach(lr, (List *) lfirst(lc))
		{
			ListCell   *lt;

			foreach(lt, l->tlist)
				if (lfirst_node(TargetEntry, lt)->ressortgroupref == (Index) lfirst_int(lr))
					keys = lappend(keys, lfirst_node(TargetEntry, lt)->expr);
		}
		if (list_length(keys) != list_length(lfirst(lc)) || (keys == NIL && empty))
			return NIL;
		empty |= keys == NIL;
		found = lappend(found, keys);
	}
	return found;
}

/* HAVING goes where it can be evaluated; what is needed for the rest joins the list */
static bool
sort_having(Level *l, List *having, PdsRelInfo *info)
{
	ListCell   *lc;

	foreach(lc, having)
	{
		Node	   *e = lfirst(lc);

		if (only_keys(l, e) && !(l->sets && contain_var_clause(e)) && !contain_volatile_functions(e) &&
			writes(l, PLACE_CONDITION, (Expr *) e))
			info->remote_having = lappend(info->remote_having, e);
		else
			info->having = lappend(info->having, e);
	}
	return !lacks((Node *) info->having, l);
}

static void
add_group_path(PlannerInfo *root, RelOptInfo *input, RelOptInfo *output,
			   GroupPathExtraData *extra)
{
	Query	   *parse = root->parse;
	PdsRelInfo *in = input->fdw_private;
	PdsRelInfo *info;
	Level		l = level_of(root, input);
	double		groups = 1;

	if ((parse->groupClause == NIL && !parse->hasAggs) || parse->hasTargetSRFs ||
		in->kind >= PDS_REL_GROUP || in->local_conds != NIL ||
		extra->patype == PARTITIONWISE_AGGREGATE_PARTIAL)
		return;
	l.grouped = true;
	l.sets = parse->groupingSets != NIL;
	if (!group_keys(&l, output->reltarget))
		return;
	info = new_info(PDS_REL_GROUP, input, NIL);
	if ((l.sets && (info->grouping_sets = grouping_sets(&l)) == NIL) ||
		lacks((Node *) output->reltarget->exprs, &l) ||
		!sort_having(&l, (List *) extra->havingQual, info))
		return;
	if (parse->groupClause)
		groups = pds_estimate_num_groups(root,
										 get_sortgrouplist_exprs(parse->groupClause,
																 parse->targetList),
										 input->rows);
	info->tlist = l.tlist;
	info->keys = l.keys;
	add_upper_path(root, output, info, output->reltarget,
				   groups * Max(list_length(info->grouping_sets), 1), NIL);
}

/* ---- DISTINCT ---- */

/* SELECT DISTINCT: each expression is a key */
static void
add_distinct_path(PlannerInfo *root, RelOptInfo *input, RelOptInfo *output)
{
	Query	   *parse = root->parse;
	PdsRelInfo *in = input->fdw_private;
	PathTarget *target = root->upper_targets[UPPERREL_DISTINCT];
	Level		l = level_of(root, input);
	PdsRelInfo *info;
	ListCell   *lc;

	if (in->kind >= PDS_REL_GROUP || in->local_conds != NIL || parse->hasDistinctOn ||
		parse->hasTargetSRFs || target == NULL || target->exprs == NIL)
		return;
	foreach(lc, target->exprs)
		if (!writes(&l, PLACE_KEY, lfirst(lc)))
			return;
	info = new_info(PDS_REL_GROUP, input, make_tlist_from_pathtarget(target));
	info->keys = target->exprs;
	add_upper_path(root, output, info, target,
				   pds_estimate_num_groups(root, target->exprs, input->rows), NIL);
}

/* ---- window functions ---- */

/* function < 4: of values that come back, and a number known when the query starts */
static bool
run_condition_ok(const Level *l, const OpExpr *op)
{
	const char *name;
	Expr	   *other;

	if (!IsA(op, OpExpr) || list_length(op->args) != 2 || op->opno >= FirstGenbkiObjectId)
		return false;
	name = get_opname(op->opno);
	other = IsA(linitial(op->args), WindowFunc) ? lsecond(op->args) : linitial(op->args);
	return name && name[strspn(name, "<>=")] == '\0' && !has_values((Node *) other) &&
		(IsA(linitial(op->args), WindowFunc) || IsA(lsecond(op->args), WindowFunc)) &&
		(exprType((Node *) other) == INT4OID || exprType((Node *) other) == INT8OID) &&
		writes(l, PLACE_OUTPUT, other);
}

static void
add_window_path(PlannerInfo *root, RelOptInfo *input, RelOptInfo *output)
{
	PdsRelInfo *in = input->fdw_private;
	PathTarget *target = root->upper_targets[UPPERREL_WINDOW];
	Level		l = level_of(root, input);
	PdsRelInfo *info;
	List	   *conditions;
	ListCell   *lc;

	if (in->kind > PDS_REL_GROUP || in->local_conds != NIL || in->having != NIL ||
		root->parse->hasTargetSRFs || target == NULL)
		return;
	l.windows = true;
	if (lacks((Node *) target->exprs, &l))
		return;
	info = new_info(PDS_REL_WINDOW, input, NIL);
	conditions = pds_run_conditions(root->parse,
									pull_var_clause((Node *) target->exprs,
													PVC_RECURSE_AGGREGATES | PVC_INCLUDE_WINDOWFUNCS |
													PVC_RECURSE_PLACEHOLDERS));
	if (lacks((Node *) conditions, &l))
		return;
	foreach(lc, conditions)
	{
		if (run_condition_ok(&l, lfirst(lc)))
			info->remote_having = lappend(info->remote_having, lfirst(lc));
		else
			info->having = lappend(info->having, lfirst(lc));
	}
	info->tlist = l.tlist;
	add_upper_path(root, output, info, target,
				   in->kind >= PDS_REL_GROUP ? in->total_rows : input->rows, NIL);
}

/* ---- ORDER BY and LIMIT ---- */

/* conditions on groups or windows that another SELECT around it, or this side, evaluates */
static bool
is_filtered(const PdsRelInfo *in)
{
	return in->local_conds != NIL || in->having != NIL ||
		(in->kind == PDS_REL_WINDOW && in->remote_having != NIL);
}

/* the expression of a sort key that the rows below have */
static Expr *
key_expression(PlannerInfo *root, PathKey *key, PathTarget *target)
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
sort_keys(PlannerInfo *root, RelOptInfo *input, PathTarget *target, List **keys)
{
	Level		l = level_of(root, input);
	ListCell   *lc;

	*keys = NIL;
	foreach(lc, root->sort_pathkeys)
	{
		PathKey    *pk = lfirst_node(PathKey, lc);
		PdsSortKey *k = palloc(sizeof(PdsSortKey));

		k->expr = pk->pk_eclass->ec_has_volatile ? NULL : key_expression(root, pk, target);
		if (k->expr == NULL || !only_keys(&l, (Node *) k->expr) || !writes(&l, PLACE_SORT, k->expr))
			return false;
		k->descending = !pds_pathkey_ascending(pk);
		k->nulls_first = pk->pk_nulls_first;
		*keys = lappend(*keys, k);
	}
	return true;
}

static void
add_sort_path(PlannerInfo *root, RelOptInfo *input, RelOptInfo *output)
{
	PdsRelInfo *in = input->fdw_private;
	PathTarget *target = root->upper_targets[UPPERREL_FINAL];
	Level		l = level_of(root, input);
	PdsRelInfo *info;
	List	   *keys;

	/* what is filtered here may come ordered */
	if (root->parse->hasTargetSRFs || in->kind == PDS_REL_SORT || in->local_conds != NIL ||
		(in->kind == PDS_REL_WINDOW && is_filtered(in)) ||
		!sort_keys(root, input, target, &keys) || lacks((Node *) target->exprs, &l) ||
		lacks((Node *) in->having, &l))
		return;
	info = new_info(PDS_REL_SORT, input, l.tlist);
	info->sort = keys;
	info->having = in->having;
	info->offset = 0;
	info->limit = -1;
	/* of an upper relation, the planner keeps no number of rows */
	add_upper_path(root, output, info, target,
				   in->kind >= PDS_REL_GROUP ? in->total_rows : input->rows, root->sort_pathkeys);
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

static void
add_limit_path(PlannerInfo *root, RelOptInfo *input, RelOptInfo *output,
			   FinalPathExtraData *extra)
{
	Query	   *parse = root->parse;
	PdsRelInfo *in = input->fdw_private;
	PdsRelInfo *info;
	int64		limit;
	int64		offset;
	double		rows;

	if (parse->commandType != CMD_SELECT || parse->rowMarks || parse->hasTargetSRFs ||
		!extra->limit_needed || parse->limitOption != LIMIT_OPTION_COUNT || is_filtered(in) ||
		!constant_count(parse->limitCount, -1, &limit) ||
		!constant_count(parse->limitOffset, 0, &offset) || limit > PG_INT32_MAX)
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

		if (lacks((Node *) root->upper_targets[UPPERREL_FINAL]->exprs, &l))
			return;
		info = new_info(PDS_REL_SORT, input, l.tlist);
	}
	info->limited = true;
	info->limit = limit;
	info->offset = offset;
	rows = in->kind >= PDS_REL_GROUP ? in->total_rows : input->rows;
	rows = Max(rows - offset, 1);
	if (limit >= 0)
		rows = Min(rows, Max(limit, 1));
	add_upper_path(root, output, info, root->upper_targets[UPPERREL_FINAL], rows,
				   root->sort_pathkeys);
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
		lacks((Node *) target->exprs, &l) || !l.computed)
		return;
	info = new_info(PDS_REL_SORT, input, l.tlist);
	info->limit = -1;
	info->total_rows = in->total_rows;
	output->fdw_private = info;
	columns = add_to_flat_tlist(NIL, pull_var_clause((Node *) target->exprs,
													 PVC_RECURSE_PLACEHOLDERS));
	saved = (cpu_operator_cost + (text_width(columns) - text_width(l.tlist)) *
			 PDS_ATHENA_RESULT_COST) * below->rows;
	path = pds_create_foreign_upper_path(root, output, target, below->rows, below->startup_cost,
										 Max(below->total_cost - saved, below->startup_cost), NIL,
										 list_make1(makeInteger(PDS_ENGINE_ATHENA)));
	path->path.parallel_safe = false;
	add_path(output, (Path *) path);
}

void
pds_get_upper_paths(PlannerInfo *root, UpperRelationKind stage, RelOptInfo *input_rel,
					RelOptInfo *output_rel, void *extra)
{
	PdsRelInfo *in = input_rel->fdw_private;

	pds_direct_upper_paths(root, stage, input_rel, output_rel, extra);
	if (in == NULL || !in->athena_ok || output_rel->fdw_private)
		return;
	switch (stage)
	{
		case UPPERREL_GROUP_AGG:
			add_group_path(root, input_rel, output_rel, extra);
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
