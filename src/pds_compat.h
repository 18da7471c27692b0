/*
 * pds_compat.h
 *	  The only file that tests PG_VERSION_NUM.  A note per shim says which
 *	  release changed what.  PostgreSQL 15 to 19.
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
#include "utils/wait_event.h"

#include "core/base/version.h"

#if PG_VERSION_NUM < 150000
#error "pds_fdw needs PostgreSQL 15 or newer"
#endif

/* 18: pg_attribute_noreturn() became pg_noreturn; the compilers we support know this */
#define PDS_NORETURN __attribute__((noreturn))

/* 18: explain.h lost the property functions and the state */
#if PG_VERSION_NUM >= 180000
#include "commands/explain_format.h"
#include "commands/explain_state.h"
#endif

/* the release whose headers these are, for pds.version() */
#define PDS_BUILT_AGAINST PG_VERSION

/* 18: a column that is computed by who reads it; the planner puts its expression in its place */
#define PDS_IS_VIRTUAL(attribute) ((attribute)->attgenerated == 'v')

/* 18: pg_restore_attribute_stats() and pg_restore_relation_stats() */
#define PDS_HAS_RESTORE_STATS (PG_VERSION_NUM >= 180000)

/* 19: ANALYZE asks for statistics before it asks for a sample */
#if PG_VERSION_NUM >= 190000
#define PDS_SET_IMPORT_STATISTICS(routine, function) ((routine)->ImportForeignStatistics = (function))
#else
#define PDS_SET_IMPORT_STATISTICS(routine, function) ((void) (function))
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

/* 17: wait events of extensions have names */
#if PG_VERSION_NUM >= 170000
#define PDS_WAIT_EVENT_NEW(name) WaitEventExtensionNew(name)
#else
#define PDS_WAIT_EVENT_NEW(name) ((void) (name), PG_WAIT_EXTENSION)
#endif

/* 17: memory that backends find by its name; NULL before.  19: what fills it has an argument */
#if PG_VERSION_NUM >= 170000
#include "storage/dsm_registry.h"
#endif
#if PG_VERSION_NUM >= 190000
#define PDS_SEGMENT_INIT_ARGS void *memory, void *arg
#else
#define PDS_SEGMENT_INIT_ARGS void *memory
#endif
static inline void *
pds_named_segment(const char *name, Size size, void (*init) (PDS_SEGMENT_INIT_ARGS))
{
#if PG_VERSION_NUM >= 190000
	bool		found;

	return GetNamedDSMSegment(name, size, init, &found, NULL);
#elif PG_VERSION_NUM >= 170000
	bool		found;

	return GetNamedDSMSegment(name, size, init, &found);
#else
	return NULL;
#endif
}

/* 19: a tranche of locks gets its name with its number; before, in each backend */
#include "storage/lwlock.h"
static inline int
pds_new_tranche(const char *name)
{
#if PG_VERSION_NUM >= 190000
	return LWLockNewTrancheId(name);
#else
	return LWLockNewTrancheId();
#endif
}

static inline void
pds_name_tranche(int tranche, const char *name)
{
#if PG_VERSION_NUM < 190000
	LWLockRegisterTranche(tranche, name);
#endif
}

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

/* 16: keys that a condition fixes are taken out of the groups */
#if PG_VERSION_NUM >= 160000
#define PDS_GROUP_CLAUSE(root) ((root)->processed_groupClause)
#else
#define PDS_GROUP_CLAUSE(root) ((root)->parse->groupClause)
#endif

/* 18: the groups have an entry in the range table, which is no relation */
static inline bool
pds_explain_several_relations(const ExplainState *es)
{
#if PG_VERSION_NUM >= 180000
	return es->rtable_size > 1;
#else
	return list_length(es->rtable) > 1;
#endif
}

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

/* 16: whose rights count for a relation that is written to */
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

	/* partitions that a row is routed to have no entry of their own */
	if (rti == 0 && rinfo->ri_RootResultRelInfo)
		rti = rinfo->ri_RootResultRelInfo->ri_RangeTableIndex;
	userid = exec_rt_fetch(rti, estate)->checkAsUser;
#endif
	return OidIsValid(userid) ? userid : GetUserId();
}

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

#include "utils/fmgroids.h"

/* 19: a tuple descriptor made by hand must be finished */
#if PG_VERSION_NUM >= 190000
#define PDS_FINISH_TUPLE_DESC(desc) TupleDescFinalize(desc)
#else
#define PDS_FINISH_TUPLE_DESC(desc) ((void) 0)
#endif

/*
 * Conditions above a subquery that end a window early live in its window clause, 17: in its
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
#else
	foreach(lc, parse->windowClause)
		found = list_concat(found, list_copy(lfirst_node(WindowClause, lc)->runCondition));
#endif
	return found;
}

#endif							/* PDS_COMPAT_H */
