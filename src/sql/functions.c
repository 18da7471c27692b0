/*
 * functions.c
 *	  What the SQL-callable functions share.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "foreign/foreign.h"
#include "miscadmin.h"

#include "sql/functions.h"

Oid
pds_usable_server(const char *name)
{
	ForeignServer *server = GetForeignServerByName(name, false);
	ForeignDataWrapper *fdw = GetForeignDataWrapper(server->fdwid);

	pds_check_server_usage(server->serverid, server->servername);
	if (strcmp(fdw->fdwname, "pds_fdw") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("server \"%s\" does not belong to pds_fdw", server->servername)));
	return server->serverid;
}

PdsConnection *
pds_function_connection(const char *server, MemoryContext cxt)
{
	return pds_connection_get(pds_usable_server(server), GetUserId(), cxt);
}
