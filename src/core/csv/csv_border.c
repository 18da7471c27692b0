/*
 * csv_border.c
 *	  All states of the quoted grammar at once: a byte leads from a set of
 *	  states to a set of states, a stretch of bytes from each state to one.
 *
 * The single steps are those of the reference, pds_scan_record.
 */
#include "core/csv/csv_border.h"

#include <string.h>

static const char byte_order_mark[] = "\xEF\xBB\xBF";

enum
{
	OTHER, QUOTE, ESCAPE, DELIMITER, LF, CR, NKINDS
};

_Static_assert(NKINDS == PDS_CSV_KINDS, "PdsBorder.next has a row for each kind");
_Static_assert(PDS_CSV_NSTATES <= 8 && 8 * PDS_MAP_BITS < 32, "a PdsCsvMap holds a state for each state");

static int
outside(int kind, bool field_start)
{
	switch (kind)
	{
		case QUOTE:
			return field_start ? PDS_CSV_QUOTED : PDS_CSV_PLAIN;
		case DELIMITER:
			return PDS_CSV_FIELD;
		case LF:
			return PDS_CSV_RECORD;
		case CR:
			return PDS_CSV_CR;
		default:
			return PDS_CSV_PLAIN;
	}
}

static int
step_from(int state, int kind)
{
	switch (state)
	{
		case PDS_CSV_RECORD:
		case PDS_CSV_FIELD:
			return outside(kind, true);
		case PDS_CSV_CR:
			return kind == LF ? PDS_CSV_RECORD : outside(kind, true);
		case PDS_CSV_QUOTED:
			return kind == QUOTE ? PDS_CSV_QUOTE : kind == ESCAPE ? PDS_CSV_ESCAPE : PDS_CSV_QUOTED;
		case PDS_CSV_ESCAPE:
			return PDS_CSV_QUOTED;
		case PDS_CSV_QUOTE:
			return kind == QUOTE ? PDS_CSV_QUOTED : outside(kind, false);
		default:
			return outside(kind, false);
	}
}

void
pds_border_init(PdsBorder *b, const PdsScanDialect *d)
{
	int			kind;
	int			mask;
	int			state;

	memset(b, 0, sizeof(*b));
	b->quote = b->escape = -1;
	b->kind[(unsigned char) d->delimiter] = DELIMITER;
	if (d->quote != 0 && d->escape != 0 && d->escape != d->quote)
	{
		b->escape = (unsigned char) d->escape;
		b->kind[b->escape] = ESCAPE;
	}
	if (d->lone_cr)
		b->kind['\r'] = CR;
	b->kind['\n'] = LF;
	if (d->quote != 0)
	{
		b->quote = (unsigned char) d->quote;
		b->kind[b->quote] = QUOTE;
	}
	for (kind = 0; kind < NKINDS; kind++)
		for (mask = 1; mask <= PDS_CSV_ALL; mask++)
			for (state = 0; state < PDS_CSV_NSTATES; state++)
				if (mask & (1 << state))
					b->next[kind][mask] |= (uint8_t) (1 << step_from(state, kind));
}

PdsCsvStates
pds_border_feed(const PdsBorder *b, PdsCsvStates states, const char *s, size_t n)
{
	size_t		i;

	for (i = 0; i < n; i++)
		states = b->next[b->kind[(unsigned char) s[i]]][states];
	return states;
}

int
pds_border_state(PdsCsvStates states)
{
	int			state;

	for (state = 0; state < PDS_CSV_NSTATES; state++)
		if (states == 1 << state)
			return state;
	return -1;
}

int64_t
pds_border_lead(int64_t step, int64_t at)
{
	int64_t		lead = step < PDS_BORDER_BYTES ? step : PDS_BORDER_BYTES;

	/* not from within a byte order mark */
	return at < lead + 4 ? at : lead;
}

/*
 * ----- maps -----
 */

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

/* Each of the states by itself, byte by byte. */
static PdsCsvMap
step_bytes(const PdsBorder *b, PdsCsvMap map, const char *s, size_t n)
{
	PdsCsvStates at[PDS_CSV_NSTATES];
	PdsCsvMap	to = 0;
	int			state;

	for (state = 0; state < PDS_CSV_NSTATES; state++)
		at[state] = (PdsCsvStates) (1 << PDS_MAP_AT(map, state));
	for (; n > 0; n--, s++)
	{
		const PdsCsvStates *next = b->next[b->kind[(unsigned char) *s]];

		for (state = 0; state < PDS_CSV_NSTATES; state++)
			at[state] = next[at[state]];
	}
	for (state = 0; state < PDS_CSV_NSTATES; state++)
		to |= (PdsCsvMap) pds_border_state(at[state]) << (PDS_MAP_BITS * state);
	return to;
}

static const char *
find_border(int c, const char *s, const char *end)
{
	const char *at = c >= 0 ? memchr(s, c, (size_t) (end - s)) : NULL;

	return at ? at : end;
}

/*
 * Between quotes and escapes the first byte and the last one tell all: after the
 * first, a state is within quotes and stays there, or it is not, and then the last
 * byte alone says which.
 */
PdsCsvMap
pds_map_bytes(const PdsBorder *b, PdsCsvMap map, const char *s, size_t n)
{
	const char *end = s + n;
	const char *quote = s;
	const char *escape = s;

	while (s < end)
	{
		const char *stop;

		if (quote <= s)
			quote = find_border(b->quote, s, end);
		if (escape <= s)
			escape = find_border(b->escape, s, end);
		stop = quote < escape ? quote : escape;
		if (stop - s > 2)
		{
			map = step_bytes(b, map, s, 1);
			s = stop - 1;
		}
		/* and what stops it, which is no byte at the end */
		if (stop < end)
			stop++;
		map = step_bytes(b, map, s, (size_t) (stop - s));
		s = stop;
	}
	return map;
}

void
pds_map_begin(PdsMapFeed *feed, int64_t first)
{
	feed->map = pds_map_identity();
	feed->first = feed->at = first;
	feed->mark = 0;
}

/* The object's first record begins behind a byte order mark. */
void
pds_map_feed(PdsMapFeed *feed, const PdsBorder *b, const char *s, size_t n)
{
	while (n > 0 && feed->at < 3 && feed->mark == feed->at && *s == byte_order_mark[feed->at])
	{
		feed->mark++;
		feed->at++;
		s++;
		n--;
	}
	if (n == 0)
		return;
	if (feed->at == feed->mark && feed->mark < 3)
		feed->map = pds_map_bytes(b, feed->map, byte_order_mark, (size_t) feed->mark);
	feed->map = pds_map_bytes(b, feed->map, s, n);
	feed->at += (int64_t) n;
}
