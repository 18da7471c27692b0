/*
 * glue_write.h
 *	  Glue Data Catalog: what changes it (doc/dev/aws.md §5).
 *
 * catalog_id NULL: the account's own.  Creating and deleting is not repeated once the service
 * may have received it, so that an AlreadyExists or EntityNotFound is reported as what it is;
 * updates and partition batches give the same when repeated, and are.
 */
#ifndef PDS_CORE_GLUE_WRITE_H
#define PDS_CORE_GLUE_WRITE_H

#include "core/glue/glue.h"

/* description and location may be NULL */
extern bool pds_glue_create_database(PdsAws *aws, const char *catalog_id, const char *name,
									 const char *description, const char *location, PdsError *err);

/* NULL keeps what stands; parameters and the rest of the database are kept, too. */
extern bool pds_glue_update_database(PdsAws *aws, const char *catalog_id, const char *name,
									 const char *description, const char *location, PdsError *err);

/* Glue deletes the tables with it: whether it has some is the caller's to ask. */
extern bool pds_glue_delete_database(PdsAws *aws, const char *catalog_id, const char *name,
									 PdsError *err);

/*
 * The TableInput that a table is made of: name, description, table_type, columns, partition
 * keys, storage descriptor and parameters of t (t->database is where it goes), with the
 * members that awswrangler sends.  What is NULL follows: table_type EXTERNAL_TABLE,
 * input_format text, output_format from input_format, serde LazySimpleSerDe.  Compressed says
 * whether the parameter compressionType is there and not "none".  PartitionKeys is always
 * sent (doc/dev/aws.md §5.1).
 */
extern bool pds_glue_create_table(PdsAws *aws, const char *catalog_id, const PdsGlueTable *t,
								  PdsError *err);

/* The same TableInput in place of the table that stands: nothing of it is kept but partitions. */
extern bool pds_glue_replace_table(PdsAws *aws, const char *catalog_id, const PdsGlueTable *t,
								   PdsError *err);

/*
 * Changes a table: columns, partition keys and parameters of t replace those that stand; a text
 * that is NULL keeps what stands.  What t does not carry (owner, retention, parameters of
 * columns, bucketing, ...) is kept: the table is read first and overlaid.
 */
extern bool pds_glue_update_table(PdsAws *aws, const char *catalog_id, const PdsGlueTable *t,
								  PdsError *err);

/* The data stays. */
extern bool pds_glue_delete_table(PdsAws *aws, const char *catalog_id, const char *database,
								  const char *name, PdsError *err);

typedef struct PdsPartitionInput
{
	char	  **values;			/* in key order; as Glue keeps them
								 * (__HIVE_DEFAULT_PARTITION__ for NULL) */
	char	   *location;
} PdsPartitionInput;

/*
 * BatchCreatePartition in groups of 100.  Columns, format and SerDe are the table's.  Partitions
 * that exist already are left as they are; *created (may be NULL) counts the new ones, also
 * those before a failure.
 */
extern bool pds_glue_create_partitions(PdsAws *aws, const char *catalog_id, const PdsGlueTable *t,
									   const PdsPartitionInput *parts, int n, int *created,
									   PdsError *err);

/* BatchDeletePartition in groups of 25; absent ones are no error.  The data stays. */
extern bool pds_glue_delete_partitions(PdsAws *aws, const char *catalog_id, const char *database,
									   const char *table, int nkeys,
									   const PdsPartitionInput *parts, int n,
									   int *deleted, PdsError *err);

#endif							/* PDS_CORE_GLUE_WRITE_H */
