/*
 * arena.c
 *	  Scratch memory that is given back all at once.
 */
#include "core/base/arena.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/assert.h"

struct PdsArenaOld
{
	struct PdsArenaOld *next;
	char	   *data;
};

void
pds_arena_init(PdsArena *a)
{
	memset(a, 0, sizeof(*a));
}

void
pds_arena_reset(PdsArena *a)
{
	while (a->old)
	{
		struct PdsArenaOld *o = a->old;

		a->old = o->next;
		free(o->data);
		free(o);
	}
	a->used = 0;
}

void
pds_arena_free(PdsArena *a)
{
	pds_arena_reset(a);
	free(a->data);
	memset(a, 0, sizeof(*a));
}

/* blocks larger than this are given back at the next reset */
#define ARENA_KEEP	((size_t) 4 * 1024 * 1024)

static bool
arena_grow(PdsArena *a, size_t n)
{
	size_t		cap = a->cap ? a->cap * 2 : 64 * 1024;
	char	   *block;

	if (cap > ARENA_KEEP)
		cap = ARENA_KEEP;
	while (cap < n)
		cap *= 2;
	block = malloc(cap);
	if (block == NULL)
		return false;
	if (a->data)
	{
		struct PdsArenaOld *o = malloc(sizeof(*o));

		if (o == NULL)
		{
			free(block);
			return false;
		}
		o->data = a->data;
		o->next = a->old;
		a->old = o;
	}
	a->data = block;
	a->cap = cap;
	a->used = 0;
	return true;
}

char *
pds_arena_alloc(PdsArena *a, size_t n)
{
	char	   *p;

	n = (n + 7) & ~(size_t) 7;
	if (a->cap - a->used < n && !arena_grow(a, n))
		return NULL;
	PDS_ASSERT(a->used % 8 == 0 && a->used + n <= a->cap);
	p = a->data + a->used;
	a->used += n;
	return p;
}

bool
pds_arena_cancelled(const PdsArena *a)
{
	return a->hooks && a->hooks->cancelled && a->hooks->cancelled(a->hooks->arg);
}
