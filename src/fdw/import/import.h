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

/*
 * the same from objects that no catalog knows: remote schema s3://bucket/prefix/
 * (import_location.c)
 */
extern List *pds_import_location(ImportForeignSchemaStmt *stmt, PdsConnection *conn);

#endif							/* PDS_FDW_IMPORT_H */
