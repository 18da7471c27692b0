/*
 * test_recode.c
 *	  Text of other encodings as UTF-8, whatever pieces it comes in.
 */
#include "unit.h"

#include <iconv.h>
#include <string.h>

#include "core/codec/recode.h"

static unsigned int seed = 11;

static unsigned int
rnd(unsigned int n)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 8) % n;
}

/* Recode in pieces of random sizes, out in pieces, too; the number of bytes. */
static size_t
in_pieces(const char *encoding, const char *s, size_t n, char *out)
{
	PdsError	err;
	PdsRecoder *r = pds_recoder_new(encoding, &err);
	bool		finished = false;
	size_t		at = 0;
	size_t		len = 0;

	while (!finished)
	{
		size_t		here = rnd(9) < n - at ? rnd(9) : n - at;
		size_t		pos = 0;
		bool		end = at == n;

		if (here > n - at)
			here = n - at;
		do
		{
			size_t		made;

			pds_recoder_run(r, s + at, here, &pos, end, out + len, 40 + rnd(20), &made, &finished);
			len += made;
		} while (pos < here);
		at += here;
	}
	pds_recoder_free(r);
	return len;
}

static void
test_pieces(const char *encoding, const char *text, const char *what)
{
	char		in[1000];
	char		out[4000];
	iconv_t		cd = iconv_open(encoding, "UTF-8");
	char	   *from = (char *) text;
	char	   *to = in;
	size_t		left = strlen(text);
	size_t		room = sizeof(in);
	size_t		n;
	int			round;
	int			bad = 0;

	iconv(cd, &from, &left, &to, &room);
	iconv(cd, NULL, NULL, &to, &room);
	iconv_close(cd);
	n = sizeof(in) - room;
	for (round = 0; round < 300; round++)
	{
		size_t		len = in_pieces(encoding, in, n, out);

		bad += len != strlen(text) || memcmp(out, text, len) != 0;
	}
	CHECK_MSG(bad == 0 && left == 0, what);
}

static void
test_invalid(const char *encoding, const char *in, size_t n, const char *want, const char *what)
{
	char	   *out;
	char		pieces[200];
	size_t		len;
	PdsError	err;
	int			round;
	int			bad = 0;

	CHECK(pds_recode_all(encoding, in, n, &out, &len, &err));
	CHECK_MSG(len == strlen(want) && memcmp(out, want, len) == 0, what);
	free(out);
	for (round = 0; round < 100; round++)
	{
		len = in_pieces(encoding, in, n, pieces);
		bad += len != strlen(want) || memcmp(pieces, want, len) != 0;
	}
	CHECK_MSG(bad == 0, what);
}

int
main(void)
{
	PdsError	err;

	test_pieces("UTF-16", "a,\xC3\xA9\n\xE6\x97\xA5\xF0\x9F\x98\x80,\"x\"\n", "UTF-16 with its mark");
	test_pieces("UTF-16BE", "a,\xC3\xA9\n\xE6\x97\xA5\xF0\x9F\x98\x80,\"x\"\n", "UTF-16BE");
	test_pieces("UTF-32LE", "a,\xC3\xA9\n\xF0\x9F\x98\x80", "UTF-32LE");
	test_pieces("CP437", "\xC3\xA9,\xE2\x96\x91\n", "CP437");
	test_pieces("ISO-2022-JP", "a\xE6\x97\xA5\xE6\x9C\xAC" "b\n", "an encoding with shifts");
	/* a low surrogate alone; half a character at the end */
	test_invalid("UTF-16LE", "a\0\x00\xDC" "b\0c", 7, "a\xFF" "b\xFF", "invalid UTF-16");
	test_invalid("ASCII", "a\x80\x81z", 4, "a\xFF\xFFz", "bytes that ASCII has not");
	CHECK(pds_recode_known("CP850") && !pds_recode_known("no such"));
	CHECK(pds_recoder_new("no such", &err) == NULL && err.kind == PDS_ERR_UNSUPPORTED);
	return unit_done();
}
