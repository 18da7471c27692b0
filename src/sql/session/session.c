/*
 * session.c
 *	  SQL functions about the session: caches, credentials' source,
 *	  and making a foreign table follow the catalog.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "access/htup_details.h"
#include "access/relation.h"
#include "catalog/pg_class.h"
#include "catalog/pg_foreign_server.h"
#include "executor/spi.h"
#include "foreign/foreign.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "fdw/catalog/cache.h"
#include "fdw/catalog/catalog.h"
#include "fdw/base/connection.h"
#include "fdw/base/error_map.h"
#include "fdw/import/import_names.h"
#include "fdw/base/types.h"
#include "sql/base/functions.h"

PG_FUNCTION_INFO_V1(pds_refresh);
PG_FUNCTION_INFO_V1(pds_refresh_table);
PG_FUNCTION_INFO_V1(pds_credentials_source_of);

Datum
pds_refresh(PG_FUNCTION_ARGS)
{
	pds_cache_forget();
	pds_connection_drop_all();
	PG_RETURN_VOID();
}

/* text, or NULL when it is empty */
static Datum
text_or_null(const char *text, bool *isnull)
{
	*isnull = text[0] == '\0';
	return *isnull ? (Datum) 0 : CStringGetTextDatum(text);
}

Datum
pds_credentials_source_of(PG_FUNCTION_ARGS)
{
	PdsConnection *conn = pds_function_connection(NameStr(*PG_GETARG_NAME(0)), CurrentMemoryContext);
	PdsCredentialView view;
	PdsError	err;
	const PdsCredentialInfo *info;
	Datum		values[6];
	bool		nulls[6];

	pds_error_clear(&err);
	if (!pds_credentials_get(pds_aws_credentials(conn->aws), false, &view, &err))
		pds_raise(&err);
	info = pds_credentials_info(pds_aws_credentials(conn->aws));
	values[0] = text_or_null(info->source, &nulls[0]);
	values[1] = text_or_null(info->profile, &nulls[1]);
	values[2] = text_or_null(info->role_arn, &nulls[2]);
	values[3] = text_or_null(info->account_id, &nulls[3]);
	nulls[4] = info->expiration == 0;
	values[4] = TimestampTzGetDatum(time_t_to_timestamptz((pg_time_t) info->expiration));
	values[5] = BoolGetDatum(info->refreshable);
	nulls[5] = false;
	PG_RETURN_DATUM(pds_row_datum(fcinfo, values, nulls));
}

/* ---- refresh_table ---- */

typedef struct Refresh
{
	Oid			relid;
	char	   *name;			/* quoted */
	int			changes;
	StringInfoData sql;
} Refresh;

static void
alter(Refresh *r, const char *action, const char *note)
{
	appendStringInfo(&r->sql, "%s %s", r->changes++ ? "," : "", action);
	ereport(NOTICE, (errmsg("%s", note)));
}

static char *
sql_type_of_attribute(const char *hive)
{
	PdsHiveType t;
	PdsError	err;
	StringInfoData buf;

	if (!pds_hive_type_parse(hive, &t, &err))
		pds_raise(&err);
	initStringInfo(&buf);
	pds_sql_type_of_hive(&t, &buf);
	pds_hive_type_clear(&t);
	return buf.data;
}

static const PdsGlueColumn *
find_session(const PdsGlueColumn *cols, int n, const char *name)
{
	int			i;

	for (i = 0; i < n; i++)
		if (pg_strcasecmp(cols[i].name, name) == 0)
			return &cols[i];
	return NULL;
}

static bool
has_option(const PdsTable *t, const PdsColumn *c, const char *name)
{
	ListCell   *lc;

	foreach(lc, GetForeignColumnOptions(t->relid, c->attnum))
	{
		if (strcmp(lfirst_node(DefElem, lc)->defname, name) == 0)
			return true;
	}
	return false;
}

/* columns that went, have another type, or are partition keys now, or no longer */
static void
follow_existing(Refresh *r, const PdsTable *t, const PdsGlueTable *g)
{
	int			i;

	for (i = 0; i < t->natts; i++)
	{
		const PdsColumn *c = &t->columns[i];
		const PdsGlueColumn *now;
		PdsColumnOptions o;
		bool		key;
		const char *type;

		if (c->name == NULL || pds_is_pseudo(c))
			continue;
		now = find_session(g->sd.columns, g->sd.ncolumns, c->name);
		key = now == NULL;
		if (key)
			now = find_session(g->partition_keys, g->npartition_keys, c->name);
		if (now == NULL)
		{
			alter(r, psprintf("DROP COLUMN %s", quote_identifier(c->attname)),
				  psprintf("column \"%s\" was dropped", c->attname));
			continue;
		}
		pds_get_column_options(t->relid, c->attnum, &o);
		if (o.glue_type && o.partition_key != key)
			alter(r, psprintf("ALTER COLUMN %s OPTIONS (%s partition_key%s)",
							  quote_identifier(c->attname),
							  !key ? "DROP" : has_option(t, c, "partition_key") ? "SET" : "ADD",
							  key ? " 'true'" : ""),
				  psprintf("column \"%s\" is %s partition key now", c->attname, key ? "a" : "no"));
		if (o.glue_type == NULL || strcmp(o.glue_type, now->type) == 0)
			continue;
		type = sql_type_of_attribute(now->type);
		alter(r, psprintf("ALTER COLUMN %s TYPE %s", quote_identifier(c->attname),
						  pds_qualified_type(type)),
			  psprintf("column \"%s\" has type %s now", c->attname, type));
		appendStringInfo(&r->sql, ", ALTER COLUMN %s OPTIONS (SET glue_type %s)",
						 quote_identifier(c->attname), quote_literal_cstr(now->type));
	}
}

/* Were names imported with capital letters?  Then those that come keep theirs. */
static PdsNameCase
case_of_names(const PdsTable *t)
{
	int			i;

	for (i = 0; i < t->natts; i++)
		if (t->columns[i].name &&
			strcmp(pds_case_name(t->columns[i].attname, PDS_CASE_LOWER), t->columns[i].attname) != 0)
			return PDS_CASE_KEEP;
	return PDS_CASE_LOWER;
}

/* columns that came */
static void
follow_new(Refresh *r, const PdsTable *t, const PdsGlueColumn *cols, int n, bool key)
{
	PdsNames	names;
	PdsNameCase how = case_of_names(t);
	char	   *name;
	bool		changed;
	int			i;
	int			k;

	pds_names_init(&names);
	for (k = 0; k < t->natts; k++)
		if (t->columns[k].name)
			pds_names_take(&names, t->columns[k].attname);
	for (i = 0; i < n; i++)
	{
		for (k = 0; k < t->natts; k++)
			if (t->columns[k].name && pg_strcasecmp(t->columns[k].name, cols[i].name) == 0)
				break;
		if (k < t->natts)
			continue;
		name = cols[i].name;
		pds_column_names(&names, &name, 1, how);
		changed = pg_strcasecmp(name, cols[i].name) != 0;
		alter(r, psprintf("ADD COLUMN %s %s OPTIONS (glue_type %s%s%s%s)",
						  quote_identifier(name), pds_qualified_type(sql_type_of_attribute(cols[i].type)),
						  quote_literal_cstr(cols[i].type),
						  changed ? ", column_name " : "",
						  changed ? quote_literal_cstr(cols[i].name) : "",
						  key ? ", partition_key 'true'" : ""),
			  psprintf("column \"%s\" was added", name));
	}
}

Datum
pds_refresh_table(PG_FUNCTION_ARGS)
{
	Refresh		r;
	ForeignTable *ft;
	PdsConnection *conn;
	PdsTable   *t;
	const PdsGlueTable *g;

	r.relid = PG_GETARG_OID(0);
	r.changes = 0;
	if (get_rel_relkind(r.relid) != RELKIND_FOREIGN_TABLE)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is not a foreign table",
						get_rel_name(r.relid) ? get_rel_name(r.relid)
						: psprintf("%u", r.relid))));
	ft = GetForeignTable(r.relid);
	pds_usable_server(GetForeignServer(ft->serverid)->servername);
	pds_cache_forget();
	conn = pds_connection_get(ft->serverid, GetUserId(), CurrentMemoryContext);
	t = pds_table_open(r.relid, conn, CurrentMemoryContext);
	if (!t->in_catalog)
		PG_RETURN_INT32(0);
	g = pds_cached_table(conn, t->options.database, t->options.table_name,
						 CurrentMemoryContext);
	r.name = pds_quoted_relation(r.relid);
	initStringInfo(&r.sql);
	appendStringInfo(&r.sql, "ALTER FOREIGN TABLE %s", r.name);
	follow_existing(&r, t, g);
	follow_new(&r, t, g->sd.columns, g->sd.ncolumns, false);
	follow_new(&r, t, g->partition_keys, g->npartition_keys, true);
	if (r.changes > 0)
	{
		SPI_connect();
		if (SPI_execute(r.sql.data, false, 0) != SPI_OK_UTILITY)
			elog(ERROR, "could not alter %s", r.name);
		SPI_finish();
	}
	PG_RETURN_INT32(r.changes);
}
