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

#include "core/base/glob.h"
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
		return pstrdup("__HIVE_DEFAULT_PARTITION__");
	text = pnstrdup(folder + name + 1, value);
	text[pds_uri_decode(text, value, false)] = '\0';
	return text;
}

/* ---- what a URI names ---- */

typedef struct Target
{
	const char *prefix;			/* of the listing */
	const char *pattern;		/* NULL: none */
	PdsFiles   *f;
} Target;

static bool
is_target(const Target *t, const char *key)
{
	size_t		n = strlen(t->prefix);

	if (t->pattern)
		return pds_glob_match(t->pattern, key);
	/* "data" is an object or a folder, not also "data2" */
	return n == 0 || t->prefix[n - 1] == '/' || key[n] == '\0' || key[n] == '/';
}

static void
keep_object(Target *t, PdsObject *o)
{
	PdsFiles   *f = t->f;
	bool		archived = pds_object_archived(o);

	/* what was asked for by its name is not hidden by it */
	if ((pds_object_hidden(o->key, strlen(f->base)) &&
		 (t->pattern || strcmp(o->key, t->prefix) != 0)) || o->size == 0 || archived)
	{
		f->nskipped++;
		f->narchived += archived;
		return;
	}
	f->objects[f->n++] = o;
	f->bytes += o->size;
}

PdsFiles *
pds_files_find(PdsConnection *conn, const char *uri, MemoryContext cxt)
{
	MemoryContext old = MemoryContextSwitchTo(cxt);
	PdsFiles   *f = palloc0(sizeof(PdsFiles));
	PdsObjectList *list = palloc0(sizeof(PdsObjectList));
	Target		t = {NULL, NULL, f};
	PdsError	err;
	char	   *key;
	size_t		i;
	bool		exact = false;

	pds_on_reset(cxt, free_file_list, list);
	pds_parse_location(pg_server_to_any(uri, strlen(uri), PG_UTF8), &f->bucket, &key);
	t.prefix = key;
	if (pds_glob_prefix(key) < strlen(key))
	{
		t.pattern = key;
		t.prefix = pnstrdup(key, pds_glob_prefix(key));
	}
	pds_error_clear(&err);
	if (!pds_s3_list(conn->aws, f->bucket, t.prefix, NULL, NULL, 0, list, &err))
		pds_raise(&err);
	for (i = 0; i < list->n && !exact; i++)
		exact = strcmp(list->objects[i].key, key) == 0;
	f->folder = !t.pattern && !exact;
	f->base = t.pattern || exact ? folder_of(t.prefix, strlen(t.prefix)) : pds_as_folder(key);
	f->objects = MemoryContextAllocHuge(cxt, Max(list->n, 1) * sizeof(PdsObject *));
	for (i = 0; i < list->n; i++)
		if (is_target(&t, list->objects[i].key) &&
			(!exact || strcmp(list->objects[i].key, key) == 0))
			keep_object(&t, &list->objects[i]);
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
