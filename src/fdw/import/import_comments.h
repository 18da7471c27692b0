/*
 * import_comments.h
 *	  Comments of imported tables and columns.
 */
#ifndef PDS_FDW_IMPORT_COMMENTS_H
#define PDS_FDW_IMPORT_COMMENTS_H

#include "nodes/parsenodes.h"

/*
 * Comments to be set when the tables of this statement are
 * made (texts in the database's encoding).  start forgets those of an earlier
 * statement, drop those of one table; column NULL: the table itself.
 */
extern void pds_import_comments_start(const ImportForeignSchemaStmt *stmt);
extern void pds_import_comment(const char *relname, const char *column, const char *text);
extern void pds_import_comments_drop(const char *relname);

/* A table was made: does it have comments here?  (import_hook.c) */
extern void pds_import_comments_apply(const CreateForeignTableStmt *create);

#endif							/* PDS_FDW_IMPORT_COMMENTS_H */
