/*
 * bias_report.c
 *	  pds.bias_report and pds.bias_json: all metrics of a facet by one query.
 *
 * The table is read once: SELECT facet, label, group, count(*) ... GROUP BY.
 * Everything else is arithmetic on those counts (core/stat/bias.c).
 */
#include "postgres.h"

#include "pds_fdw.h"

#include <math.h>

#include "access/relation.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/json.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/typcache.h"

#include "core/stat/bias.h"
#include "sql/notebook/bias_tally.h"
#include "fdw/catalog/catalog.h"
#include "sql/base/functions.h"

PG_FUNCTION_INFO_V1(pds_bias_report);
PG_FUNCTION_INFO_V1(pds_bias_json);

/* rows of the counting query taken at a time */
#define FETCH_ROWS 10000

enum
{
	ArgRelation, ArgFacet, ArgLabel, ArgPositiveValues, ArgPositiveAbove, ArgFacetValues,
	ArgFacetAbove, ArgGroup, ArgStrict
};

/* one of the columns facet, label, group_by, and what was asked of it */
typedef struct Column
{
	char	   *name;			/* NULL: not given */
	Oid			type;			/* base type */
	Oid			collation;
	Datum	   *values;			/* texts, NULL: not given */
	int			nvalues;
	Datum	   *typed;			/* the same as values of the type */
	FmgrInfo   *equal;			/* of the type's default B-tree */
	char	   *above;			/* text of a number, NULL: not given */
} Column;

typedef struct Count
{
	int			facet;			/* number of the value; -1: NULL, or not told
								 * apart */
	int			label;			/* -1: NULL */
	int			group;			/* -1: NULL */
	bool		in_facet;
	bool		positive;
	int64		n;
} Count;

typedef struct Report
{
	Oid			relid;
	Column		facet;
	Column		label;
	Column		group;
	bool		strict;
	bool		one_facet;		/* values or a threshold were given */
	bool		has_positive;
	MemoryContext cxt;
	/* the answer of the query */
	PdsTally   *facets;
	PdsTally   *labels;
	PdsTally   *groups;
	Count	   *counts;
	int			ncounts;
	int			cap;
	char	   *facet_max;		/* of a column with a threshold, else NULL */
	char	   *label_max;
	/* sums over all rows */
	int64		n;
	int64		pos;
	bool		group_missing;
	PdsLabelCount *label_sums;	/* .a: all rows */
	PdsGroupCount *group_sums;	/* .a_x: all rows */
	/* of the facet being worked out */
	PdsBiasCounts bias;
	PdsLabelCount *facet_labels;
	PdsGroupCount *facet_groups;
} Report;

/* ---- arguments ---- */

/* The texts of an argument declared "any": an array, one value, or an array's literal. */
static void
any_values(FunctionCallInfo fcinfo, int arg, Column *c)
{
	Oid			type = get_fn_expr_argtype(fcinfo->flinfo, arg);
	Oid			element;
	Oid			out;
	bool		is_varlena;
	Datum		value;

	if (PG_ARGISNULL(arg))
		return;
	value = PG_GETARG_DATUM(arg);
	/* a literal without a type */
	if (type == UNKNOWNOID)
	{
		char	   *text = DatumGetCString(value);

		value = text[0] == '{'
			? OidInputFunctionCall(F_ARRAY_IN, text, TEXTOID, -1) : CStringGetTextDatum(text);
		type = text[0] == '{' ? TEXTARRAYOID : TEXTOID;
	}
	element = get_element_type(type);
	if (OidIsValid(element))
	{
		int16		len;
		bool		byval;
		char		align;
		bool	   *nulls;
		int			i;

		get_typlenbyvalalign(element, &len, &byval, &align);
		deconstruct_array(DatumGetArrayTypeP(value), element, len, byval, align, &c->values,
						  &nulls, &c->nvalues);
		getTypeOutputInfo(element, &out, &is_varlena);
		for (i = 0; i < c->nvalues; i++)
		{
			if (nulls[i])
				ereport(ERROR,
						(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						 errmsg("the values of column \"%s\" must not be NULL", c->name),
						 errhint("A row without a value is in no facet and has no positive label.")));
			c->values[i] = CStringGetTextDatum(OidOutputFunctionCall(out, c->values[i]));
		}
	}
	else
	{
		getTypeOutputInfo(type, &out, &is_varlena);
		c->values = palloc(sizeof(Datum));
		c->values[0] = CStringGetTextDatum(OidOutputFunctionCall(out, value));
		c->nvalues = 1;
	}
	if (c->nvalues == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("no values are given for column \"%s\"", c->name),
				 errhint("Leave the argument out, or name at least one value.")));
}

static void
find_report_column(const Report *r, Column *c)
{
	AttrNumber	attnum = get_attnum(r->relid, c->name);
	Oid			type;
	int32		typmod;

	if (attnum == InvalidAttrNumber)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("column \"%s\" of relation \"%s\" does not exist", c->name,
						get_rel_name(r->relid))));
	get_atttypetypmodcoll(r->relid, attnum, &type, &typmod, &c->collation);
	c->type = getBaseType(type);
}

/*
 * What rows are compared with.  By the equality of the type's operator class, which only a
 * superuser can have made: an operator that SQL finds may take a cast of the type's owner along.
 */
static void
type_values(Column *c)
{
	TypeCacheEntry *entry;
	Oid			input;
	Oid			param;
	int			i;

	if (c->values == NULL)
		return;
	entry = lookup_type_cache(c->type, TYPECACHE_EQ_OPR_FINFO);
	if (!OidIsValid(entry->eq_opr_finfo.fn_oid))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_FUNCTION),
				 errmsg("could not identify an equality operator for type %s",
						format_type_be(c->type))));
	c->equal = &entry->eq_opr_finfo;
	getTypeInputInfo(c->type, &input, &param);
	c->typed = palloc(c->nvalues * sizeof(Datum));
	for (i = 0; i < c->nvalues; i++)
		c->typed[i] = OidInputFunctionCall(input, TextDatumGetCString(c->values[i]), param, -1);
}

static bool
is_number_column(Oid type)
{
	char		category;
	bool		preferred;

	get_type_category_preferred(type, &category, &preferred);
	return category == TYPCATEGORY_NUMERIC;
}

static void
get_threshold(FunctionCallInfo fcinfo, int arg, const char *argname, Column *c)
{
	if (PG_ARGISNULL(arg))
		return;
	if (c->values)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("values and a threshold are given for column \"%s\"", c->name),
				 errhint("Leave out one of them.")));
	if (!is_number_column(c->type))
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("%s needs a column of numbers, \"%s\" is of type %s", argname, c->name,
						format_type_be(c->type)),
				 errhint("Name values instead.")));
	c->above = DatumGetCString(DirectFunctionCall1(numeric_out, PG_GETARG_DATUM(arg)));
	/* NaN and infinities are no literals */
	if (strspn(c->above, "-0123456789.") != strlen(c->above))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be a finite number", argname)));
}

static void
get_arguments(FunctionCallInfo fcinfo, Report *r)
{
	static const char *const names[] = {"rel", "facet", "label"};
	int			i;

	StaticAssertDecl(lengthof(names) == ArgLabel - ArgRelation + 1, "an argument has no name");
	Assert(PG_NARGS() == ArgStrict + 1);
	memset(r, 0, sizeof(*r));
	r->cxt = CurrentMemoryContext;
	for (i = ArgRelation; i <= ArgLabel; i++)
		if (PG_ARGISNULL(i))
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("%s must not be NULL", names[i])));
	r->relid = PG_GETARG_OID(ArgRelation);
	if (get_rel_name(r->relid) == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("relation with OID %u does not exist", r->relid)));
	r->facet.name = NameStr(*PG_GETARG_NAME(ArgFacet));
	r->label.name = NameStr(*PG_GETARG_NAME(ArgLabel));
	find_report_column(r, &r->facet);
	find_report_column(r, &r->label);
	if (!PG_ARGISNULL(ArgGroup))
	{
		r->group.name = NameStr(*PG_GETARG_NAME(ArgGroup));
		find_report_column(r, &r->group);
	}
	any_values(fcinfo, ArgPositiveValues, &r->label);
	get_threshold(fcinfo, ArgPositiveAbove, "positive_above", &r->label);
	any_values(fcinfo, ArgFacetValues, &r->facet);
	get_threshold(fcinfo, ArgFacetAbove, "facet_above", &r->facet);
	type_values(&r->label);
	type_values(&r->facet);
	r->strict = !PG_ARGISNULL(ArgStrict) && PG_GETARG_BOOL(ArgStrict);
	r->one_facet = r->facet.values || r->facet.above;
	r->has_positive = r->label.values || r->label.above;
}

/* ---- the query ---- */

/* what the table is grouped by: a column, or whether it is above a threshold */
static void
append_grouped(StringInfo sql, const Column *c, const char *alias)
{
	if (c->above)
		appendStringInfo(sql, "(%s > %s) AS %s, max(%s) AS %s_max, ", quote_identifier(c->name),
						 c->above, alias, quote_identifier(c->name), alias);
	else if (c->name)
		appendStringInfo(sql, "%s AS %s, ", quote_identifier(c->name), alias);
}

/* what is_member looks at: the grouped value, or whether it is above the threshold */
static void
append_member(StringInfo sql, const Column *c, const char *alias)
{
	appendStringInfo(sql, "%s, ", c->above || c->values ? alias : "false");
}

/* a text that equal values share */
static void
append_text(StringInfo sql, const Column *c, const char *alias)
{
	if (c->name == NULL || c->above)
		appendStringInfoString(sql, "NULL::text, ");
	else if (c->type == NUMERICOID)
		appendStringInfo(sql, "trim_scale(%s)::text, ", alias);
	else if (c->type == FLOAT4OID || c->type == FLOAT8OID)
		appendStringInfo(sql, "(%s + 0)::text, ", alias);
	else
		appendStringInfo(sql, "%s%s, ", alias, pds_text_cast(c->type));
}

static void
append_max(StringInfo sql, const Column *c, const char *alias)
{
	if (c->above)
		appendStringInfo(sql, "(max(%s_max) OVER ())::text, ", alias);
	else
		appendStringInfoString(sql, "NULL::text, ");
}

static char *
counting_query(const Report *r)
{
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfoString(&sql, "SELECT ");
	append_text(&sql, &r->facet, "f");
	append_text(&sql, &r->label, "l");
	append_text(&sql, &r->group, "g");
	append_member(&sql, &r->facet, "f");
	append_member(&sql, &r->label, "l");
	append_max(&sql, &r->facet, "f");
	append_max(&sql, &r->label, "l");
	appendStringInfoString(&sql, "n FROM (SELECT ");
	append_grouped(&sql, &r->facet, "f");
	append_grouped(&sql, &r->label, "l");
	append_grouped(&sql, &r->group, "g");
	appendStringInfo(&sql, "count(*) AS n FROM %s GROUP BY 1",
					 pds_quoted_relation(r->relid));

	/*
	 * their places in the list above; a threshold's column is followed by its
	 * maximum
	 */
	appendStringInfo(&sql, ", %d", r->facet.above ? 3 : 2);
	if (r->group.name)
		appendStringInfo(&sql, ", %d", 3 + (r->facet.above != NULL) + (r->label.above != NULL));
	appendStringInfoString(&sql, ") AS counts ORDER BY counts.f");
	return sql.data;
}

static int
number_of(PdsTally *t, const char *text)
{
	return text ? pds_tally_entry(t, text)->number : -1;
}

/* Is the value one of those given, or above the threshold? */
static bool
is_member(HeapTuple tup, TupleDesc desc, int column, const Column *c)
{
	bool		isnull;
	Datum		d = SPI_getbinval(tup, desc, column, &isnull);
	int			i;

	if (isnull)
		return false;
	if (c->values == NULL)
		return DatumGetBool(d);
	for (i = 0; i < c->nvalues; i++)
		if (DatumGetBool(FunctionCall2Coll(c->equal, c->collation, d, c->typed[i])))
			return true;
	return false;
}

static void
take_report_row(Report *r, HeapTuple tup, TupleDesc desc)
{
	Count	   *c;
	bool		isnull;

	if (r->ncounts == r->cap)
	{
		r->cap = r->cap ? r->cap * 2 : 256;
		r->counts = r->counts == NULL
			? MemoryContextAlloc(r->cxt, r->cap * sizeof(Count))
			: repalloc_huge(r->counts, r->cap * sizeof(Count));
	}
	c = &r->counts[r->ncounts++];
	c->facet = r->one_facet ? -1 : number_of(r->facets, SPI_getvalue(tup, desc, 1));
	c->in_facet = is_member(tup, desc, 4, &r->facet);
	c->positive = is_member(tup, desc, 5, &r->label);
	/* with positive labels there are two: positive, and not */
	c->label = number_of(r->labels, r->has_positive ? (c->positive ? "t" : "f")
						 : SPI_getvalue(tup, desc, 2));
	c->group = r->group.name ? number_of(r->groups, SPI_getvalue(tup, desc, 3)) : -1;
	c->n = DatumGetInt64(SPI_getbinval(tup, desc, 8, &isnull));
	if (r->ncounts == 1)
	{
		char	   *max = SPI_getvalue(tup, desc, 6);

		r->facet_max = max ? MemoryContextStrdup(r->cxt, max) : NULL;
		max = SPI_getvalue(tup, desc, 7);
		r->label_max = max ? MemoryContextStrdup(r->cxt, max) : NULL;
	}
}

static void
run_query(Report *r)
{
	char	   *sql = counting_query(r);
	Portal		portal;
	uint64		i;

	r->facets = pds_tally_create(r->cxt);
	r->labels = pds_tally_create(r->cxt);
	r->groups = pds_tally_create(r->cxt);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	portal = SPI_cursor_open_with_args(NULL, sql, 0, NULL, NULL, NULL, true, 0);
	for (;;)
	{
		SPI_cursor_fetch(portal, true, FETCH_ROWS);
		if (SPI_processed == 0)
			break;
		for (i = 0; i < SPI_processed; i++)
			take_report_row(r, SPI_tuptable->vals[i], SPI_tuptable->tupdesc);
		SPI_freetuptable(SPI_tuptable);
	}
	SPI_cursor_close(portal);
	SPI_finish();
}

/* ---- sums ---- */

static void
sum_all(Report *r)
{
	int			nlabels = pds_tally_size(r->labels) + 1;
	int			ngroups = pds_tally_size(r->groups) + 1;
	int			i;

	r->label_sums = palloc0(nlabels * sizeof(PdsLabelCount));
	r->facet_labels = palloc0(nlabels * sizeof(PdsLabelCount));
	r->group_sums = palloc0(ngroups * sizeof(PdsGroupCount));
	r->facet_groups = palloc0(ngroups * sizeof(PdsGroupCount));
	for (i = 0; i < r->ncounts; i++)
	{
		const Count *c = &r->counts[i];

		r->n += c->n;
		if (c->positive)
			r->pos += c->n;
		/* missing labels are the last ones */
		r->label_sums[c->label >= 0 ? c->label : nlabels - 1].a += c->n;
		if (c->group >= 0 && c->positive)
			r->group_sums[c->group].a_pos += c->n;
		else if (c->group >= 0)
			r->group_sums[c->group].a_neg += c->n;
		else if (r->group.name && !is_number_column(r->group.type))
			r->group_missing = true;
	}
}

/* Counts of one facet: those of counts[from..to) that are in it, against all others. */
static void
sum_facet(Report *r, int from, int to)
{
	int			nlabels = pds_tally_size(r->labels) + 1;
	int			ngroups = pds_tally_size(r->groups);
	PdsBiasCounts *b = &r->bias;
	int			i;

	memset(b, 0, sizeof(*b));
	memcpy(r->facet_labels, r->label_sums, nlabels * sizeof(PdsLabelCount));
	memcpy(r->facet_groups, r->group_sums, ngroups * sizeof(PdsGroupCount));
	for (i = from; i < to; i++)
	{
		const Count *c = &r->counts[i];
		PdsLabelCount *l = &r->facet_labels[c->label >= 0 ? c->label : nlabels - 1];

		if (r->one_facet && !c->in_facet)
			continue;
		b->n_d += c->n;
		if (c->positive)
			b->d_pos += c->n;
		l->a -= c->n;
		l->d += c->n;
		if (c->group >= 0)
		{
			PdsGroupCount *g = &r->facet_groups[c->group];

			*(c->positive ? &g->a_pos : &g->a_neg) -= c->n;
			*(c->positive ? &g->d_pos : &g->d_neg) += c->n;
		}
	}
	b->n_a = r->n - b->n_d;
	b->a_pos = r->pos - b->d_pos;
	b->has_positive = r->has_positive;
	b->labels = r->facet_labels;

	/*
	 * rows without a label share none with others; over the union they are a
	 * label of their own
	 */
	b->nlabels = r->strict && r->label_sums[nlabels - 1].a > 0 ? nlabels : nlabels - 1;
	b->groups = r->group.name ? r->facet_groups : NULL;
	b->ngroups = ngroups;
	b->group_missing = r->group_missing;
	b->strict = r->strict;
}

/* ---- facets ---- */

/* "a,b", or "(50, 81]" */
static char *
name_of_metric(const Column *c, const char *max)
{
	StringInfoData buf;
	int			i;

	initStringInfo(&buf);
	if (c->above)
		appendStringInfo(&buf, "(%s, %s]", c->above, max ? max : "");
	for (i = 0; i < c->nvalues; i++)
		appendStringInfo(&buf, "%s%s", i ? "," : "", TextDatumGetCString(c->values[i]));
	return buf.data;
}

typedef void (*FacetFn) (Report *r, const char *facet_value, void *arg);

/* Work out each facet; fn sees r->bias. */
static void
each_facet(Report *r, FacetFn fn, void *arg)
{
	const char **texts;
	PdsTallyScan scan;
	PdsTallyEntry *e;
	int			from = 0;
	int			to;

	run_query(r);
	sum_all(r);
	if (r->one_facet)
	{
		sum_facet(r, 0, r->ncounts);
		fn(r, name_of_metric(&r->facet, r->facet_max), arg);
		return;
	}
	texts = palloc((pds_tally_size(r->facets) + 1) * sizeof(char *));
	pds_tally_start(r->facets, &scan);
	while ((e = pds_tally_next(r->facets, &scan)) != NULL)
		texts[e->number] = e->key;
	/* rows come in the order of the facet's values */
	for (; from < r->ncounts; from = to)
	{
		CHECK_FOR_INTERRUPTS();
		for (to = from + 1; to < r->ncounts && r->counts[to].facet == r->counts[from].facet; to++)
			;
		if (r->counts[from].facet < 0)
			continue;
		sum_facet(r, from, to);
		fn(r, texts[r->counts[from].facet], arg);
	}
}

/* ---- pds.bias_report ---- */

static void
report_facet(Report *r, const char *facet_value, void *arg)
{
	PdsResult  *result = arg;
	int			m;

	for (m = 0; m < PDS_BIAS_METRICS; m++)
	{
		Datum		values[5];
		bool		nulls[5] = {false, false, false, false, true};
		const char *why;
		double		value;

		values[0] = CStringGetTextDatum(facet_value);
		values[1] = CStringGetTextDatum(pds_bias_name(m));
		values[3] = CStringGetTextDatum(pds_bias_description(m));
		if (pds_bias_metric(m, &r->bias, &value, &why))
			values[2] = Float8GetDatum(value);
		else
		{
			nulls[2] = true;
			nulls[4] = false;
			values[4] = CStringGetTextDatum(why);
		}
		pds_result_row(result, lengthof(values), values, nulls);
	}
}

Datum
pds_bias_report(PG_FUNCTION_ARGS)
{
	PdsResult	result;
	Report		r;

	pds_result_begin(fcinfo, &result);
	get_arguments(fcinfo, &r);
	each_facet(&r, report_facet, &result);
	PG_RETURN_NULL();
}

/* ---- pds.bias_json ---- */

static void
append_json(StringInfo buf, const char *before, const char *text)
{
	appendStringInfoString(buf, before);
	escape_json(buf, text);
}

static void
json_facet(Report *r, const char *facet_value, void *arg)
{
	StringInfo	buf = arg;
	int			m;

	append_json(buf, buf->data[buf->len - 1] == '[' ? "{\"value_or_threshold\": "
				: ", {\"value_or_threshold\": ", facet_value);
	appendStringInfoString(buf, ", \"metrics\": [");
	for (m = 0; m < PDS_BIAS_METRICS; m++)
	{
		const char *why;
		double		value;

		/* Clarify leaves CDDL out where no group was asked for */
		if (m == PDS_BIAS_CDDL && r->group.name == NULL)
			continue;
		append_json(buf, buf->data[buf->len - 1] == '[' ? "{\"name\": " : ", {\"name\": ",
					pds_bias_name(m));
		append_json(buf, ", \"description\": ", pds_bias_description(m));
		if (!pds_bias_metric(m, &r->bias, &value, &why))
			append_json(buf, ", \"value\": null, \"error\": ", why);
		else if (isinf(value))
			appendStringInfoString(buf, value > 0 ? ", \"value\": \"Infinity\""
								   : ", \"value\": \"-Infinity\"");
		else
			appendStringInfo(buf, ", \"value\": %s",
							 DatumGetCString(DirectFunctionCall1(float8out,
																 Float8GetDatum(value))));
		appendStringInfoChar(buf, '}');
	}
	appendStringInfoString(buf, "]}");
}

Datum
pds_bias_json(PG_FUNCTION_ARGS)
{
	StringInfoData facets;
	StringInfoData buf;
	Report		r;

	get_arguments(fcinfo, &r);
	initStringInfo(&facets);
	appendStringInfoChar(&facets, '[');
	each_facet(&r, json_facet, &facets);
	initStringInfo(&buf);
	append_json(&buf, "{\"version\": \"1.0\", \"pre_training_bias_metrics\": {\"label\": ",
				r.label.name);
	if (r.has_positive)
		append_json(&buf, ", \"label_value_or_threshold\": ",
					name_of_metric(&r.label, r.label_max));
	append_json(&buf, ", \"facets\": {", r.facet.name);
	appendStringInfo(&buf, ": %s]}}}", facets.data);
	PG_RETURN_DATUM(DirectFunctionCall1(jsonb_in, CStringGetDatum(buf.data)));
}
