/*
 * encode.c
 *	  Streaming compression with ISA-L (codec_isal.c), zlib and the libraries of
 *	  other codecs.
 */
#include "core/codec/encode.h"

#include <stdlib.h>
#include <zlib.h>

#include "core/base/assert.h"
#include "core/codec/codec_internal.h"

struct PdsEncoder
{
	PdsCodec	codec;
	z_stream	z;				/* gzip, without a library */
	const PdsCodecLibrary *library; /* NULL: zlib, or no compression */
	void	   *state;			/* the library's */
};

const char *
pds_codec_suffix(PdsCodec codec)
{
	return codec == PDS_CODEC_GZIP ? ".gz" : codec == PDS_CODEC_ZSTD ? ".zst" : "";
}

int
pds_codec_max_level(PdsCodec codec)
{
	/* zstd: beyond it memory is counted in hundreds of MB */
	return codec == PDS_CODEC_GZIP ? Z_BEST_COMPRESSION : codec == PDS_CODEC_ZSTD ? 19 : 0;
}

PdsEncoder *
pds_encoder_new(PdsCodec codec, int level, PdsError *err)
{
	PdsEncoder *e;
	const PdsCodecLibrary *library = NULL;
	bool		ok = true;

	if (codec != PDS_CODEC_NONE && codec != PDS_CODEC_GZIP && codec != PDS_CODEC_ZSTD)
	{
		pds_error_set(err, PDS_ERR_UNSUPPORTED, "objects are not written with compression %s",
					  pds_codec_name(codec));
		pds_error_hint(err, "Write with none, gzip or zstd.");
		return NULL;
	}
	if (codec == PDS_CODEC_ZSTD && (library = pds_codec_library(codec, err)) == NULL)
		return NULL;
	if (codec == PDS_CODEC_GZIP && level == 0)
		library = pds_gzip_library();
	e = calloc(1, sizeof(PdsEncoder));
	if (e == NULL)
	{
		pds_error_oom(err);
		return NULL;
	}
	e->codec = codec;
	e->library = library;
	PDS_ASSERT(level >= 0 && level <= pds_codec_max_level(codec));
	if (library)
		ok = library->encode_begin(&e->state, level);
	/* 16: with a gzip header */
	else if (codec == PDS_CODEC_GZIP)
		ok = deflateInit2(&e->z, level > 0 ? level : Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8,
						  Z_DEFAULT_STRATEGY) == Z_OK;
	if (!ok)
	{
		e->codec = PDS_CODEC_NONE;	/* nothing for deflateEnd */
		pds_encoder_free(e);
		pds_error_oom(err);
		return NULL;
	}
	return e;
}

void
pds_encoder_free(PdsEncoder *e)
{
	if (e == NULL)
		return;
	if (e->codec == PDS_CODEC_GZIP && e->library == NULL)
		deflateEnd(&e->z);
	if (e->state)
		e->library->encode_end(e->state);
	free(e);
}

static bool
run_gzip(PdsEncoder *e, const char *data, size_t len, bool end, PdsStr *out)
{
	int			rc = Z_OK;

	do
	{
		/* avail_in is narrower than size_t */
		size_t		now = len < PDS_ENCODE_STEP * 1024 ? len : PDS_ENCODE_STEP * 1024;

		e->z.next_in = (Bytef *) data;
		e->z.avail_in = (uInt) now;
		PDS_ASSERT(e->codec == PDS_CODEC_GZIP);
		do
		{
			if (!pds_str_reserve(out, PDS_ENCODE_STEP))
				return false;
			e->z.next_out = (Bytef *) out->data + out->len;
			e->z.avail_out = (uInt) PDS_ENCODE_STEP;
			rc = deflate(&e->z, end && now == len ? Z_FINISH : Z_NO_FLUSH);
			out->len += PDS_ENCODE_STEP - e->z.avail_out;
		} while (e->z.avail_out == 0);
		data += now;
		len -= now;
	} while (len > 0);
	out->data[out->len] = '\0';
	return end ? rc == Z_STREAM_END : true;
}

bool
pds_encoder_run(PdsEncoder *e, const char *data, size_t len, bool end, PdsStr *out, PdsError *err)
{
	bool		ok;

	if (e->library)
		ok = e->library->encode(e->state, data, len, end, out);
	else if (e->codec == PDS_CODEC_GZIP)
		ok = run_gzip(e, data, len, end, out);
	else
		ok = pds_str_append_n(out, data, len);
	return ok ? true : pds_error_oom(err);
}
