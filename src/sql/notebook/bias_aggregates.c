/*
 * bias_aggregates.c
 *	  The bias metrics as aggregates: pds.class_imbalance(facet, label) and so on.
 *
 * One transition state serves all of them: rows by facet and label (or group).
 * Labels and groups are told apart by their text.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "catalog/pg_type.h"
#include "common/int.h"
#include "libpq/pqformat.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"

#include "core/stat/bias.h"
#include "sql/notebook/bias_tally.h"

PG_FUNCTION_INFO_V1(pds_bias_label_step);
PG_FUNCTION_INFO_V1(pds_bias_group_step);
PG_FUNCTION_INFO_V1(pds_bias_combine);
PG_FUNCTION_INFO_V1(pds_bias_serialize);
PG_FUNCTION_INFO_V1(pds_bias_deserialize);
PG_FUNCTION_INFO_V1(pds_bias_ci_final);
PG_FUNCTION_INFO_V1(pds_bias_dpl_final);
PG_FUNCTION_INFO_V1(pds_bias_kl_final);
PG_FUNCTION_INFO_V1(pds_bias_js_final);
PG_FUNCTION_INFO_V1(pds_bias_lp_final);
PG_FUNCTION_INFO_V1(pds_bias_tvd_final);
PG_FUNCTION_INFO_V1(pds_bias_ks_final);
PG_FUNCTION_INFO_V1(pds_bias_cddl_final);

typedef struct BiasState
{
	int64		n[4];			/* all rows, by PDS_TALLY */
	int64		missing[4];		/* those whose label or group is NULL */
	bool		strict;
	bool		boolean_labels; /* a label is positive or not: nothing is
								 * missing */
	bool		number_keys;	/* NULL groups are left out, as Clarify does
								 * with numbers */
	PdsTally   *keys;
	/* of the process that reads rows */
	bool		ready;
	Oid			key_type;
	FmgrInfo	key_out;
} BiasState;

static MemoryContext
aggregate_context(FunctionCallInfo fcinfo)
{
	MemoryContext cxt;

	if (!AggCheckCallContext(fcinfo, &cxt))
		elog(ERROR, "a function of a bias aggregate was called outside one");
	return cxt;
}

static BiasState *
new_state(MemoryContext cxt)
{
	BiasState  *s = MemoryContextAllocZero(cxt, sizeof(BiasState));

	s->keys = pds_tally_create(cxt);
	return s;
}

/* state of a transition function whose key is argument number key */
static BiasState *
get_state(FunctionCallInfo fcinfo, int key)
{
	MemoryContext cxt = aggregate_context(fcinfo);
	BiasState  *s = PG_ARGISNULL(0) ? new_state(cxt) : (BiasState *) PG_GETARG_POINTER(0);
	Oid			out;
	bool		is_varlena;

	if (s->ready)
		return s;
	s->ready = true;
	/* class_imbalance(facet) has no label */
	s->key_type = PG_NARGS() > key ? get_fn_expr_argtype(fcinfo->flinfo, key) : InvalidOid;
	if (OidIsValid(s->key_type))
	{
		char		category;
		bool		preferred;

		getTypeOutputInfo(s->key_type, &out, &is_varlena);
		fmgr_info_cxt(out, &s->key_out, cxt);
		get_type_category_preferred(s->key_type, &category, &preferred);
		s->number_keys = category == TYPCATEGORY_NUMERIC;
	}
	return s;
}

/* Equal values have equal texts: 1.0 and 1.00, 0 and -0. */
static char *
tally_key_text(BiasState *s, Datum value)
{
	char	   *text;

	if (s->key_type == NUMERICOID)
		value = DirectFunctionCall1(numeric_trim_scale, value);
	text = OutputFunctionCall(&s->key_out, value);
	return strcmp(text, "-0") == 0 ? text + 1 : text;
}

/* rows that this row stands for; 0 when the weight is NULL */
static int64
weight_of(FunctionCallInfo fcinfo, int arg)
{
	int64		w;

	if (PG_NARGS() <= arg)
		return 1;
	if (PG_ARGISNULL(arg))
		return 0;
	w = PG_GETARG_INT64(arg);
	if (w < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("weight must not be negative"),
				 errhint("It is the number of rows that a row stands for: that of count(*).")));
	return w;
}

static void
add_to_tally(int64 *n, int64 w)
{
	if (pg_add_s64_overflow(*n, w, n))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE), errmsg("bigint out of range")));
}

/* (state, facet [, label [, weight [, strict]]]) */
Datum
pds_bias_label_step(PG_FUNCTION_ARGS)
{
	BiasState  *s = get_state(fcinfo, 2);

	/* a row without a facet value is outside the facet */
	int			facet = !PG_ARGISNULL(1) && PG_GETARG_BOOL(1);
	int64		w = weight_of(fcinfo, 3);
	int			positive = 0;

	if (PG_NARGS() > 4)
		s->strict = !PG_ARGISNULL(4) && PG_GETARG_BOOL(4);
	if (w == 0)
		PG_RETURN_POINTER(s);
	if (PG_NARGS() > 2 && s->key_type == BOOLOID)
	{
		/* a missing label is not a positive one */
		s->boolean_labels = true;
		positive = !PG_ARGISNULL(2) && PG_GETARG_BOOL(2);
		add_to_tally(&pds_tally_entry(s->keys, positive ? "t" : "f")->n[PDS_TALLY(facet, 0)], w);
	}
	else if (PG_NARGS() > 2 && PG_ARGISNULL(2))
		add_to_tally(&s->missing[PDS_TALLY(facet, 0)], w);
	else if (PG_NARGS() > 2)
		add_to_tally(&pds_tally_entry(s->keys, tally_key_text(s, PG_GETARG_DATUM(2)))->n[PDS_TALLY(facet, 0)], w);
	add_to_tally(&s->n[PDS_TALLY(facet, positive)], w);
	PG_RETURN_POINTER(s);
}

/* (state, facet, positive, group [, weight]) */
Datum
pds_bias_group_step(PG_FUNCTION_ARGS)
{
	BiasState  *s = get_state(fcinfo, 3);
	int			facet = !PG_ARGISNULL(1) && PG_GETARG_BOOL(1);
	int			positive = !PG_ARGISNULL(2) && PG_GETARG_BOOL(2);
	int64		w = weight_of(fcinfo, 4);

	if (w == 0)
		PG_RETURN_POINTER(s);
	add_to_tally(&s->n[PDS_TALLY(facet, positive)], w);
	if (PG_ARGISNULL(3))
		add_to_tally(&s->missing[PDS_TALLY(facet, positive)], w);
	else
		add_to_tally(&pds_tally_entry(s->keys, tally_key_text(s, PG_GETARG_DATUM(3)))->n[PDS_TALLY(facet, positive)],
					 w);
	PG_RETURN_POINTER(s);
}

/* ---- parallel ---- */

Datum
pds_bias_combine(PG_FUNCTION_ARGS)
{
	MemoryContext cxt = aggregate_context(fcinfo);
	BiasState  *to = PG_ARGISNULL(0) ? NULL : (BiasState *) PG_GETARG_POINTER(0);
	BiasState  *from = PG_ARGISNULL(1) ? NULL : (BiasState *) PG_GETARG_POINTER(1);
	PdsTallyScan scan;
	PdsTallyEntry *e;
	int			i;

	if (from == NULL)
	{
		if (to == NULL)
			PG_RETURN_NULL();
		PG_RETURN_POINTER(to);
	}
	if (to == NULL)
		to = new_state(cxt);
	for (i = 0; i < 4; i++)
	{
		add_to_tally(&to->n[i], from->n[i]);
		add_to_tally(&to->missing[i], from->missing[i]);
	}
	to->strict |= from->strict;
	to->boolean_labels |= from->boolean_labels;
	to->number_keys |= from->number_keys;
	pds_tally_start(from->keys, &scan);
	while ((e = pds_tally_next(from->keys, &scan)) != NULL)
	{
		PdsTallyEntry *t = pds_tally_entry(to->keys, e->key);

		for (i = 0; i < 4; i++)
			add_to_tally(&t->n[i], e->n[i]);
	}
	PG_RETURN_POINTER(to);
}

Datum
pds_bias_serialize(PG_FUNCTION_ARGS)
{
	BiasState  *s = (BiasState *) PG_GETARG_POINTER(0);
	StringInfoData buf;
	PdsTallyScan scan;
	PdsTallyEntry *e;
	int			i;

	aggregate_context(fcinfo);
	pq_begintypsend(&buf);
	for (i = 0; i < 4; i++)
	{
		pq_sendint64(&buf, s->n[i]);
		pq_sendint64(&buf, s->missing[i]);
	}
	pq_sendbyte(&buf, s->strict);
	pq_sendbyte(&buf, s->boolean_labels);
	pq_sendbyte(&buf, s->number_keys);
	pq_sendint32(&buf, pds_tally_size(s->keys));
	pds_tally_start(s->keys, &scan);
	while ((e = pds_tally_next(s->keys, &scan)) != NULL)
	{
		int			len = strlen(e->key);

		pq_sendint32(&buf, len);
		pq_sendbytes(&buf, e->key, len);
		for (i = 0; i < 4; i++)
			pq_sendint64(&buf, e->n[i]);
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

Datum
pds_bias_deserialize(PG_FUNCTION_ARGS)
{
	bytea	   *state = PG_GETARG_BYTEA_PP(0);
	BiasState  *s = new_state(CurrentMemoryContext);
	StringInfoData buf;
	int			n;
	int			i;

	aggregate_context(fcinfo);
	initStringInfo(&buf);
	appendBinaryStringInfo(&buf, VARDATA_ANY(state), VARSIZE_ANY_EXHDR(state));
	for (i = 0; i < 4; i++)
	{
		s->n[i] = pq_getmsgint64(&buf);
		s->missing[i] = pq_getmsgint64(&buf);
	}
	s->strict = pq_getmsgbyte(&buf);
	s->boolean_labels = pq_getmsgbyte(&buf);
	s->number_keys = pq_getmsgbyte(&buf);
	for (n = pq_getmsgint(&buf, 4); n > 0; n--)
	{
		int			len = pq_getmsgint(&buf, 4);
		PdsTallyEntry *e = pds_tally_entry(s->keys, pnstrdup(pq_getmsgbytes(&buf, len), len));

		for (i = 0; i < 4; i++)
			e->n[i] = pq_getmsgint64(&buf);
	}
	pq_getmsgend(&buf);
	PG_RETURN_POINTER(s);
}

/* ---- results ---- */

static PdsLabelCount *
label_counts(BiasState *s, int *nlabels)
{
	PdsLabelCount *labels = palloc((pds_tally_size(s->keys) + 1) * sizeof(PdsLabelCount));
	PdsTallyScan scan;
	PdsTallyEntry *e;
	int			n = 0;

	pds_tally_start(s->keys, &scan);
	while ((e = pds_tally_next(s->keys, &scan)) != NULL)
	{
		labels[n].a = e->n[PDS_TALLY(0, 0)];
		labels[n++].d = e->n[PDS_TALLY(1, 0)];
	}

	/*
	 * rows without a label share none with others; over the union they are a
	 * label of their own
	 */
	if (s->strict && s->missing[PDS_TALLY(0, 0)] + s->missing[PDS_TALLY(1, 0)] > 0)
	{
		labels[n].a = s->missing[PDS_TALLY(0, 0)];
		labels[n++].d = s->missing[PDS_TALLY(1, 0)];
	}
	*nlabels = n;
	return labels;
}

static PdsGroupCount *
group_counts(BiasState *s)
{
	PdsGroupCount *groups = palloc((pds_tally_size(s->keys) + 1) * sizeof(PdsGroupCount));
	PdsTallyScan scan;
	PdsTallyEntry *e;
	int			n = 0;

	pds_tally_start(s->keys, &scan);
	while ((e = pds_tally_next(s->keys, &scan)) != NULL)
	{
		groups[n].a_neg = e->n[PDS_TALLY(0, 0)];
		groups[n].a_pos = e->n[PDS_TALLY(0, 1)];
		groups[n].d_neg = e->n[PDS_TALLY(1, 0)];
		groups[n++].d_pos = e->n[PDS_TALLY(1, 1)];
	}
	return groups;
}

static Datum
final(FunctionCallInfo fcinfo, PdsBiasMetric metric)
{
	BiasState  *s;
	PdsBiasCounts c = {0};
	const char *why;
	double		value;
	int			i;

	aggregate_context(fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	s = (BiasState *) PG_GETARG_POINTER(0);
	c.n_a = s->n[PDS_TALLY(0, 0)] + s->n[PDS_TALLY(0, 1)];
	c.n_d = s->n[PDS_TALLY(1, 0)] + s->n[PDS_TALLY(1, 1)];
	c.a_pos = s->n[PDS_TALLY(0, 1)];
	c.d_pos = s->n[PDS_TALLY(1, 1)];
	c.has_positive = true;
	c.strict = s->strict;
	if (metric == PDS_BIAS_CDDL)
	{
		c.groups = group_counts(s);
		c.ngroups = pds_tally_size(s->keys);
		for (i = 0; i < 4; i++)
			c.group_missing |= s->missing[i] > 0 && !s->number_keys;
	}
	else if (metric != PDS_BIAS_CI && metric != PDS_BIAS_DPL)
		c.labels = label_counts(s, &c.nlabels);
	if (!pds_bias_metric(metric, &c, &value, &why))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(value);
}

Datum
pds_bias_ci_final(PG_FUNCTION_ARGS)
{
	return final(fcinfo, PDS_BIAS_CI);
}

Datum
pds_bias_dpl_final(PG_FUNCTION_ARGS)
{
	return final(fcinfo, PDS_BIAS_DPL);
}

Datum
pds_bias_kl_final(PG_FUNCTION_ARGS)
{
	return final(fcinfo, PDS_BIAS_KL);
}

Datum
pds_bias_js_final(PG_FUNCTION_ARGS)
{
	return final(fcinfo, PDS_BIAS_JS);
}

Datum
pds_bias_lp_final(PG_FUNCTION_ARGS)
{
	return final(fcinfo, PDS_BIAS_LP);
}

Datum
pds_bias_tvd_final(PG_FUNCTION_ARGS)
{
	return final(fcinfo, PDS_BIAS_TVD);
}

Datum
pds_bias_ks_final(PG_FUNCTION_ARGS)
{
	return final(fcinfo, PDS_BIAS_KS);
}

Datum
pds_bias_cddl_final(PG_FUNCTION_ARGS)
{
	return final(fcinfo, PDS_BIAS_CDDL);
}
