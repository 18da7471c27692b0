/*
 * csv_scan_scalar.c
 *	  The structure index: its memory, and the scalar kernel.
 *
 * That goes byte by byte and is meant to be read; those of csv_scan_kernel.h are
 * tested against it.
 */
#include "core/base/assert.h"
#include "core/csv/csv_scan_internal.h"

#include <stdlib.h>
#include <string.h>

void
pds_index_init(PdsIndex *ix)
{
	memset(ix, 0, sizeof(*ix));
}

void
pds_index_free(PdsIndex *ix)
{
	free(ix->ends);
	free(ix->rec);
	free(ix->cut);
	memset(ix, 0, sizeof(*ix));
}

static bool
grow(uint32_t **array, size_t *cap, size_t need)
{
	size_t		n = *cap ? *cap : 4096;
	uint32_t   *p;

	while (n < need)
		n *= 2;
	p = realloc(*array, n * sizeof(uint32_t));
	if (p == NULL)
		return false;
	*array = p;
	*cap = n;
	return true;
}

bool
pds_index_grow_ends(PdsIndex *ix, size_t n)
{
	return grow(&ix->ends, &ix->ends_cap, ix->nends + n);
}

bool
pds_index_grow_rec(PdsIndex *ix, size_t n)
{
	return grow(&ix->rec, &ix->rec_cap, ix->nrec + n);
}

bool
pds_index_note_cut(PdsIndex *ix, size_t record)
{
	if (ix->ncut == ix->cut_cap)
	{
		size_t		cap = ix->cut_cap ? 2 * ix->cut_cap : 16;
		PdsCutRecord *cut = realloc(ix->cut, cap * sizeof(PdsCutRecord));

		if (cut == NULL)
			return false;
		ix->cut = cut;
		ix->cut_cap = cap;
	}
	ix->cut[ix->ncut++] = (PdsCutRecord)
	{
		record, ix->dropped
	};
	ix->dropped = 0;
	return true;
}

bool
pds_index_trim(PdsIndex *ix, size_t before)
{
	size_t		begin = ix->nrec > 0 ? (size_t) ix->rec[ix->nrec - 1] + 1 : 0;

	if (ix->dropped > 0 && ix->nrec > before && !pds_index_note_cut(ix, before))
		return false;
	if (ix->keep > 0 && ix->nends - begin > ix->keep)
	{
		ix->dropped += (uint32_t) (ix->nends - begin - ix->keep);
		ix->nends = begin + ix->keep;
	}
	return true;
}

uint32_t
pds_index_dropped(const PdsIndex *ix, size_t r)
{
	size_t		i;

	for (i = 0; i < ix->ncut && ix->cut[i].record <= r; i++)
		if (ix->cut[i].record == r)
			return ix->cut[i].dropped;
	return 0;
}

/* ---- scalar ---- */

void
pds_index_put(PdsIndex *ix, size_t at, bool is_record, PdsScanMode mode)
{
	PDS_ASSERT(mode != PDS_SCAN_INDEX || ix->nends == 0 || ix->ends[ix->nends - 1] < at);
	if (mode == PDS_SCAN_INDEX)
		ix->ends[ix->nends] = (uint32_t) at;
	ix->nends++;
	if (!is_record)
		return;
	if (mode != PDS_SCAN_COUNT)
		ix->rec[ix->nrec] = (uint32_t) (ix->nends - 1);
	ix->nrec++;
	ix->consumed = at + 1;
}

/* a byte between quotes */
static void
step_inside(PdsIndex *ix, const PdsScanDialect *d, char c)
{
	PdsScanCarry *st = &ix->carry;

	if (st->escaped)
		st->escaped = 0;
	else if (d->escape != 0 && d->escape != d->quote && c == d->escape)
		st->escaped = 1;
	else if (c == d->quote)
	{
		st->inside = 0;
		st->may_open = 1;
	}
}

/* Any other byte; `end`: it ends a record. */
static void
step_outside(PdsIndex *ix, const PdsScanDialect *d, const char *buf, size_t at, bool end,
			 PdsScanMode mode)
{
	PdsScanCarry *st = &ix->carry;
	char		c = buf[at];
	bool		escaped = st->escaped != 0;

	st->escaped = 0;
	if (end)
	{
		pds_index_put(ix, at, true, mode);
		st->may_open = 1;
	}
	else if (d->grammar == PDS_GRAMMAR_QUOTED && c == d->quote)
	{
		ix->odd_quotes |= !st->may_open;
		st->inside = ~UINT64_C(0);
		st->may_open = 0;
	}
	else if (!escaped && d->grammar != PDS_GRAMMAR_RAWLINES && c == d->delimiter)
	{
		pds_index_put(ix, at, false, mode);
		st->may_open = 1;
	}
	else
	{
		st->may_open = 0;
		st->escaped = !escaped && d->grammar == PDS_GRAMMAR_LINES && d->escape != 0 &&
			c == d->escape;
	}
}

bool
pds_scan_scalar(PdsIndex *ix, const PdsScanDialect *d, const char *buf, size_t len,
				bool at_end, PdsScanMode mode)
{
	size_t		i = ix->scanned;
	bool		unsure = false;

	while (i < len && !unsure)
	{
		size_t		upto = len - i < PDS_SCAN_SEGMENT ? len : i + PDS_SCAN_SEGMENT;
		size_t		before = ix->nrec;

		if (mode == PDS_SCAN_INDEX && !pds_index_room(ix, PDS_SCAN_SEGMENT, PDS_SCAN_SEGMENT))
			return false;
		if (mode == PDS_SCAN_RECORDS && !pds_index_room(ix, 0, PDS_SCAN_SEGMENT))
			return false;
		for (; i < upto; i++)
		{
			unsigned char c = (unsigned char) buf[i];
			bool		end = c == '\n';

			/* a CR needs to be told from a CRLF */
			if (c == '\r' && d->lone_cr && !ix->carry.inside)
			{
				unsure = i + 1 == len && !at_end;
				if (unsure)
					break;
				end = i + 1 == len || buf[i + 1] != '\n';
			}
			ix->any_cr |= c == '\r' && d->lone_cr;
			ix->non_ascii |= c >= 0x80;
			ix->any_nul |= c == 0;
			ix->any_escape |= d->escape != 0 && buf[i] == d->escape;
			if (ix->carry.inside)
				step_inside(ix, d, buf[i]);
			else
				step_outside(ix, d, buf, i, end, mode);
		}
		if (mode == PDS_SCAN_INDEX && !pds_index_trim(ix, before))
			return false;
	}
	ix->scanned = i;
	return true;
}
