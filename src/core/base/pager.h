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
	size_t		empty;			/* of them, the last ones without an entry */
	uint64_t	json;			/* bytes of texts in pages of JSON */
} PdsPager;

extern void pds_pager_init(PdsPager *p);	/* all zeros do, too */
extern void pds_pager_free(PdsPager *p);

/* false after the last page, and before the first */
extern bool pds_pager_more(const PdsPager *p);

/*
 * Pages of a list, and pages in a row without an entry, which filters make.
 * S3 gives 1,000 objects a page, so the first are a thousand million.
 */
#define PDS_PAGER_PAGES	1000000
#define PDS_PAGER_EMPTY	10000

/*
 * Bytes that entries of all pages may take: some ten million objects.  Tests ask
 * for less (0: this).
 */
#define PDS_PAGER_HELD	((uint64_t) 4 << 30)
extern uint64_t pds_pager_max_held;

/*
 * A page has come with this token for the next one; NULL or "": it was the last.
 * held is what the caller has kept of this page and those before, in bytes.
 * False when it would go on for ever: PDS_ERR_PROTOCOL where the service gave
 * that token before or too many pages without an entry, PDS_ERR_LIMIT after too
 * many others, or where they are too large to be kept.
 */
extern bool pds_pager_take(PdsPager *p, const char *token, bool empty, uint64_t held,
						   const char *service, const char *operation, const char *resource,
						   PdsError *err);

#endif							/* PDS_CORE_PAGER_H */
