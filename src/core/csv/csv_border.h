/*
 * csv_border.h
 *	  Where an object of quoted CSV may be cut into splits.
 *
 * A line end may be data inside quotes, so a split cannot know from the bytes
 * around its border whether a record begins there: that depends on everything
 * before.  But nearly always a few hundred bytes settle it, whatever came
 * before: all states that the grammar could be in at the first of them lead to the
 * same state at the last.  A border is certain when the bytes before it do so.
 * That is a property of these bytes alone.  The split before a border and the
 * one behind it each find out for themselves, with the same answer, and need not
 * tell each other: behind an uncertain border there is no split, its bytes belong
 * to the split before.
 *
 * In objects where quotes are rare hardly any border is certain.  Processes that read
 * these in parts tell each other what they found: split_states.h.
 */
#ifndef PDS_CORE_CSV_BORDER_H
#define PDS_CORE_CSV_BORDER_H

#include "core/csv/csv_scan.h"

/* so many bytes before a border are looked at */
#define PDS_BORDER_BYTES	(64 * 1024)

typedef enum PdsCsvState
{
	PDS_CSV_RECORD,				/* a record begins */
	PDS_CSV_FIELD,				/* another field begins */
	PDS_CSV_PLAIN,				/* in a field, not between quotes */
	PDS_CSV_QUOTED,				/* between quotes */
	PDS_CSV_QUOTE,				/* behind a quote between quotes: it closes,
								 * or is doubled */
	PDS_CSV_ESCAPE,				/* behind an escape between quotes */
	PDS_CSV_CR,					/* a CR has ended a record: an LF still
								 * belongs to it */
	PDS_CSV_NSTATES
} PdsCsvState;

/* a set of states is a bit mask: those possible behind some bytes */
typedef uint8_t PdsCsvStates;

#define PDS_CSV_ALL			((1 << PDS_CSV_NSTATES) - 1)

/* kinds of bytes that states tell apart */
#define PDS_CSV_KINDS		6

typedef struct PdsBorder
{
	int			quote;			/* bytes; -1: there is none */
	int			escape;
	uint8_t		kind[256];		/* of a byte */
	PdsCsvStates next[PDS_CSV_KINDS][PDS_CSV_ALL + 1];	/* by kind and states */
} PdsBorder;

/* for a dialect of grammar QUOTED */
extern void pds_border_init(PdsBorder *b, const PdsScanDialect *d);

/* the states behind these bytes */
extern PdsCsvStates pds_border_feed(const PdsBorder *b, PdsCsvStates states, const char *s, size_t n);

/* the one state; -1: there are several */
extern int	pds_border_state(PdsCsvStates states);

/*
 * Bytes before border `at` of an object whose splits begin at multiples of step
 * that decide; all there are (the state at the object's begin is known) when
 * there are few.
 */
extern int64_t pds_border_lead(int64_t step, int64_t at);

/* Three bits for each state at the begin: the state at the end. */
typedef uint32_t PdsCsvMap;

#define PDS_MAP_BITS		3
#define PDS_MAP_AT(map, state)	(((map) >> (PDS_MAP_BITS * (state))) & 7)

extern PdsCsvMap pds_map_identity(void);
extern PdsCsvMap pds_map_constant(int state);
extern bool pds_map_is_constant(PdsCsvMap map);

/* first one, then the other */
extern PdsCsvMap pds_map_then(PdsCsvMap first, PdsCsvMap then);

/* map, then these bytes */
extern PdsCsvMap pds_map_bytes(const PdsBorder *b, PdsCsvMap map, const char *s, size_t n);

/* The map of a stretch of an object whose bytes come one after the other. */
typedef struct PdsMapFeed
{
	PdsCsvMap	map;
	int64_t		first;			/* of the stretch */
	int64_t		at;				/* the next byte */
	int			mark;			/* bytes left out: they may be a byte order
								 * mark */
} PdsMapFeed;

extern void pds_map_begin(PdsMapFeed *feed, int64_t first);

/* bytes from feed->at on */
extern void pds_map_feed(PdsMapFeed *feed, const PdsBorder *b, const char *s, size_t n);

#endif							/* PDS_CORE_CSV_BORDER_H */
