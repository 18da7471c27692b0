/*
 * object_cache.c
 *	  Settings of the disk cache, and identities.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include <limits.h>

#include "lib/stringinfo.h"
#include "storage/fd.h"
#include "utils/guc.h"
#include "utils/memutils.h"

#include "core/base/strbuf.h"
#include "fdw/base/error_map.h"
#include "fdw/base/no_memory.h"
#include "fdw/base/object_cache.h"

static char *cache_directory = NULL;
static int	cache_size = 1024;	/* MB */

/* what is open, and by which settings */
static PdsDiskCache *cache;
static char *opened_directory;
static int	opened_size;

static bool
check_directory(char **newval, void **extra, GucSource source)
{
	if (**newval == '\0' || is_absolute_path(*newval))
		return true;
	GUC_check_errdetail("\"pds.cache_directory\" must be an absolute path.");
	return false;
}

void
pds_object_cache_init(void)
{
	DefineCustomStringVariable("pds.cache_directory",
							   "Directory that keeps bytes of objects, for all sessions; empty: none does.",
							   "It is made if it is not there, for the server's user only.",
							   &cache_directory, "", PGC_SIGHUP, GUC_SUPERUSER_ONLY,
							   check_directory, NULL, NULL);
	DefineCustomIntVariable("pds.cache_size",
							"Most bytes in pds.cache_directory.",
							"What was used longest ago is removed.",
							&cache_size, 1024, 16, INT_MAX, PGC_SIGHUP, GUC_UNIT_MB, NULL, NULL,
							NULL);
}

/*
 * A scan of an open cursor may still use the one before: it is not closed.
 * Settings change when the configuration is read again, which is not often.
 */
PdsDiskCache *
pds_object_cache(void)
{
	PdsError	err;

	if (cache_directory == NULL || cache_directory[0] == '\0')
		return NULL;
	if (opened_directory && strcmp(opened_directory, cache_directory) == 0 &&
		opened_size == cache_size)
		return cache;
	if (opened_directory)
		pfree(opened_directory);
	opened_directory = MemoryContextStrdup(TopMemoryContext, cache_directory);
	opened_size = cache_size;
	ReserveExternalFD();
	cache = pds_disk_cache_open(cache_directory, (int64) cache_size * 1024 * 1024, &err);
	if (cache == NULL)
	{
		ReleaseExternalFD();
		ereport(WARNING,
				(errmsg("objects are not cached: %s", err.message),
				 pds_hint_of(&err) ? errhint("%s", pds_hint_of(&err)) : 0));
	}
	return cache;
}

char *
pds_cache_identity(const PdsAwsConfig *config, MemoryContext cxt)
{
	char		hex[65];

	if (!pds_aws_identity(config, hex))
		pds_raise_no_memory();
	return MemoryContextStrdup(cxt, hex);
}
