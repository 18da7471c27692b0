/*
 * routine.h
 *	  The entries of FdwRoutine that know both engines.
 */
#ifndef PDS_FDW_ROUTINE_H
#define PDS_FDW_ROUTINE_H

#include "commands/explain.h"
#include "foreign/fdwapi.h"

/* relation.c */
extern void pds_get_rel_size(PlannerInfo *root, RelOptInfo *baserel, Oid relid);
extern void pds_get_paths(PlannerInfo *root, RelOptInfo *baserel, Oid relid);
extern ForeignScan *pds_get_plan(PlannerInfo *root, RelOptInfo *baserel, Oid relid,
								 ForeignPath *best_path, List *tlist,
								 List *scan_clauses, Plan *outer_plan);

/* upper.c */
extern void pds_get_upper_paths(PlannerInfo *root, UpperRelationKind stage, RelOptInfo *input_rel,
								RelOptInfo *output_rel, void *extra);

/* scan.c */
extern void pds_begin_scan(ForeignScanState *node, int eflags);
extern TupleTableSlot *pds_iterate_scan(ForeignScanState *node);
extern void pds_rescan(ForeignScanState *node);
extern void pds_end_scan(ForeignScanState *node);
extern void pds_explain_scan(ForeignScanState *node, ExplainState *es);

#endif							/* PDS_FDW_ROUTINE_H */
