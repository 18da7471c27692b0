/*
 * progress.c
 *	  pds.progress: NOTICEs of what is going on.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "fdw/base/guc.h"
#include "fdw/base/on_reset.h"
#include "fdw/base/progress.h"

#define EVERY_MS	1000

typedef struct Watched
{
	struct Watched *next;
	const char *name;
	const PdsFetch *fetch;
	int64		objects;
	int64		bytes;			/* of all of them */
	bool		all;			/* there are no more */
	TimestampTz began;
	uint64		told;			/* bytes when it was told of */
	uint64		shared_before;	/* bytes added to shared */
	PdsSharedProgress *shared;	/* NULL: one process */
} Watched;


static Watched *scans;			/* the newest first */
static const PdsAthenaExecution *execution;
static TimestampTz execution_began;
static TimestampTz last_look;

void
pds_progress_init_shared(PdsSharedProgress *shared)
{
	pg_atomic_init_u64(&shared->bytes, 0);
	pg_atomic_init_u64(&shared->told, 0);
}

/* ---- what is watched ---- */

static void
forget_scan(void *arg)
{
	Watched   **at = &scans;

	while (*at && *at != arg)
		at = &(*at)->next;
	if (*at)
		*at = (*at)->next;
}

void
pds_progress_scan(const char *name, const PdsFetch *fetch, int64 objects, int64 bytes,
				  bool all, PdsSharedProgress *shared, MemoryContext cxt)
{
	Watched    *w;

	if (!pds_progress)
		return;
	w = MemoryContextAllocZero(cxt, sizeof(Watched));
	w->name = MemoryContextStrdup(cxt, name);
	w->fetch = fetch;
	w->objects = objects;
	w->bytes = bytes;
	w->all = all;
	w->shared = shared;
	w->began = GetCurrentTimestamp();
	if (scans == NULL)
		last_look = w->began;
	w->next = scans;
	scans = w;
	pds_on_reset(cxt, forget_scan, w);
}

void
pds_progress_listed(const PdsFetch *fetch, int64 objects, int64 bytes, bool all)
{
	Watched    *w;

	for (w = scans; w; w = w->next)
		if (w->fetch == fetch)
		{
			w->objects = objects;
			w->bytes = bytes;
			w->all = all;
		}
}

void
pds_progress_execution(const PdsAthenaExecution *e)
{
	execution = e;
	execution_began = last_look = GetCurrentTimestamp();
}

/* ---- NOTICEs ---- */

static char *
size_text(double bytes)
{
	static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
	int			unit = 0;

	while (bytes >= 1000 && unit < 4)
	{
		bytes /= 1000;
		unit++;
	}
	return psprintf(unit > 0 && bytes < 10 ? "%.1f %s" : "%.0f %s", bytes, units[unit]);
}

/* bytes read by all processes that share the scan; adds what is ours */
static uint64
bytes_read(Watched *w)
{
	uint64		ours = (uint64) pds_fetch_read(w->fetch);
	uint64		all = ours;

	if (w->shared)
		all = pg_atomic_add_fetch_u64(&w->shared->bytes, ours - w->shared_before);
	w->shared_before = ours;
	return all;
}

/* Among the processes of a scan only one tells at a time. */
static bool
our_turn(Watched *w, TimestampTz now)
{
	uint64		told;

	if (w->shared == NULL)
		return true;
	told = pg_atomic_read_u64(&w->shared->told);
	return (told == 0 || TimestampDifferenceExceeds((TimestampTz) told, now, EVERY_MS)) &&
		pg_atomic_compare_exchange_u64(&w->shared->told, &told, (uint64) now);
}

static void
tell_scan(Watched *w, uint64 done, TimestampTz now)
{
	double		seconds = Max((now - w->began) / 1e6, 0.001);
	double		rate = done / seconds;
	char	   *rest = "";
	char	   *objects;

	if (!w->all)
	{
		ereport(NOTICE,
				(errmsg("scan of \"%s\": " INT64_FORMAT " of at least " INT64_FORMAT " objects, %s, %s/s",
						w->name, pds_fetch_splits(w->fetch), w->objects, size_text(done),
						size_text(rate))));
		return;
	}
	/* bytes after the end of a part are read for its last record, and again */
	done = Min(done, (uint64) w->bytes);
	if (done > 0)
		rest = psprintf(", %.0f s left", (w->bytes - done) / rate);
	objects = w->shared ? psprintf(INT64_FORMAT, w->objects)
		: psprintf(INT64_FORMAT " of " INT64_FORMAT, pds_fetch_splits(w->fetch), w->objects);
	ereport(NOTICE,
			(errmsg("scan of \"%s\": %s objects, %s of %s (%.0f%%), %s/s%s", w->name, objects,
					size_text(done), size_text(w->bytes), 100.0 * done / Max(w->bytes, 1),
					size_text(rate), rest)));
}

static void
tell_execution(const PdsAthenaExecution *e, TimestampTz began, TimestampTz now)
{
	double		seconds = (now - began) / 1e6;

	if (e->id[0] == '\0')
		ereport(NOTICE,
				(errmsg("Athena has not taken the query for %.0f s", seconds)));
	else
		ereport(NOTICE,
				(errmsg("Athena execution %s: %s for %.0f s, %s scanned", e->id,
						pds_athena_state_name(e->state),
						seconds, size_text(Max(e->bytes_scanned, 0)))));
}

void
pds_progress_pending(const PdsAthenaExecution *e, TimestampTz began)
{
	TimestampTz now = GetCurrentTimestamp();

	if (!pds_progress || !TimestampDifferenceExceeds(Max(last_look, began), now, EVERY_MS))
		return;
	last_look = now;
	tell_execution(e, began, now);
}

/* the scan that has read since it was told of; the newest if none has */
static void
tell(TimestampTz now)
{
	Watched    *w;
	Watched    *best = scans;
	uint64		done = 0;
	uint64		best_done = 0;

	if (execution)
	{
		tell_execution(execution, execution_began, now);
		return;
	}
	for (w = scans; w; w = w->next)
	{
		done = bytes_read(w);
		if (w == scans || (done > w->told && best_done <= best->told))
		{
			best = w;
			best_done = done;
		}
	}
	if (best == NULL || !our_turn(best, now))
		return;
	best->told = best_done;
	tell_scan(best, best_done, now);
}

/*
 * The core must not be jumped over: no interrupt is taken here, and what fails
 * (there is no memory) is not told.
 */
void
pds_progress_look(void)
{
	MemoryContext cxt = CurrentMemoryContext;
	MemoryContext own;
	TimestampTz now;

	if (!pds_progress || (scans == NULL && execution == NULL))
		return;
	now = GetCurrentTimestamp();
	if (!TimestampDifferenceExceeds(last_look, now, EVERY_MS))
		return;
	last_look = now;
	HOLD_INTERRUPTS();
	PG_TRY();
	{
		own = AllocSetContextCreate(CurrentMemoryContext, "pds_fdw progress", ALLOCSET_SMALL_SIZES);
		MemoryContextSwitchTo(own);
		tell(now);
		MemoryContextSwitchTo(cxt);
		MemoryContextDelete(own);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(cxt);
		FlushErrorState();
	}
	PG_END_TRY();
	RESUME_INTERRUPTS();
}

long
pds_progress_wait(void)
{
	return pds_progress && (scans || execution) ? EVERY_MS : -1;
}
