/*
 * glue_args.c
 *	  Arguments of the catalog's SQL functions as what core/glue takes, and back.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/jsonb.h"

#include "core/serde/hive_type.h"
#include "core/infer/names.h"
#include "fdw/base/error_map.h"
#include "fdw/base/no_memory.h"
#include "sql/base/glue_args.h"

/* ---- texts ---- */

char *
pds_to_utf8(const char *text)
{
	return pstrdup(pg_server_to_any(text, strlen(text), PG_UTF8));
}

char *
pds_from_utf8(const char *text)
{
	return pstrdup(pg_any_to_server(text, strlen(text), PG_UTF8));
}

char *
pds_text_arg(FunctionCallInfo fcinfo, int n)
{
	if (PG_ARGISNULL(n))
		return NULL;
	return pds_to_utf8(text_to_cstring(PG_GETARG_TEXT_PP(n)));
}

char *
pds_required_arg(FunctionCallInfo fcinfo, int n, const char *name)
{
	char	   *text = pds_text_arg(fcinfo, n);

	if (text == NULL || text[0] == '\0')
		ereport(ERROR,
				(errcode(text ? ERRCODE_INVALID_PARAMETER_VALUE : ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("argument \"%s\" must not be %s", name, text ? "empty" : "null")));
	return text;
}

bool
pds_bool_arg(FunctionCallInfo fcinfo, int n)
{
	return !PG_ARGISNULL(n) && PG_GETARG_BOOL(n);
}

Datum
pds_text_datum(const char *utf8, bool *isnull)
{
	*isnull = utf8 == NULL;
	return utf8 ? CStringGetTextDatum(pds_from_utf8(utf8)) : (Datum) 0;
}

Datum
pds_text_array_datum(char *const *utf8, int n)
{
	Datum	   *elements = palloc(Max(n, 1) * sizeof(Datum));
	bool		isnull;
	int			i;

	for (i = 0; i < n; i++)
		elements[i] = pds_text_datum(utf8[i], &isnull);
	return PointerGetDatum(construct_array(elements, n, TEXTOID, -1, false, TYPALIGN_INT));
}

Datum
pds_properties_datum(const PdsProperties *p)
{
	StringInfoData buf;
	int			i;

	initStringInfo(&buf);
	appendStringInfoChar(&buf, '{');
	for (i = 0; i < p->n; i++)
	{
		if (i > 0)
			appendStringInfoChar(&buf, ',');
		escape_json(&buf, pds_from_utf8(p->items[i].key));
		appendStringInfoChar(&buf, ':');
		escape_json(&buf, pds_from_utf8(p->items[i].value));
	}
	appendStringInfoChar(&buf, '}');
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(buf.data));
}

char	  **
pds_array_arg(ArrayType *array, int *n)
{
	Datum	   *elements;
	bool	   *nulls;
	char	  **out;
	int			i;

	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &elements, &nulls, n);
	out = palloc0(Max(*n, 1) * sizeof(char *));
	for (i = 0; i < *n; i++)
		if (!nulls[i])
			out[i] = pds_to_utf8(TextDatumGetCString(elements[i]));
	return out;
}

/* ---- properties ---- */

void
pds_set_property(PdsProperties *p, const char *key, const char *value)
{
	PdsKeyValue *items;
	int			i;

	for (i = 0; i < p->n; i++)
		if (strcmp(p->items[i].key, key) == 0)
			break;
	if (value == NULL && i == p->n)
		return;
	/* what p holds may be borrowed: a copy is changed */
	items = palloc((p->n + 1) * sizeof(PdsKeyValue));
	memcpy(items, p->items, p->n * sizeof(PdsKeyValue));
	p->items = items;
	if (value == NULL)
	{
		p->n--;
		memmove(items + i, items + i + 1, (p->n - i) * sizeof(PdsKeyValue));
		return;
	}
	if (i == p->n)
		p->n++;
	items[i].key = (char *) key;
	items[i].value = (char *) value;
}

static char *
scalar_text(const JsonbValue *v)
{
	switch (v->type)
	{
		case jbvString:
			return pds_to_utf8(pnstrdup(v->val.string.val, v->val.string.len));
		case jbvNumeric:
			return DatumGetCString(DirectFunctionCall1(numeric_out,
													   NumericGetDatum(v->val.numeric)));
		case jbvBool:
			return v->val.boolean ? "true" : "false";
		default:
			return NULL;
	}
}

PDS_NORETURN static void not_properties(const char *what);

static void
not_properties(const char *what)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("argument \"%s\" is not a JSON object of texts", what),
			 errhint("Write %s => '{\"name\": \"value\"}'.", what)));
}

void
pds_properties_of_jsonb(Datum jsonb, const char *what, PdsProperties *out)
{
	pds_properties_of_container(&DatumGetJsonbP(jsonb)->root, what, out);
}

void
pds_properties_of_container(struct JsonbContainer *container, const char *what,
							PdsProperties *out)
{
	JsonbIterator *it = JsonbIteratorInit(container);
	JsonbValue	v;
	JsonbIteratorToken token;
	char	   *key = NULL;

	memset(out, 0, sizeof(*out));
	if (JsonbIteratorNext(&it, &v, true) != WJB_BEGIN_OBJECT)
		not_properties(what);
	while ((token = JsonbIteratorNext(&it, &v, true)) != WJB_DONE)
	{
		if (token == WJB_KEY)
			key = pds_to_utf8(pnstrdup(v.val.string.val, v.val.string.len));
		else if (token == WJB_VALUE)
		{
			if (v.type == jbvBinary)
				not_properties(what);
			out->items = out->n == 0 ? palloc(sizeof(PdsKeyValue)) :
				repalloc(out->items, (out->n + 1) * sizeof(PdsKeyValue));
			out->items[out->n].key = key;
			out->items[out->n++].value = scalar_text(&v);
		}
	}
}

/* ---- names and columns ---- */

char *
pds_catalog_name(const char *name, const char *what)
{
	char	   *plain = pds_sanitize_name(name, strlen(name));
	char	   *copy;

	if (plain == NULL)
		pds_raise_no_memory();
	copy = pstrdup(plain);
	free(plain);
	if (copy[0] == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_NAME),
				 errmsg("\"%s\" is not a name of a %s", pds_from_utf8(name), what),
				 errhint("Athena takes letters, digits and underscores.")));
	if (pg_strcasecmp(copy, name) != 0)
		ereport(NOTICE,
				(errmsg("%s \"%s\" is named \"%s\" in the catalog", what, pds_from_utf8(name),
						copy)));
	return copy;
}

/* behind a quoted text that begins here; the quote is doubled inside */
static const char *
skip_quoted_argument(const char *p)
{
	char		quote = *p++;

	while (*p && !(*p == quote && p[1] != quote))
		p += *p == quote ? 2 : 1;
	return *p ? p + 1 : p;
}

/* the text between quotes, each doubled one single */
static char *
unquoted(const char *from, const char *to)
{
	char	   *out = palloc(to - from + 1);
	char	   *o = out;
	char		quote = *from++;

	for (to--; from < to; from++)
	{
		if (*from == quote)
			from++;
		*o++ = *from;
	}
	*o = '\0';
	return out;
}

static const char *
skip_type_blanks(const char *p)
{
	while (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r')
		p++;
	return p;
}

char *
pds_checked_type(const char *type, const char *column)
{
	char	   *out = palloc(strlen(type) + 1);
	char	   *o = out;
	PdsHiveType t;
	PdsError	err;
	const char *p;
	bool		other;

	/* lower case, a blank only between two words */
	for (p = skip_type_blanks(type); *p; p++)
	{
		const char *next = skip_type_blanks(p);

		if (next > p)
		{
			if (*next && strchr("<>(),:", *next) == NULL && strchr("<>(),:", o[-1]) == NULL)
				*o++ = ' ';
			p = next - 1;
			continue;
		}
		*o++ = pg_tolower((unsigned char) *p);
	}
	*o = '\0';
	if (!pds_hive_type_parse(out, &t, &err))
		pds_raise(&err);
	other = t.kind == PDS_HIVE_OTHER;
	pds_hive_type_clear(&t);
	if (other)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("Athena has no type \"%s\" for column \"%s\"", pds_from_utf8(out),
						pds_from_utf8(column)),
				 errhint("Types are boolean, tinyint, smallint, int, bigint, float, double, "
						 "decimal(p,s), string, varchar(n), char(n), date, timestamp, binary, "
						 "array<...>, map<...> and struct<...>.")));
	return out;
}

/* One column; p stands behind it afterwards. */
static const char *
parse_column(const char *p, const char *what, PdsGlueColumn *c)
{
	const char *start = p = skip_type_blanks(p);
	const char *type;
	const char *comment = NULL;
	char	   *name;
	int			depth = 0;

	if (*p == '`' || *p == '"')
	{
		p = skip_quoted_argument(p);
		name = unquoted(start, p);
	}
	else
	{
		while (*p && strchr(" \t\r\n,", *p) == NULL)
			p++;
		name = pnstrdup(start, p - start);
	}
	type = p = skip_type_blanks(p);
	for (; *p && !(*p == ',' && depth == 0); p++)
	{
		if (*p == '<' || *p == '(')
			depth++;
		else if (*p == '>' || *p == ')')
			depth--;
		else if (*p == '\'')
		{
			p = skip_quoted_argument(p) - 1;
			if (p[1] == '\0')
			{
				p++;
				break;
			}
		}
		else if (depth == 0 && comment == NULL && p > type && strchr(" \t\r\n>)", p[-1]) &&
				 pg_strncasecmp(p, "comment", 7) == 0 && *skip_type_blanks(p + 7) == '\'')
			comment = p;
	}
	if (name[0] == '\0' || type == p || comment == type)
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR),
				 errmsg("argument \"%s\" is not a list of columns: \"%s\" has no %s", what,
						pds_from_utf8(pnstrdup(start, p - start)),
						name[0] ? "type" : "name"),
				 errhint("Write %s => 'a int, b string'.", what)));
	c->name = pds_catalog_name(name, "column");
	c->type = pds_checked_type(pnstrdup(type, (comment ? comment : p) - type), name);
	c->comment = NULL;
	if (comment)
	{
		const char *text = skip_type_blanks(comment + 7);

		c->comment = unquoted(text, skip_quoted_argument(text));
	}
	return p;
}

void
pds_columns_of_text(const char *text, const char *what, PdsGlueColumn **columns, int *n)
{
	int			cap = 16;

	*n = 0;
	*columns = palloc(cap * sizeof(PdsGlueColumn));
	if (*skip_type_blanks(text) == '\0')
		return;
	for (;;)
	{
		if (*n == cap)
			*columns = repalloc(*columns, (cap *= 2) * sizeof(PdsGlueColumn));
		text = parse_column(text, what, &(*columns)[(*n)++]);
		if (*text != ',')
			return;
		text++;
	}
}

void
pds_check_distinct(const PdsGlueColumn *columns, int n, const PdsGlueColumn *keys, int nkeys)
{
	int			i;
	int			k;

	for (i = 0; i < n + nkeys; i++)
	{
		const PdsGlueColumn *c = i < n ? &columns[i] : &keys[i - n];

		for (k = 0; k < i; k++)
			if (strcmp(c->name, (k < n ? &columns[k] : &keys[k - n])->name) == 0)
				ereport(ERROR,
						(errcode(ERRCODE_DUPLICATE_COLUMN),
						 errmsg("column \"%s\" is there twice", c->name),
						 errhint("A partition key is a column of its own, behind the columns of the data.")));
	}
}
