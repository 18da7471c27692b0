/*
 * credential_sources.h
 *	  The places credentials come from.  Private to credential*.c.
 *
 *		keys.c					what all of them make
 *		credential_sts.c		AssumeRole, AssumeRoleWithWebIdentity
 *		credential_metadata.c	containers, EC2's instance metadata
 *		credential_process.c	a program
 *		credential_sso.c		IAM Identity Center
 *		credential_profile.c	what a profile says, roles over roles included
 */
#ifndef PDS_CORE_CREDENTIAL_SOURCES_H
#define PDS_CORE_CREDENTIAL_SOURCES_H

#include "core/auth/credentials.h"
#include "core/auth/settings.h"
#include "core/base/json.h"

/* Keys in hand.  Strings malloc'd; cleared (and zeroed) by pds_keys_clear. */
typedef struct PdsKeys
{
	char	   *access_key;
	char	   *secret_key;
	char	   *session_token;	/* NULL: none */
	PdsCredentialInfo info;
	bool		instance;		/* of instance metadata: static stability
								 * holds */
} PdsKeys;

/* what the sources know of the provider they work for; all borrowed */
typedef struct PdsChain
{
	PdsHttp    *http;
	const char *sts_base_url;	/* without path */
	const char *sts_region;		/* to sign with */
	const PdsSettings *settings;	/* NULL: nothing ambient may be used */
	bool		profile_named;	/* explicitly: the environment is skipped */
} PdsChain;

/* A role to be assumed; NULL and 0: not given. */
typedef struct PdsRole
{
	const char *arn;
	const char *external_id;
	const char *session_name;
	long		duration;		/* seconds */
} PdsRole;

/* ---- keys.c ---- */

extern void pds_keys_clear(PdsKeys *k);

/* false, too, for what a header cannot hold; giver names the source in the error */
extern bool pds_keys_set(PdsKeys *k, const char *access_key, const char *secret_key,
						 const char *session_token, const char *giver, PdsError *err);
extern void pds_keys_source(PdsKeys *k, const char *fmt,...)
			__attribute__((format(printf, 2, 3)));

/* copy text, made harmless, into a field of PdsCredentialInfo; NULL empties it */
#define PDS_INFO_SET(field, text) pds_info_set(field, sizeof(field), text)
extern void pds_info_set(char *field, size_t cap, const char *text);

/* AWS_ACCESS_KEY_ID, ...; *found false: it is not set */
extern bool pds_keys_from_environment(PdsKeys *out, bool *found, PdsError *err);

/*
 * {"AccessKeyId", "SecretAccessKey", token_name, "Expiration", "AccountId"};
 * what names the giver in the error.
 */
extern bool pds_keys_from_json(const cJSON *o, const char *token_name, const char *what,
							   PdsKeys *out, PdsError *err);

/* "2026-01-02T03:04:05Z" to seconds since 1970; 0 when it is none */
extern time_t pds_parse_iso8601(const char *text);

/* ---- sources: false with err; *found false where nothing asks for the source ---- */

/* AssumeRole signed with source (doc/dev/aws.md §2.3) */
extern bool pds_sts_assume_role(const PdsChain *c, const PdsKeys *source, const PdsRole *role,
								PdsKeys *out, PdsError *err);

/* AssumeRoleWithWebIdentity, unsigned; the token is read from its file now */
extern bool pds_sts_web_identity(const PdsChain *c, const PdsRole *role, const char *token_file,
								 PdsKeys *out, PdsError *err);

/* ECS, EKS pod identity (doc/dev/aws.md §2.6) */
extern bool pds_container_credentials(const PdsChain *c, bool *found, PdsKeys *out, PdsError *err);

/* IMDS (doc/dev/aws.md §2.7); found false when it is switched off */
extern bool pds_imds_credentials(const PdsChain *c, bool *found, PdsKeys *out, PdsError *err);

/* run a command without a shell and read what it prints (doc/dev/aws.md §2.5) */
extern bool pds_process_credentials(const PdsChain *c, const char *profile, const char *command,
									PdsKeys *out, PdsError *err);

/* shell-style splitting into a malloc'd, NULL-terminated vector; NULL: see err */
extern char **pds_split_command(const char *command, PdsError *err);
extern void pds_free_arguments(char **argv);

/* IAM Identity Center (doc/dev/aws.md §2.4): by the token that "aws sso login" left */
extern bool pds_sso_credentials(const PdsChain *c, const char *profile, PdsKeys *out,
								PdsError *err);

/* steps 3 to 9 of doc/dev/aws.md §2.2 */
extern bool pds_profile_credentials(const PdsChain *c, bool *found, PdsKeys *out, PdsError *err);

#endif							/* PDS_CORE_CREDENTIAL_SOURCES_H */
