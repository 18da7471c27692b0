/*
 * test_calendar.c
 *	  Times that services tell: read with a range, wherever one is read; a wrong
 *	  clock of theirs makes no request unsignable.
 */
#include "unit.h"

#include "core/auth/credential_sources.h"
#include "core/base/calendar.h"
#include "core/base/clock.h"
#include "core/glue/glue_crawler.h"
#include "core/s3/s3_write.h"
#include "ambient.h"
#include "services.h"

#define ROLE	"arn:aws:iam::123456789012:role/demo"

/* microseconds, or -1 */
static long long
text(const char *t)
{
	int64_t		us = -1;

	return pds_time_of_text(t, &us) ? us : -1;
}

static long long
number(double n)
{
	int64_t		us = -1;

	return pds_time_of_number(n, &us) ? us : -1;
}

static void
test_text(void)
{
	static const char *const none[] = {
		"", "soon", "2024", "2024-01-31", "2024-01-31T10:00", "2024-01-31T24:00:00Z", "2024-02-30T10:00:00Z",
		"2023-02-29T10:00:00Z", "2024-00-10T10:00:00Z", "2024-13-10T10:00:00Z", "2024-01-00T10:00:00Z",
		"2024-01-31T10:60:00Z", "2024-01-31T10:00:61Z", "2024-01-31T10:00:00X", "2024-01-31T10:00:00+19:00",
		"2024-01-31T10:00:00+1", "2147483647-2147483647-2147483647T2147483647:2147483647:2147483647",
		"99999-01-01T00:00:00Z", "-001-01-01T00:00:00Z", "0000-01-01T00:00:00Z", "1969-12-31T23:59:59Z",
		"9999-12-31T23:59:59-00:01", "Wed, 31 Jan", "Wed, 31 Foo 2024 10:00:00 GMT", "Wed, 31 anF 2024 10:00:00 GMT",
		"Wed, 31 Jan 99999 10:00:00 GMT", "Wed, 31 Jan 1969 10:00:00 GMT", "Wed, 31 Jan 2024 10:00:00 PST",
		"Wed, 31 Feb 2024 10:00:00 GMT", "99999999999999999999", ","
	};
	size_t		i;

	CHECK_INT(text("1970-01-01T00:00:00Z"), 0);
	CHECK_INT(text("2024-02-29T12:30:45Z"), 1709209845000000LL);
	CHECK_INT(text("2024-02-29T12:30:45"), 1709209845000000LL);
	CHECK_INT(text("2024-02-29T12:30:45UTC"), 1709209845000000LL);
	CHECK_INT(text("2024-02-29T12:30:45.678Z"), 1709209845678000LL);
	CHECK_INT(text("2024-02-29T12:30:45.123456789Z"), 1709209845123456LL);
	CHECK_INT(text("2024-02-29T14:30:45+02:00"), 1709209845000000LL);
	CHECK_INT(text("2024-02-29T07:00:45-0530"), 1709209845000000LL);
	CHECK_INT(text("9999-12-31T23:59:59.999999Z"), 253402300799999999LL);
	CHECK_INT(text("Thu, 29 Feb 2024 12:30:45 GMT"), 1709209845000000LL);
	CHECK_INT(text("Thu, 29-Feb-2024 12:30:45 +0000"), 1709209845000000LL);
	CHECK_INT(text(NULL), -1);
	for (i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		CHECK_MSG(text(none[i]) == -1, none[i]);
}

static void
test_number(void)
{
	char		out[40];

	CHECK_INT(number(0), 0);
	CHECK_INT(number(1709209845.5), 1709209845500000LL);
	CHECK_INT(number(253402300799.0), 253402300799000000LL);
	CHECK_INT(number(253402300800.0), -1);
	CHECK_INT(number(-1), -1);
	CHECK_INT(number(1e17), -1);
	CHECK_INT(number(1e308 * 10), -1);
	CHECK_INT(number((1e308 * 10) * 0), -1);
	CHECK(pds_utc_text(0, "%Y%m%dT%H%M%SZ", out, 17));
	CHECK_STR(out, "19700101T000000Z");
	CHECK(pds_utc_text((time_t) PDS_TIME_MAX, "%Y", out, sizeof(out)));
	CHECK(!pds_utc_text((time_t) PDS_TIME_MAX + 1, "%Y", out, sizeof(out)));
	CHECK(!pds_utc_text((time_t) INT64_MAX, "%Y", out, sizeof(out)));
	CHECK(!pds_utc_text(-1, "%Y", out, sizeof(out)));
	CHECK(!pds_utc_text(0, "%Y%m%dT%H%M%SZ", out, 16));
}

/* the Date of a reply moves the clock by a week at most; what is signed next is a date of this century */
static void
test_skew(void)
{
	static const struct
	{
		const char *date;
		bool		taken;
	}			cases[] =
	{
		{"Fri, 31 Dec 9999 23:59:59 GMT", false}, {"Thu, 01 Jan 1970 00:00:01 GMT", false},
		{"Fri, 31 Dec 99999 23:59:59 GMT", false}, {"Fri, 31 Dec 2147485547 23:59:59 GMT", false},
		{"-1", false}, {"\377", false}, {NULL, true}
	};
	PdsObjectList list;
	PdsStr		url;
	PdsError	err;
	size_t		i;
	char		header[120];
	char		now[40];

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		PdsHttp    *h = pds_http_new(NULL, NULL, &err);
		PdsAws	   *a;

		ss_clear();
		a = session_with(h, PDS_ADDRESS_AUTO, false);
		/* five days ahead is believed */
		(void) pds_utc_text(time(NULL) + 5 * 86400, "%a, %d %b %Y %H:%M:%S GMT", now, sizeof(now));
		snprintf(header, sizeof(header), "Date: %s\r\n", cases[i].date ? cases[i].date : now);
		ss_on("GET /b", 200, header, "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>")->times = 2;
		memset(&list, 0, sizeof(list));
		CHECK(pds_s3_list(a, "b", "", NULL, NULL, 0, &list, &err));
		CHECK(pds_s3_list(a, "b", "", NULL, NULL, 0, &list, &err));
		CHECK_MSG((pds_http_clock_skew(h) != 0) == cases[i].taken, header);
		CHECK_INT(strlen(ss_request_header(1, "X-Amz-Date")), 16);
		CHECK(strncmp(ss_request_header(1, "X-Amz-Date"), "20", 2) == 0);
		pds_str_init(&url);
		CHECK(pds_s3_presign(a, "GET", "b", "k", 60, &url, &err));
		CHECK(strstr(pds_str_text(&url), "X-Amz-Date=20") != NULL);
		pds_str_free(&url);
		pds_object_list_free(&list);
		pds_aws_free(a);
		pds_http_free(h);
	}
}

/* ---- who else tells times ---- */

static void
test_listing(void)
{
	PdsObjectList list;
	PdsError	err;

	begin();
	memset(&list, 0, sizeof(list));
	ss_on("GET /b", 200, "", "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>k</Key><Size>1</Size>"
		  "<LastModified>2147483647-2147483647-01T00:00:00Z</LastModified><ETag>\"e\"</ETag></Contents></ListBucketResult>");
	CHECK(pds_s3_list(aws, "b", "", NULL, NULL, 0, &list, &err));
	CHECK_INT(list.objects[0].modified_us, 0);
	pds_object_list_free(&list);
}

static bool
one_crawler(void *arg, PdsCrawler *c)
{
	*(double *) arg = c->last_start;
	pds_crawler_free(c);
	return true;
}

static void
test_crawler(void)
{
	static const char *const starts[] = {"1e300", "-1e300", "1e17", "-5"};
	PdsError	err;
	double		start;
	size_t		i;
	char		reply[200];

	for (i = 0; i < 4; i++)
	{
		begin();
		start = -1;
		snprintf(reply, sizeof(reply), "{\"Crawlers\":[{\"Name\":\"c\",\"LastCrawl\":{\"StartTime\":%s}}]}", starts[i]);
		ss_on("POST /", 200, "", reply);
		CHECK(pds_glue_get_crawlers(aws, one_crawler, &start, &err));
		CHECK(start == 0);
	}
}

static void
test_sso(const char *dir)
{
	static const char *const bad[] = {"1e17", "1e300", "-1e17"};
	PdsCredentialConfig ambient = {.allow_ambient = true};
	char		command[900];
	char		reply[300];
	char		path[300];
	size_t		i;
	Got			g;

	forget_environment();
	setenv("HOME", dir, 1);
	setenv("AWS_ENDPOINT_URL_SSO", ss_url, 1);
	setenv("AWS_ENDPOINT_URL_SSO_OIDC", ss_url, 1);
	snprintf(path, sizeof(path), "%s/config", dir);
	setenv("AWS_CONFIG_FILE", path, 1);
	write_file(path, "[default]\nsso_session=u\nsso_account_id=1\nsso_role_name=r\n"
			   "[sso-session u]\nsso_start_url=http://x\nsso_region=eu-west-1\n", 0600);
	for (i = 0; i < 3; i++)
	{
		snprintf(command, sizeof(command), "mkdir -p '%s/.aws/sso/cache' && echo '{\"accessToken\":\"T\","
				 "\"expiresAt\":\"2000-01-01T00:00:00Z\",\"refreshToken\":\"R\",\"clientId\":\"c\",\"clientSecret\":\"s\","
				 "\"registrationExpiresAt\":\"2099-01-01T00:00:00Z\"}' >'%s/.aws/sso/cache/'$(printf u | sha1sum | cut -d' ' -f1).json",
				 dir, dir);
		CHECK(system(command) == 0);
		ss_clear();
		snprintf(reply, sizeof(reply), "{\"accessToken\":\"T2\",\"expiresIn\":%s}", bad[i]);
		ss_on("POST /token", 200, "", reply);
		g = ask_once(http, &ambient);
		CHECK_MSG(!g.ok && strstr(g.err.message, "expiresIn that is no time"), g.err.message);
		ss_clear();
		ss_on("POST /token", 200, "", "{\"accessToken\":\"T2\",\"expiresIn\":3600}");
		snprintf(reply, sizeof(reply), "{\"roleCredentials\":{\"accessKeyId\":\"A\",\"secretAccessKey\":\"S\",\"expiration\":%s}}",
				 i == 2 ? "\"soon\"" : bad[i]);
		/* 1e17 milliseconds are beyond 9999, too */
		ss_on("GET /federation", 200, "", reply);
		g = ask_once(http, &ambient);
		CHECK_MSG(!g.ok && strstr(g.err.message, "expiration that is no time"), g.err.message);
	}
}

static void
test_roles(void)
{
	PdsCredentialConfig role = {.access_key_id = "AK", .secret_access_key = "SK", .role_arn = ROLE,
	.region = "us-east-1", .sts_base_url = ss_url};
	PdsCredentialConfig ambient = {.allow_ambient = true};
	Got			g;

	ss_clear();
	ss_on("POST /", 200, "", "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>A</AccessKeyId>"
		  "<SecretAccessKey>S</SecretAccessKey><SessionToken>T</SessionToken>"
		  "<Expiration>292277026596-12-04T15:30:07Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>");
	g = ask_once(http, &role);
	CHECK_MSG(!g.ok && strstr(g.err.message, "Expiration that is no time"), g.err.message);
	forget_environment();
	setenv("AWS_ACCESS_KEY_ID", "AK", 1);
	setenv("AWS_SECRET_ACCESS_KEY", "SK", 1);
	setenv("AWS_CREDENTIAL_EXPIRATION", "whenever", 1);
	g = ask_once(http, &ambient);
	CHECK_MSG(!g.ok && strstr(g.err.message, "AWS_CREDENTIAL_EXPIRATION"), g.err.message);
	forget_environment();
}

int
main(void)
{
	const char *tmp = getenv("TMPDIR");
	char		dir[200];
	char		command[400];

	snprintf(dir, sizeof(dir), "%.100s/pds_calendar.XXXXXX", tmp && *tmp ? tmp : "/tmp");
	if (mkdtemp(dir) == NULL)
		return 2;
	test_text();
	test_number();
	services_start();
	test_skew();
	test_listing();
	test_crawler();
	test_roles();
	test_sso(dir);
	services_stop();
	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	if (system(command) != 0)
		return 2;
	return unit_done();
}
