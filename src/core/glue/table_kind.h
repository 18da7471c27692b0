/*
 * table_kind.h
 *	  What kind of table Glue describes: text that can be read here, or
 *	  something that only Athena reads (AWS.md 5.2).
 */
#ifndef PDS_CORE_TABLE_KIND_H
#define PDS_CORE_TABLE_KIND_H

#include "core/glue/glue.h"
#include "core/serde/serde.h"

/* Why the data is not text that can be read here ("it is a view"); NULL: it is text. */
extern const char *pds_not_text(const PdsProperties *parameters, const PdsStorageDescriptor *sd,
								const char *table_type);
/*
 * The dialect of a whole table, or why it cannot be scanned here: what
 * pds_dialect_from_glue says, tables of other data sources, and properties of
 * partition projection that are wrong (now_ms: what NOW means in them).
 * PDS_ERR_UNSUPPORTED: Athena reads it; PDS_ERR_CONFIG: nobody does.
 */
extern bool pds_dialect_of_table(PdsDialect *d, const PdsGlueTable *table, int64_t now_ms,
								 PdsError *err);

/*
 * Views keep their columns with Trino's types in a JSON text, which is more
 * exact than the catalog's own list and may stand alone (AWS.md 5.2).  Replaces
 * table->sd.columns by them, with Hive types; does nothing for other tables and
 * for texts that are not understood.  False: memory is short.
 */
extern bool pds_view_columns(PdsGlueTable *table);
/* "row(a bigint, b varchar)" as "struct<a:bigint,b:string>"; false: not understood */
extern bool pds_hive_of_trino_type(const char *type, PdsStr *out);

#endif							/* PDS_CORE_TABLE_KIND_H */
