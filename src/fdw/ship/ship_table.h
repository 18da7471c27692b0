/*
 * ship_table.h
 *	  What Athena evaluates with exactly PostgreSQL's result, as a table
 *	  (doc/dev/aws.md §7.6, doc/dev/pitfalls.md §3).
 *
 * One row per operator, function, cast, aggregate and kind of expression: which of PostgreSQL's
 * is meant, on which condition it is sent, and how it is written there.  The rows are shown by
 * the view pds.shippable and in doc/pushdown.md; test/ship walks them.
 */
#ifndef PDS_FDW_SHIP_TABLE_H
#define PDS_FDW_SHIP_TABLE_H

#include "fdw/ship/deparse.h"

#define PDS_SHIP_ARGS 16
/* more than a table has: numbers of rows have room for arithmetic */
#define PDS_SHIP_MOST_ROWS (INT64CONST(1) << 53)

typedef enum PdsShipKind
{
	PDS_SHIP_OPERATOR, PDS_SHIP_FUNCTION, PDS_SHIP_CAST, PDS_SHIP_AGGREGATE,
	PDS_SHIP_EXPRESSION,		/* what has a node of its own: CASE, IS NULL,
								 * ... */
	PDS_SHIP_WINDOW				/* functions over windows, and their frames */
} PdsShipKind;

/* families of types within which values mean the same; the letters of PdsShipRow.args */
typedef enum PdsFamily
{
	FAMILY_NONE = '?',
	FAMILY_INT = 'i',
	FAMILY_NUMERIC = 'n',
	FAMILY_REAL = 'f',
	FAMILY_DOUBLE = 'd',
	FAMILY_TEXT = 't',
	FAMILY_BOOL = 'b',
	FAMILY_DATE = 'D',
	FAMILY_TIMESTAMP = 'T',
	FAMILY_TIMESTAMPTZ = 'Z',	/* of the pseudo-column $file_modified_time
								 * only */
	/* never values there */
	FAMILY_INTERVAL = 'I',
	FAMILY_CHAR = 'c',
	FAMILY_BYTEA = 'y',
	FAMILY_JSON = 'j'
} PdsFamily;

/* types of Athena; the integers in the order of their widths */
typedef enum PdsAthenaType
{
	ATHENA_SAME,				/* that of the PostgreSQL type */
	ATHENA_TINYINT, ATHENA_SMALLINT, ATHENA_INTEGER, ATHENA_BIGINT,
	ATHENA_SOME_INTEGER,		/* of a parameter: as its value needs */
	ATHENA_DECIMAL, ATHENA_REAL, ATHENA_DOUBLE, ATHENA_VARCHAR, ATHENA_BOOLEAN, ATHENA_DATE,
	ATHENA_TIMESTAMP, ATHENA_TIMESTAMPTZ
} PdsAthenaType;

/* what is known of a value that was written */
typedef struct PdsShipValue
{
	Oid			typid;			/* PostgreSQL's type */
	PdsAthenaType type;
	int64		lo;				/* integers, also of numeric type: between
								 * these */
	int64		hi;
	int			whole;			/* numeric: digits before and after the point,
								 * at most */
	int			scale;
	bool		same_scale;		/* each value here has just so many after the
								 * point */
	const PdsSql *scale_sql;	/* else, if it can be said: of a value how
								 * many; NULL of NULL */
	bool		nan;			/* may be NaN */
	bool		micro;			/* timestamp: may have microseconds; tables
								 * have milliseconds */
} PdsShipValue;

typedef struct PdsShipRow PdsShipRow;

/* one use of a row */
typedef struct PdsShipCall
{
	PdsShipContext *cxt;
	const PdsShipRow *row;
	const char *name;			/* the one of row->names that is meant */
	const char *form;			/* row's, or what the check made of it */
	int			nargs;
	Expr	   *args[PDS_SHIP_ARGS];
	const PdsSql *sql[PDS_SHIP_ARGS];	/* as written */
	PdsShipValue values[PDS_SHIP_ARGS];
	Oid			collation;
	PdsShipValue result;		/* set to what the type of the result says;
								 * the check may know more */
	/* aggregates */
	Aggref	   *aggref;
	const PdsSql *condition;	/* of FILTER, or nothing */
	const PdsSql *filter;		/* " FILTER (WHERE ...)", " OVER (...)" or
								 * nothing */
	bool		inside;			/* of an expression, of which the value
								 * counts, not the scale */
	bool		parts;			/* out: as pds_ship_aggregate */
	const WindowClause *clause; /* window functions */
} PdsShipCall;

/* Does the condition hold?  Raises nothing; may set form and result. */
typedef bool (*PdsShipCheck) (PdsShipCall *call);

struct PdsShipRow
{
	PdsShipKind kind;
	const char *names;			/* in pg_catalog; several with commas between
								 * them */
	const char *args;			/* letters of PdsFamily, '*' any type, '+' the
								 * last one again; alternatives with | between
								 * them */

	/*
	 * Athena's SQL.  %1: an argument, of the type that PostgreSQL's argument
	 * has; $1: as it is written; %o: the name; %t: the type of the result;
	 * aggregates: %D DISTINCT, %F the filter, or OVER (...). NULL: never.
	 */
	const char *form;
	PdsAthenaType returns;
	PdsShipCheck check;			/* NULL: always */
	const char *when;			/* the condition in words, or why never; may
								 * be NULL */
};

typedef struct PdsShipTable
{
	const PdsShipRow *rows;
	int			nrows;
} PdsShipTable;

extern const PdsShipTable pds_ship_operators;
extern const PdsShipTable pds_ship_functions;
extern const PdsShipTable pds_ship_casts;
extern const PdsShipTable pds_ship_aggregates;
extern const PdsShipTable pds_ship_expressions;
extern const PdsShipTable pds_ship_windows;

/* ---- ship_table.c ---- */

extern PdsFamily pds_family_of(Oid typid);

/* the value that a PostgreSQL type's values are there, knowing nothing else */
extern PdsShipValue pds_value_of_type(Oid typid);

/* of CAST(NULL AS ...); NULL: not a type that is sent */
extern const char *pds_athena_null_type(Oid typid);

/* bytewise equality, and for order also bytewise order */
extern bool pds_text_collation_ok(Oid collation, bool order);
extern bool pds_ship_is_integer(PdsAthenaType type);

/*
 * The first row of kind with that name and these types of arguments whose condition holds is
 * written; *v (may be NULL) is what it gives.  False: none, buf holds rubbish.
 */
extern bool pds_ship_row(PdsShipContext *cxt, PdsShipKind kind, const char *name, List *args,
						 Oid collation, Oid result, PdsShipValue *v);

/* the first row of that name and these types, whatever its condition; NULL: none */
extern const PdsShipRow *pds_ship_find_row(PdsShipKind kind, const char *name, List *args);
extern bool pds_ship_call(PdsShipCall *call, PdsShipKind kind, List *args, Oid result);

/* conditions that several tables use */
extern bool pds_check_inexact(PdsShipCall *call);
extern bool pds_check_int_abs(PdsShipCall *call);
extern bool pds_check_int_mod(PdsShipCall *call);
extern bool pds_check_numeric_mod(PdsShipCall *call);

/* The session's TimeZone is UTC, as Athena's is: no value depends on it. */
extern bool pds_check_utc(PdsShipCall *call);

/* the result has the digits of the argument */
extern bool pds_check_same_digits(PdsShipCall *call);

/* constant arguments, counted from 0; false or NULL: it is none, or NULL */
extern bool pds_const_int(const PdsShipCall *call, int i, int64 *n);
extern char *pds_const_text(const PdsShipCall *call, int i);

/* text that may be put between quotes; false: it cannot be sent */
extern bool pds_ship_text(StringInfo buf, const char *s);

/* the value of a parameter as a pattern of LIKE, with ESCAPE where it needs one; a PdsWriteValue */
extern bool pds_ship_param_pattern(StringInfo buf, Datum value, bool isnull, Oid typid);

/* a value of FAMILY_TEXT, palloc'd or lent */
extern char *pds_text_of(Datum value, Oid typid);

/* ---- ship_params.c ---- */

extern bool pds_ship_const(PdsShipContext *cxt, Const *c, PdsShipValue *v);
extern bool pds_ship_param(PdsShipContext *cxt, Param *p, PdsShipValue *v);

/*
 * *done: e has no columns and is evaluated here when the statement is executed;
 * then true: it was written
 */
extern bool pds_ship_stable(PdsShipContext *cxt, Expr *e, PdsShipValue *v, bool *done);

/* one value for the whole statement? */
extern bool pds_is_fixed_param(const PdsShipContext *cxt, const Param *p);

/* the number of what is evaluated here when the statement is executed */
extern int	pds_param_number(PdsShipContext *cxt, Expr *e);

/* ---- shippable.c ---- */

/* Any expression, and what is known of its value. */
extern bool pds_ship_value(PdsShipContext *cxt, Expr *e, PdsShipValue *v);

/* the same into a string of its own; NULL: it is not sent */
extern PdsSql *pds_ship_value_text(PdsShipContext *cxt, Expr *e, PdsShipValue *v);

/*
 * SQL of the number of digits after the point that PostgreSQL's value of e has, NULL of NULL;
 * sql: e as it is written.  NULL: nobody knows.
 */
extern const PdsSql *pds_ship_scale(const PdsShipValue *v, const Expr *e, const PdsSql *sql);

/* A window function or GROUPING that is exact as a value.  (ship_window.c) */
extern bool pds_ship_window_value(PdsShipContext *cxt, Expr *e, PdsShipValue *v);

/* As pds_ship_aggregate, and what is known of it. */
extern bool pds_ship_aggregate_value(PdsShipContext *cxt, Aggref *a, bool *parts, PdsShipValue *v);

/* Both as one type there; false when there is none that holds both. */
extern bool pds_merge_values(PdsShipValue *into, const PdsShipValue *other);

/* without relabelling between text and varchar, or of typmods alone */
extern Expr *pds_ship_strip(Expr *e);

#endif							/* PDS_FDW_SHIP_TABLE_H */
