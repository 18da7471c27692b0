/*
 * pager.c
 *	  The tokens by which a service hands out a list page by page.
 */
#include "core/base/pager.h"

#include <inttypes.h>
#include <string.h>

uint64_t	pds_pager_max_held;

void
pds_pager_init(PdsPager *p)
{
	memset(p, 0, sizeof(*p));
}

void
pds_pager_free(PdsPager *p)
{
	pds_str_free(&p->token);
	pds_pager_init(p);
}

bool
pds_pager_more(const PdsPager *p)
{
	return p->token.len > 0;
}

/* FNV-1a */
static uint64_t
token_hash(const char *text)
{
	uint64_t	h = UINT64_C(14695981039346656037);

	for (; *text; text++)
		h = (h ^ (unsigned char) *text) * UINT64_C(1099511628211);
	return h;
}

/*
 * The token before is compared, and one from as many pages ago as the last
 * power of two: so a circle of any length is found (Brent), and nothing grows.
 */
bool
pds_pager_take(PdsPager *p, const char *token, bool empty, uint64_t held, const char *service,
			   const char *operation, const char *resource, PdsError *err)
{
	uint64_t	max_held = pds_pager_max_held ? pds_pager_max_held : PDS_PAGER_HELD;
	const char *of = resource ? resource : "the service";
	uint64_t	h;

	pds_str_reset(&p->token);
	p->pages++;
	p->empty = empty ? p->empty + 1 : 0;
	if (token == NULL || token[0] == '\0')
		return true;
	h = token_hash(token);
	pds_error_clear(err);
	if (p->pages > 1 && (h == p->last || h == p->older))
		pds_error_set(err, PDS_ERR_PROTOCOL,
					  "the list that %s of %s gives does not end: the same token was received twice",
					  operation, of);
	else if (p->empty >= PDS_PAGER_EMPTY)
		pds_error_set(err, PDS_ERR_PROTOCOL,
					  "the list that %s of %s gives does not end: its last %zu pages were empty",
					  operation, of, p->empty);
	else if (p->pages >= PDS_PAGER_PAGES)
		pds_error_set(err, PDS_ERR_LIMIT, "the list that %s of %s gives has more than %zu pages",
					  operation, of, p->pages);
	else if (held > max_held)
		pds_error_set(err, PDS_ERR_LIMIT,
					  "the list that %s of %s gives takes more than %" PRIu64 " MB of memory",
					  operation, of, max_held >> 20);
	if (err->kind != PDS_ERR_NONE)
	{
		pds_error_detail(err, "After %zu requests.", p->pages);
		if (err->kind == PDS_ERR_PROTOCOL)
			pds_error_hint(err, "Check that endpoint_url names the service it should.");
		else
			pds_error_hint(err, "Ask for a part of it: a longer prefix, a pattern, one database.");
		pds_error_context(err, service, operation, resource);
		return false;
	}
	if ((p->pages & (p->pages - 1)) == 0)
		p->older = h;
	p->last = h;
	return pds_str_append(&p->token, token) || pds_error_oom(err);
}
