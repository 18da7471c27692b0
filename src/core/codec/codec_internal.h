/*
 * codec_internal.h
 *	  What the files of this folder share.
 */
#ifndef PDS_CORE_CODEC_INTERNAL_H
#define PDS_CORE_CODEC_INTERNAL_H

#include <stdint.h>

#include "core/base/strbuf.h"
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

/*
 * gzip by ISA-L.  pds_isal_new gives NULL where the build has none, or memory
 * is short: zlib does the work then.
 */
typedef struct PdsIsal PdsIsal;

typedef enum PdsIsalStep
{
	PDS_ISAL_GOING_ON, PDS_ISAL_MEMBER_END, PDS_ISAL_CORRUPT
}			PdsIsalStep;

extern PdsIsal * pds_isal_new(void);
extern void pds_isal_free(PdsIsal * g);

/*
 * Decode within one member.  *problem, with PDS_ISAL_CORRUPT: what is wrong, a
 * constant.  After a member's end the next one may be begun at once.
 */
extern PdsIsalStep pds_isal_step(PdsIsal * g, const char *in, size_t in_len, size_t *used,
								 char *out, size_t out_cap, size_t *made,
								 const char **problem);

/* has the whole header of this member been read? */
extern bool pds_isal_header_read(const PdsIsal * g);

/* The same for compression, at the library's own best level; NULL as above. */
typedef struct PdsIsalEncoder PdsIsalEncoder;

extern PdsIsalEncoder * pds_isal_encoder_new(void);
extern void pds_isal_encoder_free(PdsIsalEncoder * e);

/* Append what comes of data[0..len) to out; end closes the member.  False: no memory. */
extern bool pds_isal_encoder_run(PdsIsalEncoder * e, const char *data, size_t len, bool end,
								 PdsStr *out);

/* the same decoder without ISA-L: what the tests compare with */
extern PdsDecoder *pds_decoder_new_zlib(PdsError *err);

#endif							/* PDS_CORE_CODEC_INTERNAL_H */
