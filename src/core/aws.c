/*
 * aws.c
 *	  An AWS session: region, endpoints, addressing, the JSON protocol (AWS.md
 *	  1.4, 1.5, 5.1).
 */
#include "aws.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
	bool		requester_pays;
	PdsCredentials *credentials;
	BucketRegion *bucket_regions;
	PdsAws	   *elsewhere;		/* the same session in other regions */
	PdsAws	   *next;			/* in that list */
};

static const char *const service_names[PDS_NSERVICES] = {"s3", "glue", "athena", "sts"};

/* partitions of AWS: where their hosts live (AWS.md 1.4) */
static const struct
{
	const char *region_prefix;
	const char *suffix;
	const char *dual;
}			partitions[] =
{
	{"cn-", "amazonaws.com.cn", "api.amazonwebservices.com.cn"},
	{"eusc-", "amazonaws.eu", "api.amazonwebservices.eu"},
	{"us-isob-", "sc2s.sgov.gov", "api.aws.scloud"},
	{"us-isof-", "csp.hci.ic.gov", "api.aws.hci.ic.gov"},
	{"us-iso-", "c2s.ic.gov", "api.aws.ic.gov"},
	{"eu-isoe-", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"},
	{"", "amazonaws.com", "api.aws"},
};

static bool service_host(const PdsAws *aws, PdsService service, const char *region, PdsStr *out,
						 PdsError *err);

/* A region becomes part of a host name: nothing else may get in. */
static bool
valid_region(const char *region)
{
	size_t		n = strlen(region);

	return n > 0 && n <= 40 && strspn(region, "abcdefghijklmnopqrstuvwxyz0123456789-") == n &&
		region[0] != '-' && region[n - 1] != '-';
}

static bool
ambient_setting(PdsAws *aws, const PdsAwsConfig *config, const char *name, char **out, PdsError *err)
{
	(void) aws;
	pds_error_clear(err);
	if (!pds_ambient_setting(config->credentials.profile, name, out, err))
		return err->kind == PDS_ERR_NONE;
	return true;
}

static bool
ambient_endpoint(PdsAws *aws, const PdsAwsConfig *config, PdsService s, PdsError *err)
{
	char		name[40];

	snprintf(name, sizeof(name), "endpoint_url_%s", service_names[s]);
	if (!ambient_setting(aws, config, name, &aws->endpoint[s], err))
		return false;
	if (aws->endpoint[s] == NULL &&
		!ambient_setting(aws, config, "endpoint_url", &aws->endpoint[s], err))
		return false;
	return true;
}

static void
trim_slash(char *url)
{
	size_t		n = url ? strlen(url) : 0;

	while (n > 0 && url[n - 1] == '/')
		url[--n] = '\0';
}

PdsAws *
pds_aws_new(PdsHttp *http, const PdsAwsConfig *config, PdsError *err)
{
	PdsAws	   *aws = calloc(1, sizeof(PdsAws));
	PdsCredentialConfig cc = config->credentials;
	bool		ambient = cc.allow_ambient;
	PdsStr		sts;
	int			i;

	pds_str_init(&sts);
	if (aws == NULL)
		goto oom;
	aws->http = http;
	aws->addressing = config->addressing;
	aws->use_fips = config->use_fips;
	aws->use_dualstack = config->use_dualstack;
	aws->requester_pays = config->requester_pays;
	if (config->region && *config->region)
		aws->region = pds_strdup(config->region);
	else if (ambient && !ambient_setting(aws, config, "region", &aws->region, err))
		goto fail;
	if (aws->region == NULL)
		aws->region = pds_strdup("");
	if (aws->region == NULL)
		goto oom;
	if (aws->region[0] && !valid_region(aws->region))
	{
		pds_error_set(err, PDS_ERR_CONFIG, "\"%s\" is not a region", aws->region);
		pds_error_hint(err, "A region is a name like us-east-1.");
		goto fail;
	}
	for (i = 0; i < PDS_NSERVICES; i++)
	{
		if (config->endpoint[i] && *config->endpoint[i])
		{
			aws->endpoint[i] = pds_strdup(config->endpoint[i]);
			if (aws->endpoint[i] == NULL)
				goto oom;
		}
		else if (ambient && !ambient_endpoint(aws, config, (PdsService) i, err))
			goto fail;
		trim_slash(aws->endpoint[i]);
	}
	cc.region = aws->region;
	if (cc.sts_base_url == NULL)
		cc.sts_base_url = aws->endpoint[PDS_STS];
	/* roles, too, are assumed in the region's partition, by FIPS if asked for */
	if (cc.sts_base_url == NULL && aws->region[0])
	{
		if (!service_host(aws, PDS_STS, aws->region, &sts, err))
			goto fail;
		cc.sts_base_url = sts.data;
	}
	aws->credentials = pds_credentials_new(http, &cc, err);
	pds_str_free(&sts);
	if (aws->credentials == NULL)
		goto fail;
	return aws;

oom:
	(void) pds_error_oom(err);
fail:
	pds_str_free(&sts);
	pds_aws_free(aws);
	return NULL;
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
	if (!valid_region(region))
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

static const char *
partition_suffix(const char *region, bool dual)
{
	size_t		i;

	for (i = 0;; i++)
		if (pds_str_has_prefix(region, partitions[i].region_prefix))
			return dual ? partitions[i].dual : partitions[i].suffix;
}

static bool
need_region(const char *region, PdsError *err)
{
	if (region[0])
		return true;
	pds_error_set(err, PDS_ERR_CONFIG, "no region is known");
	pds_error_hint(err, "ALTER SERVER ... OPTIONS (ADD region 'us-east-1').");
	return false;
}

static bool
service_host(const PdsAws *aws, PdsService service, const char *region, PdsStr *out, PdsError *err)
{
	const char *name = service_names[service];

	if (aws->endpoint[service])
	{
		if (aws->use_fips || aws->use_dualstack)
		{
			pds_error_set(err, PDS_ERR_CONFIG,
						  "use_fips and use_dualstack do not go together with an endpoint_url");
			pds_error_hint(err, "Drop one of the two server options.");
			return false;
		}
		return pds_str_append(out, aws->endpoint[service]) || pds_error_oom(err);
	}
	if (!need_region(region, err))
		return false;
	pds_str_appendf(out, "https://%s", name);
	if (aws->use_fips && !(service == PDS_STS && pds_str_has_prefix(region, "us-gov-")))
		pds_str_append(out, "-fips");
	if (service == PDS_S3 && aws->use_dualstack)
		pds_str_append(out, ".dualstack");
	pds_str_appendf(out, ".%s.%s", region,
					partition_suffix(region, aws->use_dualstack && service != PDS_S3));
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

/* can the bucket's name be a host label, by the rules of AWS.md 1.4? */
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

/* arn:aws:s3:REGION:ACCOUNT:accesspoint/NAME */
static bool
access_point_url(const PdsAws *aws, const char *arn, PdsStr *out, PdsError *err)
{
	char		region[64],
				account[32],
				name[80],
				partition[32];
	int			end = 0;

	if (sscanf(arn, "arn:%31[a-z-]:s3:%63[a-z0-9-]:%31[0-9]:accesspoint/%79[a-z0-9-]%n", partition,
			   region, account, name, &end) != 4 || arn[end] != '\0' || !valid_region(region))
	{
		pds_error_set(err, PDS_ERR_CONFIG, "\"%s\" is not an access point this version can use", arn);
		pds_error_hint(err, "Multi-region access points and directory buckets are not supported.");
		return false;
	}
	pds_str_appendf(out, "https://%s-%s.s3-accesspoint%s%s.%s.%s", name, account,
					aws->use_fips ? "-fips" : "", aws->use_dualstack ? ".dualstack" : "", region,
					partition_suffix(region, false));
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
	if (pds_str_has_suffix(bucket, "--x-s3"))
	{
		pds_error_set(err, PDS_ERR_UNSUPPORTED, "directory buckets are not supported");
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
		const char *rest = strstr(pds_str_text(&host), "://") + 3;

		pds_str_append_n(base_url, host.data, (size_t) (rest - host.data));
		pds_str_appendf(base_url, "%s.%s", bucket, rest);
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

	if (!valid_region(region) || (copy = pds_strdup(region)) == NULL)
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

bool
pds_aws_json_start(PdsAws *aws, PdsService service, const char *operation, const cJSON *input,
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
	if (pds_aws_base_url(aws, service, &base, err))
	{
		call->body = input ? cJSON_PrintUnformatted(input) : pds_strdup("{}");
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

bool
pds_aws_json_finish(PdsAws *aws, PdsJsonCall *call, cJSON **reply, PdsError *err)
{
	PdsResponse resp;
	bool		ok = pds_http_poke(aws->http, err);

	*reply = NULL;
	pds_response_init(&resp);
	while (ok && !pds_transfer_done(call->transfer))
		ok = pds_http_wait(aws->http, -1, PDS_WAIT_HTTP, err);
	ok = ok && pds_transfer_result(call->transfer, &resp, err);
	if (ok)
	{
		*reply = resp.body.len > 0 ? cJSON_ParseWithLength(resp.body.data, resp.body.len)
			: cJSON_CreateObject();
		if (*reply == NULL)
		{
			ok = pds_error_set(err, PDS_ERR_PROTOCOL, "the reply to %s is not JSON",
							   call->operation);
			pds_error_context(err, service_names[call->service], call->operation,
							  call->resource);
			pds_error_hint(err, "Check that endpoint_url names the service it should.");
		}
	}
	pds_response_free(&resp);
	pds_aws_json_drop(call);
	return ok;
}

bool
pds_aws_json_call(PdsAws *aws, PdsService service, const char *operation,
				  const cJSON *input, bool not_idempotent,
				  const char *resource, cJSON **reply, PdsError *err)
{
	PdsJsonCall call;

	*reply = NULL;
	return pds_aws_json_start(aws, service, operation, input, not_idempotent, resource, &call,
							  err) &&
		pds_aws_json_finish(aws, &call, reply, err);
}

bool
pds_s3_parse_uri(const char *uri, char **bucket, char **key, PdsError *err)
{
	const char *p = strstr(uri, "://");
	size_t		n;

	*bucket = *key = NULL;
	if (p == NULL || !(strncmp(uri, "s3:", 3) == 0 || strncmp(uri, "s3a:", 4) == 0 ||
					   strncmp(uri, "s3n:", 4) == 0))
	{
		pds_error_set(err, PDS_ERR_CONFIG, "\"%s\" is not an S3 location", uri);
		pds_error_hint(err, "A location is written s3://bucket/prefix/.");
		return false;
	}
	p += 3;
	/* the name of an access point has a slash of its own */
	n = strcspn(p, "/");
	if (strncmp(p, "arn:", 4) == 0 && p[n] == '/')
		n += 1 + strcspn(p + n + 1, "/");
	*bucket = pds_strndup(p, n);
	*key = pds_strdup(p[n] ? p + n + 1 : "");
	if (*bucket == NULL || *key == NULL)
	{
		free(*bucket);
		free(*key);
		*bucket = *key = NULL;
		return pds_error_oom(err);
	}
	if (n == 0)
	{
		free(*bucket);
		free(*key);
		*bucket = *key = NULL;
		pds_error_set(err, PDS_ERR_CONFIG, "\"%s\" names no bucket", uri);
		pds_error_hint(err, "A location is written s3://bucket/prefix/.");
		return false;
	}
	return true;
}
