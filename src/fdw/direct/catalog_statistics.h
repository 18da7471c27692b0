/*
 * catalog_statistics.h
 *	  A foreign table's statistics as Glue has them, and how they become
 *	  PostgreSQL's.
 */
#ifndef PDS_FDW_CATALOG_STATISTICS_H
#define PDS_FDW_CATALOG_STATISTICS_H

#include "utils/rel.h"

#include "fdw/catalog/catalog.h"
#include "fdw/base/connection.h"

typedef struct PdsCatalogStatistics PdsCatalogStatistics;

/*
 * What Glue knows of the table, or of its partitions where it knows nothing of
 * the table: rows and at least one column, or NULL.  In the current memory
 * context.
 */
extern PdsCatalogStatistics *pds_catalog_statistics(const PdsTable *table, PdsConnection *conn);

/* columns that are known, and rows when it was counted */
extern int	pds_catalog_statistics_columns(const PdsCatalogStatistics *s);
extern double pds_catalog_statistics_rows(const PdsCatalogStatistics *s);

/*
 * They replace what pg_statistic has of the columns that are known; columns: of these only
 * (attribute numbers), NIL: of all.
 */
extern void pds_store_statistics(Relation rel, const PdsTable *table,
								 const PdsCatalogStatistics *s, List *columns);

/* reltuples and relpages, where ANALYZE does not write them by itself (19) */
extern void pds_store_size(Relation rel, double rows, BlockNumber pages);

#endif							/* PDS_FDW_CATALOG_STATISTICS_H */
