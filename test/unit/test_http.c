/*
 * test_http.c
 *	  The HTTP client against a scripted server: requests, retries, time-outs,
 *	  ranges and their resumption, cancel.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "unit.h"

#include <poll.h>

#include "core/base/version.h"
#include "http_jobs.h"

/* ---- plain requests ---- */

static void
test_get(void)
{
	PdsHttp    *http = new_http(NULL, NULL);
	const PdsHttpCounters *c = pds_http_counters(http);
	PdsRequest	req;
	PdsResponse r;
	PdsError	err;
	PdsHeader	extra[2] = {{"X-One", "1"}, {"X-Empty", ""}};
	char		text[64];

	ss_clear();
	ss_on("GET /a//b/../c?q=1&r=%20", 200, "X-Amz-Test:  padded \r\nETag: \"e1\"\r\n", "hello");
	request(&req, "GET", "/a//b/../c");
	req.query = "q=1&r=%20";
	req.headers = extra;
	req.nheaders = 2;
	pds_response_init(&r);
	CHECK(pds_http_perform(http, &req, &r, &err));
	CHECK_INT(r.status, 200);
	CHECK_INT(r.attempts, 1);
	CHECK_INT(r.total_size, 5);
	CHECK_STR(r.etag, "\"e1\"");
	CHECK_STR(pds_str_text(&r.body), "hello");
	CHECK(pds_response_header(&r, "x-amz-TEST", text, sizeof(text)));
	CHECK_STR(text, "padded");
	CHECK(!pds_response_header(&r, "x-amz-tes", text, sizeof(text)));
	CHECK_STR(ss_request_header(0, "User-Agent"), PDS_USER_AGENT);
	CHECK_STR(ss_request_header(0, "Host"), ss_url + strlen("http://"));
	CHECK_STR(ss_request_header(0, "X-One"), "1");
	CHECK(strstr(ss_request(0), "\r\nX-Empty:") != NULL);
	CHECK_STR(ss_request_header(0, "Authorization"), "");
	CHECK_STR(ss_request_header(0, "X-Amz-Date"), "");
	CHECK_INT(c->requests, 1);
	CHECK_INT(c->retries, 0);
	CHECK_INT(c->bytes_in, 5);
	CHECK_INT(c->bytes_out, 0);
	CHECK_INT(c->connections, 1);
	pds_response_free(&r);
	pds_http_free(http);
}

/* Is the signature that of the headers as the server got them? */
static bool
signed_rightly(int i, const char *method, const char *path, const char *service, const char *hash)
{
	static const char *const names[] = {
		"host", "x-amz-date", "x-amz-content-sha256", "x-amz-security-token", "content-type", "range",
		"if-match"
	};
	PdsSigner	signer = {.access_key = "AKEXAMPLE", .secret_key = SECRET, .region = "us-east-1",
	.service = service, .s3_path_rules = strcmp(service, "s3") == 0};
	PdsHeader	headers[7];
	char		values[7][300];
	struct tm	tm = {0};
	PdsStr		want;
	PdsError	err;
	int			n = 0;
	size_t		k;
	bool		ok;

	for (k = 0; k < sizeof(names) / sizeof(names[0]); k++)
	{
		snprintf(values[n], sizeof(values[n]), "%.*s", (int) sizeof(values[n]) - 1, ss_request_header(i, names[k]));
		if (values[n][0] == '\0')
			continue;
		headers[n].name = names[k];
		headers[n].value = values[n];
		n++;
	}
	pds_str_init(&want);
	ok = strptime(ss_request_header(i, "x-amz-date"), "%Y%m%dT%H%M%SZ", &tm) != NULL &&
		pds_sigv4_sign(&signer, timegm(&tm), method, path, "", headers, n, hash, &want, NULL, NULL,
					   &err);
	ok = ok && strcmp(pds_str_text(&want), ss_request_header(i, "Authorization")) == 0;
	if (!ok)
		printf("# got:  %s\n# want: %s\n", ss_request_header(i, "Authorization"), pds_str_text(&want));
	pds_str_free(&want);
	return ok;
}

static void
test_post_signed(void)
{
	PdsHttpOptions opt = {.user_agent = "test/2"};
	PdsHttp    *http = new_http(&opt, NULL);
	PdsRequest	req;
	PdsResponse r;
	PdsError	err;
	Keys		keys = {0};
	PdsHeader	type = {"Content-Type", "application/x-amz-json-1.1"};

	ss_clear();
	ss_on("POST /", 200, "", "{}");
	ss_on("PUT /k", 200, "", "");
	request(&req, "POST", "/");
	req.service = "glue";
	req.body = "{\"a\":1}";
	req.body_len = 7;
	req.headers = &type;
	req.nheaders = 1;
	req.credentials = give_keys;
	req.credentials_arg = &keys;
	pds_response_init(&r);
	CHECK(pds_http_perform(http, &req, &r, &err));
	CHECK_STR(pds_str_text(&r.body), "{}");
	CHECK_STR(ss_request_body(0), "{\"a\":1}");
	CHECK_STR(ss_request_header(0, "Content-Length"), "7");
	CHECK_STR(ss_request_header(0, "Content-Type"), "application/x-amz-json-1.1");
	CHECK_STR(ss_request_header(0, "User-Agent"), "test/2");
	CHECK_STR(ss_request_header(0, "x-amz-security-token"), TOKEN "0");
	CHECK_STR(ss_request_header(0, "x-amz-content-sha256"), "");
	CHECK_STR(ss_request_header(0, "Expect"), "");
	CHECK(strncmp(ss_request_header(0, "Authorization"),
				  "AWS4-HMAC-SHA256 Credential=AKEXAMPLE/", 38) == 0);
	CHECK(strstr(ss_request_header(0, "Authorization"), "/us-east-1/glue/aws4_request, "
				 "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, ") != NULL);
	CHECK_INT(pds_http_counters(http)->bytes_out, 7);
	{
		char		hash[65];

		CHECK(pds_sha256_hex("{\"a\":1}", 7, hash));
		CHECK(signed_rightly(0, "POST", "/", "glue", hash));
	}
	pds_response_free(&r);

	/* S3 wants the payload's hash */
	request(&req, "PUT", "/k");
	req.body = "abc";
	req.body_len = 3;
	req.credentials = give_keys;
	req.credentials_arg = &keys;
	CHECK(pds_http_perform(http, &req, &r, &err));
	CHECK_STR(ss_request_header(1, "x-amz-content-sha256"),
			  "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	CHECK(strstr(ss_request_header(1, "Authorization"), ";x-amz-content-sha256;") != NULL);
	CHECK(signed_rightly(1, "PUT", "/k", "s3",
						 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
	pds_response_free(&r);
	pds_http_free(http);
}

static void
test_no_body(void)
{
	PdsHttp    *http = new_http(NULL, NULL);
	PdsRequest	req;
	PdsResponse r;
	PdsError	err;

	ss_clear();
	ss_on("HEAD /h", 200, "Content-Length: 123456\r\nETag: \"x\"\r\n", "");
	ss_on("HEAD /missing", 404, "", "");
	ss_on("DELETE /d", 204, "", "");
	ss_on("GET /same", 304, "", "");
	request(&req, "HEAD", "/h");
	pds_response_init(&r);
	CHECK(pds_http_perform(http, &req, &r, &err));
	CHECK_INT(r.total_size, 123456);
	CHECK_STR(r.etag, "\"x\"");
	CHECK_INT(r.body.len, 0);
	pds_response_free(&r);
	request(&req, "HEAD", "/missing");
	CHECK(!pds_http_perform(http, &req, &r, &err));
	CHECK_INT(err.kind, PDS_ERR_NOT_FOUND);
	CHECK_INT(err.http_status, 404);
	pds_response_free(&r);
	request(&req, "DELETE", "/d");
	CHECK(pds_http_perform(http, &req, &r, &err));
	CHECK_INT(r.status, 204);
	pds_response_free(&r);
	request(&req, "GET", "/same");
	CHECK(pds_http_perform(http, &req, &r, &err));
	CHECK_INT(r.status, 304);
	pds_response_free(&r);
	CHECK_INT(ss->connections, 1);
	pds_http_free(http);
}

static void
test_reuse(void)
{
	PdsHttp    *http = new_http(NULL, NULL);
	PdsRequest	req;
	PdsResponse r;
	PdsError	err;
	int			i;
	int			good = 0;

	ss_clear();
	ss_on("GET /again", 200, "", "x")->times = 10;
	request(&req, "GET", "/again");
	for (i = 0; i < 10; i++)
	{
		pds_response_init(&r);
		good += pds_http_perform(http, &req, &r, &err) && r.status == 200;
		pds_response_free(&r);
	}
	CHECK_INT(good, 10);
	CHECK_INT(pds_http_counters(http)->requests, 10);
	CHECK_INT(pds_http_counters(http)->connections, 1);
	CHECK_INT(ss->connections, 1);
	pds_http_free(http);
}

/* ---- retries, all side by side ---- */

static void
test_retries(void)
{
	PdsHttp    *http = new_http(NULL, NULL);
	const PdsHttpCounters *c = pds_http_counters(http);
	Job			j[13];
	int			i;

	ss_clear();
	ss_on("GET /r500", 500, "", "");
	ss_on("GET /r500", 200, "", "ok");
	ss_on("GET /r503", 503, "", xml_error("ServiceUnavailable"));
	ss_on("GET /r503", 200, "", "ok");
	ss_on("GET /three", 500, "", xml_error("InternalError"));
	ss_on("GET /three", 503, "", xml_error("SlowDown"));
	ss_on("GET /three", 200, "", "ok");
	ss_on("GET /slow", 503, "x-amz-request-id: RQ\r\nx-amz-id-2: ID2\r\n",
		  xml_error("SlowDown"))->times = SS_ALWAYS;
	ss_on("GET /bad", 502, "", "<html>bad gateway</html>")->times = SS_ALWAYS;
	ss_on("GET /drop", 0, "", "")->drop = 1;
	ss_on("GET /drop", 200, "", "ok");
	ss_on("POST /once", 0, "", "")->drop = 1;
	ss_on("POST /once", 200, "", "twice!");
	ss_on("POST /calm", 400, "", xml_error("Throttling"));
	ss_on("POST /calm", 200, "", "ok");
	ss_on("GET /denied", 403, "", xml_error("AccessDenied"))->times = SS_ALWAYS;
	ss_on("GET /late", 200, "", xml_error("InternalError"));
	ss_on("GET /late", 200, "", "<R>ok</R>");
	ss_on("GET /never", 200, "", xml_error("InternalError"))->times = SS_ALWAYS;
	ss_on("GET /idle", 200, "", "late")->delay_ms = 4000;
	ss_on("GET /asked", 503, "x-amz-retry-after: 1200\r\n", xml_error("SlowDown"));
	ss_on("GET /asked", 200, "", "ok");

	job(&j[0], "GET", "/r500", 3);
	job(&j[1], "GET", "/r503", 3);
	job(&j[2], "GET", "/three", 3);
	job(&j[3], "GET", "/slow", 2);
	job(&j[4], "GET", "/bad", 2);
	job(&j[5], "GET", "/drop", 3);
	job(&j[6], "POST", "/once", 3)->req.not_idempotent = true;
	job(&j[7], "POST", "/calm", 3)->req.not_idempotent = true;
	job(&j[8], "GET", "/denied", 3);
	job(&j[9], "GET", "/late", 3)->req.body_error_on_200 = true;
	job(&j[10], "GET", "/never", 1)->req.body_error_on_200 = true;
	job(&j[11], "GET", "/idle", 1)->opt.idle_timeout_ms = 1000;
	job(&j[12], "GET", "/asked", 3);
	run_jobs(http, j, 13);

	for (i = 0; i < 3; i++)
	{
		CHECK(j[i].ok);
		CHECK_STR(pds_str_text(&j[i].resp.body), "ok");
		CHECK_INT(j[i].resp.attempts, i < 2 ? 2 : 3);
	}
	CHECK(!j[3].ok);
	CHECK_INT(j[3].err.kind, PDS_ERR_THROTTLED);
	CHECK_INT(j[3].err.attempts, 2);
	CHECK_INT(j[3].err.http_status, 503);
	CHECK(j[3].err.retryable);
	CHECK_STR(j[3].err.aws_code, "SlowDown");
	CHECK_STR(j[3].err.request_id, "RQ");
	CHECK_STR(j[3].err.host_id, "ID2");
	CHECK_INT(j[3].err.advice, PDS_ADVICE_SLOW_DOWN);
	CHECK(!j[4].ok);
	CHECK_INT(j[4].err.kind, PDS_ERR_SERVICE);
	CHECK_INT(j[4].err.attempts, 2);
	CHECK_INT(j[4].err.http_status, 502);
	CHECK(j[5].ok);
	CHECK_INT(j[5].resp.attempts, 2);
	CHECK(!j[6].ok);
	CHECK_INT(j[6].err.kind, PDS_ERR_BROKEN);
	CHECK_INT(j[6].err.attempts, 1);
	CHECK_INT(seen("POST /once"), 1);
	CHECK(j[7].ok);
	CHECK_INT(j[7].resp.attempts, 2);
	CHECK(!j[8].ok);
	CHECK_INT(j[8].err.kind, PDS_ERR_ACCESS_DENIED);
	CHECK_INT(seen("GET /denied"), 1);
	CHECK(j[9].ok);
	CHECK_STR(pds_str_text(&j[9].resp.body), "<R>ok</R>");
	CHECK(!j[10].ok);
	CHECK_INT(j[10].err.kind, PDS_ERR_SERVICE);
	CHECK_INT(j[10].err.http_status, 200);
	CHECK(j[10].err.retryable);
	CHECK(!j[11].ok);
	CHECK_INT(j[11].err.kind, PDS_ERR_TIMEOUT);
	CHECK(j[11].ms < 3500);
	CHECK(j[12].ok);
	CHECK(j[12].ms >= 1200);
	/* 8 went twice, one three times, the rest once */
	CHECK_INT(c->requests, 13 + 8 + 2);
	CHECK_INT(c->retries, 10);
	CHECK_INT(c->throttles, 1 + 2 + 1 + 1);
	free_jobs(j, 13);
	pds_http_free(http);
}

/* what the client may not repeat, curl may not repeat either */
static void
test_not_idempotent_reused(void)
{
	PdsHttp    *http = new_http(NULL, NULL);
	PdsRequest	req;
	PdsResponse r;
	PdsError	err;

	ss_clear();
	ss_on("GET /first", 200, "", "x");
	ss_on("POST /once", 0, "", "")->drop = 1;
	ss_on("POST /once", 200, "", "twice!");
	request(&req, "GET", "/first");
	pds_response_init(&r);
	CHECK(pds_http_perform(http, &req, &r, &err));
	pds_response_free(&r);
	request(&req, "POST", "/once");
	req.body = "x";
	req.body_len = 1;
	req.not_idempotent = true;
	CHECK(!pds_http_perform(http, &req, &r, &err));
	CHECK_INT(seen("POST /once"), 1);
	pds_response_free(&r);
	pds_http_free(http);
}

/* 500 tokens, 5 a retry: of 110 failures 100 are repeated */
static void
test_quota(void)
{
	enum
	{
		N = 110
	};
	PdsHttp    *http = new_http(NULL, NULL);
	Job		   *j = calloc(N, sizeof(Job));
	int			i;
	int			failed = 0;
	int			once = 0;

	ss_clear();
	ss_on("GET /q", 500, "", "")->times = SS_ALWAYS;
	for (i = 0; i < N; i++)
		job(&j[i], "GET", "/q", 2);
	run_jobs(http, j, N);
	for (i = 0; i < N; i++)
	{
		failed += !j[i].ok && j[i].err.kind == PDS_ERR_SERVICE;
		once += j[i].err.attempts == 1;
	}
	CHECK_INT(failed, N);
	CHECK_INT(once, N - 100);
	CHECK_INT(pds_http_counters(http)->retries, 100);
	free_jobs(j, N);
	free(j);
	pds_http_free(http);
}

static void
test_refused(void)
{
	PdsHttpOptions opt = {.max_attempts = 1};
	PdsHttp    *http = new_http(&opt, NULL);
	PdsRequest	req;
	PdsResponse r;
	PdsError	err;
	char		url[80];
	long		begin = now_ms();

	snprintf(url, sizeof(url), "http://user:" SECRET "@127.0.0.1:%d", ss_closed_port());
	request(&req, "GET", "/x");
	req.query = "hidden=1";
	req.base_url = url;
	pds_response_init(&r);
	CHECK(!pds_http_perform(http, &req, &r, &err));
	CHECK_INT(err.kind, PDS_ERR_CONNECT);
	CHECK_INT(err.attempts, 1);
	CHECK_INT(err.http_status, 0);
	CHECK(err.retryable);
	CHECK_INT(err.advice, PDS_ADVICE_REACH);
	CHECK(strstr(err.message, "http://127.0.0.1:") != NULL);
	CHECK(strstr(err.message, SECRET) == NULL);
	CHECK(strstr(err.message, "hidden") == NULL);
	CHECK_STR(err.operation, "GetThing");
	CHECK_STR(err.resource, "s3://bucket/thing");
	CHECK(now_ms() - begin < 1000);
	pds_response_free(&r);

	req.base_url = "gopher://127.0.0.1";
	CHECK(!pds_http_perform(http, &req, &r, &err));
	CHECK_INT(err.kind, PDS_ERR_CONFIG);
	CHECK(!err.retryable);
	pds_response_free(&r);
	pds_http_free(http);
}

/* ---- ranges ---- */

#define OBJECT	20000

static char object[OBJECT];

/* a 206 of first..last (or a 200 of all when first < 0), cut after so many bytes */
static SsStep *
range_step(const char *match, int first, int last, const char *etag, int cut)
{
	SsStep	   *s;
	char		headers[200] = "";

	if (first >= 0)
		snprintf(headers, sizeof(headers), "Content-Range: bytes %d-%d/%d\r\n", first, last, OBJECT);
	snprintf(headers + strlen(headers), 60, "ETag: %s\r\n", etag);
	s = ss_on(match, first < 0 ? 200 : 206, headers, "");
	if (first < 0)
		first = 0, last = OBJECT - 1;
	memcpy(s->body, object + first, (size_t) (last - first + 1));
	s->body_len = (size_t) (last - first + 1);
	s->cut = cut;
	return s;
}

static Job *
range_job(Job *j, const char *path, int first, int last, char *buf, int attempts)
{
	job(j, "GET", path, attempts);
	j->req.range_first = first;
	j->req.range_last = last;
	j->at = buf;
	j->req.range_sink = take_range;
	j->req.range_arg = &j->at;
	return j;
}

static void
test_ranges(void)
{
	PdsHttp    *http = new_http(NULL, NULL);
	Job			j[9];
	char	   *buf[9];
	int			i;

	for (i = 0; i < OBJECT; i++)
		object[i] = (char) ("abcdefghijklmnopqrstuvwxyz0123456789"[(i * 31 + i / 36) % 36]);
	for (i = 0; i < 9; i++)
		buf[i] = calloc(1, OBJECT);
	ss_clear();
	/* resumed at the first missing byte */
	range_step("GET /cut", 1000, 9999, "\"v1\"", 4000);
	range_step("GET /cut", 5000, 9999, "\"v1\"", -1);
	/* the object changes in between */
	range_step("GET /changed", 0, 9999, "\"v1\"", 4000);
	ss_on("GET /changed", 412, "", xml_error("PreconditionFailed"));
	/* and a server that does not know If-Match */
	range_step("GET /mixed", 0, 9999, "\"v1\"", 4000);
	range_step("GET /mixed", 4000, 9999, "\"v2\"", -1);
	/* the range is ignored, the second time and the first */
	range_step("GET /whole", 1000, 9999, "\"v1\"", 4000);
	range_step("GET /whole", -1, 0, "\"v1\"", -1);
	range_step("GET /ignored", -1, 0, "\"v1\"", -1);
	/* up to the object's end */
	range_step("GET /end", 15000, OBJECT - 1, "\"v1\"", -1);
	/* not what was asked for */
	range_step("GET /wrong", 0, 99, "\"v1\"", -1);
	/* a given version */
	range_step("GET /given", 0, 9, "\"v9\"", -1);
	/* an error whose body breaks is that error */
	ss_on("GET /gone", 404, "", xml_error("NoSuchKey"))->cut = 90;

	range_job(&j[0], "/cut", 1000, 9999, buf[0], 3);
	range_job(&j[1], "/changed", 0, 9999, buf[1], 3);
	range_job(&j[2], "/mixed", 0, 9999, buf[2], 3);
	range_job(&j[3], "/whole", 1000, 9999, buf[3], 3);
	range_job(&j[4], "/ignored", 1000, 9999, buf[4], 1);
	range_job(&j[5], "/end", 15000, 29999, buf[5], 1);
	range_job(&j[6], "/wrong", 100, 199, buf[6], 3);
	range_job(&j[7], "/given", 0, 9, buf[7], 1)->req.if_match = "\"v9\"";
	range_job(&j[8], "/gone", 0, 9, buf[8], 1);
	run_jobs(http, j, 9);

	CHECK(j[0].ok);
	CHECK_INT(j[0].resp.range_received, 9000);
	CHECK_INT(j[0].resp.total_size, OBJECT);
	CHECK_INT(j[0].resp.attempts, 2);
	CHECK_STR(j[0].resp.etag, "\"v1\"");
	CHECK(memcmp(buf[0], object + 1000, 9000) == 0);
	CHECK_STR(nth_header("GET /cut", 0, "Range"), "bytes=1000-9999");
	CHECK_STR(nth_header("GET /cut", 0, "If-Match"), "");
	CHECK_STR(nth_header("GET /cut", 1, "Range"), "bytes=5000-9999");
	CHECK_STR(nth_header("GET /cut", 1, "If-Match"), "\"v1\"");
	CHECK(!j[1].ok);
	CHECK_INT(j[1].err.kind, PDS_ERR_OBJECT_CHANGED);
	CHECK(strstr(j[1].err.message, "s3://bucket/thing") != NULL);
	CHECK_INT(seen("GET /changed"), 2);
	CHECK(!j[2].ok);
	CHECK_INT(j[2].err.kind, PDS_ERR_OBJECT_CHANGED);
	CHECK(j[3].ok);
	CHECK_INT(j[3].resp.range_received, 9000);
	CHECK(memcmp(buf[3], object + 1000, 9000) == 0);
	CHECK(j[4].ok);
	CHECK(memcmp(buf[4], object + 1000, 9000) == 0);
	CHECK(j[5].ok);
	CHECK_INT(j[5].resp.range_received, 5000);
	CHECK(memcmp(buf[5], object + 15000, 5000) == 0);
	CHECK(!j[6].ok);
	CHECK_INT(j[6].err.kind, PDS_ERR_PROTOCOL);
	CHECK_INT(seen("GET /wrong"), 1);
	CHECK(j[7].ok);
	CHECK_STR(nth_header("GET /given", 0, "If-Match"), "\"v9\"");
	CHECK(!j[8].ok);
	CHECK_INT(j[8].err.kind, PDS_ERR_NOT_FOUND);
	CHECK_STR(j[8].err.aws_code, "NoSuchKey");
	free_jobs(j, 9);
	for (i = 0; i < 9; i++)
		free(buf[i]);
	pds_http_free(http);
}

/* a body cut by Content-Length that is not a range is fetched anew */
static void
test_cut_body(void)
{
	PdsHttp    *http = new_http(NULL, NULL);
	PdsRequest	req;
	PdsResponse r;
	PdsError	err;

	ss_clear();
	ss_on("GET /c", 200, "", "first version")->cut = 6;
	ss_on("GET /c", 200, "", "second version");
	request(&req, "GET", "/c");
	pds_response_init(&r);
	CHECK(pds_http_perform(http, &req, &r, &err));
	CHECK_STR(pds_str_text(&r.body), "second version");
	CHECK_INT(r.attempts, 2);
	pds_response_free(&r);
	pds_http_free(http);
}

/* ---- cancel ---- */

typedef struct Cancel
{
	long		at;				/* ms of the clock */
	long		returned;		/* when the wait said so */
} Cancel;

static PdsWaitResult
cancel_wait(void *arg, int fd, long timeout_ms, PdsWaitFor what)
{
	Cancel	   *c = arg;
	struct pollfd p = {.fd = fd, .events = POLLIN};
	long		left = c->at - now_ms();

	(void) what;
	if (left > 0)
	{
		if (timeout_ms < 0 || timeout_ms > left)
			timeout_ms = left;
		(void) poll(&p, fd < 0 ? 0 : 1, (int) timeout_ms);
	}
	if (now_ms() < c->at)
		return PDS_WAIT_READY;
	if (c->returned == 0)
		c->returned = now_ms();
	return PDS_WAIT_CANCEL;
}

static bool
cancel_cancelled(void *arg)
{
	return now_ms() >= ((Cancel *) arg)->at;
}

static void
test_cancel(void)
{
	Cancel		c = {0};
	PdsHooks	hooks = {.wait = cancel_wait, .cancelled = cancel_cancelled, .arg = &c};
	PdsHttp    *http = new_http(NULL, &hooks);
	PdsRequest	req;
	PdsResponse r;
	PdsError	err;

	ss_clear();
	ss_on("GET /hang", 200, "", "x")->delay_ms = 1000;
	ss_on("GET /backoff", 503, "Retry-After: 5\r\n", xml_error("SlowDown"))->times = SS_ALWAYS;
	request(&req, "GET", "/hang");
	pds_response_init(&r);
	c.at = now_ms() + 50;
	CHECK(!pds_http_perform(http, &req, &r, &err));
	CHECK_INT(err.kind, PDS_ERR_CANCELLED);
	CHECK(now_ms() - c.at < 100);
	pds_response_free(&r);

	/* in a back-off */
	request(&req, "GET", "/backoff");
	c.at = now_ms() + 50;
	CHECK(!pds_http_perform(http, &req, &r, &err));
	CHECK_INT(err.kind, PDS_ERR_CANCELLED);
	CHECK(now_ms() - c.at < 100);
	pds_response_free(&r);

	/* in a sleep */
	c.at = now_ms() + 50;
	CHECK(!pds_http_sleep(http, 5000, PDS_WAIT_ATHENA, &err));
	CHECK_INT(err.kind, PDS_ERR_CANCELLED);
	CHECK(now_ms() - c.at < 100);

	/* and the client is good for more */
	c.at = now_ms() + 60000;
	ss_on("GET /after", 200, "", "ok");
	request(&req, "GET", "/after");
	CHECK(pds_http_perform(http, &req, &r, &err));
	CHECK_STR(pds_str_text(&r.body), "ok");
	CHECK(pds_http_sleep(http, 20, PDS_WAIT_ATHENA, &err));
	pds_response_free(&r);
	pds_http_free(http);
}

/* a sink that takes nothing until it is let */
typedef struct Patience
{
	bool		open;
	int			refused;
	char	   *at;
} Patience;

static bool
take_later(void *arg, const char *data, size_t n)
{
	Patience   *p = arg;

	if (!p->open)
	{
		p->refused++;
		return false;
	}
	return take_range(&p->at, data, n);
}

static void
test_rest(void)
{
	PdsHttp    *http = new_http(NULL, NULL);
	char	   *buf = calloc(1, OBJECT);
	Patience	p = {false, 0, buf};
	PdsRequest	req;
	PdsResponse r;
	PdsError	err;
	PdsTransfer *t;
	int			i;

	ss_clear();
	range_step("GET /rest", 1000, 9999, "\"v1\"", -1);
	request(&req, "GET", "/rest");
	req.range_first = 1000;
	req.range_last = 9999;
	req.range_sink = take_later;
	req.range_arg = &p;
	t = pds_http_start(http, &req, &err);
	for (i = 0; i < 200 && !pds_transfer_rests(t); i++)
		CHECK(pds_http_wait(http, 10, PDS_WAIT_HTTP, &err));
	CHECK(pds_transfer_rests(t) && pds_transfer_received(t) == 0);
	for (i = 0; i < 3; i++)
		CHECK(pds_http_wait(http, 10, PDS_WAIT_HTTP, &err));
	CHECK_MSG(!pds_transfer_done(t) && p.refused == 1, "a transfer rests as long as it is let");
	pds_transfer_resume(t);
	CHECK_MSG(pds_transfer_rests(t) && p.refused == 2, "refused once more, it rests again");
	p.open = true;
	pds_transfer_resume(t);
	while (!pds_transfer_done(t))
		CHECK(pds_http_wait(http, 1000, PDS_WAIT_HTTP, &err));
	pds_response_init(&r);
	CHECK(pds_transfer_result(t, &r, &err));
	CHECK_INT(r.range_received, 9000);
	CHECK(memcmp(buf, object + 1000, 9000) == 0);
	CHECK_MSG(pds_http_counters(http)->bytes_in == 9000, "bytes are counted once");
	pds_response_free(&r);
	pds_transfer_resume(t);
	pds_transfer_free(t);
	pds_http_free(http);
	free(buf);
}

/* transfers that are given up, by their owner and by the client's end */
static void
test_abandon(void)
{
	PdsHttp    *http = new_http(NULL, NULL);
	PdsRequest	req;
	PdsError	err;
	PdsTransfer *a;
	PdsTransfer *b;
	char		buf[100];
	char	   *at = buf;

	ss_clear();
	ss_on("GET /", 200, "", "x")->times = SS_ALWAYS;
	ss->steps[0].delay_ms = 300;
	request(&req, "GET", "/a");
	a = pds_http_start(http, &req, &err);
	req.path = "/b";
	req.range_first = 0;
	req.range_last = 99;
	req.range_sink = take_range;
	req.range_arg = &at;
	b = pds_http_start(http, &req, &err);
	CHECK(a != NULL && b != NULL);
	CHECK(pds_http_poke(http, &err));
	CHECK(!pds_transfer_done(a) && !pds_transfer_done(b));
	CHECK(pds_http_fd(http) >= 0);
	pds_transfer_free(a);
	pds_transfer_free(NULL);
	pds_http_free(http);
	pds_http_free(NULL);
}

int
main(void)
{
	ss_start();
	test_get();
	test_post_signed();
	test_no_body();
	test_reuse();
	test_retries();
	test_not_idempotent_reused();
	test_quota();
	test_refused();
	test_ranges();
	test_cut_body();
	test_cancel();
	test_rest();
	test_abandon();
	ss_stop();
	return unit_done();
}
