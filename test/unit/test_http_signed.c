/*
 * test_http_signed.c
 *	  The HTTP client against a scripted server: keys that are renewed, clocks
 *	  that differ, and what errors say and what they do not.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "unit.h"

#include "http_jobs.h"

/* ---- credentials and clock ---- */

static void
test_refresh(void)
{
	PdsHttp    *http = new_http(NULL, NULL);
	PdsRequest	req;
	PdsResponse r;
	PdsError	err;
	Keys		keys = {0};

	ss_clear();
	ss_on("GET /e", 400, "", xml_error("ExpiredToken"));
	ss_on("GET /e", 200, "", "ok");
	request(&req, "GET", "/e");
	req.credentials = give_keys;
	req.credentials_arg = &keys;
	pds_response_init(&r);
	CHECK(pds_http_perform(http, &req, &r, &err));
	CHECK_INT(keys.refreshes, 1);
	/* the first time, whether others came meanwhile, and for fresh ones */
	CHECK_INT(keys.calls, 3);
	CHECK_STR(ss_request_header(0, "x-amz-security-token"), TOKEN "0");
	CHECK_STR(ss_request_header(1, "x-amz-security-token"), TOKEN "1");
	pds_response_free(&r);

	/* once only */
	ss_clear();
	ss_on("GET /e", 400, "", xml_error("ExpiredToken"))->times = SS_ALWAYS;
	memset(&keys, 0, sizeof(keys));
	CHECK(!pds_http_perform(http, &req, &r, &err));
	CHECK_INT(err.kind, PDS_ERR_AUTH);
	CHECK_STR(err.aws_code, "ExpiredToken");
	CHECK_INT(err.advice, PDS_ADVICE_CREDENTIALS);
	CHECK_INT(keys.refreshes, 1);
	CHECK_INT(ss->requests, 2);
	pds_response_free(&r);

	/* where nothing can be refreshed the service's words stand */
	ss_clear();
	ss_on("GET /e", 400, "", xml_error("ExpiredToken"))->times = SS_ALWAYS;
	memset(&keys, 0, sizeof(keys));
	keys.fail_refresh = 1;
	CHECK(!pds_http_perform(http, &req, &r, &err));
	CHECK_INT(err.kind, PDS_ERR_AUTH);
	CHECK_INT(ss->requests, 1);
	pds_response_free(&r);

	/* the JSON services' names of the same */
	ss_clear();
	ss_on("POST /", 400, "", "{\"__type\":\"UnrecognizedClientException\",\"message\":\"no\"}");
	ss_on("POST /", 400, "", "{\"__type\":\"com.x#ExpiredTokenException\",\"message\":\"no\"}");
	ss_on("POST /", 200, "", "{}");
	memset(&keys, 0, sizeof(keys));
	request(&req, "POST", "/");
	req.service = "glue";
	req.xml_errors = false;
	req.credentials = give_keys;
	req.credentials_arg = &keys;
	CHECK(!pds_http_perform(http, &req, &r, &err));
	CHECK_STR(err.aws_code, "ExpiredTokenException");
	CHECK_INT(keys.refreshes, 1);
	pds_response_free(&r);
	pds_http_free(http);
}

/* keys that are themselves fetched with the client, as roles are */
typedef struct Fetched
{
	PdsHttp    *http;
	int			calls;
	int			depth;
	int			max_depth;
} Fetched;

static bool
fetch_keys(void *arg, bool refresh, PdsCredentialView *out, PdsError *err)
{
	Fetched    *f = arg;
	PdsRequest	req;
	PdsResponse r;
	bool		ok;

	(void) refresh;
	f->calls++;
	if (++f->depth > f->max_depth)
		f->max_depth = f->depth;
	request(&req, "GET", "/keys");
	pds_response_init(&r);
	ok = f->depth > 5 ? pds_error_set(err, PDS_ERR_CONFIG, "too deep")
		: pds_http_perform(f->http, &req, &r, err);
	pds_response_free(&r);
	f->depth--;
	out->access_key = "AK";
	out->secret_key = SECRET;
	out->session_token = NULL;
	return ok;
}

static void
test_nested(void)
{
	PdsHttp    *http = new_http(NULL, NULL);
	Fetched		f = {.http = http};
	Job			j[2];
	int			i;

	ss_clear();
	ss_on("GET /keys", 200, "", "k")->times = SS_ALWAYS;
	ss_on("GET /n", 500, "", "")->times = 2;
	ss_on("GET /n", 200, "", "ok")->times = 2;
	for (i = 0; i < 2; i++)
	{
		job(&j[i], "GET", "/n", 3);
		j[i].req.credentials = fetch_keys;
		j[i].req.credentials_arg = &f;
	}
	run_jobs(http, j, 2);
	CHECK(j[0].ok && j[1].ok);
	CHECK(f.max_depth <= 2);
	CHECK_INT(f.calls, seen("GET /n"));
	free_jobs(j, 2);
	pds_http_free(http);
}

/* how far the i-th request's clock is from ours */
static long
request_skew(int i)
{
	struct tm	tm;
	char		c;

	memset(&tm, 0, sizeof(tm));
	if (sscanf(ss_request_header(i, "X-Amz-Date"), "%4d%2d%2dT%2d%2d%2d%c", &tm.tm_year,
			   &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &c) != 7)
		return 999999;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	return (long) (timegm(&tm) - time(NULL));
}

static int
near(long value, long want)
{
	return value >= want - 5 && value <= want + 5;
}

static void
test_skew(void)
{
	PdsHttp    *http = new_http(NULL, NULL);
	PdsRequest	req;
	PdsResponse r;
	PdsError	err;
	Keys		keys = {0};
	int			i;

	ss_clear();
	ss_on("GET /s", 403, http_date(time(NULL) + 3600), xml_error("RequestTimeTooSkewed"));
	ss_on("GET /s", 200, http_date(time(NULL) + 3600), "ok");
	ss_on("GET /s", 200, "", "ok");
	request(&req, "GET", "/s");
	req.credentials = give_keys;
	req.credentials_arg = &keys;
	pds_response_init(&r);
	CHECK(pds_http_perform(http, &req, &r, &err));
	CHECK(near(request_skew(0), 0));
	CHECK(near(request_skew(1), 3600));
	CHECK(near(pds_http_clock_skew(http), 3600));
	CHECK_INT(keys.refreshes, 0);
	pds_response_free(&r);
	/* known from now on */
	CHECK(pds_http_perform(http, &req, &r, &err));
	CHECK(near(request_skew(2), 3600));
	pds_response_free(&r);
	/* a right clock again; a reply of a cache says nothing */
	ss_on("GET /s", 200, http_date(time(NULL)), "ok");
	CHECK(pds_http_perform(http, &req, &r, &err));
	CHECK_INT(pds_http_clock_skew(http), 0);
	pds_response_free(&r);
	ss_on("GET /s", 200, "Date: Tue, 01 Jan 2019 00:00:00 GMT\r\nAge: 5\r\n", "ok");
	CHECK(pds_http_perform(http, &req, &r, &err));
	CHECK_INT(pds_http_clock_skew(http), 0);
	pds_response_free(&r);

	/* once only */
	ss_clear();
	ss_on("GET /s", 403, http_date(time(NULL) - 3600), xml_error("RequestTimeTooSkewed"))->times =
		SS_ALWAYS;
	CHECK(!pds_http_perform(http, &req, &r, &err));
	CHECK_INT(err.kind, PDS_ERR_AUTH);
	CHECK(strstr(err.hint, "clock") != NULL);
	CHECK_INT(ss->requests, 2);
	CHECK(near(request_skew(1), -3600));
	pds_response_free(&r);
	pds_http_free(http);

	/* by more than a week no clock is wrong: the reply is */
	for (i = 0; i < 4; i++)
	{
		static const long days[] = {6, -6, 8, -8};
		long		off = days[i] * 24 * 3600;

		http = new_http(NULL, NULL);
		ss_clear();
		ss_on("GET /s", 403, http_date(time(NULL) + off), xml_error("RequestTimeTooSkewed"))->times =
			SS_ALWAYS;
		CHECK(!pds_http_perform(http, &req, &r, &err));
		CHECK(labs(off) > 7 * 24 * 3600 ? pds_http_clock_skew(http) == 0
			  : near(pds_http_clock_skew(http), off));
		pds_response_free(&r);
		pds_http_free(http);
	}

	/*
	 * a wrong signature is the clock's fault when the clock is far off, else
	 * not
	 */
	http = new_http(NULL, NULL);
	ss_clear();
	ss_on("GET /s", 403, http_date(time(NULL)), xml_error("SignatureDoesNotMatch"));
	CHECK(!pds_http_perform(http, &req, &r, &err));
	CHECK_INT(ss->requests, 1);
	CHECK_INT(err.kind, PDS_ERR_AUTH);
	pds_response_free(&r);
	ss_clear();
	ss_on("GET /s", 403, http_date(time(NULL) + 600), xml_error("SignatureDoesNotMatch"));
	ss_on("GET /s", 200, "", "ok");
	CHECK(pds_http_perform(http, &req, &r, &err));
	CHECK(near(request_skew(1), 600));
	pds_response_free(&r);
	pds_http_free(http);
}

/* ---- what errors say ---- */

static int	log_lines;
static int	log_leaks;

static int
leaks(const char *text)
{
	return strstr(text, "hidden") || strstr(text, SECRET) || strstr(text, TOKEN) ||
		strstr(text, "Signature=");
}

static void
on_log(void *arg, const char *line)
{
	(void) arg;
	log_lines++;
	log_leaks += leaks(line) != 0;
}

static int
error_leaks(const PdsError *e)
{
	return leaks(e->message) || leaks(e->detail) || leaks(e->hint) || leaks(e->resource) ||
		leaks(e->aws_code) || leaks(e->request_id) || leaks(e->host_id) || leaks(e->operation);
}

static void
test_no_secrets(void)
{
	static const char *const json[] = {
		/*
		 * as the JSON services answer a wrong signature: with the canonical
		 * request
		 */
		"{\"__type\":\"InvalidSignatureException\",\"message\":\"The request signature we "
		"calculated does not match the signature you provided. Check your AWS Secret Access "
		"Key.\\n\\nThe Canonical String for this request should have been\\n'POST\\n/\\n\\n"
		"host:h\\nx-amz-security-token:" TOKEN "0\\n\\nhost\\nabc'\\n\"}",
		"{\"__type\":\"IncompleteSignatureException\",\"message\":\"Authorization header "
		"requires existence of a date. Authorization=AWS4-HMAC-SHA256 Credential=AKEXAMPLE/x, "
		"SignedHeaders=host, Signature=0123\"}"
	};
	PdsHooks	hooks = pds_plain_hooks;
	PdsHttpOptions opt = {.max_attempts = 1};
	PdsHttp    *http;
	PdsRequest	req;
	PdsResponse r;
	PdsError	err;
	Keys		keys = {0};
	int			i;

	hooks.log = on_log;
	http = new_http(&opt, &hooks);
	ss_clear();
	ss_on("GET /p", 0, "", "")->drop = 1;
	ss_on("GET /p", 500, "", "");
	ss_on("GET /p", 403, "", xml_error("AccessDenied"));
	ss_on("GET /p", 206, "Content-Range: bytes 5-6/7\r\n", "ab");
	request(&req, "GET", "/p");
	req.query = "prefix=hidden&X-Amz-Signature=0123";
	req.credentials = give_keys;
	req.credentials_arg = &keys;
	pds_response_init(&r);
	for (i = 0; i < 4; i++)
	{
		char		buf[10];
		char	   *at = buf;

		if (i == 3)
		{
			req.range_first = 0;
			req.range_last = 9;
			req.range_sink = take_range;
			req.range_arg = &at;
		}
		CHECK(!pds_http_perform(http, &req, &r, &err));
		CHECK(!error_leaks(&err));
		CHECK(err.message[0] != '\0' && strchr(err.message, '\n') == NULL);
		pds_response_free(&r);
	}
	for (i = 0; i < 2; i++)
	{
		ss_clear();
		ss_on("POST /", 400, "", json[i]);
		request(&req, "POST", "/");
		req.service = "glue";
		req.xml_errors = false;
		req.credentials = give_keys;
		req.credentials_arg = &keys;
		CHECK(!pds_http_perform(http, &req, &r, &err));
		CHECK_INT(err.kind, PDS_ERR_AUTH);
		CHECK(!error_leaks(&err));
		CHECK(strchr(err.message, '\n') == NULL);
		pds_response_free(&r);
	}
	CHECK_INT(log_lines, 6);
	CHECK_INT(log_leaks, 0);
	pds_http_free(http);
}

static void
test_kinds(void)
{
	static const struct
	{
		int			status;
		bool		xml;
		const char *headers;
		const char *body;		/* a code for XML */
		PdsErrorKind kind;
		const char *code;
	}			cases[] =
	{
		{404, true, "", "NoSuchKey", PDS_ERR_NOT_FOUND, "NoSuchKey"},
		{404, true, "", "NoSuchBucket", PDS_ERR_NOT_FOUND, "NoSuchBucket"},
		{403, true, "", "InvalidObjectState", PDS_ERR_OBJECT_ARCHIVED, "InvalidObjectState"},
		{403, true, "", "InvalidAccessKeyId", PDS_ERR_AUTH, "InvalidAccessKeyId"},
		{403, true, "", "SignatureDoesNotMatch", PDS_ERR_AUTH, "SignatureDoesNotMatch"},
		{301, true, "x-amz-bucket-region: eu-west-1\r\n", "PermanentRedirect",
		PDS_ERR_WRONG_REGION, "PermanentRedirect"},
		{412, true, "", "PreconditionFailed", PDS_ERR_OBJECT_CHANGED, "PreconditionFailed"},
		{400, true, "", "InvalidArgument", PDS_ERR_INVALID_REQUEST, "InvalidArgument"},
		{429, true, "", "Whatever", PDS_ERR_THROTTLED, "Whatever"},
		{501, true, "", "NotImplemented", PDS_ERR_SERVICE, "NotImplemented"},
		{400, false, "", "{\"__type\":\"EntityNotFoundException\",\"Message\":\"Table x\"}",
		PDS_ERR_NOT_FOUND, "EntityNotFoundException"},
		{400, false, "", "{\"__type\":\"com.amazonaws.glue#AccessDeniedException:http://x/\"}",
		PDS_ERR_ACCESS_DENIED, "AccessDeniedException"},
		{400, false, "x-amzn-errortype: ThrottlingException:http://x/\r\n", "{}",
		PDS_ERR_THROTTLED, "ThrottlingException"},
		{400, false, "", "{\"__type\":\"AlreadyExistsException\"}", PDS_ERR_ALREADY_EXISTS,
		"AlreadyExistsException"},
		{400, false, "", "not JSON", PDS_ERR_INVALID_REQUEST, ""},
		{401, false, "", "", PDS_ERR_AUTH, ""},
		{403, false, "", "<html>", PDS_ERR_ACCESS_DENIED, ""},
		{500, false, "", "", PDS_ERR_SERVICE, ""},
	};
	PdsHttpOptions opt = {.max_attempts = 1};
	PdsHttp    *http = new_http(&opt, NULL);
	size_t		i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		PdsRequest	req;
		PdsResponse r;
		PdsError	err;

		ss_clear();
		ss_on("GET /k", cases[i].status, cases[i].headers,
			  cases[i].xml ? xml_error(cases[i].body) : cases[i].body);
		request(&req, "GET", "/k");
		req.xml_errors = cases[i].xml;
		pds_response_init(&r);
		CHECK(!pds_http_perform(http, &req, &r, &err));
		CHECK_INT(err.kind, cases[i].kind);
		CHECK_INT(err.http_status, cases[i].status);
		CHECK_STR(err.aws_code, cases[i].code);
		if (cases[i].xml)
		{
			CHECK_STR(err.request_id, "R1");
			CHECK_STR(err.host_id, "H1");
		}
		if (cases[i].kind == PDS_ERR_WRONG_REGION)
			CHECK_STR(err.detail, "eu-west-1");
		pds_response_free(&r);
	}
	pds_http_free(http);
}

int
main(void)
{
	ss_start();
	test_refresh();
	test_nested();
	test_skew();
	test_no_secrets();
	test_kinds();
	ss_stop();
	return unit_done();
}
