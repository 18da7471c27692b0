/*
 * s3_common.c
 *	  What the SQL functions on S3 objects share.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include <unistd.h>

#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "utils/builtins.h"

#include "fdw/base/error_map.h"
#include "fdw/base/on_reset.h"
#include "fdw/write/upload_left.h"
#include "sql/s3/s3_common.h"

/* for the abort of an upload that an error left: somebody waits for his prompt */
#define ABORT_MS 2000

/* ---- what is held ---- */

static void
release_work(void *arg)
{
	PdsS3Work  *w = arg;

	pds_upload_free(w->upload);
	pds_fetch_free(w->fetch);
	pds_object_list_free(&w->list);
	pds_object_list_free(&w->before);
	pds_pager_free(&w->pager);
	pds_str_free(&w->token);
	pds_response_free(&w->resp);
}

PdsS3Work *
pds_s3_work(const char *server)
{
	PdsS3Work  *w = palloc0(sizeof(PdsS3Work));

	/*
	 * callbacks run last in, first out: the connection goes after what hangs
	 * on it
	 */
	w->conn = pds_function_connection(server, CurrentMemoryContext);
	w->aws = w->conn->aws;
	pds_response_init(&w->resp);
	pds_on_reset(CurrentMemoryContext, release_work, w);
	return w;
}

static void
give_up(int code, Datum arg)
{
	PdsS3Work  *w = (PdsS3Work *) DatumGetPointer(arg);
	PdsError	err;

	if (w->temp_file)
		(void) unlink(w->temp_file);
	w->temp_file = NULL;
	if (w->upload == NULL)
		return;
	pds_error_clear(&err);
	HOLD_INTERRUPTS();
	pds_set_deadline(ABORT_MS);
	(void) pds_upload_abort(w->upload, &err);
	pds_upload_left(w->conn, w->upload, &err);
	pds_set_deadline(0);
	RESUME_INTERRUPTS();
	pds_upload_free(w->upload);
	w->upload = NULL;
}

void
pds_s3_guarded(PdsS3Work *work, void (*fn) (void *arg), void *arg)
{
	PG_ENSURE_ERROR_CLEANUP(give_up, PointerGetDatum(work));
	{
		fn(arg);
	}
	PG_END_ENSURE_ERROR_CLEANUP(give_up, PointerGetDatum(work));
}

/* ---- locations ---- */

char *
pds_s3_from_utf8(const char *s)
{
	char	   *t = pg_any_to_server(s, strlen(s), PG_UTF8);

	return t == s ? pstrdup(s) : t;
}

char *
pds_s3_to_utf8(const text *t)
{
	char	   *s = text_to_cstring(t);

	return pg_server_to_any(s, strlen(s), PG_UTF8);
}

PdsS3Uri
pds_s3_uri(const text *arg)
{
	PdsS3Uri	uri;

	pds_location_arg(pds_s3_to_utf8(arg), &uri.bucket, &uri.key);
	return uri;
}

PdsS3Uri
pds_s3_object_uri(const text *arg)
{
	PdsS3Uri	uri = pds_s3_uri(arg);

	if (uri.key[0] == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"%s\" names a bucket, not an object", text_to_cstring(arg)),
				 errhint("Write s3://bucket/key.")));
	return uri;
}

char *
pds_s3_uri_string(const char *bucket, const char *key)
{
	return pds_s3_from_utf8(psprintf("s3://%s/%s", bucket, key));
}

Datum
pds_s3_uri_datum(const char *bucket, const char *key)
{
	return CStringGetTextDatum(pds_s3_uri_string(bucket, key));
}

const char *
pds_s3_basename(const char *key)
{
	const char *slash = strrchr(key, '/');

	return slash ? slash + 1 : key;
}

char *
pds_s3_folder(const char *prefix)
{
	size_t		n = strlen(prefix);

	return n == 0 || prefix[n - 1] == '/' ? pstrdup(prefix) : psprintf("%s/", prefix);
}

const char *
pds_s3_content_type(const char *name)
{
	static const char *const types[][2] = {
		{".csv", "text/csv"},
		{".tsv", "text/tab-separated-values"},
		{".txt", "text/plain"},
		{".html", "text/html"},
		{".md", "text/markdown"},
		{".json", "application/json"},
		{".xml", "application/xml"},
		{".pdf", "application/pdf"},
		{".svg", "image/svg+xml"},
		{".png", "image/png"},
		{".jpg", "image/jpeg"},
		{".jpeg", "image/jpeg"},
		{".gif", "image/gif"},
		{".gz", "application/gzip"},
		{".zip", "application/zip"},
	};
	size_t		n = strlen(name);
	size_t		i;

	for (i = 0; i < lengthof(types); i++)
	{
		size_t		len = strlen(types[i][0]);

		if (n > len && pg_strcasecmp(name + n - len, types[i][0]) == 0)
			return types[i][1];
	}
	return "application/octet-stream";
}

/* ---- listings, heads ---- */

bool
pds_s3_next_page(PdsS3Work *work, const char *bucket, const char *prefix,
				 const char *delimiter, size_t max_objects)
{
	PdsError	err;

	CHECK_FOR_INTERRUPTS();
	pds_object_list_free(&work->before);
	work->before = work->list;
	memset(&work->list, 0, sizeof(work->list));
	if (work->listed && !pds_pager_more(&work->pager))
		return false;
	pds_error_clear(&err);
	if (!pds_s3_list_page(work->aws, bucket, prefix, delimiter, NULL, max_objects, &work->list,
						  &work->pager, &err) ||
		!(pds_object_list_drop_repeated(&work->list, 0, &work->before) || pds_error_oom(&err)))
		pds_s3_raise(work, bucket, prefix, &err);
	work->listed = true;
	return true;
}

/* is it the bucket that is missing?  False, too, where we may not know. */
static bool
bucket_is_missing(PdsS3Work *work, const char *bucket)
{
	PdsError	err;
	bool		exists;

	pds_error_clear(&err);
	if (pds_s3_head_bucket(work->aws, bucket, &exists, NULL, 0, &err))
		return !exists;
	if (err.kind == PDS_ERR_CANCELLED)
		pds_raise(&err);
	return false;
}

bool
pds_s3_find(PdsS3Work *work, const PdsS3Uri *uri, PdsObject *o)
{
	PdsError	err;
	bool		found;

	pds_error_clear(&err);
	pds_response_free(&work->resp);
	found = pds_s3_head_all(work->aws, uri->bucket, uri->key, o, &work->resp, &err);
	free(o->key);
	o->key = NULL;
	if (!found && (err.kind != PDS_ERR_NOT_FOUND || bucket_is_missing(work, uri->bucket)))
		pds_s3_raise(work, uri->bucket, uri->key, &err);
	return found;
}

void
pds_s3_must_find(PdsS3Work *work, const PdsS3Uri *uri, PdsObject *o)
{
	PdsError	err;

	if (pds_s3_find(work, uri, o))
		return;
	pds_error_set(&err, PDS_ERR_NOT_FOUND, "not found");
	strcpy(err.aws_code, "NoSuchKey");
	pds_error_context(&err, "s3", "HeadObject", NULL);
	pds_s3_raise(work, uri->bucket, uri->key, &err);
}

void
pds_s3_raise(PdsS3Work *work, const char *bucket, const char *key, PdsError *err)
{
	PdsError	was = *err;
	bool		missing;

	if (err->kind == PDS_ERR_NOT_FOUND && strcmp(err->service, "s3") == 0)
	{
		/* a HEAD has no body to name the code */
		missing = strcmp(err->aws_code, "NoSuchBucket") == 0 ||
			(strcmp(err->aws_code, "NoSuchKey") != 0 && bucket_is_missing(work, bucket));
		if (missing)
		{
			pds_error_set(err, PDS_ERR_NOT_FOUND, "bucket \"%s\" does not exist", bucket);
			pds_error_hint(err, "Check its name, or make it: pds.s3_create_bucket('%s', '%s').",
						   work->conn->server_name, bucket);
		}
		else
		{
			pds_error_set(err, PDS_ERR_NOT_FOUND, "s3://%s/%s does not exist", bucket, key);
			pds_error_hint(err, "pds.s3_list('%s', 's3://%s/') shows what is there.",
						   work->conn->server_name, bucket);
		}
		pds_error_context(err, was.service, was.operation, was.resource);
		err->http_status = was.http_status;
		memcpy(err->aws_code, was.aws_code, sizeof(err->aws_code));
		memcpy(err->request_id, was.request_id, sizeof(err->request_id));
	}
	pds_raise(err);
}

/* ---- reading ---- */

typedef struct OneSplit
{
	PdsSplit	split;
	bool		given;
} OneSplit;

static bool
give_split(void *arg, PdsSplit *split)
{
	OneSplit   *one = arg;

	if (one->given)
		return false;
	one->given = true;
	*split = one->split;
	return true;
}

void
pds_s3_read(PdsS3Work *work, const PdsS3Uri *uri, const PdsObject *o, int64 first, int64 end,
			PdsS3Sink sink, void *arg)
{
	PdsFetchOptions opt = {
		.concurrency = work->conn->options.fetch_concurrency,
		.memory_limit = (size_t) 32 << 20
	};
	OneSplit	one = {
		.split = {
			.bucket = uri->bucket,
			.key = uri->key,
			.etag = o->etag[0] ? o->etag : NULL,
			.first = first,
			.end = end,
			.object_size = o->size
		}
	};
	PdsSplit	split;
	PdsError	err;
	char	   *data;
	size_t		len;

	if (first >= end)
		return;
	pds_error_clear(&err);
	work->fetch = pds_fetch_new(work->aws, &opt, give_split, &one, &err);
	if (work->fetch == NULL || !pds_fetch_next_split(work->fetch, &split, &err))
		pds_raise(&err);
	for (;;)
	{
		if (!pds_fetch_slice(work->fetch, &data, &len, &err))
			pds_s3_raise(work, uri->bucket, uri->key, &err);
		if (len == 0)
			break;
		sink(arg, data, len);
		CHECK_FOR_INTERRUPTS();
	}
	pds_fetch_free(work->fetch);
	work->fetch = NULL;
}

void
pds_s3_upload_options(const PdsS3Work *work, PdsUploadOptions *opt)
{
	memset(opt, 0, sizeof(*opt));
	/* the sockets that the connection has counted */
	opt->concurrency = Min(4, work->conn->options.fetch_concurrency);
}

/* ---- arguments and results ---- */

void
pds_s3_action_row(PdsResult *result, const char *action, const char *source, const char *target,
				  int64 bytes)
{
	Datum		values[4];
	bool		nulls[4] = {false, source == NULL, false, bytes < 0};

	values[0] = CStringGetTextDatum(action);
	values[1] = source ? CStringGetTextDatum(source) : (Datum) 0;
	values[2] = CStringGetTextDatum(target);
	values[3] = Int64GetDatum(bytes);
	pds_result_row(result, lengthof(values), values, nulls);
}

text *
pds_s3_text_arg(FunctionCallInfo fcinfo, int n, const char *name)
{
	if (PG_ARGISNULL(n))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s must not be null", name)));
	return PG_GETARG_TEXT_PP(n);
}

const char *
pds_s3_server_arg(FunctionCallInfo fcinfo)
{
	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("server must not be null")));
	return NameStr(*PG_GETARG_NAME(0));
}

PdsS3Work *
pds_s3_write_work(FunctionCallInfo fcinfo, const char *what)
{
	PreventCommandIfReadOnly(what);
	return pds_s3_work(pds_s3_server_arg(fcinfo));
}
