/*
 * parallel_borders.h
 *	  Parallel scans of objects of quoted CSV: what the processes share for finding
 *	  where records begin.
 */
#ifndef PDS_FDW_PARALLEL_BORDERS_H
#define PDS_FDW_PARALLEL_BORDERS_H

#include "core/read/split_states.h"
#include "fdw/direct/direct_scan.h"

/* how an object is read, in the list of objects */
typedef enum PdsObjectParts
{
	PDS_PARTS_WHOLE,			/* as one */
	PDS_PARTS_ALONE,			/* in parts whose borders each process finds
								 * by itself */
	PDS_PARTS_STATES			/* in parts whose states are shared
								 * (core/read/split_states.h) */
} PdsObjectParts;

/* a split whose states are shared is no larger: its bytes wait in memory */
#define PDS_STATES_SPLIT	((int64) 4 * 1024 * 1024)

/* How an object that is larger than a split is read. */
extern PdsObjectParts pds_object_parts(const PdsDirectScan *s, const PdsObjectSet *set, int n);

/* bytes of shared memory for so many splits of so many objects, of which some have states */
extern Size pds_states_size(int participants, int nobjects, uint32 nsplits);

/* how records of object n end, in that memory */
extern uint32 *pds_object_line_ends(void *block, int participants, int n);

/*
 * The states of one object, in this process: block is what the processes share, begin the
 * number of the object's first split.  scans keeps what objects of one dialect have in common.
 */
extern PdsSplitStates *pds_object_states(void *block, int participants, int process, int nobjects,
										 uint32 begin, const PdsDialect *dialect, List **scans);

#endif							/* PDS_FDW_PARALLEL_BORDERS_H */
