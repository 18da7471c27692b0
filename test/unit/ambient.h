/*
 * ambient.h
 *	  What the tests of credentials and settings share: an environment without
 *	  AWS's variables, small files, one question to a provider.
 */
#ifndef PDS_TEST_AMBIENT_H
#define PDS_TEST_AMBIENT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "core/auth/credentials.h"

extern char **environ;

/* no variable of AWS's and no proxy is left */
static inline void
forget_environment(void)
{
	static const char *const proxies[] = {
		"http_proxy", "https_proxy", "all_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"
	};
	size_t		i;

	for (i = 0; i < sizeof(proxies) / sizeof(proxies[0]); i++)
		unsetenv(proxies[i]);
	for (i = 0; environ[i];)
	{
		char		name[100];

		snprintf(name, sizeof(name), "%.*s", (int) strcspn(environ[i], "="), environ[i]);
		if (strncmp(name, "AWS_", 4) == 0)
			unsetenv(name);
		else
			i++;
	}
}

static inline void
write_file(const char *path, const char *text, int mode)
{
	FILE	   *f = fopen(path, "w");

	if (f == NULL || fputs(text, f) < 0 || fclose(f) != 0 || chmod(path, (mode_t) mode) != 0)
	{
		printf("Bail out! a temporary file cannot be written\n");
		exit(2);
	}
}

/* what a request would get */
typedef struct Got
{
	bool		ok;
	char		key[64];
	char		secret[64];
	char		token[64];
	PdsCredentialInfo info;
	PdsError	err;
} Got;

static inline void
ask(PdsCredentials *c, bool refresh, Got *g)
{
	PdsCredentialView v;

	memset(g, 0, sizeof(*g));
	g->ok = pds_credentials_get(c, refresh, &v, &g->err);
	if (g->ok)
	{
		snprintf(g->key, sizeof(g->key), "%s", v.access_key ? v.access_key : "(unsigned)");
		snprintf(g->secret, sizeof(g->secret), "%s", v.secret_key ? v.secret_key : "");
		snprintf(g->token, sizeof(g->token), "%s", v.session_token ? v.session_token : "");
	}
	g->info = *pds_credentials_info(c);
}

static inline PdsCredentials *
new_provider(PdsHttp *http, const PdsCredentialConfig *config)
{
	PdsError	err;
	PdsCredentials *c = pds_credentials_new(http, config, &err);

	if (c == NULL)
	{
		printf("Bail out! %s\n", err.message);
		exit(2);
	}
	return c;
}

static inline Got
ask_once(PdsHttp *http, const PdsCredentialConfig *config)
{
	PdsCredentials *c = new_provider(http, config);
	Got			g;

	ask(c, false, &g);
	pds_credentials_free(c);
	return g;
}

/* "2026-01-02T03:04:05Z"; two at a time */
static inline const char *
iso(time_t t)
{
	static char text[2][32];
	static int	i;
	struct tm	tm;

	i = 1 - i;
	gmtime_r(&t, &tm);
	strftime(text[i], sizeof(text[i]), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return text[i];
}

#endif							/* PDS_TEST_AMBIENT_H */
