/*
 * athena_run.h
 *	  Executions by Athena, whoever asks for them: foreign scans and SQL
 *	  functions.  Start, wait, stop, what they leave behind, the session's log.
 */
#ifndef PDS_FDW_ATHENA_RUN_H
#define PDS_FDW_ATHENA_RUN_H

#include "access/xact.h"
#include "datatype/timestamp.h"

#include "core/aws/athena.h"
#include "fdw/base/activity.h"
#include "fdw/base/connection.h"

/* ---- one execution (athena_run.c) ---- */

typedef struct PdsAthenaRun
{
	PdsConnection *conn;
	SubTransactionId subid;		/* whose end is the execution's end */
	const char *source;			/* who asked, for the log */
	bool		keep;			/* its objects are not deleted */
	PdsAthenaExecution exec;	/* exec.id is "" when there is none */
	PdsActivity *activity;		/* as which it is seen, or NULL */
	bool		uncounted;		/* it is not in the counts */
	PdsStatCounts counts;		/* of its executions so far */
} PdsAthenaRun;

/* Zeroes run; what it holds on malloc is freed with cxt. */
extern void pds_athena_run_init(PdsAthenaRun *run, PdsConnection *conn, MemoryContext cxt);
#define PDS_SOURCE_SCAN "scan"

/*
 * Start and wait for the end; raises an error unless it SUCCEEDED.  Catalog, work group,
 * output location and reuse that start leaves open are the server's.  max_scan_bytes (-1:
 * none): stopped as soon as a poll sees more scanned.  keep: its objects are not deleted.
 * source says in the log who asked.
 */
extern void pds_athena_run(PdsAthenaRun *run, PdsAthenaStart *start, int64 max_scan_bytes,
						   bool keep, const char *source);

/*
 * The same in steps: start it; look once whether it has ended (an error unless it
 * SUCCEEDED); wait.
 */
extern void pds_athena_run_start(PdsAthenaRun *run, PdsAthenaStart *start, int64 max_scan_bytes,
								 bool keep, const char *source);
extern bool pds_athena_run_poll(PdsAthenaRun *run);
extern void pds_athena_run_wait(PdsAthenaRun *run);

/* Adds its executions, bytes and price. */
extern void pds_athena_run_count(const PdsAthenaRun *run, PdsStatCounts *counts);

/* Stop it if it runs, delete its result, forget it; then whatever interrupt came meanwhile. */
extern void pds_athena_run_finish(PdsAthenaRun *run);

/*
 * ---- what must still be done about executions (athena_registry.c) ----
 *
 * Kept outside of any memory context: a transaction callback stops what an error left behind
 * and deletes its result (doc/dev/pitfalls.md §2).  What got no answer then is tried again at the
 * ends of the session's next transactions, and of the session.
 */

/*
 * request, which is the registry's from now on, will be sent.  Returns it, to be
 * sent and answered by pds_registry_asked (execution_id NULL: it failed).
 */
extern PdsAthenaRequest *pds_registry_ask(PdsConnection *conn, PdsAthenaRequest *request,
										  const char *source, bool keep, SubTransactionId subid);
extern void pds_registry_asked(PdsAthenaRequest *request, const char *execution_id);

/*
 * What a poll has told: it has ended by itself, or not; result (s3://...) is to be deleted once it
 * has, or was stopped; NULL: none.
 */
extern void pds_registry_polled(const char *execution_id, bool ended, const char *result);

/* Stop it if it runs, delete its result, forget it. */
extern void pds_registry_finish(const char *execution_id);
extern void pds_registry_init(void);	/* from _PG_init */

/*
 * ---- the session's last executions (athena_log.c) ----
 *
 * Outside of any memory context, too, and of transactions: what was run was run.
 */
#define PDS_LOG_EXECUTIONS	1000
#define PDS_LOG_SQL_BYTES	8192	/* of a statement that is longer, its
									 * beginning */

typedef struct PdsLoggedExecution
{
	char		id[64];
	char	   *server;
	char	   *database;		/* NULL: none; in UTF-8, as workgroup, sql and
								 * reason */
	char	   *workgroup;
	char	   *sql;
	char	   *reason;			/* why it failed, or NULL */
	const char *source;			/* PDS_SOURCE_SCAN, "pds.athena_query", ...;
								 * static */
	Oid			userid;
	bool		stopped;		/* by us */
	bool		ended;
	TimestampTz submitted;		/* by our clock */
	TimestampTz completed;		/* when we saw its end, or stopped it */
	PdsAthenaState state;
	char		statement_type[16];
	char		substatement_type[40];
	int64		bytes_scanned;	/* -1: not known */
	int64		queue_ms;
	int64		planning_ms;
	int64		engine_ms;
	int64		total_ms;
	bool		reused;
	double		price;			/* US dollars; 0 where nothing is paid */
} PdsLoggedExecution;

/* short of memory nothing is logged: no error */
extern void pds_log_started(const PdsConnection *conn, const PdsAthenaStart *start,
							const char *execution_id, const char *source, Oid userid);
extern void pds_log_polled(const PdsAthenaExecution *e);
extern void pds_log_stopped(const char *execution_id);

/* the i-th, oldest first; NULL: there is none */
extern const PdsLoggedExecution *pds_log_get(int i);

/*
 * what an execution that ended costs: nothing for DDL, failures and reused
 * results (doc/dev/aws.md §7.5)
 */
extern double pds_execution_price(const PdsAthenaExecution *e);

#endif							/* PDS_FDW_ATHENA_RUN_H */
