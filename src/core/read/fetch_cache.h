/*
 * fetch_cache.h
 *	  The disk cache as a fetch sees it: blocks of its splits' objects; private
 *	  to fetch.c.
 *
 * Only versions whose ETag is known are cached.  A block is kept when its bytes
 * were handed out from its first to its last, in order, be it over several
 * parts and splits.
 */
#ifndef PDS_CORE_FETCH_CACHE_H
#define PDS_CORE_FETCH_CACHE_H

#include "core/read/disk_cache.h"
#include "core/read/fetch.h"

typedef struct PdsFetchCache
{
	PdsDiskCache *disk;			/* NULL: no cache */
	char	   *identity;
	PdsCacheWriter *writer;		/* of the block that is being handed out, or
								 * NULL */
	const char *bucket;			/* its object: bucket borrowed */
	char	   *key;
	char		etag[128];
	int64_t		at;				/* next byte for the writer */
	int64_t		end;			/* of its block */
} PdsFetchCache;

extern bool pds_fetch_cache_init(PdsFetchCache *c, PdsDiskCache *disk, const char *identity);
extern void pds_fetch_cache_free(PdsFetchCache *c);

/* end of the block that byte `at` is in, or of the object */
extern int64_t pds_fetch_block_end(const PdsSplit *s, int64_t at);

/* is the block that byte `at` is in there? */
extern bool pds_fetch_cache_has(PdsFetchCache *c, const PdsSplit *s, const char *etag, int64_t at);

/* its file, or NULL */
extern PdsCacheFile *pds_fetch_cache_open(PdsFetchCache *c, const PdsSplit *s, const char *etag,
										  int64_t at);

/* Bytes that came over the network, before the reader has them. */
extern void pds_fetch_cache_keep(PdsFetchCache *c, const PdsSplit *s, const char *etag, int64_t at,
								 const char *data, size_t n);

#endif							/* PDS_CORE_FETCH_CACHE_H */
