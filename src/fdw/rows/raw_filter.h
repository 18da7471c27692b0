/*
 * raw_filter.h
 *	  Conditions that a direct scan evaluates on the bytes of the records,
 *	  before anything else of them is cut out or converted.
 *
 * A condition is one column and constants: = <> < <= > >=, IN and NOT IN
 * lists, IS [NOT] NULL, [NOT] LIKE and ILIKE, a boolean and its NOT,
 * date_trunc of a timestamp with a comparison; or several of these joined by OR.  Constants are
 * constants of the query, parameters and the like: they have their value when
 * the scan starts.  Such conditions leave plan.qual and go to
 * fdw_recheck_quals, where EvalPlanQual and EXPLAIN find them.
 *
 * The rule: conditions are evaluated in the order of the plan; a record that
 * fails one is not looked at further, like a column that the query does not
 * name.  So its other values give no errors and are not counted as malformed.
 * A value that a condition does look at is treated as if it were returned:
 * on_error decides about it, and it counts.  OpenCSV tables are excepted:
 * Athena fails for every bad value of the columns used there.
 */
#ifndef PDS_FDW_RAW_FILTER_H
#define PDS_FDW_RAW_FILTER_H

#include "nodes/execnodes.h"

#include "fdw/rows/convert.h"

struct PdsRowSource;

typedef struct PdsRawFilter PdsRawFilter;

/*
 * Attnums of columns that those of the conditions look at which can be raw filters, added to a list
 * of attnums.  Whether they may (security barriers, parameters of outer rows) is the planner's
 * affair.
 */
extern List *pds_raw_filter_columns(List *clauses, List *attnums);

/*
 * Makes src evaluate the conditions, in src->cxt, with the parameters that ps has now.  Their
 * columns must be among src's.
 */
extern void pds_raw_filters_set(struct PdsRowSource *src, List *clauses, PlanState *ps);

/*
 * The records of src->chunk that fail are taken out; those whose value is not
 * plain are marked slow.
 */
extern void pds_raw_filter_pass(struct PdsRowSource *src, const PdsRawFilter *f);

/*
 * A condition holds if one of its branches does: those of OR, all of which look at their values, or
 * it is its only one.
 */
extern int	pds_raw_filter_nbranches(const PdsRawFilter *f);
extern const PdsRawFilter *pds_raw_filter_branch(const PdsRawFilter *f, int i);

/* a branch on one value of its column, converted */
extern bool pds_raw_filter_holds(const PdsRawFilter *f, Datum value, bool isnull);

/* the column of a branch among src's; -1: it holds for no value, so none need be converted */
extern int	pds_raw_filter_column(const PdsRawFilter *f);

/*
 * A condition on a column of src whose constant changes: whether a row comes before another in the
 * order of an operator.  nulls_first: as in that order; ties: rows that are equal in it pass, too.
 * NULL: bytes do not tell.  Made in src->cxt.
 */
extern PdsRawFilter *pds_raw_bound_make(struct PdsRowSource *src, int column, Oid opno,
										Oid collation, bool nulls_first, bool ties);

/*
 * Its constant from now on, which must stay where it is; memory of the current context.  False:
 * bytes do not tell how it compares.
 */
extern bool pds_raw_bound_set(PdsRawFilter *f, const struct PdsRowSource *src, Datum value,
							  bool isnull);

/* condition number i of src */
extern const PdsRawFilter *pds_raw_filter(const struct PdsRowSource *src, int i);

#endif							/* PDS_FDW_RAW_FILTER_H */
