/*
 * catalog.c
 *	  What a foreign table is made of: columns, dialect, reasons.
 *
 * Columns bind by name.  Partitions and objects are the business of
 * partitions.c and objects.c.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "access/relation.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "core/glue/projection.h"
#include "core/glue/table_kind.h"
#include "fdw/base/epoch.h"
#include "fdw/base/error_map.h"
#include "fdw/base/on_reset.h"
#include "fdw/base/types.h"
#include "fdw/catalog/cache.h"
#include "fdw/catalog/objects.h"
#include "fdw/catalog/catalog.h"

/* ---- Hive types hang on malloc ---- */

static void
clear_type(void *arg)
{
	pds_hive_type_clear(arg);
}

/* Parse into *out; what hangs on it is freed with cxt, wherever *out is copied to. */
static bool
parse_column_type(const char *text, PdsHiveType *out, MemoryContext cxt)
{
	PdsError	err;
	PdsHiveType *owned;

	if (!pds_hive_type_parse(text, out, &err))
		return false;
	if (out->nchildren > 0)
	{
		owned = MemoryContextAlloc(cxt, sizeof(PdsHiveType));
		*owned = *out;
		pds_on_reset(cxt, clear_type, owned);
	}
	return true;
}

/* ---- from the options ---- */

static char *
lower_ascii(const char *s)
{
	char	   *copy = pstrdup(s);
	char	   *p;

	for (p = copy; *p; p++)
		*p = pg_ascii_tolower((unsigned char) *p);
	return copy;
}

/* A pseudo-column by its name; false: it is none. */
static bool
open_pseudo(PdsTable *t, PdsColumn *c)
{
	static const struct
	{
		const char *name;
		int			field;
		Oid			typid;
		PdsHiveKind kind;
	}			pseudo[] = {
		{"$path", PDS_FIELD_PATH, TEXTOID, PDS_HIVE_STRING},
		{"$file_size", PDS_FIELD_FILE_SIZE, INT8OID, PDS_HIVE_BIGINT},
		{"$file_modified_time", PDS_FIELD_FILE_MODIFIED, TIMESTAMPTZOID, PDS_HIVE_TIMESTAMPTZ},
		{"$row_number", PDS_FIELD_ROW_NUMBER, INT8OID, PDS_HIVE_BIGINT}
	};
	int			i;

	for (i = 0; i < lengthof(pseudo); i++)
	{
		if (strcmp(c->name, pseudo[i].name) != 0)
			continue;
		/* fewer digits of a second would be other values */
		if (c->typid != pseudo[i].typid ||
			(c->typid == TIMESTAMPTZOID && c->typmod >= 0 && c->typmod < 3))
			ereport(ERROR,
					(errcode(ERRCODE_FDW_INVALID_DATA_TYPE),
					 errmsg("column \"%s\" of foreign table \"%s\" is the pseudo-column %s, whose type is %s",
							c->attname, get_rel_name(t->relid), pseudo[i].name,
							format_type_be(pseudo[i].typid)),
					 errhint("ALTER FOREIGN TABLE %s ALTER COLUMN %s TYPE %s.",
							 pds_quoted_relation(t->relid), quote_identifier(c->attname),
							 format_type_be(pseudo[i].typid))));
		c->field = pseudo[i].field;
		c->hive.kind = pseudo[i].kind;
		c->hive_known = c->imported = true;
		t->npseudo++;
		return true;
	}
	return false;
}

PDS_NORETURN static void useless_column_name(const PdsTable *t, const PdsColumn *c);

/* Columns of a table made by hand are taken by their place, unless its objects name them. */
static void
useless_column_name(const PdsTable *t, const PdsColumn *c)
{
	char	   *table = pds_quoted_relation(t->relid);

	ereport(ERROR,
			(errcode(ERRCODE_FDW_INVALID_OPTION_NAME),
			 errmsg("the option \"column_name\" of column \"%s\" of foreign table \"%s\" would do nothing",
					c->attname, get_rel_name(t->relid)),
			 errdetail("Columns of this table are taken by their place."),
			 errhint("ALTER FOREIGN TABLE %s OPTIONS (%s header 'names') takes them by the names in each object's header; ALTER FOREIGN TABLE %s ALTER COLUMN %s OPTIONS (DROP column_name) removes the option.",
					 table, t->options.header >= 0 ? "SET" : "ADD", table,
					 quote_identifier(c->attname))));
}

static void
open_column(PdsTable *t, Form_pg_attribute att, PdsColumn *c)
{
	PdsColumnOptions o;

	c->attnum = att->attnum;
	c->field = PDS_FIELD_MISSING;
	c->key = -1;

	/*
	 * what a reader computes is no field of a record and no column of the
	 * catalog
	 */
	if (att->attisdropped || PDS_IS_VIRTUAL(att))
		return;
	pds_get_column_options(t->relid, att->attnum, &o);
	c->attname = pstrdup(NameStr(att->attname));
	c->header_name = o.column_name ? o.column_name : c->attname;
	c->name = lower_ascii(c->header_name);
	c->typid = att->atttypid;
	c->typmod = att->atttypmod;
	c->collation = att->attcollation;
	if (open_pseudo(t, c))
		return;
	c->imported = o.glue_type != NULL;
	if (o.glue_type)
	{
		c->hive_known = parse_column_type(o.glue_type, &c->hive, t->cxt);
		if (c->hive_known && !pds_type_matches_hive(&c->hive, c->typid, c->typmod) &&
			t->athena_reason == NULL)
			t->athena_reason = psprintf("column \"%s\" is declared as %s, in Glue it is %s",
										c->attname,
										format_type_be(c->typid), o.glue_type);
	}
	else
		c->hive_known = pds_hive_type_of_sql(c->typid, c->typmod, &c->hive);
	if (o.any_dialect_option && t->athena_reason == NULL)
		t->athena_reason = psprintf("options of column \"%s\" say how to read it here, and Athena would read it by the SerDe in Glue",
									c->attname);
	if (o.partition_key && o.any_dialect_option)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE),
				 errmsg("column \"%s\" is a partition key, and its options are for fields of objects",
						c->attname)));
	c->rules = o.partition_key ? NULL : pds_field_rules(&t->options, &o, c->typid, c->attname);
	if (o.partition_key)
	{
		c->field = PDS_FIELD_KEY;
		c->key = t->nkeys;
		t->key_columns = t->nkeys == 0 ? palloc(sizeof(int))
			: repalloc(t->key_columns, (t->nkeys + 1) * sizeof(int));
		t->key_columns[t->nkeys++] = att->attnum - 1;
	}
	else
	{
		if (o.column_name && !t->in_catalog && t->options.header_mode == PDS_HEADER_SKIPPED)
			useless_column_name(t, c);
		c->field = t->nfields++;
	}
}

static void
check_field_rules(const PdsTable *t)
{
	int			i;

	for (i = 0; i < t->natts; i++)
		if (t->columns[i].name && t->columns[i].rules && t->columns[i].key < 0)
			pds_field_rules_check(t->columns[i].rules, t->dialect.format, t->columns[i].attname);
}

/* delimiter, quote and the like of the options over the dialect there is */
static void
apply_dialect_options(PdsTable *t)
{
	PdsTableOptions *o = &t->options;
	PdsDialect *d = &t->dialect;

	if (o->format_set && (t->direct_reason || o->format != d->format))
	{
		pds_dialect_init(d, o->format);
		t->direct_reason = NULL;
	}
	if (o->delimiter)
		pds_delimiter_of_text(o->delimiter, false, &d->delimiter);
	if (o->quote)
	{
		pds_parse_char(o->quote, &d->quote);
		if (o->escape == NULL && d->format == PDS_FORMAT_CSV)
			d->escape = d->quote;
	}
	if (o->escape)
		pds_parse_char(o->escape, &d->escape);
	if (o->null)
	{
		if (strlen(o->null) >= sizeof(d->null_text))
			ereport(ERROR,
					(errcode(ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE),
					 errmsg("option \"null\" is longer than %zu bytes", sizeof(d->null_text) - 1)));
		d->has_null = true;
		d->null_len = strlen(o->null);
		memcpy(d->null_text, o->null, d->null_len + 1);
	}
	if (o->header >= 0)
		d->header_lines = o->header;
	d->header_mode = o->header_mode;
	/* the last column is at no fixed place */
	if (d->header_mode == PDS_HEADER_NAMES)
		d->last_takes_rest = false;
	if (o->comment)
		pds_parse_char(o->comment, &d->comment);
	d->skip_lines = o->skip;
	if (o->recode)
		snprintf(d->recode, sizeof(d->recode), "%s", o->recode);
	if (o->null_padding && d->format != PDS_FORMAT_CSV)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE),
				 errmsg("option \"null_padding\" is for format csv, this table's is %s",
						pds_format_name(d->format)),
				 errhint("Missing fields are NULL and surplus ones are left out there anyway.")));
	if (d->format != PDS_FORMAT_LAZYSIMPLE && d->quote != 0 && d->quote == d->delimiter)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE),
				 errmsg("delimiter and quote must differ")));
	check_field_rules(t);
	if (d->comment != 0 && (d->comment == d->delimiter ||
							(d->format != PDS_FORMAT_LAZYSIMPLE && d->comment == d->quote)))
		ereport(ERROR,
				(errcode(ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE),
				 errmsg("comment must differ from delimiter and quote")));
}

char *
pds_quoted_relation(Oid relid)
{
	return quote_qualified_identifier(get_namespace_name(get_rel_namespace(relid)),
									  get_rel_name(relid));
}

static void
open_places(PdsTable *t)
{
	PdsError	err;

	if (!pds_places_open(t->options.location, &t->places, t->cxt, &err))
		pds_raise(&err);
}

/* which option makes the table one that Athena would read otherwise */
static const char *
local_reason(const PdsTableOptions *o)
{
	if (o->location && o->database == NULL)
		return "it is not a table of the Glue catalog";
	if (o->header_mode != PDS_HEADER_SKIPPED)
		return "its columns go by the header of each object, and Athena takes them by their place";
	if (o->format_set && o->format == PDS_FORMAT_CSV)
		return "format csv has no counterpart in Athena: no SerDe there allows line breaks in quotes";
	return "its options say how to read it here, and Athena would read it by the SerDe in Glue";
}

bool
pds_catalog_unknown_to_athena(const PdsServerOptions *o)
{
	return o->catalog_id && o->athena_catalog == NULL;
}

PdsTable *
pds_table_open(Oid relid, PdsConnection *conn, MemoryContext cxt)
{
	MemoryContext old = MemoryContextSwitchTo(cxt);
	PdsTable   *t = palloc0(sizeof(PdsTable));
	Relation	rel = relation_open(relid, AccessShareLock);
	TupleDesc	desc = RelationGetDescr(rel);
	int			i;

	t->relid = relid;
	t->cxt = cxt;
	t->natts = desc->natts;
	t->columns = palloc0(desc->natts * sizeof(PdsColumn));
	pds_get_table_options(relid, &t->options);
	t->in_catalog = t->options.database != NULL;
	if (t->options.location)
		open_places(t);
	for (i = 0; i < desc->natts; i++)
		open_column(t, TupleDescAttr(desc, i), &t->columns[i]);
	relation_close(rel, AccessShareLock);
	if (t->options.version_id && t->nkeys > 0)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE),
				 errmsg("foreign table \"%s\" has a version_id and partition keys",
						get_rel_name(relid)),
				 errhint("A version is one of a single object, which lies in no partition.")));
	if (t->options.any_dialect_option)
		t->athena_reason = local_reason(&t->options);
	else if (t->in_catalog && t->athena_reason == NULL &&
			 pds_catalog_unknown_to_athena(&conn->options))
	{
		t->athena_reason = "its server has a catalog_id, and no athena_catalog by which Athena knows that catalog";
		t->athena_hint = PDS_ATHENA_CATALOG_HINT;
	}
	t->key_names = palloc0(Max(t->nkeys, 1) * sizeof(char *));
	t->key_types = palloc0(Max(t->nkeys, 1) * sizeof(PdsHiveType));
	for (i = 0; i < t->nkeys; i++)
	{
		t->key_names[i] = t->columns[t->key_columns[i]].name;
		t->key_types[i] = t->columns[t->key_columns[i]].hive;
	}
	if (!t->in_catalog)
	{
		pds_dialect_init(&t->dialect, t->options.format);
		apply_dialect_options(t);
		t->dialect.last_field = Max(t->nfields - 1, 0);
		t->location = t->options.location;
		t->catalog_loaded = true;
	}
	MemoryContextSwitchTo(old);
	return t;
}

/* ---- from Glue ---- */

static int
find_glue_column(const PdsGlueColumn *cols, int n, const char *name)
{
	int			i;

	for (i = 0; i < n; i++)
		if (pg_strcasecmp(cols[i].name, name) == 0)
			return i;
	return -1;
}

static void
bind_column(PdsTable *t, PdsColumn *c)
{
	const PdsGlueTable *g = t->glue;
	const PdsGlueColumn *found;
	PdsHiveType type;
	int			i = find_glue_column(g->sd.columns, g->sd.ncolumns, c->name);

	Assert(c->attnum >= 1 && c->attnum <= t->natts);
	c->field = i;
	c->key = -1;
	if (i >= 0)
		found = &g->sd.columns[i];
	else
	{
		i = find_glue_column(g->partition_keys, g->npartition_keys, c->name);
		if (i < 0)
		{
			c->field = PDS_FIELD_MISSING;
			return;
		}
		found = &g->partition_keys[i];
		c->field = PDS_FIELD_KEY;
		c->key = i;
		Assert(i < t->nkeys);
		t->key_columns[i] = c->attnum - 1;
	}
	if (!parse_column_type(found->type, &type, t->cxt))
		return;
	c->not_selected = i >= 0 && c->field >= 0 && t->athena_reason == NULL &&
		pds_hive_type_verdict(found->type) == PDS_TYPE_NOT_SELECTED;
	/* with another type in Glue than at import, the column is not what it was */
	if (c->imported && c->hive_known && !pds_hive_type_equal(&type, &c->hive) &&
		pds_type_matches_hive(&c->hive, c->typid, c->typmod) &&
		!pds_type_matches_hive(&type, c->typid, c->typmod))
		c->field = PDS_FIELD_MISSING;
	c->hive = type;
	c->hive_known = true;
	if (!pds_type_matches_hive(&type, c->typid, c->typmod) && t->athena_reason == NULL)
		t->athena_reason = psprintf("column \"%s\" is declared as %s, in Glue it is %s",
									c->attname, format_type_be(c->typid), found->type);
}

static void
free_projection(void *arg)
{
	pds_projection_free(arg);
}

int64
pds_unix_ms(void)
{
	return GetCurrentTransactionStartTimestamp() / 1000 + PDS_EPOCH_US / 1000;
}

/* projected partitions: what is wrong with them is why the table cannot be read here */
static void
load_projection(PdsTable *t)
{
	PdsError	err;

	if (t->nkeys == 0 || !pds_projection_enabled(&t->glue->parameters) || t->direct_reason)
		return;
	t->projection = pds_projection_new(t->glue, pds_unix_ms(), &err);
	if (t->projection == NULL)
	{
		t->direct_reason = pstrdup(err.message);
		t->direct_hint = pds_hint_of(&err);
		return;
	}
	pds_on_reset(t->cxt, free_projection, t->projection);
}

static void
load_dialect(PdsTable *t)
{
	const PdsGlueTable *g = t->glue;
	PdsError	err;
	int			i;

	if (!pds_dialect_of_table(&t->dialect, g, pds_unix_ms(), &err) &&
		!(err.advice == PDS_ADVICE_HEADER && t->options.header >= 0))
	{
		t->direct_reason = pstrdup(err.message);
		t->direct_hint = pds_hint_of(&err);
		pds_dialect_init(&t->dialect, PDS_FORMAT_LAZYSIMPLE);
	}
	t->location = t->options.location ? t->options.location : g->sd.location;
	apply_dialect_options(t);
	if (t->direct_reason == NULL && !t->options.any_dialect_option)
	{
		t->direct_reason = pds_refused_by_athena(g, t->dialect.format);
		if (t->direct_reason)
			t->direct_hint = "Correct the table in Glue: Athena refuses it, too.";
	}
	load_projection(t);
	if (t->direct_reason == NULL && t->projection == NULL &&
		(t->location == NULL || t->location[0] == '\0'))
		t->direct_reason = "it has no location";
	if (t->direct_reason == NULL && t->dialect.format == PDS_FORMAT_OPENCSV)
		for (i = 0; i < t->natts; i++)
		{
			const PdsColumn *c = &t->columns[i];

			if (c->name && c->field >= 0 && c->hive.kind != PDS_HIVE_STRING)
				t->athena_discouraged = true;
		}
}

void
pds_table_load_catalog(PdsTable *t, PdsConnection *conn)
{
	MemoryContext old;
	int			i;

	if (t->catalog_loaded)
		return;
	old = MemoryContextSwitchTo(t->cxt);
	t->glue = pds_cached_table(conn, t->options.database, t->options.table_name, t->cxt);
	t->nfields = t->glue->sd.ncolumns;
	t->nkeys = t->glue->npartition_keys;
	t->key_columns = palloc(Max(t->nkeys, 1) * sizeof(int));
	t->key_names = palloc0(Max(t->nkeys, 1) * sizeof(char *));
	t->key_types = palloc0(Max(t->nkeys, 1) * sizeof(PdsHiveType));
	for (i = 0; i < t->nkeys; i++)
	{
		t->key_columns[i] = -1;
		t->key_names[i] = t->glue->partition_keys[i].name;
		parse_column_type(t->glue->partition_keys[i].type, &t->key_types[i], t->cxt);
	}
	for (i = 0; i < t->natts; i++)
		if (t->columns[i].name && !pds_is_pseudo(&t->columns[i]))
			bind_column(t, &t->columns[i]);
	load_dialect(t);
	t->catalog_loaded = true;
	MemoryContextSwitchTo(old);
}

List *
pds_columns_used(const PdsTable *t, const Bitmapset *attrs)
{
	List	   *list = NIL;
	int			i;

	for (i = 0; i < t->natts; i++)
		if (t->columns[i].name && pds_attr_used(attrs, i + 1))
			list = lappend_int(list, i + 1);
	return list;
}

void
pds_table_check_columns(const PdsTable *t, const Bitmapset *attrs)
{
	int			i;

	for (i = 0; i < t->natts; i++)
	{
		const PdsColumn *c = &t->columns[i];

		if (c->name == NULL || c->field != PDS_FIELD_MISSING || !pds_attr_used(attrs, c->attnum))
			continue;
		ereport(ERROR,
				(errcode(ERRCODE_FDW_COLUMN_NAME_NOT_FOUND),
				 errmsg("column \"%s\" of foreign table \"%s\" is not in the Glue table %s.%s as it is now",
						c->attname, get_rel_name(t->relid), t->options.database,
						t->options.table_name),
				 errdetail("There is no such column, or it has another type."),
				 errhint("SELECT pds.refresh_table(%s) makes the foreign table follow the catalog.",
						 quote_literal_cstr(pds_quoted_relation(t->relid)))));
	}
}
