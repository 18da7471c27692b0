/*
 * athena_log.c
 *	  The session's last executions by Athena, for the view pds.athena_executions.
 *
 * A ring on malloc: an ERROR or a rollback takes nothing of it away, and it
 * holds 1,000 executions at most.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "miscadmin.h"
#include "utils/timestamp.h"

#include "fdw/athena/athena_run.h"

static PdsLoggedExecution *ring;
static int	first;				/* position of the oldest */
static int	count;

static void
clear_entry(PdsLoggedExecution *e)
{
	free(e->server);
	free(e->database);
	free(e->workgroup);
	free(e->sql);
	free(e->reason);
	memset(e, 0, sizeof(*e));
}

static char *
cut_copy(const char *text, size_t max)
{
	char	   *copy;

	if (text == NULL)
		return NULL;
	copy = malloc(max + 1);
	if (copy)
	{
		pds_copy_cut(copy, max + 1, text, strlen(text));
		if (strlen(text) < max)
		{
			char	   *fit = realloc(copy, strlen(copy) + 1);

			copy = fit ? fit : copy;
		}
	}
	return copy;
}

const PdsLoggedExecution *
pds_log_get(int i)
{
	return i < count ? &ring[(first + i) % PDS_LOG_EXECUTIONS] : NULL;
}

/* the newest one of that id: it is nearly always the last */
static PdsLoggedExecution *
find_entry(const char *id)
{
	int			i;

	for (i = count - 1; i >= 0; i--)
	{
		PdsLoggedExecution *e = &ring[(first + i) % PDS_LOG_EXECUTIONS];

		if (strcmp(e->id, id) == 0)
			return e;
	}
	return NULL;
}

void
pds_log_started(const PdsConnection *conn, const PdsAthenaStart *start, const char *execution_id,
				const char *source, Oid userid)
{
	PdsLoggedExecution *e;

	if (ring == NULL)
		ring = calloc(PDS_LOG_EXECUTIONS, sizeof(PdsLoggedExecution));
	if (ring == NULL)
		return;
	if (count == PDS_LOG_EXECUTIONS)
	{
		clear_entry(&ring[first]);
		first = (first + 1) % PDS_LOG_EXECUTIONS;
		count--;
	}
	e = &ring[(first + count++) % PDS_LOG_EXECUTIONS];
	pds_copy_cut(e->id, sizeof(e->id), execution_id, strlen(execution_id));
	e->server = cut_copy(conn->server_name, NAMEDATALEN);
	e->database = cut_copy(start->database, 255);
	e->workgroup = cut_copy(start->workgroup ? start->workgroup : "primary", 159);
	e->sql = cut_copy(start->sql, PDS_LOG_SQL_BYTES);
	e->source = source;
	e->userid = userid;
	e->submitted = GetCurrentTimestamp();
	e->state = PDS_ATHENA_QUEUED;
	e->bytes_scanned = -1;
}

double
pds_execution_price(const PdsAthenaExecution *e)
{
	if (e->reused || e->state == PDS_ATHENA_FAILED)
		return 0;

	/*
	 * SHOW, EXPLAIN and DDL scan nothing; CREATE TABLE AS, which calls itself
	 * DDL, does
	 */
	if (e->bytes_scanned <= 0 &&
		(e->state != PDS_ATHENA_SUCCEEDED || strcmp(e->statement_type, "DML") != 0))
		return 0;
	return pds_athena_price(e->bytes_scanned);
}

void
pds_log_polled(const PdsAthenaExecution *e)
{
	PdsLoggedExecution *l = find_entry(e->id);

	if (l == NULL || l->ended)
		return;
	l->state = e->state;
	l->ended = e->state == PDS_ATHENA_SUCCEEDED || e->state == PDS_ATHENA_FAILED ||
		e->state == PDS_ATHENA_CANCELLED;
	if (l->ended)
		l->completed = GetCurrentTimestamp();
	if (l->ended && e->state != PDS_ATHENA_SUCCEEDED)
	{
		free(l->reason);
		l->reason = cut_copy(e->reason, 1023);
	}
	memcpy(l->statement_type, e->statement_type, sizeof(l->statement_type));
	memcpy(l->substatement_type, e->substatement_type, sizeof(l->substatement_type));
	l->bytes_scanned = e->bytes_scanned;
	l->queue_ms = e->queue_ms;
	l->planning_ms = e->planning_ms;
	l->engine_ms = e->engine_ms;
	l->total_ms = e->total_ms;
	l->reused = e->reused;
	l->price = l->ended ? pds_execution_price(e) : 0;
}

void
pds_log_stopped(const char *execution_id)
{
	PdsLoggedExecution *l = find_entry(execution_id);

	if (l == NULL || l->ended)
		return;
	l->stopped = l->ended = true;
	l->state = PDS_ATHENA_CANCELLED;
	l->completed = GetCurrentTimestamp();
	/* what it had scanned by then is billed */
	if (l->bytes_scanned > 0)
		l->price = pds_athena_price(l->bytes_scanned);
}
