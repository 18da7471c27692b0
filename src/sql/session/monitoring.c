/*
 * monitoring.c
 *	  What the views pds.stat_scans and pds.stat_progress show, and to whom.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "catalog/pg_authid.h"
#include "commands/dbcommands.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "core/aws/athena.h"
#include "fdw/base/progress_slots.h"
#include "fdw/base/scan_stats.h"
#include "fdw/base/shared_state.h"
#include "sql/base/functions.h"

PG_FUNCTION_INFO_V1(pds_stat_scans);
PG_FUNCTION_INFO_V1(pds_stat_reset);
PG_FUNCTION_INFO_V1(pds_stat_progress);

static const char *const kind_names[] = {
	"direct", "athena", "write", "planning", "analyze", "import"
};

StaticAssertDecl(lengthof(kind_names) == PDS_STAT_IMPORT + 1, "a kind has no name");

static const char *const phase_names[] = {
	"planning", "listing", "reading", "waiting for Athena", "writing", "uploading", "committing"
};

StaticAssertDecl(lengthof(phase_names) == PDS_PHASE_COMMITTING + 1, "a phase has no name");

static void
say_what_is_seen(void)
{
	pds_shared_attach();
	if (!pds_state_is_shared())
		ereport(NOTICE,
				(errmsg("only this session is shown"),
				 errhint("Name pds_fdw in shared_preload_libraries to see all.")));
}

/* as the server's own views have it */
static bool
may_see(Oid userid)
{
	return has_privs_of_role(GetUserId(), ROLE_PG_READ_ALL_STATS) ||
		has_privs_of_role(GetUserId(), userid);
}

static void
set_known(int64 n, Datum *value, bool *isnull)
{
	*isnull = n < 0;
	*value = Int64GetDatum(n);
}

/* role and database are of any database, and may be gone */
static void
set_owner(const PdsStatKey *key, Datum *values, bool *nulls)
{
	values[0] = pds_known_text(GetUserNameFromId(key->userid, true), &nulls[0]);
	values[1] = pds_known_text(get_database_name(key->dbid), &nulls[1]);
}

static Datum
price_of_stats(double dollars)
{
	return DirectFunctionCall3(numeric_in, CStringGetDatum(psprintf("%.6f", dollars)),
							   ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
}

static void
scan_row(PdsResult *result, const PdsStatEntry *e)
{
	const PdsStatCounts *c = &e->counts;
	Datum		values[25];
	bool		nulls[25] = {false};

	set_owner(&e->key, values, nulls);
	values[2] = pds_known_text(pds_shown_name(e->server, e->encoding), &nulls[2]);
	values[3] = pds_known_text(pds_shown_name(e->relation, e->encoding), &nulls[3]);
	nulls[4] = e->key.queryid == 0;
	values[4] = Int64GetDatum(e->key.queryid);
	values[5] = CStringGetTextDatum(kind_names[e->key.kind]);
	values[6] = Int64GetDatum(c->scans);
	values[7] = Int64GetDatum(c->failed);
	values[8] = Int64GetDatum(c->rows);
	values[9] = Int64GetDatum(c->objects);
	values[10] = Int64GetDatum(c->bytes);
	values[11] = Int64GetDatum(c->requests);
	values[12] = Int64GetDatum(c->retries);
	values[13] = Int64GetDatum(c->bytes_received);
	values[14] = Int64GetDatum(c->bytes_sent);
	values[15] = Int64GetDatum(c->memory_hits);
	values[16] = Int64GetDatum(c->disk_hits);
	values[17] = Int64GetDatum(c->disk_bytes);
	values[18] = Int64GetDatum(c->rejected);
	values[19] = Int64GetDatum(c->executions);
	values[20] = Int64GetDatum(c->bytes_scanned);
	values[21] = price_of_stats(c->price);
	values[22] = Float8GetDatum(c->network_ms);
	values[23] = Float8GetDatum(c->total_ms);
	values[24] = TimestampTzGetDatum(e->since);
	pds_result_row(result, lengthof(values), values, nulls);
}

Datum
pds_stat_scans(PG_FUNCTION_ARGS)
{
	PdsResult	result;
	PdsStatEntry *all;
	int			n;
	int			i;

	pds_result_begin(fcinfo, &result);
	say_what_is_seen();
	all = pds_stat_table_copy(&n);
	for (i = 0; i < n; i++)
		if (may_see(all[i].key.userid))
			scan_row(&result, &all[i]);
	return (Datum) 0;
}

Datum
pds_stat_reset(PG_FUNCTION_ARGS)
{
	pds_stat_table_reset();
	PG_RETURN_VOID();
}

static void
slot_row(PdsResult *result, const PdsProgressRow *r)
{
	const PdsProgressNumbers *n = &r->numbers;
	Datum		values[18];
	bool		nulls[18] = {false};

	values[0] = Int32GetDatum(r->pid);
	nulls[1] = r->leader_pid == 0;
	values[1] = Int32GetDatum(r->leader_pid);
	set_owner(&r->key, &values[2], &nulls[2]);
	values[4] = pds_known_text(pds_shown_name(r->server, r->encoding), &nulls[4]);
	values[5] = pds_known_text(pds_shown_name(r->relation, r->encoding), &nulls[5]);
	nulls[6] = r->key.queryid == 0;
	values[6] = Int64GetDatum(r->key.queryid);
	values[7] = CStringGetTextDatum(kind_names[r->key.kind]);
	values[8] = CStringGetTextDatum(phase_names[r->phase]);
	values[9] = Int64GetDatum(n->objects_done);
	set_known(n->objects_total, &values[10], &nulls[10]);
	values[11] = Int64GetDatum(n->bytes_done);
	set_known(n->bytes_total, &values[12], &nulls[12]);
	values[13] = Int64GetDatum(n->rows);
	values[14] = pds_known_text(r->execution_id, &nulls[14]);
	values[15] = pds_known_text(n->athena_state < 0 ? NULL : pds_athena_state_name((PdsAthenaState) n->athena_state), &nulls[15]);
	set_known(n->athena_bytes, &values[16], &nulls[16]);
	values[17] = TimestampTzGetDatum(r->began);
	pds_result_row(result, lengthof(values), values, nulls);
}

Datum
pds_stat_progress(PG_FUNCTION_ARGS)
{
	PdsResult	result;
	PdsProgressRow *all;
	int			n;
	int			i;

	pds_result_begin(fcinfo, &result);
	say_what_is_seen();
	all = pds_slots_copy(&n);
	for (i = 0; i < n; i++)
		if (may_see(all[i].key.userid))
			slot_row(&result, &all[i]);
	return (Datum) 0;
}
