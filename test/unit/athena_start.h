/*
 * athena_start.h
 *	  A query started in Athena, for tests that do not ask for it again.
 */
#ifndef ATHENA_START_H
#define ATHENA_START_H

#include "core/aws/athena.h"

static inline bool
start_query(PdsAws *aws, const PdsAthenaStart *start, PdsAthenaExecution *e, PdsError *err)
{
	PdsAthenaRequest r;
	bool		ok = pds_athena_request_make(start, &r, err) &&
		pds_athena_request_send(aws, &r, start->start_timeout_ms, e, err);

	pds_athena_request_free(&r);
	return ok;
}

#endif
