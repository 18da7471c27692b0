/*
 * serde.c
 *	  Dialects, and how they cut records into fields.
 *
 * Values are serde_values.c's business, the opencsv line parser is opencsv.c.
 */
#include "core/serde/serde.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/assert.h"
#include "core/serde/field_cut.h"
#include "core/serde/serde_internal.h"
#include "core/base/strbuf.h"

static const char *const format_names[] = {"lazysimple", "opencsv", "csv", "athena result"};

PDS_ASSERT_ENTRIES(format_names, PDS_FORMAT_ATHENA_RESULT + 1);

const char *
pds_format_name(PdsFormat f)
{
	PDS_ASSERT(f <= PDS_FORMAT_ATHENA_RESULT);
	return format_names[f];
}

bool
pds_format_of_name(const char *name, PdsFormat *f)
{
	int			i;

	for (i = PDS_FORMAT_LAZYSIMPLE; i <= PDS_FORMAT_CSV; i++)
		if (strcmp(name, format_names[i]) == 0)
		{
			*f = (PdsFormat) i;
			return true;
		}
	return false;
}

void
pds_dialect_set_null(PdsDialect *d, const char *text)
{
	d->has_null = true;
	d->null_len = strlen(text);
	if (d->null_len >= sizeof(d->null_text))
		d->null_len = sizeof(d->null_text) - 1;
	memcpy(d->null_text, text, d->null_len);
	d->null_text[d->null_len] = '\0';
}

void
pds_dialect_init(PdsDialect *d, PdsFormat f)
{
	memset(d, 0, sizeof(*d));
	d->format = f;
	d->delimiter = ',';
	switch (f)
	{
		case PDS_FORMAT_LAZYSIMPLE:
			d->delimiter = '\001';
			d->collection_delim = '\002';
			d->mapkey_delim = '\003';
			pds_dialect_set_null(d, "\\N");
			break;
		case PDS_FORMAT_OPENCSV:
			d->quote = '"';
			d->escape = '\\';
			break;
		case PDS_FORMAT_CSV:
		case PDS_FORMAT_ATHENA_RESULT:
			d->quote = '"';
			d->escape = '"';
			pds_dialect_set_null(d, "");
			break;
	}
}

void
pds_dialect_scan(const PdsDialect *d, PdsScanDialect *out)
{
	out->delimiter = d->delimiter;
	out->quote = 0;
	out->escape = 0;
	out->lone_cr = true;
	out->comment = d->comment;
	out->skip_lines = d->skip_lines;
	switch (d->format)
	{
		case PDS_FORMAT_LAZYSIMPLE:
			out->grammar = PDS_GRAMMAR_LINES;
			out->escape = d->escape;
			break;
		case PDS_FORMAT_OPENCSV:
			out->grammar = PDS_GRAMMAR_RAWLINES;
			break;
		case PDS_FORMAT_CSV:
		case PDS_FORMAT_ATHENA_RESULT:
			out->grammar = d->quote != 0 ? PDS_GRAMMAR_QUOTED : PDS_GRAMMAR_LINES;
			out->quote = d->quote;
			out->escape = d->quote != 0 ? pds_csv_escape(d) : 0;
			out->lone_cr = d->format == PDS_FORMAT_CSV;
			break;
	}
}

/* the first UTF-16 unit of a text, cut to a byte as Java does */
static char
low_byte(const char *text)
{
	const unsigned char *p = (const unsigned char *) text;
	unsigned int code;

	if (p[0] < 0xC0 || p[1] == 0)
		return text[0];
	if (p[0] < 0xE0)
		code = (p[0] & 0x1Fu) << 6 | (p[1] & 0x3Fu);
	else if (p[0] < 0xF0 || p[2] == 0 || p[3] == 0)
		code = (p[1] & 0x3Fu) << 6 | (p[2] & 0x3Fu);
	else
	{
		code = (p[0] & 7u) << 18 | (p[1] & 0x3Fu) << 12 | (p[2] & 0x3Fu) << 6 | (p[3] & 0x3Fu);
		code = (code - 0x10000) >> 10;	/* the high surrogate's bits */
	}
	return (char) (code & 0xFF);
}

bool
pds_delimiter_of_text(const char *text, bool lazysimple, char *out)
{
	char	   *end;
	long		code;

	if (text[0] == '\0')
		return false;
	if (lazysimple)
	{
		if (strncmp(text, PDS_PROPERTY_NUL, strlen(PDS_PROPERTY_NUL)) == 0)
		{
			*out = '\0';
			return true;
		}

		/*
		 * a number that fits a signed byte is a byte code (doc/dev/serdes.md
		 * §2)
		 */
		code = strtol(text, &end, 10);
		if (*end == '\0' && end != text && text[0] != ' ' && text[0] != '\t' &&
			code >= -128 && code <= 127)
		{
			*out = (char) code;
			return true;
		}
		*out = low_byte(text);
		return true;
	}
	if (strcmp(text, "\\t") == 0)
		*out = '\t';
	else if (text[1] == '\0')
		*out = text[0];
	else
		return false;
	return true;
}

/* ---- records to fields ---- */

static inline void
set_field(PdsField *f, char *data, uint32_t len, uint8_t room)
{
	f->data = data;
	f->len = len;
	f->room = room;
	f->escaped = false;
}

static void
lazy_fields(const PdsDialect *d, const PdsIndex *ix, char *buf, size_t r, const int *wanted,
			int nwanted, PdsField *out)
{
	bool		escapes = d->escape != 0 && ix->any_escape;
	int			i;

	for (i = 0; i < nwanted; i++)
	{
		char	   *p;
		uint32_t	len;

		if (pds_cut(d, ix, buf, r, (uint32_t) wanted[i], false, &p, &len) == PDS_CUT_NULL)
			set_field(&out[i], NULL, 0, 0);
		else
		{
			set_field(&out[i], p, len, p > buf ? 1 : 0);
			out[i].escaped = escapes;
		}
	}
}

/* up to where work on in .. end goes before it asks again; NULL: it was cancelled */
static inline const char *
long_step(const char *in, const char *end, const PdsArena *arena)
{
	if ((size_t) (end - in) <= PDS_LONG_WORK)
		return end;
	return pds_arena_cancelled(arena) ? NULL : in + PDS_LONG_WORK;
}

bool
pds_lazy_unescape(const PdsDialect *d, PdsField *f, PdsArena *arena)
{
	const char *in = f->data;
	const char *end = in + f->len;
	const char *at;
	char	   *block;
	char	   *out;

	f->escaped = false;
	at = memchr(in, d->escape, f->len);
	if (at == NULL)
		return true;
	block = pds_arena_alloc(arena, f->len + 4);
	if (block == NULL)
		return false;
	out = block + 4;
	while (in < end)
	{
		const char *stop = long_step(in, end, arena);

		if (stop == NULL)
			return false;
		while (in < stop)
		{
			/* the byte after an escape is kept; a lone one at the end stays */
			if (*in == d->escape && in + 1 < end)
				in++;
			*out++ = *in++;
		}
	}
	set_field(f, block + 4, (uint32_t) (out - block - 4), 4);
	return true;
}

/* bytes that a copy of 16 at a time may write too many */
#define COPY_SLACK 16

/*
 * Copy up to the next quote or the end; both are moved on.  False: no quote
 * came.
 */
static inline bool
copy_to_quote(char **out, const char **in, const char *end, char quote)
{
#if defined(__SSE2__)
	const __m128i want = _mm_set1_epi8(quote);

	for (;;)
	{
		__m128i		v = _mm_loadu_si128((const __m128i *) *in);
		unsigned int mask = (unsigned int) _mm_movemask_epi8(_mm_cmpeq_epi8(v, want));
		size_t		left = (size_t) (end - *in);
		size_t		n;

		_mm_storeu_si128((__m128i *) *out, v);
		if (mask == 0 && left > 16)
		{
			*in += 16;
			*out += 16;
			continue;
		}
		n = mask ? (size_t) __builtin_ctz(mask) : 16;
		if (n >= left)
		{
			*in += left;
			*out += left;
			return false;
		}
		*in += n;
		*out += n;
		if (mask)
			return true;
	}
#else
	const char *stop = memchr(*in, quote, (size_t) (end - *in));
	size_t		n = (size_t) ((stop ? stop : end) - *in);

	memcpy(*out, *in, n);
	*in += n;
	*out += n;
	return stop != NULL;
#endif
}

/*
 * What stands between quotes, behind the one that opens: *in is moved behind the one
 * that closes (true), or to stop or the byte behind it.
 */
static inline bool
copy_quoted(const PdsDialect *d, char **out, const char **in, const char *stop, const char *end)
{
	char		escape = pds_csv_escape(d);

	if (escape == d->quote)
	{
		while (*in < stop && copy_to_quote(out, in, stop, d->quote))
		{
			(*in)++;
			if (*in == end || **in != d->quote)
				return true;
			*(*out)++ = *(*in)++;
		}
		return false;
	}
	while (*in < stop)
	{
		char		c = *(*in)++;

		/* before any other byte an escape is data */
		if (c == escape && *in < end && (**in == escape || **in == d->quote))
			c = *(*in)++;
		else if (c == d->quote)
			return true;
		*(*out)++ = c;
	}
	return false;
}

bool
pds_csv_unquote(const PdsDialect *d, const char *p, uint32_t len, PdsField *f, PdsArena *arena)
{
	const char *end = p + len;
	char	   *block = pds_arena_alloc(arena, len + 4 + COPY_SLACK);
	char	   *out;
	bool		inside = false;

	if (block == NULL)
		return false;
	out = block + 4;
	while (p < end)
	{
		const char *stop = long_step(p, end, arena);

		if (stop == NULL)
			return false;
		while (p < stop)
		{
			if (inside)
				inside = !copy_quoted(d, &out, &p, stop, end);
			else if (copy_to_quote(&out, &p, stop, d->quote))
			{
				p++;
				inside = true;
			}
		}
	}
	set_field(f, block + 4, (uint32_t) (out - block - 4), 4);
	return true;
}

static bool
csv_fields(const PdsDialect *d, const PdsIndex *ix, char *buf, size_t r, const int *wanted,
		   int nwanted, PdsField *out, PdsArena *arena)
{
	bool		escapes = pds_csv_escape(d) != d->quote;
	int			i;

	for (i = 0; i < nwanted; i++)
	{
		char	   *p;
		uint32_t	len;

		switch (pds_cut(d, ix, buf, r, (uint32_t) wanted[i], true, &p, &len))
		{
			case PDS_CUT_NULL:
				set_field(&out[i], NULL, 0, 0);
				break;
			case PDS_CUT_PLAIN:
				set_field(&out[i], p, len, p > buf ? 1 : 0);
				break;
			case PDS_CUT_QUOTED:
				if (!pds_has_byte(p, len, d->quote) &&
					!(escapes && pds_has_byte(p, len, d->escape)))
				{
					set_field(&out[i], p, len, 1);
					break;
				}
				if (!pds_csv_unquote(d, p - 1, len + 2, &out[i], arena))
					return false;
				break;
			case PDS_CUT_MESSY:
				if (!pds_csv_unquote(d, p, len, &out[i], arena))
					return false;
				break;
		}
	}
	return true;
}

bool
pds_record_fields(const PdsDialect *d, const PdsIndex *ix, char *buf, size_t r,
				  const int *wanted, int nwanted, PdsField *out, PdsArena *arena)
{
	switch (d->format)
	{
		case PDS_FORMAT_LAZYSIMPLE:
			lazy_fields(d, ix, buf, r, wanted, nwanted, out);
			return true;
		case PDS_FORMAT_OPENCSV:
			{
				uint32_t	start;
				uint32_t	end;

				pds_field_span(ix, buf, r, 0, &start, &end);
				return pds_opencsv_fields(d, buf + start, end - start, wanted, nwanted, out,
										  arena);
			}
		case PDS_FORMAT_CSV:
		case PDS_FORMAT_ATHENA_RESULT:
			return csv_fields(d, ix, buf, r, wanted, nwanted, out, arena);
	}
	return true;
}

bool
pds_record_skipped(const PdsDialect *d, const PdsIndex *ix, const char *buf, size_t r,
				   int ncolumns)
{
	return pds_record_comment(d, ix, buf, r) ||
		(d->format == PDS_FORMAT_CSV && ncolumns > 1 && pds_record_blank(ix, buf, r));
}
