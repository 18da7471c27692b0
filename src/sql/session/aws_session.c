/*
 * aws_session.c
 *	  SQL functions about whom and where the credentials of a server are, and
 *	  the SageMaker session's default bucket and upload_data.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "access/htup_details.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "tcop/utility.h"
#include "utils/builtins.h"

#include "core/aws/sts.h"
#include "fdw/base/error_map.h"
#include "sql/s3/s3_transfer.h"
#include "sql/s3/server_files.h"

PG_FUNCTION_INFO_V1(pds_aws_session);
PG_FUNCTION_INFO_V1(pds_default_bucket);
PG_FUNCTION_INFO_V1(pds_upload_data_path);
PG_FUNCTION_INFO_V1(pds_upload_data_bytes);

static void
caller(PdsS3Work *work, PdsCallerIdentity *who)
{
	PdsError	err;

	pds_error_clear(&err);
	if (!pds_sts_caller_identity(work->aws, who, &err))
		pds_raise(&err);
}

/* ---- session ---- */

static Datum
endpoint_datum(PdsS3Work *work, PdsService service)
{
	PdsError	err;
	Datum		text;

	pds_error_clear(&err);
	pds_str_reset(&work->token);
	if (!pds_aws_base_url(work->aws, service, &work->token, &err))
		pds_raise(&err);
	text = CStringGetTextDatum(pds_str_text(&work->token));
	return text;
}

Datum
pds_aws_session(PG_FUNCTION_ARGS)
{
	PdsS3Work  *work = pds_s3_work(NameStr(*PG_GETARG_NAME(0)));
	PdsCallerIdentity who;
	Datum		values[9];
	bool		nulls[9] = {false};
	const char *region = pds_aws_region(work->aws);

	caller(work, &who);
	values[0] = CStringGetTextDatum(who.account);
	values[1] = CStringGetTextDatum(who.arn);
	values[2] = CStringGetTextDatum(who.user_id);
	values[3] = CStringGetTextDatum(region);
	nulls[3] = region[0] == '\0';
	values[4] = CStringGetTextDatum(who.partition);
	values[5] = CStringGetTextDatum(pds_credentials_info(pds_aws_credentials(work->aws))->source);
	values[6] = endpoint_datum(work, PDS_S3);
	values[7] = endpoint_datum(work, PDS_GLUE);
	values[8] = endpoint_datum(work, PDS_ATHENA);
	PG_RETURN_DATUM(pds_row_datum(fcinfo, lengthof(values), values, nulls));
}

/* ---- default bucket ---- */

/* PREFIX-REGION-ACCOUNT, made unless it is there, and ours in any case */
static char *
default_bucket(PdsS3Work *work, const char *prefix)
{
	PdsCallerIdentity who;
	PdsError	err;
	const char *region = pds_aws_region(work->aws);
	char	   *bucket;
	bool		exists;

	if (region[0] == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE),
				 errmsg("the name of the default bucket needs a region"),
				 errhint("ALTER SERVER ... OPTIONS (ADD region 'us-east-1').")));
	caller(work, &who);
	bucket = psprintf("%s-%s-%s", prefix, region, who.account);
	pds_error_clear(&err);
	/* its name can be guessed: somebody else may have taken it to read along */
	if (!pds_s3_bucket_is_ours(work->aws, bucket, who.account, &exists, &err))
	{
		if (err.kind == PDS_ERR_ACCESS_DENIED)
			ereport(ERROR,
					(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
					 errmsg("bucket \"%s\" belongs to another account, or you may not look at it",
							bucket),
					 errhint("Choose another name with prefix, or pass a bucket.")));
		pds_raise(&err);
	}
	if (!exists)
	{
		PreventCommandIfReadOnly("pds.default_bucket()");
		if (!pds_s3_create_bucket(work->aws, bucket, NULL, NULL, &err))
			pds_raise(&err);
		ereport(NOTICE, (errmsg("bucket \"%s\" was made", bucket)));
	}
	return bucket;
}

Datum
pds_default_bucket(PG_FUNCTION_ARGS)
{
	PdsS3Work  *work = pds_s3_work(NameStr(*PG_GETARG_NAME(0)));

	PG_RETURN_TEXT_P(cstring_to_text(default_bucket(work,
													pds_s3_to_utf8(PG_GETARG_TEXT_PP(1)))));
}

/* ---- upload_data ---- */

/* arguments n and n + 1: bucket (NULL: the default one) and key_prefix; the key is a folder */
static PdsS3Uri
upload_target(FunctionCallInfo fcinfo, int n, PdsS3Work *work)
{
	PdsS3Uri	to;

	to.bucket = PG_ARGISNULL(n) ? default_bucket(work, "sagemaker")
		: pds_s3_to_utf8(PG_GETARG_TEXT_PP(n));
	if (!pds_s3_valid_bucket(to.bucket))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"%s\" is not a bucket name", to.bucket)));
	to.key = PG_ARGISNULL(n + 1) ? pstrdup("")
		: pds_s3_folder(pds_s3_to_utf8(PG_GETARG_TEXT_PP(n + 1)));
	return to;
}

/* (server, path, bucket, key_prefix) */
Datum
pds_upload_data_path(PG_FUNCTION_ARGS)
{
	char	   *path = pds_server_path(pds_s3_text_arg(fcinfo, 1, "path"), false);
	PdsS3Work  *work = pds_s3_write_work(fcinfo, "pds.upload_data()");
	PdsS3Uri	to = upload_target(fcinfo, 2, work);

	if (pds_server_path_kind(path) == PDS_PATH_DIRECTORY)
	{
		pds_s3_upload_folder(work, path, to, NULL, false, NULL);
		/* as the SDK returns it: without a last '/' */
		if (to.key[0])
			to.key[strlen(to.key) - 1] = '\0';
	}
	else
	{
		const char *name = strrchr(path, '/') + 1;

		to.key = psprintf("%s%s", to.key, pds_s3_to_utf8(cstring_to_text(name)));
		(void) pds_s3_upload_path(work, path, to, NULL);
	}
	PG_RETURN_DATUM(pds_s3_uri_datum(to.bucket, to.key));
}

/* (server, content, name, bucket, key_prefix) */
Datum
pds_upload_data_bytes(PG_FUNCTION_ARGS)
{
	bytea	   *content = pds_s3_text_arg(fcinfo, 1, "content");
	char	   *name = pds_s3_to_utf8(pds_s3_text_arg(fcinfo, 2, "name"));
	PdsS3Work  *work = pds_s3_write_work(fcinfo, "pds.upload_data()");
	PdsS3Uri	to;

	if (name[0] == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("name must not be empty")));
	to = upload_target(fcinfo, 3, work);
	to.key = psprintf("%s%s", to.key, name);
	pds_s3_put_bytes(work, to, VARDATA_ANY(content), VARSIZE_ANY_EXHDR(content));
	PG_RETURN_DATUM(pds_s3_uri_datum(to.bucket, to.key));
}
