/*
 * credential_profile.c
 *	  What a profile says about credentials, in botocore's order (doc/dev/aws.md §2.2,
 *	  steps 3 to 9): a role, a web identity, single sign-on, keys of the
 *	  credentials file, a program, keys of the config file.
 */
#include "core/auth/credential_sources.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* profiles on the way to the one being looked at */
typedef struct Visit
{
	const char *profile;
	const struct Visit *before;
} Visit;

static const char *
get(const PdsChain *c, const char *profile, const char *key)
{
	return pds_profile_get(pds_settings_files(c->settings), profile, key);
}

static const char *
environment_variable(const char *name)
{
	const char *v = getenv(name);

	return v && *v ? v : NULL;
}

static bool
unsupported(const char *profile, const char *what, PdsError *err)
{
	pds_error_set(err, PDS_ERR_UNSUPPORTED,
				  "profile \"%s\" gets its credentials from %s, which is not supported", profile, what);
	pds_error_advise(err, PDS_ADVICE_PROFILE_SOURCES);
	return false;
}

static bool
duration_of(const char *text, const char *profile, long *seconds, PdsError *err)
{
	char	   *end;

	*seconds = 0;
	if (text == NULL)
		return true;
	*seconds = strtol(text, &end, 10);
	if (*end == '\0' && *seconds >= 900 && *seconds <= 43200)
		return true;
	return pds_error_set(err, PDS_ERR_CONFIG,
						 "duration_seconds of profile \"%s\" is not a number from 900 to 43200", profile);
}

/* ---- keys ---- */

static bool
static_keys(const PdsChain *c, const char *profile, bool credentials_file, bool *found,
			PdsKeys *out, PdsError *err)
{
	const PdsProfiles *p = pds_settings_files(c->settings);
	const char *secret = get(c, profile, "aws_secret_access_key");
	const char *token = get(c, profile, "aws_security_token");
	const char *key = pds_profile_get_file(p, profile, "aws_access_key_id", credentials_file);
	char		giver[200];

	*found = key != NULL;
	if (key == NULL)
		return true;
	if (secret == NULL)
		return pds_error_set(err, PDS_ERR_NO_CREDENTIALS,
							 "profile \"%s\" has aws_access_key_id but no aws_secret_access_key",
							 profile);
	snprintf(giver, sizeof(giver), "profile \"%.150s\"", profile);
	if (!pds_keys_set(out, key, secret, token ? token : get(c, profile, "aws_session_token"), giver,
					  err))
		return false;
	pds_keys_source(out, "profile %s (%s file)", profile,
					credentials_file ? "credentials" : "config");
	PDS_INFO_SET(out->info.profile, profile);
	PDS_INFO_SET(out->info.account_id, get(c, profile, "aws_account_id"));
	return true;
}

/* ---- a web identity ---- */

static bool
web_identity(const PdsChain *c, const char *profile, bool environment, bool *found, PdsKeys *out,
			 PdsError *err)
{
	const char *file = environment ? environment_variable("AWS_WEB_IDENTITY_TOKEN_FILE") : NULL;
	bool		by_variable = file != NULL;
	PdsRole		role = {0};

	if (file == NULL)
		file = get(c, profile, "web_identity_token_file");
	*found = file != NULL;
	if (file == NULL)
		return true;
	if (environment)
	{
		role.arn = environment_variable("AWS_ROLE_ARN");
		role.session_name = environment_variable("AWS_ROLE_SESSION_NAME");
	}
	if (role.arn == NULL)
		role.arn = get(c, profile, "role_arn");
	if (role.session_name == NULL)
		role.session_name = get(c, profile, "role_session_name");
	if (role.arn == NULL)
	{
		pds_error_set(err, PDS_ERR_CONFIG, "there is a web identity token file but no role for it");
		pds_error_hint(err,
					   "Set AWS_ROLE_ARN beside AWS_WEB_IDENTITY_TOKEN_FILE, or role_arn beside "
					   "web_identity_token_file in the profile.");
		return false;
	}
	if (!duration_of(get(c, profile, "duration_seconds"), profile, &role.duration, err) ||
		!pds_sts_web_identity(c, &role, file, out, err))
		return false;
	if (by_variable)
		pds_keys_source(out, "web identity");
	else
	{
		pds_keys_source(out, "profile %s (web identity)", profile);
		PDS_INFO_SET(out->info.profile, profile);
	}
	return true;
}

/* ---- the steps ---- */

/* steps 4 to 9; environment: the variables of a web identity count, too */
static bool
other_steps(const PdsChain *c, const char *profile, bool environment, bool *found, PdsKeys *out,
			PdsError *err)
{
	const char *command;

	if (!web_identity(c, profile, environment, found, out, err))
		return false;
	if (*found)
		return true;
	if (get(c, profile, "sso_account_id") || get(c, profile, "sso_role_name"))
	{
		*found = true;
		return pds_sso_credentials(c, profile, out, err);
	}
	if (!static_keys(c, profile, true, found, out, err))
		return false;
	if (*found)
		return true;
	if (get(c, profile, "login_session"))
		return unsupported(profile, "\"aws login\"", err);
	command = get(c, profile, "credential_process");
	if (command)
	{
		*found = true;
		return pds_process_credentials(c, profile, command, out, err);
	}
	return static_keys(c, profile, false, found, out, err);
}

/* credential_source of a role */
static bool
from_service(const PdsChain *c, const char *name, PdsKeys *out, PdsError *err)
{
	bool		found = false;
	bool		ok;

	if (strcmp(name, "Environment") == 0)
		ok = pds_keys_from_environment(out, &found, err);
	else if (strcmp(name, "Ec2InstanceMetadata") == 0)
		ok = pds_imds_credentials(c, &found, out, err);
	else if (strcmp(name, "EcsContainer") == 0)
		ok = pds_container_credentials(c, &found, out, err);
	else
	{
		pds_error_set(err, PDS_ERR_CONFIG, "credential_source \"%s\" is not known", name);
		pds_error_hint(err, "It is Environment, Ec2InstanceMetadata or EcsContainer.");
		return false;
	}
	return ok && (found || pds_error_set(err, PDS_ERR_NO_CREDENTIALS,
										 "credential_source \"%s\" has no credentials", name));
}

static bool is_role(const PdsChain *c, const char *profile);
static bool role_profile(const PdsChain *c, const char *profile, const Visit *before, PdsKeys *out,
						 PdsError *err);

/* source_profile of a role */
static bool
from_source(const PdsChain *c, const char *source, const Visit *visit, PdsKeys *out, PdsError *err)
{
	const Visit *v;
	bool		found = false;

	if (!pds_profile_exists(pds_settings_files(c->settings), source))
		return pds_error_set(err, PDS_ERR_CONFIG,
							 "profile \"%s\" does not exist (source_profile of \"%s\")", source,
							 visit->profile);
	/* keys end the chain, even those of a profile that names itself */
	if (is_role(c, source) && get(c, source, "aws_access_key_id") == NULL)
	{
		for (v = visit; v; v = v->before)
			if (strcmp(v->profile, source) == 0)
			{
				pds_error_set(err, PDS_ERR_CONFIG,
							  "the source_profile of \"%s\" leads back to \"%s\"",
							  visit->profile, source);
				pds_error_hint(err, "Look into the server process's ~/.aws/config: a chain of "
							   "source_profile ends in keys or in another source.");
				return false;
			}
		return role_profile(c, source, visit, out, err);
	}
	return other_steps(c, source, false, &found, out, err) &&
		(found || pds_error_set(err, PDS_ERR_NO_CREDENTIALS,
								"profile \"%s\" has no credentials (source_profile of \"%s\")", source,
								visit->profile));
}

static bool
is_role(const PdsChain *c, const char *profile)
{
	return get(c, profile, "role_arn") && !get(c, profile, "web_identity_token_file");
}

/* step 3 (doc/dev/aws.md §2.3) */
static bool
role_profile(const PdsChain *c, const char *profile, const Visit *before, PdsKeys *out,
			 PdsError *err)
{
	Visit		visit = {profile, before};
	const char *source = get(c, profile, "source_profile");
	const char *service = get(c, profile, "credential_source");
	PdsRole		role = {
		.arn = get(c, profile, "role_arn"),
		.external_id = get(c, profile, "external_id"),
		.session_name = get(c, profile, "role_session_name")
	};
	PdsKeys		from = {0};
	bool		ok;

	if (get(c, profile, "mfa_serial"))
		return unsupported(profile, "a role that asks for an MFA code", err);
	if ((source == NULL) == (service == NULL))
		return pds_error_set(err, PDS_ERR_CONFIG,
							 "profile \"%s\" has role_arn and needs exactly one of source_profile and credential_source",
							 profile);
	if (!duration_of(get(c, profile, "duration_seconds"), profile, &role.duration, err))
		return false;
	ok = service ? from_service(c, service, &from, err)
		: from_source(c, source, &visit, &from, err);
	if (ok)
		ok = pds_sts_assume_role(c, &from, &role, out, err);
	pds_keys_clear(&from);
	if (ok)
	{
		pds_keys_source(out, "profile %s (assumed role)", profile);
		PDS_INFO_SET(out->info.profile, profile);
	}
	return ok;
}

bool
pds_profile_credentials(const PdsChain *c, bool *found, PdsKeys *out, PdsError *err)
{
	const char *profile = pds_settings_profile(c->settings);

	*found = false;
	pds_error_clear(err);
	/* a missing "default" is not an error (doc/dev/aws.md §2.1) */
	if (strcmp(profile, "default") != 0 &&
		!pds_profile_exists(pds_settings_files(c->settings), profile))
	{
		pds_error_set(err, PDS_ERR_CONFIG, "profile \"%s\" does not exist", profile);
		pds_error_hint(err, "Look into the server process's ~/.aws/config and credentials.");
		return false;
	}
	if (is_role(c, profile))
	{
		*found = true;
		return role_profile(c, profile, NULL, out, err);
	}
	return other_steps(c, profile, !c->profile_named, found, out, err);
}
