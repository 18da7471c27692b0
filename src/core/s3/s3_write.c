/*
 * s3_write.c
 *	  S3: copy, delete many, presigned URLs (doc/dev/aws.md §1.2, §4).  s3_put.c puts one
 *	  object, s3_upload.c sends it in parts.
 */
#include "core/s3/s3_write.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/clock.h"
#include "core/s3/s3_write_internal.h"

#define DELETE_ATTEMPTS	3

/* ---- CopyObject ---- */

/* value of x-amz-copy-source */
static bool
copy_source(const char *bucket, const char *key, PdsStr *out, PdsError *err)
{
	if (pds_str_has_prefix(bucket, "arn:"))
		pds_str_appendf(out, "%s/object/", bucket);
	else
		pds_str_appendf(out, "/%s/", bucket);
	pds_str_append_uri(out, key, strlen(key), true);
	return !out->failed || pds_error_oom(err);
}

static bool
copy_at_once(PdsAws *aws, const char *source, const char *etag, const char *bucket,
			 const char *key, PdsError *err)
{
	PdsS3Call	c;
	PdsResponse resp;
	bool		ok;

	pds_s3_call_init(&c, aws, bucket, key, "PUT", "CopyObject");
	pds_s3_call_header(&c, "x-amz-copy-source", source);
	if (etag[0])
		pds_s3_call_header(&c, "x-amz-copy-source-if-match", etag);
	c.req.body_error_on_200 = true;
	c.req.slow = true;
	pds_response_init(&resp);
	ok = pds_s3_call_perform(&c, &resp, err) &&
		pds_s3_call_read(&c, &resp, "CopyObjectResult", NULL, NULL, err);
	pds_response_free(&resp);
	return ok;
}

bool
pds_s3_copy(PdsAws *aws, const char *src_bucket, const char *src_key, const PdsObject *known,
			const char *dst_bucket, const char *dst_key, int64_t *bytes, PdsUpload **left,
			PdsError *err)
{
	PdsObject	o;
	PdsResponse head;
	PdsStr		source;
	bool		ok = true;

	if (left)
		*left = NULL;
	memset(&o, 0, sizeof(o));
	pds_str_init(&source);
	pds_response_init(&head);
	if (known == NULL || known->size > PDS_S3_MAX_PUT)
	{
		ok = pds_s3_head_all(aws, src_bucket, src_key, &o, &head, err);
		known = &o;
	}
	ok = ok && copy_source(src_bucket, src_key, &source, err);
	if (ok && known->size > PDS_S3_MAX_PUT)
		ok = pds_s3_copy_by_parts(aws, source.data, known, &head, dst_bucket, dst_key, left, err);
	else if (ok)
		ok = copy_at_once(aws, source.data, known->etag, dst_bucket, dst_key, err);
	if (ok && bytes)
		*bytes = known->size;
	free(o.key);
	pds_response_free(&head);
	pds_str_free(&source);
	return ok;
}

/* ---- DeleteObjects ---- */

/* can XML 1.0 hold the key at all? */
static bool
xml_can_hold(const char *key)
{
	const unsigned char *p;

	for (p = (const unsigned char *) key; *p; p++)
	{
		if (*p < 0x20 && *p != '\t' && *p != '\n' && *p != '\r')
			return false;
		if (p[0] == 0xEF && p[1] == 0xBF && p[2] >= 0xBE)
			return false;
	}
	return true;
}

static void
append_xml(PdsStr *s, const char *text)
{
	for (; *text; text++)
		switch (*text)
		{
			case '&':
				pds_str_append(s, "&amp;");
				break;
			case '<':
				pds_str_append(s, "&lt;");
				break;
			case '>':
				pds_str_append(s, "&gt;");
				break;
			case '\t':
			case '\n':
			case '\r':
				pds_str_appendf(s, "&#%d;", *text);
				break;
			default:
				pds_str_append_c(s, *text);
		}
}

/* per-key errors of a reply */
typedef struct DeleteErrors
{
	char	  **keys;			/* to try again */
	size_t		nkeys;
	size_t		sent;			/* keys of the request: more are not believed */
	size_t		failed;			/* for good */
	char	   *key;			/* of the element being read */
	char		code[64];
	char		message[300];
	char	   *first_key;		/* that failed for good */
	char		first_code[64];
	char		first_message[300];
} DeleteErrors;

static bool
worth_another_try(const char *code)
{
	return strcmp(code, "InternalError") == 0 || strcmp(code, "SlowDown") == 0 ||
		strcmp(code, "ServiceUnavailable") == 0;
}

static bool
on_delete_element(void *arg, const char *path, const char *text, PdsError *err)
{
	DeleteErrors *e = arg;
	const char *name = strchr(path, '/');

	(void) err;
	if (name == NULL || strncmp(++name, "Error", 5) != 0)
		return true;
	if (strcmp(name, "Error/Key") == 0)
	{
		free(e->key);
		e->key = pds_strdup(text);
		return e->key != NULL;
	}
	if (strcmp(name, "Error/Code") == 0)
		pds_copy_cut(e->code, sizeof(e->code), text, strlen(text));
	else if (strcmp(name, "Error/Message") == 0)
		pds_copy_cut(e->message, sizeof(e->message), text, strlen(text));
	else if (strcmp(name, "Error") == 0)
	{
		if (e->key == NULL || e->nkeys + e->failed >= e->sent)
			return true;
		if (worth_another_try(e->code))
		{
			e->keys[e->nkeys++] = e->key;
			e->key = NULL;
		}
		else if (strcmp(e->code, "NoSuchKey") != 0 && e->failed++ == 0)
		{
			e->first_key = e->key;
			e->key = NULL;
			memcpy(e->first_code, e->code, sizeof(e->code));
			memcpy(e->first_message, e->message, sizeof(e->message));
		}
		e->code[0] = e->message[0] = '\0';
	}
	return true;
}

static void
delete_errors_clear(DeleteErrors *e)
{
	while (e->nkeys > 0)
		free(e->keys[--e->nkeys]);
	free(e->keys);
	free(e->key);
	free(e->first_key);
	memset(e, 0, sizeof(*e));
}

/*
 * DeleteObjects needs an integrity header: Content-MD5, which every store
 * knows, or a checksum where this OpenSSL has no MD5 (FIPS).
 */
static bool
integrity_header(const PdsStr *body, const char **name, char value[64], PdsError *err)
{
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned int n = 0;

	*name = "Content-MD5";
	if (EVP_Digest(body->data, body->len, md, &n, EVP_md5(), NULL) != 1)
	{
		*name = "x-amz-checksum-sha256";
		if (EVP_Digest(body->data, body->len, md, &n, EVP_sha256(), NULL) != 1)
			return pds_error_oom(err);
	}
	EVP_EncodeBlock((unsigned char *) value, md, (int) n);
	return true;
}

/* one request; false when it failed as a whole */
static bool
delete_group(PdsAws *aws, const char *bucket, char *const *keys, size_t n, DeleteErrors *e,
			 PdsError *err)
{
	PdsS3Call	c;
	PdsResponse resp;
	PdsStr		body;
	const char *name;
	char		value[64];
	size_t		i;
	bool		ok;

	memset(e, 0, sizeof(*e));
	e->keys = calloc(n, sizeof(char *));
	e->sent = n;
	pds_str_init(&body);
	pds_response_init(&resp);
	pds_str_append(&body, "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
				   "<Quiet>true</Quiet>");
	for (i = 0; i < n; i++)
	{
		pds_str_append(&body, "<Object><Key>");
		append_xml(&body, keys[i]);
		pds_str_append(&body, "</Key></Object>");
	}
	pds_str_append(&body, "</Delete>");
	ok = e->keys && !body.failed ? integrity_header(&body, &name, value, err) : pds_error_oom(err);
	if (ok)
	{
		pds_s3_call_init(&c, aws, bucket, NULL, "POST", "DeleteObjects");
		pds_s3_call_header(&c, "Content-Type", "application/xml");
		pds_s3_call_header(&c, name, value);
		c.req.query = "delete=";
		c.req.body = body.data;
		c.req.body_len = body.len;
		c.req.body_error_on_200 = true;
		ok = pds_s3_call_perform(&c, &resp, err) &&
			pds_s3_call_read(&c, &resp, "DeleteResult", on_delete_element, e, err);
	}
	pds_str_free(&body);
	pds_response_free(&resp);
	return ok;
}

static bool
not_deleted(const char *bucket, const char *key, const char *code, const char *message,
			size_t others, PdsError *err)
{
	char		resource[sizeof(err->resource)];
	PdsErrorKind kind = strcmp(code, "AccessDenied") == 0 ? PDS_ERR_ACCESS_DENIED
		: worth_another_try(code) ? PDS_ERR_SERVICE : PDS_ERR_INVALID_REQUEST;

	snprintf(resource, sizeof(resource), "s3://%s/%.400s", bucket, key);
	pds_error_set(err, kind, "s3://%s/%s could not be deleted: %s%s%s", bucket, key, code,
				  message[0] ? ": " : "", message);
	if (others > 0)
		pds_error_detail(err, "%zu more object%s could not be deleted either.", others,
						 others == 1 ? "" : "s");
	if (kind == PDS_ERR_ACCESS_DENIED)
		pds_error_hint(err, "The policy needs s3:DeleteObject on this resource.");
	pds_error_context(err, "s3", "DeleteObjects", resource);
	pds_escape_text(err->aws_code, sizeof(err->aws_code), code, strlen(code));
	return false;
}

/* at most PDS_S3_MAX_DELETE keys, those that were not ready tried again */
static bool
delete_some(PdsAws *aws, const char *bucket, char *const *keys, size_t n, size_t *deleted,
			PdsError *err)
{
	DeleteErrors was;
	int			attempt;
	bool		ok = true;

	memset(&was, 0, sizeof(was));
	for (attempt = 1; ok && n > 0; attempt++)
	{
		DeleteErrors e;

		if (attempt > 1)
			ok = pds_http_sleep(pds_aws_http(aws), 200L << attempt, PDS_WAIT_RETRY, err);
		memset(&e, 0, sizeof(e));
		ok = ok && delete_group(aws, bucket, keys, n, &e, err);
		if (ok)
			*deleted += n - e.nkeys - e.failed;
		if (ok && e.failed > 0)
			ok = not_deleted(bucket, e.first_key, e.first_code, e.first_message,
							 e.failed + e.nkeys - 1, err);
		else if (ok && e.nkeys > 0 && attempt == DELETE_ATTEMPTS)
			ok = not_deleted(bucket, e.keys[0], "InternalError", "", e.nkeys - 1, err);
		delete_errors_clear(&was);
		was = e;
		keys = e.keys;
		n = e.nkeys;
	}
	delete_errors_clear(&was);
	return ok;
}

bool
pds_s3_delete_many(PdsAws *aws, const char *bucket, char *const *keys, size_t n,
				   size_t *deleted, PdsError *err)
{
	char	  **group = calloc(n < PDS_S3_MAX_DELETE ? n + 1 : PDS_S3_MAX_DELETE, sizeof(char *));
	size_t		count = 0;
	size_t		in_group = 0;
	size_t		i;
	bool		ok = group != NULL || pds_error_oom(err);

	for (i = 0; ok && i < n; i++)
	{
		if (!xml_can_hold(keys[i]))
		{
			ok = pds_s3_delete(aws, bucket, keys[i], err);
			count += ok;
			continue;
		}
		group[in_group++] = keys[i];
		if (in_group == PDS_S3_MAX_DELETE)
		{
			ok = delete_some(aws, bucket, group, in_group, &count, err);
			in_group = 0;
		}
	}
	if (ok && in_group > 0)
		ok = delete_some(aws, bucket, group, in_group, &count, err);
	if (deleted)
		*deleted = count;
	free(group);
	return ok;
}

/* ---- presigned URLs ---- */

bool
pds_s3_presign(PdsAws *aws, const char *method, const char *bucket, const char *key,
			   long seconds, PdsStr *out, PdsError *err)
{
	PdsS3Call	c;
	PdsCredentialView cred = {0};
	PdsStr		base;
	PdsStr		path;
	PdsStr		query;
	char		host[300];
	bool		ok;

	pds_str_init(&base);
	pds_str_init(&path);
	pds_str_init(&query);
	pds_s3_call_init(&c, aws, bucket, key, method, "presign");
	ok = pds_s3_call_locate(&c, &base, &path, err) &&
		pds_credentials_get(pds_aws_credentials(aws), false, &cred, err);
	if (ok && cred.access_key == NULL)
	{
		ok = pds_error_set(err, PDS_ERR_NO_CREDENTIALS,
						   "a URL cannot be presigned without credentials");
		pds_error_advise(err, PDS_ADVICE_ANONYMOUS_URL);
	}
	if (ok)
	{
		PdsSigner	signer = {
			.access_key = cred.access_key,
			.secret_key = cred.secret_key,
			.session_token = cred.session_token,
			.region = c.req.region && c.req.region[0] ? c.req.region : "us-east-1",
			.service = "s3",
			.s3_path_rules = true,
		};

		pds_http_host(base.data, host, sizeof(host));
		ok = pds_sigv4_presign(&signer, pds_wall_time() + pds_http_clock_skew(pds_aws_http(aws)),
							   seconds, method, host, path.data,
							   pds_aws_requester_pays(aws) ? "x-amz-request-payer=requester" : "",
							   &query, err);
	}
	if (ok)
	{
		pds_str_appendf(out, "%s%s?%s", base.data, path.data, query.data);
		ok = !out->failed || pds_error_oom(err);
	}
	if (query.data)
		pds_secure_zero(query.data, query.len);
	pds_str_free(&base);
	pds_str_free(&path);
	pds_str_free(&query);
	return ok;
}
