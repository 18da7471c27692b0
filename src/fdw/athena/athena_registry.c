/*
 * athena_registry.c
 *	  Executions of this backend that something must still be done about.
 *
 * An ERROR takes the scan and its memory away before transaction callbacks
 * run.  What is left in Athena and S3 is therefore noted here, on malloc, with
 * the subtransaction it belongs to: a callback stops what runs within two
 * seconds in all (doc/dev/pitfalls.md §2), and tries for a moment to learn what a
 * start without a reply has become, and to delete results.  What gets no
 * answer is left for later (later.c).
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "storage/ipc.h"

#include "core/aws/athena.h"
#include "core/s3/s3_write.h"
#include "fdw/athena/athena_run.h"
#include "fdw/base/error_map.h"
#include "fdw/base/later.h"
#include "fdw/base/no_memory.h"

/* for all the executions that one transaction callback stops ... */
#define STOP_MS 2000
/*
 * ... and for learning their ids, finding and deleting their results: a cancelled
 * user is waiting for his prompt
 */
#define ASK_MS 200
#define FIND_MS 200
#define DELETE_MS 200

/* for each of these at the end of the session, where nobody waits */
#define EXIT_MS 2000

typedef struct Running
{
	struct Running *next;
	char		id[64];			/* "": not known yet */
	PdsAthenaRequest request;	/* until then */
	const char *source;
	Oid			userid;
	char	   *result;			/* s3://... to be deleted; NULL: none */
	bool		polled;			/* result says all that is to be done */
	bool		keep;			/* the result stays */
	bool		ended;			/* in Athena: no stop needed */
	SubTransactionId subid;
	PdsConnection *conn;		/* held */
} Running;

static Running *running;

static void
forget_execution(Running *r)
{
	pds_athena_request_free(&r->request);
	pds_connection_release(r->conn);
	free(r->result);
	free(r);
}

static void
started(Running *r, const char *execution_id)
{
	PdsAthenaStart start;

	pds_copy_cut(r->id, sizeof(r->id), execution_id, strlen(execution_id));
	pds_athena_request_of(&r->request, &start);
	pds_log_started(r->conn, &start, r->id, r->source, r->userid);
	pds_athena_request_free(&r->request);
}

PdsAthenaRequest *
pds_registry_ask(PdsConnection *conn, PdsAthenaRequest *request, const char *source, bool keep,
				 SubTransactionId subid)
{
	Running    *r = calloc(1, sizeof(Running));

	if (r == NULL)
	{
		pds_athena_request_free(request);
		pds_raise_no_memory();
	}
	r->request = *request;
	r->source = source;
	r->userid = GetUserId();
	r->keep = keep;
	r->subid = subid;
	r->conn = conn;
	pds_connection_hold(conn);
	r->next = running;
	running = r;
	return &r->request;
}

void
pds_registry_asked(PdsAthenaRequest *request, const char *execution_id)
{
	Running   **at = &running;
	Running    *r;

	while (&(*at)->request != request)
		at = &(*at)->next;
	r = *at;
	if (execution_id)
		started(r, execution_id);
	else if (!request->open)
	{
		*at = r->next;
		forget_execution(r);
	}
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

/* ---- steps to the end; each is false when it is to be tried again ---- */

/* A start had no reply that told: the same request again does. */
static bool
learn_id(Running *r)
{
	PdsAthenaExecution e;
	PdsError	err;

	if (r->id[0])
		return true;
	if (r->request.open)
	{
		pds_athena_execution_init(&e);
		pds_error_clear(&err);
		if (pds_athena_request_send(r->conn->aws, &r->request, 0, &e, &err))
			started(r, e.id);
		pds_athena_execution_clear(&e);
	}
	if (r->request.open)
		return false;
	/* refused: there is none */
	if (r->id[0] == '\0')
		r->ended = r->polled = true;
	return true;
}

static bool
stop(Running *r)
{
	PdsError	err;

	if (r->ended)
		return true;
	pds_error_clear(&err);
	if (pds_athena_stop(r->conn->aws, r->id, &err))
		pds_log_stopped(r->id);
	else if (pds_error_reply_lost(&err))
		return false;
	else
		ereport(WARNING,
				(errmsg("Athena execution %s could not be stopped: %s", r->id, err.message),
				 errhint("Stop it by hand: it may go on and cost money.")));
	r->ended = true;
	return true;
}

/*
 * Where is the result of one that was never polled?  It may have had its end
 * before it was stopped.  A work group may have sent it elsewhere than the
 * server says, so Athena is asked first.
 */
static bool
find_result(Running *r)
{
	PdsAthenaExecution e;
	PdsError	err;
	const char *place = r->conn->options.output_location;
	PdsStr		guess;

	if (r->polled || r->keep)
		return true;
	pds_athena_execution_init(&e);
	pds_error_clear(&err);
	pds_copy_cut(e.id, sizeof(e.id), r->id, strlen(r->id));
	free(r->result);
	r->result = NULL;
	if (pds_athena_poll(r->conn->aws, &e, &err))
	{
		if (e.state != PDS_ATHENA_FAILED && !e.reused && e.output_location)
			r->result = strdup(e.output_location);
		r->polled = true;
	}
	else
	{
		if (place)
		{
			pds_str_init(&guess);
			pds_str_appendf(&guess, "%s%s%s.csv", place, pds_str_has_suffix(place, "/") ? "" : "/",
							r->id);
			r->result = guess.failed ? NULL : guess.data;
		}
		r->polled = !pds_error_reply_lost(&err);
	}
	pds_athena_execution_clear(&e);
	return r->polled;
}

/* the result and what Athena writes beside it */
static bool
delete_result(Running *r)
{
	PdsError	err;
	char	   *bucket;
	PdsStr		metadata;
	char	   *keys[2];
	bool		ok;

	pds_error_clear(&err);
	if (r->result == NULL || !pds_s3_parse_uri(r->result, &bucket, &keys[0], &err))
		return true;
	pds_str_init(&metadata);
	pds_str_appendf(&metadata, "%s.metadata", keys[0]);
	keys[1] = metadata.data;

	/*
	 * in one request; the right to delete may be missing: nothing that a user
	 * must know of
	 */
	ok = metadata.failed || pds_s3_delete_many(r->conn->aws, bucket, keys, 2, NULL, &err);
	if (!ok)
		pds_report(DEBUG1, &err);
	pds_str_free(&metadata);
	free(bucket);
	free(keys[0]);
	if (!ok && pds_error_reply_lost(&err))
		return false;
	free(r->result);
	r->result = NULL;
	return true;
}

/* one that was stopped may have had its end just before */
static bool
remove_result(Running *r)
{
	bool		found = find_result(r);

	return delete_result(r) && found;
}

/* ---- what is left for later ---- */

static bool
try_later(void *arg, bool last)
{
	Running    *r = arg;

	return learn_id(r) && stop(r) && remove_result(r);
}

static void
end_later(void *arg, bool done)
{
	Running    *r = arg;

	if (!done && r->id[0] == '\0' && r->request.open)
		ereport(WARNING,
				(errmsg("a query may have been started in Athena that nothing is known of"),
				 errdetail("No reply told the id of the execution."),
				 errhint("Look for it among the executions of the work group: it may go on and cost money.")));
	else if (!done && !r->ended)
		ereport(WARNING,
				(errmsg("Athena execution %s could not be stopped: no reply in time", r->id),
				 errhint("Stop it by hand: it may go on and cost money.")));
	forget_execution(r);
}

static void
leave_for_later(Running *r)
{
	/* all of its time has been spent */
	if (proc_exit_inprogress)
	{
		end_later(r, false);
		return;
	}
	if (!r->ended && r->id[0])
		ereport(WARNING,
				(errmsg("Athena execution %s could not be stopped yet: no reply in time", r->id),
				 errhint("It is tried again with the next transactions of this session, and at its end.")));
	pds_later(try_later, end_later, r);
}

/* ---- ends ---- */

void
pds_registry_finish(const char *execution_id)
{
	Running   **at;
	Running    *r;

	for (at = &running; (r = *at) != NULL; at = &r->next)
		if (strcmp(r->id, execution_id) == 0)
		{
			/* else a cancel came: the transaction's end goes on with it */
			if (stop(r) && remove_result(r))
			{
				*at = r->next;
				forget_execution(r);
			}
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
	pds_set_deadline(proc_exit_inprogress ? EXIT_MS : ASK_MS);
	for (r = mine; r; r = r->next)
		(void) learn_id(r);
	pds_set_deadline(STOP_MS);
	for (r = mine; r; r = r->next)
		if (r->id[0])
			(void) stop(r);
	pds_set_deadline(proc_exit_inprogress ? EXIT_MS : FIND_MS);
	for (r = mine; r; r = r->next)
		if (r->id[0])
			(void) find_result(r);
	pds_set_deadline(proc_exit_inprogress ? EXIT_MS : DELETE_MS);
	while ((r = mine) != NULL)
	{
		bool		deleted = delete_result(r);

		mine = r->next;
		if (deleted && r->ended && (r->polled || r->keep))
			forget_execution(r);
		else
			leave_for_later(r);
	}
	pds_set_deadline(0);
}

static void
registry_on_xact(XactEvent event, void *arg)
{
	if (event != XACT_EVENT_ABORT && event != XACT_EVENT_COMMIT && event != XACT_EVENT_PREPARE)
		return;
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
