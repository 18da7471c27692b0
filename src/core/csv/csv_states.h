/*
 * csv_states.h
 *	  What a stretch of quoted CSV does to each state of the grammar.
 *
 * A line end may be data between quotes, and quotes open and close anywhere.  So
 * whether a record begins somewhere depends on everything before, and nothing less
 * tells: what a stretch does is known only as a map, from each state at its begin
 * to the state at its end.  Processes that read an object in parts
 * tell each other such maps: core/read/split_states.h.
 */
#ifndef PDS_CORE_CSV_STATES_H
#define PDS_CORE_CSV_STATES_H

#include "core/csv/csv_scan.h"

typedef enum PdsCsvState
{
	PDS_CSV_RECORD,				/* a record begins */
	PDS_CSV_PLAIN,				/* in a record, not between quotes */
	PDS_CSV_QUOTED,				/* between quotes */
	PDS_CSV_ESCAPE,				/* behind an escape between quotes */
	PDS_CSV_CR,					/* a CR has ended a record: an LF still
								 * belongs to it */
	PDS_CSV_COMMENT,			/* in a comment */
	PDS_CSV_NSTATES
} PdsCsvState;

/* the state behind one more byte; for dialects of grammar QUOTED, as all here */
extern PdsCsvState pds_csv_step(const PdsScanDialect *d, PdsCsvState state, char c);

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
extern PdsCsvMap pds_map_bytes(const PdsScanDialect *d, PdsCsvMap map, const char *s, size_t n);

/* The map of a stretch of an object whose bytes come one after the other. */
typedef struct PdsMapFeed
{
	PdsCsvMap	map;
	int64_t		first;			/* of the stretch */
	int64_t		at;				/* the next byte */
	int			mark;			/* bytes of a byte order mark that were there */
	int			skip_lines;		/* lines before the first record that have not
								 * ended */
	bool		after_cr;		/* ... of the last one only an LF may be left */
} PdsMapFeed;

extern void pds_map_begin(PdsMapFeed *feed, int64_t first);

/* bytes from feed->at on */
extern void pds_map_feed(PdsMapFeed *feed, const PdsScanDialect *d, const char *s, size_t n);

#endif							/* PDS_CORE_CSV_STATES_H */
