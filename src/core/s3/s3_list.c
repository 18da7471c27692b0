/*
 * s3_list.c
 *	  S3: listings (doc/dev/aws.md §4).  What a listing says is looked at: keys below the
 *	  prefix, sizes that are numbers, ETags that can be sent.
 */
#include "core/s3/s3.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/calendar.h"
#include "core/s3/s3_internal.h"

void
pds_object_list_free(PdsObjectList *list)
{
	size_t		i;

	for (i = 0; i < list->n; i++)
		free(list->objects[i].key);
	for (i = 0; i < list->nprefixes; i++)
		free(list->prefixes[i]);
	free(list->objects);
	free(list->prefixes);
	pds_pager_free(&list->rest);
	memset(list, 0, sizeof(*list));
}

typedef struct ListParse
{
	PdsObjectList *list;
	PdsObject	cur;			/* being collected */
	char	   *prefix;
	bool		has_size;		/* of cur */
	bool		encoded;		/* keys are percent-encoded */
	bool		is_truncated;
	PdsStr		token;
	size_t		max_objects;
	size_t		first_object;	/* of this page, for late decoding */
	size_t		first_prefix;
} ListParse;

bool
pds_object_list_add(PdsObjectList *l, PdsObject *o)
{
	if (l->n == l->cap)
	{
		size_t		cap = l->cap ? l->cap * 2 : 256;
		PdsObject  *grown = realloc(l->objects, cap * sizeof(PdsObject));

		if (grown == NULL)
		{
			free(o->key);
			o->key = NULL;
			return false;
		}
		l->objects = grown;
		l->cap = cap;
	}
	l->held += sizeof(PdsObject) + strlen(o->key) + 1;
	l->objects[l->n++] = *o;
	memset(o, 0, sizeof(*o));
	return true;
}

static bool
list_add_prefix(ListParse *p)
{
	PdsObjectList *l = p->list;

	if (p->prefix == NULL)
		return true;
	if (l->nprefixes == l->prefixes_cap)
	{
		size_t		cap = l->prefixes_cap ? l->prefixes_cap * 2 : 64;
		char	  **grown = realloc(l->prefixes, cap * sizeof(char *));

		if (grown == NULL)
			return false;
		l->prefixes = grown;
		l->prefixes_cap = cap;
	}
	l->held += sizeof(char *) + strlen(p->prefix) + 1;
	l->prefixes[l->nprefixes++] = p->prefix;
	p->prefix = NULL;
	return true;
}

/* a listing that cannot be believed */
static bool
bad_listing(const char *what, const char *text, PdsError *err)
{
	char		shown[120];

	pds_escape_text(shown, sizeof(shown), text, strlen(text));
	pds_error_set(err, PDS_ERR_PROTOCOL, "the listing gives %s: \"%s\"", what, shown);
	pds_error_hint(err, "Check that endpoint_url names the service it should.");
	return false;
}

/* An element of <Contents>; name is what follows that. */
static bool
on_object_element(ListParse *p, const char *name, const char *text, PdsError *err)
{
	PdsObject  *o = &p->cur;
	int64_t		us;

	if (strcmp(name, "/Key") == 0)
	{
		free(o->key);
		return (o->key = pds_strdup(text)) != NULL;
	}
	if (strcmp(name, "/Size") == 0)
	{
		p->has_size = pds_size_of_text(text, strlen(text), &o->size);
		return p->has_size || bad_listing("a size that is not a number", text, err);
	}
	if (strcmp(name, "/ETag") == 0)
	{
		if (pds_header_fault(text) || strlen(text) >= sizeof(o->etag))
			return bad_listing("an ETag that cannot be one", text, err);
		pds_copy_cut(o->etag, sizeof(o->etag), text, strlen(text));
	}
	else if (strcmp(name, "/LastModified") == 0)
		o->modified_us = pds_time_of_text(text, &us) ? us : 0;
	else if (strcmp(name, "/StorageClass") == 0)
		pds_copy_cut(o->storage_class, sizeof(o->storage_class),
					 strcmp(text, "STANDARD") == 0 ? "" : text,
					 strcmp(text, "STANDARD") == 0 ? 0 : strlen(text));

	/*
	 * a copy that can be read has a date at which it goes; one still being
	 * made has none
	 */
	else if (strcmp(name, "/RestoreStatus/RestoreExpiryDate") == 0)
		o->restored = true;
	else if (name[0] == '\0')
	{
		if (o->key == NULL || !p->has_size)
			return bad_listing("an object without key or size", o->key ? o->key : "", err);
		p->has_size = false;
		return pds_object_list_add(p->list, o);
	}
	return true;
}

static bool
on_list_element(void *arg, const char *path, const char *text, PdsError *err)
{
	ListParse  *p = arg;
	const char *name = strchr(path, '/');

	if (name == NULL)
		return true;
	name++;
	if (strncmp(name, "Contents", 8) == 0)
		return on_object_element(p, name + 8, text, err);
	if (strcmp(name, "CommonPrefixes/Prefix") == 0)
	{
		free(p->prefix);
		return (p->prefix = pds_strdup(text)) != NULL;
	}
	if (strcmp(name, "CommonPrefixes") == 0)
		return list_add_prefix(p);
	if (strcmp(name, "EncodingType") == 0)
		p->encoded = strcmp(text, "url") == 0;
	else if (strcmp(name, "IsTruncated") == 0)
	{
		p->is_truncated = strcmp(text, "true") == 0;
		if (!p->is_truncated && strcmp(text, "false") != 0)
			return bad_listing("an IsTruncated that is neither true nor false", text, err);
	}
	else if (strcmp(name, "NextContinuationToken") == 0)
		return pds_str_append(&p->token, text);
	return true;
}

bool
pds_s3_listed_name(char *name, bool encoded, const char *prefix, PdsError *err)
{
	size_t		n = strlen(name);

	if (encoded)
	{
		n = pds_uri_decode(name, n, true);
		name[n] = '\0';
		if (strlen(name) != n)
			return bad_listing("a name with a zero byte", name, err);
	}
	return prefix == NULL || pds_str_has_prefix(name, prefix) ||
		bad_listing("a name outside of the prefix asked for", name, err);
}

static void
append_param(PdsStr *q, const char *name, const char *value)
{
	if (value == NULL || value[0] == '\0')
		return;
	pds_str_appendf(q, "&%s=", name);
	pds_str_append_uri(q, value, strlen(value), false);
}

static bool
any_archived(const PdsObjectList *list, size_t from)
{
	for (; from < list->n; from++)
		if (pds_object_archived(&list->objects[from]))
			return true;
	return false;
}

/* Forget what comes after the first n objects and nprefixes common prefixes. */
static void
list_truncate(PdsObjectList *list, size_t n, size_t nprefixes)
{
	while (list->n > n)
		free(list->objects[--list->n].key);
	while (list->nprefixes > nprefixes)
		free(list->prefixes[--list->nprefixes]);
}

struct PdsListCall
{
	PdsS3Call	call;
	PdsStr		query;
	char	   *bucket;
	char	   *prefix;
	PdsTransfer *transfer;		/* NULL: it could not start, or has ended */
	PdsError	err;			/* why it could not */
};

/* The request of the page that the pager stands at; of `left` objects at most. */
static bool
call_make(PdsListCall *lc, PdsAws *aws, const char *bucket, const char *prefix,
		  const char *delimiter, const char *start_after, size_t left, bool restore_status,
		  const PdsPager *pager, PdsError *err)
{
	PdsS3Call  *c = &lc->call;

	memset(lc, 0, sizeof(*lc));
	pds_str_init(&lc->query);
	lc->bucket = pds_strdup(bucket);
	lc->prefix = pds_strdup(prefix ? prefix : "");
	if (lc->bucket == NULL || lc->prefix == NULL)
		return pds_error_oom(err);
	pds_str_append(&lc->query, "list-type=2&encoding-type=url");
	if (left < 1000)
		pds_str_appendf(&lc->query, "&max-keys=%zu", left);
	append_param(&lc->query, "prefix", prefix);
	append_param(&lc->query, "delimiter", delimiter);
	if (pds_pager_more(pager))
		append_param(&lc->query, "continuation-token", pager->token.data);
	else
		append_param(&lc->query, "start-after", start_after);
	pds_s3_call_init(c, aws, lc->bucket, NULL, "GET", "ListObjectsV2");
	pds_s3_name(c->resource, sizeof(c->resource), bucket, prefix);
	if (restore_status)
		pds_s3_call_header(c, "x-amz-optional-object-attributes", "RestoreStatus");
	c->req.query = lc->query.data;
	return !lc->query.failed || pds_error_oom(err);
}

static void
call_clear(PdsListCall *lc)
{
	pds_transfer_free(lc->transfer);
	pds_str_free(&lc->query);
	free(lc->bucket);
	free(lc->prefix);
}

/*
 * What the reply says, behind what list has.  *again: there are archived objects in it, and the
 * page is to be asked for once more, with their RestoreStatus, as are the pages to come: not every
 * other S3 knows the header.
 */
static bool
call_read(const PdsListCall *lc, const PdsResponse *resp, PdsObjectList *list, PdsPager *pager,
		  bool *again, PdsError *err)
{
	const PdsS3Call *c = &lc->call;
	ListParse	p = {.list = list, .first_object = list->n, .first_prefix = list->nprefixes};
	size_t		i;
	bool		ok = pds_s3_call_read(c, resp, "ListBucketResult", on_list_element, &p, err);

	for (i = p.first_object; ok && i < list->n; i++)
		ok = pds_s3_listed_name(list->objects[i].key, p.encoded, lc->prefix, err);
	for (i = p.first_prefix; ok && i < list->nprefixes; i++)
		ok = pds_s3_listed_name(list->prefixes[i], p.encoded, lc->prefix, err);
	if (ok && p.is_truncated && p.token.len == 0)
	{
		ok = pds_error_set(err, PDS_ERR_PROTOCOL,
						   "the listing of %s says that it goes on, but not how", c->resource);
		pds_error_context(err, "s3", "ListObjectsV2", c->resource);
	}
	*again = ok && !list->restore_status && any_archived(list, p.first_object);
	if (*again)
	{
		list->restore_status = true;
		list_truncate(list, p.first_object, p.first_prefix);
	}
	else if (ok)
		ok = pds_pager_take(pager, p.is_truncated ? p.token.data : NULL,
							list->n == p.first_object && list->nprefixes == p.first_prefix,
							list->held, "s3", "ListObjectsV2", c->resource, err);
	if (!ok && err->kind == PDS_ERR_PROTOCOL && err->service[0] == '\0')
		pds_error_context(err, "s3", "ListObjectsV2", c->resource);
	free(p.cur.key);
	free(p.prefix);
	pds_str_free(&p.token);
	return ok;
}

bool
pds_s3_list_page(PdsAws *aws, const char *bucket, const char *prefix, const char *delimiter,
				 const char *start_after, size_t max_objects, PdsObjectList *list,
				 PdsPager *pager, PdsError *err)
{
	PdsListCall lc;
	PdsResponse resp;
	bool		again = false;
	bool		ok;

	pds_response_init(&resp);
	ok = call_make(&lc, aws, bucket, prefix, delimiter, start_after,
				   max_objects ? max_objects - list->n : 1000, list->restore_status, pager, err) &&
		pds_s3_call_perform(&lc.call, &resp, err) &&
		call_read(&lc, &resp, list, pager, &again, err);
	call_clear(&lc);
	pds_response_free(&resp);
	if (again)
		return pds_s3_list_page(aws, bucket, prefix, delimiter, start_after, max_objects, list,
								pager, err);
	return ok;
}

PdsListCall *
pds_s3_list_start(PdsAws *aws, const char *bucket, const char *prefix, bool restore_status,
				  const PdsPager *pager)
{
	PdsListCall *lc = calloc(1, sizeof(PdsListCall));

	if (lc == NULL)
		return NULL;
	pds_error_clear(&lc->err);
	if (call_make(lc, aws, bucket, prefix, NULL, NULL, 1000, restore_status, pager, &lc->err))
		lc->transfer = pds_s3_call_start(&lc->call, &lc->err);
	return lc;
}

bool
pds_s3_list_came(const PdsListCall *lc)
{
	return lc->transfer == NULL || pds_transfer_done(lc->transfer);
}

bool
pds_s3_list_finish(PdsListCall *lc, PdsObjectList *list, PdsPager *pager, PdsError *err)
{
	PdsTransfer *t = lc->transfer;
	PdsResponse resp;
	bool		again = false;
	bool		ok;

	*err = lc->err;
	lc->transfer = NULL;
	pds_response_init(&resp);
	ok = (t != NULL || err->kind == PDS_ERR_NONE) &&
		pds_s3_call_finish(&lc->call, t, &resp, err) &&
		call_read(lc, &resp, list, pager, &again, err);
	pds_response_free(&resp);
	if (again)
		ok = pds_s3_list_page(lc->call.aws, lc->bucket, lc->prefix, NULL, NULL, 0, list, pager,
							  err);
	pds_s3_list_abandon(lc);
	return ok;
}

void
pds_s3_list_abandon(PdsListCall *lc)
{
	if (lc)
		call_clear(lc);
	free(lc);
}

/* indexes of a list by key, equal keys in the order in which they came */
typedef struct ByKey
{
	const char *key;
	size_t		at;
} ByKey;

static int
compare_keys(const void *a, const void *b)
{
	const ByKey *x = a;
	const ByKey *y = b;
	int			c = strcmp(x->key, y->key);

	return c ? c : x->at < y->at ? -1 : x->at > y->at;
}

bool
pds_object_list_ascends(const char *last, const PdsObjectList *list, size_t from)
{
	size_t		i;

	for (i = from; i < list->n; i++)
	{
		if (last && strcmp(last, list->objects[i].key) >= 0)
			return false;
		last = list->objects[i].key;
	}
	return true;
}

/* are the keys in order, those of the list behind those before? */
static bool
is_ordered(const PdsObjectList *before, const PdsObjectList *list, size_t from)
{
	const char *last = before && before->n > 0 ? before->objects[before->n - 1].key : NULL;

	return (before == NULL || pds_object_list_ascends(NULL, before, 0)) &&
		pds_object_list_ascends(last, list, from);
}

/*
 * Keys come in order, and then there is nothing to do.  Where they do not, pages
 * may overlap.
 */
bool
pds_object_list_drop_repeated(PdsObjectList *list, size_t from, const PdsObjectList *before)
{
	size_t		nbefore = before ? before->n : 0;
	size_t		n = nbefore + list->n - from;
	ByKey	   *sorted;
	size_t		i;
	size_t		kept = from;

	if (is_ordered(before, list, from))
		return true;
	sorted = malloc(n * sizeof(ByKey));
	if (sorted == NULL)
		return false;
	for (i = 0; i < n; i++)
	{
		sorted[i].key = i < nbefore ? before->objects[i].key
			: list->objects[from + i - nbefore].key;
		sorted[i].at = i;
	}
	qsort(sorted, n, sizeof(ByKey), compare_keys);
	for (i = n - 1; i > 0; i--)
		if (sorted[i].at >= nbefore && strcmp(sorted[i].key, sorted[i - 1].key) == 0)
		{
			PdsObject  *o = &list->objects[from + sorted[i].at - nbefore];

			free(o->key);
			o->key = NULL;
		}
	free(sorted);
	for (i = from; i < list->n; i++)
		if (list->objects[i].key)
			list->objects[kept++] = list->objects[i];
	list->n = kept;
	return true;
}

bool
pds_s3_list(PdsAws *aws, const char *bucket, const char *prefix,
			const char *delimiter, const char *start_after,
			size_t max_objects, PdsObjectList *list, PdsError *err)
{
	size_t		limit = max_objects ? list->n + max_objects : 0;
	size_t		from = list->n;
	PdsPager	pager;
	bool		ok = true;

	pds_pager_init(&pager);
	do
	{
		ok = pds_s3_list_page(aws, bucket, prefix, delimiter, start_after, limit, list, &pager,
							  err);
		list->pages++;
		if (ok && limit && list->n >= limit)
		{
			list->truncated = pds_pager_more(&pager);
			pds_pager_free(&list->rest);
			list->rest = pager;
			pds_pager_init(&pager);
			break;
		}
	} while (ok && pds_pager_more(&pager));
	pds_pager_free(&pager);
	return ok && (pds_object_list_drop_repeated(list, from, NULL) || pds_error_oom(err));
}
