/*
 * types.c
 *	  Glue types as PostgreSQL types, and back (doc/dev/aws.md §5.4).
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"

#include "fdw/base/types.h"

#define MAX_VARCHAR 10485760

bool
pds_scalar_type_of_hive(const PdsHiveType *t, Oid *typid, int32 *typmod)
{
	*typmod = -1;
	switch (t->kind)
	{
		case PDS_HIVE_BOOLEAN:
			*typid = BOOLOID;
			return true;
		case PDS_HIVE_TINYINT:
		case PDS_HIVE_SMALLINT:
			*typid = INT2OID;
			return true;
		case PDS_HIVE_INT:
			*typid = INT4OID;
			return true;
		case PDS_HIVE_BIGINT:
			*typid = INT8OID;
			return true;
		case PDS_HIVE_FLOAT:
			*typid = FLOAT4OID;
			return true;
		case PDS_HIVE_DOUBLE:
			*typid = FLOAT8OID;
			return true;
		case PDS_HIVE_DECIMAL:
			*typid = NUMERICOID;
			*typmod = ((t->precision << 16) | t->scale) + VARHDRSZ;
			return true;
		case PDS_HIVE_VARCHAR:
			*typid = TEXTOID;
			if (t->precision > 0 && t->precision <= MAX_VARCHAR)
			{
				*typid = VARCHAROID;
				*typmod = t->precision + VARHDRSZ;
			}
			return true;
		case PDS_HIVE_CHAR:
			*typid = BPCHAROID;
			*typmod = Max(t->precision, 1) + VARHDRSZ;
			return true;
		case PDS_HIVE_STRING:
		case PDS_HIVE_UNION:
		case PDS_HIVE_OTHER:
			*typid = TEXTOID;
			return true;
		case PDS_HIVE_DATE:
			*typid = DATEOID;
			return true;
		case PDS_HIVE_TIMESTAMP:
			*typid = TIMESTAMPOID;
			*typmod = 3;
			return true;
		case PDS_HIVE_TIMESTAMPTZ:
			*typid = TIMESTAMPTZOID;
			*typmod = 3;
			return true;
		case PDS_HIVE_TIME:
			*typid = TIMEOID;
			*typmod = 3;
			return true;
		case PDS_HIVE_BINARY:
			*typid = BYTEAOID;
			return true;
		case PDS_HIVE_ARRAY:
		case PDS_HIVE_MAP:
		case PDS_HIVE_STRUCT:
			break;
	}
	return false;
}

static bool
is_scalar(const PdsHiveType *t)
{
	return t->nchildren == 0;
}

void
pds_sql_type_of_hive(const PdsHiveType *t, StringInfo out)
{
	Oid			typid;
	int32		typmod;

	if (t->kind == PDS_HIVE_ARRAY && is_scalar(&t->children[0]))
	{
		pds_sql_type_of_hive(&t->children[0], out);
		appendStringInfoString(out, "[]");
		return;
	}
	if (!pds_scalar_type_of_hive(t, &typid, &typmod))
	{
		appendStringInfoString(out, "jsonb");
		return;
	}
	switch (typid)
	{
		case BOOLOID:
			appendStringInfoString(out, "boolean");
			break;
		case INT2OID:
			appendStringInfoString(out, "smallint");
			break;
		case INT4OID:
			appendStringInfoString(out, "integer");
			break;
		case INT8OID:
			appendStringInfoString(out, "bigint");
			break;
		case FLOAT4OID:
			appendStringInfoString(out, "real");
			break;
		case FLOAT8OID:
			appendStringInfoString(out, "double precision");
			break;
		case NUMERICOID:
			appendStringInfo(out, "numeric(%d,%d)", t->precision, t->scale);
			break;
		case VARCHAROID:
			appendStringInfo(out, "character varying(%d)", t->precision);
			break;
		case BPCHAROID:
			appendStringInfo(out, "character(%d)", Max(t->precision, 1));
			break;
		case DATEOID:
			appendStringInfoString(out, "date");
			break;
		case TIMESTAMPOID:
			appendStringInfoString(out, "timestamp(3) without time zone");
			break;
		case TIMESTAMPTZOID:
			appendStringInfoString(out, "timestamp(3) with time zone");
			break;
		case TIMEOID:
			appendStringInfoString(out, "time(3) without time zone");
			break;
		case BYTEAOID:
			appendStringInfoString(out, "bytea");
			break;
		default:
			appendStringInfoString(out, "text");
			break;
	}
}

/* the names that are not words of the grammar: a search_path could lead them elsewhere */
const char *
pds_qualified_type(const char *shown)
{
	static const char *const names[] = {"text", "date", "bytea", "jsonb"};
	int			i;

	for (i = 0; i < lengthof(names); i++)
		if (pds_str_has_prefix(shown, names[i]))
			return psprintf("pg_catalog.%s", shown);
	return shown;
}

bool
pds_type_matches_hive(const PdsHiveType *t, Oid typid, int32 typmod)
{
	Oid			want;
	int32		want_typmod;

	if (t->kind == PDS_HIVE_ARRAY && is_scalar(&t->children[0]) &&
		pds_scalar_type_of_hive(&t->children[0], &want, &want_typmod))
		return typid == get_array_type(want) && typmod == want_typmod;
	if (!pds_scalar_type_of_hive(t, &want, &want_typmod))
		return typid == JSONBOID;
	return typid == want && typmod == want_typmod;
}

bool
pds_hive_type_of_sql(Oid typid, int32 typmod, PdsHiveType *out)
{
	memset(out, 0, sizeof(*out));
	switch (typid)
	{
		case BOOLOID:
			out->kind = PDS_HIVE_BOOLEAN;
			return true;
		case INT2OID:
			out->kind = PDS_HIVE_SMALLINT;
			return true;
		case INT4OID:
			out->kind = PDS_HIVE_INT;
			return true;
		case INT8OID:
			out->kind = PDS_HIVE_BIGINT;
			return true;
		case FLOAT4OID:
			out->kind = PDS_HIVE_FLOAT;
			return true;
		case FLOAT8OID:
			out->kind = PDS_HIVE_DOUBLE;
			return true;
		case NUMERICOID:
			if (typmod < VARHDRSZ)
				return false;
			out->kind = PDS_HIVE_DECIMAL;
			out->precision = ((typmod - VARHDRSZ) >> 16) & 0xffff;
			out->scale = (typmod - VARHDRSZ) & 0x7ff;
			return out->precision <= 38 && out->scale <= out->precision;
		case TEXTOID:
			out->kind = PDS_HIVE_STRING;
			return true;
		case VARCHAROID:
			out->kind = typmod < VARHDRSZ ? PDS_HIVE_STRING : PDS_HIVE_VARCHAR;
			out->precision = typmod < VARHDRSZ ? 0 : typmod - VARHDRSZ;
			return true;
		case BPCHAROID:
			if (typmod < VARHDRSZ)
				return false;
			out->kind = PDS_HIVE_CHAR;
			out->precision = typmod - VARHDRSZ;
			return true;
		case DATEOID:
			out->kind = PDS_HIVE_DATE;
			return true;
		case TIMESTAMPOID:
			out->kind = PDS_HIVE_TIMESTAMP;
			return true;
		case BYTEAOID:
			out->kind = PDS_HIVE_BINARY;
			return true;
		default:
			return false;
	}
}

static bool
holds_binary(const PdsHiveType *t)
{
	int			i;

	for (i = 0; i < t->nchildren; i++)
		if (holds_binary(&t->children[i]))
			return true;
	return t->kind == PDS_HIVE_BINARY;
}

/* a map's key must become varchar: scalars do */
static bool
keys_are_scalar(const PdsHiveType *t)
{
	int			i;

	if (t->kind == PDS_HIVE_MAP && t->children[0].nchildren > 0)
		return false;
	for (i = 0; i < t->nchildren; i++)
		if (!keys_are_scalar(&t->children[i]))
			return false;
	return true;
}

bool
pds_athena_gives(const PdsHiveType *t)
{
	if (t->nchildren == 0 || (t->kind == PDS_HIVE_ARRAY && t->children[0].nchildren == 0))
		return true;
	return !holds_binary(t) && keys_are_scalar(t);
}

const char *
pds_refused_by_athena(const PdsGlueTable *g, PdsFormat format)
{
	int			i;
	int			k;

	for (i = 0; i < g->sd.ncolumns + g->npartition_keys; i++)
	{
		const PdsGlueColumn *c = i < g->sd.ncolumns ? &g->sd.columns[i]
			: &g->partition_keys[i - g->sd.ncolumns];

		/* columns of OpenCSV are strings to it whatever their type */
		if ((format == PDS_FORMAT_LAZYSIMPLE || i >= g->sd.ncolumns) &&
			pds_hive_type_verdict(c->type ? c->type : "") == PDS_TYPE_REFUSED)
			return psprintf("column \"%s\" has the type \"%s\" in Glue, for which Athena refuses the table",
							c->name, c->type ? c->type : "");
		for (k = 0; k < i && k < g->sd.ncolumns; k++)
			if (pg_strcasecmp(g->sd.columns[k].name, c->name) == 0)
				return psprintf("it has two columns \"%s\" in Glue, for which Athena refuses the table",
								c->name);
	}
	return NULL;
}

int
pds_array_elements(Datum array, Oid *type, Datum **values, bool **nulls)
{
	ArrayType  *a = DatumGetArrayTypeP(array);
	int16		len;
	bool		byval;
	char		align;
	int			n;

	*type = ARR_ELEMTYPE(a);
	get_typlenbyvalalign(*type, &len, &byval, &align);
	deconstruct_array(a, *type, len, byval, align, values, nulls, &n);
	return n;
}
