/*
 * plain_text.c
 *	  Plain values as text, without printf: the counterpart of plain_values.c.
 */
#include "core/serde/plain_text.h"

#include <string.h>

#include "core/base/assert.h"

static const char pairs[] =
"00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445464748495051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899";

static inline char *
put_pair(char *out, unsigned int v)
{
	PDS_ASSERT(v < 100);
	memcpy(out, pairs + 2 * v, 2);
	return out + 2;
}

/* the digits of v end at `end`; returns where they begin */
static inline char *
digits_before(char *end, uint64_t v)
{
	for (; v >= 100; v /= 100)
	{
		end -= 2;
		memcpy(end, pairs + 2 * (v % 100), 2);
	}
	if (v < 10)
		*--end = (char) ('0' + v);
	else
	{
		end -= 2;
		memcpy(end, pairs + 2 * v, 2);
	}
	return end;
}

static inline uint64_t
magnitude(int64_t v)
{
	return v < 0 ? -(uint64_t) v : (uint64_t) v;
}

char *
pds_text_int(char *out, int64_t v)
{
	char		digits[20];
	char	   *begin = digits_before(digits + sizeof(digits), magnitude(v));
	size_t		n = (size_t) (digits + sizeof(digits) - begin);

	if (v < 0)
		*out++ = '-';
	memcpy(out, begin, n);
	return out + n;
}

char *
pds_text_decimal(char *out, int64_t v, int scale)
{
	char		digits[PDS_PLAIN_BYTES];
	char	   *end = digits + sizeof(digits);
	char	   *begin = digits_before(end, magnitude(v));
	size_t		whole;

	PDS_ASSERT(scale >= 0 && scale <= PDS_PLAIN_SCALE);
	if (v < 0)
		*out++ = '-';
	/* a digit before the point at least */
	while (end - begin <= scale)
		*--begin = '0';
	whole = (size_t) (end - begin - scale);
	memcpy(out, begin, whole);
	out += whole;
	if (scale == 0)
		return out;
	*out++ = '.';
	memcpy(out, begin + whole, (size_t) scale);
	return out + scale;
}

char *
pds_text_date(char *out, int64_t year, int month, int day)
{
	PDS_ASSERT(year >= 0);
	if (year < 10000)
	{
		out = put_pair(out, (unsigned int) (year / 100));
		out = put_pair(out, (unsigned int) (year % 100));
	}
	else
		out = pds_text_int(out, year);
	*out++ = '-';
	out = put_pair(out, (unsigned int) month);
	*out++ = '-';
	return put_pair(out, (unsigned int) day);
}

char *
pds_text_time(char *out, int64_t us)
{
	unsigned int seconds = (unsigned int) (us / 1000000);
	unsigned int fraction = (unsigned int) (us % 1000000);

	out = put_pair(out, seconds / 3600);
	*out++ = ':';
	out = put_pair(out, seconds / 60 % 60);
	*out++ = ':';
	out = put_pair(out, seconds % 60);
	if (fraction == 0)
		return out;
	*out++ = '.';
	out = put_pair(out, fraction / 10000);
	out = put_pair(out, fraction / 100 % 100);
	out = put_pair(out, fraction % 100);
	while (out[-1] == '0')
		out--;
	return out;
}
