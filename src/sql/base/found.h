/*
 * found.h
 *	  What listings of the core give, collected.
 */
#ifndef PDS_SQL_FOUND_H
#define PDS_SQL_FOUND_H

#include "core/base/error.h"

/*
 * What a listing of the core gave, collected before anything of PostgreSQL can fail; freed with
 * the memory context that was current when it was made.
 */
typedef struct PdsFound
{
	void	  **items;
	int			n;
	int			cap;
	int			max;			/* stop there; -1: no limit */
	bool		failed;			/* memory was short */
	void		(*free_item) (void *item);
} PdsFound;

extern PdsFound *pds_found_new(void (*free_item) (void *item), int max);

/* from a listing's callback: takes item; false to stop */
extern bool pds_found_add(PdsFound *f, void *item);

/* after the listing: raises its error */
extern void pds_found_check(const PdsFound *f, bool ok, const PdsError *err);

#endif							/* PDS_SQL_FOUND_H */
