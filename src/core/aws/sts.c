/*
 * sts.c
 *	  Who the credentials belong to (doc/dev/aws.md §2.3).  Roles are assumed elsewhere,
 *	  before there is a session.
 */
#include "core/aws/sts.h"

#include <stdio.h>
#include <string.h>

#include "core/base/xml.h"

static bool
on_identity_element(void *arg, const char *path, const char *text, PdsError *err)
{
	PdsCallerIdentity *who = arg;
	const char *name = strrchr(path, '/');

	(void) err;
	if (name == NULL)
		return true;
	if (strcmp(name, "/Account") == 0)
		pds_copy_cut(who->account, sizeof(who->account), text, strlen(text));
	else if (strcmp(name, "/Arn") == 0)
		pds_copy_cut(who->arn, sizeof(who->arn), text, strlen(text));
	else if (strcmp(name, "/UserId") == 0)
		pds_copy_cut(who->user_id, sizeof(who->user_id), text, strlen(text));
	return true;
}

bool
pds_sts_caller_identity(PdsAws *aws, PdsCallerIdentity *who, PdsError *err)
{
	static const char body[] = "Action=GetCallerIdentity&Version=2011-06-15";
	PdsHeader	type = {"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"};
	PdsRequest	req;
	PdsResponse resp;
	PdsCredentialView cred = {0};
	PdsXmlReply reply = {.root = "GetCallerIdentityResponse", .service = "sts",
	.operation = "GetCallerIdentity"};
	PdsStr		base;
	bool		ok;

	memset(who, 0, sizeof(*who));
	/* an unsigned call would be refused with words about a missing token */
	if (!pds_credentials_get(pds_aws_credentials(aws), false, &cred, err))
		return false;
	if (cred.access_key == NULL)
	{
		pds_error_set(err, PDS_ERR_NO_CREDENTIALS, "an anonymous session belongs to no account");
		pds_error_advise(err, PDS_ADVICE_ANONYMOUS_ACCOUNT);
		return false;
	}
	pds_str_init(&base);
	pds_response_init(&resp);
	pds_aws_request(aws, PDS_STS, "POST", "GetCallerIdentity", "the caller", &req);
	req.headers = &type;
	req.nheaders = 1;
	req.body = body;
	req.body_len = sizeof(body) - 1;
	ok = pds_aws_base_url(aws, PDS_STS, &base, err);
	if (ok)
	{
		req.base_url = base.data;
		ok = pds_http_perform(pds_aws_http(aws), &req, &resp, err);
		reply.data = resp.body.data;
		reply.len = resp.body.len;
		ok = ok && pds_xml_walk(&reply, on_identity_element, who, err);
	}
	if (ok && (strlen(who->account) != 12 || strspn(who->account, "0123456789") != 12 ||
			   sscanf(who->arn, "arn:%31[a-z-]:", who->partition) != 1))
	{
		ok = pds_error_set(err, PDS_ERR_PROTOCOL,
						   "the reply to GetCallerIdentity names no account");
		pds_error_context(err, "sts", "GetCallerIdentity", NULL);
		pds_error_hint(err, "Check that sts_endpoint_url names the service it should.");
	}
	pds_str_free(&base);
	pds_response_free(&resp);
	return ok;
}
