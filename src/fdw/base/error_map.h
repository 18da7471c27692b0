/*
 * error_map.h
 *	  The one place where a PdsError becomes an ereport.
 */
#ifndef PDS_FDW_ERROR_MAP_H
#define PDS_FDW_ERROR_MAP_H

#include "core/base/error.h"

/*
 * Raise err as an ERROR with its SQLSTATE, detail and hint.
 * PDS_ERR_CANCELLED runs CHECK_FOR_INTERRUPTS first, so that the user sees
 * PostgreSQL's own words ("canceling statement due to ...").
 */
PDS_NORETURN extern void pds_raise(const PdsError *err);

/* the same for an argument of a function: what is no URI, say, is 22023 */
PDS_NORETURN extern void pds_raise_argument(const PdsError *err);

/* the same at a lower level (WARNING, NOTICE): returns */
extern void pds_report(int elevel, const PdsError *err);

/* what to do next, palloc'd; NULL when nobody knows */
extern char *pds_hint_of(const PdsError *err);

/* SQLSTATE of an error kind */
extern int	pds_sqlstate(const PdsError *err);

#endif							/* PDS_FDW_ERROR_MAP_H */
