/*
 * direct_distinct.c
 *	  Paths of DISTINCT aggregates over a direct scan: rows that an aggregate has seen already are
 *	  dropped in the scan.
 *
 * The node is that of aggregates (direct_upper.c), without aggregates: it gives keys and the
 * columns of DISTINCT, each combination once, or several times where its table was full.  Core's
 * own Agg above it decides what is equal and counts it, so nothing depends on how values are told
 * apart below, if only equal bytes are equal values.
 *
 * Several aggregates of different columns would make combinations of them.  Each has rows of its
 * own instead, in which the columns of the others are NULL, which they pass over.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "nodes/nodeFuncs.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/planner.h"
#include "optimizer/prep.h"
#include "optimizer/tlist.h"
#include "utils/lsyscache.h"
#include "utils/selfuncs.h"

#include "fdw/agg/agg_states.h"
#include "fdw/base/guc.h"
#include "fdw/direct/aggregate_inputs.h"
#include "fdw/direct/direct_aggregate.h"
#include "fdw/direct/direct_paths.h"
#include "fdw/direct/in_scan.h"
#include "fdw/plan/rel_info.h"

/* ---- what can be done ---- */

static List *
aggregates_of(const PathTarget *target, Node *having)
{
	List	   *all = pull_var_clause((Node *) list_make2(target->exprs, having),
									  PVC_INCLUDE_AGGREGATES | PVC_RECURSE_WINDOWFUNCS |
									  PVC_INCLUDE_PLACEHOLDERS);
	List	   *aggregates = NIL;
	ListCell   *lc;

	foreach(lc, all)
	{
		if (IsA(lfirst(lc), Aggref))
			aggregates = lappend(aggregates, lfirst(lc));
	}
	return aggregates;
}

/* All aggregates of the query pass over NULLs and rows that they have seen; *args: of theirs. */
static bool
distinct_arguments(List *aggregates, List **args)
{
	ListCell   *lc;

	*args = NIL;
	foreach(lc, aggregates)
	{
		Aggref	   *a = copyObject(lfirst_node(Aggref, lc));
		PdsAggKind	kind;
		Oid			transfn;
		Expr	   *arg;

		if (a->aggdistinct == NIL && !pds_agg_is_extreme(a))
			return false;
		/* it is an ordinary one but for DISTINCT */
		a->aggdistinct = NIL;
		if (a->aggfilter || !pds_agg_supported(a, &kind, &transfn, &arg) || arg == NULL ||
			!pds_input_possible(arg))
			return false;
		*args = list_append_unique(*args, arg);
	}
	return *args != NIL;
}

/*
 * The role of each expression of the target; NIL: not all can be had.  Where all arguments are
 * columns each is alone; otherwise there must be one argument, and rows are told apart by its
 * columns together.
 */
static List *
output_roles(const PathTarget *target, List *args)
{
	List	   *roles = NIL;
	bool		columns = true;
	ListCell   *lc;
	int			i = 0;

	foreach(lc, args)
		columns = columns && IsA(lfirst(lc), Var);
	if (!columns && list_length(args) > 1)
		return NIL;
	foreach(lc, target->exprs)
	{
		Index		ref = get_pathtarget_sortgroupref(target, i++);

		if (!pds_input_possible(lfirst(lc)))
			return NIL;
		roles = lappend_int(roles, ref == 0 && columns && list_member(args, lfirst(lc))
							? PDS_ROLE_ALONE : PDS_ROLE_KEY);
	}
	return roles;
}

/* A lone relation, read directly, whose aggregates cannot be partial. */
static bool
may_drop(PlannerInfo *root, const RelOptInfo *input, const GroupPathExtraData *extra)
{
	return pds_scan_aggregates && input->reloptkind == RELOPT_BASEREL &&
		root->parse->groupingSets == NIL && root->parse->hasAggs &&
		(extra->flags & GROUPING_CAN_PARTIAL_AGG) == 0 &&
		grouping_is_sortable(PDS_GROUP_CLAUSE(root)) && pds_may_drive_scan(input);
}

/* ---- the path ---- */

/* Rows that are left: the combinations of the keys with each column that is alone. */
static double
rows_left(PlannerInfo *root, const PathTarget *target, const List *roles, double rows)
{
	List	   *keys = NIL;
	List	   *alone = NIL;
	double		n = 0;
	ListCell   *lc;
	ListCell   *role;

	forboth(lc, target->exprs, role, roles)
	{
		if (lfirst_int(role) == PDS_ROLE_KEY)
			keys = lappend(keys, lfirst(lc));
		else
			alone = lappend(alone, lfirst(lc));
	}
	if (alone == NIL)
		n = estimate_num_groups(root, keys, rows, NULL, NULL);
	foreach(lc, alone)
		n += estimate_num_groups(root, lappend(list_copy(keys), lfirst(lc)), rows, NULL, NULL);
	return n;
}

/*
 * A row costs an operator for each column, once for each that is alone, but half of it.  What
 * processes give is gathered.
 */
static Path *
distinct_path(PlannerInfo *root, RelOptInfo *rel, PathTarget *target, ForeignPath *scan,
			  List *roles)
{
	double		rows = scan->path.rows;
	double		nout = pds_partial_rows(target, rows_left(root, target, roles, rows), rows);
	int			lookups = 0;
	ForeignPath *path;
	ListCell   *lc;

	foreach(lc, roles)
		lookups += lfirst_int(lc) == PDS_ROLE_ALONE;
	path = pds_path_in_scan(root, rel, target, scan, nout,
							rows * cpu_operator_cost * 0.5 * list_length(roles) * Max(lookups, 1) +
							rows * target->cost.per_tuple,
							cpu_tuple_cost, NIL,
							lappend(pds_path_private(PDS_ENGINE_DIRECT), roles));
	if (scan->path.parallel_workers == 0)
		return (Path *) path;
	nout *= scan->path.parallel_workers;
	return (Path *) create_gather_path(root, rel, (Path *) path, target, NULL, &nout);
}

/* Core's Agg over what the scan has left. */
static void
add_counted_path(PlannerInfo *root, RelOptInfo *output, Path *path, List *having, double rows)
{
	AggClauseCosts costs;

	/* 16 and later: aggregates may rely on this order of their arguments */
	if (root->group_pathkeys != NIL)
		path = (Path *) create_sort_path(root, output, path, root->group_pathkeys, -1);
	MemSet(&costs, 0, sizeof(costs));
	get_agg_clause_costs(root, AGGSPLIT_SIMPLE, &costs);
	add_path(output, (Path *)
			 create_agg_path(root, output, path, output->reltarget,
							 root->parse->groupClause ? AGG_SORTED : AGG_PLAIN, AGGSPLIT_SIMPLE,
							 PDS_GROUP_CLAUSE(root), having, &costs, pds_group_count(root, rows)));
}

void
pds_direct_distinct_paths(PlannerInfo *root, UpperRelationKind stage, RelOptInfo *input,
						  RelOptInfo *output, void *extra_data)
{
	GroupPathExtraData *extra = extra_data;
	List	   *having;
	List	   *aggregates;
	PathTarget *target;
	RelOptInfo *rel;
	ForeignPath *scan;
	List	   *args;
	List	   *roles = NIL;

	if (stage != UPPERREL_GROUP_AGG || !may_drop(root, input, extra))
		return;
	having = (List *) extra->havingQual;
	aggregates = aggregates_of(output->reltarget, (Node *) having);
	target = copy_pathtarget(input->reltarget);
	if (distinct_arguments(aggregates, &args))
		roles = output_roles(target, args);
	if (roles == NIL)
	{
		pds_direct_mixed_paths(root, input, output, aggregates, having);
		return;
	}
	rel = pds_partial_rel(root, output);
	scan = pds_direct_path(input->pathlist);
	if (scan)
		add_counted_path(root, output, distinct_path(root, rel, target, scan, roles), having,
						 scan->path.rows);
	scan = output->consider_parallel ? pds_direct_path(input->partial_pathlist) : NULL;
	if (scan)
		add_counted_path(root, output, distinct_path(root, rel, target, scan, roles), having,
						 scan->path.rows * scan->path.parallel_workers);
}
