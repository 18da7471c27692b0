/*
 * direct_queue.c
 *	  The objects of a direct scan in the order in which they are read, a page of their listing at a
 *	  time.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "utils/memutils.h"

#include "fdw/direct/direct_queue.h"
#include "fdw/scan/scan_common.h"

/* what ListObjectsV2 gives at once: so many are waited for at the beginning */
#define FIRST_OBJECTS	1000

/* The objects in hand become a page; they lie in cxt. */
static void
add_page(PdsObjectQueue *q, MemoryContext cxt)
{
	PdsObjectSet *set = q->set;
	PdsObjectPage *p = MemoryContextAllocZero(cxt, sizeof(PdsObjectPage));
	int			i;

	Assert(q->known == set->ngiven);
	p->cxt = cxt;
	p->first = q->known;
	p->n = set->nobjects;
	p->objects = set->objects;
	p->units = MemoryContextAllocHuge(cxt, Max(p->n, 1) * sizeof(PdsReadUnit));
	for (i = 0; i < p->n; i++)
	{
		pds_object_unit(set, i, &p->units[i]);
		p->units[i].object = p->first + i;
	}
	if (q->last)
		q->last->next = p;
	else
		q->pages = p;
	q->last = p;
	q->known += p->n;
	set->ngiven += set->nobjects;
	set->objects = NULL;
	set->nobjects = set->objects_cap = 0;
}

void
pds_queue_all(PdsObjectQueue *q, PdsObjectSet *set, MemoryContext cxt)
{
	memset(q, 0, sizeof(*q));
	q->cxt = cxt;
	q->set = set;
	add_page(q, cxt);
}

/* Take what the listing gives until there are so many objects, and what it has at hand. */
static void
take_objects(PdsObjectQueue *q, int least)
{
	MemoryContext cxt = AllocSetContextCreate(q->cxt, "pds_fdw objects", ALLOCSET_DEFAULT_SIZES);

	while (q->listing && (q->set->nobjects < least || !pds_listing_waits(q->listing)))
		if (!pds_listing_next(q->listing, cxt))
			q->listing = NULL;
	add_page(q, cxt);
}

void
pds_queue_begin(PdsObjectQueue *q, PdsListing *listing, MemoryContext cxt)
{
	memset(q, 0, sizeof(*q));
	q->cxt = cxt;
	q->set = pds_listing_set(listing);
	q->listing = listing;
	take_objects(q, FIRST_OBJECTS);
}

void
pds_queue_fill(PdsObjectQueue *q, int64 done)
{
	PdsObjectPage *p = q->pages;

	Assert(q->listing != NULL);
	/* what is said of the rows in hand names the last object that was read */
	while (p != q->last && p->first + p->n < done)
	{
		q->pages = p->next;
		MemoryContextDelete(p->cxt);
		p = q->pages;
	}
	take_objects(q, 1);
}

PdsDataObject *
pds_queue_object(const PdsObjectQueue *q, int n, PdsReadUnit **unit)
{
	const PdsObjectPage *p = q->pages;

	while (n >= p->first + p->n)
		p = p->next;
	Assert(n >= p->first);
	*unit = &p->units[n - p->first];
	return &p->objects[n - p->first];
}
