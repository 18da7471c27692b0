/*
 * row_header.c
 *	  Columns bound by the names in the header of each object.
 *
 * Which field a column is changes from object to object, and nothing else does: the loops over
 * records take the field's number from src->wanted as they always do.  A column that an object
 * lacks has a number that no record has a field of, and is NULL as a missing field is.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "core/infer/names.h"
#include "core/read/object_header.h"
#include "fdw/base/error_map.h"
#include "fdw/base/on_reset.h"
#include "fdw/base/types.h"
#include "fdw/rows/convert_internal.h"
#include "fdw/rows/mistakes.h"
#include "fdw/rows/row_header.h"
#include "fdw/rows/row_source.h"

/* number of a field that no record has; still far from the end of 32 bits where others are added */
#define ABSENT_FIELD	0x3fffffff
/* names of a header: PostgreSQL has 1,600 columns */
#define MOST_NAMES		10000

struct PdsRowHeader
{
	PdsHeaderNames names;
	int		   *fields;			/* by field of the table: that of the object,
								 * -1: none */
	int		   *order;			/* columns by their fields, for opencsv */
	int		   *order_wanted;
	PdsField   *order_fields;
	PdsObjectHeader header;		/* of the object at hand */
	char	   *record;			/* its bytes, to know them again; NULL: none */
	Size		len;
	int			object;			/* whose it is; -1: none */
	bool		warned;
};

static void
free_row_header(void *arg)
{
	pds_object_header_free(&((PdsRowHeader *) arg)->header);
}

void
pds_rows_set_names(PdsRowSource *src, const PdsHeaderNames *names)
{
	MemoryContext old = MemoryContextSwitchTo(src->cxt);
	PdsRowHeader *h = palloc0(sizeof(PdsRowHeader));
	int			n = Max(src->ncolumns, 1);

	h->names = *names;
	h->object = -1;
	h->fields = palloc(Max(names->n, 1) * sizeof(int));
	h->order = palloc(n * sizeof(int));
	h->order_wanted = palloc(n * sizeof(int));
	h->order_fields = palloc(n * sizeof(PdsField));
	/* the table's numbers are kept, those of objects stand apart */
	src->wanted = palloc(n * sizeof(int));
	memcpy(src->wanted, src->declared, src->ncolumns * sizeof(int));
	pds_on_reset(src->cxt, free_row_header, h);
	src->header = h;
	MemoryContextSwitchTo(old);
}

/* ---- the record ---- */

static char *
object_shown(const PdsRowSource *src)
{
	const PdsSplit *sp = src->batch.split;

	return sp->bucket && sp->bucket[0] ? psprintf("s3://%s/%s", sp->bucket, sp->key) : "the data";
}

static void
free_record(void *arg)
{
	pds_str_free(arg);
}

/* Fetch the header of the object that the split is not the begin of; palloc'd. */
static char *
fetch_header(PdsRowSource *src, Size *len)
{
	MemoryContext cxt = AllocSetContextCreate(CurrentMemoryContext, "pds_fdw header",
											  ALLOCSET_SMALL_SIZES);
	PdsStr	   *record = MemoryContextAlloc(cxt, sizeof(PdsStr));
	PdsError	err;
	char	   *text;

	pds_str_init(record);
	pds_on_reset(cxt, free_record, record);
	pds_error_clear(&err);
	if (!pds_object_header_fetch(pds_reader_aws(src->reader), src->batch.split,
								 pds_reader_max_record(src->reader), record, &err))
		pds_raise(&err);
	text = palloc(record->len + 1);
	memcpy(text, pds_str_text(record), record->len + 1);
	*len = record->len;
	MemoryContextDelete(cxt);
	return text;
}

/* The header's bytes, palloc'd; "" where the object has none. */
static char *
header_record(PdsRowSource *src, Size *len)
{
	const PdsHeaderStore *store = src->header->names.store;
	int			object = src->batch.unit->object;
	const char *bytes;
	size_t		n;
	char	   *text;

	if (src->batch.header == PDS_HEADER_HERE)
	{
		pds_object_header_of_batch(&src->batch, &bytes, &n);
		text = palloc(n + 1);
		memcpy(text, bytes, n);
		text[n] = '\0';
		*len = n;
		if (store)
			store->keep(store->arg, object, text, n, false);
		return text;
	}
	if (store && store->find(store->arg, object, &text, len))
		return text;
	text = fetch_header(src, len);
	if (store)
		store->keep(store->arg, object, text, *len, true);
	return text;
}

/* A name of the header in UTF-8; what its encoding does not allow stays as it is. */
static const char *
utf8_name(const PdsRowSource *src, const char *name)
{
	int			from = src->file_encoding < 0 ? PG_UTF8 : src->file_encoding;

	if (from == PG_UTF8 || !pds_encoding_valid(from, name, strlen(name)))
		return name;
	return (const char *) pg_do_encoding_conversion((unsigned char *) name, strlen(name), from,
													PG_UTF8);
}

/* A name of UTF-8 as a message shows it: whole characters, no control characters. */
static char *
shown_name(const char *name)
{
	char	   *s;
	char	   *p;

	if (!pds_encoding_valid(PG_UTF8, name, strlen(name)))
		return "(not valid text)";
	s = pnstrdup(name, pg_encoding_mbcliplen(PG_UTF8, name, strlen(name), NAMEDATALEN - 1));
	for (p = s; *p; p++)
		if ((unsigned char) *p < ' ')
			*p = ' ';
	return pg_any_to_server(s, strlen(s), PG_UTF8);
}

/* which delimiter would cut a header that is one field into as many as there are columns; NULL */
static const char *
delimiter_of_header(const PdsRowSource *src)
{
	const PdsRowHeader *h = src->header;

	if (h->header.n != 1)
		return NULL;
	return pds_delimiter_hint(src, h->header.names[0], strlen(h->header.names[0]), h->names.n);
}

/* ---- match ---- */

PDS_NORETURN static void wrong_header(const PdsRowSource *src, const char *what);

static void
wrong_header(const PdsRowSource *src, const char *what)
{
	const char *delimiter = delimiter_of_header(src);

	ereport(ERROR,
			(errcode(ERRCODE_BAD_COPY_FILE_FORMAT),
			 errmsg("%s: %s", object_shown(src), what),
			 delimiter ? errhint("%s", delimiter) :
			 errhint("The table option header 'names' takes columns by their names, whatever their order; header 'true' takes them by their place.")));
}

static void
match_header(PdsRowSource *src, const char **cells)
{
	const PdsRowHeader *h = src->header;
	int			i;

	for (i = 0; i < Min(h->header.n, h->names.n); i++)
		if ((h->names.any_case ? pg_strcasecmp : strcmp) (cells[i], h->names.names[i]) != 0)
			wrong_header(src, psprintf("column name mismatch in header, field %d: got \"%s\", expected \"%s\"",
									   i + 1, shown_name(cells[i]), shown_name(h->names.names[i])));
	if (h->header.n != h->names.n)
		wrong_header(src, psprintf("wrong number of fields in header: got %d, expected %d",
								   h->header.n, h->names.n));
}

/* ---- names ---- */

/* None of the table's columns: it is hardly a header of the table's objects. */
static void
no_names(PdsRowSource *src)
{
	PdsRowHeader *h = src->header;
	const char *delimiter;

	if (h->warned)
		return;
	h->warned = true;
	delimiter = delimiter_of_header(src);
	ereport(h->names.some_needed ? ERROR : WARNING,
			(errcode(ERRCODE_BAD_COPY_FILE_FORMAT),
			 errmsg("%s: its header has none of the columns' names%s", object_shown(src),
					h->names.some_needed ? "" : ": all of its values are NULL"),
			 errdetail("Its first field is \"%s\", the first column \"%s\".",
					   shown_name(h->header.n > 0 ? utf8_name(src, h->header.names[0]) : ""),
					   shown_name(h->names.names[0])),
			 delimiter ? errhint("%s", delimiter) :
			 errhint("Perhaps the object has no header, or another delimiter.")));
}

static int
compare_fields_of_columns(const void *a, const void *b, void *arg)
{
	const PdsRowSource *src = arg;
	int			x = src->wanted[*(const int *) a];
	int			y = src->wanted[*(const int *) b];

	return (x > y) - (x < y);
}

/* Is it the header that the names come from, which does not name all fields? */
static bool
is_known_header(const PdsRowHeader *h, const char **cells)
{
	int			i;

	if (h->names.unnamed == 0 || h->header.n + h->names.unnamed != h->names.n)
		return false;
	for (i = 0; i < h->header.n; i++)
		if (strcmp(cells[i], h->names.names[i]) != 0)
			return false;
	return true;
}

static void
bind_columns_by_name(PdsRowSource *src, const char **cells)
{
	PdsRowHeader *h = src->header;
	bool		known = is_known_header(h, cells);
	uint32		keep = 1;
	bool		any = false;
	int			i;

	for (i = 0; known && i < h->names.n; i++)
		h->fields[i] = i;
	if (!known && !pds_bind_names(cells, h->header.n, h->names.names, h->names.n, h->fields))
		pds_convert_no_memory();
	for (i = 0; i < h->names.n; i++)
		any = any || h->fields[i] >= 0;
	for (i = 0; i < src->ncolumns; i++)
	{
		int			field = h->fields[src->declared[i]];

		src->wanted[i] = field >= 0 ? field : ABSENT_FIELD;
		if (field >= 0)
			keep = Max(keep, (uint32) field + 1);
		h->order[i] = i;
	}
	qsort_arg(h->order, src->ncolumns, sizeof(int), compare_fields_of_columns, src);
	for (i = 0; i < src->ncolumns; i++)
		h->order_wanted[i] = src->wanted[h->order[i]];
	src->nfields = known ? h->names.n : h->header.n;
	pds_reader_set_fields(src->reader, src->nfields, keep);
	if (!any && h->names.n > 0)
		no_names(src);
}

bool
pds_rows_cut_in_order(PdsRowSource *src, size_t r)
{
	PdsRowHeader *h = src->header;
	int			i;

	if (!pds_record_fields(src->batch.unit->dialect, src->batch.ix, src->batch.buf, r,
						   h->order_wanted, src->ncolumns, h->order_fields, &src->arena))
		return false;
	for (i = 0; i < src->ncolumns; i++)
		src->fields[h->order[i]] = h->order_fields[i];
	return true;
}

/* ---- a header ---- */

void
pds_rows_take_header(PdsRowSource *src)
{
	PdsRowHeader *h = src->header;
	const PdsDialect *d = src->batch.unit->dialect;
	MemoryContext cxt;
	MemoryContext old;
	PdsError	err;
	char	   *record;
	const char **cells;
	Size		len;
	int			i;

	/* the next split of the same object */
	if (h->object == src->batch.unit->object && src->batch.header == PDS_HEADER_ELSEWHERE)
		return;
	cxt = AllocSetContextCreate(CurrentMemoryContext, "pds_fdw header", ALLOCSET_SMALL_SIZES);
	old = MemoryContextSwitchTo(cxt);
	record = header_record(src, &len);
	h->object = src->batch.unit->object;
	/* most objects of a table have the same one */
	if (h->record == NULL || len != h->len || memcmp(record, h->record, len) != 0)
	{
		if (h->record)
			pfree(h->record);
		h->record = MemoryContextAllocHuge(src->cxt, len + 1);
		memcpy(h->record, record, len);
		h->len = len;
		pds_object_header_free(&h->header);
		pds_error_clear(&err);
		if (!pds_object_header_parse(d, record, len, &h->header, &err))
			pds_raise(&err);
		if (h->header.n > MOST_NAMES)
			ereport(ERROR,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					 errmsg("%s: its header has %d names, more than %d", object_shown(src),
							h->header.n, MOST_NAMES)));
		cells = palloc((h->header.n + 1) * sizeof(char *));
		for (i = 0; i < h->header.n; i++)
			cells[i] = utf8_name(src, h->header.names[i]);
		if (d->header_mode == PDS_HEADER_MATCH)
			match_header(src, cells);
		else
			bind_columns_by_name(src, cells);
	}
	MemoryContextSwitchTo(old);
	MemoryContextDelete(cxt);
}
