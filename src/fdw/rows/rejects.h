/*
 * rejects.h
 *	  What on_error passed over in this session's last scans: for the view pds.rejects, and as
 *	  NOTICEs (log_verbosity).
 *
 * The leader of a parallel scan keeps its workers' rejects, too: they leave them in shared memory.
 */
#ifndef PDS_FDW_REJECTS_H
#define PDS_FDW_REJECTS_H

#include "access/attnum.h"

#include "fdw/base/options.h"

/* rejects that are kept: of a scan its first ones, of a session those of its last scans */
#define PDS_REJECTS_KEPT		1000
/* bytes of their texts, over all; of the rejects of a scan's workers */
#define PDS_REJECTS_BYTES		((Size) 1024 * 1024)
#define PDS_REJECTS_SHARED		((Size) 128 * 1024)

/* a value that was set to NULL or whose row was left out, or a whole record */
typedef struct PdsReject
{
	int64		scan;			/* its number in the session, from 1 */
	Oid			userid;			/* who ran it */
	Oid			relid;			/* InvalidOid: of no foreign table */
	AttrNumber	attnum;			/* 0: the record as a whole */
	int64		record;			/* number in its object, from 1; 0: not known */
	int64		byte;			/* where the record begins in its object,
								 * decompressed; -1: not known */
	/* NULL where there is none; cut, in the server's encoding but for object */
	const char *object;
	const char *column;
	const char *value;
	const char *message;
} PdsReject;

/* What workers leave to their leader, in shared memory. */
typedef struct PdsRejectArea PdsRejectArea;

/* size: of *area, PDS_REJECTS_SHARED */
extern void pds_reject_area_init(PdsRejectArea *area, Size size);

/* The rejects of one scan in one process. */
typedef struct PdsRejectLog
{
	int64		scan;			/* 0: none yet */
	Oid			userid;			/* who runs it */
	Oid			relid;
	PdsVerbosity verbosity;
	int			noted;
	PdsRejectArea *area;		/* a worker's; else NULL */
} PdsRejectLog;

/* Has the scan had as many as are kept of one? */
static inline bool
pds_reject_log_full(const PdsRejectLog *log)
{
	return log->noted >= PDS_REJECTS_KEPT;
}

/* Keep r, whose scan, userid and relid are the log's.  Nothing is kept where memory is short. */
extern void pds_reject_note(PdsRejectLog *log, PdsReject *r);

/* Keep what the workers have left, once, and empty the area.  Raises no error. */
extern void pds_rejects_take(PdsRejectLog *log, PdsRejectArea *area);

/* The one kept after r, or the oldest one (r NULL); NULL: there are no more. */
extern const PdsReject *pds_reject_next(const PdsReject *r);

/* Forget all of them (DISCARD ALL: the session becomes somebody else's). */
extern void pds_rejects_forget(void);

/*
 * May the current user see that value?  He must be allowed to read the foreign table himself: a
 * view, or the policies of a partitioned table, may have hidden the row that it stood in.
 */
extern bool pds_reject_visible(Oid relid, AttrNumber attnum);

#endif							/* PDS_FDW_REJECTS_H */
