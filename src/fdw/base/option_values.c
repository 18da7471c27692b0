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

/* ---- what other tools call things ---- */

/* what other tools call an option */
static const char *const option_aliases[][2] = {
	{"sep", "delimiter"}, {"delim", "delimiter"}, {"separator", "delimiter"}, {"field_delimiter", "delimiter"},
	{"has_header", "header"}, {"path", "location"}, {"uri", "location"}, {"url", "location"},
	{"filename", "location"}, {"bucket", "location"}, {"schema_name", "database"}, {"schema", "database"},
	{"table", "table_name"}, {"nullstr", "null"}, {"null_str", "null"}, {"null_string", "null"}, {"null_value", "null"},
	{"na_values", "null"}, {"quotechar", "quote"}, {"quote_char", "quote"}, {"escape_char", "escape"},
	{"skip_rows", "skip"}, {"skiprows", "skip"}, {"skip_lines", "skip"}, {"skip_header", "header"}, {"header_row", "header"},
	{"type", "format"}, {"file_format", "format"}, {"dbname", "database"}, {"dtype", "glue_type"}, {"codec", "compression"},
	{"comment_char", "comment"}, {"thousands_separator", "thousands"}, {"decimal_point", "decimal_separator"},
	{"escapechar", "escape"}, {"ignore_errors", "on_error"}, {"dateformat", "date_format"}, {"timestampformat", "timestamp_format"}, {"decimal", "decimal_separator"},
	{"aws_access_key_id", "access_key_id"},
	{"aws_secret_access_key", "secret_access_key"}
};

/* what other tools call a value of an option */
static const char *const word_aliases[][2] = {
	{"gz", "gzip"}, {"zst", "zstd"}, {"zstandard", "zstd"}, {"bz2", "bzip2"}, {"bzip", "bzip2"}, {"zlib", "deflate"},
	{"zz", "deflate"}, {"uncompressed", "none"}, {"plain", "none"}, {"tsv", "csv"}, {"text", "lazysimple"}, {"textfile", "lazysimple"}
};

static const char *
find_alias(const char *name, const char *const(*aliases)[2], int n)
{
	int			i;

	for (i = 0; i < n; i++)
		if (pg_strcasecmp(aliases[i][0], name) == 0)
			return aliases[i][1];
	return NULL;
}

const char *
pds_option_alias(const char *name)
{
	return find_alias(name, option_aliases, lengthof(option_aliases));
}

const char *
pds_word_alias(const char *word)
{
	return find_alias(word, word_aliases, lengthof(word_aliases));
}
