/*
 * settings.c
 *	  Settings of the environment and of a profile (doc/dev/aws.md §1.5, §2.9).
 */
#include "core/auth/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct PdsSettings
{
	char	   *profile;
	PdsProfiles *files;
};

PdsSettings *
pds_settings_load(const char *profile, PdsError *err)
{
	PdsSettings *s = calloc(1, sizeof(PdsSettings));

	if (s == NULL || (s->profile = pds_strdup(pds_profile_name(profile))) == NULL)
		(void) pds_error_oom(err);
	else if ((s->files = pds_profiles_load(err)) != NULL)
		return s;
	pds_settings_free(s);
	return NULL;
}

void
pds_settings_free(PdsSettings *s)
{
	if (s == NULL)
		return;
	pds_profiles_free(s->files);
	free(s->profile);
	free(s);
}

const char *
pds_settings_profile(const PdsSettings *s)
{
	return s->profile;
}

const PdsProfiles *
pds_settings_files(const PdsSettings *s)
{
	return s->files;
}

/* variable AWS_NAME; NULL when it is not set or empty */
static const char *
environment(const char *name)
{
	char		variable[80];
	const char *v;
	size_t		i;

	snprintf(variable, sizeof(variable), "AWS_%s", name);
	for (i = 0; variable[i]; i++)
		if (variable[i] >= 'a' && variable[i] <= 'z')
			variable[i] -= 32;
		else if (variable[i] == '.')
			variable[i] = '_';
	v = getenv(variable);
	return v && *v ? v : NULL;
}

const char *
pds_settings_get(const PdsSettings *s, const char *name)
{
	const char *v = environment(name);

	if (v == NULL && strcmp(name, "region") == 0)
		v = environment("default_region");
	return v ? v : pds_profile_get(s->files, s->profile, name);
}

bool
pds_settings_true(const PdsSettings *s, const char *name)
{
	const char *v = pds_settings_get(s, name);

	return v && pds_strcasecmp(v, "true") == 0;
}

const char *
pds_settings_endpoint(const PdsSettings *s, const char *service)
{
	char		name[60];
	const char *services;
	const char *v;

	if (pds_settings_true(s, "ignore_configured_endpoint_urls"))
		return NULL;
	snprintf(name, sizeof(name), "endpoint_url_%s", service);
	if ((v = environment(name)) != NULL || (v = environment("endpoint_url")) != NULL)
		return v;
	services = pds_profile_get(s->files, s->profile, "services");
	snprintf(name, sizeof(name), "%s.endpoint_url", service);
	if (services && (v = pds_profile_section(s->files, "services", services, name)) != NULL)
		return v;
	return pds_profile_get(s->files, s->profile, "endpoint_url");
}
