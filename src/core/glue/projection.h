/*
 * projection.h
 *	  Partition projection: the partitions that a table's properties describe
 *	  (doc/dev/aws.md §5.3).
 *
 * Each key has a sequence of values, numbered from 0, of which any one can be
 * made without the others: a range of seconds over ten years is no list.  An
 * injected key has none; its values come from the query.
 */
#ifndef PDS_CORE_PROJECTION_H
#define PDS_CORE_PROJECTION_H

#include "core/base/error.h"
#include "core/base/strbuf.h"
#include "core/glue/glue_types.h"

typedef struct PdsProjection PdsProjection;

typedef enum PdsProjectionKind
{
	PDS_PROJECTION_ENUM,
	PDS_PROJECTION_INTEGER,
	PDS_PROJECTION_DATE,
	PDS_PROJECTION_INJECTED
} PdsProjectionKind;

/* Do the properties of a table switch it on?  Then Glue's partitions do not count. */
extern bool pds_projection_enabled(const PdsProperties *parameters);

/*
 * The configuration of every partition key of the table; now_ms is what NOW
 * means, in ms since 1970 UTC.  NULL with PDS_ERR_CONFIG (or UNSUPPORTED)
 * names the property that is wrong.  The table is not needed afterwards.
 */
extern PdsProjection *pds_projection_new(const PdsGlueTable *table, int64_t now_ms,
										 PdsError *err);
extern void pds_projection_free(PdsProjection *p);	/* NULL is fine */

extern PdsProjectionKind pds_projection_kind(const PdsProjection *p, int key);

/* how many values a key has; 0 for an injected one */
extern int64_t pds_projection_count(const PdsProjection *p, int key);

/*
 * Do the values never go down as their numbers go up?  As what the column's
 * type makes of them, or, where that is a text, under any collation that
 * orders digits: all have the same length and differ in digits only.
 */
extern bool pds_projection_ordered(const PdsProjection *p, int key);

/*
 * Value number n: what the column holds, and what stands in the location
 * (another one where the type is date or timestamp and the format is not
 * ISO's).  Both replace what the strings held.
 */
extern void pds_projection_value(const PdsProjection *p, int key, int64_t n,
								 PdsStr *value, PdsStr *folder);

/* Number of the first value with that text; -1: none has it; -2: only a walk through all tells. */
extern int64_t pds_projection_find(const PdsProjection *p, int key, const char *text);

/* The location of a partition, of what stands for each key in it: "s3://bucket/.../" */
extern void pds_projection_location(const PdsProjection *p, const char *const *folders,
									PdsStr *out);

#endif							/* PDS_CORE_PROJECTION_H */
