/*
 * found.c
 *	  What listings of the core give, collected.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "fdw/base/error_map.h"
#include "fdw/base/no_memory.h"
#include "fdw/base/on_reset.h"
#include "sql/base/found.h"

static void
free_found(void *arg)
{
	PdsFound   *f = arg;
	int			i;

	for (i = 0; i < f->n; i++)
		f->free_item(f->items[i]);
	free(f->items);
}

PdsFound *
pds_found_new(void (*free_item) (void *item), int max)
{
	PdsFound   *f = palloc0(sizeof(PdsFound));

	f->max = max;
	f->free_item = free_item;
	pds_on_reset(CurrentMemoryContext, free_found, f);
	return f;
}

bool
pds_found_add(PdsFound *f, void *item)
{
	if (f->n == f->cap)
	{
		int			cap = Max(64, 2 * f->cap);
		void	  **items = realloc(f->items, cap * sizeof(void *));

		if (items == NULL)
		{
			f->free_item(item);
			f->failed = true;
			return false;
		}
		f->items = items;
		f->cap = cap;
	}
	f->items[f->n++] = item;
	return f->n != f->max;
}

void
pds_found_check(const PdsFound *f, bool ok, const PdsError *err)
{
	if (f->failed)
		pds_raise_no_memory();
	if (!ok)
		pds_raise(err);
}
