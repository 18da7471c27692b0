/*
 * convert.c
 *	  Text of a field to Datum: who converts what.
 *
 * Three families.  lazy_*: the rules of LazySimpleSerDe, a bad value is NULL.
 * hard_*: the same parsers for OpenCSV's typed columns, a bad value is an
 * error.  pg_*: format csv and Athena's results; what the fast path does not
 * take goes to the type's input function, so that PostgreSQL's rules hold.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "access/transam.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/timestamp.h"

#include "fdw/base/int_datum.h"
#include "fdw/rows/convert.h"
#include "fdw/rows/convert_internal.h"
#include "fdw/rows/convert_nested.h"
#include "core/base/utf8.h"
#include "core/serde/key_value.h"
#include "fdw/base/epoch.h"
#include "fdw/base/numeric_image.h"
#include "fdw/base/types.h"

/* n characters at most; the rest is dropped */
static PdsConvertResult
lazy_varchar(PdsConverter *c, PdsField *f, Datum *value, bool *isnull)
{
	if (f->escaped && !pds_lazy_unescape(c->dialect, f, c->arena))
		pds_convert_no_memory();
	/* bytes behind the cut do not matter, valid or not */
	if (!c->text_verified && (c->file_encoding < 0 || c->file_encoding == PG_UTF8))
		f->len = pds_utf8_prefix(f->data, f->len, c->hive.precision);
	if (!pds_convert_prepare(c, f))
		return PDS_CONVERT_BAD;
	if (f->len > (uint32) c->hive.precision)
		f->len = pg_mbcharcliplen(f->data, f->len, c->hive.precision);
	*value = pds_convert_varlena(c, f);
	*isnull = false;
	return PDS_CONVERT_OK;
}

/* exactly n characters: cut or padded with blanks */
static PdsConvertResult
lazy_char(PdsConverter *c, PdsField *f, Datum *value, bool *isnull)
{
	int			want = c->hive.precision;
	int			chars;
	char	   *p;

	if (!pds_convert_prepare(c, f))
		return PDS_CONVERT_BAD;
	f->len = pg_mbcharcliplen(f->data, f->len, want);
	chars = c->text_verified && f->len <= (uint32) want && pg_database_encoding_max_length() == 1
		? (int) f->len : pg_mbstrlen_with_len(f->data, f->len);
	p = pds_convert_arena(c, f->len + (want - chars) + VARHDRSZ);
	SET_VARSIZE(p, f->len + (want - chars) + VARHDRSZ);
	memcpy(p + VARHDRSZ, f->data, f->len);
	memset(p + VARHDRSZ + f->len, ' ', want - chars);
	*value = PointerGetDatum(p);
	*isnull = false;
	return PDS_CONVERT_OK;
}

static PdsConvertResult
lazy_binary(PdsConverter *c, PdsField *f, Datum *value, bool *isnull)
{
	char	   *p = pds_convert_arena(c, f->len + VARHDRSZ);
	size_t		n;

	pds_lazy_binary(f->data, f->len, p + VARHDRSZ, &n);
	SET_VARSIZE(p, n + VARHDRSZ);
	*value = PointerGetDatum(p);
	*isnull = false;
	return PDS_CONVERT_OK;
}

/* ---- scalars by the SerDe's rules ---- */

/*
 * Common end.  What the SerDe makes NULL is counted, but for the empty field,
 * which has no value; it is the caller's when on_error says more.
 */
#define SERDE_RESULT(c, f, r, isnull) \
	do { \
		if ((r) == PDS_VALUE_ERROR) \
			return PDS_CONVERT_BAD; \
		if ((r) == PDS_VALUE_NULL) \
		{ \
			if ((f)->len > 0 && (c)->strict) \
				return PDS_CONVERT_BAD; \
			(c)->malformed += (f)->len > 0; \
			*(isnull) = true; \
			return PDS_CONVERT_OK; \
		} \
		*(isnull) = false; \
	} while (0)

static PdsConvertResult
lazy_int(PdsConverter *c, PdsField *f, Datum *value, bool *isnull)
{
	int64_t		v = 0;
	PdsValueResult r = pds_lazy_int(f->data, f->len, c->int_min, c->int_max, &v);

	SERDE_RESULT(c, f, r, isnull);
	*value = pds_datum_of_int(c->typid, v);
	return PDS_CONVERT_OK;
}

static PdsConvertResult
lazy_double(PdsConverter *c, PdsField *f, Datum *value, bool *isnull)
{
	double		v = 0;
	PdsValueResult r = pds_lazy_double(f->data, f->len, &v);

	SERDE_RESULT(c, f, r, isnull);
	*value = Float8GetDatum(v);
	return PDS_CONVERT_OK;
}

static PdsConvertResult
lazy_float(PdsConverter *c, PdsField *f, Datum *value, bool *isnull)
{
	float		v = 0;
	PdsValueResult r = pds_lazy_float(f->data, f->len, &v);

	SERDE_RESULT(c, f, r, isnull);
	*value = Float4GetDatum(v);
	return PDS_CONVERT_OK;
}

static PdsConvertResult
lazy_bool(PdsConverter *c, PdsField *f, Datum *value, bool *isnull)
{
	bool		v = false;
	PdsValueResult r = pds_lazy_bool(f->data, f->len, &v);

	SERDE_RESULT(c, f, r, isnull);
	*value = BoolGetDatum(v);
	return PDS_CONVERT_OK;
}

bool
pds_convert_date(int64 days, Datum *value)
{
	int64		d = days - PDS_EPOCH_DAYS;

	if (d < DATETIME_MIN_JULIAN - POSTGRES_EPOCH_JDATE ||
		d >= DATE_END_JULIAN - POSTGRES_EPOCH_JDATE)
		return false;
	*value = DateADTGetDatum((DateADT) d);
	return true;
}

bool
pds_convert_timestamp(int64 us, Datum *value)
{
	int64		t;

	if (us < PG_INT64_MIN + PDS_EPOCH_US)
		return false;
	t = us - PDS_EPOCH_US;
	*value = TimestampGetDatum(t);
	return IS_VALID_TIMESTAMP(t);
}

static PdsConvertResult
lazy_date(PdsConverter *c, PdsField *f, Datum *value, bool *isnull)
{
	int32_t		days = 0;
	PdsValueResult r = pds_lazy_date(f->data, f->len, &days);

	SERDE_RESULT(c, f, r, isnull);
	return pds_convert_date(days, value) ? PDS_CONVERT_OK : PDS_CONVERT_BAD;
}

static PdsConvertResult
lazy_timestamp(PdsConverter *c, PdsField *f, Datum *value, bool *isnull)
{
	int64_t		us = 0;
	PdsValueResult r = pds_dialect_timestamp(c->dialect, f->data, f->len, c->digits, &us);

	SERDE_RESULT(c, f, r, isnull);
	return pds_convert_timestamp(us, value) ? PDS_CONVERT_OK : PDS_CONVERT_BAD;
}

static PdsConvertResult
lazy_decimal(PdsConverter *c, PdsField *f, Datum *value, bool *isnull)
{
	char		text[64];
	size_t		n = 0;
	int64_t		scaled;
	bool		fits;
	PdsValueResult r = pds_lazy_decimal(f->data, f->len, c->hive.precision, c->hive.scale,
										text, &n, &scaled, &fits);

	SERDE_RESULT(c, f, r, isnull);
	*value = pds_numeric_image(pds_convert_arena(c, PDS_NUMERIC_IMAGE_SIZE(n)), text, n);
	return PDS_CONVERT_OK;
}

/* ---- OpenCSV's typed columns: what is not right is an error ---- */

/* HIVE_BAD_DATA there, or NULL with use.null.for.invalid.data */
static PdsConvertResult
invalid_data(PdsConverter *c, bool *isnull)
{
	if (!c->dialect->null_for_invalid || c->strict)
		return PDS_CONVERT_BAD;
	c->malformed++;
	*isnull = true;
	return PDS_CONVERT_OK;
}

static PdsConvertResult
hard_lazy(PdsConverter *c, PdsField *f, Datum *value, bool *isnull, PdsConvertFn fn)
{
	uint64		before = c->malformed;
	PdsConvertResult r = fn(c, f, value, isnull);

	c->malformed = before;
	/* what lazysimple makes NULL, the empty field too, is bad data here */
	return r == PDS_CONVERT_BAD || *isnull ? invalid_data(c, isnull) : r;
}

static PdsConvertResult
hard_int(PdsConverter *c, PdsField *f, Datum *value, bool *isnull)
{
	if (memchr(f->data, '.', f->len) != NULL)
		return invalid_data(c, isnull);
	return hard_lazy(c, f, value, isnull, lazy_int);
}

static PdsConvertResult
hard_double(PdsConverter *c, PdsField *f, Datum *value, bool *isnull)
{
	return hard_lazy(c, f, value, isnull, lazy_double);
}

static PdsConvertResult
hard_float(PdsConverter *c, PdsField *f, Datum *value, bool *isnull)
{
	return hard_lazy(c, f, value, isnull, lazy_float);
}

static PdsConvertResult
hard_bool(PdsConverter *c, PdsField *f, Datum *value, bool *isnull)
{
	return hard_lazy(c, f, value, isnull, lazy_bool);
}

static PdsConvertResult
hard_decimal(PdsConverter *c, PdsField *f, Datum *value, bool *isnull)
{
	return hard_lazy(c, f, value, isnull, lazy_decimal);
}

static PdsConvertResult
opencsv_date(PdsConverter *c, PdsField *f, Datum *value, bool *isnull)
{
	int32_t		days;

	if (pds_opencsv_date(f->data, f->len, &days) != PDS_VALUE_OK || !pds_convert_date(days, value))
		return invalid_data(c, isnull);
	*isnull = false;
	return PDS_CONVERT_OK;
}

static PdsConvertResult
opencsv_timestamp(PdsConverter *c, PdsField *f, Datum *value, bool *isnull)
{
	int64_t		us;

	if (pds_opencsv_timestamp(f->data, f->len, &us) != PDS_VALUE_OK ||
		!pds_convert_timestamp(us, value))
		return invalid_data(c, isnull);
	*isnull = false;
	return PDS_CONVERT_OK;
}

/* ---- PostgreSQL's rules ---- */

/* NUL-terminated copy in the current context */
static char *
cstring_of(const PdsField *f)
{
	char	   *s = palloc(f->len + 1);

	memcpy(s, f->data, f->len);
	s[f->len] = '\0';
	return s;
}

/* is the error about the data?  Checks of domains count; functions of users raise P0001. */
static bool
about_data(int code)
{
	return ERRCODE_TO_CATEGORY(code) == ERRCODE_DATA_EXCEPTION ||
		ERRCODE_TO_CATEGORY(code) == ERRCODE_INTEGRITY_CONSTRAINT_VIOLATION ||
		code == ERRCODE_RAISE_EXCEPTION;
}

/*
 * The input function, its errors caught.  Those of built-in types hold nothing
 * that an error would leave behind.  What a user's type or a domain's check
 * may have done is undone with a subtransaction, where there may be one.
 */
static PdsConvertResult
soft_input(PdsConverter *c, const PdsField *f, Datum *value)
{
	MemoryContext old = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	bool		builtin = c->typid < FirstNormalObjectId;
	bool		subtransaction = !builtin && !IsInParallelMode();
	volatile PdsConvertResult r = PDS_CONVERT_OK;

	if (subtransaction)
	{
		BeginInternalSubTransaction(NULL);
		MemoryContextSwitchTo(old);
	}
	PG_TRY();
	{
		*value = InputFunctionCall(&c->input, cstring_of(f), c->ioparam, c->typmod);
		if (subtransaction)
			ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		bool		caught = about_data(geterrcode()) && (builtin || subtransaction);

		MemoryContextSwitchTo(old);
		if (!caught)
			PG_RE_THROW();
		pds_convert_keep_error(c);
		FlushErrorState();
		if (subtransaction)
			RollbackAndReleaseCurrentSubTransaction();
		r = PDS_CONVERT_BAD;
	}
	PG_END_TRY();
	MemoryContextSwitchTo(old);
	CurrentResourceOwner = owner;
	return r;
}

PdsConvertResult
pds_convert_by_input(PdsConverter *c, PdsField *f, Datum *value, bool *isnull)
{
	MemoryContext old;
	PdsConvertResult r = PDS_CONVERT_OK;

	*isnull = false;
	if (!pds_convert_prepare(c, f))
		return PDS_CONVERT_BAD;
	old = MemoryContextSwitchTo(c->value_cxt);
	if (c->soft)
		r = soft_input(c, f, value);
	else
		*value = InputFunctionCall(&c->input, cstring_of(f), c->ioparam, c->typmod);
	MemoryContextSwitchTo(old);
	return r;
}

/* a plain value as pds_plain_units has it: no slack is behind a field here */
static inline bool
plain_units(const PdsConverter *c, PdsPlainKind kind, const PdsField *f, int64 *v)
{
	char		buf[PDS_PLAIN_MAX + PDS_PLAIN_SLACK];

	return pds_plain_units(c, kind, pds_plain_copy(f->data, f->len, buf), f->len, v);
}

static PdsConvertResult
pg_int(PdsConverter *c, PdsField *f, Datum *value, bool *isnull)
{
	int64		v;

	if (!plain_units(c, PDS_PLAIN_INT, f, &v))
		return pds_convert_by_input(c, f, value, isnull);
	*value = pds_datum_of_int(c->typid, v);
	*isnull = false;
	return PDS_CONVERT_OK;
}

static PdsConvertResult
pg_double(PdsConverter *c, PdsField *f, Datum *value, bool *isnull)
{
	double		v;

	if (!pds_plain_number(f->data, f->len, true) ||
		pds_lazy_double(f->data, f->len, &v) != PDS_VALUE_OK)
		return pds_convert_by_input(c, f, value, isnull);
	*value = Float8GetDatum(v);
	*isnull = false;
	return PDS_CONVERT_OK;
}

static PdsConvertResult
pg_float(PdsConverter *c, PdsField *f, Datum *value, bool *isnull)
{
	float		v;

	/* the edges of float4 are for the input function */
	if (!pds_plain_number(f->data, f->len, false) || f->len > 20 ||
		pds_lazy_float(f->data, f->len, &v) != PDS_VALUE_OK)
		return pds_convert_by_input(c, f, value, isnull);
	*value = Float4GetDatum(v);
	*isnull = false;
	return PDS_CONVERT_OK;
}

static PdsConvertResult
pg_bool(PdsConverter *c, PdsField *f, Datum *value, bool *isnull)
{
	int64		v;

	if (!plain_units(c, PDS_PLAIN_BOOL, f, &v))
		return pds_convert_by_input(c, f, value, isnull);
	*value = BoolGetDatum(v != 0);
	*isnull = false;
	return PDS_CONVERT_OK;
}

/* numeric without a typmod, or with one that the digits already meet */
static PdsConvertResult
pg_numeric(PdsConverter *c, PdsField *f, Datum *value, bool *isnull)
{
	const char *p = f->data;
	size_t		n = f->len;
	const char *point;
	int			fraction;
	bool		minus;

	if (!pds_plain_number(f->data, f->len, false))
		return pds_convert_by_input(c, f, value, isnull);
	minus = *p == '-';
	point = memchr(p, '.', n);
	fraction = point ? (int) (p + n - point - 1) : 0;
	/* ".5", "5." and the like are rare */
	if (point && (point == p + minus || fraction == 0))
		return pds_convert_by_input(c, f, value, isnull);
	if (c->typmod >= VARHDRSZ)
	{
		int			precision = ((c->typmod - VARHDRSZ) >> 16) & 0xffff;
		int			scale = (c->typmod - VARHDRSZ) & 0x7ff;
		int			whole = (int) (point ? point - p : (long) n) - minus;

		if (fraction != scale || whole > precision - scale)
			return pds_convert_by_input(c, f, value, isnull);
	}
	*value = pds_numeric_image(pds_convert_arena(c, PDS_NUMERIC_IMAGE_SIZE(n)), p, n);
	*isnull = false;
	return PDS_CONVERT_OK;
}

/* Athena writes years before 1 and after 9999 in Java's way */
static PdsConvertResult
slow_date(PdsConverter *c, PdsField *f, Datum *value, bool *isnull)
{
	int32_t		days;

	if (c->format == PDS_FORMAT_ATHENA_RESULT &&
		pds_lazy_date(f->data, f->len, &days) == PDS_VALUE_OK && pds_convert_date(days, value))
	{
		*isnull = false;
		return PDS_CONVERT_OK;
	}
	return pds_convert_by_input(c, f, value, isnull);
}

static PdsConvertResult
pg_date(PdsConverter *c, PdsField *f, Datum *value, bool *isnull)
{
	int64		days;

	if (!plain_units(c, PDS_PLAIN_DATE, f, &days) || !pds_convert_date(days, value))
		return slow_date(c, f, value, isnull);
	*isnull = false;
	return PDS_CONVERT_OK;
}

static PdsConvertResult
slow_timestamp(PdsConverter *c, PdsField *f, Datum *value, bool *isnull)
{
	int64_t		us;

	if (c->format == PDS_FORMAT_ATHENA_RESULT &&
		pds_lazy_timestamp_rounded(f->data, f->len, c->digits, &us) == PDS_VALUE_OK &&
		pds_convert_timestamp(us, value))
	{
		*isnull = false;
		return PDS_CONVERT_OK;
	}
	return pds_convert_by_input(c, f, value, isnull);
}

/* the typmod keeps all digits of what is plain */
static PdsConvertResult
pg_timestamp(PdsConverter *c, PdsField *f, Datum *value, bool *isnull)
{
	int64		us;

	if (!plain_units(c, PDS_PLAIN_TIMESTAMP, f, &us) || !pds_convert_timestamp(us, value))
		return slow_timestamp(c, f, value, isnull);
	*isnull = false;
	return PDS_CONVERT_OK;
}

static PdsConvertResult
pg_varchar(PdsConverter *c, PdsField *f, Datum *value, bool *isnull)
{
	/* no more bytes than characters allowed: it fits */
	if (f->len > (uint32) (c->typmod - VARHDRSZ))
		return pds_convert_by_input(c, f, value, isnull);
	return pds_convert_text(c, f, value, isnull);
}

/* varbinary in Athena's results: hex bytes separated by blanks */
static PdsConvertResult
athena_binary(PdsConverter *c, PdsField *f, Datum *value, bool *isnull)
{
	char	   *p = pds_convert_arena(c, f->len / 2 + 1 + VARHDRSZ);
	char	   *out = p + VARHDRSZ;
	int			high = -1;
	uint32		i;

	for (i = 0; i < f->len; i++)
	{
		char		ch = f->data[i];
		int			v = ch >= '0' && ch <= '9' ? ch - '0' : ch >= 'a' && ch <= 'f' ? ch - 'a' + 10 :
			ch >= 'A' && ch <= 'F' ? ch - 'A' + 10 : -1;

		if (ch == ' ')
			continue;
		if (v < 0)
			return PDS_CONVERT_BAD;
		if (high < 0)
			high = v;
		else
		{
			*out++ = (char) (high << 4 | v);
			high = -1;
		}
	}
	SET_VARSIZE(p, out - p);
	*value = PointerGetDatum(p);
	*isnull = false;
	return PDS_CONVERT_OK;
}

static PdsConvertResult
unsupported_type(PdsConverter *c, PdsField *f, Datum *value, bool *isnull)
{
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("column \"%s\" has a nested type, which OpenCSVSerde cannot hold",
					c->column_name),
			 errhint("Declare it as text, here and in Glue.")));
	return PDS_CONVERT_BAD;
}

/* ---- the table of types ---- */

#define ANY_TEXT	{pds_convert_text, PDS_OUT_TEXT, PDS_PLAIN_TEXT}
#define BY_FUNCTION	{pds_convert_by_input, PDS_OUT_FUNCTION, PDS_PLAIN_NONE}
#define NOT_HELD	{unsupported_type, PDS_OUT_NULL, PDS_PLAIN_NONE}
/* read as text, and not written: what the SerDe would make of it is not settled */
#define ONLY_READ	{pds_convert_text, PDS_OUT_NULL, PDS_PLAIN_TEXT}

/* by the rules of the SerDes, for the Hive type */
static const struct
{
	PdsValueForm lazy;
	PdsValueForm opencsv;
}			serde_forms[] = {
	[PDS_HIVE_BOOLEAN] = {{lazy_bool, PDS_OUT_BOOL, PDS_PLAIN_BOOL}, {hard_bool, PDS_OUT_BOOL}},
	[PDS_HIVE_TINYINT] = {{lazy_int, PDS_OUT_INT, PDS_PLAIN_INT}, {hard_int, PDS_OUT_INT}},
	[PDS_HIVE_SMALLINT] = {{lazy_int, PDS_OUT_INT, PDS_PLAIN_INT}, {hard_int, PDS_OUT_INT}},
	[PDS_HIVE_INT] = {{lazy_int, PDS_OUT_INT, PDS_PLAIN_INT}, {hard_int, PDS_OUT_INT}},
	[PDS_HIVE_BIGINT] = {{lazy_int, PDS_OUT_INT, PDS_PLAIN_INT}, {hard_int, PDS_OUT_INT}},
	[PDS_HIVE_FLOAT] = {{lazy_float, PDS_OUT_FLOAT4, PDS_PLAIN_FLOAT4},
	{hard_float, PDS_OUT_FLOAT4}},
	[PDS_HIVE_DOUBLE] = {{lazy_double, PDS_OUT_FLOAT8, PDS_PLAIN_FLOAT8},
	{hard_double, PDS_OUT_FLOAT8}},
	[PDS_HIVE_DECIMAL] = {{lazy_decimal, PDS_OUT_NUMERIC, PDS_PLAIN_NUMERIC},
	{hard_decimal, PDS_OUT_NUMERIC}},
	[PDS_HIVE_STRING] = {ANY_TEXT, ANY_TEXT},
	[PDS_HIVE_VARCHAR] = {{lazy_varchar, PDS_OUT_TEXT, PDS_PLAIN_TEXT},
	{lazy_varchar, PDS_OUT_TEXT, PDS_PLAIN_TEXT}},
	[PDS_HIVE_CHAR] = {{lazy_char, PDS_OUT_TEXT}, {lazy_char, PDS_OUT_TEXT}},
	[PDS_HIVE_DATE] = {{lazy_date, PDS_OUT_DATE, PDS_PLAIN_DATE},
	{opencsv_date, PDS_OUT_EPOCH_DATE}},
	[PDS_HIVE_TIMESTAMP] = {{lazy_timestamp, PDS_OUT_TIMESTAMP, PDS_PLAIN_TIMESTAMP},
	{opencsv_timestamp, PDS_OUT_EPOCH_TIMESTAMP}},
	[PDS_HIVE_TIMESTAMPTZ] = {ONLY_READ, ONLY_READ},
	[PDS_HIVE_TIME] = {ONLY_READ, ONLY_READ},
	[PDS_HIVE_BINARY] = {{lazy_binary, PDS_OUT_BINARY}, BY_FUNCTION},
	[PDS_HIVE_ARRAY] = {{unsupported_type, PDS_OUT_NESTED}, NOT_HELD},
	[PDS_HIVE_MAP] = {{unsupported_type, PDS_OUT_NESTED}, NOT_HELD},
	[PDS_HIVE_STRUCT] = {{unsupported_type, PDS_OUT_NESTED}, NOT_HELD},
	[PDS_HIVE_UNION] = {NOT_HELD, NOT_HELD},
	[PDS_HIVE_OTHER] = {ANY_TEXT, ANY_TEXT}
};

StaticAssertDecl(lengthof(serde_forms) == PDS_HIVE_OTHER + 1, "a Hive type has no form");

/* by PostgreSQL's own rules; without a call of the type's functions where it is easy */
static const struct
{
	Oid			typid;
	PdsValueForm form;
}			postgres_forms[] = {
	{BOOLOID, {pg_bool, PDS_OUT_BOOL, PDS_PLAIN_BOOL}},
	{INT2OID, {pg_int, PDS_OUT_INT, PDS_PLAIN_INT}},
	{INT4OID, {pg_int, PDS_OUT_INT, PDS_PLAIN_INT}},
	{INT8OID, {pg_int, PDS_OUT_INT, PDS_PLAIN_INT}},
	{FLOAT4OID, {pg_float, PDS_OUT_FLOAT4, PDS_PLAIN_FLOAT4}},
	{FLOAT8OID, {pg_double, PDS_OUT_FLOAT8, PDS_PLAIN_FLOAT8}},
	{NUMERICOID, {pg_numeric, PDS_OUT_NUMERIC, PDS_PLAIN_NUMERIC}},
	{DATEOID, {pg_date, PDS_OUT_DATE, PDS_PLAIN_DATE}},
	{TIMESTAMPOID, {pg_timestamp, PDS_OUT_TIMESTAMP, PDS_PLAIN_TIMESTAMP}},
	{TEXTOID, ANY_TEXT},
	{VARCHAROID, {pg_varchar, PDS_OUT_TEXT, PDS_PLAIN_TEXT}},
	{BPCHAROID, {pds_convert_by_input, PDS_OUT_TEXT}},
	{JSONOID, {pds_convert_by_input, PDS_OUT_TEXT}},
	{TIMESTAMPTZOID, {pds_convert_by_input, PDS_OUT_TIMESTAMPTZ}}
};
static const PdsValueForm by_function = BY_FUNCTION;

const PdsValueForm *
pds_serde_form(PdsFormat format, PdsHiveKind kind)
{
	Assert(format == PDS_FORMAT_LAZYSIMPLE || format == PDS_FORMAT_OPENCSV);
	Assert((unsigned) kind < lengthof(serde_forms));
	return format == PDS_FORMAT_OPENCSV ? &serde_forms[kind].opencsv : &serde_forms[kind].lazy;
}

const PdsValueForm *
pds_value_form(PdsFormat format, Oid typid, int32 typmod, const PdsHiveType **hive,
			   PdsHiveType *declared)
{
	const PdsHiveType *given = *hive;
	int			i;

	*hive = NULL;
	/* a domain has checks: only its input function knows them */
	if (getBaseType(typid) != typid)
		return &by_function;
	if (format == PDS_FORMAT_LAZYSIMPLE || format == PDS_FORMAT_OPENCSV)
	{
		/*
		 * declared otherwise than in Glue: the SerDe's rules for the declared
		 * type
		 */
		*hive = given && pds_type_matches_hive(given, typid, typmod) ? given :
			pds_hive_type_of_sql(typid, typmod, declared) ? declared : NULL;
		return *hive ? pds_serde_form(format, (*hive)->kind) : &by_function;
	}
	for (i = 0; i < lengthof(postgres_forms); i++)
		if (postgres_forms[i].typid == typid)
			return &postgres_forms[i].form;
	return &by_function;
}

/* ---- the choice ---- */

static void
set_int_range(PdsConverter *c)
{
	c->int_min = PG_INT64_MIN;
	c->int_max = PG_INT64_MAX;
	if (c->typid == INT4OID)
	{
		c->int_min = PG_INT32_MIN;
		c->int_max = PG_INT32_MAX;
	}
	else if (c->typid == INT2OID)
	{
		c->int_min = PG_INT16_MIN;
		c->int_max = PG_INT16_MAX;
	}
	if (c->hive.kind == PDS_HIVE_TINYINT && c->format != PDS_FORMAT_CSV)
	{
		c->int_min = -128;
		c->int_max = 127;
	}
}

/* results of Athena have forms of their own for two types */
static PdsConvertFn
result_fn(PdsConverter *c, PdsConvertFn fn)
{
	if (c->typid == BYTEAOID)
		return athena_binary;
	if (fn == pds_convert_by_input && getBaseType(c->typid) == c->typid &&
		c->hive.kind == PDS_HIVE_ARRAY && OidIsValid(get_element_type(c->typid)))
		return pds_result_array_fn(c);
	return fn;
}

/* digits before and after the point that numeric(precision, scale) has */
static void
plain_numeric(PdsConverter *c, int precision, int scale)
{
	int			whole = precision - scale;

	c->plain = PDS_PLAIN_NONE;
	if (scale < 0 || scale > PDS_PLAIN_DIGITS || whole < 0)
		return;
	c->plain_scale = scale;
	c->plain_limit = whole < PDS_PLAIN_DIGITS ? pds_powers_of_ten[whole] : PG_UINT64_MAX;
	c->plain = PDS_PLAIN_NUMERIC;
}

/* which plain values c->fn makes the same of: those of the form, within what the column holds */
static void
set_plain(PdsConverter *c, PdsPlainKind plain)
{
	c->plain = plain;
	c->plain_scale = -1;
	c->plain_limit = PG_UINT64_MAX;
	c->text_limit = MaxAllocSize - VARHDRSZ;
	if (c->fn == pg_numeric && c->typmod >= VARHDRSZ)
		plain_numeric(c, ((c->typmod - VARHDRSZ) >> 16) & 0xffff, (c->typmod - VARHDRSZ) & 0x7ff);
	else if (c->fn == lazy_decimal)
		plain_numeric(c, c->hive.precision, c->hive.scale);
	/* a text of no more bytes than characters are allowed fits */
	else if (c->fn == pg_varchar)
		c->text_limit = c->typmod - VARHDRSZ;
	else if (c->fn == lazy_varchar)
		c->text_limit = c->hive.precision;
#if SIZEOF_DATUM < 8
	/* these would be allocated */
	if (c->typid == INT8OID || c->typid == FLOAT8OID || c->typid == TIMESTAMPOID)
		c->plain = PDS_PLAIN_NONE;
#endif
}

void
pds_converter_init(PdsConverter *c, PdsFormat format, const PdsDialect *dialect,
				   Oid typid, int32 typmod, const PdsHiveType *hive,
				   PdsArena *a, MemoryContext value_cxt, const char *column_name)
{
	Oid			input;
	PdsHiveType declared;
	const PdsValueForm *form;

	c->format = format;
	c->dialect = dialect;
	c->typid = typid;
	c->typmod = typmod;
	c->arena = a;
	c->value_cxt = value_cxt;
	c->column_name = column_name;
	memset(&c->hive, 0, sizeof(c->hive));
	if (hive)
		c->hive = *hive;
	getTypeInputInfo(typid, &input, &c->ioparam);
	fmgr_info(input, &c->input);
	set_int_range(c);
	c->digits = typid == TIMESTAMPOID && typmod >= 0 ? typmod : 6;
	form = pds_value_form(format, typid, typmod, &hive, &declared);
	/* a nested value is one whatever the column is declared as */
	if (getBaseType(typid) == typid && format == PDS_FORMAT_LAZYSIMPLE && c->hive.nchildren > 0 &&
		(c->fn = pds_nested_fn(c)) != NULL)
	{
		set_plain(c, PDS_PLAIN_NONE);
		return;
	}
	if (hive == &declared)
	{
		c->hive = declared;
		set_int_range(c);
	}
	c->fn = form->read;
	if (format == PDS_FORMAT_ATHENA_RESULT)
		c->fn = result_fn(c, c->fn);
	/* without a limit, which its functions look at */
	if ((c->fn == pg_varchar && typmod < VARHDRSZ) ||
		(c->fn == lazy_varchar && c->hive.precision <= 0))
		c->fn = pds_convert_text;
	set_plain(c, form->plain);
}

/* keys have rules of their own there (key_value.c) */
static PdsConvertResult
key_value(PdsConverter *c, PdsField *f, Datum *value, bool *isnull)
{
	int64_t		us;
	int32_t		days;
	bool		fine;

	*isnull = false;
	if (c->fn == lazy_date)
	{
		fine = pds_key_date(f->data, f->len, &days) && pds_convert_date(days, value);
		return fine ? PDS_CONVERT_OK : PDS_CONVERT_BAD;
	}
	if (c->fn == lazy_timestamp)
	{
		fine = pds_key_timestamp(f->data, f->len, &us) && pds_convert_timestamp(us, value);
		return fine ? PDS_CONVERT_OK : PDS_CONVERT_BAD;
	}
	if (pds_type_matches_hive(&c->hive, c->typid, c->typmod) &&
		!pds_key_holds(&c->hive, f->data, f->len))
		return PDS_CONVERT_BAD;
	if (c->fn == lazy_decimal)
		f->len = pds_key_decimal_len(f->data, f->len);
	return c->fn(c, f, value, isnull);
}

bool
pds_key_datum(const char *text, const PdsHiveType *hive, Oid typid, int32 typmod,
			  const char *column, Datum *value, bool *isnull)
{
	PdsConverter c;
	PdsDialect	d;
	PdsArena	a;
	PdsField	f;
	bool		fine;
	bool		string = hive->kind == PDS_HIVE_STRING || hive->kind == PDS_HIVE_VARCHAR ||
		hive->kind == PDS_HIVE_CHAR || hive->kind == PDS_HIVE_OTHER;

	*value = (Datum) 0;
	*isnull = true;
	if (strcmp(text, PDS_HIVE_NULL_PARTITION) == 0 || (string && strcmp(text, "\\N") == 0))
		return true;
	memset(&c, 0, sizeof(c));
	c.file_encoding = -1;
	pds_dialect_init(&d, PDS_FORMAT_LAZYSIMPLE);
	pds_arena_init(&a);
	pds_converter_init(&c, PDS_FORMAT_LAZYSIMPLE, &d, typid, typmod, hive, &a,
					   CurrentMemoryContext, column);
	f.data = pstrdup(text);
	f.len = strlen(text);
	f.room = 0;
	f.escaped = false;
	fine = key_value(&c, &f, value, isnull) == PDS_CONVERT_OK && !*isnull;
	/* what the arena holds goes with it */
	if (fine && get_typlen(typid) == -1)
		*value = PointerGetDatum(PG_DETOAST_DATUM_COPY(*value));
	pds_arena_free(&a);
	*isnull = !fine;
	return fine;
}

Datum
pds_convert_partition_value(const char *text, const PdsHiveType *hive, Oid typid,
							int32 typmod, const char *column, bool *isnull)
{
	Datum		value;

	if (!pds_key_datum(text, hive, typid, typmod, column, &value, isnull))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("invalid value \"%s\" of partition key \"%s\"", text, column),
				 errdetail("Its type is %s.", format_type_with_typemod(typid, typmod)),
				 errhint("Correct the partition: Athena refuses it, too.")));
	return value;
}
