/*
 * credential_sources.h
 *	  Services that hand out credentials: STS, container endpoints, EC2's
 *	  instance metadata.  Private to credentials.c.
 */
#ifndef PDS_CORE_CREDENTIAL_SOURCES_H
#define PDS_CORE_CREDENTIAL_SOURCES_H

#include "credentials.h"

/* Keys in hand.  Strings malloc'd; cleared (and zeroed) by pds_keys_clear. */
typedef struct PdsKeys
{
	char	   *access_key;
	char	   *secret_key;
	char	   *session_token;	/* NULL: none */
	time_t		expiration;		/* 0: never */
} PdsKeys;

extern void pds_keys_clear(PdsKeys *k);
extern bool pds_keys_set(PdsKeys *k, const char *access_key, const char *secret_key,
						 const char *session_token, PdsError *err);

/* AssumeRole signed with source; base_url without path (AWS.md 2.3) */
extern bool pds_sts_assume_role(PdsHttp *http, const char *base_url, const char *region,
								const PdsKeys *source, const char *role_arn,
								const char *external_id, const char *session_name,
								PdsKeys *out, PdsError *err);
/* ECS, EKS pod identity (AWS.md 2.6); *tried false: nothing in the environment asks for it */
extern bool pds_container_credentials(PdsHttp *http, bool *tried, PdsKeys *out, PdsError *err);
/* IMDS (AWS.md 2.7) */
extern bool pds_imds_credentials(PdsHttp *http, PdsKeys *out, PdsError *err);
/* "2026-01-02T03:04:05Z" to seconds since 1970; 0 when it is none */
extern time_t pds_parse_iso8601(const char *text);

#endif							/* PDS_CORE_CREDENTIAL_SOURCES_H */
