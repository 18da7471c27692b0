/*
 * test_s3.c
 *	  S3's names and hosts, listings and objects against a scripted server: what
 *	  is sent, what is made of the replies, what errors become.
 */
#include "unit.h"

#include "core/s3/s3.h"
#include "services.h"

static const char *
xml_error(const char *code, const char *more)
{
	static char text[300];

	snprintf(text, sizeof(text), "<Error><Code>%s</Code><Message>made by the test</Message>%s</Error>",
			 code, more);
	return text;
}

/* ---- S3: names ---- */

static void
test_hidden(void)
{
	static const struct
	{
		const char *key;
		size_t		prefix;
		bool		hidden;
	}			cases[] =
	{
		{"data/a.csv", 5, false},
		{"data/x/y/z.csv", 5, false},
		{"data/a_b.csv", 5, false},
		{"data/a.b.csv", 5, false},
		{"data/_SUCCESS", 5, true},
		{"data/.part", 5, true},
		{"data/_tmp/a.csv", 5, true},
		{"data/x/.hidden/a.csv", 5, true},
		{"data/x/_a.csv", 5, true},
		{"data/x/", 5, true},
		{"data/x_$folder$", 5, true},
		{"data/x_$folder$/a.csv", 5, false},
		{"data/", 5, true},
		{"_data/a.csv", 6, false},
		{".data/_x/a.csv", 6, true},
		{"_data/a.csv", 0, true},
		{"a.csv", 0, false},
		{"a.csv", 5, false},
		{"data//a.csv", 5, false},
		{"data/\303\251.csv", 5, false},
		{"", 0, true},
	};
	PdsObject	o;
	size_t		i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CHECK_MSG(pds_object_hidden(cases[i].key, cases[i].prefix) == cases[i].hidden,
				  cases[i].key);
	memset(&o, 0, sizeof(o));
	CHECK(!pds_object_archived(&o));
	strcpy(o.storage_class, "GLACIER");
	CHECK(pds_object_archived(&o));
	strcpy(o.storage_class, "DEEP_ARCHIVE");
	CHECK(pds_object_archived(&o));
	strcpy(o.storage_class, "GLACIER_IR");
	CHECK(!pds_object_archived(&o));
}

static void
test_buckets(void)
{
	static const char *const bad[] = {
		"", "a/b", "a b", "user@host", "..", ".", "-x", "a?b", "a#b", "a:80", "a%2Fb", "a\\b",
		"b\303\251", "a\tb", "arn:aws:s3:::x", "arn:aws:s3:us-east-1:123456789012:bucket/x",
		"arn:aws:s3:us-east-1:123456789012:accesspoint/ap/evil",
		"arn:aws:s3:us-east-1:123456789012:accesspoint/ap.evil",
		"arn:aws:s3:us-east-1/x:123456789012:accesspoint/ap"
	};
	PdsObjectList list;
	PdsError	err;
	size_t		i;

	begin();
	memset(&list, 0, sizeof(list));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
	{
		bool		ok = pds_s3_list(aws, bad[i], "", NULL, NULL, 0, &list, &err);

		CHECK_MSG(!ok && err.kind == PDS_ERR_CONFIG, bad[i]);
		CHECK(err.hint[0] != '\0');
	}
	CHECK(!pds_s3_list(aws, "base--use1-az4--x-s3", "", NULL, NULL, 0, &list, &err));
	CHECK_INT(err.kind, PDS_ERR_UNSUPPORTED);
	CHECK_INT(ss->requests, 0);
	pds_object_list_free(&list);
}

static void
test_urls(void)
{
	static const struct
	{
		const char *region;
		PdsAddressing addressing;
		bool		fips;
		bool		dualstack;
		const char *bucket;
		const char *key;
		const char *base;
		const char *path;
	}			cases[] =
	{
		{"us-east-1", PDS_ADDRESS_AUTO, 0, 0, "my-bucket", "a b+c/\303\251",
		"https://my-bucket.s3.us-east-1.amazonaws.com", "/a%20b%2Bc/%C3%A9"},
		{"us-east-1", PDS_ADDRESS_AUTO, 0, 0, "my-bucket", NULL,
		"https://my-bucket.s3.us-east-1.amazonaws.com", "/"},
		{"us-east-1", PDS_ADDRESS_PATH, 0, 0, "my-bucket", "k",
		"https://s3.us-east-1.amazonaws.com", "/my-bucket/k"},
		{"us-east-1", PDS_ADDRESS_AUTO, 0, 0, "dotted.bucket", "k",
		"https://s3.us-east-1.amazonaws.com", "/dotted.bucket/k"},
		{"us-east-1", PDS_ADDRESS_AUTO, 0, 0, "Upper_Case", NULL,
		"https://s3.us-east-1.amazonaws.com", "/Upper_Case"},
		{"us-east-1", PDS_ADDRESS_AUTO, 0, 0, "ab", "k", "https://s3.us-east-1.amazonaws.com",
		"/ab/k"},
		{"eu-west-1", PDS_ADDRESS_AUTO, 1, 0, "my-bucket", "k",
		"https://my-bucket.s3-fips.eu-west-1.amazonaws.com", "/k"},
		{"eu-west-1", PDS_ADDRESS_AUTO, 1, 1, "my-bucket", "k",
		"https://my-bucket.s3-fips.dualstack.eu-west-1.amazonaws.com", "/k"},
		{"cn-north-1", PDS_ADDRESS_AUTO, 0, 1, "my-bucket", "k",
		"https://my-bucket.s3.dualstack.cn-north-1.amazonaws.com.cn", "/k"},
		{"us-east-1", PDS_ADDRESS_AUTO, 0, 0, "arn:aws:s3:us-west-2:123456789012:accesspoint/ap",
		"k", "https://ap-123456789012.s3-accesspoint.us-west-2.amazonaws.com", "/k"},
	};
	size_t		i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		PdsAwsConfig c;
		PdsError	err;
		PdsAws	   *a;
		PdsStr		base;
		PdsStr		path;

		memset(&c, 0, sizeof(c));
		c.region = cases[i].region;
		c.addressing = cases[i].addressing;
		c.use_fips = cases[i].fips;
		c.use_dualstack = cases[i].dualstack;
		a = pds_aws_new(http, &c, &err);
		pds_str_init(&base);
		pds_str_init(&path);
		CHECK(a && pds_aws_s3_url(a, cases[i].bucket, cases[i].key, &base, &path, &err));
		CHECK_STR(pds_str_text(&base), cases[i].base);
		CHECK_STR(pds_str_text(&path), cases[i].path);
		pds_str_free(&base);
		pds_str_free(&path);
		pds_aws_free(a);
	}
}

static void
test_service_hosts(void)
{
	static const struct
	{
		const char *region;
		bool		fips;
		bool		dualstack;
		PdsService	service;
		const char *base;
	}			cases[] =
	{
		{"us-east-1", 0, 0, PDS_GLUE, "https://glue.us-east-1.amazonaws.com"},
		{"us-east-1", 1, 0, PDS_ATHENA, "https://athena-fips.us-east-1.amazonaws.com"},
		{"us-east-1", 0, 1, PDS_ATHENA, "https://athena.us-east-1.api.aws"},
		{"us-east-1", 1, 1, PDS_GLUE, "https://glue-fips.us-east-1.api.aws"},
		{"cn-north-1", 0, 1, PDS_GLUE, "https://glue.cn-north-1.api.amazonwebservices.com.cn"},
		{"eusc-de-east-1", 0, 0, PDS_STS, "https://sts.eusc-de-east-1.amazonaws.eu"},
		{"us-gov-west-1", 1, 0, PDS_STS, "https://sts.us-gov-west-1.amazonaws.com"},
		{"us-isob-east-1", 0, 0, PDS_S3, "https://s3.us-isob-east-1.sc2s.sgov.gov"},
		{"us-iso-east-1", 0, 0, PDS_S3, "https://s3.us-iso-east-1.c2s.ic.gov"},
	};
	PdsAwsConfig c;
	PdsError	err;
	PdsStr		base;
	PdsAws	   *a;
	size_t		i;

	pds_str_init(&base);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		memset(&c, 0, sizeof(c));
		c.region = cases[i].region;
		c.use_fips = cases[i].fips;
		c.use_dualstack = cases[i].dualstack;
		a = pds_aws_new(http, &c, &err);
		pds_str_reset(&base);
		CHECK(a && pds_aws_base_url(a, cases[i].service, &base, &err));
		CHECK_STR(pds_str_text(&base), cases[i].base);
		pds_aws_free(a);
	}
	/* a region goes into a host's name */
	c.region = "us-east-1.x/";
	CHECK(pds_aws_new(http, &c, &err) == NULL);
	CHECK_INT(err.kind, PDS_ERR_CONFIG);

	/*
	 * an endpoint of one's own has no FIPS variant; a slash at its end is
	 * none too many
	 */
	memset(&c, 0, sizeof(c));
	c.region = "us-east-1";
	c.endpoint[PDS_S3] = "http://127.0.0.1:9000/";
	a = pds_aws_new(http, &c, &err);
	pds_str_reset(&base);
	CHECK(a && pds_aws_base_url(a, PDS_S3, &base, &err));
	CHECK_STR(pds_str_text(&base), "http://127.0.0.1:9000");
	pds_aws_free(a);
	c.use_fips = true;
	a = pds_aws_new(http, &c, &err);
	CHECK(a && !pds_aws_base_url(a, PDS_S3, &base, &err));
	CHECK_INT(err.kind, PDS_ERR_CONFIG);
	pds_aws_free(a);
	pds_str_free(&base);
}

/* the region of an access point's name counts, not the session's */
static void
test_access_point_region(void)
{
	const char *arn = "arn:aws:s3:us-west-2:123456789012:accesspoint/ap";
	PdsAwsConfig c;
	PdsError	err;
	PdsAws	   *a;
	char		buf[10];
	char	   *at = buf;
	PdsTransfer *t;

	memset(&c, 0, sizeof(c));
	c.region = "us-east-1";
	c.credentials.anonymous = true;
	a = pds_aws_new(http, &c, &err);
	/* made, and given up before anything is sent */
	t = pds_s3_get_start(a, arn, "k", NULL, 0, 9, NULL, take_range, &at, &err);
	CHECK(t != NULL);
	pds_transfer_free(t);
	CHECK_STR(pds_aws_bucket_region(a, arn), "us-west-2");
	CHECK_STR(pds_aws_bucket_region(a, "other"), "us-east-1");
	pds_aws_free(a);
}

/* ---- S3: listing ---- */

#define LIST_BEGIN "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" \
	"<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>bucket</Name>"

static void
test_list(void)
{
	PdsObjectList l;
	PdsError	err;

	begin();
	ss_on("GET /bucket?list-type=2&encoding-type=url&prefix=year%3D2024%2F", 200, "",
		  LIST_BEGIN "<Prefix>year%3D2024%2F</Prefix><KeyCount>2</KeyCount><MaxKeys>1000</MaxKeys>"
		  "<EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>"
		  "<NextContinuationToken>1u/+=&amp;x</NextContinuationToken>"
		  "<Contents><Key>year%3D2024/a%2Bb+c%25d.csv</Key>"
		  "<LastModified>2024-01-31T10:00:00.123Z</LastModified><ETag>&quot;e1&quot;</ETag>"
		  "<Size>5368709120</Size><StorageClass>STANDARD</StorageClass></Contents>"
		  "<Contents><Key>year%3D2024/%C3%A9%E2%82%AC%0A.csv</Key>"
		  "<LastModified>1999-12-31T23:59:59Z</LastModified><ETag>\"e2\"</ETag>"
		  "<Owner><ID>1</ID><DisplayName>x</DisplayName></Owner>"
		  "<Size>0</Size><StorageClass>GLACIER_IR</StorageClass></Contents></ListBucketResult>");
	/* a page may be empty and still not be the last */
	ss_on("GET /bucket?list-type=2", 200, "",
		  LIST_BEGIN "<EncodingType>url</EncodingType><KeyCount>0</KeyCount>"
		  "<IsTruncated>true</IsTruncated><NextContinuationToken>t2</NextContinuationToken>"
		  "</ListBucketResult>");
	ss_on("GET /bucket?list-type=2", 200, "",
		  "<s3:ListBucketResult xmlns:s3=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
		  "<s3:EncodingType>url</s3:EncodingType><s3:IsTruncated>false</s3:IsTruncated>"
		  "<s3:Contents><s3:Key>year%3D2024/z%2Fy</s3:Key><s3:Size>7</s3:Size></s3:Contents>"
		  "</s3:ListBucketResult>");
	memset(&l, 0, sizeof(l));
	CHECK(pds_s3_list(aws, "bucket", "year=2024/", NULL, "year=2024/a", 0, &l, &err));
	CHECK_INT(l.n, 3);
	CHECK_INT(l.pages, 3);
	CHECK(!l.truncated);
	if (l.n == 3)
	{
		CHECK_STR(l.objects[0].key, "year=2024/a+b c%d.csv");
		CHECK_INT(l.objects[0].size, 5368709120LL);
		CHECK_STR(l.objects[0].etag, "\"e1\"");
		CHECK_INT(l.objects[0].modified_us, 1706695200123000LL);
		CHECK_STR(l.objects[0].storage_class, "");
		CHECK_STR(l.objects[1].key, "year=2024/\303\251\342\202\254\n.csv");
		CHECK_INT(l.objects[1].modified_us, 946684799000000LL);
		CHECK_STR(l.objects[1].storage_class, "GLACIER_IR");
		CHECK(!pds_object_archived(&l.objects[1]));
		CHECK_STR(l.objects[2].key, "year=2024/z/y");
		CHECK_STR(l.objects[2].etag, "");
	}
	CHECK(strstr(ss_request(0), "&start-after=year%3D2024%2Fa HTTP") != NULL);
	CHECK(strstr(ss_request(1), "&continuation-token=1u%2F%2B%3D%26x HTTP") != NULL);
	CHECK(strstr(ss_request(1), "start-after") == NULL);
	CHECK(strstr(ss_request(2), "&continuation-token=t2 HTTP") != NULL);
	CHECK(strstr(ss_request_header(0, "Authorization"), "/us-east-1/s3/aws4_request") != NULL);
	CHECK(strstr(ss_request(0), "x-amz-request-payer") == NULL);
	pds_object_list_free(&l);
	CHECK_INT(l.n, 0);

	/* without EncodingType the keys are what they are */
	begin();
	ss_on("GET /bucket?", 200, "",
		  LIST_BEGIN "<IsTruncated>false</IsTruncated><Contents><Key>a+b%20c&amp;d</Key>"
		  "<Size>1</Size></Contents><CommonPrefixes><Prefix>p+q%2F/</Prefix></CommonPrefixes>"
		  "</ListBucketResult>");
	CHECK(pds_s3_list(aws, "bucket", NULL, NULL, NULL, 0, &l, &err));
	CHECK_INT(l.n, 1);
	CHECK_STR(l.n ? l.objects[0].key : "", "a+b%20c&d");
	CHECK_STR(l.nprefixes ? l.prefixes[0] : "", "p+q%2F/");
	CHECK(ss_request_is(0, "GET /bucket?list-type=2&encoding-type=url HTTP"));
	pds_object_list_free(&l);

	/* common prefixes; EncodingType behind what it applies to */
	begin();
	ss_on("GET /bucket?", 200, "",
		  LIST_BEGIN "<Contents><Key>top%20file</Key><Size>1</Size></Contents>"
		  "<CommonPrefixes><Prefix>a%20b%2F</Prefix></CommonPrefixes>"
		  "<CommonPrefixes><Prefix>c%2B+%2F</Prefix></CommonPrefixes>"
		  "<Delimiter>%2F</Delimiter><EncodingType>url</EncodingType>"
		  "<IsTruncated>false</IsTruncated></ListBucketResult>");
	CHECK(pds_s3_list(aws, "bucket", "", "/", NULL, 0, &l, &err));
	CHECK(strstr(ss_request(0), "&delimiter=%2F") != NULL);
	CHECK_INT(l.n, 1);
	CHECK_INT(l.nprefixes, 2);
	if (l.n == 1 && l.nprefixes == 2)
	{
		CHECK_STR(l.objects[0].key, "top file");
		CHECK_STR(l.prefixes[0], "a b/");
		CHECK_STR(l.prefixes[1], "c+ /");
	}
	pds_object_list_free(&l);
}

static void
test_list_limits(void)
{
	PdsObjectList l;
	PdsError	err;

	begin();
	memset(&l, 0, sizeof(l));
	ss_on("GET /bucket?list-type=2&encoding-type=url&max-keys=2", 200, "",
		  LIST_BEGIN "<IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>"
		  "<Contents><Key>a</Key><Size>1</Size></Contents><Contents><Key>b</Key><Size>1</Size></Contents></ListBucketResult>");
	CHECK(pds_s3_list(aws, "bucket", "", NULL, NULL, 2, &l, &err));
	CHECK_INT(l.n, 2);
	CHECK(l.truncated);
	CHECK_INT(ss->requests, 1);
	/* appended; the end is reached with the limit: nothing is left */
	ss_on("GET /bucket?list-type=2&encoding-type=url&max-keys=2", 200, "",
		  LIST_BEGIN "<IsTruncated>false</IsTruncated>"
		  "<Contents><Key>c</Key><Size>1</Size></Contents><Contents><Key>d</Key><Size>1</Size></Contents></ListBucketResult>");
	l.truncated = false;
	CHECK(pds_s3_list(aws, "bucket", "", NULL, "b", 2, &l, &err));
	CHECK_INT(l.n, 4);
	CHECK(!l.truncated);
	CHECK_STR(l.n == 4 ? l.objects[3].key : "", "d");
	pds_object_list_free(&l);

	/* nothing at all; and replies that are none */
	begin();
	ss_on("GET /bucket", 200, "", LIST_BEGIN "<IsTruncated>false</IsTruncated></ListBucketResult>");
	ss_on("GET /bucket", 200, "", LIST_BEGIN "<IsTruncated>true</IsTruncated></ListBucketResult>");
	ss_on("GET /bucket", 200, "", LIST_BEGIN "<Contents><Key>a</Key>");
	ss_on("GET /bucket", 200, "", "<html><body>login here<br></body></html>");
	ss_on("GET /bucket", 404, "", xml_error("NoSuchBucket", "<BucketName>bucket</BucketName>"));
	CHECK(pds_s3_list(aws, "bucket", "", NULL, NULL, 0, &l, &err));
	CHECK_INT(l.n, 0);
	CHECK(!pds_s3_list(aws, "bucket", "", NULL, NULL, 0, &l, &err));
	CHECK_INT(err.kind, PDS_ERR_PROTOCOL);
	CHECK(!pds_s3_list(aws, "bucket", "", NULL, NULL, 0, &l, &err));
	CHECK_INT(err.kind, PDS_ERR_PROTOCOL);
	CHECK(!pds_s3_list(aws, "bucket", "", NULL, NULL, 0, &l, &err));
	CHECK_INT(err.kind, PDS_ERR_PROTOCOL);
	CHECK(!pds_s3_list(aws, "bucket", "p/", NULL, NULL, 0, &l, &err));
	CHECK_INT(err.kind, PDS_ERR_NOT_FOUND);
	CHECK_STR(err.aws_code, "NoSuchBucket");
	CHECK_STR(err.resource, "s3://bucket/p/");
	CHECK_STR(err.operation, "ListObjectsV2");
	CHECK_INT(err.advice, PDS_ADVICE_BUCKET_NAME);
	pds_object_list_free(&l);
}

/* A page with archived objects is asked for again, with their restore status, and so are those after it. */
static void
test_list_archived(void)
{
	PdsAws	   *payer = session_with(http, PDS_ADDRESS_PATH, true);
	PdsObjectList l;
	PdsError	err;
	const char *page = LIST_BEGIN "<IsTruncated>%s</IsTruncated><NextContinuationToken>t%s</NextContinuationToken>"
		"<Contents><Key>%s1</Key><Size>1</Size><StorageClass>DEEP_ARCHIVE</StorageClass>%s</Contents>"
		"<Contents><Key>%s2</Key><Size>1</Size><StorageClass>GLACIER</StorageClass>%s</Contents>"
		"<CommonPrefixes><Prefix>%sp/</Prefix></CommonPrefixes></ListBucketResult>";
	const char *ready = "<RestoreStatus><IsRestoreInProgress>false</IsRestoreInProgress>"
		"<RestoreExpiryDate>2030-01-01T00:00:00.000Z</RestoreExpiryDate></RestoreStatus>";
	const char *under_way = "<RestoreStatus><IsRestoreInProgress>true</IsRestoreInProgress></RestoreStatus>";
	char		text[2000];

	begin();
	ss_on("GET /bucket", 200, "", LIST_BEGIN "<IsTruncated>true</IsTruncated>"
		  "<NextContinuationToken>t1</NextContinuationToken><Contents><Key>a</Key><Size>1</Size></Contents></ListBucketResult>");
	snprintf(text, sizeof(text), page, "true", "2", "b", "", "b", "", "b");
	ss_on("GET /bucket", 200, "", text);
	snprintf(text, sizeof(text), page, "true", "2", "b", ready, "b", under_way, "b");
	ss_on("GET /bucket", 200, "", text);
	snprintf(text, sizeof(text), page, "false", "3", "c", "", "c", ready, "c");
	ss_on("GET /bucket", 200, "", text);
	memset(&l, 0, sizeof(l));
	CHECK(pds_s3_list(payer, "bucket", "", "/", NULL, 0, &l, &err));
	CHECK_INT(l.n, 5);
	CHECK_INT(l.nprefixes, 2);
	CHECK_INT(ss->requests, 4);
	CHECK(strstr(ss_request(0), "x-amz-optional-object-attributes") == NULL);
	CHECK(strstr(ss_request(1), "x-amz-optional-object-attributes") == NULL);
	CHECK(strstr(ss_request(2), "continuation-token=t1 ") != NULL);
	CHECK_STR(ss_request_header(2, "x-amz-optional-object-attributes"), "RestoreStatus");
	CHECK_STR(ss_request_header(2, "x-amz-request-payer"), "requester");
	CHECK(strstr(ss_request(3), "continuation-token=t2 ") != NULL);
	CHECK_STR(ss_request_header(3, "x-amz-optional-object-attributes"), "RestoreStatus");
	if (l.n == 5)
	{
		CHECK_STR(l.objects[1].key, "b1");
		CHECK(!pds_object_archived(&l.objects[1]));
		CHECK(pds_object_archived(&l.objects[2]));
		CHECK(pds_object_archived(&l.objects[3]));
		CHECK(!pds_object_archived(&l.objects[4]));
		CHECK(!pds_s3_archived_error("bucket", &l.objects[2], &err));
		CHECK_INT(err.kind, PDS_ERR_OBJECT_ARCHIVED);
		CHECK(strstr(err.message, "s3://bucket/b2") && strstr(err.message, "GLACIER"));
		CHECK_INT(err.advice, PDS_ADVICE_ARCHIVED);
	}
	pds_object_list_free(&l);
	pds_aws_free(payer);
}

/* ---- S3: objects ---- */

static void
test_head_version(void)
{
	PdsObject	o;
	PdsError	err;

	begin();
	ss_on("HEAD /bucket/k?versionId=a%2Bb%2F", 200, "Content-Length: 3\r\nETag: \"e1\"\r\n"
		  "x-amz-storage-class: INTELLIGENT_TIERING\r\nx-amz-archive-status: ARCHIVE_ACCESS\r\n", "");
	ss_on("HEAD /bucket/k?versionId=back", 200, "ETag: \"e\"\r\nContent-Length: 3\r\nx-amz-storage-class: GLACIER\r\n"
		  "x-amz-restore: ongoing-request=\"false\", expiry-date=\"Fri, 21 Dec 2029 00:00:00 GMT\"\r\n", "");
	ss_on("HEAD /bucket/k?versionId=coming", 200, "ETag: \"e\"\r\nContent-Length: 3\r\nx-amz-storage-class: GLACIER\r\n"
		  "x-amz-restore: ongoing-request=\"true\"\r\n", "");
	ss_on("HEAD /bucket/k?versionId=none", 404, "", "");
	ss_on("HEAD /bucket/k?versionId=marker", 405, "x-amz-delete-marker: true\r\n", "");
	ss_on("HEAD /bucket/k?versionId=denied", 403, "", "");
	CHECK(pds_s3_head_version(aws, "bucket", "k", "a+b/", &o, &err));
	CHECK_INT(o.size, 3);
	CHECK(pds_object_archived(&o));
	free(o.key);
	CHECK(pds_s3_head_version(aws, "bucket", "k", "back", &o, &err) && !pds_object_archived(&o));
	free(o.key);
	CHECK(pds_s3_head_version(aws, "bucket", "k", "coming", &o, &err) && pds_object_archived(&o));
	free(o.key);
	CHECK(!pds_s3_head_version(aws, "bucket", "k", "none", &o, &err));
	CHECK_INT(err.kind, PDS_ERR_NOT_FOUND);
	CHECK_STR(err.message, "s3://bucket/k has no version \"none\"");
	CHECK(err.hint[0] != '\0');
	CHECK(!pds_s3_head_version(aws, "bucket", "k", "marker", &o, &err));
	CHECK_INT(err.kind, PDS_ERR_NOT_FOUND);
	CHECK_STR(err.message, "version \"marker\" of s3://bucket/k is a delete marker");
	CHECK(!pds_s3_head_version(aws, "bucket", "k", "denied", &o, &err));
	CHECK_INT(err.kind, PDS_ERR_ACCESS_DENIED);
	CHECK_INT(err.advice, PDS_ADVICE_REQUESTER_PAYS);
}

static void
test_head(void)
{
	PdsObject	o;
	PdsError	err;
	PdsAws	   *payer = session_with(http, PDS_ADDRESS_PATH, true);

	begin();
	ss_on("HEAD /bucket/dir/a%2Bb%20c", 200, "Content-Length: 5368709120\r\nETag: \"e1\"\r\n"
		  "Last-Modified: Wed, 31 Jan 2024 10:00:00 GMT\r\nx-amz-storage-class: GLACIER\r\n", "");
	ss_on("HEAD /bucket/plain", 200, "ETag: \"e\"\r\nContent-Length: 0\r\nx-amz-storage-class: STANDARD\r\n", "");
	ss_on("HEAD /bucket/gone", 404, "x-amz-request-id: RQ\r\n", "");
	ss_on("HEAD /bucket/mine", 403, "", "");
	CHECK(pds_s3_head(aws, "bucket", "dir/a+b c", &o, &err));
	CHECK_STR(o.key, "dir/a+b c");
	CHECK_INT(o.size, 5368709120LL);
	CHECK_STR(o.etag, "\"e1\"");
	CHECK_INT(o.modified_us, 1706695200000000LL);
	CHECK(pds_object_archived(&o));
	free(o.key);
	CHECK(pds_s3_head(payer, "bucket", "plain", &o, &err));
	CHECK_INT(o.size, 0);
	CHECK_STR(o.storage_class, "");
	CHECK_STR(ss_request_header(1, "x-amz-request-payer"), "requester");
	CHECK(strstr(ss_request_header(1, "Authorization"), "x-amz-request-payer") != NULL);
	free(o.key);
	CHECK(!pds_s3_head(aws, "bucket", "gone", &o, &err));
	CHECK_INT(err.kind, PDS_ERR_NOT_FOUND);
	CHECK_STR(err.resource, "s3://bucket/gone");
	CHECK_STR(err.request_id, "RQ");
	free(o.key);
	CHECK(!pds_s3_head(aws, "bucket", "mine", &o, &err));
	CHECK_INT(err.kind, PDS_ERR_ACCESS_DENIED);
	free(o.key);
	pds_aws_free(payer);
}

static void
test_get(void)
{
	PdsResponse r;
	PdsError	err;
	PdsTransfer *t;
	char		buf[10];
	char	   *at = buf;

	begin();
	ss_on("GET /bucket/k", 206, "Content-Range: bytes 2-5/10\r\nETag: \"e\"\r\n", "cdef");
	ss_on("GET /bucket/k", 200, "", "abcdefghij");
	ss_on("GET /bucket/k", 412, "", xml_error("PreconditionFailed", ""));
	ss_on("GET /bucket/k", 206, "Content-Range: bytes 0-9/20\r\nETag: \"e\"\r\n", "abcdefghij");
	ss_on("GET /bucket/k", 403, "", xml_error("InvalidObjectState", "<StorageClass>GLACIER</StorageClass>"));
	ss_on("DELETE /bucket/k", 204, "", "");
	ss_on("DELETE /bucket/k", 404, "", xml_error("NoSuchKey", ""));
	ss_on("DELETE /bucket/k", 404, "", xml_error("NoSuchBucket", ""));
	CHECK(pds_s3_get(aws, "bucket", "k", 2, 5, "\"e\"", &r, &err));
	CHECK_STR(pds_str_text(&r.body), "cdef");
	CHECK_STR(ss_request_header(0, "Range"), "bytes=2-5");
	CHECK_STR(ss_request_header(0, "If-Match"), "\"e\"");
	pds_response_free(&r);
	CHECK(pds_s3_get(aws, "bucket", "k", -1, -1, NULL, &r, &err));
	CHECK_STR(pds_str_text(&r.body), "abcdefghij");
	CHECK_STR(ss_request_header(1, "Range"), "");
	pds_response_free(&r);
	CHECK(!pds_s3_get(aws, "bucket", "k", 0, 1, "\"old\"", &r, &err));
	CHECK_INT(err.kind, PDS_ERR_OBJECT_CHANGED);
	pds_response_free(&r);

	t = pds_s3_get_start(aws, "bucket", "k", NULL, 0, 9, "\"e\"", take_range, &at, &err);
	while (t && !pds_transfer_done(t) && pds_http_wait(http, 1000, PDS_WAIT_S3_DATA, &err))
		;
	pds_response_init(&r);
	CHECK(t && pds_s3_get_finish(aws, "bucket", t, &r, &err));
	CHECK_INT(r.range_received, 10);
	CHECK_INT(r.total_size, 20);
	CHECK(memcmp(buf, "abcdefghij", 10) == 0);
	pds_response_free(&r);
	pds_transfer_free(t);

	CHECK(!pds_s3_get(aws, "bucket", "k", -1, -1, NULL, &r, &err));
	CHECK_INT(err.kind, PDS_ERR_OBJECT_ARCHIVED);
	pds_response_free(&r);
	CHECK(pds_s3_delete(aws, "bucket", "k", &err));
	CHECK(pds_s3_delete(aws, "bucket", "k", &err));
	CHECK(!pds_s3_delete(aws, "bucket", "k", &err));
	CHECK_INT(err.kind, PDS_ERR_NOT_FOUND);
}

static void
test_region(void)
{
	PdsObjectList l;
	PdsObject	o;
	PdsResponse r;
	PdsError	err;
	PdsTransfer *t;
	char		buf[4];
	char	   *at = buf;

	begin();
	memset(&l, 0, sizeof(l));
	ss_on("GET /bucket?", 301, "x-amz-bucket-region: eu-west-1\r\n",
		  xml_error("PermanentRedirect", "<Endpoint>bucket.s3.amazonaws.com</Endpoint>"));
	ss_on("GET /bucket?", 200, "", LIST_BEGIN "</ListBucketResult>")->times = 2;
	CHECK(pds_s3_list(aws, "bucket", "", NULL, NULL, 0, &l, &err));
	CHECK_INT(ss->requests, 2);
	CHECK(strstr(ss_request_header(0, "Authorization"), "/us-east-1/s3/") != NULL);
	CHECK(strstr(ss_request_header(1, "Authorization"), "/eu-west-1/s3/") != NULL);
	CHECK_STR(pds_aws_bucket_region(aws, "bucket"), "eu-west-1");
	/* known from now on, for this bucket */
	CHECK(pds_s3_list(aws, "bucket", "", NULL, NULL, 0, &l, &err));
	CHECK(strstr(ss_request_header(2, "Authorization"), "/eu-west-1/s3/") != NULL);
	CHECK_STR(pds_aws_bucket_region(aws, "other"), "us-east-1");
	/* a guess never replaces what is known */
	pds_aws_suggest_bucket_region(aws, "bucket", "sa-east-1");
	CHECK_STR(pds_aws_bucket_region(aws, "bucket"), "eu-west-1");
	pds_aws_suggest_bucket_region(aws, "guessed", "sa-east-1");
	CHECK_STR(pds_aws_bucket_region(aws, "guessed"), "sa-east-1");
	pds_object_list_free(&l);

	/* named in the body; a HEAD has none */
	begin();
	ss_on("GET /bucket/k", 400, "", xml_error("AuthorizationHeaderMalformed", "<Region>eu-west-2</Region>"));
	ss_on("GET /bucket/k", 200, "", "x");
	ss_on("HEAD /other/k", 400, "x-amz-bucket-region: ap-south-1\r\n", "");
	ss_on("HEAD /other/k", 200, "ETag: \"e\"\r\nContent-Length: 3\r\n", "");
	ss_on("HEAD /third/k", 301, "x-amz-bucket-region: sa-east-1\r\n", "");
	ss_on("HEAD /third/k", 200, "ETag: \"e\"\r\nContent-Length: 4\r\n", "");
	CHECK(pds_s3_get(aws, "bucket", "k", -1, -1, NULL, &r, &err));
	CHECK_STR(pds_aws_bucket_region(aws, "bucket"), "eu-west-2");
	pds_response_free(&r);
	CHECK(pds_s3_head(aws, "other", "k", &o, &err));
	CHECK_INT(o.size, 3);
	free(o.key);
	CHECK_STR(pds_aws_bucket_region(aws, "other"), "ap-south-1");
	CHECK(pds_s3_head(aws, "third", "k", &o, &err));
	CHECK_INT(o.size, 4);
	free(o.key);

	/*
	 * a service that sends in circles, one that names none, one that names
	 * nonsense
	 */
	begin();
	ss_on("GET /bucket/k", 301, "x-amz-bucket-region: eu-west-1\r\n", xml_error("PermanentRedirect", ""))->times
		= SS_ALWAYS;
	ss_on("GET /none/k", 301, "", xml_error("PermanentRedirect", ""))->times = SS_ALWAYS;
	ss_on("GET /odd/k", 301, "x-amz-bucket-region: 127.0.0.1/\r\n", "")->times = SS_ALWAYS;
	CHECK(!pds_s3_get(aws, "bucket", "k", -1, -1, NULL, &r, &err));
	CHECK_INT(err.kind, PDS_ERR_WRONG_REGION);
	CHECK_INT(err.advice, PDS_ADVICE_BUCKET_REGION);
	CHECK_INT(ss->requests, 2);
	pds_response_free(&r);
	CHECK(!pds_s3_get(aws, "none", "k", -1, -1, NULL, &r, &err));
	CHECK_INT(err.kind, PDS_ERR_WRONG_REGION);
	/* the bucket itself was asked, in vain */
	CHECK_INT(ss->requests, 5);
	CHECK(ss_request_is(3, "HEAD /none HTTP"));
	CHECK(ss_request_is(4, "GET /none?location= HTTP"));
	pds_response_free(&r);
	CHECK(!pds_s3_get(aws, "odd", "k", -1, -1, NULL, &r, &err));
	CHECK_INT(err.kind, PDS_ERR_WRONG_REGION);
	CHECK_STR(pds_aws_bucket_region(aws, "odd"), "us-east-1");
	pds_response_free(&r);

	/* a bare 400 of the right region is some other fault */
	begin();
	ss_on("HEAD /bucket/k", 400, "x-amz-bucket-region: us-east-1\r\n", "");
	CHECK(!pds_s3_head(aws, "bucket", "k", &o, &err));
	CHECK_INT(err.kind, PDS_ERR_INVALID_REQUEST);
	CHECK_INT(ss->requests, 3);
	free(o.key);

	/*
	 * where the reply does not tell, the bucket is asked, whose errors tell,
	 * too
	 */
	begin();
	ss_on("GET /bucket/k", 301, "", xml_error("PermanentRedirect", ""));
	ss_on("HEAD /bucket", 403, "x-amz-bucket-region: eu-south-1\r\n", "");
	ss_on("GET /bucket/k", 200, "", "x");
	CHECK(pds_s3_get(aws, "bucket", "k", -1, -1, NULL, &r, &err));
	CHECK_INT(ss->requests, 3);
	CHECK(strstr(ss_request_header(2, "Authorization"), "/eu-south-1/s3/") != NULL);
	pds_response_free(&r);

	/* ... or where it is */
	begin();
	ss_on("HEAD /bucket/k", 400, "", "");
	ss_on("HEAD /bucket", 400, "", "");
	ss_on("GET /bucket?location=", 400, "",
		  xml_error("AuthorizationHeaderMalformed", "<Region>eu-south-2</Region>"));
	ss_on("HEAD /bucket/k", 200, "ETag: \"e\"\r\nContent-Length: 3\r\n", "");
	CHECK(pds_s3_head(aws, "bucket", "k", &o, &err));
	free(o.key);
	CHECK_STR(pds_aws_bucket_region(aws, "bucket"), "eu-south-2");
	begin();
	ss_on("GET /bucket/k", 301, "", xml_error("PermanentRedirect", ""));
	ss_on("HEAD /bucket", 403, "", "");
	ss_on("GET /bucket?location=", 200, "", "<LocationConstraint>EU</LocationConstraint>");
	ss_on("GET /bucket/k", 200, "", "x");
	CHECK(pds_s3_get(aws, "bucket", "k", -1, -1, NULL, &r, &err));
	CHECK_STR(pds_aws_bucket_region(aws, "bucket"), "eu-west-1");
	pds_response_free(&r);

	/*
	 * named only by the host that a redirect points to, or by the code for
	 * buckets that are made
	 */
	begin();
	ss_on("GET /bucket/k", 307, "Location: https://bucket.s3-us-west-2.amazonaws.com/k\r\n", "");
	ss_on("GET /bucket/k", 200, "", "x");
	CHECK(pds_s3_get(aws, "bucket", "k", -1, -1, NULL, &r, &err));
	CHECK_STR(pds_aws_bucket_region(aws, "bucket"), "us-west-2");
	pds_response_free(&r);
	begin();
	ss_on("GET /bucket/k", 307, "", xml_error("TemporaryRedirect",
											  "<Endpoint>bucket.s3.ca-central-1.amazonaws.com</Endpoint>"));
	ss_on("GET /bucket/k", 200, "", "x");
	CHECK(pds_s3_get(aws, "bucket", "k", -1, -1, NULL, &r, &err));
	CHECK_STR(pds_aws_bucket_region(aws, "bucket"), "ca-central-1");
	pds_response_free(&r);
	begin();
	ss_on("GET /bucket/k", 400, "x-amz-bucket-region: me-south-1\r\n",
		  xml_error("IllegalLocationConstraintException", ""));
	ss_on("GET /bucket/k", 200, "", "x");
	CHECK(pds_s3_get(aws, "bucket", "k", -1, -1, NULL, &r, &err));
	CHECK_STR(pds_aws_bucket_region(aws, "bucket"), "me-south-1");
	pds_response_free(&r);
	/* ... and no other host's name is taken for one of S3's */
	begin();
	ss_on("GET /bucket/k", 307, "Location: http://s3.us-west-2.evil.example/k\r\n", "")->times = 2;
	CHECK(!pds_s3_get(aws, "bucket", "k", -1, -1, NULL, &r, &err));
	CHECK_STR(pds_aws_bucket_region(aws, "bucket"), "us-east-1");
	pds_response_free(&r);

	/* asynchronous reads are started again by their owner */
	begin();
	ss_on("GET /bucket/k", 301, "x-amz-bucket-region: eu-west-1\r\n", xml_error("PermanentRedirect", ""));
	t = pds_s3_get_start(aws, "bucket", "k", NULL, 0, 3, NULL, take_range, &at, &err);
	while (t && !pds_transfer_done(t) && pds_http_wait(http, 1000, PDS_WAIT_S3_DATA, &err))
		;
	pds_response_init(&r);
	CHECK(t && !pds_s3_get_finish(aws, "bucket", t, &r, &err));
	CHECK_INT(err.kind, PDS_ERR_WRONG_REGION);
	CHECK(err.retryable);
	CHECK_STR(pds_aws_bucket_region(aws, "bucket"), "eu-west-1");
	pds_response_free(&r);
	pds_transfer_free(t);
}

int
main(void)
{
	services_start();
	test_hidden();
	test_buckets();
	test_urls();
	test_service_hosts();
	test_access_point_region();
	test_list();
	test_list_limits();
	test_list_archived();
	test_head();
	test_head_version();
	test_get();
	test_region();
	services_stop();
	return unit_done();
}
