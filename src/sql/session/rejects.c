/*
 * rejects.c
 *	  What the view pds.rejects shows: the rejects of the scans that the current user has run.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "miscadmin.h"
#include "utils/builtins.h"

#include "fdw/rows/rejects.h"
#include "sql/base/functions.h"
#include "sql/base/glue_args.h"

PG_FUNCTION_INFO_V1(pds_rejects);

static Datum
text_of_reject(const char *text, bool *isnull)
{
	*isnull = text == NULL;
	return *isnull ? (Datum) 0 : CStringGetTextDatum(text);
}

Datum
pds_rejects(PG_FUNCTION_ARGS)
{
	PdsResult	result;
	const PdsReject *r = NULL;

	pds_result_begin(fcinfo, &result);
	while ((r = pds_reject_next(r)) != NULL)
	{
		Datum		values[8];
		bool		nulls[8] = {false};

		/* not even a superuser: sessions are shared by poolers */
		if (r->userid != GetUserId() || !pds_reject_visible(r->relid, r->attnum))
			continue;
		values[0] = Int64GetDatum(r->scan);
		values[1] = ObjectIdGetDatum(r->relid);
		nulls[1] = !OidIsValid(r->relid);
		values[2] = pds_text_datum(r->object, &nulls[2]);
		values[3] = Int64GetDatum(r->record);
		nulls[3] = r->record == 0;
		values[4] = Int64GetDatum(r->byte);
		nulls[4] = r->byte < 0;
		values[5] = text_of_reject(r->column, &nulls[5]);
		values[6] = text_of_reject(r->value, &nulls[6]);
		values[7] = text_of_reject(r->message, &nulls[7]);
		pds_result_row(&result, lengthof(values), values, nulls);
	}
	return (Datum) 0;
}
