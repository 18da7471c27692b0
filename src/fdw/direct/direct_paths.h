/*
 * direct_paths.h
 *	  Paths and plans of direct scans, and of aggregates in them.
 */
#ifndef PDS_FDW_DIRECT_PATHS_H
#define PDS_FDW_DIRECT_PATHS_H

#include "nodes/pathnodes.h"
#include "nodes/plannodes.h"

extern void pds_direct_add_paths(PlannerInfo *root, RelOptInfo *baserel);
extern ForeignScan *pds_direct_plan(PlannerInfo *root, RelOptInfo *baserel,
									ForeignPath *best_path, List *tlist,
									List *scan_clauses, Plan *outer_plan);

/*
 * Cost of scanning the relation directly, with its conditions (direct_cost.c).  Workers have
 * connections of their own: they share all of run.
 */
extern void pds_direct_cost(PlannerInfo *root, RelOptInfo *baserel, Cost *startup, Cost *run);

/* paths for the stages of grouping (direct_upper.c) */
extern void pds_direct_upper_paths(PlannerInfo *root, UpperRelationKind stage, RelOptInfo *input,
								   RelOptInfo *output, void *extra_data);
extern ForeignScan *pds_direct_aggregate_plan(const ForeignPath *path, List *tlist,
											  Plan *outer_plan);

/*
 * Partial groups of so many rows: all there are, and one for each row that finds its
 * group given away already.
 */
extern double pds_partial_rows(const PathTarget *target, double groups, double rows);

/* paths of DISTINCT aggregates (direct_distinct.c) */
extern void pds_direct_distinct_paths(PlannerInfo *root, UpperRelationKind stage,
									  RelOptInfo *input, RelOptInfo *output, void *extra_data);

/* the same where others stand beside them (direct_mixed_paths.c): all aggregates of the query, and HAVING */
extern void pds_direct_mixed_paths(PlannerInfo *root, RelOptInfo *input, RelOptInfo *output,
								   List *aggregates, List *having);
extern bool pds_is_mixed_path(const ForeignPath *path);
extern ForeignScan *pds_direct_mixed_plan(const ForeignPath *path, List *tlist, Plan *outer_plan);

/* paths for ORDER BY with LIMIT (direct_top_paths.c) */
extern void pds_direct_top_paths(PlannerInfo *root, UpperRelationKind stage, RelOptInfo *input,
								 RelOptInfo *output);
extern bool pds_is_top_path(const ForeignPath *path);
extern ForeignScan *pds_direct_top_plan(ForeignPath *path, List *tlist, Plan *outer_plan);

#endif							/* PDS_FDW_DIRECT_PATHS_H */
