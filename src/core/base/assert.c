/*
 * assert.c
 *	  What must hold, checked in builds for tests.
 */
#include "core/base/assert.h"

#ifdef PDS_CASSERT

#include <stdio.h>
#include <stdlib.h>

void
pds_assert_failed(const char *condition, const char *file, int line)
{
	fprintf(stderr, "PDS_ASSERT(%s) failed at %s:%d\n", condition, file, line);
	abort();
}

#else

/* ISO C wants a declaration in every file */
typedef int pds_no_assertions;

#endif
