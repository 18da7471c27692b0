/*
 * http_jobs.h
 *	  What the tests of the HTTP client share: keys, requests that run side by
 *	  side, and what a scripted server saw of them.
 */
#ifndef HTTP_JOBS_H
#define HTTP_JOBS_H

#include <time.h>

#include "core/net/http.h"
#include "script_server.h"
#include "unit.h"

#define SECRET	"wJalrSECRETKEYwJalr"
#define TOKEN	"FwoGSESSIONTOKENFwoG"

static inline long
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

typedef struct Keys
{
	int			calls;
	int			refreshes;
	int			fail_refresh;
	char		token[64];
} Keys;

static inline bool
give_keys(void *arg, bool refresh, PdsCredentialView *out, PdsError *err)
{
	Keys	   *k = arg;

	k->calls++;
	k->refreshes += refresh;
	if (refresh && k->fail_refresh)
		return pds_error_set(err, PDS_ERR_NO_CREDENTIALS, "nothing to refresh");
	snprintf(k->token, sizeof(k->token), "%s%d", TOKEN, k->refreshes);
	out->access_key = "AKEXAMPLE";
	out->secret_key = SECRET;
	out->session_token = k->token;
	return true;
}

static inline PdsHttp *
new_http(const PdsHttpOptions *opt, const PdsHooks *hooks)
{
	PdsError	err;
	PdsHttp    *http = pds_http_new(opt, hooks, &err);

	if (http == NULL)
	{
		printf("Bail out! %s\n", err.message);
		exit(2);
	}
	return http;
}

static inline void
request(PdsRequest *req, const char *method, const char *path)
{
	pds_request_init(req);
	req->method = method;
	req->base_url = ss_url;
	req->path = path;
	req->operation = "GetThing";
	req->resource = "s3://bucket/thing";
	req->service = "s3";
	req->region = "us-east-1";
	req->xml_errors = true;
}

/* requests that run side by side, so that their back-offs do, too */
typedef struct Job
{
	PdsRequest	req;
	PdsHttpOptions opt;
	PdsTransfer *t;
	PdsResponse resp;
	PdsError	err;
	bool		ok;
	long		ms;
	char	   *at;				/* where the next bytes of a range go */
} Job;

static inline Job *
job(Job *j, const char *method, const char *path, int attempts)
{
	memset(j, 0, sizeof(*j));
	request(&j->req, method, path);
	j->opt.max_attempts = attempts;
	j->req.options = &j->opt;
	pds_response_init(&j->resp);
	return j;
}

static inline void
run_jobs(PdsHttp *http, Job *jobs, int n)
{
	long		begin = now_ms();
	int			left = n;
	int			i;
	PdsError	err;

	for (i = 0; i < n; i++)
		jobs[i].t = pds_http_start(http, &jobs[i].req, &jobs[i].err);
	if (!pds_http_poke(http, &err))
		CHECK_MSG(0, "poke");
	while (left > 0 && now_ms() - begin < 10000)
	{
		if (!pds_http_wait(http, 1000, PDS_WAIT_HTTP, &err))
			CHECK_MSG(0, err.message);
		for (i = 0; i < n; i++)
			if (jobs[i].t && pds_transfer_done(jobs[i].t))
			{
				jobs[i].ok = pds_transfer_result(jobs[i].t, &jobs[i].resp, &jobs[i].err);
				jobs[i].ms = now_ms() - begin;
				pds_transfer_free(jobs[i].t);
				jobs[i].t = NULL;
				left--;
			}
	}
	CHECK_MSG(left == 0, "all transfers end");
}

static inline void
free_jobs(Job *jobs, int n)
{
	int			i;

	for (i = 0; i < n; i++)
		pds_response_free(&jobs[i].resp);
}

static inline const char *
nth_header(const char *start, int k, const char *name)
{
	return ss_request_header(nth(start, k) < 0 ? SS_REQUESTS : nth(start, k), name);
}

static inline const char *
xml_error(const char *code)
{
	static char text[300];

	snprintf(text, sizeof(text), "<?xml version=\"1.0\"?>\n<Error><Code>%s</Code>"
			 "<Message>made by the test</Message><RequestId>R1</RequestId>"
			 "<HostId>H1</HostId></Error>", code);
	return text;
}

#endif
