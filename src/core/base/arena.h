/*
 * arena.h
 *	  Scratch memory that is given back all at once.
 */
#ifndef PDS_CORE_ARENA_H
#define PDS_CORE_ARENA_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/hooks.h"

/*
 * What is allocated is valid until the next reset; the memory is reused then.
 */
typedef struct PdsArena
{
	const PdsHooks *hooks;		/* of whoever waits for what is made in it;
								 * may be NULL */
	char	   *data;
	size_t		used;
	size_t		cap;
	struct PdsArenaOld *old;	/* outgrown blocks, freed at reset */
} PdsArena;

extern void pds_arena_init(PdsArena *a);
extern void pds_arena_reset(PdsArena *a);
extern void pds_arena_free(PdsArena *a);
extern char *pds_arena_alloc(PdsArena *a, size_t n);	/* 8-byte aligned, NULL:
														 * out of memory */

/*
 * Work on a value asks each so many bytes whether it has been cancelled; then it
 * fails as it does for want of memory, and the hooks know why.
 */
#define PDS_LONG_WORK	((size_t) 1 << 20)
extern bool pds_arena_cancelled(const PdsArena *a);

#endif							/* PDS_CORE_ARENA_H */
