/*
 * s3_write_internal.h
 *	  What s3_put.c, s3_upload.c and s3_write.c share.  Private to them.
 */
#ifndef PDS_CORE_S3_WRITE_INTERNAL_H
#define PDS_CORE_S3_WRITE_INTERNAL_H

#include "core/s3/s3_internal.h"
#include "core/s3/s3_write.h"

#define PDS_S3_PUT_HEADERS	32	/* of PdsPutOptions */

extern void pds_s3_put_headers(PdsS3Call *c, const PdsPutOptions *opt);

/* makes PDS_ERR_ALREADY_EXISTS of a 412; always false */
extern bool pds_s3_create_error(const char *bucket, const char *key, PdsError *err);

/* the copy of an object over 5 GiB: source is the copy source, o and head its HeadObject */
extern bool pds_s3_copy_by_parts(PdsAws *aws, const char *source, const PdsObject *o,
								 const PdsResponse *head, const char *bucket, const char *key,
								 PdsUpload **left, PdsError *err);

#endif							/* PDS_CORE_S3_WRITE_INTERNAL_H */
