/*
 * option_values.c
 *	  Values of options that are more than a word: encodings by several names, lists,
 *	  headers.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "core/base/json.h"
#include "core/codec/recode.h"
#include "core/s3/s3_places.h"
#include "fdw/base/option_values.h"

int
pds_windows_encoding(const char *name)
{
	char		win[16];

	if (pg_strncasecmp(name, "cp", 2) != 0 || strlen(name) > 6)
		return -1;
	snprintf(win, sizeof(win), "WIN%s", name + 2);
	return pg_char_to_encoding(win);
}

bool
pds_recodable(const char *name)
{
	/* slashes are directives of iconv */
	return strlen(name) < sizeof(((PdsDialect *) NULL)->recode) && strchr(name, '/') == NULL &&
		name[0] != '\0' && pds_recode_known(name);
}

PdsWords *
pds_parse_words(const char *text)
{
	PdsWords   *words = palloc0(sizeof(PdsWords));
	cJSON	   *list = text[0] == '[' ? cJSON_Parse(text) : NULL;
	cJSON	   *item;
	bool		strings = cJSON_IsArray(list);

	cJSON_ArrayForEach(item, list)
		strings = strings && cJSON_IsString(item);
	words->words = palloc((strings ? cJSON_GetArraySize(list) + 1 : 1) * sizeof(char *));
	if (strings)
		cJSON_ArrayForEach(item, list)
			words->words[words->n++] = pstrdup(item->valuestring);
	else
		words->words[words->n++] = pstrdup(text);
	cJSON_Delete(list);
	return words;
}

bool
pds_are_places(const char *text)
{
	PdsPlaces	places;
	PdsError	err;
	bool		ok = pds_places_parse(text, &places, &err);
	size_t		i;

	for (i = 0; ok && i < places.n; i++)
		ok = strncmp(places.items[i].bucket, "arn:", 4) == 0 ||
			pds_s3_valid_bucket(places.items[i].bucket);
	pds_places_free(&places);
	return ok;
}

bool
pds_names_one_object(const char *location)
{
	PdsPlaces	places;
	PdsError	err;
	const char *key;
	bool		ok;

	if (!pds_places_parse(location, &places, &err))
		return false;
	key = places.items[0].prefix;
	ok = places.n == 1 && places.items[0].pattern == NULL && key[0] != '\0' &&
		key[strlen(key) - 1] != '/';
	pds_places_free(&places);
	return ok;
}

PdsHeaderMode
pds_header_mode(const char *text)
{
	return strcmp(text, "match") == 0 ? PDS_HEADER_MATCH
		: strcmp(text, "names") == 0 ? PDS_HEADER_NAMES : PDS_HEADER_SKIPPED;
}

bool
pds_parse_header(const char *text, int *lines)
{
	bool		b;
	char	   *end;
	long		n = strtol(text, &end, 10);

	*lines = 1;
	if (pds_header_mode(text) != PDS_HEADER_SKIPPED)
		return true;
	if (end != text && *end == '\0')
	{
		*lines = (int) n;
		return n >= 0 && n <= 1000000;
	}
	if (!parse_bool(text, &b))
		return false;
	*lines = b ? 1 : 0;
	return true;
}
