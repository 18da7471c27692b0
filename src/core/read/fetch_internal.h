/*
 * fetch_internal.h
 *	  What fetch.c and fetch_parts.c share.  Private to them.
 */
#ifndef PDS_CORE_FETCH_INTERNAL_H
#define PDS_CORE_FETCH_INTERNAL_H

#include "core/base/assert.h"
#include "core/read/fetch.h"
#include "core/read/fetch_cache.h"
#include "core/read/fetch_chunks.h"
#include "core/read/fetch_pace.h"
#include "core/read/split_states.h"

/* the part being read may always have so many chunks that were not read */
#define PDS_FETCH_FIRST_CHUNKS 2

/* a split that is being read or has parts in the window */
typedef struct PdsFetchJob
{
	struct PdsFetchJob *next;
	PdsSplit	split;
	char		etag[128];		/* "" until known */
	bool		etag_asked;		/* the request that will tell it is running */
	int64_t		next_byte;		/* next to be asked for */
	int64_t		stop;			/* read ahead up to here: end and OVERSCAN */
	PdsMapFeed	map;			/* of a split with states, of the parts up to
								 * map.at */
	bool		published;
} PdsFetchJob;

typedef struct PdsFetchPart
{
	PdsFetch   *fetch;
	PdsFetchJob *job;
	PdsTransfer *transfer;		/* NULL when it has ended */
	bool		cached;			/* read from disk when it is its turn, no
								 * transfer */
	PdsCacheFile *file;			/* then; NULL: not opened yet */
	PdsChunk   *chunks;			/* not read yet, in order */
	PdsChunk   *filling;		/* the first with room, or NULL */
	PdsChunk   *last;
	int			nchunks;
	size_t		room;			/* from filling on */
	int64_t		first;			/* file offset of the part's first byte */
	size_t		len;			/* bytes asked for */
	size_t		received;
	size_t		taken;			/* bytes handed out */
	int64_t		started_us;
	int64_t		answered_us;	/* first byte; 0: none yet */
	bool		rested;			/* its time tells nothing of the network */
	bool		restarted;		/* after a wrong region, once */
	bool		no_memory;
	bool		failed;
	PdsMapFeed	map;			/* of a split with states */
	PdsError	err;
} PdsFetchPart;

struct PdsFetch
{
	PdsAws	   *aws;
	PdsHttp    *http;
	PdsNextSplitFn next;
	void	   *next_arg;
	bool		no_more;		/* next() said so */
	bool		skip_archived;
	int64_t		archived;		/* splits left out */
	int64_t		read;			/* bytes handed out */
	int64_t		splits;			/* left behind */

	int			concurrency;
	PdsPace		pace;
	PdsChunkPool pool;
	PdsFetchCache cache;
	size_t		ahead;			/* bytes of chunks for what is read ahead */
	int64_t		total;			/* bytes of all splits; 0: unknown */
	int64_t		asked_for;		/* of these */
	uint64_t	received;		/* bytes, over all parts */

	int			allowed;		/* transfers at once now: fewer after SlowDown */
	int			good_parts;		/* since `allowed` changed */
	uint64_t	throttles;		/* counter of http when last looked at */

	PdsFetchPart *ring;
	int			ring_cap;
	int			ring_head;
	int			nparts;
	int			nrunning;

	PdsFetchJob *jobs;			/* the current one, then those read ahead */
	PdsFetchJob *last_job;
	int			njobs;
	bool		have_current;
	bool		past_end;		/* the reader wants bytes after the end */
	size_t		past_size;		/* of the next such range */
	bool		gathering;		/* the whole split is wanted before its first
								 * slice */
	int			asked;			/* slices asked for, over all splits */
	int64_t		offset;			/* of the last slice */
	int64_t		next_offset;	/* of the slice to come */

	/* the ETag of an object that was given without, for its later splits */
	char	   *learnt_bucket;
	char	   *learnt_key;
	char		learnt_etag[128];
};

/* ---- fetch_parts.c ---- */

/* part i of the window, in the order of reading */
static inline PdsFetchPart *
pds_part_at(PdsFetch *f, int i)
{
	PDS_ASSERT(i >= 0 && i < f->ring_cap);
	return &f->ring[(f->ring_head + i) % f->ring_cap];
}

/* One part more, in front or behind the others; empty. */
extern PdsFetchPart *pds_parts_push(PdsFetch *f, bool front);

/* let go of the first one */
extern void pds_parts_pop(PdsFetch *f);

/* end its transfer, close its file, give its chunks back */
extern void pds_part_release(PdsFetch *f, PdsFetchPart *p);

/* its first chunk was read */
extern void pds_part_drop_chunk(PdsFetchPart *p);

/* May this part have one chunk more, and leave so many bytes free? */
extern bool pds_part_may_grow(PdsFetch *f, const PdsFetchPart *p, size_t spare);

/* where the split's bytes in this part end */
extern int64_t pds_part_map_end(const PdsFetchPart *p);

/* tell the others the map of its split, once */
extern void pds_job_publish(PdsFetchJob *job);

/* put the maps of parts together, in order */
extern void pds_parts_join_maps(PdsFetch *f);

/* wake transfers that rest, in the order of reading, as memory allows */
extern void pds_parts_wake(PdsFetch *f);

/* the object into an error that does not name it yet */
extern void pds_job_name_object(const PdsFetchJob *job, PdsError *err);

/* Start the part's transfer.  False: see err. */
extern bool pds_part_start(PdsFetch *f, PdsFetchPart *p, PdsError *err);

/* take over what has arrived and what has ended */
extern void pds_parts_collect(PdsFetch *f);

#endif							/* PDS_CORE_FETCH_INTERNAL_H */
