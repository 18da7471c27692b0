/*
 * glue_types.h
 *	  What the catalog says of databases, tables and partitions.
 */
#ifndef PDS_CORE_GLUE_TYPES_H
#define PDS_CORE_GLUE_TYPES_H

#include <stdbool.h>

typedef struct PdsKeyValue
{
	char	   *key;
	char	   *value;
} PdsKeyValue;

typedef struct PdsProperties
{
	PdsKeyValue *items;
	int			n;
} PdsProperties;

/* value of a key (exact match), or NULL */
extern const char *pds_property(const PdsProperties *p, const char *key);
extern void pds_properties_free(PdsProperties *p);

typedef struct PdsGlueColumn
{
	char	   *name;			/* lower case, as Glue keeps it */
	char	   *type;			/* Hive type text: "decimal(10,2)" */
	char	   *comment;		/* NULL when none */
} PdsGlueColumn;

typedef struct PdsStorageDescriptor
{
	char	   *location;		/* "s3://bucket/prefix/", may be NULL */
	char	   *input_format;
	char	   *output_format;	/* NULL: follows from input_format */
	char	   *serde;			/* SerializationLibrary */
	PdsGlueColumn *columns;		/* may be absent on partitions */
	int			ncolumns;
	PdsProperties serde_parameters;
	PdsProperties parameters;
} PdsStorageDescriptor;

typedef struct PdsGlueTable
{
	char	   *database;
	char	   *name;
	char	   *description;
	char	   *table_type;		/* "EXTERNAL_TABLE", "VIRTUAL_VIEW", ... or
								 * NULL */
	PdsStorageDescriptor sd;
	PdsGlueColumn *partition_keys;
	int			npartition_keys;
	PdsProperties parameters;
	char	   *view_original_text;
	bool		federated;		/* its data is that of another data source */
	bool		schema_registry;	/* its columns are in the Schema Registry */
	char	   *target_catalog; /* resource link */
	char	   *target_database;
	char	   *target_name;
	char	   *target_region;

	/*
	 * where it is, when a link led to it (pds_glue_find_table); NULL: where
	 * links are
	 */
	char	   *catalog_id;
	char	   *region;
} PdsGlueTable;

typedef struct PdsGluePartition
{
	char	  **values;			/* in key order */
	int			nvalues;
	PdsStorageDescriptor sd;	/* without columns (ExcludeColumnSchema) */
	PdsProperties parameters;
} PdsGluePartition;

typedef struct PdsGlueDatabase
{
	char	   *name;
	char	   *description;
	char	   *location;
	char	   *target_catalog; /* resource link */
	char	   *target_database;
	char	   *target_region;
} PdsGlueDatabase;

/* what it holds, not sd itself */
extern void pds_storage_descriptor_free(PdsStorageDescriptor *sd);
extern void pds_glue_columns_free(PdsGlueColumn *c, int n);
extern void pds_glue_table_free(PdsGlueTable *t);	/* NULL is fine; frees t
													 * too */
extern void pds_glue_partition_free(PdsGluePartition *p);
extern void pds_glue_database_free(PdsGlueDatabase *d);

#endif							/* PDS_CORE_GLUE_TYPES_H */
