/*
 * hooks.c
 *	  Hooks for programs without a latch: tests, benchmarks, fuzzers.
 */
#include "core/base/hooks.h"

#include <poll.h>
#include <stddef.h>

static PdsWaitResult
plain_wait(void *arg, int fd, long timeout_ms, PdsWaitFor what)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	(void) arg;
	(void) what;
	if (timeout_ms > 60000)
		timeout_ms = 60000;		/* returning early is allowed */
	(void) poll(&p, fd < 0 ? 0 : 1, (int) timeout_ms);
	return PDS_WAIT_READY;
}

static bool
plain_cancelled(void *arg)
{
	(void) arg;
	return false;
}

const PdsHooks pds_plain_hooks = {
	.wait = plain_wait,
	.cancelled = plain_cancelled,
};
