/*
 * import.c
 *	  IMPORT FOREIGN SCHEMA from a Glue database.
 *
 * Nothing is left behind in silence: a table or a name that cannot be taken as
 * it is gives a NOTICE or WARNING that says why.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "access/htup_details.h"
#include "commands/defrem.h"
#include "foreign/fdwapi.h"
#include "foreign/foreign.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "core/glue/glue.h"
#include "core/glue/table_kind.h"
#include "fdw/base/activity.h"
#include "fdw/base/connection.h"
#include "fdw/base/error_map.h"
#include "fdw/base/no_memory.h"
#include "fdw/base/on_reset.h"
#include "fdw/base/types.h"
#include "fdw/catalog/catalog.h"
#include "fdw/import/import.h"
#include "fdw/import/import_comments.h"
#include "fdw/import/import_names.h"
#include "fdw/import/import_probe.h"

/* more names than this are not asked for one by one */
#define MAX_SINGLE_CALLS 20

/* a table of the database */
typedef struct ImportItem
{
	PdsGlueTable *table;
	char	   *name;			/* in Glue: that of a link, not of its target */
	char	   *relname;		/* here */
	bool		renamed;		/* by more than the case of its letters */
	bool		folded;			/* by that */
} ImportItem;

typedef struct Import
{
	ImportForeignSchemaStmt *stmt;
	PdsConnection *conn;
	char	   *database;		/* as foreign tables name it: that of a link,
								 * not of its target */
	/* where its tables are */
	PdsAws	   *aws;
	char	   *catalog;
	char	   *source;			/* name of the database there */
	ImportItem *items;
	int			nitems;
	int			cap;
	bool		failed;			/* out of memory */
	PdsNames	names;
	PdsImportProbe probe;
	bool		pseudo_columns; /* add them to every table */
	PdsNameCase name_case;
	List	   *commands;
} Import;

static char *
to_server(const char *s)
{
	return pg_any_to_server(s, strlen(s), PG_UTF8);
}

static char *
to_utf8(const char *s)
{
	return pg_server_to_any(s, strlen(s), PG_UTF8);
}

/* ---- one table ---- */

static void
append_option(StringInfo buf, bool *first, const char *name, const char *value)
{
	appendStringInfo(buf, "%s%s %s", *first ? "" : ", ", name,
					 quote_literal_cstr(to_server(value)));
	*first = false;
}

/* number i of the columns and partition keys */
static const PdsGlueColumn *
column(const PdsGlueTable *t, int i)
{
	return i < t->sd.ncolumns ? &t->sd.columns[i] : &t->partition_keys[i - t->sd.ncolumns];
}

/* does the table have two columns that Glue itself calls alike?  Athena refuses it, too */
static const char *
column_twice(const PdsGlueTable *t)
{
	int			n = t->sd.ncolumns + t->npartition_keys;
	PdsNames	names;
	int			i;

	pds_names_init(&names);
	for (i = 0; i < n; i++)
	{
		const char *name = column(t, i)->name;
		char	   *folded = pstrdup(name);
		char	   *c;

		/* longer ones get names of their own */
		if (strlen(name) >= NAMEDATALEN)
			continue;
		for (c = folded; *c; c++)
			*c = pg_ascii_tolower((unsigned char) *c);
		if (pds_names_taken(&names, folded))
			return name;
		pds_names_take(&names, folded);
	}
	return NULL;
}

/* False: the table cannot be imported (a message was given). */
static bool
append_column(StringInfo buf, const ImportItem *item, const PdsGlueColumn *c, bool key,
			  const char *attname, PdsNameCase name_case, bool first_column)
{
	PdsHiveType type;
	PdsError	err;
	StringInfoData shown;

	/* names are compared without regard to case there */
	bool		changed = strcmp(attname, pds_case_name(to_server(c->name), name_case)) != 0;
	bool		first = true;

	if (!pds_hive_type_parse(c->type, &type, &err))
	{
		ereport(WARNING,
				(errmsg("table \"%s\" was not imported: %s", to_server(item->name), err.message)));
		return false;
	}
	if (type.kind == PDS_HIVE_OTHER)
		ereport(NOTICE,
				(errmsg("column \"%s\" of table \"%s\" has type %s and is read as text",
						attname, to_server(item->name), c->type)));
	if (changed)
		ereport(NOTICE,
				(errmsg("column \"%s\" of table \"%s\" is imported as \"%s\"",
						to_server(c->name), to_server(item->name), attname)));
	initStringInfo(&shown);
	pds_sql_type_of_hive(&type, &shown);
	pds_hive_type_clear(&type);
	appendStringInfo(buf, "%s\n  %s %s", first_column ? "" : ",", quote_identifier(attname),
					 pds_qualified_type(shown.data));
	appendStringInfoString(buf, " OPTIONS (");
	if (changed)
		append_option(buf, &first, "column_name", c->name);
	append_option(buf, &first, "glue_type", c->type);
	if (key)
		append_option(buf, &first, "partition_key", "true");
	appendStringInfoChar(buf, ')');
	if (c->comment)
		pds_import_comment(item->relname, attname, to_server(c->comment));
	return true;
}

#define NPSEUDO 4

/* The pseudo-columns (catalog.h); $row_number where the table can be read here. */
static void
append_pseudo_columns(StringInfo buf, const PdsGlueTable *t, char *const *taken, int ntaken)
{
	static const char *const columns[NPSEUDO][2] = {
		{"$path", "pg_catalog.text"}, {"$file_size", "bigint"},
		{"$file_modified_time", "timestamp(3) with time zone"},
		{"$row_number", "bigint"}
	};
	PdsDialect	d;
	PdsError	err;
	bool		direct = pds_dialect_of_table(&d, t, pds_unix_ms(), &err);
	int			i;
	int			k;

	/* a view has no objects */
	if (t->table_type && strcmp(t->table_type, "VIRTUAL_VIEW") == 0)
		return;
	for (i = 0; i < (direct ? NPSEUDO : NPSEUDO - 1); i++)
	{
		for (k = 0; k < ntaken && strcmp(taken[k], columns[i][0]) != 0; k++)
			;
		if (k == ntaken)
			appendStringInfo(buf, ",\n  %s %s", quote_identifier(columns[i][0]), columns[i][1]);
	}
}

/* say how the table will be read when not in both ways */
static void
notice_engine(const Import *im, const ImportItem *item)
{
	PdsDialect	d;
	PdsError	err;

	if (pds_dialect_of_table(&d, item->table, pds_unix_ms(), &err))
		return;
	if (err.kind == PDS_ERR_UNSUPPORTED)
		ereport(NOTICE,
				(errmsg("table \"%s\" can be read by Athena only: %s", to_server(item->name),
						err.message),
				 pds_catalog_unknown_to_athena(&im->conn->options)
				 ? errhint("%s", PDS_ATHENA_CATALOG_HINT) : 0));
	else
		ereport(WARNING,
				(errmsg("table \"%s\" cannot be read as it is: %s", to_server(item->name),
						err.message),
				 pds_hint_of(&err) ? errhint("%s", pds_hint_of(&err)) : 0));
}

/* What a link points to takes its place.  False: it cannot be had (a message was given). */
static bool
follow_link(Import *im, ImportItem *item)
{
	PdsError	err;

	if (item->table->target_name == NULL)
		return true;
	pds_error_clear(&err);
	item->table = pds_glue_follow(im->aws, item->table, &err);
	if (item->table)
		return true;
	if (err.kind != PDS_ERR_NOT_FOUND && err.kind != PDS_ERR_ACCESS_DENIED &&
		err.kind != PDS_ERR_CONFIG)
		pds_raise(&err);
	ereport(WARNING,
			(errmsg("table \"%s\" was not imported: it is a link, and what it points to cannot be read",
					to_server(item->name)),
			 errdetail("%s", err.message)));
	return false;
}

/* can its columns, and so many more, be those of a foreign table?  Says why not. */
static bool
columns_fit(const ImportItem *item, int more)
{
	const PdsGlueTable *t = item->table;
	int			n = t->sd.ncolumns + t->npartition_keys;
	const char *twice;

	if (n == 0)
	{
		ereport(NOTICE,
				(errmsg("table \"%s\" was not imported: the catalog lists no columns for it",
						to_server(item->name)),
				 t->schema_registry ? errdetail("They are in the Schema Registry.") : 0));
		return false;
	}
	if (n + more > MaxHeapAttributeNumber)
	{
		ereport(NOTICE,
				(errmsg("table \"%s\" was not imported: it has %d columns, PostgreSQL allows %d",
						to_server(item->name), n, MaxHeapAttributeNumber)));
		return false;
	}
	if ((twice = column_twice(t)) != NULL)
	{
		ereport(WARNING,
				(errmsg("table \"%s\" was not imported: column \"%s\" appears twice",
						to_server(item->name), to_server(twice)),
				 errdetail("Case does not count, and a partition key must not have the name of a column. Athena refuses such a table, too.")));
		return false;
	}
	return true;
}

static void
import_table(Import *im, ImportItem *item)
{
	StringInfoData buf;
	char	  **attnames;
	bool		first = true;
	bool		ok = true;
	const PdsGlueTable *t;
	int			n;
	int			i;

	CHECK_FOR_INTERRUPTS();
	if (!follow_link(im, item) || !columns_fit(item, im->pseudo_columns ? NPSEUDO : 0))
		return;
	t = item->table;
	n = t->sd.ncolumns + t->npartition_keys;
	attnames = palloc(n * sizeof(char *));
	for (i = 0; i < n; i++)
		attnames[i] = column(t, i)->name;
	pds_column_names(NULL, attnames, n, im->name_case);
	initStringInfo(&buf);
	appendStringInfo(&buf, "CREATE FOREIGN TABLE %s (", quote_identifier(item->relname));
	for (i = 0; i < n && ok; i++)
		ok = append_column(&buf, item, column(t, i), i >= t->sd.ncolumns, attnames[i],
						   im->name_case, i == 0);
	if (!ok)
	{
		pds_import_comments_drop(item->relname);
		return;
	}
	if (im->pseudo_columns)
		append_pseudo_columns(&buf, t, attnames, n);
	if (item->renamed)
		ereport(NOTICE,
				(errmsg("table \"%s\" is imported as \"%s\"", to_server(item->name),
						item->relname)));
	appendStringInfo(&buf, "\n) SERVER %s OPTIONS (", quote_identifier(im->stmt->server_name));
	append_option(&buf, &first, "database", im->database);
	append_option(&buf, &first, "table_name", item->name);
	appendStringInfoChar(&buf, ')');
	if (t->description)
		pds_import_comment(item->relname, NULL, to_server(t->description));
	notice_engine(im, item);
	pds_import_probe(&im->probe, im->conn, t);
	im->commands = lappend(im->commands, buf.data);
}

/* ---- what there is ---- */

/* called from the core: no ereport */
static bool
keep_imported_table(void *arg, PdsGlueTable *t)
{
	Import	   *im = arg;

	if (im->nitems == im->cap)
	{
		int			cap = im->cap ? im->cap * 2 : 64;
		ImportItem *grown = realloc(im->items, cap * sizeof(ImportItem));

		if (grown == NULL)
		{
			pds_glue_table_free(t);
			im->failed = true;
			return false;
		}
		im->items = grown;
		im->cap = cap;
	}
	memset(&im->items[im->nitems], 0, sizeof(ImportItem));
	im->items[im->nitems++].table = t;
	return true;
}

static void
free_tables(Import *im)
{
	int			i;

	for (i = 0; i < im->nitems; i++)
		pds_glue_table_free(im->items[i].table);
	im->nitems = 0;
}

static void
free_import(void *arg)
{
	Import	   *im = arg;

	free_tables(im);
	free(im->items);
	im->items = NULL;
	im->cap = 0;
}

/* The database, or the one that a link points to. */
static void
check_database(Import *im)
{
	const char *catalog = im->conn->options.catalog_id;
	PdsGlueDatabase *d;
	PdsError	err;

	pds_error_clear(&err);
	d = pds_glue_get_database(im->conn->aws, catalog, to_utf8(im->stmt->remote_schema), &err);
	if (d == NULL)
		pds_raise(&err);
	im->database = pstrdup(d->name);
	im->source = pstrdup(d->target_database ? d->target_database : d->name);
	if (d->target_database && d->target_catalog)
		im->catalog = pstrdup(d->target_catalog);
	else
		im->catalog = catalog ? pstrdup(catalog) : NULL;
	im->aws = pds_aws_in_region(im->conn->aws, d->target_database ? d->target_region : NULL, &err);
	pds_glue_database_free(d);
	if (im->aws == NULL)
		pds_raise(&err);
}

/*
 * LIMIT TO a few tables: ask for each.  False: Glue has none of that name, and
 * it is so long that it may be one that was cut.
 */
static bool
fetch_named(Import *im)
{
	ListCell   *lc;

	foreach(lc, im->stmt->table_list)
	{
		char	   *name = ((RangeVar *) lfirst(lc))->relname;
		PdsError	err;
		PdsGlueTable *t;

		pds_error_clear(&err);
		t = pds_glue_get_table(im->aws, im->catalog, im->source, to_utf8(name), &err);
		if (t)
			keep_imported_table(im, t);
		else if (err.kind != PDS_ERR_NOT_FOUND)
			pds_raise(&err);
		if (im->failed)
			break;
		/* a cut in mid-character leaves up to three bytes less */
		if (t == NULL && strlen(name) >= NAMEDATALEN - 1 - 3)
			return false;
	}
	return true;
}

static void
fetch_all(Import *im)
{
	PdsError	err;

	free_tables(im);
	pds_error_clear(&err);
	if (!pds_glue_get_tables(im->aws, im->catalog, im->source, NULL, keep_imported_table, im, &err))
		pds_raise(&err);
}

static void
make_unique(Import *im, ImportItem *item)
{
	char	   *name = pds_names_unique(&im->names, item->relname);

	item->renamed = item->renamed || strcmp(name, item->relname) != 0;
	item->relname = name;
}

/*
 * Names of relations: a name that fits, letter for letter, is always its own table's; those that
 * had to be cut, or have another case, get what is left.  So a table has the same name whatever
 * LIMIT TO and EXCEPT say.
 */
static void
name_tables(Import *im)
{
	int			i;

	for (i = 0; i < im->nitems; i++)
	{
		ImportItem *item = &im->items[i];

		item->name = pstrdup(item->table->name);
		item->relname = pds_case_name(pds_fit_name(item->name, &item->renamed), im->name_case);
		item->folded = strcmp(item->relname, to_server(item->name)) != 0 && !item->renamed;
		if (!item->renamed && !item->folded)
			pds_names_take(&im->names, item->relname);
	}
	/* those that were cut come last: they have no name of their own */
	for (i = 0; i < im->nitems; i++)
		if (im->items[i].folded)
			make_unique(im, &im->items[i]);
	for (i = 0; i < im->nitems; i++)
		if (im->items[i].renamed && !im->items[i].folded)
			make_unique(im, &im->items[i]);
}

/* names of LIMIT TO that no table has */
static void
warn_of_missing(Import *im)
{
	ListCell   *lc;

	foreach(lc, im->stmt->table_list)
	{
		char	   *name = ((RangeVar *) lfirst(lc))->relname;
		const ImportItem *like = NULL;
		int			i;

		if (pds_names_taken(&im->names, name))
			continue;
		for (i = 0; i < im->nitems && like == NULL; i++)
			if (pg_strcasecmp(im->items[i].relname, name) == 0)
				like = &im->items[i];
		ereport(WARNING,
				(errmsg("table \"%s\" was not found in database \"%s\"", name,
						im->stmt->remote_schema),
				 like ? errhint("There is \"%s\": the catalog has names in lower case.",
								like->relname) : 0));
	}
}

static void
import_options(Import *im)
{
	ListCell   *lc;

	foreach(lc, im->stmt->options)
	{
		DefElem    *def = lfirst(lc);

		if (strcmp(def->defname, "pseudo_columns") == 0)
			im->pseudo_columns = defGetBoolean(def);
		else if (strcmp(def->defname, "case") == 0)
		{
			PdsTableOptions others;
			PdsImportOptions o;

			pds_get_import_options(list_make1(def), &others, &o);
			im->name_case = o.name_case;
		}
		else
			ereport(ERROR,
					(errcode(ERRCODE_FDW_INVALID_OPTION_NAME),
					 errmsg("invalid option \"%s\" for IMPORT FOREIGN SCHEMA from pds_fdw",
							def->defname),
					 errhint("Of a Glue database they are case and pseudo_columns; others are for the import from a location, s3://bucket/prefix/.")));
	}
}

static List *
import_database(ImportForeignSchemaStmt *stmt, PdsConnection *conn)
{
	Import	   *im = palloc0(sizeof(Import));
	bool		limited = stmt->list_type == FDW_IMPORT_SCHEMA_LIMIT_TO;
	int			i;

	im->stmt = stmt;
	im->conn = conn;
	import_options(im);
	pds_on_reset(CurrentMemoryContext, free_import, im);
	pds_names_init(&im->names);
	check_database(im);
	if (!limited || list_length(stmt->table_list) > MAX_SINGLE_CALLS || !fetch_named(im))
		fetch_all(im);
	if (im->failed)
		pds_raise_no_memory();
	name_tables(im);
	if (limited)
		warn_of_missing(im);
	for (i = 0; i < im->nitems; i++)
		if (IsImportableForeignTable(im->items[i].relname, stmt))
			import_table(im, &im->items[i]);
	return im->commands;
}

List *
pds_import_schema(ImportForeignSchemaStmt *stmt, Oid serverid)
{
	PdsActivityOptions o = {
		.kind = PDS_STAT_IMPORT,
		.conn = pds_connection_get(serverid, GetUserId(), CurrentMemoryContext),
		.name = stmt->remote_schema
	};
	PdsActivity *activity = pds_activity_begin(&o, CurrentMemoryContext);
	List	   *commands;

	pds_import_comments_start(stmt);
	if (strncmp(stmt->remote_schema, "s3://", 5) == 0)
		commands = pds_import_location(stmt, o.conn);
	else
		commands = import_database(stmt, o.conn);
	pds_activity_end(activity, false);
	return commands;
}
