/*
 * pds_fdw.c
 *	  The front door: FdwRoutine, _PG_init.  Nothing else.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "fdw/athena/athena_async.h"
#include "fdw/athena/athena_paths.h"
#include "fdw/athena/athena_run.h"
#include "fdw/base/connection.h"
#include "fdw/base/guc.h"
#include "fdw/base/later.h"
#include "fdw/base/object_cache.h"
#include "fdw/base/progress_slots.h"
#include "fdw/base/scan_stats.h"
#include "fdw/base/shared_state.h"
#include "fdw/direct/analyze.h"
#include "fdw/direct/parallel.h"
#include "fdw/hooks/server_hooks.h"
#include "fdw/import/import.h"
#include "fdw/routine.h"
#include "fdw/write/modify.h"
#include "fdw/write/write_xact.h"

PDS_MODULE_MAGIC;

void		_PG_init(void);

void
_PG_init(void)
{
	pds_guc_init();
	pds_object_cache_init();
	pds_scan_stats_init();
	pds_progress_slots_init();
	pds_shared_state_init();
	MarkGUCPrefixReserved("pds");
	pds_connection_init();
	pds_registry_init();
	pds_later_init();
	pds_write_init();
	pds_server_hooks_init();
}

PG_FUNCTION_INFO_V1(pds_fdw_handler);

Datum
pds_fdw_handler(PG_FUNCTION_ARGS)
{
	FdwRoutine *r = makeNode(FdwRoutine);

	r->GetForeignRelSize = pds_get_rel_size;
	r->GetForeignPaths = pds_get_paths;
	r->GetForeignPlan = pds_get_plan;
	r->GetForeignJoinPaths = pds_get_join_paths;
	r->GetForeignUpperPaths = pds_get_upper_paths;
	r->RecheckForeignScan = pds_recheck_join;
	r->BeginForeignScan = pds_begin_scan;
	r->IterateForeignScan = pds_iterate_scan;
	r->ReScanForeignScan = pds_rescan;
	r->EndForeignScan = pds_end_scan;
	r->ExplainForeignScan = pds_explain_scan;
	r->AnalyzeForeignTable = pds_analyze_table;
	PDS_SET_IMPORT_STATISTICS(r, pds_import_statistics);
	r->IsForeignScanParallelSafe = pds_is_parallel_safe;
	r->EstimateDSMForeignScan = pds_estimate_dsm;
	r->InitializeDSMForeignScan = pds_initialize_dsm;
	r->ReInitializeDSMForeignScan = pds_reinitialize_dsm;
	r->InitializeWorkerForeignScan = pds_initialize_worker;
	r->ShutdownForeignScan = pds_shutdown_scan;
	pds_async_callbacks(r);
	r->ImportForeignSchema = pds_import_schema;
	r->IsForeignRelUpdatable = pds_is_updatable;
	r->PlanForeignModify = pds_plan_modify;
	r->BeginForeignModify = pds_begin_modify;
	r->ExecForeignInsert = pds_exec_insert;
	r->EndForeignModify = pds_end_modify;
	r->BeginForeignInsert = pds_begin_insert;
	r->EndForeignInsert = pds_end_insert;
	r->ExplainForeignModify = pds_explain_modify;
	r->ExecForeignTruncate = pds_exec_truncate;
	PG_RETURN_POINTER(r);
}
