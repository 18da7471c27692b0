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
 * Name of a column in PostgreSQL for one of Glue: cut to what fits, and not
 * that of a system column; *changed: it needs the option column_name.
 */
extern char *pds_column_name(const char *glue_name, bool *changed);
/* ProcessUtility hook that applies the comments; from _PG_init */
extern void pds_import_init(void);

#endif							/* PDS_FDW_IMPORT_H */
