/*
 * recode.h
 *	  Text of any encoding that iconv knows, as UTF-8.
 *
 * A byte that is no text in the encoding becomes PDS_RECODE_BAD, which no UTF-8 holds: whoever
 * reads the value finds it invalid, and the rest of the text is read all the same.
 */
#ifndef PDS_CORE_RECODE_H
#define PDS_CORE_RECODE_H

#include "core/base/error.h"

#define PDS_RECODE_BAD	'\xFF'

typedef struct PdsRecoder PdsRecoder;

/* Does iconv know that encoding, other than UTF-8? */
extern bool pds_recode_known(const char *encoding);

/* NULL with PDS_ERR_UNSUPPORTED where it does not. */
extern PdsRecoder *pds_recoder_new(const char *encoding, PdsError *err);
extern void pds_recoder_free(PdsRecoder *r);

/* All n bytes of s; *out, which the caller frees, has *len.  False: out of memory. */
extern bool pds_recode_all(const char *encoding, const char *s, size_t n, char **out, size_t *len,
						   PdsError *err);

/*
 * Recode in[*pos..len), which is moved on, into out[0..cap), of which *made bytes are written; cap
 * is at least 16.  at_end: no more bytes follow.  A character that is cut by len is kept for the
 * next call.  *finished: at_end, and all is written.
 */
extern void pds_recoder_run(PdsRecoder *r, const char *in, size_t len, size_t *pos, bool at_end,
							char *out, size_t cap, size_t *made, bool *finished);

#endif							/* PDS_CORE_RECODE_H */
