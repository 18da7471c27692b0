/*
 * version.h
 *	  The version of pds_fdw: the one place.  META.json, pds_fdw.control and the
 *	  packages repeat it, and make lint compares.
 */
#ifndef PDS_VERSION_H
#define PDS_VERSION_H

#define PDS_VERSION "1.0.0"
#define PDS_USER_AGENT "pds_fdw/" PDS_VERSION

#endif							/* PDS_VERSION_H */
