/*
 * target_text.c
 *	  Text of tables: reader, fields, decoders.
 */
#include "fuzz.h"

#include "core/codec/codec.h"
#include "core/read/reader.h"

/* of the first three bytes of an input */
static void
choose_dialect(FuzzInput *in, PdsDialect *d)
{
	unsigned int looks;
	unsigned int more;

	pds_dialect_init(d, (PdsFormat) fuzz_byte(in, 4));
	looks = fuzz_byte(in, 64);
	more = fuzz_byte(in, 64);
	if (d->format != PDS_FORMAT_ATHENA_RESULT)
		d->delimiter = ",|\t\x01"[looks % 4];
	if (d->format == PDS_FORMAT_LAZYSIMPLE && (looks & 4))
		d->escape = '\\';
	if (d->format == PDS_FORMAT_CSV)
	{
		d->escape = "\0\\\"e"[looks / 4 % 4];
		d->quote = "\"'\0\""[looks / 16];
	}
	d->last_takes_rest = (more & 1) && d->format == PDS_FORMAT_LAZYSIMPLE;
	d->last_field = 3;
	d->header_lines = (int) (more / 2 % 4);
	d->footer_lines = (int) (more / 8 % 3);
}

static uint64_t
mix(uint64_t h, const char *p, size_t n)
{
	size_t		i;

	for (i = 0; i < n; i++)
		h = (h ^ (unsigned char) p[i]) * 1099511628211ULL;
	return (h ^ n) * 1099511628211ULL;
}

/* a hash of all rows */
static uint64_t
read_all(const char *data, size_t len, const PdsReadUnit *unit, PdsReaderOptions *opt, size_t *rows)
{
	static const int wanted[] = {0, 1, 3};
	PdsError	err;
	PdsReader  *r = pds_reader_from_memory(data, len, unit, opt, &err);
	PdsBatch	b;
	PdsArena	arena;
	uint64_t	h = 14695981039346656037ULL;

	*rows = 0;
	FUZZ_CHECK(r != NULL);
	pds_arena_init(&arena);
	while (pds_reader_next(r, &b, &err))
	{
		size_t		i;

		if (!b.indexed)
		{
			*rows += b.nrec;
			continue;
		}
		FUZZ_CHECK(b.first_record <= b.nrec && b.nrec <= b.ix->nrec);
		for (i = b.first_record; i < b.nrec; i++)
		{
			PdsField	f[3];
			int			k;

			if (pds_record_skipped(unit->dialect, b.ix, b.buf, i, 4))
				continue;
			(*rows)++;
			pds_arena_reset(&arena);
			FUZZ_CHECK(pds_record_fields(unit->dialect, b.ix, b.buf, i, wanted, 3, f, &arena));
			for (k = 0; k < 3; k++)
			{
				if (f[k].data == NULL)
				{
					h = mix(h, "\xFFnull", 5);
					continue;
				}
				if (f[k].escaped)
					FUZZ_CHECK(pds_lazy_unescape(unit->dialect, &f[k], &arena));
				FUZZ_CHECK(f[k].len <= len);
				h = mix(h, f[k].data, f[k].len);
				/* what a converter may do to the bytes before */
				if (f[k].room > 0)
					f[k].data[-1] = (char) 0xAA;
			}
		}
	}
	if (err.kind != PDS_ERR_NONE)
		fuzz_check_error(&err);
	h = mix(h, (char *) &err.kind, sizeof(err.kind));
	pds_arena_free(&arena);
	pds_reader_free(r);
	return h;
}

/* the same rows by every kernel, however long batches are, and whatever else is kept of a record */
void
fuzz_reader(FuzzInput *in)
{
	static const char *const kernels[] = {"scalar", "sse2", "avx2", "neon"};
	PdsDialect	d;
	PdsReadUnit unit = {.dialect = &d, .partition = -1};
	PdsReaderOptions opt = {.ncolumns = 4};
	size_t		batch;
	size_t		rows;
	size_t		got;
	uint64_t	want;
	int			k;

	choose_dialect(in, &d);
	batch = 1 + fuzz_byte(in, 200);
	pds_scan_set_kernel("scalar");
	want = read_all(in->p, in->n, &unit, &opt, &rows);
	for (k = 0; k < 4; k++)
	{
		if (!pds_scan_set_kernel(kernels[k]))
			continue;
		opt.batch_bytes = k % 2 ? batch : 0;
		opt.keep = k % 2 ? 0 : 4;
		FUZZ_SAY(read_all(in->p, in->n, &unit, &opt, &got) == want && got == rows, kernels[k]);
	}
	/* counted as well as read; what is counted in a lump may be blank */
	opt.batch_bytes = batch;
	opt.keep = 0;
	opt.count_only = true;
	(void) read_all(in->p, in->n, &unit, &opt, &got);
	FUZZ_CHECK(got == rows);
}

/* what comes out in pieces, and how it ends */
static uint64_t
decode(PdsCodec codec, const char *data, size_t len, size_t in_step, size_t out_step, bool *failed)
{
	PdsError	err;
	PdsDecoder *d = pds_decoder_new(codec, &err);
	uint64_t	h = 14695981039346656037ULL;
	size_t		at = 0;
	size_t		total = 0;
	int			idle = 0;
	bool		finished = false;
	bool		ok = true;

	FUZZ_CHECK(d != NULL);
	while (ok && !finished && total < 2000000)
	{
		size_t		n = len - at < in_step ? len - at : in_step;
		char	   *piece = malloc(n ? n : 1);
		char	   *out = malloc(out_step);
		size_t		pos = 0;
		size_t		made = 0;
		size_t		i;

		memcpy(piece, data + at, n);
		ok = pds_decoder_run(d, piece, n, &pos, at + n == len, out, out_step, &made, &finished, &err);
		FUZZ_CHECK(pos <= n && made <= out_step);
		for (i = 0; ok && i < made; i++)
			h = (h ^ (unsigned char) out[i]) * 1099511628211ULL;
		/* it goes on */
		idle = pos == 0 && made == 0 ? idle + 1 : 0;
		FUZZ_CHECK(!ok || finished || idle < 4);
		total += made;
		at += pos;
		free(piece);
		free(out);
	}
	if (!ok)
		fuzz_check_error(&err);
	pds_decoder_free(d);
	*failed = !ok;
	return ok ? h ^ total : 1;
}

/* codec and pieces, then a file: the same bytes in whatever pieces, or an error */
void
fuzz_codec(FuzzInput *in)
{
	static const PdsCodec codecs[] = {
		PDS_CODEC_GZIP, PDS_CODEC_ZSTD, PDS_CODEC_BZIP2, PDS_CODEC_DEFLATE, PDS_CODEC_LZ4,
		PDS_CODEC_SNAPPY, PDS_CODEC_BZIP2_ONE
	};
	PdsCodec	codec = codecs[fuzz_byte(in, 7)];
	size_t		in_step = 1 + fuzz_byte(in, 60);
	size_t		out_step = 1 + fuzz_byte(in, 60) * 16;
	bool		a;
	bool		b;

	FUZZ_CHECK(decode(codec, in->p, in->n, in->n + 1, 100000, &a) ==
			   decode(codec, in->p, in->n, in_step, out_step, &b) && a == b);
}
