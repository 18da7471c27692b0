/*
 * fetch_chunks.c
 *	  The pool of a fetch's chunks.  How much may be used is fetch.c's business.
 */
#include "core/read/fetch_chunks.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/assert.h"

static size_t
chunk_size(const PdsChunk *c)
{
	return c->cap + PDS_CHUNK_OVERHEAD;
}

/* Small limits have small chunks, so that there are some of them. */
void
pds_chunks_init(PdsChunkPool *pool, size_t limit)
{
	memset(pool, 0, sizeof(*pool));
	pool->limit = limit;
	pool->largest = PDS_CHUNK_MAX;
	while (pool->largest > 2 * PDS_CHUNK_MIN && 16 * pool->largest > limit)
		pool->largest /= 2;
}

static void
release(PdsChunkPool *pool, int class)
{
	PdsChunk   *c = pool->free[class];

	pool->free[class] = c->next;
	PDS_ASSERT(pool->held >= pool->used + chunk_size(c));
	pool->held -= chunk_size(c);
	free(c);
}

void
pds_chunks_free(PdsChunkPool *pool)
{
	int			i;

	for (i = 0; i < PDS_CHUNK_CLASSES; i++)
		while (pool->free[i])
			release(pool, i);
}

PdsChunk *
pds_chunk_take(PdsChunkPool *pool, size_t need)
{
	size_t		cap = PDS_CHUNK_MIN;
	int			class = 0;
	int			other;
	PdsChunk   *c;

	while (cap < need && cap < pool->largest)
	{
		cap *= 2;
		class++;
	}
	c = pool->free[class];
	if (c)
		pool->free[class] = c->next;
	else
	{
		/* those of other sizes make room */
		for (other = 0; other < PDS_CHUNK_CLASSES; other++)
			while (pool->free[other] && pool->held + cap + PDS_CHUNK_OVERHEAD > pool->limit)
				release(pool, other);
		c = malloc(sizeof(PdsChunk) + cap + PDS_CHUNK_OVERHEAD);
		if (c == NULL)
			return NULL;
		c->class = class;
		c->cap = cap;
		c->data = c->mem + PDS_CHUNK_FRONT;
		pool->held += chunk_size(c);
		if (pool->held > pool->peak)
			pool->peak = pool->held;
	}
	c->next = NULL;
	c->len = c->taken = 0;
	c->data[-1] = '\n';
	PDS_ASSERT(class < PDS_CHUNK_CLASSES && c->class == class);
	PDS_ASSERT(pool->used + chunk_size(c) <= pool->held);
	pool->used += chunk_size(c);
	return c;
}

void
pds_chunk_give(PdsChunkPool *pool, PdsChunk *c)
{
	PDS_ASSERT(pool->used >= chunk_size(c) && c->taken <= c->len && c->len <= c->cap);
	pool->used -= chunk_size(c);
	c->next = pool->free[c->class];
	pool->free[c->class] = c;
	if (pool->held > pool->limit)
		release(pool, c->class);
}
