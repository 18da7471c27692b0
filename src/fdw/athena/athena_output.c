/*
 * athena_output.c
 *	  Averages, sums of values of several scales and transition states, of what
 *	  Athena gives of them: 'sum@scale/count', without the scale or the count.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#include "fdw/agg/agg_states.h"
#include "fdw/athena/athena_output.h"

static Datum
numeric_of(const char *s)
{
	return DirectFunctionCall3(numeric_in, CStringGetDatum(s), ObjectIdGetDatum(InvalidOid),
							   Int32GetDatum(-1));
}

/* The sum, and the count; false: there is none.  In the current memory context. */
static bool
split(const PdsField *f, Datum *sum, Datum *count)
{
	char	   *text = pnstrdup(f->data, f->len);
	char	   *slash = strchr(text, '/');
	char	   *scale = strchr(text, '@');

	if (slash == NULL && scale == NULL)
		elog(ERROR, "the result of Athena has no parts of an aggregate where they were asked for");
	if (slash)
		*slash++ = '\0';
	if (scale)
		*scale++ = '\0';
	*sum = numeric_of(text);
	/* no digit is lost: none of the values has more */
	if (scale)
		*sum = DirectFunctionCall2(numeric_round, *sum, Int32GetDatum(atoi(scale)));
	if (slash)
		*count = numeric_of(slash);
	return slash != NULL;
}

static Datum
avg_state(Datum sum, Datum count)
{
	Datum		pair[2] = {
		DirectFunctionCall1(numeric_int8, count), DirectFunctionCall1(numeric_int8, sum)
	};

	return PointerGetDatum(construct_array(pair, 2, INT8OID, sizeof(int64), FLOAT8PASSBYVAL,
										   TYPALIGN_DOUBLE));
}

static PdsConvertResult
convert(PdsConverter *c, PdsField *f, PdsOutputKind kind, Datum *value)
{
	MemoryContext old = MemoryContextSwitchTo(c->value_cxt);
	Datum		sum;
	Datum		count = 0;
	int64		n = 0;
	bool		counted = split(f, &sum, &count);

	if (counted)
		n = DatumGetInt64(DirectFunctionCall1(numeric_int8, count));
	switch (kind)
	{
		case PDS_OUTPUT_AVG_STATE:
			*value = avg_state(sum, count);
			break;
		case PDS_OUTPUT_BIGINT_STATE:
			*value = pds_agg_sum_state(PDS_AGG_BIGINT, sum, n);
			break;
		case PDS_OUTPUT_NUMERIC_STATE:
			*value = pds_agg_sum_state(PDS_AGG_NUMERIC, sum, n);
			break;
		default:
			/* Athena would round */
			*value = counted ? DirectFunctionCall2(numeric_div, sum, count) : sum;
			break;
	}
	MemoryContextSwitchTo(old);
	return PDS_CONVERT_OK;
}

#define CONVERTER(name, kind) \
static PdsConvertResult \
name(PdsConverter *c, PdsField *f, Datum *value, bool *isnull) \
{ \
	*isnull = false; \
	return convert(c, f, kind, value); \
}

CONVERTER(convert_parts, PDS_OUTPUT_PARTS)
CONVERTER(convert_avg_state, PDS_OUTPUT_AVG_STATE)
CONVERTER(convert_bigint_state, PDS_OUTPUT_BIGINT_STATE)
CONVERTER(convert_numeric_state, PDS_OUTPUT_NUMERIC_STATE)

PdsConvertFn
pds_output_convert(PdsOutputKind kind)
{
	static const PdsConvertFn functions[] = {
		[PDS_OUTPUT_VALUE] = NULL,
		[PDS_OUTPUT_PARTS] = convert_parts,
		[PDS_OUTPUT_AVG_STATE] = convert_avg_state,
		[PDS_OUTPUT_BIGINT_STATE] = convert_bigint_state,
		[PDS_OUTPUT_NUMERIC_STATE] = convert_numeric_state
	};

	StaticAssertDecl(lengthof(functions) == PDS_OUTPUT_NUMERIC_STATE + 1,
					 "an output has no converter");

	Assert((unsigned) kind < lengthof(functions));
	return functions[kind];
}
