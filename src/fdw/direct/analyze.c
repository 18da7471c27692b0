/*
 * analyze.c
 *	  ANALYZE of a foreign table: a sample of its rows, read directly.
 *
 * Where records are lines, the sample is of ranges anywhere in the objects; where
 * a range cannot begin anywhere (format csv, compressed objects, footer lines), it
 * is of the beginnings of objects.  Small tables are read whole.  Bad records
 * do not stop it: statistics of the others are better than none.
 *
 * Statistics of the catalog take the sample's place with analyze_from 'catalog', and
 * where a table cannot be scanned directly.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include <math.h>

#include "access/htup_details.h"
#include "commands/progress.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "utils/backend_status.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/sampling.h"

#include "fdw/base/activity.h"
#include "fdw/direct/analyze.h"
#include "fdw/direct/catalog_statistics.h"
#include "fdw/direct/direct_scan.h"
#include "fdw/plan/estimate.h"
#include "fdw/plan/record_bytes.h"

/* bytes read of each kind of object, at most (less where max_scan_bytes is less) */
#define SAMPLE_BYTES	(32 * 1024 * 1024)
/* requests for them, at most, about */
#define SAMPLE_REQUESTS	1000
/* bytes of a range */
#define RANGE_BYTES		(256 * 1024)
/* so many objects are begun where only beginnings can be read */
#define BEGINNINGS		32

/* a range of an object, or its beginning */
typedef struct Piece
{
	PdsDataObject *object;
	int64		first;
	int64		end;			/* of a beginning: stop when so much was read */
	PdsReadUnit unit;
} Piece;

typedef struct Pieces
{
	Piece	   *items;
	int			n;
	double		bytes;			/* of the table's objects of this kind, read
								 * or not */
	double		bytes_read;
	double		rows_read;
} Pieces;

typedef struct PdsAnalyzeState
{
	Relation	rel;
	PdsConnection *conn;
	PdsTable   *table;
	PdsObjectSet *set;
	MemoryContext cxt;			/* of everything but the rows */
	MemoryContext rows_cxt;
	TupleTableSlot *slot;
	int64		budget;			/* bytes of each kind */
	Pieces		ranges;
	Pieces		beginnings;
	/* the reservoir, as PostgreSQL's own ANALYZE has it */
	HeapTuple  *rows;
	int			nrows;
	int			targrows;
	double		seen;
	double		skip;			/* -1: not chosen yet */
	double		rstate;
	PdsActivity *activity;
	const PdsDataObject *last;	/* the object read last */
	int64		nread;			/* objects read */
	bool		done;			/* statistics were made */
} PdsAnalyzeState;

/* PdsFetch's source of splits */
typedef struct Queue
{
	PdsAnalyzeState *analyze;
	Piece	   *items;
	int			n;
	int			next;
	bool		whole;			/* not in parts */
} Queue;

/* ---- what to read ---- */

static bool
begins_anywhere(const PdsReadUnit *u)
{
	return pds_unit_has_parts(u) && !pds_dialect_is_quoted(u->dialect);
}

static void
add_sample_piece(PdsAnalyzeState *a, Pieces *p, PdsDataObject *o, int64 first, int64 end)
{
	Piece	   *it = &p->items[p->n++];

	it->object = o;
	it->first = first;
	it->end = end;
	pds_object_unit(a->set, o - a->set->objects, &it->unit);
}

static int64
ranges_of(int64 size)
{
	return (size + RANGE_BYTES - 1) / RANGE_BYTES;
}

/*
 * Ranges of equal chance: every record is in one of them, that in which it
 * begins, so that all records have the same chance.  One is drawn of each of as
 * many parts of equal size, so that no part of the table goes unseen.
 */
static void
choose_ranges(PdsAnalyzeState *a, PdsDataObject **objects, int n)
{
	Pieces	   *p = &a->ranges;
	int64		all = 0;
	int64		before = 0;		/* ranges of the objects before objects[i] */
	int			wanted;
	int			i;
	int			part;

	for (i = 0; i < n; i++)
	{
		p->bytes += objects[i]->size;
		all += ranges_of(objects[i]->size);
	}
	if (all == 0)
		return;
	wanted = (int) Min(SAMPLE_REQUESTS, Max(1, (double) a->budget / (p->bytes / all)));
	wanted = (int) Min(wanted, all);
	p->items = MemoryContextAllocZero(a->cxt, wanted * sizeof(Piece));
	i = 0;
	for (part = 0; part < wanted; part++)
	{
		int64		begin = all * part / wanted;
		int64		size = all * (part + 1) / wanted - begin;
		int64		number = begin + Min(size - 1, (int64) (size * anl_random_fract()));
		int64		first;

		while (number - before >= ranges_of(objects[i]->size))
			before += ranges_of(objects[i++]->size);
		first = (number - before) * RANGE_BYTES;
		add_sample_piece(a, p, objects[i], first, Min(objects[i]->size, first + RANGE_BYTES));
	}
}

/*
 * Beginnings of objects, drawn with a chance in proportion to their sizes: what is
 * drawn twice is read twice as far.
 */
static void
choose_beginnings(PdsAnalyzeState *a, PdsDataObject **objects, int n)
{
	Pieces	   *p = &a->beginnings;
	double		step;
	double		at;
	double		upto = 0;
	int			draws;
	int			i;

	for (i = 0; i < n; i++)
		p->bytes += objects[i]->size;
	if (n == 0)
		return;
	p->items = MemoryContextAllocZero(a->cxt, Min(n, SAMPLE_REQUESTS) * sizeof(Piece));
	if (p->bytes <= a->budget && n <= SAMPLE_REQUESTS)
	{
		for (i = 0; i < n; i++)
			add_sample_piece(a, p, objects[i], 0, objects[i]->size);
		return;
	}
	/* none is so short that what lies between bytes and rows would count */
	draws = Max(1, (int) (a->budget / (SAMPLE_BYTES / BEGINNINGS)));
	step = p->bytes / draws;
	at = step * anl_random_fract();
	for (i = 0; i < n; i++)
	{
		int			drawn = 0;

		for (upto += objects[i]->size; at < upto; at += step)
			drawn++;
		if (drawn > 0)
			add_sample_piece(a, p, objects[i], 0,
							 Min(objects[i]->size, drawn * (a->budget / draws)));
	}
}

static void
choose(PdsAnalyzeState *a)
{
	PdsObjectSet *set = a->set;
	PdsDataObject **lines;
	PdsDataObject **others;
	int			nlines = 0;
	int			nothers = 0;
	int			i;

	lines = MemoryContextAllocHuge(a->cxt, Max(set->nobjects, 1) * sizeof(PdsDataObject *));
	others = MemoryContextAllocHuge(a->cxt, Max(set->nobjects, 1) * sizeof(PdsDataObject *));
	for (i = 0; i < set->nobjects; i++)
	{
		PdsReadUnit unit;

		pds_object_unit(set, i, &unit);
		if (begins_anywhere(&unit))
			lines[nlines++] = &set->objects[i];
		else
			others[nothers++] = &set->objects[i];
	}
	choose_ranges(a, lines, nlines);
	choose_beginnings(a, others, nothers);
}

/* ---- reading it ---- */

/* called from the core */
static bool
next_sample_split(void *arg, PdsSplit *split)
{
	Queue	   *q = arg;
	Piece	   *p;

	if (q->next >= q->n)
		return false;
	p = &q->items[q->next++];
	q->analyze->nread += p->object != q->analyze->last;
	q->analyze->last = p->object;
	pds_object_split(p->object, &p->unit, 0, p->first, q->whole ? p->object->size : p->end, split);
	return true;
}

/* Every row seen has the same chance to be in the sample (Vitter's algorithm). */
static void
take_sample_row(PdsAnalyzeState *a)
{
	MemoryContext old;
	int			at = -1;

	a->seen += 1;
	if (a->nrows < a->targrows)
		at = a->nrows++;
	else
	{
		if (a->skip < 0)
			a->skip = anl_get_next_S(a->seen, a->targrows, &a->rstate);
		if (a->skip <= 0)
		{
			at = (int) (a->targrows * anl_random_fract());
			heap_freetuple(a->rows[at]);
		}
		a->skip -= 1;
	}
	if (at < 0)
		return;
	old = MemoryContextSwitchTo(a->rows_cxt);
	a->rows[at] = ExecCopySlotHeapTuple(a->slot);
	MemoryContextSwitchTo(old);
}

static void
report_progress(const PdsAnalyzeState *a, double more)
{
	int64		bytes = (int64) (a->ranges.bytes_read + a->beginnings.bytes_read + more);

	pgstat_progress_update_param(PROGRESS_ANALYZE_BLOCKS_DONE, bytes / BLCKSZ);
	pds_activity_done(a->activity, a->nread, bytes, (int64) a->seen);
}

static void
read_ranges(PdsAnalyzeState *a)
{
	Pieces	   *p = &a->ranges;
	Queue		queue = {a, p->items, p->n, 0, false};
	double		before = a->seen;
	struct PdsDirectScan *scan;
	int			i;

	if (p->n == 0)
		return;
	scan = pds_direct_sample(a->conn, a->table, a->set, next_sample_split, &queue, a->cxt);
	while (pds_direct_sample_next(scan, a->slot))
	{
		take_sample_row(a);
		if ((int64) a->seen % 1000 == 0)
		{
			CHECK_FOR_INTERRUPTS();
			report_progress(a, pds_reader_bytes(pds_direct_sample_in(scan)->reader));
		}
	}
	for (i = 0; i < p->n; i++)
		p->bytes_read += p->items[i].end - p->items[i].first;
	p->rows_read = a->seen - before;
}

/* how far the first slice has been read cannot be told */
static bool
in_first_slice(const PdsObjectReader *in)
{
	return pds_fetch_offset(in->fetch) == 0;
}

/*
 * Bytes of the object, as stored, that the rows so far came from.  Of a compressed one
 * only whole slices are known; before the first has ended, what such bytes usually hold.
 */
static int64
consumed(const PdsObjectReader *in, const Piece *p)
{
	int64		bytes = pds_reader_bytes(in->reader);

	if (p->unit.codec == PDS_CODEC_NONE)
		return bytes;
	return in_first_slice(in) ? Min(bytes / PDS_COMPRESSED_RATIO, p->object->size)
		: pds_fetch_offset(in->fetch);
}

static void
read_beginning(PdsAnalyzeState *a, Piece *piece, MemoryContext cxt)
{
	Pieces	   *p = &a->beginnings;
	Queue		queue = {a, piece, 1, 0, true};

	/* little is read ahead of what may be wanted */
	PdsConnection careful = *a->conn;
	struct PdsDirectScan *scan;
	double		before = a->seen;
	double		rows = -1;
	int64		done = piece->object->size;
	int64		at = 0;			/* where the batch at hand ends, as stored */
	bool		known = false;	/* and not only about */
	uint64		batch = 0;		/* the same, decompressed */

	careful.options.fetch_concurrency = Min(careful.options.fetch_concurrency, 2);
	careful.options.fetch_part_size = Min(careful.options.fetch_part_size, 1024 * 1024);
	scan = pds_direct_sample(&careful, a->table, a->set, next_sample_split, &queue, cxt);
	while (rows < 0 && pds_direct_sample_next(scan, a->slot))
	{
		const PdsObjectReader *in = pds_direct_sample_in(scan);

		take_sample_row(a);
		CHECK_FOR_INTERRUPTS();
		if (pds_reader_bytes(in->reader) == batch)
			continue;

		/*
		 * a batch is over: only then rows and bytes match; the row at hand is
		 * the next one's
		 */
		if (piece->end < piece->object->size &&
			((known && at >= piece->end) || batch >= 16 * SAMPLE_BYTES / BEGINNINGS))
		{
			rows = a->seen - before - 1;
			done = at;
		}
		batch = pds_reader_bytes(in->reader);
		at = consumed(in, piece);
		known = piece->unit.codec == PDS_CODEC_NONE || !in_first_slice(in);
		report_progress(a, at);
	}
	p->bytes_read += done;
	p->rows_read += rows >= 0 ? rows : a->seen - before;
	report_progress(a, 0);
}

static void
read_beginnings(PdsAnalyzeState *a)
{
	MemoryContext cxt = AllocSetContextCreate(a->cxt, "pds_fdw beginning", ALLOCSET_DEFAULT_SIZES);
	int			i;

	for (i = 0; i < a->beginnings.n; i++)
	{
		read_beginning(a, &a->beginnings.items[i], cxt);
		ExecClearTuple(a->slot);
		MemoryContextReset(cxt);
	}
}

/* ---- the callbacks ---- */

/* for pds.stat_scans: ANALYZE is once, however many callbacks it takes */
static void
count_analyze(void *arg, PdsStatCounts *counts)
{
	const PdsAnalyzeState *a = arg;

	counts->scans = a->done;
	counts->rows = (int64) a->seen;
	counts->objects = a->nread;
	counts->bytes = (int64) (a->ranges.bytes_read + a->beginnings.bytes_read);
}

/* The table, as its owner sees it.  All is of the state's cxt. */
static PdsAnalyzeState *
begin_analyze(Relation rel)
{
	Oid			relid = RelationGetRelid(rel);
	MemoryContext cxt = AllocSetContextCreate(CurrentMemoryContext, "pds_fdw analyze",
											  ALLOCSET_DEFAULT_SIZES);
	PdsAnalyzeState *a = MemoryContextAllocZero(cxt, sizeof(PdsAnalyzeState));
	PdsActivityOptions activity = {
		.kind = PDS_STAT_ANALYZE,
		.userid = rel->rd_rel->relowner,
		.relid = relid,
		.count = count_analyze,
		.arg = a
	};

	a->rel = rel;
	a->cxt = cxt;
	a->conn = activity.conn = pds_connection_get(GetForeignTable(relid)->serverid,
												 rel->rd_rel->relowner, cxt);
	a->activity = pds_activity_begin(&activity, cxt);
	a->table = pds_table_open(relid, a->conn, cxt);
	pds_table_load_catalog(a->table, a->conn);
	return a;
}

static void
end_analyze(PdsAnalyzeState *a)
{
	pds_activity_end(a->activity, false);
	MemoryContextDelete(a->cxt);
}

static PdsObjectSet *
list_objects(PdsAnalyzeState *a)
{
	MemoryContext old = MemoryContextSwitchTo(a->cxt);
	PdsObjectSet *set = pds_table_objects(a->table, a->conn, NULL, NULL, false, a->cxt);

	pds_check_key_values(a->table, set);
	MemoryContextSwitchTo(old);
	return set;
}

/*
 * relation.c turns it back into bytes; of a table that is Athena's alone only the
 * catalog may know them
 */
static BlockNumber
stored_pages(PdsAnalyzeState *a)
{
	double		bytes = a->table->direct_reason ? pds_catalog_bytes(a->table)
		: (double) list_objects(a)->bytes;

	return (BlockNumber) Min(Max(ceil(bytes / BLCKSZ), 1), MaxBlockNumber);
}

static double
all_rows(const Pieces *p)
{
	return p->bytes_read > 0 ? p->rows_read * (p->bytes / p->bytes_read) : 0;
}

static int
acquire_sample_rows(Relation rel, int elevel, HeapTuple *rows, int targrows, double *totalrows,
					double *totaldeadrows)
{
	MemoryContext rows_cxt = CurrentMemoryContext;
	PdsAnalyzeState *a = begin_analyze(rel);
	int64		limit;
	double		bytes = 0;
	int			nrows;
	int			i;

	a->rows_cxt = rows_cxt;
	a->rows = rows;
	a->targrows = targrows;
	a->skip = -1;
	a->rstate = anl_init_selection_state(targrows);
	a->budget = SAMPLE_BYTES;
	limit = pds_effective_max_scan_bytes(&a->conn->options, &a->table->options);
	if (limit >= 0)
		a->budget = Min(a->budget, limit);

	/*
	 * a csv object that ends inside quotes is left out, a bad value elsewhere
	 * is NULL
	 */
	a->table->options.on_error = a->table->dialect.format == PDS_FORMAT_CSV ||
		a->table->options.on_error == PDS_ON_ERROR_SKIP ? PDS_ON_ERROR_SKIP : PDS_ON_ERROR_NULL;
	a->table->options.reject_limit = -1;
	a->set = list_objects(a);
	choose(a);
	for (i = 0; i < a->ranges.n; i++)
		bytes += a->ranges.items[i].end - a->ranges.items[i].first;
	for (i = 0; i < a->beginnings.n; i++)
		bytes += a->beginnings.items[i].end;
	pgstat_progress_update_param(PROGRESS_ANALYZE_BLOCKS_TOTAL, (int64) (bytes / BLCKSZ));
	pds_activity_total(a->activity, a->set->nobjects, (int64) bytes);
	pds_activity_phase(a->activity, PDS_PHASE_READING);
	a->slot = MakeSingleTupleTableSlot(RelationGetDescr(rel), &TTSOpsVirtual);
	read_ranges(a);
	read_beginnings(a);
	*totalrows = rint(all_rows(&a->ranges) + all_rows(&a->beginnings));
	*totaldeadrows = 0;
	ereport(elevel,
			(errmsg("\"%s\": read %.0f of %.0f bytes in %d objects, containing %.0f rows; "
					"%d rows in sample, %.0f estimated total rows",
					RelationGetRelationName(rel), a->ranges.bytes_read + a->beginnings.bytes_read,
					a->ranges.bytes + a->beginnings.bytes, a->set->nobjects, a->seen, a->nrows,
					*totalrows)));
	ExecDropSingleTupleTableSlot(a->slot);
	a->done = true;
	nrows = a->nrows;
	end_analyze(a);
	return nrows;
}

/* ---- the catalog's statistics ---- */

/* NULL: they are not wanted, or there are none */
static PdsCatalogStatistics *
wanted_statistics(PdsAnalyzeState *a)
{
	MemoryContext old;
	PdsCatalogStatistics *s;

	if (a->table->options.analyze_from != PDS_ANALYZE_CATALOG && a->table->direct_reason == NULL)
		return NULL;
	old = MemoryContextSwitchTo(a->cxt);
	s = pds_catalog_statistics(a->table, a->conn);
	MemoryContextSwitchTo(old);
	return s;
}

static void
report_statistics(Relation rel, const PdsCatalogStatistics *s, int elevel)
{
	ereport(elevel,
			(errmsg("\"%s\": statistics of %d columns and %.0f rows taken from the catalog",
					RelationGetRelationName(rel), pds_catalog_statistics_columns(s),
					pds_catalog_statistics_rows(s))));
}

/*
 * Rows of a sample are wanted for a parent's statistics.  Only the progress that is
 * reported tells; where nothing is reported, a sample serves both.
 */
static bool
samples_for_parent(void)
{
	return !pgstat_track_activities || MyBEEntry == NULL ||
		MyBEEntry->st_progress_param[PROGRESS_ANALYZE_PHASE] == PROGRESS_ANALYZE_PHASE_ACQUIRE_SAMPLE_ROWS_INH;
}

/* AcquireSampleRowsFunc: no rows, so that the server leaves the columns' statistics to us */
static int
acquire_from_catalog(Relation rel, int elevel, HeapTuple *rows, int targrows, double *totalrows,
					 double *totaldeadrows)
{
	PdsAnalyzeState *a = begin_analyze(rel);
	PdsCatalogStatistics *s;
	bool		sampled = a->table->direct_reason == NULL;
	bool		parent = samples_for_parent();

	s = parent && sampled ? NULL : wanted_statistics(a);
	if (s == NULL && sampled)
	{
		end_analyze(a);
		return acquire_sample_rows(rel, elevel, rows, targrows, totalrows, totaldeadrows);
	}
	*totalrows = s ? pds_catalog_statistics_rows(s) : 0;
	*totaldeadrows = 0;
	if (s && !parent)
	{
		pds_store_statistics(rel, a->table, s, NIL);
		report_statistics(rel, s, elevel);
	}
	a->done = true;
	end_analyze(a);
	return 0;
}

/* columns that ANALYZE named, as attribute numbers */
static List *
named_columns(Relation rel, List *names)
{
	List	   *columns = NIL;
	ListCell   *lc;

	foreach(lc, names)
	{
		AttrNumber	attnum = get_attnum(RelationGetRelid(rel), strVal(lfirst(lc)));

		if (attnum > 0)
			columns = lappend_int(columns, attnum);
	}
	return columns;
}

bool
pds_import_statistics(Relation rel, List *names, int elevel)
{
	PdsAnalyzeState *a = begin_analyze(rel);
	PdsCatalogStatistics *s = wanted_statistics(a);
	bool		imported = s != NULL;

	if (imported)
	{
		pds_store_statistics(rel, a->table, s, named_columns(rel, names));
		pds_store_size(rel, pds_catalog_statistics_rows(s), stored_pages(a));
		report_statistics(rel, s, elevel);
		a->done = true;
	}
	end_analyze(a);
	return imported;
}

bool
pds_analyze_table(Relation rel, AcquireSampleRowsFunc *func, BlockNumber *totalpages)
{
	PdsAnalyzeState *a = begin_analyze(rel);
	bool		from_catalog;

	from_catalog = a->table->direct_reason ? wanted_statistics(a) != NULL
		: a->table->options.analyze_from == PDS_ANALYZE_CATALOG;
	if (a->table->direct_reason && !from_catalog)
	{
		const char *hint = a->table->direct_hint ? a->table->direct_hint : "";

		/* PostgreSQL adds that it skips the table */
		ereport(WARNING,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("foreign table \"%s\" cannot be sampled, because it cannot be scanned directly: %s",
						RelationGetRelationName(rel), a->table->direct_reason),
				 errhint("%s%sANALYZE takes statistics from the catalog where Glue has computed those of columns.",
						 hint, hint[0] ? " " : "")));
		end_analyze(a);
		return false;
	}
	*totalpages = stored_pages(a);
	*func = from_catalog ? acquire_from_catalog : acquire_sample_rows;
	end_analyze(a);
	return true;
}
