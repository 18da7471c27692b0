/*
 * sigv4.h
 *	  AWS Signature Version 4: headers and presigned URLs (doc/dev/aws.md §1.1, §1.2).
 *
 * Pure functions on text: no clock, no network, no global state.
 */
#ifndef PDS_CORE_SIGV4_H
#define PDS_CORE_SIGV4_H

#include <time.h>

#include "core/base/error.h"
#include "core/base/strbuf.h"

typedef struct PdsHeader
{
	const char *name;
	const char *value;
} PdsHeader;

typedef struct PdsSigner
{
	const char *access_key;
	const char *secret_key;
	const char *session_token;	/* NULL or "": none */
	const char *region;
	const char *service;		/* "s3", "athena", "glue", "sts" */
	bool		s3_path_rules;	/* path as sent: encoded once, never
								 * normalised */
} PdsSigner;

#define PDS_UNSIGNED_PAYLOAD "UNSIGNED-PAYLOAD"

/* lower-case hex SHA-256 into out[65] */
extern bool pds_sha256_hex(const void *data, size_t n, char out[65]);

/*
 * Sign one request.
 *
 * path is the encoded path as sent on the wire ("/" when empty); query the
 * encoded query as sent, without '?', or "".  headers are those that will be
 * sent (host and x-amz-date among them; x-amz-security-token too when there is
 * one: the caller adds it first).  Which of them are signed is decided here:
 * all but connection, user-agent, expect, ... (doc/dev/aws.md §1.1).  payload_hash is
 * hex or PDS_UNSIGNED_PAYLOAD.  Appends the value of the Authorization header
 * to authorization.  canonical_request and string_to_sign may be NULL; tests
 * ask for them.
 */
extern bool pds_sigv4_sign(const PdsSigner *signer, time_t now,
						   const char *method, const char *path, const char *query,
						   const PdsHeader *headers, int nheaders,
						   const char *payload_hash,
						   PdsStr *authorization,
						   PdsStr *canonical_request, PdsStr *string_to_sign,
						   PdsError *err);

/*
 * Presign: appends the complete query string (operation's own parameters
 * first, X-Amz-Signature last) to out.  expires in seconds, 1..604800.
 */
extern bool pds_sigv4_presign(const PdsSigner *signer, time_t now, long expires,
							  const char *method, const char *host,
							  const char *path, const char *query,
							  PdsStr *out, PdsError *err);

/* "20150830T123600Z" into out[17] */
extern bool pds_amz_date(time_t t, char out[17], PdsError *err);

#endif							/* PDS_CORE_SIGV4_H */
