/*
 * bias.h
 *	  Pre-training bias metrics from counts, as Amazon SageMaker Clarify defines them.
 *
 * Facet d is the sensitive group, a its complement: every other row, those
 * without a facet value included.  All metrics are functions of counts, so
 * that the counting can be done where the rows are.
 */
#ifndef PDS_CORE_BIAS_H
#define PDS_CORE_BIAS_H

#include <stdbool.h>
#include <stdint.h>

typedef enum PdsBiasMetric
{
	PDS_BIAS_CDDL, PDS_BIAS_CI, PDS_BIAS_DPL, PDS_BIAS_JS,
	PDS_BIAS_KL, PDS_BIAS_KS, PDS_BIAS_LP, PDS_BIAS_TVD
} PdsBiasMetric;
#define PDS_BIAS_METRICS 8

/* rows of one label value */
typedef struct PdsLabelCount
{
	int64_t		a;
	int64_t		d;
} PdsLabelCount;

/* rows of one group; positive and negative by label */
typedef struct PdsGroupCount
{
	int64_t		a_pos;
	int64_t		a_neg;
	int64_t		d_pos;
	int64_t		d_neg;
} PdsGroupCount;

typedef struct PdsBiasCounts
{
	int64_t		n_a;			/* rows; they may be more than those of the
								 * labels: missing labels */
	int64_t		n_d;
	const PdsLabelCount *labels;	/* with positive labels: two, positive and
									 * not */
	int			nlabels;
	bool		has_positive;	/* it is known which labels are positive */
	int64_t		a_pos;
	int64_t		d_pos;
	const PdsGroupCount *groups;	/* NULL: no group variable */
	int			ngroups;
	bool		group_missing;	/* rows of groups that cannot be compared:
								 * CDDL is undefined */
	bool		strict;			/* distributions over the union of the labels
								 * of both sides; else over those that both
								 * sides have, not scaled again (Clarify) */
} PdsBiasCounts;

/* "CI", ...; and in full, as reports name it */
extern const char *pds_bias_name(PdsBiasMetric m);
extern const char *pds_bias_description(PdsBiasMetric m);

/*
 * True with *value (maybe infinite, when strict); false with *why, a static
 * text, when the metric is undefined for these counts.
 */
extern bool pds_bias_metric(PdsBiasMetric m, const PdsBiasCounts *c, double *value,
							const char **why);

#endif							/* PDS_CORE_BIAS_H */
