/*
 * s3_bucket.c
 *	  S3: buckets (doc/dev/aws.md §4.1).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/calendar.h"
#include "core/s3/s3_internal.h"
#include "core/s3/s3_write.h"

static bool
head_bucket(PdsAws *aws, const char *bucket, const char *owner, bool *exists, char *region,
			size_t cap, PdsError *err)
{
	PdsS3Call	c;
	PdsResponse resp;
	char		name[64];
	bool		ok;

	pds_s3_call_init(&c, aws, bucket, NULL, "HEAD", "HeadBucket");
	if (owner)
		pds_s3_call_header(&c, "x-amz-expected-bucket-owner", owner);
	pds_response_init(&resp);
	ok = pds_s3_call_perform(&c, &resp, err);
	*exists = ok;
	/* an error, too, says where the bucket is */
	if (pds_response_header(&resp, "x-amz-bucket-region", name, sizeof(name)))
		pds_aws_learn_bucket_region(aws, bucket, name);
	if (region && cap > 0)
		snprintf(region, cap, "%s",
				 ok || resp.status == 403 ? pds_aws_bucket_region(aws, bucket) : "");
	if (!ok && err->kind == PDS_ERR_NOT_FOUND)
	{
		pds_error_clear(err);
		ok = true;
	}
	pds_response_free(&resp);
	return ok;
}

bool
pds_s3_head_bucket(PdsAws *aws, const char *bucket, bool *exists, char *region, size_t cap,
				   PdsError *err)
{
	return head_bucket(aws, bucket, NULL, exists, region, cap, err);
}

bool
pds_s3_bucket_is_ours(PdsAws *aws, const char *bucket, const char *account, bool *exists,
					  PdsError *err)
{
	return head_bucket(aws, bucket, account, exists, NULL, 0, err);
}

bool
pds_s3_create_bucket(PdsAws *aws, const char *bucket, const char *region, bool *existed,
					 PdsError *err)
{
	PdsS3Call	c;
	PdsResponse resp;
	char		body[300];
	bool		exists = false;
	bool		ok;

	if (existed)
		*existed = false;
	/* us-east-1 answers 200 when the bucket is ours already */
	if (pds_s3_head_bucket(aws, bucket, &exists, NULL, 0, err) && exists)
	{
		if (existed)
			*existed = true;
		return true;
	}
	if (err->kind == PDS_ERR_CANCELLED || err->kind == PDS_ERR_CONFIG)
		return false;
	if (region == NULL || region[0] == '\0')
		region = pds_aws_region(aws);
	/* it is made at the end point of its region */
	pds_aws_learn_bucket_region(aws, bucket, region);
	pds_s3_call_init(&c, aws, bucket, NULL, "PUT", "CreateBucket");
	if (region[0] && strcmp(region, "us-east-1") != 0)
	{
		snprintf(body, sizeof(body),
				 "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
				 "<LocationConstraint>%.60s</LocationConstraint></CreateBucketConfiguration>", region);
		pds_s3_call_header(&c, "Content-Type", "application/xml");
		c.req.body = body;
		c.req.body_len = strlen(body);
	}
	pds_response_init(&resp);
	ok = pds_s3_call_perform(&c, &resp, err);
	pds_response_free(&resp);
	if (!ok && strcmp(err->aws_code, "BucketAlreadyOwnedByYou") == 0)
	{
		if (existed)
			*existed = true;
		return true;
	}
	if (!ok && err->kind == PDS_ERR_ALREADY_EXISTS)
		pds_error_hint(err, "Bucket names are shared by all accounts: choose another.");
	return ok;
}

bool
pds_s3_delete_bucket(PdsAws *aws, const char *bucket, PdsError *err)
{
	PdsS3Call	c;
	PdsResponse resp;
	bool		ok;

	pds_s3_call_init(&c, aws, bucket, NULL, "DELETE", "DeleteBucket");
	pds_response_init(&resp);
	ok = pds_s3_call_perform(&c, &resp, err) && pds_s3_call_ended(&c, &resp, err);
	pds_response_free(&resp);
	if (!ok && strcmp(err->aws_code, "BucketNotEmpty") == 0)
		pds_error_hint(err, "Delete its objects first.");
	return ok;
}

/* ---- ListBuckets ---- */

typedef struct BucketParse
{
	PdsObjectList *list;
	char	   *name;
	int64_t		created_us;
	PdsStr		token;
} BucketParse;

static bool
on_bucket_element(void *arg, const char *path, const char *text, PdsError *err)
{
	BucketParse *p = arg;
	const char *name = strchr(path, '/');
	int64_t		us;

	(void) err;
	if (name == NULL)
		return true;
	name++;
	if (strcmp(name, "Buckets/Bucket/Name") == 0)
	{
		free(p->name);
		return (p->name = pds_strdup(text)) != NULL;
	}
	if (strcmp(name, "Buckets/Bucket/CreationDate") == 0)
		p->created_us = pds_time_of_text(text, &us) ? us : 0;
	else if (strcmp(name, "ContinuationToken") == 0)
		return pds_str_append(&p->token, text);
	else if (strcmp(name, "Buckets/Bucket") == 0 && p->name)
	{
		PdsObject	o = {.key = p->name, .modified_us = p->created_us};

		p->name = NULL;
		p->created_us = 0;
		return pds_object_list_add(p->list, &o);
	}
	return true;
}

bool
pds_s3_list_buckets(PdsAws *aws, PdsObjectList *list, PdsPager *pager, PdsError *err)
{
	PdsRequest	req;
	PdsResponse resp;
	PdsStr		base;
	PdsStr		query;
	BucketParse p = {.list = list};
	size_t		had = list->n;
	PdsXmlReply reply = {.root = "ListAllMyBucketsResult", .service = "s3",
	.operation = "ListBuckets"};
	bool		ok;

	pds_str_init(&base);
	pds_str_init(&query);
	pds_response_init(&resp);
	pds_aws_request(aws, PDS_S3, "GET", "ListBuckets", "s3://", &req);
	pds_str_append(&query, "max-buckets=1000");
	if (pds_pager_more(pager))
	{
		pds_str_append(&query, "&continuation-token=");
		pds_str_append_uri(&query, pager->token.data, pager->token.len, false);
	}
	ok = pds_aws_base_url(aws, PDS_S3, &base, err) && (!query.failed || pds_error_oom(err));
	if (ok)
	{
		req.base_url = base.data;
		req.query = query.data;
		ok = pds_http_perform(pds_aws_http(aws), &req, &resp, err);
		reply.data = resp.body.data;
		reply.len = resp.body.len;
		ok = ok && pds_xml_walk(&reply, on_bucket_element, &p, err) &&
			pds_pager_take(pager, p.token.data, list->n == had, list->held, "s3", "ListBuckets",
						   NULL, err);
	}
	free(p.name);
	pds_str_free(&p.token);
	pds_str_free(&base);
	pds_str_free(&query);
	pds_response_free(&resp);
	return ok;
}
