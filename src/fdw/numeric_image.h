/*
 * numeric_image.h
 *	  A numeric in its on-disk form, made from digits without numeric_in.
 */
#ifndef PDS_FDW_NUMERIC_IMAGE_H
#define PDS_FDW_NUMERIC_IMAGE_H

/* bytes that an image of n characters needs at most */
#define PDS_NUMERIC_IMAGE_SIZE(n) (VARHDRSZ + 4 + ((n) / 4 + 3) * 2)

/* text is "[-]digits[.digits]", n at most 200; into out, which is MAXALIGNed */
extern Datum pds_numeric_image(char *out, const char *text, size_t n);
/*
 * The other way: a value, not compressed, as v * 10^-scale, scale that of its display.
 * False: no int64 holds v, or about so; *finite tells NaN and infinities from those.
 */
extern bool pds_numeric_scaled(Datum numeric, int64 *v, int *scale, bool *finite);

#endif							/* PDS_FDW_NUMERIC_IMAGE_H */
