/*
 * mistakes.c
 *	  What the bytes of a bad value or record say about the option that is wrong: hints.
 *
 * Only the commonest mistakes, and only where the bytes are clear: a hint that is wrong costs more
 * than none.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include <ctype.h>

#include "fdw/rows/field_rules.h"
#include "fdw/rows/mistakes.h"

/* bytes of the record at hand */
typedef struct RecordBytes
{
	const char *s;
	size_t		n;
	bool		first;			/* of its object */
} RecordBytes;

static RecordBytes
record_bytes(const PdsRowSource *src, size_t r)
{
	RecordBytes b = {NULL, 0, false};

	if (!src->batch.indexed)
		return b;
	b.s = src->batch.buf + pds_record_start(src->batch.ix, r);
	b.n = src->batch.buf + pds_record_end(src->batch.ix, src->batch.buf, r) - b.s;
	b.first = src->batch.record_offset + (int64) r == 0;
	return b;
}

/* ---- objects that are something else ---- */

/* what the first bytes of an object are that is read as plain text */
static char *
hint_of_beginning(const PdsRowSource *src, const RecordBytes *b)
{
	static const struct
	{
		const char *bytes;
		int			n;
		const char *what;
		const char *hint;
	}			beginnings[] =
	{
		{"\037\213", 2, "gzip", "the table option compression 'gzip' reads it, or a name that ends in .gz"},
		{"\050\265\057\375", 4, "zstd", "the table option compression 'zstd' reads it, or a name that ends in .zst"},
		{"BZh", 3, "bzip2", "the table option compression 'bzip2' reads it, or a name that ends in .bz2"},
		{"PK\003\004", 4, "a ZIP archive", "unpack it first"},
		{"PAR1", 4, "Parquet", "Athena reads it, by a table in Glue"},
		{"ORC", 3, "ORC", "Athena reads it, by a table in Glue"},
		{"\377\376", 2, "UTF-16", "the table option encoding 'UTF-16' reads it"},
		{"\376\377", 2, "UTF-16", "the table option encoding 'UTF-16' reads it"},
	};
	int			i;

	if (!b->first || src->batch.unit->codec != PDS_CODEC_NONE)
		return NULL;
	for (i = 0; i < lengthof(beginnings); i++)
		if (b->n >= (size_t) beginnings[i].n &&
			memcmp(b->s, beginnings[i].bytes, beginnings[i].n) == 0)
			return psprintf("The object begins as %s does: %s.", beginnings[i].what,
							beginnings[i].hint);
	return NULL;
}

/* ---- headers ---- */

static bool
has_header(const PdsRowSource *src)
{
	return src->header != NULL || src->batch.unit->dialect->header_lines > 0;
}

/* letters and digits alone, in any case */
static bool
same_word(const char *a, size_t n, const char *b)
{
	const char *end = a + n;

	for (;;)
	{
		while (a < end && !isalnum((unsigned char) *a))
			a++;
		while (*b && !isalnum((unsigned char) *b))
			b++;
		if (a == end || *b == '\0')
			return a == end && *b == '\0';
		if (pg_ascii_tolower((unsigned char) *a++) != pg_ascii_tolower((unsigned char) *b++))
			return false;
	}
}

static char *
hint_of_header(const PdsRowSource *src, const RecordBytes *b, int i)
{
	const PdsField *f = &src->fields[i];

	if (!b->first || has_header(src) || f->data == NULL || f->len == 0 ||
		!same_word(f->data, f->len, src->columns[i].conv.column_name))
		return NULL;
	return pstrdup("The first record holds the names of the columns: the table option header 'true' leaves it out.");
}

/* ---- delimiters ---- */

/* fields of the record if it were cut at c; quotes protect */
static int
count_fields(const RecordBytes *b, char c, char quote)
{
	bool		inside = false;
	int			n = 1;
	size_t		k;

	for (k = 0; k < b->n; k++)
	{
		if (quote && b->s[k] == quote)
			inside = !inside;
		else if (b->s[k] == c && !inside)
			n++;
	}
	return n;
}

/* The record is one field: would another delimiter give those that are expected? */
static char *
hint_of_delimiter(const PdsRowSource *src, const RecordBytes *b, int expected)
{
	static const char candidates[] = ",;\t|:";
	const PdsDialect *d = src->batch.unit->dialect;
	int			k;

	if (expected < 2 || count_fields(b, d->delimiter, d->quote) != 1)
		return NULL;
	for (k = 0; candidates[k]; k++)
		if (candidates[k] != d->delimiter && count_fields(b, candidates[k], d->quote) == expected)
			return psprintf("The record has no delimiter in it, and with the table option delimiter '%s' it would have %d fields.",
							candidates[k] == '\t' ? "\\t" : pnstrdup(&candidates[k], 1), expected);
	return NULL;
}

char *
pds_delimiter_hint(const PdsRowSource *src, const char *record, size_t n, int expected)
{
	RecordBytes b = {record, n, true};

	return hint_of_delimiter(src, &b, expected);
}

/* ---- values ---- */

static bool
all_of(const PdsField *f, const char *allowed)
{
	uint32		k;

	for (k = 0; k < f->len; k++)
		if (strchr(allowed, f->data[k]) == NULL || f->data[k] == '\0')
			return false;
	return f->len > 0;
}

/* 1.234,56 and 1,5: one comma, the last of the separators */
static char *
hint_of_comma(const PdsField *f, Oid typid)
{
	const char *comma = memchr(f->data, ',', f->len);
	const char *end = f->data + f->len;

	if (!pds_is_number_type(typid) || !all_of(f, "+-0123456789.,") || comma == NULL ||
		memchr(comma + 1, ',', end - comma - 1) != NULL ||
		memchr(comma + 1, '.', end - comma - 1) != NULL)
		return NULL;
	return psprintf("The number is written with a decimal comma: the table or column option decimal_separator ','%s reads it.",
					memchr(f->data, '.', f->len) ? ", with thousands '.'," : "");
}

/* 31.12.2024, 31/12/2024 or 31-12-2024, maybe with a time behind it */
static char *
hint_of_day(const PdsField *f, Oid typid)
{
	const char *s = f->data;
	char		sep;
	int			day;
	int			month;

	if ((typid != DATEOID && !pds_is_timestamp_type(typid)) || f->len < 10 ||
		!isdigit((unsigned char) s[0]) || !isdigit((unsigned char) s[1]) ||
		!isdigit((unsigned char) s[3]) || !isdigit((unsigned char) s[4]) || s[2] != s[5] ||
		strchr("./-", s[2]) == NULL || !isdigit((unsigned char) s[6]) || !isdigit((unsigned char) s[9]))
		return NULL;
	sep = s[2];
	day = (s[0] - '0') * 10 + s[1] - '0';
	month = (s[3] - '0') * 10 + s[4] - '0';
	if (day < 1 || day > 31 || month < 1 || month > 12)
		return NULL;
	return typid == DATEOID
		? psprintf("The day comes first: the table or column option date_format '%%d%c%%m%c%%Y' reads it.", sep, sep)
		: psprintf("The day comes first: the table or column option timestamp_format reads it, for example '%%d%c%%m%c%%Y %%H:%%M:%%S'.", sep, sep);
}

char *
pds_mistake_hint(const PdsRowSource *src, size_t r, int i)
{
	RecordBytes b = record_bytes(src, r);
	char	   *hint;

	if (b.s == NULL)
		return NULL;
	if ((hint = hint_of_beginning(src, &b)) != NULL || (hint = hint_of_delimiter(src, &b, src->nfields)) != NULL)
		return hint;
	if (i < 0 || src->fields[i].data == NULL)
		return NULL;
	if ((hint = hint_of_header(src, &b, i)) != NULL)
		return hint;
	hint = hint_of_comma(&src->fields[i], src->columns[i].conv.typid);
	return hint ? hint : hint_of_day(&src->fields[i], src->columns[i].conv.typid);
}

char *
pds_encoding_hint(const PdsRowSource *src, size_t r)
{
	RecordBytes b = record_bytes(src, r);
	char	   *hint;

	if (b.s == NULL)
		return NULL;
	if ((hint = hint_of_beginning(src, &b)) != NULL)
		return hint;
	if (memchr(b.s, '\0', b.n) != NULL)
		return pstrdup("The text has NUL bytes: it may be UTF-16 (the table option encoding), or no text at all.");
	return src->file_encoding < 0
		? pstrdup("The object is not UTF-8: the table option encoding names what it is, for example 'WIN1252' or 'LATIN1'.")
		: pstrdup("The table option encoding names another encoding than the object has.");
}
