/*
 * in_scan.c
 *	  What the paths and plans of nodes that drive a direct scan have in common.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "nodes/nodeFuncs.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/planmain.h"
#include "optimizer/planner.h"
#include "optimizer/prep.h"
#include "optimizer/tlist.h"
#include "utils/selfuncs.h"

#include "fdw/direct/in_scan.h"
#include "fdw/plan/costs.h"
#include "fdw/plan/rel_info.h"

/* Does a condition need a node of its own above the scan? */
static bool
has_pseudoconstant(const RelOptInfo *rel)
{
	ListCell   *lc;

	foreach(lc, rel->baserestrictinfo)
	{
		if (lfirst_node(RestrictInfo, lc)->pseudoconstant)
			return true;
	}
	return false;
}

bool
pds_may_drive_scan(const RelOptInfo *rel)
{
	const PdsRelInfo *info = rel->fdw_private;

	return info && info->kind == PDS_REL_BASE && info->direct_ok && IS_SIMPLE_REL(rel) &&
		!has_pseudoconstant(rel);
}

/* what is put above the scan itself is not needed */
ForeignPath *
pds_direct_path(List *paths)
{
	ListCell   *lc;

	foreach(lc, paths)
	{
		ForeignPath *p = pds_path_of_engine(lfirst(lc), PDS_ENGINE_DIRECT);

		if (p && p->path.param_info == NULL && p->fdw_outerpath == NULL)
			return p;
	}
	return NULL;
}

RelOptInfo *
pds_partial_rel(PlannerInfo *root, const RelOptInfo *grouped)
{
	RelOptInfo *rel = fetch_upper_rel(root, UPPERREL_PARTIAL_GROUP_AGG, grouped->relids);

	if (rel->reltarget->exprs != NIL)
		return rel;
	rel->consider_parallel = grouped->consider_parallel;
	rel->reloptkind = grouped->reloptkind;
	rel->serverid = grouped->serverid;
	rel->userid = grouped->userid;
	rel->useridiscurrent = grouped->useridiscurrent;
	rel->fdwroutine = grouped->fdwroutine;
	return rel;
}

PathTarget *
pds_group_keys(PlannerInfo *root, const PathTarget *target, List **rest)
{
	PathTarget *keys = create_empty_pathtarget();
	ListCell   *lc;
	int			i = 0;

	foreach(lc, target->exprs)
	{
		Index		ref = get_pathtarget_sortgroupref(target, i++);

		if (ref && get_sortgroupref_clause_noerr(ref, PDS_GROUP_CLAUSE(root)))
			add_column_to_pathtarget(keys, lfirst(lc), ref);
		else
			*rest = lappend(*rest, lfirst(lc));
	}
	return keys;
}

List *
pds_group_parts(const List *exprs)
{
	return pull_var_clause((Node *) exprs, PVC_INCLUDE_AGGREGATES | PVC_RECURSE_WINDOWFUNCS |
						   PVC_INCLUDE_PLACEHOLDERS);
}

Aggref *
pds_partial_aggregate(const Aggref *a)
{
	Aggref	   *partial = copyObject((Aggref *) a);

	mark_partial_aggref(partial, AGGSPLIT_INITIAL_SERIAL);
	return partial;
}

Path *
pds_finalize_path(PlannerInfo *root, RelOptInfo *grouped, Path *partial, PathTarget *target,
				  List *having, double groups)
{
	List	   *clause = PDS_GROUP_CLAUSE(root);
	AggClauseCosts costs;
	AggStrategy strategy = AGG_HASHED;

	MemSet(&costs, 0, sizeof(costs));
	if (root->parse->hasAggs)
		get_agg_clause_costs(root, AGGSPLIT_FINAL_DESERIAL, &costs);
	if (root->parse->groupClause == NIL)
		strategy = AGG_PLAIN;
	else if (clause == NIL)
		strategy = AGG_SORTED;	/* one group at most: in order as it is */
	else if (!grouping_is_hashable(clause))
		return NULL;
	return (Path *) create_agg_path(root, grouped, partial, target, strategy,
									AGGSPLIT_FINAL_DESERIAL, clause, having, &costs, groups);
}

double
pds_group_count(PlannerInfo *root, double rows)
{
	return estimate_num_groups(root, get_sortgrouplist_exprs(PDS_GROUP_CLAUSE(root),
															 root->parse->targetList),
							   rows, NULL, NULL);
}

ForeignPath *
pds_path_in_scan(PlannerInfo *root, RelOptInfo *rel, PathTarget *target, ForeignPath *scan,
				 double rows, Cost work, Cost by_row, List *pathkeys, List *private)
{
	const Path *below = &scan->path;
	Cost		startup = below->total_cost + work -
		Min(below->rows * PDS_DIRECT_COST_PER_ROW, below->total_cost - below->startup_cost);
	ForeignPath *path = pds_create_foreign_upper_path(root, rel, target, rows, startup,
													  startup + rows * by_row, pathkeys, private);

	path->fdw_outerpath = (Path *) scan;
	path->path.parallel_workers = below->parallel_workers;
	path->path.parallel_safe = rel->consider_parallel && below->parallel_safe;
	return path;
}

ForeignScan *
pds_plan_in_scan(List *tlist, const PdsPlan *plan, List *given, Plan *outer_plan)
{
	return make_foreignscan(tlist, NIL, 0, NIL, pds_plan_pack(plan), given, NIL, outer_plan);
}
