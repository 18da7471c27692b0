/*
 * test_sources.c
 *	  Credentials of a profile: roles over roles, web identity, a program,
 *	  single sign-on; their order; the parser of the profile files.
 */
#include "unit.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>

#include "core/aws/aws.h"
#include "core/auth/credential_sources.h"
#include "ambient.h"
#include "script_server.h"

#define ROLE	"arn:aws:iam::123456789012:role/demo"
#define SECRET	"wJalrSECRETKEYwJalr"

static PdsHttp *http;
static char dir[200];
static char cache[300];

static const char *
in_dir(const char *name)
{
	static char path[4][400];
	static int	i;

	i = (i + 1) % 4;
	snprintf(path[i], sizeof(path[i]), "%s/%s", dir, name);
	return path[i];
}

static const char *
slurp(const char *path)
{
	static char text[8192];
	FILE	   *f = fopen(path, "r");
	size_t		n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;

	if (f)
		fclose(f);
	text[n] = '\0';
	return text;
}

static void
config(const char *text)
{
	write_file(in_dir("config"), text, 0600);
}

static void
reset_environment(void)
{
	forget_environment();
	setenv("HOME", dir, 1);
	setenv("AWS_CONFIG_FILE", in_dir("config"), 1);
	setenv("AWS_SHARED_CREDENTIALS_FILE", in_dir("credentials"), 1);
	setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
	setenv("AWS_ENDPOINT_URL_SSO", ss_url, 1);
	setenv("AWS_ENDPOINT_URL_SSO_OIDC", ss_url, 1);
	config("");
	write_file(in_dir("credentials"), "", 0600);
	ss_clear();
}

static PdsCredentials *
provider(PdsHttp *h, const char *profile)
{
	PdsCredentialConfig cc = {
		.allow_ambient = true,
		.profile = profile,
		.region = "us-east-1",
		.sts_base_url = ss_url,
	};

	return new_provider(h, &cc);
}

static Got
once(const char *profile)
{
	PdsCredentials *c = provider(http, profile);
	Got			g;

	ask(c, false, &g);
	pds_credentials_free(c);
	return g;
}

static const char *
sts_xml(const char *operation, const char *key)
{
	static char text[900];

	snprintf(text, sizeof(text), "<%sResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">"
			 "<%sResult><Credentials><AccessKeyId>%s</AccessKeyId><SecretAccessKey>" SECRET
			 "</SecretAccessKey><SessionToken>TOK-%s</SessionToken><Expiration>%s</Expiration>"
			 "</Credentials></%sResult></%sResponse>", operation, operation, key, key,
			 iso(time(NULL) + 3600), operation, operation);
	return text;
}

/* does any part of an error show one of the secrets? */
static bool
leaks(const PdsError *e)
{
	const char *const parts[] = {e->message, e->detail, e->hint, e->resource};
	size_t		i;

	for (i = 0; i < 4; i++)
		if (strstr(parts[i], SECRET) || strstr(parts[i], "TOKEN-"))
			return true;
	return false;
}

/* ---- roles ---- */

static void
test_roles(void)
{
	char		text[4000];
	char		name[20];
	size_t		n = 0;
	int			i;
	Got			g;

	reset_environment();
	/* as long as it takes: a chain is not cut at some depth */
	for (i = 0; i < 9; i++)
		n += (size_t) snprintf(text + n, sizeof(text) - n, "[profile c%d]\nrole_arn=" ROLE "-%d\n"
							   "source_profile=c%d\n", i, i, i + 1);
	snprintf(text + n, sizeof(text) - n, "[profile c9]\naws_access_key_id=AKEND\n"
			 "aws_secret_access_key=S\n"
			 "[profile x]\nrole_arn=" ROLE "\nsource_profile=y\nduration_seconds=1800\n"
			 "[profile y]\nrole_arn=" ROLE "\nsource_profile=z\n"
			 "[profile z]\nrole_arn=" ROLE "\nsource_profile=y\n"
			 "[profile own]\nrole_arn=" ROLE "\nsource_profile=own\n"
			 "[profile long]\nrole_arn=" ROLE "\nsource_profile=c9\nduration_seconds=7200\n"
			 "[profile bad]\nrole_arn=" ROLE "\nsource_profile=c9\nduration_seconds=soon\n"
			 "[profile both]\nrole_arn=" ROLE "\nsource_profile=c9\ncredential_source=Environment\n"
			 "[profile keyed]\nrole_arn=" ROLE "-k\nsource_profile=c9\naws_access_key_id=AKKEYED\n"
			 "aws_secret_access_key=S\n"
			 "[profile over]\nrole_arn=" ROLE "-o\nsource_profile=keyed\n");
	config(text);
	ss_on("POST /", 200, "", sts_xml("AssumeRole", "ASIAX"))->times = 9;
	g = once("c0");
	CHECK(g.ok);
	CHECK_INT(ss->requests, 9);
	CHECK(strstr(ss_request_header(0, "Authorization"), "Credential=AKEND/") != NULL);
	CHECK(strstr(ss_request_body(0), "role%2Fdemo-8") != NULL);
	CHECK(strstr(ss_request_body(8), "role%2Fdemo-0") != NULL);
	CHECK_STR(g.info.source, "profile c0 (assumed role)");
	CHECK_STR(g.info.profile, "c0");
	CHECK_STR(g.info.role_arn, ROLE "-0");
	CHECK_STR(g.info.account_id, "123456789012");
	CHECK(g.info.refreshable);

	/* circles, also those that do not come back to the first one */
	ss_clear();
	g = once("x");
	CHECK_INT(g.err.kind, PDS_ERR_CONFIG);
	CHECK(strstr(g.err.message, "leads back to \"y\"") != NULL);
	CHECK_INT(once("own").err.kind, PDS_ERR_CONFIG);
	CHECK_INT(once("both").err.kind, PDS_ERR_CONFIG);
	g = once("bad");
	CHECK_INT(g.err.kind, PDS_ERR_CONFIG);
	CHECK(strstr(g.err.message, "duration_seconds") != NULL);
	CHECK_INT(ss->requests, 0);

	ss_on("POST /", 200, "", sts_xml("AssumeRole", "ASIAX"))->times = 2;
	CHECK(once("long").ok);
	CHECK(strstr(ss_request_body(0), "&DurationSeconds=7200") != NULL);
	/* keys of a source profile come before its role */
	CHECK(once("over").ok);
	CHECK_INT(ss->requests, 2);
	CHECK(strstr(ss_request_header(1, "Authorization"), "Credential=AKKEYED/") != NULL);

	/* a role assumed with what a program gives */
	snprintf(text, sizeof(text), "[profile r]\nrole_arn=" ROLE "\nsource_profile=p\n"
			 "[profile p]\ncredential_process = %s\n", in_dir("give"));
	config(text);
	write_file(in_dir("give"), "#!/bin/sh\necho '{\"Version\":1,\"AccessKeyId\":\"AKPROC\","
			   "\"SecretAccessKey\":\"S\"}'\n", 0700);
	ss_clear();
	ss_on("POST /", 200, "", sts_xml("AssumeRole", "ASIAX"));
	CHECK(once("r").ok);
	CHECK(strstr(ss_request_header(0, "Authorization"), "Credential=AKPROC/") != NULL);
	for (i = 0; i < 2; i++)
	{
		snprintf(name, sizeof(name), i ? "none" : "nothing");
		CHECK(!once(name).ok);
	}
}

/* ---- order ---- */

static void
test_order(void)
{
	char		text[2000];
	Got			g;

	reset_environment();
	write_file(in_dir("token"), "JWT", 0600);
	write_file(in_dir("give"), "#!/bin/sh\necho '{\"Version\":1,\"AccessKeyId\":\"AKPROC\","
			   "\"SecretAccessKey\":\"S\"}'\n", 0700);
	snprintf(text, sizeof(text), "[default]\ncredential_process = %s\naws_access_key_id=AKCONFIG\n"
			 "aws_secret_access_key=S\n"
			 "[profile sso]\nsso_account_id=1\naws_access_key_id=AK\naws_secret_access_key=S\n"
			 "[profile role]\nrole_arn=" ROLE "\nsource_profile=default\n", in_dir("give"));
	config(text);

	/*
	 * a program before the keys of the config file, but after those of the
	 * credentials file
	 */
	CHECK_STR(once(NULL).key, "AKPROC");
	write_file(in_dir("credentials"), "[default]\naws_access_key_id=AKCRED\naws_secret_access_key=S\n"
			   "[sso]\naws_access_key_id=AKSSO\naws_secret_access_key=S\n", 0600);
	CHECK_STR(once(NULL).key, "AKCRED");
	/* single sign-on before the keys of the same profile */
	g = once("sso");
	CHECK_INT(g.err.kind, PDS_ERR_CONFIG);
	CHECK(strstr(g.err.message, "sso_start_url") != NULL);

	/*
	 * a web identity of the environment before them; a role before that; not
	 * where the profile was named by the server option
	 */
	setenv("AWS_WEB_IDENTITY_TOKEN_FILE", in_dir("token"), 1);
	setenv("AWS_ROLE_ARN", ROLE "-env", 1);
	setenv("AWS_ROLE_SESSION_NAME", "from env", 1);
	ss_on("POST /", 200, "", sts_xml("AssumeRoleWithWebIdentity", "ASIAWEB"));
	g = once(NULL);
	CHECK_STR(g.key, "ASIAWEB");
	CHECK_STR(g.info.source, "web identity");
	CHECK_STR(g.info.role_arn, ROLE "-env");
	CHECK(strstr(ss_request_body(0), "RoleSessionName=from%20env") != NULL);
	setenv("AWS_PROFILE", "role", 1);
	ss_on("POST /", 200, "", sts_xml("AssumeRole", "ASIAROLE"));
	CHECK_STR(once(NULL).key, "ASIAROLE");
	CHECK_STR(once("default").key, "AKCRED");

	/* keys of the environment before all that */
	setenv("AWS_ACCESS_KEY_ID", "AKENV", 1);
	setenv("AWS_SECRET_ACCESS_KEY", "S", 1);
	CHECK_STR(once(NULL).key, "AKENV");
	unsetenv("AWS_ACCESS_KEY_ID");

	/* a container only after the files, and then its failure is final */
	reset_environment();
	snprintf(text, sizeof(text), "%s/creds", ss_url);
	setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", text, 1);
	unsetenv("AWS_EC2_METADATA_DISABLED");
	setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", ss_url, 1);
	ss_on("GET /creds", 404, "", "");
	g = once(NULL);
	CHECK(!g.ok);
	CHECK_INT(ss->requests, 1);
	config("[default]\naws_access_key_id=AKCONFIG\naws_secret_access_key=S\n");
	CHECK_STR(once(NULL).key, "AKCONFIG");
	CHECK_INT(ss->requests, 1);

	/*
	 * a container that fails for a moment is asked again after a second,
	 * three times in all
	 */
	config("");
	ss_clear();
	ss_on("GET /creds", 503, "", "")->times = 2;
	ss_on("GET /creds", 200, "", "{\"AccessKeyId\":\"ASIAC\",\"SecretAccessKey\":\"S\"}");
	CHECK_STR(once(NULL).key, "ASIAC");
	CHECK_INT(ss->requests, 3);

	/*
	 * who was given a profile gets that, and not the machine's own in its
	 * place
	 */
	{
		PdsCredentialConfig cc = {.allow_ambient = true, .profile = "bare", .profile_only = true};

		config("[profile bare]\nregion=us-east-1\n");
		ss_clear();
		g = ask_once(http, &cc);
		CHECK_INT(g.err.kind, PDS_ERR_NO_CREDENTIALS);
		CHECK(strstr(g.err.message, "\"bare\"") != NULL);
		CHECK_INT(ss->requests, 0);
	}
	/* a path that would go on with the host's name */
	setenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", ".evil.example/creds", 1);
	CHECK_INT(once(NULL).err.kind, PDS_ERR_CONFIG);
}

/* ---- web identity ---- */

static void
test_web_identity(void)
{
	PdsCredentials *c;
	char		text[600];
	Got			g;

	reset_environment();
	write_file(in_dir("token"), "TOKEN-one/+=\n", 0600);
	snprintf(text, sizeof(text), "[profile w]\nrole_arn=" ROLE "\nweb_identity_token_file=%s\n"
			 "role_session_name=me\n[profile lost]\nweb_identity_token_file=%s\n",
			 in_dir("token"), in_dir("token"));
	config(text);
	ss_on("POST /", 200, "", sts_xml("AssumeRoleWithWebIdentity", "ASIA1"));
	ss_on("POST /", 200, "", sts_xml("AssumeRoleWithWebIdentity", "ASIA2"));
	c = provider(http, "w");
	ask(c, false, &g);
	CHECK_STR(g.key, "ASIA1");
	CHECK_STR(g.token, "TOK-ASIA1");
	CHECK_STR(g.info.source, "profile w (web identity)");
	CHECK_STR(ss_request_body(0), "Action=AssumeRoleWithWebIdentity&Version=2011-06-15"
			  "&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fdemo&RoleSessionName=me"
			  "&WebIdentityToken=TOKEN-one%2F%2B%3D");
	/* nothing to sign with */
	CHECK_STR(ss_request_header(0, "Authorization"), "");
	/* the token is read again each time */
	write_file(in_dir("token"), "TOKEN-two", 0600);
	ask(c, true, &g);
	CHECK_STR(g.key, "ASIA2");
	CHECK(strstr(ss_request_body(1), "WebIdentityToken=TOKEN-two") != NULL);
	pds_credentials_free(c);

	CHECK_INT(once("lost").err.kind, PDS_ERR_CONFIG);
	/* refused; a provider that cannot be reached from AWS is asked again */
	ss_clear();
	ss_on("POST /", 400, "", "<ErrorResponse><Error><Code>IDPCommunicationError</Code></Error></ErrorResponse>");
	ss_on("POST /", 400, "", "<ErrorResponse><Error><Code>ExpiredTokenException</Code>"
		  "<Message>Token expired</Message></Error></ErrorResponse>");
	g = once("w");
	CHECK_INT(g.err.kind, PDS_ERR_AUTH);
	CHECK(strstr(g.err.hint, in_dir("token")) != NULL);
	CHECK(!leaks(&g.err));
	CHECK_INT(ss->requests, 2);
	unlink(in_dir("token"));
	g = once("w");
	CHECK_INT(g.err.kind, PDS_ERR_NO_CREDENTIALS);
	CHECK(strstr(g.err.message, "cannot be read") != NULL);
}

/* ---- a program ---- */

static Got
run(const char *command)
{
	char		text[1200];

	snprintf(text, sizeof(text), "[profile p]\ncredential_process = %s\n", command);
	config(text);
	return once("p");
}

static void
test_split(void)
{
	static const struct
	{
		const char *command;
		const char *words;		/* joined by | */
	}			cases[] =
	{
		{"a b  c\t d", "a|b|c|d"},
		{"\"/with blank/x\" -y", "/with blank/x|-y"},
		{"a'b c'\"d e\"f", "ab cd ef"},
		{"a '' \"\"", "a||"},
		{"a\\ b 'c\\d' \"e\\\"f\\\\g\\h\"", "a b|c\\d|e\"f\\g\\h"},
		{"a $HOME `b` ; c | d > e", "a|$HOME|`b`|;|c|||d|>|e"},
		{"'open", NULL}, {"\"open", NULL}, {"open\\", NULL}, {"", NULL}, {"   ", NULL},
	};
	size_t		i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		PdsError	err;
		char	  **argv = pds_split_command(cases[i].command, &err);
		char		got[300] = "";
		int			k;

		for (k = 0; argv && argv[k]; k++)
			snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%s", k ? "|" : "", argv[k]);
		if (cases[i].words)
			CHECK_STR(argv ? got : NULL, cases[i].words);
		else
			CHECK(argv == NULL && err.kind == PDS_ERR_CONFIG);
		pds_free_arguments(argv);
	}
}

/* time-outs and cancels by the clock */
static long
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static long cancel_at;

static PdsWaitResult
cancel_wait(void *arg, int fd, long timeout_ms, PdsWaitFor what)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	long		left = cancel_at - now_ms();

	(void) arg;
	(void) what;
	if (left > 0)
		(void) poll(&p, fd < 0 ? 0 : 1, (int) (timeout_ms < 0 || timeout_ms > left ? left : timeout_ms));
	return now_ms() >= cancel_at ? PDS_WAIT_CANCEL : PDS_WAIT_READY;
}

/* killed; the machine may need a moment to see to it */
static bool
dead_soon(int pid)
{
	char		path[60];
	const char *state;
	int			i;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	for (i = 0; i < 100; i++)
	{
		state = strrchr(slurp(path), ')');
		if (state == NULL || state[2] == 'Z')
			return true;
		usleep(20000);
	}
	return false;
}

static void
test_process(void)
{
	PdsHttpOptions opt = {.idle_timeout_ms = 1000};
	PdsHooks	hooks = pds_plain_hooks;
	PdsHttp    *other;
	PdsCredentials *c;
	PdsError	err;
	char		text[900];
	int			leak;
	long		began;
	int			pid;
	Got			g;

	reset_environment();

	/*
	 * arguments as they are, no shell; only the three files; a group of its
	 * own; nothing blocked
	 */
	write_file(in_dir("give"),
			   "#!/bin/sh\n"
			   "ls /proc/$$/fd >$1.fds\n"
			   "cut -d' ' -f5 /proc/$$/stat >$1.pgid; echo $$ >>$1.pgid\n"
	/* read by the shell itself: it blocks signals while it starts a program */
			   "while read -r l; do case $l in SigBlk*|SigIgn*) echo \"$l\";; esac; done </proc/$$/status >$1.signals\n"
			   "printf '%s\\n' \"$@\" >$1.args\n"
			   "echo a word beside >&2\n"
			   "echo '{\"Version\": 1, \"AccessKeyId\": \"AKPROC\", \"SecretAccessKey\": \"" SECRET "\","
			   "\"SessionToken\": \"TOKEN-p\", \"Expiration\": \"2099-01-01T00:00:00Z\", \"AccountId\": \"42\"}'\n",
			   0700);
	leak = open("/dev/null", O_RDONLY);
	fcntl(leak, F_DUPFD, 70);
	signal(SIGPIPE, SIG_IGN);
	snprintf(text, sizeof(text), "\"%s\" %s 'two words' \\$HOME", in_dir("give"), in_dir("out"));
	g = run(text);
	CHECK(g.ok);
	CHECK_STR(g.key, "AKPROC");
	CHECK_STR(g.secret, SECRET);
	CHECK_STR(g.token, "TOKEN-p");
	CHECK_STR(g.info.source, "profile p (credential_process)");
	CHECK_STR(g.info.profile, "p");
	CHECK_STR(g.info.account_id, "42");
	CHECK_INT(g.info.expiration, 4070908800LL);
	CHECK(g.info.refreshable);
	snprintf(text, sizeof(text), "%s\ntwo words\n$HOME\n", in_dir("out"));
	CHECK_STR(slurp(in_dir("out.args")), text);
	/* 10 and 255 are the shell's own, for its script */
	CHECK(strstr(slurp(in_dir("out.fds")), "70") == NULL);
	CHECK(strncmp(slurp(in_dir("out.fds")), "0\n1\n", 4) == 0);
	{
		int			pgid = 0,
					self = 1;

		CHECK_INT(sscanf(slurp(in_dir("out.pgid")), "%d %d", &pgid, &self), 2);
		CHECK_INT(pgid, self);
	}
	{
		unsigned long long blocked = 1,
					ignored = 0;

		CHECK_INT(sscanf(slurp(in_dir("out.signals")), "SigBlk: %llx SigIgn: %llx", &blocked, &ignored), 2);
		CHECK_INT((long long) blocked, 0);
		CHECK_INT((long long) (ignored & (1ULL << (SIGPIPE - 1))), 0);
	}
	signal(SIGPIPE, SIG_DFL);
	close(leak);
	close(70);

	/* without Expiration for good */
	g = run("/bin/echo '{\"Version\":1,\"AccessKeyId\":\"AK\",\"SecretAccessKey\":\"S\"}'");
	CHECK_STR(g.key, "AK");
	CHECK(!g.info.refreshable);
	CHECK_INT(g.info.expiration, 0);

	/* what goes wrong: its own words are shown, what it printed is not */
	write_file(in_dir("fail"), "#!/bin/sh\necho '{\"SecretAccessKey\":\"" SECRET "\"}'\n"
			   "echo 'token   expired:' >&2\necho 'log in' >&2\nexit 3\n", 0700);
	g = run(in_dir("fail"));
	CHECK_INT(g.err.kind, PDS_ERR_NO_CREDENTIALS);
	CHECK_STR(g.err.message, "credential_process of profile \"p\" failed: its exit code was 3");
	CHECK_STR(g.err.detail, "It said: token   expired: log in");
	CHECK(g.err.hint[0] != '\0' && !leaks(&g.err));
	g = run("/bin/sh -c 'kill -TERM $$'");
	CHECK(strstr(g.err.message, "ended by signal 15") != NULL);
	g = run("/no/such/program");
	CHECK(strstr(g.err.message, "No such file") != NULL);
	g = run("/bin/echo " SECRET);
	CHECK(strstr(g.err.message, "not a JSON object") != NULL && !leaks(&g.err));
	g = run("/bin/echo '{\"Version\":2,\"AccessKeyId\":\"AK\",\"SecretAccessKey\":\"" SECRET "\"}'");
	CHECK(strstr(g.err.message, "\"Version\": 1") != NULL && !leaks(&g.err));
	g = run("/bin/echo '{\"Version\":1,\"SecretAccessKey\":\"" SECRET "\"}'");
	CHECK(!g.ok && !leaks(&g.err));
	g = run("/bin/echo '{\"Version\":1,\"AccessKeyId\":\"AK\",\"SecretAccessKey\":\"S\",\"Expiration\":\"x\"}'");
	CHECK(strstr(g.err.message, "no time") != NULL);
	g = run("/usr/bin/yes");
	CHECK(strstr(g.err.message, "65536 bytes") != NULL);
	/* more words than the pipe holds do not block it */
	g = run("/bin/sh -c 'yes | head -c 300000 >&2; exit 4'");
	CHECK(strstr(g.err.message, "exit code was 4") != NULL);

	/* a child that lives on with the pipes open is not waited for */
	began = now_ms();
	g = run("/bin/sh -c 'sleep 3 & echo \"{\\\"Version\\\":1,\\\"AccessKeyId\\\":\\\"AKBG\\\","
			"\\\"SecretAccessKey\\\":\\\"S\\\"}\"'");
	CHECK_STR(g.key, "AKBG");
	CHECK(now_ms() - began < 1500);

	/* the deadline ends it, and what it started */
	other = pds_http_new(&opt, &hooks, &err);
	snprintf(text, sizeof(text), "[profile p]\ncredential_process = /bin/sh -c 'sleep 30 & echo $! >%s; wait'\n",
			 in_dir("child"));
	config(text);
	c = provider(other, "p");
	began = now_ms();
	ask(c, false, &g);
	CHECK_INT(g.err.kind, PDS_ERR_TIMEOUT);
	CHECK(strstr(g.err.message, "did not end") != NULL);
	CHECK(now_ms() - began < 5000);
	pid = atoi(slurp(in_dir("child")));
	CHECK(pid > 0 && dead_soon(pid));
	unlink(in_dir("child"));
	pds_credentials_free(c);
	pds_http_free(other);

	/* a cancel, too, within 100 ms */
	hooks.wait = cancel_wait;
	other = pds_http_new(NULL, &hooks, &err);
	c = provider(other, "p");
	cancel_at = now_ms() + 700;
	ask(c, false, &g);
	CHECK_INT(g.err.kind, PDS_ERR_CANCELLED);
	CHECK(now_ms() - cancel_at < 100);
	pid = atoi(slurp(in_dir("child")));
	CHECK(pid > 0 && dead_soon(pid));
	pds_credentials_free(c);
	pds_http_free(other);
}

/* ---- single sign-on ---- */

#define OLD_FORM \
	"[profile old]\nsso_start_url=https://x.awsapps.com/start\nsso_region=eu-west-1\n" \
	"sso_account_id=111122223333\nsso_role_name=Read Only\n"


static const char *
token_path(const char *name)
{
	static char path[600];
	char		command[300];
	FILE	   *f;
	char		hex[50] = "";

	snprintf(command, sizeof(command), "printf %%s '%s' | sha1sum", name);
	f = popen(command, "r");
	if (f == NULL || fscanf(f, "%40s", hex) != 1)
		abort();
	pclose(f);
	snprintf(path, sizeof(path), "%s/%s.json", cache, hex);
	return path;
}

static void
write_token(const char *name, const char *token, time_t expires, const char *more)
{
	char		text[1500];

	snprintf(text, sizeof(text), "{\"startUrl\": \"https://x.awsapps.com/start\", \"region\": \"eu-west-1\","
			 "\"accessToken\": \"%s\", \"expiresAt\": \"%s\"%s}", token, iso(expires), more);
	write_file(token_path(name), text, 0600);
}

static int
files_in_cache(void)
{
	DIR		   *d = opendir(cache);
	struct dirent *e;
	int			n = 0;

	while (d && (e = readdir(d)) != NULL)
		n += e->d_name[0] != '.';
	if (d)
		closedir(d);
	return n;
}

static void
test_sso(void)
{
	static const char *const role_reply =
		"{\"roleCredentials\":{\"accessKeyId\":\"ASIASSO\",\"secretAccessKey\":\"" SECRET "\","
		"\"sessionToken\":\"TOK-SSO\",\"expiration\":4070908800000}}";
	char		more[400];
	struct stat st;
	Got			g;

	reset_environment();
	config(OLD_FORM
		   "[profile new]\nsso_session=my s\nsso_account_id=111122223333\nsso_role_name=Admin\n"
		   "[sso-session my s]\nsso_start_url=https://x.awsapps.com/start\nsso_region=eu-west-1\n"
		   "[profile differ]\nsso_session=my s\nsso_account_id=1\nsso_role_name=A\nsso_region=us-east-1\n"
		   "[profile gone]\nsso_session=gone\nsso_account_id=1\nsso_role_name=A\n"
		   "[profile half]\nsso_session=my s\nsso_account_id=1\n"
		   "[profile evil]\nsso_start_url=u\nsso_region=x.evil.example/\nsso_account_id=1\nsso_role_name=A\n");
	CHECK_INT(once("differ").err.kind, PDS_ERR_CONFIG);
	CHECK_INT(once("gone").err.kind, PDS_ERR_CONFIG);
	CHECK_INT(once("half").err.kind, PDS_ERR_CONFIG);
	CHECK_INT(once("evil").err.kind, PDS_ERR_CONFIG);
	g = once("old");
	CHECK_INT(g.err.kind, PDS_ERR_NO_CREDENTIALS);
	CHECK(strstr(g.err.hint, "aws sso login --profile old") != NULL);
	CHECK_INT(ss->requests, 0);

	/* the old form: the file is named after the start URL */
	write_token("https://x.awsapps.com/start", "TOKEN-old", time(NULL) + 600, "");
	ss_on("GET /federation/credentials", 200, "", role_reply);
	g = once("old");
	CHECK(g.ok);
	CHECK_STR(g.key, "ASIASSO");
	CHECK_STR(g.secret, SECRET);
	CHECK_STR(g.token, "TOK-SSO");
	CHECK_INT(g.info.expiration, 4070908800LL);
	CHECK_STR(g.info.source, "profile old (single sign-on)");
	CHECK_STR(g.info.account_id, "111122223333");
	CHECK(ss_request_is(0, "GET /federation/credentials?role_name=Read%20Only&account_id=111122223333 "));
	CHECK_STR(ss_request_header(0, "x-amz-sso_bearer_token"), "TOKEN-old");
	CHECK_STR(ss_request_header(0, "Authorization"), "");
	/* one that has expired or is refused: log in again */
	write_token("https://x.awsapps.com/start", "TOKEN-old", time(NULL) - 5, "");
	g = once("old");
	CHECK(strstr(g.err.message, "expired") != NULL && strstr(g.err.hint, "aws sso login") != NULL);
	CHECK_INT(ss->requests, 1);
	write_token("https://x.awsapps.com/start", "TOKEN-old", time(NULL) + 600, "");
	ss_on("GET /federation", 401, "", "{\"message\":\"Session token not found or invalid\"}");
	g = once("old");
	CHECK_INT(g.err.kind, PDS_ERR_NO_CREDENTIALS);
	CHECK(strstr(g.err.hint, "aws sso login") != NULL && !leaks(&g.err));
	write_file(token_path("https://x.awsapps.com/start"), "{\"accessToken\": 7", 0600);
	CHECK(strstr(once("old").err.message, "damaged") != NULL);
	write_token("https://x.awsapps.com/start", "TOKEN-x\\r\\nEvil: y", time(NULL) + 600, "");
	CHECK(!once("old").ok);

	/*
	 * the new form: named after the session, renewed when nearly over,
	 * written back
	 */
	snprintf(more, sizeof(more), ", \"refreshToken\": \"TOKEN-r1\", \"clientId\": \"cid\", "
			 "\"clientSecret\": \"TOKEN-cs\", \"registrationExpiresAt\": \"%s\", \"kept\": {\"x\": 1}",
			 iso(time(NULL) + 86400));
	write_token("my s", "TOKEN-n1", time(NULL) + 3600, more);
	ss_clear();
	ss_on("GET /federation/credentials", 200, "", role_reply)->times = SS_ALWAYS;
	CHECK(once("new").ok);
	CHECK_INT(ss->requests, 1);
	CHECK_STR(ss_request_header(0, "x-amz-sso_bearer_token"), "TOKEN-n1");

	write_token("my s", "TOKEN-n1", time(NULL) + 300, more);
	ss_on("POST /token", 200, "", "{\"accessToken\":\"TOKEN-n2\",\"expiresIn\":3600,\"refreshToken\":\"TOKEN-r2\"}");
	g = once("new");
	CHECK(g.ok);
	CHECK_STR(ss_request_body(1), "{\"clientId\":\"cid\",\"clientSecret\":\"TOKEN-cs\","
			  "\"grantType\":\"refresh_token\",\"refreshToken\":\"TOKEN-r1\"}");
	CHECK_STR(ss_request_header(2, "x-amz-sso_bearer_token"), "TOKEN-n2");
	CHECK(strstr(slurp(token_path("my s")), "TOKEN-n2") && strstr(slurp(token_path("my s")), "TOKEN-r2"));
	CHECK(strstr(slurp(token_path("my s")), "\"kept\":{\"x\":1}") != NULL);
	CHECK(!strstr(slurp(token_path("my s")), "TOKEN-n1") && !strstr(slurp(token_path("my s")), "TOKEN-r1"));
	CHECK(stat(token_path("my s"), &st) == 0 && (st.st_mode & 0777) == 0600);
	CHECK_INT(files_in_cache(), 2);
	/* ... which the next one uses */
	CHECK(once("new").ok);
	CHECK_INT(ss->requests, 4);

	/* a failure is put up with while the token holds, and not longer */
	write_token("my s", "TOKEN-n1", time(NULL) + 300, more);
	ss_on("POST /token", 400, "", "{\"error\":\"invalid_grant\"}")->times = 2;
	CHECK(once("new").ok);
	write_token("my s", "TOKEN-n1", time(NULL) - 3, more);
	g = once("new");
	CHECK(!g.ok && strstr(g.err.message, "could not be renewed") && !leaks(&g.err));
	/* without what renewing needs there is no way on */
	write_token("my s", "TOKEN-n1", time(NULL) - 3, "");
	ss_clear();
	CHECK(!once("new").ok);
	CHECK_INT(ss->requests, 0);
}

/* ---- the parser ---- */

static void
test_parser(void)
{
	static const char seed[] =
		"[profile a]\nrole_arn = x\ns3 =\n  addressing_style = path\n[sso-session \"b c\"]\r\nk: v\n"
		"# c\n[services z]\ns3 =\n endpoint_url = http://h\n[default\n]=\n = \n[profile ]\n\"";
	unsigned int r = 12345;
	PdsError	err;
	PdsProfiles *p;
	char		config_text[400] =
		"\357\273\277[profile 'q r']\na:1\nA=2\n[sso-session \"b c\"]\nk=v\n[services z]\ns3 =\n  endpoint_url = u\n"
		"other = w\n[odd]\nx=1\n[profile \"un]\ny = 2\n";
	char		credentials_text[100] = "[q r]\nb=3\n[profile n]\nc=4\n";
	int			round;

	p = pds_profiles_parse(credentials_text, config_text, &err);
	if (CHECK(p != NULL))
	{
		CHECK_STR(pds_profile_get(p, "q r", "a"), "2");
		CHECK_STR(pds_profile_get(p, "q r", "B"), "3");
		CHECK_STR(pds_profile_get_file(p, "q r", "b", false), NULL);
		CHECK_STR(pds_profile_section(p, "sso-session", "b c", "k"), "v");
		CHECK_STR(pds_profile_section(p, "services", "z", "s3.endpoint_url"), "u");
		CHECK_STR(pds_profile_section(p, "services", "z", "other"), "w");
		CHECK(!pds_profile_exists(p, "odd"));
		/* in the credentials file the word is part of the name */
		CHECK_STR(pds_profile_get(p, "profile n", "c"), "4");
		CHECK(!pds_profile_exists(p, "n"));
		pds_profiles_free(p);
	}
	/* random bytes, and the seed with some of its bytes changed */
	for (round = 0; round < 20000; round++)
	{
		char		text[sizeof(seed)];
		char		other[sizeof(seed)];
		size_t		n = sizeof(seed) - 1;
		size_t		i;

		memcpy(text, seed, sizeof(seed));
		for (i = 0; i < n; i++)
		{
			r = r * 1103515245u + 12345u;
			if ((r >> 16) % (round % 2 ? 2 : 20) == 0)
				text[i] = "[]= \t\n\r\"':#a\377"[(r >> 20) % 13];
		}
		memcpy(other, text, sizeof(text));
		p = pds_profiles_parse(text, other, &err);
		if (p == NULL)
			break;
		(void) pds_profile_get(p, "a", "s3.addressing_style");
		pds_profiles_free(p);
	}
	CHECK_INT(round, 20000);
}

int
main(void)
{
	const char *tmp = getenv("TMPDIR");
	char		command[400];
	PdsError	err;

	snprintf(dir, sizeof(dir), "%.100s/pds_sources.XXXXXX", tmp && *tmp ? tmp : "/tmp");
	if (mkdtemp(dir) == NULL)
	{
		printf("Bail out! no temporary directory\n");
		return 2;
	}
	snprintf(cache, sizeof(cache), "%s/.aws/sso/cache", dir);
	mkdir(in_dir(".aws"), 0700);
	mkdir(in_dir(".aws/sso"), 0700);
	mkdir(cache, 0700);
	ss_start();
	http = pds_http_new(NULL, NULL, &err);
	if (http == NULL)
		return 2;
	test_parser();
	test_split();
	test_roles();
	test_order();
	test_web_identity();
	test_process();
	test_sso();
	pds_http_free(http);
	ss_stop();
	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	if (system(command) != 0)
		return 2;
	return unit_done();
}
