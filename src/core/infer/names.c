/*
 * names.c
 *	  Names of tables and columns, as awswrangler makes them (doc/dev/aws.md §8.2).
 */
#include "core/infer/names.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/error.h"
#include "core/base/strbuf.h"

/* letters with accents, without them (canonical decomposition); '_': there is none */
static const struct
{
	unsigned int first;
	unsigned int last;
	const char *base;
}			accents[] = {

	{0xC0, 0x24F,
		"AAAAAA_CEEEEIIII_NOOOOO__UUUUY__aaaaaa_ceeeeiiii_nooooo__uuuuy_y"
		"AaAaAaCcCcCcCcDd__EeEeEeEeEeGgGgGgGgHh__IiIiIiIiI___JjKk_LlLlLl_"
		"___NnNnNn___OoOoOo__RrRrRrSsSsSsSsTtTt__UuUuUuUuUuUuWwYyYZzZzZz_"
		"________________________________Oo_____________Uu_______________"
		"_____________AaIiOoUuUuUuUuUu_AaAa____GgKkOoOo__j___Gg__NnAa____"
		"AaAaEeEeIiIiOoOoRrRrUuUuSsTt__Hh______AaEeOoOoOoOoYy____________"
	"________________"},
	{0x1E00, 0x1EFF,
		"AaBbBbBbCcDdDdDdDdDdEeEeEeEeEeFfGgHhHhHhHhHhIiIiKkKkKkLlLlLlLlMm"
		"MmMmNnNnNnNnOoOoOoOoPpPpRrRrRrRrSsSsSsSsSsTtTtTtTtUuUuUuUuUuVvVv"
		"WwWwWwWwWwXxXxYyZzZzZzhtwy______AaAaAaAaAaAaAaAaAaAaAaAaEeEeEeEe"
	"EeEeEeEeIiIiOoOoOoOoOoOoOoOoOoOoOoOoUuUuUuUuUuUuUuYyYyYyYy______"}
};

/* one character at p (len bytes); bytes that are not UTF-8 count as one each */
static unsigned int
decode(const unsigned char *p, size_t left, size_t *len)
{
	size_t		n = p[0] < 0x80 ? 1 : (p[0] & 0xE0) == 0xC0 ? 2 : (p[0] & 0xF0) == 0xE0 ? 3 :
		(p[0] & 0xF8) == 0xF0 ? 4 : 0;
	unsigned int c;
	size_t		i;

	*len = 1;
	if (n == 1)
		return p[0];
	if (n == 0 || n > left)
		return 0xFFFD;
	c = p[0] & (0xFFu >> (n + 1));
	for (i = 1; i < n; i++)
	{
		if ((p[i] & 0xC0) != 0x80)
			return 0xFFFD;
		c = c << 6 | (p[i] & 0x3Fu);
	}
	*len = n;
	return c;
}

/* the letter or digit that a character stands for, lower case; 0: drop it; '_': another */
static char
plain(unsigned int c)
{
	size_t		i;

	if (c >= 0x300 && c <= 0x36F)
		return 0;				/* a combining accent */
	if (c >= 0x80)
	{
		for (i = 0; i < sizeof(accents) / sizeof(accents[0]); i++)
			if (c >= accents[i].first && c <= accents[i].last)
			{
				c = (unsigned char) accents[i].base[c - accents[i].first];
				break;
			}
		if (c >= 0x80)
			return '_';
	}
	if (c >= 'A' && c <= 'Z')
		return (char) (c - 'A' + 'a');
	if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
		return (char) c;
	return '_';
}

char *
pds_sanitize_name(const char *name, size_t len)
{
	const unsigned char *p = (const unsigned char *) name;
	char	   *out = malloc(len + 1);
	size_t		n = 0;
	size_t		i = 0;
	bool		own = false;	/* the last '_' stands for something else */

	if (out == NULL)
		return NULL;
	while (i < len)
	{
		size_t		used;
		unsigned int c = decode(p + i, len - i, &used);
		char		b = plain(c);

		i += used;
		if (b == 0)
			continue;

		/*
		 * others become one '_' together; those of the name stay as many as
		 * they are
		 */
		if (b == '_' && c != '_')
		{
			if (own)
				continue;
			own = true;
		}
		else
			own = false;
		out[n++] = b;
	}
	out[n] = '\0';
	return out;
}

static bool
taken(char *const *names, int n, const char *name)
{
	int			i;

	for (i = 0; i < n; i++)
		if (names[i] && strcmp(names[i], name) == 0)
			return true;
	return false;
}

char *
pds_unique_name(const char *name, char *const *names, int n, size_t max)
{
	size_t		len = strlen(name);
	char	   *out = malloc((len < max ? len : max) + 16);
	int			number = 0;

	if (out == NULL)
		return NULL;
	do
	{
		char		suffix[16] = "";
		size_t		room = max;

		if (number > 0)
			room -= (size_t) snprintf(suffix, sizeof(suffix), "_%d", number);
		pds_copy_cut(out, room + 1, name, len);
		strcat(out, suffix);
		number++;
	} while (taken(names, n, out));
	return out;
}

/* a cell's name before it is told from others; malloc'd */
static char *
base_name(const char *cell, int number, size_t max)
{
	char		numbered[16];
	char	   *plain_name = pds_sanitize_name(cell ? cell : "", cell ? strlen(cell) : 0);
	char	   *name;

	if (plain_name == NULL)
		return NULL;
	snprintf(numbered, sizeof(numbered), "col%d", number);
	name = pds_unique_name(strspn(plain_name, "_") == strlen(plain_name) ? numbered : plain_name,
						   NULL, 0, max);
	free(plain_name);
	return name;
}

bool
pds_names_of_header(const char *const *cells, int n, size_t max, char **names)
{
	int			i;

	for (i = 0; i < n; i++)
		if ((names[i] = base_name(cells[i], i, max)) == NULL)
			return false;
	for (i = 1; i < n; i++)
	{
		char	   *unique;

		if (!taken(names, i, names[i]))
			continue;
		unique = pds_unique_name(names[i], names, n, max);
		if (unique == NULL)
			return false;
		free(names[i]);
		names[i] = unique;
	}
	return true;
}

bool
pds_binding_names(const char *const *cells, int n, size_t max, char **names)
{
	int			i;
	int			k;

	if (!pds_names_of_header(cells, n, max, names))
		return false;
	for (i = 0; i < n; i++)
	{
		bool		own = cells[i] && cells[i][0];

		for (k = 0; k < i && own; k++)
			own = cells[k] == NULL || strcmp(cells[k], cells[i]) != 0;
		if (!own)
			continue;
		free(names[i]);
		if ((names[i] = pds_strdup(cells[i])) == NULL)
			return false;
	}
	return true;
}

/* names to fields */
typedef struct Binding
{
	const char *const *cells;
	int			n;
	bool	   *used;			/* by field */
} Binding;

typedef int (*Comparison) (const char *a, const char *b);

/* The first field of that name, unless it is to be unused and is not; -1: none. */
static int
find_cell(const Binding *b, const char *name, Comparison compare, bool unused)
{
	int			i;

	for (i = 0; i < b->n; i++)
		if (b->cells[i][0] && compare(b->cells[i], name) == 0)
			return unused && b->used[i] ? -1 : i;
	return -1;
}

static void
bind_all(Binding *b, const char *const *wanted, int nwanted, int *fields, Comparison compare,
		 bool unused)
{
	int			i;

	for (i = 0; i < nwanted; i++)
		if (fields[i] < 0 && (fields[i] = find_cell(b, wanted[i], compare, unused)) >= 0)
			b->used[fields[i]] = true;
}

/* those that are not bound yet, by the names that infer_schema would show */
static bool
bind_plain(Binding *b, const char *const *wanted, int nwanted, int *fields)
{
	char	  **names = calloc((size_t) b->n + 1, sizeof(char *));
	Binding		plain_names = {.cells = (const char *const *) names, .n = b->n, .used = b->used};
	bool		ok = names && pds_names_of_header(b->cells, b->n, SIZE_MAX / 2, names);
	int			i;

	for (i = 0; ok && i < nwanted; i++)
	{
		char	   *name;

		if (fields[i] >= 0)
			continue;
		name = pds_sanitize_name(wanted[i], strlen(wanted[i]));
		ok = name != NULL;
		if (ok && (fields[i] = find_cell(&plain_names, name, strcmp, true)) >= 0)
			b->used[fields[i]] = true;
		free(name);
	}
	for (i = 0; names && i < b->n; i++)
		free(names[i]);
	free(names);
	return ok;
}

bool
pds_bind_names(const char *const *cells, int n, const char *const *wanted, int nwanted,
			   int *fields)
{
	Binding		b = {.cells = cells, .n = n, .used = calloc((size_t) n + 1, sizeof(bool))};
	bool		ok = b.used != NULL;
	int			i;

	for (i = 0; i < nwanted; i++)
		fields[i] = -1;
	if (ok)
	{
		bind_all(&b, wanted, nwanted, fields, strcmp, false);
		bind_all(&b, wanted, nwanted, fields, pds_strcasecmp, true);
		for (i = 0; i < nwanted && fields[i] >= 0; i++)
			;
		ok = i == nwanted || bind_plain(&b, wanted, nwanted, fields);
	}
	free(b.used);
	return ok;
}
