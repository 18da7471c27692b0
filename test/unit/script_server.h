/*
 * script_server.h
 *	  A scripted HTTP/1.1 server for tests, in a process of its own on
 *	  loopback.  Steps lie in shared memory; the first one with uses left whose
 *	  match is a prefix of "METHOD /path?query" answers a request.  Every
 *	  request is kept, whole, in an unlinked file that the test can read.
 *
 *		ss_start();
 *		ss_on("GET /a", 503, "", "busy");
 *		ss_on("GET /a", 200, "ETag: \"1\"\r\n", "hello")->times = SS_ALWAYS;
 *		... ss_request(0) ...
 *		ss_stop();
 */
#ifndef PDS_SCRIPT_SERVER_H
#define PDS_SCRIPT_SERVER_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SS_STEPS	64
#define SS_REQUESTS	256
#define SS_BODY		(64 * 1024)
#define SS_ALWAYS	1000000

typedef struct SsStep
{
	char		match[160];		/* "" takes every request */
	int			status;
	char		headers[1024];	/* whole lines; a Content-Length of one's own
								 * counts */
	char		body[SS_BODY];
	size_t		body_len;
	int			times;			/* uses left; 1 at first */
	int			delay_ms;		/* before the reply */
	int			drop;			/* close without a reply */
	int			cut;			/* close after so many body bytes; -1: all */
	int			repeat;			/* send the body so many times more */
	int			pause_ms;		/* between two of them */
	int			close_after;	/* no keep-alive */
	int			raw;			/* the body is all that is sent */
} SsStep;

typedef struct SsShared
{
	int			nsteps;
	int			requests;
	int			connections;
	int			unexpected;		/* requests without a step */
	int			scenario;		/* counts what ss_clear begins */
	size_t		log_len;
	struct
	{
		size_t		at;
		size_t		len;
		int			connection;
	}			log[SS_REQUESTS];
	SsStep		steps[SS_STEPS];
} SsShared;

static SsShared *ss;
static pid_t ss_pid;
static int	ss_port;
static int	ss_log_fd = -1;
static char ss_url[64];

static inline int
ss_write_all(int fd, const char *data, size_t len)
{
	while (len > 0)
	{
		ssize_t		n = send(fd, data, len, MSG_NOSIGNAL);

		if (n <= 0)
			return -1;
		data += n;
		len -= (size_t) n;
	}
	return 0;
}

/* value of a header of a raw request or reply; false when absent */
static inline int
ss_header(const char *request, const char *name, char *out, size_t cap)
{
	size_t		n = strlen(name);
	const char *line = strchr(request, '\n');

	out[0] = '\0';
	while (line && line[1] != '\r' && line[1] != '\0')
	{
		line++;
		if (strncasecmp(line, name, n) == 0 && line[n] == ':')
		{
			line += n + 1;
			line += strspn(line, " ");
			snprintf(out, cap, "%.*s", (int) strcspn(line, "\r\n"), line);
			return 1;
		}
		line = strchr(line, '\n');
	}
	return 0;
}

static inline void
ss_remember(const char *request, size_t len, int connection)
{
	size_t		at = __atomic_fetch_add(&ss->log_len, len, __ATOMIC_SEQ_CST);
	int			i = __atomic_load_n(&ss->requests, __ATOMIC_SEQ_CST);

	if (i < SS_REQUESTS && pwrite(ss_log_fd, request, len, (off_t) at) == (ssize_t) len)
	{
		i = __atomic_fetch_add(&ss->requests, 1, __ATOMIC_SEQ_CST);
		ss->log[i].connection = connection;
		ss->log[i].at = at;
		ss->log[i].len = len;
	}
}

static inline SsStep *
ss_take_step(const char *request)
{
	const char *end = strstr(request, " HTTP/");
	int			i;

	for (i = 0; i < __atomic_load_n(&ss->nsteps, __ATOMIC_SEQ_CST); i++)
	{
		SsStep	   *s = &ss->steps[i];
		size_t		n = strlen(s->match);

		if (end && n <= (size_t) (end - request) && strncmp(request, s->match, n) == 0 &&
			__atomic_load_n(&s->times, __ATOMIC_SEQ_CST) > 0 &&
			__atomic_fetch_sub(&s->times, 1, __ATOMIC_SEQ_CST) > 0)
			return s;
	}
	return NULL;
}

/* -1: the connection is to be closed */
static inline int
ss_answer(int fd, const char *request)
{
	static SsStep copy;
	SsStep	   *s = ss_take_step(request);
	char		head[1400];
	char		text[32];
	size_t		len;

	if (s == NULL)
	{
		const char *none = "HTTP/1.1 418 No step\r\nContent-Length: 0\r\n\r\n";

		__atomic_fetch_add(&ss->unexpected, 1, __ATOMIC_SEQ_CST);
		return ss_write_all(fd, none, strlen(none));
	}
	/* the test may go on to its next scenario as soon as it has the reply */
	copy = *s;
	s = &copy;
	if (s->delay_ms)
		usleep((useconds_t) s->delay_ms * 1000);
	if (s->drop)
		return -1;
	if (s->raw)
	{
		int			ok = ss_write_all(fd, s->body, s->body_len) >= 0;

		for (; ok && s->repeat > 0; s->repeat--)
			ok = ss_write_all(fd, s->body + s->body_len / 2, s->body_len / 2) >= 0;
		return -1;
	}
	snprintf(head, sizeof(head), "HTTP/1.1 %d Scripted\r\n%.*s", s->status,
			 (int) sizeof(s->headers), s->headers);
	if (!ss_header(head, "content-length", text, sizeof(text)) && s->status != 304 && s->status != 204)
		snprintf(head + strlen(head), 60, "Content-Length: %zu\r\n", s->body_len);
	if (s->close_after)
		strcat(head, "Connection: close\r\n");
	strcat(head, "\r\n");
	if (ss_write_all(fd, head, strlen(head)) < 0)
		return -1;
	if (strncmp(request, "HEAD ", 5) == 0)
		return s->close_after ? -1 : 0;
	len = s->cut >= 0 && (size_t) s->cut < s->body_len ? (size_t) s->cut : s->body_len;
	if (ss_write_all(fd, s->body, len) < 0 || s->close_after || len < s->body_len)
		return -1;
	for (; s->repeat > 0; s->repeat--)
	{
		usleep((useconds_t) s->pause_ms * 1000);
		if (ss_write_all(fd, s->body, len) < 0)
			return -1;
	}
	return 0;
}

/* What a scenario gave up may come late, on a connection that is closed: it is none of the next one's. */
static inline bool
ss_given_up(int fd, int scenario)
{
	char		c;

	return scenario != __atomic_load_n(&ss->scenario, __ATOMIC_SEQ_CST) && recv(fd, &c, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

static inline void
ss_connection(int fd, int connection)
{
	int			scenario = __atomic_load_n(&ss->scenario, __ATOMIC_SEQ_CST);
	size_t		cap = 12 * 1024 * 1024;
	char	   *request = malloc(cap + 1);
	size_t		have = 0;
	int			on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	for (;;)
	{
		size_t		want = 0;
		char		saved;

		for (;;)
		{
			char	   *end;
			char		text[32];
			ssize_t		n;

			request[have] = '\0';
			end = strstr(request, "\r\n\r\n");
			if (end)
			{
				want = (size_t) (end + 4 - request);
				if (ss_header(request, "content-length", text, sizeof(text)))
					want += strtoul(text, NULL, 10);
				if (have >= want)
					break;
			}
			n = have < cap ? recv(fd, request + have, cap - have, 0) : 0;
			if (n <= 0)
				_exit(0);
			have += (size_t) n;
		}
		if (ss_given_up(fd, scenario))
			_exit(0);
		saved = request[want];
		request[want] = '\0';
		ss_remember(request, want, connection);
		if (ss_answer(fd, request) < 0)
		{
			/* an orderly end: what was sent arrives */
			shutdown(fd, SHUT_RDWR);
			_exit(0);
		}
		request[want] = saved;
		memmove(request, request + want, have - want);
		have -= want;
	}
}

static inline void
ss_serve(int listener)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGCHLD, SIG_IGN);
	for (;;)
	{
		int			fd = accept(listener, NULL, NULL);
		int			connection;

		if (fd < 0)
			continue;
		connection = __atomic_add_fetch(&ss->connections, 1, __ATOMIC_SEQ_CST);
		if (fork() == 0)
		{
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			close(listener);
			ss_connection(fd, connection);
		}
		close(fd);
	}
}

static inline void
ss_start(void)
{
	struct sockaddr_in addr;
	socklen_t	len = sizeof(addr);
	int			listener = socket(AF_INET, SOCK_STREAM, 0);
	const char *tmp = getenv("TMPDIR");
	char		name[300];

	snprintf(name, sizeof(name), "%s/script_server.XXXXXX", tmp && *tmp ? tmp : "/tmp");
	ss_log_fd = mkstemp(name);
	if (ss_log_fd >= 0)
		unlink(name);
	ss = mmap(NULL, sizeof(SsShared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	memset(&addr, 0, sizeof(addr));
	addr.sin_family = AF_INET;
	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (ss == MAP_FAILED || ss_log_fd < 0 || listener < 0 ||
		bind(listener, (struct sockaddr *) &addr, sizeof(addr)) < 0 ||
		listen(listener, 256) < 0 ||
		getsockname(listener, (struct sockaddr *) &addr, &len) < 0)
	{
		printf("Bail out! the script server does not start\n");
		exit(2);
	}
	ss_port = ntohs(addr.sin_port);
	snprintf(ss_url, sizeof(ss_url), "http://127.0.0.1:%d", ss_port);
	fflush(stdout);
	ss_pid = fork();
	if (ss_pid == 0)
		ss_serve(listener);
	close(listener);
}

static inline void
ss_stop(void)
{
	kill(ss_pid, SIGKILL);
	waitpid(ss_pid, NULL, 0);
	close(ss_log_fd);
}

/* forget steps and requests: for the next scenario, when nothing is running */
static inline void
ss_clear(void)
{
	ss->nsteps = ss->requests = ss->connections = ss->unexpected = 0;
	ss->log_len = 0;
	__atomic_add_fetch(&ss->scenario, 1, __ATOMIC_SEQ_CST);
}

/* one more step; body as text, change body_len for less or more */
static inline SsStep *
ss_on(const char *match, int status, const char *headers, const char *body)
{
	SsStep	   *s = &ss->steps[ss->nsteps];

	if (ss->nsteps == SS_STEPS || strlen(body) >= SS_BODY || strlen(headers) >= sizeof(s->headers))
		abort();
	memset(s, 0, offsetof(SsStep, body));
	snprintf(s->match, sizeof(s->match), "%s", match);
	snprintf(s->headers, sizeof(s->headers), "%s", headers);
	strcpy(s->body, body);
	s->body_len = strlen(body);
	s->status = status;
	s->times = 1;
	s->delay_ms = s->drop = s->close_after = s->repeat = s->pause_ms = s->raw = 0;
	s->cut = -1;
	ss->nsteps++;
	return s;
}

/* the i-th request as it came in, until the next call; "" when there was none */
static inline const char *
ss_request(int i)
{
	static char *text;
	size_t		len;

	free(text);
	text = NULL;
	if (i >= ss->requests)
		return "";
	len = ss->log[i].len;
	text = malloc(len + 1);
	if (text == NULL || pread(ss_log_fd, text, len, (off_t) ss->log[i].at) != (ssize_t) len)
		abort();
	text[len] = '\0';
	return text;
}

static inline const char *
ss_request_body(int i)
{
	const char *end = strstr(ss_request(i), "\r\n\r\n");

	return end ? end + 4 : "";
}

/* value of a header of the i-th request, "" when absent; until the next call */
static inline const char *
ss_request_header(int i, const char *name)
{
	static char value[2000];

	ss_header(ss_request(i), name, value, sizeof(value));
	return value;
}

/* does the i-th request begin with this? */
static inline int
ss_request_is(int i, const char *start)
{
	return strncmp(ss_request(i), start, strlen(start)) == 0;
}

/* requests that begin so */
static inline int
seen(const char *start)
{
	int			n = 0;
	int			i;

	for (i = 0; i < ss->requests; i++)
		n += ss_request_is(i, start);
	return n;
}

/* number of the k-th request (from 0) that begins so, or -1 */
static inline int
nth(const char *start, int k)
{
	int			i;

	for (i = 0; i < ss->requests; i++)
		if (ss_request_is(i, start) && k-- == 0)
			return i;
	return -1;
}

/* the header of a reply of then */
static inline const char *
http_date(time_t t)
{
	static char text[64];
	struct tm	tm;

	gmtime_r(&t, &tm);
	strftime(text, sizeof(text), "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &tm);
	return text;
}

/* a port where nobody listens */
static inline int
ss_closed_port(void)
{
	struct sockaddr_in addr;
	socklen_t	len = sizeof(addr);
	int			fd = socket(AF_INET, SOCK_STREAM, 0);

	memset(&addr, 0, sizeof(addr));
	addr.sin_family = AF_INET;
	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *) &addr, sizeof(addr)) < 0 ||
		getsockname(fd, (struct sockaddr *) &addr, &len) < 0)
		abort();
	close(fd);
	return ntohs(addr.sin_port);
}

/* a PdsRangeSink: arg is where the bytes go */
static inline bool
take_range(void *arg, const char *data, size_t n)
{
	char	  **at = arg;

	memcpy(*at, data, n);
	*at += n;
	return true;
}

#endif							/* PDS_SCRIPT_SERVER_H */
