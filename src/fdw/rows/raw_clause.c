/*
 * raw_clause.c
 *	  Which conditions can be raw filters.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "access/stratnum.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_type.h"
#include "nodes/nodeFuncs.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

#include "core/base/strbuf.h"
#include "fdw/rows/raw_clause.h"
#include "fdw/rows/raw_pattern.h"

PdsPlainKind
pds_raw_kind(Oid type)
{
	switch (type)
	{
		case INT2OID:
		case INT4OID:
		case INT8OID:
			return PDS_PLAIN_INT;
		case NUMERICOID:
			return PDS_PLAIN_NUMERIC;
		case FLOAT8OID:
			return PDS_PLAIN_FLOAT8;
		case FLOAT4OID:
			return PDS_PLAIN_FLOAT4;
		case BOOLOID:
			return PDS_PLAIN_BOOL;
		case DATEOID:
			return PDS_PLAIN_DATE;
		case TIMESTAMPOID:
			return PDS_PLAIN_TIMESTAMP;
		case TEXTOID:
		case VARCHAROID:
			return PDS_PLAIN_TEXT;
		default:
			return PDS_PLAIN_NONE;
	}
}

static bool
is_column(Node *node, RawClause *c)
{
	Var		   *var;

	/* varchar is compared as text; a domain stays where its checks are */
	if (node && IsA(node, RelabelType) && ((RelabelType *) node)->resulttype == TEXTOID)
		node = (Node *) ((RelabelType *) node)->arg;
	if (node == NULL || !IsA(node, Var))
		return false;
	var = (Var *) node;
	if (var->varlevelsup > 0 || var->varattno <= 0 ||
		pds_raw_kind(var->vartype) == PDS_PLAIN_NONE)
		return false;
	c->attnum = var->varattno;
	c->type = var->vartype;
	return true;
}

/* known when the scan starts, and not able to fail */
static bool
is_scan_constant(Node *node)
{
	ListCell   *lc;

	while (IsA(node, RelabelType))
		node = (Node *) ((RelabelType *) node)->arg;
	if (IsA(node, ArrayExpr))
	{
		foreach(lc, ((ArrayExpr *) node)->elements)
		{
			if (!is_scan_constant(lfirst(lc)))
				return false;
		}
		return !((ArrayExpr *) node)->multidims;
	}
	return IsA(node, Const) || IsA(node, Param) || IsA(node, SQLValueFunction);
}

static bool
is_float(PdsPlainKind kind)
{
	return kind == PDS_PLAIN_FLOAT8 || kind == PDS_PLAIN_FLOAT4;
}

/* Can plain values of `type` be compared with such a constant? */
static bool
comparable(Oid type, Oid constant)
{
	PdsPlainKind kind = pds_raw_kind(type);

	if (kind == PDS_PLAIN_TEXT)
		return constant == TEXTOID;
	if (kind == PDS_PLAIN_BOOL)
		return false;
	if (is_float(kind))
		return is_float(pds_raw_kind(constant));
	return pds_raw_kind(constant) == kind || (type == TIMESTAMPOID && constant == DATEOID);
}

int
pds_raw_outcomes(Oid type, Oid opno)
{
	static const int keep[] = {0, LESS, LESS | EQUAL, EQUAL, GREATER | EQUAL, GREATER};

	StaticAssertDecl(lengthof(keep) == BTMaxStrategyNumber + 1, "a strategy has no outcomes");
	Oid			family = lookup_type_cache(type == VARCHAROID ? TEXTOID : type,
										   TYPECACHE_BTREE_OPFAMILY)->btree_opf;
	int			strategy = get_op_opfamily_strategy(opno, family);
	Oid			negator;

	if (strategy >= 1 && strategy <= 5)
		return keep[strategy];
	negator = get_negator(opno);
	if (OidIsValid(negator) && get_op_opfamily_strategy(negator, family) == 3)
		return LESS | GREATER;
	return 0;
}

/* Do bytes tell what the operator finds? */
static bool
collation_fits(const RawClause *c)
{
	if (pds_raw_kind(c->type) != PDS_PLAIN_TEXT)
		return true;
	if (!OidIsValid(c->collation) || !get_collation_isdeterministic(c->collation))
		return false;
	return c->test != TEST_COMPARE || c->keep == EQUAL || c->keep == (LESS | GREATER) ||
		c->collation == C_COLLATION_OID;
}

/* Is it LIKE or ILIKE, or (*negated) NOT of one? */
static bool
is_like(Oid opno, bool *any_case, bool *negated)
{
	Oid			negator = get_negator(opno);

	*any_case = opno == OID_TEXT_ICLIKE_OP || negator == OID_TEXT_ICLIKE_OP;
	*negated = negator == OID_TEXT_LIKE_OP || negator == OID_TEXT_ICLIKE_OP;
	return *any_case || *negated || opno == OID_TEXT_LIKE_OP;
}

static bool
like_clause(OpExpr *op, RawClause *c)
{
	const Const *pattern = lsecond(op->args);

	c->test = TEST_LIKE;
	return IsA(pattern, Const) && !pattern->constisnull &&
		pds_raw_kind(c->type) == PDS_PLAIN_TEXT && collation_fits(c) &&
		pds_raw_pattern_simple(VARDATA_ANY(DatumGetPointer(pattern->constvalue)),
							   VARSIZE_ANY_EXHDR(DatumGetPointer(pattern->constvalue)),
							   c->any_case, c->collation);
}

/* a unit such that date_trunc is the same in stretches that follow each other */
static bool
is_unit(const Node *node)
{
	static const char *const units[] = {"second", "minute", "hour", "day", "week", "month",
	"quarter", "year", NULL};
	const Const *c = (const Const *) node;

	return IsA(node, Const) && !c->constisnull && c->consttype == TEXTOID &&
		pds_str_is_one_of(TextDatumGetCString(c->constvalue), units);
}

/* date_trunc of a timestamp column, compared with a timestamp */
static bool
cut_clause(Node *left, Node *right, RawClause *c)
{
	FuncExpr   *f = (FuncExpr *) left;

	if (!IsA(left, FuncExpr) || f->funcid != F_DATE_TRUNC_TEXT_TIMESTAMP ||
		!is_unit(linitial(f->args)) || !is_column(lsecond(f->args), c) ||
		exprType(right) != TIMESTAMPOID || !is_scan_constant(right))
		return false;
	c->test = TEST_CUT;
	c->unit = linitial(f->args);
	c->value = (Expr *) right;
	c->keep = pds_raw_outcomes(c->type, c->opno);
	return c->type == TIMESTAMPOID && c->keep != 0;
}

static bool
operator_clause(OpExpr *op, RawClause *c)
{
	Node	   *left;
	Node	   *right;

	if (list_length(op->args) != 2)
		return false;
	left = linitial(op->args);
	right = lsecond(op->args);
	c->opno = op->opno;
	c->collation = op->inputcollid;
	if (cut_clause(left, right, c))
		return true;
	if (!is_column(left, c))
	{
		Node	   *swap = left;

		left = right;
		right = swap;
		c->opno = get_commutator(op->opno);
		if (!OidIsValid(c->opno))
			return false;
		if (cut_clause(left, right, c))
			return true;
		if (!is_column(left, c))
			return false;
	}
	if (!is_scan_constant(right))
		return false;
	c->value = (Expr *) right;
	if (left == (Node *) linitial(op->args) && is_like(c->opno, &c->any_case, &c->negated))
		return like_clause(op, c);
	c->test = TEST_COMPARE;
	c->keep = pds_raw_outcomes(c->type, c->opno);
	return c->keep != 0 && comparable(c->type, exprType(right)) && collation_fits(c);
}

static bool
array_clause(ScalarArrayOpExpr *op, RawClause *c)
{
	Node	   *right = lsecond(op->args);

	if (!is_column(linitial(op->args), c) || !is_scan_constant(right))
		return false;
	c->test = TEST_IN;
	c->opno = op->opno;
	c->collation = op->inputcollid;
	c->value = (Expr *) right;
	c->negated = !op->useOr;
	return pds_raw_outcomes(c->type, op->opno) == (op->useOr ? EQUAL : LESS | GREATER) &&
		comparable(c->type, get_element_type(exprType(right))) && collation_fits(c);
}

/* OR; core has made one of those within it */
static bool
any_clause(BoolExpr *or, RawClause *c)
{
	RawClause	branch;
	ListCell   *lc;

	foreach(lc, or->args)
	{
		if (!pds_raw_clause(lfirst(lc), &branch) || branch.test == TEST_ANY)
			return false;
	}
	c->test = TEST_ANY;
	c->branches = or->args;
	return true;
}

bool
pds_raw_clause(Node *clause, RawClause *c)
{
	memset(c, 0, sizeof(*c));
	switch (nodeTag(clause))
	{
		case T_OpExpr:
			return operator_clause((OpExpr *) clause, c);
		case T_ScalarArrayOpExpr:
			return array_clause((ScalarArrayOpExpr *) clause, c);
		case T_NullTest:
			c->test = TEST_NULL;
			c->negated = ((NullTest *) clause)->nulltesttype == IS_NOT_NULL;
			return !((NullTest *) clause)->argisrow &&
				is_column((Node *) ((NullTest *) clause)->arg, c);
		case T_BoolExpr:
			if (((BoolExpr *) clause)->boolop == OR_EXPR)
				return any_clause((BoolExpr *) clause, c);
			c->test = TEST_TRUE;
			c->negated = true;
			return ((BoolExpr *) clause)->boolop == NOT_EXPR &&
				IsA(linitial(((BoolExpr *) clause)->args), Var) &&
				is_column(linitial(((BoolExpr *) clause)->args), c);
		case T_Var:
			c->test = TEST_TRUE;
			return is_column(clause, c);
		default:
			return false;
	}
}
