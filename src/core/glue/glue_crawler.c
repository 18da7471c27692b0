/*
 * glue_crawler.c
 *	  Glue's own crawlers (AWS.md 5.1).  Starting one is not repeated blindly: what the
 *	  service says of a crawler that runs is an answer.
 */
#include "core/glue/glue_crawler.h"

#include <cjson/cJSON.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/strbuf.h"

void
pds_crawler_free(PdsCrawler *c)
{
	int			i;

	if (c == NULL)
		return;
	free(c->name);
	free(c->state);
	free(c->role);
	free(c->database);
	free(c->table_prefix);
	free(c->description);
	free(c->schedule);
	for (i = 0; i < c->npaths; i++)
		free(c->paths[i]);
	free(c->paths);
	free(c->last_status);
	free(c->last_error);
	free(c);
}

/* ---- replies ---- */

/* a member that is a text, copied; NULL when absent or memory is short (*failed then) */
static char *
text_of(const cJSON *object, const char *name, bool *failed)
{
	const cJSON *v = cJSON_GetObjectItemCaseSensitive(object, name);
	char	   *copy;

	if (!cJSON_IsString(v) || v->valuestring[0] == '\0')
		return NULL;
	copy = pds_strdup(v->valuestring);
	*failed = *failed || copy == NULL;
	return copy;
}

static bool
read_paths(const cJSON *json, PdsCrawler *c, bool *failed)
{
	const cJSON *targets = cJSON_GetObjectItemCaseSensitive(json, "Targets");
	const cJSON *s3 = cJSON_GetObjectItemCaseSensitive(targets, "S3Targets");
	const cJSON *t;
	int			n = cJSON_GetArraySize(s3);

	c->paths = calloc((size_t) (n > 0 ? n : 1), sizeof(char *));
	if (c->paths == NULL)
		return false;
	cJSON_ArrayForEach(t, s3)
	{
		char	   *path = text_of(t, "Path", failed);

		if (path)
			c->paths[c->npaths++] = path;
	}
	return true;
}

static PdsCrawler *
crawler_of(const cJSON *json, PdsError *err)
{
	PdsCrawler *c = calloc(1, sizeof(PdsCrawler));
	const cJSON *last = cJSON_GetObjectItemCaseSensitive(json, "LastCrawl");
	const cJSON *start = cJSON_GetObjectItemCaseSensitive(last, "StartTime");
	const cJSON *schedule = cJSON_GetObjectItemCaseSensitive(json, "Schedule");
	bool		failed = false;

	if (c)
	{
		c->name = text_of(json, "Name", &failed);
		c->state = text_of(json, "State", &failed);
		c->role = text_of(json, "Role", &failed);
		c->database = text_of(json, "DatabaseName", &failed);
		c->table_prefix = text_of(json, "TablePrefix", &failed);
		c->description = text_of(json, "Description", &failed);
		/* an object of the service; some stand-ins give the expression alone */
		c->schedule = cJSON_IsString(schedule) ? text_of(json, "Schedule", &failed)
			: text_of(schedule, "ScheduleExpression", &failed);
		c->last_status = text_of(last, "Status", &failed);
		c->last_error = text_of(last, "ErrorMessage", &failed);
		if (cJSON_IsNumber(start))
			c->last_start = start->valuedouble;
	}
	if (c == NULL || !read_paths(json, c, &failed) || failed)
	{
		pds_crawler_free(c);
		pds_error_oom(err);
		return NULL;
	}
	if (c->name == NULL)
	{
		pds_crawler_free(c);
		pds_error_set(err, PDS_ERR_PROTOCOL, "the reply of Glue describes a crawler without a name");
		return NULL;
	}
	return c;
}

/* ---- calls ---- */

/* One call with {"Name": name} and what in has; in is freed. */
static bool
call(PdsAws *aws, const char *operation, cJSON *in, const char *name, bool not_idempotent,
	 cJSON **reply, PdsError *err)
{
	bool		ok;

	*reply = NULL;
	if (in == NULL || (name && cJSON_AddStringToObject(in, "Name", name) == NULL))
	{
		cJSON_Delete(in);
		return pds_error_oom(err);
	}
	ok = pds_aws_json_call(aws, PDS_GLUE, operation, in, not_idempotent, name ? name : "crawlers",
						   reply, err);
	cJSON_Delete(in);
	return ok;
}

PdsCrawler *
pds_glue_get_crawler(PdsAws *aws, const char *name, PdsError *err)
{
	cJSON	   *reply;
	const cJSON *json;
	PdsCrawler *c = NULL;

	if (!call(aws, "GetCrawler", cJSON_CreateObject(), name, false, &reply, err))
		return NULL;
	json = cJSON_GetObjectItemCaseSensitive(reply, "Crawler");
	if (cJSON_IsObject(json))
		c = crawler_of(json, err);
	else
		pds_error_set(err, PDS_ERR_PROTOCOL, "the reply of Glue has no member Crawler");
	cJSON_Delete(reply);
	return c;
}

bool
pds_glue_get_crawlers(PdsAws *aws, PdsCrawlerFn fn, void *arg, PdsError *err)
{
	char	   *token = NULL;
	bool		ok = true;
	bool		more = true;

	while (ok && more)
	{
		cJSON	   *in = cJSON_CreateObject();
		cJSON	   *reply;
		const cJSON *json;
		bool		failed = false;

		if (token && in)
			cJSON_AddStringToObject(in, "NextToken", token);
		free(token);
		token = NULL;
		if (!call(aws, "GetCrawlers", in, NULL, false, &reply, err))
			return false;
		cJSON_ArrayForEach(json, cJSON_GetObjectItemCaseSensitive(reply, "Crawlers"))
		{
			PdsCrawler *c = crawler_of(json, err);

			ok = c != NULL;
			more = ok && fn(arg, c);
			if (!more)
				break;
		}
		if (ok && more)
		{
			token = text_of(reply, "NextToken", &failed);
			more = token != NULL;
			if (failed)
				ok = pds_error_oom(err);
		}
		cJSON_Delete(reply);
	}
	free(token);
	return ok;
}

static bool
add_text(cJSON *object, const char *name, const char *value)
{
	return value == NULL || cJSON_AddStringToObject(object, name, value) != NULL;
}

bool
pds_glue_create_crawler(PdsAws *aws, const char *name, const char *role, const char *database,
						const char *path, const char *table_prefix, const char *description,
						PdsError *err)
{
	cJSON	   *in = cJSON_CreateObject();
	cJSON	   *targets = in ? cJSON_AddObjectToObject(in, "Targets") : NULL;
	cJSON	   *s3 = targets ? cJSON_AddArrayToObject(targets, "S3Targets") : NULL;
	cJSON	   *target = s3 ? cJSON_CreateObject() : NULL;
	cJSON	   *reply;

	if (target == NULL || !cJSON_AddItemToArray(s3, target) ||
		!add_text(target, "Path", path) || !add_text(in, "Role", role) ||
		!add_text(in, "DatabaseName", database) || !add_text(in, "TablePrefix", table_prefix) ||
		!add_text(in, "Description", description))
	{
		cJSON_Delete(in);
		return pds_error_oom(err);
	}
	if (!call(aws, "CreateCrawler", in, name, true, &reply, err))
		return false;
	cJSON_Delete(reply);
	return true;
}

bool
pds_glue_start_crawler(PdsAws *aws, const char *name, bool *running, PdsError *err)
{
	cJSON	   *reply;

	*running = false;
	if (call(aws, "StartCrawler", cJSON_CreateObject(), name, true, &reply, err))
	{
		cJSON_Delete(reply);
		return true;
	}
	*running = strcmp(err->aws_code, "CrawlerRunningException") == 0;
	return *running;
}

bool
pds_glue_stop_crawler(PdsAws *aws, const char *name, bool *running, PdsError *err)
{
	cJSON	   *reply;

	*running = true;
	if (call(aws, "StopCrawler", cJSON_CreateObject(), name, false, &reply, err))
	{
		cJSON_Delete(reply);
		return true;
	}
	*running = false;
	return strcmp(err->aws_code, "CrawlerNotRunningException") == 0 ||
		strcmp(err->aws_code, "CrawlerStoppingException") == 0;
}

bool
pds_glue_delete_crawler(PdsAws *aws, const char *name, PdsError *err)
{
	cJSON	   *reply;

	if (!call(aws, "DeleteCrawler", cJSON_CreateObject(), name, false, &reply, err))
		return false;
	cJSON_Delete(reply);
	return true;
}
