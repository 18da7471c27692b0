/*
 * record_bytes.c
 *	  Bytes of a record where neither ANALYZE nor the catalog tells, measured.
 *
 * A guess by the types is off by far where records are short: "1,2" are two integers.  So the first
 * bytes of one object are read.  What they say stays true for long, and a session asks once: who
 * plans waits for one request more beside those for the listing, the first time.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "core/read/record_size.h"
#include "fdw/base/error_map.h"
#include "fdw/base/no_memory.h"
#include "fdw/base/object_cache.h"
#include "fdw/catalog/cache.h"
#include "fdw/plan/record_bytes.h"

/* so long a measure is kept; one that failed as long as listings */
#define KEPT_SECONDS	3600
/* who plans waits no longer */
#define PATIENCE_MS		1000

double
pds_plain_bytes(const PdsDataObject *o)
{
	return (double) o->size * (o->codec == PDS_CODEC_NONE ? 1 : PDS_COMPRESSED_RATIO);
}

/* most of the rows are in the largest object */
static const PdsDataObject *
largest_object(const PdsObjectSet *set)
{
	const PdsDataObject *o = NULL;
	int			i;

	for (i = 0; i < set->nobjects; i++)
		if (o == NULL || set->objects[i].size > o->size)
			o = &set->objects[i];
	return o;
}

/* What cannot be read is the execution's error, not the planner's. */
static double
measure(PdsConnection *conn, const PdsObjectSet *set, const PdsDataObject *o)
{
	PdsReadUnit unit = {.dialect = set->partitions[o->partition].dialect, .codec = o->codec,
	.partition = o->partition};
	PdsSplit	split = {.bucket = o->bucket, .key = o->key, .etag = o->etag,
		.version_id = o->version_id,
	.object_size = o->size, .user = &unit};
	double		size;
	PdsError	err;

	pds_error_clear(&err);
	if (!pds_record_size(conn->aws, &split, pds_object_cache(), conn->cache_identity, PATIENCE_MS,
						 &size, &err))
	{
		if (err.kind == PDS_ERR_CANCELLED)
			pds_raise(&err);
		return 0;
	}
	return size * pds_plain_bytes(o) / o->size;
}

double
pds_measured_record_bytes(PdsConnection *conn, const PdsTable *table, const PdsObjectSet *set)
{
	const PdsDataObject *o = largest_object(set);
	int64		limit = pds_effective_max_scan_bytes(&conn->options, &table->options);
	char	   *key;
	double	   *known;

	/* what may not be read is not looked at */
	if (o == NULL || table->direct_reason || (limit >= 0 && limit < set->bytes))
		return 0;
	key = pds_cache_key(conn, "record bytes",
						table->options.compression ? table->options.compression : "",
						"", psprintf("%u %d", table->relid, set->partitions[o->partition].dialect->format));
	known = pds_cache_lookup_within(conn, key, KEPT_SECONDS, CurrentMemoryContext);
	if (known && *known == 0)
		known = pds_cache_lookup(conn, key, CurrentMemoryContext);
	if (known == NULL)
	{
		double		bytes = measure(conn, set, o);

		known = malloc(sizeof(double));
		if (known == NULL)
			pds_raise_no_memory();
		*known = bytes;
		pds_cache_store(conn, key, known, free, 256, CurrentMemoryContext);
	}
	return *known;
}
