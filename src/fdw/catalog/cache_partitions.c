/*
 * cache_partitions.c
 *	  Partitions of Glue as they are remembered: small, because there may be a
 *	  hundred thousand of them.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "core/serde/hive_type.h"
#include "fdw/base/no_memory.h"
#include "fdw/catalog/cache.h"
#include "fdw/base/error_map.h"

typedef struct PartitionCollector
{
	PdsPartitionList *list;
	const PdsGlueTable *table;
	bool		failed;			/* out of memory */
} PartitionCollector;

/* ---- freeing ---- */

static void
free_overrides(PdsColumnOverride *d)
{
	int			i;

	for (i = 0; d && d[i].field >= 0; i++)
		free(d[i].type);
	free(d);
}

static void
free_partitions(void *value)
{
	PdsPartitionList *list = value;
	int			i;

	for (i = 0; i < list->n; i++)
	{
		free_overrides(list->items[i]->overrides);
		free(list->items[i]);
	}
	for (i = 0; i < list->nformats; i++)
		pds_storage_descriptor_free(&list->formats[i]);
	free(list->items);
	free(list->formats);
	free(list->index);
	free(list);
}

/* ---- values, once each ---- */

static uint32
hash_values(char *const *values, int n)
{
	uint32		h = 2166136261u;
	int			i;

	for (i = 0; i < n; i++)
	{
		const unsigned char *s = (const unsigned char *) values[i];

		do
			h = (h ^ *s) * 16777619u;
		while (*s++);
	}
	return h;
}

static bool
same_key_values(const PdsCachedPartition *p, char *const *values, int n)
{
	int			i;

	if (p->nvalues != n)
		return false;
	for (i = 0; i < n; i++)
		if (strcmp(p->values[i], values[i]) != 0)
			return false;
	return true;
}

/* where the values are in the index, or would be; the table is never full */
static uint32
find_values(const PdsPartitionList *list, char *const *values, int n)
{
	uint32		at = hash_values(values, n) & (list->index_size - 1);

	while (list->index[at] != 0 &&
		   !same_key_values(list->items[list->index[at] - 1], values, n))
		at = (at + 1) & (list->index_size - 1);
	return at;
}

/* room for one more, in the array and in the index */
static bool
grow_list(PdsPartitionList *list)
{
	int			cap = list->cap ? list->cap * 2 : 64;
	PdsCachedPartition **items;
	uint32	   *index;
	int			i;

	if (list->n < list->cap)
		return true;
	items = realloc(list->items, cap * sizeof(*items));
	if (items == NULL)
		return false;
	list->items = items;
	index = calloc((size_t) cap * 2, sizeof(uint32));
	if (index == NULL)
		return false;
	free(list->index);
	list->index = index;
	list->index_size = (uint32) cap * 2;
	list->cap = cap;
	for (i = 0; i < list->n; i++)
		index[find_values(list, items[i]->values, items[i]->nvalues)] = (uint32) i + 1;
	return true;
}

/* ---- SerDe and format, shared ---- */

static bool
same_declaration(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool
same_format(const PdsStorageDescriptor *a, const PdsStorageDescriptor *b)
{
	int			i;

	if (!same_declaration(a->serde, b->serde) ||
		!same_declaration(a->input_format, b->input_format) ||
		a->serde_parameters.n != b->serde_parameters.n)
		return false;
	for (i = 0; i < a->serde_parameters.n; i++)
		if (!same_declaration(a->serde_parameters.items[i].key, b->serde_parameters.items[i].key) ||
			!same_declaration(a->serde_parameters.items[i].value,
							  b->serde_parameters.items[i].value))
			return false;
	return true;
}

/* the number of the format; a new one takes over what sd holds; -1: out of memory */
static int
find_format(PdsPartitionList *list, PdsStorageDescriptor *sd)
{
	PdsStorageDescriptor *grown;
	int			i;

	for (i = list->nformats - 1; i >= 0; i--)
		if (same_format(&list->formats[i], sd))
			return i;
	grown = realloc(list->formats, (list->nformats + 1) * sizeof(PdsStorageDescriptor));
	if (grown == NULL)
		return -1;
	list->formats = grown;
	memset(&grown[list->nformats], 0, sizeof(PdsStorageDescriptor));
	grown[list->nformats].serde = sd->serde;
	grown[list->nformats].input_format = sd->input_format;
	grown[list->nformats].serde_parameters = sd->serde_parameters;
	sd->serde = sd->input_format = NULL;
	memset(&sd->serde_parameters, 0, sizeof(PdsProperties));
	return list->nformats++;
}

/* ---- collecting ---- */

static char *
put(char **at, const char *text)
{
	char	   *start = *at;
	size_t		n = strlen(text) + 1;

	memcpy(start, text, n);
	*at += n;
	return start;
}

/* one piece of memory; NULL: none */
static PdsCachedPartition *
compact(const PdsGluePartition *p, int format, size_t *bytes)
{
	size_t		size = sizeof(PdsCachedPartition) + p->nvalues * sizeof(char *);
	PdsCachedPartition *c;
	char	   *at;
	int			i;

	for (i = 0; i < p->nvalues; i++)
		size += strlen(p->values[i]) + 1;
	if (p->sd.location)
		size += strlen(p->sd.location) + 1;
	c = malloc(size);
	if (c == NULL)
		return NULL;
	memset(c, 0, sizeof(*c));
	c->format = format;
	c->nvalues = p->nvalues;
	c->values = (char **) (c + 1);
	at = (char *) (c->values + p->nvalues);
	for (i = 0; i < p->nvalues; i++)
		c->values[i] = put(&at, p->values[i]);
	if (p->sd.location)
		c->location = put(&at, p->sd.location);
	*bytes += size + 48;
	return c;
}

/* called from the core: no ereport */
static bool
keep_partition(void *arg, PdsGluePartition *p)
{
	PartitionCollector *c = arg;
	PdsPartitionList *list = c->list;
	PdsCachedPartition *kept = NULL;
	uint32		at;
	int			format;

	if (grow_list(list))
	{
		at = find_values(list, p->values, p->nvalues);
		/* segments that overlap give some twice */
		if (list->index[at] != 0)
		{
			pds_glue_partition_free(p);
			return true;
		}
		format = find_format(list, &p->sd);
		kept = format < 0 ? NULL : compact(p, format, &list->bytes);
		if (kept)
		{
			list->items[list->n++] = kept;
			list->index[at] = (uint32) list->n;
		}
	}
	c->failed = kept == NULL;
	pds_glue_partition_free(p);
	return !c->failed;
}

static const char *
catalog_of(PdsConnection *conn, const PdsGlueTable *t)
{
	return t->catalog_id ? t->catalog_id : conn->options.catalog_id;
}

static PdsAws *
aws_of(PdsConnection *conn, const PdsGlueTable *t)
{
	PdsError	err;
	PdsAws	   *aws = pds_aws_in_region(conn->aws, t->region, &err);

	if (aws == NULL)
		pds_raise(&err);
	return aws;
}

PdsPartitionList *
pds_cached_partitions(PdsConnection *conn, const PdsGlueTable *t, const char *expression,
					  MemoryContext cxt)
{
	char	   *place = psprintf("%s/%s/%s", t->region ? t->region : "",
								 t->catalog_id ? t->catalog_id : "", t->database);
	char	   *key = pds_cache_key(conn, "partitions", place, t->name, expression);
	PdsPartitionList *list = pds_cache_lookup(conn, key, cxt);
	PdsAws	   *aws = aws_of(conn, t);
	PartitionCollector c;
	PdsError	err;
	bool		ok;

	if (list)
		return list;
	list = calloc(1, sizeof(PdsPartitionList));
	if (list == NULL)
		pds_raise_no_memory();
	memset(&c, 0, sizeof(c));
	c.list = list;
	pds_error_clear(&err);
	ok = pds_glue_get_partitions(aws, catalog_of(conn, t), t->database, t->name, expression,
								 conn->options.fetch_concurrency, keep_partition, &c, &err);
	if (ok && c.failed)
		ok = pds_error_oom(&err);
	if (!ok)
	{
		free_partitions(list);
		pds_raise(&err);
	}
	pds_cache_store(conn, key, list, free_partitions,
					1024 + list->bytes + (size_t) list->cap * 16, cxt);
	return list;
}

/* ---- columns ---- */

/* the type of a column of the partition, when it is another one than the table's */
static bool
differs(const char *a, const char *b)
{
	PdsHiveType x;
	PdsHiveType y;
	PdsError	err;
	bool		same;

	if (strcmp(a, b) == 0)
		return false;
	if (!pds_hive_type_parse(a, &x, &err))
		return true;
	same = pds_hive_type_parse(b, &y, &err);
	if (same)
	{
		same = pds_hive_type_equal(&x, &y);
		pds_hive_type_clear(&y);
	}
	pds_hive_type_clear(&x);
	return !same;
}

/* false: out of memory */
static bool
find_overrides(const PdsGlueTable *t, const PdsGluePartition *p, PdsColumnOverride **out)
{
	int			n = Min(t->sd.ncolumns, p->sd.ncolumns);
	PdsColumnOverride *d = NULL;
	int			found = 0;
	int			i;

	for (i = 0; i < n; i++)
	{
		if (!differs(t->sd.columns[i].type, p->sd.columns[i].type))
			continue;
		if (d == NULL && (d = calloc(n + 1, sizeof(PdsColumnOverride))) == NULL)
			return false;
		d[found].field = i;
		d[found].type = strdup(p->sd.columns[i].type);
		d[found + 1].field = -1;
		if (d[found++].type == NULL)
		{
			free_overrides(d);
			return false;
		}
	}
	*out = d;
	return true;
}

/* called from the core: no ereport */
static bool
compare_partition_columns(void *arg, PdsGluePartition *p)
{
	PartitionCollector *c = arg;
	PdsPartitionList *list = c->list;
	uint32		at = find_values(list, p->values, p->nvalues);

	if (list->index[at] != 0)
	{
		PdsCachedPartition *kept = list->items[list->index[at] - 1];

		if (kept->overrides == NULL)
			c->failed = !find_overrides(c->table, p, &kept->overrides);
		kept->checked = true;
	}
	pds_glue_partition_free(p);
	return !c->failed;
}

void
pds_cached_check_schemas(PdsConnection *conn, const PdsGlueTable *t, PdsPartitionList *list,
						 const int *which, int n)
{
	char	   *const **values = palloc(Max(n, 1) * sizeof(char *const *));
	int			nvalues = t->npartition_keys;
	int			todo = 0;
	PartitionCollector c;
	PdsError	err;
	int			i;

	for (i = 0; i < n; i++)
		if (!list->items[which[i]]->checked && list->items[which[i]]->nvalues == nvalues)
			values[todo++] = list->items[which[i]]->values;
	if (todo == 0)
		return;
	memset(&c, 0, sizeof(c));
	c.list = list;
	c.table = t;
	pds_error_clear(&err);
	if (!pds_glue_batch_get_partition(aws_of(conn, t), catalog_of(conn, t), t->database, t->name,
									  values, nvalues, todo, conn->options.fetch_concurrency,
									  compare_partition_columns, &c, &err))
	{
		if (err.kind != PDS_ERR_ACCESS_DENIED)
			pds_raise(&err);
		ereport(WARNING,
				(errmsg("the columns of the partitions of %s.%s were not compared with the table's: %s",
						t->database, t->name, err.message),
				 errhint("Allow glue:BatchGetPartition.")));
	}
	if (c.failed)
		pds_raise_no_memory();
	for (i = 0; i < n; i++)
		list->items[which[i]]->checked = true;
}
