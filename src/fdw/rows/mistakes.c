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

#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "core/base/strbuf.h"
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

/*
 * Is it digits in groups of three with `sep` between them, maybe a sign before
 * and a fraction behind?
 */
static bool
is_grouped(const PdsField *f, char sep)
{
	const char *s = f->data;
	const char *end = s + f->len;
	int			groups = 0;
	int			digits = 0;

	if (s < end && (*s == '-' || *s == '+'))
		s++;
	for (; s < end && *s != '.'; s++)
	{
		if (isdigit((unsigned char) *s))
			digits++;
		else if (*s != sep || digits == 0 || digits > 3 || (groups > 0 && digits != 3))
			return false;
		else
		{
			groups++;
			digits = 0;
		}
	}
	if (groups == 0 || digits != 3)
		return false;
	for (; s < end; s++)
		if (!isdigit((unsigned char) *s) && *s != '.')
			return false;
	return true;
}

/* 1,234.5 and 1 234 and 1'234 */
static char *
hint_of_thousands(const PdsField *f)
{
	static const char separators[] = ",' _";
	int			k;

	for (k = 0; separators[k]; k++)
		if (is_grouped(f, separators[k]))
		{
			const char *sep = separators[k] == '\'' ? "''" : pnstrdup(&separators[k], 1);
			const char *comma = memchr(f->data, ',', f->len);

			/* one comma, and no point: nobody can tell */
			if (comma && memchr(f->data, '.', f->len) == NULL &&
				memchr(comma + 1, ',', f->data + f->len - comma - 1) == NULL)
				return pstrdup("The number has a comma: the table or column option thousands ',' takes it for a separator of thousands, decimal_separator ',' for a decimal comma.");
			return psprintf("The number has separators of thousands: the table or column option thousands '%s' reads it.", sep);
		}
	return NULL;
}

/* 1.234,56 and 1,5: one comma, the last of the separators */
static char *
hint_of_comma(const PdsField *f)
{
	const char *comma = memchr(f->data, ',', f->len);
	const char *end = f->data + f->len;

	if (!all_of(f, "+-0123456789.,") || comma == NULL ||
		memchr(comma + 1, ',', end - comma - 1) != NULL ||
		memchr(comma + 1, '.', end - comma - 1) != NULL)
		return NULL;
	return psprintf("The number is written with a decimal comma: the table or column option decimal_separator ','%s reads it.",
					memchr(f->data, '.', f->len) ? ", with thousands '.'," : "");
}

static bool
begins_as_number(const char *s, size_t n)
{
	return n > 0 && (isdigit((unsigned char) s[0]) ||
					 (n > 1 && strchr("+-.(", s[0]) && isdigit((unsigned char) s[1])));
}

/* 12 % and $1.50: what no option takes off */
static char *
hint_of_sign(const PdsField *f, const char *column)
{
	/* as UTF-8 has them, and as codes */
	static const char *const signs[] = {"$", "\342\202\254", "\302\243", "\302\245", "USD", "EUR",
	"GBP", "CHF"};
	const char *quoted = quote_identifier(column);
	int			k;

	if (f->len > 1 && f->data[f->len - 1] == '%' && begins_as_number(f->data, f->len))
		return psprintf("The number has a percent sign: declare the column text, and compute replace(%s, '%%', '')::numeric / 100.",
						quoted);
	for (k = 0; k < lengthof(signs); k++)
	{
		size_t		n = strlen(signs[k]);
		const char *s = f->data;
		size_t		blank;

		if (f->len <= n)
			continue;
		blank = s[n] == ' ';
		if ((memcmp(s, signs[k], n) == 0 && begins_as_number(s + n + blank, f->len - n - blank)) ||
			(memcmp(s + f->len - n, signs[k], n) == 0 && begins_as_number(s, f->len)))
			return psprintf("The number has a currency sign: declare the column text, and compute regexp_replace(%s, '[^-0-9.]', '', 'g')::numeric.",
							quoted);
	}
	return NULL;
}

/* words that files of others have for NULL */
static char *
hint_of_null_word(const PdsRowSource *src, const PdsField *f)
{
	static const char *const null_words[] = {
		"NA", "N/A", "#N/A", "n.a.", "-", "--", "NULL", "\\N", "None", "nil", "nan", "?", "(null)", "missing", ".", NULL
	};
	const PdsDialect *d = src->batch.unit->dialect;
	const char *text = pnstrdup(f->data, f->len);

	if (!pds_str_is_one_of_any_case(text, null_words))
		return NULL;
	return psprintf("\"%s\" stands for no value, it seems: the table or column option null '[%s\"%s\"]' reads it as NULL.",
					text, d->has_null && d->null_len == 0 ? "\"\", " : "",
					text[0] == '\\' ? psprintf("\\%s", text) : text);
}

static char *
hint_of_empty(const PdsRowSource *src)
{
	const PdsDialect *d = src->batch.unit->dialect;

	if (d->has_null && d->null_len == 0 && d->format == PDS_FORMAT_CSV)
		return pstrdup("An empty text in quotes is no value of that type: the table or column option force_null 'true' reads it as NULL.");
	return pstrdup("An empty field is no value of that type: the table or column option null, as a list with \"\" in it, reads it as NULL.");
}

/* 1704067200 */
static char *
hint_of_epoch(const PdsField *f, const char *column)
{
	const char *divided = f->len == 13 ? " / 1000.0" : f->len == 16 ? " / 1000000.0" : "";
	const char *unit = f->len == 13 ? "milliseconds" : f->len == 16 ? "microseconds" : "seconds";

	if (!all_of(f, "0123456789") || (f->len != 10 && f->len != 13 && f->len != 16))
		return NULL;
	return psprintf("The value is a number of %s since 1970, it seems: declare the column bigint, and compute to_timestamp(%s%s).",
					unit, quote_identifier(column), divided);
}

/* words that the format has no boolean for */
static char *
hint_of_boolean(const PdsField *f, const char *column)
{
	static const char *const truths[] = {"yes", "no", "y", "n", "t", "f", "on", "off", "1", "0",
	"x", "ja", "nein", "oui", "non", "si", NULL};
	const char *text = pnstrdup(f->data, f->len);

	if (!pds_str_is_one_of_any_case(text, truths))
		return NULL;
	return psprintf("\"%s\" is no boolean there: declare the column text, and compare %s = '%s'.",
					text, quote_identifier(column), text);
}

/* 31.12.2024, 31/12/2024 or 31-12-2024, maybe with a time behind it */
static char *
hint_of_day(const PdsField *f, Oid typid)
{
	const char *s = f->data;
	char		sep;
	int			day;
	int			month;

	if (f->len < 10 ||
		!isdigit((unsigned char) s[0]) || !isdigit((unsigned char) s[1]) ||
		!isdigit((unsigned char) s[3]) || !isdigit((unsigned char) s[4]) || s[2] != s[5] ||
		strchr("./-", s[2]) == NULL || !isdigit((unsigned char) s[6]) ||
		!isdigit((unsigned char) s[9]))
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

/* of the value of column i alone */
static char *
hint_of_value(const PdsRowSource *src, int i)
{
	const PdsField *f = &src->fields[i];
	const char *column = src->columns[i].conv.column_name;
	Oid			typid = getBaseType(src->columns[i].conv.typid);
	char	   *hint = NULL;

	if (f->len == 0)
		return hint_of_empty(src);
	if (pds_is_number_type(typid) &&
		((hint = hint_of_thousands(f)) != NULL || (hint = hint_of_comma(f)) != NULL ||
		 (hint = hint_of_sign(f, column)) != NULL))
		return hint;
	if (typid == DATEOID || pds_is_timestamp_type(typid))
		hint = hint_of_day(f, typid);
	if (hint == NULL && pds_is_timestamp_type(typid))
		hint = hint_of_epoch(f, column);
	if (hint == NULL && typid == BOOLOID)
		hint = hint_of_boolean(f, column);
	return hint ? hint : hint_of_null_word(src, f);
}

char *
pds_mistake_hint(const PdsRowSource *src, size_t r, int i)
{
	RecordBytes b = record_bytes(src, r);
	char	   *hint;

	if (b.s == NULL)
		return NULL;
	if ((hint = hint_of_beginning(src, &b)) != NULL ||
		(hint = hint_of_delimiter(src, &b, src->nfields)) != NULL)
		return hint;
	if (i < 0 || src->fields[i].data == NULL)
		return NULL;
	if ((hint = hint_of_header(src, &b, i)) != NULL)
		return hint;
	return hint_of_value(src, i);
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
