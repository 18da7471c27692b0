/*
 * glue.h
 *	  Glue Data Catalog: reading databases, tables, partitions (doc/dev/aws.md §5).
 */
#ifndef PDS_CORE_GLUE_H
#define PDS_CORE_GLUE_H

#include "core/aws/aws.h"
#include "core/glue/glue_types.h"

/* catalog_id NULL: the account's own */
extern PdsGlueDatabase *pds_glue_get_database(PdsAws *aws, const char *catalog_id,
											  const char *name, PdsError *err);
extern PdsGlueTable *pds_glue_get_table(PdsAws *aws, const char *catalog_id,
										const char *database, const char *name, PdsError *err);

/*
 * The table that a name stands for: resource links are followed, of the table
 * or of its database, into other catalogs and regions.  catalog_id and region
 * of the result say where it is.
 */
extern PdsGlueTable *pds_glue_find_table(PdsAws *aws, const char *catalog_id,
										 const char *database, const char *name, PdsError *err);

/* The same for a link that was read already; takes ownership of it, also when it fails. */
extern PdsGlueTable *pds_glue_follow(PdsAws *aws, PdsGlueTable *link, PdsError *err);

/*
 * Paged listings.  The callback takes ownership of what it is given and
 * returns false to stop early (err stays untouched, the call returns true).
 */
typedef bool (*PdsGlueDatabaseFn) (void *arg, PdsGlueDatabase *d);
typedef bool (*PdsGlueTableFn) (void *arg, PdsGlueTable *t);
typedef bool (*PdsGluePartitionFn) (void *arg, PdsGluePartition *p);

extern bool pds_glue_get_databases(PdsAws *aws, const char *catalog_id,
								   PdsGlueDatabaseFn fn, void *arg, PdsError *err);

/* expression: Glue's regular expression on names, or NULL */
extern bool pds_glue_get_tables(PdsAws *aws, const char *catalog_id, const char *database,
								const char *expression,
								PdsGlueTableFn fn, void *arg, PdsError *err);

/*
 * expression: partition filter or NULL.  When the service refuses the
 * expression (InvalidInputException) the listing is repeated without it: the
 * caller evaluates the filter again anyway.
 *
 * A listing of more than two pages is fetched anew in up to max_segments
 * segments (10 at most) at once.  Then a partition may be given more than
 * once: the caller tells by its values.
 */
extern bool pds_glue_get_partitions(PdsAws *aws, const char *catalog_id, const char *database,
									const char *table, const char *expression, int max_segments,
									PdsGluePartitionFn fn, void *arg, PdsError *err);

/*
 * Partitions by their values, with their columns, which GetPartitions leaves
 * out: up to max_parallel calls of 1,000 at once.  Those that are gone are not
 * given; the order is not that of values.
 */
extern bool pds_glue_batch_get_partition(PdsAws *aws, const char *catalog_id,
										 const char *database, const char *table,
										 char *const *const *values, int nvalues, int n,
										 int max_parallel, PdsGluePartitionFn fn, void *arg,
										 PdsError *err);

/* Without that repetition (a refusal is an error), and page by page. */
extern bool pds_glue_get_partitions_strict(PdsAws *aws, const char *catalog_id,
										   const char *database, const char *table,
										   const char *expression, PdsGluePartitionFn fn,
										   void *arg, PdsError *err);

#endif							/* PDS_CORE_GLUE_H */
