/*
 * test_headers.c
 *	  No header is sent that could end its line: every header the client writes,
 *	  every source of credentials.  Nothing reaches the server then.
 */
#include "unit.h"

#include "core/base/version.h"
#include "core/auth/credential_sources.h"
#include "core/net/http.h"
#include "ambient.h"
#include "script_server.h"

static PdsHttp *http;
static char dir[200];

static const char *
in_dir(const char *name)
{
	static char path[400];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

/* ---- the gate ---- */

static void
test_fault(void)
{
	char		text[4] = "axb";
	int			c;

	CHECK(pds_header_fault("") == NULL);
	CHECK(pds_header_fault("a\tb \303\251") == NULL);
	CHECK_STR(pds_header_fault("a\n"), "ends in a line break");
	CHECK_STR(pds_header_fault("a\r\n"), "ends in a line break");
	CHECK_STR(pds_header_fault("\r\n"), "ends in a line break");
	CHECK_STR(pds_header_fault("a\nb"), "holds a line break");
	CHECK_STR(pds_header_fault("a\rb"), "holds a line break");
	for (c = 1; c < 256; c++)
	{
		text[1] = (char) c;
		if ((pds_header_fault(text) != NULL) != ((c < 0x20 && c != '\t') || c == 0x7f))
			CHECK_MSG(0, "each byte");
	}
}

static PdsCredentialView given;

static bool
give(void *arg, bool refresh, PdsCredentialView *out, PdsError *err)
{
	(void) arg;
	(void) refresh;
	(void) err;
	*out = given;
	return true;
}

/* the request with one of its values bad: what the i-th place is called, or NULL */
static const char *
request_with(int i, const char *bad, PdsRequest *req, PdsHeader *header)
{
	static char sink[16];
	static char *at;

	pds_request_init(req);
	req->method = "GET";
	req->base_url = ss_url;
	req->path = "/k";
	req->service = "s3";
	req->operation = "Op";
	req->resource = "r";
	req->region = "us-east-1";
	req->credentials = give;
	given.access_key = "AK";
	given.secret_key = "SK";
	given.session_token = "TOK";
	header->name = "Content-Type";
	header->value = "text/csv";
	req->headers = header;
	req->nheaders = 1;
	at = sink;
	switch (i)
	{
		case 0:
			header->value = bad;
			return "Content-Type";
		case 1:
			header->name = bad;
			return "has no usable name";
		case 2:
			req->if_match = bad;
			return "If-Match";
		case 3:
			req->if_match = bad;
			req->range_first = 0;
			req->range_last = 9;
			req->range_sink = take_range;
			req->range_arg = &at;
			return "If-Match";
		case 4:
			given.access_key = bad;
			return "Authorization";
		case 5:
			given.session_token = bad;
			return "X-Amz-Security-Token";
		case 6:
			req->region = bad;
			return "Authorization";
		case 7:
			req->service = bad;
			return "Authorization";
		case 8:
			req->path = bad;
			return "the URL";
		case 9:
			req->query = bad;
			return "the URL";
		default:
			return NULL;
	}
}

static void
test_gate(void)
{
	static const char *const bad[] = {
		"/v\r\nX-Evil: 1", "/v\r\n\r\nDELETE /victim HTTP/1.1\r\nHost: x\r\nX: ", "/v\n", "/v\r", "/v\001", "/v\177"
	};
	PdsRequest	req;
	PdsHeader	header;
	PdsResponse resp;
	PdsError	err;
	const char *where;
	size_t		b;
	int			i;

	ss_clear();
	ss_on("", 200, "", "")->times = SS_ALWAYS;
	for (b = 0; b < sizeof(bad) / sizeof(bad[0]); b++)
		for (i = 0; (where = request_with(i, bad[b], &req, &header)) != NULL; i++)
		{
			pds_response_init(&resp);
			CHECK_MSG(!pds_http_perform(http, &req, &resp, &err), where);
			CHECK_INT(err.kind, PDS_ERR_CONFIG);
			CHECK_MSG(strstr(err.message, where) != NULL, err.message);
			CHECK(strstr(err.message, "/v") == NULL);
			pds_response_free(&resp);
		}
	CHECK_INT(ss->requests, 0);
	/* nothing is wrong with the request itself */
	(void) request_with(0, "text/plain", &req, &header);
	pds_response_init(&resp);
	CHECK(pds_http_perform(http, &req, &resp, &err));
	CHECK_STR(ss_request_header(0, "User-Agent"), PDS_USER_AGENT);
	pds_response_free(&resp);
}

static void
test_user_agent(void)
{
	PdsHttpOptions opt = {.user_agent = "x\r\nX-Evil: 1"};
	PdsRequest	req;
	PdsHeader	header;
	PdsResponse resp;
	PdsError	err;
	PdsHttp    *other = pds_http_new(&opt, NULL, &err);

	ss_clear();
	(void) request_with(0, "text/plain", &req, &header);
	pds_response_init(&resp);
	CHECK(!pds_http_perform(other, &req, &resp, &err));
	CHECK(strstr(err.message, "User-Agent") != NULL);
	CHECK_INT(ss->requests, 0);
	pds_response_free(&resp);
	pds_http_free(other);
}

/* ---- sources ---- */

static void
fresh_environment(void)
{
	forget_environment();
	setenv("HOME", dir, 1);
	setenv("AWS_CONFIG_FILE", in_dir("config"), 1);
	setenv("AWS_SHARED_CREDENTIALS_FILE", in_dir("credentials"), 1);
	setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
	write_file(in_dir("config"), "", 0600);
	write_file(in_dir("credentials"), "", 0600);
	ss_clear();
}

/* the credentials that a source gives are refused for what, and no request is made with them */
static void
refused(const char *source, const PdsCredentialConfig *cc, const char *what, int requests)
{
	Got			g = ask_once(http, cc);
	char		all[2100];

	snprintf(all, sizeof(all), "%s: %s / %s", source, g.err.message, g.err.detail);
	CHECK_MSG(!g.ok && g.err.kind == PDS_ERR_NO_CREDENTIALS, source);
	CHECK_MSG(strstr(all, what) != NULL, all);
	CHECK_MSG(strstr(all, "SECRET") == NULL && strstr(all, "Evil") == NULL, source);
	CHECK_INT(ss->requests, requests);
}

static void
test_sources(void)
{
	PdsCredentialConfig mapping = {
		.access_key_id = "AK\r\n\r\nDELETE / HTTP/1.1\r\nX-Evil: ",
		.secret_access_key = "SECRET",
	};
	PdsCredentialConfig ambient = {
		.allow_ambient = true,
		.region = "us-east-1",
		.sts_base_url = ss_url,
	};
	static const char json[] = "{\"Version\":1,\"AccessKeyId\":\"AK\",\"SecretAccessKey\":\"SECRET\\n\","
		"\"Token\":\"T\",\"SessionToken\":\"T\"}";
	char		text[1200];

	fresh_environment();
	refused("configuration", &mapping, "the access key holds a line break", 0);
	mapping.access_key_id = "AK";
	mapping.session_token = "SECRET\nX-Evil: 2";
	refused("configuration", &mapping, "the session token holds a line break", 0);
	mapping.session_token = NULL;
	mapping.secret_access_key = "SECRET\001";
	refused("configuration", &mapping, "the secret access key holds a control character", 0);

	setenv("AWS_ACCESS_KEY_ID", "AK\n", 1);
	setenv("AWS_SECRET_ACCESS_KEY", "SECRET", 1);
	refused("environment", &ambient, "the access key ends in a line break", 0);
	setenv("AWS_ACCESS_KEY_ID", "AK", 1);
	setenv("AWS_SESSION_TOKEN", "SECRET\r\nX-Evil: 1", 1);
	refused("environment", &ambient, "the session token holds a line break", 0);

	fresh_environment();
	write_file(in_dir("credentials"), "[default]\naws_access_key_id = A\001K\naws_secret_access_key = SECRET\n", 0600);
	refused("profile", &ambient, "the access key holds a control character", 0);

	fresh_environment();
	snprintf(text, sizeof(text), "#!/bin/sh\ncat <<'EOF'\n%s\nEOF\n", json);
	write_file(in_dir("give"), text, 0700);
	snprintf(text, sizeof(text), "[default]\ncredential_process = %s\n", in_dir("give"));
	write_file(in_dir("config"), text, 0600);
	refused("credential_process", &ambient, "the secret access key ends in a line break", 0);

	fresh_environment();
	snprintf(text, sizeof(text), "%s/creds", ss_url);
	setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", text, 1);
	ss_on("GET /creds", 200, "", json);
	refused("container", &ambient, "the secret access key ends in a line break", 1);
	setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "SECRET\n", 1);
	{
		Got			g = ask_once(http, &ambient);

		CHECK(!g.ok && strstr(g.err.message, "the container authorization token ends in a line break"));
		CHECK_INT(ss->requests, 1);
	}

	fresh_environment();
	unsetenv("AWS_EC2_METADATA_DISABLED");
	setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", ss_url, 1);
	ss_on("PUT /latest/api/token", 200, "", "MT");
	ss_on("GET /latest/meta-data/iam/security-credentials/r", 200, "", json);
	ss_on("GET /latest/meta-data/iam/security-credentials/", 200, "", "r");
	refused("instance metadata", &ambient, "the secret access key ends in a line break", 3);
	ss_clear();
	ss_on("PUT /latest/api/token", 200, "", "M\001T");
	refused("token of instance metadata", &ambient, "x-aws-ec2-metadata-token holds a control character", 1);

	fresh_environment();
	write_file(in_dir("credentials"), "[base]\naws_access_key_id = AK\naws_secret_access_key = s\n", 0600);
	write_file(in_dir("config"), "[default]\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = base\n", 0600);
	ss_on("POST /", 200, "", "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>AK&#10;X-Evil: 1"
		  "</AccessKeyId><SecretAccessKey>SECRET</SecretAccessKey><SessionToken>T</SessionToken>"
		  "<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>");
	refused("role", &ambient, "the access key holds a line break", 1);
}

static void
test_sso(void)
{
	PdsCredentialConfig ambient = {.allow_ambient = true};
	char		command[900];

	fresh_environment();
	setenv("AWS_ENDPOINT_URL_SSO", ss_url, 1);
	write_file(in_dir("config"), "[default]\nsso_start_url=u\nsso_region=eu-west-1\nsso_account_id=1\nsso_role_name=r\n", 0600);
	snprintf(command, sizeof(command), "mkdir -p '%s/.aws/sso/cache' && echo '{\"accessToken\":\"T\",\"expiresAt\":\"2099-01-01T00:00:00Z\"}'"
			 " >'%s/.aws/sso/cache/'$(printf u | sha1sum | cut -d' ' -f1).json", dir, dir);
	CHECK(system(command) == 0);
	ss_on("GET /federation/credentials", 200, "", "{\"roleCredentials\":{\"accessKeyId\":\"AK\","
		  "\"secretAccessKey\":\"SECRET\",\"sessionToken\":\"T\\r\\nX-Evil: 1\",\"expiration\":4070908800000}}");
	refused("single sign-on", &ambient, "the session token holds a line break", 1);
}

/* ---- what a service repeats of it ---- */

#define TOKEN	"FwoGZXIvYXdzEBYaDKSECRET+/abcdefghijklmnop=="

static void
echo(PdsRequest *req, const char *message, PdsError *err)
{
	PdsResponse resp;

	ss_clear();
	ss_on("", 403, "", message);
	pds_response_init(&resp);
	CHECK(!pds_http_perform(http, req, &resp, err));
	pds_response_free(&resp);
	CHECK_MSG(strstr(err->message, "SECRET") == NULL && strstr(err->message, "abcdefghijkl") == NULL, err->message);
	CHECK(strstr(err->message, "(hidden)") != NULL);
	CHECK(strchr(err->message, '\033') == NULL);
}

static void
test_echo(void)
{
	PdsHeader	bearer = {"x-amz-sso_bearer_token", TOKEN};
	PdsHeader	container = {"Authorization", TOKEN};
	PdsRequest	req;
	PdsHeader	header;
	PdsError	err;

	(void) request_with(0, "text/csv", &req, &header);
	req.xml_errors = true;
	given.session_token = TOKEN;
	echo(&req, "<Error><Code>InvalidToken</Code><Message>The token " TOKEN " of s3://bucket/a/rather/long/key/name.csv"
		 " is bad \302\233 </Message></Error>", &err);
	CHECK(strstr(err.message, "s3://bucket/a/rather/long/key/name.csv is bad \\x9b") != NULL);
	/* a part of it */
	echo(&req, "<Error><Code>InvalidToken</Code><Message>begins FwoGZXIvYXdzEBYaDKSECRET</Message></Error>", &err);
	req.xml_errors = false;
	echo(&req, "{\"__type\":\"X\",\"message\":\"token=" TOKEN "; \\u001b[2J\"}", &err);
	req.credentials = NULL;
	req.headers = &bearer;
	echo(&req, "{\"message\":\"bad " TOKEN "\"}", &err);
	req.headers = &container;
	echo(&req, "{\"message\":\"bad " TOKEN "\"}", &err);
	req.headers = NULL;
	req.nheaders = 0;
	req.method = "POST";
	req.secret = true;
	req.body = "Action=X&WebIdentityToken=FwoGZXIvYXdzEBYaDKSECRET%2B%2Fabcdefghijklmnop%3D%3D";
	req.body_len = strlen(req.body);
	echo(&req, "{\"message\":\"bad " TOKEN "\"}", &err);
	req.body = "{\"refreshToken\":\"" TOKEN "\"}";
	req.body_len = strlen(req.body);
	echo(&req, "{\"message\":\"bad " TOKEN "\"}", &err);
}

/* ---- words for what is not HTTP, and for what is too long ---- */

static void
test_words(void)
{
	static char key[3000001];
	PdsRequest	req;
	PdsHeader	header;
	PdsResponse resp;
	PdsStr		path;
	PdsError	err;
	SsStep	   *s;

	pds_response_init(&resp);
	(void) request_with(0, "text/csv", &req, &header);
	ss_clear();
	s = ss_on("", 0, "", "SSH-2.0-OpenSSH_9.2\r\n");
	s->raw = 1;
	CHECK(!pds_http_perform(http, &req, &resp, &err));
	CHECK_INT(err.kind, PDS_ERR_PROTOCOL);
	CHECK_MSG(strstr(err.message, "does not speak HTTP") != NULL, err.message);
	CHECK_INT(ss->requests, 1);
	/* a header line longer than curl takes */
	ss_clear();
	s = ss_on("", 0, "", "HTTP/1.1 200 OK\r\nX-Long: ");
	memset(s->body + s->body_len, 'x', 30000);
	s->body_len += 30000;
	s->raw = 1;
	s->repeat = 20;
	CHECK(!pds_http_perform(http, &req, &resp, &err));
	CHECK_INT(err.kind, PDS_ERR_PROTOCOL);
	CHECK_MSG(strstr(err.message, "headers are too long") != NULL, err.message);
	/* a key of 3 MB, three bytes in the URL for each */
	memset(key, ' ', sizeof(key) - 1);
	pds_str_init(&path);
	pds_str_append(&path, "/");
	pds_str_append_uri(&path, key, sizeof(key) - 1, true);
	req.path = path.data;
	ss_clear();
	CHECK(!pds_http_perform(http, &req, &resp, &err));
	CHECK_INT(err.kind, PDS_ERR_LIMIT);
	CHECK_MSG(strstr(err.message, "a name is too long") != NULL, err.message);
	pds_str_free(&path);
	pds_response_free(&resp);
}

int
main(void)
{
	const char *tmp = getenv("TMPDIR");
	char		command[400];
	PdsError	err;

	snprintf(dir, sizeof(dir), "%.100s/pds_headers.XXXXXX", tmp && *tmp ? tmp : "/tmp");
	if (mkdtemp(dir) == NULL)
		return 2;
	ss_start();
	http = pds_http_new(NULL, NULL, &err);
	if (http == NULL)
		return 2;
	test_fault();
	test_gate();
	test_user_agent();
	test_sources();
	test_sso();
	test_echo();
	test_words();
	pds_http_free(http);
	ss_stop();
	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	if (system(command) != 0)
		return 2;
	return unit_done();
}
