/*
 * sigv4.c
 *	  AWS Signature Version 4 (doc/dev/aws.md §1.1, §1.2).  Pure functions: no clock, no
 *	  network.
 */
#include "core/net/sigv4.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/calendar.h"

#define ALGORITHM "AWS4-HMAC-SHA256"

/* one name=value of a query, or one header; both owned */
typedef struct Pair
{
	char	   *name;
	char	   *value;
	int			order;			/* of appearance: equal names keep it */
} Pair;

static void
free_pairs(Pair *pairs, int n)
{
	int			i;

	for (i = 0; i < n; i++)
	{
		free(pairs[i].name);
		/* a session token is a header, or a part of the query */
		pds_free_secret(pairs[i].value);
	}
	free(pairs);
}

bool
pds_sha256_hex(const void *data, size_t n, char out[65])
{
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned int mdlen = 0;
	unsigned int i;

	if (EVP_Digest(data ? data : "", n, md, &mdlen, EVP_sha256(), NULL) != 1 || mdlen != 32)
		return false;
	for (i = 0; i < 32; i++)
		snprintf(out + 2 * i, 3, "%02x", md[i]);
	return true;
}

bool
pds_amz_date(time_t t, char out[17], PdsError *err)
{
	return pds_utc_text(t, "%Y%m%dT%H%M%SZ", out, 17) ||
		pds_error_set(err, PDS_ERR_CONFIG, "the clock is out of range: nothing can be signed");
}

static bool
hmac(const unsigned char *key, size_t keylen, const char *text, unsigned char out[32])
{
	unsigned int n = 0;

	return HMAC(EVP_sha256(), key, (int) keylen, (const unsigned char *) text, strlen(text),
				out, &n) != NULL && n == 32;
}

/* hex signature of string_to_sign */
static bool
signature(const PdsSigner *s, const char *date, const char *string_to_sign, PdsStr *out)
{
	PdsStr		first;
	unsigned char k[32];
	bool		ok;

	pds_str_init_secret(&first);
	pds_str_appendf(&first, "AWS4%s", s->secret_key);
	ok = !first.failed &&
		hmac((const unsigned char *) first.data, first.len, date, k) &&
		hmac(k, 32, s->region, k) &&
		hmac(k, 32, s->service, k) &&
		hmac(k, 32, "aws4_request", k) &&
		hmac(k, 32, string_to_sign, k) &&
		pds_str_append_hex(out, k, 32);
	pds_secure_zero(k, sizeof(k));
	pds_str_free(&first);
	return ok;
}

static int
compare_pairs(const void *a, const void *b)
{
	const Pair *x = a;
	const Pair *y = b;
	int			c = strcmp(x->name, y->name);

	return c ? c : strcmp(x->value, y->value);
}

static int
compare_headers(const void *a, const void *b)
{
	const Pair *x = a;
	const Pair *y = b;
	int			c = strcmp(x->name, y->name);

	return c ? c : x->order - y->order;
}

/* decode and encode again, so that whatever was sent is signed in AWS's form */
static char *
recode(const char *text, size_t n)
{
	char	   *raw = pds_strndup(text, n);
	PdsStr		out;

	pds_str_init_secret(&out);
	if (raw == NULL)
		return NULL;
	pds_str_reserve(&out, 1);
	pds_str_append_uri(&out, raw, pds_uri_decode(raw, n, false), false);
	pds_secure_zero(raw, n);
	free(raw);
	if (out.failed)
	{
		pds_str_free(&out);
		return NULL;
	}
	return out.data;
}

static bool
canonical_query(const char *query, PdsStr *out)
{
	Pair	   *pairs;
	int			n = 0;
	int			max = 1;
	int			i;
	const char *p;
	bool		ok = true;

	if (query == NULL || *query == '\0')
		return true;
	for (p = query; *p; p++)
		max += *p == '&';
	pairs = calloc((size_t) max, sizeof(Pair));
	if (pairs == NULL)
		return false;
	for (p = query; ok; p++)
	{
		size_t		len = strcspn(p, "&");
		const char *eq = memchr(p, '=', len);

		if (len > 0)
		{
			size_t		namelen = eq ? (size_t) (eq - p) : len;

			pairs[n].name = recode(p, namelen);
			pairs[n].value = eq ? recode(eq + 1, len - namelen - 1) : pds_strdup("");
			ok = pairs[n].name && pairs[n].value;
			n++;
		}
		p += len;
		if (*p == '\0')
			break;
	}
	qsort(pairs, (size_t) n, sizeof(Pair), compare_pairs);
	for (i = 0; ok && i < n; i++)
		pds_str_appendf(out, "%s%s=%s", i ? "&" : "", pairs[i].name, pairs[i].value);
	free_pairs(pairs, n);
	return ok && !out->failed;
}

/* remove empty, "." and ".." segments, keep one trailing slash (not for S3) */
static bool
normalize_path(const char *path, PdsStr *out)
{
	const char *p = path;
	bool		trailing = false;

	pds_str_append(out, "");
	while (*p)
	{
		size_t		len;

		while (*p == '/')
			p++;
		len = strcspn(p, "/");
		if (len == 0)
			break;
		trailing = p[len] == '/';
		if (len == 1 && p[0] == '.')
			trailing = true;
		else if (len == 2 && p[0] == '.' && p[1] == '.')
		{
			while (out->len > 0 && out->data[--out->len] != '/')
				;
			out->data[out->len] = '\0';
			trailing = true;
		}
		else
		{
			pds_str_append_c(out, '/');
			pds_str_append_n(out, p, len);
		}
		p += len;
	}
	if (out->len == 0 || trailing)
		pds_str_append_c(out, '/');
	return !out->failed;
}

static bool
canonical_path(const PdsSigner *s, const char *path, PdsStr *out)
{
	PdsStr		normal;
	bool		ok;

	if (path == NULL || *path == '\0')
		return pds_str_append(out, "/");
	if (s->s3_path_rules)
		return pds_str_append(out, path);
	pds_str_init(&normal);
	ok = normalize_path(path, &normal) &&
		pds_str_append_uri(out, normal.data, normal.len, true);
	pds_str_free(&normal);
	return ok;
}

/* headers that proxies change or that say nothing (doc/dev/aws.md §1.1) */
static bool
is_unsigned_header(const char *lower)
{
	static const char *const names[] = {
		"authorization", "connection", "expect", "keep-alive", "proxy-authenticate",
		"proxy-authorization", "te", "trailer", "transfer-encoding", "upgrade", "user-agent",
		"x-amzn-trace-id", NULL
	};

	return pds_str_is_one_of(lower, names);
}

/* trimmed, runs of white space folded to one blank */
static char *
fold_value(const char *value)
{
	char	   *out = malloc(strlen(value) + 1);
	char	   *o = out;
	bool		blank = false;

	if (out == NULL)
		return NULL;
	for (; *value; value++)
	{
		if (*value == ' ' || *value == '\t' || *value == '\r' || *value == '\n')
		{
			blank = o > out;
			continue;
		}
		if (blank)
			*o++ = ' ';
		blank = false;
		*o++ = *value;
	}
	*o = '\0';
	return out;
}

static bool
canonical_headers(const PdsHeader *headers, int nheaders, PdsStr *canonical, PdsStr *names)
{
	Pair	   *pairs = calloc((size_t) nheaders + 1, sizeof(Pair));
	int			n = 0;
	int			i;
	bool		ok = pairs != NULL;

	for (i = 0; ok && i < nheaders; i++)
	{
		char	   *name = pds_strdup(headers[i].name);
		char	   *c;

		if (name == NULL)
		{
			ok = false;
			break;
		}
		for (c = name; *c; c++)
			if (*c >= 'A' && *c <= 'Z')
				*c += 32;
		if (is_unsigned_header(name))
		{
			free(name);
			continue;
		}
		pairs[n].name = name;
		pairs[n].value = fold_value(headers[i].value);
		pairs[n].order = n;
		ok = pairs[n].value != NULL;
		n++;
	}
	if (ok)
		qsort(pairs, (size_t) n, sizeof(Pair), compare_headers);
	for (i = 0; ok && i < n; i++)
	{
		bool		again = i > 0 && strcmp(pairs[i].name, pairs[i - 1].name) == 0;

		if (again)
			pds_str_appendf(canonical, ",%s", pairs[i].value);
		else
		{
			pds_str_appendf(canonical, "%s%s:%s", i ? "\n" : "", pairs[i].name, pairs[i].value);
			pds_str_appendf(names, "%s%s", i ? ";" : "", pairs[i].name);
		}
	}
	pds_str_append(canonical, "\n");
	if (pairs)
		free_pairs(pairs, n);
	return ok && !canonical->failed && !names->failed;
}

/* hash the canonical request, make the string to sign and sign it */
static bool
finish_request(const PdsSigner *s, const char *amz_date, const char *scope, const PdsStr *request,
			   PdsStr *string_to_sign, PdsStr *sig)
{
	char		hash[65];
	char		date[9];

	memcpy(date, amz_date, 8);
	date[8] = '\0';
	return pds_sha256_hex(request->data, request->len, hash) &&
		pds_str_appendf(string_to_sign, ALGORITHM "\n%s\n%s\n%s", amz_date, scope, hash) &&
		signature(s, date, string_to_sign->data, sig);
}

static void
make_scope(const PdsSigner *s, const char *amz_date, PdsStr *out)
{
	pds_str_appendf(out, "%.8s/%s/%s/aws4_request", amz_date, s->region, s->service);
}

bool
pds_sigv4_sign(const PdsSigner *signer, time_t now,
			   const char *method, const char *path, const char *query,
			   const PdsHeader *headers, int nheaders,
			   const char *payload_hash,
			   PdsStr *authorization,
			   PdsStr *canonical_request, PdsStr *string_to_sign,
			   PdsError *err)
{
	PdsStr		request,
				sts,
				names,
				sig,
				scope;
	char		amz_date[17];
	bool		ok;

	if (!pds_amz_date(now, amz_date, err))
		return false;
	pds_str_init_secret(&request);
	pds_str_init(&sts);
	pds_str_init(&names);
	pds_str_init(&sig);
	pds_str_init(&scope);
	make_scope(signer, amz_date, &scope);
	ok = pds_str_appendf(&request, "%s\n", method) &&
		canonical_path(signer, path, &request) &&
		pds_str_append(&request, "\n") &&
		canonical_query(query, &request) &&
		pds_str_append(&request, "\n") &&
		canonical_headers(headers, nheaders, &request, &names) &&
		pds_str_appendf(&request, "\n%s\n%s", pds_str_text(&names), payload_hash) &&
		finish_request(signer, amz_date, pds_str_text(&scope), &request, &sts, &sig) &&
		pds_str_appendf(authorization,
						ALGORITHM " Credential=%s/%s, SignedHeaders=%s, Signature=%s",
						signer->access_key, scope.data, pds_str_text(&names), sig.data);
	if (ok && canonical_request)
		ok = pds_str_append_n(canonical_request, request.data, request.len);
	if (ok && string_to_sign)
		ok = pds_str_append_n(string_to_sign, sts.data, sts.len);
	pds_str_free(&request);
	pds_str_free(&sts);
	pds_str_free(&names);
	pds_str_free(&sig);
	pds_str_free(&scope);
	return ok ? true : pds_error_oom(err);
}

bool
pds_sigv4_presign(const PdsSigner *signer, time_t now, long expires,
				  const char *method, const char *host,
				  const char *path, const char *query,
				  PdsStr *out, PdsError *err)
{
	PdsStr		q,
				request,
				sts,
				sig,
				scope;
	char		amz_date[17];
	bool		ok;

	if (expires < 1 || expires > 604800)
		return pds_error_set(err, PDS_ERR_CONFIG,
							 "a presigned URL is valid for 1 to 604800 seconds, not %ld", expires);
	if (!pds_amz_date(now, amz_date, err))
		return false;
	pds_str_init_secret(&q);
	pds_str_init_secret(&request);
	pds_str_init(&sts);
	pds_str_init(&sig);
	pds_str_init(&scope);
	make_scope(signer, amz_date, &scope);
	if (query && *query)
		pds_str_appendf(&q, "%s&", query);
	pds_str_append(&q, "X-Amz-Algorithm=" ALGORITHM "&X-Amz-Credential=");
	pds_str_append_uri(&q, signer->access_key, strlen(signer->access_key), false);
	pds_str_append(&q, "%2F");
	pds_str_append_uri(&q, pds_str_text(&scope), scope.len, false);
	pds_str_appendf(&q, "&X-Amz-Date=%s&X-Amz-Expires=%ld&X-Amz-SignedHeaders=host", amz_date,
					expires);
	if (signer->session_token && *signer->session_token)
	{
		pds_str_append(&q, "&X-Amz-Security-Token=");
		pds_str_append_uri(&q, signer->session_token, strlen(signer->session_token), false);
	}
	ok = !q.failed &&
		pds_str_appendf(&request, "%s\n", method) &&
		canonical_path(signer, path, &request) &&
		pds_str_append(&request, "\n") &&
		canonical_query(q.data, &request) &&
		pds_str_appendf(&request, "\nhost:%s\n\nhost\n" PDS_UNSIGNED_PAYLOAD, host) &&
		finish_request(signer, amz_date, pds_str_text(&scope), &request, &sts, &sig) &&
		pds_str_appendf(out, "%s&X-Amz-Signature=%s", q.data, sig.data);
	pds_str_free(&q);
	pds_str_free(&request);
	pds_str_free(&sts);
	pds_str_free(&sig);
	pds_str_free(&scope);
	return ok ? true : pds_error_oom(err);
}
