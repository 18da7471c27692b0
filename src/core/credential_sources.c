/*
 * credential_sources.c
 *	  Credentials from services: STS AssumeRole, container endpoints, EC2's
 *	  instance metadata (AWS.md 2.3, 2.6, 2.7).
 */
#include "credential_sources.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "calendar.h"
#include "xml.h"

void
pds_keys_clear(PdsKeys *k)
{
	if (k->secret_key)
		pds_secure_zero(k->secret_key, strlen(k->secret_key));
	if (k->session_token)
		pds_secure_zero(k->session_token, strlen(k->session_token));
	free(k->access_key);
	free(k->secret_key);
	free(k->session_token);
	memset(k, 0, sizeof(*k));
}

bool
pds_keys_set(PdsKeys *k, const char *access_key, const char *secret_key,
			 const char *session_token, PdsError *err)
{
	pds_keys_clear(k);
	k->access_key = pds_strdup(access_key);
	k->secret_key = pds_strdup(secret_key);
	if (session_token && *session_token)
		k->session_token = pds_strdup(session_token);
	if (k->access_key == NULL || k->secret_key == NULL ||
		(session_token && *session_token && k->session_token == NULL))
		return pds_error_oom(err);
	return true;
}

time_t
pds_parse_iso8601(const char *text)
{
	return (time_t) (pds_iso8601_us(text) / 1000000);
}

/* ---- STS ---- */

typedef struct StsReply
{
	PdsStr		access_key,
				secret_key,
				token,
				expiration;
} StsReply;

static bool
sts_element(void *arg, const char *path, const char *text)
{
	StsReply   *r = arg;
	const char *name = strrchr(path, '/');

	if (strstr(path, "Credentials/") == NULL || name == NULL)
		return true;
	name++;
	if (strcmp(name, "AccessKeyId") == 0)
		pds_str_append(&r->access_key, text);
	else if (strcmp(name, "SecretAccessKey") == 0)
		pds_str_append(&r->secret_key, text);
	else if (strcmp(name, "SessionToken") == 0)
		pds_str_append(&r->token, text);
	else if (strcmp(name, "Expiration") == 0)
		pds_str_append(&r->expiration, text);
	return true;
}

static bool
source_view(void *arg, bool refresh, PdsCredentialView *out, PdsError *err)
{
	const PdsKeys *k = arg;

	(void) refresh;
	(void) err;
	out->access_key = k->access_key;
	out->secret_key = k->secret_key;
	out->session_token = k->session_token;
	return true;
}

static void
form_field(PdsStr *body, const char *name, const char *value)
{
	pds_str_appendf(body, "&%s=", name);
	pds_str_append_uri(body, value, strlen(value), false);
}

bool
pds_sts_assume_role(PdsHttp *http, const char *base_url, const char *region,
					const PdsKeys *source, const char *role_arn,
					const char *external_id, const char *session_name,
					PdsKeys *out, PdsError *err)
{
	PdsRequest	req;
	PdsResponse resp;
	PdsStr		body;
	StsReply	r;
	char		name[64];
	PdsHeader	type = {"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"};
	bool		ok;

	memset(&r, 0, sizeof(r));
	pds_str_init(&body);
	pds_response_init(&resp);
	pds_request_init(&req);
	snprintf(name, sizeof(name), "pds_fdw-%ld", (long) time(NULL));
	pds_str_append(&body, "Action=AssumeRole&Version=2011-06-15");
	form_field(&body, "RoleArn", role_arn);
	form_field(&body, "RoleSessionName", session_name && *session_name ? session_name : name);
	if (external_id && *external_id)
		form_field(&body, "ExternalId", external_id);
	if (body.failed)
	{
		pds_str_free(&body);
		return pds_error_oom(err);
	}
	req.method = "POST";
	req.base_url = base_url;
	req.path = "/";
	req.headers = &type;
	req.nheaders = 1;
	req.body = body.data;
	req.body_len = body.len;
	req.credentials = source_view;
	req.credentials_arg = (void *) source;
	req.region = region;
	req.service = "sts";
	req.operation = "AssumeRole";
	req.resource = role_arn;
	req.xml_errors = true;
	ok = pds_http_perform(http, &req, &resp, err);
	if (ok)
		ok = pds_xml_walk(resp.body.data, resp.body.len, sts_element, &r, "AssumeRole", err);
	if (ok && (r.access_key.len == 0 || r.secret_key.len == 0))
		ok = pds_error_set(err, PDS_ERR_PROTOCOL, "the reply to AssumeRole holds no credentials");
	if (ok)
		ok = pds_keys_set(out, r.access_key.data, r.secret_key.data, pds_str_text(&r.token), err);
	if (ok)
		out->expiration = pds_parse_iso8601(pds_str_text(&r.expiration));
	if (r.secret_key.data)
		pds_secure_zero(r.secret_key.data, r.secret_key.cap);
	if (r.token.data)
		pds_secure_zero(r.token.data, r.token.cap);
	if (resp.body.data)
		pds_secure_zero(resp.body.data, resp.body.cap);
	pds_str_free(&r.access_key);
	pds_str_free(&r.secret_key);
	pds_str_free(&r.token);
	pds_str_free(&r.expiration);
	pds_str_free(&body);
	pds_response_free(&resp);
	return ok;
}

/* ---- metadata endpoints ---- */

/* {AccessKeyId, SecretAccessKey, Token, Expiration} */
static bool
keys_from_json(const PdsStr *body, const char *what, PdsKeys *out, PdsError *err)
{
	cJSON	   *o = cJSON_ParseWithLength(pds_str_text(body), body->len);
	const char *key = cJSON_GetStringValue(cJSON_GetObjectItem(o, "AccessKeyId"));
	const char *secret = cJSON_GetStringValue(cJSON_GetObjectItem(o, "SecretAccessKey"));
	const char *token = cJSON_GetStringValue(cJSON_GetObjectItem(o, "Token"));
	const char *message = cJSON_GetStringValue(cJSON_GetObjectItem(o, "Message"));
	bool		ok;

	if (key && secret)
	{
		ok = pds_keys_set(out, key, secret, token, err);
		if (ok)
			out->expiration = pds_parse_iso8601(
												cJSON_GetStringValue(cJSON_GetObjectItem(o, "Expiration")));
	}
	else
		ok = pds_error_set(err, PDS_ERR_NO_CREDENTIALS, "%s gave no credentials%s%s", what,
						   message ? ": " : "", message ? message : "");
	cJSON_Delete(o);
	return ok;
}

/* a GET or PUT with short time-outs (AWS.md 2.6, 2.7) */
static bool
metadata_request(PdsHttp *http, const char *method, const char *base_url, const char *path,
				 const PdsHeader *headers, int nheaders, const char *what, PdsResponse *resp,
				 PdsError *err)
{
	PdsRequest	req;
	PdsHttpOptions opt = {
		.connect_timeout_ms = 1000,
		.idle_timeout_ms = 2000,
		.max_attempts = 2
	};
	const char *set = getenv("AWS_METADATA_SERVICE_TIMEOUT");
	char	   *query;
	char	   *p = pds_strdup(path);
	bool		ok;

	if (p == NULL)
		return pds_error_oom(err);
	if (set && atol(set) > 0)
		opt.connect_timeout_ms = opt.idle_timeout_ms = atol(set) * 1000;
	query = strchr(p, '?');
	if (query)
		*query++ = '\0';
	pds_request_init(&req);
	req.method = method;
	req.base_url = base_url;
	req.path = p;
	req.query = query;
	req.headers = headers;
	req.nheaders = nheaders;
	req.service = "imds";
	req.operation = what;
	req.options = &opt;
	ok = pds_http_perform(http, &req, resp, err);
	free(p);
	return ok;
}

/* hosts that a container endpoint over plain http may have (AWS.md 2.6) */
static bool
container_host_ok(const char *uri)
{
	static const char *const hosts[] = {
		"127.", "localhost", "169.254.170.2", "169.254.170.23", "[fd00:ec2::23]", "[::1]", NULL
	};
	const char *host = strstr(uri, "://");
	int			i;

	if (host == NULL || strchr(host, '@'))
		return false;
	host += 3;
	for (i = 0; hosts[i]; i++)
	{
		size_t		n = strlen(hosts[i]);

		if (strncmp(host, hosts[i], n) != 0)
			continue;
		/* an address of the loopback network, not a name that begins like one */
		if (i == 0)
			n = strspn(host, "0123456789.");
		if (host[n] == '\0' || host[n] == '/' || host[n] == ':')
			return true;
	}
	return false;
}

/* the Authorization value of a container endpoint: file (wins) or variable */
static bool
container_token(char *out, size_t cap, PdsError *err)
{
	const char *file = getenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
	const char *value = getenv("AWS_CONTAINER_AUTHORIZATION_TOKEN");
	size_t		n;

	out[0] = '\0';
	if (file && *file)
	{
		FILE	   *f = fopen(file, "r");

		if (f == NULL)
			return pds_error_set(err, PDS_ERR_NO_CREDENTIALS,
								 "could not read the container authorization token file");
		n = fread(out, 1, cap - 1, f);
		fclose(f);
		out[n] = '\0';
		while (n > 0 && (out[n - 1] == '\n' || out[n - 1] == '\r'))
			out[--n] = '\0';
	}
	else if (value)
		pds_copy_cut(out, cap, value, strlen(value));
	if (strpbrk(out, "\r\n"))
		return pds_error_set(err, PDS_ERR_CONFIG,
							 "the container authorization token holds a line break");
	return true;
}

bool
pds_container_credentials(PdsHttp *http, bool *tried, PdsKeys *out, PdsError *err)
{
	const char *relative = getenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
	const char *full = getenv("AWS_CONTAINER_CREDENTIALS_FULL_URI");
	char		base[300] = "http://169.254.170.2";
	char		token[4096];
	const char *path;
	PdsHeader	headers[2] = {{"Accept", "application/json"}, {"Authorization", token}};
	PdsResponse resp;
	bool		ok;

	*tried = (relative && *relative) || (full && *full);
	if (!*tried)
		return true;
	if (relative && *relative)
		path = relative;
	else
	{
		const char *host = strstr(full, "://");

		if (!(strncmp(full, "https://", 8) == 0 || container_host_ok(full)) || host == NULL)
			return pds_error_set(err, PDS_ERR_CONFIG,
								 "AWS_CONTAINER_CREDENTIALS_FULL_URI names a host that may not be used over http");
		path = strchr(host + 3, '/');
		if (path == NULL)
			path = full + strlen(full);
		pds_copy_cut(base, sizeof(base), full, (size_t) (path - full));
	}
	if (!container_token(token, sizeof(token), err))
		return false;
	pds_response_init(&resp);
	ok = metadata_request(http, "GET", base, *path ? path : "/", headers, token[0] ? 2 : 1,
						  "container credentials", &resp, err) &&
		keys_from_json(&resp.body, "the container endpoint", out, err);
	pds_secure_zero(token, sizeof(token));
	if (resp.body.data)
		pds_secure_zero(resp.body.data, resp.body.cap);
	pds_response_free(&resp);
	return ok;
}

bool
pds_imds_credentials(PdsHttp *http, PdsKeys *out, PdsError *err)
{
	const char *set = getenv("AWS_EC2_METADATA_SERVICE_ENDPOINT");
	const char *mode = getenv("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE");
	const char *no_v1 = getenv("AWS_EC2_METADATA_V1_DISABLED");
	char		base[300];
	char		token[600] = "";
	char		path[400];
	PdsHeader	ttl = {"x-aws-ec2-metadata-token-ttl-seconds", "21600"};
	PdsHeader	auth = {"x-aws-ec2-metadata-token", token};
	PdsResponse resp;
	size_t		n;
	bool		ok;

	if (set && *set)
		pds_copy_cut(base, sizeof(base), set, strlen(set));
	else
		strcpy(base, mode && pds_strcasecmp(mode, "ipv6") == 0 ? "http://[fd00:ec2::254]"
			   : "http://169.254.169.254");
	while ((n = strlen(base)) > 0 && base[n - 1] == '/')
		base[n - 1] = '\0';

	pds_response_init(&resp);
	if (metadata_request(http, "PUT", base, "/latest/api/token", &ttl, 1, "token", &resp, err))
		pds_copy_cut(token, sizeof(token), pds_str_text(&resp.body), resp.body.len);
	else if (err->kind == PDS_ERR_CANCELLED || err->kind == PDS_ERR_CONNECT ||
			 err->http_status == 400 || (no_v1 && pds_strcasecmp(no_v1, "true") == 0))
	{
		pds_response_free(&resp);
		return false;
	}
	pds_response_free(&resp);
	ok = metadata_request(http, "GET", base, "/latest/meta-data/iam/security-credentials/", &auth,
						  token[0] ? 1 : 0, "role name", &resp, err);
	if (ok)
	{
		n = strcspn(pds_str_text(&resp.body), "\r\n");
		if (n == 0 || n > 200)
			ok = pds_error_set(err, PDS_ERR_NO_CREDENTIALS, "this instance has no role");
		else
			snprintf(path, sizeof(path), "/latest/meta-data/iam/security-credentials/%.*s",
					 (int) n, resp.body.data);
	}
	pds_response_free(&resp);
	if (ok)
		ok = metadata_request(http, "GET", base, path, &auth, token[0] ? 1 : 0,
							  "role credentials", &resp, err) &&
			keys_from_json(&resp.body, "instance metadata", out, err);
	if (resp.body.data)
		pds_secure_zero(resp.body.data, resp.body.cap);
	pds_response_free(&resp);
	return ok;
}
