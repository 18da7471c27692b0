/*
 * json.c
 *	  JSON that is sent, and JSON that was received.
 */
#include "core/base/json.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/assert.h"
#include "core/base/strbuf.h"

/* ---- building ---- */

void
pds_json_init(PdsJson *j)
{
	j->root = cJSON_CreateObject();
	j->failed = j->root == NULL;
}

void
pds_json_copy(PdsJson *j, const PdsJson *from)
{
	j->root = from->failed ? NULL : cJSON_Duplicate(from->root, true);
	j->failed = j->root == NULL;
}

void
pds_json_free(PdsJson *j)
{
	cJSON_Delete(j->root);
	j->root = NULL;
	j->failed = false;
}

char *
pds_json_print(const PdsJson *j)
{
	PDS_ASSERT(j->failed || j->root);
	return j->failed ? NULL : cJSON_PrintUnformatted(j->root);
}

uint64_t
pds_json_size(const cJSON *o)
{
	uint64_t	size = sizeof(void *);
	const cJSON *item;

	if (o == NULL)
		return 0;
	if (o->string)
		size += strlen(o->string) + 1;
	if (o->valuestring)
		size += strlen(o->valuestring) + 1;
	cJSON_ArrayForEach(item, o)
		size += pds_json_size(item);
	return size;
}

size_t
pds_json_count(const char *text, size_t len)
{
	size_t		n = len > 0;
	bool		quoted = false;
	size_t		i;

	for (i = 0; i < len; i++)
		if (quoted && text[i] == '\\')
			i++;
		else if (text[i] == '"')
			quoted = !quoted;
		else if (!quoted)
			n += text[i] == ',' || text[i] == '[' || text[i] == '{';
	return n;
}

static void
wipe_texts(cJSON *o)
{
	cJSON	   *item;

	if (cJSON_IsString(o))
		pds_secure_zero(o->valuestring, strlen(o->valuestring));
	cJSON_ArrayForEach(item, o)
		wipe_texts(item);
}

/* it may have been a secret */
static void
drop_item(cJSON *o)
{
	wipe_texts(o);
	cJSON_Delete(o);
}

cJSON *
pds_json_put(PdsJson *j, cJSON *object, const char *name, cJSON *item)
{
	cJSON	   *old = cJSON_GetObjectItemCaseSensitive(object, name);

	if (object && item && cJSON_AddItemToObject(object, name, item))
	{
		if (old)
			drop_item(cJSON_DetachItemViaPointer(object, old));
		return item;
	}
	j->failed = true;
	drop_item(item);
	return NULL;
}

void
pds_json_put_text(PdsJson *j, cJSON *object, const char *name, const char *value)
{
	if (value)
		(void) pds_json_put(j, object, name, cJSON_CreateString(value));
}

void
pds_json_put_number(PdsJson *j, cJSON *object, const char *name, double value)
{
	(void) pds_json_put(j, object, name, cJSON_CreateNumber(value));
}

void
pds_json_put_bool(PdsJson *j, cJSON *object, const char *name, bool value)
{
	(void) pds_json_put(j, object, name, cJSON_CreateBool(value));
}

cJSON *
pds_json_put_object(PdsJson *j, cJSON *object, const char *name)
{
	return pds_json_put(j, object, name, cJSON_CreateObject());
}

cJSON *
pds_json_put_array(PdsJson *j, cJSON *object, const char *name)
{
	return pds_json_put(j, object, name, cJSON_CreateArray());
}

cJSON *
pds_json_push(PdsJson *j, cJSON *array, cJSON *item)
{
	if (array && item && cJSON_AddItemToArray(array, item))
		return item;
	j->failed = true;
	cJSON_Delete(item);
	return NULL;
}

void
pds_json_push_text(PdsJson *j, cJSON *array, const char *value)
{
	(void) pds_json_push(j, array, cJSON_CreateString(value));
}

cJSON *
pds_json_push_object(PdsJson *j, cJSON *array)
{
	return pds_json_push(j, array, cJSON_CreateObject());
}

/* ---- reading ---- */

const char *
pds_json_text(const cJSON *object, const char *name)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
}

char *
pds_json_strdup(const cJSON *object, const char *name, bool *ok)
{
	const char *text = pds_json_text(object, name);
	char	   *copy = pds_strdup(text);

	if (text && copy == NULL)
		*ok = false;
	return copy;
}

int64_t
pds_json_int(const cJSON *object, const char *name, int64_t missing)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

	/* what is out of range is not there */
	return cJSON_IsNumber(item) && item->valuedouble > -9e18 && item->valuedouble < 9e18
		? (int64_t) item->valuedouble : missing;
}

/* ---- secrets ---- */

static void
wipe_and_free(void *p)
{
	if (p)
		pds_secure_zero(p, malloc_usable_size(p));
	free(p);
}

/* cJSON's allocator is one for the whole process: ours holds for a call */
static void
begin_secret(void)
{
	cJSON_Hooks hooks = {.malloc_fn = malloc, .free_fn = wipe_and_free};

	cJSON_InitHooks(&hooks);
}

static void
end_secret(void)
{
	cJSON_InitHooks(NULL);
}

cJSON *
pds_json_parse_secret(const char *text, size_t len)
{
	cJSON	   *o;

	begin_secret();
	o = cJSON_ParseWithLength(text, len);
	end_secret();
	return o;
}

char *
pds_json_print_secret(const PdsJson *j)
{
	char	   *text;

	begin_secret();
	text = pds_json_print(j);
	end_secret();
	return text;
}

void
pds_json_wipe(cJSON *o)
{
	begin_secret();
	cJSON_Delete(o);
	end_secret();
}
