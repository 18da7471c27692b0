/*
 * disk_cache.h
 *	  Blocks of objects on local disk, shared by all processes of a server.
 *
 * A block is PDS_CACHE_BLOCK bytes of one version of an object, or what is left
 * of it, in a file of its own.  The file's name is a hash of everything that tells
 * it from others, who may read it included (doc/security.md); its header has the
 * same hash, the length and checksums of its units, so that a file that was cut,
 * changed or renamed is not believed but removed.
 *
 * Files are written beside their place and renamed when they are complete.  One
 * file, locked while it is changed, counts the bytes of all; who goes beyond the
 * limit removes the blocks that were used longest ago, and what processes that
 * died have left.  Nothing here is needed: every failure means that S3 is asked.
 */
#ifndef PDS_CORE_DISK_CACHE_H
#define PDS_CORE_DISK_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"

#define PDS_CACHE_BLOCK		((int64_t) 4 * 1024 * 1024)
/* what is read, and checked, at a time */
#define PDS_CACHE_UNIT		((size_t) 128 * 1024)
#define PDS_CACHE_UNITS		((int) (PDS_CACHE_BLOCK / (int64_t) PDS_CACHE_UNIT))

typedef struct PdsDiskCache PdsDiskCache;
typedef struct PdsCacheFile PdsCacheFile;
typedef struct PdsCacheWriter PdsCacheWriter;

/* hash of what a block is */
typedef struct PdsBlockKey
{
	char		hex[65];
} PdsBlockKey;

/*
 * The directory is made if it is not there (its parent must be), and must belong
 * to this process's user and be writable for nobody else.  limit: bytes over all files.
 */
extern PdsDiskCache *pds_disk_cache_open(const char *directory, int64_t limit, PdsError *err);
extern void pds_disk_cache_close(PdsDiskCache *cache);

/* identity: of who reads; version NULL: none; block: number in the object.  False: no memory. */
extern bool pds_block_key(PdsBlockKey *k, const char *identity, const char *bucket,
						  const char *key, const char *etag, const char *version, int64_t size,
						  int64_t block);

/* Is there such a file?  It may be gone, or bad, when it is opened. */
extern bool pds_cache_has(PdsDiskCache *cache, const PdsBlockKey *k);

/* Open it and mark it as used; NULL when there is none that can be believed. */
extern PdsCacheFile *pds_cache_file_open(PdsDiskCache *cache, const PdsBlockKey *k, size_t len);

/*
 * One unit into buf (PDS_CACHE_UNIT bytes, the last one fewer).  False: the file
 * was bad and is gone.
 */
extern bool pds_cache_file_read(PdsCacheFile *file, int unit, char *buf, size_t *len);
extern void pds_cache_file_close(PdsCacheFile *file);

/* Write a block of len bytes, in order; NULL when that cannot be done. */
extern PdsCacheWriter *pds_cache_writer_open(PdsDiskCache *cache, const PdsBlockKey *k, size_t len);

/* False: it failed, and the writer is of no use. */
extern bool pds_cache_writer_add(PdsCacheWriter *w, const char *data, size_t n);

/* bytes added so far */
extern size_t pds_cache_writer_len(const PdsCacheWriter *w);

/* The block is there from now on, if all of it was added; frees w. */
extern bool pds_cache_writer_close(PdsCacheWriter *w);

/* bytes that are counted for all files now; -1: unknown */
extern int64_t pds_disk_cache_used(PdsDiskCache *cache);

#endif							/* PDS_CORE_DISK_CACHE_H */
