/*
 * create_views.c
 *	  pds.create_views: views over foreign tables, for clients that list tables
 *	  and views only.
 *
 * A view has its reader's rights (security_invoker): what he may read, and with
 * whose keys, is decided where it would be for the table.  Aggregates and
 * conditions over such a view go where those over its table go.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "access/relation.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "executor/spi.h"
#include "nodes/parsenodes.h"
#include "parser/parsetree.h"
#include "rewrite/rewriteHandler.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "sql/base/functions.h"

PG_FUNCTION_INFO_V1(pds_create_views);

typedef struct ViewTarget
{
	Oid			relid;			/* the foreign table */
	char	   *name;			/* of both */
	char	   *table;			/* qualified and quoted */
	char	   *view;
	Oid			viewid;
} ViewTarget;

/* "%s" of rights of the objects in $1: what a statement of GRANT or REVOKE is made of */
static const char rights_query[] =
"SELECT a.privilege_type, a.is_grantable,"
" CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(r.rolname) END, c.attname"
" FROM (SELECT relacl AS acl, NULL::name AS attname, relowner FROM pg_catalog.pg_class WHERE oid = $1"
"  UNION ALL SELECT t.attacl, t.attname, k.relowner FROM pg_catalog.pg_attribute t"
"  JOIN pg_catalog.pg_class k ON k.oid = t.attrelid WHERE t.attrelid = $1 AND NOT t.attisdropped) c,"
" LATERAL pg_catalog.aclexplode(c.acl) a LEFT JOIN pg_catalog.pg_roles r ON r.oid = a.grantee"
" WHERE a.grantee <> c.relowner AND (a.grantee = 0 OR r.oid IS NOT NULL)"
" AND a.privilege_type IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE')"
" ORDER BY 4 NULLS FIRST, 3, 1";

static void
run_command(const char *sql)
{
	if (SPI_execute(sql, false, 0) != SPI_OK_UTILITY)
		elog(ERROR, "could not execute: %s", sql);
}

/* ---- is a view one of ours? ---- */

/* SELECT columns FROM the table, and nothing else */
static bool
is_plain_view(Relation view, Oid relid)
{
	Query	   *q = get_view_query(view);
	RangeTblEntry *rte;
	ListCell   *lc;

	if (q->hasAggs || q->hasWindowFuncs || q->hasTargetSRFs || q->hasSubLinks || q->cteList ||
		q->groupClause || q->groupingSets || q->havingQual || q->distinctClause ||
		q->sortClause || q->limitOffset || q->limitCount || q->setOperations || q->rowMarks ||
		q->jointree->quals || list_length(q->jointree->fromlist) != 1 ||
		!IsA(linitial(q->jointree->fromlist), RangeTblRef))
		return false;
	rte = rt_fetch(linitial_node(RangeTblRef, q->jointree->fromlist)->rtindex, q->rtable);
	if (rte->rtekind != RTE_RELATION || rte->relid != relid)
		return false;
	foreach(lc, q->targetList)
	{
		if (!IsA(lfirst_node(TargetEntry, lc)->expr, Var))
			return false;
	}
	return true;
}

/* Whether the view's columns are the first of the table's: only then it can be replaced. */
static bool
can_be_replaced(TupleDesc view, TupleDesc table)
{
	int			i;
	int			k = 0;

	for (i = 0; i < view->natts; i++, k++)
	{
		Form_pg_attribute a = TupleDescAttr(view, i);
		Form_pg_attribute b;

		while (k < table->natts && TupleDescAttr(table, k)->attisdropped)
			k++;
		if (k == table->natts)
			return false;
		b = TupleDescAttr(table, k);
		if (strcmp(NameStr(a->attname), NameStr(b->attname)) != 0 || a->atttypid != b->atttypid ||
			a->atttypmod != b->atttypmod || a->attcollation != b->attcollation)
			return false;
	}
	return true;
}

/* Drops a view that cannot be replaced.  An error where something else has the name. */
static const char *
make_place(ViewTarget *t)
{
	Relation	rel;
	Relation	table;
	bool		replaced;

	if (!OidIsValid(t->viewid))
		return "created";
	rel = relation_open(t->viewid, AccessShareLock);
	if (rel->rd_rel->relkind != RELKIND_VIEW || !is_plain_view(rel, t->relid))
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_OBJECT),
				 errmsg("relation %s exists, and is not a view of all rows of %s", t->view,
						t->table),
				 errhint("Rename it, or make the views in another schema.")));
	table = relation_open(t->relid, AccessShareLock);
	replaced = can_be_replaced(RelationGetDescr(rel), RelationGetDescr(table));
	relation_close(table, AccessShareLock);
	relation_close(rel, AccessShareLock);
	if (replaced)
		return "replaced";
	run_command(psprintf("DROP VIEW %s", t->view));
	return "made anew";
}

/* ---- what a view has of its table ---- */

static void
make_view(const ViewTarget *t)
{
	Relation	rel = relation_open(t->relid, AccessShareLock);
	TupleDesc	desc = RelationGetDescr(rel);
	StringInfoData sql;
	bool		first = true;
	int			i;

	initStringInfo(&sql);
	appendStringInfo(&sql, "CREATE OR REPLACE VIEW %s WITH (security_invoker = true) AS SELECT ",
					 t->view);
	for (i = 0; i < desc->natts; i++)
	{
		if (TupleDescAttr(desc, i)->attisdropped)
			continue;
		appendStringInfo(&sql, "%s%s", first ? "" : ", ",
						 quote_identifier(NameStr(TupleDescAttr(desc, i)->attname)));
		first = false;
	}
	relation_close(rel, AccessShareLock);
	appendStringInfo(&sql, " FROM %s", t->table);
	run_command(sql.data);
}

/* a result column of the current row, or NULL */
static char *
spi_value(uint64 row, int column)
{
	return SPI_getvalue(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column);
}

/* Runs a query about one relation; its rows are in SPI_tuptable. */
static uint64
query_about(const char *sql, Oid relid)
{
	Oid			types[1] = {OIDOID};
	Datum		values[1] = {ObjectIdGetDatum(relid)};

	if (SPI_execute_with_args(sql, 1, types, values, NULL, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not execute: %s", sql);
	return SPI_processed;
}

/* statements that a query makes are run when it has ended */
static void
run_all(List *statements)
{
	ListCell   *lc;

	foreach(lc, statements)
		run_command(lfirst(lc));
}

static void
copy_comments(const ViewTarget *t)
{
	uint64		n = query_about("SELECT a.attname, d.description"
								" FROM (SELECT 0::int2 AS attnum, NULL::name AS attname"
								"  UNION ALL SELECT attnum, attname FROM pg_catalog.pg_attribute"
								"  WHERE attrelid = $1 AND attnum > 0 AND NOT attisdropped) a"
								" LEFT JOIN pg_catalog.pg_description d ON d.objoid = $1"
								" AND d.classoid = 'pg_catalog.pg_class'::regclass"
								" AND d.objsubid = a.attnum", t->relid);
	List	   *statements = NIL;
	uint64		i;

	for (i = 0; i < n; i++)
	{
		char	   *column = spi_value(i, 1);
		char	   *text = spi_value(i, 2);
		const char *comment = text ? quote_literal_cstr(text) : "NULL";

		statements = lappend(statements, column
							 ? psprintf("COMMENT ON COLUMN %s.%s IS %s", t->view,
										quote_identifier(column), comment)
							 : psprintf("COMMENT ON VIEW %s IS %s", t->view, comment));
	}
	run_all(statements);
}

static void
copy_rights(const ViewTarget *t)
{
	List	   *statements = NIL;
	uint64		n = query_about(rights_query, t->viewid);
	uint64		i;

	/* rights on columns go with those on the relation */
	for (i = 0; i < n; i++)
		statements = lappend(statements, psprintf("REVOKE ALL ON %s FROM %s CASCADE", t->view,
												  spi_value(i, 3)));
	n = query_about(rights_query, t->relid);
	for (i = 0; i < n; i++)
	{
		char	   *column = spi_value(i, 4);

		statements = lappend(statements,
							 psprintf("GRANT %s%s ON %s TO %s%s", spi_value(i, 1),
									  column ? psprintf(" (%s)", quote_identifier(column)) : "",
									  t->view, spi_value(i, 3),
									  strcmp(spi_value(i, 2), "t") == 0 ? " WITH GRANT OPTION"
									  : ""));
	}
	run_all(statements);
}

/* ---- the function ---- */

static List *
find_targets(Oid schema, const char *schema_name, Oid into, const char *into_name)
{
	uint64		n = query_about("SELECT c.oid, c.relname FROM pg_catalog.pg_class c"
								" JOIN pg_catalog.pg_foreign_table t ON t.ftrelid = c.oid"
								" JOIN pg_catalog.pg_foreign_server s ON s.oid = t.ftserver"
								" JOIN pg_catalog.pg_foreign_data_wrapper w ON w.oid = s.srvfdw"
								" WHERE c.relnamespace = $1 AND w.fdwname = 'pds_fdw'"
								" AND NOT c.relispartition ORDER BY c.relname", schema);
	List	   *targets = NIL;
	uint64		i;

	for (i = 0; i < n; i++)
	{
		ViewTarget *t = palloc0(sizeof(ViewTarget));

		t->relid = (Oid) strtoul(spi_value(i, 1), NULL, 10);
		t->name = spi_value(i, 2);
		t->table = quote_qualified_identifier(schema_name, t->name);
		t->view = quote_qualified_identifier(into_name, t->name);
		t->viewid = get_relname_relid(t->name, into);
		targets = lappend(targets, t);
	}
	return targets;
}

Datum
pds_create_views(PG_FUNCTION_ARGS)
{
	char	   *schema_name = NameStr(*PG_GETARG_NAME(0));
	char	   *into_name = NameStr(*PG_GETARG_NAME(1));
	Oid			schema = get_namespace_oid(schema_name, false);
	Oid			into = get_namespace_oid(into_name, false);
	PdsResult	result;
	ListCell   *lc;

	if (schema == into)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("views cannot be in the schema of their tables"),
				 errhint("They have the names of the tables: make another schema for them.")));
	pds_result_begin(fcinfo, &result);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	foreach(lc, find_targets(schema, schema_name, into, into_name))
	{
		ViewTarget *t = lfirst(lc);
		const char *action = make_place(t);
		Datum		values[2];
		bool		nulls[2] = {false, false};

		make_view(t);
		t->viewid = get_relname_relid(t->name, into);
		copy_comments(t);
		copy_rights(t);
		values[0] = CStringGetTextDatum(t->view);
		values[1] = CStringGetTextDatum(action);
		pds_result_row(&result, lengthof(values), values, nulls);
	}
	SPI_finish();
	return (Datum) 0;
}
