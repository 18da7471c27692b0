/*
 * credential_metadata.c
 *	  Credentials from container endpoints (doc/dev/aws.md §2.6) and from EC2's instance
 *	  metadata (doc/dev/aws.md §2.7).  Never through a proxy: what answers must be this machine's
 *	  own.
 */
#include "core/auth/credential_sources.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/uri.h"

/* time-outs of one endpoint */
typedef struct Metadata
{
	const PdsChain *c;
	const char *base_url;
	const PdsHeader *headers;
	int			nheaders;
	const char *what;			/* for messages */
	PdsHttpOptions opt;
} Metadata;

/* path may have a query */
static bool
request(const Metadata *m, const char *method, const char *path, PdsResponse *resp, PdsError *err)
{
	PdsRequest	req;
	char	   *p = pds_strdup(path);
	char	   *query;
	bool		ok;

	if (p == NULL)
		return pds_error_oom(err);
	query = strchr(p, '?');
	if (query)
		*query++ = '\0';
	pds_request_init(&req);
	req.method = method;
	req.base_url = m->base_url;
	req.path = p;
	req.query = query;
	req.headers = m->headers;
	req.nheaders = m->nheaders;
	req.service = "imds";
	req.operation = m->what;
	req.options = &m->opt;
	req.secret = true;
	req.no_proxy = true;
	ok = pds_http_perform(m->c->http, &req, resp, err);
	free(p);
	return ok;
}

static bool
request_keys(const Metadata *m, const char *path, const char *giver, PdsKeys *out, PdsError *err)
{
	PdsResponse resp;
	cJSON	   *o;
	bool		ok;

	pds_response_init(&resp);
	ok = request(m, "GET", path, &resp, err);
	if (ok)
	{
		o = pds_json_parse_secret(pds_str_text(&resp.body), resp.body.len);
		ok = pds_keys_from_json(o, "Token", giver, out, err);
		pds_json_wipe(o);
	}
	if (ok)
	{
		out->info.refreshable = true;
		pds_keys_source(out, "%s", giver);
	}
	pds_str_wipe(&resp.body);
	pds_response_free(&resp);
	return ok;
}

/* ---- containers ---- */

/* hosts that a container endpoint over plain http may have (doc/dev/aws.md §2.6) */
static bool
container_host_ok(const PdsUri *u)
{
	static const char *const hosts[] = {
		"localhost", "169.254.170.2", "169.254.170.23", "[fd00:ec2::23]", "[::1]", NULL
	};
	int			i;

	for (i = 0; hosts[i]; i++)
		if (pds_uri_host_is(u, hosts[i]))
			return true;
	/* an address of the loopback network, not a name that begins like one */
	return u->host.n > 4 && strncmp(u->host.s, "127.", 4) == 0 &&
		strspn(u->host.s, "0123456789.") >= u->host.n;
}

/* the Authorization value of a container endpoint: file (wins) or variable */
static bool
container_token(char *out, size_t cap, PdsError *err)
{
	const char *file = getenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
	const char *value = getenv("AWS_CONTAINER_AUTHORIZATION_TOKEN");
	const char *fault;
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
	fault = pds_header_fault(out);
	return fault == NULL ||
		pds_error_set(err, PDS_ERR_CONFIG, "the container authorization token %s", fault);
}

bool
pds_container_credentials(const PdsChain *c, bool *found, PdsKeys *out, PdsError *err)
{
	const char *relative = getenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
	const char *full = getenv("AWS_CONTAINER_CREDENTIALS_FULL_URI");
	char		base[300] = "http://169.254.170.2";
	char		token[16384];
	const char *path;
	PdsHeader	headers[2] = {{"Accept", "application/json"}, {"Authorization", token}};
	Metadata	m = {
		.c = c,
		.base_url = base,
		.headers = headers,
		.what = "container credentials",
		.opt = {.connect_timeout_ms = 2000, .idle_timeout_ms = 2000, .max_attempts = 3,
		.retry_delay_ms = 1000},
	};
	bool		ok;

	*found = (relative && *relative) || (full && *full);
	if (!*found)
		return true;
	if (relative && *relative)
	{
		path = relative;
		/* it must not go on with the host's name */
		if (*path != '/')
			return pds_error_set(err, PDS_ERR_CONFIG,
								 "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI does not begin with a slash");
	}
	else
	{
		PdsUri		u;

		pds_uri_parse(full, &u);
		if (!pds_uri_is_http_origin(&u))
			return pds_error_set(err, PDS_ERR_CONFIG,
								 "AWS_CONTAINER_CREDENTIALS_FULL_URI is not a URL of http or https");
		if (!pds_uri_scheme_is(&u, "https") && !container_host_ok(&u))
			return pds_error_set(err, PDS_ERR_CONFIG,
								 "AWS_CONTAINER_CREDENTIALS_FULL_URI names a host that may not be used over http");
		path = u.rest;
		pds_copy_cut(base, sizeof(base), full, (size_t) (path - full));
	}
	if (!container_token(token, sizeof(token), err))
	{
		pds_secure_zero(token, sizeof(token));
		return false;
	}
	m.nheaders = token[0] ? 2 : 1;
	if (*path == '/')
		ok = request_keys(&m, path, "container", out, err);
	else
	{
		char		with_slash[1100];

		snprintf(with_slash, sizeof(with_slash), "/%.1000s", path);
		ok = request_keys(&m, with_slash, "container", out, err);
	}
	pds_secure_zero(token, sizeof(token));
	return ok;
}

/* ---- instance metadata ---- */

static long
number_setting(const PdsChain *c, const char *name, long missing)
{
	const char *v = c->settings ? pds_settings_get(c->settings, name) : NULL;
	long		n = v ? atol(v) : 0;

	return n > 0 && n <= 3600 ? n : missing;
}

/* Where it is, and a token for it, by the rules of 2.7.  False: there is none to ask. */
static bool
open_imds(const PdsChain *c, Metadata *m, char *base, size_t base_cap, char *token,
		  size_t token_cap, PdsError *err)
{
	const char *set = pds_settings_get(c->settings, "ec2_metadata_service_endpoint");
	const char *mode = pds_settings_get(c->settings, "ec2_metadata_service_endpoint_mode");
	PdsHeader	ttl = {"x-aws-ec2-metadata-token-ttl-seconds", "21600"};
	PdsResponse resp;
	size_t		n;
	bool		ok;

	memset(m, 0, sizeof(*m));
	m->c = c;
	m->base_url = base;
	m->what = "token";
	m->opt.connect_timeout_ms = m->opt.idle_timeout_ms =
		1000 * number_setting(c, "metadata_service_timeout", 1);
	m->opt.max_attempts = (int) number_setting(c, "metadata_service_num_attempts", 1);
	if (set)
		pds_copy_cut(base, base_cap, set, strlen(set));
	else
		snprintf(base, base_cap, "%s", mode && pds_strcasecmp(mode, "ipv6") == 0
				 ? "http://[fd00:ec2::254]" : "http://169.254.169.254");
	while ((n = strlen(base)) > 0 && base[n - 1] == '/')
		base[n - 1] = '\0';
	token[0] = '\0';
	m->headers = &ttl;
	m->nheaders = 1;
	pds_response_init(&resp);
	ok = request(m, "PUT", "/latest/api/token", &resp, err);
	if (ok)
		pds_copy_cut(token, token_cap, pds_str_text(&resp.body),
					 strcspn(pds_str_text(&resp.body), "\r\n"));
	pds_str_wipe(&resp.body);
	pds_response_free(&resp);
	m->headers = NULL;
	m->nheaders = 0;
	/* no token: version 1, where it is allowed and somebody may answer */
	return ok || !(err->kind == PDS_ERR_CANCELLED || err->kind == PDS_ERR_CONNECT ||
				   err->kind == PDS_ERR_BROKEN ||
				   err->http_status == 400 ||
				   pds_settings_true(c->settings, "ec2_metadata_v1_disabled"));
}

/* first line of what a path gives */
static bool
imds_line(const Metadata *m, const char *path, char *out, size_t cap, PdsError *err)
{
	PdsResponse resp;
	bool		ok;

	pds_response_init(&resp);
	ok = request(m, "GET", path, &resp, err);
	if (ok)
		pds_copy_cut(out, cap, pds_str_text(&resp.body), strcspn(pds_str_text(&resp.body), "\r\n"));
	pds_response_free(&resp);
	return ok;
}

#define IMDS_ROLES	"/latest/meta-data/iam/security-credentials/"

static bool
no_role(PdsError *err)
{
	pds_error_set(err, PDS_ERR_NO_CREDENTIALS, "this instance has no role");
	pds_error_hint(err, "Attach an instance profile to it, or give credentials in another way.");
	return false;
}

bool
pds_imds_credentials(const PdsChain *c, bool *found, PdsKeys *out, PdsError *err)
{
	Metadata	m;
	char		base[300];
	char		token[600];
	char		role[201] = "";
	PdsStr		path;
	PdsHeader	auth = {"x-aws-ec2-metadata-token", token};
	bool		ok;

	*found = !pds_settings_true(c->settings, "ec2_metadata_disabled");
	if (!*found)
		return true;
	if (!open_imds(c, &m, base, sizeof(base), token, sizeof(token), err))
		return false;
	pds_str_init(&path);
	m.headers = &auth;
	m.nheaders = token[0] ? 1 : 0;
	m.what = "role name";
	ok = imds_line(&m, IMDS_ROLES, role, sizeof(role), err) &&
		(role[0] || no_role(err));
	if (ok)
	{
		pds_str_append(&path, IMDS_ROLES);
		pds_str_append_uri(&path, role, strlen(role), false);
		m.what = "role credentials";
		ok = path.failed ? pds_error_oom(err)
			: request_keys(&m, path.data, "instance metadata", out, err);
	}
	if (ok)
		out->instance = true;
	pds_str_free(&path);
	pds_secure_zero(token, sizeof(token));
	return ok;
}

bool
pds_imds_region(PdsHttp *http, const PdsSettings *settings, char *out, size_t cap, PdsError *err)
{
	PdsChain	c = {.http = http, .settings = settings};
	Metadata	m;
	char		base[300];
	char		token[600];
	PdsHeader	auth = {"x-aws-ec2-metadata-token", token};
	bool		ok;

	out[0] = '\0';
	if (pds_settings_true(settings, "ec2_metadata_disabled"))
		return true;
	if (!open_imds(&c, &m, base, sizeof(base), token, sizeof(token), err))
		return false;
	m.headers = &auth;
	m.nheaders = token[0] ? 1 : 0;
	m.what = "region";
	ok = imds_line(&m, "/latest/meta-data/placement/region", out, cap, err);
	pds_secure_zero(token, sizeof(token));
	return ok;
}
