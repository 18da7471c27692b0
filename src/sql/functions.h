/*
 * functions.h
 *	  What the SQL-callable functions share.
 */
#ifndef PDS_SQL_FUNCTIONS_H
#define PDS_SQL_FUNCTIONS_H

#include "fdw/connection.h"

/* The server of that name: an error unless it is one of pds_fdw and the user has USAGE on it. */
extern Oid	pds_usable_server(const char *name);
/* The current user's session on it; as pds_connection_get. */
extern PdsConnection *pds_function_connection(const char *server, MemoryContext cxt);

#endif							/* PDS_SQL_FUNCTIONS_H */
