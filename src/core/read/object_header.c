/*
 * object_header.c
 *	  The header of an object: its bytes, and the names in it.
 */
#include "core/read/object_header.h"

#include <stdlib.h>
#include <string.h>

/* asked for first; most headers are shorter */
#define FIRST_BYTES	(64 * 1024)

/*
 * ----- bytes -----
 */

void
pds_object_header_of_batch(const PdsBatch *batch, const char **record, size_t *len)
{
	size_t		last = batch->first_record - 1;
	uint32_t	start = pds_record_start(batch->ix, last);

	*record = batch->buf + start;
	*len = pds_record_end(batch->ix, batch->buf, last) - start;
}

/* the one split that is read for a header */
typedef struct Begin
{
	PdsSplit	split;
	bool		given;
} Begin;

/* PdsNextSplitFn */
static bool
next_begin(void *arg, PdsSplit *split)
{
	Begin	   *b = arg;

	if (b->given)
		return false;
	b->given = true;
	*split = b->split;
	return true;
}

bool
pds_object_header_fetch(PdsAws *aws, const PdsSplit *split, size_t max_record, PdsStr *record,
						PdsError *err)
{
	PdsFetchOptions fetch_opt = {.concurrency = 1, .part_first = FIRST_BYTES};
	PdsReaderOptions opt = {.max_record = max_record};
	Begin		begin = {.split = *split};
	PdsFetch   *fetch;
	PdsReader  *reader = NULL;
	PdsBatch	batch;
	bool		ok;

	begin.split.first = begin.split.lead = begin.split.step = 0;
	begin.split.end = split->object_size;
	begin.split.states = NULL;
	begin.split.line_ends = NULL;
	fetch = pds_fetch_new(aws, &fetch_opt, next_begin, &begin, err);
	if (fetch)
		reader = pds_reader_new(fetch, &opt, NULL, err);
	ok = reader != NULL;
	pds_str_reset(record);
	if (ok && pds_reader_next(reader, &batch, err))
	{
		const char *bytes;
		size_t		len;

		pds_object_header_of_batch(&batch, &bytes, &len);
		pds_str_append_n(record, bytes, len);
		ok = !record->failed || pds_error_oom(err);
	}
	else if (ok)
		ok = err->kind == PDS_ERR_NONE;
	pds_reader_free(reader);
	pds_fetch_free(fetch);
	return ok;
}

/*
 * ----- names -----
 */

/* fields of record 0, or more: the index of opencsv does not know them */
static size_t
most_fields(const PdsDialect *d, const PdsIndex *ix, const char *record, size_t len)
{
	char		delimiter = d->wide[0][0] ? d->wide[0][0] : d->delimiter;
	size_t		n = 1;
	size_t		i;

	if (d->format != PDS_FORMAT_OPENCSV)
		return pds_record_nfields(ix, 0);
	for (i = 0; i < len; i++)
		n += record[i] == delimiter;
	return n;
}

/* A copy of a field without escapes; NULL: out of memory. */
static char *
copied_name(const PdsDialect *d, PdsField *f, PdsArena *arena)
{
	if (f->escaped && !pds_lazy_unescape(d, f, arena))
		return NULL;
	return pds_strndup(f->data ? f->data : "", f->data ? f->len : 0);
}

static bool
take_names(const PdsDialect *d, const PdsIndex *ix, char *record, size_t len, PdsObjectHeader *out)
{
	PdsDialect	plain = *d;
	size_t		n = most_fields(d, ix, record, len);
	PdsField   *fields = calloc(n, sizeof(PdsField));
	int		   *wanted = calloc(n, sizeof(int));
	PdsArena	arena;
	bool		ok = fields != NULL && wanted != NULL;
	size_t		i;

	/* an empty name is no NULL */
	plain.has_null = plain.last_takes_rest = false;
	pds_arena_init(&arena);
	for (i = 0; ok && i < n; i++)
		wanted[i] = (int) i;
	ok = ok && pds_record_fields(&plain, ix, record, 0, wanted, (int) n, fields, &arena);
	while (ok && d->format == PDS_FORMAT_OPENCSV && n > 0 && fields[n - 1].data == NULL)
		n--;
	out->names = ok ? calloc(n + 1, sizeof(char *)) : NULL;
	ok = out->names != NULL;
	for (i = 0; ok && i < n; i++)
	{
		out->names[out->n++] = copied_name(d, &fields[i], &arena);
		ok = out->names[i] != NULL;
	}
	free(fields);
	free(wanted);
	pds_arena_free(&arena);
	return ok;
}

bool
pds_object_header_parse(const PdsDialect *d, const char *record, size_t len, PdsObjectHeader *out,
						PdsError *err)
{
	/* a byte before and padding behind, as the index wants them */
	char	   *base = calloc(1, 1 + len + PDS_SLICE_PADDING);
	PdsScanDialect scan;
	PdsIndex	ix;
	bool		ok = base != NULL;

	memset(out, 0, sizeof(*out));
	pds_index_init(&ix);
	pds_dialect_scan(d, &scan);
	if (ok)
		memcpy(base + 1, record, len);
	ok = ok && pds_index_build(&ix, &scan, base + 1, len, true) &&
		(ix.nrec == 0 || take_names(d, &ix, base + 1, len, out));
	pds_index_free(&ix);
	free(base);
	if (ok)
		return true;
	pds_object_header_free(out);
	return pds_error_oom(err);
}

void
pds_object_header_free(PdsObjectHeader *h)
{
	int			i;

	for (i = 0; h->names && i < h->n; i++)
		free(h->names[i]);
	free(h->names);
	memset(h, 0, sizeof(*h));
}
