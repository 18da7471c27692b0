/*
 * session.c
 *	  SQL functions about the session: caches, credentials' source,
 *	  and making a foreign table follow the catalog.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "access/htup_details.h"
#include "access/relation.h"
#include "catalog/pg_class.h"
#include "catalog/pg_foreign_server.h"
#include "executor/spi.h"
#include "foreign/foreign.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "fdw/catalog/cache.h"
#include "fdw/catalog/catalog.h"
#include "fdw/base/connection.h"
#include "fdw/base/error_map.h"
#include "fdw/import/follow_catalog.h"
#include "fdw/base/types.h"
#include "sql/base/functions.h"

PG_FUNCTION_INFO_V1(pds_refresh);
PG_FUNCTION_INFO_V1(pds_refresh_table);
PG_FUNCTION_INFO_V1(pds_credentials_source_of);

Datum
pds_refresh(PG_FUNCTION_ARGS)
{
	pds_cache_forget();
	pds_connection_drop_all();
	PG_RETURN_VOID();
}

/* text, or NULL when it is empty */
static Datum
text_or_null(const char *text, bool *isnull)
{
	*isnull = text[0] == '\0';
	return *isnull ? (Datum) 0 : CStringGetTextDatum(text);
}

Datum
pds_credentials_source_of(PG_FUNCTION_ARGS)
{
	PdsConnection *conn = pds_function_connection(NameStr(*PG_GETARG_NAME(0)),
												  CurrentMemoryContext);
	PdsCredentialView view;
	PdsError	err;
	const PdsCredentialInfo *info;
	Datum		values[6];
	bool		nulls[6];

	pds_error_clear(&err);
	if (!pds_credentials_get(pds_aws_credentials(conn->aws), false, &view, &err))
		pds_raise(&err);
	info = pds_credentials_info(pds_aws_credentials(conn->aws));
	values[0] = text_or_null(info->source, &nulls[0]);
	values[1] = text_or_null(info->profile, &nulls[1]);
	values[2] = text_or_null(info->role_arn, &nulls[2]);
	values[3] = text_or_null(info->account_id, &nulls[3]);
	nulls[4] = info->expiration == 0;
	values[4] = TimestampTzGetDatum(time_t_to_timestamptz((pg_time_t) info->expiration));
	values[5] = BoolGetDatum(info->refreshable);
	nulls[5] = false;
	PG_RETURN_DATUM(pds_row_datum(fcinfo, lengthof(values), values, nulls));
}

/* ---- refresh_table ---- */

Datum
pds_refresh_table(PG_FUNCTION_ARGS)
{
	Oid			relid = PG_GETARG_OID(0);
	ForeignTable *ft;

	if (get_rel_relkind(relid) != RELKIND_FOREIGN_TABLE)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is not a foreign table",
						get_rel_name(relid) ? get_rel_name(relid) : psprintf("%u", relid))));
	ft = GetForeignTable(relid);
	pds_usable_server(GetForeignServer(ft->serverid)->servername);
	pds_cache_forget();
	PG_RETURN_INT32(pds_follow_catalog(relid, true));
}
