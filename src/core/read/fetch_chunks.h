/*
 * fetch_chunks.h
 *	  Memory of a fetch: chunks of bytes in order, from a bounded pool; private
 *	  to fetch.c.
 *
 * A chunk is [headroom][bytes][padding]: whatever its bytes are, a slice that
 * begins at the first of them has PDS_SLICE_HEADROOM before it.  A chunk that
 * was read is used again first: its memory is still in the processor's cache.
 */
#ifndef PDS_CORE_FETCH_CHUNKS_H
#define PDS_CORE_FETCH_CHUNKS_H

#include "core/read/fetch.h"

/* capacities are this or a power of two of it */
#define PDS_CHUNK_MIN		((size_t) 64 * 1024)
#define PDS_CHUNK_MAX		((size_t) 512 * 1024)
#define PDS_CHUNK_CLASSES	4
/* what a chunk has beside its bytes; a line more in front for buf[-1] */
#define PDS_CHUNK_FRONT		(PDS_SLICE_HEADROOM + 64)
#define PDS_CHUNK_OVERHEAD	(PDS_CHUNK_FRONT + PDS_SLICE_PADDING)

typedef struct PdsChunk
{
	struct PdsChunk *next;		/* in a part, or in the pool */
	int			class;
	size_t		cap;			/* bytes that fit */
	size_t		len;			/* bytes that are there */
	size_t		taken;			/* bytes handed out */
	char	   *data;			/* PDS_CHUNK_FRONT bytes into mem */
	char		mem[];
} PdsChunk;

typedef struct PdsChunkPool
{
	size_t		limit;			/* bytes over all chunks, used or not */
	size_t		largest;		/* capacity of the largest chunk */
	size_t		used;			/* bytes of chunks that were handed out */
	size_t		held;			/* used, and those in the pool */
	size_t		peak;			/* the most that was ever held */
	PdsChunk   *free[PDS_CHUNK_CLASSES];
} PdsChunkPool;

extern void pds_chunks_init(PdsChunkPool *pool, size_t limit);
extern void pds_chunks_free(PdsChunkPool *pool);

/* An empty chunk for up to need bytes (it may hold fewer); NULL: out of memory. */
extern PdsChunk *pds_chunk_take(PdsChunkPool *pool, size_t need);
extern void pds_chunk_give(PdsChunkPool *pool, PdsChunk *chunk);

#endif							/* PDS_CORE_FETCH_CHUNKS_H */
