/*
 * http.c
 *	  The one HTTP path: transfers on curl_multi, retried, resumed and waited for
 *	  as http.h says.  http_headers.c signs each attempt, http_error.c knows what
 *	  an error means, http_retry.c what follows it.
 */
#include "core/base/assert.h"
#include "core/net/http_internal.h"

#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "core/base/calendar.h"
#include "core/base/clock.h"
#include "core/base/version.h"

#define MAX_HEADER_BYTES	(64 * 1024)
#define MAX_ERROR_BYTES		(256 * 1024)
#define SECRET_REPLY_MAX	(1024 * 1024)
/* seconds; clocks that differ by more are not corrected */
#define MAX_SKEW			(7 * 24 * 3600)

/* ---- the client ---- */

static int
socket_callback(CURL *easy, curl_socket_t s, int what, void *arg, void *known)
{
	PdsHttp    *http = arg;

	(void) easy;
	if (what == CURL_POLL_REMOVE)
		pds_poller_watch(&http->poller, (int) s, false, false, true);
	else
	{
		pds_poller_watch(&http->poller, (int) s, (what & CURL_POLL_IN) != 0,
						 (what & CURL_POLL_OUT) != 0, known != NULL);
		if (known == NULL)
			curl_multi_assign(http->multi, s, http);
	}
	return 0;
}

static int
timer_callback(CURLM *multi, long ms, void *arg)
{
	PdsHttp    *http = arg;

	(void) multi;
	http->curl_due_ms = ms < 0 ? -1 : pds_now_ms() + ms;
	return 0;
}

static void
block_signals(PdsHttp *http, bool block)
{
	if (http->hooks.block_signals)
		http->hooks.block_signals(http->hooks.arg, block);
}

/* Once in a process, and never undone: other code of the process may use curl, too. */
static bool
curl_init_once(void)
{
	static bool done = false;

	if (!done)
		done = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
	return done;
}

PdsHttp *
pds_http_new(const PdsHttpOptions *opt, const PdsHooks *hooks, PdsError *err)
{
	PdsHttp    *http = calloc(1, sizeof(PdsHttp));
	struct timespec t;

	if (http == NULL)
	{
		(void) pds_error_oom(err);
		return NULL;
	}
	http->poller.fd = http->poller.timer_fd = -1;
	http->hooks = hooks ? *hooks : pds_plain_hooks;
	if (opt)
		http->opt = *opt;
	if (http->opt.connect_timeout_ms <= 0)
		http->opt.connect_timeout_ms = 10000;
	if (http->opt.idle_timeout_ms <= 0)
		http->opt.idle_timeout_ms = 60000;
	if (http->opt.max_attempts <= 0)
		http->opt.max_attempts = 3;
	if (!pds_proxies_from_environment(&http->proxies))
	{
		pds_http_free(http);
		(void) pds_error_oom(err);
		return NULL;
	}
	http->ca_bundle = pds_strdup(http->opt.ca_bundle);
	http->user_agent = pds_strdup(http->opt.user_agent ? http->opt.user_agent : PDS_USER_AGENT);
	http->opt.ca_bundle = http->ca_bundle;
	http->opt.user_agent = http->user_agent;
	http->quota = PDS_QUOTA_MAX;
	http->curl_due_ms = http->timer_set_ms = -1;
	clock_gettime(CLOCK_REALTIME, &t);
	http->random = (unsigned int) t.tv_nsec ^ (unsigned int) (uintptr_t) http;

	if (http->user_agent == NULL || !curl_init_once() ||
		(http->multi = curl_multi_init()) == NULL || !pds_poller_open(&http->poller))
	{
		pds_http_free(http);
		pds_error_set(err, PDS_ERR_OUT_OF_MEMORY, "could not start the HTTP client");
		return NULL;
	}
	curl_multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION, socket_callback);
	curl_multi_setopt(http->multi, CURLMOPT_SOCKETDATA, http);
	curl_multi_setopt(http->multi, CURLMOPT_TIMERFUNCTION, timer_callback);
	curl_multi_setopt(http->multi, CURLMOPT_TIMERDATA, http);
	curl_multi_setopt(http->multi, CURLMOPT_PIPELINING, (long) CURLPIPE_NOTHING);
	curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS, 64L);
	return http;
}

void
pds_http_free(PdsHttp *http)
{
	if (http == NULL)
		return;
	while (http->transfers)
		pds_transfer_free(http->transfers);
	while (http->npool > 0)
		curl_easy_cleanup(http->pool[--http->npool]);
	if (http->multi)
		curl_multi_cleanup(http->multi);
	pds_poller_close(&http->poller);
	pds_proxies_free(&http->proxies);
	free(http->ca_bundle);
	free(http->user_agent);
	free(http);
}

const PdsHttpCounters *
pds_http_counters(const PdsHttp *http)
{
	return &http->counters;
}

void
pds_http_count_cached(PdsHttp *http, size_t blocks, size_t bytes)
{
	http->counters.blocks_cached += blocks;
	http->counters.bytes_cached += bytes;
}

const PdsHooks *
pds_http_hooks(const PdsHttp *http)
{
	return &http->hooks;
}

long
pds_http_clock_skew(const PdsHttp *http)
{
	return http->skew;
}

long
pds_http_idle_timeout(const PdsHttp *http)
{
	return http->opt.idle_timeout_ms;
}

int
pds_http_fd(const PdsHttp *http)
{
	return http->poller.fd;
}

/* ---- callbacks of curl: they only copy bytes ---- */

/*
 * The status of a line "HTTP/1.1 200 OK"; 0: it is something else, or 101, which would be
 * the end.
 */
static int
status_code(const char *line, size_t n)
{
	const char *p = line + 5;
	const char *end = line + n;
	int			code = 0;
	int			i;

	while (p < end && ((*p >= '0' && *p <= '9') || *p == '.'))
		p++;
	if (p == line + 5 || p[-1] == '.' || p >= end || *p++ != ' ')
		return 0;
	for (i = 0; i < 3; i++, p++)
	{
		if (p >= end || *p < '0' || *p > '9')
			return 0;
		code = code * 10 + (*p - '0');
	}
	return code >= 100 && code != 101 && (p == end || memchr(" \r\n", *p, 3)) ? code : 0;
}

static size_t
header_callback(char *data, size_t size, size_t n, void *arg)
{
	PdsTransfer *t = arg;

	n *= size;
	if (n >= 5 && memcmp(data, "HTTP/", 5) == 0)
	{
		if (t->status == 0)
			t->http->connecting--;
		/* an interim reply (100 Continue) is replaced by the final one */
		pds_str_reset(&t->reply_headers);
		t->status = status_code(data, n);
		if (t->status == 0)
		{
			t->bad_reply = "its status line is not one of HTTP";
			t->http->connecting++;
			return 0;
		}
		return n;
	}
	if (pds_header_line_fault(data, n) || t->reply_headers.len + n > MAX_HEADER_BYTES)
	{
		t->bad_reply = pds_header_line_fault(data, n) ? "its headers hold control characters"
			: "its headers are too long";
		return 0;
	}
	t->moved = -1;
	return pds_str_append_n(&t->reply_headers, data, n) ? n : 0;
}

static size_t
body_callback(char *data, size_t size, size_t n, void *arg)
{
	PdsTransfer *t = arg;
	size_t		all = n * size;
	size_t		drop;
	size_t		room;

	n = all;
	if (t->req.range_sink == NULL || t->status >= 300)
	{
		t->http->counters.bytes_in += n;
		if (t->status >= 300 && t->body.len + n > MAX_ERROR_BYTES)
		{
			/* the status says enough; what follows may have no end */
			t->complete_early = true;
			return 0;
		}
		if (t->status < 300 && t->body.len + n > t->req.max_body)
		{
			t->bad_reply = "it is longer than it may be";
			return 0;
		}
		return pds_str_append_n(&t->body, data, n) ? all : 0;
	}
	if (!t->range_checked && !pds_transfer_check_range(t))
		return 0;
	drop = t->skip < n ? t->skip : n;
	n -= drop;
	room = pds_transfer_range(t) - t->received;
	if (n > room)
		n = room;
	if (n > 0 && !t->req.range_sink(t->req.range_arg, data + drop, n))
	{
		/* all of it comes again */
		t->rests = true;
		return CURL_WRITEFUNC_PAUSE;
	}
	t->skip -= drop;
	t->received += n;
	t->http->counters.bytes_in += drop + n;
	if (drop + n == all)
		return all;
	t->complete_early = true;
	return 0;					/* more than was asked for: stop here */
}

/*
 * Did nothing come or go for as long as that may be?  curl's own measure, which
 * stays as the clock that calls us, looks at the speed of the last five seconds.
 */
static bool
is_idle(PdsTransfer *t, curl_off_t moved, int64_t now)
{
	curl_off_t	began = 0;

	curl_easy_getinfo(t->easy, CURLINFO_PRETRANSFER_TIME_T, &began);
	if (began == 0 || t->rests || moved != t->moved)
	{
		t->moved = moved;
		t->moved_ms = now;
	}
	return now - t->moved_ms >= t->opt.idle_timeout_ms;
}

static curl_socket_t
open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	PdsHttp    *http = arg;
	int			fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);

	(void) purpose;
	http->sockets += fd >= 0;
	return fd < 0 ? CURL_SOCKET_BAD : fd;
}

static int
close_socket(void *arg, curl_socket_t fd)
{
	((PdsHttp *) arg)->sockets--;
	return close(fd);
}

int
pds_http_open_connections(const PdsHttp *http)
{
	return http->sockets;
}

/* Called at least once a second.  Not 0: the attempt ends. */
static int
progress_callback(void *arg, curl_off_t dltotal, curl_off_t dlnow, curl_off_t ultotal,
				  curl_off_t ulnow)
{
	PdsTransfer *t = arg;
	int64_t		now = pds_now_ms();

	(void) dltotal;
	(void) dlnow;
	(void) ultotal;
	/* an object takes as long as it takes, and so does what we send */
	if (t->until_ms > 0)
		t->overdue = now >= t->until_ms;
	else if (t->range_checked || (size_t) ulnow < t->req.body_len)
		t->asked_ms = 0;
	else if (t->asked_ms == 0)
		t->asked_ms = now;
	else if (now - t->asked_ms > t->patience_ms)
		t->overdue = true;
	t->idle = !t->overdue && is_idle(t, dlnow + ulnow, now);
	return t->overdue || t->idle;
}

static size_t
read_callback(char *out, size_t size, size_t n, void *arg)
{
	(void) out;
	(void) size;
	(void) n;
	(void) arg;
	return 0;
}

/* ---- attempts ---- */

static CURL *
take_easy(PdsHttp *http)
{
	if (http->npool > 0)
		return http->pool[--http->npool];
	return curl_easy_init();
}

static void
give_easy(PdsHttp *http, CURL *easy)
{
	if (http->npool < EASY_POOL)
	{
		curl_easy_reset(easy);
		http->pool[http->npool++] = easy;
	}
	else
		curl_easy_cleanup(easy);
}

static void
set_options(PdsTransfer *t, const char *url)
{
	CURL	   *e = t->easy;
	PdsRequest *req = &t->req;
	long		idle = (t->opt.idle_timeout_ms + 999) / 1000;

	curl_easy_setopt(e, CURLOPT_URL, url);
	curl_easy_setopt(e, CURLOPT_PRIVATE, t);
	curl_easy_setopt(e, CURLOPT_ERRORBUFFER, t->curl_text);
	curl_easy_setopt(e, CURLOPT_HTTPHEADER, t->slist);
	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
#if LIBCURL_VERSION_NUM >= 0x075700
	curl_easy_setopt(e, CURLOPT_QUICK_EXIT, 1L);
#endif
	curl_easy_setopt(e, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long) CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(e, CURLOPT_BUFFERSIZE, 512L * 1024);
	curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
	/* names in NO_PROXY are looked at by curl */
	curl_easy_setopt(e, CURLOPT_PROXY, t->proxy ? t->proxy : "");
	curl_easy_setopt(e, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
#if LIBCURL_VERSION_NUM >= 0x075500
	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
#else
	curl_easy_setopt(e, CURLOPT_PROTOCOLS, (long) (CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
	curl_easy_setopt(e, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, t->http);
	curl_easy_setopt(e, CURLOPT_CLOSESOCKETFUNCTION, close_socket);
	curl_easy_setopt(e, CURLOPT_CLOSESOCKETDATA, t->http);
	curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, t->opt.connect_timeout_ms);
	curl_easy_setopt(e, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(e, CURLOPT_LOW_SPEED_TIME, idle);
	/* on a kept connection that breaks curl would send it again by itself */
	if (req->not_idempotent)
		curl_easy_setopt(e, CURLOPT_FRESH_CONNECT, 1L);
	if (t->opt.ca_bundle)
	{
		curl_easy_setopt(e, CURLOPT_CAINFO, t->opt.ca_bundle);
		curl_easy_setopt(e, CURLOPT_PROXY_CAINFO, t->opt.ca_bundle);
	}
	curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, header_callback);
	curl_easy_setopt(e, CURLOPT_HEADERDATA, t);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, body_callback);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(e, CURLOPT_READFUNCTION, read_callback);
	curl_easy_setopt(e, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(e, CURLOPT_XFERINFOFUNCTION, progress_callback);
	curl_easy_setopt(e, CURLOPT_XFERINFODATA, t);
	if (strcmp(req->method, "HEAD") == 0)
		curl_easy_setopt(e, CURLOPT_NOBODY, 1L);
	else if (req->body || strcmp(req->method, "POST") == 0 || strcmp(req->method, "PUT") == 0)
	{
		curl_easy_setopt(e, CURLOPT_POSTFIELDS, req->body ? (const char *) req->body : "");
		curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t) req->body_len);
		curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, req->method);
	}
	else if (strcmp(req->method, "GET") != 0)
		curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, req->method);
}

static void
end_transfer(PdsTransfer *t, bool ok)
{
	t->state = T_DONE;
	t->ok = ok;
}

/* Send the next attempt.  False: t is done with its error. */
static bool
send_attempt(PdsTransfer *t, bool refresh)
{
	PdsHttp    *http = t->http;
	PdsStr		url;

	t->status = 0;
	t->bad_reply = NULL;
	t->overdue = t->idle = false;
	t->asked_ms = 0;
	t->moved = -1;
	t->range_checked = false;
	t->complete_early = false;
	t->skip = 0;
	t->rests = false;
	t->attempt_received = t->received;
	t->curl_text[0] = '\0';
	pds_str_reset(&t->reply_headers);
	pds_str_reset(&t->body);
	t->connect_status = t->verify_result = 0;
	t->refresh = false;
	t->body.secret = t->req.secret;

	/*
	 * credentials may be fetched with this client: it must not send us
	 * meanwhile
	 */
	t->state = T_RUNNING;
	if (!pds_transfer_make_headers(t, refresh))
	{
		end_transfer(t, false);
		return false;
	}
	pds_str_init(&url);
	pds_str_append(&url, t->req.base_url);
	pds_str_append(&url, t->req.path);
	if (t->req.query && *t->req.query)
		pds_str_appendf(&url, "?%s", t->req.query);
	t->easy = url.failed || pds_header_fault(url.data) ? NULL : take_easy(http);
	if (t->easy == NULL)
	{
		if (!url.failed && pds_header_fault(url.data))
			pds_error_set(&t->err, PDS_ERR_CONFIG, "the URL for %s of %s %s",
						  t->req.operation ? t->req.operation : "a request",
						  t->req.resource ? t->req.resource : "the service",
						  pds_header_fault(url.data));
		else
			(void) pds_error_oom(&t->err);
		pds_str_free(&url);
		end_transfer(t, false);
		return false;
	}
	set_options(t, url.data);
	pds_str_free(&url);
	t->attempt++;
	t->sent_ms = pds_now_ms();
	http->connecting++;
	http->counters.requests++;
	http->counters.retries += t->attempt > 1;
	http->counters.bytes_out += t->req.body_len;
	if (http->hooks.log)
	{
		char		line[400];

		snprintf(line, sizeof(line), "%s %s (attempt %d)",
				 t->req.operation ? t->req.operation : t->req.method,
				 t->req.resource ? t->req.resource : "", t->attempt);
		http->hooks.log(http->hooks.arg, line);
	}
	curl_multi_add_handle(http->multi, t->easy);
	return true;
}

/* take the attempt's handle back from curl */
static void
end_attempt(PdsTransfer *t)
{
	if (t->easy == NULL)
		return;
	if (t->status == 0)
		t->http->connecting--;
	curl_multi_remove_handle(t->http->multi, t->easy);
	give_easy(t->http, t->easy);
	PDS_ASSERT(t->http->connecting >= 0 && t->http->npool <= EASY_POOL);
	t->easy = NULL;
	ERR_clear_error();
}

static double
random_unit(PdsHttp *http)
{
	http->random = http->random * 1103515245u + 12345u;
	return (double) (http->random >> 8) / (double) (1u << 24);
}

static void
learn_skew(PdsTransfer *t)
{
	char		text[64];
	int64_t		theirs;
	int64_t		took = pds_now_ms() - t->sent_ms;
	long		skew;

	if (took > 60000 || pds_http_find_header(&t->reply_headers, "age", text, sizeof(text)) ||
		!pds_http_find_header(&t->reply_headers, "date", text, sizeof(text)) ||
		!pds_time_of_text(text, &theirs))
		return;
	skew = (long) (theirs / 1000000 - (pds_wall_time() - took / 2000));

	/*
	 * a few seconds are the clocks' granularity, and years the service's own
	 * mistake
	 */
	if (skew >= -MAX_SKEW && skew <= MAX_SKEW)
		t->http->skew = skew > -30 && skew < 30 ? 0 : skew;
}

static void
succeed(PdsTransfer *t)
{
	PdsHttp    *http = t->http;

	http->quota += t->attempt == 1 ? 1 : t->retry_cost;
	if (http->quota > PDS_QUOTA_MAX)
		http->quota = PDS_QUOTA_MAX;
	if (t->etag[0] == '\0')
		(void) pds_http_find_header(&t->reply_headers, "etag", t->etag, sizeof(t->etag));
	end_transfer(t, true);
}

/* Once more, now; or when the call for credentials that we are in has ended. */
static bool
send_again(PdsTransfer *t, bool refresh)
{
	if (t->depth >= t->http->asking)
		return send_attempt(t, refresh);
	t->refresh = refresh;
	t->due_ms = 0;
	t->state = T_BACKOFF;
	return true;
}

/* curl has ended an attempt: do what http_retry.c says */
static void
attempt_ended(PdsTransfer *t, CURLcode res)
{
	PdsHttp    *http = t->http;
	PdsRetry	next;

	if (t->status > 0)
		learn_skew(t);
	if (t->complete_early)
		res = CURLE_OK;
	if (t->idle)
	{
		res = CURLE_OPERATION_TIMEDOUT;
		snprintf(t->curl_text, sizeof(t->curl_text), "nothing came for %ld ms",
				 t->opt.idle_timeout_ms);
	}
	if (res == CURLE_OK && t->req.range_sink == NULL && t->req.if_match && t->status / 100 == 2 &&
		!pds_transfer_check_version(t))
		res = CURLE_RECV_ERROR;
	if (t->changed)
		t->status = 412;
	/* no byte came that would have had it looked at */
	if (res == CURLE_OK && t->req.range_sink && t->status < 300 && !t->range_checked &&
		!pds_transfer_check_range(t))
		res = CURLE_RECV_ERROR;
	PDS_ASSERT(t->state == T_RUNNING && t->easy == NULL);
	PDS_ASSERT(!t->range_checked || t->received <= pds_transfer_range(t));
	pds_retry_decide(t, res, random_unit(http), &next);
	if (next.throttled)
		http->counters.throttles++;
	t->attempt = next.attempt;
	if (next.step != PDS_RETRY_DONE)
		t->err = next.err;
	switch (next.step)
	{
		case PDS_RETRY_DONE:
			succeed(t);
			break;
		case PDS_RETRY_FAIL:
			end_transfer(t, false);
			break;
		case PDS_RETRY_BACKOFF:
			PDS_ASSERT(http->quota >= next.cost && next.delay_ms >= 0);
			http->quota -= next.cost;
			t->retry_cost = next.cost;
			t->refresh = false;
			t->due_ms = pds_now_ms() + next.delay_ms;
			if (t->until_ms > 0 && t->due_ms >= t->until_ms)
				end_transfer(t, false);
			else
				t->state = T_BACKOFF;
			break;
		case PDS_RETRY_RESEND:
			t->skew_corrected = true;
			(void) send_again(t, false);
			break;
		case PDS_RETRY_REFRESH:
			t->refreshed = true;

			/*
			 * where nothing can be refreshed, the service's words tell more
			 * than ours
			 */
			if (!send_again(t, true) && t->err.kind != PDS_ERR_CANCELLED)
				t->err = next.err;
			break;
	}
}

/* ---- transfers ---- */

static bool
own(PdsTransfer *t, int slot, const char **field)
{
	if (*field == NULL)
		return true;
	t->strings[slot] = pds_strdup(*field);
	*field = t->strings[slot];
	return *field != NULL;
}

static bool
copy_request(PdsTransfer *t, const PdsRequest *req)
{
	int			i;
	bool		ok;

	t->req = *req;
	if (t->req.max_body == 0)
		t->req.max_body = req->secret ? SECRET_REPLY_MAX : PDS_BODY_MAX;
	t->req.headers = NULL;
	t->req.nheaders = 0;
	ok = own(t, 0, &t->req.method) && own(t, 1, &t->req.base_url) && own(t, 2, &t->req.path) &&
		own(t, 3, &t->req.query) && own(t, 4, &t->req.region) && own(t, 5, &t->req.service) &&
		own(t, 6, &t->req.operation) && own(t, 7, &t->req.resource) && own(t, 8, &t->req.if_match);
	if (!ok || req->nheaders == 0)
		return ok;
	t->headers = calloc((size_t) req->nheaders, sizeof(PdsHeader));
	if (t->headers == NULL)
		return false;
	t->req.headers = t->headers;
	for (i = 0; i < req->nheaders; i++)
	{
		t->headers[i].name = pds_strdup(req->headers[i].name);
		t->headers[i].value = pds_strdup(req->headers[i].value);
		t->req.nheaders = i + 1;
		if (t->headers[i].name == NULL || t->headers[i].value == NULL)
			return false;
	}
	return true;
}

/* how long it may be silent, and how long it may take */
static void
set_patience(PdsTransfer *t, bool slow)
{
	t->patience_ms = (slow ? PDS_SLOW_PATIENCE : PDS_REPLY_PATIENCE) * t->opt.idle_timeout_ms;
	if (!slow)
		return;
	t->until_ms = pds_now_ms() + t->patience_ms;
	t->opt.idle_timeout_ms *= PDS_SLOW_SILENCE;
}

PdsTransfer *
pds_http_start(PdsHttp *http, const PdsRequest *req, PdsError *err)
{
	PdsTransfer *t = calloc(1, sizeof(PdsTransfer));

	if (t == NULL)
	{
		(void) pds_error_oom(err);
		return NULL;
	}
	t->http = http;
	t->depth = http->asking;
	t->proxy = req->no_proxy ? NULL : pds_proxy_for(&http->proxies, req->base_url);
	t->total_size = -1;
	t->next = http->transfers;
	if (t->next)
		t->next->prev = t;
	http->transfers = t;
	t->opt = req->options ? *req->options : http->opt;
	if (t->opt.connect_timeout_ms <= 0)
		t->opt.connect_timeout_ms = http->opt.connect_timeout_ms;
	if (t->opt.idle_timeout_ms <= 0)
		t->opt.idle_timeout_ms = http->opt.idle_timeout_ms;
	if (t->opt.max_attempts <= 0)
		t->opt.max_attempts = http->opt.max_attempts;
	set_patience(t, req->slow);
	/* strings of req->options need not outlive the call */
	t->opt.ca_bundle = http->ca_bundle;
	t->opt.user_agent = http->user_agent;
	if (!copy_request(t, req))
	{
		(void) pds_error_oom(err);
		pds_transfer_free(t);
		return NULL;
	}
	/* an error of the first attempt is reported like any other: by its result */
	(void) send_attempt(t, false);
	return t;
}

bool
pds_transfer_done(const PdsTransfer *t)
{
	return t->state == T_DONE;
}

size_t
pds_transfer_received(const PdsTransfer *t)
{
	return t->received;
}

bool
pds_transfer_rests(const PdsTransfer *t)
{
	return t->rests && t->state == T_RUNNING;
}

void
pds_transfer_resume(PdsTransfer *t)
{
	if (!pds_transfer_rests(t))
		return;
	t->rests = false;
	/* an error comes again with the next bytes, or as the end of the attempt */
	(void) curl_easy_pause(t->easy, CURLPAUSE_CONT);
}

bool
pds_transfer_result(PdsTransfer *t, PdsResponse *resp, PdsError *err)
{
	resp->status = t->status;
	resp->attempts = t->attempt;
	resp->range_received = t->received;
	resp->total_size = t->total_size;
	memcpy(resp->etag, t->etag, sizeof(resp->etag));
	pds_str_free(&resp->headers);
	resp->headers = t->reply_headers;
	pds_str_init(&t->reply_headers);
	if (!t->ok)
	{
		*err = t->err;
		return false;
	}
	pds_str_free(&resp->body);
	resp->body = t->body;
	pds_str_init(&t->body);
	if (resp->total_size < 0)
		resp->total_size = pds_http_content_length(&resp->headers);
	return true;
}

void
pds_transfer_free(PdsTransfer *t)
{
	int			i;

	if (t == NULL)
		return;
	end_attempt(t);
	if (t->prev)
		t->prev->next = t->next;
	else
		t->http->transfers = t->next;
	if (t->next)
		t->next->prev = t->prev;
	pds_transfer_wipe_headers(t->slist);
	pds_str_free(&t->reply_headers);
	pds_str_wipe(&t->body);
	for (i = 0; i < t->req.nheaders && t->headers; i++)
	{
		free((char *) t->headers[i].name);
		pds_free_secret((char *) t->headers[i].value);
	}
	free(t->headers);
	for (i = 0; i < (int) (sizeof(t->strings) / sizeof(t->strings[0])); i++)
		free(t->strings[i]);
	free(t);
}

/* ---- moving things on ---- */

/* Set the poller's timer to the next thing that is due. */
static void
arm_timer(PdsHttp *http)
{
	int64_t		due = http->curl_due_ms;
	PdsTransfer *t;
	int64_t		now;

	for (t = http->transfers; t; t = t->next)
		if (t->state == T_BACKOFF && t->depth >= http->asking && (due < 0 || t->due_ms < due))
			due = t->due_ms;
	if (due == http->timer_set_ms)
		return;
	now = pds_now_ms();
	http->timer_set_ms = due;
	pds_poller_timer(&http->poller, due < 0 ? -1 : due <= now ? 0 : (long) (due - now));
}

static void
collect_ended(PdsHttp *http)
{
	CURLMsg    *msg;
	int			left;

	while ((msg = curl_multi_info_read(http->multi, &left)) != NULL)
	{
		PdsTransfer *t = NULL;
		CURLcode	res = msg->data.result;

		if (msg->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, (char **) &t);
		if (t)
		{
			long		connects = 0;
			long		port = 0;

			curl_easy_getinfo(msg->easy_handle, CURLINFO_NUM_CONNECTS, &connects);
			http->counters.connections += (uint64_t) connects;
			curl_easy_getinfo(msg->easy_handle, CURLINFO_HTTP_CONNECTCODE, &t->connect_status);
			curl_easy_getinfo(msg->easy_handle, CURLINFO_SSL_VERIFYRESULT, &t->verify_result);
			curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIMARY_PORT, &port);
			t->connected = port > 0;
			end_attempt(t);
			attempt_ended(t, res);
		}
	}
}

bool
pds_http_poke(PdsHttp *http, PdsError *err)
{
	PdsPollEvent events[64];
	int			running;
	int			n;
	int			i;
	int64_t		now;
	PdsTransfer *t;
	bool		resolving = http->connecting > 0;	/* may start its resolver
													 * thread */

	(void) err;
	if (http->transfers == NULL)
		return true;
	n = pds_poller_events(&http->poller, events, 64);
	if (resolving)
		block_signals(http, true);
	for (i = 0; i < n; i++)
		curl_multi_socket_action(http->multi, events[i].fd,
								 (events[i].readable ? CURL_CSELECT_IN : 0) |
								 (events[i].writable ? CURL_CSELECT_OUT : 0) |
								 (events[i].error ? CURL_CSELECT_ERR : 0), &running);
	now = pds_now_ms();
	if (http->timer_set_ms >= 0 && http->timer_set_ms <= now)
		http->timer_set_ms = -1;	/* it has fired: arm it anew */
	if (http->curl_due_ms >= 0 && http->curl_due_ms <= now)
	{
		http->curl_due_ms = -1;
		curl_multi_socket_action(http->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	}
	if (resolving)
		block_signals(http, false);
	collect_ended(http);
	for (t = http->transfers; t; t = t->next)

		/*
		 * not those whose credentials we are being asked for: they would ask
		 * again
		 */
		if (t->state == T_BACKOFF && t->depth >= http->asking && t->due_ms <= now)
			(void) send_attempt(t, t->refresh);
	arm_timer(http);
	return true;
}

bool
pds_http_wait(PdsHttp *http, long timeout_ms, PdsWaitFor what, PdsError *err)
{
	int64_t		began = pds_now_ms();
	PdsTransfer *t;
	bool		backing_off = false;
	bool		running = false;
	PdsWaitResult r;

	arm_timer(http);
	for (t = http->transfers; t; t = t->next)
	{
		backing_off |= t->state == T_BACKOFF;
		running |= t->state == T_RUNNING;
	}
	if (backing_off && !running)
		what = PDS_WAIT_RETRY;
	r = http->hooks.wait(http->hooks.arg, http->poller.fd, timeout_ms, what);
	http->counters.wait_us += (uint64_t) (pds_now_ms() - began) * 1000;
	if (r == PDS_WAIT_CANCEL)
		return pds_error_set(err, PDS_ERR_CANCELLED, "cancelled");
	return pds_http_poke(http, err);
}

bool
pds_http_finish(PdsHttp *http, PdsTransfer *t, PdsResponse *resp, PdsError *err)
{
	bool		ok = t != NULL && pds_http_poke(http, err);

	while (ok && !pds_transfer_done(t))
		ok = pds_http_wait(http, -1, PDS_WAIT_HTTP, err);
	if (ok)
		ok = pds_transfer_result(t, resp, err);
	pds_transfer_free(t);
	return ok;
}

bool
pds_http_perform(PdsHttp *http, const PdsRequest *req, PdsResponse *resp, PdsError *err)
{
	return pds_http_finish(http, pds_http_start(http, req, err), resp, err);
}

bool
pds_http_sleep(PdsHttp *http, long ms, PdsWaitFor what, PdsError *err)
{
	int64_t		until = pds_now_ms() + ms;
	int64_t		now;

	while ((now = pds_now_ms()) < until)
		if (http->hooks.wait(http->hooks.arg, -1, (long) (until - now), what) == PDS_WAIT_CANCEL)
			return pds_error_set(err, PDS_ERR_CANCELLED, "cancelled");
	return true;
}
