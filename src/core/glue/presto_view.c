/*
 * presto_view.c
 *	  Views as Athena keeps them in the catalog: their columns, and Trino's
 *	  types as Hive's (doc/dev/aws.md §5.2).
 */
#include "core/glue/presto_view.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/serde/hive_type.h"

/* ---- Trino's types ---- */

/* names that Hive has others for; the rest is the same, or unknown to both */
static const struct
{
	const char *trino;
	const char *hive;
}			type_names[] = {
	{"integer", "int"}, {"real", "float"}, {"varbinary", "binary"}
};

static bool trino_type(const char **s, int depth, PdsStr *out);

static void
skip_view_blanks(const char **s)
{
	while (isspace((unsigned char) **s))
		(*s)++;
}

/* the name of a field: bare or "quoted" */
static void
field_name(const char **s, PdsStr *out)
{
	if (**s == '"')
	{
		for ((*s)++; **s && (**s != '"' || (*s)[1] == '"'); (*s)++)
		{
			pds_str_append_c(out, **s);
			if (**s == '"')
				(*s)++;
		}
		if (**s)
			(*s)++;
		return;
	}
	while (isalnum((unsigned char) **s) || **s == '_')
		pds_str_append_c(out, *(*s)++);
}

/* array(x), map(k, v), row(name x, ...); *s stands at the bracket */
static bool
trino_nested(const char **s, const char *hive, int depth, PdsStr *out)
{
	bool		row = strcmp(hive, "struct") == 0;
	int			n = 0;

	pds_str_appendf(out, "%s<", hive);
	do
	{
		(*s)++;
		skip_view_blanks(s);
		if (n++ > 0)
			pds_str_append_c(out, ',');
		if (row)
		{
			field_name(s, out);
			pds_str_append_c(out, ':');
			skip_view_blanks(s);
		}
		if (!trino_type(s, depth + 1, out))
			return false;
		skip_view_blanks(s);
	} while (**s == ',');
	if (**s != ')')
		return false;
	(*s)++;
	pds_str_append_c(out, '>');
	return true;
}

/* a number in brackets that Hive does not have: passed over */
static void
skip_numbers(const char **s)
{
	if (**s != '(')
		return;
	*s += strcspn(*s, ")");
	if (**s)
		(*s)++;
}

static bool
trino_type(const char **s, int depth, PdsStr *out)
{
	char		name[40];
	size_t		n = 0;
	size_t		i;

	skip_view_blanks(s);
	while ((isalnum((unsigned char) **s) || **s == '_') && n < sizeof(name) - 1)
		name[n++] = (char) tolower((unsigned char) *(*s)++);
	name[n] = '\0';
	if (n == 0 || depth > 30)
		return false;
	if (**s == '(' && strcmp(name, "row") == 0)
		return trino_nested(s, "struct", depth, out);
	if (**s == '(' && (strcmp(name, "array") == 0 || strcmp(name, "map") == 0))
		return trino_nested(s, name, depth, out);
	if (strcmp(name, "timestamp") == 0 || strcmp(name, "time") == 0)
	{
		skip_numbers(s);
		if (pds_str_has_prefix(*s, " with time zone"))
		{
			*s += strlen(" with time zone");
			return pds_str_appendf(out, "%s with time zone", name);
		}
		return pds_str_append(out, name);
	}
	if (strcmp(name, "interval") == 0)
	{
		/* "year to month" or "day to second" */
		pds_str_append(out, name);
		while (**s && **s != ',' && **s != ')')
			pds_str_append_c(out, *(*s)++);
		return true;
	}
	if (strcmp(name, "varchar") == 0 && **s != '(')
		return pds_str_append(out, "string");
	for (i = 0; i < sizeof(type_names) / sizeof(type_names[0]); i++)
		if (strcmp(name, type_names[i].trino) == 0)
			return pds_str_append(out, type_names[i].hive);
	pds_str_append(out, name);
	if (**s == '(')
	{
		size_t		len = strcspn(*s, ")");

		if ((*s)[len] != ')')
			return false;
		for (i = 0; i <= len; i++)
			if (!isspace((unsigned char) (*s)[i]))
				pds_str_append_c(out, (*s)[i]);
		*s += len + 1;
	}
	return true;
}

bool
pds_hive_of_trino_type(const char *type, PdsStr *out)
{
	const char *s = type;
	size_t		before = out->len;
	PdsHiveType hive;
	PdsError	err;

	if (!trino_type(&s, 0, out) || out->failed)
		return false;
	skip_view_blanks(&s);
	/* names in quotes may be what no type of Hive can hold */
	if (*s != '\0' || !pds_hive_type_parse(out->data + before, &hive, &err))
		return false;
	pds_hive_type_clear(&hive);
	return true;
}

/* ---- views ---- */

static int
base64_digit(char c)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int) (at - digits) : -1;
}

/* up to the first byte that is not base64; false: memory is short */
static bool
append_decoded(PdsStr *out, const char *s)
{
	unsigned	bits = 0;
	int			have = 0;

	for (; base64_digit(*s) >= 0; s++)
	{
		bits = bits << 6 | (unsigned) base64_digit(*s);
		have += 6;
		if (have >= 8)
		{
			have -= 8;
			pds_str_append_c(out, (char) (bits >> have & 255));
		}
	}
	return !out->failed;
}

/* the columns of the JSON; *n 0 when it is not understood; false: memory is short */
static bool
columns_of_json(const char *json, PdsGlueColumn **out, int *n)
{
	cJSON	   *root = cJSON_Parse(json);
	const cJSON *list = cJSON_GetObjectItemCaseSensitive(root, "columns");
	int			count = cJSON_IsArray(list) ? cJSON_GetArraySize(list) : 0;
	PdsGlueColumn *cols = calloc((size_t) count + 1, sizeof(PdsGlueColumn));
	const cJSON *item;
	bool		ok = cols != NULL;
	bool		understood = count > 0;

	*n = 0;
	cJSON_ArrayForEach(item, list)
	{
		const cJSON *name = cJSON_GetObjectItemCaseSensitive(item, "name");
		const cJSON *type = cJSON_GetObjectItemCaseSensitive(item, "type");
		PdsStr		hive;

		if (!ok || !understood)
			break;
		pds_str_init(&hive);
		understood = cJSON_IsString(name) && cJSON_IsString(type) &&
			pds_hive_of_trino_type(type->valuestring, &hive);
		if (understood)
		{
			cols[*n].name = pds_strdup(name->valuestring);
			cols[*n].type = pds_strdup(pds_str_text(&hive));
			ok = cols[*n].name && cols[*n].type;
			(*n)++;
		}
		pds_str_free(&hive);
	}
	cJSON_Delete(root);
	if (!ok || !understood)
	{
		pds_glue_columns_free(cols, *n);
		cols = NULL;
		*n = 0;
	}
	*out = cols;
	return ok;
}

bool
pds_view_columns(PdsGlueTable *t)
{
	static const char prefix[] = "/* Presto View: ";
	PdsGlueColumn *cols;
	PdsStr		json;
	int			n;
	int			i;
	int			k;
	bool		ok;

	if (t->view_original_text == NULL || !pds_str_has_prefix(t->view_original_text, prefix))
		return true;
	pds_str_init(&json);
	ok = append_decoded(&json, t->view_original_text + strlen(prefix)) &&
		columns_of_json(pds_str_text(&json), &cols, &n);
	pds_str_free(&json);
	if (!ok || n == 0)
		return ok;
	/* comments are in the catalog's list only */
	for (i = 0; i < n; i++)
		for (k = 0; k < t->sd.ncolumns; k++)
			if (cols[i].comment == NULL && pds_strcasecmp(cols[i].name, t->sd.columns[k].name) == 0)
			{
				cols[i].comment = t->sd.columns[k].comment;
				t->sd.columns[k].comment = NULL;
			}
	pds_glue_columns_free(t->sd.columns, t->sd.ncolumns);
	t->sd.columns = cols;
	t->sd.ncolumns = n;
	return true;
}
