/*
 * athena_async.h
 *	  Several executions by Athena at the same time under one Append.
 */
#ifndef PDS_FDW_ATHENA_ASYNC_H
#define PDS_FDW_ATHENA_ASYNC_H

#include "foreign/fdwapi.h"

/* so many executions of one session run at once; others wait for one to end */
#define PDS_ASYNC_EXECUTIONS	10

/* puts the callbacks into the routine */
extern void pds_async_callbacks(FdwRoutine *routine);

#endif							/* PDS_FDW_ATHENA_ASYNC_H */
