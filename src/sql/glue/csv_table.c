/*
 * csv_table.c
 *	  CSV tables of the Glue catalog, made from SQL: pds.create_csv_table and
 *	  pds.create_csv_table_like.
 *
 * A table is what awswrangler's catalog.create_csv_table makes of the same
 * arguments, so that each reads and goes on with the other's.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "access/relation.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "foreign/foreign.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "core/glue/glue_write.h"
#include "fdw/catalog/cache.h"
#include "fdw/base/error_map.h"
#include "fdw/base/types.h"
#include "sql/base/functions.h"
#include "sql/base/glue_args.h"
#include "sql/glue/glue_functions.h"

PG_FUNCTION_INFO_V1(pds_create_csv_table);
PG_FUNCTION_INFO_V1(pds_create_csv_table_like);

#define LAZY_SIMPLE "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
#define OPEN_CSV	"org.apache.hadoop.hive.serde2.OpenCSVSerde"
#define TEXT_INPUT	"org.apache.hadoop.mapred.TextInputFormat"
#define TEXT_OUTPUT "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"

/* the arguments that both functions have, from here on */
enum
{
	ARG_MODE = 6, ARG_SEP, ARG_SKIP_HEADER, ARG_SERDE, ARG_SERDE_PARAMETERS, ARG_COMPRESSION,
	ARG_DESCRIPTION, ARG_COMMENTS, ARG_PARAMETERS, ARG_PROJECTION, ARG_TEMPLATE, ARG_EVOLUTION
};

/* ---- parts of a definition ---- */

static char *
csv_separator(FunctionCallInfo fcinfo)
{
	char	   *sep = pds_text_arg(fcinfo, ARG_SEP);
	char		c;

	Assert(PG_NARGS() == ARG_EVOLUTION + 1);
	if (sep == NULL)
		return ",";
	if (!pds_parse_char(sep, &c) || c == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"sep\" must be one byte"),
				 errhint("A TAB is written '\\t'.")));
	return psprintf("%c", c);
}

static void
set_csv_serde(FunctionCallInfo fcinfo, PdsGlueTable *t, char *sep)
{
	char	   *serde = pds_text_arg(fcinfo, ARG_SERDE);
	PdsProperties *p = &t->sd.serde_parameters;

	if (serde == NULL || pg_strcasecmp(serde, "lazysimple") == 0)
		serde = LAZY_SIMPLE;
	else if (pg_strcasecmp(serde, "opencsv") == 0)
		serde = OPEN_CSV;
	else if (strchr(serde, '.') == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("no SerDe is called \"%s\"", pds_from_utf8(serde)),
				 errhint("Write lazysimple, opencsv, or the name of its class.")));
	t->sd.serde = serde;
	if (!PG_ARGISNULL(ARG_SERDE_PARAMETERS))
		pds_properties_of_jsonb(PG_GETARG_DATUM(ARG_SERDE_PARAMETERS), "serde_parameters", p);
	else if (strcmp(serde, OPEN_CSV) == 0)
	{
		/*
		 * it does not know the other's, and would take a comma whatever sep
		 * is
		 */
		pds_set_property(p, "separatorChar", sep);
		pds_set_property(p, "quoteChar", "\"");
		pds_set_property(p, "escapeChar", "\\");
	}
	else
	{
		pds_set_property(p, "field.delim", sep);
		pds_set_property(p, "escape.delim", "\\");
	}
}

static const PdsGlueColumn *
partition_key_named(const PdsGlueTable *t, const char *name)
{
	int			i;

	for (i = 0; i < t->npartition_keys; i++)
		if (strcmp(t->partition_keys[i].name, name) == 0)
			return &t->partition_keys[i];
	return NULL;
}

static void
set_projected(PdsProperties *p, const PdsGlueColumn *key, const char *setting, const char *value)
{
	pds_set_property(p, psprintf("projection.%s.%s", key->name, setting), value);
}

/* one column's settings: type, range, values, interval, interval.unit, digits, format */
static void
project_column(PdsProperties *p, const PdsGlueColumn *key, const PdsProperties *settings)
{
	static const char *const known[] = {
		"type", "range", "values", "interval", "interval.unit", "digits", "format"
	};
	bool		typed = false;
	int			i;
	int			k;

	/* awswrangler's defaults for keys of these types */
	if (strcmp(key->type, "date") == 0)
		set_projected(p, key, "format", "yyyy-MM-dd");
	else if (strcmp(key->type, "timestamp") == 0)
	{
		set_projected(p, key, "format", "yyyy-MM-dd HH:mm:ss");
		set_projected(p, key, "interval.unit", "SECONDS");
		set_projected(p, key, "interval", "1");
	}
	for (i = 0; i < settings->n; i++)
	{
		for (k = 0; k < (int) lengthof(known); k++)
			if (strcmp(settings->items[i].key, known[k]) == 0)
				break;
		if (k == lengthof(known))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("partition projection has no setting \"%s\"",
							pds_from_utf8(settings->items[i].key)),
					 errhint("Settings are type, range, values, interval, interval.unit, digits and format.")));
		set_projected(p, key, known[k], settings->items[i].value);
		typed = typed || k == 0;
	}
	if (!typed)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the projection of \"%s\" has no type", key->name),
				 errhint("Types are enum, integer, date and injected.")));
}

/* {"key": {"type": "integer", "range": "1,12"}, ...}: one for each partition key */
static void
set_projection(PdsGlueTable *t, PdsProperties *p, Datum jsonb, const char *location_template)
{
	JsonbIterator *it = JsonbIteratorInit(&DatumGetJsonbP(jsonb)->root);
	JsonbIteratorToken token;
	JsonbValue	v;
	const PdsGlueColumn *key = NULL;
	int			n = 0;

	if (JsonbIteratorNext(&it, &v, true) != WJB_BEGIN_OBJECT)
		n = -1;
	while (n >= 0 && (token = JsonbIteratorNext(&it, &v, true)) != WJB_DONE)
	{
		PdsProperties settings;

		if (token == WJB_KEY)
		{
			char	   *name = pnstrdup(v.val.string.val, v.val.string.len);

			key = partition_key_named(t, name);
			if (key == NULL)
				ereport(ERROR,
						(errcode(ERRCODE_UNDEFINED_COLUMN),
						 errmsg("projected column \"%s\" is not a partition key", name)));
			n++;
		}
		else if (token == WJB_VALUE)
		{
			if (v.type != jbvBinary)
			{
				n = -1;
				break;
			}
			pds_properties_of_container(v.val.binary.data, "projection", &settings);
			project_column(p, key, &settings);
		}
	}
	if (n < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"projection\" is not a JSON object of objects"),
				 errhint("Write projection => '{\"year\": {\"type\": \"integer\", \"range\": \"2015,2030\"}}'.")));
	if (n < t->npartition_keys)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the projection leaves out a partition key"),
				 errhint("Athena asks for the settings of every key.")));
	pds_set_property(p, "projection.enabled", "true");
	if (location_template)
		pds_set_property(p, "storage.location.template", location_template);
}

/* what changes of parameters ask for, over p */
static void
set_csv_parameters(FunctionCallInfo fcinfo, PdsGlueTable *t, PdsProperties *p)
{
	PdsProperties given;
	char	   *location_template = pds_text_arg(fcinfo, ARG_TEMPLATE);

	if (!PG_ARGISNULL(ARG_PARAMETERS))
	{
		pds_properties_of_jsonb(PG_GETARG_DATUM(ARG_PARAMETERS), "parameters", &given);
		pds_merge_properties(p, &given);
	}
	if (!PG_ARGISNULL(ARG_PROJECTION))
		set_projection(t, p, PG_GETARG_DATUM(ARG_PROJECTION), location_template);
	else if (location_template)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"location_template\" goes with \"projection\"")));
}

static void
set_comments(FunctionCallInfo fcinfo, PdsGlueTable *t)
{
	PdsProperties comments;

	if (PG_ARGISNULL(ARG_COMMENTS))
		return;
	pds_properties_of_jsonb(PG_GETARG_DATUM(ARG_COMMENTS), "columns_comments", &comments);
	pds_comment_columns(t, &comments);
}

/* the rest of a new definition, whose names, columns and location are there */
static void
complete_table(FunctionCallInfo fcinfo, PdsGlueTable *t)
{
	char	   *sep = csv_separator(fcinfo);
	char	   *compression = pds_text_arg(fcinfo, ARG_COMPRESSION);
	PdsProperties *p = &t->parameters;
	char	   *c;

	for (c = compression; c && *c; c++)
		*c = pg_ascii_tolower((unsigned char) *c);
	t->table_type = "EXTERNAL_TABLE";
	t->description = pds_text_arg(fcinfo, ARG_DESCRIPTION);
	t->sd.input_format = TEXT_INPUT;
	t->sd.output_format = TEXT_OUTPUT;
	set_csv_serde(fcinfo, t, sep);
	pds_set_property(p, "classification", "csv");
	pds_set_property(p, "compressionType", compression && *compression ? compression : "none");
	pds_set_property(p, "typeOfData", "file");
	pds_set_property(p, "delimiter", sep);
	pds_set_property(p, "columnsOrdered", "true");
	pds_set_property(p, "areColumnsQuoted", "false");
	if (!PG_ARGISNULL(ARG_SKIP_HEADER))
	{
		int32		lines = PG_GETARG_INT32(ARG_SKIP_HEADER);

		if (lines < 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("argument \"skip_header_line_count\" must not be negative")));
		pds_set_property(p, "skip.header.line.count", psprintf("%d", lines));
	}
	pds_set_property(p, "projection.enabled", "false");
	set_csv_parameters(fcinfo, t, p);
	/* awswrangler writes them to both places */
	t->sd.parameters = *p;
	set_comments(fcinfo, t);
}

/* ---- what happens to a table that exists ---- */

/* What is no table of files must not become one by mistake. */
static void
check_replaceable(const PdsGlueTable *t)
{
	const char *format = pds_property(&t->parameters, "table_type");
	const char *what = NULL;

	if (t->target_name)
		what = "a resource link";
	else if (t->table_type && strcmp(t->table_type, "VIRTUAL_VIEW") == 0)
		what = "a view";
	else if (format && pg_strcasecmp(format, "iceberg") == 0)
		what = "an Iceberg table";
	if (what)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" of the catalog is %s", pds_from_utf8(t->name), what),
				 errhint("Choose another name, or drop it with pds.drop_table.")));
}

/* Columns given for a table that stands: the same, or (schema_evolution) more at their end. */
static bool
append_csv_columns(PdsGlueTable *now, const PdsGlueTable *given, bool evolution)
{
	int			n = now->sd.ncolumns;
	int			i;

	for (i = 0; i < n || i < given->sd.ncolumns; i++)
	{
		const PdsGlueColumn *old = i < n ? &now->sd.columns[i] : NULL;
		const PdsGlueColumn *new = i < given->sd.ncolumns ? &given->sd.columns[i] : NULL;

		if (old && new && strcmp(old->name, new->name) == 0 && strcmp(old->type, new->type) == 0)
			continue;
		if (old == NULL && evolution)
			break;
		/* fewer columns than there are: the others are NULL in what is added */
		if (new == NULL)
			return false;
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("column %d of the table is \"%s %s\", not \"%s %s\"", i + 1,
						old ? old->name : "", old ? old->type : "", new->name, new->type),
				 old ? errhint("Mode append takes the columns as they stand; mode overwrite replaces the definition.")
				 : errhint("Write schema_evolution => true to add columns at the end.")));
	}
	if (given->sd.ncolumns <= n)
		return false;
	pds_check_distinct(given->sd.columns, given->sd.ncolumns, now->partition_keys,
					   now->npartition_keys);
	now->sd.columns = memcpy(palloc(given->sd.ncolumns * sizeof(PdsGlueColumn)),
							 now->sd.columns, n * sizeof(PdsGlueColumn));
	memcpy(now->sd.columns + n, given->sd.columns + n,
		   (given->sd.ncolumns - n) * sizeof(PdsGlueColumn));
	now->sd.ncolumns = given->sd.ncolumns;
	return true;
}

/* mode append on a table that exists */
static const char *
append_to(FunctionCallInfo fcinfo, PdsConnection *conn, const PdsGlueTable *existing,
		  const PdsGlueTable *given)
{
	PdsGlueTable now = *existing;
	bool		changed = append_csv_columns(&now, given, pds_bool_arg(fcinfo, ARG_EVOLUTION));
	PdsProperties before = now.parameters;
	int			i;

	set_csv_parameters(fcinfo, &now, &now.parameters);
	changed = changed || before.n != now.parameters.n;
	for (i = 0; i < before.n; i++)
	{
		const char *value = pds_property(&now.parameters, before.items[i].key);

		changed = changed || value == NULL || strcmp(value, before.items[i].value) != 0;
	}
	if (!PG_ARGISNULL(ARG_DESCRIPTION))
	{
		now.description = pds_text_arg(fcinfo, ARG_DESCRIPTION);
		changed = changed || existing->description == NULL ||
			strcmp(existing->description, now.description) != 0;
	}
	changed = changed || !PG_ARGISNULL(ARG_COMMENTS);
	set_comments(fcinfo, &now);
	if (changed)
		pds_catalog_update(conn, &now);
	return changed ? "changed" : "unchanged";
}

static const char *
overwrite(PdsConnection *conn, const PdsGlueTable *existing, const PdsGlueTable *t)
{
	PdsError	err;
	bool		ok;

	check_replaceable(existing);
	pds_error_clear(&err);
	/* its partitions go with it, as awswrangler does */
	if (existing->npartition_keys > 0)
	{
		PdsFound   *f = pds_list_partitions(conn, existing, NULL);

		ok = pds_glue_delete_partitions(conn->aws, conn->options.catalog_id, t->database,
										t->name, existing->npartition_keys,
										pds_partition_inputs(f), f->n, NULL, &err);
		if (!ok)
			pds_catalog_changed(ok, &err);
	}
	ok = pds_glue_replace_table(conn->aws, conn->options.catalog_id, t, &err);
	pds_catalog_changed(ok, &err);
	return "overwritten";
}

static Datum
make_csv_table(FunctionCallInfo fcinfo, PdsConnection *conn, PdsGlueTable *t)
{
	char	   *mode = pds_text_arg(fcinfo, ARG_MODE);
	bool		append = mode != NULL && pg_strcasecmp(mode, "append") == 0;
	PdsGlueTable *existing;
	PdsError	err;
	bool		ok;
	char	   *bucket;
	char	   *key;
	const char *done = "created";

	if (!append && mode != NULL && pg_strcasecmp(mode, "overwrite") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("no mode is called \"%s\"", pds_from_utf8(mode)),
				 errhint("Modes are overwrite and append.")));
	pds_location_arg(t->sd.location, &bucket, &key);
	if (t->sd.ncolumns == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a table needs a column that is no partition key")));
	pds_check_distinct(t->sd.columns, t->sd.ncolumns, t->partition_keys, t->npartition_keys);
	complete_table(fcinfo, t);
	existing = pds_catalog_table(conn, t->database, t->name, true);
	if (existing == NULL)
	{
		ok = pds_glue_create_table(conn->aws, conn->options.catalog_id, t, &err);
		/* somebody else was faster: then it exists */
		if (!ok && err.kind == PDS_ERR_ALREADY_EXISTS)
			existing = pds_catalog_table(conn, t->database, t->name, false);
		else
			pds_catalog_changed(ok, &err);
	}
	if (existing && append)
		done = append_to(fcinfo, conn, existing, t);
	else if (existing)
		done = overwrite(conn, existing, t);
	PG_RETURN_TEXT_P(cstring_to_text(done));
}

/* create_csv_table(server, database, table_name, location, columns, partitions, ...) */
Datum
pds_create_csv_table(PG_FUNCTION_ARGS)
{
	PdsConnection *conn = pds_catalog_writer(fcinfo, "pds.create_csv_table");
	char	   *keys = pds_text_arg(fcinfo, 5);
	PdsGlueTable t;

	memset(&t, 0, sizeof(t));
	t.database = pds_required_arg(fcinfo, 1, "database");
	t.name = pds_catalog_name(pds_required_arg(fcinfo, 2, "table_name"), "table");
	t.sd.location = pds_required_arg(fcinfo, 3, "location");
	pds_columns_of_text(pds_required_arg(fcinfo, 4, "columns"), "columns", &t.sd.columns,
						&t.sd.ncolumns);
	pds_columns_of_text(keys ? keys : "", "partitions", &t.partition_keys, &t.npartition_keys);
	return make_csv_table(fcinfo, conn, &t);
}

/* ---- after a relation ---- */

static char *
hive_text(const PdsHiveType *t)
{
	static const char *const names[] = {
		[PDS_HIVE_BOOLEAN] = "boolean", [PDS_HIVE_TINYINT] = "tinyint",
		[PDS_HIVE_SMALLINT] = "smallint", [PDS_HIVE_INT] = "int", [PDS_HIVE_BIGINT] = "bigint",
		[PDS_HIVE_FLOAT] = "float", [PDS_HIVE_DOUBLE] = "double", [PDS_HIVE_STRING] = "string",
		[PDS_HIVE_DATE] = "date", [PDS_HIVE_TIMESTAMP] = "timestamp",
		[PDS_HIVE_BINARY] = "binary"
	};

	switch (t->kind)
	{
		case PDS_HIVE_DECIMAL:
			return psprintf("decimal(%d,%d)", t->precision, t->scale);
		case PDS_HIVE_VARCHAR:
			return t->precision > 65535 ? "string" : psprintf("varchar(%d)", t->precision);
		case PDS_HIVE_CHAR:
			return t->precision > 255 ? "string" : psprintf("char(%d)", t->precision);
		default:
			/* an array, a map or a struct is no type of a column here */
			Assert((unsigned) t->kind < lengthof(names) && names[t->kind] != NULL);
			return pstrdup(names[t->kind]);
	}
}

/* The catalog's type for a column; string, with a NOTICE, where it has none. */
static char *
type_of_column(Form_pg_attribute att)
{
	int32		typmod = att->atttypmod;
	Oid			typid = getBaseTypeAndTypmod(att->atttypid, &typmod);
	Oid			element = get_element_type(typid);
	PdsHiveType t;

	if (pds_hive_type_of_sql(element ? element : typid, typmod, &t))
		return element ? psprintf("array<%s>", hive_text(&t)) : hive_text(&t);
	ereport(NOTICE,
			(errmsg("column \"%s\" of type %s becomes a string in the catalog",
					NameStr(att->attname),
					format_type_with_typemod(att->atttypid, att->atttypmod))));
	return "string";
}

/* position of a name in a list; -1: it is not there */
static int
position(char *const *names, int n, const char *name)
{
	int			i;

	for (i = 0; i < n; i++)
		if (names[i] && strcmp(names[i], name) == 0)
			return i;
	return -1;
}

/* columns of a relation, those named as keys apart and in the order of their names */
static void
columns_of_relation(Relation rel, PdsGlueTable *t, char *const *keys, int nkeys)
{
	TupleDesc	desc = RelationGetDescr(rel);
	bool	   *seen = palloc0(Max(nkeys, 1) * sizeof(bool));
	bool		foreign = rel->rd_rel->relkind == RELKIND_FOREIGN_TABLE;
	int			i;

	t->sd.columns = palloc0((desc->natts + 1) * sizeof(PdsGlueColumn));
	t->partition_keys = palloc0((desc->natts + nkeys + 1) * sizeof(PdsGlueColumn));
	for (i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, i);
		PdsColumnOptions o;
		PdsGlueColumn c;
		int			key;

		if (att->attisdropped)
			continue;
		memset(&o, 0, sizeof(o));
		if (foreign)
			pds_get_column_options(RelationGetRelid(rel), att->attnum, &o);
		key = position(keys, nkeys, pds_to_utf8(NameStr(att->attname)));
		c.name = pds_catalog_name(pds_to_utf8(o.column_name ? o.column_name
											  : NameStr(att->attname)),
								  "column");
		c.type = o.glue_type ? pds_to_utf8(o.glue_type) : type_of_column(att);
		c.comment = NULL;
		if (key >= 0)
		{
			seen[key] = true;
			t->partition_keys[key] = c;
			t->npartition_keys++;
		}
		else if (nkeys == 0 && o.partition_key)
			t->partition_keys[t->npartition_keys++] = c;
		else
			t->sd.columns[t->sd.ncolumns++] = c;
	}
	for (i = 0; i < nkeys; i++)
		if (keys[i] == NULL || !seen[i])
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg("relation \"%s\" has no column \"%s\" to partition by",
							RelationGetRelationName(rel),
							keys[i] ? pds_from_utf8(keys[i]) : "")));
}

/*
 * create_csv_table_like(server, relation, database, location, table_name,
 * partition_columns, ...)
 */
Datum
pds_create_csv_table_like(PG_FUNCTION_ARGS)
{
	PdsConnection *conn = pds_catalog_writer(fcinfo, "pds.create_csv_table_like");
	char	   *name = pds_text_arg(fcinfo, 4);
	char	  **keys = NULL;
	int			nkeys = 0;
	PdsGlueTable t;
	Relation	rel;

	memset(&t, 0, sizeof(t));
	if (PG_ARGISNULL(1))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("argument \"relation\" must not be null")));
	t.database = pds_required_arg(fcinfo, 2, "database");
	t.sd.location = pds_required_arg(fcinfo, 3, "location");
	if (!PG_ARGISNULL(5))
		keys = pds_array_arg(PG_GETARG_ARRAYTYPE_P(5), &nkeys);
	rel = relation_open(PG_GETARG_OID(1), AccessShareLock);
	if (name == NULL)
		name = pds_to_utf8(RelationGetRelationName(rel));
	t.name = pds_catalog_name(name, "table");
	columns_of_relation(rel, &t, keys, nkeys);
	relation_close(rel, AccessShareLock);
	return make_csv_table(fcinfo, conn, &t);
}
