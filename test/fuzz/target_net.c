/*
 * target_net.c
 *	  Replies of servers as the HTTP client sees them.
 */
#include "fuzz.h"

#include <stdio.h>

#include "core/base/calendar.h"
#include "core/net/http_internal.h"

/* times that others tell are from 1970 to 9999, and are told again as the same */
void
fuzz_date(FuzzInput *in)
{
	char	   *text = fuzz_rest(in, NULL);
	char	   *end;
	char		again[64];
	double		number;
	int64_t		us;
	int64_t		seconds;

	if (pds_time_of_text(text, &us))
	{
		FUZZ_CHECK(us >= 0 && us / 1000000 <= PDS_TIME_MAX);
		FUZZ_CHECK(pds_utc_text((time_t) (us / 1000000), "%Y-%m-%dT%H:%M:%SZ", again, sizeof(again)));
		FUZZ_SAY(pds_time_of_text(again, &seconds) && seconds == us - us % 1000000, again);
		FUZZ_CHECK(pds_utc_text((time_t) (us / 1000000), "%a, %d %b %Y %H:%M:%S GMT", again,
								sizeof(again)));
		FUZZ_SAY(pds_time_of_text(again, &seconds) && seconds == us - us % 1000000, again);
	}
	number = strtod(text, &end);
	if (end > text && pds_time_of_number(number, &us))
		FUZZ_CHECK(us >= 0 && us / 1000000 <= PDS_TIME_MAX);
	free(text);
}

/* status, kind of body, then headers, an empty line, the body */
void
fuzz_error_body(FuzzInput *in)
{
	static const int statuses[] = {400, 403, 404, 409, 412, 416, 429, 500, 503, 301, 307, 401, 418};
	static const char *const services[] = {"s3", "glue", "athena", "sts"};
	PdsRequest	req;
	PdsStr		headers;
	PdsStr		body;
	PdsError	err;
	PdsError	same;
	PdsVerdict	verdict;
	int			status = statuses[fuzz_byte(in, 13)];
	const char *blank;

	pds_request_init(&req);
	req.method = "GET";
	req.base_url = "http://127.0.0.1:1";
	req.operation = "GetObject";
	req.resource = "s3://bucket/key";
	req.service = services[fuzz_byte(in, 4)];
	req.region = "us-east-1";
	req.xml_errors = fuzz_byte(in, 2);
	pds_str_init(&headers);
	pds_str_init(&body);
	blank = fuzz_find(in->p, in->n, "\n\n");
	if (blank)
		pds_str_append_n(&headers, in->p, (size_t) (blank - in->p) + 1);
	pds_str_append_n(&body, blank ? blank + 2 : in->p,
					 blank ? in->n - (size_t) (blank + 2 - in->p) : in->n);
	pds_error_clear(&err);
	verdict = pds_http_reply_error(&req, status, &headers, &body, NULL, &err);
	FUZZ_CHECK(verdict <= PDS_VERDICT_SKEW);
	fuzz_check_error(&err);
	FUZZ_CHECK(err.http_status == status);
	pds_error_clear(&same);
	FUZZ_CHECK(pds_http_reply_error(&req, status, &headers, &body, NULL, &same) == verdict &&
			   strcmp(same.message, err.message) == 0 && same.kind == err.kind);
	(void) pds_http_body_is_error(&body);
	pds_str_free(&headers);
	pds_str_free(&body);
}

typedef struct Outcome
{
	bool		ok;
	PdsErrorKind kind;
	char		message[1024];
	int			status;
	uint64_t	body;
	size_t		len;
	int64_t		total;
	char		etag[128];
} Outcome;

typedef struct Sink
{
	size_t		room;			/* of the range */
	size_t		got;
	uint64_t	hash;
	unsigned int rests;			/* how often it takes nothing first */
	unsigned int calls;
} Sink;

static bool
sink(void *arg, const char *data, size_t n)
{
	Sink	   *s = arg;

	if (s->rests > 0 && s->calls++ % 3 == 0)
	{
		s->rests--;
		return false;
	}
	FUZZ_CHECK(n > 0 && n <= s->room - s->got);
	s->got += n;
	s->hash = fnv_bytes(s->hash, data, n);
	return true;
}

static void
check_headers(const PdsResponse *r)
{
	size_t		at = 0;
	size_t		before = 0;
	char		name[80];
	PdsStr		value;

	pds_str_init(&value);
	while (pds_response_next_header(r, &at, name, sizeof(name), &value))
	{
		FUZZ_CHECK(at > before && at <= r->headers.len);
		FUZZ_CHECK(strpbrk(pds_str_text(&value), "\r\n") == NULL);
		before = at;
	}
	pds_str_free(&value);
}

static void
perform(const PdsRequest *req, const char *replies, size_t n, size_t slice, unsigned int rests,
		Outcome *out)
{
	PdsHttp    *http = fuzz_client();
	PdsTransfer *t;
	PdsRequest	mine = *req;
	PdsResponse r;
	PdsError	err;
	Sink		s = {.hash = 1, .rests = rests};

	memset(out, 0, sizeof(*out));
	fuzz_serve(replies, n, slice);
	if (req->range_first >= 0)
	{
		s.room = (size_t) (req->range_last - req->range_first + 1);
		mine.range_sink = sink;
		mine.range_arg = &s;
	}
	pds_response_init(&r);
	t = pds_http_start(http, &mine, &err);
	FUZZ_CHECK(t != NULL);
	FUZZ_CHECK(pds_http_poke(http, &err));
	while (!pds_transfer_done(t))
	{
		if (pds_transfer_rests(t))
			pds_transfer_resume(t);
		FUZZ_CHECK(pds_http_wait(http, -1, PDS_WAIT_HTTP, &err));
	}
	out->ok = pds_transfer_result(t, &r, &err);
	if (!out->ok)
	{
		fuzz_check_error(&err);
		out->kind = err.kind;
		memcpy(out->message, err.message, sizeof(err.message));
	}
	else
	{
		FUZZ_CHECK(r.status / 100 == 2 || r.status == 304);
		FUZZ_CHECK(r.range_received == s.got);
		out->body = fnv_bytes(1, pds_str_text(&r.body), r.body.len) + s.hash;
		out->len = r.body.len + s.got;
	}
	FUZZ_CHECK(r.total_size >= -1);
	FUZZ_CHECK(r.body.len <= PDS_BODY_MAX && r.headers.len <= 65536);
	FUZZ_CHECK(fuzz_requests() <= 20);
	check_headers(&r);
	out->status = r.status;
	out->total = r.total_size;
	memcpy(out->etag, r.etag, sizeof(out->etag));
	pds_transfer_free(t);
	pds_response_free(&r);
	/* a week at most, whatever its Date says */
	FUZZ_CHECK(labs(pds_http_clock_skew(http)) <= 7 * 24 * 3600);
	fuzz_client_free();
}

/* the same whichever way the bytes are cut */
static void
perform_twice(PdsRequest *req, FuzzInput *in, unsigned int slice, unsigned int rests)
{
	Outcome		a;
	Outcome		b;

	perform(req, in->p, in->n, 65536, 0, &a);
	perform(req, in->p, in->n, slice, rests, &b);
	FUZZ_CHECK(a.ok == b.ok && a.kind == b.kind && a.status == b.status);
	FUZZ_SAY(strcmp(a.message, b.message) == 0, b.message);
	FUZZ_CHECK(a.body == b.body && a.len == b.len && a.total == b.total);
	FUZZ_CHECK(strcmp(a.etag, b.etag) == 0);
}

/* how it is cut, method, options, replies */
void
fuzz_http(FuzzInput *in)
{
	static const char *const methods[] = {"GET", "HEAD", "PUT", "POST", "DELETE"};
	unsigned int slice = fuzz_byte(in, 60) + 1;
	unsigned int options;
	PdsRequest	req;

	pds_request_init(&req);
	req.method = methods[fuzz_byte(in, 5)];
	req.base_url = "http://127.0.0.1:1";
	req.path = "/b/k";
	req.service = "s3";
	req.operation = "GetObject";
	req.resource = "s3://b/k";
	options = fuzz_byte(in, 64);
	req.xml_errors = options & 1;
	req.body_error_on_200 = options & 2;
	req.not_idempotent = options & 4;
	req.secret = options & 8;
	req.if_match = options & 16 ? "\"e1\"" : NULL;
	req.max_body = options & 32 ? 40 : 0;
	perform_twice(&req, in, slice, 0);
}

/* a range that goes to a sink */
void
fuzz_range(FuzzInput *in)
{
	unsigned int slice = fuzz_byte(in, 60) + 1;
	unsigned int rests;
	PdsRequest	req;

	pds_request_init(&req);
	req.method = "GET";
	req.base_url = "http://127.0.0.1:1";
	req.path = "/b/k";
	req.service = "s3";
	req.operation = "GetObject";
	req.resource = "s3://b/k";
	req.xml_errors = true;
	req.range_first = fuzz_byte(in, 80);
	req.range_last = req.range_first + fuzz_byte(in, 200);
	rests = fuzz_byte(in, 4);
	req.if_match = fuzz_byte(in, 2) ? "\"e1\"" : NULL;
	perform_twice(&req, in, slice, rests);
}
