/*
 * range_server.h
 *	  A small S3 for tests of fetch and reader: one bucket, GetObject with
 *	  Range and If-Match, in a process of its own on loopback, with faults on
 *	  request.  Objects and knobs lie in shared memory, so that a test can
 *	  change them at any time.  A version is an object "key@version"; keys that
 *	  begin with "archived" are.  It checks no signature and knows nothing else.
 */
#ifndef PDS_RANGE_SERVER_H
#define PDS_RANGE_SERVER_H

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
#include <unistd.h>

#include "core/aws/aws.h"

#define RS_BUCKET	"bucket"
#define RS_ARENA	((size_t) 160 * 1024 * 1024)
#define RS_OBJECTS	4096
#define RS_LOG		20000

typedef struct RsObject
{
	char		key[64];
	char		etag[48];
	size_t		at;				/* in the arena */
	size_t		len;
	size_t		room;
} RsObject;

typedef struct RsRequest
{
	char		key[64];
	long long	first;
	long long	last;
	char		if_match[48];
} RsRequest;

typedef struct RsShared
{
	/* knobs; 0 is off */
	int			chunk;			/* bytes a write */
	int			chunk_delay_us; /* between writes */
	int			reply_delay_us;
	int			fail_requests;	/* so many are answered 503 SlowDown */
	int			break_after;	/* close the connection after so many body
								 * bytes ... */
	int			break_times;	/* ... so many times */
	int			wrong_region;	/* so many are answered 301 */
	int			deny;			/* so many are answered 403 */
	int			payer;			/* 403 for those who do not agree to pay */
	/* counters */
	int			requests;
	int			running;
	int			running_max;
	int			connections;
	long long	body_bytes;
	RsRequest	log[RS_LOG];
	int			nobjects;
	size_t		used;
	RsObject	objects[RS_OBJECTS];
	char		arena[];
} RsShared;

static RsShared *rs;
static pid_t rs_pid;
static int	rs_port;

static inline int
rs_take(int *counter)
{
	if (__atomic_load_n(counter, __ATOMIC_SEQ_CST) <= 0)
		return 0;
	return __atomic_fetch_sub(counter, 1, __ATOMIC_SEQ_CST) > 0;
}

static inline int
rs_write_all(int fd, const char *data, size_t len)
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

static inline int
rs_error(int fd, int status, const char *code, const char *extra)
{
	char		body[400];
	char		head[900];

	snprintf(body, sizeof(body), "<?xml version=\"1.0\"?><Error><Code>%s</Code>"
			 "<Message>made by the test</Message><RequestId>R1</RequestId></Error>", code);
	snprintf(head, sizeof(head), "HTTP/1.1 %d X\r\nContent-Type: application/xml\r\n"
			 "Content-Length: %zu\r\nx-amz-request-id: R1\r\n%s\r\n%s",
			 status, strlen(body), extra, body);
	return rs_write_all(fd, head, strlen(head));
}

static inline void
rs_header(const char *request, const char *name, char *out, size_t cap)
{
	const char *at = request;
	size_t		n;

	out[0] = '\0';
	while (*at && strncasecmp(at, name, strlen(name)) != 0)
		at++;
	if (*at == '\0')
		return;
	at += strlen(name);
	while (*at == ' ')
		at++;
	n = strcspn(at, "\r\n");
	snprintf(out, cap, "%.*s", (int) n, at);
}

static inline int
rs_send_body(int fd, const RsObject *o, long long first, long long last)
{
	const char *p = rs->arena + o->at + first;
	size_t		left = (size_t) (last - first + 1);
	size_t		stop = left;
	int			broken = 0;

	if (rs->break_after > 0 && (size_t) rs->break_after < left && rs_take(&rs->break_times))
	{
		stop = (size_t) rs->break_after;
		broken = 1;
	}
	while (stop > 0)
	{
		size_t		n = rs->chunk > 0 && (size_t) rs->chunk < stop ? (size_t) rs->chunk : stop;

		if (n > 1024 * 1024)
			n = 1024 * 1024;
		if (rs_write_all(fd, p, n) < 0)
			return -1;
		__atomic_fetch_add(&rs->body_bytes, (long long) n, __ATOMIC_SEQ_CST);
		p += n;
		stop -= n;
		if (rs->chunk_delay_us)
			usleep((useconds_t) rs->chunk_delay_us);
	}
	return broken ? -1 : 0;
}

static inline int
rs_answer(int fd, char *request)
{
	char		key[64] = "";
	char		range[80];
	char		if_match[48];
	char		payer[20];
	char		version[30] = "";
	char		head[500];
	long long	first = 0;
	long long	last = -1;
	RsObject	o;
	int			i;
	int			number = __atomic_fetch_add(&rs->requests, 1, __ATOMIC_SEQ_CST);

	sscanf(request, "GET /" RS_BUCKET "/%63[^ ?]?versionId=%29[^ ]", key, version);
	if (version[0])
		snprintf(key + strlen(key), sizeof(key) - strlen(key), "@%s", version);
	rs_header(request, "\r\nx-amz-request-payer:", payer, sizeof(payer));
	rs_header(request, "\r\nRange:", range, sizeof(range));
	rs_header(request, "\r\nIf-Match:", if_match, sizeof(if_match));
	sscanf(range, "bytes=%lld-%lld", &first, &last);
	if (number < RS_LOG)
	{
		RsRequest  *log = &rs->log[number];

		snprintf(log->key, sizeof(log->key), "%s", key);
		snprintf(log->if_match, sizeof(log->if_match), "%s", if_match);
		log->first = first;
		log->last = last;
	}
	if (rs->reply_delay_us)
		usleep((useconds_t) rs->reply_delay_us);
	if (rs_take(&rs->fail_requests))
		return rs_error(fd, 503, "SlowDown", "");
	if (rs_take(&rs->wrong_region))
		return rs_error(fd, 301, "PermanentRedirect", "x-amz-bucket-region: eu-west-1\r\n");
	if (rs_take(&rs->deny))
		return rs_error(fd, 403, "AccessDenied", "");
	if (rs->payer && strcmp(payer, "requester") != 0)
		return rs_error(fd, 403, "AccessDenied", "");
	if (strncmp(key, "archived", 8) == 0)
		return rs_error(fd, 403, "InvalidObjectState", "");
	for (i = 0; i < rs->nobjects; i++)
		if (strcmp(rs->objects[i].key, key) == 0)
			break;
	if (i == rs->nobjects)
		return rs_error(fd, 404, "NoSuchKey", "");
	o = rs->objects[i];
	if (if_match[0] && strcmp(if_match, o.etag) != 0)
		return rs_error(fd, 412, "PreconditionFailed", "");
	if (range[0] == '\0')
		last = (long long) o.len - 1;
	if (range[0] && first >= (long long) o.len)
		return rs_error(fd, 416, "InvalidRange", "");
	if (last >= (long long) o.len)
		last = (long long) o.len - 1;
	snprintf(head, sizeof(head), "HTTP/1.1 %s\r\nContent-Length: %lld\r\nETag: %s\r\n"
			 "x-amz-request-id: R1\r\n", range[0] ? "206 Partial Content" : "200 OK",
			 last - first + 1, o.etag);
	if (range[0])
		snprintf(head + strlen(head), 100, "Content-Range: bytes %lld-%lld/%zu\r\n",
				 first, last, o.len);
	strcat(head, "\r\n");
	if (rs_write_all(fd, head, strlen(head)) < 0)
		return -1;
	return rs_send_body(fd, &o, first, last);
}

static inline void
rs_connection(int fd)
{
	char		request[8192];
	size_t		have = 0;
	int			on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	for (;;)
	{
		char	   *end;
		ssize_t		n;
		int			rc;
		int			now;

		request[have] = '\0';
		while ((end = strstr(request, "\r\n\r\n")) == NULL)
		{
			n = recv(fd, request + have, sizeof(request) - 1 - have, 0);
			if (n <= 0)
				_exit(0);
			have += (size_t) n;
			request[have] = '\0';
		}
		now = __atomic_add_fetch(&rs->running, 1, __ATOMIC_SEQ_CST);
		if (now > rs->running_max)
			rs->running_max = now;
		rc = rs_answer(fd, request);
		__atomic_sub_fetch(&rs->running, 1, __ATOMIC_SEQ_CST);
		if (rc < 0)
			_exit(0);
		end += 4;
		have -= (size_t) (end - request);
		memmove(request, end, have);
	}
}

static inline void
rs_serve(int listener)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGCHLD, SIG_IGN);
	for (;;)
	{
		int			fd = accept(listener, NULL, NULL);

		if (fd < 0)
			continue;
		__atomic_fetch_add(&rs->connections, 1, __ATOMIC_SEQ_CST);
		if (fork() == 0)
		{
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			close(listener);
			rs_connection(fd);
		}
		close(fd);
	}
}

static inline void
rs_start(void)
{
	struct sockaddr_in addr;
	socklen_t	len = sizeof(addr);
	int			listener = socket(AF_INET, SOCK_STREAM, 0);

	rs = mmap(NULL, sizeof(RsShared) + RS_ARENA, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	memset(&addr, 0, sizeof(addr));
	addr.sin_family = AF_INET;
	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (rs == MAP_FAILED || listener < 0 ||
		bind(listener, (struct sockaddr *) &addr, sizeof(addr)) < 0 ||
		listen(listener, 64) < 0 ||
		getsockname(listener, (struct sockaddr *) &addr, &len) < 0)
	{
		perror("range server");
		exit(2);
	}
	rs_port = ntohs(addr.sin_port);
	fflush(stdout);
	rs_pid = fork();
	if (rs_pid == 0)
		rs_serve(listener);
	close(listener);
}

static inline void
rs_stop(void)
{
	kill(rs_pid, SIGKILL);
	waitpid(rs_pid, NULL, 0);
}

/* faults off, counters to zero, when abandoned requests have ended */
static inline void
rs_reset(void)
{
	int			i;

	for (i = 0; i < 300 && __atomic_load_n(&rs->running, __ATOMIC_SEQ_CST) > 0; i++)
		usleep(10000);
	memset(rs, 0, offsetof(RsShared, log));
}

/* A new version of an object. */
static inline const RsObject *
rs_put(const char *key, const char *data, size_t len)
{
	static int	version;
	RsObject   *o;
	int			i;

	for (i = 0; i < rs->nobjects; i++)
		if (strcmp(rs->objects[i].key, key) == 0)
			break;
	o = &rs->objects[i];
	if (i == rs->nobjects && ++rs->nobjects > RS_OBJECTS)
		abort();
	/* small tests put the same keys again and again: use the room again */
	if (o->room <= len)
	{
		o->room = len + 1;
		if (rs->used + len + 1 > RS_ARENA)
			abort();
		o->at = rs->used;
		rs->used += len + 1;
	}
	snprintf(o->key, sizeof(o->key), "%s", key);
	snprintf(o->etag, sizeof(o->etag), "\"v%d\"", ++version);
	memcpy(rs->arena + o->at, data, len);
	o->len = len;
	return o;
}

/* a session that reads from the server */
static inline PdsAws *
rs_aws_payer(PdsHttp *http, int payer)
{
	static char endpoint[64];
	PdsAwsConfig c;
	PdsError	err;
	PdsAws	   *aws;

	snprintf(endpoint, sizeof(endpoint), "http://127.0.0.1:%d", rs_port);
	memset(&c, 0, sizeof(c));
	c.region = "us-east-1";
	c.endpoint[PDS_S3] = endpoint;
	c.addressing = PDS_ADDRESS_PATH;
	c.requester_pays = payer;
	c.credentials.access_key_id = "test";
	c.credentials.secret_access_key = "test";
	aws = pds_aws_new(http, &c, &err);
	if (aws == NULL)
	{
		printf("Bail out! %s\n", err.message);
		exit(2);
	}
	return aws;
}

static inline PdsAws *
rs_aws(PdsHttp *http)
{
	return rs_aws_payer(http, 0);
}

#endif							/* PDS_RANGE_SERVER_H */
