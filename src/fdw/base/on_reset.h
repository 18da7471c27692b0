/*
 * on_reset.h
 *	  What hangs on a memory context and is not its memory: handles of the core, references.
 */
#ifndef PDS_FDW_ON_RESET_H
#define PDS_FDW_ON_RESET_H

#include "utils/palloc.h"

/*
 * func(arg) is called when cxt is reset or deleted, those registered last first.  Where not even
 * the note of it can be had, func is called at once and an error raised: nothing leaks.
 */
extern void pds_on_reset(MemoryContext cxt, MemoryContextCallbackFunction func, void *arg);

#endif							/* PDS_FDW_ON_RESET_H */
