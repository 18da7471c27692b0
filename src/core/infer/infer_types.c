/*
 * infer_types.c
 *	  What a value can be read as, and what the values of a column have in
 *	  common.
 *
 * A value is given a type only in forms that the parsers of lazysimple and PostgreSQL's
 * input functions read alike.  So: no blanks around it, no "+", no leading
 * zeros (an identifier would lose them), calendar days that exist, times with seconds.
 */
#include "core/infer/infer_internal.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/assert.h"
#include "core/base/strbuf.h"
#include "core/serde/key_value.h"
#include "core/serde/plain_values.h"

/* bytes of an example */
#define EXAMPLE_BYTES 60
/* the longest text that can be a number, date or time */
#define MAX_TYPED 60

const char *const pds_null_words[] = {"\\N", "NULL", "null", "NA", "N/A", "None"};

PDS_ASSERT_ENTRIES(pds_null_words, PDS_NULL_WORDS);

void
pds_infer_options_init(PdsInferOptions *o)
{
	memset(o, 0, sizeof(*o));
	o->delimiter = o->quote = o->escape = o->header = -1;
	o->share = 1;
}

int
pds_null_word(const char *s, size_t n)
{
	int			i;

	for (i = 0; i < PDS_NULL_WORDS; i++)
		if (strlen(pds_null_words[i]) == n && memcmp(s, pds_null_words[i], n) == 0)
			return i;
	return -1;
}

/* ---- values ---- */

static size_t
digits_at(const char *s, size_t n)
{
	size_t		i = 0;

	while (i < n && s[i] >= '0' && s[i] <= '9')
		i++;
	return i;
}

/* the exponent at s, to the end; true when it is one that double holds for sure */
static bool
is_exponent(const char *s, size_t n)
{
	size_t		sign;

	if (n == 0 || (*s != 'e' && *s != 'E'))
		return false;
	s++;
	n--;
	sign = n > 0 && (*s == '-' || *s == '+') ? 1 : 0;
	return n > sign && n - sign <= 2 && digits_at(s + sign, n - sign) == n - sign;
}

static void
classify_number(const char *s, size_t n, PdsCell *c)
{
	bool		minus = *s == '-';
	size_t		whole;
	size_t		fraction = 0;
	const char *p = s + minus;
	size_t		left = n - minus;

	whole = digits_at(p, left);
	if (whole == 0 || (whole > 1 && *p == '0'))
		return;
	c->whole = (int) whole;
	p += whole;
	left -= whole;
	if (left > 0 && *p == '.')
	{
		fraction = digits_at(p + 1, left - 1);
		if (fraction == 0)
			return;
		p += fraction + 1;
		left -= fraction + 1;
	}
	c->fraction = (int) fraction;
	if (left > 0)
	{
		if (is_exponent(p, left))
			c->can = PDS_CAN_DOUBLE;
		return;
	}
	c->can = PDS_CAN_DOUBLE;
	if (whole + fraction <= 38)
		c->can |= PDS_CAN_DECIMAL;
	if (fraction == 0 && pds_lazy_int(s, n, INT64_MIN, INT64_MAX, &c->magnitude) == PDS_VALUE_OK)
	{
		c->can |= PDS_CAN_INT;
		if (c->magnitude < 0)
			c->magnitude = c->magnitude == INT64_MIN ? INT64_MAX : -c->magnitude;
	}
}

/* two digits below limit */
static bool
below(const char *s, int limit)
{
	return digits_at(s, 2) == 2 && (s[0] - '0') * 10 + (s[1] - '0') < limit;
}

/* Z, +01, +0100, +01:00 */
static bool
is_zone(const char *s, size_t n)
{
	if (n == 1)
		return *s == 'Z';
	if ((n != 3 && n != 5 && n != 6) || (*s != '+' && *s != '-') || !below(s + 1, 15))
		return false;
	return n == 3 || (n == 5 ? below(s + 3, 60) : s[3] == ':' && below(s + 4, 60));
}

/* yyyy-MM-dd is there; hh:mm:ss[.f][zone] after it */
static void
classify_time(const char *s, size_t n, PdsCell *c)
{
	int64_t		us;
	size_t		rest = 19;

	if (n < 19 || (s[10] != ' ' && s[10] != 'T') || !below(s + 11, 24) || s[13] != ':' ||
		!below(s + 14, 60) || s[16] != ':' || !below(s + 17, 60))
		return;
	if (n > rest && s[rest] == '.')
	{
		size_t		fraction = digits_at(s + rest + 1, n - rest - 1);

		if (fraction < 1 || fraction > 9)
			return;
		c->fraction = (int) fraction;
		rest += fraction + 1;
	}
	if (rest == n)
	{
		if (pds_lazy_timestamp(s, n, &us) == PDS_VALUE_OK)
			c->can = PDS_CAN_TIMESTAMP;
	}
	else if (is_zone(s + rest, n - rest))
		c->can = PDS_CAN_TIMESTAMPTZ;
}

static bool
is_word(const char *s, size_t n, const char *word)
{
	size_t		i;

	for (i = 0; i < n; i++)
		if (tolower((unsigned char) s[i]) != word[i])
			return false;
	return word[n] == '\0';
}

void
pds_cell_classify(const char *s, size_t n, PdsCell *out)
{
	int32_t		days;

	memset(out, 0, sizeof(*out));
	if (n == 0 || n > MAX_TYPED)
		return;
	if (is_word(s, n, "true") || is_word(s, n, "false"))
		out->can = PDS_CAN_BOOLEAN;
	else if ((n == 3 && memcmp(s, "NaN", 3) == 0) || (n == 8 && memcmp(s, "Infinity", 8) == 0) ||
			 (n == 9 && memcmp(s, "-Infinity", 9) == 0))
	{
		out->can = PDS_CAN_DOUBLE;
		out->special = true;
	}
	else if (n >= 10 && pds_plain_date_at(s, &days))
	{
		if (n == 10)
			out->can = PDS_CAN_DATE;
		else
			classify_time(s, n, out);
	}
	else if (*s == '-' || (*s >= '0' && *s <= '9'))
		classify_number(s, n, out);
}

bool
pds_cell_is_number(const char *s, size_t n)
{
	PdsCell		cell;

	pds_cell_classify(s, n, &cell);
	return (cell.can & PDS_CAN_DOUBLE) != 0 && !cell.special;
}

unsigned int
pds_classes(const char *s, size_t n)
{
	unsigned int found = 0;
	size_t		i;

	for (i = 0; i < n; i++)
	{
		unsigned char c = (unsigned char) s[i];

		if (c >= 'a' && c <= 'z')
			found |= PDS_CLASS_LOWER;
		else if (c >= 'A' && c <= 'Z')
			found |= PDS_CLASS_UPPER;
		else if (c >= '0' && c <= '9')
			found |= PDS_CLASS_DIGIT;
		else if (c == ' ')
			found |= PDS_CLASS_BLANK;
		else if (c == '_')
			found |= PDS_CLASS_UNDERSCORE;
		else
			found |= c < 0x80 ? PDS_CLASS_OTHER : PDS_CLASS_HIGH;
	}
	return found;
}

static PdsShape
shape_of(unsigned int classes, const char *s, size_t n)
{
	if (classes & PDS_CLASS_HIGH)
		return PDS_SHAPE_OTHER;
	if (classes & (PDS_CLASS_BLANK | PDS_CLASS_OTHER))
		return PDS_SHAPE_WORDS;
	if (n == 0 || (s[0] >= '0' && s[0] <= '9') ||
		!(classes & (PDS_CLASS_LOWER | PDS_CLASS_UPPER)))
		return PDS_SHAPE_OTHER;
	return !(classes & PDS_CLASS_UPPER) ? PDS_SHAPE_LOWER
		: !(classes & PDS_CLASS_LOWER) ? PDS_SHAPE_UPPER : PDS_SHAPE_CAPITAL;
}

PdsShape
pds_shape(const char *s, size_t n)
{
	return shape_of(pds_classes(s, n), s, n);
}

/* ---- columns ---- */

void
pds_stats_init(PdsColumnStats *c)
{
	memset(c, 0, sizeof(*c));
	c->can = PDS_CAN_ALL;
	c->classes_all = ~0u;
	c->min_fraction = -1;
}

static bool
set_example(PdsColumnStats *c, const char *s, size_t n)
{
	char		text[EXAMPLE_BYTES + 1];

	if (c->example)
		return true;
	pds_copy_cut(text, sizeof(text), s, n);
	c->example = pds_strdup(text);
	return c->example != NULL;
}

bool
pds_stats_add(PdsColumnStats *c, const char *s, size_t n, bool quoted)
{
	PdsCell		cell;
	unsigned int classes;
	int			word;

	if (n == 0)
	{
		if (quoted)
			c->quoted_empty++;
		else
			c->empty++;
		return true;
	}
	word = quoted ? -1 : pds_null_word(s, n);
	if (word >= 0)
	{
		c->words[word]++;
		return true;
	}
	pds_cell_classify(s, n, &cell);
	c->values++;
	classes = pds_classes(s, n);
	c->shapes[shape_of(classes, s, n)]++;
	c->classes_all &= classes;
	c->classes_any |= classes;
	c->can &= cell.can;
	if (cell.can != 0 || digits_at(s, n) == n)
		c->typed++;
	if (cell.can & PDS_CAN_DOUBLE && !cell.special)
		c->numbers++;
	if (cell.magnitude > c->magnitude)
		c->magnitude = cell.magnitude;
	if (cell.whole > c->whole)
		c->whole = cell.whole;
	if (cell.can & PDS_CAN_DECIMAL)
	{
		if (c->min_fraction < 0 || cell.fraction < c->min_fraction)
			c->min_fraction = cell.fraction;
		if (cell.fraction > c->max_fraction)
			c->max_fraction = cell.fraction;
	}
	else if (cell.can & (PDS_CAN_TIMESTAMP | PDS_CAN_TIMESTAMPTZ) &&
			 cell.fraction > c->max_second_fraction)
		c->max_second_fraction = cell.fraction;
	return set_example(c, s, n);
}

/* int where no later value is likely to need more: counters grow with the data */
static bool
fits_int(const PdsColumnStats *c, const PdsInferOptions *opt)
{
	double		share = opt->everything ? 1 : opt->share > 0 && opt->share < 1 ? opt->share : 1;

	return (double) c->magnitude / share <= 2147483647.0;
}

/*
 * Decimal when the numbers always have the same two or more digits after the
 * point, as money has, or are too large for bigint: it never rounds what is
 * like that.  Other fractions are double.
 */
static bool
decimal_type(const PdsColumnStats *c, PdsHiveType *out)
{
	int			scale = c->max_fraction;
	int			precision = c->whole + scale;

	if (!(c->can & PDS_CAN_DECIMAL) || c->min_fraction != scale || scale == 1 || precision > 38)
		return false;
	out->kind = PDS_HIVE_DECIMAL;
	/* room for larger numbers than the samples have */
	out->precision = precision <= 16 ? 18 : 38;
	out->scale = scale;
	return true;
}

void
pds_stats_type(const PdsColumnStats *c, int word, bool empty_is_null, const PdsInferOptions *opt,
			   PdsHiveType *out)
{
	unsigned int can = c->can;
	int			i;

	memset(out, 0, sizeof(*out));
	out->kind = PDS_HIVE_STRING;
	if (opt->all_text || c->values == 0 || c->quoted_empty > 0 || (c->empty > 0 && !empty_is_null))
		return;
	for (i = 0; i < PDS_NULL_WORDS; i++)
		if (c->words[i] > 0 && i != word)
			return;
	if (can & PDS_CAN_BOOLEAN)
		out->kind = PDS_HIVE_BOOLEAN;
	else if (can & PDS_CAN_INT)
		out->kind = fits_int(c, opt) ? PDS_HIVE_INT : PDS_HIVE_BIGINT;
	else if (decimal_type(c, out))
		return;
	else if (can & PDS_CAN_DOUBLE)
		out->kind = c->numbers > 0 ? PDS_HIVE_DOUBLE : PDS_HIVE_STRING;
	else if (can & PDS_CAN_DATE)
		out->kind = PDS_HIVE_DATE;
	else if (can & PDS_CAN_TIMESTAMP)
		out->kind = PDS_HIVE_TIMESTAMP;
	else if (can & PDS_CAN_TIMESTAMPTZ)
		out->kind = PDS_HIVE_TIMESTAMPTZ;
}

void
pds_infer_key_type(const char *const *values, int n, PdsHiveType *out)
{
	PdsColumnStats c;
	PdsInferOptions opt;
	int			i;

	pds_infer_options_init(&opt);
	opt.everything = true;
	pds_stats_init(&c);
	for (i = 0; i < n; i++)
		if (strcmp(values[i], PDS_HIVE_NULL_PARTITION) != 0 &&
			!pds_stats_add(&c, values[i], strlen(values[i]), true))
			break;
	/* a number with a fraction, a time: the text of a folder is safer */
	pds_stats_type(&c, -1, false, &opt, out);
	if (i < n || (out->kind != PDS_HIVE_INT && out->kind != PDS_HIVE_BIGINT &&
				  out->kind != PDS_HIVE_DATE))
	{
		memset(out, 0, sizeof(*out));
		out->kind = PDS_HIVE_STRING;
	}
	free(c.example);
}

void
pds_hive_type_name(const PdsHiveType *t, char *out, size_t cap)
{
	static const char *const names[] = {
		[PDS_HIVE_BOOLEAN] = "boolean", [PDS_HIVE_TINYINT] = "tinyint",
		[PDS_HIVE_SMALLINT] = "smallint", [PDS_HIVE_INT] = "int", [PDS_HIVE_BIGINT] = "bigint",
		[PDS_HIVE_FLOAT] = "float", [PDS_HIVE_DOUBLE] = "double", [PDS_HIVE_STRING] = "string",
		[PDS_HIVE_DATE] = "date", [PDS_HIVE_TIMESTAMP] = "timestamp",
		[PDS_HIVE_TIMESTAMPTZ] = "timestamp with time zone", [PDS_HIVE_BINARY] = "binary"
	};

	PDS_ASSERT(t->nchildren == 0);
	switch (t->kind)
	{
		case PDS_HIVE_DECIMAL:
			snprintf(out, cap, "decimal(%d,%d)", t->precision, t->scale);
			break;
		case PDS_HIVE_VARCHAR:
		case PDS_HIVE_CHAR:
			if (t->precision == 0)
				snprintf(out, cap, t->kind == PDS_HIVE_CHAR ? "char" : "varchar");
			else
				snprintf(out, cap, t->kind == PDS_HIVE_CHAR ? "char(%d)" : "varchar(%d)",
						 t->precision);
			break;
		default:
			snprintf(out, cap, "%s", t->kind < sizeof(names) / sizeof(names[0]) &&
					 names[t->kind] ? names[t->kind] : "string");
	}
}
