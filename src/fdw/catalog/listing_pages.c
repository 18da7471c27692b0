/*
 * listing_pages.c
 *	  The listing of a prefix page by page: what the cache has of it, then what S3 gives.
 *
 * S3 gives keys in order, so that whether one comes twice is seen by the key before.  Others may
 * not: then the rest is listed at once, and looked at together with what came before.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "miscadmin.h"

#include "fdw/base/error_map.h"
#include "fdw/base/no_memory.h"
#include "fdw/base/on_reset.h"
#include "fdw/catalog/listing_pages.h"

/* A longer listing is not kept: it would push out of the cache what else there is. */
#define KEEP_WEIGHT		((size_t) 32 * 1024 * 1024)

struct PdsListingPages
{
	PdsConnection *conn;
	char	   *bucket;
	char	   *prefix;
	char	   *key;			/* in the cache */
	MemoryContext cxt;
	const PdsObjectList *cached;	/* what there is of it, or NULL */
	bool		cached_given;
	bool		disordered;		/* its keys are not in order */
	bool		bounded;		/* the cached list is all that is wanted */
	bool		ended;			/* no page comes from S3 (any more) */
	PdsPager	pager;
	PdsListCall *ahead;			/* the page that was asked for; NULL: none */
	PdsObjectList page;			/* handed out last */
	PdsObjectList *kept;		/* those before; NULL: they are too many, or
								 * in the cache */
	char	   *last_key;		/* of all before */
	size_t		listed;			/* objects before */
};

static void
free_kept(PdsListingPages *p)
{
	if (p->kept)
		pds_object_list_free(p->kept);
	free(p->kept);
	p->kept = NULL;
}

void
pds_listing_pages_close(PdsListingPages *p)
{
	pds_s3_list_abandon(p->ahead);
	p->ahead = NULL;
	pds_object_list_free(&p->page);
	free_kept(p);
	pds_pager_free(&p->pager);
	free(p->last_key);
	p->last_key = NULL;
	p->cached_given = p->ended = true;
}

static void
close_pages(void *arg)
{
	pds_listing_pages_close(arg);
}

/* Go on where the cached list ends. */
static void
begin_with(PdsListingPages *p, const PdsObjectList *list)
{
	size_t		i;

	p->pager = list->rest;
	pds_str_init(&p->pager.token);
	if (!pds_str_append(&p->pager.token, list->rest.token.data))
		pds_raise_no_memory();
	p->page.restore_status = list->restore_status;
	for (i = 0; i < list->n; i++)
	{
		PdsObject	o = list->objects[i];

		o.key = pds_strdup(o.key);
		if (o.key == NULL || !pds_object_list_add(p->kept, &o))
			pds_raise_no_memory();
	}
}

PdsListingPages *
pds_listing_pages_open(PdsConnection *conn, const char *bucket, const char *prefix, size_t max,
					   MemoryContext cxt)
{
	PdsListingPages *p = MemoryContextAllocZero(cxt, sizeof(PdsListingPages));

	p->conn = conn;
	p->cxt = cxt;
	p->bounded = max > 0;
	if (max > 0)
	{
		p->cached = pds_cached_listing(conn, bucket, prefix, max, cxt);
		p->ended = true;
		return p;
	}
	p->bucket = MemoryContextStrdup(cxt, bucket);
	p->prefix = MemoryContextStrdup(cxt, prefix);
	p->key = pds_cache_key(conn, "objects", bucket, prefix, NULL);
	p->cached = pds_cache_lookup(conn, p->key, cxt);
	p->ended = p->cached && !p->cached->truncated;
	pds_on_reset(cxt, close_pages, p);
	if (p->ended)
		return p;
	p->kept = calloc(1, sizeof(PdsObjectList));
	if (p->kept == NULL)
		pds_raise_no_memory();
	if (p->cached)
		begin_with(p, p->cached);
	return p;
}

/* The page before is done with: it is kept, or goes. */
static void
put_page_away(PdsListingPages *p)
{
	size_t		i;

	if (p->kept && pds_listing_weight(p->kept->n + p->page.n) > KEEP_WEIGHT)
		free_kept(p);
	for (i = 0; i < p->page.n; i++)
	{
		if (p->kept == NULL)
			free(p->page.objects[i].key);
		else if (!pds_object_list_add(p->kept, &p->page.objects[i]))
			pds_raise_no_memory();
		p->page.objects[i].key = NULL;
	}
	p->page.n = 0;
}

static void
keep_in_cache(PdsListingPages *p)
{
	PdsObjectList *list = p->kept;

	p->kept = NULL;
	if (list)
		pds_cache_store(p->conn, p->key, list, pds_free_listing, pds_listing_weight(list->n),
						p->cxt);
}

/* Append the next page to the one in hand. */
static void
read_listed_page(PdsListingPages *p)
{
	PdsListCall *call = p->ahead;
	PdsError	err;
	bool		ok;

	pds_error_clear(&err);
	p->ahead = NULL;
	if (call)
		ok = pds_s3_list_finish(call, &p->page, &p->pager, &err);
	else
		ok = pds_s3_list_page(p->conn->aws, p->bucket, p->prefix, NULL, NULL, 0, &p->page,
							  &p->pager, &err);
	if (!ok)
		pds_raise(&err);
	p->ended = !pds_pager_more(&p->pager);
}

PDS_NORETURN static void refuse_disorder(const PdsListingPages *p);

static void
refuse_disorder(const PdsListingPages *p)
{
	PdsError	err;

	pds_error_clear(&err);
	pds_error_set(&err, PDS_ERR_PROTOCOL, "the listing of s3://%s/%s is not in the order of keys",
				  p->bucket, p->prefix);
	pds_error_detail(&err, "It was for its first %zu objects.", p->listed);
	pds_error_hint(&err, "Check that endpoint_url names the service it should.");
	pds_raise(&err);
}

/* The rest of a listing whose keys are not in order, without those that came before. */
static void
read_disordered(PdsListingPages *p)
{
	/* what came before was too much to be remembered */
	if (p->kept == NULL)
		refuse_disorder(p);
	while (!p->ended)
	{
		CHECK_FOR_INTERRUPTS();
		read_listed_page(p);
	}
	if (!pds_object_list_drop_repeated(&p->page, 0, p->kept))
		pds_raise_no_memory();
}

/* the order of the pages to come is looked at from here on */
static void
remember_last(PdsListingPages *p, const PdsObjectList *list)
{
	if (list->n == 0)
		return;
	free(p->last_key);
	p->last_key = pds_strdup(list->objects[list->n - 1].key);
	if (p->last_key == NULL)
		pds_raise_no_memory();
}

static bool
give_cached(PdsListingPages *p, const PdsObject **objects, size_t *n, bool *lasting)
{
	p->cached_given = true;
	*objects = p->cached->objects;
	*n = p->cached->n;
	*lasting = true;
	p->listed = *n;
	p->disordered = !p->ended && !pds_object_list_ascends(NULL, p->cached, 0);
	if (!p->ended)
		remember_last(p, p->cached);
	return true;
}

bool
pds_listing_pages_next(PdsListingPages *p, const PdsObject **objects, size_t *n, bool *lasting)
{
	bool		came = false;

	if (p->cached && !p->cached_given)
		return give_cached(p, objects, n, lasting);
	p->listed += p->page.n;
	put_page_away(p);
	while (!p->ended && p->page.n == 0)
	{
		CHECK_FOR_INTERRUPTS();
		read_listed_page(p);
		came = true;
		if (p->disordered || !pds_object_list_ascends(p->last_key, &p->page, 0))
			read_disordered(p);
	}
	remember_last(p, &p->page);
	*objects = p->page.objects;
	*n = p->page.n;
	*lasting = false;
	if (*n > 0 && came)
		return true;
	keep_in_cache(p);
	return false;
}

void
pds_listing_pages_ahead(PdsListingPages *p)
{
	if (!p->ended && p->ahead == NULL)
		p->ahead = pds_s3_list_start(p->conn->aws, p->bucket, p->prefix, p->page.restore_status,
									 &p->pager);
}

bool
pds_listing_pages_waits(const PdsListingPages *p)
{
	if (p->cached && !p->cached_given)
		return false;
	return !p->ended && (p->ahead == NULL || !pds_s3_list_came(p->ahead));
}

bool
pds_listing_pages_ended(const PdsListingPages *p)
{
	return p->ended && (p->cached == NULL || p->cached_given);
}

bool
pds_listing_pages_truncated(const PdsListingPages *p)
{
	return p->bounded && p->cached->truncated;
}
