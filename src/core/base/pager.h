/*
 * pager.h
 *	  The tokens by which a service hands out a list page by page.
 */
#ifndef PDS_CORE_PAGER_H
#define PDS_CORE_PAGER_H

#include "core/base/error.h"
#include "core/base/strbuf.h"

typedef struct PdsPager
{
	PdsStr		token;			/* of the page to come; "": the first, or none */
	uint64_t	last;			/* hashes of the token before, and of an older
								 * one */
	uint64_t	older;
	size_t		pages;			/* taken */
} PdsPager;

extern void pds_pager_init(PdsPager *p);	/* all zeros do, too */
extern void pds_pager_free(PdsPager *p);

/* false after the last page, and before the first */
extern bool pds_pager_more(const PdsPager *p);

/*
 * A page has come with this token for the next one; NULL or "": it was the last.
 * False with PDS_ERR_PROTOCOL when the service gave that token before: it
 * would go on for ever.
 */
extern bool pds_pager_take(PdsPager *p, const char *token, const char *service,
						   const char *operation, const char *resource, PdsError *err);

#endif							/* PDS_CORE_PAGER_H */
