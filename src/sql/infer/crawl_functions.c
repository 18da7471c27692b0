/*
 * crawl_functions.c
 *	  pds.crawl: a Glue table made, or made to follow, from what objects hold.
 *
 * What a crawler of Glue does (doc/dev/aws.md §5.5), here and at once, with two differences: the
 * SerDe is one that reads the values, and a type is only ever widened.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include <math.h>

#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "core/infer/names.h"
#include "fdw/base/error_map.h"
#include "fdw/import/infer_files.h"
#include "sql/base/functions.h"
#include "sql/base/glue_args.h"
#include "sql/glue/glue_functions.h"
#include "sql/infer/infer_arguments.h"

PG_FUNCTION_INFO_V1(pds_crawl);

#define TEXT_INPUT "org.apache.hadoop.mapred.TextInputFormat"
#define LAZYSIMPLE "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
#define OPENCSV "org.apache.hadoop.hive.serde2.OpenCSVSerde"

/* places of the arguments */
enum
{
	ARG_SERVER, ARG_DATABASE, ARG_TABLE, ARG_URI, ARG_READ, ARG_UPDATE = 15, ARG_DELETE,
	ARG_TYPED, ARG_NEWLINES, ARG_DESCRIPTION
};

typedef struct Crawl
{
	PdsConnection *conn;
	PdsFiles   *files;
	PdsInferredTable *found;
	PdsTableOptions dialect;
	PdsSerdeChoice serde;
	bool		typed_opencsv;
	PdsGlueTable t;				/* as it shall be */
	PdsResult	result;
	int			changes;
} Crawl;

static void
report(Crawl *c, const char *action, const char *object, const char *name, const char *detail)
{
	Datum		values[4];
	bool		nulls[4] = {0};

	values[0] = CStringGetTextDatum(action);
	values[1] = CStringGetTextDatum(object);
	values[2] = pds_text_datum(name, &nulls[2]);
	values[3] = pds_text_datum(detail, &nulls[3]);
	pds_result_row(&c->result, lengthof(values), values, nulls);
}

static char *
table_id(const Crawl *c)
{
	return psprintf("%s.%s", c->t.database, c->t.name);
}

/* ---- what there is ---- */

/* a name for the table: the folder's, else the bucket's */
static char *
default_name(const PdsFiles *f)
{
	size_t		n = strlen(f->base);
	char	   *path = pnstrdup(f->base, n > 0 ? n - 1 : 0);
	char	   *slash = strrchr(path, '/');

	if (slash)
		path = slash + 1;
	return pds_catalog_name(path[0] ? path : f->bucket, "table");
}

/* What Athena cannot read as it is. */
static void
check_crawl_readable(const Crawl *c, bool newlines_allowed)
{
	const PdsInference *inf = &c->found->inf;
	const char *encoding = pds_inferred_encoding(c->found, &c->dialect);

	if (inf->newlines)
		ereport(newlines_allowed ? WARNING : ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("the objects have line breaks in quotes, which no SerDe of Athena reads"),
				 errhint(newlines_allowed
						 ? "A foreign table on it with the option format 'csv' reads it here."
						 : "IMPORT FOREIGN SCHEMA from the location reads them here; allow_newlines => true makes the Glue table all the same.")));
	else if (c->serde.differ > 0)
		ereport(WARNING,
				(errmsg("no SerDe of Athena reads all values: " INT64_FORMAT " of " INT64_FORMAT " in the samples are read otherwise",
						(int64) c->serde.differ, (int64) c->serde.values),
				 errhint("IMPORT FOREIGN SCHEMA from the location reads them as they are.")));
	if (encoding)
		ereport(WARNING,
				(errmsg("the objects are not UTF-8 (%s, it seems), and Athena reads no other encoding",
						encoding)));
	if (c->found->codec != PDS_CODEC_NONE)
		ereport(WARNING,
				(errmsg("the objects are compressed with %s, which their names do not say: Athena reads them as they are",
						pds_codec_name(c->found->codec))));
	pds_inferred_report(WARNING, c->files, c->found, c->t.name, false);
}

/* ---- the table ---- */

/* Does Athena's OpenCSV have the type?  Empty fields would be errors (doc/dev/aws.md §6.4). */
static bool
opencsv_has(const PdsInferredColumn *c)
{
	return c->nulls == 0 && (c->type.kind == PDS_HIVE_BOOLEAN || c->type.kind == PDS_HIVE_INT ||
							 c->type.kind == PDS_HIVE_BIGINT || c->type.kind == PDS_HIVE_DOUBLE);
}

static char *
glue_type(const Crawl *c, const PdsInferredColumn *col)
{
	PdsHiveType t;
	char		name[64];

	pds_glue_type_of(&col->type, &t);
	if (c->serde.dialect.format == PDS_FORMAT_OPENCSV && !(c->typed_opencsv && opencsv_has(col)))
	{
		memset(&t, 0, sizeof(t));
		t.kind = PDS_HIVE_STRING;
	}
	pds_hive_type_name(&t, name, sizeof(name));
	return pstrdup(name);
}

static void
set_crawled_columns(Crawl *c)
{
	const PdsInference *inf = &c->found->inf;
	char		name[64];
	int			i;

	c->t.sd.columns = palloc0(inf->ncolumns * sizeof(PdsGlueColumn));
	c->t.sd.ncolumns = inf->ncolumns;
	for (i = 0; i < inf->ncolumns; i++)
	{
		c->t.sd.columns[i].name = inf->columns[i].name;
		c->t.sd.columns[i].type = glue_type(c, &inf->columns[i]);
	}
	c->t.partition_keys = palloc0(Max(c->files->nkeys, 1) * sizeof(PdsGlueColumn));
	c->t.npartition_keys = c->files->nkeys;
	for (i = 0; i < c->files->nkeys; i++)
	{
		pds_hive_type_name(&c->found->key_types[i], name, sizeof(name));
		c->t.partition_keys[i].name = c->found->key_names[i];
		c->t.partition_keys[i].type = pstrdup(name);
	}
}

static void
set_crawled_serde(Crawl *c)
{
	const PdsDialect *d = &c->serde.dialect;
	PdsProperties *p = &c->t.sd.serde_parameters;
	PdsDialect	usual;

	pds_dialect_init(&usual, d->format);
	if (d->format == PDS_FORMAT_OPENCSV)
	{
		c->t.sd.serde = OPENCSV;
		pds_set_property(p, "separatorChar", pnstrdup(&d->delimiter, 1));
		pds_set_property(p, "quoteChar", pnstrdup(&d->quote, 1));
		pds_set_property(p, "escapeChar", pnstrdup(&d->escape, 1));
		return;
	}
	c->t.sd.serde = LAZYSIMPLE;
	pds_set_property(p, "field.delim", pnstrdup(&d->delimiter, 1));
	pds_set_property(p, "serialization.format", pnstrdup(&d->delimiter, 1));
	if (d->escape)
		pds_set_property(p, "escape.delim", pnstrdup(&d->escape, 1));
	if (strcmp(d->null_text, usual.null_text) != 0)
		pds_set_property(p, "serialization.null.format", pstrdup(d->null_text));
}

/* as awswrangler and crawlers write them (doc/dev/aws.md §5.2) */
static void
set_crawled_parameters(Crawl *c, PdsProperties *p)
{
	const PdsInference *inf = &c->found->inf;
	PdsCodec	codec = pds_codec_of_key(c->files->objects[0]->key);

	pds_set_property(p, "classification", "csv");
	pds_set_property(p, "typeOfData", "file");
	pds_set_property(p, "compressionType",
					 codec == PDS_CODEC_NONE ? "none" : pds_codec_name(codec));
	pds_set_property(p, "delimiter", pnstrdup(&inf->dialect.delimiter, 1));
	pds_set_property(p, "columnsOrdered", "true");
	pds_set_property(p, "areColumnsQuoted", inf->quoted ? "true" : "false");
	pds_set_property(p, "skip.header.line.count", inf->dialect.header_lines > 0
					 ? psprintf("%d", inf->dialect.header_lines) : NULL);
	pds_set_property(p, "recordCount", psprintf("%.0f", c->found->rows));
	pds_set_property(p, "averageRecordSize", psprintf("%.0f", ceil(inf->record_bytes)));
	pds_set_property(p, "objectCount", psprintf("%d", c->files->n));
	pds_set_property(p, "sizeKey", psprintf(INT64_FORMAT, c->files->bytes));
}

static void
set_table(Crawl *c, const char *description)
{
	c->t.table_type = "EXTERNAL_TABLE";
	c->t.description = (char *) description;
	c->t.sd.location = psprintf("s3://%s/%s", c->files->bucket, c->files->base);
	c->t.sd.input_format = TEXT_INPUT;
	set_crawled_columns(c);
	set_crawled_serde(c);
	set_crawled_parameters(c, &c->t.parameters);
	set_crawled_parameters(c, &c->t.sd.parameters);
}

/* ---- a table that is there already ---- */

static bool
is_integer(PdsHiveKind k)
{
	return k == PDS_HIVE_TINYINT || k == PDS_HIVE_SMALLINT || k == PDS_HIVE_INT ||
		k == PDS_HIVE_BIGINT;
}

static bool
is_inexact(PdsHiveKind k)
{
	return k == PDS_HIVE_FLOAT || k == PDS_HIVE_DOUBLE;
}

/* The type that holds the values of both: that of the table, as it is or wider. */
static char *
widened(const char *old_text, const char *new_text, bool seen)
{
	PdsHiveType old;
	PdsHiveType new;
	PdsError	err;
	const char *wide = "string";

	pds_error_clear(&err);
	if (!seen || !pds_hive_type_parse(new_text, &new, &err))
		return pstrdup(old_text);
	if (!pds_hive_type_parse(old_text, &old, &err))
		return pstrdup(new_text);
	if (pds_hive_type_equal(&old, &new) || old.kind == PDS_HIVE_STRING ||
		old.kind == PDS_HIVE_VARCHAR || old.kind == PDS_HIVE_CHAR || old.kind >= PDS_HIVE_BINARY)
		wide = old_text;
	else if (is_integer(old.kind) && is_integer(new.kind))
		wide = old.kind >= new.kind ? old_text : new_text;
	else if (is_integer(old.kind) && (is_inexact(new.kind) || new.kind == PDS_HIVE_DECIMAL))
		wide = new_text;
	else if (is_inexact(old.kind) && (is_integer(new.kind) || new.kind == PDS_HIVE_DECIMAL))
		wide = old_text;
	else if (is_inexact(old.kind) && is_inexact(new.kind))
		wide = "double";
	else if (old.kind == PDS_HIVE_DECIMAL && is_integer(new.kind))
		wide = old_text;
	else if (old.kind == PDS_HIVE_DECIMAL && new.kind == PDS_HIVE_DECIMAL)
		wide = old.scale != new.scale ? "double"
			: old.precision >= new.precision ? old_text : new_text;
	else if (old.kind == PDS_HIVE_DECIMAL && is_inexact(new.kind))
		wide = "double";
	pds_hive_type_clear(&old);
	pds_hive_type_clear(&new);
	return pstrdup(wide);
}

static PdsGlueColumn *
column_of(const PdsGlueTable *t, const char *name)
{
	int			i;

	for (i = 0; i < t->sd.ncolumns; i++)
		if (strcmp(t->sd.columns[i].name, name) == 0)
			return &t->sd.columns[i];
	return NULL;
}

/*
 * Columns of the file, with the types, comments and (without a header) names that the table
 * has for them.  act: what is reported about differences ("changed", or "differs").
 */
static void
merge_columns(Crawl *c, const PdsGlueTable *old, bool update)
{
	const PdsInference *inf = &c->found->inf;
	bool		named = inf->named;
	int			i;

	for (i = 0; i < c->t.sd.ncolumns; i++)
	{
		PdsGlueColumn *col = &c->t.sd.columns[i];
		const PdsGlueColumn *was = named ? column_of(old, col->name)
			: i < old->sd.ncolumns ? &old->sd.columns[i] : NULL;

		if (was == NULL)
		{
			c->changes++;
			report(c, update ? "added" : "differs", "column", col->name, col->type);
			continue;
		}
		col->name = was->name;
		col->comment = was->comment;
		/* an OpenCSV column is a string, whatever it holds */
		if (c->serde.dialect.format != PDS_FORMAT_OPENCSV || c->typed_opencsv)
			col->type = widened(was->type, col->type, inf->columns[i].values > 0);
		if (strcmp(col->type, was->type) != 0)
		{
			c->changes++;
			report(c, update ? "changed" : "differs", "column", col->name,
				   psprintf("%s to %s", was->type, col->type));
		}
		else if (was != &old->sd.columns[i])
		{
			c->changes++;
			report(c, update ? "moved" : "differs", "column", col->name,
				   psprintf("to place %d", i + 1));
		}
	}
	for (i = 0; i < old->sd.ncolumns; i++)
		if (named ? column_of(&c->t, old->sd.columns[i].name) == NULL : i >= c->t.sd.ncolumns)
		{
			c->changes++;
			report(c, update ? "removed" : "differs", "column", old->sd.columns[i].name,
				   "it is not in the objects");
		}
}

static void
compare_column_text(Crawl *c, bool update, const char *what, const char *was, const char *is)
{
	if (strcmp(was ? was : "", is ? is : "") == 0)
		return;
	c->changes++;
	report(c, update ? "changed" : "differs", "table", table_id(c),
		   psprintf("%s: \"%s\" to \"%s\"", what, was ? was : "", is ? is : ""));
}

static void
compare_property(Crawl *c, bool update, const PdsProperties *was, const PdsProperties *is,
				 const char *name)
{
	compare_column_text(c, update, name, pds_property(was, name), pds_property(is, name));
}

static char *
folder_uri(const char *location)
{
	if (location == NULL || location[0] == '\0' || location[strlen(location) - 1] == '/')
		return location ? pstrdup(location) : "";
	return psprintf("%s/", location);
}

/* Partition keys cannot change: partitions would have to be made anew. */
static void
check_keys(Crawl *c, const PdsGlueTable *old)
{
	bool		same = old->npartition_keys == c->t.npartition_keys;
	int			i;

	for (i = 0; same && i < old->npartition_keys; i++)
		same = strcmp(old->partition_keys[i].name, c->t.partition_keys[i].name) == 0;
	if (!same)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_ERROR),
				 errmsg("table %s has other partition keys than the folders of %s", table_id(c),
						c->t.sd.location),
				 errhint("Drop the table (its data stays) and crawl again, or give it another name.")));
	c->t.partition_keys = old->partition_keys;
}

/* Make c->t what the table shall be, and report how it differs. */
static void
compare(Crawl *c, const PdsGlueTable *old, bool update)
{
	static const char *const serde[] = {
		"field.delim", "escape.delim", "serialization.null.format", "separatorChar", "quoteChar",
		"escapeChar"
	};
	static const char *const statistics[] = {"recordCount", "objectCount", "sizeKey"};
	PdsProperties parameters = old->parameters;
	int			i;

	check_keys(c, old);
	compare_column_text(c, update, "location", folder_uri(old->sd.location), c->t.sd.location);
	compare_column_text(c, update, "SerDe", old->sd.serde, c->t.sd.serde);
	for (i = 0; i < lengthof(serde); i++)
		compare_property(c, update, &old->sd.serde_parameters, &c->t.sd.serde_parameters,
						 serde[i]);
	compare_property(c, update, &old->parameters, &c->t.parameters, "skip.header.line.count");
	merge_columns(c, old, update);
	for (i = 0; i < lengthof(statistics) && c->changes == 0; i++)
	{
		const char *was = pds_property(&old->parameters, statistics[i]);

		if (was == NULL || strcmp(was, pds_property(&c->t.parameters, statistics[i])) != 0)
		{
			c->changes++;
			report(c, update ? "changed" : "differs", "table", table_id(c), "statistics");
		}
	}
	set_crawled_parameters(c, &parameters);
	c->t.parameters = parameters;
}

/* ---- partitions ---- */

typedef struct Folders
{
	PdsPartitionInput *parts;	/* in the order of the keys of objects */
	char	  **ids;			/* values joined; sorted */
	int			n;
} Folders;

static char *
joined(char *const *values, int n)
{
	StringInfoData buf;
	int			i;

	initStringInfo(&buf);
	for (i = 0; i < n; i++)
		appendStringInfo(&buf, "%s%s", i > 0 ? "\037" : "", values[i]);
	return buf.data;
}

/* "year=2024, month=01" */
static char *
shown(const PdsGlueTable *t, char *const *values)
{
	StringInfoData buf;
	int			i;

	initStringInfo(&buf);
	for (i = 0; i < t->npartition_keys; i++)
		appendStringInfo(&buf, "%s%s=%s", i > 0 ? ", " : "", t->partition_keys[i].name, values[i]);
	return buf.data;
}

static int
compare_ids(const void *a, const void *b)
{
	return strcmp(*(char *const *) a, *(char *const *) b);
}

/* bytes of the key up to the end of the last key=value folder */
static size_t
folder_length(const PdsFiles *f, const char *key)
{
	const char *p = key + strlen(f->base);
	const char *slash;
	size_t		len = strlen(f->base);

	while ((slash = strchr(p, '/')) != NULL)
	{
		if (memchr(p, '=', slash - p) && *p != '=')
			len = slash + 1 - key;
		p = slash + 1;
	}
	return len;
}

static void
find_folders(const PdsFiles *f, Folders *out)
{
	const char *last = NULL;
	size_t		last_len = 0;
	int			i;
	int			k;

	out->parts = MemoryContextAllocHuge(CurrentMemoryContext, f->n * sizeof(PdsPartitionInput));
	out->ids = MemoryContextAllocHuge(CurrentMemoryContext, f->n * sizeof(char *));
	out->n = 0;
	for (i = 0; i < f->n; i++)
	{
		const char *key = f->objects[i]->key;
		size_t		len = folder_length(f, key);
		PdsPartitionInput *p;

		/* keys come in order: the objects of a folder are together */
		if (last && len == last_len && strncmp(key, last, len) == 0)
			continue;
		last = key;
		last_len = len;
		p = &out->parts[out->n];
		p->values = palloc(f->nkeys * sizeof(char *));
		for (k = 0; k < f->nkeys; k++)
			p->values[k] = pds_file_key_value(f, i, k);
		p->location = psprintf("s3://%s/%.*s", f->bucket, (int) len, key);
		out->ids[out->n++] = joined(p->values, f->nkeys);
	}
	qsort(out->ids, out->n, sizeof(char *), compare_ids);
}

/* partitions in Glue whose folders have no objects (any more) */
static void
stale_partitions(Crawl *c, const Folders *folders, bool delete)
{
	PdsFound   *have = pds_list_partitions(c->conn, &c->t, NULL);
	PdsPartitionInput *inputs = pds_partition_inputs(have);
	int			n = 0;
	int			deleted = 0;
	PdsError	err;
	int			i;

	for (i = 0; i < have->n; i++)
	{
		const PdsGluePartition *p = have->items[i];
		char	   *id = joined(p->values, p->nvalues);

		if (bsearch(&id, folders->ids, folders->n, sizeof(char *), compare_ids))
			continue;
		report(c, delete ? "removed" : "stale", "partition", shown(&c->t, p->values),
			   "there are no objects in its folder");
		inputs[n++] = inputs[i];
	}
	if (n == 0 || !delete)
		return;
	pds_error_clear(&err);
	pds_catalog_changed(pds_glue_delete_partitions(c->conn->aws, c->conn->options.catalog_id,
												   c->t.database, c->t.name,
												   c->t.npartition_keys, inputs, n, &deleted,
												   &err), &err);
}

static void
crawl_partitions(Crawl *c, bool existed, bool update, bool delete)
{
	Folders		folders;
	PdsError	err;
	int			created = 0;

	if (c->files->nkeys == 0)
		return;
	find_folders(c->files, &folders);
	if (update)
	{
		pds_error_clear(&err);
		pds_catalog_changed(pds_glue_create_partitions(c->conn->aws, c->conn->options.catalog_id,
													   &c->t, folders.parts, folders.n, &created,
													   &err), &err);
		report(c, created > 0 ? "added" : "unchanged", "partitions", table_id(c),
			   psprintf("%d new of %d", created, folders.n));
	}
	if (existed)
		stale_partitions(c, &folders, delete);
}

/* ---- the function ---- */

/* argument arg is one of the words a, b; is it a? */
static bool
word(FunctionCallInfo fcinfo, int arg, const char *name, const char *a, const char *b)
{
	char	   *text = pds_required_arg(fcinfo, arg, name);

	if (pg_strcasecmp(text, a) == 0)
		return true;
	if (pg_strcasecmp(text, b) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid value for argument \"%s\": \"%s\"", name, text),
				 errhint("It is %s or %s.", a, b)));
	return false;
}

static void
save(Crawl *c, const PdsGlueTable *old, bool update)
{
	const char *catalog = c->conn->options.catalog_id;
	PdsError	err;

	pds_error_clear(&err);
	if (old == NULL)
	{
		pds_catalog_changed(pds_glue_create_table(c->conn->aws, catalog, &c->t, &err), &err);
		report(c, "created", "table", table_id(c),
			   psprintf("%s, %d %s", c->serde.dialect.format == PDS_FORMAT_OPENCSV
						? "OpenCSVSerde" : "LazySimpleSerDe", c->t.sd.ncolumns,
						c->t.sd.ncolumns == 1 ? "column" : "columns"));
	}
	else if (c->changes == 0)
		report(c, "unchanged", "table", table_id(c), NULL);
	else if (update)
		pds_catalog_changed(pds_glue_update_table(c->conn->aws, catalog, &c->t, &err), &err);
}

Datum
pds_crawl(PG_FUNCTION_ARGS)
{
	Crawl		c;
	PdsImportOptions sampling;
	PdsGlueTable *old;
	PdsError	err;
	char	   *uri;
	bool		update;
	bool		delete;

	Assert(PG_NARGS() == ARG_DESCRIPTION + 1);
	memset(&c, 0, sizeof(c));
	pds_result_begin(fcinfo, &c.result);
	c.conn = pds_catalog_writer(fcinfo, "pds.crawl()");
	c.t.database = pds_required_arg(fcinfo, ARG_DATABASE, "database");
	uri = pds_uri_argument(fcinfo, ARG_URI, "uri");
	update = word(fcinfo, ARG_UPDATE, "update_behavior", "UPDATE_IN_DATABASE", "LOG");
	delete = word(fcinfo, ARG_DELETE, "delete_behavior", "DELETE_FROM_DATABASE", "LOG");
	c.typed_opencsv = pds_bool_arg(fcinfo, ARG_TYPED);
	pds_get_import_options(pds_read_arguments(fcinfo), &c.dialect, &sampling);
	c.files = pds_files_find(c.conn, uri, CurrentMemoryContext);
	pds_files_check(c.files, uri);
	if (!c.files->folder)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s is not a folder", uri),
				 errhint("A table of Athena has all objects below a folder: s3://bucket/folder/.")));
	if (c.files->odd)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_ERROR),
				 errmsg("s3://%s/%s does not lie in the key=value folders of the others",
						c.files->bucket, pds_from_utf8(c.files->odd)),
				 errhint("All objects of a partitioned table lie in such folders.")));
	c.t.name = PG_ARGISNULL(ARG_TABLE) ? default_name(c.files)
		: pds_catalog_name(pds_text_arg(fcinfo, ARG_TABLE), "table");
	c.found = pds_infer_files(c.conn, c.files, &c.dialect, &sampling, CurrentMemoryContext);
	pds_inferred_check(c.files, c.found);
	pds_error_clear(&err);
	if (!pds_infer_serde(c.found->samples, c.found->nsamples, &c.found->inf, &c.serde, &err))
		pds_raise(&err);
	check_crawl_readable(&c, pds_bool_arg(fcinfo, ARG_NEWLINES));
	set_table(&c, pds_text_arg(fcinfo, ARG_DESCRIPTION));
	old = pds_catalog_table(c.conn, c.t.database, c.t.name, true);
	if (old)
		compare(&c, old, update);
	save(&c, old, update);
	crawl_partitions(&c, old != NULL, update || old == NULL, delete);
	return (Datum) 0;
}
