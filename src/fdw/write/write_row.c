/*
 * write_row.c
 *	  Rows as text: Datum to field.
 *
 * Which form a column has is in the table by which it is read, too (pds_value_form).
 */
#include "postgres.h"

#include "pds_fdw.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "common/shortest_dec.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/bytea.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/float.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

#include "core/serde/serde_nested.h"
#include "fdw/base/epoch.h"
#include "fdw/base/error_map.h"
#include "fdw/base/int_datum.h"
#include "fdw/base/no_memory.h"
#include "fdw/base/on_reset.h"
#include "fdw/base/types.h"
#include "fdw/write/write_row.h"
#include "fdw/write/write_rules.h"

/* ---- the choice ---- */

void
pds_out_column_init(PdsOutColumn *c, PdsFormat format, Oid typid, int32 typmod,
					const PdsHiveType *hive, const char *name, int attno)
{
	const PdsHiveType *used = hive;
	PdsHiveType *declared = palloc0(sizeof(PdsHiveType));
	const PdsValueForm *form = pds_value_form(format, typid, typmod, &used, declared);
	Oid			output;
	bool		is_varlena;

	/* a nested value is read as such, whatever the column is declared as */
	if (hive && hive->nchildren > 0 && getBaseType(typid) == typid &&
		(format == PDS_FORMAT_LAZYSIMPLE || format == PDS_FORMAT_OPENCSV))
	{
		used = hive;
		form = pds_serde_form(format, hive->kind);
	}
	if (form->write == PDS_OUT_NULL ||
		(form->write == PDS_OUT_NESTED && !pds_type_matches_hive(used, typid, typmod) &&
		 typid != JSONBOID))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("column \"%s\" has a type that is not written in format %s", name,
						pds_format_name(format))));
	memset(c, 0, sizeof(*c));
	c->attno = attno;
	c->name = c->header = name;
	c->typid = typid;
	c->kind = form->write;
	c->hive = used;
	c->postgres = used == NULL;
	/* what convert.c keeps of a second */
	c->milliseconds = c->kind == PDS_OUT_EPOCH_TIMESTAMP || (typmod >= 0 && typmod <= 3);
	getTypeOutputInfo(typid, &output, &is_varlena);
	fmgr_info(output, &c->output);
}

/* ---- errors ---- */

static const char *
row_name(const PdsRowWriter *w)
{
	return w->row > 0 ? psprintf(" of row " INT64_FORMAT, w->row) : "";
}

void
pds_out_refuse(PdsRowWriter *w, const PdsOutColumn *c, const char *what, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("column \"%s\"%s %s", c->name, row_name(w), what),
			 hint ? errhint("%s", hint) : 0));
	pg_unreachable();
}

void
pds_out_raise(PdsRowWriter *w, const PdsOutColumn *c, const PdsError *err)
{
	if (err->kind != PDS_ERR_UNSUPPORTED)
		pds_raise(err);
	pds_out_refuse(w, c, err->message, err->hint[0] ? err->hint : NULL);
}

/* ---- scalars ---- */

/* shortest digits: PostgreSQL's for its own forms, else as Java prints them */
static void
put_double(PdsRowWriter *w, const PdsOutColumn *c, double v)
{
	char		buf[64];

	if (!c->postgres)
		pds_java_double(v, buf);
	else if (isnan(v) || isinf(v))
		strcpy(buf, isnan(v) ? "NaN" : v < 0 ? "-Infinity" : "Infinity");
	else
		double_to_shortest_decimal_buf(v, buf);
	pds_str_append(&w->scratch, buf);
}

static void
put_float(PdsRowWriter *w, const PdsOutColumn *c, float v)
{
	char		buf[64];

	if (!c->postgres)
		pds_java_float(v, buf);
	else if (isnan(v) || isinf(v))
		strcpy(buf, isnan(v) ? "NaN" : v < 0 ? "-Infinity" : "Infinity");
	else
		float_to_shortest_decimal_buf(v, buf);
	pds_str_append(&w->scratch, buf);
}

static void
append_field_int(PdsRowWriter *w, const PdsOutColumn *c, Datum value)
{
	int64		v = pds_int_of_datum(c->typid, value);
	char		buf[PDS_PLAIN_BYTES];

	if (c->hive && c->hive->kind == PDS_HIVE_TINYINT && (v < -128 || v > 127))
		pds_out_refuse(w, c, psprintf("is " INT64_FORMAT ", and its Glue type is tinyint", v),
					   "A tinyint is a number from -128 to 127.");
	pds_str_append_n(&w->scratch, buf, pds_text_int(buf, v) - buf);
}

static void
put_numeric(PdsRowWriter *w, const PdsOutColumn *c, Datum value)
{
	char	   *text = DatumGetCString(DirectFunctionCall1(numeric_out, value));

	if (!c->postgres && strpbrk(text, "NIn") != NULL)
		pds_out_refuse(w, c, psprintf("is %s, which is no decimal number", text),
					   "Write NULL instead.");
	pds_str_append(&w->scratch, text);
}

static void
put_date(PdsRowWriter *w, const PdsOutColumn *c, DateADT date)
{
	if (c->postgres)
	{
		struct pg_tm tm;
		char		buf[MAXDATELEN + 1];

		if (DATE_NOT_FINITE(date))
			EncodeSpecialDate(date, buf);
		else
		{
			j2date(date + POSTGRES_EPOCH_JDATE, &tm.tm_year, &tm.tm_mon, &tm.tm_mday);
			EncodeDateOnly(&tm, USE_ISO_DATES, buf);
		}
		pds_str_append(&w->scratch, buf);
		return;
	}
	if (DATE_NOT_FINITE(date))
		pds_out_refuse(w, c, "is an infinite date, which the SerDe does not know",
					   "Write NULL, or a date far away.");
	if (c->kind == PDS_OUT_EPOCH_DATE)
		pds_str_appendf(&w->scratch, "%lld", (long long) date + PDS_EPOCH_DAYS);
	else
		pds_write_date((int64) date + PDS_EPOCH_DAYS, &w->scratch);
}

/* what PostgreSQL's input function reads; with_zone: at the session's zone, and with its offset */
static void
put_postgres_timestamp(PdsRowWriter *w, Timestamp ts, bool with_zone)
{
	struct pg_tm tm;
	fsec_t		fsec;
	int			tz = 0;
	const char *tzn;
	char		buf[MAXDATELEN + 1];

	if (TIMESTAMP_NOT_FINITE(ts))
		EncodeSpecialTimestamp(ts, buf);
	else if (timestamp2tm(ts, with_zone ? &tz : NULL, &tm, &fsec, with_zone ? &tzn : NULL, NULL) == 0)
		EncodeDateTime(&tm, fsec, with_zone, tz, NULL, USE_ISO_DATES, buf);
	else
		ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
						errmsg("timestamp out of range")));
	pds_str_append(&w->scratch, buf);
}

static void
put_timestamp(PdsRowWriter *w, const PdsOutColumn *c, Timestamp ts)
{
	const PdsDialect *d = &w->csv.dialect;
	int64_t		us;
	int64_t		back;

	if (c->postgres)
	{
		put_postgres_timestamp(w, ts, c->kind == PDS_OUT_TIMESTAMPTZ);
		return;
	}
	if (TIMESTAMP_NOT_FINITE(ts))
		pds_out_refuse(w, c, "is an infinite timestamp, which the SerDe does not know",
					   "Write NULL, or a time far away.");
	if (ts > PG_INT64_MAX - PDS_EPOCH_US)
		pds_out_refuse(w, c, "is a timestamp later than the SerDe can read",
					   "The last one is in the year 294247.");
	us = ts + PDS_EPOCH_US;
	if (us % 1000 != 0 && c->milliseconds)
		pds_out_refuse(w, c, "has microseconds, and only milliseconds are read",
					   "Declare the column as timestamp(3), or round the value.");
	if (c->kind == PDS_OUT_EPOCH_TIMESTAMP)
	{
		pds_str_appendf(&w->scratch, "%lld", (long long) us / 1000);
		return;
	}
	pds_write_timestamp(us, &w->scratch);
	/* a pattern of the table's own may read the text otherwise */
	if (d->timestamp_formats &&
		(pds_dialect_timestamp(d, pds_str_text(&w->scratch), w->scratch.len, 6,
							   &back) != PDS_VALUE_OK ||
		 back != us))
		pds_out_refuse(w, c, "is a timestamp that the table's timestamp.formats read otherwise",
					   "Use a table without the property timestamp.formats.");
}

/* text of the server's encoding in that of the objects */
static void
append_field_text(PdsRowWriter *w, const char *s, int len)
{
	char	   *out = (char *) s;

	if (w->encoding != GetDatabaseEncoding() && len > 0)
	{
		out = pg_server_to_any(s, len, w->encoding);
		if (out != s)
			len = (int) strlen(out);
	}
	pds_str_append_n(&w->scratch, out, len);
}

void
pds_out_scalar(PdsRowWriter *w, const PdsOutColumn *c, Datum value, bool *string)
{
	pds_str_reset(&w->scratch);
	*string = false;
	switch (c->kind)
	{
		case PDS_OUT_NULL:
		case PDS_OUT_NESTED:
			break;
		case PDS_OUT_TEXT:
			{
				text	   *t = DatumGetTextPP(value);

				*string = true;
				append_field_text(w, VARDATA_ANY(t), VARSIZE_ANY_EXHDR(t));
				break;
			}
		case PDS_OUT_BOOL:
			pds_str_append(&w->scratch, DatumGetBool(value) ? "true" : "false");
			break;
		case PDS_OUT_INT:
			append_field_int(w, c, value);
			break;
		case PDS_OUT_FLOAT4:
			put_float(w, c, DatumGetFloat4(value));
			break;
		case PDS_OUT_FLOAT8:
			put_double(w, c, DatumGetFloat8(value));
			break;
		case PDS_OUT_NUMERIC:
			put_numeric(w, c, value);
			break;
		case PDS_OUT_DATE:
		case PDS_OUT_EPOCH_DATE:
			put_date(w, c, DatumGetDateADT(value));
			break;
		case PDS_OUT_TIMESTAMP:
		case PDS_OUT_TIMESTAMPTZ:
		case PDS_OUT_EPOCH_TIMESTAMP:
			put_timestamp(w, c, DatumGetTimestamp(value));
			break;
		case PDS_OUT_BINARY:
			{
				bytea	   *b = DatumGetByteaPP(value);

				pds_write_base64(VARDATA_ANY(b), VARSIZE_ANY_EXHDR(b), &w->scratch);
				break;
			}
		case PDS_OUT_FUNCTION:
			{
				char	   *text = OutputFunctionCall((FmgrInfo *) &c->output, value);

				*string = true;
				append_field_text(w, text, (int) strlen(text));
				break;
			}
	}
	if (w->scratch.failed)
		pds_raise_no_memory();
}

const char *
pds_out_text(PdsRowWriter *w, const PdsOutColumn *c, Datum value)
{
	bool		string;

	pds_out_scalar(w, c, value, &string);
	return pds_str_text(&w->scratch);
}

/* ---- rows ---- */

static void
free_scratch(void *arg)
{
	PdsRowWriter *w = arg;

	pds_str_free(&w->scratch);
}

PdsRowWriter *
pds_row_writer_create(const PdsDialect *dialect, int ncolumns, const PdsOutColumn *columns,
					  int encoding, const char *what)
{
	PdsRowWriter *w = palloc0(sizeof(PdsRowWriter));
	PdsError	err;
	int			i;

	pds_error_clear(&err);
	if (!pds_csv_writer_init(&w->csv, dialect, ncolumns, &err))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("%s cannot be written: %s", what, err.message)));
	w->ncolumns = ncolumns;
	w->columns = palloc(ncolumns * sizeof(PdsOutColumn));
	memcpy(w->columns, columns, ncolumns * sizeof(PdsOutColumn));
	w->encoding = encoding;
	for (i = 0; i < ncolumns; i++)
	{
		w->settings = w->settings || columns[i].kind == PDS_OUT_FUNCTION;
		w->columns[i].direct = pds_out_is_direct(w, &columns[i]);
	}
	w->row_cxt = AllocSetContextCreate(CurrentMemoryContext, "pds_fdw row written",
									   ALLOCSET_DEFAULT_SIZES);
	pds_str_init(&w->scratch);
	pds_on_reset(CurrentMemoryContext, free_scratch, w);
	return w;
}

/* settings under which output functions give what every session reads alike */
static int
set_output_settings(void)
{
	int			nest = NewGUCNestLevel();

	if (DateStyle != USE_ISO_DATES)
		(void) set_config_option("datestyle", "ISO", PGC_USERSET, PGC_S_SESSION,
								 GUC_ACTION_SAVE, true, 0, false);
	if (IntervalStyle != INTSTYLE_POSTGRES)
		(void) set_config_option("intervalstyle", "postgres", PGC_USERSET, PGC_S_SESSION,
								 GUC_ACTION_SAVE, true, 0, false);
	if (extra_float_digits < 1)
		(void) set_config_option("extra_float_digits", "1", PGC_USERSET, PGC_S_SESSION,
								 GUC_ACTION_SAVE, true, 0, false);
	if (bytea_output != BYTEA_OUTPUT_HEX)
		(void) set_config_option("bytea_output", "hex", PGC_USERSET, PGC_S_SESSION,
								 GUC_ACTION_SAVE, true, 0, false);
	return nest;
}

static void
write_fields(PdsRowWriter *w, const Datum *values, const bool *nulls)
{
	PdsError	err;
	bool		string;
	int			i;

	for (i = 0; i < w->ncolumns; i++)
	{
		const PdsOutColumn *c = &w->columns[i];

		if (c->kind == PDS_OUT_NULL || nulls[c->attno])
			pds_out_null(w, c);
		else if (c->kind == PDS_OUT_NESTED)
			pds_out_nested(w, c, values[c->attno]);
		else if (!c->direct || !pds_out_direct(w, c, values[c->attno]))
		{
			pds_out_scalar(w, c, values[c->attno], &string);
			w->csv.quotes = c->rules && pds_out_by_rules(w, c, values[c->attno]);
			if (!pds_csv_field(&w->csv, pds_str_text(&w->scratch), w->scratch.len, string, &err))
				pds_out_raise(w, &w->columns[w->csv.bad_field], &err);
		}
	}
	if (!pds_csv_end(&w->csv, &err))
		pds_out_raise(w, &w->columns[w->csv.bad_field], &err);
}

void
pds_row_write(PdsRowWriter *w, const Datum *values, const bool *nulls, PdsStr *out)
{
	MemoryContext old = MemoryContextSwitchTo(w->row_cxt);
	size_t		start = out->len;

	w->row++;
	pds_csv_begin(&w->csv, out);
	if (w->settings)
	{
		int			nest = set_output_settings();

		write_fields(w, values, nulls);
		AtEOXact_GUC(true, nest);
	}
	else
		write_fields(w, values, nulls);
	MemoryContextSwitchTo(old);
	MemoryContextReset(w->row_cxt);
	/* the reader's limit, and that of a value here */
	if (out->len - start > PDS_MAX_WRITTEN_ROW)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("row " INT64_FORMAT " has %zu bytes of text", w->row, out->len - start),
				 errhint("Athena reads rows up to 32 MB, pds_fdw up to 1 GB.")));
}

void
pds_row_write_header(PdsRowWriter *w, PdsStr *out)
{
	const char **names;
	PdsError	err;
	int			i;

	if (w->csv.dialect.header_lines == 0)
		return;
	names = palloc(w->ncolumns * sizeof(char *));
	for (i = 0; i < w->ncolumns; i++)
	{
		const char *name = w->columns[i].header;

		names[i] = w->encoding == GetDatabaseEncoding() ? name
			: pg_server_to_any(name, strlen(name), w->encoding);
	}
	if (!pds_csv_header(&w->csv, out, names, &err))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the name of column \"%s\" %s", w->columns[w->csv.bad_field].header,
						err.message),
				 errhint("It is written in the header line.")));
}
