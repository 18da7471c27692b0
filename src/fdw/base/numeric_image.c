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

#include "fdw/base/numeric_image.h"

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

/*
 * digits[0..nd), the first of which stands for 10000^weight; leading and trailing
 * zeros may be among them
 */
static inline Datum
put_image(char *out, bool negative, int scale, int weight, const int16 *digits, int nd)
{
	uint16	   *header = (uint16 *) (out + VARHDRSZ);
	int			i;

	for (; nd > 0 && *digits == 0; nd--, digits++)
		weight--;
	while (nd > 0 && digits[nd - 1] == 0)
		nd--;
	if (nd == 0)
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
	for (i = 0; i < nd; i++)
		*header++ = (uint16) digits[i];
	SET_VARSIZE(out, (char *) header - out);
	return PointerGetDatum(out);
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
	int			weight;
	int			i;

	weight = (whole + 3) / 4 - 1;
	i = whole % 4;
	if (i)
		digits[nd++] = group(p, i, 0);
	for (; i < whole; i += 4)
		digits[nd++] = group(p + i, 4, 0);
	for (i = 0; i < scale; i += 4)
		digits[nd++] = group(point + 1 + i, Min(4, scale - i), Max(0, 4 - (scale - i)));
	return put_image(out, negative, scale, weight, digits, nd);
}

/* the base-10000 digits of v, at the end of digits[0..5); returns how many */
static inline int
put_whole(int16 digits[5], uint64 v)
{
	int			nd = 0;

	while (v >= 10000)
	{
		digits[4 - nd++] = (int16) (v % 10000);
		v /= 10000;
	}
	if (v > 0)
		digits[4 - nd++] = (int16) v;
	return nd;
}

Datum
pds_numeric_image_plain(char *out, const PdsPlainDecimal *d)
{
	int16		digits[10];
	int			whole = put_whole(digits, d->whole);
	int			groups = (d->scale + 3) / 4;
	uint64		v = d->fraction;
	int			i;

	if (groups == 1)
		digits[5] = (int16) (v * pds_powers_of_ten[4 - d->scale]);
	else if (groups > 1)
	{
		int			pad = groups * 4 - d->scale;

		/* the last group first: v itself may have 18 digits already */
		digits[4 + groups] = (int16) (v % pds_powers_of_ten[4 - pad] * pds_powers_of_ten[pad]);
		v /= pds_powers_of_ten[4 - pad];
		for (i = groups - 1; i > 0; i--)
		{
			digits[4 + i] = (int16) (v % 10000);
			v /= 10000;
		}
	}
	return put_image(out, d->negative, d->scale, whole - 1, digits + 5 - whole, whole + groups);
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
