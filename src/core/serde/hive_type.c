/*
 * hive_type.c
 *	  The column types of the Glue catalog (doc/dev/aws.md §5.4).
 */
#include "core/serde/hive_type.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/strbuf.h"

#define MAX_DEPTH 32

typedef struct Parser
{
	const char *text;			/* for messages */
	const char *p;
	PdsError   *err;
	int			depth;
} Parser;

static const struct
{
	const char *name;
	PdsHiveKind kind;
}			simple_types[] = {
	{"boolean", PDS_HIVE_BOOLEAN}, {"tinyint", PDS_HIVE_TINYINT},
	{"smallint", PDS_HIVE_SMALLINT}, {"int", PDS_HIVE_INT}, {"integer", PDS_HIVE_INT},
	{"bigint", PDS_HIVE_BIGINT}, {"long", PDS_HIVE_BIGINT},
	{"float", PDS_HIVE_FLOAT}, {"real", PDS_HIVE_FLOAT}, {"double", PDS_HIVE_DOUBLE},
	{"decimal", PDS_HIVE_DECIMAL}, {"numeric", PDS_HIVE_DECIMAL},
	{"string", PDS_HIVE_STRING}, {"varchar", PDS_HIVE_VARCHAR}, {"char", PDS_HIVE_CHAR},
	{"date", PDS_HIVE_DATE}, {"timestamp", PDS_HIVE_TIMESTAMP},
	{"timestamptz", PDS_HIVE_TIMESTAMPTZ},
	{"timestamp with time zone", PDS_HIVE_TIMESTAMPTZ}, {"time", PDS_HIVE_TIME},
	{"binary", PDS_HIVE_BINARY}, {"varbinary", PDS_HIVE_BINARY},
	{"array", PDS_HIVE_ARRAY}, {"map", PDS_HIVE_MAP}, {"struct", PDS_HIVE_STRUCT},
	{"row", PDS_HIVE_STRUCT}, {"uniontype", PDS_HIVE_UNION}
};

static bool parse_type(Parser *ps, PdsHiveType *out);

static bool
bad_type(Parser *ps, const char *what)
{
	pds_error_set(ps->err, PDS_ERR_CONFIG, "\"%s\" is not a column type of Glue: %s", ps->text,
				  what);
	return false;
}

static void
skip_space(Parser *ps)
{
	while (*ps->p == ' ' || *ps->p == '\t' || *ps->p == '\n' || *ps->p == '\r')
		ps->p++;
}

static bool
expect(Parser *ps, char c)
{
	char		what[32] = "? is missing";

	skip_space(ps);
	if (*ps->p != c)
	{
		what[0] = c;
		return bad_type(ps, what);
	}
	ps->p++;
	return true;
}

/* ( n [, m] ); *count of numbers found */
static bool
parse_numbers(Parser *ps, int *first, int *second, int *count)
{
	int		   *out[2] = {first, second};

	*count = 0;
	skip_space(ps);
	if (*ps->p != '(')
		return true;
	do
	{
		long		v = 0;
		int			digits = 0;

		ps->p++;
		skip_space(ps);
		while (isdigit((unsigned char) *ps->p) && digits < 10)
		{
			v = v * 10 + (*ps->p++ - '0');
			digits++;
		}
		if (digits == 0 || v > 2147483647)
			return bad_type(ps, "a number is missing or too large");
		if (*count < 2)
			*out[*count] = (int) v;
		(*count)++;
		skip_space(ps);
	} while (*ps->p == ',' && *count < 2);
	return expect(ps, ')');
}

static bool
add_child(Parser *ps, PdsHiveType *t, const PdsHiveType *child, char *name)
{
	PdsHiveType *children = realloc(t->children, (size_t) (t->nchildren + 1) * sizeof(PdsHiveType));

	if (children == NULL)
		return pds_error_oom(ps->err);
	t->children = children;
	if (name)
	{
		char	  **names = realloc(t->names, (size_t) (t->nchildren + 1) * sizeof(char *));

		if (names == NULL)
			return pds_error_oom(ps->err);
		t->names = names;
		names[t->nchildren] = name;
	}
	t->children[t->nchildren++] = *child;
	return true;
}

/* '...', with backslash escapes */
static void
skip_quoted_text(Parser *ps)
{
	for (ps->p++; *ps->p && *ps->p != '\''; ps->p++)
		if (*ps->p == '\\' && ps->p[1])
			ps->p++;
	if (*ps->p)
		ps->p++;
}

/* comment '...' after a struct's field: passed over */
static void
skip_comment(Parser *ps)
{
	skip_space(ps);
	if (strncasecmp(ps->p, "comment", 7) != 0)
		return;
	ps->p += 7;
	skip_space(ps);
	if (*ps->p == '\'')
		skip_quoted_text(ps);
}

static bool
parse_field_name(Parser *ps, char **name)
{
	const char *start;
	const char *end;

	skip_space(ps);
	start = ps->p;
	while (*ps->p && strchr(":<>,()", *ps->p) == NULL)
		ps->p++;
	end = ps->p;
	/* a blank inside belongs to the name */
	while (end > start && isspace((unsigned char) end[-1]))
		end--;
	if (end == start)
		return bad_type(ps, "the name of a field is missing");
	*name = pds_strndup(start, (size_t) (end - start));
	if (*name == NULL)
		return pds_error_oom(ps->err);
	return expect(ps, ':');
}

/* tag, field0, field1 ...: the names that the engine gives a union's parts */
static bool
union_part(Parser *ps, PdsHiveType *t, const PdsHiveType *child)
{
	char		name[32] = "tag";
	char	   *copy;

	if (t->nchildren > 0)
		snprintf(name, sizeof(name), "field%d", t->nchildren - 1);
	copy = pds_strdup(name);
	if (copy && add_child(ps, t, child, copy))
		return true;
	free(copy);
	return pds_error_oom(ps->err);
}

static bool
parse_children(Parser *ps, PdsHiveType *t)
{
	static const PdsHiveType tag = {.kind = PDS_HIVE_TINYINT};

	if (++ps->depth > MAX_DEPTH)
		return bad_type(ps, "it is nested too deep");
	if (!expect(ps, '<') || (t->kind == PDS_HIVE_UNION && !union_part(ps, t, &tag)))
		return false;
	for (;;)
	{
		PdsHiveType child = {0};
		char	   *name = NULL;

		if ((t->kind == PDS_HIVE_STRUCT && !parse_field_name(ps, &name)) ||
			!parse_type(ps, &child) ||
			!(t->kind == PDS_HIVE_UNION ? union_part(ps, t, &child)
			  : add_child(ps, t, &child, name)))
		{
			pds_hive_type_clear(&child);
			free(name);
			return false;
		}
		if (t->kind == PDS_HIVE_STRUCT)
			skip_comment(ps);
		skip_space(ps);
		if (*ps->p != ',')
			break;
		ps->p++;
	}
	ps->depth--;
	if (!expect(ps, '>'))
		return false;
	if ((t->kind == PDS_HIVE_ARRAY && t->nchildren != 1) ||
		(t->kind == PDS_HIVE_MAP && t->nchildren != 2))
		return bad_type(ps, "it has the wrong number of element types");
	return true;
}

/* what follows of a type that is read as text: balanced brackets, a comment */
static bool
skip_rest(Parser *ps)
{
	int			depth = 0;

	while (*ps->p)
	{
		if (*ps->p == '\'')
		{
			skip_quoted_text(ps);
			continue;
		}
		if (*ps->p == '<' || *ps->p == '(')
			depth++;
		else if ((*ps->p == '>' || *ps->p == ')') && depth-- == 0)
			return true;
		else if (*ps->p == ',' && depth == 0)
			return true;
		ps->p++;
	}
	return depth == 0 || bad_type(ps, "a bracket is not closed");
}

/* decimal, varchar, char: what stands in the parentheses */
static bool
parse_modifiers(Parser *ps, PdsHiveType *t)
{
	int			n = 0;
	int			a = 0;
	int			b = 0;

	if (!parse_numbers(ps, &a, &b, &n))
		return false;
	if (t->kind == PDS_HIVE_DECIMAL)
	{
		t->precision = n > 0 ? a : 10;
		t->scale = n > 1 ? b : 0;
		if (t->precision < 1 || t->precision > 38 || t->scale > t->precision)
			return bad_type(ps, "precision is 1 to 38, and scale not above it");
	}
	else if (t->kind == PDS_HIVE_VARCHAR || t->kind == PDS_HIVE_CHAR)
	{
		t->precision = n > 0 ? a : (t->kind == PDS_HIVE_CHAR ? 1 : 0);
		if (n > 0 && (a < 1 || a > (t->kind == PDS_HIVE_CHAR ? 255 : 65535)))
			return bad_type(ps, "char is 1 to 255 characters long, varchar 1 to 65535");
	}
	return true;
}

static bool
parse_type(Parser *ps, PdsHiveType *out)
{
	char		name[32];
	size_t		n = 0;
	size_t		i;

	memset(out, 0, sizeof(*out));
	skip_space(ps);
	while ((isalnum((unsigned char) *ps->p) || *ps->p == '_') && n < sizeof(name) - 1)
		name[n++] = (char) tolower((unsigned char) *ps->p++);
	name[n] = '\0';
	if (n == 0)
		return bad_type(ps, "the name of a type is missing");
	if (strcmp(name, "timestamp") == 0 && strncasecmp(ps->p, " with time zone", 15) == 0)
	{
		strcpy(name, "timestamptz");
		ps->p += 15;
	}
	else if (strcmp(name, "timestamp") == 0 &&
			 strncasecmp(ps->p, " with local time zone", 21) == 0)
		strcpy(name, "other");
	if (strcmp(name, "double") == 0 && strncasecmp(ps->p, " precision", 10) == 0)
		ps->p += 10;
	out->kind = PDS_HIVE_OTHER;
	for (i = 0; i < sizeof(simple_types) / sizeof(simple_types[0]); i++)
		if (strcmp(name, simple_types[i].name) == 0)
			out->kind = simple_types[i].kind;
	switch (out->kind)
	{
		case PDS_HIVE_ARRAY:
		case PDS_HIVE_MAP:
		case PDS_HIVE_STRUCT:
		case PDS_HIVE_UNION:
			return parse_children(ps, out);
		case PDS_HIVE_OTHER:
			return skip_rest(ps);
		default:
			return parse_modifiers(ps, out);
	}
}

bool
pds_hive_type_parse(const char *text, PdsHiveType *out, PdsError *err)
{
	Parser		ps = {.text = text, .p = text, .err = err};

	if (!parse_type(&ps, out))
	{
		pds_hive_type_clear(out);
		return false;
	}
	skip_space(&ps);
	if (*ps.p != '\0')
	{
		pds_hive_type_clear(out);
		return bad_type(&ps, "something follows the type");
	}
	return true;
}

void
pds_hive_type_clear(PdsHiveType *t)
{
	int			i;

	for (i = 0; i < t->nchildren; i++)
	{
		pds_hive_type_clear(&t->children[i]);
		if (t->names)
			free(t->names[i]);
	}
	free(t->children);
	free(t->names);
	memset(t, 0, sizeof(*t));
}

bool
pds_hive_type_equal(const PdsHiveType *a, const PdsHiveType *b)
{
	int			i;

	if (a->kind != b->kind || a->precision != b->precision || a->scale != b->scale ||
		a->nchildren != b->nchildren)
		return false;
	for (i = 0; i < a->nchildren; i++)
	{
		if (!pds_hive_type_equal(&a->children[i], &b->children[i]))
			return false;
		if (a->names && strcmp(a->names[i], b->names[i]) != 0)
			return false;
	}
	return true;
}
