/*
 * shippable_rows.c
 *	  pds.shippable: the table of what is sent to Athena, for users and for the test of the page.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "fdw/ship/ship_table.h"
#include "sql/base/functions.h"

PG_FUNCTION_INFO_V1(pds_shippable);

static const char *
family_words(char letter)
{
	switch (letter)
	{
		case FAMILY_INT:
			return "integer";
		case FAMILY_NUMERIC:
			return "numeric";
		case FAMILY_REAL:
			return "real";
		case FAMILY_DOUBLE:
			return "double precision";
		case FAMILY_TEXT:
			return "text";
		case FAMILY_BOOL:
			return "boolean";
		case FAMILY_DATE:
			return "date";
		case FAMILY_TIMESTAMP:
			return "timestamp";
		case FAMILY_TIMESTAMPTZ:
			return "timestamptz";
		case FAMILY_INTERVAL:
			return "interval";
		case FAMILY_CHAR:
			return "char";
		case FAMILY_BYTEA:
			return "bytea";
		case FAMILY_JSON:
			return "json";
		case '*':
			return "any";
		case '+':
			return "...";
		default:
			return "?";
	}
}

/* names with commas between them */
static Datum
names(const char *list)
{
	ArrayBuildState *array = initArrayResult(TEXTOID, CurrentMemoryContext, false);

	for (;;)
	{
		size_t		len = strcspn(list, ",");

		array = accumArrayResult(array, PointerGetDatum(cstring_to_text_with_len(list, len)), false,
								 TEXTOID, CurrentMemoryContext);
		if (list[len] == '\0')
			return makeArrayResult(array, CurrentMemoryContext);
		list += len + 1;
	}
}

/* "ii|n+" as {"integer, integer", "numeric, ..."} */
static Datum
arguments(const char *letters)
{
	ArrayBuildState *array = initArrayResult(TEXTOID, CurrentMemoryContext, false);
	StringInfoData one;

	initStringInfo(&one);
	for (;; letters++)
	{
		if (*letters && *letters != '|')
		{
			appendStringInfo(&one, "%s%s", one.len ? ", " : "", family_words(*letters));
			continue;
		}
		array = accumArrayResult(array, CStringGetTextDatum(one.data), false, TEXTOID,
								 CurrentMemoryContext);
		resetStringInfo(&one);
		if (*letters == '\0')
			return makeArrayResult(array, CurrentMemoryContext);
	}
}

static void
put_row(PdsResult *result, const PdsShipRow *row)
{
	static const char *const kinds[] = {
		[PDS_SHIP_OPERATOR] = "operator",
		[PDS_SHIP_FUNCTION] = "function",
		[PDS_SHIP_CAST] = "cast",
		[PDS_SHIP_AGGREGATE] = "aggregate",
		[PDS_SHIP_EXPRESSION] = "expression",
		[PDS_SHIP_WINDOW] = "window"
	};

	StaticAssertDecl(lengthof(kinds) == PDS_SHIP_WINDOW + 1, "a kind of row has no name");
	Datum		values[6];
	bool		nulls[6] = {false};

	values[0] = CStringGetTextDatum(kinds[row->kind]);
	values[1] = names(row->names);
	values[2] = arguments(row->args);
	values[3] = BoolGetDatum(row->form != NULL);
	nulls[4] = row->form == NULL;
	if (row->form)
		values[4] = CStringGetTextDatum(row->form);
	nulls[5] = row->when == NULL;
	if (row->when)
		values[5] = CStringGetTextDatum(row->when);
	pds_result_row(result, lengthof(values), values, nulls);
}

Datum
pds_shippable(PG_FUNCTION_ARGS)
{
	static const PdsShipTable *const tables[] = {
		&pds_ship_operators, &pds_ship_functions, &pds_ship_casts, &pds_ship_expressions,
		&pds_ship_aggregates, &pds_ship_windows
	};
	PdsResult	result;
	int			t;
	int			i;

	StaticAssertDecl(lengthof(tables) == PDS_SHIP_WINDOW + 1, "a kind of row has no table");
	pds_result_begin(fcinfo, &result);
	for (t = 0; t < lengthof(tables); t++)
		for (i = 0; i < tables[t]->nrows; i++)
			put_row(&result, &tables[t]->rows[i]);
	return (Datum) 0;
}
