/*
 * sql_pieces.c
 *	  The SQL of a plan as a list of pieces.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "mb/pg_wchar.h"
#include "nodes/makefuncs.h"
#include "utils/ruleutils.h"

#include "fdw/ship/sql_pieces.h"

/* marks, in texts that are being composed */
#define PARAM_BEGIN	'\001'
#define PARAM_END	'\002'
#define CONDITION_BEGIN	'\003'
#define CONDITION_END	'\004'
#define ALIAS_BEGIN	'\005'
#define ALIAS_END	'\006'
#define BOUND_BEGIN	'\007'
#define BOUND_END	'\010'

/* a piece is a list of its kind and what it holds */
typedef enum PieceKind
{
	PIECE_TEXT,					/* String */
	PIECE_PARAM,				/* Integer: number of the parameter */
	PIECE_CONDITION,			/* List of pieces */
	PIECE_BOUND					/* integer list: numbers of parameters */
} PieceKind;

/* ---- composing ---- */

void
pds_mark_param(StringInfo buf, int n)
{
	appendStringInfo(buf, "%c%d%c", PARAM_BEGIN, n, PARAM_END);
}

char *
pds_mark_condition(const char *sql)
{
	return psprintf("%c%s%c", CONDITION_BEGIN, sql, CONDITION_END);
}

void
pds_mark_alias(StringInfo buf, const char *name)
{
	appendStringInfo(buf, "%c%s%c", ALIAS_BEGIN, name, ALIAS_END);
}

void
pds_mark_bound(StringInfo buf, const List *numbers)
{
	const ListCell *lc;

	appendStringInfoChar(buf, BOUND_BEGIN);
	foreach(lc, numbers)
		pds_mark_param(buf, lfirst_int(lc));
	appendStringInfoChar(buf, BOUND_END);
}

bool
pds_is_mark(char c)
{
	return c >= PARAM_BEGIN && c <= BOUND_END;
}

char *
pds_resolve_aliases(const char *sql, bool keep)
{
	StringInfoData buf;

	initStringInfo(&buf);
	for (; *sql; sql++)
	{
		if (*sql == ALIAS_BEGIN && !keep)
			sql = strchr(sql, ALIAS_END);
		else if (*sql != ALIAS_BEGIN && *sql != ALIAS_END)
			appendStringInfoChar(&buf, *sql);
	}
	return buf.data;
}

/* ---- taking apart ---- */

static List *
piece(PieceKind kind, void *held)
{
	return list_make2(makeInteger(kind), held);
}

/* the parameter at *p, which is behind its mark then; its number among those that are used */
static int
take_param(const char **p, List *all, List **used)
{
	Node	   *e = list_nth(all, atoi(*p + 1));
	ListCell   *lc;
	int			n = 0;

	Assert(**p == PARAM_BEGIN);
	*p = strchr(*p, PARAM_END) + 1;
	foreach(lc, *used)
	{
		if (lfirst(lc) == e)
			return n;
		n++;
	}
	*used = lappend(*used, e);
	return n;
}

/* pieces up to a character, which *p is behind then; '\0' for all */
static List *
take_pieces(const char **p, char end, List *all, List **used)
{
	List	   *pieces = NIL;

	while (**p != end)
	{
		const char *begin = *p;
		List	   *numbers = NIL;

		switch (**p)
		{
			case PARAM_BEGIN:
				pieces = lappend(pieces, piece(PIECE_PARAM, makeInteger(take_param(p, all, used))));
				break;
			case CONDITION_BEGIN:
				(*p)++;
				pieces = lappend(pieces, piece(PIECE_CONDITION,
											   take_pieces(p, CONDITION_END, all, used)));
				break;
			case BOUND_BEGIN:
				for ((*p)++; **p != BOUND_END;)
					numbers = lappend_int(numbers, take_param(p, all, used));
				(*p)++;
				pieces = lappend(pieces, piece(PIECE_BOUND, numbers));
				break;
			default:
				while (**p != '\0' && !pds_is_mark(**p))
					(*p)++;
				if (*p == begin)
					elog(ERROR, "the SQL of a plan is damaged");
				pieces = lappend(pieces, piece(PIECE_TEXT, makeString(pnstrdup(begin, *p - begin))));
				break;
		}
	}
	if (end != '\0')
		(*p)++;
	return pieces;
}

List *
pds_sql_pieces(const char *sql, List *all, List **used)
{
	return take_pieces(&sql, '\0', all, used);
}

static PieceKind
piece_kind(List *p)
{
	return (PieceKind) intVal(linitial(p));
}

/* ---- putting together ---- */

typedef struct Values
{
	const Datum *values;
	const bool *nulls;
	const Oid  *types;
	PdsWriteValue write;
} Values;

/* The sum of the numbers; nothing where it is none, or one that Athena does not take. */
static void
append_bound(StringInfo out, List *numbers, const Values *v)
{
	int64		sum = 0;
	ListCell   *lc;

	foreach(lc, numbers)
	{
		int			n = lfirst_int(lc);

		/* OFFSET NULL is none; LIMIT, which comes first, is not bounded by it */
		if (v->nulls[n] && sum == 0)
			return;
		if (!v->nulls[n] &&
			(DatumGetInt64(v->values[n]) < 0 || DatumGetInt64(v->values[n]) > PG_INT32_MAX))
			return;
		sum += v->nulls[n] ? 0 : DatumGetInt64(v->values[n]);
	}
	if (sum <= PG_INT32_MAX)
		appendStringInfo(out, " LIMIT " INT64_FORMAT, sum);
}

/* False: the value of a parameter cannot be sent. */
static bool
append_pieces(StringInfo out, List *pieces, const Values *v)
{
	ListCell   *lc;

	foreach(lc, pieces)
	{
		List	   *p = lfirst(lc);
		int			start = out->len;
		int			n;

		switch (piece_kind(p))
		{
			case PIECE_TEXT:
				appendStringInfoString(out, strVal(lsecond(p)));
				break;
			case PIECE_PARAM:
				n = intVal(lsecond(p));
				if (!v->write(out, v->values[n], v->nulls[n], v->types[n]))
					return false;
				break;
			case PIECE_CONDITION:
				if (append_pieces(out, lsecond(p), v))
					break;
				/* the condition is checked here: nothing is lost but speed */
				out->len = start;
				appendStringInfoString(out, "true");
				break;
			case PIECE_BOUND:
				append_bound(out, lsecond(p), v);
				break;
		}
	}
	return true;
}

char *
pds_sql_text(List *pieces, const Datum *values, const bool *nulls, const Oid *types,
			 PdsWriteValue write)
{
	Values		v = {values, nulls, types, write};
	StringInfoData out;

	initStringInfo(&out);
	if (!append_pieces(&out, pieces, &v))
		elog(ERROR, "the value of a parameter cannot be sent");
	return out.data;
}

/* ---- for EXPLAIN ---- */

static void
show_param(StringInfo out, Node *e)
{
	if (IsA(e, Param))
		appendStringInfo(out, "$%d", ((Param *) e)->paramid);
	else						/* now() and its like: as PostgreSQL writes it */
		appendStringInfoString(out, deparse_expression(e, NIL, false, false));
}

static void
show_pieces(StringInfo out, List *pieces, List *params)
{
	ListCell   *lc;
	ListCell   *ln;

	foreach(lc, pieces)
	{
		List	   *p = lfirst(lc);

		switch (piece_kind(p))
		{
			case PIECE_TEXT:
				appendStringInfoString(out, strVal(lsecond(p)));
				break;
			case PIECE_PARAM:
				show_param(out, list_nth(params, intVal(lsecond(p))));
				break;
			case PIECE_CONDITION:
				show_pieces(out, lsecond(p), params);
				break;
			case PIECE_BOUND:
				foreach(ln, (List *) lsecond(p))
				{
					appendStringInfoString(out, ln == list_head(lsecond(p)) ? " LIMIT " : " + ");
					show_param(out, list_nth(params, lfirst_int(ln)));
				}
				break;
		}
	}
}

char *
pds_sql_shown(List *pieces, List *params)
{
	StringInfoData out;

	initStringInfo(&out);
	show_pieces(&out, pieces, params);
	return pg_any_to_server(out.data, out.len, PG_UTF8);
}
