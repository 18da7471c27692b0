/*
 * fetch_pace.h
 *	  How many transfers a fetch runs, and how much each asks for; private to
 *	  fetch.c.  Only arithmetic: times come from outside, in microseconds.
 *
 * A part should take long against its time to first byte, or connections stand
 * idle; but what was asked for in vain is paid for, too.  So parts grow from
 * the first on, while the time to first byte is more than a sixteenth of what
 * the next part will take: doubling, but by no more than the largest part divided by the
 * transfers, so that those begun together end one after the other, in the order of
 * reading.  Where it is known how much is left, the last parts share it.
 *
 * Near servers answer at once: two transfers, one read and one begun, hide that
 * and keep the bytes in the processor's cache.  Only when the reader has waited
 * is twice the number tried, and kept if it carried more.  Servers far away get
 * all transfers that are configured from the beginning.
 */
#ifndef PDS_CORE_FETCH_PACE_H
#define PDS_CORE_FETCH_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct PdsPace
{
	int			most;			/* transfers that are configured */
	int			transfers;		/* that are wanted now */
	size_t		part;			/* bytes of the next part */
	size_t		part_max;
	double		first_byte_us;	/* smoothed; negative: none was seen */
	bool		near;			/* an answer came at once */
	double		rate;			/* bytes per microsecond of one transfer,
								 * smoothed; 0: unknown */
	/* the stretch of time that is being looked at */
	int64_t		began_us;		/* 0: none */
	uint64_t	bytes_before;
	int64_t		waited_us;
	int			before;			/* transfers before a trial; 0: there is none */
	double		rate_before;	/* bytes per microsecond of all, then */
	int			rest;			/* stretches until the next trial */
} PdsPace;

extern void pds_pace_init(PdsPace *p, int transfers, size_t part_first, size_t part_max);

/* a request was answered after so long */
extern void pds_pace_first_byte(PdsPace *p, int64_t us);

/* a part came in so long, from its first byte on, without resting */
extern void pds_pace_part(PdsPace *p, size_t bytes, int64_t us);

/* the reader waited so long for bytes */
extern void pds_pace_waited(PdsPace *p, int64_t us);

/* now; bytes received since the beginning */
extern void pds_pace_look(PdsPace *p, int64_t now_us, uint64_t bytes);

/*
 * Bytes of the part that is asked for now, where so many are left (-1: unknown).  The next one
 * may be larger.
 */
extern size_t pds_pace_part_size(PdsPace *p, int64_t left);

/* are two transfers enough, because the server answers at once? */
extern bool pds_pace_near(const PdsPace *p);

/* bytes to be read ahead at most: a near server's fill the processor's cache, not the memory */
extern size_t pds_pace_window(const PdsPace *p);

#endif							/* PDS_CORE_FETCH_PACE_H */
