/*
 * bias_tally.c
 *	  Counting rows by a text key.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "utils/memutils.h"

#include "sql/notebook/bias_tally.h"

#define SH_PREFIX tally
#define SH_ELEMENT_TYPE PdsTallyEntry
#define SH_KEY_TYPE const char *
#define SH_KEY key
#define SH_HASH_KEY(tb, k) hash_bytes((const unsigned char *) (k), strlen(k))
#define SH_EQUAL(tb, a, b) (strcmp((a), (b)) == 0)
#define SH_STORE_HASH
#define SH_GET_HASH(tb, a) (a)->hash
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

struct PdsTally
{
	MemoryContext cxt;
	tally_hash *hash;
};

PdsTally *
pds_tally_create(MemoryContext cxt)
{
	PdsTally   *t = MemoryContextAlloc(cxt, sizeof(PdsTally));

	t->cxt = cxt;
	t->hash = tally_create(cxt, 64, NULL);
	return t;
}

PdsTallyEntry *
pds_tally_entry(PdsTally *t, const char *key)
{
	bool		found;
	PdsTallyEntry *e = tally_insert(t->hash, key, &found);

	if (!found)
	{
		e->key = MemoryContextStrdup(t->cxt, key);
		e->number = t->hash->members - 1;
		memset(e->n, 0, sizeof(e->n));
	}
	return e;
}

int
pds_tally_size(const PdsTally *t)
{
	return t->hash->members;
}

void
pds_tally_start(PdsTally *t, PdsTallyScan *scan)
{
	tally_iterator it;

	tally_start_iterate(t->hash, &it);
	scan->cur = it.cur;
	scan->end = it.end;
	scan->done = it.done;
}

PdsTallyEntry *
pds_tally_next(PdsTally *t, PdsTallyScan *scan)
{
	tally_iterator it = {.cur = scan->cur, .end = scan->end, .done = scan->done};
	PdsTallyEntry *e = tally_iterate(t->hash, &it);

	scan->cur = it.cur;
	scan->end = it.end;
	scan->done = it.done;
	return e;
}
