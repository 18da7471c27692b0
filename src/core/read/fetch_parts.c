/*
 * fetch_parts.c
 *	  The parts of a fetch's window: the ring they are in, the chunks that their
 *	  transfers fill, maps of splits with states.
 */
#include "core/read/fetch_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/strbuf.h"

#define MB ((size_t) 1024 * 1024)

/*
 * ----- the ring of parts -----
 */

PdsFetchPart *
pds_parts_push(PdsFetch *f, bool front)
{
	PdsFetchPart *p;

	PDS_ASSERT(f->nparts < f->ring_cap);
	if (front)
		f->ring_head = (f->ring_head + f->ring_cap - 1) % f->ring_cap;
	f->nparts++;
	p = pds_part_at(f, front ? 0 : f->nparts - 1);
	memset(p, 0, offsetof(PdsFetchPart, err));
	p->fetch = f;
	return p;
}

void
pds_part_drop_chunk(PdsFetchPart *p)
{
	PdsChunk   *c = p->chunks;

	PDS_ASSERT(c && p->nchunks > 0);
	p->chunks = c->next;
	if (p->chunks == NULL)
		p->last = NULL;
	if (p->filling == c)
		p->filling = c->next;
	p->nchunks--;
	pds_chunk_give(&p->fetch->pool, c);
}

void
pds_part_release(PdsFetch *f, PdsFetchPart *p)
{
	if (p->transfer)
	{
		pds_transfer_free(p->transfer);
		p->transfer = NULL;
		f->nrunning--;
		PDS_ASSERT(f->nrunning >= 0);
	}
	pds_cache_file_close(p->file);
	p->file = NULL;
	while (p->chunks)
		pds_part_drop_chunk(p);
}

void
pds_parts_pop(PdsFetch *f)
{
	PDS_ASSERT(f->nparts > 0);
	pds_part_release(f, pds_part_at(f, 0));
	f->ring_head = (f->ring_head + 1) % f->ring_cap;
	f->nparts--;
}

/*
 * ----- bytes that come -----
 */

/* May this part have one chunk more, and leave so many bytes free? */
bool
pds_part_may_grow(PdsFetch *f, const PdsFetchPart *p, size_t spare)
{
	size_t		window = pds_pace_window(&f->pace);

	if (p == pds_part_at(f, 0) && p->nchunks < PDS_FETCH_FIRST_CHUNKS)
		return true;
	if (window > f->ahead || f->gathering)
		window = f->ahead;
	return f->pool.used + f->pool.largest + PDS_CHUNK_OVERHEAD + spare <= window;
}

static bool
make_room(PdsFetchPart *p, size_t n)
{
	PdsFetch   *f = p->fetch;

	while (p->room < n)
	{
		PdsChunk   *c;

		if (!pds_part_may_grow(f, p, 0))
			return false;
		c = pds_chunk_take(&f->pool, p->len - p->received - p->room);
		p->no_memory = (c == NULL);
		if (c == NULL)
			return false;
		if (p->last)
			p->last->next = c;
		else
			p->chunks = c;
		p->last = c;
		if (p->filling == NULL)
			p->filling = c;
		p->nchunks++;
		p->room += c->cap;
	}
	return true;
}

/*
 * ----- maps of splits with states -----
 *
 * Parts come in any order, so each has a map of its own.
 */

/* where the split's bytes in this part end */
int64_t
pds_part_map_end(const PdsFetchPart *p)
{
	int64_t		end = p->first + (int64_t) p->len;

	return end < p->job->split.end ? end : p->job->split.end;
}

/* n bytes behind those received so far; some may be known from the cache */
static void
map_part(PdsFetchPart *p, const char *data, size_t n)
{
	int64_t		at = p->first + (int64_t) p->received;
	int64_t		from = at > p->map.at ? at : p->map.at;
	int64_t		to = at + (int64_t) n;

	if (to > pds_part_map_end(p))
		to = pds_part_map_end(p);
	if (from < to)
		pds_map_feed(&p->map, p->job->split.states->scan, data + (from - at),
					 (size_t) (to - from));
}

void
pds_job_publish(PdsFetchJob *job)
{
	PDS_ASSERT(job->split.states);
	if (job->published)
		return;
	pds_states_publish(job->split.states, pds_split_number(&job->split), job->map.map);
	job->published = true;
}

/* Put the maps of parts together, in order. */
void
pds_parts_join_maps(PdsFetch *f)
{
	int			i;

	for (i = 0; i < f->nparts; i++)
	{
		PdsFetchPart *p = pds_part_at(f, i);
		PdsFetchJob *job = p->job;

		if (job->split.states == NULL || job->published || p->map.first != job->map.at ||
			p->map.at < pds_part_map_end(p))
			continue;
		job->map.map = pds_map_then(job->map.map, p->map.map);
		job->map.at = p->map.at;
		if (job->map.at == job->split.end)
			pds_job_publish(job);
	}
}

/* sink of a part's transfer (PdsRangeSink) */
static bool
part_take(void *arg, const char *data, size_t n)
{
	PdsFetchPart *p = arg;

	if (p->answered_us == 0)
	{
		p->answered_us = pds_now_us();
		pds_pace_first_byte(&p->fetch->pace, p->answered_us - p->started_us);
	}
	if (!make_room(p, n))
	{
		p->rested = true;
		return false;
	}
	if (p->job->split.states)
		map_part(p, data, n);
	PDS_ASSERT(p->room >= n && p->received + n <= p->len);
	p->received += n;
	p->room -= n;
	p->fetch->received += n;
	while (n > 0)
	{
		PdsChunk   *c = p->filling;
		size_t		some = c->cap - c->len < n ? c->cap - c->len : n;

		PDS_ASSERT(some > 0);
		memcpy(c->data + c->len, data, some);
		c->len += some;
		data += some;
		n -= some;
		if (c->len == c->cap)
			p->filling = c->next;
	}
	return true;
}

/* Wake transfers that rest, in the order of reading, as memory allows. */
void
pds_parts_wake(PdsFetch *f)
{
	int			i;

	for (i = 0; i < f->nparts; i++)
	{
		PdsFetchPart *p = pds_part_at(f, i);

		if (p->transfer && !p->no_memory && pds_transfer_rests(p->transfer) &&
			pds_part_may_grow(f, p, 2 * f->pool.largest))
			pds_transfer_resume(p->transfer);
	}
}

/*
 * ----- transfers -----
 */

void
pds_job_name_object(const PdsFetchJob *job, PdsError *err)
{
	char		uri[sizeof(err->resource)];

	if (err->resource[0] != '\0')
		return;
	snprintf(uri, sizeof(uri), "s3://%s/%s", job->split.bucket, job->split.key);
	pds_error_context(err, err->service[0] ? NULL : "s3",
					  err->operation[0] ? NULL : "GetObject", uri);
}

/*
 * Every request after the first that learns the ETag carries it as If-Match,
 * so that two versions of an object are never mixed.
 */
bool
pds_part_start(PdsFetch *f, PdsFetchPart *p, PdsError *err)
{
	PdsFetchJob *job = p->job;

	PDS_ASSERT(p->transfer == NULL && !p->cached);
	p->started_us = pds_now_us();
	p->transfer = pds_s3_get_start(f->aws, job->split.bucket, job->split.key,
								   job->split.version_id, p->first, p->first + (int64_t) p->len - 1,
								   job->etag[0] ? job->etag : NULL, part_take, p, err);
	if (p->transfer == NULL)
	{
		pds_job_name_object(job, err);
		return false;
	}
	if (job->etag[0] == '\0')
		job->etag_asked = true;
	f->nrunning++;
	return true;
}

static bool
learn_etag(PdsFetch *f, PdsFetchJob *job, const PdsResponse *resp, PdsError *err)
{
	job->etag_asked = false;
	if (resp->etag[0] == '\0')
		return true;
	pds_copy_cut(job->etag, sizeof(job->etag), resp->etag, strlen(resp->etag));
	free(f->learnt_bucket);
	free(f->learnt_key);
	f->learnt_bucket = pds_strdup(job->split.bucket);
	f->learnt_key = pds_strdup(job->split.key);
	if (f->learnt_bucket == NULL || f->learnt_key == NULL)
		return pds_error_oom(err);
	memcpy(f->learnt_etag, job->etag, sizeof(job->etag));
	return true;
}

/* Look at the reply of a transfer that was successful. */
static bool
part_check(PdsFetch *f, PdsFetchPart *p, const PdsResponse *resp, PdsError *err)
{
	if (resp->total_size >= 0 && resp->total_size != p->job->split.object_size)
	{
		pds_error_set(err, PDS_ERR_OBJECT_CHANGED,
					  "the object has %" PRId64 " bytes, but %" PRId64 " when it was listed",
					  resp->total_size, p->job->split.object_size);
		err->retryable = true;
		pds_error_hint(err, "Run the query again: the object was replaced in the meantime.");
		return false;
	}
	if (resp->range_received < p->len)
		return pds_error_set(err, PDS_ERR_PROTOCOL, "%zu bytes were asked for, %zu came",
							 p->len, resp->range_received);
	if (p->job->etag[0] == '\0' && !learn_etag(f, p->job, resp, err))
		return false;
	return true;
}

static void
part_finish(PdsFetch *f, PdsFetchPart *p)
{
	PdsResponse resp;
	PdsTransfer *t = p->transfer;
	bool		ok;

	PDS_ASSERT(pds_transfer_done(t) && f->nrunning > 0);
	pds_error_clear(&p->err);
	pds_response_init(&resp);
	ok = pds_s3_get_finish(f->aws, p->job->split.bucket, t, &resp, &p->err);
	pds_transfer_free(t);
	p->transfer = NULL;
	f->nrunning--;
	if (ok)
	{
		ok = part_check(f, p, &resp, &p->err);
		f->good_parts++;
		if (!p->rested && p->len >= MB)
			pds_pace_part(&f->pace, p->len, pds_now_us() - p->answered_us);
	}
	else if (p->err.kind == PDS_ERR_WRONG_REGION && p->err.retryable && !p->restarted)
	{
		/* the region is known now; nothing of the body has been seen */
		p->restarted = true;
		pds_error_clear(&p->err);
		ok = pds_part_start(f, p, &p->err);
	}
	pds_response_free(&resp);
	if (!ok)
	{
		p->failed = true;
		pds_job_name_object(p->job, &p->err);
	}
}

/* Take over what has arrived and what has ended. */
void
pds_parts_collect(PdsFetch *f)
{
	int			i;

	for (i = 0; i < f->nparts; i++)
	{
		PdsFetchPart *p = pds_part_at(f, i);

		if (p->transfer == NULL)
			continue;
		if (pds_transfer_done(p->transfer))
			part_finish(f, p);
		else if (p->no_memory)
		{
			p->failed = true;
			(void) pds_error_oom(&p->err);
		}
	}
	pds_parts_join_maps(f);
}
