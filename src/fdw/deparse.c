/*
 * deparse.c
 *	  Statements for Athena, filters for Glue, parameters put in.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "access/transam.h"
#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "nodes/makefuncs.h"
#include "optimizer/tlist.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "fdw/deparse.h"

/* what GetPartitions takes (AWS.md 5.1) */
#define MAX_GLUE_EXPRESSION 2048

void
pds_quote_athena_name(StringInfo buf, const char *name)
{
	const char *p = pg_server_to_any(name, strlen(name), PG_UTF8);

	/* Glue and Athena fold to lower case (AWS.md 7.6) */
	appendStringInfoChar(buf, '"');
	for (; *p; p++)
	{
		if (*p == '"')
			appendStringInfoChar(buf, '"');
		/* a name that must not be sent is refused elsewhere (catalog.c) */
		appendStringInfoChar(buf, (unsigned char) *p < ' ' ? '?'
							 : pg_ascii_tolower((unsigned char) *p));
	}
	appendStringInfoChar(buf, '"');
}

/* a column in the select list, in a form whose text we can read back; name: as it is to be written */
static void
select_column(StringInfo buf, const PdsColumn *c, const char *name)
{
	switch (c->hive_known ? c->hive.kind : PDS_HIVE_STRING)
	{
		case PDS_HIVE_ARRAY:
		case PDS_HIVE_MAP:
		case PDS_HIVE_STRUCT:
		case PDS_HIVE_UNION:
			pds_deparse_nested(buf, c, name);
			break;
		case PDS_HIVE_OTHER:
			appendStringInfoString(buf, "CAST(");
			appendStringInfoString(buf, name);
			appendStringInfoString(buf, " AS varchar)");
			break;
		default:
			appendStringInfoString(buf, name);
			break;
	}
}

static void
select_base_column(StringInfo buf, const PdsColumn *c)
{
	StringInfoData name;

	initStringInfo(&name);
	pds_quote_athena_name(&name, c->name);
	select_column(buf, c, name.data);
	pfree(name.data);
}

static void
append_table(StringInfo buf, const PdsTable *table)
{
	pds_quote_athena_name(buf, table->options.database);
	appendStringInfoChar(buf, '.');
	pds_quote_athena_name(buf, table->options.table_name);
}

char *
pds_deparse_base_select(PlannerInfo *root, RelOptInfo *rel, const PdsTable *table,
						List *columns, List *remote_conds, List **params)
{
	StringInfoData buf;
	PdsShipContext cxt = {.root = root,.relids = rel->relids,.params = params};
	ListCell   *lc;
	bool		first = true;

	initStringInfo(&buf);
	appendStringInfoString(&buf, "SELECT ");
	foreach(lc, columns)
	{
		if (!first)
			appendStringInfoString(&buf, ", ");
		first = false;
		select_base_column(&buf, &table->columns[lfirst_int(lc) - 1]);
	}
	if (first)
		appendStringInfoChar(&buf, '1');
	appendStringInfoString(&buf, " FROM ");
	append_table(&buf, table);
	pds_ship_conditions(&cxt, &buf, " WHERE ", remote_conds,
						((PdsRelInfo *) rel->fdw_private)->local_conds);
	return buf.data;
}

/* ---- joins and groups ---- */

static const char *
join_words(JoinType type)
{
	switch (type)
	{
		case JOIN_LEFT:
			return "LEFT JOIN";
		case JOIN_RIGHT:
			return "RIGHT JOIN";
		case JOIN_FULL:
			return "FULL JOIN";
		case JOIN_SEMI:
			return "SEMI JOIN";
		case JOIN_ANTI:
			return "ANTI JOIN";
		default:
			return "INNER JOIN";
	}
}

static void append_from(StringInfo buf, PdsShipContext *cxt, RelOptInfo *rel);

/* a side of a join; a table's own conditions go below a FULL JOIN */
static void
append_side(StringInfo buf, PdsShipContext *cxt, RelOptInfo *rel, JoinType jointype)
{
	PdsRelInfo *info = rel->fdw_private;

	if (jointype != JOIN_FULL || info->kind != PDS_REL_BASE || info->remote_conds == NIL)
	{
		append_from(buf, cxt, rel);
		return;
	}
	appendStringInfoString(buf, "(SELECT * FROM ");
	append_from(buf, cxt, rel);
	pds_ship_conditions(cxt, buf, " WHERE ", info->remote_conds, NIL);
	appendStringInfo(buf, ") r%u", rel->relid);
}

static void
append_from(StringInfo buf, PdsShipContext *cxt, RelOptInfo *rel)
{
	PdsRelInfo *info = rel->fdw_private;

	if (info->kind == PDS_REL_BASE)
	{
		append_table(buf, info->table);
		if (cxt->qualify)
			appendStringInfo(buf, " r%u", rel->relid);
		return;
	}
	if (pds_is_exists(info))
	{
		/* the rest of it is a condition (append_where) */
		append_from(buf, cxt, info->outer);
		return;
	}
	appendStringInfoChar(buf, '(');
	append_side(buf, cxt, info->outer, info->jointype);
	appendStringInfo(buf, " %s ", join_words(info->jointype));
	append_side(buf, cxt, info->inner, info->jointype);
	if (info->joinclauses)
		pds_ship_conditions(cxt, buf, " ON ", info->joinclauses, NIL);
	else
		appendStringInfoString(buf, " ON true");
	appendStringInfoChar(buf, ')');
}

/* WHERE of a scan: its conditions, and what a semi- or anti-join asks of the other side */
static void
append_where(StringInfo buf, PdsShipContext *cxt, RelOptInfo *rel)
{
	PdsRelInfo *info = rel->fdw_private;

	const char *before = info->remote_conds ? " AND " : " WHERE ";
	ListCell   *lc;

	pds_ship_conditions(cxt, buf, " WHERE ", info->remote_conds, NIL);
	foreach(lc, info->exists)
	{
		PdsRelInfo *e = lfirst(lc);

		appendStringInfo(buf, "%s%sEXISTS (SELECT 1 FROM ", before,
						 e->jointype == JOIN_ANTI ? "NOT " : "");
		append_from(buf, cxt, e->inner);
		pds_ship_conditions(cxt, buf, " WHERE ", e->joinclauses, NIL);
		appendStringInfoChar(buf, ')');
		before = " AND ";
	}
}

/* "lake.a", "(lake.a) INNER JOIN (lake.a b)", "Aggregate on (lake.a)" */
static void
append_relations(StringInfo buf, PlannerInfo *root, RelOptInfo *rel)
{
	PdsRelInfo *info = rel->fdw_private;
	const char *alias;
	Oid			relid;

	switch (info->kind)
	{
		case PDS_REL_BASE:
			relid = info->table->relid;
			alias = root->simple_rte_array[rel->relid]->eref->aliasname;
			appendStringInfoString(buf, quote_qualified_identifier(get_namespace_name(get_rel_namespace(relid)),
																   get_rel_name(relid)));
			if (strcmp(alias, get_rel_name(relid)) != 0)
				appendStringInfo(buf, " %s", quote_identifier(alias));
			break;
		case PDS_REL_JOIN:
			appendStringInfoChar(buf, '(');
			append_relations(buf, root, info->outer);
			appendStringInfo(buf, ") %s (", join_words(info->jointype));
			append_relations(buf, root, info->inner);
			appendStringInfoChar(buf, ')');
			break;
		case PDS_REL_GROUP:
		case PDS_REL_WINDOW:
		case PDS_REL_SORT:
			/* nothing but a select list */
			if (info->kind == PDS_REL_SORT && !info->limited && info->sort == NIL)
			{
				append_relations(buf, root, info->outer);
				break;
			}
			appendStringInfoString(buf, info->kind == PDS_REL_GROUP ? "Aggregate on ("
								   : info->kind == PDS_REL_WINDOW ? "Window of ("
								   : !info->limited ? "Sort of (" : "Limit of (");
			append_relations(buf, root, info->outer);
			appendStringInfoChar(buf, ')');
			break;
	}
}

static const PdsTable *
table_of_var(const PdsShipContext *cxt, const Var *v)
{
	return ((PdsRelInfo *) cxt->root->simple_rel_array[v->varno]->fdw_private)->table;
}

/* one column of the result */
static List *
append_output(StringInfo buf, PdsShipContext *cxt, Expr *e)
{
	StringInfoData name;
	bool		parts = false;

	initStringInfo(&name);
	cxt->buf = &name;
	if (IsA(e, Var))
	{
		const PdsColumn *c = pds_ship_find_column(cxt, (Var *) e);

		if (c == NULL)
			elog(ERROR, "a column that could be read is not there any more");
		pds_ship_column_name(cxt, (Var *) e, c);
		select_column(buf, c, name.data);
		/* range table indexes change when subqueries become part of the whole plan */
		return list_make2_oid(table_of_var(cxt, (Var *) e)->relid, ((Var *) e)->varattno);
	}
	if (!pds_ship_upper(cxt, e, &parts))
		elog(ERROR, "an expression that was shippable is not any more");
	appendStringInfoString(buf, name.data);
	return list_make2_oid(InvalidOid, parts ? PDS_OUTPUT_PARTS : PDS_OUTPUT_VALUE);
}

/* keys with commas between them */
static void
append_keys(StringInfo buf, PdsShipContext *cxt, List *keys)
{
	ListCell   *lc;

	foreach(lc, keys)
	{
		StringInfoData name;

		initStringInfo(&name);
		cxt->buf = &name;
		if (!pds_ship_group_key(cxt, lfirst(lc)))
			elog(ERROR, "a key that was shippable is not any more");
		appendStringInfo(buf, "%s%s", lc == list_head(keys) ? "" : ", ", name.data);
	}
}

/* GROUP BY and HAVING */
static void
append_group(StringInfo buf, PdsShipContext *cxt, const PdsRelInfo *group)
{
	ListCell   *lc;

	if (group->grouping_sets)
	{
		appendStringInfoString(buf, " GROUP BY GROUPING SETS (");
		foreach(lc, group->grouping_sets)
		{
			appendStringInfoString(buf, lc == list_head(group->grouping_sets) ? "(" : ", (");
			append_keys(buf, cxt, lfirst(lc));
			appendStringInfoChar(buf, ')');
		}
		appendStringInfoChar(buf, ')');
	}
	else if (group->keys)
	{
		appendStringInfoString(buf, " GROUP BY ");
		append_keys(buf, cxt, group->keys);
	}
	foreach(lc, group->remote_having)
	{
		StringInfoData cond;

		initStringInfo(&cond);
		cxt->buf = &cond;
		if (!pds_ship_condition(cxt, lfirst(lc)))
			elog(ERROR, "a condition that was shippable is not any more");
		appendStringInfo(buf, "%s%s", lc == list_head(group->remote_having) ? " HAVING " : " AND ",
						 cond.data);
	}
}

static void
append_order_by(StringInfo buf, PdsShipContext *cxt, List *keys)
{
	ListCell   *lc;

	foreach(lc, keys)
	{
		PdsSortKey *k = lfirst(lc);
		StringInfoData name;

		initStringInfo(&name);
		cxt->buf = &name;
		if (!pds_ship_upper_sort_key(cxt, k->expr))
			elog(ERROR, "a key of ORDER BY that was shippable is not any more");
		/* where NULLs go is not the same there when it is not said */
		appendStringInfo(buf, "%s%s %s NULLS %s", lc == list_head(keys) ? " ORDER BY " : ", ",
						 name.data, k->descending ? "DESC" : "ASC",
						 k->nulls_first ? "FIRST" : "LAST");
	}
}

static void
append_limit(StringInfo buf, const PdsRelInfo *info)
{
	if (info->offset > 0)
		appendStringInfo(buf, " OFFSET " INT64_FORMAT, info->offset);
	if (info->limit >= 0)
		appendStringInfo(buf, " LIMIT " INT64_FORMAT, info->limit);
}

/* the relation of this kind in a stack of sort over window over group over scan; NULL: there is none */
static PdsRelInfo *
find_kind(RelOptInfo *rel, PdsRelKind kind)
{
	PdsRelInfo *info = rel->fdw_private;

	while (info->kind != kind && info->kind >= PDS_REL_GROUP)
		info = info->outer->fdw_private;
	return info->kind == kind ? info : NULL;
}

/* what FROM is made of: the join or base relation below */
static RelOptInfo *
scan_relation(RelOptInfo *rel)
{
	PdsRelInfo *info;

	while ((info = rel->fdw_private)->kind >= PDS_REL_GROUP)
		rel = info->outer;
	return rel;
}

/* In ORDER BY a bare name inside an expression would be the output column's: an error there. */
static bool
sorts_by_expression(const PdsRelInfo *info)
{
	ListCell   *lc;

	if (info->kind != PDS_REL_SORT)
		return false;
	foreach(lc, info->sort)
		if (!IsA(((PdsSortKey *) lfirst(lc))->expr, Var))
			return true;
	return false;
}

/* SELECT of a window's columns c1, c2, ... where its run conditions hold */
static char *
filtered_window(const char *sql, PdsShipContext *cxt, List *tlist, List *conditions)
{
	StringInfoData buf;
	ListCell   *lc;
	int			i;

	initStringInfo(&buf);
	appendStringInfoString(&buf, "SELECT ");
	for (i = 1; i <= list_length(tlist); i++)
		appendStringInfo(&buf, "%sc%d", i > 1 ? ", " : "", i);
	appendStringInfo(&buf, " FROM (%s) w WHERE ", sql);
	foreach(lc, conditions)
	{
		OpExpr	   *op = lfirst_node(OpExpr, lc);
		ListCell   *la;

		if (lc != list_head(conditions))
			appendStringInfoString(&buf, " AND ");
		foreach(la, op->args)
		{
			cxt->buf = &buf;
			if (IsA(lfirst(la), WindowFunc))
				appendStringInfo(&buf, "c%d", tlist_member(lfirst(la), tlist)->resno);
			else if (!pds_ship_output(cxt, lfirst(la)))
				elog(ERROR, "a value that was shippable is not any more");
			if (la == list_head(op->args))
				appendStringInfo(&buf, " %s ", get_opname(op->opno));
		}
	}
	return buf.data;
}

char *
pds_deparse_relation_select(PlannerInfo *root, RelOptInfo *rel, List *tlist, List **params,
							List **outputs, char **relations)
{
	RelOptInfo *scan = scan_relation(rel);
	PdsRelInfo *group = find_kind(rel, PDS_REL_GROUP);
	PdsRelInfo *window = find_kind(rel, PDS_REL_WINDOW);
	PdsRelInfo *info = rel->fdw_private;
	bool		filtered = window && window->remote_having;
	PdsShipContext cxt = {
		.root = root,
		.relids = scan->relids,
		.qualify = bms_membership(scan->relids) == BMS_MULTIPLE || sorts_by_expression(info),
		.aggregates = group != NULL,
		.params = params
	};
	StringInfoData buf;
	StringInfoData names;
	ListCell   *lc;

	initStringInfo(&buf);
	initStringInfo(&names);
	appendStringInfoString(&buf, "SELECT ");
	foreach(lc, tlist)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);

		if (lc != list_head(tlist))
			appendStringInfoString(&buf, ", ");
		*outputs = lappend(*outputs, append_output(&buf, &cxt, tle->expr));
		if (filtered)
			appendStringInfo(&buf, " AS c%d", tle->resno);
	}
	if (tlist == NIL)
		appendStringInfoChar(&buf, '1');
	appendStringInfoString(&buf, " FROM ");
	append_from(&buf, &cxt, scan);
	append_where(&buf, &cxt, scan);
	if (group)
		append_group(&buf, &cxt, group);
	if (info->kind == PDS_REL_SORT)
	{
		append_order_by(&buf, &cxt, info->sort);
		append_limit(&buf, info);
	}
	append_relations(&names, root, rel);
	*relations = names.data;
	return filtered ? filtered_window(buf.data, &cxt, tlist, window->remote_having) : buf.data;
}

/* One condition with its parameters; false when a value cannot be sent. */
static bool
substitute(StringInfo out, const char *p, const char *end, const Datum *values,
		   const bool *nulls, const Oid *types)
{
	while (p < end)
	{
		int			n;

		if (*p != PDS_PARAM_BEGIN)
		{
			appendStringInfoChar(out, *p++);
			continue;
		}
		n = atoi(p + 1);
		if (!pds_ship_param_value(out, values[n], nulls[n], types[n]))
			return false;
		while (*p++ != PDS_PARAM_END)
			;
	}
	return true;
}

char *
pds_substitute_params(const char *sql, const Datum *values, const bool *nulls, const Oid *types)
{
	StringInfoData out;
	const char *p = sql;

	initStringInfo(&out);
	while (*p)
	{
		const char *end;
		int			start = out.len;

		if (*p != PDS_COND_BEGIN)
		{
			end = p + strcspn(p, (const char[]) {PDS_COND_BEGIN, '\0'});
			if (!substitute(&out, p, end, values, nulls, types))
				elog(ERROR, "the value of a parameter cannot be sent");
			p = end;
			continue;
		}
		end = strchr(p, PDS_COND_END);
		if (end == NULL)
			elog(ERROR, "the SQL of the plan is damaged");
		if (!substitute(&out, p + 1, end, values, nulls, types))
		{
			/* the condition is checked here: nothing is lost but speed */
			out.len = start;
			appendStringInfoString(&out, "true");
		}
		p = end + 1;
	}
	return out.data;
}

/* ---- Glue ---- */

static bool
is_int_key(const PdsColumn *c)
{
	return c->hive.kind == PDS_HIVE_TINYINT || c->hive.kind == PDS_HIVE_SMALLINT ||
		c->hive.kind == PDS_HIVE_INT || c->hive.kind == PDS_HIVE_BIGINT;
}

/* a name that needs no quotes: how Glue would take them is not settled */
static bool
plain_name(const char *name)
{
	return ((*name >= 'a' && *name <= 'z') || *name == '_') &&
		name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0';
}

static const PdsColumn *
key_column(const PdsTable *table, RelOptInfo *rel, Node *node)
{
	Var		   *v;

	while (node && IsA(node, RelabelType))
		node = (Node *) ((RelabelType *) node)->arg;
	if (node == NULL || !IsA(node, Var))
		return NULL;
	v = (Var *) node;
	if (v->varno != rel->relid || v->varattno <= 0 || table->columns[v->varattno - 1].key < 0 ||
		!plain_name(table->columns[v->varattno - 1].name))
		return NULL;
	return &table->columns[v->varattno - 1];
}

/* Glue compares bytes */
static bool
bytewise(Oid collation)
{
	return !OidIsValid(collation) || get_collation_isdeterministic(collation);
}

/* a literal of a key's type: integers bare, strings quoted */
static bool
glue_literal(StringInfo buf, const PdsColumn *c, Datum value, Oid typid)
{
	if (is_int_key(c))
	{
		switch (typid)
		{
			case INT2OID:
				appendStringInfo(buf, "%d", DatumGetInt16(value));
				return true;
			case INT4OID:
				appendStringInfo(buf, "%d", DatumGetInt32(value));
				return true;
			case INT8OID:
				appendStringInfo(buf, INT64_FORMAT, DatumGetInt64(value));
				return true;
			default:
				return false;
		}
	}
	if (c->hive.kind != PDS_HIVE_STRING || (typid != TEXTOID && typid != VARCHAROID))
		return false;
	return pds_ship_literal(buf, value, false, typid);
}

static bool
glue_comparison(StringInfo buf, const PdsTable *table, RelOptInfo *rel, OpExpr *op)
{
	const PdsColumn *c;
	Const	   *k;
	char	   *name;

	if (list_length(op->args) != 2 || op->opno >= FirstGenbkiObjectId)
		return false;
	c = key_column(table, rel, linitial(op->args));
	k = lsecond(op->args);
	name = get_opname(op->opno);
	if (c == NULL || !IsA(k, Const) || k->constisnull || name == NULL ||
		!bytewise(op->inputcollid))
		return false;
	/* order is asked of integers only; <> not at all */
	if (strcmp(name, "=") != 0 &&
		!(is_int_key(c) && (strcmp(name, "<") == 0 || strcmp(name, "<=") == 0 ||
							strcmp(name, ">") == 0 || strcmp(name, ">=") == 0)))
		return false;
	appendStringInfo(buf, "%s %s ", c->name, name);
	return glue_literal(buf, c, k->constvalue, k->consttype);
}

static bool
glue_in(StringInfo buf, const PdsTable *table, RelOptInfo *rel, ScalarArrayOpExpr *op)
{
	const PdsColumn *c = key_column(table, rel, linitial(op->args));
	Const	   *k = lsecond(op->args);
	char	   *name = get_opname(op->opno);
	ArrayType  *arr;
	int16		len;
	bool		byval;
	char		align;
	Datum	   *values;
	bool	   *nulls;
	int			n;
	int			i;
	bool		first = true;

	if (c == NULL || !op->useOr || name == NULL || strcmp(name, "=") != 0 ||
		op->opno >= FirstGenbkiObjectId || !IsA(k, Const) || k->constisnull ||
		!bytewise(op->inputcollid))
		return false;
	arr = DatumGetArrayTypeP(k->constvalue);
	get_typlenbyvalalign(ARR_ELEMTYPE(arr), &len, &byval, &align);
	deconstruct_array(arr, ARR_ELEMTYPE(arr), len, byval, align, &values, &nulls, &n);
	appendStringInfo(buf, "%s IN (", c->name);
	for (i = 0; i < n; i++)
	{
		if (nulls[i])
			continue;
		if (!first)
			appendStringInfoString(buf, ", ");
		first = false;
		if (!glue_literal(buf, c, values[i], ARR_ELEMTYPE(arr)))
			return false;
	}
	appendStringInfoChar(buf, ')');
	return !first;
}

char *
pds_deparse_partition_filter(PlannerInfo *root, RelOptInfo *baserel, PdsTable *table,
							 List *partition_conds)
{
	StringInfoData buf;
	ListCell   *lc;

	if (table->glue == NULL || table->projection)
		return NULL;
	initStringInfo(&buf);
	foreach(lc, partition_conds)
	{
		Expr	   *e = lfirst_node(RestrictInfo, lc)->clause;
		StringInfoData one;
		bool		ok = false;

		initStringInfo(&one);
		if (IsA(e, OpExpr))
			ok = glue_comparison(&one, table, baserel, (OpExpr *) e);
		else if (IsA(e, ScalarArrayOpExpr))
			ok = glue_in(&one, table, baserel, (ScalarArrayOpExpr *) e);
		if (ok && buf.len + one.len + 5 <= MAX_GLUE_EXPRESSION)
			appendStringInfo(&buf, "%s%s", buf.len ? " AND " : "", one.data);
	}
	return buf.len ? buf.data : NULL;
}
