/*
 * http_error.c
 *	  What a failed attempt means: error bodies of S3 (XML) and of the JSON
 *	  services, curl's errors, and which of them to try again (doc/dev/aws.md §3.1, §4.3,
 *	  §5.1).  Sends nothing.
 */
#include "core/net/http_internal.h"

#include <cjson/cJSON.h>
#include <expat.h>
#include <openssl/x509_vfy.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/uri.h"
#include "core/net/endpoints.h"

/* CURLE_TOO_LARGE, which the headers of curl before 8.6 lack */
#define TOO_LARGE	100

/* curl sends a head of 1 MB at most */
#define CURL_URL_LIMIT	1000000

/* the parts of an error body that we look at */
typedef struct ErrorBody
{
	char		code[64];
	char		message[600];
	char		region[64];
	char		endpoint[200];
	char		request_id[80];
	char		host_id[96];
} ErrorBody;

bool
pds_http_find_header(const PdsStr *headers, const char *name, char *out, size_t cap)
{
	const char *p = pds_str_text(headers);
	size_t		namelen = strlen(name);

	while (*p)
	{
		size_t		len = strcspn(p, "\r\n");
		const char *colon = memchr(p, ':', len);

		if (colon && (size_t) (colon - p) == namelen)
		{
			size_t		i;

			for (i = 0; i < namelen; i++)
				if ((p[i] | 32) != (name[i] | 32))
					break;
			if (i == namelen)
			{
				const char *v = colon + 1;
				const char *end = p + len;

				while (v < end && (*v == ' ' || *v == '\t'))
					v++;
				while (end > v && (end[-1] == ' ' || end[-1] == '\t'))
					end--;
				pds_copy_cut(out, cap, v, (size_t) (end - v));
				return true;
			}
		}
		p += len;
		p += strspn(p, "\r\n");
	}
	return false;
}

/* ---- XML ---- */

typedef struct XmlState
{
	ErrorBody  *body;
	char	   *target;			/* field being filled, NULL: none */
	size_t		cap;
	size_t		len;
	int			depth;
	bool		is_error;		/* root or its child is Error */
	bool		root_is_error;
	bool		well_formed;
} XmlState;

/* "ns:Name" or "Name" */
static const char *
local_name(const char *name)
{
	const char *colon = strrchr(name, ':');

	return colon ? colon + 1 : name;
}

static void XMLCALL
xml_start(void *arg, const XML_Char *name, const XML_Char **atts)
{
	XmlState   *x = arg;
	const char *n = local_name(name);

	(void) atts;
	x->depth++;
	x->target = NULL;
	x->len = 0;
	if (x->depth <= 2 && strcmp(n, "Error") == 0)
		x->is_error = true;
	if (x->depth == 1)
		x->root_is_error = x->is_error;
	if (strcmp(n, "Code") == 0)
		x->target = x->body->code, x->cap = sizeof(x->body->code);
	else if (strcmp(n, "Message") == 0)
		x->target = x->body->message, x->cap = sizeof(x->body->message);
	else if (strcmp(n, "Region") == 0)
		x->target = x->body->region, x->cap = sizeof(x->body->region);
	else if (strcmp(n, "Endpoint") == 0)
		x->target = x->body->endpoint, x->cap = sizeof(x->body->endpoint);
	else if (strcmp(n, "RequestId") == 0 || strcmp(n, "RequestID") == 0)
		x->target = x->body->request_id, x->cap = sizeof(x->body->request_id);
	else if (strcmp(n, "HostId") == 0)
		x->target = x->body->host_id, x->cap = sizeof(x->body->host_id);
}

static void XMLCALL
xml_text(void *arg, const XML_Char *text, int len)
{
	XmlState   *x = arg;

	if (x->target == NULL)
		return;
	if (x->len + (size_t) len >= x->cap)
		len = (int) (x->cap - 1 - x->len);
	memcpy(x->target + x->len, text, (size_t) len);
	x->len += (size_t) len;
	x->target[x->len] = '\0';
}

static void XMLCALL
xml_end(void *arg, const XML_Char *name)
{
	XmlState   *x = arg;

	(void) name;
	x->depth--;
	x->target = NULL;
}

static void
parse_xml(const PdsStr *body, ErrorBody *out, XmlState *x)
{
	XML_Parser	parser = XML_ParserCreate(NULL);
	const char *text = pds_str_text(body);
	size_t		blank = strspn(text, " \t\r\n");

	memset(x, 0, sizeof(*x));
	x->body = out;
	if (parser == NULL)
		return;
	XML_SetUserData(parser, x);
	XML_SetElementHandler(parser, xml_start, xml_end);
	XML_SetCharacterDataHandler(parser, xml_text);

	/*
	 * blanks before the prolog keep a slow reply alive; what was understood
	 * before a syntax error counts, too
	 */
	x->well_formed = XML_Parse(parser, text + blank, (int) (body->len - blank), 1) == XML_STATUS_OK;
	XML_ParserFree(parser);
}

bool
pds_http_body_is_error(const PdsStr *body)
{
	ErrorBody	e;
	XmlState	x;

	memset(&e, 0, sizeof(e));
	parse_xml(body, &e, &x);
	return x.root_is_error || !x.well_formed;
}

/* ---- JSON ---- */

static void
json_field(const cJSON *o, const char *name, char *out, size_t cap)
{
	const cJSON *v = cJSON_GetObjectItemCaseSensitive(o, name);

	if (cJSON_IsString(v) && out[0] == '\0')
		pds_copy_cut(out, cap, v->valuestring, strlen(v->valuestring));
}

/* "com.amazonaws.glue#EntityNotFoundException:http://..." to its middle (doc/dev/aws.md §5.1) */
static void
strip_code(char *code)
{
	char	   *hash = strrchr(code, '#');
	char	   *colon;

	if (hash)
		memmove(code, hash + 1, strlen(hash));
	colon = strchr(code, ':');
	if (colon)
		*colon = '\0';
}

static void
parse_json(const PdsStr *headers, const PdsStr *body, ErrorBody *out)
{
	cJSON	   *o = cJSON_ParseWithLength(pds_str_text(body), body->len);

	if (o)
	{
		json_field(o, "__type", out->code, sizeof(out->code));
		json_field(o, "message", out->message, sizeof(out->message));
		json_field(o, "Message", out->message, sizeof(out->message));
		if (out->message[0] == '\0')
			json_field(o, "Reason", out->message, sizeof(out->message));
		cJSON_Delete(o);
	}
	if (out->code[0] == '\0')
		(void) pds_http_find_header(headers, "x-amzn-errortype", out->code, sizeof(out->code));
	strip_code(out->code);
}

/*
 * One sentence, without what was signed: a refused signature is answered with
 * the canonical request, session token and all, or with the Authorization.
 */
static void
trim_message(char *message)
{
	char	   *end = strstr(message, "Authorization=");

	if (end)
		*end = '\0';
	message[strcspn(message, "\r\n")] = '\0';
	for (end = message + strlen(message); end > message && end[-1] == ' '; end--)
		end[-1] = '\0';
}

/* ---- meaning ---- */

static const char *const throttling_codes[] = {
	"Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled",
	"RequestThrottledException", "TooManyRequestsException",
	"ProvisionedThroughputExceededException", "TransactionInProgressException",
	"RequestLimitExceeded", "BandwidthLimitExceeded", "LimitExceededException", "SlowDown",
	"EC2ThrottledException", "PriorRequestNotComplete", NULL
};
static const char *const transient_codes[] = {
	"RequestTimeout", "RequestTimeoutException", "InternalError", "InternalServiceException",
	"InternalServerException", "OperationTimeoutException", "ServiceUnavailable",
	"FederationSourceRetryableException", "IDPCommunicationError", NULL
};
static const char *const refresh_codes[] = {
	"ExpiredToken", "ExpiredTokenException", "InvalidToken", "UnrecognizedClientException", NULL
};
static const char *const skew_codes[] = {
	"RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture", NULL
};
static const char *const auth_codes[] = {
	"SignatureDoesNotMatch", "InvalidAccessKeyId", "InvalidSignatureException", "AuthFailure",
	"InvalidClientTokenId", "MissingAuthenticationToken", "MissingAuthenticationTokenException",
	"IncompleteSignature", "IncompleteSignatureException", "NotSignedUp", NULL
};
static const char *const region_codes[] = {
	"PermanentRedirect", "TemporaryRedirect", "AuthorizationHeaderMalformed",
	"IllegalLocationConstraintException", "IllegalLocationConstraint", NULL
};
static const char *const not_found_codes[] = {
	"NoSuchBucket", "NoSuchKey", "NoSuchVersion", "NoSuchUpload", "EntityNotFoundException",
	"ResourceNotFoundException", "NotFound", "MetadataException", NULL
};
static const char *const denied_codes[] = {
	"AccessDenied", "AccessDeniedException", "AllAccessDisabled", "AccountProblem",
	"UnauthorizedOperation", "PermissionTypeMismatchException", NULL
};
static const char *const exists_codes[] = {
	"AlreadyExistsException", "BucketAlreadyExists", "BucketAlreadyOwnedByYou", NULL
};

static PdsErrorKind
kind_of(int status, const char *code, PdsVerdict verdict)
{
	if (verdict == PDS_VERDICT_THROTTLED)
		return PDS_ERR_THROTTLED;
	if (verdict == PDS_VERDICT_REFRESH || verdict == PDS_VERDICT_SKEW ||
		pds_str_is_one_of(code, auth_codes))
		return PDS_ERR_AUTH;
	if (pds_str_is_one_of(code, region_codes) || status == 301 || status == 307)
		return PDS_ERR_WRONG_REGION;
	if (strcmp(code, "InvalidObjectState") == 0)
		return PDS_ERR_OBJECT_ARCHIVED;
	if (status == 412 || strcmp(code, "PreconditionFailed") == 0)
		return PDS_ERR_OBJECT_CHANGED;
	if (pds_str_is_one_of(code, exists_codes))
		return PDS_ERR_ALREADY_EXISTS;
	if (pds_str_is_one_of(code, denied_codes))
		return PDS_ERR_ACCESS_DENIED;
	if (pds_str_is_one_of(code, not_found_codes) || (code[0] == '\0' && status == 404))
		return PDS_ERR_NOT_FOUND;
	if (status == 401 || (code[0] == '\0' && status == 403))
		return status == 401 ? PDS_ERR_AUTH : PDS_ERR_ACCESS_DENIED;
	if (verdict == PDS_VERDICT_TRANSIENT || status >= 500)
		return PDS_ERR_SERVICE;
	return PDS_ERR_INVALID_REQUEST;
}

static PdsVerdict
verdict_of(int status, const char *code)
{
	if (pds_str_is_one_of(code, throttling_codes) || status == 429 || status == 509)
		return PDS_VERDICT_THROTTLED;
	if (pds_str_is_one_of(code, refresh_codes))
		return PDS_VERDICT_REFRESH;
	if (pds_str_is_one_of(code, skew_codes))
		return PDS_VERDICT_SKEW;
	if (pds_str_is_one_of(code, transient_codes) ||
		status == 500 || status == 502 || status == 503 ||
		status == 504)
		return PDS_VERDICT_TRANSIENT;
	return PDS_VERDICT_FINAL;
}

/* the right that an operation of S3 needs */
static const char *
s3_action(const char *operation)
{
	static const char *const actions[][2] = {
		{"PutObject", "s3:PutObject"},
		{"CreateMultipartUpload", "s3:PutObject"},
		{"UploadPart", "s3:PutObject"},
		{"CompleteMultipartUpload", "s3:PutObject"},
		{"AbortMultipartUpload", "s3:AbortMultipartUpload"},
		{"CopyObject", "s3:GetObject on the source, and s3:PutObject"},
		{"UploadPartCopy", "s3:GetObject on the source, and s3:PutObject"},
		{"DeleteObject", "s3:DeleteObject"},
		{"DeleteObjects", "s3:DeleteObject"},
		{"ListBuckets", "s3:ListAllMyBuckets"},
		{"CreateBucket", "s3:CreateBucket"},
		{"DeleteBucket", "s3:DeleteBucket"},
		{"HeadBucket", "s3:ListBucket"},
	};
	size_t		i;

	for (i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		if (strcmp(operation, actions[i][0]) == 0)
			return actions[i][1];
	return "s3:GetObject and s3:ListBucket";
}

static void
add_hint(PdsError *err)
{
	const char *code = err->aws_code;

	switch (err->kind)
	{
		case PDS_ERR_THROTTLED:
			pds_error_advise(err, PDS_ADVICE_SLOW_DOWN);
			break;
		case PDS_ERR_AUTH:
			if (pds_str_is_one_of(code, refresh_codes))
				pds_error_advise(err, PDS_ADVICE_CREDENTIALS);
			else if (pds_str_is_one_of(code, skew_codes))
				pds_error_hint(err, "Check the clock of the database server.");
			else if (strcmp(code, "InvalidAccessKeyId") == 0 ||
					 strcmp(code, "InvalidClientTokenId") == 0)
				pds_error_advise(err, PDS_ADVICE_ACCESS_KEY);
			else
				pds_error_advise(err, PDS_ADVICE_SECRET_KEY);
			break;
		case PDS_ERR_ACCESS_DENIED:
			pds_error_hint(err, "The credentials are known but not allowed to do this: the policy "
						   "needs %s on this resource.",
						   strcmp(err->service, "s3") == 0 ? s3_action(err->operation)
						   : strcmp(err->service, "glue") == 0 ? "glue:Get*"
						   : strcmp(err->service, "athena") == 0 ? "athena:* for the work group"
						   : "the operation");
			break;
		case PDS_ERR_WRONG_REGION:
			pds_error_advise(err, PDS_ADVICE_BUCKET_REGION);
			break;
		case PDS_ERR_NOT_FOUND:
			if (strcmp(code, "NoSuchBucket") == 0)
				pds_error_advise(err, PDS_ADVICE_BUCKET_NAME);
			else if (strcmp(code, "NoSuchKey") == 0)
				pds_error_hint(err,
							   "The object was deleted since it was listed: run the query again.");
			else if (strcmp(err->service, "glue") == 0)
				pds_error_advise(err, PDS_ADVICE_CATALOG);
			break;
		case PDS_ERR_INVALID_REQUEST:
			if (strcmp(err->service, "athena") == 0 &&
				strstr(err->message, "output location") != NULL)
				pds_error_advise(err, PDS_ADVICE_OUTPUT_LOCATION);
			break;
		case PDS_ERR_OBJECT_ARCHIVED:
			pds_error_hint(err, "Restore the object from its archive storage class first.");
			break;
		case PDS_ERR_OBJECT_CHANGED:
			pds_error_hint(err, "The object was replaced while it was read. Run the query again.");
			break;
		case PDS_ERR_SERVICE:
			pds_error_hint(err, "The service failed. Try again later.");
			break;
		default:
			break;
	}
}

static void
proxy_wants_password(const char *shown, PdsError *err)
{
	pds_error_set(err, PDS_ERR_AUTH, "the proxy %s asks for another user name and password", shown);
	pds_error_hint(err, "Give them in HTTPS_PROXY and HTTP_PROXY of the server process: "
				   "http://user:password@host:port, with %%XX for special characters.");
}

/*
 * Region of the bucket for a request that went elsewhere, into out, "" when
 * the reply does not tell (doc/dev/aws.md §3.4): header, <Region>, the host that a
 * redirect names.
 */
static void
tell_region(const PdsStr *headers, const ErrorBody *e, char *out, size_t cap)
{
	char		location[300];
	PdsUri		u;

	if (pds_http_find_header(headers, "x-amz-bucket-region", out, cap))
		return;
	pds_copy_cut(out, cap, e->region, strlen(e->region));
	if (out[0])
		return;
	pds_copy_cut(location, sizeof(location), e->endpoint, strlen(e->endpoint));
	if (location[0] == '\0')
		(void) pds_http_find_header(headers, "location", location, sizeof(location));
	pds_uri_parse(location, &u);
	if (!pds_region_of_s3_host(u.host_port.s, out, cap))
		out[0] = '\0';
}

PdsVerdict
pds_http_reply_error(const PdsRequest *req, int status, const PdsStr *headers,
					 const PdsStr *body, const char *proxy, PdsError *err)
{
	ErrorBody	e;
	XmlState	x;
	PdsVerdict	verdict;
	const char *what = req->operation ? req->operation : "request";
	char		region[64];
	char		id[sizeof(err->host_id)];
	char		shown[300];

	if (status == 407)
	{
		pds_uri_shown(proxy ? proxy : req->base_url, shown, sizeof(shown));
		proxy_wants_password(shown, err);
		pds_error_context(err, req->service, req->operation, req->resource);
		err->http_status = status;
		return PDS_VERDICT_FINAL;
	}
	memset(&e, 0, sizeof(e));
	if (req->xml_errors)
		parse_xml(body, &e, &x);
	else
		parse_json(headers, body, &e);
	trim_message(e.message);
	if (e.code[0] == '\0' && status == 412)
		strcpy(e.code, "PreconditionFailed");
	verdict = verdict_of(status, e.code);
	if (status == 200 && verdict == PDS_VERDICT_FINAL)
		verdict = PDS_VERDICT_TRANSIENT;	/* a late error of S3 counts as a
											 * 500 */

	if (kind_of(status, e.code, verdict) == PDS_ERR_OBJECT_CHANGED)
		pds_error_set(err, PDS_ERR_OBJECT_CHANGED, "%s has changed while it was being read",
					  req->resource ? req->resource : "the object");
	else if (status < 300 && e.code[0] == '\0')
	{
		pds_error_set(err, PDS_ERR_PROTOCOL, "the reply to %s is not the XML it should be", what);
		pds_error_received(err, "XML", pds_str_text(body), body->len);
	}
	else if (e.code[0] || e.message[0])
		pds_error_set(err, kind_of(status, e.code, verdict), "%s of %s failed: %s%s%s", what,
					  req->resource ? req->resource : "the service",
					  e.code, e.code[0] && e.message[0] ? ": " : "", e.message);
	else
		pds_error_set(err, kind_of(status, e.code, verdict), "%s of %s failed: HTTP status %d",
					  what, req->resource ? req->resource : "the service", status);
	pds_error_context(err, req->service, req->operation, req->resource);
	err->http_status = status;
	err->retryable = verdict == PDS_VERDICT_TRANSIENT || verdict == PDS_VERDICT_THROTTLED ||
		err->kind == PDS_ERR_OBJECT_CHANGED;
	pds_escape_text(err->aws_code, sizeof(err->aws_code), e.code, strlen(e.code));
	if (!pds_http_find_header(headers, "x-amz-request-id", id, sizeof(id)) &&
		!pds_http_find_header(headers, "x-amzn-requestid", id, sizeof(id)))
		strcpy(id, e.request_id);
	pds_escape_text(err->request_id, sizeof(err->request_id), id, strlen(id));
	if (!pds_http_find_header(headers, "x-amz-id-2", id, sizeof(id)))
		strcpy(id, e.host_id);
	pds_escape_text(err->host_id, sizeof(err->host_id), id, strlen(id));
	if (err->kind == PDS_ERR_WRONG_REGION)
	{
		tell_region(headers, &e, region, sizeof(region));
		pds_error_detail(err, "%s", region);
	}
	else if (status == 400 && strcmp(req->service ? req->service : "", "s3") == 0 &&
			 e.code[0] == '\0' &&
			 pds_http_find_header(headers, "x-amz-bucket-region", region, sizeof(region)) &&
			 strcmp(region, req->region ? req->region : "") != 0)
	{
		/* HEAD has no body to name the code (doc/dev/aws.md §3.4) */
		err->kind = PDS_ERR_WRONG_REGION;
		pds_error_detail(err, "%s", region);
	}
	add_hint(err);
	return verdict;
}

/* ---- no reply ---- */

/* why a certificate is not trusted, and what to do */
static void
explain_certificate(const PdsBreak *b, const char *host, PdsError *err)
{
	const char *why = NULL;
	const char *hint = NULL;
	PdsAdvice	advice = PDS_ADVICE_CA_BUNDLE;
	long		verify_result = b->verify_result;

	if (b->code == CURLE_SSL_CACERT_BADFILE)
	{
		pds_error_set(err, PDS_ERR_TLS, "the certificates in \"%s\" cannot be used",
					  b->ca_bundle ? b->ca_bundle : "the system's bundle");
		pds_error_hint(err,
					   "ca_bundle (or AWS_CA_BUNDLE) names a file in PEM format that the server "
					   "process can read.");
		return;
	}
	/* names are compared by curl, which has no code for that */
	if (strstr(b->text, "subject name") || strstr(b->text, "does not match"))
		verify_result = X509_V_ERR_HOSTNAME_MISMATCH;
	switch (verify_result)
	{
		case X509_V_ERR_CERT_HAS_EXPIRED:
			why = "it has expired";
			advice = PDS_ADVICE_CERTIFICATE_EXPIRED;
			break;
		case X509_V_ERR_CERT_NOT_YET_VALID:
			why = "it is not valid yet";
			hint = "Check the clock of the database server.";
			break;
		case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
			why = "it is signed by itself";
			advice = PDS_ADVICE_CERTIFICATE_SELF_SIGNED;
			break;
		case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
			why = "its authority is not known here";
			break;
		case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
		case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
		case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
		case X509_V_ERR_CERT_UNTRUSTED:
			why = "its authority is not known here";
			break;
		case X509_V_ERR_HOSTNAME_MISMATCH:
		case X509_V_ERR_IP_ADDRESS_MISMATCH:
			why = "it was made for another host";
			hint = "Use a name that is in the certificate: in endpoint_url, and, where bucket names with "
				"dots are in the host, with addressing_style 'path'. ca_bundle cannot mend it.";
			break;
		default:
			break;
	}
	pds_error_set(err, PDS_ERR_TLS, "the certificate of %s is not trusted: %s", host,
				  why ? why : b->text);
	if (why && b->text[0])
		pds_error_detail(err, "%s.", b->text);
	if (hint)
		pds_error_hint(err, "%s", hint);
	else
		pds_error_advise(err, advice);
}

/* the proxy did not let us through; false when it was not the proxy */
static bool
explain_proxy(const PdsBreak *b, PdsError *err)
{
	char		proxy[300];
	char		host[300];
	PdsUri		u;

	if (b->proxy == NULL)
		return false;
	pds_uri_shown(b->proxy, proxy, sizeof(proxy));
	pds_uri_parse(proxy, &u);
	pds_copy_cut(host, sizeof(host), u.host.s, u.host.n);
	if (b->connect_status == 407)
		proxy_wants_password(proxy, err);
	else if (b->connect_status >= 300)
	{
		pds_error_set(err, PDS_ERR_CONNECT, "the proxy %s refuses to connect: HTTP status %ld",
					  proxy, b->connect_status);
		pds_error_hint(err, "Ask whoever runs the proxy to allow the host, or name it in NO_PROXY of the "
					   "server process.");
	}
	/* by NO_PROXY curl may have gone directly: its words tell */
	else if (b->code == CURLE_COULDNT_RESOLVE_PROXY ||
			 (b->code == CURLE_COULDNT_CONNECT && strstr(b->text, host)))
	{
		pds_error_set(err, PDS_ERR_CONNECT, "could not connect to the proxy %s", proxy);
		pds_error_hint(err,
					   "Check HTTPS_PROXY and HTTP_PROXY of the server process; NO_PROXY names "
					   "hosts to be reached without it.");
	}
	else
		return false;
	return true;
}

/* the commonest reason why a host of AWS is not found */
static void
hint_of_region(const char *host, PdsError *err)
{
	char		region[64];
	const char *like;

	if (!pds_region_unknown(host, region, sizeof(region), &like))
		return;
	snprintf(err->hint, sizeof(err->hint), "AWS is not known to have a region \"%s\"%s%s%s.",
			 region,
			 like ? "; one that is written nearly so is \"" : "", like ? like : "", like ? "\"" : "");
}

static size_t
url_length(const PdsRequest *req)
{
	return (req->path ? strlen(req->path) : 0) + (req->query ? strlen(req->query) : 0);
}

PdsVerdict
pds_http_curl_error(const PdsRequest *req, const PdsBreak *b, PdsError *err)
{
	char		host[300];
	PdsVerdict	verdict = PDS_VERDICT_TRANSIENT;
	PdsBreak	known = *b;

	if (known.text == NULL || *known.text == '\0')
		known.text = curl_easy_strerror(b->code);
	pds_uri_shown(req->base_url, host, sizeof(host));
	if (url_length(req) > CURL_URL_LIMIT)
	{
		pds_error_set(err, PDS_ERR_LIMIT, "the URL for %s would have %zu bytes: a name is too long",
					  req->operation ? req->operation : "the request", url_length(req));
		verdict = PDS_VERDICT_FINAL;
	}
	else if (explain_proxy(b, err))
		verdict = b->connect_status >= 300 && b->connect_status < 500 ? PDS_VERDICT_FINAL
			: PDS_VERDICT_TRANSIENT;
	else
		switch ((int) b->code)
		{
			case CURLE_OUT_OF_MEMORY:
			case TOO_LARGE:
				/* curl has limits of its own, and one of these words for them */
				if (b->connected)
				{
					pds_error_set(err, PDS_ERR_PROTOCOL,
								  "the reply to %s cannot be used: its headers are too long",
								  req->operation ? req->operation : "the request");
					pds_error_hint(err, "Check that endpoint_url names the service it should.");
				}
				else
					(void) pds_error_oom(err);
				verdict = PDS_VERDICT_FINAL;
				break;
			case CURLE_WEIRD_SERVER_REPLY:
			case CURLE_HTTP2:
				pds_error_set(err, PDS_ERR_PROTOCOL, "what answers at %s does not speak HTTP",
							  host);
				pds_error_hint(err, "Check the server option endpoint_url: its port is that of another service.");
				verdict = PDS_VERDICT_FINAL;
				break;
			case CURLE_OPERATION_TIMEDOUT:
				pds_error_set(err, PDS_ERR_TIMEOUT, "no answer from %s: %s", host, known.text);
				pds_error_advise(err, PDS_ADVICE_TIMEOUTS);
				break;
			case CURLE_COULDNT_RESOLVE_HOST:
				pds_error_set(err, PDS_ERR_CONNECT, "could not resolve the host of %s", host);
				pds_error_advise(err, PDS_ADVICE_RESOLVE);
				hint_of_region(host, err);
				break;
			case CURLE_COULDNT_CONNECT:
				pds_error_set(err, PDS_ERR_CONNECT, "could not connect to %s: %s", host,
							  known.text);
				pds_error_advise(err, PDS_ADVICE_REACH);
				break;
			case CURLE_PEER_FAILED_VERIFICATION:
			case CURLE_SSL_CACERT_BADFILE:
			case CURLE_SSL_ISSUER_ERROR:
			case CURLE_SSL_CERTPROBLEM:
				explain_certificate(&known, host, err);
				verdict = PDS_VERDICT_FINAL;
				break;
			case CURLE_SSL_CONNECT_ERROR:
				pds_error_set(err, PDS_ERR_TLS, "TLS handshake with %s failed: %s", host,
							  known.text);
				pds_error_hint(err,
							   "Check that endpoint_url has the right scheme (http or https) and "
							   "port.");
				break;
			case CURLE_UNSUPPORTED_PROTOCOL:
			case CURLE_URL_MALFORMAT:

				/*
				 * the former is curl's word for a first line that is not
				 * HTTP's, too
				 */
				if (b->code == CURLE_UNSUPPORTED_PROTOCOL && b->connected)
				{
					pds_error_set(err, PDS_ERR_PROTOCOL, "what answers at %s does not speak HTTP",
								  host);
					pds_error_hint(err, "Check the server option endpoint_url: its port is that of another service.");
				}
				else
				{
					pds_error_set(err, PDS_ERR_CONFIG, "\"%s\" is not a usable URL", host);
					pds_error_advise(err, PDS_ADVICE_URL);
				}
				verdict = PDS_VERDICT_FINAL;
				break;
			default:
				pds_error_set(err, PDS_ERR_BROKEN, "the connection to %s broke: %s", host,
							  known.text);
				pds_error_hint(err, "Check the network and try again.");
				break;
		}
	pds_error_context(err, req->service, req->operation, req->resource);
	err->retryable = verdict == PDS_VERDICT_TRANSIENT;
	return verdict;
}
