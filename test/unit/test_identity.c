/*
 * test_identity.c
 *	  What goes into the identity of who asks: each of these alone makes another one.
 */
#include "unit.h"

#include "core/aws/aws.h"
#include "ambient.h"

static char identities[80][65];
static int	n;

/* one more configuration; it has to differ from all before */
static void
another(const char *what, const PdsAwsConfig *c)
{
	int			i;

	CHECK(pds_aws_identity(c, identities[n]));
	for (i = 0; i < n; i++)
		if (strcmp(identities[i], identities[n]) == 0)
			CHECK_MSG(0, what);
	n++;
	printf("# %s\n", what);
}

#define ANOTHER(field, value) \
	do { PdsAwsConfig c = base; c.field = value; another(#field, &c); } while (0)

int
main(void)
{
	static const char *const variables[] = {
		"AWS_ACCESS_KEY_ID", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "AWS_PROFILE", "AWS_DEFAULT_PROFILE",
		"AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_ROLE_ARN", "AWS_ROLE_SESSION_NAME",
		"AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
		"AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_EC2_METADATA_SERVICE_ENDPOINT", "AWS_ENDPOINT_URL",
		"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL_STS", "AWS_REGION", "AWS_DEFAULT_REGION"
	};
	PdsAwsConfig base;
	char		once[65];
	char		again[65];
	size_t		i;

	forget_environment();
	memset(&base, 0, sizeof(base));
	another("nothing", &base);
	ANOTHER(endpoint[PDS_S3], "http://x");
	ANOTHER(endpoint[PDS_GLUE], "http://x");
	ANOTHER(endpoint[PDS_ATHENA], "http://x");
	ANOTHER(endpoint[PDS_STS], "http://x");
	ANOTHER(region, "x");
	ANOTHER(addressing, PDS_ADDRESS_PATH);
	ANOTHER(use_fips, PDS_ON);
	ANOTHER(use_dualstack, PDS_ON);
	ANOTHER(requester_pays, true);
	ANOTHER(instance_region, true);
	ANOTHER(credentials.anonymous, true);
	ANOTHER(credentials.allow_ambient, true);
	ANOTHER(credentials.profile_only, true);
	ANOTHER(credentials.access_key_id, "x");
	ANOTHER(credentials.secret_access_key, "x");
	ANOTHER(credentials.session_token, "x");
	ANOTHER(credentials.profile, "x");
	ANOTHER(credentials.role_arn, "x");
	ANOTHER(credentials.external_id, "x");
	ANOTHER(credentials.role_session_name, "x");
	ANOTHER(credentials.sts_base_url, "x");
	/* empty is not the same as absent; a part does not run into the next one */
	ANOTHER(credentials.profile, "");
	ANOTHER(credentials.access_key_id, "x 1:x");
	/* the environment, where it may be used */
	for (i = 0; i < sizeof(variables) / sizeof(variables[0]); i++)
	{
		setenv(variables[i], "x", 1);
		CHECK(pds_aws_identity(&base, once));
		CHECK_MSG(strcmp(once, identities[0]) == 0, "who has keys is the same in every environment");
		base.credentials.allow_ambient = true;
		another(variables[i], &base);
		base.credentials.allow_ambient = false;
		unsetenv(variables[i]);
	}
	base.credentials.access_key_id = "AK";
	CHECK(pds_aws_identity(&base, once) && pds_aws_identity(&base, again));
	CHECK_STR(once, again);
	CHECK_INT(strlen(once), 64);
	return unit_done();
}
