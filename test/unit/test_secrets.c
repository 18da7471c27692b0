/*
 * test_secrets.c
 *	  No secret is left in memory that is freed: after success, and after every
 *	  error on the way to credentials and through a request.
 *
 * free and realloc are this program's own: they look at what is given back.  So is
 * malloc: what libraries left in the memory that it gives is none of ours.
 * no valgrind: it replaces free by its own, and sanitizers do.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <malloc.h>
#include <openssl/evp.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/clock.h"
#include "core/net/http.h"
#include "ambient.h"
#include "script_server.h"
#include "unit.h"

#if defined(__SANITIZE_ADDRESS__) || !defined(__GLIBC__)

int
main(void)
{
	unit_skip("memory that is freed", "another allocator is in place");
	return unit_done();
}

#else

/* in every secret of this test, and nowhere else */
#define MARK "S3cr3tM4rk"

extern void __libc_free(void *p);
extern void *__libc_malloc(size_t n);

static PdsHttp *http;
static volatile bool watching;
static volatile int leaks;
static char what_leaked[80];

/* buffers of these libraries are not ours to overwrite (doc/security.md) */
static bool
is_theirs(const void *caller)
{
	static const char *const libraries[] = {"libcurl", "libcrypto", "libssl", "libc.so", "libnghttp2", "libexpat"};
	Dl_info		info;
	size_t		i;

	if (dladdr(caller, &info) == 0 || info.dli_fname == NULL)
		return false;
	for (i = 0; i < sizeof(libraries) / sizeof(libraries[0]); i++)
		if (strstr(info.dli_fname, libraries[i]))
			return true;
	return false;
}

__attribute__((noinline))
void
free(void *p)
{
	if (watching && p && !is_theirs(__builtin_return_address(0)))
	{
		char	   *found = memmem(p, malloc_usable_size(p), MARK, sizeof(MARK) - 1);

		if (found)
		{
			size_t		left = malloc_usable_size(p) - (size_t) (found - (char *) p);

			leaks++;
			snprintf(what_leaked, sizeof(what_leaked), "%.*s", (int) (left < 60 ? left : 60), found);
		}
	}
	__libc_free(p);
}

/* empty, to the last byte that free looks at */
void *
malloc(size_t n)
{
	void	   *p = __libc_malloc(n);

	if (p)
		memset(p, 0, malloc_usable_size(p));
	return p;
}

/* always elsewhere: what was there is given back */
void *
realloc(void *p, size_t n)
{
	void	   *q = malloc(n);
	size_t		had = p ? malloc_usable_size(p) : 0;

	if (q && p)
	{
		bool		watched = watching && !is_theirs(__builtin_return_address(0));

		memcpy(q, p, had < n ? had : n);
		if (watched)
			free(p);
		else
			__libc_free(p);
	}
	return q;
}

/* pieces of all sizes as a library gives them back, which keeps its tokens where they were */
static void
litter(void)
{
	void	   *pieces[256];
	size_t		i;

	for (i = 0; i < 256; i++)
	{
		size_t		n = 24 + 16 * (i % 128);
		size_t		at;

		pieces[i] = __libc_malloc(n);
		if (pieces[i] == NULL)
			abort();
		for (at = 0; at + sizeof(MARK) <= n; at += sizeof(MARK))
			memcpy((char *) pieces[i] + at, MARK, sizeof(MARK));
	}
	for (i = 0; i < 256; i++)
		__libc_free(pieces[i]);
}

/* nothing was given back with a secret since this was asked last */
static void
clean(const char *what)
{
	watching = false;
	CHECK_MSG(leaks == 0, what);
	if (leaks > 0)
		printf("# %d times, at last: %s\n", leaks, what_leaked);
	leaks = 0;
}

static char dir[] = "/tmp/pds_secrets.XXXXXX";
static char config_file[60];

static void
reset(void)
{
	forget_environment();
	setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
	setenv("HOME", dir, 1);
	setenv("AWS_CONFIG_FILE", config_file, 1);
	setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent", 1);
	write_file(config_file, "", 0600);
	ss_clear();
}

/* one question, and whether it should have been answered */
static void
ask_for(const char *what, bool wanted)
{
	PdsCredentialConfig ambient = {.allow_ambient = true, .sts_base_url = ss_url};
	PdsCredentials *c;
	PdsCredentialView v;
	PdsError	err;
	bool		ok;

	litter();
	watching = true;
	c = pds_credentials_new(http, &ambient, &err);
	ok = c && pds_credentials_get(c, false, &v, &err);
	pds_credentials_free(c);
	CHECK_MSG(ok == wanted, what);
	if (ok != wanted)
		printf("# %s\n", ok ? "answered" : err.message);
	if (!ok)
		CHECK_MSG(strstr(err.message, MARK) == NULL && strstr(err.detail, MARK) == NULL, err.message);
	clean(what);
}

#define JSON_KEYS(more) "{\"AccessKeyId\":\"AKIA\",\"SecretAccessKey\":\"" MARK "1\",\"Token\":\"" MARK "2\"" more

static void
test_container(void)
{
	static const struct
	{
		int			status;
		const char *body;
		bool		ok;
	}			replies[] = {
		{200, JSON_KEYS(",\"Expiration\":\"2099-01-01T00:00:00Z\"}"), true},
		{200, JSON_KEYS(",\"Expiration\":\"some day\"}"), false},
		{200, "{\"AccessKeyId\":7,\"SecretAccessKey\":\"" MARK "\"}", false},
		{200, "{\"Code\":\"Failed\",\"SecretAccessKey\":\"" MARK "\"}", false},
		{200, "[\"" MARK "\"]", false},
		{200, "<x>" MARK "</x>", false},
		{403, "{\"message\":\"no\"}", false},
		{500, "", false},
	};
	char		uri[120];
	char		what[60];
	size_t		i;

	for (i = 0; i < sizeof(replies) / sizeof(replies[0]); i++)
	{
		reset();
		snprintf(uri, sizeof(uri), "%s/creds", ss_url);
		setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", uri, 1);
		setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "Basic " MARK "3", 1);
		ss_on("GET /creds", replies[i].status, "", replies[i].body)->times = SS_ALWAYS;
		snprintf(what, sizeof(what), "container, reply %d", (int) i);
		ask_for(what, replies[i].ok);
	}
	reset();
	setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:1/creds", 1);
	setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "Basic " MARK "3\r\nX: y", 1);
	ask_for("container, a token with a line break", false);
	setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "Basic " MARK "3", 1);
	ask_for("container, nobody is there", false);
}

static void
test_process(void)
{
	static const struct
	{
		const char *prints;
		int			status;
		bool		ok;
	}			cases[] = {
		{"{\"Version\":1,\"AccessKeyId\":\"AK\",\"SecretAccessKey\":\"" MARK "1\",\"SessionToken\":\"" MARK "2\"}", 0, true},
		{"{\"Version\":1,\"AccessKeyId\":\"AK\",\"SecretAccessKey\":\"" MARK "1\",\"SessionToken\":\"" MARK "2\"}", 1, false},
		{"{\"Version\":2,\"AccessKeyId\":\"AK\",\"SecretAccessKey\":\"" MARK "1\"}", 0, false},
		{"{\"Version\":1,\"SecretAccessKey\":\"" MARK "1\"}", 0, false},
		{"{\"Version\":1,\"AccessKeyId\":\"AK\",\"SecretAccessKey\":\"" MARK "1\",\"Expiration\":\"some day\"}", 0, false},
		{"{\"Version\":1,\"SecretAccessKey\":\"" MARK, 0, false},
		{MARK, 0, false},
	};
	char		path[80];
	char		text[600];
	char		what[60];
	size_t		i;

	snprintf(path, sizeof(path), "%s/process", dir);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		reset();
		snprintf(text, sizeof(text), "#!/bin/sh\nprintf '%%s' '%s'\nexit %d\n", cases[i].prints, cases[i].status);
		write_file(path, text, 0700);
		snprintf(text, sizeof(text), "[default]\ncredential_process = %s\n", path);
		write_file(config_file, text, 0600);
		snprintf(what, sizeof(what), "credential_process, case %d", (int) i);
		ask_for(what, cases[i].ok);
	}
	unlink(path);
}

/* ---- replies that are cut ---- */

#define SSO_URL "https://x.example/start"

static char token_file[120];

static void
sso_profile(const char *token)
{
	static const char *const folders[] = {"/.aws", "/.aws/sso", "/.aws/sso/cache"};
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned int n = 0;
	char		path[80];
	size_t		i;

	for (i = 0; i < 3; i++)
	{
		snprintf(path, sizeof(path), "%s%s", dir, folders[i]);
		mkdir(path, 0700);
	}
	EVP_Digest("name", 4, md, &n, EVP_sha1(), NULL);
	snprintf(token_file, sizeof(token_file), "%s/", path);
	for (i = 0; i < n; i++)
		snprintf(token_file + strlen(token_file), 3, "%02x", md[i]);
	strcat(token_file, ".json");
	write_file(token_file, token, 0600);
	setenv("AWS_ENDPOINT_URL_SSO", ss_url, 1);
	setenv("AWS_ENDPOINT_URL_SSO_OIDC", ss_url, 1);
	write_file(config_file, "[default]\nsso_session = name\nsso_account_id = 111122223333\nsso_role_name = r\n"
			   "[sso-session name]\nsso_start_url = " SSO_URL "\nsso_region = us-east-1\n", 0600);
}

static void
remove_token(void)
{
	char	   *slash;

	unlink(token_file);
	while ((slash = strrchr(token_file, '/')) != NULL && strlen(token_file) > strlen(dir))
	{
		*slash = '\0';
		if (strlen(token_file) > strlen(dir))
			rmdir(token_file);
	}
}

typedef enum CutReply
{
	CUT_CONTAINER, CUT_METADATA, CUT_ROLE, CUT_PROCESS, CUT_TOKEN_FILE, CUT_RENEWAL, CUT_SSO_ROLE
} CutReply;

#define TOKEN(until) "{\"startUrl\":\"" SSO_URL "\",\"region\":\"us-east-1\",\"accessToken\":\"" MARK "\\u00e91\",\"expiresAt\":\"" until "\"," \
	"\"refreshToken\":\"" MARK "2\",\"clientId\":\"c\",\"clientSecret\":\"" MARK "3\",\"registrationExpiresAt\":\"2099-01-01T00:00:00Z\"}"

/* the whole reply */
static const char *const cut_replies[] = {
	JSON_KEYS(",\"Expiration\":\"2099-01-01T00:00:00Z\"}"),
	JSON_KEYS(",\"Code\":\"Success\",\"Expiration\":\"2099-01-01T00:00:00Z\"}"),
	"<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>AS</AccessKeyId><SecretAccessKey>" MARK "&amp;3</SecretAccessKey>"
	"<SessionToken>" MARK "4</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>",
	"{\"Version\":1,\"AccessKeyId\":\"AK\",\"SecretAccessKey\":\"" MARK "1\",\"SessionToken\":\"" MARK "\\u00e92\"}",
	TOKEN("2099-01-01T00:00:00Z"),
	"{\"accessToken\":\"" MARK "4\",\"expiresIn\":3600,\"refreshToken\":\"" MARK "5\"}",
	"{\"roleCredentials\":{\"accessKeyId\":\"AK\",\"secretAccessKey\":\"" MARK "1\",\"sessionToken\":\"" MARK "2\",\"expiration\":4070908800000}}",
};

/* everything about the reply is there but its end */
static void
serve_cut(CutReply kind, const char *reply)
{
	char		path[80];
	char		text[600];

	reset();
	ss_on("GET /federation/credentials", 200, "", kind == CUT_SSO_ROLE ? reply : cut_replies[CUT_SSO_ROLE])->times = SS_ALWAYS;
	switch (kind)
	{
		case CUT_CONTAINER:
			snprintf(text, sizeof(text), "%s/creds", ss_url);
			setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", text, 1);
			ss_on("GET /creds", 200, "", reply)->times = SS_ALWAYS;
			break;
		case CUT_METADATA:
			unsetenv("AWS_EC2_METADATA_DISABLED");
			setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", ss_url, 1);
			ss_on("PUT /latest/api/token", 200, "", MARK "t")->times = SS_ALWAYS;
			ss_on("GET /latest/meta-data/iam/security-credentials/r", 200, "", reply)->times = SS_ALWAYS;
			ss_on("GET /latest/meta-data/iam/security-credentials/", 200, "", "r")->times = SS_ALWAYS;
			break;
		case CUT_ROLE:
			setenv("AWS_ENDPOINT_URL_STS", ss_url, 1);
			setenv("AWS_REGION", "us-east-1", 1);
			write_file(config_file, "[default]\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = keys\n"
					   "[profile keys]\naws_access_key_id = AK\naws_secret_access_key = " MARK "1\n", 0600);
			ss_on("POST /", 200, "", reply)->times = SS_ALWAYS;
			break;
		case CUT_PROCESS:
			snprintf(path, sizeof(path), "%s/process", dir);
			snprintf(text, sizeof(text), "#!/bin/sh\nprintf %%s '%s'\n", reply);
			write_file(path, text, 0700);
			snprintf(text, sizeof(text), "[default]\ncredential_process = %s\n", path);
			write_file(config_file, text, 0600);
			break;
		case CUT_TOKEN_FILE:
			sso_profile(reply);
			break;
		case CUT_RENEWAL:
			sso_profile(TOKEN("2000-01-01T00:00:00Z"));
			ss_on("POST /token", 200, "", reply)->times = SS_ALWAYS;
			break;
		case CUT_SSO_ROLE:
			sso_profile(TOKEN("2099-01-01T00:00:00Z"));
			break;
	}
}

static void
test_cut_replies(void)
{
	static const char *const names[] = {
		"container", "metadata", "role", "credential_process", "single sign-on, token file", "single sign-on, renewal", "single sign-on, role"
	};
	char		path[80];
	char		what[80];
	int			kind;

	for (kind = CUT_CONTAINER; kind <= CUT_SSO_ROLE; kind++)
	{
		size_t		n = strlen(cut_replies[kind]);
		size_t		cut;

		/* within each mark at least once */
		for (cut = 1; cut <= n; cut += cut + 3 < n ? 3 : 1)
		{
			char		reply[1000];

			snprintf(reply, sizeof(reply), "%.*s", (int) cut, cut_replies[kind]);
			serve_cut((CutReply) kind, reply);
			snprintf(what, sizeof(what), "%s: %d of %d bytes", names[kind], (int) cut, (int) n);
			ask_for(what, cut == n);
		}
	}
	snprintf(path, sizeof(path), "%s/process", dir);
	unlink(path);
	remove_token();
}

static void
test_profile_and_environment(void)
{
	reset();
	write_file(config_file, "[default]\naws_access_key_id = AK\naws_secret_access_key = " MARK "1\n"
			   "aws_session_token = " MARK "2\n", 0600);
	ask_for("profile", true);
	write_file(config_file, "[default]\naws_access_key_id = AK\naws_secret_access_key = " MARK "1\001\n", 0600);
	ask_for("profile, a key with a control character", false);
	write_file(config_file, "[default]\naws_secret_access_key = " MARK "1\nbroken line\n[", 0600);
	ask_for("profile, half a key", false);
	reset();
	setenv("AWS_ACCESS_KEY_ID", "AK", 1);
	setenv("AWS_SECRET_ACCESS_KEY", MARK "1", 1);
	setenv("AWS_SESSION_TOKEN", MARK "2", 1);
	ask_for("environment", true);
	setenv("AWS_SESSION_TOKEN", MARK "2\r\nX: y", 1);
	ask_for("environment, a token with a line break", false);
}

#define STS_KEYS "<AssumeRoleResponse><AssumeRoleResult><AssumedRoleUser><Arn>x</Arn></AssumedRoleUser><Credentials><AccessKeyId>AS</AccessKeyId>" \
	"<SecretAccessKey>" MARK "3</SecretAccessKey><SessionToken>" MARK "4</SessionToken>"

static void
test_role(void)
{
	static const struct
	{
		int			status;
		const char *body;
		bool		ok;
	}			replies[] = {
		{200, STS_KEYS "<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>", true},
		{200, STS_KEYS "<Expiration>some day</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>", false},
		{200, STS_KEYS "</Credentials></AssumeRoleResult>", false},
		{200, STS_KEYS, false},
		{200, "<html>" MARK "</html>", false},
		{403, "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>", false},
	};
	char		what[60];
	size_t		i;

	for (i = 0; i < sizeof(replies) / sizeof(replies[0]); i++)
	{
		reset();
		setenv("AWS_ENDPOINT_URL_STS", ss_url, 1);
		setenv("AWS_REGION", "us-east-1", 1);
		write_file(config_file, "[default]\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = keys\n"
				   "[profile keys]\naws_access_key_id = AK\naws_secret_access_key = " MARK "1\n"
				   "aws_session_token = " MARK "2\n", 0600);
		ss_on("POST /", replies[i].status, "", replies[i].body)->times = SS_ALWAYS;
		snprintf(what, sizeof(what), "role, reply %d", (int) i);
		ask_for(what, replies[i].ok);
	}
}

static bool
marked_keys(void *arg, bool refresh, PdsCredentialView *out, PdsError *err)
{
	(void) arg;
	(void) refresh;
	(void) err;
	memset(out, 0, sizeof(*out));
	out->access_key = "AK";
	out->secret_key = MARK "1";
	out->session_token = MARK "2";
	return true;
}

static void
test_requests(void)
{
	static const char *const paths[] = {"/ok", "/denied", "/broken"};
	PdsHeader	bad = {"X-Bad", "a\r\nb"};
	SsStep	   *broken;
	PdsRequest	req;
	PdsResponse resp;
	PdsError	err;
	size_t		i;

	reset();
	ss_on("GET /ok", 200, "", "x");
	ss_on("GET /denied", 403, "", "<Error><Code>AccessDenied</Code></Error>")->times = SS_ALWAYS;
	broken = ss_on("GET /broken", 200, "", "a body that is cut");
	broken->times = SS_ALWAYS;
	broken->cut = 1;
	for (i = 0; i < 4; i++)
	{
		memset(&req, 0, sizeof(req));
		req.method = "GET";
		req.base_url = ss_url;
		req.path = paths[i % 3];
		req.service = "s3";
		req.region = "us-east-1";
		req.operation = "GetObject";
		req.credentials = marked_keys;
		if (i == 3)
		{
			req.headers = &bad;
			req.nheaders = 1;
		}
		pds_response_init(&resp);
		litter();
		watching = true;
		CHECK_INT(pds_http_perform(http, &req, &resp, &err), i == 0);
		pds_response_free(&resp);
		clean(i == 3 ? "a request that is not sent" : paths[i]);
	}
}

int
main(void)
{
	PdsHttpOptions quick = {.retry_delay_ms = 1, .idle_timeout_ms = 2000};
	PdsError	err;
	volatile char *volatile p;
	size_t		i;

	/* the watch sees what is given back with a secret */
	p = malloc(100);
	/* written byte by byte, else the compiler knows that nobody reads it */
	for (i = 0; i < sizeof(MARK); i++)
		p[i] = MARK[i];
	watching = true;
	free((void *) p);
	watching = false;
	CHECK_INT(leaks, 1);
	leaks = 0;

	if (mkdtemp(dir) == NULL)
		return 2;
	snprintf(config_file, sizeof(config_file), "%s/config", dir);
	ss_start();
	http = pds_http_new(&quick, NULL, &err);
	if (http == NULL)
		return 2;
	test_container();
	test_process();
	test_cut_replies();
	test_profile_and_environment();
	test_role();
	test_requests();
	pds_http_free(http);
	ss_stop();
	unlink(config_file);
	rmdir(dir);
	return unit_done();
}

#endif
