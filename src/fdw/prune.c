/*
 * prune.c
 *	  Partitions against the conditions on partition keys: PostgreSQL's own
 *	  expression evaluation over a row that holds the keys only.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "access/relation.h"
#include "executor/executor.h"
#include "utils/rel.h"

#include "fdw/prune.h"

void
pds_pruner_init(PdsPruner *p, const PdsTable *table, List *quals, PlanState *parent)
{
	Relation	rel = relation_open(table->relid, AccessShareLock);

	p->table = table;
	p->slot = MakeSingleTupleTableSlot(CreateTupleDescCopy(RelationGetDescr(rel)),
									   &TTSOpsVirtual);
	relation_close(rel, AccessShareLock);
	p->econtext = parent ? CreateExprContext(parent->state) : CreateStandaloneExprContext();
	p->quals = ExecInitQual(quals, parent);
	p->clauses = quals;
	p->parent = parent;
}

void
pds_pruner_end(PdsPruner *p)
{
	ExecDropSingleTupleTableSlot(p->slot);
	FreeExprContext(p->econtext, true);
}

bool
pds_pruner_keeps(PdsPruner *p, const PdsPartition *part)
{
	int			i;

	ExecClearTuple(p->slot);
	memset(p->slot->tts_isnull, true, p->table->natts * sizeof(bool));
	for (i = 0; i < p->table->nkeys; i++)
	{
		int			col = p->table->key_columns[i];

		if (col < 0)
			continue;
		p->slot->tts_values[col] = part->key_datums[i];
		p->slot->tts_isnull[col] = part->key_nulls[i];
	}
	ExecStoreVirtualTuple(p->slot);
	ResetExprContext(p->econtext);
	p->econtext->ecxt_scantuple = p->slot;
	return ExecQual(p->quals, p->econtext);
}

bool
pds_pruner_tests(PdsPruner *p, ExprState *state, AttrNumber attnum, Datum value, bool isnull)
{
	ExecClearTuple(p->slot);
	memset(p->slot->tts_isnull, true, p->table->natts * sizeof(bool));
	p->slot->tts_values[attnum - 1] = value;
	p->slot->tts_isnull[attnum - 1] = isnull;
	ExecStoreVirtualTuple(p->slot);
	ResetExprContext(p->econtext);
	p->econtext->ecxt_scantuple = p->slot;
	return ExecQual(state, p->econtext);
}
