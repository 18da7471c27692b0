/*
 * glue_write.c
 *	  Glue Data Catalog: what changes it (AWS.md 5).
 *
 * What is sent for a table has the members that awswrangler sends, so that a
 * table looks the same whoever made it.
 */
#include "core/glue/glue_write.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_INPUT	"org.apache.hadoop.mapred.TextInputFormat"
#define TEXT_OUTPUT "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"
#define LAZY_SIMPLE "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"

/* partitions of one request (AWS.md 5.1; BatchDeletePartition: the service's own limit) */
#define CREATE_GROUP 100
#define DELETE_GROUP 25

/* ---- building JSON; *ok becomes false when memory is short ---- */

/* obj.name = item, in place of what was there; item is owned by obj, or freed */
static cJSON *
put(cJSON *obj, const char *name, cJSON *item, bool *ok)
{
	if (obj == NULL || item == NULL)
		*ok = false;
	else
	{
		cJSON_DeleteItemFromObjectCaseSensitive(obj, name);
		if (cJSON_AddItemToObject(obj, name, item))
			return item;
		*ok = false;
	}
	cJSON_Delete(item);
	return NULL;
}

/* the same for a text; NULL leaves what is there */
static void
put_text(cJSON *obj, const char *name, const char *value, bool *ok)
{
	if (value)
		put(obj, name, cJSON_CreateString(value), ok);
}

static void
push(cJSON *array, cJSON *item, bool *ok)
{
	if (array && item && cJSON_AddItemToArray(array, item))
		return;
	cJSON_Delete(item);
	*ok = false;
}

static cJSON *
properties_json(const PdsProperties *p, bool *ok)
{
	cJSON	   *obj = cJSON_CreateObject();
	int			i;

	for (i = 0; i < p->n; i++)
		put(obj, p->items[i].key, cJSON_CreateString(p->items[i].value), ok);
	return obj;
}

static cJSON *
find_column(const cJSON *columns, const char *name)
{
	cJSON	   *c;

	cJSON_ArrayForEach(c, columns)
	{
		const cJSON *n = cJSON_GetObjectItemCaseSensitive(c, "Name");

		if (cJSON_IsString(n) && pds_strcasecmp(n->valuestring, name) == 0)
			return c;
	}
	return NULL;
}

/* before: the columns as they stand, whose Parameters are kept; or NULL */
static cJSON *
columns_json(const PdsGlueColumn *cols, int n, const cJSON *before, bool comments, bool *ok)
{
	cJSON	   *array = cJSON_CreateArray();
	int			i;

	for (i = 0; i < n; i++)
	{
		cJSON	   *c = cJSON_CreateObject();
		const cJSON *old = cJSON_GetObjectItemCaseSensitive(find_column(before, cols[i].name),
															"Parameters");

		put_text(c, "Name", cols[i].name, ok);
		put_text(c, "Type", cols[i].type, ok);
		if (comments)
			put_text(c, "Comment", cols[i].comment, ok);
		if (cJSON_IsObject(old))
			put(c, "Parameters", cJSON_Duplicate(old, true), ok);
		push(array, c, ok);
	}
	return array;
}

static const char *
output_format_of(const PdsStorageDescriptor *sd)
{
	static const char *const pairs[][2] = {
		{"org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
		"org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat"},
		{"org.apache.hadoop.hive.ql.io.orc.OrcInputFormat",
		"org.apache.hadoop.hive.ql.io.orc.OrcOutputFormat"},
		{"org.apache.hadoop.hive.ql.io.avro.AvroContainerInputFormat",
		"org.apache.hadoop.hive.ql.io.avro.AvroContainerOutputFormat"},
		{"org.apache.hadoop.mapred.SequenceFileInputFormat",
		"org.apache.hadoop.hive.ql.io.HiveSequenceFileOutputFormat"},
	};
	size_t		i;

	if (sd->output_format)
		return sd->output_format;
	for (i = 0; sd->input_format && i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (strcmp(sd->input_format, pairs[i][0]) == 0)
			return pairs[i][1];
	return TEXT_OUTPUT;
}

static bool
compressed(const PdsGlueTable *t)
{
	const char *type = pds_property(&t->parameters, "compressionType");

	return type != NULL && pds_strcasecmp(type, "none") != 0;
}

static cJSON *
serde_json(const PdsStorageDescriptor *sd, bool *ok)
{
	cJSON	   *serde = cJSON_CreateObject();

	put_text(serde, "SerializationLibrary", sd->serde ? sd->serde : LAZY_SIMPLE, ok);
	put(serde, "Parameters", properties_json(&sd->serde_parameters, ok), ok);
	return serde;
}

/* what descriptors of tables and of their partitions have in common */
static void
put_format(cJSON *d, const PdsGlueTable *t, const char *location, bool *ok)
{
	const PdsStorageDescriptor *sd = &t->sd;

	put_text(d, "Location", location, ok);
	put_text(d, "InputFormat", sd->input_format ? sd->input_format : TEXT_INPUT, ok);
	put_text(d, "OutputFormat", output_format_of(sd), ok);
	put(d, "Compressed", cJSON_CreateBool(compressed(t)), ok);
	put(d, "NumberOfBuckets", cJSON_CreateNumber(-1), ok);
	put(d, "SerdeInfo", serde_json(sd, ok), ok);
	put(d, "BucketColumns", cJSON_CreateArray(), ok);
	put(d, "StoredAsSubDirectories", cJSON_CreateFalse(), ok);
}

static cJSON *
new_table_input(const PdsGlueTable *t, bool *ok)
{
	cJSON	   *in = cJSON_CreateObject();
	cJSON	   *d;

	put_text(in, "Name", t->name, ok);
	put_text(in, "Description", t->description, ok);
	put(in, "PartitionKeys",
		columns_json(t->partition_keys, t->npartition_keys, NULL, true, ok), ok);
	put_text(in, "TableType", t->table_type ? t->table_type : "EXTERNAL_TABLE", ok);
	put(in, "Parameters", properties_json(&t->parameters, ok), ok);
	d = put(in, "StorageDescriptor", cJSON_CreateObject(), ok);
	put(d, "Columns", columns_json(t->sd.columns, t->sd.ncolumns, NULL, true, ok), ok);
	put_format(d, t, t->sd.location, ok);
	put(d, "SortColumns", cJSON_CreateArray(), ok);
	put(d, "Parameters", properties_json(&t->sd.parameters, ok), ok);
	return in;
}

/* ---- calls ---- */

/* the members that every request of a table or database begins with; NULL: left out */
static cJSON *
new_input(const char *catalog_id, const char *database, const char *name, bool *ok)
{
	cJSON	   *in = cJSON_CreateObject();

	if (catalog_id && catalog_id[0])
		put_text(in, "CatalogId", catalog_id, ok);
	put_text(in, "DatabaseName", database, ok);
	put_text(in, "Name", name, ok);
	return in;
}

/* Frees in.  built: memory sufficed for it.  reply may be NULL. */
static bool
call(PdsAws *aws, const char *operation, cJSON *in, bool built, bool not_idempotent,
	 const char *resource, cJSON **reply, PdsError *err)
{
	cJSON	   *answer = NULL;
	bool		ok;

	if (in == NULL || !built)
		ok = pds_error_oom(err);
	else
		ok = pds_aws_json_call(aws, PDS_GLUE, operation, in, not_idempotent, resource, &answer,
							   err);
	if (!ok && err->kind == PDS_ERR_ACCESS_DENIED)
		pds_error_hint(err, "The credentials are known but not allowed to do this: the policy "
					   "needs glue:%s on the catalog, the database and the table.", operation);
	cJSON_Delete(in);
	if (reply && ok)
		*reply = answer;
	else
		cJSON_Delete(answer);
	return ok;
}

static bool
named_call(PdsAws *aws, const char *operation, const char *catalog_id, const char *database,
		   const char *name, bool not_idempotent, cJSON **reply, PdsError *err)
{
	char		resource[512];
	bool		ok = true;
	cJSON	   *in = new_input(catalog_id, database, name, &ok);

	snprintf(resource, sizeof(resource), "%s%s%s", database ? database : "", database ? "." : "",
			 name);
	return call(aws, operation, in, ok, not_idempotent, resource, reply, err);
}

/*
 * The object `member` of a reply, bare of whatever an input of it does not take; *out is
 * the caller's.
 */
static bool
take_as_input(cJSON *reply, const char *member, const char *const *kept, const char *operation,
			  const char *resource, cJSON **out, PdsError *err)
{
	cJSON	   *obj = cJSON_DetachItemFromObjectCaseSensitive(reply, member);
	cJSON	   *item;
	cJSON	   *next;

	if (!cJSON_IsObject(obj))
	{
		cJSON_Delete(obj);
		pds_error_set(err, PDS_ERR_PROTOCOL, "the reply to %s of %s holds no %s", operation,
					  resource, member);
		pds_error_context(err, "glue", operation, resource);
		return false;
	}
	for (item = obj->child; item; item = next)
	{
		int			i = 0;

		next = item->next;
		while (kept[i] && strcmp(kept[i], item->string) != 0)
			i++;
		if (kept[i] == NULL || cJSON_IsNull(item))
			cJSON_Delete(cJSON_DetachItemViaPointer(obj, item));
	}
	*out = obj;
	return true;
}

/* ---- databases ---- */

bool
pds_glue_create_database(PdsAws *aws, const char *catalog_id, const char *name,
						 const char *description, const char *location, PdsError *err)
{
	bool		ok = true;
	cJSON	   *in = new_input(catalog_id, NULL, NULL, &ok);
	cJSON	   *d = put(in, "DatabaseInput", cJSON_CreateObject(), &ok);

	put_text(d, "Name", name, &ok);
	put_text(d, "Description", description, &ok);
	put_text(d, "LocationUri", location, &ok);
	return call(aws, "CreateDatabase", in, ok, true, name, NULL, err);
}

bool
pds_glue_update_database(PdsAws *aws, const char *catalog_id, const char *name,
						 const char *description, const char *location, PdsError *err)
{
	static const char *const kept[] = {
		"Name", "Description", "LocationUri", "Parameters", "CreateTableDefaultPermissions",
		"TargetDatabase", "FederatedDatabase", NULL
	};
	cJSON	   *reply = NULL;
	cJSON	   *d = NULL;
	cJSON	   *in;
	bool		ok;

	ok = named_call(aws, "GetDatabase", catalog_id, NULL, name, false, &reply, err) &&
		take_as_input(reply, "Database", kept, "GetDatabase", name, &d, err);
	cJSON_Delete(reply);
	if (!ok)
		return false;
	put_text(d, "Description", description, &ok);
	put_text(d, "LocationUri", location, &ok);
	in = new_input(catalog_id, NULL, name, &ok);
	put(in, "DatabaseInput", d, &ok);
	return call(aws, "UpdateDatabase", in, ok, false, name, NULL, err);
}

bool
pds_glue_delete_database(PdsAws *aws, const char *catalog_id, const char *name, PdsError *err)
{
	return named_call(aws, "DeleteDatabase", catalog_id, NULL, name, true, NULL, err);
}

/* ---- tables ---- */

/* CreateTable or UpdateTable; table_input is freed */
static bool
send_table(PdsAws *aws, const char *operation, const char *catalog_id, const PdsGlueTable *t,
		   cJSON *table_input, bool ok, PdsError *err)
{
	bool		create = strcmp(operation, "CreateTable") == 0;
	cJSON	   *in = new_input(catalog_id, t->database, NULL, &ok);
	char		resource[512];

	put(in, "TableInput", table_input, &ok);
	/* a version kept for each change would count against the account's limit */
	if (!create)
		put(in, "SkipArchive", cJSON_CreateTrue(), &ok);
	snprintf(resource, sizeof(resource), "%s.%s", t->database, t->name);
	return call(aws, operation, in, ok, create, resource, NULL, err);
}

bool
pds_glue_create_table(PdsAws *aws, const char *catalog_id, const PdsGlueTable *t, PdsError *err)
{
	bool		ok = true;
	cJSON	   *in = new_table_input(t, &ok);

	return send_table(aws, "CreateTable", catalog_id, t, in, ok, err);
}

bool
pds_glue_replace_table(PdsAws *aws, const char *catalog_id, const PdsGlueTable *t, PdsError *err)
{
	bool		ok = true;
	cJSON	   *in = new_table_input(t, &ok);

	return send_table(aws, "UpdateTable", catalog_id, t, in, ok, err);
}

/* t over the table as it stands */
static void
overlay(cJSON *in, const PdsGlueTable *t, bool *ok)
{
	const PdsStorageDescriptor *sd = &t->sd;
	cJSON	   *d = cJSON_GetObjectItemCaseSensitive(in, "StorageDescriptor");
	cJSON	   *serde;

	put_text(in, "Description", t->description, ok);
	put_text(in, "TableType", t->table_type, ok);
	put_text(in, "ViewOriginalText", t->view_original_text, ok);
	put(in, "PartitionKeys",
		columns_json(t->partition_keys, t->npartition_keys,
					 cJSON_GetObjectItemCaseSensitive(in, "PartitionKeys"), true, ok), ok);
	put(in, "Parameters", properties_json(&t->parameters, ok), ok);
	/* a resource link has no descriptor */
	if (d == NULL && sd->ncolumns == 0 && sd->location == NULL)
		return;
	if (d == NULL)
		d = put(in, "StorageDescriptor", cJSON_CreateObject(), ok);
	put(d, "Columns",
		columns_json(sd->columns, sd->ncolumns,
					 cJSON_GetObjectItemCaseSensitive(d, "Columns"), true, ok), ok);
	put_text(d, "Location", sd->location, ok);
	put_text(d, "InputFormat", sd->input_format, ok);
	put_text(d, "OutputFormat", sd->output_format, ok);
	put(d, "Parameters", properties_json(&sd->parameters, ok), ok);
	serde = cJSON_GetObjectItemCaseSensitive(d, "SerdeInfo");
	if (serde == NULL && (sd->serde || sd->serde_parameters.n > 0))
		serde = put(d, "SerdeInfo", cJSON_CreateObject(), ok);
	if (serde)
	{
		put_text(serde, "SerializationLibrary", sd->serde, ok);
		put(serde, "Parameters", properties_json(&sd->serde_parameters, ok), ok);
	}
}

bool
pds_glue_update_table(PdsAws *aws, const char *catalog_id, const PdsGlueTable *t, PdsError *err)
{
	/* of a Table, what a TableInput takes (AWS.md 5.1) */
	static const char *const kept[] = {
		"Name", "Description", "Owner", "LastAccessTime", "LastAnalyzedTime", "Retention",
		"StorageDescriptor", "PartitionKeys", "ViewOriginalText", "ViewExpandedText", "TableType",
		"Parameters", "TargetTable", NULL
	};
	char		resource[512];
	cJSON	   *reply = NULL;
	cJSON	   *in = NULL;
	bool		ok;

	snprintf(resource, sizeof(resource), "%s.%s", t->database, t->name);
	ok = named_call(aws, "GetTable", catalog_id, t->database, t->name, false, &reply, err) &&
		take_as_input(reply, "Table", kept, "GetTable", resource, &in, err);
	cJSON_Delete(reply);
	if (!ok)
		return false;
	overlay(in, t, &ok);
	return send_table(aws, "UpdateTable", catalog_id, t, in, ok, err);
}

bool
pds_glue_delete_table(PdsAws *aws, const char *catalog_id, const char *database, const char *name,
					  PdsError *err)
{
	return named_call(aws, "DeleteTable", catalog_id, database, name, true, NULL, err);
}

/* ---- partitions ---- */

static cJSON *
values_json(char *const *values, int n, bool *ok)
{
	cJSON	   *array = cJSON_CreateArray();
	int			i;

	for (i = 0; i < n; i++)
		push(array, cJSON_CreateString(values[i]), ok);
	return array;
}

static cJSON *
partition_json(const PdsGlueTable *t, const PdsPartitionInput *p, bool *ok)
{
	cJSON	   *in = cJSON_CreateObject();
	cJSON	   *d = put(in, "StorageDescriptor", cJSON_CreateObject(), ok);

	put(in, "Values", values_json(p->values, t->npartition_keys, ok), ok);
	put(in, "Parameters", cJSON_CreateObject(), ok);
	put(d, "Columns", columns_json(t->sd.columns, t->sd.ncolumns, NULL, false, ok), ok);
	put_format(d, t, p->location, ok);
	return in;
}

/* "" for what is no string */
static const char *
text_of(const cJSON *item)
{
	const char *s = cJSON_GetStringValue(item);

	return s ? s : "";
}

/*
 * What became of one group: *nfailed items were not done.  Those whose code is `benign` are no
 * error, the first other one is.
 */
static bool
check_items(const cJSON *reply, const char *benign, const char *operation, const char *resource,
			int *nfailed, PdsError *err)
{
	const cJSON *item;
	bool		ok = true;

	cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(reply, "Errors"))
	{
		const cJSON *detail = cJSON_GetObjectItemCaseSensitive(item, "ErrorDetail");
		const char *code = text_of(cJSON_GetObjectItemCaseSensitive(detail, "ErrorCode"));
		const char *text = text_of(cJSON_GetObjectItemCaseSensitive(detail, "ErrorMessage"));
		const cJSON *first = cJSON_GetObjectItemCaseSensitive(item, "PartitionValues");
		char		name[sizeof(err->aws_code)];

		pds_copy_cut(name, sizeof(name), code, strlen(code));
		(*nfailed)++;
		if (!ok || strcmp(name, benign) == 0)
			continue;
		first = first ? first->child : NULL;
		pds_error_set(err, strcmp(name, "AccessDeniedException") == 0 ? PDS_ERR_ACCESS_DENIED
					  : PDS_ERR_INVALID_REQUEST,
					  "%s of %s failed for the partition \"%s%s\": %s%s%s", operation, resource,
					  text_of(first), first && first->next ? ", ..." : "", name,
					  name[0] && text[0] ? ": " : "", text);
		pds_error_context(err, "glue", operation, resource);
		strcpy(err->aws_code, name);
		ok = false;
	}
	return ok;
}

typedef struct Batch
{
	const char *operation;
	const char *list_name;
	const char *benign;			/* error code of an item that is none */
	int			group;			/* items of one request */
	const char *database;
	const char *table;
} Batch;

typedef cJSON *(*BatchItemFn) (const void *arg, const PdsPartitionInput *p, bool *ok);

static bool
in_groups(PdsAws *aws, const char *catalog_id, const Batch *b, BatchItemFn one, const void *arg,
		  const PdsPartitionInput *parts, int n, int *done, PdsError *err)
{
	char		resource[512];
	int			at;
	int			i;

	snprintf(resource, sizeof(resource), "%s.%s", b->database, b->table);
	if (done)
		*done = 0;
	for (at = 0; at < n; at += b->group)
	{
		bool		ok = true;
		int			end = n - at > b->group ? at + b->group : n;
		int			nfailed = 0;
		cJSON	   *in = new_input(catalog_id, b->database, NULL, &ok);
		cJSON	   *list;
		cJSON	   *reply = NULL;

		put_text(in, "TableName", b->table, &ok);
		list = put(in, b->list_name, cJSON_CreateArray(), &ok);
		for (i = at; i < end; i++)
			push(list, one(arg, &parts[i], &ok), &ok);
		if (!call(aws, b->operation, in, ok, false, resource, &reply, err))
			return false;
		ok = check_items(reply, b->benign, b->operation, resource, &nfailed, err);
		cJSON_Delete(reply);
		if (done)
			*done += end - at - nfailed;
		if (!ok)
			return false;
	}
	return true;
}

static cJSON *
item_to_create(const void *arg, const PdsPartitionInput *p, bool *ok)
{
	return partition_json(arg, p, ok);
}

static cJSON *
item_to_delete(const void *arg, const PdsPartitionInput *p, bool *ok)
{
	cJSON	   *in = cJSON_CreateObject();

	put(in, "Values", values_json(p->values, *(const int *) arg, ok), ok);
	return in;
}

bool
pds_glue_create_partitions(PdsAws *aws, const char *catalog_id, const PdsGlueTable *t,
						   const PdsPartitionInput *parts, int n, int *created, PdsError *err)
{
	Batch		b = {
		.operation = "BatchCreatePartition",
		.list_name = "PartitionInputList",
		.benign = "AlreadyExistsException",
		.group = CREATE_GROUP,
		.database = t->database,
		.table = t->name
	};

	return in_groups(aws, catalog_id, &b, item_to_create, t, parts, n, created, err);
}

bool
pds_glue_delete_partitions(PdsAws *aws, const char *catalog_id, const char *database,
						   const char *table, int nkeys, const PdsPartitionInput *parts, int n,
						   int *deleted, PdsError *err)
{
	Batch		b = {
		.operation = "BatchDeletePartition",
		.list_name = "PartitionsToDelete",
		.benign = "EntityNotFoundException",
		.group = DELETE_GROUP,
		.database = database,
		.table = table
	};

	return in_groups(aws, catalog_id, &b, item_to_delete, &nkeys, parts, n, deleted, err);
}
