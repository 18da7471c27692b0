/*
 * params.c
 *	  Parameters of the executor in expressions.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "nodes/nodeFuncs.h"

#include "fdw/base/params.h"

static bool
param_walker(Node *node, Bitmapset **ids)
{
	if (node == NULL)
		return false;
	if (IsA(node, Param) && ((Param *) node)->paramkind == PARAM_EXEC)
		*ids = bms_add_member(*ids, ((Param *) node)->paramid);
	return expression_tree_walker(node, param_walker, ids);
}

Bitmapset *
pds_exec_params(List *exprs)
{
	Bitmapset  *ids = NULL;

	param_walker((Node *) exprs, &ids);
	return ids;
}

bool
pds_is_initplan_param(PlannerInfo *root, int paramid)
{
	for (; root; root = root->parent_root)
	{
		ListCell   *lc;

		foreach(lc, root->init_plans)
		{
			if (list_member_int(((SubPlan *) lfirst(lc))->setParam, paramid))
				return true;
		}
	}
	return false;
}

bool
pds_has_outer_param(PlannerInfo *root, Node *expr)
{
	Bitmapset  *ids = NULL;
	int			id = -1;

	param_walker(expr, &ids);
	while ((id = bms_next_member(ids, id)) >= 0)
		if (!pds_is_initplan_param(root, id))
			return true;
	return false;
}
