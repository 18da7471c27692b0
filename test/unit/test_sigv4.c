/*
 * test_sigv4.c
 *	  Signature Version 4: AWS's own suite, and worked requests of S3, Athena,
 *	  Glue and STS; presigned URLs.
 */
#include "unit.h"

#include <cjson/cJSON.h>
#include <dirent.h>
#include <sys/stat.h>
#include <time.h>

#include "core/net/sigv4.h"

#define SUITE_KEY		"AKIDEXAMPLE"
#define SUITE_SECRET	"wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
#define MAX_HEADERS		32

static int	suite_cases;

static char *
slurp(const char *path)
{
	FILE	   *f = fopen(path, "rb");
	PdsStr		s;
	char		buf[4096];
	size_t		n;

	if (f == NULL)
		return NULL;
	pds_str_init(&s);
	pds_str_append(&s, "");
	while ((n = fread(buf, 1, sizeof(buf), f)) > 0)
		pds_str_append_n(&s, buf, n);
	fclose(f);
	return s.data;
}

/* "20150830T123600Z" */
static time_t
amz_time(const char *text)
{
	struct tm	tm;

	memset(&tm, 0, sizeof(tm));
	if (sscanf(text, "%4d%2d%2dT%2d%2d%2dZ", &tm.tm_year, &tm.tm_mon, &tm.tm_mday,
			   &tm.tm_hour, &tm.tm_min, &tm.tm_sec) != 6)
		return 0;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	return timegm(&tm);
}

static void
compare(const char *name, const char *what, const char *got, const char *want)
{
	char		title[200];

	snprintf(title, sizeof(title), "%s: %s", name, what);
	unit_str(got, want, title, __FILE__, __LINE__);
}

/* ---- AWS's suite: one directory a case, with .req .creq .sts .authz ---- */

typedef struct Request
{
	char	   *text;			/* what the rest points into */
	const char *method;
	const char *path;
	const char *query;
	const char *body;
	PdsHeader	headers[MAX_HEADERS];
	int			nheaders;
} Request;

/* METHOD target HTTP/1.1, headers (folded ones too), blank line, body */
static int
parse_request(char *text, Request *r)
{
	char	   *line = text;
	char	   *end = strchr(text, '\n');
	char	   *version;
	char	   *blank;

	memset(r, 0, sizeof(*r));
	r->text = text;
	r->query = r->body = "";
	if (end)
		*end = '\0';
	blank = strchr(line, ' ');
	version = strstr(line, " HTTP/1.1");
	if (blank == NULL || version == NULL)
		return 0;
	*blank = *version = '\0';
	r->method = line;
	r->path = blank + 1;
	if (strchr(blank + 1, '?'))
	{
		char	   *q = strchr(blank + 1, '?');

		*q = '\0';
		r->query = q + 1;
	}
	while (end && *(line = end + 1))
	{
		char	   *colon;

		if (*line == '\n')
		{
			r->body = line + 1;
			break;
		}
		end = strchr(line, '\n');
		/* a folded header goes on */
		while (end && (end[1] == ' ' || end[1] == '\t'))
			end = strchr(end + 1, '\n');
		if (end)
			*end = '\0';
		colon = strchr(line, ':');
		if (colon == NULL || r->nheaders == MAX_HEADERS - 1)
			return 0;
		*colon = '\0';
		r->headers[r->nheaders].name = line;
		r->headers[r->nheaders++].value = colon + 1;
	}
	return 1;
}

static int
has_header(const Request *r, const char *name)
{
	int			i;

	for (i = 0; i < r->nheaders; i++)
		if (pds_strcasecmp(r->headers[i].name, name) == 0)
			return 1;
	return 0;
}

static void
suite_sign(const char *name, Request *r, const char *creq, const char *sts, const char *authz)
{
	PdsSigner	s = {SUITE_KEY, SUITE_SECRET, NULL, "us-east-1", "service", false};
	PdsStr		got[3];
	PdsError	err;
	char		token[1000] = "";
	char		hash[65];
	const char *at = strstr(creq, "\nx-amz-security-token:");
	int			i;

	/* where the request has no token but the signed form does: add it first */
	if (at && !has_header(r, "x-amz-security-token"))
	{
		sscanf(at, "\nx-amz-security-token:%999[^\n]", token);
		r->headers[r->nheaders].name = "X-Amz-Security-Token";
		r->headers[r->nheaders++].value = token;
		s.session_token = token;
	}
	for (i = 0; i < 3; i++)
		pds_str_init(&got[i]);
	CHECK(pds_sha256_hex(r->body, strlen(r->body), hash));
	CHECK_MSG(pds_sigv4_sign(&s, amz_time("20150830T123600Z"), r->method, r->path, r->query,
							 r->headers, r->nheaders, hash, &got[2], &got[0], &got[1], &err), name);
	compare(name, "canonical request", pds_str_text(&got[0]), creq);
	compare(name, "string to sign", pds_str_text(&got[1]), sts);
	compare(name, "authorization", pds_str_text(&got[2]), authz);
	for (i = 0; i < 3; i++)
		pds_str_free(&got[i]);
}

static void
suite_case(const char *dir, const char *name)
{
	static const char *const ext[] = {"req", "creq", "sts", "authz"};
	char		path[1200];
	char	   *text[4];
	Request		r;
	int			i;
	int			ok = 1;

	for (i = 0; i < 4; i++)
	{
		snprintf(path, sizeof(path), "%s/%s.%s", dir, name, ext[i]);
		text[i] = slurp(path);
		ok = ok && text[i];
	}
	if (CHECK_MSG(ok, name) && CHECK_MSG(parse_request(text[0], &r), "request is understood"))
	{
		suite_cases++;
		suite_sign(name, &r, text[1], text[2], text[3]);
	}
	for (i = 0; i < 4; i++)
		free(text[i]);
}

static void
suite_directory(const char *dir, int depth)
{
	DIR		   *d = opendir(dir);
	struct dirent *e;

	while (d && (e = readdir(d)) != NULL)
	{
		char		sub[600];
		char		req[1200];
		struct stat st;

		if (e->d_name[0] == '.')
			continue;
		snprintf(sub, sizeof(sub), "%s/%s", dir, e->d_name);
		snprintf(req, sizeof(req), "%s/%s.req", sub, e->d_name);
		if (stat(req, &st) == 0)
			suite_case(sub, e->d_name);
		else if (depth < 2 && stat(sub, &st) == 0 && S_ISDIR(st.st_mode))
			suite_directory(sub, depth + 1);
	}
	if (d)
		closedir(d);
}

static void
test_suite(const char *top)
{
	const char *set = getenv("PDS_SIGV4_SUITE");
	char		dir[500];
	struct stat st;

	if (set && *set)
		snprintf(dir, sizeof(dir), "%s", set);
	else
		snprintf(dir, sizeof(dir), "%s/../shared/vectors/sigv4_testsuite", top);
	if (stat(dir, &st) != 0)
	{
		unit_skip("AWS's SigV4 suite", "not there: PDS_SIGV4_SUITE names its directory");
		return;
	}
	suite_directory(dir, 0);
	CHECK_INT(suite_cases, 34);
}

/* ---- our vectors ---- */

static const char *
field(const cJSON *o, const char *name)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(o, name));
}

/* host, path and query of a URL, in place */
static void
split_url(char *url, const char **host, char **path, const char **query)
{
	char	   *p = strstr(url, "://") + 3;
	char	   *q = strchr(p, '?');
	char	   *slash;

	*query = "";
	if (q)
	{
		*q = '\0';
		*query = q + 1;
	}
	slash = strchr(p, '/');
	*path = pds_strdup(slash);
	*slash = '\0';
	*host = p;
}

static void
vector_case(const cJSON *c, const char *key, const char *secret, time_t now)
{
	const char *name = field(c, "name");
	const char *body = field(c, "body");
	char	   *url = pds_strdup(field(c, "url"));
	PdsSigner	s = {key, secret, field(c, "session_token"), field(c, "region"),
	field(c, "service"), strcmp(field(c, "service"), "s3") == 0};
	PdsHeader	headers[MAX_HEADERS];
	const cJSON *h;
	const char *query;
	char	   *path;
	char		hash[65];
	const char *payload = hash;
	PdsStr		got[3];
	PdsError	err;
	int			n = 1;
	int			i;

	split_url(url, &headers[0].value, &path, &query);
	headers[0].name = "Host";
	CHECK(pds_sha256_hex(body, strlen(body), hash));
	cJSON_ArrayForEach(h, cJSON_GetObjectItemCaseSensitive(c, "headers"))
	{
		headers[n].name = h->string;
		headers[n++].value = h->valuestring;
		if (pds_strcasecmp(h->string, "x-amz-content-sha256") == 0)
			payload = h->valuestring;
	}
	/* what a client or a proxy may add is never signed */
	headers[n].name = "User-Agent";
	headers[n++].value = "anything";
	headers[n].name = "Connection";
	headers[n++].value = "keep-alive";
	for (i = 0; i < 3; i++)
		pds_str_init(&got[i]);
	CHECK_MSG(pds_sigv4_sign(&s, now, field(c, "method"), path, query, headers, n, payload,
							 &got[2], &got[0], &got[1], &err), name);
	compare(name, "canonical request", pds_str_text(&got[0]), field(c, "canonical_request"));
	compare(name, "string to sign", pds_str_text(&got[1]), field(c, "string_to_sign"));
	compare(name, "authorization", pds_str_text(&got[2]), field(c, "authorization"));
	/* the optional outputs are optional */
	pds_str_reset(&got[2]);
	CHECK(pds_sigv4_sign(&s, now, field(c, "method"), path, query, headers, n, payload,
						 &got[2], NULL, NULL, &err));
	compare(name, "authorization alone", pds_str_text(&got[2]), field(c, "authorization"));
	for (i = 0; i < 3; i++)
		pds_str_free(&got[i]);
	free(path);
	free(url);
}

/* a case of the file that is a presigned URL: "presigned_url", "expires" */
static void
vector_presigned(const cJSON *c, const char *key, const char *secret, time_t now)
{
	const char *name = field(c, "name");
	char	   *url = pds_strdup(field(c, "url"));
	PdsSigner	s = {key, secret, field(c, "session_token"), field(c, "region"),
	field(c, "service"), strcmp(field(c, "service"), "s3") == 0};
	const cJSON *expires = cJSON_GetObjectItemCaseSensitive(c, "expires");
	const char *host;
	const char *query;
	char	   *path;
	PdsStr		out;
	PdsError	err;

	split_url(url, &host, &path, &query);
	pds_str_init(&out);
	CHECK_MSG(pds_sigv4_presign(&s, now, cJSON_IsNumber(expires) ? expires->valueint : 3600,
								field(c, "method"), host, path, query, &out, &err), name);
	compare(name, "presigned query", pds_str_text(&out),
			strchr(field(c, "presigned_url"), '?') + 1);
	pds_str_free(&out);
	free(path);
	free(url);
}

static void
test_vectors(const char *top)
{
	char		path[600];
	char	   *text;
	cJSON	   *root;
	const cJSON *c;
	int			cases = 0;

	snprintf(path, sizeof(path), "%s/test/vectors/s3_sigv4_vectors.json", top);
	text = slurp(path);
	root = text ? cJSON_Parse(text) : NULL;
	if (!CHECK_MSG(root != NULL, "vectors are there"))
	{
		free(text);
		return;
	}
	cJSON_ArrayForEach(c, cJSON_GetObjectItemCaseSensitive(root, "cases"))
	{
		time_t		now = amz_time(field(root, "time"));

		if (field(c, "presigned_url"))
			vector_presigned(c, field(root, "access_key_id"), field(root, "secret_access_key"), now);
		else
			vector_case(c, field(root, "access_key_id"), field(root, "secret_access_key"), now);
		cases++;
	}
	CHECK(cases >= 13);
	cJSON_Delete(root);
	free(text);
}

/* ---- presigned URLs ---- */

static void
test_presign(void)
{
	PdsSigner	s = {"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", NULL,
	"us-east-1", "s3", true};
	time_t		now = amz_time("20130524T000000Z");
	const char *host = "examplebucket.s3.amazonaws.com";
	PdsStr		out;
	PdsError	err;
	const char *at;

	/* the worked example of the S3 API reference */
	pds_str_init(&out);
	CHECK(pds_sigv4_presign(&s, now, 86400, "GET", host, "/test.txt", NULL, &out, &err));
	CHECK_STR(pds_str_text(&out),
			  "X-Amz-Algorithm=AWS4-HMAC-SHA256"
			  "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
			  "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
			  "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");

	/*
	 * the operation's own parameters first, the token in between, the
	 * signature last
	 */
	pds_str_reset(&out);
	s.session_token = "FwoG//TOKEN==";
	CHECK(pds_sigv4_presign(&s, now, 1, "GET", host, "/a%20b.csv", "versionId=v%2F1", &out, &err));
	CHECK(pds_str_has_prefix(pds_str_text(&out), "versionId=v%2F1&X-Amz-Algorithm="));
	CHECK(strstr(pds_str_text(&out), "&X-Amz-Security-Token=FwoG%2F%2FTOKEN%3D%3D&") != NULL);
	at = strstr(pds_str_text(&out), "&X-Amz-Signature=");
	CHECK(at != NULL && strlen(at) == strlen("&X-Amz-Signature=") + 64);

	CHECK(pds_sigv4_presign(&s, now, 604800, "GET", host, "/", NULL, &out, &err));
	CHECK(!pds_sigv4_presign(&s, now, 0, "GET", host, "/", NULL, &out, &err));
	CHECK_INT(err.kind, PDS_ERR_CONFIG);
	CHECK(!pds_sigv4_presign(&s, now, 604801, "GET", host, "/", NULL, &out, &err));
	CHECK_INT(err.kind, PDS_ERR_CONFIG);
	pds_str_free(&out);
}

/* ---- small parts ---- */

static void
test_parts(void)
{
	PdsSigner	s = {"AK", "SK", NULL, "us-east-1", "s3", true};
	PdsHeader	h[2] = {{"host", "h"}, {"x-amz-date", "20130524T000000Z"}};
	time_t		now = amz_time("20130524T000000Z");
	char		hash[65];
	char		date[17];
	PdsStr		creq;
	PdsStr		auth;
	PdsError	err;

	CHECK(pds_sha256_hex(NULL, 0, hash));
	CHECK_STR(hash, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	CHECK(pds_sha256_hex("abc", 3, hash));
	CHECK_STR(hash, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	CHECK(pds_amz_date(now, date, &err));
	CHECK_STR(date, "20130524T000000Z");

	/* valueless, empty and repeated parameters, a plus that is a plus */
	pds_str_init(&creq);
	pds_str_init(&auth);
	CHECK(pds_sigv4_sign(&s, now, "GET", "", "delete&b=&a=2&a=10&&c=x+y", h, 2,
						 PDS_UNSIGNED_PAYLOAD, &auth, &creq, NULL, &err));
	CHECK(pds_str_has_prefix(pds_str_text(&creq),
							 "GET\n/\na=10&a=2&b=&c=x%2By&delete=\nhost:h\n"));
	CHECK(pds_str_has_suffix(pds_str_text(&creq), "\nUNSIGNED-PAYLOAD"));
	/* keys of S3 are signed as they are sent */
	pds_str_reset(&creq);
	CHECK(pds_sigv4_sign(&s, now, "GET", "/a//b/../c/%2B", NULL, h, 2, hash, &auth, &creq, NULL, &err));
	CHECK(pds_str_has_prefix(pds_str_text(&creq), "GET\n/a//b/../c/%2B\n\nhost:h\n"));
	pds_str_free(&creq);
	pds_str_free(&auth);
}

int
main(void)
{
	const char *top = getenv("PDS_TOP");

	if (top == NULL)
		top = "../..";
	test_suite(top);
	test_vectors(top);
	test_presign();
	test_parts();
	return unit_done();
}
