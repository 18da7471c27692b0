/*
 * ship_window.c
 *	  What may stand in the select list of an aggregate or window query, beyond
 *	  expressions: aggregates, GROUPING and window functions (AWS.md 7.6).
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "access/transam.h"
#include "catalog/pg_aggregate.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/tlist.h"
#include "utils/lsyscache.h"

#include "fdw/deparse.h"
#include "fdw/ship_table.h"

/* how a window function looks at its rows */
typedef enum WindowKind
{
	WINDOW_RANK,				/* at their order; the frame does not count */
	WINDOW_OFFSET,				/* at another row; Athena wants an order, and refuses a frame */
	WINDOW_VALUE,				/* at a value of the frame */
	WINDOW_AGGREGATE
} WindowKind;

static const struct
{
	const char *name;
	WindowKind	kind;
	int			nargs;			/* at most */
}			window_functions[] = {
	{"row_number", WINDOW_RANK, 0},
	{"rank", WINDOW_RANK, 0},
	{"dense_rank", WINDOW_RANK, 0},
	{"percent_rank", WINDOW_RANK, 0},
	{"cume_dist", WINDOW_RANK, 0},
	{"ntile", WINDOW_RANK, 1},
	{"lag", WINDOW_OFFSET, 3},
	{"lead", WINDOW_OFFSET, 3},
	{"first_value", WINDOW_VALUE, 1},
	{"last_value", WINDOW_VALUE, 1},
	{"nth_value", WINDOW_VALUE, 2},
	{"count", WINDOW_AGGREGATE, 1},
	{"sum", WINDOW_AGGREGATE, 1},
	{"min", WINDOW_AGGREGATE, 1},
	{"max", WINDOW_AGGREGATE, 1},
};

static bool
int_constant(const Node *n, int64 least, int64 *value)
{
	const Const *c = (const Const *) n;

	if (n == NULL || !IsA(n, Const) || c->constisnull)
		return false;
	if (c->consttype == INT4OID)
		*value = DatumGetInt32(c->constvalue);
	else if (c->consttype == INT8OID)
		*value = DatumGetInt64(c->constvalue);
	else
		return false;
	return *value >= least && *value <= PG_INT32_MAX;
}

/* ROWS BETWEEN ... AND ...; false when Athena's frame would be another */
static bool
ship_frame(StringInfo buf, const WindowClause *w)
{
	int			f = w->frameOptions;
	int64		start = 0;
	int64		end = 0;

	if (f & (FRAMEOPTION_GROUPS | FRAMEOPTION_EXCLUSION))
		return false;
	/* both defaults are the same */
	if ((f & FRAMEOPTION_NONDEFAULT) == 0)
		return true;
	if (f & (FRAMEOPTION_START_OFFSET | FRAMEOPTION_END_OFFSET) && !(f & FRAMEOPTION_ROWS))
		return false;
	if ((f & FRAMEOPTION_START_OFFSET && !int_constant(w->startOffset, 0, &start)) ||
		(f & FRAMEOPTION_END_OFFSET && !int_constant(w->endOffset, 0, &end)))
		return false;
	/* a frame that ends before it starts */
	if ((f & FRAMEOPTION_START_OFFSET_FOLLOWING && f & FRAMEOPTION_END_OFFSET_FOLLOWING && start > end) ||
		(f & FRAMEOPTION_START_OFFSET_PRECEDING && f & FRAMEOPTION_END_OFFSET_PRECEDING && start < end))
		return false;
	appendStringInfoString(buf, f & FRAMEOPTION_ROWS ? " ROWS BETWEEN " : " RANGE BETWEEN ");
	if (f & FRAMEOPTION_START_UNBOUNDED_PRECEDING)
		appendStringInfoString(buf, "UNBOUNDED PRECEDING");
	else if (f & FRAMEOPTION_START_CURRENT_ROW)
		appendStringInfoString(buf, "CURRENT ROW");
	else
		appendStringInfo(buf, INT64_FORMAT " %s", start,
						 f & FRAMEOPTION_START_OFFSET_PRECEDING ? "PRECEDING" : "FOLLOWING");
	appendStringInfoString(buf, " AND ");
	if (f & FRAMEOPTION_END_UNBOUNDED_FOLLOWING)
		appendStringInfoString(buf, "UNBOUNDED FOLLOWING");
	else if (f & FRAMEOPTION_END_CURRENT_ROW)
		appendStringInfoString(buf, "CURRENT ROW");
	else
		appendStringInfo(buf, INT64_FORMAT " %s", end,
						 f & FRAMEOPTION_END_OFFSET_PRECEDING ? "PRECEDING" : "FOLLOWING");
	return true;
}

/* PARTITION BY and ORDER BY */
static bool
ship_window_keys(PdsShipContext *cxt, const WindowClause *w)
{
	List	   *tlist = cxt->root->processed_tlist;
	ListCell   *lc;

	foreach(lc, w->partitionClause)
	{
		appendStringInfoString(cxt->buf, lc == list_head(w->partitionClause) ? "PARTITION BY " : ", ");
		if (!pds_ship_group_key(cxt, (Expr *) get_sortgroupclause_expr(lfirst(lc), tlist)))
			return false;
	}
	foreach(lc, w->orderClause)
	{
		SortGroupClause *s = lfirst_node(SortGroupClause, lc);
		const char *op = s->sortop < FirstGenbkiObjectId ? get_opname(s->sortop) : NULL;

		if (op == NULL || (strcmp(op, "<") != 0 && strcmp(op, ">") != 0))
			return false;
		appendStringInfoString(cxt->buf, lc != list_head(w->orderClause) ? ", "
							   : w->partitionClause ? " ORDER BY " : "ORDER BY ");
		if (!pds_ship_sort_key(cxt, (Expr *) get_sortgroupclause_expr(s, tlist)))
			return false;
		appendStringInfo(cxt->buf, " %s NULLS %s", op[0] == '<' ? "ASC" : "DESC",
						 s->nulls_first ? "FIRST" : "LAST");
	}
	return true;
}

/* count, sum, min, max: as the aggregate of that name is written */
static bool
ship_window_aggregate(PdsShipContext *cxt, const WindowFunc *w)
{
	Aggref	   *a = makeNode(Aggref);
	ListCell   *lc;
	bool		avg;

	/* sums of a moving frame are rounded otherwise here */
	if (w->wintype == FLOAT4OID || w->wintype == FLOAT8OID)
		return false;
	a->aggfnoid = w->winfnoid;
	a->aggtype = w->wintype;
	a->aggcollid = w->wincollid;
	a->inputcollid = w->inputcollid;
	a->aggstar = w->winstar;
	a->aggkind = AGGKIND_NORMAL;
	a->aggsplit = AGGSPLIT_SIMPLE;
	foreach(lc, w->args)
		a->args = lappend(a->args, makeTargetEntry(lfirst(lc), list_length(a->args) + 1, NULL, false));
	return pds_ship_aggregate(cxt, a, &avg) && !avg;
}

/* the default of lag and lead has the type of the value, digits included */
static bool
default_ok(const Expr *e)
{
	switch (exprType((const Node *) e))
	{
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case TEXTOID:
		case DATEOID:
		case BOOLOID:
			return IsA(e, Const) && !((const Const *) e)->constisnull;
		default:
			return false;
	}
}

/* name(arguments) of those that are no aggregates */
static bool
ship_window_call(PdsShipContext *cxt, const char *name, const WindowFunc *w)
{
	/* where a number of rows stands, and what it may be at least */
	bool		ntile = strcmp(name, "ntile") == 0;
	int			at = ntile ? 0 : 1;
	int64		least = ntile || strcmp(name, "nth_value") == 0 ? 1 : 0;
	int64		count;
	ListCell   *lc;
	int			i = 0;

	appendStringInfo(cxt->buf, "%s(", name);
	foreach(lc, w->args)
	{
		if (i > 0)
			appendStringInfoString(cxt->buf, ", ");
		if (i == at)
		{
			if (!int_constant(lfirst(lc), least, &count))
				return false;
			appendStringInfo(cxt->buf, INT64_FORMAT, count);
		}
		else if ((i > at && !default_ok(lfirst(lc))) || !pds_ship_output(cxt, lfirst(lc)))
			return false;
		i++;
	}
	appendStringInfoChar(cxt->buf, ')');
	return true;
}

static bool
ship_window(PdsShipContext *cxt, const WindowFunc *w)
{
	const char *name = w->winfnoid < FirstGenbkiObjectId ? get_func_name(w->winfnoid) : NULL;
	const WindowClause *clause = NULL;
	ListCell   *lc;
	int			i = 0;

	while (name && i < lengthof(window_functions) && strcmp(name, window_functions[i].name) != 0)
		i++;
	if (name == NULL || i == lengthof(window_functions) || w->aggfilter ||
		list_length(w->args) > window_functions[i].nargs)
		return false;
	foreach(lc, cxt->root->parse->windowClause)
	{
		clause = lfirst_node(WindowClause, lc);
		if (clause->winref == w->winref)
			break;
	}
	if (lc == NULL || (window_functions[i].kind == WINDOW_OFFSET && clause->orderClause == NIL))
		return false;
	if (window_functions[i].kind == WINDOW_AGGREGATE ? !ship_window_aggregate(cxt, w)
		: !ship_window_call(cxt, name, w))
		return false;
	appendStringInfoString(cxt->buf, " OVER (");
	if (!ship_window_keys(cxt, clause))
		return false;
	if (window_functions[i].kind >= WINDOW_VALUE && !ship_frame(cxt->buf, clause))
		return false;
	appendStringInfoChar(cxt->buf, ')');
	return true;
}

/* GROUPING: its arguments are plain keys */
static bool
ship_grouping(PdsShipContext *cxt, const GroupingFunc *g)
{
	ListCell   *lc;

	if (g->agglevelsup != 0 || g->args == NIL)
		return false;
	appendStringInfoString(cxt->buf, "grouping");
	foreach(lc, g->args)
	{
		appendStringInfoString(cxt->buf, lc == list_head(g->args) ? "(" : ", ");
		if (!IsA(pds_ship_strip(lfirst(lc)), Var) || !pds_ship_group_key(cxt, lfirst(lc)))
			return false;
	}
	appendStringInfoChar(cxt->buf, ')');
	return true;
}

bool
pds_ship_upper(PdsShipContext *cxt, Expr *e, bool *avg)
{
	*avg = false;
	if (IsA(e, Aggref))
		return pds_ship_aggregate(cxt, (Aggref *) e, avg);
	if (IsA(e, WindowFunc))
		return ship_window(cxt, (WindowFunc *) e);
	if (IsA(e, GroupingFunc))
		return ship_grouping(cxt, (GroupingFunc *) e);
	return pds_ship_output(cxt, e);
}

bool
pds_ship_upper_sort_key(PdsShipContext *cxt, Expr *e)
{
	Oid			type = exprType((Node *) e);

	/* NaN, and texts whose order would be another */
	if (!IsA(e, WindowFunc))
		return pds_ship_sort_key(cxt, e);
	return type != FLOAT4OID && type != FLOAT8OID && pds_family_of(type) != FAMILY_TEXT &&
		ship_window(cxt, (WindowFunc *) e);
}
