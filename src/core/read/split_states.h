/*
 * split_states.h
 *	  What processes that read parts of an object of quoted CSV tell each other.
 *
 * Whether a record begins at a border only all bytes of the object before it tell
 * (core/csv/csv_states.h).  Whoever takes a split publishes its map: the
 * state at its end, for every state at its begin.  The state at a border is what
 * the maps of all splits before make of the object's begin.
 *
 * A map is published when the split's bytes have come, which is mostly before
 * its first row is handed out.  Nobody waits for a process that may itself wait for
 * somebody who takes its rows: a map depends on bytes alone, so whoever waits for
 * one of a process that is not reading now fetches these bytes and makes it.
 */
#ifndef PDS_CORE_SPLIT_STATES_H
#define PDS_CORE_SPLIT_STATES_H

#include "core/csv/csv_states.h"
#include "core/read/fetch.h"

/* of an object, in each process; maps and presence are shared */
typedef struct PdsSplitStates
{
	uint32_t   *maps;			/* of its splits; all 0 at the beginning */
	uint32_t   *presence;		/* by process: odd while it reads; all 0 at
								 * the beginning */
	int			process;		/* number of this one */
	const PdsScanDialect *scan;
} PdsSplitStates;

/* number of a split in its object */
static inline int
pds_split_number(const PdsSplit *s)
{
	return s->step > 0 ? (int) (s->first / s->step) : 0;
}

/* this process will publish the map of that split */
extern void pds_states_claim(const PdsSplitStates *s, int number);
extern void pds_states_publish(const PdsSplitStates *s, int number, PdsCsvMap map);

/* State at the begin of a split; -1: not known yet, *missing is the first map that is not there. */
extern int	pds_states_at(const PdsSplitStates *s, int number, int *missing);

/* this process begins to read, or hands out what it has read */
extern void pds_states_enter(uint32_t *presence);
extern void pds_states_leave(uint32_t *presence);

/* somebody who waits for a map */
typedef struct PdsStatesWait
{
	int			missing;
	uint32_t	seen;			/* presence of whose it is */
	int64_t		since_ms;
	bool		began;
} PdsStatesWait;

/* Has whoever shall publish it been away for long? */
extern bool pds_states_away(const PdsSplitStates *s, int missing, PdsStatesWait *wait);

/* Make and publish the map of split `number` of the object that s is a split of. */
extern bool pds_states_fetch(PdsAws *aws, const PdsSplit *s, int number, PdsError *err);

#endif							/* PDS_CORE_SPLIT_STATES_H */
