/*
 * s3.h
 *	  S3: list, head, read (doc/dev/aws.md §4).  Writing comes with its own functions.
 */
#ifndef PDS_CORE_S3_H
#define PDS_CORE_S3_H

#include "core/aws/aws.h"
#include "core/base/pager.h"

typedef struct PdsObject
{
	char	   *key;			/* decoded UTF-8 bytes */
	int64_t		size;			/* bytes */
	char		etag[128];		/* with quotes */
	int64_t		modified_us;	/* microseconds since 1970 UTC */
	char		storage_class[32];	/* "" = STANDARD */
	bool		archive_tier;	/* in an archive tier of INTELLIGENT_TIERING:
								 * HeadObject tells */
	bool		restored;		/* a copy of an archived object can be read */
} PdsObject;

/*
 * GLACIER, DEEP_ARCHIVE and the archive tiers cannot be read without a restore
 * (doc/dev/aws.md §4.4).  A listing does not tell the tiers.
 */
extern bool pds_object_archived(const PdsObject *o);

/* PDS_ERR_OBJECT_ARCHIVED with its hint; false */
extern bool pds_s3_archived_error(const char *bucket, const PdsObject *o, PdsError *err);

/*
 * Does a name below the location hide the object?  Any path component that
 * begins with '_' or '.', "x_$folder$", a trailing '/' (doc/dev/aws.md §6.1).
 */
extern bool pds_object_hidden(const char *key, size_t location_prefix_len);

typedef struct PdsObjectList
{
	PdsObject  *objects;
	size_t		n;
	size_t		cap;
	char	  **prefixes;		/* common prefixes, with a delimiter only */
	size_t		nprefixes;
	size_t		prefixes_cap;
	uint64_t	held;			/* bytes that objects and prefixes were added
								 * with */
	bool		truncated;		/* stopped at max_objects */
	PdsPager	rest;			/* of a truncated one: where it goes on */
	bool		restore_status; /* archived objects were met: it is asked for */
	int			pages;			/* requests made */
} PdsObjectList;

extern void pds_object_list_free(PdsObjectList *list);

/*
 * one more object, whose key the list then owns; *o is zeroed.  False: no memory,
 * the key is freed.
 */
extern bool pds_object_list_add(PdsObjectList *list, PdsObject *o);

/*
 * ListObjectsV2 with encoding-type=url, all pages up to max_objects (0: no
 * limit), appended to list.  delimiter and start_after may be NULL.  Keys come
 * in byte order.
 */
extern bool pds_s3_list(PdsAws *aws, const char *bucket, const char *prefix,
						const char *delimiter, const char *start_after,
						size_t max_objects, PdsObjectList *list, PdsError *err);

/*
 * Objects from `from` on that the list has before them, or that the page before
 * had (NULL: none), go: what is listed twice is there once.  False: out of memory.
 */
extern bool pds_object_list_drop_repeated(PdsObjectList *list, size_t from,
										  const PdsObjectList *before);

/* Are the keys from `from` on in order, behind `last` (NULL: any)? */
extern bool pds_object_list_ascends(const char *last, const PdsObjectList *list, size_t from);

/*
 * One page of it: the one that the pager stands at.  max_objects counts what list holds, as above.
 */
extern bool pds_s3_list_page(PdsAws *aws, const char *bucket, const char *prefix,
							 const char *delimiter, const char *start_after,
							 size_t max_objects, PdsObjectList *list, PdsPager *pager,
							 PdsError *err);

/*
 * The same page by page without waiting.  start asks for the page that the pager stands at, which
 * finish waits for, appends to list and frees; NULL: no memory.  restore_status: as the list of the
 * pages before has it.
 */
typedef struct PdsListCall PdsListCall;

extern PdsListCall *pds_s3_list_start(PdsAws *aws, const char *bucket, const char *prefix,
									  bool restore_status, const PdsPager *pager);
extern bool pds_s3_list_came(const PdsListCall *lc);
extern bool pds_s3_list_finish(PdsListCall *lc, PdsObjectList *list, PdsPager *pager,
							   PdsError *err);
extern void pds_s3_list_abandon(PdsListCall *lc);

/* HeadObject.  o->key is malloc'd. */
extern bool pds_s3_head(PdsAws *aws, const char *bucket, const char *key,
						PdsObject *o, PdsError *err);

/*
 * The same of one version.  PDS_ERR_NOT_FOUND also when the version is a
 * delete marker: the message says which.
 */
extern bool pds_s3_head_version(PdsAws *aws, const char *bucket, const char *key,
								const char *version_id, PdsObject *o, PdsError *err);

/* The same with the whole reply, for what its headers say beside; free both. */
extern bool pds_s3_head_all(PdsAws *aws, const char *bucket, const char *key,
							PdsObject *o, PdsResponse *resp, PdsError *err);

/* GetObject of first..last (inclusive; -1/-1: all) collected in resp->body */
extern bool pds_s3_get(PdsAws *aws, const char *bucket, const char *key,
					   int64_t first, int64_t last, const char *if_match,
					   PdsResponse *resp, PdsError *err);

/* Start a ranged GET into a sink; see PdsRequest.  version_id may be NULL. */
extern PdsTransfer *pds_s3_get_start(PdsAws *aws, const char *bucket, const char *key,
									 const char *version_id, int64_t first, int64_t last,
									 const char *etag,
									 PdsRangeSink sink, void *arg, PdsError *err);

/*
 * Result of such a transfer.  Knows S3's special answers: wrong region
 * (learns it; PDS_ERR_WRONG_REGION with retryable set: start again once), 416 on
 * an empty object, 412 = PDS_ERR_OBJECT_CHANGED.
 */
extern bool pds_s3_get_finish(PdsAws *aws, const char *bucket, PdsTransfer *t,
							  PdsResponse *resp, PdsError *err);

/* DeleteObject; true too when the key was absent */
extern bool pds_s3_delete(PdsAws *aws, const char *bucket, const char *key, PdsError *err);

#endif							/* PDS_CORE_S3_H */
