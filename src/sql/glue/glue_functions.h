/*
 * glue_functions.h
 *	  What the SQL functions about the Glue catalog share (glue_functions.c).
 */
#ifndef PDS_SQL_GLUE_FUNCTIONS_H
#define PDS_SQL_GLUE_FUNCTIONS_H

#include "fmgr.h"

#include "core/glue/glue_write.h"
#include "fdw/base/connection.h"
#include "sql/base/found.h"

/* session on the server that argument 0 names; the writer refuses read-only transactions */
extern PdsConnection *pds_catalog_reader(FunctionCallInfo fcinfo);
extern PdsConnection *pds_catalog_writer(FunctionCallInfo fcinfo, const char *function);

/*
 * The table as Glue has it now, freed with the current memory context.  Those who change it
 * work on a copy of the struct and replace its lists.  NULL only with missing_ok.
 */
extern PdsGlueTable *pds_catalog_table(PdsConnection *conn, const char *database,
									   const char *name, bool missing_ok);

/* after each change: forgets what is cached, raises err unless ok */
extern void pds_catalog_changed(bool ok, const PdsError *err);
extern void pds_catalog_update(PdsConnection *conn, const PdsGlueTable *t);

/*
 * a table's partitions that have a value for each key; expression is refused
 * where Glue refuses it
 */
extern PdsFound *pds_list_partitions(PdsConnection *conn, const PdsGlueTable *t,
									 const char *expression);

/* the same as what core/glue_write takes; borrows from them */
extern PdsPartitionInput *pds_partition_inputs(const PdsFound *partitions);

/* given over into (NULL removes); true when that changed something */
extern bool pds_merge_properties(PdsProperties *into, const PdsProperties *given);

/* sets comments of columns and keys by name; the lists are copied first */
extern void pds_comment_columns(PdsGlueTable *t, const PdsProperties *comments);

#endif							/* PDS_SQL_GLUE_FUNCTIONS_H */
