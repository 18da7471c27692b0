/*
 * test_athena.c
 *	  Athena's calls against a scripted server: what is sent, what is made of the
 *	  replies, what errors become.
 */
#include "unit.h"

#include <poll.h>
#include <time.h>

#include "core/aws/athena.h"
#include "athena_start.h"
#include "services.h"

static void
test_athena_start(void)
{
	PdsAthenaStart start = {.sql = "SELECT \"a\"\n"};
	PdsAthenaExecution e;
	PdsError	err;
	char		token[200] = "";
	char	   *sql;

	begin();
	pds_athena_execution_init(&e);
	ss_on("POST /", 500, "", "{\"__type\":\"InternalServerException\"}");
	ss_on("POST /", 200, "", "{\"QueryExecutionId\":\"id-1\"}");
	CHECK(start_query(aws, &start, &e, &err));
	CHECK_STR(e.id, "id-1");
	CHECK_INT(e.bytes_scanned, -1);
	CHECK_STR(ss_request_header(0, "X-Amz-Target"), "AmazonAthena.StartQueryExecution");
	CHECK(strstr(ss_request_body(0), "\"QueryString\":\"SELECT \\\"a\\\"\\n\"") != NULL);
	CHECK(strstr(ss_request_body(0), "\"QueryExecutionContext\":{\"Catalog\":\"AwsDataCatalog\"}") != NULL);
	CHECK(strstr(ss_request_body(0), "\"WorkGroup\":\"primary\"") != NULL);
	CHECK(strstr(ss_request_body(0), "ResultConfiguration") == NULL);
	CHECK(strstr(ss_request_body(0), "ResultReuse") == NULL);
	/* a retry carries the same token */
	if (strstr(ss_request_body(0), "\"ClientRequestToken\":\""))
		sscanf(strstr(ss_request_body(0), "\"ClientRequestToken\":\"") + 22, "%199[0-9a-f]", token);
	CHECK(strlen(token) >= 32 && strlen(token) <= 128);
	CHECK_INT(ss->requests, 2);
	CHECK(token[0] && strstr(ss_request_body(1), token) != NULL);

	/* and another start another one */
	ss_on("POST /", 200, "", "{\"QueryExecutionId\":\"id-2\"}");
	start.database = "db";
	start.workgroup = "wg";
	start.output_location = "s3://b/out/";
	start.reuse_minutes = 15;
	CHECK(start_query(aws, &start, &e, &err));
	CHECK_STR(e.id, "id-2");
	CHECK(token[0] && strstr(ss_request_body(2), token) == NULL);
	CHECK(strstr(ss_request_body(2), "\"Database\":\"db\"") != NULL);
	CHECK(strstr(ss_request_body(2), "\"WorkGroup\":\"wg\"") != NULL);
	CHECK(strstr(ss_request_body(2), "\"ResultConfiguration\":{\"OutputLocation\":\"s3://b/out/\"}") != NULL);
	CHECK(strstr(ss_request_body(2), "\"ResultReuseConfiguration\":{\"ResultReuseByAgeConfiguration\":"
				 "{\"Enabled\":true,\"MaxAgeInMinutes\":15}}") != NULL);
	ss_on("POST /", 200, "", "{\"QueryExecutionId\":\"id-3\"}");
	start.catalog = "cat";
	CHECK(start_query(aws, &start, &e, &err));
	CHECK(strstr(ss_request_body(3), "\"Catalog\":\"cat\"") != NULL);

	/* no id, a refusal, too long */
	ss_on("POST /", 200, "", "{}");
	CHECK(!start_query(aws, &start, &e, &err));
	CHECK_INT(err.kind, PDS_ERR_PROTOCOL);
	ss_on("POST /", 400, "", "{\"__type\":\"InvalidRequestException\",\"Message\":\"line 1:1: mismatched input\"}");
	CHECK(!start_query(aws, &start, &e, &err));
	CHECK_INT(err.kind, PDS_ERR_INVALID_REQUEST);
	CHECK(strstr(err.message, "mismatched input") != NULL);
	CHECK_STR(err.service, "athena");
	sql = malloc(262144 + 2);
	memset(sql, 'x', 262145);
	sql[262145] = '\0';
	start.sql = sql;
	CHECK(!start_query(aws, &start, &e, &err));
	CHECK_INT(err.kind, PDS_ERR_LIMIT);
	CHECK_INT(ss->requests, 6);
	sql[262144] = '\0';
	ss_on("POST /", 200, "", "{\"QueryExecutionId\":\"id-4\"}");
	CHECK(start_query(aws, &start, &e, &err));
	free(sql);
	pds_athena_execution_clear(&e);
}

/* a start whose reply is lost is open, and the same request tells the id */
static void
test_athena_start_again(void)
{
	PdsAthenaStart start = {.sql = "SELECT 1", .database = "db", .workgroup = "wg"};
	PdsAthenaStart of;
	PdsAthenaRequest r;
	PdsAthenaExecution e;
	PdsError	err;
	char		first[1000];
	SsStep	   *lost;

	begin();
	pds_athena_execution_init(&e);
	CHECK(pds_athena_request_make(&start, &r, &err));
	pds_athena_request_of(&r, &of);
	CHECK_STR(of.sql, "SELECT 1");
	CHECK_STR(of.database, "db");
	CHECK_STR(of.workgroup, "wg");
	CHECK(!r.open);
	lost = ss_on("POST /", 200, "", "");
	lost->drop = 1;
	lost->times = SS_ALWAYS;
	CHECK(!pds_athena_request_send(aws, &r, 0, &e, &err));
	CHECK_INT(err.kind, PDS_ERR_BROKEN);
	CHECK(r.open);
	snprintf(first, sizeof(first), "%s", ss_request_body(0));
	lost->times = 0;
	ss_on("POST /", 500, "", "{\"__type\":\"InternalServerException\"}")->times = 3;
	CHECK(!pds_athena_request_send(aws, &r, 0, &e, &err));
	CHECK(r.open);
	ss_on("POST /", 200, "", "{\"QueryExecutionId\":7}");
	CHECK(!pds_athena_request_send(aws, &r, 0, &e, &err));
	CHECK(r.open);
	ss_on("POST /", 200, "", "{\"QueryExecutionId\":\"id-1\"}");
	CHECK(pds_athena_request_send(aws, &r, 0, &e, &err));
	CHECK_STR(e.id, "id-1");
	CHECK(!r.open);
	CHECK_STR(ss_request_body(ss->requests - 1), first);
	/* what is refused was not started */
	ss_on("POST /", 400, "", "{\"__type\":\"TooManyRequestsException\"}");
	CHECK(!pds_athena_request_send(aws, &r, 0, &e, &err));
	CHECK(!r.open);
	pds_athena_request_free(&r);
	pds_athena_execution_clear(&e);
}

static const char *
execution(const char *state, const char *status_more, const char *more)
{
	static char text[1500];

	snprintf(text, sizeof(text), "{\"QueryExecution\":{\"QueryExecutionId\":\"id-1\","
			 "\"Status\":{\"State\":\"%s\"%s}%s}}", state, status_more, more);
	return text;
}

static void
test_athena_wait(void)
{
	PdsAthenaExecution e;
	PdsError	err;

	begin();
	pds_athena_execution_init(&e);
	strcpy(e.id, "id-1");
	ss_on("POST /", 200, "", execution("QUEUED", "", ""));
	ss_on("POST /", 200, "", execution("RUNNING", "", ",\"Statistics\":{\"DataScannedInBytes\":5}"));
	ss_on("POST /", 200, "", execution("SUCCEEDED", "",
									   ",\"WorkGroup\":\"wg\",\"StatementType\":\"DML\",\"SubstatementType\":\"SELECT\","
									   "\"ResultConfiguration\":{\"OutputLocation\":\"s3://b/o/id-1.csv\"},"
									   "\"Statistics\":{\"DataScannedInBytes\":10995116277760,\"QueryQueueTimeInMillis\":1,"
									   "\"QueryPlanningTimeInMillis\":2,\"EngineExecutionTimeInMillis\":3,"
									   "\"TotalExecutionTimeInMillis\":4,\"ResultReuseInformation\":{\"ReusedPreviousResult\":true}}"));
	CHECK(pds_athena_wait(aws, &e, &err));
	CHECK_INT(e.polls, 3);
	CHECK_INT(e.state, PDS_ATHENA_SUCCEEDED);
	CHECK_STR(e.workgroup, "wg");
	CHECK_STR(e.statement_type, "DML");
	CHECK_STR(e.substatement_type, "SELECT");
	CHECK_STR(e.output_location, "s3://b/o/id-1.csv");
	CHECK_INT(e.bytes_scanned, 10995116277760LL);
	CHECK_INT(e.queue_ms, 1);
	CHECK_INT(e.planning_ms, 2);
	CHECK_INT(e.engine_ms, 3);
	CHECK_INT(e.total_ms, 4);
	CHECK(e.reused);
	CHECK_STR(ss_request_header(0, "X-Amz-Target"), "AmazonAthena.GetQueryExecution");
	CHECK_STR(ss_request_body(0), "{\"QueryExecutionId\":\"id-1\"}");
	pds_athena_execution_clear(&e);

	/* managed results have no location */
	strcpy(e.id, "id-1");
	ss_on("POST /", 200, "", execution("SUCCEEDED", "", ""));
	CHECK(pds_athena_wait(aws, &e, &err));
	CHECK_STR(e.output_location, NULL);
	CHECK_INT(e.bytes_scanned, -1);
	CHECK(!e.reused);
	pds_athena_execution_clear(&e);

	/* FAILED */
	strcpy(e.id, "id-1");
	ss_on("POST /", 200, "", execution("FAILED", ",\"StateChangeReason\":\"TABLE_NOT_FOUND: line 1:15: no\","
									   "\"AthenaError\":{\"ErrorCategory\":2,\"ErrorType\":1110,\"Retryable\":false,"
									   "\"ErrorMessage\":\"other words\"}", ""));
	CHECK(!pds_athena_wait(aws, &e, &err));
	CHECK_INT(err.kind, PDS_ERR_QUERY_FAILED);
	CHECK(strstr(err.message, "TABLE_NOT_FOUND: line 1:15: no") != NULL);
	CHECK_INT(err.athena_category, 2);
	CHECK_INT(err.athena_type, 1110);
	CHECK_STR(err.aws_code, "TABLE_NOT_FOUND");
	CHECK_STR(err.execution_id, "id-1");
	CHECK(strstr(err.detail, "id-1") != NULL);
	CHECK(strstr(err.detail, "user") != NULL);
	CHECK_STR(err.hint, "");
	CHECK(!err.retryable);
	CHECK_INT(e.state, PDS_ATHENA_FAILED);
	pds_athena_execution_clear(&e);
	strcpy(e.id, "id-1");
	ss_on("POST /", 200, "", execution("FAILED", ",\"AthenaError\":{\"ErrorCategory\":1,\"ErrorType\":1401,"
									   "\"Retryable\":true,\"ErrorMessage\":\"Rate exceeded\"}", ""));
	CHECK(!pds_athena_wait(aws, &e, &err));
	CHECK(strstr(err.message, "Rate exceeded") != NULL);
	CHECK(err.retryable);
	CHECK_INT(err.athena_category, 1);
	pds_athena_execution_clear(&e);
	strcpy(e.id, "id-1");
	ss_on("POST /", 200, "", execution("FAILED", "", ""));
	CHECK(!pds_athena_wait(aws, &e, &err));
	CHECK_INT(err.kind, PDS_ERR_QUERY_FAILED);
	CHECK_INT(err.athena_category, 0);
	pds_athena_execution_clear(&e);

	/* CANCELLED */
	strcpy(e.id, "id-1");
	ss_on("POST /", 200, "", execution("CANCELLED", ",\"StateChangeReason\":\"Query cancelled by user\"", ""));
	CHECK(!pds_athena_wait(aws, &e, &err));
	CHECK_INT(err.kind, PDS_ERR_QUERY_CANCELLED);
	CHECK_STR(err.execution_id, "id-1");
	CHECK(strstr(err.message, "Query cancelled by user") != NULL);
	CHECK_INT(e.state, PDS_ATHENA_CANCELLED);
	pds_athena_execution_clear(&e);

	/* replies without a state, and a lost execution */
	strcpy(e.id, "id-1");
	ss_on("POST /", 200, "", execution("SLEEPING", "", ""));
	ss_on("POST /", 200, "", "{}");
	ss_on("POST /", 400, "", "{\"__type\":\"InvalidRequestException\",\"Message\":\"QueryExecution id-1 was not found\"}");
	CHECK(!pds_athena_wait(aws, &e, &err));
	CHECK_INT(err.kind, PDS_ERR_PROTOCOL);
	CHECK(!pds_athena_poll(aws, &e, &err));
	CHECK_INT(err.kind, PDS_ERR_PROTOCOL);
	CHECK(!pds_athena_wait(aws, &e, &err));
	CHECK_INT(err.kind, PDS_ERR_INVALID_REQUEST);
	CHECK_STR(err.execution_id, "id-1");
	pds_athena_execution_clear(&e);
}

/* a wait that says cancel after 150 ms */
static long cancel_at;

static long
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static PdsWaitResult
cancel_wait(void *arg, int fd, long timeout_ms, PdsWaitFor what)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	long		left = cancel_at - now_ms();

	(void) arg;
	(void) what;
	if (left <= 0)
		return PDS_WAIT_CANCEL;
	(void) poll(&p, fd < 0 ? 0 : 1, (int) (timeout_ms < 0 || timeout_ms > left ? left : timeout_ms));
	return now_ms() >= cancel_at ? PDS_WAIT_CANCEL : PDS_WAIT_READY;
}

/* parameters, rows written, a limit on bytes that a poll sees passed */
static void
test_athena_statements(void)
{
	static const char *const params[] = {"1", "'it''s'"};
	PdsAthenaStart start = {.sql = "INSERT INTO t SELECT ?, ?", .params = params, .nparams = 2};
	PdsAthenaExecution e;
	PdsAthenaPage page;
	PdsError	err;

	begin();
	pds_athena_execution_init(&e);
	ss_on("POST /", 200, "", "{\"QueryExecutionId\":\"id-1\"}");
	ss_on("POST /", 200, "", "{\"QueryExecution\":{\"Status\":{\"State\":\"SUCCEEDED\"}}}");
	ss_on("POST /", 200, "", "{\"UpdateCount\":3,\"ResultSet\":{\"Rows\":[]}}");
	ss_on("POST /", 200, "", "{\"ResultSet\":{\"Rows\":[]}}");
	CHECK(start_query(aws, &start, &e, &err));
	CHECK(strstr(ss_request_body(0), "\"ExecutionParameters\":[\"1\",\"'it''s'\"]") != NULL);
	CHECK(pds_athena_wait(aws, &e, &err));
	CHECK(pds_athena_results(aws, e.id, NULL, 0, &page, &err));
	CHECK_INT(page.update_count, 3);
	pds_athena_page_free(&page);
	CHECK(pds_athena_results(aws, e.id, NULL, 0, &page, &err));
	CHECK_INT(page.update_count, -1);
	pds_athena_page_free(&page);
	pds_athena_execution_clear(&e);

	begin();
	strcpy(e.id, "id-2");
	ss_on("POST /", 200, "", "{\"QueryExecution\":{\"Status\":{\"State\":\"RUNNING\"},"
		  "\"Statistics\":{\"DataScannedInBytes\":1000}}}");
	ss_on("POST /", 200, "", "{\"QueryExecution\":{\"Status\":{\"State\":\"RUNNING\"},"
		  "\"Statistics\":{\"DataScannedInBytes\":1001}}}");
	e.max_scan_bytes = 1000;
	CHECK(!pds_athena_wait(aws, &e, &err));
	CHECK_INT(err.kind, PDS_ERR_LIMIT);
	CHECK_INT(ss->requests, 2);
	CHECK(strstr(err.message, "1001") != NULL);
	CHECK_INT(err.advice, PDS_ADVICE_SCAN_LIMIT);
	/* too late: what has been paid for is given */
	ss_on("POST /", 200, "", "{\"QueryExecution\":{\"Status\":{\"State\":\"SUCCEEDED\"},"
		  "\"Statistics\":{\"DataScannedInBytes\":2000}}}");
	CHECK(pds_athena_wait(aws, &e, &err));
	pds_athena_execution_clear(&e);
}

static void
test_athena_cancel(void)
{
	PdsHooks	hooks = pds_plain_hooks;
	PdsAthenaExecution e;
	PdsError	err;
	PdsHttp    *h;
	PdsAws	   *a;

	begin();
	hooks.wait = cancel_wait;
	h = pds_http_new(NULL, &hooks, &err);
	a = session_with(h, PDS_ADDRESS_PATH, false);
	ss_on("POST /", 200, "", execution("RUNNING", "", ""))->times = SS_ALWAYS;
	pds_athena_execution_init(&e);
	strcpy(e.id, "id-1");
	cancel_at = now_ms() + 150;
	CHECK(!pds_athena_wait(a, &e, &err));
	CHECK_INT(err.kind, PDS_ERR_CANCELLED);
	CHECK(now_ms() - cancel_at < 100);
	CHECK(e.polls >= 1 && e.polls <= 3);
	pds_athena_execution_clear(&e);
	pds_aws_free(a);
	pds_http_free(h);
}

static void
test_athena_stop(void)
{
	PdsError	err;

	begin();
	ss_on("POST /", 200, "", "{}");
	ss_on("POST /", 200, "", "");
	ss_on("POST /", 400, "", "{\"__type\":\"InvalidRequestException\",\"Message\":\"already in a final state\"}");
	ss_on("POST /", 400, "", "{\"__type\":\"AccessDeniedException\",\"Message\":\"no\"}");
	CHECK(pds_athena_stop(aws, "id-1", &err));
	CHECK_STR(ss_request_header(0, "X-Amz-Target"), "AmazonAthena.StopQueryExecution");
	CHECK_STR(ss_request_body(0), "{\"QueryExecutionId\":\"id-1\"}");
	CHECK(pds_athena_stop(aws, "id-1", &err));
	CHECK(pds_athena_stop(aws, "id-1", &err));
	CHECK(!pds_athena_stop(aws, "id-1", &err));
	CHECK_INT(err.kind, PDS_ERR_ACCESS_DENIED);
}

static void
test_athena_results(void)
{
	PdsAthenaPage p;
	PdsError	err;

	begin();
	ss_on("POST /", 200, "", "{\"UpdateCount\":0,\"ResultSet\":{\"Rows\":["
		  "{\"Data\":[{\"VarCharValue\":\"a\"},{\"VarCharValue\":\"b\"}]},"
		  "{\"Data\":[{\"VarCharValue\":\"\"},{}]},"
		  "{\"Data\":[{\"VarCharValue\":\"short\"}]},"
		  "{\"Data\":[]},"
		  "{},"
		  "{\"Data\":[{\"VarCharValue\":\"\\u00e9\"},{\"VarCharValue\":\"2\"},{\"VarCharValue\":\"too many\"}]}],"
		  "\"ResultSetMetadata\":{\"ColumnInfo\":[{\"Name\":\"a\",\"Type\":\"varchar\",\"Precision\":2147483647},"
		  "{\"Name\":\"b\",\"Type\":\"integer\"}]}},\"NextToken\":\"n1\"}");
	ss_on("POST /", 200, "", "{\"ResultSet\":{\"Rows\":[],\"ResultSetMetadata\":{\"ColumnInfo\":[{\"Name\":\"a\","
		  "\"Type\":\"varchar\"}]}}}");
	ss_on("POST /", 200, "", "{\"ResultSet\":{}}");
	ss_on("POST /", 400, "", "{\"__type\":\"InvalidRequestException\",\"Message\":\"no\"}");
	CHECK(pds_athena_results(aws, "id-1", NULL, 1000, &p, &err));
	CHECK_INT(p.ncolumns, 2);
	CHECK_INT(p.nrows, 6);
	CHECK(p.ragged);
	if (p.ncolumns == 2 && p.nrows == 6)
	{
		CHECK_STR(p.names[1], "b");
		CHECK_STR(p.types[0], "varchar");
		CHECK_STR(p.values[0], "a");
		CHECK_STR(p.values[1], "b");
		CHECK_STR(p.values[2], "");
		CHECK_STR(p.values[3], NULL);
		CHECK_STR(p.values[4], "short");
		CHECK_STR(p.values[5], NULL);
		CHECK_STR(p.values[6], NULL);
		CHECK_STR(p.values[8], NULL);
		CHECK_STR(p.values[9], NULL);
		CHECK_STR(p.values[10], "\303\251");
		CHECK_STR(p.values[11], "2");
	}
	CHECK_STR(p.next_token, "n1");
	CHECK_STR(ss_request_body(0), "{\"QueryExecutionId\":\"id-1\",\"MaxResults\":1000}");
	pds_athena_page_free(&p);
	CHECK(pds_athena_results(aws, "id-1", "n1", 0, &p, &err));
	CHECK_INT(p.nrows, 0);
	CHECK_STR(p.next_token, NULL);
	CHECK_STR(ss_request_body(1), "{\"QueryExecutionId\":\"id-1\",\"NextToken\":\"n1\"}");
	pds_athena_page_free(&p);
	CHECK(pds_athena_results(aws, "id-1", NULL, 0, &p, &err));
	CHECK_INT(p.ncolumns, 0);
	CHECK_INT(p.nrows, 0);
	pds_athena_page_free(&p);
	CHECK(!pds_athena_results(aws, "id-1", NULL, 0, &p, &err));
	pds_athena_page_free(&p);
}

static int
close_to(double a, double b)
{
	return a - b < 1e-12 && b - a < 1e-12;
}

static void
test_athena_numbers(void)
{
	const int64_t mb = 1024 * 1024;
	double		least = 5.0 * 10 / 1048576;
	PdsAthenaExecution e;
	int			i;
	int			bad = 0;

	CHECK(close_to(pds_athena_price(0), least));
	CHECK(close_to(pds_athena_price(-1), least));
	CHECK(close_to(pds_athena_price(1), least));
	CHECK(close_to(pds_athena_price(10 * mb), least));
	CHECK(close_to(pds_athena_price(10 * mb + 1), 5.0 * 11 / 1048576));
	CHECK(close_to(pds_athena_price(1024 * 1024 * mb), 5.0));

	/* never more than the cap, never less than three quarters of the step */
	pds_athena_execution_init(&e);
	for (e.polls = 0; e.polls < 200; e.polls++)
		for (i = 0; i < 20; i++)
		{
			long		early = pds_athena_poll_delay(&e, 1000);
			long		late = pds_athena_poll_delay(&e, 61000);

			bad += early < 75 || early > 2000 || late < 75 || late > 5000;
			bad += e.polls == 0 && early > 100;
			bad += e.polls >= 30 && (early < 1500 || late < 3750);
		}
	CHECK_INT(bad, 0);
	e.polls = 1;
	CHECK(pds_athena_poll_delay(&e, 0) >= 112 && pds_athena_poll_delay(&e, 0) <= 150);
	/* one that was throttled: as if there had been three more */
	e.throttled = 1;
	CHECK(pds_athena_poll_delay(&e, 0) >= 379 && pds_athena_poll_delay(&e, 0) <= 507);
	e.throttled = 9;
	CHECK(pds_athena_poll_delay(&e, 0) >= 3750);
}

#define THROTTLED "{\"__type\":\"ThrottlingException\",\"Message\":\"Rate exceeded\"}"
#define TOO_MANY "{\"__type\":\"TooManyRequestsException\",\"Message\":\"quota\",\"Reason\":\"CONCURRENT_QUERY_LIMIT_EXCEEDED\"}"

/* a session whose clock is the sum of what it was told to sleep */
static long slept;
static long slept_for[PDS_WAIT_PROCESS + 1];

static PdsWaitResult
quick_wait(void *arg, int fd, long timeout_ms, PdsWaitFor what)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	(void) arg;
	if (fd >= 0)
		(void) poll(&p, 1, (int) timeout_ms);
	else
	{
		slept += timeout_ms;
		slept_for[what] += timeout_ms;
		usleep((useconds_t) timeout_ms * 1000 / 50);
	}
	return PDS_WAIT_READY;
}

/* quotas: of calls, which a poll outlives, and of queries, for which start waits */
static void
test_athena_quotas(void)
{
	PdsHttpOptions once = {.max_attempts = 1};
	PdsAthenaStart start = {.sql = "SELECT 1"};
	PdsAthenaExecution e;
	PdsError	err;
	PdsHttp    *h = pds_http_new(&once, NULL, &err);
	PdsAws	   *a = session_with(h, PDS_ADDRESS_PATH, false);
	bool		ended;
	char	   *first;
	int			i;

	/* three throttled polls, then an answer */
	begin();
	pds_athena_execution_init(&e);
	strcpy(e.id, "id-1");
	ss_on("POST /", 400, "", THROTTLED)->times = 2;
	ss_on("POST /", 200, "", execution("RUNNING", "", ""));
	ss_on("POST /", 400, "", THROTTLED);
	ss_on("POST /", 200, "", execution("SUCCEEDED", "", ""));
	CHECK(pds_athena_check(a, &e, &ended, &err));
	CHECK(pds_athena_check(a, &e, &ended, &err));
	CHECK_INT(e.throttled, 2);
	CHECK(pds_athena_check(a, &e, &ended, &err));
	CHECK_INT(e.throttled, 0);
	CHECK_INT(e.state, PDS_ATHENA_RUNNING);
	CHECK(pds_athena_wait(a, &e, &err));
	CHECK_INT(ss->requests, 5);
	/* ten in a row are an error */
	begin();
	ss_on("POST /", 400, "", THROTTLED)->times = SS_ALWAYS;
	for (i = 1; i < PDS_ATHENA_THROTTLED_POLLS; i++)
		CHECK(pds_athena_check(a, &e, &ended, &err));
	CHECK(!pds_athena_check(a, &e, &ended, &err));
	CHECK_INT(err.kind, PDS_ERR_THROTTLED);
	CHECK_INT(err.attempts, ss->requests);
	CHECK(ss->requests >= PDS_ATHENA_THROTTLED_POLLS);
	CHECK(strstr(err.hint, "calls Athena more often") != NULL);
	CHECK_STR(err.execution_id, "id-1");
	pds_athena_execution_clear(&e);

	/* no place for another query: tried again, with the same token */
	begin();
	ss_on("POST /", 400, "", TOO_MANY);
	ss_on("POST /", 200, "", "{\"QueryExecutionId\":\"id-2\"}");
	start.start_timeout_ms = 5000;
	CHECK(start_query(a, &start, &e, &err));
	CHECK_STR(e.id, "id-2");
	CHECK_INT(ss->requests, 2);
	first = strdup(ss_request_body(0));
	CHECK_STR(ss_request_body(1), first);
	free(first);
	begin();
	ss_on("POST /", 400, "", TOO_MANY)->times = SS_ALWAYS;
	start.start_timeout_ms = 0;
	CHECK(!start_query(a, &start, &e, &err));
	CHECK_INT(err.kind, PDS_ERR_THROTTLED);
	CHECK_INT(err.advice, PDS_ADVICE_QUERY_QUOTA);
	CHECK_INT(ss->requests, 1);
	begin();
	ss_on("POST /", 400, "", TOO_MANY)->times = SS_ALWAYS;
	start.start_timeout_ms = 3000;
	CHECK(!start_query(a, &start, &e, &err));
	CHECK(ss->requests > 1);
	CHECK_INT(err.attempts, ss->requests);
	start.start_timeout_ms = 0;
	/* the rate of calls is another matter */
	begin();
	ss_on("POST /", 400, "", THROTTLED)->times = SS_ALWAYS;
	start.start_timeout_ms = 60000;
	CHECK(!start_query(a, &start, &e, &err));
	CHECK_INT(ss->requests, 1);
	pds_athena_execution_clear(&e);
	pds_aws_free(a);
	pds_http_free(h);
}

/* Polls over time: 100 ms, half as long again each time, up to 2 s, 5 s after a minute. */
static void
test_athena_pace(void)
{
	PdsHooks	hooks = pds_plain_hooks;
	PdsAthenaExecution e;
	PdsError	err;
	PdsHttp    *h;
	PdsAws	   *a;
	long		first;
	long		at[40];
	int			n;
	bool		ended;

	begin();
	hooks.wait = quick_wait;
	h = pds_http_new(NULL, &hooks, &err);
	a = session_with(h, PDS_ADDRESS_PATH, false);
	pds_athena_execution_init(&e);
	strcpy(e.id, "id-1");
	ss_on("POST /", 200, "", execution("QUEUED", "", ""))->times = SS_ALWAYS;

	/*
	 * what pds_athena_wait does, by a clock of ours: ten executions of a
	 * session together
	 */
	for (n = 0, slept = 0; slept < 60000; n++)
	{
		at[n < 40 ? n : 39] = slept += pds_athena_poll_delay(&e, slept);
		CHECK(pds_athena_check(a, &e, &ended, &err) && !ended);
	}
	first = at[0];
	CHECK_MSG(first >= 75 && first <= 100, "the first poll after 75 to 100 ms");
	CHECK_MSG(n >= 33 && n <= 47, "some 40 polls in a minute");
	for (n = 0; n < 40 && at[n] <= 1000; n++)
		;
	/* the quota is 100 calls a second, 200 at once */
	CHECK_MSG(n <= 5 && 10 * n <= 100, "at most five in the first second, by ten executions fifty");
	pds_athena_execution_clear(&e);

	/*
	 * the same through pds_athena_wait: it sleeps before it asks, and says
	 * for what
	 */
	begin();
	strcpy(e.id, "id-2");
	ss_on("POST /", 200, "", execution("QUEUED", "", ""));
	ss_on("POST /", 200, "", execution("RUNNING", "", ""));
	ss_on("POST /", 200, "", execution("SUCCEEDED", "", ""));
	slept = 0;
	memset(slept_for, 0, sizeof(slept_for));
	CHECK(pds_athena_wait(a, &e, &err));
	CHECK_INT(e.polls, 3);
	CHECK_MSG(slept_for[PDS_WAIT_ATHENA_QUEUE] >= 75 + 112, "slept while QUEUED");
	CHECK_MSG(slept_for[PDS_WAIT_ATHENA] >= 168, "and while RUNNING");
	pds_athena_execution_clear(&e);
	pds_aws_free(a);
	pds_http_free(h);
}

/* an end for which a limit is the reason is told from a statement that is wrong */
static void
test_athena_limits(void)
{
	static const struct
	{
		const char *state;
		const char *more;
		PdsErrorKind kind;
		const char *hint;
		PdsAdvice	advice;
	}			ends[] = {
		{"CANCELLED", ",\"StateChangeReason\":\"Query cancelled! : Bytes scanned limit was exceeded\"",
		PDS_ERR_QUERY_CUTOFF, "BytesScannedCutoffPerQuery", PDS_ADVICE_NONE},
		/* the type tells, whatever the words are */
		{"CANCELLED", ",\"StateChangeReason\":\"Limite atteinte\","
			"\"AthenaError\":{\"ErrorCategory\":2,\"ErrorType\":1014,\"ErrorMessage\":\"Limite atteinte\"}",
		PDS_ERR_QUERY_CUTOFF, "BytesScannedCutoffPerQuery", PDS_ADVICE_NONE},
		{"CANCELLED", ",\"StateChangeReason\":\"Stopped before the Bytes scanned limit\","
			"\"AthenaError\":{\"ErrorCategory\":2,\"ErrorType\":1011,\"ErrorMessage\":\"Stopped\"}",
		PDS_ERR_QUERY_CANCELLED, "stopped", PDS_ADVICE_NONE},
		{"CANCELLED", ",\"StateChangeReason\":\"Query cancelled by user\"", PDS_ERR_QUERY_CANCELLED, "stopped", PDS_ADVICE_NONE},
		{"FAILED", ",\"AthenaError\":{\"ErrorCategory\":2,\"ErrorType\":1,\"ErrorMessage\":\"Query exhausted resources\"}",
		PDS_ERR_QUERY_RESOURCES, "", PDS_ADVICE_QUERY_RESOURCES},
		{"FAILED", ",\"AthenaError\":{\"ErrorCategory\":1,\"ErrorType\":1403,\"Retryable\":true,\"ErrorMessage\":\"Please reduce your request rate\"}",
		PDS_ERR_QUERY_RESOURCES, "trying again", PDS_ADVICE_NONE},
		{"FAILED", ",\"AthenaError\":{\"ErrorCategory\":2,\"ErrorType\":1602,\"ErrorMessage\":\"capacity\"}",
		PDS_ERR_QUERY_RESOURCES, "reservation", PDS_ADVICE_NONE},
		{"FAILED", ",\"AthenaError\":{\"ErrorCategory\":2,\"ErrorType\":1006,\"ErrorMessage\":\"syntax\"}",
		PDS_ERR_QUERY_FAILED, "", PDS_ADVICE_NONE},
		{"FAILED", ",\"StateChangeReason\":\"no AthenaError\"", PDS_ERR_QUERY_FAILED, "", PDS_ADVICE_NONE},
	};
	PdsAthenaExecution e;
	PdsError	err;
	bool		ended;
	size_t		i;

	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
	{
		begin();
		pds_athena_execution_init(&e);
		strcpy(e.id, "id-1");
		ss_on("POST /", 200, "", execution(ends[i].state, ends[i].more, ""));
		CHECK(!pds_athena_check(aws, &e, &ended, &err));
		CHECK_INT(err.kind, ends[i].kind);
		CHECK_MSG(strstr(err.hint, ends[i].hint) != NULL, err.hint);
		CHECK_INT(err.advice, ends[i].advice);
		pds_athena_execution_clear(&e);
	}
	/* who holds the key of a result that is encrypted for its reader */
	begin();
	strcpy(e.id, "id-1");
	ss_on("POST /", 200, "", execution("SUCCEEDED", "", ",\"ResultConfiguration\":{\"OutputLocation\":\"s3://b/k\","
									   "\"EncryptionConfiguration\":{\"EncryptionOption\":\"CSE_KMS\"}}"));
	ss_on("POST /", 200, "", execution("SUCCEEDED", "", ",\"ResultConfiguration\":{\"OutputLocation\":\"s3://b/k\","
									   "\"EncryptionConfiguration\":{\"EncryptionOption\":\"SSE_KMS\"}}"));
	CHECK(pds_athena_check(aws, &e, &ended, &err) && e.client_encrypted);
	CHECK(pds_athena_check(aws, &e, &ended, &err) && !e.client_encrypted);
	pds_athena_execution_clear(&e);
}

int
main(void)
{
	services_start();
	test_athena_start();
	test_athena_start_again();
	test_athena_wait();
	test_athena_statements();
	test_athena_cancel();
	test_athena_stop();
	test_athena_results();
	test_athena_numbers();
	test_athena_quotas();
	test_athena_pace();
	test_athena_limits();
	services_stop();
	return unit_done();
}
