/*
 * s3_common.h
 *	  What the SQL functions on S3 objects share: locations as arguments, what
 *	  must be given back when an error comes, listings, errors in plain words.
 */
#ifndef PDS_SQL_S3_COMMON_H
#define PDS_SQL_S3_COMMON_H

#include "core/read/fetch.h"
#include "core/s3/s3_write.h"
#include "sql/base/functions.h"

/* a location: bytes of bucket and key in UTF-8, palloc'd */
typedef struct PdsS3Uri
{
	char	   *bucket;
	char	   *key;			/* "" when there is none */
} PdsS3Uri;

/*
 * What a call holds of the core.  Freed with the memory context it was begun
 * in; an upload that an error leaves behind is aborted by pds_s3_guarded.
 */
typedef struct PdsS3Work
{
	PdsConnection *conn;
	PdsAws	   *aws;
	PdsObjectList list;			/* the page of a listing */
	PdsObjectList before;		/* the page before it */
	PdsPager	pager;			/* of a listing */
	PdsStr		token;
	bool		listed;			/* a page was had */
	PdsUpload  *upload;
	PdsFetch   *fetch;
	PdsResponse resp;
	char	   *temp_file;		/* being written; removed like an upload */
} PdsS3Work;

extern PdsS3Work *pds_s3_work(const char *server);

/* of a SQL argument; an error when it is no S3 location */
extern PdsS3Uri pds_s3_uri(const text *arg);

/* the same where an object is meant: the key must not be empty */
extern PdsS3Uri pds_s3_object_uri(const text *arg);

/* "s3://bucket/key" in the database's encoding */
extern char *pds_s3_uri_string(const char *bucket, const char *key);
extern Datum pds_s3_uri_datum(const char *bucket, const char *key);

/* text of S3 (UTF-8) in the database's encoding, and the reverse */
extern char *pds_s3_from_utf8(const char *s);
extern char *pds_s3_to_utf8(const text *t);

/* the part after the last '/' */
extern const char *pds_s3_basename(const char *key);

/* the prefix as a folder: "" or ending in '/' */
extern char *pds_s3_folder(const char *prefix);

/* of a suffix; "application/octet-stream" where it says nothing */
extern const char *pds_s3_content_type(const char *name);

/*
 * The objects under a prefix, page by page into work->list: true while there
 * was a page.  Raises on errors.  delimiter may be NULL.
 */
extern bool pds_s3_next_page(PdsS3Work *work, const char *bucket, const char *prefix,
							 const char *delimiter, size_t max_objects);

/* HeadObject, o->key NULL, the reply in work->resp; false when there is no such object */
extern bool pds_s3_find(PdsS3Work *work, const PdsS3Uri *uri, PdsObject *o);

/* the same, where it must be there */
extern void pds_s3_must_find(PdsS3Work *work, const PdsS3Uri *uri, PdsObject *o);

/*
 * Raise an error about bucket/key: what a bare 404 leaves open (is it the bucket or the key?)
 * is found out first.
 */
PDS_NORETURN extern void pds_s3_raise(PdsS3Work *work, const char *bucket, const char *key,
									  PdsError *err);

/*
 * Run fn(arg).  When it raises an error or the session ends meanwhile,
 * work->upload is aborted within two seconds, so that no parts stay behind, and
 * work->temp_file is removed.
 */
extern void pds_s3_guarded(PdsS3Work *work, void (*fn) (void *arg), void *arg);

/*
 * Give the whole object, or bytes first..end - 1 of it, to sink in order.
 * The version is that of o; memory is bounded.
 */
typedef void (*PdsS3Sink) (void *arg, const char *data, size_t len);
extern void pds_s3_read(PdsS3Work *work, const PdsS3Uri *uri, const PdsObject *o,
						int64 first, int64 end, PdsS3Sink sink, void *arg);

/* options of an upload on this server */
extern void pds_s3_upload_options(const PdsS3Work *work, PdsUploadOptions *opt);

/* one object of these bytes, of the content type of its suffix */
extern void pds_s3_put_bytes(PdsS3Work *work, PdsS3Uri to, const char *data, size_t len);

/* an argument that must not be NULL */
extern text *pds_s3_text_arg(FunctionCallInfo fcinfo, int n, const char *name);
/* the server, argument 0 */
extern const char *pds_s3_server_arg(FunctionCallInfo fcinfo);

/* a row of pds.s3_action; source may be NULL, bytes -1: not known */
extern void pds_s3_action_row(PdsResult *result, const char *action, const char *source,
							  const char *target, int64 bytes);

/* before anything is changed: not in a read-only transaction, and not NULL as server */
extern PdsS3Work *pds_s3_write_work(FunctionCallInfo fcinfo, const char *what);

#endif							/* PDS_SQL_S3_COMMON_H */
