/*
 * import.h
 *	  IMPORT FOREIGN SCHEMA from a Glue database.
 */
#ifndef PDS_FDW_IMPORT_H
#define PDS_FDW_IMPORT_H

#include "nodes/parsenodes.h"

/* ImportForeignSchema callback: CREATE FOREIGN TABLE commands */
extern List *pds_import_schema(ImportForeignSchemaStmt *stmt, Oid serverid);

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
