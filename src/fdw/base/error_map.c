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

void
pds_report(int elevel, const PdsError *err)
{
	char	   *message = safe(err->message[0] ? err->message : "unknown error");
	char	   *detail = detail_of(err);
	char	   *hint = safe(err->hint);

	ereport(elevel,
			(errcode(pds_sqlstate(err)),
			 errmsg_internal("%s", message),
			 detail[0] ? errdetail_internal("%s", detail) : 0,
			 hint[0] ? errhint("%s", hint) : 0));
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
