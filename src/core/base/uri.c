/*
 * uri.c
 *	  Scheme, authority, host and port of a URI.
 */
#include "core/base/uri.h"

#include <string.h>

#include "core/base/error.h"

static inline bool
uri_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool
uri_alnum(char c)
{
	return uri_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* bytes of a scheme that "://" follows, 0: none */
static size_t
scheme_length(const char *text)
{
	size_t		n = 0;

	while (n > 0 ? uri_alnum(text[n]) || (text[n] && strchr("+-.", text[n]))
		   : uri_alnum(*text) && !uri_digit(*text))
		n++;
	return strncmp(text + n, "://", 3) == 0 ? n : 0;
}

/* host and port of what stands behind the userinfo */
static void
parse_host_port(PdsUri *u)
{
	const char *s = u->host_port.s;
	size_t		n = u->host_port.n;
	const char *bracket = n > 0 && *s == '[' ? memchr(s, ']', n) : NULL;
	const char *from = bracket ? bracket + 1 : s;
	const char *colon = memchr(from, ':', n - (size_t) (from - s));

	u->host.s = s;
	u->host.n = colon ? (size_t) (colon - s) : n;
	u->port.s = colon ? colon + 1 : s + n;
	u->port.n = (size_t) (s + n - u->port.s);
}

void
pds_uri_parse(const char *text, PdsUri *u)
{
	const char *at;

	u->scheme.s = text;
	u->scheme.n = scheme_length(text);
	u->authority.s = u->scheme.n > 0 ? text + u->scheme.n + 3 : text;
	u->authority.n = strcspn(u->authority.s, "/?#");
	u->rest = u->authority.s + u->authority.n;
	/* a password may hold an @ of its own: the last one ends it */
	for (at = u->rest; at > u->authority.s && at[-1] != '@';)
		at--;
	u->userinfo.s = u->authority.s;
	u->userinfo.n = at > u->authority.s ? (size_t) (at - u->authority.s) - 1 : 0;
	u->host_port.s = at;
	u->host_port.n = (size_t) (u->rest - at);
	parse_host_port(u);
}

static bool
equals_fold(PdsUriPart part, const char *text)
{
	size_t		i;

	for (i = 0; i < part.n; i++)
	{
		char		c = part.s[i];

		if ((c >= 'A' && c <= 'Z' ? c + 32 : c) != text[i])
			return false;
	}
	return text[i] == '\0';
}

bool
pds_uri_scheme_is(const PdsUri *u, const char *scheme)
{
	return equals_fold(u->scheme, scheme);
}

bool
pds_uri_host_is(const PdsUri *u, const char *host)
{
	return equals_fold(u->host, host);
}

bool
pds_uri_has_scheme(const char *text)
{
	return scheme_length(text) > 0;
}

static bool
host_ok(PdsUriPart host)
{
	bool		address = host.n > 2 && host.s[0] == '[' && host.s[host.n - 1] == ']';
	size_t		i;

	for (i = address; i < host.n - address; i++)
		if (!uri_alnum(host.s[i]) && strchr(address ? ":.%" : "-._", host.s[i]) == NULL)
			return false;
	return host.n > 0;
}

/* nothing behind the colon is the default port */
static bool
port_ok(PdsUriPart port)
{
	unsigned int v = 0;
	size_t		i;

	for (i = 0; i < port.n; i++)
	{
		if (!uri_digit(port.s[i]) || v > 65535)
			return false;
		v = v * 10 + (unsigned int) (port.s[i] - '0');
	}
	return port.n == 0 || (v >= 1 && v <= 65535);
}

bool
pds_uri_is_http_origin(const PdsUri *u)
{
	return (pds_uri_scheme_is(u, "http") || pds_uri_scheme_is(u, "https")) &&
		u->host_port.s == u->authority.s && host_ok(u->host) && port_ok(u->port);
}

void
pds_uri_shown(const char *text, char *out, size_t cap)
{
	PdsUri		u;

	pds_uri_parse(text, &u);
	pds_copy_cut(out, cap, text, (size_t) (u.authority.s - text));
	pds_copy_cut(out + strlen(out), cap - strlen(out), u.host_port.s, u.host_port.n);
}
