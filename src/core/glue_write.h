/*
 * glue_write.h
 *	  Glue Data Catalog: what changes it, and crawlers (AWS.md 5).
 *
 * catalog_id NULL: the account's own.  None of these is repeated blindly: an
 * AlreadyExists or EntityNotFound is reported as what it is.
 */
#ifndef PDS_CORE_GLUE_WRITE_H
#define PDS_CORE_GLUE_WRITE_H

#include "glue.h"

extern bool pds_glue_create_database(PdsAws *aws, const char *catalog_id, const char *name,
									 const char *description, const char *location, PdsError *err);
extern bool pds_glue_delete_database(PdsAws *aws, const char *catalog_id, const char *name,
									 PdsError *err);

/*
 * The TableInput that a table is made of: name, description, table_type, columns, partition
 * keys, storage descriptor and parameters of t (t->database is where it goes).  output_format
 * follows from input_format and SerDe.  PartitionKeys is always sent (AWS.md 5.1).
 */
extern bool pds_glue_create_table(PdsAws *aws, const char *catalog_id, const PdsGlueTable *t,
								  PdsError *err);
/*
 * Replaces the table.  What t does not carry of the table as it stands (owner, retention, ...)
 * is kept: it is read first and overlaid.
 */
extern bool pds_glue_update_table(PdsAws *aws, const char *catalog_id, const PdsGlueTable *t,
								  PdsError *err);
extern bool pds_glue_delete_table(PdsAws *aws, const char *catalog_id, const char *database,
								  const char *name, PdsError *err);

typedef struct PdsPartitionInput
{
	char	  **values;			/* in key order; as Glue keeps them (__HIVE_DEFAULT_PARTITION__ for NULL) */
	char	   *location;
} PdsPartitionInput;

/*
 * BatchCreatePartition in groups of 100.  Format and SerDe are the table's.  Partitions that
 * exist already are left as they are; *created counts the new ones.
 */
extern bool pds_glue_create_partitions(PdsAws *aws, const char *catalog_id, const PdsGlueTable *t,
									   const PdsPartitionInput *parts, int n, int *created,
									   PdsError *err);
/* BatchDeletePartition in groups of 25; absent ones are no error */
extern bool pds_glue_delete_partitions(PdsAws *aws, const char *catalog_id, const char *database,
									   const char *table, const PdsPartitionInput *parts, int n,
									   int *deleted, PdsError *err);

#endif							/* PDS_CORE_GLUE_WRITE_H */
