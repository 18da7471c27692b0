/*
 * partition_functions.c
 *	  SQL functions about partitions in the Glue catalog: list, add, drop, and
 *	  find those that S3 has and the catalog lacks.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "core/glue/glue_write.h"
#include "core/glue/hive_path.h"
#include "core/s3/s3.h"
#include "core/serde/key_value.h"
#include "fdw/base/error_map.h"
#include "fdw/base/no_memory.h"
#include "fdw/catalog/objects.h"
#include "fdw/base/on_reset.h"
#include "sql/base/functions.h"
#include "sql/base/glue_args.h"
#include "sql/glue/glue_functions.h"

PG_FUNCTION_INFO_V1(pds_partitions);
PG_FUNCTION_INFO_V1(pds_add_partitions);
PG_FUNCTION_INFO_V1(pds_drop_partitions);
PG_FUNCTION_INFO_V1(pds_repair_table);

/* ---- partitions of the catalog ---- */

static void
free_partition(void *item)
{
	pds_glue_partition_free(item);
}

typedef struct Listing
{
	PdsFound   *found;
	int			nkeys;
} Listing;

static bool
one_partition(void *arg, PdsGluePartition *p)
{
	Listing    *l = arg;

	/* what has no value for each key cannot be named */
	if (p->nvalues != l->nkeys)
	{
		pds_glue_partition_free(p);
		return true;
	}
	return pds_found_add(l->found, p);
}

PdsFound *
pds_list_partitions(PdsConnection *conn, const PdsGlueTable *t, const char *expression)
{
	Listing		l;
	PdsError	err;
	bool		ok;

	l.found = pds_found_new(free_partition, -1);
	l.nkeys = t->npartition_keys;
	pds_error_clear(&err);
	ok = pds_glue_get_partitions_strict(conn->aws, conn->options.catalog_id, t->database,
										t->name, expression, one_partition, &l, &err);
	if (!ok && expression && err.kind == PDS_ERR_INVALID_REQUEST)
		pds_error_hint(&err, "Glue takes comparisons of keys with literals, as in: year = '2024' AND month IN ('01', '02').");
	pds_found_check(l.found, ok, &err);
	return l.found;
}

PdsPartitionInput *
pds_partition_inputs(const PdsFound *partitions)
{
	PdsPartitionInput *inputs = palloc(Max(partitions->n, 1) * sizeof(PdsPartitionInput));
	int			i;

	for (i = 0; i < partitions->n; i++)
	{
		const PdsGluePartition *p = partitions->items[i];

		inputs[i].values = p->values;
		inputs[i].location = p->sd.location;
	}
	return inputs;
}

static PdsGlueTable *
partitioned_table(FunctionCallInfo fcinfo, PdsConnection *conn)
{
	char	   *database = pds_required_arg(fcinfo, 1, "database");
	char	   *name = pds_required_arg(fcinfo, 2, "table_name");
	PdsGlueTable *t = pds_catalog_table(conn, database, name, false);

	if (t->npartition_keys == 0)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("table \"%s\" of the catalog is not partitioned", pds_from_utf8(name))));
	return t;
}

/* "year=2024/month=01" */
static char *
partition_name(const PdsGlueTable *t, char *const *values)
{
	PdsStr		path;
	char	   *copy;

	pds_str_init(&path);
	pds_hive_path_append(&path, t->partition_keys, t->npartition_keys, values);
	if (path.failed)
	{
		pds_str_free(&path);
		pds_raise_no_memory();
	}
	copy = pnstrdup(path.data, path.len - 1);
	pds_str_free(&path);
	return copy;
}

/* the table's location with a slash at its end */
static char *
base_location(const PdsGlueTable *t)
{
	if (t->sd.location == NULL || t->sd.location[0] == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("table \"%s\" of the catalog has no location", pds_from_utf8(t->name))));
	return psprintf("%s%s", t->sd.location,
					pds_str_has_suffix(t->sd.location, "/") ? "" : "/");
}

/*
 * partitions(server, database, table_name, expression): partition,
 * partition_values, location, parameters
 */
Datum
pds_partitions(PG_FUNCTION_ARGS)
{
	PdsConnection *conn = pds_catalog_reader(fcinfo);
	PdsResult	result;
	PdsGlueTable *t;
	PdsFound   *f;
	int			i;

	pds_result_begin(fcinfo, &result);
	t = partitioned_table(fcinfo, conn);
	f = pds_list_partitions(conn, t, pds_text_arg(fcinfo, 3));
	for (i = 0; i < f->n; i++)
	{
		const PdsGluePartition *p = f->items[i];
		Datum		values[4];
		bool		nulls[4] = {false};

		CHECK_FOR_INTERRUPTS();
		values[0] = pds_text_datum(partition_name(t, p->values), &nulls[0]);
		values[1] = pds_text_array_datum(p->values, p->nvalues);
		values[2] = pds_text_datum(p->sd.location, &nulls[2]);
		values[3] = pds_properties_datum(&p->parameters);
		pds_result_row(&result, lengthof(values), values, nulls);
	}
	return (Datum) 0;
}

/* ---- given values ---- */

/*
 * A text[] of partitions: a row of a two-dimensional array is one; of a one-dimensional array
 * each element where the table has one key, else all of it.  NULL and '' are Hive's.
 */
static PdsPartitionInput *
given_partitions(FunctionCallInfo fcinfo, int arg, const PdsGlueTable *t, int *n)
{
	ArrayType  *array;
	PdsPartitionInput *parts;
	char	  **values;
	int			nvalues;
	int			nkeys = t->npartition_keys;
	int			i;

	if (PG_ARGISNULL(arg))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("argument \"partition_values\" must not be null")));
	array = PG_GETARG_ARRAYTYPE_P(arg);
	values = pds_array_arg(array, &nvalues);
	if (nvalues % nkeys != 0 || (ARR_NDIM(array) == 2 && ARR_DIMS(array)[1] != nkeys) ||
		(ARR_NDIM(array) == 1 && nkeys > 1 && nvalues != nkeys) || ARR_NDIM(array) > 2)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg_plural("argument \"partition_values\" does not hold %d value for each partition",
							   "argument \"partition_values\" does not hold %d values for each partition",
							   nkeys, nkeys),
				 errhint("Partition keys of table \"%s\": %d.  Write ARRAY[['2024', '01'], ['2024', '02']] for two keys, one row for each partition.",
						 pds_from_utf8(t->name), nkeys)));
	for (i = 0; i < nvalues; i++)
		if (values[i] == NULL || values[i][0] == '\0')
			values[i] = PDS_HIVE_NULL_PARTITION;
	*n = nvalues / nkeys;
	parts = palloc0(Max(*n, 1) * sizeof(PdsPartitionInput));
	for (i = 0; i < *n; i++)
		parts[i].values = values + i * nkeys;
	return parts;
}

/* add_partitions(server, database, table_name, partition_values, locations): how many are new */
Datum
pds_add_partitions(PG_FUNCTION_ARGS)
{
	PdsConnection *conn = pds_catalog_writer(fcinfo, "pds.add_partitions");
	PdsGlueTable *t = partitioned_table(fcinfo, conn);
	PdsPartitionInput *parts;
	char	  **locations = NULL;
	int			nlocations = 0;
	int			n;
	int			created;
	int			i;
	PdsError	err;
	bool		ok;

	parts = given_partitions(fcinfo, 3, t, &n);
	if (!PG_ARGISNULL(4))
	{
		locations = pds_array_arg(PG_GETARG_ARRAYTYPE_P(4), &nlocations);
		if (nlocations != n)
			ereport(ERROR,
					(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
					 errmsg_plural("argument \"locations\" holds %d location, and the number of partitions is %d",
								   "argument \"locations\" holds %d locations, and the number of partitions is %d",
								   nlocations, nlocations, n)));
	}
	pds_error_clear(&err);
	for (i = 0; i < n; i++)
	{
		char	   *bucket;
		char	   *key;

		if (locations == NULL || locations[i] == NULL)
		{
			parts[i].location = psprintf("%s%s/", base_location(t),
										 partition_name(t, parts[i].values));
			continue;
		}
		parts[i].location = locations[i];
		pds_location_arg(locations[i], &bucket, &key);
	}
	ok = pds_glue_create_partitions(conn->aws, conn->options.catalog_id, t, parts, n, &created,
									&err);
	pds_catalog_changed(ok, &err);
	PG_RETURN_INT32(created);
}

/* drop_partitions(server, database, table_name, partition_values): how many there were */
Datum
pds_drop_partitions(PG_FUNCTION_ARGS)
{
	PdsConnection *conn = pds_catalog_writer(fcinfo, "pds.drop_partitions");
	PdsGlueTable *t = partitioned_table(fcinfo, conn);
	PdsPartitionInput *parts;
	int			n;
	int			deleted;
	PdsError	err;
	bool		ok;

	parts = given_partitions(fcinfo, 3, t, &n);
	pds_error_clear(&err);
	ok = pds_glue_delete_partitions(conn->aws, conn->options.catalog_id, t->database, t->name,
									t->npartition_keys, parts, n, &deleted, &err);
	pds_catalog_changed(ok, &err);
	PG_RETURN_INT32(deleted);
}

/* ---- repair ---- */

typedef struct Repair
{
	PdsConnection *conn;
	const PdsGlueTable *t;
	char	   *bucket;
	PdsPartitionInput *parts;	/* found in S3 */
	int			n;
	int			cap;
	int			strange;		/* folders with other names */
	char	   *one_strange;
	const char *wanted_key;		/* of its level */
} Repair;

static const char *
last_component(const char *prefix, size_t *len)
{
	const char *end = prefix + strlen(prefix);
	const char *p;

	if (end > prefix && end[-1] == '/')
		end--;
	for (p = end; p > prefix && p[-1] != '/'; p--)
		;
	*len = end - p;
	return p;
}

static void
add_found(Repair *r, char **values, const char *prefix)
{
	if (r->n == r->cap)
	{
		r->cap = Max(64, 2 * r->cap);
		r->parts = r->parts == NULL ? palloc(r->cap * sizeof(PdsPartitionInput)) :
			repalloc(r->parts, r->cap * sizeof(PdsPartitionInput));
	}
	r->parts[r->n].values = palloc(r->t->npartition_keys * sizeof(char *));
	memcpy(r->parts[r->n].values, values, r->t->npartition_keys * sizeof(char *));
	r->parts[r->n++].location = psprintf("s3://%s/%s", r->bucket, prefix);
}

/* palloc'd value of a folder key=value; NULL: another name */
static char *
partition_folder_value(Repair *r, const char *folder, size_t len, int level)
{
	char	   *value;
	char	   *copy;

	if (!pds_hive_path_value(folder, len, r->t->partition_keys[level].name, &value))
		pds_raise_no_memory();
	if (value == NULL)
	{
		/* folders that Athena hides are nothing to wonder about */
		if (folder[0] != '_' && folder[0] != '.' && r->strange++ == 0)
		{
			r->one_strange = pnstrdup(folder, len);
			r->wanted_key = r->t->partition_keys[level].name;
		}
		return NULL;
	}
	copy = pstrdup(value);
	free(value);
	return copy;
}

static void
free_partition_list(void *arg)
{
	pds_object_list_free(arg);
}

/* the folders below prefix, which stand for the key of this level */
static void
walk(Repair *r, const char *prefix, char **values, int level)
{
	PdsObjectList *list = palloc0(sizeof(PdsObjectList));
	PdsError	err;
	size_t		i;

	pds_on_reset(CurrentMemoryContext, free_partition_list, list);
	pds_error_clear(&err);
	if (!pds_s3_list(r->conn->aws, r->bucket, prefix, "/", NULL, 0, list, &err))
		pds_raise(&err);
	for (i = 0; i < list->nprefixes; i++)
	{
		size_t		len;
		const char *folder = last_component(list->prefixes[i], &len);

		CHECK_FOR_INTERRUPTS();
		values[level] = partition_folder_value(r, folder, len, level);
		if (values[level] == NULL)
			continue;
		if (level + 1 < r->t->npartition_keys)
			walk(r, list->prefixes[i], values, level + 1);
		else
			add_found(r, values, list->prefixes[i]);
	}
}

static int
compare_values(const void *a, const void *b, void *arg)
{
	char	  **x = ((const PdsPartitionInput *) a)->values;
	char	  **y = ((const PdsPartitionInput *) b)->values;
	int			nkeys = *(int *) arg;
	int			i;

	for (i = 0; i < nkeys; i++)
	{
		int			c = strcmp(x[i], y[i]);

		if (c != 0)
			return c;
	}
	return 0;
}

/* those of the found ones that are not among the registered ones; both get sorted */
static int
only_in(PdsPartitionInput *found, int n, PdsPartitionInput *known, int nknown, int nkeys,
		PdsPartitionInput *out)
{
	int			i;
	int			k = 0;
	int			count = 0;

	qsort_arg(found, n, sizeof(PdsPartitionInput), compare_values, &nkeys);
	qsort_arg(known, nknown, sizeof(PdsPartitionInput), compare_values, &nkeys);
	for (i = 0; i < n; i++)
	{
		while (k < nknown && compare_values(&known[k], &found[i], &nkeys) < 0)
			k++;
		if (k == nknown || compare_values(&known[k], &found[i], &nkeys) != 0)
			out[count++] = found[i];
	}
	return count;
}

static void
repair_rows(PdsResult *result, const PdsGlueTable *t, const char *action,
			const PdsPartitionInput *parts, int n)
{
	int			i;

	for (i = 0; i < n; i++)
	{
		Datum		values[3];
		bool		nulls[3];

		values[0] = pds_text_datum(action, &nulls[0]);
		values[1] = pds_text_datum(partition_name(t, parts[i].values), &nulls[1]);
		values[2] = pds_text_datum(parts[i].location, &nulls[2]);
		pds_result_row(result, lengthof(values), values, nulls);
	}
}

/* what is to be dropped: registered below the table's location, and without a folder */
static int
lost_partitions(const PdsGlueTable *t, PdsPartitionInput *known, int nknown,
				PdsPartitionInput *found, int n, PdsPartitionInput *out)
{
	const char *base = base_location(t);
	int			nlost = only_in(known, nknown, found, n, t->npartition_keys, out);
	int			kept = 0;
	int			i;

	for (i = 0; i < nlost; i++)
		if (out[i].location && pds_str_has_prefix(out[i].location, base))
			out[kept++] = out[i];
	return kept;
}

/* repair_table(server, database, table_name, add, drop): action, partition, location */
Datum
pds_repair_table(PG_FUNCTION_ARGS)
{
	PdsConnection *conn = pds_catalog_writer(fcinfo, "pds.repair_table");
	PdsGlueTable *t;
	PdsResult	result;
	Repair		r;
	PdsFound   *registered;
	PdsPartitionInput *known;
	PdsPartitionInput *out;
	char	   *prefix;
	int			nknown;
	int			n;
	PdsError	err;
	bool		ok = true;

	pds_result_begin(fcinfo, &result);
	t = partitioned_table(fcinfo, conn);
	memset(&r, 0, sizeof(r));
	r.conn = conn;
	r.t = t;
	pds_error_clear(&err);
	pds_parse_location(base_location(t), &r.bucket, &prefix);
	walk(&r, prefix, palloc0(t->npartition_keys * sizeof(char *)), 0);
	registered = pds_list_partitions(conn, t, NULL);
	known = pds_partition_inputs(registered);
	nknown = registered->n;
	out = palloc((r.n + nknown + 1) * sizeof(PdsPartitionInput));
	if (pds_bool_arg(fcinfo, 3))
	{
		n = only_in(r.parts, r.n, known, nknown, t->npartition_keys, out);
		ok = pds_glue_create_partitions(conn->aws, conn->options.catalog_id, t, out, n, NULL, &err);
		pds_catalog_changed(ok, &err);
		repair_rows(&result, t, "added", out, n);
	}
	if (pds_bool_arg(fcinfo, 4))
	{
		n = lost_partitions(t, known, nknown, r.parts, r.n, out);
		ok = pds_glue_delete_partitions(conn->aws, conn->options.catalog_id, t->database, t->name,
										t->npartition_keys, out, n, NULL, &err);
		pds_catalog_changed(ok, &err);
		repair_rows(&result, t, "dropped", out, n);
	}
	if (r.strange > 0)
		ereport(NOTICE,
				(errmsg_plural("%d folder is not of the form %s=value: \"%s\"",
							   "%d folders are not of the form %s=value: \"%s\", for one",
							   r.strange, r.strange,
							   r.wanted_key,
							   pds_from_utf8(r.one_strange)),
				 errhint("Names of keys are in lower case.  pds.add_partitions takes a location of any form.")));
	return (Datum) 0;
}
