/*
 * reader.c
 *	  Batches of whole records out of the slices of a source.
 *
 * r->p .. r->e are the bytes at hand that were not handed out yet.  They lie
 * in one of three places:
 *	 - the slice itself, the usual case: the piece of a record that the slice
 *	   before had left was copied into the headroom in front;
 *	 - `carry`, when that piece has nothing behind it (end of the split);
 *	 - `joint`, a growing buffer, while a record is longer than the headroom.
 * A record that is not complete is gone on with when more bytes have come, so
 * that a long record costs time in proportion to its length, and its index no more
 * memory than the fields that are wanted.
 *
 * Splits (line formats): a split owns the records that begin in [first, end).
 * The fetch delivers from first - 1; the "record" that begins there is
 * dropped, so that the first record is found whether or not the byte before
 * `first` is a record end, CRLF across the border included.  The last record
 * is finished with bytes past the end.
 *
 * Splits (quoted grammar) have states (split_states.h) and no bytes before `first`:
 * the state there is asked of those who read the splits before.
 *
 * Does not cut fields or convert anything.
 */
#include "core/read/reader.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/assert.h"
#include "core/csv/csv_states.h"
#include "core/read/reader_source.h"
#include "core/read/split_states.h"

/* bytes of a batch: with its index it stays in the L2 cache */
#define BATCH_BYTES		((size_t) 128 * 1024)
/* a joint buffer larger than this is given back at the end of its split */
#define JOINT_KEEP		((size_t) 8 * 1024 * 1024)
/* up to here it doubles when it must grow */
#define JOINT_DOUBLES	((size_t) 256 * 1024 * 1024)
/* ... while the names in the header are looked for */
#define HEADER_BYTES	((size_t) 4 * 1024)
/* lines before the header of an object read in parts of which states are shared end in so many */
#define TITLE_BYTES		((int64_t) 64 * 1024)
/* others are asked so often for the state in front of a split */
#define STATES_WAIT_MS	1

typedef enum ReaderStage
{
	STAGE_BEGIN,				/* between splits */
	STAGE_ELSEWHERE,			/* the caller is told that names are elsewhere */
	STAGE_STATES,				/* learning from others what lies in front */
	STAGE_FIRST_END,			/* looking for the first record's begin */
	STAGE_RECORDS,
	STAGE_LAST,					/* finishing the last record past the end */
	STAGE_DONE
} ReaderStage;

struct PdsReader
{
	PdsSource	src;
	PdsReaderOptions opt;
	const PdsHooks *hooks;		/* may be NULL */
	PdsIndex	ix;
	uint64_t	bytes;			/* handed out or skipped, after decompression */

	/* the current split */
	ReaderStage stage;
	PdsSplit	split;
	const PdsReadUnit *unit;
	PdsScanDialect scan;
	bool		whole;			/* the split goes to the object's end */
	bool		end_of_slices;	/* the source has no more, up to where it may
								 * go */
	int			header_left;
	int			footer;
	int64_t		lines;			/* records before p, or -1 */
	int64_t		offset;			/* of p in the (decompressed) object */

	char	   *p;
	char	   *e;
	size_t		need;			/* fewer bytes hold no complete record */
	bool		begun;			/* ix is of the begin of the record at p,
								 * which is not complete */
	bool		in_joint;		/* p .. e lie in joint */

	PdsCsvState front;			/* quoted splits: at p, before the first
								 * record */
	uint8_t		line_ends;		/* of the split's records so far */
	char	   *carry;			/* PDS_SLICE_HEADROOM bytes, one before and
								 * padding behind */
	char	   *joint;			/* one line before the bytes */
	size_t		joint_cap;
};

#define JOINT_FRONT 64

/*
 * ----- making and freeing -----
 */

static PdsReader *
reader_alloc(const PdsReaderOptions *opt, const PdsHooks *hooks, PdsError *err)
{
	PdsReader  *r = calloc(1, sizeof(PdsReader));

	if (r == NULL || (r->carry = malloc(JOINT_FRONT + PDS_SLICE_HEADROOM +
										PDS_SLICE_PADDING)) == NULL)
	{
		free(r);
		pds_error_oom(err);
		return NULL;
	}
	memset(r->carry, '\n', JOINT_FRONT);
	r->carry += JOINT_FRONT;
	if (opt)
		r->opt = *opt;
	if (r->opt.batch_bytes == 0)
		r->opt.batch_bytes = BATCH_BYTES;
	if (r->opt.max_record == 0)
		r->opt.max_record = PDS_MAX_RECORD;
	r->hooks = hooks;
	pds_index_init(&r->ix);
	r->ix.keep = r->opt.keep;
	return r;
}

PdsReader *
pds_reader_new(PdsFetch *fetch, const PdsReaderOptions *opt, const PdsHooks *hooks,
			   PdsError *err)
{
	PdsReader  *r = reader_alloc(opt, hooks, err);

	if (r)
		pds_source_init_fetch(&r->src, fetch);
	return r;
}

PdsReader *
pds_reader_from_memory(const char *data, size_t len, const PdsReadUnit *unit,
					   const PdsReaderOptions *opt, PdsError *err)
{
	PdsReader  *r = reader_alloc(opt, NULL, err);

	if (r && !pds_source_init_memory(&r->src, data, len, unit, err))
	{
		pds_reader_free(r);
		return NULL;
	}
	return r;
}

void
pds_reader_free(PdsReader *r)
{
	if (r == NULL)
		return;
	pds_source_free(&r->src);
	pds_index_free(&r->ix);
	free(r->carry - JOINT_FRONT);
	free(r->joint);
	free(r);
}

int64_t
pds_split_lead(const PdsDialect *d, int64_t first)
{
	return first > 0 && !pds_dialect_is_quoted(d) ? 1 : 0;
}

void
pds_reader_set_fields(PdsReader *r, int ncolumns, uint32_t keep)
{
	r->opt.ncolumns = ncolumns;
	r->opt.keep = r->ix.keep = keep;
}

PdsAws *
pds_reader_aws(const PdsReader *r)
{
	return r->src.fetch ? pds_fetch_aws(r->src.fetch) : NULL;
}

size_t
pds_reader_max_record(const PdsReader *r)
{
	return r->opt.max_record;
}

uint64_t
pds_reader_bytes(const PdsReader *r)
{
	return r->bytes;
}

/*
 * ----- errors -----
 */

/* "s3://bucket/key", or "the data" for memory */
static const char *
object_name(const PdsReader *r, char *buf, size_t cap)
{
	if (r->split.bucket == NULL || r->split.bucket[0] == '\0')
		return "the data";
	snprintf(buf, cap, "s3://%s/%s", r->split.bucket, r->split.key);
	return buf;
}

/* An error of the decoder does not know the object. */
static bool
name_object(const PdsReader *r, PdsError *err)
{
	char		name[512];
	char		cause[sizeof(err->message)];
	PdsError	named;

	if (err->kind != PDS_ERR_DATA || err->resource[0] != '\0')
		return false;
	object_name(r, name, sizeof(name));
	memcpy(cause, err->message, sizeof(cause));
	pds_error_set(&named, PDS_ERR_DATA, "could not decompress %s: %s",
				  r->split.bucket[0] ? name : "the data", cause);
	memcpy(named.hint, err->hint, sizeof(named.hint));
	named.advice = err->advice;
	if (r->split.bucket[0])
		pds_error_context(&named, "s3", "GetObject", name);
	*err = named;
	return false;
}

static bool
record_too_long(const PdsReader *r, PdsError *err)
{
	char		name[512];
	const char *object = object_name(r, name, sizeof(name));

	pds_error_set(err, PDS_ERR_LIMIT,
				  "the record at byte %" PRId64 " of %s is longer than %zu bytes (max_record_size)",
				  r->offset, object, r->opt.max_record);
	pds_error_hint(err, r->scan.grammar == PDS_GRAMMAR_QUOTED
				   ? "Look for a quote that is not closed, or for a wrong \"quote\" option; the option max_record_size allows longer records."
				   : "Look whether the object is text with line ends at all; the option max_record_size allows longer records.");
	pds_error_context(err, "s3", "GetObject", object);
	return false;
}

/* Lines that must end in an object's first split do not. */
static bool
lines_too_long(const PdsReader *r, int n, const char *what, int64_t bytes, PdsError *err)
{
	char		name[512];

	pds_error_set(err, PDS_ERR_LIMIT, "the %d %s of %s do not end in its first %" PRId64 " bytes",
				  n, what, object_name(r, name, sizeof(name)),
				  bytes);
	pds_error_hint(err, "Lower their number, or read the object in one part.");
	return false;
}

static bool
is_cancelled(const PdsReader *r, PdsError *err)
{
	if (r->hooks == NULL || r->hooks->cancelled == NULL || !r->hooks->cancelled(r->hooks->arg))
		return false;
	pds_error_set(err, PDS_ERR_CANCELLED, "reading was cancelled");
	return true;
}

/*
 * ----- bytes -----
 */

/* Make room for need bytes in the joint buffer. */
static bool
joint_reserve(PdsReader *r, size_t need, PdsError *err)
{
	size_t		cap = r->joint_cap ? r->joint_cap : 4 * PDS_SLICE_HEADROOM;
	char	   *grown;

	if (need <= r->joint_cap)
		return true;
	while (cap < need)
		cap += cap < JOINT_DOUBLES ? cap : cap / 8;
	grown = realloc(r->joint, JOINT_FRONT + cap + PDS_SLICE_PADDING);
	if (grown == NULL)
		return pds_error_oom(err);
	if (r->joint == NULL)
		memset(grown, '\n', JOINT_FRONT);
	r->joint = grown;
	r->joint_cap = cap;
	return true;
}

/* Put the rest p .. e to the begin of the joint buffer. */
static bool
rest_to_joint(PdsReader *r, PdsError *err)
{
	size_t		rest = (size_t) (r->e - r->p);

	if (r->in_joint)
	{
		if (r->p != r->joint + JOINT_FRONT)
			memmove(r->joint + JOINT_FRONT, r->p, rest);
	}
	else
	{
		if (!joint_reserve(r, rest, err))
			return false;
		memcpy(r->joint + JOINT_FRONT, r->p, rest);
		r->in_joint = true;
	}
	r->p = r->joint + JOINT_FRONT;
	r->e = r->p + rest;
	return true;
}

/*
 * Get the next slice behind what is left.  r->end_of_slices when there is
 * none; what is left stays valid.
 */
static bool
more_bytes(PdsReader *r, PdsError *err)
{
	size_t		rest = (size_t) (r->e - r->p);
	char	   *data;
	size_t		len;

	/* one byte of the headroom is kept: the batch's buf[-1] */
	if (rest >= PDS_SLICE_HEADROOM)
	{
		if (!rest_to_joint(r, err))
			return false;
		if (!pds_source_slice(&r->src, &data, &len, err))
			return name_object(r, err);
		if (!joint_reserve(r, rest + len, err))
			return false;
		r->p = r->joint + JOINT_FRONT;
		if (len > 0)
			memcpy(r->p + rest, data, len);
		r->e = r->p + rest + len;
		memset(r->e, 0, PDS_SLICE_PADDING);
		r->end_of_slices = (len == 0);
		return true;
	}
	/* the slice that p points into is gone with the next one */
	if (rest > 0 && r->p != r->carry)
		memmove(r->carry, r->p, rest);
	r->in_joint = false;
	if (!pds_source_slice(&r->src, &data, &len, err))
		return name_object(r, err);
	r->end_of_slices = (len == 0);
	if (len == 0)
	{
		r->p = r->carry;
		r->e = r->p + rest;
		memset(r->e, 0, PDS_SLICE_PADDING);
		return true;
	}
	r->p = data - rest;
	r->e = data + len;
	if (rest > 0)
		memcpy(r->p, r->carry, rest);
	return true;
}

/* Go over bytes that the split before counts: each is counted once. */
static void
pass(PdsReader *r, size_t n)
{
	PDS_ASSERT(n <= (size_t) (r->e - r->p));
	r->p += n;
	r->offset += (int64_t) n;
}

static void
advance(PdsReader *r, size_t n)
{
	pass(r, n);
	r->bytes += n;
}

/* The first byte of a record end in s .. end, or NULL. */
static char *
find_record_end(const PdsScanDialect *d, char *s, const char *end)
{
	char	   *lf = memchr(s, '\n', (size_t) (end - s));
	char	   *cr = NULL;

	if (d->lone_cr)
		cr = memchr(s, '\r', (size_t) ((lf ? lf : end) - s));
	return cr ? cr : lf;
}

/*
 * ----- lines that are no records -----
 */

/* Go over the line at p and its end.  False: an error.  *ended: its end was there. */
static bool
skip_line(PdsReader *r, bool *ended, PdsError *err)
{
	bool		after_cr = false;

	r->need = 0;
	*ended = false;
	while (!*ended)
	{
		char	   *at;

		if (r->p == r->e && (is_cancelled(r, err) || (!r->end_of_slices && !more_bytes(r, err))))
			return false;
		if (r->p == r->e || after_cr)
		{
			*ended = after_cr;
			advance(r, after_cr && r->p < r->e && *r->p == '\n');
			break;
		}
		at = find_record_end(&r->scan, r->p, r->e);
		after_cr = at != NULL && *at == '\r';
		*ended = at != NULL && !after_cr;
		advance(r, (size_t) ((at ? at + 1 : r->e) - r->p));
	}
	if (r->lines >= 0)
		r->lines++;
	return true;
}

static bool
at_comment(const PdsReader *r)
{
	return r->scan.comment != 0 && !r->begun && r->p < r->e && *r->p == r->scan.comment;
}

/*
 * ----- begin of a split -----
 */

static bool
quoted(const PdsReader *r)
{
	return r->scan.grammar == PDS_GRAMMAR_QUOTED;
}

static bool
check_split(const PdsReader *r, PdsError *err)
{
	const PdsSplit *s = &r->split;
	char		name[512];
	const char *why;

	if (s->first <= 0 && r->whole)
		return true;
	if (r->unit->codec != PDS_CODEC_NONE)
		why = "a compressed object";
	else if (r->unit->dialect->recode[0] != '\0')
		why = "an object of another encoding";
	else if (quoted(r) && s->states == NULL)
		why = "an object whose records may hold line ends";
	else if (r->footer > 0)
		why = "an object with footer lines";
	else
		return true;
	return pds_error_set(err, PDS_ERR_UNSUPPORTED, "%s, %s, cannot be read in parts", why,
						 object_name(r, name, sizeof(name)));
}

/* of a split that does not begin its object */
static ReaderStage
stage_of_begin(const PdsReader *r)
{
	return quoted(r) ? STAGE_STATES : STAGE_FIRST_END;
}

/* Lines before the header are no records, whatever quotes they hold. */
static bool
skip_title(PdsReader *r, PdsError *err)
{
	int			left;
	bool		ended = true;

	for (left = r->unit->dialect->skip_lines; left > 0 && ended; left--)
		if (!skip_line(r, &ended, err))
			return false;
	/* the map of a split knows of them in its first part only */
	return (ended && (r->split.states == NULL || r->offset <= TITLE_BYTES)) || r->whole ||
		lines_too_long(r, r->unit->dialect->skip_lines, "lines before the header",
					   ended ? TITLE_BYTES : r->split.end, err);
}

static bool
begin_split(PdsReader *r, PdsError *err)
{
	if (!pds_source_next_split(&r->src, &r->split, err))
		return false;
	r->unit = r->split.user;
	pds_dialect_scan(r->unit->dialect, &r->scan);
	r->footer = r->unit->dialect->footer_lines;
	r->header_left = r->split.first > 0 ? 0 : r->unit->dialect->header_lines;
	r->lines = r->split.first > 0 ? -1 : 0;
	r->offset = r->split.first - r->split.lead;
	r->end_of_slices = false;
	r->need = 0;
	r->begun = false;
	r->line_ends = 0;
	r->p = r->e = r->carry;
	r->in_joint = false;
	r->stage = r->split.first == 0 ? STAGE_RECORDS
		: r->unit->dialect->header_mode == PDS_HEADER_NAMES ? STAGE_ELSEWHERE : stage_of_begin(r);
	r->whole = r->split.end >= r->split.object_size;
	if (!check_split(r, err))
		return false;
	if (r->split.first >= r->split.end)
	{
		r->stage = STAGE_DONE;
		return true;
	}
	if (r->split.states && !pds_source_gather(&r->src, err))
		return false;
	if (r->offset > 0)
		return true;
	while (r->e - r->p < 3 && !r->end_of_slices)
		if (!more_bytes(r, err))
			return false;
	if (r->e - r->p >= 3 && memcmp(r->p, "\xEF\xBB\xBF", 3) == 0)
		advance(r, 3);
	return skip_title(r, err);
}

/*
 * Drop the bytes up to the first record's begin.  Without one before the
 * split's end, the split has no records: they begin at or after its end.
 */
static bool
skip_first_end(PdsReader *r, PdsError *err)
{
	bool		after_cr = false;

	for (;;)
	{
		char	   *at;

		if (r->p == r->e && !more_bytes(r, err))
			return false;
		if (r->p == r->e)
		{
			r->stage = STAGE_DONE;
			return true;
		}
		if (after_cr)
		{
			if (*r->p == '\n')
				pass(r, 1);
			break;
		}
		at = find_record_end(&r->scan, r->p, r->e);
		pass(r, at ? (size_t) (at + 1 - r->p) : (size_t) (r->e - r->p));
		if (at && *at == '\n')
			break;
		after_cr = (at != NULL);
	}
	r->stage = STAGE_RECORDS;
	return true;
}

/* What those who read the splits before have found; it is waited for. */
static bool
learn_state(PdsReader *r, PdsError *err)
{
	const PdsSplitStates *states = r->split.states;
	int			number = pds_split_number(&r->split);
	PdsStatesWait wait = {0};

	for (;;)
	{
		int			missing;
		int			state = pds_states_at(states, number, &missing);
		bool		ok;

		if (state >= 0)
		{
			r->front = (PdsCsvState) state;
			r->stage = STAGE_FIRST_END;
			return true;
		}
		if (is_cancelled(r, err))
			return false;
		if (pds_states_away(states, missing, &wait))
			ok = pds_source_make_map(&r->src, &r->split, missing, err);
		else
			ok = pds_source_wait(&r->src, STATES_WAIT_MS, err);
		if (!ok)
			return false;
	}
}

/* As skip_first_end, from a known state. */
static bool
skip_quoted_end(PdsReader *r, PdsError *err)
{
	while (r->front != PDS_CSV_RECORD)
	{
		if (r->p == r->e && !more_bytes(r, err))
			return false;
		if (r->p == r->e)
		{
			r->stage = STAGE_DONE;
			return true;
		}
		if (r->front == PDS_CSV_CR && *r->p != '\n')
			break;
		r->front = pds_csv_step(&r->scan, r->front, *r->p);
		pass(r, 1);
	}
	r->stage = STAGE_RECORDS;
	return true;
}

static bool
end_split(PdsReader *r, PdsError *err)
{
	r->stage = STAGE_BEGIN;
	if (r->joint_cap > JOINT_KEEP)
	{
		free(r->joint);
		r->joint = NULL;
		r->joint_cap = 0;
	}
	return r->header_left <= 0 || r->whole ||
		lines_too_long(r, r->unit->dialect->header_lines, "header lines", r->split.end, err);
}

/*
 * ----- records -----
 */

/* Is the header of names still to come? */
static bool
header_awaited(const PdsReader *r)
{
	return r->header_left > 0 && r->unit->dialect->header_mode != PDS_HEADER_SKIPPED;
}

/*
 * How many bytes to index now: a batch, or all that is there when the rest
 * would be small; at least r->need.  *last: nothing follows before the
 * split's end.
 */
static bool
next_stretch(PdsReader *r, size_t *n, bool *last, PdsError *err)
{
	size_t		want = header_awaited(r) ? HEADER_BYTES : r->opt.batch_bytes;

	if (want < r->need)
		want = r->need;
	for (;;)
	{
		size_t		have = (size_t) (r->e - r->p);

		if (have > want + want / 2)
		{
			*n = want;
			*last = false;
			return true;
		}
		if (r->end_of_slices || (have > 0 && have >= r->need))
		{
			*n = have;
			*last = r->end_of_slices;
			return true;
		}
		if (!more_bytes(r, err))
			return false;
		if (is_cancelled(r, err))
			return false;
	}
}

/*
 * What was found in a stretch.
 */
typedef struct Found
{
	size_t		nrec;			/* complete records */
	size_t		consumed;		/* bytes up to the end of the last one */
	bool		indexed;		/* r->ix is filled, else only counted */
} Found;

/* Count the records of n bytes, which is all that is wanted where they are what they should be. */
static bool
count(PdsReader *r, size_t n, bool at_end, Found *found, PdsError *err)
{
	bool		csv = r->unit->dialect->format == PDS_FORMAT_CSV;
	bool		regular;

	if (!pds_count_records(&r->ix, &r->scan, r->p, n, at_end, csv ? (uint32_t) r->opt.ncolumns : 0,
						   &regular))
		return pds_error_oom(err);
	found->indexed = (csv && !regular) || r->ix.nrec == 0;
	return true;
}

/* Find the records of the n bytes at p.  found->indexed: an index is wanted; then: there is one. */
static bool
look(PdsReader *r, size_t n, bool at_end, Found *found, PdsError *err)
{
	found->indexed |= r->begun || !r->opt.count_only || r->footer > 0 || header_awaited(r) ||
		r->scan.comment != 0;
	if (!found->indexed && !count(r, n, at_end, found, err))
		return false;
	if (found->indexed && !(r->begun ? pds_index_continue : pds_index_build)
		(&r->ix, &r->scan, r->p, n, at_end))
		return pds_error_oom(err);
	found->nrec = r->ix.nrec;
	found->consumed = r->ix.consumed;
	r->begun = r->ix.nrec == 0;
	if (found->indexed && n > r->opt.max_record &&
		(r->begun || pds_record_end(&r->ix, r->p, 0) > r->opt.max_record))
		return record_too_long(r, err);
	return true;
}

/* Keep the last records of an object back: they may be its footer. */
static void
hold_footer(PdsReader *r, bool object_end, Found *found)
{
	size_t		footer = (size_t) r->footer;

	if (footer == 0)
		return;
	found->nrec = found->nrec > footer ? found->nrec - footer : 0;
	/* at the end, what is behind the last record is dropped with it */
	if (!object_end)
		found->consumed = found->nrec == 0 ? 0 : r->ix.ends[r->ix.rec[found->nrec - 1]] + 1;
}

/*
 * A comment may hold quotes, which the index takes for such: what it found behind one is wrong
 * unless it found the comment's end.  *cut: so the records before it are all that is known.
 */
static bool
cut_at_comment(PdsReader *r, Found *found, bool *cut, PdsError *err)
{
	const PdsDialect *d = r->unit->dialect;
	size_t		i;

	*cut = false;
	for (i = 0; i < found->nrec && r->scan.comment != 0 && quoted(r); i++)
	{
		uint32_t	start = pds_record_start(&r->ix, i);
		const char *end = r->p + pds_record_end(&r->ix, r->p, i);

		if (!pds_record_comment(d, &r->ix, r->p, i) ||
			find_record_end(&r->scan, r->p + start, end) == NULL)
			continue;
		/* a comment at p was passed over */
		PDS_ASSERT(i > 0);
		if (!pds_index_build(&r->ix, &r->scan, r->p, start, true))
			return pds_error_oom(err);
		found->nrec = r->ix.nrec;
		found->consumed = r->ix.consumed;
		*cut = true;
		return true;
	}
	/* behind the last record, too */
	if (r->scan.comment != 0 && quoted(r) && found->nrec > 0)
		r->ix.open_quote = r->ix.open_quote &&
			!pds_record_comment(d, &r->ix, r->p, found->nrec - 1);
	return true;
}

/* Do the records of the object end in several ways? */
static bool
mixed_ends(PdsReader *r)
{
	uint32_t	seen = r->line_ends |= r->ix.line_ends;

	if (r->split.line_ends)
		seen = __atomic_or_fetch(r->split.line_ends, seen, __ATOMIC_ACQ_REL);
	return (seen & (seen - 1)) != 0;
}

/*
 * Cut what was found behind the header, so that who binds its names can do so before the records
 * are looked at.  Blank lines in front of it do not count.
 */
static void
cut_behind_header(PdsReader *r, Found *found)
{
	size_t		n = 0;

	while (n < found->nrec && r->header_left > 0)
	{
		if (!pds_record_comment(r->unit->dialect, &r->ix, r->p, n) &&
			(r->header_left > 1 || !pds_record_blank(&r->ix, r->p, n)))
			r->header_left--;
		n++;
	}
	if (n < found->nrec)
		r->ix.open_quote = false;
	if (n < r->ix.nrec)
		found->consumed = (size_t) r->ix.ends[r->ix.rec[n - 1]] + 1;
	found->nrec = n;
}

/* Hand out the found records at p; false when they were all header lines. */
static bool
make_batch(PdsReader *r, Found *found, PdsBatch *batch)
{
	bool		awaited = header_awaited(r);
	size_t		header = 0;

	if (awaited)
	{
		cut_behind_header(r, found);
		header = found->nrec;
	}
	/* comments before and among header lines are none of them */
	for (; header < found->nrec && r->header_left > 0; header++)
		r->header_left -= !(found->indexed &&
							pds_record_comment(r->unit->dialect, &r->ix, r->p, header));
	batch->header = awaited && r->header_left == 0 ? PDS_HEADER_HERE : PDS_HEADER_NOT_HERE;
	PDS_ASSERT(found->consumed <= (size_t) (r->e - r->p));
	PDS_ASSERT(found->nrec <= r->ix.nrec);
	batch->buf = r->p;
	batch->len = found->consumed;
	batch->ix = &r->ix;
	batch->indexed = found->indexed;
	batch->first_record = found->indexed ? header : 0;
	batch->nrec = found->indexed ? found->nrec : found->nrec - header;
	batch->unit = r->unit;
	batch->split = &r->split;
	batch->record_offset = r->lines;
	batch->offset = r->offset;
	batch->open_quote = r->ix.open_quote;
	batch->open_end = found->consumed > 0 && r->p[found->consumed - 1] != '\n' &&
		r->p[found->consumed - 1] != '\r';
	batch->mixed_ends = mixed_ends(r);
	if (r->lines >= 0)
		r->lines += (int64_t) found->nrec;
	advance(r, found->consumed);
	r->need = 0;
	r->begun = false;
	return batch->first_record < batch->nrec || batch->header == PDS_HEADER_HERE;
}

/* Index the next stretch.  *got: there is a batch. */
static bool
next_records(PdsReader *r, PdsBatch *batch, bool *got, PdsError *err)
{
	Found		found = {0};
	size_t		n = 0;
	bool		last = false;
	bool		at_end;
	bool		awaited;
	bool		cut;

	if (!next_stretch(r, &n, &last, err))
		return false;
	if (n == 0)
	{
		r->stage = STAGE_DONE;
		return true;
	}
	if (at_comment(r))
		return skip_line(r, &cut, err);
	at_end = last && r->whole;
	awaited = header_awaited(r);
	if (!look(r, n, at_end, &found, err) || !cut_at_comment(r, &found, &cut, err))
		return false;
	hold_footer(r, at_end && !cut, &found);
	/* which of the records before it are footer is not known */
	if (cut && found.nrec == 0)
		return pds_error_set(err, PDS_ERR_UNSUPPORTED,
							 "comments with quotes in them cannot be read "
							 "among so few records where footer lines are left out");
	/* behind the header, what there is is looked at again */
	if (last && !cut && !(awaited && found.nrec > 0))
		r->stage = at_end ? STAGE_DONE : STAGE_LAST;
	if (found.nrec == 0)
	{
		if (last)
			return true;
		/* bytes that are held back are looked at again, others are not */
		r->need = n + (r->begun ? r->opt.batch_bytes : n);
		return true;
	}
	*got = make_batch(r, &found, batch);
	if (r->stage == STAGE_LAST && r->p == r->e)
		r->stage = STAGE_DONE;
	return true;
}

/*
 * p .. e is the begin of the split's last record: get the rest of it from
 * behind the split's end.
 */
static bool
last_record(PdsReader *r, PdsBatch *batch, bool *got, PdsError *err)
{
	Found		found;

	r->stage = STAGE_DONE;
	if (at_comment(r))
		return true;
	r->end_of_slices = false;
	pds_source_read_past_end(&r->src);
	do
	{
		if (is_cancelled(r, err) || !more_bytes(r, err))
			return false;
		found.indexed = true;
		if (!look(r, (size_t) (r->e - r->p), r->end_of_slices, &found, err))
			return false;
	} while (found.nrec == 0 && !r->end_of_slices);
	if (found.nrec == 0)
		return true;
	if (found.nrec > 1)
		r->ix.open_quote = false;
	found.nrec = 1;
	found.consumed = (size_t) r->ix.ends[r->ix.rec[0]] + 1;
	if (found.consumed > (size_t) (r->e - r->p))
		found.consumed = (size_t) (r->e - r->p);
	*got = make_batch(r, &found, batch);
	return true;
}

/* A batch that says so. */
static void
header_is_elsewhere(PdsReader *r, PdsBatch *batch)
{
	memset(batch, 0, sizeof(*batch));
	batch->header = PDS_HEADER_ELSEWHERE;
	batch->ix = &r->ix;
	batch->unit = r->unit;
	batch->split = &r->split;
	batch->record_offset = -1;
	batch->offset = r->offset;
}

static bool
next_batch(PdsReader *r, PdsBatch *batch, PdsError *err)
{
	bool		got = false;
	bool		ok = true;

	pds_error_clear(err);
	while (ok && !got)
	{
		if (is_cancelled(r, err))
			return false;
		switch (r->stage)
		{
			case STAGE_BEGIN:
				ok = begin_split(r, err);
				break;
			case STAGE_ELSEWHERE:
				r->stage = stage_of_begin(r);
				header_is_elsewhere(r, batch);
				got = true;
				break;
			case STAGE_STATES:
				ok = learn_state(r, err);
				break;
			case STAGE_FIRST_END:
				ok = quoted(r) ? skip_quoted_end(r, err) : skip_first_end(r, err);
				break;
			case STAGE_RECORDS:
				ok = next_records(r, batch, &got, err);
				break;
			case STAGE_LAST:
				ok = last_record(r, batch, &got, err);
				break;
			case STAGE_DONE:
				ok = end_split(r, err);
				break;
		}
	}
	return ok;
}

bool
pds_reader_next(PdsReader *r, PdsBatch *batch, PdsError *err)
{
	bool		ok;

	if (r->opt.presence)
		pds_states_enter(r->opt.presence);
	ok = next_batch(r, batch, err);
	if (r->opt.presence)
		pds_states_leave(r->opt.presence);
	return ok;
}
