/*
 * identity.c
 *	  Who asks, as far as a service can tell people apart by what we send.
 */
#include <stdlib.h>
#include <string.h>

#include "core/aws/aws.h"

static void
add_part(PdsStr *s, const char *part)
{
	if (part)
		pds_str_appendf(s, "%zu:%s ", strlen(part), part);
	else
		pds_str_append(s, "- ");
}

/* what the server process's own credentials depend on, as long as it runs */
static const char *const variables[] = {
	"AWS_ACCESS_KEY_ID", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "AWS_PROFILE", "AWS_DEFAULT_PROFILE",
	"AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_ROLE_ARN", "AWS_ROLE_SESSION_NAME",
	"AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
	"AWS_EC2_METADATA_SERVICE_ENDPOINT", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL_STS",
	"AWS_REGION", "AWS_DEFAULT_REGION"
};

bool
pds_aws_identity(const PdsAwsConfig *config, char out[65])
{
	const PdsCredentialConfig *c = &config->credentials;
	PdsStr		s;
	size_t		i;
	bool		ok;

	pds_str_init(&s);
	for (i = 0; i < PDS_NSERVICES; i++)
		add_part(&s, config->endpoint[i]);
	add_part(&s, config->region);
	pds_str_appendf(&s, "%d %d %d %d %d ", config->addressing, config->use_fips,
					config->use_dualstack, config->requester_pays, config->instance_region);
	pds_str_appendf(&s, "%d %d %d ", c->anonymous, c->allow_ambient, c->profile_only);
	/* the secret, too: who only knows the id of a key is somebody else */
	add_part(&s, c->access_key_id);
	add_part(&s, c->secret_access_key);
	add_part(&s, c->session_token);
	add_part(&s, c->profile);
	/* policies and access logs tell sessions of a role apart by their name */
	add_part(&s, c->role_arn);
	add_part(&s, c->external_id);
	add_part(&s, c->role_session_name);
	add_part(&s, c->sts_base_url);
	for (i = 0; c->allow_ambient && i < sizeof(variables) / sizeof(variables[0]); i++)
		add_part(&s, getenv(variables[i]));
	ok = !s.failed && pds_sha256_hex(s.data, s.len, out);
	pds_str_wipe(&s);
	return ok;
}
