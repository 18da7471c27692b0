/*
 * codec_library.c
 *	  The libraries of this build (codecs.mk), and what is said where one is
 *	  missing.
 */
#include "core/base/assert.h"
#include "core/codec/codec_internal.h"

#include <zlib.h>

static const struct
{
	PdsCodec	codec;
	const char *name;
	const PdsCodecLibrary *library; /* NULL: not in this build */
	const char *headers;		/* packages of Debian, and of Fedora */
}			codec_libraries[] =

{
	{PDS_CODEC_ZSTD, "libzstd",
#ifdef PDS_WITH_ZSTD
		&pds_zstd_library,
#else
		NULL,
#endif
	"libzstd-dev or libzstd-devel"},
	{PDS_CODEC_BZIP2, "libbz2",
#ifdef PDS_WITH_BZIP2
		&pds_bzip2_library,
#else
		NULL,
#endif
	"libbz2-dev or bzip2-devel"},
	{PDS_CODEC_LZ4, "liblz4",
#ifdef PDS_WITH_LZ4
		&pds_lz4_library,
#else
		NULL,
#endif
	"liblz4-dev or lz4-devel"},
	{PDS_CODEC_SNAPPY, "libsnappy",
#ifdef PDS_WITH_SNAPPY
		&pds_snappy_library,
#else
		NULL,
#endif
	NULL},
};

#define NLIBRARIES ((int) (sizeof(codec_libraries) / sizeof(codec_libraries[0])))

const PdsCodecLibrary *
pds_codec_library(PdsCodec codec, PdsError *err)
{
	const PdsCodecLibrary *library;
	int			i = 0;

	while (i < NLIBRARIES && codec_libraries[i].codec != codec)
		i++;
	if (i == NLIBRARIES)
	{
		pds_error_set(err, PDS_ERR_UNSUPPORTED, "there is no decoder for codec \"%s\"",
					  pds_codec_name(codec));
		return NULL;
	}
	library = codec_libraries[i].library;
	if (library == NULL)
	{
		pds_error_set(err, PDS_ERR_UNSUPPORTED, "this build of pds_fdw has no %s, for it was made "
					  "without %s", pds_codec_name(codec), codec_libraries[i].name);
		if (codec_libraries[i].headers)
			pds_error_hint(err, "Build it where the package %s is installed, or have Athena read "
						   "the table.", codec_libraries[i].headers);
		else
			pds_error_hint(err, "Build it without WITH_SNAPPY=no, or have Athena read the table.");
		return NULL;
	}
	return library->load == NULL || library->load(err) ? library : NULL;
}

const PdsCodecLibrary *
pds_gzip_library(void)
{
#ifdef PDS_WITH_ISAL
	return &pds_isal_library;
#else
	return NULL;
#endif
}

const char *
pds_codec_library_fact(int i, const char **name)
{
	PDS_ASSERT(i >= 0);
	if (i == 0)
	{
		*name = "zlib";
		return zlibVersion();
	}
	if (i == 1)
	{
		*name = "libisal";
		return pds_gzip_library() ? pds_gzip_library()->version() : "";
	}
	if (i >= NLIBRARIES + 2)
		return NULL;
	*name = codec_libraries[i - 2].name;
	return codec_libraries[i - 2].library ? codec_libraries[i - 2].library->version() : "";
}
