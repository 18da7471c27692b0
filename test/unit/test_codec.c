/*
 * test_codec.c
 *	  Streaming decompression: every codec in every cut of input and output,
 *	  members one after the other, truncated and damaged data.
 */
#include "unit.h"

#include <bzlib.h>
#include <lz4.h>
#include <lz4frame.h>
#include <snappy-c.h>
#include <stdbool.h>
#include <stdint.h>
#include <zlib.h>
#include <zstd.h>

#include "core/codec/codec.h"
#include "core/codec/codec_internal.h"
#include "core/codec/encode.h"

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

/* the other format that a codec has: raw deflate, frames instead of Hadoop's blocks */
static bool other;

static void
put(Bytes *b, const void *p, size_t n)
{
	memcpy(b->data + b->len, p, n);
	b->len += n;
}

/* 4 bytes, big-endian */
static void
put_be32(Bytes *b, size_t n)
{
	unsigned char be[4] = {(unsigned char) (n >> 24), (unsigned char) (n >> 16),
	(unsigned char) (n >> 8), (unsigned char) n};

	put(b, be, 4);
}

/* Blocks of 100,000 bytes, each in chunks of 7,000; an empty block in front of all. */
static void
pack_hadoop(PdsCodec codec, const char *data, size_t len, Bytes *out)
{
	static char packed[20000];
	size_t		at = 0;

	out->len = 0;
	put_be32(out, 0);
	while (at < len)
	{
		size_t		block = len - at < 100000 ? len - at : 100000;
		size_t		end = at + block;

		put_be32(out, block);
		while (at < end)
		{
			size_t		n = end - at < 7000 ? end - at : 7000;
			size_t		size = sizeof(packed);

			if (codec == PDS_CODEC_LZ4)
				size = (size_t) LZ4_compress_default(data + at, packed, (int) n, sizeof(packed));
			else
				snappy_compress(data + at, n, packed, &size);
			put_be32(out, size);
			put(out, packed, size);
			at += n;
		}
	}
}

/* bit by bit, as RFC 3720 defines it; masked */
static uint32_t
slow_crc32c(const char *p, size_t n)
{
	uint32_t	c = ~0u;
	int			k;

	for (; n > 0; n--)
		for (c ^= (unsigned char) *p++, k = 0; k < 8; k++)
			c = (c >> 1) ^ ((c & 1) ? 0x82F63B78u : 0);
	c = ~c;
	return (c >> 15 | c << 17) + 0xA282EAD8u;
}

static void
put_frame(Bytes *out, int type, const char *plain, size_t plain_len, const char *data, size_t len)
{
	uint32_t	crc = slow_crc32c(plain, plain_len);
	unsigned char h[8] = {(unsigned char) type, (unsigned char) (len + 4),
		(unsigned char) ((len + 4) >> 8), (unsigned char) ((len + 4) >> 16),
		(unsigned char) crc, (unsigned char) (crc >> 8), (unsigned char) (crc >> 16),
	(unsigned char) (crc >> 24)};

	put(out, h, 8);
	put(out, data, len);
}

/* Compressed chunks, and after each one that is not, padding, and one to be skipped. */
static void
pack_snappy_frames(const char *data, size_t len, Bytes *out)
{
	static char packed[100000];
	size_t		at = 0;

	out->len = 0;
	put(out, "\xff\x06\x00\x00sNaPpY", 10);
	while (at < len)
	{
		size_t		n = len - at < 65536 ? len - at : 65536;
		size_t		size = sizeof(packed);

		snappy_compress(data + at, n, packed, &size);
		put_frame(out, 0, data + at, n, packed, size);
		at += n;
		n = len - at < 100 ? len - at : 100;
		if (n == 0)
			break;
		put_frame(out, 1, data + at, n, data + at, n);
		put(out, "\xfe\x03\x00\x00\x00\x00\x00\x80\x00\x00\x00\xfe\x00\x00\x00", 15);
		at += n;
	}
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
	else if (codec == PDS_CODEC_LZ4 && other)
	{
		LZ4F_preferences_t prefs = LZ4F_INIT_PREFERENCES;

		prefs.frameInfo.contentChecksumFlag = LZ4F_contentChecksumEnabled;
		out.len = LZ4F_compressFrame(out.data, out.len, data, len, &prefs);
	}
	else if (codec == PDS_CODEC_SNAPPY && other)
		pack_snappy_frames(data, len, &out);
	else if (codec == PDS_CODEC_LZ4 || codec == PDS_CODEC_SNAPPY)
		pack_hadoop(codec, data, len, &out);
	else
	{
		z_stream	z;

		memset(&z, 0, sizeof(z));
		deflateInit2(&z, 6, Z_DEFLATED, codec == PDS_CODEC_GZIP ? 31 : other ? -15 : 15, 8,
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

static const Bytes nothing = {NULL, 0};

static Bytes
join(Bytes a, const char *b, size_t blen)
{
	Bytes		out = {malloc(a.len + blen + 1), a.len + blen};

	memcpy(out.data, a.data, a.len);
	memcpy(out.data + a.len, b, blen);
	return out;
}

/* gzip by zlib, whatever the build has */
static bool only_zlib;

/* Decode with pieces of at most in_step and out_step bytes (0: random sizes). */
static bool
unpack(PdsCodec codec, Bytes in, size_t in_step, size_t out_step, Bytes *out, PdsError *err)
{
	PdsDecoder *d = only_zlib ? pds_decoder_new_zlib(err) : pds_decoder_new(codec, err);
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
	return err.hint[0] != '\0' || err.advice != PDS_ADVICE_NONE;
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
	CHECK(pds_codec_of_key("a/b.snappy") == PDS_CODEC_SNAPPY);
	CHECK(pds_codec_of_key("a/b.csv.lz4") == PDS_CODEC_LZ4);
	CHECK(pds_codec_of_key("a/b.LZ4") == PDS_CODEC_NONE);
	CHECK(pds_codec_of_key("a/b.lzo") == PDS_CODEC_UNSUPPORTED);
	CHECK(pds_codec_of_key("a.gz/b") == PDS_CODEC_NONE);
	CHECK(pds_codec_of_key("") == PDS_CODEC_NONE);
	CHECK(pds_codec_of_name("gzip", &c) && c == PDS_CODEC_GZIP);
	CHECK(pds_codec_of_name("none", &c) && c == PDS_CODEC_NONE);
	CHECK(pds_codec_of_name("zstd", &c) && c == PDS_CODEC_ZSTD);
	CHECK(pds_codec_of_name("snappy", &c) && c == PDS_CODEC_SNAPPY);
	CHECK(pds_codec_of_name("lz4", &c) && c == PDS_CODEC_LZ4);
	CHECK(!pds_codec_of_name("lzo", &c));
	CHECK_STR(pds_codec_name(PDS_CODEC_BZIP2), "bzip2");
}

static void
test_codec(PdsCodec codec, bool other_format)
{
	static const size_t sizes[] = {0, 1, 100, 5000, 300000};
	char		name[40];
	char		what[100];
	Bytes		big = text(20000);
	Bytes		packed;
	Bytes		two;
	size_t		i;
	int			bad = 0;

	other = other_format;
	snprintf(name, sizeof(name), "%s%s", pds_codec_name(codec), other ? " (other format)" : "");
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

		/* neither blocks nor frames say that they are the last */
		if ((codec == PDS_CODEC_SNAPPY && other && i == 10) ||
			((codec == PDS_CODEC_LZ4 || codec == PDS_CODEC_SNAPPY) && !other && i == 4))
			continue;
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
	/* these have no checksum */
	if (codec != PDS_CODEC_ZSTD && (other ? codec != PDS_CODEC_DEFLATE
									: codec != PDS_CODEC_LZ4 && codec != PDS_CODEC_SNAPPY))
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
	CHECK_MSG(fails(PDS_CODEC_GZIP, packed, 0, "is corrupt: incorrect "), "bad length");
	free(packed.data);
	free(plain.data);
}

/* Do both libraries take this stream, or refuse it, and give the same bytes? */
static bool
libraries_agree(Bytes in)
{
	Bytes		a,
				b;
	PdsError	err_a,
				err_b;
	bool		ok_a,
				ok_b,
				same;

	pds_error_clear(&err_a);
	pds_error_clear(&err_b);
	ok_a = unpack(PDS_CODEC_GZIP, in, 0, 0, &a, &err_a);
	only_zlib = true;
	ok_b = unpack(PDS_CODEC_GZIP, in, 0, 0, &b, &err_b);
	only_zlib = false;
	same = ok_a == ok_b && (!ok_a || (a.len == b.len && memcmp(a.data, b.data, a.len) == 0));
	if (!same)
		printf("# %d \"%s\", zlib %d \"%s\"\n", ok_a, err_a.message, ok_b, err_b.message);
	free(a.data);
	free(b.data);
	return same;
}

/* a member whose header has all that RFC 1952 knows, its checksum included */
static Bytes
pack_with_header(const char *data, size_t len)
{
	static char extra[] = "xtra";
	gz_header	header = {.text = 1, .time = 1, .os = 3, .extra = (Bytef *) extra, .extra_len = 4,
	.name = (Bytef *) "name.csv", .comment = (Bytef *) "comment", .hcrc = 1};
	Bytes		out = {malloc(len + 2000), 0};
	z_stream	z;

	memset(&z, 0, sizeof(z));
	deflateInit2(&z, 1, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY);
	deflateSetHeader(&z, &header);
	z.next_in = (Bytef *) data;
	z.avail_in = (uInt) len;
	z.next_out = (Bytef *) out.data;
	z.avail_out = (uInt) (len + 2000);
	deflate(&z, Z_FINISH);
	out.len = z.total_out;
	deflateEnd(&z);
	return out;
}

/*
 * Two members, the second with a long header, and what follows them: cut at
 * every byte, and with every bit turned.
 */
static void
test_gzip_libraries(void)
{
	Bytes		plain = text(900);
	Bytes		first = pack(PDS_CODEC_GZIP, plain.data, plain.len);
	Bytes		second = pack_with_header(plain.data, plain.len);
	Bytes		two = join(first, second.data, second.len);
	Bytes		all = join(two, "\x1f\x8b\x08\x1f", 4);
	Bytes		cut;
	size_t		at;
	int			bit;
	int			differ = 0;

	CHECK(libraries_agree(two));
	CHECK(libraries_agree(all));
	for (at = 0; at <= all.len; at++)
	{
		/* an exact copy, so that reading past it is seen */
		cut = join(nothing, all.data, at);
		differ += !libraries_agree(cut);
		free(cut.data);
	}
	CHECK_MSG(differ == 0, "cut at any byte");
	for (at = 0; at < all.len; at++)
	{
		for (bit = 0; bit < 8; bit++)
		{
			all.data[at] ^= (char) (1 << bit);
			differ += !libraries_agree(all);
			all.data[at] ^= (char) (1 << bit);
		}
	}
	CHECK_MSG(differ == 0, "any bit turned");
	free(all.data);
	free(two.data);
	free(second.data);
	free(first.data);
	free(plain.data);
}

static Bytes
encode(PdsCodec codec, int level, Bytes plain)
{
	PdsEncoder *e;
	PdsError	err;
	PdsStr		out;
	Bytes		packed;
	size_t		at = 0;
	bool		ok;

	pds_error_clear(&err);
	pds_str_init(&out);
	e = pds_encoder_new(codec, level, &err);
	ok = e != NULL;
	while (ok && at < plain.len)
	{
		size_t		n = 1 + rnd(5000);

		if (n > plain.len - at)
			n = plain.len - at;
		ok = pds_encoder_run(e, plain.data + at, n, false, &out, &err);
		at += n;
	}
	ok = ok && pds_encoder_run(e, "", 0, true, &out, &err);
	pds_encoder_free(e);
	if (!ok)
		printf("# %s\n", err.message);
	packed = join(nothing, pds_str_text(&out), ok ? out.len : 0);
	pds_str_free(&out);
	return packed;
}

static void
test_encoders(void)
{
	static const struct
	{
		PdsCodec	codec;
		int			level;
	}			ways[] = {
		{PDS_CODEC_NONE, 0}, {PDS_CODEC_GZIP, 0}, {PDS_CODEC_GZIP, 1}, {PDS_CODEC_GZIP, 9},
		{PDS_CODEC_ZSTD, 0}, {PDS_CODEC_ZSTD, 1}, {PDS_CODEC_ZSTD, 19}
	};
	static const size_t sizes[] = {0, 1, 100, 70000, 300000};
	size_t		i,
				k;

	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
	{
		for (k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++)
		{
			Bytes		plain = text(sizes[k]);
			Bytes		packed = encode(ways[i].codec, ways[i].level, plain);
			char		what[80];

			snprintf(what, sizeof(what), "%zu bytes, %s, level %d", sizes[k],
					 pds_codec_name(ways[i].codec), ways[i].level);
			if (ways[i].codec == PDS_CODEC_NONE)
				CHECK_MSG(packed.len == plain.len &&
						  memcmp(packed.data, plain.data, plain.len) == 0, what);
			else
				CHECK_MSG(unpacks_to(ways[i].codec, packed, 0, 0, plain.data, plain.len), what);
			only_zlib = true;
			if (ways[i].codec == PDS_CODEC_GZIP)
				CHECK_MSG(unpacks_to(ways[i].codec, packed, 0, 0, plain.data, plain.len), what);
			only_zlib = false;
			if (ways[i].codec != PDS_CODEC_NONE && sizes[k] > 1000)
				CHECK_MSG(packed.len < plain.len, what);
			free(packed.data);
			free(plain.data);
		}
	}
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

/* Files by other writers: codec_files.h. */
static void
test_foreign(void)
{
	static const struct
	{
		PdsCodec	codec;
		const char *what;
		const char *hex;
		const char *plain;
	}			files[] = {
#include "codec_files.h"
	};
	size_t		i;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++)
	{
		Bytes		b = {malloc(strlen(files[i].hex) / 2 + 1), strlen(files[i].hex) / 2};
		size_t		k;

		for (k = 0; k < b.len; k++)
		{
			unsigned int byte;

			sscanf(files[i].hex + 2 * k, "%2x", &byte);
			b.data[k] = (char) byte;
		}
		CHECK_MSG(unpacks_to(files[i].codec, b, 0, 0, files[i].plain, strlen(files[i].plain)),
				  files[i].what);
		CHECK_MSG(unpacks_to(files[i].codec, b, 1, 1, files[i].plain, strlen(files[i].plain)),
				  files[i].what);
		free(b.data);
	}
}

/* blocks and frames whose headers lie */
static void
test_bad_blocks(void)
{
	static const struct
	{
		PdsCodec	codec;
		const char *bytes;
		size_t		len;
		const char *message;
	}			cases[] = {
		{PDS_CODEC_LZ4, "\x7f\xff\xff\xff\0\0\0\1\0", 9, "a block is too long"},
		{PDS_CODEC_LZ4, "\0\0\0\5\xff\xff\xff\xff", 8, "a block is too long"},
		{PDS_CODEC_LZ4, "\0\0\0\5\0\0\0\0", 8, "a chunk has no bytes"},
		{PDS_CODEC_LZ4, "\0\0\0\5\0\0\0\2\x10" "a", 10, "is cut short"},
		{PDS_CODEC_LZ4, "\0\0\0\2\0\0\0\4\x30" "abc", 12, "invalid chunk"},
		{PDS_CODEC_LZ4, "\x04\x22\x4d\x18" "abcdefgh", 12, "is corrupt"},
		{PDS_CODEC_SNAPPY, "\0\0\0\2\0\0\0\5\3\x08" "abc", 13, "a chunk is not of its block's size"},
		{PDS_CODEC_SNAPPY, "\0\0\0\3\0\0\0\4\3\x08" "ab", 12, "invalid chunk"},
		{PDS_CODEC_SNAPPY, "\xff\6\0\0sNaPpZ", 10, "incorrect stream identifier"},
		{PDS_CODEC_SNAPPY, "\xff\0\0\0\xff\6\0\0", 8, "incorrect stream identifier"},
		{PDS_CODEC_SNAPPY, "\xff\6\0\0sNaPpY\2\1\0\0x", 15, "unknown chunk type"},
		{PDS_CODEC_SNAPPY, "\xff\6\0\0sNaPpY\1\3\0\0xxx", 17, "without its data check"},
		{PDS_CODEC_SNAPPY, "\xff\6\0\0sNaPpY\1\6\0\0\0\0\0\0hi", 20, "incorrect data check"},
		{PDS_CODEC_SNAPPY, "\xff\6\0\0sNaPpY\1\5\0\1\0\0\0\0hi", 20, "a chunk is too long"},
		{PDS_CODEC_SNAPPY, "\xff\6\0\0sNaPpY\xfe\5\0\0xx", 16, "is cut short"},
	};
	size_t		i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		Bytes		b = {(char *) cases[i].bytes, cases[i].len};

		CHECK_MSG(fails(cases[i].codec, b, 0, cases[i].message), cases[i].message);
	}
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
	test_codec(PDS_CODEC_GZIP, false);
	test_codec(PDS_CODEC_DEFLATE, false);
	test_codec(PDS_CODEC_DEFLATE, true);
	test_codec(PDS_CODEC_ZSTD, false);
	test_codec(PDS_CODEC_BZIP2, false);
	test_codec(PDS_CODEC_LZ4, false);
	test_codec(PDS_CODEC_LZ4, true);
	test_codec(PDS_CODEC_SNAPPY, false);
	test_codec(PDS_CODEC_SNAPPY, true);
	other = false;
	test_foreign();
	test_bad_blocks();
	test_gzip_endings();
	test_gzip_libraries();
	test_encoders();
	test_endings_of_others();
	test_unsupported();
	return unit_done();
}
