/*
 * convert_nested.c
 *	  Arrays, maps and structs of lazysimple to Datum.
 *
 * An array of scalars is an array, its elements converted as columns are; all
 * else is the JSON that Athena's cast would give (core/serde/serde_nested.c), read
 * by the type's input function.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include <cjson/cJSON.h>

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "core/serde/serde_nested.h"
#include "fdw/base/no_memory.h"
#include "fdw/base/on_reset.h"
#include "fdw/base/types.h"
#include "fdw/rows/convert_nested.h"

struct PdsNestedConverter
{
	PdsStr		json;			/* text being made; on malloc */
	/* arrays */
	PdsConverter element;
	int16		typlen;
	bool		typbyval;
	char		typalign;
	Datum	   *values;
	bool	   *nulls;
	int			cap;
};

static void
free_json(void *arg)
{
	pds_str_free(arg);
}

static const char *
line_of(const PdsConverter *c, const PdsField *f)
{
	return c->line ? *c->line : f->data;
}

static PdsConvertResult
json_value(PdsConverter *c, PdsField *f, Datum *value, bool *isnull)
{
	PdsStr	   *json = &c->nested->json;
	PdsField	text;
	PdsValueResult r;

	pds_str_reset(json);
	r = pds_lazy_json(c->dialect, &c->hive, line_of(c, f), f->data, f->len, json);
	if (json->failed)
		pds_raise_no_memory();
	if (r == PDS_VALUE_ERROR)
		return PDS_CONVERT_BAD;
	if (json->len >= MaxAllocSize)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("a value of column \"%s\" has %zu bytes as JSON, PostgreSQL allows 1 GB",
						c->column_name, json->len)));
	memset(&text, 0, sizeof(text));
	text.data = json->data;
	text.len = (uint32) json->len;
	return pds_convert_by_input(c, &text, value, isnull);
}

/* room for one more element */
static void
grow_array(struct PdsNestedConverter *n, int used)
{
	MemoryContext cxt;

	if (used < n->cap)
		return;
	cxt = GetMemoryChunkContext(n);
	n->cap = n->cap ? n->cap * 2 : 64;
	if (n->values)
	{
		n->values = repalloc_huge(n->values, n->cap * sizeof(Datum));
		n->nulls = repalloc_huge(n->nulls, n->cap * sizeof(bool));
		return;
	}
	n->values = MemoryContextAlloc(cxt, n->cap * sizeof(Datum));
	n->nulls = MemoryContextAlloc(cxt, n->cap * sizeof(bool));
}

/* elements follow the array's object, batch and scan */
static void
follow(PdsConverter *e, const PdsConverter *c)
{
	e->dialect = c->dialect;
	e->arena = c->arena;
	e->value_cxt = c->value_cxt;
	e->file_encoding = c->file_encoding;
	e->soft = c->soft;
	e->strict = c->strict;
	/* a delimiter that is not ASCII may cut a character in two */
	e->text_verified = c->text_verified && (unsigned char) c->dialect->collection_delim < 0x80;
}

/* the first `count` elements as an array */
static PdsConvertResult
make_array(PdsConverter *c, int count, Datum *value, bool *isnull)
{
	struct PdsNestedConverter *n = c->nested;
	PdsConverter *e = &n->element;
	MemoryContext old = MemoryContextSwitchTo(c->value_cxt);
	int			lbound = 1;

	c->malformed += e->malformed;
	e->malformed = 0;
	if (count == 0)
		*value = PointerGetDatum(construct_empty_array(e->typid));
	else
		*value = PointerGetDatum(construct_md_array(n->values, n->nulls, 1, &count, &lbound,
													e->typid, n->typlen, n->typbyval,
													n->typalign));
	MemoryContextSwitchTo(old);
	*isnull = false;
	return PDS_CONVERT_OK;
}

static PdsConvertResult
array_value(PdsConverter *c, PdsField *f, Datum *value, bool *isnull)
{
	struct PdsNestedConverter *n = c->nested;
	PdsConverter *e = &n->element;
	PdsField	field;
	size_t		at = 0;
	int			count = 0;

	follow(e, c);
	while (pds_lazy_next_element(c->dialect, line_of(c, f), f, &at, &field))
	{
		if (count % 4096 == 4095)
			CHECK_FOR_INTERRUPTS();
		grow_array(n, count);
		n->nulls[count] = true;
		if (field.data && e->fn(e, &field, &n->values[count], &n->nulls[count]) == PDS_CONVERT_BAD)
			return PDS_CONVERT_BAD;
		count++;
	}
	return make_array(c, count, value, isnull);
}

/* ---- Athena's results ---- */

/* one element of the JSON array (deparse_nested.c); false: malformed */
static bool
result_element(PdsConverter *c, const cJSON *j, int i)
{
	struct PdsNestedConverter *n = c->nested;
	PdsConverter *e = &n->element;
	PdsField	field;
	char	   *text;
	size_t		len;

	n->nulls[i] = true;
	if (cJSON_IsNull(j))
		return true;
	text = cJSON_IsString(j) ? j->valuestring : cJSON_PrintUnformatted(j);
	if (text == NULL)
		return false;
	/* the bytes must outlive the parser's tree */
	len = strlen(text);
	memset(&field, 0, sizeof(field));
	field.data = MemoryContextAlloc(c->value_cxt, len + 1);
	field.len = (uint32) len;
	memcpy(field.data, text, len);
	if (text != j->valuestring)
		free(text);
	return e->fn(e, &field, &n->values[i], &n->nulls[i]) == PDS_CONVERT_OK;
}

static PdsConvertResult
result_array(PdsConverter *c, PdsField *f, Datum *value, bool *isnull)
{
	cJSON	   *volatile json = cJSON_ParseWithLength(f->data, f->len);
	volatile int count = 0;
	volatile bool ok = cJSON_IsArray(json);
	const cJSON *j;

	PG_TRY();
	{
		follow(&c->nested->element, c);
		for (j = ok ? json->child : NULL; j && ok; j = j->next)
		{
			grow_array(c->nested, count);
			ok = result_element(c, j, count);
			count++;
		}
	}
	PG_CATCH();
	{
		cJSON_Delete(json);
		PG_RE_THROW();
	}
	PG_END_TRY();
	cJSON_Delete(json);
	return ok ? make_array(c, count, value, isnull) : PDS_CONVERT_BAD;
}

/* ---- the choice ---- */

/* an array of scalars, and where its elements go */
static void
init_array(PdsConverter *c)
{
	struct PdsNestedConverter *n = palloc0(sizeof(*n));

	c->nested = n;
	pds_converter_init(&n->element, c->format, c->dialect, get_element_type(c->typid), c->typmod,
					   &c->hive.children[0], c->arena, c->value_cxt, c->column_name);
	get_typlenbyvalalign(n->element.typid, &n->typlen, &n->typbyval, &n->typalign);
}

PdsConvertFn
pds_nested_fn(PdsConverter *c)
{
	if (!pds_type_matches_hive(&c->hive, c->typid, c->typmod) && c->typid != JSONBOID &&
		c->typid != JSONOID)
		return NULL;
	/* levels of separators, the record's own included */
	if (pds_nested_levels(&c->hive) > pds_dialect_levels(c->dialect))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("column \"%s\" is nested %d levels deep, its table has separators for %d",
						c->column_name, pds_nested_levels(&c->hive),
						pds_dialect_levels(c->dialect)),
				 errhint("The table property hive.serialization.extend.nesting.levels in Glue gives it more.")));
	if (c->hive.kind == PDS_HIVE_ARRAY && c->typid != JSONBOID && c->typid != JSONOID)
	{
		init_array(c);
		return array_value;
	}
	c->nested = palloc0(sizeof(*c->nested));
	pds_str_init(&c->nested->json);
	pds_on_reset(CurrentMemoryContext, free_json, &c->nested->json);
	return json_value;
}

PdsConvertFn
pds_result_array_fn(PdsConverter *c)
{
	init_array(c);
	return result_array;
}
