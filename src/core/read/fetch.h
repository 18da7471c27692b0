/*
 * fetch.h
 *	  A window of ranged GETs ahead of the reader, over a queue of splits.
 *
 * The reader asks for the next split and then for slices of its bytes; the
 * fetcher keeps up to `concurrency` transfers running ahead of it, across
 * splits and objects, and asks for what follows a part before that has ended.
 * Slices arrive in order, while their transfer is still running.  Memory is
 * bounded by memory_limit (at least 2 MB are used), whatever the sizes of parts
 * are: transfers rest where there is no more.  The first part is small (part_first)
 * and there is no read-ahead until the reader has asked for a second slice, so that
 * LIMIT 10 costs about a megabyte.  How many transfers and
 * how large parts pay is measured: fetch_pace.h.
 *
 * Compressed objects are fetched the same way; decompression is the reader's
 * (codec.h).
 */
#ifndef PDS_CORE_FETCH_H
#define PDS_CORE_FETCH_H

#include "core/read/disk_cache.h"
#include "core/s3/s3.h"

/* Room in front of every slice that the reader may write into: it puts the
 * unfinished record of the slice before there, so that nothing else is moved. */
#define PDS_SLICE_HEADROOM	(64 * 1024)
/* Bytes after the end of every slice that may be read (not written) */
#define PDS_SLICE_PADDING	64

struct PdsSplitStates;

typedef struct PdsSplit
{
	const char *bucket;			/* borrowed until the next but one is read, as
								 * the texts below */
	const char *key;
	const char *etag;			/* with quotes; NULL: learnt from the first
								 * reply */
	const char *version_id;		/* NULL: the current version */
	int64_t		first;			/* first byte of the split (the first split of
								 * an object should have at least 4 bytes: a
								 * byte order mark and one more) */
	int64_t		lead;			/* so many bytes before `first` are delivered,
								 * too */
	int64_t		end;			/* one past its last byte; records that begin
								 * before it are this split's */
	int64_t		object_size;	/* reading on past end goes up to here */
	int64_t		step;			/* the object's splits begin at multiples of
								 * this; 0: it is one split */
	const struct PdsSplitStates *states;	/* shared with others who read
											 * parts of the object
											 * (split_states.h), or NULL */
	uint32_t   *line_ends;		/* how records of the object end, shared
								 * likewise (csv_scan.h), or NULL */
	void	   *user;			/* the reader's */
} PdsSplit;

/*
 * Source of splits, called when the window has room.  True with *split filled;
 * false at the end, or until pds_fetch_more.  (A shared queue of a parallel scan sits behind this.)
 */
typedef bool (*PdsNextSplitFn) (void *arg, PdsSplit *split);

/* Requests that may be under way beside `concurrency` transfers: waiting for their first byte. */
#define PDS_FETCH_EXTRA(concurrency)	(1 + (concurrency) / 4)

typedef struct PdsFetchOptions
{
	int			concurrency;	/* transfers at once, >= 1; default 8 */
	size_t		part_first;		/* bytes; default 1 MB */
	size_t		part_max;		/* bytes; default 16 MB, doubling from
								 * part_first */
	size_t		memory_limit;	/* bytes over all buffers; default 64 MB */
	bool		skip_archived;	/* a split that S3 refuses as archived has no
								 * bytes */
	PdsDiskCache *cache;		/* NULL: none; outlives the fetch */
	const char *identity;		/* of who reads, for the cache
								 * (doc/security.md) */
} PdsFetchOptions;

typedef struct PdsFetch PdsFetch;

extern PdsFetch *pds_fetch_new(PdsAws *aws, const PdsFetchOptions *opt,
							   PdsNextSplitFn next, void *arg, PdsError *err);
extern void pds_fetch_free(PdsFetch *f);	/* abandons what is running */

/*
 * What is known beforehand.  total: bytes of all splits, so that connections end their work at
 * nearly the same time; 0: unknown.  all: everything will be read, so ahead from the beginning.
 */
extern void pds_fetch_expect(PdsFetch *f, int64_t total, bool all);

/* The source, which had come to its end, has splits again: so does the fetch. */
extern void pds_fetch_more(PdsFetch *f);

/* Move to the next split: true with *split; false with err->kind NONE at the end. */
extern bool pds_fetch_next_split(PdsFetch *f, PdsSplit *split, PdsError *err);

/*
 * Next bytes of the current split, in order.  True with data and *len > 0, or
 * *len = 0 at object_size.  Bytes past split->end are delivered only after
 * pds_fetch_read_past_end: they belong to the next split's part of the object
 * and are fetched in small ranges.  Without that call *len = 0 at split->end.
 * The slice stays valid, and writable including PDS_SLICE_HEADROOM bytes before
 * it, until the next call of pds_fetch_slice or pds_fetch_next_split.
 * want_ms: how long to gather more bytes of a running part before a short
 * slice is handed out is the fetcher's business.
 */
extern bool pds_fetch_slice(PdsFetch *f, char **data, size_t *len, PdsError *err);
extern void pds_fetch_read_past_end(PdsFetch *f);

/* The reader is done with this split (found its last record): drop the rest. */
extern void pds_fetch_skip_rest(PdsFetch *f);

/*
 * Before the first slice of a split that has states: get its bytes, as far as memory allows,
 * so that its map is published.
 */
extern bool pds_fetch_gather(PdsFetch *f, PdsError *err);

/* Work on what is under way, and wait so long at most. */
extern bool pds_fetch_wait(PdsFetch *f, long timeout_ms, PdsError *err);

/* the session it fetches with */
extern PdsAws *pds_fetch_aws(const PdsFetch *f);

/* file offset of the first byte of the last slice */
extern int64_t pds_fetch_offset(const PdsFetch *f);

/* splits that skip_archived left out */
extern int64_t pds_fetch_archived(const PdsFetch *f);

/* stored bytes handed out, and splits whose end was reached or skipped, so far */
extern int64_t pds_fetch_read(const PdsFetch *f);
extern int64_t pds_fetch_splits(const PdsFetch *f);

/* most bytes that all buffers ever had, for tests of the memory limit */
extern size_t pds_fetch_memory_peak(const PdsFetch *f);

#endif							/* PDS_CORE_FETCH_H */
