/*
 * codec_block.c
 *	  Formats made of blocks: Hadoop's framing of LZ4 and Snappy, and Snappy's
 *	  own framing format.
 *
 * Hadoop (BlockCompressorStream): a block is the length of its plain bytes,
 * then chunks until so many bytes have come out; a chunk is its length and its
 * compressed bytes.  Lengths are 4 bytes, big-endian.  Blocks of no bytes are
 * allowed.
 *
 * Snappy's framing format: chunks of a type (1 byte) and a length (3 bytes,
 * little-endian); those with data begin with the masked CRC-32C of the plain
 * bytes.  The stream identifier may come again.
 *
 * A chunk is gathered as its bytes arrive and decompressed as a whole; memory
 * grows with what has arrived, not with what a length claims.
 */
#include "core/base/assert.h"
#include "core/codec/codec_internal.h"

#include <stdlib.h>
#include <string.h>

/* Writers use 64 or 256 kB; this is for those that make one block of a file. */
#define MAX_BLOCK		((uint32_t) 256 * 1024 * 1024)
/* plain bytes of a chunk of Snappy's framing format */
#define MAX_FRAME		((size_t) 65536)
#define FRAME_CRC		4

typedef enum BlockStage
{
	STAGE_BLOCK,				/* the header of a block (Hadoop), or of a
								 * chunk (frames) */
	STAGE_CHUNK,				/* the length of a chunk (Hadoop) */
	STAGE_DATA,					/* its bytes */
	STAGE_SKIP					/* bytes that mean nothing */
} BlockStage;

struct PdsBlockDecoder
{
	PdsBlockFormat format;
	const PdsCodecLibrary *library;
	PdsCodec	codec;			/* for errors */
	BlockStage	stage;
	unsigned char header[4];
	size_t		header_len;
	uint32_t	block_left;		/* plain bytes of the block that are still to
								 * come */
	int			frame_type;
	bool		identified;		/* the stream identifier has been read */
	size_t		chunk_len;		/* bytes of the chunk, or to be skipped */
	size_t		chunk_got;
	char	   *chunk;
	size_t		chunk_cap;
	char	   *plain;
	size_t		plain_cap;
	size_t		plain_len;
	size_t		plain_pos;
};

PdsBlockDecoder *
pds_block_decoder_new(PdsBlockFormat format, const PdsCodecLibrary *library, PdsError *err)
{
	PdsBlockDecoder *b = calloc(1, sizeof(PdsBlockDecoder));

	if (b == NULL)
	{
		pds_error_oom(err);
		return NULL;
	}
	b->format = format;
	b->library = library;
	b->codec = format == PDS_BLOCK_HADOOP_LZ4 ? PDS_CODEC_LZ4 : PDS_CODEC_SNAPPY;
	return b;
}

void
pds_block_decoder_free(PdsBlockDecoder *b)
{
	if (b == NULL)
		return;
	free(b->chunk);
	free(b->plain);
	free(b);
}

static bool
reserve(char **buf, size_t *cap, size_t need, PdsError *err)
{
	char	   *grown;
	size_t		size = *cap ? *cap : 4096;

	if (need <= *cap)
		return true;
	while (size < need)
		size *= 2;
	grown = realloc(*buf, size);
	if (grown == NULL)
		return pds_error_oom(err);
	*buf = grown;
	*cap = size;
	return true;
}

/* ---- CRC-32C ---- */

static uint32_t crc_table[256];

static void
crc_init(void)
{
	uint32_t	i;
	int			k;

	for (i = 0; i < 256; i++)
	{
		uint32_t	c = i;

		for (k = 0; k < 8; k++)
			c = (c & 1) ? (c >> 1) ^ 0x82F63B78u : c >> 1;
		crc_table[i] = c;
	}
}

/* masked, as the framing format stores it */
static uint32_t
masked_crc(const char *p, size_t n)
{
	uint32_t	c = 0xFFFFFFFFu;

	if (crc_table[1] == 0)
		crc_init();
	while (n-- > 0)
		c = crc_table[(c ^ (unsigned char) *p++) & 0xFF] ^ (c >> 8);
	c = ~c;
	return ((c >> 15) | (c << 17)) + 0xA282EAD8u;
}

/* ---- chunks ---- */

static bool
unpack_chunk(PdsBlockDecoder *b, const char *in, size_t len, size_t max, PdsError *err)
{
	const char *why = b->library->chunk_room(in, len, max, &b->plain_len);

	if (why)
		return pds_codec_corrupt(b->codec, why, err);
	if (!reserve(&b->plain, &b->plain_cap, b->plain_len, err))
		return false;
	return b->library->chunk(in, len, b->plain, &b->plain_len) ||
		pds_codec_corrupt(b->codec, "invalid chunk", err);
}

static uint32_t
little_endian(const char *p)
{
	const unsigned char *u = (const unsigned char *) p;

	return (uint32_t) u[0] | (uint32_t) u[1] << 8 | (uint32_t) u[2] << 16 |
		(uint32_t) u[3] << 24;
}

static bool
finish_frame(PdsBlockDecoder *b, PdsError *err)
{
	const char *data = b->chunk + FRAME_CRC;	/* but of the stream
												 * identifier */
	size_t		len = b->chunk_len - FRAME_CRC;

	if (b->frame_type == 0xFF)
	{
		if (memcmp(b->chunk, "sNaPpY", 6) != 0)
			return pds_codec_corrupt(b->codec, "incorrect stream identifier", err);
		b->identified = true;
		return true;
	}
	if (b->frame_type == 0)
	{
		if (!unpack_chunk(b, data, len, MAX_FRAME, err))
			return false;
	}
	else
	{
		if (!reserve(&b->plain, &b->plain_cap, len, err))
			return false;
		memcpy(b->plain, data, len);
		b->plain_len = len;
	}
	if (masked_crc(b->plain, b->plain_len) != little_endian(b->chunk))
		return pds_codec_corrupt(b->codec, "incorrect data check", err);
	return true;
}

/* All bytes of the chunk are there: decompress it. */
static bool
finish_chunk(PdsBlockDecoder *b, PdsError *err)
{
	PDS_ASSERT(b->stage == STAGE_DATA && b->chunk_got == b->chunk_len);
	PDS_ASSERT(b->plain_pos == b->plain_len);
	b->plain_len = b->plain_pos = 0;
	if (b->format == PDS_BLOCK_SNAPPY_FRAMES)
	{
		b->stage = STAGE_BLOCK;
		return finish_frame(b, err);
	}
	if (!unpack_chunk(b, b->chunk, b->chunk_len, b->block_left, err))
		return false;
	PDS_ASSERT(b->plain_len <= b->block_left);
	b->block_left -= (uint32_t) b->plain_len;
	b->stage = b->block_left > 0 ? STAGE_CHUNK : STAGE_BLOCK;
	return true;
}

/* ---- headers ---- */

static bool
frame_header(PdsBlockDecoder *b, PdsError *err)
{
	size_t		len = (size_t) b->header[1] | (size_t) b->header[2] << 8 |
		(size_t) b->header[3] << 16;

	b->frame_type = b->header[0];
	b->chunk_len = len;
	if (b->frame_type == 0xFF || b->frame_type <= 1)
	{
		b->stage = STAGE_DATA;
		if (b->frame_type == 0xFF ? len != 6 : !b->identified)
			return pds_codec_corrupt(b->codec, "incorrect stream identifier", err);
		if (b->frame_type <= 1 && len < FRAME_CRC)
			return pds_codec_corrupt(b->codec, "a chunk without its data check", err);
		if (b->frame_type == 1 && len - FRAME_CRC > MAX_FRAME)
			return pds_codec_corrupt(b->codec, "a chunk is too long", err);
		return true;
	}
	if (b->frame_type < 0x80)
		return pds_codec_corrupt(b->codec, "unknown chunk type", err);
	b->stage = len > 0 ? STAGE_SKIP : STAGE_BLOCK;
	return true;
}

/* Four bytes of header are there. */
static bool
finish_header(PdsBlockDecoder *b, PdsError *err)
{
	uint32_t	n;

	PDS_ASSERT(b->header_len == sizeof(b->header));
	PDS_ASSERT(b->stage == STAGE_BLOCK || b->stage == STAGE_CHUNK);
	b->chunk_got = 0;
	b->header_len = 0;
	if (b->format == PDS_BLOCK_SNAPPY_FRAMES)
		return frame_header(b, err);
	n = (uint32_t) b->header[0] << 24 | (uint32_t) b->header[1] << 16 |
		(uint32_t) b->header[2] << 8 | (uint32_t) b->header[3];
	if (n > MAX_BLOCK)
		return pds_codec_corrupt(b->codec, "a block is too long", err);
	if (b->stage == STAGE_BLOCK)
	{
		b->block_left = n;
		b->stage = n > 0 ? STAGE_CHUNK : STAGE_BLOCK;
		return true;
	}
	if (n == 0)
		return pds_codec_corrupt(b->codec, "a chunk has no bytes", err);
	b->chunk_len = n;
	b->stage = STAGE_DATA;
	return true;
}

/* ---- the walk ---- */

/* Take what is needed next; *used counts. */
static bool
take_bytes(PdsBlockDecoder *b, const char *in, size_t left, size_t *used, PdsError *err)
{
	size_t		n;

	switch (b->stage)
	{
		case STAGE_BLOCK:
		case STAGE_CHUNK:
			n = sizeof(b->header) - b->header_len;
			n = n < left ? n : left;
			memcpy(b->header + b->header_len, in, n);
			b->header_len += n;
			*used += n;
			return b->header_len < sizeof(b->header) || finish_header(b, err);
		case STAGE_SKIP:
			PDS_ASSERT(b->chunk_got < b->chunk_len && b->format == PDS_BLOCK_SNAPPY_FRAMES);
			n = b->chunk_len - b->chunk_got;
			n = n < left ? n : left;
			b->chunk_got += n;
			*used += n;
			if (b->chunk_got == b->chunk_len)
				b->stage = STAGE_BLOCK;
			return true;
		case STAGE_DATA:
			PDS_ASSERT(b->chunk_got <= b->chunk_len);
			n = b->chunk_len - b->chunk_got;
			n = n < left ? n : left;
			if (!reserve(&b->chunk, &b->chunk_cap, b->chunk_got + n, err))
				return false;
			if (n > 0)
				memcpy(b->chunk + b->chunk_got, in, n);
			b->chunk_got += n;
			*used += n;
			return b->chunk_got < b->chunk_len || finish_chunk(b, err);
	}
	return true;
}

bool
pds_block_decoder_step(PdsBlockDecoder *b, const char *in, size_t in_len, size_t *used,
					   char *out, size_t out_cap, size_t *made, bool *at_boundary,
					   PdsError *err)
{
	*used = *made = 0;
	for (;;)
	{
		size_t		n = b->plain_len - b->plain_pos;

		n = n < out_cap - *made ? n : out_cap - *made;
		if (n > 0)
			memcpy(out + *made, b->plain + b->plain_pos, n);
		*made += n;
		b->plain_pos += n;
		if (b->plain_pos < b->plain_len || *used == in_len)
			break;
		if (!take_bytes(b, in + *used, in_len - *used, used, err))
			return false;
	}
	PDS_ASSERT(*used <= in_len && *made <= out_cap && b->plain_pos <= b->plain_len);
	*at_boundary = b->stage == STAGE_BLOCK && b->header_len == 0 && b->plain_pos == b->plain_len;
	return true;
}
