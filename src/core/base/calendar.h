/*
 * calendar.h
 *	  Days of the proleptic Gregorian calendar, and AWS's time stamps.
 */
#ifndef PDS_CORE_CALENDAR_H
#define PDS_CORE_CALENDAR_H

#include <stdint.h>

/* days since 1970-01-01 of the first of a month; months below 1 and above 12 roll over */
extern int64_t pds_days_of_month(int64_t year, int64_t month);

/* the date of so many days since 1970-01-01; year 0 is 1 BC */
extern void pds_date_of_days(int64_t days, int64_t *year, int *month, int *day);

/* "2024-01-31T10:00:00.123Z" to microseconds since 1970 UTC; 0: not a time */
extern int64_t pds_iso8601_us(const char *text);

/* "2024-01-31" of a number of days since 1970-01-01, as Java writes it: "-0001-...", "+10000-..." */
extern void pds_iso_date(int64_t days, char out[32]);

#endif							/* PDS_CORE_CALENDAR_H */
