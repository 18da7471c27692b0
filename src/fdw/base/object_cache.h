/*
 * object_cache.h
 *	  Settings of the disk cache (core/read/disk_cache.h), and whose bytes are whose.
 */
#ifndef PDS_FDW_OBJECT_CACHE_H
#define PDS_FDW_OBJECT_CACHE_H

#include "core/aws/aws.h"
#include "core/read/disk_cache.h"

/* pds.cache_directory and pds.cache_size; from _PG_init */
extern void pds_object_cache_init(void);

/* NULL: it is off, or cannot be used (a WARNING has said why, once).  Stays open. */
extern PdsDiskCache *pds_object_cache(void);

/* Hash of who asks which S3 (doc/security.md), in cxt: nothing can be learnt from it. */
extern char *pds_cache_identity(const PdsAwsConfig *config, MemoryContext cxt);

#endif							/* PDS_FDW_OBJECT_CACHE_H */
