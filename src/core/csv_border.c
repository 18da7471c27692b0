/*
 * csv_border.c
 *	  All states of the quoted grammar at once: a byte leads from a set of
 *	  states to a set of states.
 *
 * The single steps are those of the reference, pds_scan_record.
 */
#include "csv_border.h"

#include <string.h>

enum
{
	OTHER, QUOTE, ESCAPE, DELIMITER, LF, CR, NKINDS
};

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
