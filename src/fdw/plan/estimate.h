/*
 * estimate.h
 *	  Rows and widths: from ANALYZE, from statistics in Glue, from sizes.
 */
#ifndef PDS_FDW_ESTIMATE_H
#define PDS_FDW_ESTIMATE_H

#include "nodes/pathnodes.h"

#include "fdw/catalog/catalog.h"

/* rows when nothing is known of the size */
#define PDS_DEFAULT_ROWS			1000000.0
/*
 * Rows in `set` (NULL: not listed), before any filter: from ANALYZE, else from Glue's statistics,
 * else from sizes and the first bytes of an object, or types.  factor: so many times as much as was
 * listed is there.  plain_bytes: of the set.  filtered: conditions took partitions or objects out.
 * Call it before anything else writes baserel->tuples.
 */
extern double pds_estimate_rows(const RelOptInfo *baserel, const PdsTable *table,
								PdsConnection *conn, const PdsObjectSet *set, double plain_bytes,
								double factor, bool filtered);

/* bytes of the table's objects when the catalog last counted them; 0: it did not */
extern double pds_catalog_bytes(const PdsTable *table);

/* bytes of the objects, decompressed, about */
extern double pds_plain_bytes_of_set(const PdsObjectSet *set);

/* bytes of a value as text, about: by its type */
extern int	pds_text_width(Oid typid, int32 typmod);

/*
 * ... of a column whose type does not say: what is left of a record of so many
 * bytes, in equal parts
 */
extern double pds_text_share(const PdsTable *t, double record_bytes);

/* ... of a column, by statistics or, where there are none, by that (0: not known) */
extern double pds_column_width(const PdsTable *t, const PdsColumn *c, double text_share);

#endif							/* PDS_FDW_ESTIMATE_H */
