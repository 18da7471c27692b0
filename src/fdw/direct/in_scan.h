/*
 * in_scan.h
 *	  Paths and plans of nodes that drive a direct scan below them: aggregates (direct_upper.c),
 *	  DISTINCT (direct_distinct.c), the first rows of an order (direct_top_paths.c).
 */
#ifndef PDS_FDW_IN_SCAN_H
#define PDS_FDW_IN_SCAN_H

#include "nodes/pathnodes.h"
#include "nodes/plannodes.h"

#include "fdw/plan/plan_private.h"

/* One table that can be read directly, and nothing is needed between its scan and our node. */
extern bool pds_may_drive_scan(const RelOptInfo *rel);

/* the direct path among the paths of a relation, that has no parameters; NULL: none */
extern ForeignPath *pds_direct_path(List *paths);

/*
 * The relation of partial groups below grouped: core's where it has made one.  Else its target is
 * empty, and for the caller to set.
 */
extern RelOptInfo *pds_partial_rel(PlannerInfo *root, const RelOptInfo *grouped);

/*
 * The expressions of target that are grouped by, with their numbers, as a target of their own;
 * the others are added to *rest.
 */
extern PathTarget *pds_group_keys(PlannerInfo *root, const PathTarget *target, List **rest);

/* variables and aggregates that expressions above groups are made of */
extern List *pds_group_parts(const List *exprs);

/* a copy of the aggregate whose end is left to a Finalize Agg */
extern Aggref *pds_partial_aggregate(const Aggref *a);

/* a Finalize Agg over partial groups; NULL: they cannot be told apart by hashing */
extern Path *pds_finalize_path(PlannerInfo *root, RelOptInfo *grouped, Path *partial,
							   PathTarget *target, List *having, double groups);

/* groups of so many rows, by the query's GROUP BY */
extern double pds_group_count(PlannerInfo *root, double rows);

/*
 * A path above scan that gives so many rows of target.  work: what is done before the first of
 * them, beside the scan, whose rows do not pass between nodes; by_row: giving one.  private
 * begins with the engine (pds_path_private).
 */
extern ForeignPath *pds_path_in_scan(PlannerInfo *root, RelOptInfo *rel, PathTarget *target,
									 ForeignPath *scan, double rows, Cost work, Cost by_row,
									 List *pathkeys, List *private);

/* the plan of such a path; given: the expressions of a row, as a target list */
extern ForeignScan *pds_plan_in_scan(List *tlist, const PdsPlan *plan, List *given,
									 Plan *outer_plan);

#endif							/* PDS_FDW_IN_SCAN_H */
