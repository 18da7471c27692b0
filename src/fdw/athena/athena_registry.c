/*
 * athena_registry.c
 *	  Executions of this backend that something must still be done about.
 *
 * An ERROR takes the scan and its memory away before transaction callbacks
 * run.  What is left in Athena and S3 is therefore noted here, on malloc, with
 * the subtransaction it belongs to: a callback stops what runs within two
 * seconds in all (doc/dev/pitfalls.md §2), and tries for a moment to delete results.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "access/xact.h"

#include "core/aws/athena.h"
#include "core/s3/s3_write.h"
#include "fdw/athena/athena_run.h"
#include "fdw/base/error_map.h"

/* for all the executions that one transaction callback stops ... */
#define STOP_MS 2000
/* ... and for finding and deleting their results: a cancelled user is waiting for his prompt */
#define FIND_MS 200
#define DELETE_MS 200

typedef struct Running
{
	struct Running *next;
	char		id[64];
	char	   *result;			/* s3://... to be deleted; NULL: none */
	bool		polled;			/* result says all that is to be done */
	bool		keep;			/* the result stays */
	bool		ended;			/* in Athena: no stop needed */
	SubTransactionId subid;
	PdsConnection *conn;		/* held */
} Running;

static Running *running;

void
pds_registry_add(PdsConnection *conn, const char *execution_id, bool keep,
				 SubTransactionId subid)
{
	Running    *r = calloc(1, sizeof(Running));

	if (r == NULL)
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
	pds_copy_cut(r->id, sizeof(r->id), execution_id, strlen(execution_id));
	r->keep = keep;
	r->subid = subid;
	r->conn = conn;
	pds_connection_hold(conn);
	r->next = running;
	running = r;
}

void
pds_registry_polled(const char *execution_id, bool ended, const char *result)
{
	Running    *r;

	for (r = running; r; r = r->next)
		if (strcmp(r->id, execution_id) == 0)
		{
			r->polled = ended || result != NULL;
			r->ended = ended;
			free(r->result);
			r->result = result ? strdup(result) : NULL;
		}
}

/* the result and what Athena writes beside it */
static void
delete_result(Running *r)
{
	PdsError	err;
	char	   *bucket;
	PdsStr		metadata;
	char	   *keys[2];

	pds_error_clear(&err);
	if (!pds_s3_parse_uri(r->result, &bucket, &keys[0], &err))
		return;
	pds_str_init(&metadata);
	pds_str_appendf(&metadata, "%s.metadata", keys[0]);
	keys[1] = metadata.data;

	/*
	 * in one request; the right to delete may be missing: nothing that a user
	 * must know of
	 */
	if (!metadata.failed && !pds_s3_delete_many(r->conn->aws, bucket, keys, 2, NULL, &err))
		pds_report(DEBUG1, &err);
	pds_str_free(&metadata);
	free(bucket);
	free(keys[0]);
}

static void
stop(Running *r)
{
	PdsError	err;

	pds_error_clear(&err);
	if (!r->ended && !pds_athena_stop(r->conn->aws, r->id, &err))
		ereport(WARNING,
				(errmsg("Athena execution %s could not be stopped: %s", r->id,
						err.kind == PDS_ERR_CANCELLED ? "no reply in time" : err.message),
				 errhint("Stop it by hand: it may go on and cost money.")));
	else if (!r->ended)
		pds_log_stopped(r->id);
}

/*
 * Where is the result of one that was never polled?  It may have had its end
 * before it was stopped.  A work group may have sent it elsewhere than the
 * server says, so Athena is asked first.
 */
static void
find_result(Running *r)
{
	PdsAthenaExecution e;
	PdsError	err;
	const char *place = r->conn->options.output_location;
	PdsStr		guess;

	if (r->polled || r->keep)
		return;
	pds_athena_execution_init(&e);
	pds_error_clear(&err);
	pds_copy_cut(e.id, sizeof(e.id), r->id, strlen(r->id));
	if (pds_athena_poll(r->conn->aws, &e, &err))
	{
		if (e.state != PDS_ATHENA_FAILED && !e.reused && e.output_location)
			r->result = strdup(e.output_location);
	}
	else if (place)
	{
		pds_str_init(&guess);
		pds_str_appendf(&guess, "%s%s%s.csv", place, pds_str_has_suffix(place, "/") ? "" : "/", r->id);
		r->result = guess.failed ? NULL : guess.data;
	}
	pds_athena_execution_clear(&e);
}

static void
forget_execution(Running *r)
{
	/* one that was stopped may have had its end just before */
	if (r->result)
		delete_result(r);
	pds_connection_release(r->conn);
	free(r->result);
	free(r);
}

void
pds_registry_finish(const char *execution_id)
{
	Running   **at;

	for (at = &running; *at; at = &(*at)->next)
		if (strcmp((*at)->id, execution_id) == 0)
		{
			Running    *r = *at;

			*at = r->next;
			stop(r);
			find_result(r);
			forget_execution(r);
			return;
		}
}

/* all, or those of one subtransaction */
static void
finish_executions(SubTransactionId subid)
{
	Running   **at = &running;
	Running    *mine = NULL;
	Running    *r;

	if (running == NULL)
		return;
	while ((r = *at) != NULL)
	{
		if (subid != InvalidSubTransactionId && r->subid != subid)
		{
			at = &r->next;
			continue;
		}
		*at = r->next;
		r->next = mine;
		mine = r;
	}
	/* whatever interrupted the query must not interrupt this */
	pds_forget_interrupt();
	pds_set_deadline(STOP_MS);
	for (r = mine; r; r = r->next)
		stop(r);
	pds_set_deadline(FIND_MS);
	for (r = mine; r; r = r->next)
		find_result(r);
	pds_set_deadline(DELETE_MS);
	while ((r = mine) != NULL)
	{
		mine = r->next;
		forget_execution(r);
	}
	pds_set_deadline(0);
}

static void
registry_on_xact(XactEvent event, void *arg)
{
	if (event == XACT_EVENT_ABORT || event == XACT_EVENT_COMMIT || event == XACT_EVENT_PREPARE)
		finish_executions(InvalidSubTransactionId);
}

static void
registry_on_subxact(SubXactEvent event, SubTransactionId mine, SubTransactionId parent, void *arg)
{
	Running    *r;

	if (event == SUBXACT_EVENT_ABORT_SUB)
		finish_executions(mine);
	else if (event == SUBXACT_EVENT_COMMIT_SUB)
		for (r = running; r; r = r->next)
			if (r->subid == mine)
				r->subid = parent;
}

void
pds_registry_init(void)
{
	RegisterXactCallback(registry_on_xact, NULL);
	RegisterSubXactCallback(registry_on_subxact, NULL);
}
