/*
 * s3_write.h
 *	  S3: put, copy, delete, multipart uploads, buckets, presigned URLs (doc/dev/aws.md §4).
 */
#ifndef PDS_CORE_S3_WRITE_H
#define PDS_CORE_S3_WRITE_H

#include "core/s3/s3.h"

/* a single PutObject, CopyObject or part goes up to here (bytes) */
#define PDS_S3_MAX_PUT		((int64_t) 5 << 30)
#define PDS_S3_MIN_PART		((int64_t) 5 << 20)
#define PDS_S3_MAX_PARTS	10000
#define PDS_S3_MAX_DELETE	1000	/* keys of one DeleteObjects */

typedef struct PdsPutOptions
{
	const char *content_type;	/* NULL: none is sent */
	bool		create_only;	/* If-None-Match: *; PDS_ERR_ALREADY_EXISTS
								 * when there is one */
	const PdsHeader *headers;	/* more: x-amz-storage-class, x-amz-meta-...,
								 * at most 32 */
	int			nheaders;
} PdsPutOptions;

/*
 * PutObject of len bytes (data borrowed for the call); opt may be NULL.  etag
 * (with quotes) may be NULL.
 */
extern bool pds_s3_put(PdsAws *aws, const char *bucket, const char *key,
					   const void *data, size_t len, const PdsPutOptions *opt,
					   char etag[128], PdsError *err);

/*
 * DeleteObjects, in groups of 1,000; *deleted (may be NULL) counts, after an error, too.  Absent
 * keys count as deleted.  An error names the first key that could not be.
 */
extern bool pds_s3_delete_many(PdsAws *aws, const char *bucket, char *const *keys, size_t n,
							   size_t *deleted, PdsError *err);

/*
 * A multipart upload.  Bytes are gathered into parts, which are sent while the caller
 * goes on; an object of at most one part is held back and sent whole by complete.
 * Memory: (concurrency + 1) parts at most.  After 1,000 parts their size grows so that
 * 10,000 are enough for 5 TB.
 *
 *	 new -> write* -> finish -> complete		or abort at any time
 *
 * finish sends what is left and waits for all parts: after it only complete (or abort) can
 * fail.  complete makes the object visible; where a repeated complete finds the upload gone,
 * HeadObject decides (doc/dev/aws.md §3.3).  Nothing is visible before.  free does no network, and
 * comes before the end of the PdsHttp.  opt and its strings are copied.
 */
typedef struct PdsUpload PdsUpload;

typedef struct PdsUploadOptions
{
	PdsPutOptions put;
	size_t		part_size;		/* bytes, at least PDS_S3_MIN_PART; 0: 8 MB */
	int64_t		expected;		/* bytes in all, where known: parts fit it; 0:
								 * they grow */
	int			concurrency;	/* parts under way; 0: 4 */
	bool		own_key;		/* nobody else writes this key */
	bool		hold_nothing;	/* finish sends small objects, too, as one
								 * part */
} PdsUploadOptions;

extern PdsUpload *pds_upload_new(PdsAws *aws, const char *bucket, const char *key,
								 const PdsUploadOptions *opt, PdsError *err);
extern bool pds_upload_write(PdsUpload *u, const void *data, size_t len, PdsError *err);
extern bool pds_upload_finish(PdsUpload *u, PdsError *err);
extern bool pds_upload_complete(PdsUpload *u, PdsError *err);
extern bool pds_upload_abort(PdsUpload *u, PdsError *err);
extern void pds_upload_free(PdsUpload *u);

/* "" until CreateMultipartUpload was sent: nothing to abort then */
extern const char *pds_upload_id(const PdsUpload *u);

/*
 * No reply told whether there is one, and abort found none under its key, which
 * nobody else writes: it may come yet.
 */
extern bool pds_upload_lost(const PdsUpload *u);

/* is there something to abort, or may there be? */
extern bool pds_upload_begun(const PdsUpload *u);
extern int64_t pds_upload_bytes(const PdsUpload *u);
extern const char *pds_upload_bucket(const PdsUpload *u);
extern const char *pds_upload_key(const PdsUpload *u);

/* an upload that was begun and has not ended (s3_uploads.c) */
typedef struct PdsOpenUpload
{
	char	   *key;
	char	   *id;
	int64_t		initiated_us;	/* since 1970; 0: not known */
} PdsOpenUpload;

typedef struct PdsOpenUploads
{
	PdsOpenUpload *uploads;
	size_t		n;
	uint64_t	held;			/* bytes that they take */
} PdsOpenUploads;

/*
 * ListMultipartUploads, all pages; added to *out, which is freed by
 * pds_open_uploads_free in any case
 */
extern bool pds_s3_list_uploads(PdsAws *aws, const char *bucket, const char *prefix,
								PdsOpenUploads *out, PdsError *err);
extern void pds_open_uploads_free(PdsOpenUploads *u);

/*
 * Aborts whatever is open under a key that nobody else writes: where the reply with
 * the id was lost.  True when there was one; it is only tried: the right to list
 * uploads may be missing.
 */
extern bool pds_s3_abort_lost(PdsAws *aws, const char *bucket, const char *key);

/* AbortMultipartUpload of an upload whose handle is gone (transaction callbacks) */
extern bool pds_s3_abort_upload(PdsAws *aws, const char *bucket, const char *key,
								const char *upload_id, PdsError *err);

/*
 * Copy within S3, in one request or by parts as the size asks for.  The source is the
 * version that `known` describes, of a listing, or NULL: that HeadObject sees (If-Match):
 * PDS_ERR_OBJECT_CHANGED when it changes meanwhile.
 * Its type and metadata go along.  *bytes (may be NULL): its size.  left (may be NULL): where
 * a cancel kept a copy by parts from being aborted, the upload to abort and free; else NULL.
 */
extern bool pds_s3_copy(PdsAws *aws, const char *src_bucket, const char *src_key,
						const PdsObject *known, const char *dst_bucket, const char *dst_key,
						int64_t *bytes, PdsUpload **left, PdsError *err);

/* CreateBucket in region (NULL: the session's); *existed: it was ours already */
extern bool pds_s3_create_bucket(PdsAws *aws, const char *bucket, const char *region,
								 bool *existed, PdsError *err);

/* HeadBucket: true with *exists and, when known, its region in region[cap] */
extern bool pds_s3_head_bucket(PdsAws *aws, const char *bucket, bool *exists,
							   char *region, size_t cap, PdsError *err);

/*
 * Does the bucket exist, and belong to this account?  Another's is PDS_ERR_ACCESS_DENIED,
 * whatever its policy allows (x-amz-expected-bucket-owner).
 */
extern bool pds_s3_bucket_is_ours(PdsAws *aws, const char *bucket, const char *account,
								  bool *exists, PdsError *err);

/*
 * ListBuckets, a page: an object with key (the name) and modified_us (its creation) each,
 * appended to list.  The pager as for pds_s3_list_page.
 */
extern bool pds_s3_list_buckets(PdsAws *aws, PdsObjectList *list, PdsPager *pager,
								PdsError *err);

/* DeleteBucket of an empty bucket */
extern bool pds_s3_delete_bucket(PdsAws *aws, const char *bucket, PdsError *err);

/*
 * A URL that anyone may use for `seconds` (1..604800, and not longer than the credentials
 * live); appended to out.  method "GET" or "PUT".  No network but for the credentials.
 */
extern bool pds_s3_presign(PdsAws *aws, const char *method, const char *bucket, const char *key,
						   long seconds, PdsStr *out, PdsError *err);

#endif							/* PDS_CORE_S3_WRITE_H */
