/*
 * test_csv_scan.c
 *	  Every kernel of the structure index gives what the reference gives.
 */
#include "unit.h"

#include "core/csv/csv_scan.h"

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
	return a->nends == b->nends && a->nrec == b->nrec && a->consumed == b->consumed &&
		a->open_quote == b->open_quote &&
		(a->nends == 0 || memcmp(a->ends, b->ends, a->nends * sizeof(uint32_t)) == 0) &&
		(a->nrec == 0 || memcmp(a->rec, b->rec, a->nrec * sizeof(uint32_t)) == 0);
}

static int
compare(const char *kernel, const PdsScanDialect *d, const char *buf, size_t len, bool at_end)
{
	PdsIndex	want;
	PdsIndex	got;
	size_t		consumed;
	size_t		n;
	size_t		r;
	bool		maybe_blank;
	int			ok;

	pds_index_init(&want);
	pds_index_init(&got);
	pds_scan_set_kernel("scalar");
	pds_index_build(&want, d, buf, len, at_end);
	pds_scan_set_kernel(kernel);
	pds_index_build(&got, d, buf, len, at_end);
	n = pds_count_records(d, buf, len, at_end, &consumed, &maybe_blank);
	ok = same(&want, &got) && n == want.nrec && consumed == want.consumed;
	/* a blank record is never missed */
	for (r = 0; r < want.nrec && !maybe_blank; r++)
		ok = ok && !pds_record_blank(&want, buf, r);
	/* flags may say more than they must, never less */
	ok = ok && got.non_ascii >= (want.consumed == len && want.non_ascii);
	if (!ok)
	{
		size_t		i;

		printf("# %s grammar %d escape %d at_end %d: %zu/%zu records, %zu/%zu ends, consumed %zu/%zu, count %zu, open %d/%d\n# ",
			   kernel, d->grammar, d->escape, at_end, got.nrec, want.nrec, got.nends, want.nends,
			   got.consumed, want.consumed, n, got.open_quote, want.open_quote);
		for (i = 0; i < len && i < 300; i++)
			printf(buf[i] >= ' ' ? "%c" : "\\%o", buf[i]);
		printf("\n");
	}
	pds_index_free(&want);
	pds_index_free(&got);
	return ok;
}

static void
test_kernel(const char *kernel)
{
	static const PdsScanDialect dialects[] = {
		{PDS_GRAMMAR_LINES, ',', 0, 0, true},
		{PDS_GRAMMAR_LINES, ',', 0, '\\', true},
		{PDS_GRAMMAR_RAWLINES, ',', 0, 0, true},
		{PDS_GRAMMAR_QUOTED, ',', '"', '"', true},
		{PDS_GRAMMAR_QUOTED, ',', '"', '"', false},
		{PDS_GRAMMAR_QUOTED, ',', '"', '\\', true},
		{PDS_GRAMMAR_QUOTED, ',', '"', 0, true},
		{PDS_GRAMMAR_QUOTED, ',', 0, 0, true}
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
	snprintf(name, sizeof(name), "%s gives what the reference gives", kernel);
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
	snprintf(name, sizeof(name), "reference case %d", ++number);
	unit_str(got, want, name, __FILE__, __LINE__);
	pds_index_free(&ix);
}

static void
test_reference(void)
{
	PdsScanDialect lines = {PDS_GRAMMAR_LINES, ',', 0, '\\', true};
	PdsScanDialect csv = {PDS_GRAMMAR_QUOTED, ',', '"', '"', true};

	check_fields(&lines, "a,b\nc,d\n", "a|b;c|d;");
	check_fields(&lines, "a\\,b,c\r\nd", "a\\,b|c;d;");
	check_fields(&lines, "a\\\\,b\rc\\\nd", "a\\\\|b;c\\;d;");
	check_fields(&lines, "\n\na", ";;a;");
	check_fields(&csv, "\"a,b\",c\n\"d\ne\",\"\"\n", "\"a,b\"|c;\"d\ne\"|\"\";");
	check_fields(&csv, "\"a\"\"b\",c", "\"a\"\"b\"|c;");
	check_fields(&csv, "a\"b,c\"d\ne", "a\"b|c\"d;e;");
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
	size_t		i;

	test_reference();
	for (i = 0; i < sizeof(kernel_names) / sizeof(kernel_names[0]); i++)
		test_kernel(kernel_names[i]);
	test_utf8();
	return unit_done();
}
