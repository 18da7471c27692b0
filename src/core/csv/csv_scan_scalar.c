/*
 * csv_scan_scalar.c
 *	  The structure index: its memory, and the reference state machine.
 *
 * The reference goes byte by byte and is meant to be read; the kernels of
 * csv_scan_kernel.h are tested against it, and fall back to it for records
 * whose quotes are not where RFC 4180 wants them.
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

/* ---- the reference ---- */

static inline bool
put_end(PdsIndex *ix, size_t at, bool count)
{
	if (count)
		return true;
	if (!pds_index_room(ix, 1, 1))
		return false;
	PDS_ASSERT(ix->nends == 0 || ix->ends[ix->nends - 1] < at);
	ix->ends[ix->nends++] = (uint32_t) at;
	return true;
}

/*
 * Does a record end at i?  0: no; 1, 2: its length; -1: cannot be told before
 * more bytes come.
 */
static inline int
record_end(const PdsScanDialect *d, const char *buf, size_t i, size_t len, bool at_end)
{
	if (buf[i] == '\n')
		return 1;
	if (buf[i] != '\r' || !d->lone_cr)
		return 0;
	if (i + 1 < len)
		return buf[i + 1] == '\n' ? 2 : 1;
	return at_end ? 1 : -1;
}

/* offset after the closing quote of a field that begins at i, len when it is open */
static size_t
quoted_end(PdsIndex *ix, const PdsScanDialect *d, const char *buf, size_t i, size_t len)
{
	bool		escape = d->escape != 0 && d->escape != d->quote;

	for (i++; i < len; i++)
	{
		if (escape && buf[i] == d->escape)
			i++;
		else if (buf[i] == d->quote)
		{
			if (i + 1 < len && buf[i + 1] == d->quote)
				i++;
			else
				return i + 1;
		}
	}
	ix->open_quote = true;
	return len;
}

bool
pds_scan_record(PdsIndex *ix, const PdsScanDialect *d, const char *buf, size_t pos,
				size_t len, bool at_end, bool count, size_t *next)
{
	bool		quoted = d->grammar == PDS_GRAMMAR_QUOTED && d->quote != 0;
	bool		escapes = d->grammar == PDS_GRAMMAR_LINES && d->escape != 0;
	bool		field_start = true;
	size_t		i = pos;

	*next = 0;
	ix->open_quote = false;
	while (i < len)
	{
		int			end;

		if (quoted && field_start && buf[i] == d->quote)
		{
			i = quoted_end(ix, d, buf, i, len);
			field_start = false;
			continue;
		}
		end = record_end(d, buf, i, len, at_end);
		if (end < 0)
			return true;
		if (end > 0)
		{
			/* a CRLF is recorded at its LF */
			*next = i + (size_t) end;
			return put_end(ix, *next - 1, count);
		}
		field_start = false;
		if (escapes && buf[i] == d->escape)
		{
			/* protects what follows, but never a record end */
			if (i + 1 < len && record_end(d, buf, i + 1, len, at_end) == 0)
				i++;
		}
		else if (buf[i] == d->delimiter && d->grammar != PDS_GRAMMAR_RAWLINES)
		{
			if (!put_end(ix, i, count))
				return false;
			field_start = true;
		}
		i++;
	}
	if (at_end && pos < len)
	{
		*next = len;
		return put_end(ix, len, count);
	}
	return true;
}

/* what the vector kernels see on their way */
void
pds_scan_note(PdsIndex *ix, const PdsScanDialect *d, const char *buf, size_t len)
{
	size_t		i;

	for (i = 0; i < len; i++)
	{
		unsigned char c = (unsigned char) buf[i];

		ix->non_ascii |= c >= 0x80;
		ix->any_nul |= c == 0;
		ix->any_quote |= d->quote != 0 && buf[i] == d->quote;
		ix->any_escape |= d->escape != 0 && buf[i] == d->escape;
	}
}

bool
pds_scan_scalar(PdsIndex *ix, const PdsScanDialect *d, const char *buf, size_t len,
				bool at_end, bool count)
{
	size_t		pos = 0;
	size_t		next;

	pds_scan_note(ix, d, buf, len);
	while (pos < len)
	{
		size_t		before = ix->nends;

		if (!pds_scan_record(ix, d, buf, pos, len, at_end, count, &next))
			return false;
		if (next == 0)
		{
			ix->nends = before;
			break;
		}
		if (!count)
			ix->rec[ix->nrec] = (uint32_t) (ix->nends - 1);
		ix->nrec++;
		/* a line end alone has one or two bytes */
		ix->maybe_blank |= next - pos <= 2;
		PDS_ASSERT(next > pos && next <= len);
		pos = next;
	}
	ix->consumed = pos;
	return true;
}
