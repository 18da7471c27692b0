/*
 * codec_zstd.c
 *	  Frames of zstd, by libzstd: read and written.
 */
#ifdef PDS_WITH_ZSTD
#include <zstd.h>

#include "core/codec/codec_internal.h"

/* unless another is asked for; memory stays below 4 MB */
#define ZSTD_LEVEL 3

static bool
zstd_begin(void **state, PdsError *err)
{
	if (*state == NULL && (*state = ZSTD_createDStream()) == NULL)
		return pds_error_oom(err);
	return !ZSTD_isError(ZSTD_initDStream(*state)) || pds_error_oom(err);
}

static bool
zstd_step(void *state, const char *in, size_t in_len, size_t *used, char *out, size_t out_cap,
		  size_t *made, bool *member_end, PdsError *err)
{
	ZSTD_inBuffer zin = {in, in_len, 0};
	ZSTD_outBuffer zout = {out, out_cap, 0};
	size_t		rc = ZSTD_decompressStream(state, &zout, &zin);

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
	ZSTD_freeDStream(state);
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
