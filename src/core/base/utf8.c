/*
 * utf8.c
 *	  Is a stretch of bytes valid UTF-8, and where do characters begin?  What
 *	  is here is the reference that utf8_avx2.c is tested against.
 */
#include "core/base/utf8.h"

#include <string.h>

/* length of the valid sequence at s, 0 when there is none */
static inline int
sequence(const unsigned char *s, size_t left)
{
	unsigned char c = s[0];

	if (c < 0x80)
		return 1;
	if (c < 0xC2)
		return 0;
	if (c < 0xE0)
		return left >= 2 && (s[1] & 0xC0) == 0x80 ? 2 : 0;
	if (c < 0xF0)
	{
		if (left < 3 || (s[1] & 0xC0) != 0x80 || (s[2] & 0xC0) != 0x80)
			return 0;
		if ((c == 0xE0 && s[1] < 0xA0) || (c == 0xED && s[1] > 0x9F))
			return 0;
		return 3;
	}
	if (c > 0xF4 || left < 4 || (s[1] & 0xC0) != 0x80 || (s[2] & 0xC0) != 0x80 ||
		(s[3] & 0xC0) != 0x80)
		return 0;
	if ((c == 0xF0 && s[1] < 0x90) || (c == 0xF4 && s[1] > 0x8F))
		return 0;
	return 4;
}

bool
pds_utf8_scalar(const char *buf, size_t len)
{
	const unsigned char *s = (const unsigned char *) buf;
	const unsigned char *end = s + len;

	while (s < end)
	{
		/* ASCII, 32 bytes at a time: the compiler makes vectors of it */
		while (end - s >= 32)
		{
			uint64_t	w[4];

			memcpy(w, s, 32);
			if ((w[0] | w[1] | w[2] | w[3]) & UINT64_C(0x8080808080808080))
				break;
			s += 32;
		}
		while (s < end && *s < 0x80)
			s++;
		while (s < end && *s >= 0x80)
		{
			int			n = sequence(s, (size_t) (end - s));

			if (n == 0)
				return false;
			s += n;
		}
	}
	return true;
}

int
pds_utf8_length(const char *s, size_t n)
{
	return sequence((const unsigned char *) s, n);
}

static bool
begins_character(char c)
{
	return ((unsigned char) c & 0xC0) != 0x80;
}

size_t
pds_utf8_count(const char *s, size_t n)
{
	size_t		count = 0;
	size_t		i;

	for (i = 0; i < n; i++)
		count += begins_character(s[i]);
	return count;
}

size_t
pds_utf8_prefix(const char *s, size_t n, int chars)
{
	size_t		i;

	for (i = 0; i < n; i++)
		if (begins_character(s[i]) && chars-- == 0)
			return i;
	return n;
}
