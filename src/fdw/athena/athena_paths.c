/*
 * athena_paths.c
 *	  Path and plan of a scan by Athena.
 *
 * Never parallel (each worker would start an execution), never parameterised
 * by another relation (each outer row would).
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "nodes/makefuncs.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/planmain.h"
#include "optimizer/restrictinfo.h"

#include "fdw/athena/athena_paths.h"
#include "fdw/plan/costs.h"
#include "fdw/plan/estimate.h"
#include "fdw/plan/plan_private.h"
#include "fdw/ship/deparse.h"

/* attnums that the select list and the local conditions need */
static List *
needed_columns(const PdsRelInfo *info, RelOptInfo *baserel, List *local)
{
	Bitmapset  *attrs = NULL;

	pull_varattnos((Node *) baserel->reltarget->exprs, baserel->relid, &attrs);
	pull_varattnos((Node *) local, baserel->relid, &attrs);
	return pds_columns_used(PDS_BASE(info)->table, attrs);
}

/* bytes of a row of the result: values, quotes and commas */
static double
result_width(const PdsRelInfo *info, RelOptInfo *baserel)
{
	double		width = 4;
	ListCell   *lc;

	foreach(lc, needed_columns(info, baserel, extract_actual_clauses(info->local_conds, false)))
	{
		const PdsColumn *c = &PDS_BASE(info)->table->columns[lfirst_int(lc) - 1];

		width += 3 + pds_column_width(PDS_BASE(info)->table, c, info->est.text_share);
	}
	return width;
}

void
pds_athena_add_paths(PlannerInfo *root, RelOptInfo *baserel)
{
	PdsRelInfo *info = baserel->fdw_private;
	PdsServerOptions *o = &info->conn->options;
	ForeignPath *path;
	QualCost	qual;
	double		rows;
	Cost		startup;
	Cost		run;

	/* rows that come over the wire */
	rows = clamp_row_est(info->est.total_rows *
						 clauselist_selectivity(root, info->remote_conds, baserel->relid,
												JOIN_INNER, NULL));
	cost_qual_eval(&qual, info->local_conds, root);
	startup = o->startup_cost >= 0 ? o->startup_cost : PDS_ATHENA_STARTUP_COST;
	startup += qual.startup + baserel->reltarget->cost.startup;
	startup += (double) Max(info->est.scan_bytes, 0) * PDS_ATHENA_COST_PER_BYTE;
	run = rows * result_width(info, baserel) * PDS_ATHENA_RESULT_COST;
	run += (cpu_tuple_cost + qual.per_tuple + Max(o->tuple_cost, 0)) * rows;
	run += baserel->reltarget->cost.per_tuple * baserel->rows;
	path = pds_create_foreignscan_path(root, baserel, NULL, baserel->rows, startup,
									   startup + run, NIL, baserel->lateral_relids, NULL,
									   pds_path_private(PDS_ENGINE_ATHENA));
	path->path.parallel_safe = false;
	add_path(baserel, (Path *) path);
}

ForeignScan *
pds_athena_plan(PlannerInfo *root, RelOptInfo *baserel, ForeignPath *best_path,
				List *tlist, List *scan_clauses, Plan *outer_plan)
{
	PdsRelInfo *info = baserel->fdw_private;
	List	   *remote = NIL;
	List	   *local = NIL;
	List	   *recheck = NIL;
	List	   *params = NIL;
	PdsPlan		plan = {.kind = PDS_PLAN_ATHENA_TABLE, .planned = pds_planned(info)};
	ListCell   *lc;

	foreach(lc, scan_clauses)
	{
		RestrictInfo *ri = lfirst_node(RestrictInfo, lc);

		if (ri->pseudoconstant)
			continue;
		if (list_member_ptr(info->remote_conds, ri))
			remote = lappend(remote, ri);
		if (!list_member_ptr(info->remote_conds, ri) || list_member_ptr(info->local_conds, ri))
			local = lappend(local, ri->clause);
		else
			recheck = lappend(recheck, ri->clause);
	}
	plan.columns = needed_columns(info, baserel, local);
	plan.sql = pds_deparse_base_select(root, baserel, plan.columns, remote, &params);
	return make_foreignscan(tlist, local, baserel->relid, params, pds_plan_pack(&plan), NIL,
							recheck, outer_plan);
}
