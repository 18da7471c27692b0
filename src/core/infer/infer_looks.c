/*
 * infer_looks.c
 *	  What columns of text would be with an option more: numbers with other separators, dates of another
 *	  order, values of a type among several words for NULL.  Nothing but a remark is made of it.
 */
#include "core/infer/infer_internal.h"

#include <stdio.h>
#include <string.h>

#include "core/base/assert.h"
#include "core/serde/text_format.h"

/* the longest value that is looked at */
#define MAX_LOOKED	40

typedef struct ColumnLook
{
	const char *option;
	char		decimal;		/* of numbers */
	char		thousands;
	const char *format;			/* of dates; NULL: it is of numbers */
}			ColumnLook;

/* a value that several of them read is of the first */
static const ColumnLook looks[] = {
	{"decimal_separator ',', thousands '.'", ',', '.', NULL},
	{"thousands ','", '.', ',', NULL},
	{"date_format '%d.%m.%Y'", 0, 0, "%d.%m.%Y"},
	{"date_format '%d/%m/%Y'", 0, 0, "%d/%m/%Y"},
	{"date_format '%m/%d/%Y'", 0, 0, "%m/%d/%Y"},
};

#define NLOOKS	(sizeof(looks) / sizeof(looks[0]))

static bool
looks_so(const ColumnLook * look, const char *s, size_t n)
{
	char		number[MAX_LOOKED];
	size_t		len;
	int64_t		us;

	if (look->format)
		return pds_time_by_format(look->format, s, n, &us);
	return pds_number_normal(s, n, look->decimal, look->thousands, number, &len) &&
		pds_cell_is_number(number, len);
}

void
pds_looks_add(PdsColumnStats *c, const char *s, size_t n, bool quoted)
{
	size_t		i;

	if (c->unlike == (1u << NLOOKS) - 1 || n == 0 || (!quoted && pds_null_word(s, n) >= 0))
		return;
	for (i = 0; i < NLOOKS; i++)
		if ((c->unlike & (1u << i)) == 0 && (n > MAX_LOOKED || !looks_so(&looks[i], s, n)))
			c->unlike |= 1u << i;
	/* codes of digits alone, as of places, are text by right */
	if (memchr(s, ',', n) || memchr(s, '.', n) || memchr(s, '/', n))
		c->separated++;
}

/* the option null with all words for NULL that the column has */
static void
null_option(const PdsColumnStats *c, char *out, size_t cap)
{
	const char *before = c->empty > 0 ? "\"\", " : "";
	size_t		n = (size_t) snprintf(out, cap, "null '[");
	int			i;

	for (i = 0; i < PDS_NULL_WORDS && n < cap; i++)
	{
		if (c->words[i] == 0)
			continue;
		n += (size_t) snprintf(out + n, cap - n, "%s\"%s%s\"", before, pds_null_words[i][0] == '\\' ? "\\" : "",
							   pds_null_words[i]);
		before = ", ";
	}
	if (n < cap)
		snprintf(out + n, cap - n, "]'");
}

void
pds_looks_option(const PdsColumnStats *c, char *out, size_t cap)
{
	size_t		n = 0;
	size_t		i;
	bool		words = false;

	out[0] = '\0';
	for (i = 0; i < PDS_NULL_WORDS; i++)
		words = words || c->words[i] > 0;
	if (c->values == 0 || c->quoted_empty > 0)
		return;
	if (words && c->can != 0)
		null_option(c, out, cap);
	if (words || c->separated * 2 < c->values)
		return;
	/* days and months may change places, separators do not */
	for (i = 0; i < NLOOKS && (n == 0 || looks[i].format); i++)
		if ((c->unlike & (1u << i)) == 0)
			n += (size_t) snprintf(out + n, cap - n, "%s%s", n > 0 ? " or " : "", looks[i].option);
}
