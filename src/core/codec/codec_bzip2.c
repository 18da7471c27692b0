/*
 * codec_bzip2.c
 *	  Streams of bzip2, by libbz2.
 */
#ifdef PDS_WITH_BZIP2
#include <bzlib.h>
#include <stdlib.h>
#include <string.h>

#include "core/codec/codec_internal.h"

typedef struct Bzip2State
{
	bz_stream	bz;
	bool		begun;			/* bz is to be released */
} Bzip2State;

static bool
bzip2_begin(void **state, PdsError *err)
{
	Bzip2State *b = *state;

	if (b == NULL && (b = *state = calloc(1, sizeof(Bzip2State))) == NULL)
		return pds_error_oom(err);
	/* libbz2 has no reset */
	if (b->begun)
		BZ2_bzDecompressEnd(&b->bz);
	memset(b, 0, sizeof(*b));
	b->begun = BZ2_bzDecompressInit(&b->bz, 0, 0) == BZ_OK;
	return b->begun || pds_error_oom(err);
}

static bool
bzip2_step(void *state, const char *in, size_t in_len, size_t *used, char *out, size_t out_cap,
		   size_t *made, bool *member_end, PdsError *err)
{
	bz_stream  *bz = &((Bzip2State *) state)->bz;
	int			rc;

	bz->next_in = (char *) in;
	bz->avail_in = pds_codec_count(in_len);
	bz->next_out = out;
	bz->avail_out = pds_codec_count(out_cap);
	rc = BZ2_bzDecompress(bz);
	*used = (size_t) (bz->next_in - in);
	*made = (size_t) (bz->next_out - out);
	*member_end = (rc == BZ_STREAM_END);
	switch (rc)
	{
		case BZ_OK:
		case BZ_STREAM_END:
			return true;
		case BZ_MEM_ERROR:
			return pds_error_oom(err);
		case BZ_DATA_ERROR_MAGIC:
			return pds_codec_corrupt(PDS_CODEC_BZIP2, "incorrect stream header", err);
		default:
			return pds_codec_corrupt(PDS_CODEC_BZIP2, "invalid block or checksum", err);
	}
}

static void
bzip2_end(void *state)
{
	Bzip2State *b = state;

	if (b && b->begun)
		BZ2_bzDecompressEnd(&b->bz);
	free(b);
}

const PdsCodecLibrary pds_bzip2_library = {
	.version = BZ2_bzlibVersion,
	.begin = bzip2_begin,
	.step = bzip2_step,
	.end = bzip2_end,
};
#endif
