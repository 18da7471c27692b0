/*
 * codec.c
 *	  Streaming decompression: zlib's formats here (gzip by ISA-L where the
 *	  build has it, codec_isal.c), the others by their libraries; what comes in
 *	  blocks is codec_block.c's.
 *
 * Knows nothing of objects: whoever feeds a decoder names the object in the
 * error.  Which codec a key means: doc/dev/serdes.md §4, doc/dev/aws.md §6.1.
 */
#include "core/codec/codec.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "core/base/assert.h"
#include "core/codec/codec_internal.h"
#include "core/base/strbuf.h"

/* bytes that tell a format: magic numbers, zlib's header */
#define MAX_HEAD 4

struct PdsDecoder
{
	PdsCodec	codec;
	bool		initialized;	/* z is to be released */
	bool		in_member;		/* between the first and the last byte of a
								 * member */
	bool		any_member;		/* one member was complete */
	bool		finished;		/* nothing will come any more */
	bool		known;			/* the format within the codec is */
	bool		raw;			/* deflate without zlib's header */
	bool		one_member;		/* a second one is an error */
	char		head[MAX_HEAD]; /* first bytes, looked at before they are
								 * decoded */
	size_t		head_len;
	size_t		head_pos;
	z_stream	z;
	gz_header	gz;				/* gz.done: the member's header has been read */
	const PdsCodecLibrary *library; /* NULL: zlib's formats, by zlib */
	void	   *state;			/* the library's, of a stream */
	PdsBlockDecoder *blocks;
};

/* Prepare the library for the next member; the first time, allocate. */
static bool
decoder_begin(PdsDecoder *d, PdsError *err)
{
	int			rc;

	/* blocks have one state for all */
	if (d->library)
		return d->blocks != NULL || d->library->begin(&d->state, err);
	if (d->initialized)
		rc = inflateReset(&d->z);
	else
		rc = inflateInit2(&d->z, d->codec == PDS_CODEC_GZIP ? 15 + 16 : d->raw ? -15 : 15);
	if (rc != Z_OK)
		return pds_error_oom(err);
	d->initialized = true;
	memset(&d->gz, 0, sizeof(d->gz));
	if (d->codec == PDS_CODEC_GZIP && inflateGetHeader(&d->z, &d->gz) != Z_OK)
		return pds_error_set(err, PDS_ERR_DATA, "gzip decoder could not be prepared");
	return true;
}

/* ---- the format within a codec ---- */

/* how many of the first bytes tell it; 0: there is but one */
static size_t
head_needed(PdsCodec codec)
{
	switch (codec)
	{
		case PDS_CODEC_DEFLATE:
			return 2;
		case PDS_CODEC_LZ4:
		case PDS_CODEC_SNAPPY:
			return MAX_HEAD;
		default:
			return 0;
	}
}

/* CMF and FLG of RFC 1950; no writer of raw deflate begins so */
static bool
is_zlib(const unsigned char *h)
{
	return (h[0] & 0x0F) == 8 && (h[0] >> 4) <= 7 && (h[0] * 256 + h[1]) % 31 == 0;
}

/* A frame, or a skippable one; as Hadoop's length it would be a block of 69 MB or 1.3 GB. */
static bool
is_lz4_frame(const unsigned char *h)
{
	return (h[0] == 0x04 && h[1] == 0x22 && h[2] == 0x4D && h[3] == 0x18) ||
		((h[0] & 0xF0) == 0x50 && h[1] == 0x2A && h[2] == 0x4D && h[3] == 0x18);
}

static bool
settle_format(PdsDecoder *d, PdsError *err)
{
	const unsigned char *h = (const unsigned char *) d->head;

	d->known = true;
	if (d->codec == PDS_CODEC_DEFLATE)
	{
		d->raw = !is_zlib(h);
		return decoder_begin(d, err);
	}
	if (d->codec == PDS_CODEC_LZ4 && is_lz4_frame(h))
		return decoder_begin(d, err);
	d->blocks = pds_block_decoder_new(d->codec == PDS_CODEC_LZ4 ? PDS_BLOCK_HADOOP_LZ4
									  : h[0] == 0xFF ? PDS_BLOCK_SNAPPY_FRAMES
									  : PDS_BLOCK_HADOOP_SNAPPY, d->library, err);
	return d->blocks != NULL;
}

static PdsDecoder *
decoder_new(PdsCodec codec, bool isal, PdsError *err)
{
	PdsDecoder *d = calloc(1, sizeof(PdsDecoder));
	bool		zlib = codec == PDS_CODEC_GZIP || codec == PDS_CODEC_DEFLATE;

	if (d == NULL)
	{
		pds_error_oom(err);
		return NULL;
	}
	d->one_member = codec == PDS_CODEC_BZIP2_ONE;
	d->codec = d->one_member ? PDS_CODEC_BZIP2 : codec;
	d->known = head_needed(d->codec) == 0;
	if (!zlib)
		d->library = pds_codec_library(d->codec, err);
	else if (codec == PDS_CODEC_GZIP && isal)
		d->library = pds_gzip_library();
	if ((!zlib && d->library == NULL) || (d->known && !decoder_begin(d, err)))
	{
		pds_decoder_free(d);
		return NULL;
	}
	return d;
}

PdsDecoder *
pds_decoder_new(PdsCodec codec, PdsError *err)
{
	return decoder_new(codec, true, err);
}

PdsDecoder *
pds_decoder_new_zlib(PdsError *err)
{
	return decoder_new(PDS_CODEC_GZIP, false, err);
}

void
pds_decoder_free(PdsDecoder *d)
{
	if (d == NULL)
		return;
	if (d->initialized)
		inflateEnd(&d->z);
	if (d->state)
		d->library->end(d->state);
	pds_block_decoder_free(d->blocks);
	free(d);
}

/*
 * What follows a complete gzip member and is not a member's header is ignored,
 * as Java's GZIPInputStream does (doc/dev/serdes.md §4).
 */
static bool
is_behind_gzip(const PdsDecoder *d)
{
	return d->codec == PDS_CODEC_GZIP && d->any_member &&
		!(d->library ? d->library->header_read(d->state) : d->gz.done == 1);
}

/*
 * A step decodes some input into some output and tells whether the member has
 * ended.
 */
static bool
step_zlib(PdsDecoder *d, const char *in, size_t in_len, size_t *used,
		  char *out, size_t out_cap, size_t *made, bool *member_end, PdsError *err)
{
	int			rc;

	d->z.next_in = (Bytef *) in;
	d->z.avail_in = pds_codec_count(in_len);
	d->z.next_out = (Bytef *) out;
	d->z.avail_out = pds_codec_count(out_cap);
	PDS_ASSERT(d->initialized && (d->codec == PDS_CODEC_GZIP || d->codec == PDS_CODEC_DEFLATE));
	rc = inflate(&d->z, Z_NO_FLUSH);
	*used = (size_t) ((const char *) d->z.next_in - in);
	*made = (size_t) ((char *) d->z.next_out - out);
	*member_end = (rc == Z_STREAM_END);
	switch (rc)
	{
		case Z_OK:
		case Z_STREAM_END:
		case Z_BUF_ERROR:		/* no progress possible: more input or room */
			return true;
		case Z_MEM_ERROR:
			return pds_error_oom(err);
		case Z_NEED_DICT:
			return pds_codec_corrupt(d->codec, "it needs a preset dictionary", err);
		default:
			return pds_codec_corrupt(d->codec, d->z.msg ? d->z.msg : "invalid stream", err);
	}
}

static bool
decoder_step(PdsDecoder *d, const char *in, size_t in_len, size_t *used,
			 char *out, size_t out_cap, size_t *made, bool *member_end, PdsError *err)
{
	if (d->blocks)
		return pds_block_decoder_step(d->blocks, in, in_len, used, out, out_cap, made,
									  member_end, err);
	if (d->library)
		return d->library->step(d->state, in, in_len, used, out, out_cap, made, member_end, err);
	return step_zlib(d, in, in_len, used, out, out_cap, made, member_end, err);
}

static bool
cut_short(const PdsDecoder *d, PdsError *err)
{
	pds_error_set(err, PDS_ERR_DATA, "%s data is cut short", pds_codec_name(d->codec));
	pds_error_hint(err, "Upload the object again: its last bytes are missing.");
	return false;
}

static bool
second_stream(PdsError *err)
{
	pds_error_set(err, PDS_ERR_DATA,
				  "it holds several bzip2 streams, which the engine behind Athena does not read");
	pds_error_advise(err, PDS_ADVICE_BZIP2);
	return false;
}

/*
 * Gather the bytes that tell the format.  True when it is known, or when more
 * input is needed and d->known still false.
 */
static bool
look_at_head(PdsDecoder *d, const char *in, size_t in_len, size_t *in_pos, bool end_of_input,
			 PdsError *err)
{
	size_t		need = head_needed(d->codec);

	while (d->head_len < need && *in_pos < in_len)
		d->head[d->head_len++] = in[(*in_pos)++];
	if (d->head_len == need)
		return settle_format(d, err);
	if (!end_of_input)
		return true;
	d->finished = d->head_len == 0;
	return d->finished || cut_short(d, err);
}

bool
pds_decoder_run(PdsDecoder *d, const char *in, size_t in_len, size_t *in_pos,
				bool end_of_input, char *out, size_t out_cap,
				size_t *produced, bool *finished, PdsError *err)
{
	*produced = 0;
	if (!d->known && !look_at_head(d, in, in_len, in_pos, end_of_input, err))
		return false;
	while (d->known && !d->finished && *produced < out_cap)
	{
		size_t		used = 0;
		size_t		made = 0;
		bool		member_end = false;
		bool		from_head = d->head_pos < d->head_len;
		const char *at = from_head ? d->head + d->head_pos : in + *in_pos;
		size_t		left = from_head ? d->head_len - d->head_pos : in_len - *in_pos;

		/* between members an empty rest is the end, and nothing else is wrong */
		if (!d->in_member && left == 0)
		{
			d->finished = end_of_input;
			break;
		}
		if (d->one_member && d->any_member)
			return second_stream(err);
		d->in_member = true;
		if (!decoder_step(d, at, left, &used, out + *produced, out_cap - *produced, &made,
						  &member_end, err))
		{
			if (err->kind != PDS_ERR_DATA || !is_behind_gzip(d))
				return false;
			pds_error_clear(err);
			used = left;
			d->finished = true;
		}
		if (from_head)
			d->head_pos += used;
		else
			*in_pos += used;
		*produced += made;
		if (member_end)
		{
			d->in_member = false;
			d->any_member = true;
			if (!decoder_begin(d, err))
				return false;
		}
		else if (used == 0 && made == 0 && !d->finished)
		{
			if (!end_of_input || *in_pos < in_len)
				break;
			if (is_behind_gzip(d))
			{
				d->finished = true; /* a few bytes that never became a header */
				break;
			}
			return cut_short(d, err);
		}
	}
	*finished = d->finished;
	return true;
}

/* room for what is decoded at once */
#define BEGINNING_STEP	((size_t) 64 * 1024)

bool
pds_decode_beginning(PdsCodec codec, const char *in, size_t len, bool complete, size_t limit,
					 PdsStr *out, size_t *used, bool *whole, PdsError *err)
{
	PdsDecoder *d = pds_decoder_new(codec, err);
	size_t		end = out->len + limit;
	bool		finished = false;
	bool		ok = d != NULL;

	*used = 0;
	while (ok && !finished && out->len < end)
	{
		size_t		step = end - out->len < BEGINNING_STEP ? end - out->len : BEGINNING_STEP;
		size_t		produced = 0;
		size_t		before = *used;

		if (!pds_str_reserve(out, step))
		{
			ok = pds_error_oom(err);
			break;
		}
		ok = pds_decoder_run(d, in, len, used, complete, out->data + out->len, step, &produced,
							 &finished, err);
		out->len += produced;
		if (produced == 0 && *used == before)
			break;
	}
	pds_decoder_free(d);
	*whole = finished && complete;
	return ok;
}
