/*
 * pds_compat.h
 *	  The only file that tests PG_VERSION_NUM.  A note per shim says which
 *	  release changed what.  PostgreSQL 13 to 19.
 */
#ifndef PDS_COMPAT_H
#define PDS_COMPAT_H

#include "postgres.h"

#include "access/parallel.h"
#include "commands/explain.h"
#include "foreign/fdwapi.h"
#include "nodes/pathnodes.h"
#include "optimizer/pathnode.h"
#include "optimizer/restrictinfo.h"
#include "storage/latch.h"
#include "tcop/utility.h"
#include "utils/guc.h"
#include "utils/guc_tables.h"

#include "core/base/version.h"

#if PG_VERSION_NUM < 130000
#error "pds_fdw needs PostgreSQL 13 or newer"
#endif

/* 14: wait events moved out of pgstat.h */
#if PG_VERSION_NUM >= 140000
#include "utils/wait_event.h"
#else
#include "pgstat.h"
#endif

/* 18: pg_attribute_noreturn() became pg_noreturn; the compilers we support know this */
#define PDS_NORETURN __attribute__((noreturn))

/* 18: explain.h lost the property functions and the state */
#if PG_VERSION_NUM >= 180000
#include "commands/explain_format.h"
#include "commands/explain_state.h"
#endif

/* 18: PG_MODULE_MAGIC_EXT shows name and version in pg_get_loaded_modules() */
#if PG_VERSION_NUM >= 180000
#define PDS_MODULE_MAGIC PG_MODULE_MAGIC_EXT(.name = "pds_fdw", .version = PDS_VERSION)
#else
#define PDS_MODULE_MAGIC PG_MODULE_MAGIC
#endif

/* 19: create_material_path is told whether it is enabled */
#if PG_VERSION_NUM >= 190000
#define PDS_MATERIAL_PATH(rel, subpath) create_material_path(rel, subpath, true)
#else
#define PDS_MATERIAL_PATH(rel, subpath) create_material_path(rel, subpath)
#endif

/* 15: MarkGUCPrefixReserved; before, EmitWarningsOnPlaceholders */
#if PG_VERSION_NUM >= 150000
#define PDS_RESERVE_PREFIX(prefix) MarkGUCPrefixReserved(prefix)
#else
#define PDS_RESERVE_PREFIX(prefix) EmitWarningsOnPlaceholders(prefix)
#endif

/* 16: the extra of a setting is freed with guc_free */
#if PG_VERSION_NUM >= 160000
#define PDS_GUC_MALLOC(size) guc_malloc(LOG, size)
#define PDS_GUC_FREE(p) guc_free(p)
#else
#define PDS_GUC_MALLOC(size) malloc(size)
#define PDS_GUC_FREE(p) free(p)
#endif

/* the assign hook of a text setting of core; NULL: there is none.  16: found by name; 19: part of
 * the generic struct */
static inline GucStringAssignHook *
pds_guc_assign_hook(const char *name)
{
#if PG_VERSION_NUM >= 160000
	struct config_generic *found = find_option(name, false, true, ERROR);
#else
	struct config_generic *found = NULL;
	int			i;

	for (i = 0; found == NULL && i < GetNumConfigOptions(); i++)
		if (strcmp(get_guc_variables()[i]->name, name) == 0)
			found = get_guc_variables()[i];
#endif
	if (found == NULL || found->vartype != PGC_STRING)
		return NULL;
#if PG_VERSION_NUM >= 190000
	return &found->_string.assign_hook;
#else
	return &((struct config_string *) found)->assign_hook;
#endif
}

/* 14: split_part() counts from the end, too */
#define PDS_SPLIT_PART_FROM_END (PG_VERSION_NUM >= 140000)

/* 17: wait events of extensions have names */
#if PG_VERSION_NUM >= 170000
#define PDS_WAIT_EVENT_NEW(name) WaitEventExtensionNew(name)
#else
#define PDS_WAIT_EVENT_NEW(name) ((void) (name), PG_WAIT_EXTENSION)
#endif

/* 17: create_foreignscan_path has fdw_restrictinfo; 18: disabled_nodes */
static inline ForeignPath *
pds_create_foreignscan_path(PlannerInfo *root, RelOptInfo *rel, PathTarget *target,
							double rows, Cost startup_cost, Cost total_cost, List *pathkeys,
							Relids required_outer, Path *fdw_outerpath, List *fdw_private)
{
#if PG_VERSION_NUM >= 180000
	return create_foreignscan_path(root, rel, target, rows, 0, startup_cost, total_cost,
								   pathkeys, required_outer, fdw_outerpath, NIL, fdw_private);
#elif PG_VERSION_NUM >= 170000
	return create_foreignscan_path(root, rel, target, rows, startup_cost, total_cost,
								   pathkeys, required_outer, fdw_outerpath, NIL, fdw_private);
#else
	return create_foreignscan_path(root, rel, target, rows, startup_cost, total_cost,
								   pathkeys, required_outer, fdw_outerpath, fdw_private);
#endif
}

/* the same of the paths of joins and of what lies above scans */
static inline ForeignPath *
pds_create_foreign_join_path(PlannerInfo *root, RelOptInfo *rel, double rows, Cost startup_cost,
							 Cost total_cost, Path *outerpath, List *fdw_private)
{
#if PG_VERSION_NUM >= 180000
	return create_foreign_join_path(root, rel, NULL, rows, 0, startup_cost, total_cost, NIL,
									rel->lateral_relids, outerpath, NIL, fdw_private);
#elif PG_VERSION_NUM >= 170000
	return create_foreign_join_path(root, rel, NULL, rows, startup_cost, total_cost, NIL,
									rel->lateral_relids, outerpath, NIL, fdw_private);
#else
	return create_foreign_join_path(root, rel, NULL, rows, startup_cost, total_cost, NIL,
									rel->lateral_relids, outerpath, fdw_private);
#endif
}

static inline ForeignPath *
pds_create_foreign_upper_path(PlannerInfo *root, RelOptInfo *rel, PathTarget *target, double rows,
							  Cost startup_cost, Cost total_cost, List *pathkeys,
							  List *fdw_private)
{
#if PG_VERSION_NUM >= 180000
	return create_foreign_upper_path(root, rel, target, rows, 0, startup_cost, total_cost,
									 pathkeys, NULL, NIL, fdw_private);
#elif PG_VERSION_NUM >= 170000
	return create_foreign_upper_path(root, rel, target, rows, startup_cost, total_cost, pathkeys,
									 NULL, NIL, fdw_private);
#else
	return create_foreign_upper_path(root, rel, target, rows, startup_cost, total_cost, pathkeys,
									 NULL, fdw_private);
#endif
}

/* 19: the path of Unique lost its Upper; there was another of that name before */
#if PG_VERSION_NUM >= 190000
#define PDS_UNIQUE_PATH(p) (IsA(p, UniquePath) ? ((UniquePath *) (p))->subpath : NULL)
#else
#define PDS_UNIQUE_PATH(p) (IsA(p, UpperUniquePath) ? ((UpperUniquePath *) (p))->subpath : NULL)
#endif

/* 15: MERGE */
static inline bool
pds_changes_rows(const Query *parse)
{
	return parse->commandType == CMD_UPDATE || parse->commandType == CMD_DELETE
#if PG_VERSION_NUM >= 150000
		|| parse->commandType == CMD_MERGE
#endif
		;
}

/* 14: estimate_num_groups reports on its work */
#include "utils/selfuncs.h"
static inline double
pds_estimate_num_groups(PlannerInfo *root, List *exprs, double rows)
{
#if PG_VERSION_NUM >= 140000
	return estimate_num_groups(root, exprs, rows, NULL, NULL);
#else
	return estimate_num_groups(root, exprs, rows, NULL);
#endif
}

/* 14: the costs of aggregates are those of the whole query; 16: keys that a condition fixes are taken out */
#include "optimizer/clauses.h"
#include "optimizer/prep.h"
static inline void
pds_get_agg_clause_costs(PlannerInfo *root, PathTarget *target, Node *having, AggSplit split,
						 AggClauseCosts *costs)
{
#if PG_VERSION_NUM >= 140000
	get_agg_clause_costs(root, split, costs);
#else
	get_agg_clause_costs(root, (Node *) target->exprs, split, costs);
	get_agg_clause_costs(root, having, split, costs);
#endif
}

#if PG_VERSION_NUM >= 160000
#define PDS_GROUP_CLAUSE(root) ((root)->processed_groupClause)
#else
#define PDS_GROUP_CLAUSE(root) ((root)->parse->groupClause)
#endif

/* 18: ruleutils prints a window function only below its WindowAgg */
#define PDS_WINDOWS_PRINT_ALONE (PG_VERSION_NUM < 180000)

/* 19: IGNORE NULLS */
#if PG_VERSION_NUM >= 190000
#define PDS_WINDOW_IGNORES_NULLS(w) ((w)->ignore_nulls == IGNORE_NULLS || \
									 (w)->ignore_nulls == PARSER_IGNORE_NULLS)
#else
#define PDS_WINDOW_IGNORES_NULLS(w) false
#endif

/* 18: a path key says how it compares, before by the number of a B-tree strategy */
#include "access/stratnum.h"
static inline bool
pds_pathkey_ascending(const PathKey *pk)
{
#if PG_VERSION_NUM >= 180000
	return pk->pk_cmptype == COMPARE_LT;
#else
	return pk->pk_strategy == BTLessStrategyNumber;
#endif
}

/* 14: pull_varnos wants the planner's root, for placeholders; ours have none */
#include "optimizer/optimizer.h"
static inline Relids
pds_pull_varnos(Node *n)
{
#if PG_VERSION_NUM >= 140000
	return pull_varnos(NULL, n);
#else
	return pull_varnos(n);
#endif
}

/* 16: a foreign scan knows the user whose rights count */
static inline Oid
pds_foreign_scan_checkuser(ForeignScan *scan, EState *estate)
{
#if PG_VERSION_NUM >= 160000
	return scan->checkAsUser;
#else
	int			rti = scan->scan.scanrelid;

	if (rti == 0)
		rti = bms_next_member(scan->fs_relids, -1);
	return exec_rt_fetch(rti, estate)->checkAsUser;
#endif
}

/* 16: rights moved to RTEPermissionInfo; RelOptInfo has the user since 9.6 */
static inline Oid
pds_rel_checkuser(RelOptInfo *rel)
{
	return rel->userid;
}

/*
 * 16: whose rights count for a relation that is written to; 14: partitions that a row
 * is routed to have no range table entry of their own
 */
#include "executor/executor.h"
#include "miscadmin.h"
static inline Oid
pds_modify_checkuser(ResultRelInfo *rinfo, EState *estate)
{
	Oid			userid;

#if PG_VERSION_NUM >= 160000
	userid = ExecGetResultRelCheckAsUser(rinfo, estate);
#else
	Index		rti = rinfo->ri_RangeTableIndex;

#if PG_VERSION_NUM >= 140000
	if (rti == 0 && rinfo->ri_RootResultRelInfo)
		rti = rinfo->ri_RootResultRelInfo->ri_RangeTableIndex;
#endif
	userid = exec_rt_fetch(rti, estate)->checkAsUser;
#endif
	return OidIsValid(userid) ? userid : GetUserId();
}

/* 14: a partition knows its root; before, what routing needs */
static inline bool
pds_row_was_routed(const ResultRelInfo *rinfo)
{
#if PG_VERSION_NUM >= 140000
	return rinfo->ri_RootResultRelInfo != NULL;
#else
	return rinfo->ri_PartitionInfo != NULL;
#endif
}

/* 14: hash tables of strings say so */
#include "utils/hsearch.h"
#if PG_VERSION_NUM >= 140000
#define PDS_HASH_STRINGS HASH_STRINGS
#else
#define PDS_HASH_STRINGS 0
#endif

/* 14: asynchronous execution of an Append's foreign scans */
#define PDS_HAVE_ASYNC (PG_VERSION_NUM >= 140000)

/* 14: TRUNCATE of foreign tables */
#if PG_VERSION_NUM >= 140000
#define PDS_SET_TRUNCATE(routine, fn) ((routine)->ExecForeignTruncate = (fn))
#else
#define PDS_SET_TRUNCATE(routine, fn) ((void) (fn))
#endif

/* 14: ProcessUtility_hook has read_only_tree */
#if PG_VERSION_NUM >= 140000
#define PDS_UTILITY_ARGS \
	PlannedStmt *pstmt, const char *query, bool read_only_tree, \
	ProcessUtilityContext context, ParamListInfo params, QueryEnvironment *env, \
	DestReceiver *dest, QueryCompletion *qc
#define PDS_UTILITY_PASS pstmt, query, read_only_tree, context, params, env, dest, qc
#else
#define PDS_UTILITY_ARGS \
	PlannedStmt *pstmt, const char *query, \
	ProcessUtilityContext context, ParamListInfo params, QueryEnvironment *env, \
	DestReceiver *dest, QueryCompletion *qc
#define PDS_UTILITY_PASS pstmt, query, context, params, env, dest, qc
#endif

/* 18: lc_collate_is_c went; the locale knows */
#include "utils/pg_locale.h"
static inline bool
pds_collation_is_c(Oid collation)
{
#if PG_VERSION_NUM >= 180000
	return pg_newlocale_from_collation(collation)->collate_is_c;
#else
	return lc_collate_is_c(collation);
#endif
}

/* 16: object_aclcheck; before, a function for each kind */
#include "catalog/pg_foreign_server.h"
#include "miscadmin.h"
#include "utils/acl.h"
static inline void
pds_check_server_usage(Oid serverid, const char *name)
{
	AclResult	r;

#if PG_VERSION_NUM >= 160000
	r = object_aclcheck(ForeignServerRelationId, serverid, GetUserId(), ACL_USAGE);
#else
	r = pg_foreign_server_aclcheck(serverid, GetUserId(), ACL_USAGE);
#endif
	if (r != ACLCHECK_OK)
		aclcheck_error(r, OBJECT_FOREIGN_SERVER, name);
}

/* 16: object_ownercheck */
static inline bool
pds_owns_server(Oid serverid)
{
#if PG_VERSION_NUM >= 160000
	return object_ownercheck(ForeignServerRelationId, serverid, GetUserId());
#else
	return pg_foreign_server_ownercheck(serverid, GetUserId());
#endif
}

/* 14: pg_encoding_verifymbstr tells how much is valid */
#include "mb/pg_wchar.h"
static inline bool
pds_encoding_valid(int encoding, const char *s, int len)
{
#if PG_VERSION_NUM >= 140000
	return pg_encoding_verifymbstr(encoding, s, len) == len;
#else
	return pg_verify_mbstr(encoding, s, len, true);
#endif
}

#include "utils/fmgroids.h"

/* 19: a tuple descriptor made by hand must be finished */
#if PG_VERSION_NUM >= 190000
#define PDS_FINISH_TUPLE_DESC(desc) TupleDescFinalize(desc)
#else
#define PDS_FINISH_TUPLE_DESC(desc) ((void) 0)
#endif

/* 14: the predefined roles lost DEFAULT_ */
#include "catalog/pg_authid.h"
#if PG_VERSION_NUM >= 140000
#define PDS_ROLE_READ_FILES		ROLE_PG_READ_SERVER_FILES
#define PDS_ROLE_WRITE_FILES	ROLE_PG_WRITE_SERVER_FILES
#else
#define PDS_ROLE_READ_FILES		DEFAULT_ROLE_READ_SERVER_FILES
#define PDS_ROLE_WRITE_FILES	DEFAULT_ROLE_WRITE_SERVER_FILES
#endif

/* 15: Value became Integer, Float, String */
#if PG_VERSION_NUM < 150000
#include "nodes/value.h"
#endif

/*
 * 15: conditions above a subquery that end a window early live in its window clause, 17: in its
 * window functions (given as exprs)
 */
#include "catalog/pg_type_d.h"
#include "nodes/makefuncs.h"
static inline List *
pds_run_conditions(const Query *parse, const List *exprs)
{
	List	   *found = NIL;
	ListCell   *lc;

#if PG_VERSION_NUM >= 170000
	foreach(lc, exprs)
	{
		WindowFunc *w = lfirst(lc);
		ListCell   *lr;

		if (!IsA(w, WindowFunc))
			continue;
		foreach(lr, w->runCondition)
		{
			WindowFuncRunCondition *r = lfirst_node(WindowFuncRunCondition, lr);

			found = lappend(found, make_opclause(r->opno, BOOLOID, false,
												 r->wfunc_left ? (Expr *) w : r->arg,
												 r->wfunc_left ? r->arg : (Expr *) w,
												 InvalidOid, r->inputcollid));
		}
	}
#elif PG_VERSION_NUM >= 150000
	foreach(lc, parse->windowClause)
		found = list_concat(found, list_copy(lfirst_node(WindowClause, lc)->runCondition));
#else
	(void) lc;
#endif
	return found;
}

#endif							/* PDS_COMPAT_H */
