/*
 * follow_catalog.c
 *	  A foreign table gets the columns that its table of Glue has now.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "executor/spi.h"
#include "foreign/foreign.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "fdw/base/connection.h"
#include "fdw/base/error_map.h"
#include "fdw/base/types.h"
#include "fdw/catalog/cache.h"
#include "fdw/catalog/catalog.h"
#include "fdw/import/follow_catalog.h"
#include "fdw/import/import_names.h"

typedef struct Refresh
{
	Oid			relid;
	char	   *name;			/* quoted */
	bool		tell;
	int			changes;
	StringInfoData sql;
} Refresh;

static void
alter(Refresh *r, const char *action, const char *note)
{
	appendStringInfo(&r->sql, "%s %s", r->changes++ ? "," : "", action);
	if (r->tell)
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
column_of_glue(const PdsGlueColumn *cols, int n, const char *name)
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
		now = column_of_glue(g->sd.columns, g->sd.ncolumns, c->name);
		key = now == NULL;
		if (key)
			now = column_of_glue(g->partition_keys, g->npartition_keys, c->name);
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
			strcmp(pds_case_name(t->columns[i].attname, PDS_CASE_LOWER),
				   t->columns[i].attname) != 0)
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
						  quote_identifier(name),
						  pds_qualified_type(sql_type_of_attribute(cols[i].type)),
						  quote_literal_cstr(cols[i].type),
						  changed ? ", column_name " : "",
						  changed ? quote_literal_cstr(cols[i].name) : "",
						  key ? ", partition_key 'true'" : ""),
			  psprintf("column \"%s\" was added", name));
	}
}

int
pds_follow_catalog(Oid relid, bool tell)
{
	Refresh		r = {.relid = relid, .tell = tell};
	PdsConnection *conn;
	PdsTable   *t;
	const PdsGlueTable *g;

	conn = pds_connection_get(GetForeignTable(relid)->serverid, GetUserId(), CurrentMemoryContext);
	t = pds_table_open(relid, conn, CurrentMemoryContext);
	if (!t->in_catalog)
		return 0;
	g = pds_cached_table(conn, t->options.database, t->options.table_name, CurrentMemoryContext);
	r.name = pds_quoted_relation(relid);
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
	return r.changes;
}
