/*
 * catalog.h
 *	  What a foreign table is made of: Glue's metadata, partitions, objects.
 *	  Answers of Glue and listings of S3 are cached per backend (cache.h).
 */
#ifndef PDS_FDW_CATALOG_H
#define PDS_FDW_CATALOG_H

#include "access/sysattr.h"
#include "nodes/bitmapset.h"

#include "core/glue/glue.h"
#include "core/s3/s3.h"
#include "core/s3/s3_places.h"
#include "core/serde/serde.h"
#include "fdw/base/connection.h"
#include "fdw/rows/field_rules.h"

/* numbers of PdsColumn.field that are not fields */
#define PDS_FIELD_KEY		(-1)	/* a partition key */
#define PDS_FIELD_MISSING	(-2)	/* Glue has no such column (any more) */
/*
 * Pseudo-columns, by name or column_name: what is known of the object that a
 * row lies in.  They are no columns of the data or of Glue: whoever walks the
 * columns for another purpose than reading leaves them out (pds_is_pseudo).
 */
#define PDS_FIELD_PATH			(-3)	/* "$path": s3://bucket/key, text */
#define PDS_FIELD_FILE_SIZE		(-4)	/* "$file_size": bytes as stored,
										 * bigint */
#define PDS_FIELD_FILE_MODIFIED	(-5)	/* "$file_modified_time": timestamptz
										 * of milliseconds */
#define PDS_FIELD_ROW_NUMBER	(-6)	/* "$row_number": bigint; read here
										 * only */

/* one column of the foreign table, bound to the data */
typedef struct PdsColumn
{
	AttrNumber	attnum;
	char	   *name;			/* Glue's name, lower case; NULL: dropped */
	char	   *attname;
	char	   *header_name;	/* what a header calls it: column_name as it
								 * is written, else the attribute's */
	Oid			typid;
	int32		typmod;
	Oid			collation;
	PdsHiveType hive;			/* Glue type, or the one implied by typid */
	bool		hive_known;		/* hive is valid */
	bool		imported;		/* the option glue_type is set */
	bool		not_selected;	/* Athena offers no column of its type */
	int			field;			/* number of the field in a record, or
								 * PDS_FIELD_x */
	int			key;			/* number of the partition key; -1: data
								 * column */
	PdsFieldRules *rules;		/* what options say of its fields, or NULL */
} PdsColumn;

static inline bool
pds_is_pseudo(const PdsColumn *c)
{
	return c->field <= PDS_FIELD_PATH;
}

/* a pseudo-column that is the same in all rows of an object */
static inline bool
pds_is_object_column(const PdsColumn *c)
{
	return pds_is_pseudo(c) && c->field != PDS_FIELD_ROW_NUMBER;
}

/*
 * A foreign table with everything a plan or a scan needs.  Lives in the
 * context it was opened in.
 */
typedef struct PdsTable
{
	Oid			relid;
	MemoryContext cxt;
	PdsTableOptions options;
	int			natts;
	PdsColumn  *columns;		/* natts entries, by attnum - 1 */
	int			nfields;		/* fields of a record */
	int			npseudo;		/* pseudo-columns */
	int			nkeys;			/* partition keys */
	int		   *key_columns;	/* key number to attnum - 1, -1 when not a
								 * column here */
	char	  **key_names;
	PdsHiveType *key_types;
	bool		in_catalog;		/* a table of Glue (option database) */
	bool		catalog_loaded; /* Glue was asked, or there is nothing to ask */
	const PdsGlueTable *glue;	/* NULL for tables by hand */
	PdsDialect	dialect;		/* valid when direct_reason is NULL */
	char	   *location;		/* of the table */
	PdsPlaces	places;			/* what it names, when it is an option; else
								 * none */
	struct PdsProjection *projection;	/* its partitions, when Glue's do not
										 * count; else NULL */
	const char *direct_reason;	/* why it cannot be scanned here, NULL: it can */
	const char *direct_hint;	/* what can be done about it; NULL: nothing is
								 * known */
	const char *athena_reason;	/* why Athena cannot answer for it, NULL: it
								 * can */
	const char *athena_hint;	/* what can be done about it; NULL: nothing is
								 * known */
	bool		athena_discouraged; /* typed OpenCSV: engine auto goes direct */
} PdsTable;

/*
 * The table as the options say, without network (catalog_loaded false for
 * tables of the catalog).  Enough for Athena paths with engine athena.
 */
extern PdsTable *pds_table_open(Oid relid, PdsConnection *conn, MemoryContext cxt);

/*
 * Does the server name another catalog than Athena would ask?  A table of the same name
 * in the account's own catalog must not be taken for the one that was imported.
 */
extern bool pds_catalog_unknown_to_athena(const PdsServerOptions *o);
#define PDS_ATHENA_CATALOG_HINT \
	"Register that catalog with Athena as a data source, and name it: ALTER SERVER ... OPTIONS (ADD athena_catalog '...')."
/* Ask Glue for what is missing, bind columns by name, settle the dialect. */
extern void pds_table_load_catalog(PdsTable *table, PdsConnection *conn);

/* Is the attribute among these (FirstLowInvalidHeapAttributeNumber offsets), by name or by a
 * whole-row reference? */
static inline bool
pds_attr_used(const Bitmapset *attrs, AttrNumber attnum)
{
	return bms_is_member(-FirstLowInvalidHeapAttributeNumber, attrs) ||
		bms_is_member(attnum - FirstLowInvalidHeapAttributeNumber, attrs);
}

/* schema.name of a relation as SQL has it, for hints */
extern char *pds_quoted_relation(Oid relid);

/* ms since 1970 UTC at the start of the transaction: what NOW means in partition projection */
extern int64 pds_unix_ms(void);

/* the columns among them, ascending (attnums) */
extern List *pds_columns_used(const PdsTable *table, const Bitmapset *attrs);

/*
 * Raise an error when one of these attributes (FirstLowInvalidHeapAttributeNumber
 * offsets; a whole-row reference is all) is not what Glue has: the error hints
 * at pds.refresh_table.
 */
extern void pds_table_check_columns(const PdsTable *table, const Bitmapset *attrs);

/* a readable part of a table: the table itself, or one partition */
typedef struct PdsPartition
{
	char	  **values;			/* nkeys texts; NULL = SQL NULL */
	char	   *bucket;
	char	   *prefix;			/* of its objects, "" or ending in '/' */
	const PdsPlace *place;		/* they belong to; NULL: all below the prefix
								 * do */
	const PdsDialect *dialect;	/* of its objects */
	const struct PdsColumnOverride *overrides;	/* columns declared otherwise
												 * (cache.h), or NULL */
	Datum	   *key_datums;		/* typed values, nkeys */
	bool	   *key_nulls;
	Bitmapset  *bad_keys;		/* attnums of keys whose type cannot hold
								 * their value: unknown, and NULL here */
	bool		has_objects;	/* to be read */
} PdsPartition;

typedef struct PdsDataObject
{
	const char *bucket;
	char	   *key;
	char	   *etag;
	const char *version_id;		/* NULL: the current one */
	int64		size;
	int64		modified_us;	/* microseconds since 1970 UTC */
	PdsCodec	codec;
	int			partition;		/* index into PdsObjectSet.partitions */
} PdsDataObject;

typedef struct PdsObjectSet
{
	PdsPartition *partitions;	/* that survived pruning */
	int			npartitions;
	int64		npruned;		/* partitions that did not */
	bool		dense;			/* few of those pruned lie among those left */
	const char *unbounded;		/* planning: why the partitions were not
								 * looked at, or NULL */
	int			nchecked;		/* partitions whose keys are known to have
								 * values */
	PdsDataObject *objects;		/* in hand */
	int			nobjects;
	int			objects_cap;
	int64		ngiven;			/* objects that whoever reads them has taken
								 * before those (pds_listing_next) */
	int64		objects_pruned; /* by conditions on pseudo-columns */
	int64		nskipped;		/* hidden, empty */
	int64		narchived;		/* left out, by the option archived_objects */
	int64		bytes;			/* sum of sizes as stored */
	int64		bytes_dropped;	/* of objects that were listed and that
								 * conditions took out */
	bool		all_listed;		/* these are all objects of the table */
	Bitmapset  *empty_places;	/* of the table's places: they hold nothing;
								 * not known where conditions left objects out */
	bool		truncated;		/* listing stopped early (planning only):
								 * bytes is a lower bound */
	int			listed;			/* partitions that were listed */
} PdsObjectSet;

/*
 * A partition's own SerDe with the table's parameters (doc/dev/serdes.md §4),
 * unless options fix the dialect.
 */
extern void pds_partition_dialect(const PdsTable *table, const PdsGluePartition *g,
								  PdsDialect *out);

/* a listing while planning goes no further */
#define PDS_PLAN_MAX_OBJECTS	5000
#define PDS_PLAN_MAX_LISTINGS	10

/*
 * Partitions and objects of the table: Glue partitions (expression is the
 * filter sent to GetPartitions, or NULL), projected ones, or key=value folders
 * of a table made by hand, or the plain location.  planning: bounded, see
 * above.  pruner (prune.h) decides which partitions and objects are wanted;
 * NULL: all.
 * The result is palloc'd in the current context; what it points to lives as
 * long as cxt.
 */
struct PdsPruner;
extern PdsObjectSet *pds_table_objects(PdsTable *table, PdsConnection *conn,
									   const char *expression, struct PdsPruner *pruner,
									   bool planning, MemoryContext cxt);

/*
 * The same a page at a time, while what has come is read.  next adds to the set, in objects_cxt;
 * false: there was no more, and the set knows of all.  Who has read objects may empty the set of
 * them (ngiven).  The pruner stays as long as cxt.
 */
typedef struct PdsListing PdsListing;
extern PdsListing *pds_listing_open(PdsTable *table, PdsConnection *conn, const char *expression,
									struct PdsPruner *pruner, bool planning, MemoryContext cxt);
extern PdsObjectSet *pds_listing_set(PdsListing *w);
extern bool pds_listing_next(PdsListing *w, MemoryContext objects_cxt);

/*
 * Ask for the next page without waiting for it; page_ahead raises nothing, and
 * may not know of one.
 */
extern void pds_listing_ahead(PdsListing *w);
extern void pds_listing_page_ahead(PdsListing *w);

/* Would next wait for it? */
extern bool pds_listing_waits(const PdsListing *w);

/* A WARNING for each place of a location by hand that holds nothing. */
extern void pds_warn_of_empty_places(const PdsTable *table, const PdsObjectSet *set);

/*
 * What is read must have values: an error that names the first partition with one
 * that its type cannot hold.
 */
extern void pds_check_key_values(const PdsTable *table, PdsObjectSet *set);

/* value of a pseudo-column for all rows of an object (pds_is_object_column), palloc'd */
extern Datum pds_object_value(const PdsColumn *c, const PdsDataObject *o);

#endif							/* PDS_FDW_CATALOG_H */
