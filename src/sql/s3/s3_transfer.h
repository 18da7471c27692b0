/*
 * s3_transfer.h
 *	  Uploads of files of the database server, for other SQL functions.  The
 *	  path has been checked by pds_server_path.
 */
#ifndef PDS_SQL_S3_TRANSFER_H
#define PDS_SQL_S3_TRANSFER_H

#include "sql/s3/s3_common.h"

/* One file; returns its bytes.  content_type NULL: that of the key's suffix. */
extern int64 pds_s3_upload_path(PdsS3Work *work, const char *path, PdsS3Uri to,
								const char *content_type);

/* The files below a folder, under their names; pattern and result may be NULL. */
extern void pds_s3_upload_folder(PdsS3Work *work, const char *path, PdsS3Uri to,
								 const char *pattern, bool dry_run, PdsResult *result);

#endif							/* PDS_SQL_S3_TRANSFER_H */
