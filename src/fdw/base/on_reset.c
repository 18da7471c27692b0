/*
 * on_reset.c
 *	  What hangs on a memory context and is not its memory.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "utils/memutils.h"

#include "fdw/base/no_memory.h"
#include "fdw/base/on_reset.h"

void
pds_on_reset(MemoryContext cxt, MemoryContextCallbackFunction func, void *arg)
{
	MemoryContextCallback *cb = MemoryContextAllocExtended(cxt, sizeof(MemoryContextCallback),
														   MCXT_ALLOC_NO_OOM);

	if (cb == NULL)
	{
		func(arg);
		pds_raise_no_memory();
	}
	cb->func = func;
	cb->arg = arg;
	MemoryContextRegisterResetCallback(cxt, cb);
}
