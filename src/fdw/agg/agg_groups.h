/*
 * agg_groups.h
 *	  The groups of an aggregate in a direct scan: a hash table by the bytes of
 *	  the keys, in the order in which the groups were met.
 */
#ifndef PDS_FDW_AGG_GROUPS_H
#define PDS_FDW_AGG_GROUPS_H

#include "fdw/agg/agg_states.h"

/* what is grouped by, or kept of the first row of a group */
typedef struct PdsGroupKey
{
	const Datum *value;			/* where the row at hand has it */
	const bool *isnull;
	bool		byval;
	int16		typlen;
} PdsGroupKey;

/* One group.  Its states and then the Datums of its keys follow. */
typedef struct PdsGroup
{
	uint64		hash;
	const char *bytes;			/* of the key, unless it is one passed by
								 * value */
	uint32		len;
	bool		nulls[FLEXIBLE_ARRAY_MEMBER];	/* of what is kept */
} PdsGroup;

typedef struct PdsGroups
{
	PdsAggMemory memory;		/* memory.states holds the groups, too */
	int			nkeys;			/* that are grouped by: the first ones */
	int			nkept;
	PdsGroupKey *keys;
	int			naggs;
	Size		states_at;		/* offset in a group */
	Size		keys_at;
	Size		group_size;
	Size		limit;			/* bytes */
	int64		ngroups;
	bool		grown;			/* the last pds_groups_find has made a group */
	PdsGroup  **order;			/* as they were met */
	int64		order_cap;
	PdsGroup  **slots;
	uint64		mask;
	PdsGroup   *last;			/* the group found last */
	char	   *block;			/* where groups are made */
	Size		block_left;
	char	   *packed;			/* several keys in a row */
	Size		packed_cap;
} PdsGroups;

/* values of a varlena type are whole: not toasted, not expanded */
extern void pds_group_key_init(PdsGroupKey *key, const Datum *value, const bool *isnull, Oid typid);

/* Keys are borrowed.  The memory is that of a hash of the executor. */
extern PdsGroups *pds_groups_create(MemoryContext parent, int nkeys, int nkept,
									PdsGroupKey *keys, int naggs);

/* the group of the row at hand, made when it is new: all its states are zeroed */
extern PdsGroup *pds_groups_find(PdsGroups *t);

/* bytes */
extern Size pds_groups_memory(const PdsGroups *t);
extern void pds_groups_reset(PdsGroups *t);

static inline bool
pds_groups_full(const PdsGroups *t)
{
	return pds_groups_memory(t) > t->limit;
}

static inline PdsGroup *
pds_groups_nth(const PdsGroups *t, int64 n)
{
	return t->order[n];
}

static inline PdsAggState *
pds_group_states(const PdsGroups *t, PdsGroup *g)
{
	return (PdsAggState *) ((char *) g + t->states_at);
}

static inline Datum
pds_group_key(const PdsGroups *t, PdsGroup *g, int number, bool *isnull)
{
	*isnull = g->nulls[number];
	return ((Datum *) ((char *) g + t->keys_at))[number];
}

#endif							/* PDS_FDW_AGG_GROUPS_H */
