/*
 * codec_isal.c
 *	  gzip by ISA-L, which inflates several times as fast as zlib; built where
 *	  pkg-config finds it, else zlib does the work.
 *
 * The header of a member is read by a call of its own, because isal_inflate
 * forgets the header's flags between two calls.  What the library does not look
 * at, flags that RFC 1952 2.3.1.2 reserves, is looked at here, so that both
 * libraries take the same streams.
 */
#ifdef PDS_WITH_ISAL
#include <limits.h>
#include <stdlib.h>
#include <isa-l.h>
#include <isa-l/igzip_lib.h>

#include "core/base/assert.h"
#include "core/codec/codec_internal.h"

#define RESERVED_FLAGS 0xE0

typedef struct Inflate
{
	struct inflate_state state;
	struct isal_gzip_header header;
	bool		header_read;	/* of this member, to its end */
} Inflate;

#define ISAL_TEXT(x) #x
#define ISAL_VERSION_TEXT(a, b, c) ISAL_TEXT(a) "." ISAL_TEXT(b) "." ISAL_TEXT(c)

static const char *
isal_version(void)
{
	return ISAL_VERSION_TEXT(ISAL_MAJOR_VERSION, ISAL_MINOR_VERSION, ISAL_PATCH_VERSION);
}

static bool
isal_begin(void **state, PdsError *err)
{
	Inflate    *g = *state;

	if (g == NULL)
	{
		*state = g = malloc(sizeof(Inflate));
		if (g == NULL)
			return pds_error_oom(err);
		isal_inflate_init(&g->state);
	}
	isal_inflate_reset(&g->state);
	g->state.crc_flag = ISAL_GZIP_NO_HDR_VER;
	isal_gzip_header_init(&g->header);
	g->header_read = false;
	return true;
}

static bool
isal_header_read(const void *state)
{
	return ((const Inflate *) state)->header_read;
}

static const char *
problem_of(int rc)
{
	switch (rc)
	{
		case ISAL_INVALID_BLOCK:
			return "invalid block";
		case ISAL_INVALID_SYMBOL:
			return "invalid code";
		case ISAL_INVALID_LOOKBACK:
			return "invalid distance too far back";
		case ISAL_INCORRECT_CHECKSUM:
			return "incorrect data check";
		case ISAL_UNSUPPORTED_METHOD:
			return "unknown compression method";
		default:
			return "incorrect header check";
	}
}

static const char *
read_member_header(Inflate *g)
{
	int			rc = isal_read_gzip_header(&g->state, &g->header);

	if (rc < 0)
		return problem_of(rc);
	g->header_read = rc == ISAL_DECOMP_OK;
	if (g->header_read && (g->header.flags & RESERVED_FLAGS))
		return "unknown header flags set";
	return NULL;
}

static bool
isal_step(void *state, const char *in, size_t in_len, size_t *used, char *out, size_t out_cap,
		  size_t *made, bool *member_end, PdsError *err)
{
	Inflate    *g = state;
	const char *problem;
	int			rc = ISAL_DECOMP_OK;

	g->state.next_in = (uint8_t *) in;
	g->state.avail_in = pds_codec_count(in_len);
	g->state.next_out = (uint8_t *) out;
	g->state.avail_out = pds_codec_count(out_cap);
	problem = g->header_read ? NULL : read_member_header(g);
	if (problem == NULL && g->header_read)
		rc = isal_inflate(&g->state);
	*used = (size_t) ((const char *) g->state.next_in - in);
	*made = (size_t) ((char *) g->state.next_out - out);
	*member_end = g->state.block_state == ISAL_BLOCK_FINISH;
	if (rc < 0)
		problem = problem_of(rc);
	/* its register reaches no further than the trailer, which is as long */
	PDS_ASSERT(problem || !*member_end || g->state.read_in_length < CHAR_BIT);
	return problem == NULL || pds_codec_corrupt(PDS_CODEC_GZIP, problem, err);
}

/* ---- compression ---- */

/* nearly as small as zlib's level 6, in a tenth of its time */
#define LEVEL ISAL_DEF_MAX_LEVEL
#define LEVEL_BUFFER ISAL_DEF_LVL3_DEFAULT

typedef struct Deflate
{
	struct isal_zstream stream;
	uint8_t		level_buffer[LEVEL_BUFFER];
} Deflate;

/* who asks for a level of gzip means zlib's */
static bool
isal_encode_begin(void **state, int level)
{
	Deflate    *e = malloc(sizeof(Deflate));

	PDS_ASSERT(level == 0);
	*state = e;
	if (e == NULL)
		return false;
	isal_deflate_init(&e->stream);
	e->stream.gzip_flag = IGZIP_GZIP;
	e->stream.level = LEVEL;
	e->stream.level_buf = e->level_buffer;
	e->stream.level_buf_size = sizeof(e->level_buffer);
	return true;
}

static bool
isal_encode(void *state, const char *data, size_t len, bool end, PdsStr *out)
{
	Deflate    *e = state;

	do
	{
		/* avail_in is narrower than size_t */
		size_t		now = len < INT32_MAX ? len : INT32_MAX;

		e->stream.next_in = (uint8_t *) data;
		e->stream.avail_in = (uint32_t) now;
		e->stream.end_of_stream = end && now == len;
		do
		{
			if (!pds_str_reserve(out, PDS_ENCODE_STEP))
				return false;
			e->stream.next_out = (uint8_t *) out->data + out->len;
			e->stream.avail_out = (uint32_t) PDS_ENCODE_STEP;
			if (isal_deflate(&e->stream) != COMP_OK)
				return false;
			out->len += PDS_ENCODE_STEP - e->stream.avail_out;
		} while (e->stream.avail_out == 0);
		if (now > 0)
			data += now;
		len -= now;
	} while (len > 0);
	out->data[out->len] = '\0';
	return true;
}

const PdsCodecLibrary pds_isal_library = {
	.version = isal_version,
	.begin = isal_begin,
	.step = isal_step,
	.end = free,
	.header_read = isal_header_read,
	.encode_begin = isal_encode_begin,
	.encode = isal_encode,
	.encode_end = free,
};
#endif
