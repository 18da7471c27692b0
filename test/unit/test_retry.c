/*
 * test_retry.c
 *	  What follows the end of an attempt, without a network: the decision is a
 *	  pure function.
 */
#include "unit.h"

#include "core/net/http_internal.h"

/* a client and a transfer whose first attempt has ended */
static PdsHttp http;
static PdsTransfer t;
static PdsRetry r;

static bool
sink(void *arg, const char *data, size_t len)
{
	(void) arg;
	(void) data;
	(void) len;
	return true;
}

static bool
give_keys(void *arg, bool refresh, PdsCredentialView *out, PdsError *err)
{
	(void) arg;
	(void) refresh;
	(void) out;
	(void) err;
	return true;
}

static void
ended(int status, const char *headers, const char *body)
{
	pds_str_free(&t.reply_headers);
	pds_str_free(&t.body);
	memset(&http, 0, sizeof(http));
	memset(&t, 0, sizeof(t));
	http.quota = PDS_QUOTA_MAX;
	t.http = &http;
	pds_request_init(&t.req);
	t.req.method = "GET";
	t.req.service = "s3";
	t.req.xml_errors = true;
	t.req.base_url = "https://s3.example";
	t.opt.max_attempts = 3;
	t.total_size = -1;
	t.attempt = 1;
	t.status = status;
	pds_str_append(&t.reply_headers, "HTTP/1.1 000 X\r\n");
	pds_str_append(&t.reply_headers, headers);
	pds_str_append(&t.body, body);
}

static PdsRetryStep
decide(CURLcode res, double chance)
{
	PdsTransfer before = t;
	PdsHttp		client = http;

	pds_retry_decide(&t, res, chance, &r);
	CHECK_MSG(memcmp(&before, &t, sizeof(t)) == 0 && memcmp(&client, &http, sizeof(http)) == 0,
			  "nothing has changed");
	return r.step;
}

static void
test_done(void)
{
	ended(200, "", "x");
	CHECK_INT(decide(CURLE_OK, 1), PDS_RETRY_DONE);
	ended(304, "", "");
	CHECK_INT(decide(CURLE_OK, 1), PDS_RETRY_DONE);
	/* a range: what is there counts, and not how the connection ended */
	ended(206, "", "");
	t.req.range_sink = sink;
	t.req.range_first = 0;
	t.req.range_last = 99;
	t.range_checked = true;
	t.received = 100;
	CHECK_INT(decide(CURLE_RECV_ERROR, 1), PDS_RETRY_DONE);
	t.received = 60;
	t.total_size = 60;
	CHECK_INT(decide(CURLE_OK, 1), PDS_RETRY_DONE);
	t.total_size = 61;
	CHECK_INT(decide(CURLE_OK, 1), PDS_RETRY_BACKOFF);
}

static void
test_backoff(void)
{
	ended(503, "", "<Error><Code>SlowDown</Code></Error>");
	CHECK_INT(decide(CURLE_OK, 0.5), PDS_RETRY_BACKOFF);
	CHECK_INT(r.delay_ms, 500);
	CHECK_INT(r.cost, 5);
	CHECK(r.throttled);
	CHECK_INT(r.err.kind, PDS_ERR_THROTTLED);
	t.attempt = 2;
	CHECK_INT(decide(CURLE_OK, 0.5), PDS_RETRY_BACKOFF);
	CHECK_INT(r.delay_ms, 1000);
	t.attempt = 3;
	CHECK_INT(decide(CURLE_OK, 0.5), PDS_RETRY_FAIL);
	CHECK_INT(r.err.attempts, 3);
	/* never more than 20 s, however many attempts */
	t.attempt = 20;
	t.opt.max_attempts = 30;
	CHECK_INT(decide(CURLE_OK, 1), PDS_RETRY_BACKOFF);
	CHECK_INT(r.delay_ms, 20000);

	/* what the service asks for, within reason */
	ended(503, "Retry-After: 3\r\n", "");
	CHECK_INT(decide(CURLE_OK, 0), PDS_RETRY_BACKOFF);
	CHECK_INT(r.delay_ms, 3000);
	ended(503, "Retry-After: 3600\r\n", "");
	CHECK_INT(decide(CURLE_OK, 0), PDS_RETRY_BACKOFF);
	CHECK_INT(r.delay_ms, 20000);
	/* a fixed pause of the caller */
	t.opt.retry_delay_ms = 7;
	CHECK_INT(decide(CURLE_OK, 1), PDS_RETRY_BACKOFF);
	CHECK_INT(r.delay_ms, 7);

	/* an empty bucket */
	ended(500, "", "");
	http.quota = 4;
	CHECK_INT(decide(CURLE_OK, 1), PDS_RETRY_FAIL);
	ended(0, "", "");
	http.quota = 9;
	CHECK_INT(decide(CURLE_OPERATION_TIMEDOUT, 1), PDS_RETRY_FAIL);
	CHECK_INT(r.err.kind, PDS_ERR_TIMEOUT);
	http.quota = 10;
	CHECK_INT(decide(CURLE_OPERATION_TIMEDOUT, 1), PDS_RETRY_BACKOFF);
	CHECK_INT(r.cost, 10);
}

static void
test_once(void)
{
	/*
	 * what may have arrived is not sent twice; what was throttled, or never
	 * left, is
	 */
	ended(500, "", "");
	t.req.not_idempotent = true;
	CHECK_INT(decide(CURLE_OK, 1), PDS_RETRY_FAIL);
	ended(503, "", "<Error><Code>SlowDown</Code></Error>");
	t.req.not_idempotent = true;
	CHECK_INT(decide(CURLE_OK, 1), PDS_RETRY_BACKOFF);
	ended(0, "", "");
	t.req.not_idempotent = true;
	CHECK_INT(decide(CURLE_RECV_ERROR, 1), PDS_RETRY_FAIL);
	CHECK_INT(decide(CURLE_COULDNT_CONNECT, 1), PDS_RETRY_BACKOFF);
}

static void
test_progress(void)
{
	ended(206, "", "");
	t.req.range_sink = sink;
	t.req.range_first = 0;
	t.req.range_last = 1000000;
	t.range_checked = true;
	t.attempt = 3;
	t.attempt_received = 1000;
	t.received = 1000 + 256 * 1024 - 1;
	CHECK_INT(decide(CURLE_RECV_ERROR, 1), PDS_RETRY_FAIL);
	t.received++;
	CHECK_INT(decide(CURLE_RECV_ERROR, 1), PDS_RETRY_BACKOFF);
	CHECK_INT(r.attempt, 1);
	/* it cannot be what was asked for, however often */
	t.bad_reply = "it does not honour Range";
	CHECK_INT(decide(CURLE_WRITE_ERROR, 1), PDS_RETRY_FAIL);
	CHECK_INT(r.err.kind, PDS_ERR_PROTOCOL);
}

static void
test_keys(void)
{
	ended(403, "", "<Error><Code>ExpiredToken</Code></Error>");
	CHECK_INT(decide(CURLE_OK, 1), PDS_RETRY_FAIL);
	t.req.credentials = give_keys;
	CHECK_INT(decide(CURLE_OK, 1), PDS_RETRY_REFRESH);
	t.refreshed = true;
	CHECK_INT(decide(CURLE_OK, 1), PDS_RETRY_FAIL);
	/* S3 says nothing to HEAD */
	ended(400, "", "");
	t.req.credentials = give_keys;
	t.req.method = "HEAD";
	CHECK_INT(decide(CURLE_OK, 1), PDS_RETRY_FAIL);
	t.signed_token = true;
	CHECK_INT(decide(CURLE_OK, 1), PDS_RETRY_REFRESH);
	t.req.method = "GET";
	CHECK_INT(decide(CURLE_OK, 1), PDS_RETRY_FAIL);
}

static void
test_clock(void)
{
	ended(403, "", "<Error><Code>RequestTimeTooSkewed</Code></Error>");
	t.req.credentials = give_keys;
	CHECK_INT(decide(CURLE_OK, 1), PDS_RETRY_RESEND);
	t.skew_corrected = true;
	CHECK_INT(decide(CURLE_OK, 1), PDS_RETRY_FAIL);
	/* a wrong signature, and a clock that was wrong when it was made */
	ended(403, "", "<Error><Code>SignatureDoesNotMatch</Code></Error>");
	t.req.credentials = give_keys;
	CHECK_INT(decide(CURLE_OK, 1), PDS_RETRY_FAIL);
	http.skew = -240;
	CHECK_INT(decide(CURLE_OK, 1), PDS_RETRY_RESEND);
	t.signed_skew = -10;
	CHECK_INT(decide(CURLE_OK, 1), PDS_RETRY_FAIL);
}

static void
test_error_in_200(void)
{
	ended(200, "", "<Error><Code>InternalError</Code></Error>");
	CHECK_INT(decide(CURLE_OK, 1), PDS_RETRY_DONE);
	t.req.body_error_on_200 = true;
	CHECK_INT(decide(CURLE_OK, 1), PDS_RETRY_BACKOFF);
	CHECK_INT(r.err.kind, PDS_ERR_SERVICE);
}

int
main(void)
{
	test_done();
	test_backoff();
	test_once();
	test_progress();
	test_keys();
	test_clock();
	test_error_in_200();
	ended(0, "", "");
	pds_str_free(&t.reply_headers);
	pds_str_free(&t.body);
	return unit_done();
}
