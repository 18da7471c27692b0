/*
 * objects.c
 *	  The objects of partitions: listings, filtered as doc/dev/aws.md §6.1 says.
 *
 * Which partitions there are is partitions.c's business.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "miscadmin.h"
#include "mb/pg_wchar.h"
#include "utils/memutils.h"

#include "fdw/catalog/cache.h"
#include "fdw/base/error_map.h"
#include "fdw/base/on_reset.h"
#include "fdw/catalog/objects.h"

/* ---- locations ---- */

void
pds_parse_location(const char *location, char **bucket, char **key)
{
	PdsError	err;
	char	   *b;
	char	   *k;

	pds_error_clear(&err);
	if (!pds_s3_parse_uri(location, &b, &k, &err))
		pds_raise(&err);
	*bucket = pstrdup(b);
	*key = pstrdup(k);
	free(b);
	free(k);
}

static void
free_places(void *arg)
{
	pds_places_free(arg);
}

bool
pds_places_open(const char *location, PdsPlaces *out, MemoryContext cxt, PdsError *err)
{
	pds_error_clear(err);
	if (!pds_places_parse(pg_server_to_any(location, strlen(location), PG_UTF8), out, err))
		return false;
	pds_on_reset(cxt, free_places, out);
	return true;
}

char *
pds_as_folder(const char *key)
{
	size_t		n = strlen(key);

	return n == 0 || key[n - 1] == '/' ? pstrdup(key) : psprintf("%s/", key);
}

/* ---- objects ---- */

/* the codec by option or by suffix */
static PdsCodec
codec_of(const PdsTable *t, const char *key)
{
	PdsCodec	codec;

	if (t->options.compression && pds_codec_of_name(t->options.compression, &codec))
		return codec;
	codec = pds_codec_of_key(key);
	/* what Athena would read, too, gives what it gives there */
	if (codec == PDS_CODEC_BZIP2 && t->in_catalog && !t->options.any_dialect_option)
		return PDS_CODEC_BZIP2_ONE;
	return codec;
}

void
pds_add_object(PdsListing *w, const PdsObject *o, const char *bucket, int partition,
			   size_t prefix_len)
{
	PdsObjectSet *set = w->set;
	PdsDataObject *d;

	Assert(partition >= 0 && partition < set->npartitions);
	if (pds_object_hidden(o->key, prefix_len) || o->size == 0)
	{
		set->nskipped++;
		return;
	}
	if (set->nobjects == set->objects_cap)
	{
		set->objects_cap = set->objects_cap ? set->objects_cap * 2 : 64;
		set->objects = set->objects
			? repalloc_huge(set->objects, (Size) set->objects_cap * sizeof(PdsDataObject))
			: MemoryContextAlloc(w->objects_cxt, set->objects_cap * sizeof(PdsDataObject));
	}
	d = &set->objects[set->nobjects];
	d->bucket = bucket;
	d->key = o->key;
	d->etag = (char *) o->etag;
	d->version_id = w->table->options.version_id;
	d->size = o->size;
	d->modified_us = o->modified_us;
	d->codec = codec_of(w->table, o->key);
	d->partition = partition;
	if (w->pruner && !pds_pruner_keeps_object(w->pruner, &set->partitions[partition], d))
	{
		set->objects_pruned++;
		set->bytes_dropped += o->size;
		return;
	}
	if (pds_object_archived(o))
	{
		/* planning refuses nothing */
		if (!w->planning && !pds_skip_archived(&w->conn->options, &w->table->options))
		{
			PdsError	err;

			pds_s3_archived_error(bucket, o, &err);
			pds_raise(&err);
		}
		set->narchived++;
		return;
	}
	if (!w->lasting)
	{
		d->key = MemoryContextStrdup(w->objects_cxt, o->key);
		d->etag = MemoryContextStrdup(w->objects_cxt, o->etag);
	}
	set->partitions[partition].has_objects = true;
	set->nobjects++;
	set->bytes += o->size;
}

/*
 * The listing of a prefix, or of as much of it as conditions on "$path" leave;
 * NULL: nothing.
 */
static PdsListingPages *
open_prefix(PdsListing *w, const char *bucket, const char *prefix)
{
	const char *want = w->pruner ? w->pruner->path_prefix : NULL;
	const PdsGlueTable *g = w->table->glue;
	char	   *path;
	size_t		n;

	/* what a link leads to in another region has its objects there, as a rule */
	if (g && g->region)
		pds_aws_suggest_bucket_region(w->conn->aws, bucket, g->region);
	if (want)
	{
		path = psprintf("s3://%s/%s", bucket, prefix);
		n = strlen(path);
		if (strncmp(path, want, Min(n, strlen(want))) != 0)
			return NULL;
		if (strlen(want) > n)
			prefix = want + (n - strlen(prefix));
	}
	return pds_listing_pages_open(w->conn, bucket, prefix, w->planning ? PDS_PLAN_MAX_OBJECTS : 0,
								  w->cxt);
}

/* The one version of the one object that the options name. */
static void
add_version(PdsListing *w, int number)
{
	PdsPartition *p = &w->set->partitions[number];
	PdsObject	o;
	PdsError	err;
	PdsObject  *copy;

	pds_error_clear(&err);
	if (!pds_s3_head_version(w->conn->aws, p->bucket, p->prefix, w->table->options.version_id, &o,
							 &err))
		pds_raise(&err);
	copy = MemoryContextAlloc(w->cxt, sizeof(PdsObject));
	*copy = o;
	copy->key = p->prefix;
	free(o.key);
	/* it cannot be hidden by its name */
	pds_add_object(w, copy, p->bucket, number, strlen(p->prefix));
	w->set->listed++;
}

static void
add_object_of_partition(PdsListing *w, const PdsObject *o)
{
	PdsPartition *p = &w->set->partitions[w->now.number];
	size_t		n = w->now.named;

	/* nor can its name hide an object that is the location itself */
	if (p->place == NULL || pds_place_has(p->place, o->key))
		pds_add_object(w, o, p->bucket, w->now.number,
					   o->key[n] == '\0' && n > 0 && p->prefix[n - 1] != '/' ? n - 1 : n);
}

static void
open_partition(PdsListing *w, int number, PdsListingSource *source)
{
	PdsPartition *p = &w->set->partitions[number];
	size_t		n = strlen(p->prefix);

	/*
	 * folders before the first wildcard are named, and cannot hide what is in
	 * them
	 */
	while (p->place && p->place->pattern && n > 0 && p->prefix[n - 1] != '/')
		n--;
	source->number = number;
	source->named = n;
	source->pages = open_prefix(w, p->bucket, p->prefix);
}

static int
compare_prefix(const void *a, const void *b, void *arg)
{
	PdsPartition *parts = arg;

	return strcmp(parts[*(const int *) a].prefix, parts[*(const int *) b].prefix);
}

/* number of the partition that has the key, or -1; order is by prefix */
static int
partition_of_key(const PdsObjectSet *set, const int *order, const char *key)
{
	int			low = 0;
	int			high = set->npartitions;

	/* the last prefix that is not above the key */
	while (low < high)
	{
		int			mid = (low + high) / 2;

		if (strcmp(set->partitions[order[mid]].prefix, key) <= 0)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == 0)
		return -1;
	if (strncmp(set->partitions[order[low - 1]].prefix, key,
				strlen(set->partitions[order[low - 1]].prefix)) != 0)
		return -1;
	return order[low - 1];
}

/* how many bytes two texts begin with alike */
static size_t
common_length(const char *a, const char *b)
{
	size_t		n = 0;

	while (a[n] && a[n] == b[n])
		n++;
	return n;
}

static void
add_object_of_any(PdsListing *w, const PdsObject *o)
{
	PdsObjectSet *set = w->set;
	int			number = partition_of_key(set, w->order, o->key);

	if (number >= 0)
		pds_add_object(w, o, set->partitions[number].bucket, number,
					   strlen(set->partitions[number].prefix));
}

/*
 * Many partitions below the table's location, or made of one template: one
 * listing of what their locations begin with instead of one for each.  False:
 * they are not all below, or two are the same or nested; whole: or the listing
 * would stop early.
 */
static bool
list_together(PdsListing *w, bool whole)
{
	PdsObjectSet *set = w->set;
	char	   *bucket;
	char	   *key;
	char	   *base;
	int		   *order;
	int			i;

	if (w->table->places.n > 0 && w->table->nkeys == 0)
		return false;
	if (w->table->projection)
	{
		bucket = set->partitions[0].bucket;
		base = "";
	}
	else if (w->table->location)
	{
		pds_parse_location(w->table->location, &bucket, &key);
		base = pds_as_folder(key);
	}
	else
		return false;
	order = palloc(set->npartitions * sizeof(int));
	for (i = 0; i < set->npartitions; i++)
	{
		PdsPartition *p = &set->partitions[i];

		if (strcmp(p->bucket, bucket) != 0 || strncmp(p->prefix, base, strlen(base)) != 0)
			return false;
		order[i] = i;
	}
	qsort_arg(order, set->npartitions, sizeof(int), compare_prefix, set->partitions);
	for (i = 1; i < set->npartitions; i++)
		if (strncmp(set->partitions[order[i]].prefix, set->partitions[order[i - 1]].prefix,
					strlen(set->partitions[order[i - 1]].prefix)) == 0)
			return false;
	base = set->partitions[order[0]].prefix;
	base = pnstrdup(base, common_length(base, set->partitions[order[set->npartitions - 1]].prefix));
	w->now.pages = open_prefix(w, bucket, base);
	if (whole && w->now.pages && pds_listing_pages_truncated(w->now.pages))
	{
		pds_listing_pages_close(w->now.pages);
		w->now.pages = NULL;
		return false;
	}
	w->add = add_object_of_any;
	w->order = order;
	set->listed = set->npartitions;
	return true;
}

static int
compare_objects(const void *a, const void *b, void *arg)
{
	const PdsObjectSet *set = arg;
	const PdsDataObject *x = &set->objects[*(const int *) a];
	const PdsDataObject *y = &set->objects[*(const int *) b];
	int			r = strcmp(x->bucket, y->bucket);

	if (r == 0)
		r = strcmp(x->key, y->key);
	/* of equal ones the first stays */
	return r != 0 ? r : *(const int *) a - *(const int *) b;
}

void
pds_drop_twice_listed(PdsObjectSet *set)
{
	int		   *order = MemoryContextAllocHuge(CurrentMemoryContext,
											   ((Size) set->nobjects + 1) * sizeof(int));
	bool	   *again = MemoryContextAllocHuge(CurrentMemoryContext, (Size) set->nobjects + 1);
	int			n = 0;
	int			i;

	for (i = 0; i < set->nobjects; i++)
		order[i] = i;
	qsort_arg(order, set->nobjects, sizeof(int), compare_objects, set);
	for (i = 0; i < set->nobjects; i++)
		again[order[i]] = i > 0 &&
			strcmp(set->objects[order[i]].key, set->objects[order[i - 1]].key) == 0 &&
			strcmp(set->objects[order[i]].bucket, set->objects[order[i - 1]].bucket) == 0;
	for (i = 0; i < set->nobjects; i++)
	{
		if (again[i])
			set->bytes -= set->objects[i].size;
		else
			set->objects[n++] = set->objects[i];
	}
	Assert(set->bytes >= 0);
	set->nobjects = n;
	pfree(order);
	pfree(again);
}

/* ---- one listing after the other ---- */

void
pds_list_objects(PdsListing *w)
{
	PdsObjectSet *set = w->set;
	bool		together = set->dense || set->npartitions > set->npruned / 4;
	bool		some = w->planning && set->npartitions > PDS_PLAN_MAX_LISTINGS;

	if (set->npartitions > 8 && (together || some) && list_together(w, !together))
		return;
	set->truncated = some;
	w->add = add_object_of_partition;
	w->nsources = some ? PDS_PLAN_MAX_LISTINGS : set->npartitions;
}

void
pds_list_folders(PdsListing *w, PdsAddObjectFn add)
{
	w->add = add;
	w->folders = true;
	w->nsources = (int) w->table->places.n;
	initStringInfo(&w->folder);
	w->folder_place = -1;
}

static void
open_folders(PdsListing *w, int number, PdsListingSource *source)
{
	const PdsPlace *place = &w->table->places.items[number];

	source->number = number;
	source->named = place->pattern ? 0 : strlen(pds_as_folder(place->prefix));
	source->pages = open_prefix(w, place->bucket,
								place->pattern ? place->prefix : pds_as_folder(place->prefix));
}

/* Open the next source that is listed; false: there is none. */
static bool
open_next(PdsListing *w, PdsListingSource *source)
{
	PdsObjectSet *set = w->set;

	while (w->next < w->nsources)
	{
		int			i = w->next++;

		CHECK_FOR_INTERRUPTS();
		if (w->folders)
			open_folders(w, i, source);
		else if (w->planning && set->nobjects >= PDS_PLAN_MAX_OBJECTS)
		{
			set->truncated = true;
			w->next = w->nsources;
		}
		else
		{
			/*
			 * the first ones may differ from the others: those of the years
			 * before, say
			 */
			int			number = (int) ((int64) i * set->npartitions / w->nsources);

			if (w->table->options.version_id)
				add_version(w, number);
			else
				open_partition(w, number, source);
			set->listed++;
		}
		if (source->pages)
			return true;
	}
	return false;
}

/* The source that lies behind it is next. */
static void
end_source(PdsListing *w)
{
	pds_listing_pages_close(w->now.pages);
	w->now = w->ahead;
	memset(&w->ahead, 0, sizeof(w->ahead));
}

bool
pds_listing_step(PdsListing *w)
{
	const PdsObject *objects;
	size_t		n;
	size_t		i;

	if (w->now.pages == NULL && !open_next(w, &w->now))
		return false;
	if (!pds_listing_pages_next(w->now.pages, &objects, &n, &w->lasting))
	{
		end_source(w);
		return true;
	}
	w->set->truncated |= pds_listing_pages_truncated(w->now.pages);
	for (i = 0; i < n; i++)
		w->add(w, &objects[i]);
	return true;
}

void
pds_listing_ahead(PdsListing *w)
{
	MemoryContext old = MemoryContextSwitchTo(w->cxt);

	PdsListingSource *source = &w->now;

	if (source->pages && pds_listing_pages_ended(source->pages))
		source = &w->ahead;
	if (source->pages || open_next(w, source))
		pds_listing_pages_ahead(source->pages);
	MemoryContextSwitchTo(old);
}

void
pds_listing_page_ahead(PdsListing *w)
{
	if (w->now.pages)
		pds_listing_pages_ahead(w->now.pages);
}

bool
pds_listing_waits(const PdsListing *w)
{
	return w->now.pages ? pds_listing_pages_waits(w->now.pages) : w->next < w->nsources;
}
