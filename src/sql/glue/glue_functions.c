/*
 * glue_functions.c
 *	  SQL functions about the Glue catalog: databases, tables, columns,
 *	  parameters.  What makes a CSV table is in csv_table.c, partitions are in
 *	  partition_functions.c.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

#include "core/glue/glue_write.h"
#include "core/serde/hive_type.h"
#include "fdw/base/error_map.h"
#include "fdw/base/on_reset.h"
#include "fdw/base/types.h"
#include "fdw/catalog/cache.h"
#include "sql/base/functions.h"
#include "sql/base/glue_args.h"
#include "sql/glue/glue_functions.h"

PG_FUNCTION_INFO_V1(pds_create_database);
PG_FUNCTION_INFO_V1(pds_drop_database);
PG_FUNCTION_INFO_V1(pds_databases);
PG_FUNCTION_INFO_V1(pds_tables);
PG_FUNCTION_INFO_V1(pds_table_columns);
PG_FUNCTION_INFO_V1(pds_table_parameters);
PG_FUNCTION_INFO_V1(pds_upsert_table_parameters);
PG_FUNCTION_INFO_V1(pds_overwrite_table_parameters);
PG_FUNCTION_INFO_V1(pds_comment_table);
PG_FUNCTION_INFO_V1(pds_add_column);
PG_FUNCTION_INFO_V1(pds_drop_column);
PG_FUNCTION_INFO_V1(pds_drop_table);

/* ---- what the files about the catalog share ---- */

PdsConnection *
pds_catalog_reader(FunctionCallInfo fcinfo)
{
	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("argument \"server\" must not be null")));
	return pds_function_connection(NameStr(*PG_GETARG_NAME(0)), CurrentMemoryContext);
}

PdsConnection *
pds_catalog_writer(FunctionCallInfo fcinfo, const char *function)
{
	PreventCommandIfReadOnly(function);
	return pds_catalog_reader(fcinfo);
}

static void
free_glue_table(void *arg)
{
	pds_glue_table_free(arg);
}

PdsGlueTable *
pds_catalog_table(PdsConnection *conn, const char *database, const char *name, bool missing_ok)
{
	PdsError	err;
	PdsGlueTable *t;

	pds_error_clear(&err);
	t = pds_glue_get_table(conn->aws, conn->options.catalog_id, database, name, &err);
	if (t == NULL && !(missing_ok && err.kind == PDS_ERR_NOT_FOUND))
		pds_raise(&err);
	if (t)
	{
		pds_on_reset(CurrentMemoryContext, free_glue_table, t);
	}
	return t;
}

void
pds_catalog_changed(bool ok, const PdsError *err)
{
	/* a failure may have changed something, too */
	pds_cache_forget();
	if (!ok)
		pds_raise(err);
}

void
pds_catalog_update(PdsConnection *conn, const PdsGlueTable *t)
{
	PdsError	err;
	bool		ok;

	pds_error_clear(&err);
	ok = pds_glue_update_table(conn->aws, conn->options.catalog_id, t, &err);
	pds_catalog_changed(ok, &err);
}

/* ---- listings ---- */

static bool
find_glue_database(void *arg, PdsGlueDatabase *d)
{
	return pds_found_add(arg, d);
}

static bool
find_table(void *arg, PdsGlueTable *t)
{
	return pds_found_add(arg, t);
}

static void
free_database_item(void *item)
{
	pds_glue_database_free(item);
}

static PdsFound *
list_databases(PdsConnection *conn)
{
	PdsFound   *f = pds_found_new(free_database_item, -1);
	PdsError	err;
	bool		ok;

	pds_error_clear(&err);
	ok = pds_glue_get_databases(conn->aws, conn->options.catalog_id, find_glue_database, f, &err);
	pds_found_check(f, ok, &err);
	return f;
}

static PdsFound *
list_tables(PdsConnection *conn, const char *database, const char *expression, int max)
{
	PdsFound   *f = pds_found_new(free_glue_table, max);
	PdsError	err;
	bool		ok;

	pds_error_clear(&err);
	ok = pds_glue_get_tables(conn->aws, conn->options.catalog_id, database, expression,
							 find_table, f, &err);
	pds_found_check(f, ok, &err);
	return f;
}

/* ---- databases ---- */

/* create_database(server, name, description, location, exist_ok): true when it is new */
Datum
pds_create_database(PG_FUNCTION_ARGS)
{
	PdsConnection *conn = pds_catalog_writer(fcinfo, "pds.create_database");
	const char *catalog_id = conn->options.catalog_id;
	char	   *name = pds_required_arg(fcinfo, 1, "name");
	char	   *description = pds_text_arg(fcinfo, 2);
	char	   *location = pds_text_arg(fcinfo, 3);
	bool		exist_ok = pds_bool_arg(fcinfo, 4);
	PdsGlueDatabase *d;
	PdsError	err;
	bool		ok;
	bool		differs;

	pds_error_clear(&err);
	ok = pds_glue_create_database(conn->aws, catalog_id, name, description, location, &err);
	if (ok || !(exist_ok && err.kind == PDS_ERR_ALREADY_EXISTS))
	{
		if (!ok && err.kind == PDS_ERR_ALREADY_EXISTS)
			pds_error_hint(&err, "Write exist_ok => true where an existing database is as good.");
		pds_catalog_changed(ok, &err);
		PG_RETURN_BOOL(true);
	}
	/* as awswrangler: what is given takes the place of what stands */
	pds_error_clear(&err);
	d = pds_glue_get_database(conn->aws, catalog_id, name, &err);
	if (d == NULL)
		pds_raise(&err);
	differs = (description &&
			   (d->description == NULL || strcmp(description, d->description) != 0)) ||
		(location && (d->location == NULL || strcmp(location, d->location) != 0));
	pds_glue_database_free(d);
	if (differs)
	{
		ok = pds_glue_update_database(conn->aws, catalog_id, name, description, location, &err);
		pds_catalog_changed(ok, &err);
	}
	PG_RETURN_BOOL(false);
}

/* drop_database(server, name, if_exists, cascade): true when it was there */
Datum
pds_drop_database(PG_FUNCTION_ARGS)
{
	PdsConnection *conn = pds_catalog_writer(fcinfo, "pds.drop_database");
	const char *catalog_id = conn->options.catalog_id;
	char	   *name = pds_required_arg(fcinfo, 1, "name");
	bool		if_exists = pds_bool_arg(fcinfo, 2);
	bool		cascade = pds_bool_arg(fcinfo, 3);
	PdsFound   *tables = pds_found_new(free_glue_table, cascade ? -1 : 1);
	PdsError	err;
	bool		ok;
	int			i;

	pds_error_clear(&err);
	ok = pds_glue_get_tables(conn->aws, catalog_id, name, NULL, find_table, tables, &err);
	if (!ok && err.kind == PDS_ERR_NOT_FOUND && if_exists)
		PG_RETURN_BOOL(false);
	pds_found_check(tables, ok, &err);
	if (tables->n > 0 && !cascade)
		ereport(ERROR,
				(errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
				 errmsg("database \"%s\" of the catalog holds tables, \"%s\" for one",
						pds_from_utf8(name),
						pds_from_utf8(((PdsGlueTable *) tables->items[0])->name)),
				 errhint("Write cascade => true to drop them, too.  Data in S3 stays.")));
	for (i = 0; ok && i < tables->n; i++)
	{
		PdsGlueTable *t = tables->items[i];

		ok = pds_glue_delete_table(conn->aws, catalog_id, name, t->name, &err) ||
			err.kind == PDS_ERR_NOT_FOUND;
	}
	if (ok)
		ok = pds_glue_delete_database(conn->aws, catalog_id, name, &err);
	pds_catalog_changed(ok, &err);
	PG_RETURN_BOOL(true);
}

/* where a resource link points to */
static char *
link_text(const char *catalog, const char *database, const char *table)
{
	if (database == NULL)
		return NULL;
	return psprintf("%s%s%s%s%s", catalog ? catalog : "", catalog ? "." : "", database,
					table ? "." : "", table ? table : "");
}

/* databases(server): name, description, location, link_to */
Datum
pds_databases(PG_FUNCTION_ARGS)
{
	PdsConnection *conn = pds_catalog_reader(fcinfo);
	PdsFound   *f;
	PdsResult	result;
	int			i;

	pds_result_begin(fcinfo, &result);
	f = list_databases(conn);
	for (i = 0; i < f->n; i++)
	{
		const PdsGlueDatabase *d = f->items[i];
		Datum		values[4];
		bool		nulls[4];

		values[0] = pds_text_datum(d->name, &nulls[0]);
		values[1] = pds_text_datum(d->description, &nulls[1]);
		values[2] = pds_text_datum(d->location, &nulls[2]);
		values[3] = pds_text_datum(link_text(d->target_catalog, d->target_database, NULL),
								   &nulls[3]);
		pds_result_row(&result, lengthof(values), values, nulls);
	}
	return (Datum) 0;
}

/* ---- tables ---- */

typedef struct TableFilter
{
	char	   *search;			/* lower case: in any text of the table */
	char	   *contains;
	char	   *prefix;
	char	   *suffix;
} TableFilter;

/* ASCII letters in lower case: names of the catalog have no others in two cases */
static char *
folded(char *text)
{
	char	   *p;

	for (p = text; p && *p; p++)
		*p = pg_ascii_tolower((unsigned char) *p);
	return text;
}

static bool
mentions(const char *text, const char *search)
{
	return text && strstr(folded(pstrdup(text)), search) != NULL;
}

static bool
columns_mention(const PdsGlueColumn *c, int n, const char *search)
{
	int			i;

	for (i = 0; i < n; i++)
		if (mentions(c[i].name, search) || mentions(c[i].comment, search))
			return true;
	return false;
}

static bool
passes(const PdsGlueTable *t, const TableFilter *f)
{
	if (f->contains && strstr(t->name, f->contains) == NULL)
		return false;
	if (f->prefix && !pds_str_has_prefix(t->name, f->prefix))
		return false;
	if (f->suffix && !pds_str_has_suffix(t->name, f->suffix))
		return false;
	return f->search == NULL || mentions(t->name, f->search) ||
		mentions(t->description, f->search) ||
		columns_mention(t->sd.columns, t->sd.ncolumns, f->search) ||
		columns_mention(t->partition_keys, t->npartition_keys, f->search);
}

/* the names as Glue's expression, where they hold nothing that has a meaning in one; or NULL */
static char *
name_expression(const TableFilter *f)
{
	const char *parts[] = {f->prefix, f->contains, f->suffix};
	int			i;

	if (f->prefix == NULL && f->contains == NULL && f->suffix == NULL)
		return NULL;

	/*
	 * two of them may overlap in a name: then everything is listed and looked
	 * at here
	 */
	if ((f->prefix != NULL) + (f->contains != NULL) + (f->suffix != NULL) > 1)
		return NULL;
	for (i = 0; i < 3; i++)
		if (parts[i] &&
			strspn(parts[i], "abcdefghijklmnopqrstuvwxyz0123456789_") != strlen(parts[i]))
			return NULL;
	return psprintf("%s%s%s%s", f->prefix ? f->prefix : ".*", f->contains ? f->contains : "",
					f->suffix ? f->suffix : "", f->suffix ? "" : ".*");
}

static const char *
table_format(const PdsGlueTable *t)
{
	const char *format = pds_property(&t->parameters, "table_type");

	if (t->table_type && strcmp(t->table_type, "VIRTUAL_VIEW") == 0)
		return "view";
	if (format == NULL)
		format = pds_property(&t->parameters, "spark.sql.sources.provider");
	if (format == NULL)
		format = pds_property(&t->parameters, "classification");
	return format && format[0] ? folded(pstrdup(format)) : NULL;
}

static Datum
column_names(const PdsGlueColumn *c, int n)
{
	char	  **names = palloc(Max(n, 1) * sizeof(char *));
	int			i;

	for (i = 0; i < n; i++)
		names[i] = c[i].name;
	return pds_text_array_datum(names, n);
}

static void
table_rows(PdsResult *result, PdsConnection *conn, const char *database, const TableFilter *filter)
{
	PdsFound   *f = list_tables(conn, database, name_expression(filter), -1);
	int			i;

	for (i = 0; i < f->n; i++)
	{
		const PdsGlueTable *t = f->items[i];
		Datum		values[9];
		bool		nulls[9] = {false};

		CHECK_FOR_INTERRUPTS();
		if (!passes(t, filter))
			continue;
		values[0] = pds_text_datum(database, &nulls[0]);
		values[1] = pds_text_datum(t->name, &nulls[1]);
		values[2] = pds_text_datum(t->description, &nulls[2]);
		values[3] = pds_text_datum(t->table_type, &nulls[3]);
		values[4] = pds_text_datum(table_format(t), &nulls[4]);
		values[5] = pds_text_datum(t->sd.location, &nulls[5]);
		values[6] = column_names(t->sd.columns, t->sd.ncolumns);
		values[7] = column_names(t->partition_keys, t->npartition_keys);
		values[8] = pds_text_datum(link_text(t->target_catalog, t->target_database,
											 t->target_name), &nulls[8]);
		pds_result_row(result, lengthof(values), values, nulls);
	}
}

/* tables(server, database, search, name_contains, name_prefix, name_suffix) */
Datum
pds_tables(PG_FUNCTION_ARGS)
{
	PdsConnection *conn = pds_catalog_reader(fcinfo);
	char	   *database = pds_text_arg(fcinfo, 1);
	TableFilter filter;
	PdsResult	result;

	filter.search = folded(pds_text_arg(fcinfo, 2));
	filter.contains = folded(pds_text_arg(fcinfo, 3));
	filter.prefix = folded(pds_text_arg(fcinfo, 4));
	filter.suffix = folded(pds_text_arg(fcinfo, 5));
	pds_result_begin(fcinfo, &result);
	if (database)
		table_rows(&result, conn, database, &filter);
	else
	{
		PdsFound   *f = list_databases(conn);
		int			i;

		for (i = 0; i < f->n; i++)
		{
			const PdsGlueDatabase *d = f->items[i];

			/* the tables of a link are those of another database */
			if (d->target_database == NULL)
				table_rows(&result, conn, d->name, &filter);
		}
	}
	return (Datum) 0;
}

/* the type that import gives a column; NULL when the catalog's is none */
static char *
sql_type_of_column(const char *hive)
{
	PdsHiveType t;
	PdsError	err;
	StringInfoData buf;

	if (!pds_hive_type_parse(hive, &t, &err))
		return NULL;
	initStringInfo(&buf);
	pds_sql_type_of_hive(&t, &buf);
	pds_hive_type_clear(&t);
	return buf.data;
}

static void
column_rows(PdsResult *result, const PdsGlueColumn *c, int n, int before, bool key)
{
	int			i;

	for (i = 0; i < n; i++)
	{
		Datum		values[6];
		bool		nulls[6] = {false};

		values[0] = Int32GetDatum(before + i + 1);
		values[1] = pds_text_datum(c[i].name, &nulls[1]);
		values[2] = pds_text_datum(c[i].type, &nulls[2]);
		values[3] = BoolGetDatum(key);
		values[4] = pds_text_datum(c[i].comment, &nulls[4]);
		values[5] = pds_text_datum(sql_type_of_column(c[i].type), &nulls[5]);
		pds_result_row(result, lengthof(values), values, nulls);
	}
}

/* table_columns(server, database, table_name) */
Datum
pds_table_columns(PG_FUNCTION_ARGS)
{
	PdsConnection *conn = pds_catalog_reader(fcinfo);
	char	   *database = pds_required_arg(fcinfo, 1, "database");
	char	   *name = pds_required_arg(fcinfo, 2, "table_name");
	PdsResult	result;
	PdsGlueTable *t;

	pds_result_begin(fcinfo, &result);
	t = pds_catalog_table(conn, database, name, false);
	column_rows(&result, t->sd.columns, t->sd.ncolumns, 0, false);
	column_rows(&result, t->partition_keys, t->npartition_keys, t->sd.ncolumns, true);
	return (Datum) 0;
}

/* drop_table(server, database, table_name, if_exists): true when it was there */
Datum
pds_drop_table(PG_FUNCTION_ARGS)
{
	PdsConnection *conn = pds_catalog_writer(fcinfo, "pds.drop_table");
	char	   *database = pds_required_arg(fcinfo, 1, "database");
	char	   *name = pds_required_arg(fcinfo, 2, "table_name");
	bool		if_exists = pds_bool_arg(fcinfo, 3);
	PdsError	err;
	bool		ok;

	pds_error_clear(&err);
	ok = pds_glue_delete_table(conn->aws, conn->options.catalog_id, database, name, &err);
	if (!ok && err.kind == PDS_ERR_NOT_FOUND && if_exists)
		PG_RETURN_BOOL(false);
	pds_catalog_changed(ok, &err);
	PG_RETURN_BOOL(true);
}

/* ---- parameters ---- */

/* table_parameters(server, database, table_name) */
Datum
pds_table_parameters(PG_FUNCTION_ARGS)
{
	PdsConnection *conn = pds_catalog_reader(fcinfo);
	char	   *database = pds_required_arg(fcinfo, 1, "database");
	char	   *name = pds_required_arg(fcinfo, 2, "table_name");

	return pds_properties_datum(&pds_catalog_table(conn, database, name, false)->parameters);
}

bool
pds_merge_properties(PdsProperties *into, const PdsProperties *given)
{
	bool		changed = false;
	int			i;

	for (i = 0; i < given->n; i++)
	{
		const char *key = given->items[i].key;
		const char *value = given->items[i].value;
		const char *before = pds_property(into, key);

		if (value == NULL ? before == NULL : before != NULL && strcmp(value, before) == 0)
			continue;
		pds_set_property(into, key, value);
		changed = true;
	}
	return changed;
}

static Datum
change_parameters(FunctionCallInfo fcinfo, const char *function, bool overwrite)
{
	PdsConnection *conn = pds_catalog_writer(fcinfo, function);
	char	   *database = pds_required_arg(fcinfo, 1, "database");
	char	   *name = pds_required_arg(fcinfo, 2, "table_name");
	PdsProperties given;
	PdsGlueTable t;

	if (PG_ARGISNULL(3))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("argument \"parameters\" must not be null")));
	pds_properties_of_jsonb(PG_GETARG_DATUM(3), "parameters", &given);
	/* a copy, whose lists are changed here */
	t = *pds_catalog_table(conn, database, name, false);
	if (overwrite)
		memset(&t.parameters, 0, sizeof(t.parameters));
	if (pds_merge_properties(&t.parameters, &given) || overwrite)
		pds_catalog_update(conn, &t);
	return pds_properties_datum(&t.parameters);
}

Datum
pds_upsert_table_parameters(PG_FUNCTION_ARGS)
{
	return change_parameters(fcinfo, "pds.upsert_table_parameters", false);
}

Datum
pds_overwrite_table_parameters(PG_FUNCTION_ARGS)
{
	return change_parameters(fcinfo, "pds.overwrite_table_parameters", true);
}

/* ---- comments and columns ---- */

/* a copy of the columns that may be changed */
static PdsGlueColumn *
copied(const PdsGlueColumn *c, int n)
{
	PdsGlueColumn *copy = palloc((n + 1) * sizeof(PdsGlueColumn));

	memcpy(copy, c, n * sizeof(PdsGlueColumn));
	return copy;
}

static PdsGlueColumn *
column_named(PdsGlueColumn *c, int n, const char *name)
{
	int			i;

	for (i = 0; i < n; i++)
		if (pg_strcasecmp(c[i].name, name) == 0)
			return &c[i];
	return NULL;
}

void
pds_comment_columns(PdsGlueTable *t, const PdsProperties *comments)
{
	int			i;

	t->sd.columns = copied(t->sd.columns, t->sd.ncolumns);
	t->partition_keys = copied(t->partition_keys, t->npartition_keys);
	for (i = 0; i < comments->n; i++)
	{
		const char *name = comments->items[i].key;
		PdsGlueColumn *c = column_named(t->sd.columns, t->sd.ncolumns, name);

		if (c == NULL)
			c = column_named(t->partition_keys, t->npartition_keys, name);
		if (c == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg("table \"%s\" of the catalog has no column \"%s\"",
							pds_from_utf8(t->name), pds_from_utf8(name)),
					 errhint("pds.table_columns lists them.")));
		c->comment = comments->items[i].value;
	}
}

/* comment_table(server, database, table_name, description, columns_comments) */
Datum
pds_comment_table(PG_FUNCTION_ARGS)
{
	PdsConnection *conn = pds_catalog_writer(fcinfo, "pds.comment_table");
	char	   *database = pds_required_arg(fcinfo, 1, "database");
	char	   *name = pds_required_arg(fcinfo, 2, "table_name");
	PdsGlueTable t = *pds_catalog_table(conn, database, name, false);
	PdsProperties comments;

	if (!PG_ARGISNULL(3))
		t.description = pds_text_arg(fcinfo, 3);
	if (!PG_ARGISNULL(4))
	{
		pds_properties_of_jsonb(PG_GETARG_DATUM(4), "columns_comments", &comments);
		pds_comment_columns(&t, &comments);
	}
	pds_catalog_update(conn, &t);
	PG_RETURN_VOID();
}

/* add_column(server, database, table_name, column_name, column_type, comment) */
Datum
pds_add_column(PG_FUNCTION_ARGS)
{
	PdsConnection *conn = pds_catalog_writer(fcinfo, "pds.add_column");
	char	   *database = pds_required_arg(fcinfo, 1, "database");
	char	   *name = pds_required_arg(fcinfo, 2, "table_name");
	PdsGlueTable t;
	PdsGlueColumn c;

	c.name = pds_catalog_name(pds_required_arg(fcinfo, 3, "column_name"), "column");
	c.type = pds_checked_type(pds_required_arg(fcinfo, 4, "column_type"), c.name);
	c.comment = pds_text_arg(fcinfo, 5);
	t = *pds_catalog_table(conn, database, name, false);
	t.sd.columns = copied(t.sd.columns, t.sd.ncolumns);
	t.sd.columns[t.sd.ncolumns++] = c;
	pds_check_distinct(t.sd.columns, t.sd.ncolumns, t.partition_keys, t.npartition_keys);
	pds_catalog_update(conn, &t);
	PG_RETURN_VOID();
}

/* drop_column(server, database, table_name, column_name) */
Datum
pds_drop_column(PG_FUNCTION_ARGS)
{
	PdsConnection *conn = pds_catalog_writer(fcinfo, "pds.drop_column");
	char	   *database = pds_required_arg(fcinfo, 1, "database");
	char	   *name = pds_required_arg(fcinfo, 2, "table_name");
	char	   *column = pds_required_arg(fcinfo, 3, "column_name");
	PdsGlueTable t = *pds_catalog_table(conn, database, name, false);
	PdsGlueColumn *c;

	t.sd.columns = copied(t.sd.columns, t.sd.ncolumns);
	c = column_named(t.sd.columns, t.sd.ncolumns, column);
	if (c == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("table \"%s\" of the catalog has no column \"%s\" to drop",
						pds_from_utf8(name), pds_from_utf8(column)),
				 column_named(t.partition_keys, t.npartition_keys, column)
				 ? errhint("It is a partition key, which cannot be dropped.")
				 : errhint("pds.table_columns lists them.")));
	t.sd.ncolumns--;
	memmove(c, c + 1, (t.sd.columns + t.sd.ncolumns - c) * sizeof(PdsGlueColumn));
	pds_catalog_update(conn, &t);
	PG_RETURN_VOID();
}
