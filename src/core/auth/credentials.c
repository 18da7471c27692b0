/*
 * credentials.c
 *	  The credential chain (doc/dev/aws.md §2.2): explicit keys, environment, what a
 *	  profile says, container, instance metadata; a role assumed on top; cached
 *	  and refreshed.
 */
#include "core/auth/credentials.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/assert.h"
#include "core/base/clock.h"
#include "core/auth/credential_sources.h"

/*
 * Fresh keys are wanted so long before the old ones expire; keys of a short
 * life, and those that were nearly over when they came, are used for half of
 * what is left of it (doc/dev/aws.md §2.8).
 */
#define REFRESH_BEFORE			(15 * 60)
#define REFRESH_BEFORE_SHORT	(5 * 60)
#define SHORT_LIFE				(20 * 60)
/* after a failure: the next try, while the keys hold for long and when they do not */
#define REFRESH_PAUSE			(5 * 60)
#define REFRESH_PAUSE_LATE		60
#define LATE					(10 * 60)
/* instance metadata may hand out what is nearly over: it is used on for so long */
#define STATIC_STABILITY		(15 * 60)

struct PdsCredentials
{
	PdsHttp    *http;
	bool		anonymous;
	bool		allow_ambient;
	bool		profile_named;	/* explicitly: the environment is skipped */
	bool		profile_only;	/* ... and container and instance are, too */
	char	   *access_key_id;
	char	   *secret_access_key;
	char	   *explicit_token;
	char	   *profile;
	char	   *role_arn;
	char	   *external_id;
	char	   *role_session_name;
	char	   *region;
	char	   *sts_base_url;
	const char *holder;			/* of explicit keys, a constant */
	PdsKeys		keys;			/* the cache */
	time_t		refresh_at;		/* 0: never by itself */
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
	const char *region = config->region && *config->region ? config->region : "us-east-1";
	const char *sts = config->sts_base_url ? config->sts_base_url : "https://sts.amazonaws.com";

	if (c == NULL ||
		!copy_text(&c->access_key_id, config->access_key_id) ||
		!copy_text(&c->secret_access_key, config->secret_access_key) ||
		!copy_text(&c->explicit_token, config->session_token) ||
		!copy_text(&c->profile, config->profile) ||
		!copy_text(&c->role_arn, config->role_arn) ||
		!copy_text(&c->external_id, config->external_id) ||
		!copy_text(&c->role_session_name, config->role_session_name) ||
		!copy_text(&c->region, region) ||
		!copy_text(&c->sts_base_url, sts))
	{
		pds_credentials_free(c);
		(void) pds_error_oom(err);
		return NULL;
	}
	c->http = http;
	c->anonymous = config->anonymous;
	c->holder = config->holder ? config->holder : "configuration";
	c->allow_ambient = config->allow_ambient;
	c->profile_named = c->profile != NULL;
	c->profile_only = config->profile_only;
	if (c->anonymous)
		pds_keys_source(&c->keys, "anonymous");
	return c;
}

bool
pds_credentials_anonymous(const PdsCredentials *c)
{
	return c->anonymous;
}

void
pds_credentials_free(PdsCredentials *c)
{
	if (c == NULL)
		return;
	pds_keys_clear(&c->keys);
	free(c->access_key_id);
	pds_free_secret(c->secret_access_key);
	pds_free_secret(c->explicit_token);
	free(c->profile);
	free(c->role_arn);
	free(c->external_id);
	free(c->role_session_name);
	free(c->region);
	free(c->sts_base_url);
	free(c);
}

/* ---- the chain ---- */

/* why: what instance metadata said, the end of the chain; may be empty */
static bool
no_credentials(const PdsCredentials *c, const char *why, PdsError *err)
{
	char		text[400];

	pds_copy_cut(text, sizeof(text), why, strlen(why));
	if (!c->allow_ambient)
	{
		pds_error_set(err, PDS_ERR_NO_CREDENTIALS, "no credentials: the %s has none", c->holder);
		pds_error_advise(err, PDS_ADVICE_KEYS_OR_SERVER);
		return false;
	}
	pds_error_set(err, PDS_ERR_NO_CREDENTIALS, "no credentials were found");
	if (text[0])
		pds_error_detail(err, "Instance metadata, asked last: %s.", text);
	pds_error_advise(err, PDS_ADVICE_KEYS);
	return false;
}

/* steps 2 to 11 */
static bool
find_ambient(const PdsCredentials *c, const PdsChain *chain, PdsKeys *out, PdsError *err)
{
	bool		found = false;

	pds_error_clear(err);
	if (!c->profile_named && !pds_keys_from_environment(out, &found, err))
		return false;
	if (!found && !pds_profile_credentials(chain, &found, out, err))
		return false;
	if (!found && c->profile_only)
	{
		pds_error_set(err, PDS_ERR_NO_CREDENTIALS, "profile \"%s\" has no credentials",
					  pds_settings_profile(chain->settings));
		pds_error_hint(err, "Those of the machine are not used in its place.");
		return false;
	}
	if (!found && !pds_container_credentials(chain, &found, out, err))
		return false;
	if (found)
		return true;
	if (pds_imds_credentials(chain, &found, out, err))
		return found || no_credentials(c, "", err);
	/* the end of the chain: no instance, no credentials */
	return err->kind == PDS_ERR_CANCELLED ? false : no_credentials(c, err->message, err);
}

static bool
find_base(const PdsCredentials *c, PdsChain *chain, PdsKeys *out, PdsError *err)
{
	if (c->access_key_id)
	{
		char		what[80];

		snprintf(what, sizeof(what), "the %s", c->holder);
		if (c->secret_access_key == NULL)
		{
			pds_error_set(err, PDS_ERR_NO_CREDENTIALS,
						  "the %s has access_key_id but no secret_access_key", c->holder);
			pds_error_advise(err, PDS_ADVICE_SECRET_MISSING);
			return false;
		}
		if (!pds_keys_set(out, c->access_key_id, c->secret_access_key, c->explicit_token,
						  what, err))
			return false;
		pds_keys_source(out, "%s", c->holder);
		return true;
	}
	if (!c->allow_ambient)
		return no_credentials(c, "", err);
	return find_ambient(c, chain, out, err);
}

static time_t
now_of(const PdsCredentials *c)
{
	return pds_wall_time() + pds_http_clock_skew(c->http);
}

/*
 * When are fresh ones to be fetched?  What has already expired is refused; of
 * an instance it is used on (doc/dev/aws.md §2.7).
 */
static bool
plan_refresh(const PdsCredentials *c, PdsKeys *k, time_t *refresh_at, PdsError *err)
{
	time_t		now = now_of(c);
	time_t		life = k->info.expiration - now;

	*refresh_at = 0;
	if (k->info.expiration == 0)
		return true;
	if (k->instance && life < STATIC_STABILITY)
	{
		k->info.expiration = now + STATIC_STABILITY + 120 + (time_t) ((unsigned long) now % 480);
		*refresh_at = now + REFRESH_PAUSE;
		return true;
	}
	if (life <= 0)
	{
		pds_error_set(err, PDS_ERR_AUTH, "the credentials of %s have expired", k->info.source);
		pds_error_hint(err, k->info.refreshable
					   ? "Where they come from should give fresh ones. Check the clock of the server, too."
					   : "They are not renewed by themselves: give the server process fresh ones.");
		return false;
	}
	if (!k->info.refreshable)
		*refresh_at = k->info.expiration;
	else if (life > SHORT_LIFE)
		*refresh_at = k->info.expiration - REFRESH_BEFORE;
	else
		*refresh_at = k->info.expiration -
			(life / 2 < REFRESH_BEFORE_SHORT ? life / 2 : REFRESH_BEFORE_SHORT);
	return true;
}

/* Fresh keys into the cache; a failure leaves it as it is. */
static bool
load(PdsCredentials *c, PdsError *err)
{
	PdsChain	chain = {
		.http = c->http,
		.sts_base_url = c->sts_base_url,
		.sts_region = c->region,
		.profile_named = c->profile_named,
	};
	PdsSettings *settings = NULL;
	PdsKeys		base = {0};
	PdsKeys		fresh = {0};
	time_t		refresh_at;
	bool		ok = true;

	/* files are read anew: somebody may have changed them to mend what failed */
	if (c->allow_ambient && c->access_key_id == NULL)
	{
		chain.settings = settings = pds_settings_load(c->profile, err);
		ok = settings != NULL;
	}
	ok = ok && find_base(c, &chain, &base, err);
	if (ok && c->role_arn)
	{
		PdsRole		role = {
			.arn = c->role_arn,
			.external_id = c->external_id,
			.session_name = c->role_session_name,
		};

		ok = pds_sts_assume_role(&chain, &base, &role, &fresh, err);
		if (ok)
		{
			pds_keys_source(&fresh, "role assumed with %s", base.info.source);
			PDS_INFO_SET(fresh.info.profile, base.info.profile);
		}
	}
	else if (ok)
	{
		fresh = base;
		memset(&base, 0, sizeof(base));
	}
	pds_keys_clear(&base);
	pds_settings_free(settings);
	if (!ok || !plan_refresh(c, &fresh, &refresh_at, err))
	{
		pds_keys_clear(&fresh);
		return false;
	}
	PDS_ASSERT(fresh.access_key && fresh.secret_key);
	PDS_ASSERT(refresh_at <= fresh.info.expiration);
	pds_keys_clear(&c->keys);
	c->keys = fresh;
	c->refresh_at = refresh_at;
	return true;
}

bool
pds_credentials_get(void *arg, bool refresh, PdsCredentialView *out, PdsError *err)
{
	PdsCredentials *c = arg;
	time_t		now = now_of(c);

	memset(out, 0, sizeof(*out));
	if (c->anonymous)
		return true;
	if (c->keys.access_key == NULL || refresh || (c->refresh_at && now >= c->refresh_at))
	{
		time_t		left = c->keys.info.expiration - now;

		if (!load(c, err))
		{
			/* keys that still hold are used on when a refresh fails */
			if (c->keys.access_key == NULL || refresh || err->kind == PDS_ERR_CANCELLED ||
				left <= 0)
				return false;
			c->refresh_at = now + (left > LATE ? REFRESH_PAUSE : REFRESH_PAUSE_LATE);
			if (c->refresh_at > c->keys.info.expiration)
				c->refresh_at = c->keys.info.expiration;
		}
	}
	PDS_ASSERT(c->keys.access_key && c->keys.secret_key);
	out->access_key = c->keys.access_key;
	out->secret_key = c->keys.secret_key;
	out->session_token = c->keys.session_token;
	return true;
}

const PdsCredentialInfo *
pds_credentials_info(const PdsCredentials *c)
{
	return &c->keys.info;
}
