/*
 * import.h
 *	  IMPORT FOREIGN SCHEMA from a Glue database, or from a location in S3.
 */
#ifndef PDS_FDW_IMPORT_H
#define PDS_FDW_IMPORT_H

#include "nodes/parsenodes.h"

#include "fdw/connection.h"

/* ImportForeignSchema callback: CREATE FOREIGN TABLE commands */
extern List *pds_import_schema(ImportForeignSchemaStmt *stmt, Oid serverid);
/* the same from objects that no catalog knows: remote schema s3://bucket/prefix/ (import_location.c) */
extern List *pds_import_location(ImportForeignSchemaStmt *stmt, PdsConnection *conn);
/* a comment for a table, or a column of it, that the import makes; text in the server's encoding */
extern void pds_import_comment(const ImportForeignSchemaStmt *stmt, const char *relname,
							   const char *column, const char *text);
/*
 * Name of a column in PostgreSQL for one of Glue: cut to what fits, and not
 * that of a system column; *changed: it needs the option column_name.
 */
extern char *pds_column_name(const char *glue_name, bool *changed);
/* ProcessUtility hook that applies the comments; from _PG_init */
extern void pds_import_init(void);

#endif							/* PDS_FDW_IMPORT_H */
