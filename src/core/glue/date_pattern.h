/*
 * date_pattern.h
 *	  Java's DateTimeFormatter patterns, as far as partition projection needs
 *	  them: y u M L d D H h k K m s S a E and literals, English names, UTC.
 */
#ifndef PDS_CORE_DATE_PATTERN_H
#define PDS_CORE_DATE_PATTERN_H

#include <stdint.h>

#include "core/base/error.h"
#include "core/base/strbuf.h"

typedef struct PdsDatePattern PdsDatePattern;

/* NULL with PDS_ERR_CONFIG (no pattern) or PDS_ERR_UNSUPPORTED (a letter not listed above). */
extern PdsDatePattern *pds_date_pattern_new(const char *text, PdsError *err);
extern void pds_date_pattern_free(PdsDatePattern *p);	/* NULL is fine */

/* Times are ms since 1970 UTC, years 1 to 9999.  Appends to out. */
extern void pds_date_pattern_format(const PdsDatePattern *p, int64_t ms, PdsStr *out);

/* False: the text is not of the pattern, or the pattern does not name the year. */
extern bool pds_date_pattern_parse(const PdsDatePattern *p, const char *text, int64_t *ms);

/* Is there a letter of hours or below; of days? */
extern bool pds_date_pattern_has_time(const PdsDatePattern *p);
extern bool pds_date_pattern_has_day(const PdsDatePattern *p);

/* Do texts, all of one length, order as the times do? */
extern bool pds_date_pattern_ordered(const PdsDatePattern *p);

#endif							/* PDS_CORE_DATE_PATTERN_H */
