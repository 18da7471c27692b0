/*
 * partitions.c
 *	  Partitions and objects of a table: what there is to read.
 *
 * Partitions come from Glue, or from key=value folders when the table was made
 * by hand.  Objects come from listings, filtered as AWS.md 6.1 says.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "fdw/cache.h"
#include "fdw/catalog.h"
#include "fdw/convert.h"
#include "fdw/error_map.h"

typedef struct Work
{
	PdsTable   *table;
	PdsConnection *conn;
	PdsPartitionFilter filter;
	void	   *filter_arg;
	bool		planning;
	MemoryContext cxt;
	PdsObjectSet *set;
} Work;

/* ---- locations ---- */

/* s3://bucket/key of a location, palloc'd */
static void
parse_location(const char *location, char **bucket, char **key)
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

/* "data" is the folder "data/", not also "data2/..." (AWS.md 6.1) */
static char *
as_folder(const char *key)
{
	size_t		n = strlen(key);

	return n == 0 || key[n - 1] == '/' ? pstrdup(key) : psprintf("%s/", key);
}

/* ---- partitions ---- */

static PdsPartition *
add_partition(Work *w)
{
	PdsObjectSet *set = w->set;

	if (set->partitions == NULL)
		set->partitions = palloc(16 * sizeof(PdsPartition));
	else if (set->npartitions >= 16 && (set->npartitions & (set->npartitions - 1)) == 0)
		set->partitions = repalloc_huge(set->partitions,
										(Size) set->npartitions * 2 * sizeof(PdsPartition));
	memset(&set->partitions[set->npartitions], 0, sizeof(PdsPartition));
	return &set->partitions[set->npartitions];
}

/* typed values of the keys */
static void
set_keys(Work *w, PdsPartition *p, char **values)
{
	PdsTable   *t = w->table;
	int			i;

	p->values = values;
	p->key_datums = palloc0(t->nkeys * sizeof(Datum));
	p->key_nulls = palloc(t->nkeys * sizeof(bool));
	for (i = 0; i < t->nkeys; i++)
	{
		const PdsColumn *c;

		p->key_nulls[i] = true;
		if (t->key_columns[i] < 0)
			continue;
		c = &t->columns[t->key_columns[i]];
		p->key_datums[i] = pds_convert_partition_value(values[i], &c->hive, c->typid, c->typmod,
													   c->attname, &p->key_nulls[i]);
	}
}

/* Keep the partition that add_partition prepared, unless the filter drops it. */
static bool
keep(Work *w, PdsPartition *p)
{
	if (w->filter && !w->filter(w->filter_arg, p))
	{
		w->set->npruned++;
		return false;
	}
	w->set->npartitions++;
	return true;
}

static void
whole_table(Work *w)
{
	PdsPartition *p = add_partition(w);
	char	   *key;

	parse_location(w->table->location, &p->bucket, &key);
	/* by hand, a location may name one object */
	p->prefix = w->table->in_catalog && w->table->options.location == NULL ? as_folder(key) : key;
	p->dialect = w->table->dialect;
	w->set->npartitions++;
}

/* A partition's own SerDe with the table's parameters (SERDES.md). */
static void
partition_dialect(Work *w, const PdsGluePartition *g, PdsPartition *p)
{
	PdsTable   *t = w->table;
	PdsStorageDescriptor sd = g->sd;
	PdsError	err;

	p->dialect = t->dialect;
	/* what the options fix holds for every partition */
	if (t->options.any_dialect_option || g->sd.serde == NULL || t->direct_reason)
		return;
	if (sd.input_format == NULL)
		sd.input_format = t->glue->sd.input_format;
	sd.ncolumns = t->glue->sd.ncolumns;
	pds_error_clear(&err);
	if (!pds_dialect_from_glue(&p->dialect, &t->glue->parameters, &sd, t->glue->table_type, &err))
	{
		pds_error_hint(&err, "SET pds.engine = 'athena' reads the table by Athena.");
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("partition %s of Glue table %s.%s cannot be read here: %s",
						g->sd.location ? g->sd.location : "without location",
						t->options.database, t->options.table_name, err.message),
				 errhint("%s", err.hint)));
	}
}

static void
glue_partitions(Work *w, const char *expression)
{
	PdsTable   *t = w->table;
	const PdsPartitionList *list = pds_cached_partitions(w->conn, t->options.database,
														 t->options.table_name, expression,
														 w->cxt);
	int			i;

	for (i = 0; i < list->n; i++)
	{
		const PdsGluePartition *g = list->items[i];
		PdsPartition *p = add_partition(w);
		char	   *key;

		CHECK_FOR_INTERRUPTS();
		if (g->nvalues != t->nkeys || g->sd.location == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_FDW_ERROR),
					 errmsg("a partition of Glue table %s.%s has %d values and %s",
							t->options.database, t->options.table_name, g->nvalues,
							g->sd.location ? g->sd.location : "no location"),
					 errhint("Correct the partition in Glue: the table has %d partition keys.",
							 t->nkeys)));
		set_keys(w, p, g->values);
		if (!keep(w, p))
			continue;
		parse_location(g->sd.location, &p->bucket, &key);
		p->prefix = as_folder(key);
		partition_dialect(w, g, p);
	}
}

/* ---- objects ---- */

/* the codec by option or by suffix */
static PdsCodec
codec_of(const PdsTable *t, const char *key)
{
	PdsCodec	codec;

	if (t->options.compression && pds_codec_of_name(t->options.compression, &codec))
		return codec;
	return pds_codec_of_key(key);
}

static void
add_object(Work *w, const PdsObject *o, const char *bucket, int partition, size_t prefix_len)
{
	PdsObjectSet *set = w->set;
	PdsDataObject *d;

	if (pds_object_hidden(o->key, prefix_len) || o->size == 0 || pds_object_archived(o))
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
	d = &set->objects[set->nobjects++];
	d->bucket = bucket;
	d->key = o->key;
	d->etag = (char *) o->etag;
	d->size = o->size;
	d->codec = codec_of(w->table, o->key);
	d->partition = partition;
	set->bytes += o->size;
}

/*
 * Does a key found under the prefix belong to the location?  A location by
 * hand without '/' at its end is one object or one folder.
 */
static bool
under(const char *prefix, const char *key)
{
	size_t		n = strlen(prefix);

	return n == 0 || prefix[n - 1] == '/' || key[n] == '\0' || key[n] == '/';
}

static void
list_partition(Work *w, int number, size_t max)
{
	PdsPartition *p = &w->set->partitions[number];
	const PdsObjectList *list = pds_cached_listing(w->conn, p->bucket, p->prefix, max, w->cxt);
	size_t		n = strlen(p->prefix);
	size_t		i;

	for (i = 0; i < list->n; i++)
	{
		const PdsObject *o = &list->objects[i];

		/* an object that is the location itself cannot be hidden by its name */
		if (under(p->prefix, o->key))
			add_object(w, o, p->bucket, number,
					   o->key[n] == '\0' && n > 0 && p->prefix[n - 1] != '/' ? n - 1 : n);
	}
	w->set->truncated = w->set->truncated || list->truncated;
	w->set->listed++;
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

/*
 * Many partitions below the table's location: one listing of it instead of one
 * for each.  False: they are not all below, or two are the same or nested.
 */
static bool
list_together(Work *w)
{
	PdsObjectSet *set = w->set;
	const PdsObjectList *list;
	char	   *bucket;
	char	   *key;
	char	   *base;
	int		   *order;
	int			i;
	size_t		k;

	if (w->table->location == NULL)
		return false;
	parse_location(w->table->location, &bucket, &key);
	base = as_folder(key);
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
	list = pds_cached_listing(w->conn, bucket, base,
							  w->planning ? PDS_PLAN_MAX_OBJECTS : 0, w->cxt);
	for (k = 0; k < list->n; k++)
	{
		int			number = partition_of_key(set, order, list->objects[k].key);

		if (number >= 0)
			add_object(w, &list->objects[k], set->partitions[number].bucket, number,
					   strlen(set->partitions[number].prefix));
	}
	set->truncated = list->truncated;
	set->listed = set->npartitions;
	return true;
}

static void
list_objects(Work *w)
{
	PdsObjectSet *set = w->set;
	int			i;

	if (set->npartitions > 8 && set->npartitions > set->npruned / 4 && list_together(w))
		return;
	for (i = 0; i < set->npartitions; i++)
	{
		if (w->planning &&
			(i >= PDS_PLAN_MAX_LISTINGS || set->nobjects >= PDS_PLAN_MAX_OBJECTS))
		{
			set->truncated = true;
			return;
		}
		CHECK_FOR_INTERRUPTS();
		list_partition(w, i, w->planning ? PDS_PLAN_MAX_OBJECTS : 0);
	}
}

/* ---- key=value folders of a table by hand ---- */

/* the value of key in the folders of path, decoded; NULL: none */
static char *
folder_value(const char *path, const char *name)
{
	size_t		n = strlen(name);
	const char *p = path;

	while (p)
	{
		const char *slash = strchr(p, '/');

		if (slash == NULL)
			return NULL;
		if (pg_strncasecmp(p, name, n) == 0 && p[n] == '=')
		{
			char	   *v = pnstrdup(p + n + 1, slash - p - n - 1);

			v[pds_uri_decode(v, strlen(v), false)] = '\0';
			return v;
		}
		p = slash + 1;
	}
	return NULL;
}

static void
folder_partitions(Work *w)
{
	PdsTable   *t = w->table;
	PdsObjectSet *set = w->set;
	const PdsObjectList *list;
	char	   *bucket;
	char	   *key;
	char	   *base;
	char	   *last_folder = NULL;
	size_t		last_len = 0;
	bool		last_kept = false;
	size_t		i;

	parse_location(t->location, &bucket, &key);
	base = as_folder(key);
	list = pds_cached_listing(w->conn, bucket, base, w->planning ? PDS_PLAN_MAX_OBJECTS : 0,
							  w->cxt);
	set->truncated = list->truncated;
	for (i = 0; i < list->n; i++)
	{
		const PdsObject *o = &list->objects[i];
		const char *slash = strrchr(o->key, '/');
		size_t		folder_len = slash ? slash - o->key + 1 : 0;

		if (folder_len < strlen(base))
			continue;
		/* keys come in order, so the objects of a folder are together */
		if (last_folder == NULL || folder_len != last_len ||
			strncmp(o->key, last_folder, folder_len) != 0)
		{
			PdsPartition *p = add_partition(w);
			char	  **values = palloc(t->nkeys * sizeof(char *));
			int			k;

			last_folder = o->key;
			last_len = folder_len;
			for (k = 0; k < t->nkeys; k++)
			{
				values[k] = folder_value(o->key + strlen(base), t->key_names[k]);
				if (values[k] == NULL)
					break;
			}
			last_kept = false;
			if (k < t->nkeys)
			{
				if (pds_object_hidden(o->key, strlen(base)) || o->size == 0)
					continue;
				ereport(ERROR,
						(errcode(ERRCODE_FDW_ERROR),
						 errmsg("s3://%s/%s is in no folder \"%s=...\"", bucket, o->key,
								t->key_names[k]),
						 errhint("Every object below the location of a table with partition keys lies in key=value folders.")));
			}
			set_keys(w, p, values);
			p->bucket = bucket;
			p->prefix = pnstrdup(o->key, folder_len);
			p->dialect = t->dialect;
			last_kept = keep(w, p);
		}
		if (last_kept)
			add_object(w, o, bucket, set->npartitions - 1, strlen(base));
	}
	set->listed = set->npartitions;
}

PdsObjectSet *
pds_table_objects(PdsTable *t, PdsConnection *conn, const char *expression,
				  PdsPartitionFilter filter, void *arg, bool planning, MemoryContext cxt)
{
	Work		w = {t, conn, filter, arg, planning, cxt, palloc0(sizeof(PdsObjectSet))};

	if (t->nkeys == 0)
	{
		whole_table(&w);
		list_objects(&w);
	}
	else if (t->glue)
	{
		glue_partitions(&w, expression);
		list_objects(&w);
	}
	else
		folder_partitions(&w);
	return w.set;
}
