/*
 * s3.c
 *	  S3: list, head, read, delete (doc/dev/aws.md §4).
 *
 * Requests that find their bucket in another region learn that region and are
 * sent once more (doc/dev/aws.md §3.4).
 */
#include "core/s3/s3.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/calendar.h"
#include "core/s3/s3_internal.h"
#include "core/base/xml.h"

/* "s3://bucket/key" for messages */
static void
object_uri(char *out, size_t cap, const char *bucket, const char *key)
{
	char		text[2048];
	int			n = snprintf(text, sizeof(text), "s3://%s/%s", bucket, key ? key : "");

	pds_copy_cut(out, cap, text, n < (int) sizeof(text) ? (size_t) n : sizeof(text) - 1);
}

bool
pds_object_archived(const PdsObject *o)
{
	return !o->restored &&
		(o->archive_tier || strcmp(o->storage_class, "GLACIER") == 0 ||
		 strcmp(o->storage_class, "DEEP_ARCHIVE") == 0);
}

/* after an error of kind PDS_ERR_OBJECT_ARCHIVED */
static void
archived_hint(PdsError *err)
{
	pds_error_hint(err, "Restore it (aws s3api restore-object), or leave archived objects out: the "
				   "option archived_objects 'skip' of table or server.");
}

bool
pds_s3_archived_error(const char *bucket, const PdsObject *o, PdsError *err)
{
	char		resource[512];

	object_uri(resource, sizeof(resource), bucket, o->key);
	pds_error_set(err, PDS_ERR_OBJECT_ARCHIVED,
				  "%s is archived (storage class %s) and has not been restored", resource,
				  o->storage_class);
	pds_error_context(err, "s3", NULL, resource);
	archived_hint(err);
	return false;
}

bool
pds_object_hidden(const char *key, size_t location_prefix_len)
{
	size_t		len = strlen(key);
	const char *p;

	if (len <= location_prefix_len)
		return len == 0 || key[len - 1] == '/';
	for (p = key + location_prefix_len; p != NULL && *p != '\0';)
	{
		if (*p == '_' || *p == '.')
			return true;
		p = strchr(p, '/');
		if (p)
			p++;
	}
	return key[len - 1] == '/' || pds_str_has_suffix(key, "_$folder$");
}

void
pds_object_list_free(PdsObjectList *list)
{
	size_t		i;

	for (i = 0; i < list->n; i++)
		free(list->objects[i].key);
	for (i = 0; i < list->nprefixes; i++)
		free(list->prefixes[i]);
	free(list->objects);
	free(list->prefixes);
	memset(list, 0, sizeof(*list));
}

bool
pds_s3_call_locate(PdsS3Call *c, PdsStr *base, PdsStr *path, PdsError *err)
{
	char		region[64];

	pds_str_reset(base);
	pds_str_reset(path);
	/* an access point's name has its region, for the signature, too */
	if (sscanf(c->bucket, "arn:%*[^:]:s3:%63[^:]:", region) == 1)
		pds_aws_learn_bucket_region(c->aws, c->bucket, region);
	if (!pds_aws_s3_url(c->aws, c->bucket, c->key, base, path, err))
		return false;
	c->req.base_url = base->data;
	c->req.path = path->data;
	c->req.region = pds_aws_bucket_region(c->aws, c->bucket);
	c->req.headers = c->headers;
	c->req.nheaders = c->nheaders;
	return true;
}

/* What S3's bare answers do not say. */
static void
add_hints(PdsAws *aws, PdsError *err)
{
	size_t		n = strlen(err->hint);

	if (err->kind == PDS_ERR_OBJECT_ARCHIVED)
		archived_hint(err);
	else if (err->kind == PDS_ERR_ACCESS_DENIED &&
			 pds_credentials_anonymous(pds_aws_credentials(aws)))
		pds_error_hint(err, "The request was not signed (server option anonymous), and this is not "
					   "public: use a server with credentials.");
	else if (err->kind == PDS_ERR_ACCESS_DENIED && !pds_aws_requester_pays(aws))
		snprintf(err->hint + n, sizeof(err->hint) - n, "%sA requester-pays bucket refuses "
				 "everybody who has not agreed to pay: server option requester_pays.", n ? "  " : "");
}

bool
pds_s3_call_perform(PdsS3Call *c, PdsResponse *resp, PdsError *err)
{
	PdsStr		base;
	PdsStr		path;
	bool		ok;

	pds_str_init(&base);
	pds_str_init(&path);
	ok = pds_s3_call_locate(c, &base, &path, err) &&
		pds_http_perform(pds_aws_http(c->aws), &c->req, resp, err);
	if (!ok && pds_aws_follow_bucket(c->aws, c->bucket, err))
	{
		pds_response_free(resp);
		pds_response_init(resp);
		ok = pds_s3_call_locate(c, &base, &path, err) &&
			pds_http_perform(pds_aws_http(c->aws), &c->req, resp, err);
	}
	pds_str_free(&base);
	pds_str_free(&path);
	if (!ok)
		add_hints(c->aws, err);
	return ok;
}

PdsTransfer *
pds_s3_call_start(PdsS3Call *c, PdsError *err)
{
	PdsStr		base;
	PdsStr		path;
	PdsTransfer *t = NULL;

	pds_str_init(&base);
	pds_str_init(&path);
	if (pds_s3_call_locate(c, &base, &path, err))
		t = pds_http_start(pds_aws_http(c->aws), &c->req, err);
	pds_str_free(&base);
	pds_str_free(&path);
	return t;
}

void
pds_s3_call_header(PdsS3Call *c, const char *name, const char *value)
{
	c->headers[c->nheaders].name = name;
	c->headers[c->nheaders++].value = value;
}

void
pds_s3_call_init(PdsS3Call *c, PdsAws *aws, const char *bucket, const char *key,
				 const char *method, const char *operation)
{
	c->aws = aws;
	c->bucket = bucket;
	c->key = key;
	c->nheaders = 0;
	object_uri(c->resource, sizeof(c->resource), bucket, key);
	pds_aws_request(aws, PDS_S3, method, operation, c->resource, &c->req);
	if (pds_aws_requester_pays(aws))
		pds_s3_call_header(c, "x-amz-request-payer", "requester");
}

/* ---- ListObjectsV2 ---- */

typedef struct ListParse
{
	PdsObjectList *list;
	PdsObject	cur;			/* being collected */
	char	   *prefix;
	bool		encoded;		/* keys are percent-encoded */
	bool		is_truncated;
	PdsStr		token;
	size_t		max_objects;
	size_t		first_object;	/* of this page, for late decoding */
	size_t		first_prefix;
} ListParse;

bool
pds_object_list_add(PdsObjectList *l, PdsObject *o)
{
	if (l->n == l->cap)
	{
		size_t		cap = l->cap ? l->cap * 2 : 256;
		PdsObject  *grown = realloc(l->objects, cap * sizeof(PdsObject));

		if (grown == NULL)
		{
			free(o->key);
			o->key = NULL;
			return false;
		}
		l->objects = grown;
		l->cap = cap;
	}
	l->objects[l->n++] = *o;
	memset(o, 0, sizeof(*o));
	return true;
}

static bool
list_add_prefix(ListParse *p)
{
	PdsObjectList *l = p->list;

	if (p->prefix == NULL)
		return true;
	if (l->nprefixes == l->prefixes_cap)
	{
		size_t		cap = l->prefixes_cap ? l->prefixes_cap * 2 : 64;
		char	  **grown = realloc(l->prefixes, cap * sizeof(char *));

		if (grown == NULL)
			return false;
		l->prefixes = grown;
		l->prefixes_cap = cap;
	}
	l->prefixes[l->nprefixes++] = p->prefix;
	p->prefix = NULL;
	return true;
}

static bool
on_list_element(void *arg, const char *path, const char *text)
{
	ListParse  *p = arg;
	const char *name = strchr(path, '/');
	int64_t		us;

	if (name == NULL)
		return true;
	name++;
	if (strcmp(name, "Contents/Key") == 0)
	{
		free(p->cur.key);
		return (p->cur.key = pds_strdup(text)) != NULL;
	}
	if (strcmp(name, "Contents/Size") == 0)
		p->cur.size = strtoll(text, NULL, 10);
	else if (strcmp(name, "Contents/ETag") == 0)
		pds_copy_cut(p->cur.etag, sizeof(p->cur.etag), text, strlen(text));
	else if (strcmp(name, "Contents/LastModified") == 0)
		p->cur.modified_us = pds_time_of_text(text, &us) ? us : 0;
	else if (strcmp(name, "Contents/StorageClass") == 0)
		pds_copy_cut(p->cur.storage_class, sizeof(p->cur.storage_class),
					 strcmp(text, "STANDARD") == 0 ? "" : text,
					 strcmp(text, "STANDARD") == 0 ? 0 : strlen(text));

	/*
	 * a copy that can be read has a date at which it goes; one still being
	 * made has none
	 */
	else if (strcmp(name, "Contents/RestoreStatus/RestoreExpiryDate") == 0)
		p->cur.restored = true;
	else if (strcmp(name, "Contents") == 0)
		return p->cur.key == NULL || pds_object_list_add(p->list, &p->cur);
	else if (strcmp(name, "CommonPrefixes/Prefix") == 0)
	{
		free(p->prefix);
		return (p->prefix = pds_strdup(text)) != NULL;
	}
	else if (strcmp(name, "CommonPrefixes") == 0)
		return list_add_prefix(p);
	else if (strcmp(name, "EncodingType") == 0)
		p->encoded = strcmp(text, "url") == 0;
	else if (strcmp(name, "IsTruncated") == 0)
		p->is_truncated = strcmp(text, "true") == 0;
	else if (strcmp(name, "NextContinuationToken") == 0)
		return pds_str_append(&p->token, text);
	return true;
}

static void
append_param(PdsStr *q, const char *name, const char *value)
{
	if (value == NULL || value[0] == '\0')
		return;
	pds_str_appendf(q, "&%s=", name);
	pds_str_append_uri(q, value, strlen(value), false);
}

static bool
any_archived(const PdsObjectList *list, size_t from)
{
	for (; from < list->n; from++)
		if (pds_object_archived(&list->objects[from]))
			return true;
	return false;
}

/* Forget what comes after the first n objects and nprefixes common prefixes. */
static void
list_truncate(PdsObjectList *list, size_t n, size_t nprefixes)
{
	while (list->n > n)
		free(list->objects[--list->n].key);
	while (list->nprefixes > nprefixes)
		free(list->prefixes[--list->nprefixes]);
}

/*
 * A page with archived objects is asked for again, with their RestoreStatus, as
 * are the pages to come: not every other S3 knows the header.
 */
bool
pds_s3_list_page(PdsAws *aws, const char *bucket, const char *prefix, const char *delimiter,
				 const char *start_after, size_t max_objects, PdsObjectList *list, PdsStr *token,
				 PdsError *err)
{
	PdsS3Call	c;
	PdsResponse resp;
	PdsStr		query;
	ListParse	p = {.list = list};
	size_t		left = max_objects ? max_objects - list->n : 1000;
	size_t		i;
	bool		ok;
	bool		again;

	pds_str_init(&query);
	pds_response_init(&resp);
	p.first_object = list->n;
	p.first_prefix = list->nprefixes;
	pds_str_append(&query, "list-type=2&encoding-type=url");
	if (left < 1000)
		pds_str_appendf(&query, "&max-keys=%zu", left);
	append_param(&query, "prefix", prefix);
	append_param(&query, "delimiter", delimiter);
	if (token->len > 0)
		append_param(&query, "continuation-token", token->data);
	else
		append_param(&query, "start-after", start_after);
	pds_s3_call_init(&c, aws, bucket, NULL, "GET", "ListObjectsV2");
	object_uri(c.resource, sizeof(c.resource), bucket, prefix);
	if (list->restore_status)
		pds_s3_call_header(&c, "x-amz-optional-object-attributes", "RestoreStatus");
	c.req.query = query.data;
	ok = query.failed ? pds_error_oom(err) : pds_s3_call_perform(&c, &resp, err);
	if (ok)
		ok = pds_xml_walk(resp.body.data, resp.body.len, on_list_element, &p, "ListObjectsV2", err);
	if (ok && p.encoded)
	{
		for (i = p.first_object; i < list->n; i++)
			list->objects[i].key[pds_uri_decode(list->objects[i].key,
												strlen(list->objects[i].key), true)] = '\0';
		for (i = p.first_prefix; i < list->nprefixes; i++)
			list->prefixes[i][pds_uri_decode(list->prefixes[i],
											 strlen(list->prefixes[i]), true)] = '\0';
	}
	if (ok && p.is_truncated && p.token.len == 0)
	{
		ok = pds_error_set(err, PDS_ERR_PROTOCOL, "the listing of %s says that it goes on, but not how",
						   c.resource);
		pds_error_context(err, "s3", "ListObjectsV2", c.resource);
	}
	again = ok && !list->restore_status && any_archived(list, p.first_object);
	if (again)
	{
		list->restore_status = true;
		list_truncate(list, p.first_object, p.first_prefix);
	}
	else
	{
		pds_str_reset(token);
		if (ok && p.is_truncated)
			ok = pds_str_append(token, p.token.data) || pds_error_oom(err);
	}
	free(p.cur.key);
	free(p.prefix);
	pds_str_free(&p.token);
	pds_str_free(&query);
	pds_response_free(&resp);
	if (again)
		return pds_s3_list_page(aws, bucket, prefix, delimiter, start_after, max_objects, list, token,
								err);
	return ok;
}

bool
pds_s3_list(PdsAws *aws, const char *bucket, const char *prefix,
			const char *delimiter, const char *start_after,
			size_t max_objects, PdsObjectList *list, PdsError *err)
{
	size_t		limit = max_objects ? list->n + max_objects : 0;
	PdsStr		token;
	bool		ok = true;

	pds_str_init(&token);
	do
	{
		ok = pds_s3_list_page(aws, bucket, prefix, delimiter, start_after, limit, list, &token,
							  err);
		list->pages++;
		if (ok && limit && list->n >= limit)
		{
			list->truncated = token.len > 0;
			break;
		}
	} while (ok && token.len > 0);
	pds_str_free(&token);
	return ok;
}

/* ---- HeadObject, GetObject, DeleteObject ---- */

/* "?versionId=" for the query; NULL version_id: none */
static bool
version_query(PdsStr *q, const char *version_id, PdsError *err)
{
	pds_str_init(q);
	if (version_id == NULL)
		return true;
	pds_str_append(q, "versionId=");
	pds_str_append_uri(q, version_id, strlen(version_id), false);
	return !q->failed || pds_error_oom(err);
}

/* HEAD has no body to say what was wrong with a version. */
static void
explain_version(const char *resource, const char *version_id, PdsError *err)
{
	int			status = err->http_status;

	if (version_id == NULL || (status != 404 && status != 405))
		return;
	if (status == 404)
		pds_error_set(err, PDS_ERR_NOT_FOUND, "%s has no version \"%s\"", resource, version_id);
	else
		pds_error_set(err, PDS_ERR_NOT_FOUND, "version \"%s\" of %s is a delete marker", version_id,
					  resource);
	pds_error_hint(err, status == 404
				   ? "Its versions are listed by aws s3api list-object-versions; a version may have expired."
				   : "Nothing was stored then: name the version before it.");
	pds_error_context(err, "s3", "HeadObject", resource);
	err->http_status = status;
}

static void
head_of(const PdsResponse *resp, PdsObject *o)
{
	char		text[128];
	int64_t		us;

	o->size = resp->total_size;
	pds_copy_cut(o->etag, sizeof(o->etag), resp->etag, strlen(resp->etag));
	pds_response_header(resp, "x-amz-storage-class", o->storage_class, sizeof(o->storage_class));
	if (strcmp(o->storage_class, "STANDARD") == 0)
		o->storage_class[0] = '\0';
	o->archive_tier = pds_response_header(resp, "x-amz-archive-status", text, sizeof(text));
	o->restored = pds_response_header(resp, "x-amz-restore", text, sizeof(text)) &&
		strstr(text, "expiry-date") != NULL;
	if (pds_response_header(resp, "last-modified", text, sizeof(text)))
		o->modified_us = pds_time_of_text(text, &us) ? us : 0;
}

static bool
head(PdsAws *aws, const char *bucket, const char *key, const char *version_id, PdsObject *o,
	 PdsResponse *resp, PdsError *err)
{
	PdsS3Call	c;
	PdsStr		query;
	bool		ok;

	memset(o, 0, sizeof(*o));
	pds_s3_call_init(&c, aws, bucket, key, "HEAD", "HeadObject");
	pds_response_init(resp);
	ok = version_query(&query, version_id, err);
	c.req.query = query.data;
	if (ok && !(ok = pds_s3_call_perform(&c, resp, err)))
		explain_version(c.resource, version_id, err);
	if (ok)
	{
		o->key = pds_strdup(key);
		ok = o->key != NULL || pds_error_oom(err);
		head_of(resp, o);
	}
	pds_str_free(&query);
	return ok;
}

bool
pds_s3_head_all(PdsAws *aws, const char *bucket, const char *key, PdsObject *o,
				PdsResponse *resp, PdsError *err)
{
	return head(aws, bucket, key, NULL, o, resp, err);
}

bool
pds_s3_head_version(PdsAws *aws, const char *bucket, const char *key, const char *version_id,
					PdsObject *o, PdsError *err)
{
	PdsResponse resp;
	bool		ok = head(aws, bucket, key, version_id, o, &resp, err);

	pds_response_free(&resp);
	return ok;
}

bool
pds_s3_head(PdsAws *aws, const char *bucket, const char *key, PdsObject *o, PdsError *err)
{
	return pds_s3_head_version(aws, bucket, key, NULL, o, err);
}

bool
pds_s3_get(PdsAws *aws, const char *bucket, const char *key, int64_t first, int64_t last,
		   const char *if_match, PdsResponse *resp, PdsError *err)
{
	PdsS3Call	c;
	char		range[64];

	pds_s3_call_init(&c, aws, bucket, key, "GET", "GetObject");
	if (first >= 0)
	{
		snprintf(range, sizeof(range), "bytes=%" PRId64 "-%" PRId64, first, last);
		pds_s3_call_header(&c, "Range", range);
	}
	if (if_match && if_match[0])
		pds_s3_call_header(&c, "If-Match", if_match);
	pds_response_init(resp);
	return pds_s3_call_perform(&c, resp, err);
}

PdsTransfer *
pds_s3_get_start(PdsAws *aws, const char *bucket, const char *key, const char *version_id,
				 int64_t first, int64_t last, const char *etag, PdsRangeSink sink, void *arg,
				 PdsError *err)
{
	PdsS3Call	c;
	PdsStr		query;
	PdsTransfer *t = NULL;

	pds_s3_call_init(&c, aws, bucket, key, "GET", "GetObject");
	c.req.range_first = first;
	c.req.range_last = last;
	c.req.range_sink = sink;
	c.req.range_arg = arg;
	c.req.if_match = etag;
	if (version_query(&query, version_id, err))
	{
		c.req.query = query.data;
		t = pds_s3_call_start(&c, err);
	}
	pds_str_free(&query);
	return t;
}

bool
pds_s3_get_finish(PdsAws *aws, const char *bucket, PdsTransfer *t, PdsResponse *resp,
				  PdsError *err)
{
	if (pds_transfer_result(t, resp, err))
		return true;
	if (err->kind == PDS_ERR_WRONG_REGION)
		err->retryable = pds_aws_follow_bucket(aws, bucket, err);
	add_hints(aws, err);
	return false;
}

bool
pds_s3_delete(PdsAws *aws, const char *bucket, const char *key, PdsError *err)
{
	PdsS3Call	c;
	PdsResponse resp;
	bool		ok;

	pds_s3_call_init(&c, aws, bucket, key, "DELETE", "DeleteObject");
	pds_response_init(&resp);
	ok = pds_s3_call_perform(&c, &resp, err);
	pds_response_free(&resp);
	if (!ok && err->kind == PDS_ERR_NOT_FOUND && strcmp(err->aws_code, "NoSuchBucket") != 0)
		return true;
	return ok;
}
