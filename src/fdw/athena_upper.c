/*
 * athena_upper.c
 *	  Aggregates and GROUP BY, done by Athena.
 *
 * Sent are plain grouping columns and aggregates that Athena computes exactly;
 * expressions over them and HAVING are evaluated here, on the groups that come
 * back.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/tlist.h"

#include "fdw/deparse.h"
#include "fdw/relation.h"

/* bytes of a group's values in the result, about */
#define GROUP_WIDTH 24

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
group_tlist(PlannerInfo *root, RelOptInfo *input, PathTarget *target, List *having, List **tlist)
{
	Query	   *parse = root->parse;
	ListCell   *lc;
	int			i = 0;

	*tlist = NIL;
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
	}
	if (list_length(*tlist) != list_length(parse->groupClause))
		return false;
	foreach(lc, target->exprs)
		if (!add_aggregates(root, input, lfirst(lc), tlist))
			return false;
	return add_aggregates(root, input, (Node *) having, tlist);
}

static bool
has_params(const PdsRelInfo *info)
{
	return info->local_conds != NIL;
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
	ForeignPath *path;
	double		groups = 1;
	double		width;
	Cost		startup;
	Cost		total;

	if ((parse->groupClause == NIL && !parse->hasAggs) || parse->groupingSets ||
		parse->hasTargetSRFs || has_params(in) ||
		extra->patype == PARTITIONWISE_AGGREGATE_PARTIAL ||
		!group_tlist(root, input, output->reltarget, having, &tlist))
		return;
	if (parse->groupClause)
		groups = pds_estimate_num_groups(root,
										 get_sortgrouplist_exprs(parse->groupClause,
																 parse->targetList),
										 input->rows);
	info = palloc0(sizeof(PdsRelInfo));
	info->kind = PDS_REL_GROUP;
	info->conn = in->conn;
	info->userid = in->userid;
	info->engine = in->engine;
	info->athena_ok = true;
	info->outer = input;
	info->scan_bytes = in->scan_bytes;
	info->total_rows = groups;
	info->tlist = tlist;
	info->having = having;
	output->fdw_private = info;
	width = list_length(tlist) * GROUP_WIDTH;
	pds_athena_cost(info, groups, width, &startup, &total);
	total += output->reltarget->cost.startup + output->reltarget->cost.per_tuple * groups;
	path = pds_create_foreign_upper_path(root, output, output->reltarget, groups, startup, total,
										 NIL, list_make1(makeInteger(PDS_ENGINE_ATHENA)));
	path->path.parallel_safe = false;
	add_path(output, (Path *) path);
}

void
pds_get_upper_paths(PlannerInfo *root, UpperRelationKind stage, RelOptInfo *input_rel,
					RelOptInfo *output_rel, void *extra)
{
	PdsRelInfo *in = input_rel->fdw_private;

	if (in == NULL || !in->athena_ok || output_rel->fdw_private)
		return;
	if (stage == UPPERREL_GROUP_AGG && in->kind != PDS_REL_GROUP)
		add_group_path(root, input_rel, output_rel, extra);
}
