/*
 * numeric_image.h
 *	  A numeric in its on-disk form, made from digits without numeric_in.
 */
#ifndef PDS_FDW_NUMERIC_IMAGE_H
#define PDS_FDW_NUMERIC_IMAGE_H

#include "core/serde/plain_values.h"

/* bytes that an image of n characters needs at most */
#define PDS_NUMERIC_IMAGE_SIZE(n) (VARHDRSZ + 4 + ((n) / 4 + 3) * 2)

/* text is "[-]digits[.digits]", n at most 200; into out, which is MAXALIGNed */
extern Datum pds_numeric_image(char *out, const char *text, size_t n);

/*
 * The other way: a value, not compressed, as v * 10^-scale, scale that of its display.
 * False: no int64 holds v, or about so; *finite tells NaN and infinities from those.
 */
extern bool pds_numeric_scaled(Datum numeric, int64 *v, int *scale, bool *finite);

/* bytes that the image of a plain decimal needs at most */
#define PDS_PLAIN_IMAGE_SIZE 40
/* the same of a decimal that was parsed; into out, which is MAXALIGNed */
extern Datum pds_numeric_image_plain(char *out, const PdsPlainDecimal *d);

#endif							/* PDS_FDW_NUMERIC_IMAGE_H */
