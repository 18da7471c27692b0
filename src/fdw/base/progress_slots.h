/*
 * progress_slots.h
 *	  What each process reads or writes now, for pds.stat_progress: slots in the memory of
 *	  shared_state.h.
 *
 * A slot is taken and given back under a lock.  Its numbers are written by its owner alone, without
 * one.  What goes when a process ends is given back before its memory goes (before_shmem_exit); a
 * process that is killed has the server begin with new memory.
 */
#ifndef PDS_FDW_PROGRESS_SLOTS_H
#define PDS_FDW_PROGRESS_SLOTS_H

#include "datatype/timestamp.h"
#include "port/atomics.h"

#include "fdw/base/scan_stats.h"

typedef enum PdsPhase
{
	PDS_PHASE_PLANNING,
	PDS_PHASE_LISTING,
	PDS_PHASE_READING,
	PDS_PHASE_ATHENA,			/* waits for it */
	PDS_PHASE_WRITING,
	PDS_PHASE_UPLOADING,
	PDS_PHASE_COMMITTING
} PdsPhase;

typedef struct PdsProgressNumbers
{
	int64		objects_done;
	int64		objects_total;	/* -1: not known */
	int64		bytes_done;
	int64		bytes_total;	/* -1: not known */
	int64		rows;
	int64		athena_bytes;	/* scanned; -1: not known */
	int			athena_state;	/* PdsAthenaState; -1: there is no execution */
} PdsProgressNumbers;

typedef struct PdsProgressSlot
{
	int			pid;			/* 0: free */
	int			leader_pid;		/* of a parallel worker; else 0 */
	PdsStatKey	key;
	int			encoding;		/* of the names */
	TimestampTz began;
	char		server[NAMEDATALEN];
	char		relation[PDS_STAT_NAME];
	char		execution_id[64];	/* changed under the lock */
	pg_atomic_uint32 phase;
	pg_atomic_uint32 athena_state;	/* and one; 0: there is none */
	pg_atomic_uint64 objects_done;
	pg_atomic_uint64 objects_total;
	pg_atomic_uint64 bytes_done;
	pg_atomic_uint64 bytes_total;
	pg_atomic_uint64 rows;
	pg_atomic_uint64 athena_bytes;
} PdsProgressSlot;

/* a slot as it is now */
typedef struct PdsProgressRow
{
	int			pid;
	int			leader_pid;
	PdsStatKey	key;
	int			encoding;
	TimestampTz began;
	PdsPhase	phase;
	PdsProgressNumbers numbers;
	char		server[NAMEDATALEN];
	char		relation[PDS_STAT_NAME];
	char		execution_id[64];
} PdsProgressRow;

/* the slots; from _PG_init */
extern void pds_progress_slots_init(void);

/* A slot of this process; NULL: all are taken. */
extern PdsProgressSlot *pds_slot_take(const PdsStatKey *key, const char *server,
									  const char *relation, PdsPhase phase);

/* NULL is nothing; so is one that the end of the process has given back. */
extern void pds_slot_give(PdsProgressSlot *slot);
extern void pds_slot_write(PdsProgressSlot *slot, PdsPhase phase, const PdsProgressNumbers *n);
extern void pds_slot_execution(PdsProgressSlot *slot, const char *id);

/* all that are taken, palloc'd */
extern PdsProgressRow *pds_slots_copy(int *n);

#endif							/* PDS_FDW_PROGRESS_SLOTS_H */
