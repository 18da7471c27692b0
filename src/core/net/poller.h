/*
 * poller.h
 *	  One descriptor behind which all sockets and the next deadline stand: epoll
 *	  with a timerfd in it, or kqueue.  Private to http.c, but for the timer.
 */
#ifndef PDS_CORE_POLLER_H
#define PDS_CORE_POLLER_H

#include <stdbool.h>

typedef struct PdsPoller
{
	int			fd;				/* readable when something is to be done; -1:
								 * none */
	int			timer_fd;		/* epoll only */
} PdsPoller;

typedef struct PdsPollEvent
{
	int			fd;
	bool		readable;
	bool		writable;
	bool		error;
} PdsPollEvent;

extern bool pds_poller_open(PdsPoller *p);
extern void pds_poller_close(PdsPoller *p);

/* watch fd; both false: forget it */
extern bool pds_poller_watch(PdsPoller *p, int fd, bool readable, bool writable, bool known);

/* become readable after ms (0: at once; -1: never) */
extern void pds_poller_timer(PdsPoller *p, long ms);

/* events that are pending now, without waiting; timers are swallowed */
extern int	pds_poller_events(PdsPoller *p, PdsPollEvent *events, int max);

/*
 * A descriptor that becomes readable when a time has passed, and nothing else: timerfd, or kqueue.
 * -1 with errno: there is none.
 */
extern int	pds_timer_open(void);

/* readable after ms (0: at once), and not before */
extern void pds_timer_set(int fd, long ms);
extern void pds_timer_close(int fd);

#endif							/* PDS_CORE_POLLER_H */
