/*
 * write_rules.c
 *	  Fields of columns with rules: separators, formats, quotes.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/timestamp.h"

#include "core/serde/text_format.h"
#include "fdw/base/epoch.h"
#include "fdw/rows/field_rules.h"
#include "fdw/write/write_rules.h"

void
pds_out_null(PdsRowWriter *w, const PdsOutColumn *c)
{
	const PdsFieldRules *r = c->rules;
	PdsError	err;

	if (r && r->force_not_null && c->kind != PDS_OUT_NULL)
		pds_out_refuse(w, c, "is NULL, and with force_not_null no text is read so",
					   "Write a value, or take the option off the column.");
	if (r == NULL || r->nulls == NULL)
		pds_csv_null(&w->csv);
	else if (w->csv.dialect.format == PDS_FORMAT_OPENCSV
			 ? !pds_csv_field(&w->csv, r->nulls->words[0], strlen(r->nulls->words[0]), true, &err)
			 : !pds_csv_null_as(&w->csv, r->nulls->words[0], &err))
		pds_out_raise(w, c, &err);
}

/* microseconds since 1970 of a date or timestamp, local; false: infinite */
static bool
unix_us(Datum value, Oid type, int64 *us)
{
	Timestamp	ts;

	if (type == DATEOID)
	{
		if (DATE_NOT_FINITE(DatumGetDateADT(value)))
			return false;
		*us = ((int64) DatumGetDateADT(value) + PDS_EPOCH_DAYS) * USECS_PER_DAY;
		return true;
	}
	ts = DatumGetTimestamp(type == TIMESTAMPTZOID
						   ? DirectFunctionCall1(timestamptz_timestamp, value)
						   : value);
	return !TIMESTAMP_NOT_FINITE(ts) &&
		!__builtin_add_overflow(ts, PDS_EPOCH_US, us);
}

static void
write_by_format(PdsRowWriter *w, const PdsOutColumn *c, Datum value)
{
	const char *format = c->rules->time_format;
	int64		us;
	int64_t		back;

	pds_str_reset(&w->scratch);
	if (!unix_us(value, c->rules->base, &us) || !pds_time_print(format, us, &w->scratch) ||
		!pds_time_by_format(format, pds_str_text(&w->scratch), w->scratch.len, &back) || back != us)
		pds_out_refuse(w, c,
					   psprintf("is a value that the format \"%s\" does not read back", format),
					   "Give the column a format with all that its values have, or write another value.");
}

static bool
has_outer_blanks(const char *s, size_t n)
{
	return n > 0 && (s[0] == ' ' || s[0] == '\t' || s[n - 1] == ' ' || s[n - 1] == '\t');
}

bool
pds_out_by_rules(PdsRowWriter *w, const PdsOutColumn *c, Datum value)
{
	const PdsFieldRules *r = c->rules;
	char	   *s;
	size_t		n;
	char	   *point;
	bool		null;

	if (r->time_format)
		write_by_format(w, c, value);
	s = w->scratch.data ? w->scratch.data : "";
	n = w->scratch.len;
	if (r->decimal && r->decimal != '.' && n > 0 && (point = memchr(s, '.', n)) != NULL)
		*point = r->decimal;
	null = pds_rules_null_text(r, &w->csv.dialect, s, n);
	if (null && r->force_null)
		pds_out_refuse(w, c, "is a text that stands for NULL, between quotes, too (force_null)",
					   "Write NULL, or give the column another null text.");
	if (!null && !(r->trim && has_outer_blanks(s, n)) &&
		!(r->default_text && strcmp(r->default_text, s) == 0))
		return false;
	if (!pds_csv_can_quote(&w->csv))
		pds_out_refuse(w, c, null ? "is the text that stands for NULL"
					   : "is read otherwise by the options of the table (trim, default)",
					   "Write it to a table of format csv with quotes.");
	return true;
}
