/*
 * ship_table.c
 *	  Rows of the table of what is sent: found, their conditions asked, written.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "access/transam.h"
#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "nodes/nodeFuncs.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "fdw/base/int_datum.h"
#include "fdw/ship/session_zone.h"
#include "fdw/ship/ship_table.h"

/* ---- types ---- */

PdsFamily
pds_family_of(Oid typid)
{
	switch (typid)
	{
		case INT2OID:
		case INT4OID:
		case INT8OID:
			return FAMILY_INT;
		case NUMERICOID:
			return FAMILY_NUMERIC;
		case FLOAT4OID:
			return FAMILY_REAL;
		case FLOAT8OID:
			return FAMILY_DOUBLE;
		case TEXTOID:
		case VARCHAROID:
		case NAMEOID:			/* of the session: current_user */
		case UNKNOWNOID:		/* an argument of concat() */
			return FAMILY_TEXT;
		case BOOLOID:
			return FAMILY_BOOL;
		case DATEOID:
			return FAMILY_DATE;
		case TIMESTAMPOID:
			return FAMILY_TIMESTAMP;
		case TIMESTAMPTZOID:
			return FAMILY_TIMESTAMPTZ;
		case INTERVALOID:
			return FAMILY_INTERVAL;
		case BPCHAROID:
			return FAMILY_CHAR;
		case BYTEAOID:
			return FAMILY_BYTEA;
		case JSONOID:
		case JSONBOID:
			return FAMILY_JSON;
		default:
			return FAMILY_NONE;
	}
}

PdsShipValue
pds_value_of_type(Oid typid)
{
	PdsShipValue v = {.typid = typid, .same_scale = true};

	switch (typid)
	{
		case INT2OID:
			v.type = ATHENA_SMALLINT;
			v.lo = PG_INT16_MIN;
			v.hi = PG_INT16_MAX;
			v.whole = 5;
			break;
		case INT4OID:
			v.type = ATHENA_INTEGER;
			v.lo = PG_INT32_MIN;
			v.hi = PG_INT32_MAX;
			v.whole = 10;
			break;
		case INT8OID:
			v.type = ATHENA_BIGINT;
			v.lo = PG_INT64_MIN;
			v.hi = PG_INT64_MAX;
			v.whole = 19;
			break;
		case NUMERICOID:
			v.type = ATHENA_DECIMAL;
			v.whole = 38;
			break;
		case FLOAT4OID:
			v.type = ATHENA_REAL;
			v.nan = true;
			break;
		case FLOAT8OID:
			v.type = ATHENA_DOUBLE;
			v.nan = true;
			break;
		case TEXTOID:
		case VARCHAROID:
		case NAMEOID:
		case UNKNOWNOID:
			v.type = ATHENA_VARCHAR;
			break;
		case BOOLOID:
			v.type = ATHENA_BOOLEAN;
			break;
		case DATEOID:
			v.type = ATHENA_DATE;
			break;
		case TIMESTAMPOID:
			v.type = ATHENA_TIMESTAMP;
			break;
		case TIMESTAMPTZOID:
			v.type = ATHENA_TIMESTAMPTZ;
			break;
		default:
			break;
	}
	return v;
}

bool
pds_ship_is_integer(PdsAthenaType type)
{
	return type >= ATHENA_TINYINT && type <= ATHENA_SOME_INTEGER;
}

static const char *
athena_type_name(const PdsShipValue *v)
{
	static const char *const names[] = {
		[ATHENA_TINYINT] = "tinyint",
		[ATHENA_SMALLINT] = "smallint",
		[ATHENA_INTEGER] = "integer",
		[ATHENA_BIGINT] = "bigint",
		[ATHENA_SOME_INTEGER] = "bigint",
		[ATHENA_REAL] = "real",
		[ATHENA_DOUBLE] = "double",
		[ATHENA_VARCHAR] = "varchar",
		[ATHENA_BOOLEAN] = "boolean",
		[ATHENA_DATE] = "date",
		[ATHENA_TIMESTAMP] = "timestamp",
		[ATHENA_TIMESTAMPTZ] = "timestamp with time zone"
	};

	StaticAssertDecl(lengthof(names) == ATHENA_TIMESTAMPTZ + 1, "a type of Athena has no name");

	if (v->type == ATHENA_DECIMAL)
		return psprintf("decimal(%d,%d)", Max(v->whole + v->scale, 1), v->scale);
	Assert((unsigned) v->type < lengthof(names) && names[v->type] != NULL);
	return names[v->type];
}

const char *
pds_athena_null_type(Oid typid)
{
	PdsShipValue v = pds_value_of_type(typid);

	if (pds_ship_is_integer(v.type))
		return "bigint";
	return v.type == ATHENA_SAME ? NULL : athena_type_name(&v);
}

bool
pds_text_collation_ok(Oid collation, bool order)
{
	if (!OidIsValid(collation))
		return !order;
	/* Athena orders the bytes of UTF-8 */
	return order ? pds_collation_is_c(collation) && GetDatabaseEncoding() == PG_UTF8
		: get_collation_isdeterministic(collation);
}

static PdsSql *
cast_to(const PdsSql *sql, const PdsShipValue *wanted)
{
	PdsSql	   *cast = pds_sql_form("CAST($1 AS ", sql);

	pds_sql_addf(cast, "%s)", athena_type_name(wanted));
	return cast;
}

/* A value of the type that PostgreSQL has: its integer type, numerics as decimals. */
static const PdsSql *
as_type(const PdsShipValue *v, const Expr *e, const PdsSql *sql)
{
	PdsShipValue wanted = pds_value_of_type(v->typid);

	if (!pds_ship_is_integer(v->type))
		return sql;
	if (wanted.type == ATHENA_DECIMAL)
	{
		wanted.whole = v->whole;
		return cast_to(sql, &wanted);
	}
	if (v->type == wanted.type)
		return sql;
	if (e && IsA(e, Const) && !((const Const *) e)->constisnull)
	{
		PdsSql	   *constant = pds_sql_new();

		pds_sql_addf(constant, "%s '" INT64_FORMAT "'",
					 wanted.type == ATHENA_SMALLINT ? "SMALLINT" :
					 wanted.type == ATHENA_INTEGER ? "INTEGER" : "BIGINT", v->lo);
		return constant;
	}
	return cast_to(sql, &wanted);
}

/* ---- conditions that several tables use ---- */

bool
pds_check_inexact(PdsShipCall *call)
{
	int			relid = bms_next_member(call->cxt->relids, -1);
	const PdsRelInfo *info = NULL;

	if (relid >= 0)
		info = call->cxt->root->simple_rel_array[relid]->fdw_private;
	return info && info->conn && info->conn->options.allow_inexact;
}

bool
pds_check_utc(PdsShipCall *call)
{
	return pds_session_is_utc();
}

bool
pds_const_int(const PdsShipCall *call, int i, int64 *n)
{
	const Const *c = (const Const *) call->args[i];

	Assert(i < call->nargs);
	if (!IsA(c, Const) || c->constisnull || !pds_is_int(c->consttype))
		return false;
	*n = pds_int_of_datum(c->consttype, c->constvalue);
	return true;
}

char *
pds_const_text(const PdsShipCall *call, int i)
{
	const Const *c = (const Const *) pds_ship_strip(call->args[i]);

	Assert(i < call->nargs);
	if (!IsA(c, Const) || c->constisnull || pds_family_of(c->consttype) != FAMILY_TEXT)
		return NULL;
	return pds_text_of(c->constvalue, c->consttype);
}

/* ---- rows ---- */

static const PdsShipTable *
table_of(PdsShipKind kind)
{
	switch (kind)
	{
		case PDS_SHIP_OPERATOR:
			return &pds_ship_operators;
		case PDS_SHIP_FUNCTION:
			return &pds_ship_functions;
		case PDS_SHIP_CAST:
			return &pds_ship_casts;
		case PDS_SHIP_AGGREGATE:
			return &pds_ship_aggregates;
		case PDS_SHIP_WINDOW:
			return &pds_ship_windows;
		case PDS_SHIP_EXPRESSION:
			break;
	}
	return &pds_ship_expressions;
}

static bool
has_name(const char *names, const char *name)
{
	size_t		len = strlen(name);
	const char *p = names;

	for (;;)
	{
		const char *end = p + strcspn(p, ",");

		if ((size_t) (end - p) == len && memcmp(p, name, len) == 0)
			return true;
		if (*end == '\0')
			return false;
		p = end + 1;
	}
}

/* Are the types of the arguments those of one of the alternatives? */
static bool
has_args(const char *letters, List *args)
{
	const char *p = letters;

	for (;;)
	{
		ListCell   *lc;
		char		last = 0;
		bool		ok = true;

		foreach(lc, args)
		{
			char		family = pds_family_of(exprType(lfirst(lc)));

			if (*p && *p != '|' && *p != '+')
				last = *p++;
			else if (*p != '+')
				ok = false;
			ok = ok && (last == '*' || last == family);
		}
		if (*p == '+')
			p++;
		if (ok && (*p == '\0' || *p == '|'))
			return true;
		p += strcspn(p, "|");
		if (*p == '\0')
			return false;
		p++;
	}
}

/* values are compared as they are, nothing is computed of them */
static bool
is_raw(const PdsShipRow *row)
{
	return strstr(row->form, "%1") == NULL && strstr(row->form, "%2") == NULL;
}

/* the arguments, and what holds of any row with text or times */
static bool
write_args(PdsShipCall *call, List *args)
{
	ListCell   *lc;
	bool		text = false;

	if (list_length(args) > PDS_SHIP_ARGS)
		return false;
	call->nargs = 0;
	foreach(lc, args)
	{
		int			i = call->nargs++;

		call->args[i] = lfirst(lc);
		call->sql[i] = pds_ship_value_text(call->cxt, lfirst(lc), &call->values[i]);
		if (call->sql[i] == NULL)
		{
			/* an interval is looked at by the row's condition */
			if (!IsA(lfirst(lc), Const) || ((Const *) lfirst(lc))->constisnull ||
				((Const *) lfirst(lc))->consttype != INTERVALOID)
				return false;
			call->sql[i] = pds_sql_new();
		}
		if (call->values[i].micro && !is_raw(call->row))
			return false;
		text = text || pds_family_of(exprType(lfirst(lc))) == FAMILY_TEXT;

		/*
		 * there, arguments are computed for the rows that FILTER leaves out,
		 * too
		 */
		if (call->cxt->may_raise && call->row->kind == PDS_SHIP_AGGREGATE &&
			!pds_sql_is_empty(call->condition))
			call->sql[i] = pds_sql_form("CASE WHEN $1 THEN $2 END", call->condition, call->sql[i]);
	}
	if (!text || call->row->kind == PDS_SHIP_AGGREGATE)
		return true;
	if (!is_raw(call->row) && GetDatabaseEncoding() != PG_UTF8)
		return false;			/* characters are Unicode's there */
	return pds_text_collation_ok(call->collation, false);
}

static void
expand(PdsShipCall *call)
{
	PdsSql	   *buf = call->cxt->buf;
	const char *p;

	for (p = call->form; *p; p++)
	{
		if ((*p != '%' && *p != '$') || p[1] == '\0')
			appendStringInfoChar(pds_sql_text(buf), *p);
		else if (p[1] >= '1' && p[1] <= '9')
		{
			int			i = p[1] - '1';

			Assert(call->sql[i] != NULL);
			pds_sql_append(buf, *p == '$' ? call->sql[i] :
						   as_type(&call->values[i], call->args[i], call->sql[i]));
			p++;
		}
		else
		{
			switch (*++p)
			{
				case 'o':
					pds_sql_add(buf, call->name);
					break;
				case 't':
					pds_sql_add(buf, athena_type_name(&call->result));
					break;
				case 'D':
					pds_sql_add(buf, call->aggref->aggdistinct ? "DISTINCT " : "");
					break;
				case 'F':
					pds_sql_append(buf, call->filter);
					break;
				default:
					appendStringInfoChar(pds_sql_text(buf), *p);
					break;
			}
		}
	}
}

const PdsShipRow *
pds_ship_find_row(PdsShipKind kind, const char *name, List *args)
{
	const PdsShipTable *table = table_of(kind);
	int			i;

	for (i = 0; i < table->nrows; i++)
		if (has_name(table->rows[i].names, name) && has_args(table->rows[i].args, args))
			return &table->rows[i];
	return NULL;
}

bool
pds_ship_call(PdsShipCall *call, PdsShipKind kind, List *args, Oid result)
{
	const PdsShipTable *table = table_of(kind);
	const PdsShipContext before = *call->cxt;
	int			i;

	for (i = 0; i < table->nrows; i++)
	{
		const PdsShipRow *row = &table->rows[i];

		if (!has_name(row->names, call->name) || !has_args(row->args, args))
			continue;
		if (row->form == NULL)
			return false;
		call->row = row;
		call->form = row->form;
		call->parts = false;
		call->result = pds_value_of_type(result);
		if (write_args(call, args) && (row->check == NULL || row->check(call)) &&
			(call->result.type != ATHENA_DECIMAL ||
			 call->result.whole + call->result.scale <= 38))
		{
			if (row->returns != ATHENA_SAME)
				call->result.type = row->returns;
			if (call->result.type != ATHENA_SAME)
			{
				expand(call);
				return true;
			}
		}
		call->cxt->has_param = before.has_param;
		call->cxt->may_raise = before.may_raise;
		call->cxt->other_error = before.other_error;
	}
	return false;
}

bool
pds_ship_row(PdsShipContext *cxt, PdsShipKind kind, const char *name, List *args, Oid collation,
			 Oid result, PdsShipValue *v)
{
	PdsShipCall call = {
		.cxt = cxt, .name = name, .collation = collation, .condition = pds_sql_new(),
		.filter = pds_sql_new()
	};

	if (!pds_ship_call(&call, kind, args, result))
		return false;
	if (v)
		*v = call.result;
	return true;
}
