/*
 * version.h
 *	  The version of pds_fdw, as pds_fdw.control has it (make lint compares).
 */
#ifndef PDS_VERSION_H
#define PDS_VERSION_H

#define PDS_VERSION "1.0"
#define PDS_USER_AGENT "pds_fdw/" PDS_VERSION

#endif							/* PDS_VERSION_H */
