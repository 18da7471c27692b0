/*
 * http_internal.h
 *	  What http.c and http_error.c share.  Private to them.
 */
#ifndef PDS_CORE_HTTP_INTERNAL_H
#define PDS_CORE_HTTP_INTERNAL_H

#include <curl/curl.h>

#include "http.h"
#include "poller.h"

/* what the end of an attempt calls for */
typedef enum PdsVerdict
{
	PDS_VERDICT_FINAL,			/* an error that repeating does not mend */
	PDS_VERDICT_TRANSIENT,		/* try again after a back-off */
	PDS_VERDICT_THROTTLED,		/* the same, and slow down */
	PDS_VERDICT_REFRESH,		/* the credentials: once more with fresh ones */
	PDS_VERDICT_SKEW			/* the clock: once more with the corrected time */
} PdsVerdict;

/* A reply that is an error (status >= 300, or an <Error> in a 200). */
extern PdsVerdict pds_http_reply_error(const PdsRequest *req, int status, const PdsStr *headers,
									   const PdsStr *body, PdsError *err);
/* No reply, or a broken one. */
extern PdsVerdict pds_http_curl_error(const PdsRequest *req, CURLcode res, const char *curl_text,
									  PdsError *err);
/* is a 2xx body an <Error>, or broken XML?  S3 means a 500 by both (AWS.md 3.4). */
extern bool pds_http_body_is_error(const PdsStr *body);
/* host[:port] of a base URL, as it is sent and signed: without a default port */
extern void pds_http_host(const char *base_url, char *out, size_t cap);
/* value of a header in raw header lines */
extern bool pds_http_find_header(const PdsStr *headers, const char *name, char *out, size_t cap);

#endif							/* PDS_CORE_HTTP_INTERNAL_H */
