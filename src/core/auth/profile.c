/*
 * profile.c
 *	  Reading ~/.aws/config and ~/.aws/credentials (doc/dev/aws.md §2.1).
 *
 * Every entry becomes one line (section, key, value); a nested block's keys are
 * "outer.inner".  A few dozen entries: a list is enough.
 */
#include "core/auth/profile.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/strbuf.h"

#define MAX_PROFILE_FILE	(1024 * 1024)

typedef struct ProfileEntry
{
	char	   *section;		/* "profile x" of the config file is "x" here */
	char	   *key;			/* NULL: the section's own line */
	char	   *value;
	bool		credentials;	/* of the credentials file */
	struct ProfileEntry *next;
} ProfileEntry;

struct PdsProfiles
{
	ProfileEntry *first;
	ProfileEntry **last;
};

static bool
add_entry(PdsProfiles *p, const char *section, const char *key, const char *value,
		  bool credentials)
{
	ProfileEntry *e = calloc(1, sizeof(ProfileEntry));

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
trim_line(char *s)
{
	char	   *end;

	while (*s == ' ' || *s == '\t')
		s++;
	end = s + strlen(s);
	while (end > s && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
		*--end = '\0';
	return s;
}

/*
 * "[profile x]" of the config file is profile x, "[default]" the default one;
 * "[sso-session y]" and "[services z]" keep their first word.  Any other
 * section of the config file is nobody's (doc/dev/aws.md §2.1): out is "".
 */
static void
section_name(char *text, bool credentials, char *out, size_t cap)
{
	static const char *const kinds[] = {"profile", "sso-session", "services"};
	const char *kind = NULL;
	char	   *name = trim_line(text);
	char		full[300];
	size_t		n;
	size_t		i;

	for (i = 0; !credentials && i < 3; i++)
	{
		n = strlen(kinds[i]);
		if (strncmp(name, kinds[i], n) == 0 && (name[n] == ' ' || name[n] == '\t'))
		{
			kind = kinds[i];
			name = trim_line(name + n);
			break;
		}
	}
	n = strlen(name);
	if (n > 1 && (*name == '"' || *name == '\'') && name[n - 1] == *name)
	{
		name[n - 1] = '\0';
		name++;
	}
	if (kind && strcmp(kind, "profile") != 0)
	{
		snprintf(full, sizeof(full), "%s %.200s", kind, name);
		name = full;
	}
	else if (!credentials && kind == NULL && strcmp(name, "default") != 0)
		name = full, full[0] = '\0';
	pds_copy_cut(out, cap, name, strlen(name));
}

static bool
parse_file(PdsProfiles *p, char *text, bool credentials)
{
	char		section[256] = "";
	char		outer[128] = "";
	char	   *save = NULL;
	char	   *line;

	if (strncmp(text, "\357\273\277", 3) == 0)
		text += 3;				/* a byte order mark */
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
	{
		bool		indented = *line == ' ' || *line == '\t';
		char	   *body = trim_line(line);
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
			if (section[0] && !add_entry(p, section, NULL, NULL, credentials))
				return false;
			continue;
		}
		eq = strpbrk(body, "=:");
		if (eq == NULL || section[0] == '\0')
			continue;
		*eq = '\0';
		key = trim_line(body);
		value = trim_line(eq + 1);
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

/* ---- files ---- */

const char *
pds_home_directory(void)
{
	const char *home = getenv("HOME");
	struct passwd *pw;

	if (home && *home)
		return home;
	pw = getpwuid(geteuid());
	return pw ? pw->pw_dir : "";
}

/* "~/" and $VARIABLE in a path, as AWS's tools expand them */
static void
expand_path(const char *path, PdsStr *out)
{
	const char *p = path;

	if (p[0] == '~' && (p[1] == '/' || p[1] == '\0'))
	{
		pds_str_append(out, pds_home_directory());
		p++;
	}
	while (*p)
	{
		const char *name = p + 1;
		bool		braces = *p == '$' && *name == '{';
		size_t		n;
		char	   *copy;
		const char *value;

		name += braces;
		n = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
		if (*p != '$' || n == 0 || (braces && name[n] != '}'))
		{
			pds_str_append_c(out, *p++);
			continue;
		}
		copy = pds_strndup(name, n);
		value = copy ? getenv(copy) : NULL;
		/* one that is not set stays as it is written */
		if (value)
			pds_str_append(out, value);
		else
			pds_str_append_n(out, p, (size_t) (name + n + braces - p));
		free(copy);
		p = name + n + braces;
	}
}

/* path of a file: that of the variable, else ~/.aws/name */
static bool
file_path(const char *variable, const char *name, PdsStr *out)
{
	const char *set = getenv(variable);

	if (set && *set)
		expand_path(set, out);
	else
		pds_str_appendf(out, "%s/.aws/%s", pds_home_directory(), name);
	return !out->failed;
}

bool
pds_read_file(const char *path, size_t max, PdsStr *out, bool *found, PdsError *err)
{
	FILE	   *f = fopen(path, "re");
	struct stat st;
	char		buf[4096];
	size_t		n;
	bool		ok = true;

	*found = f != NULL;
	if (f == NULL)
		return true;
	/* no growing: what is grown out of keeps a copy of secrets */
	if (fstat(fileno(f), &st) == 0 && st.st_size > 0 && (size_t) st.st_size <= max)
		ok = pds_str_reserve(out, (size_t) st.st_size + 1) || pds_error_oom(err);
	while (ok && (n = fread(buf, 1, sizeof(buf), f)) > 0)
	{
		ok = pds_str_append_n(out, buf, n) || pds_error_oom(err);
		if (ok && out->len > max)
			ok = pds_error_set(err, PDS_ERR_CONFIG, "file \"%s\" is too large", path);
	}
	fclose(f);
	pds_secure_zero(buf, sizeof(buf));
	return ok;
}

static bool
load_file(PdsProfiles *p, const char *variable, const char *name, bool credentials, PdsError *err)
{
	PdsStr		path;
	PdsStr		text;
	bool		found;
	bool		ok;

	pds_str_init(&path);
	pds_str_init(&text);
	ok = file_path(variable, name, &path) || pds_error_oom(err);
	/* not there, or not ours to read: as if empty, like AWS's own tools */
	if (ok)
		ok = pds_read_file(path.data, MAX_PROFILE_FILE, &text, &found, err);
	if (ok && text.data && !parse_file(p, text.data, credentials))
		ok = pds_error_oom(err);
	pds_str_wipe(&text);
	pds_str_free(&path);
	return ok;
}

static PdsProfiles *
new_profiles(PdsError *err)
{
	PdsProfiles *p = calloc(1, sizeof(PdsProfiles));

	if (p == NULL)
		(void) pds_error_oom(err);
	else
		p->last = &p->first;
	return p;
}

PdsProfiles *
pds_profiles_load(PdsError *err)
{
	PdsProfiles *p = new_profiles(err);

	if (p && load_file(p, "AWS_SHARED_CREDENTIALS_FILE", "credentials", true, err) &&
		load_file(p, "AWS_CONFIG_FILE", "config", false, err))
		return p;
	pds_profiles_free(p);
	return NULL;
}

PdsProfiles *
pds_profiles_parse(char *credentials, char *config, PdsError *err)
{
	PdsProfiles *p = new_profiles(err);

	if (p == NULL || (parse_file(p, credentials, true) && parse_file(p, config, false)))
		return p;
	pds_profiles_free(p);
	(void) pds_error_oom(err);
	return NULL;
}

void
pds_profiles_free(PdsProfiles *p)
{
	if (p == NULL)
		return;
	while (p->first)
	{
		ProfileEntry *e = p->first;

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
	if (env == NULL || *env == '\0')
		env = getenv("AWS_DEFAULT_PROFILE");
	return env && *env ? env : "default";
}

bool
pds_profile_exists(const PdsProfiles *p, const char *profile)
{
	const ProfileEntry *e;

	for (e = p->first; e; e = e->next)
		if (strcmp(e->section, profile) == 0)
			return true;
	return false;
}

static const char *
find(const PdsProfiles *p, const char *section, const char *key, int credentials)
{
	const ProfileEntry *e;
	const char *found = NULL;

	for (e = p->first; e; e = e->next)
		if (e->key && (credentials < 0 || e->credentials == (credentials == 1)) &&
			strcmp(e->section, section) == 0 && pds_strcasecmp(e->key, key) == 0)
			found = e->value;
	return found;
}

const char *
pds_profile_get_file(const PdsProfiles *p, const char *profile, const char *key, bool credentials)
{
	return find(p, profile, key, credentials);
}

const char *
pds_profile_get(const PdsProfiles *p, const char *profile, const char *key)
{
	const char *v = find(p, profile, key, 1);

	return v ? v : find(p, profile, key, 0);
}

const char *
pds_profile_section(const PdsProfiles *p, const char *kind, const char *name, const char *key)
{
	char		section[256];

	snprintf(section, sizeof(section), "%s %.200s", kind, name);
	return find(p, section, key, 0);
}

bool
pds_profile_has_section(const PdsProfiles *p, const char *kind, const char *name)
{
	char		section[256];

	snprintf(section, sizeof(section), "%s %.200s", kind, name);
	return pds_profile_exists(p, section);
}
