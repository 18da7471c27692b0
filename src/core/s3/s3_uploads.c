/*
 * s3_uploads.c
 *	  S3: uploads that were begun and neither completed nor aborted (ListMultipartUploads).
 */
#include "core/s3/s3_write.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/calendar.h"
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
	const char *prefix;
	bool		encoded;		/* keys are percent-encoded */
	bool		truncated;
	PdsStr		next_key;
	PdsStr		next_id;
} UploadsPage;

/* A key of the reply, malloc'd; NULL: it cannot be one, or memory is short. */
static char *
uploaded_key(const UploadsPage *p, const char *text, PdsError *err)
{
	char	   *key = pds_strdup(text);
	size_t		n = strlen(text);

	if (key && p->encoded)
	{
		n = pds_uri_decode(key, n, true);
		key[n] = '\0';
	}
	if (key && (strlen(key) != n || !pds_str_has_prefix(key, p->prefix)))
	{
		pds_error_set(err, PDS_ERR_PROTOCOL, "the list of uploads has a key that was not asked for");
		free(key);
		key = NULL;
	}
	return key;
}

static bool
add_upload(UploadsPage *p, PdsError *err)
{
	PdsOpenUploads *all = p->all;
	PdsOpenUpload *grown;
	char	   *key;

	if (p->cur.key == NULL || p->cur.id == NULL)
		return pds_error_set(err, PDS_ERR_PROTOCOL, "the list of uploads has one without key or id");
	key = uploaded_key(p, p->cur.key, err);
	grown = key ? realloc(all->uploads, (all->n + 1) * sizeof(PdsOpenUpload)) : NULL;
	if (grown == NULL)
	{
		free(key);
		return false;
	}
	free(p->cur.key);
	p->cur.key = key;
	all->uploads = grown;
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
		return pds_str_append(&p->next_key, text);
	else if (strcmp(name, "NextUploadIdMarker") == 0)
		return pds_str_append(&p->next_id, text);
	return true;
}

/* Asks for the page behind the markers, and puts the next ones into them. */
static bool
read_page(PdsAws *aws, const char *bucket, const char *prefix, PdsStr *key_marker,
		  PdsStr *id_marker, PdsOpenUploads *all, bool *more, PdsError *err)
{
	UploadsPage p = {.all = all, .prefix = prefix};
	PdsS3Call	c;
	PdsResponse resp;
	PdsStr		query;
	bool		ok;

	pds_str_init(&query);
	pds_str_init(&p.next_key);
	pds_str_init(&p.next_id);
	pds_response_init(&resp);
	pds_str_append(&query, "uploads=&encoding-type=url&prefix=");
	pds_str_append_uri(&query, prefix, strlen(prefix), false);
	if (key_marker->len > 0)
	{
		pds_str_append(&query, "&key-marker=");
		pds_str_append_uri(&query, key_marker->data, key_marker->len, false);
		pds_str_append(&query, "&upload-id-marker=");
		pds_str_append_uri(&query, pds_str_text(id_marker), id_marker->len, false);
	}
	pds_s3_call_init(&c, aws, bucket, NULL, "GET", "ListMultipartUploads");
	c.req.query = query.data;
	ok = query.failed ? pds_error_oom(err) : pds_s3_call_perform(&c, &resp, err);
	ok = ok && pds_s3_call_read(&c, &resp, "ListMultipartUploadsResult", on_upload_element, &p, err);
	*more = ok && p.truncated;
	/* a page that leads back to itself would lead there for ever */
	if (*more && (p.next_key.len == 0 || (strcmp(pds_str_text(&p.next_key), pds_str_text(key_marker)) == 0 &&
										  strcmp(pds_str_text(&p.next_id), pds_str_text(id_marker)) == 0)))
		ok = pds_error_set(err, PDS_ERR_PROTOCOL, "the list of uploads does not go on where it ended");
	if (ok && p.encoded && p.next_key.len > 0)
		p.next_key.len = pds_uri_decode(p.next_key.data, p.next_key.len, true);
	pds_str_free(key_marker);
	pds_str_free(id_marker);
	*key_marker = p.next_key;
	*id_marker = p.next_id;
	free(p.cur.key);
	free(p.cur.id);
	pds_str_free(&query);
	pds_response_free(&resp);
	return ok;
}

bool
pds_s3_list_uploads(PdsAws *aws, const char *bucket, const char *prefix, PdsOpenUploads *out,
					PdsError *err)
{
	PdsStr		key_marker;
	PdsStr		id_marker;
	bool		more = true;
	bool		ok = true;

	pds_str_init(&key_marker);
	pds_str_init(&id_marker);
	while (ok && more)
		ok = read_page(aws, bucket, prefix, &key_marker, &id_marker, out, &more, err);
	pds_str_free(&key_marker);
	pds_str_free(&id_marker);
	return ok;
}
