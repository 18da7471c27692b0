/*
 * numeric_image.c
 *	  A numeric in its on-disk form.
 *
 * The form is that of numeric.c since 9.1: a two-byte header with sign, scale
 * and weight where they fit, else four bytes, then digits of base 10000
 * without leading or trailing zero digits.  Tests compare it byte by byte with
 * what numeric_in makes.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "fdw/numeric_image.h"

#define SHORT_FORM			0x8000
#define SHORT_NEGATIVE		0x2000
#define SHORT_SCALE_SHIFT	7
#define SHORT_SCALE_MAX		0x3F
#define SHORT_WEIGHT_NEG	0x0040
#define SHORT_WEIGHT_MASK	0x003F
#define LONG_NEGATIVE		0x4000

/* value of 0 to 4 digits, padded on the right with zeros to 4 */
static inline int
group(const char *p, int n, int pad_right)
{
	int			v = 0;

	while (n-- > 0)
		v = v * 10 + (*p++ - '0');
	while (pad_right-- > 0)
		v *= 10;
	return v;
}

Datum
pds_numeric_image(char *out, const char *text, size_t n)
{
	bool		negative = *text == '-';
	const char *p = text + negative;
	const char *end = text + n;
	const char *point = memchr(p, '.', end - p);
	int			whole = (int) ((point ? point : end) - p);
	int			scale = point ? (int) (end - point - 1) : 0;
	int16		digits[64];
	int			nd = 0;
	int			first;
	int			weight;
	uint16	   *header = (uint16 *) (out + VARHDRSZ);
	int			i;

	weight = (whole + 3) / 4 - 1;
	i = whole % 4;
	if (i)
		digits[nd++] = group(p, i, 0);
	for (; i < whole; i += 4)
		digits[nd++] = group(p + i, 4, 0);
	for (i = 0; i < scale; i += 4)
		digits[nd++] = group(point + 1 + i, Min(4, scale - i), Max(0, 4 - (scale - i)));
	for (first = 0; first < nd && digits[first] == 0; first++)
		weight--;
	while (nd > first && digits[nd - 1] == 0)
		nd--;
	if (nd == first)
	{
		weight = 0;
		negative = false;
	}
	if (scale <= SHORT_SCALE_MAX && weight >= -64 && weight <= 63)
		*header++ = SHORT_FORM | (negative ? SHORT_NEGATIVE : 0) | (scale << SHORT_SCALE_SHIFT) |
			(weight < 0 ? SHORT_WEIGHT_NEG : 0) | (weight & SHORT_WEIGHT_MASK);
	else
	{
		*header++ = (negative ? LONG_NEGATIVE : 0) | scale;
		*header++ = (uint16) (int16) weight;
	}
	memcpy(header, digits + first, (nd - first) * sizeof(int16));
	SET_VARSIZE(out, (char *) header - out + (nd - first) * sizeof(int16));
	return PointerGetDatum(out);
}

/* ---- and back ---- */

#define SIGN_MASK			0xC000
#define SPECIAL				0xC000
#define LONG_SCALE_MASK		0x3FFF

bool
pds_numeric_scaled(Datum numeric, int64 *v, int *scale, bool *finite)
{
	const char *p = VARDATA_ANY(DatumGetPointer(numeric));
	int			len = (int) VARSIZE_ANY_EXHDR(DatumGetPointer(numeric));
	uint16		header;
	int16		word;
	int64		sum = 0;
	int			weight;
	int			rest;
	bool		negative;

	memcpy(&header, p, sizeof(header));
	*finite = (header & SIGN_MASK) != SPECIAL;
	if (!*finite)
		return false;
	p += sizeof(header);
	len -= sizeof(header);
	if (header & SHORT_FORM)
	{
		negative = (header & SHORT_NEGATIVE) != 0;
		*scale = (header >> SHORT_SCALE_SHIFT) & SHORT_SCALE_MAX;
		weight = (header & SHORT_WEIGHT_MASK) - (header & SHORT_WEIGHT_NEG ? 64 : 0);
	}
	else
	{
		negative = (header & SIGN_MASK) == LONG_NEGATIVE;
		*scale = header & LONG_SCALE_MASK;
		memcpy(&word, p, sizeof(word));
		weight = word;
		p += sizeof(word);
		len -= sizeof(word);
	}
	/* four groups of four digits: more hardly fit */
	if (len > 4 * (int) sizeof(word))
		return false;
	/* decimal digits of the scaled value behind those that are stored */
	rest = len > 0 ? 4 * (weight - len / (int) sizeof(word) + 1) + *scale : 0;
	if (rest > 18 || rest < -3)
		return false;
	for (; len > 0; len -= sizeof(word), p += sizeof(word))
	{
		memcpy(&word, p, sizeof(word));
		sum = sum * 10000 + word;
	}
	for (; rest < 0; rest++)
		sum /= 10;
	for (; rest > 0; rest--)
		if (__builtin_mul_overflow(sum, (int64) 10, &sum))
			return false;
	*v = negative ? -sum : sum;
	return true;
}
