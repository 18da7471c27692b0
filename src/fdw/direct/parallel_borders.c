/*
 * parallel_borders.c
 *	  What processes that read parts of objects of CSV share.
 *
 * The block: presence of each process, how the records of each object end, the map of each split.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "fdw/direct/parallel_borders.h"

/* of objects that are alike */
typedef struct DialectScan
{
	const PdsDialect *dialect;
	PdsScanDialect scan;
} DialectScan;

PdsObjectParts
pds_object_parts(const PdsDirectScan *s, const PdsObjectSet *set, int n)
{
	if (!pds_direct_splittable(s, set, n))
		return PDS_PARTS_WHOLE;
	return pds_dialect_is_quoted(set->partitions[set->objects[n].partition].dialect)
		? PDS_PARTS_STATES : PDS_PARTS_ALONE;
}

Size
pds_states_size(int participants, int nobjects, uint32 nsplits)
{
	return ((Size) participants + nobjects + nsplits) * sizeof(uint32);
}

uint32 *
pds_object_line_ends(void *block, int participants, int n)
{
	return (uint32 *) block + participants + n;
}

PdsSplitStates *
pds_object_states(void *block, int participants, int process, int nobjects, uint32 begin,
				  const PdsDialect *dialect, List **scans)
{
	PdsSplitStates *states = palloc(sizeof(PdsSplitStates));
	DialectScan *found = NULL;
	ListCell   *lc;

	foreach(lc, *scans)
	{
		if (((DialectScan *) lfirst(lc))->dialect == dialect)
			found = lfirst(lc);
	}
	if (found == NULL)
	{
		found = palloc(sizeof(DialectScan));
		found->dialect = dialect;
		pds_dialect_scan(dialect, &found->scan);
		*scans = lappend(*scans, found);
	}
	states->presence = block;
	states->maps = (uint32 *) block + participants + nobjects + begin;
	states->process = process;
	states->scan = &found->scan;
	return states;
}
