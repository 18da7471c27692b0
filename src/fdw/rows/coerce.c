/*
 * coerce.c
 *	  From the type that a partition declares to the table's.
 *
 * A field is read by the partition's type into a Source, then written as the
 * table's type.  The pairs are those that Trino 476 has for text files; what
 * it answers with an error is a malformed value here, what becomes NULL there
 * does here (test/t/165_coercions.pl compares them).
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "catalog/pg_type.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/timestamp.h"

#include "core/base/calendar.h"
#include "core/base/utf8.h"
#include "core/serde/serde_nested.h"
#include "fdw/base/int_datum.h"
#include "fdw/rows/coerce.h"
#include "fdw/rows/convert_internal.h"
#include "fdw/rows/convert_nested.h"
#include "fdw/base/numeric_image.h"

/* days and microseconds from 1970-01-01 to 1900-01-01: nothing before is coerced */
#define FIRST_DAY	(-25567)
#define FIRST_US	((int64) FIRST_DAY * USECS_PER_DAY)
/* integers that are made double: from -2^52 to below 2^52 */
#define DOUBLE_EXACT (INT64CONST(1) << 52)

/* a value of the partition's type */
typedef struct Source
{
	char	   *text;			/* strings, decimals, binary: bytes */
	uint32		len;
	int64		i;				/* integers, boolean, days, microseconds */
	double		d;
	float		f;
	char		buf[64];		/* where text made here lies */
} Source;

typedef struct PdsCoercion Coercion;

typedef PdsValueResult (*ReadFn) (const PdsConverter *c, const Coercion *k, PdsField *f, Source *s);

/* f may be used for the text that is handed on */
typedef PdsConvertResult (*WriteFn) (PdsConverter *c, Source *s, PdsField *f, Datum *value,
									 bool *isnull);

struct PdsCoercion
{
	PdsHiveType from;			/* scalar */
	ReadFn		read;
	WriteFn		write;
	PdsConvertFn native;		/* of the table's type */
};

/* ---- reading ---- */

static PdsValueResult
coerced_int(const PdsConverter *c, const Coercion *k, PdsField *f, Source *s)
{
	int			bits = k->from.kind == PDS_HIVE_TINYINT ? 7 : k->from.kind == PDS_HIVE_SMALLINT ? 15 :
		k->from.kind == PDS_HIVE_INT ? 31 : 63;
	int64		max = (int64) ((UINT64CONST(1) << bits) - 1);
	int64_t		v = 0;
	PdsValueResult r = pds_lazy_int(f->data, f->len, -max - 1, max, &v);

	s->i = v;
	return r;
}

static PdsValueResult
read_bool(const PdsConverter *c, const Coercion *k, PdsField *f, Source *s)
{
	bool		v = false;
	PdsValueResult r = pds_lazy_bool(f->data, f->len, &v);

	s->i = v;
	return r;
}

static PdsValueResult
read_float(const PdsConverter *c, const Coercion *k, PdsField *f, Source *s)
{
	return pds_lazy_float(f->data, f->len, &s->f);
}

static PdsValueResult
read_double(const PdsConverter *c, const Coercion *k, PdsField *f, Source *s)
{
	return pds_lazy_double(f->data, f->len, &s->d);
}

static PdsValueResult
read_decimal(const PdsConverter *c, const Coercion *k, PdsField *f, Source *s)
{
	size_t		n = 0;
	int64_t		scaled;
	bool		fits;
	PdsValueResult r = pds_lazy_decimal(f->data, f->len, k->from.precision, k->from.scale, s->buf,
										&n, &scaled, &fits);

	s->text = s->buf;
	s->len = n;
	return r;
}

static PdsValueResult
coerced_date(const PdsConverter *c, const Coercion *k, PdsField *f, Source *s)
{
	int32_t		days = 0;
	PdsValueResult r = pds_lazy_date(f->data, f->len, &days);

	s->i = days;
	return r;
}

/* text is the fraction of the second, whose digits beyond microseconds count, too */
static PdsValueResult
read_timestamp(const PdsConverter *c, const Coercion *k, PdsField *f, Source *s)
{
	int64_t		us = 0;
	PdsValueResult r = pds_dialect_timestamp(c->dialect, f->data, f->len, 6, &us);
	const char *point = c->dialect->timestamp_formats ? NULL : memchr(f->data, '.', f->len);
	int			n = 0;
	const char *p;

	s->text = s->buf;
	if (r != PDS_VALUE_OK)
		return r;
	if (point)
	{
		for (p = point + 1; p < f->data + f->len && n < 9 && *p >= '0' && *p <= '9'; p++)
			s->buf[n++] = *p;
		r = pds_lazy_timestamp_rounded(f->data, point - f->data, 6, &us);
	}
	else
	{
		int64		fraction = us % USECS_PER_SEC;

		if (fraction < 0)
			fraction += USECS_PER_SEC;
		us -= fraction;
		n = snprintf(s->buf, sizeof(s->buf), "%06d", (int) fraction);
	}
	while (n > 0 && s->buf[n - 1] == '0')
		n--;
	s->len = n;
	s->i = us;
	return r;
}

/* string and varchar: bytes as they are, of a varchar its characters */
static PdsValueResult
read_string(const PdsConverter *c, const Coercion *k, PdsField *f, Source *s)
{
	if (f->escaped && !pds_lazy_unescape(c->dialect, f, c->arena))
		pds_convert_no_memory();
	f->escaped = false;
	if (k->from.precision > 0)
		f->len = pds_utf8_prefix(f->data, f->len, k->from.precision);
	s->text = f->data;
	s->len = f->len;
	return PDS_VALUE_OK;
}

/* blanks at its end are none */
static PdsValueResult
read_char(const PdsConverter *c, const Coercion *k, PdsField *f, Source *s)
{
	read_string(c, k, f, s);
	while (f->len > 0 && f->data[f->len - 1] == ' ')
		f->len--;
	s->len = f->len;
	return PDS_VALUE_OK;
}

static PdsValueResult
read_binary(const PdsConverter *c, const Coercion *k, PdsField *f, Source *s)
{
	size_t		n;

	s->text = pds_convert_arena(c, f->len + 1);
	pds_lazy_binary(f->data, f->len, s->text, &n);
	s->len = n;
	return PDS_VALUE_OK;
}

/* ---- writing numbers ---- */

static PdsConvertResult
give_null(bool *isnull)
{
	*isnull = true;
	return PDS_CONVERT_OK;
}

static PdsConvertResult
int_to_int(PdsConverter *c, Source *s, PdsField *f, Datum *value, bool *isnull)
{
	*value = pds_datum_of_int(c->typid, s->i);
	return PDS_CONVERT_OK;
}

static PdsConvertResult
int_to_double(PdsConverter *c, Source *s, PdsField *f, Datum *value, bool *isnull)
{
	if (s->i < -DOUBLE_EXACT || s->i >= DOUBLE_EXACT)
		return PDS_CONVERT_BAD;
	*value = Float8GetDatum((double) s->i);
	return PDS_CONVERT_OK;
}

static PdsConvertResult
float_to_double(PdsConverter *c, Source *s, PdsField *f, Datum *value, bool *isnull)
{
	*value = Float8GetDatum((double) s->f);
	return PDS_CONVERT_OK;
}

static PdsConvertResult
double_to_float(PdsConverter *c, Source *s, PdsField *f, Datum *value, bool *isnull)
{
	*value = Float4GetDatum((float) s->d);
	return PDS_CONVERT_OK;
}

/* rounded half up; false: it does not fit */
static bool
decimal_of_text(PdsConverter *c, const char *s, size_t len, Datum *value)
{
	char		text[64];
	size_t		n = 0;
	int64_t		scaled;
	bool		fits;

	if (pds_lazy_decimal(s, len, c->hive.precision, c->hive.scale, text, &n, &scaled, &fits) !=
		PDS_VALUE_OK)
		return false;
	*value = pds_numeric_image(pds_convert_arena(c, PDS_NUMERIC_IMAGE_SIZE(n)), text, n);
	return true;
}

static PdsConvertResult
int_to_decimal(PdsConverter *c, Source *s, PdsField *f, Datum *value, bool *isnull)
{
	int			n = snprintf(s->buf, sizeof(s->buf), INT64_FORMAT, s->i);

	return decimal_of_text(c, s->buf, n, value) ? PDS_CONVERT_OK : give_null(isnull);
}

static PdsConvertResult
float_to_decimal(PdsConverter *c, Source *s, PdsField *f, Datum *value, bool *isnull)
{
	size_t		n = pds_java_float(s->f, s->buf);

	return decimal_of_text(c, s->buf, n, value) ? PDS_CONVERT_OK : PDS_CONVERT_BAD;
}

static PdsConvertResult
double_to_decimal(PdsConverter *c, Source *s, PdsField *f, Datum *value, bool *isnull)
{
	size_t		n = pds_java_double(s->d, s->buf);

	return decimal_of_text(c, s->buf, n, value) ? PDS_CONVERT_OK : PDS_CONVERT_BAD;
}

static PdsConvertResult
decimal_to_decimal(PdsConverter *c, Source *s, PdsField *f, Datum *value, bool *isnull)
{
	return decimal_of_text(c, s->text, s->len, value) ? PDS_CONVERT_OK : PDS_CONVERT_BAD;
}

/* towards zero */
static PdsConvertResult
decimal_to_int(PdsConverter *c, Source *s, PdsField *f, Datum *value, bool *isnull)
{
	const char *point = memchr(s->text, '.', s->len);
	int64_t		v = 0;

	if (pds_lazy_int(s->text, point ? point - s->text : s->len, c->int_min, c->int_max, &v) !=
		PDS_VALUE_OK)
		return give_null(isnull);
	*value = pds_datum_of_int(c->typid, v);
	return PDS_CONVERT_OK;
}

/* also of strings, which are read as double columns are */
static PdsConvertResult
text_to_double(PdsConverter *c, Source *s, PdsField *f, Datum *value, bool *isnull)
{
	double		v = 0;

	if (pds_lazy_double(s->text, s->len, &v) != PDS_VALUE_OK)
		return give_null(isnull);
	*value = Float8GetDatum(v);
	return PDS_CONVERT_OK;
}

static PdsConvertResult
text_to_float(PdsConverter *c, Source *s, PdsField *f, Datum *value, bool *isnull)
{
	float		v = 0;

	if (pds_lazy_float(s->text, s->len, &v) != PDS_VALUE_OK)
		return give_null(isnull);
	*value = Float4GetDatum(v);
	return PDS_CONVERT_OK;
}

/* ---- writing from strings ---- */

/* Digits with a sign, nothing else; what int takes is cut to fewer bits. */
static PdsConvertResult
text_to_int(PdsConverter *c, Source *s, PdsField *f, Datum *value, bool *isnull)
{
	bool		big = c->hive.kind == PDS_HIVE_BIGINT;
	uint32		i = s->len > 0 && (s->text[0] == '-' || s->text[0] == '+') ? 1 : 0;
	int64_t		v = 0;

	for (; i < s->len; i++)
		if (s->text[i] < '0' || s->text[i] > '9')
			return give_null(isnull);
	if (pds_lazy_int(s->text, s->len, big ? PG_INT64_MIN : PG_INT32_MIN,
					 big ? PG_INT64_MAX : PG_INT32_MAX, &v) != PDS_VALUE_OK)
		return give_null(isnull);
	if (c->hive.kind == PDS_HIVE_TINYINT)
		v = (int8) v;
	*value = pds_datum_of_int(c->typid, v);
	return PDS_CONVERT_OK;
}

static PdsConvertResult
text_to_bool(PdsConverter *c, Source *s, PdsField *f, Datum *value, bool *isnull)
{
	static const char *const untrue[] = {"", "0", "no", "off", "false"};
	bool		v = true;
	int			i;

	for (i = 0; i < lengthof(untrue); i++)
		if (s->len == strlen(untrue[i]) && pg_strncasecmp(s->text, untrue[i], s->len) == 0)
			v = false;
	*value = BoolGetDatum(v);
	return PDS_CONVERT_OK;
}

/* n digits at *p; -1: there are not */
static int
read_digits(const char **p, const char *end, int n)
{
	int			v = 0;

	if (end - *p < n)
		return -1;
	for (; n > 0; n--, (*p)++)
	{
		if (**p < '0' || **p > '9')
			return -1;
		v = v * 10 + (**p - '0');
	}
	return v;
}

/* ISO's date at *p: four digits of a year, or a sign and more of them; *p then behind it */
static bool
iso_date(const char **p, const char *end, int64 *days)
{
	char		sign = *p < end && (**p == '+' || **p == '-') ? *(*p)++ : 0;
	const char *q = *p;
	int64		year = 0;
	int			month;
	int			day;

	while (q < end && q - *p < 9 && *q >= '0' && *q <= '9')
		year = year * 10 + (*q++ - '0');
	if (q - *p < 4 || (q - *p > 4 && sign == 0) || (q - *p == 4 && sign == '+'))
		return false;
	if (sign == '-')
		year = -year;
	*p = q;
	if (*p == end || *(*p)++ != '-' || (month = read_digits(p, end, 2)) < 1 || month > 12 ||
		*p == end || *(*p)++ != '-' || (day = read_digits(p, end, 2)) < 1 ||
		day > pds_days_of_month(year, month + 1) - pds_days_of_month(year, month))
		return false;
	*days = pds_days_of_month(year, month) + day - 1;
	return true;
}

static PdsConvertResult
text_to_date(PdsConverter *c, Source *s, PdsField *f, Datum *value, bool *isnull)
{
	const char *p = s->text;
	const char *end = p + s->len;
	int64		days;

	if (!iso_date(&p, end, &days) || p != end || days < FIRST_DAY || days > PG_INT32_MAX ||
		!pds_convert_date(days, value))
		return PDS_CONVERT_BAD;
	return PDS_CONVERT_OK;
}

/* " hh:mm[:ss[.fraction]]" to nanoseconds of the day */
static bool
read_iso_time(const char *p, const char *end, int64 *ns)
{
	int			hh;
	int			mm;
	int			ss = 0;
	int64		fraction = 0;
	int			n = 0;

	if (p == end || *p++ != ' ' || (hh = read_digits(&p, end, 2)) < 0 || hh > 23 ||
		p == end || *p++ != ':' || (mm = read_digits(&p, end, 2)) < 0 || mm > 59)
		return false;
	if (p < end && (*p++ != ':' || (ss = read_digits(&p, end, 2)) < 0 || ss > 59))
		return false;
	if (p < end && *p++ != '.')
		return false;
	for (; p < end; p++, n++)
	{
		if (n == 9 || *p < '0' || *p > '9')
			return false;
		fraction = fraction * 10 + (*p - '0');
	}
	for (; n < 9; n++)
		fraction *= 10;
	*ns = ((hh * 60 + mm) * 60 + ss) * INT64CONST(1000000000) + fraction;
	return true;
}

static PdsConvertResult
text_to_timestamp(PdsConverter *c, Source *s, PdsField *f, Datum *value, bool *isnull)
{
	const char *p = s->text;
	const char *end = p + s->len;
	int64		unit = 1000;	/* ns of the digit that is kept */
	int64		days;
	int64		ns;
	int			i;

	if (!iso_date(&p, end, &days) || !read_iso_time(p, end, &ns))
		return give_null(isnull);
	if (days < FIRST_DAY || days > PG_INT32_MAX)
		return PDS_CONVERT_BAD;
	for (i = c->digits; i < 6; i++)
		unit *= 10;
	ns = (ns + unit / 2) / unit * unit;
	return days < TIMESTAMP_END_JULIAN - POSTGRES_EPOCH_JDATE &&
		pds_convert_timestamp(days * USECS_PER_DAY + ns / 1000, value)
		? PDS_CONVERT_OK : PDS_CONVERT_BAD;
}

/* ---- writing strings ---- */

/* the text of the source by the table's own type: cut, padded, checked */
static PdsConvertResult
string_to_string(PdsConverter *c, Source *s, PdsField *f, Datum *value, bool *isnull)
{
	return c->coercion->native(c, f, value, isnull);
}

/* what was made here: ASCII */
static PdsConvertResult
coerced_text(PdsConverter *c, const char *text, size_t len, PdsField *f, Datum *value, bool *isnull)
{
	f->data = pds_convert_arena(c, len + VARHDRSZ) + VARHDRSZ;
	f->len = len;
	f->room = VARHDRSZ;
	f->escaped = false;
	memcpy(f->data, text, len);
	return c->coercion->native(c, f, value, isnull);
}

/* the same where a varchar that is too short is an error */
static PdsConvertResult
coerced_whole(PdsConverter *c, const char *text, size_t len, PdsField *f, Datum *value,
			  bool *isnull)
{
	if (c->hive.kind == PDS_HIVE_VARCHAR && c->hive.precision > 0 &&
		len > (size_t) c->hive.precision)
		return PDS_CONVERT_BAD;
	return coerced_text(c, text, len, f, value, isnull);
}

static PdsConvertResult
bool_to_string(PdsConverter *c, Source *s, PdsField *f, Datum *value, bool *isnull)
{
	const char *text = s->i ? "TRUE" : "FALSE";

	return coerced_whole(c, text, strlen(text), f, value, isnull);
}

static PdsConvertResult
int_to_string(PdsConverter *c, Source *s, PdsField *f, Datum *value, bool *isnull)
{
	int			n = snprintf(s->buf, sizeof(s->buf), INT64_FORMAT, s->i);

	return coerced_whole(c, s->buf, n, f, value, isnull);
}

static PdsConvertResult
float_to_string(PdsConverter *c, Source *s, PdsField *f, Datum *value, bool *isnull)
{
	return coerced_whole(c, s->buf, pds_java_float(s->f, s->buf), f, value, isnull);
}

static PdsConvertResult
double_to_string(PdsConverter *c, Source *s, PdsField *f, Datum *value, bool *isnull)
{
	return coerced_whole(c, s->buf, pds_java_double(s->d, s->buf), f, value, isnull);
}

static PdsConvertResult
decimal_to_string(PdsConverter *c, Source *s, PdsField *f, Datum *value, bool *isnull)
{
	return coerced_whole(c, s->text, s->len, f, value, isnull);
}

static PdsConvertResult
date_to_string(PdsConverter *c, Source *s, PdsField *f, Datum *value, bool *isnull)
{
	if (s->i < FIRST_DAY)
		return PDS_CONVERT_BAD;
	pds_iso_date(s->i, s->buf);
	return coerced_whole(c, s->buf, strlen(s->buf), f, value, isnull);
}

static int64
day_of(int64 us)
{
	return us >= 0 ? us / USECS_PER_DAY : -((-us + USECS_PER_DAY - 1) / USECS_PER_DAY);
}

static PdsConvertResult
timestamp_to_date(PdsConverter *c, Source *s, PdsField *f, Datum *value, bool *isnull)
{
	return s->i >= FIRST_US && pds_convert_date(day_of(s->i), value) ? PDS_CONVERT_OK
		: PDS_CONVERT_BAD;
}

static PdsConvertResult
timestamp_to_string(PdsConverter *c, Source *s, PdsField *f, Datum *value, bool *isnull)
{
	char		text[64];
	int			sec;
	int			n;

	if (s->i < FIRST_US)
		return PDS_CONVERT_BAD;
	pds_iso_date(day_of(s->i), text);
	sec = (int) ((s->i - day_of(s->i) * USECS_PER_DAY) / USECS_PER_SEC);
	n = strlen(text);
	n += snprintf(text + n, sizeof(text) - n, " %02d:%02d:%02d%s%.*s", sec / 3600, sec / 60 % 60,
				  sec % 60, s->len ? "." : "", (int) s->len, s->text);
	return coerced_text(c, text, n, f, value, isnull);
}

/*
 * The bytes of a character at s[0..n), n > 0; *valid false: so many that are
 * none together, as Java counts them.
 */
static uint32
java_char(const unsigned char *s, uint32 n, bool *valid)
{
	uint32		want = s[0] < 0x80 ? 1 : s[0] < 0xC2 ? 0 : s[0] < 0xE0 ? 2 : s[0] < 0xF0 ? 3 :
		s[0] < 0xF5 ? 4 : 0;
	uint32		i;

	*valid = false;
	if (want == 0 ||
		(n > 1 && ((s[0] == 0xE0 && s[1] < 0xA0) || (s[0] == 0xF0 && s[1] < 0x90) ||
				   (s[0] == 0xF4 && s[1] >= 0x90))))
		return 1;
	for (i = 1; i < want; i++)
		if (i >= n || (s[i] & 0xC0) != 0x80)
			return i;
	/* a surrogate has three bytes */
	*valid = !(s[0] == 0xED && s[1] >= 0xA0);
	return want;
}

/* UTF-8; what is none becomes U+FFFD */
static PdsConvertResult
binary_to_string(PdsConverter *c, Source *s, PdsField *f, Datum *value, bool *isnull)
{
	bool		verified = c->text_verified;
	int			encoding = c->file_encoding;
	PdsConvertResult r;
	uint32		i;
	uint32		n;

	f->data = pds_convert_arena(c, (size_t) s->len * 3 + VARHDRSZ) + VARHDRSZ;
	f->len = 0;
	for (i = 0; i < s->len; i += n)
	{
		bool		valid;

		n = java_char((unsigned char *) s->text + i, s->len - i, &valid);
		memcpy(f->data + f->len, valid ? s->text + i : "\xEF\xBF\xBD", valid ? n : 3);
		f->len += valid ? n : 3;
	}
	f->room = VARHDRSZ;
	f->escaped = false;
	c->text_verified = false;
	c->file_encoding = -1;
	r = c->coercion->native(c, f, value, isnull);
	c->text_verified = verified;
	c->file_encoding = encoding;
	return r;
}

/* ---- the pairs ---- */

#define INTS_TO(kind, fn) \
	{PDS_HIVE_TINYINT, kind, coerced_int, fn}, \
	{PDS_HIVE_SMALLINT, kind, coerced_int, fn}, \
	{PDS_HIVE_INT, kind, coerced_int, fn}, \
	{PDS_HIVE_BIGINT, kind, coerced_int, fn}

#define TO_STRINGS(kind, read, fn) \
	{kind, PDS_HIVE_STRING, read, fn}, \
	{kind, PDS_HIVE_VARCHAR, read, fn}

#define STRINGS_TO(kind, fn) \
	{PDS_HIVE_STRING, kind, read_string, fn}, \
	{PDS_HIVE_VARCHAR, kind, read_string, fn}

static const struct
{
	PdsHiveKind from;
	PdsHiveKind to;
	ReadFn		read;
	WriteFn		write;
}			pairs[] = {

	INTS_TO(PDS_HIVE_DOUBLE, int_to_double),
	INTS_TO(PDS_HIVE_DECIMAL, int_to_decimal),
	INTS_TO(PDS_HIVE_STRING, int_to_string),
	INTS_TO(PDS_HIVE_VARCHAR, int_to_string),
	TO_STRINGS(PDS_HIVE_FLOAT, read_float, float_to_string),
	TO_STRINGS(PDS_HIVE_DOUBLE, read_double, double_to_string),
	TO_STRINGS(PDS_HIVE_DECIMAL, read_decimal, decimal_to_string),
	TO_STRINGS(PDS_HIVE_BOOLEAN, read_bool, bool_to_string),
	TO_STRINGS(PDS_HIVE_DATE, coerced_date, date_to_string),
	TO_STRINGS(PDS_HIVE_TIMESTAMP, read_timestamp, timestamp_to_string),
	TO_STRINGS(PDS_HIVE_BINARY, read_binary, binary_to_string),
	TO_STRINGS(PDS_HIVE_CHAR, read_char, string_to_string),
	STRINGS_TO(PDS_HIVE_STRING, string_to_string),
	STRINGS_TO(PDS_HIVE_VARCHAR, string_to_string),
	STRINGS_TO(PDS_HIVE_CHAR, string_to_string),
	STRINGS_TO(PDS_HIVE_BOOLEAN, text_to_bool),
	STRINGS_TO(PDS_HIVE_TINYINT, text_to_int),
	STRINGS_TO(PDS_HIVE_SMALLINT, text_to_int),
	STRINGS_TO(PDS_HIVE_INT, text_to_int),
	STRINGS_TO(PDS_HIVE_BIGINT, text_to_int),
	STRINGS_TO(PDS_HIVE_FLOAT, text_to_float),
	STRINGS_TO(PDS_HIVE_DOUBLE, text_to_double),
	STRINGS_TO(PDS_HIVE_DATE, text_to_date),
	STRINGS_TO(PDS_HIVE_TIMESTAMP, text_to_timestamp),
	{PDS_HIVE_TINYINT, PDS_HIVE_SMALLINT, coerced_int, int_to_int},
	{PDS_HIVE_TINYINT, PDS_HIVE_INT, coerced_int, int_to_int},
	{PDS_HIVE_TINYINT, PDS_HIVE_BIGINT, coerced_int, int_to_int},
	{PDS_HIVE_SMALLINT, PDS_HIVE_INT, coerced_int, int_to_int},
	{PDS_HIVE_SMALLINT, PDS_HIVE_BIGINT, coerced_int, int_to_int},
	{PDS_HIVE_INT, PDS_HIVE_BIGINT, coerced_int, int_to_int},
	{PDS_HIVE_FLOAT, PDS_HIVE_DOUBLE, read_float, float_to_double},
	{PDS_HIVE_FLOAT, PDS_HIVE_DECIMAL, read_float, float_to_decimal},
	{PDS_HIVE_DOUBLE, PDS_HIVE_FLOAT, read_double, double_to_float},
	{PDS_HIVE_DOUBLE, PDS_HIVE_DECIMAL, read_double, double_to_decimal},
	{PDS_HIVE_DECIMAL, PDS_HIVE_TINYINT, read_decimal, decimal_to_int},
	{PDS_HIVE_DECIMAL, PDS_HIVE_SMALLINT, read_decimal, decimal_to_int},
	{PDS_HIVE_DECIMAL, PDS_HIVE_INT, read_decimal, decimal_to_int},
	{PDS_HIVE_DECIMAL, PDS_HIVE_BIGINT, read_decimal, decimal_to_int},
	{PDS_HIVE_DECIMAL, PDS_HIVE_FLOAT, read_decimal, text_to_float},
	{PDS_HIVE_DECIMAL, PDS_HIVE_DOUBLE, read_decimal, text_to_double},
	{PDS_HIVE_DECIMAL, PDS_HIVE_DECIMAL, read_decimal, decimal_to_decimal},
	{PDS_HIVE_TIMESTAMP, PDS_HIVE_DATE, read_timestamp, timestamp_to_date},
	{PDS_HIVE_CHAR, PDS_HIVE_CHAR, read_char, string_to_string},
};

bool
pds_coercion_find(const PdsConverter *c, const char *type, Coercion **out)
{
	PdsHiveType parsed;
	PdsHiveType from;
	PdsError	err;
	bool		same;
	int			i;

	*out = NULL;
	if (!pds_hive_type_parse(type, &parsed, &err))
		return false;
	same = pds_hive_type_equal(&parsed, &c->hive);
	from = parsed;				/* of a scalar nothing is freed */
	pds_hive_type_clear(&parsed);
	if (same)
		return true;
	/* a domain, or a type that Glue has not: there is no rule for it */
	if (from.nchildren > 0 || c->hive.nchildren > 0 || c->fn == pds_convert_by_input)
		return false;
	for (i = 0; i < lengthof(pairs); i++)
		if (pairs[i].from == from.kind && pairs[i].to == c->hive.kind)
		{
			*out = palloc0(sizeof(Coercion));
			(*out)->from = from;
			(*out)->read = pairs[i].read;
			(*out)->write = pairs[i].write;
			(*out)->native = c->fn;
			return true;
		}
	return false;
}

/* NULL by a rule of the SerDe's or of the coercion: counted, and bad when on_error says more */
static PdsConvertResult
no_value(PdsConverter *c, bool empty, bool *isnull)
{
	if (!empty && c->strict)
		return PDS_CONVERT_BAD;
	c->malformed += !empty;
	*isnull = true;
	return PDS_CONVERT_OK;
}

PdsConvertResult
pds_coerce(PdsConverter *c, PdsField *f, Datum *value, bool *isnull)
{
	const Coercion *k = c->coercion;
	PdsField	field = *f;		/* f is for messages */
	bool		empty = f->len == 0;
	Source		s;
	PdsValueResult r = k->read(c, k, &field, &s);

	if (r == PDS_VALUE_ERROR)
		return PDS_CONVERT_BAD;
	if (r == PDS_VALUE_NULL)
		return no_value(c, empty, isnull);
	*isnull = false;
	if (k->write(c, &s, &field, value, isnull) != PDS_CONVERT_OK)
		return PDS_CONVERT_BAD;
	return *isnull ? no_value(c, empty, isnull) : PDS_CONVERT_OK;
}
