/*
 * key_statistics.h
 *	  Partition keys in estimates: how many rows partitions hold, what a condition leaves of them.
 */
#ifndef PDS_FDW_KEY_STATISTICS_H
#define PDS_FDW_KEY_STATISTICS_H

#include "nodes/pathnodes.h"

#include "fdw/catalog/catalog.h"

/*
 * The share of a table's rows (0 to 1) that the partitions of the set hold, by what ANALYZE knows
 * of their keys' values; of several keys as if they were independent.  -1: it knows nothing.
 */
extern double pds_key_share(const PdsTable *table, const PdsObjectSet *set, double tuples);

/*
 * Selectivity of conditions that pruned nothing (RestrictInfos).  Before ANALYZE an equality of a
 * key is one of the values that were listed.
 */
extern double pds_conditions_selectivity(PlannerInfo *root, RelOptInfo *baserel,
										 const PdsTable *table, const PdsObjectSet *set,
										 List *conds);

#endif							/* PDS_FDW_KEY_STATISTICS_H */
