/*
 * clock.c
 *	  A clock that stands still, for sessions that ask for it: now() is in the statements that they send.
 *
 * Preloaded into the test server.  SET application_name = 'clock 1782909296.789012' stops the time of
 * day at that second; no timeout ever ends such a session's statement.
 */
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

/* the server's setting; other programs have none */
extern char *application_name __attribute__((weak));

int
gettimeofday(struct timeval *tv, void *tz)
{
	struct timespec ts;
	long		sec,
				usec;

	if (&application_name && application_name &&
		sscanf(application_name, "clock %ld.%6ld", &sec, &usec) == 2)
	{
		tv->tv_sec = sec;
		tv->tv_usec = usec;
		return 0;
	}
	clock_gettime(CLOCK_REALTIME, &ts);
	tv->tv_sec = ts.tv_sec;
	tv->tv_usec = ts.tv_nsec / 1000;
	return 0;
}
