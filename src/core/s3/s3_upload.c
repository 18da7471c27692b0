/*
 * s3_upload.c
 *	  S3: multipart uploads, parts in flight; copies of large objects by parts
 *	  (doc/dev/aws.md §3.3, §3.4, §4.1).
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/assert.h"
#include "core/s3/s3_write_internal.h"
#include "core/base/calendar.h"
#include "core/base/clock.h"

#define PART_SIZE		((size_t) 8 << 20)
#define CONCURRENCY		4
#define MAX_CONCURRENCY 64
/* parts of one size before they grow */
#define STEADY_PARTS	1000
/* bytes taken in between two looks at what is under way */
#define POKE_BYTES		((size_t) 64 << 10)
#define COPY_PART		((int64_t) 512 << 20)

/* a part under way, or the buffer for one */
typedef struct Part
{
	int			number;			/* from 1; 0: the slot is free */
	char	   *buf;			/* NULL for a copied part */
	size_t		cap;
	size_t		len;
	int64_t		first;			/* of a copied part: its range */
	int64_t		last;
	bool		redirected;
	PdsTransfer *transfer;
} Part;

struct PdsUpload
{
	PdsAws	   *aws;
	char	   *bucket;
	char	   *key;
	char	   *copy_source;	/* NULL: parts are sent */
	char	   *source_etag;
	PdsUploadOptions opt;		/* strings are our own */
	PdsHeader	headers[PDS_S3_PUT_HEADERS];
	PdsStr		id;				/* "" before CreateMultipartUpload */
	time_t		began;			/* by the service's clock */
	Part	   *parts;			/* opt.concurrency + 1 slots */
	Part	   *filling;		/* one of them, or NULL */
	char	  **etags;			/* of the parts sent, by number - 1 */
	int			nparts;
	int			etags_cap;
	int64_t		bytes;
	size_t		since_poke;
	bool		failed;			/* a part was: only abort is left */
	bool		cut_off;		/* parts were under way when we stopped */
	bool		lost;			/* CreateMultipartUpload had no reply that
								 * tells: there may be uploads */
};

/* ---- life ---- */

static bool
copy_options(PdsUpload *u, const PdsUploadOptions *opt)
{
	const PdsPutOptions *put = &opt->put;
	int			i;

	u->opt = *opt;
	u->opt.put.headers = u->headers;
	u->opt.put.nheaders = 0;
	u->opt.put.content_type = pds_strdup(put->content_type);
	if (put->content_type && u->opt.put.content_type == NULL)
		return false;
	for (i = 0; i < put->nheaders && i < PDS_S3_PUT_HEADERS; i++)
	{
		u->headers[i].name = pds_strdup(put->headers[i].name);
		u->headers[i].value = pds_strdup(put->headers[i].value);
		u->opt.put.nheaders = i + 1;
		if (u->headers[i].name == NULL || u->headers[i].value == NULL)
			return false;
	}
	return true;
}

PdsUpload *
pds_upload_new(PdsAws *aws, const char *bucket, const char *key, const PdsUploadOptions *opt,
			   PdsError *err)
{
	static const PdsUploadOptions none;
	PdsUpload  *u = calloc(1, sizeof(PdsUpload));

	if (u == NULL)
	{
		(void) pds_error_oom(err);
		return NULL;
	}
	u->aws = aws;
	u->bucket = pds_strdup(bucket);
	u->key = pds_strdup(key);
	if (copy_options(u, opt ? opt : &none))
	{
		if (u->opt.part_size == 0)
			u->opt.part_size = PART_SIZE;
		if (u->opt.part_size < PDS_S3_MIN_PART)
			u->opt.part_size = PDS_S3_MIN_PART;
		if (u->opt.concurrency <= 0)
			u->opt.concurrency = CONCURRENCY;
		if (u->opt.concurrency > MAX_CONCURRENCY)
			u->opt.concurrency = MAX_CONCURRENCY;
		u->parts = calloc((size_t) u->opt.concurrency + 1, sizeof(Part));
	}
	if (u->bucket == NULL || u->key == NULL || u->parts == NULL)
	{
		pds_upload_free(u);
		(void) pds_error_oom(err);
		return NULL;
	}
	return u;
}

/* what is under way is given up */
static void
drop_parts(PdsUpload *u)
{
	int			i;

	for (i = 0; u->parts && i <= u->opt.concurrency; i++)
	{
		Part	   *p = &u->parts[i];

		u->cut_off |= p->transfer != NULL;
		pds_transfer_free(p->transfer);
		free(p->buf);
		memset(p, 0, sizeof(*p));
	}
	u->filling = NULL;
}

void
pds_upload_free(PdsUpload *u)
{
	int			i;

	if (u == NULL)
		return;
	drop_parts(u);
	free(u->parts);
	for (i = 0; i < u->nparts; i++)
		free(u->etags[i]);
	free(u->etags);
	for (i = 0; i < u->opt.put.nheaders; i++)
	{
		free((char *) u->headers[i].name);
		free((char *) u->headers[i].value);
	}
	free((char *) u->opt.put.content_type);
	pds_str_free(&u->id);
	free(u->bucket);
	free(u->key);
	free(u->copy_source);
	free(u->source_etag);
	free(u);
}

const char *
pds_upload_id(const PdsUpload *u)
{
	return pds_str_text(&u->id);
}

const char *
pds_upload_bucket(const PdsUpload *u)
{
	return u->bucket;
}

const char *
pds_upload_key(const PdsUpload *u)
{
	return u->key;
}

int64_t
pds_upload_bytes(const PdsUpload *u)
{
	return u->bytes;
}

/* ---- CreateMultipartUpload ---- */

static bool
on_create_element(void *arg, const char *path, const char *text, PdsError *err)
{
	const char *name = strrchr(path, '/');

	(void) err;
	if (name && strcmp(name, "/UploadId") == 0)
		return pds_str_append(arg, text);
	return true;
}

static bool
create_upload(PdsUpload *u, PdsError *err)
{
	PdsS3Call	c;
	PdsResponse resp;
	char		date[64];
	int64_t		then;
	bool		known;
	bool		ok;

	pds_s3_call_init(&c, u->aws, u->bucket, u->key, "POST", "CreateMultipartUpload");
	pds_s3_put_headers(&c, &u->opt.put);
	c.req.query = "uploads=";
	pds_response_init(&resp);
	/* the wait for the reply may be the last that this process does */
	u->lost = u->opt.own_key;
	ok = pds_s3_call_perform(&c, &resp, err) &&
		pds_s3_call_read(&c, &resp, "InitiateMultipartUploadResult", on_create_element, &u->id,
						 err);
	if (ok && u->id.len == 0)
	{
		ok = pds_error_set(err, PDS_ERR_PROTOCOL,
						   "the reply to CreateMultipartUpload has no UploadId");
		pds_error_context(err, "s3", "CreateMultipartUpload", c.resource);
	}
	u->lost = !ok && u->opt.own_key && pds_error_reply_lost(err);
	known = ok && pds_response_header(&resp, "date", date, sizeof(date)) &&
		pds_time_of_text(date, &then);
	u->began = known ? (time_t) (then / 1000000)
		: pds_wall_time() + pds_http_clock_skew(pds_aws_http(u->aws));
	pds_response_free(&resp);
	return ok;
}

/* ---- parts ---- */

/*
 * Bytes of the part of this number.  Linear growth after the first thousand:
 * 8 MB parts end at 1.1 GB and 5 TB, and stay at 8 MB for the first 8 GB.
 */
static size_t
part_size(const PdsUpload *u, int number)
{
	size_t		size = u->opt.part_size;
	int64_t		even = (u->opt.expected + PDS_S3_MAX_PARTS - 1) / PDS_S3_MAX_PARTS;

	if ((int64_t) size < even)
		size = (size_t) even;
	else if (u->opt.expected == 0 && number > STEADY_PARTS)
		size += (size_t) (number - STEADY_PARTS) * (size / 64);
	return (int64_t) size > PDS_S3_MAX_PUT ? (size_t) PDS_S3_MAX_PUT : size;
}

static bool
start_part(PdsUpload *u, Part *p, PdsError *err)
{
	PdsS3Call	c;
	PdsStr		query;
	char		range[64];

	pds_str_init(&query);
	pds_str_appendf(&query, "partNumber=%d&uploadId=", p->number);
	pds_str_append_uri(&query, u->id.data, u->id.len, false);
	pds_s3_call_init(&c, u->aws, u->bucket, u->key, "PUT",
					 u->copy_source ? "UploadPartCopy" : "UploadPart");
	c.req.query = query.data;
	if (u->copy_source)
	{
		snprintf(range, sizeof(range), "bytes=%" PRId64 "-%" PRId64, p->first, p->last);
		pds_s3_call_header(&c, "x-amz-copy-source", u->copy_source);
		pds_s3_call_header(&c, "x-amz-copy-source-range", range);
		if (u->source_etag && u->source_etag[0])
			pds_s3_call_header(&c, "x-amz-copy-source-if-match", u->source_etag);
		c.req.body_error_on_200 = true;
		c.req.slow = true;
	}
	else
	{
		c.req.body = p->buf;
		c.req.body_len = p->len;
	}
	p->transfer = query.failed ? NULL : pds_s3_call_start(&c, err);
	if (query.failed)
		(void) pds_error_oom(err);
	pds_str_free(&query);
	return p->transfer != NULL;
}

static bool
on_copy_part_element(void *arg, const char *path, const char *text, PdsError *err)
{
	const char *name = strrchr(path, '/');

	(void) err;
	if (name && strcmp(name, "/ETag") == 0)
		return pds_str_append(arg, text);
	return true;
}

/* remember the ETag that complete has to name */
static bool
keep_etag(PdsUpload *u, const Part *p, const PdsResponse *resp, PdsError *err)
{
	PdsXmlReply reply = {.data = resp->body.data, .len = resp->body.len, .root = "CopyPartResult",
		.service = "s3", .operation = u->copy_source ? "UploadPartCopy" : "UploadPart",
	.resource = u->key};
	char		name[300];
	PdsStr		etag;
	bool		ok = true;

	pds_s3_name(name, sizeof(name), u->bucket, u->key);
	pds_str_init(&etag);
	if (u->copy_source)
		ok = pds_xml_walk(&reply, on_copy_part_element, &etag, err);
	else if (resp->body.len > 0)
	{
		ok = pds_error_set(err, PDS_ERR_PROTOCOL,
						   "the reply to a part of %s is not what it should be", name);
		pds_error_received(err, "empty", resp->body.data, resp->body.len);
		pds_error_context(err, reply.service, reply.operation, name);
	}
	else
		pds_str_append(&etag, resp->etag);
	if (ok && etag.len == 0)
	{
		ok = pds_error_set(err, PDS_ERR_PROTOCOL, "the reply to a part of %s has no ETag", name);
		pds_error_hint(err, "Check that endpoint_url names the service it should.");
		pds_error_context(err, reply.service, reply.operation, name);
	}
	if (!ok)
	{
		pds_str_free(&etag);
		return false;
	}
	PDS_ASSERT(p->number >= 1 && p->number <= u->nparts && u->etags[p->number - 1] == NULL);
	u->etags[p->number - 1] = etag.data;
	return true;
}

/* Take what a part that has ended says. */
static bool
end_part(PdsUpload *u, Part *p, PdsError *err)
{
	PdsResponse resp;
	bool		ok;

	PDS_ASSERT(pds_transfer_done(p->transfer));
	pds_response_init(&resp);
	ok = pds_transfer_result(p->transfer, &resp, err);
	pds_transfer_free(p->transfer);
	p->transfer = NULL;
	if (!ok && !p->redirected && pds_aws_follow_bucket(u->aws, u->bucket, err))
	{
		p->redirected = true;
		pds_response_free(&resp);
		return start_part(u, p, err);
	}
	ok = ok && keep_etag(u, p, &resp, err);
	pds_response_free(&resp);
	p->number = 0;
	p->redirected = false;
	return ok;
}

/* Parts that have ended are taken; wait until at most max are under way. */
static bool
settle(PdsUpload *u, int max, PdsError *err)
{
	PdsHttp    *http = pds_aws_http(u->aws);
	int			running;
	int			i;

	u->since_poke = 0;
	if (!pds_http_poke(http, err))
		return false;
	for (;;)
	{
		running = 0;
		for (i = 0; i <= u->opt.concurrency; i++)
		{
			Part	   *p = &u->parts[i];

			if (p->transfer && pds_transfer_done(p->transfer) && !end_part(u, p, err))
				return false;
			running += p->transfer != NULL;
		}
		if (running <= max)
			return true;
		if (!pds_http_wait(http, -1, PDS_WAIT_S3_DATA, err))
			return false;
	}
}

/* a free slot, numbered, once fewer than `concurrency` parts are under way */
static Part *
new_part(PdsUpload *u, PdsError *err)
{
	int			i;

	if (u->nparts == PDS_S3_MAX_PARTS)
	{
		pds_error_set(err, PDS_ERR_LIMIT, "s3://%s/%s would need more than %d parts", u->bucket,
					  u->key, PDS_S3_MAX_PARTS);
		pds_error_hint(err, "S3 holds 5 TB in an object: write several.");
		return NULL;
	}
	if (u->nparts == u->etags_cap)
	{
		int			cap = u->etags_cap ? u->etags_cap * 2 : 16;
		char	  **grown = realloc(u->etags, (size_t) cap * sizeof(char *));

		if (grown == NULL)
		{
			(void) pds_error_oom(err);
			return NULL;
		}
		u->etags = grown;
		u->etags_cap = cap;
	}
	for (i = 0; u->parts[i].number != 0; i++)
		;						/* one slot more than transfers */
	PDS_ASSERT(i <= u->opt.concurrency && u->nparts < u->etags_cap);
	u->etags[u->nparts] = NULL;
	u->parts[i].number = ++u->nparts;
	return &u->parts[i];
}

/* the part being filled is on its way */
static bool
send_filled(PdsUpload *u, PdsError *err)
{
	Part	   *p = u->filling;

	PDS_ASSERT(p && p->number > 0 && p->transfer == NULL);
	if (u->id.len == 0 && !create_upload(u, err))
		return false;
	if (!settle(u, u->opt.concurrency - 1, err) || !start_part(u, p, err))
		return false;
	u->filling = NULL;
	return pds_http_poke(pds_aws_http(u->aws), err);
}

static bool
begin_part(PdsUpload *u, PdsError *err)
{
	Part	   *p = new_part(u, err);
	size_t		cap;

	if (p == NULL)
		return false;
	cap = part_size(u, p->number);
	if (p->cap < cap)
	{
		free(p->buf);
		p->buf = malloc(cap);
		p->cap = p->buf ? cap : 0;
	}
	if (p->buf == NULL)
		return pds_error_oom(err);
	p->len = 0;
	u->filling = p;
	return true;
}

static bool
write_bytes(PdsUpload *u, const char *data, size_t len, PdsError *err)
{
	while (len > 0)
	{
		Part	   *p = u->filling;
		size_t		n;

		/* a full part waits for the byte after it: it may be the last one */
		if (p && p->len == p->cap)
		{
			if (!send_filled(u, err))
				return false;
			p = NULL;
		}
		if (p == NULL)
		{
			if (!begin_part(u, err))
				return false;
			p = u->filling;
		}
		PDS_ASSERT(p->len < p->cap);
		n = p->cap - p->len < len ? p->cap - p->len : len;
		memcpy(p->buf + p->len, data, n);
		p->len += n;
		u->bytes += (int64_t) n;
		u->since_poke += n;
		data += n;
		len -= n;
		if (u->since_poke >= POKE_BYTES && u->id.len > 0 && !settle(u, u->opt.concurrency, err))
			return false;
	}
	return true;
}

static bool
usable(const PdsUpload *u, PdsError *err)
{
	return !u->failed || pds_error_set(err, PDS_ERR_INVALID_REQUEST,
									   "the upload of s3://%s/%s has failed", u->bucket, u->key);
}

bool
pds_upload_write(PdsUpload *u, const void *data, size_t len, PdsError *err)
{
	bool		ok = usable(u, err) && write_bytes(u, data, len, err);

	u->failed |= !ok;
	return ok;
}

bool
pds_upload_finish(PdsUpload *u, PdsError *err)
{
	bool		ok = usable(u, err);

	/* what fits one part is sent whole by complete */
	if (ok && (u->id.len > 0 || (u->opt.hold_nothing && u->filling)))
	{
		ok = (u->filling == NULL || send_filled(u, err)) && settle(u, 0, err);
		if (ok)
			drop_parts(u);
	}
	u->failed |= !ok;
	return ok;
}

/* ---- CompleteMultipartUpload ---- */

/*
 * Was the object made by this upload, though we did not hear of it?  An older
 * one of the same size has an older date.
 */
static bool
is_there(PdsUpload *u)
{
	PdsObject	o;
	PdsError	err;
	bool		there;

	there = pds_s3_head(u->aws, u->bucket, u->key, &o, &err) && o.size == u->bytes &&
		o.modified_us / 1000000 >= (int64_t) u->began - 1;
	free(o.key);
	return there;
}

/* errors after which the object may be there all the same */
static bool
may_have_arrived(const PdsError *err)
{
	return err->kind == PDS_ERR_BROKEN || err->kind == PDS_ERR_TIMEOUT ||
		err->kind == PDS_ERR_SERVICE || err->kind == PDS_ERR_PROTOCOL ||
		(err->attempts > 1 && (err->http_status == 412 ||
							   strcmp(err->aws_code, "NoSuchUpload") == 0));
}

static bool
complete_parts(PdsUpload *u, PdsError *err)
{
	PdsS3Call	c;
	PdsResponse resp;
	PdsStr		body;
	PdsStr		query;
	int			i;
	bool		ok;

	pds_str_init(&body);
	pds_str_init(&query);
	pds_response_init(&resp);
	pds_str_append(&query, "uploadId=");
	pds_str_append_uri(&query, u->id.data, u->id.len, false);
	pds_str_append(&body,
				   "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");
	PDS_ASSERT(u->nparts > 0 && u->etags[u->nparts - 1]);
	for (i = 0; i < u->nparts; i++)
		pds_str_appendf(&body, "<Part><PartNumber>%d</PartNumber><ETag>%s</ETag></Part>", i + 1,
						u->etags[i]);
	pds_str_append(&body, "</CompleteMultipartUpload>");
	pds_s3_call_init(&c, u->aws, u->bucket, u->key, "POST", "CompleteMultipartUpload");
	pds_s3_call_header(&c, "Content-Type", "application/xml");
	if (u->opt.put.create_only)
		pds_s3_call_header(&c, "If-None-Match", "*");
	c.req.query = query.data;
	c.req.body = body.data;
	c.req.body_len = body.len;
	c.req.body_error_on_200 = true;
	c.req.slow = true;
	ok = body.failed || query.failed ? pds_error_oom(err)
		: pds_s3_call_perform(&c, &resp, err) &&
		pds_s3_call_read(&c, &resp, "CompleteMultipartUploadResult", NULL, NULL, err);
	if (!ok && may_have_arrived(err))
		ok = is_there(u);
	if (!ok && u->opt.put.create_only)
		ok = pds_s3_create_error(u->bucket, u->key, err);
	pds_str_free(&body);
	pds_str_free(&query);
	pds_response_free(&resp);
	return ok;
}

bool
pds_upload_complete(PdsUpload *u, PdsError *err)
{
	bool		ok = usable(u, err);

	if (ok && u->id.len > 0)
		ok = complete_parts(u, err);
	else if (ok)
		ok = pds_s3_put(u->aws, u->bucket, u->key, u->filling ? u->filling->buf : NULL,
						u->filling ? u->filling->len : 0, &u->opt.put, NULL, err);
	/* not failed: a complete that did not arrive may be repeated */
	if (ok)
	{
		drop_parts(u);
		pds_str_reset(&u->id);
	}
	return ok;
}

/* ---- AbortMultipartUpload ---- */

bool
pds_s3_abort_upload(PdsAws *aws, const char *bucket, const char *key, const char *upload_id,
					PdsError *err)
{
	PdsS3Call	c;
	PdsResponse resp;
	PdsStr		query;
	bool		ok;

	pds_str_init(&query);
	pds_response_init(&resp);
	pds_str_append(&query, "uploadId=");
	pds_str_append_uri(&query, upload_id, strlen(upload_id), false);
	pds_s3_call_init(&c, aws, bucket, key, "DELETE", "AbortMultipartUpload");
	c.req.query = query.data;
	ok = query.failed ? pds_error_oom(err)
		: pds_s3_call_perform(&c, &resp, err) && pds_s3_call_ended(&c, &resp, err);
	pds_str_free(&query);
	pds_response_free(&resp);
	if (!ok && err->kind == PDS_ERR_NOT_FOUND)
	{
		pds_error_clear(err);
		return true;
	}
	return ok;
}

bool
pds_s3_abort_lost(PdsAws *aws, const char *bucket, const char *key)
{
	PdsOpenUploads open = {0};
	PdsError	err;
	bool		found = false;
	size_t		i;

	pds_error_clear(&err);
	if (pds_s3_list_uploads(aws, bucket, key, &open, &err))
		for (i = 0; i < open.n; i++)
			if (strcmp(open.uploads[i].key, key) == 0)
				found |= pds_s3_abort_upload(aws, bucket, key, open.uploads[i].id, &err);
	pds_open_uploads_free(&open);
	return found;
}

bool
pds_upload_lost(const PdsUpload *u)
{
	return u->lost;
}

bool
pds_upload_begun(const PdsUpload *u)
{
	return u->id.len > 0 || u->lost;
}

bool
pds_upload_abort(PdsUpload *u, PdsError *err)
{
	bool		ok = true;

	u->failed = true;
	drop_parts(u);
	if (u->id.len == 0)
	{
		u->lost = u->lost && !pds_s3_abort_lost(u->aws, u->bucket, u->key);
		return true;
	}
	ok = pds_s3_abort_upload(u->aws, u->bucket, u->key, u->id.data, err);
	/* a part that was on its way may have outlived the first one */
	if (ok && u->cut_off)
		ok = pds_s3_abort_upload(u->aws, u->bucket, u->key, u->id.data, err);
	if (ok)
		pds_str_reset(&u->id);
	return ok;
}

/* ---- copies by parts ---- */

/* what CopyObject would keep of the source, CreateMultipartUpload has to be told */
static bool
is_kept_header(const char *name)
{
	static const char *const kept[] = {
		"content-type", "cache-control", "content-disposition", "content-encoding",
		"content-language", "expires", NULL
	};

	return pds_str_is_one_of_any_case(name, kept) || strncmp(name, "x-amz-meta-", 11) == 0 ||
		strncmp(name, "X-Amz-Meta-", 11) == 0;
}

static bool
send_copies(PdsUpload *u, int64_t size, PdsError *err)
{
	int64_t		part = COPY_PART;
	int64_t		first;

	if (size / part >= PDS_S3_MAX_PARTS)
		part = size / PDS_S3_MAX_PARTS + 1;
	for (first = 0; first < size; first += part)
	{
		Part	   *p;

		if (!settle(u, u->opt.concurrency - 1, err) || (p = new_part(u, err)) == NULL)
			return false;
		p->first = first;
		p->last = (first + part < size ? first + part : size) - 1;
		if (!start_part(u, p, err))
			return false;
	}
	u->bytes = size;
	return settle(u, 0, err);
}

bool
pds_s3_copy_by_parts(PdsAws *aws, const char *source, const PdsObject *o, const PdsResponse *head,
					 const char *bucket, const char *key, PdsUpload **left, PdsError *err)
{
	PdsUploadOptions opt = {.part_size = 0};
	PdsHeader	headers[PDS_S3_PUT_HEADERS];
	char		names[PDS_S3_PUT_HEADERS][128];
	PdsStr		values[PDS_S3_PUT_HEADERS];
	PdsUpload  *u;
	PdsError	ignored;
	size_t		at = 0;
	int			n = 0;
	int			i;
	bool		ok;

	memset(values, 0, sizeof(values));
	while (n < PDS_S3_PUT_HEADERS &&
		   pds_response_next_header(head, &at, names[n], sizeof(names[n]), &values[n]))
	{
		headers[n].name = names[n];
		headers[n].value = pds_str_text(&values[n]);
		if (is_kept_header(names[n]))
			n++;
		else
			pds_str_reset(&values[n]);
	}
	opt.put.headers = headers;
	opt.put.nheaders = n;
	u = pds_upload_new(aws, bucket, key, &opt, err);
	ok = u != NULL;
	if (ok)
	{
		u->copy_source = pds_strdup(source);
		u->source_etag = pds_strdup(o->etag);
		ok = u->copy_source && u->source_etag ? true : pds_error_oom(err);
	}
	ok = ok && create_upload(u, err) && send_copies(u, o->size, err) &&
		pds_upload_complete(u, err);
	if (!ok && u && err->kind != PDS_ERR_CANCELLED)
		(void) pds_upload_abort(u, &ignored);
	if (!ok && u && u->id.len > 0 && left)
		*left = u;
	else
		pds_upload_free(u);
	for (i = 0; i < PDS_S3_PUT_HEADERS; i++)
		pds_str_free(&values[i]);
	return ok;
}
