/*
 * deparse.c
 *	  The statement of a base relation for Athena, filters for Glue.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "access/transam.h"
#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "fdw/base/int_datum.h"
#include "fdw/base/types.h"
#include "fdw/ship/deparse.h"
#include "fdw/ship/sql_pieces.h"

/* what GetPartitions takes (doc/dev/aws.md §5.1) */
#define MAX_GLUE_EXPRESSION 2048

void
pds_quote_athena_name(StringInfo buf, const char *name)
{
	const char *p = pg_server_to_any(name, strlen(name), PG_UTF8);

	/* Glue and Athena fold to lower case (doc/dev/aws.md §7.6) */
	appendStringInfoChar(buf, '"');
	for (; *p; p++)
	{
		if (*p == '"')
			appendStringInfoChar(buf, '"');
		appendStringInfoChar(buf, pg_ascii_tolower((unsigned char) *p));
	}
	appendStringInfoChar(buf, '"');
}

/* is the column written as its name, or as an expression of it? */
static bool
is_selected_by_name(const PdsColumn *c)
{
	return !c->hive_known ||
		(c->hive.kind != PDS_HIVE_ARRAY && c->hive.kind != PDS_HIVE_MAP &&
		 c->hive.kind != PDS_HIVE_STRUCT && c->hive.kind != PDS_HIVE_UNION &&
		 c->hive.kind != PDS_HIVE_OTHER);
}

char *
pds_base_column_label(const PdsColumn *c)
{
	char	   *label = NULL;
	char	   *p;

	if (is_selected_by_name(c))
	{
		label = pstrdup(pg_server_to_any(c->name, strlen(c->name), PG_UTF8));
		for (p = label; *p; p++)
			*p = pg_ascii_tolower((unsigned char) *p);
	}
	return label;
}

/*
 * a column in the select list, in a form whose text we can read back; name: as it
 * is to be written
 */
static void
select_column(PdsSql *buf, const PdsColumn *c, const PdsSql *name)
{
	if (is_selected_by_name(c))
		pds_sql_append(buf, name);
	else if (c->hive.kind == PDS_HIVE_OTHER)
		pds_sql_append_form(buf, "CAST($1 AS varchar)", name);
	else
		pds_deparse_nested(buf, c, name);
}

static void
select_base_column(PdsSql *buf, const PdsColumn *c)
{
	PdsSql	   *name = pds_sql_new();

	pds_quote_athena_name(pds_sql_text(name), c->name);
	select_column(buf, c, name);
}

bool
pds_deparse_column(PdsShipContext *cxt, const Var *v)
{
	const PdsColumn *c = pds_ship_find_column(cxt, v);
	PdsSql	   *buf = cxt->buf;
	PdsSql	   *name = pds_sql_new();

	if (c == NULL)
		return false;
	cxt->buf = name;
	pds_ship_column_name(cxt, v, c);
	cxt->buf = buf;
	select_column(buf, c, name);
	return true;
}

void
pds_deparse_table(PdsSql *buf, const PdsTable *table)
{
	pds_quote_athena_name(pds_sql_text(buf), table->options.database);
	pds_sql_add(buf, ".");
	pds_quote_athena_name(pds_sql_text(buf), table->options.table_name);
}

List *
pds_deparse_base_select(PlannerInfo *root, RelOptInfo *rel, List *columns, List *remote_conds,
						List **params)
{
	PdsRelInfo *info = rel->fdw_private;
	const PdsTable *table = PDS_BASE(info)->table;
	PdsSql	   *buf = pds_sql_new();
	PdsShipContext cxt = {.root = root, .relids = rel->relids, .params = info->params};
	ListCell   *lc;
	bool		first = true;

	pds_sql_add(buf, "SELECT ");
	foreach(lc, columns)
	{
		if (!first)
			pds_sql_add(buf, ", ");
		first = false;
		select_base_column(buf, &table->columns[lfirst_int(lc) - 1]);
	}
	if (first)
		pds_sql_add(buf, "1");
	pds_sql_add(buf, " FROM ");
	pds_deparse_table(buf, table);
	pds_deparse_conditions(buf, &cxt, " WHERE ", remote_conds, info->local_conds);
	return pds_sql_pieces(pds_sql_resolve_aliases(buf, false), *info->params, params);
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
		if (!pds_is_int(typid))
			return false;
		appendStringInfo(buf, INT64_FORMAT, pds_int_of_datum(typid, value));
		return true;
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
	Oid			type;
	Datum	   *values;
	bool	   *nulls;
	int			n;
	int			i;
	bool		first = true;

	if (c == NULL || !op->useOr || name == NULL || strcmp(name, "=") != 0 ||
		op->opno >= FirstGenbkiObjectId || !IsA(k, Const) || k->constisnull ||
		!bytewise(op->inputcollid))
		return false;
	n = pds_array_elements(k->constvalue, &type, &values, &nulls);
	appendStringInfo(buf, "%s IN (", c->name);
	for (i = 0; i < n; i++)
	{
		if (nulls[i])
			continue;
		if (!first)
			appendStringInfoString(buf, ", ");
		first = false;
		if (!glue_literal(buf, c, values[i], type))
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
