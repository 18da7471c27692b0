/*
 * calendar.c
 *	  Days of the proleptic Gregorian calendar, and AWS's time stamps.
 */
#include "core/base/calendar.h"

#include <stdio.h>
#include <string.h>

#include "core/base/assert.h"

const char *const pds_month_names[PDS_MONTHS] = {
	"January", "February", "March", "April", "May", "June", "July",
	"August", "September", "October", "November", "December"
};
const char *const pds_weekday_names[PDS_WEEKDAYS] = {
	"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"
};

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
	PDS_ASSERT(*month >= 1 && *month <= 12 && *day >= 1 && *day <= 31);
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

bool
pds_time_of_number(double seconds, int64_t *us)
{
	/* false for NaN, too */
	if (!(seconds >= 0 && seconds <= (double) PDS_TIME_MAX))
		return false;
	*us = (int64_t) (seconds * 1e6);
	return true;
}

/* exactly n digits at *p, which moves behind them */
static bool
digits(const char **p, int n, int *out)
{
	*out = 0;
	for (; n > 0; n--, (*p)++)
	{
		if (**p < '0' || **p > '9')
			return false;
		*out = *out * 10 + (**p - '0');
	}
	return true;
}

static bool
sign_of(const char **p, const char *signs)
{
	if (**p == '\0' || strchr(signs, **p) == NULL)
		return false;
	(*p)++;
	return true;
}

/* hh:mm:ss, and a leap second */
static bool
clock_time(const char **p, int *seconds)
{
	int			hh;
	int			mm;
	int			ss;

	if (!digits(p, 2, &hh) || !sign_of(p, ":") || !digits(p, 2, &mm) || !sign_of(p, ":") ||
		!digits(p, 2, &ss) || hh > 23 || mm > 59 || ss > 60)
		return false;
	*seconds = (hh * 60 + mm) * 60 + ss;
	return true;
}

/* what stands behind a time: nothing, Z, UTC, GMT, +hh:mm or +hhmm */
static bool
zone(const char *p, int *seconds)
{
	bool		west = *p == '-';
	int			hh;
	int			mm;

	*seconds = 0;
	if (*p == '\0' || strcmp(p, "Z") == 0 || strcmp(p, "UTC") == 0 || strcmp(p, "GMT") == 0)
		return true;
	if (!sign_of(&p, "+-") || !digits(&p, 2, &hh))
		return false;
	if (*p == ':')
		p++;
	if (!digits(&p, 2, &mm) || *p != '\0' || hh > 18 || mm > 59)
		return false;
	*seconds = (hh * 60 + mm) * (west ? -60 : 60);
	return true;
}

/* "2024-01-31T10:00:00.123+01:00" */
static bool
iso_time(const char *p, int *year, int *month, int *day, int *seconds, int *micro, int *off)
{
	int			unit = 100000;

	*micro = 0;
	if (!digits(&p, 4, year) || !sign_of(&p, "-") || !digits(&p, 2, month) || !sign_of(&p, "-") ||
		!digits(&p, 2, day) || !sign_of(&p, "Tt ") || !clock_time(&p, seconds))
		return false;
	if (*p == '.')
		for (p++; *p >= '0' && *p <= '9'; p++, unit /= 10)
			*micro += (*p - '0') * unit;
	return zone(p, off);
}

/* "Wed, 31 Jan 2024 10:00:00 GMT" */
static bool
http_time(const char *p, int *year, int *month, int *day, int *seconds, int *off)
{
	p += strcspn(p, ",");
	if (*p++ != ',')
		return false;
	p += strspn(p, " ");
	if (!digits(&p, 2, day) || !sign_of(&p, " -"))
		return false;
	for (*month = 1; strncmp(p, pds_month_names[*month - 1], 3) != 0; ++*month)
		if (*month == PDS_MONTHS)
			return false;
	p += 3;
	if (!sign_of(&p, " -") || !digits(&p, 4, year) || !sign_of(&p, " ") || !clock_time(&p, seconds))
		return false;
	p += strspn(p, " ");
	return zone(p, off);
}

bool
pds_time_of_text(const char *text, int64_t *us)
{
	int			year;
	int			month;
	int			day;
	int			seconds;
	int			micro = 0;
	int			off;
	int64_t		t;

	if (text == NULL || !(iso_time(text, &year, &month, &day, &seconds, &micro, &off) ||
						  http_time(text, &year, &month, &day, &seconds, &off)))
		return false;
	if (month < 1 || month > 12 || day < 1 ||
		day > pds_days_of_month(year, month + 1) - pds_days_of_month(year, month))
		return false;
	t = (pds_days_of_month(year, month) + day - 1) * 86400 + seconds - off;
	if (t < 0 || t > PDS_TIME_MAX)
		return false;
	*us = t * 1000000 + micro;
	return true;
}

bool
pds_utc_text(time_t t, const char *format, char *out, size_t cap)
{
	struct tm	tm;

	return t >= 0 && t <= PDS_TIME_MAX && gmtime_r(&t, &tm) != NULL &&
		strftime(out, cap, format, &tm) > 0;
}
