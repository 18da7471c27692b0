/*
 * write_csv.c
 *	  pds.write_csv: the rows of a query as objects in S3.
 *
 * The query runs in a cursor with the caller's rights.  Its rows take the way that those
 * of INSERT take, with a table that is described by the arguments.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "tcop/utility.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/portal.h"

#include "fdw/base/error_map.h"
#include "fdw/write/modify.h"
#include "fdw/catalog/objects.h"
#include "fdw/base/types.h"
#include "sql/base/functions.h"

PG_FUNCTION_INFO_V1(pds_write_csv);

/* rows fetched at a time */
#define FETCH_ROWS 500

enum
{
	ARG_SERVER, ARG_QUERY, ARG_URI, ARG_FORMAT, ARG_DELIMITER, ARG_QUOTE, ARG_ESCAPE,
	ARG_NULL_TEXT, ARG_HEADER, ARG_ENCODING, ARG_COMPRESSION, ARG_MODE, ARG_PARTITION_BY,
	ARG_MAX_ROWS, ARG_MAX_BYTES
};

typedef struct Job
{
	FunctionCallInfo fcinfo;
	PdsTable   *table;			/* described by the arguments and the query */
	PdsWriteDestOptions options;
	bool		folder;			/* uri names a folder */
	PdsModify  *modify;
	Datum	   *values;
	bool	   *nulls;
} Job;

/* ---- arguments ---- */

static char *
text_arg(FunctionCallInfo fcinfo, int n)
{
	Assert(PG_NARGS() == ARG_MAX_BYTES + 1 && n < PG_NARGS());
	return PG_ARGISNULL(n) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(n));
}

PDS_NORETURN static void bad_argument(const char *name, const char *value, const char *hint);

static void
bad_argument(const char *name, const char *value, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid value for argument \"%s\": \"%s\"", name, value),
			 errhint("%s", hint)));
}

static char *
needed_arg(FunctionCallInfo fcinfo, int n, const char *name)
{
	if (PG_ARGISNULL(n))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("argument \"%s\" must not be NULL", name)));
	return text_arg(fcinfo, n);
}

static void
char_arg(FunctionCallInfo fcinfo, int n, const char *name, char *out)
{
	char	   *text = text_arg(fcinfo, n);

	if (text && !pds_parse_char(text, out))
		bad_argument(name, text, "It is one ASCII character, \\t for a TAB, or empty: none.");
}

static int64
limit_arg(FunctionCallInfo fcinfo, int n, const char *name)
{
	int64		v = PG_ARGISNULL(n) ? 0 : PG_GETARG_INT64(n);

	if (v < 0 || (v == 0 && !PG_ARGISNULL(n)))
		bad_argument(name, psprintf(INT64_FORMAT, v), "It is a number above 0.");
	return v;
}

static void
set_dialect(Job *job)
{
	FunctionCallInfo fcinfo = job->fcinfo;
	PdsDialect *d = &job->table->dialect;
	char	   *format = needed_arg(fcinfo, ARG_FORMAT, "format");
	char	   *null = text_arg(fcinfo, ARG_NULL_TEXT);
	PdsFormat	f;

	if (!pds_format_of_name(format, &f))
		bad_argument("format", format, "It is one of: lazysimple, opencsv, csv.");
	pds_dialect_init(d, f);
	char_arg(fcinfo, ARG_DELIMITER, "delimiter", &d->delimiter);
	if (d->delimiter == '\0')
		bad_argument("delimiter", "", "It is one ASCII character, or \\t for a TAB.");
	char_arg(fcinfo, ARG_QUOTE, "quote", &d->quote);
	if (f == PDS_FORMAT_CSV)
		d->escape = d->quote;
	char_arg(fcinfo, ARG_ESCAPE, "escape", &d->escape);
	if (f != PDS_FORMAT_LAZYSIMPLE && d->quote && d->quote == d->delimiter)
		bad_argument("quote", text_arg(fcinfo, ARG_QUOTE), "It must differ from the delimiter.");
	if (null && f == PDS_FORMAT_OPENCSV)
		bad_argument("null_text", null, "Format opencsv has no text for NULL.");
	if (null && strlen(null) >= sizeof(d->null_text))
		bad_argument("null_text", null, "It has at most 63 bytes.");
	if (null)
	{
		d->null_len = strlen(null);
		memcpy(d->null_text, null, d->null_len + 1);
	}
	d->header_lines = !PG_ARGISNULL(ARG_HEADER) && PG_GETARG_BOOL(ARG_HEADER);
}

/* one object by name, or a folder */
static void
set_place(Job *job)
{
	FunctionCallInfo fcinfo = job->fcinfo;
	char	   *uri = needed_arg(fcinfo, ARG_URI, "uri");
	char	   *bucket;
	char	   *key;

	pds_location_arg(uri, &bucket, &key);
	job->folder = key[0] == '\0' || key[strlen(key) - 1] == '/';
	job->table->location = uri;
	job->options.max_rows = limit_arg(fcinfo, ARG_MAX_ROWS, "max_rows_per_file");
	job->options.max_bytes = limit_arg(fcinfo, ARG_MAX_BYTES, "max_bytes_per_file");
	if (job->folder)
		return;
	if (job->options.max_rows || job->options.max_bytes || !PG_ARGISNULL(ARG_PARTITION_BY))
		bad_argument("uri", uri, "Several objects need a folder: let it end with a slash.");
	job->options.key = key;
}

static void
set_codec(Job *job)
{
	char	   *name = text_arg(job->fcinfo, ARG_COMPRESSION);
	PdsCodec	by_key = job->folder ? PDS_CODEC_NONE : pds_codec_of_key(job->options.key);

	job->options.codec = by_key;
	if (name && !pds_codec_of_name(name, &job->options.codec))
		bad_argument("compression", name, "It is one of: none, gzip, zstd.");
	if (!job->folder && job->options.codec != by_key)
		bad_argument("compression", name,
					 "Readers tell it by the name of the object, and this name says another one.");
	if (job->options.codec != PDS_CODEC_NONE && job->options.codec != PDS_CODEC_GZIP &&
		job->options.codec != PDS_CODEC_ZSTD)
		bad_argument("compression", pds_codec_name(job->options.codec),
					 "Objects are written with none, gzip or zstd.");
}

static void
set_encoding(Job *job)
{
	char	   *name = text_arg(job->fcinfo, ARG_ENCODING);

	if (name && pg_char_to_encoding(name) < 0)
		bad_argument("encoding", name, "It is an encoding that PostgreSQL knows.");
	job->table->options.encoding = name;
}

/* ---- the query's columns ---- */

/* number of the key that the column is, or -1 */
static int
key_number(const PdsTable *t, const char *name)
{
	int			i;

	for (i = 0; i < t->nkeys; i++)
		if (strcmp(t->key_names[i], name) == 0)
			return i;
	return -1;
}

static void
set_written_keys(Job *job)
{
	FunctionCallInfo fcinfo = job->fcinfo;
	PdsTable   *t = job->table;
	Datum	   *names;
	bool	   *nulls;
	int			i;

	if (PG_ARGISNULL(ARG_PARTITION_BY))
		return;
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(ARG_PARTITION_BY), TEXTOID, -1, false, TYPALIGN_INT,
					  &names, &nulls, &t->nkeys);
	t->key_names = palloc0(Max(t->nkeys, 1) * sizeof(char *));
	t->key_columns = palloc(Max(t->nkeys, 1) * sizeof(int));
	for (i = 0; i < t->nkeys; i++)
	{
		t->key_columns[i] = -1;
		t->key_names[i] = nulls[i] ? "" : TextDatumGetCString(names[i]);
	}
}

static void
set_written_columns(Job *job, TupleDesc desc)
{
	PdsTable   *t = job->table;
	int			i;

	t->natts = desc->natts;
	t->columns = palloc0(Max(desc->natts, 1) * sizeof(PdsColumn));
	for (i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, i);
		PdsColumn  *c = &t->columns[i];

		c->attnum = i + 1;
		c->name = c->attname = c->header_name = pstrdup(NameStr(att->attname));
		c->typid = att->atttypid == UNKNOWNOID ? TEXTOID : att->atttypid;
		c->typmod = att->atttypmod;
		c->hive_known = pds_hive_type_of_sql(c->typid, c->typmod, &c->hive);
		c->key = key_number(t, c->name);
		c->field = PDS_FIELD_KEY;
		if (c->key < 0)
			c->field = t->nfields++;
		else
			t->key_columns[c->key] = i;
	}
	for (i = 0; i < t->nkeys; i++)
		if (t->key_columns[i] < 0)
			bad_argument("partition_by", t->key_names[i], "It names columns of the query.");
	if (t->nfields == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("no column of the query is left to be written"),
				 errhint("Columns in partition_by become folders.")));
	t->dialect.last_field = t->nfields - 1;
}

/* ---- the mode ---- */

/* told before the rows are sent; the request at commit tells it surely */
static void
check_absent(const Job *job, PdsConnection *conn)
{
	PdsObject	o;
	PdsError	err;
	bool		there = pds_s3_head(conn->aws, job->modify->bucket, job->options.key, &o, &err);

	free(o.key);
	if (!there && err.kind == PDS_ERR_CANCELLED)
		pds_raise(&err);
	if (there)
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_OBJECT),
				 errmsg("%s exists already", job->table->location),
				 errhint("mode => 'overwrite' replaces it.")));
}

static void
begin_modify(Job *job, Oid serverid)
{
	PdsTable   *t = job->table;
	char	   *mode = needed_arg(job->fcinfo, ARG_MODE, "mode");
	bool		overwrite = strcmp(mode, "overwrite") == 0;
	bool		partitions = strcmp(mode, "overwrite_partitions") == 0;
	PdsWriteTarget *target;

	if (!overwrite && !partitions && strcmp(mode, "append") != 0)
		bad_argument("mode", mode, "It is one of: append, overwrite, overwrite_partitions.");
	if (partitions && t->nkeys == 0)
		bad_argument("mode", mode, "It needs partition_by.");
	job->options.create_only = !job->folder && !overwrite;
	target = pds_target_by_hand(serverid, GetUserId(), t->location);
	job->modify = pds_modify_create(t, target, &job->options, CurrentMemoryContext);
	job->modify->replace_dests = partitions;
	if (job->options.create_only)
		check_absent(job, pds_target_connection(target));
	if (overwrite && job->folder)
	{
		/* everything below the folder, whichever way it was partitioned */
		PdsWriteDestOptions o = job->options;
		PdsRowDest	all;

		o.bucket = job->modify->bucket;
		o.prefix = job->modify->prefix;
		pds_modify_dest(job->modify, &t->dialect, &o, &all);
		pds_dest_replace(all.dest);
	}
}

/* ---- rows ---- */

static Portal
open_query(const char *query)
{
	SPIPlanPtr	plan = SPI_prepare(query, 0, NULL);

	if (plan == NULL)
		elog(ERROR, "SPI_prepare failed: %s", SPI_result_code_string(SPI_result));
	if (!SPI_is_cursor_plan(plan))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_CURSOR_DEFINITION),
				 errmsg("argument \"query\" is not one statement that returns rows"),
				 errhint("Give one SELECT, VALUES, TABLE or statement with RETURNING.")));
	return SPI_cursor_open(NULL, plan, NULL, NULL, false);
}

static void
write_rows(Job *job, Portal portal)
{
	uint64		i;

	for (;;)
	{
		SPI_cursor_fetch(portal, true, FETCH_ROWS);
		if (SPI_processed == 0)
			break;
		for (i = 0; i < SPI_processed; i++)
		{
			CHECK_FOR_INTERRUPTS();
			heap_deform_tuple(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, job->values,
							  job->nulls);
			pds_modify_row(job->modify, job->values, job->nulls);
		}
		SPI_freetuptable(SPI_tuptable);
	}
	if (!job->folder)
		pds_dest_touch(job->modify->whole.dest);
}

static void
return_objects(FunctionCallInfo fcinfo, const PdsWrittenObject *all, int n)
{
	PdsResult	result;
	int			i;

	pds_result_begin(fcinfo, &result);
	for (i = 0; i < n; i++)
	{
		Datum		values[3];
		bool		nulls[3] = {false, false, false};

		values[0] = CStringGetTextDatum(all[i].uri);
		values[1] = Int64GetDatum(all[i].rows);
		values[2] = Int64GetDatum(all[i].bytes);
		pds_result_row(&result, lengthof(values), values, nulls);
	}
}

Datum
pds_write_csv(PG_FUNCTION_ARGS)
{
	MemoryContext caller = CurrentMemoryContext;
	Job			job;
	Oid			serverid;
	char	   *query;
	Portal		portal;
	PdsWrittenObject *all;
	int			n;

	PreventCommandIfReadOnly("pds.write_csv()");
	if (PG_ARGISNULL(ARG_SERVER))
		(void) needed_arg(fcinfo, ARG_SERVER, "server");
	serverid = pds_usable_server(NameStr(*PG_GETARG_NAME(ARG_SERVER)));
	query = needed_arg(fcinfo, ARG_QUERY, "query");
	memset(&job, 0, sizeof(job));
	job.fcinfo = fcinfo;
	job.table = palloc0(sizeof(PdsTable));
	job.table->cxt = caller;
	job.table->catalog_loaded = true;
	set_dialect(&job);
	set_place(&job);
	set_codec(&job);
	set_encoding(&job);
	set_written_keys(&job);
	SPI_connect();
	portal = open_query(query);
	/* what is made here lives until the call ends */
	MemoryContextSwitchTo(caller);
	set_written_columns(&job, portal->tupDesc);
	job.values = palloc(job.table->natts * sizeof(Datum));
	job.nulls = palloc(job.table->natts * sizeof(bool));
	begin_modify(&job, serverid);
	write_rows(&job, portal);
	SPI_cursor_close(portal);
	/* SPI's context would take the result with it */
	SPI_finish();
	all = pds_target_finish(job.modify->target, &n);
	return_objects(fcinfo, all, n);
	PG_RETURN_NULL();
}
