/*
 * estimate.c
 *	  Rows of a table: from ANALYZE, from statistics in Glue, from the sizes of objects
 *	  and of their first records.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "optimizer/optimizer.h"
#include "utils/lsyscache.h"

#include "fdw/plan/estimate.h"
#include "fdw/plan/key_statistics.h"
#include "fdw/plan/record_bytes.h"

/* of types whose values are about equally long; else 0 */
static int
known_width(Oid typid)
{
	switch (typid)
	{
		case BOOLOID:
			return 5;
		case INT2OID:
			return 3;
		case INT4OID:
			return 6;
		case INT8OID:
			return 9;
		case FLOAT4OID:
		case NUMERICOID:
			return 8;
		case FLOAT8OID:
			return 12;
		case DATEOID:
			return 10;
		case TIMESTAMPOID:
			return 22;
		default:
			return 0;
	}
}

int
pds_text_width(Oid typid, int32 typmod)
{
	int			width = known_width(typid);

	return width > 0 ? width : get_typavgwidth(typid, typmod);
}

/* whether records have it */
static bool
is_stored(const PdsColumn *c)
{
	return c->name && c->key < 0 && !pds_is_pseudo(c);
}

double
pds_text_share(const PdsTable *t, double record_bytes)
{
	double		left = record_bytes - 1;
	int			sharing = 0;
	int			i;

	for (i = 0; i < t->natts; i++)
	{
		int			width = is_stored(&t->columns[i]) ? known_width(t->columns[i].typid) : -1;

		left -= width + 1;
		sharing += width == 0;
	}
	return Max(left / Max(sharing, 1), 1);
}

double
pds_column_width(const PdsTable *t, const PdsColumn *c, double text_share)
{
	int			width = known_width(c->typid);

	if (width <= 0)
		width = get_attavgwidth(t->relid, (AttrNumber) (c - t->columns + 1));
	if (width > 0)
		return width;
	return is_stored(c) && text_share > 0 ? text_share : get_typavgwidth(c->typid, c->typmod);
}

/* a number of the table's parameters; 0: it is not there, or none */
static double
parameter(const PdsTable *t, const char *name)
{
	const char *text = t->glue ? pds_property(&t->glue->parameters, name) : NULL;
	double		value = text ? strtod(text, NULL) : 0;

	return value > 0 && value < 1e18 ? value : 0;
}

static double
bytes_per_record(const PdsTable *t, PdsConnection *conn, const PdsObjectSet *set)
{
	double		width = parameter(t, "averageRecordSize");	/* the crawler's
															 * (doc/dev/aws.md
															 * §5.2) */
	int			i;

	if (width <= 0)
		width = pds_measured_record_bytes(conn, t, set);
	if (width > 0)
		return width;
	for (width = 1, i = 0; i < t->natts; i++)
		if (is_stored(&t->columns[i]))
			width += 1 + pds_text_width(t->columns[i].typid, t->columns[i].typmod);
	return width;
}

/*
 * Rows by stored byte that the catalog tells, 0: it does not.  Both numbers of a pair
 * are of the same moment, so their ratio stays true when objects are added.
 */
static double
catalog_density(const PdsTable *t)
{
	double		rows = parameter(t, "recordCount");
	double		bytes = parameter(t, "sizeKey");

	if (rows <= 0 || bytes <= 0)
	{
		/* Hive's and EMR's */
		rows = parameter(t, "numRows");
		bytes = parameter(t, "totalSize");
	}
	return rows > 0 && bytes > 0 ? rows / bytes : 0;
}

/*
 * The share of the rows that ANALYZE found which is in the set, conditions having taken some
 * partitions or objects out.  Sizes tell, as far as they are known; relpages is rounded up, which
 * counts where it is small.
 */
static double
kept_share(const RelOptInfo *baserel, const PdsTable *table, const PdsObjectSet *set, double bytes)
{
	double		low = bytes / ((double) baserel->pages * BLCKSZ);
	double		high = baserel->pages > 1 ? bytes / ((baserel->pages - 1.0) * BLCKSZ) : Max(low, 1);
	double		share = -1;

	if (set->all_listed && set->bytes + set->bytes_dropped > 0)
		share = (double) set->bytes / (set->bytes + set->bytes_dropped);
	else if (table->nkeys > 0)
	{
		share = pds_key_share(table, set, baserel->tuples);
		if (share > 0 && set->bytes + set->bytes_dropped > 0)
			share *= (double) set->bytes / (set->bytes + set->bytes_dropped);
	}
	if (share < 0)
		return low;
	/* what was not listed has no size */
	return set->truncated ? share : Max(low, Min(high, share));
}

/* Rows as ANALYZE found them, for the bytes that are there now and are wanted. */
static double
analyzed_rows(const RelOptInfo *baserel, const PdsTable *table, const PdsObjectSet *set,
			  double factor, bool filtered)
{
	double		bytes = set->bytes * factor;

	if (filtered)
		return baserel->tuples * kept_share(baserel, table, set, bytes);
	if (ceil(bytes / BLCKSZ) == baserel->pages)
		return baserel->tuples;
	return baserel->tuples * bytes / ((double) baserel->pages * BLCKSZ);
}

double
pds_catalog_bytes(const PdsTable *table)
{
	double		bytes = parameter(table, "sizeKey");

	return bytes > 0 ? bytes : parameter(table, "totalSize");
}

double
pds_plain_bytes_of_set(const PdsObjectSet *set)
{
	double		bytes = 0;
	int			i;

	for (i = 0; i < set->nobjects; i++)
		bytes += pds_plain_bytes(&set->objects[i]);
	return bytes;
}

double
pds_estimate_rows(const RelOptInfo *baserel, const PdsTable *table, PdsConnection *conn,
				  const PdsObjectSet *set, double plain_bytes, double factor, bool filtered)
{
	/* -1 where ANALYZE was never run */
	bool		analyzed = baserel->tuples > 0 && baserel->pages > 0;

	if (set == NULL)
		return analyzed ? baserel->tuples
			: parameter(table, "recordCount") > 0 ? parameter(table, "recordCount")
			: PDS_DEFAULT_ROWS;
	if (analyzed)
		return clamp_row_est(analyzed_rows(baserel, table, set, factor, filtered));
	if (catalog_density(table) > 0)
		return clamp_row_est(set->bytes * factor * catalog_density(table));
	return clamp_row_est(plain_bytes * factor / bytes_per_record(table, conn, set));
}
