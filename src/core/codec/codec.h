/*
 * codec.h
 *	  Streaming decompression.
 *
 * The codec of an object follows from its key's suffix, case-sensitively, or
 * from an option (doc/dev/aws.md §6.1, doc/dev/serdes.md §4).  What the suffix leaves
 * open is told by the first bytes: deflate with a zlib header or without, LZ4
 * and Snappy in Hadoop's blocks (what Athena reads) or in their own frames.
 */
#ifndef PDS_CORE_CODEC_H
#define PDS_CORE_CODEC_H

#include "core/base/error.h"
#include "core/base/strbuf.h"

typedef enum PdsCodec
{
	PDS_CODEC_NONE, PDS_CODEC_GZIP, PDS_CODEC_ZSTD, PDS_CODEC_BZIP2, PDS_CODEC_DEFLATE,
	PDS_CODEC_LZ4, PDS_CODEC_SNAPPY,
	PDS_CODEC_UNSUPPORTED,		/* .lzo: named in the error */
	PDS_CODEC_BZIP2_ONE			/* bzip2 of one stream: more is an error, as
								 * in the engine behind Athena */
} PdsCodec;

extern PdsCodec pds_codec_of_key(const char *key);

/* "none", "gzip", "zstd", "bzip2", "deflate", "lz4", "snappy"; false when unknown */
extern bool pds_codec_of_name(const char *name, PdsCodec *codec);
extern const char *pds_codec_name(PdsCodec codec);

/*
 * The i-th library of this build, from 0: its name and version, "" where it
 * was left out; NULL behind the last.
 */
extern const char *pds_codec_library_fact(int i, const char **name);

typedef struct PdsDecoder PdsDecoder;

/* NULL and PDS_ERR_UNSUPPORTED where the codec's library is missing. */
extern PdsDecoder *pds_decoder_new(PdsCodec codec, PdsError *err);
extern void pds_decoder_free(PdsDecoder *d);

/*
 * Decode from in[*in_pos..in_len) into out[0..out_cap): advances *in_pos, sets
 * *produced.  end_of_input says that no more bytes will come: then a stream
 * that is not complete is PDS_ERR_DATA.  Several members or frames are decoded
 * one after the other.  *finished: everything has been delivered.
 */
extern bool pds_decoder_run(PdsDecoder *d, const char *in, size_t in_len, size_t *in_pos,
							bool end_of_input, char *out, size_t out_cap,
							size_t *produced, bool *finished, PdsError *err);

/*
 * What the first bytes of an object hold, `limit` bytes at most: in[0..len), complete when they are
 * all of it, is decoded into the end of *out.  *used: bytes of `in` that this took; *whole: the
 * object was decoded to its end.
 */
extern bool pds_decode_beginning(PdsCodec codec, const char *in, size_t len, bool complete,
								 size_t limit, PdsStr *out, size_t *used, bool *whole,
								 PdsError *err);

#endif							/* PDS_CORE_CODEC_H */
