/*
 * mistakes.h
 *	  What the bytes of a bad value or record say about the option that is wrong: hints.
 */
#ifndef PDS_FDW_MISTAKES_H
#define PDS_FDW_MISTAKES_H

#include "fdw/rows/row_source.h"

/* Hints for errors of record r of the batch at hand, palloc'd; NULL: nothing is to be seen. */

/* of the value of column i (-1: of the record as a whole) */
extern char *pds_mistake_hint(const PdsRowSource *src, size_t r, int i);

/* of text that is not in the encoding that it is read in */
extern char *pds_encoding_hint(const PdsRowSource *src, size_t r);

/*
 * Of a record of one field, where `expected` were: which delimiter would do.  NULL as above, or
 * there are more fields.
 */
extern char *pds_delimiter_hint(const PdsRowSource *src, const char *record, size_t n,
								int expected);

#endif							/* PDS_FDW_MISTAKES_H */
