/*
 * test_reader.c
 *	  Records must not depend on how an object is cut: into splits, parts, slices,
 *	  batches.  Every case is read in many cuts from a server on loopback and from
 *	  memory, and compared with the records it was made of.
 */
#include "unit.h"

#include "reader_cases.h"
#include "split_queue.h"

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
	reader_start();
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
	test_objects();
	test_cancel();
	return reader_done();
}
