/*
 * chunk.h
 *	  A run of records of a batch, converted together, column by column.
 *
 * Only plain values are made here (core/serde/plain_values.h): those that cannot
 * fail and need no memory but the arena.  A record with any other value is
 * marked slow and converted by itself when its turn comes (row_source.c), so
 * that errors and counts are those of the rows that are really asked for.
 */
#ifndef PDS_FDW_CHUNK_H
#define PDS_FDW_CHUNK_H

#include "executor/tuptable.h"

struct PdsRowSource;

/* records of a chunk: its values stay in the L1 cache */
#define PDS_CHUNK_RECORDS 128

typedef struct PdsRowChunk
{
	size_t		first;			/* record of the batch */
	int			nselected;		/* records that are left */
	int			at;				/* of selected: the next one */
	uint8		selected[PDS_CHUNK_RECORDS];	/* counted from first,
												 * ascending */
	bool		slow[PDS_CHUNK_RECORDS];	/* by record: it is to be
											 * converted by itself */
	/* by record and column */
	Datum	   *values;
	uint8	   *states;
} PdsRowChunk;

/*
 * PdsRowChunk.states.  From PDS_STATE_SHORT on: a short varlena of state - PDS_STATE_SHORT bytes,
 * whose header is written when the row is handed out: it takes the place of a delimiter that the
 * records before may still need.
 */
#define PDS_STATE_VALUE	0
#define PDS_STATE_NULL	1
#define PDS_STATE_SHORT	1

/* converts the columns to be returned of the selected records */
extern void pds_chunk_convert(struct PdsRowSource *src);

/*
 * Instead: are these values plain, all but that column's?  Records with others are marked slow; no
 * value is made.
 */
extern void pds_chunk_check(struct PdsRowSource *src, int except);

#endif							/* PDS_FDW_CHUNK_H */
