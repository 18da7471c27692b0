/*
 * infer_files.c
 *	  Samples of objects, and what core/infer makes of them.
 *
 * Of some objects, spread over all, the beginning is read; of large ones that are not
 * compressed a piece from the middle, too.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include <math.h>

#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "core/infer/names.h"
#include "fdw/base/error_map.h"
#include "core/codec/recode.h"
#include "fdw/base/no_memory.h"
#include "fdw/base/on_reset.h"
#include "fdw/base/types.h"
#include "fdw/import/infer_files.h"
#include "fdw/scan/scan_common.h"

/* decoded bytes of a sample, for each byte that was asked for */
#define MAX_INFLATION 8
/* of each object, to see whether they are of one kind */
#define ALONE_BYTES (64 * 1024)
/* an object is large when it is so many samples long */
#define LARGE 4

/* ---- bytes ---- */

/* A copy of bytes of the core, which are freed, that goes with the samples. */
static char *
keep_bytes(char *bytes, size_t n)
{
	char	   *copy = MemoryContextAllocExtended(CurrentMemoryContext, n + 1,
												  MCXT_ALLOC_HUGE | MCXT_ALLOC_NO_OOM);

	if (copy)
		memcpy(copy, bytes, n);
	free(bytes);
	if (copy == NULL)
		pds_raise_no_memory();
	return copy;
}

/* Decode what there is of a compressed object; *complete: to its end.  False: it is damaged. */
static bool
decode_sample(PdsCodec codec, const char **data, size_t *len, size_t limit, bool *complete,
			  PdsError *err)
{
	PdsStr		out;
	size_t		used;

	pds_error_clear(err);
	pds_str_init(&out);
	if (!pds_decode_beginning(codec, *data, *len, *complete, limit, &out, &used, complete, err))
	{
		pds_str_free(&out);
		return false;
	}
	*len = out.len;
	*data = keep_bytes(out.data, out.len);
	return true;
}

/* The sample's text as UTF-8. */
static void
recode_sample(const char *encoding, const char **data, size_t *len)
{
	char	   *utf8;
	size_t		n;
	PdsError	err;

	pds_error_clear(&err);
	if (!pds_recode_all(encoding, *data, *len, &utf8, &n, &err))
		pds_raise(&err);
	*data = keep_bytes(utf8, n);
	*len = n;
}

/* bytes that tell of UTF-16 */
#define UTF16_BYTES 2000

/*
 * UTF-16 is told by its byte order mark, else by ASCII, of which every second byte is zero; NULL:
 * it is not.
 */
static const char *
utf16_of_bytes(const char *data, size_t len)
{
	size_t		pairs = Min(len, UTF16_BYTES) / 2;
	size_t		zero[2] = {0, 0};
	size_t		i;

	if (len >= 2 && (memcmp(data, "\377\376", 2) == 0 || memcmp(data, "\376\377", 2) == 0))
		return len >= 4 && memcmp(data, "\377\376\0\0", 4) == 0 ? NULL : "UTF-16";
	for (i = 0; i < 2 * pairs; i++)
		zero[i % 2] += data[i] == '\0';
	if (pairs < 4 || Min(zero[0], zero[1]) > 0 || Max(zero[0], zero[1]) * 2 < pairs)
		return NULL;
	return zero[1] > 0 ? "UTF-16LE" : "UTF-16BE";
}

/* the codec that the first bytes tell of, when the name does not */
static PdsCodec
codec_of_bytes(const char *data, size_t len)
{
	if (len > 2 && memcmp(data, "\037\213", 2) == 0)
		return PDS_CODEC_GZIP;
	if (len > 4 && memcmp(data, "\050\265\057\375", 4) == 0)
		return PDS_CODEC_ZSTD;
	if (len > 4 && memcmp(data, "BZh", 3) == 0 && data[3] >= '1' && data[3] <= '9')
		return PDS_CODEC_BZIP2;
	return PDS_CODEC_NONE;
}

/* Does codec_of_bytes know the codec? */
static bool
has_magic(PdsCodec codec)
{
	return codec == PDS_CODEC_GZIP || codec == PDS_CODEC_ZSTD || codec == PDS_CODEC_BZIP2;
}

/* ---- samples ---- */

typedef struct Sampling
{
	PdsConnection *conn;
	const PdsFiles *f;
	const PdsTableOptions *dialect;
	const PdsImportOptions *o;
	PdsInferredTable *found;
	double		decoded;		/* bytes of the samples, decoded ... */
	double		stored;			/* ... and as stored */
	bool		cut;			/* some sample is not a whole object */
	const char **keys;			/* of the samples' objects */
	PdsSplit   *pieces;			/* to be read; user: the object */
	int			npieces;
	int			first_piece;	/* that is not read yet */
	int			next_piece;		/* that the fetch has not asked for */
	PdsFetch   *fetch;
	bool		plain;			/* the object at hand is text as it is */
} Sampling;

static void
add_sample(Sampling *s, const PdsObject *o, const char *data, size_t len, bool from_start,
		   bool complete)
{
	PdsSample  *sample = &s->found->samples[s->found->nsamples++];

	sample->data = data;
	sample->len = len;
	sample->from_start = from_start;
	sample->complete = complete;
	sample->object = s->found->nsampled;
	s->keys[s->found->nsamples - 1] = o->key;
	s->decoded += len;
	if (!complete || !from_start)
		s->cut = true;
}

/* the codec by option or name */
static PdsCodec
named_codec(const Sampling *s, const PdsObject *o)
{
	PdsCodec	codec;

	if (s->dialect->compression && pds_codec_of_name(s->dialect->compression, &codec))
		return codec;
	return pds_codec_of_key(o->key);
}

/* Not CSV: remember why.  The first object speaks for all when none is CSV. */
static void
no_csv(Sampling *s, const PdsObject *o, const char *reason, int sqlstate)
{
	if (s->found->reason == NULL)
	{
		s->found->reason = reason;
		s->found->reason_key = o->key;
		s->found->reason_code = sqlstate;
	}
	s->found->others = lappend(s->found->others,
							   psprintf("s3://%s/%s: %s", s->f->bucket, o->key, reason));
}

/* An error that is of this object alone: others may be as they should. */
static bool
is_of_object(const PdsError *err)
{
	return err->kind == PDS_ERR_DATA || err->kind == PDS_ERR_UNSUPPORTED ||
		err->kind == PDS_ERR_OBJECT_CHANGED || err->kind == PDS_ERR_OBJECT_ARCHIVED ||
		(err->kind == PDS_ERR_NOT_FOUND && strcmp(err->aws_code, "NoSuchKey") == 0);
}

static void
not_readable(Sampling *s, const PdsObject *o, PdsError *err)
{
	if (!is_of_object(err))
	{
		if (err->resource[0] == '\0')
			pds_error_context(err, "s3", "GetObject",
							  psprintf("s3://%s/%s", s->f->bucket, o->key));
		pds_raise(err);
	}
	no_csv(s, o, pstrdup(err->message), pds_sqlstate(err));
}

/* The n bytes, which the codec of the name cannot decode, do not even begin as it does. */
static bool
is_misnamed(const Sampling *s, PdsCodec codec, const char *bytes, size_t n)
{
	return s->dialect->compression == NULL && has_magic(codec) && codec_of_bytes(bytes, n) != codec;
}

static int
char_option(const char *text)
{
	char		c;

	if (text == NULL || !pds_parse_char(text, &c))
		return -1;
	return (unsigned char) c;
}

/* Without the lines that the options skip and comment take for none. */
static size_t
strip_sample(const Sampling *s, const char *data, size_t len, bool from_start)
{
	int			comment = char_option(s->dialect->comment);
	int			quote = char_option(s->dialect->quote);

	if (comment <= 0 && (s->dialect->skip <= 0 || !from_start))
		return len;
	return pds_infer_strip((char *) data, len, from_start ? s->dialect->skip : 0,
						   comment > 0 ? (char) comment : 0,
						   !from_start ? 0 : quote >= 0 ? (char) quote : '"');
}

/* the beginning of an object */
static void
take_beginning(Sampling *s, const PdsObject *o, const char *data, size_t len)
{
	bool		complete = (int64) len == o->size;
	PdsCodec	codec = named_codec(s, o);
	const char *stored = data;
	size_t		nstored = len;
	const char *reason;
	const char *recode;
	PdsError	err;

	s->plain = false;
	s->found->nsampled++;
	if (codec == PDS_CODEC_UNSUPPORTED)
	{
		no_csv(s, o, "it is compressed in a way that is not read here",
			   ERRCODE_FEATURE_NOT_SUPPORTED);
		return;
	}
	if (codec == PDS_CODEC_NONE && s->dialect->compression == NULL)
	{
		codec = codec_of_bytes(data, len);
		if (codec != PDS_CODEC_NONE)
			s->found->codec = codec;
	}
	s->stored += len;
	if (codec != PDS_CODEC_NONE &&
		!decode_sample(codec, &data, &len, (size_t) s->o->sample_bytes * MAX_INFLATION, &complete,
					   &err))
	{
		if (err.kind == PDS_ERR_DATA && is_misnamed(s, codec, stored, nstored))
			no_csv(s, o, psprintf("its name says %s, and it is not compressed so; the option compression 'none' reads it as it is",
								  pds_codec_name(codec)), pds_sqlstate(&err));
		else
			not_readable(s, o, &err);
		return;
	}
	recode = s->dialect->recode;
	if (recode == NULL && s->dialect->encoding == NULL)
		recode = utf16_of_bytes(data, len);
	if (recode)
	{
		recode_sample(recode, &data, &len);
		s->found->recode = recode;
	}
	len = strip_sample(s, data, len, true);
	reason = pds_not_delimited(data, len);
	if (reason)
	{
		no_csv(s, o, reason, ERRCODE_FEATURE_NOT_SUPPORTED);
		return;
	}
	s->plain = codec == PDS_CODEC_NONE && recode == NULL;
	add_sample(s, o, data, len, true, complete);
}

static void
take_middle(Sampling *s, const PdsObject *o, const char *data, size_t len)
{
	if (!s->plain)
		return;
	s->stored += len;
	add_sample(s, o, data, strip_sample(s, data, len, false), false, false);
}

/* ---- reading ---- */

static void
free_fetch(void *arg)
{
	Sampling   *s = arg;

	pds_fetch_free(s->fetch);
	s->fetch = NULL;
}

/* called from the core */
static bool
next_piece(void *arg, PdsSplit *split)
{
	Sampling   *s = arg;

	if (s->next_piece >= s->npieces)
		return false;
	*split = s->pieces[s->next_piece++];
	return true;
}

static void
add_inference_piece(Sampling *s, PdsObject *o, int64 first, int64 len)
{
	PdsSplit   *p = &s->pieces[s->npieces++];

	p->bucket = s->f->bucket;
	p->key = o->key;
	p->etag = o->etag[0] ? o->etag : NULL;
	p->first = first;
	p->end = first + len;
	p->object_size = o->size;
	p->user = o;
}

/* All bytes of a piece; they live in the current memory context.  NULL: an error. */
static char *
read_piece(Sampling *s, const PdsSplit *piece, size_t *len, PdsError *err)
{
	char	   *data = MemoryContextAllocHuge(CurrentMemoryContext,
											  piece->end - piece->first + 1);
	char	   *slice;
	size_t		n;

	*len = 0;
	do
	{
		if (!pds_fetch_slice(s->fetch, &slice, &n, err))
			return NULL;
		memcpy(data + *len, slice, n);
		*len += n;
	} while (n > 0);
	return data;
}

/*
 * Read pieces until one fails, several at a time.  True: all are read.  False: that one is told
 * of, and what comes behind its object is to be read.
 */
static bool
read_pieces(Sampling *s)
{
	PdsSplit	piece;
	PdsError	err;
	int			at = s->first_piece;

	s->next_piece = s->first_piece;
	pds_error_clear(&err);
	s->fetch = pds_scan_fetch(s->conn, s->dialect, 1, next_piece, s, &err);
	if (s->fetch == NULL)
		pds_raise(&err);
	while (pds_fetch_next_split(s->fetch, &piece, &err))
	{
		size_t		len;
		char	   *data = read_piece(s, &piece, &len, &err);

		CHECK_FOR_INTERRUPTS();
		if (data == NULL)
			break;
		at++;
		if (len == 0)
			continue;			/* archived */
		s->found->sampled_bytes += len;
		if (piece.first == 0)
			take_beginning(s, piece.user, data, len);
		else
			take_middle(s, piece.user, data, len);
	}
	free_fetch(s);
	if (err.kind == PDS_ERR_NONE)
		return true;
	if (at >= s->npieces)
		pds_raise(&err);
	not_readable(s, s->pieces[at].user, &err);
	s->first_piece = at + 1;
	while (s->first_piece < s->npieces && s->pieces[s->first_piece].user == s->pieces[at].user)
		s->first_piece++;
	return false;
}

/* Read the samples of `want` objects. */
static void
read_samples(Sampling *s, int want)
{
	int64		bytes = s->o->sample_bytes;
	int			i;

	s->pieces = palloc0(Max(2 * want, 1) * sizeof(PdsSplit));
	for (i = 0; i < want; i++)
	{
		PdsObject  *o = s->f->objects[(int64) i * s->f->n / want];

		add_inference_piece(s, o, 0, Min(o->size, bytes));
		if (named_codec(s, o) == PDS_CODEC_NONE && o->size > bytes * LARGE)
			add_inference_piece(s, o, o->size / 2, bytes / 2);
	}
	pds_on_reset(CurrentMemoryContext, free_fetch, s);
	while (!read_pieces(s))
		;
}

/* ---- inference ---- */

static void
free_inference(void *arg)
{
	pds_inference_free(arg);
}

/* Look for an object of another kind: by the beginning of each, inferred alone. */
static void
find_unlike(Sampling *s, const PdsInferOptions *opt)
{
	PdsInference first;
	PdsInference other;
	PdsError	err;
	bool		have = false;
	int			i;

	pds_error_clear(&err);
	for (i = 0; i < s->found->nsamples && s->found->unlike == NULL; i++)
	{
		PdsSample	sample = s->found->samples[i];

		if (!sample.from_start)
			continue;
		if (sample.len > ALONE_BYTES)
		{
			sample.len = ALONE_BYTES;
			sample.complete = false;
		}
		if (!pds_infer(&sample, 1, opt, have ? &other : &first, &err))
			break;
		if (have && !pds_inference_same(&first, &other))
			s->found->unlike = s->keys[i];
		if (have)
			pds_inference_free(&other);
		have = true;
	}
	if (have)
		pds_inference_free(&first);
	if (err.kind != PDS_ERR_NONE)
		pds_raise(&err);
}

static void
infer_samples(Sampling *s)
{
	PdsInferOptions opt;
	PdsInferredTable *found = s->found;
	double		ratio = s->stored > 0 ? s->decoded / s->stored : 1;
	PdsError	err;

	pds_infer_options_init(&opt);
	opt.delimiter = char_option(s->dialect->delimiter);
	opt.quote = char_option(s->dialect->quote);
	opt.escape = char_option(s->dialect->escape);
	opt.header = s->dialect->header;
	opt.null_text = s->dialect->null;
	if (s->dialect->nulls)
	{
		opt.nulls = (const char *const *) s->dialect->nulls->words;
		opt.nnulls = s->dialect->nulls->n;
	}
	opt.all_text = s->o->all_text;
	opt.everything = found->everything = !s->cut && found->nsampled == s->f->n;
	opt.share = s->f->bytes > 0 ? (double) found->sampled_bytes / s->f->bytes : 1;
	pds_error_clear(&err);
	if (!pds_infer(found->samples, found->nsamples, &opt, &found->inf, &err))
		pds_raise(&err);
	pds_on_reset(CurrentMemoryContext, free_inference, &found->inf);
	if (found->recode)
		snprintf(found->inf.dialect.recode, sizeof(found->inf.dialect.recode), "%s", found->recode);
	find_unlike(s, &opt);
	if (found->everything)
		found->rows = (double) found->inf.records;
	else if (found->inf.record_bytes > 0)
		found->rows = rint(s->f->bytes * ratio / found->inf.record_bytes);
}

/* Headers in UTF-8, by PostgreSQL's conversions, so that names are made of letters. */
static void
convert_headers(Sampling *s)
{
	PdsInference *inf = &s->found->inf;
	const char *encoding = pds_inferred_encoding(s->found, s->dialect);
	int			from = encoding && !s->found->recode ? pg_char_to_encoding(encoding) : PG_UTF8;
	const char **headers = palloc0((inf->ncolumns + 1) * sizeof(char *));
	PdsError	err;
	int			i;

	if (from == PG_UTF8 || !inf->named)
		return;
	for (i = 0; i < inf->ncolumns; i++)
	{
		const char *h = inf->columns[i].header;

		if (h)
			headers[i] = pds_encoding_valid(from, h, strlen(h))
				? (char *) pg_do_encoding_conversion((unsigned char *) h, strlen(h), from, PG_UTF8)
				: h;
	}
	pds_error_clear(&err);
	if (!pds_inference_set_headers(inf, headers, &err))
		pds_raise(&err);
}

/* The names by which columns are bound; the last columns may have none. */
static void
find_binding(Sampling *s)
{
	PdsInference *inf = &s->found->inf;
	char	  **names;
	PdsError	err;
	bool		ok;
	int			i;

	if (!inf->named)
		return;
	names = palloc0((inf->ncolumns + 1) * sizeof(char *));
	s->found->binding = palloc((inf->ncolumns + 1) * sizeof(char *));
	pds_error_clear(&err);
	ok = pds_inference_binding(inf, names, &err);
	for (i = 0; i < inf->ncolumns; i++)
	{
		s->found->binding[i] = names[i] ? pstrdup(names[i]) : "";
		free(names[i]);
	}
	if (!ok)
		pds_raise(&err);
}

static void
infer_keys(Sampling *s)
{
	const PdsFiles *f = s->f;
	PdsInferredTable *found = s->found;
	const char **values = MemoryContextAllocHuge(CurrentMemoryContext,
												 Max(f->n, 1) * sizeof(char *));
	int			i;
	int			k;

	found->key_names = palloc0(Max(f->nkeys, 1) * sizeof(char *));
	found->key_types = palloc0(Max(f->nkeys, 1) * sizeof(PdsHiveType));
	for (k = 0; k < f->nkeys; k++)
	{
		char	   *name = pds_sanitize_name(f->keys[k], strlen(f->keys[k]));

		for (i = 0; i < f->n; i++)
			values[i] = pds_file_key_value(f, i, k);
		pds_infer_key_type(values, f->n, &found->key_types[k]);
		if (name == NULL)
			pds_raise_no_memory();
		found->key_names[k] = pstrdup(name);
		free(name);
	}
}

/* A column must not have the name of a key: Athena refuses such a table. */
static void
rename_columns(PdsInferredTable *found, int nkeys)
{
	PdsInference *inf = &found->inf;
	char	  **names = palloc((inf->ncolumns + nkeys) * sizeof(char *));
	int			i;
	int			k;

	for (i = 0; i < inf->ncolumns; i++)
		for (k = 0; k < nkeys; k++)
			if (strcmp(inf->columns[i].name, found->key_names[k]) == 0)
			{
				int			n = 0;
				int			j;
				char	   *name;

				for (j = 0; j < inf->ncolumns; j++)
					names[n++] = inf->columns[j].name;
				for (j = 0; j < nkeys; j++)
					names[n++] = found->key_names[j];
				name = pds_unique_name(inf->columns[i].name, names, n, 255);
				if (name == NULL)
					pds_raise_no_memory();
				free(inf->columns[i].name);
				inf->columns[i].name = name;
			}
}

PdsInferredTable *
pds_infer_files(PdsConnection *conn, const PdsFiles *f, const PdsTableOptions *dialect,
				const PdsImportOptions *o, MemoryContext cxt)
{
	MemoryContext old = MemoryContextSwitchTo(cxt);
	int			want = Min(f->n, o->sample_objects);
	Sampling   *s = palloc0(sizeof(Sampling));

	s->conn = conn;
	s->f = f;
	s->dialect = dialect;
	s->o = o;
	s->keys = palloc0(Max(2 * want, 1) * sizeof(char *));
	s->found = palloc0(sizeof(PdsInferredTable));
	s->found->samples = palloc0(Max(2 * want, 1) * sizeof(PdsSample));
	s->found->inf.line_end = "";
	read_samples(s, want);
	if (s->found->nsamples > 0)
	{
		s->found->reason = s->found->reason_key = NULL;
		infer_samples(s);
		convert_headers(s);
		find_binding(s);
		infer_keys(s);
		rename_columns(s->found, f->nkeys);
	}
	MemoryContextSwitchTo(old);
	return s->found;
}

/* ---- what is said of it ---- */

void
pds_inferred_check(const PdsFiles *f, const PdsInferredTable *found)
{
	if (found->reason)
		ereport(ERROR,
				(errcode(found->reason_code),
				 errmsg(found->reason_code == ERRCODE_FEATURE_NOT_SUPPORTED
						? "s3://%s/%s is not CSV: %s" : "s3://%s/%s cannot be read: %s",
						f->bucket, found->reason_key, found->reason)));
	if (found->inf.ncolumns == 0)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_ERROR),
				 errmsg(found->everything ? "s3://%s/%s has no records"
						: "the first record of s3://%s/%s is longer than the sample", f->bucket,
						f->objects[0]->key),
				 found->everything ? 0 : errhint("The argument sample_bytes asks for more.")));
}

void
pds_inferred_report(int elevel, const PdsFiles *f, const PdsInferredTable *found, const char *what,
					bool foreign)
{
	const PdsInference *inf = &found->inf;
	char	   *options;
	ListCell   *lc;

	foreach(lc, found->others)
		ereport(elevel, (errmsg("table \"%s\" will not be readable as it is: %s", what,
								(char *) lfirst(lc))));
	if (found->unlike)
		ereport(elevel,
				(errmsg("the objects of table \"%s\" are not of one kind: s3://%s/%s has other columns than s3://%s/%s",
						what, f->bucket, found->unlike, f->bucket, f->objects[0]->key)));
	else if (inf->headers_differ)
		ereport(elevel,
				(errmsg(inf->named
						? "some objects of table \"%s\" do not begin with the header: their first record will be left out"
						: "some objects of table \"%s\" begin with a header: it will be read as a record",
						what)));
	if (inf->names_differ && !foreign)
		ereport(elevel,
				(errmsg("the headers of table \"%s\" have other names, or another order: by place, values get under wrong names", what)));
	else if (inf->names_differ)
		ereport(elevel,
				(errmsg("the headers of table \"%s\" have other names, or another order: its columns are bound by name (header 'names')", what)));
	if (inf->header_doubtful)
		ereport(elevel,
				(errmsg(inf->named
						? "table \"%s\" has nothing but text: its first line was taken for a header"
						: "table \"%s\" has nothing but text: its first line was taken for data",
						what),
				 errhint("That is a guess: the option header 'true' or 'false' says it.")));
	if (inf->preamble > 0)
		ereport(elevel,
				(errmsg_plural("%d line in front of table \"%s\" is left out",
							   "%d lines in front of table \"%s\" are left out",
							   inf->preamble, inf->preamble, what)));
	options = foreign ? pds_inferred_options_of_text(found) : NULL;
	if (options)
		ereport(elevel,
				(errmsg("some columns of table \"%s\" are text that options read as numbers or dates", what),
				 errdetail("%s", options),
				 errhint("ALTER FOREIGN TABLE ... ALTER column TYPE ..., ALTER column OPTIONS (ADD ...) makes them such.")));
	if (pds_inferred_one_text(found))
		ereport(elevel,
				(errmsg("table \"%s\" has one column of text: no delimiter was found", what),
				 errhint("The option delimiter names one.")));
	if (inf->comments > 0)
		ereport(elevel,
				(errmsg_plural(INT64_FORMAT " line of table \"%s\" that was looked at begins with \"%c\" and is no record",
							   INT64_FORMAT " lines of table \"%s\" that were looked at begin with \"%c\" and are no records",
							   inf->comments, (int64) inf->comments, what, inf->dialect.comment),
				 foreign ? errhint("Such lines are left out: the table has the option comment '%c'.", inf->dialect.comment)
				 : errhint("Athena reads them as rows. IMPORT FOREIGN SCHEMA from the location makes a table that leaves them out.")));
	if (inf->ragged > 0)
		ereport(elevel,
				(errmsg(INT64_FORMAT " of " INT64_FORMAT " records of table \"%s\" that were looked at have another number of fields",
						(int64) inf->ragged, (int64) inf->records, what),
				 foreign && pds_inferred_padding(found)
				 ? errhint("Missing fields are NULL and those too many are left out: the table has the option null_padding 'true'. Without it such records obey on_error.")
				 : errhint("The option null_padding 'true' makes missing fields NULL and leaves out those too many; on_error says what else to do with such records.")));
}

bool
pds_inferred_padding(const PdsInferredTable *found)
{
	return found->inf.ragged > 0 && found->inf.dialect.format == PDS_FORMAT_CSV;
}

char *
pds_inferred_options_of_text(const PdsInferredTable *found)
{
	StringInfoData buf;
	int			i;

	initStringInfo(&buf);
	for (i = 0; i < found->inf.ncolumns; i++)
		if (found->inf.columns[i].option[0])
			appendStringInfo(&buf, "%s%s: %s", buf.len > 0 ? "; " : "", found->inf.columns[i].name,
							 found->inf.columns[i].option);
	return buf.len > 0 ? buf.data : NULL;
}

bool
pds_inferred_one_text(const PdsInferredTable *found)
{
	return found->inf.ncolumns == 1 && found->inf.columns[0].type.kind == PDS_HIVE_STRING &&
		found->inf.records > 0;
}

void
pds_inferred_warn_of_text(const PdsFiles *f, const PdsInferredTable *found)
{
	if (pds_inferred_one_text(found))
		ereport(NOTICE,
				(errmsg("s3://%s/%s was taken for one column of text: no delimiter was found",
						f->bucket, f->objects[0]->key),
				 errhint("The argument delimiter names one.")));
}

void
pds_glue_type_of(const PdsHiveType *t, PdsHiveType *out)
{
	*out = *t;
	if (t->kind == PDS_HIVE_TIMESTAMPTZ)
	{
		memset(out, 0, sizeof(*out));
		out->kind = PDS_HIVE_STRING;
	}
}

const char *
pds_inferred_encoding(const PdsInferredTable *found, const PdsTableOptions *dialect)
{
	if (found->recode)
		return found->recode;
	if (dialect->encoding)
		return pg_char_to_encoding(dialect->encoding) == PG_UTF8 ? NULL : dialect->encoding;
	return found->inf.encoding;
}

char *
pds_inferred_sql_type(const PdsInferredColumn *c)
{
	StringInfoData buf;

	/* more digits than Athena's timestamp has are kept */
	if (c->type.kind == PDS_HIVE_TIMESTAMP && c->fraction > 3)
		return pstrdup("timestamp without time zone");
	if (c->type.kind == PDS_HIVE_TIMESTAMPTZ && c->fraction > 3)
		return pstrdup("timestamp with time zone");
	initStringInfo(&buf);
	pds_sql_type_of_hive(&c->type, &buf);
	return buf.data;
}

char *
pds_inferred_sampled(const PdsFiles *f, const PdsInferredTable *found)
{
	double		kb = found->sampled_bytes / 1024.0;

	if (found->everything)
		return psprintf("%d %s, all of %s", f->n, f->n == 1 ? "object" : "objects",
						f->n == 1 ? "it" : "them");
	return psprintf("%d of %d %s, %.0f kB", found->nsampled, f->n,
					f->n == 1 ? "object" : "objects", kb);
}
