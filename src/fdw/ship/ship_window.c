/*
 * ship_window.c
 *	  The table of what is sent: window functions and their frames; and what else may stand in
 *	  the select list of an aggregate or window query (doc/dev/aws.md §7.6).
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "access/transam.h"
#include "catalog/pg_aggregate.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "optimizer/tlist.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "fdw/base/int_datum.h"
#include "fdw/ship/ship_table.h"

/* digits there of a key of integers plus an offset */
#define INT_KEY_DIGITS 20
/* digits of a numeric key, and of its offset: the sum has no more than 38 */
#define RANGE_DIGITS 18

/* ---- the rows ---- */

/* a number of a row, of those that there are */
static bool
check_rank(PdsShipCall *call)
{
	call->result.lo = 1;
	call->result.hi = PDS_SHIP_MOST_ROWS;
	return true;
}

static bool
check_ntile(PdsShipCall *call)
{
	int64		n;

	return pds_const_int(call, 0, &n) && n >= 1 && n <= PG_INT32_MAX;
}

/* the default has the type of the value, digits included */
static bool
default_ok(const PdsShipCall *call)
{
	const Const *c = (const Const *) call->args[2];

	switch (exprType((const Node *) c))
	{
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case TEXTOID:
		case DATEOID:
		case BOOLOID:
			return IsA(c, Const) && !c->constisnull;
		default:
			return false;
	}
}

/* one of the values that were put in */
static void
as_argument(PdsShipCall *call)
{
	Oid			typid = call->result.typid;

	call->result = call->values[0];
	call->result.typid = typid;
}

static bool
check_lag(PdsShipCall *call)
{
	int64		n;

	if (call->clause->orderClause == NIL || !call->values[0].same_scale ||
		(call->nargs > 1 && (!pds_const_int(call, 1, &n) || n < 0 || n > PG_INT32_MAX)) ||
		(call->nargs > 2 && !default_ok(call)))
		return false;
	if (call->nargs < 3)
		call->form = call->nargs == 1 ? "%o($1)%F" : "%o($1, $2)%F";
	as_argument(call);
	return call->nargs < 3 || pds_merge_values(&call->result, &call->values[2]);
}

static bool
check_window_value(PdsShipCall *call)
{
	int64		n;

	as_argument(call);
	return call->values[0].same_scale &&
		(call->nargs == 1 || (pds_const_int(call, 1, &n) && n >= 1 && n <= PG_INT32_MAX));
}

#define WINDOW(names, args, form, returns, check, when) \
	{PDS_SHIP_WINDOW, names, args, form, returns, check, when}
#define FRAME(names, args, form, when) WINDOW(names, args, form, ATHENA_SAME, NULL, when)
#define NEVER(names, args, why) WINDOW(names, args, NULL, ATHENA_SAME, NULL, why)

static const PdsShipRow rows[] = {
	WINDOW("row_number,rank,dense_rank,percent_rank,cume_dist", "", "%o()%F", ATHENA_SAME,
		   check_rank,
		   "keys of PARTITION BY as those of GROUP BY, of ORDER BY as those of ORDER BY, NULLS FIRST "
		   "or LAST said"),
	WINDOW("ntile", "i", "ntile($1)%F", ATHENA_BIGINT, check_ntile, "a constant from 1"),
	WINDOW("lag,lead", "*|*i|*i*", "%o($1, $2, %3)%F", ATHENA_SAME, check_lag,
		   "with ORDER BY. The offset is a constant from 0; the default one of integer, text, date "
		   "or boolean. No IGNORE NULLS, here and below"),
	WINDOW("first_value,last_value", "*", "%o($1)%F", ATHENA_SAME, check_window_value, NULL),
	WINDOW("nth_value", "*i", "nth_value($1, $2)%F", ATHENA_SAME, check_window_value,
		   "a constant from 1"),
	NEVER("sum,avg", "f|d",
		  "the order of additions counts, and a moving frame takes values out again there"),
	WINDOW("count", "", "count(*)%F", ATHENA_SAME, NULL, "as the aggregate"),
	WINDOW("count", "*", "count($1)%F", ATHENA_SAME, NULL, "as the aggregate"),
	WINDOW("sum,avg", "i|n", "%o($1)%F", ATHENA_SAME, NULL, "as the aggregate"),
	WINDOW("min,max", "i|n|D|T|t", "%o($1)%F", ATHENA_SAME, NULL, "as the aggregate"),
	WINDOW("bool_and,bool_or,every", "b", "%o($1)%F", ATHENA_SAME, NULL, "as the aggregate"),
	WINDOW("bit_and,bit_or", "i", "%o($1)%F", ATHENA_SAME, NULL, "as the aggregate"),
	NEVER("string_agg", "tt", "Athena has no aggregate with ORDER BY over a window"),
	WINDOW("FILTER", "*", "%o(CASE WHEN condition THEN $1 END)%F", ATHENA_SAME, NULL,
		   "Athena has no FILTER of window functions; count(*) counts a constant"),
	FRAME("ROWS", "", "ROWS BETWEEN n PRECEDING AND n FOLLOWING",
		  "also UNBOUNDED and CURRENT ROW. Offsets are constants"),
	FRAME("GROUPS", "", "GROUPS BETWEEN n PRECEDING AND n FOLLOWING", "the same"),
	FRAME("RANGE", "", "RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW",
		  "UNBOUNDED and CURRENT ROW"),
	FRAME("RANGE offset", "i",
		  "ORDER BY CAST($1 AS decimal(20,0)) ... RANGE BETWEEN n PRECEDING AND n FOLLOWING",
		  "constants. The key is cast, as the sum may be out of its range"),
	FRAME("RANGE offset", "n", "ORDER BY $1 ... RANGE BETWEEN n PRECEDING AND n FOLLOWING",
		  "constants; key and offset have 18 digits at most"),
	FRAME("RANGE offset", "D|T",
		  "ORDER BY $1 ... RANGE BETWEEN INTERVAL 'n' DAY PRECEDING AND CURRENT ROW",
		  "a constant interval of months, of days or of hours, seconds and milliseconds, not mixed; "
		  "no hours with a date"),
	NEVER("RANGE offset", "f|d", "NaN is greater than all here"),
	NEVER("EXCLUDE", "", "Athena has no such frames"),
};

const PdsShipTable pds_ship_windows = {rows, lengthof(rows)};

/* is there a row that says so? */
static bool
row_allows(const char *name, List *args)
{
	const PdsShipRow *row = pds_ship_find_row(PDS_SHIP_WINDOW, name, args);

	return row && row->form;
}

/* ---- frames ---- */

/* a whole number of days or of months that is the same for each key */
static bool
ship_interval(PdsSql *buf, const Const *c, Oid keytype)
{
	const Interval *span = DatumGetIntervalP(c->constvalue);
	int64		ms = span->time / 1000;

	if (span->month < 0 || span->day < 0 || span->time < 0 || span->month > 12 * 1000 ||
		span->day > 365 * 1000 || span->time > 1000 * USECS_PER_DAY || span->time % 1000 != 0)
		return false;
	if ((span->month != 0) + (span->day != 0) + (ms != 0) > 1 || (keytype == DATEOID && ms != 0))
		return false;
	if (span->month != 0)
		pds_sql_addf(buf, "INTERVAL '%d' MONTH", span->month);
	else if (ms != 0)
		pds_sql_addf(buf, "INTERVAL '" INT64_FORMAT ".%03d' SECOND", ms / 1000, (int) (ms % 1000));
	else
		pds_sql_addf(buf, "INTERVAL '%d' DAY", span->day);
	return true;
}

/* an offset from a key of that type; NULL: a number of rows or groups */
static bool
ship_offset(PdsShipContext *cxt, Node *offset, const Expr *key)
{
	const Const *c = (const Const *) offset;
	Oid			keytype = key ? exprType((const Node *) key) : InvalidOid;
	PdsShipValue v;
	int64		n;

	if (!IsA(c, Const) || c->constisnull)
		return false;
	switch (c->consttype)
	{
		case INT2OID:
		case INT4OID:
		case INT8OID:
			n = pds_int_of_datum(c->consttype, c->constvalue);
			break;
		case NUMERICOID:
			/* below zero it is an error, which is PostgreSQL's to raise */
			return keytype == NUMERICOID &&
				!DatumGetBool(DirectFunctionCall2(numeric_lt, c->constvalue,
												  DirectFunctionCall1(int4_numeric,
																	  Int32GetDatum(0)))) &&
				pds_ship_value(cxt, (Expr *) c, &v) && v.whole + v.scale <= RANGE_DIGITS;
		case INTERVALOID:
			return (keytype == DATEOID || keytype == TIMESTAMPOID) &&
				ship_interval(cxt->buf, c, keytype);
		default:
			return false;
	}
	if (n < 0 || (key == NULL && n > PG_INT32_MAX))
		return false;
	pds_sql_addf(cxt->buf, key ? "DECIMAL '" INT64_FORMAT "'" : INT64_FORMAT, n);
	return key == NULL || pds_family_of(keytype) == FAMILY_INT;
}

/* one end of a frame */
static bool
ship_bound(PdsShipContext *cxt, int options, int unbounded, int current, int preceding,
		   const char *far, Node *offset, const Expr *key)
{
	if (options & unbounded)
		pds_sql_addf(cxt->buf, "UNBOUNDED %s", far);
	else if (options & current)
		pds_sql_add(cxt->buf, "CURRENT ROW");
	else if (!ship_offset(cxt, offset, key))
		return false;
	else
		pds_sql_add(cxt->buf, options & preceding ? " PRECEDING" : " FOLLOWING");
	return true;
}

static bool
has_offsets(const WindowClause *w)
{
	return (w->frameOptions & (FRAMEOPTION_START_OFFSET | FRAMEOPTION_END_OFFSET)) != 0;
}

/* the one key that RANGE adds an offset to; NULL: the frame is another */
static Expr *
range_key(const PdsShipContext *cxt, const WindowClause *w)
{
	if (!(w->frameOptions & FRAMEOPTION_RANGE) || !has_offsets(w) ||
		list_length(w->orderClause) != 1)
		return NULL;
	return (Expr *) get_sortgroupclause_expr(linitial(w->orderClause), cxt->root->processed_tlist);
}

/* ROWS BETWEEN ... AND ...; false when Athena's frame would be another */
static bool
ship_frame(PdsShipContext *cxt, const WindowClause *w)
{
	int			f = w->frameOptions;
	const char *mode = f & FRAMEOPTION_ROWS ? "ROWS" : f & FRAMEOPTION_GROUPS ? "GROUPS" : "RANGE";
	Expr	   *key = range_key(cxt, w);

	/* both defaults are the same */
	if ((f & FRAMEOPTION_NONDEFAULT) == 0)
		return true;
	if ((f & FRAMEOPTION_EXCLUSION && !row_allows("EXCLUDE", NIL)) ||
		!row_allows(key ? "RANGE offset" : mode, key ? list_make1(key) : NIL))
		return false;
	pds_sql_addf(cxt->buf, " %s BETWEEN ", mode);
	if (!ship_bound(cxt, f, FRAMEOPTION_START_UNBOUNDED_PRECEDING, FRAMEOPTION_START_CURRENT_ROW,
					FRAMEOPTION_START_OFFSET_PRECEDING, "PRECEDING", w->startOffset, key))
		return false;
	pds_sql_add(cxt->buf, " AND ");
	return ship_bound(cxt, f, FRAMEOPTION_END_UNBOUNDED_FOLLOWING, FRAMEOPTION_END_CURRENT_ROW,
					  FRAMEOPTION_END_OFFSET_PRECEDING, "FOLLOWING", w->endOffset, key);
}

/* a key of ORDER BY; one that RANGE adds to, with room for the sum */
static bool
ship_order_key(PdsShipContext *cxt, Expr *e, bool ranged)
{
	PdsFamily	family = pds_family_of(exprType((Node *) e));
	PdsShipContext look = *cxt;
	PdsShipValue v;

	if (!ranged)
		return pds_ship_sort_key(cxt, e);
	look.buf = pds_sql_new();
	if (!pds_ship_sort_key(&look, e))
		return false;
	if (family == FAMILY_INT)
	{
		pds_sql_append_form(cxt->buf, "CAST($1 AS ", look.buf);
		pds_sql_addf(cxt->buf, "decimal(%d,0))", INT_KEY_DIGITS);
		return true;
	}
	pds_sql_append(cxt->buf, look.buf);
	/* the offset is a constant of the same digits at most */
	return family != FAMILY_NUMERIC ||
		(pds_ship_value(&look, e, &v) && v.whole + v.scale <= RANGE_DIGITS);
}

/* PARTITION BY and ORDER BY */
static bool
ship_window_keys(PdsShipContext *cxt, const WindowClause *w)
{
	List	   *tlist = cxt->root->processed_tlist;
	ListCell   *lc;

	foreach(lc, w->partitionClause)
	{
		pds_sql_add(cxt->buf, lc == list_head(w->partitionClause) ? "PARTITION BY " : ", ");
		if (!pds_ship_group_key(cxt, (Expr *) get_sortgroupclause_expr(lfirst(lc), tlist)))
			return false;
	}
	foreach(lc, w->orderClause)
	{
		SortGroupClause *s = lfirst_node(SortGroupClause, lc);

		pds_sql_add(cxt->buf, lc != list_head(w->orderClause) ? ", "
					: w->partitionClause ? " ORDER BY " : "ORDER BY ");
		if (!ship_order_key(cxt, (Expr *) get_sortgroupclause_expr(s, tlist),
							range_key(cxt, w) != NULL) ||
			!pds_ship_sort_order(cxt->buf, s))
			return false;
	}
	return true;
}

/* " OVER (...)"; NULL: it cannot be said there */
static const PdsSql *
ship_over(const PdsShipContext *outer, const WindowClause *w, bool frame)
{
	PdsShipContext cxt = *outer;

	cxt.buf = pds_sql_new();
	pds_sql_add(cxt.buf, " OVER (");
	if (!ship_window_keys(&cxt, w) || (frame && !ship_frame(&cxt, w)))
		return NULL;
	pds_sql_add(cxt.buf, ")");
	return cxt.buf;
}

/* ---- window functions ---- */

/* FILTER: what it leaves out is NULL, which an aggregate does not look at */
static Expr *
filtered(Expr *arg, Expr *filter)
{
	CaseExpr   *c;
	CaseWhen   *w;

	if (filter == NULL)
		return arg;
	w = makeNode(CaseWhen);
	w->expr = filter;
	w->result = arg;
	w->location = -1;
	c = makeNode(CaseExpr);
	c->casetype = exprType((Node *) arg);
	c->casecollid = exprCollation((Node *) arg);
	c->args = list_make1(w);
	c->defresult = (Expr *) makeNullConst(c->casetype, exprTypmod((Node *) arg), c->casecollid);
	c->location = -1;
	return (Expr *) c;
}

/* as the aggregate of that name is written */
static bool
ship_window_aggregate(PdsShipContext *cxt, const WindowFunc *w, const PdsSql *over, bool *avg,
					  PdsShipValue *v)
{
	Aggref	   *a = makeNode(Aggref);
	PdsShipContext inner = *cxt;
	ListCell   *lc;

	a->aggfnoid = w->winfnoid;
	a->aggtype = w->wintype;
	a->aggcollid = w->wincollid;
	a->inputcollid = w->inputcollid;
	a->aggstar = w->winstar;
	a->aggkind = AGGKIND_NORMAL;
	a->aggsplit = AGGSPLIT_SIMPLE;
	foreach(lc, w->args)
		a->args = lappend(a->args, makeTargetEntry(filtered(lfirst(lc), w->aggfilter),
												   list_length(a->args) + 1, NULL, false));
	if (w->args == NIL && w->aggfilter)
		a->args = list_make1(makeTargetEntry(filtered((Expr *) makeConst(INT4OID, -1, InvalidOid,
																		 sizeof(int32),
																		 Int32GetDatum(1),
																		 false, true),
													  w->aggfilter),
											 1, NULL, false));
	inner.over = over;
	return pds_ship_aggregate_value(&inner, a, avg, v);
}

static const WindowClause *
clause_of(const PdsShipContext *cxt, const WindowFunc *w)
{
	ListCell   *lc;

	foreach(lc, cxt->root->parse->windowClause)
	{
		if (lfirst_node(WindowClause, lc)->winref == w->winref)
			return lfirst(lc);
	}
	return NULL;
}

static bool
ship_window(PdsShipContext *cxt, const WindowFunc *w, bool *avg, PdsShipValue *v)
{
	const char *name = w->winfnoid < FirstGenbkiObjectId ? get_func_name(w->winfnoid) : NULL;
	const WindowClause *clause = clause_of(cxt, w);
	PdsShipCall call = {.cxt = cxt, .name = name, .collation = w->inputcollid, .clause = clause};
	const PdsSql *over;

	*avg = false;
	if (name == NULL || clause == NULL || PDS_WINDOW_IGNORES_NULLS(w) || !row_allows(name, w->args))
		return false;
	/* functions of the order alone may not have a frame there, and need none */
	over = ship_over(cxt, clause, w->winagg || strstr(name, "_value"));
	if (over == NULL)
		return false;
	if (w->winagg)
		return ship_window_aggregate(cxt, w, over, avg, v);
	call.filter = over;
	if (w->aggfilter || !pds_ship_call(&call, PDS_SHIP_WINDOW, w->args, w->wintype))
		return false;
	*v = call.result;
	return true;
}

/* GROUPING: its arguments are plain keys */
static bool
ship_grouping(PdsShipContext *cxt, const GroupingFunc *g, PdsShipValue *v)
{
	ListCell   *lc;

	if (g->agglevelsup != 0 || g->args == NIL || !cxt->aggregates)
		return false;
	pds_sql_add(cxt->buf, "grouping");
	foreach(lc, g->args)
	{
		pds_sql_add(cxt->buf, lc == list_head(g->args) ? "(" : ", ");
		if (!IsA(pds_ship_strip(lfirst(lc)), Var) || !pds_ship_group_key(cxt, lfirst(lc)))
			return false;
	}
	pds_sql_add(cxt->buf, ")");
	*v = pds_value_of_type(INT4OID);
	/* a bit for each */
	v->lo = 0;
	v->hi = ((int64) 1 << Min(list_length(g->args), 31)) - 1;
	return true;
}

bool
pds_ship_window_value(PdsShipContext *cxt, Expr *e, PdsShipValue *v)
{
	bool		avg;

	if (IsA(e, GroupingFunc))
		return ship_grouping(cxt, (GroupingFunc *) e, v);
	return ship_window(cxt, (WindowFunc *) e, &avg, v) && !avg;
}

bool
pds_ship_upper(PdsShipContext *cxt, Expr *e, bool *avg)
{
	PdsShipValue v;

	*avg = false;
	if (IsA(e, Aggref))
		return pds_ship_aggregate(cxt, (Aggref *) e, avg);
	if (IsA(e, WindowFunc))
		return ship_window(cxt, (WindowFunc *) e, avg, &v);
	return pds_ship_output(cxt, e);
}
