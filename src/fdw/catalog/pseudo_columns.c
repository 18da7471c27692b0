/*
 * pseudo_columns.c
 *	  Pseudo-columns: what is known of the object that a row lies in.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "fdw/base/epoch.h"
#include "fdw/catalog/catalog.h"

Datum
pds_object_value(const PdsColumn *c, const PdsDataObject *o)
{
	char	   *path;
	char	   *converted;
	Datum		value;

	switch (c->field)
	{
		case PDS_FIELD_FILE_SIZE:
			return Int64GetDatum(o->size);
		case PDS_FIELD_FILE_MODIFIED:
			/* Athena has milliseconds */
			return TimestampTzGetDatum(o->modified_us / 1000 * 1000 - PDS_EPOCH_US);
		default:
			path = psprintf("s3://%s/%s", o->bucket, o->key);
			converted = pg_any_to_server(path, strlen(path), PG_UTF8);
			value = CStringGetTextDatum(converted);
			if (converted != path)
				pfree(converted);
			pfree(path);
			return value;
	}
}
