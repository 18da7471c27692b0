/*
 * codec_snappy.c
 *	  Chunks of Snappy, by libsnappy, which is loaded when the first object
 *	  needs it: it brings the C++ runtime into the process.
 */
#ifdef PDS_WITH_SNAPPY
#include <dlfcn.h>

#include "core/codec/codec_internal.h"

/*
 * The C interface of libsnappy has been the same since 1.0.5.  Tests name a
 * library that is not there.
 */
#ifndef SNAPPY_LIBRARY
#ifdef __APPLE__
#define SNAPPY_LIBRARY "libsnappy.1.dylib"
#else
#define SNAPPY_LIBRARY "libsnappy.so.1"
#endif
#endif
#define SNAPPY_STATUS_OK 0

static struct
{
	int			(*length) (const char *in, size_t len, size_t *plain_len);
	int			(*validate) (const char *in, size_t len);
	int			(*uncompress) (const char *in, size_t len, char *out, size_t *plain_len);
	bool		loaded;
}			snappy;

/* POSIX lets a function's address come as an object's */
static bool
snappy_symbol(void *library, const char *name, void *function)
{
	void	   *address = dlsym(library, name);

	*(void **) function = address;
	return address != NULL;
}

static bool
snappy_load(PdsError *err)
{
	void	   *library;
	const char *why;

	if (snappy.loaded)
		return true;
	dlerror();
	library = dlopen(SNAPPY_LIBRARY, RTLD_NOW | RTLD_LOCAL);
	snappy.loaded = library &&
		snappy_symbol(library, "snappy_uncompressed_length", &snappy.length) &&
		snappy_symbol(library, "snappy_validate_compressed_buffer", &snappy.validate) &&
		snappy_symbol(library, "snappy_uncompress", &snappy.uncompress);
	if (snappy.loaded)
		return true;
	why = dlerror();
	pds_error_set(err, PDS_ERR_UNSUPPORTED, "snappy needs the library %s, which cannot be loaded",
				  SNAPPY_LIBRARY);
	pds_error_detail(err, "%s", why ? why : "");
	pds_error_hint(err, "Install it (Debian and Ubuntu: libsnappy1v5; Fedora and RHEL: snappy), "
				   "or have Athena read the table.");
	if (library)
		dlclose(library);
	return false;
}

static const char *
snappy_version(void)
{
	return snappy.loaded ? SNAPPY_LIBRARY : "loaded when needed";
}

static const char *
snappy_chunk_room(const char *in, size_t len, size_t max, size_t *room)
{
	if (snappy.length(in, len, room) != SNAPPY_STATUS_OK || *room > max)
		return "a chunk is not of its block's size";
	/* the length is only believed when the bytes are right */
	return snappy.validate(in, len) == SNAPPY_STATUS_OK ? NULL : "invalid chunk";
}

static bool
snappy_chunk(const char *in, size_t len, char *out, size_t *plain_len)
{
	return snappy.uncompress(in, len, out, plain_len) == SNAPPY_STATUS_OK;
}

const PdsCodecLibrary pds_snappy_library = {
	.version = snappy_version,
	.load = snappy_load,
	.chunk_room = snappy_chunk_room,
	.chunk = snappy_chunk,
};
#endif
