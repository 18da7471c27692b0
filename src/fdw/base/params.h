/*
 * params.h
 *	  Parameters of the executor (PARAM_EXEC) in expressions.
 */
#ifndef PDS_FDW_PARAMS_H
#define PDS_FDW_PARAMS_H

#include "nodes/pathnodes.h"

/* PARAM_EXEC numbers in expressions: a change of one of them makes other rows */
extern Bitmapset *pds_exec_params(List *exprs);

/* An initplan's value does not change during the query; an outer row's does. */
extern bool pds_is_initplan_param(PlannerInfo *root, int paramid);

/* Does the expression ask for an outer row's value? */
extern bool pds_has_outer_param(PlannerInfo *root, Node *expr);

#endif							/* PDS_FDW_PARAMS_H */
