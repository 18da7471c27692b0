/*
 * slow_link.c
 *	  A link for bench/run slow-link: every reply waits before its first byte, and every
 *	  connection carries only so many bytes a second.
 *
 *	  slow_link UPSTREAM_PORT LATENCY_MS BYTES_PER_SECOND
 *
 * Prints its port.  Bytes pass unchanged, so that signatures stay valid (the Host header is the
 * client's).  Ends when its standard input does.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CHUNK	(256 * 1024)
/* seconds: who was woken late may catch up so much, or the link would be slower than it says */
#define LATE	0.05

static int	upstream_port;
static double latency;			/* seconds */
static double rate;

typedef struct Link
{
	int			client;
	int			server;
	atomic_int	asked;			/* a request passed since the last reply began */
} Link;

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static void
sleep_until(double when)
{
	struct timespec t = {(time_t) when, (long) ((when - (time_t) when) * 1e9)};

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

static int
send_all(int fd, const char *buf, ssize_t n)
{
	while (n > 0)
	{
		ssize_t		done = send(fd, buf, n, MSG_NOSIGNAL);

		if (done <= 0)
			return 0;
		buf += done;
		n -= done;
	}
	return 1;
}

static void *
requests(void *arg)
{
	Link	   *l = arg;
	char		buf[16 * 1024];
	ssize_t		n;

	while ((n = read(l->client, buf, sizeof(buf))) > 0)
	{
		atomic_store(&l->asked, 1);
		if (!send_all(l->server, buf, n))
			break;
	}
	shutdown(l->server, SHUT_RDWR);
	return NULL;
}

static int
dial(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(upstream_port)};
	int			fd = socket(AF_INET, SOCK_STREAM, 0);
	int			one = 1;

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (connect(fd, (struct sockaddr *) &a, sizeof(a)) == 0)
		return fd;
	close(fd);
	return -1;
}

static void *
serve(void *arg)
{
	Link		l = {.client = (int) (long) arg};
	char	   *buf = malloc(CHUNK);
	pthread_t	thread;
	double		due = 0;		/* when the bytes so far have passed the link */
	ssize_t		n;

	l.server = dial();
	if (l.server < 0 || buf == NULL || pthread_create(&thread, NULL, requests, &l) != 0)
	{
		close(l.client);
		free(buf);
		return NULL;
	}
	while ((n = read(l.server, buf, CHUNK)) > 0)
	{
		if (atomic_exchange(&l.asked, 0))
			due = now() + latency;
		if (due < now() - LATE)
			due = now() - LATE;
		due += n / rate;
		sleep_until(due);
		if (!send_all(l.client, buf, n))
			break;
	}
	shutdown(l.client, SHUT_RDWR);
	shutdown(l.server, SHUT_RDWR);
	pthread_join(thread, NULL);
	close(l.client);
	close(l.server);
	free(buf);
	return NULL;
}

static void *
wait_for_end(void *arg)
{
	char		c;

	while (read(0, &c, 1) > 0)
		;
	exit(0);
	return arg;
}

int
main(int argc, char **argv)
{
	struct sockaddr_in a = {.sin_family = AF_INET};
	socklen_t	len = sizeof(a);
	int			fd = socket(AF_INET, SOCK_STREAM, 0);
	pthread_t	thread;
	int			one = 1;

	if (argc != 4)
		return 1;
	upstream_port = atoi(argv[1]);
	latency = atof(argv[2]) / 1000;
	rate = atof(argv[3]);
	signal(SIGPIPE, SIG_IGN);
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(fd, (struct sockaddr *) &a, sizeof(a)) != 0 || listen(fd, 128) != 0 ||
		getsockname(fd, (struct sockaddr *) &a, &len) != 0)
		return 1;
	printf("%d\n", ntohs(a.sin_port));
	fflush(stdout);
	pthread_create(&thread, NULL, wait_for_end, NULL);
	for (;;)
	{
		int			client = accept(fd, NULL, NULL);

		if (client < 0)
			continue;
		setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		if (pthread_create(&thread, NULL, serve, (void *) (long) client) == 0)
			pthread_detach(thread);
		else
			close(client);
	}
}
