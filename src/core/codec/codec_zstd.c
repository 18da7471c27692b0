/*
 * codec_zstd.c
 *	  Frames of zstd, by libzstd: read and written.
 */
#ifdef PDS_WITH_ZSTD
#include <stdlib.h>
#include <zstd.h>

#include "core/codec/codec_internal.h"

/* unless another is asked for; memory stays below 4 MB */
#define ZSTD_LEVEL 3

typedef struct ZstdReader
{
	ZSTD_DStream *stream;
	size_t		seen;			/* bytes of the frame's magic number that were
								 * taken */
	unsigned char first;		/* the first of them */
} ZstdReader;

static bool
zstd_begin(void **state, PdsError *err)
{
	ZstdReader *z = *state;

	if (z == NULL)
	{
		*state = z = calloc(1, sizeof(ZstdReader));
		if (z == NULL || (z->stream = ZSTD_createDStream()) == NULL)
			return pds_error_oom(err);
	}
	z->seen = 0;
	return !ZSTD_isError(ZSTD_initDStream(z->stream)) || pds_error_oom(err);
}

/*
 * Does a frame of the standard (RFC 8878, 3.1) begin so, or one that is skipped?  The library may
 * be built to read frames of before 1.0, too, by decoders that nobody looks after.
 */
static bool
zstd_magic(ZstdReader *z, const char *in, size_t in_len)
{
	static const unsigned char frame[] = {0x28, 0xB5, 0x2F, 0xFD};
	static const unsigned char skipped[] = {0x50, 0x2A, 0x4D, 0x18};
	size_t		i;

	for (i = 0; i < in_len && z->seen + i < sizeof(frame); i++)
	{
		unsigned char c = (unsigned char) in[i];
		size_t		at = z->seen + i;

		if (at == 0)
			z->first = c;
		if (at == 0 ? c != frame[0] && (c & 0xF0) != skipped[0]
			: c != (z->first == frame[0] ? frame : skipped)[at])
			return false;
	}
	return true;
}

static bool
zstd_step(void *state, const char *in, size_t in_len, size_t *used, char *out, size_t out_cap,
		  size_t *made, bool *member_end, PdsError *err)
{
	ZstdReader *z = state;
	ZSTD_inBuffer zin = {in, in_len, 0};
	ZSTD_outBuffer zout = {out, out_cap, 0};
	size_t		rc;

	*used = *made = 0;
	if (!zstd_magic(z, in, in_len))
		return pds_codec_corrupt(PDS_CODEC_ZSTD, "Unknown frame descriptor", err);
	rc = ZSTD_decompressStream(z->stream, &zout, &zin);
	z->seen += zin.pos;
	*used = zin.pos;
	*made = zout.pos;
	*member_end = (rc == 0);
	if (ZSTD_isError(rc))
		return pds_codec_corrupt(PDS_CODEC_ZSTD, ZSTD_getErrorName(rc), err);
	return true;
}

static void
zstd_end(void *state)
{
	ZstdReader *z = state;

	if (z)
		ZSTD_freeDStream(z->stream);
	free(z);
}

static bool
zstd_encode_begin(void **state, int level)
{
	*state = ZSTD_createCStream();
	return *state && !ZSTD_isError(ZSTD_initCStream(*state, level > 0 ? level : ZSTD_LEVEL));
}

static bool
zstd_encode(void *state, const char *data, size_t len, bool end, PdsStr *out)
{
	ZSTD_inBuffer in = {data, len, 0};
	size_t		left;

	do
	{
		ZSTD_outBuffer to;

		if (!pds_str_reserve(out, PDS_ENCODE_STEP))
			return false;
		to.dst = out->data + out->len;
		to.size = PDS_ENCODE_STEP;
		to.pos = 0;
		left = ZSTD_compressStream2(state, &to, &in, end ? ZSTD_e_end : ZSTD_e_continue);
		if (ZSTD_isError(left))
			return false;
		out->len += to.pos;
	} while (in.pos < in.size || (end && left > 0));
	out->data[out->len] = '\0';
	return true;
}

static void
zstd_encode_end(void *state)
{
	ZSTD_freeCStream(state);
}

const PdsCodecLibrary pds_zstd_library = {
	.version = ZSTD_versionString,
	.begin = zstd_begin,
	.step = zstd_step,
	.end = zstd_end,
	.encode_begin = zstd_encode_begin,
	.encode = zstd_encode,
	.encode_end = zstd_encode_end,
};
#endif
