/*
 * s3_places.h
 *	  What a location names: an object, a folder, a pattern, or a list of these.
 */
#ifndef PDS_CORE_S3_PLACES_H
#define PDS_CORE_S3_PLACES_H

#include "core/base/error.h"

typedef struct PdsPlace
{
	char	   *bucket;
	char	   *prefix;			/* of the listing: without escapes, up to the
								 * first wildcard */
	char	   *pattern;		/* of keys (path_pattern.h); NULL: prefix is
								 * an object or a folder */
} PdsPlace;

typedef struct PdsPlaces
{
	PdsPlace   *items;
	size_t		n;
} PdsPlaces;

/*
 * location: s3://bucket/key, where the key may be a pattern, or a JSON array of such texts.
 * False: PDS_ERR_CONFIG (it is none), PDS_ERR_LIMIT; nothing is to be freed then.
 */
extern bool pds_places_parse(const char *location, PdsPlaces *out, PdsError *err);
extern void pds_places_free(PdsPlaces *p);

/* True: no object belongs to two of them.  False: some may, or memory is short. */
extern bool pds_places_apart(const PdsPlaces *p);

/* Does an object of the bucket belong to the place?  Its name may yet hide it. */
extern bool pds_place_has(const PdsPlace *p, const char *key);

#endif							/* PDS_CORE_S3_PLACES_H */
