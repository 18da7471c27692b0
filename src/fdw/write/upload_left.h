/*
 * upload_left.h
 *	  Multipart uploads that could not be aborted yet.
 */
#ifndef PDS_FDW_UPLOAD_LEFT_H
#define PDS_FDW_UPLOAD_LEFT_H

#include "core/s3/s3_write.h"
#include "fdw/base/connection.h"

/*
 * pds_upload_abort has been called, err is what it said.  What got no answer, and
 * what S3 may make only after it was looked for, is tried again (later.c); what cannot
 * be done is a WARNING.
 */
extern void pds_upload_left(PdsConnection *conn, const PdsUpload *u, const PdsError *err);

#endif							/* PDS_FDW_UPLOAD_LEFT_H */
