/*
 * raw_clause.h
 *	  Conditions that can be raw filters, taken apart.  For raw_filter.c alone.
 */
#ifndef PDS_FDW_RAW_CLAUSE_H
#define PDS_FDW_RAW_CLAUSE_H

#include "nodes/primnodes.h"

#include "fdw/rows/convert.h"

typedef enum RawTest
{
	TEST_COMPARE,				/* with one constant */
	TEST_IN,					/* = ANY, <> ALL */
	TEST_LIKE,					/* LIKE, ILIKE and their negations */
	TEST_TRUE,					/* the column itself, or NOT */
	TEST_NULL,					/* IS NULL, IS NOT NULL */
	TEST_CUT,					/* date_trunc of a timestamp, with one
								 * constant */
	TEST_ANY					/* OR of some of these */
} RawTest;

/* outcomes of a comparison */
#define LESS	1
#define EQUAL	2
#define GREATER 4

/* a condition taken apart */
typedef struct RawClause
{
	RawTest		test;
	AttrNumber	attnum;
	Oid			type;			/* of the column */
	int			keep;			/* TEST_COMPARE, TEST_CUT: outcomes that pass */
	bool		negated;		/* NOT IN, NOT column, NOT LIKE, IS NOT NULL */
	bool		any_case;		/* ILIKE */
	Oid			opno;			/* column on the left */
	Oid			collation;
	Expr	   *value;			/* constant, or array of them; NULL: none */
	const Const *unit;			/* TEST_CUT: of date_trunc */
	List	   *branches;		/* TEST_ANY: its conditions */
} RawClause;

/* False: it is none. */
extern bool pds_raw_clause(Node *clause, RawClause *c);

/* how plain values of a column of that type are compared; PDS_PLAIN_NONE: not at all */
extern PdsPlainKind pds_raw_kind(Oid type);

/*
 * the outcomes of a comparison for which the operator of the type's order holds;
 * 0: another operator
 */
extern int	pds_raw_outcomes(Oid type, Oid opno);

#endif							/* PDS_FDW_RAW_CLAUSE_H */
