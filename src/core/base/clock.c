/*
 * clock.c
 *	  What time it is.
 */
#include "core/base/clock.h"

/* ms that tests let pass */
static int64_t advanced_ms;

int64_t
pds_now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t) t.tv_sec * 1000000 + t.tv_nsec / 1000 + advanced_ms * 1000;
}

time_t
pds_wall_time(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec + (time_t) ((t.tv_nsec / 1000000 + advanced_ms) / 1000);
}

void
pds_clock_advance(int64_t ms)
{
	advanced_ms += ms;
}
