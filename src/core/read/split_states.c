/*
 * split_states.c
 *	  Maps of splits: shared, and fetched for want of somebody who does it.
 */
#include "core/read/split_states.h"

#include <string.h>

#include "core/base/assert.h"
#include "core/base/clock.h"

/* an entry of maps: a map, or who shall publish it (its process + 1) */
#define KNOWN			0x80000000u
/* who has not been reading for so long is not waited for */
#define AWAY_MS			50
/* progress of others is looked for so often, while ranges come */
#define LOOK_MS			20

/*
 * ----- sharing -----
 */

static bool
known(uint32_t entry)
{
	return (entry & KNOWN) != 0;
}

static uint32_t
entry_of(const PdsSplitStates *s, int number)
{
	return __atomic_load_n(&s->maps[number], __ATOMIC_ACQUIRE);
}

void
pds_states_claim(const PdsSplitStates *s, int number)
{
	uint32_t	nobody = 0;

	/* unless somebody who could not wait has made it already */
	(void) __atomic_compare_exchange_n(&s->maps[number], &nobody, (uint32_t) s->process + 1, false,
									   __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

void
pds_states_publish(const PdsSplitStates *s, int number, PdsCsvMap map)
{
	PDS_ASSERT((map & KNOWN) == 0);
	__atomic_store_n(&s->maps[number], map | KNOWN, __ATOMIC_RELEASE);
}

int
pds_states_at(const PdsSplitStates *s, int number, int *missing)
{
	PdsCsvMap	map = pds_map_identity();
	bool		all = true;
	int			state;
	int			i;

	*missing = -1;
	for (i = number - 1; i >= 0; i--)
	{
		uint32_t	entry = entry_of(s, i);

		if (!known(entry))
		{
			all = false;
			*missing = i;
			continue;
		}
		entry &= ~KNOWN;
		map = pds_map_then(entry, map);
		if (pds_map_is_constant(entry))
			break;
	}
	if (!all)
		return -1;
	PDS_ASSERT(number == 0 || pds_map_is_constant(map) || i < 0);
	state = (int) PDS_MAP_AT(map, PDS_CSV_RECORD);
	/* nobody needs to go so far back again */
	if (number > 0)
		pds_states_publish(s, number - 1, pds_map_constant(state));
	return state;
}

void
pds_states_enter(uint32_t *presence)
{
	(void) __atomic_or_fetch(presence, 1, __ATOMIC_ACQ_REL);
}

void
pds_states_leave(uint32_t *presence)
{
	PDS_ASSERT(__atomic_load_n(presence, __ATOMIC_ACQUIRE) & 1);
	(void) __atomic_add_fetch(presence, 1, __ATOMIC_ACQ_REL);
}

bool
pds_states_away(const PdsSplitStates *s, int missing, PdsStatesWait *wait)
{
	uint32_t	entry = entry_of(s, missing);
	uint32_t	seen = entry == 0 || known(entry) ? 0 :
		__atomic_load_n(&s->presence[entry - 1], __ATOMIC_ACQUIRE);
	int64_t		now = pds_now_ms();

	if (!wait->began || wait->missing != missing || wait->seen != seen || (seen & 1))
	{
		wait->missing = missing;
		wait->seen = seen;
		wait->since_ms = now;
		wait->began = true;
		return false;
	}
	return now - wait->since_ms >= AWAY_MS;
}

/*
 * ----- ranges -----
 */

/* a range whose map is wanted */
typedef struct MapRange
{
	int64_t		first;
	int64_t		end;
	PdsMapFeed	feed;
	const PdsScanDialect *scan;
	PdsTransfer *transfer;
} MapRange;

/* PdsRangeSink */
static bool
take(void *arg, const char *data, size_t n)
{
	MapRange   *r = arg;

	pds_map_feed(&r->feed, r->scan, data, n);
	return true;
}

static bool
start(PdsAws *aws, const PdsSplit *o, MapRange *r, PdsError *err)
{
	PDS_ASSERT(r->transfer == NULL && r->first < r->end);
	pds_map_begin(&r->feed, r->first);
	r->transfer = pds_s3_get_start(aws, o->bucket, o->key, o->version_id, r->first, r->end - 1,
								   o->etag, take, r, err);
	return r->transfer != NULL;
}

/* Take the result of a range that has ended. */
static bool
finish(PdsAws *aws, const PdsSplit *o, MapRange *r, PdsError *err)
{
	PdsResponse resp;
	bool		ok;

	pds_response_init(&resp);
	ok = pds_s3_get_finish(aws, o->bucket, r->transfer, &resp, err);
	pds_response_free(&resp);
	pds_transfer_free(r->transfer);
	r->transfer = NULL;
	if (ok && r->feed.at < r->end)
		ok = pds_error_set(err, PDS_ERR_PROTOCOL, "fewer bytes came than were asked for");
	if (!ok && err->kind == PDS_ERR_WRONG_REGION && err->retryable && r->feed.at == r->first)
	{
		/* the region is known now; a second time it is told otherwise */
		pds_error_clear(err);
		return start(aws, o, r, err);
	}
	return ok;
}

bool
pds_states_fetch(PdsAws *aws, const PdsSplit *s, int number, PdsError *err)
{
	MapRange	range = {.first = number * s->step, .end = (number + 1) * s->step,
	.scan = s->states->scan};
	bool		ok = start(aws, s, &range, err);

	/* somebody else may publish it meanwhile */
	while (ok && range.transfer && !known(entry_of(s->states, number)))
	{
		if (pds_transfer_done(range.transfer))
			ok = finish(aws, s, &range, err);
		else
			ok = pds_http_wait(pds_aws_http(aws), LOOK_MS, PDS_WAIT_S3_DATA, err);
	}
	pds_transfer_free(range.transfer);
	if (ok && !known(entry_of(s->states, number)))
		pds_states_publish(s->states, number, range.feed.map);
	return ok;
}
