/*
 * glue_statistics.c
 *	  Statistics of columns in the Glue Data Catalog (doc/dev/aws.md §5).
 */
#include "core/glue/glue_statistics.h"

#include <math.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "core/base/calendar.h"
#include "core/glue/glue_internal.h"

/* names in a call, at most */
#define MAX_COLUMNS 100
/* bytes of the unscaled value of a decimal(38) */
#define MAX_UNSCALED 16

static double
statistics_number(const cJSON *data, const char *name)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(data, name);

	return cJSON_IsNumber(item) && item->valuedouble >= 0 ? item->valuedouble : -1;
}

/* BigInteger.toByteArray in base64, and how many of its digits are behind the point */
static void
decimal_text(const cJSON *value, char *out)
{
	const char *base64 = pds_json_text(value, "UnscaledValue");
	int			scale = (int) pds_json_int(value, "Scale", 0);
	unsigned char bytes[3 * MAX_UNSCALED];
	size_t		len = base64 ? strlen(base64) : 0;
	unsigned __int128 n = 0;
	char		digits[48];
	int			nbytes;
	int			ndigits = 0;
	int			i;
	bool		negative;

	if (len == 0 || len % 4 != 0 || len / 4 * 3 > sizeof(bytes) || scale < 0 || scale > 38)
		return;
	nbytes = EVP_DecodeBlock(bytes, (const unsigned char *) base64, (int) len);
	if (nbytes < 0)
		return;
	nbytes -= base64[len - 1] == '=' ? base64[len - 2] == '=' ? 2 : 1 : 0;
	if (nbytes < 1 || nbytes > MAX_UNSCALED)
		return;
	negative = (bytes[0] & 0x80) != 0;
	for (i = 0; i < nbytes; i++)
		n = n << 8 | (unsigned char) (negative ? ~bytes[i] : bytes[i]);
	n += negative ? 1 : 0;
	/* from the last digit on */
	while (n > 0 || ndigits <= scale)
	{
		if (ndigits >= 40)
			return;
		digits[ndigits++] = (char) ('0' + (int) (n % 10));
		n /= 10;
	}
	if (negative)
		*out++ = '-';
	while (ndigits > 0)
	{
		*out++ = digits[--ndigits];
		if (ndigits == scale && scale > 0)
			*out++ = '.';
	}
	*out = '\0';
}

static void
statistics_text(const cJSON *data, const char *kind, const char *name, char *out)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(data, name);

	out[0] = '\0';
	if (strcmp(kind, "DECIMAL") == 0)
		decimal_text(item, out);
	else if (strcmp(kind, "DATE") == 0)
	{
		/* seconds since 1970, and before it; years of four digits */
		if (cJSON_IsNumber(item) && fabs(item->valuedouble) < 6e10)
			pds_iso_date((int64_t) floor(item->valuedouble / 86400), out);
	}
	else if (cJSON_IsNumber(item) && isfinite(item->valuedouble))
		snprintf(out, PDS_STATISTICS_VALUE, strcmp(kind, "LONG") == 0 ? "%.0f" : "%.17g",
				 item->valuedouble);
}

/* the members of ColumnStatisticsData: Type says which one is there */
static const struct
{
	const char *type;
	const char *member;
	bool		has_range;
}			statistics_kinds[] =

{
	{"BOOLEAN", "BooleanColumnStatisticsData", false},
	{"DATE", "DateColumnStatisticsData", true},
	{"DECIMAL", "DecimalColumnStatisticsData", true},
	{"DOUBLE", "DoubleColumnStatisticsData", true},
	{"LONG", "LongColumnStatisticsData", true},
	{"STRING", "StringColumnStatisticsData", false},
	{"BINARY", "BinaryColumnStatisticsData", false},
};

#define NKINDS ((int) (sizeof(statistics_kinds) / sizeof(statistics_kinds[0])))

static bool
statistics_of_json(const cJSON *entry, PdsGlueStatistics *s)
{
	const cJSON *all = cJSON_GetObjectItemCaseSensitive(entry, "StatisticsData");
	const char *type = pds_json_text(all, "Type");
	const cJSON *data;
	int			i = 0;

	s->column = pds_json_text(entry, "ColumnName");
	while (i < NKINDS && (type == NULL || strcmp(type, statistics_kinds[i].type) != 0))
		i++;
	if (s->column == NULL || i == NKINDS)
		return false;
	data = cJSON_GetObjectItemCaseSensitive(all, statistics_kinds[i].member);
	s->nulls = statistics_number(data, "NumberOfNulls");
	s->distinct = statistics_number(data, "NumberOfDistinctValues");
	s->average_length = statistics_number(data, "AverageLength");
	s->trues = statistics_number(data, "NumberOfTrues");
	s->falses = statistics_number(data, "NumberOfFalses");
	s->minimum[0] = s->maximum[0] = '\0';
	if (statistics_kinds[i].has_range)
	{
		statistics_text(data, type, "MinimumValue", s->minimum);
		statistics_text(data, type, "MaximumValue", s->maximum);
	}
	return cJSON_IsObject(data);
}

bool
pds_glue_get_statistics(PdsAws *aws, const char *catalog_id, const char *database,
						const char *table, char *const *values, int nvalues,
						const char *const *columns, int n, PdsGlueStatisticsFn fn, void *arg,
						PdsError *err)
{
	char		resource[512];
	bool		ok = true;
	int			from;
	int			i;

	snprintf(resource, sizeof(resource), "%s.%s", database, table);
	for (from = 0; ok && from < n; from += MAX_COLUMNS)
	{
		PdsJson		in;
		cJSON	   *list;
		cJSON	   *reply = NULL;
		const cJSON *entry;

		pds_glue_input(&in, catalog_id);
		pds_json_put_text(&in, in.root, "DatabaseName", database);
		pds_json_put_text(&in, in.root, "TableName", table);
		if (values)
		{
			list = pds_json_put_array(&in, in.root, "PartitionValues");
			for (i = 0; i < nvalues; i++)
				pds_json_push_text(&in, list, values[i]);
		}
		list = pds_json_put_array(&in, in.root, "ColumnNames");
		for (i = from; i < n && i < from + MAX_COLUMNS; i++)
			pds_json_push_text(&in, list, columns[i]);
		ok = pds_aws_json_call(aws, PDS_GLUE, values ? "GetColumnStatisticsForPartition"
							   : "GetColumnStatisticsForTable", &in, false, resource, &reply, err);
		cJSON_ArrayForEach(entry, cJSON_GetObjectItemCaseSensitive(reply, "ColumnStatisticsList"))
		{
			PdsGlueStatistics s;

			if (statistics_of_json(entry, &s))
				fn(arg, &s);
		}
		pds_json_free(&in);
		cJSON_Delete(reply);
	}
	return ok;
}
