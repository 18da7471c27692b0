/*
 * s3.c
 *	  S3: head, read, delete (doc/dev/aws.md §4).
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

void
pds_s3_name(char *out, size_t cap, const char *bucket, const char *key)
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
bool
pds_s3_archived_error(const char *bucket, const PdsObject *o, PdsError *err)
{
	char		resource[512];

	pds_s3_name(resource, sizeof(resource), bucket, o->key);
	pds_error_set(err, PDS_ERR_OBJECT_ARCHIVED,
				  "%s is archived (storage class %s) and has not been restored", resource,
				  o->storage_class);
	pds_error_context(err, "s3", NULL, resource);
	pds_error_advise(err, PDS_ADVICE_ARCHIVED);
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
	if (err->kind == PDS_ERR_OBJECT_ARCHIVED)
		pds_error_advise(err, PDS_ADVICE_ARCHIVED);
	else if (err->kind == PDS_ERR_ACCESS_DENIED &&
			 pds_credentials_anonymous(pds_aws_credentials(aws)))
		pds_error_advise(err, PDS_ADVICE_NOT_PUBLIC);
	else if (err->kind == PDS_ERR_ACCESS_DENIED && !pds_aws_requester_pays(aws))
		err->advice = PDS_ADVICE_REQUESTER_PAYS;	/* beside the hint */
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

bool
pds_s3_call_finish(PdsS3Call *c, PdsTransfer *t, PdsResponse *resp, PdsError *err)
{
	bool		ok = pds_http_finish(pds_aws_http(c->aws), t, resp, err);

	if (!ok && pds_aws_follow_bucket(c->aws, c->bucket, err))
	{
		pds_response_free(resp);
		pds_response_init(resp);
		ok = pds_http_finish(pds_aws_http(c->aws), pds_s3_call_start(c, err), resp, err);
	}
	if (!ok)
		add_hints(c->aws, err);
	return ok;
}

bool
pds_s3_call_perform(PdsS3Call *c, PdsResponse *resp, PdsError *err)
{
	return pds_s3_call_finish(c, pds_s3_call_start(c, err), resp, err);
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
	pds_s3_name(c->resource, sizeof(c->resource), bucket, key);
	pds_aws_request(aws, PDS_S3, method, operation, c->resource, &c->req);
	if (pds_aws_requester_pays(aws))
		pds_s3_call_header(c, "x-amz-request-payer", "requester");
}

bool
pds_s3_call_read(const PdsS3Call *c, const PdsResponse *resp, const char *root, PdsXmlFn fn,
				 void *arg, PdsError *err)
{
	PdsXmlReply reply = {
		.data = resp->body.data,
		.len = resp->body.len,
		.root = root,
		.service = "s3",
		.operation = c->req.operation,
		.resource = c->resource
	};

	return pds_xml_walk(&reply, fn, arg, err);
}

bool
pds_s3_bad_reply(const PdsS3Call *c, const PdsResponse *resp, const char *wanted, PdsError *err)
{
	pds_error_set(err, PDS_ERR_PROTOCOL, "the reply to %s of %s is not what it should be",
				  c->req.operation, c->resource);
	pds_error_received(err, wanted, pds_str_text(&resp->body), resp->body.len);
	pds_error_context(err, "s3", c->req.operation, c->resource);
	return false;
}

bool
pds_s3_call_ended(const PdsS3Call *c, const PdsResponse *resp, PdsError *err)
{
	return resp->status == 204 || resp->body.len == 0 || pds_s3_bad_reply(c, resp, "empty", err);
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
	if (ok && resp->etag[0] == '\0')
		ok = pds_s3_bad_reply(&c, resp, "a reply with an ETag", err);
	if (ok && resp->total_size < 0)
		ok = pds_s3_bad_reply(&c, resp, "a reply with a Content-Length", err);
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
		c.req.if_match = if_match;
	c.req.max_body = first >= 0 ? (size_t) (last - first + 1) : PDS_BODY_UNLIMITED;
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
	ok = pds_s3_call_perform(&c, &resp, err) && pds_s3_call_ended(&c, &resp, err);
	pds_response_free(&resp);
	if (!ok && err->kind == PDS_ERR_NOT_FOUND && strcmp(err->aws_code, "NoSuchBucket") != 0)
		return true;
	return ok;
}
