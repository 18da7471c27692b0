/*
 * s3_put.c
 *	  S3: put one object at once (doc/dev/aws.md §3.4), and what all that writes shares.
 */
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "core/s3/s3_write_internal.h"

void
pds_s3_put_headers(PdsS3Call *c, const PdsPutOptions *opt)
{
	int			i;

	if (opt == NULL)
		return;
	if (opt->content_type && opt->content_type[0])
		pds_s3_call_header(c, "Content-Type", opt->content_type);
	for (i = 0; i < opt->nheaders && i < PDS_S3_PUT_HEADERS; i++)
		pds_s3_call_header(c, opt->headers[i].name, opt->headers[i].value);
}

/* what a refused If-None-Match: * means */
bool
pds_s3_create_error(const char *bucket, const char *key, PdsError *err)
{
	if (err->http_status == 412)
	{
		PdsError	was = *err;

		pds_error_set(err, PDS_ERR_ALREADY_EXISTS, "s3://%s/%s exists already", bucket, key);
		pds_error_context(err, was.service, was.operation, was.resource);
		err->http_status = was.http_status;
		memcpy(err->aws_code, was.aws_code, sizeof(err->aws_code));
		memcpy(err->request_id, was.request_id, sizeof(err->request_id));
	}
	return false;
}

/*
 * A first try of a create-only put may have arrived and its reply been lost:
 * then what is there is ours.
 */
static bool
put_is_there(PdsAws *aws, const char *bucket, const char *key, const void *data, size_t len)
{
	PdsObject	o;
	PdsError	err;
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned int n = 0;
	PdsStr		etag;
	bool		same = false;

	pds_str_init(&etag);
	if (EVP_Digest(data ? data : "", len, md, &n, EVP_md5(), NULL) == 1)
	{
		pds_str_append_c(&etag, '"');
		pds_str_append_hex(&etag, md, n);
		pds_str_append_c(&etag, '"');
		if (pds_s3_head(aws, bucket, key, &o, &err))
			same = o.size == (int64_t) len && strcmp(o.etag, pds_str_text(&etag)) == 0;
		free(o.key);
	}
	pds_str_free(&etag);
	return same;
}

bool
pds_s3_put(PdsAws *aws, const char *bucket, const char *key, const void *data, size_t len,
		   const PdsPutOptions *opt, char etag[128], PdsError *err)
{
	PdsS3Call	c;
	PdsResponse resp;
	bool		ok;

	pds_s3_call_init(&c, aws, bucket, key, "PUT", "PutObject");
	pds_s3_put_headers(&c, opt);
	if (opt && opt->create_only)
		pds_s3_call_header(&c, "If-None-Match", "*");
	c.req.body = data ? data : "";
	c.req.body_len = len;
	pds_response_init(&resp);
	ok = pds_s3_call_perform(&c, &resp, err);
	/* whoever answers with a page of his own has stored nothing */
	ok = ok && pds_s3_call_ended(&c, &resp, err);
	/* a service that stores an object says which version it has become */
	if (ok && resp.etag[0] == '\0')
		ok = pds_s3_bad_reply(&c, &resp, "a reply with an ETag", err);
	if (ok && etag)
		memcpy(etag, resp.etag, sizeof(resp.etag));
	if (!ok && opt && opt->create_only)
		ok = (err->http_status == 412 && err->attempts > 1 &&
			  put_is_there(aws, bucket, key, data, len)) || pds_s3_create_error(bucket, key, err);
	pds_response_free(&resp);
	return ok;
}
