/*
 * test_csv_border.c
 *	  What a stretch of quoted CSV does to each state of the grammar.
 */
#include "unit.h"

#include "core/csv/csv_border.h"

static unsigned int seed = 7;

static unsigned int
rnd(unsigned int n)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 8) % n;
}

static PdsScanDialect
dialect(int kind)
{
	PdsScanDialect d = {.grammar = PDS_GRAMMAR_QUOTED, .delimiter = ',', .quote = '"', .escape = '"'};

	if (kind % 3 == 1)
		d.escape = '\\';
	d.lone_cr = kind & 1;
	return d;
}

static const char *const alphabets[] = {
	"\"\n,a", "\"\"\",\n\r", "ab,\n", "\"\\\n,ab\r", "aaaaaaaaaaaaaaaa\",\n", "a,\n\r", "\"\n", "aaaaaaaaaaaaa\\\""
};

#define NALPHABETS	8

static void
test_maps(void)
{
	static char text[300];
	int			round;
	int			bad = 0;

	for (round = 0; round < 20000; round++)
	{
		const char *alphabet = alphabets[rnd(NALPHABETS)];
		size_t		n = rnd(sizeof(text));
		size_t		cut = rnd((unsigned int) n + 1);
		PdsScanDialect d = dialect(round);
		PdsCsvMap	map;
		PdsCsvMap	parts;
		PdsBorder	b;
		int			state;
		size_t		i;

		pds_border_init(&b, &d);
		for (i = 0; i < n; i++)
			text[i] = alphabet[rnd((unsigned int) strlen(alphabet))];
		map = pds_map_bytes(&b, pds_map_identity(), text, n);
		for (state = 0; state < PDS_CSV_NSTATES; state++)
		{
			PdsCsvStates want = pds_border_feed(&b, (PdsCsvStates) (1 << state), text, n);

			bad += want != 1 << PDS_MAP_AT(map, state);
		}
		parts = pds_map_then(pds_map_bytes(&b, pds_map_identity(), text, cut),
							 pds_map_bytes(&b, pds_map_identity(), text + cut, n - cut));
		bad += parts != map;
	}
	CHECK_MSG(bad == 0, "a map is what the bytes do to each state");
	CHECK(pds_map_is_constant(pds_map_constant(3)) && !pds_map_is_constant(pds_map_identity()));
}

/* what lies behind the begin of an object, in pieces of any size */
static void
test_mark(void)
{
	static const char *const texts[] = {"\xEF\xBB\xBF\"a", "\xEF\xBB\"a", "\xEF\"a", "\"a", "\xEF\xBB\xBF"};
	static const int want[] = {PDS_CSV_QUOTED, PDS_CSV_PLAIN, PDS_CSV_PLAIN, PDS_CSV_QUOTED, PDS_CSV_RECORD};
	PdsScanDialect d = dialect(0);
	PdsBorder	b;
	int			bad = 0;
	int			i;

	pds_border_init(&b, &d);
	for (i = 0; i < 5; i++)
	{
		size_t		n = strlen(texts[i]);
		size_t		piece;

		for (piece = 1; piece <= n; piece++)
		{
			PdsMapFeed	feed;
			size_t		at;

			pds_map_begin(&feed, 0);
			for (at = 0; at < n; at += piece)
				pds_map_feed(&feed, &b, texts[i] + at, n - at < piece ? n - at : piece);
			bad += (int) PDS_MAP_AT(feed.map, PDS_CSV_RECORD) != want[i] || feed.at != (int64_t) n;
		}
	}
	CHECK_MSG(bad == 0, "a byte order mark is before the first record");
}

int
main(void)
{
	test_maps();
	test_mark();
	return unit_done();
}
