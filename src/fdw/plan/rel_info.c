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
	Oid			userid = rel->userid;

	return OidIsValid(userid) ? userid : GetUserId();
}

List *
pds_path_private(PdsEngine engine)
{
	Assert(engine == PDS_ENGINE_DIRECT || engine == PDS_ENGINE_ATHENA);
	return list_make1(makeInteger(engine));
}

PdsEngine
pds_path_engine(const ForeignPath *path)
{
	return (PdsEngine) intVal(linitial(path->fdw_private));
}

ForeignPath *
pds_path_of_engine(Path *path, PdsEngine engine)
{
	ForeignPath *p;

	while (IsA(path, ProjectionPath))
		path = ((ProjectionPath *) path)->subpath;
	p = (ForeignPath *) path;
	return IsA(p, ForeignPath) && p->fdw_private != NIL && pds_path_engine(p) == engine ? p : NULL;
}

bool
pds_is_rescanned(const PlannerInfo *root)
{
	for (root = root->parent_root; root; root = root->parent_root)
		if (root->plan_params != NIL)
			return true;
	return false;
}

/* of two scans together; of one of them, where only that is known */
static PdsPlanned
add_planned(PdsPlanned a, PdsPlanned b)
{
	if (!a.known || !b.known)
	{
		a = a.known ? a : b;
		a.truncated = a.known;
		return a;
	}
	a.objects += b.objects;
	a.partitions += b.partitions;
	a.pruned += b.pruned;
	a.bytes += b.bytes;
	a.truncated |= b.truncated;
	return a;
}

PdsPlanned
pds_planned(const PdsRelInfo *info)
{
	PdsPlanned	p = {0};
	const PdsObjectSet *set;

	if (info->kind == PDS_REL_JOIN)
		return add_planned(pds_planned(PDS_JOIN(info)->outer->fdw_private),
						   pds_planned(PDS_JOIN(info)->inner->fdw_private));
	if (info->kind != PDS_REL_BASE)
		return pds_planned(PDS_UPPER(info)->below->fdw_private);
	set = PDS_BASE(info)->objects;
	if (set == NULL)
		return p;
	p.known = true;
	p.objects = set->nobjects;
	p.partitions = set->npartitions;
	p.pruned = set->npruned;
	p.bytes = info->est.scan_bytes;
	p.truncated = set->truncated;
	return p;
}
