/*
 * later.h
 *	  What a service gave no answer to, and is tried again: an execution to stop,
 *	  an upload to abort.
 */
#ifndef PDS_FDW_LATER_H
#define PDS_FDW_LATER_H

/*
 * One attempt; true: done.  last: the session ends, nobody waits for his prompt.
 * Called outside of transactions and in their callbacks: no catalogs, no ERROR.
 */
typedef bool (*PdsLaterTry) (void *arg, bool last);

/* done, or given up: arg is freed */
typedef void (*PdsLaterEnd) (void *arg, bool done);

/*
 * Tried again at the ends of the next transactions, a second after the last
 * attempts, ten times, and at the end of the session; in vain then, it is given up.
 * arg lives on malloc.
 */
extern void pds_later(PdsLaterTry attempt, PdsLaterEnd end, void *arg);

/* from _PG_init */
extern void pds_later_init(void);

#endif							/* PDS_FDW_LATER_H */
