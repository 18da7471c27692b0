/*
 * s3_internal.h
 *	  What the S3 files share: a request on a bucket, sent again when the bucket
 *	  was found to live in another region (doc/dev/aws.md §3.4).  Private to them.
 */
#ifndef PDS_CORE_S3_INTERNAL_H
#define PDS_CORE_S3_INTERNAL_H

#include "core/base/xml.h"
#include "core/s3/s3.h"

#define PDS_S3_CALL_HEADERS	48

typedef struct PdsS3Call
{
	PdsAws	   *aws;
	const char *bucket;
	const char *key;			/* NULL: the bucket itself */
	PdsRequest	req;			/* without base_url, path, region, headers */
	PdsHeader	headers[PDS_S3_CALL_HEADERS];
	int			nheaders;
	char		resource[512];	/* "s3://bucket/key" for messages */
} PdsS3Call;

/* bucket and key are borrowed; the call must stay where it is until it was sent */
extern void pds_s3_call_init(PdsS3Call *c, PdsAws *aws, const char *bucket, const char *key,
							 const char *method, const char *operation);

/* one more header; name and value are borrowed until the call was sent */
extern void pds_s3_call_header(PdsS3Call *c, const char *name, const char *value);

/* base URL and path, into base and path, which the request borrows */
extern bool pds_s3_call_locate(PdsS3Call *c, PdsStr *base, PdsStr *path, PdsError *err);
extern bool pds_s3_call_perform(PdsS3Call *c, PdsResponse *resp, PdsError *err);

/*
 * The same without waiting.  A wrong region is followed by pds_s3_call_finish, which takes what
 * start returned (also NULL), waits and frees it; else by the caller (pds_aws_follow_bucket).
 */
extern PdsTransfer *pds_s3_call_start(PdsS3Call *c, PdsError *err);
extern bool pds_s3_call_finish(PdsS3Call *c, PdsTransfer *t, PdsResponse *resp, PdsError *err);

/* the XML of a reply: its root, and what fn makes of its elements */
extern bool pds_s3_call_read(const PdsS3Call *c, const PdsResponse *resp, const char *root,
							 PdsXmlFn fn, void *arg, PdsError *err);

/*
 * is it the answer of something that has been done, without words?  A page that
 * says 200 to everything is not.
 */
extern bool pds_s3_call_ended(const PdsS3Call *c, const PdsResponse *resp, PdsError *err);

/* PDS_ERR_PROTOCOL with what was received; false */
extern bool pds_s3_bad_reply(const PdsS3Call *c, const PdsResponse *resp, const char *wanted,
							 PdsError *err);

/* "s3://bucket/key" for messages; key may be NULL */
extern void pds_s3_name(char *out, size_t cap, const char *bucket, const char *key);

/*
 * A name of a listing, decoded in place.  PDS_ERR_PROTOCOL where it is not below the prefix that
 * was asked for (NULL: any).
 */
extern bool pds_s3_listed_name(char *name, bool encoded, const char *prefix, PdsError *err);

#endif							/* PDS_CORE_S3_INTERNAL_H */
