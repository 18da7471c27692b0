/*
 * csv_states.c
 *	  Maps of stretches of quoted CSV.
 *
 * Only two things count of a stretch: whether it leaves quotes open, and its
 * last byte.
 */
#include "core/csv/csv_states.h"

#include <string.h>

static bool
is_inside(PdsCsvState state)
{
	return state == PDS_CSV_QUOTED || state == PDS_CSV_ESCAPE;
}

/* the state outside quotes behind byte c */
static PdsCsvState
outside(const PdsScanDialect *d, char c)
{
	if (c == '\n')
		return PDS_CSV_RECORD;
	return c == '\r' && d->lone_cr ? PDS_CSV_CR : PDS_CSV_PLAIN;
}

PdsCsvState
pds_csv_step(const PdsScanDialect *d, PdsCsvState state, char c)
{
	if (!is_inside(state))
		return c == d->quote ? PDS_CSV_QUOTED : outside(d, c);
	if (state == PDS_CSV_ESCAPE)
		return PDS_CSV_QUOTED;
	if (c == d->escape && d->escape != d->quote)
		return PDS_CSV_ESCAPE;
	return c == d->quote ? PDS_CSV_PLAIN : PDS_CSV_QUOTED;
}

PdsCsvMap
pds_map_identity(void)
{
	PdsCsvMap	map = 0;
	int			state;

	for (state = 0; state < PDS_CSV_NSTATES; state++)
		map |= (PdsCsvMap) state << (PDS_MAP_BITS * state);
	return map;
}

PdsCsvMap
pds_map_constant(int state)
{
	PdsCsvMap	map = 0;
	int			i;

	for (i = 0; i < PDS_CSV_NSTATES; i++)
		map |= (PdsCsvMap) state << (PDS_MAP_BITS * i);
	return map;
}

bool
pds_map_is_constant(PdsCsvMap map)
{
	return map == pds_map_constant((int) PDS_MAP_AT(map, 0));
}

PdsCsvMap
pds_map_then(PdsCsvMap first, PdsCsvMap then)
{
	PdsCsvMap	map = 0;
	int			state;

	for (state = 0; state < PDS_CSV_NSTATES; state++)
		map |= PDS_MAP_AT(then, PDS_MAP_AT(first, state)) << (PDS_MAP_BITS * state);
	return map;
}

/* is the number of these bytes that are c odd? */
static bool
odd_count(const char *s, size_t n, char c)
{
	const uint64_t low = UINT64_C(0x7F7F7F7F7F7F7F7F);
	const uint64_t want = UINT64_C(0x0101010101010101) * (unsigned char) c;
	uint64_t	acc = 0;
	bool		odd = false;

	for (; n >= 8; s += 8, n -= 8)
	{
		uint64_t	x;

		/* the top bit of each byte that is c */
		memcpy(&x, s, 8);
		x ^= want;
		acc ^= ~(((x & low) + low) | x | low);
	}
	for (; n > 0; s++, n--)
		odd ^= *s == c;
	return odd ^ (__builtin_popcountll(acc) & 1);
}

static const char *
find_special(char c, const char *s, const char *end)
{
	const char *at = memchr(s, c, (size_t) (end - s));

	return at ? at : end;
}

/* What the states become of which one is within quotes, where escapes are no quotes. */
static void
follow_escapes(const PdsScanDialect *d, PdsCsvState at[PDS_CSV_NSTATES], const char *s, size_t n)
{
	const char *end = s + n;
	const char *quote = s;
	const char *escape = s;
	int			i;

	for (; s < end; s++)
	{
		const char *stop;

		if (quote <= s)
			quote = find_special(d->quote, s, end);
		if (escape <= s)
			escape = find_special(d->escape, s, end);
		stop = quote < escape ? quote : escape;

		/*
		 * what precedes ends the protection by an escape, and means nothing
		 * else
		 */
		for (i = 0; i < PDS_CSV_NSTATES; i++)
		{
			if (stop > s && at[i] == PDS_CSV_ESCAPE)
				at[i] = PDS_CSV_QUOTED;
			if (stop < end)
				at[i] = pds_csv_step(d, at[i], *stop);
		}
		s = stop;
	}
}

PdsCsvMap
pds_map_bytes(const PdsScanDialect *d, PdsCsvMap map, const char *s, size_t n)
{
	PdsCsvState at[PDS_CSV_NSTATES];
	PdsCsvMap	to = 0;
	bool		odd;
	int			i;

	if (n == 0)
		return map;
	for (i = 0; i < PDS_CSV_NSTATES; i++)
		at[i] = (PdsCsvState) PDS_MAP_AT(map, i);
	if (d->escape != 0 && d->escape != d->quote)
		follow_escapes(d, at, s, n);
	else
	{
		odd = odd_count(s, n, d->quote);
		for (i = 0; i < PDS_CSV_NSTATES; i++)
			at[i] = is_inside(at[i]) != odd ? PDS_CSV_QUOTED : PDS_CSV_PLAIN;
	}
	for (i = 0; i < PDS_CSV_NSTATES; i++)
		to |= (PdsCsvMap) (is_inside(at[i]) ? at[i] : outside(d, s[n - 1])) << (PDS_MAP_BITS * i);
	return to;
}

void
pds_map_begin(PdsMapFeed *feed, int64_t first)
{
	feed->map = pds_map_identity();
	feed->first = feed->at = first;
}

void
pds_map_feed(PdsMapFeed *feed, const PdsScanDialect *d, const char *s, size_t n)
{
	feed->map = pds_map_bytes(d, feed->map, s, n);
	feed->at += (int64_t) n;
}
