/*
 * projected.h
 *	  Which partitions of a projected table a query wants.
 */
#ifndef PDS_FDW_PROJECTED_H
#define PDS_FDW_PROJECTED_H

#include "fdw/catalog/catalog.h"
#include "fdw/catalog/prune.h"

/* of one key, and of a table: more are an error, not a list */
#define PDS_MAX_PROJECTED	1000000

/* one of the values that a key may have */
typedef struct PdsProjectedValue
{
	char	   *text;			/* of the column */
	char	   *folder;			/* in the location */
	Datum		datum;
	bool		isnull;
	bool		bad;			/* the type cannot hold it */
} PdsProjectedValue;

typedef struct PdsProjectedKey
{
	PdsProjectedValue *values;
	int			nvalues;
	double		count;			/* before the conditions; 0: injected */
	bool		contiguous;		/* no value in between was left out */
} PdsProjectedKey;

/*
 * The values of every key (an array of nkeys) that the conditions leave, found
 * without a walk through those they exclude wherever the sequence is ordered.
 * pruner may be NULL.  Returns NULL and sets *why (and *hint) when the
 * conditions do not narrow it enough; with an injected key, when they do not
 * give its values.
 */
extern PdsProjectedKey *pds_projected_keys(const PdsTable *table, PdsPruner *pruner,
										   const char **why, const char **hint);

#endif							/* PDS_FDW_PROJECTED_H */
