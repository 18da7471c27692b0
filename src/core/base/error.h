/*
 * error.h
 *	  What the core reports when something fails.
 *
 * The core never prints, aborts or jumps: a function that can fail returns
 * false (or NULL) and fills a PdsError.  One place on the PostgreSQL side
 * (fdw/base/error_map.c) turns it into an ereport.  A PdsError owns no memory: it
 * can be copied, kept on the stack and dropped.
 *
 * No field ever holds a secret, a signature or the query part of a URL.
 */
#ifndef PDS_CORE_ERROR_H
#define PDS_CORE_ERROR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

typedef enum PdsErrorKind
{
	PDS_ERR_NONE = 0,
	PDS_ERR_OUT_OF_MEMORY,
	PDS_ERR_CANCELLED,			/* the waiter asked us to stop */
	PDS_ERR_CONFIG,				/* an option or a profile file is wrong */
	PDS_ERR_NO_CREDENTIALS,		/* the chain found none, or may not be used */
	PDS_ERR_CONNECT,			/* resolve, connect, proxy */
	PDS_ERR_BROKEN,				/* a connection ended in the middle of things */
	PDS_ERR_TLS,				/* certificate not trusted, handshake refused */
	PDS_ERR_TIMEOUT,			/* connect or idle time-out */
	PDS_ERR_AUTH,				/* signature, unknown key, expired token */
	PDS_ERR_ACCESS_DENIED,		/* authenticated, not allowed */
	PDS_ERR_NOT_FOUND,			/* bucket, key, database, table, execution */
	PDS_ERR_ALREADY_EXISTS,
	PDS_ERR_WRONG_REGION,		/* bucket lives elsewhere and could not be
								 * followed */
	PDS_ERR_THROTTLED,			/* still throttled after the last attempt */
	PDS_ERR_SERVICE,			/* 5xx after the last attempt */
	PDS_ERR_INVALID_REQUEST,	/* other 4xx */
	PDS_ERR_OBJECT_CHANGED,		/* 412: another version appeared in mid-scan */
	PDS_ERR_OBJECT_ARCHIVED,	/* InvalidObjectState */
	PDS_ERR_PROTOCOL,			/* the reply could not be understood */
	PDS_ERR_DATA,				/* corrupt or truncated compressed data */
	PDS_ERR_LIMIT,				/* record or field too long, too many columns */
	PDS_ERR_UNSUPPORTED,
	PDS_ERR_QUERY_FAILED,		/* Athena: FAILED */
	PDS_ERR_QUERY_CANCELLED,	/* Athena: CANCELLED, not by us */
	PDS_ERR_QUERY_CUTOFF,		/* Athena: the work group's limit on bytes
								 * scanned was passed */
	PDS_ERR_QUERY_RESOURCES		/* Athena: FAILED for want of memory, capacity
								 * or quota */
} PdsErrorKind;

/*
 * What to do next, where that is said by names of options and in SQL: the words
 * are fdw/base/error_map.c's.  What is the same for everybody is a hint.
 */
typedef enum PdsAdvice
{
	PDS_ADVICE_NONE = 0,
	PDS_ADVICE_BZIP2,
	PDS_ADVICE_SLOW_DOWN,
	PDS_ADVICE_CREDENTIALS,
	PDS_ADVICE_ACCESS_KEY,
	PDS_ADVICE_SECRET_KEY,
	PDS_ADVICE_BUCKET_REGION,
	PDS_ADVICE_BUCKET_NAME,
	PDS_ADVICE_CATALOG,
	PDS_ADVICE_OUTPUT_LOCATION,
	PDS_ADVICE_TIMEOUTS,
	PDS_ADVICE_RESOLVE,
	PDS_ADVICE_REACH,
	PDS_ADVICE_URL,
	PDS_ADVICE_ANONYMOUS_ACCOUNT,
	PDS_ADVICE_INSTANCE_REGION,
	PDS_ADVICE_REGION,
	PDS_ADVICE_VARIANT_OR_ENDPOINT,
	PDS_ADVICE_QUERY_QUOTA,
	PDS_ADVICE_QUERY_LENGTH,
	PDS_ADVICE_QUERY_RESOURCES,
	PDS_ADVICE_QUERY_OUTPUT,
	PDS_ADVICE_SCAN_LIMIT,
	PDS_ADVICE_KEYS_OR_SERVER,
	PDS_ADVICE_KEYS,
	PDS_ADVICE_SECRET_MISSING,
	PDS_ADVICE_PROFILE_SOURCES,
	PDS_ADVICE_CODEC,
	PDS_ADVICE_ANONYMOUS_URL,
	PDS_ADVICE_ARCHIVED,
	PDS_ADVICE_NOT_PUBLIC,
	PDS_ADVICE_CA_BUNDLE,
	PDS_ADVICE_CERTIFICATE_EXPIRED,
	PDS_ADVICE_CERTIFICATE_SELF_SIGNED,
	PDS_ADVICE_REQUESTER_PAYS,
	PDS_ADVICE_HEADER			/* nothing else is wrong with the dialect */
} PdsAdvice;

typedef struct PdsError
{
	PdsErrorKind kind;
	PdsAdvice	advice;			/* beside hint, or in its place */
	bool		retryable;		/* trying the same again later may succeed */
	int			http_status;	/* 0 when there was no reply */
	int			attempts;		/* attempts made, 0 when not a request */
	char		message[1024];	/* one sentence, no trailing newline, UTF-8 */
	char		detail[512];	/* may be empty */
	char		hint[512];		/* what to do next, may be empty */
	char		service[16];	/* "s3", "glue", "athena", "sts", "imds" or "" */
	char		operation[40];	/* "GetObject", ... or "" */
	char		resource[512];	/* s3://bucket/key, db.table: never a raw URL */
	char		aws_code[64];	/* "NoSuchBucket", ... or "" */
	char		request_id[80]; /* x-amz-request-id / x-amzn-RequestId */
	char		host_id[96];	/* x-amz-id-2 */
	/* Athena executions only */
	char		execution_id[64];
	int			athena_category;	/* 1 system, 2 user, 3 other; 0 = none */
	int			athena_type;	/* doc/dev/aws.md §7.2 */
} PdsError;

/* Did the request go out, without a reply that tells what became of it? */
extern bool pds_error_reply_lost(const PdsError *err);

/* Set kind and message (printf style; long text is cut at a character
 * boundary); clears every other field.  Always returns false, so that a
 * caller can write: return pds_error_set(err, ...). */
extern bool pds_error_set(PdsError *err, PdsErrorKind kind, const char *fmt,...)
			__attribute__((format(printf, 3, 4)));
extern void pds_error_detail(PdsError *err, const char *fmt,...)
			__attribute__((format(printf, 2, 3)));
extern void pds_error_hint(PdsError *err, const char *fmt,...)
			__attribute__((format(printf, 2, 3)));

/* in the place of a hint */
extern void pds_error_advise(PdsError *err, PdsAdvice advice);

/* service, operation and resource; NULL leaves a field as it is */
extern void pds_error_context(PdsError *err, const char *service,
							  const char *operation, const char *resource);
extern void pds_error_clear(PdsError *err);

/*
 * After a PDS_ERR_PROTOCOL: detail and hint for a reply that should have been
 * `wanted`.  The beginning of it is shown, made harmless; NULL: it may be secret.
 */
extern void pds_error_received(PdsError *err, const char *wanted, const char *data, size_t len);

/*
 * Text of others for a message, into out: control characters as \n, \r, \t
 * or \xNN, what is not UTF-8 as \xNN, too; cut at a character.
 */
extern void pds_escape_text(char *out, size_t cap, const char *text, size_t len);

extern bool pds_error_oom(PdsError *err);	/* always returns false */

/* copy src into dst[cap], cutting at a UTF-8 character boundary */
extern void pds_copy_cut(char *dst, size_t cap, const char *src, size_t srclen);

#endif							/* PDS_CORE_ERROR_H */
