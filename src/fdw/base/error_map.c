/*
 * error_map.c
 *	  The one place where a PdsError becomes an ereport.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"

#include "fdw/base/connection.h"
#include "fdw/base/error_map.h"
#include "fdw/base/types.h"

/* codes without a macro of their own */
#define ERRCODE_PDS_THROTTLED	ERRCODE_INSUFFICIENT_RESOURCES
#define ERRCODE_PDS_SERVICE		ERRCODE_CONNECTION_FAILURE

/* Errors of expressions, as PostgreSQL has them; the message quotes the value that was cast. */
static int
query_sqlstate(const PdsError *err)
{
	const char *value;

	if (strcmp(err->aws_code, "DIVISION_BY_ZERO") == 0)
		return ERRCODE_DIVISION_BY_ZERO;
	if (strcmp(err->aws_code, "NUMERIC_VALUE_OUT_OF_RANGE") == 0)
		return ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE;
	if (strcmp(err->aws_code, "HIVE_INVALID_PARTITION_VALUE") == 0)
		return ERRCODE_INVALID_TEXT_REPRESENTATION;
	if (strcmp(err->aws_code, "INVALID_CAST_ARGUMENT") != 0)
		return ERRCODE_FDW_UNABLE_TO_CREATE_EXECUTION;
	value = strchr(err->message, '\'');
	if (value && value[1 + strspn(value + 1, "-.0123456789")] == '\'')
		return ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE;
	return ERRCODE_INVALID_TEXT_REPRESENTATION;
}

int
pds_sqlstate(const PdsError *err)
{
	switch (err->kind)
	{
		case PDS_ERR_NONE:
			return ERRCODE_INTERNAL_ERROR;
		case PDS_ERR_OUT_OF_MEMORY:
			return ERRCODE_OUT_OF_MEMORY;
		case PDS_ERR_CANCELLED:
			return ERRCODE_QUERY_CANCELED;
		case PDS_ERR_CONFIG:
			return ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE;
		case PDS_ERR_NO_CREDENTIALS:
		case PDS_ERR_AUTH:
			return ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION;
		case PDS_ERR_ACCESS_DENIED:
			return ERRCODE_INSUFFICIENT_PRIVILEGE;
		case PDS_ERR_CONNECT:
		case PDS_ERR_TLS:
			return ERRCODE_SQLCLIENT_UNABLE_TO_ESTABLISH_SQLCONNECTION;
		case PDS_ERR_BROKEN:
		case PDS_ERR_TIMEOUT:
		case PDS_ERR_SERVICE:
			return ERRCODE_PDS_SERVICE;
		case PDS_ERR_THROTTLED:
			return ERRCODE_PDS_THROTTLED;
		case PDS_ERR_NOT_FOUND:
			return strcmp(err->aws_code, "EntityNotFoundException") == 0
				? ERRCODE_FDW_TABLE_NOT_FOUND : ERRCODE_UNDEFINED_OBJECT;
		case PDS_ERR_ALREADY_EXISTS:
			return ERRCODE_DUPLICATE_OBJECT;
		case PDS_ERR_INVALID_REQUEST:
			if (strcmp(err->aws_code, "BucketNotEmpty") == 0)
				return ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST;
			return ERRCODE_FDW_ERROR;
		case PDS_ERR_WRONG_REGION:
			return ERRCODE_FDW_ERROR;
		case PDS_ERR_OBJECT_CHANGED:
			return ERRCODE_T_R_SERIALIZATION_FAILURE;
		case PDS_ERR_OBJECT_ARCHIVED:
			return ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE;
		case PDS_ERR_PROTOCOL:
			return ERRCODE_PROTOCOL_VIOLATION;
		case PDS_ERR_DATA:
			return ERRCODE_DATA_CORRUPTED;
		case PDS_ERR_LIMIT:
			return ERRCODE_PROGRAM_LIMIT_EXCEEDED;
		case PDS_ERR_UNSUPPORTED:
			return ERRCODE_FEATURE_NOT_SUPPORTED;
		case PDS_ERR_QUERY_FAILED:
			return query_sqlstate(err);
		case PDS_ERR_QUERY_CANCELLED:
			return ERRCODE_FDW_UNABLE_TO_CREATE_EXECUTION;
		case PDS_ERR_QUERY_CUTOFF:
			return ERRCODE_CONFIGURATION_LIMIT_EXCEEDED;
		case PDS_ERR_QUERY_RESOURCES:
			return ERRCODE_INSUFFICIENT_RESOURCES;
	}
	return ERRCODE_INTERNAL_ERROR;
}

/*
 * Text of a service.  What is not valid here is shown as question marks: an
 * error must not fail, least of all in a transaction callback, so nothing is
 * converted.
 */
static char *
safe(const char *text)
{
	char	   *copy = pstrdup(text);
	char	   *p;

	if (GetDatabaseEncoding() == PG_UTF8 && pds_encoding_valid(PG_UTF8, text, strlen(text)))
		return copy;
	for (p = copy; *p; p++)
		if ((unsigned char) *p >= 0x80)
			*p = '?';
	return copy;
}

static void
add_line(StringInfo buf, const char *label, const char *value)
{
	if (value[0] == '\0')
		return;
	appendStringInfo(buf, "%s%s: %s", buf->len ? ", " : "", label, safe(value));
}

/* the core's own detail, then who said what */
static char *
detail_of(const PdsError *err)
{
	StringInfoData buf;
	StringInfoData ids;

	initStringInfo(&buf);
	initStringInfo(&ids);
	if (err->detail[0])
		appendStringInfoString(&buf, safe(err->detail));
	add_line(&ids, "service", err->service);
	add_line(&ids, "operation", err->operation);
	add_line(&ids, "resource", err->resource);
	if (err->http_status)
		appendStringInfo(&ids, "%sHTTP status: %d", ids.len ? ", " : "", err->http_status);
	add_line(&ids, "code", err->aws_code);
	add_line(&ids, "request id", err->request_id);
	if (err->detail[0] == '\0' || strstr(err->detail, err->execution_id) == NULL)
		add_line(&ids, "execution", err->execution_id);
	if (err->attempts > 1)
		appendStringInfo(&ids, "%sattempts: %d", ids.len ? ", " : "", err->attempts);
	if (ids.len > 0)
	{
		ids.data[0] = pg_toupper((unsigned char) ids.data[0]);
		appendStringInfo(&buf, "%s%s.", buf.len ? "\n" : "", ids.data);
	}
	return buf.data;
}

/* what the core's advice is in the words of SQL */
static const char *const advice_texts[] = {
	[PDS_ADVICE_NONE] = "",
	[PDS_ADVICE_BZIP2] =
	"The table option compression 'bzip2' reads them here.",
	[PDS_ADVICE_SLOW_DOWN] =
	"The service asks to slow down. Try again later, lower the server option "
	"fetch_concurrency, or raise max_attempts.",
	[PDS_ADVICE_CREDENTIALS] =
	"The credentials have expired or are unknown. Renew them where they come from "
	"(pds.credentials_source tells): the keys and session_token of the user mapping, or "
	"those of the server process.",
	[PDS_ADVICE_ACCESS_KEY] =
	"Check the access_key_id of the user mapping, and session_token if the key is a "
	"temporary one.",
	[PDS_ADVICE_SECRET_KEY] =
	"Check that the secret_access_key of the user mapping belongs to its access_key_id, "
	"and the region of the server.",
	[PDS_ADVICE_BUCKET_REGION] =
	"Set the server option region to the region of the bucket.",
	[PDS_ADVICE_BUCKET_NAME] =
	"Check the bucket's name, and the server option endpoint_url.",
	[PDS_ADVICE_CATALOG] =
	"Check the name, the region of the server and its catalog_id: Glue's catalogs differ "
	"by account and region.",
	[PDS_ADVICE_OUTPUT_LOCATION] =
	"Set the server option output_location, or a location in the work group.",
	[PDS_ADVICE_TIMEOUTS] =
	"Check the network, or raise the server options connect_timeout and request_timeout.",
	[PDS_ADVICE_RESOLVE] =
	"Check the server options region and endpoint_url, and the name service of the "
	"database server.",
	[PDS_ADVICE_REACH] =
	"Check the server option endpoint_url, and that the database server may reach that "
	"host.",
	[PDS_ADVICE_URL] =
	"Check the server option endpoint_url: http://host or https://host, with a port if "
	"needed.",
	[PDS_ADVICE_ANONYMOUS_ACCOUNT] =
	"Give the user mapping keys, and drop the server option anonymous.",
	[PDS_ADVICE_INSTANCE_REGION] =
	"The server option use_instance_region is for servers on EC2: elsewhere set the "
	"option region.",
	[PDS_ADVICE_REGION] =
	"ALTER SERVER ... OPTIONS (ADD region 'us-east-1').",
	[PDS_ADVICE_VARIANT_OR_ENDPOINT] =
	"Drop one of the two: server options, or AWS_USE_FIPS_ENDPOINT, "
	"AWS_USE_DUALSTACK_ENDPOINT and AWS_ENDPOINT_URL of the server process, or its "
	"profile.",
	[PDS_ADVICE_QUERY_QUOTA] =
	"The account runs and queues as many queries as its quota allows. Try again later, "
	"raise the server option start_timeout, or ask AWS for a higher quota of active DML "
	"queries.",
	[PDS_ADVICE_QUERY_LENGTH] =
	"Shorten the IN list, or set pds.engine to 'direct'.",
	[PDS_ADVICE_QUERY_RESOURCES] =
	"The query needs more memory or time than Athena gives one: join and group less at a "
	"time, or SET pds.engine = 'direct'.",
	[PDS_ADVICE_QUERY_OUTPUT] =
	"Check the option output_location and the work group's own setting.",
	[PDS_ADVICE_SCAN_LIMIT] =
	"Add conditions on partition keys, or raise the limit (option of server and table, "
	"setting pds.max_scan_bytes).",
	[PDS_ADVICE_KEYS_OR_SERVER] =
	"CREATE USER MAPPING ... OPTIONS (access_key_id '...', secret_access_key '...'); or "
	"a superuser allows those of the server process with the server option "
	"use_ambient_credentials.",
	[PDS_ADVICE_KEYS] =
	"CREATE USER MAPPING ... OPTIONS (access_key_id '...', secret_access_key '...'), or "
	"give the server process credentials (environment, profile, role).",
	[PDS_ADVICE_SECRET_MISSING] =
	"ALTER USER MAPPING ... OPTIONS (ADD secret_access_key '...').",
	[PDS_ADVICE_PROFILE_SOURCES] =
	"Use aws sso login, a role with source_profile, credential_process, the role of a "
	"container or an instance, or keys in a user mapping.",
	[PDS_ADVICE_CODEC] =
	"Supported are gzip, zstd, bzip2, deflate, lz4 and snappy, by the suffix of the key "
	"or the table option compression.",
	[PDS_ADVICE_ANONYMOUS_URL] =
	"The server is anonymous: give the user mapping keys, and drop the option.",
	[PDS_ADVICE_ARCHIVED] =
	"Restore it (aws s3api restore-object), or leave archived objects out: the option "
	"archived_objects 'skip' of table or server.",
	[PDS_ADVICE_NOT_PUBLIC] =
	"The request was not signed (server option anonymous), and this is not public: use a "
	"server with credentials.",
	[PDS_ADVICE_CA_BUNDLE] =
	"If the service has a certificate of a private authority, name the authority's "
	"certificates in the server option ca_bundle, or in AWS_CA_BUNDLE of the server "
	"process.",
	[PDS_ADVICE_CERTIFICATE_EXPIRED] =
	"Renew it, or check the clock of the database server. If another certificate should "
	"be trusted, name its authority in the server option ca_bundle.",
	[PDS_ADVICE_CERTIFICATE_SELF_SIGNED] =
	"If that is as it should be, name the certificate in the server option ca_bundle.",
	[PDS_ADVICE_REQUESTER_PAYS] =
	"A requester-pays bucket refuses everybody who has not agreed to pay: server option "
	"requester_pays.",
	[PDS_ADVICE_HEADER] =
	"Correct it in Glue: Athena refuses such a table, too. Until then the table option header "
	"('1': one line) overrules it here; the table is then read directly only."
};

StaticAssertDecl(lengthof(advice_texts) == PDS_ADVICE_HEADER + 1, "each advice has its words");

char *
pds_hint_of(const PdsError *err)
{
	const char *advice;

	Assert(err->advice < lengthof(advice_texts) && advice_texts[err->advice] != NULL);
	advice = advice_texts[err->advice];
	if (err->hint[0] == '\0' && advice[0] == '\0')
		return NULL;
	return psprintf("%s%s%s", safe(err->hint), err->hint[0] && advice[0] ? "  " : "", advice);
}

void
pds_report(int elevel, const PdsError *err)
{
	char	   *message = safe(err->message[0] ? err->message : "unknown error");
	char	   *detail = detail_of(err);
	char	   *hint = pds_hint_of(err);

	ereport(elevel,
			(errcode(pds_sqlstate(err)),
			 errmsg_internal("%s", message),
			 detail[0] ? errdetail_internal("%s", detail) : 0,
			 hint ? errhint("%s", hint) : 0));
}

void
pds_raise(const PdsError *err)
{
	if (err->kind == PDS_ERR_CANCELLED)
	{
		pds_rethrow_interrupt();
		CHECK_FOR_INTERRUPTS();
		/* somebody else took the interrupt: still a cancel */
		ereport(ERROR,
				(errcode(ERRCODE_QUERY_CANCELED),
				 errmsg("canceling statement due to user request")));
	}
	pds_report(ERROR, err);
	pg_unreachable();
}

void
pds_raise_argument(const PdsError *err)
{
	char	   *hint = pds_hint_of(err);

	if (err->kind != PDS_ERR_CONFIG)
		pds_raise(err);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg_internal("%s", safe(err->message)),
			 hint ? errhint("%s", hint) : 0));
	pg_unreachable();
}
