/*
 * scan_stats.h
 *	  Counters of what scans, writes and statements about tables did, by user, server, relation and
 *	  query: pds.stat_scans.
 *
 * A table of a fixed number of rows in the memory of shared_state.h.  Who comes when it is full
 * takes the place of the row that is used least.
 */
#ifndef PDS_FDW_SCAN_STATS_H
#define PDS_FDW_SCAN_STATS_H

#include "datatype/timestamp.h"

/* bytes of a relation's name, the last one is 0 */
#define PDS_STAT_NAME		256

typedef enum PdsStatKind
{
	PDS_STAT_DIRECT,
	PDS_STAT_ATHENA,
	PDS_STAT_WRITE,
	PDS_STAT_PLANNING,
	PDS_STAT_ANALYZE,
	PDS_STAT_IMPORT
} PdsStatKind;

/* compared as bytes: there must be none between the fields */
typedef struct PdsStatKey
{
	Oid			userid;
	Oid			dbid;
	Oid			serverid;
	Oid			relid;			/* Invalid: a join, a group, a location */
	uint32		name_hash;		/* of its name then; else 0 */
	uint32		kind;			/* PdsStatKind */
	int64		queryid;
} PdsStatKey;

typedef struct PdsStatCounts
{
	int64		scans;			/* of other kinds: how often it was done */
	int64		failed;			/* ... of which so many, or were cancelled */
	int64		rows;			/* handed out or written */
	int64		objects;
	int64		bytes;			/* stored bytes of objects */
	int64		requests;
	int64		retries;
	int64		bytes_received;
	int64		bytes_sent;
	int64		memory_hits;	/* answers of Glue and S3 that were kept */
	int64		disk_hits;		/* blocks of objects that were */
	int64		disk_bytes;
	int64		rejected;
	int64		executions;
	int64		bytes_scanned;
	double		price;			/* US dollars */
	double		network_ms;
	double		total_ms;
} PdsStatCounts;

typedef struct PdsStatEntry
{
	PdsStatKey	key;
	int			next;			/* of the same hash; -1: none */
	int			encoding;		/* of the names */
	double		usage;
	TimestampTz since;
	TimestampTz last;
	PdsStatCounts counts;
	char		server[NAMEDATALEN];
	char		relation[PDS_STAT_NAME];
} PdsStatEntry;

/* the table and pds.stat_scans_max; from _PG_init */
extern void pds_scan_stats_init(void);

/* Adds to the row of the key, and makes it.  Raises nothing, allocates nothing. */
extern void pds_stat_table_add(const PdsStatKey *key, const char *server, const char *relation,
							   const PdsStatCounts *counts);

/* all rows as they are now, palloc'd */
extern PdsStatEntry *pds_stat_table_copy(int *n);
extern void pds_stat_table_reset(void);

/*
 * A name of another database as this one can show it: what is not ASCII is "?"
 * where encodings differ.
 */
extern char *pds_shown_name(const char *name, int encoding);

/* Name into a field of size bytes, cut between characters. */
extern void pds_keep_name(char *field, Size size, const char *name);

#endif							/* PDS_FDW_SCAN_STATS_H */
