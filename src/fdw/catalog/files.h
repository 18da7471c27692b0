/*
 * files.h
 *	  Objects that a URI names, and what they hold, by inference (core/infer).
 *
 * For what is no table yet: IMPORT FOREIGN SCHEMA from a location, functions that
 * read or infer.  Listings are made anew each time: the cache is for tables.
 */
#ifndef PDS_FDW_FILES_H
#define PDS_FDW_FILES_H

#include "nodes/pg_list.h"

#include "core/infer/infer.h"
#include "core/s3/s3.h"
#include "fdw/base/connection.h"

typedef struct PdsFiles
{
	char	   *bucket;
	char	   *base;			/* folder, "" or ending in '/': names below it
								 * hide objects and give partition keys */
	bool		folder;			/* the URI names a folder, not an object or a
								 * pattern */
	PdsObject **objects;		/* visible ones, in byte order of their keys */
	int			n;
	int64		bytes;			/* as stored */
	int			nskipped;		/* hidden, empty or archived */
	int			narchived;		/* of these */
	char	  **keys;			/* of key=value folders, as they are written */
	int			nkeys;
	const char *odd;			/* an object that has not these keys; NULL:
								 * all have */
} PdsFiles;

/*
 * uri: one object, a folder (everything below it), or a pattern (core/base/glob.h).
 * Everything lives in cxt.  An error when the bucket is not there; no object is none.
 */
extern PdsFiles *pds_files_find(PdsConnection *conn, const char *uri, MemoryContext cxt);

/* objects from..to-1 of all as files of their own, below base */
extern PdsFiles *pds_files_part(const PdsFiles *all, const char *base, int from, int to);

/* value of partition key number `key` of an object, decoded */
extern char *pds_file_key_value(const PdsFiles *f, int object, int key);

/* an error when there is nothing to read */
extern void pds_files_check(const PdsFiles *f, const char *uri);

/* what the objects of one table hold */
typedef struct PdsInferredTable
{
	PdsInference inf;			/* freed with the memory context */
	const char *reason;			/* why they are no CSV ("it is a Parquet
								 * file"); inf is empty then */
	const char *reason_key;		/* of which object */
	List	   *others;			/* texts: objects among them that are no CSV,
								 * and why */
	const char *unlike;			/* key of an object with other columns than
								 * the first; NULL: none */
	PdsSample  *samples;
	int			nsamples;
	int			nsampled;		/* objects that were looked at */
	int64		sampled_bytes;	/* of them, as stored */
	bool		everything;		/* the samples are all there is */
	double		rows;			/* estimated, or counted when everything */
	PdsCodec	codec;			/* of all objects although their names do not
								 * say so; NONE: by name */
	char	  **key_names;		/* as awswrangler writes them */
	PdsHiveType *key_types;
} PdsInferredTable;

/* dialect: what is known already of delimiter, quote, escape, header, null, compression */
extern PdsInferredTable *pds_infer_files(PdsConnection *conn, const PdsFiles *f,
										 const PdsTableOptions *dialect, const PdsImportOptions *o,
										 MemoryContext cxt);

/* an error when the objects are no CSV, or have no records */
extern void pds_inferred_check(const PdsFiles *f, const PdsInferredTable *found);

/* what Athena's text tables can have of a type: a string for times with a zone */
extern void pds_glue_type_of(const PdsHiveType *t, PdsHiveType *out);

/* NOTICEs or WARNINGs about objects that do not fit together; what names the table */
extern void pds_inferred_report(int elevel, const PdsFiles *f, const PdsInferredTable *found,
								const char *what);

/* the encoding of the objects: by option, or as inferred; NULL: UTF-8 */
extern const char *pds_inferred_encoding(const PdsInferredTable *found,
										 const PdsTableOptions *dialect);

/* SQL type of column i: as import declares it */
extern char *pds_inferred_sql_type(const PdsInferredColumn *c);

/* "2 of 10 objects, 1.0 MB", for comments and notices */
extern char *pds_inferred_sampled(const PdsFiles *f, const PdsInferredTable *found);

#endif							/* PDS_FDW_FILES_H */
