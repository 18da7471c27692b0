/*
 * write_stream.c
 *	  Objects being written: rows → header, compression, multipart upload.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "utils/memutils.h"

#include "fdw/base/error_map.h"
#include "fdw/base/on_reset.h"
#include "fdw/write/write_internal.h"

/* compressed bytes are handed to the upload in pieces of this size */
#define PIECE ((size_t) 64 * 1024)

/* ---- life ---- */

static void
free_stream(void *arg)
{
	PdsStream  *st = arg;

	pds_upload_free(st->upload);
	pds_encoder_free(st->encoder);
	pds_str_free(&st->out);
	st->upload = NULL;
	st->encoder = NULL;
}

static const char *
content_type(PdsCodec codec)
{
	return codec == PDS_CODEC_GZIP ? "application/gzip"
		: codec == PDS_CODEC_ZSTD ? "application/zstd" : "text/csv";
}

/* names that no other transaction makes; not hidden, and the codec is told by the suffix */
static char *
object_key(const PdsWriteDest *s)
{
	if (s->o.key)
		return pstrdup(s->o.key);
	return psprintf("%s%s_%05d.csv%s", s->o.prefix, pds_writes->id, ++pds_writes->nobjects,
					pds_codec_suffix(s->o.codec));
}

/* whatever fails leaves bytes out: the transaction must not commit */
PDS_NORETURN static void broken(const PdsError *err);

static void
broken(const PdsError *err)
{
	pds_writes->broken = true;
	pds_raise(err);
}

void
pds_stream_open(PdsWriteDest *s)
{
	MemoryContext old = MemoryContextSwitchTo(pds_writes->cxt);
	PdsStream  *st = palloc0(sizeof(PdsStream));
	PdsUploadOptions o;
	PdsError	err;

	pds_str_init(&st->out);
	st->key = object_key(s);
	pds_on_reset(pds_writes->cxt, free_stream, st);
	memset(&o, 0, sizeof(o));
	o.put.content_type = content_type(s->o.codec);
	o.put.create_only = s->o.create_only;
	if (s->o.one_of_many)
		o.concurrency = 1;
	o.own_key = true;
	o.hold_nothing = pds_writes->held > PDS_HOLD_BYTES;
	st->encoder = pds_encoder_new(s->o.codec, s->o.level, &err);
	if (st->encoder)
		st->upload = pds_upload_new(s->target->conn->aws, s->o.bucket, st->key, &o, &err);
	if (st->upload == NULL)
		broken(&err);
	if (!pds_encoder_run(st->encoder, s->header, s->header_len, false, &st->out, &err))
		broken(&err);
	st->next = s->streams;
	s->streams = s->open = st;
	pds_writes->nopen++;
	MemoryContextSwitchTo(old);
}

/* ---- bytes ---- */

/* Rows in the order they came: what waits is not counted apart. */
static void
show_target(const PdsWriteTarget *t)
{
	pds_activity_wrote(t->activity, pds_writes->nobjects, t->text_bytes, t->rows);
	pds_activity_phase(t->activity, PDS_PHASE_UPLOADING);
}

static void
send_piece(PdsWriteDest *s)
{
	PdsStream  *st = s->open;
	PdsError	err;

	if (!pds_upload_write(st->upload, pds_str_text(&st->out), st->out.len, &err))
		broken(&err);
	pds_str_reset(&st->out);
	show_target(s->target);
}

void
pds_stream_row(PdsWriteDest *s, const char *row, size_t len)
{
	PdsStream  *st;
	PdsError	err;

	if (s->open == NULL)
		pds_stream_open(s);
	st = s->open;
	if (!pds_encoder_run(st->encoder, row, len, false, &st->out, &err))
		broken(&err);
	st->rows++;
	st->text_bytes += len;
	if (st->out.len >= PIECE)
		send_piece(s);
	if ((s->o.max_rows > 0 && st->rows >= s->o.max_rows) ||
		(s->o.max_bytes > 0 && st->text_bytes >= s->o.max_bytes))
		pds_stream_finish(s);
}

void
pds_stream_finish(PdsWriteDest *s)
{
	PdsStream  *st = s->open;
	PdsError	err;

	if (st == NULL)
		return;
	if (!pds_encoder_run(st->encoder, "", 0, true, &st->out, &err))
		broken(&err);
	send_piece(s);
	if (!pds_upload_finish(st->upload, &err))
		broken(&err);
	st->state = PDS_STREAM_FINISHED;
	pds_encoder_free(st->encoder);
	st->encoder = NULL;
	pds_str_free(&st->out);
	s->open = NULL;
	pds_writes->nopen--;
	if (pds_upload_id(st->upload)[0] == '\0')
		pds_writes->held += pds_upload_bytes(st->upload);
}

void
pds_stream_abort(PdsWriteDest *s, PdsStream *st)
{
	PdsError	err;

	if (st->state == PDS_STREAM_COMPLETE || st->state == PDS_STREAM_GONE)
		return;
	if (s->open == st)
	{
		s->open = NULL;
		pds_writes->nopen--;
	}
	if (st->upload && pds_upload_begun(st->upload) &&
		!pds_upload_abort(st->upload, &err))
		ereport(WARNING,
				(errcode(pds_sqlstate(&err)),
				 errmsg("the multipart upload of s3://%s/%s could not be aborted: %s",
						s->o.bucket, st->key,
						err.kind == PDS_ERR_CANCELLED ? "no reply in time" : err.message),
				 errdetail("Its id is %s.", pds_upload_id(st->upload)),
				 errhint("Its parts cost money until they are removed: a lifecycle rule of the bucket does it (AbortIncompleteMultipartUpload).")));
	if (st->state != PDS_STREAM_COMPLETING)
		st->state = PDS_STREAM_GONE;
}
