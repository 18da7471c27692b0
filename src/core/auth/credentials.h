/*
 * credentials.h
 *	  Where credentials, region and endpoints come from (doc/dev/aws.md §2).
 *
 * A PdsCredentials is a provider: it is asked at each request, answers from
 * its cache and refreshes before expiry.  It never logs what it holds.
 */
#ifndef PDS_CORE_CREDENTIALS_H
#define PDS_CORE_CREDENTIALS_H

#include <time.h>

#include "core/net/http.h"
#include "core/auth/settings.h"

typedef struct PdsCredentials PdsCredentials;

/*
 * What a provider may use.  Strings are copied.  "Ambient" is everything that
 * belongs to the server process and not to the user: environment, profile
 * files, web identity, SSO, credential_process, container, IMDS.
 */
typedef struct PdsCredentialConfig
{
	bool		anonymous;		/* never sign */
	const char *access_key_id;	/* explicit keys; NULL: none */
	const char *secret_access_key;
	const char *session_token;
	const char *holder;			/* who gave them, in messages: "user mapping".
								 * A constant; NULL: "configuration" */
	bool		allow_ambient;
	const char *profile;		/* NULL: AWS_PROFILE, then "default" */
	bool		profile_only;	/* nothing beyond what that profile says */
	const char *role_arn;		/* assumed with the keys found above */
	const char *external_id;
	const char *role_session_name;	/* NULL: "pds_fdw-<time>" */
	const char *region;			/* STS calls are signed for; NULL: us-east-1 */
	const char *sts_base_url;	/* NULL: the global endpoint */
} PdsCredentialConfig;

/* Where credentials came from: never what they are. */
typedef struct PdsCredentialInfo
{
	char		source[200];	/* the holder, "environment", "profile NAME
								 * (assumed role)", ... */
	char		profile[128];	/* "": none */
	char		role_arn[300];	/* of the role assumed last; "": none */
	char		account_id[20]; /* "": not known */
	time_t		expiration;		/* 0: they do not expire */
	bool		refreshable;	/* fresh ones are fetched before they do */
} PdsCredentialInfo;

/*
 * What keeps a text from being a key, a secret or a token: empty, blanks around
 * it, and what no header may hold (pds_header_fault).  NULL: nothing.
 */
extern const char *pds_key_fault(const char *value);

extern PdsCredentials *pds_credentials_new(PdsHttp *http, const PdsCredentialConfig *config,
										   PdsError *err);
extern void pds_credentials_free(PdsCredentials *c);

/* requests are never signed */
extern bool pds_credentials_anonymous(const PdsCredentials *c);

/*
 * A PdsCredentialFn; arg is the PdsCredentials.  Fresh ones are fetched some
 * minutes before the old ones expire; while those hold, a failure to do so is
 * put up with and tried again later (doc/dev/aws.md §2.8).
 */
extern bool pds_credentials_get(void *arg, bool refresh, PdsCredentialView *out, PdsError *err);

/* of what the last successful get gave; valid until the next one */
extern const PdsCredentialInfo *pds_credentials_info(const PdsCredentials *c);

/* the region of the EC2 instance, asked of it; "" when that is switched off */
extern bool pds_imds_region(PdsHttp *http, const PdsSettings *settings, char *out, size_t cap,
							PdsError *err);

#endif							/* PDS_CORE_CREDENTIALS_H */
