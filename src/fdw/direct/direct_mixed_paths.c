/*
 * direct_mixed_paths.c
 *	  Paths and plans of DISTINCT aggregates beside others over a direct scan.
 *
 * From the table upwards:
 *   an aggregate in the scan (direct_upper.c), whose partial groups are those of the aggregates without
 *   DISTINCT, and which gives the arguments of those with it in rows of their own (direct_distinct.c);
 *   a Gather, where processes read;
 *   a node that makes states of these arguments, each taken once (direct_mixed.c);
 *   core's Finalize Agg, for which they are aggregates as all others;
 *   a node that gives them their names: no Agg node has aggregates with DISTINCT and such as are combined.
 *
 * The argument of DISTINCT with FILTER is CASE WHEN condition THEN argument END: aggregates pass over NULLs.
 * Within RelabelType, which does nothing, it is equal to no key, and the aggregate to none without DISTINCT.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include <math.h>

#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/planmain.h"
#include "optimizer/tlist.h"
#include "utils/lsyscache.h"
#include "utils/selfuncs.h"

#include "fdw/agg/agg_states.h"
#include "fdw/direct/aggregate_inputs.h"
#include "fdw/direct/direct_aggregate.h"
#include "fdw/direct/direct_mixed.h"
#include "fdw/direct/direct_paths.h"
#include "fdw/direct/in_scan.h"
#include "fdw/plan/rel_info.h"

/* what the paths of the two upper nodes carry behind their engine */
enum MixedPathItem
{
	MIXED_PATH_KIND = 1,		/* Integer: PdsPlanKind */
	MIXED_PATH_OUTPUTS,
	MIXED_PATH_COLUMNS,
	MIXED_PATH_SORT,
	MIXED_PATH_NITEMS,
	RESULT_PATH_EXPRS = 2,
	RESULT_PATH_HAVING,
	RESULT_PATH_NITEMS
};

/* a query */
typedef struct MixedQuery
{
	PathTarget *keys;			/* grouped by, with their numbers; then
								 * columns that are the same in all of a group */
	List	   *arguments;		/* of DISTINCT, in RelabelType, each once */
	List	   *argument_clauses;	/* SortGroupClauses of these */
	List	   *aggregates;		/* as the query has them */
	List	   *plain;			/* the same without DISTINCT and its FILTER */
	List	   *argument_of;	/* of each: its number among arguments; -1:
								 * not DISTINCT */
	List	   *sort;			/* of the rows that have arguments: see
								 * direct_mixed.h */
	PathTarget *below;			/* what the scan gives: keys, arguments,
								 * states */
	List	   *below_roles;
}			MixedQuery;

bool
pds_is_mixed_path(const ForeignPath *path)
{
	return list_length(path->fdw_private) > MIXED_PATH_KIND &&
		IsA(list_nth(path->fdw_private, MIXED_PATH_KIND), Integer);
}

/* ---- what can be done ---- */

/* The keys, and other columns of the groups that are no part of one; false: not all can be had. */
static bool
find_mixed_keys(PlannerInfo *root, const PathTarget *target, List *having, MixedQuery * q)
{
	List	   *rest = list_copy(having);
	List	   *inside;
	ListCell   *lc;

	q->keys = pds_group_keys(root, target, &rest);
	inside = pull_var_clause((Node *) q->keys->exprs, PVC_INCLUDE_PLACEHOLDERS);
	foreach(lc, pds_group_parts(rest))
	{
		if (!IsA(lfirst(lc), Aggref) && !list_member(inside, lfirst(lc)))
			add_new_column_to_pathtarget(q->keys, lfirst(lc));
	}
	foreach(lc, q->keys->exprs)
	{
		if (!pds_input_possible(lfirst(lc)))
			return false;
	}
	return true;
}

/* the argument as the scan gives it */
static Expr *
distinct_argument(const Aggref *a)
{
	Expr	   *e = copyObject(linitial_node(TargetEntry, a->args)->expr);

	if (a->aggfilter)
	{
		CaseExpr   *c = makeNode(CaseExpr);
		CaseWhen   *w = makeNode(CaseWhen);

		w->expr = copyObject(a->aggfilter);
		w->result = e;
		w->location = -1;
		c->casetype = exprType((Node *) e);
		c->casecollid = exprCollation((Node *) e);
		c->args = list_make1(w);
		c->defresult = (Expr *) makeNullConst(c->casetype, exprTypmod((Node *) e), c->casecollid);
		c->location = -1;
		e = (Expr *) c;
	}
	return (Expr *) makeRelabelType(e, exprType((Node *) e), exprTypmod((Node *) e),
									exprCollation((Node *) e), COERCE_IMPLICIT_CAST);
}

/* False: the aggregate cannot be had. */
static bool
add_distinct(const Aggref *a, MixedQuery * q)
{
	Aggref	   *plain = copyObject((Aggref *) a);
	PdsAggKind	kind;
	Oid			transfn;
	Expr	   *arg;
	int			n = 0;
	ListCell   *lc;

	if (list_length(a->aggdistinct) != 1 || list_length(a->args) != 1)
		return false;
	arg = distinct_argument(a);
	plain->aggdistinct = NIL;
	plain->aggfilter = NULL;
	plain->args = list_make1(makeTargetEntry(arg, 1, NULL, false));
	/* a row's bytes say more than its fields */
	if (type_is_rowtype(exprType((Node *) arg)) || !pds_input_possible(arg))
		return false;
	foreach(lc, q->arguments)
	{
		if (equal(lfirst(lc), arg))
			break;
		n++;
	}
	if (lc == NULL)
	{
		q->arguments = lappend(q->arguments, arg);
		q->argument_clauses = lappend(q->argument_clauses, linitial(a->aggdistinct));
	}
	q->plain = lappend(q->plain, plain);
	q->argument_of = lappend_int(q->argument_of, n);
	return pds_agg_supported(plain, &kind, &transfn, &arg) && arg != NULL;
}

static bool
find_aggregates(List *aggregates, MixedQuery * q)
{
	ListCell   *lc;

	foreach(lc, aggregates)
	{
		const Aggref *a = lfirst_node(Aggref, lc);
		PdsAggKind	kind;
		Oid			transfn;
		Expr	   *arg;

		if (list_member(q->aggregates, a))
			continue;
		q->aggregates = lappend(q->aggregates, (void *) a);
		if (a->aggdistinct)
		{
			if (!add_distinct(a, q))
				return false;
			continue;
		}
		if (!pds_agg_supported(a, &kind, &transfn, &arg) || (arg && !pds_input_possible(arg)) ||
			(a->aggfilter && !pds_input_possible(a->aggfilter)))
			return false;
		q->plain = lappend(q->plain, (void *) a);
		q->argument_of = lappend_int(q->argument_of, -1);
	}
	return q->arguments != NIL;
}

static List *
sort_item(int column, const SortGroupClause *c, const Expr *e, bool is_key)
{
	List	   *item = list_make5_oid((Oid) column, c->sortop, c->eqop,
									  exprCollation((const Node *) e), (Oid) is_key);

	Assert(list_length(item) == PdsMixedSortItems);
	return item;
}

/* What the scan gives, and how its rows are sorted. */
static void
find_below(PlannerInfo *root, MixedQuery * q)
{
	ListCell   *lc;
	ListCell   *clause;
	int			n = 0;

	q->below = copy_pathtarget(q->keys);
	foreach(lc, q->keys->exprs)
	{
		Index		ref = get_pathtarget_sortgroupref(q->keys, n++);

		q->below_roles = lappend_int(q->below_roles, PDS_ROLE_KEY);
		if (ref)
			q->sort = lappend(q->sort, sort_item(n, get_sortgroupref_clause(ref, PDS_GROUP_CLAUSE(root)),
												 lfirst(lc), true));
	}
	forboth(lc, q->arguments, clause, q->argument_clauses)
	{
		add_column_to_pathtarget(q->below, lfirst(lc), 0);
		q->below_roles = lappend_int(q->below_roles, PDS_ROLE_ALONE);
		q->sort = lappend(q->sort, sort_item(++n, lfirst(clause), lfirst(lc), false));
	}
	forboth(lc, q->plain, clause, q->argument_of)
	{
		if (lfirst_int(clause) >= 0)
			continue;
		add_column_to_pathtarget(q->below, (Expr *) pds_partial_aggregate(lfirst(lc)), 0);
		q->below_roles = lappend_int(q->below_roles, PDS_ROLE_AGGREGATE);
	}
	q->below = set_pathtarget_cost_width(root, q->below);
}

/* ---- paths ---- */

/*
 * A row costs an operator for each column, once for each argument, but half of it.  The rows that are given are the
 * groups, and for each argument its values in each of them.
 */
static ForeignPath *
scan_path(PlannerInfo *root, RelOptInfo *rel, ForeignPath *scan, const MixedQuery * q,
		  double groups, double *arguments)
{
	double		rows = scan->path.rows;
	int			n = list_length(q->below_roles);
	double		nout;
	ListCell   *lc;

	*arguments = 0;
	foreach(lc, q->arguments)
		* arguments += estimate_num_groups(root, lappend(list_copy(q->keys->exprs), lfirst(lc)),
										   rows, NULL, NULL);
	*arguments = pds_partial_rows(q->below, *arguments, rows * list_length(q->arguments));
	nout = clamp_row_est(pds_partial_rows(q->below, groups, rows) + *arguments);
	return pds_path_in_scan(root, rel, q->below, scan, nout,
							rows * cpu_operator_cost * 0.5 * n * (1 + list_length(q->arguments)) +
							rows * q->below->cost.per_tuple,
							cpu_tuple_cost, NIL,
							lappend(pds_path_private(PDS_ENGINE_DIRECT), q->below_roles));
}

/* Rows with arguments are sorted, and compared with one another. */
static ForeignPath *
states_path(PlannerInfo *root, RelOptInfo *rel, Path *below, double arguments, double groups,
			const MixedQuery * q)
{
	PathTarget *target = copy_pathtarget(q->keys);
	List	   *private = lappend(pds_path_private(PDS_ENGINE_DIRECT), makeInteger(PDS_PLAN_MIXED));
	List	   *outputs = NIL;
	List	   *columns = NIL;
	int			nkeys = list_length(q->keys->exprs);
	int			nstates = 0;
	double		nout = clamp_row_est(below->rows - arguments + groups);
	Cost		cost = below->total_cost;
	ForeignPath *path;
	ListCell   *lc;
	ListCell   *number;
	int			i;

	for (i = 1; i <= nkeys; i++)
	{
		outputs = lappend_int(outputs, PDS_MIXED_KEY);
		columns = lappend_int(columns, i);
	}
	forboth(lc, q->plain, number, q->argument_of)
	{
		int			n = lfirst_int(number);

		add_column_to_pathtarget(target, (Expr *) pds_partial_aggregate(lfirst(lc)), 0);
		outputs = lappend_int(outputs, n < 0 ? PDS_MIXED_STATE : PDS_MIXED_DISTINCT);
		columns = lappend_int(columns, nkeys + 1 +
							  (n < 0 ? list_length(q->arguments) + nstates++ : n));
	}
	private = lappend(lappend(lappend(private, outputs), columns), q->sort);
	Assert(list_length(private) == MIXED_PATH_NITEMS);
	cost += arguments * cpu_operator_cost * 2 * (log2(arguments + 2) + list_length(q->sort));
	path = pds_create_foreign_upper_path(root, rel, set_pathtarget_cost_width(root, target), nout,
										 cost, cost + nout * cpu_tuple_cost, NIL, private);
	path->fdw_outerpath = below;
	path->path.parallel_safe = below->parallel_safe;
	return path;
}

/* The groups in full, as the query has them. */
static void
add_result_path(PlannerInfo *root, RelOptInfo *output, Path *states, double groups,
				const MixedQuery * q, List *having)
{
	PathTarget *target = copy_pathtarget(q->keys);
	List	   *private = lappend(pds_path_private(PDS_ENGINE_DIRECT),
								  makeInteger(PDS_PLAN_MIXED_RESULT));
	Path	   *agg;
	ForeignPath *path;
	QualCost	qual_cost;
	double		rows;
	ListCell   *lc;

	foreach(lc, q->plain)
		add_column_to_pathtarget(target, copyObject(lfirst(lc)), 0);
	agg = pds_finalize_path(root, output, states, set_pathtarget_cost_width(root, target), NIL,
							groups);
	if (agg == NULL)
		return;
	private = lappend(private, list_concat_copy(q->keys->exprs, q->aggregates));
	private = lappend(private, having);
	Assert(list_length(private) == RESULT_PATH_NITEMS);
	cost_qual_eval(&qual_cost, having, root);
	rows = clamp_row_est(groups * clauselist_selectivity(root, having, 0, JOIN_INNER, NULL));
	path = pds_create_foreign_upper_path(root, output, output->reltarget, rows,
										 agg->startup_cost + qual_cost.startup,
										 agg->total_cost + qual_cost.startup +
										 groups * (cpu_operator_cost + qual_cost.per_tuple) +
										 rows * output->reltarget->cost.per_tuple, NIL, private);
	path->fdw_outerpath = agg;
	path->path.parallel_safe = agg->parallel_safe;
	add_path(output, (Path *) path);
}

void
pds_direct_mixed_paths(PlannerInfo *root, RelOptInfo *input, RelOptInfo *output, List *aggregates,
					   List *having)
{
	RelOptInfo *rel = pds_partial_rel(root, output);
	ForeignPath *scans[] = {pds_direct_path(input->pathlist), NULL};
	MixedQuery	q = {0};
	double		groups;
	int			i;

	if (output->consider_parallel)
		scans[1] = pds_direct_path(input->partial_pathlist);
	if (!find_mixed_keys(root, output->reltarget, having, &q) || !find_aggregates(aggregates, &q))
		return;
	find_below(root, &q);
	for (i = 0; i < (int) lengthof(scans); i++)
	{
		ForeignPath *scan = scans[i];
		Path	   *below;
		double		arguments;

		if (scan == NULL)
			continue;
		groups = estimate_num_groups(root, q.keys->exprs, scan->path.rows, NULL, NULL);
		below = (Path *) scan_path(root, rel, scan, &q, groups, &arguments);
		if (i > 0)
		{
			double		rows = below->rows * below->parallel_workers;

			arguments *= below->parallel_workers;
			below = (Path *) create_gather_path(root, rel, below, q.below, NULL, &rows);
		}
		add_result_path(root, output,
						(Path *) states_path(root, rel, below, arguments, groups, &q), groups, &q,
						having);
	}
}

/* ---- plans ---- */

ForeignScan *
pds_direct_mixed_plan(const ForeignPath *path, List *tlist, Plan *outer_plan)
{
	const List *private = path->fdw_private;
	PdsPlan		plan = {.kind = (PdsPlanKind) intVal(list_nth(private, MIXED_PATH_KIND))};
	List	   *scan_tlist = NIL;
	ListCell   *lc;

	if (plan.kind == PDS_PLAN_MIXED)
	{
		plan.outputs = list_nth(private, MIXED_PATH_OUTPUTS);
		plan.columns = list_nth(private, MIXED_PATH_COLUMNS);
		plan.sort = list_nth(private, MIXED_PATH_SORT);
		Assert(list_length(plan.outputs) == list_length(tlist));
		return pds_plan_in_scan(tlist, &plan, copyObject(tlist), outer_plan);
	}
	foreach(lc, (List *) list_nth(private, RESULT_PATH_EXPRS))
		scan_tlist = lappend(scan_tlist,
							 makeTargetEntry(copyObject(lfirst(lc)),
											 (AttrNumber) list_length(scan_tlist) + 1, NULL, false));
	return make_foreignscan(tlist, copyObject(list_nth(private, RESULT_PATH_HAVING)), 0, NIL,
							pds_plan_pack(&plan), scan_tlist, NIL, outer_plan);
}
