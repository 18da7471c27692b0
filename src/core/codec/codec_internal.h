/*
 * codec_internal.h
 *	  What the files of this folder share.
 */
#ifndef PDS_CORE_CODEC_INTERNAL_H
#define PDS_CORE_CODEC_INTERNAL_H

#include <limits.h>
#include <stdint.h>

#include "core/base/strbuf.h"
#include "core/codec/codec.h"

/* the libraries count in unsigned int */
static inline unsigned int
pds_codec_count(size_t n)
{
	return n > UINT_MAX ? UINT_MAX : (unsigned int) n;
}

/* room that an encoder makes for one call */
#define PDS_ENCODE_STEP ((size_t) 64 * 1024)

/* error "NAME data is corrupt: why", with a hint; false */
extern bool pds_codec_corrupt(PdsCodec codec, const char *why, PdsError *err);

/* ---- libraries, which a build may lack ---- */

/* What a library does; members that it has no use for are NULL. */
typedef struct PdsCodecLibrary
{
	const char *(*version) (void);

	/* before anything else: get the library; its error is PDS_ERR_UNSUPPORTED */
	bool		(*load) (PdsError *err);

	/*
	 * Members of a stream: get ready for the next one (*state is NULL the
	 * first time), some input into some output (*member_end: the member is
	 * complete), and release (NULL is allowed).
	 */
	bool		(*begin) (void **state, PdsError *err);
	bool		(*step) (void *state, const char *in, size_t in_len, size_t *used, char *out,
						 size_t out_cap, size_t *made, bool *member_end, PdsError *err);
	void		(*end) (void *state);

	/* gzip: has the whole header of this member been read? */
	bool		(*header_read) (const void *state);

	/*
	 * Chunks that are decompressed as a whole: the room that one needs, at
	 * most max (NULL, or why it is corrupt), and its plain bytes (*plain_len:
	 * the room, then what was made).
	 */
	const char *(*chunk_room) (const char *in, size_t len, size_t max, size_t *room);
	bool		(*chunk) (const char *in, size_t len, char *out, size_t *plain_len);

	/* compression; level 0: the library's own.  False: memory ran out */
	bool		(*encode_begin) (void **state, int level);
	bool		(*encode) (void *state, const char *data, size_t len, bool end, PdsStr *out);
	void		(*encode_end) (void *state);
} PdsCodecLibrary;

extern const PdsCodecLibrary pds_isal_library;
extern const PdsCodecLibrary pds_bzip2_library;
extern const PdsCodecLibrary pds_zstd_library;
extern const PdsCodecLibrary pds_lz4_library;
extern const PdsCodecLibrary pds_snappy_library;

/* NULL and PDS_ERR_UNSUPPORTED where the build or the machine lacks it. */
extern const PdsCodecLibrary *pds_codec_library(PdsCodec codec, PdsError *err);

/* A faster one than zlib for gzip; NULL: not in this build. */
extern const PdsCodecLibrary *pds_gzip_library(void);

/* ---- formats made of blocks that are decompressed as a whole ---- */

typedef enum PdsBlockFormat
{
	PDS_BLOCK_HADOOP_LZ4, PDS_BLOCK_HADOOP_SNAPPY, PDS_BLOCK_SNAPPY_FRAMES
} PdsBlockFormat;

typedef struct PdsBlockDecoder PdsBlockDecoder;

extern PdsBlockDecoder *pds_block_decoder_new(PdsBlockFormat format,
											  const PdsCodecLibrary *library, PdsError *err);
extern void pds_block_decoder_free(PdsBlockDecoder *b);

/*
 * Take in[0..in_len), give out[0..out_cap).  *at_boundary: everything that was
 * taken has been given, and no block has begun.
 */
extern bool pds_block_decoder_step(PdsBlockDecoder *b, const char *in, size_t in_len,
								   size_t *used, char *out, size_t out_cap, size_t *made,
								   bool *at_boundary, PdsError *err);

/* the same decoder without ISA-L: what the tests compare with */
extern PdsDecoder *pds_decoder_new_zlib(PdsError *err);

#endif							/* PDS_CORE_CODEC_INTERNAL_H */
