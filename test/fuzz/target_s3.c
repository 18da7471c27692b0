/*
 * target_s3.c
 *	  Replies of S3.
 */
#include "fuzz.h"

#include "core/base/calendar.h"
#include "core/s3/s3.h"
#include "core/s3/s3_write.h"

static void
check_object(const PdsObject *o)
{
	FUZZ_CHECK(o->key != NULL);
	FUZZ_CHECK(o->size >= 0);
	FUZZ_CHECK(pds_header_fault(o->etag) == NULL);
	FUZZ_CHECK(o->modified_us >= 0 && o->modified_us / 1000000 <= PDS_TIME_MAX);
}

/* prefix, delimiter and limit, how it is cut, pages */
void
fuzz_listing(FuzzInput *in)
{
	static const char *const prefixes[] = {NULL, "a/", "", "a b+"};
	const char *prefix = prefixes[fuzz_byte(in, 4)];
	const char *delimiter = fuzz_byte(in, 2) ? "/" : NULL;
	size_t		most = fuzz_byte(in, 5);
	PdsObjectList list = {0};
	PdsError	err;
	size_t		i;

	fuzz_serve(in->p, in->n, 1000);
	if (fuzz_check_call(pds_s3_list(fuzz_aws(), "bucket", prefix, delimiter, NULL, most, &list, &err),
						&err))
	{
		for (i = 0; i < list.n; i++)
		{
			check_object(&list.objects[i]);
			FUZZ_CHECK(prefix == NULL || pds_str_has_prefix(list.objects[i].key, prefix));
		}
		for (i = 0; i < list.nprefixes; i++)
			FUZZ_CHECK(prefix == NULL || pds_str_has_prefix(list.prefixes[i], prefix));
		FUZZ_CHECK(list.n + list.nprefixes <= in->n);
	}
	FUZZ_CHECK((size_t) fuzz_requests() <= 4 * (in->n / 6 + 2));
	pds_object_list_free(&list);
	fuzz_client_free();
}

/* one of the other calls, then replies */
void
fuzz_s3(FuzzInput *in)
{
	unsigned int which = fuzz_byte(in, 14);
	PdsAws	   *aws;
	PdsError	err;
	PdsObject	o = {0};
	PdsResponse r;
	PdsObjectList list = {0};
	PdsPager	pager;
	PdsUpload  *u = NULL;
	PdsUpload  *left = NULL;
	PdsPutOptions put = {0};
	PdsUploadOptions upload = {.hold_nothing = true};
	char	   *keys[] = {"a", "b", "c"};
	size_t		deleted = 0;
	char		region[40];
	bool		flag;
	int64_t		bytes;

	pds_response_init(&r);
	pds_pager_init(&pager);
	fuzz_serve(in->p, in->n, 1000);
	aws = fuzz_aws();
	switch (which)
	{
		case 0:
		case 1:
			if (fuzz_check_call(which ? pds_s3_head_version(aws, "bucket", "k", "v1", &o, &err)
								: pds_s3_head(aws, "bucket", "k", &o, &err), &err))
				check_object(&o);
			break;
		case 2:
			fuzz_check_call(pds_s3_get(aws, "bucket", "k", -1, -1, NULL, &r, &err), &err);
			break;
		case 3:
			fuzz_check_call(pds_s3_get(aws, "bucket", "k", 2, 9, "\"e\"", &r, &err), &err);
			break;
		case 4:
			fuzz_check_call(pds_s3_delete(aws, "bucket", "k", &err), &err);
			break;
		case 5:
			fuzz_check_call(pds_s3_copy(aws, "bucket", "k", NULL, "bucket", "k2", &bytes, &left, &err), &err);
			break;
		case 6:
			fuzz_check_call(pds_s3_create_bucket(aws, "bucket", NULL, &flag, &err), &err);
			break;
		case 7:
			fuzz_check_call(pds_s3_head_bucket(aws, "bucket", &flag, region, sizeof(region), &err), &err);
			break;
		case 8:
			fuzz_check_call(pds_s3_bucket_is_ours(aws, "bucket", "123456789012", &flag, &err), &err);
			break;
		case 9:
			fuzz_check_call(pds_s3_list_buckets(aws, &list, &pager, &err), &err);
			break;
		case 10:
			fuzz_check_call(pds_s3_delete_bucket(aws, "bucket", &err), &err);
			break;
		case 11:
			fuzz_check_call(pds_s3_put(aws, "bucket", "k", "text", 4, &put, o.etag, &err), &err);
			break;
		case 12:
			u = pds_upload_new(aws, "bucket", "k", &upload, &err);
			FUZZ_CHECK(u != NULL);
			if (!fuzz_check_call(pds_upload_write(u, "text", 4, &err) && pds_upload_finish(u, &err) &&
								 pds_upload_complete(u, &err), &err))
				fuzz_check_call(pds_upload_abort(u, &err), &err);
			break;
		default:
			fuzz_check_call(pds_s3_delete_many(aws, "bucket", keys, 3, &deleted, &err), &err);
			FUZZ_CHECK(deleted <= 3);
	}
	FUZZ_CHECK((size_t) fuzz_requests() <= 4 * (in->n / 6 + 4));
	pds_upload_free(u);
	pds_upload_free(left);
	pds_object_list_free(&list);
	pds_pager_free(&pager);
	pds_response_free(&r);
	free(o.key);
	fuzz_client_free();
}

/* prefix, then pages of open uploads */
void
fuzz_uploads(FuzzInput *in)
{
	static const char *const prefixes[] = {"", "a/", "a b+"};
	const char *prefix = prefixes[fuzz_byte(in, 3)];
	PdsOpenUploads open = {0};
	PdsError	err;
	size_t		i;

	fuzz_serve(in->p, in->n, 1000);
	if (fuzz_check_call(pds_s3_list_uploads(fuzz_aws(), "bucket", prefix, &open, &err), &err))
		for (i = 0; i < open.n; i++)
		{
			const PdsOpenUpload *u = &open.uploads[i];

			FUZZ_CHECK(pds_str_has_prefix(u->key, prefix));
			FUZZ_CHECK(u->id != NULL);
			FUZZ_CHECK(u->initiated_us >= 0 && u->initiated_us / 1000000 <= PDS_TIME_MAX);
		}
	FUZZ_CHECK(open.n <= in->n && open.held <= (sizeof(PdsOpenUpload) + 2) * open.n + in->n);
	FUZZ_CHECK((size_t) fuzz_requests() <= 4 * (in->n / 6 + 2));
	pds_open_uploads_free(&open);
	fuzz_client_free();
}
