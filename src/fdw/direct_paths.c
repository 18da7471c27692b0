/*
 * direct_paths.c
 *	  Path and plan of a direct scan.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "nodes/makefuncs.h"
#include "optimizer/optimizer.h"
#include "optimizer/planmain.h"
#include "optimizer/restrictinfo.h"

#include "fdw/raw_filter.h"
#include "fdw/relation.h"

void
pds_direct_add_paths(PlannerInfo *root, RelOptInfo *baserel)
{
	Cost		startup;
	Cost		total;

	pds_direct_cost(root, baserel, 1, &startup, &total);
	add_path(baserel, (Path *)
			 pds_create_foreignscan_path(root, baserel, NULL, baserel->rows,
										 startup, total, NIL,
										 baserel->lateral_relids, NULL,
										 list_make1(makeInteger(PDS_ENGINE_DIRECT))));
}

ForeignScan *
pds_direct_plan(PlannerInfo *root, RelOptInfo *baserel, ForeignPath *best_path,
				List *tlist, List *scan_clauses, Plan *outer_plan)
{
	PdsRelInfo *info = baserel->fdw_private;
	List	   *rest;
	List	   *filters = pds_raw_filter_choose(baserel, info->table, scan_clauses, &rest);
	List	   *quals = extract_actual_clauses(rest, false);
	Bitmapset  *returned = NULL;
	List	   *prune = extract_actual_clauses(info->partition_conds, false);
	List	   *objects = extract_actual_clauses(info->object_conds, false);
	char	   *expression = info->glue_expression ? info->glue_expression : "";
	List	   *private;

	/* what only raw filters look at is not returned */
	pull_varattnos((Node *) baserel->reltarget->exprs, baserel->relid, &returned);
	pull_varattnos((Node *) quals, baserel->relid, &returned);
	private = list_make4(makeInteger(PDS_ENGINE_DIRECT), makeString(""),
						 pds_columns_used(info->table, returned), makeString(expression));
	private = lappend(private, makeInteger(list_length(prune)));
	private = lappend(private, pds_planned(info));
	private = lappend(private, makeInteger(list_length(objects)));
	return make_foreignscan(tlist, quals, baserel->relid, list_concat(prune, objects),
							private, NIL, filters, outer_plan);
}
