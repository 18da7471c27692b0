/*
 * test_credentials.c
 *	  The credential chain: explicit keys, environment, profile files, roles,
 *	  container and instance metadata, refresh; settings of the environment.
 */
#include "unit.h"

#include "core/aws/aws.h"
#include "core/auth/credential_sources.h"
#include "core/base/clock.h"
#include "ambient.h"
#include "script_server.h"

#define ROLE	"arn:aws:iam::123456789012:role/demo"
#define SECRET	"wJalrSECRETKEYwJalr"

static PdsHttp *http;
static char dir[200];
static char config_file[220];
static char credentials_file[220];

/* ---- helpers ---- */

/* an environment in which nothing is found, and no instance is asked */
static void
reset_environment(void)
{
	forget_environment();
	setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", ss_url, 1);
	setenv("AWS_METADATA_SERVICE_TIMEOUT", "1", 1);
	setenv("HOME", dir, 1);
	setenv("AWS_CONFIG_FILE", config_file, 1);
	setenv("AWS_SHARED_CREDENTIALS_FILE", credentials_file, 1);
	write_file(config_file, "", 0600);
	write_file(credentials_file, "", 0600);
	ss_clear();
}

static const PdsCredentialConfig ambient = {.allow_ambient = true};

static PdsCredentials *
provider(const PdsCredentialConfig *config)
{
	return new_provider(http, config);
}

static Got
once(const PdsCredentialConfig *config)
{
	return ask_once(http, config);
}

static const char *
keys_json(const char *key, time_t expires)
{
	static char text[400];

	snprintf(text, sizeof(text), "{\"Code\":\"Success\",\"AccessKeyId\":\"%s\","
			 "\"SecretAccessKey\":\"" SECRET "\",\"Token\":\"TOK-%s\",\"Expiration\":\"%s\"}",
			 key, key, iso(expires));
	return text;
}

static const char *
sts_xml(const char *key, time_t expires)
{
	static char text[900];

	snprintf(text, sizeof(text), "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">"
			 "<AssumeRoleResult><AssumedRoleUser><Arn>x</Arn></AssumedRoleUser><Credentials>"
			 "<AccessKeyId>%s</AccessKeyId><SecretAccessKey>" SECRET "</SecretAccessKey>"
			 "<SessionToken>TOK-%s</SessionToken><Expiration>%s</Expiration></Credentials>"
			 "</AssumeRoleResult></AssumeRoleResponse>", key, key, iso(expires));
	return text;
}

/* ---- explicit and anonymous ---- */

static void
test_explicit(void)
{
	PdsCredentialConfig config = {
		.access_key_id = "AKMAP",
		.secret_access_key = SECRET,
		.session_token = "TOKMAP",
	};
	PdsCredentials *c;
	Got			g;

	reset_environment();
	setenv("AWS_ACCESS_KEY_ID", "AKENV", 1);
	setenv("AWS_SECRET_ACCESS_KEY", "SKENV", 1);
	c = provider(&config);
	ask(c, false, &g);
	CHECK(g.ok);
	CHECK_STR(g.key, "AKMAP");
	CHECK_STR(g.secret, SECRET);
	CHECK_STR(g.token, "TOKMAP");
	CHECK_STR(g.info.source, "configuration");
	CHECK_INT(g.info.expiration, 0);
	/* the same again when asked to refresh: there is nothing fresher */
	ask(c, true, &g);
	CHECK(g.ok);
	CHECK_STR(g.key, "AKMAP");
	pds_credentials_free(c);

	/*
	 * they win over what is ambient; without a secret it is an error and no
	 * way on
	 */
	config.allow_ambient = true;
	config.session_token = NULL;
	g = once(&config);
	CHECK_STR(g.key, "AKMAP");
	CHECK_STR(g.token, "");
	config.secret_access_key = NULL;
	g = once(&config);
	CHECK(!g.ok);
	CHECK_INT(g.err.kind, PDS_ERR_NO_CREDENTIALS);
	CHECK_INT(g.err.advice, PDS_ADVICE_SECRET_MISSING);

	/* anonymous is unsigned, whatever there is */
	memset(&config, 0, sizeof(config));
	config.anonymous = config.allow_ambient = true;
	g = once(&config);
	CHECK(g.ok);
	CHECK_STR(g.key, "(unsigned)");
	CHECK_STR(g.info.source, "anonymous");
	CHECK_INT(ss->requests, 0);
	pds_credentials_free(NULL);
}

/* ---- environment ---- */

static void
test_environment(void)
{
	PdsCredentialConfig named = {.allow_ambient = true, .profile = "p"};
	PdsCredentialConfig closed = {0};
	Got			g;

	reset_environment();
	write_file(credentials_file, "[default]\naws_access_key_id=AKDEF\naws_secret_access_key=S\n"
			   "[p]\naws_access_key_id=AKP\naws_secret_access_key=S\n", 0600);
	setenv("AWS_ACCESS_KEY_ID", "AKENV", 1);
	setenv("AWS_SECRET_ACCESS_KEY", "SKENV", 1);
	g = once(&ambient);
	CHECK(g.ok);
	CHECK_STR(g.key, "AKENV");
	CHECK_STR(g.secret, "SKENV");
	CHECK_STR(g.token, "");
	CHECK_STR(g.info.source, "environment");
	setenv("AWS_SESSION_TOKEN", "TOKENV", 1);
	setenv("AWS_CREDENTIAL_EXPIRATION", "2099-01-02T03:04:05Z", 1);
	g = once(&ambient);
	CHECK_STR(g.token, "TOKENV");
	CHECK_INT(g.info.expiration, 4071006245LL);

	/* not ours to read */
	g = once(&closed);
	CHECK(!g.ok);
	CHECK_INT(g.err.kind, PDS_ERR_NO_CREDENTIALS);
	CHECK_INT(g.err.advice, PDS_ADVICE_KEYS_OR_SERVER);
	CHECK_INT(ss->requests, 0);

	/* a profile named explicitly skips it, AWS_PROFILE does not */
	g = once(&named);
	CHECK_STR(g.key, "AKP");
	setenv("AWS_PROFILE", "p", 1);
	g = once(&ambient);
	CHECK_STR(g.key, "AKENV");

	/* half of it is an error */
	unsetenv("AWS_SECRET_ACCESS_KEY");
	g = once(&ambient);
	CHECK(!g.ok);
	CHECK_INT(g.err.kind, PDS_ERR_NO_CREDENTIALS);
	CHECK(strstr(g.err.message, "AWS_SECRET_ACCESS_KEY") != NULL);
	/* empty is not set */
	setenv("AWS_ACCESS_KEY_ID", "", 1);
	g = once(&ambient);
	CHECK_STR(g.key, "AKP");
	CHECK_STR(g.info.source, "profile p (credentials file)");

	unsetenv("AWS_PROFILE");
	setenv("AWS_WEB_IDENTITY_TOKEN_FILE", "/nowhere", 1);
	setenv("AWS_ROLE_ARN", ROLE, 1);
	g = once(&ambient);
	CHECK(!g.ok);
	CHECK_INT(g.err.kind, PDS_ERR_NO_CREDENTIALS);
	CHECK(strstr(g.err.message, "/nowhere") != NULL);
	unsetenv("AWS_ROLE_ARN");
	CHECK_INT(once(&ambient).err.kind, PDS_ERR_CONFIG);
	unsetenv("AWS_WEB_IDENTITY_TOKEN_FILE");

	/*
	 * the old name of the token is looked at first; keys of the environment
	 * do not become fresh
	 */
	setenv("AWS_ACCESS_KEY_ID", "AKENV", 1);
	setenv("AWS_SECRET_ACCESS_KEY", "SKENV", 1);
	setenv("AWS_SECURITY_TOKEN", "TOKOLD", 1);
	setenv("AWS_ACCOUNT_ID", "111122223333", 1);
	g = once(&ambient);
	CHECK_STR(g.token, "TOKOLD");
	CHECK_STR(g.info.account_id, "111122223333");
	CHECK(!g.info.refreshable);
	setenv("AWS_CREDENTIAL_EXPIRATION", "2001-02-03T04:05:06Z", 1);
	g = once(&ambient);
	CHECK_INT(g.err.kind, PDS_ERR_AUTH);
	CHECK(strstr(g.err.message, "expired") != NULL);
}

/* ---- profile files ---- */

static void
test_profiles(void)
{
	PdsCredentialConfig named = {.allow_ambient = true};
	Got			g;
	char		aws[250];
	char		path[300];

	reset_environment();
	write_file(config_file,
			   "# a comment\n; another\n"
			   "[default]\r\nregion = eu-west-1\r\n"
			   "aws_access_key_id = AKCONFIG\naws_secret_access_key = from/config+=\n"
			   "[profile \"two words\"]\n  \naws_access_key_id=AKTWO\naws_secret_access_key=S2\n"
			   "[profile both]\naws_access_key_id=AKNOT\naws_secret_access_key=NOT\n"
			   "[profile nokeys]\nregion=us-east-2\n"
			   "[profile half]\naws_access_key_id=AKHALF\n"
			   "[profile nested]\ns3 =\n  aws_access_key_id = AKINNER\n"
			   "  addressing_style = path\naws_access_key_id = AKNESTED\naws_secret_access_key = SN\n"
			   "[stray]\naws_access_key_id=AKSTRAY\naws_secret_access_key=S\n"
			   "[profile login]\nlogin_session = x\n", 0600);
	g = once(&ambient);
	CHECK(g.ok);
	CHECK_STR(g.key, "AKCONFIG");
	CHECK_STR(g.secret, "from/config+=");
	CHECK_STR(g.info.source, "profile default (config file)");

	write_file(credentials_file,
			   "[both]\n aws_access_key_id = AKBOTH\naws_secret_access_key = SBOTH\n"
			   "aws_session_token = TBOTH\n", 0600);
	named.profile = "both";
	g = once(&named);
	CHECK_STR(g.key, "AKBOTH");
	CHECK_STR(g.secret, "SBOTH");
	CHECK_STR(g.token, "TBOTH");
	CHECK_STR(g.info.source, "profile both (credentials file)");
	named.profile = "two words";
	CHECK_STR(once(&named).key, "AKTWO");
	named.profile = "nested";
	CHECK_STR(once(&named).key, "AKNESTED");
	setenv("AWS_DEFAULT_PROFILE", "nested", 1);
	CHECK_STR(once(&ambient).key, "AKNESTED");
	setenv("AWS_PROFILE", "two words", 1);
	CHECK_STR(once(&ambient).key, "AKTWO");
	unsetenv("AWS_DEFAULT_PROFILE");
	unsetenv("AWS_PROFILE");

	named.profile = "half";
	g = once(&named);
	CHECK_INT(g.err.kind, PDS_ERR_NO_CREDENTIALS);
	CHECK(strstr(g.err.message, "\"half\"") != NULL);
	named.profile = "missing";
	g = once(&named);
	CHECK_INT(g.err.kind, PDS_ERR_CONFIG);
	CHECK(strstr(g.err.message, "\"missing\"") != NULL);
	CHECK(g.err.hint[0] != '\0');
	named.profile = "login";
	CHECK_INT(once(&named).err.kind, PDS_ERR_UNSUPPORTED);
	CHECK_INT(ss->requests, 0);

	/* a section of the config file that is no profile's */
	named.profile = "stray";
	CHECK_INT(once(&named).err.kind, PDS_ERR_CONFIG);

	/* ~ and variables in the variables; no variables at all: below HOME */
	setenv("AWS_CONFIG_FILE", "~/config", 1);
	CHECK_STR(once(&ambient).key, "AKCONFIG");
	setenv("AWS_CONFIG_FILE", "$HOME/config", 1);
	CHECK_STR(once(&ambient).key, "AKCONFIG");
	setenv("AWS_CONFIG_FILE", "${HOME}/config", 1);
	CHECK_STR(once(&ambient).key, "AKCONFIG");
	setenv("AWS_CONFIG_FILE", "$NOT_SET_AT_ALL/config", 1);
	CHECK(!once(&ambient).ok);
	unsetenv("AWS_CONFIG_FILE");
	unsetenv("AWS_SHARED_CREDENTIALS_FILE");
	snprintf(aws, sizeof(aws), "%s/.aws", dir);
	snprintf(path, sizeof(path), "%s/credentials", aws);
	mkdir(aws, 0700);
	write_file(path, "[default]\naws_access_key_id=AKHOME\naws_secret_access_key=S\n", 0600);
	CHECK_STR(once(&ambient).key, "AKHOME");
	unlink(path);
	rmdir(aws);
}

/* ---- roles ---- */

static void
test_role(void)
{
	PdsCredentialConfig config = {
		.access_key_id = "AKMAP",
		.secret_access_key = SECRET,
		.role_arn = ROLE,
		.external_id = "ext 1",
		.role_session_name = "me",
		.region = "eu-west-1",
		.sts_base_url = ss_url,
	};
	Got			g;

	reset_environment();
	ss_on("POST /", 200, "", sts_xml("ASIA1", pds_wall_time() + 3600));
	g = once(&config);
	CHECK(g.ok);
	CHECK_STR(g.key, "ASIA1");
	CHECK_STR(g.secret, SECRET);
	CHECK_STR(g.token, "TOK-ASIA1");
	CHECK_STR(g.info.source, "role assumed with configuration");
	CHECK(g.info.expiration > pds_wall_time() + 3500 && g.info.expiration <= pds_wall_time() + 3600);
	CHECK_STR(ss_request_body(0), "Action=AssumeRole&Version=2011-06-15"
			  "&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fdemo"
			  "&RoleSessionName=me&ExternalId=ext%201");
	CHECK(strstr(ss_request_header(0, "Authorization"), "Credential=AKMAP/") != NULL);
	CHECK(strstr(ss_request_header(0, "Authorization"), "/eu-west-1/sts/aws4_request") != NULL);
	CHECK_STR(ss_request_header(0, "Content-Type"),
			  "application/x-www-form-urlencoded; charset=utf-8");

	/* a session name is made when none is given */
	ss_clear();
	ss_on("POST /", 200, "", sts_xml("ASIA2", pds_wall_time() + 3600));
	config.role_session_name = config.external_id = NULL;
	CHECK(once(&config).ok);
	CHECK(strstr(ss_request_body(0), "&RoleSessionName=pds_fdw-") != NULL);
	CHECK(strstr(ss_request_body(0), "ExternalId") == NULL);

	/* refused */
	ss_clear();
	ss_on("POST /", 403, "", "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code>"
		  "<Message>not authorized to perform: sts:AssumeRole</Message></Error>"
		  "<RequestId>R9</RequestId></ErrorResponse>");
	g = once(&config);
	CHECK(!g.ok);
	CHECK_INT(g.err.kind, PDS_ERR_ACCESS_DENIED);
	CHECK_STR(g.err.service, "sts");
	CHECK_STR(g.err.operation, "AssumeRole");
	CHECK_STR(g.err.resource, ROLE);
	CHECK_STR(g.err.request_id, "R9");
	CHECK(strstr(g.err.message, SECRET) == NULL);

	/* replies that hold nothing */
	ss_clear();
	ss_on("POST /", 200, "", "<AssumeRoleResponse/>");
	ss_on("POST /", 200, "", "{}");
	CHECK_INT(once(&config).err.kind, PDS_ERR_PROTOCOL);
	CHECK_INT(once(&config).err.kind, PDS_ERR_PROTOCOL);
}

static void
test_role_profiles(void)
{
	PdsCredentialConfig config = {
		.allow_ambient = true,
		.region = "us-east-1",
		.sts_base_url = ss_url,
	};
	Got			g;

	reset_environment();
	write_file(config_file,
			   "[profile r]\nrole_arn=" ROLE "\nsource_profile=base\nexternal_id=x9\n"
			   "role_session_name=sess\n"
			   "[profile chain]\nrole_arn=" ROLE "-2\nsource_profile=r\n"
			   "[profile self]\nrole_arn=" ROLE "\nsource_profile=self\n"
			   "aws_access_key_id=AKSELF\naws_secret_access_key=S\n"
			   "[profile a]\nrole_arn=" ROLE "\nsource_profile=b\n"
			   "[profile b]\nrole_arn=" ROLE "\nsource_profile=a\n"
			   "[profile mfa]\nrole_arn=" ROLE "\nsource_profile=base\nmfa_serial=1\n"
			   "[profile none]\nrole_arn=" ROLE "\n"
			   "[profile lost]\nrole_arn=" ROLE "\nsource_profile=nowhere\n"
			   "[profile env]\nrole_arn=" ROLE "\ncredential_source=Environment\n"
			   "[profile ec2]\nrole_arn=" ROLE "\ncredential_source=Ec2InstanceMetadata\n"
			   "[profile odd]\nrole_arn=" ROLE "\ncredential_source=Moon\n", 0600);
	write_file(credentials_file, "[base]\naws_access_key_id=AKBASE\naws_secret_access_key=S\n", 0600);

	ss_on("POST /", 200, "", sts_xml("ASIAR", pds_wall_time() + 3600));
	config.profile = "r";
	g = once(&config);
	CHECK_STR(g.key, "ASIAR");
	CHECK_STR(g.info.source, "profile r (assumed role)");
	CHECK(strstr(ss_request_header(0, "Authorization"), "Credential=AKBASE/") != NULL);
	CHECK(strstr(ss_request_body(0), "&RoleSessionName=sess&ExternalId=x9") != NULL);

	/* a role with a role */
	ss_clear();
	ss_on("POST /", 200, "", sts_xml("ASIA1", pds_wall_time() + 3600));
	ss_on("POST /", 200, "", sts_xml("ASIA2", pds_wall_time() + 3600));
	config.profile = "chain";
	CHECK_STR(once(&config).key, "ASIA2");
	CHECK_INT(ss->requests, 2);
	CHECK(strstr(ss_request_header(1, "Authorization"), "Credential=ASIA1/") != NULL);
	CHECK_STR(ss_request_header(1, "x-amz-security-token"), "TOK-ASIA1");
	CHECK(strstr(ss_request_body(1), "role%2Fdemo-2") != NULL);

	ss_clear();
	ss_on("POST /", 200, "", sts_xml("ASIAS", pds_wall_time() + 3600));
	config.profile = "self";
	CHECK_STR(once(&config).key, "ASIAS");
	CHECK(strstr(ss_request_header(0, "Authorization"), "Credential=AKSELF/") != NULL);

	/* a profile's role and the server's on top */
	ss_clear();
	ss_on("POST /", 200, "", sts_xml("ASIA1", pds_wall_time() + 3600));
	ss_on("POST /", 200, "", sts_xml("ASIA2", pds_wall_time() + 3600));
	config.profile = "r";
	config.role_arn = ROLE "-top";
	g = once(&config);
	CHECK_STR(g.key, "ASIA2");
	CHECK_STR(g.info.source, "role assumed with profile r (assumed role)");
	config.role_arn = NULL;

	/* credential_source */
	ss_clear();
	ss_on("POST /", 200, "", sts_xml("ASIAE", pds_wall_time() + 3600));
	config.profile = "env";
	g = once(&config);
	CHECK(!g.ok);
	CHECK_INT(g.err.kind, PDS_ERR_NO_CREDENTIALS);
	setenv("AWS_ACCESS_KEY_ID", "AKENV", 1);
	setenv("AWS_SECRET_ACCESS_KEY", "S", 1);
	CHECK_STR(once(&config).key, "ASIAE");
	CHECK(strstr(ss_request_header(0, "Authorization"), "Credential=AKENV/") != NULL);
	ss_clear();
	ss_on("PUT /latest/api/token", 200, "", "T");
	ss_on("GET /latest/meta-data/iam/security-credentials/x", 200, "",
		  keys_json("ASIAEC2", pds_wall_time() + 3600));
	ss_on("GET /latest/meta-data/iam/security-credentials/", 200, "", "x");
	ss_on("POST /", 200, "", sts_xml("ASIAI", pds_wall_time() + 3600));
	config.profile = "ec2";
	CHECK_STR(once(&config).key, "ASIAI");
	CHECK(strstr(ss_request_header(3, "Authorization"), "Credential=ASIAEC2/") != NULL);

	/* what cannot be */
	ss_clear();
	config.profile = "a";
	CHECK_INT(once(&config).err.kind, PDS_ERR_CONFIG);
	config.profile = "mfa";
	CHECK_INT(once(&config).err.kind, PDS_ERR_UNSUPPORTED);
	config.profile = "none";
	CHECK_INT(once(&config).err.kind, PDS_ERR_CONFIG);
	config.profile = "lost";
	g = once(&config);
	CHECK_INT(g.err.kind, PDS_ERR_CONFIG);
	CHECK(strstr(g.err.message, "\"nowhere\"") != NULL);
	config.profile = "odd";
	CHECK_INT(once(&config).err.kind, PDS_ERR_CONFIG);
	CHECK_INT(ss->requests, 0);
}

/* ---- instance metadata ---- */

#define IMDS_ROLES	"GET /latest/meta-data/iam/security-credentials/"

static void
test_imds(void)
{
	char		slash[80];
	Got			g;

	reset_environment();
	snprintf(slash, sizeof(slash), "%s/", ss_url);
	setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", slash, 1);
	ss_on("PUT /latest/api/token", 200, "", "IMDSTOKEN==");
	ss_on(IMDS_ROLES "my-role", 200, "", keys_json("ASIAEC2", pds_wall_time() + 21000));
	ss_on(IMDS_ROLES, 200, "", "my-role\nother");
	g = once(&ambient);
	CHECK(g.ok);
	CHECK_STR(g.key, "ASIAEC2");
	CHECK_STR(g.token, "TOK-ASIAEC2");
	CHECK_STR(g.info.source, "instance metadata");
	CHECK(g.info.expiration > pds_wall_time() + 20000);
	CHECK_INT(ss->requests, 3);
	CHECK_STR(ss_request_header(0, "x-aws-ec2-metadata-token-ttl-seconds"), "21600");
	CHECK_STR(ss_request_header(0, "Content-Length"), "0");
	CHECK_STR(ss_request_header(1, "x-aws-ec2-metadata-token"), "IMDSTOKEN==");
	CHECK_STR(ss_request_header(2, "x-aws-ec2-metadata-token"), "IMDSTOKEN==");
	CHECK(ss_request_is(2, IMDS_ROLES "my-role HTTP/1.1"));
	CHECK_STR(ss_request_header(2, "Authorization"), "");

	/* without tokens: version 1, unless forbidden */
	ss_clear();
	ss_on("PUT /latest/api/token", 404, "", "");
	ss_on(IMDS_ROLES "r1", 200, "", keys_json("ASIAV1", pds_wall_time() + 21000));
	ss_on(IMDS_ROLES, 200, "", "r1");
	g = once(&ambient);
	CHECK_STR(g.key, "ASIAV1");
	CHECK(strstr(ss_request(1), "x-aws-ec2-metadata-token") == NULL);
	ss_clear();
	ss_on("PUT /latest/api/token", 404, "", "");
	setenv("AWS_EC2_METADATA_V1_DISABLED", "true", 1);
	g = once(&ambient);
	CHECK_INT(g.err.kind, PDS_ERR_NO_CREDENTIALS);
	CHECK_INT(ss->requests, 1);
	unsetenv("AWS_EC2_METADATA_V1_DISABLED");

	/*
	 * ... also where they are forbidden, or no answer comes in time; a bad
	 * request ends it
	 */
	ss_clear();
	ss_on("PUT /latest/api/token", 403, "", "");
	ss_on("PUT /latest/api/token", 405, "", "");
	ss_on("PUT /latest/api/token", 200, "", "late")->delay_ms = 1500;
	ss_on("PUT /latest/api/token", 400, "", "");
	ss_on(IMDS_ROLES "r1", 200, "", keys_json("ASIAV1", pds_wall_time() + 21000))->times = 3;
	ss_on(IMDS_ROLES, 200, "", "r1")->times = 3;
	CHECK_STR(once(&ambient).key, "ASIAV1");
	CHECK_STR(once(&ambient).key, "ASIAV1");
	CHECK_STR(once(&ambient).key, "ASIAV1");
	g = once(&ambient);
	CHECK(!g.ok);
	CHECK(strstr(g.err.detail, "Instance metadata") != NULL);
	CHECK_INT(ss->requests, 10);
	/* the profile may say where it is, and forbid version 1 */
	ss_clear();
	ss_on("PUT /latest/api/token", 404, "", "");
	write_file(config_file, "[default]\nec2_metadata_v1_disabled = true\n", 0600);
	CHECK(!once(&ambient).ok);
	CHECK_INT(ss->requests, 1);
	write_file(config_file, "", 0600);

	/* an instance without a role; a role without credentials */
	ss_clear();
	ss_on("PUT /latest/api/token", 200, "", "T");
	ss_on(IMDS_ROLES, 404, "", "");
	g = once(&ambient);
	CHECK(!g.ok);
	CHECK_INT(g.err.kind, PDS_ERR_NO_CREDENTIALS);
	CHECK_INT(g.err.advice, PDS_ADVICE_KEYS);
	ss_clear();
	ss_on("PUT /latest/api/token", 200, "", "T");
	ss_on(IMDS_ROLES "r", 200, "", "{\"Code\":\"AssumeRoleUnauthorizedAccess\","
		  "\"Message\":\"EC2 cannot assume the role\"}");
	ss_on(IMDS_ROLES, 200, "", "r");
	g = once(&ambient);
	CHECK_INT(g.err.kind, PDS_ERR_NO_CREDENTIALS);

	/* not asked at all */
	ss_clear();
	setenv("AWS_EC2_METADATA_DISABLED", "TRUE", 1);
	g = once(&ambient);
	CHECK(!g.ok);
	CHECK_INT(g.err.kind, PDS_ERR_NO_CREDENTIALS);
	CHECK_INT(g.err.advice, PDS_ADVICE_KEYS);
	CHECK_INT(ss->requests, 0);
}

/* nothing anywhere, and nobody there to ask */
static void
test_nothing(void)
{
	char		closed[64];
	struct timespec a,
				b;
	Got			g;

	reset_environment();
	snprintf(closed, sizeof(closed), "http://127.0.0.1:%d", ss_closed_port());
	setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", closed, 1);
	clock_gettime(CLOCK_MONOTONIC, &a);
	g = once(&ambient);
	clock_gettime(CLOCK_MONOTONIC, &b);
	CHECK(!g.ok);
	CHECK_INT(g.err.kind, PDS_ERR_NO_CREDENTIALS);
	CHECK(g.err.message[0] != '\0');
	CHECK_INT(g.err.advice, PDS_ADVICE_KEYS);
	CHECK(b.tv_sec - a.tv_sec <= 3);
}

/* ---- container ---- */

static void
test_container(void)
{
	static const char *const bad[] = {
		"http://169.254.169.254/creds", "http://127.x/creds", "http://127.0.0.1x/creds",
		"http://127.0.0.1@169.254.169.254/creds", "http://169.254.170.2.x/creds", "ftp://127.0.0.1/creds",
		"127.0.0.1/creds"
	};
	char		uri[120];
	char		path[250];
	size_t		i;
	Got			g;

	reset_environment();
	snprintf(uri, sizeof(uri), "%s/v2/creds?id=1", ss_url);
	setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", uri, 1);
	ss_on("GET /v2/creds?id=1", 200, "", keys_json("ASIAC", pds_wall_time() + 3600));
	g = once(&ambient);
	CHECK(g.ok);
	CHECK_STR(g.key, "ASIAC");
	CHECK_STR(g.info.source, "container");
	CHECK_STR(ss_request_header(0, "Accept"), "application/json");
	CHECK_STR(ss_request_header(0, "Authorization"), "");

	ss_clear();
	setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "Basic abc", 1);
	ss_on("GET /v2/creds", 200, "", keys_json("ASIAC", pds_wall_time() + 3600))->times = 2;
	CHECK(once(&ambient).ok);
	CHECK_STR(ss_request_header(0, "Authorization"), "Basic abc");
	/* the file wins */
	snprintf(path, sizeof(path), "%s/token", dir);
	write_file(path, "Bearer xyz\n", 0600);
	setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", path, 1);
	CHECK(once(&ambient).ok);
	CHECK_STR(ss_request_header(1, "Authorization"), "Bearer xyz");
	write_file(path, "a\r\nX-Evil: b", 0600);
	g = once(&ambient);
	CHECK_INT(g.err.kind, PDS_ERR_CONFIG);
	CHECK_INT(ss->requests, 2);
	unlink(path);
	CHECK_INT(once(&ambient).err.kind, PDS_ERR_NO_CREDENTIALS);
	unsetenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
	unsetenv("AWS_CONTAINER_AUTHORIZATION_TOKEN");

	/* its failure is an error: the instance is not asked */
	ss_clear();
	ss_on("GET /v2/creds", 403, "", "{\"message\":\"no\"}");
	ss_on("GET /v2/creds", 200, "", "{}");
	g = once(&ambient);
	CHECK(!g.ok);
	CHECK_INT(g.err.kind, PDS_ERR_ACCESS_DENIED);
	CHECK_INT(ss->requests, 1);
	CHECK_INT(once(&ambient).err.kind, PDS_ERR_NO_CREDENTIALS);
	CHECK_INT(ss->requests, 2);

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
	{
		setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", bad[i], 1);
		g = once(&ambient);
		CHECK_MSG(!g.ok && g.err.kind == PDS_ERR_CONFIG, bad[i]);
	}
}

/* ---- refresh ---- */

static void
test_refresh(void)
{
	PdsCredentials *c;
	char		uri[120];
	Got			g;

	reset_environment();
	snprintf(uri, sizeof(uri), "%s/creds", ss_url);
	setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", uri, 1);
	ss_on("GET /creds", 200, "", keys_json("ASIA1", pds_wall_time() + 3600));
	ss_on("GET /creds", 200, "", keys_json("ASIA2", pds_wall_time() + 3));
	ss_on("GET /creds", 200, "", keys_json("ASIA3", pds_wall_time() + 3600));
	c = provider(&ambient);
	ask(c, false, &g);
	CHECK_STR(g.key, "ASIA1");
	CHECK(g.info.refreshable);
	ask(c, false, &g);
	CHECK_STR(g.key, "ASIA1");
	CHECK_INT(ss->requests, 1);
	/* the service says they have expired */
	ask(c, true, &g);
	CHECK_STR(g.key, "ASIA2");
	ask(c, false, &g);
	CHECK_STR(g.key, "ASIA2");
	/* half of a short life is over: fresh ones before they are */
	pds_clock_advance(2100);
	ask(c, false, &g);
	CHECK_STR(g.key, "ASIA3");
	CHECK_INT(ss->requests, 3);
	ask(c, false, &g);
	CHECK_INT(ss->requests, 3);
	/* asked to refresh, and there are none: an error */
	ss_on("GET /creds", 404, "", "");
	ask(c, true, &g);
	CHECK(!g.ok);
	pds_credentials_free(c);

	/*
	 * nearly over and no fresh ones: they do as long as they hold, and the
	 * endpoint is not asked for each request
	 */
	ss_clear();
	ss_on("GET /creds", 200, "", keys_json("ASIA4", pds_wall_time() + 4));
	ss_on("GET /creds", 404, "", "")->times = SS_ALWAYS;
	c = provider(&ambient);
	ask(c, false, &g);
	CHECK_STR(g.key, "ASIA4");
	pds_clock_advance(2100);
	ask(c, false, &g);
	CHECK(g.ok);
	CHECK_STR(g.key, "ASIA4");
	CHECK_STR(g.info.source, "container");
	CHECK_INT(ss->requests, 2);
	ask(c, false, &g);
	ask(c, false, &g);
	CHECK_STR(g.key, "ASIA4");
	CHECK_INT(ss->requests, 2);
	/* ... and then not */
	pds_clock_advance(2000);
	ask(c, false, &g);
	CHECK(!g.ok);
	pds_credentials_free(c);

	/* over when they come */
	ss_clear();
	ss_on("GET /creds", 200, "", keys_json("ASIA5", pds_wall_time() - 10));
	c = provider(&ambient);
	ask(c, false, &g);
	CHECK(!g.ok);
	CHECK_INT(g.err.kind, PDS_ERR_AUTH);
	pds_credentials_free(c);

	/*
	 * an instance's keys are used on when it has no fresh ones (static
	 * stability)
	 */
	reset_environment();
	ss_on("PUT /latest/api/token", 200, "", "T");
	ss_on("GET /latest/meta-data/iam/security-credentials/r", 200, "",
		  keys_json("ASIAOLD", pds_wall_time() - 10));
	ss_on("GET /latest/meta-data/iam/security-credentials/", 200, "", "r");
	c = provider(&ambient);
	ask(c, false, &g);
	CHECK_STR(g.key, "ASIAOLD");
	CHECK(g.info.expiration > pds_wall_time() + 15 * 60);
	pds_credentials_free(c);

	/* the files are read again */
	reset_environment();
	write_file(credentials_file, "[default]\naws_access_key_id=AK1\naws_secret_access_key=S\n", 0600);
	c = provider(&ambient);
	ask(c, false, &g);
	write_file(credentials_file, "[default]\naws_access_key_id=AK2\naws_secret_access_key=S\n", 0600);
	ask(c, false, &g);
	CHECK_STR(g.key, "AK1");
	ask(c, true, &g);
	CHECK_STR(g.key, "AK2");
	pds_credentials_free(c);
}

/* a role near its end, whose renewal fails, is still named rightly */
static void
test_refresh_role(void)
{
	PdsCredentialConfig config = {
		.access_key_id = "AKMAP",
		.secret_access_key = SECRET,
		.role_arn = ROLE,
		.region = "us-east-1",
		.sts_base_url = ss_url,
	};
	PdsCredentials *c;
	Got			g;

	reset_environment();
	ss_on("POST /", 200, "", sts_xml("ASIA1", pds_wall_time() + 4));
	ss_on("POST /", 403, "", "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>");
	c = provider(&config);
	ask(c, false, &g);
	CHECK_STR(g.info.source, "role assumed with configuration");
	CHECK_STR(g.info.role_arn, ROLE);
	CHECK_STR(g.info.account_id, "123456789012");
	pds_clock_advance(2100);
	ask(c, false, &g);
	CHECK(g.ok);
	CHECK_STR(g.key, "ASIA1");
	CHECK_INT(ss->requests, 2);
	CHECK_STR(g.info.source, "role assumed with configuration");
	pds_credentials_free(c);
}

/* ---- settings ---- */

/* of the environment and of a profile; "endpoint:x" is the endpoint of service x */
static const char *
setting(const char *profile, const char *name)
{
	static char text[200];
	PdsError	err;
	PdsSettings *settings = pds_settings_load(profile, &err);
	const char *v;

	if (settings == NULL)
		return "(error)";
	v = strncmp(name, "endpoint:", 9) == 0 ? pds_settings_endpoint(settings, name + 9)
		: pds_settings_get(settings, name);
	snprintf(text, sizeof(text), "%s", v ? v : "");
	pds_settings_free(settings);
	return v ? text : NULL;
}

static void
test_settings(void)
{
	PdsAwsConfig config = {.credentials = {.allow_ambient = true}};
	PdsAws	   *aws;
	PdsStr		url;
	PdsError	err;

	reset_environment();
	CHECK_STR(setting(NULL, "region"), NULL);
	write_file(config_file,
			   "[default]\nregion = eu-west-1\nendpoint_url = http://127.0.0.1:1\nservices = here\n"
			   "ca_bundle = /etc/ca.pem\nuse_fips_endpoint = false\n"
			   "[services here]\ns3 =\n  endpoint_url = http://127.0.0.1:2/\n"
			   "glue =\n  endpoint_url = http://127.0.0.1:3\n"
			   "[profile p]\nregion = us-west-2\n", 0600);
	CHECK_STR(setting(NULL, "region"), "eu-west-1");
	CHECK_STR(setting("p", "region"), "us-west-2");
	CHECK_STR(setting(NULL, "endpoint:s3"), "http://127.0.0.1:2/");
	CHECK_STR(setting(NULL, "endpoint:glue"), "http://127.0.0.1:3");
	CHECK_STR(setting(NULL, "endpoint:athena"), "http://127.0.0.1:1");
	CHECK_STR(setting("p", "endpoint:s3"), NULL);
	CHECK_STR(setting(NULL, "ca_bundle"), "/etc/ca.pem");
	CHECK_STR(setting(NULL, "use_fips_endpoint"), "false");
	setenv("AWS_DEFAULT_REGION", "ap-south-1", 1);
	CHECK_STR(setting(NULL, "region"), "ap-south-1");
	setenv("AWS_REGION", "sa-east-1", 1);
	CHECK_STR(setting(NULL, "region"), "sa-east-1");
	setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:4", 1);
	CHECK_STR(setting(NULL, "endpoint:s3"), "http://127.0.0.1:4");

	/* a session takes them up, or, when they are not its to read, not */
	aws = pds_aws_new(http, &config, &err);
	pds_str_init(&url);
	if (CHECK(aws != NULL))
	{
		CHECK_STR(pds_aws_region(aws), "sa-east-1");
		CHECK(pds_aws_base_url(aws, PDS_S3, &url, &err));
		CHECK_STR(pds_str_text(&url), "http://127.0.0.1:4");
		pds_str_reset(&url);
		CHECK(pds_aws_base_url(aws, PDS_ATHENA, &url, &err));
		CHECK_STR(pds_str_text(&url), "http://127.0.0.1:1");
		pds_aws_free(aws);
	}
	config.credentials.allow_ambient = false;
	aws = pds_aws_new(http, &config, &err);
	if (CHECK(aws != NULL))
	{
		CHECK_STR(pds_aws_region(aws), "");
		CHECK(!pds_aws_base_url(aws, PDS_S3, &url, &err));
		CHECK_INT(err.kind, PDS_ERR_CONFIG);
		CHECK_INT(err.advice, PDS_ADVICE_REGION);
		pds_aws_free(aws);
	}
	pds_str_free(&url);
	setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true", 1);
	CHECK_STR(setting(NULL, "endpoint:s3"), NULL);
	CHECK_STR(setting(NULL, "region"), "sa-east-1");
}

static void
test_time(void)
{
	CHECK_INT(pds_parse_iso8601("1970-01-01T00:00:00Z"), 0);
	CHECK_INT(pds_parse_iso8601("2024-02-29T12:30:45Z"), 1709209845);
	CHECK_INT(pds_parse_iso8601("2024-02-29T12:30:45.678Z"), 1709209845);
	CHECK_INT(pds_parse_iso8601("2024-02-29T12:30:45+00:00"), 1709209845);
	CHECK_INT(pds_parse_iso8601("soon"), 0);
	CHECK_INT(pds_parse_iso8601(NULL), 0);
}

int
main(void)
{
	const char *tmp = getenv("TMPDIR");
	PdsError	err;

	snprintf(dir, sizeof(dir), "%.100s/pds_credentials.XXXXXX", tmp && *tmp ? tmp : "/tmp");
	if (mkdtemp(dir) == NULL)
	{
		printf("Bail out! no temporary directory\n");
		return 2;
	}
	snprintf(config_file, sizeof(config_file), "%s/config", dir);
	snprintf(credentials_file, sizeof(credentials_file), "%s/credentials", dir);
	ss_start();
	http = pds_http_new(NULL, NULL, &err);
	if (http == NULL)
		return 2;
	test_explicit();
	test_environment();
	test_profiles();
	test_role();
	test_role_profiles();
	test_imds();
	test_nothing();
	test_container();
	test_refresh();
	test_refresh_role();
	test_settings();
	test_time();
	pds_http_free(http);
	ss_stop();
	unlink(config_file);
	unlink(credentials_file);
	rmdir(dir);
	return unit_done();
}
