/*
 * guc.h
 *	  The settings, pds.*.
 */
#ifndef PDS_FDW_GUC_H
#define PDS_FDW_GUC_H

/* which engine answers a scan */
typedef enum PdsEngine
{
	PDS_ENGINE_DEFAULT = 0,		/* setting only: what table or server say */
	PDS_ENGINE_AUTO,
	PDS_ENGINE_DIRECT,
	PDS_ENGINE_ATHENA
} PdsEngine;

extern int	pds_engine;			/* PdsEngine; pds.engine */
extern int64 pds_max_scan_bytes;	/* pds.max_scan_bytes; -1: no limit */
extern bool pds_log_remote_sql; /* pds.log_remote_sql */
extern bool pds_scan_aggregates;	/* pds.scan_aggregates */
extern bool pds_scan_top_n;		/* pds.scan_top_n */
extern bool pds_raw_filters;	/* pds.raw_filters */
extern int	pds_split_size;		/* pds.split_size: bytes; 0: chosen by size
								 * (hidden, for tests) */
extern char *pds_worker_totals; /* pds.worker_totals (hidden): see
								 * direct/worker_totals.c */
extern bool pds_progress;		/* pds.progress */

/* defines them; from _PG_init */
extern void pds_guc_init(void);

#endif							/* PDS_FDW_GUC_H */
