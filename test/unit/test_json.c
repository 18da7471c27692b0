/*
 * test_json.c
 *	  JSON that is sent: whole, or not at all, wherever memory runs short.
 */
#include "unit.h"

#include "core/aws/athena.h"
#include "core/base/json.h"
#include "core/glue/glue_crawler.h"
#include "core/glue/glue_write.h"
#include "athena_start.h"
#include "services.h"

/* ---- an allocation that fails ---- */

static int	allowed = -1;		/* allocations left; -1: all */

static void *
limited_malloc(size_t n)
{
	if (allowed == 0)
		return NULL;
	allowed -= allowed > 0;
	return malloc(n);
}

static void
limit(int n)
{
	cJSON_Hooks hooks = {limited_malloc, free};

	allowed = n;
	cJSON_InitHooks(n < 0 ? NULL : &hooks);
}

/* ---- the builder ---- */

static void
build(PdsJson *j)
{
	cJSON	   *o;

	pds_json_init(j);
	pds_json_put_text(j, j->root, "a", "first");
	pds_json_put_text(j, j->root, "none", NULL);
	pds_json_put_number(j, j->root, "n", 3);
	pds_json_put_bool(j, j->root, "b", false);
	o = pds_json_put_object(j, j->root, "o");
	o = pds_json_put_array(j, o, "list");
	pds_json_push_text(j, o, "x");
	o = pds_json_push_object(j, o);
	pds_json_put_text(j, o, "in", "y");
	pds_json_put_text(j, j->root, "a", "second");
}

static void
test_builder(void)
{
	const char *whole = "{\"n\":3,\"b\":false,\"o\":{\"list\":[\"x\",{\"in\":\"y\"}]},\"a\":\"second\"}";
	PdsJson		j;
	PdsJson		copy;
	char	   *text;
	int			n;
	bool		ok = true;

	build(&j);
	text = pds_json_print(&j);
	CHECK_STR(text, whole);
	free(text);
	pds_json_copy(&copy, &j);
	text = pds_json_print(&copy);
	CHECK_STR(text, whole);
	free(text);
	pds_json_free(&copy);
	CHECK_STR(pds_json_text(j.root, "a"), "second");
	CHECK_STR(pds_json_text(j.root, "n"), NULL);
	CHECK_STR(pds_json_text(NULL, "a"), NULL);
	CHECK_INT(pds_json_int(j.root, "n", -1), 3);
	CHECK_INT(pds_json_int(j.root, "a", -1), -1);
	text = pds_json_strdup(j.root, "a", &ok);
	CHECK_STR(text, "second");
	CHECK(ok);
	free(text);
	pds_json_free(&j);

	/* whichever allocation fails: all of it, or nothing */
	for (n = 0, text = NULL; n < 100 && text == NULL; n++)
	{
		limit(n);
		build(&j);
		text = pds_json_print(&j);
		limit(-1);
		pds_json_free(&j);
	}
	CHECK(n > 10);
	CHECK_STR(text, whole);
	free(text);
	memset(&j, 0, sizeof(j));
	j.failed = true;
	pds_json_copy(&copy, &j);
	CHECK(copy.failed && pds_json_print(&copy) == NULL);
	pds_json_free(&copy);
}

/* ---- requests ---- */

static bool
keep_database(void *arg, PdsGlueDatabase *d)
{
	(void) arg;
	pds_glue_database_free(d);
	return true;
}

static bool
keep_partition(void *arg, PdsGluePartition *p)
{
	(void) arg;
	pds_glue_partition_free(p);
	return true;
}

static bool
keep_table(void *arg, PdsGlueTable *t)
{
	(void) arg;
	pds_glue_table_free(t);
	return true;
}

static char key_value[] = "1";
static char *values[] = {key_value};
static PdsGlueColumn column = {"a", "int", "c"};
static PdsKeyValue property = {"k", "v"};

static PdsGlueTable
table(void)
{
	PdsGlueTable t;

	memset(&t, 0, sizeof(t));
	t.database = "db";
	t.name = "t";
	t.sd.location = "s3://b/t/";
	t.sd.columns = t.partition_keys = &column;
	t.sd.ncolumns = t.npartition_keys = 1;
	t.parameters.items = t.sd.parameters.items = t.sd.serde_parameters.items = &property;
	t.parameters.n = t.sd.parameters.n = t.sd.serde_parameters.n = 1;
	return t;
}

static bool
ask_start(PdsError *err)
{
	const char *params[] = {"1", "'x'"};
	PdsAthenaStart s = {.sql = "SELECT 1", .database = "db", .catalog = "c", .workgroup = "w",
		.output_location = "s3://b/", .params = params, .nparams = 2, .reuse_minutes = 5,
	.token = "00000000000000000000000000000000"};
	PdsAthenaExecution e;
	bool		ok;

	pds_athena_execution_init(&e);
	ok = start_query(aws, &s, &e, err);
	pds_athena_execution_clear(&e);
	return ok;
}

static bool
ask_results(PdsError *err)
{
	PdsAthenaPage page;
	bool		ok = pds_athena_results(aws, "id", "next", 7, &page, err);

	if (ok)
		pds_athena_page_free(&page);
	return ok;
}

static bool
ask_stop(PdsError *err)
{
	return pds_athena_stop(aws, "id", err);
}

static bool
ask_database(PdsError *err)
{
	PdsGlueDatabase *d = pds_glue_get_database(aws, "123", "db", err);

	pds_glue_database_free(d);
	return d != NULL;
}

static bool
ask_databases(PdsError *err)
{
	return pds_glue_get_databases(aws, "123", keep_database, NULL, err);
}

static bool
ask_table(PdsError *err)
{
	PdsGlueTable *t = pds_glue_get_table(aws, "123", "db", "t", err);

	pds_glue_table_free(t);
	return t != NULL;
}

static bool
ask_tables(PdsError *err)
{
	return pds_glue_get_tables(aws, "123", "db", "x.*", keep_table, NULL, err);
}

static bool
ask_partitions(PdsError *err)
{
	return pds_glue_get_partitions(aws, "123", "db", "t", "a > 1", 1, keep_partition, NULL, err);
}

static bool
ask_some_partitions(PdsError *err)
{
	char	   *const *wanted[] = {values, values};

	return pds_glue_batch_get_partition(aws, "123", "db", "t", wanted, 1, 2, 1, keep_partition,
										NULL, err);
}

static bool
ask_create_table(PdsError *err)
{
	PdsGlueTable t = table();

	return pds_glue_create_table(aws, "123", &t, err);
}

static bool
ask_create_database(PdsError *err)
{
	return pds_glue_create_database(aws, "123", "db", "words", "s3://b/", err);
}

static bool
ask_create_partitions(PdsError *err)
{
	PdsGlueTable t = table();
	PdsPartitionInput p = {.values = values, .location = "s3://b/t/a=1/"};

	return pds_glue_create_partitions(aws, "123", &t, &p, 1, NULL, err);
}

static bool
ask_create_crawler(PdsError *err)
{
	return pds_glue_create_crawler(aws, "c", "r", "db", "s3://b/", "p_", "words", err);
}

static bool
ask_crawlers(PdsError *err)
{
	return pds_glue_get_crawlers(aws, NULL, NULL, err);
}

/* one request, with every allocation of JSON failing in turn */
static void
whole_or_nothing(const char *what, bool (*ask) (PdsError *err), const char *reply)
{
	PdsError	err;
	char		whole[4000];
	char		name[100];
	int			wrong = 0;
	int			refused = 0;
	int			n;

	begin();
	ss_on("POST /", 200, "", reply);
	if (!CHECK_MSG(ask(&err), what))
	{
		printf("# %s\n", err.message);
		return;
	}
	snprintf(whole, sizeof(whole), "%s", ss_request_body(0));
	for (n = 0; n < 1000; n++)
	{
		bool		ok;

		begin();
		ss_on("POST /", 200, "", reply)->times = SS_ALWAYS;
		limit(n);
		ok = ask(&err);
		limit(-1);
		/* replies need memory, too */
		if (ss->requests > 0 && strcmp(ss_request_body(0), whole) != 0)
			wrong++;
		if (ok)
			break;
		refused += ss->requests == 0 && err.kind == PDS_ERR_OUT_OF_MEMORY;
	}
	snprintf(name, sizeof(name), "%s is whole, or is not sent", what);
	CHECK_MSG(wrong == 0 && refused > 0 && n < 1000, name);
}

int
main(void)
{
	test_builder();
	services_start();
	whole_or_nothing("StartQueryExecution", ask_start, "{\"QueryExecutionId\":\"i\"}");
	whole_or_nothing("GetQueryResults", ask_results, "{\"ResultSet\":{\"Rows\":[],\"ResultSetMetadata\":{\"ColumnInfo\":[]}}}");
	whole_or_nothing("StopQueryExecution", ask_stop, "{}");
	whole_or_nothing("GetDatabase", ask_database, "{\"Database\":{\"Name\":\"db\"}}");
	whole_or_nothing("GetDatabases", ask_databases, "{\"DatabaseList\":[]}");
	whole_or_nothing("GetTable", ask_table, "{\"Table\":{\"Name\":\"t\"}}");
	whole_or_nothing("GetTables", ask_tables, "{\"TableList\":[]}");
	whole_or_nothing("GetPartitions", ask_partitions, "{\"Partitions\":[]}");
	whole_or_nothing("BatchGetPartition", ask_some_partitions, "{\"Partitions\":[]}");
	whole_or_nothing("CreateTable", ask_create_table, "{}");
	whole_or_nothing("CreateDatabase", ask_create_database, "{}");
	whole_or_nothing("BatchCreatePartition", ask_create_partitions, "{}");
	whole_or_nothing("CreateCrawler", ask_create_crawler, "{}");
	whole_or_nothing("GetCrawlers", ask_crawlers, "{\"Crawlers\":[]}");
	services_stop();
	return unit_done();
}
