/*
 * bias_tally.h
 *	  Counting rows by a text key: what bias aggregates and reports share.
 */
#ifndef PDS_SQL_BIAS_TALLY_H
#define PDS_SQL_BIAS_TALLY_H

#include "utils/palloc.h"

/* an index into the four counts of a key */
#define PDS_TALLY(facet, positive) ((facet) * 2 + (positive))

typedef struct PdsTallyEntry
{
	const char *key;			/* lives as long as the tally */
	uint32		hash;
	char		status;			/* simplehash's */
	int			number;			/* order of first appearance */
	int64		n[4];			/* rows, by PDS_TALLY */
} PdsTallyEntry;

typedef struct PdsTally PdsTally;

extern PdsTally *pds_tally_create(MemoryContext cxt);

/* the entry of a key, made when it is new (key is copied) */
extern PdsTallyEntry *pds_tally_entry(PdsTally *t, const char *key);
extern int	pds_tally_size(const PdsTally *t);

typedef struct PdsTallyScan
{
	uint32		cur;
	uint32		end;
	bool		done;
} PdsTallyScan;

extern void pds_tally_start(PdsTally *t, PdsTallyScan *scan);
extern PdsTallyEntry *pds_tally_next(PdsTally *t, PdsTallyScan *scan);

#endif							/* PDS_SQL_BIAS_TALLY_H */
