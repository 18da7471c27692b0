/*
 * server_hooks.h
 *	  All that changes the server beyond our own nodes.  Each hook is set once, by
 *	  _PG_init, and calls the one that was there before.
 */
#ifndef PDS_FDW_SERVER_HOOKS_H
#define PDS_FDW_SERVER_HOOKS_H

/* Set them all. */
extern void pds_server_hooks_init(void);

/* ProcessUtility_hook: comments of imported tables, DISCARD ALL (import_hook.c) */
extern void pds_import_hook_init(void);

/* ExecutorStart_hook: Athena's latency does not turn the JIT compiler on (athena_jit.c) */
extern void pds_athena_jit_init(void);

/*
 * set_join_pathlist_hook: rows that workers read are kept for the next outer row
 * (parallel_rescans.c)
 */
extern void pds_parallel_rescans_init(void);

/* TimeZone's assign hook: plans that depend on it are made anew (time_zone.c) */
extern void pds_time_zone_init(void);

#endif							/* PDS_FDW_SERVER_HOOKS_H */
