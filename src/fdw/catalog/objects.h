/*
 * objects.h
 *	  A listing being made: what partitions.c and objects.c share.
 */
#ifndef PDS_FDW_OBJECTS_H
#define PDS_FDW_OBJECTS_H

#include "fdw/catalog/prune.h"

typedef struct PdsListing
{
	PdsTable   *table;
	PdsConnection *conn;
	PdsPruner  *pruner;			/* which partitions and objects are wanted;
								 * NULL: all */
	bool		planning;		/* bounded: PDS_PLAN_MAX_OBJECTS,
								 * PDS_PLAN_MAX_LISTINGS */
	MemoryContext cxt;			/* of what the set points to */
	PdsObjectSet *set;			/* the result */
} PdsListing;

/* s3://bucket/key of a location, palloc'd */
extern void pds_parse_location(const char *location, char **bucket, char **key);

/*
 * The places that a location names, in the server's encoding; freed with cxt, where *out must
 * live.  False: it is none.
 */
extern bool pds_places_open(const char *location, PdsPlaces *out, MemoryContext cxt,
							PdsError *err);

/* "data" is the folder "data/", not also "data2/..." (doc/dev/aws.md §6.1) */
extern char *pds_as_folder(const char *key);

/*
 * Add an object of partition number `partition`, unless its name below
 * prefix_len bytes hides it, conditions drop it, or it is archived and to be
 * left out.
 */
extern void pds_add_object(PdsListing *w, const PdsObject *o, const char *bucket, int partition,
						   size_t prefix_len);

/*
 * The listing of a prefix, or of as much of it as conditions on "$path" leave;
 * NULL: nothing.
 */
extern const PdsObjectList *pds_list_prefix(PdsListing *w, const char *bucket,
											const char *prefix);

/* An object that several places hold is read once. */
extern void pds_drop_twice_listed(PdsObjectSet *set);

/* List the objects of all partitions of the set. */
extern void pds_list_objects(PdsListing *w);

#endif							/* PDS_FDW_OBJECTS_H */
