/*
 * strbuf.c
 *	  A growing byte string on malloc, and the few text helpers of the core.
 */
#include "core/base/strbuf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/assert.h"

void
pds_str_init(PdsStr *s)
{
	memset(s, 0, sizeof(*s));
}

void
pds_str_init_secret(PdsStr *s)
{
	pds_str_init(s);
	s->secret = true;
}

void
pds_str_free(PdsStr *s)
{
	if (s->secret && s->data)
		pds_secure_zero(s->data, s->cap);
	free(s->data);
	s->data = NULL;
	s->len = s->cap = 0;
	s->failed = false;
}

void
pds_str_wipe(PdsStr *s)
{
	if (s->data)
		pds_secure_zero(s->data, s->cap);
	pds_str_free(s);
}

void
pds_str_reset(PdsStr *s)
{
	s->len = 0;
	s->failed = false;
	if (s->data)
		s->data[0] = '\0';
}

/* realloc, which would leave a copy behind */
static char *
move_secret(const PdsStr *s, size_t cap)
{
	char	   *data = malloc(cap);

	if (data && s->data)
	{
		memcpy(data, s->data, s->len + 1);
		pds_secure_zero(s->data, s->cap);
		free(s->data);
	}
	return data;
}

bool
pds_str_reserve(PdsStr *s, size_t extra)
{
	size_t		need;
	size_t		cap;
	char	   *data;

	if (s->failed)
		return false;
	if (extra > SIZE_MAX / 2 - s->len - 1)
	{
		s->failed = true;
		return false;
	}
	PDS_ASSERT(s->data ? s->len < s->cap : s->len == 0 && s->cap == 0);
	need = s->len + extra + 1;
	if (need <= s->cap)
		return true;
	cap = s->cap ? s->cap : 64;
	while (cap < need)
		cap *= 2;
	data = s->secret ? move_secret(s, cap) : realloc(s->data, cap);
	if (data == NULL)
	{
		s->failed = true;
		return false;
	}
	if (s->data == NULL)
		data[0] = '\0';
	s->data = data;
	s->cap = cap;
	return true;
}

bool
pds_str_append_n(PdsStr *s, const char *data, size_t n)
{
	if (!pds_str_reserve(s, n))
		return false;
	if (n > 0)
		memcpy(s->data + s->len, data, n);
	s->len += n;
	s->data[s->len] = '\0';
	return true;
}

bool
pds_str_append(PdsStr *s, const char *text)
{
	return pds_str_append_n(s, text, strlen(text));
}

bool
pds_str_append_c(PdsStr *s, char c)
{
	return pds_str_append_n(s, &c, 1);
}

bool
pds_str_appendf(PdsStr *s, const char *fmt,...)
{
	va_list		ap;
	int			n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0 || !pds_str_reserve(s, (size_t) n))
	{
		s->failed = true;
		return false;
	}
	va_start(ap, fmt);
	vsnprintf(s->data + s->len, (size_t) n + 1, fmt, ap);
	va_end(ap);
	PDS_ASSERT(s->len + (size_t) n < s->cap);
	s->len += (size_t) n;
	return true;
}

const char *
pds_str_text(const PdsStr *s)
{
	return s->data ? s->data : "";
}

/* RFC 3986 unreserved, which AWS never encodes (doc/dev/aws.md §1.1) */
static bool
is_unreserved(unsigned char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
		c == '-' || c == '.' || c == '_' || c == '~';
}

bool
pds_str_append_uri(PdsStr *s, const char *data, size_t n, bool keep_slash)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t		i;

	if (n > SIZE_MAX / 8 || !pds_str_reserve(s, n * 3))
	{
		s->failed = true;
		return false;
	}
	for (i = 0; i < n; i++)
	{
		unsigned char c = (unsigned char) data[i];

		if (is_unreserved(c) || (c == '/' && keep_slash))
			s->data[s->len++] = (char) c;
		else
		{
			s->data[s->len++] = '%';
			s->data[s->len++] = hex[c >> 4];
			s->data[s->len++] = hex[c & 15];
		}
	}
	PDS_ASSERT(s->len < s->cap);
	s->data[s->len] = '\0';
	return true;
}

bool
pds_str_append_hex(PdsStr *s, const unsigned char *data, size_t n)
{
	static const char hex[] = "0123456789abcdef";
	size_t		i;

	if (n > SIZE_MAX / 8 || !pds_str_reserve(s, n * 2))
	{
		s->failed = true;
		return false;
	}
	for (i = 0; i < n; i++)
	{
		s->data[s->len++] = hex[data[i] >> 4];
		s->data[s->len++] = hex[data[i] & 15];
	}
	PDS_ASSERT(s->len < s->cap);
	s->data[s->len] = '\0';
	return true;
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

size_t
pds_uri_decode(char *data, size_t n, bool plus_is_space)
{
	size_t		i;
	size_t		o = 0;

	for (i = 0; i < n; i++)
	{
		int			hi,
					lo;

		if (data[i] == '+' && plus_is_space)
			data[o++] = ' ';
		else if (data[i] == '%' && i + 2 < n &&
				 (hi = hex_digit(data[i + 1])) >= 0 && (lo = hex_digit(data[i + 2])) >= 0)
		{
			data[o++] = (char) (hi << 4 | lo);
			i += 2;
		}
		else
			data[o++] = data[i];
	}
	if (o < n)
		data[o] = '\0';
	return o;
}

char *
pds_strdup(const char *s)
{
	return s ? pds_strndup(s, strlen(s)) : NULL;
}

char *
pds_strndup(const char *s, size_t n)
{
	char	   *copy;

	if (s == NULL)
		return NULL;
	copy = malloc(n + 1);
	if (copy == NULL)
		return NULL;
	if (n > 0)
		memcpy(copy, s, n);
	copy[n] = '\0';
	return copy;
}

bool
pds_size_of_text(const char *text, size_t len, int64_t *size)
{
	int64_t		n = 0;
	size_t		i;

	*size = 0;
	if (len == 0 || len > 18)
		return false;
	for (i = 0; i < len; i++)
	{
		if (text[i] < '0' || text[i] > '9')
			return false;
		n = n * 10 + (text[i] - '0');
	}
	*size = n;
	return true;
}

bool
pds_str_has_prefix(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool
pds_str_has_suffix(const char *s, const char *suffix)
{
	size_t		n = strlen(s);
	size_t		m = strlen(suffix);

	return n >= m && memcmp(s + n - m, suffix, m) == 0;
}

static int
ascii_lower(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

int
pds_strcasecmp(const char *a, const char *b)
{
	while (*a && ascii_lower((unsigned char) *a) == ascii_lower((unsigned char) *b))
	{
		a++;
		b++;
	}
	return ascii_lower((unsigned char) *a) - ascii_lower((unsigned char) *b);
}

void
pds_secure_zero(void *p, size_t n)
{
	volatile unsigned char *v = p;

	while (n--)
		*v++ = 0;
}

void
pds_free_secret(char *s)
{
	if (s)
		pds_secure_zero(s, strlen(s));
	free(s);
}

bool
pds_str_is_one_of(const char *word, const char *const *list)
{
	for (; *list; list++)
		if (strcmp(word, *list) == 0)
			return true;
	return false;
}

bool
pds_str_is_one_of_any_case(const char *word, const char *const *list)
{
	for (; *list; list++)
		if (pds_strcasecmp(word, *list) == 0)
			return true;
	return false;
}
