/*
 * session_zone.c
 *	  The session's TimeZone, as plans depend on it.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "pgtime.h"

#include "core/base/strbuf.h"
#include "fdw/ship/session_zone.h"

bool		pds_zone_watched = false;
bool		pds_zone_asked = false;

bool
pds_zone_is_utc(const char *name)
{
	static const char *const names[] = {
		"UTC", "Etc/UTC", "GMT", "Etc/GMT", "UCT", "Etc/UCT", "Zulu", "Etc/Zulu", "Universal",
		"Etc/Universal", NULL
	};

	return pds_str_is_one_of_any_case(name, names);
}

bool
pds_session_is_utc(void)
{
	if (!pds_zone_watched)
		return false;
	pds_zone_asked = true;
	return pds_zone_is_utc(pg_get_timezone_name(session_timezone));
}
