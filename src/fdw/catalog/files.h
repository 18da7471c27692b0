/*
 * files.h
 *	  Objects that a URI names.
 *
 * For what is no table yet: IMPORT FOREIGN SCHEMA from a location, functions that
 * read or infer.  Listings are made anew each time: the cache is for tables.
 */
#ifndef PDS_FDW_FILES_H
#define PDS_FDW_FILES_H

#include "nodes/pg_list.h"

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
 * uri: one object, a folder (everything below it), a pattern, or a list (core/s3/s3_places.h).
 * Everything lives in cxt.  An error when the bucket is not there; no object is none.
 */
extern PdsFiles *pds_files_find(PdsConnection *conn, const char *uri, MemoryContext cxt);

/* objects from..to-1 of all as files of their own, below base */
extern PdsFiles *pds_files_part(const PdsFiles *all, const char *base, int from, int to);

/* value of partition key number `key` of an object, decoded */
extern char *pds_file_key_value(const PdsFiles *f, int object, int key);

/* an error when there is nothing to read */
extern void pds_files_check(const PdsFiles *f, const char *uri);

#endif							/* PDS_FDW_FILES_H */
