/*
 * sql_pieces.c
 *	  The SQL of a plan as a list of pieces.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "mb/pg_wchar.h"
#include "nodes/makefuncs.h"
#include "utils/ruleutils.h"

#include "fdw/base/types.h"
#include "fdw/ship/sql_pieces.h"

/* bytes of a list: Athena takes 262,144 of a statement */
#define MAX_LIST	100000

/* what is known later, in front of the byte `at` of the text */
typedef enum SqlPlaceKind
{
	PLACE_PARAM,
	PLACE_PATTERN,
	PLACE_LIST,
	PLACE_CONDITION,
	PLACE_ALIAS,
	PLACE_BOUND
} SqlPlaceKind;

typedef struct SqlPlace
{
	SqlPlaceKind kind;
	int			at;
	int			param;			/* PARAM, PATTERN, LIST: its number */
	bool		negated;		/* LIST */
	const PdsSql *left;			/* LIST */
	const List *numbers;		/* BOUND: of parameters */
	const PdsSql *condition;
	const char *alias;
} SqlPlace;

/* places in the order in which they were appended: those of one byte, too */
struct PdsSql
{
	StringInfoData text;
	SqlPlace   *places;
	int			nplaces;
	int			room;
};

/* a piece of a plan is a list of its kind and what it holds */
typedef enum PieceKind
{
	PIECE_TEXT,					/* String */
	PIECE_PARAM,				/* Integer: number of the parameter */
	PIECE_PATTERN,				/* the same */
	PIECE_IN,					/* List of pieces and number of the parameter */
	PIECE_NOT_IN,
	PIECE_CONDITION,			/* List of pieces */
	PIECE_BOUND					/* integer list: numbers of parameters */
} PieceKind;

/* ---- composing ---- */

PdsSql *
pds_sql_new(void)
{
	PdsSql	   *sql = palloc0(sizeof(PdsSql));

	initStringInfo(&sql->text);
	return sql;
}

void
pds_sql_add(PdsSql *sql, const char *text)
{
	appendStringInfoString(&sql->text, text);
}

void
pds_sql_addf(PdsSql *sql, const char *format,...)
{
	int			needed;

	do
	{
		va_list		args;

		va_start(args, format);
		needed = appendStringInfoVA(&sql->text, format, args);
		va_end(args);
		if (needed > 0)
			enlargeStringInfo(&sql->text, needed);
	} while (needed > 0);
}

StringInfo
pds_sql_text(PdsSql *sql)
{
	return &sql->text;
}

static void
append_place(PdsSql *sql, SqlPlace place)
{
	if (sql->nplaces == sql->room)
	{
		sql->room = Max(2 * sql->room, 8);
		sql->places = sql->places == NULL ? palloc(sql->room * sizeof(SqlPlace))
			: repalloc(sql->places, sql->room * sizeof(SqlPlace));
	}
	Assert(sql->nplaces == 0 || sql->places[sql->nplaces - 1].at <= sql->text.len);
	place.at = sql->text.len;
	sql->places[sql->nplaces++] = place;
}

/* The text of sql from `from` up to the place with that number, or all that is left. */
static void
add_text_before(PdsSql *out, const PdsSql *sql, int from, int place)
{
	int			to = place < sql->nplaces ? sql->places[place].at : sql->text.len;

	Assert(from <= to);
	appendBinaryStringInfo(&out->text, sql->text.data + from, to - from);
}

static void
append_since(PdsSql *out, const PdsSql *sql, PdsSqlEnd end)
{
	int			from = end.len;
	int			i;

	Assert(out != sql);
	for (i = end.nplaces; i < sql->nplaces; i++)
	{
		add_text_before(out, sql, from, i);
		from = sql->places[i].at;
		append_place(out, sql->places[i]);
	}
	add_text_before(out, sql, from, i);
}

void
pds_sql_append(PdsSql *sql, const PdsSql *other)
{
	static const PdsSqlEnd beginning = {0, 0};

	append_since(sql, other, beginning);
}

static void
append_form(PdsSql *sql, const char *form, va_list args)
{
	const PdsSql *others[9];
	int			n = 0;
	const char *p;

	for (p = form; *p; p++)
	{
		if (*p != '$')
		{
			appendStringInfoChar(&sql->text, *p);
			continue;
		}
		p++;
		Assert(*p >= '1' && *p <= '9');
		/* arguments are as many as the greatest number says */
		while (n < *p - '0')
			others[n++] = va_arg(args, const PdsSql *);
		pds_sql_append(sql, others[*p - '1']);
	}
}

void
pds_sql_append_form(PdsSql *sql, const char *form,...)
{
	va_list		args;

	va_start(args, form);
	append_form(sql, form, args);
	va_end(args);
}

PdsSql *
pds_sql_form(const char *form,...)
{
	PdsSql	   *sql = pds_sql_new();
	va_list		args;

	va_start(args, form);
	append_form(sql, form, args);
	va_end(args);
	return sql;
}

PdsSqlEnd
pds_sql_end(const PdsSql *sql)
{
	PdsSqlEnd	end = {.len = sql->text.len, .nplaces = sql->nplaces};

	return end;
}

void
pds_sql_cut(PdsSql *sql, PdsSqlEnd end)
{
	Assert(end.len <= sql->text.len && end.nplaces <= sql->nplaces);
	sql->text.len = end.len;
	sql->text.data[end.len] = '\0';
	sql->nplaces = end.nplaces;
}

PdsSql *
pds_sql_since(const PdsSql *sql, PdsSqlEnd end)
{
	PdsSql	   *copy = pds_sql_new();

	Assert(end.len <= sql->text.len && end.nplaces <= sql->nplaces);
	append_since(copy, sql, end);
	return copy;
}

bool
pds_sql_is_empty(const PdsSql *sql)
{
	return sql->text.len == 0 && sql->nplaces == 0;
}

bool
pds_sql_has_any(const PdsSql *sql, const char *characters)
{
	return strpbrk(sql->text.data, characters) != NULL;
}

/* ---- places ---- */

void
pds_sql_add_param(PdsSql *sql, int n)
{
	SqlPlace	place = {.kind = PLACE_PARAM, .param = n};

	append_place(sql, place);
}

PdsSql *
pds_sql_pattern(const PdsSql *param)
{
	PdsSql	   *sql = pds_sql_new();

	Assert(param->text.len == 0 && param->nplaces == 1 && param->places[0].kind == PLACE_PARAM);
	pds_sql_append(sql, param);
	sql->places[0].kind = PLACE_PATTERN;
	return sql;
}

void
pds_sql_add_list(PdsSql *sql, const PdsSql *left, int n, bool negated)
{
	SqlPlace	place = {.kind = PLACE_LIST, .param = n, .left = left, .negated = negated};

	append_place(sql, place);
}

PdsSql *
pds_sql_condition(const PdsSql *condition)
{
	PdsSql	   *sql = pds_sql_new();
	SqlPlace	place = {.kind = PLACE_CONDITION, .condition = condition};

	append_place(sql, place);
	return sql;
}

void
pds_sql_add_alias(PdsSql *sql, const char *name)
{
	SqlPlace	place = {.kind = PLACE_ALIAS, .alias = pstrdup(name)};

	append_place(sql, place);
}

void
pds_sql_add_bound(PdsSql *sql, const List *numbers)
{
	SqlPlace	place = {.kind = PLACE_BOUND, .numbers = numbers};

	append_place(sql, place);
}

PdsSql *
pds_sql_resolve_aliases(const PdsSql *sql, bool keep)
{
	PdsSql	   *out = pds_sql_new();
	int			from = 0;
	int			i;

	for (i = 0; i < sql->nplaces; i++)
	{
		SqlPlace	place = sql->places[i];

		add_text_before(out, sql, from, i);
		from = place.at;
		if (place.kind == PLACE_CONDITION)
			place.condition = pds_sql_resolve_aliases(place.condition, keep);
		if (place.kind == PLACE_LIST)
			place.left = pds_sql_resolve_aliases(place.left, keep);
		if (place.kind != PLACE_ALIAS)
			append_place(out, place);
		else if (keep)
			appendStringInfoString(&out->text, place.alias);
	}
	add_text_before(out, sql, from, i);
	return out;
}

/* ---- for the plan ---- */

static List *
piece(PieceKind kind, void *held)
{
	return list_make2(makeInteger(kind), held);
}

/* the number of parameter n of all among those that are used */
static int
take_param(int n, List *all, List **used)
{
	Node	   *e = list_nth(all, n);
	ListCell   *lc;

	foreach(lc, *used)
	{
		if (lfirst(lc) == e)
			return foreach_current_index(lc);
	}
	*used = lappend(*used, e);
	return list_length(*used) - 1;
}

static List *
piece_of_place(const SqlPlace *place, List *all, List **used)
{
	List	   *numbers = NIL;
	List	   *left;
	const ListCell *lc;

	switch (place->kind)
	{
		case PLACE_PARAM:
			return piece(PIECE_PARAM, makeInteger(take_param(place->param, all, used)));
		case PLACE_PATTERN:
			return piece(PIECE_PATTERN, makeInteger(take_param(place->param, all, used)));
		case PLACE_LIST:
			left = pds_sql_pieces(place->left, all, used);
			return piece(place->negated ? PIECE_NOT_IN : PIECE_IN,
						 list_make2(left, makeInteger(take_param(place->param, all, used))));
		case PLACE_CONDITION:
			return piece(PIECE_CONDITION, pds_sql_pieces(place->condition, all, used));
		case PLACE_BOUND:
			foreach(lc, place->numbers)
				numbers = lappend_int(numbers, take_param(lfirst_int(lc), all, used));
			return piece(PIECE_BOUND, numbers);
		case PLACE_ALIAS:
			break;
	}
	elog(ERROR, "the SQL of a plan has an alias that was not resolved");
	return NIL;
}

List *
pds_sql_pieces(const PdsSql *sql, List *all, List **used)
{
	List	   *pieces = NIL;
	int			from = 0;
	int			i;

	for (i = 0; i <= sql->nplaces; i++)
	{
		int			to = i < sql->nplaces ? sql->places[i].at : sql->text.len;

		if (to > from)
			pieces = lappend(pieces, piece(PIECE_TEXT,
										   makeString(pnstrdup(sql->text.data + from, to - from))));
		if (i < sql->nplaces)
			pieces = lappend(pieces, piece_of_place(&sql->places[i], all, used));
		from = to;
	}
	return pieces;
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
	PdsWriteValue write_pattern;
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

static bool append_pieces(StringInfo out, List *pieces, const Values *v);

/* left IN (...) of the elements of an array; false: one cannot be sent, or they are too many */
static bool
append_list(StringInfo out, List *held, bool negated, const Values *v)
{
	int			n = intVal(lsecond(held));
	int			start = out->len;
	Oid			type;
	Datum	   *elements;
	bool	   *nulls;
	int			nelements;
	int			i;

	if (v->nulls[n])
	{
		appendStringInfoString(out, "CAST(NULL AS boolean)");
		return true;
	}
	nelements = pds_array_elements(v->values[n], &type, &elements, &nulls);
	if (nelements == 0)
	{
		appendStringInfoString(out, negated ? "true" : "false");
		return true;
	}
	appendStringInfoChar(out, '(');
	if (!append_pieces(out, linitial(held), v))
		return false;
	appendStringInfoString(out, negated ? " NOT IN (" : " IN (");
	for (i = 0; i < nelements; i++)
	{
		appendStringInfoString(out, i == 0 ? "" : ", ");
		if (!v->write(out, elements[i], nulls[i], type) || out->len - start > MAX_LIST)
			return false;
	}
	appendStringInfoString(out, "))");
	return true;
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
			case PIECE_PATTERN:
				n = intVal(lsecond(p));
				if (!v->write_pattern(out, v->values[n], v->nulls[n], v->types[n]))
					return false;
				break;
			case PIECE_IN:
			case PIECE_NOT_IN:
				if (!append_list(out, lsecond(p), piece_kind(p) == PIECE_NOT_IN, v))
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
pds_pieces_statement(List *pieces, const Datum *values, const bool *nulls, const Oid *types,
					 PdsWriteValue write, PdsWriteValue write_pattern)
{
	Values		v = {values, nulls, types, write, write_pattern};
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
		List	   *held;

		switch (piece_kind(p))
		{
			case PIECE_TEXT:
				appendStringInfoString(out, strVal(lsecond(p)));
				break;
			case PIECE_PARAM:
			case PIECE_PATTERN:
				show_param(out, list_nth(params, intVal(lsecond(p))));
				break;
			case PIECE_IN:
			case PIECE_NOT_IN:
				held = lsecond(p);
				appendStringInfoChar(out, '(');
				show_pieces(out, linitial(held), params);
				appendStringInfoString(out, piece_kind(p) == PIECE_IN ? " = ANY (" : " <> ALL (");
				show_param(out, list_nth(params, intVal(lsecond(held))));
				appendStringInfoString(out, "))");
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
pds_pieces_shown(List *pieces, List *params)
{
	StringInfoData out;

	initStringInfo(&out);
	show_pieces(&out, pieces, params);
	return pg_any_to_server(out.data, out.len, PG_UTF8);
}
