/*
 * import.h
 *	  IMPORT FOREIGN SCHEMA from a Glue database, or from a location in S3.
 */
#ifndef PDS_FDW_IMPORT_H
#define PDS_FDW_IMPORT_H

#include "nodes/parsenodes.h"

#include "fdw/base/connection.h"

/* ImportForeignSchema callback: CREATE FOREIGN TABLE commands */
extern List *pds_import_schema(ImportForeignSchemaStmt *stmt, Oid serverid);
/* the same from objects that no catalog knows: remote schema s3://bucket/prefix/ (import_location.c) */
extern List *pds_import_location(ImportForeignSchemaStmt *stmt, PdsConnection *conn);

/*
 * import_comments.c: comments to be set when the tables of this statement are
 * made (texts in the database's encoding).  start forgets those of an earlier
 * statement, drop those of one table; column NULL: the table itself.
 */
extern void pds_import_comments_start(const ImportForeignSchemaStmt *stmt);
extern void pds_import_comment(const char *relname, const char *column, const char *text);
extern void pds_import_comments_drop(const char *relname);
/* the ProcessUtility hook that sets them; from _PG_init */
extern void pds_import_init(void);

#endif							/* PDS_FDW_IMPORT_H */
