/*
 * partitions.c
 *	  Partitions of a table: the table itself, those Glue has, those its
 *	  properties describe, or key=value folders when it was made by hand.
 *
 * The objects in them are objects.c's business.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "core/glue/projection.h"
#include "core/glue/table_kind.h"
#include "fdw/base/error_map.h"
#include "fdw/base/no_memory.h"
#include "fdw/base/on_reset.h"
#include "fdw/catalog/cache.h"
#include "fdw/catalog/objects.h"
#include "fdw/catalog/projected.h"
#include "fdw/rows/convert.h"

/* ---- partitions ---- */

static PdsPartition *
add_partition(PdsListing *w)
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
set_partition_keys(PdsListing *w, PdsPartition *p, char **values)
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
		if (!pds_key_datum(values[i], &c->hive, c->typid, c->typmod, c->attname,
						   &p->key_datums[i], &p->key_nulls[i]))
			p->bad_keys = bms_add_member(p->bad_keys, c->attnum);
	}
}

/* Keep the partition that add_partition prepared, unless the filter drops it. */
static bool
keep(PdsListing *w, PdsPartition *p)
{
	if (w->pruner && !pds_pruner_keeps(w->pruner, p))
	{
		w->set->npruned++;
		return false;
	}
	w->set->npartitions++;
	return true;
}

/* the table's own location, or each place of one by hand */
static void
whole_table(PdsListing *w)
{
	PdsTable   *t = w->table;
	PdsPartition *p;
	char	   *key;
	size_t		i;

	for (i = 0; i < t->places.n; i++)
	{
		p = add_partition(w);
		p->place = &t->places.items[i];
		p->bucket = p->place->bucket;
		p->prefix = p->place->prefix;
		p->dialect = &t->dialect;
		w->set->npartitions++;
	}
	if (t->places.n > 0)
		return;
	p = add_partition(w);
	pds_parse_location(t->location, &p->bucket, &key);
	p->prefix = pds_as_folder(key);
	p->dialect = &t->dialect;
	w->set->npartitions++;
}

/* ---- Glue's ---- */

/* A partition's own SerDe with the table's parameters (doc/dev/serdes.md §4). */
static void
format_dialect(const PdsTable *t, const PdsStorageDescriptor *format, const char *location,
			   PdsDialect *out)
{
	PdsStorageDescriptor sd = *format;
	PdsError	err;

	*out = t->dialect;
	/* what the options fix holds for every partition */
	if (t->options.any_dialect_option || sd.serde == NULL || t->direct_reason)
		return;
	if (sd.input_format == NULL)
		sd.input_format = t->glue->sd.input_format;
	sd.ncolumns = t->glue->sd.ncolumns;
	pds_error_clear(&err);
	if (!pds_dialect_from_glue(out, &t->glue->parameters, &sd, t->glue->table_type, &err))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("partition %s of Glue table %s.%s cannot be read here: %s",
						location ? location : "without location",
						t->options.database, t->options.table_name, err.message),
				 errhint("SET pds.engine = 'athena' reads the table by Athena.")));
}

void
pds_partition_dialect(const PdsTable *t, const PdsGluePartition *g, PdsDialect *out)
{
	format_dialect(t, &g->sd, g->sd.location, out);
}

/* Would the filter drop a partition with these values?  What that takes is given back. */
static bool
is_partition_wanted(PdsListing *w, char **values, MemoryContext scratch)
{
	MemoryContext old;
	PdsPartition p = {0};
	bool		keeps;

	if (w->pruner == NULL)
		return true;
	old = MemoryContextSwitchTo(scratch);
	set_partition_keys(w, &p, values);
	keeps = pds_pruner_keeps(w->pruner, &p);
	MemoryContextSwitchTo(old);
	MemoryContextReset(scratch);
	return keeps;
}

static void
glue_partition(PdsListing *w, const PdsCachedPartition *g, const PdsDialect *dialect)
{
	PdsPartition *p = add_partition(w);
	char	   *key;

	if (g->location == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_ERROR),
				 errmsg("a partition of Glue table %s.%s has no location",
						w->table->options.database, w->table->options.table_name),
				 errhint("Correct the partition in Glue.")));
	set_partition_keys(w, p, g->values);
	pds_parse_location(g->location, &p->bucket, &key);
	p->prefix = pds_as_folder(key);
	p->dialect = dialect;
	p->overrides = g->overrides;
	w->set->npartitions++;
}

static void
glue_partitions(PdsListing *w, const char *expression)
{
	PdsTable   *t = w->table;
	PdsPartitionList *list = pds_cached_partitions(w->conn, t->glue, expression, w->cxt);
	PdsDialect **dialects = palloc0((list->nformats + 1) * sizeof(PdsDialect *));
	int		   *kept = palloc((list->n + 1) * sizeof(int));
	MemoryContext scratch = AllocSetContextCreate(CurrentMemoryContext, "pds_fdw pruning",
												  ALLOCSET_SMALL_SIZES);
	int			n = 0;
	int			i;

	for (i = 0; i < list->n; i++)
	{
		PdsCachedPartition *g = list->items[i];

		CHECK_FOR_INTERRUPTS();
		if (g->nvalues != t->nkeys)
			ereport(ERROR,
					(errcode(ERRCODE_FDW_ERROR),
					 errmsg_plural("a partition of Glue table %s.%s has %d value",
								   "a partition of Glue table %s.%s has %d values", g->nvalues,
								   t->options.database, t->options.table_name, g->nvalues),
					 errhint("Correct the partition in Glue, where the number of partition keys is %d.",
							 t->nkeys)));
		if (is_partition_wanted(w, g->values, scratch))
			kept[n++] = i;
	}
	w->set->npruned = list->n - n;
	MemoryContextDelete(scratch);
	if (!w->planning)
		pds_cached_check_schemas(w->conn, t->glue, list, kept, n);
	for (i = 0; i < n; i++)
	{
		const PdsCachedPartition *g = list->items[kept[i]];

		CHECK_FOR_INTERRUPTS();
		if (dialects[g->format] == NULL)
		{
			dialects[g->format] = palloc(sizeof(PdsDialect));
			format_dialect(t, &list->formats[g->format], g->location, dialects[g->format]);
		}
		glue_partition(w, g, dialects[g->format]);
	}
	pfree(kept);
}

/* ---- projection ---- */

/* one of each key's values: a partition, unless the conditions drop it */
static void
projected_partition(PdsListing *w, const PdsProjectedKey *keys, const int *chosen,
					PdsStr *location)
{
	PdsTable   *t = w->table;
	PdsPartition *p = add_partition(w);
	const char **folders = palloc(t->nkeys * sizeof(char *));
	char	   *key;
	int			i;

	p->values = palloc(t->nkeys * sizeof(char *));
	p->key_datums = palloc(t->nkeys * sizeof(Datum));
	p->key_nulls = palloc(t->nkeys * sizeof(bool));
	for (i = 0; i < t->nkeys; i++)
	{
		const PdsProjectedValue *v = &keys[i].values[chosen[i]];

		p->values[i] = v->text;
		p->key_datums[i] = v->datum;
		p->key_nulls[i] = v->isnull;
		folders[i] = v->folder;
		if (v->bad)
			p->bad_keys = bms_add_member(p->bad_keys, t->columns[t->key_columns[i]].attnum);
	}
	if (keep(w, p))
	{
		pds_projection_location(t->projection, folders, location);
		if (location->failed)
			pds_raise_no_memory();
		pds_parse_location(pds_str_text(location), &p->bucket, &key);
		p->prefix = pds_as_folder(key);
		p->dialect = &t->dialect;
	}
	pfree(folders);
}

static void
free_location(void *arg)
{
	pds_str_free(arg);
}

/* every combination of the values that the keys may have */
static void
projected_partitions(PdsListing *w)
{
	PdsTable   *t = w->table;
	PdsObjectSet *set = w->set;
	const char *why;
	const char *hint;
	PdsProjectedKey *keys = pds_projected_keys(t, w->pruner, &why, &hint);
	int		   *chosen = palloc0(t->nkeys * sizeof(int));
	PdsStr	   *location;
	double		all = 1;
	int			i;

	if (keys == NULL)
	{
		set->unbounded = why;
		if (w->planning)
			return;
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("foreign table \"%s\" cannot be scanned directly: %s",
						get_rel_name(t->relid), why),
				 errhint("%s", hint)));
	}
	location = palloc0(sizeof(PdsStr));
	pds_on_reset(CurrentMemoryContext, free_location, location);
	set->dense = true;
	for (i = 0; i < t->nkeys; i++)
	{
		set->dense = set->dense && keys[i].contiguous;
		all *= keys[i].count > 0 ? keys[i].count : keys[i].nvalues;
		if (keys[i].nvalues == 0)
			chosen[0] = -1;
	}
	/* like an odometer: the last key turns fastest */
	while (chosen[0] >= 0)
	{
		CHECK_FOR_INTERRUPTS();
		projected_partition(w, keys, chosen, location);
		for (i = t->nkeys - 1; i >= 0 && ++chosen[i] == keys[i].nvalues; i--)
			chosen[i] = i == 0 ? -1 : 0;
	}
	set->npruned = (int64) Min(Max(all - set->npartitions, 0), 1e18);
}

/* ---- key=value folders of a table by hand ---- */

/* the value of key in the folders of path, decoded; NULL: none */
static char *
folder_key_value(const char *path, const char *name)
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

/* Begin a partition with the folder that the key lies in; false: nothing of it is wanted. */
static bool
begin_folder(PdsListing *w, const PdsPlace *place, const PdsObject *o, size_t folder_len)
{
	PdsTable   *t = w->table;
	size_t		named = w->now.named;
	PdsPartition *p = add_partition(w);
	char	  **values = palloc(t->nkeys * sizeof(char *));
	int			k;

	for (k = 0; k < t->nkeys; k++)
	{
		values[k] = folder_key_value(o->key + named, t->key_names[k]);
		if (values[k] == NULL)
			break;
	}
	if (k < t->nkeys)
	{
		if (pds_object_hidden(o->key, named) || o->size == 0)
			return false;
		ereport(ERROR,
				(errcode(ERRCODE_FDW_ERROR),
				 errmsg("s3://%s/%s is in no folder \"%s=...\"", place->bucket, o->key,
						t->key_names[k]),
				 errhint("Every object below the location of a table with partition keys lies in key=value folders.")));
	}
	set_partition_keys(w, p, values);
	p->bucket = place->bucket;
	p->prefix = pnstrdup(o->key, folder_len);
	p->dialect = &t->dialect;
	return keep(w, p);
}

/* a PdsAddObjectFn */
static void
add_object_of_folder(PdsListing *w, const PdsObject *o)
{
	PdsObjectSet *set = w->set;
	const PdsPlace *place = &w->table->places.items[w->now.number];
	const char *slash = strrchr(o->key, '/');
	size_t		named = w->now.named;
	size_t		folder_len = slash ? slash - o->key + 1 : 0;

	if (folder_len < named || (place->pattern && !pds_place_has(place, o->key)))
		return;
	/* keys come in order, so the objects of a folder are together */
	if (w->folder_place != w->now.number || folder_len != (size_t) w->folder.len ||
		memcmp(o->key, w->folder.data, folder_len) != 0)
	{
		w->folder_place = w->now.number;
		resetStringInfo(&w->folder);
		appendBinaryStringInfo(&w->folder, o->key, (int) folder_len);
		w->folder_kept = begin_folder(w, place, o, folder_len);
	}
	if (w->folder_kept)
		pds_add_object(w, o, place->bucket, set->npartitions - 1, named);
	else if (!pds_object_hidden(o->key, named))
		set->bytes_dropped += o->size;
}

/* ---- places that hold nothing ---- */

static void
find_empty_places(PdsListing *w)
{
	PdsObjectSet *set = w->set;
	int			i;

	if (w->pruner || set->narchived > 0 || set->truncated || w->table->places.n == 0)
		return;
	if (w->table->nkeys > 0)
	{
		if (set->ngiven + set->nobjects == 0)
			set->empty_places = bms_make_singleton(0);
		return;
	}
	for (i = 0; i < set->npartitions; i++)
		if (!set->partitions[i].has_objects)
			set->empty_places = bms_add_member(set->empty_places, i);
}

void
pds_warn_of_empty_places(const PdsTable *t, const PdsObjectSet *set)
{
	int			i = -1;

	while ((i = bms_next_member(set->empty_places, i)) >= 0)
	{
		const PdsPlace *p = &t->places.items[i];
		const char *key = p->pattern ? p->pattern : p->prefix;

		ereport(WARNING,
				(errmsg("there is nothing to read at s3://%s/%s, the location of foreign table \"%s\"",
						p->bucket, pg_any_to_server(key, strlen(key), PG_UTF8),
						get_rel_name(t->relid)),
				 set->nskipped > 0
				 ? errdetail_plural("%d object is hidden by its name (beginning with _ or .), or empty.",
									"%d objects are hidden by their names (beginning with _ or .), or empty.",
									(int) set->nskipped, (int) set->nskipped) : 0));
	}
}

/* ---- values that no type holds ---- */

static char *
partition_text(const PdsTable *t, const PdsPartition *p)
{
	StringInfoData s;
	int			i;

	initStringInfo(&s);
	for (i = 0; i < t->nkeys; i++)
		appendStringInfo(&s, "%s%s=%s", i ? "/" : "", t->key_names[i], p->values[i]);
	return s.data;
}

PDS_NORETURN static void refuse_key_value(const PdsTable *t, const PdsPartition *p);

static void
refuse_key_value(const PdsTable *t, const PdsPartition *p)
{
	const PdsColumn *c;
	const char *hint = t->projection ? "Correct the table's projection properties in Glue"
		: t->glue ? "Correct the partition in Glue"
		: "Rename the folder, or declare the column as text";
	int			i = 0;

	while (t->key_columns[i] < 0 ||
		   !bms_is_member(t->columns[t->key_columns[i]].attnum, p->bad_keys))
		i++;
	c = &t->columns[t->key_columns[i]];
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
			 errmsg("invalid value \"%s\" of partition key \"%s\" of foreign table \"%s\"",
					p->values[i], c->attname, get_rel_name(t->relid)),
			 errdetail("The type %s does not hold the value of partition %s (s3://%s/%s).",
					   t->glue ? t->glue->partition_keys[i].type
					   : format_type_with_typemod(c->typid, c->typmod), partition_text(t, p),
					   p->bucket, p->prefix),
			 errhint("%s%s.  A query that leaves the partition out by conditions on its keys is not affected.",
					 hint, t->glue ? ": Athena refuses it, too" : "")));
}

void
pds_check_key_values(const PdsTable *t, PdsObjectSet *set)
{
	for (; set->nchecked < set->npartitions; set->nchecked++)
		if (set->partitions[set->nchecked].bad_keys)
			refuse_key_value(t, &set->partitions[set->nchecked]);
}

/* ---- all of it ---- */

PdsListing *
pds_listing_open(PdsTable *t, PdsConnection *conn, const char *expression, PdsPruner *pruner,
				 bool planning, MemoryContext cxt)
{
	MemoryContext old = MemoryContextSwitchTo(cxt);
	PdsListing *w = palloc0(sizeof(PdsListing));

	w->table = t;
	w->conn = conn;
	w->pruner = pruner;
	w->planning = planning;
	w->cxt = cxt;
	w->set = palloc0(sizeof(PdsObjectSet));
	if (t->nkeys == 0)
		whole_table(w);
	else if (t->projection)
		projected_partitions(w);
	else if (t->glue)
		glue_partitions(w, expression);
	if (t->nkeys == 0 || t->glue)
		pds_list_objects(w);
	else
		pds_list_folders(w, add_object_of_folder);
	MemoryContextSwitchTo(old);
	return w;
}

PdsObjectSet *
pds_listing_set(PdsListing *w)
{
	return w->set;
}

static void
end_listing(PdsListing *w)
{
	const PdsTable *t = w->table;

	if (w->folders)
		w->set->listed = w->set->npartitions;
	find_empty_places(w);
	/* of places that are apart some objects may have been taken already */
	if (!pds_places_apart(&t->places))
		pds_drop_twice_listed(w->set);
	w->set->all_listed = (t->glue == NULL || t->nkeys == 0) && !w->set->truncated &&
		(w->pruner == NULL || w->pruner->path_prefix == NULL);
}

bool
pds_listing_next(PdsListing *w, MemoryContext objects_cxt)
{
	MemoryContext old = MemoryContextSwitchTo(w->cxt);
	bool		more;

	w->objects_cxt = objects_cxt;
	more = pds_listing_step(w);
	if (!more)
		end_listing(w);
	MemoryContextSwitchTo(old);
	return more;
}

PdsObjectSet *
pds_table_objects(PdsTable *t, PdsConnection *conn, const char *expression,
				  PdsPruner *pruner, bool planning, MemoryContext cxt)
{
	PdsListing *w = pds_listing_open(t, conn, expression, pruner, planning, cxt);

	while (pds_listing_next(w, cxt))
		;
	return w->set;
}
