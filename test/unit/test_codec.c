/*
 * test_codec.c
 *	  Streaming decompression: every codec in every cut of input and output,
 *	  members one after the other, truncated and damaged data.
 */
#include "unit.h"

#include <bzlib.h>
#include <stdbool.h>
#include <zlib.h>
#include <zstd.h>

#include "core/codec.h"

#define CAP (1024 * 1024)

typedef struct Bytes
{
	char	   *data;
	size_t		len;
} Bytes;

static unsigned int seed = 1;

static unsigned int
rnd(unsigned int n)
{
	seed = seed * 1103515245u + 12345u;
	return (seed >> 8) % n;
}

static Bytes
text(size_t n)
{
	Bytes		b = {malloc(n + 1), n};
	size_t		i;

	for (i = 0; i < n; i++)
		b.data[i] = rnd(40) == 0 ? '\n' : (char) ('a' + rnd(20));
	b.data[n] = '\0';
	return b;
}

static Bytes
pack(PdsCodec codec, const char *data, size_t len)
{
	Bytes		out = {malloc(len + len / 2 + 2000), len + len / 2 + 2000};

	if (codec == PDS_CODEC_ZSTD)
		out.len = ZSTD_compress(out.data, out.len, data, len, 3);
	else if (codec == PDS_CODEC_BZIP2)
	{
		unsigned int n = (unsigned int) out.len;

		BZ2_bzBuffToBuffCompress(out.data, &n, (char *) data, (unsigned int) len, 1, 0, 0);
		out.len = n;
	}
	else
	{
		z_stream	z;

		memset(&z, 0, sizeof(z));
		deflateInit2(&z, 6, Z_DEFLATED, codec == PDS_CODEC_GZIP ? 31 : 15, 8,
					 Z_DEFAULT_STRATEGY);
		z.next_in = (Bytef *) data;
		z.avail_in = (uInt) len;
		z.next_out = (Bytef *) out.data;
		z.avail_out = (uInt) out.len;
		deflate(&z, Z_FINISH);
		out.len = z.total_out;
		deflateEnd(&z);
	}
	return out;
}

static Bytes
join(Bytes a, const char *b, size_t blen)
{
	Bytes		out = {malloc(a.len + blen + 1), a.len + blen};

	memcpy(out.data, a.data, a.len);
	memcpy(out.data + a.len, b, blen);
	return out;
}

/* Decode with pieces of at most in_step and out_step bytes (0: random sizes). */
static bool
unpack(PdsCodec codec, Bytes in, size_t in_step, size_t out_step, Bytes *out, PdsError *err)
{
	PdsDecoder *d = pds_decoder_new(codec, err);
	static char buf[CAP];
	char	   *copy = NULL;
	size_t		at = 0;
	size_t		rounds = 0;
	bool		finished = false;
	bool		ok = d != NULL;

	out->data = malloc(CAP);
	out->len = 0;
	while (ok && !finished)
	{
		size_t		n = in_step ? in_step : 1 + rnd(700);
		size_t		cap = out_step ? out_step : 1 + rnd(3000);
		size_t		pos = 0;
		size_t		made = 0;

		if (n > in.len - at)
			n = in.len - at;
		if (cap > CAP)
			cap = CAP;
		/* an exact copy, so that reading past the piece is seen by ASAN */
		copy = malloc(n ? n : 1);
		memcpy(copy, in.data + at, n);
		ok = pds_decoder_run(d, copy, n, &pos, at + n == in.len, buf, cap, &made, &finished, err);
		free(copy);
		if (ok && out->len + made <= CAP)
		{
			memcpy(out->data + out->len, buf, made);
			out->len += made;
		}
		at += pos;
		if (++rounds > 10 * 1000 * 1000)
		{
			ok = pds_error_set(err, PDS_ERR_PROTOCOL, "the decoder does not get on");
			break;
		}
	}
	pds_decoder_free(d);
	return ok;
}

static bool
unpacks_to(PdsCodec codec, Bytes in, size_t in_step, size_t out_step, const char *want, size_t len)
{
	Bytes		out;
	PdsError	err;
	bool		ok = unpack(codec, in, in_step, out_step, &out, &err);

	if (!ok)
		printf("# %s\n", err.message);
	ok = ok && out.len == len && memcmp(out.data, want, len) == 0;
	free(out.data);
	return ok;
}

static bool
fails(PdsCodec codec, Bytes in, size_t step, const char *message_part)
{
	Bytes		out;
	PdsError	err;
	bool		ok;

	pds_error_clear(&err);
	ok = unpack(codec, in, step, 0, &out, &err);
	free(out.data);
	if (ok || err.kind != PDS_ERR_DATA || strstr(err.message, message_part) == NULL)
	{
		printf("# ok=%d kind=%d %s\n", ok, err.kind, ok ? "" : err.message);
		return false;
	}
	return err.hint[0] != '\0';
}

static void
test_names(void)
{
	PdsCodec	c;

	CHECK(pds_codec_of_key("a/b.csv") == PDS_CODEC_NONE);
	CHECK(pds_codec_of_key("a/b.csv.gz") == PDS_CODEC_GZIP);
	CHECK(pds_codec_of_key("a/b.csv.GZ") == PDS_CODEC_NONE);
	CHECK(pds_codec_of_key("a/b.csv.gzip") == PDS_CODEC_NONE);
	CHECK(pds_codec_of_key("a/b.zip") == PDS_CODEC_NONE);
	CHECK(pds_codec_of_key("a/b.bz2") == PDS_CODEC_BZIP2);
	CHECK(pds_codec_of_key("a/b.zst") == PDS_CODEC_ZSTD);
	CHECK(pds_codec_of_key("a/b.zstd") == PDS_CODEC_ZSTD);
	CHECK(pds_codec_of_key("a/b.deflate") == PDS_CODEC_DEFLATE);
	CHECK(pds_codec_of_key("a/b.snappy") == PDS_CODEC_UNSUPPORTED);
	CHECK(pds_codec_of_key("a.gz/b") == PDS_CODEC_NONE);
	CHECK(pds_codec_of_key("") == PDS_CODEC_NONE);
	CHECK(pds_codec_of_name("gzip", &c) && c == PDS_CODEC_GZIP);
	CHECK(pds_codec_of_name("none", &c) && c == PDS_CODEC_NONE);
	CHECK(pds_codec_of_name("zstd", &c) && c == PDS_CODEC_ZSTD);
	CHECK(!pds_codec_of_name("lzo", &c));
	CHECK_STR(pds_codec_name(PDS_CODEC_BZIP2), "bzip2");
}

static void
test_codec(PdsCodec codec)
{
	static const size_t sizes[] = {0, 1, 100, 5000, 300000};
	const char *name = pds_codec_name(codec);
	char		what[100];
	Bytes		big = text(20000);
	Bytes		packed;
	Bytes		two;
	size_t		i;
	int			bad = 0;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
	{
		Bytes		t = text(sizes[i]);

		packed = pack(codec, t.data, t.len);
		snprintf(what, sizeof(what), "%s: %zu bytes in one piece", name, t.len);
		CHECK_MSG(unpacks_to(codec, packed, packed.len + 1, CAP, t.data, t.len), what);
		snprintf(what, sizeof(what), "%s: %zu bytes in random pieces", name, t.len);
		CHECK_MSG(unpacks_to(codec, packed, 0, 0, t.data, t.len), what);
		free(packed.data);
		free(t.data);
	}
	packed = pack(codec, big.data, big.len);
	snprintf(what, sizeof(what), "%s: byte by byte in", name);
	CHECK_MSG(unpacks_to(codec, packed, 1, 4096, big.data, big.len), what);
	snprintf(what, sizeof(what), "%s: byte by byte out", name);
	CHECK_MSG(unpacks_to(codec, packed, 4096, 1, big.data, big.len), what);

	two = join(packed, packed.data, packed.len);
	snprintf(what, sizeof(what), "%s: two members", name);
	{
		Bytes		twice = join(big, big.data, big.len);

		CHECK_MSG(unpacks_to(codec, two, 0, 0, twice.data, twice.len), what);
		CHECK_MSG(unpacks_to(codec, two, 1, 100, twice.data, twice.len), what);
		free(twice.data);
	}
	/* every prefix that is not a whole number of members is cut short */
	for (i = 1; i < packed.len; i += 1 + packed.len / 200)
	{
		Bytes		cut = {packed.data, i};

		if (!fails(codec, cut, 0, "is cut short"))
			bad++;
	}
	snprintf(what, sizeof(what), "%s: truncated anywhere", name);
	CHECK_MSG(bad == 0, what);
	two.len = packed.len + packed.len / 2;
	snprintf(what, sizeof(what), "%s: truncated second member", name);
	CHECK_MSG(fails(codec, two, 0, "is cut short"), what);
	two.len = 0;
	snprintf(what, sizeof(what), "%s: an object of no bytes", name);
	CHECK_MSG(unpacks_to(codec, two, 1, 1, "", 0), what);
	free(two.data);

	packed.data[packed.len / 2] ^= 0x55;
	snprintf(what, sizeof(what), "%s: damaged in the middle", name);
	if (codec != PDS_CODEC_ZSTD)	/* made without a checksum */
		CHECK_MSG(fails(codec, packed, 0, "is corrupt"), what);
	free(packed.data);
	packed.data = (char *) "1,a\n2,b\n3,c\n";
	packed.len = 12;
	snprintf(what, sizeof(what), "%s: plain text under the name", name);
	CHECK_MSG(fails(codec, packed, 0, "is corrupt"), what);
	free(big.data);
}

static void
test_gzip_endings(void)
{
	char		zeros[512] = {0};
	Bytes		plain = text(3000);
	Bytes		packed = pack(PDS_CODEC_GZIP, plain.data, plain.len);
	Bytes		more = join(packed, zeros, sizeof(zeros));

	CHECK_MSG(unpacks_to(PDS_CODEC_GZIP, more, 0, 0, plain.data, plain.len),
			  "zeros after the last member");
	CHECK_MSG(unpacks_to(PDS_CODEC_GZIP, more, 1, 1, plain.data, plain.len),
			  "zeros after the last member, byte by byte");
	free(more.data);
	more = join(packed, "garbage!!", 9);
	CHECK_MSG(unpacks_to(PDS_CODEC_GZIP, more, 0, 0, plain.data, plain.len),
			  "text after the last member");
	CHECK_MSG(unpacks_to(PDS_CODEC_GZIP, more, 1, 7, plain.data, plain.len),
			  "text after the last member, byte by byte");
	free(more.data);
	more = join(packed, "\x1f\x8b\x08", 3);
	CHECK_MSG(unpacks_to(PDS_CODEC_GZIP, more, 0, 0, plain.data, plain.len),
			  "a header that is cut off after the last member");
	free(more.data);
	packed.data[packed.len - 6] ^= 1;	/* in the CRC */
	CHECK_MSG(fails(PDS_CODEC_GZIP, packed, 0, "is corrupt: incorrect data check"), "bad CRC");
	packed.data[packed.len - 6] ^= 1;
	packed.data[packed.len - 1] ^= 1;	/* in the length */
	CHECK_MSG(fails(PDS_CODEC_GZIP, packed, 0, "is corrupt: incorrect length check"),
			  "bad length");
	free(packed.data);
	free(plain.data);
}

static void
test_endings_of_others(void)
{
	Bytes		plain = text(3000);
	Bytes		packed = pack(PDS_CODEC_BZIP2, plain.data, plain.len);
	Bytes		more = join(packed, "garbage", 7);
	static const char skippable[] = "\x50\x2a\x4d\x18\x04\x00\x00\x00" "abcd";

	CHECK_MSG(fails(PDS_CODEC_BZIP2, more, 0, "is corrupt"), "bzip2: text after the last stream");
	free(more.data);
	free(packed.data);
	packed = pack(PDS_CODEC_ZSTD, plain.data, plain.len);
	more = join(packed, skippable, sizeof(skippable) - 1);
	CHECK_MSG(unpacks_to(PDS_CODEC_ZSTD, more, 0, 0, plain.data, plain.len),
			  "zstd: a skippable frame");
	free(more.data);
	more = join(packed, "garbage", 7);
	CHECK_MSG(fails(PDS_CODEC_ZSTD, more, 0, "is corrupt"), "zstd: text after the last frame");
	free(more.data);
	free(packed.data);
	free(plain.data);
}

static void
test_unsupported(void)
{
	PdsError	err;

	CHECK(pds_decoder_new(PDS_CODEC_UNSUPPORTED, &err) == NULL);
	CHECK(err.kind == PDS_ERR_UNSUPPORTED);
	pds_decoder_free(NULL);
}

int
main(void)
{
	test_names();
	test_codec(PDS_CODEC_GZIP);
	test_codec(PDS_CODEC_DEFLATE);
	test_codec(PDS_CODEC_ZSTD);
	test_codec(PDS_CODEC_BZIP2);
	test_gzip_endings();
	test_endings_of_others();
	test_unsupported();
	return unit_done();
}
