/*
 * csv_write.c
 *	  Records as text by a PdsDialect: exactly what the dialect reads back.
 *
 * Each format refuses what it has no text for; the rules are those of the
 * readers (serde.c, opencsv.c, serde_values.c), seen from the other side.
 */
#include "core/serde/csv_write.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/calendar.h"
#include "core/serde/field_cut.h"

/* ---- refusals: what follows a column's name ---- */

static bool
refuse(PdsCsvWriter *w, PdsError *err, const char *what, const char *hint)
{
	w->bad_field = w->field;
	pds_error_set(err, PDS_ERR_UNSUPPORTED, "%s, which format %s cannot hold", what,
				  pds_format_name(w->dialect.format));
	pds_error_hint(err, "%s", hint);
	return false;
}

static bool
refuse_line_break(PdsCsvWriter *w, PdsError *err)
{
	return refuse(w, err, "contains a line break",
				  "Replace line breaks, or write to a table of format csv.");
}

static bool
refuse_special(PdsCsvWriter *w, PdsError *err)
{
	return refuse(w, err, w->dialect.format == PDS_FORMAT_LAZYSIMPLE
				  ? "contains a separator or the escape character"
				  : "contains a separator, a quote or an escape character",
				  w->dialect.format == PDS_FORMAT_LAZYSIMPLE
				  ? "Strings may contain separators in a table with an escape.delim; other values, and what is in arrays, maps and structs, never."
				  : "Give the table a quote character.");
}

static bool
refuse_null_text(PdsCsvWriter *w, PdsError *err)
{
	return refuse(w, err, "is the text that stands for NULL",
				  "Write NULL, or give the table another null text.");
}

/* a value that cannot begin a record */
static bool
refuse_begin(PdsCsvWriter *w, const char *s, PdsError *err)
{
	if (s[0] == w->dialect.comment)
		return refuse(w, err, "begins as a comment does",
					  "Give the table a quote character, or another comment character.");
	return refuse(w, err, "begins with a byte order mark",
				  "Remove U+FEFF from the beginning of the first column.");
}

/* ---- the writer ---- */

static bool
is_null_text(const PdsDialect *d, const char *s, size_t n)
{
	return d->format != PDS_FORMAT_OPENCSV && pds_is_null_text(d, s, n);
}

/* at the very beginning of an object it would be taken for its mark, of a record for a comment */
static bool
misread_begin(const PdsCsvWriter *w, const char *s, size_t n)
{
	const PdsDialect *d = &w->dialect;

	if (w->field > 0 || n == 0)
		return false;
	return (d->comment != 0 && s[0] == d->comment) ||
		(d->header_lines == 0 && n >= 3 && memcmp(s, "\xEF\xBB\xBF", 3) == 0);
}

static inline bool
is_line_end(char c)
{
	return c == '\n' || c == '\r';
}

static bool
any_special(const PdsCsvWriter *w, const char *s, size_t n)
{
	return pds_byte_set_find(&w->special[0], s, n) < n;
}

static bool
any_line_end(const char *s, size_t n)
{
	return memchr(s, '\n', n) != NULL || memchr(s, '\r', n) != NULL;
}

/* can a plain value be taken for something else, by its bytes or its first one? */
static bool
plain_is_safe(const PdsCsvWriter *w)
{
	static const char bytes[] = "0123456789+-.: abcdefghijklmnopqrstuvwxyz";
	static const char first[] = "0123456789-tf";
	const PdsDialect *d = &w->dialect;

	return (d->format == PDS_FORMAT_CSV || d->format == PDS_FORMAT_LAZYSIMPLE) &&
		!any_special(w, bytes, strlen(bytes)) &&
		(d->comment == 0 || strchr(first, d->comment) == NULL) &&
		(!d->has_null || d->null_len == 0 || memchr(first, d->null_text[0], strlen(first)) == NULL);
}

static void
special_bytes(PdsCsvWriter *w)
{
	const PdsDialect *d = &w->dialect;
	PdsByteSet *special = &w->special[0];
	int			i;

	w->separator[0] = d->delimiter;
	w->separator[1] = d->collection_delim;
	w->separator[2] = d->mapkey_delim;
	for (i = 3; i < PDS_NESTED_LEVELS; i++)
		w->separator[i] = (char) (i + 1);
	pds_byte_set_add(special, '\n');
	pds_byte_set_add(special, '\r');
	pds_byte_set_add(special, d->delimiter);
	if (d->quote && d->format != PDS_FORMAT_LAZYSIMPLE)
		pds_byte_set_add(special, d->quote);
	if (d->escape)
		pds_byte_set_add(special, d->escape);
	for (i = 1; i < PDS_NESTED_LEVELS; i++)
	{
		w->special[i] = w->special[i - 1];
		pds_byte_set_add(&w->special[i], w->separator[i]);
	}
	pds_byte_set_add(&w->escaped, d->quote);
	if (d->escape)
		pds_byte_set_add(&w->escaped, d->escape);
	w->plain = plain_is_safe(w);
}

bool
pds_csv_writer_init(PdsCsvWriter *w, const PdsDialect *d, int nfields, PdsError *err)
{
	memset(w, 0, sizeof(*w));
	w->dialect = *d;
	w->nfields = nfields;
	special_bytes(w);
	if (d->format == PDS_FORMAT_ATHENA_RESULT)
		return pds_error_set(err, PDS_ERR_UNSUPPORTED, "results of Athena are read only");
	if (d->unusable)
		return pds_error_set(err, PDS_ERR_UNSUPPORTED, "%s", d->unusable);
	if (d->wide[0][0] || d->wide[1][0] || d->wide[2][0])
		return pds_error_set(err, PDS_ERR_UNSUPPORTED,
							 "its separatorChar, quoteChar or escapeChar is no ASCII character");
	if (nfields == 0)
		return pds_error_set(err, PDS_ERR_UNSUPPORTED, "the records have no fields");
	if (d->header_lines > 1)
		return pds_error_set(err, PDS_ERR_UNSUPPORTED,
							 "%d header lines are declared, and only one can be written",
							 d->header_lines);
	if (d->footer_lines > 0)
		return pds_error_set(err, PDS_ERR_UNSUPPORTED, "footer lines are declared");
	if (d->skip_lines > 0)
		return pds_error_set(err, PDS_ERR_UNSUPPORTED,
							 "lines before the header are declared (skip), and none are written");
	if (d->recode[0] != '\0')
		return pds_error_set(err, PDS_ERR_UNSUPPORTED, "its encoding, %s, is only read", d->recode);
	if (d->comment != 0 && d->has_null && d->null_len > 0 && d->null_text[0] == d->comment)
		return pds_error_set(err, PDS_ERR_UNSUPPORTED,
							 "the text that stands for NULL begins as a comment does");
	if (d->format != PDS_FORMAT_OPENCSV && d->has_null &&
		any_special(w, d->null_text, d->null_len) &&
		!(d->format == PDS_FORMAT_LAZYSIMPLE && d->escape && d->null_len > 1 &&
		  d->null_text[0] == d->escape && !any_special(w, d->null_text + 1, d->null_len - 1)))
	{
		pds_error_set(err, PDS_ERR_UNSUPPORTED,
					  "the text that stands for NULL contains a separator, a quote, an escape or a line break");
		return false;
	}
	return true;
}

void
pds_csv_begin(PdsCsvWriter *w, PdsStr *out)
{
	w->out = out;
	w->start = out->len;
	w->field = 0;
	w->nulls = 0;
}

/* take back what was written of the record */
static bool
undo(PdsCsvWriter *w)
{
	w->out->len = w->start;
	if (w->out->data)
		w->out->data[w->start] = '\0';
	return false;
}

static void
separate(PdsCsvWriter *w)
{
	if (w->field > 0)
		pds_str_append_c(w->out, w->dialect.delimiter);
}

/* between quotes, in which quote and escape are told apart by what stands before them */
static void
put_quoted(PdsCsvWriter *w, const char *s, size_t n)
{
	const PdsDialect *d = &w->dialect;

	pds_str_append_c(w->out, d->quote);
	for (;;)
	{
		size_t		run = pds_byte_set_find(&w->escaped, s, n);

		pds_str_append_n(w->out, s, run);
		if (run == n)
			break;
		pds_str_append_c(w->out, d->escape ? d->escape : d->quote);
		pds_str_append_c(w->out, s[run]);
		s += run + 1;
		n -= run + 1;
	}
	pds_str_append_c(w->out, d->quote);
}

/* a field as it is */
static inline void
put_bare(PdsCsvWriter *w, const char *s, size_t n)
{
	PdsStr	   *out = w->out;
	char	   *p;

	if (out->cap - out->len < n + 2 && !pds_str_reserve(out, n + 1))
		return;
	p = out->data + out->len;
	if (w->field > 0)
		*p++ = w->dialect.delimiter;
	memcpy(p, s, n);
	p[n] = '\0';
	out->len = (size_t) (p + n - out->data);
}

/* ---- lazysimple ---- */

/*
 * One scalar, its escapes written.  special: what cannot stand for itself.
 * rest: the last field, which takes all that follows.
 */
static bool
lazy_scalar(PdsCsvWriter *w, const PdsByteSet *special, const char *s, size_t n, bool string,
			bool rest, PdsStr *out, PdsError *err)
{
	const PdsDialect *d = &w->dialect;
	bool		escapes = d->escape != 0 && string;
	const char *end = s + n;
	const char *p;

	if (is_null_text(d, s, n) || misread_begin(w, s, n))
	{
		/* \N can be written where the raw text may differ from it */
		if (!escapes || n == 0)
			return is_null_text(d, s, n) ? refuse_null_text(w, err) : refuse_begin(w, s, err);
		if (!pds_byte_set_has(special, s[0]))
			pds_str_append_c(out, d->escape);
	}
	while (s < end)
	{
		p = s + pds_byte_set_find(special, s, (size_t) (end - s));
		pds_str_append_n(out, s, (size_t) (p - s));
		if (p == end)
			break;
		if (is_line_end(*p))
			return refuse_line_break(w, err);
		if (escapes)
			pds_str_append_c(out, d->escape);
		else if (!(rest && *p == d->delimiter))
			return refuse_special(w, err);
		pds_str_append_c(out, *p);
		s = p + 1;
	}
	return true;
}

static bool
lazy_field(PdsCsvWriter *w, const char *s, size_t n, bool string, PdsError *err)
{
	bool		rest = w->dialect.last_takes_rest && w->field == w->nfields - 1 &&
		w->field == w->dialect.last_field;

	separate(w);
	return lazy_scalar(w, &w->special[0], s, n, string, rest, w->out, err);
}

/* ---- opencsv ---- */

/* without a quote character: separators cannot be data */
static bool
opencsv_bare(PdsCsvWriter *w, const char *s, size_t n, PdsError *err)
{
	const PdsDialect *d = &w->dialect;
	size_t		i;

	if (misread_begin(w, s, n))
		return refuse_begin(w, s, err);
	for (i = 0; i < n; i++)
	{
		/* an escape before the first character of a field vanishes */
		if (s[i] == d->delimiter || (d->escape && s[i] == d->escape && i == 0))
			return refuse_special(w, err);
		if (d->escape && s[i] == d->escape)
			pds_str_append_c(w->out, d->escape);
		pds_str_append_c(w->out, s[i]);
	}
	return true;
}

static bool
opencsv_field(PdsCsvWriter *w, const char *s, size_t n, PdsError *err)
{
	const PdsDialect *d = &w->dialect;

	if (w->nulls > 0)
	{
		w->field -= w->nulls;
		refuse(w, err, "is NULL before a column with a value",
			   "In format opencsv only the last columns of a row can be NULL, as fields that are missing: "
			   "write '' or a value, or reorder the columns.");
		return false;
	}
	if (any_line_end(s, n))
		return refuse_line_break(w, err);
	separate(w);
	if (d->quote == 0)
		return opencsv_bare(w, s, n, err);
	put_quoted(w, s, n);
	return true;
}

/* ---- csv ---- */

static bool
csv_field(PdsCsvWriter *w, const char *s, size_t n, PdsError *err)
{
	const PdsDialect *d = &w->dialect;

	if (!w->quotes && !any_special(w, s, n) && !is_null_text(d, s, n) && !misread_begin(w, s, n) &&
		(n > 0 || w->nfields > 1 || d->quote == 0))
	{
		put_bare(w, s, n);
		return true;
	}
	separate(w);
	if (d->quote == 0)
	{
		if (is_null_text(d, s, n))
			return refuse_null_text(w, err);
		if (misread_begin(w, s, n))
			return refuse_begin(w, s, err);
		if (any_line_end(s, n))
			return refuse_line_break(w, err);
		if (memchr(s, d->delimiter, n) != NULL)
			return refuse_special(w, err);
		/* an escape outside quotes is data */
		pds_str_append_n(w->out, s, n);
		return true;
	}
	put_quoted(w, s, n);
	return true;
}

/* ---- fields ---- */

void
pds_csv_null(PdsCsvWriter *w)
{
	if (w->dialect.format == PDS_FORMAT_OPENCSV)
		w->nulls++;
	else
	{
		separate(w);
		pds_str_append_n(w->out, w->dialect.null_text, w->dialect.null_len);
	}
	w->field++;
}

bool
pds_csv_null_as(PdsCsvWriter *w, const char *text, PdsError *err)
{
	if (any_special(w, text, strlen(text)) || misread_begin(w, text, strlen(text)))
	{
		refuse(w, err,
			   "is NULL, whose text has a separator, a quote, an escape or a line break in it",
			   "Give the column another null text.");
		return undo(w);
	}
	separate(w);
	pds_str_append(w->out, text);
	w->field++;
	return true;
}

bool
pds_csv_can_quote(const PdsCsvWriter *w)
{
	return w->dialect.format == PDS_FORMAT_CSV && w->dialect.quote != 0;
}

bool
pds_csv_field(PdsCsvWriter *w, const char *s, size_t n, bool string, PdsError *err)
{
	bool		ok;

	switch (w->dialect.format)
	{
		case PDS_FORMAT_LAZYSIMPLE:
			ok = lazy_field(w, s, n, string, err);
			break;
		case PDS_FORMAT_OPENCSV:
			ok = opencsv_field(w, s, n, err);
			break;
		default:
			ok = csv_field(w, s, n, err);
			break;
	}
	if (!ok)
		return undo(w);
	w->field++;
	return true;
}

bool
pds_csv_end(PdsCsvWriter *w, PdsError *err)
{
	/* opencsv: a blank line is a row of NULLs, whatever its one field was */
	if (w->dialect.format == PDS_FORMAT_OPENCSV && w->out->len == w->start &&
		w->nulls < w->field)
	{
		w->field = 0;
		refuse(w, err, "is an empty string alone in its line", "Give the table a quote character.");
		return undo(w);
	}
	pds_str_append_c(w->out, '\n');
	if (w->out->failed)
	{
		pds_error_oom(err);
		return undo(w);
	}
	return true;
}

bool
pds_csv_header(PdsCsvWriter *w, PdsStr *out, const char *const *names, PdsError *err)
{
	int			i;

	pds_csv_begin(w, out);
	for (i = 0; i < w->nfields; i++)
		if (!pds_csv_field(w, names[i], strlen(names[i]), true, err))
			return false;
	return pds_csv_end(w, err);
}

/* ---- nested values of lazysimple ---- */

bool
pds_csv_separator(PdsCsvWriter *w, int level, PdsStr *buf, PdsError *err)
{
	if (level >= PDS_NESTED_LEVELS)
		return refuse(w, err, "is nested more deeply than seven levels", "Write it as a string.");
	pds_str_append_c(buf, w->separator[level]);
	return true;
}

bool
pds_csv_nested_scalar(PdsCsvWriter *w, int level, const char *s, size_t n, PdsStr *buf,
					  PdsError *err)
{
	int			i;

	if (level >= PDS_NESTED_LEVELS)
		return refuse(w, err, "is nested more deeply than seven levels", "Write it as a string.");
	if (s != NULL)
		return lazy_scalar(w, &w->special[level], s, n, false, false, buf, err);
	for (i = 1; i <= level; i++)
		if (memchr(w->dialect.null_text, w->separator[i], w->dialect.null_len) != NULL)
			return refuse(w, err, "contains NULL, whose text has a separator in it,",
						  "Give the table another null text.");
	pds_str_append_n(buf, w->dialect.null_text, w->dialect.null_len);
	return true;
}

bool
pds_csv_nested_check(PdsCsvWriter *w, const PdsStr *buf, size_t from, int nelements,
					 PdsError *err)
{
	size_t		n = buf->len - from;

	if (nelements > 0 && n == 0)
		return refuse(w, err, "contains one empty element, which reads as none,",
					  "Write it as a string.");
	if (is_null_text(&w->dialect, pds_str_text(buf) + from, n))
		return refuse(w, err, n == 0 ? "is empty, which reads as NULL,"
					  : "contains one NULL, which reads as NULL itself,",
					  "Write NULL, or give the table another null text.");
	return true;
}

bool
pds_csv_nested(PdsCsvWriter *w, const PdsStr *buf, PdsError *err)
{
	if (buf->failed)
	{
		pds_error_oom(err);
		return undo(w);
	}
	if (misread_begin(w, pds_str_text(buf), buf->len))
	{
		refuse_begin(w, pds_str_text(buf), err);
		return undo(w);
	}
	separate(w);
	pds_str_append_n(w->out, pds_str_text(buf), buf->len);
	w->field++;
	return true;
}

/* ---- scalars ---- */

void
pds_write_date(int64_t days, PdsStr *out)
{
	char		text[PDS_PLAIN_BYTES];
	int64_t		year;
	int			month;
	int			day;

	pds_date_of_days(days, &year, &month, &day);
	if (year < 0)
		pds_str_append_c(out, '-');
	pds_str_append_n(out, text,
					 (size_t) (pds_text_date(text, year < 0 ? -year : year, month, day) - text));
}

void
pds_write_timestamp(int64_t us, PdsStr *out)
{
	const int64_t day_us = INT64_C(86400000000);
	int64_t		days = us / day_us - (us % day_us < 0);
	char		text[PDS_PLAIN_BYTES];

	pds_write_date(days, out);
	pds_str_append_c(out, ' ');
	pds_str_append_n(out, text, (size_t) (pds_text_time(text, us - days * day_us) - text));
}

void
pds_write_base64(const char *data, size_t n, PdsStr *out)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t		i;

	for (i = 0; i < n; i += 3)
	{
		unsigned int b = (unsigned int) (unsigned char) data[i] << 16;

		if (i + 1 < n)
			b |= (unsigned int) (unsigned char) data[i + 1] << 8;
		if (i + 2 < n)
			b |= (unsigned char) data[i + 2];
		pds_str_append_c(out, digits[b >> 18]);
		pds_str_append_c(out, digits[b >> 12 & 63]);
		pds_str_append_c(out, i + 1 < n ? digits[b >> 6 & 63] : '=');
		pds_str_append_c(out, i + 2 < n ? digits[b & 63] : '=');
	}
}
