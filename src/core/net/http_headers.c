/*
 * http_headers.c
 *	  The headers of an attempt, and its signature: made anew for each, with the
 *	  keys and the time of then.
 *
 * add_header is the gate of every header but Host and Content-Length, which
 * curl writes: a byte that would end a line ends the request instead.
 */
#include "core/base/assert.h"
#include "core/net/http_internal.h"

#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/uri.h"

/* ---- the gate ---- */

const char *
pds_header_fault(const char *value)
{
	const unsigned char *p;

	for (p = (const unsigned char *) value; *p; p++)
	{
		if (*p == '\n' || *p == '\r')
			return p[strspn((const char *) p, "\r\n")] ? "holds a line break"
				: "ends in a line break";
		if ((*p < 0x20 && *p != '\t') || *p == 0x7f)
			return "holds a control character";
	}
	return NULL;
}

bool
pds_header_line_fault(const char *line, size_t n)
{
	while (n > 0 && (line[n - 1] == '\n' || line[n - 1] == '\r'))
		n--;
	for (; n > 0; line++, n--)
		if (((unsigned char) *line < 0x20 && *line != '\t') || *line == 0x7f)
			return true;
	return false;
}

/* letters and signs that the name of a header may have (RFC 9110, 5.6.2) */
static bool
header_name_ok(const char *name)
{
	size_t		n = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
						   "!#$%&'*+-.^_`|~");

	return n > 0 && name[n] == '\0';
}

void
pds_transfer_wipe_headers(struct curl_slist *list)
{
	struct curl_slist *l;

	for (l = list; l; l = l->next)
		pds_secure_zero(l->data, strlen(l->data));
	curl_slist_free_all(list);
}

/* The headers of an attempt while they are made: what they point to lives until they are signed. */
typedef struct HeaderList
{
	PdsHeader	items[PDS_REQUEST_HEADERS + 10];
	int			n;
	char		host[300];
	char		range[64];
} HeaderList;

/* One more header, for curl and for the signature.  False: see t->err. */
static bool
add_header(PdsTransfer *t, HeaderList *list, const char *name, const char *value)
{
	const char *fault = header_name_ok(name) ? pds_header_fault(value) : "has no usable name";
	PdsStr		line;
	struct curl_slist *more;

	if (fault)
	{
		pds_error_set(&t->err, PDS_ERR_CONFIG, "%s of %s was not sent: its header %s %s",
					  t->req.operation ? t->req.operation : "a request",
					  t->req.resource ? t->req.resource : "the service",
					  header_name_ok(name) ? name : "", fault);
		pds_error_context(&t->err, t->req.service, t->req.operation, t->req.resource);
		return false;
	}
	PDS_ASSERT(list->n < PDS_REQUEST_HEADERS + 10);
	list->items[list->n].name = name;
	list->items[list->n].value = value;
	list->n++;
	/* curl writes Host itself, from the URL */
	if (strcmp(name, "Host") == 0)
		return true;
	pds_str_init_secret(&line);
	/* a header without value is written "Name;" for curl */
	pds_str_appendf(&line, *value ? "%s: %s" : "%s;", name, value);
	more = line.failed ? NULL : curl_slist_append(t->slist, line.data);
	pds_str_free(&line);
	if (more == NULL)
		return pds_error_oom(&t->err);
	t->slist = more;
	return true;
}

void
pds_http_host(const char *base_url, char *out, size_t cap)
{
	PdsUri		u;
	PdsUriPart	shown;
	const char *by_default;
	char	   *c;

	pds_uri_parse(base_url, &u);
	by_default = pds_uri_scheme_is(&u, "https") ? "443" : "80";
	shown = u.host_port;
	if (u.port.n == 0 ||
		(u.port.n == strlen(by_default) && memcmp(u.port.s, by_default, u.port.n) == 0))
		shown = u.host;
	pds_copy_cut(out, cap, shown.s, shown.n);
	for (c = out; *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c += 32;
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

	/* those that wait for an answer do not ask again */
	PDS_ASSERT(t->depth >= http->asking);
	http->asking++;
	ok = t->req.credentials(t->req.credentials_arg, false, cred, &t->err);

	/*
	 * those that were refused may have been replaced meanwhile, for another
	 * transfer
	 */
	if (refresh && ok && mark_of(cred) == t->key_mark)
	{
		ok = t->req.credentials(t->req.credentials_arg, true, cred, &t->err);
		if (ok && mark_of(cred) == t->key_mark)
			ok = pds_error_set(&t->err, PDS_ERR_AUTH, "there are no other credentials");
	}
	PDS_ASSERT(http->asking > 0);
	http->asking--;
	if (ok)
		t->key_mark = mark_of(cred);
	return ok;
}

/* What the request asks for, but what only a signature needs. */
static bool
add_request_headers(PdsTransfer *t, HeaderList *list)
{
	PdsRequest *req = &t->req;
	const char *if_match = req->if_match;
	bool		has_type = false;
	int			i;

	for (i = 0; i < req->nheaders; i++)
		has_type |= pds_strcasecmp(req->headers[i].name, "Content-Type") == 0;
	t->slist = curl_slist_append(NULL, "Expect:");
	/* curl would call the body a form; an object would keep that as its type */
	if (t->slist == NULL ||
		(!has_type && curl_slist_append(t->slist, "Content-Type:") == NULL))
		return pds_error_oom(&t->err);
	pds_http_host(req->base_url, list->host, sizeof(list->host));
	if (!add_header(t, list, "Host", list->host) ||
		!add_header(t, list, "User-Agent", t->opt.user_agent))
		return false;
	for (i = 0; i < req->nheaders; i++)
		if (!add_header(t, list, req->headers[i].name, req->headers[i].value))
			return false;
	if (req->range_sink)
	{
		snprintf(list->range, sizeof(list->range), "bytes=%lld-%lld",
				 (long long) (req->range_first + (int64_t) t->received),
				 (long long) req->range_last);
		if (!add_header(t, list, "Range", list->range))
			return false;
		/* the version of the first reply, so that versions never mix */
		if (if_match == NULL && t->etag[0])
			if_match = t->etag;
	}
	return if_match == NULL || add_header(t, list, "If-Match", if_match);
}

/* The headers of a signature by cred over those in the list. */
static bool
sign(PdsTransfer *t, HeaderList *list, const PdsCredentialView *cred)
{
	PdsRequest *req = &t->req;
	bool		s3 = strcmp(req->service, "s3") == 0;
	PdsSigner	signer = {
		.access_key = cred->access_key,
		.secret_key = cred->secret_key,
		.session_token = cred->session_token,
		.region = req->region && *req->region ? req->region : "us-east-1",
		.service = req->service,
		.s3_path_rules = s3,
	};
	time_t		now = pds_wall_time() + t->http->skew;
	char		date[17];
	char		hash[65];
	PdsStr		auth;
	bool		ok;

	t->signed_token = cred->session_token && *cred->session_token;
	t->signed_skew = t->http->skew;
	if (!pds_amz_date(now, date, &t->err))
		return false;
	if (!pds_sha256_hex(req->body, req->body_len, hash))
		return pds_error_oom(&t->err);
	if (!add_header(t, list, "X-Amz-Date", date) ||
		(s3 && !add_header(t, list, "x-amz-content-sha256", hash)) ||
		(t->signed_token && !add_header(t, list, "X-Amz-Security-Token", cred->session_token)))
		return false;
	pds_str_init_secret(&auth);
	ok = pds_sigv4_sign(&signer, now, req->method, req->path, req->query, list->items, list->n,
						hash, &auth, NULL, NULL, &t->err) &&
		add_header(t, list, "Authorization", auth.data);
	pds_str_free(&auth);
	return ok;
}

bool
pds_transfer_make_headers(PdsTransfer *t, bool refresh)
{
	HeaderList	list;
	PdsCredentialView cred = {0};

	pds_transfer_wipe_headers(t->slist);
	t->slist = NULL;
	if (t->req.nheaders > PDS_REQUEST_HEADERS)
		return pds_error_set(&t->err, PDS_ERR_LIMIT, "a request can have %d headers at most",
							 PDS_REQUEST_HEADERS);
	list.n = 0;
	if (!add_request_headers(t, &list))
		return false;
	t->signed_token = false;
	if (t->req.credentials == NULL)
		return true;
	if (!ask_credentials(t, refresh, &cred))
		return false;
	return cred.access_key == NULL || sign(t, &list, &cred);
}

/* ---- what a service sends back of it ---- */

#define TOKEN_BYTES \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/_%.~-"
#define SHORTEST_TOKEN	16

/* Is the run of n bytes part of a secret, as it was sent or encoded for a form? */
static bool
is_part_of(const char *secret, const char *run, size_t n)
{
	char	   *copy = pds_strndup(run, n);
	PdsStr		encoded;
	bool		found;

	pds_str_init_secret(&encoded);
	if (copy)
		pds_str_append_uri(&encoded, copy, n, false);
	/* without memory it is hidden */
	found = copy == NULL || encoded.failed || strstr(secret, copy) || strstr(secret, encoded.data);
	pds_free_secret(copy);
	pds_str_free(&encoded);
	return found;
}

/* what is secret of a header line, or NULL */
static const char *
secret_of_header(const char *line)
{
	static const char *const names[] = {
		"X-Amz-Security-Token:", "x-amz-sso_bearer_token:", "x-aws-ec2-metadata-token:", "Authorization:"
	};
	const char *signature = strstr(line, "Signature=");
	size_t		i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strncmp(line, names[i], strlen(names[i])) == 0)
			return signature ? signature + strlen("Signature=") : line + strlen(names[i]);
	return NULL;
}

static bool
was_sent(const PdsTransfer *t, const char *run, size_t n)
{
	const char *body = t->req.secret && t->req.body_len > 0 ? t->req.body : NULL;
	const struct curl_slist *l;

	for (l = t->slist; l; l = l->next)
	{
		const char *secret = secret_of_header(l->data);

		if (secret && is_part_of(secret, run, n))
			return true;
	}
	/* forms and JSON that are secret are texts */
	if (body && body[0] != '{')
		body = strstr(body, "WebIdentityToken=");
	return body && is_part_of(body, run, n);
}

void
pds_transfer_hide_secrets(const PdsTransfer *t, char *text, size_t cap)
{
	PdsStr		shown;
	const char *p = text;

	pds_str_init_secret(&shown);
	while (*p)
	{
		size_t		n = strspn(p, TOKEN_BYTES);

		if (n == 0)
			pds_str_append_c(&shown, *p++);
		else if (n >= SHORTEST_TOKEN && was_sent(t, p, n))
			pds_str_append(&shown, "(hidden)");
		else
			pds_str_append_n(&shown, p, n);
		p += n;
	}
	pds_copy_cut(text, cap, pds_str_text(&shown), shown.failed ? 0 : shown.len);
	pds_str_free(&shown);
}
