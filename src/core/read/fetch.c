/*
 * fetch.c
 *	  A window of ranged GETs ahead of the reader.
 *
 * The window is a ring of parts in the order in which they will be read.  Its
 * first part belongs to the current split (or the current split has no bytes
 * left to hand out).  A part's transfer fills chunks (fetch_chunks.h) while the
 * reader already has slices of the bytes before.
 *
 * A part holds only what has come and was not read, so parts may be larger
 * together than the memory.  Where there is no more of it, transfers rest, the
 * first one last: the window of its connection closes, and S3 waits.
 *
 * A slice has the chunk's headroom before it, or that and bytes the reader is
 * done with, so nothing is moved or allocated for a slice.
 *
 * Parts and their transfers are fetch_parts.c.  Neither knows records: that is
 * reader.c.  Retries and resuming are http.c's.
 */
#include "core/read/fetch_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/clock.h"
#include "core/base/strbuf.h"

#define KB ((size_t) 1024)
#define MB (1024 * KB)

#define DEFAULT_CONCURRENCY 8
#define DEFAULT_PART_FIRST	MB
#define DEFAULT_PART_MAX	(16 * MB)
#define DEFAULT_MEMORY		(64 * MB)

/* limits are at least this */
#define MEMORY_MIN			(2 * MB)
/* the smallest slice while its part is running */
#define SLICE_MIN			(64 * KB)

/* ranges after a split's end: the first, growing fourfold to the largest */
#define PAST_FIRST			(64 * KB)
#define PAST_MAX			MB
/*
 * The last part of a split that ends inside its object takes so many bytes
 * more along: mostly the last record ends in them, and no request is needed.
 */
#define OVERSCAN			((int64_t) (16 * KB))

/*
 * S3 asks to slow down per key prefix: halve the transfers at once, and add
 * one again for every eight good parts (doc/dev/aws.md §3.4).
 */
static void
adapt(PdsFetch *f)
{
	uint64_t	now = pds_http_counters(f->http)->throttles;

	if (now != f->throttles)
	{
		f->throttles = now;
		f->allowed = f->allowed > 1 ? f->allowed / 2 : 1;
		f->good_parts = 0;
	}
	else if (f->allowed < f->concurrency && f->good_parts >= 8)
	{
		f->allowed++;
		f->good_parts = 0;
	}
}

/*
 * ----- jobs: splits in the window -----
 */

/* The bytes before `first` tell the reader where a record begins. */
static int64_t
first_byte(const PdsSplit *s)
{
	if (s->first >= s->end)
		return s->end;
	return s->first - s->lead;
}

static PdsFetchJob *
job_add(PdsFetch *f, PdsError *err)
{
	PdsSplit	s;
	PdsFetchJob *job;

	if (f->no_more)
		return NULL;
	memset(&s, 0, sizeof(s));
	if (!f->next(f->next_arg, &s))
	{
		f->no_more = true;
		return NULL;
	}
	job = calloc(1, sizeof(PdsFetchJob));
	if (job == NULL)
	{
		pds_error_oom(err);
		return NULL;
	}
	job->split = s;
	pds_map_begin(&job->map, s.first);
	job->next_byte = first_byte(&s);
	job->stop = s.end;
	if (job->next_byte < s.end && s.end < s.object_size)
		job->stop = s.object_size - s.end < OVERSCAN ? s.object_size : s.end + OVERSCAN;
	if (s.etag && s.etag[0])
		pds_copy_cut(job->etag, sizeof(job->etag), s.etag, strlen(s.etag));
	else if (f->learnt_key && strcmp(f->learnt_key, s.key) == 0 &&
			 strcmp(f->learnt_bucket, s.bucket) == 0)
		memcpy(job->etag, f->learnt_etag, sizeof(job->etag));
	if (f->last_job)
		f->last_job->next = job;
	else
		f->jobs = job;
	f->last_job = job;
	f->njobs++;
	return job;
}

/* Forget the current split and its parts, which are the first ones. */
static void
job_drop_current(PdsFetch *f)
{
	PdsFetchJob *job = f->jobs;

	PDS_ASSERT(f->have_current && job);
	pds_parts_join_maps(f);
	while (f->nparts > 0 && pds_part_at(f, 0)->job == job)
		pds_parts_pop(f);
	f->jobs = job->next;
	if (f->jobs == NULL)
		f->last_job = NULL;
	f->njobs--;
	f->splits++;
	free(job);
	f->have_current = false;
}

/* The next split that has bytes to be asked for, or NULL. */
static PdsFetchJob *
job_to_read(PdsFetch *f, PdsError *err)
{
	PdsFetchJob *job = f->last_job;

	/* only the last one can be incomplete: parts are started in order */
	if (job && job->next_byte < job->stop)
		return job;
	/* splits of no bytes need no part: do not run over very many of them */
	if (job && (f->asked < 2 || f->njobs >= f->ring_cap))
		return NULL;
	job = job_add(f, err);
	return job && job->next_byte < job->stop ? job : NULL;
}

/* The map of a part that will be read from disk; false: it is not there after all. */
static bool
map_cached(PdsFetch *f, PdsFetchPart *p)
{
	PdsChunk   *c = pds_chunk_take(&f->pool, PDS_CACHE_UNIT);
	PdsCacheFile *file = NULL;

	if (c)
		file = pds_fetch_cache_open(&f->cache, &p->job->split, p->job->etag, p->first);
	while (file && p->map.at < pds_part_map_end(p))
	{
		size_t		at = (size_t) (p->map.at % PDS_CACHE_BLOCK);
		size_t		skip = at % PDS_CACHE_UNIT;
		int64_t		n;

		if (!pds_cache_file_read(file, (int) (at / PDS_CACHE_UNIT), c->data, &c->len))
			break;
		n = (int64_t) (c->len - skip);
		if (n > pds_part_map_end(p) - p->map.at)
			n = pds_part_map_end(p) - p->map.at;
		pds_map_feed(&p->map, p->job->split.states->scan, c->data + skip, (size_t) n);
	}
	pds_cache_file_close(file);
	if (c)
		pds_chunk_give(&f->pool, c);
	return p->map.at >= pds_part_map_end(p);
}

static bool
part_add(PdsFetch *f, PdsFetchJob *job, size_t len, bool front, bool cached, PdsError *err)
{
	PdsFetchPart *p;
	int64_t		first = front ? f->next_offset : job->next_byte;

	p = pds_parts_push(f, front);
	p->job = job;
	p->first = first;
	p->len = len;
	p->cached = cached;
	pds_map_begin(&p->map, first);
	if (cached && job->split.states && !map_cached(f, p))
		p->cached = false;
	if (!p->cached && !pds_part_start(f, p, err))
	{
		if (front)
			pds_parts_pop(f);
		else
		{
			pds_part_release(f, p);
			f->nparts--;
		}
		return false;
	}
	return true;
}

/*
 * How much of len bytes a part from `at` on can have: all from the cache, or
 * nothing of what is there.
 */
static size_t
cut_at_cached(PdsFetch *f, const PdsFetchJob *job, int64_t at, size_t len, bool *cached)
{
	const PdsSplit *s = &job->split;
	int64_t		end = at + (int64_t) len;
	int64_t		block = pds_fetch_block_end(s, at);

	*cached = pds_fetch_cache_has(&f->cache, s, job->etag, at);
	if (f->cache.disk == NULL)
		return len;
	while (block < end && !*cached && !pds_fetch_cache_has(&f->cache, s, job->etag, block))
		block = pds_fetch_block_end(s, block);
	return (size_t) ((block < end ? block : end) - at);
}

/*
 * Transfers that will have ended before a request made now is answered: their
 * successors are asked for meanwhile, so that connections do not stand idle.
 */
static int
count_ending(PdsFetch *f)
{
	double		us = f->pace.first_byte_us;
	int			n = 0;
	int			i;

	if (us < 0 || pds_pace_near(&f->pace))
		return 0;
	for (i = 0; i < f->nparts; i++)
	{
		PdsFetchPart *p = pds_part_at(f, i);

		if (p->transfer && p->answered_us != 0 && !pds_transfer_rests(p->transfer) &&
			(double) (p->len - p->received) <= us * f->pace.rate)
			n++;
	}
	return n < PDS_FETCH_EXTRA(f->concurrency) ? n : PDS_FETCH_EXTRA(f->concurrency);
}

/*
 * Whoever takes a split with states keeps those waiting who need its map.  Near servers
 * are asked for it only when its turn has come.
 */
static bool
leaves_to_others(const PdsFetch *f)
{
	return f->have_current && f->jobs->split.states && f->pace.near &&
		f->last_job->next_byte >= f->last_job->stop;
}

/*
 * Start transfers as far as the window, the memory and the reader's appetite
 * allow.  The part the reader needs next is always started: the window is
 * empty then.  Far servers are asked although there is no memory now: until they
 * answer there may be, or their transfer rests.
 */
static bool
schedule(PdsFetch *f, PdsError *err)
{
	bool		cached;
	int			allowed;

	adapt(f);
	allowed = f->pace.transfers < f->allowed ? f->pace.transfers : f->allowed;
	if (f->allowed == f->concurrency)
		allowed += count_ending(f);
	/* one place is kept for a range after the end */
	while (f->nparts < f->ring_cap - 1)
	{
		bool		must = (f->nparts == 0);
		PdsFetchJob *job;
		int64_t		left;
		size_t		len;

		if (!must && (f->asked < 2 || f->nrunning >= allowed ||
					  (f->pace.near && !pds_part_may_grow(f, NULL, 0)) ||
					  leaves_to_others(f)))
			break;
		job = job_to_read(f, err);
		if (job == NULL)
			return err->kind == PDS_ERR_NONE;
		if (job->etag[0] == '\0' && job->etag_asked)
			break;				/* no second request before the version is
								 * known */
		left = job->stop - job->next_byte;
		len = pds_pace_part_size(&f->pace, f->total > 0 ? f->total - f->asked_for : -1);
		if (left < (int64_t) len)
			len = (size_t) left;
		len = cut_at_cached(f, job, job->next_byte, len, &cached);
		if (!part_add(f, job, len, false, cached, err))
			return err->kind == PDS_ERR_NONE;
		job->next_byte += (int64_t) len;
		f->asked_for += (int64_t) len;
	}
	return true;
}

/*
 * ----- public -----
 */

/*
 * Divide the memory: the part being read always has some, the rest is for what
 * is read ahead.  On average half of a part has come when it is its turn, so
 * parts may be twice as large as their share.
 */
static void
fetch_limits(PdsFetch *f, const PdsFetchOptions *opt)
{
	size_t		limit = opt && opt->memory_limit ? opt->memory_limit : DEFAULT_MEMORY;
	size_t		part_max = opt && opt->part_max ? opt->part_max : DEFAULT_PART_MAX;
	size_t		chunk;
	size_t		share;

	f->concurrency = opt && opt->concurrency > 0 ? opt->concurrency : DEFAULT_CONCURRENCY;
	if (limit < MEMORY_MIN)
		limit = MEMORY_MIN;
	pds_chunks_init(&f->pool, limit);
	chunk = f->pool.largest + PDS_CHUNK_OVERHEAD;
	/* a range past the end may come before a part that was the first one */
	f->ahead = limit - 2 * PDS_FETCH_FIRST_CHUNKS * chunk;
	if ((size_t) f->concurrency > f->ahead / (2 * chunk))
		f->concurrency = (int) (f->ahead / (2 * chunk));
	share = 2 * f->ahead / (size_t) (f->concurrency + 1);
	share -= share % PDS_CHUNK_MIN;
	if (part_max > share)
		part_max = share;
	pds_pace_init(&f->pace, f->concurrency, opt && opt->part_first ? opt->part_first :
				  DEFAULT_PART_FIRST, part_max);
	f->allowed = f->concurrency;
}

PdsFetch *
pds_fetch_new(PdsAws *aws, const PdsFetchOptions *opt, PdsNextSplitFn next, void *arg,
			  PdsError *err)
{
	PdsFetch   *f = calloc(1, sizeof(PdsFetch));

	if (f == NULL)
	{
		pds_error_oom(err);
		return NULL;
	}
	f->aws = aws;
	f->http = pds_aws_http(aws);
	f->next = next;
	f->next_arg = arg;
	f->throttles = pds_http_counters(f->http)->throttles;
	f->skip_archived = opt && opt->skip_archived;
	fetch_limits(f, opt);
	/* running ones, and small ones that have ended and wait for the reader */
	f->ring_cap = 4 * f->concurrency + 2;

	/*
	 * a part is cleared when it is taken; its error, which is large, when
	 * there is one
	 */
	f->ring = malloc((size_t) f->ring_cap * sizeof(PdsFetchPart));
	if (f->ring == NULL)
	{
		free(f);
		pds_error_oom(err);
		return NULL;
	}
	if (!pds_fetch_cache_init(&f->cache, opt ? opt->cache : NULL, opt ? opt->identity : NULL))
	{
		pds_fetch_free(f);
		pds_error_oom(err);
		return NULL;
	}
	return f;
}

void
pds_fetch_free(PdsFetch *f)
{
	if (f == NULL)
		return;
	while (f->nparts > 0)
		pds_parts_pop(f);
	pds_fetch_cache_free(&f->cache);
	while (f->jobs)
	{
		PdsFetchJob *job = f->jobs;

		f->jobs = job->next;
		free(job);
	}
	pds_chunks_free(&f->pool);
	free(f->learnt_bucket);
	free(f->learnt_key);
	free(f->ring);
	free(f);
}

void
pds_fetch_expect(PdsFetch *f, int64_t total, bool all)
{
	f->total = total;
	f->asked = all ? 2 : 0;
}

void
pds_fetch_more(PdsFetch *f)
{
	f->no_more = false;
}

bool
pds_fetch_next_split(PdsFetch *f, PdsSplit *split, PdsError *err)
{
	pds_error_clear(err);
	if (f->have_current)
		job_drop_current(f);
	if (f->jobs == NULL && job_add(f, err) == NULL)
		return false;
	f->have_current = true;
	f->past_end = false;
	f->past_size = PAST_FIRST;
	*split = f->jobs->split;
	f->offset = f->next_offset = first_byte(split);
	return true;
}

/* Is this the end of what the reader may have? */
static bool
at_end(const PdsFetch *f)
{
	const PdsSplit *s = &f->jobs->split;

	return f->next_offset >= (f->past_end ? s->object_size : s->end);
}

/* Ask for more bytes after the end, in front of everything read ahead. */
static bool
start_past_end(PdsFetch *f, PdsError *err)
{
	const PdsSplit *s = &f->jobs->split;
	int64_t		left = (f->past_end ? s->object_size : s->end) - f->next_offset;
	size_t		len = left < (int64_t) f->past_size ? (size_t) left : f->past_size;
	bool		cached;

	PDS_ASSERT(left > 0);
	len = cut_at_cached(f, f->jobs, f->next_offset, len, &cached);
	if (!part_add(f, f->jobs, len, true, cached, err))
		return false;
	f->past_size = f->past_size * 4 < PAST_MAX ? f->past_size * 4 : PAST_MAX;
	return true;
}

/* The part the next byte is in; NULL when it has not been asked for yet. */
static PdsFetchPart *
current_part(PdsFetch *f)
{
	while (f->nparts > 0)
	{
		PdsFetchPart *p = pds_part_at(f, 0);

		if (p->job != f->jobs)
			return NULL;
		while (p->chunks && (p->chunks->taken == p->chunks->cap ||
							 (p->cached && p->chunks->taken == p->chunks->len)))
			pds_part_drop_chunk(p);
		if (p->taken < p->len || p->failed)
			return p;
		pds_parts_pop(f);
	}
	return NULL;
}

/* The bytes are not there after all: ask S3 for what is left of the part. */
static bool
uncache(PdsFetch *f, PdsFetchPart *p, PdsError *err)
{
	PDS_ASSERT(p->cached && p->chunks == NULL);
	pds_cache_file_close(p->file);
	p->file = NULL;
	p->cached = false;
	p->first += (int64_t) p->taken;
	p->len -= p->taken;
	p->taken = p->received = 0;
	return pds_part_start(f, p, err);
}

/* The next unit of a cached part. */
static bool
read_cached(PdsFetch *f, PdsFetchPart *p, PdsError *err)
{
	size_t		at = (size_t) ((p->first + (int64_t) p->taken) % PDS_CACHE_BLOCK);
	PdsChunk   *c;
	bool		opened;

	PDS_ASSERT(p->cached && p->chunks == NULL && p->transfer == NULL);
	opened = p->file == NULL;
	if (opened)
		p->file = pds_fetch_cache_open(&f->cache, &p->job->split, p->job->etag, p->first);
	if (p->file == NULL)
		return uncache(f, p, err);
	c = pds_chunk_take(&f->pool, PDS_CACHE_UNIT);
	if (c == NULL)
		return pds_error_oom(err);
	if (!pds_cache_file_read(p->file, (int) (at / PDS_CACHE_UNIT), c->data, &c->len))
	{
		pds_chunk_give(&f->pool, c);
		return uncache(f, p, err);
	}
	c->taken = at % PDS_CACHE_UNIT;
	p->chunks = p->last = c;
	p->nchunks = 1;
	p->received = p->taken + c->len - c->taken;
	pds_http_count_cached(f->http, opened ? 1 : 0, c->len - c->taken);
	return true;
}

/* Hand out what is there of part p, if it is enough. */
static bool
take_slice(PdsFetch *f, PdsFetchPart *p, char **data, size_t *len)
{
	const PdsSplit *s = &f->jobs->split;
	int64_t		limit = f->past_end ? s->object_size : s->end;
	size_t		usable = p->len;
	PdsChunk   *c = p->chunks;
	size_t		got;
	bool		whole;			/* no more comes into this chunk */

	if (c == NULL)
		return false;
	if (limit - p->first < (int64_t) usable)
		usable = (size_t) (limit - p->first);
	got = c->len - c->taken;
	if (got > usable - p->taken)
		got = usable - p->taken;
	whole = c->len == c->cap || p->received >= usable || p->cached;
	/* nor a small slice after this one */
	if (got == 0 || (!whole && (got < SLICE_MIN || c->cap - c->len < SLICE_MIN)))
		return false;
	*data = c->data + c->taken;
	*len = got;
	if (!p->cached)
		pds_fetch_cache_keep(&f->cache, s, f->jobs->etag, f->next_offset, *data, got);
	PDS_ASSERT(p->first + (int64_t) p->taken == f->next_offset && c->taken + got <= c->len);
	c->taken += got;
	p->taken += got;
	f->offset = f->next_offset;
	f->next_offset += (int64_t) got;
	f->read += (int64_t) got;
	return true;
}

/* Wait until something happens to a transfer. */
static bool
wait_for_bytes(PdsFetch *f, long timeout_ms, PdsError *err)
{
	int64_t		began = pds_now_us();

	if (!pds_http_wait(f->http, timeout_ms, PDS_WAIT_S3_DATA, err))
	{
		pds_job_name_object(f->jobs, err);
		return false;
	}
	pds_pace_waited(&f->pace, pds_now_us() - began);
	return true;
}

/* Take what has come, let go of what was read, ask for more. */
static bool
work(PdsFetch *f, PdsError *err)
{
	if (f->nrunning > 0 && !pds_http_poke(f->http, err))
		return false;
	pds_parts_collect(f);
	(void) current_part(f);
	pds_parts_wake(f);
	pds_pace_look(&f->pace, pds_now_us(), f->received);
	return schedule(f, err);
}

bool
pds_fetch_slice(PdsFetch *f, char **data, size_t *len, PdsError *err)
{
	pds_error_clear(err);
	*data = NULL;
	*len = 0;
	if (!f->have_current)
		return pds_error_set(err, PDS_ERR_INVALID_REQUEST, "no split is being read");
	if (f->asked < 2)
		f->asked++;
	for (;;)
	{
		PdsFetchPart *p;

		if (!work(f, err))
			return false;
		if (at_end(f))
			return true;
		p = current_part(f);
		if (p == NULL)
		{
			if (!start_past_end(f, err))
				return false;
			continue;
		}
		if (p->failed && f->skip_archived && p->err.kind == PDS_ERR_OBJECT_ARCHIVED &&
			f->next_offset == first_byte(&f->jobs->split))
		{
			f->archived++;
			/* nor has any other split of it bytes */
			if (f->jobs->split.states)
				pds_job_publish(f->jobs);
			pds_fetch_skip_rest(f);
			return true;
		}
		if (p->failed)
		{
			*err = p->err;
			return false;
		}
		if (p->cached && p->chunks == NULL && !read_cached(f, p, err))
			return false;
		if (take_slice(f, p, data, len))
			return true;
		/* a request that could not even be sent has ended already */
		if (p->transfer == NULL || pds_transfer_done(p->transfer))
			continue;
		if (!wait_for_bytes(f, -1, err))
			return false;
	}
}

/* is nothing more to come of the current split before some of it is taken? */
static bool
gathered(PdsFetch *f)
{
	bool		coming = false;
	int			i;

	if (f->jobs->published)
		return true;
	for (i = 0; i < f->nparts && pds_part_at(f, i)->job == f->jobs; i++)
	{
		PdsFetchPart *p = pds_part_at(f, i);

		if (p->failed)
			return true;
		coming |= p->transfer && !pds_transfer_rests(p->transfer);
	}
	return !coming;
}

bool
pds_fetch_gather(PdsFetch *f, PdsError *err)
{
	pds_error_clear(err);
	f->asked = 2;
	f->gathering = true;
	for (;;)
	{
		if (!work(f, err))
			return false;
		if (gathered(f))
			break;
		if (!wait_for_bytes(f, -1, err))
			return false;
	}
	f->gathering = false;
	return true;
}

bool
pds_fetch_wait(PdsFetch *f, long timeout_ms, PdsError *err)
{
	pds_error_clear(err);
	return work(f, err) && wait_for_bytes(f, timeout_ms, err);
}

PdsAws *
pds_fetch_aws(const PdsFetch *f)
{
	return f->aws;
}

void
pds_fetch_read_past_end(PdsFetch *f)
{
	f->past_end = true;
}

void
pds_fetch_skip_rest(PdsFetch *f)
{
	const PdsSplit *s;

	if (!f->have_current)
		return;
	while (f->nparts > 0 && pds_part_at(f, 0)->job == f->jobs)
		pds_parts_pop(f);
	s = &f->jobs->split;
	f->jobs->next_byte = f->jobs->stop;
	f->past_end = false;
	f->next_offset = s->end > f->next_offset ? s->end : f->next_offset;
}

int64_t
pds_fetch_offset(const PdsFetch *f)
{
	return f->offset;
}

int64_t
pds_fetch_archived(const PdsFetch *f)
{
	return f->archived;
}

int64_t
pds_fetch_read(const PdsFetch *f)
{
	return f->read;
}

int64_t
pds_fetch_splits(const PdsFetch *f)
{
	return f->splits;
}

size_t
pds_fetch_memory_peak(const PdsFetch *f)
{
	return f->pool.peak;
}
