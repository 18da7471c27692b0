/*
 * calendar.h
 *	  Days of the proleptic Gregorian calendar, and AWS's time stamps.
 */
#ifndef PDS_CORE_CALENDAR_H
#define PDS_CORE_CALENDAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* in English, from January and from Monday on; short ones are their first three letters */
#define PDS_MONTHS		12
#define PDS_WEEKDAYS	7

extern const char *const pds_month_names[PDS_MONTHS];
extern const char *const pds_weekday_names[PDS_WEEKDAYS];

/* days since 1970-01-01 of the first of a month; months below 1 and above 12 roll over */
extern int64_t pds_days_of_month(int64_t year, int64_t month);

/* the date of so many days since 1970-01-01; year 0 is 1 BC */
extern void pds_date_of_days(int64_t days, int64_t *year, int *month, int *day);

/*
 * "2024-01-31" of a number of days since 1970-01-01, as Java writes it:
 * "-0001-...", "+10000-..."
 */
extern void pds_iso_date(int64_t days, char out[32]);

/*
 * Times that others tell: seconds since 1970, or text ("2024-01-31T10:00:00.123Z",
 * "Wed, 31 Jan 2024 10:00:00 GMT"), to microseconds since 1970 UTC.  False:
 * it is no time from 1970 to 9999.  Nothing else makes a time of a reply.
 */
#define PDS_TIME_MAX	INT64_C(253402300799)	/* seconds: the end of 9999 */

extern bool pds_time_of_number(double seconds, int64_t *us);
extern bool pds_time_of_text(const char *text, int64_t *us);

/* strftime in UTC; false out of that range, and when it does not fit */
extern bool pds_utc_text(time_t t, const char *format, char *out, size_t cap);

#endif							/* PDS_CORE_CALENDAR_H */
