/*
 * cache.h
 *	  Answers of Glue and S3, kept per backend for cache_ttl seconds.
 *
 * What a caller gets stays valid until its memory context goes, even when the
 * cache has forgotten it meanwhile.
 */
#ifndef PDS_FDW_CACHE_H
#define PDS_FDW_CACHE_H

#include "core/glue/glue.h"
#include "core/s3/s3.h"
#include "fdw/base/connection.h"
#include "fdw/rows/coerce.h"

/* A partition as it is remembered: one piece of memory. */
typedef struct PdsCachedPartition
{
	char	   *location;
	int			format;			/* index into PdsPartitionList.formats */
	bool		checked;		/* its columns were compared with the table's */
	PdsColumnOverride *overrides;	/* NULL: none, or not checked */
	char	  **values;			/* in key order */
	int			nvalues;
} PdsCachedPartition;

typedef struct PdsPartitionList
{
	PdsCachedPartition **items; /* each combination of values once */
	int			n;
	int			cap;
	PdsStorageDescriptor *formats;	/* SerDe and input format: few, shared */
	int			nformats;
	uint32	   *index;			/* hash table of the values: number + 1, 0:
								 * free */
	uint32		index_size;		/* a power of two */
	size_t		bytes;			/* about */
} PdsPartitionList;

/* links are followed: the result may be in another database, catalog and region */
extern const PdsGlueTable *pds_cached_table(PdsConnection *conn, const char *database,
											const char *name, MemoryContext cxt);

/* partitions of a table of pds_cached_table that the expression (or NULL) lets through */
extern PdsPartitionList *pds_cached_partitions(PdsConnection *conn, const PdsGlueTable *table,
											   const char *expression, MemoryContext cxt);

/*
 * Compare the columns of n of its partitions with the table's, by position as
 * Athena does: asks Glue for those not compared yet.
 */
extern void pds_cached_check_schemas(PdsConnection *conn, const PdsGlueTable *table,
									 PdsPartitionList *list, const int *which, int n);

/* max 0: all; a listing that stopped early is not a complete one, but may be kept, too */
extern const PdsObjectList *pds_cached_listing(PdsConnection *conn, const char *bucket,
											   const char *prefix, size_t max,
											   MemoryContext cxt);

/* what the cache does with a list of objects that it forgets */
extern void pds_free_listing(void *value);

/* bytes of a listing of n objects, about */
extern size_t pds_listing_weight(size_t n);

/*
 * For the files that cache: the key of a value (a and b are parts of it, c the rest or NULL), the
 * value if it is there and fresh (of `seconds` instead of cache_ttl), and keeping one (owned by the
 * cache from now on, about weight bytes).  Both pin it in cxt.
 */
extern char *pds_cache_key(PdsConnection *conn, const char *kind, const char *a, const char *b,
						   const char *c);
extern void *pds_cache_lookup(PdsConnection *conn, const char *key, MemoryContext cxt);
extern void *pds_cache_lookup_within(PdsConnection *conn, const char *key, int seconds,
									 MemoryContext cxt);
extern void pds_cache_store(PdsConnection *conn, const char *key, void *value,
							void (*free_value) (void *), size_t weight, MemoryContext cxt);

/* forget everything */
extern void pds_cache_forget(void);

#endif							/* PDS_FDW_CACHE_H */
