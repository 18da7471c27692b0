/*
 * modify.c
 *	  INSERT, COPY FROM and TRUNCATE: the callbacks of the executor.
 *
 * Rows are put into text here and gathered by write_xact.c until the transaction
 * commits.  There is no batch insert: nothing is sent for a row, and copies of slots are
 * all that a batch would add.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "commands/explain.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "nodes/plannodes.h"
#include "parser/parsetree.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "fdw/write/modify.h"

int
pds_is_updatable(Relation rel)
{
	PdsTableOptions o;

	pds_get_table_options(RelationGetRelid(rel), &o);
	return o.updatable ? 1 << CMD_INSERT : 0;
}

List *
pds_plan_modify(PlannerInfo *root, ModifyTable *plan, Index result_relation, int subplan_index)
{
	const char *name = get_rel_name(planner_rt_fetch(result_relation, root)->relid);

	if (plan->operation != CMD_INSERT)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg(plan->operation == CMD_UPDATE
						? "rows of foreign table \"%s\" cannot be updated"
						: "rows of foreign table \"%s\" cannot be deleted one by one", name),
				 errdetail("Objects in S3 are written once, as a whole."),
				 errhint("Write the rows that shall be there into a table with write_mode 'overwrite' or 'overwrite_partitions'; TRUNCATE deletes them all.")));
	return NIL;
}

static PdsModify *
begin_modify_state(ResultRelInfo *rinfo, EState *estate)
{
	return pds_modify_begin(rinfo->ri_RelationDesc, pds_modify_checkuser(rinfo, estate),
							estate->es_query_cxt);
}

void
pds_begin_modify(ModifyTableState *mtstate, ResultRelInfo *rinfo, List *fdw_private,
				 int subplan_index, int eflags)
{
	if ((eflags & EXEC_FLAG_EXPLAIN_ONLY) == 0)
		rinfo->ri_FdwState = begin_modify_state(rinfo, mtstate->ps.state);
}

/* COPY FROM, and rows that a partitioned table routes here */
void
pds_begin_insert(ModifyTableState *mtstate, ResultRelInfo *rinfo)
{
	if (mtstate->ps.plan && ((ModifyTable *) mtstate->ps.plan)->operation == CMD_UPDATE)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("rows cannot be moved into foreign table \"%s\" by UPDATE",
						RelationGetRelationName(rinfo->ri_RelationDesc)),
				 errhint("INSERT them, and DELETE them where they were.")));
	rinfo->ri_FdwState = begin_modify_state(rinfo, mtstate->ps.state);
}

/*
 * Nobody beyond checks constraints, so they are checked here; the planner
 * believes in them.
 */
static void
check_constraints(EState *estate, ResultRelInfo *rinfo, TupleTableSlot *slot)
{
	Relation	rel = rinfo->ri_RelationDesc;

	if (rel->rd_att->constr)
		ExecConstraints(rinfo, slot, estate);
	if (rel->rd_rel->relispartition && rinfo->ri_RootResultRelInfo == NULL)
		ExecPartitionCheck(rinfo, slot, estate, true);
}

TupleTableSlot *
pds_exec_insert(EState *estate, ResultRelInfo *rinfo, TupleTableSlot *slot,
				TupleTableSlot *plan_slot)
{
	slot_getallattrs(slot);
	check_constraints(estate, rinfo, slot);
	pds_modify_row(rinfo->ri_FdwState, slot->tts_values, slot->tts_isnull);
	return slot;
}

/* what was inserted stays with the transaction */
void
pds_end_modify(EState *estate, ResultRelInfo *rinfo)
{
	rinfo->ri_FdwState = NULL;
}

void
pds_end_insert(EState *estate, ResultRelInfo *rinfo)
{
	rinfo->ri_FdwState = NULL;
}

void
pds_explain_modify(ModifyTableState *mtstate, ResultRelInfo *rinfo, List *fdw_private,
				   int subplan_index, ExplainState *es)
{
	PdsTableOptions o;

	pds_get_table_options(RelationGetRelid(rinfo->ri_RelationDesc), &o);
	ExplainPropertyText("Write Mode", o.write_mode ? o.write_mode : "append", es);
}

void
pds_exec_truncate(List *rels, DropBehavior behavior, bool restart_seqs)
{
	ListCell   *lc;

	foreach(lc, rels)
	{
		Relation	rel = lfirst(lc);
		PdsWriteTarget *t = pds_target_of_table(RelationGetRelid(rel), GetUserId());

		if (!pds_is_updatable(rel))
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("foreign table \"%s\" does not allow truncates",
							RelationGetRelationName(rel))));
		pds_writable_table(rel, GetUserId(), pds_target_connection(t), CurrentMemoryContext);
		pds_target_truncate(t);
	}
}
