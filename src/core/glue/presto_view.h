/*
 * presto_view.h
 *	  Views as Athena keeps them in the catalog.
 */
#ifndef PDS_CORE_PRESTO_VIEW_H
#define PDS_CORE_PRESTO_VIEW_H

#include "core/base/strbuf.h"
#include "core/glue/glue_types.h"

/*
 * Views keep their columns with Trino's types in a JSON text, which is more
 * exact than the catalog's own list and may stand alone (doc/dev/aws.md §5.2).  Replaces
 * table->sd.columns by them, with Hive types; does nothing for other tables and
 * for texts that are not understood.  False: memory is short.
 */
extern bool pds_view_columns(PdsGlueTable *table);

/* "row(a bigint, b varchar)" as "struct<a:bigint,b:string>"; false: not understood */
extern bool pds_hive_of_trino_type(const char *type, PdsStr *out);

#endif							/* PDS_CORE_PRESTO_VIEW_H */
