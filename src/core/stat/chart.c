/*
 * chart.c
 *	  Bar charts as text and as SVG.
 */
#include "core/stat/chart.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/base/utf8.h"

/* labels longer than this are cut (characters) */
#define MAX_LABEL 40
/* of a line by itself */
#define ROW_LABEL 20

/* SVG: pixels, and percent of the width */
#define SVG_WIDTH 480
#define SVG_ROW 36
#define SVG_TEXT 12
#define SVG_BAR 10
#define SVG_MARGIN 2

static int
characters(const char *s)
{
	return (int) pds_utf8_count(s, strlen(s));
}

static void
repeat(PdsStr *out, const char *what, int n)
{
	while (n-- > 0)
		pds_str_append(out, what);
}

/* eighths of a character, to the right; at least one when there is anything */
static void
blocks(PdsStr *out, double length, bool ascii)
{
	static const char *const part[] = {
		"", "\u258F", "\u258E", "\u258D", "\u258C", "\u258B", "\u258A", "\u2589"
	};
	int			eighths = (int) lround(length * 8);

	if (length > 0 && eighths == 0)
		eighths = 1;
	if (ascii)
	{
		repeat(out, "#", eighths > 0 && eighths < 8 ? 1 : (eighths + 4) / 8);
		return;
	}
	repeat(out, "\u2588", eighths / 8);
	pds_str_append(out, part[eighths % 8]);
}

/* the range that finite values and 0 span; false: there is none to speak of */
static bool
range(const PdsBar *bars, int n, double *low, double *high)
{
	int			i;

	*low = *high = 0;
	for (i = 0; i < n; i++)
		if (!bars[i].missing && isfinite(bars[i].value))
		{
			*low = fmin(*low, bars[i].value);
			*high = fmax(*high, bars[i].value);
		}
	return *high - *low > 0 && isfinite(*high - *low);
}

/* where a value lies, 0..1 within the range; infinities at its ends */
static double
clamp(double v, double low, double high)
{
	return isnan(v) ? 0 : fmax(low, fmin(high, v));
}

/* a value in six digits, or all of a whole number; false: only an exponent says it */
static bool
plain_number(double v, char *text, size_t size)
{
	if (v == trunc(v) && fabs(v) < 1e15)
		/* counts; -0 is 0 */
		snprintf(text, size, "%.0f", v + 0.0);
	else
		snprintf(text, size, "%.6g", v);
	return strchr(text, 'e') == NULL;
}

/* decimals that the values of one chart share: as many as one of them needs */
static int
shared_decimals(const PdsBar *bars, int n)
{
	int			most = 0;
	int			i;

	for (i = 0; i < n; i++)
	{
		char		text[32];
		const char *point;

		if (bars[i].missing || !isfinite(bars[i].value) ||
			!plain_number(bars[i].value, text, sizeof(text)))
			continue;
		point = strchr(text, '.');
		if (point != NULL && (int) strlen(point + 1) > most)
			most = (int) strlen(point + 1);
	}
	return most;
}

static void
append_bar_value(PdsStr *out, const PdsBar *b, int decimals)
{
	char		text[32];

	if (b->missing)
		pds_str_append(out, "NULL");
	else if (isnan(b->value))
		pds_str_append(out, "NaN");
	else if (isinf(b->value))
		pds_str_append(out, b->value > 0 ? "Infinity" : "-Infinity");
	else if (plain_number(b->value, text, sizeof(text)))
		pds_str_appendf(out, "%.*f", decimals, b->value + 0.0);
	else
		pds_str_append(out, text);
}

/* a label without control characters, cut, in a field of width characters */
static void
label(PdsStr *out, const char *s, int width)
{
	size_t		n = pds_utf8_prefix(s, strlen(s), MAX_LABEL);
	size_t		i;

	for (i = 0; i < n; i++)
		pds_str_append_c(out, (unsigned char) s[i] < ' ' ? ' ' : s[i]);
	repeat(out, " ", width - (characters(s) < MAX_LABEL ? characters(s) : MAX_LABEL));
}

static int
label_width(const PdsBar *bars, int n)
{
	int			width = 0;
	int			i;

	for (i = 0; i < n; i++)
		if (characters(bars[i].label) > width)
			width = characters(bars[i].label);
	return width < MAX_LABEL ? width : MAX_LABEL;
}

void
pds_chart_bar(double value, double max, int width, bool ascii, PdsStr *out)
{
	double		part = max != 0 && isfinite(max) ? fabs(value) / fabs(max) : 0;

	if (isnan(part))
		part = 0;
	blocks(out, fmin(part, 1) * width, ascii);
}

void
pds_chart_row(const PdsBar *bar, double max, int width, bool ascii, PdsStr *out)
{
	label(out, bar->label, ROW_LABEL);
	pds_str_append_c(out, ' ');
	if (!bar->missing)
		pds_chart_bar(bar->value, max, width, ascii, out);
	pds_str_append_c(out, ' ');
	append_bar_value(out, bar, shared_decimals(bar, 1));
}

void
pds_chart_text(const PdsBar *bars, int n, int width, bool ascii, PdsStr *out)
{
	int			labels = label_width(bars, n);
	double		low;
	double		high;
	bool		any = range(bars, n, &low, &high);
	int			left = any ? (int) lround(width * -low / (high - low)) : 0;
	int			decimals = shared_decimals(bars, n);
	int			i;

	/* what is below zero needs a place, however small it is */
	if (any && low < 0 && left == 0)
		left = 1;
	for (i = 0; i < n; i++)
	{
		double		v = any && !bars[i].missing ? clamp(bars[i].value, low, high) : 0;
		int			minus = v < 0 ? (int) lround(left * v / low) : 0;

		if (i > 0)
			pds_str_append_c(out, '\n');
		label(out, bars[i].label, labels);
		pds_str_append_c(out, ' ');
		if (v < 0 && minus == 0)
			minus = 1;
		repeat(out, " ", left - minus);
		repeat(out, ascii ? "#" : "\u2588", minus);
		if (left > 0)
			pds_str_append(out, ascii ? "|" : "\u2502");
		if (v > 0)
			blocks(out, (width - left) * v / high, ascii);
		pds_str_append_c(out, ' ');
		append_bar_value(out, &bars[i], decimals);
	}
}

/* ---- SVG ---- */

static void
escaped(PdsStr *out, const char *s, size_t n)
{
	size_t		i;

	for (i = 0; i < n; i++)
		switch (s[i])
		{
			case '<':
				pds_str_append(out, "&lt;");
				break;
			case '>':
				pds_str_append(out, "&gt;");
				break;
			case '&':
				pds_str_append(out, "&amp;");
				break;
			case '"':
				pds_str_append(out, "&quot;");
				break;
			default:
				pds_str_append_c(out, (unsigned char) s[i] < ' ' ? ' ' : s[i]);
				break;
		}
}

/* from the left edge of the bars' place, in percent of the whole width */
static double
percent(double part)
{
	return SVG_MARGIN + part * (100 - 2 * SVG_MARGIN);
}

/* a row: label and value, and the bar below them */
static void
svg_bar(const PdsBar *b, int y, double low, double high, int decimals, PdsStr *out)
{
	double		scale = high > low ? 1 / (high - low) : 0;
	double		v = b->missing ? 0 : clamp(b->value, low, high);
	double		zero = -low * scale;

	pds_str_appendf(out, "<text x=\"%d%%\" y=\"%d\">", SVG_MARGIN, y + SVG_TEXT);
	escaped(out, b->label, pds_utf8_prefix(b->label, strlen(b->label), MAX_LABEL));
	pds_str_appendf(out, "</text><text x=\"%d%%\" y=\"%d\" text-anchor=\"end\">",
					100 - SVG_MARGIN, y + SVG_TEXT);
	append_bar_value(out, b, decimals);
	y += SVG_TEXT + 5;
	pds_str_appendf(out, "</text><rect x=\"%.2f%%\" y=\"%d\" width=\"%.2f%%\" height=\"%d\" ",
					percent(zero + fmin(v, 0) * scale), y,
					percent(fabs(v) * scale) - SVG_MARGIN, SVG_BAR);
	pds_str_appendf(out, "fill=\"%s\"><title>", v < 0 ? "#b85c38" : "#2f6f9f");
	escaped(out, b->label, strlen(b->label));
	pds_str_append(out, ": ");
	append_bar_value(out, b, decimals);
	pds_str_append(out, "</title></rect>");
	if (low < 0)
		pds_str_appendf(out,
						"<line x1=\"%.2f%%\" y1=\"%d\" x2=\"%.2f%%\" y2=\"%d\" stroke=\"#666\"/>",
						percent(zero), y - 2, percent(zero), y + SVG_BAR + 2);
	pds_str_append_c(out, '\n');
}

/*
 * Positions are percents of the width and pixels of the height, so a page may give the picture the
 * width that there is: text keeps its size on a phone.
 */
void
pds_chart_svg(const PdsBar *bars, int n, const char *title, PdsStr *out)
{
	int			top = title && *title ? 40 : 8;
	int			decimals = shared_decimals(bars, n);
	double		low;
	double		high;
	int			i;

	if (!range(bars, n, &low, &high))
		low = high = 0;
	pds_str_appendf(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" role=\"img\" "
					"font-family=\"sans-serif\" font-size=\"13\" fill=\"#222\">\n"
					"<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n",
					SVG_WIDTH, top + n * SVG_ROW);
	if (title && *title)
	{
		pds_str_appendf(out, "<text x=\"%d%%\" y=\"24\" font-size=\"15\" font-weight=\"bold\">",
						SVG_MARGIN);
		escaped(out, title, strlen(title));
		pds_str_append(out, "</text>\n");
	}
	for (i = 0; i < n; i++)
		svg_bar(&bars[i], top + i * SVG_ROW, low, high, decimals, out);
	pds_str_append(out, "</svg>\n");
}
