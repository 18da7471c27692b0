/*
 * field_rules.c
 *	  Fields of columns that options say more of.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "utils/lsyscache.h"

#include "core/serde/field_cut.h"
#include "core/serde/text_format.h"
#include "fdw/base/on_reset.h"
#include "fdw/rows/convert_internal.h"
#include "fdw/rows/field_rules.h"

/* PdsField.data of a field that stands for the column's default */
static char default_mark[1];

/* ---- which rules ---- */

bool
pds_is_number_type(Oid type)
{
	return type == INT2OID || type == INT4OID || type == INT8OID || type == FLOAT4OID ||
		type == FLOAT8OID || type == NUMERICOID;
}

bool
pds_is_timestamp_type(Oid type)
{
	return type == TIMESTAMPOID || type == TIMESTAMPTZOID;
}

static void
check_type(const char *option, const char *value, bool fits, const char *name, const char *types)
{
	if (value && !fits)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE),
				 errmsg("option \"%s\" of column \"%s\" is for %s", option, name, types)));
}

static bool
switched(PdsSwitch column, bool table)
{
	return column == PDS_UNSET ? table : column == PDS_ON;
}

/* a separator: the column's, else the table's; 0: none */
static char
separator_option(const char *column, const char *table)
{
	char		c = 0;

	if (column || table)
		pds_parse_char(column ? column : table, &c);
	return c;
}

PdsFieldRules *
pds_field_rules(const PdsTableOptions *table, const PdsColumnOptions *column, Oid typid,
				const char *name)
{
	static const PdsColumnOptions none = {.trim = PDS_UNSET, .force_null = PDS_UNSET,
	.force_not_null = PDS_UNSET};
	const PdsColumnOptions *c = column ? column : &none;
	PdsFieldRules *r = palloc0(sizeof(PdsFieldRules));
	Oid			base = getBaseType(typid);
	bool		number = pds_is_number_type(base);

	check_type("decimal_separator", c->decimal_separator, number, name, "numbers");
	check_type("thousands", c->thousands, number, name, "numbers");
	check_type("date_format", c->date_format, base == DATEOID, name, "dates");
	check_type("timestamp_format", c->timestamp_format, pds_is_timestamp_type(base), name,
			   "timestamps");
	r->base = base;
	r->trim = switched(c->trim, table->trim);
	r->force_null = switched(c->force_null, table->force_null);
	r->force_not_null = switched(c->force_not_null, table->force_not_null);
	if (number)
	{
		r->decimal = separator_option(c->decimal_separator, table->decimal_separator);
		r->thousands = separator_option(c->thousands, table->thousands);
		if (r->thousands && r->decimal == 0)
			r->decimal = '.';
		if (r->decimal != 0 && r->decimal == r->thousands)
			ereport(ERROR,
					(errcode(ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE),
					 errmsg("decimal_separator and thousands of column \"%s\" must differ", name),
					 c->decimal_separator || table->decimal_separator ? 0
					 : errhint("Without decimal_separator that is the point: set it, too.")));
		if (r->decimal == '.' && r->thousands == 0)
			r->decimal = 0;
	}
	if (base == DATEOID)
		r->time_format = c->date_format ? c->date_format : table->date_format;
	else if (pds_is_timestamp_type(base))
		r->time_format = c->timestamp_format ? c->timestamp_format : table->timestamp_format;
	r->nulls = c->nulls ? c->nulls : table->nulls && table->nulls->n > 1 ? table->nulls : NULL;
	r->default_text = table->default_text;
	if (r->trim || r->force_null || r->force_not_null || r->decimal || r->time_format || r->nulls ||
		r->default_text)
		return r;
	pfree(r);
	return NULL;
}

void
pds_field_rules_check(const PdsFieldRules *r, PdsFormat format, const char *name)
{
	const char *option = r->force_null ? "force_null" : r->force_not_null ? "force_not_null" : NULL;

	if (option && format != PDS_FORMAT_CSV)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE),
				 errmsg("option \"%s\" of column \"%s\" is for format csv, its format is %s",
						option, name, pds_format_name(format))));
	if (r->time_format && format == PDS_FORMAT_OPENCSV)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE),
				 errmsg("column \"%s\" of format opencsv holds a number of days or milliseconds: formats of dates are for csv and lazysimple",
						name),
				 errhint("Set the table option format to csv.")));
}

/* ---- fields ---- */

bool
pds_rules_null_text(const PdsFieldRules *rules, const PdsDialect *d, const char *s, size_t n)
{
	int			i;

	if (rules->nulls == NULL)
		return pds_is_null_text(d, s, n);
	for (i = 0; i < rules->nulls->n; i++)
		if (rules->nulls->words[i][0] == (n > 0 ? s[0] : '\0') &&
			pds_same_text(rules->nulls->words[i], strlen(rules->nulls->words[i]), s, n))
			return true;
	return false;
}

static void
trim_blanks(const PdsFieldRules *rules, char **p, uint32_t *n)
{
	if (!rules->trim)
		return;
	for (; *n > 0 && (**p == ' ' || **p == '\t'); (*n)--)
		(*p)++;
	while (*n > 0 && ((*p)[*n - 1] == ' ' || (*p)[*n - 1] == '\t'))
		(*n)--;
}

/* What a field without quotes is. */
static void
unquoted_field(const PdsFieldRules *rules, const PdsDialect *d, char *p, uint32_t n, PdsField *f)
{
	f->data = p;
	f->len = n;
	if (pds_rules_null_text(rules, d, p, n))
		f->data = rules->force_not_null ? p : NULL;
	else if (rules->default_text &&
			 pds_same_text(rules->default_text, strlen(rules->default_text), p, n))
	{
		f->data = default_mark;
		f->len = 0;
	}
}

PdsRuled
pds_rules_simple(const PdsFieldRules *rules, const PdsDialect *d, bool quoted, char **p,
				 uint32_t *n, char *number)
{
	if (quoted)
	{
		if (*n > 0 && (memchr(*p, d->quote, *n) != NULL ||
					   (d->escape != 0 && memchr(*p, d->escape, *n) != NULL)))
			return PDS_RULED_SLOW;
		if (rules->force_null && pds_rules_null_text(rules, d, *p, *n))
			return PDS_RULED_NULL;
	}
	else
	{
		trim_blanks(rules, p, n);
		if (pds_rules_null_text(rules, d, *p, *n))
		{
			if (!rules->force_not_null)
				return PDS_RULED_NULL;
		}
		else if (rules->default_text &&
				 pds_same_text(rules->default_text, strlen(rules->default_text), *p, *n))
			return PDS_RULED_SLOW;
	}
	if (rules->decimal != 0 && *n > 0)
	{
		size_t		len;

		if (*n > PDS_RULED_NUMBER ||
			!pds_number_normal(*p, *n, rules->decimal, rules->thousands, number, &len))
			return PDS_RULED_SLOW;
		*p = number;
		*n = (uint32_t) len;
	}
	return PDS_RULED_VALUE;
}

bool
pds_rules_cut(const PdsFieldRules *rules, const PdsDialect *d, const PdsIndex *ix, char *buf,
			  size_t r, int field, PdsField *f, PdsArena *arena)
{
	bool		quotes = d->format != PDS_FORMAT_LAZYSIMPLE;
	PdsCutter	cutter;
	PdsCut		cut;
	char	   *p;
	uint32_t	n;

	if (d->format == PDS_FORMAT_OPENCSV)
	{
		if (f->data == NULL)
			return true;
		p = f->data;
		n = f->len;
		trim_blanks(rules, &p, &n);
		if (p != f->data)
			f->room = 1;
		unquoted_field(rules, d, p, n, f);
		return true;
	}
	cutter = pds_cutter(d, ix, buf, (uint32) field, quotes);
	/* what is NULL is seen to here */
	cutter.null_len = SIZE_MAX;
	cut = pds_cut_record(&cutter, r, &p, &n);
	f->data = NULL;
	f->escaped = !quotes && d->escape != 0 && ix->any_escape;
	if (cut == PDS_CUT_NULL)
		return true;
	if (cut == PDS_CUT_QUOTED)
	{
		p--;
		n += 2;
	}
	trim_blanks(rules, &p, &n);
	f->room = p > buf ? 1 : 0;
	if (!cutter.quoted || n == 0 || memchr(p, d->quote, n) == NULL)
	{
		unquoted_field(rules, d, p, n, f);
		return true;
	}
	if (!pds_csv_unquote(d, p, n, f, arena))
		return false;
	if (rules->force_null && pds_rules_null_text(rules, d, f->data, f->len))
		f->data = NULL;
	return true;
}

/* ---- values ---- */

/* The value is not what the options say: NULL by the SerDe's rule, or malformed. */
static PdsConvertResult
not_as_ruled(PdsConverter *c, const PdsField *f, const char *why, bool *isnull)
{
	if (c->format == PDS_FORMAT_LAZYSIMPLE && !c->strict)
	{
		c->malformed++;
		*isnull = true;
		return PDS_CONVERT_OK;
	}
	snprintf(c->why, sizeof(c->why), "%s", why);
	return PDS_CONVERT_BAD;
}

static PdsConvertResult
default_of_column(PdsConverter *c, Datum *value, bool *isnull)
{
	const PdsFieldRules *r = c->rules;
	MemoryContext old;

	if (r->default_value == NULL)
	{
		snprintf(c->why, sizeof(c->why), "unexpected default marker: column \"%s\" has no default",
				 c->column_name);
		return PDS_CONVERT_BAD;
	}
	old = MemoryContextSwitchTo(c->value_cxt);
	*value = ExecEvalExpr(r->default_value, r->econtext, isnull);
	MemoryContextSwitchTo(old);
	return PDS_CONVERT_OK;
}

/* a date or timestamp by its format, as all parsers read it */
static bool
time_as_iso(PdsConverter *c, const PdsField *f, PdsField *iso)
{
	bool		is_date = c->rules->base == DATEOID;
	PdsStr		text;
	int64_t		us;
	bool		ok = pds_time_by_format(c->rules->time_format, f->data, f->len, &us);

	if (!ok)
		return false;
	pds_str_init(&text);
	ok = pds_time_print(is_date ? "%Y-%m-%d" : us % 1000000 ? "%Y-%m-%d %H:%M:%S.%f" : "%Y-%m-%d %H:%M:%S",
						us, &text) && !text.failed;
	if (ok)
	{
		iso->data = pds_convert_arena(c, text.len + PDS_PLAIN_SLACK);
		memcpy(iso->data, text.data, text.len);
		iso->len = (uint32) text.len;
	}
	pds_str_free(&text);
	return ok;
}

PdsConvertResult
pds_rules_convert(PdsConverter *c, PdsField *f, Datum *value, bool *isnull)
{
	const PdsFieldRules *r = c->rules;
	PdsField	normal = {0};
	size_t		n = 0;

	if (f->data == default_mark)
		return default_of_column(c, value, isnull);
	/* an empty field is no value of these types anyway */
	if (f->len == 0 || (r->decimal == 0 && r->time_format == NULL))
		return c->fn(c, f, value, isnull);
	if (r->time_format)
	{
		if (!time_as_iso(c, f, &normal))
			return not_as_ruled(c, f,
								psprintf("a value of column \"%s\" is not of the format \"%s\"",
										 c->column_name, r->time_format), isnull);
		return c->fn(c, &normal, value, isnull);
	}
	normal.data = pds_convert_arena(c, f->len + PDS_PLAIN_SLACK);
	if (!pds_number_normal(f->data, f->len, r->decimal, r->thousands, normal.data, &n))
		return not_as_ruled(c, f, psprintf("a number of column \"%s\" has separators where they cannot be",
										   c->column_name), isnull);
	normal.len = (uint32) n;
	return c->fn(c, &normal, value, isnull);
}
