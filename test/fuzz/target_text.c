/*
 * target_text.c
 *	  Text of tables: reader, fields, decoders.
 */
#include "fuzz.h"

#include "core/codec/codec.h"
#include "core/codec/encode.h"
#include "core/csv/csv_states.h"
#include "core/read/reader.h"
#include "core/serde/csv_write.h"

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
	if (d->format == PDS_FORMAT_CSV && more >= 32)
		d->comment = '#';
	d->header_lines = (int) (more / 2 % 4);
	d->footer_lines = (int) (more / 8 % 3);
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
	uint64_t	h = FNV_BASIS;

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
					h = fnv_text(h, "\xFFnull", 5);
					continue;
				}
				if (f[k].escaped)
					FUZZ_CHECK(pds_lazy_unescape(unit->dialect, &f[k], &arena));
				FUZZ_CHECK(f[k].len <= len);
				h = fnv_text(h, f[k].data, f[k].len);
				/* what a converter may do to the bytes before */
				if (f[k].room > 0)
					f[k].data[-1] = (char) 0xAA;
			}
		}
	}
	if (err.kind != PDS_ERR_NONE)
		fuzz_check_error(&err);
	h = fnv_text(h, (char *) &err.kind, sizeof(err.kind));
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

#define ENOUGH	2000000

/* a hash of what comes out in pieces; 1 with *failed: an error; 0: there is more of it than is looked at */
static uint64_t
decode(PdsCodec codec, const char *data, size_t len, size_t in_step, size_t out_step, bool *failed)
{
	PdsError	err;
	PdsDecoder *d = pds_decoder_new(codec, &err);
	uint64_t	h = FNV_BASIS;
	size_t		at = 0;
	size_t		total = 0;
	int			idle = 0;
	bool		finished = false;
	bool		ok = true;

	FUZZ_CHECK(d != NULL);
	while (ok && !finished && total < ENOUGH)
	{
		size_t		n = len - at < in_step ? len - at : in_step;
		char	   *piece = malloc(n ? n : 1);
		char	   *out = malloc(out_step);
		size_t		pos = 0;
		size_t		made = 0;

		memcpy(piece, data + at, n);
		ok = pds_decoder_run(d, piece, n, &pos, at + n == len, out, out_step, &made, &finished, &err);
		FUZZ_CHECK(pos <= n && made <= out_step);
		if (ok)
			h = fnv_bytes(h, out, made);
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
	return !ok ? 1 : !finished ? 0 : h ^ total;
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
	uint64_t	whole;
	uint64_t	pieces;
	bool		a;
	bool		b;

	whole = decode(codec, in->p, in->n, in->n + 1, 100000, &a);
	pieces = decode(codec, in->p, in->n, in_step, out_step, &b);
	FUZZ_CHECK(whole == 0 || pieces == 0 || (whole == pieces && a == b));
}

/* does anything get there? */
static bool
is_state_of(const PdsScanDialect *d, int state)
{
	return (state != PDS_CSV_ESCAPE || (d->escape != 0 && d->escape != d->quote)) &&
		(state != PDS_CSV_COMMENT || d->comment != 0);
}

/* what a stretch does to each state is what its bytes do, one after the other, in whatever pieces */
void
fuzz_csv_states(FuzzInput *in)
{
	PdsDialect	d;
	PdsScanDialect scan;
	PdsCsvMap	whole;
	PdsCsvMap	pieces;
	PdsMapFeed	feed;
	PdsCsvMap	after_mark;
	size_t		mark = 0;
	size_t		cut;
	size_t		i;
	int			state;

	choose_dialect(in, &d);
	if (d.format == PDS_FORMAT_LAZYSIMPLE || d.format == PDS_FORMAT_OPENCSV || d.quote == 0)
		return;
	pds_dialect_scan(&d, &scan);
	cut = in->n > 0 ? fuzz_byte(in, 200) % (in->n + 1) : 0;
	whole = pds_map_bytes(&scan, pds_map_identity(), in->p, in->n);
	cut = cut > in->n ? in->n : cut;
	pieces = pds_map_then(pds_map_bytes(&scan, pds_map_identity(), in->p, cut),
						  pds_map_bytes(&scan, pds_map_identity(), in->p + cut, in->n - cut));
	pds_map_begin(&feed, 0);
	for (i = 0; i < in->n; i += 7)
		pds_map_feed(&feed, &scan, in->p + i, in->n - i < 7 ? in->n - i : 7);

	/*
	 * a byte order mark is no part of the first record; whether it is one is
	 * known behind it
	 */
	while (mark < in->n && mark < 3 && in->p[mark] == "\xEF\xBB\xBF"[mark])
		mark++;
	after_mark = mark < 3 && mark < in->n ? whole
		: pds_map_bytes(&scan, pds_map_identity(), in->p + mark, in->n - mark);
	for (state = 0; state < PDS_CSV_NSTATES; state++)
	{
		PdsCsvState s = (PdsCsvState) state;

		if (!is_state_of(&scan, state))
			continue;
		FUZZ_CHECK(PDS_MAP_AT(whole, state) == PDS_MAP_AT(pieces, state));
		FUZZ_CHECK(PDS_MAP_AT(after_mark, state) == PDS_MAP_AT(feed.map, state));
		for (i = 0; i < in->n; i++)
			s = pds_csv_step(&scan, s, in->p[i]);
		FUZZ_CHECK((int) PDS_MAP_AT(whole, state) == (int) s);
	}
}

#define FIELDS	3

/* one record of texts; true: what was written is read as the same */
static void
check_written(PdsCsvWriter *w, const PdsDialect *d, char *const *texts, const size_t *lens,
			  const bool *nulls)
{
	static const int wanted[FIELDS] = {0, 1, 2};
	PdsReadUnit unit = {.dialect = d, .partition = -1};
	PdsReaderOptions opt = {.ncolumns = FIELDS};
	PdsReader  *r;
	PdsBatch	b;
	PdsArena	arena;
	PdsError	err;
	PdsStr		out;
	PdsField	f[FIELDS];
	bool		ok = true;
	int			i;

	pds_str_init(&out);
	pds_csv_begin(w, &out);
	for (i = 0; i < FIELDS && ok; i++)
	{
		if (nulls[i])
			pds_csv_null(w);
		else
			ok = pds_csv_field(w, texts[i], lens[i], true, &err);
	}
	ok = ok && pds_csv_end(w, &err);
	if (!fuzz_check_call(ok, &err))
		FUZZ_CHECK(out.len == 0);
	else
	{
		pds_arena_init(&arena);
		r = pds_reader_from_memory(pds_str_text(&out), out.len, &unit, &opt, &err);
		FUZZ_CHECK(r && pds_reader_next(r, &b, &err));
		FUZZ_SAY(b.nrec - b.first_record == 1, pds_str_text(&out));
		FUZZ_CHECK(!pds_record_skipped(d, b.ix, b.buf, b.first_record, FIELDS));
		FUZZ_CHECK(pds_record_fields(d, b.ix, b.buf, b.first_record, wanted, FIELDS, f, &arena));
		for (i = 0; i < FIELDS; i++)
		{
			FUZZ_SAY((f[i].data == NULL) == nulls[i], pds_str_text(&out));
			if (nulls[i])
				continue;
			if (f[i].escaped)
				FUZZ_CHECK(pds_lazy_unescape(d, &f[i], &arena));
			FUZZ_SAY(f[i].len == lens[i] && memcmp(f[i].data, texts[i], lens[i]) == 0,
					 pds_str_text(&out));
		}
		FUZZ_CHECK(!pds_reader_next(r, &b, &err) && err.kind == PDS_ERR_NONE);
		pds_reader_free(r);
		pds_arena_free(&arena);
	}
	pds_str_free(&out);
}

/* dialect, which are NULL, then three texts with \x1e between them */
void
fuzz_csv_write(FuzzInput *in)
{
	PdsDialect	d;
	PdsCsvWriter w;
	PdsError	err;
	char	   *texts[FIELDS];
	size_t		lens[FIELDS];
	bool		nulls[FIELDS];
	unsigned int which;
	int			i;

	choose_dialect(in, &d);
	d.header_lines = d.footer_lines = 0;
	d.comment = 0;
	which = fuzz_byte(in, 8);
	for (i = 0; i < FIELDS; i++)
	{
		const char *end = in->n > 0 ? memchr(in->p, '\x1e', in->n) : NULL;
		size_t		n = end ? (size_t) (end - in->p) : in->n;
		FuzzInput	part = {in->p, n};

		texts[i] = fuzz_rest(&part, &lens[i]);
		nulls[i] = which >> i & 1;
		in->p += n + (end != NULL);
		in->n -= n + (end != NULL);
	}
	if (fuzz_check_call(pds_csv_writer_init(&w, &d, FIELDS, &err), &err))
		check_written(&w, &d, texts, lens, nulls);
	for (i = 0; i < FIELDS; i++)
		free(texts[i]);
}

/* codec and pieces, then bytes: what was compressed is the same again */
void
fuzz_compress(FuzzInput *in)
{
	PdsCodec	codec = fuzz_byte(in, 2) ? PDS_CODEC_GZIP : PDS_CODEC_ZSTD;
	size_t		step = 1 + fuzz_byte(in, 100);
	PdsError	err;
	PdsEncoder *e = pds_encoder_new(codec, 0, &err);
	PdsStr		out;
	bool		failed;
	uint64_t	h;
	size_t		i;

	pds_str_init(&out);
	FUZZ_CHECK(e != NULL);
	for (i = 0; i < in->n; i += step)
		FUZZ_CHECK(pds_encoder_run(e, in->p + i, in->n - i < step ? in->n - i : step, false, &out, &err));
	FUZZ_CHECK(pds_encoder_run(e, NULL, 0, true, &out, &err));
	h = fnv_bytes(FNV_BASIS, in->p, in->n);
	FUZZ_CHECK(decode(codec, pds_str_text(&out), out.len, step, 64, &failed) == (h ^ in->n));
	FUZZ_CHECK(!failed);
	pds_encoder_free(e);
	pds_str_free(&out);
}
