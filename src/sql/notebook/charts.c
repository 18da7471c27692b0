/*
 * charts.c
 *	  Bar charts in SQL: pds.bar, and the aggregates pds.bar_chart and pds.svg_bar_chart.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "core/stat/chart.h"
#include "fdw/base/error_map.h"
#include "fdw/base/on_reset.h"

PG_FUNCTION_INFO_V1(pds_bar);
PG_FUNCTION_INFO_V1(pds_bar_labelled);
PG_FUNCTION_INFO_V1(pds_chart_step);
PG_FUNCTION_INFO_V1(pds_bar_chart_final);
PG_FUNCTION_INFO_V1(pds_svg_chart_final);

#define DEFAULT_WIDTH 40
#define MAX_WIDTH 500
/* more bars make no picture */
#define MAX_BARS 10000

typedef struct ChartState
{
	MemoryContext cxt;
	PdsBar	   *bars;
	int			n;
	int			cap;
	int			width;
	char	   *title;
} ChartState;

static void
free_str(void *arg)
{
	pds_str_free(arg);
}

/* a string that goes with the current memory context */
static PdsStr *
new_str(void)
{
	PdsStr	   *s = palloc(sizeof(PdsStr));

	pds_str_init(s);
	pds_on_reset(CurrentMemoryContext, free_str, s);
	return s;
}

/* the core's UTF-8 as a text of this database */
static Datum
result(PdsStr *s)
{
	PdsError	err;

	if (s->failed)
	{
		pds_error_oom(&err);
		pds_raise(&err);
	}
	return CStringGetTextDatum(pg_any_to_server(pds_str_text(s), s->len, PG_UTF8));
}

/* blocks are not in other encodings */
static bool
only_ascii(void)
{
	return GetDatabaseEncoding() != PG_UTF8;
}

static int
check_width(int width)
{
	if (width < 1 || width > MAX_WIDTH)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("width must be 1 to %d", MAX_WIDTH)));
	return width;
}

/* (value, max, width) */
Datum
pds_bar(PG_FUNCTION_ARGS)
{
	PdsStr	   *s = new_str();

	pds_chart_bar(PG_GETARG_FLOAT8(0), PG_GETARG_FLOAT8(1), check_width(PG_GETARG_INT32(2)),
				  only_ascii(), s);
	return result(s);
}

/* (label, value, max, width) */
Datum
pds_bar_labelled(PG_FUNCTION_ARGS)
{
	PdsStr	   *s = new_str();
	char	   *label = text_to_cstring(PG_GETARG_TEXT_PP(0));
	PdsBar		bar = {
		.label = pg_server_to_any(label, strlen(label), PG_UTF8),
		.value = PG_GETARG_FLOAT8(1)
	};

	pds_chart_row(&bar, PG_GETARG_FLOAT8(2), check_width(PG_GETARG_INT32(3)), only_ascii(), s);
	return result(s);
}

/* (state, label, value [, width or title]) */
Datum
pds_chart_step(PG_FUNCTION_ARGS)
{
	ChartState *c = PG_ARGISNULL(0) ? NULL : (ChartState *) PG_GETARG_POINTER(0);
	MemoryContext cxt;
	MemoryContext old;
	char	   *label;

	if (!AggCheckCallContext(fcinfo, &cxt))
		elog(ERROR, "a function of a chart aggregate was called outside one");
	old = MemoryContextSwitchTo(cxt);
	if (c == NULL)
	{
		c = palloc0(sizeof(ChartState));
		c->width = DEFAULT_WIDTH;
	}
	if (c->n == MAX_BARS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("a chart has at most %d bars", MAX_BARS),
				 errhint("Group the rows first: one row a bar.")));
	if (c->n == c->cap)
	{
		c->cap = c->cap ? c->cap * 2 : 16;
		c->bars = c->bars ? repalloc(c->bars, c->cap * sizeof(PdsBar))
			: palloc(c->cap * sizeof(PdsBar));
	}
	label = PG_ARGISNULL(1) ? pstrdup("NULL") : text_to_cstring(PG_GETARG_TEXT_PP(1));
	c->bars[c->n].label = pg_server_to_any(label, strlen(label), PG_UTF8);
	c->bars[c->n].missing = PG_ARGISNULL(2);
	c->bars[c->n++].value = PG_ARGISNULL(2) ? 0 : PG_GETARG_FLOAT8(2);
	if (PG_NARGS() > 3 && !PG_ARGISNULL(3))
	{
		if (get_fn_expr_argtype(fcinfo->flinfo, 3) == INT4OID)
			c->width = check_width(PG_GETARG_INT32(3));
		else if (c->title == NULL)
		{
			char	   *title = text_to_cstring(PG_GETARG_TEXT_PP(3));

			c->title = pg_server_to_any(title, strlen(title), PG_UTF8);
		}
	}
	MemoryContextSwitchTo(old);
	PG_RETURN_POINTER(c);
}

Datum
pds_bar_chart_final(PG_FUNCTION_ARGS)
{
	ChartState *c = PG_ARGISNULL(0) ? NULL : (ChartState *) PG_GETARG_POINTER(0);
	PdsStr	   *s;

	if (c == NULL)
		PG_RETURN_NULL();
	s = new_str();
	pds_chart_text(c->bars, c->n, c->width, only_ascii(), s);
	return result(s);
}

Datum
pds_svg_chart_final(PG_FUNCTION_ARGS)
{
	ChartState *c = PG_ARGISNULL(0) ? NULL : (ChartState *) PG_GETARG_POINTER(0);
	PdsStr	   *s;

	if (c == NULL)
		PG_RETURN_NULL();
	s = new_str();
	pds_chart_svg(c->bars, c->n, c->title, s);
	return result(s);
}
