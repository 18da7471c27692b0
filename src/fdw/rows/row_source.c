/*
 * row_source.c
 *	  Rows out of a PdsReader: raw filters, plain values a chunk at a time
 *	  (chunk.c), all others record by record, on_error applied.
 *
 * Values live until the next row: in the reader's buffer, in the arena, or
 * (record by record) in value_cxt.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "core/serde/plain_values.h"
#include "fdw/base/connection.h"
#include "fdw/base/error_map.h"
#include "fdw/base/on_reset.h"
#include "fdw/base/types.h"
#include "fdw/rows/mistakes.h"
#include "fdw/rows/coerce.h"
#include "fdw/rows/convert_internal.h"
#include "fdw/rows/field_rules.h"
#include "fdw/rows/row_bound.h"
#include "fdw/rows/row_source.h"

/* of a bad value, what an error message shows */
#define SHOWN_BYTES 100

static void
free_arena(void *arg)
{
	pds_arena_free(arg);
}

/* nested values need to know where their line begins */
static void
watch_line(PdsRowSource *src, PdsConverter *c)
{
	c->line = c->nested ? &src->line : NULL;
	src->any_nested = src->any_nested || c->nested;
}

PdsRowSource *
pds_rows_create(MemoryContext cxt, PdsReader *reader, int natts, int ncolumns,
				PdsRowColumn *columns, int *wanted, int nfields, int encoding)
{
	PdsRowSource *src = MemoryContextAllocZero(cxt, sizeof(PdsRowSource));
	int			i;

	/* fields are cut in one walk over the record */
	for (i = 1; i < ncolumns; i++)
		Assert(wanted[i - 1] < wanted[i]);
	src->cxt = cxt;
	src->reader = reader;
	src->natts = natts;
	src->ncolumns = ncolumns;
	src->columns = columns;
	src->wanted = src->declared = wanted;
	src->file_encoding = encoding;
	src->nfields = nfields;
	src->fields = MemoryContextAllocZero(cxt, Max(ncolumns, 1) * sizeof(PdsField));
	src->chunk.values = MemoryContextAlloc(cxt,
										   PDS_CHUNK_RECORDS * Max(ncolumns, 1) * sizeof(Datum));
	src->chunk.states = MemoryContextAlloc(cxt, PDS_CHUNK_RECORDS * Max(ncolumns, 1));
	src->slow_values = MemoryContextAlloc(cxt, Max(ncolumns, 1) * sizeof(Datum));
	src->slow_nulls = MemoryContextAlloc(cxt, Max(ncolumns, 1) * sizeof(bool));
	src->slow_done = MemoryContextAlloc(cxt, Max(ncolumns, 1) * sizeof(bool));
	src->returned = MemoryContextAlloc(cxt, Max(ncolumns, 1) * sizeof(PdsRowReturned));
	for (i = 0; i < ncolumns; i++)
	{
		if (columns[i].not_returned)
			continue;
		src->returned[src->nreturned].column = i;
		src->returned[src->nreturned++].attno = columns[i].attno;
	}
	pds_plain_init();
	src->value_cxt = AllocSetContextCreate(cxt, "pds_fdw values", ALLOCSET_DEFAULT_SIZES);
	src->reject_limit = -1;
	pds_arena_init(&src->arena);
	src->arena.hooks = &pds_pg_hooks;
	pds_on_reset(cxt, free_arena, &src->arena);
	for (i = 0; i < ncolumns; i++)
	{
		columns[i].conv.arena = &src->arena;
		columns[i].conv.value_cxt = src->value_cxt;
		columns[i].conv.file_encoding = encoding;
		watch_line(src, &columns[i].conv);
	}
	return src;
}

uint64
pds_rows_malformed(const PdsRowSource *src)
{
	uint64		n = 0;
	int			i;

	for (i = 0; i < src->ncolumns; i++)
		n += src->columns[i].conv.malformed;
	return n;
}

/* "1 value of "t" was set to NULL", for counts and a noun of either number */
static char *
counted(int64 n, const char *one, const char *many, const char *of)
{
	return psprintf(INT64_FORMAT " %s%s", n, n == 1 ? one : many, of);
}

void
pds_rows_warn(PdsOnError on_error, int64 rejected, int64 ragged, const char *relname)
{
	char	   *of = relname ? psprintf(" of \"%s\"", relname) : "";
	int64		values = rejected - ragged;
	char	   *records = counted(ragged, "record", "records", values > 0 ? "" : of);

	if (rejected == 0)
		return;
	if (on_error == PDS_ON_ERROR_SKIP)
		ereport(WARNING,
				(errmsg("%s %s skipped (on_error)", counted(rejected, "row", "rows", of),
						rejected == 1 ? "was" : "were")));
	else if (values == 0)
		ereport(WARNING,
				(errmsg("%s %s padded or cut (on_error)", records, ragged == 1 ? "was" : "were")));
	else
		ereport(WARNING,
				(errmsg("%s %s set to NULL%s%s (on_error)", counted(values, "value", "values", of),
						values == 1 ? "was" : "were", ragged > 0 ? ", " : "",
						ragged > 0 ? psprintf("%s padded or cut", records) : "")));
}

/* ---- errors ---- */

/* the value as it stands in the object, cut and printable */
static char *
shown_value(const PdsField *f)
{
	int			n = Min(f->len, SHOWN_BYTES);
	char	   *s;
	int			i;

	if (pds_encoding_valid(PG_UTF8, f->data, f->len) &&
		GetDatabaseEncoding() == PG_UTF8)
		n = pg_mbcliplen(f->data, f->len, n);
	else
		for (i = 0; i < n; i++)
			if ((unsigned char) f->data[i] >= 0x80)
				n = i;
	s = palloc(n + 4);
	for (i = 0; i < n; i++)
		s[i] = (unsigned char) f->data[i] < ' ' ? ' ' : f->data[i];
	strcpy(s + n, n < (int) f->len ? "..." : "");
	return s;
}

/* record r of the batch */
static char *
record_place(const PdsRowSource *src, size_t r)
{
	const PdsSplit *sp = src->batch.split;
	StringInfoData buf;

	initStringInfo(&buf);
	if (sp && sp->bucket && sp->bucket[0])
		appendStringInfo(&buf, "s3://%s/%s", sp->bucket, sp->key);
	else
		appendStringInfoString(&buf, "the result");
	if (src->batch.record_offset >= 0)
		appendStringInfo(&buf, ", record " INT64_FORMAT, src->batch.record_offset + (int64) r + 1);
	else if (src->batch.indexed)
		appendStringInfo(&buf, ", record at byte " INT64_FORMAT,
						 src->batch.offset + pds_record_start(src->batch.ix, r));
	return buf.data;
}

/*
 * To errors of PostgreSQL's input functions and conversions, whose own hints do
 * not know where the value is from.
 */
static void
hint_of_input(const PdsRowSource *src)
{
	int			code = geterrcode();
	char	   *mistake;

	if (src->too_many)
		return;
	if (code == ERRCODE_CHARACTER_NOT_IN_REPERTOIRE)
		mistake = pds_encoding_hint(src, src->next - 1);
	else if (src->batch.unit->dialect->format == PDS_FORMAT_CSV &&
			 ERRCODE_TO_CATEGORY(code) == ERRCODE_DATA_EXCEPTION)
		mistake = pds_mistake_hint(src, src->next - 1, (int) (src->field - src->fields));
	else
		return;
	if (mistake)
		errhint("%s", mistake);
	else if (code == ERRCODE_INVALID_TEXT_REPRESENTATION ||
			 code == ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE)
		errhint("The table option on_error reads on: null or skip.  If the type was inferred from a sample, all_text or a larger sample_bytes gives another one.");
}

static void
error_context(void *arg)
{
	PdsRowSource *src = arg;

	if (src->column == NULL)
		return;
	/* next was advanced already */
	errcontext("%s, column \"%s\": \"%s\"", record_place(src, src->next - 1), src->column,
			   src->field->data ? shown_value(src->field) : "");
	hint_of_input(src);
}

/*
 * In lazysimple what does not parse is NULL: a date that is bad parsed, and is too far away.
 */
static bool
out_of_range(const PdsConverter *c)
{
	return c->format == PDS_FORMAT_LAZYSIMPLE && !c->strict &&
		(c->hive.kind == PDS_HIVE_DATE || c->hive.kind == PDS_HIVE_TIMESTAMP);
}

/* what is wrong with the value of column i */
static char *
bad_value_message(PdsRowSource *src, int i)
{
	PdsConverter *c = &src->columns[i].conv;
	char	   *value;

	if (c->why[0] != '\0')
		return pstrdup(c->why);
	value = shown_value(&src->fields[i]);
	return out_of_range(c)
		? psprintf("\"%s\" is out of range for column \"%s\"", value, c->column_name)
		: psprintf("invalid value \"%s\" for column \"%s\"", value, c->column_name);
}

PDS_NORETURN static void bad_value(PdsRowSource *src, int i);

static void
bad_value(PdsRowSource *src, int i)
{
	PdsConverter *c = &src->columns[i].conv;
	char	   *mistake = pds_mistake_hint(src, src->next - 1, i);

	ereport(ERROR,
			(errcode(out_of_range(c) ? ERRCODE_DATETIME_FIELD_OVERFLOW
					 : ERRCODE_INVALID_TEXT_REPRESENTATION),
			 errmsg("%s", bad_value_message(src, i)),
			 c->format == PDS_FORMAT_OPENCSV ? errdetail("Athena refuses it, too (HIVE_BAD_DATA).")
			 : 0, errhint("%s", mistake ? mistake
						  : "The table option on_error reads on: null or skip.")));
}

/* ---- rejects ---- */

PDS_NORETURN static void too_many_rejects(PdsRowSource *src);

static void
too_many_rejects(PdsRowSource *src)
{
	const char *table = src->reject_log && OidIsValid(src->reject_log->relid)
		? get_rel_name(src->reject_log->relid) : NULL;

	/* the value at hand is one of many */
	src->too_many = true;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
			 table ? errmsg_plural("more than " INT64_FORMAT " malformed value in \"%s\" (reject_limit)",
								   "more than " INT64_FORMAT " malformed values in \"%s\" (reject_limit)",
								   (unsigned long) src->reject_limit, src->reject_limit, table)
			 : errmsg_plural("more than " INT64_FORMAT " malformed value (reject_limit)",
							 "more than " INT64_FORMAT " malformed values (reject_limit)",
							 (unsigned long) src->reject_limit, src->reject_limit),
			 errhint("SELECT * FROM pds.rejects shows them: object, record, column, value, reason.")));
}

static void
count_reject(PdsRowSource *src)
{
	int64		n = ++src->rejected;

	if (src->shared_rejected)
		n = (int64) pg_atomic_fetch_add_u64(src->shared_rejected, 1) + 1;
	if (src->reject_limit >= 0 && n > src->reject_limit)
		too_many_rejects(src);
}

/* The NOTICE about a value of column i, or about record r (i < 0), that on_error passes over. */
static void
notice_reject(PdsRowSource *src, size_t r, int i, const char *message)
{
	char	   *place = record_place(src, r);

	if (src->on_error == PDS_ON_ERROR_SKIP && i >= 0)
		ereport(NOTICE,
				(errmsg("row skipped: %s, column \"%s\": %s", place,
						src->columns[i].conv.column_name, message)));
	else if (src->on_error == PDS_ON_ERROR_SKIP)
		ereport(NOTICE, (errmsg("row skipped: %s: %s", place, message)));
	else if (i >= 0)
		ereport(NOTICE,
				(errmsg("column \"%s\" set to NULL: %s: %s", src->columns[i].conv.column_name,
						place, message)));
	else
		ereport(NOTICE, (errmsg("record padded or cut: %s: %s", place, message)));
}

/*
 * on_error passes over the value of column i of record r of the batch, or (i < 0) over the record,
 * for the reason that message gives.
 */
static void
reject(PdsRowSource *src, size_t r, int i, const char *message)
{
	const PdsSplit *sp = src->batch.split;
	PdsRejectLog *log = src->reject_log;
	MemoryContext old = MemoryContextSwitchTo(src->value_cxt);
	const char *column = src->column;
	bool		verbose = log && log->verbosity == PDS_VERBOSITY_VERBOSE;
	PdsReject	reject = {0};

	/* what nobody keeps and nobody is told of is not put into words */
	if (log && (verbose || !pds_reject_log_full(log)))
	{
		if (i >= 0)
			message = bad_value_message(src, i);
		/* a NOTICE says itself where */
		src->column = NULL;
		reject.attnum = i >= 0 ? src->columns[i].attno + 1 : 0;
		reject.record = src->batch.record_offset >= 0 ? src->batch.record_offset + (int64) r + 1
			: 0;
		reject.byte = src->batch.indexed ? src->batch.offset + pds_record_start(src->batch.ix, r)
			: -1;
		reject.object = sp && sp->bucket ? psprintf("s3://%s/%s", sp->bucket, sp->key) : NULL;
		reject.column = i >= 0 ? src->columns[i].conv.column_name : NULL;
		reject.value = i >= 0 ? shown_value(&src->fields[i]) : NULL;
		reject.message = message;
		pds_reject_note(log, &reject);
		if (verbose && pds_reject_visible(log->relid, reject.attnum))
			notice_reject(src, r, i, message);
		src->column = column;
	}
	MemoryContextSwitchTo(old);
	count_reject(src);
}

/* ---- batches ---- */

/* An object that ends inside quotes has lost its end, or has a quote too many. */
static void
open_quote(PdsRowSource *src)
{
	const PdsSplit *sp = src->batch.split;

	ereport(ERROR,
			(errcode(ERRCODE_BAD_COPY_FILE_FORMAT),
			 errmsg("s3://%s/%s ends inside a quoted field", sp->bucket, sp->key),
			 errhint("Look at its last record; the table option on_error 'skip' leaves it out.")));
}

/* Records that end in LF and records that end in CR are no file that COPY reads. */
static void
mixed_line_ends(PdsRowSource *src)
{
	const PdsSplit *sp = src->batch.split;

	ereport(ERROR,
			(errcode(ERRCODE_BAD_COPY_FILE_FORMAT),
			 errmsg("the records of s3://%s/%s do not all end in the same way: LF, CRLF or CR",
					sp->bucket, sp->key),
			 errhint("With the table option on_error 'skip' or 'null' each of them ends a record.")));
}

/* Too few fields, or too many. */
static void
ragged_record(PdsRowSource *src, size_t r)
{
	uint32		nfields = pds_record_nfields(src->batch.ix, r);
	char	   *message = psprintf("%u %s where %d %s expected", nfields,
								   nfields == 1 ? "field" : "fields", src->check_fields,
								   src->check_fields == 1 ? "is" : "are");

	bool		stop = src->on_error != PDS_ON_ERROR_NULL && src->on_error != PDS_ON_ERROR_SKIP;
	char	   *mistake = stop ? pds_mistake_hint(src, r, -1) : NULL;

	if (stop)
		ereport(ERROR,
				(errcode(ERRCODE_BAD_COPY_FILE_FORMAT),
				 errmsg("%s: %s", record_place(src, r), message),
				 mistake ? errhint("%s", mistake)
				 : errhint("The table option on_error reads on: 'skip' leaves such records out, 'null' pads and cuts them; null_padding 'true' takes them in silence.")));
	src->ragged++;
	reject(src, r, -1, message);
	pfree(message);
}

/* A partition may have another SerDe than the table. */
static void
follow_format(PdsRowSource *src)
{
	const PdsDialect *d = src->batch.unit->dialect;
	MemoryContext old;
	int			i;

	if (src->ncolumns == 0 || src->columns[0].conv.format == d->format)
		return;
	/* what input functions keep must live as long as the scan */
	old = MemoryContextSwitchTo(src->cxt);
	for (i = 0; i < src->ncolumns; i++)
	{
		PdsRowColumn *col = &src->columns[i];

		col->conv.coercion = NULL;
		pds_converter_init(&col->conv, d->format, d, col->conv.typid, col->conv.typmod,
						   col->hive_known ? &col->hive : NULL, &src->arena, src->value_cxt,
						   col->conv.column_name);
		watch_line(src, &col->conv);
		col->coercions = NIL;
	}
	src->overrides = NULL;
	MemoryContextSwitchTo(old);
}

/* a coercion of a column, by the type it comes from */
typedef struct Coercer
{
	const char *type;
	struct PdsCoercion *coercion;	/* NULL: the types are the same after all */
} Coercer;

/* NULL: the column cannot come from this type */
static const Coercer *
coercer_of(PdsRowSource *src, PdsRowColumn *col, const char *type)
{
	MemoryContext old;
	struct PdsCoercion *coercion;
	Coercer    *k;
	ListCell   *lc;
	bool		found;

	foreach(lc, col->coercions)
	{
		k = lfirst(lc);
		if (strcmp(k->type, type) == 0)
			return k;
	}
	old = MemoryContextSwitchTo(src->cxt);
	k = NULL;
	found = pds_coercion_find(&col->conv, type, &coercion);
	if (found)
	{
		k = palloc(sizeof(Coercer));
		k->type = pstrdup(type);
		k->coercion = coercion;
		col->coercions = lappend(col->coercions, k);
	}
	MemoryContextSwitchTo(old);
	return k;
}

bool
pds_rows_coercible(PdsRowSource *src, int i, const char *type)
{
	return coercer_of(src, &src->columns[i], type) != NULL;
}

/*
 * Columns that this partition declares otherwise than the table (lazysimple:
 * others have no types).
 */
static void
follow_overrides(PdsRowSource *src)
{
	const PdsReadUnit *unit = src->batch.unit;
	const PdsColumnOverride *overrides = src->partition_overrides &&
		unit->dialect->format == PDS_FORMAT_LAZYSIMPLE
		? src->partition_overrides[unit->partition] : NULL;
	int			i;

	if (overrides == src->overrides)
		return;
	for (i = 0; i < src->ncolumns; i++)
	{
		PdsRowColumn *col = &src->columns[i];
		const PdsColumnOverride *d = overrides;
		const Coercer *k;

		if (col->conv.coercion)
			col->conv.fn = col->native;
		col->conv.coercion = NULL;
		while (d && d->field >= 0 && d->field != src->declared[i])
			d++;
		if (d == NULL || d->field < 0)
			continue;
		k = coercer_of(src, col, d->type);
		if (k == NULL)
			elog(ERROR, "no coercion of column \"%s\" from %s", col->conv.column_name, d->type);
		col->native = col->conv.fn;
		col->conv.coercion = k->coercion;
		if (k->coercion)
			col->conv.fn = pds_coerce;
	}
	src->overrides = overrides;
}

/* What the batch's bytes allow: text without further checks, or not. */
static void
look_at_text(PdsRowSource *src)
{
	const PdsIndex *ix = src->batch.ix;
	const PdsDialect *d = src->batch.unit->dialect;
	bool		ok = !ix->any_nul;
	int			i;

	if (src->ncolumns == 0)
		return;
	if (d->unusable)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE),
				 errmsg("s3://%s/%s cannot be read: %s", src->batch.split->bucket,
						src->batch.split->key, d->unusable),
				 errhint("Correct it in Glue: Athena refuses such a table too.")));
	/* a delimiter that is not ASCII may cut a character in two */
	if ((unsigned char) d->delimiter >= 0x80 && d->format != PDS_FORMAT_OPENCSV)
		ok = false;
	if (ok && ix->non_ascii)
	{
		int			encoding = src->columns[0].conv.file_encoding;

		ok = (encoding < 0 || encoding == PG_UTF8) && GetDatabaseEncoding() == PG_UTF8 &&
			pds_utf8_valid(src->batch.buf, src->batch.len);
	}
	for (i = 0; i < src->ncolumns; i++)
	{
		src->columns[i].conv.text_verified = ok;
		src->columns[i].conv.dialect = src->batch.unit->dialect;
	}
}

/* Athena's results are written by Athena: they are believed only as far as they are whole. */
PDS_NORETURN static void result_cut(const char *why);

static void
result_cut(const char *why)
{
	ereport(ERROR,
			(errcode(ERRCODE_PROTOCOL_VIOLATION),
			 errmsg("the result of the query is not whole: %s", why),
			 errhint("Somebody may have changed the objects below output_location. Run the query again.")));
}

/* The next batch that has records; headers are taken on the way. */
static bool
read_batch(PdsRowSource *src)
{
	PdsError	err;

	while (pds_reader_next(src->reader, &src->batch, &err))
	{
		if (src->batch.header == PDS_HEADER_NOT_HERE)
			return true;
		CHECK_FOR_INTERRUPTS();
		if (src->batch.open_quote && src->batch.unit->dialect->format == PDS_FORMAT_CSV)
			open_quote(src);
		if (src->header)
			pds_rows_take_header(src);
	}
	if (err.kind != PDS_ERR_NONE)
		pds_raise(&err);
	return false;
}

static bool
next_row_batch(PdsRowSource *src)
{
	src->column = NULL;
	/* when all rows before are handed out */
	if (src->have_batch && src->batch.mixed_ends &&
		src->batch.unit->dialect->format == PDS_FORMAT_CSV &&
		src->on_error != PDS_ON_ERROR_NULL && src->on_error != PDS_ON_ERROR_SKIP)
		mixed_line_ends(src);
	src->have_batch = read_batch(src);
	if (!src->have_batch)
		return false;
	src->next = src->chunk_end = src->batch.first_record;
	src->check_fields = src->batch.unit->dialect->format == PDS_FORMAT_CSV && !src->null_padding
		? src->nfields : 0;
	if (src->batch.open_quote && src->batch.unit->dialect->format == PDS_FORMAT_CSV)
	{
		if (src->on_error != PDS_ON_ERROR_SKIP)
			open_quote(src);
		Assert(src->batch.nrec > 0);
		src->batch.nrec--;
		reject(src, src->batch.nrec, -1, "it ends inside a quoted field");
	}
	if ((src->batch.open_end || src->batch.open_quote) &&
		src->batch.unit->dialect->format == PDS_FORMAT_ATHENA_RESULT)
		result_cut("its last record has no end");
	follow_format(src);
	follow_overrides(src);
	look_at_text(src);
	return true;
}

/* ---- records by themselves ---- */

/* Column i of the record in src->fields.  False: the row is to be skipped. */
static bool
convert_field(PdsRowSource *src, int i)
{
	PdsConverter *c = &src->columns[i].conv;
	PdsField   *f = &src->fields[i];

	Assert(i >= 0 && i < src->ncolumns && !src->slow_done[i]);
	src->slow_done[i] = true;
	src->slow_nulls[i] = true;
	if (f->data == NULL)
		return true;
	src->field = f;
	src->column = c->column_name;
	if ((c->rules ? pds_rules_convert : c->fn) (c, f, &src->slow_values[i], &src->slow_nulls[i]) ==
		PDS_CONVERT_BAD)
	{
		if (src->on_error != PDS_ON_ERROR_NULL && src->on_error != PDS_ON_ERROR_SKIP)
			bad_value(src, i);
		reject(src, src->next - 1, i, NULL);
		c->why[0] = '\0';
		src->slow_nulls[i] = true;
		if (src->on_error == PDS_ON_ERROR_SKIP)
			return false;
	}
	src->column = NULL;
	return true;
}

/* Do the raw filters let the record pass?  Columns are converted as they ask for them. */
static bool
passes_filters(PdsRowSource *src)
{
	int			k;
	int			b;

	for (k = 0; k < src->nfilters; k++)
	{
		const PdsRawFilter *f = pds_raw_filter(src, k);
		bool		passes = false;

		for (b = 0; b < pds_raw_filter_nbranches(f); b++)
		{
			const PdsRawFilter *branch = pds_raw_filter_branch(f, b);
			int			i = pds_raw_filter_column(branch);

			if (i < 0)
				continue;
			if (!src->slow_done[i] && !convert_field(src, i))
				return false;
			passes = pds_raw_filter_holds(branch, src->slow_values[i], src->slow_nulls[i]) ||
				passes;
		}
		if (!passes)
		{
			src->filtered++;
			return false;
		}
	}
	return true;
}

/* Record r of the batch by itself.  slot NULL: only whether it is a row.  False: it is not. */
static bool
slow_row(PdsRowSource *src, size_t r, TupleTableSlot *slot)
{
	int			i;

	Assert(src->batch.indexed && r < src->batch.nrec);
	MemoryContextReset(src->value_cxt);
	if (src->check_fields > 0 && pds_record_nfields(src->batch.ix, r) != src->check_fields)
	{
		ragged_record(src, r);
		if (src->on_error == PDS_ON_ERROR_SKIP)
			return false;
	}
	memset(src->slow_done, false, src->ncolumns * sizeof(bool));
	if (src->header && src->batch.unit->dialect->format == PDS_FORMAT_OPENCSV
		? !pds_rows_cut_in_order(src, r)
		: !pds_record_fields(src->batch.unit->dialect, src->batch.ix, src->batch.buf, r,
							 src->wanted, src->ncolumns, src->fields, &src->arena))
		pds_convert_no_memory();
	for (i = 0; i < src->ncolumns; i++)
		if (src->columns[i].conv.rules &&
			!pds_rules_cut(src->columns[i].conv.rules, src->batch.unit->dialect, src->batch.ix,
						   src->batch.buf, r, src->wanted[i], &src->fields[i], &src->arena))
			pds_convert_no_memory();
	if (src->any_nested)
		src->line = src->batch.buf + pds_record_start(src->batch.ix, r);
	if (!passes_filters(src))
		return false;
	for (i = 0; i < src->ncolumns; i++)
	{
		PdsRowColumn *col = &src->columns[i];

		if (col->not_returned)
			continue;
		if (!src->slow_done[i] && !convert_field(src, i))
			return false;
		if (slot == NULL)
			continue;
		slot->tts_values[col->attno] = src->slow_values[i];
		slot->tts_isnull[col->attno] = src->slow_nulls[i];
	}
	return true;
}

/* ---- chunks ---- */

/*
 * Have all n records from the first on so many fields?  Of some records the index left ends out,
 * and knows how many.
 */
static bool
all_regular(const PdsIndex *ix, size_t first, size_t n, uint32 nfields)
{
	const uint32_t *rec = ix->rec + first;
	uint32		expected = (first == 0 ? (uint32) -1 : rec[-1]) + nfields;
	uint32		wrong = 0;
	size_t		cut = 0;
	size_t		k = 0;

	while (cut < ix->ncut && ix->cut[cut].record < first)
		cut++;
	while (k < n)
	{
		bool		is_cut = cut < ix->ncut && ix->cut[cut].record < first + n;
		size_t		upto = is_cut ? ix->cut[cut].record - first : n;

		for (; k < upto; k++, expected += nfields)
			wrong |= rec[k] ^ expected;
		if (is_cut)
			expected -= ix->cut[cut++].dropped;
	}
	return wrong == 0;
}

/* The records of the next chunk that are rows at all; those that need a closer look are slow. */
static void
select_records(PdsRowSource *src)
{
	PdsRowChunk *chunk = &src->chunk;
	const PdsDialect *d = src->batch.unit->dialect;
	const PdsIndex *ix = src->batch.ix;
	size_t		n = Min(src->batch.nrec - src->chunk_end, PDS_CHUNK_RECORDS);
	bool		regular = d->comment == 0 &&
		(d->format != PDS_FORMAT_CSV || all_regular(ix, src->chunk_end, n, (uint32) src->nfields));
	size_t		k;

	Assert(src->have_batch && src->chunk_end < src->batch.nrec);
	Assert(chunk->at == chunk->nselected);
	chunk->first = src->chunk_end;
	chunk->at = 0;
	chunk->nselected = 0;
	src->chunk_end += n;
	for (k = 0; d->format == PDS_FORMAT_ATHENA_RESULT && k < n; k++)
	{
		int			found = (int) pds_record_nfields(src->batch.ix, chunk->first + k);

		if (found != src->nfields)
			result_cut(psprintf("a record of it has %d fields instead of %d", found, src->nfields));
	}
	/* the index of opencsv has no fields */
	memset(chunk->slow, d->format == PDS_FORMAT_OPENCSV, sizeof(chunk->slow));
	for (k = 0; k < n; k++)
	{
		size_t		r = chunk->first + k;

		chunk->selected[chunk->nselected] = (uint8) k;
		chunk->nselected += regular ||
			!pds_record_skipped(d, ix, src->batch.buf, r, src->nfields);
		if (!regular && src->check_fields > 0)
			chunk->slow[k] = pds_record_nfields(ix, r) != src->check_fields;
	}
}

/* The next chunk with a record left.  False: the batch has no more. */
static bool
next_chunk(PdsRowSource *src)
{
	int			k;

	while (src->have_batch && src->chunk_end < src->batch.nrec)
	{
		CHECK_FOR_INTERRUPTS();
		if (src->arena.used > 0)
			pds_arena_reset(&src->arena);
		select_records(src);
		if (src->batch.unit->dialect->format != PDS_FORMAT_OPENCSV)
		{
			for (k = 0; k < src->nfilters && src->chunk.nselected > 0; k++)
				pds_raw_filter_pass(src, pds_raw_filter(src, k));
			if (src->bound && src->chunk.nselected > 0)
				pds_row_bound_pass(src);
			pds_chunk_convert(src);
		}
		if (src->chunk.nselected > 0)
			return true;
	}
	return false;
}

/* what was made of record r of the chunk */
static inline void
fill_slot(PdsRowSource *src, int r, TupleTableSlot *slot)
{
	const Datum *values = src->chunk.values + (size_t) r * src->ncolumns;
	const uint8 *states = src->chunk.states + (size_t) r * src->ncolumns;
	const PdsRowReturned *c = src->returned;
	const PdsRowReturned *end = c + src->nreturned;
	Datum	   *out = slot->tts_values;
	bool	   *nulls = slot->tts_isnull;

	for (; c < end; c++)
	{
		Datum		value = values[c->column];
		uint8		state = states[c->column];

		if (state > PDS_STATE_SHORT)
			SET_VARSIZE_SHORT(DatumGetPointer(value), state - PDS_STATE_SHORT);
		out[c->attno] = value;
		nulls[c->attno] = state == PDS_STATE_NULL;
	}
}

/* ---- rows ---- */

/* are the records of the batch, or of the next one, only counted? */
static inline bool
only_counted(const PdsRowSource *src)
{
	return src->have_batch && !src->batch.indexed;
}

/* What may fail, and what comes once a batch. */
static bool
slow_next(PdsRowSource *src, TupleTableSlot *slot)
{
	PdsRowChunk *chunk = &src->chunk;

	for (;;)
	{
		while (chunk->at < chunk->nselected)
		{
			int			r = chunk->selected[chunk->at++];

			src->next = chunk->first + r + 1;
			if (!chunk->slow[r])
				fill_slot(src, r, slot);
			else if (!slow_row(src, chunk->first + r, slot))
				continue;
			src->rows++;
			return true;
		}
		if (only_counted(src) && src->next < src->batch.nrec)
		{
			src->next++;
			src->rows++;
			return true;
		}
		if ((only_counted(src) || !next_chunk(src)) && !next_row_batch(src))
			return false;
	}
}

static bool
guarded_next(PdsRowSource *src, TupleTableSlot *slot)
{
	ErrorContextCallback cb;
	bool		got;

	cb.callback = error_context;
	cb.arg = src;
	cb.previous = error_context_stack;
	error_context_stack = &cb;
	src->column = NULL;
	got = slow_next(src, slot);
	error_context_stack = cb.previous;
	return got;
}

bool
pds_rows_next(PdsRowSource *src, TupleTableSlot *slot)
{
	PdsRowChunk *chunk = &src->chunk;
	int			r;

	if (chunk->at >= chunk->nselected || chunk->slow[chunk->selected[chunk->at]])
		return guarded_next(src, slot);
	r = chunk->selected[chunk->at++];
	src->next = chunk->first + r + 1;
	fill_slot(src, r, slot);
	src->rows++;
	return true;
}

/* the rest of the chunk */
static int64
count_chunk(PdsRowSource *src)
{
	PdsRowChunk *chunk = &src->chunk;
	int64		n = 0;

	while (chunk->at < chunk->nselected)
	{
		int			r = chunk->selected[chunk->at++];

		src->next = chunk->first + r + 1;
		n += !chunk->slow[r] || slow_row(src, chunk->first + r, NULL);
	}
	return n;
}

bool
pds_rows_count(PdsRowSource *src, int64 *n)
{
	ErrorContextCallback cb;

	cb.callback = error_context;
	cb.arg = src;
	cb.previous = error_context_stack;
	error_context_stack = &cb;
	src->column = NULL;
	*n = 0;
	while (*n == 0)
	{
		if (only_counted(src) && src->next < src->batch.nrec)
		{
			*n = src->batch.nrec - src->next;
			src->next = src->batch.nrec;
			continue;
		}
		*n = count_chunk(src);
		if (*n == 0 && (only_counted(src) || !next_chunk(src)) && !next_row_batch(src))
			break;
	}
	error_context_stack = cb.previous;
	src->rows += *n;
	return *n > 0;
}
