/*
 * sts.h
 *	  Who the credentials belong to (doc/dev/aws.md §2.3).
 */
#ifndef PDS_CORE_STS_H
#define PDS_CORE_STS_H

#include "core/aws/aws.h"

typedef struct PdsCallerIdentity
{
	char		account[32];
	char		arn[512];
	char		user_id[160];
	char		partition[32];	/* of the ARN: "aws", "aws-cn", ... */
} PdsCallerIdentity;

/* GetCallerIdentity: needs no right, only valid credentials */
extern bool pds_sts_caller_identity(PdsAws *aws, PdsCallerIdentity *who, PdsError *err);

#endif							/* PDS_CORE_STS_H */
