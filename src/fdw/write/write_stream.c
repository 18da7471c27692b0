/*
 * write_stream.c
 *	  Objects being written: rows → header, compression, multipart upload.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "utils/memutils.h"

#include "fdw/base/error_map.h"
#include "fdw/base/on_reset.h"
#include "fdw/write/upload_left.h"
#include "fdw/write/write_internal.h"

/* text is compressed in pieces of this size: the libraries copy what is shorter, row by row */
#define PIECE (128 * 1024)

/* ---- life ---- */

static void
free_stream(void *arg)
{
	PdsStream  *st = arg;

	pds_upload_free(st->upload);
	pds_encoder_free(st->encoder);
	pds_str_free(&st->text);
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

/* ---- bytes ---- */

/* end: nothing follows */
static void
send_compressed(PdsStream *st, const char *text, size_t len, bool end)
{
	PdsError	err;

	if (!pds_encoder_run(st->encoder, text, len, end, &st->out, &err) ||
		!pds_upload_write(st->upload, pds_str_text(&st->out), st->out.len, &err))
		broken(&err);
	pds_str_reset(&st->out);
}

static void
send_gathered(PdsStream *st, bool end)
{
	send_compressed(st, pds_str_text(&st->text), st->text.len, end);
	pds_str_reset(&st->text);
}

static void
gather_text(PdsWriteDest *s, const char *text, size_t len)
{
	PdsStream  *st = s->open;
	PdsError	err;

	if (s->o.codec == PDS_CODEC_NONE)
	{
		if (!pds_upload_write(st->upload, text, len, &err))
			broken(&err);
		return;
	}
	if (st->text.len > 0 && st->text.len + len > PIECE)
		send_gathered(st, false);
	if (len >= PIECE)
		send_compressed(st, text, len, false);
	else if (!pds_str_append_n(&st->text, text, len))
	{
		(void) pds_error_oom(&err);
		broken(&err);
	}
}

/* ---- objects ---- */

void
pds_stream_open(PdsWriteDest *s)
{
	MemoryContext old = MemoryContextSwitchTo(pds_writes->cxt);
	PdsStream  *st = palloc0(sizeof(PdsStream));
	PdsUploadOptions o;
	PdsError	err;

	Assert(s->open == NULL);
	pds_str_init(&st->text);
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
	st->next = s->streams;
	s->streams = s->open = st;
	pds_writes->nopen++;
	gather_text(s, s->header, s->header_len);
	MemoryContextSwitchTo(old);
}

/* Rows in the order they came: what waits is not counted apart. */
static void
show_target(const PdsWriteTarget *t)
{
	pds_activity_done(t->activity, pds_writes->nobjects, t->text_bytes, t->rows);
	pds_activity_phase(t->activity, PDS_PHASE_UPLOADING);
}

void
pds_stream_row(PdsWriteDest *s, const char *row, size_t len)
{
	PdsStream  *st;

	if (s->open == NULL)
		pds_stream_open(s);
	st = s->open;
	Assert(st->state == PDS_STREAM_OPEN);
	gather_text(s, row, len);
	st->rows++;
	st->text_bytes += len;
	/* once a piece: others need not see every row */
	if (st->text_bytes / PIECE != (st->text_bytes - len) / PIECE)
		show_target(s->target);
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
	Assert(st->state == PDS_STREAM_OPEN && pds_writes->nopen > 0);
	if (s->o.codec != PDS_CODEC_NONE)
		send_gathered(st, true);
	show_target(s->target);
	if (!pds_upload_finish(st->upload, &err))
		broken(&err);
	st->state = PDS_STREAM_FINISHED;
	pds_encoder_free(st->encoder);
	st->encoder = NULL;
	pds_str_free(&st->text);
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
		Assert(st->state == PDS_STREAM_OPEN && pds_writes->nopen > 0);
		s->open = NULL;
		pds_writes->nopen--;
	}
	if (st->upload && pds_upload_begun(st->upload))
	{
		pds_error_clear(&err);
		(void) pds_upload_abort(st->upload, &err);
		pds_upload_left(s->target->conn, st->upload, &err);
	}
	if (st->state != PDS_STREAM_COMPLETING)
		st->state = PDS_STREAM_GONE;
}
