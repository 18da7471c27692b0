/*
 * session_zone.h
 *	  The session's TimeZone, as plans depend on it.
 */
#ifndef PDS_FDW_SESSION_ZONE_H
#define PDS_FDW_SESSION_ZONE_H

/* Is TimeZone UTC?  Cached plans that were made by the answer go when TimeZone changes. */
extern bool pds_session_is_utc(void);

/* Are changes of TimeZone seen (hooks/time_zone.c)?  If not, nothing is said to be UTC. */
extern bool pds_zone_watched;

/* a cached plan may depend on it */
extern bool pds_zone_asked;

/* UTC by one of its names? */
extern bool pds_zone_is_utc(const char *name);

#endif							/* PDS_FDW_SESSION_ZONE_H */
