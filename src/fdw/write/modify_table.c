/*
 * modify_table.c
 *	  A foreign table as something to write to: its fields, its place, its rows.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "mb/pg_wchar.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "fdw/write/modify.h"
#include "fdw/catalog/objects.h"

/* rows as text in one dialect */
typedef struct Writer
{
	struct Writer *next;
	PdsDialect	dialect;
	PdsRowWriter *writer;
	PdsStr		header;
} Writer;

/* ---- may it be written to? ---- */

static void
check_columns(const PdsTable *t)
{
	Bitmapset  *all = bms_make_singleton(-FirstLowInvalidHeapAttributeNumber);

	pds_table_check_columns(t, all);
	bms_free(all);
}

PdsTable *
pds_writable_table(Relation rel, Oid userid, PdsConnection *conn, MemoryContext cxt)
{
	PdsTable   *t = pds_table_open(RelationGetRelid(rel), conn, cxt);
	const char *reason;

	pds_table_load_catalog(t, conn);
	reason = t->direct_reason;
	if (reason == NULL && (t->location == NULL || t->location[0] == '\0'))
		reason = "it has no location";
	if (reason == NULL && t->options.version_id)
		reason = "its version_id is that of an object as it once was";
	if (reason)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("foreign table \"%s\" cannot be written to: %s",
						RelationGetRelationName(rel), reason)));
	check_columns(t);
	return t;
}

/* ---- how objects are made ---- */

static PdsCodec
write_codec(const PdsTable *t)
{
	const PdsTableOptions *o = &t->options;
	PdsCodec	codec = PDS_CODEC_NONE;

	if (o->write_compression && o->compression &&
		strcmp(o->write_compression, o->compression) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE),
				 errmsg("write_compression \"%s\" contradicts compression \"%s\", which is that of all objects",
						o->write_compression, o->compression)));
	if (o->write_compression)
		pds_codec_of_name(o->write_compression, &codec);
	else if (o->compression)
		pds_codec_of_name(o->compression, &codec);
	return codec;
}

/* ---- fields ---- */

static void
field_column(const PdsModify *m, int field, PdsOutColumn *out)
{
	const PdsTable *t = m->table;
	int			i;

	for (i = 0; i < t->natts; i++)
	{
		const PdsColumn *c = &t->columns[i];

		if (c->name == NULL || c->field != field)
			continue;
		pds_out_column_init(out, t->dialect.format, c->typid, c->typmod,
							c->hive_known ? &c->hive : NULL, c->attname, i);
		out->header = t->in_catalog ? c->name : c->attname;
		return;
	}
	/* Glue has it, this table has not */
	memset(out, 0, sizeof(*out));
	out->kind = PDS_OUT_NULL;
	out->name = out->header = t->glue->sd.columns[field].name;
}

static void
free_writer(void *arg)
{
	pds_str_free(&((Writer *) arg)->header);
}

static Writer *
writer_of(PdsModify *m, const PdsDialect *dialect)
{
	const PdsTable *t = m->table;
	PdsOutColumn *columns;
	MemoryContextCallback *cb;
	Writer	   *w;
	int			i;

	for (w = m->writers; w; w = w->next)
		if (memcmp(&w->dialect, dialect, sizeof(*dialect)) == 0)
			return w;
	w = palloc0(sizeof(Writer));
	w->dialect = *dialect;
	columns = palloc(Max(t->nfields, 1) * sizeof(PdsOutColumn));
	for (i = 0; i < t->nfields; i++)
		field_column(m, i, &columns[i]);
	w->writer = pds_row_writer_create(dialect, t->nfields, columns,
									  t->options.encoding
									  ? pg_char_to_encoding(t->options.encoding) : PG_UTF8,
									  OidIsValid(t->relid)
									  ? psprintf("foreign table \"%s\"", get_rel_name(t->relid))
									  : t->location);
	pds_str_init(&w->header);
	cb = palloc(sizeof(MemoryContextCallback));
	cb->func = free_writer;
	cb->arg = w;
	MemoryContextRegisterResetCallback(m->cxt, cb);
	pds_row_write_header(w->writer, &w->header);
	w->next = m->writers;
	m->writers = w;
	return w;
}

void
pds_modify_place(PdsModify *m, const PdsDialect *dialect, const PdsSinkOptions *o,
				 PdsPlace *place)
{
	MemoryContext old = MemoryContextSwitchTo(m->cxt);
	Writer	   *w = writer_of(m, dialect);
	PdsSinkOptions copy = *o;

	copy.header = &w->header;
	place->sink = pds_target_sink(m->target, &copy);
	place->writer = w->writer;
	if (m->replace_places)
		pds_sink_replace(place->sink);
	MemoryContextSwitchTo(old);
}

/* ---- a statement ---- */

static void
free_text(void *arg)
{
	pds_str_free(&((PdsModify *) arg)->text);
}

static void
set_mode(PdsModify *m)
{
	const char *mode = m->table->options.write_mode;

	if (mode == NULL || strcmp(mode, "append") == 0)
		return;
	if (strcmp(mode, "overwrite") == 0)
		pds_target_replace(m->target);
	else if (m->table->nkeys > 0)
		m->replace_places = true;
	else
		ereport(ERROR,
				(errcode(ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE),
				 errmsg("write_mode \"overwrite_partitions\" needs partition keys, and foreign table \"%s\" has none",
						get_rel_name(m->table->relid)),
				 errhint("Use write_mode \"overwrite\".")));
}

PdsModify *
pds_modify_create(PdsTable *table, PdsWriteTarget *target, const PdsSinkOptions *options,
				  MemoryContext cxt)
{
	MemoryContext old = MemoryContextSwitchTo(cxt);
	PdsModify  *m = palloc0(sizeof(PdsModify));
	MemoryContextCallback *cb = palloc(sizeof(MemoryContextCallback));

	m->cxt = cxt;
	pds_str_init(&m->text);
	cb->func = free_text;
	cb->arg = m;
	MemoryContextRegisterResetCallback(cxt, cb);
	m->table = table;
	m->target = target;
	m->options = *options;
	pds_parse_location(m->table->location, &m->bucket, &m->prefix);
	m->prefix = pds_as_folder(m->prefix);
	if (m->table->nkeys > 0)
		pds_modify_init_partitions(m);
	else
	{
		PdsSinkOptions o = m->options;

		o.bucket = m->bucket;
		o.prefix = m->prefix;
		pds_modify_place(m, &m->table->dialect, &o, &m->whole);
	}
	MemoryContextSwitchTo(old);
	return m;
}

PdsModify *
pds_modify_begin(Relation rel, Oid userid, MemoryContext cxt)
{
	PdsWriteTarget *target = pds_target_of_table(RelationGetRelid(rel), userid);
	PdsTable   *t = pds_writable_table(rel, userid, pds_target_connection(target), cxt);
	PdsSinkOptions o;
	PdsModify  *m;

	memset(&o, 0, sizeof(o));
	o.codec = write_codec(t);
	o.max_rows = t->options.max_rows_per_file;
	o.max_bytes = t->options.max_bytes_per_file;
	m = pds_modify_create(t, target, &o, cxt);
	set_mode(m);
	return m;
}

/* they tell where a row lies, and cannot be chosen */
static void
check_pseudo(const PdsModify *m, const bool *nulls)
{
	int			i;

	for (i = 0; i < m->table->natts; i++)
	{
		const PdsColumn *c = &m->table->columns[i];

		if (pds_is_pseudo(c) && !nulls[i])
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("column \"%s\" of row " INT64_FORMAT " is a pseudo-column, which cannot be written",
							c->attname, m->row),
					 errhint("Leave it out of the list of columns.")));
	}
}

void
pds_modify_row(PdsModify *m, const Datum *values, const bool *nulls)
{
	PdsPlace   *place = &m->whole;

	m->row++;
	if (m->table->npseudo > 0)
		check_pseudo(m, nulls);
	if (m->table->nkeys > 0)
		place = pds_modify_partition(m, values, nulls);
	pds_str_reset(&m->text);
	place->writer->row = m->row - 1;
	pds_row_write(place->writer, values, nulls, &m->text);
	pds_sink_add(place->sink, pds_str_text(&m->text), m->text.len);
}
