/*
 * pds_compat.h
 *	  The only file that tests PG_VERSION_NUM.  A note per shim says which
 *	  release changed what.  PostgreSQL 13 to 19.
 */
#ifndef PDS_COMPAT_H
#define PDS_COMPAT_H

#include "postgres.h"

#if PG_VERSION_NUM < 130000
#error "pds_fdw needs PostgreSQL 13 or newer"
#endif

#endif							/* PDS_COMPAT_H */
