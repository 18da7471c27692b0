/*
 * target_services.c
 *	  Replies of Glue, Athena, STS, containers, instances and single sign-on.
 */
#include "fuzz.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/auth/credential_sources.h"
#include "core/aws/sts.h"
#include "core/base/calendar.h"
#include "core/glue/glue.h"
#include "core/glue/glue_crawler.h"
#include "core/glue/glue_statistics.h"
#include "core/glue/presto_view.h"
#include "core/glue/projection.h"
#include "core/glue/table_kind.h"
#include "core/net/endpoints.h"
#include "../unit/athena_start.h"

#define NOW_MS	INT64_C(1709211909042)

/* ---- Glue ---- */

static void
check_columns(const PdsGlueColumn *c, int n)
{
	int			i;

	for (i = 0; i < n; i++)
		FUZZ_CHECK(c[i].name != NULL && c[i].type != NULL);
}

static void
check_table(PdsGlueTable *t)
{
	PdsDialect	d;
	PdsError	err;

	FUZZ_CHECK(t->name != NULL);
	check_columns(t->sd.columns, t->sd.ncolumns);
	check_columns(t->partition_keys, t->npartition_keys);
	FUZZ_CHECK(pds_view_columns(t));
	check_columns(t->sd.columns, t->sd.ncolumns);
	(void) pds_not_text(&t->parameters, &t->sd, t->table_type);
	fuzz_check_call(pds_dialect_of_table(&d, t, NOW_MS, &err), &err);
}

static bool
take_table(void *arg, PdsGlueTable *t)
{
	(*(size_t *) arg)++;
	check_table(t);
	pds_glue_table_free(t);
	return true;
}

static bool
take_database(void *arg, PdsGlueDatabase *d)
{
	(*(size_t *) arg)++;
	FUZZ_CHECK(d->name != NULL);
	pds_glue_database_free(d);
	return true;
}

static bool
take_partition(void *arg, PdsGluePartition *p)
{
	int			i;

	(*(size_t *) arg)++;
	for (i = 0; i < p->nvalues; i++)
		FUZZ_CHECK(p->values[i] != NULL);
	pds_glue_partition_free(p);
	return true;
}

static bool
take_crawler(void *arg, PdsCrawler *c)
{
	(*(size_t *) arg)++;
	FUZZ_CHECK(c->name != NULL);
	FUZZ_CHECK(c->last_start >= 0 && c->last_start <= (double) PDS_TIME_MAX);
	pds_crawler_free(c);
	return true;
}

static void
take_statistics(void *arg, const PdsGlueStatistics *s)
{
	(*(size_t *) arg)++;
	FUZZ_CHECK(s->column != NULL);
	FUZZ_CHECK(s->nulls >= 0 || s->nulls == -1);
	FUZZ_CHECK(s->distinct >= 0 || s->distinct == -1);
	FUZZ_CHECK(s->average_length >= 0 || s->average_length == -1);
	FUZZ_CHECK(strspn(s->minimum, "0123456789.+-e") == strlen(s->minimum));
	FUZZ_CHECK(strspn(s->maximum, "0123456789.+-e") == strlen(s->maximum));
}

/* of a table or of a partition, then replies */
void
fuzz_statistics(FuzzInput *in)
{
	static const char *const columns[] = {"a", "b", "c"};
	static char *const values[] = {"2024"};
	int			nvalues = (int) fuzz_byte(in, 2);
	PdsError	err;
	size_t		n = 0;

	fuzz_serve(in->p, in->n, 1000);
	fuzz_check_call(pds_glue_get_statistics(fuzz_aws(), NULL, "db", "t", nvalues > 0 ? values : NULL, nvalues, columns, 3,
											take_statistics, &n, &err), &err);
	FUZZ_CHECK(n <= in->n);
	FUZZ_CHECK((size_t) fuzz_requests() <= 4 * (in->n / 6 + 2));
	fuzz_client_free();
}

/* which call, then replies */
void
fuzz_glue(FuzzInput *in)
{
	static char *first[] = {"a", "b"};
	static char *const *values[] = {first};
	unsigned int which = fuzz_byte(in, 8);
	PdsAws	   *aws = fuzz_aws();
	PdsGlueTable *t;
	PdsGlueDatabase *d;
	PdsError	err;
	size_t		n = 0;
	bool		ok = true;

	fuzz_serve(in->p, in->n, 4096);
	switch (which)
	{
		case 0:
			t = pds_glue_find_table(aws, NULL, "db", "t", &err);
			if ((ok = t != NULL))
				take_table(&n, t);
			break;
		case 1:
			d = pds_glue_get_database(aws, NULL, "db", &err);
			if ((ok = d != NULL))
				take_database(&n, d);
			break;
		case 2:
			ok = pds_glue_get_databases(aws, NULL, take_database, &n, &err);
			break;
		case 3:
			ok = pds_glue_get_tables(aws, NULL, "db", NULL, take_table, &n, &err);
			break;
		case 4:
			ok = pds_glue_get_partitions(aws, NULL, "db", "t", "a = 1", 3, take_partition, &n, &err);
			break;
		case 5:
			ok = pds_glue_batch_get_partition(aws, NULL, "db", "t", values, 2, 1, 2, take_partition,
											  &n, &err);
			break;
		case 6:
			ok = pds_glue_get_crawlers(aws, take_crawler, &n, &err);
			break;
		default:
			{
				PdsCrawler *c = pds_glue_get_crawler(aws, "c", &err);

				if ((ok = c != NULL))
					take_crawler(&n, c);
			}
	}
	fuzz_check_call(ok, &err);
	FUZZ_CHECK(n <= 2 * in->n);
	FUZZ_CHECK((size_t) fuzz_requests() <= 4 * (in->n / 6 + 12));
	fuzz_client_free();
}

/* ---- Athena ---- */

static void
check_execution(const PdsAthenaExecution *e)
{
	FUZZ_CHECK(e->state <= PDS_ATHENA_CANCELLED);
	FUZZ_CHECK(e->bytes_scanned >= -1);
	FUZZ_CHECK(e->queue_ms >= 0 && e->planning_ms >= 0 && e->engine_ms >= 0 && e->total_ms >= 0);
	FUZZ_CHECK(pds_athena_price(e->bytes_scanned) >= 0);
}

static void
check_page(const PdsAthenaPage *page, size_t input)
{
	int			i;

	FUZZ_CHECK(page->ncolumns >= 0 && page->nrows >= 0 && page->update_count >= -1);
	FUZZ_CHECK((size_t) page->nrows <= input && (size_t) page->ncolumns <= input);
	for (i = 0; i < page->ncolumns; i++)
		FUZZ_CHECK(page->names[i] != NULL && page->types[i] != NULL);
	for (i = 0; i < page->nrows * page->ncolumns; i++)
		FUZZ_CHECK(page->values[i] == NULL || strlen(page->values[i]) <= input);
}

/* which call, then replies */
void
fuzz_athena(FuzzInput *in)
{
	unsigned int which = fuzz_byte(in, 4);
	PdsAws	   *aws = fuzz_aws();
	PdsAthenaStart start = {.sql = "SELECT 1", .start_timeout_ms = 5000};
	PdsAthenaExecution e;
	PdsAthenaPage page;
	PdsError	err;
	bool		ended;

	memset(&page, 0, sizeof(page));
	pds_athena_execution_init(&e);
	fuzz_serve(in->p, in->n, 4096);
	switch (which)
	{
		case 0:
			if (fuzz_check_call(start_query(aws, &start, &e, &err), &err))
				FUZZ_CHECK(e.id[0] != '\0' && pds_header_fault(e.id) == NULL);
			break;
		case 1:
			strcpy(e.id, "q1");
			if (fuzz_check_call(pds_athena_check(aws, &e, &ended, &err), &err))
				check_execution(&e);
			break;
		case 2:
			strcpy(e.id, "q1");
			if (fuzz_check_call(pds_athena_wait(aws, &e, &err), &err))
				check_execution(&e);
			break;
		default:
			if (fuzz_check_call(pds_athena_results(aws, "q1", NULL, 1000, &page, &err), &err))
				check_page(&page, in->n);
	}
	pds_athena_page_free(&page);
	pds_athena_execution_clear(&e);
	fuzz_client_free();
}

/* ---- credentials ---- */

static void
check_keys(const PdsKeys *k)
{
	FUZZ_CHECK(k->access_key && k->access_key[0] && k->secret_key);
	FUZZ_CHECK(pds_header_fault(k->access_key) == NULL && pds_header_fault(k->secret_key) == NULL);
	FUZZ_CHECK(k->session_token == NULL || pds_header_fault(k->session_token) == NULL);
	FUZZ_CHECK(k->info.expiration >= 0 && k->info.expiration <= PDS_TIME_MAX);
	fuzz_check_text(k->info.source, false);
	fuzz_check_text(k->info.account_id, false);
}

/* a home with a profile of single sign-on, once */
static const char *
home(void)
{
	static char path[64];
	char		file[200];
	FILE	   *f;

	if (path[0])
		return path;
	snprintf(path, sizeof(path), "%s/home", fuzz_folder());
	mkdir(path, 0700);
	snprintf(file, sizeof(file), "%s/.aws", path);
	mkdir(file, 0700);
	snprintf(file, sizeof(file), "%s/.aws/sso", path);
	mkdir(file, 0700);
	snprintf(file, sizeof(file), "%s/.aws/sso/cache", path);
	mkdir(file, 0700);
	snprintf(file, sizeof(file), "%s/.aws/config", path);
	f = fopen(file, "w");
	FUZZ_CHECK(f != NULL);
	fputs("[default]\nsso_session = s\nsso_account_id = 123456789012\nsso_role_name = r\n"
		  "[sso-session s]\nsso_region = us-east-1\nsso_start_url = https://x/start\n", f);
	fclose(f);
	setenv("HOME", path, 1);
	unsetenv("AWS_PROFILE");
	unsetenv("AWS_CONFIG_FILE");
	return path;
}

static PdsChain
chain(void)
{
	static PdsSettings *settings;
	PdsError	err;
	PdsChain	c = {.sts_base_url = "http://127.0.0.1:1", .sts_region = "us-east-1"};

	(void) home();
	if (settings == NULL)
		settings = pds_settings_load(NULL, &err);
	FUZZ_CHECK(settings != NULL);
	c.http = fuzz_client();
	c.settings = settings;
	return c;
}

/* which source, then replies */
void
fuzz_credentials(FuzzInput *in)
{
	unsigned int which = fuzz_byte(in, 5);
	PdsChain	c = chain();
	PdsKeys		source = {.access_key = "AK", .secret_key = "SK"};
	PdsKeys		keys;
	PdsRole		role = {.arn = "arn:aws:iam::123456789012:role/r"};
	PdsCallerIdentity who;
	PdsError	err;
	char		region[64];
	bool		found = true;
	bool		ok;

	memset(&keys, 0, sizeof(keys));
	pds_error_clear(&err);
	fuzz_serve(in->p, in->n, 4096);
	switch (which)
	{
		case 0:
			ok = pds_sts_assume_role(&c, &source, &role, &keys, &err);
			break;
		case 1:
			setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:1/x?y", 1);
			ok = pds_container_credentials(&c, &found, &keys, &err);
			break;
		case 2:
			ok = pds_imds_credentials(&c, &found, &keys, &err);
			break;
		case 3:
			ok = fuzz_check_call(pds_imds_region(c.http, c.settings, region, sizeof(region), &err), &err);
			if (ok && pds_region_valid(region))
				fuzz_check_text(region, false);
			found = false;
			break;
		default:
			ok = fuzz_check_call(pds_sts_caller_identity(fuzz_aws(), &who, &err), &err);
			if (ok)
				FUZZ_CHECK(strlen(who.account) == 12);
			found = false;
	}
	if (fuzz_check_call(ok, &err) && found)
		check_keys(&keys);
	pds_keys_clear(&keys);
	fuzz_client_free();
}

/* a line that is the token's file, then replies */
void
fuzz_sso(FuzzInput *in)
{
	PdsChain	c = chain();
	PdsKeys		keys;
	PdsError	err;
	char		file[300];
	char	   *token = fuzz_line(in);
	FILE	   *f;

	/* SHA-1 of the session's name */
	snprintf(file, sizeof(file), "%s/.aws/sso/cache/a0f1490a20d0211c997b44bc357e1972deab8ae3.json", home());
	f = fopen(file, "w");
	FUZZ_CHECK(f != NULL);
	fputs(token, f);
	fclose(f);
	memset(&keys, 0, sizeof(keys));
	pds_error_clear(&err);
	fuzz_serve(in->p, in->n, 4096);
	if (fuzz_check_call(pds_sso_credentials(&c, "default", &keys, &err), &err))
		check_keys(&keys);
	pds_keys_clear(&keys);
	free(token);
	fuzz_client_free();
}

/* what a program prints */
void
fuzz_process(FuzzInput *in)
{
	char	   *command = fuzz_line(in);
	char	  **argv;
	cJSON	   *o;
	PdsKeys		keys;
	PdsError	err;

	memset(&keys, 0, sizeof(keys));
	argv = pds_split_command(command, &err);
	if (fuzz_check_call(argv != NULL, &err))
	{
		size_t		n = 0;
		int			i;

		for (i = 0; argv[i]; i++)
			n += strlen(argv[i]) + 1;
		FUZZ_CHECK(n <= strlen(command) + 1);
		pds_free_arguments(argv);
	}
	o = cJSON_ParseWithLength(in->p, in->n);
	if (fuzz_check_call(pds_keys_from_json(o, "SessionToken", "the program", &keys, &err), &err))
		check_keys(&keys);
	pds_keys_clear(&keys);
	pds_json_wipe(o);
	free(command);
}
