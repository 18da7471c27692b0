/*
 * test_network.c
 *	  The way to the network and what is refused there: proxies, files of
 *	  certificates, clocks and keys that a reply to HEAD does not name, many requests
 *	  whose keys expire at once.
 */
#include "unit.h"

#include <time.h>

#include "core/net/http.h"
#include "ambient.h"
#include "script_server.h"

#define PASSWORD	"pa55word"

/* one GET with a client of its own */
typedef struct Reply
{
	bool		ok;
	char		body[200];
	PdsError	err;
} Reply;

static Reply
get(const char *base_url, bool no_proxy, const char *ca_bundle)
{
	PdsHttpOptions opt = {.max_attempts = 1, .ca_bundle = ca_bundle};
	PdsRequest	req;
	PdsResponse r;
	PdsHttp    *http;
	Reply		g;

	memset(&g, 0, sizeof(g));
	http = pds_http_new(&opt, NULL, &g.err);
	pds_request_init(&req);
	req.method = "GET";
	req.base_url = base_url;
	req.path = "/k";
	req.operation = "GetThing";
	req.resource = "s3://bucket/thing";
	req.service = "s3";
	req.no_proxy = no_proxy;
	pds_response_init(&r);
	g.ok = http && pds_http_perform(http, &req, &r, &g.err);
	snprintf(g.body, sizeof(g.body), "%s", pds_str_text(&r.body));
	pds_response_free(&r);
	pds_http_free(http);
	return g;
}

static bool
leaks(const PdsError *e)
{
	return strstr(e->message, PASSWORD) || strstr(e->detail, PASSWORD) || strstr(e->hint, PASSWORD);
}

static void
test_proxies(void)
{
	char		with_password[100];
	char		closed[100];
	Reply		g;

	forget_environment();

	/*
	 * plain http: the proxy gets the whole URL; its name is in either case,
	 * the small one first
	 */
	ss_clear();
	ss_on("GET http://s3.example.test/k", 200, "", "by proxy")->times = SS_ALWAYS;
	setenv("HTTP_PROXY", ss_url, 1);
	CHECK_STR(get("http://s3.example.test", false, NULL).body, "by proxy");
	CHECK_STR(ss_request_header(0, "Host"), "s3.example.test");
	snprintf(closed, sizeof(closed), "http://user:" PASSWORD "@127.0.0.1:%d", ss_closed_port());
	setenv("HTTP_PROXY", closed, 1);
	setenv("http_proxy", ss_url, 1);
	CHECK_STR(get("http://s3.example.test", false, NULL).body, "by proxy");
	/* a proxy that is not there, and whose password is nobody's business */
	unsetenv("http_proxy");
	g = get("http://s3.example.test", false, NULL);
	CHECK(!g.ok && strstr(g.err.message, "could not connect to the proxy http://127.0.0.1:"));
	CHECK(strstr(g.err.hint, "NO_PROXY") != NULL && !leaks(&g.err));
	setenv("HTTP_PROXY", "http://u:" PASSWORD "@no-such-proxy.invalid:3128", 1);
	g = get("http://s3.example.test", false, NULL);
	CHECK(!g.ok && strstr(g.err.message, "proxy http://no-such-proxy.invalid:3128") && !leaks(&g.err));
	unsetenv("HTTP_PROXY");

	/*
	 * ALL_PROXY where there is no other; NO_PROXY as curl has it; near
	 * addresses never
	 */
	setenv("ALL_PROXY", ss_url, 1);
	CHECK_STR(get("http://s3.example.test", false, NULL).body, "by proxy");
	setenv("NO_PROXY", "other.test,.example.test", 1);
	g = get("http://s3.example.test", false, NULL);
	CHECK(!g.ok && strstr(g.err.message, "resolve") != NULL);
	/* ... and its failure is not the proxy's (which is at 127.0.0.1) */
	setenv("NO_PROXY", "0.0.0.0", 1);
	snprintf(closed, sizeof(closed), "http://0.0.0.0:%d", ss_closed_port());
	g = get(closed, false, NULL);
	CHECK(!g.ok && strstr(g.err.message, "could not connect to http://0.0.0.0:") != NULL);
	unsetenv("NO_PROXY");
	ss_on("GET /k", 200, "", "direct")->times = SS_ALWAYS;
	CHECK_STR(get(ss_url, false, NULL).body, "direct");
	snprintf(closed, sizeof(closed), "http://localhost:%d", ss_port);
	CHECK_STR(get(closed, false, NULL).body, "direct");
	/* not a near address, though it begins like one */
	ss_on("GET http://127.0.0.1.example.test/k", 200, "", "far");
	CHECK_STR(get("http://127.0.0.1.example.test", false, NULL).body, "far");
	g = get("http://s3.example.test", true, NULL);
	CHECK(!g.ok && strstr(g.err.message, "resolve") != NULL);
	unsetenv("ALL_PROXY");

	/* a user name and a password are sent; wrong ones explained */
	snprintf(with_password, sizeof(with_password), "http://me:" PASSWORD "@127.0.0.1:%d", ss_port);
	setenv("HTTP_PROXY", with_password, 1);
	setenv("HTTPS_PROXY", with_password, 1);
	ss_clear();
	ss_on("GET http://s3.example.test/k", 407, "Proxy-Authenticate: Basic realm=\"x\"\r\n", "");
	g = get("http://s3.example.test", false, NULL);
	CHECK(strncmp(ss_request_header(0, "Proxy-Authorization"), "Basic bWU6", 10) == 0);
	CHECK(!g.ok && g.err.kind == PDS_ERR_AUTH);
	CHECK(strstr(g.err.message, "the proxy http://127.0.0.1:") && strstr(g.err.hint, "HTTPS_PROXY"));
	CHECK(!leaks(&g.err));
	/* https: by CONNECT, whose answers are the proxy's and not the service's */
	ss_clear();
	ss_on("CONNECT s3.example.test:443", 407, "Proxy-Authenticate: Basic realm=\"x\"\r\n", "");
	g = get("https://s3.example.test", false, NULL);
	CHECK(!g.ok && g.err.kind == PDS_ERR_AUTH && strstr(g.err.message, "asks for another user name"));
	CHECK(!leaks(&g.err));
	ss_clear();
	ss_on("CONNECT s3.example.test:443", 403, "", "");
	g = get("https://s3.example.test", false, NULL);
	CHECK(!g.ok && strstr(g.err.message, "refuses to connect: HTTP status 403") && !leaks(&g.err));
	forget_environment();
}

static void
test_bundle(void)
{
	char		url[60];
	Reply		g;

	snprintf(url, sizeof(url), "https://127.0.0.1:%d", ss_port);
	g = get(url, false, "/no/such/bundle.pem");
	CHECK_INT(g.err.kind, PDS_ERR_TLS);
	CHECK(strstr(g.err.message, "/no/such/bundle.pem") != NULL);
	CHECK(strstr(g.err.hint, "ca_bundle") != NULL);
}

/* ---- keys ---- */

typedef struct Keys
{
	PdsHttp    *http;
	int			generation;		/* of the keys in hand */
	int			fetches;
	int			depth;
	int			max_depth;
	int			stay;			/* the fresh ones are the old ones */
	char		key[20];
} Keys;

/* fetches its keys with the client itself, as roles do */
static bool
give_keys(void *arg, bool refresh, PdsCredentialView *out, PdsError *err)
{
	Keys	   *k = arg;
	PdsRequest	req;
	PdsResponse r;
	bool		ok = true;

	if (++k->depth > k->max_depth)
		k->max_depth = k->depth;
	if (refresh || k->generation == 0)
	{
		k->fetches++;
		pds_request_init(&req);
		req.method = "GET";
		req.base_url = ss_url;
		req.path = "/keys";
		pds_response_init(&r);
		ok = pds_http_perform(k->http, &req, &r, err);
		pds_response_free(&r);
		if (!k->stay || k->generation == 0)
			k->generation++;
	}
	k->depth--;
	snprintf(k->key, sizeof(k->key), "AK%d", k->generation);
	out->access_key = k->key;
	out->secret_key = "S";
	out->session_token = "T";
	return ok;
}

/* many requests are refused with the same keys: fresh ones are fetched once, and nobody asks for
 * them while they are being fetched */
static void
test_expired_together(void)
{
	PdsError	err;
	PdsHttp    *http = pds_http_new(NULL, NULL, &err);
	Keys		keys = {.http = http};
	PdsRequest	req;
	PdsTransfer *t[8];
	int			done = 0;
	int			i;
	bool		ok = true;

	ss_clear();
	ss_on("GET /keys", 200, "", "k");
	ss_on("GET /keys", 200, "", "k")->delay_ms = 150;
	ss_on("GET /x", 400, "", "<Error><Code>ExpiredToken</Code></Error>")->times = 6;
	ss_on("GET /x", 503, "", "<Error><Code>SlowDown</Code></Error>")->times = 2;
	ss_on("GET /x", 200, "", "ok")->times = SS_ALWAYS;
	pds_request_init(&req);
	req.method = "GET";
	req.base_url = ss_url;
	req.path = "/x";
	req.service = "s3";
	req.region = "us-east-1";
	req.xml_errors = true;
	req.credentials = give_keys;
	req.credentials_arg = &keys;
	for (i = 0; i < 8; i++)
		t[i] = pds_http_start(http, &req, &err);
	while (ok && done < 8)
	{
		ok = pds_http_wait(http, 2000, PDS_WAIT_HTTP, &err);
		for (done = i = 0; i < 8; i++)
			done += pds_transfer_done(t[i]);
	}
	for (i = 0; i < 8; i++)
	{
		PdsResponse r;

		pds_response_init(&r);
		CHECK(pds_transfer_result(t[i], &r, &err));
		pds_response_free(&r);
		pds_transfer_free(t[i]);
	}
	CHECK_INT(keys.fetches, 2);
	CHECK_INT(keys.max_depth, 1);
	pds_http_free(http);
}

/* a reply to HEAD has no body to say that keys have expired, or that a clock is wrong */
static void
test_head(void)
{
	PdsError	err;
	PdsHttp    *http = pds_http_new(NULL, NULL, &err);
	Keys		keys = {.http = http};
	PdsRequest	req;
	PdsResponse r;

	ss_clear();
	ss_on("GET /keys", 200, "", "k")->times = SS_ALWAYS;
	ss_on("HEAD /x", 400, "", "");
	ss_on("HEAD /x", 200, "", "");
	pds_request_init(&req);
	req.method = "HEAD";
	req.base_url = ss_url;
	req.path = "/x";
	req.service = "s3";
	req.region = "us-east-1";
	req.xml_errors = true;
	req.credentials = give_keys;
	req.credentials_arg = &keys;
	pds_response_init(&r);
	CHECK(pds_http_perform(http, &req, &r, &err));
	CHECK_INT(keys.fetches, 2);
	CHECK(strstr(ss_request_header(3, "Authorization"), "Credential=AK2/") != NULL);
	pds_response_free(&r);
	/* once */
	ss_on("HEAD /x", 400, "", "")->times = 2;
	CHECK(!pds_http_perform(http, &req, &r, &err));
	CHECK_INT(err.kind, PDS_ERR_INVALID_REQUEST);
	CHECK_INT(keys.fetches, 3);
	pds_response_free(&r);
	/* not at all where there are no other keys */
	ss_clear();
	ss_on("GET /keys", 200, "", "k")->times = SS_ALWAYS;
	ss_on("HEAD /x", 400, "", "")->times = SS_ALWAYS;
	keys.stay = 1;
	CHECK(!pds_http_perform(http, &req, &r, &err));
	CHECK_INT(err.kind, PDS_ERR_INVALID_REQUEST);
	CHECK_INT(ss->requests, 2);
	pds_response_free(&r);
	keys.stay = 0;

	/*
	 * a bare 403 with a clock far from ours: again with the right time; else
	 * it is what it says
	 */
	ss_clear();
	ss_on("HEAD /x", 403, http_date(time(NULL) + 900), "");
	ss_on("HEAD /x", 200, http_date(time(NULL) + 900), "");
	ss_on("HEAD /x", 403, http_date(time(NULL) + 900), "");
	CHECK(pds_http_perform(http, &req, &r, &err));
	CHECK_INT(ss->requests, 2);
	pds_response_free(&r);
	CHECK(!pds_http_perform(http, &req, &r, &err));
	CHECK_INT(err.kind, PDS_ERR_ACCESS_DENIED);
	CHECK_INT(ss->requests, 3);
	pds_response_free(&r);
	pds_http_free(http);
}

int
main(void)
{
	ss_start();
	test_proxies();
	test_bundle();
	test_expired_together();
	test_head();
	ss_stop();
	return unit_done();
}
