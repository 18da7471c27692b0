/*
 * http.h
 *	  The one HTTP path: signing, retries, time-outs, resume, counters, waits.
 *
 * One PdsHttp per backend drives many transfers with curl_multi; its
 * connections are reused within and between scans.  No threads of our own, no
 * redirect is followed (a signature would be stale), every wait goes through
 * PdsHooks and ends within 100 ms of a cancel.
 *
 * Retries follow the SDKs' standard mode (doc/dev/aws.md §3.1, §3.2): attempts,
 * exponential back-off with full jitter, a quota bucket per PdsHttp.  Every
 * attempt is signed anew.  A GET of a range that breaks in mid-body resumes
 * at the first missing byte with If-Match (doc/dev/aws.md §3.4).
 *
 * The proxies of the environment (HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY,
 * in either case) belong to the place where the server stands, not to whose
 * credentials are used: every request takes them, but those to this machine's
 * own addresses (loopback, link-local).
 */
#ifndef PDS_CORE_HTTP_H
#define PDS_CORE_HTTP_H

#include <stdint.h>

#include "core/base/error.h"
#include "core/base/hooks.h"
#include "core/net/sigv4.h"
#include "core/base/strbuf.h"

typedef struct PdsHttp PdsHttp;
typedef struct PdsTransfer PdsTransfer;

typedef struct PdsHttpOptions
{
	long		connect_timeout_ms; /* default 10,000 */
	long		idle_timeout_ms;	/* no byte for so long; default 60,000 */
	int			max_attempts;	/* counts the first; default 3 */
	long		retry_delay_ms; /* between attempts; 0: back-off with jitter */
	const char *ca_bundle;		/* NULL: the system's */
	const char *user_agent;		/* NULL: PDS_USER_AGENT */
} PdsHttpOptions;

/* Never reset by the library: callers take differences. */
typedef struct PdsHttpCounters
{
	uint64_t	requests;		/* attempts sent */
	uint64_t	retries;
	uint64_t	throttles;		/* replies that asked us to slow down */
	uint64_t	bytes_in;		/* body bytes received */
	uint64_t	bytes_out;		/* body bytes sent */
	uint64_t	connections;	/* new connections opened */
	uint64_t	wait_us;		/* time spent waiting for the network */
	uint64_t	bytes_cached;	/* of objects, that a cache had: not received */
	uint64_t	blocks_cached;	/* ... in so many blocks */
} PdsHttpCounters;

/*
 * Credentials of a request are asked for at each attempt, so that a refresh in
 * the middle of a scan is seen.  refresh is true when the service said the
 * last ones are expired or unknown.  Returns false and fills err on failure;
 * access_key NULL means: send unsigned.
 */
typedef struct PdsCredentialView
{
	const char *access_key;		/* valid until the next call */
	const char *secret_key;
	const char *session_token;	/* may be NULL */
} PdsCredentialView;
typedef bool (*PdsCredentialFn) (void *arg, bool refresh, PdsCredentialView *out, PdsError *err);

/*
 * Takes the next n bytes of a range: all of them, or none (false).  The transfer
 * rests then, and offers them again after pds_transfer_resume.  Called while
 * curl works: only copies.
 */
typedef bool (*PdsRangeSink) (void *arg, const char *data, size_t n);

/*
 * So long may a reply be that is collected, unless its request says otherwise: a
 * page of a listing has some MB at most.  Such a reply has to be complete within
 * PDS_REPLY_PATIENCE times the idle time-out, however steadily it trickles.
 */
#define PDS_BODY_MAX		((size_t) 16 << 20)
#define PDS_BODY_UNLIMITED	SIZE_MAX
#define PDS_REPLY_PATIENCE	5

/*
 * What S3 works at before it answers (copies, completion of uploads) takes "several
 * minutes" by its documentation, and blanks come meanwhile.  So many idle time-outs may pass
 * without a byte, and so many in all, whatever the attempts: with the default, 10 and 15
 * minutes.
 */
#define PDS_SLOW_SILENCE	10
#define PDS_SLOW_PATIENCE	15

typedef struct PdsRequest
{
	const char *method;			/* "GET", "PUT", ... */
	const char *base_url;		/* scheme://host[:port], no path */
	const char *path;			/* encoded, begins with '/' */
	const char *query;			/* encoded, without '?', or NULL */
	const PdsHeader *headers;	/* beyond those made here (host, date, token,
								 * hash) */
	int			nheaders;
	const void *body;			/* borrowed until the transfer has ended */
	size_t		body_len;

	/* signing; credentials NULL: unsigned */
	PdsCredentialFn credentials;
	void	   *credentials_arg;
	const char *region;
	const char *service;		/* "s3", "glue", "athena", "sts" */

	/* errors */
	size_t		max_body;		/* bytes of a reply that is collected; 0:
								 * PDS_BODY_MAX */
	const char *operation;		/* "GetObject" */
	const char *resource;		/* "s3://bucket/key" */
	bool		xml_errors;		/* error bodies are XML (s3, sts), else JSON */
	bool		body_error_on_200;	/* a 200 whose root is <Error> is a 500
									 * (doc/dev/aws.md §3.4) */
	bool		not_idempotent; /* never repeated once it may have been
								 * received */
	bool		slow;			/* may take PDS_SLOW_PATIENCE */
	bool		secret;			/* the reply holds secrets: no copies of it
								 * are left behind */
	bool		no_proxy;		/* what answers must be near */
	const PdsHttpOptions *options;	/* NULL: those of the PdsHttp */

	/*
	 * Ranged GET: bytes range_first..range_last inclusive go to the sink,
	 * each once and in order; -1/-1: no range, the body is collected.
	 * if_match: ETag with its quotes, or NULL.  With range set, a broken
	 * transfer is resumed.
	 */
	int64_t		range_first;
	int64_t		range_last;
	const char *if_match;
	PdsRangeSink range_sink;	/* NULL when no range */
	void	   *range_arg;
} PdsRequest;

/*
 * What keeps a text from being the value of a header, or NULL: "ends in a line
 * break", "holds a line break", "holds a control character" (all below 0x20 but
 * TAB, and 0x7f).  Sources of such values say so; no request is sent with one.
 */
extern const char *pds_header_fault(const char *value);

/* all fields zero but ranges -1 */
extern void pds_request_init(PdsRequest *req);

typedef struct PdsResponse
{
	int			status;
	PdsStr		body;			/* empty for ranged GETs */
	PdsStr		headers;		/* raw header lines of the final reply */
	size_t		range_received; /* bytes the sink took */
	int64_t		total_size;		/* from Content-Range or Content-Length, or -1 */
	char		etag[128];		/* with quotes, or "" */
	int			attempts;
} PdsResponse;

extern void pds_response_init(PdsResponse *r);
extern void pds_response_free(PdsResponse *r);

/* value of a header of the final reply into out[cap]; false when absent */
extern bool pds_response_header(const PdsResponse *r, const char *name, char *out, size_t cap);

/* Content-Range of the final reply; false when it is absent or not of the form "bytes F-L/TOTAL" */
extern bool pds_response_range(const PdsResponse *r, int64_t *first, int64_t *last, int64_t *total);

/*
 * The next header of the final reply, from *at (0 at first): false after the
 * last one.  value is replaced.
 */
extern bool pds_response_next_header(const PdsResponse *r, size_t *at, char *name, size_t cap,
									 PdsStr *value);

extern PdsHttp *pds_http_new(const PdsHttpOptions *opt, const PdsHooks *hooks, PdsError *err);
extern void pds_http_free(PdsHttp *http);	/* frees transfers that are left */
extern const PdsHttpCounters *pds_http_counters(const PdsHttp *http);

/* connections that are open now, with those kept for the next request */
extern int	pds_http_open_connections(const PdsHttp *http);
extern void pds_http_count_cached(PdsHttp *http, size_t blocks, size_t bytes);
extern const PdsHooks *pds_http_hooks(const PdsHttp *http);

/* of the options: no byte for so long */
extern long pds_http_idle_timeout(const PdsHttp *http);

/* seconds to add to the local clock, learnt from Date headers (doc/dev/aws.md §3.3) */
extern long pds_http_clock_skew(const PdsHttp *http);

/*
 * Asynchronous use.  start copies what it needs of req but body and range_arg.
 * A transfer ends successfully when the status is 2xx (or 304); any other
 * final status is an error in its PdsError.  pds_transfer_free of a running
 * transfer abandons it.
 */
extern PdsTransfer *pds_http_start(PdsHttp *http, const PdsRequest *req, PdsError *err);
extern bool pds_transfer_done(const PdsTransfer *t);

/* after done: true and *resp filled (ownership of its buffers moves to the
 * caller), or false and *err filled */
extern bool pds_transfer_result(PdsTransfer *t, PdsResponse *resp, PdsError *err);

/* bytes the sink took so far; grows while it runs */
extern size_t pds_transfer_received(const PdsTransfer *t);

/* does it rest because its sink took nothing?  Go on: the sink is called at once. */
extern bool pds_transfer_rests(const PdsTransfer *t);
extern void pds_transfer_resume(PdsTransfer *t);
extern void pds_transfer_free(PdsTransfer *t);

/* Work without waiting: moves every transfer as far as the sockets allow. */
extern bool pds_http_poke(PdsHttp *http, PdsError *err);

/* Wait at most timeout_ms (-1: until something happens) for any progress.
 * False with PDS_ERR_CANCELLED when the hooks say so. */
extern bool pds_http_wait(PdsHttp *http, long timeout_ms, PdsWaitFor what, PdsError *err);

/* One fd that becomes readable when pds_http_poke has something to do. */
extern int	pds_http_fd(const PdsHttp *http);

/* Wait for a transfer, NULL where it could not start; then its result.  Frees it. */
extern bool pds_http_finish(PdsHttp *http, PdsTransfer *t, PdsResponse *resp, PdsError *err);

/* Synchronous: start, wait, result. */
extern bool pds_http_perform(PdsHttp *http, const PdsRequest *req,
							 PdsResponse *resp, PdsError *err);

/* Sleep through the hooks; false with PDS_ERR_CANCELLED on cancel. */
extern bool pds_http_sleep(PdsHttp *http, long ms, PdsWaitFor what, PdsError *err);

/* "libcurl/7.88.1 OpenSSL/3.0.15 ..." and "OpenSSL 3.0.15 ...", of what is loaded */
extern const char *pds_http_libraries(const char **openssl);

/* host[:port] of a base URL, as it is sent and signed: without a default port */
extern void pds_http_host(const char *base_url, char *out, size_t cap);

#endif							/* PDS_CORE_HTTP_H */
