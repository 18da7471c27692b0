/*
 * test_fuzz.c
 *	  Random bytes through decoders, reader, fields and values: the same rows
 *	  whatever the size of pieces, of the batches and the kernel, and never a
 *	  byte out of bounds (SAN=1).  PDS_FUZZ_SECONDS makes it run longer.
 */
#include "unit.h"

#include <time.h>

#include "core/base/utf8.h"
#include "core/read/reader.h"
#include "../fuzz/fnv.h"

static uint64_t seed = 88172645463325252ULL;

static unsigned int
rnd(unsigned int n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned int) (seed >> 11) % n;
}

/* every parser over the bytes of a field; what they say goes into the hash */
static uint64_t
values(uint64_t h, const char *p, size_t n)
{
	int64_t		i = 0;
	double		d = 0;
	float		f = 0;
	bool		b = false;
	int32_t		days = 0;
	char		text[64];
	char	   *bytes = malloc(n + 1);
	size_t		len = 0;
	bool		fits;
	int			r[8];

	r[0] = pds_lazy_int(p, n, INT64_MIN, INT64_MAX, &i);
	r[1] = pds_lazy_double(p, n, &d);
	r[2] = pds_lazy_float(p, n, &f);
	r[3] = pds_lazy_bool(p, n, &b);
	r[4] = pds_lazy_date(p, n, &days);
	r[5] = pds_lazy_timestamp(p, n, &i);
	r[6] = pds_lazy_decimal(p, n, 1 + (int) (n % 38), 0, text, &len, &i, &fits);
	r[7] = pds_lazy_binary(p, n, bytes, &len);
	free(bytes);
	(void) pds_utf8_valid(p, n);
	(void) pds_utf8_prefix(p, n, 3);
	return fnv_text(h, (char *) r, sizeof(r));
}

/* a hash of all rows; *rows counts them */
static uint64_t
read_all(const char *data, size_t len, const PdsReadUnit *unit, size_t batch, size_t *rows)
{
	static const int wanted[] = {0, 1, 3};
	PdsReaderOptions opt = {.ncolumns = 4, .batch_bytes = batch};
	PdsError	err;
	PdsReader  *r = pds_reader_from_memory(data, len, unit, &opt, &err);
	PdsBatch	b;
	PdsArena	arena;
	uint64_t	h = FNV_BASIS;

	*rows = 0;
	pds_arena_init(&arena);
	while (pds_reader_next(r, &b, &err))
	{
		size_t		i;

		for (i = b.first_record; i < b.nrec; i++)
		{
			PdsField	f[3];
			int			k;

			if (pds_record_skipped(unit->dialect, b.ix, b.buf, i, 4))
				continue;
			pds_arena_reset(&arena);
			if (!pds_record_fields(unit->dialect, b.ix, b.buf, i, wanted, 3, f, &arena))
				abort();
			for (k = 0; k < 3; k++)
			{
				if (f[k].data == NULL)
				{
					h = fnv_text(h, "\xFFnull", 5);
					continue;
				}
				if (f[k].escaped && !pds_lazy_unescape(unit->dialect, &f[k], &arena))
					abort();
				h = fnv_text(h, f[k].data, f[k].len);
				h = values(h, f[k].data, f[k].len);
				/* what a converter may do to the bytes before */
				if (f[k].room > 0)
					f[k].data[-1] = (char) 0xAA;
			}
			(*rows)++;
		}
	}
	h = fnv_text(h, (char *) &err.kind, sizeof(err.kind));
	pds_arena_free(&arena);
	pds_reader_free(r);
	return h;
}

static void
random_dialect(PdsDialect *d)
{
	pds_dialect_init(d, (PdsFormat) rnd(4));
	if (d->format != PDS_FORMAT_ATHENA_RESULT)
		d->delimiter = ",|\t"[rnd(3)];
	if (d->format == PDS_FORMAT_LAZYSIMPLE && rnd(2))
		d->escape = '\\';
	if (d->format == PDS_FORMAT_CSV && rnd(3) == 0)
		d->escape = '\\';
	d->last_takes_rest = rnd(6) == 0;
	d->last_field = 3;
	d->header_lines = rnd(4) == 0 ? (int) rnd(3) : 0;
	d->footer_lines = rnd(6) == 0 ? (int) rnd(3) : 0;
}

static size_t
random_bytes(char *buf, size_t cap)
{
	static const char *const alphabets[] = {
		"abc,\n", "a\"\",\n", "a\\,\"\r\n|\t", "0123456789.-+eE,\n", "2024-01:3T ,\n\"", "\xEF\xBB\xBF\xC3\xA9,\n"
	};
	const char *alphabet = alphabets[rnd(6)];
	size_t		n = rnd((unsigned int) cap);
	size_t		i;

	for (i = 0; i < n; i++)
		buf[i] = rnd(40) == 0 ? (char) rnd(256) : alphabet[rnd((unsigned int) strlen(alphabet))];
	return n;
}

/* ---- decoders ---- */

static const struct
{
	PdsCodec	codec;
	const char *what;
	const char *hex;
	const char *plain;
}			files[] = {
#include "codec_files.h"
};

#define NFILES ((unsigned int) (sizeof(files) / sizeof(files[0])))

/* what comes out in pieces of at most in_step and out_step bytes, and how it ends */
static uint64_t
decode(PdsCodec codec, const char *data, size_t len, size_t in_step, size_t out_step)
{
	PdsError	err;
	PdsDecoder *d = pds_decoder_new(codec, &err);
	uint64_t	h = FNV_BASIS;
	size_t		at = 0;
	size_t		total = 0;
	bool		finished = false;
	bool		ok = true;

	while (ok && !finished && total < 1000000)
	{
		size_t		n = len - at < in_step ? len - at : in_step;
		size_t		cap = out_step;
		char	   *in = malloc(n + 1);
		char	   *out = malloc(cap);
		size_t		pos = 0;
		size_t		made = 0;

		memcpy(in, data + at, n);
		ok = pds_decoder_run(d, in, n, &pos, at + n == len, out, cap, &made, &finished, &err);
		/* what came before an error depends on the pieces */
		if (ok)
			h = fnv_bytes(h, out, made);
		total += made;
		at += pos;
		free(in);
		free(out);
	}
	pds_decoder_free(d);
	return ok ? h ^ total : 1;
}

/* Damaged files, and anything at all.  False: the pieces made a difference. */
static bool
fuzz_decoder(const char *random, size_t n)
{
	unsigned int f = rnd(NFILES);
	PdsCodec	codec = rnd(4) ? files[f].codec
		: (PdsCodec) (PDS_CODEC_GZIP + rnd(PDS_CODEC_UNSUPPORTED - PDS_CODEC_GZIP));
	size_t		len = strlen(files[f].hex) / 2;
	char	   *data = malloc(2 * len + n);
	size_t		used = rnd(8) ? len : 0;
	size_t		i;
	bool		ok;

	for (i = 0; i < used; i++)
	{
		unsigned int byte;

		sscanf(files[f].hex + 2 * i, "%2x", &byte);
		data[i] = rnd(60) ? (char) byte : (char) rnd(256);
	}
	if (rnd(3) == 0)
		used -= rnd((unsigned int) used + 1);
	if (used == 0 || rnd(4) == 0)
	{
		memcpy(data + used, random, n);
		used += n;
	}
	ok = decode(codec, data, used, used + 1, 100000) == decode(codec, data, used, 1 + rnd(40), 1 + rnd(40));
	if (!ok)
		printf("# decoder %s, %s\n", pds_codec_name(codec), files[f].what);
	free(data);
	return ok;
}

int
main(void)
{
	static const char *const kernels[] = {"scalar", "sse2", "avx2", "neon"};
	const char *limit = getenv("PDS_FUZZ_SECONDS");
	time_t		end = time(NULL) + (limit ? atoi(limit) : 2);
	char		buf[3000];
	long		rounds = 0;
	long		bad = 0;

	while (time(NULL) < end && bad < 3)
	{
		PdsDialect	d;
		PdsReadUnit unit = {.dialect = &d, .partition = -1};
		size_t		n = random_bytes(buf, rnd(10) ? 300 : sizeof(buf));
		uint64_t	before = seed;
		uint64_t	want;
		size_t		rows;
		int			k;

		bad += !fuzz_decoder(buf, n);
		random_dialect(&d);
		pds_scan_set_kernel("scalar");
		want = read_all(buf, n, &unit, 0, &rows);
		for (k = 0; k < 4; k++)
		{
			size_t		batch = rnd(4) ? rnd(200) + 1 : 0;
			size_t		got_rows;

			if (pds_scan_set_kernel(kernels[k]) &&
				read_all(buf, n, &unit, batch, &got_rows) != want)
			{
				printf("# %s, batches of %zu, format %s, seed %llu: %zu rows, want %zu\n", kernels[k],
					   batch, pds_format_name(d.format), (unsigned long long) before, got_rows, rows);
				bad++;
			}
		}
		rounds++;
	}
	printf("# %ld rounds\n", rounds);
	CHECK_MSG(bad == 0 && rounds > 0, "random bytes read the same in every way");
	return unit_done();
}
