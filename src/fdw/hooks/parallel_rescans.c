/*
 * parallel_rescans.c
 *	  Plans that would run a parallel scan again and again.
 *
 * A Gather starts its workers anew for each rescan, and they read all objects again:
 * processes that share a scan are given other rows each time, so none can keep them.
 * A scan by one process keeps its rows (spool.h).  PostgreSQL's costs do not tell the two
 * apart, and where a single outer row is expected, not even one scan from many.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "optimizer/cost.h"
#include "optimizer/pathnode.h"
#include "optimizer/paths.h"

#include "fdw/hooks/server_hooks.h"
#include "fdw/routine.h"

static set_join_pathlist_hook_type previous_hook = NULL;

static bool
has_our_scan(PlannerInfo *root, const RelOptInfo *rel)
{
	int			i = -1;

	while ((i = bms_next_member(rel->relids, i)) >= 0)
	{
		const RelOptInfo *base = i < root->simple_rel_array_size ? root->simple_rel_array[i] : NULL;

		if (base && base->fdwroutine && base->fdwroutine->IterateForeignScan == pds_iterate_scan)
			return true;
	}
	return false;
}

/* What workers have read is kept for the next outer row, however few are expected. */
static void
keep_gathered(PlannerInfo *root, RelOptInfo *joinrel, RelOptInfo *outerrel, RelOptInfo *innerrel,
			  JoinType jointype, JoinPathExtraData *extra)
{
	ListCell   *lc;

	if (previous_hook)
		previous_hook(root, joinrel, outerrel, innerrel, jointype, extra);
	if (!enable_material || !has_our_scan(root, innerrel))
		return;
	foreach(lc, joinrel->pathlist)
	{
		JoinPath   *join = lfirst(lc);
		Path	   *inner;
		Path	   *kept;

		if (join->path.pathtype != T_NestLoop)
			continue;
		inner = join->innerjoinpath;
		if (inner->parent != innerrel ||
			(inner->pathtype != T_Gather && inner->pathtype != T_GatherMerge))
			continue;
		kept = (Path *) PDS_MATERIAL_PATH(innerrel, inner);
		join->path.total_cost += kept->total_cost - inner->total_cost;
		join->innerjoinpath = kept;
	}
}

void
pds_parallel_rescans_init(void)
{
	previous_hook = set_join_pathlist_hook;
	set_join_pathlist_hook = keep_gathered;
}
