/*
 * aws.c
 *	  An AWS session: region, endpoints, addressing, the JSON protocol (doc/dev/aws.md
 *	  §1.4, §1.5, §5.1).
 */
#include "core/aws/aws.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/assert.h"
#include "core/base/uri.h"
#include "core/net/endpoints.h"
#include "core/auth/settings.h"
#include "core/base/xml.h"

/* a page of table definitions, or of rows */
#define MAX_JSON_BYTES	((size_t) 64 << 20)
/* a page of results has 1,000 rows of 1,600 columns at most, of two values each */
#define MAX_JSON_VALUES	4000000

typedef struct BucketRegion
{
	char	   *bucket;
	char	   *region;
	struct BucketRegion *next;
} BucketRegion;

struct PdsAws
{
	PdsHttp    *http;
	char	   *region;			/* "" when unknown */
	char	   *endpoint[PDS_NSERVICES];
	PdsAddressing addressing;
	bool		use_fips;
	bool		use_dualstack;
	bool		s3_dualstack;
	bool		use_arn_region;
	bool		requester_pays;
	PdsCredentials *credentials;
	BucketRegion *bucket_regions;
	PdsAws	   *elsewhere;		/* the same session in other regions */
	PdsAws	   *next;			/* in that list */
};

static const char *const service_names[PDS_NSERVICES] = {"s3", "glue", "athena", "sts"};

_Static_assert(PDS_STS + 1 == PDS_NSERVICES, "a service has no name");

static bool service_host(const PdsAws *aws, PdsService service, const char *region, PdsStr *out,
						 PdsError *err);

static void
trim_slash(char *url)
{
	size_t		n = url ? strlen(url) : 0;

	while (n > 0 && url[n - 1] == '/')
		url[--n] = '\0';
}

/* copy of a, else of b, into *to; NULL when both are missing */
static bool
take_setting(char **to, const char *a, const char *b)
{
	const char *v = a && *a ? a : b;

	*to = pds_strdup(v);
	return v == NULL || *to != NULL;
}

/* What the caller left open, of environment and profile; s NULL: nothing of it. */
static bool
take_settings(PdsAws *aws, const PdsAwsConfig *config, const PdsSettings *s, PdsError *err)
{
	const char *style = s ? pds_settings_get(s, "s3.addressing_style") : NULL;
	const char *arn_region = s ? pds_settings_get(s, "s3_use_arn_region") : NULL;
	int			i;

	if (s && arn_region == NULL)
		arn_region = pds_settings_get(s, "s3.use_arn_region");
	aws->use_arn_region = arn_region == NULL || pds_strcasecmp(arn_region, "false") != 0;
	aws->use_fips = config->use_fips == PDS_ON ||
		(config->use_fips == PDS_UNSET && s && pds_settings_true(s, "use_fips_endpoint"));
	aws->use_dualstack = config->use_dualstack == PDS_ON ||
		(config->use_dualstack == PDS_UNSET && s && pds_settings_true(s, "use_dualstack_endpoint"));
	aws->s3_dualstack = aws->use_dualstack ||
		(config->use_dualstack == PDS_UNSET && s &&
		 pds_settings_true(s, "s3.use_dualstack_endpoint"));
	aws->addressing = config->addressing;
	if (aws->addressing == PDS_ADDRESS_AUTO && style)
		aws->addressing = strcmp(style, "path") == 0 ? PDS_ADDRESS_PATH
			: strcmp(style, "virtual") == 0 ? PDS_ADDRESS_VIRTUAL : PDS_ADDRESS_AUTO;
	for (i = 0; i < PDS_NSERVICES; i++)
	{
		if (!take_setting(&aws->endpoint[i], config->endpoint[i],
						  s ? pds_settings_endpoint(s, service_names[i]) : NULL))
			return pds_error_oom(err);
		trim_slash(aws->endpoint[i]);
	}
	return take_setting(&aws->region, config->region, s ? pds_settings_get(s, "region") : NULL) ||
		pds_error_oom(err);
}

static bool
settle_region(PdsAws *aws, const PdsAwsConfig *config, const PdsSettings *s, PdsError *err)
{
	char		found[64] = "";

	if (aws->region == NULL && config->instance_region && s &&
		!pds_imds_region(aws->http, s, found, sizeof(found), err))
	{
		if (err->kind != PDS_ERR_CANCELLED)
			pds_error_advise(err, PDS_ADVICE_INSTANCE_REGION);
		return false;
	}
	if (aws->region == NULL && (aws->region = pds_strdup(found)) == NULL)
		return pds_error_oom(err);
	if (aws->region[0] && !pds_region_valid(aws->region))
	{
		pds_error_set(err, PDS_ERR_CONFIG, "\"%s\" is not a region", aws->region);
		pds_error_hint(err, "A region is a name like us-east-1.");
		return false;
	}
	return true;
}

/*
 * Where roles are assumed: a given endpoint, else the region's own, by FIPS and
 * in its partition (doc/dev/aws.md §2.3); the global one for old regions on request.
 */
static bool
new_credentials(PdsAws *aws, const PdsAwsConfig *config, const PdsSettings *s, PdsError *err)
{
	PdsCredentialConfig cc = config->credentials;
	const char *mode = s ? pds_settings_get(s, "sts_regional_endpoints") : NULL;
	PdsStr		sts;
	bool		ok = true;

	pds_str_init(&sts);
	cc.region = aws->region;
	if (cc.sts_base_url == NULL)
		cc.sts_base_url = aws->endpoint[PDS_STS];
	if (cc.sts_base_url == NULL && mode && pds_strcasecmp(mode, "legacy") == 0 &&
		!aws->use_fips && !aws->use_dualstack && pds_region_sts_legacy(aws->region))
		cc.region = NULL;
	else if (cc.sts_base_url == NULL && aws->region[0])
	{
		ok = service_host(aws, PDS_STS, aws->region, &sts, err);
		cc.sts_base_url = sts.data;
	}
	if (ok)
		aws->credentials = pds_credentials_new(aws->http, &cc, err);
	pds_str_free(&sts);
	return aws->credentials != NULL;
}

PdsAws *
pds_aws_new(PdsHttp *http, const PdsAwsConfig *config, PdsError *err)
{
	PdsAws	   *aws = calloc(1, sizeof(PdsAws));
	PdsSettings *s = NULL;
	bool		ok = aws != NULL || pds_error_oom(err);

	if (ok && config->credentials.allow_ambient)
		ok = (s = pds_settings_load(config->credentials.profile, err)) != NULL;
	if (ok)
	{
		aws->http = http;
		aws->requester_pays = config->requester_pays;
		ok = take_settings(aws, config, s, err) && settle_region(aws, config, s, err) &&
			new_credentials(aws, config, s, err);
	}
	pds_settings_free(s);
	if (ok)
		return aws;
	pds_aws_free(aws);
	return NULL;
}

bool
pds_aws_ca_bundle(bool ambient, const char *profile, char **out, PdsError *err)
{
	const char *set = getenv("AWS_CA_BUNDLE");
	PdsSettings *s;

	*out = NULL;
	if (set && *set)
		return take_setting(out, set, NULL) || pds_error_oom(err);
	if (!ambient)
		return true;
	s = pds_settings_load(profile, err);
	if (s == NULL)
		return false;
	set = pds_settings_get(s, "ca_bundle");
	if (!take_setting(out, set, NULL))
	{
		pds_settings_free(s);
		return pds_error_oom(err);
	}
	pds_settings_free(s);
	return true;
}

static void
free_bucket_regions(PdsAws *aws)
{
	while (aws->bucket_regions)
	{
		BucketRegion *b = aws->bucket_regions;

		aws->bucket_regions = b->next;
		free(b->bucket);
		free(b->region);
		free(b);
	}
}

PdsAws *
pds_aws_in_region(PdsAws *aws, const char *region, PdsError *err)
{
	PdsAws	   *other;

	if (region == NULL || region[0] == '\0' || strcmp(region, aws->region) == 0)
		return aws;
	if (!pds_region_valid(region))
	{
		pds_error_set(err, PDS_ERR_CONFIG, "\"%s\" is not a region", region);
		return NULL;
	}
	for (other = aws->elsewhere; other; other = other->next)
		if (strcmp(other->region, region) == 0)
			return other;
	other = malloc(sizeof(PdsAws));
	if (other == NULL)
	{
		pds_error_oom(err);
		return NULL;
	}
	*other = *aws;
	other->bucket_regions = NULL;
	other->elsewhere = NULL;
	other->region = pds_strdup(region);
	if (other->region == NULL)
	{
		free(other);
		pds_error_oom(err);
		return NULL;
	}
	other->next = aws->elsewhere;
	aws->elsewhere = other;
	return other;
}

void
pds_aws_free(PdsAws *aws)
{
	int			i;

	if (aws == NULL)
		return;
	pds_credentials_free(aws->credentials);
	free_bucket_regions(aws);
	while (aws->elsewhere)
	{
		PdsAws	   *other = aws->elsewhere;

		aws->elsewhere = other->next;
		free_bucket_regions(other);
		free(other->region);
		free(other);
	}
	for (i = 0; i < PDS_NSERVICES; i++)
		free(aws->endpoint[i]);
	free(aws->region);
	free(aws);
}

PdsHttp *
pds_aws_http(const PdsAws *aws)
{
	return aws->http;
}

const char *
pds_aws_region(const PdsAws *aws)
{
	return aws->region;
}

PdsCredentials *
pds_aws_credentials(const PdsAws *aws)
{
	return aws->credentials;
}

bool
pds_aws_requester_pays(const PdsAws *aws)
{
	return aws->requester_pays;
}

/* ---- hosts ---- */

static bool
need_region(const char *region, PdsError *err)
{
	if (region[0])
		return true;
	pds_error_set(err, PDS_ERR_CONFIG, "no region is known");
	pds_error_advise(err, PDS_ADVICE_REGION);
	return false;
}

static bool
service_host(const PdsAws *aws, PdsService service, const char *region, PdsStr *out, PdsError *err)
{
	const char *name = service_names[service];

	bool		dual = service == PDS_S3 ? aws->s3_dualstack : aws->use_dualstack;

	if (aws->endpoint[service])
	{
		if (aws->use_fips || dual)
		{
			pds_error_set(err, PDS_ERR_CONFIG,
						  "use_fips and use_dualstack do not go together with an endpoint_url");
			pds_error_advise(err, PDS_ADVICE_VARIANT_OR_ENDPOINT);
			return false;
		}
		return pds_str_append(out, aws->endpoint[service]) || pds_error_oom(err);
	}
	if (!need_region(region, err))
		return false;
	pds_str_appendf(out, "https://%s", name);
	if (aws->use_fips && !(service == PDS_STS && pds_str_has_prefix(region, "us-gov-")))
		pds_str_append(out, "-fips");
	if (service == PDS_S3 && dual)
		pds_str_append(out, ".dualstack");
	pds_str_appendf(out, ".%s.%s", region, pds_region_suffix(region, dual && service != PDS_S3));
	return !out->failed || pds_error_oom(err);
}

bool
pds_aws_base_url(const PdsAws *aws, PdsService service, PdsStr *out, PdsError *err)
{
	return service_host(aws, service, aws->region, out, err);
}

bool
pds_s3_valid_bucket(const char *bucket)
{
	size_t		n = strlen(bucket);

	return n >= 1 && n <= 255 && bucket[0] != '.' && bucket[0] != '-' &&
		bucket[n - 1] != '.' && strstr(bucket, "..") == NULL &&
		strspn(bucket, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_") == n;
}

/* can the bucket's name be a host label, by the rules of doc/dev/aws.md §1.4? */
static bool
virtual_host_ok(const char *bucket, bool https)
{
	size_t		n = strlen(bucket);
	const char *p;
	bool		only_numbers = true;

	if (n < 3 || n > 63 || (https && strchr(bucket, '.')))
		return false;
	for (p = bucket; *p; p++)
	{
		if ((*p >= 'A' && *p <= 'Z') || *p == '_')
			return false;
		if (!(*p >= '0' && *p <= '9') && *p != '.')
			only_numbers = false;
	}
	return !(only_numbers && strchr(bucket, '.'));
}

/* what S3 has beside buckets and access points: refused by name (doc/dev/aws.md §1.4) */
static bool
refuse_special_bucket(const char *bucket, PdsError *err)
{
	const char *what = NULL;

	if (pds_str_has_suffix(bucket, "--x-s3") || pds_str_has_suffix(bucket, "--xa-s3"))
		what = "directory buckets";
	else if (pds_str_has_suffix(bucket, ".mrap") ||
			 (pds_str_has_prefix(bucket, "arn:") && strstr(bucket, ":s3::") &&
			  strstr(bucket, ":accesspoint")))
		what = "multi-region access points";
	else if (pds_str_has_suffix(bucket, "--ol-s3") || strstr(bucket, ":s3-object-lambda:"))
		what = "Object Lambda access points";
	else if (strstr(bucket, ":s3-outposts:"))
		what = "buckets on Outposts";
	if (what == NULL)
		return false;
	pds_error_set(err, PDS_ERR_UNSUPPORTED, "%s are not supported: \"%s\"", what, bucket);
	pds_error_hint(err, "Use the bucket behind it, or an access point of one region.");
	return true;
}

/* a base URL with a label in front of its host */
static void
append_host_label(PdsStr *out, const char *base_url, const char *label)
{
	PdsUri		u;

	pds_uri_parse(base_url, &u);
	pds_str_append_n(out, base_url, (size_t) (u.host.s - base_url));
	pds_str_appendf(out, "%s.%s", label, u.host.s);
}

/* arn:aws:s3:REGION:ACCOUNT:accesspoint/NAME */
static bool
access_point_url(const PdsAws *aws, const char *arn, PdsStr *out, PdsError *err)
{
	char		region[64],
				account[32],
				name[80],
				partition[32];
	int			end = 0;

	if ((sscanf(arn, "arn:%31[a-z-]:s3:%63[a-z0-9-]:%31[0-9]:accesspoint/%79[a-z0-9-]%n", partition,
				region, account, name, &end) != 4 &&
		 sscanf(arn, "arn:%31[a-z-]:s3:%63[a-z0-9-]:%31[0-9]:accesspoint:%79[a-z0-9-]%n", partition,
				region, account, name, &end) != 4) || arn[end] != '\0' || !pds_region_valid(region))
	{
		pds_error_set(err, PDS_ERR_CONFIG, "\"%s\" is not an access point", arn);
		pds_error_hint(err, "It is written arn:aws:s3:REGION:ACCOUNT:accesspoint/NAME.");
		return false;
	}
	if (strcmp(partition, pds_region_partition(region)) != 0 ||
		(aws->region[0] && strcmp(partition, pds_region_partition(aws->region)) != 0))
		return pds_error_set(err, PDS_ERR_CONFIG,
							 "access point \"%s\" is in another partition of AWS than the region", arn);
	if (!aws->use_arn_region && aws->region[0] && strcmp(region, aws->region) != 0)
	{
		pds_error_set(err, PDS_ERR_CONFIG, "access point \"%s\" is not in region %s", arn,
					  aws->region);
		pds_error_hint(err,
					   "s3_use_arn_region = false forbids to use its own (environment or profile "
					   "of the server process).");
		return false;
	}
	if (aws->endpoint[PDS_S3])
	{
		char		label[120];
		PdsStr		base;

		snprintf(label, sizeof(label), "%s-%s", name, account);
		pds_str_init(&base);
		if (!service_host(aws, PDS_S3, region, &base, err))
		{
			pds_str_free(&base);
			return false;
		}
		append_host_label(out, pds_str_text(&base), label);
		pds_str_free(&base);
	}
	else
		pds_str_appendf(out, "https://%s-%s.s3-accesspoint%s%s.%s.%s", name, account,
						aws->use_fips ? "-fips" : "", aws->s3_dualstack ? ".dualstack" : "", region,
						pds_region_suffix(region, false));
	return !out->failed || pds_error_oom(err);
}

bool
pds_aws_s3_url(const PdsAws *aws, const char *bucket, const char *key,
			   PdsStr *base_url, PdsStr *path, PdsError *err)
{
	PdsStr		host;
	bool		https;
	bool		virtual_host;
	bool		ok;

	if (refuse_special_bucket(bucket, err))
		return false;
	if (pds_str_has_prefix(bucket, "arn:"))
	{
		if (!access_point_url(aws, bucket, base_url, err))
			return false;
		pds_str_append_c(path, '/');
		if (key)
			pds_str_append_uri(path, key, strlen(key), true);
		return !path->failed || pds_error_oom(err);
	}
	if (!pds_s3_valid_bucket(bucket))
	{
		pds_error_set(err, PDS_ERR_CONFIG, "\"%s\" is not a bucket name", bucket);
		pds_error_hint(err, "A location is written s3://bucket/prefix/.");
		return false;
	}
	pds_str_init(&host);
	if (!service_host(aws, PDS_S3, pds_aws_bucket_region(aws, bucket), &host, err))
		return false;
	https = pds_str_has_prefix(pds_str_text(&host), "https:");
	if (aws->addressing == PDS_ADDRESS_PATH)
		virtual_host = false;
	else if (aws->addressing == PDS_ADDRESS_VIRTUAL)
		virtual_host = virtual_host_ok(bucket, false);
	else
		virtual_host = aws->endpoint[PDS_S3] == NULL && virtual_host_ok(bucket, https);
	if (virtual_host)
	{
		append_host_label(base_url, pds_str_text(&host), bucket);
		pds_str_append_c(path, '/');
	}
	else
	{
		pds_str_append(base_url, pds_str_text(&host));
		pds_str_appendf(path, "/%s%s", bucket, key ? "/" : "");
	}
	if (key)
		pds_str_append_uri(path, key, strlen(key), true);
	ok = !host.failed && !base_url->failed && !path->failed;
	pds_str_free(&host);
	return ok || pds_error_oom(err);
}

const char *
pds_aws_bucket_region(const PdsAws *aws, const char *bucket)
{
	const BucketRegion *b;

	for (b = aws->bucket_regions; b; b = b->next)
		if (strcmp(b->bucket, bucket) == 0)
			return b->region;
	return aws->region;
}

void
pds_aws_learn_bucket_region(PdsAws *aws, const char *bucket, const char *region)
{
	BucketRegion *b;
	char	   *copy;

	if (!pds_region_valid(region) || (copy = pds_strdup(region)) == NULL)
		return;
	for (b = aws->bucket_regions; b; b = b->next)
		if (strcmp(b->bucket, bucket) == 0)
			break;
	if (b == NULL)
	{
		b = calloc(1, sizeof(BucketRegion));
		if (b == NULL || (b->bucket = pds_strdup(bucket)) == NULL)
		{
			free(b);
			free(copy);
			return;
		}
		b->next = aws->bucket_regions;
		aws->bucket_regions = b;
	}
	free(b->region);
	b->region = copy;
}

void
pds_aws_suggest_bucket_region(PdsAws *aws, const char *bucket, const char *region)
{
	const BucketRegion *b;

	for (b = aws->bucket_regions; b; b = b->next)
		if (strcmp(b->bucket, bucket) == 0)
			return;
	pds_aws_learn_bucket_region(aws, bucket, region);
}

static bool
on_location(void *arg, const char *path, const char *text, PdsError *err)
{
	char	   *region = arg;

	(void) err;
	/* two of the oldest have names of their own (doc/dev/aws.md §4.1) */
	if (strcmp(text, "EU") == 0)
		text = "eu-west-1";
	else if (text[0] == '\0')
		text = "us-east-1";
	if (strcmp(path, "LocationConstraint") == 0)
		pds_copy_cut(region, 64, text, strlen(text));
	return true;
}

/*
 * The region of a bucket: by HeadBucket, whose errors have it in a header, too
 * (doc/dev/aws.md §3.4); where other makes of S3 leave that out, by GetBucketLocation,
 * whose errors have it in their body.  By path, so that a wrong region is no
 * wrong host's fault.
 */
static bool
ask_bucket_region(PdsAws *aws, const char *bucket, char region[64])
{
	PdsRequest	req;
	PdsResponse resp;
	PdsStr		base;
	PdsStr		path;
	PdsError	err;
	int			i;

	region[0] = '\0';
	pds_str_init(&base);
	pds_str_init(&path);
	pds_str_appendf(&path, "/%s", bucket);
	for (i = 0; i < 2 && region[0] == '\0' && !path.failed; i++)
	{
		pds_str_reset(&base);
		if (!service_host(aws, PDS_S3, aws->region, &base, &err))
			break;
		pds_response_init(&resp);
		pds_aws_request(aws, PDS_S3, i == 0 ? "HEAD" : "GET", i == 0 ? "HeadBucket" : "GetBucketLocation",
						bucket, &req);
		req.base_url = base.data;
		req.path = path.data;
		req.query = i == 0 ? NULL : "location=";
		if (pds_http_perform(aws->http, &req, &resp, &err))
		{
			PdsXmlReply reply = {
				.data = resp.body.data,
				.len = resp.body.len,
				.root = "LocationConstraint",
				.service = "s3",
				.operation = "GetBucketLocation"
			};

			(void) (i == 1 && pds_xml_walk(&reply, on_location, region, &err));
		}
		else if (err.kind == PDS_ERR_WRONG_REGION)
			pds_copy_cut(region, 64, err.detail, strlen(err.detail));
		else if (err.kind == PDS_ERR_CANCELLED)
			i = 2;
		(void) pds_response_header(&resp, "x-amz-bucket-region", region, 64);
		pds_response_free(&resp);
	}
	pds_str_free(&base);
	pds_str_free(&path);
	return pds_region_valid(region);
}

bool
pds_aws_follow_bucket(PdsAws *aws, const char *bucket, const PdsError *err)
{
	/* HEAD has no body: a bare 400 may be the wrong region's, too */
	bool		bare = err->http_status == 400 && err->aws_code[0] == '\0' &&
		strncmp(err->operation, "Head", 4) == 0;
	char		region[64];

	if ((err->kind != PDS_ERR_WRONG_REGION && !bare) || pds_str_has_prefix(bucket, "arn:"))
		return false;
	pds_copy_cut(region, sizeof(region), err->detail, strlen(err->detail));
	if (!pds_region_valid(region) && !ask_bucket_region(aws, bucket, region))
		return false;
	if (strcmp(pds_aws_bucket_region(aws, bucket), region) == 0)
		return false;
	pds_aws_learn_bucket_region(aws, bucket, region);
	return true;
}

/* ---- requests ---- */

void
pds_aws_request(const PdsAws *aws, PdsService service, const char *method,
				const char *operation, const char *resource, PdsRequest *req)
{
	pds_request_init(req);
	req->method = method;
	req->path = "/";
	req->credentials = pds_credentials_get;
	req->credentials_arg = aws->credentials;
	req->region = aws->region;
	req->service = service_names[service];
	req->operation = operation;
	req->resource = resource;
	req->xml_errors = service == PDS_S3 || service == PDS_STS;
}

/* \u0000 would end a C string: the sign of glue.h takes its place, as long as it */
static void
keep_nuls(char *json, size_t n)
{
	size_t		i;

	for (i = 0; i + 5 < n; i++)
	{
		if (json[i] != '\\')
			continue;
		if (memcmp(json + i + 1, "u0000", 5) == 0)
			memcpy(json + i + 2, "ffff", 4);
		i++;
	}
}

bool
pds_aws_json_start(PdsAws *aws, PdsService service, const char *operation, const PdsJson *input,
				   bool not_idempotent, const char *resource, PdsJsonCall *call, PdsError *err)
{
	PdsRequest	req;
	PdsStr		base;
	char		target[80];
	PdsHeader	headers[2] = {
		{"Content-Type", "application/x-amz-json-1.1"},
		{"X-Amz-Target", target}
	};

	memset(call, 0, sizeof(*call));
	call->service = service;
	call->operation = operation;
	call->resource = resource;
	snprintf(target, sizeof(target), "%s.%s", service == PDS_GLUE ? "AWSGlue" : "AmazonAthena",
			 operation);
	pds_str_init(&base);
	pds_aws_request(aws, service, "POST", operation, resource, &req);
	req.headers = headers;
	req.nheaders = 2;
	req.not_idempotent = not_idempotent;
	req.max_body = MAX_JSON_BYTES;
	if (pds_aws_base_url(aws, service, &base, err))
	{
		call->body = input ? pds_json_print(input) : pds_strdup("{}");
		if (call->body == NULL)
			pds_error_oom(err);
		else
		{
			req.base_url = base.data;
			req.body = call->body;
			req.body_len = strlen(call->body);
			call->transfer = pds_http_start(aws->http, &req, err);
		}
	}
	pds_str_free(&base);
	if (call->transfer == NULL)
		pds_aws_json_drop(call);
	return call->transfer != NULL;
}

void
pds_aws_json_drop(PdsJsonCall *call)
{
	pds_transfer_free(call->transfer);
	free(call->body);
	call->transfer = NULL;
	call->body = NULL;
}

/*
 * What a reply has to hold to be one of the operation: a member, and whether it
 * is a list.  Those that are not here answer with an object that may be empty.
 */
static const struct
{
	const char *operation;
	const char *member;
	int			type;
}			expected_members[] =

{
	{"GetDatabase", "Database", cJSON_Object},
	{"GetDatabases", "DatabaseList", cJSON_Array},
	{"GetTable", "Table", cJSON_Object},
	{"GetTables", "TableList", cJSON_Array},
	{"GetPartitions", "Partitions", cJSON_Array},
	{"BatchGetPartition", "Partitions", cJSON_Array},
	{"GetCrawler", "Crawler", cJSON_Object},
	{"GetCrawlers", "Crawlers", cJSON_Array},
	{"StartQueryExecution", "QueryExecutionId", cJSON_String},
	{"GetQueryExecution", "QueryExecution", cJSON_Object},
	{"GetQueryResults", "ResultSet", cJSON_Object},
};

static bool
is_reply_to(const char *operation, const cJSON *reply, const char **wanted)
{
	size_t		i;

	*wanted = "a JSON object";
	if (!cJSON_IsObject(reply))
		return false;
	for (i = 0; i < sizeof(expected_members) / sizeof(expected_members[0]); i++)
		if (strcmp(expected_members[i].operation, operation) == 0)
		{
			const cJSON *item = cJSON_GetObjectItemCaseSensitive(reply, expected_members[i].member);

			*wanted = expected_members[i].member;
			return item && (item->type & 0xFF) == expected_members[i].type;
		}
	return true;
}

bool
pds_aws_json_finish(PdsAws *aws, PdsJsonCall *call, cJSON **reply, PdsError *err)
{
	PdsResponse resp;
	const char *wanted;
	bool		ok = pds_http_poke(aws->http, err);

	*reply = NULL;
	pds_response_init(&resp);
	while (ok && !pds_transfer_done(call->transfer))
		ok = pds_http_wait(aws->http, -1, PDS_WAIT_HTTP, err);
	ok = ok && pds_transfer_result(call->transfer, &resp, err);
	if (ok)
	{
		if (call->service == PDS_GLUE)
			keep_nuls(resp.body.data, resp.body.len);
		if (pds_json_count(pds_str_text(&resp.body), resp.body.len) > MAX_JSON_VALUES)
		{
			ok = pds_error_set(err, PDS_ERR_PROTOCOL, "the reply to %s has more than %d values",
							   call->operation, MAX_JSON_VALUES);
			pds_error_hint(err, "Check that endpoint_url names the service it should.");
			pds_error_context(err, service_names[call->service], call->operation, call->resource);
		}
		else
			*reply = resp.body.len > 0 ? cJSON_ParseWithLength(resp.body.data, resp.body.len)
				: cJSON_CreateObject();
		if (ok && !is_reply_to(call->operation, *reply, &wanted))
		{
			char		what[80];

			snprintf(what, sizeof(what), *reply ? "JSON with a member %s" : "JSON", wanted);
			ok = pds_error_set(err, PDS_ERR_PROTOCOL,
							   "the reply to %s is not the JSON it should be", call->operation);
			pds_error_received(err, what, pds_str_text(&resp.body), resp.body.len);
			pds_error_context(err, service_names[call->service], call->operation,
							  call->resource);
			cJSON_Delete(*reply);
			*reply = NULL;
		}
	}
	pds_response_free(&resp);
	pds_aws_json_drop(call);
	return ok;
}

bool
pds_aws_json_call(PdsAws *aws, PdsService service, const char *operation,
				  const PdsJson *input, bool not_idempotent,
				  const char *resource, cJSON **reply, PdsError *err)
{
	PdsJsonCall call;

	*reply = NULL;
	return pds_aws_json_start(aws, service, operation, input, not_idempotent, resource, &call,
							  err) &&
		pds_aws_json_finish(aws, &call, reply, err);
}

bool
pds_aws_next_page(PdsPager *pager, const char *operation, const char *resource,
				  const cJSON *reply, PdsJson *in, PdsError *err)
{
	const cJSON *member;
	bool		empty = true;

	/* whatever the operation lists is an array */
	cJSON_ArrayForEach(member, reply)
		empty = empty && !(cJSON_IsArray(member) && member->child);
	pager->json += pds_json_size(reply);
	if (!pds_pager_take(pager, pds_json_text(reply, "NextToken"), empty, pager->json, "glue",
						operation, resource, err))
		return false;
	if (pds_pager_more(pager))
		pds_json_put_text(in, in->root, "NextToken", pager->token.data);
	return true;
}

static bool
refuse_location(const char *uri, const char *fault, PdsError *err)
{
	pds_error_set(err, PDS_ERR_CONFIG, "\"%s\" %s", uri, fault);
	pds_error_hint(err, "A location is written s3://bucket/prefix/.");
	return false;
}

bool
pds_s3_parse_uri(const char *uri, char **bucket, char **key, PdsError *err)
{
	PdsUri		u;
	size_t		n = 0;
	const char *name = ":accesspoint/";
	size_t		before;

	*bucket = *key = NULL;
	pds_uri_parse(uri, &u);
	if (!pds_uri_scheme_is(&u, "s3") && !pds_uri_scheme_is(&u, "s3a") &&
		!pds_uri_scheme_is(&u, "s3n"))
		return refuse_location(uri, "is not an S3 location", err);
	if (u.authority.n == 0)
		return refuse_location(uri, "names no bucket", err);
	/* a key is not encoded: ? and # belong to it, but not to a bucket's name */
	if (*u.rest && *u.rest != '/')
		return refuse_location(uri, "names a bucket that cannot be one", err);
	/* the name of an access point may have a slash of its own */
	before = strlen(name) - 1;
	if (strncmp(u.authority.s, "arn:", 4) == 0 && u.authority.n > before &&
		strncmp(u.rest - before, name, strlen(name)) == 0)
		n = strcspn(u.rest + 1, "/");
	n += n > 0;
	*bucket = pds_strndup(u.authority.s, u.authority.n + n);
	*key = pds_strdup(u.rest[n] ? u.rest + n + 1 : "");
	if (*bucket == NULL || *key == NULL)
	{
		free(*bucket);
		free(*key);
		*bucket = *key = NULL;
		return pds_error_oom(err);
	}
	return true;
}
