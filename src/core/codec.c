/*
 * codec.c
 *	  Streaming decompression with zlib, libzstd and libbz2.
 *
 * Knows nothing of objects: whoever feeds a decoder names the object in the
 * error.  Which codec a key means: SERDES.md "Objects", AWS.md 6.1.
 */
#include "codec.h"

#include <bzlib.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "strbuf.h"

struct PdsDecoder
{
	PdsCodec	codec;
	bool		initialized;	/* the library's state below is to be released */
	bool		in_member;		/* between the first and the last byte of a member */
	bool		any_member;		/* one member was complete */
	bool		finished;		/* nothing will come any more */
	z_stream	z;
	gz_header	gz;				/* gz.done: the member's header has been read */
	bz_stream	bz;
	ZSTD_DStream *zstd;
};

static const struct
{
	const char *suffix;
	PdsCodec	codec;
}			codec_suffixes[] =
{
	{".gz", PDS_CODEC_GZIP},
	{".bz2", PDS_CODEC_BZIP2},
	{".zst", PDS_CODEC_ZSTD},
	{".zstd", PDS_CODEC_ZSTD},
	{".deflate", PDS_CODEC_DEFLATE},
	{".lz4", PDS_CODEC_UNSUPPORTED},
	{".snappy", PDS_CODEC_UNSUPPORTED},
	{".lzo", PDS_CODEC_UNSUPPORTED},
};

static const char *const codec_names[] = {"none", "gzip", "zstd", "bzip2", "deflate"};

#define NCODECS ((int) (sizeof(codec_names) / sizeof(codec_names[0])))

PdsCodec
pds_codec_of_key(const char *key)
{
	size_t		i;

	for (i = 0; i < sizeof(codec_suffixes) / sizeof(codec_suffixes[0]); i++)
		if (pds_str_has_suffix(key, codec_suffixes[i].suffix))
			return codec_suffixes[i].codec;
	return PDS_CODEC_NONE;
}

bool
pds_codec_of_name(const char *name, PdsCodec *codec)
{
	int			i;

	for (i = 0; i < NCODECS; i++)
	{
		if (pds_strcasecmp(name, codec_names[i]) == 0)
		{
			*codec = (PdsCodec) i;
			return true;
		}
	}
	return false;
}

const char *
pds_codec_name(PdsCodec codec)
{
	return (int) codec < NCODECS ? codec_names[codec] : "unsupported";
}

/* Prepare the library for the next member; the first time, allocate. */
static bool
decoder_begin(PdsDecoder *d, PdsError *err)
{
	int			rc;

	switch (d->codec)
	{
		case PDS_CODEC_GZIP:
		case PDS_CODEC_DEFLATE:
			if (d->initialized)
				rc = inflateReset(&d->z);
			else
				rc = inflateInit2(&d->z, d->codec == PDS_CODEC_GZIP ? 15 + 16 : 15);
			if (rc != Z_OK)
				return pds_error_oom(err);
			d->initialized = true;
			memset(&d->gz, 0, sizeof(d->gz));
			if (d->codec == PDS_CODEC_GZIP && inflateGetHeader(&d->z, &d->gz) != Z_OK)
				return pds_error_set(err, PDS_ERR_DATA, "gzip decoder could not be prepared");
			return true;
		case PDS_CODEC_BZIP2:
			/* libbz2 has no reset */
			if (d->initialized)
				BZ2_bzDecompressEnd(&d->bz);
			d->initialized = false;
			memset(&d->bz, 0, sizeof(d->bz));
			if (BZ2_bzDecompressInit(&d->bz, 0, 0) != BZ_OK)
				return pds_error_oom(err);
			d->initialized = true;
			return true;
		case PDS_CODEC_ZSTD:
			if (d->zstd == NULL && (d->zstd = ZSTD_createDStream()) == NULL)
				return pds_error_oom(err);
			if (ZSTD_isError(ZSTD_initDStream(d->zstd)))
				return pds_error_oom(err);
			return true;
		default:
			return pds_error_set(err, PDS_ERR_UNSUPPORTED, "there is no decoder for codec \"%s\"",
								 pds_codec_name(d->codec));
	}
}

PdsDecoder *
pds_decoder_new(PdsCodec codec, PdsError *err)
{
	PdsDecoder *d = calloc(1, sizeof(PdsDecoder));

	if (d == NULL)
	{
		pds_error_oom(err);
		return NULL;
	}
	d->codec = codec;
	if (!decoder_begin(d, err))
	{
		pds_decoder_free(d);
		return NULL;
	}
	return d;
}

void
pds_decoder_free(PdsDecoder *d)
{
	if (d == NULL)
		return;
	if (d->initialized && d->codec == PDS_CODEC_BZIP2)
		BZ2_bzDecompressEnd(&d->bz);
	else if (d->initialized)
		inflateEnd(&d->z);
	if (d->zstd)
		ZSTD_freeDStream(d->zstd);
	free(d);
}

static bool
decoder_corrupt(const PdsDecoder *d, const char *why, PdsError *err)
{
	pds_error_set(err, PDS_ERR_DATA, "%s data is corrupt: %s", pds_codec_name(d->codec), why);
	pds_error_hint(err, "Upload the object again, or correct its name when it is not "
				   "compressed with %s.", pds_codec_name(d->codec));
	return false;
}

/* the libraries count in unsigned int */
static unsigned int
clamp_uint(size_t n)
{
	return n > UINT_MAX ? UINT_MAX : (unsigned int) n;
}

/*
 * Each step decodes some input into some output and tells whether the member
 * has ended.
 */
static bool
step_zlib(PdsDecoder *d, const char *in, size_t in_len, size_t *used,
		  char *out, size_t out_cap, size_t *made, bool *member_end, PdsError *err)
{
	int			rc;

	d->z.next_in = (Bytef *) in;
	d->z.avail_in = clamp_uint(in_len);
	d->z.next_out = (Bytef *) out;
	d->z.avail_out = clamp_uint(out_cap);
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
			return decoder_corrupt(d, "it needs a preset dictionary", err);
		default:
			/*
			 * What follows a complete gzip member and is not a member's header
			 * is ignored, as Java's GZIPInputStream does (SERDES.md).
			 */
			if (d->codec == PDS_CODEC_GZIP && d->any_member && d->gz.done != 1)
			{
				*used = in_len;
				d->finished = true;
				return true;
			}
			return decoder_corrupt(d, d->z.msg ? d->z.msg : "invalid stream", err);
	}
}

static bool
step_bzip2(PdsDecoder *d, const char *in, size_t in_len, size_t *used,
		   char *out, size_t out_cap, size_t *made, bool *member_end, PdsError *err)
{
	int			rc;

	d->bz.next_in = (char *) in;
	d->bz.avail_in = clamp_uint(in_len);
	d->bz.next_out = out;
	d->bz.avail_out = clamp_uint(out_cap);
	rc = BZ2_bzDecompress(&d->bz);
	*used = (size_t) (d->bz.next_in - in);
	*made = (size_t) (d->bz.next_out - out);
	*member_end = (rc == BZ_STREAM_END);
	switch (rc)
	{
		case BZ_OK:
		case BZ_STREAM_END:
			return true;
		case BZ_MEM_ERROR:
			return pds_error_oom(err);
		case BZ_DATA_ERROR_MAGIC:
			return decoder_corrupt(d, "incorrect stream header", err);
		default:
			return decoder_corrupt(d, "invalid block or checksum", err);
	}
}

static bool
step_zstd(PdsDecoder *d, const char *in, size_t in_len, size_t *used,
		  char *out, size_t out_cap, size_t *made, bool *member_end, PdsError *err)
{
	ZSTD_inBuffer zin = {in, in_len, 0};
	ZSTD_outBuffer zout = {out, out_cap, 0};
	size_t		rc;

	rc = ZSTD_decompressStream(d->zstd, &zout, &zin);
	*used = zin.pos;
	*made = zout.pos;
	*member_end = (rc == 0);
	if (ZSTD_isError(rc))
		return decoder_corrupt(d, ZSTD_getErrorName(rc), err);
	return true;
}

bool
pds_decoder_run(PdsDecoder *d, const char *in, size_t in_len, size_t *in_pos,
				bool end_of_input, char *out, size_t out_cap,
				size_t *produced, bool *finished, PdsError *err)
{
	*produced = 0;
	while (!d->finished && *produced < out_cap)
	{
		size_t		used = 0;
		size_t		made = 0;
		bool		member_end = false;
		size_t		left = in_len - *in_pos;
		bool		ok;

		/* between members an empty rest is the end, and nothing else is wrong */
		if (!d->in_member && left == 0)
		{
			d->finished = end_of_input;
			break;
		}
		d->in_member = true;
		if (d->codec == PDS_CODEC_ZSTD)
			ok = step_zstd(d, in + *in_pos, left, &used, out + *produced, out_cap - *produced,
						   &made, &member_end, err);
		else if (d->codec == PDS_CODEC_BZIP2)
			ok = step_bzip2(d, in + *in_pos, left, &used, out + *produced, out_cap - *produced,
							&made, &member_end, err);
		else
			ok = step_zlib(d, in + *in_pos, left, &used, out + *produced, out_cap - *produced,
						   &made, &member_end, err);
		if (!ok)
			return false;
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
			if (d->codec == PDS_CODEC_GZIP && d->any_member && d->gz.done != 1)
			{
				d->finished = true; /* a few bytes that never became a header */
				break;
			}
			pds_error_set(err, PDS_ERR_DATA, "%s data is cut short", pds_codec_name(d->codec));
			pds_error_hint(err, "Upload the object again: its last bytes are missing.");
			return false;
		}
	}
	*finished = d->finished;
	return true;
}
