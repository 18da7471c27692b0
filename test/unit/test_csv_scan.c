/*
 * test_csv_scan.c
 *	  Every kernel of the structure index gives what the scalar one gives, and
 *	  fields of csv are those of COPY's algorithm.
 */
#include "unit.h"

#include "core/csv/csv_scan.h"
#include "core/serde/serde.h"

static const char *const kernel_names[] = {"sse2", "avx2", "neon"};
static unsigned int seed = 1;

static unsigned int
rnd(unsigned int n)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % n;
}

/* bytes that matter, often; the mix decides which */
static void
fill(char *buf, size_t len, const char *alphabet)
{
	size_t		n = strlen(alphabet);
	size_t		i;

	for (i = 0; i < len; i++)
		buf[i] = rnd(4) == 0 ? "abcdefgh"[rnd(8)] : alphabet[rnd((unsigned int) n)];
}

/* well-formed csv, so that the fast path is taken for long */
static size_t
fill_wellformed(char *buf, size_t cap)
{
	size_t		n = 0;

	while (n + 40 < cap)
	{
		unsigned int kind = rnd(6);
		unsigned int len = rnd(20);
		unsigned int i;

		if (kind < 3)
		{
			buf[n++] = '"';
			for (i = 0; i < len; i++)
			{
				unsigned int c = rnd(12);

				if (c == 0 && i + 1 < len)
				{
					buf[n++] = '"';
					buf[n++] = '"';
					i++;
				}
				else
					buf[n++] = ",\n\rabcdefgh\xC3"[c];
			}
			buf[n++] = '"';
		}
		else
			for (i = 0; i < len; i++)
				buf[n++] = (char) ('a' + rnd(26));
		kind = rnd(8);
		if (kind == 0)
			buf[n++] = '\n';
		else if (kind == 1)
		{
			buf[n++] = '\r';
			buf[n++] = '\n';
		}
		else
			buf[n++] = ',';
	}
	return n;
}

static int
same(const PdsIndex *a, const PdsIndex *b)
{
	return a->nrec == b->nrec && a->consumed == b->consumed && a->line_ends == b->line_ends &&
		(a->nrec == 0 || a->nends == b->nends) && a->open_quote == b->open_quote &&
		(a->nrec == 0 || memcmp(a->ends, b->ends, a->nends * sizeof(uint32_t)) == 0) &&
		(a->nrec == 0 || memcmp(a->rec, b->rec, a->nrec * sizeof(uint32_t)) == 0);
}

/* The index of bytes that come a few at a time, as long as no record is complete. */
static void
build_in_pieces(PdsIndex *ix, const PdsScanDialect *d, const char *buf, size_t len, bool at_end)
{
	size_t		n = rnd((unsigned int) len + 1);

	pds_index_build(ix, d, buf, n, at_end && n == len);
	while (ix->nrec == 0 && n < len)
	{
		n += 1 + rnd((unsigned int) (len - n));
		pds_index_continue(ix, d, buf, n, at_end && n == len);
	}
	if (n < len)
		pds_index_build(ix, d, buf, len, at_end);
}

static int
compare(const char *kernel, const PdsScanDialect *d, const char *buf, size_t len, bool at_end)
{
	PdsIndex	want;
	PdsIndex	got;
	PdsIndex	pieces;
	PdsIndex	counted;
	uint32_t	nfields;
	size_t		r;
	bool		regular;
	bool		all_alike = true;
	int			ok;

	pds_index_init(&want);
	pds_index_init(&got);
	pds_index_init(&pieces);
	pds_index_init(&counted);
	pds_scan_set_kernel("scalar");
	pds_index_build(&want, d, buf, len, at_end);
	build_in_pieces(&pieces, d, buf, len, at_end);
	ok = same(&want, &pieces);
	pds_scan_set_kernel(kernel);
	pds_index_build(&got, d, buf, len, at_end);
	build_in_pieces(&pieces, d, buf, len, at_end);
	ok = ok && same(&want, &got) && same(&want, &pieces) && want.odd_quotes == got.odd_quotes;
	pds_count_records(&counted, d, buf, len, at_end, 0, &regular);
	ok = ok && counted.nrec == want.nrec && counted.consumed == want.consumed;
	nfields = want.nrec > 0 ? pds_record_nfields(&want, 0) : 1;
	for (r = 0; r < want.nrec; r++)
		all_alike = all_alike && pds_record_nfields(&want, r) == nfields;
	pds_count_records(&counted, d, buf, len, at_end, nfields, &regular);
	ok = ok && counted.nrec == want.nrec && counted.consumed == want.consumed &&
		(regular ? all_alike && counted.line_ends == want.line_ends : !all_alike || counted.any_cr);
	/* flags may say more than they must, never less */
	ok = ok && got.non_ascii >= (want.consumed == len && want.non_ascii);
	if (!ok)
	{
		size_t		i;

		printf("# %s grammar %d escape %d at_end %d: %zu/%zu/%zu records, %zu/%zu ends, consumed %zu/%zu, "
			   "count %zu, open %d/%d, line ends %d/%d\n# ",
			   kernel, d->grammar, d->escape, at_end, got.nrec, want.nrec, pieces.nrec, got.nends,
			   want.nends, got.consumed, want.consumed, counted.nrec, got.open_quote, want.open_quote,
			   got.line_ends, want.line_ends);
		for (i = 0; i < len && i < 300; i++)
			printf(buf[i] >= ' ' ? "%c" : "\\%o", buf[i]);
		printf("\n");
	}
	pds_index_free(&want);
	pds_index_free(&got);
	pds_index_free(&pieces);
	pds_index_free(&counted);
	return ok;
}

/* Of long records only the first ends are kept, and all are counted. */
static void
test_kept(const char *kernel)
{
	static char buf[200000 + 64];
	static const char *const alphabets[] = {",", ",,,,,,,,,,,,,,\n", "a,\"\n", ",\r\n"};
	PdsScanDialect d = {PDS_GRAMMAR_QUOTED, ',', '"', '"', true, 0, 0};
	PdsIndex	all;
	PdsIndex	kept;
	size_t		most = 0;
	int			bad = 0;
	int			round;

	if (!pds_scan_set_kernel(kernel))
		return;
	pds_index_init(&all);
	for (round = 0; round < 200; round++)
	{
		const char *alphabet = alphabets[round % 4];
		size_t		n = rnd(200000);
		bool		at_end = rnd(2);
		size_t		i;
		size_t		r;

		for (i = 0; i < n; i++)
			buf[i] = rnd(3) ? ',' : alphabet[rnd((unsigned int) strlen(alphabet))];
		/* records of any length */
		for (i = 0; i < n; i += 1 + rnd(round % 8 < 4 ? 100000 : 9000))
			buf[i] = '\n';
		pds_index_init(&kept);
		kept.keep = 1 + rnd(20);
		pds_index_build(&all, &d, buf, n, at_end);
		if (rnd(2))
			pds_index_build(&kept, &d, buf, n, at_end);
		else
			build_in_pieces(&kept, &d, buf, n, at_end);
		bad += all.nrec != kept.nrec || all.consumed != kept.consumed;
		for (r = 0; r < all.nrec && bad == 0; r++)
		{
			uint32_t	nfields = pds_record_nfields(&all, r);
			uint32_t	f;

			bad += nfields != pds_record_nfields(&kept, r) ||
				pds_record_start(&all, r) != pds_record_start(&kept, r) ||
				pds_record_end(&all, buf, r) != pds_record_end(&kept, buf, r);
			for (f = 0; f < kept.keep && f < nfields; f++)
			{
				uint32_t	a[2];
				uint32_t	b[2];

				pds_field_span(&all, buf, r, f, &a[0], &a[1]);
				pds_field_span(&kept, buf, r, f, &b[0], &b[1]);
				bad += a[0] != b[0] || a[1] != b[1];
			}
		}
		if (round % 4 == 0 && round % 8 < 4 && kept.ends_cap > most)
			most = kept.ends_cap;
		pds_index_free(&kept);
	}
	CHECK_MSG(bad == 0, "fields that are kept are those of the whole index");
	CHECK_MSG(most > 0 && most <= 32768, "and memory does not grow with a record");
	pds_index_free(&all);
}

/* ---- COPY ---- */

/* What COPY ... (FORMAT csv) makes of bytes, as PostgreSQL does: a text of fields and records. */
typedef struct Copied
{
	char		text[8192];
	size_t		n;
	bool		mixed;			/* it finds line ends of two kinds */
	bool		open;			/* or the end within quotes */
} Copied;

static void
copy_put(Copied *c, char byte)
{
	if (c->n < sizeof(c->text))
		c->text[c->n++] = byte;
}

/* CopyReadAttributesCSV: \1 before a value, \2 for NULL, \3 behind a record */
static void
copy_attributes(Copied *c, const PdsDialect *d, const char *p, const char *end)
{
	for (;;)
	{
		const char *start = p;
		const char *field_end;
		size_t		before = c->n;
		bool		saw_quote = false;
		bool		delimiter = false;

		copy_put(c, '\1');
		for (;;)
		{
			while (p < end && *p != d->delimiter && *p != d->quote)
				copy_put(c, *p++);
			field_end = p;
			if (p == end || *p == d->delimiter)
			{
				delimiter = p < end;
				p += delimiter;
				break;
			}
			saw_quote = true;
			p++;
			for (;;)
			{
				char		byte;

				if (p == end)
				{
					c->open = true;
					return;
				}
				byte = *p++;
				if (byte == d->escape && p < end && (*p == d->escape || *p == d->quote))
				{
					copy_put(c, *p++);
					continue;
				}
				if (byte == d->quote)
					break;
				copy_put(c, byte);
			}
		}
		if (!saw_quote && (size_t) (field_end - start) == d->null_len &&
			memcmp(start, d->null_text, d->null_len) == 0)
		{
			c->n = before;
			copy_put(c, '\2');
		}
		if (!delimiter)
			break;
	}
	copy_put(c, '\3');
}

/* CopyReadLineText, which goes on where it would complain of a line end */
static void
copy_lines(Copied *c, const PdsDialect *d, const char *buf, size_t len)
{
	char		escape = d->escape == d->quote ? '\0' : d->escape;
	bool		in_quote = false;
	bool		last_was_esc = false;
	int			eol = 0;
	size_t		start = 0;
	size_t		i = 0;

	memset(c, 0, sizeof(*c));
	while (i < len)
	{
		char		byte = buf[i++];
		size_t		end = i - 1;
		int			kind = 0;

		if (in_quote && byte == escape)
			last_was_esc = !last_was_esc;
		if (byte == d->quote && !last_was_esc)
			in_quote = !in_quote;
		if (byte != escape)
			last_was_esc = false;
		if (in_quote)
			continue;
		if (byte == '\r' && i < len && buf[i] == '\n')
		{
			kind = PDS_END_CRLF;
			i++;
		}
		else if (byte == '\r')
			kind = PDS_END_CR;
		else if (byte == '\n')
			kind = PDS_END_LF;
		if (kind == 0)
			continue;
		c->mixed |= eol != 0 && eol != kind;
		eol = kind;
		copy_attributes(c, d, buf + start, buf + end);
		start = i;
	}
	if (start < len)
		copy_attributes(c, d, buf + start, buf + len);
}

/* the same by the index */
static void
our_lines(Copied *c, const PdsDialect *d, char *buf, size_t len)
{
	static int	wanted[2000];
	static PdsField fields[2000];
	PdsScanDialect scan;
	PdsArena	arena;
	PdsIndex	ix;
	size_t		r;
	uint32_t	f;
	uint32_t	k;

	memset(c, 0, sizeof(*c));
	for (f = 0; f < 2000; f++)
		wanted[f] = (int) f;
	pds_dialect_scan(d, &scan);
	pds_index_init(&ix);
	pds_arena_init(&arena);
	pds_index_build(&ix, &scan, buf, len, true);
	c->mixed = (ix.line_ends & (ix.line_ends - 1)) != 0;
	c->open = ix.open_quote;
	for (r = 0; r < ix.nrec - (ix.open_quote ? 1 : 0); r++)
	{
		uint32_t	nfields = pds_record_nfields(&ix, r);

		pds_record_fields(d, &ix, buf, r, wanted, (int) nfields, fields, &arena);
		for (f = 0; f < nfields; f++)
		{
			copy_put(c, fields[f].data ? '\1' : '\2');
			for (k = 0; fields[f].data && k < fields[f].len; k++)
				copy_put(c, fields[f].data[k]);
		}
		copy_put(c, '\3');
		pds_arena_reset(&arena);
	}
	pds_index_free(&ix);
	pds_arena_free(&arena);
}

static void
test_copy(const char *kernel, int rounds)
{
	static const char *const alphabets[] = {
		"\",\n", "\",a\n", "\",a\\\n", "\"\"\",\r\n", "ab,\"\n\r", "\"\\,\n", "aaaaaaaaaaaa\",\n", "\"\n",
		"N\\,\n\"", "x,\n"
	};
	static Copied want;
	static Copied got;
	char		name[80];
	char		buf[1000 + 80];
	int			bad = 0;
	int			round;

	if (!pds_scan_set_kernel(kernel))
		return;
	for (round = 0; round < rounds && bad < 3; round++)
	{
		const char *alphabet = alphabets[rnd(10)];
		size_t		len = rnd(rnd(4) ? 40 : 1000);
		PdsDialect	d;
		size_t		i;

		pds_dialect_init(&d, PDS_FORMAT_CSV);
		if (rnd(3) == 0)
			d.escape = '\\';
		if (rnd(8) == 0)
			d.quote = d.escape = '\\';
		if (rnd(8) == 0)
			d.delimiter = 'a';
		if (rnd(4) == 0)
		{
			strcpy(d.null_text, "N");
			d.null_len = 1;
		}
		memset(buf, 0, sizeof(buf));
		for (i = 0; i < len; i++)
			buf[i + 1] = alphabet[rnd((unsigned int) strlen(alphabet))];
		copy_lines(&want, &d, buf + 1, len);
		our_lines(&got, &d, buf + 1, len);

		/*
		 * where it ends within quotes, COPY gives nothing of the last record,
		 * nor of its line ends
		 */
		if (want.open != got.open || (!want.open && want.mixed != got.mixed) ||
			(!want.open && (want.n != got.n || memcmp(want.text, got.text, want.n) != 0)))
		{
			bad++;
			printf("# %s: open %d/%d mixed %d/%d\n# ", kernel, got.open, want.open, got.mixed, want.mixed);
			for (i = 1; i <= len; i++)
				printf(buf[i] >= ' ' ? "%c" : "\\%o", buf[i]);
			printf("\n# got %.*s\n# want %.*s\n", (int) got.n, got.text, (int) want.n, want.text);
		}
	}
	snprintf(name, sizeof(name), "%s: csv is what COPY reads (%d texts)", kernel, rounds);
	CHECK_MSG(bad == 0, name);
}

static void
test_kernel(const char *kernel)
{
	static const PdsScanDialect dialects[] = {
		{PDS_GRAMMAR_LINES, ',', 0, 0, true, 0, 0},
		{PDS_GRAMMAR_LINES, ',', 0, '\\', true, 0, 0},
		{PDS_GRAMMAR_RAWLINES, ',', 0, 0, true, 0, 0},
		{PDS_GRAMMAR_QUOTED, ',', '"', '"', true, 0, 0},
		{PDS_GRAMMAR_QUOTED, ',', '"', '"', false, 0, 0},
		{PDS_GRAMMAR_QUOTED, ',', '"', '\\', true, 0, 0},
		{PDS_GRAMMAR_QUOTED, ';', '\'', '\\', false, 0, 0}
	};
	static const char *const alphabets[] = {
		",\n", ",\r\n", ",\"\n", ",\"\r\n\\", "\\,\n", "\"", "\\\"", "\n\r", "abc,", "\xC3,\n\""
	};
	char		name[64];
	char		buf[1024 + 64];
	size_t		i;
	size_t		j;
	int			bad = 0;
	int			round;

	if (!pds_scan_set_kernel(kernel))
	{
		unit_skip(kernel, "not on this machine");
		return;
	}
	memset(buf, 0, sizeof(buf));
	for (i = 0; i < sizeof(dialects) / sizeof(dialects[0]); i++)
	{
		for (j = 0; j < sizeof(alphabets) / sizeof(alphabets[0]); j++)
			for (round = 0; round < 300 && bad < 5; round++)
			{
				size_t		len = rnd(round % 3 ? 300 : 1024);

				fill(buf, sizeof(buf), alphabets[j]);
				bad += !compare(kernel, &dialects[i], buf, len, round & 1);
			}
		for (round = 0; round < 1000 && bad < 5; round++)
		{
			size_t		len = fill_wellformed(buf, 100 + rnd(900));

			bad += !compare(kernel, &dialects[i], buf, len, round & 1);
		}
	}
	snprintf(name, sizeof(name), "%s gives what scalar code gives", kernel);
	CHECK_MSG(bad == 0, name);
}

/* one record per line of expected: fields joined by '|', raw */
static void
check_fields(const PdsScanDialect *d, const char *text, const char *want)
{
	PdsIndex	ix;
	char		name[64];
	char		got[512];
	char		copy[256];
	static int	number = 0;
	size_t		n = 0;
	size_t		r;

	memset(copy, 0, sizeof(copy));
	strcpy(copy, text);
	pds_index_init(&ix);
	pds_scan_set_kernel("scalar");
	pds_index_build(&ix, d, copy, strlen(text), true);
	for (r = 0; r < ix.nrec; r++)
	{
		uint32_t	f;

		for (f = 0; f < pds_record_nfields(&ix, r); f++)
		{
			uint32_t	start;
			uint32_t	end;

			pds_field_span(&ix, copy, r, f, &start, &end);
			n += (size_t) snprintf(got + n, sizeof(got) - n, "%s%.*s", f ? "|" : "",
								   (int) (end - start), copy + start);
		}
		n += (size_t) snprintf(got + n, sizeof(got) - n, ";");
	}
	got[n] = '\0';
	snprintf(name, sizeof(name), "case %d", ++number);
	unit_str(got, want, name, __FILE__, __LINE__);
	pds_index_free(&ix);
}

static void
test_cases(void)
{
	PdsScanDialect lines = {PDS_GRAMMAR_LINES, ',', 0, '\\', true, 0, 0};
	PdsScanDialect csv = {PDS_GRAMMAR_QUOTED, ',', '"', '"', true, 0, 0};

	check_fields(&lines, "a,b\nc,d\n", "a|b;c|d;");
	check_fields(&lines, "a\\,b,c\r\nd", "a\\,b|c;d;");
	check_fields(&lines, "a\\\\,b\rc\\\nd", "a\\\\|b;c\\;d;");
	check_fields(&lines, "\n\na", ";;a;");
	check_fields(&csv, "\"a,b\",c\n\"d\ne\",\"\"\n", "\"a,b\"|c;\"d\ne\"|\"\";");
	check_fields(&csv, "\"a\"\"b\",c", "\"a\"\"b\"|c;");
	check_fields(&csv, "a\"b,c\"d\ne", "a\"b,c\"d;e;");
	check_fields(&csv, "\"a\"b,c\nd,\"e", "\"a\"b|c;d|\"e;");
	check_fields(&csv, "", "");
	check_fields(&csv, "\r\n", ";");
}

static void
test_utf8(void)
{
	CHECK(pds_utf8_valid("", 0));
	CHECK(pds_utf8_valid("caf\xC3\xA9 \xE6\x97\xA5 \xF0\x9F\x98\x80", 14));
	CHECK(!pds_utf8_valid("\xC3", 1));
	CHECK(!pds_utf8_valid("\xC0\x80", 2));
	CHECK(!pds_utf8_valid("\xED\xA0\x80", 3));
	CHECK(!pds_utf8_valid("\xF4\x90\x80\x80", 4));
	CHECK(!pds_utf8_valid("0123456789012345678901234567890123456789\xFF", 41));
}

int
main(void)
{
	/* PDS_COPY_ROUNDS: texts for each kernel */
	int			rounds = getenv("PDS_COPY_ROUNDS") ? atoi(getenv("PDS_COPY_ROUNDS")) : 20000;
	size_t		i;

	test_cases();
	for (i = 0; i < sizeof(kernel_names) / sizeof(kernel_names[0]); i++)
	{
		test_kernel(kernel_names[i]);
		test_copy(kernel_names[i], rounds);
		test_kept(kernel_names[i]);
	}
	test_copy("scalar", rounds);
	test_kept("scalar");
	test_utf8();
	return unit_done();
}
