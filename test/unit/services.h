/*
 * services.h
 *	  What the tests of services share: a scripted server and a session on it.
 */
#ifndef PDS_UNIT_SERVICES_H
#define PDS_UNIT_SERVICES_H

#include "core/aws/aws.h"
#include "script_server.h"

static PdsHttp *http;
static PdsAws *aws;

static PdsAws *
session_with(PdsHttp *h, PdsAddressing addressing, bool requester_pays)
{
	PdsAwsConfig c;
	PdsError	err;
	PdsAws	   *a;
	int			i;

	memset(&c, 0, sizeof(c));
	c.region = "us-east-1";
	for (i = 0; i < PDS_NSERVICES; i++)
		c.endpoint[i] = ss_url;
	c.addressing = addressing;
	c.requester_pays = requester_pays;
	c.credentials.access_key_id = "AKTEST";
	c.credentials.secret_access_key = "SKTEST";
	a = pds_aws_new(h, &c, &err);
	if (a == NULL)
	{
		printf("Bail out! %s\n", err.message);
		exit(2);
	}
	return a;
}

/* a fresh session for a scenario */
static void
begin(void)
{
	ss_clear();
	pds_aws_free(aws);
	aws = session_with(http, PDS_ADDRESS_AUTO, false);
}

static void
services_start(void)
{
	PdsError	err;

	ss_start();
	http = pds_http_new(NULL, NULL, &err);
	if (http == NULL)
	{
		printf("Bail out! %s\n", err.message);
		exit(2);
	}
}

static void
services_stop(void)
{
	pds_aws_free(aws);
	pds_http_free(http);
	ss_stop();
}

#endif							/* PDS_UNIT_SERVICES_H */
