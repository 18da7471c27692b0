/*
 * functions.c
 *	  What the SQL-callable functions share.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "access/htup_details.h"
#include "access/transam.h"
#include "foreign/foreign.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "core/aws/aws.h"
#include "fdw/base/error_map.h"
#include "sql/base/functions.h"

Oid
pds_usable_server(const char *name)
{
	ForeignServer *server = GetForeignServerByName(name, false);
	ForeignDataWrapper *fdw = GetForeignDataWrapper(server->fdwid);

	pds_check_server_usage(server->serverid, server->servername);
	if (strcmp(fdw->fdwname, "pds_fdw") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("server \"%s\" does not belong to pds_fdw", server->servername)));
	return server->serverid;
}

PdsConnection *
pds_function_connection(const char *server, MemoryContext cxt)
{
	return pds_connection_get(pds_usable_server(server), GetUserId(), cxt);
}

void
pds_location_arg(const char *uri, char **bucket, char **key)
{
	PdsError	err;
	char	   *b;
	char	   *k;

	pds_error_clear(&err);
	if (!pds_s3_parse_uri(uri, &b, &k, &err))
		pds_raise_argument(&err);
	*bucket = pstrdup(b);
	*key = pstrdup(k);
	free(b);
	free(k);
}

void
pds_result_begin(FunctionCallInfo fcinfo, PdsResult *result)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	MemoryContext old;
	TypeFuncClass class;
	Oid			type;
	TupleDesc	desc;

	if (rsinfo == NULL || !IsA(rsinfo, ReturnSetInfo) ||
		(rsinfo->allowedModes & SFRM_Materialize) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("a set of rows cannot be taken here"),
				 errhint("Call the function in FROM.")));
	old = MemoryContextSwitchTo(rsinfo->econtext->ecxt_per_query_memory);
	class = get_call_result_type(fcinfo, &type, &desc);
	if (class == TYPEFUNC_SCALAR)
	{
		/* a set of values: one column */
		desc = CreateTemplateTupleDesc(1);
		TupleDescInitEntry(desc, 1, "value", type, -1, 0);
		PDS_FINISH_TUPLE_DESC(desc);
	}
	else if (class != TYPEFUNC_COMPOSITE)
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR),
				 errmsg("the columns of the result are not known"),
				 errhint("Give a column list: FROM %s(...) AS t (a integer, b text).",
						 get_func_name(fcinfo->flinfo->fn_oid))));
	result->desc = CreateTupleDescCopy(desc);
	result->store = tuplestore_begin_heap((rsinfo->allowedModes & SFRM_Materialize_Random) != 0,
										  false, work_mem);
	rsinfo->returnMode = SFRM_Materialize;
	rsinfo->setResult = result->store;
	rsinfo->setDesc = result->desc;
	MemoryContextSwitchTo(old);
}

Datum
pds_known_text(const char *text, bool *isnull)
{
	*isnull = text == NULL || text[0] == '\0';
	return *isnull ? (Datum) 0 : CStringGetTextDatum(text);
}

void
pds_result_row(PdsResult *result, int n, Datum *values, bool *nulls)
{
	Assert(result->store != NULL && result->desc->natts == n);
	tuplestore_putvalues(result->store, result->desc, values, nulls);
}

Datum
pds_row_datum(FunctionCallInfo fcinfo, int n, Datum *values, bool *nulls)
{
	TupleDesc	desc;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	Assert(desc->natts == n);
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls));
}

const char *
pds_text_cast(Oid base_type)
{
	return base_type < FirstUnpinnedObjectId ? "::text" : "";
}
