/*
 * codec_internal.h
 *	  What the files of this folder share.
 */
#ifndef PDS_CORE_CODEC_INTERNAL_H
#define PDS_CORE_CODEC_INTERNAL_H

#include <stdint.h>

#include "core/codec/codec.h"

/* error "NAME data is corrupt: why", with a hint; false */
extern bool pds_codec_corrupt(PdsCodec codec, const char *why, PdsError *err);

/* formats made of blocks that are decompressed as a whole */
typedef enum PdsBlockFormat
{
	PDS_BLOCK_HADOOP_LZ4, PDS_BLOCK_HADOOP_SNAPPY, PDS_BLOCK_SNAPPY_FRAMES
} PdsBlockFormat;

typedef struct PdsBlockDecoder PdsBlockDecoder;

extern PdsBlockDecoder *pds_block_decoder_new(PdsBlockFormat format, PdsError *err);
extern void pds_block_decoder_free(PdsBlockDecoder *b);

/*
 * Take in[0..in_len), give out[0..out_cap).  *at_boundary: everything that was
 * taken has been given, and no block has begun.
 */
extern bool pds_block_decoder_step(PdsBlockDecoder *b, const char *in, size_t in_len,
								   size_t *used, char *out, size_t out_cap, size_t *made,
								   bool *at_boundary, PdsError *err);

#endif							/* PDS_CORE_CODEC_INTERNAL_H */
