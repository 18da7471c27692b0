/*
 * no_memory.c
 *	  The error of memory that malloc does not give.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "fdw/base/no_memory.h"

void
pds_raise_no_memory(void)
{
	ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
}
