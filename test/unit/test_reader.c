/*
 * test_reader.c
 *	  Records must not depend on how an object is cut: into splits, parts,
 *	  slices, batches, compressed members.  Every case is read in many cuts
 *	  from a server on loopback and from memory, and compared with the records
 *	  it was made of.
 */
#include "unit.h"

#include <lz4.h>
#include <snappy-c.h>
#include <zlib.h>
#include <zstd.h>

#include "core/read/reader.h"
#include "range_server.h"
#include "split_queue.h"

#define MAX_RECORDS 80000

static PdsHttp *http;
static PdsAws *aws;

static unsigned int seed = 20;

static unsigned int
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

static void
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

static void
case_begin(bool bom)
{
	made.len = made.nrec = 0;
	if (made.data == NULL)
		made.data = malloc(made.cap = 1000);
	case_bytes("\xEF\xBB\xBF", bom ? 3 : 0);
}

static void
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
static void
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
} SplitQueue;

static bool
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
	split->lead = pds_split_lead(((const PdsReadUnit *) split->user)->dialect, split->step,
								 split->first);
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
} Result;

static PdsHooks cancel_hooks;

/* Compare one batch with records from..., and spoil its bytes. */
static void
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

/* Read the case in a cut; object: what lies on the server (may be compressed). */
static Result
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
		f = pds_fetch_new(aws, &fopt, next_split, &q, &res.err);
		r = pds_reader_new(f, &ropt, cancel_hooks.wait ? &cancel_hooks : &pds_plain_hooks,
						   &res.err);
	}
	while (pds_reader_next(r, &b, &res.err))
	{
		if (b.unit != &unit || b.split->user != &unit)
			res.wrong = res.nrec + 1;
		if (cut->count_only)
			res.nrec += b.nrec - b.first_record;
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
static bool
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

static PdsDialect
dialect(PdsFormat format, int header, int footer)
{
	PdsDialect	d;

	pds_dialect_init(&d, format);
	d.delimiter = ',';
	d.header_lines = header;
	d.footer_lines = footer;
	return d;
}

/*
 * Small objects in every cut.
 */
static void
test_every_cut(PdsFormat format, int ends, const char *name)
{
	int			round;
	int			bad = 0;
	int			n = 0;
	char		what[100];

	for (round = 0; round < 24; round++)
	{
		/* at most one header line: several may be longer than a split */
		PdsDialect	d = dialect(format, round % 3 == 0, 0);
		size_t		k;

		bool		bom = (round & 2) != 0;

		case_lines(rnd(12), round % 4 == 0 ? 1 : 9, ends, round & 1, bom);
		for (k = 0; k <= made.len + 1; k++)
		{
			Cut			in_splits = {.split = k, .count_only = (k + (size_t) round) % 2};
			Cut			in_batches = {.batch = k, .memory = true, .count_only = round % 5 == 0};

			bad += !reads(&d, &in_batches);
			n += 2;

			/*
			 * a first split holds the byte order mark and something of a
			 * record
			 */
			if ((made.len < 60 || k < 12 || k % 5 == 0) && !(bom && k < 4))
				bad += !reads(&d, &in_splits);
		}
		for (k = 1; k < 20; k += 1 + rnd(3))
		{
			Cut			in_parts = {.part = k, .split = rnd(2) ? 0 : 4 + rnd(40)};

			bad += !reads(&d, &in_parts);
			n++;
		}
	}
	snprintf(what, sizeof(what), "%s: small objects in every cut", name);
	CHECK_MSG(bad == 0, what);
	printf("# %d readings\n", n);
}

/* Larger ones, with real slices, in random cuts. */
static void
test_random_cuts(int ends, const char *name)
{
	static const size_t longest[] = {20, 300, 5000, 100000, 400000};
	int			round;
	int			bad = 0;
	char		what[100];

	for (round = 0; round < 30; round++)
	{
		size_t		l = longest[round % 5];
		PdsDialect	d = dialect(PDS_FORMAT_LAZYSIMPLE, (int) rnd(2), 0);
		Cut			whole = {.count_only = rnd(3) == 0};
		Cut			splits = {.split = 20000 + rnd(700000), .batch = rnd(2) ? 0 : 1000 + rnd(99999)};
		Cut			parts = {.split = rnd(2) ? 0 : 300000 + rnd(700000), .part = 30000 + rnd(200000)};

		case_lines(1 + rnd((unsigned int) (1500000 / l) + 1), l, ends, round & 1, false);
		if (made.nrec > MAX_RECORDS)
			abort();
		bad += !reads(&d, &whole);
		bad += !reads(&d, &splits);
		bad += !reads(&d, &parts);
		splits.count_only = true;
		bad += !reads(&d, &splits);
	}
	snprintf(what, sizeof(what), "%s: objects of a megabyte in random cuts", name);
	CHECK_MSG(bad == 0, what);
}

static void
test_crlf_at_the_border(void)
{
	PdsDialect	d = dialect(PDS_FORMAT_LAZYSIMPLE, 0, 0);
	size_t		k;
	int			bad = 0;

	case_begin(false);
	case_record("ab", 2, "\r\n");
	case_record("cd", 2, "\r\n");
	case_record("", 0, "\r\n");
	case_record("", 0, "\r");
	case_record("", 0, "\r\n");
	case_record("ef", 2, "\r");
	case_record("gh", 2, "");
	for (k = 0; k < made.len; k++)
	{
		Cut			a = {.split = k};
		Cut			b = {.split = k, .part = 1};
		Cut			c = {.part = 1 + k};
		Cut			e = {.memory = true, .batch = 1 + k};

		bad += !reads(&d, &a) + !reads(&d, &b) + !reads(&d, &c) + !reads(&d, &e);
	}
	CHECK_MSG(bad == 0, "CRLF and CR across every border");
}

static void
test_empty(void)
{
	PdsDialect	none = dialect(PDS_FORMAT_LAZYSIMPLE, 0, 0);
	PdsDialect	header = dialect(PDS_FORMAT_LAZYSIMPLE, 1, 0);
	PdsDialect	both = dialect(PDS_FORMAT_LAZYSIMPLE, 3, 2);
	Cut			server = {.split = 0};
	Cut			memory = {.memory = true};
	Cut			count = {.count_only = true};

	case_begin(false);
	CHECK_MSG(reads(&none, &server) && reads(&none, &memory) && reads(&none, &count),
			  "no bytes: no records");
	CHECK_MSG(reads(&header, &server) && reads(&both, &memory), "no bytes and a header");
	case_begin(true);
	CHECK_MSG(reads(&none, &server) && reads(&none, &memory) && reads(&none, &count),
			  "a byte order mark only: no records");
	case_record("h1,h2", 5, "\n");
	CHECK_MSG(reads(&header, &server) && reads(&header, &memory) && reads(&header, &count),
			  "a header only: no records");
	made.len--;
	CHECK_MSG(reads(&header, &server) && reads(&header, &memory), "without its line end too");
	CHECK_MSG(reads(&both, &server) && reads(&both, &memory), "fewer lines than header and footer");
	case_begin(false);
	case_record("", 0, "\n");
	CHECK_MSG(reads(&none, &server) && reads(&none, &memory) && reads(&none, &count),
			  "one blank line is a record");
	case_begin(false);
	case_record("\xEF\xBB", 2, "");
	CHECK_MSG(reads(&none, &server) && reads(&none, &memory), "half a byte order mark is data");
	case_begin(false);
	case_record("a", 1, "\n");
	case_record("\xEF\xBB\xBF" "b", 4, "\n");
	CHECK_MSG(reads(&none, &server) && reads(&none, &memory), "in the middle too");
}

static void
test_headers_and_footers(void)
{
	int			header;
	int			footer;
	size_t		k;
	int			bad = 0;

	for (header = 0; header < 4; header++)
		for (footer = 0; footer < 4; footer++)
			for (k = 0; k < 6; k++)
			{
				PdsDialect	d = dialect(PDS_FORMAT_OPENCSV, header, footer);
				Cut			a = {.part = k, .ncolumns = 3};
				Cut			b = {.memory = true, .batch = k};
				Cut			c = {.count_only = true, .part = 3 * k};

				case_lines(k < 2 ? 4 : 9, 6, 3, k & 1, k == 3);
				bad += !reads(&d, &a) + !reads(&d, &b) + !reads(&d, &c);
			}
	CHECK_MSG(bad == 0, "header and footer lines in many cuts");
	{
		PdsDialect	d = dialect(PDS_FORMAT_LAZYSIMPLE, 2, 3);
		Cut			a = {.split = 0};
		Cut			b = {.part = 70000, .batch = 5000};
		Cut			c = {.count_only = true};

		case_lines(9000, 200, 0, true, false);
		CHECK_MSG(reads(&d, &a) && reads(&d, &b) && reads(&d, &c), "footer of a larger object");
	}
	{
		PdsDialect	d = dialect(PDS_FORMAT_LAZYSIMPLE, 5, 0);
		Cut			cut = {.split = 4};
		Result		res;

		case_lines(20, 6, 0, true, false);
		res = read_case(&d, &cut, made.data, made.len);
		CHECK_MSG(res.err.kind == PDS_ERR_LIMIT && strstr(res.err.message, "s3://bucket/case"),
				  "a header longer than the first split is an error");
		cut.split = made.len - 1;
		CHECK(reads(&d, &cut));
	}
}

static void
test_long_records(void)
{
	PdsDialect	d = dialect(PDS_FORMAT_LAZYSIMPLE, 0, 0);
	static const size_t sizes[] = {65535, 65536, 65537, 131071, 1048576, 2500000};
	char	   *text = malloc(3000000);
	size_t		i;
	int			bad = 0;
	Cut			cut = {.split = 0};
	Result		res;

	memset(text, 'x', 3000000);
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
	{
		Cut			a = {.split = 300000};
		Cut			b = {.part = 64000};
		Cut			c = {.memory = true};
		Cut			e = {.split = 50000, .count_only = true};

		case_begin(false);
		case_record("a,b", 3, "\n");
		case_record(text, sizes[i], i & 1 ? "\r\n" : "\n");
		case_record("c", 1, "\n");
		case_record(text, sizes[i] + 1, "\n");
		case_record(text, sizes[i], "");
		bad += !reads(&d, &cut) + !reads(&d, &a) + !reads(&d, &b) + !reads(&d, &c) + !reads(&d, &e);
	}
	CHECK_MSG(bad == 0, "records longer than slices, parts and splits");

	cut.max_record = 1000000;
	res = read_case(&d, &cut, made.data, made.len);
	CHECK_MSG(res.err.kind == PDS_ERR_LIMIT && strstr(res.err.message, "byte 4 of s3://bucket/case"),
			  res.err.message);
	CHECK(res.nrec == 1 && res.err.hint[0] != '\0');
	cut.split = 100000;
	res = read_case(&d, &cut, made.data, made.len);
	CHECK_MSG(res.err.kind == PDS_ERR_LIMIT && strstr(res.err.message, "byte 4 of s3://bucket/case"),
			  "too long past the end of a split");
	free(text);
}

/* csv: line ends inside quotes; blank lines count for one column only */
static void
test_quoted(void)
{
	int			round;
	int			bad = 0;

	for (round = 0; round < 40; round++)
	{
		PdsDialect	d = dialect(PDS_FORMAT_CSV, round % 3, round % 7 == 0);
		size_t		n = rnd(30);
		size_t		i;
		size_t		k;

		case_begin(round % 5 == 0);
		for (i = 0; i < n; i++)
		{
			static const char *const texts[] = {
				"a,b,c", "\"x\n\ny\",2", "\"\r\n\",\"\"\"\"", "1,\"a\"\"b\"", "\"\r\r\"",
				"plain", "\"long long long long long long\n\"", "\"\""
			};
			const char *text = texts[rnd(8)];

			case_record(text, strlen(text), round & 1 ? "\n" : "\r\n");
		}
		for (k = 0; k < 60; k += 1 + k / 8)
		{
			Cut			a = {.part = k, .ncolumns = 1 + round % 3};
			Cut			b = {.batch = k, .memory = true, .ncolumns = 3};
			Cut			c = {.part = 2 * k, .batch = k, .count_only = true, .ncolumns = 1 + round % 3};

			bad += !reads(&d, &a) + !reads(&d, &b) + !reads(&d, &c);
		}
	}
	CHECK_MSG(bad == 0, "csv with line ends in quotes, in many cuts");
	{
		PdsDialect	d = dialect(PDS_FORMAT_CSV, 1, 0);
		static const char text[] = "h\n\na\n\n\n\"\n\n\"\r\n\r\nb\n";
		PdsReadUnit unit = {&d, PDS_CODEC_NONE, -1, 0};
		int			ncolumns;
		size_t		batch;
		int			wrong = 0;

		for (ncolumns = 1; ncolumns <= 2; ncolumns++)
			for (batch = 0; batch < 25; batch++)
			{
				PdsReaderOptions opt = {.count_only = true, .ncolumns = ncolumns, .batch_bytes = batch};
				PdsError	err;
				PdsBatch	b;
				size_t		got = 0;
				PdsReader  *r = pds_reader_from_memory(text, strlen(text), &unit, &opt, &err);

				while (pds_reader_next(r, &b, &err))
					got += b.nrec - b.first_record;
				wrong += got != (ncolumns == 1 ? 7 : 3);
				pds_reader_free(r);
			}
		CHECK_MSG(wrong == 0, "blank csv lines count for a table of one column only");
	}
	{
		PdsDialect	d = dialect(PDS_FORMAT_CSV, 0, 0);
		static const char text[] = "a,b\n\"c\",\"d\ne\n";
		PdsReadUnit unit = {&d, PDS_CODEC_NONE, -1, 0};
		int			count;
		int			wrong = 0;
		size_t		batch;

		for (count = 0; count < 2; count++)
			for (batch = 0; batch < 16; batch++)
			{
				PdsReaderOptions opt = {.count_only = count, .ncolumns = 2, .batch_bytes = batch};
				PdsError	err;
				PdsBatch	b;
				size_t		got = 0;
				bool		open = false;
				PdsReader  *r = pds_reader_from_memory(text, strlen(text), &unit, &opt, &err);

				while (pds_reader_next(r, &b, &err))
				{
					wrong += open;
					open = b.open_quote;
					got += b.nrec - b.first_record;
				}
				wrong += got != 2 || !open;
				pds_reader_free(r);
			}
		CHECK_MSG(wrong == 0, "a quote that is not closed is told, counting too");
	}
}

/* The case's records as the reference finds them in the whole object. */
static void
find_records(const PdsDialect *d)
{
	const char *kernel = pds_scan_kernel();
	size_t		bom = made.len >= 3 && memcmp(made.data, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
	PdsScanDialect scan;
	PdsIndex	ix;
	size_t		r;

	pds_dialect_scan(d, &scan);
	case_bytes("", 1);			/* room for padding */
	made.len--;
	pds_index_init(&ix);
	pds_scan_set_kernel("scalar");
	pds_index_build(&ix, &scan, made.data + bom, made.len - bom, true);
	made.nrec = ix.nrec;
	for (r = 0; r < ix.nrec; r++)
	{
		uint32_t	start;
		uint32_t	end;

		pds_field_span(&ix, made.data + bom, r, pds_record_nfields(&ix, r) - 1, &start, &end);
		start = pds_record_start(&ix, r);
		made.rec[r].at = bom + start;
		made.rec[r].len = end - start;
	}
	pds_index_free(&ix);
	pds_scan_set_kernel(kernel);
}

/* csv cut into splits: what is a record does not depend on where, be the border certain or not */
static void
test_quoted_splits(void)
{
	static const char *const alphabets[] = {
		"\"\n,a", "\"\"\",\n\r", "ab,\n", "\"\\\n,ab\r", "aaaaaaaa\",\n", "a,\n\r", "\"\n"
	};
	int			round;
	int			bad = 0;
	int			n = 0;
	char		what[100];

	for (round = 0; round < 140; round++)
	{
		const char *alphabet = alphabets[round % 7];
		size_t		letters = strlen(alphabet);
		PdsDialect	d = dialect(PDS_FORMAT_CSV, 0, 0);
		size_t		len = rnd(round % 10 == 0 ? 3000 : 150);
		size_t		k;

		if (round % 3 == 1)
			d.escape = '\\';
		case_begin(round % 5 == 0);
		while (made.len < len)
			case_bytes(&alphabet[rnd((unsigned int) letters)], 1);
		find_records(&d);
		for (k = 4; k < made.len + 2; k += len > 150 ? 1 + rnd(400) : 1 + rnd(12))
		{
			Cut			plain = {.split = k, .batch = rnd(3) ? 0 : rnd(40)};
			Cut			parts = {.split = k, .part = 1 + rnd(60)};

			bad += !reads(&d, &plain) + !reads(&d, &parts);
			n += 2;
		}
	}
	snprintf(what, sizeof(what), "csv in splits as in one piece (%d readings)", n);
	CHECK_MSG(bad == 0, what);

	/* long records, real slices, enough bytes for certain borders */
	for (bad = n = round = 0; round < 12; round++)
	{
		PdsDialect	d = dialect(PDS_FORMAT_CSV, round % 2, 0);
		size_t		longest = round % 4 == 3 ? 150000 : 200;
		Cut			cut = {.split = 100000 + rnd(200000)};
		Cut			count = cut;

		case_begin(false);
		while (made.len < 1200000 && made.nrec < MAX_RECORDS - 1)
		{
			static char text[200000];
			size_t		l = rnd((unsigned int) longest) + 4;
			size_t		i;

			/* rounds 8 on: no quotes for long, the borders are uncertain */
			for (i = 0; i < l; i++)
				text[i] = round < 8 && rnd(20) == 0 ? (rnd(3) ? ',' : '\n') : 'x';
			if (round < 8 || rnd(9000) == 0)
				text[0] = text[l - 1] = '"';
			case_record(text, l, rnd(2) ? "\n" : "\r\n");
		}
		count.count_only = true;
		count.ncolumns = 2;
		find_records(&d);
		bad += !reads(&d, &cut) + !reads(&d, &count);
	}
	CHECK_MSG(bad == 0, "long csv in splits as in one piece");
}

static char *
gzip(const char *data, size_t len, size_t *packed)
{
	z_stream	z;
	char	   *out = malloc(len + 1000);

	memset(&z, 0, sizeof(z));
	deflateInit2(&z, 1, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY);
	z.next_in = (Bytef *) data;
	z.avail_in = (uInt) len;
	z.next_out = (Bytef *) out;
	z.avail_out = (uInt) (len + 1000);
	deflate(&z, Z_FINISH);
	*packed = z.total_out;
	deflateEnd(&z);
	return out;
}

/* Hadoop's framing: blocks of up to 50,000 bytes, one chunk each */
static char *
hadoop(PdsCodec codec, const char *data, size_t len, size_t *packed)
{
	char	   *out = malloc(2 * len + 1000);
	size_t		at = 0;

	*packed = 0;
	while (at < len)
	{
		size_t		n = 1 + rnd(50000);
		size_t		size = 100000;
		size_t		lengths[2];
		int			i;
		char	   *p = out + *packed;

		if (n > len - at)
			n = len - at;
		out = realloc(out, *packed + size + 2 * len + 1000);
		p = out + *packed;
		if (codec == PDS_CODEC_LZ4)
			size = (size_t) LZ4_compress_default(data + at, p + 8, (int) n, (int) size);
		else
			snappy_compress(data + at, n, p + 8, &size);
		lengths[0] = n;
		lengths[1] = size;
		for (i = 0; i < 8; i++)
			p[i] = (char) (lengths[i / 4] >> (24 - i % 4 * 8));
		*packed += 8 + size;
		at += n;
	}
	return out;
}

/* lz4 and snappy, over the borders of slices, parts and batches */
static void
test_hadoop_blocks(void)
{
	PdsDialect	d = dialect(PDS_FORMAT_LAZYSIMPLE, 1, 0);
	int			round;
	int			bad = 0;

	for (round = 0; round < 6; round++)
	{
		PdsCodec	codec = round & 1 ? PDS_CODEC_LZ4 : PDS_CODEC_SNAPPY;
		const char *key = round & 1 ? "case.lz4" : "case.snappy";
		Cut			cut = {.codec = codec, .key = key};
		Cut			parts = {.codec = codec, .part = 777, .batch = 3000};
		Cut			memory = {.codec = codec, .memory = true};
		Cut			count = {.codec = codec, .count_only = true, .part = 50000};
		Result		res;
		size_t		n;
		char	   *z;

		case_lines(1 + rnd(20000), round == 5 ? 400 : 60, 3, true, round & 2);
		z = hadoop(codec, made.data, made.len, &n);
		bad += !read_case(&d, &cut, z, n).ok;
		bad += !read_case(&d, &parts, z, n).ok;
		bad += !read_case(&d, &memory, z, n).ok;
		bad += !read_case(&d, &count, z, n).ok;
		res = read_case(&d, &cut, z, n - 1);
		bad += !(res.err.kind == PDS_ERR_DATA && strstr(res.err.message, "is cut short") &&
				 strstr(res.err.message, key));
		free(z);
	}
	CHECK_MSG(bad == 0, "Hadoop's blocks of lz4 and snappy: byte order mark, header; cut short");
}

static void
test_compressed(void)
{
	PdsDialect	d = dialect(PDS_FORMAT_LAZYSIMPLE, 1, 0);
	PdsDialect	f = dialect(PDS_FORMAT_LAZYSIMPLE, 1, 2);
	Cut			cut = {.codec = PDS_CODEC_GZIP, .key = "case.gz"};
	Cut			parts = {.codec = PDS_CODEC_GZIP, .part = 777, .batch = 3000};
	Cut			memory = {.codec = PDS_CODEC_GZIP, .memory = true};
	Cut			count = {.codec = PDS_CODEC_GZIP, .count_only = true, .part = 50000};
	Result		res;
	char	   *one;
	char	   *two;
	char	   *all;
	size_t		n1;
	size_t		n2;
	size_t		half;
	char	   *z;
	int			round;
	int			bad = 0;

	for (round = 0; round < 6; round++)
	{
		case_lines(1 + rnd(20000), round == 5 ? 400 : 60, 3, round & 1, round & 2);
		half = rnd((unsigned int) made.len);
		one = gzip(made.data, half, &n1);
		two = gzip(made.data + half, made.len - half, &n2);
		all = malloc(n1 + n2 + 1);
		memcpy(all, one, n1);
		memcpy(all + n1, two, n2);
		bad += !read_case(&d, &cut, all, n1 + n2).ok;
		bad += !read_case(&d, &parts, all, n1 + n2).ok;
		bad += !read_case(&f, &memory, all, n1 + n2).ok;
		bad += !read_case(&d, &count, all, n1 + n2).ok;
		res = read_case(&d, &cut, all, n1 + n2 - 1 - rnd((unsigned int) n2 - 1));
		bad += !(res.err.kind == PDS_ERR_DATA && strstr(res.err.message, "is cut short") &&
				 strstr(res.err.message, "s3://bucket/case.gz") &&
				 strcmp(res.err.resource, "s3://bucket/case.gz") == 0);
		free(one);
		free(two);
		free(all);
	}
	CHECK_MSG(bad == 0, "gzip with two members, byte order mark, header; cut short");
	res = read_case(&d, &cut, made.data, made.len);
	CHECK_MSG(res.err.kind == PDS_ERR_DATA && strstr(res.err.message, "is corrupt") != NULL,
			  res.err.message);
	cut.split = 100;
	res = read_case(&d, &cut, made.data, made.len);
	CHECK_MSG(res.err.kind == PDS_ERR_UNSUPPORTED, "a compressed object in splits is refused");
	cut.split = 0;
	cut.codec = PDS_CODEC_UNSUPPORTED;
	res = read_case(&d, &cut, made.data, made.len);
	CHECK_MSG(res.err.kind == PDS_ERR_UNSUPPORTED && strstr(res.err.message, "case.gz") != NULL,
			  "an unsupported codec names the object");

	z = malloc(ZSTD_compressBound(made.len));
	n1 = ZSTD_compress(z, ZSTD_compressBound(made.len), made.data, made.len, 1);
	cut.codec = PDS_CODEC_ZSTD;
	CHECK_MSG(read_case(&d, &cut, z, n1).ok, "zstd");
	res = read_case(&d, &cut, z, n1);
	CHECK_INT(res.bytes, made.len);
	free(z);
	cut.codec = PDS_CODEC_GZIP;
	case_begin(false);
	CHECK_MSG(read_case(&d, &cut, "", 0).ok, "a .gz object of no bytes has no records");
}

static int	cancel_after;

static bool
cancelled(void *arg)
{
	(void) arg;
	return --cancel_after < 0;
}

static void
test_cancel(void)
{
	PdsDialect	d = dialect(PDS_FORMAT_LAZYSIMPLE, 0, 0);
	Cut			cut = {.batch = 1000};
	Result		res;

	case_lines(9000, 200, 0, true, false);
	cancel_hooks = pds_plain_hooks;
	cancel_hooks.cancelled = cancelled;
	cancel_after = 20;
	res = read_case(&d, &cut, made.data, made.len);
	CHECK(res.err.kind == PDS_ERR_CANCELLED && res.nrec > 0 && res.nrec < 9000);
	cancel_hooks.wait = NULL;
}

/* Several objects after each other, each with its header. */
static void
test_objects(void)
{
	PdsDialect	d = dialect(PDS_FORMAT_LAZYSIMPLE, 1, 0);
	PdsReadUnit units[20];
	PdsSplit	splits[20];
	Queue		array = {splits, 20, 0};
	PdsError	err;
	PdsFetch   *f;
	PdsReader  *r;
	PdsBatch	b;
	int			seen = 0;
	int			bad = 0;
	int			i;

	for (i = 0; i < 20; i++)
	{
		char		key[32];
		char		text[64];
		const RsObject *o;

		snprintf(key, sizeof(key), "object%d", i);
		snprintf(text, sizeof(text), "\xEF\xBB\xBFheader\nrow %d\n", i);
		o = rs_put(key, text, i == 5 ? 0 : strlen(text));
		memset(&units[i], 0, sizeof(units[i]));
		units[i].dialect = &d;
		units[i].partition = -1;
		units[i].object = i;
		memset(&splits[i], 0, sizeof(splits[i]));
		splits[i].bucket = RS_BUCKET;
		splits[i].key = o->key;
		splits[i].etag = o->etag;
		splits[i].end = splits[i].object_size = (int64_t) o->len;
		splits[i].user = &units[i];
	}
	f = pds_fetch_new(aws, NULL, next_of_queue, &array, &err);
	r = pds_reader_new(f, NULL, &pds_plain_hooks, &err);
	while (pds_reader_next(r, &b, &err))
	{
		char		want[32];
		uint32_t	start;
		uint32_t	end;

		snprintf(want, sizeof(want), "row %d", b.unit->object);
		pds_field_span(b.ix, b.buf, b.first_record, 0, &start, &end);
		bad += b.nrec - b.first_record != 1 || end - start != strlen(want) ||
			memcmp(b.buf + start, want, end - start) != 0;
		bad += b.record_offset + (int64_t) b.first_record != 1;
		seen++;
	}
	CHECK_MSG(seen == 19 && bad == 0 && err.kind == PDS_ERR_NONE,
			  "the header of every object is skipped");
	pds_reader_free(r);
	pds_fetch_free(f);
}

int
main(void)
{
	PdsError	err;

	rs_start();
	http = pds_http_new(NULL, &pds_plain_hooks, &err);
	aws = rs_aws(http);
	test_crlf_at_the_border();
	test_every_cut(PDS_FORMAT_LAZYSIMPLE, 0, "LF");
	test_every_cut(PDS_FORMAT_LAZYSIMPLE, 1, "CRLF");
	test_every_cut(PDS_FORMAT_LAZYSIMPLE, 2, "CR");
	test_every_cut(PDS_FORMAT_OPENCSV, 3, "all mixed");
	test_random_cuts(0, "LF");
	test_random_cuts(1, "CRLF");
	test_random_cuts(3, "all mixed");
	test_empty();
	test_headers_and_footers();
	test_long_records();
	test_quoted();
	test_quoted_splits();
	test_compressed();
	test_hadoop_blocks();
	test_objects();
	test_cancel();
	pds_aws_free(aws);
	pds_http_free(http);
	rs_stop();
	free(made.data);
	return unit_done();
}
