/*
 * test_replies.c
 *	  Replies with status 200 that are not what they should be: another root or
 *	  member, without end, the same page again, sizes that are no numbers, another
 *	  version.  Every operation that reads or believes a reply is walked through.
 */
#include "unit.h"

#include "core/aws/athena.h"
#include "core/aws/sts.h"
#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/pager.h"
#include "core/glue/glue.h"
#include "core/glue/glue_crawler.h"
#include "core/s3/s3_internal.h"
#include "core/s3/s3_write.h"
#include "athena_start.h"
#include "services.h"

static PdsError err;

/* ---- the walk: what each operation makes of one reply ---- */

static bool
no_database(void *arg, PdsGlueDatabase *d)
{
	(void) arg;
	pds_glue_database_free(d);
	return true;
}

static bool
no_table(void *arg, PdsGlueTable *t)
{
	(void) arg;
	pds_glue_table_free(t);
	return true;
}

static bool
no_partition(void *arg, PdsGluePartition *p)
{
	(void) arg;
	pds_glue_partition_free(p);
	return true;
}

static bool
no_crawler(void *arg, PdsCrawler *c)
{
	(void) arg;
	pds_crawler_free(c);
	return true;
}

static bool
op_list(void)
{
	PdsObjectList l = {0};
	bool		ok = pds_s3_list(aws, "b", "", NULL, NULL, 0, &l, &err);

	pds_object_list_free(&l);
	return ok;
}

static bool
op_list_buckets(void)
{
	PdsObjectList l = {0};
	PdsPager	pager = {0};
	bool		ok = true;

	do
		ok = pds_s3_list_buckets(aws, &l, &pager, &err);
	while (ok && pds_pager_more(&pager));
	pds_object_list_free(&l);
	pds_pager_free(&pager);
	return ok;
}

static bool
op_put(void)
{
	return pds_s3_put(aws, "b", "k", "x", 1, NULL, NULL, &err);
}

static bool
op_head(void)
{
	PdsObject	o;
	bool		ok = pds_s3_head(aws, "b", "k", &o, &err);

	free(o.key);
	return ok;
}

static bool
op_copy(void)
{
	PdsObject	o = {.key = (char *) "k", .size = 1, .etag = "\"e\""};

	return pds_s3_copy(aws, "b", "k", &o, "b", "k2", NULL, NULL, &err);
}

static bool
op_delete(void)
{
	return pds_s3_delete(aws, "b", "k", &err);
}

static bool
op_delete_many(void)
{
	char	   *keys[1] = {(char *) "k"};

	return pds_s3_delete_many(aws, "b", keys, 1, NULL, &err);
}

static bool
op_delete_bucket(void)
{
	return pds_s3_delete_bucket(aws, "b", &err);
}

static bool
op_upload(void)
{
	PdsUploadOptions opt = {.hold_nothing = true};
	PdsUpload  *u = pds_upload_new(aws, "b", "k", &opt, &err);
	bool		ok = pds_upload_write(u, "x", 1, &err) && pds_upload_finish(u, &err);

	pds_upload_free(u);
	return ok;
}

static bool
op_list_uploads(void)
{
	PdsOpenUploads open = {0};
	bool		ok = pds_s3_list_uploads(aws, "b", "", &open, &err);

	pds_open_uploads_free(&open);
	return ok;
}

static bool
op_abort(void)
{
	return pds_s3_abort_upload(aws, "b", "k", "id", &err);
}

static bool
op_identity(void)
{
	PdsCallerIdentity who;

	return pds_sts_caller_identity(aws, &who, &err);
}

static bool
op_database(void)
{
	PdsGlueDatabase *d = pds_glue_get_database(aws, NULL, "d", &err);

	pds_glue_database_free(d);
	return d != NULL;
}

static bool
op_databases(void)
{
	return pds_glue_get_databases(aws, NULL, no_database, NULL, &err);
}

static bool
op_table(void)
{
	PdsGlueTable *t = pds_glue_get_table(aws, NULL, "d", "t", &err);

	pds_glue_table_free(t);
	return t != NULL;
}

static bool
op_tables(void)
{
	return pds_glue_get_tables(aws, NULL, "d", NULL, no_table, NULL, &err);
}

static bool
op_partitions(void)
{
	return pds_glue_get_partitions(aws, NULL, "d", "t", NULL, 1, no_partition, NULL, &err);
}

static bool
op_partitions_in_segments(void)
{
	return pds_glue_get_partitions(aws, NULL, "d", "t", NULL, 4, no_partition, NULL, &err);
}

static bool
op_batch(void)
{
	char	   *one[1] = {(char *) "x"};
	char	   *const *values[1] = {one};

	return pds_glue_batch_get_partition(aws, NULL, "d", "t", values, 1, 1, 1, no_partition, NULL, &err);
}

static bool
op_crawler(void)
{
	PdsCrawler *c = pds_glue_get_crawler(aws, "c", &err);

	pds_crawler_free(c);
	return c != NULL;
}

static bool
op_crawlers(void)
{
	return pds_glue_get_crawlers(aws, no_crawler, NULL, &err);
}

static bool
op_start(void)
{
	PdsAthenaStart s = {.sql = "SELECT 1"};
	PdsAthenaExecution e;

	pds_athena_execution_init(&e);
	return start_query(aws, &s, &e, &err);
}

static bool
op_poll(void)
{
	PdsAthenaExecution e;

	pds_athena_execution_init(&e);
	strcpy(e.id, "id");
	return pds_athena_poll(aws, &e, &err);
}

static bool
op_results(void)
{
	PdsAthenaPage p;
	bool		ok = pds_athena_results(aws, "id", NULL, 0, &p, &err);

	if (ok)
		pds_athena_page_free(&p);
	return ok;
}

static bool
op_stop(void)
{
	return pds_athena_stop(aws, "id", &err);
}

typedef struct Op
{
	const char *name;
	bool		(*run) (void);
	const char *again;			/* a page that gives the same token each time;
								 * NULL: there are no pages */
	const char *entry;			/* a page with an entry, and the token %d */
} Op;

static const Op ops[] = {
	{"ListObjectsV2", op_list, "<ListBucketResult><IsTruncated>true</IsTruncated>"
		"<NextContinuationToken>SAME</NextContinuationToken></ListBucketResult>",
		"<ListBucketResult><IsTruncated>true</IsTruncated><Contents><Key>k%1$d</Key><Size>1</Size></Contents>"
	"<NextContinuationToken>t%1$d</NextContinuationToken></ListBucketResult>"},
	{"ListBuckets", op_list_buckets, "<ListAllMyBucketsResult><ContinuationToken>SAME</ContinuationToken></ListAllMyBucketsResult>",
		"<ListAllMyBucketsResult><Buckets><Bucket><Name>b%1$d</Name></Bucket></Buckets><ContinuationToken>t%1$d</ContinuationToken>"
	"</ListAllMyBucketsResult>"},
	{"PutObject", op_put, NULL, NULL},
	{"HeadObject", op_head, NULL, NULL},
	{"CopyObject", op_copy, NULL, NULL},
	{"DeleteObject", op_delete, NULL, NULL},
	{"DeleteObjects", op_delete_many, NULL, NULL},
	{"DeleteBucket", op_delete_bucket, NULL, NULL},
	{"CreateMultipartUpload", op_upload, NULL, NULL},
	{"ListMultipartUploads", op_list_uploads, "<ListMultipartUploadsResult><IsTruncated>true</IsTruncated>"
		"<NextKeyMarker>SAME</NextKeyMarker></ListMultipartUploadsResult>",
		"<ListMultipartUploadsResult><IsTruncated>true</IsTruncated><Upload><Key>k</Key><UploadId>u</UploadId></Upload>"
	"<NextKeyMarker>t%1$d</NextKeyMarker></ListMultipartUploadsResult>"},
	{"AbortMultipartUpload", op_abort, NULL, NULL},
	{"GetCallerIdentity", op_identity, NULL, NULL},
	{"GetDatabase", op_database, NULL, NULL},
	{"GetDatabases", op_databases, "{\"DatabaseList\":[{\"Name\":\"db\"}],\"NextToken\":\"SAME\"}",
	"{\"DatabaseList\":[{\"Name\":\"db\"}],\"NextToken\":\"t%1$d\"}"},
	{"GetTable", op_table, NULL, NULL},
	{"GetTables", op_tables, "{\"TableList\":[],\"NextToken\":\"SAME\"}",
	"{\"TableList\":[{\"Name\":\"t\"}],\"NextToken\":\"t%1$d\"}"},
	{"GetPartitions", op_partitions, "{\"Partitions\":[],\"NextToken\":\"SAME\"}",
	"{\"Partitions\":[{\"Values\":[\"v\"]}],\"NextToken\":\"t%1$d\"}"},
	{"GetPartitions", op_partitions_in_segments, "{\"Partitions\":[],\"NextToken\":\"SAME\"}",
	"{\"Partitions\":[{\"Values\":[\"v\"]}],\"NextToken\":\"t%1$d\"}"},
	{"BatchGetPartition", op_batch, NULL, NULL},
	{"GetCrawler", op_crawler, NULL, NULL},
	{"GetCrawlers", op_crawlers, "{\"Crawlers\":[],\"NextToken\":\"SAME\"}",
	"{\"Crawlers\":[{\"Name\":\"c\"}],\"NextToken\":\"t%1$d\"}"},
	{"StartQueryExecution", op_start, NULL, NULL},
	{"GetQueryExecution", op_poll, NULL, NULL},
	{"GetQueryResults", op_results, NULL, NULL},
	{"StopQueryExecution", op_stop, NULL, NULL},
};

#define NOPS (sizeof(ops) / sizeof(ops[0]))

static void
test_other_replies(void)
{
	static const char *const bodies[] = {
		"<html><body>Login\npage\033[2J</body></html>",
		"<?xml version='1.0'?><ListVersionsResult><IsTruncated>false</IsTruncated></ListVersionsResult>",
		"<?xml version='1.0'?><AccessControlPolicy><Owner/></AccessControlPolicy>",
		"<!doctype html><html lang=en><title>Console</title></html>",
		/* expat calls an end handler, though the start handler stopped it */
		"<ListVersionsResult/>",
		"[1]", "null",
	};
	char		what[120];
	size_t		i;
	size_t		b;

	for (i = 0; i < NOPS; i++)
		for (b = 0; b < sizeof(bodies) / sizeof(bodies[0]); b++)
		{
			begin();
			ss_on("", 200, "", bodies[b])->times = SS_ALWAYS;
			snprintf(what, sizeof(what), "%s: reply %d", ops[i].name, (int) b);
			pds_error_clear(&err);
			CHECK_MSG(!ops[i].run(), what);

			/*
			 * an <Error>, or what is no XML, is tried again where S3 may
			 * answer late
			 */
			if (err.kind != PDS_ERR_PROTOCOL && err.kind != PDS_ERR_SERVICE)
				CHECK_MSG(0, err.message);
			CHECK_MSG(strchr(err.detail, '\n') == NULL && strchr(err.detail, '\033') == NULL, what);
			if (err.kind == PDS_ERR_PROTOCOL)
				CHECK_MSG(strstr(err.hint, "endpoint_url") != NULL, what);
		}
	/* <Error> in a listing is shown, and is no empty listing */
	begin();
	ss_on("", 200, "", "<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>");
	CHECK(!op_list());
	CHECK_INT(err.kind, PDS_ERR_PROTOCOL);
	CHECK_STR(err.message, "the reply to ListObjectsV2 is not the XML it should be");
	CHECK(strstr(err.detail, "ListBucketResult") && strstr(err.detail, "AccessDenied"));
	/* nothing at all */
	begin();
	ss_on("", 200, "", "");
	CHECK(!op_list());
	CHECK_INT(err.kind, PDS_ERR_PROTOCOL);
}

static void
test_same_token(void)
{
	size_t		i;

	for (i = 0; i < NOPS; i++)
	{
		if (ops[i].again == NULL)
			continue;
		begin();
		ss_on("", 200, "", ops[i].again)->times = SS_ALWAYS;
		CHECK_MSG(!ops[i].run(), ops[i].name);
		CHECK_INT(err.kind, PDS_ERR_PROTOCOL);
		CHECK_MSG(strstr(err.message, "the same token was received twice") != NULL, err.message);
		/* four segments begin before one of them is read */
		CHECK_MSG(ss->requests == 2 || ops[i].run == op_partitions_in_segments, ops[i].name);
	}
}

/* always a new token and an entry, which are kept: their memory ends it */
static void
test_kept_entries(void)
{
	char		page[400];
	size_t		i;
	int			n;

	pds_pager_max_held = 700;
	for (i = 0; i < NOPS; i++)
	{
		if (ops[i].again == NULL)
			continue;
		begin();
		for (n = 0; n < 60; n++)
		{
			snprintf(page, sizeof(page), ops[i].entry, n);
			ss_on("", 200, "", page);
		}
		CHECK_MSG(!ops[i].run(), ops[i].name);
		CHECK_INT(err.kind, PDS_ERR_LIMIT);
		CHECK_MSG(strstr(err.message, ops[i].name) && strstr(err.message, "MB of memory"), err.message);
		CHECK_MSG(ss->requests > 2 && ss->requests < 60, ops[i].name);
	}
	pds_pager_max_held = 0;
}

static void
test_pager(void)
{
	PdsPager	p = {0};
	char		token[20];
	int			i;

	for (i = 0; i < 10000; i++)
	{
		snprintf(token, sizeof(token), "t%d", i);
		if (!pds_pager_take(&p, token, false, 0, "s3", "op", "r", &err))
			break;
	}
	CHECK_INT(i, 10000);
	CHECK(pds_pager_take(&p, "", false, 0, "s3", "op", "r", &err));
	CHECK(!pds_pager_more(&p));
	pds_pager_free(&p);
	/* a circle of seven */
	for (i = 0; i < 100; i++)
	{
		snprintf(token, sizeof(token), "t%d", i % 7);
		if (!pds_pager_take(&p, token, false, 0, "s3", "op", "r", &err))
			break;
	}
	CHECK(i < 20);
	pds_pager_free(&p);
	/* always a new token and never an entry: an entry now and then is well */
	for (i = 0; i < 5 * PDS_PAGER_EMPTY; i++)
	{
		snprintf(token, sizeof(token), "t%d", i);
		if (!pds_pager_take(&p, token, i > PDS_PAGER_EMPTY && i != 2 * PDS_PAGER_EMPTY, 0, "s3", "op", "r", &err))
			break;
	}
	CHECK_INT(i, 3 * PDS_PAGER_EMPTY);
	CHECK_INT(err.kind, PDS_ERR_PROTOCOL);
	CHECK_MSG(strstr(err.message, "its last 10000 pages were empty") != NULL, err.message);
	pds_pager_free(&p);
	/* a last page may be empty */
	p.pages = p.empty = PDS_PAGER_EMPTY;
	CHECK(pds_pager_take(&p, NULL, true, 0, "s3", "op", "r", &err));
	pds_pager_free(&p);
	/* always a new token, and entries */
	for (i = 0; i <= PDS_PAGER_PAGES; i++)
	{
		snprintf(token, sizeof(token), "t%d", i);
		if (!pds_pager_take(&p, token, false, 0, "s3", "op", "r", &err))
			break;
	}
	CHECK_INT(i, PDS_PAGER_PAGES - 1);
	CHECK_INT(err.kind, PDS_ERR_LIMIT);
	pds_pager_free(&p);
	/* what is kept of them */
	CHECK(pds_pager_take(&p, "t", false, PDS_PAGER_HELD, "s3", "op", "r", &err));
	CHECK(!pds_pager_take(&p, "u", false, PDS_PAGER_HELD + 1, "s3", "op", "r", &err));
	CHECK_INT(err.kind, PDS_ERR_LIMIT);
	CHECK_STR(err.message, "the list that op of r gives takes more than 4096 MB of memory");
	/* of the last one it is there already */
	CHECK(pds_pager_take(&p, "", false, PDS_PAGER_HELD + 1, "s3", "op", "r", &err));
	pds_pager_free(&p);
}

/* a server that always has a new token, and nothing else */
static void
test_new_tokens(void)
{
	PdsPager	p = {0};
	PdsObjectList list;
	int			i;

	begin();
	ss_on("", 200, "", "<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>new"
		  "</NextContinuationToken></ListBucketResult>");
	p.empty = p.pages = PDS_PAGER_EMPTY - 1;
	memset(&list, 0, sizeof(list));
	CHECK(!pds_s3_list_page(aws, "bucket", "p/", NULL, NULL, 0, &list, &p, &err));
	CHECK_MSG(strstr(err.message, "pages were empty") != NULL, err.message);
	pds_pager_free(&p);
	for (i = 0; i < 2; i++)
	{
		PdsJson		in;
		cJSON	   *reply = cJSON_Parse(i ? "{\"TableList\":[{\"Name\":\"t\"}],\"NextToken\":\"new\"}"
										: "{\"TableList\":[],\"NextToken\":\"new\"}");

		pds_json_init(&in);
		p.empty = p.pages = PDS_PAGER_EMPTY - 1;
		CHECK_INT(pds_aws_next_page(&p, "GetTables", "d", reply, &in, &err), i);
		pds_pager_free(&p);
		pds_json_free(&in);
		cJSON_Delete(reply);
	}
}

/* whoever answers a PUT with a page stores nothing, whatever his headers are */
static void
test_put_replies(void)
{
	static const char *const bodies[] = {"<html>Saved!</html>", "{}", " ", "<PutObjectResult/>"};
	size_t		i;

	for (i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
	{
		begin();
		ss_on("", 200, "ETag: \"e\"\r\n", bodies[i]);
		CHECK_MSG(!op_put(), bodies[i]);
		CHECK_INT(err.kind, PDS_ERR_PROTOCOL);
		CHECK_INT(ss->requests, 1);
	}
	begin();
	ss_on("", 200, "ETag: \"e\"\r\n", "");
	CHECK(op_put());
}

/* ---- listings ---- */

#define LIST(contents) "<ListBucketResult><IsTruncated>false</IsTruncated>" contents "</ListBucketResult>"
#define OBJECT(key, size) "<Contents><Key>" key "</Key><Size>" size "</Size><ETag>\"e\"</ETag></Contents>"

/* a listing that is read page by page: what the page before had is not given again */
static void
test_pages_that_overlap(void)
{
	static const char *const first[] = {"p/a", "p/b", "p/c"};
	static const char *const second[] = {"p/b", "p/d", "p/c", "p/d", "p/A"};
	PdsObjectList before = {0};
	PdsObjectList page = {0};
	PdsObject	o = {0};
	size_t		i;

	for (i = 0; i < 3; i++)
	{
		o.key = strdup(first[i]);
		CHECK(pds_object_list_add(&before, &o));
	}
	for (i = 0; i < 5; i++)
	{
		o.key = strdup(second[i]);
		CHECK(pds_object_list_add(&page, &o));
	}
	CHECK(pds_object_list_drop_repeated(&page, 0, &before));
	CHECK_INT(page.n, 2);
	if (page.n == 2)
	{
		CHECK_STR(page.objects[0].key, "p/d");
		CHECK_STR(page.objects[1].key, "p/A");
	}
	CHECK_INT(before.n, 3);
	pds_object_list_free(&before);
	pds_object_list_free(&page);
}

static void
test_listing(void)
{
	static const char *const bad[] = {
		LIST(OBJECT("p/a", "-1")), LIST(OBJECT("p/a", "")), LIST(OBJECT("p/a", "abc")), LIST(OBJECT("p/a", "1.5")),
		LIST(OBJECT("p/a", "0x10")), LIST(OBJECT("p/a", " 1")), LIST(OBJECT("p/a", "99999999999999999999")),
		LIST("<Contents><Key>p/a</Key></Contents>"), LIST("<Contents><Size>1</Size></Contents>"),
		LIST(OBJECT("q/outside", "1")), LIST("<EncodingType>url</EncodingType>" OBJECT("p/a%00b", "1")),
		LIST("<CommonPrefixes><Prefix>q/</Prefix></CommonPrefixes>"),
		LIST("<Contents><Key>p/a</Key><Size>1</Size><ETag>&quot;e&quot;&#13;&#10;X-Evil: 1</ETag></Contents>"),
		"<ListBucketResult><IsTruncated>maybe</IsTruncated></ListBucketResult>",
		"<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>",
	};
	PdsObjectList l = {0};
	size_t		i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
	{
		begin();
		ss_on("GET /b", 200, "", bad[i]);
		CHECK_MSG(!pds_s3_list(aws, "b", "p/", "/", NULL, 0, &l, &err), bad[i]);
		CHECK_INT(err.kind, PDS_ERR_PROTOCOL);
		CHECK_STR(err.operation, "ListObjectsV2");
		pds_object_list_free(&l);
	}
	/* what is there twice is there once, wherever it comes again */
	begin();
	ss_on("GET /b", 200, "", "<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>"
		  OBJECT("p/a", "1") OBJECT("p/a", "1") OBJECT("p/b", "2") "</ListBucketResult>");
	ss_on("GET /b", 200, "", LIST(OBJECT("p/c", "3") OBJECT("p/a", "9") OBJECT("p/B", "4")));
	CHECK(pds_s3_list(aws, "b", "p/", NULL, NULL, 0, &l, &err));
	CHECK_INT(l.n, 4);
	if (l.n == 4)
	{
		CHECK_STR(l.objects[0].key, "p/a");
		CHECK_INT(l.objects[0].size, 1);
		CHECK_STR(l.objects[1].key, "p/b");
		CHECK_STR(l.objects[2].key, "p/c");
		CHECK_STR(l.objects[3].key, "p/B");
	}
	pds_object_list_free(&l);
}

/* ---- versions ---- */

static void
test_versions(void)
{
	static const struct
	{
		const char *asked;
		const char *header;
		PdsErrorKind kind;
	}			cases[] =
	{
		{"\"one\"", "ETag: \"one\"\r\n", PDS_ERR_NONE}, {"\"one\"", "ETag: one\r\n", PDS_ERR_NONE},
		{"one", "ETag: W/\"one\"\r\n", PDS_ERR_NONE}, {NULL, "ETag: \"two\"\r\n", PDS_ERR_NONE},
		{"\"one\"", "ETag: \"two\"\r\n", PDS_ERR_OBJECT_CHANGED}, {"\"one\"", "ETag: \"\"\r\n", PDS_ERR_OBJECT_CHANGED},
		{"\"one\"", "", PDS_ERR_PROTOCOL},
	};
	char		bytes[16];
	size_t		i;
	int			whole;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (whole = 0; whole < 2; whole++)
		{
			PdsResponse r;
			bool		ok;

			begin();
			pds_response_init(&r);
			ss_on("GET /b/k", 200, cases[i].header, "0123456789");
			if (whole)
				ok = pds_s3_get(aws, "b", "k", -1, -1, cases[i].asked, &r, &err);
			else
			{
				char	   *at = bytes;
				PdsTransfer *t = pds_s3_get_start(aws, "b", "k", NULL, 0, 9, cases[i].asked, take_range, &at, &err);

				while (!pds_transfer_done(t))
					(void) pds_http_wait(http, -1, PDS_WAIT_HTTP, &err);
				ok = pds_s3_get_finish(aws, "b", t, &r, &err);
				pds_transfer_free(t);
				CHECK(ok || at == bytes);
			}
			CHECK_MSG(ok == (cases[i].kind == PDS_ERR_NONE) && (ok || err.kind == cases[i].kind), cases[i].header);
			pds_response_free(&r);
		}
}

/* ---- length and time ---- */

static void
test_length(void)
{
	PdsResponse r;

	/* a range that is ignored is not collected for ever */
	begin();
	ss_on("GET /b/k", 200, "", "0123456789");
	CHECK(!pds_s3_get(aws, "b", "k", 0, 3, NULL, &r, &err));
	CHECK_INT(err.kind, PDS_ERR_PROTOCOL);
	CHECK(strstr(err.message, "longer than it may be") != NULL);
	pds_response_free(&r);
}

/* says 64 GB, and begins */
static void
serve_without_end(int status)
{
	SsStep	   *s = ss_on("", status, "Content-Length: 68719476736\r\n", "");

	memset(s->body, ' ', SS_BODY - 1);
	s->body_len = SS_BODY - 1;
	s->repeat = 2000;
	s->times = SS_ALWAYS;
}

/* bytes that an operation takes of a reply without end */
static size_t
bytes_taken(const Op *op, int status)
{
	uint64_t	before;

	begin();
	serve_without_end(status);
	before = pds_http_counters(http)->bytes_in;
	pds_error_clear(&err);
	CHECK_MSG(!op->run(), op->name);
	return (size_t) (pds_http_counters(http)->bytes_in - before);
}

/* each kind of reply has its limit, and so has what says an error */
static void
test_limits(void)
{
	/* from this one on in ops */
	static const struct
	{
		const char *first;
		size_t		limit;
	}			limits[] = {{"ListObjectsV2", PDS_BODY_MAX}, {"GetDatabase", (size_t) 64 << 20}, {NULL, 0}};
	static const size_t slack = 1 << 20;
	int			kind = -1;
	size_t		i;

	for (i = 0; i < NOPS; i++)
	{
		size_t		n;

		if (limits[kind + 1].first && strcmp(ops[i].name, limits[kind + 1].first) == 0)
			kind++;
		/* it has no body */
		if (ops[i].run == op_head)
			continue;
		n = bytes_taken(&ops[i], 200);
		CHECK_MSG(err.kind == PDS_ERR_PROTOCOL && strstr(err.message, "longer than it may be"), err.message);
		CHECK_MSG(ss->requests == 1 || ops[i].run == op_partitions_in_segments, ops[i].name);
		CHECK_MSG(n > limits[kind].limit - slack && n < limits[kind].limit + slack, ops[i].name);
		n = bytes_taken(&ops[i], 400);
		CHECK_MSG(err.kind != PDS_ERR_TIMEOUT && err.http_status == 400, err.message);
		CHECK_MSG(n < slack, ops[i].name);
	}
	CHECK(kind == 1);
}

/* a short text may have very many values: each of them takes a node */
static void
test_many_values(void)
{
	size_t		len = 9000000;
	char	   *text = malloc(len + 1);
	SsStep	   *s;
	size_t		i;

	begin();
	s = ss_on("", 200, "Content-Length: 13107000\r\n", "");
	s->body_len = SS_BODY - 1;
	for (i = 0; i < s->body_len; i++)
		s->body[i] = i % 2 ? ',' : '0';
	s->repeat = 199;
	CHECK(!op_databases());
	CHECK_INT(err.kind, PDS_ERR_PROTOCOL);
	CHECK_STR(err.message, "the reply to GetDatabases has more than 4000000 values");
	memset(text, '[', len);
	CHECK_INT(pds_json_count(text, len), len + 1);
	for (i = 1; i < len - 1; i++)
		text[i] = i % 2 ? '0' : ',';
	text[len - 1] = ']';
	text[len] = '\0';
	CHECK_INT(pds_json_count(text, len), len / 2 + 1);
	strcpy(text, "{\"a,[{\":\"\\\",[\",\"b\":[1,2]}");
	CHECK_INT(pds_json_count(text, strlen(text)), 5);
	CHECK_INT(pds_json_count("", 0), 0);
	free(text);
}

/* a reply that trickles is not waited for longer than some idle time-outs */
static void
test_trickle(void)
{
	PdsHttpOptions opt = {.idle_timeout_ms = 300, .max_attempts = 3};
	PdsHttp    *h = pds_http_new(&opt, NULL, &err);
	PdsAws	   *a;
	PdsObjectList l = {0};
	SsStep	   *s;
	int64_t		began = pds_now_ms();

	ss_clear();
	a = session_with(h, PDS_ADDRESS_AUTO, false);
	s = ss_on("GET /b", 200, "Content-Length: 100000\r\n", "          ");
	s->repeat = 100000;
	s->pause_ms = 50;
	s->times = SS_ALWAYS;
	CHECK(!pds_s3_list(a, "b", "", NULL, NULL, 0, &l, &err));
	CHECK_INT(err.kind, PDS_ERR_TIMEOUT);
	CHECK_MSG(strstr(err.message, "did not end within") != NULL, err.message);
	CHECK(pds_now_ms() - began < 8000);
	CHECK_INT(ss->requests, 1);
	pds_object_list_free(&l);
	pds_aws_free(a);
	pds_http_free(h);
}

int
main(void)
{
	services_start();
	test_pager();
	test_new_tokens();
	test_put_replies();
	test_other_replies();
	test_same_token();
	test_kept_entries();
	test_listing();
	test_pages_that_overlap();
	test_versions();
	test_length();
	test_limits();
	test_many_values();
	test_trickle();
	services_stop();
	return unit_done();
}
