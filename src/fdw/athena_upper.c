/*
 * athena_upper.c
 *	  Aggregates and GROUP BY, DISTINCT, ORDER BY and LIMIT, done by Athena.
 *
 * Sent are plain grouping columns and aggregates that Athena computes exactly;
 * expressions over them and HAVING are evaluated here, on the groups that come
 * back.  ORDER BY is sent where Athena orders alike, and LIMIT where nothing is
 * left to be done here before it.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/tlist.h"

#include "fdw/deparse.h"
#include "fdw/direct_aggregate.h"
#include "fdw/relation.h"

static bool
aggregate_ok(PlannerInfo *root, RelOptInfo *input, Aggref *a)
{
	StringInfoData buf;
	PdsShipContext cxt = {.root = root,.relids = input->relids,.buf = &buf};
	bool		avg;
	bool		ok;

	initStringInfo(&buf);
	ok = pds_ship_aggregate(&cxt, a, &avg);
	pfree(buf.data);
	return ok;
}

static bool
key_ok(PlannerInfo *root, RelOptInfo *input, Expr *e)
{
	StringInfoData buf;
	PdsShipContext cxt = {.root = root,.relids = input->relids,.buf = &buf};
	bool		ok;

	initStringInfo(&buf);
	ok = pds_ship_group_key(&cxt, e);
	pfree(buf.data);
	return ok;
}

/* The aggregates in an expression join the list; false when one cannot be sent, or a column is no key. */
static bool
add_aggregates(PlannerInfo *root, RelOptInfo *input, Node *expr, List **tlist)
{
	List	   *parts = pull_var_clause(expr, PVC_INCLUDE_AGGREGATES | PVC_RECURSE_WINDOWFUNCS);
	ListCell   *lc;

	/* a key that is an expression */
	if (tlist_member((Expr *) expr, *tlist))
		return true;
	foreach(lc, parts)
	{
		Expr	   *e = lfirst(lc);

		if (tlist_member(e, *tlist))
			continue;
		if (!IsA(e, Aggref) || !aggregate_ok(root, input, (Aggref *) e))
			return false;
		*tlist = add_to_flat_tlist(*tlist, list_make1(e));
	}
	return true;
}

/* What Athena has to give: keys first, then the aggregates of target list and HAVING. */
static bool
group_tlist(PlannerInfo *root, RelOptInfo *input, PathTarget *target, List *having, List **tlist,
			List **keys)
{
	Query	   *parse = root->parse;
	ListCell   *lc;
	int			i = 0;

	*tlist = *keys = NIL;
	foreach(lc, target->exprs)
	{
		Index		ref = get_pathtarget_sortgroupref(target, i);
		TargetEntry *tle;

		i++;
		if (ref == 0 || get_sortgroupref_clause_noerr(ref, parse->groupClause) == NULL)
			continue;
		if (!key_ok(root, input, lfirst(lc)))
			return false;
		tle = makeTargetEntry(copyObject(lfirst(lc)), list_length(*tlist) + 1, NULL, false);
		tle->ressortgroupref = ref;
		*tlist = lappend(*tlist, tle);
		*keys = lappend(*keys, tle->expr);
	}
	if (list_length(*tlist) != list_length(parse->groupClause))
		return false;
	foreach(lc, target->exprs)
		if (!add_aggregates(root, input, lfirst(lc), tlist))
			return false;
	return add_aggregates(root, input, (Node *) having, tlist);
}

/* a relation above `below`, with what it has of it */
static PdsRelInfo *
new_info(PdsRelKind kind, RelOptInfo *below)
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
	path = pds_create_foreign_upper_path(root, rel, target, rows, startup, total, pathkeys,
										 list_make1(makeInteger(PDS_ENGINE_ATHENA)));
	path->path.parallel_safe = false;
	add_path(rel, (Path *) path);
}

static void
add_group_path(PlannerInfo *root, RelOptInfo *input, RelOptInfo *output,
			   GroupPathExtraData *extra)
{
	Query	   *parse = root->parse;
	PdsRelInfo *in = input->fdw_private;
	PdsRelInfo *info;
	List	   *having = (List *) extra->havingQual;
	List	   *tlist;
	List	   *keys;
	double		groups = 1;

	if ((parse->groupClause == NIL && !parse->hasAggs) || parse->groupingSets ||
		parse->hasTargetSRFs || in->local_conds != NIL ||
		extra->patype == PARTITIONWISE_AGGREGATE_PARTIAL ||
		!group_tlist(root, input, output->reltarget, having, &tlist, &keys))
		return;
	if (parse->groupClause)
		groups = pds_estimate_num_groups(root,
										 get_sortgrouplist_exprs(parse->groupClause,
																 parse->targetList),
										 input->rows);
	info = new_info(PDS_REL_GROUP, input);
	info->tlist = tlist;
	info->keys = keys;
	info->having = having;
	add_upper_path(root, output, info, output->reltarget, groups, NIL);
}

/* SELECT DISTINCT of plain columns: each is a key */
static void
add_distinct_path(PlannerInfo *root, RelOptInfo *input, RelOptInfo *output)
{
	Query	   *parse = root->parse;
	PdsRelInfo *in = input->fdw_private;
	PathTarget *target = root->upper_targets[UPPERREL_DISTINCT];
	PdsRelInfo *info;
	ListCell   *lc;

	if (in->kind == PDS_REL_GROUP || in->local_conds != NIL || parse->hasDistinctOn ||
		parse->hasTargetSRFs || target == NULL || target->exprs == NIL)
		return;
	foreach(lc, target->exprs)
		if (!key_ok(root, input, lfirst(lc)))
			return;
	info = new_info(PDS_REL_GROUP, input);
	info->keys = target->exprs;
	info->tlist = make_tlist_from_pathtarget(target);
	add_upper_path(root, output, info, target,
				   pds_estimate_num_groups(root, target->exprs, input->rows), NIL);
}

/* ---- ORDER BY and LIMIT ---- */

/* the values that target and keys are made of, as entries of a result; false: not all can be read */
static bool
sort_tlist(PlannerInfo *root, RelOptInfo *input, PathTarget *target, List **tlist)
{
	PdsRelInfo *in = input->fdw_private;
	PdsShipContext cxt = {.root = root,.relids = input->relids};
	List	   *parts;
	ListCell   *lc;

	if (in->kind == PDS_REL_GROUP)
	{
		*tlist = in->tlist;
		return true;
	}
	parts = pull_var_clause((Node *) target->exprs, PVC_RECURSE_PLACEHOLDERS);
	foreach(lc, parts)
		if (pds_ship_find_column(&cxt, lfirst(lc)) == NULL)
			return false;
	*tlist = add_to_flat_tlist(NIL, parts);
	return true;
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

static bool
sort_key_ok(PlannerInfo *root, RelOptInfo *scan, Expr *e)
{
	StringInfoData buf;
	PdsShipContext cxt = {.root = root,.relids = scan->relids,.buf = &buf};
	bool		ok;

	initStringInfo(&buf);
	ok = pds_ship_sort_key(&cxt, e) && !cxt.has_param;
	pfree(buf.data);
	return ok;
}

/* Keys of ORDER BY; false when one orders otherwise there. */
static bool
sort_keys(PlannerInfo *root, RelOptInfo *input, PathTarget *target, List **keys)
{
	PdsRelInfo *in = input->fdw_private;
	RelOptInfo *scan = in->kind == PDS_REL_GROUP ? in->outer : input;
	ListCell   *lc;

	*keys = NIL;
	foreach(lc, root->sort_pathkeys)
	{
		PathKey    *pk = lfirst_node(PathKey, lc);
		PdsSortKey *k = palloc(sizeof(PdsSortKey));

		k->expr = pk->pk_eclass->ec_has_volatile ? NULL : key_expression(root, pk, target);
		if (k->expr == NULL || !sort_key_ok(root, scan, k->expr))
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
	PdsRelInfo *info;
	List	   *tlist;
	List	   *keys;

	if (root->parse->hasTargetSRFs || in->kind == PDS_REL_SORT || in->local_conds != NIL ||
		!sort_tlist(root, input, target, &tlist) || !sort_keys(root, input, target, &keys))
		return;
	info = new_info(PDS_REL_SORT, input);
	info->tlist = tlist;
	info->sort = keys;
	info->having = in->having;
	info->offset = 0;
	info->limit = -1;
	add_upper_path(root, output, info, target, input->rows, root->sort_pathkeys);
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
		!extra->limit_needed || parse->limitOption != LIMIT_OPTION_COUNT || in->having != NIL ||
		in->local_conds != NIL || !constant_count(parse->limitCount, -1, &limit) ||
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
		info = new_info(PDS_REL_SORT, input);
		if (!sort_tlist(root, input, root->upper_targets[UPPERREL_FINAL], &info->tlist))
			return;
	}
	info->limited = true;
	info->limit = limit;
	info->offset = offset;
	rows = in->kind == PDS_REL_SORT || in->kind == PDS_REL_GROUP ? in->total_rows : input->rows;
	rows = Max(rows - offset, 1);
	if (limit >= 0)
		rows = Min(rows, Max(limit, 1));
	add_upper_path(root, output, info, root->upper_targets[UPPERREL_FINAL], rows,
				   root->sort_pathkeys);
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
		case UPPERREL_DISTINCT:
			add_distinct_path(root, input_rel, output_rel);
			break;
		case UPPERREL_ORDERED:
			add_sort_path(root, input_rel, output_rel);
			break;
		case UPPERREL_FINAL:
			add_limit_path(root, input_rel, output_rel, extra);
			break;
		default:
			break;
	}
}
