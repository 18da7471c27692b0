/*
 * test_reader_codec.c
 *	  The same as test_reader.c for compressed objects.
 */
#include "unit.h"

#include <lz4.h>
#include <snappy-c.h>
#include <zlib.h>
#include <zstd.h>

#include "reader_cases.h"

static char *
gzip(const char *data, size_t len, size_t *packed)
{
	z_stream	z;
	char	   *out = malloc(len + 1000);

	memset(&z, 0, sizeof(z));
	deflateInit2(&z, 1, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY);
	z.next_in = (Bytef *) data;
	z.avail_in = (uInt) len;
	z.next_out = (Bytef *) out;
	z.avail_out = (uInt) (len + 1000);
	deflate(&z, Z_FINISH);
	*packed = z.total_out;
	deflateEnd(&z);
	return out;
}

/* Hadoop's framing: blocks of up to 50,000 bytes, one chunk each */
static char *
hadoop(PdsCodec codec, const char *data, size_t len, size_t *packed)
{
	char	   *out = malloc(2 * len + 1000);
	size_t		at = 0;

	*packed = 0;
	while (at < len)
	{
		size_t		n = 1 + rnd(50000);
		size_t		size = 100000;
		size_t		lengths[2];
		int			i;
		char	   *p = out + *packed;

		if (n > len - at)
			n = len - at;
		out = realloc(out, *packed + size + 2 * len + 1000);
		p = out + *packed;
		if (codec == PDS_CODEC_LZ4)
			size = (size_t) LZ4_compress_default(data + at, p + 8, (int) n, (int) size);
		else
			snappy_compress(data + at, n, p + 8, &size);
		lengths[0] = n;
		lengths[1] = size;
		for (i = 0; i < 8; i++)
			p[i] = (char) (lengths[i / 4] >> (24 - i % 4 * 8));
		*packed += 8 + size;
		at += n;
	}
	return out;
}

/* lz4 and snappy, over the borders of slices, parts and batches */
static void
test_hadoop_blocks(void)
{
	PdsDialect	d = dialect(PDS_FORMAT_LAZYSIMPLE, 1, 0);
	int			round;
	int			bad = 0;

	for (round = 0; round < 6; round++)
	{
		PdsCodec	codec = round & 1 ? PDS_CODEC_LZ4 : PDS_CODEC_SNAPPY;
		const char *key = round & 1 ? "case.lz4" : "case.snappy";
		Cut			cut = {.codec = codec, .key = key};
		Cut			parts = {.codec = codec, .part = 777, .batch = 3000};
		Cut			memory = {.codec = codec, .memory = true};
		Cut			count = {.codec = codec, .count_only = true, .part = 50000};
		Result		res;
		size_t		n;
		char	   *z;

		case_lines(1 + rnd(20000), round == 5 ? 400 : 60, 3, true, round & 2);
		z = hadoop(codec, made.data, made.len, &n);
		bad += !read_case(&d, &cut, z, n).ok;
		bad += !read_case(&d, &parts, z, n).ok;
		bad += !read_case(&d, &memory, z, n).ok;
		bad += !read_case(&d, &count, z, n).ok;
		res = read_case(&d, &cut, z, n - 1);
		bad += !(res.err.kind == PDS_ERR_DATA && strstr(res.err.message, "is cut short") &&
				 strstr(res.err.message, key));
		free(z);
	}
	CHECK_MSG(bad == 0, "Hadoop's blocks of lz4 and snappy: byte order mark, header; cut short");
}

static void
test_compressed(void)
{
	PdsDialect	d = dialect(PDS_FORMAT_LAZYSIMPLE, 1, 0);
	PdsDialect	f = dialect(PDS_FORMAT_LAZYSIMPLE, 1, 2);
	Cut			cut = {.codec = PDS_CODEC_GZIP, .key = "case.gz"};
	Cut			parts = {.codec = PDS_CODEC_GZIP, .part = 777, .batch = 3000};
	Cut			memory = {.codec = PDS_CODEC_GZIP, .memory = true};
	Cut			count = {.codec = PDS_CODEC_GZIP, .count_only = true, .part = 50000};
	Result		res;
	char	   *one;
	char	   *two;
	char	   *all;
	size_t		n1;
	size_t		n2;
	size_t		half;
	char	   *z;
	int			round;
	int			bad = 0;

	for (round = 0; round < 6; round++)
	{
		case_lines(1 + rnd(20000), round == 5 ? 400 : 60, 3, round & 1, round & 2);
		half = rnd((unsigned int) made.len);
		one = gzip(made.data, half, &n1);
		two = gzip(made.data + half, made.len - half, &n2);
		all = malloc(n1 + n2 + 1);
		memcpy(all, one, n1);
		memcpy(all + n1, two, n2);
		bad += !read_case(&d, &cut, all, n1 + n2).ok;
		bad += !read_case(&d, &parts, all, n1 + n2).ok;
		bad += !read_case(&f, &memory, all, n1 + n2).ok;
		bad += !read_case(&d, &count, all, n1 + n2).ok;
		res = read_case(&d, &cut, all, n1 + n2 - 1 - rnd((unsigned int) n2 - 1));
		bad += !(res.err.kind == PDS_ERR_DATA && strstr(res.err.message, "is cut short") &&
				 strstr(res.err.message, "s3://bucket/case.gz") &&
				 strcmp(res.err.resource, "s3://bucket/case.gz") == 0);
		free(one);
		free(two);
		free(all);
	}
	CHECK_MSG(bad == 0, "gzip with two members, byte order mark, header; cut short");
	res = read_case(&d, &cut, made.data, made.len);
	CHECK_MSG(res.err.kind == PDS_ERR_DATA && strstr(res.err.message, "is corrupt") != NULL,
			  res.err.message);
	cut.split = 100;
	res = read_case(&d, &cut, made.data, made.len);
	CHECK_MSG(res.err.kind == PDS_ERR_UNSUPPORTED, "a compressed object in splits is refused");
	cut.split = 0;
	cut.codec = PDS_CODEC_UNSUPPORTED;
	res = read_case(&d, &cut, made.data, made.len);
	CHECK_MSG(res.err.kind == PDS_ERR_UNSUPPORTED && strstr(res.err.message, "case.gz") != NULL,
			  "an unsupported codec names the object");

	z = malloc(ZSTD_compressBound(made.len));
	n1 = ZSTD_compress(z, ZSTD_compressBound(made.len), made.data, made.len, 1);
	cut.codec = PDS_CODEC_ZSTD;
	CHECK_MSG(read_case(&d, &cut, z, n1).ok, "zstd");
	res = read_case(&d, &cut, z, n1);
	CHECK_INT(res.bytes, made.len);
	free(z);
	cut.codec = PDS_CODEC_GZIP;
	case_begin(false);
	CHECK_MSG(read_case(&d, &cut, "", 0).ok, "a .gz object of no bytes has no records");
}

int
main(void)
{
	reader_start();
	test_compressed();
	test_hadoop_blocks();
	return reader_done();
}
