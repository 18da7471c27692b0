/*
 * time_zone.c
 *	  The assign hook of TimeZone: cached plans that depend on it are made anew.
 *
 *	  PostgreSQL has no other way to hear of its changes, and cannot make a plan anew when it is
 *	  already being executed.  SET, set_config(), a function's SET, rollback and reload all come
 *	  here.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "utils/guc.h"
#include "utils/plancache.h"

#include "fdw/hooks/server_hooks.h"
#include "fdw/ship/session_zone.h"

static GucStringAssignHook next_assign;

static void
assign_time_zone(const char *newval, void *extra)
{
	next_assign(newval, extra);
	if (pds_zone_asked)
		ResetPlanCache();
}

void
pds_time_zone_init(void)
{
	GucStringAssignHook *hook = pds_guc_assign_hook("TimeZone");

	if (hook == NULL || *hook == NULL)
		return;
	next_assign = *hook;
	*hook = assign_time_zone;
	pds_zone_watched = true;
}
