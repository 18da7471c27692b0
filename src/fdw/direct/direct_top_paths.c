/*
 * direct_top_paths.c
 *	  Paths and plans of ORDER BY with LIMIT inside a direct scan.
 *
 * As aggregates are (direct_upper.c), they are a plan of their own above the table's scan.  Core
 * puts its Limit above, and for several processes we put a Gather Merge there, too.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/tlist.h"
#include "utils/lsyscache.h"

#include "fdw/base/guc.h"
#include "fdw/direct/direct_paths.h"
#include "fdw/direct/direct_top.h"
#include "fdw/direct/in_scan.h"
#include "fdw/plan/rel_info.h"

/* what a path carries behind its engine */
enum TopPathItem
{
	TOP_PATH_LIMIT = 1,
	TOP_PATH_SORT,
	TOP_PATH_VARS,				/* columns that the node gives */
	TOP_PATH_NITEMS
};

bool
pds_is_top_path(const ForeignPath *path)
{
	return list_length(path->fdw_private) == TOP_PATH_NITEMS;
}

/* ---- what can be done ---- */

/* rows up to the end of LIMIT, where that is known; else 0 */
static int64
rows_wanted(const Query *parse)
{
	const Node *nodes[] = {parse->limitCount, parse->limitOffset};
	int64		n = 0;
	int			i;

	for (i = 0; i < (int) lengthof(nodes); i++)
	{
		const Const *c = (const Const *) nodes[i];
		int64		v;

		if (c == NULL && i > 0)
			continue;
		if (c == NULL || !IsA(c, Const) || c->consttype != INT8OID || (c->constisnull && i == 0))
			return 0;
		v = c->constisnull ? 0 : DatumGetInt64(c->constvalue);
		if (v < 0 || (v == 0 && i == 0) || v > PG_INT32_MAX)
			return 0;
		n += v;
	}
	return n;
}

/* the table's column that a key is; NULL: something else */
static Var *
sort_key_column(const PathKey *pk, const RelOptInfo *rel, Oid *type)
{
	ListCell   *lc;

	foreach(lc, pk->pk_eclass->ec_members)
	{
		EquivalenceMember *em = lfirst(lc);
		Expr	   *e = em->em_expr;

		while (IsA(e, RelabelType))
			e = ((RelabelType *) e)->arg;
		if (em->em_is_const || !IsA(e, Var) || (Index) ((Var *) e)->varno != rel->relid ||
			((Var *) e)->varattno <= 0 || ((Var *) e)->varlevelsup > 0)
			continue;
		*type = em->em_datatype;
		return (Var *) e;
	}
	return NULL;
}

/* the order, as direct_top.h has it, and its columns (Vars); false: not of columns alone */
static bool
top_sort(PlannerInfo *root, const RelOptInfo *rel, List **sort, List **vars)
{
	ListCell   *lc;

	*sort = *vars = NIL;
	foreach(lc, root->sort_pathkeys)
	{
		PathKey    *pk = lfirst_node(PathKey, lc);
		Oid			type = InvalidOid;
		Var		   *v = pk->pk_eclass->ec_has_volatile ? NULL : sort_key_column(pk, rel, &type);
		Oid			opno;
		List	   *key;

		if (v == NULL)
			return false;
		opno = get_opfamily_member(pk->pk_opfamily, type, type,
								   pds_pathkey_ascending(pk) ? BTLessStrategyNumber
								   : BTGreaterStrategyNumber);
		if (!OidIsValid(opno))
			return false;
		key = list_make4_oid(v->varattno, opno, pk->pk_eclass->ec_collation, pk->pk_nulls_first);
		Assert(list_length(key) == PdsTopKeyItems);
		*sort = lappend(*sort, key);
		*vars = lappend(*vars, v);
	}
	return *sort != NIL;
}

/* the columns of the target added to vars, each once; false: it has whole rows or system columns */
static bool
top_columns(List *exprs, List **vars)
{
	List	   *all = list_concat(*vars, pull_var_clause((Node *) exprs, PVC_RECURSE_PLACEHOLDERS));
	ListCell   *lc;

	*vars = NIL;
	foreach(lc, all)
	{
		if (lfirst_node(Var, lc)->varattno <= 0)
			return false;
		*vars = list_append_unique(*vars, lfirst(lc));
	}
	return true;
}

/* bytes of a row that is kept, about */
static double
kept_width(const RelOptInfo *rel, const List *vars)
{
	double		width = 64;
	ListCell   *lc;

	foreach(lc, vars)
	{
		int32		w = rel->attr_widths[lfirst_node(Var, lc)->varattno - rel->min_attr];

		width += sizeof(Datum) + 1 + Max(w, 8);
	}
	return width;
}

/* ---- the path ---- */

/* A row costs an operator a key. */
static ForeignPath *
top_path(PlannerInfo *root, RelOptInfo *output, PathTarget *target, ForeignPath *scan, int64 limit,
		 List *sort, List *vars)
{
	double		rows = scan->path.rows;
	double		nout = clamp_row_est(Min(rows, (double) limit));
	List	   *private = pds_path_private(PDS_ENGINE_DIRECT);

	private = lappend(private, makeString(psprintf(INT64_FORMAT, limit)));
	private = lappend(private, sort);
	private = lappend(private, vars);
	return pds_path_in_scan(root, output, target, scan, nout,
							rows * cpu_operator_cost * list_length(sort) +
							nout * 2 * cpu_operator_cost * log2(nout + 1) + target->cost.startup,
							cpu_tuple_cost + target->cost.per_tuple, root->sort_pathkeys, private);
}

/* The order of a direct scan alone, of which somebody takes so many rows and no more. */
static bool
may_keep_top(PlannerInfo *root, const RelOptInfo *input)
{
	const Query *parse = root->parse;

	return pds_scan_top_n && input->reloptkind == RELOPT_BASEREL &&
		parse->limitOption == LIMIT_OPTION_COUNT && !parse->hasTargetSRFs &&
		parse->rowMarks == NIL && parse->setOperations == NULL && pds_may_drive_scan(input);
}

void
pds_direct_top_paths(PlannerInfo *root, UpperRelationKind stage, RelOptInfo *input,
					 RelOptInfo *output)
{
	PathTarget *target = root->upper_targets[UPPERREL_FINAL];
	int64		limit;
	List	   *sort;
	List	   *vars;
	ForeignPath *scan;

	if (stage != UPPERREL_ORDERED || !may_keep_top(root, input) ||
		(limit = rows_wanted(root->parse)) == 0 || !top_sort(root, input, &sort, &vars) ||
		!top_columns(target->exprs, &vars) ||
		limit * kept_width(input, vars) > work_mem * 1024.0)
		return;
	scan = pds_direct_path(input->pathlist);
	if (scan)
		add_path(output, (Path *) top_path(root, output, target, scan, limit, sort, vars));
	scan = pds_direct_path(input->partial_pathlist);
	if (scan && output->consider_parallel)
	{
		ForeignPath *part = top_path(root, output, target, scan, limit, sort, vars);
		double		rows = part->path.rows * part->path.parallel_workers;

		add_path(output, (Path *) create_gather_merge_path(root, output, (Path *) part, target,
														   root->sort_pathkeys, NULL, &rows));
	}
}

/* ---- the plan ---- */

ForeignScan *
pds_direct_top_plan(ForeignPath *path, List *tlist, Plan *outer_plan)
{
	PdsPlan		plan = {.kind = PDS_PLAN_TOP_N};
	List	   *vars = list_nth(path->fdw_private, TOP_PATH_VARS);
	ListCell   *lc;

	plan.limit = strtoll(strVal(list_nth(path->fdw_private, TOP_PATH_LIMIT)), NULL, 10);
	plan.sort = list_nth(path->fdw_private, TOP_PATH_SORT);
	foreach(lc, vars)
		plan.columns = lappend_int(plan.columns, lfirst_node(Var, lc)->varattno);
	return pds_plan_in_scan(tlist, &plan, add_to_flat_tlist(NIL, copyObject(vars)), outer_plan);
}
