/*
 * plain_text.h
 *	  Plain values as text, without printf: the counterpart of plain_values.h.
 *
 * Each function writes at `out`, which has room for PDS_PLAIN_BYTES bytes, and returns
 * where it ended; no NUL follows.  The text has digits and "+-.: " alone.
 */
#ifndef PDS_CORE_PLAIN_TEXT_H
#define PDS_CORE_PLAIN_TEXT_H

#include <stdint.h>

/* the longest: a timestamp of PostgreSQL's, or a decimal of 19 digits and as many zeros */
#define PDS_PLAIN_BYTES	64

/* the digits of a decimal that pds_text_decimal takes behind its point */
#define PDS_PLAIN_SCALE	40

extern char *pds_text_int(char *out, int64_t v);

/* v * 10^-scale, with all digits of the scale; scale at most PDS_PLAIN_SCALE */
extern char *pds_text_decimal(char *out, int64_t v, int scale);

/* yyyy-MM-dd, year from 0, with more digits where it has more */
extern char *pds_text_date(char *out, int64_t year, int month, int day);

/* HH:mm:ss and as much of .ffffff as there is; microseconds of a day */
extern char *pds_text_time(char *out, int64_t us);

#endif							/* PDS_CORE_PLAIN_TEXT_H */
