/*
 * calendar.c
 *	  Days of the proleptic Gregorian calendar, and AWS's time stamps.
 */
#include "core/base/calendar.h"

#include <stddef.h>
#include <stdio.h>

int64_t
pds_days_of_month(int64_t year, int64_t month)
{
	int64_t		m = month - 1;
	int64_t		era;
	int64_t		yoe;
	int64_t		doy;

	year += m >= 0 ? m / 12 : -((11 - m) / 12);
	m = ((m % 12) + 12) % 12 + 1;
	year -= m <= 2;
	era = (year >= 0 ? year : year - 399) / 400;
	yoe = year - era * 400;
	doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5;
	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

void
pds_date_of_days(int64_t days, int64_t *year, int *month, int *day)
{
	int64_t		z = days + 719468;
	int64_t		era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t		doe = z - era * 146097;
	int64_t		yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t		doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t		mp = (5 * doy + 2) / 153;	/* months from March */

	*day = (int) (doy - (153 * mp + 2) / 5 + 1);
	*month = (int) (mp < 10 ? mp + 3 : mp - 9);
	*year = yoe + era * 400 + (*month <= 2);
}

void
pds_iso_date(int64_t days, char out[32])
{
	int64_t		year;
	int			month;
	int			day;

	pds_date_of_days(days, &year, &month, &day);
	snprintf(out, 32, "%s%04lld-%02d-%02d", year < 0 ? "-" : year > 9999 ? "+" : "",
			 (long long) (year < 0 ? -year : year), month, day);
}

int64_t
pds_iso8601_us(const char *text)
{
	int			y,
				m,
				d,
				hh,
				mm,
				ss,
				n = 0;
	int64_t		us = 0;

	if (text == NULL ||
		sscanf(text, "%d-%d-%dT%d:%d:%d%n", &y, &m, &d, &hh, &mm, &ss, &n) != 6)
		return 0;
	if (text[n] == '.')
	{
		int64_t		unit = 100000;

		for (n++; text[n] >= '0' && text[n] <= '9'; n++, unit /= 10)
			us += (text[n] - '0') * unit;
	}
	return (((pds_days_of_month(y, m) + d - 1) * 24 + hh) * 3600 + mm * 60 + ss) * 1000000 + us;
}
