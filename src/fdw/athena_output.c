/*
 * athena_output.c
 *	  Averages and transition states, of the sum and the number of values: 'sum/count'.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#include "fdw/agg_states.h"
#include "fdw/athena_output.h"

/* the two numbers, in the current memory context */
static void
split(const PdsField *f, Datum *sum, Datum *count)
{
	char	   *text = pnstrdup(f->data, f->len);
	char	   *slash = strchr(text, '/');
	int			i;

	if (slash == NULL)
		elog(ERROR, "the result of Athena has no sum and count where they were asked for");
	*slash++ = '\0';
	for (i = 0; i < 2; i++)
		*(i == 0 ? sum : count) = DirectFunctionCall3(numeric_in, CStringGetDatum(i == 0 ? text : slash),
													  ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
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
	Datum		count;
	int64		n;

	split(f, &sum, &count);
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
			*value = DirectFunctionCall2(numeric_div, sum, count);
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

CONVERTER(convert_avg, PDS_OUTPUT_AVG)
CONVERTER(convert_avg_state, PDS_OUTPUT_AVG_STATE)
CONVERTER(convert_bigint_state, PDS_OUTPUT_BIGINT_STATE)
CONVERTER(convert_numeric_state, PDS_OUTPUT_NUMERIC_STATE)

PdsConvertFn
pds_output_convert(PdsOutputKind kind)
{
	static const PdsConvertFn functions[] = {
		[PDS_OUTPUT_VALUE] = NULL,
		[PDS_OUTPUT_AVG] = convert_avg,
		[PDS_OUTPUT_AVG_STATE] = convert_avg_state,
		[PDS_OUTPUT_BIGINT_STATE] = convert_bigint_state,
		[PDS_OUTPUT_NUMERIC_STATE] = convert_numeric_state
	};

	return functions[kind];
}
