/*
 * prune.c
 *	  Partitions and objects against the conditions on keys and pseudo-columns:
 *	  PostgreSQL's own expression evaluation over a row that holds only those.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "access/relation.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "mb/pg_wchar.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "fdw/catalog/prune.h"

void
pds_pruner_end(PdsPruner *p)
{
	ExecDropSingleTupleTableSlot(p->slot);
	FreeExprContext(p->econtext, true);
}

static void
set_slot_keys(PdsPruner *p, const PdsPartition *part)
{
	int			i;

	/* the relation may not have changed since the table was opened */
	Assert(p->slot->tts_tupleDescriptor->natts == p->table->natts);
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
}

static bool
has_bad_key(Node *node, const Bitmapset *bad)
{
	if (node == NULL)
		return false;
	if (IsA(node, Var) && bms_is_member(((Var *) node)->varattno, bad))
		return true;
	return expression_tree_walker(node, has_bad_key, unconstify(Bitmapset *, bad));
}

static bool
is_bad_key(Node *node, const Bitmapset *bad)
{
	while (node && IsA(node, RelabelType))
		node = (Node *) ((RelabelType *) node)->arg;
	return node && IsA(node, Var) && bms_is_member(((Var *) node)->varattno, bad);
}

static bool
equals_operand(Oid opno, Node *operand)
{
	Oid			type = exprType(operand);

	return op_mergejoinable(opno, type) || op_hashjoinable(opno, type);
}

/*
 * Is the condition one that values of the key's type alone can meet, so that a value outside of
 * the type does not?  Only equalities are: of an order, or of a negation, nobody knows.
 */
static bool
names_values(Node *node, const Bitmapset *bad)
{
	ListCell   *lc;

	if (IsA(node, OpExpr))
	{
		OpExpr	   *op = (OpExpr *) node;

		return list_length(op->args) == 2 && equals_operand(op->opno, linitial(op->args)) &&
			(is_bad_key(linitial(op->args), bad) || is_bad_key(lsecond(op->args), bad));
	}
	if (IsA(node, ScalarArrayOpExpr))
	{
		ScalarArrayOpExpr *op = (ScalarArrayOpExpr *) node;

		return op->useOr && equals_operand(op->opno, linitial(op->args)) &&
			is_bad_key(linitial(op->args), bad);
	}
	if (is_notclause(node))
		return is_bad_key((Node *) get_notclausearg((Expr *) node), bad);
	if (IsA(node, BoolExpr))
	{
		bool		all = ((BoolExpr *) node)->boolop == OR_EXPR;

		foreach(lc, ((BoolExpr *) node)->args)
		{
			if (names_values(lfirst(lc), bad) != all)
				return !all;
		}
		return all;
	}
	return is_bad_key(node, bad);
}

/* A partition with values that their types cannot hold: conditions on them decide if they can. */
static bool
keeps_bad(PdsPruner *p, const Bitmapset *bad)
{
	List	   *known = NIL;
	ListCell   *lc;

	foreach(lc, p->clauses)
	{
		if (!has_bad_key(lfirst(lc), bad))
			known = lappend(known, lfirst(lc));
		else if (names_values(lfirst(lc), bad))
			return false;
	}
	return ExecQual(ExecInitQual(known, p->parent), p->econtext);
}

bool
pds_pruner_keeps(PdsPruner *p, const PdsPartition *part)
{
	set_slot_keys(p, part);
	ExecStoreVirtualTuple(p->slot);
	ResetExprContext(p->econtext);
	p->econtext->ecxt_scantuple = p->slot;
	return part->bad_keys ? keeps_bad(p, part->bad_keys) : ExecQual(p->quals, p->econtext);
}

bool
pds_pruner_keeps_object(PdsPruner *p, const PdsPartition *part, const PdsDataObject *o)
{
	MemoryContext old;
	int			i;

	if (p->object_quals == NULL)
		return true;
	ResetExprContext(p->econtext);
	old = MemoryContextSwitchTo(p->econtext->ecxt_per_tuple_memory);
	set_slot_keys(p, part);
	for (i = 0; i < p->table->natts; i++)
	{
		if (!pds_is_object_column(&p->table->columns[i]))
			continue;
		p->slot->tts_values[i] = pds_object_value(&p->table->columns[i], o);
		p->slot->tts_isnull[i] = false;
	}
	MemoryContextSwitchTo(old);
	ExecStoreVirtualTuple(p->slot);
	p->econtext->ecxt_scantuple = p->slot;
	return ExecQual(p->object_quals, p->econtext);
}

bool
pds_pruner_tests(PdsPruner *p, ExprState *state, AttrNumber attnum, Datum value, bool isnull)
{
	ExecClearTuple(p->slot);
	memset(p->slot->tts_isnull, true, p->table->natts * sizeof(bool));
	Assert(attnum >= 1 && attnum <= p->table->natts);
	p->slot->tts_values[attnum - 1] = value;
	p->slot->tts_isnull[attnum - 1] = isnull;
	ExecStoreVirtualTuple(p->slot);
	ResetExprContext(p->econtext);
	p->econtext->ecxt_scantuple = p->slot;
	return ExecQual(state, p->econtext);
}

/* ---- what conditions on "$path" leave of a listing ---- */

static bool
is_path(const PdsPruner *p, Node *node)
{
	while (node && IsA(node, RelabelType))
		node = (Node *) ((RelabelType *) node)->arg;
	return node && IsA(node, Var) && ((Var *) node)->varattno > 0 &&
		p->table->columns[((Var *) node)->varattno - 1].field == PDS_FIELD_PATH;
}

/* the bytes that everything which matches the LIKE pattern begins with */
static char *
pattern_prefix(char *pattern)
{
	char	   *out = pattern;
	const char *in;

	for (in = pattern; *in && *in != '%' && *in != '_'; in++)
	{
		if (*in == '\\' && *++in == '\0')
			break;
		*out++ = *in;
	}
	*out = '\0';
	return pattern;
}

/* of "$path" = value and "$path" LIKE value; NULL: the clause says nothing */
static char *
clause_prefix(PdsPruner *p, Node *clause)
{
	OpExpr	   *op = (OpExpr *) clause;
	Node	   *value;
	Datum		datum;
	bool		isnull;
	char	   *s;

	if (!IsA(clause, OpExpr) || list_length(op->args) != 2 ||
		(op->opno != TextEqualOperator && op->opno != OID_TEXT_LIKE_OP) ||
		!OidIsValid(op->inputcollid) || !get_collation_isdeterministic(op->inputcollid))
		return NULL;
	value = lsecond(op->args);
	if (op->opno == TextEqualOperator && is_path(p, value))
		value = linitial(op->args);
	else if (!is_path(p, linitial(op->args)))
		return NULL;
	if (contain_var_clause(value))
		return NULL;
	datum = ExecEvalExprSwitchContext(ExecInitExpr((Expr *) value, p->parent), p->econtext,
									  &isnull);
	if (isnull)
		return NULL;
	s = TextDatumGetCString(datum);
	if (op->opno == OID_TEXT_LIKE_OP)
		s = pattern_prefix(s);
	return pstrdup(pg_server_to_any(s, strlen(s), PG_UTF8));
}

void
pds_pruner_init(PdsPruner *p, const PdsTable *table, List *quals, List *object_quals,
				PlanState *parent)
{
	Relation	rel = relation_open(table->relid, AccessShareLock);
	ListCell   *lc;

	p->table = table;
	p->slot = MakeSingleTupleTableSlot(CreateTupleDescCopy(RelationGetDescr(rel)),
									   &TTSOpsVirtual);
	relation_close(rel, AccessShareLock);
	p->econtext = parent ? CreateExprContext(parent->state) : CreateStandaloneExprContext();
	p->quals = ExecInitQual(quals, parent);
	p->clauses = quals;
	p->parent = parent;
	p->object_quals = ExecInitQual(object_quals, parent);
	p->path_prefix = NULL;
	foreach(lc, object_quals)
	{
		char	   *prefix = clause_prefix(p, lfirst(lc));

		if (prefix && (p->path_prefix == NULL || strlen(prefix) > strlen(p->path_prefix)))
			p->path_prefix = prefix;
	}
}
