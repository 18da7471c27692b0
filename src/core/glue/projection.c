/*
 * projection.c
 *	  Partition projection: the partitions that a table's properties describe
 *	  (doc/dev/aws.md §5.3).  Where AWS says nothing, Trino 476 rules.
 */
#include "core/glue/projection.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/assert.h"
#include "core/base/calendar.h"
#include "core/glue/date_pattern.h"
#include "core/glue/hive_path.h"
#include "core/serde/hive_type.h"

#define MS_PER_DAY	INT64_C(86400000)

/* units: of a fixed length in ms, or of months */
typedef struct IntervalUnit
{
	const char *name;
	int64_t		ms;
	int			months;
} IntervalUnit;

static const IntervalUnit units[] = {
	{"YEAR", 0, 12}, {"MONTH", 0, 1}, {"WEEK", 7 * MS_PER_DAY, 0}, {"DAY", MS_PER_DAY, 0},
	{"HOUR", 3600000, 0}, {"MINUTE", 60000, 0}, {"SECOND", 1000, 0}, {"MILLISECOND", 1, 0}
};
#define NUNITS ((int) (sizeof(units) / sizeof(units[0])))
/* NOW+-n takes all but milliseconds */
#define NUNITS_NOW (NUNITS - 1)

typedef struct Key
{
	char	   *name;
	PdsHiveKind hive;
	PdsProjectionKind kind;
	int64_t		count;
	/* enum */
	char	  **values;
	/* integer, date: the first and the last value, and the step between two */
	int64_t		first;
	int64_t		last;
	int64_t		step;			/* of a date in ms, or in months */
	bool		by_month;
	int			digits;
	PdsDatePattern *pattern;
	bool		ordered;
} Key;

struct PdsProjection
{
	Key		   *keys;
	int			nkeys;
	char	   *template;		/* of the location */
	bool		escape;			/* values in it, as Hive does: the template is
								 * the default one */
};

/* ---- properties ---- */

bool
pds_projection_enabled(const PdsProperties *parameters)
{
	const char *v = pds_property(parameters, "projection.enabled");

	return v && pds_strcasecmp(v, "true") == 0;
}

/* projection.KEY.what, or NULL */
static const char *
property(const PdsProperties *p, const Key *key, const char *what)
{
	PdsStr		name;
	const char *value = NULL;

	pds_str_init(&name);
	pds_str_appendf(&name, "projection.%s.%s", key->name, what);
	if (!name.failed)
		value = pds_property(p, pds_str_text(&name));
	pds_str_free(&name);
	return value;
}

static bool
wrong(PdsError *err, const Key *key, const char *what, const char *value, const char *why)
{
	pds_error_set(err, PDS_ERR_CONFIG, "the property projection.%s.%s %s%s%s: %s", key->name, what,
				  value ? "is \"" : "is missing", value ? value : "", value ? "\"" : "", why);
	pds_error_hint(err,
				   "Correct the table's properties in Glue: Athena refuses such a table, too.");
	return false;
}

/* a whole number with nothing but blanks around it */
static bool
parse_int(const char *text, size_t len, int64_t *out)
{
	char		buf[32];
	char	   *end;

	while (len > 0 && isspace((unsigned char) *text))
		text++, len--;
	while (len > 0 && isspace((unsigned char) text[len - 1]))
		len--;
	if (len == 0 || len >= sizeof(buf))
		return false;
	memcpy(buf, text, len);
	buf[len] = '\0';
	errno = 0;
	*out = strtoll(buf, &end, 10);
	return *end == '\0' && errno == 0;
}

/* a positive number; absent leaves *out */
static bool
positive(const PdsProperties *p, const Key *key, const char *what, int64_t max, int64_t *out,
		 PdsError *err)
{
	const char *text = property(p, key, what);

	if (text == NULL)
		return true;
	if (!parse_int(text, strlen(text), out) || *out < 1 || *out > max)
		return wrong(err, key, what, text, "a positive number is needed");
	return true;
}

static bool
is_text(const Key *key)
{
	return key->hive == PDS_HIVE_STRING || key->hive == PDS_HIVE_VARCHAR ||
		key->hive == PDS_HIVE_CHAR;
}

static bool
is_int(const Key *key)
{
	return key->hive == PDS_HIVE_TINYINT || key->hive == PDS_HIVE_SMALLINT ||
		key->hive == PDS_HIVE_INT || key->hive == PDS_HIVE_BIGINT;
}

/* ---- enum ---- */

/* a comma separated list in which blanks count */
static bool
parse_enum(Key *key, const PdsProperties *p, PdsError *err)
{
	const char *text = property(p, key, "values");
	const char *at = text;
	size_t		cap = 1;

	if (text == NULL)
		return wrong(err, key, "values", NULL, "an enum needs its values");
	for (; *at; at++)
		cap += *at == ',';
	key->values = calloc(cap, sizeof(char *));
	if (key->values == NULL)
		return pds_error_oom(err);
	for (at = text; *at;)
	{
		size_t		len = strcspn(at, ",");

		if (len > 0)
		{
			key->values[key->count] = pds_strndup(at, len);
			if (key->values[key->count] == NULL)
				return pds_error_oom(err);
			key->count++;
		}
		at += len + (at[len] == ',');
	}
	return key->count > 0 || wrong(err, key, "values", text, "an enum needs its values");
}

/* ---- integer ---- */

static void
append_integer(const Key *key, int64_t v, PdsStr *out)
{
	pds_str_appendf(out, "%0*lld", key->digits, (long long) v);
}

static size_t
integer_width(const Key *key, int64_t v)
{
	char		buf[96];

	return (size_t) snprintf(buf, sizeof(buf), "%0*lld", key->digits, (long long) v);
}

static bool
parse_integer(Key *key, const PdsProperties *p, PdsError *err)
{
	const char *range = property(p, key, "range");
	const char *comma = range ? strchr(range, ',') : NULL;
	int64_t		digits = 1;
	uint64_t	span;

	key->step = 1;
	if (range == NULL)
		return wrong(err, key, "range", NULL, "two numbers are needed");
	if (comma == NULL || !parse_int(range, (size_t) (comma - range), &key->first) ||
		!parse_int(comma + 1, strlen(comma + 1), &key->last))
		return wrong(err, key, "range", range, "two numbers are needed");
	if (key->last < key->first)
		return wrong(err, key, "range", range, "it ends before it begins");
	if (!positive(p, key, "interval", INT64_MAX, &key->step, err) ||
		!positive(p, key, "digits", 64, &digits, err))
		return false;
	key->digits = (int) digits;
	span = ((uint64_t) key->last - (uint64_t) key->first) / (uint64_t) key->step;
	if (span >= INT64_MAX)
		return wrong(err, key, "range", range, "it has too many values");
	key->count = (int64_t) span + 1;
	key->ordered = is_int(key) || key->hive == PDS_HIVE_DECIMAL ||
		(key->first >= 0 && integer_width(key, key->first) == integer_width(key, key->last));
	return true;
}

/* ---- date ---- */

/* a number of months later; a day that the month lacks becomes its last one */
static int64_t
add_months(int64_t ms, int64_t n)
{
	int64_t		days = ms / MS_PER_DAY - (ms % MS_PER_DAY < 0);
	int64_t		year;
	int64_t		start;
	int			month;
	int			day;
	int			length;

	pds_date_of_days(days, &year, &month, &day);
	start = pds_days_of_month(year, month + n);
	length = (int) (pds_days_of_month(year, month + n + 1) - start);
	return (start + (day > length ? length : day) - 1) * MS_PER_DAY + ms - days * MS_PER_DAY;
}

static int64_t
date_at(const Key *key, int64_t n)
{
	return key->by_month ? add_months(key->first, n * key->step) : key->first + n * key->step;
}

static void
skip_blanks(const char **s)
{
	while (isspace((unsigned char) **s))
		(*s)++;
}

/* the unit a text begins with, plural or not; NULL: none.  *s moves behind it. */
static const IntervalUnit *
parse_unit(const char **s, int n)
{
	char		word[16];
	size_t		len = strspn(*s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
	int			i;

	if (len == 0 || len >= sizeof(word))
		return NULL;
	memcpy(word, *s, len);
	word[len] = '\0';
	for (i = 0; i < n; i++)
	{
		size_t		name = strlen(units[i].name);

		if (len - name > 1 || (len == name + 1 && word[name] != 'S' && word[name] != 's'))
			continue;
		word[name] = '\0';
		if (pds_strcasecmp(word, units[i].name) == 0)
		{
			*s += len;
			return &units[i];
		}
		word[name] = (*s)[name];
	}
	return NULL;
}

/* NOW, NOW+2DAYS, NOW - 1 MONTH */
static bool
parse_now(const char *s, int64_t now, int64_t *ms)
{
	int64_t		n = 0;
	const IntervalUnit *unit;
	char		sign;

	skip_blanks(&s);
	if (!pds_str_has_prefix(s, "NOW"))
		return false;
	s += 3;
	skip_blanks(&s);
	*ms = now;
	if (*s == '\0')
		return true;
	sign = *s++;
	if (sign != '+' && sign != '-')
		return false;
	skip_blanks(&s);
	if (!isdigit((unsigned char) *s))
		return false;
	for (; isdigit((unsigned char) *s); s++)
		if ((n = n * 10 + (*s - '0')) > 1000000000)
			return false;
	skip_blanks(&s);
	unit = parse_unit(&s, NUNITS_NOW);
	skip_blanks(&s);
	if (unit == NULL || *s != '\0')
		return false;
	n = sign == '-' ? -n : n;
	*ms = unit->months ? add_months(now, n * unit->months) : now + n * unit->ms;
	return true;
}

/* what the format leaves of a time */
static bool
cut_to_format(const Key *key, int64_t *ms)
{
	PdsStr		text;
	bool		ok;

	pds_str_init(&text);
	pds_date_pattern_format(key->pattern, *ms, &text);
	ok = !text.failed && pds_date_pattern_parse(key->pattern, pds_str_text(&text), ms);
	pds_str_free(&text);
	return ok;
}

static bool
parse_bound(const Key *key, const char *text, size_t len, int64_t now, int64_t *ms)
{
	char	   *copy;
	const char *s;
	bool		ok;

	while (len > 0 && isspace((unsigned char) text[len - 1]))
		len--;
	copy = pds_strndup(text, len);
	if (copy == NULL)
		return false;
	s = copy;
	skip_blanks(&s);
	ok = parse_now(s, now, ms) || pds_date_pattern_parse(key->pattern, s, ms);
	free(copy);
	return ok && *ms >= pds_days_of_month(1, 1) * MS_PER_DAY &&
		*ms < pds_days_of_month(10000, 1) * MS_PER_DAY && cut_to_format(key, ms);
}

static bool
parse_step(Key *key, const PdsProperties *p, PdsError *err)
{
	const char *text = property(p, key, "interval.unit");
	const char *s = text;
	const IntervalUnit *unit;

	key->step = 1;
	if (!positive(p, key, "interval", 1000000000, &key->step, err))
		return false;
	if (text)
	{
		skip_blanks(&s);
		unit = parse_unit(&s, NUNITS);
		skip_blanks(&s);
		if (unit == NULL || *s)
			return wrong(err, key, "interval.unit", text,
						 "YEARS, MONTHS, WEEKS, DAYS, HOURS, MINUTES, SECONDS or MILLISECONDS is needed");
	}
	else if (pds_date_pattern_has_time(key->pattern))
		return wrong(err, key, "interval.unit", NULL,
					 "it is needed where the format is finer than a day");
	else
		unit = &units[pds_date_pattern_has_day(key->pattern) ? 3 : 1];
	if (key->hive == PDS_HIVE_DATE && unit->months == 0 && unit->ms < MS_PER_DAY)
		return wrong(err, key, "interval.unit", text, "a key of type date has no times of day");
	key->by_month = unit->months > 0;
	key->step *= key->by_month ? unit->months : unit->ms;
	PDS_ASSERT(key->kind == PDS_PROJECTION_DATE && key->step > 0);
	return true;
}

static int64_t
count_dates(const Key *key)
{
	int64_t		low = 0;
	int64_t		high;

	if (!key->by_month)
		return (key->last - key->first) / key->step + 1;
	/* 9,999 years have fewer months than this */
	high = 120000 / key->step + 1;
	while (low + 1 < high)
	{
		int64_t		mid = (low + high) / 2;

		if (date_at(key, mid) <= key->last)
			low = mid;
		else
			high = mid;
	}
	return low + 1;
}

static bool
parse_date(Key *key, const PdsProperties *p, int64_t now, PdsError *err)
{
	const char *format = property(p, key, "format");
	const char *range = property(p, key, "range");
	const char *comma = range ? strchr(range, ',') : NULL;

	if (format == NULL)
		return wrong(err, key, "format", NULL, "a date needs its format");
	key->pattern = pds_date_pattern_new(format, err);
	if (key->pattern == NULL)
	{
		PdsError	why = *err;

		if (why.kind == PDS_ERR_UNSUPPORTED)
			return pds_error_set(err, PDS_ERR_UNSUPPORTED,
								 "the property projection.%s.format is \"%s\": %s", key->name,
								 format, why.message);
		return why.kind == PDS_ERR_OUT_OF_MEMORY ? false
			: wrong(err, key, "format", format, why.message);
	}
	if (range == NULL || comma == NULL)
		return wrong(err, key, "range", range, "two dates are needed");
	if (!parse_bound(key, range, (size_t) (comma - range), now, &key->first) ||
		!parse_bound(key, comma + 1, strlen(comma + 1), now, &key->last))
		return wrong(err, key, "range", range,
					 "two dates of the format, or NOW, or like NOW-3YEARS, are needed");
	if (key->last < key->first)
		return wrong(err, key, "range", range, "it ends before it begins");
	if (!parse_step(key, p, err))
		return false;
	key->count = count_dates(key);
	key->ordered = key->hive == PDS_HIVE_DATE || key->hive == PDS_HIVE_TIMESTAMP ||
		pds_date_pattern_ordered(key->pattern);
	return true;
}

/* ---- a table ---- */

static bool
parse_key(Key *key, const PdsGlueColumn *column, const PdsProperties *p, int64_t now,
		  PdsError *err)
{
	const char *type;
	PdsHiveType hive;

	key->name = pds_strdup(column->name);
	if (key->name == NULL)
		return pds_error_oom(err);
	if (!pds_hive_type_parse(column->type, &hive, err))
		return false;
	key->hive = hive.kind;
	pds_hive_type_clear(&hive);
	type = property(p, key, "type");
	if (type && pds_strcasecmp(type, "enum") == 0)
	{
		key->kind = PDS_PROJECTION_ENUM;
		return parse_enum(key, p, err);
	}
	if (type && pds_strcasecmp(type, "integer") == 0)
	{
		key->kind = PDS_PROJECTION_INTEGER;
		return parse_integer(key, p, err);
	}
	if (type && pds_strcasecmp(type, "date") == 0)
	{
		key->kind = PDS_PROJECTION_DATE;
		return parse_date(key, p, now, err);
	}
	if (type && pds_strcasecmp(type, "injected") == 0)
	{
		key->kind = PDS_PROJECTION_INJECTED;
		if (is_text(key) || is_int(key))
			return true;
		return wrong(err, key, "type", type, "it is for keys of type string or integer");
	}
	return wrong(err, key, "type", type, "enum, integer, date or injected is needed");
}

static const Key *
key_named(const PdsProjection *p, const char *name, size_t len)
{
	int			i;

	for (i = 0; i < p->nkeys; i++)
		if (strlen(p->keys[i].name) == len && strncmp(p->keys[i].name, name, len) == 0)
			return &p->keys[i];
	return NULL;
}

/* the template of the properties, which names every key, or the default one */
static bool
parse_template(PdsProjection *p, const PdsGlueTable *table, PdsError *err)
{
	const char *given = pds_property(&table->parameters, "storage.location.template");
	const char *base = table->sd.location ? table->sd.location : "";
	const char *s;
	PdsStr		out;
	int			i;

	pds_str_init(&out);
	pds_str_append(&out, given ? given : base);
	if (out.len == 0 || out.data[out.len - 1] != '/')
		pds_str_append_c(&out, '/');
	for (i = 0; i < p->nkeys; i++)
	{
		if (!given)
			pds_str_appendf(&out, "%s=${%s}/", p->keys[i].name, p->keys[i].name);
		else
		{
			PdsStr		place;
			bool		found;

			pds_str_init(&place);
			pds_str_appendf(&place, "${%s}", p->keys[i].name);
			found = strstr(given, pds_str_text(&place)) != NULL;
			pds_str_free(&place);
			if (!found)
			{
				pds_error_set(err, PDS_ERR_CONFIG,
							  "the property storage.location.template \"%s\" does not name the partition key %s",
							  given, p->keys[i].name);
				goto fail;
			}
		}
	}
	if (out.failed)
	{
		pds_error_oom(err);
		goto fail;
	}
	for (s = out.data; (s = strstr(s, "${")) != NULL; s += 2)
		if (strchr(s, '}') == NULL || key_named(p, s + 2, strcspn(s + 2, "}")) == NULL)
		{
			pds_error_set(err, PDS_ERR_CONFIG,
						  "the property storage.location.template \"%s\" names something else than partition keys",
						  out.data);
			goto fail;
		}
	p->template = out.data;
	p->escape = given == NULL;
	return true;

fail:
	if (err->kind == PDS_ERR_CONFIG)
		pds_error_hint(err, "It needs ${KEY} for every partition key: correct it in Glue.");
	pds_str_free(&out);
	return false;
}

PdsProjection *
pds_projection_new(const PdsGlueTable *table, int64_t now_ms, PdsError *err)
{
	PdsProjection *p = calloc(1, sizeof(PdsProjection));
	int			n = table->npartition_keys;
	bool		ok = true;
	int			i;

	pds_error_clear(err);
	if (p == NULL || (p->keys = calloc((size_t) n + 1, sizeof(Key))) == NULL)
	{
		free(p);
		pds_error_oom(err);
		return NULL;
	}
	for (i = 0; i < n && ok; i++)
	{
		p->nkeys = i + 1;
		ok = parse_key(&p->keys[i], &table->partition_keys[i], &table->parameters, now_ms, err);
	}
	if (!ok || !parse_template(p, table, err))
	{
		pds_projection_free(p);
		return NULL;
	}
	return p;
}

void
pds_projection_free(PdsProjection *p)
{
	int			i;
	int64_t		k;

	if (p == NULL)
		return;
	for (i = 0; i < p->nkeys; i++)
	{
		Key		   *key = &p->keys[i];

		for (k = 0; key->values && k < key->count; k++)
			free(key->values[k]);
		free(key->values);
		free(key->name);
		pds_date_pattern_free(key->pattern);
	}
	free(p->keys);
	free(p->template);
	free(p);
}

/* ---- values ---- */

PdsProjectionKind
pds_projection_kind(const PdsProjection *p, int key)
{
	PDS_ASSERT(key >= 0 && key < p->nkeys);
	return p->keys[key].kind;
}

int64_t
pds_projection_count(const PdsProjection *p, int key)
{
	return p->keys[key].count;
}

bool
pds_projection_ordered(const PdsProjection *p, int key)
{
	return p->keys[key].ordered;
}

/* as Hive writes a date or a timestamp */
static void
append_hive_time(const Key *key, int64_t ms, PdsStr *out)
{
	int64_t		days = ms / MS_PER_DAY - (ms % MS_PER_DAY < 0);
	int			of_day = (int) (ms - days * MS_PER_DAY);
	int64_t		year;
	int			month;
	int			day;

	pds_date_of_days(days, &year, &month, &day);
	pds_str_appendf(out, "%04d-%02d-%02d", (int) year, month, day);
	if (key->hive == PDS_HIVE_TIMESTAMP)
		pds_str_appendf(out, " %02d:%02d:%02d.%03d", of_day / 3600000, of_day / 60000 % 60,
						of_day / 1000 % 60, of_day % 1000);
}

void
pds_projection_value(const PdsProjection *p, int key, int64_t n, PdsStr *value, PdsStr *folder)
{
	const Key  *k = &p->keys[key];
	bool		typed = k->hive == PDS_HIVE_DATE || k->hive == PDS_HIVE_TIMESTAMP;

	pds_str_reset(value);
	pds_str_reset(folder);
	switch (k->kind)
	{
		case PDS_PROJECTION_ENUM:
			pds_str_append(folder, k->values[n]);
			break;
		case PDS_PROJECTION_INTEGER:
			append_integer(k, k->first + n * k->step, folder);
			break;
		case PDS_PROJECTION_DATE:
			pds_date_pattern_format(k->pattern, date_at(k, n), folder);
			break;
		case PDS_PROJECTION_INJECTED:
			break;
	}
	if (k->kind == PDS_PROJECTION_DATE && typed)
		append_hive_time(k, date_at(k, n), value);
	else
		pds_str_append(value, pds_str_text(folder));
}

/* the first value that is not below the text, among ordered ones */
static int64_t
find_ordered(const PdsProjection *p, int key, const char *text)
{
	int64_t		low = 0;
	int64_t		high = p->keys[key].count;
	PdsStr		value;
	PdsStr		folder;

	pds_str_init(&value);
	pds_str_init(&folder);
	while (low < high)
	{
		int64_t		mid = low + (high - low) / 2;

		pds_projection_value(p, key, mid, &value, &folder);
		if (strcmp(pds_str_text(&value), text) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	if (low < p->keys[key].count)
		pds_projection_value(p, key, low, &value, &folder);
	if (low == p->keys[key].count || strcmp(pds_str_text(&value), text) != 0)
		low = -1;
	pds_str_free(&value);
	pds_str_free(&folder);
	return low;
}

static int64_t
find_integer(const Key *k, const char *text)
{
	int64_t		v;
	int64_t		n = -1;
	PdsStr		same;

	PDS_ASSERT(k->kind == PDS_PROJECTION_INTEGER && k->step > 0);
	if (!parse_int(text, strlen(text), &v) || v < k->first || v > k->last ||
		((uint64_t) v - (uint64_t) k->first) % (uint64_t) k->step != 0)
		return -1;
	pds_str_init(&same);
	append_integer(k, v, &same);
	if (strcmp(pds_str_text(&same), text) == 0)
		n = (int64_t) (((uint64_t) v - (uint64_t) k->first) / (uint64_t) k->step);
	pds_str_free(&same);
	return n;
}

int64_t
pds_projection_find(const PdsProjection *p, int key, const char *text)
{
	const Key  *k = &p->keys[key];
	int64_t		i;

	PDS_ASSERT(key >= 0 && key < p->nkeys);
	switch (k->kind)
	{
		case PDS_PROJECTION_ENUM:
			for (i = 0; i < k->count; i++)
				if (strcmp(k->values[i], text) == 0)
					return i;
			return -1;
		case PDS_PROJECTION_INTEGER:
			return find_integer(k, text);
		case PDS_PROJECTION_DATE:
			return k->ordered ? find_ordered(p, key, text) : -2;
		case PDS_PROJECTION_INJECTED:
			break;
	}
	return -2;
}

/* ---- locations ---- */

void
pds_projection_location(const PdsProjection *p, const char *const *folders, PdsStr *out)
{
	const char *s = p->template;
	const char *place;

	pds_str_reset(out);
	while ((place = strstr(s, "${")) != NULL)
	{
		size_t		len = strcspn(place + 2, "}");
		const char *folder = folders[key_named(p, place + 2, len) - p->keys];

		pds_str_append_n(out, s, (size_t) (place - s));
		if (p->escape)
			pds_hive_escape(out, folder);
		else
			pds_str_append(out, folder);
		s = place + 2 + len + 1;
	}
	pds_str_append(out, s);
}
