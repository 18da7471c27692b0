/*
 * keys.c
 *	  Keys in hand: what every source of credentials makes, from the forms in
 *	  which the environment and services give them.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/auth/credential_sources.h"
#include "core/base/calendar.h"

void
pds_keys_clear(PdsKeys *k)
{
	free(k->access_key);
	pds_free_secret(k->secret_key);
	pds_free_secret(k->session_token);
	memset(k, 0, sizeof(*k));
}

const char *
pds_key_fault(const char *value)
{
	size_t		n = strlen(value);
	const char *fault = pds_header_fault(value);

	if (n == 0)
		return "is empty";
	if (fault)
		return fault;
	return strchr(" \t", value[0]) ? "begins with a blank"
		: strchr(" \t", value[n - 1]) ? "ends in a blank" : NULL;
}

static bool
key_ok(const char *what, const char *value, const char *giver, PdsError *err)
{
	const char *fault = pds_key_fault(value);

	if (fault == NULL)
		return true;
	pds_error_set(err, PDS_ERR_NO_CREDENTIALS, "the %s %s", what, fault);
	pds_error_detail(err, "It was given by %s; nothing was sent.", giver);
	pds_error_hint(err, "Give it anew without that character.");
	return false;
}

bool
pds_keys_set(PdsKeys *k, const char *access_key, const char *secret_key,
			 const char *session_token, const char *giver, PdsError *err)
{
	pds_keys_clear(k);
	if (!key_ok("access key", access_key, giver, err) ||
		!key_ok("secret access key", secret_key, giver, err) ||
		(session_token && *session_token && !key_ok("session token", session_token, giver, err)))
		return false;
	k->access_key = pds_strdup(access_key);
	k->secret_key = pds_strdup(secret_key);
	if (session_token && *session_token)
		k->session_token = pds_strdup(session_token);
	if (k->access_key == NULL || k->secret_key == NULL ||
		(session_token && *session_token && k->session_token == NULL))
		return pds_error_oom(err);
	return true;
}

void
pds_info_set(char *field, size_t cap, const char *text)
{
	pds_escape_text(field, cap, text ? text : "", text ? strlen(text) : 0);
}

void
pds_keys_source(PdsKeys *k, const char *fmt,...)
{
	char		text[400];
	va_list		ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	PDS_INFO_SET(k->info.source, text);
}

time_t
pds_parse_iso8601(const char *text)
{
	int64_t		us;

	return pds_time_of_text(text, &us) ? (time_t) (us / 1000000) : 0;
}

bool
pds_keys_from_json(const cJSON *o, const char *token_name, const char *what, PdsKeys *out,
				   PdsError *err)
{
	const char *key = pds_json_text(o, "AccessKeyId");
	const char *secret = pds_json_text(o, "SecretAccessKey");
	const char *token = pds_json_text(o, token_name);
	const char *message = pds_json_text(o, "Message");
	const char *expiration = pds_json_text(o, "Expiration");
	const char *account = pds_json_text(o, "AccountId");

	if (key == NULL || secret == NULL || *key == '\0')
	{
		pds_error_set(err, PDS_ERR_NO_CREDENTIALS, "%s gave no credentials%s%s", what,
					  message ? ": " : "", message ? message : "");
		pds_error_hint(err, "Its reply should be JSON with AccessKeyId and SecretAccessKey.");
		return false;
	}
	if (!pds_keys_set(out, key, secret, token, what, err))
		return false;
	out->info.expiration = pds_parse_iso8601(expiration);
	if (expiration && out->info.expiration == 0)
	{
		pds_error_set(err, PDS_ERR_NO_CREDENTIALS, "%s gave an Expiration that is no time", what);
		pds_error_hint(err, "It should be like 2026-01-31T12:00:00Z.");
		return false;
	}
	PDS_INFO_SET(out->info.account_id, account);
	return true;
}

bool
pds_keys_from_environment(PdsKeys *out, bool *found, PdsError *err)
{
	const char *key = getenv("AWS_ACCESS_KEY_ID");
	const char *secret = getenv("AWS_SECRET_ACCESS_KEY");
	const char *token = getenv("AWS_SECURITY_TOKEN");	/* the old name, looked
														 * at first */
	const char *until = getenv("AWS_CREDENTIAL_EXPIRATION");

	*found = key && *key;
	if (!*found)
		return true;
	if (secret == NULL || *secret == '\0')
		return pds_error_set(err, PDS_ERR_NO_CREDENTIALS,
							 "the environment has AWS_ACCESS_KEY_ID but no AWS_SECRET_ACCESS_KEY");
	if (token == NULL || *token == '\0')
		token = getenv("AWS_SESSION_TOKEN");
	if (!pds_keys_set(out, key, secret, token, "the environment", err))
		return false;
	out->info.expiration = pds_parse_iso8601(until);
	if (until && *until && out->info.expiration == 0)
		return pds_error_set(err, PDS_ERR_NO_CREDENTIALS,
							 "AWS_CREDENTIAL_EXPIRATION of the environment is no time");
	PDS_INFO_SET(out->info.account_id, getenv("AWS_ACCOUNT_ID"));
	pds_keys_source(out, "environment");
	return true;
}
