/*
 * reader_cases.h
 *	  Objects made of known records, and how they are read: what the tests of the
 *	  reader share.  Included once, behind unit.h.
 */
#ifndef PDS_UNIT_READER_CASES_H
#define PDS_UNIT_READER_CASES_H
#include "core/read/object_header.h"
#include "core/read/reader.h"
#include "core/read/split_states.h"
#include "range_server.h"

#define MAX_RECORDS 80000

static PdsHttp *http;
static PdsAws *aws;

static unsigned int seed = 20;

static inline unsigned int
rnd(unsigned int n)
{
	seed = seed * 1103515245u + 12345u;
	return (seed >> 8) % n;
}

/*
 * An object and the records it is made of (raw text without their ends).
 */
typedef struct Case
{
	char	   *data;
	size_t		len;
	size_t		cap;
	size_t		nrec;
	struct
	{
		size_t		at;
		size_t		len;
	}			rec[MAX_RECORDS];
} Case;

static Case made;

static inline void
case_bytes(const char *data, size_t n)
{
	if (made.len + n > made.cap)
	{
		made.cap = 2 * (made.len + n);
		made.data = realloc(made.data, made.cap);
	}
	memcpy(made.data + made.len, data, n);
	made.len += n;
}

static inline void
case_begin(bool bom)
{
	made.len = made.nrec = 0;
	if (made.data == NULL)
		made.data = malloc(made.cap = 1000);
	case_bytes("\xEF\xBB\xBF", bom ? 3 : 0);
}

static inline void
case_record(const char *text, size_t n, const char *end)
{
	made.rec[made.nrec].at = made.len;
	made.rec[made.nrec].len = n;
	made.nrec++;
	case_bytes(text, n);
	case_bytes(end, strlen(end));
}

/*
 * A random line-format object.  ends: 0 LF, 1 CRLF, 2 CR, 3 any of them.  A
 * blank line after a lone CR would begin with LF and be something else.
 */
static inline void
case_lines(size_t nrec, size_t longest, int ends, bool last_end, bool bom)
{
	static const char *const end_text[] = {"\n", "\r\n", "\r"};
	static char text[3000000];
	size_t		i;
	int			end = 0;

	case_begin(bom);
	for (i = 0; i < nrec; i++)
	{
		size_t		n = longest ? rnd((unsigned int) longest + 1) : 0;
		size_t		k;
		int			before = end;

		end = ends == 3 ? (int) rnd(3) : ends;
		if (n == 0 && i > 0 && before == 2 && end == 0)
			end = 2;
		if (n == 0 && i == nrec - 1 && !last_end)
			n = 1;				/* nothing without an end is no record */
		for (k = 0; k < n; k++)
			text[k] = rnd(5) == 0 ? ',' : (char) ('a' + rnd(26));
		case_record(text, n, i == nrec - 1 && !last_end ? "" : end_text[end]);
	}
}

/*
 * How to read it.
 */
typedef struct Cut
{
	size_t		split;			/* bytes; 0: one split */
	size_t		part;			/* bytes; 0: the default */
	size_t		batch;			/* bytes; 0: the default */
	bool		memory;			/* from memory, not from the server */
	bool		count_only;
	int			ncolumns;
	size_t		max_record;
	const char *key;			/* of the object; NULL: "case" */
	PdsCodec	codec;
} Cut;

typedef struct SplitQueue
{
	PdsSplit	split;			/* bucket, key, ... */
	size_t		step;
	int64_t		at;
	bool		given;
	PdsSplitStates states;		/* quoted dialects, when it is read in parts */
} SplitQueue;

static uint32_t split_maps[5000];
static uint32_t presence;

static inline bool
next_split(void *arg, PdsSplit *split)
{
	SplitQueue *q = arg;

	if (q->given && q->at >= q->split.object_size)
		return false;
	q->given = true;
	*split = q->split;
	split->first = q->at;
	q->at = q->step && q->at + (int64_t) q->step < q->split.object_size ?
		q->at + (int64_t) q->step : q->split.object_size;
	split->end = q->at;
	split->step = (int64_t) q->step;
	split->lead = pds_split_lead(((const PdsReadUnit *) split->user)->dialect, split->first);
	if (q->states.scan && q->step > 0)
	{
		split->states = &q->states;
		pds_states_claim(&q->states, pds_split_number(split));
	}
	return true;
}

typedef struct Result
{
	bool		ok;
	PdsError	err;
	size_t		nrec;			/* found (counting: counted) */
	size_t		wrong;			/* record number of the first that differs, +
								 * 1 */
	uint64_t	bytes;
	int			here;			/* headers that name fields ... */
	int			elsewhere;
	char		header[200];	/* ... the last one */
} Result;

static PdsHooks cancel_hooks;

/* Compare one batch with records from..., and spoil its bytes. */
static inline void
compare_batch(PdsBatch *b, size_t first, size_t upto, Result *res)
{
	size_t		r;

	if (b->record_offset >= 0 &&
		(size_t) b->record_offset + b->first_record != first + res->nrec)
		res->wrong = res->wrong ? res->wrong : res->nrec + 1;
	for (r = b->first_record; r < b->nrec; r++)
	{
		size_t		want = first + res->nrec;
		uint32_t	start;
		uint32_t	end;
		uint32_t	unused;

		pds_field_span(b->ix, b->buf, r, 0, &start, &unused);
		pds_field_span(b->ix, b->buf, r, pds_record_nfields(b->ix, r) - 1, &unused, &end);
		if (want >= upto || made.rec[want].len != end - start || end > b->len ||
			memcmp(made.data + made.rec[want].at, b->buf + start, end - start) != 0)
			res->wrong = res->wrong ? res->wrong : res->nrec + 1;
		res->nrec++;
	}
	b->buf[-1] = '#';
	memset(b->buf, '#', b->len);
}

/* A batch that is a header has no records. */
static inline void
take_header(const PdsBatch *b, Result *res)
{
	const char *record;
	size_t		len;

	if (b->first_record != b->nrec)
		res->wrong = res->nrec + 1;
	if (b->header == PDS_HEADER_ELSEWHERE)
	{
		res->elsewhere++;
		return;
	}
	res->here++;
	pds_object_header_of_batch(b, &record, &len);
	snprintf(res->header, sizeof(res->header), "%.*s", (int) len, record);
}

/* Records of a batch of a reader that counts: those that are rows. */
static inline size_t
count_batch(const PdsBatch *b, int ncolumns)
{
	size_t		n = 0;
	size_t		r;

	if (!b->indexed)
		return b->nrec;
	for (r = b->first_record; r < b->nrec; r++)
		n += !pds_record_skipped(b->unit->dialect, b->ix, b->buf, r, ncolumns);
	return n;
}

/* Read the case in a cut; object: what lies on the server (may be compressed). */
static inline Result
read_case(const PdsDialect *d, const Cut *cut, const char *object, size_t object_len)
{
	size_t		first = (size_t) d->header_lines < made.nrec ? (size_t) d->header_lines : made.nrec;
	size_t		upto = made.nrec - first > (size_t) d->footer_lines ?
		made.nrec - (size_t) d->footer_lines : first;
	PdsReadUnit unit = {d, cut->codec, -1, 7};
	PdsReaderOptions ropt = {
		.count_only = cut->count_only,
		.ncolumns = cut->ncolumns,
		.batch_bytes = cut->batch,
		.max_record = cut->max_record,
	};
	PdsFetchOptions fopt = {.concurrency = 3, .part_first = cut->part, .part_max = cut->part};
	PdsScanDialect scan;
	SplitQueue	q;
	Result		res;
	PdsFetch   *f = NULL;
	PdsReader  *r;
	PdsBatch	b;

	memset(&res, 0, sizeof(res));
	pds_error_clear(&res.err);
	if (cut->memory)
		r = pds_reader_from_memory(object, object_len, &unit, &ropt, &res.err);
	else
	{
		const RsObject *o = rs_put(cut->key ? cut->key : "case", object, object_len);

		memset(&q, 0, sizeof(q));
		q.step = cut->split;
		q.split.bucket = RS_BUCKET;
		q.split.key = o->key;
		q.split.etag = o->etag;
		q.split.object_size = (int64_t) o->len;
		q.split.user = &unit;
		pds_dialect_scan(d, &scan);
		if (pds_dialect_is_quoted(d))
		{
			q.states.maps = split_maps;
			q.states.presence = &presence;
			q.states.scan = &scan;
		}
		memset(split_maps, 0, sizeof(split_maps));
		presence = 0;
		f = pds_fetch_new(aws, &fopt, next_split, &q, &res.err);
		r = pds_reader_new(f, &ropt, cancel_hooks.wait ? &cancel_hooks : &pds_plain_hooks,
						   &res.err);
	}
	while (pds_reader_next(r, &b, &res.err))
	{
		if (b.unit != &unit || b.split->user != &unit)
			res.wrong = res.nrec + 1;
		if (b.header != PDS_HEADER_NOT_HERE)
			take_header(&b, &res);
		else if (cut->count_only)
			res.nrec += count_batch(&b, cut->ncolumns);
		else
			compare_batch(&b, first, upto, &res);
	}
	res.ok = res.err.kind == PDS_ERR_NONE && res.wrong == 0 && res.nrec == upto - first;
	res.bytes = pds_reader_bytes(r);
	pds_reader_free(r);
	pds_fetch_free(f);
	return res;
}

/* Read it plainly; complain with the cut when it is wrong. */
static inline bool
reads(const PdsDialect *d, const Cut *cut)
{
	Result		res = read_case(d, cut, made.data, made.len);

	if (!res.ok)
		printf("# split %zu part %zu batch %zu memory %d count %d header %d footer %d, %zu bytes "
			   "%zu records: got %zu, wrong at %zu; %s\n",
			   cut->split, cut->part, cut->batch, cut->memory, cut->count_only, d->header_lines,
			   d->footer_lines, made.len, made.nrec, res.nrec, res.wrong, res.err.message);
	return res.ok;
}

static inline PdsDialect
dialect(PdsFormat format, int header, int footer)
{
	PdsDialect	d;

	pds_dialect_init(&d, format);
	d.delimiter = ',';
	d.header_lines = header;
	d.footer_lines = footer;
	return d;
}

static inline void
reader_start(void)
{
	PdsError	err;

	rs_start();
	http = pds_http_new(NULL, &pds_plain_hooks, &err);
	aws = rs_aws(http);
}

static inline int
reader_done(void)
{
	pds_aws_free(aws);
	pds_http_free(http);
	rs_stop();
	free(made.data);
	return unit_done();
}

#endif							/* PDS_UNIT_READER_CASES_H */
