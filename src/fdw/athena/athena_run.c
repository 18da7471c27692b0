/*
 * athena_run.c
 *	  One execution by Athena: start, wait, stop.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "fdw/athena/athena_run.h"
#include "fdw/base/error_map.h"
#include "fdw/base/on_reset.h"
#include "fdw/base/progress.h"

/* once for each execution, when its end is known or nobody waits for it any more */
static void
count_execution(PdsAthenaRun *run)
{
	const PdsAthenaExecution *e = &run->exec;

	if (!run->uncounted)
		return;
	run->uncounted = false;
	run->counts.executions++;
	run->counts.bytes_scanned += Max(e->bytes_scanned, 0);
	run->counts.price += pds_execution_price(e);
}

void
pds_athena_run_count(const PdsAthenaRun *run, PdsStatCounts *counts)
{
	counts->executions += run->counts.executions;
	counts->bytes_scanned += run->counts.bytes_scanned;
	counts->price += run->counts.price;
}

static void
free_execution(void *arg)
{
	PdsAthenaRun *run = arg;

	count_execution(run);
	pds_athena_execution_clear(&run->exec);
}

void
pds_athena_run_init(PdsAthenaRun *run, PdsConnection *conn, MemoryContext cxt)
{
	memset(run, 0, sizeof(*run));
	run->conn = conn;
	run->subid = GetCurrentSubTransactionId();
	pds_athena_execution_init(&run->exec);
	pds_on_reset(cxt, free_execution, run);
}

/*
 * Start the execution.  The registry knows of it before it is asked for, since
 * whatever ends the wait for the reply leaves open whether Athena has it.
 */
static void
start_execution(PdsAthenaRun *run, PdsAthenaStart *start)
{
	PdsAthenaRequest request;
	PdsAthenaRequest *kept;
	PdsError	err;
	bool		ok;

	pds_error_clear(&err);
	if (!pds_athena_request_make(start, &request, &err))
	{
		pds_athena_request_free(&request);
		pds_raise(&err);
	}
	kept = pds_registry_ask(run->conn, &request, run->source, run->keep, run->subid);
	pds_progress_execution(&run->exec);
	ok = pds_athena_request_send(run->conn->aws, kept, start->start_timeout_ms, &run->exec, &err);
	pds_progress_execution(NULL);
	pds_registry_asked(kept, ok ? run->exec.id : NULL);
	if (ok)
		return;
	/* a cancel that came meanwhile is what the caller hears of */
	CHECK_FOR_INTERRUPTS();
	pds_raise(&err);
}

/* a statement that we wrote was refused: what its reader can do */
static void
scan_hint(PdsError *err)
{
	int			t = err->athena_type;

	if (strcmp(err->aws_code, "FUNCTION_NOT_FOUND") == 0)
		pds_error_hint(err, "This engine of Athena lacks the function: another engine version of the work group may have it; SET pds.engine = 'direct' evaluates it here.");
	else if (strcmp(err->aws_code, "COLUMN_NOT_FOUND") == 0 || t == 1110 ||
			 (t >= 1300 && t <= 1305))
		pds_error_hint(err, "The table in Glue may have changed: IMPORT FOREIGN SCHEMA again, or run pds.refresh_table.");
	else
		pds_error_hint(err, "EXPLAIN VERBOSE shows the query that was sent; SET pds.engine = 'direct' reads S3 instead.");
}

/*
 * a statement that the caller of a function wrote: where Athena looked for a
 * table, it does not say
 */
static void
function_hint(PdsError *err)
{
	if (strcmp(err->aws_code, "TABLE_NOT_FOUND") == 0 ||
		strcmp(err->aws_code, "SCHEMA_NOT_FOUND") == 0 ||
		strcmp(err->aws_code, "MISSING_SCHEMA_NAME") == 0)
		pds_error_hint(err, "Name the table as database.table, or give the argument \"database\"; pds.tables lists what there is.");
}

void
pds_athena_run_start(PdsAthenaRun *run, PdsAthenaStart *start, int64 max_scan_bytes, bool keep,
					 const char *source)
{
	PdsConnection *conn = run->conn;
	PdsAthenaExecution *e = &run->exec;

	if (start->catalog == NULL)
		start->catalog = conn->options.athena_catalog;
	if (start->workgroup == NULL)
		start->workgroup = conn->options.workgroup;
	if (start->output_location == NULL)
		start->output_location = conn->options.output_location;
	pds_athena_execution_clear(e);
	start->start_timeout_ms = conn->options.start_timeout_ms;
	run->source = source;
	run->keep = keep || conn->options.keep_results || start->reuse_minutes != 0;
	pds_activity_phase(run->activity, PDS_PHASE_ATHENA);
	pds_activity_execution(run->activity, e);
	start_execution(run, start);
	run->uncounted = true;
	if (pds_log_remote_sql)
		ereport(LOG, (errmsg("pds_fdw: Athena execution %s: %s", e->id, start->sql),
					  errhidestmt(true)));
	e->max_scan_bytes = max_scan_bytes;
}

/* A poll has told something. */
static void
note_poll(PdsAthenaRun *run)
{
	PdsAthenaExecution *e = &run->exec;
	bool		failed = e->state == PDS_ATHENA_FAILED || e->state == PDS_ATHENA_CANCELLED;

	pds_log_polled(e);
	pds_registry_polled(e->id, failed || e->state == PDS_ATHENA_SUCCEEDED,
						failed || run->keep || e->reused ? NULL : e->output_location);
}

/*
 * "integer addition overflow: ..." and the like: the type whose values do not
 * reach so far; NULL: none of ours
 */
static const char *
type_out_of_range(const char *message)
{
	static const char *const types[] = {"smallint", "integer", "bigint"};
	int			i;

	for (i = 0; i < lengthof(types); i++)
		if (strstr(message, types[i]) != NULL)
			return types[i];
	return NULL;
}

/*
 * An expression that was sent has failed as it would have here: it says so in PostgreSQL's words,
 * and in Athena's in the detail.
 */
static bool
in_words_of_postgres(PdsError *err)
{
	char		detail[sizeof(err->detail)];
	const char *type;

	if (strcmp(err->aws_code, "DIVISION_BY_ZERO") == 0)
		type = NULL;
	else if (strcmp(err->aws_code, "NUMERIC_VALUE_OUT_OF_RANGE") != 0 ||
			 (type = type_out_of_range(err->message)) == NULL)
		return false;
	snprintf(detail, sizeof(detail), "%s.\n%s", err->message, err->detail);
	pds_copy_cut(err->detail, sizeof(err->detail), detail, strlen(detail));
	if (type)
		snprintf(err->message, sizeof(err->message), "%s out of range", type);
	else
		snprintf(err->message, sizeof(err->message), "division by zero");
	return true;
}

/* It ended, or cannot be waited for. */
static void
settle_execution(PdsAthenaRun *run, bool ok, PdsError *err)
{
	note_poll(run);
	count_execution(run);
	pds_activity_phase(run->activity, PDS_PHASE_READING);
	if (ok)
		return;
	if (err->kind == PDS_ERR_QUERY_FAILED && err->hint[0] == '\0' && err->advice == PDS_ADVICE_NONE)
	{
		if (strcmp(run->source, PDS_SOURCE_SCAN) != 0)
			function_hint(err);
		else if (!in_words_of_postgres(err))
			scan_hint(err);
	}
	pds_raise(err);
}

bool
pds_athena_run_poll(PdsAthenaRun *run)
{
	PdsError	err;
	bool		ended;
	bool		ok;

	Assert(run->exec.id[0] != '\0');
	pds_error_clear(&err);
	ok = pds_athena_check(run->conn->aws, &run->exec, &ended, &err);
	if (ok && !ended)
	{
		note_poll(run);
		return false;
	}
	settle_execution(run, ok, &err);
	return true;
}

void
pds_athena_run_wait(PdsAthenaRun *run)
{
	PdsError	err;
	bool		ok;

	Assert(run->exec.id[0] != '\0');
	pds_error_clear(&err);
	pds_progress_execution(&run->exec);
	ok = pds_athena_wait(run->conn->aws, &run->exec, &err);
	pds_progress_execution(NULL);
	settle_execution(run, ok, &err);
}

void
pds_athena_run(PdsAthenaRun *run, PdsAthenaStart *start, int64 max_scan_bytes, bool keep,
			   const char *source)
{
	pds_athena_run_start(run, start, max_scan_bytes, keep, source);
	pds_athena_run_wait(run);
}

void
pds_athena_run_finish(PdsAthenaRun *run)
{
	bool		any = run->exec.id[0] != '\0';

	if (any)
	{
		count_execution(run);
		pds_activity_execution(run->activity, NULL);
		pds_registry_finish(run->exec.id);
	}
	run->exec.id[0] = '\0';
	/* a cancel that came while the result was deleted is still a cancel */
	if (any)
		pds_rethrow_interrupt();
}
