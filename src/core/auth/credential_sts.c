/*
 * credential_sts.c
 *	  Credentials from the Security Token Service: AssumeRole and
 *	  AssumeRoleWithWebIdentity (doc/dev/aws.md §2.3).
 */
#include "core/auth/credential_sources.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/clock.h"
#include "core/base/xml.h"

#define MAX_TOKEN_FILE	(64 * 1024)

typedef struct StsReply
{
	PdsStr		access_key;
	PdsStr		secret_key;
	PdsStr		token;
	PdsStr		expiration;
} StsReply;

static bool
sts_element(void *arg, const char *path, const char *text, PdsError *err)
{
	StsReply   *r = arg;
	const char *name = strrchr(path, '/');

	(void) err;
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

/* what both operations take */
static void
role_fields(PdsStr *body, const PdsRole *role)
{
	char		text[64];

	snprintf(text, sizeof(text), "pds_fdw-%ld", (long) pds_wall_time());
	form_field(body, "RoleArn", role->arn);
	form_field(body, "RoleSessionName",
			   role->session_name && *role->session_name ? role->session_name : text);
	if (role->duration > 0)
		pds_str_appendf(body, "&DurationSeconds=%ld", role->duration);
}

/* account of arn:aws:iam::ACCOUNT:role/NAME */
static void
account_of(const char *arn, char *out, size_t cap)
{
	int			colons = 0;

	while (*arn && colons < 4)
		colons += *arn++ == ':';
	pds_copy_cut(out, cap, arn, strcspn(arn, ":"));
}

/* POST the body, signed with source unless that is NULL; body is wiped */
static bool
sts_call(const PdsChain *c, const char *operation, const PdsKeys *source, const PdsRole *role,
		 PdsStr *body, PdsKeys *out, PdsError *err)
{
	PdsHeader	type = {"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"};
	PdsRequest	req;
	PdsResponse resp;
	StsReply	r;
	char		root[64];
	bool		ok;

	memset(&r, 0, sizeof(r));
	pds_str_init_secret(&r.secret_key);
	pds_str_init_secret(&r.token);
	pds_response_init(&resp);
	pds_request_init(&req);
	req.method = "POST";
	req.base_url = c->sts_base_url;
	req.path = "/";
	req.headers = &type;
	req.nheaders = 1;
	req.body = body->data;
	req.body_len = body->len;
	if (source)
	{
		req.credentials = source_view;
		req.credentials_arg = (void *) source;
	}
	req.region = c->sts_region;
	req.service = "sts";
	req.operation = operation;
	req.resource = role->arn;
	req.xml_errors = true;
	req.secret = true;
	ok = body->failed ? pds_error_oom(err) : pds_http_perform(c->http, &req, &resp, err);
	if (ok)
	{
		PdsXmlReply reply = {
			.data = resp.body.data,
			.len = resp.body.len,
			.root = root,
			.service = "sts",
			.operation = operation,
			.resource = role->arn,
			.secret = true
		};

		snprintf(root, sizeof(root), "%sResponse", operation);
		ok = pds_xml_walk(&reply, sts_element, &r, err);
	}
	if (ok && (r.access_key.len == 0 || r.secret_key.len == 0))
		ok = pds_error_set(err, PDS_ERR_PROTOCOL, "the reply to %s holds no credentials",
						   operation);
	if (ok)
		ok = pds_keys_set(out, r.access_key.data, r.secret_key.data, pds_str_text(&r.token),
						  operation, err);
	if (ok)
	{
		out->info.expiration = pds_parse_iso8601(pds_str_text(&r.expiration));
		if (r.expiration.len > 0 && out->info.expiration == 0)
			ok = pds_error_set(err, PDS_ERR_PROTOCOL,
							   "the reply to %s gives an Expiration that is no time", operation);
	}
	if (!ok && err->service[0] == '\0')
		pds_error_context(err, "sts", operation, role->arn);
	if (ok)
	{
		out->info.refreshable = true;
		PDS_INFO_SET(out->info.role_arn, role->arn);
		account_of(role->arn, out->info.account_id, sizeof(out->info.account_id));
	}
	pds_str_free(&r.access_key);
	pds_str_wipe(&r.secret_key);
	pds_str_wipe(&r.token);
	pds_str_free(&r.expiration);
	pds_str_wipe(&resp.body);
	pds_response_free(&resp);
	pds_str_wipe(body);
	return ok;
}

bool
pds_sts_assume_role(const PdsChain *c, const PdsKeys *source, const PdsRole *role,
					PdsKeys *out, PdsError *err)
{
	PdsStr		body;

	pds_str_init(&body);
	pds_str_append(&body, "Action=AssumeRole&Version=2011-06-15");
	role_fields(&body, role);
	if (role->external_id && *role->external_id)
		form_field(&body, "ExternalId", role->external_id);
	return sts_call(c, "AssumeRole", source, role, &body, out, err);
}

bool
pds_sts_web_identity(const PdsChain *c, const PdsRole *role, const char *token_file,
					 PdsKeys *out, PdsError *err)
{
	PdsStr		token;
	PdsStr		body;
	bool		found;
	bool		ok;

	pds_str_init(&token);
	pds_str_init_secret(&body);
	ok = pds_read_file(token_file, MAX_TOKEN_FILE, &token, &found, err);
	while (token.len > 0 && strchr(" \t\r\n", token.data[token.len - 1]))
		token.data[--token.len] = '\0';
	if (ok && token.len == 0)
	{
		ok = pds_error_set(err, PDS_ERR_NO_CREDENTIALS, "the web identity token file \"%s\" %s",
						   token_file, found ? "is empty" : "cannot be read");
		pds_error_hint(err, "The server process needs to be able to read it: see "
					   "AWS_WEB_IDENTITY_TOKEN_FILE, or web_identity_token_file of the profile.");
	}
	if (ok)
	{
		pds_str_append(&body, "Action=AssumeRoleWithWebIdentity&Version=2011-06-15");
		role_fields(&body, role);
		form_field(&body, "WebIdentityToken", token.data);
		ok = sts_call(c, "AssumeRoleWithWebIdentity", NULL, role, &body, out, err);
		if (!ok && err->kind == PDS_ERR_AUTH)
			pds_error_hint(err, "The token in \"%s\" is not accepted: is it still being renewed, "
						   "and does the role trust who gave it?", token_file);
	}
	pds_str_wipe(&token);
	return ok;
}
