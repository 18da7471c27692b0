/*
 * plain_values.c
 *	  Tables of plain_values.h, and decimals that no double holds.
 *
 * A decimal m / 10^s is m times the reciprocal of 10^s, of which 128 bits are
 * kept.  What they leave out is less than two units of the product's last bit:
 * where that can change the rounding nothing is said, and the caller asks a
 * parser that calculates further (Lemire, Number Parsing at a Gigabyte per
 * Second, 2021, section 5).
 */
#include "core/serde/plain_values.h"

#include "core/base/calendar.h"

const uint64_t pds_powers_of_ten[PDS_PLAIN_DIGITS + 1] = {
	1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000,
	UINT64_C(10000000000), UINT64_C(100000000000), UINT64_C(1000000000000),
	UINT64_C(10000000000000), UINT64_C(100000000000000), UINT64_C(1000000000000000),
	UINT64_C(10000000000000000), UINT64_C(100000000000000000), UINT64_C(1000000000000000000)
};

const double pds_exact_powers[23] = {
	1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
	1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22
};

int32_t		pds_plain_months[(PDS_PLAIN_YEAR_END - PDS_PLAIN_YEAR_FIRST) * 12 + 1];

/* 10^-s = (high:low and less than one more) / 2^exponent; the highest bit is set */
typedef struct Reciprocal
{
	uint64_t	high;
	uint64_t	low;
	int			exponent;
} Reciprocal;

static Reciprocal reciprocals[PDS_PLAIN_DIGITS + 1];

static void
set_reciprocal(int s)
{
	uint64_t	divisor = pds_powers_of_ten[s];
	uint64_t	rest = 0;
	Reciprocal *r = &reciprocals[s];
	int			bit;

	/* 2^exponent by long division, so that the quotient has 128 bits */
	r->exponent = s == 0 ? 127 : 128 + 63 - __builtin_clzll(divisor);
	for (bit = r->exponent; bit >= 0; bit--)
	{
		rest = rest << 1 | (bit == r->exponent);
		r->high = r->high << 1 | r->low >> 63;
		r->low <<= 1;
		if (rest >= divisor)
		{
			rest -= divisor;
			r->low |= 1;
		}
	}
}

void
pds_plain_init(void)
{
	int			i;

	/* once is enough */
	if (pds_plain_months[(PDS_PLAIN_YEAR_END - PDS_PLAIN_YEAR_FIRST) * 12] != 0)
		return;
	for (i = 0; i <= (PDS_PLAIN_YEAR_END - PDS_PLAIN_YEAR_FIRST) * 12; i++)
		pds_plain_months[i] = (int32_t) pds_days_of_month(PDS_PLAIN_YEAR_FIRST, 1 + i);
	for (i = 0; i <= PDS_PLAIN_DIGITS; i++)
		set_reciprocal(i);
}

/* m / 10^scale = *mantissa * 2^*exponent, rounded to nearest; m is not 0 */
static bool
nearest(uint64_t m, int scale, int bits, uint64_t *mantissa, int *exponent)
{
#ifdef __SIZEOF_INT128__
	const Reciprocal *r = &reciprocals[scale];
	int			shift = __builtin_clzll(m);
	unsigned __int128 product;
	unsigned __int128 half;
	unsigned __int128 dropped;
	int			ndropped;

	if (r->high == 0)
		return false;			/* no pds_plain_init */
	m <<= shift;
	/* the upper 128 bits of 192 */
	product = (unsigned __int128) m * r->high + (uint64_t) ((unsigned __int128) m * r->low >> 64);
	ndropped = 128 - bits - ((uint64_t) (product >> 127) == 0);
	*mantissa = (uint64_t) (product >> ndropped);
	*exponent = ndropped + 64 - r->exponent - shift;
	half = (unsigned __int128) 1 << (ndropped - 1);
	dropped = product & (2 * half - 1);
	/* the true product is less than two more */
	if (dropped == half || dropped == half - 1)
		return false;
	*mantissa += dropped > half;
	return true;
#else
	return false;
#endif
}

bool
pds_nearest_double(uint64_t m, int scale, double *out)
{
	uint64_t	mantissa;
	int			exponent;
	uint64_t	power;
	double		factor;

	if (m == 0 || !nearest(m, scale, 53, &mantissa, &exponent))
		return false;
	power = (uint64_t) (exponent + 1023) << 52;
	memcpy(&factor, &power, sizeof(factor));
	*out = (double) mantissa * factor;
	return true;
}

bool
pds_nearest_float(uint64_t m, int scale, float *out)
{
	uint64_t	mantissa;
	int			exponent;
	uint32_t	power;
	float		factor;

	if (m == 0 || !nearest(m, scale, 24, &mantissa, &exponent))
		return false;
	power = (uint32_t) (exponent + 127) << 23;
	memcpy(&factor, &power, sizeof(factor));
	*out = (float) mantissa * factor;
	return true;
}

bool
pds_plain_day_of_any_year(unsigned int year, unsigned int month, unsigned int day, int32_t *days)
{
	int64_t		first;

	if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1)
		return false;
	first = pds_days_of_month(year, month);
	*days = (int32_t) (first + day - 1);
	return *days < pds_days_of_month(year, month + 1);
}
