/*
 * unit.h
 *	  A few macros that print TAP.  Every test program includes it once.
 *
 *		int main(void) { CHECK(1 + 1 == 2); CHECK_STR(a, "x"); return unit_done(); }
 */
#ifndef PDS_UNIT_H
#define PDS_UNIT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int	unit_count;
static int	unit_failures;

static inline int
unit_report(int ok, const char *what, const char *file, int line)
{
	unit_count++;
	if (ok)
		printf("ok %d - %s\n", unit_count, what);
	else
	{
		unit_failures++;
		printf("not ok %d - %s\n#   at %s:%d\n", unit_count, what, file, line);
	}
	return ok;
}

static inline void
unit_skip(const char *what, const char *why)
{
	unit_count++;
	printf("ok %d - %s # SKIP %s\n", unit_count, what, why);
}

/* how much longer than by itself the program takes, under valgrind say (test/lib/unit_with) */
static inline double
unit_slowness(void)
{
	const char *s = getenv("PDS_UNIT_SLOWNESS");

	return s ? atof(s) : 1;
}

static inline int
unit_str(const char *got, const char *want, const char *what, const char *file, int line)
{
	int			ok = got && want ? strcmp(got, want) == 0 : got == want;

	unit_report(ok, what, file, line);
	if (!ok)
		printf("#   got:  %s\n#   want: %s\n", got ? got : "(null)", want ? want : "(null)");
	return ok;
}

static inline int
unit_int(long long got, long long want, const char *what, const char *file, int line)
{
	unit_report(got == want, what, file, line);
	if (got != want)
		printf("#   got:  %lld\n#   want: %lld\n", got, want);
	return got == want;
}

#define CHECK(cond) unit_report(!!(cond), #cond, __FILE__, __LINE__)
#define CHECK_MSG(cond, msg) unit_report(!!(cond), msg, __FILE__, __LINE__)
#define CHECK_STR(got, want) unit_str(got, want, #got, __FILE__, __LINE__)
#define CHECK_INT(got, want) unit_int(got, want, #got, __FILE__, __LINE__)

static inline int
unit_done(void)
{
	printf("1..%d\n", unit_count);
	return unit_failures ? 1 : 0;
}

/* tests that use only some of the helpers must not warn */
static inline void
unit_unused(void)
{
	(void) unit_skip;
	(void) unit_str;
	(void) unit_int;
	(void) unit_unused;
}

#endif							/* PDS_UNIT_H */
