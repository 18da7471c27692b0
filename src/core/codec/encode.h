/*
 * encode.h
 *	  Streaming compression of what is written: the counterpart of codec.h.
 */
#ifndef PDS_CORE_ENCODE_H
#define PDS_CORE_ENCODE_H

#include "core/codec/codec.h"
#include "core/base/strbuf.h"

typedef struct PdsEncoder PdsEncoder;

/* the highest level of a codec that is written; 0: it has none */
extern int	pds_codec_max_level(PdsCodec codec);

/*
 * NONE, GZIP or ZSTD; others: PDS_ERR_UNSUPPORTED.  level: 1 to the codec's
 * highest, 0 what is fast and nearly as small.
 */
extern PdsEncoder *pds_encoder_new(PdsCodec codec, int level, PdsError *err);
extern void pds_encoder_free(PdsEncoder *e);

/*
 * Append what comes of data[0..len) to out; end: there is no more, so the stream is
 * closed (once).
 */
extern bool pds_encoder_run(PdsEncoder *e, const char *data, size_t len, bool end,
							PdsStr *out, PdsError *err);

/* ".gz", ".zst" or "": what the readers tell the codec by */
extern const char *pds_codec_suffix(PdsCodec codec);

#endif							/* PDS_CORE_ENCODE_H */
