/*
 * file_scan.c
 *	  Rows of objects that belong to no foreign table.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/backend_status.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "core/read/fetch.h"
#include "fdw/rows/convert.h"
#include "fdw/direct/file_scan.h"
#include "fdw/base/progress.h"
#include "fdw/rows/row_source.h"
#include "fdw/scan/scan_common.h"
#include "fdw/base/types.h"

struct PdsFileScan
{
	const PdsFiles *f;
	PdsReadUnit *units;			/* one an object */
	int			next_object;
	PdsObjectReader in;
	PdsRowSource *rows;
	PdsRejectLog reject_log;
	TupleDesc	desc;
	int			nkeys;			/* columns that are partition keys */
	int		   *key_atts;		/* attnum - 1 */
	int		   *key_numbers;
	int			object;			/* whose keys are in key_values; -1: none */
	Datum	   *key_values;
	bool	   *key_nulls;
	MemoryContext key_cxt;		/* of key_values */
	PdsActivity *activity;
};

/* called from the core */
static bool
next_file_split(void *arg, PdsSplit *split)
{
	PdsFileScan *s = arg;
	const PdsObject *o;

	if (s->next_object >= s->f->n)
		return false;
	o = s->f->objects[s->next_object];
	memset(split, 0, sizeof(*split));
	split->bucket = s->f->bucket;
	split->key = o->key;
	split->etag = o->etag;
	split->end = o->size;
	split->object_size = o->size;
	split->user = &s->units[s->next_object++];
	return true;
}

static void
check_file_bytes(const PdsConnection *conn, const PdsFiles *f, const PdsTableOptions *o)
{
	int64		limit = pds_effective_max_scan_bytes(&conn->options, o);

	if (limit >= 0 && f->bytes > limit)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("this would read " INT64_FORMAT " bytes, more than max_scan_bytes allows ("
						INT64_FORMAT ")", f->bytes, limit),
				 errhint("Read fewer objects, or raise the limit (option of the server, setting pds.max_scan_bytes).")));
}

static void
make_units(PdsFileScan *s, const PdsDialect *dialect, PdsCodec codec, const PdsTableOptions *o)
{
	PdsCodec	given;
	bool		is_given = o->compression && pds_codec_of_name(o->compression, &given);
	int			i;

	s->units = MemoryContextAllocHuge(CurrentMemoryContext,
									  Max(s->f->n, 1) * sizeof(PdsReadUnit));
	for (i = 0; i < s->f->n; i++)
	{
		PdsReadUnit *u = &s->units[i];

		memset(u, 0, sizeof(*u));
		u->dialect = dialect;
		u->codec = is_given ? given : pds_codec_of_key(s->f->objects[i]->key);
		if (!is_given && u->codec == PDS_CODEC_NONE)
			u->codec = codec;
		u->partition = u->object = i;
	}
}

/* the columns of the data, in the order of their fields; keys apart */
static void
make_file_columns(PdsFileScan *s, const PdsDialect *dialect, const PdsTableOptions *o,
				  const char *encoding, const int *fields, int nfields)
{
	int			natts = s->desc->natts;
	int		   *wanted = palloc(natts * sizeof(int));
	PdsRowColumn *cols = palloc0(Max(natts, 1) * sizeof(PdsRowColumn));
	int			n = 0;
	int			f;
	int			i;

	s->key_atts = palloc(natts * sizeof(int));
	s->key_numbers = palloc(natts * sizeof(int));
	for (i = 0; i < natts; i++)
		if (fields[i] < 0)
		{
			s->key_atts[s->nkeys] = i;
			s->key_numbers[s->nkeys++] = -1 - fields[i];
		}
	for (f = 0; f < nfields; f++)
		for (i = 0; i < natts; i++)
		{
			Form_pg_attribute att = TupleDescAttr(s->desc, i);

			if (fields[i] != f)
				continue;
			wanted[n] = f;
			cols[n].attno = i;
			pds_converter_init(&cols[n].conv, dialect->format, dialect, att->atttypid,
							   att->atttypmod, NULL, NULL, NULL, NameStr(att->attname));
			cols[n].conv.rules = pds_field_rules(o, NULL, att->atttypid, NameStr(att->attname));
			if (cols[n].conv.rules)
				pds_field_rules_check(cols[n].conv.rules, dialect->format, NameStr(att->attname));
			cols[n].conv.soft = o->on_error == PDS_ON_ERROR_NULL ||
				o->on_error == PDS_ON_ERROR_SKIP;
			n++;
		}
	s->rows = pds_rows_create(CurrentMemoryContext, s->in.reader, natts, n, cols, wanted, nfields,
							  encoding ? pg_char_to_encoding(encoding) : -1);
	s->rows->null_padding = o->null_padding;
	s->rows->on_error = o->on_error;
	s->reject_log.userid = GetUserId();
	s->reject_log.verbosity = o->log_verbosity;
	s->rows->reject_log = &s->reject_log;
	s->rows->reject_limit = o->reject_limit;
}

static void
count_file_scan(void *arg, PdsStatCounts *counts)
{
	const PdsFileScan *s = arg;

	counts->rows = s->rows->rows;
	counts->objects = s->next_object;
	counts->bytes = pds_reader_bytes(s->in.reader);
	counts->rejected = s->rows->rejected;
}

/* after what it counts: it goes before that */
static void
begin_activity_of_files(PdsFileScan *s, PdsConnection *conn, MemoryContext cxt)
{
	PdsActivityOptions o = {
		.kind = PDS_STAT_DIRECT,
		.conn = conn,
		.name = psprintf("s3://%s/%s", s->f->bucket, s->f->base),
		.count = count_file_scan,
		.arg = s
	};

	s->activity = pds_activity_begin(&o, cxt);
	pds_activity_reads(s->activity, s->in.fetch, &s->rows->rows, s->f->n, s->f->bytes, cxt);
}

PdsFileScan *
pds_file_scan_begin(PdsConnection *conn, const PdsFiles *f, const PdsDialect *dialect,
					PdsCodec codec, const PdsTableOptions *o, const char *encoding,
					TupleDesc desc, const int *fields, int nfields,
					const PdsHeaderNames *names, MemoryContext cxt)
{
	MemoryContext old = MemoryContextSwitchTo(cxt);
	PdsFileScan *s = palloc0(sizeof(PdsFileScan));
	PdsReaderOptions reader;

	check_file_bytes(conn, f, o);
	s->f = f;
	s->desc = desc;
	s->object = -1;
	s->key_values = palloc0(Max(desc->natts, 1) * sizeof(Datum));
	s->key_nulls = palloc0(Max(desc->natts, 1) * sizeof(bool));
	s->key_cxt = AllocSetContextCreate(cxt, "pds_fdw keys", ALLOCSET_SMALL_SIZES);
	make_units(s, dialect, codec, o);
	memset(&reader, 0, sizeof(reader));
	reader.ncolumns = nfields;
	reader.keep = Max(nfields, 1);
	pds_object_reader_open(&s->in, conn, o, 1, next_file_split, s, &reader, cxt);
	pds_progress_scan(psprintf("s3://%s/%s", f->bucket, f->base), s->in.fetch, f->n, f->bytes, true,
					  NULL, cxt);
	make_file_columns(s, dialect, o, encoding, fields, nfields);
	if (names)
		pds_rows_set_names(s->rows, names);
	begin_activity_of_files(s, conn, cxt);
	MemoryContextSwitchTo(old);
	return s;
}

/* typed values of the partition keys of an object */
static void
load_keys(PdsFileScan *s, int object)
{
	MemoryContext old;
	int			i;

	MemoryContextReset(s->key_cxt);
	old = MemoryContextSwitchTo(s->key_cxt);
	for (i = 0; i < s->nkeys; i++)
	{
		Form_pg_attribute att = TupleDescAttr(s->desc, s->key_atts[i]);
		PdsHiveType hive;

		if (!pds_hive_type_of_sql(att->atttypid, att->atttypmod, &hive))
			hive.kind = PDS_HIVE_OTHER;
		s->key_values[i] =
			pds_convert_partition_value(pds_file_key_value(s->f, object, s->key_numbers[i]), &hive,
										att->atttypid, att->atttypmod, NameStr(att->attname),
										&s->key_nulls[i]);
	}
	MemoryContextSwitchTo(old);
	s->object = object;
}

bool
pds_file_scan_next(PdsFileScan *s, TupleTableSlot *slot)
{
	int			i;

	ExecClearTuple(slot);
	if (!pds_rows_next(s->rows, slot))
		return false;
	if (s->nkeys > 0 && s->rows->batch.unit->object != s->object)
		load_keys(s, s->rows->batch.unit->object);
	for (i = 0; i < s->nkeys; i++)
	{
		slot->tts_values[s->key_atts[i]] = s->key_values[i];
		slot->tts_isnull[s->key_atts[i]] = s->key_nulls[i];
	}
	return true;
}

void
pds_file_scan_end(PdsFileScan *s)
{
	pds_rows_warn(s->rows->on_error, s->rows->rejected, s->rows->ragged, NULL);
	pds_activity_end(s->activity, false);
}
