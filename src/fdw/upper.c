/*
 * upper.c
 *	  Paths of what lies above scans and joins: both engines are asked.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "fdw/athena/athena_paths.h"
#include "fdw/direct/direct_paths.h"
#include "fdw/routine.h"

void
pds_get_upper_paths(PlannerInfo *root, UpperRelationKind stage, RelOptInfo *input_rel,
					RelOptInfo *output_rel, void *extra)
{
	pds_direct_upper_paths(root, stage, input_rel, output_rel, extra);
	pds_direct_distinct_paths(root, stage, input_rel, output_rel, extra);
	pds_direct_top_paths(root, stage, input_rel, output_rel);
	pds_athena_upper_paths(root, stage, input_rel, output_rel, extra);
}
