/*
 * listing_pages.h
 *	  The listing of a prefix page by page: what the cache has of it, then what S3 gives.
 *
 * A listing that comes to its end is kept in the cache, unless it is very long.
 */
#ifndef PDS_FDW_LISTING_PAGES_H
#define PDS_FDW_LISTING_PAGES_H

#include "fdw/catalog/cache.h"

typedef struct PdsListingPages PdsListingPages;

/* max: as pds_cached_listing has it, and then there is one page.  Freed with cxt, or before. */
extern PdsListingPages *pds_listing_pages_open(PdsConnection *conn, const char *bucket,
											   const char *prefix, size_t max, MemoryContext cxt);
extern void pds_listing_pages_close(PdsListingPages *p);

/*
 * The next objects, no key twice; false at the end.  *lasting: they stay until cxt goes, else
 * until the next call.
 */
extern bool pds_listing_pages_next(PdsListingPages *p, const PdsObject **objects, size_t *n,
								   bool *lasting);

/* Ask for the next page without waiting for it.  Raises nothing: what fails is the next call's. */
extern void pds_listing_pages_ahead(PdsListingPages *p);

/* would the next call have to wait? */
extern bool pds_listing_pages_waits(const PdsListingPages *p);

/* has the last page been given? */
extern bool pds_listing_pages_ended(const PdsListingPages *p);

/* does it end at max? */
extern bool pds_listing_pages_truncated(const PdsListingPages *p);

#endif							/* PDS_FDW_LISTING_PAGES_H */
