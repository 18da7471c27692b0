/*
 * codec_lz4.c
 *	  LZ4's own frames, and the chunks of Hadoop's blocks, by liblz4.
 */
#ifdef PDS_WITH_LZ4
#include <lz4.h>
#include <lz4frame.h>

#include "core/codec/codec_internal.h"

/* LZ4 makes at most 255 bytes of one */
#define LZ4_MAX_RATIO	255

/* one state serves all frames */
static bool
lz4_begin(void **state, PdsError *err)
{
	LZ4F_dctx  *context;

	if (*state)
		return true;
	if (LZ4F_isError(LZ4F_createDecompressionContext(&context, LZ4F_VERSION)))
		return pds_error_oom(err);
	*state = context;
	return true;
}

static bool
lz4_step(void *state, const char *in, size_t in_len, size_t *used, char *out, size_t out_cap,
		 size_t *made, bool *member_end, PdsError *err)
{
	size_t		rc;

	*used = in_len;
	*made = out_cap;
	rc = LZ4F_decompress(state, out, made, in, used, NULL);
	if (LZ4F_isError(rc))
	{
		*used = *made = 0;
		return pds_codec_corrupt(PDS_CODEC_LZ4, LZ4F_getErrorName(rc), err);
	}
	*member_end = (rc == 0);
	return true;
}

static void
lz4_end(void *state)
{
	LZ4F_freeDecompressionContext(state);
}

static const char *
lz4_chunk_room(const char *in, size_t len, size_t max, size_t *room)
{
	(void) in;
	*room = len < max / LZ4_MAX_RATIO ? (len + 1) * LZ4_MAX_RATIO : max;
	return NULL;
}

static bool
lz4_chunk(const char *in, size_t len, char *out, size_t *plain_len)
{
	int			n = LZ4_decompress_safe(in, out, (int) len, (int) *plain_len);

	*plain_len = n < 0 ? 0 : (size_t) n;
	return n >= 0;
}

const PdsCodecLibrary pds_lz4_library = {
	.version = LZ4_versionString,
	.begin = lz4_begin,
	.step = lz4_step,
	.end = lz4_end,
	.chunk_room = lz4_chunk_room,
	.chunk = lz4_chunk,
};
#endif
