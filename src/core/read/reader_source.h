/*
 * reader_source.h
 *	  Where a reader's bytes come from; private to reader.c.
 *
 * A source delivers the content of one split after the other: slices of a
 * fetch or of memory, decompressed when the unit's codec says so.  It does not
 * know records.
 */
#ifndef PDS_CORE_READER_SOURCE_H
#define PDS_CORE_READER_SOURCE_H

#include "core/codec/recode.h"
#include "core/read/reader.h"

/*
 * Room that every buffer of the reader has in front: a slice's headroom and a
 * line more, so that the byte before the first is valid.
 */
#define PDS_BUFFER_FRONT	(PDS_SLICE_HEADROOM + 64)

typedef struct PdsSource
{
	PdsFetch   *fetch;			/* NULL: memory */

	/* memory */
	char	   *mem;			/* PDS_BUFFER_FRONT bytes before the data */
	size_t		mem_len;
	bool		mem_given;		/* the one split was handed out */
	bool		mem_read;		/* its bytes were handed out */
	PdsSplit	mem_split;

	/* decompression */
	PdsDecoder *decoder;		/* NULL: the bytes as they are */
	const char *in;				/* slice being decoded */
	size_t		in_len;
	size_t		in_pos;
	bool		in_end;			/* no slice follows */
	bool		finished;		/* everything was delivered */
	char	   *out;			/* PDS_BUFFER_FRONT bytes before the output */

	/* an encoding of iconv's: what comes out of that is UTF-8 */
	PdsRecoder *recoder;		/* NULL: the bytes as they are */
	const char *text;			/* slice being recoded */
	size_t		text_len;
	size_t		text_pos;
	bool		text_end;		/* no slice follows */
	bool		recoded;		/* everything was delivered */
	char	   *utf8;			/* PDS_BUFFER_FRONT bytes before the output */
} PdsSource;

extern void pds_source_init_fetch(PdsSource *src, PdsFetch *fetch);
extern bool pds_source_init_memory(PdsSource *src, const char *data, size_t len,
								   const PdsReadUnit *unit, PdsError *err);
extern void pds_source_free(PdsSource *src);

/* As pds_fetch_next_split; prepares the decoder of the split's unit. */
extern bool pds_source_next_split(PdsSource *src, PdsSplit *split, PdsError *err);

/* As pds_fetch_slice: headroom, padding and lifetime are the same. */
extern bool pds_source_slice(PdsSource *src, char **data, size_t *len, PdsError *err);
extern void pds_source_read_past_end(PdsSource *src);

/*
 * Splits with states, which only a fetch has.  As pds_fetch_gather, pds_fetch_wait; publish the
 * map of another split of the object.
 */
extern bool pds_source_gather(PdsSource *src, PdsError *err);
extern bool pds_source_wait(PdsSource *src, long timeout_ms, PdsError *err);
extern bool pds_source_make_map(PdsSource *src, const PdsSplit *split, int number, PdsError *err);

#endif							/* PDS_CORE_READER_SOURCE_H */
