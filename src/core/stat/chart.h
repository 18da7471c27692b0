/*
 * chart.h
 *	  Bar charts as text and as SVG.
 */
#ifndef PDS_CORE_CHART_H
#define PDS_CORE_CHART_H

#include "core/base/strbuf.h"

typedef struct PdsBar
{
	const char *label;			/* UTF-8 */
	double		value;
	bool		missing;		/* NULL: the row is named, and has no bar */
} PdsBar;

/*
 * One line a bar: label, bar, value; negative values grow to the left of a common zero.  width:
 * characters for the longest bar (negative and positive ones together), 1..500.  ascii: '#' instead
 * of blocks.
 */
extern void pds_chart_text(const PdsBar *bars, int n, int width, bool ascii, PdsStr *out);

/* The bar of one value on the scale from 0 to max (both signs alike), without label and number. */
extern void pds_chart_bar(double value, double max, int width, bool ascii, PdsStr *out);

/* One line of such a chart on the scale from 0 to max: label in 20 characters, bar, value. */
extern void pds_chart_row(const PdsBar *bar, double max, int width, bool ascii, PdsStr *out);

/* A whole SVG document; title may be NULL. */
extern void pds_chart_svg(const PdsBar *bars, int n, const char *title, PdsStr *out);

#endif							/* PDS_CORE_CHART_H */
