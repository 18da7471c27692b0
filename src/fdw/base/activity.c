/*
 * activity.c
 *	  What goes on in this process, for the views of others (doc/dev/design.md §7).
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "access/parallel.h"
#include "common/hashfn.h"
#include "miscadmin.h"
#include "utils/backend_status.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "fdw/base/activity.h"
#include "fdw/base/on_reset.h"
#include "fdw/base/shared_state.h"

struct PdsActivity
{
	PdsActivity *next;
	PdsActivityOptions o;
	PdsStatKey	key;
	char		server[NAMEDATALEN];
	char		relation[PDS_STAT_NAME];
	TimestampTz began;
	PdsTraffic	before;			/* of the connection, when it began */
	PdsProgressSlot *slot;		/* NULL: not shown */
	PdsPhase	phase;
	PdsProgressNumbers numbers;
	const PdsFetch *fetch;		/* what it reads now, or NULL */
	const int64 *rows;
	const PdsAthenaExecution *execution;
	bool		ended;
};

static PdsActivity *activities;

/* what an activity of a kind does at first */
static const PdsPhase first_phases[] = {
	[PDS_STAT_DIRECT] = PDS_PHASE_LISTING,
	[PDS_STAT_ATHENA] = PDS_PHASE_LISTING,
	[PDS_STAT_WRITE] = PDS_PHASE_WRITING,
	[PDS_STAT_PLANNING] = PDS_PHASE_PLANNING,
	[PDS_STAT_ANALYZE] = PDS_PHASE_LISTING,
	[PDS_STAT_IMPORT] = PDS_PHASE_LISTING
};

StaticAssertDecl(lengthof(first_phases) == PDS_STAT_IMPORT + 1, "a kind has no first phase");

/* ---- requests ---- */

static PdsTraffic
traffic_of(const PdsConnection *conn)
{
	return (PdsTraffic)
	{
		.http = *pds_http_counters(conn->http), .cache_hits = conn->cache_hits
	};
}

void
pds_count_http(PdsStatCounts *counts, const PdsHttpCounters *http)
{
	counts->requests += (int64) http->requests;
	counts->retries += (int64) http->retries;
	counts->bytes_received += (int64) http->bytes_in;
	counts->bytes_sent += (int64) http->bytes_out;
	counts->disk_hits += (int64) http->blocks_cached;
	counts->disk_bytes += (int64) http->bytes_cached;
	counts->network_ms += http->wait_us / 1000.0;
}

/*
 * What the connection did since the activity began, and no other one has taken.  So of several at
 * once the first that ends takes what all did, and a sum over all counts nothing twice.
 */
static void
take_traffic(PdsActivity *a, PdsStatCounts *n)
{
	PdsTraffic	now = traffic_of(a->o.conn);
	const PdsTraffic *taken = &a->o.conn->taken;

	PdsHttpCounters new;

#define NEW(field) (now.field - Max(a->before.field, taken->field))
	new.requests = NEW(http.requests);
	new.retries = NEW(http.retries);
	new.bytes_in = NEW(http.bytes_in);
	new.bytes_out = NEW(http.bytes_out);
	new.wait_us = NEW(http.wait_us);
	new.bytes_cached = NEW(http.bytes_cached);
	new.blocks_cached = NEW(http.blocks_cached);
	n->memory_hits += (int64) NEW(cache_hits);
#undef NEW
	pds_count_http(n, &new);
	a->o.conn->taken = now;
}

void
pds_activity_handed_over(PdsActivity *a)
{
	if (a)
		a->before = a->o.conn->taken = traffic_of(a->o.conn);
}

/* ---- life ---- */

static void
activity_gone(void *arg)
{
	pds_activity_end(arg, true);
}

static void
set_names(PdsActivity *a)
{
	const PdsActivityOptions *o = &a->o;
	const char *name = o->name;
	char	   *relation;

	if (OidIsValid(o->relid) && (relation = get_rel_name(o->relid)) != NULL)
		name = quote_qualified_identifier(get_namespace_name(get_rel_namespace(o->relid)),
										  relation);
	pds_keep_name(a->server, sizeof(a->server), o->conn->server_name);
	pds_keep_name(a->relation, sizeof(a->relation), name ? name : "");
	a->key.userid = OidIsValid(o->userid) ? o->userid : GetUserId();
	a->key.dbid = MyDatabaseId;
	a->key.serverid = o->conn->serverid;
	a->key.relid = o->relid;
	a->key.name_hash = OidIsValid(o->relid) ? 0
		: hash_bytes((const unsigned char *) a->relation, (int) strlen(a->relation));
	a->key.kind = o->kind;
	a->key.queryid = o->queryid ? o->queryid : (int64) pgstat_get_my_query_id();
}

PdsActivity *
pds_activity_begin(const PdsActivityOptions *o, MemoryContext cxt)
{
	PdsActivity *a = MemoryContextAllocZero(cxt, sizeof(PdsActivity));

	a->o = *o;
	a->began = GetCurrentTimestamp();
	a->before = traffic_of(o->conn);
	a->phase = first_phases[o->kind];
	a->numbers = (PdsProgressNumbers)
	{
		.objects_total = -1, .bytes_total = -1, .athena_bytes = -1, .athena_state = -1
	};
	set_names(a);
	a->o.name = NULL;			/* the caller's, for now only */
	a->slot = pds_slot_take(&a->key, a->server, a->relation, a->phase);
	a->next = activities;
	activities = a;
	pds_on_reset(cxt, activity_gone, a);
	return a;
}

void
pds_activity_end(PdsActivity *a, bool failed)
{
	PdsActivity **at = &activities;
	static const PdsStatCounts nothing;
	PdsStatCounts counts = {.scans = 1};

	if (a == NULL || a->ended)
		return;
	a->ended = true;
	while (*at != a)
		at = &(*at)->next;
	*at = a->next;
	pds_slot_give(a->slot);
	a->slot = NULL;
	if (a->o.count)
		a->o.count(a->o.arg, &counts);
	take_traffic(a, &counts);

	/*
	 * most plans are made of what is kept; they would only take rows from
	 * others
	 */
	if (a->o.kind == PDS_STAT_PLANNING && counts.requests == 0)
		return;
	/* a worker's share is part of its leader's scan */
	if (!IsParallelWorker())
	{
		counts.failed = failed;
		counts.scans = Max(counts.scans, counts.failed);
		counts.total_ms = (GetCurrentTimestamp() - a->began) / 1000.0;
	}
	else
	{
		counts.scans = 0;
		if (memcmp(&counts, &nothing, sizeof(counts)) == 0)
			return;
	}
	pds_stat_table_add(&a->key, a->server, a->relation, &counts);
}

/* ---- what it does ---- */

static void
show_activity(PdsActivity *a)
{
	PdsProgressNumbers *n = &a->numbers;

	if (a->slot == NULL)
		return;
	if (a->fetch)
	{
		n->bytes_done = pds_fetch_read(a->fetch);
		n->objects_done = pds_fetch_splits(a->fetch);
		n->rows = *a->rows;
	}
	if (a->execution)
	{
		n->athena_state = a->execution->id[0] ? (int) a->execution->state : -1;
		n->athena_bytes = a->execution->bytes_scanned;
		pds_slot_execution(a->slot, a->execution->id);
	}
	pds_slot_write(a->slot, a->phase, n);
}

void
pds_activities_look(void)
{
	PdsActivity *a;

	for (a = activities; a; a = a->next)
		show_activity(a);
}

void
pds_activity_phase(PdsActivity *a, PdsPhase phase)
{
	if (a == NULL || a->ended || a->phase == phase)
		return;
	a->phase = phase;
	show_activity(a);
}

static void
stop_reading(void *arg)
{
	PdsActivity *a = arg;

	a->fetch = NULL;
	a->rows = NULL;
}

void
pds_activity_total(PdsActivity *a, int64 objects, int64 bytes)
{
	a->numbers.objects_total = objects;
	a->numbers.bytes_total = bytes;
}

void
pds_activity_reads(PdsActivity *a, const PdsFetch *fetch, const int64 *rows, int64 objects,
				   int64 bytes, MemoryContext cxt)
{
	if (a == NULL)
		return;
	pds_on_reset(cxt, stop_reading, a);
	pds_activity_total(a, objects, bytes);
	a->fetch = fetch;
	a->rows = rows;
	a->phase = PDS_PHASE_READING;
	show_activity(a);
}

void
pds_activity_listed(PdsActivity *a, int64 objects, int64 bytes)
{
	if (a == NULL)
		return;
	pds_activity_total(a, objects, bytes);
	show_activity(a);
}

void
pds_activity_execution(PdsActivity *a, const PdsAthenaExecution *e)
{
	if (a == NULL)
		return;
	a->execution = e;
	show_activity(a);
}

void
pds_activity_done(PdsActivity *a, int64 objects, int64 bytes, int64 rows)
{
	if (a == NULL)
		return;
	a->numbers.objects_done = objects;
	a->numbers.bytes_done = bytes;
	a->numbers.rows = rows;
}
