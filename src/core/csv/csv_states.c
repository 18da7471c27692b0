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
	if (state == PDS_CSV_COMMENT)
		return c == '\n' || (c == '\r' && d->lone_cr) ? outside(d, c) : PDS_CSV_COMMENT;
	if (d->comment != 0 && c == d->comment && (state == PDS_CSV_RECORD || state == PDS_CSV_CR))
		return PDS_CSV_COMMENT;
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

/* the first of these bytes, or end */
static const char *
find_line_end(const PdsScanDialect *d, const char *s, const char *end)
{
	const char *lf = find_special('\n', s, end);

	return d->lone_cr ? find_special('\r', s, lf) : lf;
}

/* One state over the bytes of a dialect with comments, where quotes in these are none. */
static PdsCsvState
follow_comments(const PdsScanDialect *d, PdsCsvState state, const char *s, const char *end)
{
	bool		escapes = d->escape != 0 && d->escape != d->quote;

	while (s < end)
	{
		const char *stop = s;

		if (state == PDS_CSV_COMMENT)
			stop = find_line_end(d, s, end);
		else if (state == PDS_CSV_PLAIN)
			stop = find_special(d->quote, s, find_line_end(d, s, end));
		else if (state == PDS_CSV_QUOTED)
		{
			stop = find_special(d->quote, s, end);
			if (escapes)
				stop = find_special(d->escape, s, stop);
		}
		if (stop < end)
			state = pds_csv_step(d, state, *stop++);
		s = stop;
	}
	return state;
}

/* so many bytes are followed for each state: most states become the same soon */
#define FOLLOWED_BYTES 1024

static PdsCsvMap
map_with_comments(const PdsScanDialect *d, PdsCsvMap map, const char *s, size_t n)
{
	while (n > 0)
	{
		size_t		here = n < FOLLOWED_BYTES ? n : FOLLOWED_BYTES;
		PdsCsvMap	to = 0;
		uint32_t	done = 0;
		int			after[PDS_CSV_NSTATES];
		int			i;

		for (i = 0; i < PDS_CSV_NSTATES; i++)
		{
			int			state = (int) PDS_MAP_AT(map, i);

			if (!(done & 1u << state))
				after[state] = (int) follow_comments(d, (PdsCsvState) state, s, s + here);
			done |= 1u << state;
			to |= (PdsCsvMap) after[state] << (PDS_MAP_BITS * i);
		}
		map = to;
		s += here;
		n -= here;
	}
	return map;
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
	if (d->comment != 0)
		return map_with_comments(d, map, s, n);
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
	feed->mark = 0;
	feed->skip_lines = 0;
	feed->after_cr = false;
}

/* of PdsMapFeed: the bytes in front are no mark */
#define NO_MARK 4

/*
 * What of the bytes lies before the first record: an object's byte order mark,
 * lines to be skipped.
 */
static size_t
before_records(PdsMapFeed *feed, const PdsScanDialect *d, const char *s, size_t n)
{
	const char *end = s + n;
	const char *p = s;
	static const char mark[] = "\xEF\xBB\xBF";

	if (feed->at == 0)
		feed->skip_lines = d->skip_lines;
	while (p < end && feed->at + (p - s) == feed->mark && feed->mark < 3 &&
		   *p == mark[feed->mark])
	{
		feed->mark++;
		p++;
	}
	/* what begins like a mark and is none is of the first line */
	if (p < end && feed->mark > 0 && feed->mark < 3 && feed->at + (p - s) == feed->mark)
	{
		if (feed->skip_lines == 0)
			feed->map = pds_map_bytes(d, feed->map, mark, (size_t) feed->mark);
		feed->mark = NO_MARK;
	}
	while (p < end && (feed->skip_lines > 0 || feed->after_cr))
	{
		if (feed->after_cr)
		{
			feed->after_cr = false;
			p += *p == '\n';
			continue;
		}
		p = find_line_end(d, p, end);
		if (p == end)
			break;
		feed->after_cr = *p++ == '\r';
		feed->skip_lines--;
	}
	return (size_t) (p - s);
}

void
pds_map_feed(PdsMapFeed *feed, const PdsScanDialect *d, const char *s, size_t n)
{
	size_t		skip = before_records(feed, d, s, n);

	feed->map = pds_map_bytes(d, feed->map, s + skip, n - skip);
	feed->at += (int64_t) n;
}
