/*
 * profile.c
 *	  Reading ~/.aws/config and ~/.aws/credentials (AWS.md 2.1).
 *
 * Every entry becomes one line (section, key, value); a nested block's keys are
 * "outer.inner".  A few dozen entries: a list is enough.
 */
#include "profile.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "strbuf.h"

#define MAX_PROFILE_FILE	(1024 * 1024)

typedef struct Entry
{
	char	   *section;		/* "profile x" of the config file is "x" here */
	char	   *key;			/* NULL: the section's own line */
	char	   *value;
	bool		credentials;	/* of the credentials file */
	struct Entry *next;
} Entry;

struct PdsProfiles
{
	Entry	   *first;
	Entry	  **last;
};

static bool
add_entry(PdsProfiles *p, const char *section, const char *key, const char *value,
		  bool credentials)
{
	Entry	   *e = calloc(1, sizeof(Entry));

	if (e == NULL)
		return false;
	e->section = pds_strdup(section);
	e->key = pds_strdup(key);
	e->value = pds_strdup(value);
	e->credentials = credentials;
	*p->last = e;
	p->last = &e->next;
	return e->section && (e->key || !key) && (e->value || !value);
}

static char *
trim(char *s)
{
	char	   *end;

	while (*s == ' ' || *s == '\t')
		s++;
	end = s + strlen(s);
	while (end > s && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
		*--end = '\0';
	return s;
}

/* "[profile x]" to "x", "[sso-session y]" and "[services z]" stay as they are */
static void
section_name(char *text, bool credentials, char *out, size_t cap)
{
	char	   *name = trim(text);

	if (!credentials && pds_str_has_prefix(name, "profile") &&
		(name[7] == ' ' || name[7] == '\t'))
		name = trim(name + 8);
	if ((*name == '"' || *name == '\'') && strlen(name) > 1)
	{
		name[strlen(name) - 1] = '\0';
		name++;
	}
	pds_copy_cut(out, cap, name, strlen(name));
}

static bool
parse_file(PdsProfiles *p, char *text, bool credentials)
{
	char		section[256] = "";
	char		outer[128] = "";
	char	   *save = NULL;
	char	   *line;

	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
	{
		bool		indented = *line == ' ' || *line == '\t';
		char	   *body = trim(line);
		char	   *eq;
		char	   *key;
		char	   *value;

		if (*body == '\0' || *body == '#' || *body == ';')
			continue;
		if (*body == '[' && !indented)
		{
			char	   *close = strchr(body, ']');

			if (close == NULL)
				continue;
			*close = '\0';
			section_name(body + 1, credentials, section, sizeof(section));
			outer[0] = '\0';
			if (!add_entry(p, section, NULL, NULL, credentials))
				return false;
			continue;
		}
		eq = strchr(body, '=');
		if (eq == NULL || section[0] == '\0')
			continue;
		*eq = '\0';
		key = trim(body);
		value = trim(eq + 1);
		if (indented && outer[0])
		{
			char		nested[300];

			snprintf(nested, sizeof(nested), "%s.%s", outer, key);
			if (!add_entry(p, section, nested, value, credentials))
				return false;
			continue;
		}
		outer[0] = '\0';
		if (*value == '\0')
			pds_copy_cut(outer, sizeof(outer), key, strlen(key));
		else if (!add_entry(p, section, key, value, credentials))
			return false;
	}
	return true;
}

/* path of a file: environment variable with ~ expanded, else ~/.aws/name */
static bool
file_path(const char *variable, const char *name, PdsStr *out)
{
	const char *set = getenv(variable);
	const char *home = getenv("HOME");

	if (home == NULL || *home == '\0')
	{
		struct passwd *pw = getpwuid(geteuid());

		home = pw ? pw->pw_dir : "";
	}
	if (set && *set)
	{
		if (set[0] == '~' && (set[1] == '/' || set[1] == '\0'))
			pds_str_appendf(out, "%s%s", home, set + 1);
		else
			pds_str_append(out, set);
	}
	else
		pds_str_appendf(out, "%s/.aws/%s", home, name);
	return !out->failed;
}

static bool
load_file(PdsProfiles *p, const char *variable, const char *name, bool credentials, PdsError *err)
{
	PdsStr		path;
	PdsStr		text;
	FILE	   *f;
	char		buf[4096];
	size_t		n;
	bool		ok = true;

	pds_str_init(&path);
	pds_str_init(&text);
	if (!file_path(variable, name, &path))
		return pds_error_oom(err);
	f = fopen(path.data, "r");
	if (f == NULL)
	{
		/* not there, or not ours to read: as if empty, like AWS's own tools */
		pds_str_free(&path);
		return true;
	}
	while (ok && (n = fread(buf, 1, sizeof(buf), f)) > 0)
	{
		ok = pds_str_append_n(&text, buf, n) || pds_error_oom(err);
		if (ok && text.len > MAX_PROFILE_FILE)
			ok = pds_error_set(err, PDS_ERR_CONFIG, "profile file \"%s\" is too large", path.data);
	}
	fclose(f);
	pds_secure_zero(buf, sizeof(buf));
	if (ok && text.data && !parse_file(p, text.data, credentials))
		ok = pds_error_oom(err);
	if (text.data)
		pds_secure_zero(text.data, text.cap);
	pds_str_free(&text);
	pds_str_free(&path);
	return ok;
}

PdsProfiles *
pds_profiles_load(PdsError *err)
{
	PdsProfiles *p = calloc(1, sizeof(PdsProfiles));

	if (p == NULL)
	{
		(void) pds_error_oom(err);
		return NULL;
	}
	p->last = &p->first;
	if (!load_file(p, "AWS_SHARED_CREDENTIALS_FILE", "credentials", true, err) ||
		!load_file(p, "AWS_CONFIG_FILE", "config", false, err))
	{
		pds_profiles_free(p);
		return NULL;
	}
	return p;
}

void
pds_profiles_free(PdsProfiles *p)
{
	if (p == NULL)
		return;
	while (p->first)
	{
		Entry	   *e = p->first;

		p->first = e->next;
		if (e->value)
			pds_secure_zero(e->value, strlen(e->value));
		free(e->section);
		free(e->key);
		free(e->value);
		free(e);
	}
	free(p);
}

const char *
pds_profile_name(const char *name)
{
	const char *env;

	if (name && *name)
		return name;
	env = getenv("AWS_PROFILE");
	return env && *env ? env : "default";
}

bool
pds_profile_exists(const PdsProfiles *p, const char *profile)
{
	const Entry *e;

	for (e = p->first; e; e = e->next)
		if (strcmp(e->section, profile) == 0)
			return true;
	return false;
}

static const char *
find(const PdsProfiles *p, const char *section, const char *key, int credentials)
{
	const Entry *e;
	const char *found = NULL;

	for (e = p->first; e; e = e->next)
		if (e->key && (credentials < 0 || e->credentials == (credentials == 1)) &&
			strcmp(e->section, section) == 0 && pds_strcasecmp(e->key, key) == 0)
			found = e->value;
	return found;
}

const char *
pds_profile_get_credentials(const PdsProfiles *p, const char *profile, const char *key)
{
	return find(p, profile, key, 1);
}

const char *
pds_profile_get(const PdsProfiles *p, const char *profile, const char *key)
{
	const char *v = find(p, profile, key, 1);

	return v ? v : find(p, profile, key, 0);
}

const char *
pds_profile_service(const PdsProfiles *p, const char *services, const char *service,
					const char *key)
{
	char		section[256];
	char		nested[128];

	snprintf(section, sizeof(section), "services %s", services);
	snprintf(nested, sizeof(nested), "%s.%s", service, key);
	return find(p, section, nested, 0);
}
