/*
 * objects.h
 *	  A listing being made: what partitions.c and objects.c share.
 */
#ifndef PDS_FDW_OBJECTS_H
#define PDS_FDW_OBJECTS_H

#include "lib/stringinfo.h"

#include "fdw/catalog/listing_pages.h"
#include "fdw/catalog/prune.h"

/* What is listed by one listing of a prefix. */
typedef struct PdsListingSource
{
	PdsListingPages *pages;		/* NULL: none is open */
	int			number;			/* of the partition, or of the place of
								 * folders */
	size_t		named;			/* bytes of the keys that are named, so that
								 * they hide nothing */
} PdsListingSource;

/* an object of the source that is listed now */
typedef void (*PdsAddObjectFn) (PdsListing *w, const PdsObject *o);

struct PdsListing
{
	PdsTable   *table;
	PdsConnection *conn;
	PdsPruner  *pruner;			/* which partitions and objects are wanted;
								 * NULL: all */
	bool		planning;		/* bounded: PDS_PLAN_MAX_OBJECTS,
								 * PDS_PLAN_MAX_LISTINGS */
	MemoryContext cxt;			/* of what the set points to */
	MemoryContext objects_cxt;	/* ... by its objects */
	PdsObjectSet *set;			/* the result */
	/* how far it is */
	int			nsources;
	int			next;			/* source to be opened next */
	PdsListingSource now;
	PdsListingSource ahead;		/* the one behind it, when it is open already */
	bool		lasting;		/* the objects of the page in hand stay as
								 * long as cxt */
	PdsAddObjectFn add;
	bool		folders;		/* sources are places, else partitions */
	int		   *order;			/* partitions by prefix, where one listing is
								 * of all */
	/* the folder of the object before, of key=value folders */
	StringInfoData folder;
	int			folder_place;	/* -1: none yet */
	bool		folder_kept;
};

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

/* An object that several places hold is read once. */
extern void pds_drop_twice_listed(PdsObjectSet *set);

/*
 * What is to be listed: the objects of all partitions of the set, or key=value
 * folders of places.
 */
extern void pds_list_objects(PdsListing *w);
extern void pds_list_folders(PdsListing *w, PdsAddObjectFn add);

/* The next objects of that, or none although more may come; false: that was all. */
extern bool pds_listing_step(PdsListing *w);

#endif							/* PDS_FDW_OBJECTS_H */
