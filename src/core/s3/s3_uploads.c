/*
 * s3_uploads.c
 *	  S3: uploads that were begun and neither completed nor aborted (ListMultipartUploads).
 */
#include "core/s3/s3_write.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/calendar.h"
#include "core/base/pager.h"
#include "core/s3/s3_internal.h"

void
pds_open_uploads_free(PdsOpenUploads *u)
{
	size_t		i;

	for (i = 0; i < u->n; i++)
	{
		free(u->uploads[i].key);
		free(u->uploads[i].id);
	}
	free(u->uploads);
	memset(u, 0, sizeof(*u));
}

/* one page */
typedef struct UploadsPage
{
	PdsOpenUploads *all;
	PdsOpenUpload cur;			/* being collected */
	bool		encoded;		/* keys are percent-encoded */
	bool		truncated;
	char	   *next_key;
	char	   *next_id;
} UploadsPage;

static bool
add_upload(UploadsPage *p, PdsError *err)
{
	PdsOpenUploads *all = p->all;
	PdsOpenUpload *grown;

	if (p->cur.key == NULL || p->cur.id == NULL)
		return pds_error_set(err, PDS_ERR_PROTOCOL,
							 "the list of uploads has one without key or id");
	grown = realloc(all->uploads, (all->n + 1) * sizeof(PdsOpenUpload));
	if (grown == NULL)
		return false;
	all->uploads = grown;
	all->held += sizeof(PdsOpenUpload) + strlen(p->cur.key) + strlen(p->cur.id) + 2;
	all->uploads[all->n++] = p->cur;
	memset(&p->cur, 0, sizeof(p->cur));
	return true;
}

static bool
replace_text(char **field, const char *text)
{
	free(*field);
	return (*field = pds_strdup(text)) != NULL;
}

static bool
on_upload_element(void *arg, const char *path, const char *text, PdsError *err)
{
	UploadsPage *p = arg;
	const char *name = strchr(path, '/');
	int64_t		us;

	if (name == NULL)
		return true;
	name++;
	if (strcmp(name, "Upload/Key") == 0)
		return replace_text(&p->cur.key, text);
	if (strcmp(name, "Upload/UploadId") == 0)
		return replace_text(&p->cur.id, text);
	if (strcmp(name, "Upload/Initiated") == 0)
		p->cur.initiated_us = pds_time_of_text(text, &us) ? us : 0;
	else if (strcmp(name, "Upload") == 0)
		return add_upload(p, err);
	else if (strcmp(name, "EncodingType") == 0)
		p->encoded = strcmp(text, "url") == 0;
	else if (strcmp(name, "IsTruncated") == 0)
		p->truncated = strcmp(text, "true") == 0;
	else if (strcmp(name, "NextKeyMarker") == 0)
		return replace_text(&p->next_key, text);
	else if (strcmp(name, "NextUploadIdMarker") == 0)
		return replace_text(&p->next_id, text);
	return true;
}

/* What is asked for behind this page, as a part of the query: the token of the page to come. */
static bool
next_upload_page(const UploadsPage *p, PdsStr *token, PdsError *err)
{
	if (!p->truncated)
		return true;
	if (p->next_key == NULL || p->next_key[0] == '\0')
		return pds_error_set(err, PDS_ERR_PROTOCOL,
							 "the list of uploads says that it goes on, but not how");
	/* a marker is that of a name: no prefix */
	if (!pds_s3_listed_name(p->next_key, p->encoded, NULL, err))
		return false;
	pds_str_append(token, "&key-marker=");
	pds_str_append_uri(token, p->next_key, strlen(p->next_key), false);
	pds_str_append(token, "&upload-id-marker=");
	if (p->next_id)
		pds_str_append_uri(token, p->next_id, strlen(p->next_id), false);
	return !token->failed || pds_error_oom(err);
}

static bool
read_page(PdsAws *aws, const char *bucket, const char *prefix, PdsPager *pager,
		  PdsOpenUploads *all, PdsError *err)
{
	UploadsPage p = {.all = all};
	size_t		first = all->n;
	PdsS3Call	c;
	PdsResponse resp;
	PdsStr		query;
	PdsStr		token;
	size_t		i;
	bool		ok;

	pds_str_init(&query);
	pds_str_init(&token);
	pds_response_init(&resp);
	pds_str_append(&query, "uploads=&encoding-type=url&prefix=");
	pds_str_append_uri(&query, prefix, strlen(prefix), false);
	pds_str_append(&query, pds_str_text(&pager->token));
	pds_s3_call_init(&c, aws, bucket, NULL, "GET", "ListMultipartUploads");
	c.req.query = query.data;
	ok = query.failed ? pds_error_oom(err) : pds_s3_call_perform(&c, &resp, err);
	ok = ok &&
		pds_s3_call_read(&c, &resp, "ListMultipartUploadsResult", on_upload_element, &p, err);
	/* how they are written is said behind them */
	for (i = first; ok && i < all->n; i++)
		ok = pds_s3_listed_name(all->uploads[i].key, p.encoded, prefix, err);
	ok = ok && next_upload_page(&p, &token, err) &&
		pds_pager_take(pager, token.data, all->n == first, all->held, "s3", "ListMultipartUploads",
					   c.resource, err);
	free(p.cur.key);
	free(p.cur.id);
	free(p.next_key);
	free(p.next_id);
	pds_str_free(&token);
	pds_str_free(&query);
	pds_response_free(&resp);
	return ok;
}

bool
pds_s3_list_uploads(PdsAws *aws, const char *bucket, const char *prefix, PdsOpenUploads *out,
					PdsError *err)
{
	PdsPager	pager;
	bool		ok;

	pds_pager_init(&pager);
	do
		ok = read_page(aws, bucket, prefix, &pager, out, err);
	while (ok && pds_pager_more(&pager));
	pds_pager_free(&pager);
	return ok;
}
