/*
 * fetch_pace.c
 *	  How many transfers, and how large: see fetch_pace.h.
 */
#include "core/read/fetch_pace.h"

#include <string.h>

#include "core/base/assert.h"

/* who answers faster is near */
#define NEAR_US			3000
#define NEAR_TRANSFERS	2
/* what is read ahead of each of its transfers */
#define NEAR_WINDOW		((size_t) 2 * 1024 * 1024)
/* parts grow so far in any case */
#define PART_ANYWAY		((size_t) 4 * 1024 * 1024)
/* the time of a part is so many times that to its first byte */
#define PART_TIMES		16
/* and by so much */
#define PART_STEP		((size_t) 1024 * 1024)
/* ... at least so many, when parts get smaller towards the end */
#define LAST_PART_TIMES	3
#define STRETCH_US		50000
#define REST_STRETCHES	20

void
pds_pace_init(PdsPace *p, int transfers, size_t part_first, size_t part_max)
{
	memset(p, 0, sizeof(*p));
	p->most = p->transfers = transfers;
	p->part = part_first < part_max ? part_first : part_max;
	p->part_max = part_max;
	p->first_byte_us = -1;
}

static double
smooth(double old, double new)
{
	return old + (new - old) / 4;
}

void
pds_pace_first_byte(PdsPace *p, int64_t us)
{
	bool		first = p->first_byte_us < 0;

	p->first_byte_us = first ? (double) us : smooth(p->first_byte_us, (double) us);

	/*
	 * one quick answer tells: those before it may have waited for a
	 * processor, or for a connection
	 */
	if (p->near || us >= NEAR_US)
		return;
	p->near = true;
	if (p->most > NEAR_TRANSFERS)
		p->transfers = NEAR_TRANSFERS;
}

void
pds_pace_part(PdsPace *p, size_t bytes, int64_t us)
{
	double		rate = (double) bytes / (double) (us > 0 ? us : 1);

	p->rate = p->rate > 0 ? smooth(p->rate, rate) : rate;
}

void
pds_pace_waited(PdsPace *p, int64_t us)
{
	p->waited_us += us;
}

void
pds_pace_look(PdsPace *p, int64_t now_us, uint64_t bytes)
{
	int64_t		took = now_us - p->began_us;
	double		rate;

	if (p->began_us == 0 || took < STRETCH_US)
	{
		if (p->began_us != 0)
			return;
	}
	else
	{
		rate = (double) (bytes - p->bytes_before) / (double) took;
		if (p->before > 0)
		{
			if (rate < 1.25 * p->rate_before)
			{
				p->transfers = p->before;
				p->rest = REST_STRETCHES;
			}
			p->before = 0;
		}
		else if (p->rest > 0)
			p->rest--;
		else if (p->transfers < p->most && p->waited_us > took / 3)
		{
			p->before = p->transfers;
			p->rate_before = rate;
			p->transfers = 2 * p->transfers < p->most ? 2 * p->transfers : p->most;
		}
	}
	PDS_ASSERT(p->transfers >= 1 && p->transfers <= p->most);
	p->began_us = now_us;
	p->bytes_before = bytes;
	p->waited_us = 0;
}

/* An equal share of what is left for each transfer, if that is not too small. */
static size_t
last_part_size(const PdsPace *p, size_t part, int64_t left)
{
	double		share = (double) left / p->most;
	double		least = p->first_byte_us * p->rate * LAST_PART_TIMES;

	if (least < (double) PART_ANYWAY)
		least = (double) PART_ANYWAY;
	if (share < least)
		share = least;
	return share < (double) part ? (size_t) share : part;
}

size_t
pds_pace_part_size(PdsPace *p, int64_t left)
{
	size_t		part = p->part;
	size_t		step = p->part_max / (size_t) p->most > PART_STEP ? p->part_max / (size_t) p->most
		: PART_STEP;

	if (part < p->part_max &&
		(part < PART_ANYWAY || p->rate == 0 ||
		 p->first_byte_us * p->rate * PART_TIMES > (double) part))
	{
		p->part = part + (part < step ? part : step);
		if (p->part > p->part_max)
			p->part = p->part_max;
	}
	PDS_ASSERT(part > 0 && p->part <= p->part_max);
	return left < 0 || p->rate == 0 || p->near ? part : last_part_size(p, part, left);
}

bool
pds_pace_near(const PdsPace *p)
{
	return p->transfers <= NEAR_TRANSFERS && p->transfers < p->most;
}

size_t
pds_pace_window(const PdsPace *p)
{
	return p->near ? NEAR_WINDOW * (size_t) p->transfers : SIZE_MAX;
}
