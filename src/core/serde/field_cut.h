/*
 * field_cut.h
 *	  Where a field lies, out of the structure index: inline, for loops over
 *	  the records of a batch.  Formats lazysimple, csv and Athena's results;
 *	  opencsv parses its lines (opencsv.c).
 */
#ifndef PDS_CORE_FIELD_CUT_H
#define PDS_CORE_FIELD_CUT_H

#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "core/base/assert.h"
#include "core/serde/serde.h"

typedef enum PdsCut
{
	PDS_CUT_NULL,
	PDS_CUT_PLAIN,				/* the bytes are the value */
	PDS_CUT_QUOTED,				/* the bytes stood between quotes; they are
								 * the value unless they hold a quote or an
								 * escape */
	PDS_CUT_MESSY				/* there are quotes elsewhere: pds_csv_unquote
								 * must look */
} PdsCut;

static inline bool
pds_same_text(const char *text, size_t len, const char *p, size_t n)
{
	return n == len && (n == 0 || memcmp(p, text, n) == 0);
}

static inline bool
pds_is_null_text(const PdsDialect *d, const char *p, size_t n)
{
	return d->has_null && pds_same_text(d->null_text, d->null_len, p, n);
}

/*
 * What cutting out one field of the records of a batch needs.  A local copy, so that nothing the
 * loop writes can change it.
 */
typedef struct PdsCutter
{
	const uint32_t *rec;
	const uint32_t *ends;
	char	   *buf;
	uint32_t	field;
	bool		takes_rest;		/* of its record, delimiters and all */
	bool		quoted;
	bool		odd_quotes;		/* quotes may open within a field */
	char		quote;
	const char *null_text;
	size_t		null_len;		/* SIZE_MAX: no text is NULL */
} PdsCutter;

/* quotes: the format has them (all but lazysimple) */
static inline __attribute__((always_inline))
PdsCutter
pds_cutter(const PdsDialect *d, const PdsIndex *ix, char *buf, uint32_t field, const bool quotes)
{
	PdsCutter	c = {
		.rec = ix->rec,
		.ends = ix->ends,
		.buf = buf,
		.field = field,
		.takes_rest = !quotes && d->last_takes_rest && (int) field == d->last_field,
		.quoted = quotes && d->quote != 0,
		.odd_quotes = quotes && d->quote != 0 && ix->odd_quotes,
		.quote = d->quote,
		.null_text = d->null_text,
		.null_len = d->has_null ? d->null_len : SIZE_MAX,
	};

	return c;
}

/* is c among these bytes?  n small; up to 15 bytes behind them may be read */
static inline bool
pds_has_byte(const char *p, size_t n, char c)
{
#if defined(__SSE2__)
	const __m128i want = _mm_set1_epi8(c);
	size_t		i;

	for (i = 0; i < n; i += 16)
	{
		__m128i		v = _mm_loadu_si128((const __m128i *) (p + i));
		unsigned int mask = (unsigned int) _mm_movemask_epi8(_mm_cmpeq_epi8(v, want));

		if (n - i < 16)
			mask &= (1u << (n - i)) - 1;
		if (mask)
			return true;
	}
	return false;
#else
	return memchr(p, c, n) != NULL;
#endif
}

/* the field of record r: its bytes */
static inline __attribute__((always_inline))
PdsCut
pds_cut_record(const PdsCutter *c, size_t r, char **data, uint32_t *len)
{
	uint32_t	base = r == 0 ? 0 : c->rec[r - 1] + 1;
	uint32_t	last = c->rec[r];
	uint32_t	at = base + c->field;
	uint32_t	start;
	uint32_t	end;
	char	   *p;

	PDS_ASSERT(base <= last);
	if (at > last)
		return PDS_CUT_NULL;
	start = at == 0 ? 0 : c->ends[at - 1] + 1;
	if (c->takes_rest)
		at = last;
	end = c->ends[at];
	if (at == last && end > start && c->buf[end] == '\n' && c->buf[end - 1] == '\r')
		end--;
	PDS_ASSERT(start <= end);
	p = c->buf + start;
	*data = p;
	*len = end - start;
	if (c->quoted && end > start && *p == c->quote)
	{
		if (*len < 2 || p[*len - 1] != c->quote)
			return PDS_CUT_MESSY;
		*data = p + 1;
		*len -= 2;
		return PDS_CUT_QUOTED;
	}
	if (c->odd_quotes && pds_has_byte(p, *len, c->quote))
		return PDS_CUT_MESSY;
	return pds_same_text(c->null_text, c->null_len, p, *len) ? PDS_CUT_NULL : PDS_CUT_PLAIN;
}

/* field f of record r */
static inline __attribute__((always_inline))
PdsCut
pds_cut(const PdsDialect *d, const PdsIndex *ix, char *buf, size_t r, uint32_t f,
		const bool quotes, char **data, uint32_t *len)
{
	PdsCutter	c = pds_cutter(d, ix, buf, f, quotes);

	return pds_cut_record(&c, r, data, len);
}

/* May quotes or escapes look like a part of a number, a date or a boolean? */
static inline bool
pds_quotes_in_values(const PdsDialect *d)
{
	const char *plain = "0123456789+-.: abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

	return d->format != PDS_FORMAT_LAZYSIMPLE && d->quote != 0 &&
		(strchr(plain, d->quote) != NULL || (d->escape != 0 && strchr(plain, d->escape) != NULL));
}

/*
 * The content of a csv field of raw bytes p[0..len), with all its quotes and escapes seen to; into
 * the arena.  Up to 15 bytes behind them may be read.  False: out of memory.
 */
extern bool pds_csv_unquote(const PdsDialect *d, const char *p, uint32_t len, PdsField *f,
							PdsArena *arena);

#endif							/* PDS_CORE_FIELD_CUT_H */
