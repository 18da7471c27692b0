/*
 * guc.c
 *	  The settings, pds.*.  (Those of the cache on disk: object_cache.c.)
 */
#include "postgres.h"

#include "pds_fdw.h"

#include <limits.h>

#include "utils/guc.h"
#include "utils/plancache.h"

#include "fdw/base/guc.h"
#include "fdw/base/units.h"

int			pds_engine = PDS_ENGINE_DEFAULT;
int64		pds_max_scan_bytes = -1;
bool		pds_log_remote_sql = false;
bool		pds_scan_aggregates = true;
bool		pds_scan_top_n = true;
bool		pds_raw_filters = true;
int			pds_split_size = 0;
char	   *pds_worker_totals = NULL;
bool		pds_progress = false;
static char *max_scan_bytes_text = NULL;	/* as set, e.g. '10GB' */

static const struct config_enum_entry engine_values[] = {
	{"default", PDS_ENGINE_DEFAULT, false},
	{"auto", PDS_ENGINE_AUTO, false},
	{"direct", PDS_ENGINE_DIRECT, false},
	{"athena", PDS_ENGINE_ATHENA, false},
	{NULL, 0, false}
};

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
assign_scan_top_n(bool newval, void *extra)
{
	if (newval != pds_scan_top_n)
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
pds_guc_init(void)
{
	DefineCustomEnumVariable("pds.engine",
							 "Engine that answers scans of pds_fdw tables in this session.",
							 "default: what table and server say.",
							 &pds_engine, PDS_ENGINE_DEFAULT, engine_values,
							 PGC_USERSET, 0, NULL, assign_engine, NULL);
	DefineCustomStringVariable("pds.max_scan_bytes",
							   "A scan that would read more bytes is refused; empty: no limit.",
							   "A limit of the server or of the table can only be lowered.",
							   &max_scan_bytes_text, "",
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
	DefineCustomBoolVariable("pds.scan_top_n",
							 "Let direct scans keep only the rows that ORDER BY ... LIMIT asks for.",
							 NULL, &pds_scan_top_n, true, PGC_USERSET, 0,
							 NULL, assign_scan_top_n, NULL);
	DefineCustomBoolVariable("pds.raw_filters",
							 "Direct scans evaluate simple conditions themselves.",
							 "off leaves all conditions to the executor, to compare.",
							 &pds_raw_filters, true, PGC_USERSET, 0,
							 NULL, assign_raw_filters, NULL);
	DefineCustomStringVariable("pds.worker_totals",
							   "Where workers leave what they did, for EXPLAIN ANALYZE.",
							   "Set and reset by scans.",
							   &pds_worker_totals, "", PGC_SUSET,
							   GUC_NO_SHOW_ALL | GUC_NOT_IN_SAMPLE | GUC_DISALLOW_IN_FILE,
							   NULL, NULL, NULL);
	DefineCustomIntVariable("pds.split_size",
							"Bytes of a part of an object in parallel scans.",
							"For tests: 0 chooses by the size of the table.",
							&pds_split_size, 0, 0, INT_MAX, PGC_USERSET,
							GUC_NO_SHOW_ALL | GUC_NOT_IN_SAMPLE, NULL, NULL, NULL);
}
