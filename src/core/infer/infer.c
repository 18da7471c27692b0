/*
 * infer.c
 *	  What a CSV file is: samples to dialect, header, columns and types.
 *
 * Dialects are infer_dialect.c's business, values infer_types.c's.
 */
#include "core/infer/infer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/read/fetch.h"
#include "core/infer/infer_internal.h"
#include "core/infer/names.h"
#include "core/base/strbuf.h"

/* bytes before a sample; the engine may look at the one before the first */
#define FRONT	64
/* as many columns as PostgreSQL could have, and some */
#define MAX_COLUMNS	2000
/* a name is no longer than this (doc/dev/aws.md §5.5: characters; here bytes) */
#define MAX_HEADER	150
/* bytes of a name in Glue; PostgreSQL's own limit is its side's */
#define MAX_NAME	255

typedef struct Work
{
	PdsText    *texts;
	int			n;
	const PdsInferOptions *opt;
	PdsDialect	dialect;		/* nothing is NULL: values are seen as they
								 * stand */
	int			ncolumns;
	PdsColumnStats *stats;
	int		   *wanted;
	PdsField   *fields;			/* of the record at hand */
	bool	   *in_quotes;
	PdsArena	arena;
	PdsInference *out;
	double		bytes;			/* of the records counted */
	int			lf;
	int			crlf;
	int			cr;
} Work;

void
pds_inference_free(PdsInference *inf)
{
	int			i;

	for (i = 0; i < inf->ncolumns; i++)
	{
		free(inf->columns[i].name);
		free(inf->columns[i].header);
		free(inf->columns[i].example);
	}
	free(inf->columns);
	memset(inf, 0, sizeof(*inf));
}

/* ---- what is no delimited text ---- */

static const char *
magic(const char *data, size_t len)
{
	static const struct
	{
		const char *bytes;
		size_t		len;
		const char *what;
	}			known[] = {
		{"PAR1", 4, "it is a Parquet file"}, {"ORC", 3, "it is an ORC file"},
		{"Obj\001", 4, "it is an Avro file"}, {"SEQ\006", 4, "it is a sequence file"},
		{"PK\003\004", 4, "it is a zip archive or an Excel workbook"},
		{"%PDF", 4, "it is a PDF document"}, {"\211PNG", 4, "it is a picture"},
		{"\377\330\377", 3, "it is a picture"}, {"GIF8", 4, "it is a picture"},
		{"\037\213", 2, "it is compressed with gzip"},
		{"\050\265\057\375", 4, "it is compressed with zstd"},
		{"BZh", 3, "it is compressed with bzip2"}, {"\375" "7zXZ", 5, "it is compressed with xz"},
		{"SQLite format 3", 15, "it is an SQLite database"},
		{"\320\317\021\340", 4, "it is an Office document"},
		{"\377\376", 2, "it is UTF-16"}, {"\376\377", 2, "it is UTF-16"}
	};
	size_t		i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (len >= known[i].len && memcmp(data, known[i].bytes, known[i].len) == 0)
			return known[i].what;
	return NULL;
}

const char *
pds_not_delimited(const char *data, size_t len)
{
	const char *what = magic(data, len);
	size_t		limit = len > 8192 ? 8192 : len;
	size_t		control = 0;
	size_t		i;

	if (what)
		return what;
	for (i = 0; i < limit; i++)
	{
		unsigned char c = (unsigned char) data[i];

		if (c == 0)
			return "it is binary";
		if (c < ' ' && strchr("\t\n\r\f\v\033\001\002\003\004", c) == NULL)
			control++;
	}
	if (control * 20 > limit)
		return "it is binary";
	for (i = 0; i < limit && strchr(" \t\r\n\357\273\277", data[i]) != NULL; i++)
		;
	if (i + 1 < limit && (data[i] == '{' || data[i] == '['))
	{
		size_t		k = i + 1;

		while (k < limit && strchr(" \t\r\n", data[k]) != NULL)
			k++;
		if (k < limit && (data[k] == '"' || data[k] == '}' || data[k] == '{'))
			return "it is JSON";
	}
	if (limit - i >= 5 && (memcmp(data + i, "<?xml", 5) == 0 || memcmp(data + i, "<html", 5) == 0 ||
						   memcmp(data + i, "<!DOC", 5) == 0))
		return "it is XML or HTML";
	return NULL;
}

/* ---- texts ---- */

static bool
make_text(const PdsSample *s, PdsText *t, bool *bom, PdsError *err)
{
	const char *data = s->data;
	size_t		len = s->len;
	const char *why;

	pds_index_init(&t->ix);
	if (s->from_start)
	{
		why = pds_not_delimited(data, len);
		if (why)
			return pds_error_set(err, PDS_ERR_UNSUPPORTED, "%s", why);
		if (len >= 3 && memcmp(data, "\357\273\277", 3) == 0)
		{
			*bom = true;
			data += 3;
			len -= 3;
		}
	}
	t->base = malloc(FRONT + len + PDS_SLICE_PADDING);
	if (t->base == NULL)
		return pds_error_oom(err);
	memset(t->base, 0, FRONT);
	t->buf = t->base + FRONT;
	memcpy(t->buf, data, len);
	memset(t->buf + len, 0, PDS_SLICE_PADDING);
	t->len = len;
	t->from_start = s->from_start;
	t->complete = s->complete;
	return true;
}

void
pds_infer_free_texts(PdsText *texts, int n)
{
	int			i;

	for (i = 0; texts && i < n; i++)
	{
		free(texts[i].base);
		pds_index_free(&texts[i].ix);
	}
	free(texts);
}

PdsText *
pds_infer_make_texts(const PdsSample *samples, int n, bool *bom, PdsError *err)
{
	PdsText    *texts = calloc((size_t) (n > 0 ? n : 1), sizeof(PdsText));
	int			i;

	if (texts == NULL)
	{
		pds_error_oom(err);
		return NULL;
	}
	for (i = 0; i < n; i++)
		if (!make_text(&samples[i], &texts[i], bom, err))
		{
			pds_infer_free_texts(texts, n);
			return NULL;
		}
	return texts;
}

/* ---- records ---- */

/* Cut record r of t into w->fields. */
static bool
cut(Work *w, PdsText *t, size_t r)
{
	uint32_t	nf = pds_record_nfields(&t->ix, r);
	int			i;

	if (w->arena.used > 0)
		pds_arena_reset(&w->arena);
	for (i = 0; i < w->ncolumns; i++)
	{
		uint32_t	start;
		uint32_t	end;

		w->in_quotes[i] = false;
		if (w->dialect.quote == 0 || (uint32_t) i >= nf)
			continue;
		pds_field_span(&t->ix, t->buf, r, (uint32_t) i, &start, &end);
		w->in_quotes[i] = end > start && t->buf[start] == w->dialect.quote;
		if (w->in_quotes[i] && (memchr(t->buf + start, '\n', end - start) ||
								memchr(t->buf + start, '\r', end - start)))
			w->out->newlines = true;
		w->out->quoted = w->out->quoted || w->in_quotes[i];
	}
	return pds_record_fields(&w->dialect, &t->ix, t->buf, r, w->wanted, w->ncolumns, w->fields,
							 &w->arena);
}

static void
count_line_end(Work *w, const PdsText *t, size_t r)
{
	uint32_t	end = t->ix.ends[t->ix.rec[r]];

	if (end >= t->len)
		return;
	if (t->buf[end] == '\r')
		w->cr++;
	else if (end > 0 && t->buf[end - 1] == '\r')
		w->crlf++;
	else
		w->lf++;
}

/* Add record r to what is known of the columns. */
static bool
add_record(Work *w, PdsText *t, size_t r)
{
	uint32_t	start;
	uint32_t	end;
	uint32_t	from = r == 0 ? 0 : t->ix.ends[t->ix.rec[r - 1]] + 1;
	int			i;

	if (!cut(w, t, r))
		return false;
	count_line_end(w, t, r);
	pds_field_span(&t->ix, t->buf, r, 0, &start, &end);
	w->bytes += t->ix.ends[t->ix.rec[r]] + 1 - from;
	w->out->records++;
	if (pds_record_nfields(&t->ix, r) != (uint32_t) w->ncolumns)
		w->out->ragged++;
	for (i = 0; i < w->ncolumns; i++)
	{
		const PdsField *f = &w->fields[i];

		if (!pds_stats_add(&w->stats[i], f->data ? f->data : "", f->data ? f->len : 0,
						   f->data && w->in_quotes[i]))
			return false;
	}
	return true;
}

/* the first record that is not blank, at or after r */
static size_t
next_record(const PdsText *t, size_t r)
{
	while (r < t->ix.nrec && pds_record_blank(&t->ix, t->buf, r))
		r++;
	return r;
}

/* records to read: one that an open quote has swallowed the end of is none */
static size_t
record_count(const PdsText *t)
{
	return t->ix.open_quote && t->ix.nrec > 0 ? t->ix.nrec - 1 : t->ix.nrec;
}

/* ---- samples from the middle ---- */

#define TRY_STARTS 50
#define TRY_BYTES (64 * 1024)

/* Do the records from `from` look like those of the table? */
static bool
looks_right(PdsText *t, size_t from, const PdsScanDialect *scan, int ncolumns, bool *failed)
{
	size_t		len = t->len - from > TRY_BYTES ? TRY_BYTES : t->len - from;
	size_t		right = 0;
	size_t		r;

	if (!pds_index_build(&t->ix, scan, t->buf + from, len, false))
	{
		*failed = true;
		return false;
	}
	for (r = 0; r < t->ix.nrec; r++)
		if (pds_record_nfields(&t->ix, r) == (uint32_t) ncolumns)
			right++;
	return right > 2 && right * 10 >= t->ix.nrec * 9;
}

/*
 * Make a sample from the middle begin with a record: a line end may lie inside
 * quotes, so the next ones are tried, too.  What does not look right is dropped.
 */
static bool
align(PdsText *t, const PdsScanDialect *scan, int ncolumns)
{
	size_t		from = 0;
	bool		failed = false;
	int			i;

	for (i = 0; i < TRY_STARTS; i++)
	{
		const char *end = memchr(t->buf + from, '\n', t->len - from);

		if (end == NULL)
			break;
		from = (size_t) (end - t->buf) + 1;
		if (looks_right(t, from, scan, ncolumns, &failed))
		{
			t->buf += from;
			t->len -= from;
			return true;
		}
		if (failed)
			return false;
	}
	t->len = 0;
	return true;
}

static bool
index_texts(Work *w)
{
	PdsScanDialect scan;
	int			i;

	pds_dialect_scan(&w->dialect, &scan);
	for (i = 0; i < w->n; i++)
	{
		PdsText    *t = &w->texts[i];

		if ((!t->from_start && !align(t, &scan, w->ncolumns)) ||
			!pds_index_build(&t->ix, &scan, t->buf, t->len, t->complete))
			return false;
	}
	return true;
}

/* ---- header ---- */

/* can the cells of a record be names?  (none empty but a few, none a number, none twice) */
static bool
can_be_names(const Work *w, bool *identifiers)
{
	int			empty = 0;
	int			i;
	int			k;

	*identifiers = true;
	for (i = 0; i < w->ncolumns; i++)
	{
		const PdsField *f = &w->fields[i];
		PdsCell		cell;

		if (f->data == NULL || f->len == 0)
		{
			empty++;
			*identifiers = false;
			continue;
		}
		pds_cell_classify(f->data, f->len, &cell);
		if (cell.can != 0 || f->len > MAX_HEADER ||
			strspn(f->data, "0123456789.,+- ") >= f->len)
			return false;
		if (pds_shape(f->data, f->len) >= PDS_SHAPE_WORDS)
			*identifiers = false;
		for (k = 0; k < i && *identifiers; k++)
			if (w->fields[k].data && w->fields[k].len == f->len &&
				memcmp(w->fields[k].data, f->data, f->len) == 0)
				*identifiers = false;
	}
	return (empty <= 1 || empty * 4 <= w->ncolumns) && empty < w->ncolumns;
}

/* the record in w->fields is the first of its object: is it a header? */
static bool
is_header(const Work *w)
{
	bool		identifiers;
	int			typed = 0;
	int			other = 0;
	int			i;

	if (!can_be_names(w, &identifiers))
		return false;
	if (w->out->records == 0)
		return identifiers;
	for (i = 0; i < w->ncolumns; i++)
	{
		const PdsColumnStats *c = &w->stats[i];
		const PdsField *f = &w->fields[i];

		if (f->data == NULL || f->len == 0 || c->values == 0)
			continue;

		/*
		 * some typed values are enough where the names look like names
		 * (doc/dev/aws.md §5.5)
		 */
		if (c->typed * 2 >= c->values || (identifiers && c->typed > 0))
			typed++;
		else if (c->shapes[pds_shape(f->data, f->len)] == 0)
			other++;
	}

	/*
	 * a name above numbers; or all names, and written otherwise than what is
	 * below
	 */
	return typed > 0 || (w->ncolumns > 1 && identifiers && other * 2 > w->ncolumns);
}

/* the raw bytes of a record */
static void
record_bytes(const PdsText *t, size_t r, const char **p, size_t *n)
{
	uint32_t	start;
	uint32_t	end;
	uint32_t	unused;

	pds_field_span(&t->ix, t->buf, r, 0, &start, &unused);
	pds_field_span(&t->ix, t->buf, r, pds_record_nfields(&t->ix, r) - 1, &unused, &end);
	*p = t->buf + start;
	*n = end - start;
}

static bool
same_record(const PdsText *a, size_t ra, const PdsText *b, size_t rb)
{
	const char *p;
	const char *q;
	size_t		n;
	size_t		m;

	record_bytes(a, ra, &p, &n);
	record_bytes(b, rb, &q, &m);
	return n == m && memcmp(p, q, n) == 0;
}

/* Does another object begin with the same record, and go on with others? */
static bool
repeated(const Work *w, int number)
{
	const PdsText *t = &w->texts[number];
	size_t		first = next_record(t, 0);
	int			i;

	if (record_count(t) < first + 2 || same_record(t, first, t, first + 1))
		return false;
	for (i = 0; i < w->n; i++)
	{
		const PdsText *o = &w->texts[i];
		size_t		r = next_record(o, 0);

		if (i != number && o->from_start && record_count(o) > r && same_record(t, first, o, r))
			return true;
	}
	return false;
}

/* Settle out->dialect.header_lines; *named: the text whose header gives the names, -1 none. */
static bool
find_header(Work *w, int *named)
{
	int			yes = 0;
	int			no = 0;
	bool		identifiers;
	int			i;

	*named = -1;
	for (i = 0; i < w->n; i++)
	{
		PdsText    *t = &w->texts[i];
		size_t		first = next_record(t, 0);

		if (!t->from_start || first >= record_count(t))
			continue;
		if (!cut(w, t, first))
			return false;
		if (is_header(w) || (can_be_names(w, &identifiers) && repeated(w, i)))
		{
			yes++;
			if (*named < 0)
				*named = i;
		}
		else
			no++;
	}
	w->out->headers_differ = yes > 0 && no > 0;
	if (yes <= no)
		*named = -1;
	/* blank lines before it are lines, too */
	w->out->dialect.header_lines = *named >= 0
		? (int) next_record(&w->texts[*named], 0) + 1 : 0;
	return true;
}

/* ---- rows ---- */

/* The records after the first `skip` ones of each object, or only the first of each. */
static bool
add_rows(Work *w, int skip, bool only_first)
{
	int			i;

	for (i = 0; i < w->n; i++)
	{
		PdsText    *t = &w->texts[i];
		size_t		r = t->from_start ? next_record(t, 0) : 0;
		size_t		end = record_count(t);

		if (only_first)
		{
			if (t->from_start && r < end && !add_record(w, t, r))
				return false;
			continue;
		}
		if (t->from_start && skip > 0)
			r += (size_t) skip;
		for (; r < end; r++)
			if (!pds_record_blank(&t->ix, t->buf, r) && !add_record(w, t, r))
				return false;
	}
	return true;
}

/* With a header the columns are its fields; the engine drops or fills the rest. */
static void
widen_to_header(Work *w)
{
	int			i;

	for (i = 0; i < w->n; i++)
	{
		PdsText    *t = &w->texts[i];
		size_t		r = next_record(t, 0);

		if (t->from_start && r < record_count(t))
		{
			int			nf = (int) pds_record_nfields(&t->ix, r);

			if (nf > w->ncolumns && nf <= w->ncolumns + 20)
				w->ncolumns = nf;
			return;
		}
	}
}

static bool
make_columns(Work *w)
{
	int			i;
	size_t		n;

	if (w->ncolumns > MAX_COLUMNS)
		w->ncolumns = MAX_COLUMNS;
	n = (size_t) (w->ncolumns > 0 ? w->ncolumns : 1);
	w->stats = calloc(n, sizeof(PdsColumnStats));
	w->wanted = calloc(n, sizeof(int));
	w->fields = calloc(n, sizeof(PdsField));
	w->in_quotes = calloc(n, sizeof(bool));
	if (!w->stats || !w->wanted || !w->fields || !w->in_quotes)
		return false;
	for (i = 0; i < w->ncolumns; i++)
	{
		pds_stats_init(&w->stats[i]);
		w->wanted[i] = i;
	}
	return true;
}

/* ---- NULL ---- */

static int64_t
sum_words(const Work *w, int word)
{
	int64_t		n = 0;
	int			i;

	for (i = 0; i < w->ncolumns; i++)
		n += w->stats[i].words[word];
	return n;
}

/* Does the word alone keep a column from having a type?  Then it means NULL there. */
static bool
word_is_null(const Work *w, int word)
{
	PdsHiveType t;
	int			i;

	for (i = 0; i < w->ncolumns; i++)
	{
		if (w->stats[i].words[word] == 0)
			continue;
		pds_stats_type(&w->stats[i], word, true, w->opt, &t);
		if (t.kind != PDS_HIVE_STRING)
			return true;
	}
	return false;
}

/*
 * What stands for NULL: number of the word, -1: an unquoted empty field.
 * One text only can (option null), so a word is taken when no field is empty.
 */
static int
find_null(Work *w)
{
	PdsDialect *d = &w->out->dialect;
	int64_t		empty = 0;
	int			i;

	for (i = 0; i < w->ncolumns; i++)
		empty += w->stats[i].empty;
	/* \N and nothing in quotes: Hive's own way to write, with its own rules */
	if (sum_words(w, 0) > 0 && d->format == PDS_FORMAT_CSV && !w->out->quoted &&
		w->opt->quote < 0 && w->opt->escape < 0)
	{
		int			header = d->header_lines;
		char		delimiter = d->delimiter;

		pds_dialect_init(d, PDS_FORMAT_LAZYSIMPLE);
		d->delimiter = delimiter;
		d->header_lines = header;
	}
	if (d->format == PDS_FORMAT_LAZYSIMPLE)
		return 0;
	if (empty > 0)
		return -1;
	for (i = 0; i < PDS_NULL_WORDS; i++)
		if (sum_words(w, i) > 0 && (i == 0 || word_is_null(w, i)))
			return i;
	return -1;
}

static void
settle_null(Work *w, int *word)
{
	PdsDialect *d = &w->out->dialect;
	const char *text = w->opt->null_text;

	if (text)
	{
		*word = pds_null_word(text, strlen(text));
		d->has_null = true;
	}
	else
	{
		*word = find_null(w);
		text = *word >= 0 ? pds_null_words[*word] : "";
	}
	d->null_len = strlen(text) < sizeof(d->null_text) ? strlen(text) : sizeof(d->null_text) - 1;
	memcpy(d->null_text, text, d->null_len);
	d->null_text[d->null_len] = '\0';
}

/* ---- what was found ---- */

/* Names of the columns, from their headers or numbers. */
static bool
name_columns(PdsInference *out)
{
	size_t		n = (size_t) out->ncolumns + 1;
	char	  **names = calloc(n, sizeof(char *));
	const char **cells = calloc(n, sizeof(char *));
	bool		ok = names != NULL && cells != NULL;
	int			i;

	for (i = 0; ok && i < out->ncolumns; i++)
		cells[i] = out->columns[i].header;
	ok = ok && pds_names_of_header(cells, out->ncolumns, MAX_NAME, names);
	for (i = 0; names && i < out->ncolumns; i++)
	{
		free(out->columns[i].name);
		out->columns[i].name = names[i];
	}
	free(names);
	free(cells);
	return ok;
}

bool
pds_inference_set_headers(PdsInference *inf, const char *const *headers, PdsError *err)
{
	int			i;

	for (i = 0; i < inf->ncolumns; i++)
	{
		char	   *copy = headers[i] ? pds_strdup(headers[i]) : NULL;

		if (headers[i] && copy == NULL)
			return pds_error_oom(err);
		free(inf->columns[i].header);
		inf->columns[i].header = copy;
	}
	return name_columns(inf) || pds_error_oom(err);
}

static bool
read_header(Work *w, PdsText *t, size_t r)
{
	int			i;

	if (r >= t->ix.nrec)
		return true;
	if (!cut(w, t, r))
		return false;
	for (i = 0; i < w->ncolumns; i++)
		if (w->fields[i].data && w->fields[i].len > 0 &&
			!(w->out->columns[i].header = pds_strndup(w->fields[i].data, w->fields[i].len)))
			return false;
	return true;
}

static bool
finish_columns(Work *w, int named, int word)
{
	PdsInference *out = w->out;
	bool		lazy = out->dialect.format == PDS_FORMAT_LAZYSIMPLE;
	bool		empty_is_null = lazy || out->dialect.null_len == 0;
	bool		ok = true;
	int			i;

	out->columns = calloc((size_t) (w->ncolumns > 0 ? w->ncolumns : 1), sizeof(PdsInferredColumn));
	if (out->columns == NULL)
		return false;
	out->ncolumns = w->ncolumns;
	if (named >= 0)
	{
		int			lines = out->dialect.header_lines;
		PdsText    *t = &w->texts[named];

		ok = read_header(w, t, (size_t) lines - 1);
	}
	ok = ok && name_columns(out);
	for (i = 0; i < w->ncolumns && ok; i++)
	{
		PdsInferredColumn *c = &out->columns[i];
		PdsColumnStats *s = &w->stats[i];
		int64_t		words = 0;
		int			k;

		pds_stats_type(s, word, empty_is_null, w->opt, &c->type);
		for (k = 0; k < PDS_NULL_WORDS; k++)
			words += s->words[k];
		c->nulls = word >= 0 ? s->words[word] : 0;
		/* lazysimple: the SerDe makes NULL of an empty number */
		if (empty_is_null && (!lazy || c->type.kind != PDS_HIVE_STRING))
			c->nulls += s->empty;
		c->values = s->values + s->quoted_empty + s->empty + words - c->nulls;
		c->fraction = s->max_second_fraction;
		c->example = s->example;
		s->example = NULL;
	}
	return ok;
}

static void
finish_encoding(Work *w)
{
	bool		valid = true;
	bool		c1 = false;
	int			i;

	for (i = 0; i < w->n; i++)
	{
		const PdsText *t = &w->texts[i];
		size_t		k;

		if (pds_utf8_valid(t->buf, t->ix.consumed))
			continue;
		valid = false;
		for (k = 0; k < t->ix.consumed; k++)
			if (((unsigned char) t->buf[k] & 0xE0) == 0x80)
				c1 = true;
	}
	if (!valid)
		w->out->encoding = c1 ? "WIN1252" : "LATIN1";
}

static void
finish_inference(Work *w)
{
	PdsInference *out = w->out;
	int			kinds = (w->lf > 0) + (w->crlf > 0) + (w->cr > 0);
	double		alike;

	out->line_end = kinds > 1 ? "mixed" : w->lf ? "LF" : w->crlf ? "CRLF" : w->cr ? "CR" : "";
	finish_encoding(w);
	if (out->records == 0)
		return;
	out->record_bytes = w->bytes / (double) out->records;
	alike = 1.0 - (double) out->ragged / (double) out->records;
	out->confidence = alike * (1.0 - 0.5 / (double) out->records) *
		(out->headers_differ ? 0.5 : 1.0) * (w->ncolumns > 1 ? 1.0 : 0.8);
}

/* the text whose header gives the names when the number of lines is given */
static int
first_start(const Work *w)
{
	int			i;

	for (i = 0; i < w->n; i++)
		if (w->texts[i].from_start && w->texts[i].ix.nrec > 0)
			return i;
	return -1;
}

static bool
infer_from(Work *w)
{
	PdsInference *out = w->out;
	int			named = -1;
	int			word;

	if (!index_texts(w))
		return false;
	out->dialect = w->dialect;
	w->dialect.has_null = false;
	if (w->opt->header != 0)
		widen_to_header(w);
	if (!make_columns(w))
		return false;
	if (w->opt->header >= 0)
	{
		out->dialect.header_lines = w->opt->header;
		if (w->opt->header > 0)
			named = first_start(w);
		if (!add_rows(w, w->opt->header, false))
			return false;
	}
	else
	{
		/* what stands below the first records tells what they are */
		if (!add_rows(w, 1, false) || !find_header(w, &named))
			return false;
		if (named < 0 && !add_rows(w, 0, true))
			return false;
	}
	settle_null(w, &word);
	if (!finish_columns(w, named, word))
		return false;
	finish_inference(w);
	return true;
}

static void
free_work(Work *w)
{
	int			i;

	for (i = 0; w->stats && i < w->ncolumns; i++)
		free(w->stats[i].example);
	free(w->stats);
	free(w->wanted);
	free(w->fields);
	free(w->in_quotes);
	pds_arena_free(&w->arena);
	pds_infer_free_texts(w->texts, w->n);
}

bool
pds_infer(const PdsSample *samples, int n, const PdsInferOptions *opt, PdsInference *out,
		  PdsError *err)
{
	Work		w;
	double		score;
	bool		ok;

	memset(out, 0, sizeof(*out));
	memset(&w, 0, sizeof(w));
	out->line_end = "";
	pds_arena_init(&w.arena);
	w.opt = opt;
	w.out = out;
	w.n = n;
	w.texts = pds_infer_make_texts(samples, n, &out->bom, err);
	if (w.texts == NULL)
		return false;
	ok = pds_infer_dialect(w.texts, n, opt, &w.dialect, &w.ncolumns, &score, err);
	if (ok && !infer_from(&w))
		ok = pds_error_oom(err);
	free_work(&w);
	if (!ok)
		pds_inference_free(out);
	return ok;
}

/* ---- comparisons ---- */

bool
pds_inference_same(const PdsInference *a, const PdsInference *b)
{
	int			differ = 0;
	int			i;

	/* an object without records belongs anywhere */
	if (a->ncolumns == 0 || b->ncolumns == 0)
		return true;
	if (a->ncolumns != b->ncolumns ||
		(a->ncolumns > 1 && a->dialect.delimiter != b->dialect.delimiter) ||
		(a->dialect.header_lines > 0) != (b->dialect.header_lines > 0))
		return false;
	for (i = 0; i < a->ncolumns; i++)
	{
		const PdsInferredColumn *x = &a->columns[i];
		const PdsInferredColumn *y = &b->columns[i];

		if (a->dialect.header_lines > 0)
		{
			if (strcmp(x->name, y->name) != 0)
				return false;
		}
		else if (x->values > 0 && y->values > 0 &&
				 (x->type.kind == PDS_HIVE_STRING) != (y->type.kind == PDS_HIVE_STRING))
			differ++;
	}
	return differ * 2 <= a->ncolumns;
}
