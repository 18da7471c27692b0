/*
 * clock.h
 *	  What time it is.  The only place of the core that asks the machine, so that
 *	  tests can let time pass without waiting for it.
 */
#ifndef PDS_CORE_CLOCK_H
#define PDS_CORE_CLOCK_H

#include <stdint.h>
#include <time.h>

/* microseconds since some moment: a clock that nobody sets, for durations */
extern int64_t pds_now_us(void);

static inline int64_t
pds_now_ms(void)
{
	return pds_now_us() / 1000;
}

/* seconds since 1970, as the machine's calendar has it */
extern time_t pds_wall_time(void);

/* for tests: both clocks go forward by so many milliseconds, from now on */
extern void pds_clock_advance(int64_t ms);

#endif							/* PDS_CORE_CLOCK_H */
