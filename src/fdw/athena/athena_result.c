/*
 * athena_result.c
 *	  Rows of an execution's result: from its object in S3, or by pages of the
 *	  API where that cannot be read.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "mb/pg_wchar.h"
#include "utils/memutils.h"

#include "core/s3/s3.h"
#include "fdw/athena/athena_result.h"
#include "fdw/base/error_map.h"
#include "fdw/base/on_reset.h"

#define API_PAGE 1000
/* so much is asked for before the size is known: a result that is no longer takes one request */
#define FIRST_BYTES (256 * 1024)

static void
close_reader(void *arg)
{
	PdsAthenaResult *r = arg;

	pds_reader_free(r->reader);
	pds_fetch_free(r->fetch);
	pds_pager_free(&r->pager);
}

/* called from the core: the result is one split */
static bool
result_split(void *arg, PdsSplit *split)
{
	PdsAthenaResult *r = arg;

	if (r->given)
		return false;
	r->given = true;
	memset(split, 0, sizeof(*split));
	split->bucket = r->bucket;
	split->key = r->key;
	split->etag = r->etag;
	split->end = r->size;
	split->object_size = r->size;
	split->user = &r->unit;
	return true;
}

static void
make_rows(PdsAthenaResult *r)
{
	int			n = r->opt.ncolumns;
	PdsRowColumn *cols = palloc0(Max(n, 1) * sizeof(PdsRowColumn));
	int		   *wanted = palloc(Max(n, 1) * sizeof(int));
	int			i;

	for (i = 0; i < n; i++)
	{
		const PdsResultColumn *c = &r->columns[i];

		wanted[i] = i;
		cols[i].attno = c->attno;
		pds_converter_init(&cols[i].conv, PDS_FORMAT_ATHENA_RESULT, &r->dialect, c->typid,
						   c->typmod, c->hive, NULL, NULL, c->name);
		if (c->fn)
			cols[i].conv.fn = c->fn;
	}
	r->rows = pds_rows_create(r->cxt, r->reader, r->opt.natts, n, cols, wanted, Max(n, 1),
							  PG_UTF8);
}

/* a result has one column at least: SELECT 1 when none is needed */
static PdsReaderOptions
reader_options(const PdsAthenaResult *r)
{
	/*
	 * records that are only counted are whole ones, too: that is looked at in
	 * their index
	 */
	PdsReaderOptions opt = {.ncolumns = Max(r->opt.ncolumns, 1)};

	return opt;
}

/* the object from its beginning, by the fetcher */
static bool
fetch_object(PdsAthenaResult *r, const PdsReaderOptions *reader, PdsError *err)
{
	PdsFetchOptions fetch;

	memset(&fetch, 0, sizeof(fetch));
	fetch.concurrency = r->conn->options.fetch_concurrency;
	fetch.part_max = r->conn->options.fetch_part_size;
	r->fetch = pds_fetch_new(r->conn->aws, &fetch, result_split, r, err);
	if (r->fetch == NULL)
		return false;
	r->reader = pds_reader_new(r->fetch, reader, &pds_pg_hooks, err);
	return r->reader != NULL;
}

static bool
not_whole(const PdsAthenaResult *r, const char *why, PdsError *err)
{
	pds_error_set(err, PDS_ERR_PROTOCOL, "the result of the query is not whole: %s", why);
	pds_error_hint(err, "Somebody may have changed the objects below output_location. Run the query again.");
	pds_error_context(err, "s3", "GetObject", r->exec->output_location);
	return false;
}

/* Size of the object whose first bytes these are. */
static bool
whole_size(PdsAthenaResult *r, const PdsResponse *resp, PdsError *err)
{
	int64		first = 0;
	int64		last = (int64) resp->body.len - 1;

	r->size = resp->body.len;
	/* 200: all of it came */
	if (resp->status == 206 &&
		(!pds_response_range(resp, &first, &last, &r->size) || first != 0 ||
		 last != (int64) resp->body.len - 1 || last >= r->size))
		return not_whole(r, "its Content-Range is not the range asked for", err);
	return true;
}

/* Does the first line have the labels that the query gives?  Each is in double quotes. */
static bool
check_labels(const PdsAthenaResult *r, const PdsStr *body, PdsError *err)
{
	const char *p = pds_str_text(body);
	const char *end = p + body->len;
	int			n = Max(r->opt.ncolumns, 1);
	PdsStr		label;
	int			i;

	if (body->len == 0)
		return not_whole(r, "it is empty", err);
	for (i = 0; i < n; i++)
	{
		bool		same = p < end && *p == '"';

		pds_str_init(&label);
		for (p++; same && p < end && (*p != '"' || (p + 1 < end && p[1] == '"')); p++)
		{
			p += *p == '"';
			pds_str_append_c(&label, *p);
		}
		same = same && p + 1 < end && p[1] == (i < n - 1 ? ',' : '\n');
		if (same && r->opt.labels && r->opt.labels[i])
			same = strcmp(pds_str_text(&label), r->opt.labels[i]) == 0;
		pds_str_free(&label);
		if (!same)
			return not_whole(r, "its first line is not that of the columns", err);
		p += 2;
	}
	return true;
}

static bool
open_object(PdsAthenaResult *r, PdsError *err)
{
	PdsReaderOptions reader = reader_options(r);
	PdsResponse first;
	char	   *bucket;
	char	   *key;
	bool		ok;

	if (!pds_s3_parse_uri(r->exec->output_location, &bucket, &key, err))
		return false;
	r->bucket = pstrdup(bucket);
	r->key = pstrdup(key);
	free(bucket);
	free(key);
	ok = pds_s3_get(r->conn->aws, r->bucket, r->key, 0, FIRST_BYTES - 1, NULL, &first, err);
	memcpy(r->etag, first.etag, sizeof(r->etag));
	if (!ok && err->http_status == 416)
		ok = not_whole(r, "it is empty", err);	/* no byte 0 */
	ok = ok && whole_size(r, &first, err) && check_labels(r, &first.body, err);
	if (ok && r->size > (int64) first.body.len)
		ok = fetch_object(r, &reader, err);
	else if (ok)
	{
		r->reader = pds_reader_from_memory(pds_str_text(&first.body), first.body.len, &r->unit,
										   &reader, err);
		ok = r->reader != NULL;
	}
	pds_response_free(&first);
	return ok;
}

/* One page of the API as the text of a result object, so that one reader serves both. */
static void
append_page(StringInfo buf, const PdsAthenaPage *page, int from)
{
	int			r;
	int			c;

	for (r = from; r < page->nrows; r++)
	{
		for (c = 0; c < page->ncolumns; c++)
		{
			const char *v = page->values[(size_t) r * page->ncolumns + c];

			if (c > 0)
				appendStringInfoChar(buf, ',');
			if (v == NULL)
				continue;
			appendStringInfoChar(buf, '"');
			for (; *v; v++)
			{
				if (*v == '"')
					appendStringInfoChar(buf, '"');
				appendStringInfoChar(buf, *v);
			}
			appendStringInfoChar(buf, '"');
		}
		appendStringInfoChar(buf, '\n');
	}
}

/* The rows of a page become those of the reader; copied. */
static void
take_page(PdsAthenaResult *r, const PdsAthenaPage *page)
{
	PdsReaderOptions reader = reader_options(r);
	StringInfoData text;
	PdsError	err;
	bool		first = r->pager.pages == 0;

	/* what is no query may give a line as one field */
	if (page->ragged && !r->opt.no_labels)
	{
		not_whole(r, "a row of its pages has not as many fields as there are columns", &err);
		pds_raise(&err);
	}
	initStringInfo(&text);

	/*
	 * the first row of a SELECT's first page is the labels (doc/dev/aws.md
	 * §7.3)
	 */
	append_page(&text, page, first && !r->opt.no_labels && page->nrows > 0 ? 1 : 0);
	if (!pds_pager_take(&r->pager, page->next_token, page->nrows == 0, 0, "athena",
						"GetQueryResults", r->exec->id, &err))
		pds_raise(&err);
	pds_reader_free(r->reader);
	r->dialect.header_lines = 0;
	r->reader = pds_reader_from_memory(text.data, text.len, &r->unit, &reader, &err);
	if (r->reader == NULL)
		pds_raise(&err);
	pfree(text.data);
	/* all rows of the page before have been handed out */
	Assert(r->rows == NULL || !r->rows->have_batch);
	if (r->rows == NULL)
		make_rows(r);
	r->rows->reader = r->reader;
	r->rows->have_batch = false;
}

/* False: there was no further page. */
static bool
next_page(PdsAthenaResult *r)
{
	PdsAthenaPage page;
	PdsError	err;

	if (r->pager.pages > 0 && !pds_pager_more(&r->pager))
		return false;
	pds_error_clear(&err);
	if (!pds_athena_results(r->conn->aws, r->exec->id,
							pds_pager_more(&r->pager) ? r->pager.token.data : NULL,
							API_PAGE, &page, &err))
		pds_raise(&err);
	PG_TRY();
	{
		take_page(r, &page);
	}
	PG_FINALLY();
	{
		pds_athena_page_free(&page);
	}
	PG_END_TRY();
	return true;
}

PdsAthenaResult *
pds_athena_result_open(MemoryContext cxt, PdsConnection *conn, const PdsAthenaExecution *exec,
					   const PdsResultOptions *opt)
{
	MemoryContext old = MemoryContextSwitchTo(cxt);
	PdsAthenaResult *r = palloc0(sizeof(PdsAthenaResult));
	PdsError	err;

	pds_on_reset(cxt, close_reader, r);
	r->cxt = cxt;
	r->conn = conn;
	r->exec = exec;
	r->opt = *opt;
	r->columns = palloc(Max(opt->ncolumns, 1) * sizeof(PdsResultColumn));
	memcpy(r->columns, opt->columns, opt->ncolumns * sizeof(PdsResultColumn));
	pds_dialect_init(&r->dialect, PDS_FORMAT_ATHENA_RESULT);
	r->dialect.header_lines = 1;
	r->unit.dialect = &r->dialect;
	r->unit.partition = -1;
	r->by_api = opt->by_api || exec->output_location == NULL || exec->client_encrypted;
	pds_error_clear(&err);
	if (!r->by_api && !open_object(r, &err))
	{
		/*
		 * the API may be allowed where the bucket is not, and have what is
		 * not there
		 */
		if (err.kind != PDS_ERR_ACCESS_DENIED && err.kind != PDS_ERR_NOT_FOUND)
			pds_raise(&err);
		r->by_api = true;
	}
	if (!r->by_api)
		make_rows(r);
	else if (opt->first_page)
		take_page(r, opt->first_page);
	else
		next_page(r);
	MemoryContextSwitchTo(old);
	return r;
}

bool
pds_athena_result_next(PdsAthenaResult *r, TupleTableSlot *slot)
{
	while (!pds_rows_next(r->rows, slot))
	{
		MemoryContext old;
		bool		more;

		if (!r->by_api)
			return false;
		old = MemoryContextSwitchTo(r->cxt);
		more = next_page(r);
		MemoryContextSwitchTo(old);
		if (!more)
			return false;
	}
	return true;
}
