/*
 * import_names.c
 *	  Names of Glue as names of PostgreSQL: cut to what fits, not those of
 *	  system columns, each one once.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "mb/pg_wchar.h"

#include "core/base/strbuf.h"
#include "fdw/import/import_names.h"

void
pds_names_init(PdsNames *names)
{
	HASHCTL		ctl;

	memset(&ctl, 0, sizeof(ctl));
	ctl.keysize = NAMEDATALEN;
	ctl.entrysize = NAMEDATALEN;
	ctl.hcxt = CurrentMemoryContext;
	names->taken = hash_create("pds_fdw names", 64, &ctl, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

static bool
look_up(const PdsNames *names, const char *name, HASHACTION action)
{
	char		key[NAMEDATALEN] = {0};
	bool		found;

	snprintf(key, NAMEDATALEN, "%s", name);
	hash_search(names->taken, key, action, &found);
	return found;
}

bool
pds_names_taken(const PdsNames *names, const char *name)
{
	return look_up(names, name, HASH_FIND);
}

void
pds_names_take(PdsNames *names, const char *name)
{
	look_up(names, name, HASH_ENTER);
}

char *
pds_fit_name(const char *name, bool *changed)
{
	char	   *s = pg_any_to_server(name, strlen(name), PG_UTF8);
	int			len = strlen(s);

	*changed = len >= NAMEDATALEN;
	return *changed ? pnstrdup(s, pg_mbcliplen(s, len, NAMEDATALEN - 1)) : pstrdup(s);
}

/* as PostgreSQL folds an identifier without quotes */
char *
pds_case_name(const char *name, PdsNameCase how)
{
	char	   *out = pstrdup(name);
	char	   *p;

	if (how == PDS_CASE_KEEP)
		return out;
	if (how == PDS_CASE_SMART)
		for (p = out; *p; p++)
			if (*p >= 'a' && *p <= 'z')
				return out;
	for (p = out; *p; p++)
		*p = pg_ascii_tolower((unsigned char) *p);
	return out;
}

char *
pds_names_unique(PdsNames *names, const char *name)
{
	char	   *unique = pstrdup(name);
	int			n = 1;

	while (pds_names_taken(names, unique))
	{
		char		suffix[16];
		int			len = snprintf(suffix, sizeof(suffix), "_%d", n++);

		unique = psprintf("%.*s%s", pg_mbcliplen(name, strlen(name), NAMEDATALEN - 1 - len), name,
						  suffix);
	}
	pds_names_take(names, unique);
	return unique;
}

static bool
is_system_column(const char *name)
{
	static const char *const system[] = {"ctid", "xmin", "cmin", "xmax", "cmax", "tableoid", NULL};

	return pds_str_is_one_of(name, system);
}

void
pds_column_names(PdsNames *taken, char **names, int n, PdsNameCase how)
{
	PdsNames	own;
	bool	   *done = palloc0(n * sizeof(bool));
	int			i;

	if (taken == NULL)
	{
		pds_names_init(&own);
		taken = &own;
	}
	for (i = 0; i < n; i++)
	{
		bool		cut;

		names[i] = pds_case_name(pds_fit_name(names[i], &cut), how);
		if (is_system_column(names[i]))
			names[i] = psprintf("%s_", names[i]);
		else if (!cut && !pds_names_taken(taken, names[i]))
		{
			pds_names_take(taken, names[i]);
			done[i] = true;
		}
	}
	for (i = 0; i < n; i++)
		if (!done[i])
			names[i] = pds_names_unique(taken, names[i]);
	if (taken == &own)
		hash_destroy(own.taken);
}

char *
pds_column_name(const char *name, bool *changed)
{
	char	   *one = unconstify(char *, name);

	pds_column_names(NULL, &one, 1, PDS_CASE_KEEP);
	*changed = strcmp(one, pg_any_to_server(name, strlen(name), PG_UTF8)) != 0;
	return one;
}
