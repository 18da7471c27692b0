/*
 * athena_paths.h
 *	  Paths and plans of what Athena answers.
 */
#ifndef PDS_FDW_ATHENA_PATHS_H
#define PDS_FDW_ATHENA_PATHS_H

#include "nodes/execnodes.h"
#include "nodes/pathnodes.h"

#include "fdw/plan/rel_info.h"

extern void pds_athena_add_paths(PlannerInfo *root, RelOptInfo *baserel);
extern ForeignScan *pds_athena_plan(PlannerInfo *root, RelOptInfo *baserel,
									ForeignPath *best_path, List *tlist,
									List *scan_clauses, Plan *outer_plan);

/* joins (athena_join.c): FdwRoutine.GetForeignJoinPaths */
extern void pds_get_join_paths(PlannerInfo *root, RelOptInfo *joinrel, RelOptInfo *outerrel,
							   RelOptInfo *innerrel, JoinType jointype,
							   JoinPathExtraData *extra);

/* the plan of a join, or of what lies above */
extern ForeignScan *pds_athena_relation_plan(PlannerInfo *root, RelOptInfo *rel,
											 List *scan_clauses, List *tlist, Plan *outer_plan);

/* FdwRoutine.RecheckForeignScan: a pushed join's row, looked at again */
extern bool pds_recheck_join(struct ForeignScanState *node, TupleTableSlot *slot);

/* what a result of these rows of reltarget costs beyond the scan of the inputs */
extern void pds_athena_cost(const PdsRelInfo *info, double rows, double width, Cost *startup,
							Cost *total);

/* what lies above scans and joins (athena_upper.c) */
extern void pds_athena_upper_paths(PlannerInfo *root, UpperRelationKind stage,
								   RelOptInfo *input_rel, RelOptInfo *output_rel, void *extra);

#endif							/* PDS_FDW_ATHENA_PATHS_H */
