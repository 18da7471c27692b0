/*
 * write_state.c
 *	  What this transaction writes: the one state that all files of write_internal.h share.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "fdw/write/write_internal.h"

PdsWriteXact *pds_writes;

void
pds_check_not_broken(void)
{
	if (pds_writes && pds_writes->broken)
		ereport(ERROR,
				(errcode(ERRCODE_IN_FAILED_SQL_TRANSACTION),
				 errmsg("an upload of this transaction has failed before"),
				 errhint("Roll the transaction back: nothing of it can be written any more.")));
}
