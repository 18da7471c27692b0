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
pds_add_object(PdsListing *w, const PdsObject *o, const char *bucket, int partition, size_t prefix_len)
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
			: palloc(set->objects_cap * sizeof(PdsDataObject));
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
	set->nobjects++;
	set->bytes += o->size;
}

const PdsObjectList *
pds_list_prefix(PdsListing *w, const char *bucket, const char *prefix)
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
	return pds_cached_listing(w->conn, bucket, prefix, w->planning ? PDS_PLAN_MAX_OBJECTS : 0,
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
list_partition(PdsListing *w, int number)
{
	PdsPartition *p = &w->set->partitions[number];
	const PdsObjectList *list;
	size_t		n = strlen(p->prefix);
	size_t		i;

	if (w->table->options.version_id)
	{
		add_version(w, number);
		return;
	}
	list = pds_list_prefix(w, p->bucket, p->prefix);
	w->set->listed++;

	/*
	 * folders before the first wildcard are named, and cannot hide what is in
	 * them
	 */
	while (p->place && p->place->pattern && n > 0 && p->prefix[n - 1] != '/')
		n--;
	for (i = 0; list && i < list->n; i++)
	{
		const PdsObject *o = &list->objects[i];

		/* nor can its name hide an object that is the location itself */
		if (p->place == NULL || pds_place_has(p->place, o->key))
			pds_add_object(w, o, p->bucket, number,
						   o->key[n] == '\0' && n > 0 && p->prefix[n - 1] != '/' ? n - 1 : n);
	}
	w->set->truncated = w->set->truncated || (list && list->truncated);
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
	const PdsObjectList *list;
	char	   *bucket;
	char	   *key;
	char	   *base;
	int		   *order;
	int			i;
	size_t		k;

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
	list = pds_list_prefix(w, bucket, base);
	if (whole && list && list->truncated)
		return false;
	for (k = 0; list && k < list->n; k++)
	{
		int			number = partition_of_key(set, order, list->objects[k].key);

		if (number >= 0)
			pds_add_object(w, &list->objects[k], set->partitions[number].bucket, number,
						   strlen(set->partitions[number].prefix));
	}
	set->truncated = list && list->truncated;
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

void
pds_list_objects(PdsListing *w)
{
	PdsObjectSet *set = w->set;
	bool		together = set->dense || set->npartitions > set->npruned / 4;
	bool		some = w->planning && set->npartitions > PDS_PLAN_MAX_LISTINGS;
	int			n = some ? PDS_PLAN_MAX_LISTINGS : set->npartitions;
	int			i;

	if (set->npartitions > 8 && (together || some) && list_together(w, !together))
		return;
	set->truncated = some;
	for (i = 0; i < n; i++)
	{
		if (w->planning && set->nobjects >= PDS_PLAN_MAX_OBJECTS)
		{
			set->truncated = true;
			return;
		}
		CHECK_FOR_INTERRUPTS();

		/*
		 * the first ones may differ from the others: those of the years
		 * before, say
		 */
		list_partition(w, (int) ((int64) i * set->npartitions / n));
	}
}
