/*
 * deparse.h
 *	  Shippable expressions and Athena SQL (AWS.md 7.6, PITFALLS.md 3).
 */
#ifndef PDS_FDW_DEPARSE_H
#define PDS_FDW_DEPARSE_H

#include "fdw/relation.h"

/* can Athena evaluate expr over baserel with exactly PostgreSQL's result? (shippable.c) */
extern bool pds_is_shippable(PlannerInfo *root, RelOptInfo *baserel, Expr *expr);

/*
 * SELECT of the needed columns of a base relation with remote_conds (bare
 * clauses).  *retrieved: attnums in output order.  Parameters appear as typed
 * placeholders that pds_substitute_params fills; *params collects their
 * expressions for fdw_exprs.
 */
extern void pds_deparse_base_select(StringInfo buf, PlannerInfo *root, RelOptInfo *baserel,
									List *remote_conds, List **retrieved, List **params);
/* a typed Athena literal: DECIMAL '1.50', DATE '2024-01-31', CAST(NULL AS ...) */
extern void pds_deparse_literal(StringInfo buf, Datum value, bool isnull, Oid typid, int32 typmod);
/* partition quals as an expression for GetPartitions (AWS.md 5.1), "" when none can be sent */
extern char *pds_deparse_partition_filter(PlannerInfo *root, RelOptInfo *baserel,
										  PdsTable *table, List *partition_conds);
/* the SQL with each placeholder replaced by a literal */
extern char *pds_substitute_params(const char *sql, int nparams, const Datum *values,
								   const bool *nulls, const Oid *types, const int32 *typmods);

#endif							/* PDS_FDW_DEPARSE_H */
