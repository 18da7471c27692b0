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

/* a nested loop whose inner side starts workers for each outer row */
static bool
is_gathered_loop(const Path *path, const RelOptInfo *innerrel)
{
	const Path *inner;

	if (path->pathtype != T_NestLoop)
		return false;
	inner = ((const JoinPath *) path)->innerjoinpath;
	return inner->parent == innerrel &&
		(inner->pathtype == T_Gather || inner->pathtype == T_GatherMerge);
}

/* the same loop over rows that are kept */
static Path *
materialized_loop(const NestPath *loop, RelOptInfo *innerrel)
{
	NestPath   *copy = makeNode(NestPath);
	JoinPath   *join = (JoinPath *) copy;
	Path	   *inner = ((const JoinPath *) loop)->innerjoinpath;

	memcpy(copy, loop, sizeof(NestPath));
	join->innerjoinpath = (Path *) PDS_MATERIAL_PATH(innerrel, inner);
	join->path.total_cost += join->innerjoinpath->total_cost - inner->total_cost;
	return (Path *) copy;
}

/*
 * What workers have read is kept for the next outer row, however few are expected.  The list is
 * sorted by costs: loops leave it, and come back as other paths.
 */
static void
keep_gathered(PlannerInfo *root, RelOptInfo *joinrel, RelOptInfo *outerrel, RelOptInfo *innerrel,
			  JoinType jointype, JoinPathExtraData *extra)
{
	List	   *loops = NIL;
	ListCell   *lc;

	if (previous_hook)
		previous_hook(root, joinrel, outerrel, innerrel, jointype, extra);
	if (!enable_material || !has_our_scan(root, innerrel))
		return;
	foreach(lc, joinrel->pathlist)
	{
		Path	   *path = lfirst(lc);

		if (!is_gathered_loop(path, innerrel))
			continue;
		loops = lappend(loops, path);
		joinrel->pathlist = foreach_delete_current(joinrel->pathlist, lc);
	}
	foreach(lc, loops)
		add_path(joinrel, materialized_loop(lfirst(lc), innerrel));
}

void
pds_parallel_rescans_init(void)
{
	previous_hook = set_join_pathlist_hook;
	set_join_pathlist_hook = keep_gathered;
}
