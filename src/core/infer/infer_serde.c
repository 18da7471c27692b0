/*
 * infer_serde.c
 *	  Which SerDe of Athena reads the same values: found by reading the samples
 *	  with it.
 */
#include "core/infer/infer.h"

#include <stdlib.h>
#include <string.h>

#include "core/infer/infer_internal.h"

/* an escape for OpenCSV that data does not have, where a backslash is data */
#define UNUSED_ESCAPE '\007'

/* the text of a value, without lazysimple's escapes; NULL is "" */
static bool
value_text(const PdsDialect *d, PdsField *f, PdsArena *arena)
{
	if (f->data == NULL)
	{
		f->data = (char *) "";
		f->len = 0;
		f->escaped = false;
	}
	return !f->escaped || pds_lazy_unescape(d, f, arena);
}

/* One sample by both dialects, record for record. */
static bool
compare_text(PdsText *t, PdsText *u, const PdsInference *inf, const PdsDialect *other,
			 const int *wanted, PdsField *a, PdsField *b, PdsArena *arena, int64_t *differ,
			 int64_t *values)
{
	PdsScanDialect scan;
	size_t		r = t->from_start ? (size_t) inf->dialect.header_lines : 0;
	size_t		q;
	int			i;

	pds_dialect_scan(&inf->dialect, &scan);
	if (!pds_index_build(&t->ix, &scan, t->buf, t->len, t->complete))
		return false;
	pds_dialect_scan(other, &scan);
	if (!pds_index_build(&u->ix, &scan, u->buf, u->len, u->complete))
		return false;
	for (q = r; r < t->ix.nrec; r++)
	{
		if (pds_record_skipped(&inf->dialect, &t->ix, t->buf, r, inf->ncolumns))
		{
			/* a row of the SerDes: as many values differ */
			if (q < u->ix.nrec && (pds_record_blank(&u->ix, u->buf, q) ||
								   pds_record_comment(&inf->dialect, &t->ix, t->buf, r)))
			{
				q++;
				*differ += inf->ncolumns;
				*values += inf->ncolumns;
			}
			continue;
		}
		*values += inf->ncolumns;
		if (q >= u->ix.nrec)
		{
			*differ += inf->ncolumns;
			continue;
		}
		pds_arena_reset(arena);
		if (!pds_record_fields(&inf->dialect, &t->ix, t->buf, r, wanted, inf->ncolumns, a, arena) ||
			!pds_record_fields(other, &u->ix, u->buf, q++, wanted, inf->ncolumns, b, arena))
			return false;
		for (i = 0; i < inf->ncolumns; i++)
		{
			if (!value_text(&inf->dialect, &a[i], arena) || !value_text(other, &b[i], arena))
				return false;
			if (a[i].len != b[i].len || memcmp(a[i].data, b[i].data, a[i].len) != 0)
				(*differ)++;
		}
	}
	return true;
}

bool
pds_infer_compare(const PdsSample *samples, int n, const PdsInference *inf,
				  const PdsDialect *other, int64_t *differ, int64_t *values, PdsError *err)
{
	bool		bom;
	PdsText    *t = pds_infer_make_texts(samples, n, &bom, err);
	PdsText    *u = t ? pds_infer_make_texts(samples, n, &bom, err) : NULL;
	size_t		cols = (size_t) (inf->ncolumns > 0 ? inf->ncolumns : 1);
	int		   *wanted = calloc(cols, sizeof(int));
	PdsField   *fields = calloc(2 * cols, sizeof(PdsField));
	PdsArena	arena;
	bool		ok = u && wanted && fields;
	int			i;

	*differ = *values = 0;
	pds_arena_init(&arena);
	for (i = 0; ok && i < inf->ncolumns; i++)
		wanted[i] = i;
	for (i = 0; ok && i < n; i++)
		if (samples[i].from_start)
			ok = compare_text(&t[i], &u[i], inf, other, wanted, fields, fields + cols, &arena,
							  differ, values);
	pds_arena_free(&arena);
	free(wanted);
	free(fields);
	pds_infer_free_texts(t, t ? n : 0);
	pds_infer_free_texts(u, u ? n : 0);
	return ok || (u == NULL ? false : pds_error_oom(err));
}

/* Keep d when fewer values differ than by what there is. */
static bool
try_serde(const PdsSample *samples, int n, const PdsInference *inf, const PdsDialect *d,
		  PdsSerdeChoice *best, bool *first, PdsError *err)
{
	int64_t		differ;
	int64_t		values;

	if (!*first && best->differ == 0)
		return true;
	if (!pds_infer_compare(samples, n, inf, d, &differ, &values, err))
		return false;
	if (*first || differ < best->differ)
	{
		best->dialect = *d;
		best->differ = differ;
		best->values = values;
	}
	*first = false;
	return true;
}

bool
pds_infer_serde(const PdsSample *samples, int n, const PdsInference *inf, PdsSerdeChoice *out,
				PdsError *err)
{
	const PdsDialect *have = &inf->dialect;
	PdsDialect	d;
	bool		first = true;

	memset(out, 0, sizeof(*out));
	pds_dialect_init(&d, PDS_FORMAT_LAZYSIMPLE);
	d.delimiter = have->delimiter;
	d.header_lines = have->header_lines;
	if (have->format == PDS_FORMAT_LAZYSIMPLE)
		d.escape = have->escape;
	if (have->null_len > 0)
	{
		d.null_len = have->null_len;
		memcpy(d.null_text, have->null_text, have->null_len + 1);
	}
	if (!try_serde(samples, n, inf, &d, out, &first, err))
		return false;
	pds_dialect_init(&d, PDS_FORMAT_OPENCSV);
	d.delimiter = have->delimiter;
	d.header_lines = have->header_lines;
	if (have->quote != 0)
		d.quote = have->quote;
	if (!try_serde(samples, n, inf, &d, out, &first, err))
		return false;
	d.escape = UNUSED_ESCAPE;
	return try_serde(samples, n, inf, &d, out, &first, err);
}
