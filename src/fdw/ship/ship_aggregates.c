/*
 * ship_aggregates.c
 *	  The table of what is sent: aggregates.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "access/transam.h"
#include "catalog/pg_type.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "optimizer/tlist.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "fdw/ship/ship_table.h"

/* digits of a sum's argument: room for 10^10 rows in 38 digits */
#define MAX_SUMMED	28

static bool
check_rows(PdsShipCall *call)
{
	call->result.lo = 0;
	call->result.hi = PDS_SHIP_MOST_ROWS;
	return true;
}

/* An argument that is NULL or not, whatever its type: columns are read alike. */
static bool
check_count_aggregate(PdsShipCall *call)
{
	check_rows(call);
	if (call->aggref->aggdistinct == NIL)
		return true;
	switch (pds_family_of(call->values[0].typid))
	{
		case FAMILY_NONE:
		case FAMILY_REAL:
		case FAMILY_DOUBLE:
			return false;		/* NaN, -0 */
		case FAMILY_TEXT:
			return pds_text_collation_ok(call->collation, false);
		default:
			return call->values[0].type != ATHENA_SAME;
	}
}

static bool
check_plain(PdsShipCall *call)
{
	return call->aggref->aggdistinct == NIL;
}

static bool
is_bigint(const PdsShipCall *call)
{
	return call->values[0].typid == INT8OID;
}

static bool
check_sum_int(PdsShipCall *call)
{
	return check_plain(call) && !is_bigint(call);
}

static bool
check_sum_bigint(PdsShipCall *call)
{
	call->result.whole = 38;
	return check_plain(call) && is_bigint(call);
}

static bool
check_sum_numeric(PdsShipCall *call)
{
	call->result.scale = call->values[0].scale;
	call->result.whole = 38 - call->result.scale;
	call->result.same_scale = call->values[0].same_scale;
	return check_plain(call) && (call->result.same_scale || call->inside) &&
		call->values[0].whole + call->values[0].scale <= MAX_SUMMED;
}

/* The greatest scale of the values becomes that of the sum: $2 is that of each. */
static bool
check_sum_scales(PdsShipCall *call)
{
	const PdsShipValue *v = &call->values[0];
	const PdsSql *scale = pds_ship_scale(v, call->args[0], call->sql[0]);

	call->parts = true;
	if (!check_plain(call) || scale == NULL || v->typid != NUMERICOID || v->same_scale ||
		v->whole + v->scale > MAX_SUMMED)
		return false;
	/* as the argument: pds_ship_call */
	if (call->cxt->may_raise && !pds_sql_is_empty(call->condition))
		scale = pds_sql_form("CASE WHEN $1 THEN $2 END", call->condition, scale);
	call->sql[call->nargs++] = scale;
	return true;
}

static bool
check_avg(PdsShipCall *call)
{
	const PdsShipValue *v = &call->values[0];

	call->parts = true;
	if (!check_plain(call))
		return false;
	if (v->typid == NUMERICOID)
		return v->same_scale && v->whole + v->scale <= MAX_SUMMED;
	call->form = is_bigint(call)
		? "CAST(sum(CAST($1 AS decimal(38,0)))%F AS varchar) || '/' || CAST(count($1)%F AS varchar)"
		: "CAST(sum($1)%F AS varchar) || '/' || CAST(count($1)%F AS varchar)";
	return true;
}

static bool
check_extreme(PdsShipCall *call)
{
	const PdsShipValue *v = &call->values[0];
	Oid			typid = call->result.typid;

	if (v->typid == NUMERICOID && !v->same_scale)
		return false;
	if (pds_family_of(v->typid) == FAMILY_TEXT && !pds_text_collation_ok(call->collation, true))
		return false;
	call->result = *v;
	call->result.typid = typid;
	return true;
}

/* keys of ORDER BY up to the text itself: rows that are equal in them are equal texts */
static bool
ship_order(PdsShipCall *call, PdsSql *buf)
{
	const Aggref *a = call->aggref;
	PdsShipContext cxt = *call->cxt;
	ListCell   *lc;

	cxt.buf = buf;
	foreach(lc, a->aggorder)
	{
		SortGroupClause *s = lfirst_node(SortGroupClause, lc);
		Expr	   *e = get_sortgroupref_tle(s->tleSortGroupRef, a->args)->expr;

		pds_sql_add(buf, lc == list_head(a->aggorder) ? "" : ", ");
		if (!pds_ship_sort_key(&cxt, e) || cxt.has_param || cxt.may_raise ||
			!pds_ship_sort_order(buf, s))
			return false;
		if (equal(pds_ship_strip(e), pds_ship_strip(call->args[0])))
			return true;
	}
	return false;
}

static bool
check_string_agg(PdsShipCall *call)
{
	PdsSql	   *order = pds_sql_new();

	if (pds_const_text(call, 1) == NULL || !pds_sql_is_empty(call->filter) ||
		!ship_order(call, order))
		return false;
	/* NULLs are left out */
	call->sql[2] = order;
	call->form = "array_join(array_agg(%D$1 ORDER BY $3) FILTER (WHERE $1 IS NOT NULL), $2)";
	return true;
}

static bool
check_inexact_plain(PdsShipCall *call)
{
	return check_plain(call) && pds_check_inexact(call);
}

/* ---- the rows ---- */

#define AGGREGATE(names, args, form, check, when) \
	{PDS_SHIP_AGGREGATE, names, args, form, ATHENA_SAME, check, when}
#define NEVER(names, args, why) AGGREGATE(names, args, NULL, NULL, why)

static const PdsShipRow rows[] = {
	AGGREGATE("count", "", "count(*)%F", check_rows, NULL),
	AGGREGATE("count", "*", "count(%D$1)%F", check_count_aggregate,
			  "of a column of any type, or of an expression that is sent. DISTINCT not of real and "
			  "double precision: NaN, -0"),
	AGGREGATE("sum", "i", "sum($1)%F", check_sum_int, "smallint and integer, without DISTINCT"),
	AGGREGATE("sum", "i", "sum(CAST($1 AS decimal(38,0)))%F", check_sum_bigint,
			  "bigint, without DISTINCT: Athena's bigint would overflow"),
	AGGREGATE("sum", "n", "sum(%1)%F", check_sum_numeric,
			  "at most 28 digits, one scale, without DISTINCT: there is room for 10^10 rows"),
	AGGREGATE("sum", "n", "CAST(sum(%1)%F AS varchar) || '@' || CAST(max($2)%F AS varchar)",
			  check_sum_scales,
			  "the same of several scales, of CASE and COALESCE: the greatest becomes that of the "
			  "sum, as here. $2 is that of each value, 2 or 0 of CASE WHEN ... THEN price ELSE 0 END. "
			  "In HAVING and ORDER BY as of one scale"),
	AGGREGATE("avg", "i|n", "CAST(sum(%1)%F AS varchar) || '/' || CAST(count($1)%F AS varchar)",
			  check_avg, "the sum and the count as for sum, divided here: Athena rounds"),
	AGGREGATE("avg", "n",
			  "CAST(sum(%1)%F AS varchar) || '@' || CAST(max($2)%F AS varchar) || '/' || "
			  "CAST(count($1)%F AS varchar)", check_sum_scales, "the same of several scales"),
	AGGREGATE("min,max", "i|n|D|T|Z", "%o($1)%F", check_extreme,
			  "numeric of one scale: of equal values the scale of the last row counts here"),
	AGGREGATE("min,max", "t", "%o($1)%F", check_extreme,
			  "collation C, POSIX or ucs_basic, in a UTF-8 database: Athena orders by bytes"),
	NEVER("min,max", "f|d", "NaN is greater than all here"),
	NEVER("min,max", "c", "trailing blanks do not count here"),
	AGGREGATE("bool_and,bool_or,every", "b", "%o($1)%F", NULL, NULL),
	AGGREGATE("bit_and", "i", "CAST(bitwise_and_agg($1)%F AS %t)", NULL, NULL),
	AGGREGATE("bit_or", "i", "CAST(bitwise_or_agg($1)%F AS %t)", NULL, NULL),
	NEVER("bit_xor", "i", "only newer engines have it"),
	AGGREGATE("string_agg", "tt",
			  "array_join(array_agg(%D$1 ORDER BY $1) FILTER (WHERE $1 IS NOT NULL), $2)",
			  check_string_agg,
			  "ordered by keys of ORDER BY of which the last is the text itself, in collation C, POSIX "
			  "or ucs_basic; a constant between; no FILTER"),
	AGGREGATE("sum,avg", "d", "%o($1)%F", check_inexact_plain,
			  "allow_inexact: the order of additions counts"),
	NEVER("sum,avg", "f", "added up as real here"),
	AGGREGATE("stddev,stddev_samp,stddev_pop,variance,var_samp,var_pop", "d", "%o($1)%F",
			  check_inexact_plain, "allow_inexact: the last digits may differ"),
	AGGREGATE("corr,covar_pop,covar_samp,regr_slope,regr_intercept", "dd", "%o($1, $2)%F",
			  check_inexact_plain, "allow_inexact: the last digits may differ"),
	NEVER("stddev,stddev_samp,stddev_pop,variance,var_samp,var_pop", "i|n|f",
		  "of integers and numeric they are exact here"),
	AGGREGATE("regr_count", "dd", "count(CASE WHEN $1 IS NOT NULL AND $2 IS NOT NULL THEN 1 END)%F",
			  check_plain, NULL),
	NEVER("regr_r2,regr_avgx,regr_avgy,regr_sxx,regr_syy,regr_sxy", "dd",
		  "Athena has not all of them, nor are they exact"),
	NEVER("any_value", "*", "which of the values is nobody's to say"),
	NEVER("array_agg,json_agg,jsonb_agg", "*", "the order of the values is nobody's there"),
	NEVER("percentile_cont,percentile_disc,mode", "*", "Athena's are approximate"),
	NEVER("sum,avg", "I", "intervals are another type there"),
};

const PdsShipTable pds_ship_aggregates = {rows, lengthof(rows)};
