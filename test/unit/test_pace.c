/*
 * test_pace.c
 *	  How many transfers a fetch wants, and how large its parts are.
 */
#include "unit.h"

#include "core/read/fetch_pace.h"

#define MB ((size_t) 1024 * 1024)

/* the largest part after so many */
static size_t
grown(PdsPace *p, int n)
{
	size_t		part = 0;

	while (n-- > 0)
		part = pds_pace_part_size(p, -1);
	return part;
}

static void
test_parts(void)
{
	PdsPace		p;

	pds_pace_init(&p, 8, MB, 16 * MB);
	CHECK(grown(&p, 1) == MB && grown(&p, 1) == 2 * MB);
	/* not all of the first ones shall end at the same time */
	CHECK(grown(&p, 1) == 4 * MB && grown(&p, 1) == 6 * MB && grown(&p, 1) == 8 * MB);
	/* 30 ms to the first byte, 90 MB/s: 16 times as long would be 43 MB */
	pds_pace_first_byte(&p, 30000);
	pds_pace_part(&p, 9000000, 100000);
	CHECK(grown(&p, 6) == 16 * MB);
	CHECK_MSG(p.transfers == 8, "all transfers for a server far away");
	/* the same, ten times slower: more than 4 MB do not pay */
	pds_pace_init(&p, 8, MB, 16 * MB);
	pds_pace_first_byte(&p, 30000);
	pds_pace_part(&p, 900000, 100000);
	CHECK(grown(&p, 9) == 6 * MB);
	pds_pace_part(&p, 1000, 100000);
	pds_pace_init(&p, 8, MB, 16 * MB);
	pds_pace_first_byte(&p, 1000);
	pds_pace_part(&p, 900000, 100000);
	CHECK(grown(&p, 9) == 4 * MB);
	/* transfers share what is left, but in parts that pay */
	pds_pace_init(&p, 8, MB, 16 * MB);
	pds_pace_first_byte(&p, 30000);
	pds_pace_part(&p, 9000000, 100000);
	CHECK(grown(&p, 12) == 16 * MB);
	CHECK(pds_pace_part_size(&p, 200 * (int64_t) MB) == 16 * MB);
	CHECK(pds_pace_part_size(&p, 96 * (int64_t) MB) == 12 * MB);
	CHECK(pds_pace_part_size(&p, 24 * (int64_t) MB) == 8100000);
	/* never beyond what is allowed */
	pds_pace_init(&p, 8, MB, MB / 2);
	CHECK(grown(&p, 3) == MB / 2);
}

/* a stretch of 60 ms in which so much came and the reader waited so long */
static void
stretch(PdsPace *p, int64_t *now, uint64_t *bytes, uint64_t more, int64_t waited)
{
	*now += 60000;
	*bytes += more;
	pds_pace_waited(p, waited);
	pds_pace_look(p, *now, *bytes);
}

static void
test_near(void)
{
	PdsPace		p;
	int64_t		now = 1000;
	uint64_t	bytes = 0;
	int			i;

	pds_pace_init(&p, 8, MB, 16 * MB);
	CHECK(!pds_pace_near(&p));
	pds_pace_first_byte(&p, 500);
	CHECK_MSG(p.transfers == 2 && pds_pace_near(&p), "two transfers from a near server");
	CHECK_MSG(pds_pace_window(&p) == 4 * MB, "and little is read ahead");
	pds_pace_look(&p, now, 0);
	stretch(&p, &now, &bytes, 10 * MB, 5000);
	CHECK_MSG(p.transfers == 2, "the reader did not wait: no trial");
	stretch(&p, &now, &bytes, 10 * MB, 40000);
	CHECK_MSG(p.transfers == 4, "it waited: twice as many");
	stretch(&p, &now, &bytes, 11 * MB, 40000);
	CHECK_MSG(p.transfers == 2, "which did not carry more");
	for (i = 0; i < 15; i++)
		stretch(&p, &now, &bytes, 10 * MB, 40000);
	CHECK_MSG(p.transfers == 2, "no other trial soon");
	for (i = 0; i < 10 && p.transfers == 2; i++)
		stretch(&p, &now, &bytes, 10 * MB, 40000);
	CHECK_INT(p.transfers, 4);
	stretch(&p, &now, &bytes, 19 * MB, 40000);
	CHECK_MSG(p.transfers == 4 && !pds_pace_near(&p), "this time it did");
	stretch(&p, &now, &bytes, 20 * MB, 40000);
	CHECK_INT(p.transfers, 8);
	stretch(&p, &now, &bytes, 40 * MB, 40000);
	stretch(&p, &now, &bytes, 40 * MB, 40000);
	CHECK_MSG(p.transfers == 8, "never more than are configured");
	CHECK_MSG(pds_pace_window(&p) == 16 * MB, "each has its share of what is read ahead");
	/* an answer that came late proves nothing when the next one comes at once */
	pds_pace_init(&p, 8, MB, 16 * MB);
	pds_pace_first_byte(&p, 30000);
	CHECK(p.transfers == 8 && pds_pace_window(&p) > 64 * MB);
	pds_pace_first_byte(&p, 500);
	CHECK(p.transfers == 2 && pds_pace_window(&p) == 4 * MB);
	pds_pace_first_byte(&p, 90000);
	CHECK_MSG(p.transfers == 2, "a slow answer does not make it far away");
	/* few are all */
	pds_pace_init(&p, 1, MB, 16 * MB);
	pds_pace_first_byte(&p, 500);
	CHECK(p.transfers == 1 && !pds_pace_near(&p));
}

int
main(void)
{
	test_parts();
	test_near();
	return unit_done();
}
