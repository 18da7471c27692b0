/*
 * credential_sso.c
 *	  Credentials of IAM Identity Center, by the token that "aws sso login" left
 *	  below ~/.aws/sso/cache (doc/dev/aws.md §2.4).
 *
 * A token of an sso-session is renewed here when it is nearly over, and written
 * back: to a new file that then takes the old one's place, under a lock of the
 * folder, since the refresh token may be good for one use only.
 */
#include "core/auth/credential_sources.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "core/base/calendar.h"
#include "core/base/clock.h"
#include "core/net/endpoints.h"

#define MAX_TOKEN_FILE	(256 * 1024)
#define RENEW_BEFORE	(15 * 60)
#define LOCK_WAIT_MS	5000

/* what a profile says about it; strings of the settings */
typedef struct Sso
{
	const PdsChain *c;
	const char *profile;
	const char *session;		/* NULL: the old form */
	const char *start_url;
	const char *region;
	const char *account_id;
	const char *role_name;
	char		folder[1024];
	char		file[1100];		/* the token's */
} Sso;

static bool
log_in_again(const Sso *s, const char *why, PdsError *err)
{
	pds_error_set(err, PDS_ERR_NO_CREDENTIALS, "profile \"%s\" has no valid SSO token: %s",
				  s->profile, why);
	pds_error_hint(err, "Log in as the operating system's user of the server: "
				   "aws sso login --profile %s.", s->profile);
	return false;
}

/* A key of the profile or of its sso-session; both must agree. */
static bool
setting(const Sso *s, const char *key, bool in_session, const char **value, PdsError *err)
{
	const PdsProfiles *p = pds_settings_files(s->c->settings);
	const char *own = pds_profile_get(p, s->profile, key);
	const char *shared = s->session && in_session
		? pds_profile_section(p, "sso-session", s->session, key) : NULL;

	if (own && shared && strcmp(own, shared) != 0)
		return pds_error_set(err, PDS_ERR_CONFIG,
							 "%s of profile \"%s\" and of its sso-session \"%s\" differ", key,
							 s->profile, s->session);
	*value = shared ? shared : own;
	if (*value == NULL || **value == '\0')
	{
		pds_error_set(err, PDS_ERR_CONFIG, "profile \"%s\" uses SSO but has no %s", s->profile,
					  key);
		pds_error_hint(err, "Look into the server process's ~/.aws/config.");
		return false;
	}
	return true;
}

static bool
token_file(Sso *s, PdsError *err)
{
	const char *name = s->session ? s->session : s->start_url;
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned int n = 0;
	PdsStr		hex;

	pds_str_init(&hex);
	if (!EVP_Digest(name, strlen(name), hash, &n, EVP_sha1(), NULL) ||
		!pds_str_append_hex(&hex, hash, n))
	{
		pds_str_free(&hex);
		return pds_error_oom(err);
	}
	snprintf(s->folder, sizeof(s->folder), "%.900s/.aws/sso/cache", pds_home_directory());
	snprintf(s->file, sizeof(s->file), "%s/%s.json", s->folder, hex.data);
	pds_str_free(&hex);
	return true;
}

static bool
read_settings(Sso *s, PdsError *err)
{
	const PdsProfiles *p = pds_settings_files(s->c->settings);

	s->session = pds_profile_get(p, s->profile, "sso_session");
	if (s->session && !pds_profile_has_section(p, "sso-session", s->session))
		return pds_error_set(err, PDS_ERR_CONFIG,
							 "sso-session \"%s\" of profile \"%s\" does not exist", s->session,
							 s->profile);
	if (!setting(s, "sso_start_url", true, &s->start_url, err) ||
		!setting(s, "sso_region", true, &s->region, err) ||
		!setting(s, "sso_account_id", false, &s->account_id, err) ||
		!setting(s, "sso_role_name", false, &s->role_name, err))
		return false;
	if (!pds_region_valid(s->region))
		return pds_error_set(err, PDS_ERR_CONFIG,
							 "sso_region \"%.40s\" of profile \"%s\" is not a region",
							 s->region, s->profile);
	return token_file(s, err);
}

/* ---- the token ---- */

/* NULL: see err */
static cJSON *
read_token(const Sso *s, PdsError *err)
{
	PdsStr		text;
	cJSON	   *token = NULL;
	bool		found;

	pds_str_init(&text);
	if (pds_read_file(s->file, MAX_TOKEN_FILE, &text, &found, err))
	{
		token = text.len ? pds_json_parse_secret(text.data, text.len) : NULL;
		if (pds_json_text(token, "accessToken") == NULL ||
			pds_json_text(token, "expiresAt") == NULL)
		{
			pds_json_wipe(token);
			token = NULL;
			(void) log_in_again(s, found ? "its file is damaged" : "there is none", err);
		}
	}
	pds_str_wipe(&text);
	return token;
}

static time_t
sso_now(const Sso *s)
{
	return pds_wall_time() + pds_http_clock_skew(s->c->http);
}

static long
seconds_left(const Sso *s, const cJSON *token)
{
	return (long) (pds_parse_iso8601(pds_json_text(token, "expiresAt")) - sso_now(s));
}

static bool
renewable(const Sso *s, const cJSON *token)
{
	const char *until = pds_json_text(token, "registrationExpiresAt");

	return s->session && pds_json_text(token, "refreshToken") && pds_json_text(token, "clientId") &&
		pds_json_text(token, "clientSecret") && until && pds_parse_iso8601(until) > sso_now(s);
}

static void
service_url(const Sso *s, const char *service, const char *host, char *out, size_t cap)
{
	const char *set = pds_settings_endpoint(s->c->settings, service);

	if (set)
		pds_copy_cut(out, cap, set, strlen(set) - pds_str_has_suffix(set, "/"));
	else
		snprintf(out, cap, "https://%s.%s.%s", host, s->region,
				 pds_region_suffix(s->region, false));
}

/* Ask for a new token and put it into the old one's fields. */
static bool
renew(const Sso *s, cJSON *token, PdsError *err)
{
	PdsHeader	type = {"Content-Type", "application/json"};
	PdsRequest	req;
	PdsResponse resp;
	char		url[400];
	char		when[40];
	char	   *body;
	PdsJson		ask;
	PdsJson		renewed = {.root = token};
	cJSON	   *reply = NULL;
	const cJSON *seconds;
	int64_t		expires_us;
	bool		ok;

	service_url(s, "sso_oidc", "oidc", url, sizeof(url));
	pds_json_init(&ask);
	pds_json_put_text(&ask, ask.root, "clientId", pds_json_text(token, "clientId"));
	pds_json_put_text(&ask, ask.root, "clientSecret", pds_json_text(token, "clientSecret"));
	pds_json_put_text(&ask, ask.root, "grantType", "refresh_token");
	pds_json_put_text(&ask, ask.root, "refreshToken", pds_json_text(token, "refreshToken"));
	body = pds_json_print_secret(&ask);
	pds_json_wipe(ask.root);
	pds_response_init(&resp);
	pds_request_init(&req);
	req.method = "POST";
	req.base_url = url;
	req.path = "/token";
	req.headers = &type;
	req.nheaders = 1;
	req.body = body;
	req.body_len = body ? strlen(body) : 0;
	req.service = "sso-oidc";
	req.operation = "CreateToken";
	req.resource = s->start_url;
	req.not_idempotent = true;
	req.secret = true;
	ok = body ? pds_http_perform(s->c->http, &req, &resp, err) : pds_error_oom(err);
	if (ok)
	{
		reply = pds_json_parse_secret(pds_str_text(&resp.body), resp.body.len);
		seconds = cJSON_GetObjectItemCaseSensitive(reply, "expiresIn");
		if (pds_json_text(reply, "accessToken") == NULL || !cJSON_IsNumber(seconds))
			ok = pds_error_set(err, PDS_ERR_PROTOCOL, "the reply to CreateToken holds no token");
		else if (!pds_time_of_number((double) sso_now(s) + seconds->valuedouble, &expires_us) ||
				 !pds_utc_text((time_t) (expires_us / 1000000), "%Y-%m-%dT%H:%M:%SZ", when,
							   sizeof(when)))
			ok = pds_error_set(err, PDS_ERR_PROTOCOL,
							   "the reply to CreateToken gives an expiresIn that is no time");
		else
		{
			pds_json_put_text(&renewed, token, "accessToken", pds_json_text(reply, "accessToken"));
			pds_json_put_text(&renewed, token, "expiresAt", when);
			pds_json_put_text(&renewed, token, "refreshToken",
							  pds_json_text(reply, "refreshToken"));
			if (renewed.failed)
				ok = pds_error_oom(err);
		}
	}
	pds_json_wipe(reply);
	pds_free_secret(body);
	pds_str_wipe(&resp.body);
	pds_response_free(&resp);
	return ok;
}

/* A new file, complete, in the place of the old one.  Failure leaves the old one. */
static void
write_back(const Sso *s, cJSON *token)
{
	PdsJson		whole = {.root = token};
	char		temporary[1120];
	char	   *text = pds_json_print_secret(&whole);
	size_t		len = text ? strlen(text) : 0;
	int			fd;

	snprintf(temporary, sizeof(temporary), "%s.%ld.new", s->file, (long) getpid());
	fd = text ? open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600) : -1;
	if (fd >= 0)
	{
		bool		ok = write(fd, text, len) == (ssize_t) len && fsync(fd) == 0;

		ok = close(fd) == 0 && ok;
		if (!ok || rename(temporary, s->file) != 0)
			unlink(temporary);
	}
	pds_free_secret(text);
}

/* The folder's lock, or -1: then somebody holds it for long, or it cannot be locked. */
static int
lock_folder(const Sso *s, PdsError *err)
{
	int			fd = open(s->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int			waited;

	for (waited = 0; fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0; waited += 50)
		if (errno != EWOULDBLOCK || waited >= LOCK_WAIT_MS ||
			!pds_http_sleep(s->c->http, 50, PDS_WAIT_HTTP, err))
		{
			close(fd);
			fd = -1;
		}
	return fd;
}

/* A token that holds; renewed when it is nearly over.  NULL: see err. */
static cJSON *
valid_token(const Sso *s, PdsError *err)
{
	cJSON	   *token = read_token(s, err);
	int			lock;

	if (token == NULL)
		return NULL;
	pds_error_clear(err);
	if (seconds_left(s, token) < RENEW_BEFORE && renewable(s, token))
	{
		lock = lock_folder(s, err);
		/* another session may have renewed it meanwhile */
		pds_json_wipe(token);
		token = err->kind == PDS_ERR_CANCELLED ? NULL : read_token(s, err);
		if (token && seconds_left(s, token) < RENEW_BEFORE && renewable(s, token))
		{
			if (renew(s, token, err))
				write_back(s, token);
			else if (err->kind == PDS_ERR_CANCELLED)
			{
				pds_json_wipe(token);
				token = NULL;
			}
		}
		if (lock >= 0)
			close(lock);
	}
	if (token && seconds_left(s, token) <= 0)
	{
		char		why[300] = "it has expired";

		if (err->kind != PDS_ERR_NONE)
			snprintf(why, sizeof(why), "it has expired and could not be renewed: %.200s",
					 err->message);
		pds_json_wipe(token);
		token = NULL;
		(void) log_in_again(s, why, err);
	}
	return token;
}

/* ---- the credentials ---- */

static bool
role_credentials(const Sso *s, const char *access_token, PdsKeys *out, PdsError *err)
{
	PdsHeader	bearer = {"x-amz-sso_bearer_token", access_token};
	PdsRequest	req;
	PdsResponse resp;
	PdsStr		query;
	char		url[400];
	char		resource[200];
	cJSON	   *o = NULL;
	const cJSON *c;
	const cJSON *expires;
	int64_t		expires_us;
	bool		ok;

	service_url(s, "sso", "portal.sso", url, sizeof(url));
	snprintf(resource, sizeof(resource), "role %.90s of account %.30s", s->role_name,
			 s->account_id);
	pds_str_init(&query);
	pds_str_append(&query, "role_name=");
	pds_str_append_uri(&query, s->role_name, strlen(s->role_name), false);
	pds_str_append(&query, "&account_id=");
	pds_str_append_uri(&query, s->account_id, strlen(s->account_id), false);
	pds_response_init(&resp);
	pds_request_init(&req);
	req.method = "GET";
	req.base_url = url;
	req.path = "/federation/credentials";
	req.query = query.data;
	req.headers = &bearer;
	req.nheaders = 1;
	req.service = "sso";
	req.operation = "GetRoleCredentials";
	req.resource = resource;
	req.secret = true;
	ok = query.failed ? pds_error_oom(err)
		: pds_header_fault(access_token) ? log_in_again(s, "its file is damaged", err)
		: pds_http_perform(s->c->http, &req, &resp, err);
	if (!ok && err->http_status == 401)
		(void) log_in_again(s, "the service does not accept it", err);
	if (ok)
	{
		o = pds_json_parse_secret(pds_str_text(&resp.body), resp.body.len);
		c = cJSON_GetObjectItemCaseSensitive(o, "roleCredentials");
		expires = cJSON_GetObjectItemCaseSensitive(c, "expiration");
		ok = pds_json_text(c, "accessKeyId") && pds_json_text(c, "secretAccessKey")
			? pds_keys_set(out, pds_json_text(c, "accessKeyId"),
						   pds_json_text(c, "secretAccessKey"),
						   pds_json_text(c, "sessionToken"), "GetRoleCredentials", err)
			: pds_error_set(err, PDS_ERR_PROTOCOL, "the reply to GetRoleCredentials holds none");
		if (ok && expires && (!cJSON_IsNumber(expires) ||
							  !pds_time_of_number(expires->valuedouble / 1000, &expires_us)))
			ok = pds_error_set(err, PDS_ERR_PROTOCOL,
							   "the reply to GetRoleCredentials gives an expiration that is no time");
		else if (ok && expires)
			out->info.expiration = (time_t) (expires_us / 1000000);
	}
	if (!ok && err->service[0] == '\0')
		pds_error_context(err, "sso", "GetRoleCredentials", NULL);
	pds_json_wipe(o);
	pds_str_free(&query);
	pds_str_wipe(&resp.body);
	pds_response_free(&resp);
	return ok;
}

bool
pds_sso_credentials(const PdsChain *c, const char *profile, PdsKeys *out, PdsError *err)
{
	Sso			s = {.c = c, .profile = profile};
	cJSON	   *token;
	bool		ok;

	if (!read_settings(&s, err) || (token = valid_token(&s, err)) == NULL)
		return false;
	ok = role_credentials(&s, pds_json_text(token, "accessToken"), out, err);
	pds_json_wipe(token);
	if (ok)
	{
		out->info.refreshable = true;
		PDS_INFO_SET(out->info.profile, profile);
		PDS_INFO_SET(out->info.account_id, s.account_id);
		PDS_INFO_SET(out->info.role_arn, "");
		pds_keys_source(out, "profile %s (single sign-on)", profile);
	}
	return ok;
}
