/*
 * credentials.c
 *	  The credential chain (AWS.md 2.2): explicit keys, environment, profiles,
 *	  container, instance metadata; roles assumed on top; cached and refreshed.
 */
#include "credentials.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "credential_sources.h"
#include "profile.h"

/* refreshed so long before expiry (AWS.md 2.8) */
#define REFRESH_BEFORE	(10 * 60)
/* with keys that still hold, a failed refresh is tried again after so long */
#define REFRESH_PAUSE	60
#define MAX_PROFILE_CHAIN	5

struct PdsCredentials
{
	PdsHttp    *http;
	bool		anonymous;
	bool		allow_ambient;
	bool		profile_named;	/* explicitly: the environment is skipped */
	char	   *access_key_id;
	char	   *secret_access_key;
	char	   *explicit_token;
	char	   *profile;
	char	   *role_arn;
	char	   *external_id;
	char	   *role_session_name;
	char	   *region;
	char	   *sts_base_url;
	PdsKeys		keys;			/* the cache */
	time_t		not_before;		/* no early refresh before that */
	char		source[200];
};

static bool
copy_text(char **to, const char *from)
{
	if (from == NULL || *from == '\0')
		return true;
	*to = pds_strdup(from);
	return *to != NULL;
}

PdsCredentials *
pds_credentials_new(PdsHttp *http, const PdsCredentialConfig *config, PdsError *err)
{
	PdsCredentials *c = calloc(1, sizeof(PdsCredentials));

	if (c == NULL ||
		!copy_text(&c->access_key_id, config->access_key_id) ||
		!copy_text(&c->secret_access_key, config->secret_access_key) ||
		!copy_text(&c->explicit_token, config->session_token) ||
		!copy_text(&c->profile, config->profile) ||
		!copy_text(&c->role_arn, config->role_arn) ||
		!copy_text(&c->external_id, config->external_id) ||
		!copy_text(&c->role_session_name, config->role_session_name) ||
		!copy_text(&c->region, config->region) ||
		!copy_text(&c->sts_base_url, config->sts_base_url))
	{
		pds_credentials_free(c);
		(void) pds_error_oom(err);
		return NULL;
	}
	c->http = http;
	c->anonymous = config->anonymous;
	c->allow_ambient = config->allow_ambient;
	c->profile_named = c->profile != NULL;
	return c;
}

static void
free_secret(char *s)
{
	if (s)
		pds_secure_zero(s, strlen(s));
	free(s);
}

void
pds_credentials_free(PdsCredentials *c)
{
	if (c == NULL)
		return;
	pds_keys_clear(&c->keys);
	free(c->access_key_id);
	free_secret(c->secret_access_key);
	free_secret(c->explicit_token);
	free(c->profile);
	free(c->role_arn);
	free(c->external_id);
	free(c->role_session_name);
	free(c->region);
	free(c->sts_base_url);
	free(c);
}

static void
set_source(PdsCredentials *c, const char *fmt, const char *a)
{
	char		text[200];

	snprintf(text, sizeof(text), fmt, a);
	pds_copy_cut(c->source, sizeof(c->source), text, strlen(text));
}

/* where STS is: given, else regional, else global (AWS.md 2.3) */
static void
sts_url(const PdsCredentials *c, const char *region, char *out, size_t cap)
{
	if (c->sts_base_url)
		pds_copy_cut(out, cap, c->sts_base_url, strlen(c->sts_base_url));
	else if (region && *region)
		snprintf(out, cap, "https://sts.%s.amazonaws.com%s", region,
				 strncmp(region, "cn-", 3) == 0 ? ".cn" : "");
	else
		snprintf(out, cap, "https://sts.amazonaws.com");
}

static bool
assume(PdsCredentials *c, const PdsKeys *source, const char *role, const char *external_id,
	   const char *session_name, PdsKeys *out, PdsError *err)
{
	char		url[300];

	sts_url(c, c->region, url, sizeof(url));
	return pds_sts_assume_role(c->http, url, c->region && *c->region ? c->region : "us-east-1",
							   source, role, external_id, session_name, out, err);
}

/* ---- sources ---- */

/* each: true with *found, or false with err */

static bool
from_environment(PdsCredentials *c, PdsKeys *out, bool *found, PdsError *err)
{
	const char *key = getenv("AWS_ACCESS_KEY_ID");
	const char *secret = getenv("AWS_SECRET_ACCESS_KEY");
	const char *token = getenv("AWS_SESSION_TOKEN");

	*found = key && *key;
	if (!*found)
		return true;
	if (secret == NULL || *secret == '\0')
		return pds_error_set(err, PDS_ERR_NO_CREDENTIALS,
							 "the environment has AWS_ACCESS_KEY_ID but no AWS_SECRET_ACCESS_KEY");
	if (!pds_keys_set(out, key, secret, token, err))
		return false;
	out->expiration = pds_parse_iso8601(getenv("AWS_CREDENTIAL_EXPIRATION"));
	set_source(c, "environment%s", "");
	return true;
}

static bool static_profile(PdsCredentials *c, const PdsProfiles *p, const char *profile,
						   PdsKeys *out, bool *found, PdsError *err);

static bool
unsupported_source(const char *profile, const char *what, PdsError *err)
{
	pds_error_set(err, PDS_ERR_UNSUPPORTED,
				  "profile \"%s\" gets its credentials from %s, which this version does not support",
				  profile, what);
	pds_error_hint(err, "Use keys, a role with source_profile, a container's or an instance's role, "
				   "or a user mapping with access_key_id and secret_access_key.");
	return false;
}

static bool
service_source(PdsCredentials *c, const char *name, PdsKeys *out, PdsError *err)
{
	bool		found = true;

	if (pds_strcasecmp(name, "Environment") == 0)
	{
		if (!from_environment(c, out, &found, err))
			return false;
	}
	else if (pds_strcasecmp(name, "Ec2InstanceMetadata") == 0)
		return pds_imds_credentials(c->http, out, err);
	else if (pds_strcasecmp(name, "EcsContainer") == 0)
	{
		if (!pds_container_credentials(c->http, &found, out, err))
			return false;
	}
	else
		return pds_error_set(err, PDS_ERR_CONFIG, "credential_source \"%s\" is not known", name);
	return found || pds_error_set(err, PDS_ERR_NO_CREDENTIALS,
								  "credential_source \"%s\" has no credentials", name);
}

/* a profile that assumes a role (AWS.md 2.3) */
static bool
role_profile(PdsCredentials *c, const PdsProfiles *p, const char *profile, int depth,
			 PdsKeys *out, PdsError *err)
{
	const char *role = pds_profile_get(p, profile, "role_arn");
	const char *source = pds_profile_get(p, profile, "source_profile");
	const char *service = pds_profile_get(p, profile, "credential_source");
	PdsKeys		from = {0};
	bool		found = false;
	bool		ok;

	if (pds_profile_get(p, profile, "mfa_serial"))
		return unsupported_source(profile, "a role that asks for an MFA code", err);
	if ((source == NULL) == (service == NULL))
		return pds_error_set(err, PDS_ERR_CONFIG,
							 "profile \"%s\" has role_arn and needs exactly one of source_profile and credential_source",
							 profile);
	if (depth >= MAX_PROFILE_CHAIN)
		return pds_error_set(err, PDS_ERR_CONFIG, "profile \"%s\" refers to itself", profile);
	if (service)
		ok = service_source(c, service, &from, err);
	else if (!pds_profile_exists(p, source))
		ok = pds_error_set(err, PDS_ERR_CONFIG, "profile \"%s\" does not exist (source_profile of \"%s\")",
						   source, profile);
	else if (strcmp(source, profile) != 0 && pds_profile_get(p, source, "role_arn"))
		ok = role_profile(c, p, source, depth + 1, &from, err);
	else
	{
		ok = static_profile(c, p, source, &from, &found, err);
		if (ok && !found)
			ok = pds_error_set(err, PDS_ERR_NO_CREDENTIALS, "profile \"%s\" has no keys", source);
	}
	if (ok)
		ok = assume(c, &from, role, pds_profile_get(p, profile, "external_id"),
					pds_profile_get(p, profile, "role_session_name"), out, err);
	pds_keys_clear(&from);
	return ok;
}

static bool
static_profile(PdsCredentials *c, const PdsProfiles *p, const char *profile,
			   PdsKeys *out, bool *found, PdsError *err)
{
	const char *key = pds_profile_get(p, profile, "aws_access_key_id");
	const char *secret = pds_profile_get(p, profile, "aws_secret_access_key");

	*found = key != NULL;
	if (key == NULL)
		return true;
	if (secret == NULL)
		return pds_error_set(err, PDS_ERR_NO_CREDENTIALS,
							 "profile \"%s\" has aws_access_key_id but no aws_secret_access_key",
							 profile);
	set_source(c, pds_profile_get_credentials(p, profile, "aws_access_key_id")
			   ? "profile %s (credentials file)" : "profile %s (config file)", profile);
	return pds_keys_set(out, key, secret, pds_profile_get(p, profile, "aws_session_token"), err);
}

static bool
from_profile(PdsCredentials *c, PdsKeys *out, bool *found, PdsError *err)
{
	const char *profile = pds_profile_name(c->profile);
	PdsProfiles *p = pds_profiles_load(err);
	bool		ok = true;

	*found = false;
	if (p == NULL)
		return false;
	if (!pds_profile_exists(p, profile))
	{
		/* a missing "default" is not an error (AWS.md 2.1) */
		ok = strcmp(profile, "default") == 0;
		if (!ok)
		{
			pds_error_set(err, PDS_ERR_CONFIG, "profile \"%s\" does not exist", profile);
			pds_error_hint(err, "Look into the server process's ~/.aws/config and credentials.");
		}
	}
	else if (pds_profile_get(p, profile, "web_identity_token_file"))
		ok = unsupported_source(profile, "a web identity", err);
	else if (pds_profile_get(p, profile, "role_arn"))
	{
		*found = true;
		ok = role_profile(c, p, profile, 0, out, err);
		if (ok)
			set_source(c, "profile %s (assumed role)", profile);
	}
	else if (pds_profile_get(p, profile, "sso_account_id") ||
			 pds_profile_get(p, profile, "sso_role_name"))
		ok = unsupported_source(profile, "single sign-on", err);
	else
	{
		ok = static_profile(c, p, profile, out, found, err);
		if (ok && !*found && pds_profile_get(p, profile, "credential_process"))
			ok = unsupported_source(profile, "credential_process", err);
	}
	pds_profiles_free(p);
	return ok;
}

static bool
from_metadata(PdsCredentials *c, PdsKeys *out, bool *found, PdsError *err)
{
	const char *off = getenv("AWS_EC2_METADATA_DISABLED");

	if (!pds_container_credentials(c->http, found, out, err))
		return false;
	if (*found)
	{
		set_source(c, "container%s", "");
		return true;
	}
	if (off && pds_strcasecmp(off, "true") == 0)
		return true;
	if (pds_imds_credentials(c->http, out, err))
	{
		*found = true;
		set_source(c, "instance metadata%s", "");
		return true;
	}
	/* the end of the chain: no instance, no credentials */
	return err->kind != PDS_ERR_CANCELLED;
}

/* ---- the chain ---- */

static bool
no_credentials(const PdsCredentials *c, PdsError *err)
{
	if (c->allow_ambient)
	{
		pds_error_set(err, PDS_ERR_NO_CREDENTIALS, "no credentials were found");
		pds_error_hint(err, "CREATE USER MAPPING ... OPTIONS (access_key_id '...', secret_access_key "
					   "'...'), or give the server process credentials (environment, profile, role).");
	}
	else
	{
		pds_error_set(err, PDS_ERR_NO_CREDENTIALS, "no credentials: the user mapping has none");
		pds_error_hint(err, "CREATE USER MAPPING ... OPTIONS (access_key_id '...', secret_access_key "
					   "'...'); or a superuser allows those of the server process with the server option "
					   "use_ambient_credentials.");
	}
	return false;
}

static bool
find_base(PdsCredentials *c, PdsKeys *out, PdsError *err)
{
	bool		found = false;

	if (c->access_key_id)
	{
		if (c->secret_access_key == NULL)
		{
			pds_error_set(err, PDS_ERR_NO_CREDENTIALS,
						  "the user mapping has access_key_id but no secret_access_key");
			pds_error_hint(err, "ALTER USER MAPPING ... OPTIONS (ADD secret_access_key '...').");
			return false;
		}
		set_source(c, "user mapping%s", "");
		return pds_keys_set(out, c->access_key_id, c->secret_access_key, c->explicit_token, err);
	}
	if (!c->allow_ambient)
		return no_credentials(c, err);
	if (!c->profile_named)
	{
		if (!from_environment(c, out, &found, err))
			return false;
		if (!found && getenv("AWS_WEB_IDENTITY_TOKEN_FILE") && getenv("AWS_ROLE_ARN"))
			return unsupported_source(pds_profile_name(NULL), "a web identity", err);
	}
	if (!found && !from_profile(c, out, &found, err))
		return false;
	if (!found && !from_metadata(c, out, &found, err))
		return false;
	return found || no_credentials(c, err);
}

static bool
load(PdsCredentials *c, PdsError *err)
{
	PdsKeys		base = {0};
	PdsKeys		fresh = {0};
	char		source[sizeof(c->source)];
	bool		ok;

	memcpy(source, c->source, sizeof(source));
	ok = find_base(c, &base, err);
	if (ok && c->role_arn)
	{
		ok = assume(c, &base, c->role_arn, c->external_id, c->role_session_name, &fresh, err);
		if (ok)
		{
			char		text[200];

			snprintf(text, sizeof(text), "role assumed with %.150s", c->source);
			pds_copy_cut(c->source, sizeof(c->source), text, strlen(text));
		}
	}
	else if (ok)
	{
		fresh = base;
		memset(&base, 0, sizeof(base));
	}
	pds_keys_clear(&base);
	if (!ok)
	{
		/* that of the keys we have */
		memcpy(c->source, source, sizeof(source));
		return false;
	}
	pds_keys_clear(&c->keys);
	c->keys = fresh;
	return true;
}

bool
pds_credentials_get(void *arg, bool refresh, PdsCredentialView *out, PdsError *err)
{
	PdsCredentials *c = arg;
	time_t		now = time(NULL);

	memset(out, 0, sizeof(*out));
	if (c->anonymous)
		return true;
	if (c->keys.access_key == NULL || refresh ||
		(c->keys.expiration && c->keys.expiration - now < REFRESH_BEFORE &&
		 (c->keys.expiration <= now || now >= c->not_before)))
	{
		/* keys that still hold are used on when a refresh fails (AWS.md 2.8) */
		if (c->keys.access_key && !refresh)
			c->not_before = now + REFRESH_PAUSE;
		if (!load(c, err) &&
			(c->keys.access_key == NULL || refresh || err->kind == PDS_ERR_CANCELLED ||
			 c->keys.expiration <= now))
			return false;
	}
	out->access_key = c->keys.access_key;
	out->secret_key = c->keys.secret_key;
	out->session_token = c->keys.session_token;
	return true;
}

const char *
pds_credentials_source(const PdsCredentials *c)
{
	return c->anonymous ? "anonymous" : c->source;
}

time_t
pds_credentials_expiration(const PdsCredentials *c)
{
	return c->keys.expiration;
}

/* ---- settings ---- */

static const char *
setting_from_environment(const char *name)
{
	char		variable[80];
	const char *v;
	size_t		i;

	snprintf(variable, sizeof(variable), "AWS_%s", name);
	for (i = 0; variable[i]; i++)
		if (variable[i] >= 'a' && variable[i] <= 'z')
			variable[i] -= 32;
	/* use_fips_endpoint is AWS_USE_FIPS_ENDPOINT, ca_bundle AWS_CA_BUNDLE, ... */
	v = getenv(variable);
	if ((v == NULL || *v == '\0') && strcmp(name, "region") == 0)
		v = getenv("AWS_DEFAULT_REGION");
	return v && *v ? v : NULL;
}

bool
pds_ambient_setting(const char *profile, const char *name, char **value, PdsError *err)
{
	bool		endpoint = strncmp(name, "endpoint_url", 12) == 0;
	const char *ignore = getenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS");
	const char *v;
	PdsProfiles *p;
	bool		found = false;

	*value = NULL;
	pds_error_clear(err);
	if (endpoint && ignore && pds_strcasecmp(ignore, "true") == 0)
		return false;
	v = setting_from_environment(name);
	if (v)
	{
		*value = pds_strdup(v);
		return *value != NULL || pds_error_oom(err);
	}
	p = pds_profiles_load(err);
	if (p == NULL)
		return false;
	profile = pds_profile_name(profile);
	if (endpoint && name[12] == '_')
	{
		const char *services = pds_profile_get(p, profile, "services");

		v = services ? pds_profile_service(p, services, name + 13, "endpoint_url") : NULL;
	}
	else
		v = pds_profile_get(p, profile, name);
	if (v)
	{
		*value = pds_strdup(v);
		found = *value != NULL || pds_error_oom(err);
	}
	pds_profiles_free(p);
	return found;
}
