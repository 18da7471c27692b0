/*
 * http_proxy.c
 *	  The way to the network: proxies of the environment.
 */
#include "core/net/http_internal.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/uri.h"

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
is_near(const PdsUri *u)
{
	static const char *const networks[] = {"127.", "169.254.", "[fd00:ec2:", "[fe80:"};
	PdsUriPart	host = u->host;
	size_t		i;
	size_t		n;

	for (i = 0; i < sizeof(networks) / sizeof(networks[0]); i++)
	{
		n = strlen(networks[i]);
		/* an address of the network, not a name that begins like one */
		if (host.n > n && strncmp(host.s, networks[i], n) == 0)
			return host.s[0] == '[' || strspn(host.s, "0123456789.") >= host.n;
	}
	return pds_uri_host_is(u, "localhost") || pds_uri_host_is(u, "[::1]");
}

const char *
pds_proxy_for(const PdsProxies *p, const char *base_url)
{
	PdsUri		u;
	const char *proxy;

	pds_uri_parse(base_url, &u);
	proxy = pds_uri_scheme_is(&u, "https") ? p->https : p->http;
	return proxy && !is_near(&u) ? proxy : NULL;
}
