/*
 * deparse_nested.c
 *	  Nested columns in a statement for Athena: as JSON, whose values are those
 *	  that a direct scan makes (core/serde/serde_nested.c).
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "fdw/ship/deparse.h"

/* The type as Trino spells it, with varchar for what JSON does not take. */
static void
nested_trino_type(StringInfo buf, const PdsHiveType *t, bool key)
{
	int			i;

	switch (t->kind)
	{
		case PDS_HIVE_ARRAY:
			appendStringInfoString(buf, "array(");
			nested_trino_type(buf, &t->children[0], false);
			appendStringInfoChar(buf, ')');
			break;
		case PDS_HIVE_MAP:
			appendStringInfoString(buf, "map(");
			nested_trino_type(buf, &t->children[0], true);
			appendStringInfoString(buf, ", ");
			nested_trino_type(buf, &t->children[1], false);
			appendStringInfoChar(buf, ')');
			break;
		case PDS_HIVE_STRUCT:
		case PDS_HIVE_UNION:
			appendStringInfoString(buf, "row(");
			for (i = 0; i < t->nchildren; i++)
			{
				if (i > 0)
					appendStringInfoString(buf, ", ");
				pds_quote_athena_name(buf, t->names[i]);
				appendStringInfoChar(buf, ' ');
				nested_trino_type(buf, &t->children[i], false);
			}
			appendStringInfoChar(buf, ')');
			break;
		case PDS_HIVE_INT:
			appendStringInfoString(buf, "integer");
			break;
		case PDS_HIVE_BIGINT:
			appendStringInfoString(buf, "bigint");
			break;
		case PDS_HIVE_SMALLINT:
			appendStringInfoString(buf, "smallint");
			break;
		case PDS_HIVE_TINYINT:
			appendStringInfoString(buf, "tinyint");
			break;
		case PDS_HIVE_BOOLEAN:
			appendStringInfoString(buf, "boolean");
			break;
		case PDS_HIVE_FLOAT:
			appendStringInfoString(buf, "real");
			break;
		case PDS_HIVE_DOUBLE:
			appendStringInfoString(buf, "double");
			break;
		case PDS_HIVE_DECIMAL:
			appendStringInfo(buf, "decimal(%d,%d)", t->precision, t->scale);
			break;
		case PDS_HIVE_DATE:
			appendStringInfoString(buf, key ? "varchar" : "date");
			break;
		case PDS_HIVE_TIMESTAMP:
			appendStringInfoString(buf, key ? "varchar" : "timestamp(3)");
			break;
		default:
			appendStringInfoString(buf, "varchar");
			break;
	}
}

/* does JSON take it only after a cast? */
static bool
needs_cast(const PdsHiveType *t, bool key)
{
	int			i;

	if (t->kind == PDS_HIVE_CHAR)
		return true;
	if (key && (t->kind == PDS_HIVE_DATE || t->kind == PDS_HIVE_TIMESTAMP))
		return true;
	for (i = 0; i < t->nchildren; i++)
		if (needs_cast(&t->children[i], t->kind == PDS_HIVE_MAP && i == 0))
			return true;
	return false;
}

void
pds_deparse_nested(PdsSql *buf, const PdsColumn *c, const PdsSql *name)
{
	const PdsHiveType *t = &c->hive;

	if (t->kind == PDS_HIVE_ARRAY && t->children[0].kind == PDS_HIVE_BINARY)
	{
		pds_sql_append_form(buf, "json_format(CAST(transform($1, x -> to_hex(x)) AS JSON))", name);
	}
	else if (t->kind == PDS_HIVE_ARRAY && t->children[0].nchildren == 0 &&
			 t->children[0].kind != PDS_HIVE_FLOAT)
	{
		/*
		 * elements as strings: JSON numbers are not exact everywhere; but of
		 * a real it has all digits
		 */
		pds_sql_append_form(buf, "json_format(CAST(CAST($1 AS array(varchar)) AS JSON))", name);
	}
	else if (needs_cast(t, false))
	{
		pds_sql_append_form(buf, "json_format(CAST(CAST($1 AS ", name);
		nested_trino_type(pds_sql_text(buf), t, false);
		pds_sql_add(buf, ") AS JSON))");
	}
	else
	{
		/*
		 * Athena's own text form of them cannot be parsed (doc/dev/aws.md
		 * §7.3)
		 */
		pds_sql_append_form(buf, "json_format(CAST($1 AS JSON))", name);
	}
}
