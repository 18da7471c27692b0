/*
 * direct_mixed.h
 *	  What the plan of DISTINCT aggregates beside others tells its execution.
 *
 * Above an aggregate in a direct scan, whose rows are partial groups and the arguments of DISTINCT
 * (direct_aggregate.h), a node makes states of the latter.  Each entry of its fdw_scan_tlist has a role in
 * PdsPlan.outputs, and in PdsPlan.columns the number (from 1) of the column of the plan below that it is, or is
 * made of.  PdsPlan.sort: a list of OID lists, one for each column by which rows are told apart: first the
 * keys, then the arguments.
 */
#ifndef PDS_FDW_DIRECT_MIXED_H
#define PDS_FDW_DIRECT_MIXED_H

#include "fdw/plan/plan_private.h"

typedef enum PdsMixedRole
{
	PDS_MIXED_KEY,				/* grouped by, or the same in all of a group */
	PDS_MIXED_STATE,			/* of an aggregate without DISTINCT */
	PDS_MIXED_DISTINCT			/* an Aggref, as it were without DISTINCT */
}			PdsMixedRole;

enum PdsMixedSortIndex
{
	PdsMixedSortColumn,			/* of the plan below, from 1 */
	PdsMixedSortLess,
	PdsMixedSortEqual,
	PdsMixedSortCollation,
	PdsMixedSortIsKey,			/* 0 or 1 */
	PdsMixedSortItems
};

#endif							/* PDS_FDW_DIRECT_MIXED_H */
