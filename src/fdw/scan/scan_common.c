/*
 * scan_common.c
 *	  What the scans of both engines share.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "miscadmin.h"
#include "utils/rel.h"

#include "fdw/base/error_map.h"
#include "fdw/base/object_cache.h"
#include "fdw/base/on_reset.h"
#include "fdw/plan/plan_private.h"
#include "fdw/scan/scan_common.h"

/* user whose credentials count, at execution (checkAsUser) */
static Oid
scan_userid(ForeignScanState *node)
{
	Oid			userid = pds_foreign_scan_checkuser((ForeignScan *) node->ss.ps.plan,
													node->ss.ps.state);

	return OidIsValid(userid) ? userid : GetUserId();
}

static void
begin_activity(ForeignScanState *node, PdsScanCommon *c, MemoryContext cxt)
{
	Relation	rel = node->ss.ss_currentRelation;
	PdsActivityOptions o = {
		.kind = c->methods->kind,
		.conn = c->conn,
		.relid = rel ? RelationGetRelid(rel) : InvalidOid,
		.name = pds_scan_name(node),
		.queryid = (int64) node->ss.ps.state->es_plannedstmt->queryId,
		.count = c->methods->count,
		.arg = c
	};

	c->activity = pds_activity_begin(&o, cxt);
}

void
pds_scan_connect(ForeignScanState *node, PdsScanCommon *c)
{
	MemoryContext cxt = node->ss.ps.state->es_query_cxt;
	Relation	rel = node->ss.ss_currentRelation;

	Assert(c->conn == NULL && c->table == NULL);
	c->userid = scan_userid(node);
	c->conn = pds_connection_get(((ForeignScan *) node->ss.ps.plan)->fs_server, c->userid, cxt);
	c->before = *pds_http_counters(c->conn->http);
	begin_activity(node, c, cxt);
	if (rel)
		c->table = pds_table_open(RelationGetRelid(rel), c->conn, cxt);
}

PdsHttpCounters
pds_scan_http(const PdsScanCommon *c)
{
	PdsHttpCounters n = *pds_http_counters(c->conn->http);

	n.requests -= c->before.requests;
	n.retries -= c->before.retries;
	n.bytes_in -= c->before.bytes_in;
	n.bytes_out -= c->before.bytes_out;
	n.wait_us -= c->before.wait_us;
	n.bytes_cached -= c->before.bytes_cached;
	n.blocks_cached -= c->before.blocks_cached;
	return n;
}

void
pds_add_http(PdsHttpCounters *sum, const PdsHttpCounters *n)
{
	sum->requests += n->requests;
	sum->retries += n->retries;
	sum->bytes_in += n->bytes_in;
	sum->bytes_out += n->bytes_out;
	sum->wait_us += n->wait_us;
	sum->bytes_cached += n->bytes_cached;
	sum->blocks_cached += n->blocks_cached;
}

const char *
pds_scan_name(ForeignScanState *node)
{
	ForeignScan *plan = (ForeignScan *) node->ss.ps.plan;

	return node->ss.ss_currentRelation ? RelationGetRelationName(node->ss.ss_currentRelation)
		: pds_plan_unpack(plan)->relations;
}

PdsFetch *
pds_scan_fetch(const PdsConnection *conn, const PdsTableOptions *table, int sharing,
			   PdsNextSplitFn next, void *arg, PdsError *err)
{
	const PdsServerOptions *o = &conn->options;
	PdsFetchOptions opt;

	Assert(sharing >= 1);
	memset(&opt, 0, sizeof(opt));
	opt.concurrency = o->fetch_concurrency;
	opt.part_max = o->fetch_part_size;
	opt.memory_limit = PDS_FETCH_MEMORY / sharing;
	/* a result of Athena belongs to no table, and is never archived */
	/* results of Athena are read once */
	if (table)
	{
		opt.cache = pds_object_cache();
		opt.identity = conn->cache_identity;
	}
	opt.skip_archived = table && pds_skip_archived(o, table);
	return pds_fetch_new(conn->aws, &opt, next, arg, err);
}

void
pds_object_unit(const PdsObjectSet *set, int n, PdsReadUnit *unit)
{
	const PdsDataObject *o = &set->objects[n];

	Assert(n >= 0 && n < set->nobjects);
	Assert(o->partition >= 0 && o->partition < set->npartitions);
	Assert(set->partitions[o->partition].dialect != NULL);
	unit->dialect = set->partitions[o->partition].dialect;
	unit->codec = o->codec;
	unit->partition = o->partition;
	unit->object = n;
}

void
pds_object_split(const PdsDataObject *o, PdsReadUnit *unit, int64 step, int64 first, int64 end,
				 PdsSplit *split)
{
	Assert(step >= 0 && first >= 0 && first <= end && end <= o->size);
	split->bucket = o->bucket;
	split->key = o->key;
	split->etag = o->etag;
	split->version_id = o->version_id;
	split->first = first;
	split->lead = pds_split_lead(unit->dialect, first);
	split->end = end;
	split->object_size = o->size;
	split->step = step;
	split->user = unit;
}

static void
free_object_reader(void *arg)
{
	PdsObjectReader *o = arg;

	pds_reader_free(o->reader);
	pds_fetch_free(o->fetch);
	o->reader = NULL;
	o->fetch = NULL;
}

void
pds_object_reader_open(PdsObjectReader *o, const PdsConnection *conn,
					   const PdsTableOptions *table, int sharing, PdsNextSplitFn next, void *arg,
					   const PdsReaderOptions *reader, MemoryContext cxt)
{
	PdsReaderOptions opt = *reader;
	PdsError	err;

	if (opt.max_record == 0)
		opt.max_record = pds_effective_max_record(&conn->options, table);
	o->fetch = NULL;
	o->reader = NULL;
	pds_on_reset(cxt, free_object_reader, o);
	pds_error_clear(&err);
	o->fetch = pds_scan_fetch(conn, table, sharing, next, arg, &err);
	if (o->fetch)
		o->reader = pds_reader_new(o->fetch, &opt, &pds_pg_hooks, &err);
	if (o->reader == NULL)
		pds_raise(&err);
}
