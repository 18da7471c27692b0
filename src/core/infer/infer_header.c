/*
 * infer_header.c
 *	  Do objects begin with a header, and do the headers of several say the same?
 *
 * A header stands above values of other types, or it is written otherwise than the texts below it.
 * Where all columns are texts that is a guess, and said to be one.
 */
#include "core/infer/infer_internal.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/strbuf.h"
#include "core/infer/names.h"
#include "core/read/object_header.h"

/* a name is no longer than this (doc/dev/aws.md §5.5: characters; here bytes) */
#define MAX_HEADER	150

/* ---- can it be one? ---- */

/* years as the names of columns: several, each greater than the one before */
static bool
are_years(const PdsInferWork *w)
{
	int			last = 0;
	int			n = 0;
	int			i;

	for (i = 0; i < w->ncolumns; i++)
	{
		const PdsField *f = &w->fields[i];
		PdsCell		cell;

		if (f->data == NULL || f->len == 0)
			continue;
		pds_cell_classify(f->data, f->len, &cell);
		if (cell.can == 0)
			continue;
		if (f->len != 4 || !(cell.can & PDS_CAN_INT) || cell.magnitude < 1700 ||
			cell.magnitude > 2100 || cell.magnitude <= last)
			return false;
		last = (int) cell.magnitude;
		n++;
	}
	return n >= 3 && n < w->ncolumns;
}

/*
 * Can the cells of a record be names?  None is a number, none is there twice, and few are empty; those
 * above nothing do not count, since spreadsheets write columns that are empty all the way.
 */
static bool
can_be_names(const PdsInferWork *w, bool *identifiers)
{
	bool		years = are_years(w);
	int			empty = 0;
	int			names = 0;
	int			i;
	int			k;

	*identifiers = true;
	for (i = 0; i < w->ncolumns; i++)
	{
		const PdsField *f = &w->fields[i];
		PdsCell		cell;

		if (f->data == NULL || f->len == 0)
		{
			empty += w->stats[i].values > 0;
			*identifiers = false;
			continue;
		}
		names++;
		pds_cell_classify(f->data, f->len, &cell);
		if (!years && (cell.can != 0 || f->len > MAX_HEADER ||
					   strspn(f->data, "0123456789.,+- ") >= f->len))
			return false;
		if (pds_shape(f->data, f->len) >= PDS_SHAPE_WORDS)
			*identifiers = false;
		for (k = 0; k < i && *identifiers; k++)
			if (w->fields[k].data && w->fields[k].len == f->len &&
				memcmp(w->fields[k].data, f->data, f->len) == 0)
				*identifiers = false;
	}
	return (empty <= 1 || empty * 4 <= w->ncolumns) && names > 0;
}

/* ---- texts above texts ---- */

/* words that columns are called by, and values seldom are */
static const char *const words[] = {
	"id", "name", "code", "date", "time", "type", "status", "email", "mail", "phone", "address", "street", "city", "country", "state", "zip",
	"title", "description", "comment", "category", "value", "price", "amount", "quantity", "key", "url", "text", "label", "number", "count",
	"first", "last", "gender", "sex", "region", "department", "company", "user", "product", "customer", "order", "language", "author",
	"class", "group", "note", "notes", "source", "target", "year", "month", "day", "currency", "postcode", "surname", "lastname", "firstname"
};

/* Is one of the words in the text, as a word of its own? */
static bool
has_column_word(const char *s, size_t n)
{
	size_t		at = 0;

	while (at < n)
	{
		size_t		end = at;
		size_t		i;

		/* a capital begins a word: firstName */
		while (end < n && isalpha((unsigned char) s[end]) &&
			   !(end > at && isupper((unsigned char) s[end]) &&
				 islower((unsigned char) s[end - 1])))
			end++;
		for (i = 0; end > at && i < sizeof(words) / sizeof(words[0]); i++)
			if (strlen(words[i]) == end - at)
			{
				size_t		k;

				for (k = 0; k < end - at && tolower((unsigned char) s[at + k]) == words[i][k]; k++)
					;
				if (k == end - at)
					return true;
			}
		at = end > at ? end : at + 1;
	}
	return false;
}

/* could the text be a name at all, not a sentence, an address or the like? */
static bool
is_like_name(const char *s, size_t n)
{
	size_t		blanks = 0;
	size_t		i;

	for (i = 0; i < n; i++)
	{
		if (strchr("@\\<>{}\"=!?;\n\r\t", s[i]) != NULL ||
			(s[i] == ':' && i + 1 < n && s[i + 1] == '/'))
			return false;
		blanks += s[i] == ' ';
	}
	return n <= 64 && blanks <= 5;
}

/* Is a cell of the record below somewhere, in its own column?  Then it is a value. */
static bool
is_repeated_below(PdsInferWork *w, PdsText *t, bool *ok)
{
	size_t		n = (size_t) w->ncolumns;
	char	  **cells = calloc(n + 1, sizeof(char *));
	bool		found = false;
	size_t		r;
	size_t		i;

	*ok = cells != NULL;
	for (i = 0; *ok && i < n; i++)
		*ok = (cells[i] = pds_strndup(w->fields[i].data ? w->fields[i].data : "",
									  w->fields[i].data ? w->fields[i].len : 0)) != NULL;
	for (r = t->first + 1; *ok && !found && r < pds_infer_record_count(t); r++)
	{
		*ok = pds_infer_cut(w, t, r);
		for (i = 0; *ok && i < n && !found; i++)
			found = cells[i][0] && w->fields[i].data && w->fields[i].len == strlen(cells[i]) &&
				memcmp(w->fields[i].data, cells[i], w->fields[i].len) == 0;
	}
	for (i = 0; cells && i < n; i++)
		free(cells[i]);
	free(cells);
	if (*ok)
		*ok = pds_infer_cut(w, t, t->first);
	return found;
}

/*
 * Columns whose values are written otherwise than the cell above them, and cells
 * like names of columns.
 */
static void
count_signs(const PdsInferWork *w, int *otherwise, int *like_columns)
{
	int			i;

	*otherwise = *like_columns = 0;
	for (i = 0; i < w->ncolumns; i++)
	{
		const PdsColumnStats *c = &w->stats[i];
		const PdsField *f = &w->fields[i];
		unsigned int classes;

		if (f->data == NULL || f->len == 0)
			continue;
		*like_columns += has_column_word(f->data, f->len);
		classes = pds_classes(f->data, f->len);
		if (c->values > 0 &&
			((c->classes_all & ~classes) != 0 || (classes & ~c->classes_any) != 0 ||
			 c->shapes[pds_shape(f->data, f->len)] == 0))
			(*otherwise)++;
	}
}

/* All columns are texts, and the record could be names: is it a header? */
static bool
is_header_of_texts(PdsInferWork *w, PdsText *t, bool *ok)
{
	int			otherwise;
	int			like_columns;
	int			i;

	for (i = 0; i < w->ncolumns; i++)
		if (w->fields[i].data && !is_like_name(w->fields[i].data, w->fields[i].len))
			return false;
	count_signs(w, &otherwise, &like_columns);
	if (w->ncolumns == 1 ? like_columns == 0 || otherwise == 0
		: otherwise * 2 <= w->ncolumns && like_columns * 2 < w->ncolumns &&
		(otherwise + like_columns) * 2 <= w->ncolumns)
		return false;
	return !is_repeated_below(w, t, ok);
}

/* ---- is it one? ---- */

/*
 * The record in w->fields is the first of the text's table, and can be names (identifiers: all of
 * them are): is it a header?
 */
static bool
is_header(PdsInferWork *w, PdsText *t, bool identifiers, bool *doubtful, bool *ok)
{
	int			typed = 0;
	int			i;

	if (w->out->records == 0)
		return identifiers;
	for (i = 0; i < w->ncolumns; i++)
	{
		const PdsColumnStats *c = &w->stats[i];
		const PdsField *f = &w->fields[i];

		/*
		 * some typed values are enough where the names look like names
		 * (doc/dev/aws.md §5.5)
		 */
		if (f->data && f->len > 0 && c->values > 0 &&
			(c->typed * 2 >= c->values || (identifiers && c->typed > 0)))
			typed++;
	}
	/* a name above numbers */
	if (typed > 0)
		return true;
	*doubtful = true;
	return is_header_of_texts(w, t, ok);
}

/* ---- the same header in several objects ---- */

static bool
same_record(const PdsText *a, size_t ra, const PdsText *b, size_t rb)
{
	const char *p;
	const char *q;
	size_t		n;
	size_t		m;

	pds_infer_record_bytes(a, ra, &p, &n);
	pds_infer_record_bytes(b, rb, &q, &m);
	return n == m && memcmp(p, q, n) == 0;
}

/* The cells of a text's first record; False: out of memory. */
static bool
first_cells(const PdsInferWork *w, const PdsText *t, PdsObjectHeader *out)
{
	const char *p;
	size_t		n;
	PdsError	err;

	pds_infer_record_bytes(t, t->first, &p, &n);
	if (!pds_object_header_parse(&w->dialect, p, n, out, &err))
		return false;
	/* each is compared with each */
	while (out->n > PDS_INFER_COLUMNS)
		free(out->names[--out->n]);
	return true;
}

/* the same cells, in whatever order */
static bool
same_cells(const PdsObjectHeader *a, const PdsObjectHeader *b)
{
	int			i;
	int			k;

	for (i = 0; i < a->n; i++)
	{
		for (k = 0; k < b->n && strcmp(a->names[i], b->names[k]) != 0; k++)
			;
		if (k == b->n)
			return false;
	}
	return a->n == b->n;
}

/* Does another object begin with the same cells, and go on with others? */
static bool
repeated(PdsInferWork *w, int number, bool *ok)
{
	const PdsText *t = &w->texts[number];
	PdsObjectHeader own = {NULL, 0};
	bool		found = false;
	int			i;

	if (pds_infer_record_count(t) < t->first + 2 || same_record(t, t->first, t, t->first + 1))
		return false;
	*ok = first_cells(w, t, &own);
	for (i = 0; *ok && i < w->n && !found; i++)
	{
		const PdsText *o = &w->texts[i];
		PdsObjectHeader other;

		if (i == number || !o->from_start || pds_infer_record_count(o) <= o->first)
			continue;
		if (same_record(t, t->first, o, o->first))
			found = true;
		else if (own.n > 1 && own.n <= 200)
		{
			*ok = first_cells(w, o, &other);
			found = *ok && same_cells(&own, &other);
			if (*ok)
				pds_object_header_free(&other);
		}
	}
	pds_object_header_free(&own);
	return found;
}

/* line ends in front of the table */
static int
lines_before(const PdsText *t)
{
	size_t		end = t->first < t->ix.nrec ? pds_record_start(&t->ix, t->first) : 0;
	int			lines = 0;
	size_t		i;

	for (i = 0; i < end; i++)
		lines += t->buf[i] == '\n' || (t->buf[i] == '\r' && t->buf[i + 1] != '\n');
	return lines;
}

bool
pds_infer_header(PdsInferWork *w, int *named)
{
	int			yes = 0;
	int			no = 0;
	bool		certain = false;
	bool		doubtful = false;
	bool		identifiers;
	bool		ok = true;
	int			i;

	*named = -1;
	for (i = 0; i < w->n; i++)
	{
		PdsText    *t = &w->texts[i];
		bool		names;
		bool		header;

		if (!t->from_start || t->first >= pds_infer_record_count(t))
			continue;
		if (!pds_infer_cut(w, t, t->first))
			return false;
		names = can_be_names(w, &identifiers);
		/* that is certain, and costs less than to look at all records below */
		header = names && repeated(w, i, &ok);
		certain = certain || header;
		if (ok && names && !header)
			header = is_header(w, t, identifiers, &doubtful, &ok);
		if (!ok)
			return false;
		if (header && *named < 0)
			*named = i;
		yes += header;
		no += !header;
	}
	w->out->headers_differ = yes > 0 && no > 0;
	if (yes <= no)
		*named = -1;
	w->out->named = *named >= 0;
	w->out->header_doubtful = doubtful && !certain && w->out->records > 0;
	for (i = 0; *named < 0 && i < w->n; i++)
		if (w->texts[i].from_start && w->texts[i].first > 0 &&
			w->texts[i].first < pds_infer_record_count(&w->texts[i]))
			w->out->preamble = (int) w->texts[i].first;
	/* blank lines and titles before it are lines, too */
	if (*named >= 0)
	{
		const PdsText *t = &w->texts[*named];

		w->out->preamble = (int) t->first;
		w->out->preamble_lines = lines_before(t);
		w->out->blank_preamble = true;
		for (i = 0; i < (int) t->first; i++)
			if (!pds_record_blank(&t->ix, t->buf, (size_t) i))
				w->out->blank_preamble = false;
	}
	w->out->dialect.header_lines = w->out->preamble + (*named >= 0);
	return true;
}

/* ---- columns of several headers ---- */

/* columns so far: the names they are bound by, and what their headers say */
typedef struct Union
{
	char	  **binding;
	char	  **headers;
	int			n;
	int			cap;
} Union;

static void
free_union(Union *u)
{
	int			i;

	for (i = 0; i < u->n; i++)
	{
		free(u->binding[i]);
		if (u->headers)
			free(u->headers[i]);
	}
	free(u->binding);
	free(u->headers);
}

static bool
add_cell(Union *u, const char *binding, const char *header)
{
	if (u->n == u->cap)
	{
		int			cap = 2 * u->cap + 16;
		char	  **b = realloc(u->binding, (size_t) cap * sizeof(char *));
		char	  **h = b ? realloc(u->headers, (size_t) cap * sizeof(char *)) : NULL;

		if (b)
			u->binding = b;
		if (h == NULL)
			return false;
		u->headers = h;
		u->cap = cap;
	}
	u->binding[u->n] = pds_strdup(binding);
	u->headers[u->n] = pds_strdup(header);
	u->n++;
	return u->binding[u->n - 1] != NULL && u->headers[u->n - 1] != NULL;
}

/* Add the names of a header that are not there yet; unless always, only where some are. */
static bool
add_header_cells(Union *u, const PdsObjectHeader *h, bool always)
{
	const char *const *cells = (const char *const *) h->names;
	int		   *fields = malloc((size_t) (u->n + 1) * sizeof(int));
	bool	   *used = calloc((size_t) h->n + 1, sizeof(bool));
	char	  **names = calloc((size_t) h->n + 1, sizeof(char *));
	int			before = u->n;
	bool		any = always;
	bool		ok = fields && used && names &&
		pds_bind_names(cells, h->n, (const char *const *) u->binding, u->n, fields) &&
		pds_binding_names(cells, h->n, MAX_HEADER, names);
	int			i;

	for (i = 0; ok && i < before; i++)
		if (fields[i] >= 0)
			used[fields[i]] = any = true;
	for (i = 0; ok && any && i < h->n && u->n < PDS_INFER_COLUMNS; i++)
		if (!used[i])
			ok = add_cell(u, names[i], h->names[i]);
	for (i = 0; names && i < h->n; i++)
		free(names[i]);
	free(names);
	free(used);
	free(fields);
	return ok;
}

/* Where the columns are in a text with that header; a text without any of them is read by place. */
static bool
set_positions(const Union *u, const PdsObjectHeader *h, PdsText *t)
{
	int			found = 0;
	int			i;

	t->positions = malloc((size_t) (u->n + 1) * sizeof(int));
	if (t->positions == NULL ||
		!pds_bind_names((const char *const *) h->names, h->n, (const char *const *) u->binding,
						u->n, t->positions))
		return false;
	for (i = 0; i < u->n; i++)
	{
		found += t->positions[i] >= 0;
		if (t->positions[i] < 0)
			t->positions[i] = PDS_INFER_ABSENT;
	}
	t->nfields = h->n;
	for (i = 0; found == 0 && i < u->n; i++)
		t->positions[i] = i;
	return true;
}

/* the text from the start of the same object; NULL: none */
static const PdsText *
start_of(const PdsInferWork *w, const PdsText *t)
{
	int			i;

	for (i = 0; i < w->n; i++)
		if (w->texts[i].from_start && w->texts[i].object == t->object)
			return &w->texts[i];
	return NULL;
}

static bool
copy_positions(PdsText *t, const PdsText *from, int n)
{
	t->positions = malloc((size_t) (n + 1) * sizeof(int));
	if (t->positions == NULL)
		return false;
	memcpy(t->positions, from->positions, (size_t) n * sizeof(int));
	t->nfields = from->nfields;
	return true;
}

/* all headers into one union, then each text's positions */
static bool
bind_headers(PdsInferWork *w, int named, Union *u)
{
	bool		ok = true;
	int			pass;
	int			k;

	for (pass = 0; pass < 2; pass++)
		for (k = 0; ok && k < w->n; k++)
		{
			/* the one that names comes first */
			int			i = k == 0 ? named : k <= named ? k - 1 : k;
			PdsText    *t = &w->texts[i];
			PdsObjectHeader h;

			if (!t->from_start || t->first >= pds_infer_record_count(t))
				continue;
			if (!first_cells(w, t, &h))
				return false;
			ok = pass == 0 ? add_header_cells(u, &h, k == 0) : set_positions(u, &h, t);
			pds_object_header_free(&h);
		}
	for (k = 0; ok && k < w->n; k++)
	{
		const PdsText *start = w->texts[k].from_start ? NULL : start_of(w, &w->texts[k]);

		if (start && start->positions)
			ok = copy_positions(&w->texts[k], start, u->n);
	}
	return ok;
}

bool
pds_infer_bind(PdsInferWork *w, int named, bool *differ)
{
	Union		u = {NULL, NULL, 0, 0};
	bool		ok;
	int			i;

	*differ = false;
	for (i = 0; i < w->n; i++)
	{
		const PdsText *t = &w->texts[i];

		if (t->from_start && t->first < pds_infer_record_count(t) &&
			!same_record(t, t->first, &w->texts[named], w->texts[named].first))
			*differ = true;
	}
	if (!*differ)
		return true;
	ok = bind_headers(w, named, &u);
	if (ok)
	{
		w->ncolumns = u.n;
		w->headers = u.headers;
		u.headers = NULL;
	}
	free_union(&u);
	return ok;
}
