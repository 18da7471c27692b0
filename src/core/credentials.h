/*
 * credentials.h
 *	  Where credentials, region and endpoints come from (AWS.md 2).
 *
 * A PdsCredentials is a provider: it is asked at each request, answers from
 * its cache and refreshes before expiry.  It never logs what it holds.
 */
#ifndef PDS_CORE_CREDENTIALS_H
#define PDS_CORE_CREDENTIALS_H

#include <time.h>

#include "http.h"

typedef struct PdsCredentials PdsCredentials;

/*
 * What a provider may use.  Strings are copied.  "Ambient" is everything that
 * belongs to the server process and not to the user: environment, profile
 * files, web identity, SSO, credential_process, container, IMDS.
 */
typedef struct PdsCredentialConfig
{
	bool		anonymous;			/* never sign */
	const char *access_key_id;		/* explicit keys; NULL: none */
	const char *secret_access_key;
	const char *session_token;
	bool		allow_ambient;
	const char *profile;			/* NULL: AWS_PROFILE, then "default" */
	const char *role_arn;			/* assumed with the keys found above */
	const char *external_id;
	const char *role_session_name;	/* NULL: "pds_fdw-<time>" */
	const char *region;				/* of STS calls */
	const char *sts_base_url;		/* NULL: the regional endpoint */
} PdsCredentialConfig;

extern PdsCredentials *pds_credentials_new(PdsHttp *http, const PdsCredentialConfig *config,
										   PdsError *err);
extern void pds_credentials_free(PdsCredentials *c);

/* A PdsCredentialFn; arg is the PdsCredentials. */
extern bool pds_credentials_get(void *arg, bool refresh, PdsCredentialView *out, PdsError *err);

/* Name of the source after a successful get: "user mapping", "environment",
 * "profile NAME (shared credentials file)", "instance metadata", ... */
extern const char *pds_credentials_source(const PdsCredentials *c);
/* expiry, or 0 when they do not expire */
extern time_t pds_credentials_expiration(const PdsCredentials *c);

/*
 * A setting of the environment or of the profile files (2.9, 1.5): one of
 * "region", "endpoint_url", "endpoint_url_s3", ..., "ca_bundle",
 * "use_fips_endpoint", "use_dualstack_endpoint".  True with *value malloc'd
 * (caller frees) when set; false without an error when absent.
 */
extern bool pds_ambient_setting(const char *profile, const char *name, char **value,
								PdsError *err);

#endif							/* PDS_CORE_CREDENTIALS_H */
