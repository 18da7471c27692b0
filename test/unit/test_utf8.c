/*
 * test_utf8.c
 *	  Every kernel finds valid UTF-8 what PostgreSQL does: code points decoded
 *	  one by one, from the shortest form only, up to U+10FFFF, no surrogates.
 */
#include "unit.h"

#include <stdint.h>

#include "core/csv/csv_scan.h"

static const char *const kernel_names[] = {"avx2", "sse2", "neon", "scalar"};

/* those at whose values rules change */
static const unsigned char edges[] = {
	0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF,
	0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xF7, 0xF8, 0xFF
};
#define NEDGES (sizeof(edges))

static unsigned int seed = 20240601;

static unsigned int
rnd(unsigned int n)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % n;
}

static bool
valid(const unsigned char *s, size_t n)
{
	static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
	size_t		i = 0;

	while (i < n)
	{
		unsigned char c = s[i++];
		uint32_t	code = c;
		int			more = c < 0x80 ? 0 : (c & 0xE0) == 0xC0 ? 1 : (c & 0xF0) == 0xE0 ? 2
			: (c & 0xF8) == 0xF0 ? 3 : -1;
		int			k;

		if (more < 0)
			return false;
		if (more > 0)
			code = c & (0x3Fu >> more);
		for (k = 0; k < more; k++)
		{
			if (i == n || (s[i] & 0xC0) != 0x80)
				return false;
			code = code << 6 | (s[i++] & 0x3F);
		}
		if (code < least[more] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF))
			return false;
	}
	return true;
}

/* Four bytes at a place near the end of a block, among ASCII and alone: how often is the answer wrong? */
static int
test_edges(void)
{
	char		buf[96];
	size_t		i;
	int			wrong = 0;

	for (i = 0; i < NEDGES * NEDGES * NEDGES * NEDGES; i++)
	{
		unsigned char b[4] = {edges[i % NEDGES], edges[i / NEDGES % NEDGES],
		edges[i / NEDGES / NEDGES % NEDGES], edges[i / NEDGES / NEDGES / NEDGES]};
		bool		want = valid(b, 4);
		size_t		at = 26 + i % 10;

		memset(buf, 'x', sizeof(buf));
		memcpy(buf + at, b, 4);
		wrong += pds_utf8_valid(buf, sizeof(buf)) != want;
		/* nothing behind it, and cut off */
		wrong += pds_utf8_valid(buf, at + 4) != want;
		wrong += pds_utf8_valid(buf, at + 3) != valid(b, 3);
		wrong += pds_utf8_valid(buf + at, 4) != want;
	}
	return wrong;
}

static int
test_pairs(void)
{
	char		buf[72];
	int			wrong = 0;
	unsigned int a;
	size_t		at;

	for (a = 0; a < 65536; a++)
		for (at = 29; at <= 32; at++)
		{
			unsigned char b[3] = {(unsigned char) (a >> 8), (unsigned char) a, 0xA5};

			memset(buf, ' ', sizeof(buf));
			memcpy(buf + at, b, 3);
			wrong += pds_utf8_valid(buf, sizeof(buf)) != valid((unsigned char *) buf, sizeof(buf));
			wrong += pds_utf8_valid(buf, at + 2) != valid((unsigned char *) buf, at + 2);
		}
	return wrong;
}

static size_t
put_code(char *p, uint32_t code)
{
	if (code < 0x80)
		p[0] = (char) code;
	else if (code < 0x800)
	{
		p[0] = (char) (0xC0 | code >> 6);
		p[1] = (char) (0x80 | (code & 0x3F));
	}
	else if (code < 0x10000)
	{
		p[0] = (char) (0xE0 | code >> 12);
		p[1] = (char) (0x80 | (code >> 6 & 0x3F));
		p[2] = (char) (0x80 | (code & 0x3F));
	}
	else
	{
		p[0] = (char) (0xF0 | code >> 18);
		p[1] = (char) (0x80 | (code >> 12 & 0x3F));
		p[2] = (char) (0x80 | (code >> 6 & 0x3F));
		p[3] = (char) (0x80 | (code & 0x3F));
	}
	return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
}

/* Text of all lengths of sequences, now and then with a byte changed or its end cut off. */
static int
test_random(int *nvalid)
{
	static const uint32_t most[] = {0x7F, 0x7FF, 0xFFFF, 0x10FFFF};
	char		buf[512];
	int			wrong = 0;
	int			i;

	*nvalid = 0;
	for (i = 0; i < 200000; i++)
	{
		size_t		len = 0;
		size_t		upto = rnd(300);
		unsigned int kinds = 1 + rnd(4);
		bool		want;

		while (len < upto)
			len += put_code(buf + len, rnd(most[rnd(kinds)] + 1));
		if (len > 0 && rnd(2) == 0)
			buf[rnd((unsigned int) len)] = (char) (rnd(2) ? edges[rnd(NEDGES)] : rnd(256));
		if (len > 0 && rnd(4) == 0)
			len -= 1 + rnd((unsigned int) (len < 3 ? len : 3));
		want = valid((unsigned char *) buf, len);
		*nvalid += want;
		wrong += pds_utf8_valid(buf, len) != want;
	}
	return wrong;
}

int
main(void)
{
	size_t		i;

	for (i = 0; i < sizeof(kernel_names) / sizeof(kernel_names[0]); i++)
	{
		int			nvalid;

		if (!pds_scan_set_kernel(kernel_names[i]))
		{
			unit_skip(kernel_names[i], "not on this machine");
			continue;
		}
		printf("# %s\n", pds_scan_kernel());
		CHECK_INT(test_edges(), 0);
		CHECK_INT(test_pairs(), 0);
		CHECK_INT(test_random(&nvalid), 0);
		CHECK_MSG(nvalid > 50000 && nvalid < 150000, "both answers are frequent");
	}
	return unit_done();
}
