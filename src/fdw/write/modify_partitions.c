/*
 * modify_partitions.c
 *	  Which partition a row goes to: key=value folders, and what Glue has
 *	  registered.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "core/glue/hive_path.h"
#include "core/glue/projection.h"
#include "core/serde/key_value.h"
#include "fdw/base/no_memory.h"
#include "fdw/catalog/cache.h"
#include "fdw/rows/convert.h"
#include "fdw/write/modify.h"
#include "fdw/catalog/objects.h"

/* a folder may be as long as a key of S3 */
#define FOLDER_BYTES 1024

typedef struct FolderEntry
{
	char		folder[FOLDER_BYTES];	/* the hash key, as a string */
	PdsRowDest	dest;
	const PdsGluePartition *partition;
} FolderEntry;

static HTAB *
folder_table(PdsModify *m, const char *name)
{
	HASHCTL		ctl;

	memset(&ctl, 0, sizeof(ctl));
	ctl.keysize = FOLDER_BYTES;
	ctl.entrysize = sizeof(FolderEntry);
	ctl.hcxt = m->cxt;
	return hash_create(name, 64, &ctl, HASH_ELEM | HASH_STRINGS | HASH_CONTEXT);
}

void
pds_modify_init_partitions(PdsModify *m)
{
	const PdsTable *t = m->table;
	PdsDialect	d;
	int			i;

	m->options.one_of_many = true;
	m->keys = palloc(t->nkeys * sizeof(PdsOutColumn));
	for (i = 0; i < t->nkeys; i++)
	{
		const PdsColumn *c;

		if (t->key_columns[i] < 0)
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("foreign table \"%s\" has no column for the partition key \"%s\"",
							get_rel_name(t->relid), t->key_names[i]),
					 errhint("SELECT pds.refresh_table(%s) adds it.",
							 quote_literal_cstr(pds_quoted_relation(t->relid)))));
		c = &t->columns[t->key_columns[i]];
		pds_out_column_init(&m->keys[i], PDS_FORMAT_LAZYSIMPLE, c->typid, c->typmod,
							c->hive_known ? &c->hive : NULL, c->attname, t->key_columns[i]);
		if (m->keys[i].kind == PDS_OUT_NESTED)
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("partition key \"%s\" has a nested type", c->attname)));
	}
	pds_dialect_init(&d, PDS_FORMAT_LAZYSIMPLE);
	m->key_writer = pds_row_writer_create(&d, t->nkeys, m->keys, PG_UTF8, "a partition");
	m->dests = folder_table(m, "pds_fdw destinations");
}

/* ---- folders ---- */

/* A value as Glue keeps it; what would be read back as something else is refused. */
static const char *
partition_key_text(PdsModify *m, int key, Datum value, bool isnull)
{
	const PdsOutColumn *c = &m->keys[key];
	const char *text;
	const char *p;

	if (isnull)
		return PDS_HIVE_NULL_PARTITION;
	m->key_writer->row = m->row;
	text = pds_out_text(m->key_writer, c, value);
	if (text[0] == '\0' || strcmp(text, "\\N") == 0 || strcmp(text, PDS_HIVE_NULL_PARTITION) == 0)
		pds_out_refuse(m->key_writer, c,
					   psprintf("is \"%s\", which a partition key reads as NULL", text),
					   "Write NULL, or another value.");
	for (p = text; *p; p++)
		if ((unsigned char) *p < ' ' || *p == 0x7F)
			pds_out_refuse(m->key_writer, c,
						   "has a control character, which a partition key cannot hold", NULL);
	return text;
}

static void
append_folder(PdsModify *m, PdsStr *folder, int key, const char *text)
{
	if (key > 0)
		pds_str_append_c(folder, '/');
	pds_hive_escape(folder, m->table->key_names[key]);
	pds_str_append_c(folder, '=');
	pds_hive_escape(folder, text);
}

static void
copy_folder(PdsModify *m, PdsStr *folder, char out[FOLDER_BYTES])
{
	if (folder->failed || folder->len >= FOLDER_BYTES - 100)
	{
		bool		failed = folder->failed;

		pds_str_free(folder);
		if (failed)
			pds_raise_no_memory();
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("the partition keys of row " INT64_FORMAT " are longer than a key in S3 can be",
						m->row)));
	}
	memset(out, 0, FOLDER_BYTES);
	memcpy(out, pds_str_text(folder), folder->len);
	pds_str_free(folder);
}

/* ---- partitions that Glue has ---- */

/* by their values as this table would write them: "01" and "1" are the same integer */
static void
add_registered(PdsModify *m, const PdsGluePartition *g)
{
	const PdsTable *t = m->table;
	const char **texts;
	char		folder[FOLDER_BYTES];
	PdsStr		path;
	FolderEntry *e;
	bool		found;
	int			i;

	if (g->nvalues != t->nkeys || g->sd.location == NULL)
		return;
	texts = palloc(t->nkeys * sizeof(char *));
	for (i = 0; i < t->nkeys; i++)
	{
		const PdsColumn *c = &t->columns[t->key_columns[i]];
		bool		isnull;
		Datum		v;

		/* no row of this table can belong there */
		if (!pds_key_datum(g->values[i], &c->hive, c->typid, c->typmod, c->attname, &v, &isnull))
			return;
		texts[i] = isnull ? PDS_HIVE_NULL_PARTITION
			: pstrdup(pds_out_text(m->key_writer, &m->keys[i], v));
	}
	pds_str_init(&path);
	for (i = 0; i < t->nkeys; i++)
		append_folder(m, &path, i, texts[i]);
	copy_folder(m, &path, folder);
	e = hash_search(m->registered, folder, HASH_ENTER, &found);
	if (!found)
		e->partition = g;
}

static void
load_registered(PdsModify *m)
{
	const PdsTable *t = m->table;
	PdsPartitionList *list;
	PdsGluePartition *parts;
	MemoryContext scratch;
	MemoryContext old;
	int			i;

	m->registered = folder_table(m, "pds_fdw registered partitions");
	list = pds_cached_partitions(pds_target_connection(m->target), t->glue, NULL, m->cxt);
	parts = MemoryContextAllocHuge(m->cxt, (Size) (list->n + 1) * sizeof(PdsGluePartition));
	scratch = AllocSetContextCreate(m->cxt, "pds_fdw partition values", ALLOCSET_DEFAULT_SIZES);
	old = MemoryContextSwitchTo(scratch);
	for (i = 0; i < list->n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		/* borrowed from the list, which m->cxt pins */
		memset(&parts[i], 0, sizeof(PdsGluePartition));
		parts[i].values = list->items[i]->values;
		parts[i].nvalues = list->items[i]->nvalues;
		parts[i].sd = list->formats[list->items[i]->format];
		parts[i].sd.location = list->items[i]->location;
		add_registered(m, &parts[i]);
		MemoryContextReset(scratch);
	}
	MemoryContextSwitchTo(old);
	MemoryContextDelete(scratch);
}

static void
registered_dest(PdsModify *m, const PdsGluePartition *g, PdsWriteDestOptions *o,
				PdsDialect *dialect)
{
	char	   *bucket;
	char	   *key;

	pds_parse_location(g->sd.location, &bucket, &key);
	o->bucket = bucket;
	o->prefix = pds_as_folder(key);
	pds_partition_dialect(m->table, g, dialect);
}

/* ---- projected partitions ---- */

/* values that are compared one by one where the projection cannot tell by itself */
#define WALKED_VALUES 100000

/* Zeros in front make no other integer. */
static int64
find_padded(const PdsProjection *p, int key, const char *text)
{
	const char *digits = text + (*text == '-');
	int			width;

	for (width = (int) strlen(digits) + 1; width <= 20; width++)
	{
		char	   *padded = psprintf("%s%0*d%s", *text == '-' ? "-" : "",
									  width - (int) strlen(digits), 0, digits);
		int64		n = pds_projection_find(p, key, padded);

		if (n >= 0)
			return n;
	}
	return -1;
}

/* the value whose text, typed, is the same */
static int64
find_by_walk(PdsModify *m, int key, const char *text)
{
	const PdsTable *t = m->table;
	const PdsColumn *c = &t->columns[t->key_columns[key]];
	int64		count = pds_projection_count(t->projection, key);
	PdsStr		value;
	PdsStr		folder;
	int64		found = -1;
	int64		n;

	pds_str_init(&value);
	pds_str_init(&folder);
	for (n = 0; n < count && n < WALKED_VALUES && found < 0; n++)
	{
		bool		isnull;
		Datum		v;

		pds_projection_value(t->projection, key, n, &value, &folder);
		if (pds_key_datum(pds_str_text(&value), &c->hive, c->typid, c->typmod, c->attname, &v,
						  &isnull) &&
			!isnull && strcmp(pds_out_text(m->key_writer, &m->keys[key], v), text) == 0)
			found = n;
	}
	pds_str_free(&value);
	pds_str_free(&folder);
	return found;
}

/* what stands for the value in the location */
static const char *
projected_folder(PdsModify *m, int key, const char *text)
{
	const PdsTable *t = m->table;
	const PdsProjection *p = t->projection;
	PdsProjectionKind kind = pds_projection_kind(p, key);
	PdsStr		value;
	PdsStr		folder;
	const char *result;
	int64		n;

	if (kind == PDS_PROJECTION_INJECTED)
		return text;
	n = pds_projection_find(p, key, text);
	if (n < 0 && kind == PDS_PROJECTION_INTEGER && m->keys[key].kind == PDS_OUT_INT)
		n = find_padded(p, key, text);
	else if (n < 0 && m->keys[key].kind != PDS_OUT_TEXT)
		n = find_by_walk(m, key, text);
	else if (n == -2)
		n = find_by_walk(m, key, text);
	if (n < 0)
		pds_out_refuse(m->key_writer, &m->keys[key],
					   psprintf("is \"%s\", which is none of the projected values", text),
					   "Change the range or the values of the key's projection in the table's properties.");
	pds_str_init(&value);
	pds_str_init(&folder);
	pds_projection_value(p, key, n, &value, &folder);
	result = pstrdup(pds_str_text(&folder));
	pds_str_free(&value);
	pds_str_free(&folder);
	return result;
}

static void
projected_dest(PdsModify *m, char **values, PdsWriteDestOptions *o)
{
	const PdsTable *t = m->table;
	const char **folders = palloc(t->nkeys * sizeof(char *));
	PdsStr		location;
	char	   *bucket;
	char	   *key;
	char	   *text;
	int			i;

	for (i = 0; i < t->nkeys; i++)
		folders[i] = projected_folder(m, i, values[i]);
	pds_str_init(&location);
	pds_projection_location(t->projection, folders, &location);
	text = pstrdup(pds_str_text(&location));
	pds_str_free(&location);
	pds_parse_location(text, &bucket, &key);
	o->bucket = bucket;
	o->prefix = pds_as_folder(key);
}

/* Keys have parsers of their own: the text must give the value it was made of. */
static void
check_keys_readable(PdsModify *m, char *const *values)
{
	const PdsTable *t = m->table;
	int			i;

	for (i = 0; i < t->nkeys; i++)
	{
		const PdsColumn *c = &t->columns[t->key_columns[i]];
		bool		isnull;
		Datum		v = pds_convert_partition_value(values[i], &c->hive, c->typid, c->typmod,
													c->attname, &isnull);

		if (!isnull && strcmp(pds_out_text(m->key_writer, &m->keys[i], v), values[i]) != 0)
			pds_out_refuse(m->key_writer, &m->keys[i],
						   psprintf("is \"%s\", which a partition key reads as \"%s\"", values[i],
									pds_out_text(m->key_writer, &m->keys[i], v)),
						   "Use another value.");
	}
}

/* a partition that is met for the first time */
static void
new_dest(PdsModify *m, const char *folder, char **values, PdsRowDest *dest)
{
	const PdsTable *t = m->table;
	PdsWriteDestOptions o = m->options;
	PdsDialect	dialect = t->dialect;
	FolderEntry *e = NULL;

	check_keys_readable(m, values);
	if (t->glue && t->projection == NULL)
	{
		if (m->registered == NULL)
			load_registered(m);
		e = hash_search(m->registered, folder, HASH_FIND, NULL);
	}
	if (t->projection)
		projected_dest(m, values, &o);
	else if (e)
		registered_dest(m, e->partition, &o, &dialect);
	else
	{
		o.bucket = m->bucket;
		o.prefix = psprintf("%s%s/", m->prefix, folder);
		if (t->glue)
		{
			o.values = values;
			o.nvalues = t->nkeys;
		}
	}
	pds_modify_dest(m, &dialect, &o, dest);
}

PdsRowDest *
pds_modify_partition(PdsModify *m, const Datum *values, const bool *nulls)
{
	const PdsTable *t = m->table;
	MemoryContext old = MemoryContextSwitchTo(m->key_writer->row_cxt);
	char	  **texts = palloc(t->nkeys * sizeof(char *));
	char		folder[FOLDER_BYTES];
	PdsStr		path;
	FolderEntry *e;
	int			i;

	for (i = 0; i < t->nkeys; i++)
		texts[i] = pstrdup(partition_key_text(m, i, values[m->keys[i].attno],
											  nulls[m->keys[i].attno]));
	pds_str_init(&path);
	for (i = 0; i < t->nkeys; i++)
		append_folder(m, &path, i, texts[i]);
	copy_folder(m, &path, folder);
	e = hash_search(m->dests, folder, HASH_FIND, NULL);
	if (e == NULL)
	{
		PdsRowDest	dest;

		new_dest(m, folder, texts, &dest);
		e = hash_search(m->dests, folder, HASH_ENTER, NULL);
		e->dest = dest;
	}
	MemoryContextSwitchTo(old);
	MemoryContextReset(m->key_writer->row_cxt);
	return &e->dest;
}
