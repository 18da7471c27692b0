/*
 * http_response.c
 *	  What a caller asks with and gets back: PdsRequest and PdsResponse.
 */
#include <string.h>

#include "core/net/http_internal.h"

void
pds_request_init(PdsRequest *req)
{
	memset(req, 0, sizeof(*req));
	req->range_first = req->range_last = -1;
}

void
pds_response_init(PdsResponse *r)
{
	memset(r, 0, sizeof(*r));
	r->total_size = -1;
}

void
pds_response_free(PdsResponse *r)
{
	pds_str_free(&r->body);
	pds_str_free(&r->headers);
	pds_response_init(r);
}

bool
pds_response_header(const PdsResponse *r, const char *name, char *out, size_t cap)
{
	return pds_http_find_header(&r->headers, name, out, cap);
}

bool
pds_response_next_header(const PdsResponse *r, size_t *at, char *name, size_t cap, PdsStr *value)
{
	const char *text = pds_str_text(&r->headers);

	while (text[*at])
	{
		const char *line = text + *at;
		size_t		len = strcspn(line, "\r\n");
		const char *colon = memchr(line, ':', len);
		const char *v;

		*at += len;
		*at += strspn(text + *at, "\r\n");
		if (colon == NULL)
			continue;
		pds_copy_cut(name, cap, line, (size_t) (colon - line));
		v = colon + 1;
		v += strspn(v, " \t");
		pds_str_reset(value);
		pds_str_append_n(value, v, (size_t) (line + len - v));
		return true;
	}
	return false;
}
