/*
 * agg_groups.c
 *	  The groups of an aggregate in a direct scan.
 *
 * Keys are compared by their bytes.  One key is compared where it stands in
 * the row; several are packed one behind the other first.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "miscadmin.h"
#include "port/pg_bitutils.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "fdw/agg/agg_groups.h"

#define FIRST_SLOTS		64
#define BLOCK_MAX		((Size) 256 * 1024)
#define BLOCK_MIN		((Size) 4 * 1024)

/* ---- table ---- */

void
pds_group_key_init(PdsGroupKey *key, const Datum *value, const bool *isnull, Oid typid)
{
	key->value = value;
	key->isnull = isnull;
	get_typlenbyval(typid, &key->typlen, &key->byval);
}

static void *
alloc_huge(const PdsGroups *t, Size n, int flags)
{
	return MemoryContextAllocExtended(t->memory.states, n, MCXT_ALLOC_HUGE | flags);
}

static void
empty(PdsGroups *t)
{
	t->ngroups = 0;
	t->last = NULL;
	t->grown = false;
	t->block_left = 0;
	t->order_cap = FIRST_SLOTS;
	t->order = alloc_huge(t, t->order_cap * sizeof(PdsGroup *), 0);
	t->mask = FIRST_SLOTS - 1;
	t->slots = alloc_huge(t, FIRST_SLOTS * sizeof(PdsGroup *), MCXT_ALLOC_ZERO);
}

PdsGroups *
pds_groups_create(MemoryContext parent, int nkeys, int nkept, PdsGroupKey *keys, int naggs)
{
	PdsGroups  *t = MemoryContextAllocZero(parent, sizeof(PdsGroups));

	pds_agg_memory_init(&t->memory, parent);
	Assert(nkeys <= nkept);
	t->nkeys = nkeys;
	t->nkept = nkept;
	t->keys = keys;
	t->naggs = naggs;
	t->states_at = MAXALIGN(offsetof(PdsGroup, nulls) + nkept * sizeof(bool));
	t->keys_at = t->states_at + naggs * sizeof(PdsAggState);
	t->group_size = MAXALIGN(t->keys_at + nkept * sizeof(Datum));
	t->limit = get_hash_memory_limit();
	t->packed_cap = 256;
	t->packed = MemoryContextAlloc(parent, t->packed_cap);
	empty(t);
	return t;
}

void
pds_groups_reset(PdsGroups *t)
{
	MemoryContextReset(t->memory.values);
	MemoryContextReset(t->memory.states);
	empty(t);
}

Size
pds_groups_memory(const PdsGroups *t)
{
	return MemoryContextMemAllocated(t->memory.states, false);
}

/* memory of groups and their keys: never given back one by one */
static char *
alloc(PdsGroups *t, Size n)
{
	char	   *p;

	n = MAXALIGN(n);
	if (n > t->block_left)
	{
		/* as large as what there is: a quarter may stay unused */
		Size		size = Max(BLOCK_MIN, Min(BLOCK_MAX, pds_groups_memory(t) / 4));

		if (n > size / 4)
			return alloc_huge(t, n, 0);
		t->block = alloc_huge(t, size, 0);
		t->block_left = size;
	}
	p = t->block;
	t->block += n;
	t->block_left -= n;
	return p;
}

/* ---- keys ---- */

static inline uint64
mix(uint64 h)
{
	h ^= h >> 32;
	h *= UINT64CONST(0x9E3779B97F4A7C15);
	h ^= h >> 29;
	return h;
}

static inline uint64
hash_bytes_of(const char *p, Size n)
{
	uint64		h = n;
	uint64		w;

	for (; n >= sizeof(w); n -= sizeof(w), p += sizeof(w))
	{
		memcpy(&w, p, sizeof(w));
		h = mix(h ^ w) + w;
	}
	if (n > 0)
	{
		w = 0;
		memcpy(&w, p, n);
		h = mix(h ^ w) + w;
	}
	return mix(h);
}

static inline const char *
bytes_of(const PdsGroupKey *k, Datum value, Size *n)
{
	const char *p = DatumGetPointer(value);

	if (k->typlen > 0)
	{
		*n = k->typlen;
		return p;
	}
	*n = VARSIZE_ANY_EXHDR(p);
	return VARDATA_ANY(p);
}

static void
pack(PdsGroups *t, Size *used, const void *p, Size n)
{
	if (*used + n > t->packed_cap)
	{
		t->packed_cap = (*used + n) * 2;
		t->packed = repalloc_huge(t->packed, t->packed_cap);
	}
	memcpy(t->packed + *used, p, n);
	*used += n;
}

/* all keys of the row, each such that none is the beginning of another */
static Size
pack_keys(PdsGroups *t)
{
	Size		used = 0;
	int			i;

	for (i = 0; i < t->nkeys; i++)
	{
		const PdsGroupKey *k = &t->keys[i];
		Datum		value = *k->value;
		bool		isnull = *k->isnull;
		const char *p;
		Size		n;

		pack(t, &used, &isnull, sizeof(isnull));
		if (isnull)
			continue;
		if (k->byval)
		{
			pack(t, &used, &value, sizeof(value));
			continue;
		}
		p = bytes_of(k, value, &n);
		if (k->typlen < 0)
			pack(t, &used, &n, sizeof(n));
		pack(t, &used, p, n);
	}
	return used;
}

/* ---- groups ---- */

static void
grow_slots(PdsGroups *t)
{
	uint64		mask = t->mask * 2 + 1;

	/* a power of two less one: indexes are cut by it */
	StaticAssertDecl((FIRST_SLOTS & (FIRST_SLOTS - 1)) == 0, "not a power of two");
	PdsGroup  **slots = alloc_huge(t, (mask + 1) * sizeof(PdsGroup *), MCXT_ALLOC_ZERO);
	int64		i;

	for (i = 0; i < t->ngroups; i++)
	{
		uint64		at = t->order[i]->hash & mask;

		while (slots[at])
			at = (at + 1) & mask;
		slots[at] = t->order[i];
	}
	pfree(t->slots);
	t->slots = slots;
	t->mask = mask;
}

static void
keep_keys(PdsGroups *t, PdsGroup *g)
{
	Datum	   *values = (Datum *) ((char *) g + t->keys_at);
	int			i;

	for (i = 0; i < t->nkept; i++)
	{
		const PdsGroupKey *k = &t->keys[i];
		Datum		value = *k->value;

		g->nulls[i] = *k->isnull;
		if (g->nulls[i] || k->byval)
			values[i] = g->nulls[i] ? (Datum) 0 : value;
		else
		{
			Size		n = datumGetSize(value, false, k->typlen);
			char	   *p = alloc(t, n);

			memcpy(p, DatumGetPointer(value), n);
			values[i] = PointerGetDatum(p);
		}
	}
}

/* bytes NULL: the key is passed by value, or NULL */
static PdsGroup *
new_group(PdsGroups *t, uint64 hash, const char *bytes, Size len)
{
	PdsGroup   *g = (PdsGroup *) alloc(t, t->group_size);

	memset(g, 0, t->group_size);
	g->hash = hash;
	g->len = (uint32) len;
	keep_keys(t, g);
	if (bytes && t->nkeys == 1)
		g->bytes = bytes_of(&t->keys[0], *(Datum *) ((char *) g + t->keys_at), &len);
	else if (bytes)
		g->bytes = memcpy(alloc(t, len), bytes, len);
	if (t->ngroups >= t->order_cap)
	{
		t->order_cap *= 2;
		t->order = repalloc_huge(t->order, t->order_cap * sizeof(PdsGroup *));
	}
	t->order[t->ngroups++] = g;
	t->grown = true;
	/* three quarters at most */
	if ((uint64) t->ngroups * 4 > t->mask * 3)
		grow_slots(t);
	else
	{
		uint64		at = hash & t->mask;

		while (t->slots[at])
			at = (at + 1) & t->mask;
		t->slots[at] = g;
	}
	return g;
}

static inline PdsGroup *
find_bytes(PdsGroups *t, const char *bytes, Size len)
{
	PdsGroup   *g = t->last;
	uint64		hash;
	uint64		at;

	if (g && g->bytes && g->len == len && memcmp(g->bytes, bytes, len) == 0)
		return g;
	hash = hash_bytes_of(bytes, len);
	for (at = hash & t->mask; (g = t->slots[at]) != NULL; at = (at + 1) & t->mask)
		if (g->hash == hash && g->bytes && g->len == len && memcmp(g->bytes, bytes, len) == 0)
			return g;
	return new_group(t, hash, bytes, len);
}

static inline PdsGroup *
find_value(PdsGroups *t, Datum value)
{
	PdsGroup   *g = t->last;
	uint64		hash;
	uint64		at;

	if (g && !g->nulls[0] && *(Datum *) ((char *) g + t->keys_at) == value)
		return g;
	hash = mix(mix((uint64) value));
	for (at = hash & t->mask; (g = t->slots[at]) != NULL; at = (at + 1) & t->mask)
		if (g->hash == hash && !g->nulls[0] && *(Datum *) ((char *) g + t->keys_at) == value)
			return g;
	return new_group(t, hash, NULL, 0);
}

static PdsGroup *
find_null_key(PdsGroups *t)
{
	PdsGroup   *g;
	uint64		at;

	for (at = 0; (g = t->slots[at]) != NULL; at = (at + 1) & t->mask)
		if (g->nulls[0])
			return g;
	return new_group(t, 0, NULL, 0);
}

PdsGroup *
pds_groups_find(PdsGroups *t)
{
	const PdsGroupKey *k = t->keys;
	const char *bytes;
	Size		n;

	Assert(t->last == NULL || t->ngroups > 0);
	Assert((uint64) t->ngroups <= t->mask);
	t->grown = false;
	if (t->nkeys == 0)
		return t->last ? t->last : (t->last = new_group(t, 0, NULL, 0));
	if (t->nkeys > 1)
	{
		n = pack_keys(t);
		return t->last = find_bytes(t, t->packed, n);
	}
	if (*k->isnull)
		return t->last = find_null_key(t);
	if (k->byval)
		return t->last = find_value(t, *k->value);
	bytes = bytes_of(k, *k->value, &n);
	return t->last = find_bytes(t, bytes, n);
}
