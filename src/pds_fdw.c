/*
 * pds_fdw.c
 *	  The front door: FdwRoutine, settings, _PG_init.  Nothing else.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "utils/plancache.h"

#include "fdw/direct/analyze.h"
#include "fdw/athena/athena_async.h"
#include "fdw/athena/athena_run.h"
#include "fdw/base/connection.h"
#include "fdw/import/import.h"
#include "fdw/write/modify.h"
#include "fdw/base/object_cache.h"
#include "fdw/base/options.h"
#include "fdw/base/progress.h"
#include "fdw/direct/parallel.h"
#include "fdw/rows/raw_filter.h"
#include "fdw/relation.h"
#include "fdw/scan.h"
#include "fdw/write/write_xact.h"

PDS_MODULE_MAGIC;

void		_PG_init(void);

int			pds_engine = PDS_ENGINE_DEFAULT;
char	   *pds_max_scan_bytes_text = NULL;
int64		pds_max_scan_bytes = -1;
bool		pds_log_remote_sql = false;
bool		pds_scan_aggregates = true;

static const struct config_enum_entry engine_values[] = {
	{"default", PDS_ENGINE_DEFAULT, false},
	{"auto", PDS_ENGINE_AUTO, false},
	{"direct", PDS_ENGINE_DIRECT, false},
	{"athena", PDS_ENGINE_ATHENA, false},
	{NULL, 0, false}
};

const char *
pds_engine_name(PdsEngine e)
{
	return engine_values[e].name;
}

/* plans made for another engine must not be used again */
static void
assign_engine(int newval, void *extra)
{
	if (newval != pds_engine)
		ResetPlanCache();
}

static void
assign_scan_aggregates(bool newval, void *extra)
{
	if (newval != pds_scan_aggregates)
		ResetPlanCache();
}

static void
assign_raw_filters(bool newval, void *extra)
{
	if (newval != pds_raw_filters)
		ResetPlanCache();
}

static bool
check_max_scan_bytes(char **newval, void **extra, GucSource source)
{
	int64	   *bytes = PDS_GUC_MALLOC(sizeof(int64));

	if (bytes == NULL)
		return false;
	*bytes = -1;
	if (*newval && **newval && !pds_parse_bytes(*newval, bytes))
	{
		GUC_check_errdetail("A number of bytes is expected, for example 500MB or 10GB.");
		PDS_GUC_FREE(bytes);
		return false;
	}
	*extra = bytes;
	return true;
}

/* a plan by Athena has looked at the sizes only when there was a limit */
static void
assign_max_scan_bytes(const char *newval, void *extra)
{
	if (pds_max_scan_bytes != *(int64 *) extra)
		ResetPlanCache();
	pds_max_scan_bytes = *(int64 *) extra;
}

void
_PG_init(void)
{
	DefineCustomEnumVariable("pds.engine",
							 "Engine that answers scans of pds_fdw tables in this session.",
							 "default: what table and server say.",
							 &pds_engine, PDS_ENGINE_DEFAULT, engine_values,
							 PGC_USERSET, 0, NULL, assign_engine, NULL);
	DefineCustomStringVariable("pds.max_scan_bytes",
							   "A scan that would read more bytes is refused; empty: no limit.",
							   "A limit of the server or of the table can only be lowered.",
							   &pds_max_scan_bytes_text, "",
							   PGC_USERSET, 0, check_max_scan_bytes, assign_max_scan_bytes, NULL);
	DefineCustomBoolVariable("pds.progress",
							 "Tell of long scans and executions while they run.",
							 "A NOTICE at most once a second.",
							 &pds_progress, false, PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomBoolVariable("pds.log_remote_sql",
							 "Log the SQL sent to Athena.", NULL,
							 &pds_log_remote_sql, false, PGC_SUSET, 0, NULL, NULL, NULL);
	DefineCustomBoolVariable("pds.scan_aggregates",
							 "Let direct scans compute aggregates themselves.", NULL,
							 &pds_scan_aggregates, true, PGC_USERSET, 0,
							 NULL, assign_scan_aggregates, NULL);
	DefineCustomBoolVariable("pds.raw_filters",
							 "Direct scans evaluate simple conditions themselves.",
							 "off leaves all conditions to the executor, to compare.",
							 &pds_raw_filters, true, PGC_USERSET, 0,
							 NULL, assign_raw_filters, NULL);
	DefineCustomIntVariable("pds.split_size",
							"Bytes of a part of an object in parallel scans.",
							"For tests: 0 chooses by the size of the table.",
							&pds_split_size, 0, 0, INT_MAX, PGC_USERSET,
							GUC_NO_SHOW_ALL | GUC_NOT_IN_SAMPLE, NULL, NULL, NULL);
	pds_object_cache_init();
	PDS_RESERVE_PREFIX("pds");
	pds_connection_init();
	pds_import_init();
	pds_rescans_init();
	pds_registry_init();
	pds_athena_jit_init();
	pds_write_init();
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
	PDS_SET_TRUNCATE(r, pds_exec_truncate);
	PG_RETURN_POINTER(r);
}
