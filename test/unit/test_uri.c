/*
 * test_uri.c
 *	  The one parser of URIs, and those who ask it: what is shown, what is sent
 *	  as Host, S3 locations.
 */
#include "unit.h"

#include "core/aws/aws.h"
#include "core/base/uri.h"
#include "core/net/http.h"

/* "scheme|userinfo|host|port|rest" */
static const char *
taken_apart(const char *text)
{
	static char buf[400];
	PdsUri		u;

	pds_uri_parse(text, &u);
	snprintf(buf, sizeof(buf), "%.*s|%.*s|%.*s|%.*s|%s", (int) u.scheme.n, u.scheme.s,
			 (int) u.userinfo.n, u.userinfo.s, (int) u.host.n, u.host.s, (int) u.port.n, u.port.s,
			 u.rest);
	return buf;
}

static void
test_parts(void)
{
	static const char *const cases[][2] = {
		{"http://h", "http||h||"},
		{"https://h:8443/a/b?c=d#e", "https||h|8443|/a/b?c=d#e"},
		{"http://h?q", "http||h||?q"},
		{"http://h#f/g", "http||h||#f/g"},
		{"http://h:", "http||h||"},
		{"http://h:/p", "http||h||/p"},
		{"http://:80", "http|||80|"},
		{"http://", "http||||"},
		{"http:///p", "http||||/p"},
		{"", "||||"},
		/* userinfo: a password may hold : and @ */
		{"http://u@h", "http|u|h||"},
		{"http://u:p@h:1/x", "http|u:p|h|1|/x"},
		{"http://u:p@q:r@h:1", "http|u:p@q:r|h|1|"},
		{"http://u:%40%2F@h", "http|u:%40%2F|h||"},
		{"http://@h", "http||h||"},
		/* ... but an @ behind the authority is none of it */
		{"http://h/a@b", "http||h||/a@b"},
		{"http://h?u@g", "http||h||?u@g"},
		/* addresses */
		{"http://[::1]", "http||[::1]||"},
		{"http://[fd00:ec2::254]:80/latest", "http||[fd00:ec2::254]|80|/latest"},
		{"http://u:p@[fe80::1%25eth0]:8", "http|u:p|[fe80::1%25eth0]|8|"},
		{"http://[::1]:", "http||[::1]||"},
		/* a bracket that does not end is none */
		{"http://[::1", "http||[|:1|"},
		/* percent signs stay */
		{"s3://b/a%2Fb%", "s3||b||/a%2Fb%"},
		{"http://a%2eb/", "http||a%2eb||/"},
		/* without a scheme */
		{"proxy:3128", "||proxy|3128|"},
		{"u:p@proxy:3128", "|u:p|proxy|3128|"},
		{"/x/http://y", "||||/x/http://y"},
		{"://h", "||||//h"},
		{"3a://h", "||3a||//h"},
		{"svn+ssh://h", "svn+ssh||h||"},
	};
	size_t		i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CHECK_STR(taken_apart(cases[i][0]), cases[i][1]);
}

static void
test_origins(void)
{
	static const char *const good[] = {
		"http://h", "HTTPS://H.example", "http://127.0.0.1:9000", "http://[::1]:1", "http://h:65535",
		"http://h:", "http://a_b-c.d/"
	};
	static const char *const bad[] = {
		"h", "ftp://h", "http://", "http://:80", "http://h:0", "http://h:65536", "http://h:8o",
		"http://h:99999999999999999999", "http://u@h", "http://@h", "http://h h", "http://h\r\n", "http://[::1",
		"http://[]", "http://::1", "http://h%2e", "http://h:80:80", "http://[::1]x"
	};
	size_t		i;
	PdsUri		u;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
	{
		pds_uri_parse(good[i], &u);
		CHECK_MSG(pds_uri_is_http_origin(&u), good[i]);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
	{
		pds_uri_parse(bad[i], &u);
		CHECK_MSG(!pds_uri_is_http_origin(&u), "not an origin");
		if (pds_uri_is_http_origin(&u))
			printf("# %s\n", bad[i]);
	}
	pds_uri_parse("HtTp://LocalHost:1", &u);
	CHECK(pds_uri_scheme_is(&u, "http") && !pds_uri_scheme_is(&u, "https"));
	CHECK(pds_uri_host_is(&u, "localhost") && !pds_uri_host_is(&u, "local"));
	CHECK(!pds_uri_host_is(&u, "localhost.x"));
	CHECK(pds_uri_has_scheme("s3://b") && !pds_uri_has_scheme("b/s3://c") && !pds_uri_has_scheme("s3:/b"));
}

static void
test_shown(void)
{
	static const char *const cases[][2] = {
		{"http://user:pass@proxy:3128/x?y", "http://proxy:3128"},
		{"http://user:p@ss@proxy:3128", "http://proxy:3128"},
		{"user:pass@proxy", "proxy"},
		{"https://[::1]:8/secret", "https://[::1]:8"},
		{"http://h/u:p@x", "http://h"},
		{"http://h", "http://h"},
	};
	char		out[300];
	size_t		i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		pds_uri_shown(cases[i][0], out, sizeof(out));
		CHECK_STR(out, cases[i][1]);
	}
	pds_uri_shown("http://u:p@a.long.host", out, 12);
	CHECK_STR(out, "http://a.lo");
	pds_uri_shown("http://u:p@a.long.host", out, 4);
	CHECK_STR(out, "htt");
}

/* Host as it is sent and signed: as curl writes it */
static void
test_host_header(void)
{
	static const char *const cases[][2] = {
		{"https://S3.example", "s3.example"},
		{"https://h:443", "h"},
		{"https://h:80", "h:80"},
		{"HTTPS://h:443", "h"},
		{"http://h:80", "h"},
		{"http://h:443", "h:443"},
		{"http://h:8080", "h:8080"},
		{"http://h:180", "h:180"},
		{"http://h:", "h"},
		{"http://[::1]:80", "[::1]"},
		{"http://[::80]", "[::80]"},
		{"http://[::1]:81/", "[::1]:81"},
		{"http://u:p@h:81", "h:81"},
	};
	char		out[300];
	size_t		i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		pds_http_host(cases[i][0], out, sizeof(out));
		CHECK_STR(out, cases[i][1]);
	}
}

/* "bucket|key", or NULL */
static const char *
location(const char *uri)
{
	static char buf[300];
	char	   *bucket;
	char	   *key;
	PdsError	err;

	pds_error_clear(&err);
	if (!pds_s3_parse_uri(uri, &bucket, &key, &err))
		return err.kind == PDS_ERR_CONFIG && !bucket && !key ? NULL : "another error";
	snprintf(buf, sizeof(buf), "%s|%s", bucket, key);
	free(bucket);
	free(key);
	return buf;
}

static void
test_s3_locations(void)
{
	CHECK_STR(location("s3://b/a/b c"), "b|a/b c");
	CHECK_STR(location("s3a://b"), "b|");
	CHECK_STR(location("s3n://b/"), "b|");
	CHECK_STR(location("S3://b/k"), "b|k");
	/* keys are taken as they are */
	CHECK_STR(location("s3://b/k?x#y%2F@z"), "b|k?x#y%2F@z");
	CHECK_STR(location("s3://b//k"), "b|/k");
	CHECK_STR(location("s3://b/s3://c"), "b|s3://c");
	CHECK_STR(location("s3://arn:aws:s3:us-west-2:1:accesspoint/ap/k/l"),
			  "arn:aws:s3:us-west-2:1:accesspoint/ap|k/l");
	CHECK_STR(location("s3://arn:aws:s3:us-west-2:1:accesspoint/ap"),
			  "arn:aws:s3:us-west-2:1:accesspoint/ap|");
	CHECK_STR(location("s3://arn:aws:s3:us-west-2:1:accesspoint:ap/k"),
			  "arn:aws:s3:us-west-2:1:accesspoint:ap|k");
	CHECK_STR(location("https://b/k"), NULL);
	CHECK_STR(location("s3:///k"), NULL);
	CHECK_STR(location("s3://"), NULL);
	CHECK_STR(location("s3://b?x/k"), NULL);
	CHECK_STR(location("s3:/b/k"), NULL);
	CHECK_STR(location("b/k"), NULL);
	CHECK_STR(location("x/s3://b"), NULL);
}

int
main(void)
{
	test_parts();
	test_origins();
	test_shown();
	test_host_header();
	test_s3_locations();
	return unit_done();
}
