/*
 * crawler_functions.c
 *	  SQL functions that drive the crawlers of Glue itself.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "core/glue/glue_crawler.h"
#include "fdw/catalog/cache.h"
#include "fdw/base/error_map.h"
#include "sql/base/functions.h"
#include "sql/base/glue_args.h"
#include "sql/glue/glue_functions.h"

PG_FUNCTION_INFO_V1(pds_crawlers);
PG_FUNCTION_INFO_V1(pds_create_crawler);
PG_FUNCTION_INFO_V1(pds_start_crawler);
PG_FUNCTION_INFO_V1(pds_stop_crawler);
PG_FUNCTION_INFO_V1(pds_drop_crawler);

/* between two looks at a crawler that runs (it takes a minute at least) */
#define FIRST_POLL_MS 200
#define LAST_POLL_MS 5000
/* a crawler that was started is seen to run within this time */
#define START_MS 10000

/* ---- list ---- */

static void
free_crawler(void *item)
{
	pds_crawler_free(item);
}

static bool
keep_crawler(void *arg, PdsCrawler *c)
{
	return pds_found_add(arg, c);
}

static Datum
time_of_seconds(double seconds)
{
	return TimestampTzGetDatum(time_t_to_timestamptz((pg_time_t) seconds));
}

#define CRAWLER_COLUMNS 11

static void
crawler_row(PdsResult *result, const PdsCrawler *c)
{
	Datum		values[CRAWLER_COLUMNS];
	bool		nulls[CRAWLER_COLUMNS] = {0};

	values[0] = pds_text_datum(c->name, &nulls[0]);
	values[1] = pds_text_datum(c->state, &nulls[1]);
	values[2] = pds_text_array_datum(c->paths, c->npaths);
	values[3] = pds_text_datum(c->database, &nulls[3]);
	values[4] = pds_text_datum(c->table_prefix, &nulls[4]);
	values[5] = pds_text_datum(c->role, &nulls[5]);
	values[6] = pds_text_datum(c->schedule, &nulls[6]);
	values[7] = pds_text_datum(c->description, &nulls[7]);
	values[8] = pds_text_datum(c->last_status, &nulls[8]);
	values[9] = pds_text_datum(c->last_error, &nulls[9]);
	nulls[10] = c->last_start <= 0;
	if (!nulls[10])
		values[10] = time_of_seconds(c->last_start);
	pds_result_row(result, lengthof(values), values, nulls);
}

Datum
pds_crawlers(PG_FUNCTION_ARGS)
{
	PdsResult	result;
	PdsConnection *conn;
	PdsFound   *found;
	PdsError	err;
	bool		ok;
	int			i;

	pds_result_begin(fcinfo, &result);
	conn = pds_catalog_reader(fcinfo);
	found = pds_found_new(free_crawler, -1);
	pds_error_clear(&err);
	ok = pds_glue_get_crawlers(conn->aws, keep_crawler, found, &err);
	pds_found_check(found, ok, &err);
	for (i = 0; i < found->n; i++)
		crawler_row(&result, found->items[i]);
	return (Datum) 0;
}

/* ---- change ---- */

Datum
pds_create_crawler(PG_FUNCTION_ARGS)
{
	PdsConnection *conn = pds_catalog_writer(fcinfo, "pds.create_crawler()");
	char	   *name = pds_required_arg(fcinfo, 1, "name");
	char	   *role = pds_required_arg(fcinfo, 2, "role");
	char	   *database = pds_required_arg(fcinfo, 3, "database");
	char	   *uri = pds_required_arg(fcinfo, 4, "uri");
	PdsError	err;

	pds_error_clear(&err);
	if (!pds_glue_create_crawler(conn->aws, name, role, database, uri, pds_text_arg(fcinfo, 5),
								 pds_text_arg(fcinfo, 6), &err))
		pds_raise(&err);
	PG_RETURN_VOID();
}

Datum
pds_stop_crawler(PG_FUNCTION_ARGS)
{
	PdsConnection *conn = pds_catalog_writer(fcinfo, "pds.stop_crawler()");
	bool		running;
	PdsError	err;

	pds_error_clear(&err);
	if (!pds_glue_stop_crawler(conn->aws, pds_required_arg(fcinfo, 1, "name"), &running, &err))
		pds_raise(&err);
	PG_RETURN_BOOL(running);
}

Datum
pds_drop_crawler(PG_FUNCTION_ARGS)
{
	PdsConnection *conn = pds_catalog_writer(fcinfo, "pds.drop_crawler()");
	PdsError	err;

	pds_error_clear(&err);
	if (!pds_glue_delete_crawler(conn->aws, pds_required_arg(fcinfo, 1, "name"), &err))
		pds_raise(&err);
	PG_RETURN_VOID();
}

/* ---- start, and wait ---- */

/* What a wait needs of a crawler, which is freed here. */
typedef struct Look
{
	bool		ready;
	double		last_start;
	char	   *last_status;
	char	   *last_error;
} Look;

static void
look_at_crawler(PdsConnection *conn, const char *name, Look *out)
{
	PdsFound   *keep = pds_found_new(free_crawler, -1);
	PdsCrawler *c;
	PdsError	err;

	pds_error_clear(&err);
	c = pds_glue_get_crawler(conn->aws, name, &err);
	if (c == NULL)
		pds_raise(&err);
	pds_found_add(keep, c);
	pds_found_check(keep, true, &err);
	out->ready = c->state == NULL || strcmp(c->state, "READY") == 0;
	out->last_start = c->last_start;
	out->last_status = c->last_status;
	out->last_error = c->last_error;
}

/* until it has run; its status then */
static char *
wait_for(PdsConnection *conn, const char *name, double last_start)
{
	Look		now;
	PdsError	err;
	bool		ran = false;
	long		ms = FIRST_POLL_MS;
	long		waited = 0;

	for (;;)
	{
		look_at_crawler(conn, name, &now);
		ran = ran || !now.ready || now.last_start != last_start;
		if (now.ready && (ran || waited > START_MS))
			break;
		pds_error_clear(&err);
		if (!pds_http_sleep(conn->http, ms, PDS_WAIT_RETRY, &err))
			pds_raise(&err);
		waited += ms;
		ms = Min(ms * 3 / 2, LAST_POLL_MS);
	}
	if (now.last_status && strcmp(now.last_status, "FAILED") == 0)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_ERROR),
				 errmsg("crawler \"%s\" failed: %s", pds_from_utf8(name),
						now.last_error ? pds_from_utf8(now.last_error) : "Glue gives no reason"),
				 errhint("pds.crawl does the same here, without a crawler.")));
	return now.last_status ? now.last_status : "READY";
}

Datum
pds_start_crawler(PG_FUNCTION_ARGS)
{
	PdsConnection *conn = pds_catalog_writer(fcinfo, "pds.start_crawler()");
	char	   *name = pds_required_arg(fcinfo, 1, "name");
	Look		before;
	char	   *status;
	bool		running;
	PdsError	err;

	look_at_crawler(conn, name, &before);
	pds_error_clear(&err);
	if (!pds_glue_start_crawler(conn->aws, name, &running, &err))
		pds_raise(&err);
	if (running)
		ereport(NOTICE, (errmsg("crawler \"%s\" runs already", pds_from_utf8(name))));
	if (!pds_bool_arg(fcinfo, 2))
		PG_RETURN_TEXT_P(cstring_to_text("RUNNING"));
	status = wait_for(conn, name, before.last_start);
	/* it has changed the catalog */
	pds_cache_forget();
	PG_RETURN_TEXT_P(cstring_to_text(pds_from_utf8(status)));
}
