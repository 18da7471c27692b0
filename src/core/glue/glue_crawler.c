/*
 * glue_crawler.c
 *	  Glue's own crawlers (doc/dev/aws.md §5.1).  Starting one is not repeated blindly: what the
 *	  service says of a crawler that runs is an answer.
 */
#include "core/glue/glue_crawler.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/calendar.h"
#include "core/base/json.h"
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

/* a member that is a text, copied; NULL: absent or empty */
static char *
crawler_text(const cJSON *object, const char *name, bool *ok)
{
	const char *text = pds_json_text(object, name);

	return text && text[0] ? pds_json_strdup(object, name, ok) : NULL;
}

static bool
read_paths(const cJSON *json, PdsCrawler *c, bool *ok)
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
		char	   *path = crawler_text(t, "Path", ok);

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
	bool		ok = true;
	int64_t		us;

	if (c)
	{
		c->name = crawler_text(json, "Name", &ok);
		c->state = crawler_text(json, "State", &ok);
		c->role = crawler_text(json, "Role", &ok);
		c->database = crawler_text(json, "DatabaseName", &ok);
		c->table_prefix = crawler_text(json, "TablePrefix", &ok);
		c->description = crawler_text(json, "Description", &ok);
		/* an object of the service; some stand-ins give the expression alone */
		c->schedule = cJSON_IsString(schedule) ? crawler_text(json, "Schedule", &ok)
			: crawler_text(schedule, "ScheduleExpression", &ok);
		c->last_status = crawler_text(last, "Status", &ok);
		c->last_error = crawler_text(last, "ErrorMessage", &ok);
		if (cJSON_IsNumber(start) && pds_time_of_number(start->valuedouble, &us))
			c->last_start = (double) us / 1e6;
	}
	if (c == NULL || !read_paths(json, c, &ok) || !ok)
	{
		pds_crawler_free(c);
		pds_error_oom(err);
		return NULL;
	}
	if (c->name == NULL)
	{
		pds_crawler_free(c);
		pds_error_set(err, PDS_ERR_PROTOCOL,
					  "the reply of Glue describes a crawler without a name");
		return NULL;
	}
	return c;
}

/* ---- calls ---- */

/* One call with {"Name": name} */
static bool
crawler_call(PdsAws *aws, const char *operation, const char *name, bool not_idempotent,
			 cJSON **reply, PdsError *err)
{
	PdsJson		in;
	bool		ok;

	pds_json_init(&in);
	pds_json_put_text(&in, in.root, "Name", name);
	ok = pds_aws_json_call(aws, PDS_GLUE, operation, &in, not_idempotent, name, reply, err);
	pds_json_free(&in);
	return ok;
}

PdsCrawler *
pds_glue_get_crawler(PdsAws *aws, const char *name, PdsError *err)
{
	cJSON	   *reply;
	const cJSON *json;
	PdsCrawler *c = NULL;

	if (!crawler_call(aws, "GetCrawler", name, false, &reply, err))
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
	PdsPager	pager;
	PdsJson		in;
	bool		ok = true;
	bool		more = true;

	pds_pager_init(&pager);
	pds_json_init(&in);
	while (ok && more)
	{
		cJSON	   *reply;
		const cJSON *json;

		ok = pds_aws_json_call(aws, PDS_GLUE, "GetCrawlers", &in, false, "crawlers", &reply, err);
		if (!ok)
			break;
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
			ok = pds_aws_next_page(&pager, "GetCrawlers", "crawlers", reply, &in, err);
			more = pds_pager_more(&pager);
		}
		cJSON_Delete(reply);
	}
	pds_pager_free(&pager);
	pds_json_free(&in);
	return ok;
}

bool
pds_glue_create_crawler(PdsAws *aws, const char *name, const char *role, const char *database,
						const char *path, const char *table_prefix, const char *description,
						PdsError *err)
{
	PdsJson		in;
	cJSON	   *o;
	cJSON	   *reply;
	bool		ok;

	pds_json_init(&in);
	pds_json_put_text(&in, in.root, "Name", name);
	pds_json_put_text(&in, in.root, "Role", role);
	pds_json_put_text(&in, in.root, "DatabaseName", database);
	pds_json_put_text(&in, in.root, "TablePrefix", table_prefix);
	pds_json_put_text(&in, in.root, "Description", description);
	o = pds_json_put_object(&in, in.root, "Targets");
	o = pds_json_push_object(&in, pds_json_put_array(&in, o, "S3Targets"));
	pds_json_put_text(&in, o, "Path", path);
	ok = pds_aws_json_call(aws, PDS_GLUE, "CreateCrawler", &in, true, name, &reply, err);
	pds_json_free(&in);
	cJSON_Delete(reply);
	return ok;
}

bool
pds_glue_start_crawler(PdsAws *aws, const char *name, bool *running, PdsError *err)
{
	cJSON	   *reply;

	*running = false;
	if (crawler_call(aws, "StartCrawler", name, true, &reply, err))
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
	if (crawler_call(aws, "StopCrawler", name, false, &reply, err))
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

	if (!crawler_call(aws, "DeleteCrawler", name, false, &reply, err))
		return false;
	cJSON_Delete(reply);
	return true;
}
