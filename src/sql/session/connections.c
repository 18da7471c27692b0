/*
 * connections.c
 *	  pds.connections(): the AWS sessions that this backend holds, never their secrets.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "access/htup_details.h"
#include "catalog/pg_user_mapping.h"
#include "foreign/foreign.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#include "fdw/base/error_map.h"
#include "sql/base/functions.h"

PG_FUNCTION_INFO_V1(pds_connections);

/* The user mapping that counts for a user: his own, PUBLIC's, or NULL. */
static const char *
mapping_user(Oid serverid, Oid userid)
{
	if (SearchSysCacheExists2(USERMAPPINGUSERSERVER, ObjectIdGetDatum(userid),
							  ObjectIdGetDatum(serverid)))
		return GetUserNameFromId(userid, true);
	return SearchSysCacheExists2(USERMAPPINGUSERSERVER, ObjectIdGetDatum(InvalidOid),
								 ObjectIdGetDatum(serverid)) ? "public" : NULL;
}

/* NULL while the region is not known */
static Datum
base_url(const PdsConnection *conn, PdsService service, bool *isnull)
{
	PdsStr		url;
	PdsError	err;
	Datum		value;

	pds_str_init(&url);
	pds_error_clear(&err);
	value = pds_known_text(pds_aws_base_url(conn->aws, service, &url, &err) ? pds_str_text(&url)
						   : NULL, isnull);
	pds_str_free(&url);
	return value;
}

static void
connection_row(PdsResult *result, const PdsConnection *conn)
{
	const PdsCredentialInfo *info = pds_credentials_info(pds_aws_credentials(conn->aws));
	const PdsHttpCounters *n = pds_http_counters(conn->http);
	bool		anonymous = pds_credentials_anonymous(pds_aws_credentials(conn->aws));
	Datum		values[15];
	bool		nulls[15] = {false};

	values[0] = CStringGetTextDatum(conn->server_name);
	values[1] = pds_known_text(GetUserNameFromId(conn->userid, true), &nulls[1]);
	values[2] = pds_known_text(mapping_user(conn->serverid, conn->userid), &nulls[2]);
	values[3] = pds_known_text(anonymous ? "anonymous" : info->source, &nulls[3]);
	values[4] = pds_known_text(info->role_arn, &nulls[4]);
	nulls[5] = info->expiration == 0;
	values[5] = TimestampTzGetDatum(time_t_to_timestamptz((pg_time_t) info->expiration));
	values[6] = pds_known_text(pds_aws_region(conn->aws), &nulls[6]);
	values[7] = base_url(conn, PDS_S3, &nulls[7]);
	values[8] = base_url(conn, PDS_GLUE, &nulls[8]);
	values[9] = base_url(conn, PDS_ATHENA, &nulls[9]);
	values[10] = Int32GetDatum(pds_http_open_connections(conn->http));
	values[11] = Int64GetDatum((int64) n->requests);
	values[12] = Int64GetDatum((int64) n->retries);
	values[13] = Int64GetDatum((int64) n->bytes_in);
	values[14] = Int64GetDatum((int64) n->bytes_out);
	pds_result_row(result, lengthof(values), values, nulls);
}

Datum
pds_connections(PG_FUNCTION_ARGS)
{
	PdsResult	result;
	const PdsConnection *conn = NULL;

	pds_result_begin(fcinfo, &result);
	/* sessions are shared by poolers, and change roles */
	while ((conn = pds_connection_next(conn)) != NULL)
		if (has_privs_of_role(GetUserId(), conn->userid))
			connection_row(&result, conn);
	return (Datum) 0;
}
