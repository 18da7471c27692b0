/*
 * fake_curl.c
 *	  The functions of libcurl that http.c calls, over replies that are an input: no
 *	  sockets, no waiting.  They stand in front of the library's, so that the whole
 *	  client is what is fuzzed: headers, bodies in slices, retries, resumed ranges.
 *
 * What curl itself refuses is refused here as well: a first line that is not HTTP's,
 * a zero byte in a header, a header without a colon, a length that is no number.
 */
#include "fuzz.h"

#include <ctype.h>
#include <curl/curl.h>
#include <stdarg.h>
#include <stdio.h>

#include "core/base/clock.h"

#undef curl_easy_setopt
#undef curl_easy_getinfo
#undef curl_multi_setopt

#define BETWEEN "\n----\n"
#define MOST_WAITS	100000

typedef struct FakeEasy
{
	struct FakeEasy *next;		/* in its multi */
	void	   *private_data;
	curl_write_callback header;
	void	   *header_arg;
	curl_write_callback write;
	void	   *write_arg;
	curl_xferinfo_callback progress;
	void	   *progress_arg;
	bool		nobody;
	bool		begun;
	bool		paused;
	bool		done;
	bool		told;
	bool		answered;
	CURLcode	result;
	const char *body;			/* what is left of it */
	size_t		body_len;
	bool		cut;			/* it is shorter than announced */
} FakeEasy;

typedef struct FakeMulti
{
	FakeEasy   *first;
	curl_multi_timer_callback timer;
	void	   *timer_arg;
	CURLMsg		msg;
} FakeMulti;

static struct
{
	const char *p;
	size_t		n;
	size_t		slice;
	int			requests;
	int			waits;
	int64_t		advanced;
	PdsHttp    *http;
	PdsAws	   *aws;
}			fake;

void
fuzz_serve(const char *replies, size_t n, size_t slice)
{
	fake.p = replies;
	fake.n = n;
	fake.slice = slice ? slice : 1;
	fake.requests = fake.waits = 0;
}

int
fuzz_requests(void)
{
	return fake.requests;
}

/* ---- curl ---- */

/* the next reply; false: there is none */
static bool
next_reply(const char **p, size_t *n)
{
	const char *end;

	if (fake.n == 0)
		return false;
	end = fuzz_find(fake.p, fake.n, BETWEEN);
	*p = fake.p;
	*n = end ? (size_t) (end - fake.p) : fake.n;
	fake.p += *n + (end ? strlen(BETWEEN) : 0);
	fake.n -= *n + (end ? strlen(BETWEEN) : 0);
	return true;
}

static void
pass_time(int64_t ms)
{
	pds_clock_advance(ms);
	fake.advanced += ms;
}

/* Digits of a header's value; -1: none, or too many. */
static long long
number_of(const char *p, size_t n)
{
	long long	v = 0;

	while (n > 0 && (*p == ' ' || *p == '\t'))
		p++, n--;
	if (n == 0 || !isdigit((unsigned char) *p))
		return -1;
	for (; n > 0 && isdigit((unsigned char) *p); p++, n--)
	{
		if (v > INT64_MAX / 20)
			return -1;
		v = v * 10 + (*p - '0');
	}
	while (n > 0 && (*p == ' ' || *p == '\r' || *p == '\n'))
		p++, n--;
	return n == 0 ? v : -1;
}

static bool
header_is(const char *line, size_t n, const char *name)
{
	size_t		i;
	size_t		len = strlen(name);

	if (n <= len || line[len] != ':')
		return false;
	for (i = 0; i < len; i++)
		if (tolower((unsigned char) line[i]) != name[i])
			return false;
	return true;
}

/* The header block: CURLE_OK with what follows it in *p and *n. */
static CURLcode
take_headers(FakeEasy *e, const char **p, size_t *n)
{
	long long	length = -1;
	long long	wait = 0;
	bool		first = true;
	int			status = 0;

	for (;;)
	{
		const char *end = *n > 0 ? memchr(*p, '\n', *n) : NULL;
		size_t		len = end ? (size_t) (end - *p) + 1 : *n;
		const char *line = *p;
		bool		blank = len == 0 || line[0] == '\n' || (len == 2 && line[0] == '\r');
		char	   *copy;
		size_t		taken;

		if (first && status != 0 && len == 0)
			return CURLE_RECV_ERROR;
		if (first && (len < 9 || memcmp(line, "HTTP/1.", 7) != 0))
			return CURLE_UNSUPPORTED_PROTOCOL;
		if (len > 0 && memchr(line, '\0', len))
			return CURLE_WEIRD_SERVER_REPLY;
		if (!first && !blank && memchr(line, ':', len) == NULL)
			return CURLE_WEIRD_SERVER_REPLY;
		if (header_is(line, len, "content-length"))
		{
			length = number_of(line + 15, len - 15);
			if (length < 0)
				return CURLE_WEIRD_SERVER_REPLY;
		}
		if (header_is(line, len, "x-wait"))
			wait = number_of(line + 7, len - 7);
		if (first)
			status = len >= 12 ? (int) number_of(line + 9, 3) : 0;
		/* an exact copy, so that a read behind its end is seen */
		copy = malloc(len ? len : 1);
		if (copy == NULL)
			abort();
		memcpy(copy, line, len);
		taken = len ? e->header(copy, 1, len, e->header_arg) : 0;
		free(copy);
		if (taken != len)
			return CURLE_WRITE_ERROR;
		*p += len;
		*n -= len;
		if (!blank)
		{
			first = false;
			if (end == NULL)
				return CURLE_RECV_ERROR;
			continue;
		}
		if (status / 100 == 1 && status != 101)
		{
			first = true;
			length = -1;
			continue;
		}
		break;
	}
	e->answered = true;
	if (wait > 0)
		pass_time((wait > 3600 ? 3600 : wait) * 1000);
	if (e->nobody || status == 204 || status == 304)
		*n = 0;
	else if (length >= 0)
	{
		e->cut = (unsigned long long) length > *n;
		if ((unsigned long long) length < *n)
			*n = (size_t) length;
	}
	return CURLE_OK;
}

static void
run_body(FakeEasy *e)
{
	while (e->body_len > 0 && !e->done && !e->paused)
	{
		size_t		n = e->body_len < fake.slice ? e->body_len : fake.slice;
		char	   *copy = malloc(n);
		size_t		taken;

		if (copy == NULL)
			abort();
		memcpy(copy, e->body, n);
		taken = e->write(copy, 1, n, e->write_arg);
		free(copy);
		if (taken == CURL_WRITEFUNC_PAUSE)
		{
			e->paused = true;
			return;
		}
		if (taken != n)
		{
			e->done = true;
			e->result = CURLE_WRITE_ERROR;
			return;
		}
		e->body += n;
		e->body_len -= n;
		if (e->progress && e->progress(e->progress_arg, 0, 0, 0, INT32_MAX))
		{
			e->done = true;
			e->result = CURLE_ABORTED_BY_CALLBACK;
			return;
		}
	}
	if (!e->paused)
	{
		e->done = true;
		e->result = e->cut ? CURLE_PARTIAL_FILE : CURLE_OK;
	}
}

static void
run_easy(FakeEasy *e)
{
	const char *p;
	size_t		n;

	if (e->done || e->paused)
		return;
	if (!e->begun)
	{
		e->begun = true;
		fake.requests++;
		e->result = CURLE_COULDNT_CONNECT;
		e->done = true;
		if (!next_reply(&p, &n))
			return;
		if (n > 5 && memcmp(p, "curl ", 5) == 0)
		{
			long long	code = number_of(p + 5, n - 5);

			e->result = code > 0 && code < 99 ? (CURLcode) code : CURLE_RECV_ERROR;
			return;
		}
		e->result = take_headers(e, &p, &n);
		if (e->result != CURLE_OK)
			return;
		e->done = false;
		e->body = p;
		e->body_len = n;
	}
	run_body(e);
}

CURLcode
curl_global_init(long flags)
{
	(void) flags;
	return CURLE_OK;
}

CURL *
curl_easy_init(void)
{
	return calloc(1, sizeof(FakeEasy));
}

void
curl_easy_cleanup(CURL *easy)
{
	free(easy);
}

void
curl_easy_reset(CURL *easy)
{
	memset(easy, 0, sizeof(FakeEasy));
}

CURLcode
curl_easy_setopt(CURL *easy, CURLoption option,...)
{
	FakeEasy   *e = easy;
	va_list		ap;

	va_start(ap, option);
	switch (option)
	{
		case CURLOPT_PRIVATE:
			e->private_data = va_arg(ap, void *);
			break;
		case CURLOPT_HEADERFUNCTION:
			e->header = va_arg(ap, curl_write_callback);
			break;
		case CURLOPT_HEADERDATA:
			e->header_arg = va_arg(ap, void *);
			break;
		case CURLOPT_WRITEFUNCTION:
			e->write = va_arg(ap, curl_write_callback);
			break;
		case CURLOPT_WRITEDATA:
			e->write_arg = va_arg(ap, void *);
			break;
		case CURLOPT_XFERINFOFUNCTION:
			e->progress = va_arg(ap, curl_xferinfo_callback);
			break;
		case CURLOPT_XFERINFODATA:
			e->progress_arg = va_arg(ap, void *);
			break;
		case CURLOPT_NOBODY:
			e->nobody = va_arg(ap, long) != 0;
			break;
		default:
			break;
	}
	va_end(ap);
	return CURLE_OK;
}

CURLcode
curl_easy_getinfo(CURL *easy, CURLINFO info,...)
{
	FakeEasy   *e = easy;
	va_list		ap;

	va_start(ap, info);
	if (info == CURLINFO_PRIVATE)
		*va_arg(ap, void **) = e->private_data;
	else
		*va_arg(ap, long *) = info == CURLINFO_PRIMARY_PORT && e->answered ? 80 : 0;
	va_end(ap);
	return CURLE_OK;
}

CURLcode
curl_easy_pause(CURL *easy, int action)
{
	FakeEasy   *e = easy;

	if (action == CURLPAUSE_CONT && e->paused)
	{
		e->paused = false;
		run_easy(e);
	}
	return CURLE_OK;
}

CURLM *
curl_multi_init(void)
{
	return calloc(1, sizeof(FakeMulti));
}

CURLMcode
curl_multi_cleanup(CURLM *multi)
{
	free(multi);
	return CURLM_OK;
}

CURLMcode
curl_multi_setopt(CURLM *multi, CURLMoption option,...)
{
	FakeMulti  *m = multi;
	va_list		ap;

	va_start(ap, option);
	if (option == CURLMOPT_TIMERFUNCTION)
		m->timer = va_arg(ap, curl_multi_timer_callback);
	else if (option == CURLMOPT_TIMERDATA)
		m->timer_arg = va_arg(ap, void *);
	va_end(ap);
	return CURLM_OK;
}

CURLMcode
curl_multi_add_handle(CURLM *multi, CURL *easy)
{
	FakeMulti  *m = multi;
	FakeEasy   *e = easy;

	e->next = m->first;
	m->first = e;
	m->timer(m, 0, m->timer_arg);
	return CURLM_OK;
}

CURLMcode
curl_multi_remove_handle(CURLM *multi, CURL *easy)
{
	FakeMulti  *m = multi;
	FakeEasy  **e;

	for (e = &m->first; *e; e = &(*e)->next)
		if (*e == easy)
		{
			*e = (*e)->next;
			break;
		}
	return CURLM_OK;
}

CURLMcode
curl_multi_assign(CURLM *multi, curl_socket_t s, void *known)
{
	(void) multi;
	(void) s;
	(void) known;
	return CURLM_OK;
}

CURLMcode
curl_multi_socket_action(CURLM *multi, curl_socket_t s, int what, int *running)
{
	FakeMulti  *m = multi;
	FakeEasy   *e;

	(void) s;
	(void) what;
	*running = 0;
	for (e = m->first; e; e = e->next)
		run_easy(e);
	return CURLM_OK;
}

CURLMsg *
curl_multi_info_read(CURLM *multi, int *left)
{
	FakeMulti  *m = multi;
	FakeEasy   *e;

	*left = 0;
	for (e = m->first; e; e = e->next)
		if (e->done && !e->told)
		{
			e->told = true;
			m->msg.msg = CURLMSG_DONE;
			m->msg.easy_handle = e;
			m->msg.data.result = e->result;
			return &m->msg;
		}
	return NULL;
}

/* ---- the client ---- */

/* Nothing is waited for: time passes. */
static PdsWaitResult
no_wait(void *arg, int fd, long timeout_ms, PdsWaitFor what)
{
	(void) arg;
	(void) fd;
	(void) what;
	FUZZ_CHECK(fake.waits++ < MOST_WAITS);
	pass_time(timeout_ms >= 0 && timeout_ms < 1000 ? timeout_ms + 1 : 1000);
	return PDS_WAIT_READY;
}

PdsHttp *
fuzz_client(void)
{
	static const PdsHooks hooks = {.wait = no_wait};
	static const char *const proxies[] = {
		"http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"
	};
	PdsHttpOptions opt = {.max_attempts = 3, .user_agent = "fuzz"};
	PdsError	err;
	size_t		i;

	for (i = 0; i < sizeof(proxies) / sizeof(proxies[0]); i++)
		unsetenv(proxies[i]);
	if (fake.http == NULL)
		fake.http = pds_http_new(&opt, &hooks, &err);
	FUZZ_CHECK(fake.http != NULL);
	return fake.http;
}

PdsAws *
fuzz_aws(void)
{
	PdsAwsConfig c;
	PdsError	err;
	int			i;

	memset(&c, 0, sizeof(c));
	c.region = "us-east-1";
	for (i = 0; i < PDS_NSERVICES; i++)
		c.endpoint[i] = "http://127.0.0.1:1";
	c.credentials.access_key_id = "AKFUZZ";
	c.credentials.secret_access_key = "SKFUZZ";
	if (fake.aws == NULL)
		fake.aws = pds_aws_new(fuzz_client(), &c, &err);
	FUZZ_CHECK(fake.aws != NULL);
	return fake.aws;
}

void
fuzz_client_free(void)
{
	pds_aws_free(fake.aws);
	pds_http_free(fake.http);
	fake.aws = NULL;
	fake.http = NULL;
	pds_clock_advance(-fake.advanced);
	fake.advanced = 0;
}
