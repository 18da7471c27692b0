/*
 * columns_trigger.c
 *	  CREATE FOREIGN TABLE t () SERVER ... OPTIONS (location ...): columns by inference; with
 *	  OPTIONS (database ...) those of the table of Glue.
 *
 * An event trigger, since a hook comes too late where the statement is what loads this library.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "access/xact.h"
#include "catalog/dependency.h"
#include "catalog/namespace.h"
#include "catalog/pg_proc.h"
#include "commands/defrem.h"
#include "commands/event_trigger.h"
#include "foreign/foreign.h"
#include "miscadmin.h"
#include "tcop/tcopprot.h"
#include "tcop/utility.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "fdw/catalog/catalog.h"
#include "fdw/catalog/files.h"
#include "fdw/import/follow_catalog.h"
#include "fdw/import/infer_files.h"

/* Is the table's wrapper one of the extension that the function belongs to? */
static bool
is_of_extension(Oid relid, Oid function)
{
	ForeignServer *server = GetForeignServer(GetForeignServerIdByRelId(relid));
	Oid			handler = GetForeignDataWrapper(server->fdwid)->fdwhandler;
	Oid			ours = getExtensionOfObject(ProcedureRelationId, function);

	return OidIsValid(handler) && OidIsValid(ours) &&
		getExtensionOfObject(ProcedureRelationId, handler) == ours;
}

/* a table that was made without columns, and has no parent to give it some; else invalid */
static Oid
table_without_columns(Node *statement, Oid function)
{
	CreateForeignTableStmt *create = (CreateForeignTableStmt *) statement;
	Oid			relid;
	Relation	rel;
	bool		empty;

	if (!IsA(statement, CreateForeignTableStmt) || create->base.tableElts != NIL ||
		create->base.inhRelations != NIL || create->base.partbound != NULL ||
		create->base.ofTypename != NULL)
		return InvalidOid;
	relid = RangeVarGetRelid(create->base.relation, NoLock, true);
	if (!OidIsValid(relid) || get_rel_relkind(relid) != RELKIND_FOREIGN_TABLE ||
		!is_of_extension(relid, function))
		return InvalidOid;
	rel = RelationIdGetRelation(relid);
	empty = RelationGetNumberOfAttributes(rel) == 0;
	RelationClose(rel);
	return empty ? relid : InvalidOid;
}

/* options that the table has are not added again */
static void
drop_given_options(AlterTableStmt *alter, List *given)
{
	ListCell   *lc;
	ListCell   *lc2;
	ListCell   *lc3;

	foreach(lc, alter->cmds)
	{
		AlterTableCmd *cmd = lfirst_node(AlterTableCmd, lc);
		List	   *kept = NIL;

		if (cmd->subtype != AT_GenericOptions)
			continue;
		foreach(lc2, (List *) cmd->def)
		{
			DefElem    *option = lfirst_node(DefElem, lc2);
			bool		has = false;

			foreach(lc3, given)
				has = has || strcmp(lfirst_node(DefElem, lc3)->defname, option->defname) == 0;
			if (!has)
				kept = lappend(kept, option);
		}
		if (kept == NIL)
			alter->cmds = foreach_delete_current(alter->cmds, lc);
		else
			cmd->def = (Node *) kept;
	}
}

static void
execute_alter(const char *sql, List *given)
{
	RawStmt    *raw = linitial_node(RawStmt, pg_parse_query(sql));
	PlannedStmt *planned = makeNode(PlannedStmt);

	drop_given_options(castNode(AlterTableStmt, raw->stmt), given);
	planned->commandType = CMD_UTILITY;
	planned->canSetTag = false;
	planned->utilityStmt = raw->stmt;
	planned->stmt_location = -1;
	ProcessUtility(planned, sql, false, PROCESS_UTILITY_SUBCOMMAND, NULL, NULL, None_Receiver,
				   NULL);
	CommandCounterIncrement();
}

/* "id integer, name text" */
static char *
columns_of(Oid relid)
{
	Relation	rel = RelationIdGetRelation(relid);
	TupleDesc	desc = RelationGetDescr(rel);
	StringInfoData buf;
	int			i;

	initStringInfo(&buf);
	for (i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute a = TupleDescAttr(desc, i);

		appendStringInfo(&buf, "%s%s %s", i > 0 ? ", " : "",
						 quote_identifier(NameStr(a->attname)),
						 format_type_with_typemod(a->atttypid, a->atttypmod));
	}
	RelationClose(rel);
	return buf.data;
}

static void
take_columns_of_catalog(Oid relid, const PdsTableOptions *o)
{
	if (pds_follow_catalog(relid, false) == 0)
		ereport(WARNING,
				(errmsg("table \"%s.%s\" of Glue has no columns: nor has foreign table \"%s\"",
						o->database, o->table_name, get_rel_name(relid))));
	else
		ereport(NOTICE,
				(errmsg("columns of foreign table \"%s\" were taken from table \"%s.%s\" of Glue",
						get_rel_name(relid), o->database, o->table_name),
				 errdetail("%s", columns_of(relid))));
}

static void
infer_columns(Oid relid)
{
	ForeignTable *table = GetForeignTable(relid);
	PdsImportOptions sampling = {PDS_SAMPLE_BYTES, PDS_SAMPLE_OBJECTS, false};
	PdsTableOptions options;
	PdsConnection *conn;
	PdsFiles   *f;
	PdsInferredTable *found;

	pds_get_table_options(relid, &options);
	if (options.database)
	{
		take_columns_of_catalog(relid, &options);
		return;
	}
	conn = pds_connection_get(table->serverid, GetUserId(), CurrentMemoryContext);
	f = pds_files_find(conn, options.location, CurrentMemoryContext);
	if (f->n == 0)
	{
		ereport(WARNING,
				(errmsg("there is nothing to read at %s: foreign table \"%s\" has no columns",
						options.location, get_rel_name(relid)),
				 errhint("Name the columns, or create the table again when there is something.")));
		return;
	}
	/* folders that not all objects lie in are no keys */
	if (f->odd)
		f->nkeys = 0;
	found = pds_infer_files(conn, f, &options, &sampling, CurrentMemoryContext);
	pds_inferred_check(f, found);
	pds_inferred_report(NOTICE, f, found, get_rel_name(relid), true);
	execute_alter(pds_inferred_alter(pds_quoted_relation(relid), f, found, &options),
				  table->options);
	ereport(NOTICE,
			(errmsg("columns of foreign table \"%s\" were inferred from %s", get_rel_name(relid),
					pds_inferred_words(f, found)),
			 errdetail("%s", columns_of(relid))));
}

PG_FUNCTION_INFO_V1(pds_infer_columns);

/* of an event trigger at ddl_command_end */
Datum
pds_infer_columns(PG_FUNCTION_ARGS)
{
	Oid			relid;

	if (!CALLED_AS_EVENT_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_EVENT_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("pds.infer_columns is called by its event trigger alone")));
	/* what is restored there is as it was */
	if (IsBinaryUpgrade)
		PG_RETURN_NULL();
	relid = table_without_columns(((EventTriggerData *) fcinfo->context)->parsetree,
								  fcinfo->flinfo->fn_oid);
	if (OidIsValid(relid))
		infer_columns(relid);
	PG_RETURN_NULL();
}
