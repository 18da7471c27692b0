/*
 * relation.c
 *	  What the planner knows of a foreign table: engines that can answer,
 *	  conditions sorted, size; and the choice between the kinds of path.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "catalog/objectaddress.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "fdw/athena/athena_paths.h"
#include "fdw/base/activity.h"
#include "fdw/base/types.h"
#include "fdw/catalog/prune.h"
#include "fdw/direct/direct_paths.h"
#include "fdw/plan/estimate.h"
#include "fdw/plan/key_statistics.h"
#include "fdw/plan/rel_info.h"
#include "fdw/routine.h"
#include "fdw/ship/deparse.h"

/* ---- conditions ---- */

typedef struct KeyWalk
{
	const PdsTable *table;
	Index		relid;
	bool		only_keys;		/* and pseudo-columns of objects */
	bool		any_object;		/* one of those */
	bool		any_var;
	bool		any_param;
} KeyWalk;

static bool
key_walker(Node *node, KeyWalk *w)
{
	if (node == NULL)
		return false;
	if (IsA(node, Var))
	{
		Var		   *v = (Var *) node;

		w->any_var = true;
		if (v->varno != w->relid || v->varlevelsup != 0 || v->varattno <= 0 ||
			v->varattno > w->table->natts)
			w->only_keys = false;
		else if (pds_is_object_column(&w->table->columns[v->varattno - 1]))
			w->any_object = true;
		else if (w->table->columns[v->varattno - 1].key < 0)
			w->only_keys = false;
	}
	else if (IsA(node, Param))
		w->any_param = true;
	else if (IsA(node, SubPlan) || IsA(node, AlternativeSubPlan) || IsA(node, SubLink))
		w->only_keys = false;
	return expression_tree_walker(node, key_walker, w);
}

/* Clauses that partition keys and pseudo-columns alone decide. */
static void
find_partition_conds(RelOptInfo *baserel, PdsRelInfo *info)
{
	PdsBaseRel *base = PDS_BASE(info);
	ListCell   *lc;

	if (base->table->nkeys == 0 && base->table->npseudo == 0)
		return;
	foreach(lc, baserel->baserestrictinfo)
	{
		RestrictInfo *ri = lfirst_node(RestrictInfo, lc);
		KeyWalk		w = {base->table, baserel->relid, true, false, false, false};

		key_walker((Node *) ri->clause, &w);
		if (!w.only_keys || !w.any_var || ri->pseudoconstant ||
			contain_volatile_functions((Node *) ri->clause) ||
			!restriction_is_securely_promotable(ri, baserel))
			continue;
		if (w.any_object)
			base->object_conds = lappend(base->object_conds, ri);
		else
			base->partition_conds = lappend(base->partition_conds, ri);
	}
}

/* what an outer join above keeps together is evaluated here as it is */
static Node *
strip_placeholders(Node *node, void *unused)
{
	if (node && IsA(node, PlaceHolderVar))
		return strip_placeholders((Node *) ((PlaceHolderVar *) node)->phexpr, unused);
	return expression_tree_mutator(node, strip_placeholders, unused);
}

/* Those of the conditions that planning can evaluate; they are added to `evaluated`, too. */
static List *
constant_conds(RelOptInfo *baserel, PdsRelInfo *info, List *conds, List **evaluated)
{
	List	   *quals = NIL;
	ListCell   *lc;

	foreach(lc, conds)
	{
		RestrictInfo *ri = lfirst_node(RestrictInfo, lc);
		KeyWalk		w = {PDS_BASE(info)->table, baserel->relid, true, false, false, false};

		key_walker((Node *) ri->clause, &w);
		if (w.any_param)
			continue;
		quals = lappend(quals, strip_placeholders((Node *) ri->clause, NULL));
		*evaluated = lappend(*evaluated, ri);
	}
	return quals;
}

/* ---- size ---- */

/* The table that the user named, whose rights count: a child is read by those on its parent. */
static Oid
named_table(PlannerInfo *root, RelOptInfo *baserel, Oid relid)
{
	Index		rti = baserel->relid;

	while (root->append_rel_array && root->append_rel_array[rti] &&
		   OidIsValid(root->append_rel_array[rti]->parent_reloid))
	{
		relid = root->append_rel_array[rti]->parent_reloid;
		rti = root->append_rel_array[rti]->parent_relid;
	}
	return relid;
}

/*
 * Rights are checked when the plan is executed; planning must not tell or
 * spend before what that check would refuse.
 */
static void
check_select_rights(Oid relid, Oid userid)
{
	if (pg_class_aclcheck(relid, userid, ACL_SELECT) != ACLCHECK_OK &&
		pg_attribute_aclcheck_all(relid, userid, ACL_SELECT, ACLMASK_ANY) != ACLCHECK_OK)
		aclcheck_error(ACLCHECK_NO_PRIV, get_relkind_objtype(get_rel_relkind(relid)),
					   get_rel_name(relid));
}

/*
 * List the objects as far as planning may, and estimate rows.  The result is the conditions that
 * the listing was made with: they take nothing off those rows any more.
 */
static List *
estimate_size(PlannerInfo *root, RelOptInfo *baserel, PdsRelInfo *info)
{
	PdsBaseRel *base = PDS_BASE(info);
	PdsObjectSet *set;
	PdsPruner	pruner;
	List	   *quals = NIL;
	List	   *object_quals = NIL;
	List	   *evaluated = NIL;
	const char *expression = NULL;
	double		factor = 1;
	double		plain_bytes;

	/* the user's conditions see the keys only where he may */
	if (pg_class_aclcheck(named_table(root, baserel, base->table->relid), info->userid,
						  ACL_SELECT) == ACLCHECK_OK)
	{
		quals = constant_conds(baserel, info, base->partition_conds, &evaluated);
		object_quals = constant_conds(baserel, info, base->object_conds, &evaluated);
		expression = base->glue_expression;
	}
	if (quals || object_quals)
		pds_pruner_init(&pruner, base->table, quals, object_quals, NULL);
	set = pds_table_objects(base->table, info->conn, expression,
							quals || object_quals ? &pruner : NULL, true, CurrentMemoryContext);
	if (quals || object_quals)
		pds_pruner_end(&pruner);
	if (set->unbounded)
	{
		/*
		 * the conditions name too many partitions, or have parameters: only
		 * the execution tells
		 */
		if (info->athena_ok)
			info->direct_ok = false;
		return NIL;
	}
	base->objects = set;
	info->est.scan_bytes = set->bytes;
	if (set->truncated)
	{
		/*
		 * as the partitions that were listed, so the others; at least twice
		 * as much
		 */
		factor = set->listed > 0 && set->listed < set->npartitions
			? (double) set->npartitions / set->listed : 2;
		info->est.scan_bytes = (int64) (info->est.scan_bytes * factor);
	}
	plain_bytes = pds_plain_bytes_of_set(set);
	info->est.total_rows = pds_estimate_rows(baserel, base->table, info->conn, set, plain_bytes,
											 factor, evaluated != NIL);
	info->est.text_share = pds_text_share(base->table, plain_bytes * factor / info->est.total_rows);
	return evaluated;
}

/* ---- engines ---- */

PDS_NORETURN static void cannot_answer(const PdsTable *t, PdsEngine engine, const char *reason);

static void
cannot_answer(const PdsTable *t, PdsEngine engine, const char *reason)
{
	bool		direct = engine == PDS_ENGINE_DIRECT;
	const char *other = direct ? "athena" : "direct";
	const char *other_reason = direct ? t->athena_reason : t->direct_reason;
	const char *hint = direct ? t->direct_hint : t->athena_hint;

	/* the other engine, unless that could not either */
	if (hint == NULL && other_reason == NULL)
		hint = psprintf("Use engine \"%s\" for it: SET pds.engine = '%s', or ALTER FOREIGN TABLE %s OPTIONS (%s engine '%s').",
						other, other, pds_quoted_relation(t->relid),
						t->options.engine != PDS_ENGINE_DEFAULT ? "SET" : "ADD", other);
	if (hint == NULL && direct)
		hint = t->athena_hint;
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg(direct
					? "foreign table \"%s\" cannot be scanned directly: %s"
					: "foreign table \"%s\" cannot be read by Athena: %s",
					get_rel_name(t->relid), reason),
			 other_reason ? errdetail("Nor by engine %s: %s.", other, other_reason) : 0,
			 hint ? errhint("%s", hint) : 0));
}

/* why the columns used cannot be read by an engine; NULL: they can */
static const char *
unreadable_column(const PdsTable *t, const Bitmapset *attrs, PdsEngine engine)
{
	int			i;

	for (i = 0; i < t->natts; i++)
	{
		const PdsColumn *c = &t->columns[i];

		if (c->name == NULL || !pds_attr_used(attrs, c->attnum))
			continue;
		if (c->not_selected)
			return psprintf("column \"%s\" has a type in Glue that Athena does not offer",
							c->attname);
		if (engine == PDS_ENGINE_ATHENA && c->hive_known && !pds_athena_gives(&c->hive))
			return psprintf("column \"%s\" has a type that Athena has no JSON for", c->attname);
	}
	return NULL;
}

/* why Athena cannot be asked for the columns used; NULL: it can */
static const char *
row_number_used(const PdsTable *t, const Bitmapset *attrs)
{
	int			i;

	for (i = 0; i < t->natts && t->npseudo > 0; i++)
		if (t->columns[i].field == PDS_FIELD_ROW_NUMBER && pds_attr_used(attrs, i + 1))
			return psprintf("column \"%s\" is $row_number, which Athena does not have",
							t->columns[i].attname);
	return NULL;
}

static bool
made_by_hand(const PdsTable *t)
{
	int			i;

	for (i = 0; i < t->natts; i++)
		if (t->columns[i].name && !t->columns[i].imported)
			return t->in_catalog;
	return false;
}

static void
settle_engines(PdsRelInfo *info)
{
	PdsBaseRel *base = PDS_BASE(info);
	PdsTable   *t = base->table;
	const char *reason;

	if (t->athena_reason == NULL)
		t->athena_reason = row_number_used(t, base->attrs_used);
	if (info->engine == PDS_ENGINE_ATHENA)
	{
		/*
		 * without the option glue_type only Glue knows whether the types
		 * agree
		 */
		if (t->athena_reason == NULL && made_by_hand(t))
			pds_table_load_catalog(t, info->conn);
		if (t->athena_reason == NULL)
			t->athena_reason = unreadable_column(t, base->attrs_used, PDS_ENGINE_ATHENA);
		if (t->athena_reason)
			cannot_answer(t, PDS_ENGINE_ATHENA, t->athena_reason);
		info->athena_ok = true;
		return;
	}
	pds_table_load_catalog(t, info->conn);
	if (info->engine == PDS_ENGINE_DIRECT && t->direct_reason)
		cannot_answer(t, PDS_ENGINE_DIRECT, t->direct_reason);
	if (t->direct_reason && t->athena_reason)
		cannot_answer(t, PDS_ENGINE_DIRECT, t->direct_reason);
	if (t->athena_reason == NULL)
		t->athena_reason = unreadable_column(t, base->attrs_used, PDS_ENGINE_ATHENA);
	reason = unreadable_column(t, base->attrs_used, PDS_ENGINE_DIRECT);
	if (reason && t->direct_reason == NULL)
	{
		if (info->engine == PDS_ENGINE_DIRECT || t->athena_reason)
			cannot_answer(t, PDS_ENGINE_DIRECT, reason);
		t->direct_reason = reason;
	}
	info->direct_ok = t->direct_reason == NULL;
	info->athena_ok = info->engine == PDS_ENGINE_AUTO && t->athena_reason == NULL &&
		!(t->athena_discouraged && info->direct_ok);
	pds_table_check_columns(t, base->attrs_used);
}

static void
find_attrs_used(RelOptInfo *baserel, PdsRelInfo *info)
{
	PdsBaseRel *base = PDS_BASE(info);
	ListCell   *lc;

	pull_varattnos((Node *) baserel->reltarget->exprs, baserel->relid, &base->attrs_used);
	foreach(lc, baserel->baserestrictinfo)
		pull_varattnos((Node *) lfirst_node(RestrictInfo, lc)->clause, baserel->relid,
					   &base->attrs_used);
}

/*
 * Statements of one query have one list of parameters: conditions of a table go
 * into them as written.
 */
static List **
params_of(PlannerInfo *root)
{
	int			i;

	for (i = 1; i < root->simple_rel_array_size; i++)
	{
		RelOptInfo *rel = root->simple_rel_array[i];
		PdsRelInfo *info = rel && rel->fdwroutine &&
			rel->fdwroutine->GetForeignRelSize == pds_get_rel_size ? rel->fdw_private : NULL;

		if (info && info->params)
			return info->params;
	}
	return palloc0(sizeof(List *));
}

/* all requests of planning are made for the size of a relation */
static PdsActivity *
begin_planning(PlannerInfo *root, PdsConnection *conn, Oid relid)
{
	PdsActivityOptions o = {.kind = PDS_STAT_PLANNING, .conn = conn, .relid = relid};

	/* only the query itself has a number */
	while (root->parent_root)
		root = root->parent_root;
	o.queryid = (int64) root->parse->queryId;
	return pds_activity_begin(&o, CurrentMemoryContext);
}

void
pds_get_rel_size(PlannerInfo *root, RelOptInfo *baserel, Oid relid)
{
	PdsRelInfo *info = palloc0(sizeof(PdsRelInfo));
	PdsBaseRel *base = PDS_BASE(info);
	ForeignTable *table = GetForeignTable(relid);
	List	   *evaluated = NIL;
	PdsActivity *planning;
	bool		limited;

	baserel->fdw_private = info;

	/*
	 * an error where the table itself is named; a child of such a clause
	 * would be read whole
	 */
	if (planner_rt_fetch(baserel->relid, root)->tablesample)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("foreign table \"%s\" cannot be sampled", get_rel_name(relid)),
				 errhint("Take TABLESAMPLE off, or filter by random().")));
	info->userid = pds_rel_userid(baserel);
	check_select_rights(named_table(root, baserel, relid), info->userid);
	info->conn = pds_connection_get(table->serverid, info->userid, CurrentMemoryContext);
	planning = begin_planning(root, info->conn, relid);
	base->table = pds_table_open(relid, info->conn, CurrentMemoryContext);
	info->engine = pds_effective_engine(&info->conn->options, &base->table->options);
	info->est.scan_bytes = -1;
	info->params = params_of(root);
	find_attrs_used(baserel, info);
	settle_engines(info);
	find_partition_conds(baserel, info);
	pds_classify_conditions(root, baserel);

	/*
	 * a limit on bytes is checked against the listing, whichever engine reads
	 * them
	 */
	limited = pds_effective_max_scan_bytes(&info->conn->options, &base->table->options) >= 0;
	if (limited)
		pds_table_load_catalog(base->table, info->conn);
	base->glue_expression = pds_deparse_partition_filter(root, baserel, base->table,
														 base->partition_conds);
	info->est.total_rows = pds_estimate_rows(baserel, base->table, info->conn, NULL, 0, 1, false);
	if ((limited || info->direct_ok) &&
		(base->table->projection || (base->table->location && base->table->location[0])))
		evaluated = estimate_size(root, baserel, info);
	baserel->tuples = info->est.total_rows;
	set_baserel_size_estimates(root, baserel);
	if (base->objects)
		baserel->rows = clamp_row_est(info->est.total_rows *
									  pds_conditions_selectivity(root, baserel, base->table,
																 base->objects,
																 list_difference_ptr(baserel->baserestrictinfo, evaluated)));
	pds_activity_end(planning, false);
}

void
pds_get_paths(PlannerInfo *root, RelOptInfo *baserel, Oid relid)
{
	PdsRelInfo *info = baserel->fdw_private;

	if (info->direct_ok)
		pds_direct_add_paths(root, baserel);
	if (info->athena_ok)
		pds_athena_add_paths(root, baserel);
}

ForeignScan *
pds_get_plan(PlannerInfo *root, RelOptInfo *baserel, Oid relid, ForeignPath *best_path,
			 List *tlist, List *scan_clauses, Plan *outer_plan)
{
	/* aggregates and Top-N inside a direct scan, which is the plan below */
	if (outer_plan && pds_path_engine(best_path) == PDS_ENGINE_DIRECT)
		return pds_is_mixed_path(best_path) ? pds_direct_mixed_plan(best_path, tlist, outer_plan)
			: pds_is_top_path(best_path) ? pds_direct_top_plan(best_path, tlist, outer_plan)
			: pds_direct_aggregate_plan(best_path, tlist, outer_plan);
	if (((PdsRelInfo *) baserel->fdw_private)->kind != PDS_REL_BASE)
		return pds_athena_relation_plan(root, baserel, scan_clauses, tlist, outer_plan);
	if (pds_path_engine(best_path) == PDS_ENGINE_ATHENA)
		return pds_athena_plan(root, baserel, best_path, tlist, scan_clauses, outer_plan);
	return pds_direct_plan(root, baserel, best_path, tlist, scan_clauses, outer_plan);
}
