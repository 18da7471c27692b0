/*
 * catalog_statistics.c
 *	  A foreign table's statistics as Glue has them: nulls, distinct values, the
 *	  smallest and largest one, lengths.
 *
 * ANALYZE takes them with the option analyze_from, and where a table cannot be
 * sampled.  From 18 on the server's own functions put them into pg_statistic;
 * before, this file does what its ANALYZE does.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include <math.h>

#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/indexing.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_statistic.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

#include "core/glue/glue.h"
#include "core/glue/glue_statistics.h"
#include "fdw/base/error_map.h"
#include "fdw/direct/catalog_statistics.h"
#include "fdw/plan/estimate.h"

/*
 * with more partitions that have statistics of their own, a sample is cheaper
 * than asking for each
 */
#define MAX_PARTITIONS 100
/* as ANALYZE: more distinct values than this share of the rows grow with the table */
#define GROWING_SHARE 0.1

typedef struct ColumnStatistics
{
	bool		known;
	double		rows;			/* of the parts that are known */
	double		nulls;
	double		distinct;		/* -1: not known, as below */
	double		bytes;			/* of all texts */
	double		trues;
	double		falses;
	char	   *minimum;		/* NULL: not known */
	char	   *maximum;
} ColumnStatistics;

struct PdsCatalogStatistics
{
	const PdsTable *table;
	double		rows;
	double		part_rows;		/* of the table or partition that is asked for */
	int			nknown;
	ColumnStatistics *columns;	/* natts */
};

/* ---- asking ---- */

/* dates are as long as each other; numbers are compared as numbers */
static bool
statistics_less(const PdsColumn *c, const char *a, const char *b)
{
	return c->typid == DATEOID ? strcmp(a, b) < 0 : strtod(a, NULL) < strtod(b, NULL);
}

/* called from the core */
static void
add_column_statistics(void *arg, const PdsGlueStatistics *g)
{
	PdsCatalogStatistics *s = arg;
	int			i;

	for (i = 0; i < s->table->natts; i++)
	{
		const PdsColumn *c = &s->table->columns[i];
		ColumnStatistics *to = &s->columns[i];

		if (c->name == NULL || strcmp(c->name, g->column) != 0 || g->nulls < 0)
			continue;
		s->nknown += to->known ? 0 : 1;
		to->rows += s->part_rows;
		to->nulls += Min(g->nulls, s->part_rows);

		/*
		 * values of one partition may be those of another: at least the
		 * largest number
		 */
		to->distinct = to->known ? to->distinct < 0 ? -1 : Max(to->distinct, g->distinct) : g->distinct;
		to->bytes += g->average_length > 0 ? g->average_length * Max(s->part_rows - g->nulls, 0)
			: 0;
		to->trues += Max(g->trues, 0);
		to->falses += Max(g->falses, 0);
		if (g->minimum[0] && (to->minimum == NULL || statistics_less(c, g->minimum, to->minimum)))
			to->minimum = pstrdup(g->minimum);
		if (g->maximum[0] && (to->maximum == NULL || statistics_less(c, to->maximum, g->maximum)))
			to->maximum = pstrdup(g->maximum);
		to->known = true;
	}
}

/* rows as parameters of a table or partition have it; 0: they do not */
static double
counted_rows(const PdsProperties *p)
{
	const char *text = pds_property(p, "recordCount");
	double		rows;

	if (text == NULL)
		text = pds_property(p, "numRows");
	rows = text ? strtod(text, NULL) : 0;
	return rows > 0 && rows < 1e15 ? rows : 0;
}

typedef struct CountedPartitions
{
	PdsGluePartition *items[MAX_PARTITIONS];
	int			n;
	bool		too_many;
} CountedPartitions;

/* called from the core */
static bool
keep_counted(void *arg, PdsGluePartition *p)
{
	CountedPartitions *all = arg;

	if (all->n < MAX_PARTITIONS)
	{
		all->items[all->n++] = p;
		return true;
	}
	all->too_many = true;
	pds_glue_partition_free(p);
	return false;
}

static bool
ask_partitions(PdsCatalogStatistics *s, PdsAws *aws, const char *catalog, const char **names, int n,
			   PdsError *err)
{
	const PdsGlueTable *t = s->table->glue;
	CountedPartitions all = {0};
	bool		ok;
	int			i;

	ok = pds_glue_get_partitions(aws, catalog, t->database, t->name, NULL, 1, keep_counted, &all,
								 err);
	for (i = 0; i < all.n; i++)
	{
		PdsGluePartition *p = all.items[i];

		s->part_rows = counted_rows(&p->parameters);
		if (ok && !all.too_many && s->part_rows > 0)
		{
			s->rows += s->part_rows;
			ok = pds_glue_get_statistics(aws, catalog, t->database, t->name, p->values, p->nvalues,
										 names, n, add_column_statistics, s, err);
		}
		pds_glue_partition_free(p);
	}
	return ok;
}

PdsCatalogStatistics *
pds_catalog_statistics(const PdsTable *table, PdsConnection *conn)
{
	const PdsGlueTable *t = table->glue;
	PdsCatalogStatistics *s;
	const char *catalog;
	const char **names;
	PdsAws	   *aws;
	PdsError	err;
	int			n = 0;
	int			i;
	bool		ok;

	if (t == NULL)
		return NULL;
	s = palloc0(sizeof(*s));
	s->table = table;
	s->columns = palloc0(Max(table->natts, 1) * sizeof(ColumnStatistics));
	names = palloc(Max(table->natts, 1) * sizeof(char *));
	for (i = 0; i < table->natts; i++)
		if (table->columns[i].name && table->columns[i].key < 0 &&
			!pds_is_pseudo(&table->columns[i]))
			names[n++] = table->columns[i].name;
	pds_error_clear(&err);
	aws = pds_aws_in_region(conn->aws, t->region, &err);
	if (aws == NULL)
		pds_raise(&err);
	catalog = t->catalog_id ? t->catalog_id : conn->options.catalog_id;
	s->rows = s->part_rows = counted_rows(&t->parameters);
	ok = s->rows <= 0 ||
		pds_glue_get_statistics(aws, catalog, t->database, t->name, NULL, 0, names, n,
								add_column_statistics, s, &err);
	if (ok && s->nknown == 0 && t->npartition_keys > 0)
	{
		s->rows = 0;
		ok = ask_partitions(s, aws, catalog, names, n, &err);
	}
	/* who did not ask for them can do without */
	if (!ok &&
		(table->options.analyze_from == PDS_ANALYZE_CATALOG || err.kind == PDS_ERR_CANCELLED))
		pds_raise(&err);
	return ok && s->rows > 0 && s->nknown > 0 ? s : NULL;
}

int
pds_catalog_statistics_columns(const PdsCatalogStatistics *s)
{
	return s->nknown;
}

double
pds_catalog_statistics_rows(const PdsCatalogStatistics *s)
{
	return s->rows;
}

/* ---- as PostgreSQL's ---- */

typedef struct AttributeStatistics
{
	float4		null_frac;
	int32		width;
	float4		distinct;
	ArrayType  *common;			/* values, NULL: none are known */
	ArrayType  *frequencies;
	ArrayType  *bounds;			/* of a histogram */
} AttributeStatistics;

/* a value of the catalog as one of the column's type; false: none that it can have */
static bool
statistics_value(const PdsColumn *c, const char *text, Datum *value)
{
	double		number = strtod(text, NULL);
	Oid			input;
	Oid			param;

	switch (c->typid)
	{
		case INT2OID:
		case INT4OID:
		case INT8OID:
			if (number < (c->typid == INT2OID ? PG_INT16_MIN : c->typid == INT4OID ? PG_INT32_MIN : -9e18) ||
				number > (c->typid == INT2OID ? PG_INT16_MAX : c->typid == INT4OID ? PG_INT32_MAX : 9e18) ||
				number != rint(number))
				return false;
			text = psprintf("%.0f", number);
			break;
		case FLOAT4OID:
			if (fabs(number) > 3e38)
				return false;
			break;
		case FLOAT8OID:
			break;
		case NUMERICOID:
			if (strlen(text) != strspn(text, "-0123456789.") || fabs(number) >= 1e38)
				return false;
			break;
		case DATEOID:
			/* years of four digits: nothing for date_in to refuse */
			if (strlen(text) != 10)
				return false;
			break;
		default:
			return false;
	}
	getTypeInputInfo(c->typid, &input, &param);
	*value = OidInputFunctionCall(input, pstrdup(text), param, -1);
	return true;
}

static ArrayType *
values_array(const PdsColumn *c, Datum *values, int n)
{
	int16		len;
	bool		byval;
	char		align;

	get_typlenbyvalalign(c->typid, &len, &byval, &align);
	return construct_array(values, n, c->typid, len, byval, align);
}

static void
attribute_statistics(const PdsColumn *c, const ColumnStatistics *s, AttributeStatistics *a)
{
	double		there = Max(s->rows - s->nulls, 0);
	double		distinct = Min(s->distinct, there);
	int16		len = get_typlen(c->typid);
	Datum		values[2];

	memset(a, 0, sizeof(*a));
	a->null_frac = (float4) (s->nulls / s->rows);
	a->width = len > 0 ? len : s->bytes > 0 && there > 0 ? (int32) Min(s->bytes / there + 1, MaxAllocSize)
		: get_typavgwidth(c->typid, -1);
	if (c->typid == BOOLOID && s->trues + s->falses > 0)
	{
		Datum		frequencies[2];
		double		most = Max(s->trues, s->falses);

		/* most common first */
		values[0] = BoolGetDatum(s->trues >= s->falses);
		values[1] = BoolGetDatum(s->trues < s->falses);
		frequencies[0] = Float4GetDatum((float4) (most / s->rows));
		frequencies[1] = Float4GetDatum((float4) ((s->trues + s->falses - most) / s->rows));
		distinct = s->trues > 0 && s->falses > 0 ? 2 : 1;
		a->common = values_array(c, values, (int) distinct);
		a->frequencies = construct_array(frequencies, (int) distinct, FLOAT4OID, sizeof(float4),
										 true, TYPALIGN_INT);
	}
	if (distinct > 0)
		a->distinct = (float4) (distinct > GROWING_SHARE * s->rows ? -Min(distinct / s->rows, 1)
								: distinct);
	if (s->minimum && s->maximum && statistics_less(c, s->minimum, s->maximum) &&
		statistics_value(c, s->minimum, &values[0]) && statistics_value(c, s->maximum, &values[1]))
		a->bounds = values_array(c, values, 2);
}

#if PDS_HAS_RESTORE_STATS
/* arguments of pg_restore_attribute_stats; NULL: that is not known */
static void
store_attribute(Relation rel, const PdsColumn *c, AttrNumber attnum, const AttributeStatistics *a)
{
	static const char *const sql =
		"SELECT pg_catalog.pg_restore_attribute_stats('schemaname', $1, 'relname', $2, 'attnum', $3, "
		"'inherited', false, 'version', pg_catalog.current_setting('server_version_num')::integer, "
		"'null_frac', $4, 'avg_width', $5, 'n_distinct', $6, 'most_common_vals', $7, "
		"'most_common_freqs', $8, 'histogram_bounds', $9)";
	Oid			types[] = {TEXTOID, TEXTOID, INT2OID, FLOAT4OID, INT4OID, FLOAT4OID, TEXTOID,
	FLOAT4ARRAYOID, TEXTOID};
	char		nulls[] = "         ";
	Datum		values[9];
	Oid			out;
	bool		varlena;

	getTypeOutputInfo(get_array_type(c->typid), &out, &varlena);
	values[0] = CStringGetTextDatum(get_namespace_name(RelationGetNamespace(rel)));
	values[1] = CStringGetTextDatum(RelationGetRelationName(rel));
	values[2] = Int16GetDatum(attnum);
	values[3] = Float4GetDatum(a->null_frac);
	values[4] = Int32GetDatum(a->width);
	values[5] = Float4GetDatum(a->distinct);
	nulls[6] = nulls[7] = a->common ? ' ' : 'n';
	values[6] = a->common
		? CStringGetTextDatum(OidOutputFunctionCall(out, PointerGetDatum(a->common))) : (Datum) 0;
	values[7] = a->common ? PointerGetDatum(a->frequencies) : (Datum) 0;
	nulls[8] = a->bounds ? ' ' : 'n';
	values[8] = a->bounds
		? CStringGetTextDatum(OidOutputFunctionCall(out, PointerGetDatum(a->bounds))) : (Datum) 0;
	if (SPI_execute_with_args(sql, lengthof(types), types, values, nulls, false,
							  1) != SPI_OK_SELECT)
		elog(ERROR, "statistics of column \"%s\" cannot be stored", c->name);
}

void
pds_store_size(Relation rel, double rows, BlockNumber pages)
{
	static const char *const sql =
		"SELECT pg_catalog.pg_restore_relation_stats('schemaname', $1, 'relname', $2, "
		"'version', pg_catalog.current_setting('server_version_num')::integer, "
		"'relpages', $3, 'reltuples', $4)";
	Oid			types[] = {TEXTOID, TEXTOID, INT4OID, FLOAT4OID};
	Datum		values[4];

	values[0] = CStringGetTextDatum(get_namespace_name(RelationGetNamespace(rel)));
	values[1] = CStringGetTextDatum(RelationGetRelationName(rel));
	values[2] = Int32GetDatum((int32) pages);
	values[3] = Float4GetDatum((float4) rows);
	if (SPI_connect() != SPI_OK_CONNECT ||
		SPI_execute_with_args(sql, lengthof(types), types, values, NULL, false, 1) != SPI_OK_SELECT)
		elog(ERROR, "statistics of table \"%s\" cannot be stored", RelationGetRelationName(rel));
	SPI_finish();
}
#else
void
pds_store_size(Relation rel, double rows, BlockNumber pages)
{
	/* ANALYZE does */
}

/* what update_attstats() in analyze.c does */
static void
store_attribute(Relation rel, const PdsColumn *c, AttrNumber attnum, const AttributeStatistics *a)
{
	Relation	statistic = table_open(StatisticRelationId, RowExclusiveLock);
	TypeCacheEntry *type = lookup_type_cache(c->typid, TYPECACHE_EQ_OPR | TYPECACHE_LT_OPR);
	Oid			collation = TupleDescAttr(RelationGetDescr(rel), attnum - 1)->attcollation;
	Datum		values[Natts_pg_statistic] = {0};
	bool		nulls[Natts_pg_statistic] = {false};
	bool		replaces[Natts_pg_statistic];
	HeapTuple	old;
	HeapTuple	tuple;
	int			slot = 0;
	int			i;

	for (i = 0; i < Natts_pg_statistic; i++)
		replaces[i] = true;
	for (i = 0; i < STATISTIC_NUM_SLOTS; i++)
	{
		nulls[Anum_pg_statistic_stanumbers1 - 1 + i] = true;
		nulls[Anum_pg_statistic_stavalues1 - 1 + i] = true;
	}
	values[Anum_pg_statistic_starelid - 1] = ObjectIdGetDatum(RelationGetRelid(rel));
	values[Anum_pg_statistic_staattnum - 1] = Int16GetDatum(attnum);
	values[Anum_pg_statistic_stainherit - 1] = BoolGetDatum(false);
	values[Anum_pg_statistic_stanullfrac - 1] = Float4GetDatum(a->null_frac);
	values[Anum_pg_statistic_stawidth - 1] = Int32GetDatum(a->width);
	values[Anum_pg_statistic_stadistinct - 1] = Float4GetDatum(a->distinct);
	if (a->common && OidIsValid(type->eq_opr))
	{
		values[Anum_pg_statistic_stakind1 - 1 + slot] = Int16GetDatum(STATISTIC_KIND_MCV);
		values[Anum_pg_statistic_staop1 - 1 + slot] = ObjectIdGetDatum(type->eq_opr);
		values[Anum_pg_statistic_stacoll1 - 1 + slot] = ObjectIdGetDatum(collation);
		values[Anum_pg_statistic_stanumbers1 - 1 + slot] = PointerGetDatum(a->frequencies);
		values[Anum_pg_statistic_stavalues1 - 1 + slot] = PointerGetDatum(a->common);
		nulls[Anum_pg_statistic_stanumbers1 - 1 + slot] = nulls[Anum_pg_statistic_stavalues1 - 1 + slot] = false;
		slot++;
	}
	if (a->bounds && OidIsValid(type->lt_opr))
	{
		values[Anum_pg_statistic_stakind1 - 1 + slot] = Int16GetDatum(STATISTIC_KIND_HISTOGRAM);
		values[Anum_pg_statistic_staop1 - 1 + slot] = ObjectIdGetDatum(type->lt_opr);
		values[Anum_pg_statistic_stacoll1 - 1 + slot] = ObjectIdGetDatum(collation);
		values[Anum_pg_statistic_stavalues1 - 1 + slot] = PointerGetDatum(a->bounds);
		nulls[Anum_pg_statistic_stavalues1 - 1 + slot] = false;
	}
	old = SearchSysCache3(STATRELATTINH, ObjectIdGetDatum(RelationGetRelid(rel)),
						  Int16GetDatum(attnum), BoolGetDatum(false));
	if (HeapTupleIsValid(old))
	{
		tuple = heap_modify_tuple(old, RelationGetDescr(statistic), values, nulls, replaces);
		ReleaseSysCache(old);
		CatalogTupleUpdate(statistic, &tuple->t_self, tuple);
	}
	else
	{
		tuple = heap_form_tuple(RelationGetDescr(statistic), values, nulls);
		CatalogTupleInsert(statistic, tuple);
	}
	heap_freetuple(tuple);
	table_close(statistic, RowExclusiveLock);
}
#endif

void
pds_store_statistics(Relation rel, const PdsTable *table, const PdsCatalogStatistics *s,
					 List *columns)
{
	int			i;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	for (i = 0; i < table->natts; i++)
	{
		AttributeStatistics a;

		if (!s->columns[i].known || (columns != NIL && !list_member_int(columns, i + 1)))
			continue;
		attribute_statistics(&table->columns[i], &s->columns[i], &a);
		store_attribute(rel, &table->columns[i], i + 1, &a);
	}
	SPI_finish();
}
