/*
 * sweep.c
 *	  pds.sweep(): what ended transactions and killed backends left in S3.
 *
 * Ours is told by its name alone: uploads under the names that write_stream.c makes, and results
 * of Athena, which name them by the execution.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "fdw/base/error_map.h"
#include "fdw/base/epoch.h"
#include "fdw/base/on_reset.h"
#include "sql/s3/s3_common.h"

PG_FUNCTION_INFO_V1(pds_sweep);

typedef struct Sweep
{
	PdsResult	result;
	PdsS3Work  *work;
	PdsS3Uri	place;			/* key is a folder, or "" */
	TimestampTz before;			/* what was begun later is left alone */
	bool		dry_run;
} Sweep;

/* d a digit, x a hexadecimal one, everything else itself: what is left of name, or NULL */
static const char *
match_name(const char *name, const char *shape)
{
	for (; *shape; shape++, name++)
	{
		bool		digit = *name >= '0' && *name <= '9';

		if (*shape == 'd' ? !digit
			: *shape == 'x' ? !digit && !(*name >= 'a' && *name <= 'f')
			: *name != *shape)
			return NULL;
	}
	return name;
}

/* as write_stream.c names objects */
static bool
is_written_name(const char *name)
{
	const char *rest = match_name(name, "dddddddd_dddddd_xxxxxxxxxxxxxxxxxxxx_");

	return rest && match_name(rest, "ddddd") && strstr(rest, ".csv") != NULL;
}

static bool
is_result_name(const char *name)
{
	const char *rest = match_name(name, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx");

	return rest && (strcmp(rest, ".csv") == 0 || strcmp(rest, ".csv.metadata") == 0);
}

static void
found(Sweep *s, const char *action, const char *key, int64 bytes, int64 us)
{
	Datum		values[4];
	bool		nulls[4] = {false};

	values[0] = CStringGetTextDatum(action);
	values[1] = pds_s3_uri_datum(s->place.bucket, key);
	nulls[2] = bytes < 0;
	values[2] = Int64GetDatum(bytes);
	values[3] = TimestampTzGetDatum(pds_timestamp_of_unix(us));
	pds_result_row(&s->result, lengthof(values), values, nulls);
}

/* ---- uploads ---- */

static void
free_uploads(void *arg)
{
	pds_open_uploads_free(arg);
}

static void
sweep_uploads(Sweep *s)
{
	PdsOpenUploads *open = palloc0(sizeof(PdsOpenUploads));
	PdsError	err;
	size_t		i;

	pds_error_clear(&err);
	pds_on_reset(CurrentMemoryContext, free_uploads, open);
	if (!pds_s3_list_uploads(s->work->aws, s->place.bucket, s->place.key, open, &err))
		pds_s3_raise(s->work, s->place.bucket, "", &err);
	for (i = 0; i < open->n; i++)
	{
		PdsOpenUpload *u = &open->uploads[i];

		CHECK_FOR_INTERRUPTS();
		if (u->initiated_us == 0 || pds_timestamp_of_unix(u->initiated_us) >= s->before ||
			!is_written_name(pds_s3_basename(u->key)))
			continue;
		if (!s->dry_run && !pds_s3_abort_upload(s->work->aws, s->place.bucket, u->key, u->id, &err))
			pds_s3_raise(s->work, s->place.bucket, u->key, &err);
		found(s, "abort upload", u->key, -1, u->initiated_us);
	}
}

/* ---- results ---- */

/* The folder of results within the place, or NULL: elsewhere a file of such a name may be data. */
static const char *
results_folder(Sweep *s)
{
	const char *location = s->work->conn->options.output_location;
	PdsS3Uri	output;

	if (location == NULL)
		return NULL;
	pds_location_arg(location, &output.bucket, &output.key);
	output.key = pds_s3_folder(output.key);
	if (strcmp(output.bucket, s->place.bucket) != 0)
		return NULL;
	if (pds_str_has_prefix(s->place.key, output.key))
		return s->place.key;
	return pds_str_has_prefix(output.key, s->place.key) ? output.key : NULL;
}

static void
sweep_page(Sweep *s, const PdsObjectList *page)
{
	char	  **keys = palloc(sizeof(char *) * (page->n + 1));
	const PdsObject **old = palloc(sizeof(PdsObject *) * (page->n + 1));
	PdsError	err;
	size_t		n = 0;
	size_t		i;

	pds_error_clear(&err);
	for (i = 0; i < page->n; i++)
	{
		const PdsObject *o = &page->objects[i];

		if (o->modified_us == 0 || pds_timestamp_of_unix(o->modified_us) >= s->before ||
			!is_result_name(pds_s3_basename(o->key)))
			continue;
		old[n] = o;
		keys[n++] = o->key;
	}
	if (n > 0 && !s->dry_run &&
		!pds_s3_delete_many(s->work->aws, s->place.bucket, keys, n, NULL, &err))
		pds_s3_raise(s->work, s->place.bucket, "", &err);
	for (i = 0; i < n; i++)
		found(s, "delete result", old[i]->key, old[i]->size, old[i]->modified_us);
	pfree(keys);
	pfree(old);
}

static void
sweep_results(Sweep *s)
{
	const char *folder = results_folder(s);

	while (folder && pds_s3_next_page(s->work, s->place.bucket, folder, "/", 0))
	{
		CHECK_FOR_INTERRUPTS();
		sweep_page(s, &s->work->list);
	}
}

/* ---- arguments: server, location, older_than, dry_run ---- */

static void
swept_place(Sweep *s, FunctionCallInfo fcinfo)
{
	const char *location = s->work->conn->options.output_location;

	if (PG_ARGISNULL(1) && location == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("server \"%s\" has no output_location", s->work->conn->server_name),
				 errhint("Say what is to be swept: location => 's3://bucket/folder/'.")));
	if (PG_ARGISNULL(1))
		pds_location_arg(location, &s->place.bucket, &s->place.key);
	else
		s->place = pds_s3_uri(PG_GETARG_TEXT_PP(1));
	s->place.key = pds_s3_folder(s->place.key);
}

Datum
pds_sweep(PG_FUNCTION_ARGS)
{
	Sweep		s = {0};

	if (PG_ARGISNULL(2))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("argument \"%s\" must not be NULL", "older_than")));
	s.work = pds_s3_write_work(fcinfo, "pds.sweep()");
	s.dry_run = PG_ARGISNULL(3) || PG_GETARG_BOOL(3);
	s.before = DatumGetTimestampTz(DirectFunctionCall2(timestamptz_mi_interval,
													   TimestampTzGetDatum(GetCurrentTimestamp()),
													   PG_GETARG_DATUM(2)));
	if (s.before > GetCurrentTimestamp())
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("older_than must not be negative")));
	swept_place(&s, fcinfo);
	pds_result_begin(fcinfo, &s.result);
	sweep_uploads(&s);
	sweep_results(&s);
	return (Datum) 0;
}
