/*
 * glob.c
 *	  Patterns of object names.
 *
 * A mismatch goes back to the last star only: what an earlier star could take
 * instead, the last one can take as well.
 */
#include "core/base/glob.h"

#include <string.h>

/* the character at s and its length in bytes (0 at the end) */
static int
character(const char *s, unsigned int *c)
{
	const unsigned char *p = (const unsigned char *) s;
	int			n = p[0] < 0x80 ? 1 : (p[0] & 0xE0) == 0xC0 ? 2 : (p[0] & 0xF0) == 0xE0 ? 3 :
		(p[0] & 0xF8) == 0xF0 ? 4 : 1;
	int			i;

	*c = p[0];
	if (p[0] == 0)
		return 0;
	for (i = 1; i < n; i++)
		if ((p[i] & 0xC0) != 0x80)
			return 1;
	if (n > 1)
		*c = p[0] & (0xFFu >> (n + 1));
	for (i = 1; i < n; i++)
		*c = *c << 6 | (p[i] & 0x3Fu);
	return n;
}

const char *
pds_glob_set_end(const char *p)
{
	p++;
	if (*p == '!')
		p++;
	if (*p == ']')
		p++;
	return strchr(p, ']');
}

/* is c in the set p[0] = '[' .. end = ']'? */
static bool
in_set(const char *p, const char *end, unsigned int c)
{
	bool		negated = p[1] == '!';
	bool		found = false;

	p += negated ? 2 : 1;
	while (p < end)
	{
		unsigned int low;
		unsigned int high;

		p += character(p, &low);
		high = low;
		if (*p == '-' && p + 1 < end)
			p += 1 + character(p + 1, &high);
		found = found || (low <= c && c <= high);
	}
	return found != negated;
}

/* One step of the pattern against one character; its length in the pattern, 0: no match. */
size_t
pds_glob_step(const char *pattern, const char *text, int *text_len)
{
	unsigned int c;
	unsigned int want;
	const char *end;
	int			n;

	*text_len = character(text, &c);
	if (*text_len == 0)
		return 0;
	if (*pattern == '?')
		return 1;
	if (*pattern == '[' && (end = pds_glob_set_end(pattern)) != NULL)
		return in_set(pattern, end, c) ? (size_t) (end - pattern + 1) : 0;
	n = character(pattern, &want);
	return n == *text_len && memcmp(pattern, text, (size_t) n) == 0 ? (size_t) n : 0;
}

size_t
pds_glob_char_len(const char *s)
{
	unsigned int c;

	return (size_t) character(s, &c);
}

bool
pds_glob_match(const char *pattern, const char *text)
{
	const char *star = NULL;	/* after the last star */
	const char *star_text = NULL;	/* where it was given up last */

	for (;;)
	{
		int			len;
		size_t		n;

		if (*pattern == '*')
		{
			star = ++pattern;
			star_text = text;
			continue;
		}
		if (*pattern == '\0' && *text == '\0')
			return true;
		n = *pattern ? pds_glob_step(pattern, text, &len) : 0;
		if (n > 0)
		{
			pattern += n;
			text += len;
			continue;
		}
		if (star == NULL || *star_text == '\0')
			return false;
		/* the star takes one character more */
		star_text += pds_glob_char_len(star_text);
		text = star_text;
		pattern = star;
	}
}
