/*
 * row_bound.c
 *	  Records beyond the last row that is wanted.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "utils/memutils.h"

#include "fdw/rows/row_bound.h"
#include "fdw/rows/row_source.h"

PdsRowBound *
pds_row_bound_create(PdsRowSource *src, int attno, Oid opno, Oid collation, bool nulls_first,
					 bool ties)
{
	PdsRowBound *b;
	PdsRawFilter *filter = NULL;
	int			i;

	for (i = 0; i < src->ncolumns && filter == NULL; i++)
		if (src->columns[i].attno == attno && !src->columns[i].not_returned)
			filter = pds_raw_bound_make(src, i, opno, collation, nulls_first, ties);
	if (filter == NULL)
		return NULL;
	b = MemoryContextAllocZero(src->cxt, sizeof(PdsRowBound));
	b->filter = filter;
	b->column = i - 1;
	b->cxt = AllocSetContextCreate(src->cxt, "pds_fdw bound", ALLOCSET_SMALL_SIZES);
	return src->bound = b;
}

static void
tell_filter(PdsRowSource *src, PdsRowBound *b)
{
	MemoryContext old;

	MemoryContextReset(b->cxt);
	old = MemoryContextSwitchTo(b->cxt);
	b->usable = pds_raw_bound_set(b->filter, src, b->value, b->isnull);
	b->changed = false;
	MemoryContextSwitchTo(old);
}

/* The records that are left and those of `beyond` that are slow, in the order of the object. */
static void
put_slow_back(PdsRowChunk *chunk, const uint8 *left, int nleft, const uint8 *beyond, int nbeyond)
{
	int			n = 0;
	int			i = 0;
	int			k;

	for (k = 0; k < nbeyond; k++)
	{
		if (!chunk->slow[beyond[k]])
			continue;
		while (i < nleft && left[i] < beyond[k])
			chunk->selected[n++] = left[i++];
		chunk->selected[n++] = beyond[k];
	}
	while (i < nleft)
		chunk->selected[n++] = left[i++];
	chunk->nselected = n;
}

void
pds_row_bound_pass(PdsRowSource *src)
{
	PdsRowBound *b = src->bound;
	PdsRowChunk *chunk = &src->chunk;
	uint8		left[PDS_CHUNK_RECORDS];
	uint8		beyond[PDS_CHUNK_RECORDS];
	int			n = chunk->nselected;
	int64		filtered = src->filtered;
	int			nleft;
	int			i = 0;
	int			k;

	if (b->changed)
		tell_filter(src, b);
	if (!b->usable)
		return;
	memcpy(beyond, chunk->selected, n);
	pds_raw_filter_pass(src, b->filter);
	src->filtered = filtered;
	nleft = chunk->nselected;
	if (nleft == n)
		return;
	memcpy(left, chunk->selected, nleft);
	chunk->nselected = 0;
	for (k = 0; k < n; k++)
	{
		if (i < nleft && left[i] == beyond[k])
			i++;
		else
			chunk->selected[chunk->nselected++] = beyond[k];
	}
	n = chunk->nselected;
	memcpy(beyond, chunk->selected, n);
	pds_chunk_check(src, b->column);
	put_slow_back(chunk, left, nleft, beyond, n);
	b->dropped += n - (chunk->nselected - nleft);
}
