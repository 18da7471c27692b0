/*
 * rel_info.c
 *	  What the planner knows of a relation: helpers that both engines use.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "miscadmin.h"
#include "nodes/makefuncs.h"

#include "fdw/plan/plan_private.h"
#include "fdw/plan/rel_info.h"

Oid
pds_rel_userid(RelOptInfo *rel)
{
	Oid			userid = pds_rel_checkuser(rel);

	return OidIsValid(userid) ? userid : GetUserId();
}

ForeignPath *
pds_path_of_engine(Path *path, PdsEngine engine)
{
	ForeignPath *p;

	while (IsA(path, ProjectionPath))
		path = ((ProjectionPath *) path)->subpath;
	p = (ForeignPath *) path;
	return IsA(p, ForeignPath) && p->fdw_private != NIL &&
		intVal(linitial(p->fdw_private)) == engine ? p : NULL;
}

bool
pds_is_rescanned(const PlannerInfo *root)
{
	for (root = root->parent_root; root; root = root->parent_root)
		if (root->plan_params != NIL)
			return true;
	return false;
}

List *
pds_planned(const PdsRelInfo *info)
{
	const PdsObjectSet *set = info->objects;

	if (set == NULL)
		return NIL;
	return lappend(list_make4(makeInteger(set->nobjects), makeInteger(set->npartitions),
							  makeString(psprintf(INT64_FORMAT, set->npruned)),
							  makeString(psprintf(INT64_FORMAT, info->scan_bytes))),
				   makeInteger(set->truncated));
}

static int
int_sum(List *a, List *b, int item)
{
	return intVal(list_nth(a, item)) + intVal(list_nth(b, item));
}

static char *
text_sum(List *a, List *b, int item)
{
	return psprintf(INT64_FORMAT, (int64) (strtoll(strVal(list_nth(a, item)), NULL, 10) +
										   strtoll(strVal(list_nth(b, item)), NULL, 10)));
}

List *
pds_planned_join(List *a, List *b)
{
	List	   *known = a ? a : b;

	/*
	 * of a side that nobody looked into nothing is known: at least the
	 * other's
	 */
	if (a == NIL || b == NIL)
		return known ? lappend(list_truncate(list_copy(known), 4), makeInteger(1)) : NIL;
	return lappend(list_make4(makeInteger(int_sum(a, b, 0)), makeInteger(int_sum(a, b, 1)),
							  makeString(text_sum(a, b, 2)), makeString(text_sum(a, b, 3))),
				   makeInteger(int_sum(a, b, 4) != 0));
}
