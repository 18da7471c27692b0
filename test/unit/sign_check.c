/*
 * sign_check.c
 *	  Odd keys on a server that verifies signatures: listed, headed, read,
 *	  written and deleted with the right key, refused with a wrong one.
 *
 *		sign_check URL BUCKET ACCESS_KEY SECRET_KEY FILE
 *
 * FILE has one key a line, in hexadecimal; each is an object there whose body
 * is that line.  Prints TAP.
 */
#include "unit.h"

#include "core/s3/s3_write.h"

static PdsHttp *http;

static PdsAws *
session(const char *url, const char *region, const char *access_key, const char *secret_key)
{
	PdsAwsConfig c = {
		.region = region,
		.endpoint = {[PDS_S3] = url},
		.credentials = {.access_key_id = access_key, .secret_access_key = secret_key},
	};
	PdsError	err;
	PdsAws	   *aws = pds_aws_new(http, &c, &err);

	if (aws == NULL)
	{
		printf("Bail out! %s\n", err.message);
		exit(2);
	}
	return aws;
}

/* ok with the key in the name, and the error when there is one */
static void
report(bool ok, const char *what, const char *hex, const PdsError *err)
{
	char		name[200];

	snprintf(name, sizeof(name), "%s %.60s%s", what, hex, strlen(hex) > 60 ? "..." : "");
	CHECK_MSG(ok, name);
	if (!ok)
		printf("#   %s (%s)\n", err->message, err->detail);
}

static bool
body_is(PdsAws *aws, const char *bucket, const char *key, const char *want, PdsError *err)
{
	PdsResponse r;
	bool		ok = pds_s3_get(aws, bucket, key, -1, -1, NULL, &r, err) &&
		strcmp(pds_str_text(&r.body), want) == 0;

	pds_response_free(&r);
	return ok;
}

static void
check_key(PdsAws *aws, const char *bucket, const char *key, const char *hex)
{
	PdsError	err;
	PdsObject	o = {0};
	PdsObjectList list = {0};
	char		etag[128];
	size_t		i;
	bool		found = false;

	pds_error_clear(&err);
	report(pds_s3_head(aws, bucket, key, &o, &err) && o.size == (int64_t) strlen(hex), "head", hex, &err);
	free(o.key);
	report(body_is(aws, bucket, key, hex, &err), "get", hex, &err);
	if (pds_s3_list(aws, bucket, key, NULL, NULL, 0, &list, &err))
		for (i = 0; i < list.n; i++)
			found = found || strcmp(list.objects[i].key, key) == 0;
	report(found, "list", hex, &err);
	pds_object_list_free(&list);
	report(pds_s3_put(aws, bucket, key, "written", 7, NULL, etag, &err) &&
		   body_is(aws, bucket, key, "written", &err), "put", hex, &err);
	memset(&o, 0, sizeof(o));
	report(pds_s3_delete(aws, bucket, key, &err) && !pds_s3_head(aws, bucket, key, &o, &err) &&
		   err.kind == PDS_ERR_NOT_FOUND, "delete", hex, &err);
	free(o.key);
}

/* is it an error about keys, which does not show the secret? */
static void
refused(bool ok, bool head, const char *secret, const char *what, const PdsError *err)
{
	bool		right = !ok && (err->kind == PDS_ERR_AUTH || (head && err->kind == PDS_ERR_ACCESS_DENIED)) &&
		(err->hint[0] || err->advice) && !strstr(err->message, secret) && !strstr(err->detail, secret);

	CHECK_MSG(right, what);
	if (!right)
		printf("#   %s\n", ok ? "accepted" : err->message);
}

static void
check_refused(PdsAws *aws, const char *bucket, const char *key, const char *secret)
{
	PdsError	err;
	PdsObject	o = {0};
	PdsObjectList list = {0};
	PdsResponse r;
	char		etag[128];

	refused(pds_s3_list(aws, bucket, key, NULL, NULL, 0, &list, &err), false, secret, "list is refused", &err);
	refused(pds_s3_head(aws, bucket, key, &o, &err), true, secret, "head is refused", &err);
	refused(pds_s3_get(aws, bucket, key, -1, -1, NULL, &r, &err), false, secret, "get is refused", &err);
	refused(pds_s3_put(aws, bucket, key, "x", 1, NULL, etag, &err), false, secret, "put is refused", &err);
	refused(pds_s3_delete(aws, bucket, key, &err), false, secret, "delete is refused", &err);
	pds_object_list_free(&list);
	pds_response_free(&r);
	free(o.key);
}

/* the first request of a session with another region: signed again for the server's */
static void
check_region(const char *url, const char *access_key, const char *secret_key, const char *bucket,
			 const char *key, const char *hex)
{
	PdsError	err;
	PdsObject	o = {0};
	PdsObjectList list = {0};
	char		etag[128];
	PdsAws	   *aws;
	int			i;

	for (i = 0; i < 4; i++)
	{
		static const char *const what[] = {"another region: list", "another region: get",
		"another region: put", "another region: head"};
		bool		ok;

		pds_error_clear(&err);
		aws = session(url, "eu-west-1", access_key, secret_key);
		ok = i == 0 ? pds_s3_list(aws, bucket, key, NULL, NULL, 0, &list, &err)
			: i == 1 ? body_is(aws, bucket, key, hex, &err)
			: i == 2 ? pds_s3_put(aws, bucket, key, hex, strlen(hex), NULL, etag, &err)
			: pds_s3_head(aws, bucket, key, &o, &err);
		report(ok, what[i], hex, &err);
		pds_aws_free(aws);
	}
	free(o.key);
	pds_object_list_free(&list);
}

int
main(int argc, char **argv)
{
	static char line[4096];
	static char keys[64][1025];
	static char hex[64][2050];
	PdsHttpOptions opt = {.max_attempts = 2};
	PdsError	err;
	PdsAws	   *aws;
	FILE	   *f;
	int			n = 0;
	int			i;

	if (argc != 6 || (f = fopen(argv[5], "r")) == NULL)
		return 2;
	while (n < 64 && fgets(line, sizeof(line), f))
	{
		size_t		k;

		line[strcspn(line, "\n")] = '\0';
		snprintf(hex[n], sizeof(hex[n]), "%.2048s", line);
		for (k = 0; line[2 * k] && k < 1024; k++)
		{
			unsigned int byte = 0;

			(void) sscanf(line + 2 * k, "%2x", &byte);
			keys[n][k] = (char) byte;
		}
		n++;
	}
	fclose(f);
	http = pds_http_new(&opt, NULL, &err);
	if (http == NULL || n == 0)
		return 2;
	/* refused first: the objects are still there */
	aws = session(argv[1], "us-east-1", argv[3], "not-the-secret-of-that-key");
	check_refused(aws, argv[2], keys[0], "not-the-secret-of-that-key");
	pds_aws_free(aws);
	aws = session(argv[1], "us-east-1", "AKIANOBODYSKEY000000", argv[4]);
	check_refused(aws, argv[2], keys[0], argv[4]);
	pds_aws_free(aws);
	check_region(argv[1], argv[3], argv[4], argv[2], keys[0], hex[0]);
	aws = session(argv[1], "us-east-1", argv[3], argv[4]);
	for (i = 0; i < n; i++)
		check_key(aws, argv[2], keys[i], hex[i]);
	pds_aws_free(aws);
	pds_http_free(http);
	return unit_done();
}
