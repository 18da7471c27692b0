/*
 * http_range.c
 *	  Is a reply the range of the object that was asked for, of the version that
 *	  was asked for?  Neither If-Match nor Range is heeded by every server.
 */
#include <string.h>

#include "core/net/http_internal.h"

/* an ETag without its quotes and the sign of a weak one: not every listing has them */
static const char *
bare_etag(const char *etag, size_t *len)
{
	if (strncmp(etag, "W/", 2) == 0)
		etag += 2;
	*len = strlen(etag);
	if (*len >= 2 && etag[0] == '"' && etag[*len - 1] == '"')
	{
		etag++;
		*len -= 2;
	}
	return etag;
}

bool
pds_transfer_check_version(PdsTransfer *t)
{
	const char *want = t->req.if_match ? t->req.if_match : t->received > 0 ? t->etag : "";
	char		have[sizeof(t->etag)];
	const char *a;
	const char *b;
	size_t		alen;
	size_t		blen;

	if (want[0] == '\0')
		return true;
	if (!pds_http_find_header(&t->reply_headers, "etag", have, sizeof(have)))
	{
		t->bad_reply = "it does not name its version (ETag)";
		return false;
	}
	a = bare_etag(want, &alen);
	b = bare_etag(have, &blen);
	t->changed = alen != blen || memcmp(a, b, alen) != 0;
	return !t->changed;
}

int64_t
pds_http_content_length(const PdsStr *headers)
{
	char		text[40];
	int64_t		n;

	return pds_http_find_header(headers, "content-length", text, sizeof(text)) &&
		pds_size_of_text(text, strlen(text), &n) ? n : -1;
}

/* Content-Range: "bytes FIRST-LAST/TOTAL", and nothing else */
static bool
content_range(const PdsStr *headers, int64_t *first, int64_t *last, int64_t *total)
{
	char		text[128];
	const char *dash;
	const char *slash;

	if (!pds_http_find_header(headers, "content-range", text, sizeof(text)))
		return false;
	dash = strchr(text, '-');
	slash = strchr(text, '/');
	return strncmp(text, "bytes ", 6) == 0 && dash && slash && dash < slash &&
		pds_size_of_text(text + 6, (size_t) (dash - text - 6), first) &&
		pds_size_of_text(dash + 1, (size_t) (slash - dash - 1), last) &&
		pds_size_of_text(slash + 1, strlen(slash + 1), total);
}

bool
pds_response_range(const PdsResponse *r, int64_t *first, int64_t *last, int64_t *total)
{
	return content_range(&r->headers, first, last, total);
}

bool
pds_transfer_check_range(PdsTransfer *t)
{
	int64_t		first;
	int64_t		last;
	int64_t		total;

	t->range_checked = true;
	if (!pds_transfer_check_version(t))
		return false;
	if (t->etag[0] == '\0')
		(void) pds_http_find_header(&t->reply_headers, "etag", t->etag, sizeof(t->etag));
	if (t->status == 206)
	{
		if (!content_range(&t->reply_headers, &first, &last, &total) ||
			first != t->req.range_first + (int64_t) t->received || last < first || last >= total)
		{
			t->bad_reply = "its Content-Range is not the range asked for";
			return false;
		}
		t->total_size = total;
		return true;
	}
	/* the range was ignored: the whole object comes */
	t->total_size = pds_http_content_length(&t->reply_headers);
	t->skip = (size_t) t->req.range_first + t->received;
	if (t->skip > 64 * 1024 * 1024)
	{
		t->bad_reply = "it does not honour Range";
		return false;
	}
	return true;
}
