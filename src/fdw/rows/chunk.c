/*
 * chunk.c
 *	  Plain values of a chunk's records to Datums, a column at a time.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "catalog/pg_type.h"
#include "utils/date.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "core/serde/field_cut.h"
#include "core/serde/text_format.h"
#include "fdw/base/epoch.h"
#include "fdw/base/int_datum.h"
#include "fdw/base/numeric_image.h"
#include "fdw/rows/convert_internal.h"
#include "fdw/rows/field_rules.h"
#include "fdw/rows/row_source.h"

/* bytes of a text with a header of one byte, without it */
#define SHORT_TEXT (VARATT_SHORT_MAX - VARHDRSZ_SHORT)

/* what pds_plain_units counts, as PostgreSQL has it */
static inline __attribute__((always_inline))
bool
units_datum(const PdsConverter *c, const PdsPlainKind kind, int64 v, Datum *value)
{
	switch (kind)
	{
		case PDS_PLAIN_INT:
			*value = pds_datum_of_int(c->typid, v);
			return true;
		case PDS_PLAIN_BOOL:
			*value = BoolGetDatum(v != 0);
			return true;
		case PDS_PLAIN_DATE:
			*value = DateADTGetDatum(v - PDS_EPOCH_DAYS);
			return true;
		case PDS_PLAIN_TIMESTAMP:
			*value = TimestampGetDatum(v - PDS_EPOCH_US);
			return true;
		default:
			return false;
	}
}

static inline bool
plain_scaled(const PdsPlainDecimal *d, Datum *value)
{
	/* the column's scale may have made it longer than what was read */
	if (d->whole >= PDS_SCALED_LIMIT / pds_powers_of_ten[d->scale])
		return false;
	*value = pds_scaled_datum(pds_plain_scaled(d), d->scale);
	return true;
}

static inline bool
chunk_numeric(const PdsConverter *c, const char *p, uint32 n, Datum *value)
{
	PdsPlainDecimal d;

	if (!pds_plain_decimal(p, n, &d) || !pds_plain_fits(c, &d))
		return false;
	if (c->use == PDS_USE_SCALED)
		return plain_scaled(&d, value);
	if (c->use == PDS_USE_PRESENCE)
		return true;
	*value = pds_numeric_image_plain(pds_convert_arena(c, PDS_PLAIN_IMAGE_SIZE), &d);
	return true;
}

static inline __attribute__((always_inline))
bool
plain_value(const PdsConverter *c, const PdsPlainKind kind, const char *p, uint32 n, Datum *value)
{
	int64		v;
	double		d;
	float		f;

	switch (kind)
	{
		case PDS_PLAIN_NUMERIC:
			return chunk_numeric(c, p, n, value);
		case PDS_PLAIN_FLOAT8:
			if (!pds_plain_double(p, n, &d))
				return false;
			*value = Float8GetDatum(d);
			return true;
		case PDS_PLAIN_FLOAT4:
			if (!pds_plain_float(p, n, &f))
				return false;
			*value = Float4GetDatum(f);
			return true;
		default:
			return pds_plain_units(c, kind, p, n, &v) && units_datum(c, kind, v, value);
	}
}

/* what is not text */
static inline __attribute__((always_inline))
void
scalar_column(PdsRowSource *src, int i, const PdsPlainKind kind, const bool quotes)
{
	PdsRowChunk *chunk = &src->chunk;
	const PdsConverter *c = &src->columns[i].conv;
	const PdsCutter cutter = pds_cutter(src->batch.unit->dialect, src->batch.ix, src->batch.buf,
										(uint32) src->wanted[i], quotes);
	Datum	   *values = chunk->values + i;
	uint8	   *states = chunk->states + i;
	const size_t ncolumns = src->ncolumns;
	const size_t first = chunk->first;
	const int	n_selected = chunk->nselected;
	int			k;

	for (k = 0; k < n_selected; k++)
	{
		size_t		r = chunk->selected[k];
		char	   *p;
		uint32_t	n;
		PdsCut		cut;

		if (chunk->slow[r])
			continue;
		cut = pds_cut_record(&cutter, first + r, &p, &n);
		states[r * ncolumns] = cut == PDS_CUT_NULL ? PDS_STATE_NULL : PDS_STATE_VALUE;
		/* quotes that were not removed are no part of a plain value */
		if (cut != PDS_CUT_NULL &&
			(cut == PDS_CUT_MESSY || !plain_value(c, kind, p, n, &values[r * ncolumns])))
			chunk->slow[r] = true;
	}
}

/* bytes with room for a long header before them to a varlena */
static inline Datum
varlena_before(char *data, uint32 n)
{
	if (n <= SHORT_TEXT)
	{
		SET_VARSIZE_SHORT(data - VARHDRSZ_SHORT, n + VARHDRSZ_SHORT);
		return PointerGetDatum(data - VARHDRSZ_SHORT);
	}
	SET_VARSIZE(data - VARHDRSZ, n + VARHDRSZ);
	return PointerGetDatum(data - VARHDRSZ);
}

static Datum
copied_text(PdsConverter *c, const char *p, uint32 n)
{
	char	   *out = pds_convert_arena(c, n + VARHDRSZ) + VARHDRSZ;

	pds_convert_copy(out, p, n);
	return varlena_before(out, n);
}

static Datum
unquoted_text(PdsConverter *c, const char *p, uint32 n)
{
	PdsField	f;

	if (!pds_csv_unquote(c->dialect, p, n, &f, c->arena))
		pds_convert_no_memory();
	return varlena_before(f.data, f.len);
}

/*
 * A text of the chunk to its place `at`.  False: its record needs a closer look.  quotes, escapes:
 * there are some in the format.
 */
static inline __attribute__((always_inline))
bool
text_value(PdsRowSource *src, PdsConverter *c, PdsCut cut, char *p, uint32 n, size_t at,
		   const bool quotes, const bool escapes)
{
	PdsRowChunk *chunk = &src->chunk;
	const PdsDialect *d = src->batch.unit->dialect;

	/* what may be too long for its type is a value only if it is not */
	if (c->use == PDS_USE_PRESENCE && n <= c->text_limit)
	{
		chunk->states[at] = PDS_STATE_VALUE;
		chunk->values[at] = (Datum) 0;
		return true;
	}
	if (n > c->text_limit || (!quotes && escapes && memchr(p, d->escape, n) != NULL))
		return false;
	chunk->states[at] = PDS_STATE_VALUE;
	if (cut == PDS_CUT_MESSY)
		chunk->values[at] = unquoted_text(c, p, n);
	else if (cut == PDS_CUT_QUOTED &&
			 (n > SHORT_TEXT || pds_has_byte(p, n, d->quote) ||
			  (escapes && pds_has_byte(p, n, d->escape))))
		chunk->values[at] = unquoted_text(c, p - 1, n + 2);
	else if (n > SHORT_TEXT || p == src->batch.buf)
		chunk->values[at] = copied_text(c, p, n);
	else
	{
		chunk->values[at] = PointerGetDatum(p - VARHDRSZ_SHORT);
		chunk->states[at] = PDS_STATE_SHORT + VARHDRSZ_SHORT + n;
	}
	return true;
}

static inline bool
has_escapes(const PdsRowSource *src, const bool quotes)
{
	const PdsDialect *d = src->batch.unit->dialect;

	return quotes ? d->escape != 0 && d->escape != d->quote
		: d->escape != 0 && src->batch.ix->any_escape;
}

static inline __attribute__((always_inline))
void
text_column(PdsRowSource *src, int i, const bool quotes)
{
	PdsRowChunk *chunk = &src->chunk;
	PdsConverter *c = &src->columns[i].conv;
	const PdsCutter cutter = pds_cutter(src->batch.unit->dialect, src->batch.ix, src->batch.buf,
										(uint32) src->wanted[i], quotes);
	const size_t ncolumns = src->ncolumns;
	const size_t first = chunk->first;
	const int	n_selected = chunk->nselected;
	const bool	escapes = has_escapes(src, quotes);
	int			k;

	for (k = 0; k < n_selected; k++)
	{
		size_t		r = chunk->selected[k];
		size_t		at = r * ncolumns + i;
		char	   *p;
		uint32_t	n;
		PdsCut		cut;

		if (chunk->slow[r])
			continue;
		cut = pds_cut_record(&cutter, first + r, &p, &n);
		if (cut == PDS_CUT_NULL)
			chunk->states[at] = PDS_STATE_NULL;
		else if (!text_value(src, c, cut, p, n, at, quotes, escapes))
			chunk->slow[r] = true;
	}
}

/* ---- columns that options say more of ---- */

/* A date or timestamp by its format, where it is a plain one. */
static bool
formatted_time(const PdsConverter *c, PdsPlainKind kind, const char *p, uint32 n, Datum *value)
{
	/* years 1 to 9999 */
	const int64 least = INT64CONST(-62135596800) * USECS_PER_SEC;
	const int64 most = INT64CONST(253402300800) * USECS_PER_SEC;
	int64_t		us;

	if (!pds_time_by_format(c->rules->time_format, p, n, &us) || us < least || us >= most)
		return false;
	if (kind == PDS_PLAIN_DATE)
		return us % USECS_PER_DAY == 0 && units_datum(c, kind, us / USECS_PER_DAY, value);
	return us % (int64) pds_powers_of_ten[6 - Min(c->digits, 6)] == 0 &&
		units_datum(c, kind, us, value);
}

static void
ruled_column(PdsRowSource *src, int i, PdsPlainKind kind, bool quotes)
{
	PdsRowChunk *chunk = &src->chunk;
	PdsConverter *c = &src->columns[i].conv;
	const PdsDialect *d = src->batch.unit->dialect;
	PdsCutter	cutter = pds_cutter(d, src->batch.ix, src->batch.buf, (uint32) src->wanted[i],
									quotes);
	bool		escapes = has_escapes(src, quotes);
	char		number[PDS_RULED_NUMBER + PDS_PLAIN_SLACK] = {0};
	int			k;

	/* what is NULL the rules say */
	cutter.null_len = SIZE_MAX;
	for (k = 0; k < chunk->nselected; k++)
	{
		size_t		r = chunk->selected[k];
		size_t		at = r * src->ncolumns + i;
		PdsRuled	ruled = PDS_RULED_NULL;
		char	   *p;
		uint32_t	n;
		PdsCut		cut;

		if (chunk->slow[r])
			continue;
		cut = pds_cut_record(&cutter, chunk->first + r, &p, &n);
		if (cut == PDS_CUT_MESSY)
			ruled = PDS_RULED_SLOW;
		else if (cut != PDS_CUT_NULL)
			ruled = pds_rules_simple(c->rules, d, cut == PDS_CUT_QUOTED, &p, &n, number);
		if (ruled == PDS_RULED_NULL)
			chunk->states[at] = PDS_STATE_NULL;
		else if (ruled == PDS_RULED_SLOW)
			chunk->slow[r] = true;
		else if (kind == PDS_PLAIN_TEXT)
			chunk->slow[r] = !text_value(src, c, cut, p, n, at, quotes, escapes);
		else
		{
			chunk->states[at] = PDS_STATE_VALUE;
			chunk->slow[r] = !(c->rules->time_format
							   ? formatted_time(c, kind, p, n, &chunk->values[at])
							   : plain_value(c, kind, p, n, &chunk->values[at]));
		}
	}
}

static void
convert_column(PdsRowSource *src, int i, PdsPlainKind kind, bool quotes)
{
	/* constants make the compiler write a loop for each case */
#define CASE(k) \
	case k: \
		if (quotes) \
			scalar_column(src, i, k, true); \
		else \
			scalar_column(src, i, k, false); \
		break

	switch (kind)
	{
			CASE(PDS_PLAIN_INT);
			CASE(PDS_PLAIN_NUMERIC);
			CASE(PDS_PLAIN_FLOAT8);
			CASE(PDS_PLAIN_FLOAT4);
			CASE(PDS_PLAIN_BOOL);
			CASE(PDS_PLAIN_DATE);
			CASE(PDS_PLAIN_TIMESTAMP);
		case PDS_PLAIN_TEXT:
			if (quotes)
				text_column(src, i, true);
			else
				text_column(src, i, false);
			break;
		case PDS_PLAIN_NONE:
			break;
	}
#undef CASE
}

/* Values that are not plain in this batch: with NULL alone there is nothing to convert. */
static void
unplain_column(PdsRowSource *src, int i, bool quotes)
{
	PdsRowChunk *chunk = &src->chunk;
	int			k;

	for (k = 0; k < chunk->nselected; k++)
	{
		int			r = chunk->selected[k];
		char	   *p;
		uint32_t	n;

		if (src->columns[i].conv.rules != NULL ||
			pds_cut(src->batch.unit->dialect, src->batch.ix, src->batch.buf, chunk->first + r,
					(uint32) src->wanted[i], quotes, &p, &n) != PDS_CUT_NULL)
			chunk->slow[r] = true;
		chunk->states[(size_t) r * src->ncolumns + i] = PDS_STATE_NULL;
	}
}

/* column i of the selected records */
static void
chunk_column(PdsRowSource *src, int i)
{
	const PdsDialect *d = src->batch.unit->dialect;
	PdsPlainKind kind = pds_converter_ruled(&src->columns[i].conv);
	bool		quotes = d->format != PDS_FORMAT_LAZYSIMPLE;

	if (kind == PDS_PLAIN_NONE || (kind != PDS_PLAIN_TEXT && pds_quotes_in_values(d)))
		unplain_column(src, i, quotes);
	else if (src->columns[i].conv.rules != NULL)
		ruled_column(src, i, kind, quotes);
	else
		convert_column(src, i, kind, quotes);
}

void
pds_chunk_convert(PdsRowSource *src)
{
	int			i;

	for (i = 0; i < src->ncolumns; i++)
		if (!src->columns[i].not_returned)
			chunk_column(src, i);
}

void
pds_chunk_check(PdsRowSource *src, int except)
{
	int			i;

	StaticAssertDecl(PDS_CHUNK_RECORDS <= PG_UINT8_MAX + 1, "selected[] holds numbers of records");
	StaticAssertDecl(PDS_STATE_SHORT + VARATT_SHORT_MAX <= PG_UINT8_MAX,
					 "states hold lengths of short texts");
	Assert(src->batch.indexed && src->chunk.nselected <= PDS_CHUNK_RECORDS);
	for (i = 0; i < src->ncolumns; i++)
	{
		PdsConverter *c = &src->columns[i].conv;
		PdsColumnUse use = c->use;

		if (src->columns[i].not_returned || i == except)
			continue;
		c->use = PDS_USE_PRESENCE;
		chunk_column(src, i);
		c->use = use;
	}
}
