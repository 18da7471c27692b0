/*
 * athena_join.c
 *	  Joins of tables of one server, done by Athena; the plan of a join or a group.
 *
 * A join is sent whole or not at all: both sides without a condition that has
 * to be evaluated here, every clause of an outer join exact.  Never parallel,
 * never parameterised by another relation.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/planmain.h"
#include "optimizer/restrictinfo.h"
#include "optimizer/tlist.h"
#include "utils/typcache.h"

#include "fdw/athena/athena_paths.h"
#include "fdw/plan/costs.h"
#include "fdw/plan/plan_private.h"
#include "fdw/ship/deparse.h"

/* ---- may it be sent? ---- */

/* a side whose conditions Athena evaluates all, read by Athena only or possibly */
static bool
side_ok(RelOptInfo *rel)
{
	PdsRelInfo *info = rel->fdw_private;

	return info && info->athena_ok && info->local_conds == NIL;
}

/* columns of a whole row (varattno 0) as Vars; NIL: one of them cannot be read */
static List *
row_columns(const PdsShipContext *cxt, const Var *row)
{
	const PdsTable *table = pds_ship_table(cxt, row);
	TupleDesc	desc = lookup_rowtype_tupdesc(row->vartype, -1);
	List	   *vars = NIL;
	bool		ok = desc->natts <= table->natts;
	int			i;

	for (i = 0; i < desc->natts && ok; i++)
	{
		Form_pg_attribute a = TupleDescAttr(desc, i);
		Var		   *v;

		if (a->attisdropped || PDS_IS_VIRTUAL(a))
			continue;
		v = makeVar(row->varno, i + 1, a->atttypid, a->atttypmod, a->attcollation, 0);
		ok = pds_ship_find_column(cxt, v) != NULL;
		vars = lappend(vars, v);
	}
	ReleaseTupleDesc(desc);
	return ok ? vars : NIL;
}

/* A row is made here of its columns; where there may be none, they do not tell. */
static bool
whole_row_ok(const PdsShipContext *cxt, const Var *row, Relids nullable)
{
	return row->varlevelsup == 0 && bms_is_member(row->varno, cxt->relids) &&
		!bms_is_member(row->varno, nullable) && row_columns(cxt, row) != NIL;
}

/*
 * Every value that is needed above is a column that can be read back, of a
 * relation that is visible.
 */
static bool
columns_ok(PlannerInfo *root, RelOptInfo *joinrel, Relids visible, Relids nullable)
{
	PdsShipContext cxt = {.root = root, .relids = visible};
	ListCell   *lc;

	foreach(lc, joinrel->reltarget->exprs)
	{
		Node	   *e = lfirst(lc);

		if (!IsA(e, Var) || (((Var *) e)->varattno == 0
							 ? !whole_row_ok(&cxt, (Var *) e, nullable)
							 : pds_ship_find_column(&cxt, (Var *) e) == NULL))
			return false;
	}
	/* an expression that an outer join may set to NULL is evaluated below it */
	foreach(lc, root->placeholder_list)
	{
		PlaceHolderInfo *ph = lfirst_node(PlaceHolderInfo, lc);

		if (bms_is_subset(ph->ph_eval_at, joinrel->relids) && !bms_is_empty(ph->ph_eval_at))
			return false;
	}
	return true;
}

/* Sort the clauses of the join; false when one of an outer join's own cannot be sent. */
static bool
sort_clauses(PlannerInfo *root, RelOptInfo *joinrel, JoinType jointype, List *clauses,
			 PdsRelInfo *info)
{
	PdsJoinRel *join = PDS_JOIN(info);
	Relids		visible = bms_union(pds_visible(join->outer), pds_visible(join->inner));
	ListCell   *lc;

	foreach(lc, clauses)
	{
		RestrictInfo *ri = lfirst_node(RestrictInfo, lc);
		bool		has_param = false;
		bool		remote = !ri->pseudoconstant &&
			pds_is_shippable(root, visible, ri->clause, &has_param) && !has_param;

		if (IS_OUTER_JOIN(jointype) && !RINFO_IS_PUSHED_DOWN(ri, joinrel->relids))
		{
			if (!remote)
				return false;
			join->clauses = lappend(join->clauses, ri);
		}
		else if (remote && (jointype == JOIN_INNER || jointype == JOIN_SEMI))
			join->clauses = lappend(join->clauses, ri);
		else if (remote)
			info->remote_conds = lappend(info->remote_conds, ri);
		else if (ri->pseudoconstant || jointype == JOIN_SEMI)
			return false;
		else
			info->local_conds = lappend(info->local_conds, ri);
	}
	return true;
}

static bool
changes_rows(const Query *parse)
{
	return parse->commandType == CMD_UPDATE || parse->commandType == CMD_DELETE ||
		parse->commandType == CMD_MERGE;
}

/* one column of each side, equal */
static bool
is_equality(RelOptInfo *outer, RelOptInfo *inner, RestrictInfo *ri)
{
	OpExpr	   *op = (OpExpr *) ri->clause;
	Relids		left;
	Relids		right;
	bool		ok;

	if (!IsA(op, OpExpr) || list_length(op->args) != 2 || ri->mergeopfamilies == NIL)
		return false;
	left = pull_varnos(NULL, linitial(op->args));
	right = pull_varnos(NULL, lsecond(op->args));
	ok = (bms_is_subset(left, outer->relids) && bms_is_subset(right, inner->relids)) ||
		(bms_is_subset(left, inner->relids) && bms_is_subset(right, outer->relids));
	return ok && !bms_is_empty(left) && !bms_is_empty(right);
}

static bool
full_side_ok(const RelOptInfo *rel)
{
	const PdsRelInfo *info = rel->fdw_private;

	return info->kind == PDS_REL_BASE || info->remote_conds == NIL;
}

/*
 * Athena takes a FULL JOIN with equalities only, and no more is sure of a correlated EXISTS.
 * Conditions of a table in a FULL JOIN go into a subquery; those of a join are evaluated here.
 */
static bool
equalities_only(const PdsRelInfo *info)
{
	const PdsJoinRel *join = PDS_JOIN(info);
	ListCell   *lc;

	if (join->clauses == NIL)
		return false;
	foreach(lc, join->clauses)
	{
		if (!is_equality(join->outer, join->inner, lfirst_node(RestrictInfo, lc)))
			return false;
	}
	return join->jointype != JOIN_FULL || (full_side_ok(join->outer) && full_side_ok(join->inner));
}

/*
 * Where the sides' own conditions go: to WHERE on the side that an outer join keeps, to ON on
 * the side that it may set to NULL.
 */
static void
place_conditions(PdsRelInfo *info)
{
	PdsJoinRel *join = PDS_JOIN(info);
	List	   *outer = ((PdsRelInfo *) join->outer->fdw_private)->remote_conds;
	List	   *inner = ((PdsRelInfo *) join->inner->fdw_private)->remote_conds;

	switch (join->jointype)
	{
		case JOIN_LEFT:
		case JOIN_SEMI:
		case JOIN_ANTI:
			join->clauses = list_concat_copy(join->clauses, inner);
			info->remote_conds = list_concat_copy(info->remote_conds, outer);
			break;
		case JOIN_RIGHT:
			join->clauses = list_concat_copy(join->clauses, outer);
			info->remote_conds = list_concat_copy(info->remote_conds, inner);
			break;
		case JOIN_FULL:
			break;				/* below the join */
		default:
			info->remote_conds = list_concat_copy(list_concat_copy(info->remote_conds, outer),
												  inner);
			break;
	}
}

static List *
exists_of(const RelOptInfo *rel)
{
	const PdsRelInfo *info = rel->fdw_private;

	return info->kind == PDS_REL_JOIN ? PDS_JOIN(info)->exists : NIL;
}

static Relids
nullable_of(const RelOptInfo *rel)
{
	const PdsRelInfo *info = rel->fdw_private;

	return info->kind == PDS_REL_JOIN ? PDS_JOIN(info)->nullable : NULL;
}

/*
 * Semi- and anti-joins of the sides are conditions of WHERE: of a side whose rows the join does
 * not drop or make up.  False: they cannot be.
 */
static bool
collect_exists(PdsRelInfo *info)
{
	PdsJoinRel *join = PDS_JOIN(info);
	List	   *outer = exists_of(join->outer);
	List	   *inner = exists_of(join->inner);

	if ((outer && (join->jointype == JOIN_RIGHT || join->jointype == JOIN_FULL)) ||
		(inner && join->jointype != JOIN_INNER && join->jointype != JOIN_RIGHT))
		return false;
	join->exists = list_concat_copy(outer, inner);
	if (pds_is_exists(info))
		join->exists = lappend(join->exists, info);
	return true;
}

static bool
join_ok(PlannerInfo *root, RelOptInfo *joinrel, RelOptInfo *outer, RelOptInfo *inner,
		JoinType jointype, List *clauses, PdsRelInfo *info)
{
	PdsJoinRel *join;
	Relids		visible;
	Relids		nullable = bms_union(nullable_of(outer), nullable_of(inner));

	switch (jointype)
	{
		case JOIN_INNER:
		case JOIN_LEFT:
		case JOIN_RIGHT:
		case JOIN_FULL:
		case JOIN_SEMI:
		case JOIN_ANTI:
			break;
		default:
			return false;
	}
	/* of the side that is only asked for, nothing can be seen */
	if (!bms_is_empty(joinrel->lateral_relids) || !side_ok(outer) || !side_ok(inner))
		return false;
	visible = jointype == JOIN_SEMI || jointype == JOIN_ANTI ? pds_visible(outer)
		: bms_union(pds_visible(outer), pds_visible(inner));
	if (jointype == JOIN_LEFT || jointype == JOIN_FULL)
		nullable = bms_union(nullable, inner->relids);
	if (jointype == JOIN_RIGHT || jointype == JOIN_FULL)
		nullable = bms_union(nullable, outer->relids);
	if (!columns_ok(root, joinrel, visible, nullable))
		return false;
	info->kind = PDS_REL_JOIN;
	join = PDS_JOIN(info);
	join->outer = outer;
	join->inner = inner;
	join->jointype = jointype;
	join->visible = visible;
	join->nullable = nullable;
	if (!collect_exists(info) || !sort_clauses(root, joinrel, jointype, clauses, info))
		return false;
	if ((jointype == JOIN_FULL || pds_is_exists(info)) && !equalities_only(info))
		return false;
	if (pds_is_exists(info) && (info->remote_conds || info->local_conds))
		return false;
	place_conditions(info);
	return true;
}

/* ---- paths ---- */

void
pds_athena_cost(const PdsRelInfo *info, double rows, double width, Cost *startup, Cost *total)
{
	const PdsServerOptions *o = &info->conn->options;

	*startup = o->startup_cost >= 0 ? o->startup_cost : PDS_ATHENA_STARTUP_COST;
	*startup += (double) Max(info->est.scan_bytes, 0) * PDS_ATHENA_COST_PER_BYTE;
	*total = *startup + rows * width * PDS_ATHENA_RESULT_COST +
		rows * (cpu_tuple_cost + Max(o->tuple_cost, 0));
}

void
pds_get_join_paths(PlannerInfo *root, RelOptInfo *joinrel, RelOptInfo *outerrel,
				   RelOptInfo *innerrel, JoinType jointype, JoinPathExtraData *extra)
{
	PdsRelInfo *outer = outerrel->fdw_private;
	PdsRelInfo *inner = innerrel->fdw_private;
	PdsRelInfo *info;
	ForeignPath *path;
	Path	   *again = NULL;
	Cost		startup;
	Cost		total;

	/* looked at already, with the sides in another order */
	if (joinrel->fdw_private || outer == NULL || inner == NULL)
		return;

	/*
	 * where a row may be locked that has been changed meanwhile, it is joined
	 * again: here
	 */
	if ((changes_rows(root->parse) || root->rowMarks) &&
		(again = GetExistingLocalJoinPath(joinrel)) == NULL)
		return;
	info = palloc0(sizeof(PdsRelInfo));
	if (!join_ok(root, joinrel, outerrel, innerrel, jointype, extra->restrictlist, info))
	{
		pfree(info);
		return;
	}
	joinrel->fdw_private = info;
	info->conn = outer->conn;
	info->params = outer->params;
	info->userid = outer->userid;
	info->engine = outer->engine;
	info->athena_ok = true;
	info->est.scan_bytes = outer->est.scan_bytes < 0 || inner->est.scan_bytes < 0 ? -1
		: outer->est.scan_bytes + inner->est.scan_bytes;
	info->est.total_rows = joinrel->rows;

	/*
	 * Of tables that nobody looked into, the planner takes a key for one of
	 * 200 values, and three of them for ten billion rows: more than the sides
	 * together is not believed.
	 */
	if (info->est.scan_bytes < 0)
		info->est.total_rows = Min(joinrel->rows, outer->est.total_rows + inner->est.total_rows);
	pds_athena_cost(info, info->est.total_rows, joinrel->reltarget->width + 4, &startup, &total);
	path = pds_create_foreign_join_path(root, joinrel, joinrel->rows, startup, total,
										again, pds_path_private(PDS_ENGINE_ATHENA));
	path->path.parallel_safe = false;
	add_path(joinrel, (Path *) path);
}

/* ---- plans ---- */

/*
 * What Athena has to give: the values wanted above, and those that conditions here need.  *rest:
 * what is made of them, or is there without a value.
 */
static List *
remote_tlist(PlannerInfo *root, RelOptInfo *rel, List **rest)
{
	PdsRelInfo *info = rel->fdw_private;
	PdsShipContext cxt = {.root = root, .relids = pds_visible(rel)};
	List	   *tlist = NIL;
	List	   *vars;
	ListCell   *lc;

	if (info->kind != PDS_REL_JOIN)
	{
		*rest = PDS_UPPER(info)->unused;
		return list_copy(PDS_UPPER(info)->tlist);
	}
	*rest = NIL;
	vars = pull_var_clause((Node *) rel->reltarget->exprs, PVC_RECURSE_PLACEHOLDERS);
	foreach(lc, info->local_conds)
		vars = list_concat(vars, pull_var_clause((Node *) lfirst_node(RestrictInfo, lc)->clause,
												 PVC_RECURSE_PLACEHOLDERS));
	foreach(lc, vars)
	{
		Var		   *v = lfirst(lc);

		tlist = add_to_flat_tlist(tlist, v->varattno == 0 ? row_columns(&cxt, v) : list_make1(v));
		if (v->varattno == 0)
			*rest = list_append_unique(*rest, v);
	}
	return tlist;
}

/* The scan's row, made of what the plan gives: columns that it has not are in a whole row. */
static List *
again_tlist(const Plan *plan, List *scan_tlist, List *rows)
{
	List	   *tlist = copyObject(scan_tlist);
	ListCell   *lc;

	foreach(lc, tlist)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);
		Var		   *v = castNode(Var, tle->expr);
		ListCell   *lr;

		if (tlist_member(tle->expr, plan->targetlist))
			continue;
		foreach(lr, rows)
		{
			FieldSelect *f;

			if (lfirst_node(Var, lr)->varno != v->varno)
				continue;
			f = makeNode(FieldSelect);
			f->arg = copyObject(lfirst(lr));
			f->fieldnum = v->varattno;
			f->resulttype = v->vartype;
			f->resulttypmod = v->vartypmod;
			f->resultcollid = v->varcollid;
			tle->expr = (Expr *) f;
		}
	}
	return tlist;
}

/*
 * The join made here, for a row that is looked at again: it gives what the scan does, and leaves it
 * the conditions that the scan evaluates.
 */
static Plan *
plan_again(Plan *plan, List *scan_tlist, List *rows, List *local)
{
	ListCell   *lc;

	plan = change_plan_targetlist(plan, again_tlist(plan, scan_tlist, rows), false);
	foreach(lc, local)
	{
		plan->qual = list_delete(plan->qual, lfirst(lc));
		if (IsA(plan, NestLoop) || IsA(plan, MergeJoin) || IsA(plan, HashJoin))
		{
			Join	   *join = (Join *) plan;

			if (join->jointype == JOIN_INNER)
				join->joinqual = list_delete(join->joinqual, lfirst(lc));
		}
	}
	return plan;
}

ForeignScan *
pds_athena_relation_plan(PlannerInfo *root, RelOptInfo *rel, List *scan_clauses, List *tlist,
						 Plan *outer_plan)
{
	PdsRelInfo *info = rel->fdw_private;
	List	   *rest;
	List	   *remote = remote_tlist(root, rel, &rest);
	List	   *local = info->kind != PDS_REL_JOIN ? PDS_UPPER(info)->having
		: extract_actual_clauses(info->local_conds, false);
	List	   *params = NIL;
	PdsPlan		plan = {.kind = PDS_PLAN_ATHENA_RELATION, .planned = pds_planned(info)};
	ListCell   *lc;

	plan.sql = pds_deparse_relation_select(root, rel, remote, &params, &plan.outputs,
										   &plan.relations);
	foreach(lc, rest)
		remote = lappend(remote, makeTargetEntry(lfirst(lc), list_length(remote) + 1, NULL, false));
	if (outer_plan)
		outer_plan = plan_again(outer_plan, remote, rest, local);
	return make_foreignscan(tlist, local, 0, params, pds_plan_pack(&plan), remote, NIL, outer_plan);
}

/*
 * EvalPlanQual: the rows of all tables are given, the join made here says whether
 * they still match
 */
bool
pds_recheck_join(ForeignScanState *node, TupleTableSlot *slot)
{
	TupleTableSlot *result;

	if (((Scan *) node->ss.ps.plan)->scanrelid > 0)
		return true;
	result = ExecProcNode(outerPlanState(node));
	if (TupIsNull(result))
		return false;
	ExecCopySlot(slot, result);
	return true;
}
