/*
 * epoch.h
 *	  The epoch of the core and of AWS, 1970, in PostgreSQL's, 2000.
 */
#ifndef PDS_FDW_EPOCH_H
#define PDS_FDW_EPOCH_H

#include "datatype/timestamp.h"

/* from 1970-01-01 to 2000-01-01 */
#define PDS_EPOCH_DAYS	(POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE)
#define PDS_EPOCH_US	((int64) PDS_EPOCH_DAYS * USECS_PER_DAY)

/* of microseconds since 1970 */
static inline Timestamp
pds_timestamp_of_unix(int64 us)
{
	return us - PDS_EPOCH_US;
}

#endif							/* PDS_FDW_EPOCH_H */
