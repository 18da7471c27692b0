/*
 * import.c
 *	  IMPORT FOREIGN SCHEMA from a Glue database.
 *
 * Nothing is left behind in silence: a table or a name that cannot be taken as
 * it is gives a NOTICE or WARNING that says why.  Comments cannot be part of
 * what ImportForeignSchema returns; a ProcessUtility hook applies them after
 * each table is made.  (After the whole statement would be too late to begin
 * with: it may be what loads this library.)
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "commands/comment.h"
#include "commands/defrem.h"
#include "foreign/foreign.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "tcop/utility.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "core/glue.h"
#include "core/projection.h"
#include "fdw/connection.h"
#include "fdw/error_map.h"
#include "fdw/import.h"
#include "fdw/import_probe.h"
#include "fdw/types.h"

/* more names than this are not asked for one by one */
#define MAX_SINGLE_CALLS 20

typedef struct PendingComment
{
	char	   *server;
	char	   *schema;
	char	   *relname;
	char	   *column;			/* NULL: the table itself */
	char	   *text;
} PendingComment;

typedef struct Import
{
	ImportForeignSchemaStmt *stmt;
	List	   *commands;
	List	   *names;			/* relation names taken */
	PdsConnection *conn;
	PdsImportProbe probe;
	bool		pseudo_columns; /* add them to every table */
} Import;

static ProcessUtility_hook_type previous_hook;
/* lives as long as the transaction */
static List *pending_comments;
static MemoryContext pending_cxt;

/* ---- names ---- */

/* A name as PostgreSQL can hold it; *changed when it had to be cut. */
static char *
fit_name(const char *name, bool *changed)
{
	char	   *s = pg_any_to_server(name, strlen(name), PG_UTF8);
	int			len = strlen(s);

	*changed = false;
	if (len < NAMEDATALEN)
		return pstrdup(s);
	*changed = true;
	return pnstrdup(s, pg_mbcliplen(s, len, NAMEDATALEN - 1));
}

static bool
is_system_column(const char *name)
{
	static const char *const names[] = {"ctid", "xmin", "cmin", "xmax", "cmax", "tableoid"};
	int			i;

	for (i = 0; i < lengthof(names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

char *
pds_column_name(const char *glue_name, bool *changed)
{
	char	   *name = fit_name(glue_name, changed);

	if (is_system_column(name))
	{
		*changed = true;
		return psprintf("%s_", name);
	}
	return name;
}

static bool
name_taken(List *names, const char *name)
{
	ListCell   *lc;

	foreach(lc, names)
		if (strcmp(strVal(lfirst(lc)), name) == 0)
			return true;
	return false;
}

void
pds_import_comment(const ImportForeignSchemaStmt *stmt, const char *relname, const char *column,
				   const char *text)
{
	PendingComment *c;
	MemoryContext old;

	if (text == NULL || text[0] == '\0')
		return;
	old = MemoryContextSwitchTo(pending_cxt);
	c = palloc(sizeof(PendingComment));
	c->server = pstrdup(stmt->server_name);
	c->schema = pstrdup(stmt->local_schema);
	c->relname = pstrdup(relname);
	c->column = column ? pstrdup(column) : NULL;
	c->text = pstrdup(text);
	pending_comments = lappend(pending_comments, c);
	MemoryContextSwitchTo(old);
}

/* one of Glue's */
static void
add_comment(const Import *im, const char *relname, const char *column, const char *text)
{
	if (text)
		pds_import_comment(im->stmt, relname, column,
						   pg_any_to_server(text, strlen(text), PG_UTF8));
}

static void
forget_comments(void *arg)
{
	pending_comments = NIL;
	pending_cxt = NULL;
}

/* No comments pending, and a context for those to come. */
static void
start_comments(void)
{
	MemoryContextCallback *cb;

	if (pending_cxt)
	{
		pending_comments = NIL;
		return;
	}
	pending_cxt = AllocSetContextCreate(TopTransactionContext, "pds_fdw comments",
										ALLOCSET_SMALL_SIZES);
	cb = MemoryContextAlloc(pending_cxt, sizeof(MemoryContextCallback));
	cb->func = forget_comments;
	cb->arg = NULL;
	MemoryContextRegisterResetCallback(pending_cxt, cb);
}

/* ---- one table ---- */

static void
append_option(StringInfo buf, bool *first, const char *name, const char *value)
{
	appendStringInfo(buf, "%s%s %s", *first ? "" : ", ", name,
					 quote_literal_cstr(pg_any_to_server(value, strlen(value), PG_UTF8)));
	*first = false;
}

/* False: the table cannot be imported (a message was given). */
static bool
append_column(Import *im, StringInfo buf, const PdsGlueTable *t, const PdsGlueColumn *c,
			  bool key, List **names, const char *relname)
{
	PdsHiveType type;
	PdsError	err;
	bool		cut;
	char	   *attname = pds_column_name(c->name, &cut);
	bool		first = true;

	if (name_taken(*names, attname))
	{
		ereport(WARNING,
				(errmsg("table \"%s\" was not imported: column \"%s\" appears twice", t->name, attname),
				 errdetail("Names are cut to %d bytes; a partition key must not have the name of a column.",
						   NAMEDATALEN - 1)));
		return false;
	}
	if (!pds_hive_type_parse(c->type, &type, &err))
	{
		ereport(WARNING,
				(errmsg("table \"%s\" was not imported: %s", t->name, err.message)));
		return false;
	}
	if (type.kind == PDS_HIVE_OTHER)
		ereport(NOTICE,
				(errmsg("column \"%s\" of table \"%s\" has type %s and is read as text",
						attname, t->name, c->type)));
	if (cut)
		ereport(NOTICE,
				(errmsg("column \"%s\" of table \"%s\" is imported as \"%s\"", c->name, t->name,
						attname)));
	appendStringInfo(buf, "%s\n  %s ", *names ? "," : "", quote_identifier(attname));
	pds_sql_type_of_hive(&type, buf);
	pds_hive_type_clear(&type);
	appendStringInfoString(buf, " OPTIONS (");
	if (cut)
		append_option(buf, &first, "column_name", c->name);
	append_option(buf, &first, "glue_type", c->type);
	if (key)
		append_option(buf, &first, "partition_key", "true");
	appendStringInfoChar(buf, ')');
	*names = lappend(*names, makeString(attname));
	add_comment(im, relname, attname, c->comment);
	return true;
}

/* The pseudo-columns (catalog.h); $row_number where the table can be read here. */
static void
append_pseudo_columns(StringInfo buf, const PdsGlueTable *t, List *names)
{
	static const char *const columns[][2] = {
		{"$path", "text"}, {"$file_size", "bigint"}, {"$file_modified_time", "timestamptz(3)"},
		{"$row_number", "bigint"}
	};
	PdsDialect	d;
	PdsError	err;
	bool		direct = pds_dialect_from_glue(&d, &t->parameters, &t->sd, t->table_type, &err);
	int			i;

	/* a view has no objects */
	if (t->table_type && strcmp(t->table_type, "VIRTUAL_VIEW") == 0)
		return;
	for (i = 0; i < (direct ? 4 : 3); i++)
		if (!name_taken(names, columns[i][0]))
			appendStringInfo(buf, ",\n  %s %s", quote_identifier(columns[i][0]), columns[i][1]);
}

/* say how the table will be read when not in both ways */
static void
notice_engine(const PdsGlueTable *t)
{
	PdsDialect	d;
	PdsError	err;

	if (pds_dialect_from_glue(&d, &t->parameters, &t->sd, t->table_type, &err))
	{
		PdsProjection *p;

		if (!pds_projection_enabled(&t->parameters) || t->npartition_keys == 0)
			return;
		p = pds_projection_new(t, (int64) time(NULL) * 1000, &err);
		pds_projection_free(p);
		if (p)
			return;
	}
	if (err.kind == PDS_ERR_UNSUPPORTED)
		ereport(NOTICE,
				(errmsg("table \"%s\" can be read by Athena only: %s", t->name, err.message)));
	else
		ereport(WARNING,
				(errmsg("table \"%s\" cannot be read as it is: %s", t->name, err.message),
				 err.hint[0] ? errhint("%s", err.hint) : 0));
}

static void
import_table(Import *im, const PdsGlueTable *t)
{
	StringInfoData buf;
	List	   *names = NIL;
	int			ncomments = list_length(pending_comments);
	bool		cut;
	char	   *relname = fit_name(t->name, &cut);
	bool		first = true;
	bool		ok = true;
	int			i;

	if (!IsImportableForeignTable(relname, im->stmt))
		return;
	if (t->sd.ncolumns + t->npartition_keys == 0)
	{
		ereport(NOTICE,
				(errmsg("table \"%s\" was not imported: the catalog lists no columns for it", t->name),
				 t->target_name ? errdetail("It is a link to another table.") : 0));
		return;
	}
	if (t->sd.ncolumns + t->npartition_keys + (im->pseudo_columns ? 4 : 0) > MaxHeapAttributeNumber)
	{
		ereport(NOTICE,
				(errmsg("table \"%s\" was not imported: it has %d columns, PostgreSQL allows %d",
						t->name, t->sd.ncolumns + t->npartition_keys, MaxHeapAttributeNumber)));
		return;
	}
	if (name_taken(im->names, relname))
	{
		ereport(WARNING,
				(errmsg("table \"%s\" was not imported: another one has the name \"%s\" already",
						t->name, relname)));
		return;
	}
	initStringInfo(&buf);
	appendStringInfo(&buf, "CREATE FOREIGN TABLE %s (", quote_identifier(relname));
	for (i = 0; i < t->sd.ncolumns && ok; i++)
		ok = append_column(im, &buf, t, &t->sd.columns[i], false, &names, relname);
	for (i = 0; i < t->npartition_keys && ok; i++)
		ok = append_column(im, &buf, t, &t->partition_keys[i], true, &names, relname);
	if (!ok)
	{
		pending_comments = list_truncate(pending_comments, ncomments);
		return;
	}
	if (im->pseudo_columns)
		append_pseudo_columns(&buf, t, names);
	if (cut)
		ereport(NOTICE,
				(errmsg("table \"%s\" is imported as \"%s\"", t->name, relname)));
	appendStringInfo(&buf, "\n) SERVER %s OPTIONS (", quote_identifier(im->stmt->server_name));
	append_option(&buf, &first, "database", t->database);
	append_option(&buf, &first, "table_name", t->name);
	appendStringInfoChar(&buf, ')');
	add_comment(im, relname, NULL, t->description);
	notice_engine(t);
	pds_import_probe(&im->probe, im->conn, t);
	im->names = lappend(im->names, makeString(relname));
	im->commands = lappend(im->commands, buf.data);
}

/* ---- the statement ---- */

typedef struct TableArray
{
	PdsGlueTable **tables;
	int			n;
	int			cap;
	bool		failed;
} TableArray;

static bool
keep_table(void *arg, PdsGlueTable *t)
{
	TableArray *a = arg;

	if (a->n == a->cap)
	{
		int			cap = a->cap ? a->cap * 2 : 64;
		PdsGlueTable **grown = realloc(a->tables, cap * sizeof(PdsGlueTable *));

		if (grown == NULL)
		{
			pds_glue_table_free(t);
			a->failed = true;
			return false;
		}
		a->tables = grown;
		a->cap = cap;
	}
	a->tables[a->n++] = t;
	return true;
}

static void
free_tables(void *arg)
{
	TableArray *a = arg;
	int			i;

	for (i = 0; i < a->n; i++)
		pds_glue_table_free(a->tables[i]);
	free(a->tables);
	memset(a, 0, sizeof(*a));
}

static char *
to_utf8(const char *s)
{
	return pg_server_to_any(s, strlen(s), PG_UTF8);
}

static void
table_missing(const ImportForeignSchemaStmt *stmt, const char *name)
{
	ereport(WARNING,
			(errmsg("table \"%s\" was not found in database \"%s\"", name,
					stmt->remote_schema)));
}

/* LIMIT TO a few tables: ask for each */
static void
fetch_named(PdsConnection *conn, ImportForeignSchemaStmt *stmt, TableArray *a)
{
	const char *catalog = conn->options.catalog_id;
	char	   *database = to_utf8(stmt->remote_schema);
	PdsGlueDatabase *d;
	PdsError	err;
	ListCell   *lc;

	pds_error_clear(&err);
	d = pds_glue_get_database(conn->aws, catalog, database, &err);
	if (d == NULL)
		pds_raise(&err);
	pds_glue_database_free(d);
	foreach(lc, stmt->table_list)
	{
		char	   *name = ((RangeVar *) lfirst(lc))->relname;
		PdsGlueTable *t = pds_glue_get_table(conn->aws, catalog, database, to_utf8(name), &err);

		if (t)
			keep_table(a, t);
		else if (err.kind == PDS_ERR_NOT_FOUND)
			table_missing(stmt, name);
		else
			pds_raise(&err);
	}
}

/* LIMIT TO many tables: those that the listing did not have */
static void
warn_of_missing(ImportForeignSchemaStmt *stmt, const TableArray *a)
{
	ListCell   *lc;

	foreach(lc, stmt->table_list)
	{
		char	   *name = ((RangeVar *) lfirst(lc))->relname;
		int			i;

		for (i = 0; i < a->n; i++)
			if (strcmp(a->tables[i]->name, to_utf8(name)) == 0)
				break;
		if (i == a->n)
			table_missing(stmt, name);
	}
}

/* The options of the statement; the value of pseudo_columns. */
static bool
import_options(const ImportForeignSchemaStmt *stmt)
{
	bool		pseudo_columns = false;
	ListCell   *lc;

	foreach(lc, stmt->options)
	{
		DefElem    *def = lfirst(lc);

		if (strcmp(def->defname, "pseudo_columns") != 0)
			ereport(ERROR,
					(errcode(ERRCODE_FDW_INVALID_OPTION_NAME),
					 errmsg("invalid option \"%s\" for IMPORT FOREIGN SCHEMA from pds_fdw",
							def->defname),
					 errhint("Of a Glue database it is pseudo_columns; others are for the import from a location, s3://bucket/prefix/.")));
		pseudo_columns = defGetBoolean(def);
	}
	return pseudo_columns;
}

List *
pds_import_schema(ImportForeignSchemaStmt *stmt, Oid serverid)
{
	PdsConnection *conn = pds_connection_get(serverid, GetUserId(), CurrentMemoryContext);
	TableArray *a = palloc0(sizeof(TableArray));
	MemoryContextCallback *cb = palloc0(sizeof(MemoryContextCallback));
	Import		im;
	PdsError	err;
	int			i;

	start_comments();
	if (strncmp(stmt->remote_schema, "s3://", 5) == 0)
		return pds_import_location(stmt, conn);
	memset(&im, 0, sizeof(im));
	im.stmt = stmt;
	im.conn = conn;
	im.pseudo_columns = import_options(stmt);
	cb->func = free_tables;
	cb->arg = a;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, cb);
	pds_error_clear(&err);
	if (stmt->list_type == FDW_IMPORT_SCHEMA_LIMIT_TO &&
		list_length(stmt->table_list) <= MAX_SINGLE_CALLS)
		fetch_named(conn, stmt, a);
	else if (!pds_glue_get_tables(conn->aws, conn->options.catalog_id,
								  to_utf8(stmt->remote_schema), NULL, keep_table, a, &err))
		pds_raise(&err);
	else if (stmt->list_type == FDW_IMPORT_SCHEMA_LIMIT_TO)
		warn_of_missing(stmt, a);
	if (a->failed)
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
	for (i = 0; i < a->n; i++)
		import_table(&im, a->tables[i]);
	return im.commands;
}

/* ---- comments ---- */

static void
apply_comments(Oid relid, const CreateForeignTableStmt *create)
{
	ListCell   *lc;

	foreach(lc, pending_comments)
	{
		PendingComment *c = lfirst(lc);
		AttrNumber	attnum = 0;

		if (strcmp(c->relname, create->base.relation->relname) != 0 ||
			strcmp(c->server, create->servername) != 0 ||
			strcmp(c->schema, get_namespace_name(get_rel_namespace(relid))) != 0)
			continue;
		if (c->column && (attnum = get_attnum(relid, c->column)) == InvalidAttrNumber)
			continue;
		CreateComments(relid, RelationRelationId, attnum, c->text);
	}
}

static void
import_utility(PDS_UTILITY_ARGS)
{
	CreateForeignTableStmt *create = NULL;
	Oid			relid;

	/* what ImportForeignSchema runs for us */
	if (pending_comments != NIL && context == PROCESS_UTILITY_SUBCOMMAND &&
		IsA(pstmt->utilityStmt, CreateForeignTableStmt))
		create = (CreateForeignTableStmt *) pstmt->utilityStmt;
	if (previous_hook)
		previous_hook(PDS_UTILITY_PASS);
	else
		standard_ProcessUtility(PDS_UTILITY_PASS);
	if (create == NULL)
		return;
	CommandCounterIncrement();
	relid = RangeVarGetRelid(create->base.relation, NoLock, true);
	if (OidIsValid(relid))
		apply_comments(relid, create);
}

void
pds_import_init(void)
{
	previous_hook = ProcessUtility_hook;
	ProcessUtility_hook = import_utility;
}
