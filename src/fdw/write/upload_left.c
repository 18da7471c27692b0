/*
 * upload_left.c
 *	  Multipart uploads that could not be aborted yet.
 *
 * A transaction that is cancelled while S3 begins an upload has no id.  It looks for
 * one under its key; but a request that was cut off may be carried out after that.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "storage/ipc.h"

#include "core/base/clock.h"
#include "fdw/base/error_map.h"
#include "fdw/base/later.h"
#include "fdw/write/upload_left.h"

/* looked for so often, and at the end of the session for so long, in steps */
#define LOOKS 3
#define LOOK_MS 1000
#define STEP_MS 100

typedef struct LeftUpload
{
	PdsConnection *conn;		/* held */
	char	   *bucket;
	char	   *key;
	char	   *id;				/* "": not known, and perhaps there is none */
	int			looks;
	int64		since_ms;
} LeftUpload;

static bool
look_for(LeftUpload *l, bool last)
{
	bool		found;

	for (;;)
	{
		found = pds_s3_abort_lost(l->conn->aws, l->bucket, l->key);
		if (found || !last || pds_now_ms() - l->since_ms >= LOOK_MS)
			break;
		pg_usleep(STEP_MS * 1000L);
	}
	return found || ++l->looks >= LOOKS || last;
}

static bool
abort_left(void *arg, bool last)
{
	LeftUpload *l = arg;
	PdsError	err;

	if (l->id[0] == '\0')
		return look_for(l, last);
	pds_error_clear(&err);
	return pds_s3_abort_upload(l->conn->aws, l->bucket, l->key, l->id, &err);
}

/* again: it is tried again */
static void
warn_of_upload(const char *bucket, const char *key, const char *id, int code, const char *why,
			   bool again)
{
	ereport(WARNING,
			(errcode(code),
			 errmsg("the multipart upload of s3://%s/%s could not be aborted: %s", bucket, key,
					why),
			 errdetail("Its id is %s.", id),
			 again ? errhint("It is tried again with the next transactions of this session, and at its end. If that is in vain, a lifecycle rule of the bucket removes its parts (AbortIncompleteMultipartUpload).")
			 : errhint("Its parts cost money until they are removed: a lifecycle rule of the bucket does it (AbortIncompleteMultipartUpload).")));
}

static void
end_left(void *arg, bool done)
{
	LeftUpload *l = arg;

	if (!done && l->id && l->id[0])
		warn_of_upload(l->bucket, l->key, l->id, ERRCODE_CONNECTION_FAILURE, "no reply in time",
					   false);
	pds_connection_release(l->conn);
	free(l->bucket);
	free(l->key);
	free(l->id);
	free(l);
}

void
pds_upload_left(PdsConnection *conn, const PdsUpload *u, const PdsError *err)
{
	const char *bucket = pds_upload_bucket(u);
	const char *key = pds_upload_key(u);
	LeftUpload *l;
	bool		again;

	if (!pds_upload_begun(u))
		return;
	if (!pds_upload_lost(u))
	{
		/* at the end of a session all of its time has been spent */
		again = pds_error_reply_lost(err) && !proc_exit_inprogress;
		warn_of_upload(bucket, key, pds_upload_id(u), pds_sqlstate(err),
					   err->kind == PDS_ERR_CANCELLED ? "no reply in time" : err->message, again);
		if (!again)
			return;
	}
	l = calloc(1, sizeof(LeftUpload));
	if (l == NULL)
		return;
	pds_connection_hold(conn);
	l->conn = conn;
	l->bucket = strdup(bucket);
	l->key = strdup(key);
	l->id = strdup(pds_upload_id(u));
	l->since_ms = pds_now_ms();
	if (l->bucket == NULL || l->key == NULL || l->id == NULL)
		end_left(l, false);
	else
		pds_later(abort_left, end_left, l);
}
