/*
 * worker_totals.c
 *	  What workers did for a scan that is not parallel-aware, for EXPLAIN ANALYZE.
 *
 * PostgreSQL gives shared memory to nodes that are parallel-aware only.  A scan that each worker
 * runs whole, the inner side of a hash join, has a segment of its own, and a hidden setting, which
 * workers inherit, says which segment is whose: "NODE:HANDLE ...".  It is written only while
 * somebody explains.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "access/parallel.h"
#include "access/xact.h"
#include "storage/dsm.h"
#include "storage/spin.h"
#include "utils/guc.h"

#include "fdw/base/guc.h"
#include "fdw/direct/worker_totals.h"

#define SETTING "pds.worker_totals"

typedef struct SharedTotals
{
	slock_t		mutex;
	PdsScanTotals totals;
	PdsScanListing listing;		/* of the last worker that ended and had
								 * listed: all list the same */
} SharedTotals;

struct PdsWorkerTotals
{
	dsm_segment *seg;
	bool		mapped;			/* by us, in this process */
	char	   *entry;			/* in the setting; NULL: a worker */
};

void
pds_add_totals(PdsScanTotals *sum, const PdsScanTotals *t)
{
	sum->objects_read += t->objects_read;
	sum->rows += t->rows;
	sum->bytes_read += t->bytes_read;
	sum->malformed += t->malformed;
	sum->rejected += t->rejected;
	sum->ragged += t->ragged;
	sum->filtered += t->filtered;
	sum->archived += t->archived;
	sum->beyond += t->beyond;
	sum->flushes += t->flushes;
	sum->kept_memory = Max(sum->kept_memory, t->kept_memory);
	pds_add_http(&sum->http, &t->http);
}

/* the segment of the node, as the leader's setting has it; 0: none */
static dsm_handle
handle_of_node(int node)
{
	const char *p = pds_worker_totals ? pds_worker_totals : "";
	unsigned int id;
	unsigned int handle;
	dsm_handle	found = 0;
	int			n = 0;

	/* the last one is of the innermost query */
	while (sscanf(p, "%u:%u %n", &id, &handle, &n) == 2)
	{
		if (id == (unsigned int) node)
			found = handle;
		p += n;
	}
	return found;
}

static PdsWorkerTotals *
find_totals(ForeignScanState *node)
{
	dsm_handle	handle = handle_of_node(node->ss.ps.plan->plan_node_id);
	PdsWorkerTotals *w;

	if (handle == 0)
		return NULL;
	w = palloc0(sizeof(PdsWorkerTotals));
	w->seg = dsm_find_mapping(handle);
	w->mapped = w->seg == NULL;
	if (w->mapped)
		w->seg = dsm_attach(handle);
	return w->seg ? w : NULL;
}

static void
set_entries(const char *entries)
{
	SetConfigOption(SETTING, entries, PGC_SUSET, PGC_S_SESSION);
}

static PdsWorkerTotals *
make_totals(ForeignScanState *node)
{
	dsm_segment *seg = dsm_create(sizeof(SharedTotals), DSM_CREATE_NULL_IF_MAXSEGMENTS);
	PdsWorkerTotals *w;
	SharedTotals *shared;

	if (seg == NULL)
		return NULL;
	shared = dsm_segment_address(seg);
	memset(shared, 0, sizeof(SharedTotals));
	SpinLockInit(&shared->mutex);
	w = palloc0(sizeof(PdsWorkerTotals));
	w->seg = seg;
	w->mapped = true;
	w->entry = psprintf("%d:%u ", node->ss.ps.plan->plan_node_id,
						(unsigned int) dsm_segment_handle(seg));
	set_entries(psprintf("%s%s", pds_worker_totals ? pds_worker_totals : "", w->entry));
	return w;
}

PdsWorkerTotals *
pds_worker_totals_begin(ForeignScanState *node)
{
	EState	   *estate = node->ss.ps.state;

	if (estate->es_instrument == 0 || node->ss.ps.plan->parallel_aware)
		return NULL;
	if (IsParallelWorker())
		return find_totals(node);
	if (!estate->es_plannedstmt->parallelModeNeeded || !node->ss.ps.plan->parallel_safe ||
		IsInParallelMode())
		return NULL;
	return make_totals(node);
}

void
pds_worker_totals_leave(PdsWorkerTotals *w, PdsDirectScan *s)
{
	SharedTotals *shared = dsm_segment_address(w->seg);

	s->totals.http = pds_scan_http(&s->common);
	SpinLockAcquire(&shared->mutex);
	pds_add_totals(&shared->totals, &s->totals);
	/* a worker may end before it has begun */
	if (s->listing.nobjects > 0 || shared->listing.nobjects == 0)
		shared->listing = s->listing;
	SpinLockRelease(&shared->mutex);
	s->handed_over = true;
	pds_activity_handed_over(s->common.activity);
}

void
pds_worker_totals_take(PdsWorkerTotals *w, PdsDirectScan *s)
{
	SharedTotals *shared = dsm_segment_address(w->seg);
	SharedTotals taken;

	SpinLockAcquire(&shared->mutex);
	taken = *shared;
	memset(&shared->totals, 0, sizeof(shared->totals));
	SpinLockRelease(&shared->mutex);
	pds_add_totals(&s->totals, &taken.totals);
	if (s->listing.nobjects == 0)
		s->listing = taken.listing;
}

void
pds_worker_totals_end(PdsWorkerTotals *w)
{
	char	   *at = w->entry && pds_worker_totals ? strstr(pds_worker_totals, w->entry) : NULL;

	/* scans do not end in the order in which they began */
	if (at && !IsInParallelMode())
		set_entries(psprintf("%.*s%s", (int) (at - pds_worker_totals), pds_worker_totals,
							 at + strlen(w->entry)));
	if (w->mapped)
		dsm_detach(w->seg);
}
