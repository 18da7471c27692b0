/*
 * http_headers.c
 *	  The headers of an attempt, and its signature: made anew for each, with the
 *	  keys and the time of then.
 */
#include "core/net/http_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"

void
pds_transfer_wipe_headers(struct curl_slist *list)
{
	struct curl_slist *l;

	for (l = list; l; l = l->next)
		pds_secure_zero(l->data, strlen(l->data));
	curl_slist_free_all(list);
}

static bool
add_header(PdsTransfer *t, PdsHeader *list, int *n, const char *name, const char *value)
{
	PdsStr		line;
	struct curl_slist *more;

	list[*n].name = name;
	list[*n].value = value;
	(*n)++;
	/* curl writes Host itself, from the URL */
	if (strcmp(name, "Host") == 0)
		return true;
	pds_str_init(&line);
	/* a header without value is written "Name;" for curl */
	pds_str_appendf(&line, *value ? "%s: %s" : "%s;", name, value);
	more = line.failed ? NULL : curl_slist_append(t->slist, line.data);
	pds_str_wipe(&line);
	if (more == NULL)
		return false;
	t->slist = more;
	return true;
}

void
pds_http_host(const char *base_url, char *out, size_t cap)
{
	const char *p = strstr(base_url, "://");
	bool		https = strncmp(base_url, "https", 5) == 0;
	size_t		len;
	char	   *c;

	p = p ? p + 3 : base_url;
	len = strcspn(p, "/?#");
	pds_copy_cut(out, cap, p, len);
	for (c = out; *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c += 32;
	if (https && pds_str_has_suffix(out, ":443"))
		out[strlen(out) - 4] = '\0';
	else if (!https && pds_str_has_suffix(out, ":80"))
		out[strlen(out) - 3] = '\0';
}

/* tells keys from others; not a secret */
static uint64_t
mark_of(const PdsCredentialView *cred)
{
	uint64_t	h = 14695981039346656037u;
	const char *p;

	for (p = cred->access_key ? cred->access_key : ""; *p; p++)
		h = (h ^ (unsigned char) *p) * 1099511628211u;
	for (p = cred->session_token ? cred->session_token : ""; *p; p++)
		h = (h ^ (unsigned char) *p) * 1099511628211u;
	return h;
}

/* Whoever is asked may use this client: see pds_http_poke. */
static bool
ask_credentials(PdsTransfer *t, bool refresh, PdsCredentialView *cred)
{
	PdsHttp    *http = t->http;
	bool		ok;

	http->asking++;
	ok = t->req.credentials(t->req.credentials_arg, false, cred, &t->err);
	/* those that were refused may have been replaced meanwhile, for another transfer */
	if (refresh && ok && mark_of(cred) == t->key_mark)
	{
		ok = t->req.credentials(t->req.credentials_arg, true, cred, &t->err);
		if (ok && mark_of(cred) == t->key_mark)
			ok = pds_error_set(&t->err, PDS_ERR_AUTH, "there are no other credentials");
	}
	http->asking--;
	if (ok)
		t->key_mark = mark_of(cred);
	return ok;
}

bool
pds_transfer_make_headers(PdsTransfer *t, bool refresh)
{
	PdsRequest *req = &t->req;
	PdsHeader	list[64];
	int			n = 0;
	int			i;
	char		host[300];
	char		date[17];
	char		hash[65];
	char		range[64];
	PdsStr		auth;
	PdsCredentialView cred = {0};
	time_t		now;
	bool		ok = true;

	pds_transfer_wipe_headers(t->slist);
	t->slist = curl_slist_append(NULL, "Expect:");
	if (t->slist == NULL || req->nheaders > 48)
		return pds_error_oom(&t->err);
	for (i = 0; i < req->nheaders; i++)
		if (pds_strcasecmp(req->headers[i].name, "Content-Type") == 0)
			break;
	/* curl would call the body a form; an object would keep that as its type */
	if (i == req->nheaders && curl_slist_append(t->slist, "Content-Type:") == NULL)
		return pds_error_oom(&t->err);
	pds_http_host(req->base_url, host, sizeof(host));
	ok = add_header(t, list, &n, "Host", host);
	for (i = 0; ok && i < req->nheaders; i++)
		ok = add_header(t, list, &n, req->headers[i].name, req->headers[i].value);
	if (req->range_sink)
	{
		snprintf(range, sizeof(range), "bytes=%lld-%lld",
				 (long long) (req->range_first + (int64_t) t->received),
				 (long long) req->range_last);
		ok = ok && add_header(t, list, &n, "Range", range);
		/* the version of the first reply, so that versions never mix */
		if (req->if_match || t->etag[0])
			ok = ok && add_header(t, list, &n, "If-Match", req->if_match ? req->if_match : t->etag);
	}
	else if (req->if_match)
		ok = ok && add_header(t, list, &n, "If-Match", req->if_match);
	if (!ok)
		return pds_error_oom(&t->err);
	t->signed_token = false;
	if (req->credentials == NULL)
		return true;
	if (!ask_credentials(t, refresh, &cred))
		return false;
	if (cred.access_key == NULL)
		return true;
	t->signed_token = cred.session_token && *cred.session_token;
	t->signed_skew = t->http->skew;

	now = pds_wall_time() + t->http->skew;
	pds_amz_date(now, date);
	ok = add_header(t, list, &n, "X-Amz-Date", date) &&
		pds_sha256_hex(req->body, req->body_len, hash);
	if (ok && strcmp(req->service, "s3") == 0)
		ok = add_header(t, list, &n, "x-amz-content-sha256", hash);
	if (ok && cred.session_token && *cred.session_token)
		ok = add_header(t, list, &n, "X-Amz-Security-Token", cred.session_token);
	if (!ok)
		return pds_error_oom(&t->err);
	pds_str_init(&auth);
	{
		PdsSigner	signer = {
			.access_key = cred.access_key,
			.secret_key = cred.secret_key,
			.session_token = cred.session_token,
			.region = req->region && *req->region ? req->region : "us-east-1",
			.service = req->service,
			.s3_path_rules = strcmp(req->service, "s3") == 0,
		};

		ok = pds_sigv4_sign(&signer, now, req->method, req->path, req->query, list, n, hash,
							&auth, NULL, NULL, &t->err);
	}
	if (ok && !add_header(t, list, &n, "Authorization", auth.data))
		ok = pds_error_oom(&t->err);
	pds_str_wipe(&auth);
	return ok;
}
