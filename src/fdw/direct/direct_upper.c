/*
 * direct_upper.c
 *	  Paths and plans of aggregates inside a direct scan.
 *
 * The scan of the table stays a plan of its own below ours: its conditions,
 * parameters, listings and workers are what they are without us.  Above ours
 * there is always a Finalize Agg, which core makes where it groups in parallel, and
 * we make otherwise.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/tlist.h"
#include "utils/lsyscache.h"

#include "fdw/agg/agg_groups.h"
#include "fdw/base/guc.h"
#include "fdw/direct/aggregate_inputs.h"
#include "fdw/direct/direct_aggregate.h"
#include "fdw/direct/direct_paths.h"
#include "fdw/direct/in_scan.h"
#include "fdw/plan/rel_info.h"

/* ---- what can be done ---- */

/* Is the column part of an expression that is grouped by? */
static bool
within_a_key(const Var *v, List *exprs)
{
	ListCell   *lc;

	foreach(lc, exprs)
	{
		List	   *vars = NIL;

		if (!IsA(lfirst(lc), Aggref) && !IsA(lfirst(lc), Var))
			vars = pull_var_clause(lfirst(lc), 0);
		if (list_member(vars, v))
			return true;
	}
	return false;
}

/*
 * The outputs of a plan, as the execution is told of them; false: not all can be had.  exprs: the
 * expressions, refs: the numbers of those that are grouped by, or 0.  Of another column that
 * a key is made of the Finalize Agg needs no value: it finds the key.
 */
static bool
find_outputs(List *exprs, const Index *refs, List **outputs)
{
	ListCell   *lc;
	int			i = 0;

	*outputs = NIL;
	foreach(lc, exprs)
	{
		Expr	   *e = lfirst(lc);
		bool		keyed = refs != NULL && refs[i++] != 0;
		PdsAggKind	kind;
		Oid			transfn;
		Expr	   *arg;

		if (!IsA(e, Aggref))
		{
			if (!pds_input_possible(e))
				return false;
			*outputs = lappend_int(*outputs, !keyed && IsA(e, Var) && within_a_key((Var *) e, exprs)
								   ? PDS_ROLE_FIRST : PDS_ROLE_KEY);
			continue;
		}
		if (!pds_agg_supported((Aggref *) e, &kind, &transfn, &arg) ||
			(arg && !pds_input_possible(arg)) ||
			(((Aggref *) e)->aggfilter && !pds_input_possible(((Aggref *) e)->aggfilter)))
			return false;
		*outputs = lappend_int(*outputs, PDS_ROLE_AGGREGATE);
	}
	return true;
}

/* ---- the path ---- */

/*
 * What partial grouping gives: the columns that are grouped by, then everything
 * that target and HAVING are made of.  The Finalize Agg finds its input by comparing
 * expressions, so they must be just as core has them.
 */
static PathTarget *
partial_target(PlannerInfo *root, PathTarget *target, Node *having)
{
	List	   *rest = NIL;
	PathTarget *partial = pds_group_keys(root, target, &rest);
	ListCell   *lc;

	if (having)
		rest = lappend(rest, having);
	add_new_columns_to_pathtarget(partial, pds_group_parts(rest));
	foreach(lc, partial->exprs)
	{
		if (IsA(lfirst(lc), Aggref))
			lfirst(lc) = pds_partial_aggregate(lfirst(lc));
	}
	return set_pathtarget_cost_width(root, partial);
}

/* bytes of a group, about */
static double
group_bytes(const PathTarget *target)
{
	double		bytes = sizeof(PdsGroup) + 2 * sizeof(PdsGroup *);
	ListCell   *lc;

	foreach(lc, target->exprs)
	{
		Expr	   *e = lfirst(lc);
		PdsAggKind	kind;
		Oid			transfn;
		Expr	   *arg;

		if (!IsA(e, Aggref))
			bytes += sizeof(Datum) + get_typavgwidth(exprType((Node *) e), exprTypmod((Node *) e));
		else if (pds_agg_supported((Aggref *) e, &kind, &transfn, &arg))
			bytes += sizeof(PdsAggState) + pds_agg_extra_width(kind, ((Aggref *) e)->aggtranstype);
	}
	return bytes;
}

double
pds_partial_rows(const PathTarget *target, double groups, double rows)
{
	double		fit = get_hash_memory_limit() / group_bytes(target);

	groups = Min(groups, rows);
	if (groups <= fit)
		return clamp_row_est(groups);
	return clamp_row_est(groups + (rows - groups) * (1 - fit / groups));
}

/* evaluating the arguments, filters and keys of a row, those that are no columns */
static Cost
expressions_cost(PlannerInfo *root, const PathTarget *target)
{
	Cost		cost = 0;
	ListCell   *lc;

	foreach(lc, target->exprs)
	{
		Aggref	   *a = lfirst(lc);
		QualCost	qc;

		if (!IsA(a, Aggref))
		{
			cost_qual_eval_node(&qc, lfirst(lc), root);
			cost += qc.per_tuple;
			continue;
		}
		cost_qual_eval_node(&qc, (Node *) a->args, root);
		cost += qc.per_tuple;
		cost_qual_eval_node(&qc, (Node *) a->aggfilter, root);
		cost += qc.per_tuple;
	}
	return cost;
}

/* A row costs an operator for each key and each aggregate, as in an Agg node, but half of it. */
static ForeignPath *
aggregate_path(PlannerInfo *root, RelOptInfo *partial, ForeignPath *scan, double groups)
{
	const PathTarget *target = partial->reltarget;
	double		rows = scan->path.rows;
	double		nout = pds_partial_rows(target, groups, rows);
	Cost		work = rows * cpu_operator_cost * 0.5 * list_length(target->exprs);
	ListCell   *lc;

	work += rows * expressions_cost(root, target);
	foreach(lc, target->exprs)
	{
		if (IsA(lfirst(lc), Aggref))
			work += nout * cpu_operator_cost *
				(((Aggref *) lfirst(lc))->aggtranstype == INTERNALOID ? 40 : 1);
	}
	return pds_path_in_scan(root, partial, partial->reltarget, scan, nout, work, cpu_tuple_cost,
							NIL, pds_path_private(PDS_ENGINE_DIRECT));
}

/* Aggregates over a direct scan alone, which core could do partially, too. */
static bool
may_aggregate(PlannerInfo *root, RelOptInfo *input, GroupPathExtraData *extra)
{
	return pds_scan_aggregates && root->parse->groupingSets == NIL &&
		(extra->flags & GROUPING_CAN_PARTIAL_AGG) != 0 && pds_may_drive_scan(input);
}

void
pds_direct_upper_paths(PlannerInfo *root, UpperRelationKind stage, RelOptInfo *input,
					   RelOptInfo *output, void *extra_data)
{
	GroupPathExtraData *extra = extra_data;
	ForeignPath *scan;
	RelOptInfo *partial;
	List	   *outputs;

	if ((stage != UPPERREL_GROUP_AGG && stage != UPPERREL_PARTIAL_GROUP_AGG) ||
		!may_aggregate(root, input, extra))
		return;
	partial = stage == UPPERREL_GROUP_AGG ? pds_partial_rel(root, output) : output;
	if (partial->reltarget->exprs == NIL)
		partial->reltarget = partial_target(root, output->reltarget, extra->havingQual);
	if (!find_outputs(partial->reltarget->exprs, partial->reltarget->sortgrouprefs, &outputs))
		return;
	scan = pds_direct_path(input->pathlist);
	if (scan && stage == UPPERREL_GROUP_AGG)
	{
		double		groups = pds_group_count(root, scan->path.rows);
		Path	   *path = (Path *) aggregate_path(root, partial, scan, groups);

		/* the same groups in full */
		path = pds_finalize_path(root, output, path, output->reltarget, (List *) extra->havingQual,
								 groups);
		if (path)
			add_path(output, path);
	}
	else if (scan && extra->patype == PARTITIONWISE_AGGREGATE_PARTIAL)
		add_path(output, (Path *) aggregate_path(root, output, scan,
												 pds_group_count(root, scan->path.rows)));
	scan = pds_direct_path(input->partial_pathlist);
	if (scan && stage == UPPERREL_PARTIAL_GROUP_AGG && output->consider_parallel)
		add_partial_path(output, (Path *) aggregate_path(root, output, scan,
														 pds_group_count(root, scan->path.rows)));
}

/* ---- the plan ---- */

ForeignScan *
pds_direct_aggregate_plan(const ForeignPath *path, List *tlist, Plan *outer_plan)
{
	List	   *exprs = get_tlist_exprs(tlist, true);
	Index	   *refs = palloc0(Max(list_length(tlist), 1) * sizeof(Index));
	PdsPlan		plan = {.kind = PDS_PLAN_AGGREGATE};
	ListCell   *lc;
	int			i = 0;

	if (list_length(path->fdw_private) > 1)
	{
		/* the roles of the path's target (direct_distinct.c) */
		plan.outputs = lsecond(path->fdw_private);
		Assert(list_length(plan.outputs) == list_length(tlist));
		return pds_plan_in_scan(tlist, &plan, copyObject(tlist), outer_plan);
	}
	foreach(lc, tlist)
		refs[i++] = lfirst_node(TargetEntry, lc)->ressortgroupref;
	if (!find_outputs(exprs, refs, &plan.outputs))
		elog(ERROR, "an aggregate of the path cannot be in its plan");
	return pds_plan_in_scan(tlist, &plan, copyObject(tlist), outer_plan);
}
