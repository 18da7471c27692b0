/*
 * athena.c
 *	  Athena: start, poll, stop, results (doc/dev/aws.md §7.1 - §7.4).
 */
#include "core/aws/athena.h"

#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/assert.h"
#include "core/base/clock.h"

#define MAX_SQL_BYTES	262144
/* between two attempts to start while the quota is full: from, to */
#define START_DELAY_MS		1000
#define START_DELAY_CAP_MS	20000
/* a throttled poll counts for so many in the back-off */
#define THROTTLED_STEPS		3

void
pds_athena_execution_init(PdsAthenaExecution *e)
{
	memset(e, 0, sizeof(*e));
	e->bytes_scanned = -1;
	e->max_scan_bytes = -1;
}

void
pds_athena_execution_clear(PdsAthenaExecution *e)
{
	free(e->output_location);
	free(e->reason);
	pds_athena_execution_init(e);
}

static bool
dup_text(char **dst, const char *src, PdsError *err)
{
	free(*dst);
	*dst = pds_strdup(src);
	return src == NULL || *dst != NULL || pds_error_oom(err);
}

/* ---- StartQueryExecution ---- */

/* 64 hex digits: the service asks for 32 to 128 characters */
#define TOKEN_BYTES 65

static bool
request_token(char out[TOKEN_BYTES], PdsError *err)
{
	unsigned char bytes[32];
	int			i;

	if (RAND_bytes(bytes, sizeof(bytes)) != 1)
		return pds_error_set(err, PDS_ERR_SERVICE, "no random bytes for a request token");
	for (i = 0; i < 32; i++)
		snprintf(out + 2 * i, 3, "%02x", bytes[i]);
	return true;
}

static void
start_input(const PdsAthenaStart *s, const char *token, PdsJson *in)
{
	cJSON	   *o;
	int			i;

	pds_json_init(in);
	pds_json_put_text(in, in->root, "QueryString", s->sql);
	pds_json_put_text(in, in->root, "ClientRequestToken", token);
	o = pds_json_put_object(in, in->root, "QueryExecutionContext");
	pds_json_put_text(in, o, "Database", s->database);
	pds_json_put_text(in, o, "Catalog", s->catalog ? s->catalog : "AwsDataCatalog");
	pds_json_put_text(in, in->root, "WorkGroup", s->workgroup ? s->workgroup : "primary");
	if (s->output_location)
	{
		o = pds_json_put_object(in, in->root, "ResultConfiguration");
		pds_json_put_text(in, o, "OutputLocation", s->output_location);
	}
	if (s->nparams > 0)
	{
		o = pds_json_put_array(in, in->root, "ExecutionParameters");
		for (i = 0; i < s->nparams; i++)
			pds_json_push_text(in, o, s->params[i]);
	}
	if (s->reuse_minutes > 0)
	{
		o = pds_json_put_object(in, in->root, "ResultReuseConfiguration");
		o = pds_json_put_object(in, o, "ResultReuseByAgeConfiguration");
		pds_json_put_bool(in, o, "Enabled", true);
		pds_json_put_number(in, o, "MaxAgeInMinutes", s->reuse_minutes);
	}
}

/* between 3/4 and all of it, so that many backends do not ask in step */
static long
with_jitter(double ms)
{
	unsigned int r;

	if (RAND_bytes((unsigned char *) &r, sizeof(r)) != 1)
		r = 0;
	return (long) (ms * (0.75 + 0.25 * ((double) (r % 1024) / 1024.0)));
}

/* Athena's quotas are of the account: what helps */
static bool
throttled_error(PdsError *err)
{
	if (err->kind != PDS_ERR_THROTTLED)
		return false;
	if (strcmp(err->aws_code, "TooManyRequestsException") == 0)
		pds_error_advise(err, PDS_ADVICE_QUERY_QUOTA);
	else
		pds_error_hint(err, "The account calls Athena more often than its quota allows. Try again later, "
					   "run fewer queries at the same time, or raise max_attempts.");
	return false;
}

/* The call, again and again while the quota of queries is full and time is left. */
static bool
call_start(PdsAws *aws, PdsAthenaRequest *r, const PdsAthenaStart *s, long timeout_ms,
		   cJSON **reply, PdsError *err)
{
	int64_t		until = pds_now_ms() + timeout_ms;
	double		delay = START_DELAY_MS;
	int			attempts = 0;	/* of all calls */

	for (;;)
	{
		long		ms = with_jitter(delay);

		r->open = true;
		if (pds_aws_json_call(aws, PDS_ATHENA, "StartQueryExecution", &r->in, false, s->database,
							  reply, err))
			break;
		err->attempts = attempts += err->attempts;
		/* what failed in the service may have been started before */
		r->open = pds_error_reply_lost(err) || err->kind == PDS_ERR_SERVICE;
		if (strcmp(err->aws_code, "TooManyRequestsException") != 0 || pds_now_ms() + ms > until)
			return throttled_error(err);
		if (!pds_http_sleep(pds_aws_http(aws), ms, PDS_WAIT_ATHENA_QUEUE, err))
			return false;
		delay = delay * 2 < START_DELAY_CAP_MS ? delay * 2 : START_DELAY_CAP_MS;
	}
	return true;
}

bool
pds_athena_request_make(const PdsAthenaStart *start, PdsAthenaRequest *r, PdsError *err)
{
	char		token[TOKEN_BYTES];

	memset(r, 0, sizeof(*r));
	if (strlen(start->sql) > MAX_SQL_BYTES)
	{
		pds_error_set(err, PDS_ERR_LIMIT,
					  "the query for Athena has %zu bytes, more than the %d it takes",
					  strlen(start->sql), MAX_SQL_BYTES);
		pds_error_context(err, "athena", "StartQueryExecution", NULL);
		pds_error_advise(err, PDS_ADVICE_QUERY_LENGTH);
		return false;
	}
	if (start->token == NULL && !request_token(token, err))
		return false;
	start_input(start, start->token ? start->token : token, &r->in);
	return !r->in.failed || pds_error_oom(err);
}

void
pds_athena_request_free(PdsAthenaRequest *r)
{
	pds_json_free(&r->in);
	memset(r, 0, sizeof(*r));
}

void
pds_athena_request_of(const PdsAthenaRequest *r, PdsAthenaStart *start)
{
	const cJSON *root = r->in.root;

	memset(start, 0, sizeof(*start));
	start->sql = pds_json_text(root, "QueryString");
	start->workgroup = pds_json_text(root, "WorkGroup");
	start->database = pds_json_text(cJSON_GetObjectItemCaseSensitive(root, "QueryExecutionContext"),
									"Database");
}

bool
pds_athena_request_send(PdsAws *aws, PdsAthenaRequest *r, long timeout_ms, PdsAthenaExecution *e,
						PdsError *err)
{
	PdsAthenaStart start;
	cJSON	   *reply = NULL;
	const char *id;
	bool		ok;

	pds_athena_request_of(r, &start);
	if (!call_start(aws, r, &start, timeout_ms, &reply, err))
		return false;
	id = pds_json_text(reply, "QueryExecutionId");
	ok = id && id[0] && strlen(id) < sizeof(e->id);
	if (!ok)
	{
		pds_error_set(err, PDS_ERR_PROTOCOL, "Athena started a query but gave no execution id");
		pds_error_context(err, "athena", "StartQueryExecution", start.database);
	}
	else
	{
		strcpy(e->id, id);
		r->open = false;
	}
	cJSON_Delete(reply);
	return ok;
}

/* ---- GetQueryExecution ---- */

static const char *const state_names[] = {"QUEUED", "RUNNING", "SUCCEEDED", "FAILED", "CANCELLED"};

PDS_ASSERT_ENTRIES(state_names, PDS_ATHENA_CANCELLED + 1);

const char *
pds_athena_state_name(PdsAthenaState state)
{
	return state_names[state];
}

static bool
state_of_text(const char *text, PdsAthenaState *state)
{
	int			i;

	for (i = 0; text && i < 5; i++)
		if (strcmp(text, state_names[i]) == 0)
		{
			*state = (PdsAthenaState) i;
			return true;
		}
	return false;
}

static void
copy_field(char *dst, size_t cap, const char *src)
{
	if (src)
		pds_copy_cut(dst, cap, src, strlen(src));
}

/* a figure of the statistics; what is negative is not given */
static int64_t
figure(const cJSON *stats, const char *name, int64_t missing)
{
	int64_t		n = pds_json_int(stats, name, missing);

	return n < 0 ? missing : n;
}

static bool
read_execution(const cJSON *q, PdsAthenaExecution *e, PdsError *err)
{
	const cJSON *status = cJSON_GetObjectItemCaseSensitive(q, "Status");
	const cJSON *stats = cJSON_GetObjectItemCaseSensitive(q, "Statistics");
	const cJSON *failure = cJSON_GetObjectItemCaseSensitive(status, "AthenaError");
	const cJSON *reuse = cJSON_GetObjectItemCaseSensitive(stats, "ResultReuseInformation");
	const cJSON *result = cJSON_GetObjectItemCaseSensitive(q, "ResultConfiguration");
	const char *encryption = pds_json_text(cJSON_GetObjectItemCaseSensitive(result, "EncryptionConfiguration"),
										   "EncryptionOption");
	const char *message;

	if (!state_of_text(pds_json_text(status, "State"), &e->state))
	{
		pds_error_set(err, PDS_ERR_PROTOCOL, "Athena gave no state of execution %s", e->id);
		pds_error_context(err, "athena", "GetQueryExecution", e->id);
		return false;
	}
	copy_field(e->workgroup, sizeof(e->workgroup), pds_json_text(q, "WorkGroup"));
	copy_field(e->statement_type, sizeof(e->statement_type), pds_json_text(q, "StatementType"));
	copy_field(e->substatement_type, sizeof(e->substatement_type),
			   pds_json_text(q, "SubstatementType"));
	if (!dup_text(&e->output_location, pds_json_text(result, "OutputLocation"), err))
		return false;
	e->client_encrypted = encryption && strcmp(encryption, "CSE_KMS") == 0;
	e->error_category = (int) pds_json_int(failure, "ErrorCategory", 0);
	e->error_type = (int) pds_json_int(failure, "ErrorType", 0);
	e->error_retryable = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(failure, "Retryable"));
	message = pds_json_text(status, "StateChangeReason");
	if (message == NULL || message[0] == '\0')
		message = pds_json_text(failure, "ErrorMessage");
	if (!dup_text(&e->reason, message, err))
		return false;
	e->bytes_scanned = figure(stats, "DataScannedInBytes", -1);
	e->queue_ms = figure(stats, "QueryQueueTimeInMillis", 0);
	e->planning_ms = figure(stats, "QueryPlanningTimeInMillis", 0);
	e->engine_ms = figure(stats, "EngineExecutionTimeInMillis", 0);
	e->total_ms = figure(stats, "TotalExecutionTimeInMillis", 0);
	e->reused = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(reuse, "ReusedPreviousResult"));
	return true;
}

bool
pds_athena_poll(PdsAws *aws, PdsAthenaExecution *e, PdsError *err)
{
	PdsJson		in;
	cJSON	   *reply = NULL;
	bool		ok;

	pds_json_init(&in);
	pds_json_put_text(&in, in.root, "QueryExecutionId", e->id);
	e->polls++;
	ok = pds_aws_json_call(aws, PDS_ATHENA, "GetQueryExecution", &in, false, e->id, &reply, err) &&
		read_execution(cJSON_GetObjectItemCaseSensitive(reply, "QueryExecution"), e, err);
	pds_json_free(&in);
	cJSON_Delete(reply);
	return ok;
}

long
pds_athena_poll_delay(const PdsAthenaExecution *e, int64_t waited_ms)
{
	double		delay = 100.0;
	long		cap = waited_ms > 60000 || e->throttled > 0 ? 5000 : 2000;
	int			steps = e->polls + THROTTLED_STEPS * e->throttled;
	int			i;

	for (i = 0; i < steps && delay < cap; i++)
		delay *= 1.5;
	return with_jitter(delay > cap ? (double) cap : delay);
}

/* ErrorType of what its user did not cancel himself: that is 1011 */
#define CANCELLED_BY_LIMIT	1014

static const char *
category_name(int category)
{
	switch (category)
	{
		case 1:
			return "system";
		case 2:
			return "user";
		case 3:
			return "other";
		default:
			return "unknown";
	}
}

/*
 * Was a cancelled execution stopped by the limit of its work group?  AthenaError
 * tells; where there is none, nothing but the words does.
 */
static bool
is_cutoff(const PdsAthenaExecution *e)
{
	if (e->error_category != 0)
		return e->error_type == CANCELLED_BY_LIMIT;
	return e->reason && strstr(e->reason, "Bytes scanned limit") != NULL;
}

/* what kind of end it was (doc/dev/aws.md §7.2) */
static PdsErrorKind
failure_kind(const PdsAthenaExecution *e)
{
	int			t = e->error_type;

	if (e->state == PDS_ATHENA_CANCELLED)
		return is_cutoff(e) ? PDS_ERR_QUERY_CUTOFF : PDS_ERR_QUERY_CANCELLED;
	if (e->error_category != 0 && ((t >= 0 && t <= 8) || (t >= 1400 && t <= 1406) || t == 1602))
		return PDS_ERR_QUERY_RESOURCES;
	return PDS_ERR_QUERY_FAILED;
}

static void
failure_hint(const PdsAthenaExecution *e, PdsError *err)
{
	int			t = e->error_type;

	if (err->kind == PDS_ERR_QUERY_CUTOFF)
		pds_error_hint(err,
					   "What was scanned is billed. Add conditions on partition keys, or raise "
					   "BytesScannedCutoffPerQuery of the work group.");
	else if (err->kind == PDS_ERR_QUERY_RESOURCES && t <= 8)
		pds_error_advise(err, PDS_ADVICE_QUERY_RESOURCES);
	else if (t == 1602)
		pds_error_hint(err,
					   "Try again later, or raise the capacity reservation of the work group.");
	else if (e->error_retryable || (t >= 1400 && t <= 1406))
		pds_error_hint(err, "Athena says that trying again may help.");
	else if (t == 1500 || t == 1501)
		pds_error_hint(err,
					   "Check the permissions of the credentials in Lake Formation, Glue and S3.");
	else if (t == 401 || t == 402 || t == 1109 || t == 1306)
		pds_error_advise(err, PDS_ADVICE_QUERY_OUTPUT);
	else if (e->state == PDS_ATHENA_CANCELLED)
		pds_error_hint(err, "Somebody stopped it, or a limit of the work group was reached.");
	/* else it is the statement: its author knows what to do */
}

/* "DIVISION_BY_ZERO: Division by zero": the engine's name of the error, as the code */
static void
engine_error_name(const char *reason, PdsError *err)
{
	size_t		len = reason ? strspn(reason, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") : 0;

	if (len > 0 && len < sizeof(err->aws_code) && reason[len] == ':')
		pds_copy_cut(err->aws_code, sizeof(err->aws_code), reason, len);
}

/* An execution that ended badly. */
static bool
execution_error(const PdsAthenaExecution *e, PdsError *err)
{
	bool		cancelled = e->state == PDS_ATHENA_CANCELLED;

	pds_error_set(err, failure_kind(e), "Athena %s the query: %s",
				  cancelled ? "cancelled" : "failed", e->reason ? e->reason : "no reason given");
	if (e->error_category != 0)
		pds_error_detail(err, "Execution %s, category %d (%s), type %d.", e->id,
						 e->error_category, category_name(e->error_category), e->error_type);
	else
		pds_error_detail(err, "Execution %s.", e->id);
	failure_hint(e, err);
	pds_error_context(err, "athena", "GetQueryExecution", NULL);
	engine_error_name(e->reason, err);
	pds_escape_text(err->execution_id, sizeof(err->execution_id), e->id, strlen(e->id));
	err->athena_category = e->error_category;
	err->athena_type = e->error_type;
	err->retryable = e->error_retryable;
	return false;
}

static bool
over_limit(const PdsAthenaExecution *e, PdsError *err)
{
	pds_error_set(err, PDS_ERR_LIMIT,
				  "Athena has scanned %lld bytes, more than max_scan_bytes allows (%lld)",
				  (long long) e->bytes_scanned, (long long) e->max_scan_bytes);
	pds_error_detail(err, "Execution %s was stopped; what it scanned is billed.", e->id);
	pds_error_advise(err, PDS_ADVICE_SCAN_LIMIT);
	pds_error_context(err, "athena", "GetQueryExecution", NULL);
	pds_escape_text(err->execution_id, sizeof(err->execution_id), e->id, strlen(e->id));
	return false;
}

bool
pds_athena_check(PdsAws *aws, PdsAthenaExecution *e, bool *ended, PdsError *err)
{
	*ended = false;
	if (!pds_athena_poll(aws, e, err))
	{
		if (err->kind == PDS_ERR_THROTTLED)
		{
			e->throttled_attempts += err->attempts;
			if (++e->throttled < PDS_ATHENA_THROTTLED_POLLS)
				return true;
			err->attempts = e->throttled_attempts;
		}
		pds_escape_text(err->execution_id, sizeof(err->execution_id), e->id, strlen(e->id));
		return throttled_error(err);
	}
	e->throttled = e->throttled_attempts = 0;
	*ended = e->state == PDS_ATHENA_SUCCEEDED;
	if (e->state == PDS_ATHENA_FAILED || e->state == PDS_ATHENA_CANCELLED)
		return execution_error(e, err);
	if (!*ended && e->max_scan_bytes >= 0 && e->bytes_scanned > e->max_scan_bytes)
		return over_limit(e, err);
	return true;
}

bool
pds_athena_wait(PdsAws *aws, PdsAthenaExecution *e, PdsError *err)
{
	int64_t		begin = pds_now_ms();

	for (;;)
	{
		bool		ended;

		if (!pds_http_sleep(pds_aws_http(aws), pds_athena_poll_delay(e, pds_now_ms() - begin),
							e->state == PDS_ATHENA_QUEUED ? PDS_WAIT_ATHENA_QUEUE : PDS_WAIT_ATHENA,
							err) ||
			!pds_athena_check(aws, e, &ended, err))
			return false;
		if (ended)
			return true;
	}
}

bool
pds_athena_stop(PdsAws *aws, const char *execution_id, PdsError *err)
{
	PdsJson		in;
	cJSON	   *reply = NULL;
	bool		ok;

	pds_json_init(&in);
	pds_json_put_text(&in, in.root, "QueryExecutionId", execution_id);
	ok = pds_aws_json_call(aws, PDS_ATHENA, "StopQueryExecution", &in, false, execution_id, &reply,
						   err);
	pds_json_free(&in);
	cJSON_Delete(reply);
	/* an execution that has ended is what was wanted */
	if (!ok && strcmp(err->aws_code, "InvalidRequestException") == 0)
	{
		pds_error_clear(err);
		return true;
	}
	return ok;
}

/* ---- GetQueryResults ---- */

/* The text of a cell; an empty object is NULL.  False: it is something else. */
static bool
cell_text(const cJSON *cell, char **text)
{
	const cJSON *value = cJSON_GetObjectItemCaseSensitive(cell, "VarCharValue");

	*text = cJSON_IsString(value) ? value->valuestring : NULL;
	return cJSON_IsObject(cell) && (*text || value == NULL || cJSON_IsNull(value));
}

static bool
add_page_row(PdsAthenaPage *page, const cJSON *row)
{
	const cJSON *data = cJSON_GetObjectItemCaseSensitive(row, "Data");
	const cJSON *cell;
	int			i = 0;

	if (!cJSON_IsObject(row) || (data && !cJSON_IsArray(data)))
		return false;
	cJSON_ArrayForEach(cell, data)
	{
		char	   *text;

		if (!cell_text(cell, &text))
			return false;
		if (i < page->ncolumns)
			page->values[(size_t) page->nrows * page->ncolumns + i] = text;
		i++;
	}
	page->ragged |= i != page->ncolumns;
	page->nrows++;
	return true;
}

/* rows of a page, the line of names in the first one included (doc/dev/aws.md §7.4) */
#define MOST_PAGE_ROWS	1001

static bool
page_of_json(const cJSON *reply, PdsAthenaPage *page, PdsError *err)
{
	const cJSON *set = cJSON_GetObjectItemCaseSensitive(reply, "ResultSet");
	const cJSON *meta = cJSON_GetObjectItemCaseSensitive(set, "ResultSetMetadata");
	const cJSON *info = cJSON_GetObjectItemCaseSensitive(meta, "ColumnInfo");
	const cJSON *rows = cJSON_GetObjectItemCaseSensitive(set, "Rows");
	const cJSON *token = cJSON_GetObjectItemCaseSensitive(reply, "NextToken");
	const cJSON *item;
	size_t		ncolumns = (size_t) cJSON_GetArraySize(info);
	size_t		nrows = (size_t) cJSON_GetArraySize(rows);
	bool		good = rows == NULL || cJSON_IsArray(rows);
	int			i = 0;

	if (nrows > MOST_PAGE_ROWS)
		return pds_error_set(err, PDS_ERR_PROTOCOL, "the reply to GetQueryResults has %zu rows",
							 nrows);
	page->names = calloc(ncolumns + 1, sizeof(char *));
	page->types = calloc(ncolumns + 1, sizeof(char *));
	page->values = calloc(nrows * ncolumns + 1, sizeof(char *));
	if (page->names == NULL || page->types == NULL || page->values == NULL)
		return pds_error_oom(err);
	cJSON_ArrayForEach(item, info)
	{
		page->names[i] = (char *) pds_json_text(item, "Name");
		page->types[i] = (char *) pds_json_text(item, "Type");
		if (page->names[i] == NULL || page->types[i] == NULL)
			return pds_error_set(err, PDS_ERR_PROTOCOL,
								 "the reply to GetQueryResults has a column without name or type");
		i++;
	}
	page->ncolumns = i;
	cJSON_ArrayForEach(item, rows)
		good = good && add_page_row(page, item);
	if (cJSON_IsString(token) && token->valuestring[0])
		page->next_token = token->valuestring;
	return good ||
		pds_error_set(err, PDS_ERR_PROTOCOL, "the reply to GetQueryResults has rows that are none");
}

bool
pds_athena_results(PdsAws *aws, const char *execution_id, const char *next_token,
				   int max_results, PdsAthenaPage *page, PdsError *err)
{
	PdsJson		in;
	cJSON	   *reply = NULL;
	bool		ok;

	memset(page, 0, sizeof(*page));
	pds_json_init(&in);
	pds_json_put_text(&in, in.root, "QueryExecutionId", execution_id);
	if (max_results > 0)
		pds_json_put_number(&in, in.root, "MaxResults", max_results);
	pds_json_put_text(&in, in.root, "NextToken", next_token);
	ok = pds_aws_json_call(aws, PDS_ATHENA, "GetQueryResults", &in, false, execution_id, &reply,
						   err);
	pds_json_free(&in);
	if (!ok)
		return false;
	page->owner = reply;
	page->update_count = figure(reply, "UpdateCount", -1);
	if (!page_of_json(reply, page, err))
	{
		pds_error_hint(err, "Check that endpoint_url names the service it should.");
		pds_error_context(err, "athena", "GetQueryResults", execution_id);
		pds_athena_page_free(page);
		return false;
	}
	return true;
}

void
pds_athena_page_free(PdsAthenaPage *page)
{
	free(page->names);
	free(page->types);
	free(page->values);
	cJSON_Delete(page->owner);
	memset(page, 0, sizeof(*page));
}

double
pds_athena_price(int64_t bytes_scanned)
{
	const int64_t mb = 1024 * 1024;
	int64_t		megabytes = bytes_scanned <= 0 ? 0 : (bytes_scanned + mb - 1) / mb;

	if (megabytes < 10)
		megabytes = 10;
	return 5.0 * (double) megabytes / (1024.0 * 1024.0);
}
