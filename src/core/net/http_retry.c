/*
 * http_retry.c
 *	  What follows the end of an attempt: success, another try after a back-off,
 *	  fresh credentials, the corrected clock, the rest of a body that broke, or
 *	  the error (doc/dev/aws.md §3.1 - §3.4).  http.c does what is said here.
 */
#include "core/base/assert.h"
#include "core/net/http_internal.h"

#include <stdlib.h>
#include <string.h>

#define QUOTA_RETRY			5
#define QUOTA_TIMEOUT		10
#define BACKOFF_CAP_MS		20000
/* so much progress makes a resumed download a first attempt again */
#define RESUME_PROGRESS		(256 * 1024)
/* a clock so far off may be what a signature was refused for */
#define SKEW_SUSPECT		240

/* ms that the server asks us to wait, or 0 (doc/dev/aws.md §3.2) */
static long
asked_delay(const PdsTransfer *t)
{
	char		text[64];
	long		ms = 0;

	if (pds_http_find_header(&t->reply_headers, "x-amz-retry-after", text, sizeof(text)))
		ms = atol(text);
	else if (pds_http_find_header(&t->reply_headers, "retry-after", text, sizeof(text)))
		ms = atol(text) > BACKOFF_CAP_MS / 1000 ? BACKOFF_CAP_MS : atol(text) * 1000;
	return ms < 0 ? 0 : ms > BACKOFF_CAP_MS ? BACKOFF_CAP_MS : ms;
}

/* Try again later, if attempts and quota allow; else the error. */
static void
retry_or_fail(const PdsTransfer *t, PdsVerdict verdict, bool timed_out, bool maybe_received,
			  double chance, PdsRetry *out)
{
	double		delay;
	long		asked;

	if (t->received - t->attempt_received >= RESUME_PROGRESS)
		out->attempt = 1;
	out->err.attempts = out->attempt;
	out->cost = timed_out ? QUOTA_TIMEOUT : QUOTA_RETRY;
	if (verdict == PDS_VERDICT_FINAL || out->attempt >= t->opt.max_attempts ||
		(t->req.not_idempotent && maybe_received && verdict != PDS_VERDICT_THROTTLED) ||
		t->http->quota < out->cost)
	{
		out->step = PDS_RETRY_FAIL;
		return;
	}
	delay = 1000.0 * (1 << (out->attempt > 6 ? 5 : out->attempt - 1));
	if (delay > BACKOFF_CAP_MS)
		delay = BACKOFF_CAP_MS;
	delay *= chance;
	asked = asked_delay(t);
	if (asked > delay)
		delay = (double) asked;
	out->step = PDS_RETRY_BACKOFF;
	out->delay_ms = t->opt.retry_delay_ms > 0 ? t->opt.retry_delay_ms : (long) delay;
}

/* is everything there that the range and the object's size allow? */
static bool
range_complete(const PdsTransfer *t)
{
	return t->received == pds_transfer_range(t) ||
		(t->total_size >= 0 && t->req.range_first + (int64_t) t->received >= t->total_size);
}

static void
decide_broken(const PdsTransfer *t, CURLcode res, double chance, PdsRetry *out)
{
	bool		not_sent = res == CURLE_COULDNT_CONNECT || res == CURLE_COULDNT_RESOLVE_HOST ||
		res == CURLE_COULDNT_RESOLVE_PROXY || res == CURLE_SSL_CONNECT_ERROR ||
		t->connect_status >= 300;
	PdsVerdict	verdict;
	PdsBreak	b;

	if (t->bad_reply)
	{
		out->step = PDS_RETRY_FAIL;
		pds_error_set(&out->err, PDS_ERR_PROTOCOL, "the reply to %s of %s cannot be used: %s",
					  t->req.operation ? t->req.operation : "the request",
					  t->req.resource ? t->req.resource : "the service", t->bad_reply);
		pds_error_hint(&out->err, "Check that endpoint_url names the service it should.");
		pds_error_context(&out->err, t->req.service, t->req.operation, t->req.resource);
		return;
	}
	if (t->overdue)
	{
		out->step = PDS_RETRY_FAIL;
		pds_error_set(&out->err, PDS_ERR_TIMEOUT, "the reply to %s of %s did not end within %ld s",
					  t->req.operation ? t->req.operation : "the request",
					  t->req.resource ? t->req.resource : "the service",
					  (t->patience_ms + 500) / 1000);
		pds_error_hint(&out->err, "Check that endpoint_url names the service it should, or raise "
					   "request_timeout.");
		pds_error_context(&out->err, t->req.service, t->req.operation, t->req.resource);
		return;
	}
	b.code = res;
	b.text = t->curl_text;
	b.proxy = t->proxy;
	b.connect_status = t->connect_status;
	b.connected = t->connected;
	b.verify_result = t->verify_result;
	b.ca_bundle = t->opt.ca_bundle;
	verdict = pds_http_curl_error(&t->req, &b, &out->err);
	retry_or_fail(t, verdict, res == CURLE_OPERATION_TIMEDOUT, !not_sent, chance, out);
}

/*
 * May the clock be what was refused?  A signature made by a wrong one looks
 * like a wrong signature, and a reply to HEAD says nothing (doc/dev/aws.md §3.3).
 */
static bool
clock_suspected(const PdsTransfer *t, const char *code)
{
	long		off = t->http->skew - t->signed_skew;

	return (off >= SKEW_SUSPECT || off <= -SKEW_SUSPECT) &&
		(strcmp(code, "SignatureDoesNotMatch") == 0 ||
		 strcmp(code, "InvalidSignatureException") == 0 || strcmp(code, "AuthFailure") == 0 ||
		 (code[0] == '\0' && t->status == 403));
}

static void
decide_refused(const PdsTransfer *t, double chance, PdsRetry *out)
{
	PdsVerdict	verdict;

	verdict = pds_http_reply_error(&t->req, t->status, &t->reply_headers, &t->body, t->proxy,
								   &out->err);
	pds_transfer_hide_secrets(t, out->err.message, sizeof(out->err.message));
	pds_transfer_hide_secrets(t, out->err.detail, sizeof(out->err.detail));
	out->throttled = verdict == PDS_VERDICT_THROTTLED;
	out->err.attempts = t->attempt;
	if (verdict == PDS_VERDICT_FINAL && clock_suspected(t, out->err.aws_code))
		verdict = PDS_VERDICT_SKEW;
	/* S3 answers HEAD with expired keys by a bare 400 */
	if (verdict == PDS_VERDICT_FINAL && out->err.kind == PDS_ERR_INVALID_REQUEST &&
		t->status == 400 && out->err.aws_code[0] == '\0' && t->signed_token &&
		strcmp(t->req.method, "HEAD") == 0)
		verdict = PDS_VERDICT_REFRESH;
	if (verdict == PDS_VERDICT_REFRESH && !t->refreshed && t->req.credentials)
		out->step = PDS_RETRY_REFRESH;
	else if (verdict == PDS_VERDICT_SKEW && !t->skew_corrected && t->req.credentials)
		out->step = PDS_RETRY_RESEND;
	else
	{
		if (verdict == PDS_VERDICT_REFRESH || verdict == PDS_VERDICT_SKEW)
			verdict = PDS_VERDICT_FINAL;
		retry_or_fail(t, verdict, false, true, chance, out);
	}
}

void
pds_retry_decide(const PdsTransfer *t, CURLcode res, double chance, PdsRetry *out)
{
	PDS_ASSERT(t->attempt >= 1 && chance >= 0 && chance <= 1);
	out->step = PDS_RETRY_DONE;
	out->throttled = false;
	out->attempt = t->attempt;
	out->delay_ms = 0;
	out->cost = 0;
	/* interim replies alone are none */
	if (res == CURLE_OK && t->status < 200)
		res = CURLE_GOT_NOTHING;
	/* a reply that was an error is one, even when its body broke */
	if (t->status >= 300 && t->status != 304)
		decide_refused(t, chance, out);
	else if (res != CURLE_OK && !(t->req.range_sink && t->range_checked && range_complete(t)))
		decide_broken(t, res, chance, out);
	else if (t->req.range_sink && t->status != 304)
	{
		if (!range_complete(t))
			decide_broken(t, CURLE_PARTIAL_FILE, chance, out);
	}
	else if (t->req.body_error_on_200 && pds_http_body_is_error(&t->body))
		decide_refused(t, chance, out);
}
