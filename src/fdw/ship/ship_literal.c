/*
 * ship_literal.c
 *	  Constants and values of parameters as typed Athena literals.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

#include "fdw/base/int_datum.h"
#include "fdw/ship/ship_table.h"

/* text in UTF-8 between quotes; false when it cannot be sent */
bool
pds_ship_text(StringInfo buf, const char *s)
{
	const char *p;
	char	   *utf8;

	for (p = s; *p; p++)
	{
		/* SQL_ASCII's other bytes have no known meaning */
		if ((unsigned char) *p >= 0x80 && GetDatabaseEncoding() == PG_SQL_ASCII)
			return false;
	}
	utf8 = pg_server_to_any(s, strlen(s), PG_UTF8);
	appendStringInfoChar(buf, '\'');
	for (p = utf8; *p; p++)
	{
		if (*p == '\'')
			appendStringInfoChar(buf, '\'');
		appendStringInfoChar(buf, *p);
	}
	appendStringInfoChar(buf, '\'');
	return true;
}

static bool
ship_numeric(StringInfo buf, Datum value)
{
	char	   *s = DatumGetCString(DirectFunctionCall1(numeric_out, value));
	int			digits = 0;
	const char *p;

	for (p = s; *p; p++)
	{
		if (*p >= '0' && *p <= '9')
			digits++;
		else if (*p != '-' && *p != '.')
			return false;		/* NaN, Infinity */
	}
	if (digits > 38)
		return false;
	appendStringInfo(buf, "DECIMAL '%s'", s);
	return true;
}

static bool
ship_float(StringInfo buf, double v, bool real)
{
	char	   *s;

	if (isnan(v) || isinf(v))
		return false;
	s = real ? psprintf("%.9g", v) : psprintf("%.17g", v);
	if (real)
		appendStringInfo(buf, "REAL '%s'", s);
	else
		appendStringInfo(buf, "DOUBLE '%s'", s);
	return true;
}

static bool
ship_date(StringInfo buf, DateADT d)
{
	int			y,
				m,
				day;

	if (DATE_NOT_FINITE(d))
		return false;
	j2date(d + POSTGRES_EPOCH_JDATE, &y, &m, &day);
	if (y < 1 || y > 9999)
		return false;
	appendStringInfo(buf, "DATE '%04d-%02d-%02d'", y, m, day);
	return true;
}

/* zone: "", or " UTC" for an instant */
static bool
ship_timestamp(StringInfo buf, Timestamp t, const char *zone)
{
	struct pg_tm tm;
	fsec_t		fsec;

	if (TIMESTAMP_NOT_FINITE(t) || timestamp2tm(t, NULL, &tm, &fsec, NULL, NULL) != 0 ||
		tm.tm_year < 1 || tm.tm_year > 9999)
		return false;
	appendStringInfo(buf, "TIMESTAMP '%04d-%02d-%02d %02d:%02d:%02d", tm.tm_year, tm.tm_mon,
					 tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
	if (fsec % 1000 != 0)
		appendStringInfo(buf, ".%06d%s'", fsec, zone);
	else
		appendStringInfo(buf, ".%03d%s'", fsec / 1000, zone);
	return true;
}

static void
ship_int(StringInfo buf, int64 v)
{
	if (v >= 0)
		appendStringInfo(buf, INT64_FORMAT, v);
	else
		appendStringInfo(buf, "BIGINT '" INT64_FORMAT "'", v);
}

char *
pds_text_of(Datum value, Oid typid)
{
	if (typid == NAMEOID)
		return NameStr(*DatumGetName(value));
	return typid == UNKNOWNOID ? DatumGetCString(value) : TextDatumGetCString(value);
}

bool
pds_ship_literal(StringInfo buf, Datum value, bool isnull, Oid typid)
{
	if (isnull)
	{
		const char *type = pds_athena_null_type(typid);

		if (type)
			appendStringInfo(buf, "CAST(NULL AS %s)", type);
		return type != NULL;
	}
	switch (typid)
	{
		case BOOLOID:
			appendStringInfoString(buf, DatumGetBool(value) ? "true" : "false");
			return true;
		case INT2OID:
		case INT4OID:
		case INT8OID:
			ship_int(buf, pds_int_of_datum(typid, value));
			return true;
		case NUMERICOID:
			return ship_numeric(buf, value);
		case FLOAT4OID:
			return ship_float(buf, DatumGetFloat4(value), true);
		case FLOAT8OID:
			return ship_float(buf, DatumGetFloat8(value), false);
		case TEXTOID:
		case VARCHAROID:
		case NAMEOID:
		case UNKNOWNOID:
			return pds_ship_text(buf, pds_text_of(value, typid));
		case DATEOID:
			return ship_date(buf, DatumGetDateADT(value));
		case TIMESTAMPOID:
			return ship_timestamp(buf, DatumGetTimestamp(value), "");
		case TIMESTAMPTZOID:
			return ship_timestamp(buf, DatumGetTimestampTz(value), " UTC");
		default:
			return false;
	}
}

bool
pds_ship_param_value(StringInfo buf, Datum value, bool isnull, Oid typid)
{
	int			start = buf->len;
	const char *point;
	const char *digits;

	if (!pds_ship_literal(buf, value, isnull, typid))
		return false;
	if (isnull || typid != NUMERICOID)
		return true;
	/* DECIMAL '-12.50' */
	digits = strchr(buf->data + start, '\'') + 1;
	if (*digits == '-')
		digits++;
	point = strchr(digits, '.');
	return (point ? point - digits : (long) strlen(digits) - 1) <= PDS_PARAM_DIGITS &&
		(point == NULL || (long) strlen(point + 1) - 1 <= PDS_PARAM_DIGITS);
}
