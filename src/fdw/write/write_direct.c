/*
 * write_direct.c
 *	  Values whose text is formed where it stays, in the row.
 *
 * The text is that of write_row.c, byte for byte; what is rare is left to it.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include <math.h>

#include "common/shortest_dec.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/timestamp.h"

#include "catalog/pg_type.h"
#include "core/base/calendar.h"
#include "core/serde/plain_text.h"
#include "fdw/base/epoch.h"
#include "fdw/base/int_datum.h"
#include "fdw/base/numeric_image.h"
#include "fdw/write/write_row.h"

bool
pds_out_is_direct(const PdsRowWriter *w, const PdsOutColumn *c)
{
	if (c->rules)
		return false;
	switch (c->kind)
	{
		case PDS_OUT_TEXT:
			return w->encoding == GetDatabaseEncoding();
		case PDS_OUT_BOOL:
		case PDS_OUT_NUMERIC:
		case PDS_OUT_DATE:
			return w->csv.plain;
		case PDS_OUT_INT:
			return w->csv.plain && !(c->hive && c->hive->kind == PDS_HIVE_TINYINT);
		case PDS_OUT_FLOAT4:
		case PDS_OUT_FLOAT8:
			return w->csv.plain && c->postgres;
		case PDS_OUT_TIMESTAMP:
			return w->csv.plain && w->csv.dialect.timestamp_formats == NULL;
		default:
			return false;
	}
}

static bool
direct_text(PdsRowWriter *w, const PdsOutColumn *c, Datum value)
{
	text	   *t = DatumGetTextPP(value);
	PdsError	err;

	w->csv.quotes = false;
	if (!pds_csv_field(&w->csv, VARDATA_ANY(t), VARSIZE_ANY_EXHDR(t), true, &err))
		pds_out_raise(w, &w->columns[w->csv.bad_field], &err);
	return true;
}

/* a numeric whose digits an int64 holds */
static bool
direct_numeric(PdsRowWriter *w, Datum value)
{
	struct varlena *v = (struct varlena *) DatumGetPointer(value);
	int64		scaled;
	int			scale;
	bool		finite;
	char	   *p;

	if (VARATT_IS_EXTERNAL(v) || VARATT_IS_COMPRESSED(v) ||
		!pds_numeric_scaled(value, &scaled, &scale, &finite) || scale > PDS_PLAIN_SCALE)
		return false;
	if ((p = pds_csv_plain(&w->csv)) != NULL)
		pds_csv_plain_end(&w->csv, pds_text_decimal(p, scaled, scale));
	return true;
}

/* a date from year 1 on, with the time if us is not negative */
static bool
direct_date(PdsRowWriter *w, int64 days, int64 us)
{
	int64_t		year;
	int			month;
	int			day;
	char	   *p;

	pds_date_of_days(days + PDS_EPOCH_DAYS, &year, &month, &day);
	if (year < 1)
		return false;
	if ((p = pds_csv_plain(&w->csv)) == NULL)
		return true;
	p = pds_text_date(p, year, month, day);
	if (us >= 0)
	{
		*p++ = ' ';
		p = pds_text_time(p, us);
	}
	pds_csv_plain_end(&w->csv, p);
	return true;
}

static bool
direct_timestamp(PdsRowWriter *w, const PdsOutColumn *c, Timestamp ts)
{
	int64		days = ts / USECS_PER_DAY - (ts % USECS_PER_DAY < 0);

	/* what a SerDe would not read back is refused elsewhere */
	if (TIMESTAMP_NOT_FINITE(ts) ||
		(!c->postgres && (ts > PG_INT64_MAX - PDS_EPOCH_US || (c->milliseconds && ts % 1000 != 0))))
		return false;
	return direct_date(w, days, ts - days * USECS_PER_DAY);
}

static bool
direct_float(PdsRowWriter *w, const PdsOutColumn *c, Datum value)
{
	double		v = c->kind == PDS_OUT_FLOAT4 ? DatumGetFloat4(value) : DatumGetFloat8(value);
	char	   *p;

	if (isnan(v) || isinf(v))
		return false;
	if ((p = pds_csv_plain(&w->csv)) != NULL)
		pds_csv_plain_end(&w->csv, p + (c->kind == PDS_OUT_FLOAT4
										? float_to_shortest_decimal_buf((float) v, p)
										: double_to_shortest_decimal_buf(v, p)));
	return true;
}

static bool
direct_plain(PdsRowWriter *w, const char *text, size_t n)
{
	char	   *p = pds_csv_plain(&w->csv);

	if (p == NULL)
		return true;
	memcpy(p, text, n);
	pds_csv_plain_end(&w->csv, p + n);
	return true;
}

static bool
direct_int(PdsRowWriter *w, const PdsOutColumn *c, Datum value)
{
	char	   *p = pds_csv_plain(&w->csv);

	if (p != NULL)
		pds_csv_plain_end(&w->csv,
						  pds_text_int(p, pds_int_of_datum(c->typid, value)));
	return true;
}

bool
pds_out_direct(PdsRowWriter *w, const PdsOutColumn *c, Datum value)
{
	switch (c->kind)
	{
		case PDS_OUT_TEXT:
			return direct_text(w, c, value);
		case PDS_OUT_BOOL:
			return DatumGetBool(value) ? direct_plain(w, "true", 4) : direct_plain(w, "false", 5);
		case PDS_OUT_INT:
			return direct_int(w, c, value);
		case PDS_OUT_NUMERIC:
			return direct_numeric(w, value);
		case PDS_OUT_DATE:
			return !DATE_NOT_FINITE(DatumGetDateADT(value)) &&
				direct_date(w, DatumGetDateADT(value), -1);
		case PDS_OUT_TIMESTAMP:
			return direct_timestamp(w, c, DatumGetTimestamp(value));
		default:
			return direct_float(w, c, value);
	}
}
