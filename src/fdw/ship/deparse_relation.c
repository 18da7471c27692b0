/*
 * deparse_relation.c
 *	  Statements for Athena: joins, and what lies above scans and joins.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "optimizer/tlist.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "fdw/ship/sql_pieces.h"
#include "fdw/ship/statement.h"

/* ---- FROM and WHERE ---- */

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

static void append_from(PdsSql *buf, PdsShipContext *cxt, RelOptInfo *rel);

/* a side of a join; a table's own conditions go below a FULL JOIN */
static void
append_side(PdsSql *buf, PdsShipContext *cxt, RelOptInfo *rel, JoinType jointype)
{
	PdsRelInfo *info = rel->fdw_private;

	if (jointype != JOIN_FULL || info->kind != PDS_REL_BASE || info->remote_conds == NIL)
	{
		append_from(buf, cxt, rel);
		return;
	}
	pds_sql_add(buf, "(SELECT * FROM ");
	append_from(buf, cxt, rel);
	pds_deparse_conditions(buf, cxt, " WHERE ", info->remote_conds, NIL);
	pds_sql_addf(buf, ") r%u", rel->relid);
}

static void
append_from(PdsSql *buf, PdsShipContext *cxt, RelOptInfo *rel)
{
	PdsRelInfo *info = rel->fdw_private;

	if (info->kind == PDS_REL_BASE)
	{
		pds_deparse_table(buf, PDS_BASE(info)->table);
		pds_sql_add_alias(buf, psprintf(" r%u", rel->relid));
		return;
	}
	if (pds_is_exists(info))
	{
		/* the rest of it is a condition (append_where) */
		append_from(buf, cxt, PDS_JOIN(info)->outer);
		return;
	}
	pds_sql_add(buf, "(");
	append_side(buf, cxt, PDS_JOIN(info)->outer, PDS_JOIN(info)->jointype);
	pds_sql_addf(buf, " %s ", join_words(PDS_JOIN(info)->jointype));
	append_side(buf, cxt, PDS_JOIN(info)->inner, PDS_JOIN(info)->jointype);
	if (PDS_JOIN(info)->clauses)
		pds_deparse_conditions(buf, cxt, " ON ", PDS_JOIN(info)->clauses, NIL);
	else
		pds_sql_add(buf, " ON true");
	pds_sql_add(buf, ")");
}

/* WHERE of a scan: its conditions, and what a semi- or anti-join asks of the other side */
static void
append_where(PdsSql *buf, PdsShipContext *cxt, RelOptInfo *rel)
{
	PdsRelInfo *info = rel->fdw_private;
	const char *before = info->remote_conds ? " AND " : " WHERE ";
	ListCell   *lc;

	pds_deparse_conditions(buf, cxt, " WHERE ", info->remote_conds, NIL);
	if (info->kind != PDS_REL_JOIN)
		return;
	foreach(lc, PDS_JOIN(info)->exists)
	{
		PdsRelInfo *e = lfirst(lc);

		pds_sql_addf(buf, "%s%sEXISTS (SELECT 1 FROM ", before,
					 PDS_JOIN(e)->jointype == JOIN_ANTI ? "NOT " : "");
		append_from(buf, cxt, PDS_JOIN(e)->inner);
		pds_deparse_conditions(buf, cxt, " WHERE ", PDS_JOIN(e)->clauses, NIL);
		pds_sql_add(buf, ")");
		before = " AND ";
	}
}

/* ---- for EXPLAIN ---- */

static const char *
upper_words(const PdsRelInfo *info)
{
	switch (info->kind)
	{
		case PDS_REL_GROUP:
			return PDS_UPPER(info)->partial ? "Partial Aggregate on" : "Aggregate on";
		case PDS_REL_WINDOW:
			return "Window of";
		case PDS_REL_DISTINCT:
			return "Distinct of";
		default:
			/* maybe nothing but a select list */
			return PDS_UPPER(info)->limited ? "Limit of" : PDS_UPPER(info)->sort ? "Sort of" : "";
	}
}

/* "lake.a", "(lake.a) INNER JOIN (lake.a b)", "Aggregate on (lake.a)" */
static void
append_relations(StringInfo buf, PlannerInfo *root, RelOptInfo *rel)
{
	PdsRelInfo *info = rel->fdw_private;
	const char *words;
	const char *alias;
	Oid			relid;

	switch (info->kind)
	{
		case PDS_REL_BASE:
			relid = PDS_BASE(info)->table->relid;
			alias = root->simple_rte_array[rel->relid]->eref->aliasname;
			appendStringInfoString(buf, quote_qualified_identifier(get_namespace_name(get_rel_namespace(relid)),
																   get_rel_name(relid)));
			if (strcmp(alias, get_rel_name(relid)) != 0)
				appendStringInfo(buf, " %s", quote_identifier(alias));
			break;
		case PDS_REL_JOIN:
			appendStringInfoChar(buf, '(');
			append_relations(buf, root, PDS_JOIN(info)->outer);
			appendStringInfo(buf, ") %s (", join_words(PDS_JOIN(info)->jointype));
			append_relations(buf, root, PDS_JOIN(info)->inner);
			appendStringInfoChar(buf, ')');
			break;
		case PDS_REL_GROUP:
		case PDS_REL_WINDOW:
		case PDS_REL_DISTINCT:
		case PDS_REL_SORT:
			words = upper_words(info);
			appendStringInfo(buf, "%s%s", words, *words ? " (" : "");
			append_relations(buf, root, PDS_UPPER(info)->below);
			appendStringInfoString(buf, *words ? ")" : "");
			break;
	}
}

/* ---- SELECT ---- */

/* what one SELECT is made of */
typedef struct QueryParts
{
	PdsStatement *s;
	const PdsRelInfo *sort;		/* each NULL: there is none */
	const PdsRelInfo *distinct;
	const PdsRelInfo *group;
	RelOptInfo *from;			/* base relation, join or what is a subquery */
} QueryParts;

static QueryParts
parts_of(PlannerInfo *root, RelOptInfo *rel)
{
	QueryParts	p = {.s = pds_statement_of(root, rel)};
	PdsRelInfo *info = rel->fdw_private;

	for (; info->kind >= PDS_REL_GROUP && !PDS_UPPER(info)->subquery;
		 rel = PDS_UPPER(info)->below, info = rel->fdw_private)
	{
		if (info->kind == PDS_REL_SORT)
			p.sort = info;
		else if (info->kind == PDS_REL_DISTINCT)
			p.distinct = info;
		else if (info->kind == PDS_REL_GROUP)
			p.group = info;
	}
	p.from = rel;
	return p;
}

static const PdsSql *
sql_of(PdsStatement *s, PdsClausePosition position, Expr *e)
{
	const PdsSqlExpr *w = pds_statement_write(s, position, e);

	if (w->sql == NULL)
		elog(ERROR, "an expression that was shippable is not any more");
	return w->sql;
}

/* expressions with commas between them */
static void
append_exprs(PdsSql *buf, PdsStatement *s, PdsClausePosition position, List *exprs)
{
	ListCell   *lc;

	foreach(lc, exprs)
	{
		pds_sql_add(buf, lc == list_head(exprs) ? "" : ", ");
		pds_sql_append(buf, sql_of(s, position, lfirst(lc)));
	}
}

static void
append_clauses(PdsSql *buf, PdsStatement *s, const char *prefix, List *conditions)
{
	ListCell   *lc;

	foreach(lc, conditions)
	{
		pds_sql_add(buf, lc == list_head(conditions) ? prefix : " AND ");
		pds_sql_append(buf, sql_of(s, PDS_POSITION_CONDITION, lfirst(lc)));
	}
}

/* GROUP BY and HAVING */
static void
append_group(PdsSql *buf, PdsStatement *s, const PdsRelInfo *group)
{
	const PdsUpperRel *upper = PDS_UPPER(group);
	ListCell   *lc;

	if (upper->grouping_sets)
	{
		pds_sql_add(buf, " GROUP BY GROUPING SETS (");
		foreach(lc, upper->grouping_sets)
		{
			pds_sql_add(buf, lc == list_head(upper->grouping_sets) ? "(" : ", (");
			append_exprs(buf, s, PDS_POSITION_GROUP, lfirst(lc));
			pds_sql_add(buf, ")");
		}
		pds_sql_add(buf, ")");
	}
	else if (upper->keys)
	{
		pds_sql_add(buf, " GROUP BY ");
		append_exprs(buf, s, PDS_POSITION_GROUP, upper->keys);
	}
	append_clauses(buf, s, " HAVING ", upper->remote_having);
	if (upper->some)
		pds_sql_addf(buf, " %s count(*) > 0", upper->remote_having ? "AND" : "HAVING");
}

static void
append_order_by(PdsSql *buf, PdsStatement *s, const char *prefix, List *keys)
{
	ListCell   *lc;

	foreach(lc, keys)
	{
		PdsSortKey *k = lfirst(lc);

		pds_sql_add(buf, lc == list_head(keys) ? prefix : ", ");
		pds_sql_append(buf, sql_of(s, PDS_POSITION_SORT, k->expr));
		pds_append_sort_order(buf, k->descending, k->nulls_first);
	}
}

static void
append_limit(PdsSql *buf, PdsStatement *s, const PdsRelInfo *info)
{
	const PdsUpperRel *upper = PDS_UPPER(info);
	ListCell   *lc;

	if (upper->bound)
	{
		List	   *numbers = NIL;

		foreach(lc, upper->bound)
		{
			int			n = pds_statement_count(s, lfirst(lc));

			if (n < 0)
				elog(ERROR, "a LIMIT that was shippable is not any more");
			numbers = lappend_int(numbers, n);
		}
		pds_sql_add_bound(buf, numbers);
	}
	if (upper->offset > 0)
		pds_sql_addf(buf, " OFFSET " INT64_FORMAT, upper->offset);
	if (upper->limit >= 0 && upper->ties)
		pds_sql_addf(buf, " FETCH FIRST " INT64_FORMAT " ROWS WITH TIES", upper->limit);
	else if (upper->limit >= 0)
		pds_sql_addf(buf, " LIMIT " INT64_FORMAT, upper->limit);
}

/* In ORDER BY a bare name inside an expression would be the output column's: an error there. */
static bool
sorts_by_expression(const PdsRelInfo *info)
{
	ListCell   *lc;

	if (info == NULL)
		return false;
	foreach(lc, PDS_UPPER(info)->sort)
	{
		if (!IsA(((PdsSortKey *) lfirst(lc))->expr, Var))
			return true;
	}
	return false;
}

/* the first row of each group of DISTINCT ON is number 1 */
static void
append_row_number(PdsSql *buf, PlannerInfo *root, const PdsRelInfo *distinct)
{
	const PdsUpperRel *upper = PDS_UPPER(distinct);
	PdsStatement *s = pds_statement_of(root, upper->below);

	pds_sql_add(buf, ", row_number() OVER (PARTITION BY ");
	append_exprs(buf, s, PDS_POSITION_GROUP, upper->keys);
	append_order_by(buf, s, " ORDER BY ", upper->sort);
	pds_sql_addf(buf, ") AS c%d", list_length(upper->tlist) + 1);
}

static PdsSql *select_sql(PlannerInfo *root, RelOptInfo *rel, List *tlist,
						  const PdsRelInfo *around, List **outputs);

/* a SELECT of its own, of which only some rows count */
static void
append_subquery(PdsSql *buf, PlannerInfo *root, RelOptInfo *rel)
{
	PdsRelInfo *info = rel->fdw_private;

	pds_sql_append_form(buf, "($1) w",
						select_sql(root, PDS_UPPER(info)->below, PDS_UPPER(info)->tlist, info,
								   NULL));
	if (info->kind == PDS_REL_DISTINCT)
		pds_sql_addf(buf, " WHERE (c%d = 1)", list_length(PDS_UPPER(info)->tlist) + 1);
	else
		append_clauses(buf, info->statement, " WHERE ", PDS_UPPER(info)->remote_having);
}

/*
 * SELECT of the target entries; around: it is a subquery of that, its columns have names.
 */
static PdsSql *
select_sql(PlannerInfo *root, RelOptInfo *rel, List *tlist, const PdsRelInfo *around,
		   List **outputs)
{
	QueryParts	p = parts_of(root, rel);
	PdsShipContext cxt = {.root = root, .relids = p.from->relids, .qualify = true,
	.params = p.s->params};
	PdsSql	   *buf = pds_sql_new();
	ListCell   *lc;

	pds_sql_addf(buf, "SELECT %s", p.distinct ? "DISTINCT " : "");
	foreach(lc, tlist)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);

		pds_sql_add(buf, lc == list_head(tlist) ? "" : ", ");
		pds_sql_append(buf, sql_of(p.s, PDS_POSITION_OUTPUT, tle->expr));
		if (around)
			pds_sql_addf(buf, " AS c%d", tle->resno);
		if (outputs)
		{
			List	   *output = list_copy(pds_statement_write(p.s, PDS_POSITION_OUTPUT,
															   tle->expr)->output);

			/* columns of a subquery have names of ours */
			*outputs = lappend(*outputs, lappend_oid(output, p.s->scan ? 1 : 0));
		}
	}
	if (tlist == NIL)
		/* a group of all rows is one row also where nobody looks at it */
		pds_sql_addf(buf, "%s%s",
					 p.group && !PDS_UPPER(p.group)->keys && !PDS_UPPER(p.group)->grouping_sets
					 ? "count(*)" : "1", around ? " AS c0" : "");
	if (around && around->kind == PDS_REL_DISTINCT)
		append_row_number(buf, root, around);
	pds_sql_add(buf, " FROM ");
	if (p.s->scan)
	{
		append_from(buf, &cxt, p.from);
		append_where(buf, &cxt, p.from);
	}
	else
		append_subquery(buf, root, p.from);
	if (p.group)
		append_group(buf, p.s, p.group);
	if (p.sort)
	{
		append_order_by(buf, p.s, " ORDER BY ", PDS_UPPER(p.sort)->sort);
		append_limit(buf, p.s, p.sort);
	}
	return pds_sql_resolve_aliases(buf, bms_membership(p.from->relids) == BMS_MULTIPLE ||
								   sorts_by_expression(p.sort));
}

List *
pds_deparse_relation_select(PlannerInfo *root, RelOptInfo *rel, List *tlist, List **params,
							List **outputs, char **relations)
{
	StringInfoData names;
	PdsSql	   *sql = select_sql(root, rel, tlist, NULL, outputs);

	initStringInfo(&names);
	append_relations(&names, root, rel);
	*relations = names.data;
	return pds_sql_pieces(sql, *pds_statement_of(root, rel)->params, params);
}
