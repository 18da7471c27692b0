/*
 * test_reader_quoted.c
 *	  The same as test_reader.c for records that may hold line ends.
 */
#include "unit.h"

#include "reader_cases.h"

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
					got += count_batch(&b, ncolumns);
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

/* csv cut into splits: what is a record does not depend on where */
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

		/*
		 * each split and each part is a request: few of them for the longer
		 * ones
		 */
		for (k = len > 150 ? 40 : 4; k < made.len + 2; k += len > 150 ? 1 + rnd(400) : 1 + rnd(24))
		{
			Cut			plain = {.split = k, .count_only = rnd(4) == 0, .batch = rnd(3) ? 0 : rnd(40)};
			Cut			parts = {.split = k, .part = (len > 150 ? 40 : 1) + rnd(60)};

			bad += !reads(&d, &plain) + !reads(&d, &parts);
			n += 2;
		}
	}
	snprintf(what, sizeof(what), "csv in splits as in one piece (%d readings)", n);
	CHECK_MSG(bad == 0, what);

	/* long records, real slices */
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

			/* rounds 8 on: no quotes for long */
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

int
main(void)
{
	reader_start();
	test_quoted();
	test_quoted_splits();
	return reader_done();
}
