/*
 * shared_state.h
 *	  Memory that all backends see, where the server gives it, in parts: the counters of
 *	  scan_stats.c and the slots of progress_slots.c.
 *
 * Named by shared_preload_libraries, the library has a piece of the main segment.  Else the first
 * backend makes a segment that the others find by its name (17 and later).  Else each backend has
 * memory of its own, in which it sees only itself.
 */
#ifndef PDS_FDW_SHARED_STATE_H
#define PDS_FDW_SHARED_STATE_H

#include "storage/lwlock.h"

typedef enum PdsSharing
{
	PDS_MAIN_SEGMENT,
	PDS_NAMED_SEGMENT,			/* all backends must ask for the same size */
	PDS_OWN_MEMORY
} PdsSharing;

typedef struct PdsSharedPart
{
	Size		(*size) (PdsSharing sharing);
	void		(*format) (void *memory, PdsSharing sharing, int tranche);
	void	   *memory;			/* NULL: not attached to yet */
} PdsSharedPart;

/* Parts, always in the same order, then the whole; from _PG_init. */
extern void pds_shared_part(PdsSharedPart *part);
extern void pds_shared_state_init(void);

/* Attaches to the memory of all parts, or makes it.  May raise an error. */
extern void pds_shared_attach(void);

/* do other backends see it, and we them?  After pds_shared_attach. */
extern bool pds_state_is_shared(void);

/* Nothing to lock where nobody else sees it.  No error and no allocation while it is held. */
extern void pds_state_lock(LWLock *lock, LWLockMode mode);
extern void pds_state_unlock(LWLock *lock);

#endif							/* PDS_FDW_SHARED_STATE_H */
