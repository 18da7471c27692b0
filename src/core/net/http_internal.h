/*
 * http_internal.h
 *	  What the files of the HTTP client share.  Private to them.
 *
 *		http.c			transfers on curl_multi
 *		http_response.c	requests and responses as callers see them
 *		http_range.c	is a reply the range and version asked for?
 *		http_headers.c	headers and signature of an attempt
 *		http_retry.c	what follows the end of an attempt
 *		http_error.c	what an error means
 *		http_proxy.c	the way to the network
 */
#ifndef PDS_CORE_HTTP_INTERNAL_H
#define PDS_CORE_HTTP_INTERNAL_H

#include <curl/curl.h>

#include "core/net/http.h"
#include "core/net/poller.h"

/* what an error calls for */
typedef enum PdsVerdict
{
	PDS_VERDICT_FINAL,			/* an error that repeating does not mend */
	PDS_VERDICT_TRANSIENT,		/* try again after a back-off */
	PDS_VERDICT_THROTTLED,		/* the same, and slow down */
	PDS_VERDICT_REFRESH,		/* the credentials: once more with fresh ones */
	PDS_VERDICT_SKEW			/* the clock: once more with the corrected
								 * time */
} PdsVerdict;

/* ---- http_proxy.c ---- */

/* URLs of proxies, as the environment gives them; NULL: none */
typedef struct PdsProxies
{
	char	   *http;
	char	   *https;
} PdsProxies;

extern bool pds_proxies_from_environment(PdsProxies *p);
extern void pds_proxies_free(PdsProxies *p);

/* the proxy for a base URL, or NULL: this machine's own services are reached directly */
extern const char *pds_proxy_for(const PdsProxies *p, const char *base_url);

/* ---- http_error.c ---- */

/* A reply that is an error (status >= 300, or an <Error> in a 200).  proxy NULL: none. */
extern PdsVerdict pds_http_reply_error(const PdsRequest *req, int status, const PdsStr *headers,
									   const PdsStr *body, const char *proxy, PdsError *err);

/* what curl tells of an attempt that broke */
typedef struct PdsBreak
{
	CURLcode	code;
	const char *text;			/* may be empty */
	const char *proxy;			/* NULL: none */
	long		connect_status; /* 0: it did not answer CONNECT */
	bool		connected;		/* somebody took the connection */
	long		verify_result;	/* X509_V_ERR_... */
	const char *ca_bundle;
} PdsBreak;

/* No reply, or a broken one. */
extern PdsVerdict pds_http_curl_error(const PdsRequest *req, const PdsBreak *b, PdsError *err);

/* is a 2xx body an <Error>, or broken XML?  S3 means a 500 by both (doc/dev/aws.md §3.4). */
extern bool pds_http_body_is_error(const PdsStr *body);

/* value of a header in raw header lines */
extern bool pds_http_find_header(const PdsStr *headers, const char *name, char *out, size_t cap);

/* ---- http.c ---- */

#define EASY_POOL			32

typedef enum TransferState
{
	T_RUNNING,					/* an attempt is with curl */
	T_BACKOFF,					/* waiting for due_ms */
	T_DONE
} TransferState;

struct PdsTransfer
{
	PdsHttp    *http;
	PdsTransfer *next;
	PdsTransfer *prev;
	TransferState state;
	bool		ok;				/* when done */
	PdsRequest	req;			/* strings are our own but body and range_arg */
	PdsHeader  *headers;		/* req.headers */
	char	   *strings[9];		/* what req points to */
	PdsHttpOptions opt;

	CURL	   *easy;
	struct curl_slist *slist;
	char		curl_text[CURL_ERROR_SIZE];
	const char *proxy;			/* NULL: none */
	long		connect_status; /* of the proxy's answer to CONNECT */
	long		verify_result;	/* of the peer's certificate */
	bool		connected;		/* of the last attempt */
	int			attempt;		/* attempts made */
	int			depth;			/* http->asking when it was started */
	bool		refresh;		/* the next attempt is to be made with fresh
								 * credentials */
	bool		refreshed;
	uint64_t	key_mark;		/* of the keys of the last attempt */
	bool		skew_corrected;
	long		signed_skew;	/* of the last attempt */
	bool		signed_token;	/* it was signed with temporary keys */
	int			retry_cost;		/* tokens of the last retry */
	int64_t		due_ms;
	int64_t		sent_ms;
	int64_t		until_ms;		/* of a slow request: the end of all its
								 * attempts; else 0 */
	long		patience_ms;	/* the end of a reply is waited for so long */

	int			status;			/* of the running attempt, 0: no status line
								 * yet */
	PdsStr		reply_headers;
	PdsStr		body;
	size_t		received;		/* by the sink, over all attempts */
	size_t		attempt_received;	/* at the start of this attempt */
	size_t		skip;			/* bytes of a 200 in front of what is missing */
	bool		rests;			/* the sink took nothing */
	bool		range_checked;
	bool		complete_early; /* we ended the transfer: enough is there */
	bool		changed;		/* the rest came of another version */
	const char *bad_reply;		/* a reply that cannot be used */
	bool		overdue;		/* it did not come to its end in time */
	bool		idle;			/* nothing came or went for too long */
	curl_off_t	moved;			/* bytes of bodies so far, */
	int64_t		moved_ms;		/* and since when it is so many */
	int64_t		asked_ms;		/* when all of the attempt's request had been
								 * sent, 0: not yet */
	int64_t		total_size;
	char		etag[128];
	PdsError	err;
};

struct PdsHttp
{
	CURLM	   *multi;
	PdsPoller	poller;
	PdsHooks	hooks;
	PdsHttpOptions opt;
	char	   *ca_bundle;
	char	   *user_agent;
	PdsProxies	proxies;
	PdsHttpCounters counters;
	int			sockets;		/* open now, those kept for the next request,
								 * too */
	PdsTransfer *transfers;
	CURL	   *pool[EASY_POOL];
	int			npool;
	int			connecting;		/* attempts without a status line: a resolver
								 * may start */
	int			asking;			/* depth of calls for credentials, which may
								 * use this client */
	double		quota;
	long		skew;
	int64_t		curl_due_ms;	/* -1: none */
	int64_t		timer_set_ms;	/* what the poller's timer is set to, -1: none */
	unsigned int random;
};

/* tokens of the retry quota of one client */
#define PDS_QUOTA_MAX	500

/* length of the range asked for */
static inline size_t
pds_transfer_range(const PdsTransfer *t)
{
	return (size_t) (t->req.range_last - t->req.range_first + 1);
}

/* ---- http_range.c ---- */

/* Content-Length; -1: there is none, or it is no number */
extern int64_t pds_http_content_length(const PdsStr *headers);

/*
 * Is this the version that was asked for, or whose first bytes we have?  False
 * with t->changed or t->bad_reply.
 */
extern bool pds_transfer_check_version(PdsTransfer *t);

/*
 * First body bytes of a 2xx reply to a ranged GET: is it the range that was
 * asked for?  Sets total_size, etag and skip; false as above.
 */
extern bool pds_transfer_check_range(PdsTransfer *t);

/* ---- http_headers.c ---- */

#define PDS_REQUEST_HEADERS	48	/* of a PdsRequest */

/*
 * All headers of an attempt into t->slist, signed if the request has credentials
 * (refresh: fresh ones).  False with t->err.
 */
extern bool pds_transfer_make_headers(PdsTransfer *t, bool refresh);

/* has a line of a reply, but for its end, control characters that are no TABs (RFC 9110, 5.5)? */
extern bool pds_header_line_fault(const char *line, size_t n);

/* overwritten and freed: a header holds the session token */
extern void pds_transfer_wipe_headers(struct curl_slist *list);

/* "(hidden)" for whatever text, of the reply, repeats of a token or signature that was sent */
extern void pds_transfer_hide_secrets(const PdsTransfer *t, char *text, size_t cap);

/* ---- http_retry.c ---- */

typedef enum PdsRetryStep
{
	PDS_RETRY_DONE,				/* what was asked for is there */
	PDS_RETRY_FAIL,				/* err is the result */
	PDS_RETRY_BACKOFF,			/* send again after delay_ms */
	PDS_RETRY_RESEND,			/* send again at once, with the corrected
								 * clock */
	PDS_RETRY_REFRESH			/* send again at once, with fresh credentials */
} PdsRetryStep;

/* what the end of an attempt calls for */
typedef struct PdsRetry
{
	PdsRetryStep step;
	bool		throttled;		/* the service asked us to slow down */
	int			attempt;		/* attempts that count: progress begins anew */
	long		delay_ms;		/* BACKOFF */
	int			cost;			/* BACKOFF: tokens of the client's quota */
	PdsError	err;			/* all but DONE */
} PdsRetry;

/*
 * A pure function: reads the transfer and its client's quota and skew, changes
 * nothing but *out.  res is curl's result of the attempt, chance (0 to 1) the
 * part of the back-off to be waited.
 */
extern void pds_retry_decide(const PdsTransfer *t, CURLcode res, double chance, PdsRetry *out);

#endif							/* PDS_CORE_HTTP_INTERNAL_H */
