/*
 * plan_private.c
 *	  What a plan carries to the executor: a list of nodes, so that plans can be copied, cached and
 *	  sent to workers.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "nodes/makefuncs.h"

#include "fdw/plan/plan_private.h"

/* the first item of all lists is a PdsPlanKind */
enum DirectItem
{
	DIRECT_COLUMNS = 1,
	DIRECT_PLANNED,
	DIRECT_GLUE_EXPRESSION,		/* "": none */
	DIRECT_NPARTITION_QUALS,
	DIRECT_ATHENA_REASON,		/* "": none */
	DIRECT_NITEMS
};

enum AggregateItem
{
	AGGREGATE_OUTPUTS = 1,
	AGGREGATE_NITEMS
};

enum TopItem
{
	TOP_COLUMNS = 1,
	TOP_LIMIT,					/* a string: it may not fit in an Integer */
	TOP_SORT,
	TOP_NITEMS
};

enum MixedItem
{
	MIXED_OUTPUTS = 1,
	MIXED_COLUMNS,
	MIXED_SORT,
	MIXED_NITEMS
};

enum AthenaTableItem
{
	TABLE_SQL = 1,
	TABLE_PLANNED,
	TABLE_COLUMNS,
	TABLE_NITEMS
};

enum AthenaRelationItem
{
	RELATION_SQL = 1,
	RELATION_PLANNED,
	RELATION_OUTPUTS,
	RELATION_RELATIONS,
	RELATION_NITEMS
};

enum PlannedItem
{
	PLANNED_OBJECTS,
	PLANNED_PARTITIONS,
	PLANNED_PRUNED,				/* strings: they may not fit in an Integer */
	PLANNED_BYTES,
	PLANNED_TRUNCATED,
	PLANNED_NITEMS
};

static List *
pack_planned(const PdsPlanned *p)
{
	List	   *l;

	if (!p->known)
		return NIL;
	l = list_make5(makeInteger(p->objects), makeInteger(p->partitions),
				   makeString(psprintf(INT64_FORMAT, p->pruned)),
				   makeString(psprintf(INT64_FORMAT, p->bytes)),
				   makeInteger(p->truncated));
	Assert(list_length(l) == PLANNED_NITEMS);
	return l;
}

static PdsPlanned
unpack_planned(List *l)
{
	PdsPlanned	p = {0};

	if (l == NIL)
		return p;
	Assert(list_length(l) == PLANNED_NITEMS);
	p.known = true;
	p.objects = intVal(list_nth(l, PLANNED_OBJECTS));
	p.partitions = intVal(list_nth(l, PLANNED_PARTITIONS));
	p.pruned = strtoll(strVal(list_nth(l, PLANNED_PRUNED)), NULL, 10);
	p.bytes = strtoll(strVal(list_nth(l, PLANNED_BYTES)), NULL, 10);
	p.truncated = intVal(list_nth(l, PLANNED_TRUNCATED)) != 0;
	return p;
}

List *
pds_plan_pack(const PdsPlan *plan)
{
	List	   *l = list_make1(makeInteger(plan->kind));

	switch (plan->kind)
	{
		case PDS_PLAN_DIRECT:
			l = lappend(l, plan->columns);
			l = lappend(l, pack_planned(&plan->planned));
			l = lappend(l, makeString(plan->glue_expression ? plan->glue_expression : ""));
			l = lappend(l, makeInteger(list_length(plan->partition_quals)));
			l = lappend(l, makeString(pstrdup(plan->athena_reason ? plan->athena_reason : "")));
			Assert(list_length(l) == DIRECT_NITEMS);
			break;
		case PDS_PLAN_AGGREGATE:
			l = lappend(l, plan->outputs);
			Assert(list_length(l) == AGGREGATE_NITEMS);
			break;
		case PDS_PLAN_TOP_N:
			l = lappend(l, plan->columns);
			l = lappend(l, makeString(psprintf(INT64_FORMAT, plan->limit)));
			l = lappend(l, plan->sort);
			Assert(list_length(l) == TOP_NITEMS);
			break;
		case PDS_PLAN_MIXED:
			l = lappend(l, plan->outputs);
			l = lappend(l, plan->columns);
			l = lappend(l, plan->sort);
			Assert(list_length(l) == MIXED_NITEMS);
			break;
		case PDS_PLAN_MIXED_RESULT:
			break;
		case PDS_PLAN_ATHENA_TABLE:
			l = lappend(l, plan->sql);
			l = lappend(l, pack_planned(&plan->planned));
			l = lappend(l, plan->columns);
			Assert(list_length(l) == TABLE_NITEMS);
			break;
		case PDS_PLAN_ATHENA_RELATION:
			l = lappend(l, plan->sql);
			l = lappend(l, pack_planned(&plan->planned));
			l = lappend(l, plan->outputs);
			l = lappend(l, makeString(plan->relations));
			Assert(list_length(l) == RELATION_NITEMS);
			break;
	}
	return l;
}

PdsPlanKind
pds_plan_kind(const ForeignScan *scan)
{
	Assert(scan->fdw_private != NIL && IsA(linitial(scan->fdw_private), Integer));
	return (PdsPlanKind) intVal(linitial(scan->fdw_private));
}

PdsPlan *
pds_plan_unpack(const ForeignScan *scan)
{
	PdsPlan    *plan = palloc0(sizeof(PdsPlan));
	List	   *l = scan->fdw_private;
	int			n;

	plan->kind = pds_plan_kind(scan);
	switch (plan->kind)
	{
		case PDS_PLAN_DIRECT:
			Assert(list_length(l) == DIRECT_NITEMS);
			plan->columns = list_nth(l, DIRECT_COLUMNS);
			plan->planned = unpack_planned(list_nth(l, DIRECT_PLANNED));
			plan->glue_expression = strVal(list_nth(l, DIRECT_GLUE_EXPRESSION));
			if (plan->glue_expression[0] == '\0')
				plan->glue_expression = NULL;
			plan->athena_reason = strVal(list_nth(l, DIRECT_ATHENA_REASON));
			if (plan->athena_reason[0] == '\0')
				plan->athena_reason = NULL;
			n = intVal(list_nth(l, DIRECT_NPARTITION_QUALS));
			Assert(n <= list_length(scan->fdw_exprs));
			plan->partition_quals = list_truncate(list_copy(scan->fdw_exprs), n);
			plan->object_quals = list_copy_tail(scan->fdw_exprs, n);
			break;
		case PDS_PLAN_AGGREGATE:
			Assert(list_length(l) == AGGREGATE_NITEMS);
			plan->outputs = list_nth(l, AGGREGATE_OUTPUTS);
			break;
		case PDS_PLAN_TOP_N:
			plan->columns = list_nth(l, TOP_COLUMNS);
			plan->limit = strtoll(strVal(list_nth(l, TOP_LIMIT)), NULL, 10);
			plan->sort = list_nth(l, TOP_SORT);
			break;
		case PDS_PLAN_MIXED:
			Assert(list_length(l) == MIXED_NITEMS);
			plan->outputs = list_nth(l, MIXED_OUTPUTS);
			plan->columns = list_nth(l, MIXED_COLUMNS);
			plan->sort = list_nth(l, MIXED_SORT);
			break;
		case PDS_PLAN_MIXED_RESULT:
			break;
		case PDS_PLAN_ATHENA_TABLE:
			Assert(list_length(l) == TABLE_NITEMS);
			plan->sql = list_nth(l, TABLE_SQL);
			plan->planned = unpack_planned(list_nth(l, TABLE_PLANNED));
			plan->columns = list_nth(l, TABLE_COLUMNS);
			break;
		case PDS_PLAN_ATHENA_RELATION:
			Assert(list_length(l) == RELATION_NITEMS);
			plan->sql = list_nth(l, RELATION_SQL);
			plan->planned = unpack_planned(list_nth(l, RELATION_PLANNED));
			plan->outputs = list_nth(l, RELATION_OUTPUTS);
			plan->relations = strVal(list_nth(l, RELATION_RELATIONS));
			break;
	}
	return plan;
}
