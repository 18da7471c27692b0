/*
 * files.c
 *	  Objects that a URI names: one, a folder, a pattern; and the partition
 *	  keys in the names of their folders.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "core/s3/s3_places.h"
#include "core/serde/key_value.h"
#include "fdw/base/error_map.h"
#include "fdw/base/on_reset.h"
#include "fdw/catalog/files.h"
#include "fdw/catalog/objects.h"

static void
free_file_list(void *arg)
{
	pds_object_list_free(arg);
}

/* the folder that a key lies in: "" or ending in '/' */
static char *
folder_of(const char *key, size_t len)
{
	while (len > 0 && key[len - 1] != '/')
		len--;
	return pnstrdup(key, len);
}

/* ---- partition keys ---- */

/* the next folder of path that is key=value; NULL: none.  *path goes on behind it. */
static const char *
next_key(const char **path, size_t *name_len, size_t *value_len)
{
	const char *slash;

	while ((slash = strchr(*path, '/')) != NULL)
	{
		const char *folder = *path;
		const char *eq = memchr(folder, '=', slash - folder);

		*path = slash + 1;
		if (eq && eq > folder)
		{
			*name_len = eq - folder;
			*value_len = slash - eq - 1;
			return folder;
		}
	}
	return NULL;
}

static bool
has_keys(const PdsFiles *f, const char *key)
{
	const char *path = key + strlen(f->base);
	const char *folder;
	size_t		name;
	size_t		value;
	int			i = 0;

	while ((folder = next_key(&path, &name, &value)) != NULL)
	{
		if (i >= f->nkeys || strlen(f->keys[i]) != name ||
			pg_strncasecmp(f->keys[i], folder, name) != 0)
			return false;
		i++;
	}
	return i == f->nkeys;
}

/* The keys are those of the first object; another that has others is odd. */
static void
find_keys(PdsFiles *f)
{
	const char *path;
	const char *folder;
	size_t		name;
	size_t		value;
	int			i;

	if (f->n == 0)
		return;
	f->keys = palloc(strlen(f->objects[0]->key) * sizeof(char *) + sizeof(char *));
	path = f->objects[0]->key + strlen(f->base);
	while ((folder = next_key(&path, &name, &value)) != NULL)
		f->keys[f->nkeys++] = pnstrdup(folder, name);
	for (i = 1; i < f->n && f->odd == NULL; i++)
		if (!has_keys(f, f->objects[i]->key))
			f->odd = f->objects[i]->key;
}

char *
pds_file_key_value(const PdsFiles *f, int object, int key)
{
	const char *path = f->objects[object]->key + strlen(f->base);
	const char *folder = NULL;
	size_t		name = 0;
	size_t		value = 0;
	char	   *text;
	int			i;

	for (i = 0; i <= key; i++)
		folder = next_key(&path, &name, &value);
	if (folder == NULL)
		return pstrdup(PDS_HIVE_NULL_PARTITION);
	text = pnstrdup(folder + name + 1, value);
	text[pds_uri_decode(text, value, false)] = '\0';
	return text;
}

/* ---- what a URI names ---- */

/* Keep an object of a place; named: it is the place itself, which its name does not hide. */
static void
keep_object(PdsFiles *f, PdsObject *o, bool named)
{
	bool		archived = pds_object_archived(o);

	if ((pds_object_hidden(o->key, strlen(f->base)) && !named) || o->size == 0 || archived)
	{
		f->nskipped++;
		f->narchived += archived;
		return;
	}
	f->objects[f->n++] = o;
	f->bytes += o->size;
}

static PdsObjectList *
list_place(PdsConnection *conn, const PdsPlace *p, MemoryContext cxt)
{
	PdsObjectList *list = palloc0(sizeof(PdsObjectList));
	PdsError	err;

	pds_on_reset(cxt, free_file_list, list);
	pds_error_clear(&err);
	if (!pds_s3_list(conn->aws, p->bucket, p->prefix, NULL, NULL, 0, list, &err))
		pds_raise(&err);
	return list;
}

static bool
is_listed(const PdsObjectList *list, const char *key)
{
	size_t		i;

	for (i = 0; i < list->n; i++)
		if (strcmp(list->objects[i].key, key) == 0)
			return true;
	return false;
}

/* The folder that all places lie in: below it names hide objects and give keys. */
static char *
common_folder(const PdsPlaces *places)
{
	const char *first = places->items[0].prefix;
	size_t		n = strlen(first);
	size_t		i;
	size_t		k;

	for (i = 1; i < places->n; i++)
	{
		for (k = 0; k < n && places->items[i].prefix[k] == first[k]; k++)
			;
		n = k;
	}
	return folder_of(first, n);
}

static int
compare_file_keys(const void *a, const void *b)
{
	return strcmp((*(PdsObject *const *) a)->key, (*(PdsObject *const *) b)->key);
}

/* Several places may hold the same object, and are in no order. */
static void
sort_objects(PdsFiles *f)
{
	int			n = 0;
	int			i;

	qsort(f->objects, f->n, sizeof(PdsObject *), compare_file_keys);
	for (i = 0; i < f->n; i++)
	{
		if (n == 0 || strcmp(f->objects[i]->key, f->objects[n - 1]->key) != 0)
			f->objects[n++] = f->objects[i];
		else
			f->bytes -= f->objects[i]->size;
	}
	f->n = n;
}

static void
check_one_bucket(const PdsPlaces *places)
{
	size_t		i;

	for (i = 1; i < places->n; i++)
		if (strcmp(places->items[i].bucket, places->items[0].bucket) != 0)
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("the locations lie in several buckets, %s and %s",
							places->items[0].bucket, places->items[i].bucket),
					 errhint("A foreign table with columns reads such a list.")));
}

PdsFiles *
pds_files_find(PdsConnection *conn, const char *uri, MemoryContext cxt)
{
	MemoryContext old = MemoryContextSwitchTo(cxt);
	PdsFiles   *f = palloc0(sizeof(PdsFiles));
	PdsPlaces  *places = palloc0(sizeof(PdsPlaces));
	PdsObjectList **lists;
	PdsError	err;
	size_t		total = 0;
	size_t		i;
	size_t		k;
	bool		exact;

	if (!pds_places_open(uri, places, cxt, &err))
		pds_raise_argument(&err);
	check_one_bucket(places);
	f->bucket = places->items[0].bucket;
	lists = palloc(places->n * sizeof(PdsObjectList *));
	for (i = 0; i < places->n; i++)
	{
		lists[i] = list_place(conn, &places->items[i], cxt);
		total += lists[i]->n;
	}
	exact = places->items[0].pattern != NULL || is_listed(lists[0], places->items[0].prefix);
	f->folder = places->n == 1 && !exact;
	f->base = f->folder ? pds_as_folder(places->items[0].prefix) : common_folder(places);
	f->objects = MemoryContextAllocHuge(cxt, Max(total, 1) * sizeof(PdsObject *));
	for (i = 0; i < places->n; i++)
	{
		const PdsPlace *p = &places->items[i];

		exact = p->pattern == NULL && is_listed(lists[i], p->prefix);
		for (k = 0; k < lists[i]->n; k++)
		{
			PdsObject  *o = &lists[i]->objects[k];

			if (exact ? strcmp(o->key, p->prefix) == 0 : pds_place_has(p, o->key))
				keep_object(f, o, exact);
		}
	}
	if (places->n > 1)
		sort_objects(f);
	find_keys(f);
	MemoryContextSwitchTo(old);
	return f;
}

PdsFiles *
pds_files_part(const PdsFiles *all, const char *base, int from, int to)
{
	PdsFiles   *f = palloc0(sizeof(PdsFiles));
	int			i;

	f->bucket = all->bucket;
	f->base = pstrdup(base);
	f->objects = all->objects + from;
	f->n = to - from;
	for (i = 0; i < f->n; i++)
		f->bytes += f->objects[i]->size;
	find_keys(f);
	return f;
}

void
pds_files_check(const PdsFiles *f, const char *uri)
{
	if (f->n == 0)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_TABLE_NOT_FOUND),
				 errmsg("there is nothing to read at %s", uri),
				 f->nskipped > 0
				 ? errdetail_plural("%d object there is hidden by its name (beginning with _ or .), empty or archived.",
									"%d objects there are hidden by their names (beginning with _ or .), empty or archived.",
									f->nskipped, f->nskipped) : 0,
				 errhint("It names one object, a folder, or a pattern such as s3://bucket/folder/*.csv.")));
}
