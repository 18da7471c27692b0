/*
 * follow_catalog.h
 *	  A foreign table gets the columns that its table of Glue has now.
 */
#ifndef PDS_FDW_FOLLOW_CATALOG_H
#define PDS_FDW_FOLLOW_CATALOG_H

/* So many changes were made; tell: a NOTICE of each.  0 for a table that is in no catalog. */
extern int	pds_follow_catalog(Oid relid, bool tell);

#endif							/* PDS_FDW_FOLLOW_CATALOG_H */
