/*
 * path_pattern.c
 *	  Patterns of locations, whose wildcards know folders.
 *
 * A mismatch goes back to the last star of the folder at hand, then to the last double star: what
 * an earlier one could take instead, the last one can take as well.
 */
#include "core/base/path_pattern.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/glob.h"
#include "core/base/strbuf.h"

/* ---- alternatives ---- */

/* one past the element at p: an escaped character, a set, or one byte */
static const char *
pattern_element_end(const char *p)
{
	const char *end;

	if (*p == '\\' && p[1] != '\0')
		return p + 2;
	if (*p == '[' && (end = pds_glob_set_end(p)) != NULL)
		return end + 1;
	return p + 1;
}

/* the '}' that closes the brace at p; NULL: none */
static const char *
brace_end(const char *p)
{
	int			depth = 0;

	for (; *p; p = pattern_element_end(p))
	{
		if (*p == '{')
			depth++;
		else if (*p == '}' && --depth == 0)
			return p;
	}
	return NULL;
}

static bool
add_alternative(PdsAlternatives *out, const char *text, PdsError *err)
{
	char	  **grown;

	if (out->n == PDS_MAX_ALTERNATIVES)
		return pds_error_set(err, PDS_ERR_LIMIT, "the pattern has more than %d alternatives",
							 PDS_MAX_ALTERNATIVES);
	grown = realloc(out->items, (out->n + 1) * sizeof(char *));
	if (grown == NULL)
		return pds_error_oom(err);
	out->items = grown;
	out->items[out->n] = strdup(text);
	if (out->items[out->n] == NULL)
		return pds_error_oom(err);
	out->n++;
	return true;
}

static bool expand_pattern(const char *head, const char *rest, PdsAlternatives *out, PdsError *err);

/* head, one choice of the brace at open, what is behind it */
static bool
expand_brace(const char *head, size_t head_len, const char *open, const char *close,
			 PdsAlternatives *out, PdsError *err)
{
	const char *choice = open + 1;
	const char *p = choice;
	int			depth = 0;

	for (;;)
	{
		if (p == close || (*p == ',' && depth == 0))
		{
			PdsStr		s;
			bool		ok;

			pds_str_init(&s);
			pds_str_append_n(&s, head, head_len);
			pds_str_append_n(&s, choice, (size_t) (p - choice));
			pds_str_append(&s, close + 1);
			/* the choice may have braces, too */
			ok = s.failed ? pds_error_oom(err)
				: expand_pattern(pds_str_text(&s), pds_str_text(&s) + head_len, out, err);
			pds_str_free(&s);
			if (!ok || p == close)
				return ok;
			choice = ++p;
			continue;
		}
		depth += *p == '{' ? 1 : *p == '}' ? -1 : 0;
		p = pattern_element_end(p);
	}
}

/* a pattern, and the rest of it where there may be braces */
static bool
expand_pattern(const char *head, const char *rest, PdsAlternatives *out, PdsError *err)
{
	const char *p;
	const char *close;

	for (p = rest; *p; p = pattern_element_end(p))
		if (*p == '{' && (close = brace_end(p)) != NULL)
			return expand_brace(head, (size_t) (p - head), p, close, out, err);
	return add_alternative(out, head, err);
}

bool
pds_path_alternatives(const char *pattern, PdsAlternatives *out, PdsError *err)
{
	memset(out, 0, sizeof(*out));
	if (expand_pattern(pattern, pattern, out, err))
		return true;
	pds_path_alternatives_free(out);
	return false;
}

void
pds_path_alternatives_free(PdsAlternatives *a)
{
	size_t		i;

	for (i = 0; i < a->n; i++)
		free(a->items[i]);
	free(a->items);
	memset(a, 0, sizeof(*a));
}

char *
pds_path_literal(const char *pattern, bool *all)
{
	char	   *out = malloc(strlen(pattern) + 1);
	size_t		n = 0;
	const char *p;

	if (out == NULL)
		return NULL;
	for (p = pattern; *p && *p != '*' && *p != '?'; p++)
	{
		if (*p == '[' && pds_glob_set_end(p) != NULL)
			break;
		if (*p == '\\' && p[1] != '\0')
			p++;
		out[n++] = *p;
	}
	out[n] = '\0';
	*all = *p == '\0';
	return out;
}

/* ---- matching ---- */

/* One element of the pattern against one character; its length in the pattern, 0: no match. */
static size_t
match_one(const char *pattern, const char *text, int *text_len)
{
	*text_len = 0;
	if (*text == '\0')
		return 0;
	if (*pattern == '\\' && pattern[1] != '\0')
	{
		*text_len = (int) pds_glob_char_len(text);
		return strncmp(pattern + 1, text, (size_t) *text_len) == 0 ? 1 + (size_t) *text_len : 0;
	}
	/* a folder's end is matched by itself only */
	if (*text == '/' && *pattern != '/')
		return 0;
	return pds_glob_step(pattern, text, text_len);
}

typedef struct Retry
{
	const char *pattern;		/* behind the star; NULL: there was none */
	const char *text;			/* where it was given up last */
} Retry;

bool
pds_path_match(const char *pattern, const char *text)
{
	Retry		star = {NULL, NULL};
	Retry		folders = {NULL, NULL};
	bool		whole = false;	/* "**" is a folder's name: whole ones only */
	const char *begin = pattern;
	int			len = 0;
	size_t		n;

	for (;;)
	{
		if (pattern[0] == '*' && pattern[1] == '*')
		{
			whole = pattern == begin || pattern[-1] == '/';
			while (*pattern == '*')
				pattern++;
			whole = whole && *pattern == '/';
			pattern += whole;
			folders.pattern = pattern;
			folders.text = text;
			star.pattern = NULL;
			continue;
		}
		if (*pattern == '*')
		{
			star.pattern = ++pattern;
			star.text = text;
			continue;
		}
		if (*pattern == '\0' && *text == '\0')
			return true;
		n = *pattern ? match_one(pattern, text, &len) : 0;
		if (n > 0)
		{
			pattern += n;
			text += len;
			continue;
		}
		if (star.pattern && *star.text != '\0' && *star.text != '/')
		{
			star.text += pds_glob_char_len(star.text);
			pattern = star.pattern;
			text = star.text;
			continue;
		}
		if (folders.pattern == NULL || *folders.text == '\0')
			return false;
		/* one character more, or one folder */
		do
			folders.text += pds_glob_char_len(folders.text);
		while (whole && *folders.text != '\0' && folders.text[-1] != '/');
		if (whole && folders.text[-1] != '/')
			return false;
		star.pattern = NULL;
		pattern = folders.pattern;
		text = folders.text;
	}
}
