/*
 * test_endpoints.c
 *	  Where services are found: partitions, environment and profile, access
 *	  points, the global STS, the instance's region.
 */
#include "unit.h"

#include <unistd.h>

#include "core/aws/aws.h"
#include "core/net/endpoints.h"
#include "core/net/http_internal.h"
#include "ambient.h"
#include "script_server.h"

static PdsHttp *http;
static char config_file[220];

static void
config(const char *text)
{
	write_file(config_file, text, 0600);
}

static void
reset_environment(void)
{
	forget_environment();
	setenv("AWS_CONFIG_FILE", config_file, 1);
	setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere", 1);
	setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", ss_url, 1);
	config("");
	ss_clear();
}

/* base URL of a service in a session of this configuration; the error's message when there is none */
static const char *
base_url(const PdsAwsConfig *c, PdsService service)
{
	static char text[1100];
	PdsError	err;
	PdsStr		url;
	PdsAws	   *aws = pds_aws_new(http, c, &err);

	pds_str_init(&url);
	if (aws && pds_aws_base_url(aws, service, &url, &err))
		snprintf(text, sizeof(text), "%s", pds_str_text(&url));
	else
		snprintf(text, sizeof(text), "%s", err.message);
	pds_str_free(&url);
	pds_aws_free(aws);
	return text;
}

/* URL of s3://bucket/k, or the error's message */
static const char *
object_url(const PdsAwsConfig *c, const char *bucket, PdsErrorKind *kind)
{
	static char text[1100];
	PdsError	err;
	PdsStr		base;
	PdsStr		path;
	PdsAws	   *aws = pds_aws_new(http, c, &err);

	pds_str_init(&base);
	pds_str_init(&path);
	if (aws && pds_aws_s3_url(aws, bucket, "k", &base, &path, &err))
		snprintf(text, sizeof(text), "%s%s", pds_str_text(&base), pds_str_text(&path));
	else
		snprintf(text, sizeof(text), "%s", err.message);
	if (kind)
		*kind = err.kind;
	pds_str_free(&base);
	pds_str_free(&path);
	pds_aws_free(aws);
	return text;
}

/* every partition of doc/dev/aws.md §1.4, each of the four kinds of host */
static void
test_partitions(void)
{
	static const struct
	{
		const char *region;
		const char *partition;
		const char *suffix;
		const char *dual;
	}			cases[] =
	{
		{"us-east-1", "aws", "amazonaws.com", "api.aws"},
		{"mx-central-1", "aws", "amazonaws.com", "api.aws"},
		{"cn-northwest-1", "aws-cn", "amazonaws.com.cn", "api.amazonwebservices.com.cn"},
		{"us-gov-east-1", "aws-us-gov", "amazonaws.com", "api.aws"},
		{"eusc-de-east-1", "aws-eusc", "amazonaws.eu", "api.amazonwebservices.eu"},
		{"us-iso-west-1", "aws-iso", "c2s.ic.gov", "api.aws.ic.gov"},
		{"us-isob-east-1", "aws-iso-b", "sc2s.sgov.gov", "api.aws.scloud"},
		{"eu-isoe-west-1", "aws-iso-e", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"},
		{"us-isof-south-1", "aws-iso-f", "csp.hci.ic.gov", "api.aws.hci.ic.gov"},
	};
	size_t		i;
	int			k;

	reset_environment();
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (k = 0; k < 4; k++)
		{
			PdsAwsConfig c = {
				.region = cases[i].region,
				.use_fips = k & 1 ? PDS_ON : PDS_OFF,
				.use_dualstack = k & 2 ? PDS_ON : PDS_OFF,
			};
			const char *fips = k & 1 ? "-fips" : "";
			char		want[300];
			char		arn[200];

			snprintf(want, sizeof(want), "https://glue%s.%s.%s", fips, cases[i].region,
					 k & 2 ? cases[i].dual : cases[i].suffix);
			CHECK_STR(base_url(&c, PDS_GLUE), want);
			snprintf(want, sizeof(want), "https://s3%s%s.%s.%s", fips, k & 2 ? ".dualstack" : "",
					 cases[i].region, cases[i].suffix);
			CHECK_STR(base_url(&c, PDS_S3), want);
			snprintf(want, sizeof(want), "https://bucket.s3%s%s.%s.%s/k", fips,
					 k & 2 ? ".dualstack" : "", cases[i].region, cases[i].suffix);
			CHECK_STR(object_url(&c, "bucket", NULL), want);
			snprintf(arn, sizeof(arn), "arn:%s:s3:%s:123456789012:accesspoint/ap", cases[i].partition,
					 cases[i].region);
			snprintf(want, sizeof(want), "https://ap-123456789012.s3-accesspoint%s%s.%s.%s/k", fips,
					 k & 2 ? ".dualstack" : "", cases[i].region, cases[i].suffix);
			CHECK_STR(object_url(&c, arn, NULL), want);
			if (strcmp(cases[i].partition, "aws-us-gov") == 0)
				fips = "";
			snprintf(want, sizeof(want), "https://sts%s.%s.%s", fips, cases[i].region,
					 k & 2 ? cases[i].dual : cases[i].suffix);
			CHECK_STR(base_url(&c, PDS_STS), want);
		}
}

/* the order of doc/dev/aws.md §1.5, one step after the other taken away */
static void
test_endpoint_order(void)
{
	PdsAwsConfig c = {.region = "us-east-1", .credentials = {.allow_ambient = true}};
	PdsAwsConfig foreign = {.region = "us-east-1"};

	reset_environment();
	config("[default]\nservices = mine\nendpoint_url = http://127.0.0.1:4\n"
		   "[services mine]\ns3 =\n  endpoint_url = http://127.0.0.1:3/\n");
	setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1", 1);
	setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:2", 1);
	c.endpoint[PDS_S3] = "http://127.0.0.1:9";
	CHECK_STR(base_url(&c, PDS_S3), "http://127.0.0.1:9");
	c.endpoint[PDS_S3] = NULL;
	CHECK_STR(base_url(&c, PDS_S3), "http://127.0.0.1:1");
	CHECK_STR(base_url(&c, PDS_GLUE), "http://127.0.0.1:2");
	unsetenv("AWS_ENDPOINT_URL_S3");
	/* the variable for all services comes before the profile's for one */
	CHECK_STR(base_url(&c, PDS_S3), "http://127.0.0.1:2");
	unsetenv("AWS_ENDPOINT_URL");
	CHECK_STR(base_url(&c, PDS_S3), "http://127.0.0.1:3");
	CHECK_STR(base_url(&c, PDS_GLUE), "http://127.0.0.1:4");
	/* not those of the server process where its credentials may not be used */
	CHECK_STR(base_url(&foreign, PDS_S3), "https://s3.us-east-1.amazonaws.com");
	/* switched off, by either */
	setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true", 1);
	CHECK_STR(base_url(&c, PDS_S3), "https://s3.us-east-1.amazonaws.com");
	unsetenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS");
	config("[default]\nendpoint_url = http://127.0.0.1:4\nignore_configured_endpoint_urls = true\n");
	setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:2", 1);
	CHECK_STR(base_url(&c, PDS_S3), "https://s3.us-east-1.amazonaws.com");
	/* what the caller gives is not "configured" */
	c.endpoint[PDS_S3] = "http://127.0.0.1:9";
	CHECK_STR(base_url(&c, PDS_S3), "http://127.0.0.1:9");
}

static void
test_switches(void)
{
	PdsAwsConfig c = {.region = "us-east-1", .credentials = {.allow_ambient = true}};

	reset_environment();
	setenv("AWS_USE_FIPS_ENDPOINT", "true", 1);
	CHECK_STR(base_url(&c, PDS_GLUE), "https://glue-fips.us-east-1.amazonaws.com");
	c.use_fips = PDS_OFF;
	CHECK_STR(base_url(&c, PDS_GLUE), "https://glue.us-east-1.amazonaws.com");
	c.use_fips = PDS_UNSET;
	c.credentials.allow_ambient = false;
	CHECK_STR(base_url(&c, PDS_GLUE), "https://glue.us-east-1.amazonaws.com");
	c.credentials.allow_ambient = true;
	/* not together with an endpoint */
	setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1", 1);
	CHECK(strstr(base_url(&c, PDS_S3), "do not go together") != NULL);
	CHECK_STR(base_url(&c, PDS_GLUE), "https://glue-fips.us-east-1.amazonaws.com");
	reset_environment();
	setenv("AWS_USE_DUALSTACK_ENDPOINT", "true", 1);
	CHECK_STR(base_url(&c, PDS_ATHENA), "https://athena.us-east-1.api.aws");
	reset_environment();
	config("[default]\nuse_fips_endpoint = TRUE\ns3 =\n  use_dualstack_endpoint = true\n  addressing_style = path\n");
	CHECK_STR(base_url(&c, PDS_ATHENA), "https://athena-fips.us-east-1.amazonaws.com");
	CHECK_STR(object_url(&c, "bucket", NULL),
			  "https://s3-fips.dualstack.us-east-1.amazonaws.com/bucket/k");
	c.addressing = PDS_ADDRESS_VIRTUAL;
	CHECK_STR(object_url(&c, "bucket", NULL),
			  "https://bucket.s3-fips.dualstack.us-east-1.amazonaws.com/k");
}

static void
test_region(void)
{
	PdsAwsConfig c = {.credentials = {.allow_ambient = true}};
	PdsError	err;

	reset_environment();
	CHECK(strstr(base_url(&c, PDS_GLUE), "no region") != NULL);
	CHECK_INT(ss->requests, 0);
	/* the instance is asked when that is wanted, and nothing else tells */
	c.instance_region = true;
	ss_on("PUT /latest/api/token", 200, "", "T")->times = SS_ALWAYS;
	ss_on("GET /latest/meta-data/placement/region", 200, "", "ap-east-1\n")->times = 1;
	CHECK_STR(base_url(&c, PDS_GLUE), "https://glue.ap-east-1.amazonaws.com");
	CHECK_STR(ss_request_header(1, "x-aws-ec2-metadata-token"), "T");
	ss_on("GET /latest/meta-data/placement/region", 200, "", "x.evil.example/");
	CHECK(pds_aws_new(http, &c, &err) == NULL);
	CHECK_INT(err.kind, PDS_ERR_CONFIG);
	ss_on("GET /latest/meta-data/placement/region", 404, "", "");
	CHECK(pds_aws_new(http, &c, &err) == NULL);
	CHECK_INT(err.advice, PDS_ADVICE_INSTANCE_REGION);
	ss_clear();
	config("[default]\nregion = eu-north-1\n");
	CHECK_STR(base_url(&c, PDS_GLUE), "https://glue.eu-north-1.amazonaws.com");
	/* not for who may not use what the instance has */
	config("");
	c.credentials.allow_ambient = false;
	CHECK(strstr(base_url(&c, PDS_GLUE), "no region") != NULL);
	CHECK_INT(ss->requests, 0);
}

/* where a role is assumed, and the region its request is signed for */
static void
sts_request(const PdsAwsConfig *c, char *host, size_t cap, char *region, size_t rcap)
{
	PdsError	err;
	PdsAws	   *aws;
	PdsCredentialView v;

	/* a proxy sees it: the host itself is not there */
	ss_clear();
	ss_on("", 403, "", "");
	aws = pds_aws_new(http, c, &err);
	host[0] = region[0] = '\0';
	if (aws && !pds_credentials_get(pds_aws_credentials(aws), false, &v, &err))
	{
		char		auth[2000];
		char	   *p;

		snprintf(host, cap, "%s", ss_request_header(0, "Host"));
		snprintf(auth, sizeof(auth), "%s", ss_request_header(0, "Authorization"));
		p = strstr(auth, "/sts/");
		if (p)
		{
			*p = '\0';
			snprintf(region, rcap, "%s", strrchr(auth, '/') + 1);
		}
	}
	pds_aws_free(aws);
}

static void
test_sts(void)
{
	PdsAwsConfig c = {
		.region = "eu-west-1",
		.endpoint = {[PDS_STS] = "http://sts.example.test"},
		.credentials = {.allow_ambient = false, .access_key_id = "AK", .secret_access_key = "S", .role_arn = "arn:aws:iam::1:role/r"},
	};
	PdsHttp    *before = http;
	PdsError	err;
	char		host[200];
	char		region[100];

	reset_environment();
	setenv("http_proxy", ss_url, 1);
	http = pds_http_new(NULL, NULL, &err);
	sts_request(&c, host, sizeof(host), region, sizeof(region));
	CHECK_STR(host, "sts.example.test");
	CHECK_STR(region, "eu-west-1");
	pds_http_free(http);
	/* AWS's own are https: CONNECT tells the host */
	unsetenv("http_proxy");
	setenv("https_proxy", ss_url, 1);
	http = pds_http_new(NULL, NULL, &err);
	c.endpoint[PDS_STS] = NULL;
	c.credentials.allow_ambient = true;
	sts_request(&c, host, sizeof(host), region, sizeof(region));
	CHECK(ss_request_is(0, "CONNECT sts.eu-west-1.amazonaws.com:443 "));
	setenv("AWS_STS_REGIONAL_ENDPOINTS", "legacy", 1);
	sts_request(&c, host, sizeof(host), region, sizeof(region));
	CHECK(ss_request_is(0, "CONNECT sts.amazonaws.com:443 "));
	/* regions that came later have no part in it */
	c.region = "ap-east-1";
	sts_request(&c, host, sizeof(host), region, sizeof(region));
	CHECK(ss_request_is(0, "CONNECT sts.ap-east-1.amazonaws.com:443 "));
	c.region = "us-gov-west-1";
	c.use_fips = PDS_ON;
	sts_request(&c, host, sizeof(host), region, sizeof(region));
	CHECK(ss_request_is(0, "CONNECT sts.us-gov-west-1.amazonaws.com:443 "));
	c.region = "cn-north-1";
	c.use_fips = PDS_OFF;
	sts_request(&c, host, sizeof(host), region, sizeof(region));
	CHECK(ss_request_is(0, "CONNECT sts.cn-north-1.amazonaws.com.cn:443 "));
	unsetenv("https_proxy");
	pds_http_free(http);
	http = before;
}

static void
test_buckets(void)
{
	static const char *const refused[][2] = {
		{"base--use1-az4--x-s3", "directory buckets"},
		{"ap--use1-az4--xa-s3", "directory buckets"},
		{"mfzwi23gnjvgw.mrap", "multi-region access points"},
		{"arn:aws:s3::123456789012:accesspoint/mfzwi23gnjvgw.mrap", "multi-region access points"},
		{"arn:aws:s3::123456789012:accesspoint:mfzwi23gnjvgw.mrap", "multi-region access points"},
		{"my-olap-x--ol-s3", "Object Lambda access points"},
		{"arn:aws:s3-object-lambda:us-east-1:123456789012:accesspoint/x", "Object Lambda access points"},
		{"arn:aws:s3-outposts:us-east-1:123456789012:outpost/op-1/accesspoint/x", "buckets on Outposts"},
	};
	PdsAwsConfig c = {.region = "us-east-1", .credentials = {.allow_ambient = true}};
	const char *arn = "arn:aws:s3:us-west-2:123456789012:accesspoint/ap";
	PdsErrorKind kind;
	char		region[64];
	size_t		i;

	reset_environment();
	for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
	{
		CHECK_MSG(strstr(object_url(&c, refused[i][0], &kind), refused[i][1]) != NULL, refused[i][0]);
		CHECK_INT(kind, PDS_ERR_UNSUPPORTED);
	}
	/* an alias is used like a name */
	CHECK_STR(object_url(&c, "ap-hrzrlukc5m36ft7okagglf3gmwluquse1b-s3alias", NULL),
			  "https://ap-hrzrlukc5m36ft7okagglf3gmwluquse1b-s3alias.s3.us-east-1.amazonaws.com/k");
	CHECK_STR(object_url(&c, "arn:aws:s3:us-west-2:123456789012:accesspoint:ap", NULL),
			  "https://ap-123456789012.s3-accesspoint.us-west-2.amazonaws.com/k");
	/* its region, unless that is forbidden; never another partition's */
	CHECK_STR(object_url(&c, arn, NULL),
			  "https://ap-123456789012.s3-accesspoint.us-west-2.amazonaws.com/k");
	setenv("AWS_S3_USE_ARN_REGION", "false", 1);
	CHECK(strstr(object_url(&c, arn, &kind), "not in region us-east-1") != NULL);
	CHECK_INT(kind, PDS_ERR_CONFIG);
	c.region = "us-west-2";
	CHECK_STR(object_url(&c, arn, NULL),
			  "https://ap-123456789012.s3-accesspoint.us-west-2.amazonaws.com/k");
	c.region = "us-east-1";
	unsetenv("AWS_S3_USE_ARN_REGION");
	config("[default]\ns3 =\n  use_arn_region = false\n");
	CHECK(strstr(object_url(&c, arn, NULL), "not in region") != NULL);
	config("");
	CHECK(strstr(object_url(&c, "arn:aws-cn:s3:cn-north-1:123456789012:accesspoint/ap", NULL), "partition"));
	CHECK(strstr(object_url(&c, "arn:aws-cn:s3:us-east-1:123456789012:accesspoint/ap", NULL), "partition"));
	/* behind an endpoint of one's own it is part of the host, too */
	c.endpoint[PDS_S3] = "http://s3.example.test:9000";
	CHECK_STR(object_url(&c, arn, NULL), "http://ap-123456789012.s3.example.test:9000/k");

	/* regions in hosts */
	CHECK(pds_region_of_s3_host("s3.eu-west-1.amazonaws.com", region, sizeof(region)));
	CHECK_STR(region, "eu-west-1");
	CHECK(pds_region_of_s3_host("a.s3.b.s3-fips.dualstack.cn-north-1.amazonaws.com.cn/k", region, sizeof(region)));
	CHECK_STR(region, "cn-north-1");
	CHECK(pds_region_of_s3_host("b.s3-ap-south-1.amazonaws.com:443", region, sizeof(region)));
	CHECK_STR(region, "ap-south-1");
	CHECK(!pds_region_of_s3_host("s3.amazonaws.com", region, sizeof(region)));
	CHECK(!pds_region_of_s3_host("b.s3.eu-west-1.amazonaws.com.evil.example", region, sizeof(region)));
	CHECK(!pds_region_of_s3_host("b.s3.eu-west-1.example", region, sizeof(region)));
	CHECK(!pds_region_of_s3_host("", region, sizeof(region)));
}

static void
test_ca_bundle(void)
{
	PdsError	err;
	char	   *v;

	reset_environment();
	config("[default]\nca_bundle = /of/default\n[profile p]\nca_bundle = /of/p\n");
	CHECK(pds_aws_ca_bundle(false, NULL, &v, &err));
	CHECK_STR(v, NULL);
	CHECK(pds_aws_ca_bundle(true, NULL, &v, &err));
	CHECK_STR(v, "/of/default");
	free(v);
	CHECK(pds_aws_ca_bundle(true, "p", &v, &err));
	CHECK_STR(v, "/of/p");
	free(v);
	/* that of the place where the server stands is for all */
	setenv("AWS_CA_BUNDLE", "/of/env", 1);
	CHECK(pds_aws_ca_bundle(false, NULL, &v, &err));
	CHECK_STR(v, "/of/env");
	free(v);
}

static void
test_unknown_regions(void)
{
	char		region[64];
	const char *like;

	CHECK(pds_region_unknown("b.s3.us-est-1.amazonaws.com:443", region, sizeof(region), &like) &&
		  strcmp(region, "us-est-1") == 0 && like && strcmp(like, "us-east-1") == 0);
	CHECK(pds_region_unknown("glue.eu-centrl-1.amazonaws.com", region, sizeof(region), &like) &&
		  like && strcmp(like, "eu-central-1") == 0);
	CHECK(pds_region_unknown("athena.the-moon.amazonaws.com", region, sizeof(region), &like) &&
		  like == NULL);
	CHECK(!pds_region_unknown("glue.eu-central-1.amazonaws.com", region, sizeof(region), &like));
	CHECK(!pds_region_unknown("s3.cn-north-1.amazonaws.com.cn", region, sizeof(region), &like));
	CHECK(!pds_region_unknown("sts.amazonaws.com", region, sizeof(region), &like));
	CHECK(!pds_region_unknown("b.s3.amazonaws.com", region, sizeof(region), &like));
	CHECK(!pds_region_unknown("minio.us-est-1.example.com", region, sizeof(region), &like));
}

/* who finds no host hears of the region in its name */
static void
test_hint_of_region(void)
{
	PdsRequest	req = {.base_url = "https://glue.us-est-1.amazonaws.com"};
	PdsBreak	b = {.code = CURLE_COULDNT_RESOLVE_HOST};
	PdsError	err;

	pds_error_clear(&err);
	pds_http_curl_error(&req, &b, &err);
	CHECK_STR(err.hint, "AWS is not known to have a region \"us-est-1\"; one that is written nearly so is \"us-east-1\".");
	req.base_url = "https://glue.us-east-1.amazonaws.com";
	pds_error_clear(&err);
	pds_http_curl_error(&req, &b, &err);
	CHECK(err.kind == PDS_ERR_CONNECT && err.hint[0] == '\0');
}

int
main(void)
{
	const char *tmp = getenv("TMPDIR");
	PdsError	err;
	int			fd;

	forget_environment();
	snprintf(config_file, sizeof(config_file), "%.100s/pds_endpoints.XXXXXX", tmp && *tmp ? tmp : "/tmp");
	fd = mkstemp(config_file);
	if (fd < 0)
		return 2;
	close(fd);
	ss_start();
	http = pds_http_new(NULL, NULL, &err);
	if (http == NULL)
		return 2;
	test_partitions();
	test_unknown_regions();
	test_hint_of_region();
	test_endpoint_order();
	test_switches();
	test_region();
	test_sts();
	test_buckets();
	test_ca_bundle();
	pds_http_free(http);
	ss_stop();
	unlink(config_file);
	return unit_done();
}
