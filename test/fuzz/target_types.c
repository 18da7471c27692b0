/*
 * target_types.c
 *	  What the catalog says a table is: types, views, dialects.
 */
#include "fuzz.h"

#include "core/infer/infer.h"
#include "core/glue/presto_view.h"

static int
nodes(const PdsHiveType *t)
{
	int			n = 1;
	int			i;

	for (i = 0; i < t->nchildren; i++)
		n += nodes(&t->children[i]);
	return n;
}

static void
check_type(const PdsHiveType *t, size_t input)
{
	int			i;

	FUZZ_CHECK(t->kind <= PDS_HIVE_OTHER);
	FUZZ_CHECK(t->nchildren >= 0);
	if (t->kind == PDS_HIVE_DECIMAL)
		FUZZ_CHECK(t->precision >= 1 && t->precision <= 38 && t->scale >= 0 && t->scale <= t->precision);
	if (t->kind == PDS_HIVE_ARRAY)
		FUZZ_CHECK(t->nchildren == 1);
	if (t->kind == PDS_HIVE_MAP)
		FUZZ_CHECK(t->nchildren == 2);
	for (i = 0; i < t->nchildren; i++)
	{
		FUZZ_CHECK((t->kind != PDS_HIVE_STRUCT && t->kind != PDS_HIVE_UNION) || t->names[i] != NULL);
		check_type(&t->children[i], input);
	}
	FUZZ_CHECK((size_t) nodes(t) <= input + 3);
}

/* the same type twice; a scalar's name is a type again, and the same one */
void
fuzz_hive_type(FuzzInput *in)
{
	char	   *text = fuzz_rest(in, NULL);
	char		name[64];
	PdsHiveType t;
	PdsHiveType again;
	PdsError	err;

	if (fuzz_check_call(pds_hive_type_parse(text, &t, &err), &err))
	{
		check_type(&t, strlen(text));
		FUZZ_CHECK(pds_hive_type_parse(text, &again, &err));
		FUZZ_CHECK(pds_hive_type_equal(&t, &again));
		pds_hive_type_clear(&again);
		if (t.nchildren == 0 && t.kind < PDS_HIVE_ARRAY && t.kind != PDS_HIVE_TIME)
		{
			pds_hive_type_name(&t, name, sizeof(name));
			FUZZ_SAY(pds_hive_type_parse(name, &again, &err), name);
			FUZZ_SAY(pds_hive_type_equal(&t, &again), name);
			pds_hive_type_clear(&again);
		}
		pds_hive_type_clear(&t);
	}
	(void) pds_hive_type_verdict(text);
	free(text);
}

/* what Trino's types are made into are Hive's */
void
fuzz_trino_type(FuzzInput *in)
{
	char	   *text = fuzz_rest(in, NULL);
	PdsHiveType t;
	PdsStr		hive;
	PdsError	err;

	pds_str_init(&hive);
	if (pds_hive_of_trino_type(text, &hive))
	{
		FUZZ_SAY(pds_hive_type_parse(pds_str_text(&hive), &t, &err), pds_str_text(&hive));
		pds_hive_type_clear(&t);
	}
	FUZZ_CHECK(hive.len <= 8 * strlen(text) + 16);
	pds_str_free(&hive);
	free(text);
}
