/*
 * glue_write.c
 *	  Glue Data Catalog: what changes it (doc/dev/aws.md §5).
 *
 * What is sent for a table has the members that awswrangler sends, so that a
 * table looks the same whoever made it.
 */
#include "core/glue/glue_write.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/glue/glue_internal.h"

#define TEXT_INPUT	"org.apache.hadoop.mapred.TextInputFormat"
#define TEXT_OUTPUT "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"
#define LAZY_SIMPLE "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"

/* partitions of one request (doc/dev/aws.md §5.1; BatchDeletePartition: the service's own limit) */
#define CREATE_GROUP 100
#define DELETE_GROUP 25

/* ---- parts of inputs: trees of their own, which the caller puts in their place ---- */

static cJSON *
properties_json(PdsJson *j, const PdsProperties *p)
{
	cJSON	   *obj = cJSON_CreateObject();
	int			i;

	for (i = 0; i < p->n; i++)
		pds_json_put_text(j, obj, p->items[i].key, p->items[i].value);
	return obj;
}

static cJSON *
find_input_column(const cJSON *columns, const char *name)
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
columns_json(PdsJson *j, const PdsGlueColumn *cols, int n, const cJSON *before, bool comments)
{
	cJSON	   *array = cJSON_CreateArray();
	int			i;

	for (i = 0; i < n; i++)
	{
		cJSON	   *c = cJSON_CreateObject();
		const cJSON *old = cJSON_GetObjectItemCaseSensitive(find_input_column(before, cols[i].name),
															"Parameters");

		pds_json_put_text(j, c, "Name", cols[i].name);
		pds_json_put_text(j, c, "Type", cols[i].type);
		if (comments)
			pds_json_put_text(j, c, "Comment", cols[i].comment);
		if (cJSON_IsObject(old))
			pds_json_put(j, c, "Parameters", cJSON_Duplicate(old, true));
		pds_json_push(j, array, c);
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
serde_json(PdsJson *j, const PdsStorageDescriptor *sd)
{
	cJSON	   *serde = cJSON_CreateObject();

	pds_json_put_text(j, serde, "SerializationLibrary", sd->serde ? sd->serde : LAZY_SIMPLE);
	pds_json_put(j, serde, "Parameters", properties_json(j, &sd->serde_parameters));
	return serde;
}

/* what descriptors of tables and of their partitions have in common */
static void
put_format(PdsJson *j, cJSON *d, const PdsGlueTable *t, const char *location)
{
	const PdsStorageDescriptor *sd = &t->sd;

	pds_json_put_text(j, d, "Location", location);
	pds_json_put_text(j, d, "InputFormat", sd->input_format ? sd->input_format : TEXT_INPUT);
	pds_json_put_text(j, d, "OutputFormat", output_format_of(sd));
	pds_json_put_bool(j, d, "Compressed", compressed(t));
	pds_json_put_number(j, d, "NumberOfBuckets", -1);
	pds_json_put(j, d, "SerdeInfo", serde_json(j, sd));
	pds_json_put_array(j, d, "BucketColumns");
	pds_json_put_bool(j, d, "StoredAsSubDirectories", false);
}

static cJSON *
new_table_input(PdsJson *j, const PdsGlueTable *t)
{
	cJSON	   *in = cJSON_CreateObject();
	cJSON	   *d;

	pds_json_put_text(j, in, "Name", t->name);
	pds_json_put_text(j, in, "Description", t->description);
	pds_json_put(j, in, "PartitionKeys",
				 columns_json(j, t->partition_keys, t->npartition_keys, NULL, true));
	pds_json_put_text(j, in, "TableType", t->table_type ? t->table_type : "EXTERNAL_TABLE");
	pds_json_put(j, in, "Parameters", properties_json(j, &t->parameters));
	d = pds_json_put_object(j, in, "StorageDescriptor");
	pds_json_put(j, d, "Columns", columns_json(j, t->sd.columns, t->sd.ncolumns, NULL, true));
	put_format(j, d, t, t->sd.location);
	pds_json_put_array(j, d, "SortColumns");
	pds_json_put(j, d, "Parameters", properties_json(j, &t->sd.parameters));
	return in;
}

/* ---- calls ---- */

/* begins an input with the members of every request of a table or database; NULL: left out */
static void
begin_input(PdsJson *in, const char *catalog_id, const char *database, const char *name)
{
	pds_glue_input(in, catalog_id);
	pds_json_put_text(in, in->root, "DatabaseName", database);
	pds_json_put_text(in, in->root, "Name", name);
}

/* Frees in.  reply may be NULL. */
static bool
call(PdsAws *aws, const char *operation, PdsJson *in, bool not_idempotent, const char *resource,
	 cJSON **reply, PdsError *err)
{
	cJSON	   *answer = NULL;
	bool		ok;

	ok = pds_aws_json_call(aws, PDS_GLUE, operation, in, not_idempotent, resource, &answer, err);
	if (!ok && err->kind == PDS_ERR_ACCESS_DENIED)
		pds_error_hint(err, "The credentials are known but not allowed to do this: the policy "
					   "needs glue:%s on the catalog, the database and the table.", operation);
	pds_json_free(in);
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
	PdsJson		in;

	begin_input(&in, catalog_id, database, name);
	snprintf(resource, sizeof(resource), "%s%s%s", database ? database : "", database ? "." : "",
			 name);
	return call(aws, operation, &in, not_idempotent, resource, reply, err);
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
		next = item->next;
		if (!pds_str_is_one_of(item->string, kept) || cJSON_IsNull(item))
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
	PdsJson		in;
	cJSON	   *d;

	begin_input(&in, catalog_id, NULL, NULL);
	d = pds_json_put_object(&in, in.root, "DatabaseInput");
	pds_json_put_text(&in, d, "Name", name);
	pds_json_put_text(&in, d, "Description", description);
	pds_json_put_text(&in, d, "LocationUri", location);
	return call(aws, "CreateDatabase", &in, true, name, NULL, err);
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
	PdsJson		in;
	bool		ok;

	ok = named_call(aws, "GetDatabase", catalog_id, NULL, name, false, &reply, err) &&
		take_as_input(reply, "Database", kept, "GetDatabase", name, &d, err);
	cJSON_Delete(reply);
	if (!ok)
		return false;
	begin_input(&in, catalog_id, NULL, name);
	d = pds_json_put(&in, in.root, "DatabaseInput", d);
	pds_json_put_text(&in, d, "Description", description);
	pds_json_put_text(&in, d, "LocationUri", location);
	return call(aws, "UpdateDatabase", &in, false, name, NULL, err);
}

bool
pds_glue_delete_database(PdsAws *aws, const char *catalog_id, const char *name, PdsError *err)
{
	return named_call(aws, "DeleteDatabase", catalog_id, NULL, name, true, NULL, err);
}

/* ---- tables ---- */

/* CreateTable or UpdateTable; in has its TableInput, and is freed */
static bool
send_table(PdsAws *aws, const char *operation, PdsJson *in, const PdsGlueTable *t, PdsError *err)
{
	bool		create = strcmp(operation, "CreateTable") == 0;
	char		resource[512];

	/* a version kept for each change would count against the account's limit */
	if (!create)
		pds_json_put_bool(in, in->root, "SkipArchive", true);
	snprintf(resource, sizeof(resource), "%s.%s", t->database, t->name);
	return call(aws, operation, in, create, resource, NULL, err);
}

bool
pds_glue_create_table(PdsAws *aws, const char *catalog_id, const PdsGlueTable *t, PdsError *err)
{
	PdsJson		in;

	begin_input(&in, catalog_id, t->database, NULL);
	pds_json_put(&in, in.root, "TableInput", new_table_input(&in, t));
	return send_table(aws, "CreateTable", &in, t, err);
}

bool
pds_glue_replace_table(PdsAws *aws, const char *catalog_id, const PdsGlueTable *t, PdsError *err)
{
	PdsJson		in;

	begin_input(&in, catalog_id, t->database, NULL);
	pds_json_put(&in, in.root, "TableInput", new_table_input(&in, t));
	return send_table(aws, "UpdateTable", &in, t, err);
}

/* t over the table as it stands */
static void
overlay(PdsJson *j, cJSON *in, const PdsGlueTable *t)
{
	const PdsStorageDescriptor *sd = &t->sd;
	cJSON	   *d = cJSON_GetObjectItemCaseSensitive(in, "StorageDescriptor");
	cJSON	   *serde;

	pds_json_put_text(j, in, "Description", t->description);
	pds_json_put_text(j, in, "TableType", t->table_type);
	pds_json_put_text(j, in, "ViewOriginalText", t->view_original_text);
	pds_json_put(j, in, "PartitionKeys",
				 columns_json(j, t->partition_keys, t->npartition_keys,
							  cJSON_GetObjectItemCaseSensitive(in, "PartitionKeys"), true));
	pds_json_put(j, in, "Parameters", properties_json(j, &t->parameters));
	/* a resource link has no descriptor */
	if (d == NULL && sd->ncolumns == 0 && sd->location == NULL)
		return;
	if (d == NULL)
		d = pds_json_put_object(j, in, "StorageDescriptor");
	pds_json_put(j, d, "Columns",
				 columns_json(j, sd->columns, sd->ncolumns,
							  cJSON_GetObjectItemCaseSensitive(d, "Columns"), true));
	pds_json_put_text(j, d, "Location", sd->location);
	pds_json_put_text(j, d, "InputFormat", sd->input_format);
	pds_json_put_text(j, d, "OutputFormat", sd->output_format);
	pds_json_put(j, d, "Parameters", properties_json(j, &sd->parameters));
	serde = cJSON_GetObjectItemCaseSensitive(d, "SerdeInfo");
	if (serde == NULL && (sd->serde || sd->serde_parameters.n > 0))
		serde = pds_json_put_object(j, d, "SerdeInfo");
	if (serde)
	{
		pds_json_put_text(j, serde, "SerializationLibrary", sd->serde);
		pds_json_put(j, serde, "Parameters", properties_json(j, &sd->serde_parameters));
	}
}

bool
pds_glue_update_table(PdsAws *aws, const char *catalog_id, const PdsGlueTable *t, PdsError *err)
{
	/* of a Table, what a TableInput takes (doc/dev/aws.md §5.1) */
	static const char *const kept[] = {
		"Name", "Description", "Owner", "LastAccessTime", "LastAnalyzedTime", "Retention",
		"StorageDescriptor", "PartitionKeys", "ViewOriginalText", "ViewExpandedText", "TableType",
		"Parameters", "TargetTable", NULL
	};
	char		resource[512];
	cJSON	   *reply = NULL;
	cJSON	   *input = NULL;
	PdsJson		in;
	bool		ok;

	snprintf(resource, sizeof(resource), "%s.%s", t->database, t->name);
	ok = named_call(aws, "GetTable", catalog_id, t->database, t->name, false, &reply, err) &&
		take_as_input(reply, "Table", kept, "GetTable", resource, &input, err);
	cJSON_Delete(reply);
	if (!ok)
		return false;
	begin_input(&in, catalog_id, t->database, NULL);
	input = pds_json_put(&in, in.root, "TableInput", input);
	overlay(&in, input, t);
	return send_table(aws, "UpdateTable", &in, t, err);
}

bool
pds_glue_delete_table(PdsAws *aws, const char *catalog_id, const char *database, const char *name,
					  PdsError *err)
{
	return named_call(aws, "DeleteTable", catalog_id, database, name, true, NULL, err);
}

/* ---- partitions ---- */

static cJSON *
values_json(PdsJson *j, char *const *values, int n)
{
	cJSON	   *array = cJSON_CreateArray();
	int			i;

	for (i = 0; i < n; i++)
		pds_json_push_text(j, array, values[i]);
	return array;
}

static cJSON *
partition_json(PdsJson *j, const PdsGlueTable *t, const PdsPartitionInput *p)
{
	cJSON	   *in = cJSON_CreateObject();
	cJSON	   *d = pds_json_put_object(j, in, "StorageDescriptor");

	pds_json_put(j, in, "Values", values_json(j, p->values, t->npartition_keys));
	pds_json_put_object(j, in, "Parameters");
	pds_json_put(j, d, "Columns", columns_json(j, t->sd.columns, t->sd.ncolumns, NULL, false));
	put_format(j, d, t, p->location);
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

		pds_escape_text(name, sizeof(name), code, strlen(code));
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

typedef struct BatchCall
{
	const char *operation;
	const char *list_name;
	const char *benign;			/* error code of an item that is none */
	int			group;			/* items of one request */
	const char *database;
	const char *table;
} BatchCall;

typedef cJSON *(*BatchItemFn) (PdsJson *j, const void *arg, const PdsPartitionInput *p);

static bool
in_groups(PdsAws *aws, const char *catalog_id, const BatchCall *b, BatchItemFn one, const void *arg,
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
		bool		ok;
		int			end = n - at > b->group ? at + b->group : n;
		int			nfailed = 0;
		PdsJson		in;
		cJSON	   *list;
		cJSON	   *reply = NULL;

		begin_input(&in, catalog_id, b->database, NULL);
		pds_json_put_text(&in, in.root, "TableName", b->table);
		list = pds_json_put_array(&in, in.root, b->list_name);
		for (i = at; i < end; i++)
			pds_json_push(&in, list, one(&in, arg, &parts[i]));
		if (!call(aws, b->operation, &in, false, resource, &reply, err))
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
item_to_create(PdsJson *j, const void *arg, const PdsPartitionInput *p)
{
	return partition_json(j, arg, p);
}

static cJSON *
item_to_delete(PdsJson *j, const void *arg, const PdsPartitionInput *p)
{
	cJSON	   *in = cJSON_CreateObject();

	pds_json_put(j, in, "Values", values_json(j, p->values, *(const int *) arg));
	return in;
}

bool
pds_glue_create_partitions(PdsAws *aws, const char *catalog_id, const PdsGlueTable *t,
						   const PdsPartitionInput *parts, int n, int *created, PdsError *err)
{
	BatchCall	b = {
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
	BatchCall	b = {
		.operation = "BatchDeletePartition",
		.list_name = "PartitionsToDelete",
		.benign = "EntityNotFoundException",
		.group = DELETE_GROUP,
		.database = database,
		.table = table
	};

	return in_groups(aws, catalog_id, &b, item_to_delete, &nkeys, parts, n, deleted, err);
}
