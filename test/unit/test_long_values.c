/*
 * test_long_values.c
 *	  Values of some megabytes: what quotes and escapes make of them, in one pass, and a
 *	  cancel that ends that.
 */
#include "unit.h"

#include "core/read/reader.h"

#define MB ((size_t) 1 << 20)

static int	asked;
static int	cancel_at;			/* the question that is answered with yes; 0:
								 * none */

static bool
cancelled(void *arg)
{
	(void) arg;
	return ++asked == cancel_at;
}

static const PdsHooks hooks = {.cancelled = cancelled};

/*
 * The second field of a line `a,` text: its length, or -1 when it was not made.
 * first: its first byte.
 */
static long
field_of(const PdsDialect *d, const char *text, size_t n, char *first)
{
	static const int wanted[] = {1};
	PdsReadUnit unit = {.dialect = d, .partition = -1};
	PdsReaderOptions opt = {0};
	PdsError	err;
	PdsReader  *r;
	PdsBatch	b;
	PdsArena	arena;
	PdsField	f;
	long		len = -1;

	asked = 0;
	pds_arena_init(&arena);
	arena.hooks = &hooks;
	r = pds_reader_from_memory(text, n, &unit, &opt, &err);
	if (pds_reader_next(r, &b, &err) &&
		pds_record_fields(d, b.ix, b.buf, b.first_record, wanted, 1, &f, &arena) && f.data &&
		(!f.escaped || pds_lazy_unescape(d, &f, &arena)))
	{
		len = (long) f.len;
		*first = f.len > 0 ? f.data[0] : '\0';
	}
	pds_reader_free(r);
	pds_arena_free(&arena);
	return len;
}

/* "a," before, n bytes of c, after */
static char *
line_of(const char *before, char c, size_t n, const char *after, size_t *len)
{
	char	   *text = malloc(n + 100);
	size_t		at = (size_t) sprintf(text, "a,%s", before);

	memset(text + at, c, n);
	*len = at + n + (size_t) sprintf(text + at + n, "%s", after);
	return text;
}

static void
check(const char *what, const PdsDialect *d, const char *before, char c, size_t n,
	  const char *after, long want)
{
	size_t		len;
	char	   *text = line_of(before, c, n, after, &len);
	char		first = '\0';
	int			questions;

	cancel_at = 0;
	CHECK_INT(field_of(d, text, len, &first), want);
	CHECK_MSG(first == c, what);
	questions = asked;
	CHECK_MSG(questions >= 2, "it asks whether it is cancelled");
	for (cancel_at = 1; cancel_at <= questions; cancel_at += questions / 2)
		CHECK_MSG(field_of(d, text, len, &first) == -1 && asked == cancel_at, "cancelled");
	free(text);
}

/* blanks, then a quote between letters again and again: each asks whether all before is blank */
static void
check_quadratic(void)
{
	PdsDialect	d;
	size_t		blanks = 2 * MB;
	size_t		quotes = 500000;
	char	   *text = malloc(blanks + 2 * quotes + 10);
	size_t		n = 0;
	size_t		i;
	char		first = '\0';

	pds_dialect_init(&d, PDS_FORMAT_OPENCSV);
	n += (size_t) sprintf(text, "a,");
	memset(text + n, ' ', blanks);
	n += blanks;
	for (i = 0; i < quotes; i++)
	{
		text[n++] = 'x';
		text[n++] = i % 2 ? '"' : 'y';
	}
	text[n++] = '\n';
	cancel_at = 0;
	CHECK(field_of(&d, text, n, &first) > (long) blanks && first == ' ');
	free(text);
}

int
main(void)
{
	PdsDialect	d;

	pds_dialect_init(&d, PDS_FORMAT_CSV);
	check("csv: doubled quotes", &d, "\"", '"', 4 * MB, "\"\n", 2 * (long) MB);
	check("csv: a quoted text with one quote", &d, "\"", 'x', 4 * MB, "\"\"y\"\n", 4 * (long) MB + 2);
	check("csv: quotes in the middle", &d, "", 'x', 3 * MB, "\"y\"\n", 3 * (long) MB + 1);
	d.escape = '\\';
	check("csv: escapes", &d, "\"", '\\', 4 * MB, "\"\n", 2 * (long) MB);
	pds_dialect_init(&d, PDS_FORMAT_OPENCSV);
	check("opencsv: doubled quotes", &d, "\"", '"', 4 * MB, "\"\n", 2 * (long) MB);
	strcpy(d.wide[0], "\xC2\xA7");
	d.delimiter = (char) PDS_WIDE_STANDIN;
	check("opencsv: a wide delimiter", &d, "\xC2\xA7\"", 'x', 4 * MB, "\"\n", 4 * (long) MB);
	pds_dialect_init(&d, PDS_FORMAT_LAZYSIMPLE);
	d.delimiter = ',';
	d.escape = '\\';
	check("lazysimple: escapes", &d, "", '\\', 4 * MB, "\n", 2 * (long) MB);
	check_quadratic();
	return unit_done();
}
