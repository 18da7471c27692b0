/*
 * test_csv_states.c
 *	  What a stretch of quoted CSV does to each state of the grammar.
 */
#include "unit.h"

#include "core/csv/csv_states.h"

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
	if (kind % 5 == 2)
		d.comment = '#';
	d.lone_cr = kind & 1;
	return d;
}

static const char *const alphabets[] = {
	"\"\n,a", "\"\"\",\n\r", "ab,\n", "\"\\\n,ab\r", "aaaaaaaaaaaaaaaa\",\n", "a,\n\r", "\"\n", "aaaaaaaaaaaaa\\\"",
	"\"#\n,a", "##\"\n\r\\a", "aaaaaaaa#\n\""
};

#define NALPHABETS	11

/* escapes only where they are no quotes, comments only where there are any */
static bool
there_is(const PdsScanDialect *d, int state)
{
	return state == PDS_CSV_ESCAPE ? d->escape != d->quote
		: state != PDS_CSV_COMMENT || d->comment != 0;
}

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
		int			state;
		size_t		i;

		for (i = 0; i < n; i++)
			text[i] = alphabet[rnd((unsigned int) strlen(alphabet))];
		map = pds_map_bytes(&d, pds_map_identity(), text, n);
		for (state = 0; state < PDS_CSV_NSTATES; state++)
		{
			PdsCsvState want = (PdsCsvState) state;

			if (!there_is(&d, state))
				continue;
			for (i = 0; i < n; i++)
				want = pds_csv_step(&d, want, text[i]);
			bad += (int) want != (int) PDS_MAP_AT(map, state);
		}
		parts = pds_map_then(pds_map_bytes(&d, pds_map_identity(), text, cut),
							 pds_map_bytes(&d, pds_map_identity(), text + cut, n - cut));
		for (state = 0; state < PDS_CSV_NSTATES; state++)
			bad += there_is(&d, state) &&
				PDS_MAP_AT(parts, state) != PDS_MAP_AT(map, state);
	}
	CHECK_MSG(bad == 0, "a map is what the bytes do to each state");
	CHECK(pds_map_is_constant(pds_map_constant(3)) && !pds_map_is_constant(pds_map_identity()));
}

int
main(void)
{
	test_maps();
	return unit_done();
}
