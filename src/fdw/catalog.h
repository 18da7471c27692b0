/*
 * catalog.h
 *	  What a foreign table is made of: Glue's metadata, partitions, objects.
 *	  Cached per backend for cache_ttl seconds.
 */
#ifndef PDS_FDW_CATALOG_H
#define PDS_FDW_CATALOG_H

#include "core/glue.h"
#include "core/s3.h"
#include "core/serde.h"
#include "fdw/connection.h"

/* one column of the foreign table, bound to the data */
typedef struct PdsColumn
{
	AttrNumber	attnum;
	char	   *name;			/* Glue's name, lower case */
	Oid			typid;
	int32		typmod;
	Oid			collation;
	PdsHiveType hive;			/* Glue type, or the one implied by typid */
	bool		hive_known;		/* from the catalog or the glue_type option */
	int			field;			/* number of the field in a record; -1: partition key */
	int			key;			/* number of the partition key; -1: data column */
} PdsColumn;

/*
 * A foreign table with everything the scan needs.  Lives in its own memory
 * context, cached by relid; pinned like a connection.
 */
typedef struct PdsTable
{
	Oid			relid;
	PdsTableOptions options;
	int			natts;
	PdsColumn  *columns;		/* natts entries, by attnum - 1; name NULL = dropped */
	int			nfields;		/* fields of a record */
	int			nkeys;			/* partition keys */
	int		   *key_columns;	/* key number to attnum - 1, -1 when not a column here */
	char	  **key_names;
	bool		catalog_loaded; /* Glue was asked (or there is nothing to ask) */
	PdsGlueTable *glue;			/* NULL for tables by hand */
	PdsDialect	dialect;		/* valid when direct_reason is NULL */
	char	   *location;		/* of the table */
	const char *direct_reason;	/* why it cannot be scanned here, NULL: it can */
	const char *athena_reason;	/* why Athena cannot answer for it, NULL: it can */
	bool		athena_discouraged; /* typed OpenCSV: engine auto goes direct */
} PdsTable;

/*
 * The table as the options say, without network (catalog_loaded false for
 * tables of the catalog).  Enough for Athena paths with engine athena.
 */
extern PdsTable *pds_table_open(Oid relid, PdsConnection *conn, MemoryContext ctx);
/*
 * Ask Glue for what is missing, bind columns by name, settle the dialect.  A
 * column that Glue does not have is an error that hints at pds.refresh_table.
 */
extern void pds_table_load_catalog(PdsTable *table, PdsConnection *conn);

/* a readable part of a table: the table itself, or one partition */
typedef struct PdsPartition
{
	char	  **values;			/* nkeys texts; NULL = SQL NULL */
	char	   *location;		/* s3://bucket/prefix/ */
	PdsDialect	dialect;
	Datum	   *key_datums;		/* typed values, nkeys */
	bool	   *key_nulls;
} PdsPartition;

typedef struct PdsDataObject
{
	char	   *bucket;
	char	   *key;
	char	   *etag;
	int64		size;
	int64		modified_us;
	PdsCodec	codec;
	int			partition;		/* index into PdsObjectSet.partitions */
} PdsDataObject;

typedef struct PdsObjectSet
{
	PdsPartition *partitions;	/* that survived pruning */
	int			npartitions;
	int			npruned;		/* partitions that did not */
	PdsDataObject *objects;
	int			nobjects;
	int64		nskipped;		/* hidden, empty, archived */
	int64		bytes;			/* sum of sizes as stored */
	bool		truncated;		/* listing stopped early (planning only): bytes is a lower bound */
	int			list_requests;
} PdsObjectSet;

/* decides which partitions are wanted; NULL: all */
typedef bool (*PdsPartitionFilter) (void *arg, const PdsPartition *p);

/*
 * Partitions and objects of the table: Glue partitions (expression is the
 * filter sent to GetPartitions, or NULL), or key=value folders of a table made
 * by hand, or the plain location.  max_objects bounds planning (0: all).  The
 * result is palloc'd in the current context; listings come from the cache.
 */
extern PdsObjectSet *pds_table_objects(PdsTable *table, PdsConnection *conn,
									   const char *expression,
									   PdsPartitionFilter filter, void *arg,
									   size_t max_objects);

/* forget everything cached (pds.refresh()); relid InvalidOid: all tables */
extern void pds_catalog_forget(Oid relid);
extern void pds_catalog_init(void);

#endif							/* PDS_FDW_CATALOG_H */
