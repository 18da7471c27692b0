/*
 * direct_queue.h
 *	  The objects of a direct scan in the order in which they are read, a page of their listing at a
 *	  time: reading begins with the first page, and the next one is asked for while few are left.
 */
#ifndef PDS_FDW_DIRECT_QUEUE_H
#define PDS_FDW_DIRECT_QUEUE_H

#include "core/read/reader.h"
#include "fdw/catalog/catalog.h"

typedef struct PdsObjectPage
{
	struct PdsObjectPage *next;
	MemoryContext cxt;			/* of all that it holds */
	int			first;			/* number of its first object in the scan */
	int			n;
	PdsDataObject *objects;
	PdsReadUnit *units;			/* one an object */
} PdsObjectPage;

typedef struct PdsObjectQueue
{
	MemoryContext cxt;			/* of one (re)scan */
	PdsObjectSet *set;
	PdsListing *listing;		/* that goes on; NULL: all objects are known */
	PdsObjectPage *pages;		/* the oldest that may be in use */
	PdsObjectPage *last;
	int			known;			/* objects, so far */
	int			next;			/* number of the object to be read next */
} PdsObjectQueue;

/* All objects of the set. */
extern void pds_queue_all(PdsObjectQueue *q, PdsObjectSet *set, MemoryContext cxt);

/* The first objects of a listing that was opened in cxt. */
extern void pds_queue_begin(PdsObjectQueue *q, PdsListing *listing, MemoryContext cxt);

/*
 * Add the objects of the next page, or see that the listing has ended.  done: so many objects were
 * read, and are let go of but for the last one.
 */
extern void pds_queue_fill(PdsObjectQueue *q, int64 done);

/* object number n, and what the reader is to know of it; it has not been let go of */
extern PdsDataObject *pds_queue_object(const PdsObjectQueue *q, int n, PdsReadUnit **unit);

/* is it time to ask for more? */
static inline bool
pds_queue_is_low(const PdsObjectQueue *q)
{
	/* half a page of ListObjectsV2 */
	return q->listing && q->known - q->next < 500;
}

#endif							/* PDS_FDW_DIRECT_QUEUE_H */
