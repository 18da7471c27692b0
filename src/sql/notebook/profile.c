/*
 * profile.c
 *	  pds.profile: what is in the columns of a table.
 *
 * One query of plain aggregates over all columns (count, count distinct, min,
 * max, avg, stddev), which may be answered elsewhere; and one more for the most
 * frequent values of columns that repeat themselves.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "access/relation.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "mb/pg_wchar.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/typcache.h"

#include "fdw/direct/direct_scan.h"
#include "sql/base/functions.h"

PG_FUNCTION_INFO_V1(pds_profile);

/* columns of one query: PostgreSQL's select lists end at 1,664 entries */
#define MAX_COLUMNS 200
/* columns with more different values get no "top" */
#define MAX_TOP_VALUES 10000
/* characters of a value that are shown */
#define SHOWN_CHARACTERS 100
#define FETCH_ROWS 10000

/* results of the first query for each column, in this order */
enum
{
	ItemFilled, ItemEmpty, ItemDistinct, ItemMin, ItemMax, ItemMean, ItemStddev, ItemsPerColumn
};

typedef struct ProfileColumn
{
	AttrNumber	attnum;
	char	   *name;			/* quoted */
	Oid			type;			/* base type */
	char	   *item[ItemsPerColumn];	/* NULL: SQL NULL */
	char	   *top;
	int64		top_count;
} ProfileColumn;

typedef struct Profile
{
	Oid			relid;
	char	   *relation;		/* qualified and quoted */
	ProfileColumn *columns;
	int			n;
	char	   *rows;
	MemoryContext cxt;
} Profile;

/* ---- columns ---- */

static void
add_column(Profile *p, Form_pg_attribute att)
{
	ProfileColumn *c = &p->columns[p->n++];

	c->attnum = att->attnum;
	c->name = pstrdup(quote_identifier(NameStr(att->attname)));
	c->type = getBaseType(att->atttypid);
}

static void
find_columns(Profile *p, ArrayType *wanted)
{
	Relation	rel = relation_open(p->relid, AccessShareLock);
	TupleDesc	desc = RelationGetDescr(rel);
	int			i;

	p->relation = pstrdup(quote_qualified_identifier(get_namespace_name(RelationGetNamespace(rel)),
													 RelationGetRelationName(rel)));
	p->columns = palloc0(Max(desc->natts, 1) * sizeof(ProfileColumn));
	if (wanted == NULL)
	{
		for (i = 0; i < desc->natts; i++)
			if (!TupleDescAttr(desc, i)->attisdropped)
				add_column(p, TupleDescAttr(desc, i));
	}
	else
	{
		Datum	   *names;
		bool	   *nulls;
		int			n;

		deconstruct_array(wanted, NAMEOID, NAMEDATALEN, false, TYPALIGN_CHAR, &names, &nulls, &n);
		if (n > desc->natts)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("more columns are named than relation \"%s\" has",
							RelationGetRelationName(rel))));
		for (i = 0; i < n; i++)
		{
			AttrNumber	attnum = nulls[i] ? InvalidAttrNumber
				: get_attnum(p->relid, NameStr(*DatumGetName(names[i])));

			if (attnum <= 0)
				ereport(ERROR,
						(errcode(ERRCODE_UNDEFINED_COLUMN),
						 errmsg("column \"%s\" of relation \"%s\" does not exist",
								nulls[i] ? "NULL" : NameStr(*DatumGetName(names[i])),
								RelationGetRelationName(rel))));
			add_column(p, TupleDescAttr(desc, attnum - 1));
		}
	}
	relation_close(rel, AccessShareLock);
}

/* types with sums and means */
static bool
is_profile_number(Oid type)
{
	switch (type)
	{
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case FLOAT4OID:
		case FLOAT8OID:
		case NUMERICOID:
			return true;
		default:
			return false;
	}
}

/*
 * Only of the server's own types: a cast that the owner of a type has made would run with the
 * rights of whoever looks at the table.
 */
static bool
is_time(Oid type)
{
	switch (type)
	{
		case DATEOID:
		case TIMEOID:
		case TIMETZOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
		case INTERVALOID:
			return true;
		default:
			return false;
	}
}

static bool
is_profile_text(Oid type)
{
	return type == TEXTOID || type == VARCHAROID || type == BPCHAROID;
}

static bool
sortable(Oid type)
{
	TypeCacheEntry *e = lookup_type_cache(type, TYPECACHE_EQ_OPR | TYPECACHE_LT_OPR);

	return OidIsValid(e->eq_opr) && OidIsValid(e->lt_opr);
}

/* ---- the first query ---- */

static void
append_items(StringInfo sql, const ProfileColumn *c)
{
	bool		number = is_profile_number(c->type);
	bool		ordered = number || is_profile_text(c->type) || is_time(c->type);

	appendStringInfo(sql, ", count(%s)", c->name);
	if (is_profile_text(c->type))
		appendStringInfo(sql, ", count(*) FILTER (WHERE %s = '')", c->name);
	else
		appendStringInfoString(sql, ", NULL");
	if (sortable(c->type))
		appendStringInfo(sql, ", count(DISTINCT %s)", c->name);
	else
		appendStringInfoString(sql, ", NULL");
	if (c->type == BOOLOID)
		appendStringInfo(sql, ", bool_and(%s)::text, bool_or(%s)::text", c->name, c->name);
	else if (ordered)
		appendStringInfo(sql, ", left(min(%s)::text, %d), left(max(%s)::text, %d)", c->name,
						 SHOWN_CHARACTERS, c->name, SHOWN_CHARACTERS);
	else
		appendStringInfoString(sql, ", NULL, NULL");
	if (number)
		appendStringInfo(sql, ", avg(%s)::double precision, stddev_samp(%s)::double precision",
						 c->name, c->name);
	else
		appendStringInfoString(sql, ", NULL, NULL");
}

static char *
copy_value(Profile *p, SPITupleTable *table, uint64 row, int column)
{
	char	   *text = SPI_getvalue(table->vals[row], table->tupdesc, column);

	return text ? MemoryContextStrdup(p->cxt, text) : NULL;
}

static void
count_columns(Profile *p, int from, int to)
{
	StringInfoData sql;
	int			i;
	int			k;

	initStringInfo(&sql);
	appendStringInfoString(&sql, "SELECT count(*)");
	for (i = from; i < to; i++)
		append_items(&sql, &p->columns[i]);
	appendStringInfo(&sql, " FROM %s", p->relation);
	if (SPI_execute(sql.data, true, 0) != SPI_OK_SELECT || SPI_processed != 1)
		elog(ERROR, "the query of pds.profile gave no row");
	p->rows = copy_value(p, SPI_tuptable, 0, 1);
	for (i = from; i < to; i++)
		for (k = 0; k < ItemsPerColumn; k++)
			p->columns[i].item[k] = copy_value(p, SPI_tuptable, 0,
											   2 + (i - from) * ItemsPerColumn + k);
	SPI_freetuptable(SPI_tuptable);
}

/* ---- the most frequent values ---- */

static int64
item_number(const ProfileColumn *c, int item)
{
	return c->item[item] ? strtoll(c->item[item], NULL, 10) : 0;
}

/* a column whose values come again, and are few enough to be counted each */
static bool
has_top(const ProfileColumn *c)
{
	int64		distinct = item_number(c, ItemDistinct);

	return distinct > 0 && distinct <= MAX_TOP_VALUES && distinct < item_number(c, ItemFilled);
}

static void
take_top(Profile *p, HeapTuple tup, TupleDesc desc, int *numbers, int n)
{
	bool		isnull;
	int64		count = DatumGetInt64(SPI_getbinval(tup, desc, 1, &isnull));
	ProfileColumn *c;
	char	   *text;
	int			i;

	/*
	 * the grouping set that this row belongs to: the one whose column is
	 * grouped by
	 */
	for (i = 0; i < n; i++)
		if (DatumGetInt32(SPI_getbinval(tup, desc, 2 + 2 * i, &isnull)) == 0)
			break;
	if (i == n)
		return;
	c = &p->columns[numbers[i]];
	text = SPI_getvalue(tup, desc, 3 + 2 * i);
	if (text)
		text[pg_mbcharcliplen(text, (int) strlen(text), SHOWN_CHARACTERS)] = '\0';
	if (text == NULL || count < c->top_count ||
		(count == c->top_count && c->top && strcmp(text, c->top) >= 0))
		return;
	c->top_count = count;
	c->top = MemoryContextStrdup(p->cxt, text);
}

static void
find_top(Profile *p, int from, int to)
{
	StringInfoData sql;
	StringInfoData sets;
	int		   *numbers = palloc((to - from + 1) * sizeof(int));
	Portal		portal;
	int			n = 0;
	int			i;
	uint64		row;

	initStringInfo(&sql);
	initStringInfo(&sets);
	appendStringInfoString(&sql, "SELECT count(*)");
	for (i = from; i < to; i++)
	{
		const ProfileColumn *c = &p->columns[i];

		if (!has_top(c))
			continue;
		if (is_profile_text(c->type))
			appendStringInfo(&sql, ", grouping(%s), left(%s::text, %d)", c->name, c->name,
							 SHOWN_CHARACTERS);
		else
			appendStringInfo(&sql, ", grouping(%s), %s%s", c->name, c->name,
							 pds_text_cast(c->type));
		appendStringInfo(&sets, "%s(%s)", n ? ", " : "", c->name);
		numbers[n++] = i;
	}
	if (n == 0)
		return;
	appendStringInfo(&sql, " FROM %s GROUP BY GROUPING SETS (%s)", p->relation, sets.data);
	portal = SPI_cursor_open_with_args(NULL, sql.data, 0, NULL, NULL, NULL, true, 0);
	for (;;)
	{
		SPI_cursor_fetch(portal, true, FETCH_ROWS);
		if (SPI_processed == 0)
			break;
		for (row = 0; row < SPI_processed; row++)
			take_top(p, SPI_tuptable->vals[row], SPI_tuptable->tupdesc, numbers, n);
		SPI_freetuptable(SPI_tuptable);
	}
	SPI_cursor_close(portal);
}

/* ---- result ---- */

static void
set_profile_text(Datum *value, bool *isnull, const char *text)
{
	*isnull = text == NULL;
	if (text)
		*value = CStringGetTextDatum(text);
}

static void
set_number(Datum *value, bool *isnull, bool known, int64 number)
{
	*isnull = !known;
	*value = Int64GetDatum(number);
}

static void
set_double(Datum *value, bool *isnull, const char *text)
{
	*isnull = text == NULL;
	if (text)
		*value = DirectFunctionCall1(float8in, CStringGetDatum(text));
}

static void
give_column(Profile *p, const ProfileColumn *c, const PdsMalformedWatch *watch, PdsResult *result)
{
	Datum		v[14];
	bool		nulls[14];
	int64		rows = strtoll(p->rows, NULL, 10);
	int64		filled = item_number(c, ItemFilled);
	char	   *name = get_attname(p->relid, c->attnum, false);

	v[0] = DirectFunctionCall1(namein, CStringGetDatum(name));
	nulls[0] = false;
	set_profile_text(&v[1], &nulls[1], format_type_be(get_atttype(p->relid, c->attnum)));
	set_number(&v[2], &nulls[2], true, rows);
	set_number(&v[3], &nulls[3], true, rows - filled);
	set_number(&v[4], &nulls[4], c->item[ItemEmpty] != NULL, item_number(c, ItemEmpty));
	set_number(&v[5], &nulls[5], watch->seen, watch->counts[c->attnum - 1]);
	set_number(&v[6], &nulls[6], c->item[ItemDistinct] != NULL, item_number(c, ItemDistinct));
	set_number(&v[7], &nulls[7], c->item[ItemDistinct] != NULL,
			   filled - item_number(c, ItemDistinct));
	set_profile_text(&v[8], &nulls[8], c->top);
	set_number(&v[9], &nulls[9], c->top != NULL, c->top_count);
	set_profile_text(&v[10], &nulls[10], c->item[ItemMin]);
	set_profile_text(&v[11], &nulls[11], c->item[ItemMax]);
	set_double(&v[12], &nulls[12], c->item[ItemMean]);
	set_double(&v[13], &nulls[13], c->item[ItemStddev]);
	pds_result_row(result, lengthof(v), v, nulls);
}

/* (relation, columns) */
Datum
pds_profile(PG_FUNCTION_ARGS)
{
	PdsResult	result;
	Profile		p = {0};
	PdsMalformedWatch watch = {0};
	int			from;
	int			i;

	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("relation must not be NULL")));
	pds_result_begin(fcinfo, &result);
	p.relid = PG_GETARG_OID(0);
	p.cxt = CurrentMemoryContext;
	find_columns(&p, PG_ARGISNULL(1) ? NULL : PG_GETARG_ARRAYTYPE_P(1));
	watch.relid = p.relid;
	watch.counts = palloc0(MaxHeapAttributeNumber * sizeof(int64));
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	for (from = 0; from < p.n; from += MAX_COLUMNS)
	{
		int			to = Min(from + MAX_COLUMNS, p.n);

		PG_TRY();
		{
			pds_malformed_watch = &watch;
			count_columns(&p, from, to);
		}
		PG_FINALLY();
		{
			pds_malformed_watch = NULL;
		}
		PG_END_TRY();
		find_top(&p, from, to);
	}
	SPI_finish();
	for (i = 0; i < p.n; i++)
		give_column(&p, &p.columns[i], &watch, &result);
	PG_RETURN_NULL();
}
