/*
 * http_proxy.c
 *	  The way to the network: proxies of the environment.
 */
#include "core/net/http_internal.h"

#include <stdlib.h>
#include <string.h>

/* the lower-case name first, as curl does */
static char *
variable(const char *lower, const char *upper)
{
	const char *v = getenv(lower);

	if (v == NULL || *v == '\0')
		v = getenv(upper);
	return v && *v ? pds_strdup(v) : NULL;
}

bool
pds_proxies_from_environment(PdsProxies *p)
{
	char	   *all = variable("all_proxy", "ALL_PROXY");
	bool		ok;

	p->http = variable("http_proxy", "HTTP_PROXY");
	p->https = variable("https_proxy", "HTTPS_PROXY");
	if (p->http == NULL)
		p->http = pds_strdup(all);
	if (p->https == NULL)
		p->https = pds_strdup(all);
	ok = all == NULL || (p->http && p->https);
	pds_free_secret(all);
	return ok;
}

void
pds_proxies_free(PdsProxies *p)
{
	pds_free_secret(p->http);
	pds_free_secret(p->https);
	p->http = p->https = NULL;
}

/* loopback and link-local addresses, and the metadata service's */
static bool
is_near(const char *base_url)
{
	static const char *const hosts[] = {"127.", "169.254.", "[fd00:ec2:", "[fe80:"};
	const char *host = strstr(base_url, "://");
	size_t		i;
	size_t		n;

	host = host ? host + 3 : base_url;
	for (i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++)
		if (pds_str_has_prefix(host, hosts[i]))
			return host[0] == '[' ||
				strchr(":/", host[strspn(host, "0123456789.")]) != NULL;
	n = strcspn(host, ":/");
	if (n == 9 && strncmp(host, "localhost", 9) == 0)
		return true;
	return pds_str_has_prefix(host, "[::1]");
}

const char *
pds_proxy_for(const PdsProxies *p, const char *base_url)
{
	const char *proxy = pds_str_has_prefix(base_url, "https:") ? p->https : p->http;

	return proxy && !is_near(base_url) ? proxy : NULL;
}

void
pds_url_shown(const char *url, char *out, size_t cap)
{
	const char *scheme = strstr(url, "://");
	const char *host = scheme ? scheme + 3 : url;
	const char *end = host + strcspn(host, "/?#");
	const char *p;

	/* a password may hold an @ of its own */
	for (p = host; p < end; p++)
		if (*p == '@')
			host = p + 1;
	out[0] = '\0';
	if (scheme)
		pds_copy_cut(out, cap, url, (size_t) (scheme + 3 - url));
	pds_copy_cut(out + strlen(out), cap - strlen(out), host, (size_t) (end - host));
}
