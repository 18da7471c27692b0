/*
 * cache.h
 *	  Answers of Glue and S3, kept per backend for cache_ttl seconds.
 *
 * What a caller gets stays valid until its memory context goes, even when the
 * cache has forgotten it meanwhile.
 */
#ifndef PDS_FDW_CACHE_H
#define PDS_FDW_CACHE_H

#include "core/glue.h"
#include "core/s3.h"
#include "fdw/connection.h"

typedef struct PdsPartitionList
{
	PdsGluePartition **items;
	int			n;
	int			cap;
	bool		failed;			/* out of memory */
} PdsPartitionList;

extern const PdsGlueTable *pds_cached_table(PdsConnection *conn, const char *database,
											const char *name, MemoryContext cxt);
extern const PdsPartitionList *pds_cached_partitions(PdsConnection *conn, const char *database,
													 const char *name, const char *expression,
													 MemoryContext cxt);
/* max 0: all; a listing that stopped early is not a complete one, but may be kept, too */
extern const PdsObjectList *pds_cached_listing(PdsConnection *conn, const char *bucket,
											   const char *prefix, size_t max,
											   MemoryContext cxt);
/* forget everything */
extern void pds_cache_forget(void);

#endif							/* PDS_FDW_CACHE_H */
