/*
 * table_kind.h
 *	  What kind of table Glue describes: text that can be read here, or
 *	  something that only Athena reads (doc/dev/aws.md §5.2).
 */
#ifndef PDS_CORE_TABLE_KIND_H
#define PDS_CORE_TABLE_KIND_H

#include "core/glue/glue_types.h"
#include "core/serde/serde.h"

/* Why the data is not text that can be read here ("it is a view"); NULL: it is text. */
extern const char *pds_not_text(const PdsProperties *parameters, const PdsStorageDescriptor *sd,
								const char *table_type);

/*
 * From Glue: the table's parameters, the storage descriptor's and the SerDe's
 * (a partition passes its own sd and the table's parameters).  False with
 * PDS_ERR_UNSUPPORTED naming the reason when the table is not CSV text that
 * can be read here (other input format, other SerDe, iceberg, view,
 * encrypted): err->message is fit for a NOTICE.  False with PDS_ERR_CONFIG
 * when properties contradict or do not parse.
 */
extern bool pds_dialect_from_glue(PdsDialect *d, const PdsProperties *table_parameters,
								  const PdsStorageDescriptor *sd, const char *table_type,
								  PdsError *err);

/*
 * The dialect of a whole table, or why it cannot be scanned here: what
 * pds_dialect_from_glue says, tables of other data sources, and properties of
 * partition projection that are wrong (now_ms: what NOW means in them).
 * PDS_ERR_UNSUPPORTED: Athena reads it; PDS_ERR_CONFIG: nobody does.
 */
extern bool pds_dialect_of_table(PdsDialect *d, const PdsGlueTable *table, int64_t now_ms,
								 PdsError *err);

#endif							/* PDS_CORE_TABLE_KIND_H */
