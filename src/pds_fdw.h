/*
 * pds_fdw.h
 *	  Declarations shared by the PostgreSQL side: settings and the front door.
 *
 * Every file of src/fdw and src/sql includes postgres.h first, then this.
 */
#ifndef PDS_FDW_H
#define PDS_FDW_H

#include "fmgr.h"
#include "foreign/fdwapi.h"
#include "utils/guc.h"

#include "pds_compat.h"

/* which engine answers a scan */
typedef enum PdsEngine
{
	PDS_ENGINE_DEFAULT = 0,		/* setting only: what table or server say */
	PDS_ENGINE_AUTO,
	PDS_ENGINE_DIRECT,
	PDS_ENGINE_ATHENA
} PdsEngine;

/* settings (pds_fdw.c) */
extern int	pds_engine;			/* PdsEngine; pds.engine */
extern char *pds_max_scan_bytes_text;	/* pds.max_scan_bytes, e.g. '10GB'; '' = none */
extern int64 pds_max_scan_bytes;	/* parsed; -1 = no limit */
extern bool pds_log_remote_sql; /* pds.log_remote_sql */
extern bool pds_scan_aggregates;	/* pds.scan_aggregates */

extern const char *pds_engine_name(PdsEngine e);	/* "auto", "direct", ... */

#endif							/* PDS_FDW_H */
