/*
 * serde_nested.c
 *	  Arrays, maps and structs in the text of lazysimple, and their JSON.
 */
#include "core/serde/serde_nested.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/assert.h"
#include "core/base/calendar.h"
#include "core/base/utf8.h"
#include "core/serde/csv_write.h"

/* ---- levels and their separators ---- */

/*
 * after field, collection and map key: what Hive leaves of the control
 * characters, then bytes >= 0x80
 */
static const unsigned char deeper[] = {4, 5, 6, 7, 8, 11, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23,
24, 25, 26, 28, 29, 30, 31};

#define ALL_LEVELS (3 + (int) sizeof(deeper) + 128)

int
pds_dialect_levels(const PdsDialect *d)
{
	switch (d->nesting)
	{
		case PDS_NESTING_EXTENDED:
			return 24;
		case PDS_NESTING_ADDITIONAL:
			return ALL_LEVELS;
		default:
			return 8;
	}
}

static char
separator(const PdsDialect *d, int level)
{
	if (level == 1)
		return d->collection_delim;
	if (level == 2)
		return d->mapkey_delim;
	level -= 3;
	if (level < (int) sizeof(deeper))
		return (char) deeper[level];
	return (char) (0x80 + level - (int) sizeof(deeper));
}

static int
levels_below(const PdsHiveType *t, int level)
{
	int			deepest = level;
	int			own = t->kind == PDS_HIVE_MAP ? 2 : 1;
	int			i;

	if (t->nchildren == 0)
		return level;
	for (i = 0; i < t->nchildren; i++)
	{
		int			n = levels_below(&t->children[i], level + own);

		if (n > deepest)
			deepest = n;
	}
	return deepest;
}

int
pds_nested_levels(const PdsHiveType *t)
{
	return levels_below(t, 1);
}

/* ---- cutting ---- */

typedef struct TextSpan
{
	const char *s;
	size_t		n;
	bool		missing;		/* a map's entry without a value; of a key: it
								 * is not written */
} TextSpan;

/* arrays and maps: does the escape at p protect what follows? */
static inline bool
protects(const PdsDialect *d, const char *line, const char *p, size_t value_len)
{
	return d->escape != 0 && *p == d->escape && (size_t) (p - line) + 1 < value_len;
}

static inline bool
is_null(const PdsDialect *d, const char *s, size_t n)
{
	return d->has_null && n == d->null_len && memcmp(s, d->null_text, n) == 0;
}

/* end of the element that begins at p */
static const char *
element_end(const PdsDialect *d, const char *line, const char *p, const char *end, size_t value_len,
			char sep)
{
	while (p < end && *p != sep)
		p += protects(d, line, p, value_len) && p + 1 < end ? 2 : 1;
	return p;
}

bool
pds_lazy_next_element(const PdsDialect *d, const char *line, const PdsField *array, size_t *at,
					  PdsField *e)
{
	const char *end = array->data + array->len;
	const char *p = array->data + *at;
	const char *stop;

	if (array->len == 0 || *at > array->len)
		return false;
	stop = element_end(d, line, p, end, array->len, d->collection_delim);
	*at = (size_t) (stop - array->data) + 1;
	memset(e, 0, sizeof(*e));
	if (is_null(d, p, (size_t) (stop - p)))
		return true;
	e->data = (char *) p;
	e->len = (uint32_t) (stop - p);
	e->escaped = d->escape != 0;
	return true;
}

/* ---- Java's numbers ---- */

/* digits without trailing zeros and the exponent of the first one, from "d.ddde+xx" */
static int
take_apart(const char *text, char *digits, int *exponent)
{
	const char *e = strchr(text, 'e');
	const char *p;
	int			n = 0;

	for (p = text; p < e; p++)
		if (*p >= '0' && *p <= '9')
			digits[n++] = *p;
	while (n > 1 && digits[n - 1] == '0')
		n--;
	*exponent = atoi(e + 1);
	return n;
}

/* plain from 1e-3 up to 1e7, else with an exponent; always a digit after the point */
static size_t
java_layout(const char *digits, int n, int exponent, bool negative, char *out)
{
	char	   *p = out;
	int			i;

	if (negative)
		*p++ = '-';
	if (exponent >= -3 && exponent < 7)
	{
		int			whole = exponent < 0 ? 0 : exponent + 1;

		if (whole == 0)
			*p++ = '0';
		for (i = 0; i < whole; i++)
			*p++ = i < n ? digits[i] : '0';
		*p++ = '.';
		for (i = exponent + 1; i < 0; i++)
			*p++ = '0';
		for (i = whole; i < n; i++)
			*p++ = digits[i];
		if (n <= whole)
			*p++ = '0';
		*p = '\0';
		return (size_t) (p - out);
	}
	*p++ = digits[0];
	*p++ = '.';
	for (i = 1; i < n; i++)
		*p++ = digits[i];
	if (n == 1)
		*p++ = '0';
	p += sprintf(p, "E%d", exponent);
	return (size_t) (p - out);
}

/* NaN and the infinities; 0: none of them */
static size_t
java_special(double v, char *out)
{
	if (isnan(v))
		strcpy(out, "NaN");
	else if (isinf(v))
		strcpy(out, v < 0 ? "-Infinity" : "Infinity");
	else if (v == 0)
		strcpy(out, signbit(v) ? "-0.0" : "0.0");
	else
		return 0;
	return strlen(out);
}

/*
 * The shortest digits that read back as v, the nearest of these.  Fewer than
 * DBL_DIG are found as trailing zeros, but for subnormal numbers.
 */
size_t
pds_java_double(double v, char out[40])
{
	char		text[40];
	char		digits[24];
	int			exponent;
	int			n = (int) java_special(v, out);
	int			precision;

	if (n > 0)
		return (size_t) n;
	for (precision = fabs(v) < DBL_MIN ? 2 : DBL_DIG;; precision++)
	{
		snprintf(text, sizeof(text), "%.*e", precision - 1, fabs(v));
		if (precision >= 17 || strtod(text, NULL) == fabs(v))
			break;
	}
	n = take_apart(text, digits, &exponent);
	return java_layout(digits, n, exponent, v < 0, out);
}

size_t
pds_java_float(float v, char out[40])
{
	char		text[40];
	char		digits[24];
	int			exponent;
	int			n = (int) java_special(v, out);
	int			precision;

	if (n > 0)
		return (size_t) n;
	for (precision = fabsf(v) < FLT_MIN ? 2 : FLT_DIG;; precision++)
	{
		snprintf(text, sizeof(text), "%.*e", precision - 1, (double) fabsf(v));
		if (precision >= 9 || strtof(text, NULL) == fabsf(v))
			break;
	}
	n = take_apart(text, digits, &exponent);
	return java_layout(digits, n, exponent, v < 0, out);
}

/* ---- scalars as text ---- */

static void
put_time(PdsStr *out, int64_t us)
{
	int64_t		day = INT64_C(86400000000);
	int64_t		days = us / day;
	int			ms;
	char		date[32];

	us %= day;
	if (us < 0)
	{
		us += day;
		days--;
	}
	ms = (int) (us / 1000);
	pds_iso_date(days, date);
	pds_str_appendf(out, "%s %02d:%02d:%02d.%03d", date, ms / 3600000, ms / 60000 % 60,
					ms / 1000 % 60, ms % 1000);
}

/* the bytes of a string, unescaped when the dialect says so, cut and padded by type */
static void
put_chars(const PdsDialect *d, const PdsHiveType *t, const char *s, size_t n, PdsStr *out)
{
	size_t		start = out->len;
	size_t		i;
	int			chars;

	if (d->escape == 0 || memchr(s, d->escape, n) == NULL)
		pds_str_append_n(out, s, n);
	else
		for (i = 0; i < n; i++)
		{
			if (s[i] == d->escape && i + 1 < n)
				i++;
			pds_str_append_c(out, s[i]);
		}
	if (out->failed || t->kind == PDS_HIVE_STRING || t->precision == 0)
		return;
	out->len = start + pds_utf8_prefix(out->data + start, out->len - start, t->precision);
	if (t->kind != PDS_HIVE_CHAR)
		return;
	chars = (int) pds_utf8_count(out->data + start, out->len - start);
	for (; chars < t->precision; chars++)
		pds_str_append_c(out, ' ');
}

static PdsValueResult
put_binary(PdsStr *out, const char *s, size_t n)
{
	char	   *bytes = malloc(n + 1);
	size_t		len;

	if (bytes == NULL)
	{
		out->failed = true;
		return PDS_VALUE_OK;
	}
	pds_lazy_binary(s, n, bytes, &len);
	pds_write_base64(bytes, len, out);
	free(bytes);
	return PDS_VALUE_OK;
}

static PdsValueResult
put_integer(PdsHiveKind kind, const char *s, size_t n, PdsStr *out)
{
	int64_t		min = kind == PDS_HIVE_TINYINT ? INT8_MIN : kind == PDS_HIVE_SMALLINT ? INT16_MIN :
		kind == PDS_HIVE_INT ? INT32_MIN : INT64_MIN;
	int64_t		v;
	PdsValueResult r = pds_lazy_int(s, n, min, -(min + 1), &v);

	if (r == PDS_VALUE_OK)
		pds_str_appendf(out, "%lld", (long long) v);
	return r;
}

static PdsValueResult
put_decimal(const PdsHiveType *t, const char *s, size_t n, PdsStr *out)
{
	char		text[64];
	size_t		len;
	int64_t		scaled;
	bool		fits;
	PdsValueResult r = pds_lazy_decimal(s, n, t->precision, t->scale, text, &len, &scaled, &fits);

	if (r == PDS_VALUE_OK)
		pds_str_append_n(out, text, len);
	return r;
}

/* Text of a scalar, unquoted; *quoted: JSON needs it to be a string. */
static PdsValueResult
put_scalar(const PdsDialect *d, const PdsHiveType *t, const char *s, size_t n, PdsStr *out,
		   bool *quoted)
{
	PdsValueResult r;
	char		text[40];
	double		f8;
	float		f4;
	bool		b;
	int32_t		days;
	int64_t		us;

	*quoted = false;
	switch (t->kind)
	{
		case PDS_HIVE_BOOLEAN:
			if ((r = pds_lazy_bool(s, n, &b)) == PDS_VALUE_OK)
				pds_str_append(out, b ? "true" : "false");
			return r;
		case PDS_HIVE_TINYINT:
		case PDS_HIVE_SMALLINT:
		case PDS_HIVE_INT:
		case PDS_HIVE_BIGINT:
			return put_integer(t->kind, s, n, out);
		case PDS_HIVE_DECIMAL:
			return put_decimal(t, s, n, out);
		case PDS_HIVE_FLOAT:
			if ((r = pds_lazy_float(s, n, &f4)) == PDS_VALUE_OK)
			{
				pds_str_append_n(out, text, pds_java_float(f4, text));
				*quoted = !isfinite(f4);
			}
			return r;
		case PDS_HIVE_DOUBLE:
			if ((r = pds_lazy_double(s, n, &f8)) == PDS_VALUE_OK)
			{
				pds_str_append_n(out, text, pds_java_double(f8, text));
				*quoted = !isfinite(f8);
			}
			return r;
		case PDS_HIVE_DATE:
			*quoted = true;
			if ((r = pds_lazy_date(s, n, &days)) == PDS_VALUE_OK)
			{
				pds_iso_date(days, text);
				pds_str_append(out, text);
			}
			return r;
		case PDS_HIVE_TIMESTAMP:
			*quoted = true;
			if ((r = pds_dialect_timestamp(d, s, n, 3, &us)) == PDS_VALUE_OK)
				put_time(out, us);
			return r;
		case PDS_HIVE_BINARY:
			*quoted = true;
			return put_binary(out, s, n);
		default:
			*quoted = true;
			put_chars(d, t, s, n, out);
			return PDS_VALUE_OK;
	}
}

/* ---- JSON ---- */

/* out's bytes from `start` become a JSON string */
static void
quote_tail(PdsStr *out, size_t start)
{
	PdsStr		copy;
	size_t		n = out->len - start;
	size_t		i;

	pds_str_init(&copy);
	if (out->failed || !pds_str_append_n(&copy, pds_str_text(out) + start, n))
	{
		out->failed = true;
		pds_str_free(&copy);
		return;
	}
	out->len = start;
	pds_str_append_c(out, '"');
	for (i = 0; i < n; i++)
	{
		char		c = copy.data[i];

		if (c == '"' || c == '\\')
		{
			pds_str_append_c(out, '\\');
			pds_str_append_c(out, c);
		}
		/* a NUL stays: the caller refuses it, as in any other text */
		else if ((unsigned char) c < ' ' && c != '\0')
			pds_str_appendf(out, "\\u%04X", c);
		else
			pds_str_append_c(out, c);
	}
	pds_str_append_c(out, '"');
	pds_str_free(&copy);
}

static PdsValueResult put_value(const PdsDialect *d, const PdsHiveType *t, const char *line,
								const char *s, size_t n, int level, PdsStr *out);

/* an element: the null text and what does not parse are null */
static PdsValueResult
put_element(const PdsDialect *d, const PdsHiveType *t, const char *line, const TextSpan *v,
			int level, PdsStr *out)
{
	PdsValueResult r = PDS_VALUE_NULL;

	if (!v->missing && !is_null(d, v->s, v->n))
		r = put_value(d, t, line, v->s, v->n, level, out);
	if (r == PDS_VALUE_NULL)
		pds_str_append(out, "null");
	return r == PDS_VALUE_ERROR ? r : PDS_VALUE_OK;
}

static PdsValueResult
put_array(const PdsDialect *d, const PdsHiveType *t, const char *line, const char *s, size_t n,
		  int level, PdsStr *out)
{
	const char *end = s + n;
	const char *p = s;

	PDS_ASSERT(t->kind == PDS_HIVE_ARRAY && t->nchildren == 1);
	pds_str_append_c(out, '[');
	while (n > 0)
	{
		const char *stop = element_end(d, line, p, end, n, separator(d, level));
		TextSpan	v = {p, (size_t) (stop - p), false};

		if (p > s)
			pds_str_append_c(out, ',');
		if (put_element(d, &t->children[0], line, &v, level + 1, out) == PDS_VALUE_ERROR)
			return PDS_VALUE_ERROR;
		if (stop >= end)
			break;
		p = stop + 1;
	}
	pds_str_append_c(out, ']');
	return PDS_VALUE_OK;
}

/* one entry of a map: where it ends, and its key and value */
static const char *
cut_entry(const PdsDialect *d, const char *line, const char *p, const char *end, size_t value_len,
		  int level, TextSpan *key, TextSpan *value)
{
	char		entry_sep = separator(d, level);
	char		key_sep = separator(d, level + 1);
	const char *q = p;
	const char *colon = NULL;

	while (q < end && *q != entry_sep)
	{
		if (*q == key_sep && colon == NULL)
			colon = q++;
		else
			q += protects(d, line, q, value_len) && q + 1 < end ? 2 : 1;
	}
	key->s = p;
	key->n = (size_t) ((colon ? colon : q) - p);
	value->s = colon ? colon + 1 : q;
	value->n = (size_t) (q - value->s);
	value->missing = colon == NULL;
	return q;
}

static PdsValueResult
put_entry(const PdsDialect *d, const PdsHiveType *t, const char *line, const TextSpan *key,
		  const TextSpan *value, int level, PdsStr *out, bool *any)
{
	size_t		start = out->len;
	bool		quoted;
	PdsValueResult r = PDS_VALUE_NULL;

	PDS_ASSERT(t->kind == PDS_HIVE_MAP && t->nchildren == 2);
	/* an entry without a key is none */
	if (key->missing || is_null(d, key->s, key->n))
		return PDS_VALUE_OK;
	if (*any)
		pds_str_append_c(out, ',');
	if (t->children[0].nchildren > 0)
		r = put_value(d, &t->children[0], line, key->s, key->n, level + 2, out);
	else
		r = put_scalar(d, &t->children[0], key->s, key->n, out, &quoted);
	if (r != PDS_VALUE_OK)
	{
		out->len = start;
		return r == PDS_VALUE_ERROR ? r : PDS_VALUE_OK;
	}
	quote_tail(out, start + (*any ? 1 : 0));
	pds_str_append_c(out, ':');
	*any = true;
	return put_element(d, &t->children[1], line, value, level + 2, out);
}

/*
 * Floating point keys: the zeros are equal, whatever their sign, so that the
 * first counts; NaNs are not, but JSON keeps the last of them.
 */
static void
drop_equal_numbers(const PdsHiveType *key, TextSpan *spans, size_t count)
{
	bool		zero = false;
	TextSpan   *nan = NULL;
	size_t		i;

	for (i = 0; i < count; i += 2)
	{
		double		v;
		float		f;

		if (key->kind == PDS_HIVE_DOUBLE)
		{
			if (pds_lazy_double(spans[i].s, spans[i].n, &v) != PDS_VALUE_OK)
				continue;
		}
		else if (pds_lazy_float(spans[i].s, spans[i].n, &f) == PDS_VALUE_OK)
			v = (double) f;
		else
			continue;
		if (v == 0)
		{
			spans[i].missing = zero;
			zero = true;
		}
		else if (isnan(v))
		{
			if (nan)
				nan->missing = true;
			nan = &spans[i];
		}
	}
}

/*
 * Of equal keys the first counts, but jsonb keeps the last: the entries are
 * written in reverse.  (Their order has no meaning.)
 */
static PdsValueResult
put_map(const PdsDialect *d, const PdsHiveType *t, const char *line, const char *s, size_t n,
		int level, PdsStr *out)
{
	const char *end = s + n;
	const char *p = s;
	TextSpan   *spans = NULL;
	size_t		count = 0;
	size_t		cap = 0;
	bool		any = false;
	PdsValueResult r = PDS_VALUE_OK;

	while (n > 0)
	{
		if (count + 2 > cap)
		{
			TextSpan   *grown;

			cap = cap ? cap * 2 : 32;
			grown = realloc(spans, cap * sizeof(TextSpan));
			if (grown == NULL)
			{
				out->failed = true;
				break;
			}
			spans = grown;
		}
		memset(&spans[count], 0, 2 * sizeof(TextSpan));
		p = cut_entry(d, line, p, end, n, level, &spans[count], &spans[count + 1]) + 1;
		count += 2;
		if (p > end)
			break;
	}
	if (t->children[0].kind == PDS_HIVE_DOUBLE || t->children[0].kind == PDS_HIVE_FLOAT)
		drop_equal_numbers(&t->children[0], spans, count);
	pds_str_append_c(out, '{');
	while (count > 0 && r == PDS_VALUE_OK)
	{
		count -= 2;
		r = put_entry(d, t, line, &spans[count], &spans[count + 1], level, out, &any);
	}
	pds_str_append_c(out, '}');
	free(spans);
	return r;
}

/* names as Trino shows them: in lower case */
static void
put_name(PdsStr *out, const char *name)
{
	size_t		start = out->len;

	for (; *name; name++)
		pds_str_append_c(out, *name >= 'A' && *name <= 'Z' ? *name + 32 : *name);
	quote_tail(out, start);
	pds_str_append_c(out, ':');
}

/* what is missing is null, what is too much is dropped, or belongs to the last field */
static PdsValueResult
put_struct(const PdsDialect *d, const PdsHiveType *t, const char *line, const char *s, size_t n,
		   int level, PdsStr *out)
{
	char		sep = separator(d, level);
	const char *end = s + n;
	const char *p = s;
	bool		more = true;
	int			i;

	PDS_ASSERT(t->kind == PDS_HIVE_STRUCT || t->kind == PDS_HIVE_UNION);
	pds_str_append_c(out, '{');
	for (i = 0; i < t->nchildren; i++)
	{
		const char *stop = p;
		TextSpan	v = {p, 0, !more};

		if (d->last_takes_rest && i > 0 && i == t->nchildren - 1)
			stop = end;
		/* here an escape always protects */
		while (more && stop < end && *stop != sep)
			stop += d->escape != 0 && *stop == d->escape && stop + 1 < end ? 2 : 1;
		v.n = (size_t) (stop - p);
		if (i > 0)
			pds_str_append_c(out, ',');
		put_name(out, t->names[i]);
		if (put_element(d, &t->children[i], line, &v, level + 1, out) == PDS_VALUE_ERROR)
			return PDS_VALUE_ERROR;
		more = more && stop < end;
		p = more ? stop + 1 : end;
	}
	pds_str_append_c(out, '}');
	return PDS_VALUE_OK;
}

static PdsValueResult
put_value(const PdsDialect *d, const PdsHiveType *t, const char *line, const char *s, size_t n,
		  int level, PdsStr *out)
{
	size_t		start = out->len;
	bool		quoted;
	PdsValueResult r;

	switch (t->kind)
	{
		case PDS_HIVE_ARRAY:
			return put_array(d, t, line, s, n, level, out);
		case PDS_HIVE_MAP:
			return put_map(d, t, line, s, n, level, out);
		case PDS_HIVE_STRUCT:
		case PDS_HIVE_UNION:
			return put_struct(d, t, line, s, n, level, out);
		default:
			r = put_scalar(d, t, s, n, out, &quoted);
			if (r == PDS_VALUE_OK && quoted)
				quote_tail(out, start);
			return r;
	}
}

PdsValueResult
pds_lazy_json(const PdsDialect *d, const PdsHiveType *t, const char *line, const char *s, size_t n,
			  PdsStr *out)
{
	return put_value(d, t, line, s, n, 1, out);
}
