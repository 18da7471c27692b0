/*
 * record_size.h
 *	  Stored bytes of a record, measured at an object's begin.
 */
#ifndef PDS_CORE_RECORD_SIZE_H
#define PDS_CORE_RECORD_SIZE_H

#include "core/read/reader.h"

/* Bytes of the object that are asked for. */
#define PDS_RECORD_SIZE_BYTES	(64 * 1024)

/*
 * Read the begin of the object that `object` (with its unit) is a split of, and count: *size is the
 * average of its records as stored, headers and compression included; 0: these bytes do not tell.
 * cache (NULL: none) is asked first, identity is of who reads.  Not to have them after patience_ms
 * is an error as any other.
 */
extern bool pds_record_size(PdsAws *aws, const PdsSplit *object, PdsDiskCache *cache,
							const char *identity, long patience_ms, double *size, PdsError *err);

#endif							/* PDS_CORE_RECORD_SIZE_H */
