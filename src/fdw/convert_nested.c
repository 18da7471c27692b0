/*
 * convert_nested.c
 *	  Arrays, maps and structs of lazysimple to Datum.
 *
 * An array of scalars is an array, its elements converted as columns are; all
 * else is the JSON that Athena's cast would give (core/serde_nested.c), read
 * by the type's input function.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "core/serde_nested.h"
#include "fdw/convert_nested.h"
#include "fdw/types.h"

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
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
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
grow(struct PdsNestedConverter *n, int used)
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
	/* a delimiter that is not ASCII may cut a character in two */
	e->text_verified = c->text_verified && (unsigned char) c->dialect->collection_delim < 0x80;
}

static PdsConvertResult
array_value(PdsConverter *c, PdsField *f, Datum *value, bool *isnull)
{
	struct PdsNestedConverter *n = c->nested;
	PdsConverter *e = &n->element;
	PdsField	field;
	MemoryContext old;
	size_t		at = 0;
	int			count = 0;
	int			lbound = 1;

	follow(e, c);
	while (pds_lazy_next_element(c->dialect, line_of(c, f), f, &at, &field))
	{
		grow(n, count);
		n->nulls[count] = true;
		if (field.data && e->fn(e, &field, &n->values[count], &n->nulls[count]) == PDS_CONVERT_BAD)
			return PDS_CONVERT_BAD;
		count++;
	}
	c->malformed += e->malformed;
	e->malformed = 0;
	old = MemoryContextSwitchTo(c->value_cxt);
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
too_deep(PdsConverter *c, PdsField *f, Datum *value, bool *isnull)
{
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("column \"%s\" is nested %d levels deep, its table has separators for %d",
					c->column_name, pds_nested_levels(&c->hive), pds_dialect_levels(c->dialect)),
			 errhint("The table property hive.serialization.extend.nesting.levels in Glue gives it more.")));
	return PDS_CONVERT_BAD;
}

PdsConvertFn
pds_nested_fn(PdsConverter *c)
{
	bool		array = c->hive.kind == PDS_HIVE_ARRAY && c->typid != JSONBOID &&
		c->typid != JSONOID;
	MemoryContextCallback *cb;

	if (!pds_type_matches_hive(&c->hive, c->typid, c->typmod) && c->typid != JSONBOID &&
		c->typid != JSONOID)
		return NULL;
	/* levels of separators, the record's own included */
	if (pds_nested_levels(&c->hive) > pds_dialect_levels(c->dialect))
		return too_deep;
	c->nested = palloc0(sizeof(*c->nested));
	if (array)
	{
		PdsConverter *e = &c->nested->element;

		pds_converter_init(e, c->format, c->dialect, get_element_type(c->typid), c->typmod,
						   &c->hive.children[0], c->arena, c->value_cxt, c->column_name);
		get_typlenbyvalalign(e->typid, &c->nested->typlen, &c->nested->typbyval,
							 &c->nested->typalign);
		return array_value;
	}
	pds_str_init(&c->nested->json);
	cb = palloc(sizeof(MemoryContextCallback));
	cb->func = free_json;
	cb->arg = &c->nested->json;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, cb);
	return json_value;
}
