/*
 * write_nested.c
 *	  Arrays, maps and structs as the delimited text of lazysimple.
 *
 * A PostgreSQL array is written by its elements; jsonb by the Hive type of the column:
 * objects are maps or structs, arrays are arrays.  JSON that the type has no place for
 * is refused.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

#include "fdw/base/error_map.h"
#include "fdw/base/on_reset.h"
#include "fdw/base/types.h"
#include "fdw/write/write_row.h"

typedef struct Nested
{
	PdsRowWriter *w;
	const PdsOutColumn *column;
	PdsStr		buf;			/* malloc'd: freed with row_cxt */
} Nested;

static void
free_nested(void *arg)
{
	pds_str_free(&((Nested *) arg)->buf);
}

static void
raise_if(Nested *n, bool ok, const PdsError *err)
{
	if (!ok)
		pds_out_raise(n->w, n->column, err);
}

static void
nested_separator(Nested *n, int level)
{
	PdsError	err;

	raise_if(n, pds_csv_separator(&n->w->csv, level, &n->buf, &err), &err);
}

static void
null_element(Nested *n, int level)
{
	PdsError	err;

	raise_if(n, pds_csv_nested_scalar(&n->w->csv, level, NULL, 0, &n->buf, &err), &err);
}

/* a Datum as an element */
static void
element(Nested *n, int level, const PdsOutColumn *c, Datum value)
{
	PdsError	err;
	bool		string;

	pds_out_scalar(n->w, c, value, &string);
	raise_if(n, pds_csv_nested_scalar(&n->w->csv, level, pds_str_text(&n->w->scratch),
									  n->w->scratch.len, &n->buf, &err), &err);
}

static void
complete(Nested *n, size_t from, int nelements)
{
	PdsError	err;

	raise_if(n, pds_csv_nested_check(&n->w->csv, &n->buf, from, nelements, &err), &err);
}

/* a column that stands for what is inside another */
static void
inner_column(Nested *n, const PdsHiveType *hive, PdsOutColumn *c)
{
	Oid			typid;
	int32		typmod;

	if (hive->nchildren > 0 || !pds_scalar_type_of_hive(hive, &typid, &typmod))
		pds_out_refuse(n->w, n->column, "has a union in it, which is not written", NULL);
	pds_out_column_init(c, PDS_FORMAT_LAZYSIMPLE, typid, typmod, hive, n->column->name, 0);
}

/* ---- arrays ---- */

static void
write_array(Nested *n, ArrayType *array)
{
	const PdsHiveType *hive = n->column->hive;
	PdsOutColumn c;
	Datum	   *values;
	bool	   *nulls;
	int			count;
	int16		len;
	bool		byval;
	char		align;
	int			i;

	if (ARR_NDIM(array) > 1 || (ARR_NDIM(array) == 1 && ARR_LBOUND(array)[0] != 1))
		pds_out_refuse(n->w, n->column,
					   "is an array of several dimensions, or one that does not begin at 1",
					   "Only the elements are written.");
	inner_column(n, &hive->children[0], &c);
	c.typid = ARR_ELEMTYPE(array);
	get_typlenbyvalalign(c.typid, &len, &byval, &align);
	deconstruct_array(array, c.typid, len, byval, align, &values, &nulls, &count);
	for (i = 0; i < count; i++)
	{
		if (i > 0)
			nested_separator(n, 1);
		if (nulls[i])
			null_element(n, 1);
		else
			element(n, 1, &c, values[i]);
	}
	complete(n, 0, count);
}

/* ---- jsonb ---- */

static void write_json(Nested *n, const PdsHiveType *hive, int level, const JsonbValue *v);

PDS_NORETURN static void wrong_json(Nested *n, const JsonbValue *v, const char *want);

static void
wrong_json(Nested *n, const JsonbValue *v, const char *want)
{
	static const char *const kinds[] = {"null", "a string", "a number", "a boolean"};
	const char *kind = v->type == jbvNull ? kinds[0] : v->type == jbvString ? kinds[1]
		: v->type == jbvNumeric ? kinds[2] : v->type == jbvBool ? kinds[3] : "an object or array";

	pds_out_refuse(n->w, n->column, psprintf("has %s in it where its Glue type has %s", kind, want),
				   "The JSON must follow the column's type.");
}

/* a string of JSON through the input function of a type; jbvString is checked before */
static Datum
input(Nested *n, const PdsOutColumn *c, const JsonbValue *v, int32 typmod)
{
	Oid			fn;
	Oid			ioparam;

	getTypeInputInfo(c->typid, &fn, &ioparam);
	return OidInputFunctionCall(fn, pnstrdup(v->val.string.val, v->val.string.len), ioparam,
								typmod);
}

/* a number that the type holds as it is, or an error */
static Datum
write_number(Nested *n, const PdsOutColumn *c, const PdsHiveType *hive, const JsonbValue *v)
{
	Datum		d = NumericGetDatum(v->val.numeric);
	Datum		back;

	switch (c->typid)
	{
		case INT2OID:
			back = DirectFunctionCall1(int2_numeric, DirectFunctionCall1(numeric_int2, d));
			break;
		case INT4OID:
			back = DirectFunctionCall1(int4_numeric, DirectFunctionCall1(numeric_int4, d));
			break;
		case INT8OID:
			back = DirectFunctionCall1(int8_numeric, DirectFunctionCall1(numeric_int8, d));
			break;
		case FLOAT4OID:
			return DirectFunctionCall1(numeric_float4, d);
		case FLOAT8OID:
			return DirectFunctionCall1(numeric_float8, d);
		default:
			back = DirectFunctionCall2(numeric, d,
									   Int32GetDatum(((hive->precision << 16) | hive->scale) + VARHDRSZ));
			break;
	}
	if (!DatumGetBool(DirectFunctionCall2(numeric_eq, d, back)))
		pds_out_refuse(n->w, n->column,
					   psprintf("has the number %s in it, which its Glue type would round",
								DatumGetCString(DirectFunctionCall1(numeric_out, d))),
					   "Round it yourself.");
	return c->typid == INT2OID ? DirectFunctionCall1(numeric_int2, back)
		: c->typid == INT4OID ? DirectFunctionCall1(numeric_int4, back)
		: c->typid == INT8OID ? DirectFunctionCall1(numeric_int8, back) : back;
}

/* strings that do not fit would be cut by the reader */
static void
check_length(Nested *n, const PdsHiveType *hive, const JsonbValue *v)
{
	if ((hive->kind == PDS_HIVE_VARCHAR || hive->kind == PDS_HIVE_CHAR) && hive->precision > 0 &&
		pg_mbstrlen_with_len(v->val.string.val, v->val.string.len) > hive->precision)
		pds_out_refuse(n->w, n->column,
					   psprintf("has a string in it that is longer than %d characters",
								hive->precision), NULL);
}

static bool
is_json_number(const PdsHiveType *hive)
{
	return hive->kind >= PDS_HIVE_TINYINT && hive->kind <= PDS_HIVE_DECIMAL;
}

/* key: the name in a map, which JSON has as a string whatever its type */
static void
json_scalar(Nested *n, const PdsHiveType *hive, int level, const JsonbValue *v, bool key)
{
	PdsOutColumn c;

	inner_column(n, hive, &c);
	if (hive->kind == PDS_HIVE_BOOLEAN && v->type == jbvBool)
		element(n, level, &c, BoolGetDatum(v->val.boolean));
	else if (is_json_number(hive) && v->type == jbvNumeric)
		element(n, level, &c, write_number(n, &c, hive, v));
	else if (v->type != jbvString || (!key && is_json_number(hive)) ||
			 (!key && hive->kind == PDS_HIVE_BOOLEAN))
		wrong_json(n, v, is_json_number(hive) ? "a number" : hive->kind == PDS_HIVE_BOOLEAN
				   ? "a boolean" : "a string");
	else if (c.kind == PDS_OUT_BINARY)
	{
		/* base64 already */
		PdsError	err;

		raise_if(n, pds_csv_nested_scalar(&n->w->csv, level, v->val.string.val,
										  v->val.string.len, &n->buf, &err), &err);
	}
	else if (c.kind == PDS_OUT_TEXT)
	{
		check_length(n, hive, v);
		element(n, level, &c,
				PointerGetDatum(cstring_to_text_with_len(v->val.string.val, v->val.string.len)));
	}
	else
		element(n, level, &c, input(n, &c, v, -1));
}

static void
json_array(Nested *n, const PdsHiveType *hive, int level, JsonbContainer *json)
{
	JsonbIterator *it = JsonbIteratorInit(json);
	JsonbIteratorToken tok;
	JsonbValue	v;
	size_t		from = n->buf.len;
	int			count = 0;

	while ((tok = JsonbIteratorNext(&it, &v, true)) != WJB_DONE)
	{
		if (tok != WJB_ELEM)
			continue;
		if (count++ > 0)
			nested_separator(n, level);
		write_json(n, &hive->children[0], level + 1, &v);
	}
	complete(n, from, count);
}

static void
json_map(Nested *n, const PdsHiveType *hive, int level, JsonbContainer *json)
{
	JsonbIterator *it = JsonbIteratorInit(json);
	JsonbIteratorToken tok;
	JsonbValue	v;
	size_t		from = n->buf.len;
	int			count = 0;

	while ((tok = JsonbIteratorNext(&it, &v, true)) != WJB_DONE)
	{
		if (tok == WJB_KEY)
		{
			if (count++ > 0)
				nested_separator(n, level);
			json_scalar(n, &hive->children[0], level + 1, &v, true);
			nested_separator(n, level + 1);
		}
		else if (tok == WJB_VALUE)
			write_json(n, &hive->children[1], level + 2, &v);
	}
	complete(n, from, count);
}

static void
json_struct(Nested *n, const PdsHiveType *hive, int level, JsonbContainer *json)
{
	JsonbIterator *it = JsonbIteratorInit(json);
	JsonbIteratorToken tok;
	JsonbValue	v;
	JsonbValue *found = palloc0(Max(hive->nchildren, 1) * sizeof(JsonbValue));
	size_t		from = n->buf.len;
	int			at = -1;
	int			i;

	/* jbvNull is 0: fields that are missing are NULL */
	while ((tok = JsonbIteratorNext(&it, &v, true)) != WJB_DONE)
	{
		if (tok == WJB_KEY)
		{
			char	   *name = pnstrdup(v.val.string.val, v.val.string.len);

			for (at = 0; at < hive->nchildren && pg_strcasecmp(hive->names[at], name) != 0; at++)
				;
			if (at == hive->nchildren)
				pds_out_refuse(n->w, n->column,
							   psprintf("has a field \"%s\" in it, which its Glue type has not",
										name),
							   "The JSON must follow the column's type.");
		}
		else if (tok == WJB_VALUE)
			found[at] = v;
	}
	for (i = 0; i < hive->nchildren; i++)
	{
		if (i > 0)
			nested_separator(n, level);
		write_json(n, &hive->children[i], level + 1, &found[i]);
	}
	complete(n, from, hive->nchildren);
}

/* one value; level separates what is inside it, level - 1 encloses it */
static void
write_json(Nested *n, const PdsHiveType *hive, int level, const JsonbValue *v)
{
	check_stack_depth();
	if (v->type == jbvNull)
		null_element(n, level - 1);
	else if (hive->kind == PDS_HIVE_ARRAY || hive->kind == PDS_HIVE_MAP ||
			 hive->kind == PDS_HIVE_STRUCT)
	{
		JsonbContainer *json = v->type == jbvBinary ? v->val.binary.data : NULL;
		bool		array = hive->kind == PDS_HIVE_ARRAY;

		if (json == NULL || JsonContainerIsScalar(json) ||
			(array ? !JsonContainerIsArray(json) : !JsonContainerIsObject(json)))
			wrong_json(n, v, array ? "an array" : "an object");
		if (array)
			json_array(n, hive, level, json);
		else if (hive->kind == PDS_HIVE_MAP)
			json_map(n, hive, level, json);
		else
			json_struct(n, hive, level, json);
	}
	else
		json_scalar(n, hive, level - 1, v, false);
}

void
pds_out_nested(PdsRowWriter *w, const PdsOutColumn *c, Datum value)
{
	Nested	   *n = MemoryContextAllocZero(w->row_cxt, sizeof(Nested));
	PdsError	err;

	n->w = w;
	n->column = c;
	pds_on_reset(w->row_cxt, free_nested, n);
	if (OidIsValid(get_element_type(c->typid)))
		write_array(n, DatumGetArrayTypeP(value));
	else if (c->typid == JSONBOID)
	{
		JsonbValue	v;

		v.type = jbvBinary;
		v.val.binary.data = &DatumGetJsonbP(value)->root;
		v.val.binary.len = 0;
		write_json(n, c->hive, 1, &v);
	}
	else
		pds_out_refuse(w, c, "is neither an array nor jsonb", "Declare it as import does.");
	raise_if(n, pds_csv_nested(&w->csv, &n->buf, &err), &err);
}
