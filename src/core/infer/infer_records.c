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

static void
find_first(PdsText *t, int usual)
{
	size_t		blank = 0;
	size_t		r;

	while (blank < t->ix.nrec && pds_record_blank(&t->ix, t->buf, blank))
		blank++;
	for (r = blank; r < t->ix.nrec && r < PDS_INFER_PREAMBLE && is_preamble(t, r, usual); r++)
		;
	/* nothing but such lines are no preamble */
	t->first = r < t->ix.nrec && r < PDS_INFER_PREAMBLE ? r : blank;
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
			find_first(t, usual_fields(t, w->ncolumns));
	}
	return true;
}
