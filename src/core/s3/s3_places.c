/*
 * s3_places.c
 *	  What a location names: an object, a folder, a pattern, or a list of these.
 */
#include "core/s3/s3_places.h"

#include <stdlib.h>
#include <string.h>

#include "core/aws/aws.h"
#include "core/base/json.h"
#include "core/base/path_pattern.h"

#define BLANKS " \t\r\n"

/* the key of an alternative; takes nothing over */
static bool
add_place(PdsPlaces *out, const char *bucket, const char *key, PdsError *err)
{
	PdsPlace   *grown = realloc(out->items, (out->n + 1) * sizeof(PdsPlace));
	PdsPlace   *p;
	bool		literal = true;

	if (grown == NULL)
		return pds_error_oom(err);
	out->items = grown;
	p = &grown[out->n++];
	p->bucket = strdup(bucket);
	p->prefix = pds_path_literal(key, &literal);
	p->pattern = literal ? NULL : strdup(key);
	if (p->bucket == NULL || p->prefix == NULL || (!literal && p->pattern == NULL))
		return pds_error_oom(err);
	return true;
}

static bool
add_location(PdsPlaces *out, const char *uri, PdsError *err)
{
	char	   *bucket = NULL;
	char	   *key = NULL;
	PdsAlternatives keys = {NULL, 0};
	size_t		i;
	bool		ok = pds_s3_parse_uri(uri, &bucket, &key, err) &&
		pds_path_alternatives(key, &keys, err);

	for (i = 0; ok && i < keys.n; i++)
		ok = add_place(out, bucket, keys.items[i], err);
	pds_path_alternatives_free(&keys);
	free(bucket);
	free(key);
	return ok;
}

static bool
add_list(PdsPlaces *out, const char *text, PdsError *err)
{
	cJSON	   *list = cJSON_Parse(text);
	const cJSON *item;
	bool		ok = cJSON_IsArray(list) && cJSON_GetArraySize(list) > 0;

	if (!ok)
		pds_error_set(err, PDS_ERR_CONFIG, "a list of locations is a JSON array of strings");
	cJSON_ArrayForEach(item, list)
	{
		if (ok && !cJSON_IsString(item))
			ok = pds_error_set(err, PDS_ERR_CONFIG,
							   "a list of locations is a JSON array of strings");
		ok = ok && add_location(out, item->valuestring, err);
	}
	cJSON_Delete(list);
	return ok;
}

static bool
is_list(const char *location)
{
	return location[strspn(location, BLANKS)] == '[';
}

bool
pds_places_parse(const char *location, PdsPlaces *out, PdsError *err)
{
	bool		ok;

	memset(out, 0, sizeof(*out));
	ok = is_list(location) ? add_list(out, location, err)
		: add_location(out, location, err);
	if (!ok)
		pds_places_free(out);
	return ok;
}

void
pds_places_free(PdsPlaces *p)
{
	size_t		i;

	for (i = 0; i < p->n; i++)
	{
		free(p->items[i].bucket);
		free(p->items[i].prefix);
		free(p->items[i].pattern);
	}
	free(p->items);
	memset(p, 0, sizeof(*p));
}

/* a qsort comparator: by bucket, then by prefix */
static int
compare_places(const void *a, const void *b)
{
	const PdsPlace *x = *(const PdsPlace *const *) a;
	const PdsPlace *y = *(const PdsPlace *const *) b;
	int			c = strcmp(x->bucket, y->bucket);

	return c != 0 ? c : strcmp(x->prefix, y->prefix);
}

bool
pds_places_apart(const PdsPlaces *p)
{
	const PdsPlace **sorted = malloc((p->n > 0 ? p->n : 1) * sizeof(PdsPlace *));
	bool		apart = sorted != NULL;
	size_t		i;

	for (i = 0; apart && i < p->n; i++)
		sorted[i] = &p->items[i];
	if (apart)
		qsort(sorted, p->n, sizeof(PdsPlace *), compare_places);
	/* what begins with a prefix comes right behind it */
	for (i = 1; apart && i < p->n; i++)
		apart = strcmp(sorted[i]->bucket, sorted[i - 1]->bucket) != 0 ||
			strncmp(sorted[i]->prefix, sorted[i - 1]->prefix, strlen(sorted[i - 1]->prefix)) != 0;
	free(sorted);
	return apart;
}

bool
pds_place_has(const PdsPlace *p, const char *key)
{
	size_t		n = strlen(p->prefix);

	if (p->pattern)
		return pds_path_match(p->pattern, key);
	/* "data" is an object or a folder, not also "data2" */
	return n == 0 || p->prefix[n - 1] == '/' || key[n] == '\0' || key[n] == '/';
}
