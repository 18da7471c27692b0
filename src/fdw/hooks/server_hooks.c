/*
 * server_hooks.c
 *	  The hooks that this library sets in the server.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "fdw/hooks/server_hooks.h"

void
pds_server_hooks_init(void)
{
	pds_import_hook_init();
	pds_athena_jit_init();
	pds_parallel_rescans_init();
	pds_time_zone_init();
}
