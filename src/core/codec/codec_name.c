/*
 * codec_name.c
 *	  The names of the codecs: in keys, options and errors (doc/dev/serdes.md §4,
 *	  doc/dev/aws.md §6.1).
 */
#include "core/base/assert.h"
#include "core/codec/codec_internal.h"

#include "core/base/strbuf.h"

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
	{".lz4", PDS_CODEC_LZ4},
	{".snappy", PDS_CODEC_SNAPPY},
	{".lzo", PDS_CODEC_UNSUPPORTED},
};

static const char *const codec_names[] = {
	"none", "gzip", "zstd", "bzip2", "deflate", "lz4", "snappy"
};

#define NCODECS ((int) (sizeof(codec_names) / sizeof(codec_names[0])))
/* the others are found by their keys only */
PDS_ASSERT_ENTRIES(codec_names, PDS_CODEC_UNSUPPORTED);

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

bool
pds_codec_corrupt(PdsCodec codec, const char *why, PdsError *err)
{
	pds_error_set(err, PDS_ERR_DATA, "%s data is corrupt: %s", pds_codec_name(codec), why);
	pds_error_hint(err, "Upload the object again; or, when it is not compressed with %s, correct its "
				   "name, or set the option compression to 'none'.", pds_codec_name(codec));
	return false;
}
