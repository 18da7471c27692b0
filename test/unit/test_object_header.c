/*
 * test_object_header.c
 *	  Headers that name fields: batches that say where they are, the records
 *	  behind them, their names and what is bound by them.
 */
#include "unit.h"

#include "core/infer/names.h"
#include "reader_cases.h"

/* ---- batches ---- */

/* A header, then records; with quotes and line ends in them where the dialect knows quotes. */
static void
case_with_header(const char *header, size_t nrec, bool quotes, const char *end)
{
	char		text[100];
	size_t		i;

	case_begin(rnd(2) == 0);
	case_record(header, strlen(header), end);
	for (i = 0; i < nrec; i++)
	{
		int			n = quotes && rnd(3) == 0 ? snprintf(text, sizeof(text), "%zu,\"a,\n%u\"", i, rnd(1000))
			: snprintf(text, sizeof(text), "%zu,%.*s", i, (int) rnd(30), "abcdefghijklmnopqrstuvwxyzabcd");

		case_record(text, (size_t) n, end);
	}
}

/* The records in every cut, counted or not; one header, and one notice for each other split. */
static void
test_batches(PdsFormat format, bool quotes, PdsHeaderMode mode, const char *end)
{
	PdsDialect	d = dialect(format, 1, 0);
	int			wrong = 0;
	int			i;

	d.header_mode = mode;
	if (format == PDS_FORMAT_CSV && !quotes)
		d.quote = d.escape = 0;
	for (i = 0; i < 300; i++)
	{
		const char *header = quotes ? "id,\"te\nxt\"" : "id,text";
		Cut			cut = {.batch = 1 + rnd(5000), .part = 64 + rnd(400), .count_only = rnd(3) == 0, .ncolumns = 2};
		Result		res;
		int			splits;

		case_with_header(header, rnd(60), quotes, end);
		cut.split = rnd(3) == 0 ? 0 : 16 + rnd(900);
		res = read_case(&d, &cut, made.data, made.len);
		splits = cut.split ? (int) ((made.len + cut.split - 1) / cut.split) : 1;
		if (!res.ok || res.here != 1 || strcmp(res.header, header) != 0 ||
			res.elsewhere != (mode == PDS_HEADER_NAMES ? splits - 1 : 0))
		{
			printf("# split %zu batch %zu count %d: %zu of %zu records, %d here, %d of %d elsewhere, header %s; %s\n",
				   cut.split, cut.batch, cut.count_only, res.nrec, made.nrec - 1, res.here, res.elsewhere,
				   splits - 1, res.header, res.err.message);
			wrong++;
		}
	}
	CHECK_INT(wrong, 0);
}

/* ---- the header alone ---- */

static const char *
fetched(const PdsDialect *d, const char *data, size_t len)
{
	static PdsStr record;
	PdsReadUnit unit = {d, PDS_CODEC_NONE, -1, 7};
	const RsObject *o = rs_put("case", data, len);
	PdsSplit	split = {
		.bucket = RS_BUCKET, .key = o->key, .etag = o->etag, .first = (int64_t) len / 2,
		.end = (int64_t) len, .object_size = (int64_t) len, .user = &unit
	};
	static PdsError err;

	pds_error_clear(&err);
	return pds_object_header_fetch(aws, &split, 1 << 20, &record, &err) ? pds_str_text(&record) : err.message;
}

static void
test_fetch(void)
{
	PdsDialect	d = dialect(PDS_FORMAT_CSV, 1, 0);
	static char big[300000];

	d.header_mode = PDS_HEADER_NAMES;
	CHECK_STR(fetched(&d, "a,b\n1,2\n", 8), "a,b");
	CHECK_STR(fetched(&d, "\xEF\xBB\xBF" "a,b\r\n1,2\r\n", 13), "a,b");
	CHECK_STR(fetched(&d, "\n\r\n\"a\nb\",c\n1,2\n", 15), "\"a\nb\",c");
	CHECK_STR(fetched(&d, "a,b", 3), "a,b");
	CHECK_STR(fetched(&d, "\n\n", 2), "");
	memset(big, 'x', sizeof(big));
	memcpy(big + sizeof(big) - 10, "\n1\n1\n1\n1\n1", 10);
	CHECK_INT(strlen(fetched(&d, big, sizeof(big))), sizeof(big) - 10);
	d.header_lines = 3;
	CHECK_STR(fetched(&d, "title\n\nid,v\n1,2\n", 16), "id,v");
}

static const char *
parsed(const PdsDialect *d, const char *record)
{
	static char out[500];
	PdsObjectHeader h;
	static PdsError err;
	int			i;

	if (!pds_object_header_parse(d, record, strlen(record), &h, &err))
		return err.message;
	snprintf(out, sizeof(out), "%d:", h.n);
	for (i = 0; i < h.n; i++)
		snprintf(out + strlen(out), sizeof(out) - strlen(out), " [%s]", h.names[i]);
	pds_object_header_free(&h);
	return out;
}

static void
test_parse(void)
{
	PdsDialect	csv = dialect(PDS_FORMAT_CSV, 1, 0);
	PdsDialect	lazy = dialect(PDS_FORMAT_LAZYSIMPLE, 1, 0);
	PdsDialect	open = dialect(PDS_FORMAT_OPENCSV, 1, 0);

	lazy.escape = '\\';
	CHECK_STR(parsed(&csv, "a,\"b\"\"\n,c\",,d\"e\"f"), "4: [a] [b\"\n,c] [] [def]");
	CHECK_STR(parsed(&csv, ""), "0:");
	CHECK_STR(parsed(&lazy, "a,b\\,c,\\N,"), "4: [a] [b,c] [N] []");
	CHECK_STR(parsed(&open, "a,\"b,\\\"c\",d"), "3: [a] [b,\"c] [d]");
	open.delimiter = ';';
	CHECK_STR(parsed(&open, "a,b;c"), "2: [a,b] [c]");
}

/* ---- binding ---- */

/* fields of the wanted names; both lists end with NULL */
static const char *
bound(const char *const *cells, const char *const *wanted)
{
	static char out[200];
	int			fields[20];
	int			n = 0;
	int			nwanted = 0;
	int			i;

	while (cells[n])
		n++;
	while (wanted[nwanted])
		nwanted++;
	out[0] = '\0';
	if (!pds_bind_names(cells, n, wanted, nwanted, fields))
		return "out of memory";
	for (i = 0; i < nwanted; i++)
		snprintf(out + strlen(out), sizeof(out) - strlen(out), i ? " %d" : "%d", fields[i]);
	return out;
}

#define LIST(...) (const char *const[]) {__VA_ARGS__, NULL}

static void
test_binding(void)
{
	CHECK_STR(bound(LIST("a", "b"), LIST("b", "a", "c")), "1 0 -1");
	/* as it is written comes first, then other case */
	CHECK_STR(bound(LIST("ID", "id"), LIST("id", "ID", "Id")), "1 0 -1");
	CHECK_STR(bound(LIST("ID", "x"), LIST("id", "ID")), "-1 0");
	CHECK_STR(bound(LIST("Id", "x"), LIST("ID")), "0");
	/* then as infer_schema has names */
	CHECK_STR(bound(LIST("First Name", "e-mail"), LIST("e_mail", "first_name")), "1 0");
	CHECK_STR(bound(LIST("first_name"), LIST("First Name")), "0");
	CHECK_STR(bound(LIST("id", "id", "", "id"), LIST("id", "id_1", "col2", "id_2", "id_3")), "0 1 2 3 -1");
	CHECK_STR(bound(LIST("id", "id", "id_1"), LIST("id", "id_1", "id_2")), "0 2 1");
	CHECK_STR(bound(LIST("a b", "a_b"), LIST("a_b", "a b", "a_b_1")), "1 0 -1");
	CHECK_STR(bound(LIST("\xC3\x84", "x"), LIST("a", "\xC3\xA4")), "0 -1");
	CHECK_STR(bound(LIST("", "x"), LIST("")), "-1");
	/* a name may be asked for twice */
	CHECK_STR(bound(LIST("a", "b"), LIST("b", "b")), "1 1");
}

int
main(void)
{
	reader_start();
	test_batches(PDS_FORMAT_LAZYSIMPLE, false, PDS_HEADER_NAMES, "\n");
	test_batches(PDS_FORMAT_LAZYSIMPLE, false, PDS_HEADER_MATCH, "\r\n");
	test_batches(PDS_FORMAT_OPENCSV, false, PDS_HEADER_NAMES, "\r\n");
	test_batches(PDS_FORMAT_CSV, false, PDS_HEADER_NAMES, "\r");
	test_batches(PDS_FORMAT_CSV, true, PDS_HEADER_NAMES, "\n");
	test_batches(PDS_FORMAT_CSV, true, PDS_HEADER_NAMES, "\r\n");
	test_batches(PDS_FORMAT_CSV, true, PDS_HEADER_MATCH, "\n");
	test_fetch();
	test_parse();
	test_binding();
	return reader_done();
}
