/*
 * uri.h
 *	  A URI taken apart: the one parser of URLs, proxies and S3 locations.
 *
 * As RFC 3986 has it, but for what the world writes besides: without a scheme the
 * text begins with the authority ("proxy:3128"), and a password may hold an @.
 * Nothing is decoded: %XX stays as it is.  Parsing never fails and allocates
 * nothing; the parts point into the text.
 */
#ifndef PDS_CORE_URI_H
#define PDS_CORE_URI_H

#include <stdbool.h>
#include <stddef.h>

/* n bytes of the text; n = 0: the part is empty or not there */
typedef struct PdsUriPart
{
	const char *s;
	size_t		n;
} PdsUriPart;

typedef struct PdsUri
{
	PdsUriPart	scheme;			/* "https"; empty: none is written */
	PdsUriPart	authority;		/* [userinfo@]host[:port] */
	PdsUriPart	userinfo;		/* user[:password] */
	PdsUriPart	host;			/* an IPv6 address with its brackets */
	PdsUriPart	host_port;		/* host[:port], as it is written */
	PdsUriPart	port;			/* digits, or whatever stands there */
	const char *rest;			/* path, query and fragment: "" or from / ? # */
} PdsUri;

extern void pds_uri_parse(const char *text, PdsUri *u);

/* The text is given in lower case; that of the URI may be in any. */
extern bool pds_uri_scheme_is(const PdsUri *u, const char *scheme);
extern bool pds_uri_host_is(const PdsUri *u, const char *host);

/* Does the text begin with "scheme://"? */
extern bool pds_uri_has_scheme(const char *text);

/*
 * Is it http(s)://host[:port] with a host that can be one (a name, an IPv4
 * address, an IPv6 address in brackets) and a port of 1 to 65535?  No userinfo.
 */
extern bool pds_uri_is_http_origin(const PdsUri *u);

/* scheme://host[:port] without user name and password, cut to cap - 1 bytes */
extern void pds_uri_shown(const char *text, char *out, size_t cap);

#endif							/* PDS_CORE_URI_H */
