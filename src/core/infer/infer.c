/*
 * infer.c
 *	  What a CSV file is: samples to dialect, header, columns and types.
 *
 * Samples as records are infer_records.c's business, dialects infer_dialect.c's, headers
 * infer_header.c's, values infer_types.c's.
 */
#include "core/infer/infer.h"

#include <stdlib.h>
#include <string.h>

#include "core/infer/infer_internal.h"
#include "core/infer/names.h"
#include "core/base/strbuf.h"

/* bytes of a name in Glue; PostgreSQL's own limit is its side's */
#define MAX_NAME	255

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

/* ---- rows ---- */

static void
count_line_end(PdsInferWork *w, const PdsText *t, size_t r)
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

/* Is the text one of those that are given for NULL? */
static bool
is_given_null(const PdsInferOptions *opt, const char *s, size_t n)
{
	int			i;

	if (opt->null_text && strlen(opt->null_text) == n && memcmp(opt->null_text, s, n) == 0)
		return true;
	for (i = 0; i < opt->nnulls; i++)
		if (strlen(opt->nulls[i]) == n && memcmp(opt->nulls[i], s, n) == 0)
			return true;
	return false;
}

/* Add record r to what is known of the columns. */
static bool
add_record(PdsInferWork *w, PdsText *t, size_t r)
{
	uint32_t	from = pds_record_start(&t->ix, r);
	int			i;

	if (!pds_infer_cut(w, t, r))
		return false;
	count_line_end(w, t, r);
	w->bytes += t->ix.ends[t->ix.rec[r]] + 1 - from;
	w->out->records++;
	if (pds_record_nfields(&t->ix, r) != (uint32_t) t->nfields)
		w->out->ragged++;
	for (i = 0; i < w->ncolumns; i++)
	{
		const PdsField *f = &w->fields[i];

		if (t->positions && t->positions[i] == PDS_INFER_ABSENT)
			w->stats[i].absent++;
		else if (f->data && f->len > 0 && !w->in_quotes[i] &&
				 is_given_null(w->opt, f->data, f->len))
			w->stats[i].given_nulls++;
		else if (!pds_stats_add(&w->stats[i], f->data ? f->data : "", f->data ? f->len : 0,
								f->data && w->in_quotes[i]))
			return false;
		else if (f->data)
			pds_looks_add(&w->stats[i], f->data, f->len, w->in_quotes[i]);
	}
	return true;
}

/*
 * The records behind the first of each table (where samples begin in the middle:
 * all), or that one.
 */
static bool
add_rows(PdsInferWork *w, bool first)
{
	int			i;

	for (i = 0; i < w->n; i++)
	{
		PdsText    *t = &w->texts[i];
		size_t		end = pds_infer_record_count(t);
		size_t		r = t->from_start ? t->first + !first : 0;

		if (first)
			end = t->from_start && t->first < end ? t->first + 1 : 0;
		for (; r < end; r++)
			if (!pds_record_blank(&t->ix, t->buf, r) && !add_record(w, t, r))
				return false;
	}
	return true;
}

/* With a header the columns are its fields, where it has more; records with fewer are ragged. */
static void
widen_to_header(PdsInferWork *w)
{
	int			i;
	int			k;

	for (i = 0; i < w->n; i++)
	{
		const PdsText *t = &w->texts[i];

		if (t->from_start && t->first < pds_infer_record_count(t))
		{
			int			nf = (int) pds_record_nfields(&t->ix, t->first);

			if (nf > w->ncolumns && nf <= w->ncolumns + 20)
				for (w->ncolumns = nf, k = 0; k < w->n; k++)
					w->texts[k].nfields = nf;
			return;
		}
	}
}

static void
free_columns(PdsInferWork *w)
{
	int			i;

	for (i = 0; w->stats && i < w->ncolumns; i++)
		free(w->stats[i].example);
	free(w->stats);
	free(w->wanted);
	free(w->fields);
	free(w->in_quotes);
	w->stats = NULL;
	w->wanted = NULL;
	w->fields = NULL;
	w->in_quotes = NULL;
}

static bool
make_columns(PdsInferWork *w)
{
	int			i;
	size_t		n;

	if (w->ncolumns > PDS_INFER_COLUMNS)
		w->ncolumns = PDS_INFER_COLUMNS;
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
sum_words(const PdsInferWork *w, int word)
{
	int64_t		n = 0;
	int			i;

	for (i = 0; i < w->ncolumns; i++)
		n += w->stats[i].words[word];
	return n;
}

/* Does the word alone keep a column from having a type?  Then it means NULL there. */
static bool
word_is_null(const PdsInferWork *w, int word)
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
find_null(PdsInferWork *w)
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
settle_null(PdsInferWork *w, int *word)
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

/* What headers say of the columns, or NULL of one, in an array to be freed; NULL: out of memory. */
static const char **
header_cells(const PdsInference *inf)
{
	const char **cells = calloc((size_t) inf->ncolumns + 1, sizeof(char *));
	int			i;

	for (i = 0; cells && i < inf->ncolumns; i++)
		cells[i] = inf->columns[i].header;
	return cells;
}

/* Names of the columns, from their headers or numbers. */
static bool
name_columns(PdsInference *out)
{
	char	  **names = calloc((size_t) out->ncolumns + 1, sizeof(char *));
	const char **cells = header_cells(out);
	bool		ok = names != NULL && cells != NULL;
	int			i;

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
pds_inference_binding(const PdsInference *inf, char **names, PdsError *err)
{
	const char **cells = header_cells(inf);
	bool		ok = cells && pds_binding_names(cells, inf->ncolumns, MAX_NAME, names);

	free(cells);
	return ok || pds_error_oom(err);
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

/* What the header says of each column: that of one text, or those of all. */
static bool
read_header(PdsInferWork *w, int named)
{
	PdsText    *t = &w->texts[named];
	int			i;

	if (w->headers)
	{
		for (i = 0; i < w->ncolumns; i++)
			if (w->headers[i][0] && !(w->out->columns[i].header = pds_strdup(w->headers[i])))
				return false;
		return true;
	}
	if (t->first >= t->ix.nrec)
		return true;
	if (!pds_infer_cut(w, t, t->first))
		return false;
	for (i = 0; i < w->ncolumns; i++)
		if (w->fields[i].data && w->fields[i].len > 0 &&
			!(w->out->columns[i].header = pds_strndup(w->fields[i].data, w->fields[i].len)))
			return false;
	return true;
}

static bool
finish_columns(PdsInferWork *w, int named, int word)
{
	PdsInference *out = w->out;
	bool		lazy = out->dialect.format == PDS_FORMAT_LAZYSIMPLE;
	bool		empty_is_null = lazy || out->dialect.null_len == 0 || is_given_null(w->opt, "", 0);
	bool		ok = true;
	int			i;

	out->columns = calloc((size_t) (w->ncolumns > 0 ? w->ncolumns : 1), sizeof(PdsInferredColumn));
	if (out->columns == NULL)
		return false;
	out->ncolumns = w->ncolumns;
	if (named >= 0)
		ok = read_header(w, named);
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
		c->nulls += s->absent + s->given_nulls;
		if (empty_is_null && (!lazy || c->type.kind != PDS_HIVE_STRING))
			c->nulls += s->empty;
		c->values = s->values + s->quoted_empty + s->empty + s->absent + s->given_nulls + words -
			c->nulls;
		if (c->type.kind == PDS_HIVE_STRING && !w->opt->all_text)
			pds_looks_option(s, c->option, sizeof(c->option));
		c->fraction = s->max_second_fraction;
		c->example = s->example;
		s->example = NULL;
	}
	return ok;
}

static void
finish_encoding(PdsInferWork *w)
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
finish_inference(PdsInferWork *w)
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
first_start(const PdsInferWork *w)
{
	int			i;

	for (i = 0; i < w->n; i++)
		if (w->texts[i].from_start && w->texts[i].ix.nrec > 0)
			return i;
	return -1;
}

/* Count again, by the names of each object. */
static bool
count_again(PdsInferWork *w)
{
	w->out->records = w->out->ragged = 0;
	w->out->quoted = w->out->newlines = false;
	w->bytes = 0;
	w->lf = w->crlf = w->cr = 0;
	return make_columns(w) && add_rows(w, false);
}

/* Where objects have headers that differ, columns are the names of all of them. */
static bool
bind_names(PdsInferWork *w, int named)
{
	int			before = w->ncolumns;
	int			after;
	bool		ok = pds_infer_bind(w, named, &w->out->names_differ);

	if (!ok || !w->out->names_differ)
		return ok;
	after = w->ncolumns;
	w->ncolumns = before;
	free_columns(w);
	w->ncolumns = after;
	return count_again(w);
}

static bool
infer_from(PdsInferWork *w)
{
	PdsInference *out = w->out;
	int			named = -1;
	int			word;

	if (!pds_infer_index_texts(w) || (w->opt->header < 0 && !pds_infer_comments(w)))
		return false;
	out->dialect = w->dialect;
	w->dialect.has_null = false;
	if (w->opt->header != 0)
		widen_to_header(w);
	/* what stands below the first records tells what they are */
	if (!make_columns(w) || !add_rows(w, false))
		return false;
	if (w->opt->header >= 0)
	{
		out->dialect.header_lines = w->opt->header;
		out->named = w->opt->header > 0;
		if (out->named)
			named = first_start(w);
	}
	else if (!pds_infer_header(w, &named))
		return false;
	if (named >= 0 ? !bind_names(w, named) : !add_rows(w, true))
		return false;
	settle_null(w, &word);
	if (!finish_columns(w, named, word))
		return false;
	finish_inference(w);
	return true;
}

static void
free_work(PdsInferWork *w)
{
	int			i;

	free_columns(w);
	for (i = 0; w->headers && i < w->ncolumns; i++)
		free(w->headers[i]);
	free(w->headers);
	pds_arena_free(&w->arena);
	pds_infer_free_texts(w->texts, w->n);
}

bool
pds_infer(const PdsSample *samples, int n, const PdsInferOptions *opt, PdsInference *out,
		  PdsError *err)
{
	PdsInferWork w;
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

/* Do the columns have names in common: all of the smaller one, or most of both? */
static bool
share_names(const PdsInference *a, const PdsInference *b)
{
	int			less = a->ncolumns < b->ncolumns ? a->ncolumns : b->ncolumns;
	int			more = a->ncolumns + b->ncolumns - less;
	int			common = 0;
	int			i;
	int			k;

	for (i = 0; i < a->ncolumns; i++)
		for (k = 0; k < b->ncolumns; k++)
			if (strcmp(a->columns[i].name, b->columns[k].name) == 0)
			{
				common++;
				break;
			}
	return common * 4 >= less * 3 && common * 2 >= more;
}

bool
pds_inference_same(const PdsInference *a, const PdsInference *b)
{
	int			differ = 0;
	int			i;

	/* an object without records belongs anywhere */
	if (a->ncolumns == 0 || b->ncolumns == 0)
		return true;
	if ((a->ncolumns > 1 && b->ncolumns > 1 && a->dialect.delimiter != b->dialect.delimiter) ||
		a->named != b->named)
		return false;
	if (a->named)
		return share_names(a, b);
	if (a->ncolumns != b->ncolumns)
		return false;
	for (i = 0; i < a->ncolumns; i++)
	{
		const PdsInferredColumn *x = &a->columns[i];
		const PdsInferredColumn *y = &b->columns[i];

		if (x->values > 0 && y->values > 0 &&
			(x->type.kind == PDS_HIVE_STRING) != (y->type.kind == PDS_HIVE_STRING))
			differ++;
	}
	return differ * 2 <= a->ncolumns;
}
