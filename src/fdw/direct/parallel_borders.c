/*
 * parallel_borders.c
 *	  How objects of quoted CSV are cut for a parallel scan.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "fdw/base/error_map.h"
#include "fdw/direct/parallel_borders.h"

/* borders looked at */
#define SAMPLES		3

/* of objects that are alike */
typedef struct DialectBorder
{
	const PdsDialect *dialect;
	PdsBorder	border;
} DialectBorder;

static const PdsDataObject *
largest_quoted(const PdsDirectScan *s, const PdsObjectSet *set, int64 step)
{
	const PdsDataObject *largest = NULL;
	int			i;

	for (i = 0; i < set->nobjects; i++)
	{
		const PdsDataObject *o = &set->objects[i];

		if (o->size > step && (largest == NULL || o->size > largest->size) &&
			pds_dialect_is_quoted(set->partitions[o->partition].dialect) &&
			pds_direct_splittable(s, set, i))
			largest = o;
	}
	return largest;
}

PdsObjectParts
pds_quoted_parts(const PdsDirectScan *s, const PdsObjectSet *set, int64 step)
{
	const PdsDataObject *o = largest_quoted(s, set, step);
	const PdsDialect *dialect;
	PdsReadUnit unit;
	PdsScanDialect scan;
	PdsBorder	border;
	PdsMapRange ranges[SAMPLES];
	PdsSplit	split = {0};
	PdsError	err;
	bool		certain = true;
	bool		ok;
	int			i;

	if (o == NULL)
		return PDS_PARTS_ALONE;
	dialect = set->partitions[o->partition].dialect;
	unit.dialect = dialect;
	pds_object_split(o, &unit, 0, 0, o->size, &split);
	pds_dialect_scan(dialect, &scan);
	pds_border_init(&border, &scan);
	for (i = 0; i < SAMPLES; i++)
	{
		ranges[i].end = Max(o->size * (i + 1) / (SAMPLES + 1) / step, 1) * step;
		ranges[i].first = ranges[i].end - pds_border_lead(step, ranges[i].end);
	}
	ok = pds_map_fetch(s->common.conn->aws, &split, &border, ranges, SAMPLES, NULL, &err);
	for (i = 0; ok && i < SAMPLES; i++)
		certain = certain && (ranges[i].first == 0 || pds_map_is_constant(ranges[i].map));
	/* what is wrong with the object is told by who reads it */
	if (!ok && err.kind == PDS_ERR_CANCELLED)
		pds_raise(&err);
	return certain ? PDS_PARTS_ALONE : PDS_PARTS_STATES;
}

Size
pds_states_size(int participants, uint32 nsplits)
{
	return ((Size) participants + nsplits) * sizeof(uint32);
}

PdsSplitStates *
pds_object_states(void *block, int participants, int process, uint32 begin,
				  const PdsDialect *dialect, List **borders)
{
	PdsSplitStates *states = palloc(sizeof(PdsSplitStates));
	DialectBorder *found = NULL;
	ListCell   *lc;

	foreach(lc, *borders)
	{
		if (((DialectBorder *) lfirst(lc))->dialect == dialect)
			found = lfirst(lc);
	}
	if (found == NULL)
	{
		PdsScanDialect scan;

		found = palloc(sizeof(DialectBorder));
		found->dialect = dialect;
		pds_dialect_scan(dialect, &scan);
		pds_border_init(&found->border, &scan);
		*borders = lappend(*borders, found);
	}
	states->presence = block;
	states->maps = (uint32 *) block + participants + begin;
	states->process = process;
	states->border = &found->border;
	return states;
}
