/*
 * test_s3_write.c
 *	  Writing to S3 against a scripted server: what is sent, what is made of
 *	  the replies, what errors become.
 */
#include "unit.h"

#include <poll.h>
#include <time.h>

#include "core/s3/s3_write.h"
#include "script_server.h"

#define PART ((size_t) PDS_S3_MIN_PART)

static PdsHttp *http;
static PdsAws *aws;

/* ---- helpers ---- */

static PdsAws *
session_with(PdsHttp *h, bool anonymous, const char *region)
{
	PdsAwsConfig c;
	PdsError	err;
	PdsAws	   *a;

	memset(&c, 0, sizeof(c));
	c.region = region;
	c.endpoint[PDS_S3] = ss_url;
	c.credentials.anonymous = anonymous;
	if (!anonymous)
	{
		c.credentials.access_key_id = "AKTEST";
		c.credentials.secret_access_key = "SKTEST";
	}
	a = pds_aws_new(h, &c, &err);
	if (a == NULL)
	{
		printf("Bail out! %s\n", err.message);
		exit(2);
	}
	return a;
}

/* a fresh session for a scenario */
static void
begin(void)
{
	ss_clear();
	pds_aws_free(aws);
	aws = session_with(http, false, "us-east-1");
}

static const char *
xml_error(const char *code)
{
	static char text[300];

	snprintf(text, sizeof(text), "<Error><Code>%s</Code><Message>made by the test</Message></Error>",
			 code);
	return text;
}

/* ---- put ---- */

static void
test_put(void)
{
	PdsHeader	more[] = {{"x-amz-storage-class", "STANDARD_IA"}, {"x-amz-meta-who", "me"}};
	PdsPutOptions opt = {.content_type = "text/csv", .headers = more, .nheaders = 2};
	PdsPutOptions create = {.create_only = true};
	PdsError	err;
	char		etag[128];

	begin();
	ss_on("PUT /bucket/a%20b/%2B%25//c", 200, "ETag: \"e1\"\r\n", "");
	CHECK(pds_s3_put(aws, "bucket", "a b/+%//c", "hello", 5, &opt, etag, &err));
	CHECK_STR(etag, "\"e1\"");
	CHECK_STR(ss_request_body(0), "hello");
	CHECK_STR(ss_request_header(0, "content-length"), "5");
	CHECK_STR(ss_request_header(0, "content-type"), "text/csv");
	CHECK_STR(ss_request_header(0, "x-amz-storage-class"), "STANDARD_IA");
	CHECK_STR(ss_request_header(0, "x-amz-meta-who"), "me");
	CHECK_STR(ss_request_header(0, "expect"), "");
	CHECK(strstr(ss_request_header(0, "authorization"), "content-type;host;x-amz-content-sha256;"
				 "x-amz-date;x-amz-meta-who;x-amz-storage-class") != NULL);
	CHECK_STR(ss_request_header(0, "x-amz-content-sha256"),
			  "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");

	/* nothing at all, and no type that curl makes up */
	begin();
	ss_on("PUT /bucket/empty", 200, "ETag: \"e\"\r\n", "");
	CHECK(pds_s3_put(aws, "bucket", "empty", NULL, 0, NULL, NULL, &err));
	CHECK_STR(ss_request_header(0, "content-length"), "0");
	CHECK_STR(ss_request_header(0, "content-type"), "");

	/* the body is sent again: after a failure, and to another region */
	begin();
	ss_on("PUT /bucket/k", 503, "", xml_error("SlowDown"));
	ss_on("PUT /bucket/k", 301, "x-amz-bucket-region: eu-west-1\r\n", xml_error("PermanentRedirect"));
	ss_on("PUT /bucket/k", 500, "", "");
	ss_on("PUT /bucket/k", 200, "ETag: \"e\"\r\n", "");
	CHECK(pds_s3_put(aws, "bucket", "k", "again", 5, NULL, NULL, &err));
	CHECK_INT(ss->requests, 4);
	CHECK_STR(ss_request_body(1), "again");
	CHECK_STR(ss_request_body(3), "again");
	CHECK(strstr(ss_request_header(1, "authorization"), "/us-east-1/s3/") != NULL);
	CHECK(strstr(ss_request_header(3, "authorization"), "/eu-west-1/s3/") != NULL);

	/* create only */
	begin();
	ss_on("PUT /bucket/k", 412, "", xml_error("PreconditionFailed"));
	CHECK(!pds_s3_put(aws, "bucket", "k", "x", 1, &create, NULL, &err));
	CHECK_STR(ss_request_header(0, "if-none-match"), "*");
	CHECK_INT(err.kind, PDS_ERR_ALREADY_EXISTS);
	CHECK_STR(err.message, "s3://bucket/k exists already");
	CHECK_INT(ss->requests, 1);

	/* the first try had arrived: MD5 of "x" is there */
	begin();
	ss_on("PUT /bucket/k", 500, "", "");
	ss_on("PUT /bucket/k", 412, "", xml_error("PreconditionFailed"));
	ss_on("HEAD /bucket/k", 200, "ETag: \"9dd4e461268c8034f5c8564e155c67a6\"\r\nContent-Length: 1\r\n", "");
	CHECK(pds_s3_put(aws, "bucket", "k", "x", 1, &create, NULL, &err));
	/* or another's */
	begin();
	ss_on("PUT /bucket/k", 500, "", "");
	ss_on("PUT /bucket/k", 412, "", xml_error("PreconditionFailed"));
	ss_on("HEAD /bucket/k", 200, "ETag: \"0\"\r\nContent-Length: 1\r\n", "");
	CHECK(!pds_s3_put(aws, "bucket", "k", "x", 1, &create, NULL, &err));
	CHECK_INT(err.kind, PDS_ERR_ALREADY_EXISTS);

	/* refused: by name, with the right that is missing */
	begin();
	ss_on("PUT /bucket/k", 403, "", xml_error("AccessDenied"));
	CHECK(!pds_s3_put(aws, "bucket", "k", "x", 1, NULL, NULL, &err));
	CHECK_INT(err.kind, PDS_ERR_ACCESS_DENIED);
	CHECK(strstr(err.hint, "s3:PutObject") != NULL);
	begin();
	ss_on("PUT /bucket/k", 404, "", xml_error("NoSuchBucket"));
	CHECK(!pds_s3_put(aws, "bucket", "k", "x", 1, NULL, NULL, &err));
	CHECK_INT(err.kind, PDS_ERR_NOT_FOUND);
	CHECK_STR(err.aws_code, "NoSuchBucket");
	CHECK(!pds_s3_put(aws, "b/x", "k", "x", 1, NULL, NULL, &err));
	CHECK_INT(err.kind, PDS_ERR_CONFIG);
}

/* ---- copy ---- */

static void
test_copy(void)
{
	PdsError	err;
	PdsUpload  *left;
	int64_t		bytes = -1;

	begin();
	ss_on("HEAD /src/a%20b//c", 200, "ETag: \"e1\"\r\nContent-Length: 12\r\n", "");
	ss_on("PUT /dst/k", 200, "", "<Error><Code>InternalError</Code></Error>");
	ss_on("PUT /dst/k", 200, "", "  \n<?xml version=\"1.0\"?><CopyObjectResult><ETag>\"e\"</ETag></CopyObjec");
	ss_on("PUT /dst/k", 200, "", " \r\n<?xml version=\"1.0\"?><CopyObjectResult><ETag>\"e\"</ETag></CopyObjectResult>");
	CHECK(pds_s3_copy(aws, "src", "a b//c", NULL, "dst", "k", &bytes, &left, &err));
	CHECK_INT(bytes, 12);
	CHECK(left == NULL);
	CHECK_INT(ss->requests, 4);
	CHECK_STR(ss_request_header(1, "x-amz-copy-source"), "/src/a%20b//c");
	CHECK_STR(ss_request_header(1, "x-amz-copy-source-if-match"), "\"e1\"");

	begin();
	ss_on("HEAD /src/k", 200, "ETag: \"e1\"\r\nContent-Length: 12\r\n", "");
	ss_on("PUT /dst/k", 412, "", xml_error("PreconditionFailed"));
	CHECK(!pds_s3_copy(aws, "src", "k", NULL, "dst", "k", NULL, NULL, &err));
	CHECK_INT(err.kind, PDS_ERR_OBJECT_CHANGED);

	begin();
	ss_on("HEAD /src/k", 404, "", "");
	CHECK(!pds_s3_copy(aws, "src", "k", NULL, "dst", "k", NULL, NULL, &err));
	CHECK_INT(err.kind, PDS_ERR_NOT_FOUND);
	CHECK_INT(seen("PUT"), 0);
}

/* 6 GiB: by parts of 512 MiB, four at once, metadata taken along */
static void
test_copy_by_parts(void)
{
	PdsError	err;
	PdsUpload  *left;
	int64_t		bytes = -1;
	int			i;

	begin();
	ss_on("HEAD /src/k", 200, "ETag: \"e1\"\r\nContent-Length: 6442450944\r\nContent-Type: text/csv\r\n"
		  "x-amz-meta-who: me\r\nx-amz-request-id: R\r\n", "");
	ss_on("POST /dst/k?uploads=", 200, "",
		  "<InitiateMultipartUploadResult><UploadId>up/1</UploadId></InitiateMultipartUploadResult>");
	ss_on("PUT /dst/k?partNumber=", 200, "", "<CopyPartResult><ETag>\"p\"</ETag></CopyPartResult>")->times = 12;
	ss_on("POST /dst/k?uploadId=up%2F1", 200, "", "<CompleteMultipartUploadResult/>");
	CHECK(pds_s3_copy(aws, "src", "k", NULL, "dst", "k", &bytes, &left, &err));
	CHECK(bytes == (int64_t) 6 << 30);
	CHECK_INT(seen("PUT /dst/k?partNumber="), 12);
	i = nth("POST /dst/k?uploads=", 0);
	CHECK_STR(ss_request_header(i, "content-type"), "text/csv");
	CHECK_STR(ss_request_header(i, "x-amz-meta-who"), "me");
	CHECK_STR(ss_request_header(i, "x-amz-request-id"), "");
	i = nth("PUT /dst/k?partNumber=12&uploadId=up%2F1", 0);
	CHECK_STR(ss_request_header(i, "x-amz-copy-source-range"), "bytes=5905580032-6442450943");
	CHECK_STR(ss_request_header(i, "x-amz-copy-source-if-match"), "\"e1\"");
	i = nth("POST /dst/k?uploadId=", 0);
	CHECK(strstr(ss_request_body(i), "<Part><PartNumber>12</PartNumber><ETag>\"p\"</ETag></Part></Complete")
		  != NULL);

	/* a part that fails: aborted, nothing left */
	begin();
	ss_on("HEAD /src/k", 200, "ETag: \"e1\"\r\nContent-Length: 6442450944\r\n", "");
	ss_on("POST /dst/k?uploads=", 200, "",
		  "<InitiateMultipartUploadResult><UploadId>up1</UploadId></InitiateMultipartUploadResult>");
	ss_on("PUT /dst/k?partNumber=3&", 412, "", xml_error("PreconditionFailed"));
	ss_on("PUT /dst/k?partNumber=", 200, "", "<CopyPartResult><ETag>\"p\"</ETag></CopyPartResult>")->times = 12;
	ss_on("DELETE /dst/k?uploadId=up1", 204, "", "")->times = 2;
	CHECK(!pds_s3_copy(aws, "src", "k", NULL, "dst", "k", &bytes, &left, &err));
	CHECK_INT(err.kind, PDS_ERR_OBJECT_CHANGED);
	CHECK(left == NULL);
	CHECK(seen("DELETE /dst/k?uploadId=up1") >= 1);
	CHECK_INT(ss->unexpected, 0);
}

/* ---- delete ---- */

static void
test_delete_many(void)
{
	char	   *odd[] = {"a&b<c>d\"'", "line\nfeed\r\ttab", "plain", "ctl\001key", "\303\251"};
	char	  **many = calloc(1001, sizeof(char *));
	PdsError	err;
	size_t		deleted = 0;
	int			i;

	begin();
	ss_on("DELETE /bucket/ctl%01key", 204, "", "");
	ss_on("POST /bucket?delete=", 200, "", "<DeleteResult/>");
	CHECK(pds_s3_delete_many(aws, "bucket", odd, 5, &deleted, &err));
	CHECK_INT(deleted, 5);
	CHECK_INT(ss->requests, 2);
	CHECK(strstr(ss_request_body(1), "<Quiet>true</Quiet><Object><Key>a&amp;b&lt;c&gt;d\"'</Key></Object>"
				 "<Object><Key>line&#10;feed&#13;&#9;tab</Key></Object><Object><Key>plain</Key></Object>"
				 "<Object><Key>\303\251</Key></Object></Delete>") != NULL);
	CHECK_INT(strlen(ss_request_header(1, "content-md5")), 24);

	/* the MD5 is that of the body */
	begin();
	ss_on("POST /bucket?delete=", 200, "", "<DeleteResult/>");
	CHECK(pds_s3_delete_many(aws, "bucket", odd + 2, 1, &deleted, &err));
	CHECK_STR(ss_request_header(0, "content-md5"), "Jg+Z58bMEp3MIxqTZx5CAw==");

	/* 1,001 keys: two requests */
	for (i = 0; i < 1001; i++)
	{
		many[i] = malloc(16);
		snprintf(many[i], 16, "k%d", i);
	}
	begin();
	ss_on("POST /bucket?delete=", 200, "", "<DeleteResult></DeleteResult>")->times = 2;
	CHECK(pds_s3_delete_many(aws, "bucket", many, 1001, &deleted, &err));
	CHECK_INT(deleted, 1001);
	CHECK_INT(ss->requests, 2);
	CHECK(strstr(ss_request_body(0), "<Key>k999</Key>") && !strstr(ss_request_body(0), "<Key>k1000</Key>"));

	/*
	 * errors by key: absent is deleted, busy is tried again, refused is an
	 * error that names it
	 */
	begin();
	ss_on("POST /bucket?delete=", 200, "", "<DeleteResult><Error><Key>k1</Key><Code>InternalError</Code>"
		  "<Message>m</Message></Error><Error><Key>k2</Key><Code>NoSuchKey</Code></Error></DeleteResult>");
	ss_on("POST /bucket?delete=", 200, "", "<DeleteResult/>");
	CHECK(pds_s3_delete_many(aws, "bucket", many, 4, &deleted, &err));
	CHECK_INT(deleted, 4);
	CHECK(strstr(ss_request_body(1), "<Object><Key>k1</Key></Object></Delete>") != NULL);
	begin();
	ss_on("POST /bucket?delete=", 200, "", "<DeleteResult><Error><Key>k1</Key><Code>AccessDenied</Code>"
		  "<Message>Access Denied</Message></Error><Error><Key>k3</Key><Code>AccessDenied</Code></Error>"
		  "</DeleteResult>");
	CHECK(!pds_s3_delete_many(aws, "bucket", many, 4, &deleted, &err));
	CHECK_INT(deleted, 2);
	CHECK_INT(err.kind, PDS_ERR_ACCESS_DENIED);
	CHECK_STR(err.message, "s3://bucket/k1 could not be deleted: AccessDenied: Access Denied");
	CHECK_STR(err.detail, "1 more object could not be deleted either.");
	CHECK_STR(err.aws_code, "AccessDenied");
	begin();
	ss_on("POST /bucket?delete=", 200, "", "<DeleteResult><Error><Key>k0</Key><Code>SlowDown</Code></Error>"
		  "</DeleteResult>")->times = SS_ALWAYS;
	CHECK(!pds_s3_delete_many(aws, "bucket", many, 1, &deleted, &err));
	CHECK_INT(err.kind, PDS_ERR_SERVICE);
	CHECK_INT(deleted, 0);
	CHECK_INT(ss->requests, 3);

	/* a server that complains about more than it was asked */
	begin();
	ss_on("POST /bucket?delete=", 200, "", "<DeleteResult><Error><Key>a</Key><Code>X</Code></Error>"
		  "<Error><Key>b</Key><Code>SlowDown</Code></Error><Error><Code>SlowDown</Code></Error></DeleteResult>");
	CHECK(!pds_s3_delete_many(aws, "bucket", many, 1, &deleted, &err));
	CHECK_INT(deleted, 0);

	/* the whole request fails, as such or in a 200 */
	begin();
	ss_on("POST /bucket?delete=", 404, "", xml_error("NoSuchBucket"));
	CHECK(!pds_s3_delete_many(aws, "bucket", many, 4, &deleted, &err));
	CHECK_STR(err.aws_code, "NoSuchBucket");
	begin();
	ss_on("POST /bucket?delete=", 200, "", xml_error("InternalError"));
	ss_on("POST /bucket?delete=", 200, "", "<DeleteResult/>");
	CHECK(pds_s3_delete_many(aws, "bucket", many, 4, &deleted, &err));
	begin();
	CHECK(pds_s3_delete_many(aws, "bucket", many, 0, &deleted, &err));
	CHECK_INT(ss->requests, 0);
	for (i = 0; i < 1001; i++)
		free(many[i]);
	free(many);
}

/* ---- multipart uploads ---- */

static char *data;				/* 3.5 parts */
static size_t data_len;

static void
on_create(void)
{
	ss_on("POST /bucket/k?uploads=", 200, "Date: Wed, 01 Jan 2025 00:00:00 GMT\r\n",
		  "<InitiateMultipartUploadResult><UploadId>up1</UploadId></InitiateMultipartUploadResult>");
}

static PdsUpload *
new_upload(const PdsPutOptions *put)
{
	PdsUploadOptions opt = {.part_size = PART, .concurrency = 2};
	PdsError	err;

	if (put)
		opt.put = *put;
	return pds_upload_new(aws, "bucket", "k", &opt, &err);
}

/* all of data in odd pieces */
static bool
write_all(PdsUpload *u, size_t len, PdsError *err)
{
	size_t		at;
	size_t		n;

	for (at = 0; at < len; at += n)
	{
		n = len - at < 99991 ? len - at : 99991;
		if (!pds_upload_write(u, data + at, n, err))
			return false;
	}
	return true;
}

static void
test_upload_small(void)
{
	PdsPutOptions put = {.content_type = "text/csv"};
	PdsUpload  *u;
	PdsError	err;

	/* up to one part: held back, put by complete */
	begin();
	ss_on("PUT /bucket/k", 200, "ETag: \"e\"\r\n", "");
	u = new_upload(&put);
	CHECK(write_all(u, PART, &err));
	CHECK(pds_upload_finish(u, &err));
	CHECK_INT(ss->requests, 0);
	CHECK_STR(pds_upload_id(u), "");
	CHECK(pds_upload_complete(u, &err));
	CHECK_INT(ss->requests, 1);
	CHECK_INT(atol(ss_request_header(0, "content-length")), (long) PART);
	CHECK_STR(ss_request_header(0, "content-type"), "text/csv");
	CHECK(memcmp(ss_request_body(0), data, PART) == 0);
	CHECK_INT(pds_upload_bytes(u), (long) PART);
	pds_upload_free(u);

	/* nothing: an empty object; aborted: nothing is sent */
	begin();
	ss_on("PUT /bucket/k", 200, "ETag: \"e\"\r\n", "");
	u = new_upload(NULL);
	CHECK(pds_upload_finish(u, &err) && pds_upload_complete(u, &err));
	CHECK_STR(ss_request_header(0, "content-length"), "0");
	pds_upload_free(u);
	begin();
	u = new_upload(NULL);
	CHECK(write_all(u, 100, &err) && pds_upload_abort(u, &err));
	CHECK(!pds_upload_write(u, data, 1, &err));
	pds_upload_free(u);
	CHECK_INT(ss->requests, 0);
}

static void
test_upload_parts(void)
{
	PdsHeader	more[] = {{"x-amz-meta-a", "b"}};
	PdsPutOptions put = {.content_type = "text/csv", .headers = more, .nheaders = 1, .create_only = true};
	PdsUpload  *u;
	PdsError	err;
	size_t		at = 0;
	int			i;

	begin();
	on_create();

	/*
	 * a slow part, one that is tried again, one that is redirected: order is
	 * by number
	 */
	ss_on("PUT /bucket/k?partNumber=1&uploadId=up1", 200, "ETag: \"e1\"\r\n", "")->delay_ms = 200;
	ss_on("PUT /bucket/k?partNumber=2&uploadId=up1", 500, "", "");
	ss_on("PUT /bucket/k?partNumber=2&uploadId=up1", 200, "ETag: \"e2\"\r\n", "");
	ss_on("PUT /bucket/k?partNumber=3&uploadId=up1", 307, "x-amz-bucket-region: eu-west-1\r\n", "");
	ss_on("PUT /bucket/k?partNumber=3&uploadId=up1", 200, "ETag: \"e3\"\r\n", "");
	ss_on("PUT /bucket/k?partNumber=4&uploadId=up1", 200, "ETag: \"e4\"\r\n", "");
	ss_on("POST /bucket/k?uploadId=up1", 200, "", "<Error><Code>InternalError</Code></Error>");
	ss_on("POST /bucket/k?uploadId=up1", 200, "", "\n<CompleteMultipartUploadResult/>");
	u = new_upload(&put);
	CHECK(write_all(u, data_len, &err));
	CHECK_STR(pds_upload_id(u), "up1");
	CHECK(pds_upload_finish(u, &err));
	CHECK_INT(seen("POST /bucket/k?uploadId="), 0);
	CHECK(pds_upload_complete(u, &err));
	CHECK_INT(ss->unexpected, 0);
	CHECK_INT(pds_upload_bytes(u), (long) data_len);
	i = nth("POST /bucket/k?uploads=", 0);
	CHECK_INT(i, 0);
	CHECK_STR(ss_request_header(i, "content-type"), "text/csv");
	CHECK_STR(ss_request_header(i, "x-amz-meta-a"), "b");
	CHECK_STR(ss_request_header(i, "if-none-match"), "");
	for (i = 1; i <= 4; i++)
	{
		char		start[80];
		size_t		n = i < 4 ? PART : data_len - 3 * PART;
		int			k;

		snprintf(start, sizeof(start), "PUT /bucket/k?partNumber=%d&", i);
		for (k = 0; k < ss->requests; k++)
			if (ss_request_is(k, start))
			{
				CHECK_INT(atol(ss_request_header(k, "content-length")), (long) n);
				CHECK(memcmp(ss_request_body(k), data + at, n) == 0);
			}
		at += n;
	}
	i = nth("POST /bucket/k?uploadId=up1", 0);
	CHECK_STR(ss_request_header(i, "if-none-match"), "*");
	CHECK(strstr(ss_request_body(i), "<Part><PartNumber>1</PartNumber><ETag>\"e1\"</ETag></Part>"
				 "<Part><PartNumber>2</PartNumber><ETag>\"e2\"</ETag></Part><Part><PartNumber>3</PartNumber>"
				 "<ETag>\"e3\"</ETag></Part><Part><PartNumber>4</PartNumber><ETag>\"e4\"</ETag></Part></Complete")
		  != NULL);
	CHECK(pds_upload_abort(u, &err));
	CHECK_INT(seen("DELETE"), 0);
	pds_upload_free(u);
}

/* begins as a scenario of its own, and has its parts sent */
static PdsUpload *
finished_upload(const PdsPutOptions *put)
{
	PdsUpload  *u;
	PdsError	err;

	begin();
	on_create();
	ss_on("PUT /bucket/k?partNumber=", 200, "ETag: \"e\"\r\n", "")->times = 4;
	u = new_upload(put);
	if (!write_all(u, data_len, &err) || !pds_upload_finish(u, &err))
		printf("# %s\n", err.message);
	return u;
}

static void
test_complete(void)
{
	PdsPutOptions create = {.create_only = true};
	PdsUpload  *u;
	PdsError	err;
	char		there[200];

	/* the reply to a complete was lost: what HeadObject sees decides */
	snprintf(there, sizeof(there), "Content-Length: %zu\r\nETag: \"x-4\"\r\n"
			 "Last-Modified: Wed, 01 Jan 2025 00:00:05 GMT\r\n", data_len);
	u = finished_upload(NULL);
	ss_on("POST /bucket/k?uploadId=", 500, "", "");
	ss_on("POST /bucket/k?uploadId=", 404, "", xml_error("NoSuchUpload"));
	ss_on("HEAD /bucket/k", 200, there, "");
	CHECK(pds_upload_complete(u, &err));
	CHECK_STR(pds_upload_id(u), "");
	pds_upload_free(u);

	u = finished_upload(NULL);
	ss_on("POST /bucket/k?uploadId=", 500, "", "")->times = SS_ALWAYS;
	ss_on("HEAD /bucket/k", 200, there, "");
	CHECK(pds_upload_complete(u, &err));
	pds_upload_free(u);

	u = finished_upload(&create);
	ss_on("POST /bucket/k?uploadId=", 500, "", "");
	ss_on("POST /bucket/k?uploadId=", 412, "", xml_error("PreconditionFailed"));
	ss_on("HEAD /bucket/k", 200, there, "");
	CHECK(pds_upload_complete(u, &err));
	pds_upload_free(u);

	/* an older object of that size, one of another size, none */
	snprintf(there, sizeof(there), "Content-Length: %zu\r\nLast-Modified: Tue, 31 Dec 2024 23:00:00 GMT\r\n",
			 data_len);
	u = finished_upload(NULL);
	ss_on("POST /bucket/k?uploadId=", 500, "", "");
	ss_on("POST /bucket/k?uploadId=", 404, "", xml_error("NoSuchUpload"));
	ss_on("HEAD /bucket/k", 200, there, "");
	CHECK(!pds_upload_complete(u, &err));
	CHECK_STR(err.aws_code, "NoSuchUpload");
	/* the id is kept: it may be aborted */
	ss_on("DELETE /bucket/k?uploadId=up1", 404, "", xml_error("NoSuchUpload"));
	CHECK(pds_upload_abort(u, &err));
	CHECK_INT(seen("DELETE /bucket/k?uploadId=up1"), 1);
	pds_upload_free(u);

	u = finished_upload(NULL);
	ss_on("POST /bucket/k?uploadId=", 500, "", "")->times = 3;
	ss_on("HEAD /bucket/k", 200, "Content-Length: 1\r\nLast-Modified: Wed, 01 Jan 2025 00:00:05 GMT\r\n", "");
	CHECK(!pds_upload_complete(u, &err));
	CHECK_INT(err.kind, PDS_ERR_SERVICE);
	/* and it may be tried again */
	ss_on("POST /bucket/k?uploadId=", 200, "", "<CompleteMultipartUploadResult/>");
	CHECK(pds_upload_complete(u, &err));
	pds_upload_free(u);

	/* at once refused: no question */
	u = finished_upload(NULL);
	ss_on("POST /bucket/k?uploadId=", 404, "", xml_error("NoSuchUpload"));
	CHECK(!pds_upload_complete(u, &err));
	CHECK_INT(seen("HEAD"), 0);
	pds_upload_free(u);
	u = finished_upload(&create);
	ss_on("POST /bucket/k?uploadId=", 412, "", xml_error("PreconditionFailed"));
	CHECK(!pds_upload_complete(u, &err));
	CHECK_INT(err.kind, PDS_ERR_ALREADY_EXISTS);
	CHECK_INT(seen("HEAD"), 0);
	pds_upload_free(u);
}

static void
test_upload_failures(void)
{
	PdsUpload  *u;
	PdsError	err;

	/* the upload is refused */
	begin();
	ss_on("POST /bucket/k?uploads=", 403, "", xml_error("AccessDenied"));
	u = new_upload(NULL);
	CHECK(!write_all(u, data_len, &err));
	CHECK_INT(err.kind, PDS_ERR_ACCESS_DENIED);
	CHECK(pds_upload_abort(u, &err));
	pds_upload_free(u);
	begin();
	ss_on("POST /bucket/k?uploads=", 200, "", "<InitiateMultipartUploadResult/>");
	u = new_upload(NULL);
	CHECK(!write_all(u, data_len, &err));
	CHECK_INT(err.kind, PDS_ERR_PROTOCOL);
	pds_upload_free(u);

	/* a page instead of a part's empty reply, with an ETag all the same */
	begin();
	on_create();
	ss_on("PUT /bucket/k", 200, "ETag: \"e\"\r\n", "<html>Saved!</html>")->times = SS_ALWAYS;
	ss_on("DELETE /bucket/k?uploadId=up1", 204, "", "")->times = SS_ALWAYS;
	u = new_upload(NULL);
	CHECK(!write_all(u, data_len, &err) || !pds_upload_finish(u, &err));
	CHECK_INT(err.kind, PDS_ERR_PROTOCOL);
	CHECK(pds_upload_abort(u, &err));
	pds_upload_free(u);

	/*
	 * a part is: write or finish says so, complete refuses, abort cleans up,
	 * twice if need be
	 */
	begin();
	on_create();
	ss_on("PUT /bucket/k?partNumber=2", 403, "", xml_error("AccessDenied"));
	ss_on("PUT /bucket/k?partNumber=", 200, "ETag: \"e\"\r\n", "")->times = 4;
	ss_on("DELETE /bucket/k?uploadId=up1", 204, "", "")->times = 2;
	u = new_upload(NULL);
	CHECK(!write_all(u, data_len, &err) || !pds_upload_finish(u, &err));
	CHECK_INT(err.kind, PDS_ERR_ACCESS_DENIED);
	CHECK(!pds_upload_complete(u, &err));
	CHECK_INT(seen("POST /bucket/k?uploadId"), 0);
	CHECK(pds_upload_abort(u, &err));
	CHECK(seen("DELETE /bucket/k?uploadId=up1") >= 1);
	CHECK_STR(pds_upload_id(u), "");
	pds_upload_free(u);
	begin();
	on_create();
	ss_on("PUT /bucket/k?partNumber=", 200, "", "")->times = 4;
	u = new_upload(NULL);
	CHECK(!write_all(u, data_len, &err) || !pds_upload_finish(u, &err));
	CHECK_INT(err.kind, PDS_ERR_PROTOCOL);
	pds_upload_free(u);

	/* abort by name */
	begin();
	ss_on("DELETE /bucket/k?uploadId=a%2Bb", 503, "", "");
	ss_on("DELETE /bucket/k?uploadId=a%2Bb", 204, "", "");
	CHECK(pds_s3_abort_upload(aws, "bucket", "k", "a+b", &err));
	begin();
	ss_on("DELETE /bucket/k?uploadId=x", 403, "", xml_error("AccessDenied"));
	CHECK(!pds_s3_abort_upload(aws, "bucket", "k", "x", &err));
	CHECK_INT(err.kind, PDS_ERR_ACCESS_DENIED);
}

/* ---- cancel ---- */

typedef struct Cancel
{
	struct timespec at;			/* of the first refusal to wait */
	bool		armed;			/* cancel once a part is under way */
	bool		cancelled;
} Cancel;

static long
ms_since(const struct timespec *t)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - t->tv_sec) * 1000 + (now.tv_nsec - t->tv_nsec) / 1000000;
}

static PdsWaitResult
cancel_wait(void *arg, int fd, long timeout_ms, PdsWaitFor what)
{
	Cancel	   *c = arg;
	struct pollfd p = {.fd = fd, .events = POLLIN};

	(void) what;
	/* not by the clock: a busy machine may not have begun by then */
	if (c->armed && seen("PUT /bucket/k?partNumber=") > 0)
	{
		if (!c->cancelled)
			clock_gettime(CLOCK_MONOTONIC, &c->at);
		c->cancelled = true;
		return PDS_WAIT_CANCEL;
	}
	if (timeout_ms < 0 || timeout_ms > 20)
		timeout_ms = 20;
	poll(&p, fd >= 0 ? 1 : 0, (int) timeout_ms);
	return PDS_WAIT_READY;
}

static bool
cancel_cancelled(void *arg)
{
	(void) arg;
	return false;
}

static void
test_cancel(void)
{
	Cancel		c = {.armed = false};
	PdsHooks	hooks = {.wait = cancel_wait, .cancelled = cancel_cancelled, .arg = &c};
	PdsUploadOptions opt = {.part_size = PART, .concurrency = 2};
	PdsError	err;
	PdsHttp    *h = pds_http_new(NULL, &hooks, &err);
	PdsAws	   *a;
	PdsUpload  *u;
	PdsUpload  *left;
	SsStep	   *slow;
	bool		ok;

	begin();
	a = session_with(h, false, "us-east-1");
	on_create();
	ss_on("PUT /bucket/k?partNumber=", 200, "ETag: \"e\"\r\n", "")->delay_ms = 5000;
	ss_on("PUT /bucket/k?partNumber=", 200, "ETag: \"e\"\r\n", "")->times = 4;
	ss_on("DELETE /bucket/k?uploadId=up1", 204, "", "")->times = 2;
	u = pds_upload_new(a, "bucket", "k", &opt, &err);
	c.armed = true;
	ok = write_all(u, data_len, &err) && pds_upload_finish(u, &err);
	CHECK(!ok && err.kind == PDS_ERR_CANCELLED);
	/* the part's reply comes after 5 s */
	CHECK(c.cancelled && ms_since(&c.at) < 2500);
	c.armed = false;
	/* parts were under way: aborted twice */
	CHECK(pds_upload_abort(u, &err));
	CHECK_INT(seen("DELETE /bucket/k?uploadId=up1"), 2);
	pds_upload_free(u);

	/* a copy by parts hands out what is left to abort */
	ss_clear();
	ss_on("HEAD /src/k", 200, "ETag: \"e1\"\r\nContent-Length: 6442450944\r\n", "");
	on_create();
	slow = ss_on("PUT /bucket/k?partNumber=", 200, "", "");
	slow->delay_ms = 5000;
	slow->times = SS_ALWAYS;
	ss_on("DELETE /bucket/k?uploadId=up1", 204, "", "")->times = 2;
	c.armed = true;
	CHECK(!pds_s3_copy(a, "src", "k", NULL, "bucket", "k", NULL, &left, &err));
	CHECK_INT(err.kind, PDS_ERR_CANCELLED);
	CHECK(left != NULL && strcmp(pds_upload_id(left), "up1") == 0);
	c.armed = false;
	CHECK(left && pds_upload_abort(left, &err));
	CHECK(seen("DELETE /bucket/k?uploadId=up1") >= 1);
	pds_upload_free(left);
	pds_aws_free(a);
	pds_http_free(h);
}

/* ---- buckets ---- */

static void
test_buckets(void)
{
	PdsError	err;
	PdsAws	   *a;
	bool		existed;
	bool		exists;
	char		region[40];

	/* us-east-1: no body; elsewhere the constraint, signed for that region */
	begin();
	ss_on("HEAD /b", 404, "", "");
	ss_on("PUT /b", 200, "", "");
	CHECK(pds_s3_create_bucket(aws, "b", NULL, &existed, &err));
	CHECK(!existed);
	CHECK_STR(ss_request_body(1), "");
	CHECK_STR(ss_request_header(1, "content-length"), "0");
	begin();
	ss_on("HEAD /b", 404, "", "");
	ss_on("PUT /b", 200, "", "");
	CHECK(pds_s3_create_bucket(aws, "b", "eu-central-1", &existed, &err));
	CHECK(strstr(ss_request_body(1), "<LocationConstraint>eu-central-1</LocationConstraint>") != NULL);
	CHECK(strstr(ss_request_header(1, "authorization"), "/eu-central-1/s3/") != NULL);
	ss_clear();
	a = session_with(http, false, "ap-south-1");
	ss_on("HEAD /b", 404, "", "");
	ss_on("PUT /b", 200, "", "");
	CHECK(pds_s3_create_bucket(a, "b", NULL, NULL, &err));
	CHECK(strstr(ss_request_body(1), "<LocationConstraint>ap-south-1<") != NULL);
	pds_aws_free(a);

	/* ours already, seen or said; another's */
	begin();
	ss_on("HEAD /b", 200, "", "");
	CHECK(pds_s3_create_bucket(aws, "b", NULL, &existed, &err));
	CHECK(existed);
	CHECK_INT(seen("PUT"), 0);
	begin();
	ss_on("HEAD /b", 404, "", "");
	ss_on("PUT /b", 409, "", xml_error("BucketAlreadyOwnedByYou"));
	CHECK(pds_s3_create_bucket(aws, "b", NULL, &existed, &err));
	CHECK(existed);
	begin();
	ss_on("HEAD /b", 403, "", "");
	ss_on("PUT /b", 409, "", xml_error("BucketAlreadyExists"));
	CHECK(!pds_s3_create_bucket(aws, "b", NULL, &existed, &err));
	CHECK_INT(err.kind, PDS_ERR_ALREADY_EXISTS);
	CHECK(err.hint[0] != '\0');
	begin();
	CHECK(!pds_s3_create_bucket(aws, "a/b", NULL, &existed, &err));
	CHECK_INT(err.kind, PDS_ERR_CONFIG);

	begin();
	ss_on("HEAD /b", 200, "x-amz-bucket-region: eu-west-3\r\n", "");
	CHECK(pds_s3_head_bucket(aws, "b", &exists, region, sizeof(region), &err));
	CHECK(exists);
	CHECK_STR(region, "eu-west-3");
	begin();
	ss_on("HEAD /b", 301, "x-amz-bucket-region: eu-west-1\r\n", "");
	ss_on("HEAD /b", 200, "", "");
	CHECK(pds_s3_head_bucket(aws, "b", &exists, region, sizeof(region), &err));
	CHECK(exists);
	CHECK_STR(region, "eu-west-1");
	begin();
	ss_on("HEAD /b", 404, "", "");
	CHECK(pds_s3_head_bucket(aws, "b", &exists, region, sizeof(region), &err));
	CHECK(!exists);
	CHECK_STR(region, "");
	begin();
	ss_on("HEAD /b", 403, "x-amz-bucket-region: eu-north-1\r\n", "");
	CHECK(!pds_s3_head_bucket(aws, "b", &exists, region, sizeof(region), &err));
	CHECK_INT(err.kind, PDS_ERR_ACCESS_DENIED);
	CHECK(!exists);
	CHECK_STR(region, "eu-north-1");

	begin();
	ss_on("DELETE /b", 204, "", "");
	CHECK(pds_s3_delete_bucket(aws, "b", &err));
	ss_on("DELETE /b", 409, "", xml_error("BucketNotEmpty"));
	CHECK(!pds_s3_delete_bucket(aws, "b", &err));
	CHECK_STR(err.aws_code, "BucketNotEmpty");
	CHECK(strstr(err.hint, "objects") != NULL);
}

/* ---- presigned URLs ---- */

static void
test_presign(void)
{
	PdsResponse resp;
	PdsError	err;
	PdsAws	   *a;
	PdsStr		url;
	char		start[200];

	begin();
	pds_str_init(&url);
	CHECK(pds_s3_presign(aws, "GET", "bucket", "a b/\303\251", 3600, &url, &err));
	snprintf(start, sizeof(start), "%s/bucket/a%%20b/%%C3%%A9?X-Amz-Algorithm=AWS4-HMAC-SHA256&"
			 "X-Amz-Credential=AKTEST%%2F", ss_url);
	CHECK(strncmp(url.data, start, strlen(start)) == 0);
	CHECK(strstr(url.data, "&X-Amz-Expires=3600&") != NULL);
	CHECK(strstr(url.data, "&X-Amz-Signature=") != NULL);
	CHECK(strstr(url.data, "SKTEST") == NULL);
	CHECK_INT(ss->requests, 0);
	CHECK(!pds_s3_presign(aws, "GET", "bucket", "k", 604801, &url, &err));
	CHECK(!pds_s3_presign(aws, "GET", "bucket", "k", 0, &url, &err));
	CHECK_INT(err.kind, PDS_ERR_CONFIG);
	a = session_with(http, true, "us-east-1");
	CHECK(!pds_s3_presign(a, "GET", "bucket", "k", 60, &url, &err));
	CHECK_INT(err.kind, PDS_ERR_NO_CREDENTIALS);
	/* who is nobody is not told of policies */
	ss_on("GET /bucket/k", 403, "", xml_error("AccessDenied"));
	pds_response_init(&resp);
	CHECK(!pds_s3_get(a, "bucket", "k", -1, -1, NULL, &resp, &err));
	CHECK_INT(err.kind, PDS_ERR_ACCESS_DENIED);
	CHECK_STR(err.hint, "");
	CHECK_INT(err.advice, PDS_ADVICE_NOT_PUBLIC);
	pds_response_free(&resp);
	pds_aws_free(a);
	pds_str_free(&url);
}

/* ---- uploads that are open ---- */

#define OPEN(key, id) "<Upload><Key>" key "</Key><UploadId>" id "</UploadId><Initiated>2026-11-30T00:00:00Z</Initiated></Upload>"
#define PAGE(more, uploads) "<ListMultipartUploadsResult>" more uploads "<EncodingType>url</EncodingType></ListMultipartUploadsResult>"

static void
test_open_uploads(void)
{
	PdsOpenUploads open = {0};
	PdsError	err;

	/* how keys are written is said behind them */
	ss_clear();
	ss_on("GET /bucket?uploads=", 200, "",
		  PAGE("<IsTruncated>true</IsTruncated><NextKeyMarker>a%2Bb</NextKeyMarker><NextUploadIdMarker>2</NextUploadIdMarker>",
			   OPEN("a%2Bb", "1") OPEN("a%2Bb", "2")));
	ss_on("GET /bucket?uploads=", 200, "", PAGE("", OPEN("a%20c", "3")));
	CHECK(pds_s3_list_uploads(aws, "bucket", "a", &open, &err));
	CHECK_INT(open.n, 3);
	CHECK_STR(open.uploads[0].key, "a+b");
	CHECK_STR(open.uploads[2].key, "a c");
	CHECK(strstr(ss_request(1), "&key-marker=a%2Bb&upload-id-marker=2 ") != NULL);
	pds_open_uploads_free(&open);
	/* pages that do not end */
	ss_clear();
	ss_on("GET /bucket?uploads=", 200, "",
		  PAGE("<IsTruncated>true</IsTruncated><NextKeyMarker>a</NextKeyMarker>", OPEN("a", "1")))->times = SS_ALWAYS;
	CHECK(!pds_s3_list_uploads(aws, "bucket", "a", &open, &err));
	CHECK_INT(err.kind, PDS_ERR_PROTOCOL);
	CHECK_INT(ss->requests, 2);
	pds_open_uploads_free(&open);
	ss_clear();
	ss_on("GET /bucket?uploads=", 200, "", PAGE("<IsTruncated>true</IsTruncated>", OPEN("a", "1")));
	CHECK(!pds_s3_list_uploads(aws, "bucket", "a", &open, &err));
	CHECK_INT(err.kind, PDS_ERR_PROTOCOL);
	pds_open_uploads_free(&open);
	ss_clear();
	ss_on("GET /bucket?uploads=", 200, "", PAGE("", OPEN("elsewhere", "1")));
	CHECK(!pds_s3_list_uploads(aws, "bucket", "a", &open, &err));
	CHECK_INT(err.kind, PDS_ERR_PROTOCOL);
	pds_open_uploads_free(&open);
}

int
main(void)
{
	PdsHttpOptions opt = {.connect_timeout_ms = 2000, .idle_timeout_ms = 5000};
	PdsError	err;
	size_t		i;
	unsigned int r = 1;

	unit_unused();
	ss_start();
	http = pds_http_new(&opt, NULL, &err);
	data_len = 3 * PART + PART / 2;
	data = malloc(data_len);
	/* no NUL: bodies are compared as they were kept */
	for (i = 0; i < data_len; i++)
		data[i] = (char) ('!' + (r = r * 1103515245u + 12345u) / 65536 % 90);
	test_put();
	test_copy();
	test_copy_by_parts();
	test_delete_many();
	test_upload_small();
	test_upload_parts();
	test_complete();
	test_upload_failures();
	test_cancel();
	test_buckets();
	test_open_uploads();
	test_presign();
	free(data);
	pds_aws_free(aws);
	pds_http_free(http);
	ss_stop();
	return unit_done();
}
