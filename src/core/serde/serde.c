/*
 * serde.c
 *	  Dialects: from Glue's properties, and from records to fields.
 *
 * Values are serde_values.c's business, the opencsv line parser is opencsv.c.
 */
#include "core/serde/serde.h"

#include <stdlib.h>
#include <string.h>

#include "core/serde/field_cut.h"
#include "core/serde/serde_internal.h"
#include "core/base/strbuf.h"
#include "core/glue/table_kind.h"

static const char *const format_names[] = {"lazysimple", "opencsv", "csv", "athena result"};

const char *
pds_format_name(PdsFormat f)
{
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

static void
set_null(PdsDialect *d, const char *text)
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
			set_null(d, "\\N");
			break;
		case PDS_FORMAT_OPENCSV:
			d->quote = '"';
			d->escape = '\\';
			break;
		case PDS_FORMAT_CSV:
		case PDS_FORMAT_ATHENA_RESULT:
			d->quote = '"';
			d->escape = '"';
			set_null(d, "");
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
			out->grammar = PDS_GRAMMAR_QUOTED;
			out->quote = d->quote;
			out->escape = d->escape;
			break;
		case PDS_FORMAT_ATHENA_RESULT:
			out->grammar = PDS_GRAMMAR_QUOTED;
			out->quote = d->quote;
			out->escape = d->escape;
			out->lone_cr = false;
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
		/* a number that fits a signed byte is a byte code (SERDES.md) */
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

/* ---- from Glue ---- */

/* the two places a property may stand in */
typedef struct Merged
{
	const PdsProperties *serde;
	const PdsProperties *table;
} Merged;

/* *value NULL when absent; different values in both places are an error */
static bool
merged(const Merged *m, const char *key, const char **value, PdsError *err)
{
	const char *a = pds_property(m->serde, key);
	const char *b = pds_property(m->table, key);

	if (a && b && strcmp(a, b) != 0)
	{
		pds_error_set(err, PDS_ERR_CONFIG,
					  "the property %s has different values in the SerDe (\"%s\") and in the table (\"%s\")",
					  key, a, b);
		pds_error_hint(err, "Athena refuses such a table too: make them equal in Glue.");
		return false;
	}
	*value = a ? a : b;
	return true;
}

static bool
line_count(const Merged *m, const char *key, int *out, PdsError *err)
{
	const char *text;
	char	   *end;
	long		n;

	*out = 0;
	if (!merged(m, key, &text, err))
		return false;
	if (text == NULL)
		return true;
	n = strtol(text, &end, 10);
	if (text[0] == '\0' || text[0] == ' ' || *end != '\0' || n < 0 || n > 2147483647)
	{
		pds_error_set(err, PDS_ERR_CONFIG, "the property %s is \"%s\", which is not a number of lines",
					  key, text);
		pds_error_hint(err, "Correct it in Glue: Athena refuses such a table too.");
		return false;
	}
	*out = (int) n;
	return true;
}

/* a property that is "true" in any case, or else false */
static bool
flag(const Merged *m, const char *key, bool *out, PdsError *err)
{
	const char *text;

	if (!merged(m, key, &text, err))
		return false;
	*out = text && pds_strcasecmp(text, "true") == 0;
	return true;
}

/* a delimiter of lazysimple; unchanged when the property is absent */
static bool
lazy_delimiter(const Merged *m, const char *key, char *out, bool *found, PdsError *err)
{
	const char *text;

	if (!merged(m, key, &text, err))
		return false;
	if (text && pds_delimiter_of_text(text, true, out) && found)
		*found = true;
	return true;
}

static bool
lazysimple_of_glue(PdsDialect *d, const Merged *m, PdsError *err)
{
	const char *text;
	bool		found = false;

	pds_dialect_init(d, PDS_FORMAT_LAZYSIMPLE);
	if (!lazy_delimiter(m, "field.delim", &d->delimiter, &found, err))
		return false;
	if (!found && !lazy_delimiter(m, "serialization.format", &d->delimiter, &found, err))
		return false;
	found = false;
	if (!lazy_delimiter(m, "collection.delim", &d->collection_delim, &found, err))
		return false;
	if (!found && !lazy_delimiter(m, "colelction.delim", &d->collection_delim, &found, err))
		return false;
	if (!lazy_delimiter(m, "mapkey.delim", &d->mapkey_delim, NULL, err) ||
		!merged(m, "escape.delim", &text, err))
		return false;
	if (text && !pds_delimiter_of_text(text, true, &d->escape))
		d->escape = '\\';
	if (!merged(m, "serialization.null.format", &text, err))
		return false;
	if (text)
	{
		if (strlen(text) >= sizeof(d->null_text))
			return pds_error_set(err, PDS_ERR_UNSUPPORTED,
								 "its serialization.null.format is longer than %zu bytes",
								 sizeof(d->null_text) - 1);
		set_null(d, text);
	}
	if (!flag(m, "serialization.last.column.takes.rest", &d->last_takes_rest, err))
		return false;
	if (!merged(m, "timestamp.formats", &text, err))
		return false;
	if (text && text[0])
	{
		if (!pds_timestamp_formats_check(text, err))
			return false;
		d->timestamp_formats = text;
	}
	if (!flag(m, "hive.serialization.extend.additional.nesting.levels", &found, err))
		return false;
	if (found)
		d->nesting = PDS_NESTING_ADDITIONAL;
	else
	{
		if (!flag(m, "hive.serialization.extend.nesting.levels", &found, err))
			return false;
		d->nesting = found ? PDS_NESTING_EXTENDED : PDS_NESTING_PLAIN;
	}
	if (d->delimiter == '\n' || d->delimiter == '\r' || d->escape == '\n' || d->escape == '\r' ||
		(d->escape != 0 && d->delimiter == d->escape))
		return pds_error_set(err, PDS_ERR_CONFIG, "its delimiter and escape contradict each other");
	return true;
}

/*
 * The first character.  One that is not ASCII goes to wide[which] and has a
 * byte that no UTF-8 text holds as its stand-in.  A NUL switches it off.
 */
static bool
opencsv_char(const Merged *m, const char *key, PdsDialect *d, int which, char *out, PdsError *err)
{
	const char *text;
	size_t		n;

	if (!merged(m, key, &text, err))
		return false;
	if (text == NULL)
		return true;
	if (text[0] == '\0')
	{
		pds_error_set(err, PDS_ERR_CONFIG, "its %s is empty", key);
		pds_error_hint(err, "Athena refuses such a table too: give it a character in Glue.");
		return false;
	}
	if (strncmp(text, PDS_PROPERTY_NUL, strlen(PDS_PROPERTY_NUL)) == 0)
		*out = 0;
	else if ((unsigned char) text[0] < 0x80)
		*out = text[0];
	else
	{
		n = pds_utf8_prefix(text, strlen(text), 1);
		/* Java would take half of a character there */
		if (n > 3)
			return pds_error_set(err, PDS_ERR_UNSUPPORTED,
								 "its %s \"%s\" is no character of the basic plane: Athena only",
								 key, text);
		memcpy(d->wide[which], text, n);
		*out = (char) (PDS_WIDE_STANDIN + which);
	}
	return true;
}

static bool
same_char(const PdsDialect *d, char a, int which_a, char b, int which_b)
{
	if (d->wide[which_a][0] && d->wide[which_b][0])
		return strcmp(d->wide[which_a], d->wide[which_b]) == 0;
	return a == b;
}

static bool
opencsv_of_glue(PdsDialect *d, const Merged *m, PdsError *err)
{
	pds_dialect_init(d, PDS_FORMAT_OPENCSV);
	if (!opencsv_char(m, "separatorChar", d, 0, &d->delimiter, err) ||
		!opencsv_char(m, "quoteChar", d, 1, &d->quote, err) ||
		!opencsv_char(m, "escapeChar", d, 2, &d->escape, err))
		return false;
	if (!flag(m, "use.null.for.invalid.data", &d->null_for_invalid, err))
		return false;
	/* a bug of Hive that Trino keeps (AWS.md 6.4) */
	if (d->escape == '"')
		d->escape = '\\';
	if (d->delimiter == 0 || same_char(d, d->delimiter, 0, d->quote, 1) ||
		same_char(d, d->delimiter, 0, d->escape, 2) ||
		(d->quote != 0 && same_char(d, d->quote, 1, d->escape, 2)))
		d->unusable = "its separatorChar, quoteChar and escapeChar must differ";
	return true;
}

bool
pds_dialect_from_glue(PdsDialect *d, const PdsProperties *table_parameters,
					  const PdsStorageDescriptor *sd, const char *table_type, PdsError *err)
{
	Merged		m = {&sd->serde_parameters, table_parameters};
	const char *why = pds_not_text(table_parameters, sd, table_type);
	const char *serde = sd->serde ? sd->serde : "";
	bool		ok;

	if (why)
		return pds_error_set(err, PDS_ERR_UNSUPPORTED, "%s", why);
	if (strcmp(serde, "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe") == 0)
		ok = lazysimple_of_glue(d, &m, err);
	else if (strcmp(serde, "org.apache.hadoop.hive.serde2.OpenCSVSerde") == 0)
		ok = opencsv_of_glue(d, &m, err);
	else
		return pds_error_set(err, PDS_ERR_UNSUPPORTED, "its SerDe is %s",
							 serde[0] ? serde : "not given");
	d->last_field = sd->ncolumns > 0 ? sd->ncolumns - 1 : 0;
	return ok && line_count(&m, "skip.header.line.count", &d->header_lines, err) &&
		line_count(&m, "skip.footer.line.count", &d->footer_lines, err);
}

/* ---- arena ---- */

struct PdsArenaOld
{
	struct PdsArenaOld *next;
	char	   *data;
};

void
pds_arena_init(PdsArena *a)
{
	memset(a, 0, sizeof(*a));
}

void
pds_arena_reset(PdsArena *a)
{
	while (a->old)
	{
		struct PdsArenaOld *o = a->old;

		a->old = o->next;
		free(o->data);
		free(o);
	}
	a->used = 0;
}

void
pds_arena_free(PdsArena *a)
{
	pds_arena_reset(a);
	free(a->data);
	memset(a, 0, sizeof(*a));
}

/* blocks larger than this are given back at the next reset */
#define ARENA_KEEP	((size_t) 4 * 1024 * 1024)

static bool
arena_grow(PdsArena *a, size_t n)
{
	size_t		cap = a->cap ? a->cap * 2 : 64 * 1024;
	char	   *block;

	if (cap > ARENA_KEEP)
		cap = ARENA_KEEP;
	while (cap < n)
		cap *= 2;
	block = malloc(cap);
	if (block == NULL)
		return false;
	if (a->data)
	{
		struct PdsArenaOld *o = malloc(sizeof(*o));

		if (o == NULL)
		{
			free(block);
			return false;
		}
		o->data = a->data;
		o->next = a->old;
		a->old = o;
	}
	a->data = block;
	a->cap = cap;
	a->used = 0;
	return true;
}

char *
pds_arena_alloc(PdsArena *a, size_t n)
{
	char	   *p;

	n = (n + 7) & ~(size_t) 7;
	if (a->cap - a->used < n && !arena_grow(a, n))
		return NULL;
	p = a->data + a->used;
	a->used += n;
	return p;
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
		/* the byte after an escape is kept; a lone one at the end stays */
		if (*in == d->escape && in + 1 < end)
			in++;
		*out++ = *in++;
	}
	set_field(f, block + 4, (uint32_t) (out - block - 4), 4);
	return true;
}

/* the first of two characters, or NULL */
static const char *
next_of(const char *p, const char *end, char a, char b)
{
	for (; p < end; p++)
		if (*p == a || *p == b)
			return p;
	return NULL;
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

/* the same with escapes that are not quotes */
static bool
copy_to_special(char **out, const char **in, const char *end, char quote, char escape)
{
	const char *stop = next_of(*in, end, quote, escape);
	size_t		n = (size_t) ((stop ? stop : end) - *in);

	memcpy(*out, *in, n);
	*in += n;
	*out += n;
	return stop != NULL;
}

bool
pds_csv_unquote(const PdsDialect *d, const char *p, uint32_t len, PdsField *f, PdsArena *arena)
{
	bool		escapes = d->escape != 0 && d->escape != d->quote;
	const char *end = p + len;
	char	   *block = pds_arena_alloc(arena, len + 4 + COPY_SLACK);
	char	   *out;

	if (block == NULL)
		return false;
	out = block + 4;
	p++;
	while (escapes ? copy_to_special(&out, &p, end, d->quote, d->escape)
		   : p < end && copy_to_quote(&out, &p, end, d->quote))
	{
		if (p + 1 >= end)
		{
			/* a lone escape at the end stays; a quote there closes */
			if (*p != d->quote)
				*out++ = *p;
			break;
		}
		if (escapes && *p == d->escape)
			p++;
		else if (p[1] == d->quote)
			p++;
		else
		{
			/* closed: what follows is plain */
			memcpy(out, p + 1, (size_t) (end - p - 1));
			out += end - p - 1;
			break;
		}
		*out++ = *p++;
	}
	set_field(f, block + 4, (uint32_t) (out - block - 4), 4);
	return true;
}

static bool
csv_fields(const PdsDialect *d, const PdsIndex *ix, char *buf, size_t r, const int *wanted,
		   int nwanted, PdsField *out, PdsArena *arena)
{
	bool		escapes = d->escape != 0 && d->escape != d->quote;
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
				if (!pds_has_byte(p, len, d->quote) && !(escapes && pds_has_byte(p, len, d->escape)))
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
	return d->format == PDS_FORMAT_CSV && ncolumns > 1 && pds_record_blank(ix, buf, r);
}
