/*
 * cache.c
 *	  Answers of Glue and S3, kept per backend for cache_ttl seconds.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "common/hashfn.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "fdw/base/error_map.h"
#include "fdw/base/no_memory.h"
#include "fdw/base/on_reset.h"
#include "fdw/catalog/cache.h"

/* with more than this the cache is emptied: bounded memory */
#define MAX_WEIGHT	((size_t) 128 * 1024 * 1024)

typedef struct CacheItem
{
	char	   *key;			/* malloc'd, as everything here */
	void	   *value;
	void		(*free_value) (void *value);
	TimestampTz at;
	size_t		weight;			/* bytes, about */
	int			refs;			/* the cache itself is one */
} CacheItem;

typedef struct CacheEntry
{
	uint64		hash;			/* of the key; first */
	CacheItem  *item;
} CacheEntry;

static HTAB *entries;
static size_t total_weight;

static void
release_item(void *arg)
{
	CacheItem  *i = arg;

	Assert(i->refs > 0);
	if (--i->refs > 0)
		return;
	i->free_value(i->value);
	free(i->key);
	free(i);
}

static void
forget_item(CacheEntry *e)
{
	CacheItem  *i = e->item;

	hash_search(entries, &e->hash, HASH_REMOVE, NULL);
	Assert(total_weight >= i->weight);
	total_weight -= i->weight;
	release_item(i);
}

void
pds_cache_forget(void)
{
	HASH_SEQ_STATUS scan;
	CacheEntry *e;

	if (entries == NULL)
		return;
	hash_seq_init(&scan, entries);
	while ((e = hash_seq_search(&scan)) != NULL)
		forget_item(e);
}

static void
pin_item(CacheItem *i, MemoryContext cxt)
{
	Assert(i->refs >= 0);
	i->refs++;
	pds_on_reset(cxt, release_item, i);
}

static uint64
hash_of(const char *key)
{
	return DatumGetUInt64(hash_bytes_extended((const unsigned char *) key, strlen(key), 0));
}

void *
pds_cache_lookup(PdsConnection *conn, const char *key, MemoryContext cxt)
{
	return pds_cache_lookup_within(conn, key, conn->options.cache_ttl, cxt);
}

void *
pds_cache_lookup_within(PdsConnection *conn, const char *key, int seconds, MemoryContext cxt)
{
	uint64		hash = hash_of(key);
	CacheEntry *e;

	if (entries == NULL)
		return NULL;
	e = hash_search(entries, &hash, HASH_FIND, NULL);
	if (e == NULL)
		return NULL;
	if (strcmp(e->item->key, key) != 0 ||
		TimestampDifferenceExceeds(e->item->at, GetCurrentTimestamp(),
								   seconds * 1000))
	{
		forget_item(e);
		return NULL;
	}
	pin_item(e->item, cxt);
	conn->cache_hits++;
	return e->item->value;
}

void
pds_cache_store(PdsConnection *conn, const char *key, void *value, void (*free_value) (void *),
				size_t weight, MemoryContext cxt)
{
	CacheItem  *i = calloc(1, sizeof(CacheItem));
	uint64		hash = hash_of(key);
	CacheEntry *e;
	bool		found;

	if (i == NULL || (i->key = strdup(key)) == NULL)
	{
		free(i);
		free_value(value);
		pds_raise_no_memory();
	}
	i->value = value;
	i->free_value = free_value;
	i->at = GetCurrentTimestamp();
	i->weight = weight;
	pin_item(i, cxt);
	if (conn->options.cache_ttl == 0)
		return;
	if (entries == NULL)
	{
		HASHCTL		ctl;

		memset(&ctl, 0, sizeof(ctl));
		ctl.keysize = sizeof(uint64);
		ctl.entrysize = sizeof(CacheEntry);
		ctl.hcxt = CacheMemoryContext;
		entries = hash_create("pds_fdw cache", 64, &ctl, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	}
	if (total_weight + weight > MAX_WEIGHT)
		pds_cache_forget();
	e = hash_search(entries, &hash, HASH_FIND, NULL);
	if (e)
		forget_item(e);
	e = hash_search(entries, &hash, HASH_ENTER, &found);
	Assert(!found);
	e->item = i;
	i->refs++;
	total_weight += weight;
}

/* server and user are part of every key: what one may see another may not */
char *
pds_cache_key(PdsConnection *conn, const char *kind, const char *a, const char *b, const char *c)
{
	return psprintf("%s %u %u " UINT64_FORMAT " %zu:%s %zu:%s %s", kind, conn->serverid,
					conn->userid, conn->generation, strlen(a), a, strlen(b), b, c ? c : "");
}

/* ---- Glue ---- */

static void
free_cached_table(void *value)
{
	pds_glue_table_free(value);
}

const PdsGlueTable *
pds_cached_table(PdsConnection *conn, const char *database, const char *name,
				 MemoryContext cxt)
{
	char	   *key = pds_cache_key(conn, "table", database, name, NULL);
	PdsGlueTable *t = pds_cache_lookup(conn, key, cxt);
	PdsError	err;

	if (t)
		return t;
	pds_error_clear(&err);
	t = pds_glue_find_table(conn->aws, conn->options.catalog_id, database, name, &err);
	if (t == NULL)
		pds_raise(&err);
	pds_cache_store(conn, key, t, free_cached_table, 4096 + t->sd.ncolumns * 200, cxt);
	return t;
}

/* ---- S3 ---- */

void
pds_free_listing(void *value)
{
	pds_object_list_free(value);
	free(value);
}

size_t
pds_listing_weight(size_t n)
{
	return 1024 + n * 300;
}

const PdsObjectList *
pds_cached_listing(PdsConnection *conn, const char *bucket, const char *prefix, size_t max,
				   MemoryContext cxt)
{
	char	   *key = pds_cache_key(conn, "objects", bucket, prefix, NULL);
	PdsObjectList *list = pds_cache_lookup(conn, key, cxt);
	PdsError	err;

	/* a listing cut short serves only those who want no more */
	if (list && (!list->truncated || (max > 0 && list->n >= max)))
		return list;
	list = calloc(1, sizeof(PdsObjectList));
	if (list == NULL)
		pds_raise_no_memory();
	pds_error_clear(&err);
	if (!pds_s3_list(conn->aws, bucket, prefix, NULL, NULL, max, list, &err))
	{
		pds_free_listing(list);
		pds_raise(&err);
	}
	pds_cache_store(conn, key, list, pds_free_listing, pds_listing_weight(list->n), cxt);
	return list;
}
