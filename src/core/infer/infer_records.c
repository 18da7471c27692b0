/*
 * infer_records.c
 *	  Samples as the engine reads them: texts, their records, their fields.
 */
#include "core/infer/infer_internal.h"

#include <stdlib.h>
#include <string.h>

#include "core/read/fetch.h"

/* bytes before a sample; the engine may look at the one before the first */
#define FRONT	64

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
	t->object = s->object;
	return true;
}

void
pds_infer_free_texts(PdsText *texts, int n)
{
	int			i;

	for (i = 0; texts && i < n; i++)
	{
		free(texts[i].base);
		free(texts[i].positions);
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

/* Behind the line that begins at `at`; a quote in it turns *inside over. */
static size_t
line_end(const char *data, size_t len, size_t at, char quote, bool *inside)
{
	while (at < len && data[at] != '\n' && data[at] != '\r')
	{
		if (quote != 0 && data[at] == quote)
			*inside = !*inside;
		at++;
	}
	if (at + 1 < len && data[at] == '\r' && data[at + 1] == '\n')
		at++;
	return at < len ? at + 1 : len;
}

size_t
pds_infer_strip(char *data, size_t len, int skip, char comment, char quote)
{
	size_t		at = 0;
	size_t		kept = 0;
	bool		inside = false;

	for (; skip > 0 && at < len; skip--)
		at = line_end(data, len, at, 0, &inside);
	while (at < len)
	{
		bool		is_comment = comment != 0 && !inside && data[at] == comment;
		size_t		next = line_end(data, len, at, is_comment ? 0 : quote, &inside);

		if (!is_comment)
		{
			memmove(data + kept, data + at, next - at);
			kept += next - at;
		}
		at = next;
	}
	return kept;
}

/* ---- records ---- */

bool
pds_infer_cut(PdsInferWork *w, PdsText *t, size_t r)
{
	const int  *wanted = t->positions ? t->positions : w->wanted;
	uint32_t	nf = pds_record_nfields(&t->ix, r);
	int			i;

	if (w->arena.used > 0)
		pds_arena_reset(&w->arena);
	for (i = 0; i < w->ncolumns; i++)
	{
		uint32_t	start;
		uint32_t	end;

		w->in_quotes[i] = false;
		if (w->dialect.quote == 0 || (uint32_t) wanted[i] >= nf)
			continue;
		pds_field_span(&t->ix, t->buf, r, (uint32_t) wanted[i], &start, &end);
		w->in_quotes[i] = end > start && t->buf[start] == w->dialect.quote;
		if (w->in_quotes[i] && (memchr(t->buf + start, '\n', end - start) ||
								memchr(t->buf + start, '\r', end - start)))
			w->out->newlines = true;
		w->out->quoted = w->out->quoted || w->in_quotes[i];
	}
	return pds_record_fields(&w->dialect, &t->ix, t->buf, r, wanted, w->ncolumns, w->fields,
							 &w->arena);
}

size_t
pds_infer_record_count(const PdsText *t)
{
	return t->ix.open_quote && t->ix.nrec > 0 ? t->ix.nrec - 1 : t->ix.nrec;
}

void
pds_infer_record_bytes(const PdsText *t, size_t r, const char **p, size_t *n)
{
	uint32_t	start = pds_record_start(&t->ix, r);

	*p = t->buf + start;
	*n = pds_record_end(&t->ix, t->buf, r) - start;
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

/* ---- where the table begins ---- */

/* records looked at to know how many fields there are */
#define USUAL_RECORDS	1000

/* fields that most records of the text have */
static int
usual_fields(const PdsText *t, int otherwise)
{
	int			counts[64] = {0};
	int			best = 0;
	size_t		r;

	for (r = 0; r < t->ix.nrec && r < USUAL_RECORDS; r++)
	{
		uint32_t	nf = pds_record_nfields(&t->ix, r);

		if (pds_record_blank(&t->ix, t->buf, r))
			continue;
		if (nf >= 64)
			return otherwise;
		if (++counts[nf] > counts[best])
			best = (int) nf;
	}
	return best > 0 ? best : otherwise;
}

/* Is the record a blank line, a comment or a title? */
static bool
is_preamble(const PdsText *t, size_t r, int usual)
{
	uint32_t	nf = pds_record_nfields(&t->ix, r);
	const char *p;
	size_t		n;

	if (pds_record_blank(&t->ix, t->buf, r))
		return true;
	pds_infer_record_bytes(t, r, &p, &n);
	if (p[0] == '#' && nf != (uint32_t) usual)
		return true;
	return pds_infer_is_title((int) nf, usual);
}

/* ---- titles that hold the delimiter ---- */

/* records below a line that tell whether it is the header, and lines of a title */
#define BELOW_HEADER	50
#define TITLE_LINES		10

/* A field as it stands, without quotes around it; false: the record has no such field. */
static bool
raw_field(const PdsText *t, size_t r, int field, char quote, const char **p, size_t *n)
{
	uint32_t	start;
	uint32_t	end;

	if ((uint32_t) field >= pds_record_nfields(&t->ix, r))
		return false;
	pds_field_span(&t->ix, t->buf, r, (uint32_t) field, &start, &end);
	if (quote != 0 && end - start >= 2 && t->buf[start] == quote && t->buf[end - 1] == quote)
	{
		start++;
		end--;
	}
	*p = t->buf + start;
	*n = end - start;
	return true;
}

static bool
is_typed(const char *p, size_t n)
{
	PdsCell		cell;

	pds_cell_classify(p, n, &cell);
	return cell.can != 0;
}

/* a text that could be a name: no number, no word for NULL, not empty */
static bool
is_text_field(const PdsText *t, size_t r, int field, char quote)
{
	const char *p;
	size_t		n;

	return raw_field(t, r, field, quote, &p, &n) && n > 0 && !is_typed(p, n) &&
		pds_null_word(p, n) < 0;
}

/* Are all values below record h of one column typed, and several? */
static bool
is_typed_below(const PdsText *t, size_t h, int field, char quote)
{
	size_t		end = h + 1 + BELOW_HEADER;
	int			typed = 0;
	size_t		r;

	for (r = h + 1; r < t->ix.nrec && r < end; r++)
	{
		const char *p;
		size_t		n;

		if (!raw_field(t, r, field, quote, &p, &n) || n == 0)
			continue;
		if (!is_typed(p, n))
			return false;
		typed++;
	}
	return typed >= 2;
}

/* Does record h name the columns: texts, of which some stand above values that are typed? */
static bool
is_above_values(const PdsText *t, size_t h, int usual, char quote)
{
	bool		above = false;
	int			i;

	if (pds_record_nfields(&t->ix, h) != (uint32_t) usual)
		return false;
	for (i = 0; i < usual; i++)
	{
		bool		text = is_text_field(t, h, i, quote);

		if (is_typed_below(t, h, i, quote))
		{
			if (!text)
				return false;
			above = true;
		}
	}
	return above;
}

/* fields that begin with a blank, as after the commas of a sentence, and empty ones */
static int
count_sentence_signs(const PdsText *t, size_t r)
{
	uint32_t	nf = pds_record_nfields(&t->ix, r);
	int			signs = 0;
	uint32_t	i;

	for (i = 0; i < nf; i++)
	{
		uint32_t	start;
		uint32_t	end;

		pds_field_span(&t->ix, t->buf, r, i, &start, &end);
		signs += start == end || t->buf[start] == ' ';
	}
	return signs;
}

/*
 * The first record may be a title with the delimiter in it: then the header is one of those below,
 * and what stands between has another number of fields, or is written as a sentence.  The header's
 * number; first: there is none.
 */
static size_t
header_below_title(const PdsText *t, size_t first, int usual, char quote)
{
	size_t		h;

	if (usual < 2 || first >= t->ix.nrec || is_above_values(t, first, usual, quote))
		return first;
	for (h = first + 1; h < t->ix.nrec && h <= first + TITLE_LINES; h++)
	{
		size_t		title = h - 1;

		if (!pds_record_blank(&t->ix, t->buf, title) &&
			pds_record_nfields(&t->ix, title) == (uint32_t) usual &&
			count_sentence_signs(t, title) <= count_sentence_signs(t, h))
			break;
		if (is_above_values(t, h, usual, quote))
			return h;
	}
	return first;
}

static void
find_first(PdsText *t, int usual, char quote)
{
	size_t		blank = 0;
	size_t		r;

	while (blank < t->ix.nrec && pds_record_blank(&t->ix, t->buf, blank))
		blank++;
	for (r = blank; r < t->ix.nrec && r < PDS_INFER_PREAMBLE && is_preamble(t, r, usual); r++)
		;
	/* nothing but such lines are no preamble */
	t->first = r < t->ix.nrec && r < PDS_INFER_PREAMBLE ? r : blank;
	t->first = header_below_title(t, t->first, usual, quote);
}

/* the first line of the table where the number of header lines is given */
static void
given_first(PdsText *t, int header)
{
	t->first = header > 0 ? (size_t) header - 1 : 0;
	while (header == 0 && t->first < t->ix.nrec && pds_record_blank(&t->ix, t->buf, t->first))
		t->first++;
}

bool
pds_infer_index_texts(PdsInferWork *w)
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
		t->nfields = w->ncolumns;
		if (!t->from_start)
			continue;
		if (w->opt->header >= 0)
			given_first(t, w->opt->header);
		else
			find_first(t, usual_fields(t, w->ncolumns), w->dialect.quote);
	}
	return true;
}

/* ---- comments between records ---- */

#define COMMENT	'#'

/* Do all records but comments begin with a typed value? */
static bool
begins_typed(const PdsText *t, char quote)
{
	const char *p;
	size_t		n;
	size_t		r;

	for (r = t->from_start ? t->first + 1 : 0; r < pds_infer_record_count(t); r++)
		if (raw_field(t, r, 0, quote, &p, &n) && n > 0 && p[0] != COMMENT && !is_typed(p, n))
			return false;
	return true;
}

/*
 * Are there comments in the table?  Lines that begin so and are no records: they have another
 * number of fields, or the others begin with a number.  *lines: so many.
 */
static bool
has_comments(const PdsText *t, char quote, int64_t *lines)
{
	int64_t		odd = 0;
	int64_t		alike = 0;
	size_t		r;

	if (t->from_start && t->first < t->ix.nrec &&
		t->buf[pds_record_start(&t->ix, t->first)] == COMMENT)
		return false;
	for (r = t->from_start ? t->first + 1 : 0; r < pds_infer_record_count(t); r++)
	{
		if (pds_record_blank(&t->ix, t->buf, r) || t->buf[pds_record_start(&t->ix, r)] != COMMENT)
			continue;
		if (pds_record_nfields(&t->ix, r) != (uint32_t) t->nfields)
			odd++;
		else
			alike++;
	}
	*lines += odd + alike;
	return odd + alike > 0 && (alike == 0 || begins_typed(t, quote));
}

bool
pds_infer_comments(PdsInferWork *w)
{
	bool		any = false;
	int			i;

	if (w->ncolumns < 2 || w->dialect.format != PDS_FORMAT_CSV)
		return true;
	for (i = 0; i < w->n; i++)
	{
		int64_t		lines = 0;
		bool		here = has_comments(&w->texts[i], w->dialect.quote, &lines);

		/* records of another object begin so */
		if (lines > 0 && !here)
			return true;
		any = any || here;
		w->out->comments += lines;
	}
	if (!any)
		return true;
	w->dialect.comment = COMMENT;
	for (i = 0; i < w->n; i++)
	{
		PdsText    *t = &w->texts[i];

		t->len = pds_infer_strip(t->buf, t->len, 0, COMMENT, t->from_start ? w->dialect.quote : 0);
		memset(t->buf + t->len, 0, PDS_SLICE_PADDING);
	}
	return pds_infer_index_texts(w);
}
