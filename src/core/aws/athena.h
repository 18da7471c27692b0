/*
 * athena.h
 *	  Athena: start, poll, stop, results (doc/dev/aws.md §7.1 - §7.4).
 */
#ifndef PDS_CORE_ATHENA_H
#define PDS_CORE_ATHENA_H

#include "core/aws/aws.h"

typedef struct PdsAthenaStart
{
	const char *sql;			/* at most 262,144 bytes */
	const char *catalog;		/* NULL: AwsDataCatalog */
	const char *database;		/* may be NULL */
	const char *workgroup;		/* NULL: primary */
	const char *output_location;	/* NULL: the work group's */
	int			reuse_minutes;	/* result reuse; 0: off */
	const char *token;			/* ClientRequestToken, 32..128 characters;
								 * NULL: made here */
	const char *const *params;	/* ExecutionParameters: SQL literals for each
								 * ?, 1..1024 characters */
	int			nparams;
	long		start_timeout_ms;	/* how long to try while the account's
									 * quota of queries is full */
} PdsAthenaStart;

typedef enum PdsAthenaState
{
	PDS_ATHENA_QUEUED, PDS_ATHENA_RUNNING, PDS_ATHENA_SUCCEEDED,
	PDS_ATHENA_FAILED, PDS_ATHENA_CANCELLED
} PdsAthenaState;

typedef struct PdsAthenaExecution
{
	char		id[64];
	PdsAthenaState state;
	char		workgroup[160];
	char	   *output_location;	/* full key of the result; NULL: managed
									 * results */
	bool		client_encrypted;	/* CSE_KMS: only the API can read it */
	char	   *reason;			/* StateChangeReason, may be NULL */
	int			error_category; /* AthenaError, 0 when absent */
	int			error_type;
	bool		error_retryable;
	char		statement_type[16]; /* DML, DDL, UTILITY */
	char		substatement_type[40];	/* SELECT, ... */
	int64_t		bytes_scanned;	/* -1: not given */
	int64_t		queue_ms;
	int64_t		planning_ms;
	int64_t		engine_ms;
	int64_t		total_ms;
	bool		reused;			/* an earlier result was reused */
	int			polls;			/* GetQueryExecution calls made by us */
	int			throttled;		/* of them, those that were refused since one
								 * was answered */
	int			throttled_attempts; /* requests that these took */
	int64_t		max_scan_bytes; /* for pds_athena_wait; -1: no limit */
} PdsAthenaExecution;

extern void pds_athena_execution_init(PdsAthenaExecution *e);
extern void pds_athena_execution_clear(PdsAthenaExecution *e);	/* frees its strings */

/*
 * A start that can be asked for again: its token makes it the same execution, so that
 * asking tells the id where a reply was lost.
 */
typedef struct PdsAthenaRequest
{
	PdsJson		in;
	bool		open;			/* it was sent, and no reply has told what
								 * became of it */
} PdsAthenaRequest;

extern bool pds_athena_request_make(const PdsAthenaStart *start, PdsAthenaRequest *r,
									PdsError *err);

/*
 * StartQueryExecution: fills e->id.  Retrying is safe: the token is the same.  While the account
 * has as many queries as its quota allows (TooManyRequestsException), it is tried again with
 * back-off for start_timeout_ms; then PDS_ERR_THROTTLED.
 */
extern bool pds_athena_request_send(PdsAws *aws, PdsAthenaRequest *r, long start_timeout_ms,
									PdsAthenaExecution *e, PdsError *err);
extern void pds_athena_request_free(PdsAthenaRequest *r);

/* sql, database and work group of it, borrowed */
extern void pds_athena_request_of(const PdsAthenaRequest *r, PdsAthenaStart *start);

/* as Athena writes it */
extern const char *pds_athena_state_name(PdsAthenaState state);

/* GetQueryExecution once */
extern bool pds_athena_poll(PdsAws *aws, PdsAthenaExecution *e, PdsError *err);

/*
 * Poll until an end state with back-off (the first time after 100 ms, x1.5, cap 2 s, 5 s after a
 * minute, jitter).  A poll that is throttled is made again later, more slowly: what runs there is
 * paid for; PDS_ERR_THROTTLED after PDS_ATHENA_THROTTLED_POLLS of them.  FAILED and CANCELLED are
 * errors: Athena's message, category and execution id in err; of kind PDS_ERR_QUERY_CUTOFF and
 * PDS_ERR_QUERY_RESOURCES where limits were the reason.  A cancel returns PDS_ERR_CANCELLED, more
 * bytes scanned than e->max_scan_bytes PDS_ERR_LIMIT; the caller stops the execution.
 */
#define PDS_ATHENA_THROTTLED_POLLS	10
/* one step of it: a poll and what follows from it; *ended: it SUCCEEDED */
extern bool pds_athena_check(PdsAws *aws, PdsAthenaExecution *e, bool *ended, PdsError *err);
extern bool pds_athena_wait(PdsAws *aws, PdsAthenaExecution *e, PdsError *err);

/* StopQueryExecution; true too when it had already ended */
extern bool pds_athena_stop(PdsAws *aws, const char *execution_id, PdsError *err);

/* ms until the next poll, given those made and ms waited so far */
extern long pds_athena_poll_delay(const PdsAthenaExecution *e, int64_t waited_ms);

/* One page of GetQueryResults. */
typedef struct PdsAthenaPage
{
	int			ncolumns;
	char	  **names;			/* of ColumnInfo */
	char	  **types;
	int			nrows;
	char	  **values;			/* nrows * ncolumns; NULL pointer = SQL NULL */
	bool		ragged;			/* a row has not ncolumns fields: those that
								 * are missing are NULL, others left out */
	char	   *next_token;		/* NULL: last page */
	int64_t		update_count;	/* rows written; 0 when it wrote none, -1: not
								 * given */
	void	   *owner;			/* what the pointers hang on */
} PdsAthenaPage;

extern bool pds_athena_results(PdsAws *aws, const char *execution_id, const char *next_token,
							   int max_results, PdsAthenaPage *page, PdsError *err);
extern void pds_athena_page_free(PdsAthenaPage *page);

/* price in US dollars of a finished execution: 5 per TB, rounded up to the MB, 10 MB at least */
extern double pds_athena_price(int64_t bytes_scanned);

#endif							/* PDS_CORE_ATHENA_H */
