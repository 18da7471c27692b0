/*
 * s3_functions.c
 *	  SQL functions on S3 objects and buckets: list, head, get, put, delete,
 *	  presign.  Copies and files of the server are in s3_transfer.c.
 *
 * What changes S3 is not part of the transaction: it is done when the
 * function returns, and stays done when the transaction rolls back.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include <math.h>

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/formatting.h"
#include "utils/json.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "core/base/glob.h"
#include "core/base/uri.h"
#include "fdw/base/epoch.h"
#include "fdw/base/error_map.h"
#include "fdw/base/types.h"
#include "sql/s3/s3_common.h"

#define MAX_METADATA	24

PG_FUNCTION_INFO_V1(pds_s3_list_rows);
PG_FUNCTION_INFO_V1(pds_s3_head_row);
PG_FUNCTION_INFO_V1(pds_s3_exists);
PG_FUNCTION_INFO_V1(pds_s3_get_bytea);
PG_FUNCTION_INFO_V1(pds_s3_get_text);
PG_FUNCTION_INFO_V1(pds_s3_put_text);
PG_FUNCTION_INFO_V1(pds_s3_put_bytea);
PG_FUNCTION_INFO_V1(pds_s3_delete_one);
PG_FUNCTION_INFO_V1(pds_s3_delete_array);
PG_FUNCTION_INFO_V1(pds_s3_create_bucket_sql);
PG_FUNCTION_INFO_V1(pds_s3_delete_bucket_sql);
PG_FUNCTION_INFO_V1(pds_s3_presign_url);

/* ---- what rows show ---- */

/* without the quotes of the header */
static Datum
etag_datum(const char *etag)
{
	size_t		n = strlen(etag);

	if (n >= 2 && etag[0] == '"' && etag[n - 1] == '"')
		return PointerGetDatum(cstring_to_text_with_len(etag + 1, (int) n - 2));
	return CStringGetTextDatum(etag);
}

static Datum
storage_class_datum(const PdsObject *o)
{
	return CStringGetTextDatum(o->storage_class[0] ? o->storage_class : "STANDARD");
}

/* ---- s3_list ---- */

typedef struct ListCall
{
	PdsResult	result;
	PdsS3Work  *work;
	const char *bucket;
	size_t		skip;			/* bytes of a key before its name */
	const char *pattern;		/* UTF-8, of the name; NULL: all */
	bool		has_after;
	bool		has_before;
	TimestampTz after;
	TimestampTz before;
	int64		left;			/* rows that may still come */
	MemoryContext row;
} ListCall;

enum
{
	L_URI, L_NAME, L_SIZE, L_MODIFIED, L_ETAG, L_STORAGE_CLASS, L_IS_PREFIX, L_COLUMNS
};

static void
list_prefix(ListCall *l, const char *prefix)
{
	Datum		values[L_COLUMNS];
	bool		nulls[L_COLUMNS];
	const char *name = prefix + Min(l->skip, strlen(prefix));

	/* it has no time: a filter by time leaves it out */
	if (l->left == 0 || l->has_after || l->has_before ||
		(l->pattern && !pds_glob_match(l->pattern, name)))
		return;
	memset(nulls, true, sizeof(nulls));
	values[L_URI] = pds_s3_uri_datum(l->bucket, prefix);
	values[L_NAME] = CStringGetTextDatum(pds_s3_from_utf8(name));
	values[L_IS_PREFIX] = BoolGetDatum(true);
	nulls[L_URI] = nulls[L_NAME] = nulls[L_IS_PREFIX] = false;
	pds_result_row(&l->result, lengthof(values), values, nulls);
	l->left--;
}

static void
list_object(ListCall *l, const PdsObject *o)
{
	Datum		values[L_COLUMNS];
	bool		nulls[L_COLUMNS];
	const char *name = o->key + Min(l->skip, strlen(o->key));
	TimestampTz modified = pds_timestamp_of_unix(o->modified_us);

	if (l->left == 0 || (l->has_after && modified <= l->after) ||
		(l->has_before && modified >= l->before) ||
		(l->pattern && !pds_glob_match(l->pattern, name)))
		return;
	memset(nulls, false, sizeof(nulls));
	values[L_URI] = pds_s3_uri_datum(l->bucket, o->key);
	values[L_NAME] = CStringGetTextDatum(pds_s3_from_utf8(name));
	values[L_SIZE] = Int64GetDatum(o->size);
	values[L_MODIFIED] = TimestampTzGetDatum(modified);
	values[L_ETAG] = etag_datum(o->etag);
	values[L_STORAGE_CLASS] = storage_class_datum(o);
	values[L_IS_PREFIX] = BoolGetDatum(false);
	pds_result_row(&l->result, lengthof(values), values, nulls);
	l->left--;
}

/* objects and prefixes of a page, in the order of their bytes */
static void
list_page(ListCall *l)
{
	PdsObjectList *page = &l->work->list;
	size_t		i = 0;
	size_t		k = 0;

	while (i < page->n || k < page->nprefixes)
	{
		MemoryContext old = MemoryContextSwitchTo(l->row);

		if (k == page->nprefixes ||
			(i < page->n && strcmp(page->objects[i].key, page->prefixes[k]) < 0))
			list_object(l, &page->objects[i++]);
		else
			list_prefix(l, page->prefixes[k++]);
		MemoryContextSwitchTo(old);
		MemoryContextReset(l->row);
	}
}

static void
list_buckets(ListCall *l)
{
	PdsS3Work  *w = l->work;
	PdsError	err;
	size_t		i;

	do
	{
		CHECK_FOR_INTERRUPTS();
		pds_error_clear(&err);
		pds_object_list_free(&w->list);
		if (!pds_s3_list_buckets(w->aws, &w->list, &w->pager, &err))
			pds_raise(&err);
		for (i = 0; i < w->list.n && l->left > 0; i++)
		{
			const PdsObject *o = &w->list.objects[i];
			TimestampTz created = pds_timestamp_of_unix(o->modified_us);
			Datum		values[L_COLUMNS];
			bool		nulls[L_COLUMNS] = {false, false, true, false, true, true, false};

			if ((l->has_after && created <= l->after) || (l->has_before && created >= l->before) ||
				(l->pattern && !pds_glob_match(l->pattern, o->key)))
				continue;
			values[L_URI] = pds_s3_uri_datum(o->key, "");
			values[L_NAME] = CStringGetTextDatum(pds_s3_from_utf8(o->key));
			values[L_MODIFIED] = TimestampTzGetDatum(created);
			values[L_IS_PREFIX] = BoolGetDatum(true);
			pds_result_row(&l->result, lengthof(values), values, nulls);
			l->left--;
		}
	} while (pds_pager_more(&w->pager) && l->left > 0);
}

Datum
pds_s3_list_rows(PG_FUNCTION_ARGS)
{
	text	   *arg = pds_s3_text_arg(fcinfo, 1, "uri");
	bool		recursive = !PG_ARGISNULL(2) && PG_GETARG_BOOL(2);
	char	   *where = text_to_cstring(arg);
	PdsS3Uri	uri;
	ListCall	l;

	memset(&l, 0, sizeof(l));
	l.pattern = PG_ARGISNULL(3) ? NULL : pds_s3_to_utf8(PG_GETARG_TEXT_PP(3));
	l.has_after = !PG_ARGISNULL(4);
	l.after = l.has_after ? PG_GETARG_TIMESTAMPTZ(4) : 0;
	l.has_before = !PG_ARGISNULL(5);
	l.before = l.has_before ? PG_GETARG_TIMESTAMPTZ(5) : 0;
	l.left = PG_ARGISNULL(6) ? PG_INT64_MAX : PG_GETARG_INT64(6);
	if (l.left < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("max_results must not be negative")));
	l.work = pds_s3_work(pds_s3_server_arg(fcinfo));
	l.row = AllocSetContextCreate(CurrentMemoryContext, "pds_fdw row", ALLOCSET_DEFAULT_SIZES);
	pds_result_begin(fcinfo, &l.result);
	if (strcmp(where, "s3://") == 0)
	{
		list_buckets(&l);
		return (Datum) 0;
	}
	uri = pds_s3_uri(arg);
	l.bucket = uri.bucket;
	l.skip = (size_t) (pds_s3_basename(uri.key) - uri.key);
	while (l.left > 0 && pds_s3_next_page(l.work, uri.bucket, uri.key, recursive ? NULL : "/",
										  l.pattern || l.has_after || l.has_before
										  ? 0 : (size_t) Min(l.left, 1000)))
		list_page(&l);
	return (Datum) 0;
}

/* ---- s3_head, s3_exists ---- */

/* the x-amz-meta- headers; NULL when there are none */
static Jsonb *
metadata_of(const PdsResponse *resp)
{
	StringInfoData json;
	PdsStr		value;
	char		name[160];
	size_t		at = 0;

	initStringInfo(&json);
	pds_str_init(&value);
	while (pds_response_next_header(resp, &at, name, sizeof(name), &value))
	{
		const char *text = pds_str_text(&value);

		if (pg_strncasecmp(name, "x-amz-meta-", 11) != 0 ||
			!pds_encoding_valid(PG_UTF8, text, (int) strlen(text)) ||
			!pds_encoding_valid(PG_UTF8, name, (int) strlen(name)))
			continue;
		appendStringInfoString(&json, json.len ? ", " : "{");
		/* S3 keeps the names in lower case, and so do we whoever sends them */
		escape_json(&json, asc_tolower(name + 11, strlen(name + 11)));
		appendStringInfoString(&json, ": ");
		escape_json(&json, text);
	}
	pds_str_free(&value);
	if (json.len == 0)
		return NULL;
	appendStringInfoChar(&json, '}');
	return DatumGetJsonbP(DirectFunctionCall1(jsonb_in,
											  CStringGetDatum(pds_s3_from_utf8(json.data))));
}

static Datum
header_datum(const PdsResponse *resp, const char *name, bool *isnull)
{
	char		value[1024];

	*isnull = !pds_response_header(resp, name, value, sizeof(value)) ||
		!pds_encoding_valid(PG_UTF8, value, (int) strlen(value));
	return *isnull ? (Datum) 0 : CStringGetTextDatum(pds_s3_from_utf8(value));
}

Datum
pds_s3_head_row(PG_FUNCTION_ARGS)
{
	PdsS3Uri	uri = pds_s3_object_uri(pds_s3_text_arg(fcinfo, 1, "uri"));
	PdsS3Work  *work = pds_s3_work(pds_s3_server_arg(fcinfo));
	PdsObject	o;
	Datum		values[8];
	bool		nulls[8] = {false};
	Jsonb	   *metadata;

	pds_s3_must_find(work, &uri, &o);
	metadata = metadata_of(&work->resp);
	values[0] = pds_s3_uri_datum(uri.bucket, uri.key);
	values[1] = Int64GetDatum(o.size);
	values[2] = TimestampTzGetDatum(pds_timestamp_of_unix(o.modified_us));
	values[3] = etag_datum(o.etag);
	values[4] = header_datum(&work->resp, "content-type", &nulls[4]);
	values[5] = storage_class_datum(&o);
	values[6] = header_datum(&work->resp, "x-amz-version-id", &nulls[6]);
	values[7] = PointerGetDatum(metadata);
	nulls[7] = metadata == NULL;
	PG_RETURN_DATUM(pds_row_datum(fcinfo, lengthof(values), values, nulls));
}

Datum
pds_s3_exists(PG_FUNCTION_ARGS)
{
	PdsS3Uri	uri = pds_s3_uri(PG_GETARG_TEXT_PP(1));
	PdsS3Work  *work = pds_s3_work(pds_s3_server_arg(fcinfo));
	PdsObject	o;
	PdsError	err;
	bool		exists;

	pds_error_clear(&err);
	if (!pds_s3_head_bucket(work->aws, uri.bucket, &exists, NULL, 0, &err))
	{
		/* the right to look at objects may be all there is */
		if (err.kind != PDS_ERR_ACCESS_DENIED || uri.key[0] == '\0')
			pds_raise(&err);
		exists = true;
	}
	if (!exists || uri.key[0] == '\0')
		PG_RETURN_BOOL(exists);
	if (pds_s3_find(work, &uri, &o))
		PG_RETURN_BOOL(true);
	/* a folder: something is below it */
	if (!pds_str_has_suffix(uri.key, "/"))
		PG_RETURN_BOOL(false);
	(void) pds_s3_next_page(work, uri.bucket, uri.key, NULL, 1);
	PG_RETURN_BOOL(work->list.n > 0);
}

/* ---- s3_get ---- */

typedef struct ObjectBytes
{
	char	   *data;
	size_t		len;
} ObjectBytes;

static void
collect_object(void *arg, const char *data, size_t len)
{
	ObjectBytes *c = arg;

	memcpy(c->data + c->len, data, len);
	c->len += len;
}

/* the bytes asked for, with a varlena header */
static bytea *
get_object(FunctionCallInfo fcinfo)
{
	PdsS3Uri	uri = pds_s3_object_uri(pds_s3_text_arg(fcinfo, 1, "uri"));
	int64		first = PG_ARGISNULL(2) ? 0 : PG_GETARG_INT64(2);
	int64		want = PG_ARGISNULL(3) ? PG_INT64_MAX : PG_GETARG_INT64(3);
	PdsS3Work  *work = pds_s3_work(pds_s3_server_arg(fcinfo));
	PdsObject	o;
	ObjectBytes c;
	bytea	   *result;

	if (want < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("bytes must not be negative")));
	pds_s3_must_find(work, &uri, &o);
	/* from the end */
	if (first < 0)
		first = first + o.size < 0 ? 0 : first + o.size;
	if (first > o.size)
		first = o.size;
	if (want > o.size - first)
		want = o.size - first;
	if (want > (int64) (MaxAllocSize - VARHDRSZ))
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("%s is too large for a value: %lld bytes",
						pds_s3_uri_string(uri.bucket, uri.key), (long long) want),
				 errdetail("A value holds less than 1 GB."),
				 errhint("Read a part of it with first_byte and bytes, or pds.s3_download it to a file of the server.")));
	result = palloc((Size) want + VARHDRSZ);
	c.data = VARDATA(result);
	c.len = 0;
	pds_s3_read(work, &uri, &o, first, first + want, collect_object, &c);
	if (c.len != (size_t) want)
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("%s has changed while it was being read",
						pds_s3_uri_string(uri.bucket, uri.key))));
	SET_VARSIZE(result, want + VARHDRSZ);
	return result;
}

Datum
pds_s3_get_bytea(PG_FUNCTION_ARGS)
{
	PG_RETURN_BYTEA_P(get_object(fcinfo));
}

Datum
pds_s3_get_text(PG_FUNCTION_ARGS)
{
	int			encoding = PG_UTF8;
	bytea	   *bytes;
	char	   *text;
	char	   *data;
	int			len;

	if (!PG_ARGISNULL(4))
	{
		const char *name = NameStr(*PG_GETARG_NAME(4));

		encoding = pg_char_to_encoding(name);
		if (encoding < 0)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_OBJECT),
					 errmsg("encoding \"%s\" does not exist", name)));
	}
	bytes = get_object(fcinfo);
	data = VARDATA(bytes);
	len = (int) VARSIZE(bytes) - VARHDRSZ;
	/* a byte order mark is not text */
	if (encoding == PG_UTF8 && len >= 3 && memcmp(data, "\xEF\xBB\xBF", 3) == 0 &&
		(PG_ARGISNULL(2) || PG_GETARG_INT64(2) == 0))
	{
		data += 3;
		len -= 3;
	}
	text = pg_any_to_server(data, len, encoding);
	if (text == data)
	{
		/* it is ours: moved to the front it can be returned as it is */
		memmove(VARDATA(bytes), data, (size_t) len);
		SET_VARSIZE(bytes, len + VARHDRSZ);
		PG_RETURN_TEXT_P((struct varlena *) bytes);
	}
	PG_RETURN_TEXT_P(cstring_to_text(text));
}

/* ---- s3_put ---- */

/* A header's value is one line of ASCII: anything else would be another header, or not arrive. */
static char *
header_value(const char *what, const char *value)
{
	const char *p;

	for (p = value; *p; p++)
		if (*p < 0x20 || *p > 0x7e)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("%s must be one line of ASCII characters", what),
					 errhint("S3 keeps such values in headers of HTTP.")));
	return pstrdup(value);
}

/* x-amz-meta-NAME headers of a JSON object of scalars; returns how many */
static int
metadata_headers(Jsonb *metadata, PdsHeader *headers)
{
	JsonbIterator *it = JsonbIteratorInit(&metadata->root);
	JsonbIteratorToken token;
	JsonbValue	v;
	int			n = 0;
	char	   *name = NULL;

	if (!JB_ROOT_IS_OBJECT(metadata))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("metadata must be a JSON object"),
				 errhint("Write '{\"author\": \"me\"}'.")));
	while ((token = JsonbIteratorNext(&it, &v, true)) != WJB_DONE)
	{
		const char *value;

		if (token == WJB_KEY)
		{
			name = pnstrdup(v.val.string.val, v.val.string.len);
			if (name[0] == '\0' ||
				strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") !=
				strlen(name) || strlen(name) > 100)
				ereport(ERROR,
						(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						 errmsg("\"%s\" cannot be the name of metadata", name),
						 errhint("Names consist of letters, digits, '-', '_' and '.'.")));
			continue;
		}
		if (token != WJB_VALUE)
			continue;
		if (v.type == jbvString)
			value = pnstrdup(v.val.string.val, v.val.string.len);
		else if (v.type == jbvNumeric)
			value = DatumGetCString(DirectFunctionCall1(numeric_out,
														NumericGetDatum(v.val.numeric)));
		else if (v.type == jbvBool)
			value = v.val.boolean ? "true" : "false";
		else
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("metadata \"%s\" must be a string, a number or a boolean", name)));
		if (n == MAX_METADATA)
			ereport(ERROR,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					 errmsg("an object can have %d metadata at most", MAX_METADATA)));
		headers[n].name = psprintf("x-amz-meta-%s", asc_tolower(name, strlen(name)));
		headers[n++].value = header_value("a value of metadata", value);
	}
	return n;
}

typedef struct PutCall
{
	PdsS3Work  *work;
	PdsS3Uri	uri;
	PdsUploadOptions opt;
	const char *data;
	size_t		len;
} PutCall;

static void
put_content(void *arg)
{
	PutCall    *p = arg;
	PdsS3Work  *w = p->work;
	PdsError	err;

	pds_error_clear(&err);
	w->upload = pds_upload_new(w->aws, p->uri.bucket, p->uri.key, &p->opt, &err);
	if (w->upload == NULL || !pds_upload_write(w->upload, p->data, p->len, &err) ||
		!pds_upload_finish(w->upload, &err) || !pds_upload_complete(w->upload, &err))
		pds_s3_raise(w, p->uri.bucket, p->uri.key, &err);
	pds_upload_free(w->upload);
	w->upload = NULL;
}

void
pds_s3_put_bytes(PdsS3Work *work, PdsS3Uri to, const char *data, size_t len)
{
	PutCall		p;

	memset(&p, 0, sizeof(p));
	p.work = work;
	p.uri = to;
	p.data = data;
	p.len = len;
	pds_s3_upload_options(work, &p.opt);
	p.opt.expected = (int64) len;
	p.opt.put.content_type = pds_s3_content_type(to.key);
	pds_s3_guarded(work, put_content, &p);
}

/* arguments: server, uri, content, content_type, metadata, storage_class, overwrite */
static Datum
put_object(FunctionCallInfo fcinfo, const char *data, size_t len)
{
	PdsHeader	headers[MAX_METADATA + 1];
	PutCall		p;
	PdsPutOptions *put = &p.opt.put;

	memset(&p, 0, sizeof(p));
	p.uri = pds_s3_object_uri(pds_s3_text_arg(fcinfo, 1, "uri"));
	p.work = pds_s3_write_work(fcinfo, "pds.s3_put()");
	p.data = data;
	p.len = len;
	pds_s3_upload_options(p.work, &p.opt);
	p.opt.expected = (int64) len;
	put->content_type = PG_ARGISNULL(3) ? pds_s3_content_type(p.uri.key)
		: header_value("content_type", text_to_cstring(PG_GETARG_TEXT_PP(3)));
	put->headers = headers;
	if (!PG_ARGISNULL(4))
		put->nheaders = metadata_headers(PG_GETARG_JSONB_P(4), headers);
	if (!PG_ARGISNULL(5))
	{
		headers[put->nheaders].name = "x-amz-storage-class";
		headers[put->nheaders++].value = header_value("storage_class",
													  text_to_cstring(PG_GETARG_TEXT_PP(5)));
	}
	put->create_only = !PG_ARGISNULL(6) && !PG_GETARG_BOOL(6);
	pds_s3_guarded(p.work, put_content, &p);
	return Int64GetDatum((int64) len);
}

Datum
pds_s3_put_text(PG_FUNCTION_ARGS)
{
	char	   *utf8 = pds_s3_to_utf8(pds_s3_text_arg(fcinfo, 2, "content"));

	return put_object(fcinfo, utf8, strlen(utf8));
}

Datum
pds_s3_put_bytea(PG_FUNCTION_ARGS)
{
	bytea	   *content = pds_s3_text_arg(fcinfo, 2, "content");

	return put_object(fcinfo, VARDATA_ANY(content), VARSIZE_ANY_EXHDR(content));
}

/* ---- s3_delete ---- */

typedef struct DeleteCall
{
	PdsResult	result;
	PdsS3Work  *work;
	bool		dry_run;
} DeleteCall;

/* keys of one bucket, which exist as far as we know; size may be NULL */
static void
delete_keys(DeleteCall *d, const char *bucket, char **keys, const int64 *sizes, size_t n)
{
	PdsError	err;
	size_t		i;

	pds_error_clear(&err);
	if (!d->dry_run && n == 1)
	{
		if (!pds_s3_delete(d->work->aws, bucket, keys[0], &err))
			pds_s3_raise(d->work, bucket, keys[0], &err);
	}
	else if (!d->dry_run && !pds_s3_delete_many(d->work->aws, bucket, keys, n, NULL, &err))
		pds_s3_raise(d->work, bucket, "", &err);
	for (i = 0; i < n; i++)
	{
		char	   *uri = pds_s3_uri_string(bucket, keys[i]);

		pds_s3_action_row(&d->result, "delete", NULL, uri, sizes ? sizes[i] : -1);
		pfree(uri);
	}
}

/* all below a prefix, page by page */
static void
delete_below(DeleteCall *d, const PdsS3Uri *uri, const char *pattern)
{
	PdsObjectList *page = &d->work->list;
	size_t		skip = (size_t) (pds_s3_basename(uri->key) - uri->key);

	while (pds_s3_next_page(d->work, uri->bucket, uri->key, NULL, 0))
	{
		char	  **keys = palloc(sizeof(char *) * (page->n + 1));
		int64	   *sizes = palloc(sizeof(int64) * (page->n + 1));
		size_t		n = 0;
		size_t		i;

		for (i = 0; i < page->n; i++)
			if (pattern == NULL || pds_glob_match(pattern, page->objects[i].key + skip))
			{
				keys[n] = page->objects[i].key;
				sizes[n++] = page->objects[i].size;
			}
		if (n > 0)
			delete_keys(d, uri->bucket, keys, sizes, n);
		pfree(keys);
		pfree(sizes);
	}
}

Datum
pds_s3_delete_one(PG_FUNCTION_ARGS)
{
	text	   *arg = pds_s3_text_arg(fcinfo, 1, "uri");
	bool		recursive = !PG_ARGISNULL(2) && PG_GETARG_BOOL(2);
	PdsS3Uri	uri = recursive ? pds_s3_uri(arg) : pds_s3_object_uri(arg);
	DeleteCall	d;

	memset(&d, 0, sizeof(d));
	d.dry_run = !PG_ARGISNULL(4) && PG_GETARG_BOOL(4);
	if (!recursive && !PG_ARGISNULL(3))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("pattern needs recursive")));
	d.work = pds_s3_write_work(fcinfo, "pds.s3_delete()");
	pds_result_begin(fcinfo, &d.result);
	if (recursive)
		delete_below(&d, &uri, PG_ARGISNULL(3) ? NULL : pds_s3_to_utf8(PG_GETARG_TEXT_PP(3)));
	else
	{
		PdsObject	o;

		/*
		 * S3 answers the same whether it was there or not; a row says that it
		 * was
		 */
		if (pds_s3_find(d.work, &uri, &o))
		{
			int64		size = o.size;

			delete_keys(&d, uri.bucket, &uri.key, &size, 1);
		}
	}
	return (Datum) 0;
}

Datum
pds_s3_delete_array(PG_FUNCTION_ARGS)
{
	DeleteCall	d;
	Datum	   *items;
	bool	   *nulls;
	int			n;
	char	  **keys;
	const char *bucket = NULL;
	size_t		nkeys = 0;
	int			i;

	memset(&d, 0, sizeof(d));
	if (PG_ARGISNULL(1))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("uris must not be null")));
	d.dry_run = !PG_ARGISNULL(2) && PG_GETARG_BOOL(2);
	d.work = pds_s3_write_work(fcinfo, "pds.s3_delete()");
	pds_result_begin(fcinfo, &d.result);
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(1), TEXTOID, -1, false, TYPALIGN_INT, &items, &nulls,
					  &n);
	keys = palloc(sizeof(char *) * (n + 1));
	/* as long as they are of one bucket they go together */
	for (i = 0; i < n; i++)
	{
		PdsS3Uri	uri;

		if (nulls[i])
			continue;
		uri = pds_s3_object_uri(DatumGetTextPP(items[i]));
		if (nkeys > 0 && strcmp(bucket, uri.bucket) != 0)
		{
			delete_keys(&d, bucket, keys, NULL, nkeys);
			nkeys = 0;
		}
		bucket = uri.bucket;
		keys[nkeys++] = uri.key;
	}
	if (nkeys > 0)
		delete_keys(&d, bucket, keys, NULL, nkeys);
	return (Datum) 0;
}

/* ---- buckets ---- */

/* "bucket" or "s3://bucket/" */
static char *
bucket_arg(FunctionCallInfo fcinfo, int n)
{
	text	   *arg = pds_s3_text_arg(fcinfo, n, "bucket");
	char	   *name = pds_s3_to_utf8(arg);
	PdsS3Uri	uri;

	if (!pds_uri_has_scheme(name))
		return name;
	uri = pds_s3_uri(arg);
	if (uri.key[0])
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"%s\" is not a bucket", text_to_cstring(arg)),
				 errhint("Write its name, or s3://bucket/.")));
	return uri.bucket;
}

Datum
pds_s3_create_bucket_sql(PG_FUNCTION_ARGS)
{
	char	   *bucket = bucket_arg(fcinfo, 1);
	const char *region = PG_ARGISNULL(2) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(2));
	bool		exist_ok = !PG_ARGISNULL(3) && PG_GETARG_BOOL(3);
	PdsS3Work  *work = pds_s3_write_work(fcinfo, "pds.s3_create_bucket()");
	PdsError	err;
	bool		existed;

	pds_error_clear(&err);
	if (!pds_s3_create_bucket(work->aws, bucket, region, &existed, &err))
		pds_raise(&err);
	if (existed && !exist_ok)
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_OBJECT),
				 errmsg("bucket \"%s\" exists already", bucket),
				 errhint("With exist_ok => true that is no error.")));
	PG_RETURN_BOOL(!existed);
}

Datum
pds_s3_delete_bucket_sql(PG_FUNCTION_ARGS)
{
	char	   *bucket = bucket_arg(fcinfo, 1);
	bool		missing_ok = !PG_ARGISNULL(2) && PG_GETARG_BOOL(2);
	PdsS3Work  *work = pds_s3_write_work(fcinfo, "pds.s3_delete_bucket()");
	PdsError	err;

	pds_error_clear(&err);
	if (pds_s3_delete_bucket(work->aws, bucket, &err))
		PG_RETURN_BOOL(true);
	if (missing_ok && err.kind == PDS_ERR_NOT_FOUND)
		PG_RETURN_BOOL(false);
	pds_s3_raise(work, bucket, "", &err);
}

/* ---- s3_presign ---- */

Datum
pds_s3_presign_url(PG_FUNCTION_ARGS)
{
	PdsS3Uri	uri = pds_s3_object_uri(pds_s3_text_arg(fcinfo, 1, "uri"));
	Interval   *expires = PG_GETARG_INTERVAL_P(2);
	PdsS3Work  *work = pds_s3_work(pds_s3_server_arg(fcinfo));
	double		seconds = expires->time / 1e6 + expires->day * 86400.0 +
		expires->month * 30 * 86400.0;
	PdsError	err;
	bool		exists;

	if (seconds < 1 || seconds > 604800)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a presigned URL is valid for one second to seven days")));
	pds_error_clear(&err);

	/*
	 * the URL is good in the bucket's region only; an error is for who uses
	 * it
	 */
	if (!pds_s3_head_bucket(work->aws, uri.bucket, &exists, NULL, 0, &err) &&
		(err.kind == PDS_ERR_CANCELLED || err.kind == PDS_ERR_CONFIG))
		pds_raise(&err);
	if (!pds_s3_presign(work->aws, "GET", uri.bucket, uri.key, (long) floor(seconds), &work->token,
						&err))
		pds_raise(&err);
	PG_RETURN_TEXT_P(cstring_to_text(pds_str_text(&work->token)));
}
