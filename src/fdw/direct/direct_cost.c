/*
 * direct_cost.c
 *	  What a direct scan costs.  The constants (costs.h) were measured: see
 *	  doc/internals.md, "Costs".
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "optimizer/cost.h"

#include "fdw/direct/direct_paths.h"
#include "fdw/plan/costs.h"
#include "fdw/plan/rel_info.h"

/* columns whose values are made of the data */
static int
converted_columns(const PdsRelInfo *info)
{
	const PdsTable *t = PDS_BASE(info)->table;
	int			n = 0;
	int			i;

	for (i = 0; i < t->natts; i++)
		if (t->columns[i].name && t->columns[i].field >= 0 &&
			pds_attr_used(PDS_BASE(info)->attrs_used, t->columns[i].attnum))
			n++;
	return n;
}

void
pds_direct_cost(PlannerInfo *root, RelOptInfo *baserel, Cost *startup, Cost *run)
{
	PdsRelInfo *info = baserel->fdw_private;
	const PdsServerOptions *o = &info->conn->options;
	QualCost	qual;
	double		by_byte = Max(PDS_DIRECT_COST_PER_BYTE / Max(o->fetch_concurrency, 1),
							  PDS_DIRECT_COST_PER_BYTE_LEAST);
	double		by_row = PDS_DIRECT_COST_PER_ROW + Max(o->tuple_cost, 0) +
		converted_columns(info) * PDS_DIRECT_COST_PER_VALUE;

	cost_qual_eval(&qual, baserel->baserestrictinfo, root);
	*startup = PDS_DIRECT_STARTUP_COST + qual.startup + baserel->reltarget->cost.startup;
	*run = (double) Max(info->est.scan_bytes, 0) * by_byte;
	if (PDS_BASE(info)->objects)
		*run += PDS_BASE(info)->objects->nobjects * PDS_DIRECT_COST_PER_OBJECT / Max(o->fetch_concurrency, 1);
	*run += (by_row + qual.per_tuple) * info->est.total_rows;
	*run += baserel->reltarget->cost.per_tuple * baserel->rows;
}
