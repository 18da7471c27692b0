/*
 * poller.c
 *	  epoll (Linux) and kqueue (macOS, BSD) behind one small interface.
 */
#include "core/net/poller.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/epoll.h>
#include <sys/timerfd.h>

int
pds_timer_open(void)
{
	return timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
}

void
pds_timer_set(int fd, long ms)
{
	struct itimerspec t;

	memset(&t, 0, sizeof(t));
	if (ms >= 0)
	{
		t.it_value.tv_sec = ms / 1000;
		t.it_value.tv_nsec = (ms % 1000) * 1000000L;
		if (ms == 0)
			t.it_value.tv_nsec = 1; /* zero would disarm it */
	}
	/* what has come due before is forgotten with that */
	(void) timerfd_settime(fd, 0, &t, NULL);
}

bool
pds_poller_open(PdsPoller *p)
{
	struct epoll_event ev;

	p->timer_fd = -1;
	p->fd = epoll_create1(EPOLL_CLOEXEC);
	if (p->fd < 0)
		return false;
	p->timer_fd = pds_timer_open();
	memset(&ev, 0, sizeof(ev));
	ev.events = EPOLLIN;
	ev.data.fd = p->timer_fd;
	if (p->timer_fd < 0 || epoll_ctl(p->fd, EPOLL_CTL_ADD, p->timer_fd, &ev) != 0)
	{
		pds_poller_close(p);
		return false;
	}
	return true;
}

void
pds_poller_close(PdsPoller *p)
{
	if (p->timer_fd >= 0)
		close(p->timer_fd);
	if (p->fd >= 0)
		close(p->fd);
	p->fd = p->timer_fd = -1;
}

bool
pds_poller_watch(PdsPoller *p, int fd, bool readable, bool writable, bool known)
{
	struct epoll_event ev;

	memset(&ev, 0, sizeof(ev));
	ev.data.fd = fd;
	ev.events = (readable ? EPOLLIN : 0) | (writable ? EPOLLOUT : 0);
	if (!readable && !writable)
	{
		/* curl may have closed it already: then it has left the set by itself */
		(void) epoll_ctl(p->fd, EPOLL_CTL_DEL, fd, &ev);
		return true;
	}
	if (known && epoll_ctl(p->fd, EPOLL_CTL_MOD, fd, &ev) == 0)
		return true;
	if (epoll_ctl(p->fd, EPOLL_CTL_ADD, fd, &ev) == 0)
		return true;
	return errno == EEXIST && epoll_ctl(p->fd, EPOLL_CTL_MOD, fd, &ev) == 0;
}

void
pds_poller_timer(PdsPoller *p, long ms)
{
	pds_timer_set(p->timer_fd, ms);
}

int
pds_poller_events(PdsPoller *p, PdsPollEvent *events, int max)
{
	struct epoll_event ev[64];
	int			n = epoll_wait(p->fd, ev, max > 64 ? 64 : max, 0);
	int			out = 0;
	int			i;

	for (i = 0; i < n; i++)
	{
		if (ev[i].data.fd == p->timer_fd)
		{
			char		swallow[8];

			if (read(p->timer_fd, swallow, sizeof(swallow)) < 0)
				continue;
			continue;
		}
		events[out].fd = ev[i].data.fd;
		events[out].readable = (ev[i].events & (EPOLLIN | EPOLLHUP)) != 0;
		events[out].writable = (ev[i].events & EPOLLOUT) != 0;
		events[out].error = (ev[i].events & EPOLLERR) != 0;
		out++;
	}
	return out;
}

#else
#include <sys/types.h>
#include <sys/event.h>
#include <sys/time.h>
#include <fcntl.h>

int
pds_timer_open(void)
{
	int			fd = kqueue();

	if (fd >= 0)
		(void) fcntl(fd, F_SETFD, FD_CLOEXEC);
	return fd;
}

/* armed anew: an event that has come due before goes with the old one */
void
pds_timer_set(int fd, long ms)
{
	struct kevent ev;

	EV_SET(&ev, 1, EVFILT_TIMER, EV_DELETE, 0, 0, NULL);
	(void) kevent(fd, &ev, 1, NULL, 0, NULL);
	if (ms < 0)
		return;
	EV_SET(&ev, 1, EVFILT_TIMER, EV_ADD | EV_ONESHOT, 0, ms, NULL);
	(void) kevent(fd, &ev, 1, NULL, 0, NULL);
}

bool
pds_poller_open(PdsPoller *p)
{
	p->timer_fd = -1;
	p->fd = pds_timer_open();
	return p->fd >= 0;
}

void
pds_poller_close(PdsPoller *p)
{
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
}

bool
pds_poller_watch(PdsPoller *p, int fd, bool readable, bool writable, bool known)
{
	struct kevent ev[2];

	(void) known;
	EV_SET(&ev[0], fd, EVFILT_READ, readable ? EV_ADD : EV_DELETE, 0, 0, NULL);
	EV_SET(&ev[1], fd, EVFILT_WRITE, writable ? EV_ADD : EV_DELETE, 0, 0, NULL);

	/*
	 * one at a time: deleting a filter that is not there is an error to
	 * ignore
	 */
	return (kevent(p->fd, &ev[0], 1, NULL, 0, NULL) == 0 || !readable) &&
		(kevent(p->fd, &ev[1], 1, NULL, 0, NULL) == 0 || !writable);
}

void
pds_poller_timer(PdsPoller *p, long ms)
{
	pds_timer_set(p->fd, ms);
}

int
pds_poller_events(PdsPoller *p, PdsPollEvent *events, int max)
{
	struct kevent ev[64];
	struct timespec zero = {0, 0};
	int			n = kevent(p->fd, NULL, 0, ev, max > 64 ? 64 : max, &zero);
	int			out = 0;
	int			i;

	for (i = 0; i < n; i++)
	{
		if (ev[i].filter == EVFILT_TIMER)
			continue;
		events[out].fd = (int) ev[i].ident;
		events[out].readable = ev[i].filter == EVFILT_READ;
		events[out].writable = ev[i].filter == EVFILT_WRITE;
		events[out].error = (ev[i].flags & EV_ERROR) != 0;
		out++;
	}
	return out;
}
#endif

void
pds_timer_close(int fd)
{
	(void) close(fd);
}
