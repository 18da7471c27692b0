/*
 * direct_paths.c
 *	  Path and plan of a direct scan.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "nodes/makefuncs.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/paths.h"
#include "optimizer/planmain.h"
#include "optimizer/restrictinfo.h"

#include "fdw/base/guc.h"
#include "fdw/base/params.h"
#include "fdw/direct/direct_paths.h"
#include "fdw/plan/plan_private.h"
#include "fdw/plan/rel_info.h"
#include "fdw/rows/raw_filter.h"

/* how many rows' work one process does: as costsize.c's get_parallel_divisor */
static double
parallel_divisor(int workers)
{
	double		divisor = workers;

	if (parallel_leader_participation && 1.0 - 0.3 * workers > 0)
		divisor += 1.0 - 0.3 * workers;
	return divisor;
}

/* Some processes, each with a part of the objects (parallel.h). */
static void
add_parallel_path(PlannerInfo *root, RelOptInfo *baserel, Cost startup, Cost run)
{
	PdsRelInfo *info = baserel->fdw_private;
	double		pages = (double) Max(info->est.scan_bytes, 0) / BLCKSZ;
	int			workers;
	double		divisor;
	ForeignPath *path;

	if (!baserel->consider_parallel || baserel->lateral_relids != NULL || pds_is_rescanned(root))
		return;
	workers = compute_parallel_worker(baserel, pages, -1, max_parallel_workers_per_gather);
	if (workers <= 0)
		return;
	divisor = parallel_divisor(workers);
	path = pds_create_foreignscan_path(root, baserel, NULL, clamp_row_est(baserel->rows / divisor),
									   startup, startup + run / divisor, NIL, NULL, NULL,
									   pds_path_private(PDS_ENGINE_DIRECT));
	path->path.parallel_aware = true;
	path->path.parallel_workers = workers;
	add_partial_path(baserel, (Path *) path);
}

void
pds_direct_add_paths(PlannerInfo *root, RelOptInfo *baserel)
{
	Cost		startup;
	Cost		run;

	pds_direct_cost(root, baserel, &startup, &run);
	add_path(baserel, (Path *)
			 pds_create_foreignscan_path(root, baserel, NULL, baserel->rows,
										 startup, startup + run, NIL,
										 baserel->lateral_relids, NULL,
										 pds_path_private(PDS_ENGINE_DIRECT)));
	add_parallel_path(root, baserel, startup, run);
}

/* neither partition keys nor pseudo-columns */
static bool
all_of_data(const PdsTable *table, const List *attnums)
{
	ListCell   *lc;

	foreach(lc, attnums)
	{
		const PdsColumn *c = &table->columns[lfirst_int(lc) - 1];

		if (c->key >= 0 || pds_is_pseudo(c))
			return false;
	}
	return true;
}

/*
 * Takes the conditions that become raw filters out of scan_clauses (RestrictInfos), which is not
 * changed; gives them bare.  *rest: the others, as RestrictInfos; with them conditions on an outer
 * row's value, since rows are kept for the next ones before those are evaluated (spool.h).
 */
static List *
choose_raw_filters(PlannerInfo *root, RelOptInfo *rel, const PdsTable *table, List *scan_clauses,
				   List **rest)
{
	List	   *chosen = NIL;
	ListCell   *lc;

	*rest = NIL;
	foreach(lc, scan_clauses)
	{
		RestrictInfo *ri = lfirst_node(RestrictInfo, lc);
		List	   *attnums = NIL;

		if (pds_raw_filters && table->dialect.format != PDS_FORMAT_OPENCSV &&
			!ri->pseudoconstant && restriction_is_securely_promotable(ri, rel) &&
			!pds_has_outer_param(root, (Node *) ri->clause))
			attnums = pds_raw_filter_columns(list_make1(ri->clause), NIL);
		if (attnums != NIL && all_of_data(table, attnums))
			chosen = lappend(chosen, ri->clause);
		else
			*rest = lappend(*rest, ri);
	}
	return chosen;
}

ForeignScan *
pds_direct_plan(PlannerInfo *root, RelOptInfo *baserel, ForeignPath *best_path,
				List *tlist, List *scan_clauses, Plan *outer_plan)
{
	PdsRelInfo *info = baserel->fdw_private;
	PdsBaseRel *base = PDS_BASE(info);
	List	   *rest;
	List	   *filters = choose_raw_filters(root, baserel, base->table, scan_clauses, &rest);
	List	   *quals = extract_actual_clauses(rest, false);
	Bitmapset  *returned = NULL;
	PdsPlan		plan = {.kind = PDS_PLAN_DIRECT, .planned = pds_planned(info)};

	/* what only raw filters look at is not returned */
	pull_varattnos((Node *) baserel->reltarget->exprs, baserel->relid, &returned);
	pull_varattnos((Node *) quals, baserel->relid, &returned);
	plan.columns = pds_columns_used(base->table, returned);
	plan.glue_expression = base->glue_expression;
	plan.athena_reason = base->table->in_catalog ? base->table->athena_reason : NULL;
	plan.partition_quals = extract_actual_clauses(base->partition_conds, false);
	plan.object_quals = extract_actual_clauses(base->object_conds, false);
	return make_foreignscan(tlist, quals, baserel->relid,
							list_concat_copy(plan.partition_quals, plan.object_quals),
							pds_plan_pack(&plan), NIL, filters, outer_plan);
}
