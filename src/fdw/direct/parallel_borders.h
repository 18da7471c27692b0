/*
 * parallel_borders.h
 *	  Parallel scans of objects of quoted CSV: how their borders are found, and what
 *	  the processes share for that.
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

/*
 * How objects of quoted CSV that are larger than step are to be read: looks at three borders
 * of the largest one, which speaks for all.
 */
extern PdsObjectParts pds_quoted_parts(const PdsDirectScan *s, const PdsObjectSet *set, int64 step);

/* bytes of shared memory for so many splits */
extern Size pds_states_size(int participants, uint32 nsplits);

/*
 * The states of one object, in this process: block is what the processes share, begin the
 * number of the object's first split.  borders keeps what objects of one dialect have in common.
 */
extern PdsSplitStates *pds_object_states(void *block, int participants, int process, uint32 begin,
										 const PdsDialect *dialect, List **borders);

#endif							/* PDS_FDW_PARALLEL_BORDERS_H */
