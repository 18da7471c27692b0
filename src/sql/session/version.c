/*
 * version.c
 *	  pds.version(): what this library is, and what it was built with.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "utils/builtins.h"
#include "utils/jsonb.h"

#include "core/base/version.h"
#include "core/codec/codec.h"
#include "core/net/http.h"
#include "sql/base/functions.h"

/*
 * The Makefile's, where it knows one: of the work tree, or of the commit that an
 * archive was made of.
 */
#ifndef PDS_REVISION
#define PDS_REVISION ""
#endif

PG_FUNCTION_INFO_V1(pds_version);

/* {"libzstd": "1.5.4", ...}; null where the build lacks one */
static Datum
codec_libraries_json(void)
{
	StringInfoData json;
	const char *name;
	const char *version;
	int			i;

	initStringInfo(&json);
	appendStringInfoChar(&json, '{');
	for (i = 0; (version = pds_codec_library_fact(i, &name)) != NULL; i++)
	{
		appendStringInfo(&json, "%s\"%s\": ", i > 0 ? ", " : "", name);
		if (version[0] == '\0')
			appendStringInfoString(&json, "null");
		else					/* libbz2 adds the day */
			appendStringInfo(&json, "\"%.*s\"", (int) strcspn(version, ","), version);
	}
	appendStringInfoChar(&json, '}');
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(json.data));
}

Datum
pds_version(PG_FUNCTION_ARGS)
{
	Datum		values[6];
	bool		nulls[6] = {false};
	const char *openssl;
	const char *curl = pds_http_libraries(&openssl);

	values[0] = CStringGetTextDatum(PDS_VERSION);
	values[1] = CStringGetTextDatum(PDS_REVISION);
	nulls[1] = PDS_REVISION[0] == '\0';
	values[2] = CStringGetTextDatum(PDS_BUILT_AGAINST);
	values[3] = CStringGetTextDatum(curl);
	values[4] = CStringGetTextDatum(openssl);
	values[5] = codec_libraries_json();
	PG_RETURN_DATUM(pds_row_datum(fcinfo, lengthof(values), values, nulls));
}
