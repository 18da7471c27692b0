/*
 * direct_objects.c
 *	  What a direct scan reads, and what it did, summed up: for one process and for
 *	  parallel scans.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "access/parallel.h"
#include "utils/rel.h"

#include "fdw/catalog/prune.h"
#include "fdw/direct/direct_scan.h"
#include "fdw/rows/row_bound.h"
#include "fdw/plan/plan_private.h"

static void
check_scan_bytes(ForeignScanState *node, const PdsDirectScan *s, const PdsObjectSet *set)
{
	int64		limit = pds_effective_max_scan_bytes(&s->common.conn->options,
													 &s->common.table->options);

	if (limit >= 0 && set->bytes > limit)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("the scan of \"%s\" would read " INT64_FORMAT " bytes, more than max_scan_bytes allows (" INT64_FORMAT ")",
						RelationGetRelationName(node->ss.ss_currentRelation), set->bytes, limit),
				 errhint("Add conditions on partition keys, or raise the limit (option of server and table, setting pds.max_scan_bytes).")));
}

static PdsListing *
open_listing(ForeignScanState *node, PdsDirectScan *s, MemoryContext cxt)
{
	const PdsPlan *plan = s->plan;

	Assert(s->pruner == NULL);
	if (plan->partition_quals != NIL || plan->object_quals != NIL)
	{
		s->pruner = MemoryContextAlloc(cxt, sizeof(PdsPruner));
		pds_pruner_init(s->pruner, s->common.table, plan->partition_quals, plan->object_quals,
						&node->ss.ps);
	}
	return pds_listing_open(s->common.table, s->common.conn, plan->glue_expression, s->pruner,
							false, cxt);
}

void
pds_direct_end_listing(PdsDirectScan *s)
{
	if (s->pruner)
		pds_pruner_end(s->pruner);
	s->pruner = NULL;
}

/* What is known of the set now, and whether it may be read. */
static void
look_at_listed(ForeignScanState *node, PdsDirectScan *s, PdsObjectSet *set, bool all)
{
	pds_check_key_values(s->common.table, set);
	if (all)
	{
		pds_direct_end_listing(s);
		if (!IsParallelWorker() && !s->told_of_places)
			pds_warn_of_empty_places(s->common.table, set);
		s->told_of_places = true;
		check_scan_bytes(node, s, set);
	}
	s->listing = (PdsScanListing)
	{
		.npartitions = set->npartitions, .npruned = set->npruned,
			.nobjects = (int) set->ngiven + set->nobjects, .goes_on = !all,
			.objects_pruned = set->objects_pruned, .nskipped = set->nskipped,
			.narchived = set->narchived
	};
}

PdsObjectSet *
pds_direct_list(ForeignScanState *node, PdsDirectScan *s, MemoryContext cxt)
{
	PdsListing *listing = open_listing(node, s, cxt);

	while (pds_listing_next(listing, cxt))
		;
	look_at_listed(node, s, pds_listing_set(listing), true);
	return pds_listing_set(listing);
}

/*
 * May reading begin before all objects are known?  Not where their sum may be too much, nor where
 * a place may hold objects of another one.
 */
static bool
may_begin_early(const PdsDirectScan *s)
{
	return pds_places_apart(&s->common.table->places) &&
		pds_effective_max_scan_bytes(&s->common.conn->options, &s->common.table->options) < 0;
}

void
pds_direct_begin_queue(ForeignScanState *node, PdsDirectScan *s)
{
	if (may_begin_early(s))
	{
		pds_queue_begin(&s->queue, open_listing(node, s, s->cxt), s->cxt);
		look_at_listed(node, s, s->queue.set, s->queue.listing == NULL);
	}
	else
		pds_queue_all(&s->queue, pds_direct_list(node, s, s->cxt), s->cxt);
	s->set = s->queue.set;
}

void
pds_direct_fill_queue(ForeignScanState *node, PdsDirectScan *s)
{
	PdsObjectQueue *q = &s->queue;

	pds_queue_fill(q, pds_fetch_splits(s->in.fetch));
	look_at_listed(node, s, s->set, q->listing == NULL);
	pds_fetch_more(s->in.fetch);
	pds_progress_listed(s->in.fetch, q->known, s->set->bytes, q->listing == NULL);
	pds_activity_listed(s->common.activity, q->listing ? -1 : q->known,
						q->listing ? -1 : s->set->bytes);
}

bool
pds_direct_splittable(const PdsDirectScan *s, const PdsObjectSet *set, int n)
{
	PdsReadUnit unit;

	pds_object_unit(set, n, &unit);
	return !s->numbered && pds_unit_has_parts(&unit) && unit.dialect->unusable == NULL;
}

PdsMalformedWatch *pds_malformed_watch;

static void
tell_watch(const PdsDirectScan *s)
{
	int			i;

	if (pds_malformed_watch == NULL || pds_malformed_watch->relid != s->common.table->relid)
		return;
	pds_malformed_watch->seen = true;
	for (i = 0; i < s->rows->ncolumns; i++)
		pds_malformed_watch->counts[s->rows->columns[i].attno] += s->rows->columns[i].conv.malformed;
}

void
pds_direct_sum_up(PdsDirectScan *s)
{
	PdsScanTotals *t = &s->totals;

	if (!s->started || s->summed)
		return;
	s->summed = true;
	t->archived += pds_fetch_archived(s->in.fetch);
	t->rows += s->rows->rows;
	t->bytes_read += pds_reader_bytes(s->in.reader);
	t->malformed += pds_rows_malformed(s->rows);
	t->rejected += s->rows->rejected;
	t->ragged += s->rows->ragged;
	t->filtered += s->rows->filtered;
	if (s->rows->bound)
		t->beyond += s->rows->bound->dropped;
	tell_watch(s);
}
