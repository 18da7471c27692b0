/*
 * hive_path.c
 *	  Folders of partitions: "year=2024/month=01/".
 */
#include "core/glue/hive_path.h"

#include <stdlib.h>
#include <string.h>

/* what Hive escapes in names of folders, beside control characters */
static const char special[] = "\"#%'*/:=?\\{[]^";

void
pds_hive_escape(PdsStr *out, const char *text)
{
	for (; *text; text++)
	{
		unsigned char c = (unsigned char) *text;

		if (c < 0x20 || c == 0x7F || strchr(special, c) != NULL)
			pds_str_appendf(out, "%%%02X", c);
		else
			pds_str_append_c(out, (char) c);
	}
}

void
pds_hive_path_append(PdsStr *out, const PdsGlueColumn *keys, int n, char *const *values)
{
	int			i;

	for (i = 0; i < n; i++)
	{
		pds_hive_escape(out, keys[i].name);
		pds_str_append_c(out, '=');
		pds_hive_escape(out, values[i]);
		pds_str_append_c(out, '/');
	}
}

bool
pds_hive_path_value(const char *folder, size_t len, const char *key, char **value)
{
	char	   *text = pds_strndup(folder, len);
	char	   *eq = text ? strchr(text, '=') : NULL;
	bool		ok = text != NULL;

	*value = NULL;
	if (eq && eq[1] != '\0')
	{
		*eq = '\0';
		pds_uri_decode(text, strlen(text), false);
		if (strcmp(text, key) == 0)
		{
			pds_uri_decode(eq + 1, strlen(eq + 1), false);
			*value = pds_strdup(eq + 1);
			ok = *value != NULL;
		}
	}
	free(text);
	return ok;
}
