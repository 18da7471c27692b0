/*
 * bias.c
 *	  Pre-training bias metrics from counts (bias.h).
 */
#include "core/stat/bias.h"

#include <math.h>
#include <stddef.h>

static const struct
{
	const char *name;
	const char *description;
}			metrics[PDS_BIAS_METRICS] = {
	{"CDDL", "Conditional Demographic Disparity in Labels (CDDL)"},
	{"CI", "Class Imbalance (CI)"},
	{"DPL", "Difference in Positive Proportions in Labels (DPL)"},
	{"JS", "Jensen-Shannon Divergence (JS)"},
	/* spelt as in Clarify's reports, for those who search for it */
	{"KL", "Kullback-Liebler Divergence (KL)"},
	{"KS", "Kolmogorov-Smirnov Distance (KS)"},
	{"LP", "L-p Norm (LP)"},
	{"TVD", "Total Variation Distance (TVD)"},
};

static const char *const no_facet = "no row is in the facet";
static const char *const no_complement = "every row is in the facet";
static const char *const no_positive_given = "which labels are positive was not said";

/* in Clarify's words */
static const char *const no_group = "group variable is empty or not provided";
static const char *const group_missing =
"a row has no group: a missing group that is not a number compares with nothing";
static const char *const no_shared_label =
"no label occurs both in the facet and outside it (strict => true takes all labels)";
static const char *const no_positive = "no row has a positive label";
static const char *const no_negative = "every row has a positive label";

const char *
pds_bias_name(PdsBiasMetric m)
{
	return metrics[m].name;
}

const char *
pds_bias_description(PdsBiasMetric m)
{
	return metrics[m].description;
}

static bool
undefined(const char **why, const char *text)
{
	*why = text;
	return false;
}

/* p * log(p / q), with the limits that a union of labels needs */
static double
kl_term(double p, double q)
{
	if (p == 0)
		return 0;
	return q == 0 ? INFINITY : p * log(p / q);
}

static bool
metric_distance(PdsBiasMetric m, const PdsBiasCounts *c, double *value, const char **why)
{
	double		sum = 0;
	int			shared = 0;
	int			i;

	if (c->n_d == 0)
		return undefined(why, no_facet);
	if (c->n_a == 0)
		return undefined(why, no_complement);
	for (i = 0; i < c->nlabels; i++)
	{
		double		pa = (double) c->labels[i].a / c->n_a;
		double		pd = (double) c->labels[i].d / c->n_d;
		double		mid = (pa + pd) / 2;

		if (!c->strict && (c->labels[i].a == 0 || c->labels[i].d == 0))
			continue;
		shared++;
		switch (m)
		{
			case PDS_BIAS_KL:
				sum += kl_term(pa, pd);
				break;
			case PDS_BIAS_JS:
				sum += (kl_term(pa, mid) + kl_term(pd, mid)) / 2;
				break;
			case PDS_BIAS_LP:
				sum += (pa - pd) * (pa - pd);
				break;
			case PDS_BIAS_TVD:
				sum += fabs(pa - pd) / 2;
				break;
			default:			/* KS */
				sum = fmax(sum, fabs(pa - pd));
				break;
		}
	}
	if (shared == 0)
		return undefined(why, no_shared_label);
	*value = m == PDS_BIAS_LP ? sqrt(sum) : sum;
	return true;
}

static double
share(int64_t part, int64_t whole)
{
	return whole == 0 ? 0 : (double) part / whole;
}

/*
 * the mean over the groups, weighted by their rows, of the facet's share of
 * rejections less its share of acceptances
 */
static bool
disparity(const PdsBiasCounts *c, double *value, const char **why)
{
	double		sum = 0;
	int64_t		rows = 0;
	int			i;

	if (c->groups == NULL)
		return undefined(why, no_group);
	if (!c->has_positive)
		return undefined(why, no_positive_given);
	if (c->group_missing)
		return undefined(why, group_missing);
	if (c->a_pos + c->d_pos == 0)
		return undefined(why, no_positive);
	if (c->a_pos + c->d_pos == c->n_a + c->n_d)
		return undefined(why, no_negative);
	for (i = 0; i < c->ngroups; i++)
	{
		const PdsGroupCount *g = &c->groups[i];
		int64_t		pos = g->a_pos + g->d_pos;
		int64_t		neg = g->a_neg + g->d_neg;

		sum += (double) (pos + neg) * (share(g->d_neg, neg) - share(g->d_pos, pos));
		rows += pos + neg;
	}
	*value = rows == 0 ? 0 : sum / rows;
	return true;
}

bool
pds_bias_metric(PdsBiasMetric m, const PdsBiasCounts *c, double *value, const char **why)
{
	switch (m)
	{
		case PDS_BIAS_CDDL:
			return disparity(c, value, why);
		case PDS_BIAS_CI:
		case PDS_BIAS_DPL:
			if (m == PDS_BIAS_DPL && !c->has_positive)
				return undefined(why, no_positive_given);
			if (c->n_a == 0)
				return undefined(why, no_complement);
			if (c->n_d == 0)
				return undefined(why, no_facet);
			*value = m == PDS_BIAS_CI ? (double) (c->n_a - c->n_d) / (c->n_a + c->n_d)
				: (double) c->a_pos / c->n_a - (double) c->d_pos / c->n_d;
			return true;
		default:
			return metric_distance(m, c, value, why);
	}
}
