/*
 * session_zone.c
 *	  The session's TimeZone, as plans depend on it.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "pgtime.h"
#include "utils/plancache.h"

#include "fdw/ship/session_zone.h"

static GucStringAssignHook core_assign;
static bool asked;				/* a plan may depend on it */

/* SET, set_config(), a function's SET, rollback and reload all come here */
static void
assign_zone(const char *newval, void *extra)
{
	core_assign(newval, extra);
	if (asked)
		ResetPlanCache();
}

bool
pds_zone_is_utc(const char *name)
{
	static const char *const names[] = {
		"UTC", "Etc/UTC", "GMT", "Etc/GMT", "UCT", "Etc/UCT", "Zulu", "Etc/Zulu", "Universal",
		"Etc/Universal"
	};
	int			i;

	for (i = 0; i < lengthof(names); i++)
		if (pg_strcasecmp(names[i], name) == 0)
			return true;
	return false;
}

bool
pds_session_is_utc(void)
{
	if (core_assign == NULL)
	{
		GucStringAssignHook *hook = pds_guc_assign_hook("TimeZone");

		if (hook == NULL || *hook == NULL)
			return false;
		core_assign = *hook;
		*hook = assign_zone;
	}
	asked = true;
	return pds_zone_is_utc(pg_get_timezone_name(session_timezone));
}
