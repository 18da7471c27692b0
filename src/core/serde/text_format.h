/*
 * text_format.h
 *	  Numbers and dates as people write them: separators of thousands, decimal commas,
 *	  dates by a format of strptime's specifiers.
 *
 * Both ways: what is read so is written so.
 */
#ifndef PDS_CORE_TEXT_FORMAT_H
#define PDS_CORE_TEXT_FORMAT_H

#include "core/base/strbuf.h"

/*
 * A number with such separators to one of digits and a point, into out, which holds n bytes.
 * thousands (0: none) stand before each group of three digits of the whole part, or nowhere.  What
 * does not begin as a number (NaN) stays as it is.  False: it has separators where they cannot be.
 */
extern bool pds_number_normal(const char *s, size_t n, char decimal, char thousands, char *out,
							  size_t *len);

/*
 * Formats: %Y %y %m %b %B %d %e %H %I %p %M %S %f (up to six digits of a second) %j %a %A %%, and
 * %-d and the like, which only write otherwise.  White space stands for any, none included; all
 * else for itself.  NULL: it is a format of dates; otherwise what is wrong with it.
 */
extern const char *pds_time_format_fault(const char *format);

/* All of s by the format: microseconds since 1970.  False: it is something else. */
extern bool pds_time_by_format(const char *format, const char *s, size_t n, int64_t *us);

/* Append it.  False: the format has no text for it (years before 1 or after 9999). */
extern bool pds_time_print(const char *format, int64_t us, PdsStr *out);

#endif							/* PDS_CORE_TEXT_FORMAT_H */
