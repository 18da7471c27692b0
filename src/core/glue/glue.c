/*
 * glue.c
 *	  Glue Data Catalog: databases, tables, partitions (doc/dev/aws.md §5).
 */
#include "core/glue/glue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/glue/glue_internal.h"
#include "core/glue/presto_view.h"

/* ---- from JSON; *ok becomes false when memory is short ---- */

static void
get_properties(const cJSON *obj, const char *name, PdsProperties *out, bool *ok)
{
	const cJSON *map = cJSON_GetObjectItemCaseSensitive(obj, name);
	const cJSON *item;
	int			n = cJSON_IsObject(map) ? cJSON_GetArraySize(map) : 0;

	if (n == 0)
		return;
	out->items = calloc((size_t) n, sizeof(PdsKeyValue));
	if (out->items == NULL)
	{
		*ok = false;
		return;
	}
	cJSON_ArrayForEach(item, map)
	{
		PdsKeyValue *kv = &out->items[out->n];

		if (!cJSON_IsString(item))
			continue;
		kv->key = pds_strdup(item->string);
		kv->value = pds_strdup(item->valuestring);
		out->n++;
		if (kv->key == NULL || kv->value == NULL)
		{
			*ok = false;
			return;
		}
	}
}

static PdsGlueColumn *
get_columns(const cJSON *obj, const char *name, int *n, bool *ok)
{
	const cJSON *list = cJSON_GetObjectItemCaseSensitive(obj, name);
	const cJSON *item;
	int			cap = cJSON_IsArray(list) ? cJSON_GetArraySize(list) : 0;
	PdsGlueColumn *cols;

	*n = 0;
	if (cap == 0)
		return NULL;
	cols = calloc((size_t) cap, sizeof(PdsGlueColumn));
	if (cols == NULL)
	{
		*ok = false;
		return NULL;
	}
	cJSON_ArrayForEach(item, list)
	{
		PdsGlueColumn *c = &cols[(*n)++];

		c->name = pds_json_strdup(item, "Name", ok);
		c->type = pds_json_strdup(item, "Type", ok);
		c->comment = pds_json_strdup(item, "Comment", ok);
		if (c->name == NULL)
			c->name = pds_strdup("");
		if (c->type == NULL)
			c->type = pds_strdup("string");
		if (c->name == NULL || c->type == NULL)
			*ok = false;
	}
	return cols;
}

static void
get_sd(const cJSON *obj, PdsStorageDescriptor *sd, bool *ok)
{
	const cJSON *d = cJSON_GetObjectItemCaseSensitive(obj, "StorageDescriptor");
	const cJSON *serde;

	if (!cJSON_IsObject(d))
		return;
	sd->location = pds_json_strdup(d, "Location", ok);
	sd->input_format = pds_json_strdup(d, "InputFormat", ok);
	sd->output_format = pds_json_strdup(d, "OutputFormat", ok);
	sd->columns = get_columns(d, "Columns", &sd->ncolumns, ok);
	get_properties(d, "Parameters", &sd->parameters, ok);
	serde = cJSON_GetObjectItemCaseSensitive(d, "SerdeInfo");
	if (cJSON_IsObject(serde))
	{
		sd->serde = pds_json_strdup(serde, "SerializationLibrary", ok);
		get_properties(serde, "Parameters", &sd->serde_parameters, ok);
	}
}

static PdsGlueTable *
table_of_json(const cJSON *obj)
{
	PdsGlueTable *t = calloc(1, sizeof(PdsGlueTable));
	const cJSON *target;
	bool		ok = true;

	if (t == NULL)
		return NULL;
	t->name = pds_json_strdup(obj, "Name", &ok);
	t->database = pds_json_strdup(obj, "DatabaseName", &ok);
	t->description = pds_json_strdup(obj, "Description", &ok);
	t->table_type = pds_json_strdup(obj, "TableType", &ok);
	t->view_original_text = pds_json_strdup(obj, "ViewOriginalText", &ok);
	t->partition_keys = get_columns(obj, "PartitionKeys", &t->npartition_keys, &ok);
	get_properties(obj, "Parameters", &t->parameters, &ok);
	get_sd(obj, &t->sd, &ok);
	t->federated = cJSON_IsObject(cJSON_GetObjectItemCaseSensitive(obj, "FederatedTable"));
	t->schema_registry = cJSON_IsObject(cJSON_GetObjectItemCaseSensitive(
																		 cJSON_GetObjectItemCaseSensitive(obj, "StorageDescriptor"), "SchemaReference"));
	ok = ok && pds_view_columns(t);
	target = cJSON_GetObjectItemCaseSensitive(obj, "TargetTable");
	if (cJSON_IsObject(target))
	{
		t->target_catalog = pds_json_strdup(target, "CatalogId", &ok);
		t->target_database = pds_json_strdup(target, "DatabaseName", &ok);
		t->target_name = pds_json_strdup(target, "Name", &ok);
		t->target_region = pds_json_strdup(target, "Region", &ok);
	}
	if (t->name == NULL)
		t->name = pds_strdup("");
	if (!ok || t->name == NULL)
	{
		pds_glue_table_free(t);
		return NULL;
	}
	return t;
}

PdsGluePartition *
pds_glue_partition_of_json(const cJSON *obj)
{
	PdsGluePartition *p = calloc(1, sizeof(PdsGluePartition));
	const cJSON *values = cJSON_GetObjectItemCaseSensitive(obj, "Values");
	const cJSON *item;
	int			n = cJSON_IsArray(values) ? cJSON_GetArraySize(values) : 0;
	bool		ok = p != NULL;

	if (ok && n > 0)
	{
		p->values = calloc((size_t) n, sizeof(char *));
		ok = p->values != NULL;
	}
	if (ok && n > 0)
	{
		cJSON_ArrayForEach(item, values)
		{
			char	   *v = pds_strdup(cJSON_IsString(item) ? item->valuestring : "");

			p->values[p->nvalues++] = v;
			ok = ok && v != NULL;
		}
	}
	if (ok)
	{
		get_properties(obj, "Parameters", &p->parameters, &ok);
		get_sd(obj, &p->sd, &ok);
	}
	if (!ok)
	{
		pds_glue_partition_free(p);
		return NULL;
	}
	return p;
}

static PdsGlueDatabase *
database_of_json(const cJSON *obj)
{
	PdsGlueDatabase *d = calloc(1, sizeof(PdsGlueDatabase));
	const cJSON *target;
	bool		ok = true;

	if (d == NULL)
		return NULL;
	d->name = pds_json_strdup(obj, "Name", &ok);
	d->description = pds_json_strdup(obj, "Description", &ok);
	d->location = pds_json_strdup(obj, "LocationUri", &ok);
	target = cJSON_GetObjectItemCaseSensitive(obj, "TargetDatabase");
	if (cJSON_IsObject(target))
	{
		d->target_catalog = pds_json_strdup(target, "CatalogId", &ok);
		d->target_database = pds_json_strdup(target, "DatabaseName", &ok);
		d->target_region = pds_json_strdup(target, "Region", &ok);
	}
	if (d->name == NULL)
		d->name = pds_strdup("");
	if (!ok || d->name == NULL)
	{
		pds_glue_database_free(d);
		return NULL;
	}
	return d;
}

/* ---- calls ---- */

void
pds_glue_input(PdsJson *in, const char *catalog_id)
{
	pds_json_init(in);
	if (catalog_id && catalog_id[0])
		pds_json_put_text(in, in->root, "CatalogId", catalog_id);
}

static bool
glue_call(PdsAws *aws, const char *operation, const PdsJson *in, const char *resource,
		  cJSON **reply, PdsError *err)
{
	return pds_aws_json_call(aws, PDS_GLUE, operation, in, false, resource, reply, err);
}

/* the object of this name in a reply, or NULL and an error */
static const cJSON *
reply_object(const cJSON *reply, const char *name, const char *operation, const char *resource,
			 PdsError *err)
{
	const cJSON *obj = cJSON_GetObjectItemCaseSensitive(reply, name);

	if (cJSON_IsObject(obj))
		return obj;
	pds_error_set(err, PDS_ERR_PROTOCOL, "the reply to %s of %s holds no %s", operation, resource,
				  name);
	pds_error_context(err, "glue", operation, resource);
	return NULL;
}

PdsGlueDatabase *
pds_glue_get_database(PdsAws *aws, const char *catalog_id, const char *name, PdsError *err)
{
	PdsJson		in;
	cJSON	   *reply = NULL;
	const cJSON *obj;
	PdsGlueDatabase *d = NULL;

	pds_glue_input(&in, catalog_id);
	pds_json_put_text(&in, in.root, "Name", name);
	if (glue_call(aws, "GetDatabase", &in, name, &reply, err) &&
		(obj = reply_object(reply, "Database", "GetDatabase", name, err)) != NULL)
	{
		d = database_of_json(obj);
		if (d == NULL)
			pds_error_oom(err);
	}
	pds_json_free(&in);
	cJSON_Delete(reply);
	return d;
}

PdsGlueTable *
pds_glue_get_table(PdsAws *aws, const char *catalog_id, const char *database, const char *name,
				   PdsError *err)
{
	PdsJson		in;
	cJSON	   *reply = NULL;
	const cJSON *obj;
	PdsGlueTable *t = NULL;
	char		resource[512];

	snprintf(resource, sizeof(resource), "%s.%s", database, name);
	pds_glue_input(&in, catalog_id);
	pds_json_put_text(&in, in.root, "DatabaseName", database);
	pds_json_put_text(&in, in.root, "Name", name);
	if (glue_call(aws, "GetTable", &in, resource, &reply, err) &&
		(obj = reply_object(reply, "Table", "GetTable", resource, err)) != NULL)
	{
		t = table_of_json(obj);
		if (t == NULL)
			pds_error_oom(err);
		else if (t->database == NULL && (t->database = pds_strdup(database)) == NULL)
		{
			pds_glue_table_free(t);
			t = NULL;
			pds_error_oom(err);
		}
	}
	pds_json_free(&in);
	cJSON_Delete(reply);
	return t;
}

/* ---- resource links ---- */

/* links that lead to links: more are taken for a circle */
#define MAX_LINKS 5

static bool
replace(char **field, const char *value)
{
	char	   *copy = pds_strdup(value);

	if (value && copy == NULL)
		return false;
	free(*field);
	*field = copy;
	return true;
}

PdsGlueTable *
pds_glue_follow(PdsAws *aws, PdsGlueTable *link, PdsError *err)
{
	int			n = 0;

	while (link && link->target_name && link->target_database)
	{
		PdsAws	   *there = pds_aws_in_region(aws, link->target_region, err);
		PdsGlueTable *next = NULL;

		if (++n > MAX_LINKS)
			pds_error_set(err, PDS_ERR_CONFIG, "the resource link %s.%s leads in a circle",
						  link->database, link->name);
		else if (there)
			next = pds_glue_get_table(there, link->target_catalog, link->target_database,
									  link->target_name, err);
		if (next && (!replace(&next->catalog_id, link->target_catalog) ||
					 !replace(&next->region, link->target_region)))
		{
			pds_glue_table_free(next);
			next = NULL;
			pds_error_oom(err);
		}
		if (next == NULL && err->kind == PDS_ERR_NOT_FOUND)
			pds_error_detail(err, "The resource link %s.%s points there.", link->database,
							 link->name);
		pds_glue_table_free(link);
		link = next;
	}
	return link;
}

/* the table in the database that a link of this name points to; NULL without error: no link */
static PdsGlueTable *
table_of_database_link(PdsAws *aws, const char *catalog_id, const char *database,
					   const char *name, PdsError *err)
{
	PdsGlueDatabase *d = pds_glue_get_database(aws, catalog_id, database, err);
	PdsGlueTable *t = NULL;
	PdsAws	   *there;

	if (d && d->target_database && (there = pds_aws_in_region(aws, d->target_region, err)) != NULL)
	{
		t = pds_glue_get_table(there, d->target_catalog, d->target_database, name, err);
		if (t && (!replace(&t->catalog_id, d->target_catalog) ||
				  !replace(&t->region, d->target_region)))
		{
			pds_glue_table_free(t);
			t = NULL;
			pds_error_oom(err);
		}
	}
	pds_glue_database_free(d);
	return t;
}

PdsGlueTable *
pds_glue_find_table(PdsAws *aws, const char *catalog_id, const char *database, const char *name,
					PdsError *err)
{
	PdsGlueTable *t = pds_glue_get_table(aws, catalog_id, database, name, err);

	if (t == NULL && err->kind == PDS_ERR_NOT_FOUND)
	{
		PdsError	second;

		pds_error_clear(&second);
		t = table_of_database_link(aws, catalog_id, database, name, &second);
		/* that there is no such database is told by the first one, too */
		if (t == NULL && second.kind != PDS_ERR_NONE && second.kind != PDS_ERR_NOT_FOUND)
			*err = second;
	}
	return pds_glue_follow(aws, t, err);
}

/*
 * All pages of a listing; in is freed.  one() makes an item and hands it to the caller's
 * function: false to stop, with *ok false when memory was short.
 */
typedef bool (*ItemFn) (void *state, const cJSON *item, bool *ok);

/* what has no name is nothing that could be shown or asked for */
static bool
has_a_name(const cJSON *item, const char *operation, const char *resource, PdsError *err)
{
	if (cJSON_IsObject(item) && pds_json_text(item, "Name"))
		return true;
	pds_error_set(err, PDS_ERR_PROTOCOL, "the reply to %s lists something without a Name",
				  operation);
	pds_error_context(err, "glue", operation, resource);
	return false;
}

static bool
paged(PdsAws *aws, const char *operation, PdsJson *in, const char *list_name, const char *resource,
	  ItemFn one, void *state, PdsError *err)
{
	PdsPager	pager;
	bool		ok = true;
	bool		more = true;

	pds_pager_init(&pager);
	while (ok && more)
	{
		cJSON	   *reply = NULL;
		const cJSON *list;
		const cJSON *item;

		ok = glue_call(aws, operation, in, resource, &reply, err);
		if (!ok)
			break;
		list = cJSON_GetObjectItemCaseSensitive(reply, list_name);
		cJSON_ArrayForEach(item, list)
		{
			bool		enough = true;

			ok = has_a_name(item, operation, resource, err);
			if (!ok)
				break;
			more = one(state, item, &enough);
			if (!enough)
				ok = pds_error_oom(err);
			if (!more || !ok)
				break;
		}
		if (ok && more)
		{
			ok = pds_aws_next_page(&pager, operation, resource, reply, in, err);
			more = pds_pager_more(&pager);
		}
		cJSON_Delete(reply);
	}
	pds_pager_free(&pager);
	pds_json_free(in);
	return ok;
}

typedef struct CatalogSink
{
	PdsGlueDatabaseFn database_fn;
	PdsGlueTableFn table_fn;
	void	   *arg;
	const char *database;
} CatalogSink;

static bool
one_database(void *state, const cJSON *item, bool *ok)
{
	CatalogSink *s = state;
	PdsGlueDatabase *d = database_of_json(item);

	*ok = d != NULL;
	return d && s->database_fn(s->arg, d);
}

static bool
one_table(void *state, const cJSON *item, bool *ok)
{
	CatalogSink *s = state;
	PdsGlueTable *t = table_of_json(item);

	if (t && t->database == NULL && (t->database = pds_strdup(s->database)) == NULL)
	{
		pds_glue_table_free(t);
		t = NULL;
	}
	*ok = t != NULL;
	return t && s->table_fn(s->arg, t);
}

bool
pds_glue_get_databases(PdsAws *aws, const char *catalog_id, PdsGlueDatabaseFn fn, void *arg,
					   PdsError *err)
{
	CatalogSink s = {.database_fn = fn, .arg = arg};
	PdsJson		in;

	pds_glue_input(&in, catalog_id);
	return paged(aws, "GetDatabases", &in, "DatabaseList", NULL, one_database, &s, err);
}

bool
pds_glue_get_tables(PdsAws *aws, const char *catalog_id, const char *database,
					const char *expression, PdsGlueTableFn fn, void *arg, PdsError *err)
{
	CatalogSink s = {.table_fn = fn, .arg = arg, .database = database};
	PdsJson		in;

	pds_glue_input(&in, catalog_id);
	pds_json_put_text(&in, in.root, "DatabaseName", database);
	pds_json_put_text(&in, in.root, "Expression", expression);
	return paged(aws, "GetTables", &in, "TableList", database, one_table, &s, err);
}
