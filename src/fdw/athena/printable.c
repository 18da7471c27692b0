/*
 * printable.c
 *	  Plans that EXPLAIN can print.
 *
 * From 18 on ruleutils looks for the WindowAgg of a window function, and raises an error where
 * there is none, as for one that Athena computes.  The planner matches the columns of a scan by
 * the function itself, so it is replaced when the plan is executed or explained: nobody evaluates
 * it, only its type counts then.  Other nodes are printed by themselves.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "catalog/pg_aggregate.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "rewrite/rewriteManip.h"

#include "fdw/athena/printable.h"

/* a call with these arguments, without the window */
static Node *
call_alone(const WindowFunc *w)
{
	Aggref	   *a;
	ListCell   *lc;

	if (!w->winagg)
		return (Node *) makeFuncExpr(w->winfnoid, w->wintype, copyObject(w->args), w->wincollid,
									 w->inputcollid, COERCE_EXPLICIT_CALL);
	a = makeNode(Aggref);
	a->aggfnoid = w->winfnoid;
	a->aggtype = w->wintype;
	a->aggcollid = w->wincollid;
	a->inputcollid = w->inputcollid;
	a->aggstar = w->winstar;
	a->aggfilter = copyObject(w->aggfilter);
	a->aggkind = AGGKIND_NORMAL;
	a->aggsplit = AGGSPLIT_SIMPLE;
	foreach(lc, w->args)
	{
		a->aggargtypes = lappend_oid(a->aggargtypes, exprType(lfirst(lc)));
		a->args = lappend(a->args, makeTargetEntry(copyObject(lfirst(lc)),
												   list_length(a->args) + 1, NULL, false));
	}
	return (Node *) a;
}

static Node *
windows_to_calls(Node *node, void *cxt)
{
	if (node == NULL)
		return NULL;
	if (IsA(node, WindowFunc))
		return call_alone((WindowFunc *) node);
	return expression_tree_mutator(node, windows_to_calls, cxt);
}

void
pds_make_printable(ForeignScan *plan)
{
	MemoryContext old;

	if (PDS_WINDOWS_PRINT_ALONE || !contain_windowfuncs((Node *) plan->fdw_scan_tlist))
		return;
	/* the plan may be kept and executed again */
	old = MemoryContextSwitchTo(GetMemoryChunkContext(plan));
	plan->fdw_scan_tlist = (List *) windows_to_calls((Node *) plan->fdw_scan_tlist, NULL);
	MemoryContextSwitchTo(old);
}
