/*
 * fetch_cache.c
 *	  Blocks of a fetch's objects in the disk cache.
 */
#include "core/read/fetch_cache.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/assert.h"
#include "core/base/strbuf.h"

bool
pds_fetch_cache_init(PdsFetchCache *c, PdsDiskCache *disk, const char *identity)
{
	memset(c, 0, sizeof(*c));
	if (disk == NULL || identity == NULL)
		return true;
	c->disk = disk;
	c->identity = pds_strdup(identity);
	return c->identity != NULL;
}

void
pds_fetch_cache_free(PdsFetchCache *c)
{
	(void) pds_cache_writer_close(c->writer);
	free(c->identity);
	free(c->key);
}

static int64_t
block_start(int64_t at)
{
	return at - at % PDS_CACHE_BLOCK;
}

int64_t
pds_fetch_block_end(const PdsSplit *s, int64_t at)
{
	int64_t		end = block_start(at) + PDS_CACHE_BLOCK;

	return end < s->object_size ? end : s->object_size;
}

static bool
key_of(PdsFetchCache *c, const PdsSplit *s, const char *etag, int64_t at, PdsBlockKey *k)
{
	return c->disk && etag[0] &&
		pds_block_key(k, c->identity, s->bucket, s->key, etag, s->version_id, s->object_size,
					  at / PDS_CACHE_BLOCK);
}

bool
pds_fetch_cache_has(PdsFetchCache *c, const PdsSplit *s, const char *etag, int64_t at)
{
	PdsBlockKey k;

	return key_of(c, s, etag, at, &k) && pds_cache_has(c->disk, &k);
}

PdsCacheFile *
pds_fetch_cache_open(PdsFetchCache *c, const PdsSplit *s, const char *etag, int64_t at)
{
	PdsBlockKey k;

	if (!key_of(c, s, etag, at, &k))
		return NULL;
	return pds_cache_file_open(c->disk, &k,
							   (size_t) (pds_fetch_block_end(s, at) - block_start(at)));
}

/* Begin to write the block that starts at c->at; false: not this one. */
static bool
begin_block(PdsFetchCache *c, const PdsSplit *s, const char *etag)
{
	PdsBlockKey k;

	PDS_ASSERT(c->writer == NULL && c->at % PDS_CACHE_BLOCK == 0);
	c->bucket = s->bucket;
	/* the writer may outlive the split */
	free(c->key);
	c->key = pds_strdup(s->key);
	pds_copy_cut(c->etag, sizeof(c->etag), etag, strlen(etag));
	c->end = pds_fetch_block_end(s, c->at);
	if (c->key == NULL || !key_of(c, s, etag, c->at, &k) || pds_cache_has(c->disk, &k))
		return false;
	c->writer = pds_cache_writer_open(c->disk, &k, (size_t) (c->end - c->at));
	return c->writer != NULL;
}

/* keep what is whole, else remove it */
static void
end_block(PdsFetchCache *c)
{
	(void) pds_cache_writer_close(c->writer);
	c->writer = NULL;
}

static bool
goes_on(const PdsFetchCache *c, const PdsSplit *s, const char *etag, int64_t at)
{
	return at <= c->at && strcmp(c->bucket, s->bucket) == 0 && strcmp(c->key, s->key) == 0 &&
		strcmp(c->etag, etag) == 0;
}

void
pds_fetch_cache_keep(PdsFetchCache *c, const PdsSplit *s, const char *etag, int64_t at,
					 const char *data, size_t n)
{
	int64_t		end = at + (int64_t) n;

	if (c->disk == NULL || etag[0] == '\0')
		return;
	if (c->writer && !goes_on(c, s, etag, at))
		end_block(c);
	while (at < end)
	{
		int64_t		some;

		if (c->writer == NULL)
		{
			/* from the next block's first byte on */
			c->at = block_start(at + PDS_CACHE_BLOCK - 1);
			if (c->at >= end)
				return;
			if (!begin_block(c, s, etag))
			{
				/* beyond its first byte: the next one */
				data += c->at + 1 - at;
				at = c->at + 1;
				continue;
			}
		}
		/* the byte before a split was seen with the split before */
		if (c->at >= end)
			return;
		PDS_ASSERT(c->writer && c->at >= at && c->at < c->end);
		data += c->at - at;
		at = c->at;
		some = (end < c->end ? end : c->end) - at;
		if (!pds_cache_writer_add(c->writer, data, (size_t) some))
		{
			/*
			 * the disk is full, perhaps: leave it alone for the rest of this
			 * scan
			 */
			end_block(c);
			c->disk = NULL;
			return;
		}
		data += some;
		at += some;
		c->at = at;
		if (at == c->end)
			end_block(c);
	}
}
