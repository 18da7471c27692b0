/*
 * http_retry.c
 *	  What follows the end of an attempt: success, another try after a back-off
 *	  (AWS.md 3.1, 3.2), fresh credentials, the corrected clock (3.3), the rest
 *	  of a body that broke (3.4), or the error.
 */
#include "core/net/http_internal.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/clock.h"

#define QUOTA_RETRY			5
#define QUOTA_TIMEOUT		10
#define BACKOFF_CAP_MS		20000
/* so much progress makes a resumed download a first attempt again */
#define RESUME_PROGRESS		(256 * 1024)
/* a clock so far off may be what a signature was refused for */
#define SKEW_SUSPECT		240

void
pds_transfer_end(PdsTransfer *t, bool ok)
{
	t->state = T_DONE;
	t->ok = ok;
}

static double
random_unit(PdsHttp *http)
{
	http->random = http->random * 1103515245u + 12345u;
	return (double) (http->random >> 8) / (double) (1u << 24);
}

static void
learn_skew(PdsTransfer *t)
{
	char		text[64];
	time_t		theirs;
	int64_t		took = pds_now_ms() - t->sent_ms;

	if (took > 60000 || pds_http_find_header(&t->reply_headers, "age", text, sizeof(text)) ||
		!pds_http_find_header(&t->reply_headers, "date", text, sizeof(text)))
		return;
	theirs = curl_getdate(text, NULL);
	if (theirs > 0)
	{
		long		skew = (long) (theirs - (pds_wall_time() - took / 2000));

		/* a few seconds are the clocks' granularity and nothing to correct */
		t->http->skew = skew > -30 && skew < 30 ? 0 : skew;
	}
}

/* ms that the server asks us to wait, or 0 (AWS.md 3.2) */
static long
asked_delay(const PdsTransfer *t)
{
	char		text[64];
	long		ms = 0;

	if (pds_http_find_header(&t->reply_headers, "x-amz-retry-after", text, sizeof(text)))
		ms = atol(text);
	else if (pds_http_find_header(&t->reply_headers, "retry-after", text, sizeof(text)))
		ms = atol(text) * 1000;
	return ms < 0 ? 0 : ms > BACKOFF_CAP_MS ? BACKOFF_CAP_MS : ms;
}

/* Try again later, if attempts and quota allow; else done with its error. */
static void
retry_or_fail(PdsTransfer *t, PdsVerdict verdict, bool timed_out, bool maybe_received)
{
	PdsHttp    *http = t->http;
	int			cost = timed_out ? QUOTA_TIMEOUT : QUOTA_RETRY;
	double		delay;
	long		asked;

	if (t->received - t->attempt_received >= RESUME_PROGRESS)
		t->attempt = 1;
	t->err.attempts = t->attempt;
	if (verdict == PDS_VERDICT_FINAL || t->attempt >= t->opt.max_attempts ||
		(t->req.not_idempotent && maybe_received && verdict != PDS_VERDICT_THROTTLED) ||
		http->quota < cost)
	{
		pds_transfer_end(t, false);
		return;
	}
	http->quota -= cost;
	t->retry_cost = cost;
	t->refresh = false;
	delay = 1000.0 * (1 << (t->attempt > 6 ? 5 : t->attempt - 1));
	if (delay > BACKOFF_CAP_MS)
		delay = BACKOFF_CAP_MS;
	delay *= random_unit(http);
	asked = asked_delay(t);
	if (asked > delay)
		delay = asked;
	if (t->opt.retry_delay_ms > 0)
		delay = (double) t->opt.retry_delay_ms;
	t->due_ms = pds_now_ms() + (int64_t) delay;
	t->state = T_BACKOFF;
}

static void
succeed(PdsTransfer *t)
{
	PdsHttp    *http = t->http;

	http->quota += t->attempt == 1 ? 1 : t->retry_cost;
	if (http->quota > PDS_QUOTA_MAX)
		http->quota = PDS_QUOTA_MAX;
	if (t->etag[0] == '\0')
		(void) pds_http_find_header(&t->reply_headers, "etag", t->etag, sizeof(t->etag));
	pds_transfer_end(t, true);
}

/* is everything there that the range and the object's size allow? */
static bool
range_complete(const PdsTransfer *t)
{
	return t->received == pds_transfer_range(t) ||
		(t->total_size >= 0 && t->req.range_first + (int64_t) t->received >= t->total_size);
}

static void
attempt_broken(PdsTransfer *t, CURLcode res)
{
	bool		not_sent = res == CURLE_COULDNT_CONNECT || res == CURLE_COULDNT_RESOLVE_HOST ||
		res == CURLE_COULDNT_RESOLVE_PROXY || res == CURLE_SSL_CONNECT_ERROR || t->connect_status >= 300;
	PdsVerdict	verdict;
	PdsBreak	b;

	if (t->bad_reply)
	{
		pds_error_set(&t->err, PDS_ERR_PROTOCOL, "the reply to %s of %s cannot be used: %s",
					  t->req.operation ? t->req.operation : "the request",
					  t->req.resource ? t->req.resource : "the service", t->bad_reply);
		pds_error_hint(&t->err, "Check that endpoint_url names the service it should.");
		pds_error_context(&t->err, t->req.service, t->req.operation, t->req.resource);
		pds_transfer_end(t, false);
		return;
	}
	b.code = res;
	b.text = t->curl_text;
	b.proxy = t->proxy;
	b.connect_status = t->connect_status;
	b.verify_result = t->verify_result;
	b.ca_bundle = t->opt.ca_bundle;
	verdict = pds_http_curl_error(&t->req, &b, &t->err);
	retry_or_fail(t, verdict, res == CURLE_OPERATION_TIMEDOUT, !not_sent);
}

/*
 * May the clock be what was refused?  A signature made by a wrong one looks
 * like a wrong signature, and a reply to HEAD says nothing (AWS.md 3.3).
 */
static bool
clock_suspected(const PdsTransfer *t)
{
	const char *code = t->err.aws_code;
	long		off = t->http->skew - t->signed_skew;

	return (off >= SKEW_SUSPECT || off <= -SKEW_SUSPECT) &&
		(strcmp(code, "SignatureDoesNotMatch") == 0 ||
		 strcmp(code, "InvalidSignatureException") == 0 || strcmp(code, "AuthFailure") == 0 ||
		 (code[0] == '\0' && t->status == 403));
}

/* Once more, now; or when the call for credentials that we are in has ended. */
static bool
send_again(PdsTransfer *t, bool refresh)
{
	if (t->depth >= t->http->asking)
		return pds_transfer_send(t, refresh);
	t->refresh = refresh;
	t->due_ms = 0;
	t->state = T_BACKOFF;
	return true;
}

static void
attempt_refused(PdsTransfer *t)
{
	PdsHttp    *http = t->http;
	PdsVerdict	verdict;

	verdict = pds_http_reply_error(&t->req, t->status, &t->reply_headers, &t->body, t->proxy,
								   &t->err);
	if (verdict == PDS_VERDICT_THROTTLED)
		http->counters.throttles++;
	t->err.attempts = t->attempt;
	if (verdict == PDS_VERDICT_FINAL && clock_suspected(t))
		verdict = PDS_VERDICT_SKEW;
	/* S3 answers HEAD with expired keys by a bare 400 */
	if (verdict == PDS_VERDICT_FINAL && t->err.kind == PDS_ERR_INVALID_REQUEST && t->status == 400 &&
		t->err.aws_code[0] == '\0' && t->signed_token && strcmp(t->req.method, "HEAD") == 0)
		verdict = PDS_VERDICT_REFRESH;
	if (verdict == PDS_VERDICT_REFRESH && !t->refreshed && t->req.credentials)
	{
		PdsError	first = t->err;

		t->refreshed = true;
		/* where nothing can be refreshed, the service's words tell more than ours */
		if (!send_again(t, true) && t->err.kind != PDS_ERR_CANCELLED)
			t->err = first;
		return;
	}
	if (verdict == PDS_VERDICT_SKEW && !t->skew_corrected && t->req.credentials)
	{
		t->skew_corrected = true;
		(void) send_again(t, false);
		return;
	}
	if (verdict == PDS_VERDICT_REFRESH || verdict == PDS_VERDICT_SKEW)
		verdict = PDS_VERDICT_FINAL;
	retry_or_fail(t, verdict, false, true);
}

/* curl has ended an attempt */
void
pds_transfer_attempt_ended(PdsTransfer *t, CURLcode res)
{
	PdsRequest *req = &t->req;

	if (t->status > 0)
		learn_skew(t);
	if (t->complete_early)
		res = CURLE_OK;
	if (t->changed)
		t->status = 412;
	/* a reply that was an error is one, even when its body broke */
	if (t->status >= 300 && t->status != 304)
	{
		attempt_refused(t);
		return;
	}
	if (res != CURLE_OK && !(req->range_sink && t->range_checked && range_complete(t)))
	{
		attempt_broken(t, res);
		return;
	}
	if (req->range_sink && t->status != 304)
	{
		if (!t->range_checked && !pds_transfer_check_range(t))
			attempt_broken(t, CURLE_RECV_ERROR);
		else if (!range_complete(t))
			attempt_broken(t, CURLE_PARTIAL_FILE);
		else
			succeed(t);
		return;
	}
	if (req->body_error_on_200 && pds_http_body_is_error(&t->body))
		attempt_refused(t);
	else
		succeed(t);
}
